"""The soak: days at home in minutes, to find what only shows after days.

The very ``coach.serve`` lives through a week: asleep and called, reminded, asked, led and interrupted thousands of
times; microphones are lost and found, the process is started anew, the clock on the wall jumps, and summer time
begins. Sound, ears and voice are understudies; the history, the calendar, the room that outlasts its devices, the
minds and the loop are the real ones. A second, short phase has the real ears and the real voice, for their memory.

Time in a home is counted in blocks of sound, as everywhere. Only while the coach sleeps and nobody wants anything,
a block of 20 ms counts as 2.4 s on the wall: that is the one way in which the nights are made shorter.

What other modules need stands in this file. Behind it, ``week`` and ``real`` are the two phases, ``world`` is what
both happen in, ``measured`` what they come to, and ``told`` how that is shown. Each phase is a program of its own
(``__main__``), because its memory is what is measured.
"""

from pathlib import Path
from typing import Any

from coach.bench.children import lines_of
from coach.bench.inhabitant import Counts
from coach.bench.soak.measured import Real, Snapshot, Week
from coach.bench.soak.told import as_markdown, rows_of, show

__all__ = ["Real", "Snapshot", "Week", "as_markdown", "rows_of", "show", "soak"]


def soak(days: float, seed: int, voice: str, model: Path, commands: int) -> tuple[Week, Real | None]:
    """Run both phases, each in a process of its own.

    Args:
        days: of the week.
        seed: of all chance.
        voice: the voice's name.
        model: the ears' model.
        commands: how many are said to the real ears; 0: leave that phase out.

    Raises:
        CoachError: one of them failed.
    """
    (week,) = lines_of("coach.bench.soak", "week", str(days), str(seed))
    if not commands:
        return _week_of(week), None
    (real,) = lines_of("coach.bench.soak", "real", voice, str(model), str(commands), str(seed))
    return _week_of(week), _real_of(real)


def _week_of(raw: dict[str, Any]) -> Week:
    return Week(**{**raw, "counts": Counts(**raw["counts"]), "snapshots": _snapshots_of(raw)})


def _real_of(raw: dict[str, Any]) -> Real:
    return Real(**{**raw, "counts": Counts(**raw["counts"]), "snapshots": _snapshots_of(raw)})


def _snapshots_of(raw: dict[str, Any]) -> tuple[Snapshot, ...]:
    return tuple(Snapshot(**one) for one in raw["snapshots"])
