"""The trained network as am/final.mdl: a Kaldi transition model followed by an nnet3 network, and the model's configuration.

Batch normalisation, the features' scale and the map from cepstra to mel energies are folded into the convolutions, so the file
holds nothing but affine maps, rectifiers and sums.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from recipe import features, kaldi, phones
from recipe.kaldi import double, integer, integers, matrix, single, token, vector
from recipe.network import OUTPUTS, Layer, Network, context

Array = npt.NDArray[np.float64]

MODEL_CONFIGURATION = """--min-active=200
--max-active=2000
--beam=11.0
--lattice-beam=2.0
--acoustic-scale=1.0
--frame-subsampling-factor=3
--frames-per-chunk=12
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.38
--endpoint.rule3.min-trailing-silence=0.6
--endpoint.rule4.min-trailing-silence=0.9
"""
"""conf/model.conf. Silence is phone 1. A final result comes after 0.38 s of silence where the words end at a good place, 0.6 s where at
a fair one, 0.9 s in any case: commands are short, and the pauses inside them shorter. Kaldi's own rules wait 0.5, 1 and 2 s."""


def transition_model() -> bytes:
    """One state a phone, entered on output 2p of base phone p and stayed in on output 2p + 1, both with probability a half."""
    numbers = range(1, phones.COUNT + 1)
    half = math.log(0.5)
    topology = (
        integers(list(numbers))
        + integers([-1] + [0] * phones.COUNT)
        + integer(-1)
        + integer(1)
        + integer(2)
        + integer(0)
        + integer(1)
        + integer(2)
        + integer(0)
        + single(0.5)
        + integer(1)
        + single(0.5)
        + integer(-1)
        + integer(-1)
        + integer(0)
    )
    tuples = b"".join(integer(n) + integer(0) + integer(2 * phones.base(n)) + integer(2 * phones.base(n) + 1) for n in numbers)
    return (
        token("<TransitionModel>")
        + token("<Topology>")
        + topology
        + token("</Topology>")
        + token("<Tuples>")
        + integer(phones.COUNT)
        + tuples
        + token("</Tuples>")
        + token("<LogProbs>")
        + vector([0.0] + [half] * (2 * phones.COUNT))
        + token("</LogProbs>")
        + token("</TransitionModel>")
    )


def _numbers(tensor: torch.Tensor | None) -> Array:
    """A tensor as an array of double precision."""
    assert tensor is not None
    values: Array = tensor.detach().double().numpy()
    return values


def _folded(layer: Layer) -> list[tuple[Array, Array]]:
    """A layer's affine maps, one or two, as (weights of shape (outputs, inputs), bias), batch normalisation folded in."""
    normal = layer.normalisation
    scale = _numbers(normal.weight) / np.sqrt(_numbers(normal.running_var) + normal.eps)
    bias = _numbers(normal.bias) - _numbers(normal.running_mean) * scale
    spliced = _numbers(layer.spliced.weight)
    if layer.expansion is None:
        return [(spliced * scale[:, None], bias)]
    return [(spliced, np.zeros(len(spliced))), (_numbers(layer.expansion.weight) * scale[:, None], bias)]


def _affine(weights: Array, bias: Array) -> bytes:
    """A FixedAffineComponent."""
    return (
        token("<FixedAffineComponent>")
        + token("<LinearParams>")
        + matrix(weights)
        + token("<BiasParams>")
        + vector(bias)
        + token("</FixedAffineComponent>")
    )


def _rectifier(dimension: int) -> bytes:
    """A RectifiedLinearComponent with empty statistics."""
    return (
        token("<RectifiedLinearComponent>")
        + token("<Dim>")
        + integer(dimension)
        + token("<ValueAvg>")
        + vector([])
        + token("<DerivAvg>")
        + vector([])
        + token("<Count>")
        + double(0.0)
        + token("</RectifiedLinearComponent>")
    )


def _sum(dimension: int) -> bytes:
    """A NoOpComponent, which adds nothing of its own; the sum stands in its input."""
    return (
        token("<NoOpComponent>") + token("<Dim>") + integer(dimension) + token("<BackpropScale>") + single(1.0) + token("</NoOpComponent>")
    )


def acoustic_network(network: Network) -> bytes:
    """The network in nnet3's notation: configuration lines, then components."""
    config = [f"input-node name=input dim={features.BANDS}"]
    components: list[tuple[str, bytes]] = []
    before = "input"

    def add(name: str, source: str, body: bytes) -> str:
        config.append(f"component-node name={name} component={name} input={source}")
        components.append((name, body))
        return name

    cepstra_to_input = np.linalg.inv(features.cepstral_transform()) / _numbers(network.deviation)[:, None]
    shift = -_numbers(network.mean) / _numbers(network.deviation)
    for i, (layer, offsets) in enumerate(zip(network.layers, network.offsets, strict=True)):
        assert isinstance(layer, Layer)
        maps = _folded(layer)
        if i == 0:  # its inputs are cepstra: undo the transform, then the mean and deviation
            weights, bias = maps[0]
            by_offset = weights.reshape(len(weights), len(offsets), features.BANDS)
            maps[0] = ((by_offset @ cepstra_to_input).reshape(weights.shape), bias + by_offset.sum(axis=1) @ shift)
        spliced = ", ".join(f"Offset({before}, {offset})" if offset else before for offset in offsets)
        name = add(f"tdnn{i + 1}.affine", f"Append({spliced})", _affine(*maps[0]))
        if len(maps) == 2:
            name = add(f"tdnn{i + 1}.expansion", name, _affine(*maps[1]))
        width = len(maps[-1][1])
        name = add(f"tdnn{i + 1}.relu", name, _rectifier(width))
        before = name if layer.expansion is None else add(f"tdnn{i + 1}.sum", f"Sum({name}, {before})", _sum(width))
    add("output.affine", before, _affine(_numbers(network.output.weight), _numbers(network.output.bias)))
    config.append("output-node name=output input=output.affine objective=linear")
    left, right = context(network.offsets)
    body = b"".join(token("<ComponentName>") + token(name) + data for name, data in components)
    return (
        token("<Nnet3>")
        + b"\n"
        + "\n".join(config).encode()
        + b"\n\n"
        + token("<NumComponents>")
        + integer(len(components))
        + body
        + token("</Nnet3>")
        + token("<LeftContext>")
        + integer(left)
        + token("<RightContext>")
        + integer(right)
        + token("<Priors>")
        + vector([])
    )


def export(network: Network, model: Path) -> None:
    """Writes am/final.mdl and conf/ of a model directory."""
    assert 2 * len({phones.base(n) for n in range(1, phones.COUNT + 1)}) == OUTPUTS
    (model / "am").mkdir(parents=True, exist_ok=True)
    (model / "conf").mkdir(exist_ok=True)
    (model / "am" / "final.mdl").write_bytes(kaldi.BINARY + transition_model() + acoustic_network(network.eval()))
    (model / "conf" / "mfcc.conf").write_text(features.CONFIGURATION)
    (model / "conf" / "model.conf").write_text(MODEL_CONFIGURATION)
