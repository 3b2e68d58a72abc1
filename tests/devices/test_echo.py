"""The echo canceller and its understudy pass the person's voice; the real one takes out the coach's."""

import os
import subprocess
import sys

import numpy as np
import pytest

from coach.devices.echo import EchoCanceller
from coach.ports import BLOCK_BYTES, SAMPLE_RATE, SAMPLES_PER_MS, SILENCE
from coach.rehearsal.echo import NoEcho
from tests.blocks import blocks

ECHOES = {"canceller": EchoCanceller, "none": NoEcho}


@pytest.fixture(params=ECHOES)
def echo(request):
    return ECHOES[request.param]()


def babble(seconds, seed):
    """Noise with the rhythm (4 syllables a second) and about the spectrum of speech, 20 dB below full scale."""
    noise = np.random.default_rng(seed).standard_normal(SAMPLE_RATE * seconds)
    voiced = np.convolve(noise, 0.8 ** np.arange(40), "same")
    rhythm = np.maximum(0, np.sin(2 * np.pi * 4 * np.arange(len(noise)) / SAMPLE_RATE)) ** 2
    sound = voiced * rhythm
    return 3277 * sound / np.sqrt(np.mean(sound**2))


def echo_of(sound, delay_ms, gain_db):
    """What comes back from a small room (reverberation of 0.2 s) after the devices' delay."""
    taps = np.arange(SAMPLE_RATE // 5)
    response = np.random.default_rng(7).standard_normal(len(taps)) * np.exp(-taps / (0.03 * SAMPLE_RATE))
    response /= np.sqrt(np.sum(response**2))
    delayed = np.concatenate([np.zeros(delay_ms * SAMPLES_PER_MS), sound])[: len(sound)]
    return 10 ** (gain_db / 20) * np.convolve(delayed, response)[: len(sound)]


def cancelled(echo, microphone, speaker):
    pairs = zip(blocks(microphone), blocks(speaker), strict=True)
    return np.frombuffer(b"".join(echo.cancel(*pair) for pair in pairs), "<i2").astype(float)


def decibels(sound, reference):
    return 10 * np.log10(np.mean(sound**2) / np.mean(reference**2))


def test_a_block_in_is_a_block_out(echo):
    for microphone in blocks(babble(1, seed=1)):
        assert len(echo.cancel(microphone, SILENCE)) == BLOCK_BYTES


def test_silence_stays_silence(echo):
    assert {echo.cancel(SILENCE, SILENCE) for _ in range(50)} == {SILENCE}


def test_the_blocks_handed_in_are_left_alone(echo):
    microphone, speaker = blocks(babble(1, seed=1))[5], blocks(babble(1, seed=2))[5]
    copies = bytes(bytearray(microphone)), bytes(bytearray(speaker))
    echo.cancel(microphone, speaker)
    assert (microphone, speaker) == copies


def test_a_person_speaking_in_the_coachs_silence_keeps_their_level(echo):
    person = babble(3, seed=1)
    heard = cancelled(echo, person, np.zeros_like(person))
    assert decibels(heard, person) == pytest.approx(0, abs=1.5)


def test_a_person_speaking_after_the_coach_keeps_their_level(echo):
    coach = babble(8, seed=2)
    cancelled(echo, echo_of(coach, delay_ms=60, gain_db=0), coach)
    person = babble(3, seed=1)
    heard = cancelled(echo, person, np.zeros_like(person))[SAMPLE_RATE // 2 :]
    assert decibels(heard, person[SAMPLE_RATE // 2 :]) == pytest.approx(0, abs=1.5)


@pytest.mark.parametrize("delay_ms", [60, 200])
@pytest.mark.parametrize("gain_db", [-10, 0, 10])
def test_the_coachs_own_voice_is_20_db_down_once_the_canceller_has_settled(delay_ms, gain_db):
    coach = babble(12, seed=2)
    picked_up = echo_of(coach / 4, delay_ms, gain_db)
    hum_of_the_room = 5 * np.random.default_rng(3).standard_normal(len(coach))
    heard = cancelled(EchoCanceller(), picked_up + hum_of_the_room, coach / 4)
    settled = slice(8 * SAMPLE_RATE, None)
    assert decibels(heard[settled], picked_up[settled]) < -20


def test_the_canceller_delays_the_microphone_by_less_than_a_block():
    person = babble(2, seed=1)
    heard = cancelled(EchoCanceller(), person, np.zeros_like(person))
    spectra = np.fft.rfft(heard, 2 * len(heard)) * np.conj(np.fft.rfft(person, 2 * len(heard)))
    assert 0 <= np.argmax(np.fft.irfft(spectra)) < BLOCK_BYTES // 2


# The library loads once in a process, so what loading does is seen in a fresh one.
LOADING = """
from coach.devices.echo import EchoCanceller, EchoUnavailable
from coach.ports import SILENCE
try:
    EchoCanceller().cancel(SILENCE, SILENCE)
except EchoUnavailable as unavailable:
    print(unavailable.what, "|", unavailable.remedy)
"""


def load(**environment):
    program = [sys.executable, "-W", "error::ResourceWarning", "-c", LOADING]
    return subprocess.run(program, env=os.environ | environment, capture_output=True, text=True, check=False)


def test_loading_the_canceller_prints_nothing():
    done = load()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_machine_without_the_library_is_told_so_with_a_remedy():
    done = load(LIVEKIT_LIB_PATH="/nowhere/liblivekit_ffi.so")
    assert done.stdout.startswith("There is no echo canceller")
    assert "Install the package livekit" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")
