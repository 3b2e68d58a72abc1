"""Training the network: the descent, by several processes as one.

Each process draws batches of its own, made by a process beside it, and computes a gradient; all take the step of the gradients' mean. So
two cores do twice the work of one, and every process has the same network at any time.
"""

from __future__ import annotations

import copy
import math
import multiprocessing
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np
import torch

from recipe.corpora import Collection, read_collection
from recipe.drawing import Drawer, Example, batches
from recipe.features import BANDS
from recipe.legs import follow, grown, load, save
from recipe.mmi import Batch, Chains, expectations, pad
from recipe.network import STRIDE, Network
from recipe.settings import Scale
from recipe.shipped import read_network

LEARNING_RATE, RESUMED_RATE = 1.8e-3, 1.0e-3
LOGIT_DECAY = 2e-4
"""Weight of the squared scores in the objective; keeps lattice-free MMI from growing them without end."""
DROPOUT = 0.08
AVERAGING = 0.996
"""The network that is kept is a running average of the one that is trained, over about 250 batches: steadier at no cost."""
CALM, ROUGH = 0.05, 0.22
"""Parts of the training after which degradation begins and has reached its full strength. Under full strength from the start the flat
start finds vowels and silence and then no way further; with calm signals it finds the phones within a few hundred batches."""
YIELDING = 10
"""How much the processes that make batches yield to those that descend, as `nice` counts. With it, on as many cores as processes descend,
a batch is drawn two or three times; each time other bands and moments of it are hidden."""
STUCK = 300.0
"""Seconds without a step after which the other processes are taken for dead."""


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


def _drawer(folder: Path, seed: int) -> Drawer:
    def stored(name: str) -> Collection | None:
        return read_collection(folder / name) if (folder / name).with_suffix(".npy").exists() else None

    return Drawer(read_collection(folder / "synthetic"), stored("human"), stored("over_voice"), seed)


def _produce(folder: Path, scale: Scale, seed: int, queue: Queue[Example], rough: bool) -> None:
    """A process of its own: makes batches for ever, rougher by the minute."""
    os.nice(YIELDING)  # the descent comes first; old batches are drawn again while new ones are missing
    torch.set_num_threads(1)
    drawer = _drawer(folder, seed)
    order = np.random.default_rng(seed)
    started = time.monotonic()
    while True:
        done = (time.monotonic() - started) / 60 / scale.minutes
        made = batches(drawer, scale.batch_seconds, 1.0 if rough else min(1.0, max(0.0, (done - CALM) / (ROUGH - CALM))))
        for i in order.permutation(len(made)):
            queue.put(made[int(i)])


@dataclass(frozen=True)
class _Together:
    """What the processes share: everybody's gradient, the first one's clock, and a place to wait for each other."""

    gradients: torch.Tensor
    """(processes, numbers of the network)."""
    elapsed: torch.Tensor
    """One number: the part of the training that is over."""
    barrier: Barrier

    def share(self, number: int, network: Network, elapsed: float) -> float:
        """Replaces the gradients of process `number` by the mean of all; returns how much of the training is over, the same to all."""
        mine = [p.grad for p in network.parameters() if p.grad is not None]
        if number == 0:
            self.elapsed.fill_(elapsed)
        self.gradients[number] = torch.cat([gradient.flatten() for gradient in mine])
        self.barrier.wait(STUCK)
        over, mean = float(self.elapsed), self.gradients.mean(dim=0)
        self.barrier.wait(STUCK)  # nobody writes before everybody has read
        for gradient, values in zip(mine, torch.split(mean, [gradient.numel() for gradient in mine]), strict=True):
            gradient.copy_(values.view_as(gradient))
        return over


