"""``coach serve --no-microphone`` from the outside: asleep in a terminal, called and led by keys, asleep again.

There is no microphone and nobody who speaks: the loudspeaker of a private sound server is the clock, and keys are
typed into a pseudo-terminal.
"""

import json
import signal
import termios
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from coach.content import load_routine
from coach.devices.store import SqliteStore
from coach.session.messages import Milliseconds, Note
from tests.planning.people import WELL

from .cast import PATIENCE_S
from .sound_server import SoundServer
from .test_live_keys import VOICE, TypedToCoach, exported

pytestmark = pytest.mark.slow


class TypedToHome(TypedToCoach):
    """``coach serve --no-microphone`` in a terminal, and what it prints."""

    command = ("serve", "--no-microphone", "--verbose", "--quiet-hours", "00:00-00:00")

    def brings(self, key: str, answer: str, within_s: float = PATIENCE_S) -> bool:
        """Press a key; return whether it brings this, after all that was printed before."""
        before = len(self.printed)
        self.type(key)
        with self._changed:
            return self._changed.wait_for(lambda: any(answer in it for it in self.printed[before:]), within_s)

    def is_called(self) -> bool:
        """Call it until it answers, as people do: what is pressed in the moment in which it falls asleep is lost.

        Only who has slept says that he is here; to who is awake this key would mean something else.
        """
        return any(self.brings(" ", VOICE.say("home_awake")[0], within_s=10) for _ in range(4))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A history in which somebody has answered that nothing keeps them from exercise."""
    path = tmp_path / "home" / "history.sqlite3"
    asked = SqliteStore(path, routine="readiness", started_at=datetime.now().astimezone() - timedelta(days=1))
    asked.keep(Note(Milliseconds(0), "interview", detail=(("interview", "readiness"),)))
    for question, answer in WELL.items():
        asked.keep(Note(Milliseconds(1), "answer", detail=(("question", question), ("answer", answer))))
    asked.keep(Note(Milliseconds(2), "end", detail=(("outcome", "completed"),)))
    asked.close()
    return path


@pytest.fixture
def coach(sound_server: SoundServer, store: Path) -> Iterator[TypedToHome]:
    coach = TypedToHome(sound_server, store)
    yield coach
    coach.send(signal.SIGKILL)


def test_at_home_without_a_microphone_keys_call_begin_pause_and_stop_and_it_sleeps_again(
    sound_server, coach, store
):
    recording = sound_server.record_speaker()
    assert coach.has_printed(VOICE.keys.announced["always"][0])
    assert coach.has_printed(VOICE.keys.announced["keyboard"][-1])
    assert coach.brings("q", VOICE.say("home_good_night")[0])

    assert coach.is_called()
    walk = load_routine("walk", voice=VOICE)
    assert coach.brings("w", VOICE.say("welcome_once", routine=walk.name)[0])
    assert coach.brings(" ", VOICE.say("paused")[0])
    assert coach.brings("s", "you: s")

    assert coach.is_called(), "it slept again"
    assert coach.brings("7", "I remind you")
    coach.send(signal.SIGTERM)
    code, errors = coach.end()
    assert code == 130
    assert "interrupted" in errors
    assert abs(recording.stop().astype(int)).max() > 1_000, "it was heard"
    assert termios.tcgetattr(coach.terminal) == coach.before

    (session,) = [it for it in exported(store, sound_server) if it["routine"] == "walk"]
    assert [note["kind"] for note in session["notes"]][-2:] == ["pause", "end"]
    assert session["notes"][-1]["detail"] == {"outcome": "stopped"}
    kept = json.loads(store.with_name("reminders.json").read_text())
    assert [it["at"] for it in kept["reminders"]] in (["07:00:00"], ["19:00:00"])
    assert kept["hush"], "the good night counts"
