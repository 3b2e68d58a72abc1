"""The sound: what comes from the loudspeaker to the microphone, measured with tones and the coach's own voice.

Measured is what the loop sees: a block is handed to the room, and blocks later its sound is in what the room
returns. So the delay holds every buffer, converter and sound server on the way, not only the air.

A *chirp* is a tone that rises through the voice's range in a tenth of a second. Correlated with itself it is a
peak less than a millisecond wide, which noise and reverberation hardly move; so its place is known to a fraction
of a sample, and from many of them the drift between the two clocks. Between them the coach speaks, for the echo.
While it measures, the programme is never exactly silent (the last bit flickers): in silence the room would make up
for the drift that is to be measured. Short, soft *ticks* fill the first row of chirps, which comes after silence:
what is missing of that row, though the later ones are heard, a loudspeaker has swallowed that slept.

Nothing is written to the disk.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from coach.deafness import fault_of
from coach.devices.room import Tally
from coach.doctor import NO_FIGURES, Figure, Finding, Judgement
from coach.echo_path import SETTLED_DB, STEP, EchoPath
from coach.ports import BLOCK_BYTES, BLOCK_MS, BLOCK_SAMPLES, SAMPLE_RATE, SAMPLES_PER_MS, Block, Echo, Pcm, Room
from coach.voice_queue import SLEEPS_AFTER, USUAL_LEAD_IN

Samples = NDArray[np.int16]

Tell = Callable[[str, float], None]
"""Told what is being done, and the share done of all."""

NO_TALLY: Final = Tally(
    exchanges=0,
    underruns=0,
    overruns=0,
    left_out=0,
    repeated=0,
    glitches=0,
    microphone_ms=0,
    speaker_ms=0,
)

# --- What is played --------------------------------------------------------------------------------------

CHIRP: Final = SAMPLE_RATE // 10
_FROM_HZ, _TO_HZ = 400.0, 5_000.0
_CHIRP_PEAK = 8_192.0
"""12 dB below full scale: as loud as the coach's voice."""

_SETTLING: Final = SAMPLE_RATE
"""Streams start in bursts: the first second is not counted."""

_QUIET: Final = 2 * SAMPLE_RATE
_QUIET_ALONE: Final = 4 * SAMPLE_RATE
_GAPS_MS: Final = (420, 500, 460)
"""Between the beginnings of chirps; unequal, so that a row of them fits itself in one place only."""

TICK: Final = SAMPLE_RATE * 30 // 1000
"""How fine it is told what a loudspeaker swallows: 30 ms."""

_TICK_LEVEL = 0.3
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
    return np.asarray(_analytic_chirp().real * _CHIRP_PEAK)


def _analytic_chirp() -> NDArray[np.complex128]:
    return _sweep(CHIRP, _FROM_HZ, _TO_HZ)


def _analytic_tick() -> NDArray[np.complex128]:
    """Falls where a chirp rises, so that neither is taken for the other."""
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
    parts: list[NDArray[np.float64]] = [np.zeros(_SETTLING + _QUIET)]
    chirps: list[int] = []
    speech: list[slice] = []
    at = _SETTLING + _QUIET
    for sentence in (*sentences, Pcm(b"")):
        for gap_ms in _GAPS_MS:
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
    ticks = tuple(_room_for_ticks(chirps[: len(_GAPS_MS)]))
    for tick in ticks:
        sound[tick : tick + TICK] = _analytic_tick().real * _CHIRP_PEAK * _TICK_LEVEL
    flicker = np.where(np.arange(len(sound)) % 2, 1.0, -1.0)
    flicker[: _SETTLING + _QUIET] = 0
    sound = np.where(sound == 0, flicker, sound)
    return Programme(
        _whole_blocks(sound),
        _SETTLING,
        slice(_SETTLING, _SETTLING + _QUIET),
        tuple(chirps),
        ticks,
        tuple(speech),
    )


def _room_for_ticks(chirps: Sequence[int]) -> Iterator[int]:
    for begin, gap_ms in zip(chirps, _GAPS_MS, strict=True):
        yield from range(begin + CHIRP, begin + gap_ms * SAMPLES_PER_MS - TICK + 1, TICK)


def silent_programme() -> Programme:
    """Return a programme that only listens."""
    end = _SETTLING + _QUIET_ALONE
    return Programme(_whole_blocks(np.zeros(end)), _SETTLING, slice(_SETTLING, end))


