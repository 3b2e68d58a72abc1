"""The store: what happened, kept in an SQLite file as it happens, and read back.

Here live the file's schema, the one thread that writes it, the functions that read and check it, and the one that
forgets. What the notes mean to a person is told in ``coach/history.py``; what is worth noting is decided by the
session.

The history is append-only: one row for a session or an interview, one for each of its notes. A note's details are
JSON, so a new kind of detail needs no new schema and no older coach loses it; views spread them into columns for
whoever asks in plain SQL: ``summary`` (a line for each exercise session), ``set_done``, ``pause``, ``pain``,
``change``, ``interview`` (a line for each) and ``answer`` (those that count)::

    SELECT exercise, sum(repetitions) FROM set_done GROUP BY exercise;
    SELECT date(started_at), answer FROM answer WHERE question = 'back';

Only whole sessions are ever deleted, only by ``forget``, and only when a person asks for it.

Each note is its own transaction, synced to the disk before the next one begins: pulling the plug loses what
is being done, never what was done. A speaker without a battery-backed clock may start in the wrong year, so
sessions are in the order of their ids, and only a session's beginning has a date; a note's time is the
session's own, counted in sound.
"""

import errno
import fcntl
import json
import os
import re
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Collection, Iterable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import Final, TypeGuard

from coach.errors import StoreBusy, StoreFailed
from coach.session.messages import Milliseconds, Note

APPLICATION_ID = int.from_bytes(b"back", "big")
"""Stands in the file's header and tells our histories from other programs' databases."""

