from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.content import load_voice
from coach.planning.adapt import length_of
from coach.planning.past import Hurt
from coach.planning.progression import standing
from coach.planning.telling import explained, spoken
from coach.planning.today import days_running, plan
from coach.session.plan import variant_of
from coach.session.session import Session
from tests.planning.people import (
    BREAK,
    BRIDGE,
    CORE,
    GENTLE,
    GUIDANCE,
    LOOSEN,
    PLANK,
    ROUTINES,
    TWIST,
    WALK,
    WELL,
    asked,
    begun,
    day,
    diary,
    morning,
    of,
    past,
    pasts,
    routine,
    said_that_it_hurts,
    session,
)

VOICE = load_voice()
KIND = {routine.id: routine.kind for routine in ROUTINES}


def planned(known, on, **how):
    return plan(day(on), known, how.pop("routines", ROUTINES), GUIDANCE, **how)


def keys(it):
    return [reason.key for reason in (*it.reasons, *it.changes)]


# --- What a day may hold ---------------------------------------------------------------------------------


def test_before_anything_else_somebody_is_asked():
    here = planned(past(), 0)
    assert (here.routine, here.asks, keys(here)) == (None, ("readiness",), ["plan_ask_first"])


def test_the_first_session_is_easy_movement():
    here = planned(past(asked(0)), 0)
    assert here.routine.kind == "mobility"
    assert keys(here)[0] == "plan_first_session"


def test_whoever_should_see_somebody_first_gets_no_routine_and_hears_why():
    here = planned(past(asked(0, {**WELL, "weight_loss": True})), 0)
    assert here.routine is None
    assert here.walk is None
    assert keys(here) == ["readiness_red_flag"]


@pytest.mark.parametrize(("answer", "days"), [({"herniated_disc": True}, 20), ({"pain_now": 7}, 7)])
def test_with_a_herniated_disc_or_severe_pain_no_day_holds_strength(answer, days):
    known = past(asked(0, {**WELL, **answer}))
    for on in range(1, days):
        here = planned(known, on)
        if here.routine:
            assert here.routine.kind != "strength"
            known = known.with_session(session(on, here.routine.id))
    assert {KIND[it.routine] for it in known.sessions} >= {"mobility", "walking"}


def test_a_gentle_day_does_everything_in_an_easier_variant_and_less_of_it():
    known = past(asked(0, {**WELL, "pain_now": 4}), session(1, "loosen"), session(2, "walk"))
    here = planned(known, 3)
    assert here.routine.kind == "strength"
    assert {part.level for part in here.routine.parts} == {-1}
    assert {part.repetitions for part in here.routine.parts} == {7}
    assert "plan_gently" in keys(here)


def test_a_gentle_day_is_begun_anew_with_a_small_amount_by_whoever_does_all_of_it_else():
    grown = [session(on) for on in range(0, 28, 3)]
    assert standing(BRIDGE, past(*grown), day(27), GUIDANCE).share == 1.0
    here = planned(past(asked(27, {**WELL, "pain_now": 4}), *grown), 31, routines=[CORE])
    assert {part.repetitions for part in here.routine.parts} == {7}


def test_a_gentle_day_holds_no_strength_that_has_no_easier_way():
    known = past(asked(0, {**WELL, "pain_now": 4}), session(1, "loosen"), session(2, "walk"))
    rigid = routine("rigid", "strength", of(BRIDGE), of(TWIST))
    assert planned(known, 3, routines=[rigid]).routine is None
    assert planned(past(asked(0), *known.sessions), 3, routines=[rigid]).routine.id == "rigid"


def test_what_is_written_easier_is_led_no_harder_than_it_is_written():
    kind = routine("kind", "strength", replace(of(BRIDGE), level=-2), of(PLANK))
    here = planned(past(asked(0), session(1, "loosen"), session(2, "walk")), 3, routines=[kind])
    assert [part.level for part in here.routine.parts] == [-2, 0]


def test_strength_is_never_led_on_two_days_running():
    known = past(asked(0), session(1, "core"))
    assert planned(known, 2).routine.kind != "strength"
    assert planned(known, 2, routines=[CORE]).routine is None
    assert planned(known, 3, routines=[CORE]).routine.id == "core"


