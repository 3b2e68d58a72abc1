"""Progression: in which variant, and with how much of it, a person does an exercise today.

An exercise's variants are its ladder, from the easiest to the hardest; each is begun with a share of the full
amount, which grows step by step before the next variant comes. How one rises and falls stands in ``ladder.py``;
here stands what counts as a good session, and how far down a bad one leads.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from coach.planning.guidance import Guidance, ProgressionRules
from coach.planning.ladder import Pace, Place, Turn, stand
from coach.planning.past import Past, SessionDone
from coach.planning.readiness import is_flare_up, is_severe
from coach.planning.reason import Reason, because
from coach.session.plan import variant_of
from coach.session.routine import Exercise


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands with an exercise.

    Attributes:
        level: the variant: 0 is the exercise itself, -1 its next easier variant, 1 its next harder.
        share: how much of the full amount, up to 1.0.
        rung: the place on the ladder, counted from 0; one rung is one step.
        height: the same as a share of the ladder, from 0.0 to 1.0.
        reason: how it came to be.
    """

    level: int
    share: float
    rung: int
    height: float
    reason: Reason


def standing(exercise: Exercise, past: Past, today: date, guidance: Guidance) -> Standing:
    """Return where a person stands today."""
    rules = guidance.progression
    easiest = -len(exercise.easier)
    shares = shares_of(rules)
    rungs = (len(exercise.easier) + 1 + len(exercise.harder)) * len(shares)
    past = past.until(today)
    turns = sorted(_turns(exercise, past, guidance), key=lambda turn: turn.day)
    place = stand(turns, today, pace_of(rules), first=-easiest * len(shares), rungs=rungs)
    level = easiest + place.rung // len(shares)
    share = shares[place.rung % len(shares)]
    return Standing(level, share, place.rung, place.rung / max(1, rungs - 1), _reason(exercise, level, place))


@cache
def shares_of(rules: ProgressionRules) -> tuple[float, ...]:
    """Return the shares of the full amount that a variant is done with, one after another."""
    steps = round((1 - rules.first_share) / rules.share_step)
    return (*(round(rules.first_share + step * rules.share_step, 3) for step in range(steps)), 1.0)


def pace_of(rules: ProgressionRules) -> Pace:
    """Return how fast one may rise."""
    return Pace(
        good=rules.sessions_before_step,
        days=rules.days_before_step,
        pain_free=rules.pain_free_sessions,
        away=rules.days_away,
        without=rules.days_without_it,
        fall=rules.steps_down_a_week_away,
    )


def worse_mornings(past: Past) -> frozenset[int]:
    """Return the indices of what was practised after which the back was worse the next morning.

    A morning belongs to the last practice before its day in which anything was done: what was only told in another
    one takes nothing from that.
    """
    found = set()
    for interview in past.interviews:
        if interview.answers.get("back_next_morning") == "worse":
            practised = enumerate(past.practised)
            before = [index for index, it in practised if it.exercised and it.day < interview.day]
            found.update(before[-1:])
    return frozenset(found)


def told_of_pain(past: Past, guidance: Guidance) -> Iterator[Turn]:
    """Yield turns for what conversations told of: severe pain, or a sign that needs a professional, once a day.

    Where it was only said that it hurts, nobody knows how much: nothing falls, and nothing rises for a while.
    """
    for it in past.interviews:
        if it.hurt:
            yield Turn(day=it.day, hurt=True)
    told = [it for it in past.interviews if it.red_flag or is_flare_up(it, guidance.readiness)]
    for day in dict.fromkeys(it.day for it in told):
        yield Turn(day=day, hurt=True, down=guidance.progression.steps_down_after_flare_up, why="flare_up")


def after_flare_up(session: SessionDone, guidance: Guidance) -> int:
    """Return how many steps a session leads down because severe pain, or a sign, was told in it; 0: none was."""
    severe = is_severe(session, guidance.readiness)
    return guidance.progression.steps_down_after_flare_up if severe else 0


def _turns(exercise: Exercise, past: Past, guidance: Guidance) -> Iterator[Turn]:
    # What was told comes first: on one day, people are asked before they exercise.
    yield from told_of_pain(past, guidance)
    worse = worse_mornings(past)
    for index, session in enumerate(past.practised):
        yield _turn(exercise, session, guidance, worse_next_morning=index in worse)


def _turn(exercise: Exercise, session: SessionDone, guidance: Guidance, *, worse_next_morning: bool) -> Turn:
    rules = guidance.progression
    a_level = len(shares_of(rules))
    sets = [done for done in session.sets if done.exercise == exercise.id]
    hurt_here = any(hurt.exercise == exercise.id for hurt in session.pains)
    hurt = bool(session.pains) or worse_next_morning
    flare_up = after_flare_up(session, guidance)
    if not sets and not hurt_here:
        return Turn(
            day=session.day, session=session.exercised, hurt=hurt, free=not hurt, down=flare_up, why="flare_up"
        )
    completed = bool(sets) and all(done.completed for done in sets)
    lowest = min((done.level for done in sets), default=0)
    falls = [(flare_up, "flare_up")]
    if worse_next_morning:
        falls.append((rules.steps_down_after_worse_morning, "morning"))
    if session.effort == "hard":
        falls.append((rules.steps_down_when_hard, "hard"))
    if any(done.eased for done in sets):
        falls.append((a_level, "hard"))
    if hurt_here:
        falls.append((a_level * rules.levels_down_after_pain, "pain"))
    down, why = max(falls, key=lambda fall: fall[0])
    return Turn(
        day=session.day,
        session=session.exercised,
        climbing=True,
        reached=(lowest + len(exercise.easier) + 1) * a_level - 1,
        good=completed and session.effort in ("easy", "fine") and not hurt,
        hurt=hurt,
        free=not hurt,
        down=down,
        why=why,
    )


def _reason(exercise: Exercise, level: int, place: Place) -> Reason:
    variant = variant_of(exercise, level)
    name = variant.name if variant else exercise.name
    key = f"plan_down_{place.why}" if place.what == "down" else f"plan_{place.what}"
    return because(key, name=name)
