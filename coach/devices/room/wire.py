"""The wire: one raw stream, from or to one device, in whatever format the device takes.

A device that is unplugged raises nothing: it is gone when its stream ends, or when it has asked for nothing for
two seconds.
"""

import threading
from collections.abc import Callable
from typing import Any

from coach.devices.room.convert import Sound
from coach.devices.room.device import Device, Kind
from coach.devices.room.portaudio import (
    DEVICE_UNAVAILABLE,
    INVALID_CHANNEL_COUNT,
    INVALID_SAMPLE_RATE,
    STREAMS,
    code_of,
    leave_portaudio_alone_at_exit,
    load_sounddevice,
)
from coach.devices.room.silenced import libraries_silenced
from coach.errors import RoomLost
from coach.ports import SAMPLE_RATE

PATIENCE_S = 2.0
"""A stream without a callback for this long is lost: a frozen sound server never says so itself."""

SETTLING_S = 1.5
"""Grace on top of it for the first block: some devices take their time to start."""

LOOK_EVERY_S = 0.25
"""How often a waiting exchange looks whether its devices are still there."""

CLOSING_S = 3.0
"""PortAudio waits for ever on a frozen sound server; nobody else should."""

_OTHER_RATES = (48_000, 44_100)
"""Tried after 16 kHz and the device's own rate: what bare USB microphones and loudspeakers speak."""


class Wire:
    """One raw stream, open and not started yet.

    Args:
        kind: which way it goes.
        device: from or to where.
        callback: given each block by PortAudio's thread, or asked for it; see ``sounddevice.RawStream``.

    Attributes:
        name: what it is called in a sentence.
        sound: the format that the device took.
        latency_ms: the delay that PortAudio states for it.

    Raises:
        RoomLost: the device is in use, or takes no format of ours.
    """

    def __init__(self, kind: Kind, device: Device, callback: Callable[..., None]) -> None:
        self.name = f"the {kind} ({device.name})"
        self._sounddevice = load_sounddevice()
        self._finished = threading.Event()
        self._stream, self.sound = self._open(kind, device, callback)
        self.latency_ms = round(1_000 * self._stream.latency)

    @property
    def ended(self) -> bool:
        """Whether the stream ended by itself. A frozen sound server's stream does not."""
        return self._finished.is_set() or not self._stream.active

    def start(self) -> None:
        """Let the sound flow.

        Raises:
            RoomLost: the device refuses; the stream is closed.
        """
        try:
            with libraries_silenced():
                self._stream.start()
        except self._sounddevice.PortAudioError as error:
            close_all(self)
            raise self._refusal(error) from error

    def wait_for_end(self, seconds: float) -> bool:
        """Wait, and return whether the stream has ended by itself."""
        return self._finished.wait(seconds) or self.ended

    def let_go(self) -> None:
        """Abort and close the stream; with a frozen sound server this never returns: see :func:`close_all`."""
        with STREAMS.closing():
            self._stream.abort()
            self._stream.close()

    def _open(self, kind: Kind, device: Device, callback: Callable[..., None]) -> tuple[Any, Sound]:
        with STREAMS.opening():
            return self._opened(kind, device, callback)

    def _opened(self, kind: Kind, device: Device, callback: Callable[..., None]) -> tuple[Any, Sound]:
        stream = self._sounddevice.RawInputStream if kind == "microphone" else self._sounddevice.RawOutputStream
        channels = device.inputs if kind == "microphone" else device.outputs
        rates = dict.fromkeys((SAMPLE_RATE, device.rate, *_OTHER_RATES))
        refused: Exception | None = None
        for sound in (Sound(rate, count) for rate in rates for count in (1, 2) if count <= channels):
            try:
                with libraries_silenced():
                    opened = stream(
                        samplerate=sound.rate,
                        blocksize=sound.frames,
                        device=device.index,
                        channels=sound.channels,
                        dtype="int16",
                        latency="low",
                        callback=callback,
                        finished_callback=self._finished.set,
                    )
            except self._sounddevice.PortAudioError as error:
                if code_of(error) not in {INVALID_SAMPLE_RATE, INVALID_CHANNEL_COUNT}:
                    raise self._refusal(error) from error
                refused = error
            else:
                return opened, sound
        tried = ", ".join(str(rate) for rate in rates)
        raise RoomLost(
            f"{_sentence(self.name)} takes none of the sample rates {tried} Hz.",
            "Choose another device; coach devices lists what is there.",
        ) from refused

    def _refusal(self, error: Exception) -> RoomLost:
        if code_of(error) == DEVICE_UNAVAILABLE:
            return RoomLost(
                f"{_sentence(self.name)} is in use by another program.",
                "End that program, or choose another device; coach devices lists what is there.",
            )
        return RoomLost(
            f"{_sentence(self.name)} cannot be opened: {error.args[0]}.",
            "Check that it is connected, or choose another device; coach devices lists what is there.",
        )


def close_all(*wires: Wire) -> None:
    """Close streams in a bounded time; those that hang are left behind."""
    with libraries_silenced():
        threads = [threading.Thread(target=wire.let_go, daemon=True) for wire in wires]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(CLOSING_S / len(threads))
    if any(thread.is_alive() for thread in threads):
        leave_portaudio_alone_at_exit()


def loss_of(*wires: Wire) -> RoomLost:
    """Return the sentence that tells which devices are gone."""
    gone = " and ".join(wire.name for wire in wires)
    has, it = ("has", "it") if len(wires) == 1 else ("have", "them")
    return RoomLost(
        f"{_sentence(gone)} {has} stopped working.",
        f"Check the cable or the sound server, see whether coach devices shows {it}, and start again.",
    )


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]
