"""The two promises of the ladder, on a small one, where everything happens often."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from coach.planning.ladder import Pace, Turn, stand
from tests.planning.people import day

PACE = Pace(good=2, days=7, pain_free=3, away=14, without=28, fall=1)
RUNGS = 4

turns = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.builds(
            Turn,
            day=st.just(day(0)),
            session=st.just(value=True),
            climbing=st.sampled_from([True, True, True, False]),
            reached=st.just(RUNGS) | st.integers(0, RUNGS),
            good=st.sampled_from([True, True, True, False]),
            hurt=st.sampled_from([False] * 7 + [True]),
            down=st.sampled_from([0] * 7 + [1, 4]),
        ),
    ),
    max_size=18,
)


def dated(drawn):
    """The turns with their days, a few days apart; one with pain is not free of it."""
    on, dated_turns = 0, []
    for gap, turn in drawn:
        on += gap
        dated_turns.append(replace(turn, day=day(on), free=not turn.hurt, good=turn.good and not turn.hurt))
    return dated_turns, on


def rungs(told, days):
    """The rung on each day, with what was known by then."""
    return [
        stand([it for it in told if it.day <= day(on)], day(on), PACE, first=1, rungs=RUNGS).rung
        for on in range(days)
    ]


@settings(max_examples=60)
@given(turns)
def test_a_week_holds_one_rise_at_most(drawn):
    told, last = dated(drawn)
    here = rungs(told, last + 15)
    assert all(later - now <= 1 for now, later in zip(here, here[7:], strict=False))


@settings(max_examples=60)
@given(turns, st.data(), st.sampled_from(["hurt", "down", "not good"]))
def test_worse_news_of_one_turn_never_lead_higher_on_any_later_day(drawn, data, how):
    told, last = dated(drawn)
    at = data.draw(st.integers(0, max(0, len(told) - 1)))
    worse = {
        "hurt": {"hurt": True, "free": False, "good": False},
        "down": {"down": 4},
        "not good": {"good": False},
    }
    other = [replace(it, **worse[how]) if index == at else it for index, it in enumerate(told)]
    assert all(low <= high for low, high in zip(rungs(other, last + 15), rungs(told, last + 15), strict=True))


@settings(max_examples=60)
@given(turns)
def test_no_rise_comes_before_enough_turns_were_free_of_pain(drawn):
    told, _ = dated(drawn)
    for at, turn in enumerate(told):
        if turn.hurt:
            after = told[at : at + PACE.pain_free]
            heights = [stand(told[: at + n], after[n - 1].day, PACE, first=1, rungs=RUNGS).rung
                       for n in range(1, len(after) + 1)]  # fmt: skip
            assert all(later <= now for now, later in pairwise(heights))
