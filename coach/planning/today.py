"""The plan for a day: which routine, in which variants, how long, and why.

Rules are asked in the order in which they matter: may there be exercise at all, is the back sore, was a day
missed, and only then what the week still lacks. What is chosen is an ordinary routine, adapted to the person. Each
decision leaves a reason, which can be said in one sentence.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from coach.planning.adapt import Adapted, Fit, adapted, length_of
from coach.planning.guidance import Guidance, WeekRules
from coach.planning.past import Past, SessionDone
from coach.planning.progression import worse_mornings
from coach.planning.readiness import Verdict, enough_for, is_due, last_verdict
from coach.planning.reason import Reason, because
from coach.planning.walking import Walk, walk
from coach.session.routine import Kind, Routine

LONG_AGO = 1000
"""Days since what was never done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a day holds.

    Attributes:
        day: which day.
        routine: what to lead, adapted to the person; None: nothing, and the reasons say why.
        minutes: about how long it takes; 0 without a routine.
        reasons: why this, what decided first.
        changes: what is different about its exercises, and why.
        walk: a walk to go besides, at one's own pace; None where none is due, or the routine is one.
        verdict: on the last answers about readiness, or on what the day's sessions told; None without any.
        asks: interviews to hold first; then it is to be planned anew.
    """

    day: date
    routine: Routine | None = None
    minutes: int = 0
    reasons: tuple[Reason, ...] = ()
    changes: tuple[Reason, ...] = ()
    walk: Walk | None = None
    verdict: Verdict | None = None
    asks: tuple[str, ...] = ()


def plan(
    today: date,
    past: Past,
    routines: Iterable[Routine],
    guidance: Guidance,
    *,
    minutes: int | None = None,
    equipment: Collection[str] = (),
    enjoyed: Collection[str] = (),
    disliked: Collection[str] = (),
) -> Plan:
    """Return the plan for a day.

    Args:
        today: the day.
        past: what is known of the person.
        routines: what there is to choose from.
        guidance: the thresholds.
        minutes: the time at hand; None: enough.
        equipment: what is at hand, beyond what every home has.
        enjoyed: identifiers of routines and exercises that the person likes, beyond what the past tells.
        disliked: and of those that they do not like.
    """
    past = past.until(today)
    if enough := enough_for(today, past, guidance.readiness):
        return Plan(day=today, reasons=(enough,), verdict=Verdict("not_today", (enough,)))
    verdict = last_verdict(past, guidance.readiness)
    due = is_due(past, today, guidance.readiness)
    asks = ("morning",) if morning_is_unknown(past, today) else ()
    if due or verdict is None:  # the morning first: a worse one would be a reason to ask all of it anew
        return Plan(day=today, reasons=(due,) if due else (), verdict=verdict, asks=(*asks, "readiness"))
    nothing = Plan(day=today, verdict=verdict, asks=asks)
    if verdict.outcome == "not_today":
        return replace(nothing, reasons=verdict.reasons, asks=())
    if (running := days_running(past, today)) >= guidance.week.days_running:
        return replace(nothing, reasons=(because("plan_day_off", days=running),))

    every = {routine.id: routine for routine in routines}
    walks = [routine.id for routine in every.values() if routine.kind == "walking"]
    outing = walk(past, today, guidance, walks)
    sore = soreness(past, today, guidance)
    if sore and outing.minutes > guidance.walking.first_minutes:
        short = guidance.walking.first_minutes
        outing = replace(outing, minutes=short, reason=because("plan_walk_sore", minutes=short))
    taste = _taste(past, enjoyed, disliked)
    day = _Day(
        today=today,
        past=past,
        every=every,
        week=guidance.week,
        verdict=verdict,
        sore=sore,
        equipment=frozenset((*equipment, *guidance.week.at_home)),
        outing=outing,
        fit=Fit(
            past=past,
            today=today,
            guidance=guidance,
            walk_minutes=outing.minutes,
            gently=verdict.outcome != "go" or sore is not None,
            minutes=minutes,
        ),
    )
    extra = outing if outing.due else None
    choice = _choice(day, taste)
    if choice is None:
        why = (sore,) if sore else _why_little(day)
        return replace(nothing, reasons=(*why, because("plan_nothing_fits")), walk=extra)
    reason, chosen = choice
    return replace(
        nothing,
        routine=chosen.routine,
        minutes=max(1, round(length_of(chosen.routine))),
        reasons=(reason, *_why_little(day)),
        changes=chosen.changes,
        walk=None if chosen.routine.kind == "walking" else extra,
    )


# --- How the days went -----------------------------------------------------------------------------------


def days_running(past: Past, today: date) -> int:
    """Return how many days of exercise there were in a row, until yesterday."""
    days = {session.day for session in past.practised}
    running = 0
    while today - timedelta(days=running + 1) in days:
        running += 1
    return running


def morning_is_unknown(past: Past, today: date) -> bool:
    """Return whether to ask how the back was on the morning after the last session."""
    last = past.practised[-1].day if past.practised else today
    asked = past.last_interview("morning")
    return last < today and (asked is None or asked.day <= last)


def soreness(past: Past, today: date, guidance: Guidance) -> Reason | None:
    """Return why a day is one for a sore back; None if it is not."""
    past = past.until(today)
    asked = [it for it in past.interviews if it.day == today]
    told = [it.answers.get(question) for it in asked for question in ("back", "pain_now")]
    moderate = guidance.readiness.moderate_pain_from
    if any(it.hurt for it in asked) or any(isinstance(it, int) and it >= moderate for it in told):
        return because("plan_sore_today")
    if not past.practised or (today - past.practised[-1].day).days > guidance.week.sore_days:
        return None
    last_day = past.practised[-1].day
    if any(session.pains for session in past.practised if session.day == last_day):
        return because("plan_sore_pain")
    if len(past.practised) - 1 in worse_mornings(past):
        return because("plan_sore_morning")
    return None


def _taste(past: Past, enjoyed: Collection[str], disliked: Collection[str]) -> dict[str, int]:
    """How much each routine or exercise is liked: -1 if it is, 1 if not; what was said last counts."""
    told = {it.routine: -1 if it.enjoyed else 1 for it in past.sessions if it.enjoyed is not None}
    return told | dict.fromkeys(enjoyed, -1) | dict.fromkeys(disliked, 1)


# --- Choosing --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """Everything that a choice depends on."""

    today: date
    past: Past
    every: dict[str, Routine]
    week: WeekRules
    verdict: Verdict
    sore: Reason | None
    equipment: frozenset[str]
    outing: Walk
    fit: Fit

    def kind_of(self, session: SessionDone) -> Kind | None:
        """The kind of a session's routine; None if there is no such routine any more."""
        routine = self.every.get(session.routine)
        return routine.kind if routine else None

    def days_since(self, kind: Kind) -> int:
        """How many days ago there was a session of a kind."""
        days = [(self.today - it.day).days for it in self.past.practised if self.kind_of(it) == kind]
        return min(days, default=LONG_AGO)

    def this_week(self, kind: Kind) -> int:
        """How many sessions of a kind there were in the last seven days."""
        return sum(self.kind_of(it) == kind and (self.today - it.day).days < 7 for it in self.past.practised)

    def days_since_routine(self, routine: Routine) -> int:
        """How many days ago a routine was led."""
        days = [(self.today - it.day).days for it in self.past.practised if it.routine == routine.id]
        return min(days, default=LONG_AGO)


