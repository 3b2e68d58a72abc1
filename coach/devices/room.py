"""The room: one microphone and one loudspeaker, through sounddevice (PortAudio).

Two raw streams run side by side; one duplex stream fails to open on PulseAudio more often than not. Their
callbacks run on PortAudio's threads and only move bytes and count: they neither wait nor raise.

The microphone is the master clock. The loudspeaker has a clock of its own, so the queue in front of it slowly
runs long or short; :class:`SpeakerQueue` absorbs that where nobody can hear it, by leaving out or repeating
blocks of silence. A device that is unplugged raises nothing: it is gone when its stream ends, or when it has
asked for nothing for two seconds.

There is no room without a microphone: a coach who cannot hear "it hurts" shall not lead. For the one sentence
that says so, there is :func:`say_last`.

A room that was lost is found again by a :class:`RoomFinder`, each attempt in a bounded time. PortAudio looks for
devices once, when it starts, so that it is started anew in between; but only while no stream is open, being opened
or being closed, for it would take them away under whoever uses them, and a stream that hangs on a frozen sound
server would return into freed memory. :class:`_Streams` keeps count.

Known limit: when a microphone disappears, PulseAudio may move the stream to another source without telling
anyone. Only its silence can be noticed: :attr:`SoundCard.deaf`.

Nothing else in the coach imports sounddevice. soxr is here for devices that refuse 16 kHz.
"""

import atexit
import os
import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import ModuleType
from typing import Any, Literal

import numpy as np

from coach.errors import RoomHangs, RoomLost
from coach.ports import BLOCK_MS, SAMPLE_RATE, SILENCE, Block, Pcm, Room

PATIENCE_S = 2.0
"""A stream without a callback for this long is lost: a frozen sound server never says so itself."""

SETTLING_S = 1.5
"""Grace on top of it for the first block: some devices take their time to start."""

LOOK_EVERY_S = 0.25
"""How often a waiting exchange looks whether its devices are still there."""

CLOSING_S = 3.0
"""PortAudio waits for ever on a frozen sound server; nobody else should."""

OPENING_S = 8.0
"""So long one attempt to open a room may take: devices that wake up slowly take two or three seconds."""

PRIME = 2
"""Blocks of silence in front of the first one, so that the loudspeaker does not run dry at once."""

LEAST_RESERVE = 1
MOST_RESERVE = 2
"""Blocks that should be left in the loudspeaker's queue at its shortest, as observed over a second."""

LONGEST_QUEUE = 12
"""Blocks (240 ms) in front of the loudspeaker: after a stall of the loop, "stop" must still be heard at once,
so that beyond this, sound is left out."""

LONGEST_BACKLOG = 100
"""Blocks (2 s) from the microphone that may wait for the loop."""

DEAF_AFTER = 3_000 // BLOCK_MS
"""Blocks of exact zeros after which a microphone counts as deaf: even a quiet room has noise."""

_ONE_SECOND = 1_000 // BLOCK_MS

_INVALID_SAMPLE_RATE = -9997
_INVALID_CHANNEL_COUNT = -9998
_DEVICE_UNAVAILABLE = -9985

Kind = Literal["microphone", "speaker"]


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device, as PortAudio sees it.

    Attributes:
        index: its number; changes when devices come and go.
        name: its name; part of it is enough to choose it.
        host: the sound system behind it, ``ALSA`` for instance.
        inputs: channels it can record.
        outputs: channels it can play.
        rate: its own sample rate in hertz.
        default_input: the microphone if none is chosen.
        default_output: the loudspeaker if none is chosen.
    """

    index: int
    name: str
    host: str
    inputs: int
    outputs: int
    rate: int
    default_input: bool
    default_output: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How well the room kept up, since it was opened.

    Attributes:
        exchanges: blocks swapped.
        underruns: blocks of silence played because the loop was late.
        overruns: blocks from the microphone that were lost because the loop was late.
        left_out: blocks not played, to catch up with the microphone's clock; silent ones whenever possible.
        repeated: silent blocks played twice, to wait for the microphone's clock.
        glitches: interruptions that the devices themselves reported.
        microphone_ms: the delay that PortAudio states for the microphone.
        speaker_ms: the delay that PortAudio states for the loudspeaker.
    """

    exchanges: int
    underruns: int
    overruns: int
    left_out: int
    repeated: int
    glitches: int
    microphone_ms: int
    speaker_ms: int


