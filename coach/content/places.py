"""Where the content lies: the folders of routines, exercises and voices."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from coach.errors import ContentBroken
from coach.homes import home_folder

GUIDANCE = "guidance.toml"
"""Stands among the routines and is none: the thresholds of pain, progression and planning."""


def content_root() -> Path:
    """Return the folder that holds ``routines/`` and ``voices/``: the checkout, else where pip put them.

    Raises:
        ContentBroken: neither is there.
    """
    places = (Path(__file__).resolve().parents[2], Path(sys.prefix) / "share" / "coach")
    for place in places:
        if (place / "routines").is_dir() and (place / "voices").is_dir():
            return place
    looked = " nor in ".join(map(str, places))
    raise ContentBroken([f"There are no routines and voices in {looked}; install the coach again."])


def own_routines() -> Path:
    """Return the folder for a person's own routines, which need not exist.

    Raises:
        CoachError: the person has no home.
    """
    given = os.environ.get("XDG_CONFIG_HOME")
    config = Path(given).expanduser() if given else home_folder() / ".config"
    return config / "coach" / "routines"


def routine_files(folder: Path) -> tuple[Path, ...]:
    """Return the routines in a folder: all its TOML files, but for the guidance that plans go by."""
    return tuple(path for path in sorted(folder.glob("*.toml")) if path.name != GUIDANCE)


def exercise_files(folders: Iterable[Path]) -> dict[str, Path]:
    """Return the exercises beside the routines of several folders by name; the first folder's come first."""
    shelves = dict.fromkeys(folder / "exercises" for folder in folders)
    return {file.stem: file for shelf in reversed(shelves) for file in sorted(shelf.glob("*.toml"))}


def exercises_for(routine: Path) -> dict[str, Path]:
    """Return the exercises that a routine's file may use, by name.

    First come those beside it; for one of ours, too, the person's own, so that these take the place of ours.
    """
    folders = routine_folders()
    is_ours = routine.parent.resolve() == folders[-1].resolve()
    return exercise_files(folders if is_ours else (routine.parent, *folders))


def routine_folders() -> tuple[Path, ...]:
    """Return the folders in which routines are looked for, first to last.

    Raises:
        ContentBroken: the person's own cannot be read. To go on without it could be to lead somebody by rules that
            are laxer than their own.
        CoachError: the person has no home.
    """
    own = own_routines()
    for folder in (own, own / "exercises"):
        try:
            next(folder.iterdir(), None)
        except (FileNotFoundError, NotADirectoryError):
            break
        except OSError as error:
            remedy = (
                "allow it with chmod u+rwx, there or on the folder around it, or set XDG_CONFIG_HOME to another"
            )
            raise ContentBroken([f"{folder}: this folder cannot be read ({error.strerror}); {remedy}."]) from error
    return (own, content_root() / "routines")
