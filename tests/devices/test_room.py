"""The room and its understudies: one contract, then what each does of its own.

The live tests run :class:`TestContract` once more, in a child process on a private sound server, with
``COACH_CONTRACT_ROOM=real``.
"""

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from coach.devices.room import (
    COACH_SOUND,
    LONGEST_QUEUE,
    MOST_RESERVE,
    Converter,
    Device,
    Sound,
    SpeakerQueue,
    choose,
    devices,
    has_sound,
    open_room,
    say_last,
)
from coach.errors import CoachError, RoomLost
from coach.ports import BLOCK_BYTES, BLOCK_SAMPLES, SAMPLE_RATE, SILENCE, Block, Pcm, Room
from coach.rehearsal.room import Acoustics, QuietRoom, SimulatedRoom

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


class TestContract:
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


def cut(pcm: bytes) -> list[Block]:
    return [Block(pcm[at : at + BLOCK_BYTES]) for at in range(0, len(pcm), BLOCK_BYTES)]


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


def test_a_written_session_has_the_coach_on_the_left_and_the_microphone_on_the_right(tmp_path: Path) -> None:
    played = hiss(seconds=1)
    room = SimulatedRoom()
    heard = recorded(room, played.tobytes())
    room.write_wav(tmp_path / "session.wav")
    both, rate = soundfile.read(tmp_path / "session.wav", dtype="int16")
    assert rate == SAMPLE_RATE
    assert np.array_equal(both[:, 0], played)
    assert np.array_equal(both[:, 1], heard)


