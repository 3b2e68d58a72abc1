"""How well the ears hear: recordings and synthetic voices, played through a session's own ears and attention.

``measure_hearing`` does all the work; ``show``, ``Report.as_json``, ``as_markdown`` and ``draw`` tell the result.
``coach bench hearing`` is the way in.
"""

from coach.bench.hearing.measure import (
    CONDITION_NAMES,
    EVERYTHING,
    SAMPLE,
    Extent,
    Progress,
    measure_hearing,
)
from coach.bench.hearing.picture import draw
from coach.bench.hearing.report import Report, as_markdown, progress_on, show

__all__ = [
    "CONDITION_NAMES",
    "EVERYTHING",
    "SAMPLE",
    "Extent",
    "Progress",
    "Report",
    "as_markdown",
    "draw",
    "measure_hearing",
    "progress_on",
    "show",
]
