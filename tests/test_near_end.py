"""Somebody who speaks over the coach is noticed; the coach's own echo is not taken for somebody."""

import math
from contextlib import closing

import numpy as np
import pytest

from coach import content
from coach.devices.ears import VoskEars
from coach.devices.echo import EchoCanceller
from coach.devices.mouth import SpeakingMouth
from coach.front_end import FrontEnd
from coach.loop import Hands, lead
from coach.near_end import A_STRETCH, LONGEST, SETTLING, NearEnd
from coach.ports import BLOCK_BYTES, BLOCK_MS, BLOCK_SAMPLES, SAMPLE_RATE, SILENCE, Block
from coach.rehearsal.echo import NoEcho
from coach.rehearsal.listener import ScriptedListener
from coach.rehearsal.room import Acoustics, SimulatedRoom
from coach.rehearsal.script import Remark, Script, When
from coach.rehearsal.store import MemoryStore
from coach.rehearsal.trace import Trace
from coach.session.messages import Entered, Heard, Hypothesis, Line, Milliseconds
from coach.session.session import Session
from coach.session.table import RESTING
from coach.voice_queue import Played
from tests.blocks import blocks

VOICE = content.load_voice("english")
ROUTINE = content.load_routine("lower-back-circuit", voice=VOICE)


@pytest.fixture(scope="module")
def coach():
    """Twenty seconds of the coach's own narration, with its breaths."""
    with closing(SpeakingMouth(VOICE.espeak_voice, pitch=VOICE.pitch)) as mouth:
        return speech(mouth, [*VOICE.say("safety"), *VOICE.say("pain_end")])[: 20 * SAMPLE_RATE]


@pytest.fixture(scope="module")
def words():
    """What somebody else says over it."""
    with closing(SpeakingMouth(VOICE.listener_voice)) as mouth:
        return speech(mouth, ["Say that again."])


