"""The ears and the mouth: whether the model can be used, what it lacks, and how fast it is on this machine."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from pathlib import Path

from coach.doctor import Finding
from coach.errors import EarsUnfit, MouthFailed
from coach.ports import BLOCK_BYTES, BLOCK_MS, SILENCE, Block, Ears, Pcm
from coach.session.messages import Command
from coach.session.phrases import Voice

_found = partial(Finding, "hearing")

TOO_SLOW, SLOW = 1.5, 3.0
"""Times real time: the canceller, the voice and the rest of the machine want their share, too."""

PAUSE = 500 // BLOCK_MS


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast the ears are.

    Attributes:
        sound_s: how much sound they were given.
        wall_s: how long they took for it.
        worst_ms: the longest that one block of 20 ms took.
        phrases: how many they listened for.
    """

    sound_s: float
    wall_s: float
    worst_ms: float
    phrases: int

    @property
    def times_real(self) -> float:
        """How many times faster than real time."""
        return self.sound_s / self.wall_s


@dataclass(frozen=True, slots=True)
class EarsMeasured:
    """What is known of the ears.

    Attributes:
        model: where the model lies.
        origin: ``bundled``, ``installed`` or ``named``.
        loaded_s: how long it took to try and load it.
        lacks: phrases that it lacks a word for.
        of: how many phrases there are.
        speed: None if it was not measured.
    """

    model: Path
    origin: str
    loaded_s: float
    lacks: Sequence[str]
    of: int
    speed: Speed | None


def phrases_in_a_session(voice: Voice, commands: Sequence[Command]) -> tuple[str, ...]:
    """Return what the ears listen for, in the state that offers these commands."""
    return voice.phrases_of(commands)


def speed_of(ears: Ears, phrases: Sequence[str], sound: Pcm) -> Speed:
    """Have the ears listen to a sound as the loop would, and time it.

    Args:
        ears: the ears.
        phrases: what they listen for.
        sound: speech; silence is added, so that its end is heard.
    """
    ears.listen(phrases)
    whole = len(sound) // BLOCK_BYTES * BLOCK_BYTES
    spoken = (Block(sound[at : at + BLOCK_BYTES]) for at in range(0, whole, BLOCK_BYTES))
    blocks = list(chain(spoken, repeat(SILENCE, PAUSE)))
    worst, began = 0.0, time.perf_counter()
    for block in blocks:
        before = time.perf_counter()
        ears.hear(block)
        worst = max(worst, time.perf_counter() - before)
    wall = time.perf_counter() - began
    return Speed(len(blocks) * BLOCK_MS / 1000, max(wall, 1e-6), 1000 * worst, len(phrases))


def judge(it: EarsMeasured) -> tuple[Finding, ...]:
    """Return what follows from what was measured."""
    findings = [
        _found(
            "model",
            "ok",
            f"The ears' model ({it.origin}) works: tried and loaded in {it.loaded_s:.1f} s.",
            private=f"It lies in {it.model}.",
            figures={"loaded_s": round(it.loaded_s, 2), "origin": it.origin},
        ),
        _words(it),
    ]
    return (*findings, *([_speed(it.speed)] if it.speed else []))


def _words(it: EarsMeasured) -> Finding:
    if not it.lacks:
        return _found(
            "words", "ok", f"It knows every word of all {it.of} phrases.", figures={"lacks": 0, "of": it.of}
        )
    named = ", ".join(it.lacks[:10]) + (" and more" if len(it.lacks) > 10 else "")
    return _found(
        "words",
        "note",
        f"It cannot hear {len(it.lacks)} of {it.of} phrases: {named}.",
        "Every command has another phrase that it hears; coach ears lists other models.",
        {"lacks": len(it.lacks), "of": it.of},
    )


def _speed(it: Speed) -> Finding:
    what = (
        f"The recogniser is {it.times_real:.1f} times as fast as real time (with {it.phrases} phrases; the "
        f"slowest block of {BLOCK_MS} ms took {it.worst_ms:.0f} ms)"
    )
    figures = {"times_real": round(it.times_real, 2), "worst_ms": round(it.worst_ms, 1), "phrases": it.phrases}
    remedy = "End other programs, see what is told of the machine below, or choose a smaller model: coach ears."
    if it.times_real < TOO_SLOW:
        return _found("slow", "trouble", f"{what}: too slow to hear and speak at once.", remedy, figures=figures)
    if it.times_real < SLOW:
        return _found("slow", "note", f"{what}: not much to spare.", remedy, figures=figures)
    return _found("speed", "ok", f"{what}.", figures=figures)


def unfit(error: EarsUnfit) -> Finding:
    """Return the finding if the model is missing, damaged, or deaf to a command."""
    return _found("ears", "trouble", error.what, error.remedy)


def mute(error: MouthFailed) -> Finding:
    """Return the finding if the synthesiser does not speak."""
    return _found("mouth", "trouble", error.what, error.remedy)


def spoke(seconds: float, wall_s: float) -> Finding:
    """Return the finding if it does.

    Args:
        seconds: of sound.
        wall_s: how long it took, with its start.
    """
    return _found(
        "voice",
        "ok",
        f"The synthesiser speaks: {seconds:.1f} s of speech in {wall_s:.1f} s, with its start.",
        figures={"sound_s": round(seconds, 2), "wall_s": round(wall_s, 2)},
    )
