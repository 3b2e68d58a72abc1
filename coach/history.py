"""The history as a person sees it, and as the planning does: what the notes mean.

Pure functions from a session's notes to a record, from records to JSON, and to the ``Past`` that all planning
starts from; only ``read_sessions``, ``read_past``, ``remembered`` and ``default_store_path`` touch the outside.
How notes are stored is the business of ``coach/devices/store.py``, how records look in a terminal that of
``coach/log.py``. Nothing here judges: what follows from a history is for the planning to say. What a note does
not tell is a blank, and notes that nobody here knows are passed over.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import cast, get_args

from coach.devices.store import SPOILED, Recorded, read_history
from coach.homes import home_folder
from coach.interview.questions import SKIPPED, Answer, answers_from
from coach.planning import past
from coach.planning.past import Past
from coach.session.messages import Milliseconds, Note
from coach.session.routine import Exercise

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
class Outage:
    """Nothing could be heard for so many seconds, in this state of the session.

    Attributes:
        at: when, in session time, which stood still meanwhile.
        exercise: the exercise's identifier, or empty.
        state: of the session.
        cause: ``lost`` (a device), ``silent`` (it was switched off, say), ``stuck`` or ``clipped``.
        seconds: how long.
    """

    at: Milliseconds
    exercise: str
    state: str
    cause: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Pain:
    """The person said that it hurts, in these words, in this state of the session.

    Attributes:
        at: when.
        exercise: the exercise's identifier, or empty.
        round: from 1.
        words: what was said.
        state: of the session.
        where: the place answered (``lower_back``), or empty.
        strength: 0 to 10, or None.
        kind: as answered (``dull``), or empty.
        response: what followed (``easier``, ``another``, ``end``, ``see_someone``), or empty.
        red_flag: a sign that a professional should look at.
    """

    at: Milliseconds
    exercise: str
    round: int
    words: str
    state: str
    where: str = ""
    strength: int | None = None
    kind: str = ""
    response: str = ""
    red_flag: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Something was done differently than planned: slower, easier, skipped, and to what."""

    at: Milliseconds
    exercise: str
    what: str
    to: str


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session, or one interview.

    Attributes:
        id: counts the sessions and interviews of this history from 1.
        routine: the routine's identifier; the interview's.
        started_at: with the time zone it had then.
        length: until its last note.
        outcome: ``completed``, ``stopped``, ``eased`` or ``abandoned`` as in ``End``; ``running`` if a coach
            leads it now; ``interrupted`` if its coach died (the plug was pulled, say).
        planned_sets: how many sets the routine has; 0 if the session did not say.
        interview: the interview's identifier; empty for an exercise session.
        answers: what was answered in the end, by question; None is "I don't know".
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
    interview: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    outages: tuple[Outage, ...] = ()

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
        state = home_folder(environment) / ".local" / "state"
    return state / "coach" / "history.sqlite3"


def read_sessions(path: Path, limit: int | None = 10) -> list[SessionRecord]:
    """Return the last sessions and interviews of a history, the newest first; none if there is no history yet.

    Raises:
        coach.errors.StoreFailed: the file cannot be read, is no history, or is of a newer coach.
    """
    return [record(recorded) for recorded in read_history(path, newest=limit)]


def record(recorded: Recorded) -> SessionRecord:
    """Sort a session's notes into what they tell."""
    outcome = "running" if recorded.running else "interrupted"
    planned_sets = 0
    interview = ""
    sets: list[SetDone] = []
    pauses: list[Pause] = []
    pains: list[Pain] = []
    changes: list[Change] = []
    outages: list[Outage] = []
    hurt = 0  # the place of the last pain among the pains
    answered: list[tuple[str, str | int | bool]] = []
    for note in recorded.notes:
        detail: Detail = dict(note.detail)
        match note.kind:
            case "session":
                planned_sets = _count(detail, "sets")
            case "interview":
                interview = _text(detail, "interview") or recorded.routine
            case "set":
                sets.append(_set_done(note, detail))
            case "pause":
                pauses.append(Pause(note.at, note.exercise, _text(detail, "state")))
            case "pain":
                hurt = len(pains)
                pains.append(_pain(note, detail))
            case "red_flag":
                pains.append(_pain(note, detail))
            case "pain_told" if hurt < len(pains):  # a red flag may stand between
                pains[hurt] = _told_of(pains[hurt], detail)
            case "change":
                changes.append(Change(note.at, note.exercise, _text(detail, "what"), _text(detail, "to")))
            case "outage":
                outages.append(_outage(note, detail))
            case "answer":
                answered.append((_text(detail, "question"), detail.get("answer", SKIPPED)))
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
        interview=interview,
        answers=answers_from(answered),
        outages=tuple(outages),
    )


def _pain(note: Note, detail: Detail) -> Pain:
    return Pain(
        at=note.at,
        exercise=note.exercise,
        round=_count(detail, "round"),
        words=_text(detail, "words"),
        state=_text(detail, "state"),
        red_flag=note.kind == "red_flag" or bool(detail.get("red_flag", SPOILED in detail)),
    )


def _outage(note: Note, detail: Detail) -> Outage:
    return Outage(
        at=note.at,
        exercise=note.exercise,
        state=_text(detail, "state"),
        cause=_text(detail, "cause"),
        seconds=_count(detail, "seconds"),
    )


