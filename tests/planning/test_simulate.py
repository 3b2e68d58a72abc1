from itertools import pairwise

import pytest

from coach.planning.simulate import PEOPLE, WEEKS, chance, simulate
from tests.planning.people import GUIDANCE, MONDAY, ROUTINES

KIND = {routine.id: routine.kind for routine in ROUTINES}


@pytest.fixture(scope="module")
def people():
    return {person.name: simulate(person, ROUTINES, GUIDANCE, chance(3), first_day=MONDAY) for person in PEOPLE}


def test_chance_is_the_same_for_the_same_seed_and_between_0_and_1():
    one, same, other = chance(1), chance(1), chance(2)
    drawn = [one() for _ in range(2000)]
    assert drawn == [same() for _ in range(2000)]
    assert drawn[:5] != [other() for _ in range(5)]
    assert all(0 <= it < 1 for it in drawn)
    assert 0.45 < sum(drawn) / len(drawn) < 0.55


def test_the_same_chance_makes_the_same_weeks(people):
    again = simulate(people["sore"].person, ROUTINES, GUIDANCE, chance(3), first_day=MONDAY)
    assert again == people["sore"]


def test_all_of_them_have_twelve_weeks(people):
    assert {len(it.weeks) for it in people.values()} == {WEEKS}


def test_who_comes_steadily_rises_and_comes_to_walk_half_an_hour(people):
    weeks = people["steady"].weeks
    assert weeks[-1].height > weeks[0].height + 0.2
    assert max(week.walk_minutes for week in weeks) == 30


def test_who_is_hurt_again_and_again_stays_far_below_who_is_not(people):
    weeks = people["sore"].weeks
    assert sum(week.pains for week in weeks) > 3
    assert weeks[-1].height < people["steady"].weeks[-1].height - 0.2


def test_who_comes_when_they_please_rises_slowly_and_is_not_kept_small(people):
    assert 0 < people["irregular"].weeks[-1].height < people["steady"].weeks[-1].height
    assert {KIND[it.routine] for it in people["irregular"].past.sessions} >= {
        "strength",
        "mobility",
        "walking",
    }


def test_a_flare_up_lowers_everything_and_brings_no_strength(people):
    flare = people["flare-up"]
    before, during = flare.weeks[4], flare.weeks[5]
    assert during.height < before.height
    assert during.walk_minutes < before.walk_minutes
    first = 7 * flare.person.flare_up.start
    days = {(it.day - MONDAY).days: KIND[it.routine] for it in flare.past.sessions}
    assert "strength" not in {days.get(day) for day in range(first, first + 7)}


def test_no_week_grows_by_more_than_a_step_of_the_walk(people):
    for it in people.values():
        minutes = [week.walk_minutes for week in it.weeks]
        assert all(later - now <= 5 for now, later in pairwise(minutes))


def test_nobody_ever_exercises_six_days_running(people):
    for it in people.values():
        days = {(session.day - MONDAY).days for session in it.past.sessions}
        assert not any(all(day + n in days for n in range(6)) for day in days)
