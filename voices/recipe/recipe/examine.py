"""The examination: what a finished model hears of people and voices it has never met, as a table with counts.

Everything is decoded by stock Vosk under the grammars below. Human recordings come from the examination folder (manifest.csv with
the columns path, text, kind, screen); voices kept out of training come from stage `synthesise`. Nothing here may be used to choose
anything about the model; the penalties are tuned elsewhere (tune.py).
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recipe import corpora, vocabulary
from recipe.corpora import Collection
from recipe.decoding import Ears, Heard, Listener
from recipe.settings import SAMPLE_RATE

Signal = npt.NDArray[np.int16]

EXERCISE = ("stop", "hurts", "pause", "next", "repeat", "slower", "faster", "louder", "quieter", "time", "upcoming", "easier",
            "harder", "done", "help")  # fmt: skip
"""Intents a person may voice during an exercise: the grammar under which false accepts are counted."""


@dataclass
class Score:
    """Counts over signals that say one known thing each."""

    right: int = 0
    wrong: int = 0
    nothing: int = 0
    by_text: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, text: str, heard: Sequence[Heard]) -> None:
        """Counts a signal: right where exactly its text was heard, nothing where nothing counted, else wrong."""
        got = list(dict.fromkeys(h.phrase for h in heard))
        kind = "right" if got == [text] else "wrong" if got else "nothing"
        setattr(self, kind, getattr(self, kind) + 1)
        self.by_text[text][" + ".join(got) or "-"] += 1

    @property
    def total(self) -> int:
        """Signals counted."""
        return self.right + self.wrong + self.nothing

    def share(self, count: int) -> str:
        """A count with its share of the total."""
        return f"{count}/{self.total} ({100 * count / max(1, self.total):.1f} %)"

    def row(self, name: str) -> str:
        """A row of the table."""
        return f"| {name} | {self.share(self.right)} | {self.share(self.nothing)} | {self.share(self.wrong)} |"


def mixed(signal: Signal, noise: Signal, decibels: float) -> Signal:
    """Adds noise at a ratio of speech (its loudest half) to noise (its mean power)."""
    speech = signal.astype(np.float64)
    blocks = (speech[: len(speech) // 320 * 320].reshape(-1, 320) ** 2).mean(axis=1)
    power = np.sort(blocks)[len(blocks) // 2 :].mean()
    added = noise.astype(np.float64)
    added *= np.sqrt(power / 10 ** (decibels / 10) / max((added**2).mean(), 1.0))
    total = speech + added
    limited: Signal = np.round(total / max(1.0, np.abs(total).max() / 32767)).astype(np.int16)
    return limited


class Noises:
    """Pieces of the examination's noise recordings, or of white noise where there is no examination."""

    def __init__(self, recordings: Iterable[Signal]) -> None:
        """Chains the recordings, each at equal power."""
        parts = [r / np.sqrt((r.astype(np.float64) ** 2).mean() + 1.0) for r in recordings]
        self._all = np.concatenate(parts) if parts else np.random.default_rng(1).standard_normal(SAMPLE_RATE * 60)
        self._random = np.random.default_rng(2)

    def piece(self, length: int) -> Signal:
        """A random stretch."""
        start = int(self._random.integers(len(self._all) - length))
        return np.round(self._all[start : start + length] * 3000).clip(-32767, 32767).astype(np.int16)


