"""How loud a block of sound is, and how quiet a room."""

import math
from collections import deque

import numpy as np

from coach.ports import BLOCK_MS, Block

_SPAN = 1_000 // BLOCK_MS
_SPANS = 4
"""So many spans of so many blocks are looked back at: longer than a command without a gap, and than a sentence of
the coach's without one."""


def level_db(block: Block) -> float:
    """Mean power of a block in decibels; full scale is 90, and silence 0."""
    samples = np.frombuffer(block, np.int16).astype(np.float32)
    return 10 * math.log10(float(samples @ samples) / len(samples) + 1)


class QuietestLately:
    """The quietest of the last four to five seconds: what all of them have in common is the noise of the room."""

    def __init__(self) -> None:
        self._spans: deque[float] = deque(maxlen=_SPANS)
        self._this_span = math.inf
        self._blocks = 0

    def take_in(self, db: float) -> float:
        """Take in the level of a block; return the quietest, minus infinity until there are enough."""
        self._this_span = min(self._this_span, db)
        self._blocks += 1
        if self._blocks % _SPAN == 0:
            self._spans.append(self._this_span)
            self._this_span = math.inf
        return min(*self._spans, self._this_span) if len(self._spans) == _SPANS else -math.inf
