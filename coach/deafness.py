"""Deafness: whether what a microphone delivers can be sound from a room. Pure: it only looks and counts.

Even a quiet room has noise, so nothing but zeros means a microphone that is muted, or gone and replaced by the
sound server's dummy. One value over and over, or a quarter of all samples at full scale, means one that is broken
or turned up beyond use; a loud word does that for a moment, not for three seconds.

Known limit: a microphone that suppresses all noise and delivers exact zeros whenever nobody speaks counts as
switched off.
"""

from array import array

from coach.ports import BLOCK_MS, BLOCK_SAMPLES, Block

DEAF_AFTER = 3_000 // BLOCK_MS
"""Unusable blocks in a row after which a microphone counts as deaf."""

_RAIL = 32_700
"""Where clipping begins: int16 ends at 32,767, and converters stop a little short of it."""


class Hearing:
    """Follows a microphone, block by block."""

    def __init__(self) -> None:
        self._unusable = 0
        self._usable = 0
        self._fault = ""

    def take(self, microphone: Block) -> None:
        """Take in the next block."""
        fault = fault_of(microphone)
        self._unusable, self._usable = (self._unusable + 1, 0) if fault else (0, self._usable + 1)
        self._fault = fault

    @property
    def deaf(self) -> bool:
        """Whether nothing usable has come for three seconds."""
        return self._unusable >= DEAF_AFTER

    @property
    def usable(self) -> int:
        """How many usable blocks have come in a row."""
        return self._usable

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