def end_of_speech(signal: Signal) -> float:
    """Seconds until the last 20 ms block within 26 dB of the loudest: the end of an isolated word, roughly."""
    blocks = signal[: len(signal) // 320 * 320].astype(np.float64).reshape(-1, 320)
    power = (blocks**2).mean(axis=1)
    return float((np.flatnonzero(power > power.max() / 400)[-1] + 1) * 0.02)


class Examiner:
    """Puts one model through everything and collects the lines of the report."""

    def __init__(self, ears: Ears) -> None:
        """Opens the two grammars: all phrases of a session, and those of an exercise."""
        urgent = [p for intent in vocabulary.intents() if intent.urgent for p in intent.phrases]
        self.session = ears.listener(vocabulary.phrases(), urgent)
        self.exercise = ears.listener(vocabulary.phrases(EXERCISE), urgent)
        self.seconds_of_sound = self.seconds_of_work = 0.0
        self.delays: list[float] = []
        self.report = ["| what | right | nothing heard | wrong |", "|---|---|---|---|"]
        if self.session.missing:
            self.report.insert(0, f"Not in the model, left out: {', '.join(self.session.missing)}.\n")

    def hear(self, listener: Listener, signal: Signal) -> list[Heard]:
        """Listens and keeps the books on speed."""
        started = time.process_time()
        heard = listener.listen(signal)
        self.seconds_of_work += time.process_time() - started
        self.seconds_of_sound += len(signal) / SAMPLE_RATE + 1.5
        return heard

    def isolated(self, name: str, signals: Sequence[Signal], texts: Sequence[str], per_word: bool = False, delay: bool = False) -> None:
        """Scores signals that each say a phrase."""
        score = Score()
        for signal, text in zip(signals, texts, strict=True):
            if text in self.session.phrases:
                heard = self.hear(self.session, signal)
                score.add(text, heard)
                if delay and text in self.session.urgent:
                    self.delays += [1000 * (h.seconds - end_of_speech(signal)) for h in heard[:1] if h.phrase == text]
        self.report.append(score.row(name))
        if per_word:
            self.report.append("")
            for text, heard_as in sorted(score.by_text.items()):
                count = sum(heard_as.values())
                others = ", ".join(f"{k} {v}" for k, v in heard_as.most_common() if k not in (text, "-"))
                self.report.append(f"- {text}: {heard_as[text]}/{count}, nothing {heard_as['-']}" + (f", {others}" if others else ""))

    def rejected(self, name: str, signals: Sequence[Signal], labels: Sequence[str]) -> None:
        """Scores signals that say no phrase."""
        accepted: Counter[str] = Counter()
        clips = 0
        for signal, label in zip(signals, labels, strict=True):
            heard = self.hear(self.session, signal)
            clips += bool(heard)
            accepted.update(f"{h.phrase} <- {label[:40]}" for h in heard)
        total = len(signals)
        self.report.append(
            f"- {name}: {total - clips}/{total} rejected ({100 * (total - clips) / max(1, total):.1f} %); accepted: "
            + ("; ".join(f"{k} x{v}" for k, v in accepted.most_common()) or "none")
        )

    def false_accepts(self, name: str, signals: Sequence[Signal]) -> None:
        """Counts what is heard in talk under the exercise's grammar, by the hour."""
        if not signals:
            return
        urgent: Counter[str] = Counter()
        others: Counter[str] = Counter()
        for signal in signals:
            for heard in self.hear(self.exercise, signal):
                (urgent if heard.phrase in self.exercise.urgent else others)[heard.phrase] += 1
        hours = sum(map(len, signals)) / SAMPLE_RATE / 3600
        for kind, counts in (("urgent", urgent), ("others", others)):
            total = sum(counts.values())
            listed = ", ".join(f"{k} {v}" for k, v in counts.most_common()) or "none"
            self.report.append(f"- {name}, {kind}: {total} in {60 * hours:.0f} min ({total / hours:.1f} an hour): {listed}")

    def closing(self) -> None:
        """Speed and delay."""
        self.report.append("")
        if self.delays:
            delays = np.array(self.delays)
            self.report.append(
                f"- urgent words heard {np.median(delays):.0f} ms after the end of the word (median of {len(delays)}; "
                f"nine of ten within {np.quantile(delays, 0.9):.0f} ms)"
            )
        self.report.append(
            f"- decoding {self.seconds_of_sound / self.seconds_of_work:.0f} x faster than real time on one core "
            f"({self.seconds_of_sound / 60:.0f} min of sound)"
        )


def examine(model: Path, recordings: Path | None, kept_out: Collection | None) -> str:
    """The report on a model: Markdown."""
    examiner = Examiner(Ears(model))
    rows = corpora.manifest(recordings) if recordings else []

    def read(chosen: list[dict[str, str]]) -> list[Signal]:
        return [corpora.read_signal(recordings / row["path"]) for row in chosen] if recordings else []

    noises = Noises(read([row for row in rows if row["kind"] == "noise"]))
    if kept_out:
        signals = [kept_out.signal(i) for i in range(len(kept_out))]
        for name, ratio in (("quiet", None), ("noise 10 dB", 10.0), ("noise 5 dB", 5.0)):
            heard = signals if ratio is None else [mixed(s, noises.piece(len(s)), ratio) for s in signals]
            examiner.isolated(f"synthetic voices kept out, {name}", heard, kept_out.texts, delay=ratio is None)
    isolated = [row for row in rows if row["kind"] == "positive" and "_phrases" not in row["path"]]
    if isolated:
        signals, texts = read(isolated), [row["text"] for row in isolated]
        noisy = [mixed(s, noises.piece(len(s)), 10.0) for s in signals]
        examiner.isolated("human isolated words, noise 10 dB", noisy, texts)
        examiner.isolated("human isolated words, quiet", signals, texts, per_word=True, delay=True)
    examiner.report.append("")
    for screen in ("transcript", "label", "asr", "asr-weak"):
        chosen = [
            row
            for row in rows
            if row["kind"] == "negative" and row["screen"].startswith(screen) and (screen != "asr" or row["screen"] == "asr")
        ]
        if chosen:
            examiner.rejected(f"other human speech ({screen})", read(chosen), [row["text"] for row in chosen])
    if kept_out:
        other = [i for i in range(len(kept_out)) if kept_out.texts[i] not in examiner.session.phrases]
        examiner.rejected(
            "other speech by synthetic voices kept out", [kept_out.signal(i) for i in other], [kept_out.texts[i] for i in other]
        )
    if rows:
        examiner.false_accepts("false accepts of human talk in an exercise", read([r for r in rows if r["kind"] == "negative"]))
        examiner.false_accepts("false accepts of noise and music in an exercise", read([r for r in rows if r["kind"] == "noise"]))
    examiner.closing()
    return "\n".join(examiner.report) + "\n"
