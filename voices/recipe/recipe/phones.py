"""The phones of the model as Kaldi numbers them: each in four positions of a word, each with two transitions.

Positions (begin, internal, end, singleton) tell the run-time library where words start and end; all four share the two outputs of
the base phone. Numbers begin at 1: silence, then the speech phones in the lexicon's order, four each. Phone p stays on
transition-id 2p - 1 and is entered on transition-id 2p.
"""

from __future__ import annotations

from collections.abc import Iterator

from recipe.kaldi import lines_of
from recipe.lexicon import PHONES, SILENCE, Pronunciation

POSITIONS = ("begin", "internal", "end", "singleton")
COUNT = 1 + 4 * (len(PHONES) - 1)
"""Positioned phones, silence among them."""


def positioned(phone: int, position: str) -> int:
    """The number of a base phone in a position; silence has one for all."""
    return 1 if phone == SILENCE else 2 + 4 * (phone - 1) + POSITIONS.index(position)


def base(number: int) -> int:
    """The base phone of a positioned phone."""
    return SILENCE if number == 1 else 1 + (number - 2) // 4


def in_word(phones: Pronunciation) -> Iterator[int]:
    """The positioned phones of a word."""
    last = len(phones) - 1
    for i, phone in enumerate(phones):
        yield positioned(phone, "singleton" if last == 0 else "begin" if i == 0 else "end" if i == last else "internal")


def entering(number: int) -> int:
    """The transition-id of a positioned phone's first frame."""
    return 2 * number


def staying(number: int) -> int:
    """The transition-id of its later frames."""
    return 2 * number - 1


def word_boundary() -> str:
    """The text of graph/phones/word_boundary.int."""
    kinds = ["nonword"] + [POSITIONS[(number - 2) % 4] for number in range(2, COUNT + 1)]
    return lines_of(f"{number} {kind}" for number, kind in enumerate(kinds, 1))
