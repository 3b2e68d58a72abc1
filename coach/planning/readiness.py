"""Readiness: whether to exercise today, and how gently, from what was answered by voice.

What nobody knows is taken for the worse: "I don't know" and a question left out are on the safe side. Nothing
here is a diagnosis: a verdict says what this coach will lead, and who should look at the rest. The questions
themselves stand in ``voices/*/interviews``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from coach.planning.guidance import ReadinessRules
from coach.planning.past import Answers, Interview, Past, SessionDone
from coach.planning.reason import Reason, because

RED_FLAGS = (
    "bladder_or_bowel",
    "saddle_numbness",
    "leg_weakness",
    "fever",
    "major_trauma",
    "cancer_history",
    "weight_loss",
)
"""Signs that a professional must look at first: each a question of its own."""

QUESTIONS = (
    *RED_FLAGS,
    "pain_now",
    "over_three_months",
    "seen_professional",
    "herniated_disc",
    "other_diagnosis",
)
"""Everything that a verdict is made of."""

Outcome = Literal["go", "gently", "mobility_only", "not_today"]

OUTCOMES: tuple[Outcome, ...] = ("go", "gently", "mobility_only", "not_today")
"""From the freest to the most careful."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What this coach will lead, and why.

    Attributes:
        outcome: ``go``; ``gently`` (easier variants); ``mobility_only`` (and walking: no strength work);
            ``not_today`` (no exercise: somebody should look at it).
        reasons: why, what decided first; their keys have no fields. Advice comes last.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...]


def decided_so_far(answers: Answers, rules: ReadinessRules) -> Verdict | None:
    """Return the verdict if the answers so far decide it, whatever else would be answered: a red flag does."""
    if any(answers.get(flag, False) is not False for flag in RED_FLAGS):
        return judge(answers, rules)
    return None


def judge(answers: Answers, rules: ReadinessRules) -> Verdict:
    """Return the verdict on these answers; what is missing in them is unknown."""
    found = [*_from_red_flags(answers)] or [*_from_pain(answers, rules), *_from_diagnoses(answers)]
    found.sort(key=lambda it: -OUTCOMES.index(it[0]))
    outcome = found[0][0] if found else "go"
    reasons = tuple(because(key) for _, key in found) or (because("readiness_go"),)
    if _unseen(answers) and outcome != "not_today":
        reasons = (*reasons, because("readiness_see_physiotherapist"))
        if outcome == "go" and answers.get("over_three_months") is not False:
            outcome = "gently"
            reasons = (because("readiness_long_and_unseen"), *reasons[1:])
    return Verdict(outcome, reasons)


def _from_red_flags(answers: Answers) -> Iterator[tuple[Outcome, str]]:
    if any(answers.get(flag) not in (False, None) for flag in RED_FLAGS):
        yield "not_today", "readiness_red_flag"
    elif any(answers.get(flag) is None for flag in RED_FLAGS):
        yield "not_today", "readiness_red_flag_unsure"


def _from_pain(answers: Answers, rules: ReadinessRules) -> Iterator[tuple[Outcome, str]]:
    pain = answers.get("pain_now")
    if not isinstance(pain, int) or isinstance(pain, bool):
        yield "mobility_only", "readiness_pain_unsure"
    elif pain >= rules.no_exercise_pain_from:
        yield "not_today", "readiness_pain_too_strong"
    elif pain >= rules.severe_pain_from:
        yield "mobility_only", "readiness_pain_severe"
    elif pain >= rules.moderate_pain_from:
        yield "gently", "readiness_pain_moderate"


def _from_diagnoses(answers: Answers) -> Iterator[tuple[Outcome, str]]:
    # Somebody whom no professional has seen was told of no diagnosis; anybody else might have one.
    untold = False if answers.get("seen_professional") is False else None
    disc = answers.get("herniated_disc", untold)
    other = answers.get("other_diagnosis", untold)
    if disc is not False:
        yield "mobility_only", "readiness_disc" if disc else "readiness_disc_unsure"
    if other is not False:
        yield "gently", "readiness_diagnosis" if other else "readiness_diagnosis_unsure"


