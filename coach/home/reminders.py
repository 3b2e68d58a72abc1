"""The calendar: when to remind the person, how often, and when to leave them in peace.

Plain values and functions; the wall clock is an argument and always carries its time zone. Times of day are
compared with what a clock on the wall shows, days by their date, lengths of time in UTC. A speaker's clock jumps:
when summer time begins or ends, and when the network tells a board without a battery how late it is. So:

- A reminder falls due as soon as the wall shows its time or later: one at 02:30 is told at 03:00 on the day on
  which summer time begins. What could not be told then is told up to ``LATE`` later, and not at all after that.
- What was told for a day is remembered by that day, so that an hour that comes twice, and a clock that goes back,
  bring nothing twice.
- Quiet hours, a good night and a "not today" hold back what comes by the calendar; what the person asked for in
  words (a single reminder, a snooze) comes all the same.
- A reminder that nobody answers is repeated once. Then it is left at that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

LATE: Final = timedelta(hours=2)
"""So late a reminder is still worth telling: the clock was put forward, or the coach was switched off."""

REPEAT_AFTER: Final = timedelta(minutes=15)
"""Time to finish what one is at, before the one repetition."""

SNOOZE: Final = timedelta(minutes=10)

REMEMBERED: Final = 64
"""So many tellings are remembered: weeks of them, and few enough to be written at once."""

MOST_SINGLE: Final = 20
"""Single reminders that wait at the same time. Of more, the oldest is forgotten."""

EVERY_DAY: Final = frozenset(range(7))

Part = Literal["", "morning", "evening"]
"""Which seven o'clock was meant; empty: nobody said."""

PARTS: Final[tuple[Part, ...]] = ("", "morning", "evening")

Telling = Literal["first", "again"]


@dataclass(frozen=True, slots=True)
class Reminder:
    """When to remind.

    Attributes:
        at: the time of day.
        days: on which days of the week; 0 is Monday.
        on: only on this day, because the person asked for it; None: on each of ``days``.

    Raises:
        ValueError: the time has a zone, and is none of the wall.
    """

    at: time
    days: frozenset[int] = EVERY_DAY
    on: date | None = None

    def __post_init__(self) -> None:
        _must_be_of_the_wall(self.at)

    def is_on(self, day: date) -> bool:
        """Whether it is for this day."""
        return day == self.on if self.on else day.weekday() in self.days


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours in which nothing comes by the calendar. Over midnight, if they begin later than they end.

    Attributes:
        begins: from this time of day on.
        ends: until just before this one. The same as ``begins``: there are none.

    Raises:
        ValueError: a time has a zone, and is none of the wall.
    """

    begins: time = time(22)
    ends: time = time(7)

    def __post_init__(self) -> None:
        _must_be_of_the_wall(self.begins, self.ends)

    def __contains__(self, at: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


@dataclass(frozen=True, slots=True)
class Again:
    """Something is to be told once more.

    Attributes:
        since: from when this is counted, in UTC.
        due: when, in UTC.
        snoozed: the person asked for it; else it is the one repetition of what nobody answered.

    Raises:
        ValueError: a moment has no time zone.
    """

    since: datetime
    due: datetime
    snoozed: bool

    def __post_init__(self) -> None:
        if self.since.tzinfo is None or self.due.tzinfo is None:
            raise ValueError("a length of time is counted in UTC")


@dataclass(frozen=True, slots=True)
class Hush:
    """Nothing by the calendar between these times of the wall.

    Raises:
        ValueError: a time has a zone, and is none of the wall.
    """

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        _must_be_of_the_wall(self.since, self.until)


def _must_be_of_the_wall(*shown: time | datetime) -> None:
    if any(it.tzinfo for it in shown):
        raise ValueError("a clock on the wall shows no time zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Everything that is known about reminding. What changes survives a restart in a small file.

    Attributes:
        reminders: those there are.
        quiet: the quiet hours.
        told: what was told for which day, the latest last.
        again: what is to be told once more.
        not_on: the day on which the person wants no more of it, or has done enough.
        hush: the night, after a "good night".
    """

    reminders: tuple[Reminder, ...] = ()
    quiet: Quiet = Quiet()
    told: tuple[tuple[Reminder, date], ...] = ()
    again: Again | None = None
    not_on: date | None = None
    hush: Hush | None = None


# --- Looking at the clock --------------------------------------------------------------------------------


