"""How loud a block of sound is."""

import math

import numpy as np

from coach.ports import Block


def level_db(block: Block) -> float:
    """Mean power of a block in decibels; full scale is 90, and silence 0."""
    samples = np.frombuffer(block, np.int16).astype(np.float32)
    return 10 * math.log10(float(samples @ samples) / len(samples) + 1)