MIGRATIONS = (
    f"""
    PRAGMA application_id = {APPLICATION_ID};

    CREATE TABLE session (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        routine    TEXT NOT NULL,  -- the routine's identifier
        started_at TEXT NOT NULL   -- ISO 8601, local time with its offset from UTC
    );

    CREATE TABLE note (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        session  INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
        at_ms    INTEGER NOT NULL,  -- since the session began
        kind     TEXT NOT NULL,     -- session, set, pause, pain, change, end
        exercise TEXT NOT NULL,     -- the exercise's identifier, or empty
        detail   TEXT NOT NULL      -- a JSON object
    );
    CREATE INDEX note_of_session ON note (session);

    CREATE TRIGGER session_is_never_rewritten BEFORE UPDATE ON session
        BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
    CREATE TRIGGER note_is_never_rewritten BEFORE UPDATE ON note
        BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;

    CREATE VIEW set_done AS SELECT
        session, at_ms, exercise,
        json_extract(detail, '$.round')       AS round,
        json_extract(detail, '$.side')        AS side,
        json_extract(detail, '$.repetitions') AS repetitions,
        json_extract(detail, '$.planned')     AS planned,
        json_extract(detail, '$.seconds')     AS seconds,
        json_extract(detail, '$.variant')     AS variant,
        json_extract(detail, '$.completed')   AS completed
        FROM note WHERE kind = 'set';
    CREATE VIEW pause AS SELECT
        session, at_ms, exercise,
        json_extract(detail, '$.state') AS state
        FROM note WHERE kind = 'pause';
    CREATE VIEW pain AS SELECT
        session, at_ms, exercise,
        json_extract(detail, '$.round') AS round,
        json_extract(detail, '$.words') AS words,
        json_extract(detail, '$.state') AS state
        FROM note WHERE kind = 'pain';
    CREATE VIEW change AS SELECT
        session, at_ms, exercise,
        json_extract(detail, '$.what') AS what,
        json_extract(detail, '$.to')   AS "to"
        FROM note WHERE kind = 'change';
    CREATE VIEW summary AS SELECT
        session.id AS session, started_at, routine,
        round(coalesce(max(at_ms), 0) / 60000.0, 1) AS minutes,
        max(CASE WHEN kind = 'end' THEN json_extract(detail, '$.outcome') END) AS outcome,
        count(CASE WHEN kind = 'set' THEN 1 END) AS sets,
        coalesce(sum(CASE WHEN kind = 'set' THEN json_extract(detail, '$.repetitions') END), 0)
            AS repetitions,
        count(CASE WHEN kind = 'pause' THEN 1 END) AS pauses,
        count(CASE WHEN kind = 'pain' THEN 1 END) AS pains
        FROM session LEFT JOIN note ON note.session = session.id GROUP BY session.id;
    """,
    # An interview is a session whose first note says so; its answers are notes too, and the last one counts. What
    # is told about a pain when asked comes in a note of its own, after the one that halted the session.
    """
    CREATE VIEW interview AS SELECT
        started.session AS session, started_at,
        json_extract(started.detail, '$.interview') AS interview,
        json_extract(ended.detail, '$.outcome')     AS outcome,
        json_extract(ended.detail, '$.conclusion')  AS conclusion
        FROM note AS started
        JOIN session ON session.id = started.session
        LEFT JOIN note AS ended ON ended.session = started.session AND ended.kind = 'end'
        WHERE started.kind = 'interview';
    CREATE VIEW answer AS SELECT
        note.session AS session, session.started_at AS started_at, interview, at_ms,
        json_extract(detail, '$.question') AS question,
        CASE json_type(detail, '$.answer') WHEN 'true' THEN 'yes' WHEN 'false' THEN 'no'
            ELSE json_extract(detail, '$.answer') END AS answer
        FROM note LEFT JOIN interview ON interview.session = note.session
        JOIN session ON session.id = note.session
        WHERE note.id IN (
            SELECT max(id) FROM note WHERE kind = 'answer' GROUP BY session, json_extract(detail, '$.question')
        ) AND json_extract(detail, '$.answer') NOT IN ('skipped', 'withdrawn');

    DROP VIEW set_done;
    CREATE VIEW set_done AS SELECT
        session, at_ms, exercise,
        json_extract(detail, '$.round')       AS round,
        json_extract(detail, '$.side')        AS side,
        json_extract(detail, '$.repetitions') AS repetitions,
        json_extract(detail, '$.planned')     AS planned,
        json_extract(detail, '$.seconds')     AS seconds,
        json_extract(detail, '$.variant')     AS variant,
        json_extract(detail, '$.completed')   AS completed,
        json_extract(detail, '$.level')       AS level,
        json_extract(detail, '$.ended')       AS ended
        FROM note WHERE kind = 'set';

    DROP VIEW pain;
    CREATE VIEW pain AS SELECT
        hurt.session AS session, hurt.at_ms AS at_ms, hurt.exercise AS exercise,
        json_extract(hurt.detail, '$.round')    AS round,
        json_extract(hurt.detail, '$.words')    AS words,
        json_extract(hurt.detail, '$.state')    AS state,
        json_extract(told.detail, '$.where')    AS place,
        json_extract(told.detail, '$.strength') AS strength,
        json_extract(told.detail, '$.kind')     AS kind,
        json_extract(told.detail, '$.response') AS response,
        hurt.kind = 'red_flag' OR coalesce(json_extract(hurt.detail, '$.red_flag'), 0) AS red_flag
        FROM note AS hurt LEFT JOIN note AS told ON hurt.kind = 'pain' AND told.id = (
            SELECT max(id) FROM note
            WHERE kind = 'pain_told' AND session = hurt.session AND id > hurt.id AND id < (
                SELECT coalesce(min(id), 9e18) FROM note
                WHERE kind = 'pain' AND session = hurt.session AND id > hurt.id
            )
        )
        WHERE hurt.kind IN ('pain', 'red_flag');

    DROP VIEW summary;
    CREATE VIEW summary AS SELECT
        session.id AS session, started_at, routine,
        round(coalesce(max(at_ms), 0) / 60000.0, 1) AS minutes,
        max(CASE WHEN kind = 'end' THEN json_extract(detail, '$.outcome') END) AS outcome,
        count(CASE WHEN kind = 'set' THEN 1 END) AS sets,
        coalesce(sum(CASE WHEN kind = 'set' THEN json_extract(detail, '$.repetitions') END), 0)
            AS repetitions,
        count(CASE WHEN kind = 'pause' THEN 1 END) AS pauses,
        count(CASE WHEN kind = 'pain' THEN 1 END) AS pains,
        count(CASE WHEN kind = 'red_flag' THEN 1 END) AS red_flags
        FROM session LEFT JOIN note ON note.session = session.id
        GROUP BY session.id HAVING count(CASE WHEN kind = 'interview' THEN 1 END) = 0;
    """,
)
"""How to get from each version of the schema to the next; ``PRAGMA user_version`` counts those done.

Each was released as it stands: files made by it lie on other people's cards, so it is never edited, only followed
by another. All that are due happen in one transaction."""

