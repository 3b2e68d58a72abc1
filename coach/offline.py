"""Offline, enforced: after ``stay_offline()`` this process refuses to reach the network.

It rests on Python's audit events (PEP 578, <https://docs.python.org/3/library/audit_events.html>), so it sees
every socket opened through Python, by the coach or by a library. It does not see sockets opened by C code (a
sound server's client, say) nor by other programs: on the speaker the service unit forbids those. Nor is there an
event for ``listen``: a socket that was never bound may wait at a port of the kernel's choice, as nothing in the
coach does; the unit forbids that, too. (To refuse the making of sockets would hide where an attempt was to lead,
which the report of a defect needs most.) Once installed it cannot be removed, not even by the tests that check it.

Sockets that never leave the machine stay allowed: Unix ones (systemd, sound servers) and the kernel's
netlink. Loopback addresses are refused too: nothing in the coach has business there.
"""

import ipaddress
import socket
import sys
from functools import cache

from coach.errors import CoachError

_INSIDE_THE_MACHINE = {socket.AF_UNIX, socket.AF_NETLINK}
_REACHES_OUT = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}
_ASKS_FOR_A_NAME = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}

_refused: list[str] = []


class OfflineBroken(CoachError):
    """Something in this process tried to reach the network."""

    exit_code = 9


@cache
def stay_offline() -> None:
    """Refuse the network from now on, for as long as this process lives. Calling it again does nothing.

    Whoever tries gets ``OfflineBroken``.
    """
    sys.addaudithook(_refuse)


def refused() -> tuple[str, ...]:
    """Return every attempt so far: some libraries swallow the error and go on, and a test wants to know."""
    return tuple(_refused)


def _refuse(event: str, args: tuple[object, ...]) -> None:
    if not event.startswith("socket."):
        return
    match event, args:
        case _, (socket.SocketType() as opened, address, *_) if event in _REACHES_OUT:
            if opened.family in _INSIDE_THE_MACHINE:
                return
            attempt = f"{event} {address}"
        case _, (host, *_) if event in _ASKS_FOR_A_NAME:
            if _is_this_machine(host):
                return
            attempt = f"{event} {host!r}"
        case "socket.getnameinfo", ((host, *_), *_) if not _is_this_machine(host):
            attempt = f"{event} {host!r}"
        case _:
            return
    _refused.append(attempt)
    raise OfflineBroken(
        f"Something in the coach tried to reach the network ({attempt}) and was refused.",
        "The coach works offline, so this is a defect: please report it with this sentence.",
    )


def _is_this_machine(host: object) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host
    if name in {None, "", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        return False
