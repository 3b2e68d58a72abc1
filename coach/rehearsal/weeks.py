"""The twelve weeks of imagined people as a picture: a column each, and in it what grows and what hurts.

This file draws and decides nothing; the weeks are played in ``coach/planning/simulate.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coach.planning.simulate import Simulation
from coach.rehearsal.picture import ALARM, COACH
from coach.rehearsal.sheet import FAINT, INK, RULE, blank

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT: Final = 5.6
WALKING: Final = "#009e73"
"""From the palette of ``picture.py``."""


def draw_weeks(simulations: Sequence[Simulation], path: Path) -> None:
    """Draw the weeks into a PNG file.

    Args:
        simulations: a column each.
        path: the file to write; its folder exists.

    Raises:
        CoachError: matplotlib is not installed.
    """
    figure = blank(HEIGHT)
    figure.text(0.065, 0.95, "Twelve weeks of imagined people", size=15, weight="bold", color=INK, va="center")
    figure.text(
        0.065,
        0.905,
        "Played through the rules of the plan: what they lead to, not a measured benefit.",
        size=8.5,
        color=FAINT,
        va="center",
    )
    grid = figure.subplots(3, len(simulations), sharex=True, sharey="row", squeeze=False)
    figure.subplots_adjust(left=0.065, right=0.985, top=0.83, bottom=0.085, wspace=0.08, hspace=0.22)
    for column, simulation in enumerate(simulations):
        exercises, walks, sessions = (row[column] for row in grid)
        _draw_exercises(exercises, simulation)
        _draw_walks(walks, simulation)
        _draw_sessions(sessions, simulation)
        exercises.set_title(simulation.person.name, size=10, color=INK, loc="left")
    names = ("exercises:\nshare of their ladders", "walks:\nminutes", "sessions a week,\nwith pain")
    for row, name in zip(grid, names, strict=True):
        row[0].set_ylabel(name, size=7.5, color=FAINT)
    for axes in grid.flat:
        _plain(axes)
    for axes in grid[-1]:
        axes.set_xlabel("week", size=7.5, color=FAINT)
    figure.savefig(path, format="png", metadata={"Title": "Twelve weeks of imagined people", "Software": ""})


def _numbers(simulation: Simulation) -> range:
    return range(1, len(simulation.weeks) + 1)


def _draw_exercises(axes: Axes, simulation: Simulation) -> None:
    heights = [week.height for week in simulation.weeks]
    axes.plot(_numbers(simulation), heights, color=COACH, linewidth=1.8)
    axes.set_ylim(0, 1)
    if simulation.person.flare_up:
        axes.axvspan(*_flare_up(simulation), color=ALARM, alpha=0.12, linewidth=0)
        axes.text(_flare_up(simulation)[0] + 0.1, 0.04, "flare-up", size=6.5, color=ALARM)


def _draw_walks(axes: Axes, simulation: Simulation) -> None:
    minutes = [week.walk_minutes for week in simulation.weeks]
    axes.step(_numbers(simulation), minutes, where="mid", color=WALKING, linewidth=1.8)
    axes.set_ylim(0, 35)
    axes.set_yticks([0, 10, 20, 30])


def _draw_sessions(axes: Axes, simulation: Simulation) -> None:
    weeks = simulation.weeks
    axes.bar(_numbers(simulation), [week.sessions for week in weeks], color=FAINT, alpha=0.45, width=0.7)
    axes.bar(_numbers(simulation), [week.pains for week in weeks], color=ALARM, width=0.7)
    axes.set_ylim(0, 7)


def _flare_up(simulation: Simulation) -> tuple[float, float]:
    weeks = simulation.person.flare_up
    return weeks.start + 0.5, weeks.stop + 0.5


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(RULE)
    axes.tick_params(length=0, labelsize=7, labelcolor=FAINT)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xticks([1, 4, 8, 12])