def test_a_week_holds_no_more_strength_than_it_should():
    known = past(asked(0), session(1, "core"), session(3, "core"))
    assert planned(known, 5, routines=[CORE]).routine is None
    assert planned(known, 8, routines=[CORE]).routine.id == "core"


def test_after_five_days_running_comes_a_day_off():
    known = past(asked(0), *(session(on, "loosen") for on in range(5)))
    here = planned(known, 5)
    assert (here.routine, keys(here)) == (None, ["plan_day_off"])
    assert planned(known, 6).routine


def test_a_missed_day_is_met_with_the_smallest_session_but_not_twice_running():
    known = past(asked(0), session(1, "core"))
    here = planned(known, 4)
    assert here.routine.id == "break"
    assert keys(here)[0] == "plan_missed"
    assert planned(known.with_session(session(4, "break")), 7).routine.id != "break"


def test_before_the_questions_come_again_the_morning_is_asked_for():
    known = past(asked(0), session(1))
    assert planned(known, 50).asks == ("morning", "readiness")
    assert planned(known.with_interview(morning(50)), 50).asks == ("readiness",)
    assert planned(known.with_interview(morning(50)).with_interview(asked(50)), 50).asks == ()


@pytest.mark.parametrize(
    ("pains", "why"),
    [
        (((Hurt(red_flag=True),),), "plan_enough_sign"),
        (((Hurt(strength=6),),), "plan_enough"),
        (((Hurt(strength=2),), (Hurt(strength=1),)), "plan_enough"),
    ],
)
def test_a_day_whose_sessions_told_of_a_change_holds_no_other_whatever_is_answered(pains, why):
    hurt = [session(3, "loosen", pains=it) for it in pains]
    for known in (past(*hurt), past(asked(0), *hurt), past(asked(3), *hurt)):
        here = planned(known, 3)
        assert (here.routine, here.asks, here.verdict.outcome, keys(here)) == (None, (), "not_today", [why])
        assert "readiness" in planned(known, 4).asks
    assert planned(past(*hurt, asked(4)), 4).routine


def test_pain_in_the_last_session_makes_a_sore_day():
    known = past(asked(0), session(1, pains=(Hurt(exercise="bridge", strength=3),)))
    here = planned(known, 2)
    assert here.routine.id == "gentle"
    assert keys(here)[0] == "plan_sore_pain"
    assert planned(known, 5, routines=[GENTLE, LOOSEN]).reasons[0].key != "plan_sore_pain"


def test_a_sore_back_in_the_diary_makes_a_sore_day():
    known = past(asked(0), session(1), diary(2, back=4))
    assert planned(known, 2).reasons[0].key == "plan_sore_today"
    assert planned(known, 3).reasons[0].key != "plan_sore_today"


@pytest.mark.parametrize("name", ["home", "begin"])
def test_whoever_says_anywhere_that_it_hurts_has_a_sore_day_and_is_asked_nothing_anew(name):
    known = past(asked(0), session(1), morning(2, "same"), said_that_it_hurts(2, name))
    here = planned(known, 2)
    assert (here.routine.id, keys(here)[0], here.asks) == ("gentle", "plan_sore_today", ())
    assert planned(known, 3).reasons[0].key != "plan_sore_today"


def test_a_sore_back_told_before_the_session_makes_a_sore_day():
    known = past(session(0, "loosen"), asked(1, {**WELL, "pain_now": 6}))
    here = planned(known, 1)
    assert (here.routine.id, keys(here)[0]) == ("gentle", "plan_sore_today")


def test_a_worse_morning_makes_a_sore_day_once_somebody_was_asked_how_it_is():
    known = past(asked(0), session(1), morning(2), asked(2))
    here = planned(known, 2)
    assert (here.routine.id, keys(here)[0]) == ("gentle", "plan_sore_morning")


def test_a_sore_back_without_a_routine_for_it_gets_breathing_or_nothing():
    known = past(asked(0), session(1, pains=(Hurt(exercise="bridge", strength=3),)))
    here = planned(known, 2, routines=[CORE, LOOSEN])
    assert (here.routine, keys(here)) == (None, ["plan_sore_pain", "plan_nothing_fits"])


