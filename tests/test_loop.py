"""The loop does what the session says, in order, and a hand that fails does not end the session."""

from collections.abc import Iterator

import numpy as np
import pytest

from coach.content import load_routine, load_voice
from coach.errors import CoachError, MouthFailed, RoomBack, RoomLost, StoreFailed
from coach.front_end import FrontEnd
from coach.loop import Hands, lead
from coach.ports import BLOCK_BYTES, BLOCK_MS, SILENCE, Block
from coach.rehearsal.ears import ScriptedEars
from coach.rehearsal.echo import NoEcho
from coach.rehearsal.listener import ScriptedListener
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.room import QuietRoom
from coach.rehearsal.script import Remark, Script, When, remark_at
from coach.rehearsal.store import MemoryStore
from coach.rehearsal.trace import Trace, Uttered
from coach.session.messages import (
    Chime,
    CutOff,
    End,
    Entered,
    Heard,
    Hush,
    Listen,
    Milliseconds,
    Note,
    Say,
    SetVolume,
    Spoken,
    Troubled,
)
from coach.session.session import HEAR_OUT, Session
from coach.voice_queue import NO_LEAD_IN, USUAL_LEAD_IN, Played

VOICE = load_voice("english")
ROUTINE = load_routine("lower-back-circuit", voice=VOICE)


class Led:
    """A session led with understudies; each may be replaced by one that fails."""

    def __init__(
        self,
        *remarks: Remark,
        mouth=None,
        store=None,
        room=None,
        echo=None,
        front_end=None,
        lead_in=NO_LEAD_IN,
    ):
        self.trace = Trace()
        self.listener = ScriptedListener(Script("test", remarks), HummingMouth(), self.trace)
        self.room = room or QuietRoom(self._microphone(), remember=True)
        self.store = store or MemoryStore()
        self.hands = Hands(
            self.room,
            front_end or FrontEnd(echo or NoEcho()),
            ScriptedEars(self.trace),
            mouth or HummingMouth(),
            self.store,
            lead_in=lead_in,
        )

    def _microphone(self) -> Iterator[Block]:
        while True:
            yield self.listener.next_block(SILENCE)

    def lead(self) -> "Led":
        self.end = lead(Session(ROUTINE, VOICE), VOICE, self.hands, self.trace)
        return self

    @property
    def said(self) -> list[str]:
        return [line.text for _, line in self.trace.each(Played)]


STOP = remark_at(Milliseconds(3_000), "stop")


# --- In order --------------------------------------------------------------------------------------------


def test_a_session_is_led_from_its_first_word_to_its_end():
    led = Led().lead()
    assert led.end == End("completed")
    assert led.said[0] == VOICE.say("welcome", routine=ROUTINE.name, rounds=ROUTINE.rounds)[0]
    assert led.said[-1] == VOICE.say("closing")[-1]


def test_every_line_that_was_not_cut_is_reported_to_the_session_once_and_no_other():
    led = Led(remark_at(Milliseconds(2_500), "pause"), remark_at(Milliseconds(9_000), "stop")).lead()
    whole = [line.number for _, line in led.trace.each(Played) if not line.cut]
    assert [spoken.number for _, spoken in led.trace.each(Spoken)] == whole
    assert any(line.cut for _, line in led.trace.each(Played))


def test_the_witness_sees_the_cause_before_the_effect():
    led = Led(STOP).lead()
    seen = [message for _, message in led.trace.entries]
    at = next(index for index, message in enumerate(seen) if isinstance(message, Heard))
    kinds = [type(message) for message in seen[at:]]
    order = [kinds.index(kind) for kind in (Heard, Hush, Chime, Entered, Listen, Played, Note, End)]
    assert order == sorted(order)


def test_session_time_never_runs_backwards_for_the_witness():
    led = Led(remark_at(Milliseconds(2_500), "slower"), STOP).lead()
    times = [at for at, message in led.trace.entries if not isinstance(message, (Uttered, Played))]
    assert times == sorted(times)


def test_stop_silences_the_coach_in_mid_word_and_lets_the_last_chime_ring_out():
    led = Led(STOP).lead()
    assert led.end == End("stopped", on_request=True)
    (at, _), *_ = led.trace.each(Heard)
    assert led.trace.each(Played)[-1][1].end <= at + 2 * BLOCK_MS
    rung = round(sum(tone.seconds for tone in VOICE.chimes.stopped) * 1000)
    played = np.frombuffer(b"".join(led.room.played), np.int16)[16 * at :]
    sounds = np.flatnonzero(np.abs(played) > 50)
    assert rung - 100 <= (sounds[-1] - sounds[0]) / 16 <= rung + 20
    assert len(played) / 16 <= max(HEAR_OUT, rung) + 3 * BLOCK_MS


