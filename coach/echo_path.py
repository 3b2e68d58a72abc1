"""The echo's path: what the coach's own voice becomes on its way from the loudspeaker to the microphone.

Two cancellers stand side by side, because noticing somebody and understanding them ask for different things.
WebRTC's (``coach/devices/echo.py``) leaves next to nothing of the coach and, while both speak, little of the
person: it gates the "s" of "stop". Whoever speaks over the coach is *noticed* with it (``coach/near_end.py``).
This one here learns the path itself and subtracts what came along it, so that a person's words stay whole for the
ears.

A Kalman filter in the frequency domain, partitioned over time (Enzner and Vary, "Frequency-domain adaptive Kalman
filter for acoustic echo control in hands-free telephones", 2006; Kuech, Mabande and Enzner, 2014, for the
partitions). It needs nobody to tell it who is speaking: whatever it cannot explain makes it learn slower. Steps of
10 ms let it follow two clocks that drift. What it leaves over is then lowered where it is no more than has been
left over lately: never below a floor, and not at all where a person is louder. The same comparison tells whether
somebody is there at all (:attr:`EchoPath.stands_out_db`).

Only numbers here: no words, no devices, no time but blocks.
"""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from coach.echo_delay import EchoDelay
from coach.levels import QuietestLately
from coach.ports import BLOCK_MS, BLOCK_SAMPLES, SAMPLE_RATE, SILENCE, Block

STEP = SAMPLE_RATE // 100
"""Samples; two steps to a block."""

PATH_MS = 320
"""Longest echo, from the exchange to its end: up to 200 ms in the devices, the rest is the room's. If the
loudspeaker is later, the path begins later (``coach/echo_delay.py``)."""

REACHES_MS = 240
"""Within that an echo must begin for the path to know enough of it."""

PARTS = PATH_MS * SAMPLE_RATE // 1000 // STEP

KEEPS = 0.997
"""How much of what was learnt still holds a step later. With 0.999 the filter cannot follow clocks that differ by
50 parts in a million, with 0.995 a person disturbs it more."""

CONSTRAINED_AT_ONCE = PARTS // 4
"""Partitions whose response is cut to its own span in one step; the others' turn comes within 40 ms. Cutting all
at each step takes longer and cancels little more."""

FLOOR = 0.05
"""What is left over is lowered by at most 26 dB: complete silence would be a sound of its own to the ears."""

OVERESTIMATE = 2.0
"""Power, as a factor: what is left over varies about its usual level."""

RISE_DB, FALL_DB = 0.03, 0.01
"""How fast the usual level of what is left over is learnt, in a step: so slowly that a word hardly moves it."""

STANDS_ABOVE = 30.0
"""Power, as a factor: an echo so far above the quietest that its band was lately tells how much of it is left
over. Below that the noise of the room, a fan say, would be taken for it, and a person lowered with it."""

QUIETER, LOUDER = 0.8, 1.002
"""How fast that quietest power is learnt, in a step, as factors."""

SMOOTHED = 0.2
"""How much of a step's power counts for it: single ones vary by 10 dB and more."""

CLIPPED = 0.98 * 32_768
"""A sample beyond is as loud as a microphone can tell. What is left over of an echo that is cut off there is no
echo of anything: of a coach at full volume, 10 dB louder at the microphone, it was a "stop" that it obeyed."""

LINGERS = 0.8
"""What is left of the echo's expected power a step later: reverberation that the path is too short for."""

OPENS_AT_ONCE = 0.6
"""A band that was opened closes by so much in a step, and opens at once: a person's word has begun."""

SETTLED_DB, UNSETTLED_DB = 12.0, 9.0
"""The path is known when so much of the microphone's sound can be explained by it, and as long as at least so much
can: beside a fan as loud as the coach's fainter sounds it is little more."""

SETTLES_DB, UNSETTLES_DB = 0.2, 0.01
"""How fast it is believed to be known, in a step, and how slowly not any more: a person is not explained
either."""

_COMPARED = (slice(6, 80), slice(30, 80), slice(80, 150))
"""Bands, 50 Hz each, in which what is left over is compared with what usually is: 300 Hz to 4 kHz, a voice; and
the upper half of that, and what is above, for an "s" or a "t", which the coach's vowels leave room for."""

_LESS_SURE_DB = np.array([0.0, 5.5, 5.5])
"""So much more must stand out in the upper two: a loudspeaker at its limits, and two clocks, disturb them most."""

_CLIMBS_DB, _SINKS_DB, _OUTLIER_DB = 0.03, 0.03 / 200, 8.0
"""How fast it is learnt how far the coach alone stands out now and then, in a block: further than in all but one
block of 200. With two clocks 50 parts in a million apart that is 8 dB, with one clock less than 1. What stands
out much further is a person, and nothing is learnt from it. Single words by 32 people, the coach 10 dB louder:
without this and with the first range alone 30 were noticed, now 31. In 200 s of the coach alone with such clocks,
in three rooms, 211, 193 and 114 blocks of 20 ms were taken for a person, now 98, 100 and 72."""

_COMPARED_OVER = 5
"""Blocks. Over 3 of them the narration alone stood out nine times as often, over 7 a person later and less."""

