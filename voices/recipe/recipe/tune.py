"""Chooses the two penalties of `[unk]`: few commands missed, little other speech taken for one.

Listens to human speech that never trained the network: rows of the training corpus with dev_speaker=yes. Their speakers also speak in
the examination, other sentences and other takes; two numbers learn little from that, but the card says so. Where there is no such
corpus, the defaults stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from recipe import vocabulary
from recipe.corpora import Collection
from recipe.decoding import Ears
from recipe.graph import Penalties, write_graph
from recipe.settings import SAMPLE_RATE

GRID = tuple(Penalties(entry, phone, 0.4) for entry, phone in ((0.5, 0.6), (1.0, 0.6), (1.0, 0.8), (1.5, 0.9), (2.0, 0.6), (2.0, 0.8)))
"""What is tried, from strict to lenient. Much cheaper unknown speech makes lattices explode."""
MOST_PER_TEXT = 10
"""Signals of one text listened to; a few words have hundreds."""
MOST_OTHERS = 160
REJECTED = 0.95
"""Share of other speech to be rejected; each percent less must bring two percent of commands."""


def sample(collection: Collection) -> Iterator[tuple[int, bool]]:
    """Signals to listen to: their numbers, and whether they say a phrase. Other speech holds no word that alone is a phrase."""
    phrases = set(vocabulary.phrases())
    seen: Counter[str] = Counter()
    others = 0
    for i in np.random.default_rng(5).permutation(len(collection)).tolist():
        text = collection.texts[i]
        if len(collection.signal(i)) > 8 * SAMPLE_RATE:
            continue
        if text in phrases:
            seen[text] += 1
            if seen[text] <= MOST_PER_TEXT:
                yield i, True
        elif not set(text.split()) & phrases and others < MOST_OTHERS:
            others += 1
            yield i, False


def measure(model: Path, collection: Collection, chosen: list[tuple[int, bool]]) -> tuple[float, float, float, Counter[str]]:
    """Shares of commands right, of commands taken for others, of other speech rejected; and what went wrong how often."""
    listener = Ears(model).listener(vocabulary.phrases())
    right = wrong = rejected = commands = 0
    errors: Counter[str] = Counter()
    for i, is_command in chosen:
        got = [h.phrase for h in listener.listen(collection.signal(i))]
        if is_command:
            commands += 1
            right += got == [collection.texts[i]]
            wrong += bool(got) and got != [collection.texts[i]]
            if got != [collection.texts[i]]:
                errors[f"{collection.texts[i]} -> {' + '.join(got) or '-'}"] += 1
        else:
            rejected += not got
            errors.update(f"[{collection.texts[i][:30]}] -> {phrase}" for phrase in got)
    return right / max(1, commands), wrong / max(1, commands), rejected / max(1, len(chosen) - commands), errors


def tune(model: Path, collection: Collection, grid: tuple[Penalties, ...] = GRID) -> Penalties:
    """Tries the grid and leaves the best penalties in the model's graph."""
    chosen = list(sample(collection))
    words = vocabulary.words()
    best, best_value = Penalties(), -1.0
    for penalties in grid:
        write_graph(model, words, penalties)
        right, wrong, rejected, _ = measure(model, collection, chosen)
        print(f"{penalties}: right {right:.1%}, wrong {wrong:.1%}, other speech rejected {rejected:.1%}", flush=True)
        value = right - wrong - 2 * max(0.0, REJECTED - rejected)
        if value > best_value:
            best, best_value = penalties, value
    write_graph(model, words, best)
    return best
