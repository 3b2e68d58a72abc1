from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.planning.past import Hurt
from coach.planning.progression import shares_of, standing, worse_mornings
from tests.planning.people import (
    BRIDGE,
    GUIDANCE,
    TWIST,
    WELL,
    asked,
    begun,
    day,
    diary,
    morning,
    past,
    pasts,
    said_that_it_hurts,
    session,
)

RULES = GUIDANCE.progression


def stand(known, on, exercise=BRIDGE):
    return standing(exercise, known, day(on), GUIDANCE)


def where(known, on):
    here = stand(known, on)
    return here.level, here.share, here.reason.key


# --- Readable examples -----------------------------------------------------------------------------------


def test_a_new_exercise_begins_with_a_share_of_its_amount():
    assert where(past(), 0) == (0, 0.7, "plan_first")


def test_two_good_sessions_and_a_week_lead_one_step_up():
    assert where(past(session(0), session(3)), 3) == (0, 0.7, "plan_same")
    assert where(past(session(0), session(7)), 7) == (0, 0.8, "plan_up")


def test_after_the_full_amount_comes_the_next_variant_with_a_share_of_it():
    longer = past(*(session(at, level=0) for at in range(0, 29, 3)))
    assert [where(longer, at)[:2] for at in (6, 9, 18, 27)] == [(0, 0.7), (0, 0.8), (0, 0.9), (0, 1.0)]
    harder = past(*(session(at, level=0) for at in range(0, 37, 3)))
    assert where(harder, 36)[:2] == (1, 0.7)


def test_the_hardest_variant_in_full_is_the_top():
    for_ever = past(*(session(at, level=1) for at in range(0, 200, 3)))
    assert where(for_ever, 198)[:2] == (1, 1.0)


def test_what_was_done_in_an_easier_variant_than_one_stands_at_counts_for_nothing():
    assert where(past(session(0, level=-1), session(7, level=-1), session(14, level=-1)), 14)[:2] == (0, 0.7)


@pytest.mark.parametrize("effort", ["hard", None])
def test_a_session_that_was_hard_or_of_which_nobody_told_leads_not_up(effort):
    assert where(past(session(0), session(7, effort=effort)), 7)[:2] <= (0, 0.7)


def test_a_set_broken_off_leads_not_up():
    broken = session(7)
    broken = replace(broken, sets=tuple(replace(done, completed=False) for done in broken.sets))
    assert where(past(session(0), broken), 7)[:2] == (0, 0.7)


def test_too_hard_leads_one_step_down():
    assert where(past(session(0), session(7), session(10, effort="hard")), 10) == (0, 0.7, "plan_down_hard")


def test_pain_in_the_exercise_leads_one_variant_down_at_once():
    hurt = session(7, pains=(Hurt(exercise="bridge", strength=2),))
    assert where(past(session(0), hurt), 7) == (-1, 0.7, "plan_down_pain")


def test_pain_in_another_exercise_lowers_nothing_but_holds_everything():
    hurt = session(4, pains=(Hurt(exercise="plank", strength=2),))
    known = past(session(0), hurt, session(11), session(13))
    assert where(known, 13) == (0, 0.7, "plan_wait")
    assert where(known.with_session(session(15)), 15) == (0, 0.8, "plan_up")


def test_pain_told_outside_of_sessions_lowers_nothing_but_holds_everything():
    known = past(session(0), said_that_it_hurts(5), session(7), session(11))
    assert where(known, 11) == (0, 0.7, "plan_wait")
    assert where(known.with_session(session(13)), 13) == (0, 0.8, "plan_up")


def test_a_session_in_which_nothing_was_done_is_none_free_of_pain():
    hurt = session(4, pains=(Hurt(exercise="plank", strength=2),))
    known = past(session(0), hurt, begun(5), begun(6), session(11), session(13))
    assert where(known, 13) == (0, 0.7, "plan_wait")


