"""A room that outlasts its devices: what it does when they are lost, deaf, frozen, and found again."""

import math
from itertools import pairwise
from typing import cast

import pytest

from coach.deafness import DEAF_AFTER, Hearing, fault_of
from coach.devices.steady import (
    FIRST_PAUSE_S,
    HANGING_S,
    LONGEST_PAUSE_S,
    SAY_AGAIN_AFTER_S,
    SteadyRoom,
    deafness,
)
from coach.errors import RoomBack, RoomDeaf, RoomHangs, RoomLost
from coach.ports import BLOCK_BYTES, BLOCK_MS, BLOCK_SAMPLES, SILENCE, Block, Pcm, Room
from coach.rehearsal.faults import FAINT, Fault, LooseContact
from coach.rehearsal.room import QuietRoom
from tests.devices.test_room import RoomContract

NOISE = Block(bytes(range(256)) * (BLOCK_BYTES // 256) + bytes(range(BLOCK_BYTES % 256)))
CLIPPED = Block(b"\xff\x7f\x00\x80" * (BLOCK_SAMPLES // 2))
STUCK = Block(b"\x05\x00" * BLOCK_SAMPLES)
SECOND = 1_000 // BLOCK_MS
ALOUD = Pcm(NOISE * SECOND)


class Scribe:
    """An attendant that writes down what it was told, and when."""

    def __init__(self, contact: LooseContact, *, has_speaker: bool = False, is_hushed: bool = False) -> None:
        self._contact = contact
        self._has_speaker = has_speaker
        self._is_hushed = is_hushed
        self.seen: list[tuple[float, str]] = []
        self.told: list[RoomLost] = []

    def noticed(self, lost: RoomLost) -> None:
        self.told.append(lost)
        self._write("noticed")

    def words(self, lost: RoomLost, *, again: bool) -> Pcm:
        self._write("asked again" if again else f"asked for {lost.spoken_key}")
        return Pcm(b"") if self._is_hushed else ALOUD

    def say_last(self, pcm: Pcm) -> bool:
        if self._has_speaker:
            self._write("said without a room")
        return self._has_speaker

    def alive(self) -> None:
        self._write("alive")

    def hears(self) -> None:
        self._write("hears")

    def at(self, what: str) -> list[float]:
        return [at for at, it in self.seen if it == what]

    def _write(self, what: str) -> None:
        self.seen.append((self._contact.clock(), what))


class Stand:
    """A steady room on a loose contact."""

    def __init__(
        self,
        *faults: Fault,
        patience_s: float = math.inf,
        opened: bool = True,
        inner: Room | None = None,
        **attendant,
    ) -> None:
        self.inner = inner or QuietRoom(remember=True)
        self.contact = LooseContact(self.inner, faults)
        self.scribe = Scribe(self.contact, **attendant)
        self.room = SteadyRoom(
            self.contact.open,
            self.scribe,
            room=self.contact.open() if opened else None,
            patience_s=patience_s,
            wait=self.contact.wait,
            clock=self.contact.clock,
        )

    def until_back(self) -> RoomBack:
        with pytest.raises(RoomBack) as back:
            swap(self.room, 3_600)
        return back.value

    def seconds(self, seconds: float) -> list[Block]:
        return swap(self.room, seconds)


def swap(room: Room, seconds: float) -> list[Block]:
    return [room.exchange(SILENCE) for _ in range(round(seconds * SECOND))]


# --- The contract ----------------------------------------------------------------------------------------


@pytest.fixture(params=["steady", "loose"])
def room(request: pytest.FixtureRequest) -> Room:
    return Stand().room if request.param == "steady" else LooseContact(QuietRoom()).open()


class TestContract(RoomContract):
    """Rooms whose sound is that of another room keep the contract, too."""

    def test_where_nobody_speaks_it_is_quiet(self, room: Room) -> None:
        assert {room.exchange(SILENCE) for _ in range(20)} == {FAINT}


def test_as_long_as_sound_flows_nothing_is_changed_and_nobody_is_troubled():
    inner = QuietRoom([NOISE, CLIPPED, NOISE], remember=True)
    stand = Stand(inner=inner)
    assert [stand.room.exchange(block) for block in (NOISE, STUCK, SILENCE)] == [NOISE, CLIPPED, NOISE]
    assert inner.played == [NOISE, STUCK, SILENCE]
    assert stand.scribe.seen == [(0.02, "hears")]


# --- Lost ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lost", "frozen"])
def test_a_lost_device_is_noticed_within_3_seconds_and_the_room_is_back_when_it_is(kind):
    stand = Stand(Fault(kind, after_s=10, lasts_s=12))
    back = stand.until_back()
    (noticed,) = stand.scribe.at("noticed")[:1]
    assert noticed <= 10 + 3
    assert 12 <= back.seconds <= 12 + LONGEST_PAUSE_S
    assert back.lost.what == "The microphone has stopped working."
    assert stand.seconds(1) == [FAINT] * SECOND
    assert stand.scribe.seen[-1][1] == "hears"


def test_attempts_come_ever_more_seldom_and_never_more_than_ten_seconds_apart():
    stand = Stand(Fault("lost", after_s=1, lasts_s=60))
    stand.until_back()
    tried = stand.scribe.at("asked for trouble_room")
    pauses = [round(later - earlier, 2) for earlier, later in pairwise(tried)]
    assert pauses[:5] == [0.5, 1, 2, 4, 8]
    assert set(pauses[5:]) == {LONGEST_PAUSE_S}


def test_what_is_there_again_at_once_is_not_told_aloud():
    stand = Stand(Fault("lost", after_s=1, lasts_s=0.1))
    back = stand.until_back()
    assert not back.told
    assert back.seconds < 2
    assert not stand.scribe.at("asked for trouble_room")


def test_where_the_speaker_is_left_the_loss_is_said_through_it_and_only_once():
    stand = Stand(Fault("lost", after_s=1, lasts_s=300), has_speaker=True)
    back = stand.until_back()
    assert back.told
    assert len(stand.scribe.at("said without a room")) == 1


def test_a_long_outage_is_told_again_but_seldom():
    stand = Stand(Fault("lost", after_s=1, lasts_s=3_600), has_speaker=True)
    stand.until_back()
    said = stand.scribe.at("said without a room")
    assert 3_600 // SAY_AGAIN_AFTER_S - 1 <= len(said) <= 3_600 // SAY_AGAIN_AFTER_S
    assert all(later - earlier >= SAY_AGAIN_AFTER_S for earlier, later in pairwise(said))


def test_one_outage_after_another_is_told_each_time():
    faults = [Fault("lost", after_s=5, lasts_s=10), Fault("silent", after_s=5, lasts_s=10)] * 3
    stand = Stand(*faults, has_speaker=True)
    backs = [stand.until_back() for _ in faults]
    assert [isinstance(it.lost, RoomDeaf) for it in backs] == [False, True] * 3
    assert all(it.told for it in backs)
    assert len(stand.seconds(30)) == 30 * SECOND


def test_who_does_not_wait_for_ever_is_told_at_the_end_what_was_wrong():
    stand = Stand(Fault("lost", after_s=1, lasts_s=1_000_000), patience_s=300)
    with pytest.raises(RoomLost, match="There is no microphone") as lost:
        stand.seconds(10)
    assert not isinstance(lost.value, RoomBack)
    assert 300 <= stand.contact.clock() - 1 <= 300 + 2 * LONGEST_PAUSE_S


def test_a_coach_at_home_never_gives_up():
    stand = Stand(Fault("lost", after_s=1, lasts_s=7 * 24 * 3_600))
    assert stand.until_back().seconds >= 7 * 24 * 3_600


def test_a_room_that_is_not_there_at_the_start_is_waited_for():
    stand = Stand(Fault("lost", after_s=0, lasts_s=100), opened=False, has_speaker=True)
    back = stand.until_back()
    assert back.told
    assert stand.scribe.at("hears")[0] >= 100


def test_a_room_that_is_there_at_the_start_is_opened_by_the_first_exchange():
    stand = Stand(opened=False)
    assert stand.contact.opened == 0
    assert stand.seconds(1) == [FAINT] * SECOND
    assert stand.contact.opened == 1


def test_a_closed_room_is_let_go_of_and_nothing_is_opened_by_closing_again():
    stand = Stand()
    stand.room.close()
    stand.room.close()
    assert stand.contact.opened == 1


# --- Deaf ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "words"), [("silent", "trouble_deaf"), ("stuck", "trouble_noise"), ("clipped", "trouble_noise")]
)
def test_a_deaf_microphone_is_noticed_after_3_seconds_and_told_in_the_room(kind, words):
    stand = Stand(Fault(kind, after_s=10, lasts_s=20))
    back = stand.until_back()
    (noticed,) = stand.scribe.at("noticed")
    assert noticed == pytest.approx(10 + 3, abs=0.1)
    assert stand.scribe.at(f"asked for {words}") == [noticed]
    assert back.told
    assert 20 <= back.seconds <= 24
    assert isinstance(back.lost, RoomDeaf)
    assert back.lost.fault == kind


def test_sound_that_comes_back_is_heard_within_a_second_without_opening_anything():
    stand = Stand(Fault("silent", after_s=10, lasts_s=4.5))
    back = stand.until_back()
    assert back.seconds <= 4.5 + 1
    assert stand.contact.opened == 1


def test_a_microphone_that_stays_deaf_is_opened_anew_now_and_then():
    stand = Stand(Fault("silent", after_s=1, lasts_s=120))
    stand.until_back()
    assert 5 <= stand.contact.opened <= 12


def test_what_is_said_into_a_deaf_room_is_played_whole():
    class Listening(QuietRoom):
        """Delivers zeros until it is spoken to, and its own voice after that: the sound server's dummy."""

        def exchange(self, speaker: Block) -> Block:
            super().exchange(speaker)
            return speaker

    inner = Listening(remember=True)
    contact = LooseContact(inner)
    scribe = Scribe(contact)
    dummy = [inner]
    room = SteadyRoom(
        lambda: dummy[-1], scribe, room=inner, patience_s=30, wait=contact.wait, clock=_Ticks().clock
    )
    with pytest.raises(RoomLost) as lost:
        swap(room, 10)
    assert isinstance(lost.value, RoomDeaf), "a coach that hears nobody but itself is deaf"
    assert inner.played.count(NOISE) == SECOND


class _Ticks:
    """A clock that goes on whenever somebody looks."""

    def __init__(self) -> None:
        self._now = 0.0

    def clock(self) -> float:
        self._now += BLOCK_MS / 1_000
        return self._now


def test_a_deaf_microphone_that_is_unplugged_meanwhile_is_waited_for_as_well():
    stand = Stand(Fault("silent", after_s=1, lasts_s=6), Fault("lost", after_s=0, lasts_s=20), has_speaker=True)
    back = stand.until_back()
    assert back.seconds >= 26
    assert isinstance(back.lost, RoomDeaf), "what came first"


def test_nobody_is_woken_where_nothing_may_be_said():
    stand = Stand(Fault("silent", after_s=1, lasts_s=60), is_hushed=True)
    assert not stand.until_back().told
    assert set(cast("QuietRoom", stand.inner).played) == {SILENCE}


def test_a_room_without_a_microphone_is_never_deaf():
    contact = LooseContact(QuietRoom(), [Fault("silent", after_s=1, lasts_s=60)])
    room = SteadyRoom(contact.open, Scribe(contact), has_microphone=False, wait=contact.wait, clock=contact.clock)
    assert len(swap(room, 30)) == 30 * SECOND


def test_a_room_without_a_microphone_comes_back_as_well():
    contact = LooseContact(QuietRoom(), [Fault("lost", after_s=1, lasts_s=60)])
    room = SteadyRoom(contact.open, Scribe(contact), has_microphone=False, wait=contact.wait, clock=contact.clock)
    with pytest.raises(RoomBack):
        swap(room, 30)
    assert room.exchange(SILENCE)


# --- Signs of life ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lost", "frozen"])
def test_a_recovery_gives_a_sign_of_life_far_more_often_than_the_watchdog_wants_one(kind):
    stand = Stand(Fault(kind, after_s=1, lasts_s=1_000))
    stand.until_back()
    alive = [1.0, *stand.scribe.at("alive")]
    assert max(later - earlier for earlier, later in pairwise(alive)) <= LONGEST_PAUSE_S + 3


def test_a_sound_server_that_never_answers_gets_the_watchdog_after_two_minutes():
    contact = LooseContact(QuietRoom())
    scribe = Scribe(contact)

    def hangs() -> Room:
        contact.wait(8)
        raise RoomHangs("The sound server does not answer.", "Restart it.")

    room = SteadyRoom(hangs, scribe, patience_s=600, wait=contact.wait, clock=contact.clock)
    with pytest.raises(RoomHangs):
        room.exchange(SILENCE)
    assert contact.clock() >= 600
    assert 0 < max(scribe.at("alive")) <= HANGING_S
    assert not scribe.at("asked for trouble_room"), "whoever speaks now hangs as well"


def test_attempts_begin_at_once_and_after_half_a_second():
    opened: list[float] = []
    contact = LooseContact(QuietRoom(), [Fault("lost", after_s=1, lasts_s=2)])

    def noting() -> Room:
        opened.append(contact.clock())
        return contact.open()

    room = SteadyRoom(noting, Scribe(contact), wait=contact.wait, clock=contact.clock)
    with pytest.raises(RoomBack):
        swap(room, 5)
    lost_at = 1.25  # the sound card takes a quarter of a second to tell
    assert [round(it - lost_at, 2) for it in opened[1:3]] == [0, FIRST_PAUSE_S]


# --- Hearing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        (SILENCE, "silent"),
        (STUCK, "stuck"),
        (CLIPPED, "clipped"),
        (Block(CLIPPED[:160] + NOISE[160:]), "clipped"),
        (Block(CLIPPED[:156] + NOISE[156:]), ""),
        (Block(b"\x01" + SILENCE[1:]), ""),
        (NOISE, ""),
    ],
    ids=["zeros", "one-value", "full-scale", "a-quarter", "less", "one-bit-of-noise", "noise"],
)
def test_a_block_that_cannot_be_sound_is_told_from_one_that_can(block: Block, fault: str) -> None:
    assert fault_of(block) == fault


@pytest.mark.parametrize("fault", [SILENCE, STUCK, CLIPPED])
def test_three_seconds_without_usable_sound_are_deafness(fault: Block) -> None:
    hearing = Hearing()
    for _ in range(DEAF_AFTER - 1):
        hearing.take(fault)
    assert not hearing.deaf
    hearing.take(fault)
    assert hearing.deaf
    hearing.take(NOISE)
    assert not hearing.deaf


def test_faults_that_alternate_are_deafness_too() -> None:
    hearing = Hearing()
    for _ in range(DEAF_AFTER // 2):
        hearing.take(SILENCE)
        hearing.take(CLIPPED)
    assert hearing.deaf


@pytest.mark.parametrize("fault", ["silent", "stuck", "clipped"])
def test_each_deafness_has_a_sentence_and_a_remedy(fault):
    told = deafness(fault)
    assert told.what.startswith("The microphone delivers")
    assert told.remedy