def _choice(day: _Day, taste: dict[str, int]) -> tuple[Reason, Adapted] | None:
    """The routine for a day, adapted, with the reason why this one."""
    possible = [routine for routine in day.every.values() if _is_possible(routine, day)]
    if smallest := _after_missed_days(possible, day):
        return because("plan_missed"), smallest
    for reason, kinds in _wishes(day):
        ranked = sorted((it for it in possible if it.kind in kinds), key=lambda it: _rank(it, day, taste))
        for routine in ranked:
            if suited := adapted(routine, day.fit):
                return reason, suited
    return None


def _after_missed_days(possible: Iterable[Routine], day: _Day) -> Adapted | None:
    """The smallest possible session, if days were missed; never twice running, or somebody would stay small."""
    if not day.past.practised or (day.today - day.past.practised[-1].day).days < day.week.missed_after_days:
        return None
    small = (adapted(replace(it, rounds=1), day.fit) for it in possible if it.kind in ("mobility", "break"))
    smallest = min(filter(None, small), key=lambda it: length_of(it.routine), default=None)
    return smallest if smallest and smallest.routine.id != day.past.practised[-1].routine else None


def _is_possible(routine: Routine, day: _Day) -> bool:
    """Whether a routine may be led today at all: nothing here is a matter of taste."""
    needs = (need for part in routine.parts for need in part.exercise.equipment)
    if not all(any(it in need for it in day.equipment) for need in needs):
        return False
    if day.sore and not (routine.sore_day or routine.kind == "breathing"):
        return False
    if routine.kind == "walking":
        return day.outing.due
    if routine.kind != "strength":
        return True
    easy_enough = day.verdict.outcome == "go" or all(part.exercise.easier for part in routine.parts)
    rested = day.days_since("strength") > day.week.days_between_strength
    room = day.this_week("strength") < day.week.strength_a_week
    return day.verdict.outcome != "mobility_only" and easy_enough and rested and room