def _told_of(pain: Pain, detail: Detail) -> Pain:
    """What was asked about a pain after the halt; only what was answered is noted."""
    response = _text(detail, "response")
    return replace(
        pain,
        where=_text(detail, "where"),
        strength=_count(detail, "strength") if "strength" in detail else None,
        kind=_text(detail, "kind"),
        response=response,
        red_flag=response == "see_someone" or SPOILED in detail,
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


# An older or newer coach may have left a detail out: that is a blank, never a reason to show nothing. What is
# spoiled about a pain is another matter: it counts as the worst it can have been.


def _text(detail: Detail, key: str) -> str:
    return str(detail.get(key, ""))


def _count(detail: Detail, key: str) -> int:
    value = detail.get(key, 0)
    return 0 if isinstance(value, str) else int(value)


# --- For the planning ------------------------------------------------------------------------------------


def read_past(path: Path, exercises: Iterable[Exercise] = ()) -> Past:
    """Return everything a history knows of the person, oldest first; nothing if there is no history yet.

    A session that a coach leads at this moment is left out.

    Args:
        path: the history file.
        exercises: those there are. Sets of an older coach name their variant and not its level; it is looked up
            here.

    Raises:
        coach.errors.StoreFailed: the file cannot be read, is no history, or is of a newer coach.
    """
    return past_of(read_history(path), {exercise.id: exercise for exercise in exercises})


def remembered(path: Path, exercises: Iterable[Exercise]) -> Past:
    """Return what is known of the person, for whoever leads, and asks for it again and again.

    As ``read_past``, but each session is read once: after some years that takes long, and the room waits for it.

    Raises:
        coach.errors.StoreFailed: as ``read_past``; that is no empty past, and what follows whoever leads must say.
    """
    return _memory_of(path).past({exercise.id: exercise for exercise in exercises})


class _Memory:
    """One history, as it was read the last time, and what each of its sessions told."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._recorded: list[Recorded] = []
        self._exercises: Mapping[str, Exercise] = {}
        self._told: dict[int, past.SessionDone | past.Interview | None] = {}

    def past(self, exercises: Mapping[str, Exercise]) -> Past:
        known = {it.id: it for it in self._recorded} if exercises == self._exercises else {}
        self._recorded, self._exercises = read_history(self._path, before=self._recorded), exercises
        self._told = {
            it.id: self._told[it.id] if it is known.get(it.id) else _told(it, exercises)
            for it in reversed(self._recorded)
        }
        return _past_from(self._told.values())


@lru_cache(maxsize=1)  # a process leads from one history
def _memory_of(path: Path) -> _Memory:
    return _Memory(path)


def past_of(recorded: Iterable[Recorded], exercises: Mapping[str, Exercise]) -> Past:
    """Return what sessions, the newest first, tell of the person.

    Args:
        recorded: the sessions and interviews.
        exercises: by their identifier.
    """
    return _past_from(_told(each, exercises) for each in sorted(recorded, key=lambda it: it.id))


def _told(each: Recorded, exercises: Mapping[str, Exercise]) -> past.SessionDone | past.Interview | None:
    told = record(each)
    if told.outcome == "running":
        return None
    if not told.interview:
        return _session_done(each, told, exercises)
    day = told.started_at.date()  # local: the offset it was noted with
    red_flag = any(pain.red_flag for pain in told.pains)
    return past.Interview(
        day=day, name=told.interview, answers=told.answers, hurt=bool(told.pains), red_flag=red_flag
    )


def _past_from(told: Iterable[past.SessionDone | past.Interview | None]) -> Past:
    sessions: list[past.SessionDone] = []
    interviews: list[past.Interview] = []
    for each in told:
        match each:
            case past.SessionDone():
                sessions.append(each)
            case past.Interview(name=name):
                interviews.append(each)
                if name == "after" and sessions:  # by their order: midnight may have passed in between
                    sessions[-1] = _rated(sessions[-1], each.answers)
    return Past(sessions=tuple(sessions), interviews=tuple(interviews))


def _session_done(recorded: Recorded, told: SessionRecord, exercises: Mapping[str, Exercise]) -> past.SessionDone:
    return past.SessionDone(
        day=told.started_at.date(),
        routine=told.routine,
        outcome=told.outcome,
        minutes=told.length / 60_000,
        sets=tuple(_sets_done(recorded.notes, exercises)),
        pains=tuple(
            past.Hurt(
                exercise=pain.exercise,
                where=pain.where,
                strength=pain.strength,
                kind=pain.kind,
                red_flag=pain.red_flag,
            )
            for pain in told.pains
        ),
    )


def _sets_done(notes: Iterable[Note], exercises: Mapping[str, Exercise]) -> Iterator[past.SetDone]:
    """From the moment on in which somebody asked for an easier way, an exercise's sets are eased."""
    eased: set[str] = set()
    for note in notes:
        detail: Detail = dict(note.detail)
        if note.kind == "change" and detail.get("what") == "easier":
            eased.add(note.exercise)
        if note.kind == "set":
            yield past.SetDone(
                exercise=note.exercise,
                level=_level(detail, exercises.get(note.exercise)),
                completed=bool(detail.get("completed", False)),
                repetitions=_count(detail, "repetitions"),
                eased=note.exercise in eased or detail.get("ended") == "easier",
            )


def _level(detail: Detail, exercise: Exercise | None) -> int:
    if "level" in detail:
        return _count(detail, "level")
    variant = _text(detail, "variant")
    if exercise is None or not variant:
        return 0
    easier = {variant.name: -level for level, variant in enumerate(exercise.easier, start=1)}
    harder = {variant.name: level for level, variant in enumerate(exercise.harder, start=1)}
    return (easier | harder).get(variant, 0)


def _rated(session: past.SessionDone, answers: Mapping[str, Answer]) -> past.SessionDone:
    effort, enjoyed = answers.get("effort"), answers.get("enjoyed")
    return replace(
        session,
        effort=cast("past.Effort", effort) if effort in get_args(past.Effort) else None,
        enjoyed=enjoyed if isinstance(enjoyed, bool) else None,
    )


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
