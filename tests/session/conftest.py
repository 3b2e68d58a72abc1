"""A session under test, driven by hand: what was said, what was asked for, and time that passes when told."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from coach.content import load_routine, load_voice
from coach.rehearsal.mouth import HummingMouth
from coach.session.messages import (
    Action,
    Chime,
    Command,
    End,
    Entered,
    Event,
    Heard,
    Hush,
    Listen,
    Milliseconds,
    Note,
    Passed,
    Say,
    Spoken,
)
from coach.session.phrases import Voice
from coach.session.routine import Routine
from coach.session.session import Session

HERE = Path(__file__).parent
MOUTH = HummingMouth()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Only the session's own examples count as covering it: chance shall not make up for a missing one, and what
    is traced takes three times as long.
    """
    for item in items:
        by_chance = getattr(getattr(item, "function", None), "is_hypothesis_test", False)
        if item.path.parent == HERE and not by_chance and not item.get_closest_marker("no_cover"):
            item.add_marker("covers")


@dataclass
class Led:
    """A session and everything it did; lines take as long as the understudy mouth takes to hum them."""

    session: Session
    actions: list[tuple[int, Action]] = field(default_factory=list)
    sounding: tuple[int, int] | None = None  # when the line at hand will end, and its number

    def begin(self) -> "Led":
        self._take(self.session.begin())
        return self

    def send(self, event: Event) -> tuple[Action, ...]:
        actions = self.session.handle(event)
        self._take(actions)
        return actions

    def say(self, command: str, words: str = "") -> tuple[Action, ...]:
        return self.send(Heard(Command(command), words))

    def wait(self, seconds: float) -> "Led":
        until = self.session.now + seconds * 1000
        while self.session.now < until and not self.session.ended:
            self.send(Passed(Milliseconds(20)))
            if self.sounding and self.sounding[0] <= self.session.now:
                number = self.sounding[1]
                self.sounding = None
                self.send(Spoken(number))
        return self

    def wait_for(self, state: str, limit_s: float = 900) -> "Led":
        until = self.session.now + limit_s * 1000
        while self.session.state != state:
            assert self.session.now < until, f"never came to {state}; is in {self.session.state}"
            self.wait(0.02)
        return self

    def lines(self, since: int = 0) -> list[str]:
        return [action.line.text for at, action in self.actions if isinstance(action, Say) and at >= since]

    def said(self) -> list[Say]:
        return [action for _, action in self.actions if isinstance(action, Say)]

    def states(self) -> list[str]:
        return [action.state for _, action in self.actions if isinstance(action, Entered)]

    def notes(self, kind: str) -> list[dict[str, object]]:
        return [
            {"exercise": action.exercise, **dict(action.detail)}
            for _, action in self.actions
            if isinstance(action, Note) and action.kind == kind
        ]

    def listening(self) -> tuple[Command, ...]:
        return next(action.commands for _, action in reversed(self.actions) if isinstance(action, Listen))

    def ends(self) -> list[End]:
        return [action for _, action in self.actions if isinstance(action, End)]

    def _take(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            self.actions.append((self.session.now, action))
            match action:
                case Hush():
                    self.sounding = None
                case Say(line=line, number=number, due=due):
                    self.sounding = (max(due, self.session.now) + len(MOUTH.speak(line)) // 32, number)
                case Chime() | _:
                    pass


@pytest.fixture(scope="session")
def voice() -> Voice:
    return load_voice("english")


@pytest.fixture(scope="session")
def circuit() -> Routine:
    return load_routine("lower-back-circuit")


@pytest.fixture
def led(circuit: Routine, voice: Voice) -> Led:
    return Led(Session(circuit, voice)).begin()
