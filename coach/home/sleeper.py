"""The coach at home: asleep until its wake phrase, awake for a moment, and asleep again.

``Sleeper`` has the form of ``Session`` and is led by the same loop; beside events it is shown the wall clock
(``look_at``). It answers what it can answer by itself and ends when the person wants something that others lead:
then ``request`` says what. There are five states:

    asleep: listens for the wake phrase and for nothing else  -> awake (called, or a reminder is due)
    awake: listens for what can be wanted                     -> parting, easing, ended, asleep (nobody speaks)
    parting: says one last thing                              -> asleep
    easing: it hurts, or a sign of something serious: advice  -> asleep
    ended

Whatever goes on, "stop" ends it at once. Asleep, it is not even heard: nothing goes on. A pain word that is heard
is noted, because it counts in what is planned next; nothing else is, so that a night leaves no trace.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from coach.home import reminders
from coach.home.reminders import PARTS, Calendar, Part
from coach.session.messages import (
    Action,
    Chime,
    Command,
    CutOff,
    End,
    Entered,
    Event,
    Heard,
    Hush,
    Line,
    Listen,
    Milliseconds,
    Note,
    NoteKind,
    Passed,
    Prepare,
    Say,
    Spoken,
    Troubled,
)
from coach.session.narration import NEVER, Narration
from coach.session.phrases import Voice
from coach.session.session import LEAD, LONG_OUTAGE
from coach.session.wording import in_breaths, outage

HOME: Final = "home"
"""The name of what is noted here."""

AWAKE_FOR: Final = Milliseconds(20_000)
"""Silence after which it goes to sleep: time to find the words, and not long enough to follow a conversation."""

AFTER_THE_CHIME: Final = Milliseconds(250)
"""The chime tells at once that the call was heard; the voice comes after it."""

READ_AT_ONCE: Final = 4
"""Help reads out so many phrases in one breath."""

ROUTINES: Final[Mapping[Command, str]] = {
    Command("begin_walk"): "walk",
    Command("begin_break"): "break",
    Command("begin_core"): "core",
    Command("begin_gentle"): "gentle",
    Command("begin_breathing"): "breathing",
    Command("begin_mobility"): "mobility",
    Command("begin_hips"): "hips-and-chest",
    Command("begin_circuit"): "lower-back-circuit",
    Command("begin_kettlebell"): "kettlebell",
}
"""The routine that each of these begins, by its identifier."""

ANCHORS: Final[Mapping[Command, Command]] = {
    Command(f"did_{it}"): Command(anchor)
    for it, anchor in (
        *(("waking", "after_waking"), ("coffee", "after_coffee"), ("breakfast", "after_breakfast")),
        *(("teeth", "after_teeth"), ("work", "after_work"), ("bed", "before_bed")),
    )
}
"""What has just happened, and the answer by which the habit's plan names it."""

HOURS: Final[Mapping[Command, tuple[int, Part]]] = {
    Command(f"remind_at_{hour}" + (f"_{part}" if part else "")): (hour, part)
    for hour in range(5, 12)
    for part in PARTS
}
"""The hour that each of these names, and which half of the day if that is said."""

ALWAYS: Final = tuple(map(Command, ("stop", "it_hurts", "red_flag", "wake", "repeat")))
"""Can be said in every state but asleep."""

WANTED: Final = tuple(
    map(
        Command,
        (
            *("begin", *ROUTINES, "my_plan", "how_am_i", *HOURS),
            *("snooze", "not_today", "good_night", *ANCHORS, "help"),
        ),
    )
)
"""What can be wanted of a coach that is awake."""

HELPFUL: Final = tuple(
    map(
        Command,
        ("begin", "begin_walk", "my_plan", "how_am_i", "remind_at_7", "not_today", "good_night", "stop"),
    )
)
"""What help reads out: one of each sort."""

State = Literal["asleep", "awake", "parting", "easing", "ended"]


@dataclass(frozen=True, slots=True)
class Request:
    """What the person wants that others lead or know.

    Attributes:
        wish: to begin; to hear what today holds; to hear how it is going; or something happened that a habit may
            be tied to.
        routine: to begin just this one; empty: what today holds.
        anchor: what has happened, as the habit's plan names it.
    """

    wish: Literal["begin", "plan", "progress", "anchor"]
    routine: str = ""
    anchor: str = ""


