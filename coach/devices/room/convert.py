"""From the coach's layout of sound to a device's, and back. soxr is here for devices that refuse 16 kHz."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coach.ports import BLOCK_MS, SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Sound:
    """How sound is laid out: int16, interleaved.

    Attributes:
        rate: frames a second.
        channels: samples a frame.
    """

    rate: int
    channels: int

    @property
    def frames(self) -> int:
        """Frames in a block of 20 ms."""
        return self.rate * BLOCK_MS // 1_000

    @property
    def block_bytes(self) -> int:
        """Bytes in a block of 20 ms."""
        return 2 * self.channels * self.frames


COACH_SOUND = Sound(SAMPLE_RATE, 1)


class Converter:
    """Turns sound of one layout into blocks of another. Nothing is done where they are the same."""

    def __init__(self, source: Sound, target: Sound) -> None:
        self._source = source
        self._target = target
        self._rest = b""
        self._resampler = None
        if source.rate != target.rate:
            import soxr  # noqa: PLC0415 - most devices take 16 kHz

            # Low quality holds back up to 20 ms of sound where the better ones hold back 40 to 60, and it is low
            # for music only.
            self._resampler = soxr.ResampleStream(source.rate, target.rate, 1, dtype="int16", quality="LQ")

    def __call__(self, sound: bytes) -> Sequence[bytes]:
        """Take in sound of any length; return the blocks that are complete."""
        if self._source == self._target and len(sound) == self._target.block_bytes:
            return (sound,)
        samples = np.frombuffer(sound, "<i2").reshape(-1, self._source.channels)[:, 0]
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(np.ascontiguousarray(samples))
        whole = self._rest + np.repeat(samples, self._target.channels).tobytes()
        size = self._target.block_bytes
        cut = len(whole) - len(whole) % size
        self._rest = whole[cut:]
        return [whole[at : at + size] for at in range(0, cut, size)]
