"""Where installed models live, and which one the coach listens with.

A shelf is a folder for each voice, because a model hears one language:

    ~/.local/share/coach/ears/english/
        vosk-model-small-en-us-0.15/    a model, whole and tried
        current                         the name of the one to use, if the person chose one
        .parts/                         half a download
        .new-*/, .gone-*/               a model that is being put up, or taken down

A model appears by one rename, once it is whole, tried and on the disk, and vanishes by one. Whatever happens in
between, power cuts included, leaves only names with a dot, which are never listened with.
"""

import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coach import content
from coach.devices.ears import GRAMMAR_FILES, NEEDED_FILES, VoskEars, missing_phrases
from coach.errors import EarsUnfit
from coach.homes import home_folder
from coach.models import DiskRefused, InstallFailed
from coach.models.catalogue import NAME
from coach.models.unpack import sync, unpack
from coach.session.messages import Command

BUNDLED = "bundled"
"""The name of the model that comes with the voice."""

_FILES = (*NEEDED_FILES, *GRAMMAR_FILES)
_CURRENT = "current"
_PARTS = ".parts"

Trial = Callable[[Path], tuple[str, ...]]
"""Tries a model, and returns the phrases that it lacks a word for."""


@dataclass(frozen=True, slots=True)
class PutUp:
    """A model was installed.

    Attributes:
        model: its folder.
        lacks: the phrases that it lacks a word for.
    """

    model: Path
    lacks: tuple[str, ...]


