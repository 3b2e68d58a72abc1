"""The calendar of reminders in its small file, so that a restart neither forgets a snooze nor tells a thing twice.

What it means, and when something falls due, is decided in ``coach/home/reminders.py``. A file that cannot be read
counts as an empty one, which is told; where nothing can be written, reminders last until the next restart.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from coach.home.reminders import Calendar

_CALENDAR: Final = TypeAdapter(Calendar)
_LARGEST_FILE: Final = 100_000


class KeptCalendar:
    """A calendar that outlives the process.

    Args:
        path: the file; its folder is made if it is missing.
        warn: told in one sentence what is not as it should be; from another thread, too.
    """

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._path = path
        self._warn = warn
        self._calendar = self._read()
        self._failing = False
        # A card may take longer to write than a block of sound lasts: so it is done behind the loop's back.
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="calendar")

    @property
    def calendar(self) -> Calendar:
        """The calendar as it was kept last."""
        return self._calendar

    def keep(self, calendar: Calendar) -> None:
        """Keep this from now on. Returns at once; never raises."""
        if calendar != self._calendar:
            self._calendar = calendar
            self._writer.submit(self._write, calendar)

    def close(self) -> None:
        """Write what is still waiting. Calling it again does nothing."""
        self._writer.shutdown()

    def _read(self) -> Calendar:
        try:
            with self._path.open("rb") as file:
                return _CALENDAR.validate_json(file.read(_LARGEST_FILE))
        except FileNotFoundError:
            return Calendar()
        except OSError as error:
            self._warn(f"The reminders in {self._path} cannot be read: {error.strerror or error}.")
        except ValidationError:
            self._warn(f"The reminders in {self._path} are damaged: they begin anew.")
        return Calendar()

    def _write(self, calendar: Calendar) -> None:
        try:
            _replace(self._path, _CALENDAR.dump_json(calendar))
        except OSError as error:
            if not self._failing:
                why = error.strerror or error
                self._warn(f"The reminders in {self._path} cannot be written: {why}. A restart will forget them.")
            self._failing = True
        else:
            self._failing = False


def _replace(path: Path, content: bytes) -> None:
    """Replace the file in one step that a power cut cannot halve."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = path.with_name(f".{path.name}")
    with written.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    written.replace(path)
