"""The diary: days, weeks, and what went together: never from few days, never as a cause."""

from itertools import permutations
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.content import load_voice
from coach.planning.diary import (
    CHANCE,
    LEAST_DAYS,
    Entry,
    entries_of,
    findings,
    spearman,
    summary,
    together,
    week_of,
)
from coach.planning.past import Answers, Interview, Past, SessionDone, SetDone
from coach.planning.telling import said
from tests.planning.people import day

VOICE = load_voice()


def diary(*days: Answers) -> Past:
    """An entry for each day from the first; an empty one was refused."""
    return Past(interviews=tuple(Interview(day=day(n), name="diary", answers=it) for n, it in enumerate(days)))


def practised(past: Past, *days: int) -> Past:
    for number in days:
        sets = (SetDone(exercise="bridge"),)
        past = past.with_session(SessionDone(day=day(number), routine="any", sets=sets))
    return past


def keys(past: Past, today: int) -> list[str]:
    return [reason.key for reason in summary(past, day(today))]


# --- The days --------------------------------------------------------------------------------------------


def test_an_entry_holds_what_was_answered_and_nothing_else() -> None:
    past = diary({"back": 3, "stress": None, "tag_garden": True, "tag_car": False, "mood": "fine"})
    assert entries_of(past) == (Entry(day(0), back=3, tags=frozenset({"garden"})),)


def test_a_refused_diary_is_no_entry_and_other_interviews_are_none() -> None:
    readiness = Interview(day=day(0), name="readiness", answers={"pain_now": 3, "back": 9})
    assert entries_of(diary({}).with_interview(readiness)) == ()


def test_what_is_answered_later_on_a_day_counts_and_what_is_not_asked_again_stands() -> None:
    again = Interview(day=day(0), name="diary", answers={"back": 2, "tag_garden": True})
    past = diary({"back": 5, "stress": 4, "tag_car": True}).with_interview(again)
    assert entries_of(past) == (Entry(day(0), back=2, stress=4, tags=frozenset({"car", "garden"})),)


def test_a_week_is_seven_days_with_their_averages_and_days_of_practice() -> None:
    past = practised(diary(*({"back": n, "stress": 2} for n in range(10))), 2, 3, 3, 9)
    week = week_of(past, day(9))
    assert (week.first, week.entries, week.back, week.stress) == (day(3), 7, 6.0, 2.0)
    assert (week.sleep, week.practised) == (None, 2)


# --- Spearman --------------------------------------------------------------------------------------------

VALUES = st.integers(0, 10)
PAIRS = st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=40)


def test_ranks_are_compared_and_ties_share_theirs() -> None:
    # Worked by hand: ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4.
    assert spearman([(1, 10), (2, 30), (2, 20), (9, 99)]) == pytest.approx(4.5 / sqrt(4.5 * 5))


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=40, unique=True))
def test_what_always_rises_together_is_one_however_crooked(values: list[int]) -> None:
    assert spearman([(value, value**3) for value in values]) == pytest.approx(1)
    assert spearman([(value, -value) for value in values]) == pytest.approx(-1)


@given(PAIRS)
def test_it_lies_between_minus_one_and_one_and_turns_with_its_sides(pairs: list[tuple[int, int]]) -> None:
    rho = spearman(pairs)
    if rho is None:
        assert any(len(set(side)) == 1 for side in zip(*pairs, strict=True))
        return
    assert -1 <= rho <= 1
    assert spearman([(b, a) for a, b in pairs]) == pytest.approx(rho)
    assert spearman([(10 - a, b) for a, b in pairs]) == pytest.approx(-rho)


def test_what_never_changes_goes_together_with_nothing() -> None:
    assert spearman([(1, n) for n in range(9)]) is None
    assert spearman([]) is None


def test_of_eight_unrelated_days_about_one_in_twenty_goes_beyond_chance() -> None:
    count = total = 0
    for order in permutations(range(LEAST_DAYS)):
        rho = 1 - 6 * sum((a - b) ** 2 for a, b in enumerate(order)) / (LEAST_DAYS * (LEAST_DAYS**2 - 1))
        count += abs(rho) >= CHANCE / sqrt(LEAST_DAYS - 1)
        total += 1
    assert 0.03 < count / total < 0.05


# --- What went together ----------------------------------------------------------------------------------


def stressful(days: int) -> Past:
    return diary(*({"back": n % 8, "stress": n % 8 + 1, "sleep": 8 - n % 8} for n in range(days)))


def test_stress_and_sleep_are_compared_with_the_back_of_the_same_day() -> None:
    assert [(it.thing, it.days, it.back, it.beyond_chance) for it in together(stressful(10))] == [
        ("stress", 10, "worse", True),
        ("sleep", 10, "better", True),
    ]