def test_much_stress_is_met_with_breathing_but_not_every_day():
    known = past(asked(0), session(1, "loosen"), diary(2, stress=8))
    assert planned(known, 2).routine.id == "breathe"
    again = past(*known.interviews, *known.sessions, session(2, "breathe"), diary(3, stress=8))
    assert planned(again, 3).routine.id != "breathe"


def test_what_hurt_at_its_easiest_is_left_out():
    known = past(asked(0), session(1, "loosen", pains=(Hurt(exercise="twist", strength=2),)))
    here = planned(known, 5, routines=[replace(LOOSEN, sore_day=True)])
    assert [part.exercise.id for part in here.routine.parts] == ["stretch"]
    assert "plan_left_out" in keys(here)


def test_what_hurt_before_its_first_set_is_left_out_once_it_was_due_at_its_easiest():
    hurt = [session(on, "core", sets=(), pains=(Hurt(exercise="bridge", strength=2),)) for on in (1, 3, 5)]
    for times, led in ((1, ["bridge", "plank"]), (2, ["bridge", "plank"]), (3, ["plank"])):
        known = past(*hurt[:times], asked(5))
        here = planned(known, 6, routines=[replace(CORE, kind="mobility", sore_day=True)])
        assert [part.exercise.id for part in here.routine.parts] == led


def test_sessions_in_which_nothing_was_done_bring_nothing_back_that_hurt():
    hurt = session(1, "loosen", pains=(Hurt(exercise="twist", strength=2),))
    here = planned(past(asked(0), hurt, *(begun(on, "break") for on in (1, 2, 3))), 5, routines=[LOOSEN])
    assert [part.exercise.id for part in here.routine.parts] == ["stretch"]


def test_sessions_in_which_nothing_was_done_end_no_sore_days():
    known = past(asked(0), session(1, pains=(Hurt(exercise="bridge", strength=4),)), begun(2, "break"))
    assert keys(planned(known, 3))[0] == "plan_sore_pain"


def test_sessions_in_which_nothing_was_done_bring_no_day_off_and_keep_nothing_from_its_turn():
    assert planned(past(asked(0), *(begun(on) for on in range(5))), 5, routines=[CORE]).routine.id == "core"


def test_what_hurt_comes_back_in_an_easier_variant():
    known = past(asked(0), session(1, pains=(Hurt(exercise="bridge", strength=2),)))
    parts = planned(known, 5, routines=[CORE, replace(BREAK, id="smallest")]).routine.parts
    known = known.with_session(session(5, "smallest"))
    parts = planned(known, 6, routines=[CORE]).routine.parts
    assert {part.exercise.id: part.level for part in parts} == {"bridge": -1, "plank": 0}


def test_a_morning_not_told_of_is_asked_for_on_the_next_day_only_once():
    known = past(asked(0), session(1))
    assert planned(known, 1).asks == ()
    assert planned(known, 2).asks == ("morning",)
    assert planned(known.with_interview(morning(2, "same")), 2).asks == ()


# --- Time, equipment, taste, variety ---------------------------------------------------------------------


@settings(max_examples=40)
@given(st.integers(2, 60), st.integers(1, 12))
def test_a_routine_fits_into_the_time_at_hand(minutes, on):
    known = past(asked(0), session(0, "loosen"))
    here = planned(known, on, minutes=minutes)
    assert here.routine is None or length_of(here.routine) <= minutes


def test_less_time_means_fewer_rounds():
    known = past(asked(0), session(1, "loosen"), session(2, "walk"))
    whole = planned(known, 3)
    short = planned(known, 3, minutes=whole.minutes - 1)
    assert whole.routine.id == short.routine.id == "core"
    assert short.routine.rounds < whole.routine.rounds


def test_two_minutes_are_enough_for_a_break():
    known = past(asked(0), session(1, "loosen"))
    here = planned(known, 2, minutes=2)
    assert (here.routine.id, keys(here)[0]) == ("break", "plan_short")


def test_what_needs_equipment_is_planned_only_where_it_is():
    known = past(asked(0), session(0, "loosen"), session(1, "walk"))
    only = [routine for routine in ROUTINES if routine.id == "kettlebell"]
    assert planned(known, 2, routines=only).routine is None
    assert planned(known, 2, routines=only, equipment=["kettlebell"]).routine.id == "kettlebell"


