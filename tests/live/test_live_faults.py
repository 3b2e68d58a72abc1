"""Faults of the sound, done to a running coach: what it notices, what it says, and where it goes on.

Each test unplugs, switches off, freezes or kills something real, and brings it back. The figures it prints are
those of ``docs/faults.md``: seconds from the fault until it was noticed, and from the repair until sound was back.
"""

import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Condition, Thread
from typing import Any

import pytest

from .cast import PATIENCE_S, VOICE, Coach, Loudspeaker, joined_by_air, only_session
from .sound_server import SoundServer

pytestmark = pytest.mark.slow

LOST = "has stopped working|have stopped working|cannot be opened|no sound device|does not answer"
DEAF = "nothing but zeros"
BACK = r"Sound is back after ([\d.]+) s"
ONLY_THIS_MICROPHONE = {"PULSE_SOURCE": "coach_microphone"}
"""Where another source takes the place of a lost microphone, it is deaf; with this, there is none."""


class Watched:
    """A coach whose notes on standard error are read as they come, each with its moment."""

    def __init__(self, coach: Coach) -> None:
        self.coach = coach
        self._notes: list[tuple[float, str]] = []
        self._changed = Condition()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def noted(self, pattern: str, since: float = 0.0) -> tuple[float, re.Match[str]]:
        """Wait for a note; return when it came, and what it says."""
        with self._changed:
            found = self._changed.wait_for(lambda: self._find(pattern, since), 2 * PATIENCE_S)
            assert found, f"no {pattern!r}: {self._notes}, {self.coach.printed}"
            return found

    def _find(self, pattern: str, since: float) -> tuple[float, re.Match[str]] | None:
        return next(((at, m) for at, it in self._notes if at >= since and (m := re.search(pattern, it))), None)

    def _read(self) -> None:
        assert self.coach._process.stderr is not None
        for line in self.coach._process.stderr:
            with self._changed:
                self._notes.append((time.monotonic(), line))
                self._changed.notify_all()


@pytest.fixture
def server(doomed_server: SoundServer) -> SoundServer:
    return joined_by_air(doomed_server)


@pytest.fixture
def start(store: Path) -> Iterator[Callable[..., Watched]]:
    started: list[Coach] = []

    def start(server: SoundServer, **env: str) -> Watched:
        started.append(Coach(server, store, **env))
        watched = Watched(started[-1])
        assert started[-1].is_well_under_way()
        return watched

    yield start
    for coach in started:
        coach.send(signal.SIGKILL)


@pytest.fixture
def tell(show: Callable[[str], None]) -> Callable[..., None]:
    def tell(fault: str, **seconds: float) -> None:
        figures = ", ".join(f"{what.replace('_', ' ')} {it:.1f} s" for what, it in seconds.items())
        show(f"fault: {fault}: {figures}")

    return tell


def goes_on(watched: Watched) -> str:
    """Wait until it has told of the outage and goes on; return what it said first."""
    assert watched.coach.has_printed("I could not hear you for", within_s=2 * PATIENCE_S), watched.coach.printed
    assert watched.coach.has_printed(VOICE.say("outage_go_on")[0]), watched.coach.printed
    line = next(it for it in watched.coach.printed if "I could not hear you for" in it)
    return line.split(maxsplit=1)[1]


def outages(server: SoundServer, store: Path, watched: Watched) -> list[dict[str, Any]]:
    """End the session as a service ends, and return its outages; nothing else may be missing from its record."""
    watched.coach.send(signal.SIGTERM)
    assert watched.coach._process.wait(PATIENCE_S) == 130
    session = only_session(server, store)
    assert session["planned_sets"] == 12
    return list(session["outages"])


