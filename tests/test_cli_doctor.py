"""``coach doctor`` from the command line: the report, its exit code, and a bundle with nothing personal in it."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from coach.cli import coach
from coach.cli_doctor import setting_mistakes, settings_of
from coach.devices import room as sound_card
from coach.devices.crashes import CrashLog
from coach.devices.store import SqliteStore
from coach.session.messages import Milliseconds, Note


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "zofia-nowak"
    made.mkdir()
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(made))
    monkeypatch.setenv("USER", "zofia-nowak")
    monkeypatch.setattr("platform.node", lambda: "nowak-attic")
    monkeypatch.setattr(sound_card, "devices", list)
    monkeypatch.chdir(tmp_path)
    return made


def run(*arguments: str, **options: object):
    return CliRunner().invoke(coach, ["doctor", *arguments], **options)


def test_the_report_comes_in_words_and_trouble_ends_with_twelve(home):
    told = run("--only", "sound", "--only", "machine")
    assert told.exit_code == 12
    for words in ("Devices", "There is no sound device.", "Machine", "1 trouble and"):
        assert words in told.output


def test_without_trouble_it_ends_with_zero(home):
    told = run("--only", "files", "--store", "h.sqlite3")
    assert told.exit_code == 0, told.output
    assert "No trouble" in told.output
    assert "Machine" not in told.output


def test_json_is_nothing_but_json(home):
    told = run("--json", "--no-sound")
    whole = json.loads(told.stdout)
    assert whole["troubles"] == 1
    assert {it["field"] for it in whole["findings"]} == {
        "devices",
        "sound",
        "hearing",
        "files",
        "machine",
        "service",
    }


def test_saying_and_silence_exclude_each_other(home):
    told = run("--say", "--no-sound", standalone_mode=True)
    assert told.exit_code == 2
    assert "leave out one" in told.output


def test_where_nothing_can_be_said_that_is_told(home):
    told = run("--say", "--only", "devices")
    assert told.exit_code == 12
    assert "could not be said aloud" in told.output


def test_a_file_of_somebodys_is_never_replaced(home):
    Path("photos.zip").write_bytes(b"dear")
    told = run("--bundle", "photos.zip", standalone_mode=True)
    assert told.exit_code == 2
    assert Path("photos.zip").read_bytes() == b"dear"


def test_settings_of_the_service_are_read_as_the_service_reads_them():
    assert setting_mistakes({"COACH_REMIND": "mon-fri@07:30 sat@10:00", "COACH_QUIET_HOURS": "22:00-07:00"}) == []
    assert len(setting_mistakes({"COACH_REMIND": "mon-fri@07:30 noon", "COACH_QUIET_HOURS": "always"})) == 2


def test_every_setting_that_a_command_reads_is_known():
    known = settings_of(coach)
    assert {"COACH_EARS", "COACH_STORE", "COACH_REMIND", "COACH_QUIET_HOURS", "COACH_INPUT"} <= known
    assert all(name.startswith("COACH_") for name in known)


def test_a_setting_that_is_misspelt_is_noted(home):
    told = run("--only", "files", env={"COACH_STOER": "x"})
    assert "Did you mean COACH_STORE?" in told.output


def test_the_bundle_holds_the_report_and_nothing_that_was_planted(home):
    """Secrets stand in each place where a person leaves something."""
    store = home / ".local" / "state" / "coach" / "history.sqlite3"
    written = SqliteStore(store, routine="planted-routine", started_at=datetime(2026, 11, 1, 6, 59, tzinfo=UTC))
    written.keep(Note(Milliseconds(1), "pain", "planted-exercise", (("words", "planted-word"),)))
    written.close()
    (store.parent / "reminders.json").write_text('{"planted-reminder": ')
    crashes = CrashLog(store.parent / "crashes.json")
    crashes.started()
    crashes.failed(f"OSError: {home}/planted-folder/planted file: 'planted-quote' (zofia-nowak on nowak-attic)")
    own = home / ".config" / "coach" / "routines"
    own.mkdir(parents=True)
    (own / "planted-file.toml").write_text('name = "planted-name"\nplanted_key = 5\n')
    model = home / "planted models" / "planted-model"
    told = run(
        "--bundle",
        "report.zip",
        "--ears",
        str(model),
        "--no-sound",
        env={"COACH_REMIND": "planted-time", "COACH_INPUT": "planted-input"},
    )
    assert told.exit_code == 12
    assert "planted-file.toml" in told.output, "the owner is told"
    with zipfile.ZipFile("report.zip") as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert set(texts) == {"README.txt", "report.txt", "report.json", "versions.json"}
    everything = " ".join([*texts, *texts.values()]).casefold()
    for secret in ("planted", "zofia", "nowak", "attic", str(home).casefold(), "06:59"):
        assert secret not in everything, secret
    assert "lower-back-coach" in everything
    assert '"key": "ears"' in texts["report.json"]