@given(st.integers(0, LEAST_DAYS - 1))
def test_fewer_than_eight_days_say_nothing(days: int) -> None:
    assert together(stressful(days)) == ()
    assert [it.key for it in findings(stressful(days))] == ["diary_too_early"]


def test_days_without_an_answer_are_no_pairs() -> None:
    past = diary(*({"back": n, "stress": n} if n % 2 else {"back": n, "stress": None} for n in range(10)))
    assert together(past) == ()


def test_practice_is_compared_with_the_back_of_the_next_day_from_the_first_session_on() -> None:
    # On the day after practice the back bothers less; on days before the coach came nothing is known.
    past = diary(*({"back": 9} for _ in range(4)), *({"back": 2 if n % 2 else 6} for n in range(12)))
    (found,) = together(practised(past, *range(4, 16, 2)))
    assert (found.thing, found.days, found.back, found.beyond_chance) == ("practice", 11, "better", True)


def test_a_tag_is_compared_once_there_are_three_days_with_it_and_three_without() -> None:
    def tagged(with_it: int) -> Past:
        return diary(*({"back": 7, "tag_garden": True} if n < with_it else {"back": 2} for n in range(10)))

    assert together(tagged(2)) == together(tagged(8)) == ()
    (found,) = together(tagged(3))
    assert (found.thing, found.tag, found.back) == ("tag", "garden", "worse")


ANSWERS = st.fixed_dictionaries(
    {}, optional={"back": VALUES, "stress": VALUES, "sleep": VALUES, "tag_garden": st.sampled_from([True])}
)


@given(st.lists(ANSWERS, max_size=30), st.sets(st.integers(0, 30)))
def test_nothing_is_compared_on_fewer_days_than_it_takes(days: list[Answers], exercised: set[int]) -> None:
    found = together(practised(diary(*days), *exercised))
    assert all(it.days >= LEAST_DAYS and -1 <= it.rho <= 1 for it in found)
    assert [abs(it.rho) for it in found] == sorted((abs(it.rho) for it in found), reverse=True)


# --- In words --------------------------------------------------------------------------------------------


@given(st.lists(ANSWERS, max_size=30), st.sets(st.integers(0, 30)), st.integers(0, 30))
def test_a_summary_can_always_be_said_and_no_finding_comes_without_its_caution(
    days: list[Answers], exercised: set[int], today: int
) -> None:
    reasons = summary(practised(diary(*days), *sorted(exercised)), day(today))
    assert all(said(reason, VOICE) for reason in reasons)
    told = [reason.key for reason in reasons]
    found = any(key.endswith(("_worse", "_better")) and not key.startswith("diary_week") for key in told)
    assert found == ("diary_no_cause" in told)
    assert len(told) <= 6


def test_an_empty_diary_is_told_as_such() -> None:
    assert keys(Past(), 0) == keys(diary({}), 0) == ["diary_empty"]


def test_the_week_is_told_beside_the_one_before() -> None:
    past = practised(diary(*({"back": 6} for _ in range(7)), *({"back": 3} for _ in range(7))), 1, 8, 10)
    assert [VOICE.say(reason.key, **dict(reason.fields))[0] for reason in summary(past, day(13))[:3]] == [
        "This week your back was at about three of ten.",
        "That is better than in the week before.",
        "Days of this week on which you did your back: two.",
    ]
    assert keys(diary(*({"back": 4} for _ in range(9))), 8)[:2] == ["diary_week", "diary_week_same"]


def test_a_finding_is_told_with_how_few_days_it_is_from() -> None:
    assert keys(stressful(10), 9)[-3:] == ["diary_stress_worse", "diary_no_cause", "diary_few_days"]
    assert keys(stressful(24), 23)[-1] == "diary_no_cause"


def test_days_that_have_nothing_to_do_with_the_back_are_told_as_such() -> None:
    past = diary(*({"back": n % 2, "stress": n // 2 % 2} for n in range(16)))
    assert [it.key for it in findings(past)] == ["diary_nothing_together"]


CAUSES = ("because", "due to", "makes", "leads to", "helps", "harms", "thanks to", "so that")


def test_no_sentence_of_the_diary_speaks_of_causes() -> None:
    for key, sentences in VOICE.says.items():
        if key.startswith("diary_"):
            words = " ".join(sentences).lower()
            assert not any(cause in words for cause in CAUSES), key
            if key.endswith(("_worse", "_better")) and not key.startswith("diary_week"):
                assert "went together with" in words
