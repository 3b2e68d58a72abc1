"""The result as a picture, on one page: conditions, words, delays, and what was heard that nobody said.

Dots are what was measured, lines where the truth lies with 95 % confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coach.bench.hearing.report import CORPORA, Report
from coach.bench.hearing.tally import Proportion, Rate, Score, Watch
from coach.errors import CoachError
from coach.rehearsal.sheet import FAINT, INK, RULE, blank

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT: Final = 8.27
"""A4 in landscape, in inches."""

# After the palette of Okabe and Ito (Color Universal Design, 2008), told apart with any colour vision; the marks
# differ too.
STYLES: Final = {
    ("human", "words"): ("#0072b2", "o", "people, isolated words"),
    ("human", "commands"): ("#d55e00", "s", "people, commands"),
    ("synthetic", "commands"): ("#009e73", "^", "synthetic voices, commands"),
    ("synthetic", "carried"): ("#cc79a7", "v", "synthetic voices, with words around them"),
}
URGENT: Final = "#d55e00"
OTHERS: Final = "#0072b2"


def draw(report: Report, path: Path) -> None:
    """Draw a report into a PNG file.

    Raises:
        CoachError: matplotlib is not installed, or the file cannot be written.
    """
    figure = blank(HEIGHT)
    figure.text(0.03, 0.955, "How well the coach hears", size=15, weight="bold", color=INK)
    about = f"model {report.model.name}, {report.model.megabytes:.1f} MB, {report.model.digest}"
    if report.is_sample:
        about += "; a sample of the recordings only"
    figure.text(0.03, 0.93, about, size=8, color=FAINT)
    _conditions(figure.add_axes((0.15, 0.50, 0.20, 0.375)), report)
    _delays(figure.add_axes((0.15, 0.175, 0.20, 0.205)), report)
    _words(figure.add_axes((0.45, 0.075, 0.19, 0.80)), report)
    _false_accepts(figure.add_axes((0.80, 0.075, 0.17, 0.80)), report)
    try:
        figure.savefig(path, format="png")
    except OSError as error:
        raise CoachError(
            f"The picture cannot be written to {path}: {error.strerror}.",
            "Name a file in a folder that exists and may be written to.",
        ) from error


def _conditions(axes: Axes, report: Report) -> None:
    asked = {score.condition for score in report.scores}
    conditions = [condition for condition in report.conditions if condition.name in asked]
    _rows(axes, [_short(condition.title) for condition in conditions], "Right, in each condition")
    for place, exam in enumerate(report.exams):
        colour, mark, label = STYLES[exam]
        shift = (place - (len(report.exams) - 1) / 2) * 0.24
        for row, condition in enumerate(conditions):
            score = report.score(*exam, condition.name)
            if score is not None:
                _dot(axes, row + shift, score.right, colour, mark, label if row == 0 else None)
    _percent_axis(axes)
    if report.scores:
        # Outside: there is no corner without dots.
        axes.legend(loc="upper center", bbox_to_anchor=(0.25, -0.03), frameon=False, fontsize=6.5, labelcolor=INK)


def _words(axes: Axes, report: Report) -> None:
    """Commands and words in quiet, the former first: those that people said, and those that were ever missed.

    Nearly a hundred more, said by synthetic voices alone and always understood, would leave no room for the names.
    """
    names: list[str] = []
    always_right = 0
    for exam in ("commands", "words"):
        parts = {corpus: _by_command(report.score(corpus, exam, "quiet")) for corpus in CORPORA}
        everything = sorted({name for part in parts.values() for name in part})
        found = [name for name in everything if name in parts["human"] or not _is_right(parts["synthetic"][name])]
        always_right += len(everything) - len(found)
        for name in found:
            for corpus, part in parts.items():
                if name in part:
                    colour, mark, _ = STYLES[(corpus, exam)]
                    shift = 0.13 if corpus == "synthetic" else -0.13
                    _dot(axes, len(names) + shift, part[name].right, colour, mark)
            names.append(name.replace("_", " ") if exam == "commands" else f'"{name}"')
        if found and exam == "commands":
            axes.axhline(len(names) - 0.5, color=FAINT, linewidth=0.6)
    _rows(axes, names, "Right, in quiet: commands above, isolated words below")
    _percent_axis(axes)
    if always_right:
        more = f"and {always_right} commands by synthetic voices alone, all of them always right"
        axes.set_xlabel(more, size=7, color=FAINT, loc="left")


def _is_right(score: Score) -> bool:
    """Whether every one of them was."""
    return score.right.count == score.right.of


def _by_command(score: Score | None) -> dict[str, Score]:
    return {} if score is None else score.by_command()


def _delays(axes: Axes, report: Report) -> None:
    """How many percent of the right answers in quiet come within so many milliseconds."""
    axes.set_title("End of word to action, in quiet", loc="left", size=8.5, color=INK, weight="bold")
    for corpus, dashes in (("human", "-"), ("synthetic", (0, (4, 2)))):
        score = report.score(corpus, "commands", "quiet")
        if score is None:
            continue
        for colour, urgent, kind in ((URGENT, True, "urgent"), (OTHERS, False, "others")):
            delays = score.only(urgent=urgent).delays
            if not delays.milliseconds:
                continue
            count = len(delays.milliseconds)
            shares = [100 * (place + 1) / count for place in range(count)]
            median, slow = delays.percentile(50), delays.percentile(95)
            label = f"{kind}, {CORPORA[corpus]}: {median:.0f} / {slow:.0f} ms"
            axes.step(
                delays.milliseconds,
                shares,
                where="post",
                color=colour,
                linestyle=dashes,
                linewidth=1.2,
                label=label,
            )
    axes.axvline(0, color=FAINT, linewidth=0.6)
    axes.set_ylim(0, 102)
    axes.set_xlim(left=-500)
    axes.set_xlabel("ms; below: median / 95th percentile", size=7, color=INK)
    axes.set_ylabel("% of right answers", size=7, color=INK)
    if axes.lines[1:]:
        axes.legend(loc="upper left", bbox_to_anchor=(-0.25, -0.2), frameon=False, fontsize=6.5, labelcolor=INK)
    _plain(axes)


def _false_accepts(axes: Axes, report: Report) -> None:
    """Urgent and other mistakes an hour, for each sound that holds no command."""
    watches = [watch for watch in report.watches if watch.grammar != "words"]
    rows = [_watch_label(watch, report) for watch in watches]
    _rows(axes, rows, "Acted on, though nobody said it")
    for row, watch in enumerate(watches):
        _rate(axes, row - 0.14, watch.urgent, URGENT, "s", "urgent" if row == 0 else None)
        _rate(axes, row + 0.14, watch.others, OTHERS, "o", "others" if row == 0 else None)
    # Rates span from none to many: a tenth of the axis is as wide as the rest of it where they are few.
    axes.set_xscale("symlog", linthresh=1.0)
    axes.set_xlim(0, 1000)
    axes.set_xticks([0, 0.5, 1, 2, 5, 10, 100], ["0", "", "1", "", "5", "10", "100"])
    axes.set_xlabel("an hour of recordings", size=7, color=INK, loc="left")
    if watches:
        anchor = (1.05, -0.035)
        axes.legend(loc="upper right", bbox_to_anchor=anchor, ncols=2, frameon=False, fontsize=6.5, labelcolor=INK)
    _plain(axes)


def _watch_label(watch: Watch, report: Report) -> str:
    condition = report.titles.get(watch.condition, watch.condition)
    where = "" if condition == "quiet" else f", {condition}"
    grammar = watch.grammar.replace("_", " ")
    return f"{watch.sound}{where.replace('over its own voice, ', '')}\n{grammar}, {watch.hours:.2g} h"


def _short(title: str) -> str:
    """A condition's title, for the margin."""
    return title.replace("over its own voice, ", "own voice ")