def test_an_unplugged_microphone_is_told_and_the_session_goes_on_when_it_is_plugged_in(
    server, start, mouth, store, tell
):
    watched = start(server, **ONLY_THIS_MICROPHONE)
    loudspeaker = Loudspeaker(server, mouth)
    unplugged = time.monotonic()
    server.unplug_microphone()
    noticed, _ = watched.noted(LOST, unplugged)
    watched.noted("cannot be opened")
    time.sleep(8)  # what is said through the speaker that is left takes as long
    plugged_in = time.monotonic()
    server.plug_in_microphone()
    back, _ = watched.noted(BACK, plugged_in)
    goes_on(watched)
    loudspeaker.stop()
    for sentence in VOICE.say("trouble_room"):
        loudspeaker.line(sentence)
    (outage,) = outages(server, store, watched)
    assert outage["cause"] == "lost"
    assert outage["state"] == "welcoming"
    assert outage["seconds"] == pytest.approx(back - unplugged, abs=4)
    tell("microphone unplugged", noticed=noticed - unplugged, back=back - plugged_in)


def test_a_microphone_whose_place_another_source_takes_is_found_again(server, start, store, tell):
    watched = start(server)
    unplugged = time.monotonic()
    server.unplug_microphone()
    noticed, _ = watched.noted(LOST, unplugged)
    watched.noted(DEAF, unplugged)
    plugged_in = time.monotonic()
    server.plug_in_microphone()
    back, _ = watched.noted(BACK, plugged_in)
    goes_on(watched)
    (outage,) = outages(server, store, watched)
    assert outage["cause"] == "lost"
    tell("microphone replaced by the sound server", noticed=noticed - unplugged, back=back - plugged_in)


def test_a_microphone_that_is_switched_off_is_told_and_goes_on_by_itself_when_it_is_on(
    server, start, person, mouth, store, tell
):
    watched = start(server)
    loudspeaker = Loudspeaker(server, mouth)
    switched_off = time.monotonic()
    server.switch_microphone(on=False)
    noticed, _ = watched.noted(DEAF, switched_off)
    time.sleep(6)  # it is said aloud meanwhile
    said = len(watched.coach.printed)
    time.sleep(3)
    assert len(watched.coach.printed) == said, "nobody is led who cannot be heard"
    switched_on = time.monotonic()
    server.switch_microphone(on=True)
    back, _ = watched.noted(BACK, switched_on)
    goes_on(watched)
    loudspeaker.stop()
    loudspeaker.line(VOICE.say("trouble_deaf")[0])
    person.say(server, "stop", heard_by=watched.coach, tries=8)
    assert watched.coach._process.wait(PATIENCE_S) == 0
    session = only_session(server, store)
    assert session["outcome"] == "stopped"
    assert [outage["cause"] for outage in session["outages"]] == ["silent"]
    tell("microphone switched off", noticed=noticed - switched_off, back=back - switched_on)


def test_a_sound_server_that_is_killed_and_started_again_is_found_again(server, start, store, tell):
    watched = start(server)
    killed = time.monotonic()
    server.kill()
    noticed, _ = watched.noted(LOST, killed)
    time.sleep(3)
    server.start_again()
    started = time.monotonic()
    back, _ = watched.noted(BACK, started)
    goes_on(watched)
    (outage,) = outages(server, store, watched)
    assert outage["cause"] == "lost"
    tell("sound server killed", noticed=noticed - killed, back=back - started)


def test_a_sound_server_that_freezes_and_thaws_is_waited_for(server, start, store, tell):
    watched = start(server)
    frozen = time.monotonic()
    server.freeze()
    noticed, _ = watched.noted(LOST, frozen)
    time.sleep(15)  # closing hangs, and so do attempts to open
    thawed = time.monotonic()
    server.thaw()
    back, _ = watched.noted(BACK, thawed)
    goes_on(watched)
    (outage,) = outages(server, store, watched)
    assert outage["cause"] == "lost"
    tell("sound server frozen", noticed=noticed - frozen, back=back - thawed)


def test_a_speaker_that_is_lost_for_a_moment_costs_a_moment(server, start, store, tell):
    watched = start(server)
    unplugged = time.monotonic()
    server.unplug_speaker()
    noticed, _ = watched.noted(LOST, unplugged)
    back, _ = watched.noted(BACK, unplugged)
    goes_on(watched)
    assert len(outages(server, store, watched)) == 1
    tell("speaker interrupted", noticed=noticed - unplugged, back=back - noticed)


# --- At home ---------------------------------------------------------------------------------------------


