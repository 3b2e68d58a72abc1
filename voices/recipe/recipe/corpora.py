"""Collections of transcribed signals: reads human corpora, and stores whatever the recipe trains on as one array with an index.

A corpus is a folder with manifest.csv; its columns path, text, speaker, licence and dev_speaker are used. Rows with
dev_speaker=yes come from speakers who also speak in the examination: they never train the network, but the two garbage penalties
are tuned on them (stage `tune`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import resample_poly

from recipe.lexicon import pronounceable
from recipe.settings import SAMPLE_RATE

Signal = npt.NDArray[np.int16]
Speakers = Literal["unexamined", "examined", "all"]


@dataclass(frozen=True)
class Collection:
    """Signals with their transcriptions."""

    samples: Signal
    """All signals end to end, 16 kHz."""
    ends: npt.NDArray[np.int64]
    """Where each signal ends in `samples`."""
    texts: list[str]
    sources: list[str]
    """Where each is from: a corpus or the name of a synthetic voice."""

    def __len__(self) -> int:
        """How many signals."""
        return len(self.texts)

    def signal(self, index: int) -> Signal:
        """One signal, 16 kHz."""
        return self.samples[self.ends[index - 1] if index else 0 : self.ends[index]]

    @property
    def hours(self) -> float:
        """Length of all signals."""
        return len(self.samples) / SAMPLE_RATE / 3600

    def write(self, path: Path) -> None:
        """Writes path.npy (samples) and path.csv (index)."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path.with_suffix(".npy"), self.samples)
        with path.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(zip(self.ends.tolist(), self.texts, self.sources, strict=True))


def collect(signals: list[Signal], texts: list[str], sources: list[str]) -> Collection:
    """Makes a collection of separate signals."""
    samples = np.concatenate(signals) if signals else np.zeros(0, np.int16)
    return Collection(samples, np.cumsum([len(s) for s in signals], dtype=np.int64), texts, sources)


def read_collection(path: Path) -> Collection:
    """Reads what Collection.write wrote; the samples stay on disk until used."""
    with path.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    samples = np.load(path.with_suffix(".npy"), mmap_mode="r")
    return Collection(samples, np.array([int(r[0]) for r in rows], np.int64), [r[1] for r in rows], [r[2] for r in rows])


def read_signal(path: Path) -> Signal:
    """A sound file as 16 kHz mono."""
    signal, rate = soundfile.read(path, dtype="int16", always_2d=True)
    mono: npt.NDArray[np.float64] = signal.astype(np.float64).mean(axis=1)
    if rate != SAMPLE_RATE:
        mono = resample_poly(mono, SAMPLE_RATE, rate)
    return np.clip(np.round(mono), -32768, 32767).astype(np.int16)


def manifest(folder: Path) -> list[dict[str, str]]:
    """The rows of a corpus's manifest.csv."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def human(folder: Path, speakers: Speakers) -> Collection:
    """The human speech of a corpus: by speakers the examination does not know, by those it knows (never the same clips), or by all.

    Rows with a word that has no pronunciation are left out of what is trained on: there would be nothing to train towards.
    """
    wanted = {"unexamined": ("no",), "examined": ("yes",), "all": ("no", "yes")}[speakers]
    rows = [row for row in manifest(folder) if row["dev_speaker"] in wanted]
    if speakers != "examined":
        rows = [row for row in rows if pronounceable(row["text"])]
    signals = [read_signal(folder / row["path"]) for row in rows]
    return collect(signals, [row["text"] for row in rows], [row["path"].split("/")[0] for row in rows])
