"""A room that outlasts its devices: what is lost is waited for, opened again, and told.

:class:`SteadyRoom` stands between the loop and the sound card. As long as sound flows it does nothing but look
whether it can be sound from a room. When a device is gone, or nothing usable has come for three seconds, its
exchange does not return: it says aloud what is wrong, through whatever is left, and tries again, at first after
half a second, then ever more seldom. Sound is the only clock, so session time stands still meanwhile, and nobody
is led who could not say that it hurts. When the room hears again, ``RoomBack`` is raised in place of one block:
the loop tells the mind, and that decides how to go on.

A room counts as hearing again only after half a second of usable sound while nothing was played: where a lost
microphone was replaced by what the loudspeaker plays, the coach would hear itself, and nobody else.

This is the one place beside the sound card that waits, and the only one that looks at a clock: nothing else can
tell how long an outage was. Both are given from outside, so that a test neither waits nor hurries.
"""

import math
import time
from collections.abc import Callable
from typing import Final, Protocol

from coach.blocks import blocks_of
from coach.deafness import DEAF_AFTER, Hearing
from coach.errors import RoomBack, RoomDeaf, RoomHangs, RoomLost
from coach.ports import BLOCK_MS, SILENCE, Block, Pcm, Room

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 10.0
"""Between two attempts: doubled each time, from the first to the longest."""

LONGEST_DEAF_PAUSE_S: Final = 30.0
"""Sound that comes back is heard at once while the room is open. It is opened anew only because the sound server
may listen to something else by now; and some loudspeakers click each time."""

HEARS_AFTER: Final = 500 // BLOCK_MS
"""Usable blocks in a row after which a room hears again."""

TAIL_BLOCKS: Final = 500 // BLOCK_MS
"""Silence after what is said: the devices still hold its end, and its echo is not to be taken for somebody."""

SAY_AGAIN_AFTER_S: Final = 600.0
"""Between two times that the same outage is told aloud."""

HANGING_S: Final = 120.0
"""A sound server that does not answer for so long may never do so for this process: then no sign of life is given
any more, and the watchdog has its way."""


class Attendant(Protocol):
    """Whoever stands by while the room is lost: tells of it, and speaks."""

    def noticed(self, lost: RoomLost) -> None:
        """The room was lost, or is deaf: told once an outage, and again if something else is wrong by now."""
        ...

    def words(self, lost: RoomLost, *, again: bool) -> Pcm:
        """Return what to say aloud about it; empty for nothing.

        Args:
            lost: what is wrong.
            again: whether it was said before in this outage, some time ago.
        """
        ...

    def say_last(self, pcm: Pcm) -> bool:
        """Play that through whatever is left, without a room; return whether it was heard. In a bounded time."""
        ...

    def alive(self) -> None:
        """A step of the recovery came to its end: nothing hangs."""
        ...

    def hears(self) -> None:
        """The room hears: for the first time, or again."""
        ...


