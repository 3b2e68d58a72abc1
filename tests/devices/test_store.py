"""The real store and its understudy, side by side; then what only a disk can do to the real one."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from coach.devices import store as store_module
from coach.devices.store import MIGRATIONS, SqliteStore, find_damage, forget, read_history, set_aside
from coach.errors import StoreBusy, StoreFailed
from coach.history import past_of, record
from coach.ports import Store
from coach.rehearsal.store import MemoryStore
from coach.session.messages import Milliseconds, Note
from tests.full_disk import full_disk

STARTED_AT = datetime(2025, 11, 22, 7, 30, tzinfo=timezone(timedelta(hours=1)))


def note(number: int) -> Note:
    detail = (("round", 1), ("side", "left arm"), ("repetitions", number), ("completed", True))
    return Note(Milliseconds(number * 1000), "set", "jefferson_curl", detail)


def notes(count: int) -> list[Note]:
    return [note(number) for number in range(1, count + 1)]


def open_store(path: Path) -> SqliteStore:
    return SqliteStore(path, routine="lower_back", started_at=STARTED_AT)


def stored(path: Path) -> list[Note]:
    """All notes of the newest session."""
    sessions = read_history(path, newest=1)
    return list(sessions[0].notes) if sessions else []


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.sqlite3"


# --- The contract, kept by both --------------------------------------------------------------------------


@dataclass
class Stand:
    store: Store
    kept: Callable[[], list[Note]]
    in_trouble: Callable[[], None]
    """Keeps one note, the first, in such a way that the next keep has trouble to tell."""


def real_stand(path: Path) -> Stand:
    store = open_store(path)

    def in_trouble() -> None:
        with full_disk():
            store.keep(note(1))
            assert not store.settle()

    return Stand(store, lambda: stored(path), in_trouble)


def understudy_stand(path: Path) -> Stand:
    store = MemoryStore()

    def in_trouble() -> None:
        store.keep(note(1))
        store.trouble = StoreFailed("The disk is full.")

    return Stand(store, lambda: store.notes, in_trouble)


@pytest.fixture(params=[real_stand, understudy_stand], ids=["real", "understudy"])
def stand(request: pytest.FixtureRequest, history: Path) -> Iterator[Stand]:
    stand = request.param(history)
    yield stand
    with suppress(StoreFailed):
        stand.store.close()


def test_notes_are_kept_whole_and_in_order(stand: Stand) -> None:
    for each in notes(20):
        stand.store.keep(each)
    stand.store.close()
    assert stand.kept() == notes(20)


def test_closing_twice_is_closing_once(stand: Stand) -> None:
    stand.store.keep(note(1))
    stand.store.close()
    stand.store.close()
    assert stand.kept() == notes(1)


def test_trouble_is_told_once_and_loses_nothing(stand: Stand) -> None:
    stand.in_trouble()
    with pytest.raises(StoreFailed):
        stand.store.keep(note(2))
    stand.store.keep(note(3))
    stand.store.close()
    assert stand.kept() == notes(3)


# --- What is written -------------------------------------------------------------------------------------


def test_a_note_is_on_the_disk_as_soon_as_the_writer_has_settled(history: Path) -> None:
    with closing(open_store(history)) as store:
        for number in range(1, 4):
            store.keep(note(number))
            assert store.settle()
            assert stored(history) == notes(number)


def test_the_writer_syncs_each_note_and_keeps_references_whole(history: Path) -> None:
    # What a kill cannot show, because the system's cache outlives the process: only the plug would.
    with closing(open_store(history)) as store:
        settings = [
            store._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    full, on = 2, 1
    assert settings == ["wal", full, on]


def test_keeping_does_not_wait_for_the_disk(history: Path) -> None:
    with closing(open_store(history)) as store, closing(sqlite3.connect(history)) as other:
        other.execute("BEGIN IMMEDIATE")  # nobody else can write now
        for each in notes(3):
            store.keep(each)
        assert stored(history) == []
        other.rollback()
        assert store.settle()
        assert stored(history) == notes(3)


def test_a_session_is_recorded_with_its_routine_and_its_local_beginning(history: Path) -> None:
    with closing(open_store(history)) as store:
        store.keep(note(1))
    (session,) = read_history(history, newest=10)
    assert (session.routine, session.started_at) == ("lower_back", STARTED_AT)
    assert session.started_at.utcoffset() == timedelta(hours=1)


def test_a_coach_that_failed_before_its_first_note_leaves_no_session(history: Path) -> None:
    open_store(history).close()
    assert read_history(history, newest=10) == []


def test_a_beginning_without_a_time_zone_is_refused(history: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        SqliteStore(history, routine="lower_back", started_at=STARTED_AT.replace(tzinfo=None))


def test_what_was_read_before_is_not_read_again_unless_a_note_has_come_to_it(history: Path) -> None:
    for day in (1, 2):
        with closing(SqliteStore(history, routine="walk", started_at=STARTED_AT - timedelta(day))) as store:
            store.keep(note(1))
    with closing(open_store(history)) as store:
        store.keep(note(1))
        assert store.settle()
        before = read_history(history)
        store.keep(note(2))
    third, second, first = read_history(history, before=before)
    assert first is before[2]
    assert second is before[1]
    assert list(third.notes) == notes(2)
    assert [third, second, first] == read_history(history)


def test_what_was_read_before_and_forgotten_since_is_not_handed_back(history: Path) -> None:
    for _ in range(2):
        with closing(open_store(history)) as store:
            store.keep(note(1))
    before = read_history(history)
    forget(history, [1], STARTED_AT)
    assert read_history(history, before=before) == before[:1]
    forget(history, None, STARTED_AT)
    with closing(SqliteStore(history, routine="lower_back", started_at=STARTED_AT + timedelta(1))) as store:
        store.keep(note(7))
    (only,) = read_history(history, before=before)
    assert list(only.notes) == [note(7)]


def test_sessions_come_newest_first_and_only_as_many_as_asked_for(history: Path) -> None:
    for number in range(1, 5):
        with closing(SqliteStore(history, routine=f"routine_{number}", started_at=STARTED_AT)) as store:
            store.keep(note(number))
    assert [session.routine for session in read_history(history, newest=3)] == [
        "routine_4",
        "routine_3",
        "routine_2",
    ]


def test_plain_sql_finds_sets_pauses_pain_and_changes_in_columns(history: Path) -> None:
    at = Milliseconds(60_000)
    with closing(open_store(history)) as store:
        store.keep(Note(at, "session", "", (("sets", 9),)))
        set_detail = (("round", 2), ("side", "left arm"), ("repetitions", 4), ("planned", 5), ("seconds", 30))
        way = (("variant", "bent knees"), ("level", -1), ("completed", False), ("ended", "pain"))
        store.keep(Note(at, "set", "curl", (*set_detail, *way)))
        store.keep(Note(at, "pause", "curl", (("state", "REPEATING"),)))
        words = (("words", "ow"), ("state", "REPEATING"), ("round", 2))
        told = (("where", "hip"), ("strength", 4), ("kind", "dull"), ("response", "easier"))
        store.keep(Note(at, "pain", "curl", words))
        store.keep(Note(at, "pain", "curl", words))
        store.keep(Note(at, "pain_told", "curl", (("strength", 7), ("response", "end"))))
        store.keep(Note(at, "pain_told", "curl", told))  # corrected
        store.keep(Note(at, "red_flag", "curl", (("words", "i'm dizzy"), ("state", "REPEATING"))))
        store.keep(Note(at, "change", "curl", (("what", "easier"), ("to", "bent knees"))))
        store.keep(Note(Milliseconds(90_000), "end", "", (("outcome", "eased"),)))
    assert rows(history, "SELECT * FROM set_done") == [
        (1, 60_000, "curl", 2, "left arm", 4, 5, 30, "bent knees", 0, -1, "pain")
    ]
    assert rows(history, "SELECT * FROM pause") == [(1, 60_000, "curl", "REPEATING")]
    place = (1, 60_000, "curl", 2, "ow", "REPEATING")
    assert rows(history, "SELECT * FROM pain") == [
        (*place, None, None, None, None, 0),
        (*place, "hip", 4, "dull", "easier", 0),
        (1, 60_000, "curl", None, "i'm dizzy", "REPEATING", None, None, None, None, 1),
    ]
    assert rows(history, "SELECT * FROM change") == [(1, 60_000, "curl", "easier", "bent knees")]
    assert rows(history, "SELECT * FROM summary") == [
        (1, "2025-11-22T07:30:00+01:00", "lower_back", 1.5, "eased", 1, 4, 1, 2, 1)
    ]


def keep_interview(history: Path, *answers: tuple[str, str | int | bool]) -> None:
    with closing(SqliteStore(history, routine="morning", started_at=STARTED_AT)) as store:
        store.keep(Note(Milliseconds(0), "interview", "", (("interview", "morning"), ("questions", 4))))
        for question, answer in answers:
            store.keep(Note(Milliseconds(5_000), "answer", "", (("question", question), ("answer", answer))))
        store.keep(Note(Milliseconds(9_000), "end", "", (("outcome", "completed"), ("conclusion", "go"))))


def test_plain_sql_tells_interviews_from_sessions_and_finds_the_answers_that_count(history: Path) -> None:
    with closing(open_store(history)) as store:
        store.keep(note(1))
    keep_interview(
        history,
        ("back", 4),
        ("back", 3),  # "no, three"
        ("over_three_months", True),
        ("leg_weakness", False),
        ("stress", "skipped"),
        ("pain_now", 5),
        ("pain_now", "withdrawn"),
        ("sleep", "unsure"),
    )
    began = "2025-11-22T07:30:00+01:00"
    assert rows(history, "SELECT * FROM interview") == [(2, began, "morning", "completed", "go")]
    assert rows(history, "SELECT session FROM summary") == [(1,)]
    assert rows(history, "SELECT * FROM answer") == [
        (2, began, "morning", 5_000, "back", 3),
        (2, began, "morning", 5_000, "over_three_months", "yes"),
        (2, began, "morning", 5_000, "leg_weakness", "no"),
        (2, began, "morning", 5_000, "sleep", "unsure"),
    ]


def test_what_is_written_cannot_be_rewritten(history: Path) -> None:
    with closing(open_store(history)) as store:
        store.keep(note(1))
    for table in ("session", "note"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            rows(history, f"UPDATE {table} SET id = 7")


def test_only_the_owner_can_read_a_history(history: Path) -> None:
    with closing(open_store(history)) as store:
        store.keep(note(1))
        assert store.settle()
        modes = {file.name: file.stat().st_mode & 0o777 for file in history.parent.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    assert history.parent.stat().st_mode & 0o777 == 0o700


# --- Two coaches, and readers ----------------------------------------------------------------------------


def test_a_second_coach_on_the_same_history_is_told_who_is_first(history: Path) -> None:
    with closing(open_store(history)), pytest.raises(StoreBusy) as busy:
        open_store(history)
    assert str(history) in busy.value.what
    assert f"process {os.getpid()}" in busy.value.what
    assert "--store" in busy.value.remedy
    open_store(history).close()


def test_a_second_coach_is_recognised_under_another_name_of_the_file(history: Path, tmp_path: Path) -> None:
    with closing(open_store(history)):
        alias = tmp_path / "alias.sqlite3"
        alias.symlink_to(history)
        with pytest.raises(StoreBusy):
            open_store(alias)


def test_the_history_is_read_while_a_coach_writes_it(history: Path) -> None:
    with closing(open_store(history)) as store:
        store.keep(note(1))
        store.settle()
        (session,) = read_history(history, newest=10)
        assert session.running
        assert list(session.notes) == notes(1)
        store.keep(note(2))
        assert store.settle()
    assert not read_history(history, newest=10)[0].running


def test_an_old_session_does_not_run_because_a_new_coach_has_just_opened(history: Path) -> None:
    with closing(open_store(history)) as store:
        store.keep(note(1))
    later = STARTED_AT + timedelta(days=1)
    with closing(SqliteStore(history, routine="lower_back", started_at=later)):
        assert not read_history(history, newest=1)[0].running


def test_reading_creates_nothing(history: Path) -> None:
    assert read_history(history, newest=10) == []
    assert not history.parent.exists()


WRITES_UNTIL_KILLED = """
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from coach.devices.store import SqliteStore
from coach.session.messages import Milliseconds, Note
from tests.full_disk import full_disk