def test_a_worse_morning_belongs_to_what_was_done_before_it():
    assert where(past(session(0), session(7), begun(8), morning(8)), 8) == (-1, 0.9, "plan_down_morning")
    assert where(past(session(0), session(7), begun(8), morning(9)), 9) == (-1, 0.9, "plan_down_morning")


def test_a_worse_morning_leads_two_steps_down():
    assert where(past(session(0), session(7), morning(8)), 8) == (-1, 0.9, "plan_down_morning")


def test_after_a_worse_morning_nothing_rises_until_enough_sessions_were_free_of_pain():
    known = past(session(0), session(7), morning(8), session(9, level=-1), session(15, level=-1))
    assert where(known, 15) == (-1, 0.9, "plan_wait")
    assert where(known.with_session(session(17, level=-1)), 17) == (-1, 1.0, "plan_up")


def test_a_worse_morning_is_that_after_the_day_before_although_there_was_a_session_since():
    assert worse_mornings(past(session(0), session(7), morning(7))) == {0}


def test_a_worse_morning_is_that_after_the_last_session_in_which_anything_was_done():
    only_told = session(8, sets=(), pains=(Hurt(exercise="plank"),))
    assert worse_mornings(past(session(0), session(7), only_told, morning(9))) == {1}


def test_after_pain_anywhere_a_week_passes_before_a_rise_however_often_one_practised():
    hurt = session(4, pains=(Hurt(exercise="plank", strength=2),))
    known = past(session(0), hurt, *(session(on) for on in (5, 6, 7)))
    assert where(known, 7) == (0, 0.7, "plan_same")
    assert where(known.with_session(session(11)), 11) == (0, 0.8, "plan_up")


def test_what_was_made_easier_in_the_session_leads_one_variant_down():
    eased = session(7)
    eased = replace(eased, sets=tuple(replace(done, eased=True) for done in eased.sets))
    assert where(past(session(0), eased), 7) == (-1, 0.7, "plan_down_hard")


def test_severe_pain_in_the_diary_lowers_everything_by_a_step_a_day_and_holds_it():
    known = past(session(0), diary(5, back=8), asked(6, {**WELL, "pain_now": 7}), diary(6, back=7))
    assert where(known, 6) == (-1, 0.9, "plan_down_flare_up")
    known = past(*known.sessions, *known.interviews, session(7, level=-1), session(13, level=-1))
    assert where(known, 13) == (-1, 0.9, "plan_wait")


def test_severe_pain_in_a_session_lowers_what_did_not_hurt_by_a_step_too():
    hurt = session(10, pains=(Hurt(exercise="plank", strength=8),))
    assert where(past(session(0), session(7), hurt), 10) == (0, 0.7, "plan_down_flare_up")
    elsewhere = session(10, "loosen", pains=(Hurt(exercise="twist", strength=8),))
    assert where(past(session(0), session(7), elsewhere), 10) == (0, 0.7, "plan_down_flare_up")
    mild = session(10, pains=(Hurt(exercise="plank", strength=5),))
    assert where(past(session(0), session(7), mild), 10)[:2] == (0, 0.8)


def test_weeks_without_the_exercise_lead_down_a_step_each():
    known = past(session(0), session(7))
    assert where(known, 20) == (0, 0.8, "plan_up")
    assert where(known, 21) == (0, 0.7, "plan_away")
    assert where(known, 35) == (-1, 0.9, "plan_away")


def test_other_exercise_keeps_a_level_up_but_not_for_ever():
    others = [session(on, "walk") for on in range(8, 80, 3)]
    assert where(past(session(0), session(7), *others), 48)[:2] == (0, 0.8)
    assert where(past(session(0), session(7), *others), 49) == (0, 0.7, "plan_away")


def test_an_exercise_without_easier_variants_stays_on_its_lowest_rung():
    hurt = past(session(0, "loosen", pains=(Hurt(exercise="twist"),)))
    assert stand(hurt, 1, TWIST).rung == 0


