"""PortAudio: the one file that imports sounddevice.

It is loaded when it is needed first, because without the PortAudio library the import fails, and a rehearsal does
not need it.

PortAudio looks for devices once, when it starts. To find those that have come since, it is started anew; but only
while no stream is open, being opened or being closed, for it would take them away under whoever uses them, and a
stream that hangs on a frozen sound server would return into freed memory. :class:`Streams` keeps count.
"""

import atexit
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Final

from coach.devices.room.device import Device
from coach.devices.room.silenced import libraries_silenced
from coach.errors import RoomLost

INVALID_SAMPLE_RATE: Final = -9997
INVALID_CHANNEL_COUNT: Final = -9998
DEVICE_UNAVAILABLE: Final = -9985


def load_sounddevice() -> ModuleType:
    """Return sounddevice.

    Raises:
        RoomLost: PortAudio is not installed.
    """
    try:
        with libraries_silenced():
            import sounddevice  # noqa: PLC0415 - see above
    except OSError as error:
        raise RoomLost(
            "The PortAudio library is missing, so that the coach can neither hear nor speak.",
            "Type: sudo apt install libportaudio2",
        ) from error
    return sounddevice  # type: ignore[no-any-return]


def code_of(error: Exception) -> int:
    """Return PortAudio's code of an error; 0 if it has none."""
    return error.args[1] if len(error.args) > 1 else 0


def devices() -> list[Device]:
    """Every sound device there is, in PortAudio's order; empty if there is none.

    Devices plugged in after the first call are not seen: PortAudio looks when it starts. A
    :class:`~coach.devices.room.finder.RoomFinder` has it look again.

    Raises:
        RoomLost: PortAudio is not installed, or does not work.
    """
    sounddevice = load_sounddevice()
    try:
        hosts = sounddevice.query_hostapis()
        default_input, default_output = sounddevice.default.device
        return [
            Device(
                index=index,
                name=found["name"],
                host=hosts[found["hostapi"]]["name"],
                inputs=found["max_input_channels"],
                outputs=found["max_output_channels"],
                rate=int(found["default_samplerate"]),
                default_input=index == default_input,
                default_output=index == default_output,
            )
            for index, found in enumerate(sounddevice.query_devices())
        ]
    except sounddevice.PortAudioError as error:  # it could not be started anew
        raise RoomLost(f"PortAudio does not work: {error.args[0]}.", "Restart the sound server.") from error


def has_sound() -> bool:
    """Whether there is something to hear with and something to speak through. Neither prints nor raises."""
    try:
        found = devices()
    except RoomLost:
        return False
    return any(device.inputs for device in found) and any(device.outputs for device in found)


class Streams:
    """How many streams there are in this process, and how many are on the way in or out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._there = 0
        self._on_the_way = 0

    @property
    def hang(self) -> bool:
        """Whether somebody is in the middle of opening or closing one, or of starting PortAudio. Does not wait."""
        return self._on_the_way > 0

    @contextmanager
    def opening(self) -> Iterator[None]:
        """A stream is being opened; it counts from now on, unless that raises."""
        self._count(there=1, on_the_way=1)
        try:
            yield
        except BaseException:
            self._count(there=-1, on_the_way=-1)
            raise
        self._count(on_the_way=-1)

    @contextmanager
    def closing(self) -> Iterator[None]:
        """A stream is being closed; it counts until that is done."""
        self._count(on_the_way=1)
        try:
            yield
        finally:
            self._count(there=-1, on_the_way=-1)

    def _count(self, *, there: int = 0, on_the_way: int = 0) -> None:
        with self._lock:
            self._there += there
            self._on_the_way += on_the_way

    def start_portaudio_anew(self) -> bool:
        """Have PortAudio look for devices again, unless there are streams that it would take away.

        Returns:
            Whether it has looked.

        Raises:
            RoomLost: it does not start.
        """
        sounddevice = load_sounddevice()
        with self._lock:  # nobody begins a stream meanwhile
            if self._there:
                return False
            self._on_the_way += 1
            try:
                with libraries_silenced():
                    while sounddevice._initialized:  # noqa: SLF001 - there is no public way
                        sounddevice._terminate()  # noqa: SLF001
                    sounddevice._initialize()  # noqa: SLF001
            except sounddevice.PortAudioError as error:
                raise RoomLost(
                    f"PortAudio does not start: {error.args[0]}.", "Restart the sound server."
                ) from error
            finally:
                self._on_the_way -= 1
        return True


STREAMS: Final = Streams()
"""Those of this process: PortAudio is there once."""


def leave_portaudio_alone_at_exit() -> None:
    """Something hangs in it: at exit sounddevice would wait for the same, for ever."""
    # Not imported: the import may be what hangs.
    if handler := getattr(sys.modules.get("sounddevice"), "_exit_handler", None):
        atexit.unregister(handler)
