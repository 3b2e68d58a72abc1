"""The ears' speed, timed on an understudy; what follows from it, from plain values."""

from pathlib import Path

import pytest

from coach.content import load_voice
from coach.doctor.hearing import (
    EarsMeasured,
    Speed,
    judge,
    mute,
    phrases_in_a_session,
    speed_of,
    spoke,
    unfit,
)
from coach.errors import EarsUnfit, MouthFailed
from coach.ports import BLOCK_BYTES, BLOCK_MS, Pcm
from coach.session.table import MOVING, spoken_in


class CountingEars:
    """Ears that count what they are given."""

    def __init__(self) -> None:
        self.phrases: tuple[str, ...] = ()
        self.sizes: list[int] = []

    def listen(self, phrases):
        self.phrases = tuple(phrases)

    def hear(self, microphone):
        self.sizes.append(len(microphone))
        return ()


def test_the_ears_are_given_whole_blocks_and_silence_after_the_speech():
    ears = CountingEars()
    speed = speed_of(ears, ("stop", "pause"), Pcm(b"\1\0" * 16_000))
    assert ears.phrases == ("stop", "pause")
    assert set(ears.sizes) == {BLOCK_BYTES}
    assert speed.sound_s == pytest.approx(1.5)
    assert speed.phrases == 2
    assert len(ears.sizes) * BLOCK_MS == 1_500
    assert 0 < speed.worst_ms / 1000 <= speed.wall_s
    assert speed.times_real == pytest.approx(speed.sound_s / speed.wall_s)


def test_the_ears_listen_for_as_much_as_in_a_session():
    voice = load_voice()
    phrases = phrases_in_a_session(voice, spoken_in(MOVING))
    assert "stop" in phrases
    assert len(phrases) > 30


def ears(speed: Speed | None = None, lacks: tuple[str, ...] = ()) -> EarsMeasured:
    return EarsMeasured(Path("/home/anna/model"), "named", 0.4, lacks, 240, speed)


@pytest.mark.parametrize(
    ("wall_s", "key", "judgement"), [(0.5, "speed", "ok"), (5.0, "slow", "note"), (9.0, "slow", "trouble")]
)
def test_speed_is_judged_against_real_time(wall_s, key, judgement):
    found = judge(ears(Speed(10.0, wall_s, 30.0, 77)))[-1]
    assert (found.key, found.judgement) == (key, judgement)
    assert f"{10 / wall_s:.1f} times" in found.what
    assert ("coach ears" in found.remedy) == (judgement != "ok")


def test_phrases_that_the_model_lacks_are_named():
    words = judge(ears(lacks=("no four", "numb")))[1]
    assert words.judgement == "note"
    assert "2 of 240 phrases: no four, numb." in words.what
    many = judge(ears(lacks=tuple(f"phrase {n}" for n in range(30))))[1]
    assert many.what.endswith("phrase 9 and more.")
    assert judge(ears())[1].judgement == "ok"


def test_where_the_model_lies_is_for_the_owner_alone():
    model = judge(ears())[0]
    assert "/home/anna/model" in model.private
    assert "anna" not in model.what


def test_a_speed_that_was_not_measured_is_not_claimed():
    assert [it.key for it in judge(ears())] == ["model", "words"]


def test_unfit_ears_and_a_mute_voice_are_trouble_with_their_own_remedy():
    assert unfit(EarsUnfit("There is no model.", "Put one there.")).remedy == "Put one there."
    assert mute(MouthFailed("It hung.", "Install it again.")).judgement == "trouble"
    assert spoke(7.5, 0.3).judgement == "ok"