def speech(mouth, sentences):
    breath = bytes(SAMPLE_RATE // 4 * 2)
    said = breath.join(mouth.speak(Line(text, VOICE.words_per_minute)) for text in sentences)
    return np.frombuffer(said + bytes(-len(said) % BLOCK_BYTES), np.int16)


class Person:
    """Says something at given times and nothing otherwise."""

    def __init__(self, words, at_s):
        self._words = blocks(words)
        self._starts = {round(at * 1000 / BLOCK_MS) for at in at_s}
        self._now = 0
        self._left = []

    def next_block(self, speaker):
        if self._now in self._starts:
            self._left = list(self._words)
        self._now += 1
        return self._left.pop(0) if self._left else SILENCE


def noticed(coach, acoustics, echo, person=None):
    """The times, in seconds, at which somebody was noticed while the coach said this; and the detector."""
    room, near_end = SimulatedRoom(person, acoustics), NearEnd()
    found = []
    for number, speaker in enumerate(blocks(coach)):
        microphone = room.exchange(speaker)
        if near_end.process(microphone, echo.cancel(microphone, speaker), speaker):
            found.append(number * BLOCK_MS / 1000)
    return found, near_end


@pytest.mark.parametrize("delay_ms", [60, 200])
@pytest.mark.parametrize("echo_db", [-10, 0, 10])
def test_the_coachs_echo_is_never_taken_for_somebody(coach, echo_db, delay_ms):
    acoustics = Acoustics(echo_db=echo_db, echo_delay_ms=delay_ms)
    assert noticed(coach, acoustics, EchoCanceller())[0] == []


@pytest.mark.parametrize("echo_db", [-10, 0, 10, 15])
def test_without_a_canceller_nobody_is_noticed_and_all_is_echo(coach, echo_db):
    found, near_end = noticed(coach[: 10 * SAMPLE_RATE], Acoustics(echo_db=echo_db), NoEcho())
    assert found == []
    assert near_end.was_echo(Milliseconds(9_000))


@pytest.mark.parametrize("echo_db", [-10, 0, 5])
def test_somebody_who_speaks_over_the_coach_is_noticed_within_their_first_syllables(coach, words, echo_db):
    said_at = (6, 9.5, 13, 16.5)
    person = Person(words, said_at)
    found, near_end = noticed(coach, Acoustics(echo_db=echo_db), EchoCanceller(), person)
    for at in said_at:
        assert any(at <= when <= at + 0.4 for when in found), at
        assert not near_end.was_echo(Milliseconds(round(at * 1000) + 400))
    assert not [when for when in found if not any(at <= when <= at + 2 for at in said_at)]


def test_a_fan_that_starts_is_somebody_for_some_seconds_only(coach):
    fan = Person(np.random.default_rng(1).normal(0, 130, 45 * SAMPLE_RATE), at_s=(15,))
    found, _ = noticed(np.tile(coach, 3), Acoustics(echo_db=0), EchoCanceller(), fan)
    assert 15 <= found[0] <= found[-1] < 15 + 6


def test_what_the_canceller_leaves_nothing_of_is_not_echo(coach):
    _, near_end = noticed(coach[: 10 * SAMPLE_RATE], Acoustics(echo_db=0), EchoCanceller())
    assert not near_end.was_echo(Milliseconds(9_000))


@pytest.mark.parametrize("echo_db", [0, 10])
def test_a_word_out_of_nothing_is_the_coach_s_and_one_that_somebody_said_is_theirs(coach, words, echo_db):
    room, front_end = SimulatedRoom(Person(words, (16,)), Acoustics(echo_db=echo_db)), FrontEnd(EchoCanceller())
    for speaker in blocks(coach[: 18 * SAMPLE_RATE]):
        front_end.process(room.exchange(speaker), speaker)
    assert front_end.was_echo(Milliseconds(15_500))
    assert not front_end.was_echo(Milliseconds(16_400))


@pytest.mark.parametrize("echo_db", [-20, -10, 0, 10])
def test_an_echo_is_known_to_be_audible(coach, echo_db):
    _, near_end = noticed(coach[: 6 * SAMPLE_RATE], Acoustics(echo_db=echo_db), EchoCanceller())
    assert near_end.echo_is_audible


def test_with_a_headset_there_is_no_echo_to_cancel_even_while_somebody_speaks_over_it(coach, words):
    person = Person(words, (6, 12))
    _, near_end = noticed(coach[: 13 * SAMPLE_RATE], Acoustics(echo_db=-math.inf), EchoCanceller(), person)
    assert not near_end.echo_is_audible


@pytest.mark.slow
def test_with_a_headset_a_command_in_mid_sentence_is_heard_at_the_first_try():
    trace = Trace()
    with closing(SpeakingMouth(VOICE.espeak_voice, pitch=VOICE.pitch)) as mouth:
        remarks = (Remark(words="pause", when=When(state="briefing", after_s=9), tries=1),)
        stop = (Remark(words="stop", when=When(state="paused", after_s=4), tries=1),)
        with closing(SpeakingMouth(VOICE.listener_voice)) as other:
            listener = ScriptedListener(Script("headset", remarks + stop), other, trace)
        room = SimulatedRoom(listener, Acoustics(echo_db=-math.inf))
        model = content.content_root() / "voices" / "english" / "ears"
        hands = Hands(
            room,
            FrontEnd(EchoCanceller()),
            VoskEars(model, VOICE.decoys, VOICE.homophones, VOICE.carriers),
            mouth,
            MemoryStore(),
        )
        end = lead(Session(ROUTINE, VOICE), VOICE, hands, trace)
    assert end.outcome == "stopped"
    assert [heard.command for _, heard in trace.each(Heard)] == ["pause", "stop"]


# --- Without a room: levels alone -----------------------------------------------------------------------


def loud(level):
    return Block(np.full(BLOCK_SAMPLES, level, np.int16).tobytes())


def settled():
    """A detector that knows the noise (level 10) and a canceller that leaves a hundredth (level 30 of 3000)."""
    near_end = NearEnd()
    for _ in range(20):
        for microphone, cleaned in ((10, 10), *[(3000, 30)] * 19):
            assert not near_end.process(loud(microphone), loud(cleaned), loud(3000))
    return near_end


def test_what_is_heard_over_the_coach_before_the_canceller_has_settled_is_the_coach():
    near_end = NearEnd()
    for _ in range(SETTLING // 20):  # a canceller that never settles: it leaves half
        for microphone, cleaned in (*[(10, 10)] * 5, *[(3000, 1500)] * 15):
            near_end.process(loud(microphone), loud(cleaned), loud(3000))
    for _ in range(50):
        near_end.process(loud(3000), loud(1500), loud(3000))
    assert near_end.was_echo(Milliseconds(1_000))
    assert near_end.was_echo(Milliseconds(SETTLING * BLOCK_MS - 500))
    assert not near_end.was_echo(Milliseconds(SETTLING * BLOCK_MS + 800))  # it has had its time: not deaf for good


def test_one_block_alone_is_a_knock():
    near_end = settled()
    heard = [near_end.process(loud(3000), loud(level), loud(3000)) for level in (30, 900, 30, 900, 30)]
    assert heard == [False] * 5


def test_two_blocks_are_somebody():
    near_end = settled()
    assert [near_end.process(loud(3000), loud(900), loud(3000)) for _ in range(2)] == [False, True]


def test_beside_a_fan_somebody_is_noticed_too():
    near_end = NearEnd()
    for _ in range(50):  # the coach is 20 dB louder than the fan at its loudest, and cancelled down to it
        for microphone, cleaned in ((300, 300), *[(1_000, 310)] * 10, *[(3_000, 320)] * 9):
            assert not near_end.process(loud(microphone), loud(cleaned), loud(3_000))
    assert [near_end.process(loud(3_000), loud(1_200), loud(3_000)) for _ in range(2)] == [False, True]


def test_an_echo_whose_path_is_known_is_audible_however_little_it_stands_out():
    near_end = NearEnd()
    for _ in range(1_000):
        near_end.process(loud(100), loud(100), loud(3000))
    assert not near_end.echo_is_audible
    near_end.process(loud(100), loud(100), loud(3000), path_known=True)
    assert near_end.echo_is_audible


def test_in_the_coachs_silence_nothing_is_looked_for():
    near_end = settled()
    for _ in range(26):
        near_end.process(loud(900), loud(900), SILENCE)
    assert not near_end.process(loud(900), loud(900), SILENCE)
    assert not near_end.was_echo(Milliseconds(8_520))


def test_a_word_out_of_what_is_left_of_the_echo_is_the_coachs_unless_somebody_stood_out():
    for person, own in ((0, True), (2, True), (12, False)):
        near_end = settled()
        for block in range(30):  # the canceller leaves nothing of the coach, the ears are given some of it
            cleaned = loud(900) if block < person else SILENCE
            near_end.process(loud(3000), cleaned, loud(3000), loud(900))
        assert near_end.was_echo(Milliseconds(8_400)) is own, person


@pytest.mark.parametrize(
    ("silent_for", "stands_out_for", "believed_after", "own"),
    [
        (60, 5, 29, True),  # "everything" was heard as "stop"
        (60, 12, 29, False),
        (0, 5, 29, False),  # it has been speaking
        (60, 5, 13, False),  # the word began before it did
    ],
)
def test_what_stands_out_of_the_first_that_the_coach_says_is_its_own_unless_for_long(
    silent_for, stands_out_for, believed_after, own
):
    near_end = settled()
    for _ in range(silent_for):
        near_end.process(loud(10), loud(10), SILENCE, loud(10))
    for block in range(34):
        cleaned = loud(900 if 8 <= block < 8 + stands_out_for else 10)
        understood = loud(900 if 6 <= block < 11 + stands_out_for else 10)
        near_end.process(loud(3000), cleaned, loud(3000), understood)
    assert near_end.was_echo(Milliseconds((20 * 20 + silent_for + believed_after) * BLOCK_MS)) is own


def test_a_television_is_a_person_for_three_seconds_only():
    near_end = settled()
    heard = [near_end.process(loud(3000), loud(900), loud(3000)) for _ in range(10 * 50)]
    assert sum(heard) == LONGEST - 1
    assert not any(heard[LONGEST:])


def test_what_the_known_path_does_not_explain_is_a_person_for_three_seconds_only():
    near_end = settled()
    heard = [near_end.process(loud(3000), loud(30), loud(3000), loud(30), db) for db in (2, 4, 2, *[9] * 500)]
    assert heard[:3] == [False, True, False]
    assert sum(heard[3:]) == LONGEST
    assert not near_end.process(SILENCE, SILENCE, loud(3000), SILENCE, 9)


def test_three_blocks_of_what_is_left_are_enough_to_be_the_coachs_word():
    """Out of four the ears once made a "stop"."""
    near_end = settled()
    for block in range(30):
        near_end.process(loud(3000), SILENCE, loud(3000), loud(900 if block < 3 else 10))
    assert near_end.was_echo(Milliseconds(8_400))


def test_one_block_is_enough_if_the_coach_speaks_all_the_while():
    """Out of two the ears once made a "stop"."""
    for coach_speaks_for, own in ((30, True), (3, False)):
        near_end = settled()
        for block in range(60):
            said = loud(3000) if block < coach_speaks_for else SILENCE
            near_end.process(loud(3000), loud(10), said, loud(900 if block == 1 else 10))
        assert near_end.was_echo(Milliseconds(8_500)) is own
        assert not near_end.was_echo(Milliseconds(9_200))  # a second later nothing was left


def known(coming_through=(10, 10, 10, 20)):
    """A detector that also knows how much of the coach comes through to the ears: now and then twice the noise."""
    near_end = settled()
    for _ in range(2_400 // len(coming_through)):
        for given in coming_through:
            assert not near_end.process(loud(3000), loud(30), loud(3000), loud(given), 0)
    return near_end


def test_what_comes_through_to_the_ears_far_above_the_coach_alone_is_somebody():
    """In what the canceller leaves, nobody is there; the ears are given a short loud vowel."""
    near_end = known()
    word = [
        near_end.process(loud(3000), loud(30), loud(3000), loud(given), 0)
        for given in (10, 900, 900, 900, 10, 10, 10)
    ]
    assert sum(word) >= 3
    assert not near_end.was_echo(Milliseconds((20 * 20 + 2_400) * BLOCK_MS))
    near_end = known()
    loudest = [near_end.process(loud(3000), loud(30), loud(3000), loud(40), 0) for _ in range(5)]
    assert loudest == [False] * 5


MUCH = (10, 10, 10, 60, 60, 60)
"""So much of the coach comes through that a word must be loud to stand out."""


def coming_through(near_end, stretch):
    """What stands out nowhere comes through to the ears for so many blocks in a row, then nothing."""
    for block in range(30):
        given = loud(90 if block < stretch else 10)
        assert not near_end.process(loud(3000), loud(30), loud(3000), given, 0)


def test_a_word_that_stands_out_nowhere_comes_through_for_longer_than_the_coach_does():
    for stretch, own in ((A_STRETCH, True), (A_STRETCH + 3, False)):
        near_end = known(MUCH)
        coming_through(near_end, stretch)
        assert near_end.was_echo(Milliseconds((20 * 20 + 2_400 + 25) * BLOCK_MS)) is own, stretch


def test_where_the_coach_itself_comes_through_for_as_long_it_is_the_coach():
    near_end = known(MUCH)
    for _ in range(6):
        coming_through(near_end, 13)
    assert near_end.was_echo(Milliseconds((20 * 20 + 2_400 + 5 * 30 + 25) * BLOCK_MS))


def test_while_the_path_is_unknown_whatever_comes_through_is_the_coach():
    near_end = known(MUCH)
    for block in range(30):
        near_end.process(loud(3000), loud(30), loud(3000), loud(90), 0 if block > 2 else -math.inf)
    assert near_end.was_echo(Milliseconds((20 * 20 + 2_400 + 25) * BLOCK_MS))


def test_while_the_canceller_settles_whatever_comes_through_is_the_coach_though_the_path_is_known():
    near_end = NearEnd()
    for microphone, cleaned in (*[(20, 10)] * 20, *[(3000, 1500)] * 60):  # a canceller that leaves half, as yet
        near_end.process(loud(microphone), loud(cleaned), loud(3000), loud(900), 0)
    assert near_end.was_echo(Milliseconds(60 * BLOCK_MS))


def test_afresh_whatever_comes_through_is_the_coach_again_and_the_clock_goes_on():
    near_end = known()
    before = near_end._blocks
    anew = near_end.afresh()
    for _ in range(60):  # the canceller has another path to learn
        anew.process(loud(3000), loud(1500), loud(3000), loud(900), 0)
        near_end.process(loud(3000), loud(1500), loud(3000), loud(900), 0)
    moment = Milliseconds((before + 40) * BLOCK_MS)
    assert anew.was_echo(moment)
    assert not near_end.was_echo(moment), "which would be no example"


def test_until_it_is_known_what_comes_through_of_the_coach_nobody_is_noticed_by_it():
    near_end = settled()
    assert not any(near_end.process(loud(3000), loud(30), loud(3000), loud(900), 0) for _ in range(50))
    # Nor by what the other canceller leaves, before the path is known.
    near_end = known()
    assert not any(near_end.process(loud(3000), loud(30), loud(3000), loud(900)) for _ in range(50))


def test_what_keeps_coming_through_is_a_person_for_three_seconds_and_then_the_room():
    near_end = known()
    heard = [near_end.process(loud(3000), loud(30), loud(3000), loud(900), 0) for _ in range(60 * 50)]
    assert 0.9 * LONGEST < sum(heard) <= LONGEST
    assert not any(heard[LONGEST + 5 :])


def test_a_microphone_that_is_silent_to_the_last_bit_hears_nobody_and_no_echo():
    near_end = NearEnd()
    assert not any(near_end.process(SILENCE, SILENCE, loud(3000)) for _ in range(100))
    assert not near_end.was_echo(Milliseconds(1_000))


# --- A whole session with nobody there -------------------------------------------------------------------


class AskingForHelp:
    """Real ears that, nine seconds into each rest, believe to have heard "help": so it is read out, too."""

    def __init__(self, trace: Trace) -> None:
        self._ears = VoskEars(
            content.content_root() / "voices" / "english" / "ears", VOICE.decoys, VOICE.homophones
        )
        self._trace = trace
        self._now = 0

    def listen(self, phrases):
        self._ears.listen(phrases)

    def second_hearing(self):
        return self._ears.second_hearing()

    def hear(self, microphone):
        self._now += BLOCK_MS
        heard = self._ears.hear(microphone)
        at, entered = self._trace.each(Entered)[-1]
        if entered.state == RESTING and self._now == at // BLOCK_MS * BLOCK_MS + 9_000:
            # Whatever they made of the coach so far has ended: "help" is an utterance of its own.
            return [Hypothesis("", final=True), Hypothesis("help", final=True, confidence=1.0)]
        return heard


def heard_with_nobody_there(acoustics, echo):
    """Lead the whole routine in an empty room; return what the coach believes to have heard."""
    trace = Trace()
    with closing(SpeakingMouth(VOICE.espeak_voice, pitch=VOICE.pitch)) as mouth:
        hands = Hands(SimulatedRoom(None, acoustics), FrontEnd(echo), AskingForHelp(trace), mouth, MemoryStore())
        lead(Session(ROUTINE, VOICE), VOICE, hands, trace)
    assert any("stop" in line.text.lower() for _, line in trace.each(Played))
    return [heard.words for _, heard in trace.each(Heard)]


@pytest.mark.slow
@pytest.mark.parametrize("echo", [EchoCanceller, NoEcho])
def test_a_whole_session_with_nobody_there_hears_nothing(echo):
    heard = heard_with_nobody_there(Acoustics(echo_db=10.0, echo_delay_ms=80), echo())
    assert len(heard) >= 2  # without a canceller, only where the coach is silent
    assert set(heard) == {"help"}
