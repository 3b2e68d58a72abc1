"""Steps of an installation as data: shown before they are done, and done exactly as shown.

What is to be done is decided elsewhere, by functions that return steps; ``--dry-run`` shows the same steps that
are performed without it. The one function that starts programs stands here.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from shlex import join

from coach.installation import ServiceFailed

NOT_FOUND = 127
"""The exit code of a program that is not there, as a shell has it."""

_LAST_LINES = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program said.

    Attributes:
        code: its exit code; ``NOT_FOUND`` if there is no such program.
        out: its standard output.
        err: its standard error.
    """

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Run:
    """Run a program.

    Attributes:
        why: what it is for.
        command: the program, looked for on the path, and its arguments.
        remedy: what a person can do if it fails.
        needed: whether its failure ends everything; otherwise it is told, and the next step is taken.
    """

    why: str
    command: tuple[str, ...]
    remedy: str = ""
    needed: bool = True


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """Make a folder that only its owner can read, if it is missing."""

    path: Path


@dataclass(frozen=True, slots=True)
class Write:
    """Write a text file, replacing what is there in one step."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep a copy of a file that is about to be replaced or deleted."""

    path: Path
    copy: Path


@dataclass(frozen=True, slots=True)
class Link:
    """Make a name mean another path, replacing what it meant in one step."""

    name: Path
    target: Path


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a file, or a folder with everything in it; nothing is done if it is missing."""

    path: Path


Step = Run | MakeFolder | Write | Keep | Link | Delete


def run(*command: str) -> Answer:
    """Run a program to its end and return what it said. Nothing it prints is shown; it is asked in English."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
        )
    except FileNotFoundError:
        return Answer(NOT_FOUND, "", f"{command[0]}: there is no such program.")
    except OSError as error:
        return Answer(NOT_FOUND - 1, "", f"{command[0]}: {error.strerror}.")
    return Answer(done.returncode, done.stdout, done.stderr)


def words(step: Step) -> str:
    """Return a step as one line for a person."""
    match step:
        case Run(why=why, command=command):
            return f"{why}:  {join(command)}"
        case MakeFolder(path=path):
            return f"Make the folder {path}"
        case Write(path=path):
            return f"Write {path}"
        case Keep(path=path, copy=copy):
            return f"Keep what is in {path} as {copy.name}"
        case Link(name=name, target=target):
            return f"Let {name} mean {target}"
        case Delete(path=path):
            return f"Delete {path}"


def perform(steps: Iterable[Step], say: Callable[[str], None], *, dry: bool = False) -> None:
    """Do what the steps say, in order, telling each before it is done.

    Args:
        steps: what to do.
        say: takes one line for a person.
        dry: only tell.

    Raises:
        ServiceFailed: a step that is needed failed; those after it were not taken.
    """
    for step in steps:
        say(words(step))
        if not dry:
            _do(step, say)


def _do(step: Step, say: Callable[[str], None]) -> None:
    try:
        match step:
            case Run():
                _run(step, say)
            case MakeFolder(path=path):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            case Write(path=path, text=text):
                _write(path, text)
            case Keep(path=path, copy=copy):
                shutil.copy2(path, copy)
            case Link(name=name, target=target):
                _link(name, target)
            case Delete(path=path):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
    except OSError as error:
        raise ServiceFailed(
            f"{error.filename or words(step)}: {error.strerror or error}.",
            "Check the disk's room and the folder's owner.",
        ) from error


def _run(step: Run, say: Callable[[str], None]) -> None:
    answer = run(*step.command)
    if answer.code == 0:
        return
    said = [line for line in f"{answer.out}\n{answer.err}".splitlines() if line.strip()][-_LAST_LINES:]
    failure = f"{join(step.command)} failed ({answer.code})" + "".join(f"\n    {line}" for line in said)
    if step.needed:
        raise ServiceFailed(f"{failure}\n" if said else f"{failure}.", step.remedy)
    say(f"Not done: {failure}" + (f"\n    {step.remedy}" if step.remedy else ""))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(f".{path.name}.new")
    with written.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    written.chmod(0o644)
    written.replace(path)
    _sync(path.parent)


def _link(name: Path, target: Path) -> None:
    name.parent.mkdir(parents=True, exist_ok=True)
    made = name.with_name(f".{name.name}.new")
    made.unlink(missing_ok=True)
    made.symlink_to(target)
    made.replace(name)
    _sync(name.parent)


def _sync(folder: Path) -> None:
    """Have a name on the disk, not only in memory: a power cut may come at once."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
