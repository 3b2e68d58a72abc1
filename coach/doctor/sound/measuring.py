"""What two tracks tell: the delay, the drift, the first syllables, the noise, and the echo.

Pure functions: the same tracks are measured alike.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from coach.deafness import fault_of
from coach.devices.room import Tally
from coach.doctor.sound.played import (
    CHIRP,
    GAPS_MS,
    LONGEST_DELAY,
    TICK_LEVEL,
    Programme,
    Samples,
    analytic_chirp,
    analytic_tick,
)
from coach.doctor.sound.tracks import NO_TALLY, Tracks
from coach.echo_path import STEP, EchoPath
from coach.ports import BLOCK_MS, BLOCK_SAMPLES, SAMPLE_RATE, SAMPLES_PER_MS, Block, Echo


@dataclass(frozen=True, slots=True)
class Drift:
    """How much slower the loudspeaker's clock runs than the microphone's.

    Attributes:
        ppm: in parts in a million; less than zero: faster.
        uncertainty_ppm: the true value lies within so much, in nineteen cases of twenty or more.
        over_s: from the first chirp to the last that were compared.
    """

    ppm: float
    uncertainty_ppm: float
    over_s: float


@dataclass(frozen=True, slots=True)
class PathMeasured:
    """What the ears are spared of the coach's voice, by what is learnt of its path (``coach/echo_path.py``).

    Attributes:
        removed_db: how much of the last sentence was taken away.
        settled_after_s: so much sound was played until the path was known, and stayed so to the end of the last
            sentence; None if it was not known by then.
        within_s: how much sound was played until then: tones and speech, without the pauses.
    """

    removed_db: float
    settled_after_s: float | None
    within_s: float


@dataclass(frozen=True, slots=True)
class EchoMeasured:
    """What comes back of the coach's voice.

    Attributes:
        dbfs: its level at the microphone: RMS, relative to full scale.
        return_loss_db: how much fainter than what was played.
        cancelled_db: how much the canceller took away of the last sentence; None without a canceller.
        left_over_noise_db: how far what it left over stands out above the noise of the room.
        path: what the ears are spared; None without a canceller, for then they do not listen over the voice.
    """

    dbfs: float
    return_loss_db: float
    cancelled_db: float | None = None
    left_over_noise_db: float | None = None
    path: PathMeasured | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundMeasured:
    """All that was measured.

    Attributes:
        seconds: the time that counted.
        played: whether anything was played.
        silent_share: how much of what was recorded is nothing but zeros.
        stuck_share: how much of it is one value over and over.
        noise_dbfs: the level of the quiet: RMS, relative to full scale; minus infinity for exact zeros.
        clipped_quiet: the share of samples at full scale while nothing was played.
        clipped_playing: likewise while something was.
        chirps: how many were played.
        heard: how many of them were found in what was recorded.
        swallowed_ms: how much of the first sound after silence is missing; None if that could not be told.
        delay_ms: from handing over a block to its sound being returned; None if too few were heard.
        jumps: how often the delay changed at once, by more than 5 ms.
        drift: of the two clocks; None if it could not be told.
        echo: of the coach's voice; None if too few chirps were heard, or nothing was said.
        tally: how the room kept up.
    """

    seconds: float
    played: bool
    silent_share: float
    stuck_share: float
    noise_dbfs: float
    clipped_quiet: float
    clipped_playing: float
    chirps: int = 0
    heard: int = 0
    swallowed_ms: int | None = None
    delay_ms: float | None = None
    jumps: int = 0
    drift: Drift | None = None
    echo: EchoMeasured | None = None
    tally: Tally = NO_TALLY


_RAIL = 32_700
"""Where clipping begins: int16 ends at 32,767, and converters stop a little short of it."""

_STANDS_OUT = 12.0
"""So many times the middle of what surrounds it a chirp's peak must be: noise alone reaches about six."""

_FAINTEST = 3.0
"""The least amplitude that counts as a chirp, in steps of int16: below it there is rounding."""

_NEAR = 150 * SAMPLES_PER_MS
"""So far from the common delay each chirp is looked for."""

_MOST = 0.8
"""This share of the later chirps must be found, or nothing is told of the first ones."""

_TICKS_NEAR = 8 * SAMPLES_PER_MS
"""Clocks that drift move what is expected by no more between two rows; and ticks are further apart."""

_JUMP = 5 * SAMPLES_PER_MS