@contextmanager
def libraries_silenced() -> Iterator[None]:
    """Send to nowhere what C libraries print on standard error; Python's ``sys.stderr`` goes on as before.

    PortAudio, ALSA and JACK print when they look for devices, and PortAudio prints from its own threads when
    a device is lost. So the command line holds this for as long as the program runs, and enters it before
    anything keeps a reference to ``sys.stderr`` (loggers do). Entering it again inside does nothing more.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    python_stderr = sys.stderr
    if _writes_to_descriptor_2(python_stderr):
        sys.stderr = os.fdopen(terminal, "w", buffering=1, errors="backslashreplace", closefd=False)
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = python_stderr
        os.dup2(terminal, 2)
        os.close(terminal)


def _writes_to_descriptor_2(stream: object) -> bool:
    try:
        return bool(stream.fileno() == 2)  # type: ignore[attr-defined]  # a test runner's has none
    except (AttributeError, OSError):
        return False


def devices() -> list[Device]:
    """Every sound device there is, in PortAudio's order; empty if there is none.

    Devices plugged in after the first call are not seen: PortAudio looks when it starts. A :class:`RoomFinder` has
    it look again.

    Raises:
        RoomLost: PortAudio is not installed, or does not work.
    """
    sounddevice = _sounddevice()
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


def open_room(microphone: int | str | None = None, speaker: int | str | None = None) -> "SoundCard":
    """Open a microphone and a loudspeaker.

    Args:
        microphone: its index, or a part of its name in any case (the first device that matches), or None for
            the system's default.
        speaker: likewise.

    Raises:
        RoomLost: one of the two is missing, in use, or cannot do what the coach needs.
    """
    found = devices()
    chosen_microphone = choose(found, "microphone", microphone)
    chosen_speaker = choose(found, "speaker", speaker)
    return SoundCard(chosen_microphone, chosen_speaker)


def say_last(pcm: Pcm, speaker: int | str | None = None) -> bool:
    """Play one thing without a room, to say aloud why there is none; wait until it has been heard.

    Never raises and never hangs: returns False if it could not be played.

    Args:
        pcm: what to play.
        speaker: as for :func:`open_room`. If it is not there, whatever else there is will do.
    """
    if _streams.hang:  # whoever asks now hangs as well
        return False
    heard = threading.Event()

    def play() -> None:
        for wanted in dict.fromkeys((speaker, None)):
            try:
                loudspeaker = _Loudspeaker(choose(devices(), "speaker", wanted))
            except RoomLost:
                continue
            played = loudspeaker.play_to_the_end(pcm)
            _close(loudspeaker.wire)
            if played:
                heard.set()
                return

    # In a thread of its own, because opening a device hangs as well if the sound server is frozen.
    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    thread.join(2 * _length_s(pcm) + SETTLING_S + PATIENCE_S)
    if thread.is_alive():
        _leave_portaudio_alone_at_exit()
    return heard.is_set()


class RoomFinder:
    """Opens the room as often as need be, with the devices that are there by then; each attempt in a bounded time.

    A device that was chosen by its number is found again by its name, because numbers change when devices come and
    go; the number of its card, which is part of the name, may change, too.

    Args:
        microphone: as for :func:`open_room`.
        speaker: likewise.
        open_it: opens a room on such devices, or raises ``RoomLost``.
        patience_s: how long an attempt may take.
    """

    def __init__(
        self,
        microphone: int | str | None = None,
        speaker: int | str | None = None,
        open_it: Callable[[int | str | None, int | str | None], Room] = open_room,
        patience_s: float = OPENING_S,
    ) -> None:
        self._wanted: dict[Kind, int | str | None] = {"microphone": microphone, "speaker": speaker}
        self._open_it = open_it
        self._patience_s = patience_s
        self._attempt: _Attempt | None = None
        self._has_looked = False

    def find(self) -> Room:
        """Open the room.

        Raises:
            RoomHangs: the attempt does not come to an end. It goes on; the next call waits for the same one.
            RoomLost: one of the devices is missing, in use, or cannot do what the coach needs.
        """
        attempt = self._attempt = self._attempt or _Attempt(self._open)
        if not attempt.has_ended(self._patience_s):
            _leave_portaudio_alone_at_exit()
            raise RoomHangs(
                "The sound server does not answer.",
                "Restart it, or the machine; coach devices shows what is there.",
            )
        self._attempt = None
        return attempt.room()

    def _open(self) -> Room:
        if self._has_looked:
            _streams.start_portaudio_anew()
        self._has_looked = True
        for kind, wanted in self._wanted.items():
            if str(wanted).isdecimal():
                self._wanted[kind] = lasting_name(choose(devices(), kind, wanted).name)
        return self._open_it(self._wanted["microphone"], self._wanted["speaker"])


def lasting_name(name: str) -> str:
    """Return a device's name without the number of its card: ``(hw:1,0)`` may come back as ``(hw:2,0)``."""
    return re.sub(r"\s*\(hw:\d+,\d+\)$", "", name)


