"""The history for other programs: everything that was noted, as JSON or as one table; written whole or not at all.

JSON holds all there is, as it is. The table is for a spreadsheet: a line for each note, a column for each detail
that any note has, so that a filter on the column ``note`` gives all sets, pains or answers.
"""

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from coach.devices.store import MIGRATIONS, Recorded
from coach.errors import CoachError

FORMAT: Final = "lower-back-coach history"

COLUMNS: Final = ("session", "of", "began", "time", "note", "exercise")
"""What every line of the table has; a detail of the same name is called ``detail_`` and its name."""

SPREADSHEET: Final = "utf-8-sig"
"""Spreadsheets take a table for UTF-8 by this mark alone."""


def as_json(sessions: Iterable[Recorded], now: datetime) -> str:
    """Return all sessions and interviews, the oldest first, with all their notes as they were noted.

    Args:
        sessions: what to export.
        now: when it is exported.
    """
    told = {
        "format": FORMAT,
        "schema_version": len(MIGRATIONS),
        "exported_at": now.isoformat(timespec="seconds"),
        "sessions": [
            {
                "id": session.id,
                "routine": session.routine,
                "started_at": session.started_at.isoformat(),
                "notes": [
                    {
                        "at_ms": note.at,
                        "kind": note.kind,
                        "exercise": note.exercise,
                        "detail": dict(note.detail),
                    }
                    for note in session.notes
                ],
            }
            for session in _oldest_first(sessions)
        ],
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def as_csv(sessions: Iterable[Recorded]) -> str:
    """Return a table with a line for each note, the oldest first; times are local, as a spreadsheet reads them."""
    ordered = _oldest_first(sessions)
    details = dict.fromkeys(key for session in ordered for note in session.notes for key, _ in note.detail)
    page = io.StringIO(newline="")
    table = csv.writer(page)
    table.writerow([*COLUMNS, *(f"detail_{key}" if key in COLUMNS else key for key in details)])
    for session in ordered:
        for note in session.notes:
            told = dict(note.detail)
            at = session.started_at + timedelta(milliseconds=note.at)
            table.writerow(
                [
                    session.id,
                    session.routine,
                    f"{session.started_at:%Y-%m-%d %H:%M:%S}",
                    f"{at:%Y-%m-%d %H:%M:%S}",
                    note.kind,
                    note.exercise,
                    *(_cell(told.get(key, "")) for key in details),
                ]
            )
    return page.getvalue()


def _oldest_first(sessions: Iterable[Recorded]) -> Sequence[Recorded]:
    return sorted(sessions, key=lambda session: session.id)


def _cell(value: str | int | bool) -> str | int:  # noqa: FBT001 - one of the kinds of values
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is complete, readable by its owner only, or leave what was there.

    Raises:
        coach.errors.CoachError: it cannot be written.
    """
    path = path.expanduser().resolve()
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "no ordinary file"
        raise CoachError(f"{path} is {kind}.", "Name a file with --out.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise CoachError(
            f"The export cannot be written to {path}: {error.strerror}.", "Name another file with --out."
        ) from error
