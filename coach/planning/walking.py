"""Walking: how long today's walk is, and how many walks this week holds.

Walks stand on a ladder, like exercises: from ten minutes, three times a week, gradually to half an hour, five
times a week, as in the WalkBack trial. They grow by one step at a time, and never after a flare-up.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from coach.planning.guidance import Guidance, WalkingRules
from coach.planning.ladder import Pace, Place, Turn, stand
from coach.planning.past import Past, SessionDone
from coach.planning.progression import after_flare_up, told_of_pain, worse_mornings
from coach.planning.reason import Reason, because

LONG_ENOUGH = 0.8
"""A walk counts for a length if it took this share of it: whoever turns back a little early has walked."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A day's walk.

    Attributes:
        minutes: how long it may be.
        done: how many walks there were in the last seven days, today's included.
        a_week: how many there shall be in seven days.
        due: whether one is due today: none was gone yet, and the week has room.
        reason: how its length came to be.
    """

    minutes: int
    done: int
    a_week: int
    due: bool
    reason: Reason


def walk(past: Past, today: date, guidance: Guidance, routines: Collection[str]) -> Walk:
    """Return the walk that a person may go today.

    Args:
        past: what is known of the person.
        today: the day.
        guidance: the thresholds.
        routines: the identifiers of the routines that are walks.
    """
    past = past.until(today)
    rules = guidance.walking
    lengths = lengths_of(rules)
    turns = sorted(_turns(past, guidance, routines), key=lambda turn: turn.day)
    place = stand(turns, today, _pace(guidance), first=0, rungs=len(lengths))
    walks = [it.day for it in past.practised if it.routine in routines and (today - it.day).days < 7]
    a_week = min(rules.most_walks_a_week, rules.first_walks_a_week + place.rung)
    due = len(walks) < a_week and today not in walks
    return Walk(lengths[place.rung], len(walks), a_week, due, _reason(place, lengths[place.rung]))


def lengths_of(rules: WalkingRules) -> tuple[int, ...]:
    """Return the lengths of walks, in minutes, one after another."""
    shorter = range(rules.first_minutes, rules.most_minutes, rules.minutes_step)
    return (*shorter, rules.most_minutes)


def _pace(guidance: Guidance) -> Pace:
    rules = guidance.progression
    return Pace(
        good=guidance.walking.walks_before_step,
        days=guidance.walking.days_before_step,
        pain_free=rules.pain_free_sessions,
        away=rules.days_away,
        without=rules.days_without_it,
        fall=rules.steps_down_a_week_away,
    )


def _turns(past: Past, guidance: Guidance, routines: Collection[str]) -> Iterator[Turn]:
    yield from told_of_pain(past, guidance)
    worse = worse_mornings(past)
    for index, session in enumerate(past.practised):
        hurt = bool(session.pains) or index in worse
        flare_up = after_flare_up(session, guidance)
        if session.routine in routines:
            yield _turn(session, guidance.walking, flare_up, hurt=hurt)
        else:
            yield Turn(
                day=session.day, session=session.exercised, hurt=hurt, free=not hurt, down=flare_up, why="flare_up"
            )


def _turn(session: SessionDone, rules: WalkingRules, flare_up: int, *, hurt: bool) -> Turn:
    reached = sum(minutes * LONG_ENOUGH <= session.minutes for minutes in lengths_of(rules)) - 1
    if hurt:
        down, why = max(1, flare_up), "pain"
    else:
        down, why = (1, "hard") if session.effort == "hard" else (0, "")
    return Turn(
        day=session.day,
        session=True,
        climbing=True,
        reached=reached,
        good=session.outcome == "completed" and session.effort in ("easy", "fine"),
        hurt=hurt,
        free=not hurt,
        down=down,
        why=why,
    )


def _reason(place: Place, minutes: int) -> Reason:
    match place.what:
        case "up" | "wait" | "away" | "down":
            return because(f"plan_walk_{place.what}", minutes=minutes)
        case _:
            return because("plan_walk", minutes=minutes)
