"""The queue in front of the loudspeaker, which has a clock of its own.

The microphone is the master clock, so the queue slowly runs long or short. Here that is absorbed where nobody can
hear it, by leaving out or repeating blocks of silence.
"""

from collections import deque
from collections.abc import Callable, Sequence

from coach.ports import SILENCE, Block, Pcm

PRIME = 2
"""Blocks of silence in front of the first one, so that the loudspeaker does not run dry at once."""

LEAST_RESERVE = 1
MOST_RESERVE = 2
"""Blocks that should be left in the loudspeaker's queue at its shortest, as observed over a second."""

LONGEST_QUEUE = 12
"""Blocks (240 ms) in front of the loudspeaker: after a stall of the loop, "stop" must still be heard at once,
so that beyond this, sound is left out."""


class SpeakerQueue:
    """What is about to be played: never empty, never long.

    The loop pushes in the microphone's time, the loudspeaker takes in its own. The difference is made up in
    silence, where nobody hears it.

    Args:
        convert: turns the coach's sound into blocks for the device.
        nothing: a silent block for the device.
    """

    def __init__(self, convert: Callable[[bytes], Sequence[bytes]], nothing: bytes) -> None:
        self.underruns = 0
        self.left_out = 0
        self.repeated = 0
        self.taken = 0
        self._convert = convert
        self._nothing = nothing
        self._blocks: deque[bytes] = deque()
        self._begun = False
        self._surplus = 0
        self._reserve = LONGEST_QUEUE

    def __len__(self) -> int:
        return len(self._blocks)

    def push(self, block: Block) -> None:
        """Queue one block of the coach."""
        if not self._begun:
            self._begun = True
            self._blocks.extend([self._nothing] * PRIME)
        if self._surplus and block == SILENCE:
            if self._surplus > 0:
                self._surplus -= 1
                self.left_out += 1
                return
            self._surplus += 1
            self.repeated += 1
            self._blocks.extend(self._convert(SILENCE))
        if len(self._blocks) >= LONGEST_QUEUE:
            self._blocks.popleft()
            self.left_out += 1
        self._blocks.extend(self._convert(block))

    def replace(self, pcm: Pcm) -> None:
        """Forget what is queued, and queue this."""
        self._blocks.clear()
        self._blocks.extend(self._convert(pcm))

    def take(self) -> bytes:
        """Return the next block for the device; called by PortAudio's thread."""
        self.taken += 1
        try:
            block = self._blocks.popleft()
        except IndexError:  # Asking first would not do: the loop may empty the queue in between.
            self._reserve = 0
            self.underruns += self._begun
            return self._nothing
        self._reserve = min(self._reserve, len(self._blocks))
        return block

    def absorb_drift(self) -> None:
        """Decide, once a second, how many silent blocks to leave out or repeat.

        The length changes with every block, and devices take blocks in bursts. What was left at its shortest was
        never needed: that is the measure.
        """
        reserve, self._reserve = self._reserve, LONGEST_QUEUE
        self._surplus = -1 if reserve < LEAST_RESERVE else max(0, reserve - MOST_RESERVE)
