"""Listening as the product does: its ears, its attention, its grammars, block by block of 20 ms.

What the loop does between a microphone's block and an event is done here with recorded sound; the very same
classes do it. No session follows: what is heard is written down and nothing else happens.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from coach.bench.hearing.conditions import Staged
from coach.bench.hearing.tally import Act, Outcome
from coach.devices.ears import VoskEars
from coach.ports import BLOCK_BYTES, BLOCK_MS, SAMPLE_RATE, Block, Pcm
from coach.session.attention import Attention
from coach.session.carriers import NO_CARRIERS, Carriers
from coach.session.meaning import TELLS_NOTHING, Meanings
from coach.session.messages import Command, Milliseconds
from coach.session.phrases import ANSWERS, HOME, Voice
from coach.session.table import (
    ALIVE,
    ASKING_STRENGTH,
    BRIEFING,
    MOVING,
    OFFERING_EASIER,
    PAUSED,
    spoken_in,
)

FIRST_ASKED: Final = (MOVING, PAUSED, OFFERING_EASIER, *ALIVE)
"""A command is examined in the first of these states that offers it: most are given during an exercise."""


@dataclass(frozen=True)
class Grammar:
    """What is listened for.

    Attributes:
        name: for tables.
        meanings: the command of each phrase.
        urgent: the commands acted on before the utterance has ended.
    """

    name: str
    meanings: Mapping[str, Command]
    urgent: frozenset[Command]


ASKED, AT_HOME = "asked", "at home"
"""Stand for the questions of all interviews at once, which is harder than any one of them; and for a coach that is
addressed between sessions."""

_ALWAYS: Final = (
    *("stop", "it_hurts", "red_flag", "pause", "repeat", "back", "next"),
    *("how_long", "help", "yes", "no"),
)
IN_A_QUESTION: Final = tuple(map(Command, _ALWAYS))


_OUTSIDE_A_SESSION: Final = {ASKED: (*sorted(ANSWERS), *IN_A_QUESTION), AT_HOME: tuple(sorted(HOME))}


def grammar_of(state: str, voice: Voice) -> Grammar:
    """Return what the coach listens for in a state of the session, or outside it."""
    commands = _OUTSIDE_A_SESSION.get(state) or spoken_in(state)
    return Grammar(state, voice.meanings_of(commands).phrases, voice.urgent)


def grammar_of_words(words: Sequence[str], voice: Voice) -> Grammar:
    """Return a grammar of isolated words, each its own command; those that mean something urgent stay urgent."""
    meanings = {word: Command(word) for word in dict.fromkeys(words)}
    pressing = frozenset(
        command for word, command in meanings.items() if voice.command_of(word, voice.urgent) is not None
    )
    return Grammar("words", meanings, pressing)


def state_asking(command: Command) -> str:
    """Return the state in which a command is examined: of a session, or one of those outside it."""
    outside = AT_HOME if command in HOME else ASKED
    return next((state for state in FIRST_ASKED if command in spoken_in(state)), outside)


def watched_grammars(voice: Voice) -> tuple[Grammar, ...]:
    """Return the grammars under which false accepts are counted; states that listen for the same share one."""
    named: dict[tuple[Command, ...], list[str]] = {}
    for state in (MOVING, BRIEFING, OFFERING_EASIER, ASKING_STRENGTH):
        named.setdefault(spoken_in(state), []).append(state)
    return tuple(
        Grammar(" and ".join(states), grammar_of(states[0], voice).meanings, voice.urgent)
        for states in named.values()
    )


class Listening:
    """The ears and the attention, listening for one grammar after another.

    Args:
        ears: hear.
        carriers: what people say around phrases.
        tells: words that tell an urgent command by themselves.

    Attributes:
        heard_s: seconds of sound heard so far.
        spent_s: seconds of processor time the hearing took.
    """

    def __init__(
        self,
        ears: VoskEars,
        carriers: Sequence[Carriers] = NO_CARRIERS,
        tells: Mapping[Command, Sequence[str]] = TELLS_NOTHING,
    ) -> None:
        self.ears = ears
        self.heard_s = 0.0
        self.spent_s = 0.0
        self._carriers = carriers
        self._tells = tells
        self._attention = Attention()
        self._blocks = 0

    def listen_for(self, grammar: Grammar) -> None:
        """Begin anew, for this grammar; whatever was half heard is forgotten."""
        self.ears.listen(())  # the ears ignore a grammar they have: this one is never the same
        self.ears.listen(tuple(grammar.meanings))
        self._attention = Attention()
        meanings = Meanings(grammar.meanings, grammar.urgent, carriers=self._carriers, tells=self._tells)
        self._attention.attend_to(meanings)

    def hear(self, sound: Pcm) -> tuple[Act, ...]:
        """Listen to whole blocks; return what the coach would do, in time since the sound began."""
        begin = self._blocks
        acts = []
        started = time.process_time()
        for place in range(0, len(sound), BLOCK_BYTES):
            self._blocks += 1
            hypotheses = self.ears.hear(Block(sound[place : place + BLOCK_BYTES]))
            now = Milliseconds(self._blocks * BLOCK_MS)
            heard = self._attention.consider(hypotheses, now, _silent, second=self.ears.second_hearing)
            if heard is not None:
                at = Milliseconds((self._blocks - begin) * BLOCK_MS)
                acts.append(Act(at, heard.command, heard.words))
        self.spent_s += time.process_time() - started
        self.heard_s += len(sound) / 2 / SAMPLE_RATE
        return tuple(acts)

    def examine(self, staged: Staged, grammar: Grammar) -> Outcome:
        """Listen to one clip, on its own, and judge what it was taken for."""
        self.listen_for(grammar)
        acts = self.hear(staged.sound)
        said = staged.clip.text
        expected = grammar.meanings[said]
        return Outcome(staged.clip.name, said, expected, expected in grammar.urgent, staged.word_end, acts)


def _silent(_moment: Milliseconds) -> str:
    """The coach says nothing; over its own voice the real loop is used, see ``over_voice.py``."""
    return ""
