"""The dialogues that matter most, with real speech and real ears: another voice answers, over the coach's echo."""

import pytest

from coach.cli_talk import open_interview, states_of
from coach.content import content_root, load_interview, load_voice
from coach.interview.questions import answers_from
from coach.rehearsal.rehearse import Rehearsal, rehearse, rehearse_dry
from coach.rehearsal.script import read_script
from coach.session.messages import Note
from tests.scores.interviews.regenerate import FOLDER

pytestmark = pytest.mark.slow

VOICE = load_voice()
PHRASES = VOICE.phrases_of(VOICE.understands)
EARS = content_root() / "voices" / "english" / "ears"

MOST_IMPORTANT = (
    *("readiness/go", "readiness/gently-long-and-unseen", "readiness/mobility-only-disc"),
    *("readiness/not-today-bladder", "readiness/not-today-fever", "readiness/correction"),
    *("readiness/skip-refused", "readiness/red-flag-word", "readiness/it-hurts", "readiness/stop"),
    *("diary/three-answers", "habit/planned", "morning/worse", "after/hard"),
)


def came_to(rehearsal: Rehearsal) -> tuple[dict, dict]:
    """What was answered in the end, and how it ended."""
    notes = [(note.kind, dict(note.detail)) for _, note in rehearsal.trace.each(Note)]
    answers = answers_from((it["question"], it["answer"]) for kind, it in notes if kind == "answer")
    return answers, next(it for kind, it in notes if kind == "end")


@pytest.mark.parametrize("name", MOST_IMPORTANT)
def test_a_spoken_dialogue_comes_to_the_same_as_its_transcript(name: str):
    asked = load_interview(name.partition("/")[0], VOICE)
    script = read_script(FOLDER / f"{name}.toml", phrases=PHRASES, states=states_of(asked))
    written = rehearse_dry(open_interview(asked, VOICE), VOICE, script, name=asked.name)
    spoken = rehearse(open_interview(asked, VOICE), VOICE, script, EARS, name=asked.name)
    assert came_to(spoken) == came_to(written)