def _whole_blocks(sound: NDArray[np.float64]) -> Samples:
    missing = -len(sound) % BLOCK_SAMPLES
    return np.rint(np.pad(sound, (0, missing))).astype("<i2")


# --- Playing and listening -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Tracks:
    """What was played and what was recorded meanwhile, sample beside sample; and how the room kept up.

    Attributes:
        played: what was handed to the room.
        recorded: what it returned.
        tally: of the time after the settling.
    """

    played: Samples
    recorded: Samples
    tally: Tally


def play(room: Room, what: Programme, tell: Tell, tally: Callable[[], Tally] = lambda: NO_TALLY) -> Tracks:
    """Play a programme and listen.

    Args:
        room: where; stays open.
        what: the programme.
        tell: told how far it has come.
        tally: the room's account of how it keeps up.

    Raises:
        RoomLost: a device was lost.
    """
    sound = what.sound.tobytes()
    recorded: list[Block] = []
    before = tally()
    for at in range(0, len(sound), BLOCK_BYTES):
        if len(recorded) * BLOCK_SAMPLES == what.settling:
            before = tally()
        recorded.append(room.exchange(Block(sound[at : at + BLOCK_BYTES])))
        if len(recorded) % 10 == 0:
            tell("listening" if not what.chirps else "playing and listening", at / len(sound))
    return Tracks(what.sound, np.frombuffer(b"".join(recorded), "<i2"), _since(before, tally()))


def _since(before: Tally, now: Tally) -> Tally:
    return replace(
        now,
        exchanges=now.exchanges - before.exchanges,
        underruns=now.underruns - before.underruns,
        overruns=now.overruns - before.overruns,
        left_out=now.left_out - before.left_out,
        repeated=now.repeated - before.repeated,
        glitches=now.glitches - before.glitches,
    )


# --- Measuring -------------------------------------------------------------------------------------------


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
    likeness = _likeness(recorded, _analytic_chirp())
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
    row = what.chirps[: len(_GAPS_MS)]
    later = what.chirps[len(_GAPS_MS) :]
    if sum(place in found for place in later) < _MOST * len(later):
        return None  # were the first ones swallowed, or are they as hard to hear as the others?
    common = float(np.median([found[place] for place in later if place in found]))
    chirps = _loudness(recorded, _analytic_chirp(), what.chirps, common, _NEAR)
    usual = float(np.median([chirps[place] for place in later]))
    heard = [place for place in row if chirps[place] > usual / 2]
    if heard[:1] == [row[0]]:
        return 0
    first = heard[0] if heard else row[-1] + _GAPS_MS[-1] * SAMPLES_PER_MS
    silent_until = max(place for place in row if place < first) + CHIRP
    delay = next(found[place] for place in what.chirps if place >= first and place in found)
    ticks = _loudness(recorded, _analytic_tick(), what.ticks, delay, _TICKS_NEAR)
    audible = (it for it, loud in ticks.items() if silent_until <= it < first and loud > usual * _TICK_LEVEL / 2)
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


# --- Judging ---------------------------------------------------------------------------------------------

NOISY_DBFS, TOO_NOISY_DBFS = -50.0, -38.0
"""A voice arrives at about -26 dBFS: then a word stands out by 24 dB, or by no more than 12."""

CLIPPED_A_LITTLE, CLIPPED = 1e-5, 1e-3
"""Shares of samples: about two in ten seconds, and one in a thousand."""

LONG_DELAY_MS, TOO_LONG_DELAY_MS = 250.0, 450.0
"""The coach takes what comes within 500 ms after its own words for their echo (``near_end.TAIL``)."""

FEW_DROPOUTS = 3

LARGE_DRIFT_PPM = 300.0
"""Quartz clocks differ by up to about 100; what is far beyond is no quartz, or the sound server at work."""

CANCELLED_WELL_DB, CANCELLED_DB = 20.0, 10.0
"""Less than 10 dB, and the coach takes its own echo for somebody who speaks (``near_end.SETTLED_DB``)."""

COVERED_MS: Final = 50
"""So much longer than what is swallowed a lead-in must be: a tick and a half, and its own faint beginning."""

NEAR_NOISE_DB, IN_NOISE_DB = 5.0, 2.0
"""What stands out of the noise by no more is hardly to be heard; by no more than the second, not at all."""


