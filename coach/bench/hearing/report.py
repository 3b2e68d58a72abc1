"""What was measured, as JSON, on a terminal, and as the published page. Nothing here measures anything.

The page is generated, not typed: a figure that stands there was measured by this program.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from coach.bench.hearing.conditions import Condition
from coach.bench.hearing.tally import Delays, FalseAccept, Proportion, Rate, Score, Watch

CORPORA: Final = {"human": "people", "synthetic": "synthetic voices"}
EXAMS: Final = {
    "words": "isolated words, each a choice among all words recorded, more than any state of a session offers",
    "commands": "commands and answers, each under the grammar of the state that asks for it",
    "carried": 'the same with words around them, as people speak: "please stop", "about three"',
}
DASH: Final = "–"


@dataclass(frozen=True, slots=True)
class Model:
    """Which ears were measured.

    Attributes:
        name: the folder's name.
        megabytes: its size.
        digest: the beginning of the SHA-256 of its acoustic model: tells one training from another.
    """

    name: str
    megabytes: float
    digest: str


@dataclass(frozen=True, slots=True)
class Memory:
    """How much the process grew while it listened.

    Attributes:
        hours: how much sound was heard.
        growth_mb: resident memory after it, less that after the first minutes.
        resident_mb: after it.
    """

    hours: float
    growth_mb: float
    resident_mb: float


@dataclass(frozen=True)
class Report:
    """What a bench of the hearing found.

    Attributes:
        model: the ears' model.
        machine: where it was measured.
        seed: of everything that is drawn by lot.
        is_sample: whether only a sample was played, for a first impression.
        conditions: those that were asked for.
        scores: what became of what was said.
        watches: what was heard that nobody said.
        speed: seconds of sound that are recognised in a second of processor time, one core.
        memory: None where it cannot be read.
        untested: one sentence for each thing that was not measured, and why.
    """

    model: Model
    machine: str
    seed: int
    is_sample: bool
    conditions: tuple[Condition, ...]
    scores: tuple[Score, ...]
    watches: tuple[Watch, ...]
    speed: float
    memory: Memory | None
    untested: tuple[str, ...]

    def score(self, corpus: str, exam: str, condition: str) -> Score | None:
        """Return one score, if it was measured."""
        wanted = (corpus, exam, condition)
        return next((it for it in self.scores if (it.corpus, it.exam, it.condition) == wanted), None)

    @cached_property
    def exams(self) -> tuple[tuple[str, str], ...]:
        """Corpus and exam of the scores there are, in their order."""
        return tuple(dict.fromkeys((score.corpus, score.exam) for score in self.scores))

    @property
    def titles(self) -> Mapping[str, str]:
        """The title of each condition, by name."""
        return {condition.name: condition.title for condition in self.conditions}

    def as_json(self) -> str:
        """Return everything as JSON, for other programs and for comparing two models."""
        return json.dumps(
            {
                "model": {
                    "name": self.model.name,
                    "megabytes": self.model.megabytes,
                    "digest": self.model.digest,
                },
                "machine": self.machine,
                "seed": self.seed,
                "sample": self.is_sample,
                "conditions": {condition.name: condition.about for condition in self.conditions},
                "scores": [_score_as_dict(score) for score in self.scores],
                "false_accepts": [_watch_as_dict(watch) for watch in self.watches],
                "speed_x_real_time": _rounded(self.speed),
                "memory": None
                if self.memory is None
                else {
                    "hours_of_sound": _rounded(self.memory.hours),
                    "growth_mb": _rounded(self.memory.growth_mb),
                    "resident_mb": _rounded(self.memory.resident_mb),
                },
                "untested": self.untested,
            },
            indent=2,
            ensure_ascii=False,
            allow_nan=False,
        )


# --- JSON -------------------------------------------------------------------------------------------------


def _score_as_dict(score: Score) -> dict[str, Any]:
    return {
        "corpus": score.corpus,
        "exam": score.exam,
        "condition": score.condition,
        "total": _figures(score),
        "urgent": _figures(score.only(urgent=True)),
        "others": _figures(score.only(urgent=False)),
        "commands": {name: _figures(it) for name, it in score.by_command().items()},
        "heard_instead": [
            {"said": said, "heard": heard, "times": times}
            for (said, heard), times in score.heard_instead().most_common()
        ],
        "unanswered": sorted(outcome.clip for outcome in score.outcomes if not outcome.acts),
    }


def _figures(score: Score) -> dict[str, Any]:
    return {
        "right": _proportion_as_dict(score.right),
        "wrong": _proportion_as_dict(score.wrong),
        "unanswered": _proportion_as_dict(score.unanswered),
        "delay_ms": _delays_as_dict(score.delays),
    }


def _watch_as_dict(watch: Watch) -> dict[str, Any]:
    return {
        "sound": watch.sound,
        "grammar": watch.grammar,
        "condition": watch.condition,
        "hours": _rounded(watch.hours, 4),
        "urgent": _rate_as_dict(watch.urgent),
        "others": _rate_as_dict(watch.others),
        "recordings_rejected": _proportion_as_dict(watch.rejected),
        "accepts": [
            {
                "recording": accept.recording,
                "at_s": accept.at_s,
                "command": accept.command,
                "heard": accept.words,
                "urgent": accept.urgent,
                "said": accept.text,
                "screen": accept.screen,
            }
            for accept in watch.accepts
        ],
    }


def _proportion_as_dict(it: Proportion) -> dict[str, Any]:
    low, high = it.interval
    return {
        "count": it.count,
        "of": it.of,
        "share": _rounded(it.share, 4),
        "low": _rounded(low, 4),
        "high": _rounded(high, 4),
    }


def _rate_as_dict(it: Rate) -> dict[str, Any]:
    low, high = it.interval
    return {
        "count": it.count,
        "per_hour": _rounded(it.per_hour),
        "low": _rounded(low),
        "high": _rounded(high),
    }


def _delays_as_dict(it: Delays) -> dict[str, Any]:
    return {
        "of": len(it.milliseconds),
        "p50": _rounded(it.percentile(50)),
        "p95": _rounded(it.percentile(95)),
        "all": it.milliseconds,
    }


def _rounded(number: float, digits: int = 2) -> float | None:
    """JSON knows neither infinity nor what is not a number."""
    return round(number, digits) if math.isfinite(number) else None


# --- Figures as words --------------------------------------------------------------------------------------


def _percent(it: Proportion) -> str:
    """``92.3 % [88.9-94.7]``."""
    if not it.of:
        return DASH
    low, high = it.interval
    return f"{100 * it.share:.1f} % [{100 * low:.0f}{DASH}{100 * high:.0f}]"


def _per_hour(it: Rate) -> str:
    if not it.hours:
        return DASH
    low, high = it.interval
    return f"{it.per_hour:.1f} [{low:.1f}{DASH}{high:.1f}]"


def _milliseconds(it: Delays) -> str:
    if not it.milliseconds:
        return DASH
    return f"{it.percentile(50):.0f} / {it.percentile(95):.0f}"


def _score_row(title: str, score: Score) -> tuple[str, ...]:
    return (
        title,
        str(len(score.outcomes)),
        _percent(score.right),
        _percent(score.wrong),
        _percent(score.unanswered),
        _percent(score.only(urgent=True).right),
        _milliseconds(score.only(urgent=True).delays),
        _milliseconds(score.only(urgent=False).delays),
    )


_SCORE_HEAD: Final = ("", "said", "right", "wrong", "no answer", "urgent right", "urgent, ms", "others, ms")
_WATCH_HEAD: Final = (
    "sound",
    "listening for",
    "condition",
    "hours",
    "urgent an hour",
    "others an hour",
    "left alone",
)


def _watch_row(watch: Watch, titles: Mapping[str, str]) -> tuple[str, ...]:
    # Of one long sound, "none of 1 was left alone" would say nothing.
    alone = _percent(watch.rejected) if watch.recordings > 1 else DASH
    condition = titles.get(watch.condition, watch.condition)
    return (
        watch.sound,
        watch.grammar,
        condition,
        f"{watch.hours:.2f}",
        _per_hour(watch.urgent),
        _per_hour(watch.others),
        alone,
    )


def _condition_rows(report: Report, corpus: str, exam: str) -> list[tuple[str, ...]]:
    found = ((condition, report.score(corpus, exam, condition.name)) for condition in report.conditions)
    return [_score_row(condition.title, score) for condition, score in found if score is not None]


def _command_rows(score: Score) -> list[tuple[str, ...]]:
    return [_score_row(name, it) for name, it in score.by_command().items()]


def _memory_sentence(memory: Memory | None) -> str:
    if memory is None:
        return "Memory was not measured."
    return (
        f"Memory grew by {memory.growth_mb:.1f} MB over {memory.hours:.1f} h of sound, "
        f"to {memory.resident_mb:.0f} MB in all (this program's own recordings included)."
    )


def _speed_sentence(report: Report) -> str:
    if not math.isfinite(report.speed):
        return "Speed was not measured."
    return f"Recognition runs at {report.speed:.0f} x real time on one core of this machine."


# --- Terminal ---------------------------------------------------------------------------------------------


def show(console: Console, report: Report) -> None:
    """Print the tables: a row for each condition and command, every false accept, and what was not tested."""
    console.print(f"[bold]{report.model.name}[/] ({report.model.megabytes:.1f} MB, {report.model.digest})")
    if report.is_sample:
        console.print("[yellow]A sample only:[/] for figures to be published, measure everything.")
    for corpus, exam in report.exams:
        console.print(f"\n[bold]{CORPORA[corpus]}[/]: {EXAMS[exam]}")
        console.print(_table(_SCORE_HEAD, _condition_rows(report, corpus, exam)))
    for corpus, exam in report.exams:
        score = report.score(corpus, exam, "quiet")
        if score is not None:
            console.print(f"\n[bold]{CORPORA[corpus]}[/], quiet: {exam}")
            console.print(_table(_SCORE_HEAD, _command_rows(score)))
    if report.watches:
        console.print("\n[bold]Acted on, though nobody said it[/]")
        console.print(_table(_WATCH_HEAD, [_watch_row(watch, report.titles) for watch in report.watches]))
    for watch in report.watches:
        if watch.grammar != "words":
            for accept in watch.accepts:
                console.print(f"  {_accept_sentence(accept, watch)}", soft_wrap=True)
    console.print(f"\n{_speed_sentence(report)} {_memory_sentence(report.memory)}", soft_wrap=True)
    for sentence in report.untested:
        console.print(f"[yellow]not tested:[/] {sentence}", soft_wrap=True)


def _accept_sentence(accept: FalseAccept, watch: Watch) -> str:
    said = f'; really "{accept.text}"' if accept.text else ""
    screen = f" (known by {accept.screen})" if accept.screen else ""
    return (
        f"{accept.command}: heard {accept.words!r} in {accept.recording} at {accept.at_s:.1f} s, "
        f"{watch.condition}, {watch.grammar}{said}{screen}"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(head):
        table.add_column(column, justify="left" if place == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


class _Lines:
    """A line for each step."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._step = ""

    def __call__(self, step: str, share: float) -> None:
        """Tell that this step goes on, or, where several go on at once, is done."""
        if step != self._step:
            self._step = step
            self._console.print(f"{share:4.0%}  {step}", highlight=False, soft_wrap=True)


