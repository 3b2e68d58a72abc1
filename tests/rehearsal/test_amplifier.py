"""A sleepy amplifier swallows what it should, and of whole sessions nothing but for want of a lead-in."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.content import load_routine, load_voice
from coach.front_end import FrontEnd
from coach.loop import Hands, lead
from coach.ports import BLOCK_SAMPLES, SAMPLES_PER_MS, SILENCE, Block, Pcm
from coach.rehearsal.amplifier import PERCEIVED, BehindAmplifier, SleepyAmplifier
from coach.rehearsal.ears import ScriptedEars
from coach.rehearsal.echo import NoEcho
from coach.rehearsal.listener import ScriptedListener
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.rehearse import spoken_by
from coach.rehearsal.room import QuietRoom
from coach.rehearsal.script import Remark, Script
from coach.rehearsal.store import MemoryStore
from coach.rehearsal.trace import Trace
from coach.session.messages import Heard, Milliseconds
from coach.session.session import Session
from coach.voice_queue import NO_LEAD_IN, USUAL_LEAD_IN, Played, VoiceQueue
from tests.home.test_serve import AtHome, call, remark

VOICE = load_voice("english")
CIRCUIT = load_routine("lower-back-circuit", voice=VOICE)
CIRCUIT = replace(CIRCUIT, rounds=1, parts=CIRCUIT.parts[1:])
BREATHING = load_routine("breathing", voice=VOICE)
BREATHING = replace(BREATHING, parts=BREATHING.parts[:1])
SLEEPS_AFTER, WAKES_IN = Milliseconds(10_000), Milliseconds(250)


def signal(level: int) -> Block:
    return Block(np.full(BLOCK_SAMPLES, level, "<i2").tobytes())


def heard_ms(amplifier: SleepyAmplifier, *played: Block) -> int:
    """How many milliseconds of it are heard."""
    heard = np.frombuffer(b"".join(map(amplifier.amplify, played)), "<i2")
    return int(np.count_nonzero(heard)) // SAMPLES_PER_MS


# --- The amplifier ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("wakes_in", [10, 100, 255])
def test_it_begins_asleep_and_swallows_what_it_takes_to_wake_it(wakes_in):
    amplifier = SleepyAmplifier(SLEEPS_AFTER, Milliseconds(wakes_in))
    assert heard_ms(amplifier, *[signal(1_000)] * 20) == 400 - wakes_in


@pytest.mark.parametrize(("silent_s", "swallows"), [(9.9, 0), (10.0, 250)])
def test_it_falls_asleep_in_silence(silent_s, swallows):
    amplifier = SleepyAmplifier(SLEEPS_AFTER, WAKES_IN)
    heard_ms(amplifier, *[signal(1_000)] * 20, *[SILENCE] * round(silent_s * 50))
    assert heard_ms(amplifier, *[signal(1_000)] * 20) == 400 - swallows


def test_what_is_too_faint_neither_wakes_it_nor_keeps_it_awake():
    amplifier = SleepyAmplifier(SLEEPS_AFTER, WAKES_IN)
    heard_ms(amplifier, *[signal(PERCEIVED - 1)] * 100)
    assert amplifier.asleep
    heard_ms(amplifier, *[signal(PERCEIVED)] * 13)
    assert not amplifier.asleep
    heard_ms(amplifier, *[signal(PERCEIVED - 1)] * 500)
    assert amplifier.asleep


def test_a_signal_with_long_gaps_does_not_wake_it():
    amplifier = SleepyAmplifier(SLEEPS_AFTER, WAKES_IN)
    assert heard_ms(amplifier, *[signal(1_000), SILENCE, SILENCE] * 50) == 0
    assert heard_ms(amplifier, *[signal(1_000), SILENCE] * 50) == 1_000 - WAKES_IN


# --- The voice queue through it --------------------------------------------------------------------------

LINE_MS = 300
SILENCES = st.lists(st.integers(0, 30_000), min_size=1, max_size=8)


def lost(silences: list[int], sleeps_after: int, lead_in: Milliseconds) -> list[int]:
    """The numbers of the lines of which something is swallowed."""
    queue, amplifier = VoiceQueue(lead_in), SleepyAmplifier(Milliseconds(sleeps_after), WAKES_IN)
    line = Pcm(np.resize([2_000, -2_000], LINE_MS * SAMPLES_PER_MS).astype("<i2").tobytes())
    played: list[bytes] = []
    heard: list[bytes] = []
    told: list[Played] = []
    for number, silence in enumerate(silences):
        queue.say(line, "line", number, Milliseconds(queue.now + silence))
        while not queue.idle:
            played.append(queue.next_block())
            heard.append(amplifier.amplify(Block(played[-1])))
            told += queue.played()
    went, came = (np.frombuffer(b"".join(it), "<i2") for it in (played, heard))
    spans = {it.number: slice(it.begin * SAMPLES_PER_MS, it.end * SAMPLES_PER_MS) for it in told}
    assert len(spans) == len(silences)
    return [number for number, span in spans.items() if not np.array_equal(went[span], came[span])]


@settings(max_examples=25)
@given(SILENCES, st.integers(10_000, 20_000))
def test_whatever_the_silences_no_line_loses_a_sample(silences, sleeps_after):
    assert lost(silences, sleeps_after, USUAL_LEAD_IN) == []


def test_without_a_lead_in_every_line_after_a_long_silence_does():
    assert lost([500, 9_000, 11_000, 500, 30_000], SLEEPS_AFTER, NO_LEAD_IN) == [0, 2, 4]


def test_an_amplifier_that_takes_longer_to_wake_than_the_lead_in_swallows_all_the_same():
    assert lost([0], SLEEPS_AFTER, Milliseconds(WAKES_IN - 20)) == [0]


# --- Whole sessions through it ---------------------------------------------------------------------------


class Led:
    """A session whose loudspeaker hangs on a sleepy amplifier."""

    def __init__(self, routine, lead_in: Milliseconds, *remarks: Remark) -> None:
        self.trace = Trace()
        mouth = HummingMouth()
        listener = ScriptedListener(Script("test", remarks), mouth, self.trace)
        self.room = BehindAmplifier(QuietRoom(spoken_by(listener)), SleepyAmplifier(SLEEPS_AFTER, WAKES_IN))
        ears = ScriptedEars(self.trace)
        hands = Hands(self.room, FrontEnd(NoEcho()), ears, mouth, MemoryStore(), lead_in=lead_in)
        lead(Session(routine, VOICE), VOICE, hands, self.trace)
        assert listener.unsaid == ()

    @property
    def lines(self) -> list[tuple[str, bool]]:
        return [(line.text, line.cut) for _, line in self.trace.each(Played)]

    @property
    def swallowed(self) -> list[str]:
        return swallowed(self.room, [line for _, line in self.trace.each(Played)])


def swallowed(room: BehindAmplifier, lines: list[Played]) -> list[str]:
    """The lines of which a sample is missing."""
    played, heard = np.frombuffer(room.played, "<i2"), np.frombuffer(room.heard, "<i2")
    spans = [slice(line.begin * SAMPLES_PER_MS, line.end * SAMPLES_PER_MS) for line in lines]
    return [line.text for line, it in zip(lines, spans, strict=True) if not np.array_equal(played[it], heard[it])]


PAUSES = (
    remark("pause", "resting", 14),
    remark("continue", "paused", 25),
    remark("pause", "holding", 3),
    remark("continue", "paused", 40),
)

END = {"it hurts": [remark("stop", "asking_where", 15)], "stop": []}


@pytest.mark.parametrize(
    ("routine", "remarks"), [(CIRCUIT, PAUSES), (BREATHING, ())], ids=["circuit", "breathing"]
)
def test_no_session_loses_a_sample_of_a_line_and_each_line_is_as_whole_as_without(routine, remarks):
    without, with_one = Led(routine, NO_LEAD_IN, *remarks), Led(routine, USUAL_LEAD_IN, *remarks)
    assert len(without.swallowed) >= 3
    assert with_one.swallowed == []
    assert with_one.lines == without.lines


@pytest.mark.parametrize("lead_in", [NO_LEAD_IN, USUAL_LEAD_IN])
@pytest.mark.parametrize("words", ["it hurts", "stop"])
def test_falling_silent_in_mid_sentence_takes_not_a_block_longer(words, lead_in):
    led = Led(CIRCUIT, lead_in, remark(words, "welcoming", 9), *END[words])
    (at, _), *_ = led.trace.each(Heard)
    assert [line.end for _, line in led.trace.each(Played) if line.cut] == [at]


@pytest.mark.parametrize("lead_in", [NO_LEAD_IN, USUAL_LEAD_IN])
def test_stop_rings_at_once_out_of_a_long_silence(lead_in):
    led = Led(CIRCUIT, lead_in, remark("pause", "welcoming", 2.5), remark("stop", "paused", 30))
    _, (at, _) = led.trace.each(Heard)
    after = np.abs(np.frombuffer(led.room.played, "<i2")[at * SAMPLES_PER_MS :].astype(int))
    assert np.flatnonzero(after > 400)[0] < 5 * SAMPLES_PER_MS


def test_a_home_that_sleeps_is_woken_and_heard_from_its_first_syllable(tmp_path):
    remarks = (
        call(),
        remark("good night", "awake", 5),
        remark("hey coach", "asleep", 60),
        remark("good night", "awake", 5),
    )
    home = AtHome(tmp_path, *remarks, lasts_s=150, begins="12:00")
    room, front_end = home.stage._opened
    amplified = BehindAmplifier(room, SleepyAmplifier(SLEEPS_AFTER, WAKES_IN))
    home.stage._opened = amplified, front_end
    home.serve()
    lines = home.stage.trace.each(Played)
    assert len(lines) >= 4
    at_home = [replace(line, begin=at - (line.end - line.begin), end=at) for at, line in lines]
    assert swallowed(amplified, at_home) == []
    played, heard = (np.frombuffer(it, "<i2") for it in (amplified.played, amplified.heard))
    loud = np.abs(played.astype(int)) > 400  # lines and chimes, but not the lead-in
    assert np.array_equal(played[loud], heard[loud])
