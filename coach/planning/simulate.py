"""Twelve weeks of imagined people, played through the very rules that plan for real ones.

It shows what the rules lead to: how fast somebody steady rises, how a flare-up is met, what becomes of somebody
who comes when they please. These people are imagined, not measured: the curves tell of the rules, never of a
benefit. Chance is handed in as a function, and the same chance makes the same twelve weeks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coach.planning.guidance import Guidance
from coach.planning.past import Answer, Answers, Effort, Hurt, Interview, Past, SessionDone, SetDone
from coach.planning.progression import standing
from coach.planning.readiness import RED_FLAGS
from coach.planning.today import Plan, plan
from coach.planning.walking import walk
from coach.session.plan import steps_of
from coach.session.routine import Exercise, Routine

WEEKS = 12

Chance = Callable[[], float]
"""Returns a number from 0 up to, not including, 1; each call another."""

WELL: Mapping[str, Answer] = {
    **dict.fromkeys(RED_FLAGS, False),
    "over_three_months": False,
    "seen_professional": True,
    "herniated_disc": False,
    "other_diagnosis": False,
}
"""What all of them answer about readiness, beside the pain of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody imagined.

    Attributes:
        name: how the picture calls them.
        comes: how probable it is that a planned session is done.
        hurts: how probable it is that a session hurts.
        finds_hard: how probable it is that a session is found too hard.
        sore: the back's pain on ordinary days, 0 to 10.
        flare_up: the weeks of a flare-up, from 0; in them the back's pain is severe, then moderate.
    """

    name: str
    comes: float
    hurts: float = 0.0
    finds_hard: float = 0.05
    sore: int = 1
    flare_up: range = range(0)


PEOPLE = (
    Person(name="steady", comes=0.95, finds_hard=0.02),
    Person(name="sore", comes=0.9, hurts=0.12, finds_hard=0.2, sore=3),
    Person(name="irregular", comes=0.4),
    Person(name="flare-up", comes=0.95, finds_hard=0.02, flare_up=range(5, 7)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """How one week went.

    Attributes:
        sessions: how many were done.
        minutes: of exercise, walks included.
        walk_minutes: how long a walk may be at its end.
        height: at its end, the place on the ladders of all exercises that are ever done, as a mean share of them.
        pains: how many sessions hurt.
    """

    sessions: int
    minutes: float
    walk_minutes: int
    height: float
    pains: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """One person's weeks, and everything that is known of them in the end."""

    person: Person
    weeks: tuple[Week, ...]
    past: Past


def chance(seed: int) -> Chance:
    """Return a chance that is the same for the same seed.

    The multiplier is Knuth's (MMIX); the upper bits are used, because the lower ones repeat soon.
    """
    numbers = _numbers(seed)
    return lambda: next(numbers)


def _numbers(state: int) -> Iterator[float]:
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield (state >> 11) / 2**53


def simulate(
    person: Person,
    routines: Sequence[Routine],
    guidance: Guidance,
    draw: Chance,
    *,
    first_day: date,
    weeks: int = WEEKS,
) -> Simulation:
    """Play a person's weeks.

    Args:
        person: who.
        routines: what there is to choose from.
        guidance: the thresholds.
        draw: chance.
        first_day: the day of the first plan.
        weeks: how many.
    """
    past = Past()
    for today in (first_day + timedelta(days=day) for day in range(7 * weeks)):
        past, held = _ask(past, today, person, _pain(person, today, first_day), routines, guidance)
        if held.routine and draw() < person.comes:
            past = past.with_session(_done(held.routine, held, person, draw))
    sundays = [first_day + timedelta(days=7 * week + 6) for week in range(weeks)]
    climbing = _climbing(past, routines)
    told = tuple(_week(past.until(sunday), sunday, climbing, routines, guidance) for sunday in sundays)
    return Simulation(person, told, past)


def _pain(person: Person, today: date, first_day: date) -> int:
    """The back's pain on a day: a flare-up begins with three severe days."""
    days = (today - first_day).days - 7 * person.flare_up.start
    if not person.flare_up or not 0 <= days < 7 * len(person.flare_up):
        return person.sore
    return 7 if days < 3 else 4


def _ask(
    past: Past, today: date, person: Person, pain: int, routines: Sequence[Routine], guidance: Guidance
) -> tuple[Past, Plan]:
    """Hold the interviews that the plan asks for, and the diary on days that are unlike others."""
    if pain != person.sore:
        past = past.with_interview(Interview(day=today, name="diary", answers={"back": pain}))
    held = plan(today, past, routines, guidance)
    if "morning" in held.asks:
        how: Answers = {"back_next_morning": "worse" if past.sessions[-1].pains else "same"}
        past = past.with_interview(Interview(day=today, name="morning", answers=how))
        held = plan(today, past, routines, guidance)
    if "readiness" in held.asks:
        past = past.with_interview(Interview(day=today, name="readiness", answers={**WELL, "pain_now": pain}))
        held = plan(today, past, routines, guidance)
    return past, held


def _done(routine: Routine, held: Plan, person: Person, draw: Chance) -> SessionDone:
    sets = tuple(
        SetDone(exercise=step.exercise.id, level=step.part.level, repetitions=step.part.repetitions or 0)
        for step in steps_of(routine)
    )
    effort: Effort = "hard" if draw() < person.finds_hard else "fine"
    pains: tuple[Hurt, ...] = ()
    if draw() < person.hurts:
        at = int(draw() * len(sets))
        pains = (Hurt(exercise=sets[at].exercise, where="lower_back", strength=2, kind="dull"),)
        sets = sets[: at + 1]
    return SessionDone(
        day=held.day,
        routine=routine.id,
        outcome="eased" if pains else "completed",
        minutes=held.minutes,
        sets=sets,
        pains=pains,
        effort=effort,
    )


def _climbing(past: Past, routines: Sequence[Routine]) -> tuple[Exercise, ...]:
    """The exercises that the person ever did and can rise in."""
    done = {it.exercise for session in past.sessions for it in session.sets}
    parts = (part for it in routines if it.kind in ("mobility", "strength") for part in it.parts)
    return tuple({part.exercise.id: part.exercise for part in parts if part.exercise.id in done}.values())


def _week(
    past: Past,
    sunday: date,
    climbing: Sequence[Exercise],
    routines: Sequence[Routine],
    guidance: Guidance,
) -> Week:
    sessions = [it for it in past.sessions if (sunday - it.day).days < 7]
    walks = [routine.id for routine in routines if routine.kind == "walking"]
    heights = [standing(it, past, sunday, guidance).height for it in climbing]
    return Week(
        sessions=len(sessions),
        minutes=sum(it.minutes for it in sessions),
        walk_minutes=walk(past, sunday, guidance, walks).minutes,
        height=sum(heights) / max(1, len(heights)),
        pains=sum(bool(it.pains) for it in sessions),
    )
