"""The coach as it is installed: its versions side by side, and the unit that systemd runs it by.

``versions`` and ``steps`` need the standard library alone: ``systemd/install.sh`` runs them before anything is
installed. Nothing here has a part in a session.
"""

from coach.errors import CoachError


class ServiceFailed(CoachError):
    """The service, or a version of the coach, could not be installed. What was in use stays in use."""

    exit_code = 11
