"""The unit file: written from its template, recognised again, enabled, removed, and described in words.

Templates stand in ``systemd/``. A file that the coach wrote ends in a seal over its text, so that one edited by
hand is recognised and never thrown away. Nothing here starts a program but through ``steps.run``.
"""

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from coach.content.places import content_root
from coach.devices.crashes import Record
from coach.devices.store import files_of
from coach.history import default_store_path
from coach.homes import home_folder
from coach.installation import ServiceFailed
from coach.installation.steps import NOT_FOUND, Answer, Delete, Keep, MakeFolder, Run, Step, Write, run
from coach.installation.versions import SYSTEM_ROOT, user_root

UNIT = "coach.service"

Kind = Literal["user", "system"]

_TEMPLATES: Mapping[Kind, Path] = {"user": Path(UNIT), "system": Path("system") / UNIT}
_SEAL = re.compile(r"# Written by the coach; seal ([0-9a-f]{16})\n")
_HISTORY = "history.sqlite3"
_BESIDE_IT = ("crashes.json", "reminders.json")

_SHOWN = "LoadState,UnitFileState,ActiveState,SubState,ActiveEnterTimestamp,NRestarts,Result,StatusText"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service of one kind lives.

    Attributes:
        kind: the service of a person, or of the system.
        unit: its unit file.
        state: the folder of its history.
        root: the folder of its versions.
    """

    kind: Kind
    unit: Path
    state: Path
    root: Path

    @property
    def systemctl(self) -> tuple[str, ...]:
        """The command that steers it, to be continued."""
        return ("systemctl", "--user") if self.kind == "user" else ("systemctl",)

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return "the service of this user" if self.kind == "user" else "the service of the system"


def place(kind: Kind, environment: Mapping[str, str] = os.environ) -> Place:
    """Return where the service of this person, or that of the system, lives."""
    if kind == "system":
        return Place(kind, Path("/etc/systemd/system") / UNIT, Path("/var/lib/coach"), SYSTEM_ROOT)
    config = Path(environment.get("XDG_CONFIG_HOME", ""))
    if not config.is_absolute():
        config = home_folder(environment) / ".config"
    unit = config / "systemd" / "user" / UNIT
    mine = {name: value for name, value in environment.items() if name != "STATE_DIRECTORY"}
    return Place(kind, unit, default_store_path(mine).parent, user_root(environment))


# --- The file --------------------------------------------------------------------------------------------


def template(kind: Kind) -> str:
    """Return the unit file with its placeholders.

    Raises:
        ServiceFailed: it is not there.
    """
    file = content_root() / "systemd" / _TEMPLATES[kind]
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ServiceFailed(f"{file} cannot be read: {error.strerror}.", "Install the coach again.") from error


def filled(text: str, program: Path, state: Path) -> str:
    """Return a unit file ready for use, with its seal.

    Args:
        text: the template.
        program: the coach's program.
        state: the folder of the history.

    Raises:
        ServiceFailed: a path has characters that mean something else to systemd.
    """
    for placeholder, path in (("@COACH@", program), ("@STATE@", state)):
        if not str(path).isprintable() or set(str(path)) & set("\"'\\$"):
            raise ServiceFailed(
                f"The path {str(path)!r} cannot stand in a unit file.",
                "Install the coach in a folder whose name has no quotes, backslashes or dollar signs.",
            )
        text = text.replace(placeholder, str(path).replace("%", "%%"))
    return f"{text}# Written by the coach; seal {_seal(text)}\n"


def edited(text: str) -> bool:
    """Whether a unit file was written or changed by hand."""
    *body, last = text.splitlines(keepends=True) or [""]
    seal = _SEAL.fullmatch(last)
    return seal is None or seal[1] != _seal("".join(body))


def _seal(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def present(unit: Path) -> str | None:
    """Return the text of a unit file; None if there is none.

    Raises:
        ServiceFailed: it cannot be read.
    """
    try:
        return unit.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ServiceFailed(f"{unit} cannot be read: {error.strerror}.", "Remove it, or put it right.") from error


def _kept(unit: Path, text: str | None) -> list[Step]:
    """Keep a copy of a file that was edited by hand, under a name that no other copy has."""
    if text is None or not edited(text):
        return []
    number = 1
    while (copy := unit.with_name(f"{unit.name}.edited-{number}")).exists():
        number += 1
    return [Keep(unit, copy)]


# --- Steps -----------------------------------------------------------------------------------------------


def install_steps(where: Place, program: Path, user: str) -> Sequence[Step]:
    """Return the steps that make the coach start with the machine, and start it now.

    Args:
        where: the service's place.
        program: what it runs.
        user: whose service it is.

    Raises:
        ServiceFailed: it cannot be installed there.
    """
    if where.kind == "system":
        _require_reachable(program)
    control = where.systemctl
    return (
        *([MakeFolder(where.state)] if where.kind == "user" else []),
        *_kept(where.unit, present(where.unit)),
        Write(where.unit, filled(template(where.kind), program, where.state)),
        Run("Tell systemd", (*control, "daemon-reload")),
        *([_linger(user)] if where.kind == "user" else []),
        Run("Start it with the machine", (*control, "enable", UNIT)),
        # Not waiting: it is ready with the first sound from the microphone, and there may be none yet.
        Run("Start it now", (*control, "--no-block", "restart", UNIT)),
    )


def _linger(user: str) -> Run:
    return Run(
        "Let it run while nobody is logged in",
        ("loginctl", "--no-ask-password", "enable-linger", user),
        f"Until it is done, the coach runs only while you are logged in. Type: sudo loginctl enable-linger {user}",
        needed=False,
    )


def uninstall_steps(where: Place, *, forget_history: bool) -> Sequence[Step]:
    """Return the steps that end the service and remove its unit file.

    Args:
        where: the service's place.
        forget_history: delete what was done, too.
    """
    control, text = where.systemctl, present(where.unit)
    history = list(map(Delete, _remembered(where.state))) if forget_history else []
    if text is None:
        return history
    return (
        Run("Stop it, and start it no more", (*control, "disable", "--now", UNIT), needed=False),
        *_kept(where.unit, text),
        Delete(where.unit),
        Run("Tell systemd", (*control, "daemon-reload"), needed=False),
        *history,
    )


def _remembered(state: Path) -> Sequence[Path]:
    """Everything that was kept of a person: the history and what was set aside of it, reminders, crashes. A file
    that is written in one step stands beside its name until then, and a power cut leaves it there.
    """
    beside = [state / written for name in _BESIDE_IT for written in (name, f".{name}")]
    return [*files_of(state / _HISTORY), *beside]


def _require_reachable(program: Path) -> None:
    """The service of the system runs as a user of its own, who can look into no home."""
    for path in (program, program.resolve().with_name("python").resolve()):
        if any(path.is_relative_to(home) for home in ("/home", "/root", "/run/user", "/tmp", "/var/tmp")):
            raise ServiceFailed(
                f"The service of the system cannot reach {path}.",
                f"Install the coach in {SYSTEM_ROOT} instead: sudo systemd/install.sh --system.",
            )


def require_rights(where: Place, uid: int, *, by_sudo: bool) -> None:
    """Make sure that whoever asks may change a service.

    Args:
        where: the service's place.
        uid: the number of whoever asks.
        by_sudo: whether sudo made them so.

    Raises:
        ServiceFailed: they may not, or it would be the wrong service.
    """
    if where.kind == "system" and uid != 0:
        raise ServiceFailed("The service of the system can be changed by root only.", "Begin the line with sudo.")
    if where.kind == "user" and uid == 0 and by_sudo:
        raise ServiceFailed(
            "With sudo this would become the service of root, who has no sound.",
            "Leave sudo out; or add --system for the service of the system.",
        )


def require_systemd(where: Place) -> None:
    """Make sure that systemd can be told anything.

    Raises:
        ServiceFailed: it does not run here, or not for this person.
    """
    if trouble := unreachable(where):
        raise ServiceFailed(*trouble)


def unreachable(where: Place) -> tuple[str, str] | None:
    """Return why systemd cannot be asked, and the remedy; None if it can."""
    answer = run(*where.systemctl, "is-system-running")
    state = answer.out.strip()
    if answer.code == NOT_FOUND:
        return ("There is no systemd on this machine.", "Start the coach by other means: coach serve.")
    if state == "offline" and where.kind == "system":
        return (
            "systemd does not run here (a container, perhaps).",
            "Start the coach by other means: coach serve.",
        )
    if state in {"", "offline"}:
        return (
            "The systemd of this user cannot be reached.",
            "Log in as this user, at the machine or by ssh; su and sudo do not suffice.",
        )
    return None


# --- Words -----------------------------------------------------------------------------------------------


def shown(where: Place) -> Mapping[str, str]:
    """Ask systemd about the service."""
    answer = run(*where.systemctl, "show", UNIT, "--property", _SHOWN)
    pairs = (line.partition("=") for line in answer.out.splitlines())
    return {key: value.strip() for key, _, value in pairs if value.strip()}


def lingers(user: str) -> Answer:
    """Ask logind whether a person's services run while nobody is logged in."""
    return run("loginctl", "show-user", user, "--property", "Linger", "--value")


