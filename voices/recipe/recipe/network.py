"""The acoustic model: a time-delay neural network (TDNN) that hears 40 mel energies and scores every phone 33 times a second.

The first layer takes the features from 100 to 33 frames a second; residual layers follow. Four of them look as far ahead as back;
the last three look back farther than ahead, so that a word's past may be long while the answer waits 210 ms at most. Batch
normalisation sits before each rectifier, where it can be folded into the layer's weights exactly when the model is exported.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from recipe.features import BANDS
from recipe.lexicon import PHONES

STRIDE = 3
"""Frames of features for one output; the run-time library has 3 built in."""

OUTPUTS = 2 * len(PHONES)
"""Two a phone: its first frame, its later frames."""

Offsets = tuple[int, ...]

LAYERS: tuple[Offsets, ...] = ((-3, -2, -1, 0, 1, 2, 3), *[(-3, 0, 3)] * 4, (-6, -3, 0), (-12, -6, 0, 6), (-12, -6, 0))
"""For each hidden layer the frames it sees, in frames of 10 ms around its own. The first layer's outputs exist, and with them all
others, only every third frame."""


def context(layers: Sequence[Offsets]) -> tuple[int, int]:
    """Frames of features before and after the one an output belongs to."""
    return -sum(offsets[0] for offsets in layers), sum(offsets[-1] for offsets in layers)


class Layer(nn.Module):
    """An affine map of a few neighbouring frames, batch normalisation, rectifier.

    The residual layers are factored: the map goes through a bottleneck, and the layer's input is added back. That halves the work
    at equal width and keeps a small corpus from being learnt by heart. (Povey et al., "Semi-orthogonal low-rank matrix
    factorization for deep neural networks", 2018; the constraint itself is left out.)
    """

    def __init__(self, inputs: int, outputs: int, offsets: tuple[int, ...], bottleneck: int | None) -> None:
        """`bottleneck` is None for the first layer, which is neither factored nor residual and skips two frames of three."""
        super().__init__()
        self.stride = STRIDE if bottleneck is None else 1
        rate = 1 if bottleneck is None else STRIDE  # input frames of this layer lie so many features' frames apart
        self.starts = [(offset - offsets[0]) // rate for offset in offsets]
        self.before = -offsets[0] // rate
        self.spliced = nn.Linear(inputs * len(offsets), bottleneck or outputs, bias=False)
        self.expansion = nn.Linear(bottleneck, outputs, bias=False) if bottleneck else None
        self.normalisation = nn.BatchNorm1d(outputs)

    def forward(self, x: torch.Tensor, dropout: float) -> torch.Tensor:
        """In: (batch, frames, channels); out: fewer frames, by the layer's reach and stride."""
        count = (x.shape[1] - self.starts[-1] - 1) // self.stride + 1
        y: torch.Tensor = self.spliced(torch.cat([x[:, start :: self.stride][:, :count] for start in self.starts], dim=2))
        if self.expansion is not None:
            y = self.expansion(y)
        y = torch.relu(self.normalisation(y.flatten(0, 1)).view(y.shape))
        if self.expansion is None:
            return y
        if self.training and dropout:  # whole channels of an utterance at a time, which costs less than single numbers
            y = y * ((torch.rand(y.shape[0], 1, y.shape[2]) >= dropout) / (1 - dropout))
        return y + x[:, self.before : self.before + count]


class Network(nn.Module):
    """Log-mel energies to scores; scores need not be normalised, as lattice-free MMI does not either."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, width: int, bottleneck: int, offsets: Sequence[Offsets] = LAYERS) -> None:
        """`width` is the number of channels of every hidden layer, `bottleneck` that inside the factored ones."""
        super().__init__()
        self.width, self.bottleneck, self.offsets = width, bottleneck, tuple(offsets)
        self._left, self._right = context(offsets)
        self.register_buffer("mean", torch.zeros(BANDS))
        self.register_buffer("deviation", torch.ones(BANDS))
        self.layers = nn.ModuleList(
            Layer(width if i else BANDS, width, frames, bottleneck if i else None) for i, frames in enumerate(offsets)
        )
        self.output = nn.Linear(width, OUTPUTS)
        nn.init.zeros_(self.output.weight)

    def forward(self, features: torch.Tensor, dropout: float = 0.0) -> torch.Tensor:
        """In: (batch, frames, 40); out: (batch, ceil(frames / 3), outputs). The first and last frames are repeated as context, as
        the run-time library repeats them."""
        x = (features - self.mean) / self.deviation
        x = torch.cat([x[:, :1].expand(-1, self._left, -1), x, x[:, -1:].expand(-1, self._right + STRIDE - 1, -1)], dim=1)
        for layer in self.layers:
            x = layer(x, dropout)
        scores: torch.Tensor = self.output(x)[:, : (features.shape[1] + STRIDE - 1) // STRIDE]
        return scores
