"""What happened in a session, in order: the record that the transcript, the picture and the bench read.

The loop shows all that happens to a witness, with its session time: events, actions, lines that were played,
errors. A ``Trace`` is such a witness; the listener of a rehearsal writes down in it what they say. Nothing in
this file decides anything, and nothing is ever taken out of a trace: whoever follows it remembers how far they
have read.
"""

from dataclasses import dataclass
from typing import TypeVar

from coach.session.messages import Milliseconds, Passed


@dataclass(frozen=True, slots=True)
class Uttered:
    """The listener says something. Written down at its beginning: the length of rehearsed speech is known.

    Attributes:
        words: what is said.
        begin: when its first sample is recorded, in session time.
        end: when its last sounding sample is.
    """

    words: str
    begin: Milliseconds
    end: Milliseconds


M = TypeVar("M")


class Trace:
    """A witness that remembers all but the passing of time.

    Attributes:
        entries: session time and message, in the order in which they were shown.
        until: the latest session time shown, also by ``Passed``: how long the session lasted.
    """

    __slots__ = ("entries", "until")

    def __init__(self) -> None:
        self.entries: list[tuple[Milliseconds, object]] = []
        self.until = Milliseconds(0)

    def __call__(self, at: Milliseconds, message: object) -> None:
        """Write one message down."""
        self.until = max(self.until, at)
        if type(message) is not Passed:
            self.entries.append((at, message))

    def each(self, kind: type[M]) -> list[tuple[Milliseconds, M]]:
        """All messages of one kind, in order, each with its session time."""
        return [(at, message) for at, message in self.entries if isinstance(message, kind)]
