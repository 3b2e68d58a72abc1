"""Sound as the loop takes it: in blocks."""

import numpy as np
from numpy.typing import NDArray

from coach.ports import BLOCK_SAMPLES, Block


def blocks(sound: NDArray[np.float64]) -> list[Block]:
    """Cut sound, in the scale of int16, into blocks; rounded and clipped."""
    samples = np.clip(np.rint(sound), -32_768, 32_767).astype("<i2")
    return [Block(samples[at : at + BLOCK_SAMPLES].tobytes()) for at in range(0, len(samples), BLOCK_SAMPLES)]
