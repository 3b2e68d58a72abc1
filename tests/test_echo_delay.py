"""A loudspeaker that is later than the echo's path is long is found, and nothing else is taken for one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from coach.echo_delay import LONGEST_MS, EchoDelay
from coach.echo_path import REACHES_MS, EchoPath
from coach.ports import BLOCK_MS, SAMPLE_RATE
from tests.blocks import blocks

Sound = NDArray[np.float64]
REACHES = REACHES_MS // BLOCK_MS


def speech(seconds: int, seed: int) -> Sound:
    """Noise in syllables of 60 to 300 ms, each as loud as it comes."""
    rng = np.random.default_rng(seed)
    syllables: list[Sound] = []
    while sum(map(len, syllables)) < seconds * SAMPLE_RATE:
        length = int(rng.integers(60, 300)) * SAMPLE_RATE // 1_000
        syllables.append(rng.normal(0, rng.choice([0, 300, 1_000, 3_000]), length))
    return np.concatenate(syllables)[: seconds * SAMPLE_RATE]


def late(said: Sound, ms: int) -> Sound:
    heard = np.concatenate([np.zeros(ms * SAMPLE_RATE // 1_000), said])[: len(said)]
    return heard + np.random.default_rng(1).normal(0, 20, len(said))


def delay_found(said: Sound, heard: Sound) -> EchoDelay:
    delay = EchoDelay(REACHES)
    for speaker, microphone in zip(blocks(said), blocks(heard), strict=True):
        delay.in_time(speaker)
        delay.changes(microphone)
    return delay


@pytest.mark.parametrize("ms", [0, 100, 200, 230])
def test_a_loudspeaker_that_the_path_can_follow_is_left_alone(ms: int):
    said = speech(10, seed=3)
    found = delay_found(said, late(said, ms))
    assert found.known
    assert found.blocks == 0


@pytest.mark.parametrize("ms", [300, 350, 420, LONGEST_MS])
def test_a_later_one_is_found_a_little_before_it_is_heard(ms: int):
    said = speech(10, seed=4)
    found = delay_found(said, late(said, ms))
    assert 0 < ms - found.blocks * BLOCK_MS <= 60


def test_one_that_changes_is_found_again():
    said = speech(40, seed=5)
    half = len(said) // 2
    heard = np.concatenate([late(said, 400)[:half], late(said, 40)[half:]])
    assert delay_found(said[:half], heard[:half]).blocks > 0
    assert delay_found(said, heard).blocks == 0


def test_what_is_not_the_coach_is_no_echo():
    found = delay_found(speech(60, seed=6), late(speech(60, seed=7), 350))
    assert not found.known
    assert found.blocks == 0


def test_a_person_over_it_does_not_mislead():
    said = speech(20, seed=8)
    assert delay_found(said, late(said, 100) + speech(20, seed=9)).blocks == 0


def test_what_comes_and_goes_evenly_has_no_later_delay_than_it_needs():
    even = np.clip(np.sin(2 * np.pi * 4 * np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE), 0, 1)
    said = np.random.default_rng(2).normal(0, 2_000, len(even)) * even
    assert delay_found(said, late(said, 60)).blocks == 0


def test_silence_has_no_delay():
    silent = np.zeros(10 * SAMPLE_RATE)
    assert not delay_found(silent, silent).known


@pytest.mark.parametrize("ms", [40, 280, 400])
def test_the_path_settles_however_late_the_loudspeaker_is(ms: int):
    said = speech(15, seed=10)
    path = EchoPath()
    for speaker, microphone in zip(blocks(said), blocks(late(said, ms)), strict=True):
        left = path.remove(microphone, speaker)
    assert path.settled
    assert np.abs(np.frombuffer(left, "<i2")).mean() < 30  # the room's noise is 16
