"""How much faster than real time a session goes without sound: led by understudies, and its mind alone."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from coach.ports import BLOCK_MS, SAMPLE_RATE
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.rehearse import rehearse_dry
from coach.rehearsal.script import Script
from coach.session.messages import Hush, Milliseconds, Passed, Say, Spoken
from coach.session.phrases import Voice
from coach.session.routine import Routine
from coach.session.session import Session

TURN = Passed(Milliseconds(BLOCK_MS))


@dataclass(frozen=True, slots=True)
class Speed:
    """One run.

    Attributes:
        session_s: the length of the session in sound.
        wall_s: how long it took.
        cpu_s: how long the processor worked on it; on a busy machine that is less.
    """

    session_s: float
    wall_s: float
    cpu_s: float

    @property
    def of_wall(self) -> float:
        """How many times faster than real time it was."""
        return self.session_s / self.wall_s

    @property
    def of_cpu(self) -> float:
        """How many times faster it would have been on a core of its own."""
        return self.session_s / self.cpu_s


def timed(run: Callable[[], Milliseconds]) -> Speed:
    """Time one run, which returns how much session time has passed in it."""
    wall, cpu = time.perf_counter(), time.process_time()
    session = run()
    return Speed(session / 1000, time.perf_counter() - wall, time.process_time() - cpu)


def dry_rehearsal(routine: Routine, voice: Voice, script: Script) -> Speed:
    """Rehearse with understudies only, once."""
    return timed(lambda: rehearse_dry(routine, voice, script).trace.until)


def core_alone(routine: Routine, voice: Voice) -> Speed:
    """Lead a whole session by its events alone, once: time passes in blocks, and lines are spoken to their end."""
    lengths = _Lengths()
    session = Session(routine, voice)
    _lead_core(Session(routine, voice), lengths)  # measures the lines, which are not the core's work
    return timed(lambda: _lead_core(session, lengths))


def _lead_core(session: Session, lengths: "_Lengths") -> Milliseconds:
    line, ends = 0, 0
    actions = session.begin()
    while True:
        for action in actions:
            match action:
                case Say(number=number, due=due):
                    line, ends = number, max(due, session.now) + lengths.of(action)
                case Hush():
                    line = 0
        if session.ended:
            return session.now
        actions = session.handle(TURN)
        if line and session.now >= ends:
            number, line = line, 0
            actions += session.handle(Spoken(number))


class _Lengths:
    """How long lines take to say, each measured once."""

    def __init__(self) -> None:
        self._mouth = HummingMouth()
        self._known: dict[str, int] = {}

    def of(self, say: Say) -> int:
        if say.line.text not in self._known:
            self._known[say.line.text] = len(self._mouth.speak(say.line)) // 2 * 1000 // SAMPLE_RATE
        return self._known[say.line.text]
