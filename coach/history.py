"""The history as a person sees it: what ``coach log`` shows.

Pure functions from a session's notes to a record, and from records to a table or JSON; only ``read_sessions``
and ``default_store_path`` touch the outside. How notes are stored is the business of
``coach/devices/store.py``. Nothing here judges: what follows from a history is for the planning to say.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coach.devices.store import Recorded, read_history
from coach.session.messages import Milliseconds, Note

Detail = Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class SetDone:
    """One set, to its end or as far as it went.

    Attributes:
        at: when it ended.
        exercise: the exercise's identifier.
        round: from 1.
        side: the side's name, or empty.
        repetitions: how many were done; 0 for a hold.
        planned: how many repetitions were to be done; 0 for a hold.
        seconds: how long it was held, or took.
        variant: the easier or harder variant's name, or empty.
        completed: False if it was broken off.
    """

    at: Milliseconds
    exercise: str
    round: int
    side: str
    repetitions: int
    planned: int
    seconds: int
    variant: str
    completed: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """The person paused, in this state of the session."""

    at: Milliseconds
    exercise: str
    state: str


@dataclass(frozen=True, slots=True)
class Pain:
    """The person said that it hurts, in these words, in this state of the session."""

    at: Milliseconds
    exercise: str
    round: int
    words: str
    state: str


@dataclass(frozen=True, slots=True)
class Change:
    """Something was done differently than planned: slower, easier, skipped, and to what."""

    at: Milliseconds
    exercise: str
    what: str
    to: str


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session.

    Attributes:
        id: counts the sessions of this history from 1.
        routine: the routine's identifier.
        started_at: with the time zone it had then.
        length: until its last note.
        outcome: ``completed``, ``stopped``, ``eased`` or ``abandoned`` as in ``End``; ``running`` if a coach
            leads it now; ``interrupted`` if its coach died (the plug was pulled, say).
        planned_sets: how many sets the routine has; 0 if the session did not say.
    """

    id: int
    routine: str
    started_at: datetime
    length: Milliseconds
    outcome: str
    planned_sets: int
    sets: tuple[SetDone, ...]
    pauses: tuple[Pause, ...]
    pains: tuple[Pain, ...]
    changes: tuple[Change, ...]

    @property
    def completed_sets(self) -> int:
        """How many sets were done to their end."""
        return sum(done.completed for done in self.sets)

    @property
    def repetitions(self) -> int:
        """How many repetitions were done, in all sets."""
        return sum(done.repetitions for done in self.sets)

    @property
    def planned_repetitions(self) -> int:
        """How many repetitions were to be done, in the sets that were begun."""
        return sum(done.planned for done in self.sets)