def judge(it: SoundMeasured, lead_in_ms: int = USUAL_LEAD_IN) -> tuple[Finding, ...]:
    """Return what follows from what was measured.

    Args:
        it: what was measured.
        lead_in_ms: the lead-in that this home has chosen.
    """
    if deaf := _deaf(it):
        return (deaf, _dropouts(it))
    findings = [_noise(it), _clipping(it), _dropouts(it)]
    if not it.played:
        return (*findings, _note("unplayed", "Delay, drift and echo were not measured: nothing was played."))
    if it.delay_ms is None:
        heard = f"the microphone heard {it.heard} of {it.chirps} tones"
        return (
            *findings,
            _note(
                "unheard",
                f"Delay, drift and echo were not measured: {heard}.",
                "With a headset that is as it should be; otherwise turn the loudspeaker up, and see that neither "
                "of the two is muted.",
                {"heard": it.heard, "of": it.chirps},
            ),
        )
    findings += [_delay(it), _drift(it)]
    if it.swallowed_ms is not None:
        findings.append(_first_syllables(it.swallowed_ms, lead_in_ms))
    return (*findings, *([_echo_found(it.echo)] if it.echo else []))


def _found(
    key: str, judgement: Judgement, what: str, remedy: str = "", figures: Mapping[str, Figure] = NO_FIGURES
) -> Finding:
    known = {name: _plain(figure) for name, figure in figures.items()}
    return Finding(field="sound", key=key, judgement=judgement, what=what, remedy=remedy, figures=known)


def _note(key: str, what: str, remedy: str = "", figures: Mapping[str, Figure] = NO_FIGURES) -> Finding:
    return _found(key, "note", what, remedy, figures)


def _plain(figure: Figure) -> Figure:
    """As other programs can read it: JSON knows no infinity."""
    if isinstance(figure, float):
        return round(figure, 3) if math.isfinite(figure) else None
    return figure


def _deaf(it: SoundMeasured) -> Finding | None:
    # A virtual microphone delivers zeros while nothing sounds; one that heard the tones is not deaf.
    if it.heard or max(it.silent_share, it.stuck_share) < 0.9:
        return None
    what = "nothing but zeros" if it.silent_share >= it.stuck_share else "one value over and over"
    return _found(
        "deaf",
        "trouble",
        f"The microphone delivers {what}: it is muted, switched off, or not there.",
        "Switch it on and unmute it (its own button, alsamixer, the sound settings); then look again.",
        {"silent_share": it.silent_share, "stuck_share": it.stuck_share},
    )


def _noise(it: SoundMeasured) -> Finding:
    if math.isinf(it.noise_dbfs):
        return _note(
            "noise",
            "In the quiet the microphone delivers exact zeros, as if it were switched off.",
            "Switch its noise suppression off: after three seconds of zeros the coach takes it for deaf.",
            {"noise_dbfs": None},
        )
    level = f"{it.noise_dbfs:.0f} dBFS"
    if it.noise_dbfs > TOO_NOISY_DBFS:
        return _found(
            "noise",
            "trouble",
            f"The room, or the microphone itself, is too noisy: {level} without anybody speaking.",
            "Switch off what hums, blows or plays, turn the microphone's gain down, or bring it closer to you; a "
            "voice should be well above.",
            {"noise_dbfs": it.noise_dbfs},
        )
    if it.noise_dbfs > NOISY_DBFS:
        return _note(
            "noise",
            f"The room is rather noisy: {level} without anybody speaking.",
            "Switch off what hums, blows or plays, or bring the microphone closer to you.",
            {"noise_dbfs": it.noise_dbfs},
        )
    return _found("noise", "ok", f"The room is quiet: {level}.", figures={"noise_dbfs": it.noise_dbfs})


