"""Carriers: words that people put around a phrase and that change nothing of it, as in "please stop".

Hardly anybody speaks to a coach in bare commands. Without carriers "oh my back hurts" is unknown speech and one of
two words, and nothing happens. They stand in ``understands.toml`` like every word the coach understands.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from coach.session.routine import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriers:
    """Words around some phrases.

    Attributes:
        before: what is said before a phrase: "please", "can you".
        after: what is said after one: "please", "out of ten".
        phrases: around which it is said; a file that names none means every phrase but those that wake the coach.
    """

    before: tuple[Sentence, ...] = ()
    after: tuple[Sentence, ...] = ()
    phrases: tuple[Sentence, ...] = ()

    def around(self, phrases: Collection[str]) -> Iterator[str]:
        """Yield those of these phrases that it is said around, with each of its words."""
        for phrase in self.phrases:
            if phrase in phrases:
                yield from (f"{words} {phrase}" for words in self.before)
                yield from (f"{phrase} {words}" for words in self.after)


NO_CARRIERS: Sequence[Carriers] = ()


def by_words(carriers: Iterable[Carriers]) -> Mapping[str, frozenset[str]]:
    """Return the phrases that each carrier may be said around, before or after."""
    found: dict[str, frozenset[str]] = {}
    for some in carriers:
        for words in (*some.before, *some.after):
            found[words] = found.get(words, frozenset()) | frozenset(some.phrases)
    return found


def phrases_in(text: str, phrases: Collection[str], carriers: Mapping[str, frozenset[str]]) -> list[str]:
    """Cut a text into phrases, the longest first, and carriers around them.

    Args:
        text: what was said.
        phrases: what is listened for.
        carriers: see :func:`by_words`.

    Returns:
        The phrases in their order; none at all if anything is left over, or a carrier stands around a phrase it is
        not said around. A phrase that is a carrier, too ("okay"), is the carrier beside others.
    """
    words = text.split()
    found: list[str] = []
    around: list[frozenset[str]] = []
    while words:
        ahead = [" ".join(words[:count]) for count in range(len(words), 0, -1)]
        cut = next((it for it in ahead if it in phrases), None) or next(
            (it for it in ahead if it in carriers), None
        )
        if cut is None:
            return []
        if cut in phrases:
            found.append(cut)
        else:
            around.append(carriers[cut])
        words = words[len(cut.split()) :]
    meant = [phrase for phrase in found if phrase not in carriers] or found
    return meant if all(some.issuperset(meant) for some in around) else []
