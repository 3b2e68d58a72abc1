"""A session as a picture: who spoke when, the states, the commands and how fast they were obeyed.

Read it like a page of music: each row is two and a half minutes, from left to right. A row has three staves:
the listener's words above, the coach's voice in the middle, what the session was doing below. This file draws
and decides nothing; what a reaction is stands in ``score.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from coach.ports import SAMPLE_RATE, Pcm
from coach.rehearsal.score import Hearing, Reaction, latencies
from coach.rehearsal.sheet import FAINT, INK, RULE, WIDTH, blank
from coach.rehearsal.trace import Trace, Uttered
from coach.session.messages import End, Entered
from coach.session.table import (
    AFTER_PAIN,
    BRIEFING,
    CLOSING,
    ENDED,
    HOLDING,
    MOVING,
    PAUSED,
    READYING,
    RESTING,
    STOPPING,
    WELCOMING,
)
from coach.voice_queue import Played

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_S: Final = 150
"""Seconds in a row: a command is still wide enough to be seen."""

# Inches. Six rows, 15 minutes, make an A4 page in landscape; a longer session makes a longer page.
ROW_HEIGHT: Final = 1.17
HEADER: Final = 0.65
FOOTER: Final = 0.60
LEFT: Final = 0.75
RIGHT: Final = 0.35

COACH: Final = "#0072b2"
ALARM: Final = "#c04a00"

# After the palette of Okabe and Ito (Color Universal Design, 2008), which people with any colour vision can tell
# apart, mixed with white. Related states share a hue and differ in lightness, and wide bands carry their name.
COLOURS: Final = {
    WELCOMING: "#dcebf5",
    BRIEFING: "#a9d3ee",
    READYING: "#56b4e9",
    MOVING: "#4dbb9b",
    HOLDING: "#a8e0cf",
    RESTING: "#e4e7ea",
    PAUSED: "#f0e442",
    **dict.fromkeys(AFTER_PAIN, "#ea8f4b"),
    CLOSING: "#d3a6c3",
    STOPPING: "#c4c9ce",
    ENDED: "#ffffff",
}
OTHER: Final = "#c4c9ce"

FloatArray = NDArray[np.float64]

# A row's staves, in shares of its height.
BAND: Final = (0.00, 0.17)
VOICE: Final = (0.23, 0.53)
WORDS: Final = (0.59, 0.68)
LABELS: Final = (0.75, 0.87, 0.99)

LETTER_S: Final = 0.80
"""Seconds of a row that a letter of the small print takes up: 0.055 inch."""


def draw_picture(trace: Trace, path: Path, title: str, *, sound: Pcm | None = None) -> None:
    """Draw a session into a PNG file.

    Args:
        trace: what happened.
        path: the file to write; its folder exists.
        title: what was rehearsed: the routine's name.
        sound: the loudspeaker's sound from the session's beginning, for the shape of the coach's voice.

    Raises:
        CoachError: matplotlib is not installed.
    """
    length = max(trace.until / 1000, 1.0)
    rows = int(-(-length // ROW_S))
    height = HEADER + rows * ROW_HEIGHT + FOOTER
    figure = blank(height)
    hearing = latencies(trace)
    bands = list(_bands(trace, length))
    envelope = None if sound is None else _envelope(sound)

    _head(figure, title, _figures(trace, hearing), height)
    for row in range(rows):
        top = height - HEADER - row * ROW_HEIGHT
        axes = figure.add_axes(
            (LEFT / WIDTH, (top - ROW_HEIGHT + 0.2) / height, (WIDTH - LEFT - RIGHT) / WIDTH, 0.95 / height)
        )
        _ruled(axes, row * ROW_S, length)
        _draw_bands(axes, bands)
        _draw_voice(axes, trace, envelope)
        _draw_words(axes, trace, hearing)
    _legend(figure, bands, height)
    figure.savefig(path, format="png", metadata={"Title": title, "Software": ""})


# --- What is drawn ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Band:
    """A state from its entry to the next one's, in seconds."""

    state: str
    where: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class _Label:
    """The words of a command, or of a mistake, over the moment they belong to; seconds."""

    at: float
    text: str
    colour: str


