"""``coach plan``, as a person types it."""

from contextlib import closing
from datetime import datetime

import pytest
from click.testing import CliRunner

from coach.cli import coach
from coach.devices.store import SqliteStore
from coach.errors import CoachError
from coach.planning.readiness import RED_FLAGS
from coach.session.messages import Milliseconds, Note

MONDAY = datetime.fromisoformat("2026-03-02T08:00:00+01:00")


@pytest.fixture
def history(tmp_path):
    return tmp_path / "history.sqlite3"


@pytest.fixture
def plan(history, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def plan(*arguments):
        done = CliRunner().invoke(coach, ["plan", "--store", str(history), *arguments], env={"COLUMNS": "150"})
        assert done.exception is None, done.output
        return " ".join(done.output.split())  # however wide the terminal is

    return plan


def answered(history, **changed):
    """Somebody answered the questions on readiness on Monday morning."""
    well = {
        **dict.fromkeys(RED_FLAGS, False),
        "pain_now": 1,
        "over_three_months": False,
        "seen_professional": True,
        "herniated_disc": False,
        "other_diagnosis": False,
    }
    with closing(SqliteStore(history, routine="readiness", started_at=MONDAY)) as store:
        store.keep(Note(Milliseconds(0), "interview", "", (("interview", "readiness"),)))
        for question, answer in (well | changed).items():
            store.keep(Note(Milliseconds(1), "answer", "", (("question", question), ("answer", answer))))
        store.keep(Note(Milliseconds(2), "end", "", (("outcome", "completed"),)))


def exercised(history, routine, day, *notes):
    with closing(SqliteStore(history, routine=routine, started_at=MONDAY.replace(day=day))) as store:
        store.keep(Note(Milliseconds(0), "session", "", (("sets", 1),)))
        store.keep(Note(Milliseconds(300_000), "set", "cat-camel", (("repetitions", 10), ("completed", True))))
        for note in notes:
            store.keep(note)
        store.keep(Note(Milliseconds(600_000), "end", "", (("outcome", "completed"),)))


def test_without_a_history_it_says_that_questions_come_first(plan, history):
    told = plan("--date", "2026-03-02")
    assert "a few questions about your back" in told
    assert "coach talk readiness" in told
    assert not history.exists()


def test_it_tells_the_first_day_with_its_exercises_and_the_reason(plan, history):
    answered(history)
    told = plan("--date", "2026-03-02")
    assert "Monday 02 March 2026" in told
    assert "It is our first session" in told
    assert " times" in told or " s" in told
    assert "a walk of ten minutes" in told


def test_a_picture_that_cannot_be_written_is_told_before_anything_is_simulated(tmp_path):
    (tmp_path / "file").touch()
    done = CliRunner().invoke(coach, ["plan", "--simulate", "--out", str(tmp_path / "file" / "weeks.png")])
    assert isinstance(done.exception, CoachError)
    assert "cannot be drawn: File exists. Name a file in a folder of yours with --out." in str(done.exception)
    assert not done.output


def test_a_red_flag_is_told_in_place_of_a_routine(plan, history):
    answered(history, fever=True)
    told = plan("--date", "2026-03-02")
    assert "doctor" in told
    assert "Today:" not in told


def test_pain_in_the_history_makes_a_gentle_day(plan, history):
    answered(history)
    exercised(history, "mobility", 3, Note(Milliseconds(9), "pain", "cat-camel", (("words", "it hurts"),)))
    told = plan("--date", "2026-03-04")
    assert "Your last session brought discomfort" in told
    assert "Today: " in told


def test_the_time_at_hand_counts(plan, history):
    answered(history)
    exercised(history, "mobility", 3)
    assert "two-minute break" in plan("--date", "2026-03-04", "--minutes", "2")


def test_equipment_at_hand_counts(plan, history):
    answered(history)
    exercised(history, "core", 2)
    exercised(history, "mobility", 3)
    exercised(history, "walk", 4)
    with_it = plan("--date", "2026-03-05", "--equipment", "kettlebell")
    assert "kettlebell" in with_it.lower()
    assert "kettlebell" not in plan("--date", "2026-03-05").lower()


def test_the_thresholds_are_listed_with_their_sources(plan):
    told = plan("--rules")
    assert "readiness.severe_pain_from" in told
    assert "WalkBack" in told


def test_the_twelve_weeks_are_a_table_and_a_picture(plan, tmp_path):
    picture = tmp_path / "new" / "weeks.png"
    told = plan("--simulate", "--out", str(picture))
    for name in ("steady", "sore", "irregular", "flare-up"):
        assert name in told
    assert "imagined" in told
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_date_that_is_none_is_refused(history):
    done = CliRunner().invoke(coach, ["plan", "--date", "tomorrow", "--store", str(history)])
    assert done.exit_code == 2