def _wishes(day: _Day) -> Iterator[tuple[Reason, tuple[Kind, ...]]]:
    """What the day calls for, the first wish first."""
    if day.sore:
        yield day.sore, ("mobility",)
        yield day.sore, ("walking", "breathing", "break")
    elif not day.past.practised:
        yield because("plan_first_session"), ("mobility",)
    elif _is_stressed(day) and day.days_since("breathing") > 1:
        yield because("plan_stress"), ("breathing",)
    if day.fit.minutes is not None and day.fit.minutes <= day.week.break_up_to_minutes:
        yield because("plan_short", minutes=day.fit.minutes), ("break",)
    yield from _lacking(day)
    yield because("plan_what_fits"), ("breathing", "break")


def _lacking(day: _Day) -> Iterator[tuple[Reason, tuple[Kind, ...]]]:
    """What the week lacks most, first: by how long ago it was, measured against how often it is wanted."""
    wanted: tuple[tuple[Kind, int], ...] = (
        ("strength", day.week.strength_a_week),
        ("mobility", day.week.mobility_a_week),
        ("walking", day.outing.a_week),
    )
    for kind, _ in sorted(wanted, key=lambda it: -day.days_since(it[0]) * it[1]):
        days = day.days_since(kind)
        yield because(f"plan_{kind}_new") if days == LONG_AGO else because(f"plan_{kind}", days=days), (kind,)


def _is_stressed(day: _Day) -> bool:
    told = [it.answers.get("stress") for it in day.past.interviews if it.day == day.today]
    return any(isinstance(it, int) and it >= day.week.stress_from for it in told)


def _rank(routine: Routine, day: _Day, taste: dict[str, int]) -> tuple[bool, bool, int, int, int, str]:
    """First what was not led yesterday and is no sore day's, then what is liked, then what was led longest ago; of
    what is equal in all that, what the guidance puts first."""
    names = (routine.id, *(part.exercise.id for part in routine.parts))
    liked = sum(taste.get(name, 0) for name in names)
    since = day.days_since_routine(routine)
    for_another_day = routine.sore_day and not day.sore and not day.fit.gently
    first = day.week.first
    place = first.index(routine.id) if routine.id in first else len(first)
    return since <= 1, for_another_day, max(-1, min(1, liked)), -since, place, routine.id


def _why_little(day: _Day) -> tuple[Reason, ...]:
    """What the last answers about readiness hold the day to."""
    return () if day.verdict.outcome == "go" else (because(f"plan_{day.verdict.outcome}"),)
