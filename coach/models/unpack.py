"""Unpacks a zip that nobody vouches for. Everything it claims is checked before the first byte is written.

``zipfile.extractall`` cleans names, but writes as much as the archive likes. Models are plain files in a few
folders; whatever else an archive may hold (links, devices, encryption, names that lead elsewhere) is refused
rather than repaired: no model has it.
"""

import errno
import io
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from coach.models import DiskRefused, InstallFailed

MOST_FILES = 500
"""Models have about 20."""

LONGEST_NAME = 200
"""Bytes, folders included; models have about 40. It bounds their depth, too."""

MOST_BYTES = 2**30
"""Unpacked. Models that take a grammar have at most half of that."""

MOST_GROWTH = 20
"""Times the archive. Models grow to twice their zip; a bomb to a thousand times, and over."""

MARGIN = 2**24
"""Bytes to leave free on the disk, for everybody else."""

_CHUNK = 2**20

_REMEDY = "Nothing was installed. Fetch it again, from its publisher."

Free = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """Return how much room there is on a folder's disk."""
    return shutil.disk_usage(folder).free


def need_room(folder: Path, needed: int, free: Free = free_bytes) -> None:
    """Make sure that a folder's disk has room.

    Raises:
        DiskRefused: it has not.
    """
    if (there := free(folder)) < needed + MARGIN:
        raise DiskRefused(
            f"{(needed + MARGIN) / 1e6:.0f} MB are needed in {folder}, and {there / 1e6:.0f} MB are free.",
            'Make room: "coach ears list" shows what is installed, "coach ears remove NAME" removes it.',
        )


def unpack(archive: Path, into: Path, *, free: Free = free_bytes) -> None:
    """Unpack a zip, and wait until it is on the disk.

    Args:
        archive: the zip.
        into: an empty folder.
        free: tells how much room there is.

    Raises:
        InstallFailed: it cannot be read, is damaged, or holds what no model holds, or there is no room. What was
            written before that was found is left where it is.
    """
    with _opened(archive) as file:
        try:
            with zipfile.ZipFile(file) as opened:
                entries = opened.infolist()
                _inspect(entries, archive.stat().st_size)
                need_room(into, sum(entry.file_size for entry in entries), free)
                for entry in entries:
                    _write(opened, entry, into)
        except OSError as error:
            if error.errno == errno.EINVAL:  # a damaged archive leads zipfile to a place before its beginning
                raise _damaged(archive, error) from error
            raise
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
            raise _damaged(archive, error) from error
    for folder in (into, *(path for path in into.rglob("*") if path.is_dir())):
        sync(folder)


def _opened(archive: Path) -> "_Sparing":
    try:
        if archive.is_file():
            return _Sparing(archive)
        is_folder = archive.is_dir()
    except OSError as error:
        raise InstallFailed(
            f"{archive} cannot be read: {error.strerror}.", "Check how it is written, and who may read it."
        ) from error
    if is_folder:
        raise InstallFailed(
            f"{archive} is a folder, not a zip.",
            "If it is a model, unpacked, the coach can listen with it where it is: --ears FOLDER.",
        )
    raise InstallFailed(f"There is no file {archive}.", "Check how it is written.")


class _Sparing(io.FileIO):
    """A file of which nobody reads much at once: zipfile reads a table of contents whole, be it a gigabyte."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _CHUNK:
            raise InstallFailed("The zip's table of contents is longer than that of any model.", _REMEDY)
        return super().read(size)


def _damaged(archive: Path, error: Exception) -> InstallFailed:
    return InstallFailed(f"{archive.name} is damaged, or no zip: {error}.", _REMEDY)


def sync(folder: Path) -> None:
    """Wait until the names in a folder are on the disk: only then does a renamed folder outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _inspect(entries: Sequence[zipfile.ZipInfo], size: int) -> None:
    """Refuse what no model holds, by what the archive says of itself; zipfile holds it to its word later."""
    if len(entries) > MOST_FILES:
        raise InstallFailed(f"The zip holds {len(entries)} files; models have about 20.", _REMEDY)
    names = [entry.filename.rstrip("/").casefold() for entry in entries]  # memory cards may tell no A from a
    if len(set(names)) < len(names):
        raise InstallFailed("The zip holds a name twice.", _REMEDY)
    for entry in entries:
        if reason := _unwanted(entry):
            raise InstallFailed(f"The zip holds {entry.filename[:80]!r}, {reason}.", _REMEDY)
    grown = sum(entry.file_size for entry in entries)
    if grown > MOST_BYTES or grown > MOST_GROWTH * size:
        raise InstallFailed(f"The zip would grow from {size} to {grown} bytes; models do not.", _REMEDY)


def _unwanted(entry: zipfile.ZipInfo) -> str:
    """Return what is wrong with an entry, or nothing."""
    name = entry.orig_filename  # zipfile cuts names off at a null byte; here we want to see it
    path = PurePosixPath(name)
    kind = stat.S_IFMT(entry.external_attr >> 16)  # 0 where the packing system has no such thing
    reasons = (
        (not name.isprintable() or "\\" in name or ":" in name, "whose name no model uses"),
        (len(name.encode()) > LONGEST_NAME, "whose name is longer than any model's"),
        (path.is_absolute() or ".." in path.parts, "which leads out of its folder"),
        (path == PurePosixPath(), "which has no name"),
        # Since Python 3.12 the other one, from an extra field (0x7075), is what it would be written as.
        (entry.filename != name, "which has two names"),
        (kind not in {0, stat.S_IFREG, stat.S_IFDIR}, "which is neither a file nor a folder"),
        (entry.flag_bits & 0x1, "which is encrypted"),
        (entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}, "packed as no model is"),
    )
    return next((reason for unwanted, reason in reasons if unwanted), "")


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, into: Path) -> None:
    target = into / entry.filename
    try:
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        file = target.open("xb")
    except (FileExistsError, NotADirectoryError) as error:
        raise InstallFailed(f"The zip holds {entry.filename!r} as a file and as a folder.", _REMEDY) from error
    with file, opened.open(entry) as source:
        shutil.copyfileobj(source, file, _CHUNK)  # ends at the announced size; a wrong checksum raises
        file.flush()
        os.fsync(file.fileno())
        if file.tell() != entry.file_size:
            raise InstallFailed(f"The zip breaks off in the middle of {entry.filename!r}.", _REMEDY)
