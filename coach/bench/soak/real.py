"""The second phase: some hundred commands said to the real ears, and answered in the real voice."""

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from coach import content
from coach.bench.inhabitant import Counts, Inhabitant
from coach.bench.soak.measured import Real, Snapshot, resident_kb, snapshot
from coach.bench.soak.world import NOISE, Brief, CountingStage, Over, Residence, World, home_of, unexpected
from coach.blocks import blocks_of
from coach.devices.calendar import KeptCalendar
from coach.devices.ears import VoskEars, missing_phrases
from coach.devices.mouth import SpeakingMouth
from coach.live import Setup
from coach.loop import nobody
from coach.ports import BLOCK_MS, Block
from coach.rehearsal.echo import open_echo
from coach.serve import serve
from coach.session.messages import Command, Line


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
        ears = VoskEars(model, voice.decoys, voice.homophones, voice.carriers)
        unheard = missing_phrases(ears, voice.understands)
        other = undo.enter_context(closing(SpeakingMouth(voice.listener_voice)))
        hiss = _hiss(Random(seed))

        def speak(phrase: str) -> tuple[Block, ...]:
            return tuple(blocks_of(other.speak(Line(phrase, voice.words_per_minute))))

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
        home = home_of(voice, store, world.clock)
        kept = undo.enter_context(closing(KeptCalendar(store.parent / "reminders.json", unexpected)))
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
            voice_rss_kb=sum(map(resident_kb, voices_process)),
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
    blocks = list(blocks_of(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples)))
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
