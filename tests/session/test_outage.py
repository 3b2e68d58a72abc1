"""Nothing could be heard for a while: what the session says then, and where it goes on."""

import pytest

from coach.session import table
from coach.session.messages import CutOff, Entered, Milliseconds, Note, Say
from coach.session.session import LONG_OUTAGE, PAUSES_REMINDED, REMIND_PAUSED_AFTER

SHORT = CutOff(Milliseconds(12_000), "lost")
LONG = CutOff(Milliseconds(LONG_OUTAGE + 60_000), "silent", told=True)
TOLD = ["I could not hear you for twelve seconds.", "Let us continue."]


def after(led, event=SHORT, seconds=30.0):
    """The lines that are begun after an outage."""
    led.send(event)
    since = len(led.said())
    said_at_once = led.lines()[since - 1 :]
    led.wait(seconds)
    return said_at_once + led.lines()[since:]


@pytest.mark.parametrize(
    ("ms", "told"),
    [
        (300, "I could not hear you for a moment."),
        (2_000, "I could not hear you for two seconds."),
        (90_000, "I could not hear you for ninety seconds."),
        (150_000, "I could not hear you for two minutes."),
        (3_600_000, "I could not hear you for sixty minutes."),
        (24 * 3_600_000, "I could not hear you for a long while."),
    ],
)
def test_how_long_it_was_is_told_as_people_do(led, ms, told):
    led.wait(4)
    assert after(led, CutOff(Milliseconds(ms), "lost"))[0] == told


def test_the_sentence_that_was_cut_is_said_again_and_the_rest_follows(led, voice):
    led.wait(5)  # in the middle of the safety note
    assert after(led)[: 2 + 3] == [*TOLD, *voice.say("safety")]
    assert led.states()[:3] == ["welcoming", "paused", "welcoming"]


def test_counted_repetitions_go_on_with_the_one_that_was_broken(led, voice):
    led.wait_for(table.MOVING)
    dose = led.session._course.dose
    led.wait(3.5 * dose.repetition / 1_000)
    said = after(led, seconds=4 * dose.repetition / 1_000)
    assert said[:6] == [*TOLD, *voice.say("from_here", number=4), "three", "two", "one"]
    assert said[6].startswith("Begin")
    counts = [line.split(",")[0] for line in said[7:]]
    assert next(it for it in counts if it in ("Three", "Four", "Five")) == "Four"
    led.wait_for(table.RESTING)
    (done,) = led.notes("set")
    assert done["repetitions"] == done["planned"]
    assert done["completed"]


def test_nothing_is_counted_while_the_outage_is_told(led):
    led.wait_for(table.MOVING).wait(5)
    led.send(SHORT)
    counts = [say for say in led.said() if say.due >= led.session.now]
    assert [say.line.text for say in counts] == TOLD[:1]


def test_it_goes_on_just_as_continue_after_pause_does(led, circuit, voice):
    from tests.session.conftest import Led, Session  # noqa: PLC0415

    other = Led(Session(circuit, voice)).begin()
    for each in (led, other):
        each.wait_for(table.HOLDING).wait(3)
    led.send(SHORT)
    other.say("pause")
    other.say("resume")
    for each in (led, other):
        each.wait_for(table.RESTING)
    assert led.notes("set") == other.notes("set")
    entered = [[it for _, it in each.actions if isinstance(it, Entered)] for each in (led, other)]
    assert entered[0] == entered[1]


def test_a_rest_goes_on_where_it_was(led):
    led.wait_for(table.RESTING).wait(4)
    left = led.session._course.rest - led.session._timeline.offset(led.session.now)
    led.send(SHORT)
    assert led.session.state == table.RESTING
    begun = led.session.now
    led.wait_for(table.BRIEFING)
    assert led.session.now - begun == pytest.approx(left, abs=100)


def test_a_pause_stays_one_and_is_told_how_to_end(led, voice):
    led.wait_for(table.MOVING).wait(5)
    led.say("pause")
    led.wait(10)
    assert after(led) == [TOLD[0], *voice.say("still_paused")]
    assert led.session.state == table.PAUSED
    led.say("resume")
    assert led.session.state == table.READYING


