"""Drawing: which signals are heard how often in training, and how batches are made of them.

Two things matter more than the rest. Human speech is scarce and nine words make up most of it, so frequent words are drawn less
often each and human clips are drawn far more often than their hours. And every drawing is degraded anew, so that no signal is ever
heard twice alike.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recipe import vocabulary
from recipe.augmentation import NoiseBank, change_speed, degrade
from recipe.corpora import Collection
from recipe.features import SHIFT, log_mel
from recipe.network import STRIDE
from recipe.settings import SAMPLE_RATE

Signal = npt.NDArray[np.float32]

HUMAN_SHARE = 0.55
"""Of the utterances drawn, where there is a human corpus at all."""
SENTENCE_WEIGHT = 0.12
SENTENCES = 4
"""Words; a text of so many is talk, no command."""
TALK_SHARE = 1 / 3
"""Of the human clips drawn, at most: a corpus of thousands of sentences would leave little time for commands."""
SILENT_SHARE = 0.07
"""Utterances of noise alone, transcribed as silence: what noise must not become is a word."""
OVER_VOICE_SHARE = 0.2
"""Words said over the coach's own voice, where that stage was passed through."""
COMMAND_WEIGHT = 4.0
LONGEST = 11.0
"""Seconds; longer signals are not drawn."""


@dataclass(frozen=True)
class Drawn:
    """One degraded utterance."""

    features: npt.NDArray[np.float32]
    text: str


def _weight(text: str, count: int, commands: frozenset[str]) -> float:
    """How often to draw a human clip. A word said two hundred times is drawn about five times as often as one said eight times,
    not twenty-five times; a sentence by its length, but there are few of them, and they are not to be learnt by heart. What the coach
    listens for is drawn more often, and more evenly: "seven", said forty times, two thirds as often as "right", said 280 times."""
    if text in commands:
        return float(COMMAND_WEIGHT * count**-0.75)
    words = len(text.split())
    return float((1.0 if words < SENTENCES else SENTENCE_WEIGHT) * words**0.7 * count**-0.5)


