"""A coach on understudies that is asked to end where Python lets no exception out; loaded once, and forked.

It reads a case a line, as JSON, and prints the exit code, as ``tests/loaded_coach.py`` does. The command line, the
room, the loop, the minds and the history are the real ones; the sound card, the ears and the mouth are not.
"""

import json
import os
import signal
import sys
import weakref
from collections.abc import Callable

from transitions import Machine

import coach.cli
import coach.live
from coach.content import load_voice
from coach.rehearsal.echo import NoEcho
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.sound_card import Gadget, SimulatedPortAudio
from tests.loaded_coach import become

NO_ROOM = load_voice().say("trouble_room")
"""What is told while the devices are waited for."""

WELL_UNDER_WAY = 100
"""Blocks."""

HANGS_AFTER_S = 50
"""By then a coach that has overlooked the signal is ended by another, which nobody can overlook."""


class Dropped:
    """Whose end brings the signal."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __del__(self) -> None:
        signal.raise_signal(self._number)


class Forgotten:
    """Whose end tells those who refer to it."""


def in_a_finaliser(number: int) -> None:
    """Raise the signal in a ``__del__``."""
    Dropped(number)


def in_a_weak_reference(number: int) -> None:
    """Raise the signal in the callback of a weak reference."""
    forgotten = Forgotten()
    reference = weakref.ref(forgotten, lambda _: signal.raise_signal(number))
    del forgotten
    assert reference() is None


def in_a_transition(number: int) -> None:
    """Raise the signal where the state machine's library catches everything, and goes on."""
    Machine(states=["here"], initial="here", finalize_event=lambda: signal.raise_signal(number)).to_here()


PLACES: dict[str, Callable[[int], None]] = {
    "a finaliser": in_a_finaliser,
    "a weak reference": in_a_weak_reference,
    "a transition": in_a_transition,
}


class Understudies:
    """The devices, and the moment at which the signal comes: ``opening``, ``leading`` or ``waiting``."""

    def __init__(self, moment: str, place: str, number: int) -> None:
        self._moment = moment
        self._place = place
        self._number = number
        self._blocks = 0
        gadgets = [Gadget("microphone", inputs=1), Gadget("speaker", outputs=1)]
        self.card = SimulatedPortAudio([] if moment == "waiting" else gadgets)
        self.closed = 0

    def take_the_stage(self) -> None:
        """Stand in for the devices."""
        understudies = self

        class Mouth(HummingMouth):
            def __init__(self, *_: object, **__: object) -> None:
                super().__init__()

            def speak(self, line):
                if line.text in NO_ROOM:
                    understudies.befall("waiting")
                return super().speak(line)

            def close(self) -> None:
                understudies.closed += 1

        class Ears:
            def __init__(self, *_: object) -> None: ...

            def knows(self, _phrase: str) -> bool:
                understudies.befall("opening")
                return True

            def listen(self, phrases) -> None: ...

            def hear(self, _block):
                understudies.pass_block()
                return ()

            def second_hearing(self): ...

        sys.modules["sounddevice"] = self.card
        coach.live.SpeakingMouth = Mouth
        coach.live.VoskEars = Ears
        coach.live.open_echo = lambda _witness: NoEcho()

    def pass_block(self) -> None:
        self._blocks += 1
        if self._blocks == WELL_UNDER_WAY:
            self.befall("leading")

    def befall(self, moment: str) -> None:
        if moment == self._moment:
            self._moment = ""
            PLACES[self._place](self._number)

    @property
    def left(self) -> dict[str, int]:
        """What is left behind."""
        return {"open streams": len(self.card.open), "mouths closed": self.closed, "blocks": self._blocks}


def interrupted(moment: str, place: str, number: int, **started: object) -> None:
    """Run a command until it ends; the last line that it prints tells what it has left behind."""
    signal.alarm(HANGS_AFTER_S)
    become(**started)
    understudies = Understudies(moment, place, number)
    understudies.take_the_stage()
    try:
        coach.cli.main()
    finally:
        print(json.dumps(understudies.left), flush=True)  # noqa: T201


if __name__ == "__main__":
    for line in sys.stdin:
        if child := os.fork():
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201
            continue
        interrupted(**json.loads(line))
        break