def _dot(axes: Axes, row: float, it: Proportion, colour: str, mark: str, label: str | None = None) -> None:
    low, high = it.interval
    axes.plot([100 * low, 100 * high], [row, row], color=colour, linewidth=0.8, alpha=0.6)
    axes.plot([100 * it.share], [row], color=colour, marker=mark, markersize=3.4, linestyle="", label=label)


def _rate(axes: Axes, row: float, it: Rate, colour: str, mark: str, label: str | None) -> None:
    low, high = it.interval
    axes.plot([low, high], [row, row], color=colour, linewidth=0.8, alpha=0.6)
    axes.plot(
        [it.per_hour],
        [row],
        color=colour,
        marker=mark,
        markersize=3.4,
        linestyle="",
        label=label,
        clip_on=False,
    )


def _rows(axes: Axes, names: Sequence[str], title: str) -> None:
    axes.set_title(title, loc="left", size=8.5, color=INK, weight="bold")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)


def _percent_axis(axes: Axes) -> None:
    axes.set_xlim(0, 101)
    axes.set_xticks([0, 20, 40, 60, 80, 90, 100], [*map(str, (0, 20, 40, 60, 80, 90)), "100 %"])
    _plain(axes)


def _plain(axes: Axes) -> None:
    axes.tick_params(labelsize=6.5, colors=INK, length=0)
    axes.grid(color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(RULE)