def test_the_shares_end_with_the_full_amount():
    assert shares_of(RULES) == (0.7, 0.8, 0.9, 1.0)
    assert shares_of(replace(RULES, first_share=0.3, share_step=0.1))[-1] == 1.0


# --- Whatever happens ------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(pasts, st.integers(0, 80), st.sampled_from(["bridge", "plank", ""]))
def test_nothing_rises_after_pain_until_enough_sessions_were_free_of_it(known, on, exercise):
    known = known.until(day(on))
    before = stand(known, on).rung
    known = known.with_session(session(on, pains=(Hurt(exercise=exercise, strength=1),)))
    assert stand(known, on).rung <= before
    level = stand(known, on).level
    for number in range(1, RULES.pain_free_sessions):
        known = known.with_session(session(on + 8 * number, level=level))
        assert stand(known, on + 8 * number).rung <= before


@settings(max_examples=50)
@given(pasts, st.integers(0, 80))
def test_a_week_holds_one_step_at_most(known, on):
    def rung(number):
        return stand(known.until(day(number)), number).rung

    assert rung(on + 7) - rung(on) <= 1


@settings(max_examples=50)
@given(pasts, st.integers(0, 80))
def test_a_step_is_at_most_a_tenth_of_the_full_amount(known, on):
    before, after = (stand(known.until(day(it)), it) for it in (on, on + 7))
    if before.level == after.level:
        assert after.share - before.share <= 0.1 + 1e-9


def worse(it, how):
    match how:
        case "it hurt":
            return replace(it, pains=(*it.pains, Hurt(exercise="bridge")))
        case "it hurt elsewhere" | "it hurt badly elsewhere":
            return replace(it, pains=(*it.pains, Hurt(exercise="plank", strength=9 if "badly" in how else None)))
        case "too hard":
            return replace(it, effort="hard")
        case "nobody told":
            return it if it.effort == "hard" else replace(it, effort=None)
        case "broken off":
            return replace(it, sets=tuple(replace(done, completed=False) for done in it.sets))
        case _:
            return replace(it, sets=tuple(replace(done, eased=True) for done in it.sets))


def test_a_session_in_which_it_only_hurt_is_no_practice():
    known = past(*(session(number) for number in range(1, 14)), replace(session(15), sets=()))
    later = replace(known, sessions=(*known.sessions[:-1], worse(known.sessions[-1], "it hurt elsewhere")))
    assert stand(later, 69).rung == stand(known, 69).rung


@settings(max_examples=50)
@given(
    pasts.filter(lambda it: it.sessions),
    st.data(),
    st.sampled_from(
        [
            "it hurt",
            "it hurt elsewhere",
            "it hurt badly elsewhere",
            "too hard",
            "nobody told",
            "broken off",
            "eased",
        ]
    ),
)
def test_worse_news_of_one_session_never_lead_higher_on_any_later_day(known, data, how):
    at = data.draw(st.integers(0, len(known.sessions) - 1))
    if "elsewhere" in how or any(done.exercise == "bridge" for done in known.sessions[at].sets):
        sessions = (*known.sessions[:at], worse(known.sessions[at], how), *known.sessions[at + 1 :])
        later = replace(known, sessions=sessions)
        for on in range(9, 100, 10):
            assert stand(later, on).rung <= stand(known, on).rung


@settings(max_examples=50)
@given(pasts, st.integers(0, 80))
def test_a_worse_morning_never_leads_higher_on_any_later_day(known, on):
    told = (*known.interviews, morning(on))
    later = replace(known, interviews=tuple(sorted(told, key=lambda it: it.day)))
    for at in range(on, 100, 12):
        assert stand(later, at).rung <= stand(known, at).rung


@settings(max_examples=50)
@given(pasts, st.integers(0, 80))
def test_the_future_is_never_known_today(known, on):
    assert stand(known, on) == stand(known.until(day(on)), on)


def test_readiness_alone_moves_nothing():
    assert where(past(asked(0), session(0), session(7)), 7)[:2] == (0, 0.8)
