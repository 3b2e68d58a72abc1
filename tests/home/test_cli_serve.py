"""``coach serve`` from the command line: its options, and what stands in its way."""

from contextlib import closing
from datetime import datetime, time

import click
import pytest
from click.testing import CliRunner

from coach.cli import coach
from coach.cli_serve import quiet_of, reminder_of
from coach.devices.calendar import KeptCalendar
from coach.devices.crashes import Record, read
from coach.errors import ContentBroken, EarsUnfit
from coach.home.reminders import EVERY_DAY, Calendar, Hush, Quiet, Reminder
from coach.live import tell_mistake
from coach.rehearsal.mouth import HummingMouth
from coach.session.messages import Milliseconds

NEVER = Quiet(time(0), time(0))
FOR_EVER = Hush(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("9000-01-01"))


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


# --- Mistakes that keep it from beginning: a service has no screen, and is started again and again -----------


@pytest.fixture
def aloud(tmp_path, monkeypatch):
    """What is said aloud, by day: the words' keys, and the voice that was chosen."""
    told: list[tuple[str, str]] = []
    monkeypatch.setattr("coach.live.tell_mistake", lambda key, voice, *_: told.append((key, voice)))
    with closing(KeptCalendar(tmp_path / "reminders.json", told.append)) as kept:
        kept.keep(Calendar(quiet=NEVER))
    return told


def crashes(tmp_path):
    return read(tmp_path / "crashes.json")


@pytest.mark.parametrize(("name", "value"), [("COACH_REMIND", "7:30am"), ("COACH_LEAD_IN", "long")])
def test_a_setting_that_is_wrong_is_said_aloud_and_counted(run, tmp_path, aloud, name, value):
    told = run(env={name: value, "COACH_STORE": str(tmp_path / "history.sqlite3")})
    assert told.exit_code == 2
    assert value in told.output
    assert aloud == [("trouble_settings", "english")]
    assert crashes(tmp_path).crashes == 1
    assert value in crashes(tmp_path).reason


def test_what_somebody_types_is_told_in_the_terminal_alone(run, tmp_path, aloud):
    told = run("--remind", "7:30am", env={"COACH_STORE": str(tmp_path / "history.sqlite3")})
    assert told.exit_code == 2
    assert aloud == []
    assert crashes(tmp_path) == Record()


@pytest.mark.parametrize("is_night", [False, True])
def test_a_mistake_in_a_file_is_counted_and_said_aloud_but_not_after_a_good_night(run, tmp_path, aloud, is_night):
    if is_night:
        with closing(KeptCalendar(tmp_path / "reminders.json", aloud.append)) as kept:
            kept.keep(Calendar(hush=FOR_EVER))
    own = tmp_path / "config" / "coach" / "routines"
    own.mkdir(parents=True)
    (own / "guidance.toml").write_text("[readiness]\nmoderate_pain_from = 9\n", encoding="utf-8")
    told = run(
        "--store", str(tmp_path / "history.sqlite3"), "--quiet-hours", "00:00-00:00",
        env={"XDG_CONFIG_HOME": str(tmp_path / "config")},
    )  # fmt: skip
    assert isinstance(told.exception, ContentBroken)
    assert aloud == ([] if is_night else [("trouble_content", "english")])
    assert crashes(tmp_path).crashes == 1
    assert "moderate_pain_from" in crashes(tmp_path).reason


@pytest.mark.parametrize("voice", ["english", "englsh"])
def test_where_the_voice_has_the_mistake_the_usual_one_tells_it(monkeypatch, voice):
    played = []
    monkeypatch.setattr("coach.live.say_last", lambda pcm, speaker: played.append((len(pcm) > 0, speaker)))
    monkeypatch.setattr("coach.live.SpeakingMouth", lambda *_, **__: HummingMouth())
    tell_mistake("trouble_content", voice, "usb", Milliseconds(0))
    assert played == [(True, "usb")]