def measure(tracks: Tracks, what: Programme, canceller: Echo | None = None) -> SoundMeasured:
    """Return what two tracks tell.

    Args:
        tracks: what was played and recorded.
        what: the programme that was played.
        canceller: a fresh echo canceller; None if there is none.
    """
    counted = tracks.recorded[what.settling :]
    faults = [fault_of(Block(block.tobytes())) for block in counted.reshape(-1, BLOCK_SAMPLES)]
    noise = _noise_power(tracks.recorded[what.quiet])
    basis = SoundMeasured(
        seconds=len(counted) / SAMPLE_RATE,
        played=bool(what.chirps),
        silent_share=faults.count("silent") / len(faults),
        stuck_share=faults.count("stuck") / len(faults),
        noise_dbfs=_dbfs(noise),
        clipped_quiet=_clipped(tracks.recorded[what.quiet]),
        clipped_playing=_clipped(tracks.recorded[what.quiet.stop :]),
        chirps=len(what.chirps),
        tally=tracks.tally,
    )
    delays = find_chirps(tracks.recorded, what.chirps)
    found = {place: delay for place, delay in zip(what.chirps, delays, strict=True) if delay is not None}
    if len(found) < max(2, len(what.chirps) / 2):
        return replace(basis, heard=len(found))
    swallowed_ms = _swallowed_ms(tracks.recorded, what, found)
    # What is left of a chirp that was swallowed in part lies anywhere.
    whole_from = what.chirps[0] + (swallowed_ms or 0) * SAMPLES_PER_MS
    found = {place: delay for place, delay in found.items() if place >= whole_from}
    delay = float(np.median(list(found.values())))
    return replace(
        basis,
        heard=len(found),
        swallowed_ms=swallowed_ms,
        delay_ms=delay / SAMPLES_PER_MS,
        jumps=len(_runs(found)) - 1,
        drift=drift_of(found),
        echo=_echo(tracks, what, round(delay), noise, canceller),
    )


def find_chirps(recorded: Samples, places: Sequence[int]) -> tuple[float | None, ...]:
    """Find each chirp in what was recorded.

    Returns:
        The delay of each, in samples and fractions of them; None for one that was not found.
    """
    if not places:
        return ()
    likeness = _likeness(recorded, analytic_chirp())
    blurred = np.maximum.reduce([np.roll(likeness, shift) for shift in range(-32, 33, 8)])
    row = np.sum([blurred[place : place + LONGEST_DELAY] for place in places], axis=0)
    common = int(np.argmax(row))
    return tuple(_peak(likeness, place, common) for place in places)


def _peak(likeness: NDArray[np.float64], place: int, common: int) -> float | None:
    begin = place + max(0, common - _NEAR)
    around = likeness[begin : place + common + _NEAR]
    best = int(np.argmax(around))
    if around[best] < max(_FAINTEST, _STANDS_OUT * float(np.median(around))):
        return None
    at, fraction = begin + best, 0.0
    if 0 < best < len(around) - 1:  # the top of the parabola through the three samples about the peak
        left, top, right = around[best - 1 : best + 2]
        curve = left - 2 * top + right
        fraction = float((left - right) / (2 * curve)) if curve else 0.0
    return at + fraction - place


def _swallowed_ms(recorded: Samples, what: Programme, found: Mapping[int, float]) -> int | None:
    """How much is missing of the first row: up to the first sound in it that is half as loud as it should be."""
    row = what.chirps[: len(GAPS_MS)]
    later = what.chirps[len(GAPS_MS) :]
    if sum(place in found for place in later) < _MOST * len(later):
        return None  # were the first ones swallowed, or are they as hard to hear as the others?
    common = float(np.median([found[place] for place in later if place in found]))
    chirps = _loudness(recorded, analytic_chirp(), what.chirps, common, _NEAR)
    usual = float(np.median([chirps[place] for place in later]))
    heard = [place for place in row if chirps[place] > usual / 2]
    if heard[:1] == [row[0]]:
        return 0
    first = heard[0] if heard else row[-1] + GAPS_MS[-1] * SAMPLES_PER_MS
    silent_until = max(place for place in row if place < first) + CHIRP
    delay = next(found[place] for place in what.chirps if place >= first and place in found)
    ticks = _loudness(recorded, analytic_tick(), what.ticks, delay, _TICKS_NEAR)
    audible = (it for it, loud in ticks.items() if silent_until <= it < first and loud > usual * TICK_LEVEL / 2)
    return (next(audible, first) - row[0]) // SAMPLES_PER_MS


def _loudness(
    recorded: Samples, template: NDArray[np.complex128], places: Sequence[int], delay: float, near: int
) -> dict[int, float]:
    """The amplitude of what was played at these places, near to when it must have arrived."""
    likeness = _likeness(recorded, template)
    arrived = {place: place + round(delay) for place in places}
    return {place: float(likeness[max(0, at - near) : at + near].max()) for place, at in arrived.items()}


def _likeness(recorded: Samples, template: NDArray[np.complex128]) -> NDArray[np.float64]:
    """How like a template the sound is from each sample on: the amplitude of the one that fits best."""
    size = 1 << (len(recorded) + len(template) - 1).bit_length()
    spectrum = np.fft.fft(recorded.astype(np.float64), size) * np.conj(np.fft.fft(template, size))
    # A real sweep of amplitude 1 and its analytic twin give half the energy of the twin.
    energy = float(np.sum(np.abs(template) ** 2)) / 2
    return np.asarray(np.abs(np.fft.ifft(spectrum)[: len(recorded)]) / energy)


def _runs(found: dict[int, float]) -> list[list[tuple[int, float]]]:
    """The delays, cut where they jump: there a block was lost or put in."""
    runs: list[list[tuple[int, float]]] = []
    for place, delay in sorted(found.items()):
        if runs and abs(delay - runs[-1][-1][1]) < _JUMP:
            runs[-1].append((place, delay))
        else:
            runs.append([(place, delay)])
    return runs


