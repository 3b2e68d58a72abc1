"""The real room on an understudy of PortAudio: sample rates, devices that come and go, and a server that hangs."""

import sys
import threading
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from coach.devices.room import RoomFinder, open_room, say_last
from coach.errors import RoomHangs, RoomLost
from coach.ports import BLOCK_BYTES, BLOCK_SAMPLES, SAMPLE_RATE, SILENCE, Block, Pcm, Room
from coach.rehearsal.sound_card import Gadget, SimulatedPortAudio
from tests.blocks import cut

USB = "USB PnP Sound Device: Audio (hw:1,0)"


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedPortAudio]:
    simulated = SimulatedPortAudio(plugged_in=[Gadget(USB, inputs=1), Gadget("Loudspeaker", outputs=1)])
    simulated._initialize()
    monkeypatch.setitem(sys.modules, "sounddevice", simulated)
    yield simulated
    simulated.answers.set()
    assert simulated.open == [], "every stream was closed"


def tone(seconds: float) -> list[Block]:
    samples = 10_000 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)
    return cut(samples.astype("<i2").tobytes())


def exchange(room: Room, blocks: int) -> list[Block]:
    return [room.exchange(SILENCE) for _ in range(blocks)]


# --- Sample rates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 1), (44_100, 2), (48_000, 1), (48_000, 2)])
def test_a_device_that_takes_one_rate_alone_is_heard_and_played_through(card, rate, channels):
    card.plugged_in[:] = [Gadget(USB, rate, inputs=channels), Gadget("Loudspeaker", rate, outputs=channels)]
    card._initialize()
    with closing(open_room()) as room:
        heard = [room.exchange(block) for block in tone(2)]
    assert {len(block) for block in heard} == {BLOCK_BYTES}
    sound = np.frombuffer(b"".join(heard), "<i2")[-SAMPLE_RATE:]
    spectrum = abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.argmax(spectrum) * SAMPLE_RATE / len(sound) == pytest.approx(440, abs=6)


def test_microphone_and_speaker_may_differ_in_everything(card):
    card.plugged_in[:] = [Gadget(USB, 44_100, inputs=1), Gadget("Loudspeaker", 48_000, outputs=2)]
    card._initialize()
    with closing(open_room()) as room:
        assert {len(room.exchange(SILENCE)) for _ in range(50)} == {BLOCK_BYTES}


def test_a_device_that_takes_no_rate_of_ours_is_told(card, monkeypatch):
    card.plugged_in[0].rate = 11_025
    stated = [it | {"default_samplerate": 22_050.0} for it in card.query_devices()]
    monkeypatch.setattr(card, "query_devices", lambda: stated)
    with pytest.raises(RoomLost, match="takes none of the sample rates 16000, 22050, 48000, 44100 Hz") as lost:
        open_room()
    assert "Choose another device" in lost.value.remedy


# --- Devices that come and go ----------------------------------------------------------------------------


def test_a_microphone_that_is_plugged_in_later_is_found_by_the_next_attempt(card):
    microphone = card.plugged_in.pop(0)
    card._initialize()
    finder = RoomFinder()
    with pytest.raises(RoomLost, match="There is no microphone"):
        finder.find()
    card.plugged_in.append(microphone)
    with closing(finder.find()) as room:
        assert len(room.exchange(SILENCE)) == BLOCK_BYTES


@pytest.mark.parametrize("chosen", [0, "0", "usb pnp"])
def test_a_chosen_microphone_is_found_again_by_its_name_wherever_it_is_plugged_in(card, chosen):
    finder = RoomFinder(microphone=chosen)
    finder.find().close()
    card.plugged_in[:] = [
        Gadget("Loudspeaker", outputs=1),
        Gadget("Webcam: Audio (hw:1,0)", inputs=1),
        Gadget(USB.replace("hw:1", "hw:3"), 48_000, inputs=1),
    ]
    with closing(finder.find()) as room:
        assert room._microphone.wire.sound.rate == 48_000  # type: ignore[attr-defined]


