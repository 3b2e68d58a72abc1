"""Who is in the foreground: notices somebody who is louder than the talk that goes on around them, and their end.

Other people at the table, or a television, talk without an end. To the recogniser that is one long utterance of
unknown speech, and a "stop" in it is more of the same. But whoever stands before the microphone is louder than
what comes from across the room: where a louder voice begins, the ears begin anew, and where only the talk is left,
they have heard all of it (``coach/devices/ears.py``).

Only levels are compared here. In a room where nobody talks, every word is louder than what was before it; that
there is talk at all is for the ears to say.
"""

from collections import deque

from coach.levels import level_db
from coach.ports import BLOCK_MS, Block
from coach.session.messages import Milliseconds

LOUDER_DB = 6.0
"""So far above the loudest of the talk before it somebody must be."""

LOOKED_BACK = Milliseconds(2_500)
"""So much of the talk is compared with: longer than most pauses in it."""

BEGINS_WITHIN = Milliseconds(300)
"""What was heard so lately is not compared with: it is the beginning of the louder voice, its consonants."""

_SMOOTHED = 3
"""Blocks: one alone may be a click."""

_SOUNDING_DB = 20.0
"""What is so much fainter than the loudest of the talk is a pause in it ..."""

_TALK = 0.5
"""... and so much of it must be none: after a long pause anybody is louder."""


class Foreground:
    """Compares what is heard with what was heard before it.

    Attributes:
        fainter_for: so long nothing was heard that is louder than the talk before the last louder voice was.
    """

    def __init__(self) -> None:
        self.fainter_for = Milliseconds(0)
        self._talk = 0.0  # the loudest of it, before somebody was louder
        self._blocks: deque[float] = deque(maxlen=_SMOOTHED)
        self._beginning: deque[float] = deque(maxlen=BEGINS_WITHIN // BLOCK_MS)
        self._before: deque[float] = deque(maxlen=LOOKED_BACK // BLOCK_MS)

    def take_in(self, microphone: Block) -> bool:
        """Take in a block; return whether somebody is heard in it who is louder than the talk before."""
        self._blocks.append(level_db(microphone))
        now = sum(self._blocks) / len(self._blocks)
        if len(self._beginning) == self._beginning.maxlen:
            self._before.append(self._beginning[0])
        self._beginning.append(now)
        somebody_louder = self._is_louder(now)
        if somebody_louder:
            self._talk = max(self._before)
        self.fainter_for = Milliseconds(self.fainter_for + BLOCK_MS if now < self._talk else 0)
        return somebody_louder

    def _is_louder(self, now: float) -> bool:
        if len(self._before) != self._before.maxlen or now < (loudest := max(self._before)) + LOUDER_DB:
            return False
        sounding = sum(db > loudest - _SOUNDING_DB for db in self._before)
        return sounding >= _TALK * len(self._before)
