"""The product from the outside: ``coach run`` on a real sound server, spoken to and listened to.

A person's voice is played into the virtual microphone, what the virtual loudspeaker plays is recorded, and the
coach's lines are looked for in the recording: not just sound, but these words. Nothing of the coach is reached
into; its output is read as a terminal or a journal would.
"""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Condition, Thread
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from coach.content import load_voice
from coach.devices.mouth import SpeakingMouth
from coach.session.messages import Line
from coach.voice_queue import USUAL_LEAD_IN

from .sound_server import RATE, SPEAKER, SoundServer

pytestmark = pytest.mark.slow

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

    command = ("run", "lower-back-circuit")

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
        with self._changed:
            self._changed.wait_for(
                lambda: any(words in line for line in self.printed) or not self._reader.is_alive(), within_s
            )
            return any(words in line for line in self.printed)

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
        assert "Traceback" not in errors
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
            if heard_by.has_printed(f"you: {words}", within_s=8):
                return said, ended
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


@pytest.fixture(scope="module")
def room(sound_server: SoundServer) -> SoundServer:
    return joined_by_air(sound_server)


@pytest.fixture
def doomed_room(doomed_server: SoundServer) -> SoundServer:
    return joined_by_air(doomed_server)


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    with closing(SpeakingMouth(VOICE.listener_voice)) as mouth:
        yield Person(mouth, tmp_path_factory.mktemp("person"))


@pytest.fixture(scope="module")
def mouth() -> Iterator[SpeakingMouth]:
    """The coach's own voice, to know its lines by."""
    with closing(SpeakingMouth(VOICE.espeak_voice, pitch=VOICE.pitch)) as mouth:
        yield mouth


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


Start = Callable[..., Coach]


@pytest.fixture
def start(store: Path) -> Iterator[Start]:
    """Start coaches: on the test's history, or on another; none outlives its test."""
    coaches: list[Coach] = []

    def start(server: SoundServer, on: Path = store, **env: str) -> Coach:
        coaches.append(Coach(server, on, **env))
        return coaches[-1]

    yield start
    for coach in coaches:
        coach.send(signal.SIGKILL)


def coach_log(server: SoundServer, store: Path, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "coach", "log", "--store", str(store), *options],
        env=server.env, cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE_S, check=True,
    )  # fmt: skip
    return done.stdout


def only_session(server: SoundServer, store: Path) -> dict[str, Any]:
    (session,) = json.loads(coach_log(server, store, "--json"))
    return dict(session)


def test_a_session_is_led_by_voice_from_its_welcome_to_stop(room, start, store, person, mouth, capsys):
    tries: dict[str, int] = {}
    loudspeaker = Loudspeaker(room, mouth)
    coach = start(room)
    welcome, _ = VOICE.say("welcome", routine="lower-back circuit", rounds=3)
    assert coach.has_printed(welcome)
    assert coach.is_well_under_way()

    tries["pause"], said_pause = person.say(room, "pause", heard_by=coach, clock=loudspeaker.so_far_s)
    paused, how_to_go_on = VOICE.say("paused")
    assert coach.has_printed(how_to_go_on), coach.printed
    assert only_session(room, store)["outcome"] == "running"

    second = start(room)
    code, errors = second.end()
    assert code == 8
    assert "Another coach" in errors
    assert "--store" in errors

    tries["continue"], _ = person.say(room, "continue", heard_by=coach, clock=loudspeaker.so_far_s)
    next_line = coach.line_after("you: continue")

    tries["stop"], said_stop = person.say(room, "stop", heard_by=coach, clock=loudspeaker.so_far_s)
    code, errors = coach.end()
    ended = loudspeaker.so_far_s()
    loudspeaker.stop()
    assert code == 0
    assert coach.printed[-1].startswith("The session is over: stopped.")

    # What was printed was said, in this order, and the pause was a silence.
    _, welcomed = loudspeaker.line(welcome)
    paused_at, _ = loudspeaker.line(paused)
    _, silent_from = loudspeaker.line(how_to_go_on)
    refused_at, refused = loudspeaker.line(VOICE.say("trouble_store_busy")[0])
    assert welcomed - 0.1 < paused_at < silent_from < refused_at
    woken_at = refused_at - USUAL_LEAD_IN / 1_000
    assert loudspeaker.loudest(silent_from + 0.1, woken_at - 0.1) < 100
    resumed_at, _ = loudspeaker.line(next_line, after_s=refused)  # a line that was broken off is said again

    # "Stop" is answered by a chime, and nothing is said after it.
    silent_for_good = loudspeaker.last_sound_s()
    last_tone = VOICE.chimes.stopped[-1]
    stopped_at = silent_for_good - sum(tone.seconds for tone in VOICE.chimes.stopped)
    pitch = loudspeaker.pitch(silent_for_good - 0.8 * last_tone.seconds, silent_for_good - 0.1 * last_tone.seconds)
    assert pitch == pytest.approx(last_tone.hertz, abs=10)
    assert resumed_at < stopped_at

    delays = {"pause": paused_at - said_pause, "stop": stopped_at - said_stop, "exit": ended - said_stop}
    with capsys.disabled():
        rounded = {on: round(delay, 2) for on, delay in delays.items()}
        print("\nlive, seconds after the player of the word ended:", rounded, "said how often:", tries)  # noqa: T201
    assert delays["pause"] < 1
    assert delays["stop"] < 1
    assert delays["exit"] < 5

    session = only_session(room, store)
    assert session["outcome"] == "stopped"
    assert [pause["state"] for pause in session["pauses"]] == ["welcoming"]


