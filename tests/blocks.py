"""Sound as the loop takes it: in blocks."""

import numpy as np
from numpy.typing import NDArray

from coach.blocks import blocks_of
from coach.ports import Block


def blocks(sound: NDArray[np.float64]) -> list[Block]:
    """Cut sound, in the scale of int16, into blocks; rounded and clipped."""
    return cut(np.clip(np.rint(sound), -32_768, 32_767).astype("<i2").tobytes())


def cut(pcm: bytes) -> list[Block]:
    """Cut a recording into blocks; the last is filled up with silence."""
    return list(blocks_of(pcm))
