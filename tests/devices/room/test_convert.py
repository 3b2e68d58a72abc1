"""Sound on its way to devices of other formats, and back."""

import math

import numpy as np
import pytest

from coach.devices.room.convert import COACH_SOUND, Converter, Sound
from coach.ports import BLOCK_BYTES, BLOCK_SAMPLES, SAMPLE_RATE
from tests.blocks import cut


def level_db(sound: np.ndarray) -> float:
    return 10 * math.log10(np.mean(sound.astype(float) ** 2))


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