def test_a_microphone_that_does_not_come_back_ends_the_session_told_and_nothing_noted_is_lost(
    doomed_room, start, store, person, mouth
):
    loudspeaker = Loudspeaker(doomed_room, mouth)
    coach = start(doomed_room, PULSE_SOURCE="coach_microphone", COACH_GIVE_UP_AFTER="5")
    assert coach.is_well_under_way()
    person.say(doomed_room, "pause", heard_by=coach, tries=8)  # returns before the coach has answered
    doomed_room.unplug_microphone()
    code, errors = coach.end()
    loudspeaker.stop()
    assert code == 5
    assert "The microphone" in errors
    assert "coach devices" in errors
    for sentence in VOICE.say("trouble_room"):  # when it was lost, and again at the end
        loudspeaker.line(sentence)
    session = only_session(doomed_room, store)
    assert session["outcome"] == "interrupted"
    # A busy machine drops blocks, and a distorted "pause" may be heard as a pain word first; "pause" after that
    # gives time and is no pause. Whichever was heard, it was noted, milliseconds before the microphone was gone.
    assert len(session["pauses"]) == 1 or session["pains"], coach.printed


def test_without_a_microphone_at_the_start_it_is_told_at_once(doomed_server, start, store, mouth):
    doomed_server.unplug_microphone()
    loudspeaker = Loudspeaker(doomed_server, mouth)
    coach = start(doomed_server, PULSE_SOURCE="coach_microphone")
    code, errors = coach.end()
    loudspeaker.stop()
    assert code == 5
    assert "The microphone" in errors
    loudspeaker.line(VOICE.say("trouble_room")[0])


def test_a_killed_session_is_shown_as_interrupted_with_what_was_noted(room, start, store, person):
    coach = start(room)
    assert coach.is_well_under_way()
    person.say(room, "pause", heard_by=coach, tries=8)
    assert coach.has_printed(VOICE.say("paused")[0])
    coach.send(signal.SIGKILL)
    assert coach.end()[0] == -signal.SIGKILL
    session = only_session(room, store)
    assert session["outcome"] == "interrupted"
    assert session["planned_sets"] == 12
    assert len(session["pauses"]) == 1, coach.printed
    assert "interrupted" in coach_log(room, store)


def test_ctrl_c_and_the_end_of_a_service_are_told_apart_from_trouble_and_lose_nothing(room, start, tmp_path):
    ends = {signal.SIGINT: tmp_path / "ctrl-c", signal.SIGTERM: tmp_path / "service"}
    coaches = {number: start(room, store) for number, store in ends.items()}
    for number, coach in coaches.items():
        assert coach.is_well_under_way()
        coach.send(number)
    for number, coach in coaches.items():
        code, errors = coach.end()
        assert code == 130
        assert "coach: interrupted." in errors
        assert only_session(room, ends[number])["outcome"] == "interrupted"
