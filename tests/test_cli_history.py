"""``coach log --check``, ``coach export`` and ``coach forget``, as a person types them.

The commands run inside this process, because starting one takes a second; how errors leave the process is shown
in ``test_cli.py``.
"""

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from coach.cli import coach
from coach.devices.store import SqliteStore, read_history
from coach.errors import CoachError, StoreBusy, StoreFailed
from coach.session.messages import Milliseconds, Note

BEGAN = datetime(2025, 11, 22, 7, 30, tzinfo=timezone(timedelta(hours=1)))
SET = (("round", 1), ("repetitions", 5), ("completed", True), ("seconds", 30))
SESSION = (
    Note(Milliseconds(0), "session", "", (("sets", 2),)),
    Note(Milliseconds(61_000), "set", "cat-camel", SET),
    Note(Milliseconds(90_000), "dream", "", (("of", 'sheep, ünd "more"'), ("share", 0.25))),  # type: ignore[arg-type]
)
INTERVIEW = (
    Note(Milliseconds(0), "interview", "", (("interview", "diary"),)),
    Note(Milliseconds(5_000), "answer", "", (("question", "back"), ("answer", 3))),
)

Run = Callable[..., Result]


def keep(path: Path, routine: str, began: datetime, *notes: Note) -> None:
    with closing(SqliteStore(path, routine=routine, started_at=began)) as store:
        for note in notes:
            store.keep(note)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "history.sqlite3"
    keep(path, "lower-back-circuit", BEGAN, *SESSION)
    keep(path, "diary", BEGAN + timedelta(days=1), *INTERVIEW)
    keep(path, "two-minutes", BEGAN + timedelta(days=2), *SESSION[:2])
    return path


@pytest.fixture
def run(history: Path) -> Run:
    def run(*arguments: str | Path, answer: str = "") -> Result:
        done = CliRunner().invoke(coach, [*map(str, arguments), "--store", str(history)], input=answer)
        assert done.exception is None or isinstance(done.exception, CoachError | SystemExit), done.exception
        return done

    return run


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-4096:] = b"\xa5" * 4096
    path.write_bytes(content)


def on_disk(history: Path) -> bytes:
    return b"".join(file.read_bytes() for file in history.parent.glob("history*"))


# --- Checking --------------------------------------------------------------------------------------------


def test_a_sound_history_is_told_with_what_is_in_it(run: Run) -> None:
    assert "is sound: 2 sessions and 1 interview." in run("log", "--check").output


def test_where_there_is_no_history_there_is_nothing_to_check(run: Run, history: Path) -> None:
    history.unlink()
    assert "nothing to check" in run("log", "--check").output
    assert not history.exists()


def test_a_damaged_history_is_told_with_the_remedy(run: Run, history: Path) -> None:
    damage(history)
    error = run("log", "--check").exception
    assert isinstance(error, StoreFailed)
    assert f"{history} is damaged: " in error.what
    assert ".recover" in error.remedy


def test_a_history_that_was_set_aside_is_mentioned(run: Run, history: Path) -> None:
    (history.parent / "history.damaged-20251122T073000.sqlite3").touch()
    told = run("log", "--check")
    assert "history.damaged-20251122T073000.sqlite3" in told.output
    assert "coach forget --all" in told.output


# --- Exporting -------------------------------------------------------------------------------------------


def test_json_holds_everything_just_as_it_was_noted(run: Run, history: Path) -> None:
    told = json.loads(run("export").output)
    assert told["format"] == "lower-back-coach history"
    with closing(sqlite3.connect(history)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        stored = connection.execute(
            "SELECT session.id, routine, started_at, at_ms, kind, exercise, detail FROM session "
            "JOIN note ON note.session = session.id ORDER BY note.id"
        ).fetchall()
    assert told["schema_version"] == version
    assert datetime.fromisoformat(told["exported_at"]).tzinfo is not None
    assert [
        (
            it["id"],
            it["routine"],
            it["started_at"],
            *(note[key] for key in ("at_ms", "kind", "exercise", "detail")),
        )
        for it in told["sessions"]
        for note in it["notes"]
    ] == [(*row[:-1], json.loads(row[-1])) for row in stored]


def test_csv_is_one_table_with_a_line_for_each_note_and_a_column_for_each_detail(run: Run) -> None:
    lines = list(csv.DictReader(io.StringIO(run("export", "--format", "csv").output)))
    assert [line["note"] for line in lines] == ["session", "set", "dream", "interview", "answer", "session", "set"]
    told = {"session": "1", "of": "lower-back-circuit", "note": "set", "exercise": "cat-camel"}
    times = {"began": "2025-11-22 07:30:00", "time": "2025-11-22 07:31:01"}
    details = {"round": "1", "repetitions": "5", "completed": "yes", "seconds": "30"}
    assert lines[1] == dict.fromkeys(lines[1], "") | told | times | details
    # A column of the table has this name already.
    assert (lines[2]["detail_of"], lines[2]["share"]) == ('sheep, ünd "more"', "0.25")
    assert (lines[4]["question"], lines[4]["answer"]) == ("back", "3")


@pytest.mark.parametrize(
    ("name", "begins"), [("mine.json", b"{"), ("mine.CSV", b"\xef\xbb\xbfsession"), ("mine", b"{")]
)
def test_a_file_is_written_whole_in_the_format_of_its_ending(
    run: Run, tmp_path: Path, name: str, begins: bytes
) -> None:
    target = tmp_path / "out" / name
    target.parent.mkdir()
    target.write_text("before")
    assert "2 sessions and 1 interview" in run("export", "--out", target).output
    assert target.read_bytes().startswith(begins)
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(target.parent.iterdir()) == [target]


def test_the_format_asked_for_wins_over_the_ending(run: Run, tmp_path: Path) -> None:
    run("export", "--format", "csv", "--out", tmp_path / "mine.json")
    assert (tmp_path / "mine.json").read_text("utf-8-sig").startswith("session,")


def test_a_dash_is_the_terminal(run: Run) -> None:
    assert json.loads(run("export", "--out", "-").output)["sessions"]


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("history.sqlite3", "belongs to the history itself"),
        ("history.sqlite3-wal", "belongs to the history itself"),
        (".", "is a folder"),
        ("/dev/null", "is no ordinary file"),
        ("absent/mine.json", "cannot be written to .*absent/mine.json: No such file or directory"),
    ],
)
def test_where_nothing_can_be_written_is_told_and_nothing_is_touched(
    run: Run, history: Path, target: str, sentence: str
) -> None:
    before = history.read_bytes()
    error = run("export", "--out", history.parent / target).exception
    with pytest.raises(CoachError, match=f"{sentence}.*--out"):
        raise error or AssertionError
    assert history.read_bytes() == before
    assert len(read_history(history)) == 3


