"""The mouth and its understudy keep the same contract; then what only the real one has to survive."""

import ctypes
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from coach.devices import speech_driver
from coach.devices.mouth import SpeakingMouth, voices
from coach.errors import MouthFailed
from coach.ports import SAMPLE_RATE, SAMPLES_PER_MS
from coach.rehearsal.mouth import HummingMouth
from coach.session.messages import Line, Milliseconds


def system_has_espeak():
    try:
        ctypes.CDLL("libespeak-ng.so.1")
    except OSError:
        return False
    return True


MOUTHS = {"speaking": lambda: SpeakingMouth("en-us"), "humming": HummingMouth}


@pytest.fixture(scope="module", params=MOUTHS)
def mouth(request):
    mouth = MOUTHS[request.param]()
    yield mouth
    mouth.close()


@pytest.fixture
def speaking():
    mouth = SpeakingMouth("en-us", patience=Milliseconds(1500))
    yield mouth
    mouth.close()


def samples(pcm):
    return np.frombuffer(pcm, "<i2").astype(float)


def seconds(pcm):
    return len(samples(pcm)) / SAMPLE_RATE


# --- Both ---


def test_the_same_line_lasts_as_long_each_time(mouth):
    line = Line("Curl down, one vertebra at a time.", 150)
    again = MOUTHS["humming" if isinstance(mouth, HummingMouth) else "speaking"]()
    assert (
        seconds(mouth.speak(line)) == seconds(mouth.speak(line)) == pytest.approx(seconds(again.speak(line)), 0.02)
    )
    again.close()


def test_a_longer_text_lasts_longer(mouth):
    texts = [
        "Hold.",
        "Hold for five.",
        "Hold for five more seconds.",
        "Hold for five more seconds, and breathe.",
    ]
    lengths = [seconds(mouth.speak(Line(text, 150))) for text in texts]
    assert lengths == sorted(set(lengths))


def test_a_faster_line_is_shorter(mouth):
    lengths = [seconds(mouth.speak(Line("Now come back up slowly.", pace))) for pace in (100, 150, 200, 300)]
    assert lengths == sorted(set(lengths), reverse=True)


def test_a_sentence_takes_the_time_it_takes_a_person(mouth):
    sentence = "Lie on your front, with your right arm out to the side, palm down."  # 14 words
    assert seconds(mouth.speak(Line(sentence, 150))) == pytest.approx(14 / 150 * 60, rel=0.4)


SAYINGS = [
    "one",
    "10",
    "Two of 3.",
    "cat-camel",
    "what's next",
    "it hurts",
    "Ready?",
    "Stop!",
    "naïve café",
    "3/4",
]


@pytest.mark.parametrize("text", SAYINGS)
def test_a_line_sounds_from_its_first_milliseconds_to_its_last(mouth, text):
    sound = np.abs(samples(mouth.speak(Line(text, 150))))
    audible = sound.max() * 10 ** (-40 / 20)
    assert sound[: 3 * SAMPLES_PER_MS].max() > audible
    assert sound[-30 * SAMPLES_PER_MS :].max() > audible


@pytest.mark.parametrize("text", SAYINGS)
def test_a_line_neither_clips_nor_whispers(mouth, text):
    sound = samples(mouth.speak(Line(text, 150)))
    assert np.sqrt(np.mean(sound**2)) > 500
    assert np.abs(sound).max() < 32_767


@pytest.mark.parametrize("text", ["", " ", "...", "?!", "-", "\n"])
def test_a_line_without_words_is_empty(mouth, text):
    assert mouth.speak(Line(text, 150)) == b""


def test_a_prepared_line_sounds_as_an_unprepared_one_would(mouth):
    prepared = [Line(f"Round {n} of the circuit.", 150) for n in range(1, 6)]
    mouth.prepare(prepared)
    for line in prepared:
        assert seconds(mouth.speak(line)) == pytest.approx(seconds(mouth.speak(Line(line.text + " ", 150))), 0.02)


def test_preparing_takes_any_iterable_even_an_empty_one(mouth):
    mouth.prepare(())
    mouth.prepare(Line(word, 150) for word in ("left", "right", "left"))
    assert mouth.speak(Line("left", 150))


@pytest.mark.parametrize("kind", MOUTHS)
def test_closing_twice_does_no_harm(kind):
    mouth = MOUTHS[kind]()
    mouth.close()
    mouth.close()


# --- Only the real one: its voice ---


