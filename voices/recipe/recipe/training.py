"""Training the network: which signals are drawn how often, how batches are made in a second process, and the descent itself.

Two things matter more than the rest. Human speech is scarce and nine words make up most of it, so frequent words are drawn less
often each and human clips are drawn far more often than their hours. And every drawing is degraded anew, so that no signal is ever
heard twice alike.
"""

from __future__ import annotations

import copy
import math
import multiprocessing
import os
import time
from collections import Counter
from dataclasses import dataclass
from multiprocessing.queues import Queue
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from recipe import vocabulary
from recipe.augmentation import NoiseBank, change_speed, degrade
from recipe.corpora import Collection, read_collection
from recipe.features import BANDS, SHIFT, log_mel
from recipe.mmi import Batch, Chains, expectations, pad
from recipe.network import LAYERS, STRIDE, Network
from recipe.settings import SAMPLE_RATE, Scale

Signal = npt.NDArray[np.float32]

HUMAN_SHARE = 0.55
"""Of the utterances drawn, where there is a human corpus at all."""
SENTENCE_WEIGHT = 0.12
SILENT_SHARE = 0.05
"""Utterances of noise alone, transcribed as silence: what noise must not become is a word."""
OVER_VOICE_SHARE = 0.2
"""Words said over the coach's own voice, where that stage was passed through."""
COMMAND_WEIGHT = 4.0
LEARNING_RATE, RESUMED_RATE = 1.8e-3, 1.0e-3
LOGIT_DECAY = 2e-4
"""Weight of the squared scores in the objective; keeps lattice-free MMI from growing them without end."""
DROPOUT = 0.05
AVERAGING = 0.996
"""The network that is kept is a running average of the one that is trained, over about 250 batches: steadier at no cost."""
CALM, ROUGH = 0.05, 0.22
"""Parts of the training after which degradation begins and has reached its full strength. Under full strength from the start the flat
start finds vowels and silence and then no way further; with calm signals it finds the phones within a few hundred batches."""
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
    return float((1.0 if words < 4 else SENTENCE_WEIGHT) * words**0.7 * count**-0.5)


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
        return self._gap(0.35 if self._random.random() < 0.75 else 1.2)

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


def _stored(path: Path) -> Collection | None:
    return read_collection(path) if path.with_suffix(".npy").exists() else None


def _produce(folder: Path, scale: Scale, seed: int, queue: Queue[Example], rough: bool) -> None:
    """The second process: makes batches for ever, rougher by the minute."""
    os.nice(10)  # the descent comes first; old batches are drawn again while new ones are missing
    drawer = Drawer(read_collection(folder / "synthetic"), _stored(folder / "human"), _stored(folder / "over_voice"), seed)
    order = np.random.default_rng(seed)
    started = time.monotonic()
    while True:
        done = (time.monotonic() - started) / 60 / scale.minutes
        made = batches(drawer, scale.batch_seconds, 1.0 if rough else min(1.0, max(0.0, (done - CALM) / (ROUGH - CALM))))
        for i in order.permutation(len(made)):
            queue.put(made[int(i)])