store = SqliteStore(Path(sys.argv[1]), routine="lower_back", started_at=datetime.now(UTC))
for number in count(1):
    store.keep(Note(Milliseconds(number), "set", "curl", (("repetitions", number),)))
    assert store.settle()
    print(number, flush=True)
"""


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_coach_loses_nothing_that_was_written_and_blocks_nobody(history: Path, seed: int) -> None:
    acknowledged = random.Random(seed).randint(1, 60)
    with subprocess.Popen([sys.executable, "-c", WRITES_UNTIL_KILLED, history], stdout=subprocess.PIPE) as child:
        assert child.stdout
        for number in range(1, acknowledged + 1):
            assert child.stdout.readline() == b"%d\n" % number
        child.send_signal(signal.SIGKILL)  # it has gone on writing meanwhile
    (session,) = read_history(history, newest=10)
    assert not session.running
    written = [each.at for each in session.notes]
    assert len(written) >= acknowledged
    assert written == list(range(1, len(written) + 1))
    with closing(open_store(history)) as store:
        store.keep(note(1))
    assert rows(history, "PRAGMA integrity_check") == [("ok",)]
    assert [len(session.notes) for session in read_history(history, newest=10)] == [1, len(written)]


# --- Full and forbidden disks ----------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 512 KiB, in memory."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(mounting, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a small disk needs root; test_trouble_is_told_once... fills one by a limit instead")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    return ballast


def test_on_a_full_disk_the_session_goes_on_and_nothing_is_lost_once_there_is_space(small_disk: Path) -> None:
    history = small_disk / "history.sqlite3"
    with closing(open_store(history)) as store:
        store.keep(note(1))
        assert store.settle()
        ballast = fill(small_disk)
        store.keep(note(2))
        assert not store.settle()
        with pytest.raises(StoreFailed) as full:
            store.keep(note(3))
        assert "disk is full" in full.value.what
        assert str(history) in full.value.what
        assert "Free some space" in full.value.remedy
        store.keep(note(4))  # told once is enough
        assert not store.settle()
        assert stored(history) == notes(1)
        ballast.unlink()
        store.keep(note(5))
        assert store.settle()
        assert stored(history) == notes(5)
    assert rows(history, "PRAGMA integrity_check") == [("ok",)]


def test_closing_on_a_disk_that_stays_full_says_how_much_is_lost(small_disk: Path) -> None:
    history = small_disk / "history.sqlite3"
    store = open_store(history)
    store.keep(note(1))
    assert store.settle()
    fill(small_disk)
    store.keep(note(2))
    with pytest.raises(StoreFailed, match=r"^1 note of this session could not be saved.*disk is full"):
        store.close()
    store.close()
    assert stored(history) == notes(1)


def test_closing_writes_what_waited_for_space(small_disk: Path) -> None:
    history = small_disk / "history.sqlite3"
    with closing(open_store(history)) as store:
        ballast = fill(small_disk)
        store.keep(note(1))
        assert not store.settle()
        ballast.unlink()
    assert stored(history) == notes(1)


def test_a_history_cannot_begin_on_a_full_disk(small_disk: Path) -> None:
    fill(small_disk)
    with pytest.raises(StoreFailed, match="disk is full"):
        open_store(small_disk / "history.sqlite3")


def test_a_read_only_disk_is_refused_for_writing_but_can_be_read(small_disk: Path) -> None:
    history = small_disk / "history.sqlite3"
    with closing(open_store(history)) as store:
        store.keep(note(1))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreFailed, match=r"Read-only file system .*--store"):
        open_store(history)
    assert stored(history) == notes(1)


def test_trouble_is_told_again_after_writing_had_worked_in_between(history: Path) -> None:
    with closing(open_store(history)) as store:
        for first in (1, 3):
            with full_disk():
                store.keep(note(first))
                assert not store.settle()
            with pytest.raises(StoreFailed):
                store.keep(note(first + 1))
            assert store.settle()
    assert stored(history) == notes(4)


@pytest.fixture
def closed_directory(tmp_path: Path) -> Iterator[Path]:
    """A directory that this process may neither enter nor change."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root may do everything everywhere; nobody may not
    yield closed
    os.seteuid(user)


