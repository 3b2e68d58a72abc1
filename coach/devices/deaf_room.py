"""A room with a loudspeaker and no microphone, for a coach that is led by keys.

The loudspeaker is the clock: an exchange waits until the device has taken a block. What it returns is silence,
and the ears that belong to it hear nothing. Whoever opens such a room sees to it that there are keys: a coach that
can be told nothing at all shall not lead.
"""

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

from coach.devices.room import COACH_SOUND, LONGEST_QUEUE, PRIME, Converter, Device, choose, devices
from coach.devices.room.wire import LOOK_EVERY_S, PATIENCE_S, SETTLING_S, Wire, close_all, loss_of
from coach.ports import SILENCE, Block
from coach.session.messages import Hypothesis


def open_deaf_room(speaker: int | str | None = None) -> "DeafRoom":
    """Open a loudspeaker alone.

    Args:
        speaker: as for ``coach.devices.room.open_room``.

    Raises:
        RoomLost: there is none, or it is in use, or cannot do what the coach needs.
    """
    return DeafRoom(choose(devices(), "speaker", speaker))


class DeafRoom:
    """A loudspeaker that keeps the time; see :class:`coach.ports.Room`."""

    def __init__(self, speaker: Device) -> None:
        self.underruns = 0
        self._blocks: deque[bytes] = deque()
        self._ahead = PRIME
        self._taken = threading.Semaphore(0)
        self._exchanges = 0
        self._closed = False
        self._wire = Wire("speaker", speaker, self._play)
        self._convert = Converter(COACH_SOUND, self._wire.sound)
        self._nothing = bytes(self._wire.sound.block_bytes)
        self._wire.start()

    def exchange(self, speaker: Block) -> Block:
        """Play one block, and return silence when it is time for the next.

        Raises:
            coach.errors.RoomLost: the loudspeaker is gone.
        """
        self._blocks.extend(self._convert(speaker))
        patience = PATIENCE_S + (SETTLING_S if self._exchanges == 0 else 0)
        looks = round(patience / LOOK_EVERY_S)
        while len(self._blocks) > self._ahead:
            if self._taken.acquire(timeout=LOOK_EVERY_S):
                continue
            looks -= 1
            if looks == 0 or self._wire.ended:
                raise loss_of(self._wire)
        if self._wire.ended:  # some go on asking for sound after their end
            raise loss_of(self._wire)
        self._exchanges += 1
        return SILENCE

    def close(self) -> None:
        """Let go of the device, within three seconds even if it hangs. Calling it again does nothing."""
        if not self._closed:
            self._closed = True
            close_all(self._wire)

    def _play(self, sound: Any, _frames: int, _time: object, _status: object) -> None:  # noqa: ANN401
        """Give the device its next block; called by PortAudio's thread."""
        try:
            sound[:] = self._blocks.popleft()
        except IndexError:  # the loop was late, or the device takes several at once: keep more ready
            sound[:] = self._nothing
            if self._exchanges:
                self.underruns += 1
                self._ahead = min(self._ahead + 1, LONGEST_QUEUE)
        self._taken.release()


class NoEars:
    """The ears of such a room; see :class:`coach.ports.Ears`."""

    def listen(self, phrases: Sequence[str]) -> None:
        """Listen for nothing."""

    def hear(self, microphone: Block) -> Sequence[Hypothesis]:  # noqa: ARG002 - the port's form
        """Hear nothing."""
        return ()

    def second_hearing(self) -> Hypothesis:
        """Hear nothing once more."""
        return Hypothesis("", final=True)
