"""Every dialogue, word for word and to the millisecond, against its transcript in tests/scores/interviews."""

from pathlib import Path

import pytest

from coach.interview.interview import ALWAYS, CORRECTIONS, NUMBERS
from coach.planning.readiness import OUTCOMES, RED_FLAGS
from tests.scores.interviews.regenerate import FOLDER, transcript

DIALOGUES = sorted(FOLDER.glob("*/*.toml"))
NAMES = [f"{path.parent.name}/{path.stem}" for path in DIALOGUES]
SCORES = {path: path.with_suffix(".score").read_text(encoding="utf-8") for path in DIALOGUES}
READINESS = [score for path, score in SCORES.items() if path.parent.name == "readiness"]


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=NAMES)
def test_a_dialogue_goes_as_its_transcript_says(dialogue: Path):
    assert transcript(dialogue).splitlines() == SCORES[dialogue].splitlines(), (
        f"If this is how it shall be: python -m tests.scores.interviews.regenerate "
        f"{dialogue.parent.name}/{dialogue.stem}"
    )


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=NAMES)
def test_in_a_dialogue_whatever_was_said_was_heard(dialogue: Path):
    assert "# not heard" not in SCORES[dialogue]
    said = dialogue.read_text(encoding="utf-8").count("[[say]]")
    assert SCORES[dialogue].count("  heard  ") == said


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_there_is_a_dialogue_for_each_outcome_of_readiness(outcome: str):
    assert any(f"conclusion {outcome}\n" in score for score in READINESS)


@pytest.mark.parametrize("flag", RED_FLAGS)
def test_there_is_a_dialogue_in_which_each_red_flag_ends_the_questions(flag: str):
    ending = [f"question {flag}, answer yes", "conclusion not_today"]
    assert any(all(it in score for it in ending) and "PAIN_NOW" not in score for score in READINESS)


def test_every_command_is_heard_in_some_dialogue():
    lines = [line for score in SCORES.values() for line in score.splitlines() if "  heard  " in line]
    heard = {line.split("heard", 1)[1].split()[0].rstrip(":") for line in lines}
    others = {"yes", "no", "unsure", "repeat", "back", "next", "pause", "resume", "done", "how_long", "help"}
    choices = {"better", "same", "worse", "easy", "fine", "hard", "a_little", "after_coffee", "before_bed"}
    assert heard >= set(ALWAYS) | others | choices
    assert heard & NUMBERS.keys()
    assert heard & CORRECTIONS.keys()


def test_of_every_dialogue_the_first_note_says_what_it_is_and_the_last_how_it_ended():
    for path, score in SCORES.items():
        notes = [line.split("note", 1)[1].split() for line in score.splitlines() if "  note  " in line]
        assert notes[0][:3] == ["interview:", "interview", f"{path.parent.name},"]
        assert notes[-1][0] == "end:"
        assert {note[0] for note in notes[1:-1]} <= {"answer:", "pause:", "pain:"}
