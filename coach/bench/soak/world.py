"""The world in which both phases take place: its time, its sound card, the home, and a stage that counts."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final, Literal, NoReturn

from coach import content
from coach.bench.inhabitant import Inhabitant
from coach.content.guidance import load_guidance
from coach.errors import CoachError, RoomBack, RoomLost
from coach.front_end import FrontEnd
from coach.history import remembered
from coach.live import Setup, Stage
from coach.ports import BLOCK_BYTES, BLOCK_MS, SILENCE, Block, Ears, Echo, Mind, Mouth, Pcm, Room
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.trace import Trace, Uttered
from coach.serve import Clock, Home
from coach.session.messages import End, Entered, Line, Milliseconds, Note
from coach.session.phrases import Voice
from coach.session.routine import exercises_of

BEGINS: Final = datetime(2026, 3, 26, 5, 0, tzinfo=UTC)
"""A Thursday at six in the morning, local time; summer time begins on the Sunday after it."""

SUMMER: Final = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
WINTER_TIME, SUMMER_TIME = timezone(timedelta(hours=1)), timezone(timedelta(hours=2))

NOISE: Final = Block(b"\x01\x00\x00\x00" * (BLOCK_BYTES // 4))
"""What the sound card delivers: no exact silence, or its microphone would be taken for one switched off."""

Kind = Literal["lost", "deaf"]


class Over(Exception):
    """The days are over."""


class Restarted(Exception):
    """The process is ended, to be started anew."""


@dataclass(slots=True)
class World:
    """Time outside the coach, and what happens to its clock."""

    passed_s: float = 0.0
    wrong_s: float = 0.0
    right_at: float = 0.0

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.passed_s += seconds
        if self.wrong_s and self.passed_s >= self.right_at:
            self.wrong_s = 0.0

    def misset(self, seconds: float, for_s: float) -> None:
        """The clock on the wall goes wrong by so much, until the network puts it right."""
        self.wrong_s, self.right_at = seconds, self.passed_s + for_s

    def clock(self) -> datetime:
        """What the clock on the wall shows."""
        at = BEGINS + timedelta(seconds=self.passed_s + self.wrong_s)
        return at.astimezone(SUMMER_TIME if at >= SUMMER else WINTER_TIME)


class Flaky:
    """A sound card that is lost at times, or hears nothing; time in the world passes with its blocks."""

    def __init__(self, world: World, pace: Callable[[], int]) -> None:
        self._world = world
        self._pace = pace
        self._until: dict[Kind, float] = {"lost": 0.0, "deaf": 0.0}

    def fail(self, kind: Kind, seconds: float) -> None:
        """Fail from now on, for so long."""
        self._until[kind] = self._world.passed_s + seconds

    def open(self) -> Room:
        """Open it, if it is there.

        Raises:
            RoomLost: it is not.
        """
        if self._world.passed_s < self._until["lost"]:
            raise RoomLost("The microphone is not there.", "Plug it in.")
        return self

    def exchange(self, speaker: Block) -> Block:  # noqa: ARG002 - the port's form
        """Let a block's time pass.

        Raises:
            RoomLost: it is lost.
        """
        if self._world.passed_s < self._until["lost"]:
            raise RoomLost("The microphone is gone.", "Plug it in.")
        self._world.pass_s(self._pace() * BLOCK_MS / 1_000)
        return SILENCE if self._world.passed_s < self._until["deaf"] else NOISE

    def close(self) -> None:
        """There is nothing to let go of."""


class Unhurt:
    """Whoever stands by while the room is lost: says nothing, and nobody is there to hear it."""

    def noticed(self, lost: RoomLost) -> None:
        """Take no notice."""

    def words(self, lost: RoomLost, *, again: bool) -> Pcm:  # noqa: ARG002 - the port's form
        """Return a second of sound."""
        return Pcm(NOISE * 50)

    def say_last(self, pcm: Pcm) -> bool:  # noqa: ARG002
        """Play nothing."""
        return False

    def alive(self) -> None:
        """Tell nobody."""

    def hears(self) -> None:
        """Tell nobody."""


class Residence:
    """The room as the loop has it: steady, inhabited, and counted. Things happen between its blocks."""

    def __init__(self, steady: Room, inhabitant: Inhabitant, each_block: Callable[[], None]) -> None:
        self.blocks = 0
        self.inhabitant = inhabitant
        self._steady = steady
        self._each_block = each_block

    def exchange(self, speaker: Block) -> Block:
        """Exchange one block.

        Raises:
            RoomBack: the room was lost, and is back.
            Over: the days are over.
            Restarted: the process is ended.
        """
        self._each_block()
        self.blocks += 1
        try:
            self._steady.exchange(speaker)
        except RoomBack:
            self.inhabitant.cut_off()
            raise
        voice = self.inhabitant.next_block()
        return SILENCE if voice is NOISE else voice  # an understudy's ears need no sound

    def close(self) -> None:
        """Let go of the room."""
        self._steady.close()


class Brief(Trace):
    """A trace of what is said aloud, and of nothing else: days of everything would be a leak of its own."""

    def __call__(self, at: Milliseconds, message: object) -> None:
        """Write down what is said aloud."""
        if isinstance(message, Uttered):
            super().__call__(at, message)


class Forgetful(HummingMouth):
    """Hums each line anew: what an understudy remembers would be taken for the coach's."""

    def speak(self, line: Line) -> Pcm:
        """Return the line's hum."""
        self._finished.clear()
        return super().speak(line)


