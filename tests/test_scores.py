"""Whole sessions, word for word and to the millisecond, against the golden transcripts in tests/scores."""

from pathlib import Path

import pytest

from tests.scores.regenerate import FOLDER, replay

SCORES = sorted(FOLDER.glob("*.score"))


@pytest.mark.parametrize("score", SCORES, ids=lambda score: score.stem)
def test_a_session_goes_as_its_score_says(score: Path):
    expected = score.read_text(encoding="utf-8").splitlines()
    assert replay(score).splitlines() == expected, (
        f"If this is how it shall be: python -m tests.scores.regenerate {score.stem}"
    )


def test_there_are_scores_of_whole_sessions_and_of_every_command():
    said = " ".join(score.read_text(encoding="utf-8") for score in SCORES)
    from coach.session.phrases import COMMANDS  # noqa: PLC0415

    heard = {line.split("heard", 1)[1].split()[0].rstrip(":") for line in said.splitlines() if "  heard  " in line}
    assert heard >= set(COMMANDS)


@pytest.mark.parametrize("score", SCORES, ids=lambda score: score.stem)
def test_in_a_score_whatever_was_said_was_heard(score: Path):
    assert "# not heard" not in score.read_text(encoding="utf-8")
