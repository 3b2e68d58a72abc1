"""A coach without a microphone leads nobody who has no key to press: real keys, an understudy of PortAudio."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coach.content import load_routine, load_voice
from coach.devices.deaf_room import NoEars
from coach.devices.keys import AllKeys, InputDevices
from coach.errors import KeysLost
from coach.interview.interview import Interview
from coach.interview.questions import Questionnaire
from coach.live import Setup, Stage, Standby
from coach.loop import Witness, nobody
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.sound_card import Gadget, SimulatedPortAudio
from coach.rehearsal.trace import Trace
from coach.session.messages import CutOff, Milliseconds, Say
from coach.session.session import Session
from tests.devices.test_keys import CODES, Plugged

VOICE = load_voice("english").without_microphone()
ROUTINE = load_routine("lower-back-circuit", voice=VOICE)
TWO_KEYS = sum(1 << CODES[name] for name in ("s", "esc"))
AT = datetime(2026, 3, 2, tzinfo=UTC)


class Keyboards:
    """A computer's input devices, and the one keyboard that is plugged into it now and then."""

    def __init__(self, home: Path) -> None:
        for name in ("input", "about"):
            (home / name).mkdir()
        self._home = home
        self._times = 0
        self.keys = AllKeys(InputDevices(VOICE.keys.buttons, folder=home / "input", about=home / "about"))

    def plug_in(self) -> None:
        self._times += 1
        self.plugged = Plugged(self._home, f"event{self._times}", TWO_KEYS)


@pytest.fixture
def keyboards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboards]:
    monkeypatch.setitem(sys.modules, "sounddevice", SimulatedPortAudio([Gadget("Loudspeaker", outputs=1)]))
    keyboards = Keyboards(tmp_path)
    with closing(keyboards.keys):
        yield keyboards


def stage_of(
    keyboards: Keyboards, tmp_path: Path, undo: ExitStack, warn=lambda _: None, witness: Witness = nobody, **more
) -> Stage:
    setup = Setup(tmp_path, tmp_path / "history.sqlite3", has_microphone=False, lead_in_ms=Milliseconds(0), **more)
    standby = Standby(VOICE, HummingMouth(), setup, warn)
    return Stage(VOICE, setup, witness, HummingMouth(), NoEars(), undo, keyboards.keys, standby)


def test_a_session_stands_still_while_its_only_key_is_gone_and_goes_on_when_it_is_back(keyboards, tmp_path):
    keyboards.plug_in()
    trace, warned = Trace(), []

    def unplugged_in_the_first_line(at: Milliseconds, message: object) -> None:
        trace(at, message)
        if isinstance(message, Say) and message.number == 1:
            keyboards.plugged.unplug()

    def plugged_in_again(told: str) -> None:
        warned.append(told)
        keyboards.plug_in()
        keyboards.plugged.press("s")
        keyboards.plugged.press("s")

    with ExitStack() as undo:
        stage = stage_of(keyboards, tmp_path, undo, plugged_in_again, unplugged_in_the_first_line)
        end = stage.lead(Session(ROUTINE, VOICE), "lower-back-circuit", AT)

    assert warned == ["There is no key to press. I wait for it to come back."]
    (cut_off,) = trace.each(CutOff)
    assert cut_off[0] < 1_000, "nothing was led in between"
    assert end.outcome == "stopped"


def test_keys_that_do_not_come_back_end_a_session_that_was_begun_by_hand(keyboards, tmp_path):
    with ExitStack() as undo, pytest.raises(KeysLost):
        stage_of(keyboards, tmp_path, undo, patience_s=0).lead(Session(ROUTINE, VOICE), "lower-back-circuit", AT)


def test_a_coach_that_sleeps_waits_for_a_key_asleep_and_says_so_at_the_beginning(keyboards, tmp_path):
    """What reminds must not stand still because a remote control has let go of the machine."""
    trace = Trace()
    reminder = Questionnaire(id="reminder", name="reminder", intro=("It is time.",), questions=())
    with ExitStack() as undo:
        stage = stage_of(keyboards, tmp_path, undo, witness=trace)
        assert stage.announcement[-2:] == VOICE.say("trouble_keys")
        stage.rest(Interview(reminder, VOICE), "home", lambda: AT)
        keyboards.plug_in()
        keyboards.keys.demand()
        assert stage.announcement == VOICE.keys.announcement({"s", "esc"})
    assert [it.line.text for _, it in trace.each(Say)] == ["It is time."]