class Sleeper:
    """The coach between two things to lead.

    Args:
        voice: the words.
        calendar: what is known about reminding.
        now: what the clock on the wall shows, with its zone.
        told: what the person asked to hear: then it begins awake, and says this first. Else it begins asleep.
        news: what nobody has asked for: it is said to whoever wakes it.
    """

    def __init__(
        self,
        voice: Voice,
        calendar: Calendar,
        now: datetime,
        told: tuple[str, ...] = (),
        news: tuple[str, ...] = (),
    ) -> None:
        self._voice = voice
        self._calendar = calendar
        self._wall = now
        self._told = told
        self._news = news
        self._state: State = "asleep"
        self._request: Request | None = None
        self._noting_since: Milliseconds | None = None  # a record of a pain was begun, and must be ended
        self._is_flagged = False  # a red flag was told: a pain word after it takes nothing of its advice away
        self._now = Milliseconds(0)
        self._moment = Milliseconds(0)
        self._next_due: float = 0.0
        self._narration = Narration()
        self._sleep_at: float = NEVER
        self._actions: list[Action] = []

    @property
    def ended(self) -> bool:
        """Whether the person wanted something that others lead."""
        return self._state == "ended"

    @property
    def now(self) -> Milliseconds:
        """How much time has passed since it began."""
        return self._now

    @property
    def request(self) -> Request | None:
        """What the person wants; None as long as it has not ended."""
        return self._request

    @property
    def calendar(self) -> Calendar:
        """What is known about reminding by now."""
        return self._calendar

    # --- The gate: everything that happens passes here --------------------------------------------------------

    def begin(self) -> tuple[Action, ...]:
        """Begin: the first actions, before any event."""
        if self._told:
            self._enter("awake")
            self._tell(self._told)
        else:
            self._fall_asleep()
        greetings = (*self._voice.say("home_awake"), *self._voice.say("home_reminder"))
        self._actions.append(Prepare(tuple(map(self._line, greetings))))
        return self._flush()

    def look_at(self, now: datetime) -> tuple[Action, ...]:
        """Look at the clock on the wall, once a second, say; return what to do about it, in order."""
        self._wall = now
        if self._state != "asleep":  # nobody is interrupted; a reminder can wait
            return ()
        self._moment = self._now
        self._calendar, telling = reminders.look(self._calendar, now)
        if telling:
            self._wake("home_reminder" if telling == "first" else "home_reminder_again")
        return self._flush()

    def handle(self, event: Event) -> tuple[Action, ...]:
        """Take in what happened and return what to do about it, in order. Never raises."""
        if type(event) is Passed:  # fifty times a second, all night long
            self._now = Milliseconds(self._now + event.ms)
            if self._now + LEAD < self._next_due:
                return ()
        self._moment = self._now
        match event:
            case Heard(command=command) if command in self._offered():
                self._obey(command)
            case Spoken(number=number) if self._narration.finish(number, self._now):
                self._narrated()
            case Troubled(key=key) if self._state == "easing":  # what is good to know comes first
                self._news = self._voice.say(key)
            case Troubled(key=key) if self._state in ("awake", "parting"):
                self._sleep_at = NEVER
                self._actions.append(Hush())
                self._narration.interject(self._voice.say(key), self._moment)
            case CutOff() if self._state != "ended":
                self._take_up_after(event)
            case _:
                pass
        return self._flush()

    def _flush(self) -> tuple[Action, ...]:
        """Do whatever is due by now, in order, each at its own exact moment; hand over the actions."""
        while (due := min(self._narration.due, self._sleep_at)) <= self._now + LEAD:
            self._moment = Milliseconds(int(due))
            if due == self._narration.due:
                text, number = self._narration.begin_next()
                self._actions.append(Say(self._line(text), number, self._moment))
            else:
                self._fall_asleep()
        self._next_due = due
        actions, self._actions = self._actions, []
        return tuple(actions)

    # --- What can be said, and what is done about it ----------------------------------------------------------

    def _offered(self) -> tuple[Command, ...]:
        """What can be said now."""
        match self._state:
            case "asleep":
                return (Command("wake"),)
            case "awake":
                return (*WANTED, *ALWAYS)
            case "parting" | "easing":
                return ALWAYS
            case "ended":
                return ()

    def _obey(self, command: Command) -> None:
        if self._state != "asleep":
            self._calendar = reminders.answered(self._calendar)
        match command:
            case "wake":
                self._calendar = reminders.answered(self._calendar)
                self._wake("home_awake")
            case "stop":
                self._actions += [Hush(), Chime("stopped", self._moment)]
                self._fall_asleep()
            case "it_hurts" | "red_flag":
                self._ease(red_flag=command == "red_flag")
            case "repeat":
                self._tell(self._told)
            case "help":
                self._tell(self._help())
            case "snooze" | "not_today" | "good_night":
                self._leave_in_peace(command)
            case _ if command in HOURS:
                self._part(self._reminded(*HOURS[command]))
            case _:
                self._end(_requested(command))

    def _leave_in_peace(self, command: Command) -> None:
        match command:
            case "snooze":
                self._calendar = reminders.snoozed(self._calendar, self._wall)
                self._part(self._voice.say("home_snoozed"))
            case "not_today":
                self._calendar = reminders.done_for(self._calendar, self._wall.date())
                self._part(self._voice.say("home_not_today"))
            case _:
                self._calendar = reminders.good_night(self._calendar, self._wall)
                self._part(self._voice.say("home_good_night"))

    def _reminded(self, hour: int, part: Part) -> tuple[str, ...]:
        at = reminders.meant(hour, part, self._wall, self._calendar.quiet)
        self._calendar = reminders.reminded_at(self._calendar, at)
        day = "today" if at.date() == self._wall.date() else "tomorrow"
        when = self._voice.piece(f"home_{day}_{'morning' if at.hour < 12 else 'evening'}")
        return self._voice.say("home_reminder_set", when=when, hour=hour)

    def _help(self) -> tuple[str, ...]:
        phrases = [self._voice.taught(command) for command in HELPFUL]
        return tuple(
            sentence
            for index, breath in enumerate(in_breaths(phrases, READ_AT_ONCE))
            for sentence in self._voice.say("help_list" if index else "help_others", phrases=breath)
        )

    def _take_up_after(self, cut_off: CutOff) -> None:
        """Nothing could be heard for a while. Who sleeps says so only to somebody who was told of it, and not in
        the quiet hours; a conversation goes on where it was, unless it was long ago.
        """
        in_peace = reminders.in_quiet_hours(self._calendar, self._wall)
        if self._state == "asleep" or cut_off.ms > LONG_OUTAGE:
            if cut_off.told and not in_peace:
                self._part(self._voice.say("home_hears_again"))
            elif self._state != "asleep":
                self._fall_asleep()
            return
        self._sleep_at = NEVER
        self._actions.append(Hush())
        self._narration.interject(outage(self._voice, cut_off.ms), self._moment)

    # --- From state to state ----------------------------------------------------------------------------------

    def _wake(self, key: str) -> None:
        """Somebody called, or it is time for something: be there, with a chime first."""
        self._enter("awake")
        news, self._news = self._news, ()
        self._tell((*self._voice.say(key), *news), Milliseconds(self._moment + AFTER_THE_CHIME))
        self._actions.append(Chime("begin", self._moment))

    def _part(self, sentences: tuple[str, ...]) -> None:
        self._enter("parting")
        self._tell(sentences)

    def _ease(self, *, red_flag: bool) -> None:
        """Note it, for the planning; then say what is good to know, calmly."""
        if self._noting_since is None:
            self._noting_since = self._moment
            self._note("interview", interview=HOME, name=HOME, questions=0)
        self._note("pain", state=self._state, red_flag=red_flag)
        self._is_flagged = self._is_flagged or red_flag
        self._enter("easing")
        self._tell(self._voice.say("interview_red_flag" if self._is_flagged else "pain_end"))

    def _fall_asleep(self) -> None:
        self._finish_note()
        self._narration.drop()
        self._enter("asleep")

    def _end(self, request: Request) -> None:
        self._finish_note()
        self._narration.drop()
        self._request = request
        self._enter("ended")
        self._actions += [Hush(), End("completed")]

    def _enter(self, state: State) -> None:
        self._state = state
        self._sleep_at = NEVER
        self._actions += [Entered(state), Listen(self._offered())]

    def _narrated(self) -> None:
        """Everything there was to say has been heard."""
        if self._state == "awake":
            self._sleep_at = self._moment + AWAKE_FOR
        elif self._news:
            news, self._news = self._news, ()
            self._tell(news)
        else:
            self._fall_asleep()

    # --- What several of these share --------------------------------------------------------------------------

    def _tell(self, sentences: Iterable[str], at: Milliseconds | None = None) -> None:
        self._told = tuple(sentences)
        self._sleep_at = NEVER
        self._actions.append(Hush())
        self._narration.tell(self._told, self._moment if at is None else at)
        if self._narration.over:  # there was nothing to tell
            self._narrated()

    def _line(self, text: str) -> Line:
        return Line(text, self._voice.words_per_minute)

    def _finish_note(self) -> None:
        if self._noting_since is not None:
            self._note("end", outcome="eased", conclusion="")
            self._noting_since, self._is_flagged = None, False

    def _note(self, kind: NoteKind, **detail: str | int | bool) -> None:
        at = Milliseconds(self._moment - (self._noting_since or 0))
        self._actions.append(Note(at, kind, detail=tuple(detail.items())))


def _requested(command: Command) -> Request:
    match command:
        case "my_plan":
            return Request("plan")
        case "how_am_i":
            return Request("progress")
        case _ if command in ANCHORS:
            return Request("anchor", anchor=ANCHORS[command])
        case _:
            return Request("begin", routine=ROUTINES.get(command, ""))
