"""Rooms with known faults, of the product's own parts: the understudy's acoustics, the real speaker's queue."""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from coach.devices.room import COACH_SOUND, Converter, SpeakerQueue, Tally
from coach.doctor.sound import NO_TALLY
from coach.ports import BLOCK_SAMPLES, SILENCE, Block, Room
from coach.rehearsal.room import Acoustics, SimulatedRoom


class FaultyRoom:
    """A room with a clock in the microphone and another in the loudspeaker, and with a loop that may be late.

    The loudspeaker takes its sound from the very queue that the real room has, in its own time. So delay, drift
    and dropouts come about as they do in reality.

    Args:
        room: how it sounds.
        ppm: how much slower the loudspeaker's clock runs than the microphone's.
        gain_db: how far the microphone is turned up, before it clips.
        lost: exchanges whose block from the microphone is lost.
        late: exchanges before which the loop is late, and by how many blocks.
    """

    def __init__(
        self,
        room: Room,
        ppm: float = 0.0,
        gain_db: float = 0.0,
        lost: tuple[int, ...] = (),
        late: Mapping[int, int] | None = None,
    ) -> None:
        self._room = room
        self._step = 1 - ppm * 1e-6
        self._gain = 10 ** (gain_db / 20)
        self._lost = lost
        self._late = late or {}
        self._queue = SpeakerQueue(Converter(COACH_SOUND, COACH_SOUND), bytes(SILENCE))
        self._recorded: deque[Block] = deque()
        self._taken = np.zeros(0)
        self._first = 0  # the place of the oldest sample kept
        self._at = 0.0
        self._exchanges = 0
        self._overruns = 0

    def exchange(self, speaker: Block) -> Block:
        self._exchanges += 1
        for _ in range(self._late.get(self._exchanges, 0)):
            self._pass_a_block()
        self._queue.push(speaker)
        if self._exchanges in self._lost:
            self._pass_a_block()
            self._recorded.pop()
            self._overruns += 1
        if not self._recorded:
            self._pass_a_block()
        if self._exchanges % 50 == 0:
            self._queue.absorb_drift()
        return self._recorded.popleft()

    @property
    def tally(self) -> Tally:
        queue = self._queue
        return replace(
            NO_TALLY,
            exchanges=self._exchanges,
            underruns=queue.underruns,
            overruns=self._overruns,
            left_out=queue.left_out,
            repeated=queue.repeated,
        )

    def close(self) -> None:
        self._room.close()

    def _pass_a_block(self) -> None:
        """Let the time of one block pass by the microphone's clock."""
        places = self._at + self._step * np.arange(BLOCK_SAMPLES)
        self._at += self._step * BLOCK_SAMPLES
        while self._first + len(self._taken) < np.ceil(places[-1]) + 1:
            self._taken = np.concatenate([self._taken, np.frombuffer(self._queue.take(), "<i2")])
        played = np.interp(places - self._first, np.arange(len(self._taken)), self._taken)
        old = int(places[0]) - 1 - self._first
        if old > 0:
            self._taken, self._first = self._taken[old:], self._first + old
        heard = self._room.exchange(Block(np.rint(played).astype("<i2").tobytes()))
        louder = np.clip(np.rint(np.frombuffer(heard, "<i2") * self._gain), -32_768, 32_767)
        self._recorded.append(Block(louder.astype("<i2").tobytes()))


class StuckRoom:
    """A microphone that delivers one value over and over."""

    def __init__(self, value: int) -> None:
        self._block = Block(np.full(BLOCK_SAMPLES, value, "<i2").tobytes())

    def exchange(self, speaker: Block) -> Block:
        return self._block

    def close(self) -> None: ...


def living_room(**acoustics: float) -> SimulatedRoom:
    """A simulated room with nobody in it."""
    return SimulatedRoom(acoustics=Acoustics(**acoustics))  # type: ignore[arg-type]