class _Attempt:
    """Opens a room in a thread of its own, because opening hangs if the sound server is frozen."""

    def __init__(self, open_it: Callable[[], Room]) -> None:
        self._open_it = open_it
        self._room: Room | None = None
        self._lost: RoomLost | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def has_ended(self, within_s: float) -> bool:
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def room(self) -> Room:
        if self._room is None:
            raise self._lost or RoomLost("The sound devices cannot be opened.", "Restart the sound server.")
        return self._room

    def _run(self) -> None:
        try:
            self._room = self._open_it()
        except RoomLost as lost:
            self._lost = lost


def choose(found: Sequence[Device], kind: Kind, wanted: int | str | None) -> Device:
    """Find the device that is meant.

    Raises:
        RoomLost: there is none.
    """
    if not found:
        raise RoomLost(
            "There is no sound device.",
            "Connect a microphone and a speaker, or try a session without them: coach rehearse.",
        )
    able = [device for device in found if (device.inputs if kind == "microphone" else device.outputs)]
    if not able:
        raise RoomLost(f"There is no {kind}.", f"Connect a {kind}; coach devices lists what is there.")
    if wanted is None:
        defaults = (d for d in able if (d.default_input if kind == "microphone" else d.default_output))
        return next(defaults, able[0])
    index = int(wanted) if str(wanted).isdecimal() else None
    # A whole name first: "default" is a part of "sysdefault".
    for device in sorted(able, key=lambda it: it.name.casefold() != str(wanted).casefold()):
        if device.index == index or (index is None and str(wanted).casefold() in device.name.casefold()):
            return device
    raise RoomLost(
        f"There is no {kind} called {wanted!r}.",
        "Choose one of: " + ", ".join(f"{device.index} {device.name}" for device in able) + ".",
    )


