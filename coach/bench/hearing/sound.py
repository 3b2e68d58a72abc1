"""Levels, rooms, breath: what is done to a recording before the ears get it. Plain functions on samples.

Samples are in the scale of int16, neither rounded nor clipped. Levels are those of the sounding parts alone, in
decibels below full scale, so that a short word in a long silence is as loud as a sentence.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from coach.ports import BLOCK_BYTES, SAMPLE_RATE, SAMPLES_PER_MS, Pcm
from coach.rehearsal.room import Samples
from coach.session.messages import Milliseconds

FULL_SCALE: Final = 32_768

FRAME: Final = 10 * SAMPLES_PER_MS
"""A tenth of a syllable: short enough for the burst of a final t."""

SOUNDING_DB: Final = 20.0
"""What is so much fainter than the loudest frame does not count for the level."""

FADING_DB: Final = 30.0
"""A word's sound ends where it has fallen so far below its loudest frame (a final t or p is 15 to 25 below) ..."""

ABOVE_NOISE_DB: Final = 9.0
"""... or where it is lost in the recording's own noise."""


def silence(milliseconds: float) -> Samples:
    """Return nothing, for so long."""
    return np.zeros(round(milliseconds * SAMPLES_PER_MS), np.float32)


def level(samples: Samples) -> float:
    """Return how loud the sounding parts are, in dBFS; minus infinity for silence."""
    power = _frame_power(samples)
    sounding = power[power > power.max(initial=0.0) * 10 ** (-SOUNDING_DB / 10)]
    return 10 * math.log10(float(sounding.mean()) / FULL_SCALE**2) if sounding.size else -math.inf


def at_level(samples: Samples, dbfs: float) -> Samples:
    """Return the sound at another level; silence stays silent."""
    now = level(samples)
    return samples if math.isinf(now) else np.asarray(samples * 10 ** ((dbfs - now) / 20), np.float32)


def end_of_speech(samples: Samples) -> Milliseconds:
    """Find the end of the last word in a clean recording, to 10 ms, by its energy.

    A recording that is cut off in mid-word, or never silent, ends at its end.
    """
    power = 10 * np.log10(_frame_power(samples) + 1.0)
    if not power.size:
        return Milliseconds(0)
    loudest = float(power.max())
    noise = float(np.percentile(power, 10))
    # In a recording without a silent tenth, the "noise" is speech: half of the range is left to it.
    threshold = max(loudest - FADING_DB, min(noise + ABOVE_NOISE_DB, loudest - FADING_DB / 2))
    last = int(np.flatnonzero(power >= threshold)[-1])
    return Milliseconds(min((last + 1) * FRAME, len(samples)) // SAMPLES_PER_MS)


def through(samples: Samples, response: Samples) -> Samples:
    """Return how a sound arrives in a room, its reverberation included; as loud as it was."""
    length = len(samples) + len(response) - 1
    size = 1 << (length - 1).bit_length()
    product = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    wet = np.fft.irfft(product, size)[:length].astype(np.float32)
    return at_level(wet, level(samples))


def direct_first(response: Samples) -> Samples:
    """Cut off what a recorded impulse response has before its direct sound, so that it delays nothing."""
    return response[max(0, int(np.abs(response).argmax()) - SAMPLES_PER_MS) :]


def breath(rng: np.random.Generator, milliseconds: int, *, inward: bool) -> Samples:
    """Invent a heavy breath through the open mouth: noise that the mouth's cavity colours, swelling and fading.

    Breathing in is brighter and rises to its end; breathing out is darker and louder at its beginning. The bands
    follow what is heard in recordings: most energy between 0.4 and 2 kHz, and a second hump around 3 kHz.
    """
    noise = np.fft.rfft(rng.standard_normal(milliseconds * SAMPLES_PER_MS))
    hertz = np.fft.rfftfreq(milliseconds * SAMPLES_PER_MS, 1 / SAMPLE_RATE)
    first, second = (1_400, 3_400) if inward else (800, 2_600)
    shape = np.exp(-(((hertz - first) / 600) ** 2)) + 0.35 * np.exp(-(((hertz - second) / 700) ** 2))
    sound = np.fft.irfft(noise * shape, milliseconds * SAMPLES_PER_MS)
    time = np.linspace(0, 1, len(sound))
    swell = np.sin(np.pi * time ** (1.6 if inward else 0.6)) ** 1.5
    return np.asarray(sound * swell / np.abs(sound).max() * FULL_SCALE / 4, np.float32)


def bed(sounds: Sequence[Samples], rng: np.random.Generator, seconds: float) -> Samples:
    """Lay sounds end to end, each equally loud (0 dBFS), in an order of the generator's, for at least so long."""
    needed = round(seconds * SAMPLE_RATE)
    pieces: list[Samples] = []
    while sum(map(len, pieces)) < needed:
        pieces += [at_level(sounds[index], 0.0) for index in rng.permutation(len(sounds))]
    return np.concatenate(pieces)


def pcm(samples: Samples) -> Pcm:
    """Round, clip, and fill the last block with silence."""
    sound = np.clip(np.rint(samples), -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()
    return Pcm(sound + bytes(-len(sound) % BLOCK_BYTES))


def _frame_power(samples: Samples) -> Samples:
    """Mean power of each frame; the last one may be shorter."""
    starts = np.arange(0, len(samples), FRAME)
    if not starts.size:
        return np.zeros(0, np.float32)
    lengths = np.diff(np.append(starts, len(samples)))
    return np.asarray(np.add.reduceat(samples.astype(np.float64) ** 2, starts) / lengths, np.float32)
