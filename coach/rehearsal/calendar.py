"""The calendar's understudy: reminders in memory, for rehearsals and tests, under the same contract."""

from coach.home.reminders import Calendar

NO_REMINDERS = Calendar()


class MemoryCalendar:
    """Keeps a calendar as long as it lives (see ``coach.serve.Kept``)."""

    def __init__(self, calendar: Calendar = NO_REMINDERS) -> None:
        self._calendar = calendar

    @property
    def calendar(self) -> Calendar:
        """The calendar as it was kept last."""
        return self._calendar

    def keep(self, calendar: Calendar) -> None:
        """Keep this from now on."""
        self._calendar = calendar

    def close(self) -> None:
        """Do nothing: there is no file."""