_NOISE_FALLS_DB, _NOISE_CREEPS_DB = 0.5, 0.02
"""How fast the noise of the room is learnt, in a block: it is what the quietest blocks have in common."""

_HEARABLE = np.float32(4e6)
"""Power of a band of the loudspeaker's sound below which nothing can be learnt from it."""

_BANDS = STEP + 1
_PASSED_ON = PARTS * STEP // BLOCK_SAMPLES + 2
"""Silent blocks after which no echo can be on its way any more."""

Samples = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


class EchoPath:
    """Takes the coach's own voice out of what the microphone recorded; what comes out is 10 ms late.

    While the coach is silent, the microphone's sound passes through as it is, and nothing is computed.
    """

    def __init__(self) -> None:
        self._delay = EchoDelay(REACHES_MS // BLOCK_MS)
        self._silent_blocks = _PASSED_ON
        self._said = np.zeros((PARTS, _BANDS), np.complex64)  # by the loudspeaker, newest first
        self._path = np.zeros((PARTS, _BANDS), np.complex64)
        self._doubt = np.ones((PARTS, _BANDS), np.float32)
        self._unexplained = np.full(_BANDS, 1e3, np.float32)
        self._turn = 0
        self._last_speaker = np.zeros(STEP, np.float32)
        self._left_over_db = np.full(_BANDS, -10, np.float32)
        self._expected = np.zeros(_BANDS, np.float32)
        self._heard = np.full(_BANDS, 1e9, np.float32)  # power, smoothed
        self._noise = np.full(_BANDS, 1e9, np.float32)
        self._gain = np.ones(_BANDS, np.float32)
        self._clipped = False
        self._explained_db = 0.0
        self._settled = False
        self._last = np.zeros(STEP, np.float32)  # samples that have not come out yet
        self._last_echo = np.zeros(STEP, np.float32)
        self._tail = np.zeros(STEP, np.float32)
        self._left = np.zeros(len(_COMPARED))  # over, as power, in this block
        self._usual = np.zeros(len(_COMPARED))  # and as a rule
        self._noise_db = np.full(len(_COMPARED), np.inf)
        self._quietest = [QuietestLately() for _ in _COMPARED]
        self._standing_out: deque[NDArray[np.float64]] = deque(maxlen=_COMPARED_OVER)
        self._now_and_then_db = np.ones(len(_COMPARED))  # the coach alone stands out so far
        self._stands_out_db = -math.inf

    @property
    def stands_out_db(self) -> float:
        """How far what was left over stood out, over the last tenth of a second, above what the coach's voice and
        the room leave now and then; minus infinity while the coach is silent or the path unknown.
        """
        return self._stands_out_db

    @property
    def settled(self) -> bool:
        """Whether the path is known well enough for :meth:`remove` to be of use: after some seconds."""
        return self._settled

    def remove(self, microphone: Block, speaker: Block) -> Block:
        """Return the microphone's sound of 10 ms ago to 10 ms from now, without what came from the loudspeaker.

        Args:
            microphone: what was recorded.
            speaker: what was handed to the room in the same exchange.
        """
        speaker = self._delay.in_time(speaker)
        self._silent_blocks = 0 if speaker != SILENCE else self._silent_blocks + 1
        recorded = np.frombuffer(microphone, "<i2").astype(np.float32)
        if self._silent_blocks > _PASSED_ON:
            return self._pass_on(recorded)
        if not (self.settled and self._delay.known) and self._delay.changes(microphone):
            self._forget()
        self._left[:] = self._usual[:] = 0
        played = np.frombuffer(speaker, "<i2").astype(np.float32)
        cleaned = [
            self._lower(recorded[at : at + STEP], self._echo(recorded[at : at + STEP], played[at : at + STEP]))
            for at in range(0, BLOCK_SAMPLES, STEP)
        ]
        self._compare()
        return _block(np.concatenate(cleaned))

    def _compare(self) -> None:
        left_db = 10 * np.log10(self._left)
        fallen = np.maximum(left_db, np.minimum(self._noise_db, 120.0) - _NOISE_FALLS_DB)
        self._noise_db = np.where(left_db < self._noise_db, fallen, self._noise_db + _NOISE_CREEPS_DB)
        quietest_db = [one.take_in(db) for one, db in zip(self._quietest, left_db.tolist(), strict=True)]
        self._noise_db = np.maximum(self._noise_db, quietest_db)  # a fan that starts
        # Twice the noise: its quietest blocks lie 3 dB below the middle.
        usual_db = 10 * np.log10(self._usual + 2 * 10 ** (self._noise_db / 10))
        self._standing_out.append(left_db - usual_db)
        if not self.settled or len(self._standing_out) < _COMPARED_OVER:
            self._stands_out_db = -math.inf
            return
        further_db = np.mean(self._standing_out, axis=0) - self._now_and_then_db
        self._stands_out_db = float(np.max(further_db - _LESS_SURE_DB))
        step = np.where(further_db > 0, _CLIMBS_DB, -_SINKS_DB) * (further_db < _OUTLIER_DB)
        self._now_and_then_db = np.maximum(self._now_and_then_db + step, 0)

    def _forget(self) -> None:
        self._path[:] = self._said[:] = 0
        self._doubt[:] = 1
        self._explained_db, self._settled = 0.0, False

    def _pass_on(self, recorded: Samples) -> Block:
        passed = np.concatenate([self._last, recorded[:STEP]])
        self._last, self._last_echo[:] = recorded[STEP:], 0
        self._tail = self._last * _WINDOW[STEP:] ** 2
        self._said[:] = 0
        self._last_speaker[:] = 0
        self._gain[:] = 1
        self._standing_out.clear()
        self._stands_out_db = -math.inf
        return _block(passed)

    def _echo(self, recorded: Samples, played: Samples) -> Samples:
        """Return the echo in one step of the recording, as far as the path is known, and learn from the rest."""
        self._said[1:] = self._said[:-1]
        self._said[0] = np.fft.rfft(np.concatenate([self._last_speaker, played]))
        self._last_speaker = played
        echo = np.fft.irfft((self._path * self._said).sum(axis=0))[STEP:].astype(np.float32)
        power = _power(self._said)
        if power.max() > _HEARABLE:
            self._learn(recorded, recorded - echo, power)
        return echo

    def _learn(self, recorded: Samples, rest: Samples, power: Samples) -> None:
        explains_more = recorded @ recorded > 10 ** (self._explained_db / 10) * (rest @ rest)
        self._explained_db += SETTLES_DB if explains_more else -UNSETTLES_DB
        self._settled = self._explained_db > (UNSETTLED_DB if self._settled else SETTLED_DB)
        error = np.fft.rfft(np.concatenate([np.zeros(STEP, np.float32), rest])).astype(np.complex64)
        self._unexplained += 0.5 * (_power(error) - self._unexplained)
        gain = self._doubt / (0.5 * (self._doubt * power).sum(axis=0) + self._unexplained + 1)
        self._path += gain * self._said.conj() * error
        turn = slice(self._turn, self._turn + CONSTRAINED_AT_ONCE)
        self._turn = (self._turn + CONSTRAINED_AT_ONCE) % PARTS
        response = np.fft.irfft(self._path[turn], axis=1)
        response[:, STEP:] = 0  # what goes round in circles is no response of a room
        self._path[turn] = np.fft.rfft(response, axis=1)
        self._doubt *= KEEPS**2 * (1 - 0.5 * gain * power)
        self._doubt += (1 - KEEPS**2) * _power(self._path)

    def _lower(self, recorded: Samples, echo: Samples) -> Samples:
        """Subtract the echo, and lower what is left over of it."""
        rest = recorded - echo
        heard = np.fft.rfft(_WINDOW * np.concatenate([self._last, rest])).astype(np.complex64)
        removed = np.fft.rfft(_WINDOW * np.concatenate([self._last_echo, echo])).astype(np.complex64)
        self._last, self._last_echo = rest, echo
        heard_power = _power(heard) + 1
        self._expected = np.maximum(_power(removed), LINGERS * self._expected)
        left_over_db = 10 * np.log10(heard_power / (self._expected + 1))
        self._heard += SMOOTHED * (heard_power - self._heard)
        lowest = np.maximum(self._heard, QUIETER * self._noise)
        self._noise = np.where(self._heard < self._noise, lowest, LOUDER * self._noise)
        audible = self._expected > np.maximum(_AUDIBLE, STANDS_ABOVE * self._noise)
        step = np.where(left_over_db > self._left_over_db, RISE_DB, -FALL_DB) * audible
        self._left_over_db = np.clip(self._left_over_db + step, -40, 3, dtype=np.float32)
        left_over = 10 ** (self._left_over_db / 10) * self._expected
        self._left += [float(heard_power[bands].sum()) for bands in _COMPARED]
        self._usual += [float(left_over[bands].sum()) for bands in _COMPARED]
        gain = np.sqrt(np.maximum(1 - OVERESTIMATE * left_over / heard_power, FLOOR**2))
        clipped = np.abs(recorded).max() > CLIPPED and echo @ echo > 0.5 * (recorded @ recorded)
        if clipped or self._clipped:
            gain[:] = FLOOR
        self._clipped = bool(clipped)
        gain[1:-1] = 0.25 * gain[:-2] + 0.5 * gain[1:-1] + 0.25 * gain[2:]
        self._gain = np.maximum(gain, OPENS_AT_ONCE * self._gain)
        lowered = np.fft.irfft(self._gain * heard) * _WINDOW
        done = self._tail + lowered[:STEP]
        self._tail = lowered[STEP:].astype(np.float32)
        return done.astype(np.float32)


_WINDOW = np.sqrt(np.hanning(2 * STEP + 1)[:-1]).astype(np.float32)
_AUDIBLE = np.float32(1e4)
"""Expected echo of a band below which nothing is learnt about what is left over of it."""


def _power(spectrum: Spectrum) -> Samples:
    return np.square(spectrum.real) + np.square(spectrum.imag)


def _block(samples: Samples) -> Block:
    return Block(np.clip(np.rint(samples), -32_768, 32_767).astype("<i2").tobytes())
