"""The person of a soak: lives with the coach for days, calls it, answers it, and interrupts it all the time.

They know what the coach shows its witness: where it is, what it listens for, what it says. By that and by a seed's
chance they choose what to say, and they count what becomes of it. Unlike a script's listener they never run out.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from coach.ports import BLOCK_MS, Block
from coach.rehearsal.trace import Trace, Uttered
from coach.session import table
from coach.session.messages import Command, Entered, Heard, Listen, Milliseconds, Say
from coach.session.phrases import ANSWERS, Voice

QUESTIONS_MARK: Final = Command("unsure")
"""Can be said wherever something is asked, and nowhere else."""

YES: Final = frozenset({"seen_professional", "begin", "enjoyed", "confirm", *table.CHOOSING})
"""The questions that are answered by yes; the others by no."""

REMARKS: Final = {
    "how_long": 3.0,
    "whats_next": 3.0,
    "slower": 2.0,
    "faster": 2.0,
    "louder": 2.0,
    "quieter": 2.0,
    "pause": 2.0,
    "resume": 9.0,
    "repeat": 1.0,
    "easier": 1.0,
    "harder": 1.0,
    "done": 1.0,
    "help": 0.7,
    "next": 0.7,
    "back": 0.3,
    "it_hurts": 0.08,
    "stop": 0.02,
}
"""How often each of these is said in a session, relative to each other."""

REMARKS_ON_QUESTIONS: Final = ("repeat", "help", "how_long", "louder", "quieter")

LONGEST_SESSION_S: Final = 540
"""After so long they have had enough: with all their going back it might never end."""

RECENT_LINES: Final = 12
LATELY_MS: Final = 3_000
LINE_MS: Final = 8_000
OWN_WORD_MS: Final = 700
"""What the coach said lately is not repeated to it: it would take that for itself."""

PAUSES_MS: Final = (2_500, 5_000)
"""Between two remarks: what follows sooner upon an urgent word is the same breath to the coach, and no command."""


@dataclass(slots=True)
class Counts:
    """What became of what was said.

    Attributes:
        said: remarks begun.
        obeyed: understood as what was said.
        overtaken: the coach went on to something else while it was being said, where it means nothing.
        drowned: the coach said the very same words at the very same moment, and took them for its own.
        mistaken: understood as something else.
        missed: all others.
    """

    said: int = 0
    obeyed: int = 0
    overtaken: int = 0
    drowned: int = 0
    mistaken: int = 0
    missed: int = 0


@dataclass(slots=True)
class _Remark:
    phrase: str
    begins: int  # in milliseconds of this person's time
    ends: int
    grammar: int


class Inhabitant:
    """Lives with the coach; asked once a block.

    Args:
        voice: what the coach understands.
        random: where all their choices come from.
        speak: returns the sound of a phrase, block by block.
        quiet: what is heard when nobody speaks, for ever.
        trace: where what is said is written down, for ears that read it.
        counts: what became of it; may be that of somebody who lived here before.
        patience_ms: so long after a remark the coach may still react.
        unheard: phrases that the ears do not know.
    """

    def __init__(
        self,
        voice: Voice,
        random: Random,
        speak: Callable[[str], Sequence[Block]],
        quiet: Iterator[Block],
        trace: Trace,
        counts: Counts,
        *,
        patience_ms: int = 800,
        unheard: Sequence[str] = (),
    ) -> None:
        self.errands: deque[Command] = deque()
        """What is wanted of the coach next, when it leads nothing."""
        self.counts = counts
        self._voice = voice
        self._random = random
        self._speak = speak
        self._quiet = quiet
        self._trace = trace
        self._patience_ms = patience_ms
        self._unheard = frozenset(unheard)
        self._now = 0
        self._state = Entered("")
        self._led_since = 0
        self._offered: tuple[Command, ...] = ()
        self._grammar = 0
        self._lines: deque[tuple[int, str]] = deque(maxlen=RECENT_LINES)
        self._pending: _Remark | None = None
        self._silent_until = 0
        self._life = self._live()

    @property
    def is_idle(self) -> bool:
        """Whether nothing goes on and nothing is wanted: then time may pass faster."""
        return self._state.state == "asleep" and not self.errands and self._pending is None

    @property
    def is_led(self) -> bool:
        """Whether a session or an interview goes on."""
        return self._state.state not in ("", "asleep", "awake", "parting", "easing", "ended")

    def next_block(self) -> Block:
        """Return what they do in this block."""
        block = next(self._life)
        self._now += BLOCK_MS
        return block

    def notice(self, message: object) -> None:
        """See something happen."""
        match message:
            case Entered():
                if not self.is_led:
                    self._led_since = self._now
                self._state = message
                self._silent_until = max(self._silent_until, self._now + self._random.randrange(300, 3_000))
            case Listen(commands=commands):
                self._grammar += commands != self._offered
                self._offered = commands
            case Say(line=line):
                self._lines.append((self._now, " ".join(re.findall(r"[\w']+", line.text.lower()))))
            case Heard(words=words) if self._pending:
                if f" {words} " in f" {self._pending.phrase} ":
                    self.counts.obeyed += 1
                else:
                    self.counts.mistaken += 1
                self._pending = None

    def cut_off(self) -> None:
        """The coach hears nothing for a while: what was just said is lost, and nobody's fault."""
        self._grammar += 1

    def leave(self) -> None:
        """Live somewhere else from now on: nobody hears any more what was just being said."""
        if self._pending is not None:
            self._pending = None
            self.counts.overtaken += 1

    def _live(self) -> Iterator[Block]:
        while True:
            if self._pending is not None:
                yield next(self._quiet)
                self._wait_for_reaction()
            elif self._now < self._silent_until or (phrase := self._wanted()) is None:
                yield next(self._quiet)
            else:
                yield from self._say(phrase)

    def _say(self, phrase: str) -> Iterator[Block]:
        blocks = self._speak(phrase)
        ends = self._now + BLOCK_MS * len(blocks)
        self._trace(Milliseconds(self._now), Uttered(phrase, Milliseconds(self._now), Milliseconds(ends)))
        self._pending = _Remark(phrase, self._now, ends, self._grammar)
        self.counts.said += 1
        yield from blocks
        self._silent_until = self._now + self._random.randrange(*PAUSES_MS)

    def _wait_for_reaction(self) -> None:
        if self._pending is None or self._now < self._pending.ends + self._patience_ms:
            return
        since = self._pending.begins - OWN_WORD_MS
        if self._pending.grammar != self._grammar:
            self.counts.overtaken += 1
        elif self._has_said(self._pending.phrase, since):
            self.counts.drowned += 1
        else:
            self.counts.missed += 1
        self._pending = None

    # --- What to say ----------------------------------------------------------------------------------------

    def _wanted(self) -> str | None:
        """A phrase for what is wanted now; None for nothing, or if the coach has just used it itself."""
        command = self._command()
        if command is None or command not in self._offered:
            return None
        phrases = [it for it in self._voice.understands[command] if it not in self._unheard]
        free = [it for it in phrases if not self._has_said(it, self._now - LATELY_MS)]
        if not free:
            self._silent_until = self._now + 1_000
            return None
        if self.errands and command == self.errands[0]:
            self.errands.popleft()
        return self._random.choice(free)

    def _has_said(self, phrase: str, since: int) -> bool:
        """Whether the coach has used this phrase itself in a line begun since then, or shortly before."""
        return any(at > since - LINE_MS and f" {phrase} " in f" {line} " for at, line in self._lines)

    def _command(self) -> Command | None:
        state, offered = self._state.state, self._offered
        if state in ("asleep", "awake"):
            if not self.errands:
                return None
            return Command("wake") if state == "asleep" else self.errands[0]
        if self._now > self._led_since + 1_000 * LONGEST_SESSION_S and state not in table.AFTER_PAIN:
            return Command("stop")
        if QUESTIONS_MARK in offered or state in table.CHOOSING:
            return self._answer(state)
        if state in table.STATES or state == table.PAUSED:
            return self._remark()
        return None

    def _remark(self) -> Command | None:
        possible = [it for it in self._offered if it in REMARKS]
        if not possible or self._state.state in (table.CLOSING, table.STOPPING):
            return None
        return self._random.choices(possible, [REMARKS[it] for it in possible])[0]

    def _answer(self, question: str) -> Command:
        possible = [it for it in self._offered if it in REMARKS_ON_QUESTIONS]
        if possible and self._random.random() < 0.15:
            return self._random.choice(possible)
        if {"number_0", "number_3"} <= {*self._offered}:
            return Command(f"number_{self._random.randrange(4)}")
        if {"yes", "no"} <= {*self._offered}:
            return Command("yes" if question in YES else "no")
        harmless = {"shooting", "numb", "worse", QUESTIONS_MARK}
        choices = [
            it for it in self._offered if it in ANSWERS and it not in harmless and not it.startswith("correction")
        ]
        return self._random.choice(choices or [QUESTIONS_MARK])