def test_who_paused_before_an_outage_has_the_whole_time_again(led):
    led.wait_for(table.MOVING).wait(5)
    led.say("pause")
    led.wait(REMIND_PAUSED_AFTER / 1_000 * (PAUSES_REMINDED - 1) + 60)
    led.send(SHORT)
    led.wait(REMIND_PAUSED_AFTER / 1_000 * (PAUSES_REMINDED - 1))
    assert led.session.state == table.PAUSED


@pytest.mark.parametrize("state", [table.WELCOMING, table.BRIEFING, table.MOVING, table.HOLDING, table.RESTING])
def test_after_a_long_outage_nothing_goes_on_unasked(led, voice, state):
    led.wait_for(state).wait(2)
    said = after(led, LONG)
    assert said == ["I could not hear you for six minutes.", *voice.say("paused")]
    assert led.session.state == table.PAUSED
    led.say("resume")
    assert led.session.state == (state if state not in table.WORKING else table.READYING)


@pytest.mark.parametrize("event", [SHORT, LONG])
def test_a_question_about_a_pain_is_asked_again_and_nothing_is_assumed(led, voice, event):
    led.wait_for(table.MOVING).wait(5)
    led.say("it_hurts")
    led.wait(12)  # the question was asked
    said = after(led, event, seconds=10)
    assert said[0].startswith("I could not hear you for")
    assert said[1:] == list(voice.say("pain_ask_where"))
    assert led.session.state == table.ASKING_WHERE


def test_what_to_do_when_it_hurts_is_not_lost_with_the_sentence_that_was_cut(led, voice):
    led.wait_for(table.MOVING).wait(5)
    led.say("it_hurts")
    led.wait(2)  # "ease out of the position slowly" is being said
    said = after(led)
    assert said[0] == TOLD[0]
    assert said[1:3] == [voice.say("pain_halt")[1], *voice.say("pain_ask_where")]


def test_the_last_words_are_said_to_their_end(led, voice):
    led.wait_for(table.MOVING).wait(5)
    led.say("red_flag")
    led.wait(8)
    since = len(led.said())
    led.send(LONG)
    led.wait(60)
    assert led.session.ended
    said = led.lines()[since:]
    assert said[0] == "I could not hear you for six minutes."
    assert said[-1] == voice.say("see_someone")[-1]


@pytest.mark.parametrize("word", ["stop", "it_hurts", "red_flag"])
@pytest.mark.parametrize("state", [table.WELCOMING, table.READYING, table.MOVING, table.HOLDING, table.RESTING])
def test_the_words_that_win_win_right_after_an_outage(led, state, word):
    led.wait_for(state).wait(1)
    led.send(SHORT)
    led.say(word)
    assert led.session.state in (table.STOPPING, table.ASKING_WHERE, table.CLOSING)


def test_an_outage_is_noted_with_its_length_its_cause_and_where_it_was(led):
    led.wait_for(table.MOVING).wait(5)
    led.send(SHORT)
    (noted,) = led.notes("outage")
    assert noted == {
        "exercise": led.session._course.exercise.id,
        "state": "moving",
        "cause": "lost",
        "seconds": 12,
    }
    assert led.notes("pause") == []
    assert all(note.at <= led.session.now for _, note in led.actions if isinstance(note, Note))


def test_one_outage_in_the_words_about_another_is_told_as_well(led):
    led.wait_for(table.MOVING).wait(5)
    led.send(SHORT)
    led.wait(1)
    said = after(led, CutOff(Milliseconds(5_000), "lost"))
    assert said[:2] == ["I could not hear you for five seconds.", "Let us continue."]
    assert TOLD[0] not in said
    assert len(led.notes("outage")) == 2
    led.wait_for(table.RESTING)
    assert led.notes("set")[0]["completed"]


def test_when_all_is_over_an_outage_changes_nothing(led):
    led.say("stop")
    led.wait_for(table.ENDED)
    assert led.send(SHORT) == ()
    assert [it for _, it in led.actions if isinstance(it, Say)][-1].number == 1


@pytest.mark.parametrize("event", [SHORT, LONG])
def test_an_outage_after_stop_ends_it_without_a_word(led, event):
    led.wait_for(table.MOVING).wait(5)
    led.say("stop")
    said = len(led.said())
    led.send(event)
    assert led.ends()[0].outcome == "stopped"
    assert len(led.said()) == said
