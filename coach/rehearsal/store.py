"""The store's understudy: notes in memory, for rehearsals and tests, under the same contract."""

from coach.errors import StoreFailed
from coach.session.messages import Note


class MemoryStore:
    """Keeps notes in a list (see ``coach.ports.Store``).

    Attributes:
        notes: everything kept so far, in order.
        trouble: set it, and the next ``keep`` raises it once, as the real store does after a full disk.
    """

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.trouble: StoreFailed | None = None

    def keep(self, note: Note) -> None:
        """Append one note; raise the trouble that was set, once."""
        self.notes.append(note)
        trouble, self.trouble = self.trouble, None
        if trouble:
            raise trouble

    def close(self) -> None:
        """Do nothing: there is no file to let go of."""
