"""One clean recording in, one of the thousand ways it could have reached a microphone out.

Nothing here is recorded: rooms, noises and microphones are simulated, so that the recorded noises and rooms of the examination stay
unheard. Ranges are wider than life on purpose; with under an hour of human speech, variety is worth more than fidelity.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from recipe.settings import SAMPLE_RATE

Signal = npt.NDArray[np.float32]
Random = np.random.Generator


def decibels(value: float) -> float:
    """A level in decibels as a factor of amplitude."""
    return float(10 ** (value / 20))


def level(signal: Signal) -> float:
    """Root mean square of the loud parts: of the samples above a fifth of the peak's blocks."""
    blocks = signal[: len(signal) // 320 * 320].reshape(-1, 320)
    if not len(blocks):
        return 1e-6
    power = (blocks**2).mean(axis=1)
    return float(np.sqrt(power[power >= 0.04 * power.max()].mean())) + 1e-6


def shaped_noise(length: int, random: Random) -> Signal:
    """Noise of a random smooth colour: fans, rain, traffic, hiss."""
    spectrum = np.fft.rfft(random.standard_normal(length).astype(np.float32))
    hertz = np.linspace(0, SAMPLE_RATE / 2, len(spectrum))
    knots = np.geomspace(60, 8000, 9)
    tilt = random.uniform(-9, 2)  # decibels an octave: white is 0, pink -3, brown -6
    gains = tilt * np.log2(knots / 1000) + random.normal(0, 4, size=len(knots))
    curve = np.interp(np.log(hertz + 20), np.log(knots), gains)
    shaped: Signal = np.fft.irfft(spectrum * 10 ** (curve / 20), length).astype(np.float32)
    return shaped


def _slow(length: int, per_second: float, random: Random) -> Signal:
    """A slow random curve between 0 and 1, for what swells and fades."""
    points = max(2, int(length / SAMPLE_RATE * per_second) + 2)
    curve: Signal = np.interp(np.linspace(0, points - 1, length), np.arange(points), random.random(points)).astype(np.float32)
    return curve


def hum(length: int, random: Random) -> Signal:
    """Mains hum and motors: harmonics of a fundamental, slightly unsteady."""
    fundamental = random.choice([50.0, 60.0, random.uniform(30, 250)])
    phase = 2 * np.pi * np.cumsum(fundamental * (1 + 0.01 * (_slow(length, 3, random) - 0.5))) / SAMPLE_RATE
    total = np.zeros(length, np.float32)
    for k in range(1, int(random.integers(3, 25))):
        total += (random.random() / k ** random.uniform(0.3, 1.2) * np.sin(k * phase + random.uniform(0, 6))).astype(np.float32)
    return total


def clicks(length: int, random: Random) -> Signal:
    """Knocks, steps, clocks, dishes: short decaying bursts, regular or not."""
    total = np.zeros(length, np.float32)
    gap = random.uniform(0.15, 1.5) * SAMPLE_RATE
    at = random.uniform(0, gap)
    regular = random.random() < 0.5
    while at < length:
        duration = int(random.uniform(0.005, 0.15) * SAMPLE_RATE)
        time = np.arange(duration) / SAMPLE_RATE
        burst = random.standard_normal(duration) * random.random()
        burst += np.sin(2 * np.pi * random.uniform(80, 4000) * time) * random.random()
        burst *= np.exp(-time / (duration / SAMPLE_RATE / 5)) * random.uniform(0.3, 1)
        end = min(length, int(at) + duration)
        total[int(at) : end] += burst[: end - int(at)].astype(np.float32)
        at += gap if regular else random.exponential(gap) + 500
    return total


def breath(length: int, random: Random) -> Signal:
    """Heavy breathing or rubbing cloth: noise that comes and goes."""
    rate = random.uniform(0.2, 3)
    swell = np.clip(np.sin(2 * np.pi * rate * np.arange(length) / SAMPLE_RATE + random.uniform(0, 6)), 0, 1)
    breathed: Signal = (shaped_noise(length, random) * swell ** random.uniform(0.5, 3)).astype(np.float32)
    return breathed


def music(length: int, random: Random) -> Signal:
    """Chords and a beat, from a handful of random timbres."""
    total = np.zeros(length, np.float32)
    beat = int(random.uniform(0.2, 0.6) * SAMPLE_RATE)
    root = random.uniform(80, 300)
    timbre = random.random(6) / np.arange(1, 7)
    for start in range(0, length, beat):
        time = np.arange(min(2 * beat, length - start)) / SAMPLE_RATE
        for _ in range(int(random.integers(1, 4))):
            tone = root * 2 ** (random.choice([0, 2, 4, 5, 7, 9, 12, 16, 19]) / 12)
            note = sum(a * np.sin(2 * np.pi * tone * (k + 1) * time) for k, a in enumerate(timbre))
            total[start : start + len(time)] += (note * np.exp(-time * random.uniform(1, 8))).astype(np.float32)
    return total + 0.5 * clicks(length, random)


def engine(length: int, random: Random) -> Signal:
    """Motors, tools, rotors, exercise machines: noise and harmonics that beat at the rate of a crank, faster and slower."""
    speed = random.uniform(4, 60) * (1 + random.uniform(0, 0.6) * (_slow(length, random.uniform(0.3, 4), random) - 0.5))
    turn = 2 * np.pi * np.cumsum(speed) / SAMPLE_RATE
    beat = np.clip(0.5 + 0.5 * np.cos(turn), 0, 1) ** random.uniform(0.5, 6)
    whine = sum(random.random() / k * np.sin(turn * k * random.choice([1, 2, 4]) + random.uniform(0, 6)) for k in range(1, 16))
    running: Signal = ((random.uniform(0.1, 0.6) + beat) * (shaped_noise(length, random) + random.uniform(0, 1) * whine)).astype(np.float32)
    return running


def drops(length: int, random: Random) -> Signal:
    """Rain, frying, fire, paper: very many short bursts over a hiss."""
    count = int(random.uniform(20, 800) * length / SAMPLE_RATE)
    hits = np.zeros(length, np.float32)
    np.add.at(hits, random.integers(length, size=count), (random.standard_normal(count) * random.random(count) ** 2).astype(np.float32))
    time = np.arange(int(random.uniform(0.001, 0.02) * SAMPLE_RATE)) / SAMPLE_RATE
    drop = np.exp(-time * random.uniform(200, 2000)) * np.cos(2 * np.pi * random.uniform(200, 6000) * time)
    wet: Signal = (8 * np.convolve(hits, drop)[:length] + random.uniform(0, 0.3) * shaped_noise(length, random)).astype(np.float32)
    return wet


def cries(length: int, random: Random) -> Signal:
    """Animals, babies, sneezes, doors: voices without words. Harmonics and noise with a gliding pitch and one or two resonances, in
    bursts."""
    total = np.zeros(length, np.float32)
    pitch, noisy = random.uniform(90, 900), random.random() ** 2
    resonances = [(random.uniform(400, 3500), random.uniform(80, 500)) for _ in range(int(random.integers(1, 4)))]
    longest, gap = random.uniform(0.1, 1.4), random.uniform(0.1, 2.0)
    at = int(random.uniform(0, gap) * SAMPLE_RATE)
    while at < length:
        count = min(int(random.uniform(0.3, 1) * longest * SAMPLE_RATE), length - at)
        if count < 400:
            break
        along = np.linspace(0, 1, count)
        glide = pitch * 2 ** (random.uniform(-0.6, 0.6) * along + random.uniform(-0.5, 0.5) * np.sin(np.pi * along))
        glide *= 1 + random.uniform(0, 0.04) * np.sin(2 * np.pi * random.uniform(4, 9) * along * count / SAMPLE_RATE)
        phase = 2 * np.pi * np.cumsum(glide) / SAMPLE_RATE
        harmonics = range(1, max(2, int(7000 / glide.max())))
        weights = [sum(1 / (1 + ((k * pitch - f) / width) ** 2) for f, width in resonances) + 0.05 / k for k in harmonics]
        voiced = sum(w * np.sin(k * phase) for k, w in zip(harmonics, weights, strict=True))
        burst = (1 - noisy) * voiced + noisy * 1.5 * shaped_noise(count, random)
        swell = np.sin(np.pi * along ** random.uniform(0.2, 1.2)) ** random.uniform(0.2, 1.5)
        total[at : at + count] += (burst * swell * random.uniform(0.4, 1)).astype(np.float32)
        at += count + int(random.exponential(gap) * SAMPLE_RATE)
    return total + 0.01 * shaped_noise(length, random)


def waves(length: int, random: Random) -> Signal:
    """Wind, sea, passing cars: noise of two colours that swell and fade at their own pace."""
    total = np.zeros(length, np.float32)
    for _ in range(2):
        total += shaped_noise(length, random) * _slow(length, random.uniform(0.2, 6), random) ** random.uniform(1, 4)
    return total


def spray(length: int, random: Random) -> Signal:
    """Showers, rain on a roof, surf, vacuum cleaners: steady noise as loud in the treble as in the bass, which drowns consonants first;
    now and then it sputters."""
    spectrum = np.fft.rfft(random.standard_normal(length).astype(np.float32))
    octaves = np.log2(np.linspace(0, SAMPLE_RATE / 2, len(spectrum)) / 1000 + 0.1)
    ripple = np.interp(octaves, np.linspace(-3.4, 3, 7), random.normal(0, 2.5, size=7))
    bright = np.fft.irfft(spectrum * 10 ** ((random.uniform(-3, 3) * octaves + ripple) / 20), length)
    swell = 1 - random.uniform(0, 0.7) * _slow(length, random.uniform(0.2, 30), random)
    sprayed: Signal = (bright * swell).astype(np.float32)
    return sprayed


def _tone(hertz: Signal, partials: npt.NDArray[np.float64]) -> Signal:
    """A tone of gliding pitch and the given strengths of partials, those beyond what can be heard left out. One period is made, and read
    at the pitch's speed."""
    turn = np.linspace(0, 1, 1025)
    audible = min(len(partials), int(SAMPLE_RATE / 2 / hertz.max()))
    period = partials[:audible] @ np.sin(2 * np.pi * np.outer(np.arange(1, audible + 1), turn))
    tone: Signal = np.interp(np.cumsum(hertz) / SAMPLE_RATE % 1, turn, period).astype(np.float32)
    return tone


def song(length: int, random: Random) -> Signal:
    """A band: drums, a bass, sustained chords, and a melody that is sung or blown, each present or not."""
    total = np.zeros(length, np.float32)
    beat = int(random.uniform(0.28, 0.7) * SAMPLE_RATE)
    root = random.uniform(55, 110)
    scale = np.array(random.choice([[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 3, 5, 6, 7, 10, 12]]))
    drums, bass, chords, melody = random.random(4) * (random.random(4) < 0.75) + 1e-3
    resonances = [(random.uniform(300, 900), 150.0), (random.uniform(900, 2600), 250.0), (random.uniform(2500, 3600), 400.0)]
    fades = random.uniform(4, 40)
    rich = np.arange(1, 40.0) ** -random.uniform(0.6, 1.6)
    degree = 0
    for number, start in enumerate(range(0, length, beat // 2)):
        count = min(beat // 2 if number % 2 else 2 * beat, length - start)
        time = np.arange(count) / SAMPLE_RATE
        until = slice(start, start + count)
        if random.random() < 0.8:  # a hihat or a snare off the beat, a bass drum on it
            struck = shaped_noise(count, random) / 30 if number % 2 or random.random() < 0.4 else np.sin(300 * np.exp(-12 * time) / 12)
            total[until] += (3 * drums * random.random() * struck * np.exp(-time * random.uniform(1, 3) * fades)).astype(np.float32)
        if number % 8 == 0:
            degree = int(random.integers(7))
        if number % 2 == 0:
            swell = np.minimum(time * random.uniform(3, 60), 1) * np.exp(-time * random.uniform(0.3, 4))
            low = np.full(count, root * 2 ** (scale[degree] / 12))
            total[until] += (2 * bass * swell * _tone(low, rich)).astype(np.float32)
            for step in (0, 2, 4):
                high = low[0] * 4 * 2 ** ((scale[(degree + step) % 7] - scale[degree]) / 12 + random.normal(0, 0.003))
                total[until] += (chords * swell * _tone(np.full(count, high), rich[:12])).astype(np.float32)
        if random.random() < 0.6:
            pitch = root * random.choice([4, 8]) * 2 ** (scale[int(random.integers(7))] / 12)
            shaken = pitch * (1 + random.uniform(0, 0.02) * np.sin(2 * np.pi * random.uniform(4, 7) * time))
            partials = np.array([sum(1 / (1 + ((k * pitch - f) / w) ** 2) for f, w in resonances) + 0.1 / k for k in range(1, 30)])
            total[until] += (melody * np.sin(np.pi * np.linspace(0, 1, count)) ** 0.4 * _tone(shaken, partials)).astype(np.float32)
    return total


NOISES: tuple[Callable[[int, Random], Signal], ...] = (
    shaped_noise, hum, clicks, breath, music, engine, drops, cries, cries, waves, spray, spray, spray,
    song, song)  # fmt: skip
"""Bright noise is drawn most often: of recorded noises it was the kind in which the ears did worst, and the simulated ones had too
little of it."""


class NoiseBank:
    """A few minutes of every kind of noise, made once, drawn from at random places: making noise anew each time would be slow."""

    def __init__(self, random: Random, seconds: float = 12.0, pieces: int = 330) -> None:
        """Makes `pieces` noises of `seconds` each, at equal power."""
        made = [NOISES[i % len(NOISES)](int(seconds * SAMPLE_RATE), random) for i in range(pieces)]
        self._pieces = [noise / (np.sqrt((noise**2).mean()) + 1e-9) for noise in made]

    def draw(self, length: int, random: Random) -> Signal:
        """Noise of power 1: one piece, or two added."""
        total = np.zeros(length, np.float32)
        for _ in range(1 if random.random() < 0.7 else 2):
            piece = self._pieces[int(random.integers(len(self._pieces)))]
            offset = int(random.integers(len(piece)))
            rolled = np.resize(np.concatenate([piece[offset:], piece[:offset]]), length)
            total += rolled * random.uniform(0.3, 1)
        drawn: Signal = total / (np.sqrt((total**2).mean()) + 1e-9)
        return drawn


def room(random: Random) -> Signal:
    """An impulse response: the direct sound, a few early reflections, and a tail that loses its treble first.

    Reverberation time 0.1 to 0.7 s, now and then up to that of a hall, and direct-to-reverberant ratio -5 to 16 dB: living rooms and
    bathrooms, near and across.
    """
    seconds = random.uniform(0.1, 0.7) if random.random() < 0.8 else random.uniform(0.7, 1.6)
    length = int(seconds * SAMPLE_RATE)
    time = np.arange(length) / SAMPLE_RATE
    bright = random.standard_normal(length) * np.exp(-6.9 * time / (seconds * random.uniform(0.4, 1)))
    dark = np.convolve(random.standard_normal(length), np.ones(6) / 2.5, "same") * np.exp(-6.9 * time / seconds)
    tail = bright + dark
    tail[: int(random.uniform(0.002, 0.02) * SAMPLE_RATE)] = 0
    for _ in range(int(random.integers(2, 9))):
        tail[int(random.uniform(0.001, 0.04) * SAMPLE_RATE)] += random.normal(0, 6)
    tail *= decibels(-random.uniform(-5, 16)) / (np.sqrt((tail**2).sum()) + 1e-9)
    tail[0] = 1.0
    response: Signal = tail.astype(np.float32)
    return response


def colour(signal: Signal, random: Random, reverberate: bool, equalise: bool) -> Signal:
    """A room and a microphone's frequency response, in one multiplication of spectra; the tail beyond the signal's end is kept
    only as far as the signal is long."""
    response = room(random) if reverberate else np.ones(1, np.float32)
    size = 1 << (len(signal) + len(response)).bit_length()
    spectrum = np.fft.rfft(signal, size) * np.fft.rfft(response, size)
    if equalise:
        hertz = np.linspace(0, SAMPLE_RATE / 2, len(spectrum))
        knots = np.geomspace(80, 8000, 8)
        gains = random.normal(0, 3, size=len(knots)) + random.uniform(-2, 2) * np.log2(knots / 1000)
        curve = np.interp(np.log(hertz + 20), np.log(knots), gains)
        if random.random() < 0.15:  # telephones, toys, compressed speech
            curve[hertz > random.uniform(3000, 7500)] = -60
        if random.random() < 0.25:
            curve[hertz < random.uniform(80, 350)] -= 30
        spectrum *= 10 ** (np.clip(curve, -60, 15) / 20)
    coloured: Signal = np.fft.irfft(spectrum, size)[: len(signal)].astype(np.float32)
    return coloured


def change_speed(signal: Signal, random: Random, reach: int) -> Signal:
    """Plays a signal faster or slower, pitch and all, by up to reach x 5 %."""
    twentieths = 20 + int(random.integers(-reach, reach + 1))
    if twentieths == 20:
        return signal
    changed: Signal = resample_poly(signal, 20, twentieths).astype(np.float32)
    return changed


def degrade(signal: Signal, random: Random, noises: NoiseBank, babble: Callable[[int], Signal]) -> Signal:
    """Everything that happens between mouth and features: room, microphone, noise, other voices, level, clipping, quantisation.

    In: any scale; out: the range of 16-bit integers. `babble` makes other people's speech of a length, at any level.
    """
    speech = level(signal)
    dry = random.random() < 0.2  # some pass nearly as they are, so that clean signals stay familiar
    if not dry:
        signal = colour(signal, random, reverberate=random.random() < 0.5, equalise=random.random() < 0.6)
        speech = level(signal)
        if random.random() < 0.8:
            ratio = random.uniform(-3, 16) if random.random() < 0.7 else random.uniform(12, 40)
            signal = signal + noises.draw(len(signal), random) * (speech * decibels(-ratio))
        if random.random() < 0.15:
            other = babble(len(signal))
            signal = signal + other * (speech / level(other) * decibels(-random.uniform(8, 30)))
    loudest = float(np.abs(signal).max(initial=1e-9))
    if random.random() < 0.08:  # overdriven
        signal = np.clip(signal, -loudest * random.uniform(0.1, 0.6), loudest * random.uniform(0.1, 0.6))
        loudest = float(np.abs(signal).max(initial=1e-9))
    target = 32767 * decibels(-random.uniform(1, 24) if random.random() < 0.7 else -random.uniform(20, 40))
    degraded: Signal = np.round(signal * (target / loudest)).astype(np.float32)
    return degraded