def test_an_urgent_word_is_obeyed_within_300_ms_of_its_end():
    led = Led(STOP).lead()
    (_, said), (at, _) = led.trace.each(Uttered)[0], led.trace.each(Heard)[0]
    assert at - said.end <= 300


def test_the_chime_after_stop_waits_for_no_loudspeaker_that_sleeps():
    remarks = remark_at(Milliseconds(2_500), "pause"), remark_at(Milliseconds(20_000), "stop")
    led = Led(*remarks, lead_in=USUAL_LEAD_IN).lead()
    at, _ = led.trace.each(Heard)[-1]
    played = np.frombuffer(b"".join(led.room.played), np.int16)[16 * at :]
    assert np.flatnonzero(np.abs(played) > 1_000)[0] / 16 < 100


def test_louder_is_louder_from_the_next_line_on():
    led = Led(remark_at(Milliseconds(3_000), "louder"), remark_at(Milliseconds(8_000), "stop")).lead()
    (at, volume), *_ = led.trace.each(SetVolume)
    assert volume.decibels > 0
    tape = np.frombuffer(b"".join(led.room.played), np.int16)
    assert np.abs(tape[16 * (at + 100) : 16 * 8_000]).max() > 1.2 * np.abs(tape[: 16 * (at - 100)]).max()


def test_the_same_session_is_led_the_same_way_every_time():
    remarks = (
        Remark(words="pause", when=When(state="moving", after_s=3)),
        remark_at(Milliseconds(80_000), "stop"),
    )
    assert Led(*remarks).lead().trace.entries == Led(*remarks).lead().trace.entries


# --- One after another, and after an outage --------------------------------------------------------------


class KnownFrontEnd(FrontEnd):
    """Lets it be known what it is asked and told."""

    def __init__(self, echo) -> None:
        super().__init__(echo)
        self.asked_about: list[Milliseconds] = []
        self.forgot_at: list[Milliseconds] = []

    def was_echo(self, moment: Milliseconds) -> bool:
        self.asked_about.append(moment)
        return super().was_echo(moment)

    def forget_the_path(self) -> None:
        self.forgot_at.append(self.now)
        super().forget_the_path()


def test_what_was_heard_in_a_second_session_is_looked_for_in_the_second():
    front_end = KnownFrontEnd(NoEcho())
    led = Led(STOP, remark_at(Milliseconds(10_000), "stop"), front_end=front_end).lead()
    asked, began = len(front_end.asked_about), front_end.now
    led.lead()
    assert front_end.asked_about[asked:]
    assert min(front_end.asked_about[asked:]) >= began > max(front_end.asked_about[:asked])


class LooseRoom(QuietRoom):
    """Is lost once, in place of a block, and back at once."""

    def __init__(self, after: Milliseconds) -> None:
        super().__init__(remember=True)
        self._after = after

    def exchange(self, speaker: Block) -> Block:
        if BLOCK_MS * len(self.played) == self._after:
            self._after = Milliseconds(-1)
            raise RoomBack(RoomLost("It was unplugged.", "Plug it in."), 4.0, told=False)
        return super().exchange(speaker)


LOST = Milliseconds(2_000)  # in the middle of the first sentence


def test_what_was_not_played_in_an_outage_is_not_looked_for_in_the_microphone():
    given = []

    class Spy(NoEcho):
        def cancel(self, microphone, speaker):
            given.append(speaker)
            return super().cancel(microphone, speaker)

    room = LooseRoom(LOST)
    Led(room=room, echo=Spy()).lead()
    at = LOST // BLOCK_MS
    assert room.played[at - 1] != SILENCE
    assert given == [*room.played[:at], SILENCE, *room.played[at:]]


def test_devices_that_were_opened_anew_have_another_echo():
    front_end = KnownFrontEnd(NoEcho())
    Led(room=LooseRoom(LOST), front_end=front_end).lead()
    assert front_end.forgot_at == [LOST]


def test_a_loudspeaker_that_was_lost_is_woken_before_the_first_word():
    led = Led(room=LooseRoom(LOST), lead_in=USUAL_LEAD_IN).lead()
    since = next(at for at, _ in led.trace.each(CutOff))
    dues = {it.number: it.due for _, it in led.trace.each(Say)}
    first = next(it for _, it in led.trace.each(Played) if it.begin >= since)
    assert first.begin - dues[first.number] == pytest.approx(USUAL_LEAD_IN, abs=BLOCK_MS)


# --- Somebody speaks over the coach ----------------------------------------------------------------------


