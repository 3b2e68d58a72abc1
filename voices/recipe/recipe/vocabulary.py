"""The words: reads the lists in words/ and answers which phrases, decoys and sentences there are.

The lists are data, so that a word can be added without touching Python. This module knows their notation and nothing of sound.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from recipe.settings import HERE

UNKNOWN = "[unk]"
"""Vosk's name for speech outside the grammar; the run-time library knows it under exactly this spelling."""


@dataclass(frozen=True)
class Intent:
    """What a person may want, and the phrases that say so."""

    name: str
    phrases: tuple[str, ...]
    urgent: bool
    """Whether the coach acts on it before the person has finished speaking."""


def lines(path: Path) -> list[str]:
    """The lines of a text file that are neither empty nor comments."""
    stripped = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def intents() -> list[Intent]:
    """All intents of words/phrases.txt in their order."""
    found = []
    for line in lines(HERE / "words" / "phrases.txt"):
        name, _, rest = line.partition(":")
        phrases = tuple(phrase.strip() for phrase in rest.split("|"))
        found.append(Intent(name.lstrip("!"), phrases, name.startswith("!")))
    return found


def phrases(names: Iterable[str] | None = None) -> list[str]:
    """Every phrase once, of the named intents or of all, in the order of the list."""
    wanted = None if names is None else set(names)
    return list(dict.fromkeys(p for intent in intents() if wanted is None or intent.name in wanted for p in intent.phrases))


def decoys() -> list[str]:
    """Everyday words that are no commands, each once; a word of a one-word command is none."""
    commands = set(phrases())
    listed = " ".join(lines(HERE / "words" / "decoys.txt")).split()
    return [word for word in dict.fromkeys(listed) if word not in commands]


def sentences() -> list[str]:
    """Talk that is no command."""
    return lines(HERE / "words" / "sentences.txt")


def words(extra: Iterable[str] = ()) -> list[str]:
    """The words of the graph, sorted: of all phrases, all decoys, and the extra phrases or words given."""
    return sorted({word for text in [*phrases(), *decoys(), *extra] for word in text.lower().split()} - {UNKNOWN})
