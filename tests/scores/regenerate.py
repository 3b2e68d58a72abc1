"""Write the golden transcripts anew: ``python -m tests.scores.regenerate [NAME...]``.

Each ``.score`` is replayed with exactly its ``you`` lines; what the session does now replaces what stands there.
Look at the difference before you commit it: it is what a person will hear differently. A new score needs no more
than its ``you`` lines.
"""

import sys
from pathlib import Path

from coach.content import load_routine, load_voice
from coach.rehearsal.rehearse import rehearse_dry
from coach.rehearsal.score import read_score, write_score

FOLDER = Path(__file__).parent


def replay(score: Path) -> str:
    """Lead the circuit again with the remarks of a score; return the transcript."""
    script = read_score(score.read_text(encoding="utf-8"), score.stem)
    rehearsal = rehearse_dry(load_routine("lower-back-circuit"), load_voice("english"), script)
    return write_score(rehearsal.trace, score.stem)


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(path.stem for path in FOLDER.glob("*.score")):
        path = FOLDER / f"{name}.score"
        path.write_text(replay(path), encoding="utf-8")
        sys.stdout.write(f"{path.name}\n")