def default_store_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the history lies if nobody names another place.

    A service's own state directory comes first (systemd's ``StateDirectory=``), then the person's
    (<https://specifications.freedesktop.org/basedir-spec/latest/>, which wants a relative path ignored).
    """
    if service := environment.get("STATE_DIRECTORY", "").split(":")[0]:
        return Path(service) / "history.sqlite3"
    state = Path(environment.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():
        state = Path(environment.get("HOME") or Path.home()) / ".local" / "state"
    return state / "coach" / "history.sqlite3"


def read_sessions(path: Path, limit: int = 10) -> list[SessionRecord]:
    """Return the last sessions of a history, the newest first; none if there is no history yet.

    Raises:
        coach.errors.StoreFailed: the file cannot be read, is no history, or is of a newer coach.
    """
    return [record(recorded) for recorded in read_history(path, newest=limit)]


def record(recorded: Recorded) -> SessionRecord:
    """Sort a session's notes into what they tell."""
    outcome = "running" if recorded.running else "interrupted"
    planned_sets = 0
    sets, pauses, pains, changes = [], [], [], []
    for note in recorded.notes:
        detail: Detail = dict(note.detail)
        match note.kind:
            case "session":
                planned_sets = _count(detail, "sets")
            case "set":
                sets.append(_set_done(note, detail))
            case "pause":
                pauses.append(Pause(note.at, note.exercise, _text(detail, "state")))
            case "pain":
                words, state = _text(detail, "words"), _text(detail, "state")
                pains.append(Pain(note.at, note.exercise, _count(detail, "round"), words, state))
            case "change":
                changes.append(Change(note.at, note.exercise, _text(detail, "what"), _text(detail, "to")))
            case "end":
                outcome = _text(detail, "outcome")
    return SessionRecord(
        id=recorded.id,
        routine=recorded.routine,
        started_at=recorded.started_at,
        length=max((note.at for note in recorded.notes), default=Milliseconds(0)),
        outcome=outcome,
        planned_sets=planned_sets,
        sets=tuple(sets),
        pauses=tuple(pauses),
        pains=tuple(pains),
        changes=tuple(changes),
    )


def _set_done(note: Note, detail: Detail) -> SetDone:
    return SetDone(
        at=note.at,
        exercise=note.exercise,
        round=_count(detail, "round"),
        side=_text(detail, "side"),
        repetitions=_count(detail, "repetitions"),
        planned=_count(detail, "planned"),
        seconds=_count(detail, "seconds"),
        variant=_text(detail, "variant"),
        completed=bool(detail.get("completed", False)),
    )


# An older or newer coach may have left a detail out: that is a blank, never a reason to show nothing.


def _text(detail: Detail, key: str) -> str:
    return str(detail.get(key, ""))


def _count(detail: Detail, key: str) -> int:
    value = detail.get(key, 0)
    return 0 if isinstance(value, str) else int(value)


# --- For other programs ----------------------------------------------------------------------------------


def as_json(sessions: Sequence[SessionRecord]) -> str:
    """Return the sessions as a JSON array, with all their sets, pauses, pains and changes.

    Times inside a session are milliseconds since it began; ``started_at`` is ISO 8601.
    """
    return json.dumps(
        [
            asdict(session)
            | {
                "started_at": session.started_at.isoformat(),
                "completed_sets": session.completed_sets,
                "repetitions": session.repetitions,
                "planned_repetitions": session.planned_repetitions,
            }
            for session in sessions
        ],
        indent=2,
        ensure_ascii=False,
    )


# --- For the terminal ------------------------------------------------------------------------------------

OUTCOME_STYLES = {
    "completed": "green",
    "running": "cyan",
    "eased": "yellow",
    "stopped": "default",
    "abandoned": "default",
    "interrupted": "red",
}


def show_log(console: Console, sessions: Sequence[SessionRecord], *, detail: bool = False) -> None:
    """Print the sessions, the newest first: a line each, or with ``detail`` everything that was noted."""
    if not sessions:
        console.print("No sessions yet. `coach run` leads one, and remembers it.", markup=False, highlight=False)
        return
    if not detail:
        console.print(_overview(sessions))
        return
    for session in sessions:
        console.print(_heading(session))
        if session.sets:
            console.print(_sets(session.sets))
        for line in _remarks(session):
            console.print(Text(f"  {line}"))
        console.print()


def _overview(sessions: Sequence[SessionRecord]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("When", no_wrap=True)
    table.add_column("Minutes", justify="right", no_wrap=True)
    table.add_column("Outcome", no_wrap=True)
    table.add_column("Sets", justify="right", no_wrap=True)
    table.add_column("Repetitions", justify="right", no_wrap=True)
    table.add_column("Routine and remarks")
    for session in sessions:
        table.add_row(
            f"{session.started_at:%Y-%m-%d %H:%M}",
            _clock(session.length),
            Text(session.outcome, OUTCOME_STYLES.get(session.outcome, "default")),
            _of(session.completed_sets, session.planned_sets or len(session.sets)),
            _of(session.repetitions, session.planned_repetitions),
            Text("; ".join(filter(None, (_readable(session.routine), _in_short(session))))),
        )
    return table


def _in_short(session: SessionRecord) -> str:
    places = dict.fromkeys(_readable(pain.exercise) or "between exercises" for pain in session.pains)
    return ", ".join(
        [
            *(f"pain: {place}" for place in places),
            *_counted(len(session.changes), "change"),
            *_counted(len(session.pauses), "pause"),
        ]
    )


def _counted(count: int, what: str) -> list[str]:
    return [f"{count} {what}" + ("s" if count > 1 else "")] if count else []


def _heading(session: SessionRecord) -> Text:
    return Text.assemble(
        (f"{session.started_at:%A %d %B %Y, %H:%M}", "bold"),
        f"  {_readable(session.routine)}, {_clock(session.length)} minutes, ",
        (session.outcome, OUTCOME_STYLES.get(session.outcome, "default")),
    )


def _sets(sets: Sequence[SetDone]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Round", justify="right")
    for name in ("Exercise", "Side", "Done", "Variant"):
        table.add_column(name)
    for number, in_round in groupby(sets, key=lambda done: done.round):
        for place, done in enumerate(in_round):
            amount = _of(done.repetitions, done.planned) if done.planned else f"{done.seconds} s"
            row = (
                str(number or "") if place == 0 else "",
                _readable(done.exercise),
                done.side,
                amount if done.completed else f"{amount}, broken off",
                done.variant,
            )
            table.add_row(*(Text(cell) for cell in row))
    return table


def _remarks(session: SessionRecord) -> Iterator[str]:
    remarks = [
        *((pain.at, f"pain: “{pain.words}”", pain.exercise) for pain in session.pains),
        *((change.at, _changed(change), change.exercise) for change in session.changes),
        *(
            (pause.at, f"paused while {_readable(pause.state).lower()}", pause.exercise)
            for pause in session.pauses
        ),
    ]
    for at, what, exercise in sorted(remarks):
        yield f"{_clock(at)}  {what}" + (f", in {_readable(exercise)}" if exercise else "")


def _changed(change: Change) -> str:
    return f"{_readable(change.what)}, to {change.to}" if change.to else _readable(change.what)


def _readable(identifier: str) -> str:
    return identifier.replace("_", " ").replace("-", " ")


def _clock(ms: int) -> str:
    minutes, seconds = divmod(round(ms / 1000), 60)
    return f"{minutes}:{seconds:02}"


def _of(done: int, planned: int) -> str:
    return f"{done} of {planned}" if planned else str(done or "–")
