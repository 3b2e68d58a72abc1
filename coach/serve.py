"""At home: asleep, awake for a moment, leading what the person wants, asleep again; while the power lasts.

The sleeper decides what is wanted (``coach/home``), a practice leads it (``practice.py``). Here one follows upon
the other, and the wall clock comes in. A microphone or a speaker that is lost is waited for by the room itself
(``coach/devices/steady.py``), however long that takes: the minds are told when it is back.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NoReturn, Protocol

from coach.errors import CoachError, ContentBroken, StoreFailed
from coach.home.reminders import Calendar, done_for, in_quiet_hours
from coach.home.sleeper import HOME, Request, Sleeper
from coach.planning.diary import summary
from coach.planning.guidance import Guidance
from coach.planning.habit import begun_by, plan_of, streak_of
from coach.planning.habit import told as habit_told
from coach.planning.past import Past
from coach.planning.readiness import is_due, last_verdict
from coach.planning.telling import said, spoken
from coach.planning.today import plan, soreness
from coach.ports import Mind
from coach.practice import NO_WISHES, Practice, Wishes, known
from coach.session.messages import Action, Command, CutOff, End, Event, Milliseconds
from coach.session.phrases import Voice
from coach.session.routine import Routine

LOOK_EVERY: Final = Milliseconds(1_000)
"""Between two looks at the clock on the wall."""

Clock = Callable[[], datetime]
"""Tells what the clock on the wall shows, with its time zone."""

Warn = Callable[[CoachError], None]
"""Is told of what hindered something, for the journal."""


def nobody(_trouble: CoachError) -> None:
    """Nobody keeps a journal."""


class Stage(Protocol):
    """Where minds are led, one after another; see ``coach.live.Stage``."""

    def lead(self, mind: Mind, name: str, started_at: datetime) -> End:
        """Lead a session or an interview; it is a record of its own in the history."""
        ...

    def rest(self, mind: Mind, name: str, clock: Clock) -> End:
        """Lead what leaves no record unless it notes something."""
        ...


class Kept(Protocol):
    """A calendar that survives a restart; see ``coach.devices.calendar.KeptCalendar``."""

    @property
    def calendar(self) -> Calendar:
        """The calendar as it was kept last."""
        ...

    def keep(self, calendar: Calendar) -> None:
        """Keep this from now on. Returns at once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a coach at home needs to know.

    Attributes:
        voice: the words.
        routines: what there is to lead.
        guidance: the thresholds.
        remember: reads what is known of the person, anew each time it is asked.
        clock: the clock on the wall.
        equipment: what is at hand beyond what every home has.
        warn: told what hindered something and did not end the coach.
    """

    voice: Voice
    routines: tuple[Routine, ...]
    guidance: Guidance
    remember: Callable[[], Past]
    clock: Clock
    equipment: Collection[str] = ()
    warn: Warn = nobody


def serve(stage: Stage, home: Home, kept: Kept, news: tuple[str, ...] = ()) -> NoReturn:
    """Be at home: sleep, wake, remind, lead; forever.

    Args:
        stage: the devices.
        home: what is to be known.
        kept: the reminders.
        news: said first of all; in the quiet hours, in which the power may have come back, to whoever calls.

    Raises:
        CoachError: a device is missing or was lost for good.
    """
    told: tuple[str, ...] = ()
    if not in_quiet_hours(kept.calendar, home.clock()):
        told, news = news, ()
    while True:
        sleeper = Sleeper(home.voice, kept.calendar, home.clock(), told, news)
        stage.rest(OnTheClock(sleeper, home.clock, kept), HOME, home.clock)
        told, news = (_granted(sleeper.request, stage, home, kept) if sleeper.request else ()), ()


def _granted(request: Request, stage: Stage, home: Home, kept: Kept) -> tuple[str, ...]:
    """Do what is wanted; return what is to be told after it.

    A card that is full, another coach at the same history, and a mistake in a file are no reason to end: a coach
    that ends is started anew, and by the second time in safe mode, which remedies none of them.
    """
    try:
        return _Butler(stage, home, kept).fulfil(request)
    except (StoreFailed, ContentBroken) as trouble:
        home.warn(trouble)
        return home.voice.say(trouble.spoken_key)


class OnTheClock:
    """A sleeper who is shown the clock on the wall, and whose calendar is kept whenever it changes."""

    def __init__(self, sleeper: Sleeper, clock: Clock, kept: Kept) -> None:
        self._sleeper = sleeper
        self._clock = clock
        self._kept = kept
        self._calendar = sleeper.calendar
        self._look_at = 0

    @property
    def now(self) -> Milliseconds:
        """How much time has passed since it began."""
        return self._sleeper.now

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._sleeper.ended

    def begin(self) -> tuple[Action, ...]:
        """Return the first actions."""
        return self._sleeper.begin()

    def handle(self, event: Event) -> tuple[Action, ...]:
        """Take in what happened, and the time once a second."""
        if isinstance(event, CutOff):  # the clock on the wall did not stand still
            return (*self._sleeper.look_at(self._clock()), *self._sleeper.handle(event))
        actions = self._sleeper.handle(event)
        if self._sleeper.now >= self._look_at and not self._sleeper.ended:
            self._look_at = self._sleeper.now + LOOK_EVERY
            actions = (*actions, *self._sleeper.look_at(self._clock()))
        if self._sleeper.calendar is not self._calendar:
            self._calendar = self._sleeper.calendar
            self._kept.keep(self._calendar)
        return actions


class _Butler:
    """Does what is wanted at this moment."""

    def __init__(self, stage: Stage, home: Home, kept: Kept) -> None:
        self._stage = stage
        self._home = home
        self._kept = kept
        self._today = home.clock().date()

    def fulfil(self, request: Request) -> tuple[str, ...]:
        """Lead what is wanted to its end; return what is to be told instead, if it was a question."""
        match request.wish:
            case "begin" if request.routine:
                return self._practise_chosen(request.routine)
            case "begin":
                return self._practise(Wishes(equipment=self._home.equipment))
            case "plan":
                return self._plan()
            case "progress":
                return self._progress()
            case "anchor":
                return self._after(Command(request.anchor))

    def _practise_chosen(self, name: str) -> tuple[str, ...]:
        """What somebody asks for by its name is led as it is, if their last answers speak for it and the back is
        not sore; else it is asked and planned as on any day, with this routine alone to choose from.
        """
        home = self._home
        routine = next((it for it in home.routines if it.id == name), None)
        if routine is None:  # this home has another set of routines
            return home.voice.say("plan_nothing_fits")
        past, rules = known(home.remember), home.guidance.readiness
        verdict = last_verdict(past, rules)
        well = verdict and verdict.outcome == "go" and not is_due(past, self._today, rules)
        if well and not soreness(past, self._today, home.guidance):
            return self._practise(NO_WISHES, chosen=routine)
        wishes = Wishes(equipment=[it for part in routine.parts for it in part.exercise.equipment])
        if routine.kind == "break":
            wishes = replace(wishes, minutes=home.guidance.week.break_up_to_minutes)
        return self._practise(wishes, among=(routine,))

    def _practise(
        self, wishes: Wishes, chosen: Routine | None = None, among: tuple[Routine, ...] = ()
    ) -> tuple[str, ...]:
        home = self._home
        end = Practice(
            lambda mind, name: self._stage.lead(mind, name, home.clock()),
            home.remember,
            self._today,
            among or home.routines,
            home.guidance,
            home.voice,
            wishes,
            chosen,
        ).go()
        if end.outcome in ("completed", "eased"):  # done, or better left for today
            self._kept.keep(done_for(self._kept.calendar, self._today))
        return ()

    def _plan(self) -> tuple[str, ...]:
        home = self._home
        today = plan(self._today, home.remember(), home.routines, home.guidance, equipment=home.equipment)
        return spoken(today, home.voice) or home.voice.say("plan_nothing_fits")

    def _progress(self) -> tuple[str, ...]:
        past, voice = self._home.remember(), self._home.voice
        habit = habit_told(streak_of(past, self._today), self._home.guidance.week)
        return tuple(it for reason in (*habit, *summary(past, self._today)) for it in said(reason, voice))

    def _after(self, anchor: Command) -> tuple[str, ...]:
        """Begin what the habit's plan ties to this moment."""
        past, week, voice = self._home.remember(), self._home.guidance.week, self._home.voice
        streak = streak_of(past, self._today)
        match begun_by(anchor, plan_of(past), streak, week):
            case "today":
                return self._practise(Wishes(equipment=self._home.equipment))
            case "smallest":
                return self._practise(Wishes(minutes=week.break_up_to_minutes))
            case _:
                return voice.say("habit_done" if streak.since == 0 else "home_anchor_unplanned")
