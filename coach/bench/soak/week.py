"""The first phase: days at home, with understudies for sound, ears and voice."""

import time
from collections import Counter, deque
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from datetime import time as time_of_day
from itertools import repeat
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from coach import content
from coach.bench.inhabitant import Counts, Inhabitant
from coach.bench.soak.measured import Snapshot, Week, snapshot
from coach.bench.soak.world import (
    BEGINS,
    NOISE,
    Brief,
    CountingStage,
    Flaky,
    Forgetful,
    Over,
    Residence,
    Restarted,
    Unhurt,
    World,
    home_of,
    unexpected,
)
from coach.devices.calendar import KeptCalendar
from coach.devices.steady import SteadyRoom
from coach.devices.store import find_damage, read_history
from coach.home.reminders import Quiet, Reminder, with_reminders
from coach.live import Setup
from coach.ports import BLOCK_BYTES, BLOCK_MS, Block
from coach.rehearsal.ears import ScriptedEars
from coach.rehearsal.echo import NoEcho
from coach.serve import serve
from coach.session.messages import Command, Line
from coach.session.phrases import Voice

NIGHT_PACE: Final = 120
"""So much faster time passes on the wall while the coach sleeps and nobody wants anything."""

ERRANDS: Final = (
    ("07:33", "begin"),
    ("10:00", "my_plan how_am_i remind_at_8 did_coffee"),
    ("12:30", "begin_break"),
    ("15:00", "how_am_i help repeat not_today"),
    ("18:33", "begin_circuit"),
    ("21:30", "remind_at_9 good_night"),
)
"""What is wanted of the coach each day, and when; some of it is nothing that it knows, some comes in a row."""

REMINDERS: Final = (Reminder(time_of_day(7, 30)), Reminder(time_of_day(18, 30)))

OUTAGES_S: Final = (1.0, 5.0, 40.0, 400.0)
"""How long a device is lost in a session; one of these."""

DEAF_S: Final = 8.0


@dataclass(slots=True)
class _Fate:
    """What happens when, by a seed: losses and restarts, errands and snapshots."""

    world: World
    random: Random
    days: float
    counts: Counts
    snapshots: list[Snapshot] = field(default_factory=list)
    jumps: int = 0
    _errands: deque[tuple[float, str]] = field(default_factory=deque)
    _nights: deque[float] = field(default_factory=deque)
    _in_session: float = 0.0

    def __post_init__(self) -> None:
        for day in range(int(self.days) + 1):
            for at, commands in ERRANDS:
                seconds = (datetime.fromisoformat(f"2026-03-26T{at}+01:00") - BEGINS).total_seconds()
                self._errands.append((86_400 * day + seconds, commands))
            self._nights.append(86_400 * day + 22 * 3_600)  # four in the morning
        self._plan_session()

    def _plan_session(self) -> None:
        self._in_session = self.random.uniform(60, 1_500)

    def strike(self, inhabitant: Inhabitant, room: Flaky) -> None:
        """Let happen what is due by now; called once a block.

        Raises:
            Over: the days are over.
            Restarted: the process is ended.
        """
        now = self.world.passed_s
        if self._errands and now >= self._errands[0][0]:
            wanted = self._errands.popleft()[1].split()
            inhabitant.errands.extend(map(Command, wanted))
        if inhabitant.is_led:
            self._in_session -= BLOCK_MS / 1_000
            if self._in_session <= 0:
                self._plan_session()
                self._trouble(room)
        if now >= self._nights[0] and inhabitant.is_idle:
            self._nights.popleft()
            self.snapshots.append(snapshot(len(self.snapshots) + 1, self.counts.said))
            if len(self.snapshots) >= self.days:
                raise Over
            self._night(room)

    def _trouble(self, room: Flaky) -> None:
        match self.random.randrange(5):
            case 0:
                raise Restarted
            case 1:
                room.fail("deaf", DEAF_S)
            case _:
                room.fail("lost", self.random.choice(OUTAGES_S))

    def _night(self, room: Flaky) -> None:
        """By turns: a clock that is put back, an hour without a device, and a restart with a clock that is hours
        late until the network puts it right.
        """
        match len(self.snapshots) % 3:
            case 0:
                room.fail("lost", 3_600)
            case 1:
                self.jumps += 1
                self.world.misset(-3 * 3_600, for_s=90)
                raise Restarted
            case _:
                self.jumps += 1
                self.world.misset(90, for_s=1_800)


