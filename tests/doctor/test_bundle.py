"""The bundle holds what helps, and nothing that names somebody."""

import json
import zipfile
from pathlib import Path

import pytest

from coach.doctor import Finding
from coach.doctor.bundle import Person, is_bundle, this_person, versions, without_names, write_bundle
from coach.doctor.report import Report
from coach.errors import CoachError

ANNA = Person(
    Path("/home/anna"),
    ("anna", "Anna Maria Kowalska", "Kowalska", "Maria", "Anna", "kowalska-kitchen", "kowalska-kitchen.local"),
    {"/mnt/stick/my back/history.sqlite3": "history", "/mnt/stick/my back": "state"},
)
SENSE = "The coach's voice, the microphone's gain and annals stay"
PLANTED = ("anna", "kowalska", "maria", "kitchen", "stick", "my back", "secret", "00:1a:7d", "gym with")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/anna/.local/state/coach/history.sqlite3 is full", "~/.local/state/coach/history.sqlite3 is full"),
        ("/home/anna/.config/coach/routines/my own/x.toml", "~/.config/coach/..."),
        ("/home/anna/Documents/secret.toml cannot be read.", "~/... cannot be read."),
        ("/home/ben/x", "~/..."),
        ("/home/anna/secret models/x is empty.", "~/... is empty."),
        ("/mnt/my stick/secret folder/x: it is full", "<a path>: it is full"),
        ("/mnt/stick/my back/history.sqlite3 is damaged", "<history> is damaged"),
        ("/mnt/other/secret.db is damaged", "<a path> is damaged"),
        ("Anna's AirPods Pro, through ALSA", "<somebody's> AirPods Pro, through ALSA"),
        ("Ben’s JBL Flip", "<somebody's> JBL Flip"),
        ("bluez_sink.00_1A_7D_DA_71_13.a2dp", "bluez_sink.<address>.a2dp"),
        ("at KOWALSKA-KITCHEN", "at <name>"),
        ("/sys/class/thermal and /usr/lib stay", "/sys/class/thermal and /usr/lib stay"),
        (SENSE, SENSE),
    ],
)  # fmt: skip
def test_names_are_taken_out_and_sense_is_left(text, left):
    assert without_names(text, ANNA) == left


def test_names_that_are_nobodys_stay():
    pi = Person(Path("/home/pi"), ("pi", "raspberrypi"))
    assert without_names("This is a Raspberry Pi 4; /home/pi/x", pi) == "This is a Raspberry Pi 4; ~/..."


def test_a_name_of_two_letters_is_taken_out_of_paths_alone():
    al = Person(Path("/root"), ("al",))
    assert without_names("al /opt/al/x", al) == "al /opt/<name>/x"


def finding(key: str, what: str, private: str = "") -> Finding:
    return Finding(
        field="service",
        key=key,
        judgement="trouble",
        what=what,
        remedy="",
        private=private,
        figures={} if key == "crashes" else {"name": what},
    )


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    report = Report(
        (
            finding("content", "1 mistake in 46 files.", private="my secret routine.toml: secret words"),
            finding("microphone", "The microphone is Anna's headset 00:1A:7D:DA:71:13, through ALSA."),
            finding("ears", "There is no speech model in /home/anna/secret models/x."),
            finding("store", "/mnt/stick/my back/history.sqlite3 cannot be read."),
            finding("crashes", "Its last crash: KeyError: 'secret gym with Ben'. Crashes in a row: 3."),
            finding("crashes", 'Its last crash: 2 mistakes in the content: secret.toml:3, "secret".'),
        ),
        12.0,
    )
    path = tmp_path / "bundle.zip"
    write_bundle(path, report, ANNA)
    return path


def test_nothing_that_was_planted_is_in_the_bundle(bundle):
    with zipfile.ZipFile(bundle) as opened:
        everything = " ".join([*opened.namelist(), *(opened.read(name).decode() for name in opened.namelist())])
    for planted in PLANTED:
        assert planted not in everything.casefold(), planted


def test_what_helps_is_in_the_bundle(bundle):
    with zipfile.ZipFile(bundle) as opened:
        assert set(opened.namelist()) == {"README.txt", "report.txt", "report.json", "versions.json"}
        report = json.loads(opened.read("report.json"))
        known = json.loads(opened.read("versions.json"))
        text = opened.read("report.txt").decode()
    assert [it["key"] for it in report["findings"]][:2] == ["content", "microphone"]
    assert "private" not in report["findings"][0]
    assert "KeyError" in text
    assert known["vosk"] == "0.3.45"


def test_versions_name_what_is_not_installed(monkeypatch):
    monkeypatch.setattr("coach.doctor.bundle._LIBRARIES", ("no-such-library",))
    assert versions()["no-such-library"] == "not installed"


def test_a_bundle_that_cannot_be_written_is_told_and_leaves_nothing(tmp_path):
    with pytest.raises(CoachError, match="Name another file"):
        write_bundle(tmp_path / "nowhere" / "x.zip", Report((), 1), ANNA)
    assert list(tmp_path.iterdir()) == []


def test_only_a_report_is_ever_replaced(bundle, tmp_path):
    assert is_bundle(bundle)
    assert is_bundle(tmp_path / "not there yet.zip")
    (tmp_path / "holidays.zip").write_bytes(b"PK")
    assert not is_bundle(tmp_path / "holidays.zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("photo.jpg", "x")
    assert not is_bundle(tmp_path / "other.zip")


def test_this_person_is_known_by_home_and_machine(monkeypatch):
    monkeypatch.setenv("HOME", "/home/zofia")
    monkeypatch.setenv("USER", "zofia")
    person = this_person({Path("/mnt/x"): "store"})
    assert person.home == Path("/home/zofia")
    assert "zofia" in person.names
    assert person.places == {"/mnt/x": "store"}