def test_what_is_liked_comes_before_what_is_not():
    known = past(asked(0))
    assert planned(known, 0, enjoyed=["limber"]).routine.id == "limber"
    assert planned(known, 0, enjoyed=["loosen"]).routine.id == "loosen"
    assert planned(known, 0, disliked=["twist"]).routine.id != "loosen"


def test_what_was_enjoyed_last_time_is_remembered():
    known = past(asked(0), session(0, "limber", enjoyed=False), session(1, "core"), session(2, "walk"))
    assert planned(known, 3, routines=[r for r in ROUTINES if r.kind == "mobility"]).routine.id != "limber"


def test_a_week_has_variety():
    known, held = past(asked(0)), []
    for on in range(14):
        here = planned(known, on)
        if here.routine:
            held.append(here.routine.id)
            known = known.with_session(session(on, here.routine.id))
    assert {KIND[it] for it in held} >= {"strength", "mobility", "walking"}
    assert all(one != two for one, two in pairwise(held))


def test_a_walk_is_as_long_as_walking_has_grown():
    known = past(asked(0), *(session(on, "walk") for on in (0, 2, 7)), session(9, "loosen"))
    here = planned(known, 10, routines=[WALK])
    assert sum(part.hold_s for part in here.routine.parts) == pytest.approx(15 * 60, abs=3)
    assert here.walk is None


def test_a_walk_fits_into_the_time_at_hand():
    known = past(asked(0), session(0, "loosen"))
    here = planned(known, 1, routines=[WALK], minutes=8)
    assert length_of(here.routine) <= 8
    assert sum(part.hold_s for part in here.routine.parts) > 5 * 60


def test_a_sore_day_holds_a_short_walk_only():
    known = past(asked(0), *(session(on, "walk") for on in range(0, 40, 2)), diary(41, back=5))
    walk = planned(known, 41).walk
    assert (walk.minutes, walk.reason.key) == (10, "plan_walk_sore")


def test_a_week_full_of_walks_holds_no_other():
    known = past(asked(0), *(session(on, "walk") for on in (0, 2, 4)))
    assert planned(known, 6, routines=[WALK]).routine is None
    assert planned(known, 7, routines=[WALK]).routine.id == "walk"


def test_a_day_without_a_walk_names_one_to_go_besides():
    here = planned(past(asked(0)), 0)
    assert here.walk.minutes == 10
    assert here.walk.reason.key == "plan_walk"


# --- Whatever happens ------------------------------------------------------------------------------------


def hurt_lately(known, exercise):
    return any(hurt.exercise == exercise for it in known.sessions[-1:] for hurt in it.pains)


@settings(max_examples=40)
@given(pasts, st.integers(0, 85), st.one_of(st.none(), st.integers(2, 40)))
def test_every_plan_keeps_the_rules_and_can_be_led_and_told(known, on, minutes):
    known = known.until(day(on))
    for it in (known, known.with_interview(asked(on))):
        here = planned(it, on, minutes=minutes)
        told = (*spoken(here, VOICE), *explained(here, VOICE))
        assert told
        assert all(sentence.endswith((".", "?")) for sentence in told)
        if here.routine is None:
            assert here.reasons
            continue
        Session(here.routine, VOICE).begin()
        assert here.verdict.outcome != "not_today"
        if here.verdict.outcome == "mobility_only":
            assert here.routine.kind != "strength"
        for part in here.routine.parts:
            variant_of(part.exercise, part.level)
            own = standing(part.exercise, it, day(on), GUIDANCE).level
            assert part.level <= max(0, own)
            if hurt_lately(it, part.exercise.id):
                assert part.level < 0
        if here.routine.kind == "strength":
            assert not any(
                s.routine in ("core", "kettlebell") and (day(on) - s.day).days <= 1 for s in it.sessions
            )


@settings(max_examples=40)
@given(pasts, st.integers(0, 85))
def test_nobody_is_led_for_more_than_five_days_running(known, on):
    known = known.until(day(on)).with_interview(asked(on))
    if days_running(known, day(on)) >= GUIDANCE.week.days_running:
        assert planned(known, on).routine is None


@settings(max_examples=40)
@given(pasts, st.integers(0, 85))
def test_the_same_day_and_past_bring_the_same_plan(known, on):
    assert planned(known, on) == planned(known.until(day(on)), on)
