"""What is played: quiet, and rows of chirps with the coach's voice between them.

While it measures, the programme is never exactly silent (the last bit flickers): in silence the room would make up
for the drift that is to be measured.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from coach.ports import BLOCK_SAMPLES, SAMPLE_RATE, SAMPLES_PER_MS, Pcm

Samples = NDArray[np.int16]

CHIRP: Final = SAMPLE_RATE // 10
_FROM_HZ, _TO_HZ = 400.0, 5_000.0
_CHIRP_PEAK = 8_192.0
"""12 dB below full scale: as loud as the coach's voice."""

SETTLING: Final = SAMPLE_RATE
"""Streams start in bursts: the first second is not counted."""

QUIET: Final = 2 * SAMPLE_RATE
_QUIET_ALONE: Final = 4 * SAMPLE_RATE
GAPS_MS: Final = (420, 500, 460)
"""Between the beginnings of chirps; unequal, so that a row of them fits itself in one place only."""

TICK: Final = SAMPLE_RATE * 30 // 1000
"""How fine it is told what a loudspeaker swallows: 30 ms."""

TICK_LEVEL = 0.3
"""Relative to a chirp: 10 dB fainter, so that chirps still stand out."""

LONGEST_DELAY: Final = SAMPLE_RATE
"""Looked for: one second."""

_TAIL: Final = LONGEST_DELAY + CHIRP


@dataclass(frozen=True, eq=False)
class Programme:
    """What is played.

    Attributes:
        sound: from the beginning, whole blocks.
        settling: samples at the beginning that are not counted.
        quiet: where nothing is played.
        chirps: where each chirp begins; the first row comes after silence.
        ticks: where each tick begins, between the chirps of the first row.
        speech: where the coach speaks.
    """

    sound: Samples
    settling: int
    quiet: slice
    chirps: tuple[int, ...] = ()
    ticks: tuple[int, ...] = ()
    speech: tuple[slice, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return len(self.sound) / SAMPLE_RATE


def chirp() -> NDArray[np.float64]:
    """Return the tone that rises, as it is played."""
    return np.asarray(analytic_chirp().real * _CHIRP_PEAK)


def analytic_chirp() -> NDArray[np.complex128]:
    """Return the tone that rises, of amplitude one, as a spiral whose real part is what sounds."""
    return _sweep(CHIRP, _FROM_HZ, _TO_HZ)


def analytic_tick() -> NDArray[np.complex128]:
    """Return a tick, likewise. It falls where a chirp rises, so that neither is taken for the other."""
    return _sweep(TICK, _TO_HZ, _FROM_HZ)


def _sweep(length: int, from_hz: float, to_hz: float) -> NDArray[np.complex128]:
    seconds = np.arange(length) / SAMPLE_RATE
    rise = (to_hz - from_hz) / (length / SAMPLE_RATE)
    edge = np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / (length / 8))
    return np.asarray(edge * np.exp(2j * np.pi * (from_hz * seconds + rise * seconds**2 / 2)))


def programme(sentences: Sequence[Pcm]) -> Programme:
    """Return what is played: quiet, then rows of chirps with a sentence between each two.

    Args:
        sentences: how the coach's voice sounds; about three seconds each is best, two of them or more.
    """
    parts: list[NDArray[np.float64]] = [np.zeros(SETTLING + QUIET)]
    chirps: list[int] = []
    speech: list[slice] = []
    at = SETTLING + QUIET
    for sentence in (*sentences, Pcm(b"")):
        for gap_ms in GAPS_MS:
            chirps.append(at)
            gap = gap_ms * SAMPLES_PER_MS
            parts.append(np.pad(chirp(), (0, gap - CHIRP)))
            at += gap
        if sentence:
            spoken = np.frombuffer(sentence, "<i2").astype(np.float64)
            speech.append(slice(at, at + len(spoken)))
            parts.append(np.pad(spoken, (0, 300 * SAMPLES_PER_MS)))
            at += len(parts[-1])
    parts.append(np.zeros(_TAIL))
    sound = np.concatenate(parts)
    ticks = tuple(_room_for_ticks(chirps[: len(GAPS_MS)]))
    for tick in ticks:
        sound[tick : tick + TICK] = analytic_tick().real * _CHIRP_PEAK * TICK_LEVEL
    flicker = np.where(np.arange(len(sound)) % 2, 1.0, -1.0)
    flicker[: SETTLING + QUIET] = 0
    sound = np.where(sound == 0, flicker, sound)
    return Programme(
        _whole_blocks(sound),
        SETTLING,
        slice(SETTLING, SETTLING + QUIET),
        tuple(chirps),
        ticks,
        tuple(speech),
    )


def _room_for_ticks(chirps: Sequence[int]) -> Iterator[int]:
    for begin, gap_ms in zip(chirps, GAPS_MS, strict=True):
        yield from range(begin + CHIRP, begin + gap_ms * SAMPLES_PER_MS - TICK + 1, TICK)


def silent_programme() -> Programme:
    """Return a programme that only listens."""
    end = SETTLING + _QUIET_ALONE
    return Programme(_whole_blocks(np.zeros(end)), SETTLING, slice(SETTLING, end))


def _whole_blocks(sound: NDArray[np.float64]) -> Samples:
    missing = -len(sound) % BLOCK_SAMPLES
    return np.rint(np.pad(sound, (0, missing))).astype("<i2")