def _unseen(answers: Answers) -> bool:
    return answers.get("seen_professional") is not True


# --- When to ask -----------------------------------------------------------------------------------------


def last_verdict(past: Past, rules: ReadinessRules) -> Verdict | None:
    """Return the verdict on the last answers, by today's rules; None if nobody was ever asked."""
    asked = past.last_interview("readiness")
    return None if asked is None else judge(asked.answers, rules)


def is_due(past: Past, today: date, rules: ReadinessRules) -> Reason | None:
    """Return why the questions are due, or None: before the first session, after some weeks, after a change."""
    past = past.until(today)
    asked = past.last_interview("readiness")
    if asked is None or not _is_answered(asked.answers):
        return because("plan_ask_first")
    if asked.day < today and judge(asked.answers, rules).outcome == "not_today":
        return because("plan_ask_again")
    if has_changed(past, asked, rules):
        return because("plan_ask_change")
    days = (today - asked.day).days
    if days >= rules.repeat_when_sore_after_days and any(_from_pain(asked.answers, rules)):
        return because("plan_ask_sore")
    return because("plan_ask_weeks") if days >= rules.repeat_after_days else None


def _is_answered(answers: Answers) -> bool:
    """Whether nobody broke off before the signs that matter most were asked for, or one of them decided."""
    return all(flag in answers for flag in RED_FLAGS) or any(
        answers.get(flag, False) is not False for flag in RED_FLAGS
    )


def has_changed(past: Past, asked: Interview, rules: ReadinessRules) -> bool:
    """Return whether the back has changed for the worse since somebody was asked.

    A sign that needs a professional, severe pain, a worse morning, or pain in two sessions running. A session on
    the day itself counts as later: better asked twice than missed.
    """
    index = max(at for at, it in enumerate(past.interviews) if it is asked)
    later = past.interviews[index + 1 :]
    if asked.red_flag or any(it.red_flag or is_worse(it, rules) for it in later):
        return True
    return _are_worse([session for session in past.practised if session.day >= asked.day], rules)


def enough_for(day: date, past: Past, rules: ReadinessRules) -> Reason | None:
    """Return why a day holds no more exercise, if its own sessions told of a change for the worse; or None.

    Asking anew would not help: of an answer and a session of one day nobody knows here which came first.
    """
    sessions = [session for session in past.practised if session.day == day]
    if not _are_worse(sessions, rules):
        return None
    return because("plan_enough_sign" if any(session.red_flag for session in sessions) else "plan_enough")


def _are_worse(sessions: Sequence[SessionDone], rules: ReadinessRules) -> bool:
    if any(is_severe(session, rules) for session in sessions):
        return True
    return any(one.pains and two.pains for one, two in pairwise(sessions))


def is_worse(interview: Interview, rules: ReadinessRules) -> bool:
    """Return whether a conversation told of a worse back: a worse morning, or a flare-up."""
    return interview.answers.get("back_next_morning") == "worse" or is_flare_up(interview, rules)


def is_severe(session: SessionDone, rules: ReadinessRules) -> bool:
    """Return whether a session told of severe pain, or of a sign that needs a professional.

    A pain whose strength nobody told is not counted as severe: it ended the session, and sore days follow.
    """
    strengths = (hurt.strength for hurt in session.pains)
    return session.red_flag or any(it is not None and it >= rules.severe_pain_from for it in strengths)


def is_flare_up(interview: Interview, rules: ReadinessRules) -> bool:
    """Return whether a conversation told of severe pain."""
    levels = (interview.answers.get("back"), interview.answers.get("pain_now"))
    return any(isinstance(it, int) and it >= rules.severe_pain_from for it in levels)
