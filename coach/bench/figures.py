"""A figure: one number that was measured, how, and the target it is held against; and how all of them are shown.

Nothing here measures. A figure that could not be measured has no value: a blank is never taken for a success.
This file loads nothing heavy, because every process whose start is measured loads it (see the package's head).
"""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from coach.bench.reaction import Reaction


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach: at most, or at least."""

    most: float | None = None
    least: float | None = None

    def is_met_by(self, value: float) -> bool:
        """Whether a value is on the right side of every limit given."""
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    Attributes:
        key: its name for other programs; does not change.
        name: its name for people.
        value: what was measured; None where it could not be.
        unit: ``ms``, ``samples``, ``x`` (times real time), ``s``, ``MB`` (a million bytes).
        how: how it was measured, in a phrase.
        target: what it should reach, if anything.
        note: what else a reader must know, like how many were measured.
    """

    key: str
    name: str
    value: float | None
    unit: str
    how: str
    target: Target | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None if there is none. Not measured is not reached."""
        if self.target is None:
            return None
        return self.value is not None and self.target.is_met_by(self.value)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and when it was measured.

    Attributes:
        processor: the model's name.
        cores: how many the system sees.
        system: the operating system.
        python: its version.
        load: processes that wanted to run in the last minute before the start; None where the system keeps none.
    """

    processor: str
    cores: int
    system: str
    python: str
    load: float | None

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        load = "unknown" if self.load is None else f"{self.load:.1f}"
        return f"{self.processor}, {self.cores} cores; {self.system}; Python {self.python}; load at start {load}"


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that was measured.

    Attributes:
        machine: where.
        figures: the numbers, in the order of the table.
        reactions: every single reaction behind the first ones.
        seconds: how long measuring took.
    """

    machine: Machine
    figures: tuple[Figure, ...]
    reactions: tuple[Reaction, ...]
    seconds: float

    def as_json(self) -> str:
        """All of it, for other programs."""
        return json.dumps(
            {
                "machine": asdict(self.machine),
                "figures": [asdict(figure) | {"met": figure.met} for figure in self.figures],
                "reactions": [asdict(reaction) for reaction in self.reactions],
                "seconds": round(self.seconds, 1),
            },
            indent=2,
        )


def this_machine() -> Machine:
    """Look at the machine, before anything is measured."""
    return Machine(
        _processor(),
        os.cpu_count() or 1,
        platform.platform(terse=True),
        platform.python_version(),
        os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    )


_BOARD = Path("/proc/device-tree/model")
_CPU_INFO = Path("/proc/cpuinfo")


def _processor() -> str:
    if _BOARD.is_file():  # a Raspberry Pi says here what it is; its cpuinfo has no name
        return _BOARD.read_text(encoding="utf-8").rstrip("\0")
    lines = _CPU_INFO.read_text(encoding="utf-8").splitlines() if _CPU_INFO.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def middle(values: Sequence[float]) -> float | None:
    """The median; None of nothing."""
    return median(values) if values else None


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The least of the values that so many percent of them do not exceed; None of nothing."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def show(console: Console, figures: Figures) -> None:
    """Print the table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("Figure", overflow="fold", ratio=4)
    table.add_column("Measured", justify="right", no_wrap=True)
    table.add_column("Target", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("How, and what to know", overflow="fold", ratio=6, style="dim")
    for figure in figures.figures:
        colour = {True: "green", False: "red", None: "default"}[figure.met]
        table.add_row(
            escape(figure.name),
            f"[{colour}]{_number(figure.value, figure.unit)}[/]",
            _limit(figure),
            {True: "[green]met[/]", False: "[bold red]missed[/]", None: ""}[figure.met],
            escape("; ".join(filter(None, (figure.note, figure.how)))),
        )
    console.print(table)
    console.print(f"Measured in {figures.seconds:.0f} s on {escape(figures.machine.sentence)}.", soft_wrap=True)


def _limit(figure: Figure) -> str:
    match figure.target:
        case Target(most=None, least=None) | None:
            return ""
        case Target(most=None, least=least):
            return f"≥ {_number(least, figure.unit)}"
        case Target(most=most):
            return f"≤ {_number(most, figure.unit)}"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    digits = 0 if value == round(value) or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()
