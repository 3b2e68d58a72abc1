"""Meaning: what words say to the coach, by themselves. When they are acted on is the attention's to decide.

The recogniser forces whatever it hears onto the phrases it listens for, often with full confidence, so words mean
something only when their shape is right:

- They are a phrase, or the same one again and again. "Stop" is a command, "stop stop stop" is one too, "I could
  not stop" is talk; ``[unk]`` and decoy words around a phrase make it talk. Carriers do not (see ``carriers.py``):
  "please stop" is "stop", and "about three" is "three". Urgent phrases in one breath are all meant, one after
  another: who says "ouch, stop" is in pain, and wants to stop.
- People tell of a pain in endless ways: "my ear hurts". So some words tell it by themselves, at the end of
  a whole utterance: after unknown speech, or after several words that are all known, one of which begins a phrase
  that ends so: "my", "this". Not alone, and not after a single word: "bird" is heard as "hurts", and "backward" as
  "back hurts". Nor after both: talk is heard as such, and as "a sharp hurt light hurts".
- A phrase of several words is hardly ever heard in talk, so one more word before or after it is allowed: people
  say "what's next please", and noise before a phrase is heard as a short word. Not for what must be clear (see
  below): "don't make it harder" is heard as an unknown word and a phrase, too.
- Noise eats how a phrase begins, or makes another word of it: of "that's starting to hurt" there is left "starting
  to hurt". So the last words of phrases that all mean the same, three or more, mean it, too. Not two: in talk "is
  numb" and "a doctor" were heard. Nor what must be clear.
- The coach's voice eats the consonants of what is said over it: "stop" becomes "top". What is left of an urgent
  phrase may be made out there, and only there.
"""

import re
from collections.abc import Collection, Mapping, Sequence, Set

from coach.session.carriers import NO_CARRIERS, Carriers, by_words, phrases_in
from coach.session.messages import UNKNOWN, Command, Heard

WAKE = Command("wake")

UNASKED = frozenset(map(Command, ("next", "back", "done", "resume", "faster", "harder", WAKE)))
"""These move the person on, or ask more of their back. Said again, they are soon understood; done wrongly, they
can hurt. A wake phrase is listened for all day, through every talk in the room: whoever is not heard calls again,
but a coach that speaks up unasked is switched off."""

TO_BE_CLEAR = UNASKED | frozenset(
    map(
        Command,
        (
            "yes",
            *(f"{kind}_{number}" for kind in ("number", "correction") for number in range(5)),
            *("a_little", "dull"),
        ),
    )
)
"""These, and the answers that make light of a pain, or agree."""

LEAST_LEFT = 3
"""So many words must be left of a phrase whose beginning was lost. With two, 37 minutes of talk in quiet, in noise
and in music were taken for nine urgent ends of phrases; with three for none."""

NOT_MUFFLED: Mapping[str, str] = {}
TELLS_NOTHING: Mapping[Command, Sequence[str]] = {}

_WORD = re.compile(r"[a-z']+")


