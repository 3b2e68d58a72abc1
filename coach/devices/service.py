"""The service manager: telling systemd that the coach is ready, alive, and what it is about.

The protocol is one datagram to the socket that systemd names in the environment (``sd_notify(3)``), so no library
is needed. Outside a service there is no such socket, and nothing is sent.

The watchdog is fed by sound that flows (:class:`WatchedRoom` stands before the sound card), and while the room is
lost by each step of its recovery that comes to an end; by nothing else: not by a timer, not by a thread. So a loop
that hangs and a recovery that hangs look the same to systemd: silence, after which it starts the coach anew.
"""

import os
import socket
from collections.abc import Mapping

from coach.ports import BLOCK_MS, Block, Room

FEED_EVERY = 1_000 // BLOCK_MS
"""Blocks between two signs of life. The units allow thirty times as much."""

LONGER_S = 60
"""What a service that starts asks for while it waits for a microphone: longer than any step of a recovery."""

_LONGEST_STATUS = 400
"""Bytes. It is one line of ``systemctl status``."""


class Notifier:
    """Tells systemd how the service fares. Does nothing where there is none; never raises, never waits.

    Args:
        environment: where ``NOTIFY_SOCKET`` stands, a path or ``@`` and an abstract name.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        name = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{name[1:]}" if name.startswith("@") else name
        self._socket: socket.socket | None = None
        if self._address.startswith(("/", "\0")):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.settimeout(0)  # a service manager that does not read must not stop the sound

    def ready(self) -> bool:
        """The service has started: it hears.

        Returns:
            Whether there is nothing left to tell. It is told once in a life, so a datagram that was not taken must
            be sent again.
        """
        return self._send("READY=1")

    def watchdog(self) -> None:
        """The service is alive."""
        self._send("WATCHDOG=1")

    def needs_longer(self, seconds: int) -> None:
        """The service is still starting, and will tell more within so many seconds. Later it means nothing."""
        self._send(f"EXTEND_TIMEOUT_USEC={seconds * 1_000_000}")

    def status(self, text: str) -> None:
        """Say in one line what the service is about; ``systemctl status`` shows it."""
        line = " ".join(text.split()).encode(errors="replace")[:_LONGEST_STATUS]
        self._send(f"STATUS={line.decode(errors='ignore')}")

    def stopping(self) -> None:
        """The service is ending in an orderly way."""
        self._send("STOPPING=1")

    def close(self) -> None:
        """Let go of the socket; nothing is sent from then on."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, message: str) -> bool:
        if self._socket is None:
            return True
        try:
            self._socket.sendto(message.encode(), self._address)
        except OSError:
            return False  # systemd is gone, or too busy to read; the next sign of life comes in a second
        return True


class WatchedRoom:
    """A room that systemd watches: ready with the first block, alive while sound flows; see :class:`Room`.

    Sound that flows may be nothing but zeros: a microphone that is switched off is no reason to begin anew.

    Args:
        room: the room that is watched.
        notifier: who tells systemd.
    """

    def __init__(self, room: Room, notifier: Notifier) -> None:
        self._room = room
        self._notifier = notifier
        self._blocks = 0
        self._told_ready = False

    def exchange(self, speaker: Block) -> Block:
        """Play one block and return the block the microphone recorded meanwhile.

        Raises:
            coach.errors.RoomLost: as the room that is watched.
        """
        microphone = self._room.exchange(speaker)
        self._told_ready = self._told_ready or self._notifier.ready()
        if self._blocks % FEED_EVERY == 0:
            self._notifier.watchdog()
        self._blocks += 1
        return microphone

    def close(self) -> None:
        """Let go of the devices. Calling it again does nothing."""
        self._room.close()


class Watch:
    """What systemd is told of a room that is lost and found.

    Args:
        notifier: who tells systemd.
    """

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier

    def watched(self, room: Room) -> Room:
        """Return the room with somebody before it who sees the sound flow."""
        return WatchedRoom(room, self._notifier)

    def status(self, text: str) -> None:
        """Say in one line how the room fares."""
        self._notifier.status(text)

    def alive(self) -> None:
        """A step of a recovery came to its end: the service is alive; if it is still starting, it needs longer."""
        self._notifier.watchdog()
        self._notifier.needs_longer(LONGER_S)