def _bands(trace: Trace, length: float) -> Iterator[_Band]:
    entered = trace.each(Entered)
    ends = [at / 1000 for at, _ in entered[1:]] + [length]
    for (at, state), end in zip(entered, ends, strict=False):  # one end too many if nothing was entered
        where = " ".join(filter(None, [state.exercise, state.side]))
        yield _Band(state.state, where, at / 1000, end)


def _envelope(sound: Pcm) -> tuple[FloatArray, FloatArray]:
    """The loudest sample of each 50 ms, as a share of the loudest of all, with its time in seconds."""
    bin_size = SAMPLE_RATE // 20
    samples = np.frombuffer(sound, dtype="<i2").astype(np.float64)
    samples = np.pad(samples, (0, -samples.size % bin_size))
    peaks = np.abs(samples).reshape(-1, bin_size).max(axis=1)
    times = np.arange(peaks.size) * bin_size / SAMPLE_RATE
    return times, peaks / max(1.0, float(peaks.max(initial=0.0)))


def _figures(trace: Trace, hearing: Hearing) -> str:
    """The line of figures under the title."""
    minutes, seconds = divmod(round(trace.until / 1000), 60)
    parts = [f"{minutes}:{seconds:02} min"]
    parts += [end.outcome for _, end in trace.each(End)]
    count = len(hearing.reactions)
    parts.append("1 command" if count == 1 else f"{count} commands")
    if hearing.median is not None and hearing.worst is not None:
        parts.append(f"reaction {hearing.median:.0f} ms median, {hearing.worst} ms worst")
    if hearing.missed:
        parts.append(f"{len(hearing.missed)} not heard")
    if hearing.false_accepts:
        parts.append(f"{len(hearing.false_accepts)} heard that nobody said")
    return "  ·  ".join(parts)


def _labels(hearing: Hearing) -> list[_Label]:
    labels = [
        *(
            _Label(r.end / 1000, f"{_understood(r)}  {r.reaction} ms", ALARM if r.misheard else INK)
            for r in hearing.reactions
        ),
        *(_Label(said.end / 1000, f"{said.words}  not heard", ALARM) for said in hearing.missed),
        *(_Label(at / 1000, f"nobody said “{h.words or h.command}”", ALARM) for at, h in hearing.false_accepts),
    ]
    return sorted(labels, key=lambda label: label.at)


def _understood(reaction: Reaction) -> str:
    return f"{reaction.words} → {reaction.heard.words}" if reaction.misheard else reaction.words


# --- How it is drawn -------------------------------------------------------------------------------------


def _head(figure: Figure, title: str, figures: str, height: float) -> None:
    left = LEFT / WIDTH
    figure.text(left, 1 - 0.30 / height, title, size=15, weight="bold", color=INK, va="center")
    figure.text(left, 1 - 0.53 / height, figures, size=8.5, color=FAINT, va="center")


def _ruled(axes: Axes, begin: float, length: float) -> None:
    """An empty row: its time axis and the names of its staves."""
    axes.set_xlim(begin, begin + ROW_S)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    ticks = [at for at in np.arange(begin, begin + ROW_S + 1, 30) if at <= length + 30]
    axes.set_xticks(ticks, [f"{at // 60:.0f}:{at % 60:02.0f}" for at in ticks])
    axes.tick_params(axis="x", length=0, pad=2, labelsize=6.5, labelcolor=FAINT)
    for at in ticks:
        axes.axvline(at, color=RULE, linewidth=0.6, zorder=0)
    for name, (low, high) in {"you": WORDS, "coach": VOICE, "session": BAND}.items():
        axes.text(
            -0.008,
            (low + high) / 2,
            name,
            transform=axes.transAxes,
            size=6.5,
            color=FAINT,
            ha="right",
            va="center",
        )


def _draw_bands(axes: Axes, bands: list[_Band]) -> None:
    low, high = BAND
    left, right = axes.get_xlim()
    for band in bands:
        begin, end = max(band.begin, left), min(band.end, right)
        if begin >= end or band.state == ENDED:
            continue
        colour = COLOURS.get(band.state, OTHER)
        axes.broken_barh([(begin, end - begin)], (low, high - low), color=colour, edgecolor="white", linewidth=0.5)
        name = band.state.replace("_", " ")
        room = (end - begin) / LETTER_S
        shorter = (name, band.where) if band.state in AFTER_PAIN else (band.where, name)
        for text in (f"{name} · {band.where}" if band.where else name, *shorter):
            if text and len(text) <= room:
                axes.text(
                    (begin + end) / 2,
                    (low + high) / 2 - 0.01,
                    text,
                    size=6,
                    color=INK,
                    ha="center",
                    va="center",
                )
                break