def test_a_session_can_be_written_as_one_track(tmp_path: Path) -> None:
    played = hiss(seconds=1)
    room = SimulatedRoom()
    heard = recorded(room, played.tobytes())
    room.write_mix(tmp_path / "session.wav")
    mixed, _ = soundfile.read(tmp_path / "session.wav", dtype="int16")
    assert np.array_equal(mixed, (played.astype(int) + heard) // 2)


def test_a_session_that_cannot_be_written_names_the_file(tmp_path: Path) -> None:
    room = SimulatedRoom()
    room.exchange(SILENCE)
    with pytest.raises(CoachError, match=r"nowhere.session\.wav"):
        room.write_wav(tmp_path / "nowhere" / "session.wav")


# --- The real room, as far as it goes without sound -----------------------------------------------------

MICROPHONE = Device(
    0, "USB PnP Sound Device: Audio (hw:1,0)", "ALSA", 1, 0, 44_100, default_input=False, default_output=False
)
HDMI = Device(1, "vc4-hdmi (hw:0,0)", "ALSA", 0, 2, 48_000, default_input=False, default_output=False)
DEFAULT = Device(2, "default", "ALSA", 32, 32, 44_100, default_input=True, default_output=True)


@pytest.mark.parametrize(
    ("kind", "wanted", "found"),
    [
        ("microphone", None, DEFAULT),
        ("speaker", None, DEFAULT),
        ("microphone", 0, MICROPHONE),
        ("microphone", "0", MICROPHONE),
        ("microphone", "usb pnp", MICROPHONE),
        ("speaker", "HDMI", HDMI),
    ],
)
def test_a_device_is_chosen_by_index_or_by_part_of_its_name(kind, wanted, found) -> None:
    assert choose([MICROPHONE, HDMI, DEFAULT], kind, wanted) is found


def test_without_a_default_the_first_device_that_can_do_it_is_chosen() -> None:
    assert choose([HDMI, MICROPHONE], "microphone", None) is MICROPHONE


@pytest.mark.parametrize(
    ("there", "kind", "wanted", "sentence"),
    [
        ([], "microphone", None, "There is no sound device."),
        ([HDMI], "microphone", None, "There is no microphone."),
        ([MICROPHONE], "speaker", None, "There is no speaker."),
        ([MICROPHONE, HDMI], "microphone", 1, "There is no microphone called 1."),
        ([MICROPHONE, HDMI], "speaker", "bluetooth", "There is no speaker called 'bluetooth'."),
    ],
)
def test_a_device_that_is_not_there_is_named_with_a_remedy(there, kind, wanted, sentence) -> None:
    with pytest.raises(RoomLost) as lost:
        choose(there, kind, wanted)
    assert lost.value.what == sentence
    assert lost.value.remedy


def test_without_portaudio_the_error_is_the_line_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What sounddevice does where the library is missing, on machines where it is not.
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    with pytest.raises(RoomLost) as lost:
        devices()
    assert "sudo apt install libportaudio2" in lost.value.remedy
    assert has_sound() is False
    assert say_last(Pcm(bytes(640))) is False


def test_what_libraries_print_is_lost_and_what_python_prints_is_not() -> None:
    script = (
        "import os, sys\n"
        "from coach.devices.room import libraries_silenced\n"
        "with libraries_silenced(), libraries_silenced():\n"
        "    os.write(2, b'ALSA lib: noise\\n')\n"
        "    print('a sentence for the person', file=sys.stderr)\n"
        "os.write(2, b'afterwards\\n')\n"
    )
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert child.stderr == "a sentence for the person\nafterwards\n"


def speaker_queue() -> SpeakerQueue:
    return SpeakerQueue(Converter(COACH_SOUND, COACH_SOUND), SILENCE)


@pytest.mark.parametrize("drift_ppm", [-400, -50, 50, 400])
def test_a_speaker_with_another_clock_plays_every_word_and_its_queue_stays_short(drift_ppm: int) -> None:
    queue = speaker_queue()
    words, played, longest, due = [], [], 0, 0.0
    for turn in range(1, 20 * 60 * 50):  # Twenty minutes: seven seconds of speech, three of silence.
        word = block(turn % 30_000 + 1) if turn % 500 < 350 else SILENCE
        words += [word] if word != SILENCE else []
        queue.push(word)
        due += 1 + drift_ppm / 1e6
        while due >= 1:
            due -= 1
            played.append(queue.take())
        longest = max(longest, len(queue))
        if turn % 50 == 0:
            queue.absorb_drift()
    spoken = [part for part in played if part != SILENCE]
    assert spoken == words[: len(spoken)]
    assert len(words) - len(spoken) <= longest
    assert longest <= MOST_RESERVE + 2
    assert queue.underruns == 0
    assert (queue.repeated if drift_ppm > 0 else queue.left_out) > 0


def test_after_a_stall_the_speaker_is_never_more_than_its_longest_queue_behind() -> None:
    queue = speaker_queue()
    for turn in range(1, 100):
        queue.push(block(turn))
    assert len(queue) == LONGEST_QUEUE
    assert queue.take() == block(100 - LONGEST_QUEUE)


def test_a_speaker_that_finds_nothing_to_play_plays_silence_and_counts_it() -> None:
    queue = speaker_queue()
    assert queue.take() == SILENCE
    assert queue.underruns == 0  # Nobody had begun.
    queue.push(block(1))
    assert [queue.take() for _ in range(4)] == [SILENCE, SILENCE, block(1), SILENCE]
    assert queue.underruns == 1


@pytest.mark.parametrize("sound", [Sound(48_000, 2), Sound(44_100, 1), Sound(32_000, 2)])
def test_sound_survives_a_device_of_another_format(sound: Sound) -> None:
    seconds, hertz = 2, 440
    tone = (10_000 * np.sin(2 * np.pi * hertz * np.arange(seconds * SAMPLE_RATE) / SAMPLE_RATE)).astype("<i2")
    there, back = Converter(COACH_SOUND, sound), Converter(sound, COACH_SOUND)
    device = [part for coach in cut(tone.tobytes()) for part in there(coach)]
    coach = [part for device_block in device for part in back(device_block)]
    assert {len(part) for part in device} == {sound.block_bytes}
    assert {len(part) for part in coach} == {BLOCK_BYTES}
    assert len(coach) >= len(cut(tone.tobytes())) - 5  # What two resamplers may hold back.
    heard = np.frombuffer(b"".join(coach), "<i2")[BLOCK_SAMPLES * 3 :]
    spectrum = abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * SAMPLE_RATE / len(heard) == pytest.approx(hertz, abs=1)
    assert level_db(heard) == pytest.approx(level_db(tone), abs=0.2)
