"""``coach run`` from the outside, on a real sound server: spoken to, listened to, and disturbed."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coach.session.session import HEAR_OUT
from coach.voice_queue import USUAL_LEAD_IN

from .cast import VOICE, Coach, Loudspeaker, coach_log, joined_by_air, only_session
from .sound_server import SoundServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def room(sound_server: SoundServer) -> SoundServer:
    return joined_by_air(sound_server)


@pytest.fixture
def doomed_room(doomed_server: SoundServer) -> SoundServer:
    return joined_by_air(doomed_server)


Start = Callable[..., Coach]


@pytest.fixture
def start(store: Path) -> Iterator[Start]:
    """Start coaches: on the test's history, or on another; none outlives its test."""
    coaches: list[Coach] = []

    def start(server: SoundServer, on: Path = store, **env: str) -> Coach:
        coaches.append(Coach(server, on, **env))
        return coaches[-1]

    yield start
    for coach in coaches:
        coach.send(signal.SIGKILL)


def test_a_session_is_led_by_voice_from_its_welcome_to_stop(room, start, store, person, mouth, show):
    tries: dict[str, int] = {}
    loudspeaker = Loudspeaker(room, mouth)
    coach = start(room)
    welcome, _ = VOICE.say("welcome", routine="lower-back circuit", rounds=3)
    assert coach.has_printed(welcome)
    assert coach.is_well_under_way()

    tries["pause"], said_pause = person.say(room, "pause", heard_by=coach, clock=loudspeaker.so_far_s)
    paused, how_to_go_on = VOICE.say("paused")
    assert coach.has_printed(how_to_go_on), coach.printed
    assert only_session(room, store)["outcome"] == "running"

    second = start(room)
    code, errors = second.end()
    assert code == 8
    assert "Another coach" in errors
    assert "--store" in errors

    tries["continue"], _ = person.say(room, "continue", heard_by=coach, clock=loudspeaker.so_far_s)
    next_line = coach.line_after("you: continue")

    tries["stop"], said_stop = person.say(room, "stop", heard_by=coach, clock=loudspeaker.so_far_s)
    code, errors = coach.end()
    ended = loudspeaker.so_far_s()
    loudspeaker.stop()
    assert code == 0
    assert coach.printed[-1].startswith("The session is over: stopped.")

    # What was printed was said, in this order, and the pause was a silence.
    _, welcomed = loudspeaker.line(welcome)
    paused_at, _ = loudspeaker.line(paused)
    _, silent_from = loudspeaker.line(how_to_go_on)
    refused_at, refused = loudspeaker.line(VOICE.say("trouble_store_busy")[0])
    assert welcomed - 0.1 < paused_at < silent_from < refused_at
    woken_at = refused_at - USUAL_LEAD_IN / 1_000
    assert loudspeaker.loudest(silent_from + 0.1, woken_at - 0.1) < 100
    resumed_at, _ = loudspeaker.line(next_line, after_s=refused)  # a line that was broken off is said again

    # "Stop" is answered by a chime, and nothing is said after it.
    silent_for_good = loudspeaker.last_sound_s()
    last_tone = VOICE.chimes.stopped[-1]
    stopped_at = silent_for_good - sum(tone.seconds for tone in VOICE.chimes.stopped)
    pitch = loudspeaker.pitch(silent_for_good - 0.8 * last_tone.seconds, silent_for_good - 0.1 * last_tone.seconds)
    assert pitch == pytest.approx(last_tone.hertz, abs=10)
    assert resumed_at < stopped_at

    delays = {"pause": paused_at - said_pause, "stop": stopped_at - said_stop, "exit": ended - said_stop}
    rounded = {on: round(delay, 2) for on, delay in delays.items()}
    show(f"live, seconds after the player of the word ended: {rounded} said how often: {tries}")
    assert delays["pause"] < 1
    assert delays["stop"] < 1
    assert delays["exit"] < HEAR_OUT / 1_000 + 4

    session = only_session(room, store)
    assert session["outcome"] == "stopped"
    assert [pause["state"] for pause in session["pauses"]] == ["welcoming"]


def test_a_microphone_that_does_not_come_back_ends_the_session_told_and_nothing_noted_is_lost(
    doomed_room, start, store, person, mouth
):
    loudspeaker = Loudspeaker(doomed_room, mouth)
    coach = start(doomed_room, PULSE_SOURCE="coach_microphone", COACH_GIVE_UP_AFTER="5")
    assert coach.is_well_under_way()
    person.say(doomed_room, "pause", heard_by=coach, tries=8)  # returns before the coach has answered
    doomed_room.unplug_microphone()
    code, errors = coach.end()
    loudspeaker.stop()
    assert code == 5
    assert "The microphone" in errors
    assert "coach devices" in errors
    for sentence in VOICE.say("trouble_room"):  # when it was lost, and again at the end
        loudspeaker.line(sentence)
    session = only_session(doomed_room, store)
    assert session["outcome"] == "interrupted"
    # A busy machine drops blocks, and a distorted "pause" may be heard as a pain word first; "pause" after that
    # gives time and is no pause. Whichever was heard, it was noted, milliseconds before the microphone was gone.
    assert len(session["pauses"]) == 1 or session["pains"], coach.printed


def test_without_a_microphone_at_the_start_it_is_told_at_once(doomed_server, start, store, mouth):
    doomed_server.unplug_microphone()
    loudspeaker = Loudspeaker(doomed_server, mouth)
    coach = start(doomed_server, PULSE_SOURCE="coach_microphone")
    code, errors = coach.end()
    loudspeaker.stop()
    assert code == 5
    assert "The microphone" in errors
    loudspeaker.line(VOICE.say("trouble_room")[0])


def test_a_killed_session_is_shown_as_interrupted_with_what_was_noted(room, start, store, person):
    coach = start(room)
    assert coach.is_well_under_way()
    person.say(room, "pause", heard_by=coach, tries=8)
    assert coach.has_printed(VOICE.say("paused")[0])
    coach.send(signal.SIGKILL)
    assert coach.end()[0] == -signal.SIGKILL
    session = only_session(room, store)
    assert session["outcome"] == "interrupted"
    assert session["planned_sets"] == 12
    assert len(session["pauses"]) == 1, coach.printed
    assert "interrupted" in coach_log(room, store)


def test_ctrl_c_and_the_end_of_a_service_are_told_apart_from_trouble_and_lose_nothing(room, start, tmp_path):
    ends = {signal.SIGINT: tmp_path / "ctrl-c", signal.SIGTERM: tmp_path / "service"}
    coaches = {number: start(room, store) for number, store in ends.items()}
    for number, coach in coaches.items():
        assert coach.is_well_under_way()
        coach.send(number)
    for number, coach in coaches.items():
        code, errors = coach.end()
        assert code == 130
        assert "coach: interrupted." in errors
        assert only_session(room, ends[number])["outcome"] == "interrupted"
