"""The person in a rehearsal: follows the session and makes the remarks of a script, aloud.

A simulated room asks once an exchange what the listener's mouth does in it; that is the listener's only
clock. What happens in the session is read from its trace. Nothing here hears the coach's sound: a remark's
moment comes from the session itself, so that a rehearsal tests the coach's ears and not the listener's.
"""

from collections.abc import Generator, Iterator
from typing import Final

import numpy as np

from coach.blocks import blocks_of
from coach.ports import BLOCK_MS, SAMPLES_PER_MS, SILENCE, Block, Mouth, Pcm
from coach.rehearsal.script import Remark, Script
from coach.rehearsal.trace import Trace, Uttered
from coach.session.messages import Entered, Heard, Hush, Line, Milliseconds, Say

BREATH: Final = 1_000
"""Milliseconds between two remarks, at least: two commands in one breath are one utterance to the ears."""

PATIENCE: Final = 4_000
"""Milliseconds after which a remark that nobody reacted to is made again. Late finals of the recogniser take
up to 2.5 s; a person waits a little longer before speaking again."""

SOUNDING: Final = 0.01
"""What is fainter than this share of the loudest sample (-40 dB) is the end of a rendering, not of a word."""


class ScriptedListener:
    """Says a script's remarks at their moments and is silent otherwise.

    Args:
        script: what to say and when.
        voice: renders the remarks, all of them here and now; not used afterwards.
        trace: the session's witness. The listener reads it, and writes down what they utter.
        words_per_minute: how fast they speak.
        level_db: how loud, relative to the voice's own level.

    Raises:
        coach.errors.MouthFailed: the voice failed on a remark.
    """

    def __init__(
        self,
        script: Script,
        voice: Mouth,
        trace: Trace,
        *,
        words_per_minute: int = 150,
        level_db: float = 0.0,
    ) -> None:
        self._script = script
        self._trace = trace
        self._sounds = {
            words: _rendered(voice.speak(Line(words, words_per_minute)), level_db)
            for words in dict.fromkeys(remark.words for remark in script.remarks)
        }
        self._now = Milliseconds(0)
        self._read = 0  # how many of the trace's entries are known
        self._state = Entered("")
        self._state_since = Milliseconds(0)
        self._lines: list[tuple[Milliseconds, str, Entered]] = []  # begun, or about to, since the last remark
        self._heard_at = -1
        self._said_at = 0
        self._said_in = 0  # when the state began that the last remark was made in
        self._silent_since = -BREATH
        self._made = 0
        self._life = self._live()

    def next_block(self, speaker: Block) -> Block:  # noqa: ARG002 - the port's shape; this listener reads
        """Return what the listener's mouth does in this exchange: 20 ms of speech, or silence."""
        block = next(self._life)
        self._now = Milliseconds(self._now + BLOCK_MS)
        return block

    @property
    def unsaid(self) -> tuple[Remark, ...]:
        """The remarks whose moment has not come so far."""
        return self._script.remarks[self._made :]

    def _live(self) -> Iterator[Block]:
        for remark in self._script.remarks:
            yield from self._wait_for_moment(remark)
            self._made += 1
            for tries_left in reversed(range(remark.tries)):
                yield from self._utter(remark.words)
                if not tries_left or (yield from self._wait_for_reaction()):
                    break
        while True:
            yield SILENCE

    def _wait_for_moment(self, remark: Remark) -> Iterator[Block]:
        self._follow()
        moment = self._moment(remark)
        while moment is None or self._now < moment:
            yield SILENCE
            if len(self._trace.entries) != self._read:
                self._follow()
                moment = self._moment(remark)

    def _utter(self, words: str) -> Iterator[Block]:
        blocks, length = self._sounds[words]
        self._said_at = self._now
        self._said_in = self._state_since
        self._lines.clear()
        self._trace(self._now, Uttered(words, self._now, Milliseconds(self._now + length)))
        yield from blocks
        self._silent_since = self._now

    def _wait_for_reaction(self) -> Generator[Block, None, bool]:
        """Wait for as long as patience lasts; False if saying it again makes sense."""
        while self._now < self._silent_since + PATIENCE:
            self._follow()
            if self._heard_at >= self._said_at or self._state_since != self._said_in:
                return True
            yield SILENCE
        return False

    def _follow(self) -> None:
        """Take in what happened since the last time."""
        entries = self._trace.entries
        for at, message in entries[self._read :]:
            match message:
                case Entered():
                    self._state = message
                    self._state_since = at
                case Say(line=line, due=due):
                    self._lines.append((max(at, due), line.text, self._state))
                case Hush():
                    self._lines = [line for line in self._lines if line[0] <= at]
                case Heard():
                    self._heard_at = at
                case _:
                    pass
        self._read = len(entries)

    def _moment(self, remark: Remark) -> int | None:
        """When to make a remark, as far as the session is known; None as long as it is not."""
        when = remark.when
        if when.at_s is not None:
            return round(when.at_s * 1000)
        if when.line is not None:
            begins = (at for at, line, state in self._lines if when.is_in(line) and when.is_during(state))
            began = next(begins, None)
        else:
            began = self._state_since if when.is_during(self._state) else None
        if began is None:
            return None
        return max(began + round(when.after_s * 1000), self._silent_since + BREATH)


def _rendered(pcm: Pcm, level_db: float) -> tuple[tuple[Block, ...], Milliseconds]:
    """Cut a remark into blocks at the level asked for, and measure until when it really sounds."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    loudness = np.abs(samples)
    sounding = np.flatnonzero(loudness >= max(1.0, SOUNDING * loudness.max(initial=0.0)))
    length = int(sounding[-1]) + 1 if sounding.size else samples.size
    sound = np.clip(samples * 10 ** (level_db / 20), -32768, 32767).astype("<i2").tobytes()
    return tuple(blocks_of(sound)), Milliseconds(-(-length // SAMPLES_PER_MS))
