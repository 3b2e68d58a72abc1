"""Whole sessions, word for word and to the millisecond, against the golden transcripts in tests/scores."""

from pathlib import Path
from typing import get_args

import pytest

from coach.content import load_voice
from coach.planning.pain import Response
from coach.session import table
from coach.session.phrases import KEYS
from tests.scores.regenerate import FOLDER, replay

VOICE = load_voice("english")
SCORES = sorted(FOLDER.glob("*.score"))

pytestmark = pytest.mark.covers


@pytest.mark.parametrize("score", SCORES, ids=lambda score: score.stem)
def test_a_session_goes_as_its_score_says(score: Path):
    expected = score.read_text(encoding="utf-8").splitlines()
    assert replay(score).splitlines() == expected, (
        f"If this is how it shall be: python -m tests.scores.regenerate {score.stem}"
    )


def test_there_are_scores_of_whole_sessions_and_of_every_command():
    said = " ".join(score.read_text(encoding="utf-8") for score in SCORES)
    offered = {command for state in table.STATES for command in table.spoken_in(state)}
    heard = {line.split("heard", 1)[1].split()[0].rstrip(":") for line in said.splitlines() if "  heard  " in line}
    assert heard >= offered
    entered = {line.split("—", 1)[1].split()[0] for line in said.splitlines() if "  —  " in line}
    assert entered >= {state.upper() for state in table.STATES}


def test_there_is_a_score_of_every_response_to_pain_and_of_every_reason_for_it():
    said = " ".join(score.read_text(encoding="utf-8") for score in SCORES)
    assert {it for it in get_args(Response) if f"response {it}" in said} == set(get_args(Response))
    reasons = [key for key in KEYS if key.startswith("pain_because")]
    never_here = {
        "pain_because_first",
        "pain_because_no_easier",
        "pain_because_no_other",
    }  # not in this routine
    assert {key for key in reasons if VOICE.say(key)[0] not in said} == never_here


@pytest.mark.parametrize("score", SCORES, ids=lambda score: score.stem)
def test_in_a_score_whatever_was_said_was_heard(score: Path):
    assert "# not heard" not in score.read_text(encoding="utf-8")
