"""The bundle: a zip that can be attached to a report, without anything personal.

What goes in is chosen: the findings with their figures, and versions. History, answers, reminders, sound,
journals, and the texts of one's own routines are not looked at here; a finding's private sentence stays out. What
then could still name somebody is taken out of every text: the home folder, names of the user and of the machine,
addresses of hardware, and paths of one's own.
"""

import json
import os
import platform
import pwd
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Final

from coach.doctor.report import Report, as_text
from coach.errors import CoachError
from coach.homes import home_folder

README: Final = "README.txt"

_ABOUT: Final = """\
A report of coach doctor, made to be handed on.

report.txt    what was found, to read
report.json   the same with its figures
versions.json the versions of the coach, of Python, of the libraries and of the system

It holds no history, no answers, no reminders, no recordings, no journal, and no text of your own. The home
folder is written as ~, names of the user and of the machine, addresses of hardware and paths of your own are
taken out. Look into it before you hand it on: it is plain text.
"""

_LIBRARIES: Final = (
    *("lower-back-coach", "vosk", "pyttsx3", "espeakng-loader", "sounddevice", "livekit", "numpy", "soxr"),
    *("soundfile", "transitions", "pydantic", "click", "rich"),
)

_NOBODY: Final = {
    *("root", "pi", "user", "admin", "coach", "speaker", "raspberrypi", "raspberry", "localhost", "debian"),
    *("linux", "audio", "default", "none"),
}
"""Names that are nobody's, and words of these reports."""

_SYSTEM: Final = ("usr", "proc", "sys", "etc", "opt", "var", "dev", "run", "lib", "bin", "boot")

_HARDWARE: Final = re.compile(r"\b[0-9A-Fa-f]{2}(?:[:_-][0-9A-Fa-f]{2}){5}\b")
_POSSESSIVE: Final = re.compile(r"\b[A-Z][\w-]*[’']s(?= \w)")
"""Wireless devices are called after people."""

_QUOTED: Final = re.compile(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)")

# A path may have spaces: what stands before its last slash, in the same clause, is taken for a part of it.
_REST: Final = r"(?:[^'\":;,()\n<>]*/)?[^\s'\":;,()<>]*[^\s'\":;,().<>]"
_UNDER_HOME: Final = re.compile(rf"~/{_REST}")
_PATH: Final = re.compile(rf"(?<![\w.~/<>])/(?!(?:{'|'.join(_SYSTEM)})(?:/|\b)){_REST}")
_OWN_PLACES: Final = ("~/.local/state/coach", "~/.local/share/coach", "~/.config/systemd", "~/.config/coach")
_OWN_FILES: Final = ("", "/history.sqlite3", "/crashes.json", "/reminders.json", "/user/coach.service")


@dataclass(frozen=True, slots=True)
class Person:
    """What must not be handed on.

    Attributes:
        home: the home folder.
        names: of the user, in any spelling, and of the machine.
        places: folders and files of one's own, and what to call them.
    """

    home: Path
    names: tuple[str, ...]
    places: Mapping[str, str] = field(default_factory=dict)


def this_person(places: Mapping[Path, str]) -> Person:
    """Return who uses this machine.

    Args:
        places: folders and files of their own, and what to call them.
    """
    names = [
        platform.node(),
        platform.node().split(".")[0],
        os.environ.get("USER", ""),
        os.environ.get("LOGNAME", ""),
    ]
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        home = home_folder()
    else:
        full = entry.pw_gecos.split(",")[0]
        names += [entry.pw_name, full, *full.split()]
        home = Path(os.environ.get("HOME") or entry.pw_dir)
    names.append(home.name)
    return Person(home, tuple(filter(None, names)), {str(path): name for path, name in places.items()})


def without_names(text: str, person: Person) -> str:
    """Return a text without what names somebody."""
    for place, name in sorted(person.places.items(), key=lambda it: -len(it[0])):
        text = text.replace(place, f"<{name}>")
    if person.home != Path("/"):
        text = text.replace(str(person.home), "~")
    text = re.sub(r"/home/[^\s/'\":;,]+", "~", text)
    text = _POSSESSIVE.sub("<somebody's>", text)
    for name in sorted({it for it in person.names if it.casefold() not in _NOBODY}, key=len, reverse=True):
        # A name of one or two letters is a word of its own too often: it is taken out of paths alone.
        around = r"(?<![^\W_]){}(?![^\W_])" if len(name) > 2 else r"(?<=/){}(?=/|$)"
        text = re.sub(around.format(re.escape(name)), "<name>", text, flags=re.IGNORECASE)
    text = _HARDWARE.sub("<address>", text)
    text = _UNDER_HOME.sub(_shortened_home, text)
    return _PATH.sub("<a path>", text)


def _shortened_home(path: re.Match[str]) -> str:
    for place in _OWN_PLACES:
        if path[0].startswith(place):
            rest = path[0].removeprefix(place)
            return path[0] if rest in _OWN_FILES else f"{place}/..."
    return "~/..."


def _clean(value: object, person: Person) -> object:
    """Take names out of every text, but not out of the names of fields."""
    match value:
        case str():
            return without_names(value, person)
        case dict():
            return {key: _clean(it, person) for key, it in value.items()}
        case list():
            return [_clean(it, person) for it in value]
        case _:
            return value


def _findings(report: Report, person: Person) -> object:
    whole = json.loads(report.as_json())
    for it in whole["findings"]:
        del it["private"]
        if it["key"] == "crashes":
            it["what"] = _without_quotes(it["what"])
    return _clean(whole, person)


def _without_quotes(reason: str) -> str:
    """The reason of a crash may quote what a person has written, and so do mistakes in the content."""
    return _QUOTED.sub("<text>", reason.partition("in the content:")[0])


def versions() -> Mapping[str, str]:
    """Return what is installed, by name."""
    known = {"python": platform.python_version(), "system": platform.platform(), "machine": platform.machine()}
    try:
        known["distribution"] = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        known["distribution"] = ""
    for library in _LIBRARIES:
        try:
            known[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            known[library] = "not installed"
    return known


def write_bundle(path: Path, report: Report, person: Person) -> None:
    """Write the zip; one that was there is replaced.

    Raises:
        CoachError: it cannot be written.
    """
    cleaned = _findings(report, person)
    reason = {it.what: _without_quotes(it.what) for it in report.findings if it.key == "crashes"}
    text = as_text(report)
    for told, left in reason.items():
        text = text.replace(told, left)
    known = _clean(dict(versions()), person)
    written = path.with_name(f".{path.name}.new")
    try:
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr(README, _ABOUT)
            bundle.writestr("report.txt", without_names(text, person))
            bundle.writestr("report.json", json.dumps(cleaned, indent=2))
            bundle.writestr("versions.json", json.dumps(known, indent=2))
        written.replace(path)
    except OSError as error:
        written.unlink(missing_ok=True)
        raise CoachError(
            f"{path} cannot be written: {error.strerror or error}.", "Name another file with --bundle."
        ) from error


def is_bundle(path: Path) -> bool:
    """Whether a file is such a zip, or nothing yet: anything else is not to be replaced."""
    try:
        with zipfile.ZipFile(path) as bundle:
            return {README, "report.json"} <= set(bundle.namelist())
    except FileNotFoundError:
        return True
    except (OSError, zipfile.BadZipFile):
        return False
