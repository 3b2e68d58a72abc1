"""Which command a press is meant for."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.cli_talk import open_interview
from coach.content import load_interview, load_routine, load_voice
from coach.devices.deaf_room import NoEars
from coach.front_end import FrontEnd
from coach.home.reminders import Calendar
from coach.home.sleeper import Sleeper
from coach.loop import Hands, lead
from coach.rehearsal.ears import ScriptedEars
from coach.rehearsal.echo import NoEcho
from coach.rehearsal.keys import ScriptedKeys, rehearse_by_keys
from coach.rehearsal.listener import ScriptedListener
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.rehearse import spoken_by
from coach.rehearsal.room import QuietRoom
from coach.rehearsal.script import Remark, Script, When, remark_at
from coach.rehearsal.store import MemoryStore
from coach.rehearsal.trace import Trace
from coach.session import table
from coach.session.keys import ONCE, SAME_PRESS, KeyMap, Presses
from coach.session.messages import Command, Entered, Heard, Hush, Milliseconds, Note
from coach.session.phrases import ANSWERS, COMMANDS, HOME
from coach.session.session import Session
from coach.session.wording import NOT_TAUGHT

VOICE = load_voice("english").without_microphone()
CIRCUIT = replace(load_routine("lower-back-circuit"), rounds=1)
PAIN = [key for key, commands in VOICE.keys.keys.items() if commands[0] == "it_hurts"]
PRESSES = sorted({*VOICE.keys.keys, *(f"{key} {ONCE}" for key in VOICE.keys.buttons)})


def presses(offered: str, keys: dict[str, str], urgent: str = "pause stop it_hurts") -> Presses:
    meaning = KeyMap(keys={key: tuple(map(Command, commands.split())) for key, commands in keys.items()})
    pressed = Presses(meaning, frozenset(map(Command, urgent.split())))
    pressed.attend_to([Command(it) for it in offered.split()])
    return pressed


def told(pressed: Presses, *names: str, every: int = 1000) -> list[str]:
    heard = [pressed.consider(name, Milliseconds(every * at)) for at, name in enumerate(names)]
    return [it.command if it else "" for it in heard]


def test_the_first_command_that_can_be_said_is_meant():
    keys = {"space": "resume pause"}
    assert told(presses("pause next", keys), "space") == ["pause"]
    assert told(presses("resume pause", keys), "space") == ["resume"]
    assert told(presses("next", keys), "space") == [""]


def test_a_key_that_stands_for_nothing_does_nothing():
    assert told(presses("pause", {"space": "pause"}), "j", "key240", "space held") == ["", "", ""]


def test_a_button_halts_as_soon_as_it_goes_down_and_is_not_obeyed_again_when_it_comes_up():
    keys = {"playpause": "resume pause", "playpause held": "it_hurts"}
    assert told(presses("pause it_hurts", keys), "playpause", "playpause once") == ["pause", ""]
    assert told(presses("pause it_hurts", keys), "playpause", "playpause held") == ["pause", "it_hurts"]


def test_what_is_not_urgent_waits_until_it_is_clear_how_a_button_was_pressed():
    keys = {"playpause": "yes resume pause", "playpause twice": "no next"}
    assert told(presses("yes no", keys), "playpause", "playpause once") == ["", "yes"]
    assert told(presses("yes no", keys), "playpause", "playpause twice") == ["", "no"]
    assert told(presses("resume next", keys), "playpause", "playpause twice") == ["", "next"]


def test_a_key_that_is_held_or_trembles_is_obeyed_once():
    pressed = presses("no", {"n": "no next"})
    assert told(pressed, *["n"] * 40, every=33) == ["no", *[""] * 39]
    assert pressed.consider("n", Milliseconds(39 * 33 + SAME_PRESS)) is not None


def test_another_key_is_obeyed_at_once():
    assert told(presses("no yes", {"n": "no", "y": "yes"}), "n", "y", "n", every=20) == ["no", "yes", "no"]


def test_a_key_that_came_to_nothing_is_obeyed_as_soon_as_it_means_something():
    pressed = presses("next", {"esc": "it_hurts"})
    assert told(pressed, "esc") == [""]
    pressed.attend_to([Command("it_hurts")])
    assert told(pressed, "esc") == ["it_hurts"]


# --- The keys as they ship --------------------------------------------------------------------------------


def test_every_command_has_a_key_but_those_that_another_way_leads_to():
    meant = {command for commands in VOICE.keys.keys.values() for command in commands}
    corrections = {it for it in ANSWERS if it.startswith("correction")}  # back, and another number
    at_an_hour = {it for it in HOME if it.startswith(("remind_at", "did_", "begin_"))}
    assert meant | corrections | at_an_hour == COMMANDS


def test_help_tells_of_keys_and_of_no_phrases():
    taught = {command for state in table.STATES for command in table.spoken_in(state)} - NOT_TAUGHT - ANSWERS
    assert taught <= VOICE.keys.names.keys()


def test_no_line_asks_anybody_to_say_something():
    for key, lines in VOICE.keys.says.items():
        assert not any(word in line.lower().split() for line in lines for word in ("say", "talk", "speak")), key
    lines = [line for key in ("safety", "safety_short") for line in VOICE.says[key]]
    assert any("escape" in line for line in lines)
    assert not any("tell me" in line for line in lines)


def test_the_announcement_tells_of_the_keys_that_there_are():
    keys = VOICE.keys
    assert keys.announcement(["playpause"]) == keys.announced["always"] + keys.announced["button"]
    assert keys.announcement(["esc", "a"]) == keys.announced["always"] + keys.announced["keyboard"]
    assert keys.announcement([]) == keys.announcement(["esc", "playpause"])


# --- What must stay true ----------------------------------------------------------------------------------


def pressing(*names: str, every_ms: int) -> Script:
    return Script(
        "keys", tuple(remark_at(Milliseconds(every_ms * (at + 1)), name) for at, name in enumerate(names))
    )


@settings(max_examples=10)
@given(st.lists(st.sampled_from(PRESSES), max_size=30), st.integers(300, 20_000))
def test_whatever_is_pressed_the_session_comes_to_an_end_by_itself(names, every_ms):
    rehearsal = rehearse_by_keys(Session(CIRCUIT, VOICE), VOICE, pressing(*names, every_ms=every_ms), "keys")
    assert rehearsal.end.outcome in ("completed", "stopped", "eased", "abandoned")


def test_nobody_presses_anything_and_the_session_goes_to_its_end_at_its_own_pace():
    rehearsal = rehearse_by_keys(Session(CIRCUIT, VOICE), VOICE, Script("nobody"), "keys")
    assert rehearsal.end.outcome == "completed"


@pytest.mark.no_cover  # six times the same way to each state
@pytest.mark.parametrize("key", PAIN)
@pytest.mark.parametrize("state", [it for it in table.STATES if it != table.ENDED])
def test_the_pain_key_halts_in_every_state(state, key):
    """What leads to each state is pressed, and then the key."""
    ways = {
        "paused": [("space", "moving")],
        "asking_where": [("h", "moving")],
        "asking_strength": [("h", "moving"), ("1", "asking_where")],
        "asking_kind": [("h", "moving"), ("1", "asking_where"), ("2", "asking_strength")],
    }
    ways["offering_easier"] = [("n", "briefing"), *ways["asking_kind"], ("1", "asking_kind")]
    ways["offering_another"] = [*ways["offering_easier"], ("n", "offering_easier")]
    ways["confirming_return"] = [*ways["offering_easier"], ("space", "offering_easier")]
    ways["stopping"] = [("s", "moving")]
    way = [(name, where, 3.0) for name, where in ways.get(state, [])]
    script = tuple(
        Remark(words=name, when=When(state=where, after_s=after_s), tries=1)
        for name, where, after_s in [*way, (key, state, 0.4)]
    )
    trace = Trace()
    keys = ScriptedKeys(Script("pain", script), trace)
    hands = Hands(QuietRoom(), FrontEnd(NoEcho()), NoEars(), HummingMouth(), MemoryStore(), keys)
    lead(Session(CIRCUIT, VOICE), VOICE, hands, trace)
    assert keys.unsaid == ()
    at = next(at for at, it in reversed(trace.each(Heard)) if it == Heard(Command("it_hurts"), key))
    assert at in [when for when, _ in trace.each(Hush)]
    after = [it.state for when, it in trace.each(Entered) if when >= at]
    assert not {table.MOVING, table.HOLDING, table.READYING} & set(after)
    if state not in table.AFTER_PAIN:
        assert at in [when for when, it in trace.each(Note) if it.kind == "pain"]


def test_beside_the_voice_both_are_obeyed():
    voice = load_voice("english")
    said, pressed = remark_at(Milliseconds(3_000), "hold on"), remark_at(Milliseconds(6_000), "space")
    trace, mouth = Trace(), HummingMouth()
    room = QuietRoom(spoken_by(ScriptedListener(Script("said", (said,)), mouth, trace)))
    stop = remark_at(Milliseconds(9_000), "s")
    keys = ScriptedKeys(Script("pressed", (pressed, stop)), Trace())  # which the ears do not read
    end = lead(
        Session(CIRCUIT, voice),
        voice,
        Hands(room, FrontEnd(NoEcho()), ScriptedEars(trace), mouth, MemoryStore(), keys),
        trace,
    )
    assert [it.command for _, it in trace.each(Heard)] == ["pause", "resume", "stop"]
    assert end.outcome == "stopped"


def test_the_stop_key_ends_an_interview_and_a_pain_key_too():
    for key, outcome in (("s", "stopped"), ("esc", "eased")):
        asked = load_interview("diary", VOICE)
        rehearsal = rehearse_by_keys(open_interview(asked, VOICE), VOICE, pressing(key, every_ms=4000), "keys")
        assert rehearsal.end.outcome == outcome


def test_asleep_the_button_calls_the_coach_and_then_begins():
    sleeper = Sleeper(VOICE, Calendar(), datetime(2026, 3, 2, tzinfo=UTC))
    script = pressing("playpause", "playpause once", "playpause", "playpause once", every_ms=900)
    rehearse_by_keys(sleeper, VOICE, script, "keys")
    assert sleeper.request is not None
    assert sleeper.request.wish == "begin"
