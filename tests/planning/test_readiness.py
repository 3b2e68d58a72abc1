from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.planning.past import Hurt, Interview
from coach.planning.readiness import OUTCOMES, RED_FLAGS, decided_so_far, is_due, judge
from coach.planning.today import plan
from tests.planning.people import (
    GUIDANCE,
    ROUTINES,
    WELL,
    answers,
    asked,
    begun,
    day,
    diary,
    morning,
    past,
    pasts,
    session,
)

RULES = GUIDANCE.readiness


def verdict(**changed):
    return judge({**WELL, **changed}, RULES)


def keys(it):
    return [reason.key for reason in it.reasons]


def test_who_is_well_may_go():
    assert verdict().outcome == "go"
    assert keys(verdict()) == ["readiness_go"]


@pytest.mark.parametrize(
    ("answer", "outcome", "key"),
    [
        ({"pain_now": 3}, "go", "readiness_go"),
        ({"pain_now": 4}, "gently", "readiness_pain_moderate"),
        ({"pain_now": 5}, "gently", "readiness_pain_moderate"),
        ({"pain_now": 6}, "mobility_only", "readiness_pain_severe"),
        ({"pain_now": 7}, "mobility_only", "readiness_pain_severe"),
        ({"pain_now": 8}, "not_today", "readiness_pain_too_strong"),
        ({"pain_now": None}, "mobility_only", "readiness_pain_unsure"),
        ({"herniated_disc": True}, "mobility_only", "readiness_disc"),
        ({"herniated_disc": None}, "mobility_only", "readiness_disc_unsure"),
        ({"other_diagnosis": True}, "gently", "readiness_diagnosis"),
        ({"other_diagnosis": None}, "gently", "readiness_diagnosis_unsure"),
        ({"over_three_months": True}, "go", "readiness_go"),
        ({"over_three_months": True, "seen_professional": False}, "gently", "readiness_long_and_unseen"),
        ({"over_three_months": None, "seen_professional": None}, "gently", "readiness_long_and_unseen"),
        ({"fever": True}, "not_today", "readiness_red_flag"),
        ({"fever": None}, "not_today", "readiness_red_flag_unsure"),
    ],
)
def test_an_answer_leads_to_its_outcome(answer, outcome, key):
    assert verdict(**answer).outcome == outcome
    assert keys(verdict(**answer))[0] == key


def test_whom_no_professional_has_seen_is_advised_to_see_one_whatever_else():
    for other in ({}, {"pain_now": 7}, {"over_three_months": True}, {"herniated_disc": True}):
        assert keys(verdict(seen_professional=False, **other))[-1] == "readiness_see_physiotherapist"


def test_whom_no_professional_has_seen_was_told_of_no_diagnosis():
    told = {key: it for key, it in WELL.items() if key not in ("herniated_disc", "other_diagnosis")}
    assert judge({**told, "seen_professional": False}, RULES).outcome == "go"
    assert judge({**told, "seen_professional": True}, RULES).outcome == "mobility_only"


def test_no_answer_at_all_leads_to_no_exercise():
    assert judge({}, RULES).outcome == "not_today"


@settings(max_examples=60)
@given(answers, st.sampled_from(RED_FLAGS), st.sampled_from([True, None]))
def test_a_red_flag_never_leads_to_exercise_whatever_else_is_answered(told, flag, answer):
    assert judge({**told, flag: answer}, RULES).outcome == "not_today"


@settings(max_examples=60)
@given(pasts, answers, st.sampled_from(RED_FLAGS), st.sampled_from([True, None]))
def test_no_day_after_a_red_flag_holds_a_routine_until_somebody_is_asked_again(known, told, flag, answer):
    known = known.with_interview(asked(81, {**told, flag: answer}))
    for later in range(81, 95):
        assert plan(day(later), known, ROUTINES, GUIDANCE).routine is None


@settings(max_examples=60)
@given(answers)
def test_what_is_decided_early_is_decided_so_in_the_end(told):
    early = decided_so_far(told, RULES)
    if early:
        assert early.outcome == "not_today"
        assert judge({**WELL, **told}, RULES).outcome == "not_today"


@settings(max_examples=60)
@given(answers)
def test_nothing_but_a_red_flag_is_decided_early(told):
    harmless = {key: it for key, it in told.items() if key not in RED_FLAGS}
    assert decided_so_far(harmless, RULES) is None


