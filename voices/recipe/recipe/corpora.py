"""Collections of transcribed signals: reads human corpora, and stores whatever the recipe trains on as one array with an index.

A corpus is a folder with manifest.csv; its columns path, text, speaker, licence and dev_speaker are used. Rows with
dev_speaker=yes come from speakers who also speak in the examination: in the first leg they never train the network, but the two garbage
penalties are tuned on them (stage `tune`). Corpora that are published without a manifest get one from `gather`.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
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


def human(folders: Sequence[Path], speakers: Speakers) -> Collection:
    """The human speech of all corpora: by speakers the examination does not know, by those it knows (never the same clips), or by all.

    Rows with a word that has no pronunciation are left out of what is trained on: there would be nothing to train towards. A clip that is
    in several corpora comes once.
    """
    wanted = {"unexamined": ("no",), "examined": ("yes",), "all": ("no", "yes")}[speakers]
    signals: dict[bytes, Signal] = {}
    texts, sources = [], []
    for folder in folders:
        for row in manifest(folder):
            if row["dev_speaker"] not in wanted or not (speakers == "examined" or pronounceable(row["text"])):
                continue
            try:
                signal = read_signal(folder / row["path"])
            except soundfile.LibsndfileError as damaged:
                print(f"{folder / row['path']}: left out, for it cannot be read: {damaged.error_string}")
                continue
            if signals.setdefault(hashlib.sha1(signal.tobytes()).digest(), signal) is signal:
                texts.append(row["text"])
                sources.append(f"{folder.name}/{row['path'].split('/')[0]}")
    return collect(list(signals.values()), texts, sources)
