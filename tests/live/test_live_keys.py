"""``coach run --no-microphone`` from the outside: a loudspeaker, a terminal to type into, and no microphone.

The loudspeaker of a private sound server is the clock; the terminal is a pseudo-terminal, and the controlling one
of the process, as on a desk.
"""

import json
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from threading import Condition, Thread
from typing import Any

import pytest

from coach.content import load_voice

from .cast import REPOSITORY, Coach
from .sound_server import SoundServer

pytestmark = pytest.mark.slow

VOICE = load_voice().without_microphone()


_OWNING = """
import fcntl, os, termios
if os.isatty(0):
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from coach.cli import main
main()
"""


def exported(store: Path, server: SoundServer) -> list[dict[str, Any]]:
    """What ``coach export`` hands out of a history."""
    done = subprocess.run(
        [sys.executable, "-m", "coach", "export", "--store", str(store)],
        env=server.env, cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    sessions: list[dict[str, Any]] = json.loads(done.stdout)["sessions"]
    return sessions


class TypedToCoach(Coach):
    """``coach run --no-microphone`` in a terminal, and what it prints."""

    command = ("run", "lower-back-circuit", "--no-microphone")

    def __init__(self, server: SoundServer, store: Path, *, in_terminal: bool = True) -> None:
        self.printed: list[str] = []
        self._changed = Condition()
        self._screen, self.terminal = pty.openpty()
        self.before = termios.tcgetattr(self.terminal)

        self._process = subprocess.Popen(
            [sys.executable, "-c", _OWNING, *self.command, "--store", str(store)],
            env=server.env,
            cwd=REPOSITORY,
            stdin=self.terminal if in_terminal else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def type(self, keys: str) -> None:
        os.write(self._screen, keys.encode())


@pytest.fixture
def coach(sound_server: SoundServer, store: Path) -> Iterator[TypedToCoach]:
    coach = TypedToCoach(sound_server, store)
    yield coach
    coach.send(signal.SIGKILL)


def test_without_a_microphone_a_session_is_announced_led_and_ended_by_keys(sound_server, coach, store):
    recording = sound_server.record_speaker()
    assert coach.has_printed(VOICE.keys.announced["always"][0])
    assert coach.has_printed(VOICE.keys.announced["keyboard"][0])
    assert coach.has_printed(VOICE.say("welcome", routine="lower-back circuit", rounds=3)[0][:8])
    coach.type(" ")
    assert coach.has_printed("you: space")
    assert coach.has_printed(VOICE.say("paused")[0])
    coach.type("\x1b")
    assert coach.has_printed("you: esc")
    assert coach.has_printed(VOICE.say("pain_halt")[0])
    coach.type("s")
    code, errors = coach.end()
    assert (code, errors) == (0, "")
    assert abs(recording.stop().astype(int)).max() > 1_000, "it was heard"
    assert termios.tcgetattr(coach.terminal) == coach.before
    (session,) = exported(store, sound_server)
    assert [note["kind"] for note in session["notes"]][-3:] == ["pain", "pain_told", "end"]
    assert session["notes"][-1]["detail"] == {"outcome": "stopped"}


def test_ctrl_c_gives_the_terminal_back_as_it_was(coach):
    assert coach.has_printed(VOICE.keys.announced["always"][0])
    assert termios.tcgetattr(coach.terminal) != coach.before
    coach.type("\x03")
    code, errors = coach.end()
    assert code == 130
    assert "interrupted" in errors
    assert termios.tcgetattr(coach.terminal) == coach.before


def test_being_ended_by_a_service_manager_gives_the_terminal_back_too(coach):
    assert coach.has_printed(VOICE.keys.announced["always"][0])
    coach.send(signal.SIGTERM)
    assert coach.end()[0] == 130
    assert termios.tcgetattr(coach.terminal) == coach.before


@pytest.mark.skipif(
    any(os.access(device, os.R_OK) for device in Path("/dev/input").glob("event*")),
    reason="there are keys here that may be read: /dev/input",
)
def test_without_a_microphone_and_without_a_key_it_does_not_lead(sound_server, store):
    coach = TypedToCoach(sound_server, store, in_terminal=False)
    code, errors = coach.end()
    assert code == 5
    assert "There is no key to press" in errors or "may not be read" in errors
    assert not store.exists()
