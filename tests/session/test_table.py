"""The table is audited, because the library behind it is silent about mistakes."""

from collections import deque

import pytest

from coach.content import load_voice
from coach.planning.pain import KINDS, PLACES
from coach.session import table
from coach.session.phrases import ANSWERS, COMMANDS, HOME
from coach.session.session import Session

SPOKEN = {row.on for row in table.TABLE} - table.TIMELINE_TRIGGERS


def test_every_guard_and_hook_of_the_table_is_a_method_of_the_session():
    named = {name for row in table.TABLE for name in (row.if_, row.do) if name}
    assert {name for name in named if not callable(getattr(Session, f"_{name}", None))} == set()


def test_every_state_says_what_happens_on_entering_it():
    assert [state for state in table.STATES if not hasattr(Session, f"_enter_{state}")] == []


def test_every_source_and_destination_is_a_state():
    places = {place for row in table.TABLE for place in (*row.in_, row.to) if place is not None}
    assert places <= set(table.STATES)


def test_every_spoken_trigger_is_a_command_that_the_voice_understands_and_each_command_is_used():
    assert set(load_voice("english").understands) == set(COMMANDS)
    assert SPOKEN <= COMMANDS
    assert COMMANDS - SPOKEN <= ANSWERS | HOME, "what no session asks for is an answer, or said where none goes on"


def test_every_answer_about_a_pain_is_one_that_the_voice_understands():
    assert {*PLACES, *KINDS, *table.STRENGTHS, *table.SIGNS_OF_A_NERVE} <= ANSWERS


def test_every_state_is_reached_and_can_come_to_an_end():
    steps = {(source, row.to or source) for row in table.TABLE for source in row.in_}

    def reachable(start: str, arrows: set[tuple[str, str]]) -> set[str]:
        found, waiting = {start}, deque([start])
        while waiting:
            here = waiting.popleft()
            for source, target in arrows:
                if source == here and target not in found:
                    found.add(target)
                    waiting.append(target)
        return found

    assert reachable(table.WELCOMING, steps) == set(table.STATES)
    assert reachable(table.ENDED, {(target, source) for source, target in steps}) == set(table.STATES)


@pytest.mark.parametrize("state", table.ALIVE)
def test_stop_ends_it_in_every_state_unguarded_and_before_any_other_row(state):
    row = next(row for row in table.TABLE if row.on == "stop" and state in row.in_)
    assert (row.to, row.if_) == (table.ENDED if state == table.STOPPING else table.STOPPING, "")


def test_after_stop_nothing_is_listened_for_but_what_always_wins():
    assert set(table.spoken_in(table.STOPPING)) == {"stop", "red_flag", "it_hurts"}


@pytest.mark.parametrize("state", table.ALIVE)
def test_a_red_flag_ends_it_in_every_state_unguarded_and_before_any_other_row_but_stop(state):
    first, second = [row for row in table.TABLE if state in row.in_][:2]
    assert first.on == "stop"
    assert (second.on, second.if_) == ("red_flag", "")
    assert second.to == (table.STAY if state == table.CLOSING else table.CLOSING)


@pytest.mark.parametrize("state", table.ASKING)
def test_every_question_about_a_pain_can_be_skipped_repeated_and_left_by_any_answer(state):
    offered = set(table.spoken_in(state))
    assert {
        "next",
        "unsure",
        "back",
        "repeat",
        "pause",
        "help",
        "louder",
        "quieter",
        "slower",
        "faster",
    } <= offered
    assert any(row.on == "unanswered" and row.to != table.STAY for row in table.TABLE if state in row.in_)


@pytest.mark.parametrize("state", table.ASKING)
def test_no_answer_about_a_pain_leads_to_an_exercise(state):
    assert {row.to for row in table.TABLE if state in row.in_} <= {
        table.STAY,
        *table.ASKING,
        *table.OFFERING,
        table.CLOSING,
        table.STOPPING,
    }


@pytest.mark.parametrize("state", table.ALIVE)
def test_a_pain_word_is_obeyed_in_every_state_and_never_leads_back_to_the_exercise(state):
    rows = [row for row in table.TABLE if row.on == "it_hurts" and state in row.in_]
    assert rows[-1].if_ == "", "the last row has no guard: one of them is always taken"
    assert {row.to for row in rows} <= {None, *table.AFTER_PAIN, table.CLOSING}


@pytest.mark.parametrize("state", table.ALIVE)
def test_no_row_is_hidden_behind_an_unguarded_one(state):
    seen: set[str] = set()
    for row in table.TABLE:
        if state in row.in_:
            assert row.on not in seen, f"{row} can never be taken in {state}"
            if not row.if_:
                seen.add(row.on)


def test_nothing_is_listened_for_once_it_has_ended():
    assert table.spoken_in(table.ENDED) == ()


def test_yes_and_no_are_heard_only_where_a_question_was_asked():
    asking = {state for state in table.STATES if "yes" in table.spoken_in(state)}
    assert asking == set(table.CHOOSING)
