"""The two things that run while a session lasts: lines told one after another, and a timeline of cues.

Both answer one question for the session, "when is your next moment?", and both are plain state machines of a few
fields. Neither knows the table.
"""

import math
from collections import deque
from collections.abc import Iterable

from coach.session.cues import Cue
from coach.session.messages import Milliseconds

NEVER = math.inf
"""Due never."""

BEGINNING = Milliseconds(0)

GAP = Milliseconds(250)
"""The breath between two sentences."""


class Narration:
    """Sentences waiting to be told. One counts as told only when it was heard to its end.

    An interjection (an answer, an acknowledgement) is told at once; the sentence it broke into is then told again
    from its beginning, because half a sentence helps nobody.
    """

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._remark = False
        self._number = 0
        self._telling = 0
        self.due: float = NEVER
        """When the next sentence begins, in session time."""

    @property
    def over(self) -> bool:
        """Whether there is nothing left to tell."""
        return not self._waiting

    @property
    def remaining(self) -> tuple[str, ...]:
        """What was not heard to its end yet."""
        return tuple(self._waiting)

    def tell(self, sentences: Iterable[str], at: Milliseconds) -> None:
        """Forget what was to be told and begin with these."""
        self._waiting = deque(sentences)
        self._remark = False
        self._telling = 0
        self.due = at if self._waiting else NEVER

    def interject(self, sentences: Iterable[str], at: Milliseconds) -> None:
        """Tell these first, beginning now. A remark of one sentence that this breaks into is stale: dropped."""
        if self._remark:
            self._waiting.popleft()
        first = tuple(sentences)
        self._waiting.extendleft(reversed(first))
        self._remark = len(first) == 1
        self._telling = 0
        self.due = at if self._waiting else NEVER

    def begin_next(self) -> tuple[str, int]:
        """Begin the sentence that is due; return it and its number."""
        self.due = NEVER
        self._telling = self.next_number()
        return self._waiting[0], self._telling

    def next_number(self) -> int:
        """A number for one more line, also for those that are not narration."""
        self._number += 1
        return self._number

    def finish(self, number: int, at: Milliseconds) -> bool:
        """Take note that a line was heard to its end; return whether that was the last of the narration."""
        if not self._telling or number != self._telling:
            return False
        self._telling = 0
        self._remark = False
        self._waiting.popleft()
        if self._waiting:
            self.due = at + GAP
            return False
        return True

    def drop(self) -> None:
        """Forget everything."""
        self.tell((), Milliseconds(0))


class Timeline:
    """Cues at fixed offsets from an origin. Holding it moves the origin; nothing else ever does."""

    def __init__(self, cues: tuple[Cue, ...] = (), origin: Milliseconds = BEGINNING) -> None:
        self._cues = cues
        self._origin = origin
        self._next = 0
        self._held_at: Milliseconds | None = None

    @property
    def due(self) -> float:
        """When the next cue falls, in session time."""
        if self._held_at is not None or self._next >= len(self._cues):
            return NEVER
        return self._origin + self._cues[self._next].at

    def take(self) -> Cue:
        """Take the cue that is due."""
        cue = self._cues[self._next]
        self._next += 1
        return cue

    def offset(self, at: Milliseconds) -> Milliseconds:
        """How much of the timeline has passed by then, holds not counted."""
        return Milliseconds(max(0, (at if self._held_at is None else self._held_at) - self._origin))

    def start_at(self, offset: Milliseconds) -> "Timeline":
        """Begin in the middle: what lies before the offset is taken as past."""
        self._origin = Milliseconds(self._origin - offset)
        self._seek(offset)
        return self

    def hold(self, at: Milliseconds) -> None:
        """Stand still. Cues at or after this moment are still to come, even if they were taken a little early."""
        if self._held_at is None:
            self._held_at = at
            self._seek(self.offset(at))

    def go_on(self, at: Milliseconds) -> None:
        """Run again: everything to come moves by as long as the timeline was held."""
        if self._held_at is not None:
            self._origin = Milliseconds(self._origin + at - self._held_at)
            self._held_at = None

    def _seek(self, offset: Milliseconds) -> None:
        self._next = sum(1 for cue in self._cues if cue.at < offset)
