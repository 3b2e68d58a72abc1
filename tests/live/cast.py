"""Who plays in the live tests: the coach in a process of its own, a person, and what the loudspeaker plays.

A person's voice is played into the virtual microphone, what the virtual loudspeaker plays is recorded, and the
coach's lines are looked for in the recording: not just sound, but these words. Nothing of the coach is reached
into; its output is read as a terminal or a journal would.
"""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from threading import Condition, Thread
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from coach.content import load_voice
from coach.devices.mouth import SpeakingMouth
from coach.session.messages import Line

from .sound_server import RATE, SPEAKER, SoundServer

REPOSITORY = Path(__file__).parents[2]
VOICE = load_voice()
PATIENCE_S = 30.0
"""For anything at all: generous to a busy machine; on an idle one nothing waits so long."""

HEARD = 0.85
"""So like a line a recording must be somewhere. Lines that were played reached 0.98 to 1, others at most 0.66."""

Sound = NDArray[np.int16]
Picture = NDArray[np.float64]


class Coach:
    """``coach run`` in a process of its own, and what it prints."""

    command: tuple[str, ...] = ("run", "lower-back-circuit")

    def __init__(self, server: SoundServer, store: Path, **more_env: str) -> None:
        self.printed: list[str] = []
        self._changed = Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "coach", *self.command, "--store", str(store)],
            env=server.env | more_env,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def has_printed(self, words: str, within_s: float = PATIENCE_S) -> bool:
        """Wait until it prints a line with these words; False if it does not, or ends without."""
        return self.has_printed_one_of((words,), within_s)

    def has_printed_one_of(self, wordings: Collection[str], within_s: float) -> bool:
        """Wait until it prints a line with one of these; False if it does not, or ends without."""

        def printed() -> bool:
            return any(words in line for line in self.printed for words in wordings)

        with self._changed:
            self._changed.wait_for(lambda: printed() or not self._reader.is_alive(), within_s)
            return printed()

    def is_well_under_way(self) -> bool:
        """Wait until it has spoken for some seconds, and knows its own echo."""
        return self.has_printed(VOICE.say("safety")[0])

    def line_after(self, words: str) -> str:
        """Wait for the line printed after the one with these words; return what it says was said."""
        with self._changed:
            self._changed.wait_for(
                lambda: any(words in line for line in self.printed[:-1]) or not self._reader.is_alive(), PATIENCE_S
            )
            place = next(at for at, line in enumerate(self.printed) if words in line)
            return self.printed[place + 1].split(maxsplit=1)[1]

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Wait until it has ended by itself; return the exit code and what it printed on standard error."""
        try:
            code = self._process.wait(PATIENCE_S)
        finally:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        assert self._process.stderr is not None
        errors = self._process.stderr.read()
        assert "Traceback" not in errors, errors
        return code, errors

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.printed.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


class Person:
    """Speaks into the virtual microphone, in another voice than the coach's."""

    def __init__(self, mouth: SpeakingMouth, folder: Path) -> None:
        self._mouth = mouth
        self._folder = folder

    def say(
        self,
        server: SoundServer,
        words: str,
        heard_by: Coach,
        tries: int = 6,
        clock: Callable[[], float] = lambda: 0.0,
    ) -> tuple[int, float]:
        """Say it until the coach has heard it, as people do.

        Returns:
            How often it took, and when by the clock the player of the last one ended: at or after the word's end
            (the player drains its buffer), and never moved by how soon the coach tells that it has heard.
        """
        speech = np.frombuffer(self._mouth.speak(Line(words, 150)), "<i2")
        wav = self._folder / f"{words}.wav"
        soundfile.write(wav, speech, RATE)
        for said in range(1, tries + 1):
            server.play_into_microphone(wav)
            ended = clock()
            if heard_by.has_printed_one_of((f"you: {words}", f"you: no {words}"), within_s=8):
                return said, ended  # what is left of the coach's voice is now and then heard as a "no" before it
        raise AssertionError(f"{words!r} was not heard; the coach printed {heard_by.printed}")