SQLITE_ERRORS: Final = (sqlite3.Error, UnicodeDecodeError)
"""What Python's module raises; the latter in place of an error whose message quotes a spoiled schema."""

SESSIONS = """
    SELECT id, routine, started_at, (SELECT count(*) FROM note WHERE note.session = session.id) FROM session
"""
NOTES = "SELECT session, at_ms, kind, exercise, detail FROM note"
"""How a history is read."""

EVERYTHING = -1
"""As SQLite's LIMIT: none."""

NEVER = 1 << 62
"""No session has so high a number."""

SPOILED = "spoiled"
"""The one detail of a note about a pain that cannot be read; never written."""

BEYOND = 1 << 40
"""No number in a history is as large, no time as late: 35 years, in milliseconds."""

BUSY_WITHIN_S = 2.0
"""How long the writer waits for another program that holds the file, before it tells and tries later."""

CLOSE_WITHIN_S = 5.0
"""How long closing waits for the disk; the person is waiting too."""


class SqliteStore:
    """Appends one session's notes to a history file (see ``coach.ports.Store``).

    The session appears in the history with its first note: a coach that fails before leaves no trace.

    Args:
        path: the history file; it and its directory are created, readable by their owner only.
        routine: the routine's identifier.
        started_at: when the session begins, with its time zone.

    Raises:
        coach.errors.StoreBusy: another coach is writing to this history.
        coach.errors.StoreFailed: the file cannot be opened or written, is no history, or is of a newer coach.
            A damaged history does not raise here: it is set aside, kept, and the first ``keep`` tells.
    """

    def __init__(self, path: Path, *, routine: str, started_at: datetime) -> None:
        if started_at.tzinfo is None:
            raise ValueError("started_at needs a time zone")
        self._path = path.expanduser().resolve()
        self._row = (routine, started_at.isoformat(timespec="seconds"))
        self._session_id: int | None = None
        # Not bounded: a session makes some hundreds of notes, and a bound could only lose some.
        self._waiting: deque[tuple[int, str, str, str]] = deque()
        self._changed = threading.Condition()
        self._kept = 0
        self._tried = 0
        self._closing = False
        self._failing: StoreFailed | None = None
        with ExitStack() as undo:
            self._lock, opened_before = _lock(self._path, self._row[1])
            undo.enter_context(self._lock)
            self._untold = _set_aside_if_damaged(self._path, started_at, opened_before=opened_before)
            self._connection = _connect_to_write(self._path)
            undo.pop_all()
        self._writer = threading.Thread(target=self._write_behind, name="store", daemon=True)
        self._writer.start()

    def keep(self, note: Note) -> None:
        """Append one note; returns at once.

        Raises:
            coach.errors.StoreFailed: an earlier note could not be written. Raised once until writing works
                again; this note, too, is kept in memory and tried again with each later one and at the end.
        """
        row = (note.at, note.kind, note.exercise, json.dumps(dict(note.detail)))
        with self._changed:
            if self._closing:
                raise StoreFailed(
                    f"A note came after the history at {self._path} was closed.",
                    "This is a defect of the coach: please report it.",
                )
            self._waiting.append(row)
            self._kept += 1
            self._changed.notify_all()
            trouble, self._untold = self._untold, None
        if trouble:
            raise trouble

    def settle(self, within_s: float = CLOSE_WITHIN_S) -> bool:
        """Wait until the disk has answered for every note kept so far; return whether all are written."""
        with self._changed:
            answered = self._changed.wait_for(lambda: self._tried == self._kept, timeout=within_s)
            return answered and not self._waiting

    def close(self) -> None:
        """Write what is still waiting, for at most ``CLOSE_WITHIN_S``. Calling it again does nothing.

        Raises:
            coach.errors.StoreFailed: some notes could not be written, and are lost.
        """
        with self._changed:
            if self._closing:
                return
            self._closing = True
            self._changed.notify_all()
        self._writer.join(timeout=CLOSE_WITHIN_S)
        if not self._writer.is_alive():
            # A writer that hangs in the disk may still write: then the lock goes with the process.
            self._lock.close()
        if lost := len(self._waiting):
            reason = self._failing or StoreFailed(
                f"The history at {self._path} cannot be written: the disk does not answer.",
                "Check the disk and its cable.",
            )
            notes = "1 note" if lost == 1 else f"{lost} notes"
            raise StoreFailed(
                f"{notes} of this session could not be saved. {reason.what}",
                reason.remedy,
            )

    def _write_behind(self) -> None:
        """The writer's thread: after each new note, write whatever waits, in order."""
        with closing(self._connection):
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._tried < self._kept or self._closing)
                    kept, closing_now = self._kept, self._closing
                failed = self._write_waiting()
                with self._changed:
                    if failed and not self._failing:
                        self._untold = StoreFailed(
                            failed.what,
                            f"{failed.remedy} Until then the notes are kept in memory and tried again.",
                        )
                    self._failing = failed
                    self._tried = kept
                    self._changed.notify_all()
                if closing_now:
                    return

    def _write_waiting(self) -> StoreFailed | None:
        while self._waiting:
            try:
                self._write(self._waiting[0])
            except SQLITE_ERRORS as error:
                return _failed(self._path, error)
            self._waiting.popleft()
        return None

    def _write(self, row: tuple[int, str, str, str]) -> None:
        with self._connection:
            session_id = self._session_id
            if session_id is None:
                session_id = self._connection.execute(
                    "INSERT INTO session (routine, started_at) VALUES (?, ?)", self._row
                ).lastrowid
            self._connection.execute(
                "INSERT INTO note (session, at_ms, kind, exercise, detail) VALUES (?, ?, ?, ?, ?)",
                (session_id, *row),
            )
        self._session_id = session_id


