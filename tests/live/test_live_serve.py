"""``coach serve`` from the outside: asleep on a real sound server, called, asked, and ended."""

import json
import signal
import socket
from tempfile import TemporaryDirectory

import pytest

from .cast import PATIENCE_S, VOICE, Coach
from .sound_server import SoundServer

pytestmark = pytest.mark.slow


class ServingCoach(Coach):
    """``coach serve`` in a process of its own, and what it prints."""

    command = ("serve", "--verbose", "--quiet-hours", "00:00-00:00")


def test_a_coach_at_home_is_called_sets_a_reminder_and_is_ended_as_a_service_is(sound_server, person, tmp_path):
    server: SoundServer = sound_server
    home = tmp_path / "home"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.settimeout(PATIENCE_S)
    with TemporaryDirectory() as short, manager:
        manager.bind(f"{short}/notify")
        coach = ServingCoach(server, home / "history.sqlite3", NOTIFY_SOCKET=f"{short}/notify")
        told = _until(manager, b"WATCHDOG=1")
        assert told.index(b"READY=1") < told.index(b"WATCHDOG=1")
    try:
        person.say(server, "hey coach", heard_by=coach, tries=8)
        assert coach.has_printed(f"coach: {VOICE.say('home_awake')[0]}")
        person.say(server, "remind me at seven", heard_by=coach, tries=3)
        assert coach.has_printed("coach: All right, I remind you")
    finally:
        coach.send(signal.SIGTERM)
        code, errors = coach.end()
    assert code == 130
    assert "interrupted" in errors
    kept = json.loads((home / "reminders.json").read_text())
    assert [it["at"] for it in kept["reminders"]] in (["07:00:00"], ["19:00:00"])
    assert not json.loads((home / "crashes.json").read_text())["running"], "being stopped is no crash"
    assert not (home / "history.sqlite3").exists(), "sleeping leaves no record"


def _until(manager: socket.socket, wanted: bytes) -> list[bytes]:
    """What systemd would be told, until it is told this."""
    told: list[bytes] = []
    while wanted not in told:
        told += manager.recv(4096).splitlines()
    return told
