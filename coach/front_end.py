"""The front end: what becomes of the microphone's sound before the ears get it.

The coach's own voice is taken out of it twice, because noticing a person and understanding them ask for different
things: the echo canceller (``coach/devices/echo.py``) serves ``coach/near_end.py``, which notices; the ears are
given what ``coach/echo_path.py`` leaves, once it knows its way.

All of this is learnt from the room. So one front end is kept for as long as the room is, whatever is led in it.
"""

import math

from coach.echo_path import EchoPath
from coach.near_end import NearEnd
from coach.ports import BLOCK_MS, SILENCE, Block, Echo
from coach.session.messages import Milliseconds


class FrontEnd:
    """Takes the coach out of what was recorded, and notices who speaks over it.

    Args:
        echo: the canceller that persons are noticed with.
    """

    def __init__(self, echo: Echo) -> None:
        self._echo = echo
        self._path = EchoPath()
        self._near_end = NearEnd()
        self._blocks = 0

    @property
    def now(self) -> Milliseconds:
        """How much sound it has taken in."""
        return Milliseconds(self._blocks * BLOCK_MS)

    def process(self, microphone: Block, speaker: Block) -> tuple[Block, bool]:
        """Return what to give the ears, and whether somebody speaks over the coach in it.

        While the echo's path is not known yet, somebody is noticed and understood with the same canceller.

        Args:
            microphone: what was recorded.
            speaker: what was handed to the room in the same exchange.
        """
        self._blocks += 1
        noticed = self._echo.cancel(microphone, speaker)
        # Exact zeros hold no echo: a rehearsal's quiet room, which shall cost nothing.
        understood = microphone if microphone == SILENCE else self._path.remove(microphone, speaker)
        if self._path.settled:
            given, unexplained_db = understood, self._path.stands_out_db
        else:
            given, unexplained_db = noticed, -math.inf
        somebody = self._near_end.process(
            microphone, noticed, speaker, given, unexplained_db, path_known=self._path.settled
        )
        return given if self._near_end.echo_is_audible else microphone, somebody

    def was_echo(self, moment: Milliseconds) -> bool:
        """Whether what was heard about then was the coach itself, and nobody else.

        Args:
            moment: on the clock of :attr:`now`.
        """
        return self._near_end.was_echo(moment)

    def forget_the_path(self) -> None:
        """The devices were opened anew: from the loudspeaker to the microphone it takes another time by now.

        Until that is known, what is heard over the coach is the coach, as after a start: it answered its own "how
        strong is it" four times in 12 such changes.
        """
        self._path = EchoPath()
        self._near_end = self._near_end.afresh()
