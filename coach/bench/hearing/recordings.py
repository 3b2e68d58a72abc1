"""Recordings to be examined with: a folder of sound files and its ``manifest.csv``, read and checked as a whole.

Columns: ``path,text,speaker,source,licence,duration_s,kind,screen,note``; only path, text and kind must be there.
Kinds: ``positive`` (someone says exactly ``text``), ``negative`` (other speech), ``noise`` (its text begins with
"music" where it is music) and ``rir`` (a room's impulse response). Nothing here knows what a command is.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import soundfile
import soxr

from coach.errors import CoachError, ContentBroken
from coach.ports import SAMPLE_RATE
from coach.rehearsal.room import Samples

MANIFEST: Final = "manifest.csv"
NEEDED: Final = ("path", "text", "kind")
KINDS: Final = ("positive", "negative", "noise", "rir")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Recording:
    """One row of a manifest.

    Attributes:
        name: the path as written there.
        file: where the sound is.
        kind: one of ``KINDS``.
        text: what is said or heard in it.
        speaker: who; recordings of one person are not independent of each other.
        screen: how it is known that a negative holds no command.
        note: whatever else is known.
        place: ``manifest.csv:line``, for errors.
    """

    name: str
    file: Path
    kind: str
    text: str
    speaker: str = ""
    screen: str = ""
    note: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Clip:
    """Sound to be played to the ears.

    Attributes:
        name: of its recording, or of the voice and phrase that made it.
        text: what is said in it.
        samples: its sound.
        speaker: who says it.
        screen: see ``Recording``.
    """

    name: str
    text: str
    samples: Samples = field(repr=False, compare=False)
    speaker: str = ""
    screen: str = ""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / SAMPLE_RATE


def read_manifests(folders: Iterable[Path]) -> tuple[Recording, ...]:
    """Read the manifests of some folders.

    Raises:
        CoachError: a folder or its manifest is not there.
        ContentBroken: all mistakes in all manifests, each with file and line.
    """
    mistakes: list[str] = []
    recordings = [one for folder in folders for one in _read(folder, mistakes)]
    if mistakes:
        raise ContentBroken(mistakes)
    return tuple(recordings)


def load(recording: Recording) -> Clip:
    """Read a recording's sound; any rate and number of channels become 16 kHz mono.

    Raises:
        CoachError: the file is no sound.
    """
    try:
        sound, rate = soundfile.read(recording.file, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise CoachError(
            f"{recording.place}: {recording.name} cannot be read: {error}.",
            "Use WAV, FLAC or another format that libsndfile reads.",
        ) from error
    samples = sound.mean(axis=1)
    if rate != SAMPLE_RATE:
        samples = soxr.resample(samples, rate, SAMPLE_RATE)
    scaled = np.asarray(samples * 32_768, np.float32)
    return Clip(recording.name, recording.text, scaled, recording.speaker, recording.screen)


def load_all(recordings: Iterable[Recording]) -> tuple[Clip, ...]:
    """Read the sound of many recordings; empty files are left out."""
    return tuple(clip for clip in map(load, recordings) if len(clip.samples))


def spread(ones: Sequence[T], most: int) -> tuple[T, ...]:
    """Return at most so many, taken evenly from first to last: a sample that is always the same."""
    if len(ones) <= most:
        return tuple(ones)
    return tuple(ones[index] for index in np.linspace(0, len(ones) - 1, most).round().astype(int))


def _read(folder: Path, mistakes: list[str]) -> Iterator[Recording]:
    manifest = folder / MANIFEST
    if not folder.is_dir():
        raise CoachError(f"There is no folder {folder}.", f"Name folders with recordings and a {MANIFEST}.")
    if not manifest.is_file():
        raise CoachError(
            f"There is no {MANIFEST} in {folder}.",
            f"Write one, with at least the columns {', '.join(NEEDED)}; docs/hearing.md tells what they mean.",
        )
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text, strict=True)
            missing = [column for column in NEEDED if column not in (rows.fieldnames or ())]
            if missing:
                columns = f"column{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
                mistakes.append(f"{manifest}:1: the {columns} is missing; add it to the first line.")
                return
            for row in rows:
                place = f"{manifest}:{rows.line_num}"
                if wrong := _wrong(row, folder):
                    mistakes.append(f"{place}: {wrong}")
                    continue
                yield _recording(row, folder, place)
    except UnicodeDecodeError:
        mistakes.append(f"{manifest}: this is not UTF-8 text; save it as UTF-8.")
    except csv.Error as error:
        mistakes.append(f"{manifest}:{rows.line_num}: {error}; put text that holds a comma or a quote in quotes.")


def _wrong(row: dict[str, str | None], folder: Path) -> str:
    """What is wrong with a row and how to put it right; empty if nothing is."""
    path, kind, text = row["path"], row["kind"], row["text"]
    if path is None or kind is None or text is None:
        return "the line is too short; give it a value for each column."
    if None in row:
        return "the line is too long; put text that holds a comma in quotes."
    if kind not in KINDS:
        return f"the kind {kind!r} is unknown; use {', '.join(KINDS[:-1])} or {KINDS[-1]}."
    if kind == "positive" and not text.strip():
        return "a positive needs its text; write what is said in it."
    return _misplaced(path, folder)


def _misplaced(path: str, folder: Path) -> str:
    if not path.strip() or not (folder / path).is_file():
        return f"there is no file {path!r}; write its path as seen from {folder}."
    if not (folder / path).resolve().is_relative_to(folder.resolve()):
        return f"{path!r} lies outside {folder}; keep recordings in their folder."
    return ""


def _recording(row: dict[str, str | None], folder: Path, place: str) -> Recording:
    def cell(column: str) -> str:
        return " ".join((row.get(column) or "").split())

    path = row["path"] or ""
    text = cell("text").lower()
    return Recording(path, folder / path, cell("kind"), text, cell("speaker"), cell("screen"), cell("note"), place)
