"""Versions of the coach side by side, and the one that counts.

    ~/.local/share/coach/          /opt/coach/ for the service of the system
        versions/0.1.0/            a virtual environment, whole and tried
        versions/0.2.0/
        current -> versions/0.2.0  what the service runs
        previous -> versions/0.1.0 what `coach service rollback` goes back to

A version is made beside the others, tried, written to the disk, and only then does `current` point to it, in one
step. A power cut or a failure before leaves what was in use in use; what is half made has no mark and is cleared
away by the next installation. Two versions are kept.

Run as a program by ``systemd/install.sh``: ``python3 -m coach.installation.versions ROOT SOURCE [--dry-run]``. So
it needs the standard library alone. Only pip, which it starts, may reach the network, when a person asks for a
version.
"""

import os
import re
import sys
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from coach.errors import CoachError
from coach.homes import home_folder
from coach.installation import ServiceFailed
from coach.installation.steps import Delete, Link, Run, Step, Write, perform

PACKAGE = "lower-back-coach"

_MARK = "installed"
"""A file in a version that is whole."""

SERVING = "import coach.live, coach.serve, coach.devices.mouth"
"""Python that fails where `coach serve` would: the command line itself imports these only when they are needed."""

_UNFIT = "The version is damaged, or not fit for this machine. What was in use stays in use."

_VERSION = re.compile(r"\d+(\.\d+)*((a|b|rc|\.post|\.dev)\d+)?")
_WHEEL = re.compile(r"(?P<package>[^-]+)-(?P<version>[^-]+)-.*\.whl")

Say = Callable[[str], None]


def user_root(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where a person's versions are (<https://specifications.freedesktop.org/basedir-spec/latest/>)."""
    data = Path(environment.get("XDG_DATA_HOME", ""))
    if not data.is_absolute():
        data = home_folder(environment) / ".local" / "share"
    return data / "coach"


SYSTEM_ROOT = Path("/opt/coach")
"""Where the versions of the system's service are: its user can read no home."""


def installed(root: Path) -> tuple[str, ...]:
    """Return the names of the versions that are whole."""
    return tuple(sorted(mark.parent.name for mark in (root / "versions").glob(f"*/{_MARK}")))


def version_of(link: Path) -> str:
    """Return the version that `current` or `previous` means; empty if none, or one that is not whole."""
    try:
        name = link.readlink().name
    except OSError:
        return ""
    return name if (link.parent / "versions" / name / _MARK).is_file() else ""


def install(root: Path, source: str, python: str, say: Say, *, dry: bool = False) -> Path:
    """Install a version beside the others and make it the one that counts.

    Args:
        root: the folder of `versions` and `current`.
        source: a wheel, a checkout, or the number of a published version.
        python: the interpreter to make its environment with.
        say: takes one line for a person.
        dry: only tell.

    Returns:
        The program of the version that counts now.

    Raises:
        ServiceFailed: it could not be installed; what was in use stays in use.
    """
    requirement, version = meant(source)
    new = root / "versions" / _free(version, installed(root))
    try:
        perform(making_steps(new, requirement, python), say, dry=dry)
    except BaseException:
        perform([Delete(new)], say)
        raise
    if not dry:
        os.sync()  # thousands of small files; the mark and the link must not be on the card before them
    perform(switching_steps(root, new), say, dry=dry)
    return root / "current" / "bin" / "coach"


def rollback_steps(root: Path) -> Sequence[Step]:
    """Return the steps back to the version before; rolling back again returns to the newer one.

    Raises:
        ServiceFailed: there is none.
    """
    current, previous = root / "current", root / "previous"
    back, now = version_of(previous), version_of(current)
    if not back:
        raise ServiceFailed(
            f"There is no version to go back to in {root}.",
            "After the next upgrade there will be. A certain one can be named: coach service upgrade VERSION.",
        )
    versions = Path("versions")
    return (Link(current, versions / back), *([Link(previous, versions / now)] if now else []))


def meant(source: str) -> tuple[str, str]:
    """Return what pip should install, and its version.

    Raises:
        ServiceFailed: it is neither a wheel nor a checkout nor a version.
    """
    path = Path(source).expanduser()
    if source and path.is_dir():
        return str(path.resolve()), _version_of_checkout(path / "pyproject.toml")
    if path.is_file() and (named := _WHEEL.fullmatch(path.name)):
        if named["package"].replace("_", "-").lower() != PACKAGE:
            raise ServiceFailed(f"{path} is a wheel of {named['package']}, not of the coach.")
        return str(path.resolve()), named["version"]
    if _VERSION.fullmatch(source):
        return f"{PACKAGE}=={source}", source
    raise ServiceFailed(
        f"{source} is neither a wheel (.whl) nor a checkout of the coach nor a version.",
        "Name a file that is there, or a version such as 0.2.0.",
    )


def _version_of_checkout(file: Path) -> str:
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        name, version = project["name"], project["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ServiceFailed(
            f"{file.parent} is no checkout of the coach: its pyproject.toml does not say so."
        ) from error
    if name != PACKAGE or not isinstance(version, str):
        raise ServiceFailed(f"{file.parent} holds {name}, not the coach.")
    return version


def _free(version: str, taken: Collection[str]) -> str:
    """Return a name for a version that no other has: a checkout changes while its version stays."""
    name, number = version, 1
    while name in taken:
        number += 1
        name = f"{version}-{number}"
    return name


def making_steps(new: Path, requirement: str, python: str) -> Sequence[Step]:
    """Return the steps that make a version and try it."""
    inside = str(new / "bin" / "python")
    return (
        *([Delete(new)] if new.exists() else []),  # what a power cut left half made
        Run(
            f"Make a virtual environment for version {new.name}",
            (python, "-m", "venv", str(new)),
            "Debian's package is called python3-venv; the disk needs about 600 MB.",
        ),
        Run(
            "Install the coach into it (a few minutes)",
            (inside, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--quiet", requirement),
            "This step needs the network, unless everything is on this machine already, and about 600 MB of disk.",
        ),
        # Without your settings, routines and models: they have no say in whether a version is fit.
        Run(
            "Try what it says and listens with",
            ("env", "--ignore-environment", f"HOME={new}", str(new / "bin" / "coach"), "check"),
            _UNFIT,
        ),
        Run("Try what the service needs", (inside, "-I", "-c", SERVING), _UNFIT),
    )


def switching_steps(root: Path, new: Path) -> Sequence[Step]:
    """Return the steps that make a version count, and clear away all but it and the one before."""
    before = version_of(root / "current")
    kept = {new.name, before}
    mark = Write(new / _MARK, f"{new.name}\n")
    links = [Link(root / "previous", Path("versions") / before)] if before else []
    links.append(Link(root / "current", Path("versions") / new.name))
    there = sorted(path for path in (root / "versions").glob("*") if path.name not in kept)
    return (mark, *links, *map(Delete, there))


def main(arguments: Sequence[str]) -> int:
    """Install a version; see the module's head."""
    rest = [argument for argument in arguments if argument != "--dry-run"]
    if len(rest) != 2:  # ROOT SOURCE
        sys.stderr.write("usage: python3 -m coach.installation.versions ROOT SOURCE [--dry-run]\n")
        return 2
    try:
        install(Path(rest[0]), rest[1], sys.executable, _print, dry="--dry-run" in arguments)
    except CoachError as error:
        sys.stderr.write(f"! {error}\n")
        return error.exit_code
    return 0


def _print(line: str) -> None:
    sys.stdout.write(f"· {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
