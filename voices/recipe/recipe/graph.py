"""The words over the acoustic model: graph/ of a model directory. Made in a second, without training, whenever words change.

HCLr.fst spells every word in phones and offers `[unk]`: any sequence of phones. Words and
loop pay the same share of the phone bigram, so the penalties alone decide how much better a word must fit than the sounds themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recipe import phones
from recipe.kaldi import Automaton, lines_of
from recipe.lexicon import PHONES, SILENCE, pronunciations, read_bigram
from recipe.vocabulary import UNKNOWN


@dataclass(frozen=True)
class Penalties:
    """What speech outside the vocabulary costs, in natural logarithms. Tuned on held-out speech (stage `tune`), never on the
    examination. Higher: fewer commands are missed, and more other speech is taken for one."""

    entry: float = 1.0
    """Once for every stretch of unknown speech."""
    phone: float = 0.8
    """For every phone of it."""
    bigram: float = 0.4
    """Share of the phone bigram's cost that words and unknown speech both pay. With 1 whatever is spoken must outweigh what its
    phones cost against silence, which costs nothing: most misses are silences then. With 0 any phones are as good as any others."""


def lexicon_graph(words: Sequence[str], penalties: Penalties) -> Automaton:
    """HCLr: transition-ids in, words out. Word n of the list has number n + 1; `[unk]` comes after the last."""
    cost = read_bigram() * penalties.bigram
    graph = Automaton()
    start = graph.state()
    ready = graph.state(final=0.0)
    graph.arc(start, ready)
    quiet = graph.state()  # silence: entered from the start, left to `ready`
    graph.arc(start, quiet, phones.entering(1))
    graph.arc(quiet, quiet, phones.staying(1))
    graph.arc(quiet, ready)
    for number, word in enumerate(words, 1):
        for variant in pronunciations(word):
            at, before = ready, SILENCE
            for phone, positioned in zip(variant, phones.in_word(variant), strict=True):
                after = graph.state()
                graph.arc(at, after, phones.entering(positioned), number if at == ready else 0, float(cost[before, phone]))
                graph.arc(after, after, phones.staying(positioned))
                at, before = after, phone
            graph.arc(at, start, weight=float(cost[before, SILENCE]))
    _add_unknown(graph, start, ready, len(words) + 1, penalties)
    return graph


def _add_unknown(graph: Automaton, start: int, ready: int, label: int, penalties: Penalties) -> None:
    """Adds `[unk]` between two states: a loop over all phones, its first, inner and last phone in the position of a word's, because
    the run-time library finds the bounds of words by these positions."""
    cost = read_bigram() * penalties.bigram
    speech = range(1, len(PHONES))

    def states(position: str) -> dict[int, int]:
        made = {phone: graph.state() for phone in speech}
        for phone, state in made.items():
            graph.arc(state, state, phones.staying(phones.positioned(phone, position)))
        return made

    single, first, inner, last = (states(position) for position in ("singleton", "begin", "internal", "end"))
    for phone in speech:
        for position, goal in (("singleton", single[phone]), ("begin", first[phone])):
            graph.arc(
                ready,
                goal,
                phones.entering(phones.positioned(phone, position)),
                label,
                float(cost[SILENCE, phone]) + penalties.entry + penalties.phone,
            )
        for source in (first[phone], inner[phone]):
            for following in speech:
                weight = float(cost[phone, following]) + penalties.phone
                if math.isfinite(weight):
                    graph.arc(source, inner[following], phones.entering(phones.positioned(following, "internal")), 0, weight)
                    graph.arc(source, last[following], phones.entering(phones.positioned(following, "end")), 0, weight)
        for source in (single[phone], last[phone]):
            graph.arc(source, start, weight=float(cost[phone, SILENCE]))


def write_graph(model: Path, words: Sequence[str], penalties: Penalties) -> None:
    """Writes graph/ of a model directory for these words; nothing of it where one has no pronunciation."""
    lexicon = lexicon_graph(words, penalties)
    folder = model / "graph"
    (folder / "phones").mkdir(parents=True, exist_ok=True)
    names = [*words, UNKNOWN]
    (folder / "words.txt").write_text(lines_of(f"{name} {i}" for i, name in enumerate(["<eps>", *names])), encoding="utf-8")
    (folder / "phones" / "word_boundary.int").write_text(phones.word_boundary())
    (folder / "disambig_tid.int").write_text(f"{2 * phones.COUNT + 1}\n")  # none is used, but the file must exist
    lexicon.write(folder / "HCLr.fst", sort_by_output=True)
    grammar = Automaton()  # any word after any other: used only where no grammar is given at run time
    only = grammar.state(final=0.0)
    for number in range(1, len(names) + 1):
        grammar.arc(only, only, number, number, math.log(len(names)))
    grammar.write(folder / "Gr.fst", sort_by_output=False)


def words_of(model: Path) -> list[str]:
    """The words of a model's graph, without epsilon and `[unk]`."""
    listed = (model / "graph" / "words.txt").read_text(encoding="utf-8").split("\n")
    return [line.split()[0] for line in listed if line and line.split()[0] not in ("<eps>", UNKNOWN)]
