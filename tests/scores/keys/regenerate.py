"""Write the transcripts of sessions led by keys anew: ``python -m tests.scores.keys.regenerate [NAME...]``.

A ``.toml`` says which key is pressed when; its first comment what it is about, and another, if it is no session of
the circuit, which interview. The ``.score`` beside it is what comes of it, word for word. Look at the difference
before you commit it: it is what a person will hear differently.
"""

import re
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

from coach.cli_talk import open_interview, states_of
from coach.content import load_interview, load_routine, load_voice
from coach.key_names import ALL_NAMES
from coach.rehearsal.keys import rehearse_by_keys
from coach.rehearsal.rehearse import Rehearsal
from coach.rehearsal.score import write_score
from coach.rehearsal.script import read_script
from coach.session import table
from coach.session.keys import HELD, ONCE, TWICE
from coach.session.session import Session

FOLDER = Path(__file__).parent
VOICE = load_voice("english").without_microphone()
PRESSES = ALL_NAMES | {f"{key} {press}" for key in VOICE.keys.buttons for press in (ONCE, TWICE, HELD)}


@cache
def lead(scene: Path) -> Rehearsal:
    """Be led by the keys of a script, dry; once for each scene."""
    text = scene.read_text(encoding="utf-8")
    name = f"by keys: {text.splitlines()[0].removeprefix('# ')}"
    if asked := re.search(r"^# interview: (.*)$", text, re.MULTILINE):
        questions = load_interview(asked[1], VOICE)
        script = read_script(scene, phrases=PRESSES, states=states_of(questions))
        return rehearse_by_keys(open_interview(questions, VOICE), VOICE, script, name)
    script = read_script(scene, phrases=PRESSES, states=table.STATES)
    circuit = replace(load_routine("lower-back-circuit"), rounds=1)
    return rehearse_by_keys(Session(circuit, VOICE), VOICE, script, name)


def transcript(scene: Path) -> str:
    """Lead it, and write it down."""
    rehearsal = lead(scene)
    return write_score(rehearsal.trace, rehearsal.name)


if __name__ == "__main__":
    for path in [FOLDER / f"{name}.toml" for name in sys.argv[1:]] or sorted(FOLDER.glob("*.toml")):
        path.with_suffix(".score").write_text(transcript(path), encoding="utf-8")
        sys.stdout.write(f"{path.stem}\n")