def mask(features: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
    """SpecAugment (Park et al., 2019): hides a few bands and moments of each utterance behind its mean. Times are kept short, 80 ms
    at most, because a command's last phone may be no longer."""
    features = features.clone()
    for utterance in features:
        mean = utterance.mean(dim=0)
        for _ in range(2):
            if random.random() < 0.3:
                width, at = int(random.integers(1, 8)), int(random.integers(BANDS - 8))
                utterance[:, at : at + width] = mean[at : at + width]
        if random.random() < 0.3:
            width, at = int(random.integers(1, 9)), int(random.integers(max(1, len(utterance) - 9)))
            utterance[at : at + width] = mean
    return features


class Objective:
    """The gradient of lattice-free MMI, and of the flat start before it."""

    def __init__(self) -> None:
        """Builds the denominator once; it is the same for all."""
        self._chains = Chains()
        self._denominator: Batch = pad([self._chains.denominator()])

    def gradient(self, scores: torch.Tensor, frames: torch.Tensor, texts: list[str], flat: bool) -> tuple[float, torch.Tensor]:
        """Loss for each output frame, and the gradient of the loss with respect to the scores.

        Flat start: the texts' summed probability under scores normalised at each frame. Then: texts against the phone bigram.
        """
        lengths = (frames + STRIDE - 1) // STRIDE
        alive = torch.arange(scores.shape[1])[None, :] < lengths[:, None]
        numerator = pad([self._chains.numerator(text) for text in texts])
        if flat:
            normal = scores.log_softmax(dim=2)
            said, use = expectations(normal, lengths, numerator)
            possible, other = torch.zeros_like(said), normal.exp() * alive[..., None]
        else:
            said, use = expectations(scores, lengths, numerator)
            possible, other = expectations(scores, lengths, self._denominator)
        usable = torch.isfinite(said)
        total = lengths.sum()
        loss = float((possible - said)[usable].sum() / total)
        gradient = (other - use + LOGIT_DECAY * scores * alive[..., None]) * usable[:, None, None] / total
        return loss, gradient


def train(folder: Path, scale: Scale, seed: int, resume: bool = False) -> Network:
    """Trains a network on folder/synthetic and folder/human; keeps folder/network.pt up to date; returns the finished one.

    `resume` goes on from the network in folder/network.pt, made larger if it is smaller than `scale` says, at a lower learning rate and
    without the gentle beginning.
    """
    torch.set_num_threads(1)  # one thread a process: the second core makes batches
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    context = multiprocessing.get_context("spawn")
    queue: Queue[Example] = context.Queue(maxsize=12)
    producer = context.Process(target=_produce, args=(folder, scale, seed + 1, queue, resume), daemon=True)
    producer.start()

    reservoir = [queue.get() for _ in range(min(12, scale.reservoir))]
    if resume:
        network = grown(load(folder / "network.pt"), scale.bottleneck)
    else:
        network = Network(scale.width, scale.bottleneck)
        everything = np.concatenate([e.features.reshape(-1, BANDS) for e in reservoir]).astype(np.float32)
        network.mean.copy_(torch.from_numpy(everything.mean(axis=0)))
        network.deviation.copy_(torch.from_numpy(everything.std(axis=0)))
    average = copy.deepcopy(network)
    decayed = [p for p in network.parameters() if p.ndim > 1]
    rest = [p for p in network.parameters() if p.ndim == 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 2e-3}, {"params": rest, "weight_decay": 0.0}], lr=0)
    objective = Objective()
    started = time.monotonic()
    smooth, step = 0.0, 0
    while True:
        elapsed = (time.monotonic() - started) / 60 / scale.minutes
        if elapsed >= 1:
            break
        while not queue.empty():
            if len(reservoir) >= scale.reservoir:  # the oldest makes room
                reservoir.pop(0)
            reservoir.append(queue.get())
        example = reservoir[int(random.integers(len(reservoir)))]
        rate = (RESUMED_RATE if resume else LEARNING_RATE) * min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * elapsed))
        for group in optimiser.param_groups:
            group["lr"] = rate
        network.train()
        scores = network(mask(torch.from_numpy(example.features).float(), random), DROPOUT * min(1.0, elapsed * 5))
        flat = not resume and step < scale.flat_start_batches
        with torch.no_grad():
            loss, gradient = objective.gradient(scores, torch.from_numpy(example.frames), example.texts, flat)
        optimiser.zero_grad()
        scores.backward(gradient)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 3.0)
        optimiser.step()
        follow(average, network, min(AVERAGING, step / (step + 50)))
        smooth = loss if step in (0, scale.flat_start_batches) else 0.98 * smooth + 0.02 * loss
        step += 1
        if step % 200 == 0:
            print(f"batch {step}  {elapsed:4.0%}  loss {smooth:.4f}  reservoir {len(reservoir)}", flush=True)
        if step % 200 == 0:
            save(average, folder / "network.pt")
    producer.kill()
    save(average, folder / "network.pt")
    return average


@torch.no_grad()
def follow(average: Network, network: Network, keep: float) -> None:
    """Moves every number of the average a little towards the network's."""
    for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - keep)


@torch.no_grad()
def mean(later: Network, earlier: Network, share: float) -> Network:
    """The network halfway, or `share` of the way, from an earlier leg to a later one that went on from it. Two legs of one training
    lie in one valley, and between them is often better ground than at either end (Izmailov et al., "Averaging weights leads to wider
    optima and better generalization", 2018)."""
    between = copy.deepcopy(earlier)
    follow(between, later, 1 - share)
    return between


@torch.no_grad()
def grown(smaller: Network, bottleneck: int) -> Network:
    """A network with wider bottlenecks, and with the frames that `LAYERS` says, which hears exactly what the smaller one hears: what is new
    in a layer is not listened to yet. Training goes on from there. (Chen, Goodfellow and Shlens, "Net2Net", 2016.)"""
    larger = Network(smaller.width, bottleneck)
    new, old = larger.state_dict(), smaller.state_dict()
    for name, value in old.items():
        if new[name].shape == value.shape:
            new[name].copy_(value)
    for number, (now, before) in enumerate(zip(LAYERS, smaller.offsets, strict=True)):
        spliced, was = new[f"layers.{number}.spliced.weight"], old[f"layers.{number}.spliced.weight"]
        rows, channels = len(was), was.shape[1] // len(before)
        spliced[:rows] = 0
        for i, offset in enumerate(before):
            at = now.index(offset) * channels
            spliced[:rows, at : at + channels] = was[:, i * channels : (i + 1) * channels]
        if number:
            expansion, was = new[f"layers.{number}.expansion.weight"], old[f"layers.{number}.expansion.weight"]
            expansion[:, :rows], expansion[:, rows:] = was, 0
    larger.load_state_dict(new)
    return larger


def save(network: Network, path: Path) -> None:
    """Writes a network with its size, whole or not at all."""
    temporary = path.with_suffix(".part")
    shape = {"width": network.width, "bottleneck": network.bottleneck, "offsets": network.offsets}
    torch.save({**shape, "state": network.state_dict()}, temporary)
    temporary.replace(path)


def load(path: Path) -> Network:
    """Reads what `save` wrote."""
    stored = torch.load(path, weights_only=True)
    network = Network(stored["width"], stored["bottleneck"], stored["offsets"])
    network.load_state_dict(stored["state"])
    return network.eval()