class SoundCard:
    """The real room, made by :func:`open_room`; see :class:`coach.ports.Room`."""

    def __init__(self, microphone: Device, speaker: Device) -> None:
        self._exchanges = 0
        self._zeros = 0
        self._closed = False
        self._microphone = _Microphone(microphone)
        try:
            self._loudspeaker = _Loudspeaker(speaker)
        except RoomLost:
            _close(self._microphone.wire)
            raise

    def exchange(self, speaker: Block) -> Block:
        """Play one block and return the block the microphone recorded meanwhile.

        Raises:
            RoomLost: a device is gone; the sentence says which. :meth:`say_last` may still work.
        """
        if self._exchanges == 0:
            self._microphone.forget()  # What was recorded before the loop began is an answer to nothing.
        self._loudspeaker.queue.push(speaker)
        recorded = self._next_block()
        self._exchanges += 1
        self._zeros = self._zeros + 1 if recorded == SILENCE else 0
        if self._exchanges % _ONE_SECOND == 0:
            self._loudspeaker.each_second()
        if self._loudspeaker.gone:
            raise _loss(self._loudspeaker.wire)
        return recorded

    @property
    def deaf(self) -> bool:
        """Whether the microphone has delivered nothing but zeros for three seconds: muted, or not there."""
        return self._zeros >= DEAF_AFTER

    @property
    def tally(self) -> Tally:
        """How well the room has kept up so far."""
        return Tally(
            exchanges=self._exchanges,
            underruns=self._loudspeaker.queue.underruns,
            overruns=self._microphone.overruns,
            left_out=self._loudspeaker.queue.left_out,
            repeated=self._loudspeaker.queue.repeated,
            glitches=self._microphone.glitches + self._loudspeaker.glitches,
            microphone_ms=self._microphone.wire.latency_ms,
            speaker_ms=self._loudspeaker.wire.latency_ms,
        )

    def say_last(self, pcm: Pcm) -> bool:
        """Play one thing in place of whatever is queued, and wait until it has been heard.

        For the sentence that explains why the session ends, when the microphone may be gone. Never raises and
        never hangs: returns False if it could not be played.
        """
        return not self._closed and self._loudspeaker.play_to_the_end(pcm)

    def close(self) -> None:
        """Let go of the devices, within three seconds even if they hang. Calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        _close(self._microphone.wire, self._loudspeaker.wire)

    def _next_block(self) -> Block:
        patience = PATIENCE_S + (SETTLING_S if self._exchanges == 0 else 0)
        taken_before = self._loudspeaker.queue.taken
        for _ in range(round(patience / LOOK_EVERY_S)):
            recorded = self._microphone.next_block(LOOK_EVERY_S)
            if recorded is not None:
                return recorded
            ended = [side.wire for side in (self._microphone, self._loudspeaker) if side.wire.ended]
            if ended:
                raise _loss(*ended)
        if self._loudspeaker.queue.taken == taken_before:
            raise _loss(self._microphone.wire, self._loudspeaker.wire)
        raise _loss(self._microphone.wire)


def _loss(*wires: "_Wire") -> RoomLost:
    gone = " and ".join(wire.name for wire in wires)
    has, it = ("has", "it") if len(wires) == 1 else ("have", "them")
    return RoomLost(
        f"{_sentence(gone)} {has} stopped working.",
        f"Check the cable or the sound server, see whether coach devices shows {it}, and start again.",
    )


# --- One side each ---------------------------------------------------------------------------------------


class _Microphone:
    """Gathers what is recorded until the loop fetches it."""

    def __init__(self, device: Device) -> None:
        self.overruns = 0
        self.glitches = 0
        self._recorded: SimpleQueue[bytes] = SimpleQueue()
        self._blocks: deque[bytes] = deque()
        self.wire = _Wire("microphone", device, self._record)
        self._convert = Converter(self.wire.sound, COACH_SOUND)
        self.wire.start()

    def next_block(self, patience_s: float) -> Block | None:
        while not self._blocks:
            try:
                self._blocks.extend(self._convert(self._recorded.get(timeout=patience_s)))
            except Empty:
                return None
        return Block(self._blocks.popleft())

    def forget(self) -> None:
        while self._recorded.qsize():  # Only the loop's thread takes from it.
            self._recorded.get_nowait()

    def _record(self, sound: Any, _frames: int, _time: object, status: object) -> None:  # noqa: ANN401
        if status:
            self.glitches += 1
        if self._recorded.qsize() < LONGEST_BACKLOG:
            self._recorded.put(bytes(sound))
        else:
            self.overruns += 1


class SpeakerQueue:
    """What is about to be played: never empty, never long.

    The loop pushes in the microphone's time, the loudspeaker takes in its own. The difference is made up in
    silence, where nobody hears it.

    Args:
        convert: turns the coach's sound into blocks for the device.
        nothing: a silent block for the device.
    """

    def __init__(self, convert: Callable[[bytes], Sequence[bytes]], nothing: bytes) -> None:
        self.underruns = 0
        self.left_out = 0
        self.repeated = 0
        self.taken = 0
        self._convert = convert
        self._nothing = nothing
        self._blocks: deque[bytes] = deque()
        self._begun = False
        self._surplus = 0
        self._reserve = LONGEST_QUEUE

    def __len__(self) -> int:
        return len(self._blocks)

    def push(self, block: Block) -> None:
        """Queue one block of the coach."""
        if not self._begun:
            self._begun = True
            self._blocks.extend([self._nothing] * PRIME)
        if self._surplus and block == SILENCE:
            if self._surplus > 0:
                self._surplus -= 1
                self.left_out += 1
                return
            self._surplus += 1
            self.repeated += 1
            self._blocks.extend(self._convert(SILENCE))
        if len(self._blocks) >= LONGEST_QUEUE:
            self._blocks.popleft()
            self.left_out += 1
        self._blocks.extend(self._convert(block))

    def replace(self, pcm: Pcm) -> None:
        """Forget what is queued, and queue this."""
        self._blocks.clear()
        self._blocks.extend(self._convert(pcm))

    def take(self) -> bytes:
        """Return the next block for the device; called by PortAudio's thread."""
        self.taken += 1
        try:
            block = self._blocks.popleft()
        except IndexError:  # Asking first would not do: the loop may empty the queue in between.
            self._reserve = 0
            self.underruns += self._begun
            return self._nothing
        self._reserve = min(self._reserve, len(self._blocks))
        return block

    def absorb_drift(self) -> None:
        """Decide, once a second, how many silent blocks to leave out or repeat.

        The length changes with every block, and devices take blocks in bursts. What was left at its shortest was
        never needed: that is the measure.
        """
        reserve, self._reserve = self._reserve, LONGEST_QUEUE
        self._surplus = -1 if reserve < LEAST_RESERVE else max(0, reserve - MOST_RESERVE)


