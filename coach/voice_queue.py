"""The voice queue: puts lines and chimes on the loudspeaker at their exact sample, and cuts them when asked.

The only place that knows what is sounding. It turns what the session asked for into blocks, one at a time, and
never waits: a line that is due in the middle of a block begins in the middle of that block.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coach.ports import BLOCK_BYTES, SAMPLE_RATE, SAMPLES_PER_MS, SILENCE, Block, Pcm
from coach.session.messages import Milliseconds
from coach.session.phrases import Tone

FADE_SAMPLES = 5 * SAMPLES_PER_MS
"""A cut voice fades within 5 ms: shorter clicks, longer is not "at once"."""

REMEMBERED = Milliseconds(15_000)
"""So long the queue can tell what it said: as long as the longest utterance the ears follow."""


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

    @property
    def end(self) -> int:
        return self.begin + len(self.pcm) // 2


class VoiceQueue:
    """Lines and chimes on their way to the loudspeaker."""

    def __init__(self) -> None:
        self._position = 0  # where the next block begins, in samples
        self._sounding: _Sound | None = None
        self._lines: deque[_Sound] = deque()
        self._chimes: list[_Sound] = []
        self._fading = b""
        self._gain = 1.0
        self._played: list[Played] = []
        self._memory: deque[Played] = deque()

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

    def chime(self, pcm: Pcm, due: Milliseconds) -> None:
        """Play a chime over whatever is being said."""
        self._chimes.append(_Sound(pcm, max(due * SAMPLES_PER_MS, self._position)))

    def hush(self) -> None:
        """Fall silent with the next block, in mid-word; forget what was waiting."""
        self._lines.clear()
        self._chimes.clear()
        if self._sounding is not None:
            self._fading = self._cut(self._sounding, self._position)
            self._sounding = None

    def set_volume(self, decibels: int) -> None:
        """Play louder or quieter from the next block on."""
        self._gain = 10 ** (decibels / 20)

    def said_since(self, moment: Milliseconds) -> str:
        """Return the words of all lines that sounded at or after a moment (not over 15 s ago)."""
        words = [played.text for played in self._memory if played.end >= moment]
        if self._sounding is not None:
            words.append(self._sounding.text)
        return " ".join(words)

    def played(self) -> tuple[Played, ...]:
        """Return the lines that ended since the last call."""
        played, self._played = self._played, []
        return tuple(played)

    def next_block(self) -> Block:
        """Return the next block for the loudspeaker."""
        begin = self._position
        end = self._position = begin + BLOCK_BYTES // 2
        if self.idle:
            return SILENCE
        block = bytearray(BLOCK_BYTES)
        if self._fading:
            block[: len(self._fading)] = self._fading
            self._fading = b""
        while (sound := self._current(begin, end)) is not None:
            stop = min(sound.end, end, self._lines[0].begin if self._lines else end)
            start = max(sound.begin, begin)
            if stop > start:
                piece = sound.pcm[2 * (start - sound.begin) : 2 * (stop - sound.begin)]
                block[2 * (start - begin) : 2 * (stop - begin)] = piece
            if sound.end <= stop:
                self._end(sound, sound.end, cut=False)
                self._sounding = None
            elif self._lines and self._lines[0].begin <= end:
                self._cut(sound, stop)
                self._sounding = None
            if stop >= end or self._sounding is not None:
                break
        return self._mix(block, begin, end)

    def _current(self, begin: int, end: int) -> _Sound | None:
        if self._sounding is None and self._lines and self._lines[0].begin < end:
            self._sounding = self._lines.popleft()
            self._sounding.begin = max(self._sounding.begin, begin)
        return self._sounding

    def _cut(self, sound: _Sound, at: int) -> bytes:
        """End a line early; return the few samples in which it fades."""
        self._end(sound, at, cut=True)
        rest = np.frombuffer(sound.pcm, np.int16)[at - sound.begin :][:FADE_SAMPLES]
        return (rest * np.linspace(1, 0, len(rest))).astype(np.int16).tobytes()

    def _end(self, sound: _Sound, at: int, *, cut: bool) -> None:
        begin, end = (Milliseconds(-(-sample // SAMPLES_PER_MS)) for sample in (sound.begin, at))
        played = Played(sound.text, sound.number, begin, end, cut)
        self._played.append(played)
        self._memory.append(played)
        while self._memory[0].end < end - REMEMBERED:
            self._memory.popleft()

    def _mix(self, block: bytearray, begin: int, end: int) -> Block:
        """Add the chimes that sound in this block, and set the volume. Most blocks have neither."""
        chimes = [chime for chime in self._chimes if chime.begin < end]
        if not chimes and self._gain == 1.0:
            return Block(bytes(block))
        mixed = np.frombuffer(bytes(block), np.int16).astype(np.float32)
        for chime in chimes:
            start, stop = max(chime.begin, begin), min(chime.end, end)
            piece = chime.pcm[2 * (start - chime.begin) : 2 * (stop - chime.begin)]
            mixed[start - begin : stop - begin] += np.frombuffer(piece, np.int16)
        self._chimes = [chime for chime in self._chimes if chime.end > end]
        return Block(np.clip(mixed * self._gain, -32768, 32767).astype(np.int16).tobytes())


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
