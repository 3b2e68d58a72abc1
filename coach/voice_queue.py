"""The voice queue: puts lines and chimes on the loudspeaker at their exact sample, and cuts them when asked.

The only place that knows what is sounding. It turns what the session asked for into blocks, one at a time, and
never waits: a line that is due in the middle of a block begins in the middle of that block.

Many loudspeakers and amplifiers switch themselves off after some seconds of silence, and swallow the beginning of
what comes next. So after a long silence a soft noise, the *lead-in*, goes before the first sound. A line that is
due too soon for it begins later by what is missing, and so does what follows it without a pause: each line sounds
as long as it would have without a lead-in. Falling silent never waits, and neither does an urgent chime, which
wakes the loudspeaker itself.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from coach.ports import BLOCK_BYTES, BLOCK_SAMPLES, SAMPLE_RATE, SAMPLES_PER_MS, SILENCE, Block, Pcm
from coach.session.messages import Milliseconds
from coach.session.phrases import Tone

FADE_SAMPLES = 5 * SAMPLES_PER_MS
"""A cut voice fades within 5 ms, and so does a ducked one: shorter clicks, longer is not "at once"."""

DUCKED = 0.1
"""The coach's voice while somebody speaks over it: 20 dB quieter, still there to be followed."""

DUCKED_FOR = 2_000 * SAMPLES_PER_MS
"""The coach stays quiet so long after the last sign of somebody speaking: who was not understood at first says it
again. Of 36 commands said twice, 0.9 s apart, over a voice 10 dB louder, 30 were understood; with 0.8 s, 22."""

RELEASE_SAMPLES = 200 * SAMPLES_PER_MS
"""Nobody is startled by a voice that comes back this slowly."""

REMEMBERED = 15_000 * SAMPLES_PER_MS
"""So long the queue can tell what it said: as long as the longest utterance the ears follow."""

WORD_SLACK = 400 * SAMPLES_PER_MS
"""So far off a word may be from where it is believed to lie in its line: synthesisers stretch some words and
swallow others."""

_LETTERS, _WORD, _PAUSE = 48, 81, 336
"""What a letter, a word and a comma take, in proportion: measured, see ``coach/rehearsal/mouth.py``."""

NO_LEAD_IN: Final = Milliseconds(0)

USUAL_LEAD_IN: Final = Milliseconds(300)
"""What live sessions have unless somebody chooses: not everybody finds out why the coach swallows its words."""

SLEEPS_AFTER: Final = 10_000 * SAMPLES_PER_MS
"""After so much silence the loudspeaker may be asleep. Any sooner, and the counts of a slow set would be late."""

LEAD_IN_DBFS: Final = -54.0
"""RMS of the lead-in: far below the voice, and far above what devices take for silence."""

_LOUD = 64
"""What keeps a loudspeaker awake, at least: -54 dBFS."""


@dataclass(frozen=True, slots=True)
class Played:
    """A line sounded.

    Attributes:
        text: its words.
        number: the session's number of it.
        begin: when its first sample played, in session time.
        end: when its last sample played.
        cut: whether it was cut short.
    """

    text: str
    number: int
    begin: Milliseconds
    end: Milliseconds
    cut: bool


@dataclass(slots=True)
class _Sound:
    pcm: Pcm
    begin: int  # in samples of session time
    text: str = ""
    number: int = 0
    late: int = 0  # how many samples after it was due it begins
    urgent: bool = False

    @property
    def end(self) -> int:
        return self.begin + len(self.pcm) // 2

    def between(self, start: int, stop: int) -> bytes:
        return self.pcm[2 * (start - self.begin) : 2 * (stop - self.begin)]

    def words_between(self, start: int, stop: int) -> Iterator[str]:
        """The words that may sound then: where in the line each one lies is known only about."""
        words = self.text.split()
        costs = [_WORD + _LETTERS * len(word) + _PAUSE * (not word[-1].isalnum()) for word in words]
        if costs:
            costs[-1] -= _PAUSE * (not words[-1][-1].isalnum())  # the last full stop is not waited for
        each = (self.end - self.begin) / max(1, sum(costs))
        at = float(self.begin)
        for word, cost in zip(words, costs, strict=True):
            if at - WORD_SLACK < stop and at + cost * each + WORD_SLACK > start:
                yield word
            at += cost * each