@pytest.mark.parametrize(
    ("voice", "hint"),
    [
        ("en-gbb", "'en-gb'"),
        ("English", "'en-us'"),
        ("nonsense", "'en-gb'"),
        ("en-us+nobody", "no variant"),
        ("", ""),
    ],
)
def test_an_unknown_voice_is_an_error_with_a_remedy(voice, hint):
    with pytest.raises(MouthFailed) as failure:
        SpeakingMouth(voice)
    assert repr(voice) in failure.value.what
    assert hint in failure.value.remedy


@pytest.mark.parametrize("voice", ["en-gb", "EN-GB", "gmw/en", "en-us+f3", "English (America)"])
def test_a_voice_goes_by_language_identifier_or_name(voice):
    mouth = SpeakingMouth(voice)
    assert mouth.speak(Line("Ready?", 150))
    mouth.close()


def test_all_voices_can_be_listed():
    assert {"en-us", "en-gb", "de", "fr-fr"} <= {voice.language for voice in voices()}


def test_a_quieter_voice_is_quieter_and_a_higher_one_higher():
    def loudness_and_period(**properties):
        mouth = SpeakingMouth("en-us", **properties)
        sound = samples(mouth.speak(Line("Mmm", 100)))
        mouth.close()
        similarity = np.correlate(sound, sound, "full")[len(sound) - 1 :]
        shortest = SAMPLE_RATE // 400  # samples: no voice is higher than 400 Hz
        return np.sqrt(np.mean(sound**2)), shortest + np.argmax(similarity[shortest : SAMPLE_RATE // 50])

    loudness, period = loudness_and_period()
    assert loudness_and_period(volume=0.5)[0] == pytest.approx(loudness / 2, rel=0.2)
    assert loudness_and_period(pitch=80)[1] < period


def test_alternating_rates_are_never_mixed_up(speaking):
    # pyttsx3's own driver gets 72 of 200 wrong. Spaces make the texts differ, not their sound.
    expected = {rate: seconds(speaking.speak(Line("Breathe in and out.", rate))) for rate in (110, 190)}
    lines = [Line("Breathe in and out." + " " * n, (110, 190)[n % 2]) for n in range(1, 61)]
    speaking.prepare(lines)
    wrong = [
        line
        for line in lines
        if seconds(speaking.speak(line)) != pytest.approx(expected[line.words_per_minute], 0.02)
    ]
    assert not wrong


# --- Only the real one: its process ---


def process_of(mouth):
    return mouth._synthesiser._process.pid


def open_descriptors(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def ended(pid, patience_s=5.0):
    """Wait for a process that need not be a child of ours."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    poll = select.poll()
    poll.register(watch, select.POLLIN)
    over = bool(poll.poll(1000 * patience_s))
    os.close(watch)
    return over


def test_a_killed_synthesiser_is_replaced(speaking):
    before = process_of(speaking)
    os.kill(before, signal.SIGKILL)
    assert speaking.speak(Line("Still here.", 150))
    assert process_of(speaking) != before


def test_a_hung_synthesiser_is_replaced(speaking):
    hung = process_of(speaking)
    os.kill(hung, signal.SIGSTOP)
    assert speaking.speak(Line("Still here.", 150))
    assert ended(hung)


def test_prepared_lines_survive_the_death_of_the_synthesiser(speaking):
    lines = [Line(f"Number {n}.", 150) for n in range(100)]
    speaking.prepare(lines)
    os.kill(process_of(speaking), signal.SIGKILL)
    assert all(speaking.speak(line) for line in lines)


def test_a_synthesiser_that_cannot_be_started_again_fails_that_line_and_speaks_when_it_can(speaking, monkeypatch):
    """After an upgrade of Python, or with no memory or descriptor left."""
    with monkeypatch.context() as upgraded:
        upgraded.setattr(sys, "executable", "/gone/python")
        os.kill(process_of(speaking), signal.SIGKILL)
        for text in ("Two.", "Three."):
            with pytest.raises(MouthFailed, match="cannot be started"):
                speaking.speak(Line(text, 150))
        with pytest.raises(MouthFailed, match="cannot be started"):
            SpeakingMouth("en-us")
    assert speaking.speak(Line("Four.", 150))


def test_a_line_on_which_something_unforeseen_happens_keeps_no_other_waiting(speaking):
    with pytest.raises(MouthFailed, match="TypeError"):
        speaking.speak(Line(b"no text", 150))
    assert speaking.speak(Line("Still here.", 150))


def test_a_synthesiser_that_never_answers_is_an_error():
    with pytest.raises(MouthFailed, match="hung"):
        SpeakingMouth("en-us", patience=Milliseconds(1))


def test_closing_ends_the_process_even_while_it_hangs(speaking):
    pid = process_of(speaking)
    os.kill(pid, signal.SIGSTOP)
    speaking.prepare([Line("Never said.", 150)])
    speaking.close()
    assert ended(pid, patience_s=0)
    with pytest.raises(MouthFailed, match="closed"):
        speaking.speak(Line("Too late.", 150))


def test_what_was_said_can_be_said_after_closing(speaking):
    sound = speaking.speak(Line("Halfway.", 150))
    speaking.close()
    assert speaking.speak(Line("Halfway.", 150)) == sound


def test_of_what_was_said_no_more_is_kept_than_there_is_room_for(speaking, monkeypatch):
    monkeypatch.setattr("coach.devices.mouth._CACHE_BYTES", 100_000)  # three seconds
    first, last = (Line(f"{word} vertebra at a time, and slowly.", 150) for word in ("First one", "Last one"))
    speaking.speak(first)
    said = speaking.speak(last)
    speaking.close()
    assert speaking.speak(last) == said
    with pytest.raises(MouthFailed, match="closed"):
        speaking.speak(first)


def test_the_process_ends_when_the_coach_is_killed():
    coach = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from coach.devices.mouth import SpeakingMouth\n"
            "mouth = SpeakingMouth('en-us')\n"
            "print(mouth._synthesiser._process.pid, flush=True)\n"
            "input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    synthesiser = int(coach.stdout.readline())
    coach.kill()
    coach.communicate()
    assert ended(synthesiser)


def test_three_hundred_lines_open_no_further_descriptor(speaking):
    def descriptors():
        return [open_descriptors(pid) for pid in ("self", process_of(speaking))]

    speaking.speak(Line("Ready?", 150))
    before = descriptors()
    for n in range(300):
        assert speaking.speak(Line(f"{n}", 200))
    assert descriptors() == before


def test_ten_mouths_leave_no_descriptor_behind():
    before = open_descriptors("self")
    for _ in range(10):
        SpeakingMouth("en-us").close()
    assert open_descriptors("self") == before


def test_nothing_is_printed(capfd):
    mouth = SpeakingMouth("en-us")
    mouth.speak(Line("Halfway.", 150))
    mouth.close()
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def no_wheel(tmp_path, monkeypatch):
    (tmp_path / "espeakng_loader.py").write_text("raise ImportError('hidden')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.mark.skipif(not system_has_espeak(), reason="the system has no espeak-ng of its own")
def test_without_the_wheel_the_systems_espeak_speaks(no_wheel):
    mouth = SpeakingMouth("en-us")
    assert mouth.speak(Line("Halfway.", 150))
    mouth.close()


@pytest.mark.skipif(system_has_espeak(), reason="the system has an espeak-ng to fall back on")
def test_without_any_espeak_the_remedy_is_told(no_wheel):
    with pytest.raises(MouthFailed, match="Install the package espeakng-loader"):
        SpeakingMouth("en-us")


# --- The driver, as pyttsx3 sees it ---

DRIVING = """
import pyttsx3, speech_driver
assert speech_driver.register() == 22050
engine = pyttsx3.init(speech_driver.DRIVER)
told, sounds = [], []
engine.connect("started-utterance", lambda name: told.append("started"))
engine.connect(speech_driver.RENDERED, lambda name, pcm: (told.append(name), sounds.append(pcm)))
engine.connect("finished-utterance", lambda name, completed: told.append(completed))
engine.connect("error", lambda name, exception: told.append(str(exception)))
for name, value in {"rate": 140, "pitch": 60, "volume": 0.5, "voice": "en-gb"}.items():
    engine.setProperty(name, value)
engine.say("One.", "first")
engine.say("And now two.", "second")
engine.runAndWait()
assert told == ["started", "first", True, "started", "second", True], told
assert 0 < len(sounds[0]) < len(sounds[1])
for name, value in {"rate": 140, "pitch": 60, "volume": 0.5, "voice": "en-gb"}.items():
    assert engine.getProperty(name) == value, name
engine.setProperty("voice", "nobody")
engine.runAndWait()
assert told[-1] == "nobody"
assert engine.getProperty("voice") == "en-gb"
"""


def test_the_driver_serves_pyttsx3s_own_engine():
    folder = Path(speech_driver.__file__).parent
    done = subprocess.run([sys.executable, "-c", DRIVING], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_request_that_makes_no_sense_is_answered_with_an_error():
    service = [sys.executable, "-P", speech_driver.__file__]
    done = subprocess.run(service, input=b'{"sing": "Halfway."}\n', capture_output=True, check=True)
    assert b'"error": "ValueError' in done.stdout
