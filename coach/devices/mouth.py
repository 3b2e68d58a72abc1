"""The mouth: turns lines into sound with pyttsx3, in a process of its own. It plays nothing.

What lives here: starting that process (``speech_driver.py``), asking it with patience, starting it again when
it hangs or dies, making its sound fit for the room (16 kHz, no silence around it, no clicks), and keeping
finished lines in memory. What may not: espeak-ng itself. It is global C state and cannot be interrupted, so it
is never loaded into the coach's own process.

One thread owns the process and works through a queue: prepared lines in their order, but before them the line
that is to be spoken now.
"""

import difflib
import functools
import json
import os
import select
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from typing import IO, Any

import numpy as np
import soxr
from numpy.typing import NDArray

from coach.errors import MouthFailed
from coach.ports import SAMPLE_RATE, SAMPLES_PER_MS, Pcm
from coach.session.messages import Line, Milliseconds

_PROGRAM = Path(__file__).with_name("speech_driver.py")
_CACHE_BYTES = 32 * 1024 * 1024  # 1,000 s of sound; a session of an hour says about a third of that
_PATIENCE = Milliseconds(5000)  # a sentence takes about 10 ms; generous to a slow and busy machine
_SILENCE = 0.003  # of a line's peak, -50 dB: espeak-ng pads with exact zeros, and speech begins well above it
_FADE_IN = 1 * SAMPLES_PER_MS  # no click, and the burst of a "t" stays sharp
_FADE_OUT = 5 * SAMPLES_PER_MS
_GARBLED = (OSError, ValueError)
"""A pipe that breaks, and an answer or a sound that is none."""

_ANEW = "Start the coach anew."
_REINSTALL = "Install the package espeakng-loader, or the system's espeak-ng: `sudo apt install espeak-ng`."


@dataclass(frozen=True, slots=True)
class Voice:
    """One of the synthesiser's voices.

    Attributes:
        id: its unique name, as espeak-ng files it: ``gmw/en``.
        language: the language it speaks: ``en-gb``.
        name: in words: ``English (Great Britain)``.
    """

    id: str
    language: str
    name: str


