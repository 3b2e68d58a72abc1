"""What ``coach bench`` measures, in order, and the targets: the one place that puts the figures together."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path
from statistics import median
from typing import Final, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from coach import content
from coach.bench import cadence, speed
from coach.bench.children import lines_of
from coach.bench.figures import Figure, Figures, Target, middle, percentile, this_machine
from coach.bench.reaction import Reaction
from coach.bench.reactions import HALTING, ROUTINE, plan
from coach.bench.speed import Speed
from coach.devices.ears import VoskEars, missing_phrases
from coach.ports import BLOCK_MS
from coach.rehearsal.script import read_script
from coach.session.phrases import Voice

RUNS: Final = 5
"""Of what is over in a moment; the median counts."""

STARTS: Final = 3
"""Of the coach, to its first word; the median counts."""

T = TypeVar("T")

Step = Callable[[], object]
"""Called when something is done, for the progress bar."""


def measure(voice: str, model: Path, warn: Callable[[str], None]) -> Figures:
    """Measure everything; takes one to three minutes, shown on standard error.

    Args:
        voice: the voice's name.
        model: the ears' Vosk model.
        warn: told what the figures do not cover.

    Raises:
        CoachError: something does not work.
    """
    machine, began = this_machine(), time.monotonic()
    spoken = content.load_voice(voice)
    ears = VoskEars(model, spoken.decoys, spoken.homophones, spoken.carriers)
    unheard = missing_phrases(ears, spoken.understands)
    if unheard:
        warn(f"The model cannot hear {len(unheard)} phrases, which are left out: {', '.join(unheard)}.")
    model = model.resolve()
    with _progress() as progress:

        def stage(name: str, total: int | None) -> Step:
            if not progress.console.is_terminal:  # a log gets a line where a terminal gets a bar
                progress.console.print(f"{name} ...")
            task = progress.add_task(name, total=total)
            return lambda: progress.advance(task)

        trials = len(plan(spoken, unheard))
        reactions, void = react(voice, model, unheard, stage("Speaking commands", trials))
        figures = [
            *reaction_figures(reactions),
            *_cadence_figures(spoken, stage("Looking for lines in the sound", None)),
            *_speed_figures(spoken, stage("Rehearsing dry", 2 * RUNS)),
            *_rehearsal_figures(voice, model, stage("Rehearsing a round", None)),
            *_start_figures(voice, model, stage("Starting the coach", STARTS)),
        ]
    if void:
        warn(f"{void} of {trials} spoken commands were never said: the coach had heard something else before.")
    return Figures(machine, tuple(figures), tuple(reactions), time.monotonic() - began)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


# --- Reactions -------------------------------------------------------------------------------------------


def react(voice: str, model: Path, unheard: Iterable[str], step: Step) -> tuple[list[Reaction], int]:
    """Hold all trials, on every core; return the reactions, and how many trials there was nothing to say in."""
    shares = min(4, cpu_count() or 1)

    def share(number: int) -> list[Reaction | None]:
        program = lines_of("coach.bench.reactions", voice, str(model), str(number), str(shares), *unheard)
        return [line and Reaction(**line) for line in _counted(program, step)]

    with ThreadPoolExecutor(shares) as pool:
        held = [reaction for reactions in pool.map(share, range(shares)) for reaction in reactions]
    return [reaction for reaction in held if reaction is not None], held.count(None)


def _counted(things: Iterable[T], step: Step) -> Iterator[T]:
    """Pass things on, and tell the progress bar of each when the next one is wanted."""
    for thing in things:
        yield thing
        step()


def reaction_figures(reactions: Sequence[Reaction]) -> tuple[Figure, ...]:
    """The figures of "stop" and "it hurts", in silence and over the coach's voice, and of everything else."""
    halting = [one for one in reactions if one.command in HALTING]
    silent = [one for one in halting if not one.over_voice]
    over = [one for one in halting if one.over_voice]
    others = [one for one in reactions if one.command not in HALTING]
    until_silent = "from the end of the word until it is acted on and the voice is silent, in sound"
    return (
        *_halting("silent", "while the coach is silent", silent, until_silent),
        *_halting("over_voice", "over the coach's voice", over, until_silent),
        *_reaction_figures(
            "other",
            "The other commands",
            others,
            [one.acted_ms for one in others if one.obeyed and one.acted_ms is not None],
            "from the end of the word to the action, in sound; these wait for the end of the utterance",
            (None, None),
        ),
    )


def _halting(key: str, where: str, reactions: Sequence[Reaction], how: str) -> tuple[Figure, ...]:
    times = [one.silent_ms for one in reactions if one.obeyed and one.silent_ms is not None]
    targets = (Target(most=300), Target(most=500))
    return _reaction_figures(f"halt_{key}", f'"Stop", "it hurts" {where}', reactions, times, how, targets)