def description(properties: Mapping[str, str]) -> Sequence[str]:
    """Return how a service fares, in sentences.

    Args:
        properties: as systemd shows them; empty if it cannot be asked.
    """
    if not properties:
        return ("systemd cannot be asked whether it runs.",)
    told = []
    enabled = properties.get("UnitFileState") in {"enabled", "enabled-runtime"}
    told.append("It starts with the machine." if enabled else "It does not start with the machine.")
    state, since = properties.get("ActiveState", "unknown"), properties.get("ActiveEnterTimestamp", "")
    match state:
        case "active":
            told.append(f"It is running since {since}." if since else "It is running.")
        case "activating" if properties.get("SubState") == "auto-restart":
            told.append("It has ended and is about to be started again.")
        case "activating":
            told.append("It is starting: it has not heard anything from the microphone yet.")
        case "failed":
            told.append(f"It has failed: {properties.get('Result', 'unknown')}.")
        case _:
            told.append("It is not running.")
    if text := properties.get("StatusText"):
        told.append(f"It says: {text.removesuffix('.')}.")
    if (restarts := properties.get("NRestarts", "0")) != "0":
        times = "once" if restarts == "1" else f"{restarts} times"
        told.append(f"systemd has restarted it {times} since it was started.")
    return told


def last_crash(record: Record | None) -> str:
    """Return what is known of the last crash, in one sentence.

    Args:
        record: the row of crashes; None if whoever asks may not see it.
    """
    if record is None:
        return "Whether it has crashed may be seen by root only."
    if not record.reason:
        return "It has never crashed."
    row = f" Crashes in a row: {record.crashes}." if record.crashes else ""
    mode = " It runs in safe mode." if record.safe_mode and record.running else ""
    return f"Its last crash: {record.reason}{row}{mode}"
