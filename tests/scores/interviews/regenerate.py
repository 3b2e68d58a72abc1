"""Write the dialogues' transcripts anew: ``python -m tests.scores.interviews.regenerate [INTERVIEW/NAME...]``.

In each folder, named like an interview, a ``.toml`` says what the person answers and when, told by the question in
hand: so it survives a change of wording. The ``.score`` beside it is what comes of it, word for word. Look at the
difference before you commit it: it is what a person will hear differently.
"""

import sys
from pathlib import Path

from coach.cli_talk import states_of
from coach.content import load_interview, load_voice
from coach.content.guidance import load_guidance
from coach.interview.conclusions import interview_on
from coach.rehearsal.rehearse import Rehearsal, rehearse_dry
from coach.rehearsal.score import write_score
from coach.rehearsal.script import read_script

FOLDER = Path(__file__).parent
VOICE = load_voice("english")
RULES = load_guidance().readiness


def lead(dialogue: Path) -> Rehearsal:
    """Lead a dialogue, dry."""
    asked = load_interview(dialogue.parent.name, VOICE)
    script = read_script(dialogue, phrases=VOICE.phrases_of(VOICE.understands), states=states_of(asked))
    return rehearse_dry(interview_on(asked, VOICE, RULES), VOICE, script, name=asked.name)


def transcript(dialogue: Path) -> str:
    """Lead a dialogue, dry, and write it down under its own heading."""
    about = dialogue.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    return write_score(lead(dialogue).trace, f"{dialogue.parent.name}: {about}")


if __name__ == "__main__":
    for path in [FOLDER / f"{name}.toml" for name in sys.argv[1:]] or sorted(FOLDER.glob("*/*.toml")):
        path.with_suffix(".score").write_text(transcript(path), encoding="utf-8")
        sys.stdout.write(f"{path.parent.name}/{path.stem}\n")
