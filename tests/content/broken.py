"""Content with mistakes: a voice to be broken, how to break a file, and what is told of it."""

import shutil
from pathlib import Path

from coach.content import check, content_root


def english_in(folder: Path) -> Path:
    """Copy the English voice into a folder; return where it lies."""
    ours, copy = content_root() / "voices" / "english", folder / "english"
    shutil.copytree(ours, copy, ignore=shutil.ignore_patterns("ears"))
    return copy


def change(file: Path, old: str, new: str) -> None:
    """Put something else in place of a text that must be there."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def mistakes(*paths: Path) -> list[str]:
    """What has to be put right, each as it is told."""
    return [str(finding) for finding in check(paths).mistakes]


def warnings(*paths: Path) -> list[str]:
    """What would sound wrong, likewise."""
    return [str(finding) for finding in check(paths).warnings]