def look(calendar: Calendar, now: datetime) -> tuple[Calendar, Telling | None]:
    """Return what to tell now, if anything, and the calendar that knows it has been told.

    Args:
        calendar: what is known.
        now: the time, with its zone.
    """
    calendar, snoozed = _again(calendar, now)
    due = [(it, day) for it in calendar.reminders if (day := _due_for(it, calendar, now))]
    if due:
        repetition = Again(_utc(now), _utc(now) + REPEAT_AFTER, snoozed=False)
        single = {it for it, _ in due if it.on}
        return replace(
            calendar,
            reminders=tuple(it for it in calendar.reminders if it not in single),
            told=(*calendar.told, *due)[-REMEMBERED:],
            again=repetition,
        ), "first"
    return calendar, snoozed


def _again(calendar: Calendar, now: datetime) -> tuple[Calendar, Telling | None]:
    again, at = calendar.again, _utc(now)
    if again is None or again.since <= at < again.due:  # a clock that went back would hold it up for as long
        return calendar, None
    too_late = at - again.due > LATE
    told = not too_late and (again.snoozed or not _is_left_in_peace(calendar, now))
    return replace(calendar, again=None), "again" if told else None


def _due_for(reminder: Reminder, calendar: Calendar, now: datetime) -> date | None:
    """The day for which a reminder is to be told now. One shortly before midnight may be told after it."""
    wall = now.replace(tzinfo=None)
    for day in (wall.date(), wall.date() - timedelta(days=1)):
        begins = datetime.combine(day, reminder.at)
        if reminder.is_on(day) and begins <= wall <= begins + LATE and (reminder, day) not in calendar.told:
            held_back = reminder.on is None and (calendar.not_on == day or _is_left_in_peace(calendar, now))
            return None if held_back else day
    return None


def in_quiet_hours(calendar: Calendar, now: datetime) -> bool:
    """Return whether nothing at all may be said unasked now: by the clock, or after a "good night"."""
    wall, hush = now.replace(tzinfo=None), calendar.hush
    hushed = hush is not None and hush.since <= wall + LATE and wall < hush.until
    return hushed or wall.time() in calendar.quiet


def _is_left_in_peace(calendar: Calendar, now: datetime) -> bool:
    return in_quiet_hours(calendar, now) or calendar.not_on == now.date()


def _utc(now: datetime) -> datetime:
    return now.astimezone(UTC)


# --- What the person says --------------------------------------------------------------------------------


def answered(calendar: Calendar) -> Calendar:
    """Somebody is there: what was told need not be repeated."""
    return replace(calendar, again=None)


def snoozed(calendar: Calendar, now: datetime) -> Calendar:
    """Tell it again in ten minutes."""
    return replace(calendar, again=Again(_utc(now), _utc(now) + SNOOZE, snoozed=True))


def done_for(calendar: Calendar, today: date) -> Calendar:
    """Leave it for today: it was done, or is not to be. What the person asks for after this comes all the same."""
    return replace(
        calendar,
        reminders=tuple(it for it in calendar.reminders if it.on != today),
        again=None,
        not_on=today,
    )


def good_night(calendar: Calendar, now: datetime) -> Calendar:
    """Nothing more until the quiet hours end the next time."""
    wall = now.replace(tzinfo=None)
    morning = datetime.combine(wall.date(), calendar.quiet.ends)
    until = morning if morning > wall else morning + timedelta(days=1)
    return replace(calendar, again=None, hush=Hush(wall, until))


def meant(hour: int, part: Part, now: datetime, quiet: Quiet) -> datetime:
    """Return when somebody means who says an hour: the next time that is not in the quiet hours.

    Args:
        hour: 1 to 12.
        part: which half of the day, if that was said; then it may be in the quiet hours.
        now: the time.
        quiet: the quiet hours.

    Returns:
        What the clock on the wall will show then.
    """
    hours = {"": (hour % 12, hour % 12 + 12), "morning": (hour % 12,), "evening": (hour % 12 + 12,)}[part]
    days = (now.date(), now.date() + timedelta(days=1))
    coming = sorted(it for day in days for h in hours if (it := datetime.combine(day, time(h), now.tzinfo)) > now)
    return next((it for it in coming if part or it.time() not in quiet), coming[0])


def reminded_at(calendar: Calendar, at: datetime) -> Calendar:
    """Remind once, at this time of the wall."""
    asked = Reminder(at.time(), on=at.date())
    others = [it for it in calendar.reminders if it != asked]
    single = [it for it in others if it.on][-(MOST_SINGLE - 1) :]
    return replace(
        calendar,
        reminders=(*(it for it in others if not it.on), *single, asked),
        told=tuple(it for it in calendar.told if it[0] != asked),
    )


def with_reminders(calendar: Calendar, daily: Iterable[Reminder], quiet: Quiet) -> Calendar:
    """Return the calendar with these reminders by the week, and these quiet hours, in place of those it had."""
    single = tuple(it for it in calendar.reminders if it.on)
    return replace(calendar, reminders=(*daily, *single), quiet=quiet)