class CountingStage(Stage):
    """The stage as it is, on which it is counted what is led, noted and played."""

    def __init__(
        self,
        voice: Voice,
        setup: Setup,
        mouth: Mouth,
        ears: Ears,
        residence: Residence,
        inhabitant: Inhabitant,
        undo: ExitStack,
        echo: Echo,
    ) -> None:
        super().__init__(voice, setup, self._see, mouth, ears, undo)
        self.led: Counter[str] = Counter()
        self.notes = 0
        self.woken = 0
        self.outages: list[float] = []
        self.drift_ms = 0
        self._residence = residence
        self._inhabitant = inhabitant
        self._opened = residence, FrontEnd(echo)

    def lead(self, mind: Mind, name: str, started_at: datetime) -> End:
        """Lead something to its end."""
        before = self._residence.blocks
        try:
            end = super().lead(mind, name, started_at)
        finally:
            self._compare(mind, before)
        self.led[end.outcome] += 1
        return end

    def rest(self, mind: Mind, name: str, clock: Clock) -> End:
        """Lead a coach that sleeps."""
        before = self._residence.blocks
        try:
            return super().rest(mind, name, clock)
        finally:
            self._compare(mind, before)

    def _compare(self, mind: Mind, before: int) -> None:
        """Compare a mind's clock with the sound. The last block of all may not have come."""
        exchanged_ms = BLOCK_MS * (self._residence.blocks - before)
        self.drift_ms = max(self.drift_ms, abs(exchanged_ms - mind.now) - BLOCK_MS * (not mind.ended))

    def _see(self, _at: Milliseconds, message: object) -> None:
        self._inhabitant.notice(message)
        match message:
            case Note():
                self.notes += 1
            case Entered(state="awake"):
                self.woken += 1
            case RoomBack(seconds=seconds):
                self.outages.append(seconds)
            case _:
                pass


def home_of(voice: Voice, store: Path, clock: Clock) -> Home:
    """Return the home, with all its routines; whatever troubles it ends the soak."""
    routines = content.sound_routines()
    exercises = exercises_of(routines)
    return Home(
        voice=voice,
        routines=routines,
        guidance=load_guidance(),
        remember=lambda: remembered(store, exercises),
        clock=clock,
        warn=_troubled,
    )


def _troubled(trouble: CoachError) -> NoReturn:
    raise trouble


def unexpected(text: str) -> NoReturn:
    """End the soak: the calendar was never touched by anybody else."""
    raise AssertionError(text)
