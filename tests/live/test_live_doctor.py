"""``coach doctor`` on a real sound server whose loudspeaker is looped into the microphone, and on broken ones."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from .cast import REPOSITORY, joined_by_air
from .sound_server import RATE, SoundServer

pytestmark = pytest.mark.slow

PATIENCE_S = 120


def examine(server: SoundServer, store: Path, *options: str, **more_env: str) -> tuple[int, dict[str, dict]]:
    """Run it; return the exit code and the findings by their keys."""
    done = subprocess.run(
        [sys.executable, "-m", "coach", "doctor", "--json", "--store", str(store), *options],
        env=server.env | more_env,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    found = json.loads(done.stdout)["findings"]
    return done.returncode, {finding["key"]: finding for finding in found}


def test_a_room_that_is_joined_by_air_is_measured_in_all_its_figures(doomed_server, store):
    _, found = examine(joined_by_air(doomed_server), store)
    assert found["microphone"]["judgement"] == found["speaker"]["judgement"] == "ok"
    assert found["delay"]["figures"]["heard"] >= 7
    assert 20 < found["delay"]["figures"]["delay_ms"] < 800
    # 41,000 of 65,536 of PulseAudio's cubic scale are 12 dB.
    assert found["echo"]["figures"]["return_loss_db"] == pytest.approx(12, abs=3)
    assert {"noise", "clipping", "dropouts", "drift"} <= found.keys()
    assert not {"deaf", "unheard", "unmeasured", "hangs", "unexpected"} & found.keys()


def test_a_headset_lets_no_tone_be_heard_and_the_summary_is_said_aloud(doomed_server, store):
    recording = doomed_server.record_speaker()
    _, found = examine(doomed_server, store, "--say", "--only", "sound")
    sounding = np.flatnonzero(abs(recording.stop().astype(int)) > 500) / RATE
    assert found["unheard"]["figures"]["heard"] == 0
    assert "headset" in found["unheard"]["remedy"]
    assert not {"delay", "drift", "echo"} & found.keys()
    # From the first tone to the last one it takes twelve seconds. What sounds later was said.
    assert sounding[-1] - sounding[0] > 14


def test_a_microphone_that_is_switched_off_is_trouble(doomed_server, store):
    doomed_server.switch_microphone(on=False)
    code, found = examine(doomed_server, store, "--no-sound", "--only", "sound")
    assert code == 12
    assert found["deaf"]["judgement"] == "trouble"


def test_a_frozen_sound_server_does_not_keep_the_report_from_coming(doomed_server, store):
    doomed_server.freeze()
    code, found = examine(doomed_server, store)
    assert code == 12
    assert {"hangs", "no_device", "no_room"} & found.keys()
    assert {"store", "disk", "offline", "clock"} <= found.keys()


def test_a_sound_server_that_is_gone_does_not_either(doomed_server, store):
    doomed_server.kill()
    code, found = examine(doomed_server, store)
    assert code == 12
    assert {"store", "disk", "offline", "clock"} <= found.keys()