def drift_of(found: dict[int, float]) -> Drift | None:
    """Return how the delay grows, by the straight lines of one slope that fit best between its jumps.

    Args:
        found: delays in samples, by when they were measured, in samples.

    Returns:
        None if they are too few, or too close together.
    """
    runs = [run for run in _runs(found) if len(run) >= 2]
    over = max((run[-1][0] - run[0][0] for run in runs), default=0)
    free = sum(map(len, runs)) - len(runs) - 1
    if over < 2 * SAMPLE_RATE or free < 2:
        return None
    times = np.concatenate([_centred([place for place, _ in run]) for run in runs])
    delays = np.concatenate([_centred([delay for _, delay in run]) for run in runs])
    spread = float(times @ times)
    slope = float(times @ delays) / spread
    rest = delays - slope * times
    # Twice the standard error supposes that the errors have nothing to do with each other. Those of a sound server
    # that adjusts its buffers do: so what the delay wandered to and fro counts as if it were all at the ends.
    error = 2.2 * math.sqrt(float(rest @ rest) / free / spread)
    wandering = float(np.ptp(rest)) / over
    return Drift(1e6 * slope, 1e6 * max(error, wandering), over / SAMPLE_RATE)


def _centred(values: Sequence[float]) -> NDArray[np.float64]:
    return np.asarray(values, np.float64) - float(np.mean(values))


def _echo(
    tracks: Tracks, what: Programme, delay: int, noise: float, canceller: Echo | None
) -> EchoMeasured | None:
    if not what.speech:
        return None
    came = np.concatenate([tracks.recorded[it.start + delay : it.stop + delay] for it in what.speech])
    went = np.concatenate([tracks.played[it] for it in what.speech])
    echo = max(_power(came) - noise, 1e-3)
    level, loss = _dbfs(echo), _dbfs(_power(went)) - _dbfs(echo)
    if canceller is None:
        return EchoMeasured(level, loss)
    cleaned = _cleaned(tracks, canceller)
    last = slice(what.speech[-1].start + delay, what.speech[-1].stop + delay)
    left_over = _power(cleaned[last])
    return EchoMeasured(
        level,
        loss,
        cancelled_db=_dbfs(_power(tracks.recorded[last])) - _dbfs(left_over),
        left_over_noise_db=_dbfs(left_over) - _dbfs(max(noise, 1.0)),
        path=_path(tracks, what, last),
    )


def _cleaned(tracks: Tracks, canceller: Echo) -> Samples:
    blocks = [canceller.cancel(recorded, played) for recorded, played in _blocks(tracks)]
    return np.frombuffer(b"".join(blocks), "<i2")


def _path(tracks: Tracks, what: Programme, last: slice) -> PathMeasured:
    path, cleaned, known = EchoPath(), [], []
    for recorded, played in _blocks(tracks):
        # The front end passes exact zeros on, too.
        cleaned.append(path.remove(recorded, played) if any(recorded) else recorded)
        known.append(path.settled)
    left_over = np.frombuffer(b"".join(cleaned), "<i2")[last.start + STEP : last.stop + STEP]
    end = last.stop // BLOCK_SAMPLES
    began = next((at + 1 for at in range(end, -1, -1) if not known[at]), 0)
    return PathMeasured(
        removed_db=_dbfs(_power(tracks.recorded[last])) - _dbfs(max(_power(left_over), 1e-3)),
        settled_after_s=_sounding_s(what, began) if known[end] else None,
        within_s=_sounding_s(what, end),
    )


def _sounding_s(what: Programme, blocks: int) -> float:
    """How much of the first blocks is sound; what flickers is none."""
    peaks = np.abs(what.sound[: blocks * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES)).max(axis=1, initial=0)
    return float(np.count_nonzero(peaks > 1)) * BLOCK_MS / 1_000


def _blocks(tracks: Tracks) -> Iterator[tuple[Block, Block]]:
    """What was recorded and what was played, block by block."""
    pairs = zip(tracks.recorded.reshape(-1, BLOCK_SAMPLES), tracks.played.reshape(-1, BLOCK_SAMPLES), strict=True)
    for recorded, played in pairs:
        yield Block(recorded.tobytes()), Block(played.tobytes())


def _power(samples: Samples) -> float:
    return float(np.mean(samples.astype(np.float64) ** 2)) if len(samples) else 0.0


def _noise_power(quiet: Samples) -> float:
    """The middle of the powers of all tenths of a second: a cough or a car does not count."""
    frames = quiet[: len(quiet) // 1_600 * 1_600].reshape(-1, 1_600).astype(np.float64)
    return float(np.median(frames.var(axis=1)))  # without a constant, which nobody hears


def _dbfs(power: float) -> float:
    return 10 * math.log10(power / 32_768**2) if power > 0 else -math.inf


def _clipped(samples: Samples) -> float:
    return float(np.mean(np.abs(samples.astype(np.int32)) >= _RAIL)) if len(samples) else 0.0
