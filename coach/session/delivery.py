"""Delivery: how loud and how fast the coach speaks, as the person asked for; in a session as in an interview."""

from collections.abc import Mapping
from typing import Final

from coach.session.messages import Line, SetVolume

VOLUME_STEP_DB: Final = 4
VOLUME_DB: Final = range(-16, 9)
"""Louder than +8 dB clips the synthesiser's loudest syllables."""

RATE_STEP_WPM: Final = 20
RATE_LEVELS: Final = range(-3, 4)

CUE_WPM: Final = 30
"""Counts and cues are spoken that much brisker than sentences: "halfway" has half a second in a hold of five."""

_VOLUME: Final[Mapping[str, tuple[int, str]]] = {
    "louder": (+VOLUME_STEP_DB, "loudest"),
    "quieter": (-VOLUME_STEP_DB, "quietest"),
}
_RATE: Final[Mapping[str, tuple[int, str]]] = {"slower": (-1, "slowest"), "faster": (+1, "fastest")}
"""By how much each command changes it, and the line for when it goes no further."""


class Delivery:
    """How the coach speaks at present.

    Args:
        words_per_minute: the voice's own rate.
    """

    def __init__(self, words_per_minute: int) -> None:
        self._words_per_minute = words_per_minute
        self._rate = 0
        self._volume = 0

    def line(self, text: str) -> Line:
        """Return a sentence at the rate asked for."""
        return Line(text, self._words_per_minute + self._rate * RATE_STEP_WPM)

    def cue(self, text: str) -> Line:
        """Return a count or cue, which keeps its pace: it has its time in the set."""
        return Line(text, self._words_per_minute + CUE_WPM)

    def change(self, command: str) -> tuple[str, tuple[SetVolume, ...]]:
        """Speak ``louder``, ``quieter``, ``slower`` or ``faster`` from now on.

        Returns:
            The key of what to say to it, and what to do.
        """
        if command in _VOLUME:
            by, limit = _VOLUME[command]
            possible = self._volume + by in VOLUME_DB
            self._volume += by if possible else 0
            return command if possible else limit, (SetVolume(self._volume),)
        by, limit = _RATE[command]
        possible = self._rate + by in RATE_LEVELS
        self._rate += by if possible else 0
        return f"speak_{command}" if possible else limit, ()
