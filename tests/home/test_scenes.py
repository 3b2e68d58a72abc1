"""Every scene at home, word for word and to the millisecond, against its transcript in tests/scores/home."""

from datetime import timedelta
from pathlib import Path

import pytest

from coach.session.messages import Heard, Note
from tests.scores.home.regenerate import FOLDER, lead, transcript

SCENES = sorted(FOLDER.glob("*.toml"))


@pytest.mark.parametrize("scene", SCENES, ids=lambda it: it.stem)
def test_a_scene_goes_as_its_transcript_says(scene: Path):
    assert (
        transcript(scene).splitlines() == scene.with_suffix(".score").read_text(encoding="utf-8").splitlines()
    ), f"If this is how it shall be: python -m tests.scores.home.regenerate {scene.stem}"


@pytest.mark.parametrize("scene", SCENES, ids=lambda it: it.stem)
def test_in_a_scene_whatever_was_said_to_a_coach_that_is_awake_was_heard(scene: Path):
    evening = lead(scene)
    assert evening.rehearsal.unsaid == ""
    heard = [it for _, it in evening.rehearsal.trace.each(Heard)]
    assert bool(heard) == (scene.stem not in ("asleep-it-hears-nothing-else", "reminded-and-repeated-once"))


def test_only_a_pain_word_leaves_a_note():
    noting = {scene.stem for scene in SCENES if lead(scene).rehearsal.trace.each(Note)}
    assert noting == {"it-hurts-at-home", "a-red-flag-at-home"}


def test_what_changes_in_the_calendar_is_kept():
    evening = lead(FOLDER / "snooze.toml")
    assert evening.kept.calendar == evening.sleeper.calendar
    assert evening.kept.calendar.not_on == evening.begins.date()
    evening = lead(FOLDER / "remind-me-in-the-morning.toml")
    assert [it.on for it in evening.kept.calendar.reminders] == [evening.begins.date() + timedelta(days=1)]