def _clipping(it: SoundMeasured) -> Finding:
    worst = max(it.clipped_quiet, it.clipped_playing)
    figures = {"clipped_quiet": it.clipped_quiet, "clipped_playing": it.clipped_playing}
    share = f"{100 * worst:.2g} % of the samples are at full scale"
    if it.clipped_quiet > CLIPPED:
        what = f"The microphone is overdriven, even while nothing plays: {share}."
        return _found(
            "clipping", "trouble", what, "Turn the microphone's gain down (alsamixer, F4).", figures=figures
        )
    remedy = "Turn the loudspeaker or the microphone's gain down, or move the two apart."
    if worst > CLIPPED:
        what = f"The coach's own voice overdrives the microphone: {share}."
        return _found("clipping", "trouble", what, remedy, figures=figures)
    if worst > CLIPPED_A_LITTLE:
        return _note("clipping", f"The microphone is overdriven now and then: {share}.", remedy, figures=figures)
    return _found("clipping", "ok", "The microphone is not overdriven.", figures=figures)


def _dropouts(it: SoundMeasured) -> Finding:
    tally = it.tally
    figures = {
        "underruns": tally.underruns,
        "overruns": tally.overruns,
        "glitches": tally.glitches,
        "jumps": it.jumps,
        "seconds": it.seconds,
    }
    # A lost block shows in the tally and as a jump: it is counted once.
    lost = max(tally.underruns + tally.overruns + tally.glitches, it.jumps)
    within = f"in {it.seconds:.0f} s"
    if lost == 0:
        return _found("dropouts", "ok", f"No sound was lost {within}.", figures=figures)
    kinds = ", ".join(
        f"{count} {name}"
        for name, count in (
            ("to the loudspeaker", tally.underruns),
            ("from the microphone", tally.overruns),
            ("told by the devices", tally.glitches),
            ("seen as jumps of the delay", it.jumps),
        )
        if count
    )
    return _found(
        "dropouts",
        "note" if lost <= FEW_DROPOUTS else "trouble",
        f"Sound was lost {lost} times {within} ({kinds})."
        if lost > 1
        else f"Sound was lost once {within} ({kinds}).",
        "End other programs, give the devices a socket of their own, and see what is told of the machine below.",
        figures=figures,
    )


def _delay(it: SoundMeasured) -> Finding:
    assert it.delay_ms is not None
    what = f"From loudspeaker to microphone sound takes {it.delay_ms:.0f} ms, with everything on the way"
    if stated := it.tally.speaker_ms + it.tally.microphone_ms:
        what += f" (the devices themselves state {stated} ms)"
    figures = {"delay_ms": it.delay_ms, "heard": it.heard, "of": it.chirps}
    remedy = "Use a cable in place of Bluetooth, or another device; and leave out effects of the sound server."
    if it.delay_ms > TOO_LONG_DELAY_MS:
        return _found(
            "delay", "trouble", f"{what}: too long to tell the coach's echo from you.", remedy, figures=figures
        )
    if it.delay_ms > LONG_DELAY_MS:
        return _note("delay", f"{what}: that is long, and the coach halts so much later.", remedy, figures=figures)
    return _found("delay", "ok", f"{what}.", figures=figures)


def _drift(it: SoundMeasured) -> Finding:
    if it.drift is None:
        return _note(
            "drift", "The drift between the two clocks could not be told: too few tones in a row were heard."
        )
    drift = it.drift
    figures = {"ppm": drift.ppm, "uncertainty_ppm": drift.uncertainty_ppm, "over_s": drift.over_s}
    margin = f"give or take {max(1, math.ceil(drift.uncertainty_ppm))}, over {drift.over_s:.0f} s"
    if abs(drift.ppm) <= drift.uncertainty_ppm:
        what = f"No drift can be told between the two clocks: {round(drift.ppm)} ppm, {margin}."
        return _found("drift", "ok", what, figures=figures)
    which = "slower" if drift.ppm > 0 else "faster"
    what = f"Seen from the microphone, the loudspeaker's clock is {abs(drift.ppm):.0f} ppm {which} ({margin})"
    if abs(drift.ppm) - drift.uncertainty_ppm > LARGE_DRIFT_PPM:
        return _note(
            "drift",
            f"{what}: more than two quartz clocks differ by.",
            "The coach makes up for it in silence; if sound is lost too, try another device.",
            figures=figures,
        )
    return _found("drift", "ok", f"{what}; the coach makes up for it.", figures=figures)


