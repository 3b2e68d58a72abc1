"""The habit: an agreed plan, a kind streak, and what an anchor said aloud begins."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.content import load_voice
from coach.planning.habit import (
    SOON,
    WINDOW,
    HabitPlan,
    Streak,
    begun_by,
    days_practised,
    plan_of,
    streak_of,
    suggestion,
    told,
)
from coach.planning.past import Answers, Interview, Past, SessionDone, SetDone
from coach.planning.telling import said
from coach.session.messages import Command
from tests.planning.people import GUIDANCE, day

WEEK = GUIDANCE.week
VOICE = load_voice()
COFFEE, WORK = Command("after_coffee"), Command("after_work")
AGREED: Answers = {"anchor": "after_coffee", "late": "after_work", "confirm": True}
PLAN = HabitPlan(COFFEE, WORK)


def asked(*answers: Answers, name: str = "habit") -> Past:
    return Past(interviews=tuple(Interview(day=day(n), name=name, answers=each) for n, each in enumerate(answers)))


def practised(*days: int) -> Past:
    one_set = (SetDone(exercise="bridge"),)
    return Past(sessions=tuple(SessionDone(day=day(n), routine="any", sets=one_set) for n in sorted(days)))


# --- The plan --------------------------------------------------------------------------------------------


def test_the_plan_is_what_was_agreed_to_last() -> None:
    assert plan_of(asked(AGREED)) == PLAN
    later = plan_of(asked(AGREED, {**AGREED, "anchor": "before_bed", "late": "a_little"}))
    assert later == HabitPlan(Command("before_bed"), SOON)


@pytest.mark.parametrize(
    ("answers", "keeps_the_old"),
    [({**AGREED, "confirm": False}, False), ({"anchor": "before_bed"}, True), ({}, True)],
)
def test_a_refusal_ends_a_plan_and_a_broken_off_conversation_does_not(
    answers: Answers,
    keeps_the_old: bool,  # noqa: FBT001
) -> None:
    assert plan_of(asked(AGREED, answers)) == (PLAN if keeps_the_old else None)


def test_answers_to_other_interviews_are_no_plan() -> None:
    assert plan_of(asked(AGREED, name="diary")) is None


# --- The streak ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "today", "streak"),
    [
        ((), 5, Streak(days=0, of=0, since=None)),
        ((0,), 0, Streak(days=1, of=1, since=0)),
        ((0, 1), 2, Streak(days=2, of=2, since=1)),  # today is not over, so it is not missed
        ((0, 1, 2), 2, Streak(days=3, of=3, since=0)),
        ((0, 2), 5, Streak(days=2, of=5, since=3)),
        (tuple(range(30)), 29, Streak(days=14, of=14, since=0)),
        ((0, 40), 42, Streak(days=1, of=14, since=2)),
        ((0,), 100, Streak(days=0, of=14, since=100)),
        ((3, 9), 5, Streak(days=1, of=2, since=2)),  # a day of a wrong clock lies ahead
    ],
)
def test_the_streak_counts_days_with_practice(days: tuple[int, ...], today: int, streak: Streak) -> None:
    assert streak_of(practised(*days), day(today)) == streak


def test_a_day_counts_once_and_a_session_without_a_single_set_does_not() -> None:
    nothing = SessionDone(day=day(3), routine="any", outcome="stopped")
    assert days_practised(practised(1, 1).with_session(nothing)) == {day(1)}


@given(st.sets(st.integers(0, 60)), st.integers(0, 60))
def test_a_streak_is_always_a_share(days: set[int], today: int) -> None:
    streak = streak_of(practised(*days), day(today))
    assert 0 <= streak.days <= streak.of <= WINDOW
    assert (streak.since is None) == (not any(it <= today for it in days))


@given(st.sets(st.integers(0, 30)), st.integers(0, 30))
def test_practising_today_never_makes_a_streak_worse(days: set[int], today: int) -> None:
    before = streak_of(practised(*days), day(today))
    after = streak_of(practised(*days, today), day(today))
    assert after.since == 0
    assert after.days >= min(before.days, WINDOW - 1)


# --- What fits today -------------------------------------------------------------------------------------


@given(st.sets(st.integers(0, 30), min_size=1), st.integers(0, 40))
def test_missed_days_are_met_with_the_smallest_session_and_done_is_done(days: set[int], today: int) -> None:
    streak = streak_of(practised(*days), day(today))
    fits = suggestion(streak, WEEK)
    assert (fits == "done") == (today in days)
    missed = streak.since is not None and streak.since >= WEEK.missed_after_days
    assert (fits == "smallest") == missed


def test_before_the_first_session_nothing_was_missed() -> None:
    assert suggestion(streak_of(Past(), day(0)), WEEK) == "today"


@pytest.mark.parametrize(
    ("command", "since", "begins"),
    [
        (COFFEE, 1, "today"),
        (COFFEE, 10, "smallest"),
        (COFFEE, 0, None),
        (WORK, 1, "smallest"),
        (WORK, 0, None),
        (Command("before_bed"), 1, None),
        (Command("pause"), 1, None),
    ],
)
def test_the_anchor_said_aloud_begins_what_was_agreed(command: Command, since: int, begins: str | None) -> None:
    assert begun_by(command, PLAN, streak_of(practised(10), day(10 + since)), WEEK) == begins


def test_without_a_plan_nothing_begins_by_itself() -> None:
    assert begun_by(COFFEE, None, streak_of(practised(0), day(1)), WEEK) is None


# --- In words --------------------------------------------------------------------------------------------


@given(st.sets(st.integers(0, 30)), st.integers(0, 40))
def test_it_can_always_be_told_in_at_most_two_sentences(days: set[int], today: int) -> None:
    reasons = told(streak_of(practised(*days), day(today)), WEEK)
    assert len(reasons) <= 2
    assert all(said(reason, VOICE) for reason in reasons)


def test_a_day_that_is_done_is_told_as_done_and_a_long_silence_is_not_counted() -> None:
    assert [it.key for it in told(streak_of(practised(0, 1, 2), day(2)), WEEK)] == [
        "habit_every_day",
        "habit_done",
    ]
    assert [it.key for it in told(streak_of(practised(0, 2), day(3)), WEEK)] == ["habit_days"]
    assert [it.key for it in told(streak_of(practised(0), day(60)), WEEK)] == ["habit_smallest"]
    assert [it.key for it in told(streak_of(Past(), day(0)), WEEK)] == ["habit_begin"]


BLAME = ("missed", "fail", "should", "must", "lost", "broke", "only", "sorry")


def test_no_sentence_about_the_habit_blames() -> None:
    for key, sentences in VOICE.says.items():
        if key.startswith("habit_"):
            words = " ".join(sentences).lower()
            assert not any(blame in words for blame in BLAME), key


def test_a_plan_is_told_in_the_persons_own_words() -> None:
    lines = VOICE.say("habit_plan", anchor="after I make coffee", late="it is after work")
    assert lines[0] == "Your plan, in your words: after I make coffee, I do my back."


def test_the_window_ends_yesterday_until_something_is_done_today() -> None:
    past = practised(*range(1, 15))
    assert streak_of(past, day(15)).days == WINDOW
    assert streak_of(past.until(day(13)), day(15)) == Streak(days=13, of=14, since=2)
    assert streak_of(past, day(14) + timedelta(days=1), window=3) == Streak(days=3, of=3, since=1)
