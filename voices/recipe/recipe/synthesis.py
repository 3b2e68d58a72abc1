"""Synthetic speech: what is said, by which voice, and how it is rendered.

Three free synthesisers speak, each called as a program: espeak-ng (formants, very many voices of little naturalness), flite and
festival (built from recorded people, few voices). Some voices of each kind are kept out of training for the examination. Formant
voices are cheap and differ mostly in timbre; natural ones are drawn more often than their number suggests.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import resample_poly

from recipe import vocabulary
from recipe.lexicon import pronounceable
from recipe.settings import SAMPLE_RATE, Scale

ACCENTS = ("en-us", "en-us", "en-us", "en-us", "en-us-nyc", "en-gb", "en-gb-scotland", "en-029")
"""Accents of espeak-ng with their shares: the dictionary is American, so most of the speech is."""

VARIANTS = (
    "Alex",
    "Alicia",
    "Andrea",
    "Annie",
    "Denis",
    "Diogo",
    "Gene",
    "Gene2",
    "Henrique",
    "Hugo",
    "Jacky",
    "Lee",
    "Marco",
    "Mario",
    "Michael",
    "Mike",
    "Nguyen",
    "RicishayMax",
    "RicishayMax2",
    "RicishayMax3",
    "Storm",
    "Tweaky",
    "adam",
    "anika",
    "announcer",
    "antonio",
    "aunty",
    "belinda",
    "benjamin",
    "boris",
    "caleb",
    "david",
    "ed",
    "edward",
    "edward2",
    "f1",
    "f2",
    "f3",
    "f5",
    "grandma",
    "grandpa",
    "gustave",
    "iven",
    "iven2",
    "iven3",
    "john",
    "kaukovalta",
    "klatt",
    "klatt2",
    "klatt3",
    "klatt5",
    "linda",
    "m1",
    "m2",
    "m3",
    "m4",
    "m6",
    "m7",
    "m8",
    "marcelo",
    "max",
    "michel",
    "miguel",
    "norbert",
    "pablo",
    "paul",
    "pedro",
    "quincy",
    "rob",
    "robert",
    "sandro",
    "shelby",
    "steph",
    "steph2",
    "steph3",
    "travis",
    "victor",
    "zac",
)
"""Timbres of espeak-ng 1.51 that sound like a person; whispers and robots are left out."""


@dataclass(frozen=True)
class Voice:
    """One synthetic speaker."""

    engine: str
    """espeak-ng, flite or festival."""
    name: str
    """As the engine calls it; for espeak-ng the timbre, its accent is drawn anew each time."""


ESPEAK = tuple(Voice("espeak-ng", name) for name in VARIANTS)
NATURAL = (Voice("flite", "awb"), Voice("flite", "slt"), Voice("flite", "slt"), Voice("flite", "kal16"),
           Voice("festival", "kal_diphone"), Voice("festival", "cmu_us_slt_arctic_hts"))  # fmt: skip
KEPT_OUT = (Voice("flite", "rms"), Voice("flite", "rms"), Voice("festival", "ked_diphone"), Voice("espeak-ng", "f4"),
            Voice("espeak-ng", "m5"), Voice("espeak-ng", "Andy"), Voice("espeak-ng", "klatt4"), Voice("espeak-ng", "iven4"))  # fmt: skip
"""Voices only the examination hears (espeak-ng's in American English)."""


@dataclass(frozen=True)
class Utterance:
    """One thing to be said."""

    text: str
    """Lower case, no punctuation: what the transcription will be."""
    voice: Voice
    accent: str
    """Of espeak-ng; unused by the others."""
    rate: float
    """Of speech: 1 is the voice's own, 1.2 is faster."""
    pitch: float
    """Multiplies the voice's own."""
    mark: str
    """Closing punctuation, which shapes the melody."""


def training_texts(count: int, random: np.random.Generator, more: Sequence[str] = ()) -> list[str]:
    """What to say for training, with the shares that a prototype found good: phrases alone or in a row 42 %, single words 12 %,
    words in any order 14 %, other English 32 %. `more` is further English (transcriptions of the corpora)."""
    phrases = vocabulary.phrases()
    words = vocabulary.words()
    english = [text for text in [*vocabulary.sentences(), *more] if pronounceable(text)]
    kinds = random.choice(5, size=count, p=(0.30, 0.12, 0.12, 0.14, 0.32))
    texts = []
    for kind in kinds:
        if kind == 0:
            texts.append(str(random.choice(phrases)))
        elif kind == 1:
            texts.append(" ".join(random.choice(phrases, size=random.integers(2, 4))))
        elif kind == 2:
            texts.append(str(random.choice(words)))
        elif kind == 3:
            texts.append(" ".join(random.choice(words, size=random.integers(2, 7))))
        else:
            text = str(random.choice(english)).split()
            length = int(random.integers(3, 11))
            start = int(random.integers(0, max(1, len(text) - length + 1)))
            texts.append(" ".join(text[start : start + length]))
    return texts


def training_utterances(scale: Scale, random: np.random.Generator, more: Sequence[str] = ()) -> list[Utterance]:
    """Everything to be said for training."""
    found = []
    for text in training_texts(scale.utterances, random, more):
        pool = NATURAL if random.random() < 0.42 else ESPEAK
        voice = pool[int(random.integers(len(pool)))]
        found.append(
            Utterance(
                text,
                voice,
                str(random.choice(ACCENTS)),
                float(random.uniform(0.75, 1.35)),
                float(random.uniform(0.75, 1.35)),
                str(random.choice(["", ".", "!", "?"])),
            )
        )
    return found


def examination_utterances(scale: Scale, random: np.random.Generator) -> list[Utterance]:
    """What the voices kept out of training say: every phrase about equally often, and a quarter of other talk, marked by its text
    being no phrase."""
    phrases, decoys = vocabulary.phrases(), vocabulary.decoys()
    found = []
    order = random.permutation(len(phrases))
    for i in range(scale.examination_utterances):
        talk = i % 4 == 3
        text = " ".join(random.choice(decoys, size=random.integers(2, 6))) if talk else phrases[order[i % len(order)]]
        voice = KEPT_OUT[i // 4 % len(KEPT_OUT)]
        found.append(Utterance(text, voice, "en-us", float(random.uniform(0.85, 1.2)), float(random.uniform(0.85, 1.2)), "."))
    return found


def _spoken(text: str) -> str:
    """A text as a synthesiser wants it: the pronoun I in upper case."""
    return " ".join("I" + word[1:] if word == "i" or word.startswith("i'") else word for word in text.split())


def _render(jobs: Sequence[tuple[int, Utterance]], folder: Path) -> None:
    """Renders utterances of one engine to folder/NUMBER.wav. A synthesiser that fails leaves no file; the caller counts."""
    if jobs[0][1].voice.engine == "festival":
        script = []
        for number, u in jobs:
            text = (_spoken(u.text) + u.mark).replace('"', "")
            script += [
                f"(voice_{u.voice.name})",
                f"(Parameter.set 'Duration_Stretch {1 / u.rate:.3f})",
                f'(utt.save.wave (utt.synth (Utterance Text "{text}")) "{folder / str(number)}.wav" \'riff)',
            ]
        subprocess.run(["festival", "--pipe"], input="\n".join(script), text=True, capture_output=True, check=False)
        return
    for number, u in jobs:
        target, text = str(folder / f"{number}.wav"), _spoken(u.text) + u.mark
        if u.voice.engine == "flite":
            mean = {"awb": 120, "slt": 175, "rms": 105, "kal16": 105}[u.voice.name] * u.pitch
            command = [
                "flite",
                "-voice",
                u.voice.name,
                "--setf",
                f"duration_stretch={1 / u.rate:.3f}",
                "--setf",
                f"int_f0_target_mean={mean:.0f}",
                "-t",
                text,
                "-o",
                target,
            ]
        else:
            command = [
                "espeak-ng",
                "-v",
                f"{u.accent}+{u.voice.name}",
                "-s",
                str(int(165 * u.rate)),
                "-p",
                str(int(np.clip(50 + 60 * (u.pitch - 1), 0, 99))),
                "-w",
                target,
                text,
            ]
        subprocess.run(command, capture_output=True, check=False)


def _read(path: Path) -> npt.NDArray[np.int16]:
    """A rendered file at 16 kHz, its silent ends cut down to 0.1 s."""
    signal, rate = soundfile.read(path, dtype="float32")
    if rate != SAMPLE_RATE:
        signal = resample_poly(signal, SAMPLE_RATE // 50, rate // 50)
    loud = np.flatnonzero(np.abs(signal) > 0.01 * np.abs(signal).max(initial=1e-9))
    if len(loud):
        margin = SAMPLE_RATE // 10
        signal = signal[max(0, loud[0] - margin) : loud[-1] + margin]
    peak = float(np.abs(signal).max(initial=1e-9))
    scaled: npt.NDArray[np.int16] = np.round(signal / peak * 29_000).astype(np.int16)
    return scaled


def synthesise(utterances: Sequence[Utterance], processes: int, batch: int = 40) -> list[npt.NDArray[np.int16] | None]:
    """Renders everything; 16 kHz signals in the order given, None where a synthesiser failed or said nothing."""
    signals: list[npt.NDArray[np.int16] | None] = [None] * len(utterances)
    numbered = sorted(enumerate(utterances), key=lambda job: (job[1].voice.engine, job[1].voice.name))
    chunks: list[list[tuple[int, Utterance]]] = []
    for job in numbered:
        if not chunks or len(chunks[-1]) == batch or chunks[-1][0][1].voice.engine != job[1].voice.engine:
            chunks.append([])
        chunks[-1].append(job)

    def work(chunk: list[tuple[int, Utterance]]) -> None:
        with tempfile.TemporaryDirectory() as name:
            _render(chunk, Path(name))
            for number, _ in chunk:
                path = Path(name) / f"{number}.wav"
                if path.exists() and path.stat().st_size > 2_000:
                    signal = _read(path)
                    signals[number] = signal if len(signal) > SAMPLE_RATE // 10 else None

    with ThreadPoolExecutor(min(processes, os.cpu_count() or 1)) as pool:
        list(pool.map(work, chunks))
    return signals
