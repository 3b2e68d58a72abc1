"""The units: accepted by systemd without a word, closed as promised, and recognised when somebody edits them.

Nothing is started here: ``systemd-analyze`` reads the files, filled in with paths that exist.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from coach.content import content_root
from coach.devices.crashes import LONGEST_PAUSE_S, Record
from coach.devices.service import BLOCK_MS, FEED_EVERY
from coach.installation import ServiceFailed, units
from coach.installation.steps import Delete, Keep, Run, Write, perform
from coach.installation.units import UNIT, Kind, Place

KINDS: tuple[Kind, ...] = ("user", "system")
EXPOSURE = 1.0
"""What systemd-analyze may say of the system's unit at most; 0 is closed, 10 is open."""


@pytest.fixture
def analyze(tmp_path: Path) -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        reason = "no systemd-analyze: type 'sudo apt install systemd'"
        if os.environ.get("COACH_REQUIRE_LIVE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return program


def whole(kind: Kind, folder: Path, **changes: str) -> Path:
    """Write a unit whose paths exist, with changes; return its file."""
    program = shutil.which("true")
    assert program is not None
    text = units.filled(units.template(kind), Path(program), folder / "a state folder")
    for line, other in changes.items():
        text, count = re.subn(rf"(?m)^{line}=.*", other, text)
        assert count, line
    file = folder / kind / UNIT
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def verify(analyze: str, kind: Kind, file: Path) -> str:
    """Return all that systemd has to say of a unit: unknown keys alone do not make it fail."""
    # Other units of the system put sockets there, whose paths may have 107 characters; pytest's folders are long.
    with TemporaryDirectory() as runtime:
        done = subprocess.run(
            [analyze, f"--{kind}", "verify", "--man=no", str(file)],
            env={"PATH": os.environ["PATH"], "HOME": str(file.parent), "XDG_RUNTIME_DIR": runtime},
            capture_output=True,
            text=True,
            check=False,
        )
    return done.stdout + done.stderr + (f"exit code {done.returncode}" if done.returncode else "")


@pytest.mark.parametrize("kind", KINDS)
def test_systemd_has_nothing_to_say_against_the_unit(analyze: str, kind: Kind, tmp_path: Path) -> None:
    assert verify(analyze, kind, whole(kind, tmp_path)) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_that_systemd_does_not_know_would_be_found(analyze: str, kind: Kind, tmp_path: Path) -> None:
    file = whole(kind, tmp_path, WatchdogSec="WatchdogSeconds=30s")
    assert "WatchdogSeconds" in verify(analyze, kind, file)


def exposure(analyze: str, file: Path) -> subprocess.CompletedProcess[str]:
    threshold = f"--threshold={round(10 * EXPOSURE)}"
    return subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", threshold, str(file)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_unit_of_the_system_is_exposed_by_no_more_than_promised(analyze: str, tmp_path: Path) -> None:
    done = exposure(analyze, whole("system", tmp_path))
    assert done.returncode == 0, done.stdout
    assert "Overall exposure level" in done.stdout


def test_an_open_unit_would_be_found(analyze: str, tmp_path: Path) -> None:
    done = exposure(
        analyze, whole("system", tmp_path, DynamicUser="User=root", PrivateNetwork="", IPAddressDeny="")
    )
    assert done.returncode != 0


# --- What the units promise ------------------------------------------------------------------------------


def settings(kind: Kind) -> Mapping[str, list[str]]:
    """Return what a template sets."""
    found: dict[str, list[str]] = {}
    for line in units.template(kind).splitlines():
        if re.match(r"[A-Z]\w+=", line):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def seconds(time: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(s|min)", time).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "min": 60}[unit]


@pytest.mark.parametrize("kind", KINDS)
class TestBothKinds:
    def test_it_never_gives_up_for_good(self, kind: Kind) -> None:
        unit = settings(kind)
        assert unit["Restart"] == ["always"]
        assert unit["StartLimitIntervalSec"] == ["0"]
        assert "RestartPreventExitStatus" not in unit

    def test_the_watchdog_allows_many_signs_of_life_to_be_lost(self, kind: Kind) -> None:
        assert seconds(settings(kind)["WatchdogSec"][0]) * 1_000 >= 10 * FEED_EVERY * BLOCK_MS

    def test_a_coach_that_waits_after_crashes_is_not_taken_for_one_that_hangs(self, kind: Kind) -> None:
        assert seconds(settings(kind)["TimeoutStartSec"][0]) >= LONGEST_PAUSE_S + 30

    def test_only_sockets_within_the_machine_may_be_opened(self, kind: Kind) -> None:
        unit = settings(kind)
        assert unit["RestrictAddressFamilies"] == ["AF_UNIX"]
        assert unit["PrivateNetwork"] == unit["PrivateUsers"] == unit["NoNewPrivileges"] == ["yes"]

    def test_what_was_said_in_the_room_is_never_dumped(self, kind: Kind) -> None:
        assert settings(kind)["LimitCORE"] == ["0"]

    def test_memory_may_be_written_and_run_because_callbacks_need_it(self, kind: Kind) -> None:
        assert "MemoryDenyWriteExecute" not in settings(kind)


def test_the_unit_of_a_person_has_one_command_that_owns_its_network() -> None:
    assert not [key for key in settings("user") if re.match(r"Exec(?!Start$)", key)]


def test_the_unit_of_a_person_keeps_the_history_where_that_person_looks(tmp_path: Path) -> None:
    where = units.place("user", {"HOME": str(tmp_path), "STATE_DIRECTORY": "/var/lib/coach"})
    text = units.filled(units.template("user"), Path("/usr/bin/true"), where.state)
    assert f'Environment="COACH_STORE={tmp_path}/.local/state/coach/history.sqlite3"' in text
    assert f'ReadWritePaths="-{tmp_path}/.local/state/coach"' in text


# --- The file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_no_placeholder_is_left_over(kind: Kind) -> None:
    assert "@COACH@" in units.template(kind)
    text = units.filled(
        units.template(kind), Path("/opt/coach/current/bin/coach"), Path("/home/pi/.local/state/coach")
    )
    assert not re.search("@[A-Z]+@", text)
    assert 'ExecStart="/opt/coach/current/bin/coach" serve' in text


def test_a_percent_sign_in_a_path_is_no_specifier() -> None:
    assert 'ExecStart="/home/100%%/coach" serve' in units.filled(
        units.template("user"), Path("/home/100%/coach"), Path("/s")
    )


@pytest.mark.parametrize("name", ['a"b', "a\nb", "a\\b", "a$b"])
def test_a_path_that_systemd_would_misread_is_refused(name: str) -> None:
    with pytest.raises(ServiceFailed, match="cannot stand in a unit file"):
        units.filled(units.template("user"), Path("/opt") / name, Path("/s"))


@pytest.mark.parametrize("text", ["", "[Service]\nExecStart=/bin/true\n"])
def test_a_file_of_somebody_else_counts_as_edited(text: str) -> None:
    assert units.edited(text)


def test_an_edited_unit_is_told_from_an_untouched_one() -> None:
    text = units.filled(units.template("user"), Path("/coach"), Path("/s"))
    assert not units.edited(text)
    assert units.edited(text.replace("WatchdogSec=30s", "WatchdogSec=90s"))
    assert units.edited(text + "Nice=5\n")


# --- Steps -----------------------------------------------------------------------------------------------


@pytest.fixture
def where(tmp_path: Path) -> Place:
    return Place("user", tmp_path / "units" / UNIT, tmp_path / "state", tmp_path / "root")


def test_an_edited_unit_is_kept_before_it_is_replaced_or_deleted(where: Place) -> None:
    where.unit.parent.mkdir()
    where.unit.write_text("my own")
    where.unit.with_name(f"{UNIT}.edited-1").write_text("an older one of mine")
    kept = Keep(where.unit, where.unit.with_name(f"{UNIT}.edited-2"))
    installing = units.install_steps(where, Path("/coach"), "pi")
    assert list(installing).index(kept) < [isinstance(step, Write) for step in installing].index(True)
    removing = units.uninstall_steps(where, forget_history=False)
    assert list(removing).index(kept) < list(removing).index(Delete(where.unit))


def test_a_unit_of_our_own_is_replaced_without_a_copy(where: Place) -> None:
    where.unit.parent.mkdir()
    where.unit.write_text(units.filled(units.template("user"), Path("/other"), Path("/s")))
    assert not [step for step in units.install_steps(where, Path("/coach"), "pi") if isinstance(step, Keep)]


def test_the_history_is_deleted_only_if_asked_for(where: Place) -> None:
    def deleted(*, forget_history: bool) -> list[Path]:
        steps = units.uninstall_steps(where, forget_history=forget_history)
        return [step.path for step in steps if isinstance(step, Delete)]

    assert deleted(forget_history=False) == []
    where.unit.parent.mkdir()
    where.unit.touch()
    assert deleted(forget_history=False) == [where.unit]
    assert where.state / "history.sqlite3" in deleted(forget_history=True)


def test_a_history_that_is_to_be_forgotten_leaves_nothing_of_a_person_behind(where: Place) -> None:
    where.state.mkdir()
    left = [
        *("history.sqlite3", "history.sqlite3-wal", "history.sqlite3-shm", "history.sqlite3.lock"),
        *("history.damaged-20261122T120000.sqlite3", "history.damaged-20261122T120000.sqlite3-wal"),
        *("reminders.json", ".reminders.json", "crashes.json", ".crashes.json"),
    ]
    for name in (*left, "a file of somebody else"):
        (where.state / name).touch()
    perform(units.uninstall_steps(where, forget_history=True), lambda _line: None)
    assert [file.name for file in where.state.iterdir()] == ["a file of somebody else"]


def test_the_service_of_the_system_is_not_installed_from_a_home(where: Place) -> None:
    system = units.place("system")
    for home in ("/home/pi/coach/.venv/bin/coach", "/root/x/coach", "/tmp/coach"):
        with pytest.raises(ServiceFailed, match="cannot reach"):
            units.install_steps(system, Path(home), "pi")


@pytest.mark.parametrize(
    ("kind", "uid", "by_sudo", "remedy"),
    [("system", 1_000, False, "Begin the line with sudo"), ("user", 0, True, "Leave sudo out")],
)
def test_who_may_not_change_a_service_is_told_how(kind: Kind, uid: int, by_sudo: bool, remedy: str) -> None:  # noqa: FBT001
    with pytest.raises(ServiceFailed, match=remedy):
        units.require_rights(units.place(kind), uid, by_sudo=by_sudo)


def test_root_may_change_the_system_and_a_person_their_own() -> None:
    units.require_rights(units.place("system"), 0, by_sudo=True)
    units.require_rights(units.place("user"), 1_000, by_sudo=False)
    units.require_rights(units.place("user"), 0, by_sudo=False)


def test_lingering_may_fail_and_starting_may_not(where: Place) -> None:
    needed = {
        step.command: step.needed for step in units.install_steps(where, Path("/c"), "pi") if isinstance(step, Run)
    }
    assert needed["loginctl", "--no-ask-password", "enable-linger", "pi"] is False
    assert needed["systemctl", "--user", "enable", UNIT] is True


# --- Words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ({}, "systemd cannot be asked whether it runs."),
        ({"UnitFileState": "enabled"}, "It starts with the machine."),
        ({"UnitFileState": "disabled"}, "It does not start with the machine."),
        ({"ActiveState": "active", "ActiveEnterTimestamp": "Sun 18:24"}, "It is running since Sun 18:24."),
        (
            {"ActiveState": "activating", "SubState": "start"},
            "It is starting: it has not heard anything from the microphone yet.",
        ),
        (
            {"ActiveState": "activating", "SubState": "auto-restart"},
            "It has ended and is about to be started again.",
        ),
        ({"ActiveState": "failed", "Result": "watchdog"}, "It has failed: watchdog."),
        ({"ActiveState": "inactive"}, "It is not running."),
        ({"StatusText": "listening"}, "It says: listening."),
        ({"NRestarts": "3"}, "systemd has restarted it 3 times since it was started."),
    ],
)
def test_how_it_fares_is_told_in_a_sentence(properties: dict[str, str], sentence: str) -> None:
    assert sentence in units.description(properties)


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (Record(), "It has never crashed."),
        (Record(reason="It broke."), "Its last crash: It broke."),
        (
            Record(running=True, crashes=2, reason="It broke."),
            "Its last crash: It broke. Crashes in a row: 2. It runs in safe mode.",
        ),
    ],
)
def test_the_last_crash_is_told_in_a_sentence(record: Record, sentence: str) -> None:
    assert units.last_crash(record) == sentence


def test_every_unit_stands_where_it_is_looked_for() -> None:
    assert {
        str(file.relative_to(content_root() / "systemd")) for file in content_root().glob("systemd/**/*.service")
    } == {
        "coach.service",
        "system/coach.service",
    }