@dataclass(frozen=True, slots=True)
class Recorded:
    """One session as it stands in the history.

    Attributes:
        id: counts the sessions of this history from 1, in their true order.
        routine: the routine's identifier.
        started_at: with the time zone it had then.
        notes: in order.
        running: True if a coach is writing to it at this moment.
        rows: how many notes stand there, with those that cannot be read.
    """

    id: int
    routine: str
    started_at: datetime
    notes: tuple[Note, ...]
    running: bool
    rows: int = 0


def read_history(path: Path, newest: int | None = None, before: Iterable[Recorded] = ()) -> list[Recorded]:
    """Return the newest sessions and interviews, the newest first; none if there is no history yet.

    Changes nothing, needs no lock, and works while a coach writes or after one was killed, and with a file of an
    older coach. A row that another program or the card has spoiled is passed over; of a note about a pain it is
    kept that there was one (``SPOILED``). ``find_damage`` tells of both.

    Args:
        path: the history file.
        newest: how many; None for all.
        before: what this returned the last time. Nothing is ever rewritten, so a session to which no note has come
            since is not read again, but handed back.

    Raises:
        coach.errors.StoreFailed: the file cannot be read, is no history, or is of a newer coach.
    """
    path = path.expanduser().resolve()
    if not is_there(path):
        return []
    at_work = _session_at_work(path)
    try:
        with closing(_connect_to_read(path)) as connection:
            if not _is_ours(connection, path):
                return []
            connection.execute("BEGIN")  # one snapshot for both tables
            limit = EVERYTHING if newest is None else newest
            sessions = [
                Recorded(session_id, routine, datetime.fromisoformat(began), (), began == at_work, rows)
                for session_id, routine, began, rows in connection.execute(
                    f"{SESSIONS} ORDER BY id DESC LIMIT ?", (limit,)
                )
                if isinstance(routine, str) and _is_moment(began)
            ]
            known = {it.id: it for it in before}
            same = {it.id for it in sessions if it.id in known and it == replace(known[it.id], notes=())}
            notes: dict[int, list[Note]] = {it.id: [] for it in sessions if it.id not in same}
            # The table from end to end, and not by its index ("+"): quick_check does not notice a spoiled one.
            for session_id, *row in connection.execute(
                f"{NOTES} WHERE +session >= ? ORDER BY id", (min(notes, default=NEVER),)
            ):
                if session_id in notes and (note := _note(*row) or _what_is_left(*row[:3])):
                    notes[session_id].append(note)
    except SQLITE_ERRORS as error:
        raise _failed(path, error, to="read") from error
    return [known[it.id] if it.id in same else replace(it, notes=tuple(notes[it.id])) for it in sessions]