def test_another_microphone_does_not_take_the_place_of_the_one_that_was_chosen(card):
    finder = RoomFinder(microphone=0)
    finder.find().close()
    card.plugged_in[0] = Gadget("Webcam: Audio (hw:1,0)", inputs=1)
    with pytest.raises(RoomLost, match="There is no microphone called 'USB PnP Sound Device: Audio'"):
        finder.find()


def test_portaudio_is_not_started_anew_under_a_stream_that_is_open(card):
    finder, started = RoomFinder(), card.started
    with closing(finder.find()), closing(RoomFinder().find()):
        assert card.started == started
        finder.find().close()
        assert card.started == started
    finder.find().close()
    assert card.started == started + 1


def test_a_device_in_use_is_told_and_leaves_nothing_open(card):
    card.plugged_in[1].busy = True
    with pytest.raises(RoomLost, match="is in use by another program"):
        RoomFinder().find()
    assert card.open == []


def test_unplugged_in_the_middle_is_lost_at_once_and_found_again(card):
    finder = RoomFinder()
    room = finder.find()
    room.exchange(SILENCE)
    microphone = card.plugged_in.pop(0)
    with pytest.raises(RoomLost, match="USB PnP Sound Device"):
        exchange(room, 200)
    room.close()
    with pytest.raises(RoomLost):
        finder.find()
    card.plugged_in.append(microphone)
    with closing(finder.find()) as again:
        assert len(again.exchange(SILENCE)) == BLOCK_BYTES


def test_what_is_chosen_by_a_whole_name_is_not_what_contains_it(card):
    card.plugged_in[:] = [
        Gadget("sysdefault", inputs=1), Gadget("default", inputs=2), Gadget("Loudspeaker", outputs=1)
    ]  # fmt: skip
    card._initialize()
    with closing(open_room("default")) as room:
        assert room._microphone.wire.sound.channels == 2


# --- A sound server that hangs ---------------------------------------------------------------------------


def test_an_attempt_that_hangs_is_told_and_waited_for_and_no_other_is_begun(card):
    finder = RoomFinder(patience_s=0.05)
    card.answers.clear()
    threads = threading.active_count()
    for _ in range(5):
        with pytest.raises(RoomHangs):
            finder.find()
    assert threading.active_count() == threads + 1
    assert say_last(Pcm(SILENCE)) is False, "whoever asks now hangs as well"
    card.answers.set()
    patient = RoomFinder()
    patient._attempt = finder._attempt
    with closing(patient.find()) as room:
        assert len(room.exchange(SILENCE)) == BLOCK_BYTES
    assert threading.active_count() == threads


def test_while_a_lost_device_is_not_let_go_of_no_other_can_be_looked_for_which_counts_as_hanging(card):
    finder, microphone = RoomFinder(microphone=USB), card.plugged_in[0]
    room, threads = finder.find(), set(threading.enumerate())
    microphone.lets_go.clear()
    card.plugged_in.pop(0)
    room.close()
    card.plugged_in.append(Gadget(USB, inputs=1))
    started = card.started
    for _ in range(2):
        with pytest.raises(RoomHangs, match=r"cannot be opened.*not let go of"):
            finder.find()
    assert card.started == started, "it would be taken away under whoever closes it"
    microphone.lets_go.set()
    for thread in set(threading.enumerate()) - threads:
        thread.join()
    with closing(finder.find()) as found:
        assert len(found.exchange(SILENCE)) == BLOCK_BYTES


def test_a_last_sentence_is_said_through_another_speaker_if_the_chosen_one_is_gone(card):
    heard = Block(np.full(BLOCK_SAMPLES, 9_000, "<i2").tobytes())
    assert say_last(Pcm(heard * 5), speaker="bluetooth") is True
    assert b"".join(card.air).count(heard) >= 1
