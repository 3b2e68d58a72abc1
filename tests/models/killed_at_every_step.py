"""Changes a shelf again and again, and is killed a step later each time. It is a program, because it forks.

    python -m tests.models.killed_at_every_step CHANGE FOLDER ZIP

FOLDER is a person's data, with models on the shelf; ZIP has another one. For each step at which something is
written it prints a line of JSON: which model is listened with after the kill, and what is on the shelf once the
same change was made again. The last line is of a change that nobody disturbed.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from coach.models import InstallFailed, shelf

WRITES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.utime"}
"""Audit events (PEP 578) of what changes a disk; of "open" those for writing."""


def install(home: Path, archive: Path) -> None:
    with shelf.locked(home):
        shelf.put_up(archive, home, lambda _: ())


def use(home: Path, _: Path) -> None:
    shelf.use(home, "older")


def remove(home: Path, _: Path) -> None:
    with shelf.locked(home):
        shelf.remove(home, "newer")


CHANGES: dict[str, Callable[[Path, Path], None]] = {"install": install, "use": use, "remove": remove}


def die_at(step: int) -> None:
    """Kill this process when it is about to write for the so-manieth time."""
    left = step

    def count(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        if event in WRITES and (event != "open" or args[2] & (os.O_WRONLY | os.O_RDWR)):
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    sys.addaudithook(count)


def survives(change: Callable[[], None], step: int) -> bool:
    """Make a change in a process that dies at a step; whether it came to its end before."""
    if child := os.fork():
        return os.waitpid(child, 0)[1] == 0
    die_at(step)
    change()
    os._exit(0)


def main(name: str, folder: Path, archive: Path) -> None:
    environment = {"XDG_DATA_HOME": str(folder)}
    home = shelf.shelf("english", environment)
    untouched = folder / "untouched"
    shutil.copytree(home, untouched)

    def change() -> None:
        with suppress(InstallFailed):  # it was done before the kill
            CHANGES[name](home, archive)

    survived, step = False, 0
    while not survived:
        shutil.rmtree(home)
        shutil.copytree(untouched, home)
        survived = survives(change, step)
        uses = shelf.chosen_model("english", environment).name
        change()
        print(json.dumps({"uses": uses, "then": sorted(path.name for path in home.iterdir())}))  # noqa: T201
        step += 1


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
