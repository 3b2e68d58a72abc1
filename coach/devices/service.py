"""The service manager: telling systemd that the coach is ready, alive, and what it is about.

The protocol is one datagram to the socket that systemd names in the environment (``sd_notify(3)``), so no library
is needed. Outside a service there is no such socket, and nothing is sent.

The watchdog is fed by sound that flows and by nothing else: not by a timer, not by a thread. :class:`WatchedRoom`
stands between the loop and the sound card, so a loop that hangs, a card that stops and a microphone that delivers
nothing all look the same to systemd: silence, after which it starts the coach anew.
"""

import os
import socket
from array import array
from collections.abc import Mapping

from coach.ports import BLOCK_MS, BLOCK_SAMPLES, Block, Room

DEAF_AFTER = 3_000 // BLOCK_MS
"""Unusable blocks in a row after which a microphone counts as deaf."""

FEED_EVERY = 1_000 // BLOCK_MS
"""Blocks between two signs of life. The units allow thirty times as much."""

_RAIL = 32_700
"""Where clipping begins: int16 ends at 32,767, and converters stop a little short of it."""

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


class Hearing:
    """Whether what a microphone delivers can be sound from a room. Pure: it only counts.

    Even a quiet room has noise, so nothing but zeros means a microphone that is muted, or gone and replaced by the
    sound server's dummy. One value over and over, or a quarter of all samples at full scale, means one that is
    broken or turned up beyond use; a loud word does that for a moment, not for three seconds.
    """

    def __init__(self) -> None:
        self._unusable = 0
        self._fault = ""

    def take(self, microphone: Block) -> None:
        """Take in the next block."""
        self._fault = fault_of(microphone)
        self._unusable = self._unusable + 1 if self._fault else 0

    @property
    def deaf(self) -> bool:
        """Whether nothing usable has come for three seconds."""
        return self._unusable >= DEAF_AFTER

    @property
    def fault(self) -> str:
        """What is wrong with the last block: ``silent``, ``stuck``, ``clipped``; empty if nothing is."""
        return self._fault


def fault_of(microphone: Block) -> str:
    """Return what is wrong with a block: ``silent`` (all zeros), ``stuck`` (one value), ``clipped``, or empty."""
    samples = array("h", microphone)
    first = samples[0]
    if samples.count(first) == len(samples):
        return "stuck" if first else "silent"
    if max(samples) < _RAIL and min(samples) > -_RAIL:
        return ""
    clipped = sum(abs(sample) >= _RAIL for sample in samples)
    return "clipped" if 4 * clipped >= BLOCK_SAMPLES else ""


class WatchedRoom:
    """A room that systemd watches: ready with the first block, alive while sound flows; see :class:`Room`.

    When devices are lost and found, the next room may be watched by the same notifier.

    Args:
        room: the room that is watched.
        notifier: who tells systemd.
    """

    def __init__(self, room: Room, notifier: Notifier) -> None:
        self._room = room
        self._notifier = notifier
        self._hearing = Hearing()
        self._blocks = 0
        self._told_ready = False

    def exchange(self, speaker: Block) -> Block:
        """Play one block and return the block the microphone recorded meanwhile.

        Raises:
            coach.errors.RoomLost: as the room that is watched.
        """
        microphone = self._room.exchange(speaker)
        was_deaf = self._hearing.deaf
        self._hearing.take(microphone)
        self._told_ready = self._told_ready or self._notifier.ready()
        if self._blocks == 0 or self._hearing.deaf != was_deaf:
            deaf = f"deaf: the microphone is {self._hearing.fault}"
            self._notifier.status(deaf if self._hearing.deaf else "listening")
        if self._blocks % FEED_EVERY == 0 and not self._hearing.deaf:
            self._notifier.watchdog()
        self._blocks += 1
        return microphone

    @property
    def deaf(self) -> bool:
        """Whether the microphone has delivered nothing usable for three seconds."""
        return self._hearing.deaf

    def close(self) -> None:
        """Let go of the devices. Calling it again does nothing."""
        self._room.close()