class Drawer:
    """Draws utterances and degrades them."""

    def __init__(self, synthetic: Collection, human: Collection | None, over_voice: Collection | None, seed: int) -> None:
        """Makes the bank of noises and the weights of the human clips."""
        self._random = np.random.default_rng(seed)
        self._noises = NoiseBank(self._random)
        self._synthetic, self._human, self._over_voice = synthetic, human, over_voice
        if human:
            counts, commands = Counter(human.texts), frozenset(vocabulary.phrases())
            weights = np.array([_weight(text, counts[text], commands) for text in human.texts])
            talk = np.array([len(text.split()) >= SENTENCES for text in human.texts])
            if talk.any() and not talk.all():
                most = weights[~talk].sum() * TALK_SHARE / (1 - TALK_SHARE)
                weights[talk] *= min(1.0, most / weights[talk].sum())
            self._weights = weights / weights.sum()

    def _raw(self, collection: Collection, index: int) -> Signal:
        signal: Signal = collection.signal(index).astype(np.float32)
        scaled: Signal = signal / np.abs(signal).max(initial=1.0)
        return scaled

    def _clip(self) -> tuple[Signal, str, bool]:
        """One signal, its text, and whether a person spoke it."""
        random = self._random
        while True:
            if self._human and random.random() < HUMAN_SHARE:
                index = int(random.choice(len(self._weights), p=self._weights))
                signal, text, human = self._raw(self._human, index), self._human.texts[index], True
            else:
                index = int(random.integers(len(self._synthetic)))
                signal, text, human = self._raw(self._synthetic, index), self._synthetic.texts[index], False
            if len(signal) < LONGEST * SAMPLE_RATE:
                return signal, text, human

    def _margin(self) -> Signal:
        """What comes before and after: a moment, or so long that noise is heard alone, which must then be silence to the ears."""
        return self._gap(0.35 if self._random.random() < 0.65 else 1.4)

    def _gap(self, longest: float) -> Signal:
        return np.zeros(int(self._random.uniform(0, longest) * SAMPLE_RATE), np.float32)

    def _babble(self, length: int) -> Signal:
        """One to five other people talking."""
        total = np.zeros(length, np.float32)
        for _ in range(int(self._random.integers(1, 6))):
            signal, _, _ = self._clip()
            total += np.resize(np.roll(signal, int(self._random.integers(len(signal)))), length) * self._random.uniform(0.3, 1)
        return total

    def calm(self) -> Drawn:
        """One signal nearly as it is: only its level varies, over a faint noise."""
        random = self._random
        signal, text, _ = self._clip()
        level, floor = 32767 * 10 ** random.uniform(-1.2, 0), 10 ** random.uniform(0, 1.5)
        noisy = signal * level + random.standard_normal(len(signal)) * floor
        return Drawn(log_mel(noisy.astype(np.float32), random.uniform(0.9, 1.1)), text)

    def _over_the_coach(self, collection: Collection) -> Drawn:
        """A signal from over the coach's voice, hardly degraded further: it has been through a room and a canceller already."""
        random = self._random
        index = int(random.integers(len(collection)))
        signal = change_speed(collection.signal(index).astype(np.float32), random, 1) * np.float32(10 ** random.uniform(-0.4, 0.6))
        noisy = np.clip(np.round(signal + random.standard_normal(len(signal)) * 10 ** random.uniform(-1, 1)), -32768, 32767)
        tract = int(np.clip(random.normal(100, 4), 88, 112)) // 2 * 2
        return Drawn(log_mel(noisy.astype(np.float32), random.uniform(0.9, 1.12), tract), collection.texts[index])

    def draw(self, strength: float = 1.0) -> Drawn:
        """One utterance: noise alone, or one to four signals in a row with gaps, everything degraded; with probability
        1 - strength a calm one."""
        random = self._random
        if random.random() >= strength:
            return self.calm()
        if self._over_voice and random.random() < OVER_VOICE_SHARE:
            return self._over_the_coach(self._over_voice)
        if random.random() < SILENT_SHARE:
            length = int(random.uniform(0.6, 3) * SAMPLE_RATE)
            kind = random.random()
            signal = np.zeros(length, np.float32) if kind < 0.08 else self._noises.draw(length, random)
            if kind >= 0.08:
                signal = np.round(signal / np.abs(signal).max(initial=1e-9) * 10 ** random.uniform(0.3, 4.4)).astype(np.float32)
            return Drawn(log_mel(signal), "")
        signal, text, human = self._clip()
        parts, texts = [self._margin(), change_speed(signal, random, 2)], [text]
        if len(text.split()) == 1 and random.random() < 0.4:
            for _ in range(int(random.integers(1, 4))):
                signal, text, human = self._clip()
                if len(text.split()) > 3:
                    break
                parts += [self._gap(0.3), change_speed(signal, random, 2) * np.float32(10 ** random.uniform(-0.3, 0.3))]
                texts.append(text)
        signal = np.concatenate([*parts, self._margin()])
        signal = degrade(signal, random, self._noises, self._babble)
        if random.random() < 0.1:  # files and gates end in digital silence
            signal = np.concatenate([self._gap(0.3), signal, self._gap(0.5)])
        tempo = random.uniform(0.85, 1.2)
        tract = int(np.clip(random.normal(100, 6 if human else 8), 82, 120)) // 2 * 2
        return Drawn(log_mel(signal, tempo, tract), " ".join(texts))


@dataclass(frozen=True)
class Example:
    """One batch, as it travels between processes."""

    features: npt.NDArray[np.float16]
    """(utterances, frames, 40)."""
    frames: npt.NDArray[np.int64]
    texts: list[str]


def batches(drawer: Drawer, seconds: float, strength: float = 1.0, pooled: int = 10) -> list[Example]:
    """A handful of batches of about `seconds` each, every one of utterances of similar length."""
    drawn: list[Drawn] = []
    total = 0
    while total < pooled * seconds * SAMPLE_RATE / SHIFT:
        one = drawer.draw(strength)
        # an utterance needs an output frame for each phone; ask for a third more, and for some features at all
        if len(one.features) > 30 and len(one.features) / STRIDE > 1.2 * len(one.text.replace(" ", "")) * 0.8:
            drawn.append(one)
            total += len(one.features)
    drawn.sort(key=lambda one: len(one.features))
    made, group = [], list[Drawn]()
    for one in drawn:
        group.append(one)
        if len(group) * len(one.features) > seconds * SAMPLE_RATE / SHIFT:
            made.append(_example(group))
            group = []
    return made


def _example(group: list[Drawn]) -> Example:
    """Pads utterances to one length by repeating their last frame."""
    longest = max(len(one.features) for one in group)
    features = [np.pad(one.features, ((0, longest - len(one.features)), (0, 0)), "edge") for one in group]
    return Example(np.stack(features).astype(np.float16), np.array([len(one.features) for one in group]), [one.text for one in group])
