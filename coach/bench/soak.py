"""The soak: days at home in minutes, to find what only shows after days.

The very ``coach.serve`` lives through a week: asleep and called, reminded, asked, led and interrupted thousands of
times; microphones are lost and found, the process is started anew, the clock on the wall jumps, and summer time
begins. Sound, ears and voice are understudies; the history, the calendar, the room that outlasts its devices, the
minds and the loop are the real ones. A second, short phase has the real ears and the real voice, for their memory.

Time in a home is counted in blocks of sound, as everywhere. Only while the coach sleeps and nobody wants anything,
a block of 20 ms counts as 2.4 s on the wall: that is the one way in which the nights are made shorter.

Run as a program (``python -m coach.bench.soak week DAYS SEED`` or ``real VOICE MODEL COMMANDS SEED``) in a process
of its own, because its memory is what is measured. It prints what was measured as one line of JSON.
"""

import gc
import json
import os
import sys
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from datetime import time as time_of_day
from itertools import repeat
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal, NoReturn

from rich import box
from rich.console import Console
from rich.table import Table

from coach import content
from coach.bench.children import lines_of
from coach.bench.figures import this_machine
from coach.bench.inhabitant import Counts, Inhabitant
from coach.content.guidance import load_guidance
from coach.devices.calendar import KeptCalendar
from coach.devices.ears import VoskEars, missing_phrases
from coach.devices.mouth import SpeakingMouth
from coach.devices.steady import SteadyRoom
from coach.devices.store import find_damage, read_history
from coach.errors import CoachError, RoomBack, RoomLost
from coach.front_end import FrontEnd
from coach.history import remembered
from coach.home.reminders import Quiet, Reminder, with_reminders
from coach.live import Setup, Stage
from coach.loop import nobody
from coach.offline import stay_offline
from coach.ports import BLOCK_BYTES, BLOCK_MS, SILENCE, Block, Ears, Echo, Mind, Mouth, Pcm, Room
from coach.rehearsal.ears import ScriptedEars
from coach.rehearsal.echo import NoEcho, open_echo
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.trace import Trace, Uttered
from coach.serve import Clock, Home, serve
from coach.session.messages import Command, End, Entered, Line, Milliseconds, Note
from coach.session.phrases import Voice
from coach.session.routine import exercises_of

BEGINS: Final = datetime(2026, 3, 26, 5, 0, tzinfo=UTC)
"""A Thursday at six in the morning, local time; summer time begins on the Sunday after it."""

SUMMER: Final = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
WINTER_TIME, SUMMER_TIME = timezone(timedelta(hours=1)), timezone(timedelta(hours=2))

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

