"""``coach diary`` and ``coach habit``, as a person types them."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from coach.cli import coach
from coach.devices.store import SqliteStore, read_history
from coach.errors import CoachError, StoreBusy
from coach.history import read_past
from coach.planning.diary import Entry, entries_of
from coach.planning.habit import plan_of
from coach.session.messages import Milliseconds, Note

Run = Callable[..., Result]


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


@pytest.fixture
def run(history: Path) -> Run:
    def run(*arguments: str) -> Result:
        done = CliRunner().invoke(coach, [*arguments, "--store", str(history)])
        assert done.exception is None or isinstance(done.exception, CoachError | SystemExit), done.exception
        return done

    return run


def filled(history: Path, days: int) -> None:
    """A diary in which stress and the back rise and fall together, and a session a week ago."""
    at, now = Milliseconds(0), datetime.now().astimezone()
    week_ago = SqliteStore(history, routine="walk", started_at=now - timedelta(days=7))
    with closing(week_ago) as store:
        store.keep(Note(at, "set", "walk", (("completed", True),)))
    for ago in range(days, 0, -1):
        with closing(SqliteStore(history, routine="diary", started_at=now - timedelta(days=ago))) as store:
            store.keep(Note(at, "interview", "", (("interview", "diary"),)))
            for question in ("back", "stress"):
                store.keep(Note(at, "answer", "", (("question", question), ("answer", ago % 7))))


# --- The diary -------------------------------------------------------------------------------------------


def test_an_entry_written_by_keyboard_is_one_like_those_that_are_spoken(run: Run, history: Path) -> None:
    told = run(
        "diary", "--add", "--back", "3", "--stress", "0", "--sleep", "6", "--tag", "Garden", "--tag", "garden"
    )
    assert told.output == "Written: back 3, stress 0, sleep 6, garden.\n"
    (entry,) = entries_of(read_past(history))
    assert (entry.back, entry.stress, entry.sleep, entry.tags) == (3, 0, 6, {"garden"})
    (kept,) = read_history(history)
    assert [note.kind for note in kept.notes] == ["interview", *["answer"] * 4, "end"]
    assert not kept.running


def test_a_later_entry_of_the_day_replaces_what_it_names(run: Run, history: Path) -> None:
    run("diary", "--add", "--back", "3", "--sleep", "6")
    run("diary", "--add", "--back", "5")
    (entry,) = entries_of(read_past(history))
    assert entry == Entry(entry.day, back=5, sleep=6)


def test_the_diary_shows_the_days_with_a_curve_and_what_went_together(run: Run, history: Path) -> None:
    filled(history, 10)
    page = " ".join(run("diary").output.split())
    assert "6 ██████ 6" in page
    assert "Days with more stress went together with a worse back." in page
    assert "That does not say that one causes the other." in page
    assert "more stress a worse back 10, few +1.00" in page


def test_only_the_last_days_are_shown_and_all_are_compared(run: Run, history: Path) -> None:
    filled(history, 10)
    page = run("diary", "--days", "2").output
    assert page.count("█ ") == 1
    assert "+1.00" in page


def test_a_few_days_are_shown_without_any_comparison(run: Run, history: Path) -> None:
    filled(history, 5)
    page = run("diary").output
    assert "Rank correlation" not in page
    assert "From eight days of diary on" in page


def test_an_empty_diary_is_told_and_nothing_is_created(run: Run, history: Path) -> None:
    assert run("diary").output == "Your diary is empty so far.\n"
    assert not history.exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--add",), "Say what to write: --back, --stress, --sleep or --tag."),
        (("--back", "3"), "give --add as well"),
        (("--add", "--back", "11"), "'--back': 11 is not in the range 0<=x<=10"),
        (("--add", "--sleep", "well"), "'--sleep': 'well' is not a valid integer"),
        (("--add", "--tag", "=sum"), "'=sum' is no tag"),
        (("--add", "--tag", ""), "'' is no tag"),
        (("--days", "0"), "'--days'"),
    ],
)
def test_a_senseless_entry_is_a_wrong_command_and_nothing_is_written(
    run: Run, history: Path, options: tuple[str, ...], sentence: str
) -> None:
    told = run("diary", *options)
    assert told.exit_code == 2
    assert sentence in told.output
    assert not history.exists()


def test_nothing_is_written_into_the_diary_beside_a_running_coach(run: Run, history: Path) -> None:
    with closing(SqliteStore(history, routine="now", started_at=datetime.now().astimezone())):
        assert isinstance(run("diary", "--add", "--back", "3").exception, StoreBusy)


def test_an_entry_after_the_history_was_damaged_is_kept_and_the_damage_is_told(run: Run, history: Path) -> None:
    filled(history, 3)
    history.write_bytes(b"\xa5" * 8192)
    told = run("diary", "--add", "--back", "3")
    assert "was damaged" in told.output
    assert [entry.back for entry in entries_of(read_past(history))] == [3]


# --- The habit -------------------------------------------------------------------------------------------


def test_a_plan_is_agreed_on_by_keyboard_and_told_in_words(run: Run, history: Path) -> None:
    assert "There is no plan yet" in run("habit").output
    told = run("habit", "--anchor", "after_coffee", "--late", "a_little").output
    assert "after I make coffee, I do my back." in told
    assert "And if that slips by, then a little" in told
    plan = plan_of(read_past(history))
    assert plan is not None
    assert (plan.anchor, plan.late) == ("after_coffee", "a_little")
    assert run("habit").output == told


def test_missed_days_are_met_with_two_minutes(run: Run, history: Path) -> None:
    filled(history, 1)
    assert "two minutes today are plenty" in run("habit").output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--anchor", "tea", "--late", "a_little"), "'tea' is not one of after_waking, after_coffee"),
        (
            ("--anchor", "after_coffee", "--late", "never"),
            "'never' is not one of a_little, after_work, before_bed",
        ),
        (("--anchor", "after_coffee"), "A plan needs --late too"),
        (("--late", "before_bed"), "A plan needs --anchor too"),
    ],
)
def test_half_a_plan_is_a_wrong_command_with_the_choices(
    run: Run, history: Path, options: tuple[str, ...], sentence: str
) -> None:
    told = run("habit", *options)
    assert told.exit_code == 2
    assert sentence in " ".join(told.output.split())
    assert not history.exists()