class _Loudspeaker:
    """Plays what is queued."""

    def __init__(self, device: Device) -> None:
        self.glitches = 0
        self._taken_before = 0
        self._idle_seconds = 0
        self.wire = _Wire("speaker", device, self._play)
        sound = self.wire.sound
        self.queue = SpeakerQueue(Converter(COACH_SOUND, sound), bytes(sound.block_bytes))
        self.wire.start()

    @property
    def gone(self) -> bool:
        """Whether the stream has ended, or has taken nothing for two seconds of microphone sound."""
        return self.wire.ended or self._idle_seconds >= PATIENCE_S

    def each_second(self) -> None:
        self.queue.absorb_drift()
        self._idle_seconds = self._idle_seconds + 1 if self.queue.taken == self._taken_before else 0
        self._taken_before = self.queue.taken

    def play_to_the_end(self, pcm: Pcm) -> bool:
        """Play this instead of what is queued, and wait for its end; False if the device does not take it."""
        self.queue.replace(Pcm(pcm + bytes(_TAIL_BYTES)))
        idle_looks, taken = 0, self.queue.taken
        while self.queue and idle_looks * _LOOK_AT_END_S < PATIENCE_S:
            if self.wire.wait_for_end(_LOOK_AT_END_S):
                return False
            idle_looks = idle_looks + 1 if self.queue.taken == taken else 0
            taken = self.queue.taken
        return not self.queue

    def _play(self, sound: Any, _frames: int, _time: object, status: object) -> None:  # noqa: ANN401
        if status:
            self.glitches += 1
        sound[:] = self.queue.take()


_LOOK_AT_END_S = 0.05
_TAIL_BYTES = 2 * SAMPLE_RATE * 3 // 10
"""300 ms of silence after the last sentence: the device still holds its end when the queue is empty."""


def _length_s(pcm: Pcm) -> float:
    return len(pcm) / (2 * SAMPLE_RATE)


# --- The stream, in whatever format the device takes -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sound:
    """How sound is laid out: int16, interleaved.

    Attributes:
        rate: frames a second.
        channels: samples a frame.
    """

    rate: int
    channels: int

    @property
    def frames(self) -> int:
        """Frames in a block of 20 ms."""
        return self.rate * BLOCK_MS // 1_000

    @property
    def block_bytes(self) -> int:
        """Bytes in a block of 20 ms."""
        return 2 * self.channels * self.frames


COACH_SOUND = Sound(SAMPLE_RATE, 1)

_OTHER_RATES = (48_000, 44_100)
"""Tried after 16 kHz and the device's own rate: what bare USB microphones and loudspeakers speak."""


