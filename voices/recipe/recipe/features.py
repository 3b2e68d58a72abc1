"""Sound to features: 40 logarithmic mel energies every 10 ms, as Kaldi computes them, with two knobs for augmentation.

Vosk feeds its network mel-frequency cepstral coefficients (MFCC). With as many coefficients as mel bands these are an invertible
linear map of the logarithmic mel energies, so the network is trained on the energies, where masking a band is meaningful, and the
export folds the map into the first layer. conf/mfcc.conf of the model says the same numbers as this file; a check compares this
module against kaldi-native-fbank.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from recipe.settings import SAMPLE_RATE

BANDS = 40
WINDOW, SHIFT, TRANSFORM = 400, 160, 512
"""Samples: 25 ms windows every 10 ms, Fourier transforms of the next power of two (Kaldi's defaults)."""
LOWEST, HIGHEST = 20.0, SAMPLE_RATE / 2 - 400.0
"""Hz: the range of the mel bands, as in Vosk's own models."""
PREEMPHASIS = 0.97
LIFTER = 22.0
"""Kaldi's default cepstral lifter."""

CONFIGURATION = """--use-energy=false
--num-mel-bins=40
--num-ceps=40
--low-freq=20
--high-freq=-400
--dither=0
--sample-frequency=16000
"""
"""conf/mfcc.conf of the model: the numbers above."""

Matrix = npt.NDArray[np.float32]


def _mel(hertz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Kaldi's mel scale."""
    mel: npt.NDArray[np.float64] = 1127.0 * np.log(1.0 + hertz / 700.0)
    return mel


@functools.cache
def _bands(percent: int) -> Matrix:
    """Triangular mel filters, shape (257, 40), for a vocal tract `percent` % as long as the speaker's: formants move up as the
    percentage falls. The map of frequencies is straight up to 85 % of the range and then bends so that the top stays the top."""
    warp = 100.0 / percent
    knee = 0.85 * HIGHEST / max(warp, 1.0)
    hertz = np.arange(TRANSFORM // 2 + 1) * SAMPLE_RATE / TRANSFORM
    warped = np.interp(hertz, [0.0, knee, HIGHEST, SAMPLE_RATE / 2], [0.0, knee * warp, HIGHEST, SAMPLE_RATE / 2])
    edges = np.linspace(_mel(np.array(LOWEST)), _mel(np.array(HIGHEST)), BANDS + 2)
    mel = _mel(warped)[:, None]
    rising = (mel - edges[None, :-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[None, 2:] - mel) / (edges[2:] - edges[1:-1])
    bands: Matrix = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    bands[-1] = 0.0  # Kaldi leaves the Nyquist frequency out
    return bands


@functools.cache
def _window() -> Matrix:
    """Povey's window: a Hann window to the power 0.85."""
    window: Matrix = ((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))) ** 0.85).astype(np.float32)
    return window


def log_mel(signal: npt.NDArray[np.float32], tempo: float = 1.0, tract_percent: int = 100) -> Matrix:
    """Logarithmic mel energies, shape (frames, 40), of a signal in the range of 16-bit integers.

    `tempo` above 1 makes the speech faster at the same pitch (frames lie further apart); `tract_percent` is the length of the vocal
    tract relative to the speaker's own.
    """
    if len(signal) < WINDOW:
        return np.zeros((0, BANDS), np.float32)
    count = 1 + int((len(signal) - WINDOW) / (SHIFT * tempo))
    starts = (np.arange(count) * SHIFT * tempo).astype(np.int64)
    frames = signal[starts[:, None] + np.arange(WINDOW)]
    frames -= frames.mean(axis=1, keepdims=True)
    frames[:, 1:] -= PREEMPHASIS * frames[:, :-1].copy()
    frames[:, 0] *= 1 - PREEMPHASIS
    spectrum = np.fft.rfft(frames * _window(), TRANSFORM)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    energies: Matrix = np.log(np.maximum(power @ _bands(tract_percent), np.finfo(np.float32).eps))
    return energies


def cepstral_transform() -> npt.NDArray[np.float64]:
    """The matrix that makes MFCC of logarithmic mel energies, shape (40 coefficients, 40 bands): discrete cosines, then the lifter."""
    k = np.arange(BANDS)[:, None]
    cosines = np.sqrt(2.0 / BANDS) * np.cos(np.pi / BANDS * (np.arange(BANDS)[None, :] + 0.5) * k)
    cosines[0] = np.sqrt(1.0 / BANDS)
    lifter = 1.0 + 0.5 * LIFTER * np.sin(np.pi * np.arange(BANDS) / LIFTER)
    transform: npt.NDArray[np.float64] = lifter[:, None] * cosines
    return transform
