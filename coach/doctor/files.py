"""The files: content, settings, history, disk, and whether what was installed is still as it was."""

import base64
import difflib
import errno
import hashlib
import os
import shutil
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path

from coach.content.places import content_root
from coach.doctor import Finding
from coach.errors import StoreFailed
from coach.installation.versions import PACKAGE

_found = partial(Finding, "files")

FREE_LITTLE_MB, FREE_TOO_LITTLE_MB = 500, 50
"""A session writes some kilobytes; an upgrade wants about 600 MB, a full card makes everything else fail."""

SLOW_CARD_MS = 2_000.0


# --- Content and settings --------------------------------------------------------------------------------


def judge_content(files: int, mistakes: Sequence[str], warnings: Sequence[str]) -> Finding:
    """Return what follows from a check of the content.

    Args:
        files: how many were read.
        mistakes: each with its file, place and remedy.
        warnings: likewise.
    """
    figures = {"files": files, "mistakes": len(mistakes), "warnings": len(warnings)}
    if mistakes:
        return _found(
            "content",
            "trouble",
            f"{_several(len(mistakes), 'mistake')} in {files} files of routines, exercises and words.",
            "coach check names each, with its place and its remedy; routines without mistakes still work.",
            private=f"The first is: {mistakes[0]}",
            figures=figures,
        )
    if warnings:
        what = f"The content has no mistakes, and {_several(len(warnings), 'warning')} ({files} files)."
        return _found("content", "note", what, "coach check names each.", figures=figures)
    return _found("content", "ok", f"The content has no mistakes ({files} files).", figures=figures)


def judge_settings(
    names: Collection[str], settings: Collection[str], mistakes: Sequence[str]
) -> tuple[Finding, ...]:
    """Return what follows from the settings in the environment.

    Args:
        names: of all variables that begin with ``COACH_``.
        settings: the names that mean something.
        mistakes: what is wrong with their values, one sentence each.
    """
    unknown, known = sorted(set(names) - set(settings)), sorted(set(names) & set(settings))
    found = [
        _found(
            "settings",
            "trouble",
            "A setting of the environment cannot be used.",
            "Correct it where it is set: in your shell, or with systemctl --user edit coach.",
            private=mistake,
        )
        for mistake in mistakes
    ]
    for name in unknown:
        near = difflib.get_close_matches(name, settings, n=1)
        remedy = f"Did you mean {near[0]}?" if near else f"There are {', '.join(sorted(settings))}."
        found.append(_found("settings", "note", f"{name} is set, which means nothing to the coach.", remedy))
    if found:
        return tuple(found)
    what = f"Set in the environment: {', '.join(known)}." if known else "Nothing is set in the environment."
    return (_found("settings", "ok", what),)


def judge_choice(chosen: str, installed: Sequence[str]) -> Finding | None:
    """Return a note if the model that was chosen is gone; None if all is well.

    Args:
        chosen: its name; empty if none was.
        installed: the names of all on the shelf, with the bundled.
    """
    if not chosen or chosen in installed:
        return None
    return _found(
        "chosen_model",
        "note",
        f"The model that was chosen, {chosen}, is not installed any more: another one is used.",
        "Choose anew: coach ears.",
    )


def judge_reminders(warnings: Sequence[str]) -> Finding:
    """Return what follows from reading the calendar of reminders."""
    if warnings:
        return _found(
            "reminders",
            "note",
            "The file of the reminders cannot be used.",
            "Reminders of the service's options come all the same; those asked for by voice are lost.",
            private=warnings[0],
        )
    return _found("reminders", "ok", "The file of the reminders is sound, or not there yet.")


# --- The history -----------------------------------------------------------------------------------------


def judge_store(*, there: bool, damages: int, set_aside: int) -> tuple[Finding, ...]:
    """Return what follows from the examination of the history.

    Args:
        there: whether there is one.
        damages: how many were found.
        set_aside: how many damaged files lie beside it.
    """
    found = []
    if not there:
        found.append(_found("store", "ok", "There is no history yet."))
    elif damages:
        found.append(
            _found(
                "store",
                "trouble",
                f"The history is damaged in {_several(damages, 'place')}.",
                "Copy the file first; coach log --check names each, coach export saves what can be read.",
                {"damages": damages},
            )
        )
    else:
        found.append(_found("store", "ok", "The history is sound, page by page."))
    if set_aside:
        found.append(
            _found(
                "set_aside",
                "note",
                f"A damaged history was set aside earlier ({_several(set_aside, 'file')}).",
                "Nothing needs to be done; coach forget --all deletes it, too.",
                {"files": set_aside},
            )
        )
    return tuple(found)


def unreadable(error: StoreFailed) -> Finding:
    """Return the finding if the history cannot be examined at all."""
    return _found("store", "trouble", error.what, error.remedy)