def _beginning(folder: Path, model: Path, scale: Scale, resume: bool, drawn: Iterable[Example]) -> Network:
    """The network to begin with: a new one, that of the earlier leg, or, where that is gone, the one the finished model holds."""
    features = [torch.from_numpy(example.features).float() for example in drawn]
    if not resume:
        network = Network(scale.width, scale.bottleneck)
        everything = torch.cat([batch.flatten(0, 1) for batch in features])
        network.mean.copy_(everything.mean(dim=0))
        network.deviation.copy_(everything.std(dim=0))
        return network
    kept = folder / "network.pt"
    if kept.exists():
        return grown(load(kept), scale.width, scale.bottleneck)
    print(f"{kept} is not there: going on from {model}", flush=True)
    return grown(read_network(model, features), scale.width, scale.bottleneck)


def train(folder: Path, model: Path, scale: Scale, seed: int, resume: bool, processes: int) -> None:
    """Trains a network on folder/synthetic and folder/human; keeps folder/network.pt up to date.

    `resume` goes on from the network in folder/network.pt or, where there is none, from the one in `model`, made larger if it is smaller
    than `scale` says, at a lower learning rate and without the gentle beginning.
    """
    torch.set_num_threads(1)  # one thread a process: that is where the cores are
    torch.manual_seed(seed)
    drawn = batches(_drawer(folder, seed), scale.batch_seconds, strength=1.0 if resume else 0.0)
    network = _beginning(folder, model, scale, resume, drawn)
    context = multiprocessing.get_context("spawn")
    numbers = sum(parameter.numel() for parameter in network.parameters())
    together = _Together(torch.zeros(processes, numbers), torch.zeros(1, dtype=torch.double), context.Barrier(processes))
    for shared in (together.gradients, together.elapsed):
        shared.share_memory_()  # type: ignore[no-untyped-call]
    task = (folder, scale, seed, resume, network, together)
    others = [context.Process(target=_descend, args=(number, *task)) for number in range(1, processes)]
    for other in others:
        other.start()
    _descend(0, *task)
    for other in others:
        other.join()


def _descend(number: int, folder: Path, scale: Scale, seed: int, resume: bool, begun: Network, together: _Together) -> None:
    """One of the processes that descend together; the first one keeps the network."""
    torch.set_num_threads(1)
    torch.manual_seed(seed + 10 * number)
    random = np.random.default_rng(seed + 10 * number)
    context = multiprocessing.get_context("spawn")
    queue: Queue[Example] = context.Queue(maxsize=12)
    producer = context.Process(target=_produce, args=(folder, scale, seed + 10 * number + 1, queue, resume), daemon=True)
    producer.start()
    reservoir = [queue.get() for _ in range(min(12, scale.reservoir))]

    network, average = copy.deepcopy(begun), copy.deepcopy(begun)
    decayed = [p for p in network.parameters() if p.ndim > 1]
    rest = [p for p in network.parameters() if p.ndim == 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 2e-3}, {"params": rest, "weight_decay": 0.0}], lr=0)
    objective = Objective()
    started = time.monotonic()
    smooth, step, over = 0.0, 0, 0.0
    while over < 1:
        while not queue.empty():
            if len(reservoir) >= scale.reservoir:  # the oldest makes room
                reservoir.pop(0)
            reservoir.append(queue.get())
        example = reservoir[int(random.integers(len(reservoir)))]
        network.train()
        scores = network(mask(torch.from_numpy(example.features).float(), random), DROPOUT * min(1.0, over * 5))
        flat = not resume and step < scale.flat_start_batches
        with torch.no_grad():
            loss, gradient = objective.gradient(scores, torch.from_numpy(example.frames), example.texts, flat)
        optimiser.zero_grad()
        scores.backward(gradient)
        over = together.share(number, network, (time.monotonic() - started) / 60 / scale.minutes)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 3.0)
        rate = (RESUMED_RATE if resume else LEARNING_RATE) * min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * min(over, 1.0)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.step()
        smooth = loss if step in (0, scale.flat_start_batches) else 0.98 * smooth + 0.02 * loss
        step += 1
        if number:
            continue
        follow(average, network, min(AVERAGING, step / (step + 50)))
        if step % 200 == 0:
            print(f"batch {step}  {over:4.0%}  loss {smooth:.4f}  reservoir {len(reservoir)}", flush=True)
            save(average, folder / "network.pt")
    producer.kill()
    if number == 0:
        save(average, folder / "network.pt")
