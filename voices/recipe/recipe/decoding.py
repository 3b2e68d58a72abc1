"""Listening with a finished model, as the coach does: stock Vosk, a grammar of phrases, blocks of sound, partial and final results.

What counts as heard: a final result that is exactly a phrase of the grammar; for urgent phrases already a partial result that is
exactly the phrase and stays so. Anything else, above all anything with `[unk]` in it, is not heard. Words that sound the same are the
same: in a grammar with "two" and "too fast", the recogniser may write "too" for the number.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import vosk

from recipe.graph import words_of
from recipe.lexicon import Pronunciation, pronunciations
from recipe.settings import SAMPLE_RATE
from recipe.vocabulary import UNKNOWN

vosk.SetLogLevel(-1)

BLOCK = SAMPLE_RATE * 60 // 1000
"""Samples given to the recogniser at a time: 60 ms."""
AGREEING = 4
"""Partial results in a row that must equal an urgent phrase before it counts. New evidence comes every 120 ms (12 frames), so four
of them are two looks at the sound."""
LEAD, TAIL = 0.3, 1.2
"""Seconds of silence before and after a signal. The tail is longer than any endpoint rule, so every final result comes by itself."""

Signal = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Heard:
    """A phrase that counted."""

    phrase: str
    seconds: float
    """When, from the beginning of the signal (without the lead)."""
    final: bool


def by_sound(text: str) -> tuple[Pronunciation, ...]:
    """A text as its words sound, so that "too" equals "two"."""
    return tuple(pronunciations(word)[0] for word in text.split())


class Listener:
    """One model under one grammar."""

    def __init__(
        self, model: vosk.Model, known: set[str], phrases: Sequence[str], urgent: Sequence[str] = (), decoys: Sequence[str] = ()
    ) -> None:
        """Phrases with words the model lacks are left out and named in `missing`; a model would drop them silently."""
        self.phrases = {p for p in phrases if set(p.split()) <= known}
        self.missing = sorted(set(phrases) - self.phrases)
        self.urgent = self.phrases & set(urgent)
        grammar = [*sorted(self.phrases), *sorted(set(decoys) & known), UNKNOWN]
        self._by_sound = {by_sound(phrase): phrase for phrase in self.phrases}
        self._recogniser = vosk.KaldiRecognizer(model, SAMPLE_RATE, json.dumps(grammar))

    def _phrase(self, text: str) -> str:
        """The phrase a result says, or nothing."""
        if text in self.phrases or UNKNOWN in text:
            return text if text in self.phrases else ""
        return self._by_sound.get(by_sound(text), "")

    def listen(self, signal: Signal) -> list[Heard]:
        """Everything heard in a signal, in order."""
        recogniser = self._recogniser
        recogniser.Reset()
        padded = np.concatenate([np.zeros(int(LEAD * SAMPLE_RATE), np.int16), signal, np.zeros(int(TAIL * SAMPLE_RATE), np.int16)])
        found: list[Heard] = []
        last, agreed, acted = "", 0, ""
        for start in range(0, len(padded), BLOCK):
            now = min(start + BLOCK, len(padded)) / SAMPLE_RATE - LEAD
            if recogniser.AcceptWaveform(padded[start : start + BLOCK].tobytes()):
                text = self._phrase(json.loads(recogniser.Result())["text"])
                if text and text != acted:
                    found.append(Heard(text, now, final=True))
                last, agreed, acted = "", 0, ""
                continue
            text = self._phrase(json.loads(recogniser.PartialResult())["partial"])
            agreed = agreed + 1 if text == last else 1
            last = text
            if text in self.urgent and agreed >= AGREEING and text != acted:
                found.append(Heard(text, now, final=False))
                acted = text
        text = self._phrase(json.loads(recogniser.FinalResult())["text"])
        if text and text != acted:
            found.append(Heard(text, len(padded) / SAMPLE_RATE - LEAD, final=True))
        return found


class Ears:
    """A model directory, loaded."""

    def __init__(self, folder: Path) -> None:
        """Loads the model; raises where Vosk cannot."""
        self._model = vosk.Model(model_path=str(folder))
        self.words = set(words_of(folder))

    def listener(self, phrases: Sequence[str], urgent: Sequence[str] = (), decoys: Sequence[str] = ()) -> Listener:
        """Opens a grammar."""
        return Listener(self._model, self.words, phrases, urgent, decoys)