@settings(max_examples=60)
@given(answers, st.sampled_from([*RED_FLAGS, "herniated_disc", "other_diagnosis", "over_three_months"]))
def test_to_know_less_or_worse_never_leads_to_more(told, question):
    no, unsure, yes = (
        OUTCOMES.index(judge({**told, question: answer}, RULES).outcome) for answer in (False, None, True)
    )
    assert no <= unsure
    assert no <= yes


@settings(max_examples=60)
@given(answers, st.integers(0, 9))
def test_more_pain_never_leads_to_more_exercise(told, pain):
    less, more = ({**told, "pain_now": it} for it in (pain, pain + 1))
    assert OUTCOMES.index(judge(less, RULES).outcome) <= OUTCOMES.index(judge(more, RULES).outcome)


# --- When to ask -----------------------------------------------------------------------------------------


def due(known, on):
    reason = is_due(known, day(on), RULES)
    return reason.key if reason else None


def test_the_questions_come_before_the_first_session():
    assert due(past(), 0) == "plan_ask_first"


def test_questions_that_were_broken_off_come_again():
    assert due(past(asked(0, {"bladder_or_bowel": False})), 0) == "plan_ask_first"
    assert due(past(asked(0, {"bladder_or_bowel": True})), 0) is None


def test_the_answers_hold_for_six_weeks():
    assert due(past(asked(0)), 41) is None
    assert due(past(asked(0)), 42) == "plan_ask_weeks"


def test_the_answers_of_somebody_sore_hold_for_a_week():
    for pain in (4, 7, None):
        known = past(asked(0, {**WELL, "pain_now": pain}))
        assert due(known, 6) is None
        assert due(known, 7) == "plan_ask_sore"


def test_after_no_exercise_for_today_the_questions_come_again_tomorrow_and_not_sooner():
    known = past(asked(0, {**WELL, "fever": True}))
    assert due(known, 0) is None
    assert due(known, 1) == "plan_ask_again"


def test_after_a_worse_morning_the_questions_come_again_once():
    known = past(asked(0), session(1), morning(2))
    assert due(known, 2) == "plan_ask_change"
    assert due(known.with_interview(asked(2)), 2) is None


def test_after_a_flare_up_in_the_diary_the_questions_come_again():
    assert due(past(asked(0), diary(3, back=RULES.severe_pain_from)), 3) == "plan_ask_change"
    assert due(past(asked(0), diary(3, back=RULES.severe_pain_from - 1)), 3) is None


def test_after_a_sign_that_needs_a_professional_the_questions_come_again():
    sign = session(4, pains=(Hurt(exercise="bridge", red_flag=True),))
    assert due(past(asked(0), sign), 5) == "plan_ask_change"
    assert due(past(asked(0), sign, asked(5)), 5) is None


def test_after_severe_pain_in_a_session_the_questions_come_again():
    severe = RULES.severe_pain_from
    for strength, why in ((severe, "plan_ask_change"), (severe - 1, None), (None, None)):
        hurt = session(4, pains=(Hurt(exercise="bridge", strength=strength),))
        assert due(past(asked(0), hurt), 5) == why
        assert due(past(asked(0), hurt, asked(5)), 5) is None


def test_a_sign_in_the_session_that_follows_the_questions_brings_them_again_the_next_day():
    sign = session(0, pains=(Hurt(exercise="bridge", red_flag=True),))
    assert due(past(asked(0), sign), 1) == "plan_ask_change"


def test_a_sign_told_in_a_conversation_counts_as_well():
    told = Interview(day=day(3), name="diary", red_flag=True)
    assert due(past(asked(0), told), 3) == "plan_ask_change"


def test_pain_in_one_session_is_no_change_and_in_two_running_it_is():
    hurt = (Hurt(exercise="bridge", strength=3),)
    assert due(past(asked(0), session(1, pains=hurt), session(3)), 4) is None
    assert due(past(asked(0), session(1, pains=hurt), session(3, pains=hurt)), 4) == "plan_ask_change"
    assert due(past(asked(0), session(1, pains=hurt), begun(2), session(3, pains=hurt)), 4) == "plan_ask_change"


@settings(max_examples=60)
@given(pasts, st.integers(0, 90))
def test_tomorrow_is_never_known_today(known, on):
    today = day(on)
    assert is_due(known, today, RULES) == is_due(known.until(today), today, RULES)
    assert is_due(known.until(today), today + timedelta(days=400), RULES)