def test_a_place_where_the_coach_may_not_write_is_named(closed_directory: Path) -> None:
    with pytest.raises(StoreFailed, match=r"closed/history.sqlite3 .*written: Permission denied.* --store"):
        open_store(closed_directory / "history.sqlite3")


def test_a_history_that_may_not_be_read_is_not_mistaken_for_none(closed_directory: Path) -> None:
    with pytest.raises(StoreFailed, match=r"closed/history.sqlite3 .*read: Permission denied.* --store"):
        read_history(closed_directory / "history.sqlite3", newest=10)


def test_a_directory_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match=f"{tmp_path} cannot be written.*--store"):
        open_store(tmp_path)


# --- Files that are no (good) history --------------------------------------------------------------------


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    diary = tmp_path / "diary.txt"
    diary.write_text("Today my back was fine.")
    for _ in range(2):
        with pytest.raises(StoreFailed, match=r"diary.txt is not a history of the coach. .*--store"):
            open_store(diary)
    assert [file.name for file in tmp_path.iterdir()] == ["diary.txt"]
    assert diary.read_text() == "Today my back was fine."


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "recipes.sqlite3"
    rows(other, "CREATE TABLE recipe (name TEXT)")
    before = other.read_bytes()
    for _ in range(2):
        with pytest.raises(StoreFailed, match="not a history of the coach"):
            open_store(other)
    with pytest.raises(StoreFailed, match="not a history of the coach"):
        read_history(other, newest=10)
    assert other.read_bytes() == before