def test_an_empty_history_is_exported_as_such(run: Run, history: Path) -> None:
    history.unlink()
    assert json.loads(run("export").output)["sessions"] == []
    assert run("export", "--format", "csv").output.strip() == "session,of,began,time,note,exercise"


# --- Forgetting ------------------------------------------------------------------------------------------


def test_a_session_is_forgotten_by_its_number_after_a_question(run: Run, history: Path) -> None:
    told = run("forget", "--session", "1", answer="y\n")
    assert "Forget 1 session and 0 interviews, of 2025-11-22, for good?" in told.output
    assert "Forgotten: 1 session" in told.output
    assert [it.id for it in read_history(history)] == [3, 2]
    assert b"sheep" not in on_disk(history)


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_without_a_clear_yes_nothing_is_forgotten(run: Run, history: Path, answer: str) -> None:
    told = run("forget", "--all", answer=answer)
    assert told.exit_code == 1
    assert "Nothing was forgotten" in told.output
    assert "--yes" in told.output
    assert len(read_history(history)) == 3


def test_what_was_before_a_day_is_forgotten_and_that_day_is_not(run: Run, history: Path) -> None:
    assert "1 session and 1 interview" in run("forget", "--before", "2025-11-24", "--yes").output
    assert [it.id for it in read_history(history)] == [3]
    assert "nothing to forget" in run("forget", "--before", "2025-11-24", "--yes").output


def test_all_is_forgotten_with_what_was_set_aside(run: Run, history: Path) -> None:
    aside = history.parent / "history.damaged-20251122T073000.sqlite3"
    aside.write_bytes(b"sheep")
    assert aside.name in run("forget", "--session", "2", "--yes").output
    assert "what is in damaged histories" in run("forget", "--all", "--yes").output
    assert read_history(history) == []
    assert b"sheep" not in on_disk(history)
    assert not aside.exists()
    assert "nothing to forget" in run("forget", "--all", "--yes").output


def test_a_damaged_history_can_be_forgotten_as_a_whole_only(run: Run, history: Path) -> None:
    damage(history)
    content = bytearray(history.read_bytes())
    content[:100] = bytes(100)
    history.write_bytes(content)
    assert isinstance(run("forget", "--session", "1", "--yes").exception, StoreFailed)
    assert run("forget", "--all", "--yes").exit_code == 0
    assert b"lower-back-circuit" not in on_disk(history)


def test_a_session_that_is_not_there_is_told_and_nothing_is_forgotten(run: Run, history: Path) -> None:
    told = run("forget", "--session", "1", "--session", "9", "--yes")
    assert told.exit_code == 2
    assert "there is no session 9; coach log shows the numbers" in told.output
    assert len(read_history(history)) == 3


@pytest.mark.parametrize("options", [(), ("--all", "--session", "1"), ("--all", "--before", "2025-01-01")])
def test_what_to_forget_has_to_be_said_and_only_once(run: Run, history: Path, options: tuple[str, ...]) -> None:
    told = run("forget", *options, "--yes")
    assert told.exit_code == 2
    assert "either --session, or --before, or --all" in told.output
    assert len(read_history(history)) == 3


@pytest.mark.parametrize("options", [("--session", "0"), ("--session", "one"), ("--before", "yesterday")])
def test_a_senseless_choice_is_a_wrong_command(run: Run, options: tuple[str, ...]) -> None:
    told = run("forget", *options, "--yes")
    assert told.exit_code == 2
    assert options[0] in told.output


def test_nothing_is_forgotten_while_a_coach_is_running(run: Run, history: Path) -> None:
    with closing(SqliteStore(history, routine="now", started_at=BEGAN)):
        assert isinstance(run("forget", "--all", "--yes").exception, StoreBusy)
    assert len(read_history(history)) == 3


def test_another_programs_file_is_refused_and_left_alone(run: Run, history: Path) -> None:
    for name in ("history.sqlite3", "history.sqlite3.lock"):
        (history.parent / name).unlink()
    history.write_text("Today my back was fine.")
    assert isinstance(run("forget", "--all", "--yes").exception, StoreFailed)
    assert history.read_text() == "Today my back was fine."
