"""Every session led by keys, word for word and to the millisecond, against its transcript in tests/scores/keys."""

from pathlib import Path

import pytest

from coach.ports import BLOCK_MS
from coach.rehearsal.score import latencies
from coach.session.messages import Heard
from tests.scores.keys.regenerate import FOLDER, lead, transcript

SCENES = sorted(FOLDER.glob("*.toml"))


@pytest.mark.parametrize("scene", SCENES, ids=lambda it: it.stem)
def test_what_is_led_by_keys_goes_as_its_transcript_says(scene: Path):
    assert (
        transcript(scene).splitlines() == scene.with_suffix(".score").read_text(encoding="utf-8").splitlines()
    ), f"If this is how it shall be: python -m tests.scores.keys.regenerate {scene.stem}"


@pytest.mark.parametrize("scene", SCENES, ids=lambda it: it.stem)
def test_whatever_is_pressed_in_a_scene_is_obeyed_within_a_block(scene: Path):
    rehearsal = lead(scene)
    assert rehearsal.unsaid == ""
    hearing = latencies(rehearsal.trace)
    assert {it.words for it in hearing.missed} <= {"playpause", "playpause once"}  # told twice, obeyed once
    assert hearing.false_accepts == ()
    assert {it.reaction for it in hearing.reactions} == {BLOCK_MS}


def test_a_round_can_be_led_from_its_beginning_to_its_end_by_keys_alone():
    rehearsal = lead(FOLDER / "a-session-by-keyboard.toml")
    heard = {it.command for _, it in rehearsal.trace.each(Heard)}
    assert rehearsal.end.outcome == "completed"
    assert heard >= {"pause", "resume", "done", "next", "back", "repeat", "help", "it_hurts", "number_2", "yes"}


def test_a_held_button_that_nobody_explains_is_taken_for_the_worst():
    assert lead(FOLDER / "nobody-answers-after-a-held-button.toml").end.outcome == "eased"
