"""The plan in words: which sentences of the voice tell it. No word of them stands here."""

from coach.planning.reason import Reason
from coach.planning.today import Plan
from coach.session.phrases import Voice

MOST_CHANGES = 2
"""More changes than that nobody keeps in mind; all of them are in ``explained``."""


def spoken(plan: Plan, voice: Voice) -> tuple[str, ...]:
    """Return the plan as the coach tells it at the beginning: what today holds, why, and what is new; short."""
    return tuple(
        sentence
        for reason in (*_what(plan), *plan.reasons[:2], *plan.changes[:MOST_CHANGES])
        for sentence in said(reason, voice)
    )


def explained(plan: Plan, voice: Voice) -> tuple[str, ...]:
    """Return every reason there is, a sentence each."""
    walk = (plan.walk.reason,) if plan.walk else ()
    reasons = dict.fromkeys((*plan.reasons, *plan.changes, *walk))
    return tuple(" ".join(said(reason, voice)) for reason in reasons)


def said(reason: Reason, voice: Voice) -> tuple[str, ...]:
    """Return a reason in the voice's words."""
    return voice.say(reason.key, **dict(reason.fields))


def _what(plan: Plan) -> tuple[Reason, ...]:
    if plan.routine is None:
        return ()
    if plan.minutes == 1:
        return (Reason("plan_today_short", (("routine", plan.routine.name),)),)
    return (Reason("plan_today", (("routine", plan.routine.name), ("minutes", plan.minutes))),)
