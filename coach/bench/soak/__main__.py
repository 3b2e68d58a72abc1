"""One phase, as a program: ``python -m coach.bench.soak week DAYS SEED``, or ``real VOICE MODEL COMMANDS SEED``.

It prints what was measured as one line of JSON.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from coach.bench.soak.measured import Real, Week
from coach.bench.soak.real import speak_for_real
from coach.bench.soak.week import live_a_week
from coach.offline import stay_offline


def _main(phase: str, *arguments: str) -> None:
    stay_offline()
    if phase == "week":
        days, seed = arguments
        result: Week | Real = live_a_week(float(days), int(seed))
    else:
        voice, model, commands, seed = arguments
        result = speak_for_real(voice, Path(model), int(commands), int(seed))
    sys.stdout.write(json.dumps(asdict(result)) + "\n")


if __name__ == "__main__":
    _main(*sys.argv[1:])