class _Wire:
    """One raw stream, from or to one device."""

    def __init__(self, kind: Kind, device: Device, callback: Callable[..., None]) -> None:
        self.name = f"the {kind} ({device.name})"
        self._sounddevice = _sounddevice()
        self._finished = threading.Event()
        self._stream, self.sound = self._open(kind, device, callback)
        self.latency_ms = round(1_000 * self._stream.latency)

    @property
    def ended(self) -> bool:
        """Whether the stream ended by itself. A frozen sound server's stream does not."""
        return self._finished.is_set() or not self._stream.active

    def start(self) -> None:
        try:
            with libraries_silenced():
                self._stream.start()
        except self._sounddevice.PortAudioError as error:
            _close(self)
            raise self._refusal(error) from error

    def wait_for_end(self, seconds: float) -> bool:
        return self._finished.wait(seconds) or self.ended

    def let_go(self) -> None:
        """Abort and close the stream; with a frozen sound server this never returns."""
        with _streams.closing():
            self._stream.abort()
            self._stream.close()

    def _open(self, kind: Kind, device: Device, callback: Callable[..., None]) -> tuple[Any, Sound]:
        with _streams.opening():
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
                if _code(error) not in (_INVALID_SAMPLE_RATE, _INVALID_CHANNEL_COUNT):
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
        if _code(error) == _DEVICE_UNAVAILABLE:
            return RoomLost(
                f"{_sentence(self.name)} is in use by another program.",
                "End that program, or choose another device; coach devices lists what is there.",
            )
        return RoomLost(
            f"{_sentence(self.name)} cannot be opened: {error.args[0]}.",
            "Check that it is connected, or choose another device; coach devices lists what is there.",
        )


def _close(*wires: _Wire) -> None:
    """Close streams in a bounded time; those that hang are left behind."""
    with libraries_silenced():
        threads = [threading.Thread(target=wire.let_go, daemon=True) for wire in wires]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(CLOSING_S / len(threads))
    if any(thread.is_alive() for thread in threads):
        _leave_portaudio_alone_at_exit()


class Converter:
    """Turns sound of one layout into blocks of another. Nothing is done where they are the same."""

    def __init__(self, source: Sound, target: Sound) -> None:
        self._source = source
        self._target = target
        self._rest = b""
        self._resampler = None
        if source.rate != target.rate:
            import soxr  # noqa: PLC0415 - most devices take 16 kHz

            # Low quality holds back up to 20 ms of sound where the better ones hold back 40 to 60, and it is low
            # for music only.
            self._resampler = soxr.ResampleStream(source.rate, target.rate, 1, dtype="int16", quality="LQ")

    def __call__(self, sound: bytes) -> Sequence[bytes]:
        """Take in sound of any length; return the blocks that are complete."""
        if self._source == self._target and len(sound) == self._target.block_bytes:
            return (sound,)
        samples = np.frombuffer(sound, "<i2").reshape(-1, self._source.channels)[:, 0]
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(np.ascontiguousarray(samples))
        whole = self._rest + np.repeat(samples, self._target.channels).tobytes()
        size = self._target.block_bytes
        cut = len(whole) - len(whole) % size
        self._rest = whole[cut:]
        return [whole[at : at + size] for at in range(0, cut, size)]


# --- PortAudio -------------------------------------------------------------------------------------------


class _Streams:
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
        self._count(there=1, on_the_way=1)
        try:
            yield
        except BaseException:
            self._count(there=-1, on_the_way=-1)
            raise
        self._count(on_the_way=-1)

    @contextmanager
    def closing(self) -> Iterator[None]:
        self._count(on_the_way=1)
        try:
            yield
        finally:
            self._count(there=-1, on_the_way=-1)

    def _count(self, *, there: int = 0, on_the_way: int = 0) -> None:
        with self._lock:
            self._there += there
            self._on_the_way += on_the_way

    def start_portaudio_anew(self) -> None:
        """Have PortAudio look for devices again, unless there are streams that it would take away.

        Raises:
            RoomLost: it does not start.
        """
        sounddevice = _sounddevice()
        with self._lock:  # nobody begins a stream meanwhile
            if self._there:
                return
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


_streams = _Streams()


def _leave_portaudio_alone_at_exit() -> None:
    """Something hangs in it: at exit sounddevice would wait for the same, for ever."""
    # Not imported: the import may be what hangs.
    if handler := getattr(sys.modules.get("sounddevice"), "_exit_handler", None):
        atexit.unregister(handler)


def _sounddevice() -> ModuleType:
    """Import late: without the PortAudio library the import fails, and a rehearsal does not need it."""
    try:
        with libraries_silenced():
            import sounddevice  # noqa: PLC0415
    except OSError as error:
        raise RoomLost(
            "The PortAudio library is missing, so that the coach can neither hear nor speak.",
            "Type: sudo apt install libportaudio2",
        ) from error
    return sounddevice  # type: ignore[no-any-return]


def _code(error: Exception) -> int:
    return error.args[1] if len(error.args) > 1 else 0


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]
