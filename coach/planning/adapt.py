"""Adapting a routine to the person and the day: variants, amounts, rounds; what hurt is left out.

The result is a routine like any other, made by replacing parts, so that a session knows nothing of plans.
"""

from dataclasses import dataclass, replace
from datetime import date

from coach.planning.guidance import Guidance
from coach.planning.past import Past, SessionDone
from coach.planning.progression import Standing, shares_of, standing
from coach.planning.reason import Reason, because
from coach.session.course import Course
from coach.session.routine import Exercise, Part, Routine

SHORTEST_HOLD_S = 3.0
"""A part's own lower bound."""


@dataclass(frozen=True, slots=True)
class Adapted:
    """A routine as it suits the person, and what was changed, most important first."""

    routine: Routine
    changes: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a routine is to suit.

    Attributes:
        past: what is known of the person, none of it after today.
        today: the day.
        guidance: the thresholds.
        walk_minutes: how long a walk may be.
        gently: only easier variants, and small amounts.
        minutes: the time at hand; None: enough.
    """

    past: Past
    today: date
    guidance: Guidance
    walk_minutes: int
    gently: bool = False
    minutes: int | None = None


def adapted(routine: Routine, fit: Fit) -> Adapted | None:
    """Return a routine as it suits the person, or None if nothing of it does."""
    it = Adapted(_walk_of(routine, fit)) if routine.kind == "walking" else _exercises_of(routine, fit)
    if it is None or fit.minutes is None or routine.kind == "break":  # nothing is shorter than a break
        return it
    fitting = with_rounds(it.routine, fit.minutes)
    return replace(it, routine=fitting) if fitting else None


def length_of(routine: Routine) -> float:
    """Return how many minutes a routine takes, with all that is said."""
    return Course(routine).expected_rest_of_session / 60_000


def with_rounds(routine: Routine, minutes: float) -> Routine | None:
    """Return a routine with as many of its rounds as fit into the time, or None if not even one does."""
    shorter = (replace(routine, rounds=rounds) for rounds in range(routine.rounds, 0, -1))
    return next((it for it in shorter if length_of(it) <= minutes), None)


def _walk_of(routine: Routine, fit: Fit) -> Routine:
    """Return a walk of the length that is due, or of the time at hand without what is said around it."""
    written = sum(part.hold_s or 0.0 for part in routine.parts) * routine.rounds / 60
    if not written:
        return routine
    room = fit.walk_minutes if fit.minutes is None else fit.minutes - (length_of(routine) - written)
    share = max(0.0, min(fit.walk_minutes, room)) / written
    parts = tuple(replace(it, hold_s=_held(it.hold_s * share)) if it.hold_s else it for it in routine.parts)
    return replace(routine, parts=parts)


def _held(seconds: float) -> float:
    return max(SHORTEST_HOLD_S, float(int(seconds)))


def _exercises_of(routine: Routine, fit: Fit) -> Adapted | None:
    parts: list[Part] = []
    left_out: list[Reason] = []
    moved: dict[str, Reason] = {}
    for part in routine.parts:
        here = standing(part.exercise, fit.past, fit.today, fit.guidance)
        if _is_left_out(part.exercise, fit):
            left_out.append(because("plan_left_out", name=part.exercise.name))
            continue
        if routine.kind in ("breathing", "break"):  # as they are written, or easier
            parts.append(replace(part, level=min(0, here.level)))
            continue
        parts.append(_part_at(part, gentler(part.exercise, here, fit.guidance) if fit.gently else here))
        moved[part.exercise.id] = here.reason
    if not parts:
        return None
    told = [reason for reason in moved.values() if reason.key not in ("plan_first", "plan_same")]
    told.sort(key=lambda reason: (not reason.key.startswith("plan_down"), reason.key == "plan_up"))
    return Adapted(replace(routine, parts=tuple(parts)), (*left_out, *told))


def gentler(exercise: Exercise, here: Standing, guidance: Guidance) -> Standing:
    """Return where to do an exercise on a gentle day: an easier variant where there is one, and few."""
    easier = min(here.level, -1) if exercise.easier else min(here.level, 0)
    return replace(here, level=easier, share=shares_of(guidance.progression)[0])


def _part_at(part: Part, here: Standing) -> Part:
    """A part where the person stands; one that is written easier on purpose is never harder than written."""
    level = min(part.level, here.level) if part.level < 0 else here.level
    if part.repetitions is not None:
        repetitions = max(1, round(part.repetitions * here.share))
        return replace(part, level=level, repetitions=repetitions)
    hold_s = max(SHORTEST_HOLD_S, round((part.hold_s or SHORTEST_HOLD_S) * here.share, 1))
    return replace(part, level=level, hold_s=hold_s)


def _is_left_out(exercise: Exercise, fit: Fit) -> bool:
    """Whether an exercise hurt lately though it was as easy as it gets: then only rest is easier."""
    practised = fit.past.practised
    lately = range(len(practised))[-fit.guidance.progression.pain_free_sessions :]
    return any(_hurt_at_its_easiest(exercise, practised[at], practised[:at], fit) for at in lately)


def _hurt_at_its_easiest(
    exercise: Exercise, session: SessionDone, before: tuple[SessionDone, ...], fit: Fit
) -> bool:
    if not any(hurt.exercise == exercise.id for hurt in session.pains):
        return False
    levels = [done.level for done in session.sets if done.exercise == exercise.id]
    if not levels:  # it hurt before the first set: then in the way that was due, and it may have been a gentle day
        due = standing(exercise, replace(fit.past, sessions=before), session.day, fit.guidance)
        levels = [gentler(exercise, due, fit.guidance).level]
    return min(levels) <= -len(exercise.easier)
