"""Where things lie and how much of everything is made: the only place that reads the environment.

Two scales exist: `FULL`, which makes the published model, and `SMOKE`, which passes through every stage in about a minute.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
"""The folder of the recipe: its word lists and its phone bigram lie here, beside the package."""

SAMPLE_RATE = 16_000
"""Hz, of every signal in the recipe; the rate at which the coach listens."""


@dataclass(frozen=True)
class Scale:
    """How much of everything is made. Times are for one core of an x86-64 server of 2021."""

    utterances: int
    """Synthetic utterances for training."""
    examination_utterances: int
    """Synthetic utterances by the voices kept out of training."""
    width: int
    """Channels of every hidden layer of the network."""
    bottleneck: int
    """Channels inside its factored layers."""
    over_voice: int
    """Words and phrases said over the coach's own voice."""
    minutes: float
    """Training ends after so long; the learning rate falls to nothing by then."""
    flat_start_batches: int
    """Batches of full-sum training on a normalised output before lattice-free MMI; 50 sufficed in a prototype."""
    reservoir: int
    """Batches of augmented features kept in memory and drawn from."""
    batch_seconds: float
    """Seconds of signal in a batch."""


FULL = Scale(
    utterances=20_000,
    examination_utterances=500,
    width=448,
    bottleneck=256,
    over_voice=4800,
    minutes=60,
    flat_start_batches=100,
    reservoir=1500,
    batch_seconds=50,
)
SMOKE = Scale(
    utterances=150,
    examination_utterances=12,
    width=32,
    bottleneck=16,
    over_voice=8,
    minutes=0.3,
    flat_start_batches=8,
    reservoir=10,
    batch_seconds=20,
)


@dataclass(frozen=True)
class Settings:
    """What one run of the recipe works with."""

    work: Path
    """Everything made on the way: signals, checkpoints, logs. May be deleted."""
    corpora: tuple[Path, ...]
    """Transcribed human speech for training: folders with manifest.csv; none: synthetic speech only."""
    examination: Path | None
    """Human recordings never trained on: a folder with manifest.csv; None: synthetic examination only."""
    model: Path
    """Where the finished model goes."""
    scale: Scale
    processes: int
    """Processes for synthesis and augmentation."""
    all_speakers: bool = False
    """Whether speakers of the examination are trained on as well: for a model to ship, whose figures then say so."""
    resume: bool = False
    """Whether training goes on from the network an earlier run left."""
    seed: int = 20


def folders_from_environment(name: str) -> tuple[Path, ...]:
    """The folders an environment variable names, separated as in PATH; those that are none are left out."""
    return tuple(path for part in os.environ.get(name, "").split(os.pathsep) if part and (path := Path(part)).is_dir())