def live_a_week(days: float = 7, seed: int = 1, folder: Path | None = None) -> Week:
    """Live through days at home, with understudies for sound, ears and voice.

    Args:
        days: how many.
        seed: of all chance.
        folder: where the history is kept; None: one that is gone afterwards.
    """
    with TemporaryDirectory() as temporary:
        return _live(days, seed, folder or Path(temporary))


def _live(days: float, seed: int, folder: Path) -> Week:
    voice, store = content.load_voice(), folder / "history.sqlite3"
    world, counts, random = World(), Counts(), Random(seed)
    fate = _Fate(world, random, days, counts)
    home = home_of(voice, store, world.clock)
    stages: list[tuple[Counter[str], int, int, list[float], int, int]] = []
    cpu = time.process_time()
    is_over = False
    while not is_over:
        with ExitStack() as undo:
            stage, residence = _furnish(voice, store, world, fate, random, undo)
            kept = undo.enter_context(closing(KeptCalendar(folder / "reminders.json", unexpected)))
            kept.keep(with_reminders(kept.calendar, REMINDERS, Quiet()))
            try:
                serve(stage, home, kept)
            except Restarted:
                pass
            except Over:
                is_over = True
        residence.inhabitant.leave()
        stages.append((stage.led, stage.notes, stage.woken, stage.outages, stage.drift_ms, residence.blocks))
        stage = residence = kept = None  # type: ignore[assignment]  # nothing of it is needed any more
    outages = [seconds for _, _, _, lost, _, _ in stages for seconds in lost]
    return Week(
        days=days,
        seed=seed,
        counts=counts,
        led=dict(sum((led for led, *_ in stages), Counter())),
        woken=sum(woken for _, _, woken, *_ in stages),
        outages=len(outages),
        outage_s=round(sum(outages), 1),
        restarts=len(stages) - 1,
        clock_jumps=fate.jumps,
        snapshots=tuple(fate.snapshots),
        notes_made=sum(notes for _, notes, *_ in stages),
        notes_kept=sum(len(recorded.notes) for recorded in read_history(store)),
        damage=tuple(find_damage(store)),
        sound_s=sum(blocks for *_, blocks in stages) * BLOCK_MS / 1_000,
        drift_ms=max(drift for *_, drift, _ in stages),
        cpu_s=round(time.process_time() - cpu, 1),
    )


def _furnish(
    voice: Voice, store: Path, world: World, fate: _Fate, random: Random, undo: ExitStack
) -> tuple[CountingStage, Residence]:
    """One life of the process: all its hands, new."""
    trace, hum = Brief(), Forgetful()

    def speak(phrase: str) -> tuple[Block, ...]:
        sound = hum.speak(Line(phrase, voice.words_per_minute))
        return (NOISE,) * -(-len(sound) // BLOCK_BYTES)

    inhabitant = Inhabitant(voice, random, speak, repeat(NOISE), trace, fate.counts)
    room = Flaky(world, lambda: NIGHT_PACE if inhabitant.is_idle else 1)
    steady = SteadyRoom(room.open, Unhurt(), wait=world.pass_s, clock=lambda: world.passed_s)
    residence = Residence(steady, inhabitant, lambda: fate.strike(inhabitant, room))
    setup = Setup(model=store.parent, store=store)
    ears = ScriptedEars(trace, carriers=voice.carriers)
    stage = CountingStage(voice, setup, Forgetful(), ears, residence, inhabitant, undo, NoEcho())
    return stage, residence
