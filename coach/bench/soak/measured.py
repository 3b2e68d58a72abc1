"""What is measured: the process at one moment, and what each phase came to."""

import gc
import threading
from dataclasses import dataclass
from pathlib import Path

from coach.bench.inhabitant import Counts


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
        day, resident_kb("self"), len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), said
    )


def resident_kb(process: str) -> int:
    """Return the memory of a process, by its number."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next((int(line.split()[1]) for line in status if line.startswith("VmRSS")), 0)
