"""The row of crashes: its rules, and a file that survives kill -9, damage and a disk that refuses."""

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.devices.crashes import (
    GOOD_RUN_S,
    KILLED,
    LONGEST_PAUSE_S,
    CrashLog,
    Moment,
    Record,
    begun,
    ended,
    failed,
    look,
    read,
)


def at(s: float, boot: str = "monday") -> Moment:
    return Moment(boot, s)


def crashed(times: int, every_s: float = 5.0) -> Record:
    """Start and be killed, over and over; return the record of the start after that."""
    record = Record()
    for number in range(times + 1):
        record = begun(record, at(number * every_s))
    return record


# --- The rules -------------------------------------------------------------------------------------------


def test_the_first_start_of_all_is_an_ordinary_one() -> None:
    first = begun(Record(), at(20))
    assert (first.crashes, first.safe_mode, first.reason, first.pause_s) == (0, False, "", 0)


@pytest.mark.parametrize(("times", "safe"), [(0, False), (1, False), (2, True), (3, True), (500, True)])
def test_after_two_crashes_in_a_row_the_next_start_is_safe(times: int, *, safe: bool) -> None:
    assert crashed(times).safe_mode is safe


def test_safe_mode_says_why() -> None:
    record = begun(Record(), at(0))
    record = begun(failed(record, "The first reason.", at(1)), at(2))
    record = begun(failed(record, "The model\nis damaged.", at(3)), at(4))
    assert record.safe_mode
    assert record.reason == "The model is damaged."


def test_a_start_that_was_killed_has_a_reason_too() -> None:
    assert crashed(1).reason == KILLED


def test_an_orderly_end_ends_the_row() -> None:
    assert begun(ended(crashed(5)), at(100)).crashes == 0


def test_pulling_the_plug_is_no_crash() -> None:
    record = crashed(1)
    for night in range(30):
        record = begun(record, at(20, f"night {night}"))
        assert record.crashes == 0


def test_pulling_the_plug_is_no_crash_where_a_sandbox_hides_which_run_of_the_machine_it_is() -> None:
    assert begun(begun(Record(), at(500, "unknown")), at(20, "unknown")).crashes == 0


def test_a_crash_after_a_long_good_run_begins_a_new_row() -> None:
    assert crashed(3, every_s=GOOD_RUN_S).crashes == 1
    late = failed(crashed(2), "It broke.", at(10 + GOOD_RUN_S))
    assert late.crashes == 1


def test_the_pause_before_a_start_grows_and_has_an_end() -> None:
    assert [crashed(times).pause_s for times in range(7)] == [0, 0, 5, 10, 20, 40, LONGEST_PAUSE_S]
    assert crashed(5_000, every_s=0.01).pause_s == LONGEST_PAUSE_S


# --- The file --------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "crashes.json"


CHILD = """
import sys
from pathlib import Path
from coach.devices.crashes import CrashLog
log = CrashLog(Path(sys.argv[1]))
print(log.started(), flush=True)
sys.stdin.read()
"""


def start_and_kill(path: Path, says: bytes = b"Record(running=True") -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdout.readline().startswith(says)
    child.send_signal(signal.SIGKILL)
    child.communicate()


def test_kill_9_twice_makes_the_next_start_safe(path: Path) -> None:
    start_and_kill(path)
    start_and_kill(path)
    third = CrashLog(path).started()
    assert third.safe_mode
    assert third.reason == KILLED


def test_an_end_and_a_failure_are_told_to_the_next_start(path: Path) -> None:
    log = CrashLog(path)
    log.started()
    log.failed("The disk is full.")
    again = CrashLog(path)
    assert (again.started().crashes, read(path).reason) == (1, "The disk is full.")
    again.ended()
    assert CrashLog(path).started().crashes == 0
    assert log.trouble == again.trouble == ""


def test_a_coach_beside_the_one_that_counts_neither_counts_nor_writes(path: Path) -> None:
    service = CrashLog(path)
    service.started()
    known = path.read_bytes()
    start_and_kill(path, says=b"Record(running=False")
    for is_orderly in (True, False):
        by_hand = CrashLog(path)
        assert by_hand.started() == Record()
        assert by_hand.beside_another
        by_hand.ended() if is_orderly else by_hand.failed("It broke.")
        assert path.read_bytes() == known
    service.ended()
    assert not read(path).running
    again = CrashLog(path)
    assert again.started().running
    assert not again.beside_another


def test_whoever_is_killed_lets_the_next_one_count(path: Path) -> None:
    start_and_kill(path)
    known = CrashLog(path).started()
    assert (known.crashes, known.reason) == (1, KILLED)


def test_nobody_else_can_read_the_folder(path: Path) -> None:
    CrashLog(path).started()
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["crashes.json"]


GOOD = {"running": True, "crashes": 1, "reason": "x", "boot": "b", "began_s": 1.5}


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"\0" * 512,
        b"\xff\xfe",
        json.dumps(GOOD).encode()[:-7],
        b"[]",
        b"[" * 9_000,
        b"[" + b"9" * 9_000 + b"]",
        json.dumps(GOOD | {"crashes": "many"}).encode(),
        json.dumps(GOOD | {"crashes": -1}).encode(),
        json.dumps(GOOD | {"running": 1}).encode(),
        json.dumps({"crashes": 5}).encode(),
        json.dumps(GOOD | {"crashes": 10**4_300 - 1}).encode(),
        *(json.dumps(GOOD | {"began_s": odd}).encode() for odd in (10**400, math.inf, math.nan, -1)),
    ],
)
def test_a_damaged_file_counts_as_none_and_is_replaced(path: Path, damaged: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(damaged)
    assert CrashLog(path).started().crashes == 0
    assert read(path).running


@given(st.binary(max_size=200))
def test_no_content_of_the_file_is_fatal(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(content)
    assert read(path) == Record()


def test_what_is_written_is_read_back(path: Path) -> None:
    log = CrashLog(path, lambda: at(7.25))
    assert log.started() == read(path) == Record(running=True, boot="monday", began_s=7.25)


def test_a_folder_in_the_file_s_place_is_not_fatal(path: Path) -> None:
    path.mkdir(parents=True)
    log = CrashLog(path)
    assert log.started().crashes == 0
    assert str(path) in log.trouble


@pytest.fixture
def ordinary_user(path: Path) -> Iterator[None]:
    """Who may not enter the state folder of the system's service."""
    path.parent.mkdir(mode=0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root may do everything everywhere; nobody may not
    yield
    os.seteuid(user)


@pytest.mark.usefixtures("ordinary_user")
def test_a_record_that_may_not_be_seen_is_not_known_which_is_not_none(path: Path) -> None:
    assert look(path) is None


def test_a_record_that_may_be_seen_is_looked_at_as_it_is_read(path: Path) -> None:
    assert look(path) == Record()
    CrashLog(path).failed("The disk is full.")
    assert look(path) == read(path) != Record()


def test_a_disk_that_refuses_is_not_fatal_and_is_told() -> None:
    log = CrashLog(Path("/proc/no-such-folder/crashes.json"))
    assert not log.started().safe_mode
    log.failed("It broke.")
    log.ended()
    assert "/proc/no-such-folder" in log.trouble


def test_a_full_disk_keeps_the_record_that_was_there(path: Path) -> None:
    log = CrashLog(path)
    log.started()
    before = path.read_bytes()
    path.with_name(".crashes.json").symlink_to("/dev/full")
    log.ended()
    assert "No space left" in log.trouble
    assert path.read_bytes() == before