def _reaction_figures(
    key: str,
    name: str,
    reactions: Sequence[Reaction],
    times: Sequence[float],
    how: str,
    targets: tuple[Target | None, Target | None],
) -> tuple[Figure, ...]:
    mistaken = sum(1 for one in reactions if one.understood and not one.obeyed)
    disobeyed = Counter(one.words for one in reactions if not one.obeyed)
    voices = len({one.listener for one in reactions})
    note = f"{len(times)} reactions, {voices} voices"
    return (
        Figure(f"{key}_median_ms", f"{name}: median", middle(times), "ms", how, targets[0], note),
        Figure(f"{key}_p95_ms", f"{name}: 95th percentile", percentile(times, 95), "ms", "likewise", targets[1]),
        Figure(
            f"{key}_not_obeyed",
            f"{name}: not obeyed",
            len(reactions) - len(times),
            f"of {len(reactions)}",
            "each said once, with no second try",
            None,
            ", ".join([*disobeyed, f"{mistaken} of them taken for another command"] if disobeyed else ()),
        ),
    )


# --- Sound, speed, memory, start -------------------------------------------------------------------------


def _cadence_figures(voice: Voice, step: Step) -> tuple[Figure, ...]:
    routine = content.load_routine(ROUTINE, voice=voice)
    kept = cadence.keep_time(routine, voice)
    step()
    late = None if kept.lost or not kept.late_ms else max(kept.late_ms)
    off = max(map(abs, kept.off)) if kept.off else None
    return (
        Figure(
            "line_late_ms",
            "Start of a line after it is due: worst",
            late,
            "ms",
            "each line of the whole circuit found in the track of the loudspeaker",
            Target(most=BLOCK_MS),
            f"{kept.lost} lines were lost" if kept.lost else f"{len(kept.late_ms)} lines",
        ),
        Figure(
            "count_jitter_samples",
            "Counts off their place: worst",
            off,
            "samples",
            "likewise, against the tempo written in the routine, over whole sets",
            Target(most=0),
            f"{len(kept.off)} repetitions",
        ),
    )


def _speed_figures(voice: Voice, step: Step) -> tuple[Figure, ...]:
    routine = content.load_routine(ROUTINE, voice=voice)
    script = read_script(_script())
    dry = [speed.dry_rehearsal(routine, voice, script) for _ in _counted(range(RUNS), step)]
    core = [speed.core_alone(routine, voice) for _ in _counted(range(RUNS), step)]
    return (
        _times_real(
            "dry_x", "Rehearsal without sound", dry, 1_000, f"the circuit with its script, median of {RUNS}"
        ),
        _times_real("core_x", "The session's core alone", core, 10_000, f"the circuit, median of {RUNS}"),
    )


def _times_real(key: str, name: str, runs: Sequence[Speed], target: float | None, how: str) -> Figure:
    """A speed by the processor's time, as on a core of its own: the clock counts what else is running, too."""
    of_wall = median(run.of_wall for run in runs)
    return Figure(
        key,
        name,
        median(run.of_cpu for run in runs),
        "x",
        how,
        None if target is None else Target(least=target),
        f"by the processor's time; by the clock {of_wall:,.{1 if of_wall < 100 else 0}f} x",
    )


def _rehearsal_figures(voice: str, model: Path, step: Step) -> tuple[Figure, ...]:
    (last,) = lines_of("coach.bench.rehearsed", voice, str(model), str(_script()), ROUTINE)
    step()
    rehearsal, decoding = Speed(**last["rehearsal"]), Speed(**last["decoding"])
    peak, tracks, weight = (last[key] / 1e6 for key in ("peak_bytes", "tracks_bytes", "model_bytes"))
    return (
        _times_real(
            "rehearsal_x",
            "Rehearsal with the real voice and ears",
            [rehearsal],
            20,
            f"the circuit's first round, {rehearsal.session_s:.0f} s, from opening the model to the last sound",
        ),
        _times_real(
            "decoding_x",
            "The ears alone",
            [decoding],
            None,
            f"{decoding.session_s:.0f} s of that, decoded once more",
        ),
        Figure(
            "peak_mb",
            "Memory at its largest",
            peak,
            "MB",
            "the process of that rehearsal, without the synthesiser's",
            None,
            f"{tracks:.0f} MB of it are the recorded sound, which a live session does not keep",
        ),
        Figure(
            "model_mb",
            "The model's share",
            weight,
            "MB",
            "by how much loading it, its first phrases and a second of decoding make a process grow",
            None,
            f"{100 * weight / peak:.0f} % of that",
        ),
    )


def _start_figures(voice: str, model: Path, step: Step) -> tuple[Figure, ...]:
    seconds, cpu = [], []
    for _ in _counted(range(STARTS), step):
        began = time.monotonic()
        program = lines_of("coach.bench.first_word", voice, str(model))
        cpu.append(next(program)["cpu_s"])
        seconds.append(time.monotonic() - began)
        for _ in program:  # until it has ended
            pass
    return (
        Figure(
            "first_word_s",
            "From the start to the first word",
            median(seconds),
            "s",
            f"a new process, all opened but the sound devices; median of {STARTS}",
            Target(most=3),
            f"{median(cpu):.1f} s of the processor's time",
        ),
    )


def _script() -> Path:
    return content.content_root() / "routines" / "scripts" / f"{ROUTINE}.toml"
