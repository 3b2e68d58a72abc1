"""Understudy ears: hear exactly what the listener of a rehearsal utters, without listening to sound.

They stand in for the recogniser where the session is rehearsed and not the hearing: no model, a fraction of
a microsecond a block. They behave as the real ones do: partial results grow word by word while something is
being said, a final one follows after an endpoint's silence, and speech that is none of the phrases asked for
is ``[unk]``. What they cannot show is a recogniser's mistakes.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from coach.ports import BLOCK_BYTES, BLOCK_MS, Block
from coach.rehearsal.trace import Trace, Uttered
from coach.session.carriers import NO_CARRIERS, Carriers, by_words, phrases_in
from coach.session.messages import UNKNOWN, Hypothesis, Milliseconds

ENDPOINT: Final = Milliseconds(500)
"""Silence after which an utterance is over: the shortest of the real recogniser's endpoint rules."""

NOTHING: Final = Hypothesis("", final=True)


@dataclass(frozen=True, slots=True)
class _Result:
    """What will be known when: the words so far of an utterance."""

    at: int
    so_far: str
    phrase: str
    final: bool
    begin: Milliseconds
    end: Milliseconds


class ScriptedEars:
    """Ears that read the trace of a rehearsal.

    Args:
        trace: where the listener writes down what they utter.
        endpoint: milliseconds of silence between the last word and the final result.
        carriers: what people say around phrases.
    """

    def __init__(
        self, trace: Trace, *, endpoint: Milliseconds = ENDPOINT, carriers: Iterable[Carriers] = NO_CARRIERS
    ) -> None:
        self._trace = trace
        self._endpoint = endpoint
        self._carriers = by_words(carriers)
        self._phrases: frozenset[str] = frozenset()
        self._now = 0
        self._read = 0
        self._coming: deque[_Result] = deque()
        self._is_within = False  # an utterance: some of it has been reported, and its end has not
        self._latest = NOTHING

    def listen(self, phrases: Sequence[str]) -> None:
        """From now on, recognise exactly these phrases. What was half heard is forgotten."""
        if frozenset(phrases) == self._phrases:
            return
        self._phrases = frozenset(phrases)
        if self._is_within:
            while not self._coming.popleft().final:
                pass
            self._is_within = False

    def hear(self, microphone: Block) -> Sequence[Hypothesis]:
        """Take in one block, of which only the length matters.

        Raises:
            ValueError: this is not exactly one block.
        """
        if len(microphone) != BLOCK_BYTES:
            raise ValueError(f"a block has {BLOCK_BYTES} bytes, this has {len(microphone)}")
        self._now += BLOCK_MS
        if not self._is_within:
            self._latest = NOTHING
        entries = self._trace.entries
        if len(entries) != self._read:
            for _, message in entries[self._read :]:
                if isinstance(message, Uttered):
                    self._coming.extend(_results(message, self._endpoint))
            self._read = len(entries)
        if not self._coming or self._coming[0].at > self._now:
            return ()
        return self._recognise()

    def _recognise(self) -> list[Hypothesis]:
        heard = []
        while self._coming and self._coming[0].at <= self._now:
            result = self._coming.popleft()
            self._is_within = not result.final
            known = len(phrases_in(result.phrase, self._phrases, self._carriers)) == 1
            confidence = 1.0 if known and result.final else 0.0
            heard.append(
                Hypothesis(
                    result.so_far if known else UNKNOWN,
                    result.final,
                    confidence,
                    begin=result.begin,
                    end=result.end,
                )
            )
        self._latest = heard[-1]
        return heard

    def second_hearing(self) -> Hypothesis:
        """Return the same as was reported last: these ears never mishear."""
        return replace(self._latest, final=True, confidence=float(self._latest.text not in ("", UNKNOWN)))


def _results(said: Uttered, endpoint: Milliseconds) -> Iterator[_Result]:
    """The partial results of an utterance, one a word, and its final one. Longer words take longer."""
    words = said.words.split()
    letters = sum(map(len, words))
    spoken = 0
    for count, word in enumerate(words, 1):
        spoken += len(word)
        end = Milliseconds(said.begin + (said.end - said.begin) * spoken // letters)
        yield _Result(end, " ".join(words[:count]), said.words, final=False, begin=said.begin, end=end)
    yield _Result(said.end + endpoint, said.words, said.words, final=True, begin=said.begin, end=said.end)
