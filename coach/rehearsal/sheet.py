"""The blank sheet that every picture is drawn on, and its ink.

matplotlib is an extra and slow to import, so it is imported only when a picture is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coach.errors import CoachError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH: Final = 11.69
"""A4 in landscape, in inches."""

DOTS_AN_INCH: Final = 160

INK: Final = "#1b1f24"
FAINT: Final = "#7d858d"
RULE: Final = "#e3e6e9"


def blank(height: float) -> Figure:
    """Return a white sheet.

    Args:
        height: in inches.

    Raises:
        CoachError: matplotlib is not installed.
    """
    try:
        # Not pyplot: it keeps global state and looks for a display. Here, because it takes long to import.
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise CoachError(
            "The picture needs matplotlib, which is not installed.",
            "Install it: pip install 'lower-back-coach[picture]'.",
        ) from error
    return Figure(figsize=(WIDTH, height), dpi=DOTS_AN_INCH, facecolor="white")
