"""Networks between the legs of a training: kept in files, averaged, made larger."""

from __future__ import annotations

import copy
from pathlib import Path

import torch

from recipe.network import LAYERS, Network


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
def grown(smaller: Network, width: int, bottleneck: int) -> Network:
    """A network with more channels, with wider bottlenecks and with the frames that `LAYERS` says, which hears exactly what the smaller one
    hears: what is new is computed, but nothing old listens to it yet. Training goes on from there. (Chen, Goodfellow and Shlens, "Net2Net",
    2016.)"""
    larger = Network(width, bottleneck)
    new, old = larger.state_dict(), smaller.state_dict()
    for name, value in old.items():
        if value.ndim == 1:  # of each channel one number
            new[name][: len(value)] = value
        elif value.ndim == 0:
            new[name].copy_(value)
    for number, (now, before) in enumerate(zip(LAYERS, smaller.offsets, strict=True)):
        spliced, was = new[f"layers.{number}.spliced.weight"], old[f"layers.{number}.spliced.weight"]
        rows, channels = len(was), was.shape[1] // len(before)
        spliced[:rows] = 0
        for i, offset in enumerate(before):
            at = now.index(offset) * (spliced.shape[1] // len(now))
            spliced[:rows, at : at + channels] = was[:, i * channels : (i + 1) * channels]
        if number:
            _put(new[f"layers.{number}.expansion.weight"], old[f"layers.{number}.expansion.weight"])
    _put(new["output.weight"], old["output.weight"])
    larger.load_state_dict(new)
    return larger


def _put(larger: torch.Tensor, smaller: torch.Tensor) -> None:
    """Puts a map into the corner of a larger one, so that its outputs depend on nothing new."""
    rows, columns = smaller.shape
    larger[:rows, :columns], larger[:rows, columns:] = smaller, 0


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
