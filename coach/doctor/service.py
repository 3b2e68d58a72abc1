"""The service and its history of crashes; and whether the network is really refused."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from coach.devices.crashes import Record
from coach.devices.crashes import look as look_at_crashes
from coach.doctor import Figure, Finding
from coach.errors import CoachError
from coach.installation import units
from coach.installation.steps import run

_found = partial(Finding, "service")

_TRY_TO_GO_OUT = """
import socket, sys
from coach.offline import OfflineBroken, stay_offline
stay_offline()
refused = 0
for family, kind, address in (
    (socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.1", 9)),
    (socket.AF_INET6, socket.SOCK_DGRAM, ("2001:db8::1", 9)),
    (socket.AF_INET, socket.SOCK_STREAM, ("192.0.2.1", 9)),
):
    try:
        opened = socket.socket(family, kind)
    except OSError:
        refused += 1
        continue
    opened.settimeout(0.2)
    try:
        opened.connect(address)
    except OfflineBroken:
        refused += 1
    except OSError:
        pass
sys.exit(0 if refused == 3 else 1)
"""
"""Addresses that belong to nobody (RFC 5737, RFC 3849). Were it not refused, nothing would be sent but a knock."""

_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSeen:
    """One of the two kinds of service, as it is found.

    Attributes:
        kind: ``user`` or ``system``.
        name: what to call it.
        edited: whether its unit file was changed by hand.
        unreachable: why systemd cannot be asked, and the remedy.
        properties: as systemd shows them.
        record: what is known of its crashes; None if whoever asks may not see it.
        lingers: whether it runs while nobody is logged in; None if that is not known, or no matter.
        closed: whether its process has no network of its own; None if it does not run, or may not be looked at.
    """

    kind: units.Kind
    name: str
    edited: bool = False
    unreachable: tuple[str, str] | None = None
    properties: Mapping[str, str]
    record: Record | None
    lingers: bool | None = None
    closed: bool | None = None


def look(kind: units.Kind, user: str) -> ServiceSeen | None:
    """Return how a service fares; None if it is not installed.

    Raises:
        CoachError: its unit file cannot be read.
    """
    where = units.place(kind)
    text = units.present(where.unit)
    if text is None:
        return None
    unreachable = units.unreachable(where)
    properties = {} if unreachable else units.shown(where)
    return ServiceSeen(
        kind=kind,
        name=where.name,
        edited=units.edited(text),
        unreachable=unreachable,
        properties=properties,
        record=look_at_crashes(where.state / "crashes.json"),
        lingers=_lingers(user) if kind == "user" and not unreachable else None,
        closed=_closed(where) if properties.get("ActiveState") == "active" else None,
    )


def _lingers(user: str) -> bool | None:
    return {"yes": True, "no": False}.get(units.lingers(user).out.strip())


def _closed(where: units.Place) -> bool | None:
    shown = run(*where.systemctl, "show", units.UNIT, "--property", "MainPID", "--value").out.strip()
    try:
        theirs, ours = (Path(f"/proc/{pid}/ns/net").readlink() for pid in (shown, "self"))
    except OSError:
        return None
    return theirs != ours


def network_is_refused() -> bool | None:
    """Try to reach the network as the coach would, in a process of its own; nothing is sent.

    Returns:
        Whether every attempt was refused; None if it could not be tried.
    """
    try:
        tried = subprocess.run(
            [sys.executable, "-P", "-c", _TRY_TO_GO_OUT],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_WITHIN_S,
            check=False,
            cwd=Path(__file__).resolve().parents[2],
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return tried.returncode == 0


# --- Judging ---------------------------------------------------------------------------------------------


def judge(seen: Sequence[ServiceSeen], record: Record | None) -> tuple[Finding, ...]:
    """Return what follows from how the services fare.

    Args:
        seen: those that are installed.
        record: the crashes that are noted beside the history in use; None if whoever asks may not see them.
    """
    findings = [finding for it in seen for finding in _one(it)]
    if not seen:
        findings.append(
            _found("service", "ok", "No service is installed: the coach runs when somebody starts it.")
        )
    if len(seen) > 1:
        findings.append(
            _found(
                "service",
                "note",
                "Both services are installed, and both want the microphone.",
                "Remove one: coach service uninstall, or sudo coach service uninstall --system.",
            )
        )
    records = [*(it.record for it in seen), record]
    told = next((it for it in records if it and it.reason), None if None in records else record)
    return (*findings, _crashes(told))


def _one(it: ServiceSeen) -> tuple[Finding, ...]:
    name = it.name[0].upper() + it.name[1:]
    if it.unreachable:
        what, remedy = it.unreachable
        return (
            _found("service", "note", f"{name} is installed, and cannot be asked how it fares. {what}", remedy),
        )
    how = " ".join(units.description(it.properties))
    state = it.properties.get("ActiveState", "")
    figures: dict[str, Figure] = {
        "kind": it.kind,
        "state": state,
        "restarts": it.properties.get("NRestarts", ""),
        "edited": it.edited,
        "lingers": it.lingers,
        "no_network": it.closed,
    }
    told = f"{name} is installed. {how}"
    user, own = ("--user ", "") if it.kind == "user" else ("", "sudo ")
    if state == "failed":
        remedy = f"journalctl {user}-u coach -e tells why; start it anew: {own}systemctl {user}restart coach."
        return (_found("service", "trouble", told, remedy, figures=figures),)
    if it.properties.get("StatusText", "").startswith(("deaf:", "lost:")):  # see coach.live.Standby
        remedy = "See what is told of the microphone, or of the devices, above."
        return (_found("service", "trouble", told, remedy, figures=figures),)
    findings = []
    if state == "active":
        findings.append(_found("service", "ok", told, figures=figures))
    else:
        remedy = (
            f"Start it: {own}systemctl {user}start coach; journalctl {user}-u coach -e tells what it waits for."
        )
        findings.append(_found("service", "note", told, remedy, figures=figures))
    if it.lingers is False:
        findings.append(
            _found(
                "lingering",
                "note",
                "The service runs only while you are logged in.",
                "sudo loginctl enable-linger $USER",
            )
        )
    if it.closed is False:
        findings.append(
            _found(
                "service_network",
                "note",
                "The running service sees the machine's network (its own refusal still holds).",
                "Renew its unit file: coach service install; on kernels without user namespaces it cannot be had.",
            )
        )
    return tuple(findings)


def _crashes(it: Record | None) -> Finding:
    if it is None:
        return _found("crashes", "note", units.last_crash(it), "sudo coach service status tells it.")
    figures: dict[str, Figure] = {"crashes": it.crashes, "safe_mode": it.safe_mode}
    if it.safe_mode:
        return _found(
            "crashes",
            "trouble",
            f"The coach crashed {it.crashes} times in a row and starts in safe mode. {units.last_crash(it)}",
            "Put right what the reason says; coach doctor --bundle FILE.zip makes a file to report it with.",
            figures=figures,
        )
    if it.crashes or it.reason:
        what = units.last_crash(it)
        return _found(
            "crashes", "note", what, "If it happens again, put right what the reason says.", figures=figures
        )
    return _found("crashes", "ok", "No crash is noted.", figures=figures)


def judge_offline(*, refused: bool | None) -> Finding:
    """Return what follows from the attempt to reach the network."""
    if refused:
        return _found("offline", "ok", "The coach cannot reach the network: every attempt was refused.")
    if refused is None:
        return _found("offline", "note", "Whether the network is refused could not be tried.")
    return _found(
        "offline",
        "trouble",
        "An attempt to reach the network was not refused.",
        "That is a defect of the coach, or of its installation: install it again, and report it if it stays so.",
    )


def unreadable(error: CoachError) -> Finding:
    """Return the finding if a unit file cannot be read."""
    return _found("service", "note", error.what, error.remedy)
