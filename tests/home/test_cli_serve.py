"""``coach serve`` from the command line: its options, and what stands in its way."""

from datetime import time

import click
import pytest
from click.testing import CliRunner

from coach.cli import coach
from coach.cli_serve import quiet_of, reminder_of
from coach.errors import EarsUnfit
from coach.home.reminders import EVERY_DAY, Quiet, Reminder


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("7:30", Reminder(time(7, 30))),
        ("18.05", Reminder(time(18, 5))),
        ("mon-fri@07:30", Reminder(time(7, 30), frozenset(range(5)))),
        ("sat,sun@10:00", Reminder(time(10), frozenset({5, 6}))),
        ("Sat-Mon@10:00", Reminder(time(10), frozenset({5, 6, 0}))),
        ("monday,wednesday@23:59", Reminder(time(23, 59), frozenset({0, 2}))),
        ("mon-sun@10:00", Reminder(time(10), EVERY_DAY)),
    ],
)
def test_a_reminder_is_written_as_a_time_with_or_without_days(written, meant):
    assert reminder_of(written) == meant


@pytest.mark.parametrize(
    "written", ["", "7", "24:00", "7:60", "someday@7:30", "mon-@7:30", "mon-tue-wed@7:30", "@7:30"]
)
def test_what_is_no_reminder_is_told(written):
    with pytest.raises(click.BadParameter, match=r"is no (time|day of the week)"):
        reminder_of(written)


def test_quiet_hours_are_two_times():
    assert quiet_of("21:30 - 6:00") == Quiet(time(21, 30), time(6))
    with pytest.raises(click.BadParameter, match="22:00-07:00"):
        quiet_of("22-7")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments, **options: CliRunner().invoke(coach, ("serve", *arguments), **options)


@pytest.mark.parametrize("arguments", [("--remind", "noon"), ("--quiet-hours", "always")])
def test_a_wrong_option_is_told_before_anything_is_opened(run, arguments):
    told = run(*arguments)
    assert told.exit_code == 2
    assert "write it like" in told.output or "write them like" in told.output


def test_reminders_can_be_given_by_environment(run):
    told = run("--ears", "nowhere", "--store", "h.sqlite3", env={"COACH_REMIND": "mon-fri@07:30 sat@noon"})
    assert told.exit_code == 2
    assert "sat@noon" in told.output


def test_ears_that_are_not_there_are_told_as_everywhere(run, tmp_path):
    told = run("--ears", "nowhere", "--store", str(tmp_path / "history.sqlite3"), "--remind", "07:30")
    assert isinstance(told.exception, EarsUnfit)
