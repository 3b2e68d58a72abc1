"""A linear echo canceller: it subtracts what it expects of the echo, and does nothing else to the person's voice.

The second of the two through which people are heard over the coach (see over_voice.py). WebRTC's suppresses what is left of the echo, and
with it much of a person who speaks at the same time; a linear one leaves more of the echo and all of the person. A model that knows both
does not depend on which of them the product uses.

A Kalman filter for each frequency and each 20 ms of the echo's path: how far to trust an error follows from how certain the path is and
how loud everything is that the path does not explain, the person above all, so nobody needs to detect that two speak at once.
(Enzner and Vary, "Frequency-domain adaptive Kalman filter for acoustic echo control in hands-free telephones", 2006; partitions as in
Kuech, Mabande and Enzner, 2014.)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Spectra = npt.NDArray[np.complex64]
Powers = npt.NDArray[np.float32]

BLOCK = 320
"""Samples: 20 ms, as the coach hears and plays them."""


class LinearCanceller:
    """Estimates the echo's path and subtracts the echo."""

    def __init__(self, partitions: int = 16, memory: float = 0.998) -> None:
        """The path may be `partitions` x 20 ms long; `memory` is what a block keeps of it: less of it follows clocks that drift."""
        shape = (partitions, BLOCK + 1)
        self._path: Spectra = np.zeros(shape, np.complex64)
        self._doubt: Powers = np.ones(shape, np.float32)
        self._played: Spectra = np.zeros(shape, np.complex64)
        self._pair: Powers = np.zeros(2 * BLOCK, np.float32)
        self._error: Powers = np.full(BLOCK + 1, 1e3, np.float32)
        self._memory = memory

    def cancel(self, microphone: bytes, speaker: bytes) -> bytes:
        """One block of 16-bit samples of each; returns the microphone's without the echo."""
        self._pair = np.concatenate([self._pair[BLOCK:], np.frombuffer(speaker, "<i2").astype(np.float32)])
        self._played = np.roll(self._played, 1, axis=0)
        self._played[0] = np.fft.rfft(self._pair)
        expected = np.fft.irfft((self._played * self._path).sum(axis=0))[BLOCK:]
        error = np.frombuffer(microphone, "<i2").astype(np.float32) - expected
        power = np.abs(self._played) ** 2
        if power.max() > 1e6:  # while the coach is silent there is nothing to learn
            spectrum = np.fft.rfft(np.concatenate([np.zeros(BLOCK, np.float32), error]))
            self._error = (0.5 * self._error + 0.5 * np.abs(spectrum) ** 2).astype(np.float32)
            gain = self._doubt / (0.5 * (self._doubt * power).sum(axis=0) + self._error + 1)
            change = np.fft.irfft(gain * self._played.conj() * spectrum, axis=1)
            change[:, BLOCK:] = 0  # a longer path than a partition's belongs to the next
            self._path += np.fft.rfft(change, axis=1).astype(np.complex64)
            keep = self._memory**2
            self._doubt = (keep * (1 - 0.5 * gain * power) * self._doubt + (1 - keep) * np.abs(self._path) ** 2).astype(np.float32)
        return np.clip(np.rint(error), -32768, 32767).astype("<i2").tobytes()