def test_a_newer_coachs_history_is_refused_with_the_remedy(history: Path) -> None:
    open_store(history).close()
    rows(history, f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    for use in (open_store, lambda path: read_history(path, newest=10)):
        with pytest.raises(StoreFailed, match="newer coach") as newer:
            use(history)
        assert "Update this coach" in newer.value.remedy


def test_an_older_history_opens_in_a_newer_coach_with_everything_in_it(
    history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(history)) as store:
        store.keep(note(1))
    monkeypatch.setattr(store_module, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE diary (words TEXT);"))
    open_store(history).close()
    assert rows(history, "PRAGMA user_version") == [(len(MIGRATIONS) + 1,)]
    assert rows(history, "SELECT * FROM diary") == []
    assert stored(history) == notes(1)


def test_a_migration_that_fails_leaves_the_history_as_it_was(
    history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(history)) as store:
        store.keep(note(1))
    half = "CREATE TABLE diary (words TEXT); CREATE TABLE note (already TEXT);"
    monkeypatch.setattr(store_module, "MIGRATIONS", (*MIGRATIONS, half))
    with pytest.raises(StoreFailed):
        open_store(history)
    monkeypatch.undo()
    assert rows(history, "SELECT count(*) FROM sqlite_master WHERE name = 'diary'") == [(0,)]
    open_store(history).close()
    assert stored(history) == notes(1)


VERSION_1 = Path(__file__).parent / "history-version-1.sql"
"""A history as the first version of the coach wrote it: two sessions, the second interrupted."""


@pytest.fixture
def old_history(history: Path) -> Path:
    history.parent.mkdir()
    with closing(sqlite3.connect(history)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(VERSION_1.read_text())
    return history


def test_a_history_of_the_first_version_is_read_as_it_is(old_history: Path) -> None:
    before = old_history.read_bytes()
    newest, oldest = read_history(old_history)
    assert (newest.routine, len(newest.notes)) == ("two-minutes", 2)
    assert (oldest.routine, len(oldest.notes)) == ("lower-back-circuit", 6)
    assert oldest.notes[2].exercise == "cat-camel"
    assert dict(oldest.notes[3].detail) == {"state": "moving", "round": 1, "side": "", "words": "it hurts"}
    assert old_history.read_bytes() == before


def test_a_history_of_the_first_version_is_migrated_and_written_on(old_history: Path) -> None:
    tables = [rows(old_history, f"SELECT * FROM {table} ORDER BY id") for table in ("session", "note")]
    open_store(old_history).close()
    assert rows(old_history, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert [rows(old_history, f"SELECT * FROM {table} ORDER BY id") for table in ("session", "note")] == tables
    assert find_damage(old_history) == []
    with closing(open_store(old_history)) as store:
        store.keep(note(1))
    keep_interview(old_history, ("back", 3))
    assert rows(old_history, "SELECT session, sets, pains FROM summary") == [(1, 1, 1), (2, 0, 0), (3, 1, 0)]
    assert rows(old_history, "SELECT session FROM interview") == [(4,)]


def test_the_first_version_refuses_a_newer_file_with_the_remedy(
    history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(history).close()
    before = history.read_bytes()
    monkeypatch.setattr(store_module, "MIGRATIONS", MIGRATIONS[:1])  # what a coach of the first version knows
    with pytest.raises(StoreFailed, match=r"written by a newer coach .* Update this coach"):
        open_store(history)
    assert history.read_bytes() == before


def schema(path: Path) -> list[tuple[object, ...]]:
    return rows(path, "SELECT type, name, sql FROM sqlite_master ORDER BY name")


def test_a_migrated_history_is_no_different_from_a_new_one(old_history: Path, tmp_path: Path) -> None:
    open_store(old_history).close()
    open_store(tmp_path / "new.sqlite3").close()
    assert schema(old_history) == schema(tmp_path / "new.sqlite3")


DIES_IN_MID_MIGRATION = """
import os, signal, sqlite3, sys
from datetime import UTC, datetime
from pathlib import Path
from coach.devices import store

def connect(*arguments, _connect=sqlite3.connect, **options):
    connection = _connect(*arguments, **options)
    connection.create_function("pull_the_plug", 0, lambda: os.kill(os.getpid(), signal.SIGKILL))
    return connection

sqlite3.connect = connect
done = store.MIGRATIONS[:int(sys.argv[2])]
rest = store.MIGRATIONS[int(sys.argv[2]):]
store.MIGRATIONS = (*done, "".join(rest) + "CREATE TABLE half (way TEXT); SELECT pull_the_plug();", *rest[1:])
store.SqliteStore(Path(sys.argv[1]), routine="lower_back", started_at=datetime.now(UTC))
"""


def test_a_power_cut_in_mid_migration_leaves_the_old_history_whole(old_history: Path) -> None:
    before = schema(old_history)
    child = subprocess.run([sys.executable, "-c", DIES_IN_MID_MIGRATION, old_history, "1"], check=False)
    assert child.returncode == -signal.SIGKILL
    assert rows(old_history, "PRAGMA user_version") == [(1,)]
    assert schema(old_history) == before
    assert rows(old_history, "PRAGMA integrity_check") == [("ok",)]
    assert [len(session.notes) for session in read_history(old_history)] == [2, 6]
    open_store(old_history).close()
    assert rows(old_history, "PRAGMA user_version") == [(len(MIGRATIONS),)]


# --- Finding damage --------------------------------------------------------------------------------------


def test_a_sound_history_has_no_damage_and_is_not_changed_by_looking(unplugged: Path) -> None:
    before = unplugged.read_bytes()
    assert find_damage(unplugged) == []
    assert unplugged.read_bytes() == before


def test_where_there_is_no_history_there_is_no_damage(history: Path) -> None:
    assert find_damage(history) == []
    assert not history.parent.exists()


SPOILED_ROWS = (
    "0, 'set', '', '{torn'",
    "0, 'set', '', '[]'",
    "0, 'set', '', printf('%.9999c', '[')",
    "0, 'set', '', CAST(x'7b22ff223a317d' AS TEXT)",
    "0, 'set', '', x'7b7d'",
    "0, 'set', CAST(x'ff' AS TEXT), '{}'",
    "0, CAST(x'ff' AS TEXT), '', '{}'",
    "x'0102', 'set', '', '{}'",
    "'soon', 'set', '', '{}'",
    "-1, 'set', '', '{}'",
    "1 << 62, 'set', '', '{}'",
    """0, 'set', '', '{"repetitions": null}'""",
    """0, 'set', '', '{"repetitions": [5]}'""",
    """0, 'set', '', '{"repetitions": 1e999}'""",
    """0, 'set', '', '{"repetitions": NaN}'""",
    """0, 'set', '', '{"variant": "\\ud83d"}'""",
)
"""What SQLite takes into a row of ``note``, and no coach ever wrote: time, kind, exercise, details."""


@pytest.mark.parametrize(
    ("insert", "told"),
    [
        ("INSERT INTO note VALUES (7, 99, 0, 'set', '', '{}')", "note 7 belongs to no session"),
        *((f"INSERT INTO note VALUES (7, 1, {row})", "note 7 is spoiled") for row in SPOILED_ROWS),
        ("INSERT INTO session VALUES (7, 'x', 'soon')", "session 7 began at no time that can be read: 'soon'"),
        ("INSERT INTO session VALUES (7, 'x', x'00')", r"session 7 began at no time that can be read: b'\x00'"),
        (f"INSERT INTO session VALUES (7, x'00', '{STARTED_AT}')", r"session 7 is of no routine: b'\x00'"),
    ],
)
def test_what_another_program_spoiled_is_found_and_everything_else_is_read(
    history: Path, insert: str, told: str
) -> None:
    with closing(open_store(history)) as store:
        store.keep(note(1))
    with closing(sqlite3.connect(history)) as other:
        other.execute(insert)
        other.commit()
    assert find_damage(history) == [told]
    assert [list(recorded.notes) for recorded in read_history(history)] == [notes(1)]


def test_one_flipped_bit_in_a_note_costs_at_most_that_note(history: Path) -> None:
    with closing(open_store(history)) as store:
        for each in notes(3):
            store.keep(each)
    sound = history.read_bytes()
    row = sound.index(b'setjefferson_curl{"round": 1, "side": "left arm", "repetitions": 2,')
    for at in range(row, sound.index(b"}", row) + 1):
        for bit in range(8):
            content = bytearray(sound)
            content[at] ^= 1 << bit
            history.write_bytes(content)
            (session,) = read_history(history)
            assert [it for it in session.notes if it.at != note(2).at] == [note(1), note(3)]
            record(session)
            past_of([session], {})


@pytest.mark.parametrize("kind", ["pain", "red_flag", "pain_told"])
def test_of_a_spoiled_note_about_a_pain_it_is_kept_that_there_was_one(history: Path, kind: str) -> None:
    with closing(open_store(history)) as store:
        store.keep(note(1))
    with closing(sqlite3.connect(history)) as other:
        other.execute("INSERT INTO note VALUES (7, 1, x'00', ?, CAST(x'ff' AS TEXT), '{torn')", (kind,))
        other.execute("INSERT INTO note VALUES (8, 1, 9, ?, 'curl', '{torn')", (kind,))
        other.commit()
    assert find_damage(history) == ["note 7 is spoiled", "note 8 is spoiled"]
    assert [(it.at, it.kind, it.exercise) for it in stored(history)[1:]] == [(0, kind, ""), (9, kind, "curl")]


def damage_header(content: bytearray) -> None:
    content[:100] = bytes(100)


def damage_schema(content: bytearray) -> None:
    content[100:1000] = b"\xff" * 900


def damage_name_in_message(content: bytearray) -> None:
    content[content.index(b"CREATE VIEW summary") + len(b"CREATE VIEW")] ^= 0x80


def damage_name_of_column(content: bytearray) -> None:
    content[content.index(b"at_ms    INTEGER")] ^= 0x80


def damage_rows(content: bytearray) -> None:
    content[-4096:] = b"\xa5" * 4096


def damage_length(content: bytearray) -> None:
    del content[len(content) // 2 :]


@pytest.fixture(scope="module")
def well_filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A whole history of some pages."""
    path = tmp_path_factory.mktemp("well_filled") / "history.sqlite3"
    with closing(open_store(path)) as store:
        for each in notes(120):
            store.keep(each)
    return path.read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        damage_header,
        damage_schema,
        damage_name_in_message,
        damage_name_of_column,
        damage_rows,
        damage_length,
    ],
)
def test_a_damaged_history_is_set_aside_and_told_and_a_new_one_begins(
    history: Path, well_filled: bytes, damage: Callable[[bytearray], None]
) -> None:
    open_store(history).close()
    content = bytearray(well_filled)
    damage(content)
    history.write_bytes(content)

    with closing(open_store(history)) as store:
        with pytest.raises(StoreFailed, match="was damaged: it is kept as") as told:
            store.keep(note(1))
        store.keep(note(2))
    aside = history.parent / "history.damaged-20251122T073000.sqlite3"
    assert aside.name in told.value.what
    assert aside.read_bytes() == content
    assert stored(history) == notes(2)


def test_a_second_damaged_history_does_not_replace_the_first(history: Path) -> None:
    for content in (b"first" * 200, b"second" * 200):
        open_store(history).close()
        history.write_bytes(content)
        open_store(history).close()
    kept = sorted(history.parent.glob("*.damaged-*"))
    assert [file.read_bytes()[:5] for file in kept] == [b"secon", b"first"]


def test_a_spoiled_index_hides_no_note(history: Path, well_filled: bytes) -> None:
    open_store(history).close()
    history.write_bytes(well_filled)
    ((page,),) = rows(history, "SELECT rootpage FROM sqlite_master WHERE name = 'note_of_session'")
    assert isinstance(page, int)
    content = bytearray(well_filled)
    content[page * 4096 - 2] ^= 1  # the number of a note, in the entry that lies last in the page
    history.write_bytes(content)
    assert find_damage(history) != []
    assert stored(history) == notes(120)


def test_damaged_pages_are_found(history: Path, well_filled: bytes) -> None:
    open_store(history).close()
    for damage in (damage_schema, damage_rows, damage_length):
        content = bytearray(well_filled)
        damage(content)
        history.write_bytes(content)
        assert find_damage(history) != []


def test_reading_a_damaged_history_says_so_and_changes_nothing(tmp_path: Path, well_filled: bytes) -> None:
    history = tmp_path / "history.sqlite3"
    content = bytearray(well_filled)
    damage_schema(content)
    history.write_bytes(content)
    with pytest.raises(StoreFailed, match="cannot be read: the file is damaged"):
        read_history(history, newest=10)
    assert history.read_bytes() == content


@pytest.fixture
def unplugged(history: Path, well_filled: bytes) -> Path:
    """A well filled history as a power cut leaves it: one more session is in its journal."""
    lit = history.with_name("lit.sqlite3")
    history.parent.mkdir()
    lit.write_bytes(well_filled)
    with closing(open_store(lit)) as store:
        store.keep(note(1))
        assert store.settle()
        for suffix in ("", "-wal"):
            shutil.copy(f"{lit}{suffix}", f"{history}{suffix}")
    return history


def test_reading_after_a_power_cut_shows_everything_and_leaves_the_file_as_it_is(unplugged: Path) -> None:
    before = unplugged.read_bytes()
    assert [len(session.notes) for session in read_history(unplugged, newest=10)] == [1, 120]
    assert unplugged.read_bytes() == before


def test_a_damaged_history_is_set_aside_with_its_journal_both_unchanged(unplugged: Path) -> None:
    content = bytearray(unplugged.read_bytes())
    content[7 * 4096 : 8 * 4096] = b"\xa5" * 4096
    unplugged.write_bytes(content)
    journal = Path(f"{unplugged}-wal").read_bytes()
    open_store(unplugged).close()
    aside = next(unplugged.parent.glob("*.damaged-*.sqlite3"))
    assert aside.read_bytes() == content
    assert Path(f"{aside}-wal").read_bytes() == journal


# --- Forgetting ------------------------------------------------------------------------------------------

SECRET = "a word that nobody else uses"


def everything_on_disk(history: Path) -> bytes:
    """Every byte in files named like the history: itself, its journal, its lock, what was set aside."""
    return b"".join(file.read_bytes() for file in history.parent.glob("history*"))


@pytest.fixture(scope="module")
def one_to_forget(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A history of two sessions; the first is so long that pages were split, which leaves copies behind."""
    path = tmp_path_factory.mktemp("one_to_forget") / "history.sqlite3"
    with closing(
        SqliteStore(path, routine="secret-routine", started_at=STARTED_AT - timedelta(days=400))
    ) as store:
        for each in range(100):
            store.keep(Note(Milliseconds(each), "pain", "secret-exercise", (("words", SECRET), ("n", each))))
    with closing(open_store(path)) as store:
        for each in notes(30):
            store.keep(each)
    return path.read_bytes()


@pytest.fixture
def two_sessions(history: Path, one_to_forget: bytes) -> Path:
    open_store(history).close()
    history.write_bytes(one_to_forget)
    assert SECRET.encode() in everything_on_disk(history)
    return history


def test_a_forgotten_session_is_gone_from_every_byte_and_the_others_are_kept(two_sessions: Path) -> None:
    forget(two_sessions, [1], STARTED_AT)
    for word in (SECRET, "secret-routine", "secret-exercise", "2024-10-18"):
        assert word.encode() not in everything_on_disk(two_sessions)
    (kept,) = read_history(two_sessions)
    assert (kept.id, list(kept.notes)) == (2, notes(30))
    assert find_damage(two_sessions) == []


def test_what_a_killed_coach_left_in_the_journal_is_forgotten_too(unplugged: Path) -> None:
    assert b"jefferson_curl" in Path(f"{unplugged}-wal").read_bytes()
    forget(unplugged, [1, 2], STARTED_AT)
    assert b"jefferson_curl" not in everything_on_disk(unplugged)


def test_an_id_is_never_given_to_another_session(two_sessions: Path) -> None:
    forget(two_sessions, [2], STARTED_AT)
    with closing(open_store(two_sessions)) as store:
        store.keep(note(1))
    assert [session.id for session in read_history(two_sessions)] == [3, 1]


def test_forgetting_all_takes_the_damaged_histories_that_were_set_aside_as_well(two_sessions: Path) -> None:
    content = bytearray(two_sessions.read_bytes())
    damage_schema(content)
    two_sessions.write_bytes(content)
    with closing(open_store(two_sessions)) as store, suppress(StoreFailed):
        store.keep(note(1))
    assert set_aside(two_sessions)
    forget(two_sessions, [1], STARTED_AT)
    assert SECRET.encode() in everything_on_disk(two_sessions)
    forget(two_sessions, None, STARTED_AT)
    assert set_aside(two_sessions) == []
    for word in (SECRET, "jefferson_curl", "2025-11-22"):
        assert word.encode() not in everything_on_disk(two_sessions)
    with closing(open_store(two_sessions)) as store:
        store.keep(note(1))
    assert [session.id for session in read_history(two_sessions)] == [1]


def test_a_damaged_history_can_be_forgotten_as_a_whole(two_sessions: Path) -> None:
    content = bytearray(two_sessions.read_bytes())
    damage_header(content)
    two_sessions.write_bytes(content)
    with pytest.raises(StoreFailed):
        forget(two_sessions, [1], STARTED_AT)
    assert SECRET.encode() in everything_on_disk(two_sessions)
    forget(two_sessions, None, STARTED_AT)
    assert SECRET.encode() not in everything_on_disk(two_sessions)


def test_only_damaged_histories_of_this_name_are_taken_for_such(history: Path) -> None:
    open_store(history).close()
    for name in ("other.damaged-20251122T073000.sqlite3", "history.damaged-notes.sqlite3", "history.sqlite3.bak"):
        (history.parent / name).touch()
    assert set_aside(history) == []


def test_nothing_is_forgotten_while_a_coach_is_running(two_sessions: Path) -> None:
    with closing(open_store(two_sessions)), pytest.raises(StoreBusy):
        forget(two_sessions, None, STARTED_AT)
    assert len(read_history(two_sessions)) == 2


def test_nothing_is_forgotten_while_another_program_reads_the_journal(
    two_sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "BUSY_WITHIN_S", 0.05)
    with closing(open_store(two_sessions)) as store, closing(sqlite3.connect(two_sessions)) as other:
        store.keep(note(31))
        assert store.settle()
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM note").fetchone()
        store.close()
        with pytest.raises(StoreFailed, match=r"another program is reading it.* nothing was deleted"):
            forget(two_sessions, None, STARTED_AT)
    assert len(read_history(two_sessions)) == 3
    forget(two_sessions, [1], STARTED_AT)
    assert SECRET.encode() not in everything_on_disk(two_sessions)


@pytest.mark.parametrize("content", [b"Today my back was fine.", b"SQLite format 3\0 but no more than that"])
def test_a_file_that_is_no_history_is_never_deleted(tmp_path: Path, content: bytes) -> None:
    diary = tmp_path / "diary.txt"
    diary.write_bytes(content)
    with pytest.raises(StoreFailed, match="not a history of the coach"):
        forget(diary, None, STARTED_AT)
    assert diary.read_bytes() == content


def test_forgetting_where_there_is_nothing_creates_nothing(history: Path) -> None:
    forget(history, None, STARTED_AT)
    assert not history.parent.exists()