class SpeakingMouth:
    """The real mouth: pyttsx3 and espeak-ng.

    Args:
        voice: a language (``en-gb``), an identifier (``gmw/en``) or a name; a variant may follow
            (``en-us+f3``).
        pitch: 0 to 100; 50 is the voice's own.
        volume: 0 to 1, of full scale.
        patience: how long one line may take; past it the synthesiser is taken for hung and started again.

    Raises:
        MouthFailed: the voice is unknown, or the synthesiser does not start.
    """

    def __init__(
        self, voice: str, *, pitch: int = 50, volume: float = 1.0, patience: Milliseconds = _PATIENCE
    ) -> None:
        self._slowest_s = 4 * patience / 1_000  # one line: twice a start and the line itself
        self._start = functools.partial(_Synthesiser, {"voice": voice, "pitch": pitch, "volume": volume}, patience)
        self._synthesiser: _Synthesiser | None = self._start()  # the worker's
        self._changed = Condition()  # guards the four below
        self._waiting: OrderedDict[Line, Future[Pcm]] = OrderedDict()
        self._finished: OrderedDict[Line, Pcm] = OrderedDict()  # least recently spoken first
        self._finished_bytes = 0
        self._closed = False
        self._worker = Thread(target=self._work, name="mouth", daemon=True)
        self._worker.start()

    def prepare(self, lines: Iterable[Line]) -> None:
        """Render these lines soon, in this order. Returns at once."""
        with self._changed:
            for line in lines:
                if line not in self._finished and line not in self._waiting:
                    self._waiting[line] = Future()
            self._changed.notify()

    def speak(self, line: Line) -> Pcm:
        """Return the line's sound; without a sound (only punctuation, say) it is empty.

        Raises:
            MouthFailed: the synthesiser failed twice on this line; the next one may work again.
        """
        with self._changed:
            if line in self._finished:
                self._finished.move_to_end(line)
                return self._finished[line]
            if self._closed:
                raise MouthFailed("The mouth is closed.")
            promise = self._waiting.setdefault(line, Future())
            self._waiting.move_to_end(line, last=False)
            self._changed.notify()
        try:  # behind the line in hand: the worker keeps or breaks every promise within two starts and two lines
            return promise.result(timeout=2 * self._slowest_s)
        except TimeoutError:
            raise MouthFailed("The speech synthesiser does not come to an end.", _ANEW) from None

    def close(self) -> None:
        """End the synthesiser's process. Calling it again does nothing."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            if self._synthesiser:
                self._synthesiser.interrupt()  # the worker may be waiting for one that hangs
        self._worker.join(self._slowest_s)

    def _work(self) -> None:
        while (line := self._next()) is not None:
            # Rendered without the lock: others go on speaking from memory, and queueing.
            try:
                sound = self._render(line)
            except MouthFailed as failure:
                self._give_up(line, failure)
            except Exception as defect:  # noqa: BLE001 - a worker that died would keep all others waiting
                what = f"The mouth failed on {line.text!r} ({type(defect).__name__}: {defect})."
                self._give_up(line, MouthFailed(what, _ANEW))
            else:
                self._keep(line, sound)
        if self._synthesiser:
            self._synthesiser.end()

    def _next(self) -> Line | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._closed:
                return next(iter(self._waiting))
            for promise in self._waiting.values():
                promise.set_exception(MouthFailed("The mouth is closed."))
            self._waiting.clear()
            return None

    def _render(self, line: Line) -> Pcm:
        request = {"text": line.text, "rate": line.words_per_minute}
        reason = ""
        for _ in range(2):  # espeak-ng hangs or crashes once in a blue moon, hardly twice on the same line
            try:
                self._synthesiser = self._synthesiser or self._start()
                _, sound = self._synthesiser.ask(request)
                return _fit_for_the_room(np.frombuffer(sound, "<i2"), self._synthesiser.sample_rate)
            except (_SynthesiserLost, *_GARBLED) as lost:
                reason = str(lost) if isinstance(lost, _SynthesiserLost) else f"failed ({lost})"
                if self._synthesiser:
                    self._synthesiser.end()
                self._synthesiser = None
            if self._closed:
                raise MouthFailed("The mouth is closed.")
        raise MouthFailed(f"The speech synthesiser {reason} twice on {line.text!r}.", "Word that line otherwise.")

    def _keep(self, line: Line, sound: Pcm) -> None:
        with self._changed:
            self._waiting.pop(line).set_result(sound)
            self._finished[line] = sound
            self._finished_bytes += len(sound)
            while self._finished_bytes > _CACHE_BYTES:
                _, forgotten = self._finished.popitem(last=False)
                self._finished_bytes -= len(forgotten)

    def _give_up(self, line: Line, failure: MouthFailed) -> None:
        with self._changed:
            self._waiting.pop(line).set_exception(failure)


def voices() -> list[Voice]:
    """Return all voices of the synthesiser, by language; takes about 0.2 s.

    Raises:
        MouthFailed: the synthesiser does not start.
    """
    synthesiser = _Synthesiser({}, _PATIENCE)
    try:
        return synthesiser.voices()
    except _SynthesiserLost as lost:
        raise MouthFailed(f"The speech synthesiser {lost}.", _REINSTALL) from lost
    finally:
        synthesiser.end()


def _fit_for_the_room(sound: NDArray[np.int16], sample_rate: int) -> Pcm:
    """Cut the silence off both ends, convert to 16 kHz, and soften the edges so that nothing clicks."""
    loudness = np.abs(sound.astype(np.int32))
    audible = np.flatnonzero(loudness > _SILENCE * loudness.max(initial=0))
    if not len(audible):
        return Pcm(b"")
    samples = soxr.resample(sound[audible[0] : audible[-1] + 1], sample_rate, SAMPLE_RATE).astype(np.float32)
    fade_in, fade_out = samples[:_FADE_IN], samples[-_FADE_OUT:]
    fade_in *= np.linspace(0.1, 1, len(fade_in))  # not from 0: the first sample already sounds
    fade_out *= np.linspace(1, 0, len(fade_out))
    return Pcm(samples.astype("<i2").tobytes())


class _SynthesiserLost(Exception):
    """The process hung, died or failed; the message completes "The speech synthesiser ..."."""


class _Synthesiser:
    """The child process and the talk with it: one question, one answer. Used by one thread at a time."""

    def __init__(self, properties: Mapping[str, str | float], patience: Milliseconds) -> None:
        self._patience = patience
        self._unread = bytearray()
        # By path, not as a module: it starts from any working directory and imports nothing of the coach.
        # -P keeps the files beside it from standing in for installed modules of the same name.
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                process_group=0,  # Ctrl-C is for the coach, which has a last word to say before it ends the child
            )
        except OSError as error:  # no memory or process left, or another Python by now
            raise MouthFailed(f"The speech synthesiser cannot be started: {error}.", _ANEW) from error
        try:
            self.sample_rate = self._begin(properties)
        except (_SynthesiserLost, *_GARBLED) as lost:
            self.end()
            raise MouthFailed(f"The speech synthesiser {lost} at its start.", _REINSTALL) from lost
        except MouthFailed:
            self.end()
            raise

    def _begin(self, properties: Mapping[str, str | float]) -> int:
        answer, _ = self.ask({"properties": properties})
        match answer:
            case {"sample_rate": int(rate)}:
                return rate
            case {"unknown_voice": str(name)}:
                raise MouthFailed(f"There is no voice {name!r}.", _did_you_mean(name, self.voices()))
            case _:
                raise _SynthesiserLost(f"answered {answer}")

    def ask(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Return the answer and the sound that follows it."""
        try:
            self._stdin.write(json.dumps(request).encode() + b"\n")
        except BrokenPipeError:
            raise _SynthesiserLost("died") from None
        while (end := self._unread.find(b"\n") + 1) == 0:
            self._receive()
        answer = json.loads(self._take(end))
        if "error" in answer:
            raise _SynthesiserLost(f"failed ({answer['error']})")
        size = answer.get("bytes", 0)
        while len(self._unread) < size:
            self._receive()
        return answer, self._take(size)

    def voices(self) -> list[Voice]:
        answer, _ = self.ask({"voices": True})
        return [Voice(*fields) for fields in answer["voices"]]

    def interrupt(self) -> None:
        """Kill the process, which may hang: whoever is waiting for an answer finds it dead. From any thread."""
        self._process.kill()

    def end(self) -> None:
        """Kill the process and leave nothing of it behind. Once."""
        self._process.kill()
        self._process.wait()
        self._stdin.close()
        self._stdout.close()

    def _receive(self) -> None:
        patient = select.poll()  # not select(): it fails on descriptors beyond 1,023
        patient.register(self._stdout, select.POLLIN)
        if not patient.poll(self._patience):
            raise _SynthesiserLost("hung")
        received = os.read(self._stdout.fileno(), 1 << 16)
        if not received:
            raise _SynthesiserLost("died")
        self._unread += received

    def _take(self, size: int) -> bytes:
        taken = bytes(self._unread[:size])
        del self._unread[:size]
        return taken

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout
        return self._process.stdout


def _did_you_mean(name: str, known: Sequence[Voice]) -> str:
    spellings = [spelling for voice in known for spelling in (voice.language, voice.name, voice.id)]
    base, plus, variant = name.partition("+")
    if base.lower() in (spelling.lower() for spelling in spellings):
        return f"{base!r} is one, but {plus}{variant} is no variant of it: leave that out."
    named_so = [voice.language for voice in known if base.lower() in voice.name.lower()]
    close = named_so[:9] or difflib.get_close_matches(base, spellings, n=3) or ["en-gb"]
    return f"Did you mean {' or '.join(repr(c) for c in close)}? `coach check` lists all voices."