class SteadyRoom:
    """A room that comes back; see :class:`coach.ports.Room`.

    Args:
        open_room: opens the devices anew, or raises ``RoomLost``, both in a bounded time.
        attendant: tells and speaks.
        room: the room, if it is open already. None: opened with the first exchange, however long that takes.
        patience_s: how long an outage may last before the room is given up.
        has_microphone: False for a room that is played in only: nothing is expected from it.
        wait: waits for so many seconds.
        clock: seconds since whenever.
    """

    def __init__(
        self,
        open_room: Callable[[], Room],
        attendant: Attendant,
        *,
        room: Room | None = None,
        patience_s: float = math.inf,
        has_microphone: bool = True,
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_room = open_room
        self._attendant = attendant
        self._room = room
        self._patience_s = patience_s
        self._has_microphone = has_microphone
        self._wait = wait
        self._clock = clock
        self._hearing = Hearing()
        self._heard_at = clock()
        self._ended_at = clock()  # when a step last came to an end by itself
        self._said_at: float | None = None  # when this outage was last told aloud
        self._has_heard = False

    def exchange(self, speaker: Block) -> Block:
        """Play one block and return the block the microphone recorded meanwhile.

        Raises:
            coach.errors.RoomBack: the room was lost or deaf, and is back; the block was not played.
            coach.errors.RoomLost: it did not come back for too long.
        """
        try:
            if self._room is None:
                self._room = self._open_room()
            microphone = self._room.exchange(speaker)
        except RoomLost as lost:
            raise self._outlast(lost) from lost
        self._follow(microphone)
        if self._hearing.deaf:
            raise self._outlast(deafness(self._hearing.fault))
        return microphone

    def close(self) -> None:
        """Let go of the devices. Calling it again does nothing."""
        if self._room is not None:
            self._room.close()
            self._room = None

    # --- Sound flows ----------------------------------------------------------------------------------------

    def _follow(self, microphone: Block) -> None:
        if self._has_microphone:
            self._hearing.take(microphone)
        if not self._hearing.fault:
            self._heard_at = self._clock()
        if not self._has_heard:
            self._has_heard = True
            self._attendant.hears()

    # --- It does not ----------------------------------------------------------------------------------------

    def _outlast(self, lost: RoomLost) -> RoomBack:
        """Return when the room hears again, with the news of it."""
        since, self._said_at = self._heard_at, None
        self._attendant.noticed(lost)
        # A device that is gone may be there again, or another; a deaf one is told at once, somebody may hear it.
        wrong, noticed = lost if isinstance(lost, RoomDeaf) else self._attempt(), lost
        pause_s = FIRST_PAUSE_S
        while wrong is not None:
            if wrong.what != noticed.what:
                noticed = wrong
                self._attendant.noticed(noticed)
            if self._clock() - since >= self._patience_s:
                self.close()
                raise wrong
            self._tell(wrong)
            if self._hears_within(pause_s):
                break
            wrong = self._attempt()
            longest_s = LONGEST_DEAF_PAUSE_S if isinstance(wrong, RoomDeaf) else LONGEST_PAUSE_S
            pause_s = min(2 * pause_s, longest_s)
        self._hearing = Hearing()
        self._heard_at = self._clock()
        self._has_heard = True
        self._attendant.hears()
        return RoomBack(lost, self._heard_at - since, told=self._said_at is not None)

    def _attempt(self) -> RoomLost | None:
        """Open the room anew and listen; return what is wrong with it, if anything."""
        self.close()
        try:
            self._room = self._open_room()
            wrong = self._listen(self._room, DEAF_AFTER)
        except RoomLost as lost:
            self.close()
            wrong = lost
        self._step_ended(hangs=isinstance(wrong, RoomHangs))
        return wrong

    def _hears_within(self, seconds: float) -> bool:
        """Wait: by listening, where there is something to listen to."""
        if self._room is None:
            self._wait(seconds)
            return False
        try:
            return self._listen(self._room, round(seconds * 1_000 / BLOCK_MS) + HEARS_AFTER) is None
        except RoomLost:
            self.close()
            return False
        finally:
            self._step_ended(hangs=False)

    def _listen(self, room: Room, blocks: int) -> RoomLost | None:
        """Listen in silence for so long, or until the room hears; return what is wrong with it, if anything."""
        hearing = Hearing()
        for _ in range(blocks):
            microphone = room.exchange(SILENCE)
            if not self._has_microphone:
                return None
            hearing.take(microphone)
            if hearing.usable >= HEARS_AFTER:
                return None
        return deafness(hearing.fault or "silent")

    def _tell(self, lost: RoomLost) -> None:
        """Say aloud what is wrong: at once, and seldom after that."""
        again = self._said_at is not None
        if isinstance(lost, RoomHangs) or (again and self._clock() - (self._said_at or 0) < SAY_AGAIN_AFTER_S):
            return
        pcm = self._attendant.words(lost, again=again)
        if pcm and (self._play(pcm, self._room) if self._room else self._attendant.say_last(pcm)):
            self._said_at = self._clock()
        self._step_ended(hangs=False)

    def _play(self, pcm: Pcm, room: Room) -> bool:
        try:
            for block in (*blocks_of(pcm), *([SILENCE] * TAIL_BLOCKS)):
                room.exchange(block)
        except RoomLost:
            self.close()
            return False
        return True

    def _step_ended(self, *, hangs: bool) -> None:
        if not hangs:
            self._ended_at = self._clock()
        if self._clock() - self._ended_at < HANGING_S:
            self._attendant.alive()


def deafness(fault: str) -> RoomDeaf:
    """Return the sentence for what a microphone delivers in place of sound.

    Args:
        fault: ``silent``, ``stuck`` or ``clipped``.
    """
    match fault:
        case "silent":
            what = "The microphone delivers nothing but zeros."
        case "stuck":
            what = "The microphone delivers the same value over and over."
        case _:
            what = "The microphone delivers nothing but noise at full scale."
    return RoomDeaf(fault, what, "See whether it is switched off, muted, or turned up too far.")