@contextmanager
def progress_on(console: Console) -> Iterator[Callable[[str, float], None]]:
    """Show a bar while something is measured; yields what to tell it: the step, and the share done of all.

    Where there is no terminal, a line for each step takes its place: it goes on for an hour, and whoever reads the
    file it is written to wants to know how far it is.
    """
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda what, share: bar.update(task, description=what, completed=share)


# --- The published page -----------------------------------------------------------------------------------


_HOW_TO_REPEAT: Final = """## Measure it yourself

`coach bench hearing DIR...` takes folders of recordings, yours too. Each holds a `manifest.csv` with one line a
file: `path` (as seen from the folder), `text` (what is said in it, lower case) and `kind`; `speaker`, `screen`
(how it is known that no command is in it), `note` and any other column may be there. Kinds:

- `positive`: someone says `text` and nothing else. A phrase of the voice's `understands.toml` is examined as a
  command, a single word also among all the words recorded.
- `negative`: other speech, without any command.
- `noise`: noise; music where its text begins with "music".
- `rir`: a room's impulse response.

Without a folder, synthetic voices alone are examined. The same recordings, model and seed give the same result."""


def as_markdown(report: Report, date: str, picture: str = "") -> str:
    """Return the page to publish.

    Args:
        report: what was measured.
        date: when, as it shall stand there.
        picture: where the picture is, as seen from the page; empty for none.
    """
    parts = [
        "# How well the coach hears",
        f"Generated by `coach bench hearing`; do not edit. Measured {date} with the model `{report.model.name}` "
        f"({report.model.megabytes:.1f} MB, the SHA-256 of its acoustic model begins with "
        f"`{report.model.digest}`) on {report.machine}."
        + (" **A sample of the recordings only.**" if report.is_sample else ""),
        "Every recording goes through the coach's own ears and attention, block by block, as in a session. "
        "*Right* is the command that was said and nothing else, *wrong* any other, *no answer* none within two "
        "seconds (two and a half over its own voice). In square brackets: where the true figure lies with 95 % "
        "confidence (Wilson's interval for shares, Garwood's for rates), if clips were independent; several are "
        "by one person, so take them as a little wider. Milliseconds run from the end of the word, found by its "
        "energy in the clean recording, to the action: median / 95th percentile, counted in sound. Below zero, "
        "the coach acted before the word was over.",
    ]
    if picture:
        parts.append(f"![Recall by condition and command, delays, false accepts]({picture})")
    for corpus, exam in report.exams:
        parts.append(f"## {CORPORA[corpus].capitalize()}: {EXAMS[exam]}")
        parts.append(_markdown(("condition", *_SCORE_HEAD[1:]), _condition_rows(report, corpus, exam)))
        score = report.score(corpus, exam, "quiet")
        if score is not None:
            if exam != "carried":  # its commands are those of the table before
                kind = "word" if exam == "words" else "command"
                parts.append(f"In quiet, by {kind}:")
                parts.append(_markdown((kind, *_SCORE_HEAD[1:]), _command_rows(score)))
            if misheard := score.heard_instead().most_common(12):
                listed = ", ".join(
                    f"{said} → {heard}{f' ({times} x)' if times > 1 else ''}" for (said, heard), times in misheard
                )
                parts.append(f"Taken for something else, most often first: {listed}.")
    if report.watches:
        parts.append("## Acted on, though nobody said it")
        parts.append(
            "Hours are those of the recordings; pauses between them are not counted. *Left alone* are recordings "
            "in which nothing was acted on. The speech is dense: nobody talks for an hour without a breath."
        )
        parts.append(_markdown(_WATCH_HEAD, [_watch_row(watch, report.titles) for watch in report.watches]))
        accepts = [
            f"- {_accept_sentence(accept, watch)}"
            for watch in report.watches
            if watch.grammar != "words"
            for accept in watch.accepts
        ]
        if accepts:
            parts.append("Every one of them, except under the grammar of isolated words:")
            parts.append("\n".join(accepts))
    parts.append("## Speed and memory")
    parts.append(f"{_speed_sentence(report)} {_memory_sentence(report.memory)}")
    parts.append("## The conditions")
    parts.append("\n".join(f"- {condition.title}: {condition.about}." for condition in report.conditions))
    parts.append(_HOW_TO_REPEAT)
    parts.append("## What was not tested")
    parts.append("\n".join(f"- {sentence}" for sentence in report.untested))
    return "\n\n".join(parts) + "\n"


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    lines: list[Sequence[str]] = [head, rule, *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
