"""A sound card without hardware: what ``coach/devices/room`` needs of the module ``sounddevice``.

:class:`SimulatedPortAudio` has devices that come and go, that take one sample rate and one number of channels and
no other, and that hang; what its loudspeaker plays, its microphone hears. As with the real one, a device that is
plugged in is found only when PortAudio is started anew, and a stream must not be taken away under whoever uses it.
Put it in the place of the module (``sys.modules["sounddevice"]``), and the room that is tested is the real one.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from coach.ports import BLOCK_MS

_PACE_S = 0.001
"""Between two blocks: twenty times faster than sound."""

_INVALID_SAMPLE_RATE, _INVALID_CHANNEL_COUNT, _DEVICE_UNAVAILABLE = -9997, -9998, -9985


class PortAudioError(Exception):
    """What goes wrong: a sentence and a code."""


def _set() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


@dataclass(slots=True)
class Gadget:
    """A device that can be plugged in.

    Attributes:
        name: its name.
        rate: the only sample rate it takes.
        inputs: channels it records; it takes no fewer.
        outputs: channels it plays.
        busy: whether another program holds it.
        lets_go: cleared: whoever closes a stream of it hangs until it is set again.
    """

    name: str
    rate: int = 16_000
    inputs: int = 0
    outputs: int = 0
    busy: bool = False
    lets_go: threading.Event = field(default_factory=_set)


@dataclass
class SimulatedPortAudio:
    """Stands in for the module.

    Attributes:
        plugged_in: the devices that are there; found when PortAudio is started.
        started: how often it was started.
        answers: cleared: whoever opens a device hangs until it is set again.
    """

    plugged_in: list[Gadget] = field(default_factory=list)
    started: int = 0
    answers: threading.Event = field(default_factory=_set)
    PortAudioError: type[PortAudioError] = PortAudioError

    def __post_init__(self) -> None:
        self.open: list[_Stream] = []
        self.air: deque[bytes] = deque()
        self._found: list[Gadget] = []
        self._initialized = 0
        self._initialize()

    # --- What the room calls, named as there -------------------------------------------------------------

    def _initialize(self) -> None:
        self._found = list(self.plugged_in)
        self.started += 1
        self._initialized += 1

    def _terminate(self) -> None:
        assert not self.open, "a stream was taken away under whoever uses it"
        self._initialized -= 1

    def _exit_handler(self) -> None:
        """Nothing is left behind."""

    def query_hostapis(self) -> list[dict[str, Any]]:
        """Return the sound systems there are."""
        return [{"name": "ALSA"}]

    def query_devices(self) -> list[dict[str, Any]]:
        """Return the devices that were found at the start."""
        return [
            {
                "name": it.name,
                "hostapi": 0,
                "max_input_channels": it.inputs,
                "max_output_channels": it.outputs,
                "default_samplerate": float(it.rate),
            }
            for it in self._found
        ]

    @property
    def default(self) -> "SimulatedPortAudio":
        """Where the defaults stand."""
        return self

    @property
    def device(self) -> tuple[int, int]:
        """The default microphone and loudspeaker; -1 for none."""
        inputs = (index for index, it in enumerate(self._found) if it.inputs)
        outputs = (index for index, it in enumerate(self._found) if it.outputs)
        return next(inputs, -1), next(outputs, -1)

    def RawInputStream(self, **how: Any) -> "_Stream":  # noqa: ANN401, N802 - as in the module
        """Open a microphone."""
        return _Stream(self, self._gadget(how, "inputs"), is_microphone=True, **how)

    def RawOutputStream(self, **how: Any) -> "_Stream":  # noqa: ANN401, N802
        """Open a loudspeaker."""
        return _Stream(self, self._gadget(how, "outputs"), is_microphone=False, **how)

    def _gadget(self, how: dict[str, Any], side: str) -> Gadget:
        self.answers.wait()
        gadget: Gadget = self._found[how["device"]]
        if gadget not in self.plugged_in:
            raise PortAudioError("Unanticipated host error", -9999)
        if gadget.busy:
            raise PortAudioError("Device unavailable", _DEVICE_UNAVAILABLE)
        if how["samplerate"] != gadget.rate:
            raise PortAudioError("Invalid sample rate", _INVALID_SAMPLE_RATE)
        if how["channels"] != getattr(gadget, side):
            raise PortAudioError("Invalid number of channels", _INVALID_CHANNEL_COUNT)
        return gadget


class _Stream:
    """A stream that runs in a thread of its own, as PortAudio's do."""

    latency = 0.02

    def __init__(
        self,
        card: SimulatedPortAudio,
        gadget: Gadget,
        *,
        is_microphone: bool,
        samplerate: int,
        blocksize: int,
        channels: int,
        callback: Callable[..., None],
        finished_callback: Callable[[], None],
        **_: object,
    ) -> None:
        assert blocksize == samplerate * BLOCK_MS // 1_000
        self.active = False
        self._card = card
        self._gadget = gadget
        self._is_microphone = is_microphone
        self._frames, self._channels = blocksize, channels
        self._callback = callback
        self._finished = finished_callback
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        card.open.append(self)

    def start(self) -> None:
        """Let it run."""
        self.active = True
        self._thread.start()

    def abort(self) -> None:
        """Halt it."""
        self._card.answers.wait()
        self._gadget.lets_go.wait()
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    def close(self) -> None:
        """Let go of it."""
        if self in self._card.open:
            self._card.open.remove(self)

    def _run(self) -> None:
        size = 2 * self._frames * self._channels
        while not self._ending.wait(_PACE_S) and self._gadget in self._card.plugged_in:
            if not self._card.answers.is_set():
                continue
            if self._is_microphone:
                played = self._card.air.popleft() if self._card.air else bytes(2 * self._frames)
                mono = np.frombuffer(played, "<i2")[: self._frames]
                self._callback(np.repeat(mono, self._channels).tobytes(), self._frames, None, None)
            else:
                sound = bytearray(size)
                self._callback(memoryview(sound), self._frames, None, None)
                self._card.air.append(np.frombuffer(sound, "<i2")[:: self._channels].tobytes())
        self.active = False
        self._finished()
