"""Where a person's own files lie: in a home, which a user of a container or a service may lack."""

import os
from collections.abc import Mapping
from pathlib import Path

from coach.errors import CoachError


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the person's home.

    Raises:
        CoachError: there is none.
    """
    try:
        return Path(environment.get("HOME") or Path.home())
    except RuntimeError as error:
        raise CoachError(
            "Nobody knows where your files lie: HOME is not set, and this user has no home.",
            "Set HOME=/a/folder/of/yours in the environment.",
        ) from error
