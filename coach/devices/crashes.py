"""How often the coach crashed in a row: what a new start must know of the one before.

Here live the rules (pure functions on a :class:`Record`) and the small file that outlives the process. What a safe
mode leaves out, and what it says, is decided by whoever serves.

A start that was neither ended in an orderly way nor reported as failed was killed: by the watchdog, for want of
memory, by a fault in a library. Only what happened since the machine was switched on counts: pulling the plug is
the usual way to switch a speaker off, and also what a person does to help a machine that misbehaves. A crash after
a long good run begins a new row, or else two crashes a year apart would end in safe mode.

Clocks of a speaker jump (it has none that runs without power), so time is counted since it was switched on.

There is one row of crashes, and one coach that counts it: whoever holds the folder (``flock``), which the kernel
lets go of however a process ends. A second coach, tried by hand beside the service, does not count.

Nothing here is ever fatal. A file that cannot be read counts as none; where nothing can be written, crashes are
not counted, and :attr:`CrashLog.trouble` says so.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

SAFE_AFTER = 2
"""Crashes in a row after which the coach starts in safe mode."""

GOOD_RUN_S = 600.0
"""After running this long, a crash is the first of its row."""

LONGEST_PAUSE_S = 60
"""Between two starts of a coach that crashes at once: a home where nobody looks for months shall keep its card."""

KILLED = "It was killed, or ended without a word."
"""The reason of a crash that nobody could write down."""

_LONGEST_REASON = 1_000
_LARGEST_FILE = 10_000
_BEYOND = 1 << 40
"""Neither crashes nor seconds come as far. A whole number in the file could go where no float follows it."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, as a machine without a clock knows it.

    Attributes:
        boot: what tells this run of the machine from all others.
        s: seconds since it was switched on.
    """

    boot: str
    s: float


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of the latest start.

    Attributes:
        running: it has neither ended in an orderly way nor failed with a sentence.
        crashes: how many starts in a row crashed, up to the one before this.
        reason: why the last of them did, one sentence; empty if none ever did.
        boot: the run of the machine that it belongs to.
        began_s: when it began, in seconds since the machine was switched on.
    """

    running: bool = False
    crashes: int = 0
    reason: str = ""
    boot: str = ""
    began_s: float = 0.0

    @property
    def safe_mode(self) -> bool:
        """Whether to start in safe mode; :attr:`reason` says why."""
        return self.crashes >= SAFE_AFTER

    @property
    def pause_s(self) -> int:
        """How many seconds to wait before anything else: none at first, then ever longer."""
        if not self.safe_mode:
            return 0
        return min(LONGEST_PAUSE_S, 5 << min(self.crashes - SAFE_AFTER, 10))


def begun(before: Record, now: Moment) -> Record:
    """Return the record of a start, given what is known of the one before."""
    if before.boot != now.boot or before.began_s > now.s:
        return Record(running=True, reason=before.reason, boot=now.boot, began_s=now.s)
    known = failed(before, KILLED, now) if before.running else before
    return replace(known, running=True, began_s=now.s)


def ended(record: Record) -> Record:
    """Return the record of a start that ended in an orderly way, which ends the row of crashes."""
    return replace(record, running=False, crashes=0)


def failed(record: Record, reason: str, now: Moment) -> Record:
    """Return the record of a start that crashed, with one sentence why."""
    good_run = now.boot == record.boot and now.s - record.began_s >= GOOD_RUN_S
    before = 0 if good_run else record.crashes
    sentence = " ".join(reason.split())[:_LONGEST_REASON] or KILLED
    return replace(record, running=False, crashes=before + 1, reason=sentence)


def this_moment() -> Moment:
    """Return now."""
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        boot = "unknown"
    return Moment(boot, time.clock_gettime(time.CLOCK_BOOTTIME))


class CrashLog:
    """The record in its file.

    Args:
        path: the file, in the state folder, which is made if it is missing.
        now: tells the moment.
    """

    def __init__(self, path: Path, now: Callable[[], Moment] = this_moment) -> None:
        self._path = path
        self._now = now
        self._record = read(path)
        self.trouble = ""
        """Why the record could not be written; empty if it could."""
        self.beside_another = False
        """Whether another coach is running that keeps the record: this one reads and writes none."""
        self._folder: int | None = None

    def started(self) -> Record:
        """Note that the coach starts. Call it first of all.

        Returns:
            How often it crashed before, and why; nothing of it beside another coach.
        """
        try:
            self._folder = _hold(self._path.parent)
        except BlockingIOError:
            self.beside_another = True
            return Record()
        except OSError:  # not every file system can: then it is as if nobody else were there
            pass
        self._record = read(self._path)
        return self._keep(begun(self._record, self._now()))

    def ended(self) -> None:
        """Note that it ended in an orderly way: it was stopped, or lost a device that may come back."""
        self._keep(ended(self._record))
        self._let_go()

    def failed(self, reason: str) -> None:
        """Note that it crashed.

        Args:
            reason: one sentence, as the person would be told.
        """
        self._keep(failed(self._record, reason, self._now()))
        self._let_go()

    def _let_go(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            os.close(folder)

    def _keep(self, record: Record) -> Record:
        self._record = record
        if self.beside_another:
            return record
        try:
            _write(self._path, record)
        except OSError as error:
            self.trouble = f"{self._path} cannot be written: {error.strerror or error}."
        else:
            self.trouble = ""
        return record


def look(path: Path) -> Record | None:
    """Return the record as :func:`read` does; None if whoever asks may not see it. Never raises.

    systemd keeps the state of a service of the system (``DynamicUser=``) in a folder that only root may enter.
    """
    try:
        path.open("rb").close()
    except PermissionError:
        return None
    except OSError:
        pass
    return read(path)


def read(path: Path) -> Record:
    """Return the record in a file; an empty one if the file is missing, unreadable or damaged. Never raises."""
    try:
        with path.open("rb") as file:
            fields = json.loads(file.read(_LARGEST_FILE))
    except (OSError, ValueError, RecursionError):
        return Record()
    match fields:
        case {
            "running": bool() as running,
            "crashes": int() as crashes,
            "reason": str() as reason,
            "boot": str() as boot,
            "began_s": int() | float() as began_s,
        } if 0 <= crashes < _BEYOND and 0 <= began_s < _BEYOND:
            return Record(running, int(crashes), reason, boot, float(began_s))
        case _:
            return Record()


def _hold(folder: Path) -> int:
    """Return a descriptor of the folder, which is ours until that is closed.

    Raises:
        BlockingIOError: another coach holds it.
        OSError: it cannot be made, or not be held.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        raise
    return held


def _write(path: Path, record: Record) -> None:
    """Replace the file in one step that a power cut cannot halve."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = path.with_name(f".{path.name}")
    with written.open("w", encoding="utf-8") as file:
        json.dump(asdict(record), file)
        file.flush()
        os.fsync(file.fileno())
    written.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
