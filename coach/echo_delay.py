"""How late the loudspeaker is, if it is later than the path of ``coach/echo_path.py`` is long.

A Bluetooth loudspeaker, or a television at the other end of a cable, can be 300 ms late and more. A path long
enough for that would be more to compute for everybody. So the path begins later, but only where what
the microphone records rises and falls with what was said that much longer ago.

Only levels are compared here: they tell the delay to a block or two, and it need not be known better.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from coach.levels import level_db
from coach.ports import BLOCK_MS, SILENCE, Block

LONGEST_MS = 480
"""The longest delay that is looked for. Soon after that ``coach/near_end.py`` takes the coach's voice for over."""

_LISTENS = 6_000 // BLOCK_MS
"""Blocks, with the coach's voice in them, over which the levels are compared."""

_EARLIER = 40 // BLOCK_MS
"""Blocks by which the path begins before what was found: the echo begins before it is loudest."""

_ALIKE = 0.6
"""So far the levels must be correlated. Of 81 s of narration in a room, 20 to 480 ms late, they are by 0.91 or
more, beside a fan 13 dB below the voice by 0.85, beside talk 10 dB below it by 0.65. With any other delay than the
true one never by more than 0.38, whatever sounds in the room, and though the true one be 650 ms."""

_AS_GOOD = 0.1
"""A delay within the path's reach that is so little worse is the true one: what comes and goes evenly, like
syllables, has several."""

_FLOOR_DB = 30.0
"""Fainter sound is none."""

_LAGS = LONGEST_MS // BLOCK_MS + 1


class EchoDelay:
    """Hands on what the loudspeaker was given, about when the microphone hears it.

    Args:
        reaches: how many blocks later than it is handed on it may be heard.
    """

    def __init__(self, reaches: int) -> None:
        self._reaches = reaches
        self._blocks = 0  # of delay
        self._said: deque[Block] = deque([SILENCE] * _LAGS, maxlen=_LAGS)  # newest first
        self._said_db: deque[float] = deque(maxlen=_LISTENS + _LAGS)
        self._heard_db: deque[float] = deque(maxlen=_LISTENS + _LAGS)
        self._listened = 0
        self._known = False

    @property
    def blocks(self) -> int:
        """By how much later it hands on what it is given."""
        return self._blocks

    @property
    def known(self) -> bool:
        """Whether what it hands on was found in what the microphone hears, within the path's reach."""
        return self._known

    def in_time(self, speaker: Block) -> Block:
        """Return what the loudspeaker was given as long ago as it is late.

        Args:
            speaker: what was handed to the room in this exchange.
        """
        self._said.appendleft(speaker)
        return self._said[self._blocks]

    def changes(self, microphone: Block) -> bool:
        """Compare one more block with what was said; return whether the loudspeaker is later than was thought.

        Args:
            microphone: what was recorded in the exchange of the last call of :meth:`in_time`.
        """
        self._said_db.append(max(_FLOOR_DB, level_db(self._said[0])))
        self._heard_db.append(max(_FLOOR_DB, level_db(microphone)))
        self._listened += 1
        if self._listened < _LISTENS + _LAGS:
            return False
        self._listened = _LISTENS + _LAGS - 1_000 // BLOCK_MS  # again in a second
        alike = self._alike()
        if alike.max() < _ALIKE:
            return False
        self._known = True
        if alike[self._blocks : self._blocks + self._reaches + 1].max() > alike.max() - _AS_GOOD:
            return False
        self._blocks = max(0, int(alike.argmax()) - _EARLIER)
        self._listened = 0
        return True

    def _alike(self) -> NDArray[np.float64]:
        """Return how the levels are correlated, by blocks of delay."""
        said, heard = np.array(self._said_db), np.array(self._heard_db)[_LAGS:]
        alike = np.zeros(_LAGS)
        for lag in range(_LAGS):
            then = said[_LAGS - lag : len(said) - lag]
            if np.ptp(then) > 0 and np.ptp(heard) > 0:
                alike[lag] = np.corrcoef(then, heard)[0, 1]
        return alike
