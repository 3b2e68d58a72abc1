"""The real room on a private sound server: real PortAudio, real streams, virtual devices."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from .sound_server import RATE, SPEAKER, SoundServer

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("room_in_child.py")


class Child:
    """The real room in a process of its own."""

    def __init__(self, server: SoundServer, *command: str, **env: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(CHILD), *command],
            env=server.env | {"PYTHONPATH": str(REPOSITORY)} | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def result(self) -> dict[str, Any]:
        """What it found out. It must end by itself, and nothing that a library prints may reach the user."""
        output, errors = self._process.communicate(timeout=20)
        assert errors == ""
        assert self._process.returncode == 0
        return dict(json.loads(output.splitlines()[-1]))


def loudest_pitch(sound: NDArray[np.int16]) -> float:
    spectrum = abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum) * RATE / len(sound))


def seconds_above(sound: NDArray[np.int16], level: int) -> float:
    return float(np.count_nonzero(abs(sound.astype(int)) > level) / RATE)


def test_the_virtual_devices_are_found(sound_server: SoundServer) -> None:
    found = Child(sound_server, "find").result()
    assert found["has_sound"] is True
    assert [d for d in found["devices"] if d["default_input"] and d["inputs"]]
    assert [d for d in found["devices"] if d["default_output"] and d["outputs"]]


def test_what_is_exchanged_is_heard_at_the_speaker(sound_server: SoundServer) -> None:
    child = Child(sound_server, "play")
    child.wait_until_ready()
    recording = sound_server.record_speaker()
    tally = child.result()
    heard = recording.stop()
    assert loudest_pitch(heard) == pytest.approx(440, abs=2)
    assert seconds_above(heard, 8_192) == pytest.approx(2 / 3, abs=0.02)  # A sine is above half its peak so long.
    assert tally["exchanges"] == 100
    assert tally["overruns"] == 0


def test_what_the_microphone_hears_comes_back_from_exchange(sound_server: SoundServer, tmp_path: Path) -> None:
    wav, heard = tmp_path / "tone.wav", tmp_path / "heard.raw"
    phase = 2 * np.pi * 1_010 * np.arange(RATE) / RATE
    soundfile.write(wav, 0.5 * np.sin(phase), RATE)
    child = Child(sound_server, "listen", str(heard), "2.5")
    child.wait_until_ready()
    sound_server.play_into_microphone(wav)
    result = child.result()
    sound = np.frombuffer(heard.read_bytes(), "<i2")
    assert loudest_pitch(sound) == pytest.approx(1_010, abs=2)
    assert seconds_above(sound, 8_192) == pytest.approx(2 / 3, abs=0.02)
    assert result["deaf"] is False


def test_devices_that_refuse_16_khz_and_mono_are_converted_to(sound_server: SoundServer) -> None:
    heard = Child(sound_server, "play_and_listen_on_stubborn_cards", PULSE_SOURCE=f"{SPEAKER}.monitor").result()
    assert heard["hertz"] == pytest.approx(440, abs=3)
    assert heard["peak"] == pytest.approx(16_384, rel=0.05)


def test_a_microphone_that_only_delivers_zeros_counts_as_deaf(sound_server: SoundServer, tmp_path: Path) -> None:
    sound_server.switch_microphone(on=False)
    try:
        assert Child(sound_server, "listen", str(tmp_path / "heard.raw"), "3.2").result()["deaf"] is True
    finally:
        sound_server.switch_microphone(on=True)


def test_a_lost_microphone_is_named_and_the_last_sentence_is_still_heard(doomed_server: SoundServer) -> None:
    child = Child(doomed_server, "lose")
    child.wait_until_ready()
    recording = doomed_server.record_speaker()
    doomed_server.unplug_microphone()
    lost = child.result()
    heard = recording.stop()
    assert "The microphone" in lost["what"]
    assert "speaker" not in lost["what"]
    assert lost["waited"] < 3
    assert lost["said"] is True
    assert seconds_above(heard, 8_192) == pytest.approx(1 / 3, abs=0.02)


def test_a_lost_speaker_is_named(doomed_server: SoundServer) -> None:
    child = Child(doomed_server, "lose")
    child.wait_until_ready()
    doomed_server.unplug_speaker()
    lost = child.result()
    assert "The speaker" in lost["what"]
    assert "microphone" not in lost["what"]
    assert lost["waited"] < 3
    assert lost["said"] is False


def test_a_killed_sound_server_loses_both(doomed_server: SoundServer) -> None:
    child = Child(doomed_server, "lose")
    child.wait_until_ready()
    doomed_server.kill()
    lost = child.result()
    assert "microphone" in lost["what"]
    assert "speaker" in lost["what"]
    assert lost["waited"] < 3
    assert lost["said"] is False


def test_a_frozen_sound_server_loses_both_and_the_coach_still_ends(doomed_server: SoundServer) -> None:
    child = Child(doomed_server, "lose")
    child.wait_until_ready()
    doomed_server.freeze()
    lost = child.result()
    assert "microphone" in lost["what"]
    assert lost["waited"] < 3
    assert lost["closed"] < 7


def test_a_sentence_can_be_said_without_a_microphone(sound_server: SoundServer) -> None:
    recording = sound_server.record_speaker()
    said = Child(sound_server, "only_speak").result()
    heard = recording.stop()
    assert said["said"] is True
    assert seconds_above(heard, 8_192) == pytest.approx(1 / 3, abs=0.02)


def test_the_way_from_exchange_to_exchange_is_no_longer_than_the_queue_and_the_devices_allow(
    sound_server: SoundServer, show: Callable[[str], None]
) -> None:
    measured = Child(sound_server, "latency", PULSE_SOURCE=f"{SPEAKER}.monitor").result()
    show(f"real room: {measured}")
    # 240 ms in the longest queue, what the devices state, and as much again for the server's own buffers. On a
    # calm machine it is 100 to 160 ms; a busy one may be late, but never without bound.
    devices_ms = measured["microphone_ms"] + measured["speaker_ms"]
    assert np.median(measured["delays_ms"]) < 240 + 2 * devices_ms
    assert measured["overruns"] == 0


def test_the_real_room_keeps_the_contract_of_its_understudies(sound_server: SoundServer) -> None:
    contract = REPOSITORY / "tests" / "devices" / "test_room.py"
    child = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(contract), "-k", "contract"],
        env=sound_server.env | {"COACH_CONTRACT_ROOM": "real"},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert child.returncode == os.EX_OK, child.stdout + child.stderr