def shelf(voice: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for a voice's installed models, which need not exist.

    A service's own state directory comes first (systemd's ``StateDirectory=``), then the person's
    (<https://specifications.freedesktop.org/basedir-spec/latest/>, which wants a relative path ignored).
    """
    if service := environment.get("STATE_DIRECTORY", "").split(":")[0]:
        return Path(service) / "ears" / voice
    data = Path(environment.get("XDG_DATA_HOME", ""))
    if not data.is_absolute():
        data = home_folder(environment) / ".local" / "share"
    return data / "coach" / "ears" / voice


def bundled(voice: str) -> Path:
    """Return the folder of the model that comes with a voice."""
    return content.content_root() / "voices" / voice / "ears"


def chosen_model(voice: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the model to listen with: the one the person chose, else the last one installed, else the bundled.

    A chosen model that is gone counts as not chosen: a coach that hears with another one beats one that does not.
    """
    home = shelf(voice, environment)
    name = chosen(home)
    models = {model.name: model for model in installed(home)}
    if name == BUNDLED or not models:
        return bundled(voice)
    return models.get(name) or next(iter(models.values()))


def chosen(home: Path) -> str:
    """Return the name that the person chose on a shelf, be it there or not; empty if none."""
    try:
        return (home / _CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def installed(home: Path) -> tuple[Path, ...]:
    """Return the models on a shelf, the last one installed first; none if it does not exist or cannot be read."""
    try:
        models = [path for path in home.iterdir() if re.fullmatch(NAME, path.name) and _is_model(path)]
        return tuple(sorted(models, key=lambda model: model.stat().st_mtime_ns, reverse=True))
    except OSError:
        return ()


def half_fetched(home: Path) -> tuple[Path, ...]:
    """Return the zips that were fetched in part, or were not put up: the same installation goes on with them."""
    return tuple(sorted((home / _PARTS).glob("*.zip")))


def _is_model(path: Path) -> bool:
    return all((path / file).is_file() for file in _FILES)


def size(model: Path) -> int:
    """Return how much room a model takes, in bytes."""
    return sum(path.stat().st_size for path in model.rglob("*") if path.is_file())


def use(home: Path, name: str) -> None:
    """Choose a model, from the next start of the coach on.

    Args:
        home: the shelf.
        name: an installed model's, or ``BUNDLED``.

    Raises:
        InstallFailed: it is not installed.
    """
    if name != BUNDLED:
        _find(home, name)
    with _writing(home):
        home.mkdir(parents=True, exist_ok=True)
        written = home / f".{_CURRENT}"
        with written.open("w", encoding="utf-8") as file:
            file.write(f"{name}\n")
            file.flush()
            os.fsync(file.fileno())
        written.replace(home / _CURRENT)
        sync(home)


def remove(home: Path, name: str) -> None:
    """Remove an installed model, and what was fetched of it; if it was the chosen one, none is.

    Call it with the shelf locked.

    Raises:
        InstallFailed: there is neither, or it cannot be removed.
    """
    fetched = name in {half.stem for half in half_fetched(home)}
    model = None if fetched and not _is_model(home / name) else _find(home, name)
    with _writing(home):
        _drop_fetched(home, name)
        if model is None:
            return
        if chosen(home) == name:
            (home / _CURRENT).unlink()
        _take_down(model)


def _find(home: Path, name: str) -> Path:
    models = {model.name: model for model in installed(home)}
    if name in models:
        return models[name]
    there = ", ".join((*models, BUNDLED))
    raise InstallFailed(f"{name} is not installed.", f"There are: {there}.")


def _drop_fetched(home: Path, name: str) -> None:
    for file in (home / _PARTS).glob(f"{name}.zip*"):  # with the stamp of its version
        file.unlink(missing_ok=True)


def put_up(archive: Path, home: Path, trial: Trial, name: str = "") -> PutUp:
    """Install a model from its zip. Call it with the shelf locked.

    Args:
        archive: the zip.
        home: the shelf.
        trial: tries the unpacked model.
        name: what to call it.  [default: as its folder in the zip, else as the zip]

    Raises:
        InstallFailed: the zip or the model is not fit for use, the model is there already, or there is no room.
    """
    with _writing(home):
        staging = Path(tempfile.mkdtemp(prefix=".new-", dir=home))
        try:
            unpack(archive, staging)
            model = _model_in(staging)
            named = name or (archive.stem if model == staging else model.name)
            target = home / _fit_to_be_a_name(named)
            if _is_model(target):
                raise InstallFailed(f"{named} is installed already.", f"To renew it: coach ears remove {named}.")
            lacks = trial(model)
            if target.exists():  # rests of a model that somebody has taken files from
                _take_down(target)
            model.chmod(0o755)  # temporary folders are private; a service may run as somebody else
            _make_youngest(model, home)
            model.rename(target)
            sync(home)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return PutUp(target, lacks)


def try_out(model: Path, understands: Mapping[Command, Sequence[str]]) -> tuple[str, ...]:
    """Load a model and have it listen, first in a process of its own, and return the phrases it lacks a word for.

    Args:
        model: its folder.
        understands: the phrases to listen for, by command.

    Raises:
        InstallFailed: it cannot be used, or knows no phrase for some command.
    """
    try:
        return missing_phrases(VoskEars(model), understands)
    except EarsUnfit as error:
        raise InstallFailed(
            f"The model was tried, and is not fit for use. {error.what}",
            "Nothing was installed. Choose one for the voice's language, with 'small' or 'lgraph' in its name.",
        ) from error


def _model_in(folder: Path) -> Path:
    """Return where in an unpacked zip the only model lies."""
    mark = NEEDED_FILES[0]
    places = [file.parents[mark.count("/")] for file in folder.rglob(mark) if file.is_file()]
    if not places:
        raise InstallFailed(
            f"The zip holds no speech model: {mark} is missing.", "Nothing was installed. Name another zip."
        )
    if len(places) > 1:
        raise InstallFailed(
            f"The zip holds {len(places)} models, not one.", "Nothing was installed. Name another zip."
        )
    (model,) = places
    if missing := [file for file in _FILES if not (model / file).is_file()]:
        raise InstallFailed(
            f"The model in the zip cannot be used: {', '.join(missing)} is missing.",
            "Nothing was installed. Models named 'small' or 'lgraph' take a grammar; others do not.",
        )
    return model


def _make_youngest(model: Path, home: Path) -> None:
    """Give a model the age of its installation, and less than all others have: a board's clock may be slow."""
    others = max((other.stat().st_mtime_ns for other in installed(home)), default=0)
    age = max(time.time_ns(), others + 1)
    os.utime(model, ns=(age, age))


def _fit_to_be_a_name(name: str) -> str:
    if re.fullmatch(NAME, name) and name not in {BUNDLED, _CURRENT}:
        return name
    raise InstallFailed(f"A model cannot be called {name!r}.", "Rename the zip's folder, or the zip.")


def _take_down(model: Path) -> None:
    gone = Path(tempfile.mkdtemp(prefix=".gone-", dir=model.parent))
    model.rename(gone / model.name)
    shutil.rmtree(gone)


@contextmanager
def locked(home: Path) -> Iterator[Path]:
    """Keep every other installation off a shelf; yield the folder for half downloads.

    What an installation that was killed has left lying about is cleared away, except a download to go on with.

    Raises:
        InstallFailed: another one is going on, or the shelf cannot be written.
    """
    with _writing(home):
        parts = home / _PARTS
        parts.mkdir(parents=True, exist_ok=True)
        lock = (home / ".lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # goes with the process, also when it is killed
        except BlockingIOError as error:
            raise InstallFailed(f"Another installation is at work in {home}.", "Wait until it is done.") from error
        for left in (*home.glob(".new-*"), *home.glob(".gone-*")):
            shutil.rmtree(left, ignore_errors=True)
        with _writing(home):
            for model in installed(home):
                _drop_fetched(home, model.name)
        yield parts


@contextmanager
def _writing(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DiskRefused(
            f"{error.filename or home} cannot be written: {error.strerror or error}.",
            "Check the disk's room and the folder's owner.",
        ) from error