NOISE: Final = Block(b"\x01\x00\x00\x00" * (BLOCK_BYTES // 4))
"""What the sound card delivers: no exact silence, or its microphone would be taken for one switched off."""

Kind = Literal["lost", "deaf"]


class Over(Exception):
    """The days are over."""


class Restarted(Exception):
    """The process is ended, to be started anew."""


# --- What is measured -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The process at one moment.

    Attributes:
        day: after so many days.
        rss_kb: its memory, after the garbage was collected.
        descriptors: open files.
        threads: running.
        said: remarks so far.
    """

    day: float
    rss_kb: int
    descriptors: int
    threads: int
    said: int


@dataclass(frozen=True, slots=True)
class Week:
    """What a week came to.

    Attributes:
        days: how many.
        seed: of all chance in it.
        counts: what was said, and what became of it.
        led: how many sessions, interviews and others were led, by how they ended.
        woken: how often the coach woke, called or by a reminder.
        outages: how often the room was lost or deaf, and came back.
        outage_s: for how long together.
        restarts: how often the process was started anew.
        clock_jumps: how often the clock on the wall jumped, beside the beginning of summer time.
        snapshots: the process after each day.
        notes_made: what was noted.
        notes_kept: what of it stands in the history.
        damage: what ``coach log --check`` finds.
        sound_s: seconds of sound exchanged.
        drift_ms: the largest difference between a mind's clock and the sound that it was led for.
        cpu_s: seconds of processor.
    """

    days: float
    seed: int
    counts: Counts
    led: dict[str, int]
    woken: int
    outages: int
    outage_s: float
    restarts: int
    clock_jumps: int
    snapshots: tuple[Snapshot, ...]
    notes_made: int
    notes_kept: int
    damage: tuple[str, ...]
    sound_s: float
    drift_ms: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Real:
    """What the phase with the real ears and the real voice came to.

    Attributes:
        counts: what was said, and what became of it.
        start_s: from the start of the process until the coach hears.
        asleep_cpu: processor time asleep, as a share of real time.
        led_cpu: in sessions and interviews, likewise.
        snapshots: the process at several moments.
        voice_rss_kb: the synthesiser's process, at the end.
        sound_s: seconds of sound.
    """

    counts: Counts
    start_s: float
    asleep_cpu: float
    led_cpu: float
    snapshots: tuple[Snapshot, ...]
    voice_rss_kb: int
    sound_s: float


def snapshot(day: float, said: int) -> Snapshot:
    """Look at this process, without its garbage."""
    gc.collect()
    return Snapshot(
        day, _resident_kb("self"), len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), said
    )


def _resident_kb(process: str) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next((int(line.split()[1]) for line in status if line.startswith("VmRSS")), 0)


# --- The world --------------------------------------------------------------------------------------------


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

    @property
    def truth(self) -> datetime:
        """What it should show."""
        at = BEGINS + timedelta(seconds=self.passed_s)
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


# --- A week, with understudies for sound ----------------------------------------------------------------


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
    routines = content.sound_routines()
    exercises = exercises_of(routines)
    world, counts, random = World(), Counts(), Random(seed)
    fate = _Fate(world, random, days, counts)
    home = Home(
        voice=voice,
        routines=routines,
        guidance=load_guidance(),
        remember=lambda: remembered(store, exercises),
        clock=world.clock,
        warn=_troubled,
    )
    stages: list[tuple[Counter[str], int, int, list[float], int, int]] = []
    cpu = time.process_time()
    is_over = False
    while not is_over:
        with ExitStack() as undo:
            stage, residence = _furnish(voice, store, world, fate, random, undo)
            kept = undo.enter_context(closing(KeptCalendar(folder / "reminders.json", _unexpected)))
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
    stage = CountingStage(voice, setup, Forgetful(), ScriptedEars(trace), residence, inhabitant, undo, NoEcho())
    return stage, residence


def _troubled(trouble: CoachError) -> NoReturn:
    raise trouble


def _unexpected(text: str) -> NoReturn:
    raise AssertionError(text)


# --- The real ears and the real voice -------------------------------------------------------------------


def speak_for_real(voice_name: str, model: Path, commands: int, seed: int) -> Real:
    """Say some hundred commands to the real ears, which answer in the real voice.

    The person wears headphones, so that there is no echo; the canceller listens for one all the same. Everything
    is as fast as this machine decodes.
    """
    voice = content.load_voice(voice_name)
    counts, random, world = Counts(), Random(seed), World()
    snapshots: list[Snapshot] = []
    with TemporaryDirectory() as temporary, ExitStack() as undo:
        store = Path(temporary) / "history.sqlite3"
        mouth = undo.enter_context(closing(SpeakingMouth(voice.espeak_voice, pitch=voice.pitch)))
        mouth.speak(Line(voice.say("home_awake")[0], voice.words_per_minute))
        voices_process = _children()
        ears = VoskEars(model, voice.decoys, voice.homophones)
        unheard = missing_phrases(ears, voice.understands)
        other = undo.enter_context(closing(SpeakingMouth(voice.listener_voice)))
        hiss = _hiss(Random(seed))

        def speak(phrase: str) -> tuple[Block, ...]:
            sound = other.speak(Line(phrase, voice.words_per_minute))
            sound = Pcm(sound + bytes(-len(sound) % BLOCK_BYTES))
            return tuple(Block(sound[at : at + BLOCK_BYTES]) for at in range(0, len(sound), BLOCK_BYTES))

        inhabitant = Inhabitant(voice, random, speak, hiss, Brief(), counts, patience_ms=3_500, unheard=unheard)
        spent: defaultdict[str, float] = defaultdict(float)
        last = (time.process_time(), "")
        heard_first = 0.0

        def each_block() -> None:
            nonlocal last, heard_first
            now, state = time.process_time(), "led" if inhabitant.is_led else "asleep"
            if last[1]:
                spent[last[1]] += now - last[0]
                spent[f"{last[1]} blocks"] += 1
            heard_first = heard_first or _age_s()
            world.pass_s(BLOCK_MS / 1_000)
            if counts.said >= commands:
                raise Over
            if len(snapshots) < 1 + 4 * counts.said // commands:
                snapshots.append(snapshot(0, counts.said))
            if world.passed_s > 60 and not inhabitant.errands:
                inhabitant.errands.extend(map(Command, ("my_plan", "how_am_i", "begin_circuit", "begin_break")))
            last = (time.process_time(), state)

        residence = Residence(_Headphones(), inhabitant, each_block)
        setup = Setup(model=model, store=store)
        stage = CountingStage(voice, setup, mouth, ears, residence, inhabitant, undo, open_echo(nobody))
        routines = content.sound_routines()
        exercises = exercises_of(routines)
        home = Home(
            voice=voice,
            routines=routines,
            guidance=load_guidance(),
            remember=lambda: remembered(store, exercises),
            clock=world.clock,
            warn=_troubled,
        )
        kept = undo.enter_context(closing(KeptCalendar(store.parent / "reminders.json", _unexpected)))
        try:
            serve(stage, home, kept)
        except Over:
            snapshots.append(snapshot(0, counts.said))
        return Real(
            counts=counts,
            start_s=round(heard_first, 2),
            asleep_cpu=_share(spent, "asleep"),
            led_cpu=_share(spent, "led"),
            snapshots=tuple(snapshots),
            voice_rss_kb=sum(map(_resident_kb, voices_process)),
            sound_s=residence.blocks * BLOCK_MS / 1_000,
        )


class _Headphones:
    """A room in which nothing of what is played is heard."""

    def exchange(self, speaker: Block) -> Block:  # noqa: ARG002 - the port's form
        """Return next to nothing."""
        return NOISE

    def close(self) -> None:
        """There is nothing to let go of."""


def _hiss(random: Random) -> Iterator[Block]:
    """A quiet room: ten seconds of faint noise, over and over."""
    samples = [round(random.gauss(0, 12)) for _ in range(160_000)]
    sound = b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples)
    blocks = [Block(sound[at : at + BLOCK_BYTES]) for at in range(0, len(sound), BLOCK_BYTES)]
    while True:
        yield from blocks


def _share(spent: Mapping[str, float], state: str) -> float:
    blocks = spent.get(f"{state} blocks", 0.0)
    return round(spent.get(state, 0.0) / (blocks * BLOCK_MS / 1_000), 4) if blocks else 0.0


def _children() -> list[str]:
    tasks = Path("/proc/self/task").glob("*/children")
    return [child for task in tasks for child in task.read_text(encoding="ascii").split()]


def _age_s() -> float:
    """How long ago this process was started."""
    began = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began / os.sysconf("SC_CLK_TCK")


# --- Both, and how they are told ------------------------------------------------------------------------


def soak(days: float, seed: int, voice: str, model: Path, commands: int) -> tuple[Week, Real | None]:
    """Run both phases, each in a process of its own.

    Args:
        days: of the week.
        seed: of all chance.
        voice: the voice's name.
        model: the ears' model.
        commands: how many are said to the real ears; 0: leave that phase out.

    Raises:
        CoachError: one of them failed.
    """
    (week,) = lines_of("coach.bench.soak", "week", str(days), str(seed))
    if not commands:
        return _week_of(week), None
    (real,) = lines_of("coach.bench.soak", "real", voice, str(model), str(commands), str(seed))
    return _week_of(week), _real_of(real)


def _week_of(raw: dict[str, Any]) -> Week:
    return Week(**{**raw, "counts": Counts(**raw["counts"]), "snapshots": _snapshots_of(raw)})


def _real_of(raw: dict[str, Any]) -> Real:
    return Real(**{**raw, "counts": Counts(**raw["counts"]), "snapshots": _snapshots_of(raw)})


def _snapshots_of(raw: dict[str, Any]) -> tuple[Snapshot, ...]:
    return tuple(Snapshot(**one) for one in raw["snapshots"])


def rows_of(week: Week, real: Real | None) -> list[tuple[str, str]]:
    """What was measured, in words."""
    first, last = week.snapshots[0], week.snapshots[-1]
    counts = week.counts
    led = ", ".join(f"{count} {outcome}" for outcome, count in sorted(week.led.items()))
    rows = [
        ("days lived, with understudies for sound", f"{week.days:g}, {week.sound_s / 3600:.1f} h of sound"),
        ("commands said, obeyed", f"{counts.said}, {counts.obeyed}"),
        ("said while the coach went on to something else, where it means nothing", str(counts.overtaken)),
        ("said in the moment in which the coach said the same words", str(counts.drowned)),
        ("missed, taken for another", f"{counts.missed}, {counts.mistaken}"),
        ("sessions and interviews led", f"{sum(week.led.values())}: {led}"),
        ("woken, by call and by reminder", str(week.woken)),
        ("devices lost or deaf, and back", f"{week.outages}, {week.outage_s:,.0f} s together"),
        ("process started anew", str(week.restarts)),
        ("clock jumped, beside summer time", str(week.clock_jumps)),
        (f"memory after day {first.day:g}, day {last.day:g}", f"{_mib(first):.1f} MiB, {_mib(last):.1f} MiB"),
        ("open files, likewise", f"{first.descriptors}, {last.descriptors}"),
        ("threads, likewise", f"{first.threads}, {last.threads}"),
        ("drift between a mind's clock and its sound", f"{week.drift_ms} ms"),
        ("notes made, in the history", f"{week.notes_made}, {week.notes_kept}"),
        ("damage in the history", "; ".join(week.damage) or "none"),
        ("processor time", f"{week.cpu_s:.0f} s"),
    ]  # fmt: skip
    if real is None:
        return rows
    first, last = real.snapshots[0], real.snapshots[-1]
    counts = real.counts
    return [
        *rows,
        ("with real ears and voice: sound", f"{real.sound_s / 60:.0f} min"),
        ("commands said, obeyed", f"{counts.said}, {counts.obeyed}"),
        (
            "meanwhile overtaken, drowned, missed, taken for another",
            f"{counts.overtaken}, {counts.drowned}, {counts.missed}, {counts.mistaken}",
        ),
        (
            "memory after " + ", ".join(str(it.said) for it in real.snapshots) + " commands",
            ", ".join(f"{_mib(it):.0f}" for it in real.snapshots) + " MiB",
        ),
        ("memory of the synthesiser's process", f"{real.voice_rss_kb / 1024:.0f} MiB"),
        ("open files, threads", f"{first.descriptors}, {first.threads}; then {last.descriptors}, {last.threads}"),
        ("from the start until it hears", f"{real.start_s:.1f} s"),
        ("processor time asleep", f"{real.asleep_cpu:.1%} of real time"),
        ("processor time in sessions", f"{real.led_cpu:.1%} of real time"),
    ]


def _mib(snapshot: Snapshot) -> float:
    return snapshot.rss_kb / 1024


def show(console: Console, week: Week, real: Real | None) -> None:
    """Print the table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("Soak", overflow="fold")
    table.add_column("Measured", overflow="fold")
    for row in rows_of(week, real):
        table.add_row(*row)
    console.print(table)
    console.print(f"Measured on {this_machine().sentence}.", soft_wrap=True)


def as_markdown(week: Week, real: Real | None) -> str:
    """Return the table for a page of documentation."""
    lines = ["| | measured |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows_of(week, real))]
    return "\n".join([*lines, "", f"Measured on {this_machine().sentence}.", ""])


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
