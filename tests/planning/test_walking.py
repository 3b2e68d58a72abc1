from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from coach.planning.past import Hurt
from coach.planning.walking import lengths_of, walk
from tests.planning.people import (
    GUIDANCE,
    WALKS,
    begun,
    day,
    diary,
    morning,
    past,
    pasts,
    said_that_it_hurts,
    session,
)

RULES = GUIDANCE.walking


def stand(known, on):
    return walk(known, day(on), GUIDANCE, WALKS)


def walks(*days, **told):
    return [session(on, "walk", **told) for on in days]


def test_the_first_walks_are_short_and_three_a_week():
    here = stand(past(), 0)
    assert (here.minutes, here.a_week, here.due) == (10, 3, True)


def test_three_good_walks_in_a_week_make_the_next_ones_longer_and_one_more_a_week():
    here = stand(past(*walks(0, 2, 7)), 7)
    assert (here.minutes, here.a_week, here.reason.key) == (15, 4, "plan_walk_up")


def test_walking_grows_to_half_an_hour_five_times_a_week_and_no_further():
    here = stand(past(*walks(*range(0, 150, 2))), 149)
    assert (here.minutes, here.a_week) == (30, 5)


def test_a_walk_that_was_cut_short_counts_for_its_own_length_only():
    assert stand(past(*walks(0, 2, 4, minutes=5), *walks(6, 8, minutes=10)), 8).minutes == 10


def test_walking_never_grows_in_the_week_after_a_flare_up():
    known = past(*walks(0, 2), diary(6, back=8), *walks(7, 9, 11))
    assert stand(known, 11).minutes == 10
    assert stand(past(*known.sessions, *known.interviews, *walks(13)), 13).minutes == 15


def test_a_flare_up_makes_walks_shorter():
    grown = past(*walks(*range(0, 60, 2)))
    assert stand(grown, 59).minutes == 30
    assert stand(past(*grown.sessions, diary(59, back=7), diary(60, back=7)), 60).minutes == 20


def test_no_walk_grows_in_the_week_after_pain_was_told_outside_of_sessions():
    assert stand(past(*walks(0, 2, 7), said_that_it_hurts(6)), 7).minutes == 10


def test_severe_pain_in_a_session_makes_walks_shorter():
    for routine in ("core", "walk"):
        hurt = session(9, routine, pains=(Hurt(exercise="bridge", strength=8),))
        assert stand(past(*walks(0, 2, 7), hurt), 9).minutes == 10


def test_a_walk_that_hurt_and_a_worse_morning_after_one_make_the_next_ones_shorter():
    grown = walks(0, 2, 7)
    hurt = walks(9, pains=(Hurt(strength=3),))
    assert stand(past(*grown, *hurt), 9).minutes == 10
    assert stand(past(*grown, *walks(9), morning(10)), 10).minutes == 10


def test_a_walk_that_ended_before_its_first_step_fills_no_week_and_keeps_no_other_from_growing():
    known = past(*walks(0, 2, 7), *(begun(on, "walk") for on in (8, 9)))
    assert (stand(known, 9).done, stand(known, 9).due, stand(known, 9).minutes) == (1, True, 15)
    hurt = session(1, pains=(Hurt(exercise="bridge"),))
    assert stand(past(*walks(0, 3), hurt, begun(4), begun(5), *walks(8)), 8).minutes == 10


def test_after_a_month_without_a_walk_one_begins_lower():
    grown = past(*walks(*range(0, 30, 2)))
    assert stand(grown, 58).minutes < stand(grown, 30).minutes
    assert stand(grown, 58).reason.key == "plan_walk_away"


def test_a_second_walk_on_one_day_is_not_due():
    assert not stand(past(*walks(3)), 3).due


def test_the_week_is_full_when_it_is_full():
    assert not stand(past(*walks(0, 2, 4)), 6).due
    assert stand(past(*walks(0, 2, 4)), 7).due


def test_the_lengths_end_with_the_longest_whatever_the_step():
    assert lengths_of(RULES) == (10, 15, 20, 25, 30)
    assert lengths_of(replace(RULES, minutes_step=4, most_minutes=20)) == (10, 14, 18, 20)


@settings(max_examples=60)
@given(pasts, st.integers(0, 80))
def test_a_week_makes_a_walk_longer_by_one_step_at_most(known, on):
    before, after = (stand(known.until(day(it)), it).minutes for it in (on, on + 7))
    assert after - before <= RULES.minutes_step


@settings(max_examples=60)
@given(pasts, st.integers(0, 80), st.integers(6, 10))
def test_after_a_flare_up_no_walk_is_longer_than_before_for_a_week(known, on, back):
    known = known.until(day(on))
    before = stand(known, on).minutes
    later = past(*known.sessions, *known.interviews, diary(on, back=back), *walks(*range(on, on + 7)))
    for at in range(on, on + 7):
        assert stand(later, at).minutes <= before
