"""``coach serve``: the coach as it lives in a home. What it does stands in ``serve.py``; here are its options."""

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from rich.markup import escape

from coach import content
from coach.cli_history import history_at
from coach.cli_options import EARS, KEYS, LEAD_IN, MICROPHONE, NO_MICROPHONE, SPEAKER, STORE, VOICE
from coach.content.guidance import load_guidance
from coach.devices.crashes import CrashLog, Record
from coach.devices.service import Notifier, Watch
from coach.ending import ENDING
from coach.errors import CoachError, ContentBroken, RoomLost
from coach.history import remembered
from coach.home.reminders import EVERY_DAY, Calendar, Quiet, Reminder, in_quiet_hours, with_reminders
from coach.models.shelf import bundled, chosen_model
from coach.session.messages import Heard, Milliseconds
from coach.session.routine import exercises_of
from coach.terminal import out, warn
from coach.voice_queue import USUAL_LEAD_IN, Played

if TYPE_CHECKING:
    from coach.serve import Home

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"([01]?\d|2[0-3])[:.]([0-5]\d)"


def _reminders(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> tuple[Reminder, ...]:
    return tuple(map(reminder_of, texts))


def _quiet(_context: click.Context, _option: click.Parameter, text: str) -> Quiet:
    return quiet_of(text)


class _AtHome(click.Command):
    """A command whose settings stand where nobody looks: a wrong one is counted and said aloud, like a crash.

    What somebody types is told in the terminal alone.
    """

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read the options, and the environment in place of those that are not given."""
        try:
            return super().parse_args(context, args)
        except click.BadParameter as mistake:
            name = mistake.param.name if mistake.param else None
            if name is None or context.get_parameter_source(name) is not ParameterSource.ENVIRONMENT:
                raise
            # By what was read before it; and in the quiet hours as they were last.
            read: dict[str, Any] = {
                name: value for name, value in context.params.items() if isinstance(value, Path | str | int)
            }
            path = history_at(read.get("store"))
            with _counting_crashes(_crashes_beside(path)):
                _tell_wrong_setting(path, read)
                raise


def _tell_wrong_setting(path: Path, read: Mapping[str, Any]) -> None:
    from coach.devices.calendar import KeptCalendar  # noqa: PLC0415 - the devices' libraries take a while to load
    from coach.live import USUAL_VOICE, tell_mistake  # noqa: PLC0415

    with closing(KeptCalendar(_reminders_beside(path), warn)) as kept:
        is_hushed = _is_hushed(kept.calendar)
    if not is_hushed:
        lead_in = Milliseconds(read.get("lead_in", USUAL_LEAD_IN))
        tell_mistake("trouble_settings", read.get("voice", USUAL_VOICE), read.get("speaker"), lead_in)


@click.command(cls=_AtHome)
@STORE
@VOICE
@EARS
@MICROPHONE
@SPEAKER
@LEAD_IN
@click.option(
    "--remind",
    "reminders",
    multiple=True,
    callback=_reminders,
    metavar="[DAYS@]HH:MM",
    envvar="COACH_REMIND",
    help="When to remind you, like 18:30 or mon-fri@07:30; can be given several times.",
)
@click.option(
    "--quiet-hours",
    "quiet",
    callback=_quiet,
    default="22:00-07:00",
    metavar="HH:MM-HH:MM",
    show_default=True,
    envvar="COACH_QUIET_HOURS",
    help="When nothing comes unasked.",
)
@click.option("--equipment", multiple=True, help="What is at hand, like kettlebell; can be given several times.")
@KEYS
@NO_MICROPHONE
@click.option("--verbose", is_flag=True, help="Print what is said. A journal would keep it.")
def serve(  # noqa: PLR0913, PLR0917 - options of the command line
    store: Path | None,
    voice: str,
    ears: Path | None,
    microphone: str | None,
    speaker: str | None,
    lead_in: int,
    reminders: tuple[Reminder, ...],
    quiet: Quiet,
    equipment: tuple[str, ...],
    has_keys: bool,  # noqa: FBT001 - an option of the command line
    no_microphone: bool,  # noqa: FBT001
    verbose: bool,  # noqa: FBT001 - an option of the command line
) -> None:
    """Live in this home: sleep until called, remind, lead, sleep again; until it is stopped.

    Say "hey coach", and then "start", "start the walking routine", "what's my plan", "how am I doing", "remind me
    at seven", "not today", "good night", or "help". While it sleeps it listens for nothing but its call. The
    service (coach service install) runs just this.

    \b
    Examples:
      coach serve
      coach serve --remind mon-fri@07:30 --remind sat,sun@10:00 --quiet-hours 21:00-07:00
    """
    from coach.devices.calendar import KeptCalendar  # noqa: PLC0415 - the devices' libraries take a while to load
    from coach.live import Setup, on_stage, tell_mistake  # noqa: PLC0415
    from coach.serve import serve as be_at_home  # noqa: PLC0415

    path = history_at(store)
    with (
        _counting_crashes(_crashes_beside(path)) as known,
        closing(Notifier()) as notifier,
        closing(KeptCalendar(_reminders_beside(path), warn)) as kept,
    ):
        kept.keep(with_reminders(kept.calendar, reminders, quiet))
        try:
            home = _home(voice, path, equipment, has_microphone=not no_microphone)
        except ContentBroken as broken:
            if not _is_hushed(kept.calendar):
                tell_mistake(broken.spoken_key, voice, speaker, Milliseconds(lead_in))
            raise
        setup = Setup(
            ears or chosen_model(voice),
            path,
            microphone,
            speaker,
            has_microphone=not no_microphone,
            has_keys=has_keys,
            patience_s=math.inf,
            lead_in_ms=Milliseconds(lead_in),
        )
        if known.safe_mode:
            warn(f"Safe mode, after crashes: its own ears and the default devices. {known.reason}".strip())
            setup = replace(setup, model=bundled(voice), microphone=None, speaker=None)
        with on_stage(
            home.voice,
            setup,
            _Journal(verbose=verbose),
            warn,
            Watch(notifier),
            hushed=lambda: _is_hushed(kept.calendar),
        ) as stage:
            safely = home.voice.say("home_safe_mode") if known.safe_mode else ()
            try:
                be_at_home(stage, home, kept, (*stage.announcement, *safely))
            except KeyboardInterrupt:
                notifier.stopping()  # before the devices are closed, which may take some seconds
                raise


def _home(voice: str, path: Path, equipment: tuple[str, ...], *, has_microphone: bool) -> "Home":
    """Return what a coach needs to know of this home.

    Raises:
        ContentBroken: its files have mistakes.
    """
    from coach.serve import Home  # noqa: PLC0415 - as above

    spoken = content.load_voice(voice)
    routines = content.sound_routines()
    exercises = exercises_of(routines)
    return Home(
        voice=spoken if has_microphone else spoken.without_microphone(),
        routines=routines,
        guidance=load_guidance(),
        remember=lambda: remembered(path, exercises),
        clock=_now,
        equipment=equipment,
        warn=lambda trouble: warn(str(trouble)),
    )


def _now() -> datetime:
    return datetime.now().astimezone()


def _is_hushed(calendar: Calendar) -> bool:
    """Whether nothing may be said unasked now: a service is started anew each minute, all night long."""
    return in_quiet_hours(calendar, _now())


def _crashes_beside(history: Path) -> Path:
    return history.parent / "crashes.json"


def _reminders_beside(history: Path) -> Path:
    return history.parent / "reminders.json"


@contextmanager
def _counting_crashes(path: Path) -> Iterator[Record]:
    """Keep count of crashes in a row; after some, begin only after a pause, so that a home is not kept awake.

    Stopping the coach is no crash, and a device that was lost may come back.
    """
    log = CrashLog(path)
    known = log.started()
    if log.beside_another:
        warn("Another coach is at home here already, and both hear and answer: end one of them.")
    if log.trouble:
        warn(log.trouble)
    try:
        ENDING.wait(known.pause_s)
        yield known
    except (KeyboardInterrupt, SystemExit, RoomLost):
        log.ended()
        raise
    except CoachError as error:
        log.failed(f"{error.what} {error.remedy}")
        raise
    except click.ClickException as mistake:
        log.failed(mistake.format_message())
        raise
    except Exception as error:
        log.failed(f"{type(error).__name__}: {error}")
        raise


def reminder_of(text: str) -> Reminder:
    """Return a reminder by the week: ``07:30``, ``mon-fri@07:30``, ``sat,sun@10:00``.

    Raises:
        click.BadParameter: it is none.
    """
    written = re.fullmatch(rf"(?:([a-z,-]+)@)?{_TIME}", text.strip().lower())
    if not written:
        raise click.BadParameter(f"{text!r} is no time: write it like 18:30 or mon-fri@07:30.")
    days, hour, minute = written.groups()
    return Reminder(time(int(hour), int(minute)), _days_of(days) if days else EVERY_DAY)


def _days_of(text: str) -> frozenset[int]:
    days: set[int] = set()
    for span in text.split(","):
        first, *last = (it.strip()[:3] for it in span.split("-"))
        if not {first, *last} <= set(DAYS) or len(last) > 1:
            raise click.BadParameter(f"{span.strip()!r} is no day of the week: they are {', '.join(DAYS)}.")
        begin, end = DAYS.index(first), DAYS.index(last[0] if last else first)
        days |= {it % 7 for it in range(begin, end + (1 if begin <= end else 8))}
    return frozenset(days)


def quiet_of(text: str) -> Quiet:
    """Return quiet hours: ``22:00-07:00``.

    Raises:
        click.BadParameter: they are none.
    """
    written = re.fullmatch(rf"{_TIME}\s*-\s*{_TIME}", text.strip())
    if not written:
        raise click.BadParameter(f"{text!r} are no quiet hours: write them like 22:00-07:00.")
    begin_hour, begin_minute, end_hour, end_minute = map(int, written.groups())
    return Quiet(time(begin_hour, begin_minute), time(end_hour, end_minute))


class _Journal:
    """Prints what a journal should keep: troubles always; what was said only if asked for."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose

    def __call__(self, _at: Milliseconds, message: object) -> None:
        match message:
            case CoachError():
                warn(str(message))
            case Played(text=text) if self._verbose:
                out.print(f"coach: {escape(text)}", soft_wrap=True)
            case Heard(words=words) if self._verbose:
                out.print(f"you: {escape(words)}", soft_wrap=True)
            case _:
                pass
