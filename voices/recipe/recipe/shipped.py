"""Training on from a finished model: its am/final.mdl read back as a network, where the network that was exported is gone.

The file holds folded affine maps. Unfolded, batch normalisation is put around the maps as they are: its statistics are measured on a few
batches, and its scale and shift chosen so that they undo it. So the network hears what the model hears, to rounding, and can learn.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import torch

from recipe import features
from recipe.kaldi import Array, Reader
from recipe.network import Layer, Network, Offsets

_INPUT = re.compile(rb"component-node name=(tdnn\d+\.affine) component=\S+ input=Append\((.*)\)\n")
_OFFSET = re.compile(rb"Offset\([^,()]+, (-?\d+)\)")

Maps = dict[str, tuple[Array, Array]]
"""Affine maps by name: weights (outputs, inputs), bias."""


def read_network(model: Path, batches: list[torch.Tensor]) -> Network:
    """The network of a model directory that `export` wrote.

    `batches` are features to measure the statistics of batch normalisation with, each (utterances, frames, 40). Raises ValueError for a
    model that is none of ours, and whatever reading its file raises.
    """
    data = (model / "am" / "final.mdl").read_bytes()
    layers, maps = _offsets(data), _maps(data)
    if not layers or f"tdnn{len(layers)}.expansion" not in maps or "output.affine" not in maps:
        raise ValueError(f"{model} was not made by this recipe, or by another version of it")
    network = Network(len(maps["tdnn1.affine"][0]), len(maps["tdnn2.affine"][0]), layers)
    everything = torch.cat([batch.flatten(0, 1) for batch in batches])
    network.mean.copy_(everything.mean(dim=0))
    network.deviation.copy_(everything.std(dim=0))
    _fill(network, maps)
    _measure(network, batches, maps)
    return network.eval()


def _offsets(data: bytes) -> list[Offsets]:
    """The frames each layer sees."""
    return [
        tuple(int(found[1]) if (found := _OFFSET.fullmatch(part)) else 0 for part in re.findall(rb"Offset\([^()]*\)|[^,\s()]+", inputs))
        for _, inputs in _INPUT.findall(data)
    ]


def _maps(data: bytes) -> Maps:
    """Every affine map."""
    reader = Reader(data, data.index(b"<NumComponents> "))
    reader.expect("<NumComponents>")
    found = {}
    for _ in range(reader.integer()):
        reader.expect("<ComponentName>")
        name, kind = reader.token(), reader.token()
        if kind == "<FixedAffineComponent>":
            reader.expect("<LinearParams>")
            weights = reader.matrix()
            reader.expect("<BiasParams>")
            found[name] = weights, reader.vector()
            reader.expect("</FixedAffineComponent>")
        else:  # rectifiers and sums hold nothing to learn
            end = kind.replace("<", "</").encode() + b" "
            reader.place = data.index(end, reader.place) + len(end)
    return found


def _fill(network: Network, maps: Maps) -> None:
    """Puts the maps into the network; the first one, whose inputs are cepstra, back onto mel energies."""
    with torch.no_grad():
        for number, layer in enumerate(network.layers, 1):
            assert isinstance(layer, Layer)
            spliced, _ = maps[f"tdnn{number}.affine"]
            if number == 1:
                onto_energies = features.cepstral_transform() * network.deviation.double().numpy()
                by_offset = spliced.reshape(len(spliced), -1, features.BANDS)
                spliced = (by_offset @ onto_energies).reshape(spliced.shape)
            layer.spliced.weight.copy_(torch.from_numpy(spliced))
            if layer.expansion is not None:
                layer.expansion.weight.copy_(torch.from_numpy(maps[f"tdnn{number}.expansion"][0]))
        weights, bias = maps["output.affine"]
        network.output.weight.copy_(torch.from_numpy(weights))
        network.output.bias.copy_(torch.from_numpy(bias))


def _biases(network: Network, maps: Maps) -> list[Array]:
    """What each layer adds before its rectifier; the first one's with the features' mean in it."""
    biases = []
    for number in range(1, len(network.layers) + 1):
        weights, bias = maps.get(f"tdnn{number}.expansion") or maps[f"tdnn{number}.affine"]
        if number == 1:
            mean = features.cepstral_transform() @ network.mean.double().numpy()
            bias = bias + weights.reshape(len(weights), -1, features.BANDS).sum(axis=1) @ mean
        biases.append(bias)
    return biases


@torch.no_grad()
def _measure(network: Network, batches: list[torch.Tensor], maps: Maps) -> None:
    """Sets batch normalisation, layer by layer from below, to the statistics of what reaches it, and to undo them."""
    for layer, bias in zip(network.layers, _biases(network, maps), strict=True):
        assert isinstance(layer, Layer)
        normal = layer.normalisation
        seen: list[torch.Tensor] = []
        hook = normal.register_forward_pre_hook(lambda _module, inputs, seen=seen: seen.append(inputs[0]))
        for batch in batches:
            network.eval()(batch)
        hook.remove()
        reached = torch.cat(seen)
        mean, variance = reached.mean(dim=0), reached.var(dim=0)
        statistics = {"running_mean": mean, "running_var": variance, "weight": (variance + normal.eps).sqrt()}
        shift = mean + torch.from_numpy(np.asarray(bias, np.float32))
        normal.load_state_dict({**normal.state_dict(), **statistics, "bias": shift})