class VoiceQueue:
    """Lines and chimes on their way to the loudspeaker.

    Args:
        lead_in: how long the noise is that wakes a loudspeaker; 0 for none.
    """

    def __init__(self, lead_in: Milliseconds = NO_LEAD_IN) -> None:
        self._lead_in = lead_in_noise(lead_in)
        self._waking: _Sound | None = None  # the lead-in that sounds
        self._awake_at = 0  # when it ends
        # A chime that had to wait keeps its distance from the line after it.
        self._held_until, self._held_by = 0, 0
        self._kept_awake_at = -SLEEPS_AFTER  # when something loud enough sounded last
        self._free_at = 0  # when the last line ended
        self._position = 0  # where the next block begins, in samples
        self._sounding: _Sound | None = None
        self._lines: deque[_Sound] = deque()
        self._chimes: list[_Sound] = []
        self._fading: list[_Sound] = []  # the last milliseconds of lines that were cut
        self._volume = 1.0
        self._ducking = 1.0  # what the lines are multiplied with at the beginning of the next block
        self._ducked_until = 0
        self._played: list[Played] = []
        self._memory: deque[tuple[_Sound, int]] = deque()  # what sounded, and until when

    @property
    def now(self) -> Milliseconds:
        """When the next block begins."""
        return Milliseconds(self._position // SAMPLES_PER_MS)

    @property
    def idle(self) -> bool:
        """Whether nothing sounds and nothing is waiting to."""
        return not (self._sounding or self._lines or self._chimes or self._fading)

    def say(self, pcm: Pcm, text: str, number: int, due: Milliseconds) -> None:
        """Play a line from its due moment on; whatever is still being said then is cut."""
        begin = max(due * SAMPLES_PER_MS, self._position)
        self._lines.append(_Sound(pcm, begin, text, number))

    def chime(self, pcm: Pcm, due: Milliseconds, *, urgent: bool = False) -> None:
        """Play a chime over whatever is being said.

        Args:
            pcm: its sound.
            due: when.
            urgent: whether it rings then even if the loudspeaker sleeps and swallows its beginning.
        """
        self._chimes.append(_Sound(pcm, max(due * SAMPLES_PER_MS, self._position), urgent=urgent))

    def hush(self) -> None:
        """Fall silent with the next block, in mid-word; forget what was waiting. What comes next is not ducked."""
        self._lines.clear()
        self._chimes.clear()
        if self._sounding is not None:
            self._cut(self._sounding, self._position)
            self._sounding = None
        self._ducking, self._ducked_until = 1.0, 0
        self._forget_the_lead_in()

    def sound_was_lost(self) -> None:
        """The loudspeaker got nothing for who knows how long: it may be asleep."""
        self._kept_awake_at = self._position - SLEEPS_AFTER
        self._forget_the_lead_in()

    def duck(self) -> None:
        """Somebody is speaking: be quiet from the next block on, and for 2 s after the last call.

        Only the loudness changes: lines begin and end when they would have, and chimes ring as ever.
        """
        self._ducked_until = self._position + DUCKED_FOR

    def set_volume(self, decibels: int) -> None:
        """Play louder or quieter from the next block on."""
        self._volume = 10 ** (decibels / 20)

    def said_since(self, moment: Milliseconds) -> str:
        """Return the words that sounded at or after a moment, as far as can be told (not over 15 s ago)."""
        since = moment * SAMPLES_PER_MS
        sounds = [*self._memory, (self._sounding, self._position)] if self._sounding else self._memory
        return " ".join(
            word
            for sound, until in sounds
            if until + WORD_SLACK > since
            for word in sound.words_between(since, until)
        )

    def played(self) -> Sequence[Played]:
        """Return the lines that ended since the last call."""
        if not self._played:
            return ()
        played, self._played = self._played, []
        return played

    def next_block(self) -> Block:
        """Return the next block for the loudspeaker."""
        begin = self._position
        end = self._position = begin + BLOCK_SAMPLES
        if self.idle:
            self._ducking = self._ducking_target(begin)
            self._forget_the_lead_in()
            return SILENCE
        if self._lead_in:
            self._wake(begin, end)
        block = self._line_between(begin, end)
        if self._ducking != 1.0 or begin < self._ducked_until:
            block = self._duck(block, begin)
        if self._chimes or self._fading or self._volume != 1.0:
            block = self._mix(block, begin, end)
        if self._waking is not None:
            return self._with_lead_in(block, self._waking, begin, end)
        if self._lead_in and block is not SILENCE and np.frombuffer(block, np.int16).max() >= _LOUD:
            self._kept_awake_at = begin
        return block

    def _wake(self, begin: int, end: int) -> None:
        """Begin the lead-in if it is time to; what is not urgent waits for its end."""
        waiting = [sound.begin for sound in (*self._lines, *self._chimes) if sound.pcm]
        if waiting and self._waking is None and self._sounding is None:
            due = min(waiting)
            start = max(due - len(self._lead_in) // 2, begin)
            if start < end and due - self._kept_awake_at >= SLEEPS_AFTER:
                self._waking = _Sound(self._lead_in, start)
                self._awake_at = self._waking.end
        if self._waking is not None:
            for waits in self._chimes:
                if waits.begin < self._awake_at and not waits.urgent:
                    self._held_by, waits.begin = self._awake_at - waits.begin, self._awake_at
                    self._held_until = waits.end

    def _with_lead_in(self, block: Block, lead_in: _Sound, begin: int, end: int) -> Block:
        """Add the lead-in as it is: how loud the coach is to be is no matter of the loudspeaker's."""
        start, stop = max(lead_in.begin, begin), min(lead_in.end, end)
        mixed = np.frombuffer(block, np.int16).astype(np.int32)
        mixed[start - begin : stop - begin] += np.frombuffer(lead_in.between(start, stop), np.int16)
        if lead_in.end <= end:
            self._kept_awake_at = lead_in.end
            self._waking = None
        return Block(np.clip(mixed, -32768, 32767).astype(np.int16).tobytes())

    def _forget_the_lead_in(self) -> None:
        """One that was cut short has woken nobody: whatever comes next has another."""
        self._waking, self._awake_at = None, 0
        self._held_until, self._held_by = 0, 0

    def _line_between(self, begin: int, end: int) -> Block:
        """What is said then: nearly always a piece of one line, or nothing."""
        pieces: list[tuple[int, bytes]] = []
        while (sound := self._current(begin, end)) is not None:
            stop = min(sound.end, end, self._next_begin() if self._lines else end)
            start = max(sound.begin, begin)
            if stop > start:
                pieces.append((start, sound.between(start, stop)))
            if sound.end <= stop:
                self._end(sound, sound.end, cut=False)
                self._sounding = None
            elif self._lines and self._next_begin() <= end:
                self._cut(sound, stop)
                self._sounding = None
            if stop >= end or self._sounding is not None:
                break
        if not pieces:
            return SILENCE
        if len(pieces[0][1]) == BLOCK_BYTES:
            return Block(pieces[0][1])
        block = bytearray(BLOCK_BYTES)
        for start, piece in pieces:
            at = 2 * (start - begin)
            block[at : at + len(piece)] = piece
        return Block(bytes(block))

    def _current(self, begin: int, end: int) -> _Sound | None:
        if self._sounding is None and self._lines and (start := self._next_begin()) < end:
            line = self._sounding = self._lines.popleft()
            start = max(start, begin)
            line.late, line.begin = start - line.begin, start
        return self._sounding

    def _next_begin(self) -> int:
        """When the next line begins: when it is due, or later by what the one before still lacks for a lead-in."""
        line, before = self._lines[0], self._sounding
        if before is not None:
            return max(line.begin, min(before.end, line.begin + before.late))
        held_by = self._held_by if line.begin < self._held_until else 0
        return max(line.begin + held_by, self._free_at, self._awake_at if line.pcm else 0)

    def _cut(self, sound: _Sound, at: int) -> None:
        """End a line early: it fades over whatever comes next."""
        self._end(sound, at, cut=True)
        rest = np.frombuffer(sound.between(at, min(sound.end, at + FADE_SAMPLES)), np.int16)
        faded = rest * np.linspace(self._ducking, 0, len(rest))
        self._fading.append(_Sound(Pcm(faded.astype(np.int16).tobytes()), at))

    def _end(self, sound: _Sound, at: int, *, cut: bool) -> None:
        begin, end = (Milliseconds(-(-sample // SAMPLES_PER_MS)) for sample in (sound.begin, at))
        self._played.append(Played(sound.text, sound.number, begin, end, cut))
        self._memory.append((sound, at))
        self._free_at = at
        while self._memory[0][1] < at - REMEMBERED:
            self._memory.popleft()

    def _ducking_target(self, at: int) -> float:
        return DUCKED if at < self._ducked_until else 1.0

    def _duck(self, block: Block, begin: int) -> Block:
        """Make the block as quiet as it has to be, without a click on the way there."""
        target = self._ducking_target(begin)
        length = FADE_SAMPLES if target < self._ducking else RELEASE_SAMPLES
        step = (1.0 - DUCKED) / length
        ramp = self._ducking + np.arange(1, BLOCK_SAMPLES + 1) * (step if target > self._ducking else -step)
        gain = np.clip(ramp, min(self._ducking, target), max(self._ducking, target))
        self._ducking = float(gain[-1])
        return Block((np.frombuffer(block, np.int16) * gain).astype(np.int16).tobytes())

    def _mix(self, block: Block, begin: int, end: int) -> Block:
        """Add what sounds over the line, and set the volume."""
        mixed = np.frombuffer(block, np.int16).astype(np.float32)
        for sound in (*self._chimes, *self._fading):
            start, stop = max(sound.begin, begin), min(sound.end, end)
            if start < stop:
                mixed[start - begin : stop - begin] += np.frombuffer(sound.between(start, stop), np.int16)
        self._chimes = [chime for chime in self._chimes if chime.end > end]
        self._fading = [fade for fade in self._fading if fade.end > end]
        return Block(np.clip(mixed * self._volume, -32768, 32767).astype(np.int16).tobytes())


def chime(tones: Sequence[Tone], level: float = 0.2) -> Pcm:
    """Make a chime: soft tones one after another.

    Args:
        tones: what sounds for how long.
        level: amplitude, from 0 to 1.
    """
    parts = []
    for tone in tones:
        time = np.arange(round(tone.seconds * SAMPLE_RATE)) / SAMPLE_RATE
        envelope = np.minimum(time / 0.005, 1) * np.exp(-4 * time / tone.seconds)
        parts.append(np.sin(2 * np.pi * tone.hertz * time) * envelope)
    return Pcm((np.concatenate(parts) * level * 32767).astype(np.int16).tobytes())


@cache
def lead_in_noise(ms: Milliseconds) -> Pcm:
    """Return the noise that wakes a loudspeaker: always the same, and fading in over its whole length."""
    length = ms * SAMPLES_PER_MS
    if not length:
        return Pcm(b"")
    noise = np.random.default_rng(1).standard_normal(length) * np.arange(1, length + 1)
    noise *= 32_768 * 10 ** (LEAD_IN_DBFS / 20) / np.sqrt(np.mean(noise**2))
    return Pcm(noise.astype(np.int16).tobytes())
