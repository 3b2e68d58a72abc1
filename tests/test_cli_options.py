"""Options that commands share mean the same wherever they are given."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

import coach.live
from coach.cli import coach as command_line
from coach.cli_doctor import settings_of
from coach.errors import RoomLost
from coach.live import Setup
from coach.voice_queue import USUAL_LEAD_IN


@pytest.fixture
def setup_of(tmp_path, monkeypatch):
    """Run a command up to where the devices would be opened; return what they would be opened with."""
    setups: list[Setup] = []

    @contextmanager
    def no_stage(_voice: object, setup: Setup, *_: object, **__: object) -> Iterator[None]:
        setups.append(setup)
        raise RoomLost("There is no stage.", "Build one.")
        yield

    def run(*arguments: str, **environment: str) -> Setup:
        store = ("--store", str(tmp_path / "history.sqlite3"))
        told = CliRunner().invoke(command_line, [*arguments, *store], env=environment)
        assert isinstance(told.exception, RoomLost), told.output
        return setups[-1]

    monkeypatch.setattr(coach.live, "on_stage", no_stage)
    return run


@pytest.mark.parametrize("command", ["run", "serve"])
def test_the_lead_in_is_an_option_a_setting_or_the_usual_one(setup_of, command):
    assert setup_of(command).lead_in_ms == USUAL_LEAD_IN == 300
    assert setup_of(command, COACH_LEAD_IN="700").lead_in_ms == 700
    assert setup_of(command, "--lead-in", "0", COACH_LEAD_IN="700").lead_in_ms == 0


@pytest.mark.parametrize("command", ["run", "serve"])
@pytest.mark.parametrize("length", ["-1", "2001", "long"])
def test_a_lead_in_that_nobody_could_want_is_refused(command, length):
    told = CliRunner().invoke(command_line, [command, "--lead-in", length])
    assert told.exit_code == 2
    assert "--lead-in" in told.output


@pytest.mark.parametrize("command", ["run", "serve"])
def test_the_help_tells_the_usual_lead_in(command):
    told = CliRunner().invoke(command_line, [command, "--help"])
    assert "--lead-in MS" in told.output
    assert "[default: 300" in told.output


def test_the_help_names_every_setting_of_the_environment():
    told = CliRunner().invoke(command_line, ["--help"]).output
    not_for_people = {"COACH_TRACEBACK", "COACH_EARS_LIST"}
    assert {name for name in settings_of(command_line) if name not in told} == not_for_people
