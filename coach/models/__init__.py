"""Speech models that do not come with the coach: which are published, fetching one, trying it, where it lives.

A model passes through here once, when a person installs it (``coach ears``); a session only asks
``coach/models/shelf.py`` which folder to listen with. Only ``coach/models/download.py`` knows the network.
"""

from coach.errors import CoachError


class InstallFailed(CoachError):
    """A model could not be fetched, or is not fit for use. Whatever was in use stays in use."""

    exit_code = 10


class DiskRefused(InstallFailed):
    """There is no room, or the disk cannot be written. What was fetched is as good as before, and kept."""