class Meanings:
    """What is listened for, and what may be heard of it.

    Args:
        phrases: the command of each phrase.
        urgent: the commands that do not wait until all is said.
        muffled: what is left of urgent phrases that are said over the coach's voice, with the phrases.
        carriers: what people say around phrases, and what changes nothing.
        tells: words that tell an urgent command at the end of what is said.
    """

    def __init__(
        self,
        phrases: Mapping[str, Command],
        urgent: frozenset[Command],
        muffled: Mapping[str, str] = NOT_MUFFLED,
        carriers: Sequence[Carriers] = NO_CARRIERS,
        tells: Mapping[Command, Sequence[str]] = TELLS_NOTHING,
    ) -> None:
        self.phrases = phrases
        self.urgent = urgent
        self._muffled = {left: phrase for left, phrase in muffled.items() if phrases.get(phrase) in urgent}
        self._carriers = by_words(carriers)
        offered = frozenset(phrases.values())
        self._tells = {word: command for command in tells if command in offered for word in tells[command]}
        telling = [words for words in map(str.split, phrases) if words[-1] in self._tells]
        self._begin_telling = {words[0] for words in telling}  # with which people begin to tell: "my", "this"
        self._pieces: Set[str] = {
            word for said in (*phrases, *self._carriers) for word in said.split()
        } - phrases.keys()
        self._ends = _ends_of(phrases)

    def of(self, text: str) -> list[Heard]:
        """What that means that consists of phrases, what people say around them, and nothing else."""
        if text in self.phrases:  # nearly always so, or not at all
            return [Heard(self.phrases[text], text)]
        found = phrases_in(text, self.phrases, self._carriers)
        meant = {self.phrases[phrase]: phrase for phrase in found}
        # One thing, again and again; or whatever people say in a fright.
        if len(meant) == 1 or self.urgent.issuperset(meant):
            return [Heard(command, phrase) for command, phrase in meant.items()]
        return []

    def nearly_of(self, text: str) -> list[Heard]:
        """The same, or what a phrase of several words means with one word more before or after it."""
        return self.of(text) or self._with_a_word_more(text)

    def of_its_end(self, text: str) -> list[Heard]:
        """What that means that is the end of a phrase, or one other word and that."""
        end = next((it for it in (text, but_first(text)) if it in self._ends), None)
        return [] if end is None else [Heard(self._ends[end], end)]

    def told(self, text: str) -> list[Heard]:
        """What that means that ends in a word which tells it."""
        *before, last = text.split() or [""]
        is_told = len(before) > 1 and UNKNOWN not in before and not self._begin_telling.isdisjoint(before)
        if last in self._tells and (before == [UNKNOWN] or is_told):
            return [Heard(self._tells[last], text)]
        return []

    def made_out(self, text: str) -> list[Heard]:
        """What a word means that the coach's voice has eaten a piece of."""
        left = known_end(text)
        return [Heard(self.phrases[self._muffled[left]], left)] if left in self._muffled else []

    def are_phrases(self, meant: Collection[Heard]) -> bool:
        """Whether all of that was said in whole phrases, and nothing told or made out."""
        return self.phrases.keys() >= {it.words for it in meant}

    def is_piece(self, text: str) -> bool:
        """Whether that is a word of phrases, and none itself: "now", "on"."""
        return text in self._pieces

    def is_carried(self, text: str) -> bool:
        """Whether something is said around the phrases: in talk they are heard so more often than alone."""
        return bool(phrases_in(text, self.phrases, self._carriers) and not phrases_in(text, self.phrases, {}))

    def may_become_another(self, text: str, command: Command) -> bool:
        """Whether more words may follow that make another command of it."""
        begun = f"{text} "
        return any(it.startswith(begun) and meaning != command for it, meaning in self.phrases.items())

    def may_be_heard_in(self, own_words: str, words: str) -> bool:
        """Whether the coach's own words may have been heard as these."""
        telling = words.rsplit(maxsplit=1)[-1]
        return (
            _is_in(words, own_words)
            or _is_in(self._muffled.get(words), own_words)
            or (telling in self._tells and _is_in(telling, own_words))
        )

    def _with_a_word_more(self, text: str) -> list[Heard]:
        words = text.split()
        for phrase in (" ".join(words[1:]), " ".join(words[:-1])):
            if " " in phrase and self.phrases.get(phrase, WAKE) not in TO_BE_CLEAR:
                return [Heard(self.phrases[phrase], phrase)]
        return []


def known_end(text: str) -> str:
    """Return the words after unknown speech at the beginning, which may be what is left of the coach's voice."""
    words = text.split()
    while words and words[0] == UNKNOWN:
        words = words[1:]
    return " ".join(words)


def but_first(text: str) -> str:
    """Return the words after the first, which may be a rest of what came before."""
    return text.partition(" ")[2]


def _ends_of(phrases: Mapping[str, Command]) -> Mapping[str, Command]:
    """The last words of phrases, three or more, that are no phrase and mean one thing, with what they mean."""
    meant: dict[str, set[Command]] = {}
    for phrase, command in phrases.items():
        words = phrase.split()
        for first in range(1, len(words) - LEAST_LEFT + 1):
            meant.setdefault(" ".join(words[first:]), set()).add(command)
    return {
        end: command
        for end, commands in meant.items()
        if len(commands) == 1 and end not in phrases
        for command in commands - TO_BE_CLEAR
    }


def _is_in(phrase: str | None, own_words: str) -> bool:
    return (
        phrase is not None
        and bool(own_words)
        and f" {phrase} " in f" {' '.join(_WORD.findall(own_words.lower()))} "
    )