# --- The disk --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk that the history is on.

    Attributes:
        free_mb: how many million bytes are free to this user.
        total_mb: how many it has.
        read_only: whether it is mounted so.
        sync_ms: how long it took to write a little for good; None if that was not tried, without the folder.
        refused: why writing failed, in the system's words; empty if it did not.
        full: whether it failed for want of room.
    """

    free_mb: int
    total_mb: int
    read_only: bool = False
    sync_ms: float | None = None
    refused: str = ""
    full: bool = False


_PROBE = ".doctor"


def disk_of(folder: Path) -> Disk:
    """Look at the disk of a folder, and write a little into it if it is there; that is deleted again.

    Args:
        folder: need not exist; then it is looked whether it could be made.
    """
    there = next(it for it in (folder, *folder.absolute().parents) if it.is_dir())
    usage, mount = shutil.disk_usage(there), os.statvfs(there)
    disk = Disk(usage.free // 10**6, usage.total // 10**6, bool(mount.f_flag & os.ST_RDONLY))
    if there != folder:
        return replace(disk, refused=_why_it_cannot_be_made(folder, there))
    probe, began = folder / _PROBE, time.perf_counter()
    try:
        with probe.open("wb") as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        taken_ms = 1000 * (time.perf_counter() - began)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        return replace(disk, refused=error.strerror or str(error), full=full)
    finally:
        _remove(probe)
    return replace(disk, sync_ms=taken_ms)


def _why_it_cannot_be_made(folder: Path, there: Path) -> str:
    """Return why a missing folder cannot be made; empty if it can. ``there`` is the first above it that exists."""
    first = folder.absolute()
    while first.parent != there:
        first = first.parent
    if first.exists():
        return f"{first} is a file, not a folder"
    return "" if os.access(there, os.W_OK | os.X_OK) else f"{there} may not be written to"


def _remove(probe: Path) -> None:
    try:
        probe.unlink(missing_ok=True)
    except OSError:
        return  # what could not be written need not be deleted


def judge_disk(it: Disk) -> Finding:
    """Return what follows from the state of the disk."""
    room = f"{_size(it.free_mb)} of {_size(it.total_mb)} free"
    figures = {
        "free_mb": it.free_mb,
        "total_mb": it.total_mb,
        "sync_ms": None if it.sync_ms is None else round(it.sync_ms, 1),
    }
    make_room = "Make room on it: delete what is not needed; sudo apt clean and old journals are a beginning."
    if it.read_only:
        return _found(
            "read_only",
            "trouble",
            "The disk is mounted read-only: nothing that is done can be noted.",
            "A memory card turns read-only when it is worn out or was pulled: restart, and if it stays so, copy "
            "what is on it and replace it.",
            figures=figures,
        )
    if it.full or it.free_mb < FREE_TOO_LITTLE_MB:
        return _found("disk_full", "trouble", f"The disk is full: {room}.", make_room, figures=figures)
    if it.refused:
        return _found(
            "read_only",
            "trouble",
            f"The folder of the history cannot be written: {it.refused}.",
            "Make it yours: sudo chown -R $USER ~/.local/state/coach; or name another one with --store.",
            figures=figures,
        )
    written = f", written for good in {it.sync_ms:.0f} ms" if it.sync_ms is not None else ""
    what = f"The disk has room: {room}{written}."
    if it.free_mb < FREE_LITTLE_MB:
        return _found("disk", "note", f"The disk has little room: {room}{written}.", make_room, figures=figures)
    if it.sync_ms is not None and it.sync_ms > SLOW_CARD_MS:
        remedy = "The coach does not wait for it. A memory card that slow is often about to fail: keep a copy."
        return _found("disk", "note", f"The disk is slow: {room}{written}.", remedy, figures=figures)
    return _found("disk", "ok", what, figures=figures)


def _size(megabytes: int) -> str:
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes} MB"


# --- What was installed ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Installed:
    """What pip has noted of the installation, compared with what is there.

    Attributes:
        compared: how many files.
        changed: those that differ or are gone, by their names in the installation.
    """

    compared: int
    changed: Sequence[str]


def installed_files() -> Mapping[str, tuple[Path, str]]:
    """Return each installed file with its place and SHA-256 (base64, as pip notes it); none for a checkout."""
    used = content_root() / "voices"
    try:
        noted = metadata.distribution(PACKAGE).files or []
    except metadata.PackageNotFoundError:
        return {}
    files = {
        str(it).removeprefix("../" * str(it).count("../")): (Path(str(it.locate())), it.hash.value)
        for it in noted
        if it.hash is not None and it.hash.mode == "sha256" and it.suffix != ".pyc"
    }
    # A checkout that is installed "editable" has a copy of the words in the environment, which nobody reads.
    return files if any(path.resolve().is_relative_to(used) for path, _ in files.values()) else {}


def compare(files: Mapping[str, tuple[Path, str]]) -> Installed:
    """Compare installed files with what was noted of them."""
    changed = [name for name, (path, noted) in files.items() if _digest(path) != noted.rstrip("=")]
    return Installed(len(files), tuple(changed))


def _digest(path: Path) -> str:
    try:
        digest = hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return "unreadable"
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def judge_installed(it: Installed) -> Finding:
    """Return what follows from the comparison."""
    if not it.compared:
        what = "The files were not compared with what was installed: this is a checkout (git status tells)."
        return _found("installed", "ok", what, figures={"compared": 0})
    words = [name for name in it.changed if name.endswith(".toml")]
    others = [name for name in it.changed if not name.endswith(".toml")]
    figures = {"compared": it.compared, "changed": len(it.changed)}
    if others:
        return _found(
            "changed",
            "trouble",
            f"{len(it.changed)} of {it.compared} installed files are changed or gone: {_some(others)}.",
            "Install the coach again: systemd/install.sh, or coach service upgrade.",
            figures=figures,
        )
    if words:
        return _found(
            "changed",
            "note",
            f"{len(words)} of {it.compared} installed files were edited: {_some(words)}.",
            "If that was not you, install the coach again; an upgrade brings the original back.",
            figures=figures,
        )
    return _found("installed", "ok", f"All {it.compared} files are as they were installed.", figures=figures)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (" and more" if len(names) > 3 else "")


def _several(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