class Canceller:
    """Leaves these blocks of whatever the microphone recorded."""

    def __init__(self, left: Iterator[Block]) -> None:
        self._left = left

    def cancel(self, microphone: Block, speaker: Block) -> Block:
        return next(self._left)


def level(loudness: int) -> Block:
    return Block(np.full(BLOCK_BYTES // 2, loudness, np.int16).tobytes())


def test_the_coach_is_quieter_while_somebody_speaks_over_it_and_keeps_its_time():
    def lead_over(left: list[Block]) -> tuple[list[int], list[Played]]:
        def recorded():
            for number in range(len(left)):
                yield level(20 if number % 50 == 0 else 3_000)  # it pauses for breath
            raise RoomLost("The end of the test.", "")

        room = QuietRoom(recorded(), remember=True)
        led = Led(room=room, echo=Canceller(iter(left)))
        with pytest.raises(RoomLost):
            led.lead()
        loudest = [int(np.abs(np.frombuffer(block, np.int16)).max()) for block in room.played]
        return loudest, [line for _, line in led.trace.each(Played)]

    alone, lines = lead_over([level(10)] * 400)
    spoken_over, same_lines = lead_over([level(10)] * 200 + [level(800)] * 20 + [level(10)] * 180)
    assert spoken_over[:201] == alone[:201]
    assert max(spoken_over[203:240]) <= 0.1 * max(alone[203:240])
    assert spoken_over[335:] == alone[335:]
    assert same_lines == lines


# --- A hand fails ----------------------------------------------------------------------------------------


class HoarseMouth(HummingMouth):
    """Fails on some lines."""

    def __init__(self, fails_on) -> None:
        super().__init__()
        self._fails_on = fails_on

    def prepare(self, lines) -> None:
        """Nothing is prepared, so that each line is tried when it is due."""

    def speak(self, line):
        if self._fails_on(line.text):
            raise MouthFailed("The synthesiser failed on a line.", "Install it again.")
        return super().speak(line)


def test_a_line_that_cannot_be_spoken_is_a_chime_and_the_session_goes_on():
    second = VOICE.say("safety")[0]
    led = Led(mouth=HoarseMouth(lambda text: text == second)).lead()
    assert led.end == End("completed")
    assert len(led.trace.each(MouthFailed)) == 1
    (line,) = [line for _, line in led.trace.each(Played) if line.text == second]
    assert line.end - line.begin == sum(tone.seconds for tone in VOICE.chimes.unspoken) * 1000


def test_without_any_voice_the_session_still_reaches_its_end():
    assert Led(mouth=HoarseMouth(lambda text: True)).lead().end == End("completed")


def test_a_history_that_cannot_be_written_is_said_aloud_once_and_the_session_goes_on():
    store = MemoryStore()
    store.trouble = StoreFailed("The disk is full.", "Make room.")
    led = Led(store=store).lead()
    assert led.end == End("completed")
    assert [trouble.key for _, trouble in led.trace.each(Troubled)] == ["trouble_store"]
    assert [led.said.count(line) for line in VOICE.say("trouble_store")] == [1, 1]
    assert len(led.trace.each(CoachError)) == 1
    assert [note.kind for note in store.notes][-1] == "end"


@pytest.mark.parametrize("after", [0, 1, 500])
def test_a_lost_room_ends_it_and_what_was_noted_is_kept(after):
    def recorded():
        yield from [SILENCE] * after
        raise RoomLost("The microphone is gone.", "Plug it in.")

    led = Led(room=QuietRoom(recorded()))
    with pytest.raises(RoomLost):
        led.lead()
    assert [note.kind for note in led.store.notes][:1] == ["session"]


# --- What the hands get ----------------------------------------------------------------------------------


def test_the_canceller_gets_what_was_recorded_with_what_was_played_in_the_same_exchange():
    seen = []

    class Spy(NoEcho):
        def cancel(self, microphone, speaker):
            seen.append((microphone, speaker))
            return super().cancel(microphone, speaker)

    led = Led(STOP, echo=Spy()).lead()
    assert [speaker for _, speaker in seen] == led.room.played
    assert {len(microphone) for microphone, _ in seen} == {BLOCK_BYTES}


def test_the_ears_listen_for_what_the_state_offers():
    led = Led(STOP).lead()
    offered = [set(message.commands) for _, message in led.trace.each(Listen)]
    assert {"stop", "pause", "it_hurts"} <= offered[0]
    assert "continue" not in offered[0]


def test_nothing_is_said_that_the_session_did_not_ask_for():
    led = Led(remark_at(Milliseconds(4_000), "help"), remark_at(Milliseconds(30_000), "stop")).lead()
    assert set(led.said) <= {say.line.text for _, say in led.trace.each(Say)}
