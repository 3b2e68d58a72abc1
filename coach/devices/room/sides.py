"""The two sides of the room: what gathers the sound of a microphone, and what plays through a loudspeaker."""

from collections import deque
from queue import Empty, SimpleQueue
from typing import Any

from coach.devices.room.convert import COACH_SOUND, Converter
from coach.devices.room.device import Device
from coach.devices.room.speaker_queue import SpeakerQueue
from coach.devices.room.wire import PATIENCE_S, Wire
from coach.ports import SAMPLE_RATE, Block, Pcm

LONGEST_BACKLOG = 100
"""Blocks (2 s) from the microphone that may wait for the loop."""

_LOOK_AT_END_S = 0.05

_TAIL_BYTES = 2 * SAMPLE_RATE * 3 // 10
"""300 ms of silence after the last sentence: the device still holds its end when the queue is empty."""


class Microphone:
    """Gathers what is recorded until the loop fetches it.

    Attributes:
        overruns: blocks that were lost because the loop was late.
        glitches: interruptions that the device itself reported.

    Raises:
        RoomLost: the device cannot be opened.
    """

    def __init__(self, device: Device) -> None:
        self.overruns = 0
        self.glitches = 0
        self._recorded: SimpleQueue[bytes] = SimpleQueue()
        self._blocks: deque[bytes] = deque()
        self.wire = Wire("microphone", device, self._record)
        self._convert = Converter(self.wire.sound, COACH_SOUND)
        self.wire.start()

    def next_block(self, patience_s: float) -> Block | None:
        """Return the next block; None if none comes in that time."""
        while not self._blocks:
            try:
                self._blocks.extend(self._convert(self._recorded.get(timeout=patience_s)))
            except Empty:
                return None
        return Block(self._blocks.popleft())

    def forget(self) -> None:
        """Forget what was recorded so far."""
        while self._recorded.qsize():  # Only the loop's thread takes from it.
            self._recorded.get_nowait()

    def _record(self, sound: Any, _frames: int, _time: object, status: object) -> None:  # noqa: ANN401
        if status:
            self.glitches += 1
        if self._recorded.qsize() < LONGEST_BACKLOG:
            self._recorded.put(bytes(sound))
        else:
            self.overruns += 1


class Loudspeaker:
    """Plays what is queued.

    Attributes:
        queue: what is about to be played.
        glitches: interruptions that the device itself reported.

    Raises:
        RoomLost: the device cannot be opened.
    """

    def __init__(self, device: Device) -> None:
        self.glitches = 0
        self._taken_before = 0
        self._idle_seconds = 0
        self.wire = Wire("speaker", device, self._play)
        sound = self.wire.sound
        self.queue = SpeakerQueue(Converter(COACH_SOUND, sound), bytes(sound.block_bytes))
        self.wire.start()

    @property
    def gone(self) -> bool:
        """Whether the stream has ended, or has taken nothing for two seconds of microphone sound."""
        return self.wire.ended or self._idle_seconds >= PATIENCE_S

    def each_second(self) -> None:
        """A second of microphone sound has passed: make up for the drift, and see whether anything was taken."""
        self.queue.absorb_drift()
        self._idle_seconds = self._idle_seconds + 1 if self.queue.taken == self._taken_before else 0
        self._taken_before = self.queue.taken

    def play_to_the_end(self, pcm: Pcm) -> bool:
        """Play this instead of what is queued, and wait for its end; False if the device does not take it."""
        self.queue.replace(Pcm(pcm + bytes(_TAIL_BYTES)))
        idle_looks, taken = 0, self.queue.taken
        while self.queue and idle_looks * _LOOK_AT_END_S < PATIENCE_S:
            if self.wire.wait_for_end(_LOOK_AT_END_S):
                return False
            idle_looks = idle_looks + 1 if self.queue.taken == taken else 0
            taken = self.queue.taken
        return not self.queue

    def _play(self, sound: Any, _frames: int, _time: object, status: object) -> None:  # noqa: ANN401
        if status:
            self.glitches += 1
        sound[:] = self.queue.take()
