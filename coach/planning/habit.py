"""The habit: when the person does their back, and what becomes of a day that went without.

An if-then plan ties the session to something that happens anyway ("after I make coffee, I do my back"), and a
second one to what gets in its way. Such plans had a medium to large effect in 94 independent tests
(Gollwitzer and Sheeran 2006, doi:10.1016/S0065-2601(06)38002-1), and one missed day did not harm the making of a
habit (Lally and others 2010, doi:10.1002/ejsp.674): so missed days are answered by the smallest possible session,
and never by blame. Nothing is stored here: plan and streak are read from the past each time.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from coach.planning.guidance import WeekRules
from coach.planning.past import Past
from coach.planning.reason import Reason, because
from coach.session.messages import Command

WINDOW: Final = 14
"""Days that a streak looks back: long enough for a rhythm to show, short enough for a new start to count."""

SOON: Final = Command("a_little")
"""The answer to "and if that moment slips by": the smallest possible session, as soon as one notices."""

Suggestion = Literal["done", "today", "smallest"]
"""What fits today: nothing more is needed; what the plan holds; the smallest possible session."""


@dataclass(frozen=True, slots=True)
class HabitPlan:
    """If this happens, then the back gets its turn; and if that slips by, then this.

    Attributes:
        anchor: what it follows: the command that says so aloud (``after_coffee``).
        late: what to do if that slips by: another such command, or ``SOON``.
    """

    anchor: Command
    late: Command


@dataclass(frozen=True, slots=True)
class Streak:
    """How regularly the person has practised of late.

    Attributes:
        days: days with practice among the last ``of``.
        of: how many days are looked at: ``WINDOW`` at most, and never days before the first practice. Today is one
            of them only once there was practice: a day that is not over is not missed.
        since: days since the last practice; 0: today; None: before the first.
    """

    days: int
    of: int
    since: int | None


def plan_of(past: Past) -> HabitPlan | None:
    """Return the plan that the person agreed to last; None if there is none, or they let go of it."""
    for interview in reversed(past.interviews):
        answers = interview.answers
        if interview.name != "habit" or "confirm" not in answers:
            continue  # broken off: what was agreed before stands
        anchor, late = answers.get("anchor"), answers.get("late")
        if answers["confirm"] is not True or not isinstance(anchor, str):
            return None
        return HabitPlan(Command(anchor), Command(late) if isinstance(late, str) else SOON)
    return None


def days_practised(past: Past) -> frozenset[date]:
    """Return the days on which something was done, however little."""
    return frozenset(it.day for it in past.sessions if it.sets or it.outcome == "completed")


def streak_of(past: Past, today: date, window: int = WINDOW) -> Streak:
    """Return how regularly the person has practised.

    Args:
        past: later days in it are passed over.
        today: the date.
        window: how many days to look back at most.
    """
    practised = sorted(day for day in days_practised(past) if day <= today)
    if not practised:
        return Streak(days=0, of=0, since=None)
    first, last = practised[0], practised[-1]
    end = today if last == today else today - timedelta(days=1)
    begin = max(first, end - timedelta(days=window - 1))
    return Streak(
        days=sum(begin <= day <= end for day in practised),
        of=(end - begin).days + 1,
        since=(today - last).days,
    )


def suggestion(streak: Streak, week: WeekRules) -> Suggestion:
    """Return what fits today. It is an offer: whoever wants to do more, may."""
    match streak.since:
        case None:
            return "today"
        case 0:
            return "done"
        case days:
            return "smallest" if days >= week.missed_after_days else "today"


def begun_by(command: Command, plan: HabitPlan | None, streak: Streak, week: WeekRules) -> Suggestion | None:
    """Return what begins when somebody says their anchor aloud ("I've made coffee").

    Args:
        command: what was said.
        plan: the person's plan.
        streak: today's.
        week: when days count as missed.

    Returns:
        What begins: today's session; the smallest possible one after missed days, or when the moment had slipped
        by. None if this begins nothing, or it is done for today.
    """
    if plan is None or streak.since == 0:
        return None
    if command == plan.anchor:
        return suggestion(streak, week)
    return "smallest" if command == plan.late else None


def told(streak: Streak, week: WeekRules) -> tuple[Reason, ...]:
    """Return what to say about it, kindly: first what was done, then what fits today."""
    if streak.since is None:
        return (because("habit_begin"),)
    match suggestion(streak, week):
        case "done":
            today: tuple[Reason, ...] = (because("habit_done"),)
        case "smallest":
            today = (because("habit_smallest"),)
        case "today":
            today = ()
    return (*_regularity(streak), *today)


def _regularity(streak: Streak) -> tuple[Reason, ...]:
    if streak.days == 0 or streak.of == 1:  # nothing to count, and nothing to blame
        return ()
    if streak.days == streak.of:
        return (because("habit_every_day", days=streak.days),)
    return (because("habit_days", days=streak.days, of=streak.of),)
