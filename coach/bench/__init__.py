"""``coach bench``: what this machine and this model achieve, measured, and held against the targets.

``measure`` takes the measurements, ``show`` prints them. This file stays light, and loads what measures only when
it is asked to: the processes whose start and memory are measured import this package too.
"""

from collections.abc import Callable
from pathlib import Path

from coach.bench.figures import Figure, Figures, Machine, Target, show

__all__ = ["Figure", "Figures", "Machine", "Target", "measure", "show"]


def measure(voice: str, model: Path, warn: Callable[[str], None]) -> Figures:
    """Measure everything; takes one to three minutes, with progress on standard error.

    Args:
        voice: the voice's name, a folder under ``voices/``.
        model: the ears' Vosk model.
        warn: told what the figures do not cover.

    Raises:
        CoachError: something that is to be measured does not work.
    """
    from coach.bench import session_figures  # noqa: PLC0415 - see the module's head

    return session_figures.measure(voice, model, warn)