class Loudspeaker:
    """What the virtual loudspeaker plays, from now on; and how the coach's lines sound."""

    def __init__(self, server: SoundServer, mouth: SpeakingMouth) -> None:
        self._recording = server.record_speaker()
        self._mouth = mouth
        self.sound: Sound = np.zeros(0, np.int16)

    def so_far_s(self) -> float:
        """How much has been recorded: the time on the recording's own clock."""
        return sum(map(len, self._recording._chunks)) / (2 * RATE)

    def stop(self) -> None:
        self.sound = self._recording.stop()

    def line(self, text: str, after_s: float = 0.0) -> tuple[float, float]:
        """When a line was played, in seconds of the recording: its begin and its end; not before ``after_s``."""
        wanted = _spectra(np.frombuffer(self._mouth.speak(Line(text, VOICE.words_per_minute)), "<i2"))
        begin, likeness = _find(wanted, _spectra(self.sound[round(after_s * RATE) :]))
        assert likeness > HEARD, f"{text!r} was not played: the likeliest place is only {likeness:.2f} like it"
        return after_s + begin * _HOP / RATE, after_s + (begin + len(wanted)) * _HOP / RATE

    def loudest(self, begin_s: float, end_s: float) -> int:
        """The highest sample of a stretch."""
        return int(abs(self.sound[round(begin_s * RATE) : round(end_s * RATE)].astype(int)).max(initial=0))

    def last_sound_s(self) -> float:
        """When the last sound ended."""
        return int(np.flatnonzero(abs(self.sound.astype(int)) > 100)[-1]) / RATE

    def pitch(self, begin_s: float, end_s: float) -> float:
        """The loudest frequency of a stretch, in hertz."""
        piece = self.sound[round(begin_s * RATE) : round(end_s * RATE)]
        return float(np.argmax(abs(np.fft.rfft(piece * np.hanning(len(piece))))) * RATE / len(piece))


_HOP = RATE // 100
_WINDOW = 512


def _spectra(sound: Sound) -> Picture:
    """What a sound looks like: 20 bands of 250 Hz, every 10 ms, in decibel-like steps.

    Not the waveform itself: espeak-ng's voice flutters a little, and never the same way twice.
    """
    frames = np.lib.stride_tricks.sliding_window_view(sound.astype(float), _WINDOW)[::_HOP]
    lines = abs(np.fft.rfft(frames * np.hanning(_WINDOW)))[:, :160]
    return np.log(lines.reshape(len(frames), 20, 8).sum(axis=2) + 3_000)  # about the noise of nothing at all


def _find(wanted: Picture, recording: Picture) -> tuple[int, float]:
    """Where a sound lies in a recording, and how like it that place is: their correlation, at most 1."""
    places = np.lib.stride_tricks.sliding_window_view(recording, len(wanted), axis=0)
    shape = wanted.T - wanted.mean()
    product = np.einsum("pbf,bf->p", places, shape)
    likeness = product / (np.maximum(places.std(axis=(1, 2)), 0.1) * np.sqrt(shape.size) * np.linalg.norm(shape))
    best = int(np.argmax(likeness))
    return best, float(likeness[best])


def joined_by_air(server: SoundServer) -> SoundServer:
    """Let the microphone hear the loudspeaker, 12 dB down, as in every room where both are in the open."""
    server._control(f"load-module module-loopback source={SPEAKER}.monitor sink=room_air latency_msec=40")
    streams = server._control("list-sink-inputs").split("index: ")[1:]
    echo = next(stream for stream in streams if "module-loopback" in stream)
    server._control(f"set-sink-input-volume {int(re.match(r'[0-9]+', echo)[0])} 41000")
    return server


def coach_log(server: SoundServer, store: Path, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "coach", "log", "--store", str(store), *options],
        env=server.env, cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE_S, check=True,
    )  # fmt: skip
    return done.stdout


def only_session(server: SoundServer, store: Path) -> dict[str, Any]:
    (session,) = json.loads(coach_log(server, store, "--json"))
    return dict(session)
