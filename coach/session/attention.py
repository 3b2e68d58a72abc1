"""Attention: which of the things the ears believe they hear are meant for the coach.

One small pure policy with its reasons. The recogniser forces whatever it hears onto the phrases it listens for,
often with full confidence, so a hypothesis is acted on only when its shape is right:

- The whole utterance is one phrase. "Stop" is a command, "I could not stop" is talk; ``[unk]`` and decoy words
  around a phrase make it talk.
- Urgent phrases are acted on once a partial result has stood for longer than one step of the recogniser: an
  endpoint takes half a second and longer, and half a second is long when it hurts. Everything else waits for the
  final result.
- One utterance is acted on once.
- What the coach itself is saying, or said a moment ago, is the coach. It knows its own words to the block.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from coach.session.messages import Command, Heard, Hypothesis, Milliseconds

STANDING = Milliseconds(140)
"""So long a partial result must stand before an urgent phrase is acted on. The recogniser decodes every 120 ms:
a longer stand means that two decodings agree. One alone is a guess: "slower" begins like "stop"."""

OWN_ECHO = Milliseconds(300)
"""So long after it was played the coach's own word may still arrive at the microphone, and be heard."""

MIN_CONFIDENCE = 0.5
"""Below this the recogniser had a better idea of another phrase; measured on the examination recordings the
bulk of right results lies above 0.9."""

_WORD = re.compile(r"[a-z']+")


class Attention:
    """Turns hypotheses into at most one ``Heard`` for each utterance. Time is counted in calls and arguments."""

    def __init__(self) -> None:
        self._meanings: Mapping[str, Command] = {}
        self._urgent: frozenset[Command] = frozenset()
        self._partial = ""
        self._since = Milliseconds(0)
        self._acted = False

    def attend_to(self, meanings: Mapping[str, Command], urgent: frozenset[Command]) -> None:
        """From now on, these phrases have these meanings.

        Args:
            meanings: the command of each phrase that is listened for.
            urgent: the commands to act on before the utterance has ended.
        """
        self._meanings = meanings
        self._urgent = urgent
        # The ears begin anew with new phrases: the utterance that was acted on has no final result to come.
        self._partial = ""
        self._acted = False

    def consider(
        self, hypotheses: Sequence[Hypothesis], now: Milliseconds, said: Callable[[Milliseconds], str]
    ) -> Heard | None:
        """Decide whether to act. Called once a block, also when nothing new was heard.

        Args:
            hypotheses: what this block changed.
            now: how much microphone sound was heard so far.
            said: returns the words the coach has been saying since a moment.
        """
        for hypothesis in hypotheses:
            if hypothesis.final:
                acted, self._acted, self._partial = self._acted, False, ""
                since = Milliseconds(hypothesis.begin - OWN_ECHO)
                if not acted and hypothesis.confidence >= MIN_CONFIDENCE:
                    return self._meant(hypothesis.text, said(since))
            elif hypothesis.text != self._partial:
                self._partial, self._since = hypothesis.text, now
        if not self._partial or self._acted or now - self._since < STANDING:
            return None
        if self._meanings.get(self._partial) not in self._urgent:
            return None
        heard = self._meant(self._partial, said(Milliseconds(self._since - OWN_ECHO)))
        self._acted = heard is not None
        return heard

    def _meant(self, text: str, own_words: str) -> Heard | None:
        command = self._meanings.get(text)
        if command is None or f" {text} " in f" {' '.join(_WORD.findall(own_words.lower()))} ":
            return None
        return Heard(command, text)
