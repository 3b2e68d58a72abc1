"""``coach serve`` from the outside: asleep on a real sound server, called, asked, and ended."""

import json
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from coach.devices.mouth import SpeakingMouth

from .sound_server import SoundServer
from .test_live_session import VOICE, Coach, Person

pytestmark = pytest.mark.slow


class ServingCoach(Coach):
    """``coach serve`` in a process of its own, and what it prints."""

    command = ("serve", "--verbose", "--quiet-hours", "00:00-00:00")


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    with closing(SpeakingMouth(VOICE.listener_voice)) as mouth:
        yield Person(mouth, tmp_path)


def test_a_coach_at_home_is_called_sets_a_reminder_and_is_ended_as_a_service_is(sound_server, person, tmp_path):
    server: SoundServer = sound_server
    home = tmp_path / "home"
    coach = ServingCoach(server, home / "history.sqlite3")
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
    assert not (home / "history.sqlite3").exists(), "sleeping leaves no record"
