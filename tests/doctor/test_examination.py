"""Whatever is missing, broken or silent: the report comes. On a machine made of folders, without a sound card."""

import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coach.devices import room as sound_card
from coach.devices.crashes import CrashLog
from coach.devices.store import SqliteStore
from coach.doctor import Finding, examination
from coach.doctor.examination import Case, Examination, TookTooLong, within
from coach.doctor.sound import NO_TALLY
from coach.errors import MouthFailed, RoomLost
from coach.ports import Block
from coach.session.messages import Milliseconds, Note

from .rooms import living_room


class Card:
    """A simulated room in place of the sound card."""

    def __init__(self, **acoustics: float) -> None:
        self._room = living_room(**acoustics)
        self.closed = False
        self.tally = NO_TALLY

    def exchange(self, speaker: Block) -> Block:
        return self._room.exchange(speaker)

    def close(self) -> None:
        self.closed = True


SOUND = ("devices", "sound")

PAIR = [
    sound_card.Device(0, "microphone", "ALSA", 1, 0, 16_000, default_input=True, default_output=False),
    sound_card.Device(1, "speaker", "ALSA", 0, 2, 48_000, default_input=False, default_output=True),
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and no sound card: what this machine has must not matter."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    plug_in(monkeypatch, list)
    return tmp_path / "home"


def plug_in(monkeypatch: pytest.MonkeyPatch, found: Callable[[], object], card: object = None) -> None:
    monkeypatch.setattr(sound_card, "devices", found)

    def open_room(*_: object) -> object:
        if isinstance(card, Exception):
            raise card
        return card

    monkeypatch.setattr(sound_card, "open_room", open_room)


def examined(tmp_path: Path, **case: object) -> dict[str, Finding]:
    history = tmp_path / "state" / "history.sqlite3"
    options = {"voice": "english", "ears": None, "store": history, "environment": {}} | case
    made = Case(root=tmp_path / "root", **options)
    told = list(Examination(made, lambda *_: None).fields())
    assert [field for field, _ in told] == list(made.only)
    assert all(findings for _, findings in told), "every field says something"
    return {finding.key: finding for _, findings in told for finding in findings}


def troubles(found: dict[str, Finding]) -> set[str]:
    return {key for key, finding in found.items() if finding.judgement == "trouble"}


def test_without_sound_devices_everything_else_is_reported(tmp_path):
    found = examined(tmp_path)
    assert troubles(found) == {"no_device"}
    assert "there is no sound device" in found["unmeasured"].what
    assert {"model", "words", "voice", "content", "store", "disk", "clock", "offline"} <= found.keys()


def test_without_portaudio_everything_else_is_reported(tmp_path, monkeypatch):
    def missing() -> object:
        raise RoomLost("The PortAudio library is missing.", "Type: sudo apt install libportaudio2")

    plug_in(monkeypatch, missing)
    found = examined(tmp_path, only=(*SOUND, "machine"))
    assert troubles(found) == {"no_portaudio"}
    assert "libportaudio2" in found["no_portaudio"].remedy
    assert "clock" in found


@pytest.mark.parametrize(("left", "key"), [(PAIR[1:], "no_microphone"), (PAIR[:1], "no_speaker")])
def test_without_one_of_the_two_the_other_is_named_and_the_sound_is_not_measured(tmp_path, monkeypatch, left, key):
    plug_in(monkeypatch, lambda: left)
    found = examined(tmp_path, only=SOUND)
    assert troubles(found) == {key}
    assert "unmeasured" in found


def test_whoever_leads_by_keys_needs_no_microphone(tmp_path, monkeypatch):
    plug_in(monkeypatch, lambda: PAIR[1:])
    found = examined(tmp_path, only=SOUND, has_microphone=False)
    assert troubles(found) == set()
    assert found["microphone"].what == "No microphone is wanted: keys lead the coach."
    assert "no microphone is wanted" in found["unmeasured"].what


def test_with_both_the_sound_is_measured_and_the_room_closed(tmp_path, monkeypatch):
    card = Card(echo_db=-6, echo_delay_ms=90)
    plug_in(monkeypatch, lambda: PAIR, card)
    found = examined(tmp_path, only=SOUND, environment={"COACH_LEAD_IN": "450"})
    assert troubles(found) == set()
    assert found["first_syllables"].figures["lead_in_ms"] == 450
    assert found["delay"].figures["delay_ms"] == pytest.approx(90, abs=0.2)
    assert found["echo"].figures["cancelled_db"] > 15
    assert card.closed


def test_where_nothing_may_be_played_only_silence_is(tmp_path, monkeypatch):
    card = Card()
    plug_in(monkeypatch, lambda: PAIR, card)
    found = examined(tmp_path, only=SOUND, playing=False)
    assert {"noise", "clipping", "unplayed"} <= found.keys()
    assert not any(card._room.coach_track)


def test_a_device_that_is_in_use_is_told_with_its_remedy(tmp_path, monkeypatch):
    plug_in(
        monkeypatch, lambda: PAIR, RoomLost("The microphone is in use by another program.", "End that program.")
    )
    found = examined(tmp_path, only=SOUND)
    assert troubles(found) == {"no_room"}
    assert found["no_room"].remedy == "End that program."


def test_a_sound_system_that_never_answers_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(examination, "ANSWERS_WITHIN_S", 0.05)
    never = threading.Event()
    plug_in(monkeypatch, never.wait)
    found = examined(tmp_path, only=(*SOUND, "machine"))
    never.set()
    assert "hangs" in troubles(found)
    assert "Restart the sound server" in found["hangs"].remedy


def test_something_that_nobody_foresaw_is_told_and_the_rest_is_reported(tmp_path, monkeypatch):
    def broken() -> object:
        raise ZeroDivisionError("by zero")

    plug_in(monkeypatch, broken)
    found = examined(tmp_path, only=(*SOUND, "machine"))
    assert troubles(found) == {"unexpected"}
    assert "ZeroDivisionError: by zero" in found["unexpected"].what
    assert "clock" in found


def test_a_model_that_is_not_there_is_told(tmp_path):
    found = examined(tmp_path, only=("hearing",), ears=tmp_path / "nowhere")
    assert troubles(found) == {"ears"}
    assert "--ears" in found["ears"].remedy


def test_a_model_that_is_damaged_is_told_and_nothing_crashes(tmp_path):
    for name in ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLr.fst", "graph/Gr.fst"):
        (tmp_path / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "model" / name).write_bytes(b"nonsense")
    found = examined(tmp_path, only=("hearing",), ears=tmp_path / "model")
    assert "ears" in troubles(found)
    assert "damaged" in found["ears"].what


def test_a_voice_that_does_not_exist_is_a_mistake_and_the_rest_is_reported(tmp_path):
    found = examined(tmp_path, only=("hearing", "files"), voice="klingon")
    assert "content" in troubles(found)
    assert {"words", "disk"} <= found.keys()


def test_a_synthesiser_that_fails_is_told_and_the_sound_is_measured_all_the_same(tmp_path, monkeypatch):
    def fails(*_: object, **__: object) -> object:
        raise MouthFailed("The speech synthesiser died at its start.", "Install the package espeakng-loader.")

    monkeypatch.setattr("coach.devices.mouth.SpeakingMouth", fails)
    plug_in(monkeypatch, lambda: PAIR, Card())
    found = examined(tmp_path, only=(*SOUND, "hearing"))
    assert troubles(found) == {"mouth"}
    assert "delay" in found


def test_a_broken_routine_of_ones_own_is_told(tmp_path, home):
    own = home / ".config" / "coach" / "routines"
    own.mkdir(parents=True)
    (own / "mine.toml").write_text('name = "Mine"\nparts = 5\n')
    found = examined(tmp_path, only=("files",))
    assert "content" in troubles(found)
    assert "mine.toml" in found["content"].private


def with_a_session(path: Path) -> None:
    store = SqliteStore(path, routine="lower-back-circuit", started_at=datetime(2026, 11, 1, tzinfo=UTC))
    store.keep(Note(Milliseconds(0), "session"))
    store.close()


def test_a_history_is_examined_and_left_as_it_was(tmp_path):
    path = tmp_path / "state" / "history.sqlite3"
    with_a_session(path)
    before = path.read_bytes()
    assert examined(tmp_path, only=("files",))["store"].judgement == "ok"
    assert path.read_bytes() == before


def test_a_damaged_history_is_told(tmp_path):
    path = tmp_path / "state" / "history.sqlite3"
    with_a_session(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = 1")
        connection.execute(
            "INSERT INTO note (session, at_ms, kind, exercise, detail) VALUES (1, 0, 'set', '', 'no')"
        )
    assert "store" in troubles(examined(tmp_path, only=("files",)))


def test_a_history_that_is_none_is_told(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "history.sqlite3").write_text("a diary, but not mine" * 100)
    assert "store" in troubles(examined(tmp_path, only=("files",)))


def test_reminders_that_are_damaged_are_noted(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "reminders.json").write_text("{")
    assert examined(tmp_path, only=("files",))["reminders"].judgement == "note"


def test_crashes_that_are_noted_beside_the_history_are_told(tmp_path):
    log = CrashLog(tmp_path / "state" / "crashes.json")
    for _ in range(2):
        log.started()
        log.failed("The moon fell down.")
    found = examined(tmp_path, only=("service",))
    assert "crashes" in troubles(found)
    assert "The moon fell down." in found["crashes"].what


def test_the_progress_is_told(tmp_path):
    told: list[str] = []
    case = Case(
        voice="english",
        ears=None,
        store=tmp_path / "h.sqlite3",
        environment={},
        root=tmp_path,
        only=("devices", "files"),
    )
    list(Examination(case, lambda what, _: told.append(what)).fields())
    assert {"looking for devices", "reading files"} <= set(told)


def test_an_errand_returns_raises_or_is_given_up():
    assert within(5, lambda: 7) == 7
    with pytest.raises(RoomLost, match="gone"):
        within(5, lambda: exec_raise(RoomLost("gone")))
    never = threading.Event()
    with pytest.raises(TookTooLong):
        within(0.02, never.wait)
    never.set()


def exec_raise(error: Exception) -> None:
    raise error
