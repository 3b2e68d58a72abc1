"""The coach's voice is taken out of what the ears hear, and the person's words stay whole."""

import itertools
import math
from contextlib import closing

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from coach import content
from coach.devices.mouth import SpeakingMouth
from coach.echo_path import STEP, EchoPath
from coach.near_end import UNEXPLAINED_DB
from coach.ports import SAMPLE_RATE, SILENCE
from coach.rehearsal.room import response
from coach.session.messages import Line
from tests.blocks import blocks

Sound = NDArray[np.float64]


def speech(seconds: float, seed: int) -> Sound:
    """Noise that comes and goes like syllables, with the long-term spectrum of a voice."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(int(seconds * SAMPLE_RATE)))
    hertz = np.fft.rfftfreq(int(seconds * SAMPLE_RATE), 1 / SAMPLE_RATE)
    voiced = np.fft.irfft(spectrum / (1 + hertz / 800))
    swell = np.clip(np.sin(2 * np.pi * 4 * np.arange(len(voiced)) / SAMPLE_RATE + seed), 0, 1)
    sound: Sound = voiced * swell
    return sound * 2_000 / sound.std()


def echo_of(played: Sound, drift_ppm: float = 0.0) -> Sound:
    late = np.concatenate(
        [np.zeros(SAMPLE_RATE * 60 // 1000), response(np.random.default_rng(1), 300, room_db=-6.0)]
    )
    echo = np.convolve(played, late)[: len(played)]
    if drift_ppm:
        finer = soxr.resample(echo, 1, 8, quality="VHQ")
        places = 8 * (1 + drift_ppm * 1e-6) * np.arange(len(echo))
        echo = np.interp(places, np.arange(len(finer)), finer)
    return echo + np.random.default_rng(2).normal(0, 20, len(echo))


def removed(path: EchoPath, recorded: Sound, played: Sound) -> Sound:
    pairs = zip(blocks(recorded), blocks(played), strict=True)
    return np.frombuffer(b"".join(path.remove(mic, spk) for mic, spk in pairs), "<i2").astype(float)


def db(sound: Sound) -> float:
    return float(10 * np.log10(np.mean(sound**2) + 1e-9))


@pytest.mark.parametrize(("drift_ppm", "at_least_db"), [(0, 30), (50, 15)])
def test_the_echo_is_gone_after_some_seconds_even_if_the_clocks_differ(drift_ppm: float, at_least_db: float):
    played = speech(8, seed=3)
    recorded = echo_of(played, drift_ppm)
    path = EchoPath()
    assert not path.settled
    left = removed(path, recorded, played)
    late = slice(5 * SAMPLE_RATE, None)
    assert db(recorded[late]) - db(left[late]) > at_least_db
    assert path.settled


def test_beside_a_fan_what_is_known_of_the_path_stays_known():
    played = speech(30, seed=3)
    recorded = echo_of(played)
    fan = np.random.default_rng(5).normal(0, recorded.std() / 2.4, len(recorded))
    path, settled = EchoPath(), []
    for microphone, speaker in zip(blocks(recorded + fan), blocks(played), strict=True):
        path.remove(microphone, speaker)
        settled.append(path.settled)
    assert settled[-1]
    assert sum(a != b for a, b in itertools.pairwise(settled)) == 1


def test_beside_a_fan_a_person_is_not_lowered_with_it():
    louder_and_fainter = 10 ** (np.random.default_rng(4).uniform(-20, 0, 300) / 20)
    played = speech(30, seed=3) * np.repeat(louder_and_fainter, SAMPLE_RATE // 10)
    recorded = echo_of(played)
    fan = np.random.default_rng(5).normal(0, recorded.std() / 3, len(recorded))
    person, word = np.zeros(len(played)), slice(27 * SAMPLE_RATE, 29 * SAMPLE_RATE)
    person[word] = 0.3 * speech(2, seed=9)
    left = removed(EchoPath(), recorded + fan + person, played)
    came_out, said = left[word.start + STEP : word.stop + STEP], person[word]
    assert came_out @ said / (said @ said) > 0.85  # with the fan taken for echo, 0.73


LOUD = slice(10 * SAMPLE_RATE, 12 * SAMPLE_RATE)


def clipped(sound: Sound) -> Sound:
    return np.clip(sound, -32_768, 32_767)


def test_what_a_microphone_at_its_limits_makes_of_the_coach_is_not_left_over():
    played = speech(12, seed=3)
    played[LOUD] *= 8
    recorded = clipped(echo_of(played))
    left = removed(EchoPath(), recorded, played)
    distortion = (recorded - echo_of(played))[LOUD]
    assert db(left[LOUD]) < db(distortion) - 20  # not lowered as clipped, 8 dB less


def test_a_person_who_brings_the_microphone_to_its_limits_is_left_whole():
    played, person = speech(12, seed=3), np.zeros(12 * SAMPLE_RATE)
    person[LOUD] = 8 * speech(2, seed=9)
    recorded = clipped(echo_of(played) + person)
    left = removed(EchoPath(), recorded, played)
    assert db(left[LOUD]) > db(recorded[LOUD]) - 1


def test_what_a_person_says_over_the_coach_stays_whole():
    played, person = speech(8, seed=3), np.zeros(8 * SAMPLE_RATE)
    word = slice(6 * SAMPLE_RATE, 7 * SAMPLE_RATE)
    person[word] = speech(1, seed=9)
    left = removed(EchoPath(), echo_of(played) + person, played)
    came_out = left[word.start + STEP : word.stop + STEP]
    assert db(came_out - person[word]) < db(person[word]) - 10
    assert db(echo_of(played)[word] + 0) > db(person[word]) - 3  # and it was no whisper that was spoken over


def test_a_person_much_fainter_than_the_coach_stands_out_and_the_coach_alone_does_not():
    played, person = speech(12, seed=3), np.zeros(12 * SAMPLE_RATE)
    word = slice(8 * SAMPLE_RATE, 9 * SAMPLE_RATE)
    echo = echo_of(played)
    person[word] = speech(1, seed=9)
    person *= 10 ** ((db(echo) - db(person[word]) - 10) / 20)
    path, stood_out = EchoPath(), []
    assert path.stands_out_db == -math.inf
    for microphone, speaker in zip(blocks(echo + person), blocks(played), strict=True):
        path.remove(microphone, speaker)
        stood_out.append(path.stands_out_db)
    assert max(stood_out[400:450]) > UNEXPLAINED_DB + 3
    assert max(stood_out[200:400]) < UNEXPLAINED_DB
    assert max(stood_out[470:]) < UNEXPLAINED_DB


def standing_out(recorded: Sound, played: Sound) -> list[bool]:
    """Whether somebody stands out, block by block."""
    path, stood_out = EchoPath(), []
    for mic, spk in zip(blocks(recorded), blocks(played), strict=True):
        path.remove(mic, spk)
        stood_out.append(path.stands_out_db > UNEXPLAINED_DB)
    return stood_out


def test_a_fan_that_starts_stands_out_for_some_seconds_only():
    played = speech(30, seed=3)
    fan = np.random.default_rng(5).normal(0, 3_000, len(played)) * (np.arange(len(played)) > 10 * SAMPLE_RATE)
    stood_out = standing_out(echo_of(played) + fan, played)
    assert sum(stood_out[500:550]) > 25
    assert not any(stood_out[500 + 300 :])


def test_a_hiss_stands_out_where_the_coach_has_little_sound():
    played, person = speech(10, seed=3), np.zeros(10 * SAMPLE_RATE)
    hiss = np.fft.rfft(np.random.default_rng(4).standard_normal(SAMPLE_RATE // 5))
    hertz = np.fft.rfftfreq(SAMPLE_RATE // 5, 1 / SAMPLE_RATE)
    hiss[(hertz < 4_500) | (hertz > 7_000)] = 0
    said = np.fft.irfft(hiss)
    person[8 * SAMPLE_RATE :][: len(said)] = said * 600 / said.std()
    stood_out = standing_out(echo_of(played) + person, played)
    assert sum(stood_out[400:415]) >= 5
    assert not any(standing_out(echo_of(played), played))


@pytest.mark.slow
def test_two_clocks_make_the_coachs_real_voice_stand_out_less_and_less():
    voice = content.load_voice("english")
    with closing(SpeakingMouth(voice.espeak_voice, pitch=voice.pitch)) as mouth:
        lines = [Line(text, voice.words_per_minute) for key in ("safety", "pain_end") for text in voice.say(key)]
        pause = bytes(2 * 4 * SAMPLE_RATE)  # in which nothing is learnt, and the clocks part
        once = np.frombuffer(b"".join(mouth.speak(line) + pause for line in lines), "<i2").astype(float)
    played = np.tile(once, math.ceil(160 * SAMPLE_RATE / len(once)))[: 160 * SAMPLE_RATE]
    stood_out = standing_out(echo_of(played, drift_ppm=50), played)
    first, last = sum(stood_out[1_000:3_000]), sum(stood_out[-2_000:])
    assert first > 20  # 50 parts in a million are a lot
    assert last < first / 2


def test_while_the_coach_is_silent_everything_passes_through_10_ms_late():
    recorded = speech(1, seed=4)
    left = removed(EchoPath(), recorded, np.zeros(len(recorded)))
    assert np.array_equal(left[STEP:], np.rint(recorded)[:-STEP])


def test_half_a_second_after_the_coach_has_ended_everything_passes_through_again():
    played = np.concatenate([speech(2, seed=6), np.zeros(2 * SAMPLE_RATE)])
    recorded = echo_of(played) + speech(4, seed=5)
    left = removed(EchoPath(), recorded, played)
    again = slice(5 * SAMPLE_RATE // 2, None)
    assert np.array_equal(left[again][STEP:], np.rint(recorded)[again][:-STEP])


def test_a_muted_microphone_stays_silent():
    path = EchoPath()
    (word,) = blocks(speech(0.02, seed=7))
    assert [path.remove(SILENCE, word) for _ in range(20)] == [SILENCE] * 20