def _first_syllables(swallowed_ms: int, lead_in_ms: int) -> Finding:
    after_s = (_SETTLING + _QUIET) // SAMPLE_RATE
    figures = {"swallowed_ms": swallowed_ms, "after_s": after_s, "lead_in_ms": lead_in_ms}
    after = f"after {after_s} s of silence"
    if swallowed_ms == 0:
        what = f"The loudspeaker swallows nothing {after}; one that falls asleep later is not found like this."
        return _found("first_syllables", "ok", what, figures=figures)
    about = "about" if swallowed_ms < sum(_GAPS_MS) else "at least"
    what = f"The loudspeaker swallows {about} the first {swallowed_ms} ms {after}"
    pauses = f"pauses of {SLEEPS_AFTER // SAMPLE_RATE} s and more"
    awake = "Switch its automatic standby off, if it has one (docs/at-home.md)"
    if swallowed_ms + COVERED_MS <= lead_in_ms:
        what = f"{what}; after {pauses} the lead-in of {lead_in_ms} ms makes up for it."
        return _note("first_syllables", what, f"{awake}: then nothing is lost after shorter ones either.", figures)
    enough = 100 * math.ceil((swallowed_ms + 2 * COVERED_MS) / 100)
    remedy = f"{awake}. After {pauses} the coach can wake it: --lead-in {enough}, or COACH_LEAD_IN={enough}."
    return _note("first_syllables", f"{what}: first syllables are lost.", remedy, figures)


def _echo_found(echo: EchoMeasured) -> Finding:
    how = "fainter" if echo.return_loss_db >= 0 else "louder"
    loss = f"{abs(echo.return_loss_db):.0f} dB {how} than played"
    what = f"The coach's voice comes back at {echo.dbfs:.0f} dBFS, {loss}"
    path = echo.path
    figures = {
        "echo_dbfs": echo.dbfs,
        "return_loss_db": echo.return_loss_db,
        "cancelled_db": echo.cancelled_db,
        "left_over_noise_db": echo.left_over_noise_db,
        "path_removed_db": path.removed_db if path else None,
        "path_settled_after_s": path.settled_after_s if path else None,
        "path_within_s": path.within_s if path else None,
    }
    if echo.cancelled_db is None or echo.left_over_noise_db is None or path is None:
        return _note(
            "echo",
            f"{what}, and there is no echo canceller: the coach does not listen while it speaks.",
            "Install the package livekit.",
            figures=figures,
        )
    is_faint = echo.cancelled_db + echo.left_over_noise_db < SETTLED_DB  # no more of it can be told from the noise
    noticing, taken = _noticing(echo.cancelled_db, echo.left_over_noise_db)
    what = f"{what}; {taken}; {_understood(path, is_faint=is_faint)}."
    if noticing != "ok":
        return _found(
            "echo",
            noticing,
            what,
            "Turn the loudspeaker down, move it away from the microphone, or turn the microphone away from it.",
            figures,
        )
    if (path.settled_after_s is None or path.removed_db < CANCELLED_DB) and not is_faint:
        return _note(
            "echo",
            what,
            "Turn the loudspeaker down until nothing rattles, use a cable in place of Bluetooth, and leave out "
            "effects of the sound server.",
            figures,
        )
    return _found("echo", "ok", what, figures=figures)


def _noticing(cancelled_db: float, left_over_noise_db: float) -> tuple[Judgement, str]:
    taken = f"the canceller takes away {cancelled_db:.0f} dB of it"
    if left_over_noise_db < IN_NOISE_DB:
        return "ok", f"{taken}, down to the noise"
    if cancelled_db >= CANCELLED_WELL_DB or left_over_noise_db < NEAR_NOISE_DB:
        return "ok", taken
    if cancelled_db >= CANCELLED_DB:
        return "note", f"{taken}, which is little"
    return "trouble", f"{taken}: too little to notice you over it"


def _understood(path: PathMeasured, *, is_faint: bool) -> str:
    taken = f"{path.removed_db:.0f} dB of it taken away"
    if path.settled_after_s is not None and path.removed_db >= CANCELLED_DB:
        return f"the ears understand you over it after {path.settled_after_s:.1f} s of sound, {taken}"
    if is_faint:
        return "it is too close to the noise to be learnt for the ears"
    if path.settled_after_s is not None:
        return f"the ears hardly understand you over it, with no more than {taken}"
    return f"the ears do not understand you over it: not within {path.within_s:.0f} s of sound ({taken})"


def seconds_of(what: Programme) -> str:
    """Return how long a programme takes, for people."""
    return f"{math.ceil(len(what.sound) / BLOCK_SAMPLES * BLOCK_MS / 1000)} s"