class Manager:
    """What systemd is told, from a thread that reads all of it."""

    def __init__(self, folder: str) -> None:
        self.address = f"{folder}/notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._told: list[tuple[float, str]] = []
        self._changed = Condition()
        Thread(target=self._read, daemon=True).start()

    def was_told(self, what: str, since: float = 0.0, times: int = 1) -> float:
        """Wait until it was told this so often since then; return when it was told last."""
        with self._changed:
            found = self._changed.wait_for(lambda: len(self._moments(what, since)) >= times, 2 * PATIENCE_S)
            assert found, (what, self._told)
            return self._moments(what, since)[-1]

    def told(self, since: float = 0.0) -> list[str]:
        with self._changed:
            return [it for at, it in self._told if at >= since]

    def _moments(self, what: str, since: float) -> list[float]:
        return [at for at, it in self._told if at >= since and it.startswith(what)]

    def _read(self) -> None:
        while True:
            message = self._socket.recv(4_096).decode()
            with self._changed:
                self._told.append((time.monotonic(), message))
                self._changed.notify_all()


@contextmanager
def at_home(server: SoundServer, home: Path, *options: str) -> Iterator[tuple[Watched, Manager]]:
    class AtHome(Coach):
        command = ("serve", "--verbose", *options)

    with TemporaryDirectory() as short:
        manager = Manager(short)
        watched = Watched(AtHome(server, home / "history.sqlite3", NOTIFY_SOCKET=manager.address))
        try:
            yield watched, manager
        finally:
            watched.coach.send(signal.SIGTERM)
            assert watched.coach._process.wait(PATIENCE_S) == 130


ALWAYS_AWAKE = ("--quiet-hours", "00:00-00:00")
ALWAYS_QUIET = ("--quiet-hours", "00:00-23:59")


def test_a_coach_at_home_waits_for_a_microphone_that_is_switched_off_and_is_not_restarted(
    server, tmp_path, mouth, person, tell
):
    with at_home(server, tmp_path, *ALWAYS_AWAKE) as (watched, manager):
        manager.was_told("READY=1")
        manager.was_told("STATUS=listening")
        loudspeaker = Loudspeaker(server, mouth)
        switched_off = time.monotonic()
        server.switch_microphone(on=False)
        noticed = manager.was_told("STATUS=deaf", switched_off)
        manager.was_told("WATCHDOG=1", noticed, times=8)
        switched_on = time.monotonic()
        server.switch_microphone(on=True)
        back = manager.was_told("STATUS=listening", switched_on)
        assert watched.coach.has_printed(f"coach: {VOICE.say('home_hears_again')[0]}")
        loudspeaker.stop()
        loudspeaker.line(VOICE.say("trouble_deaf")[0])
        person.say(server, "hey coach", heard_by=watched.coach, tries=8)
        tell("at home, microphone switched off", noticed=noticed - switched_off, back=back - switched_on)
    assert not (tmp_path / "history.sqlite3").exists(), "sleeping leaves no record"


def test_in_the_quiet_hours_nothing_is_said_about_a_lost_sound_server(server, tmp_path):
    with at_home(server, tmp_path, *ALWAYS_QUIET) as (watched, manager):
        manager.was_told("STATUS=listening")
        killed = time.monotonic()
        server.kill()
        manager.was_told("STATUS=lost", killed)
        manager.was_told("WATCHDOG=1", killed, times=3)
        server.start_again()
        back = manager.was_told("STATUS=listening", killed)
        manager.was_told("WATCHDOG=1", back, times=4)
        assert not [it for it in watched.coach.printed if it.startswith("coach:")]


def test_a_coach_at_home_starts_without_a_microphone_and_is_ready_when_there_is_one(server, tmp_path):
    server.kill()
    with at_home(server, tmp_path, *ALWAYS_AWAKE) as (_, manager):
        lost = manager.was_told("STATUS=lost")
        manager.was_told("EXTEND_TIMEOUT_USEC=60000000", lost, times=3)
        assert "READY=1" not in manager.told()
        server.start_again()
        manager.was_told("READY=1")
        manager.was_told("STATUS=listening")