def is_there(path: Path) -> bool:
    """Return whether there is a file at a history's place.

    Raises:
        coach.errors.StoreFailed: it may not even be looked for.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _forbidden(path, error, to="read") from error
    return True


def _note(at_ms: object, kind: object, exercise: object, detail: object) -> Note | None:
    """A note as it was kept, or None if it is spoiled: SQLite lets any column hold anything."""
    if not (_is_time(at_ms) and isinstance(kind, str) and isinstance(exercise, str) and isinstance(detail, str)):
        return None
    details = _details(detail)
    # A newer coach may know more kinds; a reader shows those that it knows.
    return None if details is None else Note(Milliseconds(at_ms), kind, exercise, details)  # type: ignore[arg-type]


@lru_cache(maxsize=4096)  # one set is much like another: most of two years' notes say what an earlier one said
def _details(text: str) -> tuple[tuple[str, str | int | bool], ...] | None:
    try:
        fields = json.loads(text)
        if "\\u" in text:  # half of a pair of surrogates can neither be shown nor handed out
            json.dumps(fields, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or not all(map(_is_told, fields.values())):
        return None
    return tuple(fields.items())


def _what_is_left(at_ms: object, kind: object, exercise: object) -> Note | None:
    """That there was a pain, of a spoiled note: nobody shall practise on as if nothing had been."""
    if kind not in ("pain", "red_flag", "pain_told"):
        return None
    at = Milliseconds(at_ms if _is_time(at_ms) else 0)
    return Note(at, kind, exercise if isinstance(exercise, str) else "", ((SPOILED, True),))


def _is_told(value: object) -> bool:
    # Neither infinity nor what is no number is less than anything.
    return isinstance(value, str) or (isinstance(value, int | float) and abs(value) < BEYOND)


def _is_time(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and 0 <= value < BEYOND


# --- Checking --------------------------------------------------------------------------------------------


def find_damage(path: Path) -> list[str]:
    """Examine every page, reference and detail of a history; return what is wrong, nothing if it is sound.

    Changes nothing, and may be called while a coach writes.

    Raises:
        coach.errors.StoreFailed: the file cannot be read, is no history, or is of a newer coach.
    """
    path = path.expanduser().resolve()
    if not is_there(path):
        return []
    try:
        with closing(_connect_to_read(path)) as connection:
            if not _is_ours(connection, path):
                return []
            return [
                *(f"{told}" for (told,) in connection.execute("PRAGMA integrity_check") if told != "ok"),
                *(
                    f"note {row} belongs to no session"
                    for _, row, *_ in connection.execute("PRAGMA foreign_key_check")
                ),
                *(
                    f"note {row} is spoiled"
                    for row, *noted in connection.execute("SELECT id, at_ms, kind, exercise, detail FROM note")
                    if not _note(*noted)
                ),
                *(
                    f"session {row} is of no routine: {routine!r}"
                    for row, routine in connection.execute("SELECT id, routine FROM session")
                    if not isinstance(routine, str)
                ),
                *(
                    f"session {row} began at no time that can be read: {began!r}"
                    for row, began in connection.execute("SELECT id, started_at FROM session")
                    if not _is_moment(began)
                ),
            ]
    except SQLITE_ERRORS as error:
        if _code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} and _beside(path, ".lock").exists():
            return ["the schema is spoiled" if isinstance(error, UnicodeDecodeError) else f"{error}"]
        raise _failed(path, error, to="read") from error


def _is_moment(text: object) -> bool:
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


# --- Forgetting ------------------------------------------------------------------------------------------


def forget(path: Path, sessions: Collection[int] | None, now: datetime) -> None:
    """Delete sessions and interviews with all their notes, so that nothing of them is left in any file.

    SQLite overwrites the deleted rows, rebuilds the file without them and empties its journal. What a memory card
    keeps of overwritten blocks by itself is out of anybody's reach.

    Args:
        path: the history file.
        sessions: their ids; None for all, and the damaged histories that were set aside as well.
        now: names a damaged history, should this be one and not everything be forgotten.

    Raises:
        coach.errors.StoreBusy: a coach is writing to this history.
        coach.errors.StoreFailed: the file is no history, is damaged, or cannot be written; or another program
            reads it at this moment.
    """
    path = path.expanduser().resolve()
    if not is_there(path) and not set_aside(path):
        return
    with ExitStack() as undo:
        lock, opened_before = _lock(path, started_at="")
        undo.enter_context(lock)
        if sessions is None:
            _set_aside_if_damaged(path, now, opened_before=opened_before)
            for damaged in set_aside(path):
                _shred(damaged)
        if path.exists():
            connection = undo.enter_context(closing(_connect_to_write(path)))
            try:
                _erase(connection, path, sessions)
            except SQLITE_ERRORS as error:
                raise _failed(path, error) from error
        lock.truncate(0)  # it said when the last session began


def files_of(path: Path) -> list[Path]:
    """Return every file that belongs to a history, whether it is there or not, and what was set aside."""
    path = path.expanduser().resolve()
    return [*(_beside(path, suffix) for suffix in ("", "-wal", "-shm", ".lock")), *set_aside(path)]


def set_aside(path: Path) -> list[Path]:
    """Return the damaged histories and their journals that were set aside beside a history, ordered by name."""
    path = path.expanduser().resolve()
    stem, suffix = re.escape(path.stem), re.escape(path.suffix)
    name = re.compile(rf"{stem}\.damaged-\d{{8}}T\d{{6}}(-\d+)?{suffix}(-wal|-shm)?")
    try:
        return sorted(file for file in path.parent.iterdir() if name.fullmatch(file.name))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _forbidden(path, error, to="read") from error


def _erase(connection: sqlite3.Connection, path: Path, sessions: Collection[int] | None) -> None:
    connection.isolation_level = None  # VACUUM wants no transaction of Python's making
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")  # VACUUM would put a copy of what stays in a folder for all
    if not _journal_emptied(connection):
        raise _cannot(path, "changed", "another program is reading it", "Close that program; nothing was deleted")
    connection.execute("BEGIN IMMEDIATE")
    if sessions is None:
        connection.execute("DELETE FROM session")
        connection.execute("DELETE FROM sqlite_sequence")
    else:
        connection.executemany("DELETE FROM session WHERE id = ?", [(session,) for session in sessions])
    connection.execute("COMMIT")
    connection.execute("VACUUM")  # pages that were split still hold old copies of rows
    if not _journal_emptied(connection):
        raise StoreFailed(
            f"The sessions are deleted, but another program has begun to read the history at {path}, and its "
            "journal still holds them.",
            "Close that program: the journal is emptied at the end of the next session.",
        )


def _journal_emptied(connection: sqlite3.Connection) -> bool:
    (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _shred(file: Path) -> None:
    try:
        with file.open("r+b", buffering=0) as shredded:
            size = shredded.seek(0, os.SEEK_END)
            shredded.seek(0)
            shredded.write(bytes(size))
            os.fsync(shredded)
        file.unlink()
    except OSError as error:
        raise _forbidden(file, error, to="deleted") from error


# --- One writer at a time --------------------------------------------------------------------------------


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _lock(path: Path, started_at: str) -> tuple[FileIO, bool]:
    """Become the only writer; return the open lock file and whether a coach has been here before.

    The file says who holds the lock: the process, and the session by its beginning. The kernel frees the lock
    with the process, however it dies. The file stays: removing it would let two coaches hold locks on two
    files of the same name.
    """
    lock_path = _beside(path, ".lock")
    with ExitStack() as undo:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            opened_before = lock_path.exists()
            if not opened_before and path.is_file():
                _refuse_other_files(path)
            lock = undo.enter_context(FileIO(lock_path, "r+", opener=_create_for_owner_only))
            if not _locks(lock):
                pid = lock.read().decode().partition(" ")[0]
                raise StoreBusy(
                    f"Another coach (process {pid or 'unknown'}) is writing to the history at {path}.",
                    "Stop that one first, or give this one a history of its own with --store.",
                )
            lock.truncate(0)
            lock.write(f"{os.getpid()} {started_at}\n".encode())
        except OSError as error:
            raise _forbidden(path, error) from error
        undo.pop_all()
        return lock, opened_before


def _locks(lock: FileIO) -> bool:
    # Whoever reads the history holds the lock for a moment too (_session_at_work): that is no second coach.
    for _ in range(4):
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.01)
    return False


def _create_for_owner_only(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT, 0o600)


def _session_at_work(path: Path) -> str:
    """Return when the session began that a coach is leading now, as its row says it; empty if none is."""
    try:
        with _beside(path, ".lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read().partition(" ")[2].strip()
    except OSError:  # no lock file, or not ours to read: then nobody can be told from a killed coach
        return ""
    return ""


# --- Opening ---------------------------------------------------------------------------------------------


def _refuse_other_files(path: Path) -> None:
    """Turn away a file that is no database, before anything is written beside it."""
    with path.open("rb") as file:
        head = file.read(16)
    if head and head != b"SQLite format 3\0":
        raise _not_ours(path)


def _not_ours(path: Path) -> StoreFailed:
    return StoreFailed(f"{path} is not a history of the coach.", "Name another file with --store.")


def _is_ours(connection: sqlite3.Connection, path: Path) -> bool:
    """Return True for a history, False for a database without anything in it.

    Raises:
        coach.errors.StoreFailed: it is another program's, or a newer coach's.
    """
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if application_id not in {0, APPLICATION_ID}:
        raise _not_ours(path)
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application_id == 0 and tables:
        raise _not_ours(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise StoreFailed(
            f"The history at {path} was written by a newer coach "
            f"(its version is {version}, this coach knows versions up to {len(MIGRATIONS)}).",
            "Update this coach, or name another file with --store.",
        )
    return bool(application_id == APPLICATION_ID)


def _connect_to_read(path: Path) -> sqlite3.Connection:
    # SQLite needs to write its -shm file even to read, unless it is told that nobody can be writing.
    frozen = not os.access(path.parent, os.W_OK) and not _beside(path, "-wal").exists()
    uri = f"{path.as_uri()}?mode=ro{'&immutable=1' if frozen else ''}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_WITHIN_S, isolation_level=None)
    connection.text_factory = _text_or_bytes
    return connection


def _text_or_bytes(raw: bytes) -> str | bytes:
    """Text, unless the card has spoiled it: Python's own way would refuse the whole answer, and so every row."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _connect_to_write(path: Path) -> sqlite3.Connection:
    """Open or create the history, at the newest version of the schema, for the writer's thread."""
    try:
        FileIO(path, "r+", opener=_create_for_owner_only).close()
        with ExitStack() as undo:
            connection = sqlite3.connect(path, timeout=BUSY_WITHIN_S, check_same_thread=False)
            undo.callback(connection.close)
            _is_ours(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")  # in WAL mode, less would not sync each note
            connection.execute("PRAGMA foreign_keys = ON")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            # The version is written even when it is the same: a read-only file or a full disk shows now.
            steps = "".join(MIGRATIONS[version:])
            connection.executescript(f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {len(MIGRATIONS)}; COMMIT;")
            undo.pop_all()
            return connection
    except OSError as error:
        raise _forbidden(path, error) from error
    except SQLITE_ERRORS as error:
        raise _failed(path, error) from error


def _set_aside_if_damaged(path: Path, now: datetime, *, opened_before: bool) -> StoreFailed | None:
    """Check the file's integrity; rename a damaged one, with its journal, and return the sentence to tell.

    It is looked at through a connection that cannot write: an ordinary one would, when it closes, copy the
    journal into the damaged file.
    """
    if not path.exists():
        return None
    ours = opened_before
    try:
        with closing(_connect_to_read(path)) as connection:
            is_history = _is_ours(connection, path)
            ours = is_history or ours
            if connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]:
                for rows in (SESSIONS, NOTES) if is_history else ():
                    connection.execute(f"{rows} LIMIT 0")  # a name that is spoiled does not trouble quick_check
                return None
    except SQLITE_ERRORS as error:
        match _code(error):
            case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_ERROR if ours:
                pass
            case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
                raise _not_ours(path) from error
            case sqlite3.SQLITE_READONLY:  # killed while it was created: nothing was stored, opening repairs it
                return None
            case _:
                raise _failed(path, error) from error
    aside = _free_name(path, now)
    try:
        for suffix in ("-wal", "-shm", ""):
            if (part := _beside(path, suffix)).exists():
                part.rename(_beside(aside, suffix))
    except OSError as error:
        raise _forbidden(path, error) from error
    return StoreFailed(
        f"The history at {path} was damaged: it is kept as {aside.name}, and a new one was begun.",
        f"`sqlite3 {aside.name} .recover` may save what is in it.",
    )


def _free_name(path: Path, now: datetime) -> Path:
    first = path.with_name(f"{path.stem}.damaged-{now:%Y%m%dT%H%M%S}{path.suffix}")
    name, count = first, 1
    while name.exists():
        count += 1
        name = first.with_name(f"{first.stem}-{count}{first.suffix}")
    return name


# --- What went wrong, for a person -----------------------------------------------------------------------


FULL_DISK = ("the disk is full", "Free some space on it")


def _code(error: sqlite3.Error | UnicodeDecodeError) -> int:
    """The primary result code; errors that Python's module raises itself have none."""
    if isinstance(error, UnicodeDecodeError):
        return sqlite3.SQLITE_CORRUPT
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _failed(path: Path, error: sqlite3.Error | UnicodeDecodeError, to: str = "written") -> StoreFailed:
    match _code(error):
        case sqlite3.SQLITE_FULL:
            why, remedy = FULL_DISK
        case sqlite3.SQLITE_READONLY:
            why, remedy = "the file or its disk is read-only", "Make it writable"
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            why, remedy = "it cannot be opened", "Check that it is a file which the coach's user may use"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            why, remedy = "another program holds it locked", "Close the program that has it open"
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            why, remedy = "the file is damaged", "The next session sets it aside and begins a new one"
        case _:
            why, remedy = f"{error}", "Check the disk's free space and health"
    return _cannot(path, to, why, remedy)


def _forbidden(path: Path, error: OSError, to: str = "written") -> StoreFailed:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _cannot(path, to, *FULL_DISK)
    place = f" ({error.filename})" if error.filename else ""
    return _cannot(path, to, f"{error.strerror}{place}", "Give the coach's user access to it")


def _cannot(path: Path, to: str, why: str, remedy: str) -> StoreFailed:
    return StoreFailed(
        f"The history at {path} cannot be {to}: {why}.", f"{remedy}, or name another file with --store."
    )
