"""A room with a loose contact: devices that are lost, switched off, or turned up too far, as a script says.

:class:`LooseContact` stands in for the sound card behind ``coach/devices/steady.py``: it opens rooms and loses
them. It keeps the time as well, in sound that was exchanged and in seconds that were waited, so that an outage of
an hour takes no time. What the person would have said during a fault is not lost: they wait, as people do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from coach.errors import RoomLost
from coach.ports import BLOCK_MS, BLOCK_SAMPLES, SILENCE, Block, Room

FAINT: Final = Block(np.tile(np.array([1, -1], "<i2"), BLOCK_SAMPLES // 2).tobytes())
"""The least noise that a room can have."""

FULL_SCALE: Final = Block(np.tile(np.array([32_767, -32_768], "<i2"), BLOCK_SAMPLES // 2).tobytes())

STUCK: Final = Block(np.full(BLOCK_SAMPLES, 5, "<i2").tobytes())

_NOTICED_S: Final = {"lost": 0.25, "frozen": 2.0}
"""How long a sound card takes to notice: a stream that ends says so, one that hangs does not."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that befalls a room.

    Attributes:
        kind: ``lost`` (unplugged: cannot be opened either), ``frozen`` (like it, only noticed later), ``silent``
            (switched off), ``stuck`` or ``clipped``.
        after_s: seconds of good sound since the fault before it, or since the beginning.
        lasts_s: how long it lasts.
    """

    kind: Literal["lost", "frozen", "silent", "stuck", "clipped"]
    after_s: float
    lasts_s: float


class LooseContact:
    """Opens a room that does not last.

    Args:
        room: the room as it is without faults.
        faults: what befalls it, one after another.
    """

    def __init__(self, room: Room, faults: Iterable[Fault] = ()) -> None:
        self.opened = 0
        """How many rooms were opened."""
        self._room = room
        self._faults = list(faults)
        self._now_ms = 0
        self._good_ms = 0  # of sound, since the last fault
        self._current: Fault | None = None
        self._over_at_ms = 0

    def clock(self) -> float:
        """Seconds since the beginning."""
        return self._now_ms / 1_000

    def wait(self, seconds: float) -> None:
        """Let so much time pass."""
        self._now_ms += round(1_000 * seconds)

    def open(self) -> "LooselyConnected":
        """Open the room.

        Raises:
            RoomLost: it is lost at this moment.
        """
        if self.fault() in ("lost", "frozen"):
            raise RoomLost("There is no microphone.", "Connect one.")
        self.opened += 1
        return LooselyConnected(self, self.opened)

    def fault(self) -> str:
        """What ails the room now; empty if nothing does."""
        if self._current is not None and self._now_ms >= self._over_at_ms:
            self._current, self._good_ms = None, 0
        if self._current is None and self._faults and self._good_ms >= 1_000 * self._faults[0].after_s:
            self._current = self._faults.pop(0)
            self._over_at_ms = self._now_ms + round(1_000 * self._current.lasts_s)
        return self._current.kind if self._current else ""

    def swap(self, speaker: Block) -> Block:
        """Play one block, and return what the microphone delivers.

        Raises:
            RoomLost: it is lost by now.
        """
        fault = self.fault()
        if fault in _NOTICED_S:
            self.wait(_NOTICED_S[fault])
            raise RoomLost("The microphone has stopped working.", "Check the cable.")
        self._now_ms += BLOCK_MS
        match fault:
            case "silent":
                return SILENCE
            case "stuck":
                return STUCK
            case "clipped":
                return FULL_SCALE
        self._good_ms += BLOCK_MS
        microphone = self._room.exchange(speaker)
        return FAINT if microphone == SILENCE else microphone


class LooselyConnected:
    """A room as long as it lasts; see :class:`coach.ports.Room`."""

    def __init__(self, contact: LooseContact, number: int) -> None:
        self._contact = contact
        self._number = number
        self._closed = False

    def exchange(self, speaker: Block) -> Block:
        """Play one block and return what the microphone recorded meanwhile.

        Raises:
            RoomLost: a device is gone, or this is no longer the room that is open.
        """
        if self._closed or self._contact.opened != self._number:
            raise RoomLost("This room was closed.", "Open another.")
        return self._contact.swap(speaker)

    def close(self) -> None:
        """Let go of the room. Calling it again does nothing."""
        self._closed = True
