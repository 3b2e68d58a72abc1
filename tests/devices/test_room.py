"""The room and its understudies: one contract, then what each does of its own.

The live tests run :class:`TestContract` once more, in a child process on a private sound server, with
``COACH_CONTRACT_ROOM=real``.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from coach.devices.room import open_room
from coach.errors import CoachError, RoomLost
from coach.ports import BLOCK_BYTES, BLOCK_SAMPLES, SAMPLE_RATE, SILENCE, Block, Room
from coach.rehearsal.room import Acoustics, QuietRoom, SimulatedRoom
from tests.blocks import cut

ROOMS = ["real"] if os.environ.get("COACH_CONTRACT_ROOM") == "real" else ["quiet", "simulated"]


@pytest.fixture(params=ROOMS)
def room(request: pytest.FixtureRequest) -> Iterator[Room]:
    match request.param:
        case "quiet":
            opened: Room = QuietRoom()
        case "simulated":
            opened = SimulatedRoom()
        case _:
            opened = open_room()
    yield opened
    opened.close()


class RoomContract:
    """What every room keeps, the real one and its understudies; it is tested where there is a fixture ``room``."""

    def test_every_exchange_returns_exactly_one_block(self, room: Room) -> None:
        assert [len(room.exchange(SILENCE)) for _ in range(60)] == [BLOCK_BYTES] * 60

    @pytest.mark.parametrize("sample", [-32_768, 32_767])
    def test_the_loudest_sound_there_is_can_be_played(self, room: Room, sample: int) -> None:
        loudest = Block(np.full(BLOCK_SAMPLES, sample, "<i2").tobytes())
        assert len(room.exchange(loudest)) == BLOCK_BYTES

    def test_where_nobody_speaks_it_is_quiet(self, room: Room) -> None:
        heard = np.frombuffer(b"".join(room.exchange(SILENCE) for _ in range(20)), "<i2")
        assert abs(heard.astype(int)).max() < 330  # -40 dB of full scale

    def test_it_can_be_closed_twice_and_unused(self, room: Room) -> None:
        room.close()
        room.close()


class TestContract(RoomContract):
    """These rooms keep the contract."""


# --- The quiet room --------------------------------------------------------------------------------------


def test_a_quiet_room_returns_its_recording_in_order_and_then_silence() -> None:
    one, two = block(1), block(2)
    room = QuietRoom([one, two])
    assert [room.exchange(SILENCE) for _ in range(3)] == [one, two, SILENCE]


def test_a_quiet_room_remembers_what_was_played_if_asked() -> None:
    room = QuietRoom(remember=True)
    room.exchange(block(1))
    room.exchange(SILENCE)
    assert room.played == [block(1), SILENCE]


def test_a_device_that_is_unplugged_can_be_rehearsed() -> None:
    def unplugged_after_one_block() -> Iterator[Block]:
        yield SILENCE
        raise RoomLost("The microphone has stopped working.")

    room = QuietRoom(unplugged_after_one_block())
    room.exchange(SILENCE)
    with pytest.raises(RoomLost):
        room.exchange(SILENCE)


# --- The simulated room ----------------------------------------------------------------------------------

STILL = Acoustics(noise_dbfs=-math.inf)


class Reader:
    """A listener who reads a text once, and remembers what was played meanwhile."""

    def __init__(self, pcm: bytes) -> None:
        self._blocks = iter(cut(pcm))
        self.overheard: list[Block] = []

    def next_block(self, speaker: Block) -> Block:
        self.overheard.append(speaker)
        return next(self._blocks, SILENCE)


def block(value: int) -> Block:
    return Block(np.full(BLOCK_SAMPLES, value, "<i2").tobytes())


def hiss(seconds: int) -> np.ndarray:
    return np.random.default_rng(7).normal(0, 1_000, seconds * SAMPLE_RATE).astype("<i2")


def recorded(room: SimulatedRoom, speaker: bytes) -> np.ndarray:
    return np.frombuffer(b"".join(room.exchange(part) for part in cut(speaker)), "<i2")


def level_db(sound: np.ndarray) -> float:
    return 10 * math.log10(np.mean(sound.astype(float) ** 2))


@pytest.mark.parametrize("delay_ms", [0, 7, 60, 200])
def test_the_echo_arrives_after_its_delay(delay_ms: int) -> None:
    click = np.zeros(20 * BLOCK_SAMPLES, "<i2")
    click[100] = 20_000
    room = SimulatedRoom(acoustics=Acoustics(echo_delay_ms=delay_ms, noise_dbfs=-math.inf))
    heard = recorded(room, click.tobytes())
    assert np.argmax(abs(heard)) == 100 + 16 * delay_ms
    assert not heard[: 100 + 16 * delay_ms].any()


@pytest.mark.parametrize("echo_db", [-10.0, 0.0, 10.0])
def test_the_echo_is_as_loud_as_asked(echo_db: float) -> None:
    played = hiss(seconds=4)
    room = SimulatedRoom(acoustics=Acoustics(echo_db=echo_db, noise_dbfs=-math.inf))
    heard = recorded(room, played.tobytes())
    assert level_db(heard[SAMPLE_RATE:]) - level_db(played) == pytest.approx(echo_db, abs=0.3)


@pytest.mark.parametrize("noise_dbfs", [-60.0, -40.0])
def test_the_noise_is_as_loud_as_asked(noise_dbfs: float) -> None:
    heard = recorded(SimulatedRoom(acoustics=Acoustics(noise_dbfs=noise_dbfs)), bytes(819 * BLOCK_BYTES))
    assert level_db(heard) - 20 * math.log10(32_768) == pytest.approx(noise_dbfs, abs=0.1)


def test_the_listener_is_heard_at_once_and_as_loud_as_they_speak() -> None:
    spoken = hiss(seconds=4)
    heard = recorded(SimulatedRoom(Reader(spoken.tobytes()), STILL), bytes(2 * len(spoken)))
    assert level_db(heard) == pytest.approx(level_db(spoken), abs=0.3)
    likeness = [np.dot(spoken[:8_000].astype(float), heard[lag : lag + 8_000]) for lag in range(200)]
    assert np.argmax(likeness) == 0


def test_the_listener_hears_every_block_that_is_played() -> None:
    listener = Reader(b"")
    room = SimulatedRoom(listener)
    played = [block(value) for value in range(5)]
    for part in played:
        room.exchange(part)
    assert listener.overheard == played


def test_a_room_rings_and_then_is_silent() -> None:
    room = SimulatedRoom(acoustics=Acoustics(echo_delay_ms=60, reverberation_ms=300, noise_dbfs=-math.inf))
    heard = recorded(room, hiss(seconds=1).tobytes() + bytes(30 * BLOCK_BYTES))
    ringing = heard[SAMPLE_RATE:]
    assert ringing[: 16 * 100].any()
    assert not ringing[16 * 360 :].any()


def test_echo_and_voice_add_up_as_in_a_plain_convolution() -> None:
    dry = Acoustics(echo_delay_ms=30, reverberation_ms=100, noise_dbfs=-math.inf)
    played, spoken = hiss(seconds=1)[:4_800], hiss(seconds=1)[-4_800:]
    impulse = np.zeros(4_800, "<i2")
    impulse[0] = 32_000
    echo = recorded(SimulatedRoom(acoustics=dry), impulse.tobytes()) / 32_000
    voice = recorded(SimulatedRoom(Reader(impulse.tobytes()), dry), bytes(2 * len(impulse))) / 32_000
    expected = np.convolve(played, echo)[:4_800] + np.convolve(spoken, voice)[:4_800]
    heard = recorded(SimulatedRoom(Reader(spoken.tobytes()), dry), played.tobytes())
    assert level_db(heard - expected) < level_db(expected) - 40  # The responses above are rounded.


def test_the_same_seed_is_the_same_room_to_the_byte() -> None:
    played = hiss(seconds=1).tobytes()
    one, same, other = (recorded(SimulatedRoom(acoustics=Acoustics(seed=seed)), played) for seed in (3, 3, 4))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


def test_a_microphone_that_is_too_loud_clips_and_does_not_wrap() -> None:
    room = SimulatedRoom(acoustics=Acoustics(echo_db=20, echo_delay_ms=0, noise_dbfs=-math.inf))
    tone = (30_000 * np.sin(np.arange(SAMPLE_RATE) * 0.1)).astype("<i2")
    heard = recorded(room, tone.tobytes()).astype(int)
    assert (heard.max(), heard.min()) == (32_767, -32_768)
    clipped = abs(heard) >= 32_767
    assert np.sign(heard[clipped])[:-1] @ np.sign(heard[clipped])[1:] > 0.9 * clipped.sum()


def test_a_session_is_written_as_one_track_of_the_coach_and_the_microphone(tmp_path: Path) -> None:
    played = hiss(seconds=1)
    room = SimulatedRoom()
    heard = recorded(room, played.tobytes())
    room.write_mix(tmp_path / "session.wav")
    mixed, rate = soundfile.read(tmp_path / "session.wav", dtype="int16")
    assert rate == SAMPLE_RATE
    assert np.array_equal(mixed, (played.astype(int) + heard) // 2)


def test_a_session_that_cannot_be_written_names_the_file(tmp_path: Path) -> None:
    room = SimulatedRoom()
    room.exchange(SILENCE)
    with pytest.raises(CoachError, match=r"nowhere.session\.wav"):
        room.write_mix(tmp_path / "nowhere" / "session.wav")
