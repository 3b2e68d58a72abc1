"""Write the transcripts of a coach at home anew: ``python -m tests.scores.home.regenerate [NAME...]``.

A ``.toml`` says what the person says and when; its first comment what it is about, and others when it begins, when
reminders are due, and how long it lasts. The ``.score`` beside it is what comes of it, word for word. Look at the
difference before you commit it: it is what a person will hear differently.
"""

import re
import sys
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import get_args

from coach.content import load_voice
from coach.home.reminders import Calendar, Reminder
from coach.home.sleeper import Sleeper, State
from coach.rehearsal.calendar import MemoryCalendar
from coach.rehearsal.rehearse import Rehearsal, rehearse_dry
from coach.rehearsal.score import write_score
from coach.rehearsal.script import read_script
from coach.serve import OnTheClock
from coach.session.messages import Action, End, Event, Milliseconds

FOLDER = Path(__file__).parent
VOICE = load_voice("english")


class Watched:
    """A coach at home, watched for a while."""

    def __init__(self, mind: OnTheClock, seconds: float) -> None:
        self._mind = mind
        self._seconds = seconds

    @property
    def now(self) -> Milliseconds:
        return self._mind.now

    @property
    def ended(self) -> bool:
        return self._mind.ended or self.now >= 1000 * self._seconds

    def begin(self) -> tuple[Action, ...]:
        return self._mind.begin()

    def handle(self, event: Event) -> tuple[Action, ...]:
        if self.ended:
            return ()
        actions = self._mind.handle(event)
        return (*actions, End("completed")) if self.ended and not self._mind.ended else actions


@dataclass(frozen=True)
class Evening:
    """What was rehearsed, and what was left behind."""

    rehearsal: Rehearsal
    sleeper: Sleeper
    kept: MemoryCalendar
    begins: datetime


@cache
def lead(scene: Path) -> Evening:
    """Be at home, dry; once for each scene."""
    text = scene.read_text(encoding="utf-8")
    written = dict(re.findall(r"^# (begins|reminders|lasts|told): (.*)$", text, re.MULTILINE))
    begins = datetime.fromisoformat(written["begins"]).astimezone()
    when = [Reminder(time.fromisoformat(it)) for it in written.get("reminders", "").split()]
    kept = MemoryCalendar(Calendar(reminders=tuple(when)))
    told = (written["told"],) if "told" in written else ()
    sleeper = Sleeper(VOICE, kept.calendar, begins, told)
    mind = OnTheClock(sleeper, lambda: begins + timedelta(milliseconds=sleeper.now), kept)
    script = read_script(scene, phrases=VOICE.phrases_of(VOICE.understands), states=get_args(State))
    rehearsal = rehearse_dry(Watched(mind, float(written.get("lasts", 60))), VOICE, script, name="at home")
    return Evening(rehearsal, sleeper, kept, begins)


def transcript(scene: Path) -> str:
    """Be at home, dry, and write it down under its own heading."""
    about = scene.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    return write_score(lead(scene).rehearsal.trace, f"at home: {about}")


if __name__ == "__main__":
    for path in [FOLDER / f"{name}.toml" for name in sys.argv[1:]] or sorted(FOLDER.glob("*.toml")):
        path.with_suffix(".score").write_text(transcript(path), encoding="utf-8")
        sys.stdout.write(f"{path.stem}\n")
