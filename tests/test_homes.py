"""Where a person's files lie, and what is said to whoever has no home."""

import os
import pwd
from pathlib import Path

import pytest

from coach.errors import CoachError
from coach.homes import home_folder


def unknown_user() -> int:
    return next(number for number in range(54_321, 65_000) if number not in {it.pw_uid for it in pwd.getpwall()})


def test_home_is_where_the_environment_says():
    assert home_folder({"HOME": "/somewhere"}) == Path("/somewhere")


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", unknown_user)
    with pytest.raises(CoachError, match="Set HOME=/a/folder/of/yours in the environment"):
        home_folder({})