def _draw_voice(axes: Axes, trace: Trace, envelope: tuple[FloatArray, FloatArray] | None) -> None:
    low, high = VOICE
    middle = (low + high) / 2
    left, right = axes.get_xlim()
    lines = [line for _, line in trace.each(Played) if line.begin / 1000 < right and line.end / 1000 > left]
    spans = [(line.begin / 1000, (line.end - line.begin) / 1000) for line in lines]
    if envelope is None:
        axes.broken_barh(spans, (low + 0.06, high - low - 0.12), color=COACH, linewidth=0)
    else:
        axes.broken_barh(spans, (low, high - low), color=COACH, alpha=0.13, linewidth=0)
        times, shares = envelope
        inside = (times >= left) & (times <= right)
        half = shares[inside] * (high - low) / 2
        axes.fill_between(times[inside], middle - half, middle + half, color=COACH, linewidth=0, step="post")
    cuts = [line.end / 1000 for line in lines if line.cut and line.end / 1000 <= right]
    axes.vlines(cuts, low - 0.02, high + 0.02, color=ALARM, linewidth=1.2)


def _draw_words(axes: Axes, trace: Trace, hearing: Hearing) -> None:
    low, high = WORDS
    left, right = axes.get_xlim()
    spans = [(u.begin / 1000, (u.end - u.begin) / 1000) for _, u in trace.each(Uttered) if u.begin / 1000 < right]
    axes.broken_barh(spans, (low, high - low), color=INK, linewidth=0)
    acted = [r.acted / 1000 for r in hearing.reactions if left <= r.acted / 1000 < right]
    axes.vlines(acted, BAND[1], low, color=INK, linewidth=0.6, linestyle=(0, (2, 2)))
    axes.plot(acted, [BAND[1] + 0.02] * len(acted), "v", color=INK, markersize=3)
    taken = [left] * len(LABELS)
    for label in _labels(hearing):
        if not left <= label.at < right:
            continue
        width = len(label.text) * LETTER_S
        begin = min(label.at, right - width)
        level = next((n for n, until in enumerate(taken) if until <= begin), int(np.argmin(taken)))
        taken[level] = begin + width + 1
        axes.vlines(label.at, high, LABELS[level] - 0.06, color=label.colour, linewidth=0.5, zorder=2)
        axes.text(
            begin,
            LABELS[level],
            label.text,
            size=6.5,
            color=label.colour,
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},  # lines pass behind the words
        )


def _legend(figure: Figure, bands: list[_Band], height: float) -> None:
    """The states that occurred, in the order of the table, and the marks."""
    from matplotlib.lines import Line2D  # noqa: PLC0415 - see sheet.py
    from matplotlib.patches import Patch  # noqa: PLC0415

    occurred = {band.state for band in bands}
    swatches: dict[str, Patch] = {}
    for state, colour in COLOURS.items():
        if state in occurred and state != ENDED:
            name = "after pain" if state in AFTER_PAIN else state
            swatches[name] = Patch(color=colour, label=name)
    marks = (
        Line2D([], [], color=INK, linestyle=(0, (2, 2)), linewidth=0.8, marker="v", markersize=3, label="obeyed"),
        Line2D(
            [],
            [],
            color=ALARM,
            linewidth=0,
            marker="|",
            markersize=8,
            markeredgewidth=1.2,
            label="cut short",
        ),
    )
    figure.legend(
        handles=[*swatches.values(), *marks],
        loc="center left",
        bbox_to_anchor=(LEFT / WIDTH, 0.27 / height),
        ncols=len(swatches) + len(marks),
        frameon=False,
        fontsize=7,
        labelcolor=INK,
        handlelength=1.2,
        handletextpad=0.5,
        columnspacing=1.5,
        borderaxespad=0,
        borderpad=0,
    )
