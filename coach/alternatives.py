"""What a recogniser may have heard: all that it thinks possible, and how likely each of it is."""

import json
import math
from dataclasses import dataclass
from typing import Any

ALTERNATIVES = 12
"""So many are asked for; utterances with more within Vosk's beam are rare, and unlikely to be commands."""


@dataclass(frozen=True)
class Understood:
    """A final result.

    Attributes:
        text: the likeliest words, single spaces; none where nothing was said.
        words: each of them with its ``start`` and ``end`` in seconds, as Vosk tells them.
        alternatives: all words that may have been said, with how likely it was these and no others, 0 to 1; the
            likeliest come first.
    """

    text: str
    words: list[dict[str, Any]]
    alternatives: list[tuple[str, float]]

    @property
    def confidence(self) -> float:
        """How likely the least certain of the likeliest words was said: in all alternatives that have it."""
        held = [(text.split(), share) for text, share in self.alternatives]
        return min((sum(share for said, share in held if word in said) for word in self.text.split()), default=0.0)


def understood(result: str) -> Understood:
    """Read a final result of a Vosk recogniser that was asked for alternatives.

    Vosk tells the logarithm of each one's likelihood.
    """
    found = json.loads(result).get("alternatives") or [{"text": "", "confidence": 0.0}]
    weights = [math.exp(one["confidence"] - found[0]["confidence"]) for one in found]
    texts = [" ".join(one["text"].split()) for one in found]
    total = sum(weights)
    shares = [weight / total for weight in weights]
    return Understood(texts[0], found[0].get("result", []), list(zip(texts, shares, strict=True)))


def in_a_row(results: list[Understood]) -> Understood:
    """What was said in several utterances, one after another."""
    whole = Understood("", [], [("", 1.0)])
    for result in results:
        both = [
            (f"{before} {text}".strip(), sure * share)
            for before, sure in whole.alternatives
            for text, share in result.alternatives
        ]
        likeliest = sorted(both, key=lambda one: one[1], reverse=True)[:ALTERNATIVES]  # else they multiply
        whole = Understood(f"{whole.text} {result.text}".strip(), whole.words + result.words, likeliest)
    return whole
