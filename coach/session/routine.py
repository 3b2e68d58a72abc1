"""What the coach can lead: exercises, their variants, and routines made of them.

Plain values, as a physiotherapist writes them in ``routines/``; ``coach/content`` reads and checks the
files. Times are in seconds here because people write them; the session counts in milliseconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Interval, MinLen

Sentence = Annotated[str, MinLen(1)]
"""One sentence, spoken as one line: it is repeated whole after an interruption, so keep it short."""


Rest = Annotated[float, Interval(ge=0, le=600)]
"""Seconds. Who rests for longer has ended, and begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One part of a repetition, said and timed: "curl down", 4 seconds."""

    cue: Sentence
    seconds: Annotated[float, Interval(ge=0.5, le=30)]


@dataclass(frozen=True, slots=True, kw_only=True)
class During:
    """Something said in the middle of a set.

    Attributes:
        at: when, as a share of the set: 0.5 is half-way. Among counted repetitions it follows the nearest count.
        say: what. In a hold it must be over before the next line is due.
    """

    at: Annotated[float, Interval(ge=0, le=1)]
    say: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """An easier or harder way to do an exercise (a regression or a progression).

    What it says itself is said instead of the exercise's own; what is left out is the exercise's.

    Attributes:
        name: how the coach calls it.
        change: what to do differently, in sentences for somebody who cannot see.
        stands_alone: whether that is told instead of the exercise's set-up and movement: for another position.
            Then it says everything itself that is said or counted while it is done.
        amount: repetitions or hold time as a share of the exercise's own; 1.0 is the same.
        tempo: length of each phase as a share of the exercise's own; 1.5 is slower by half.
        phase_cues: a cue for each phase of the exercise, in order.
        feel: like all that follow, as in the exercise.
        not_feel: likewise.
        breathing: likewise.
        cue: likewise.
        stop_when: likewise.
        go: likewise.
        finish: likewise.
        during: likewise.
    """

    name: Sentence
    change: Annotated[tuple[Sentence, ...], MinLen(1)]
    stands_alone: bool = False
    amount: Annotated[float, Interval(ge=0.2, le=3)] = 1.0
    tempo: Annotated[float, Interval(ge=0.5, le=3)] = 1.0
    phase_cues: tuple[Sentence, ...] = ()
    feel: tuple[Sentence, ...] = ()
    not_feel: tuple[Sentence, ...] = ()
    breathing: Sentence | None = None
    cue: Sentence | None = None
    stop_when: tuple[Sentence, ...] = ()
    go: Sentence | None = None
    finish: Sentence | None = None
    during: tuple[During, ...] = ()


OWN_WORDS = ("feel", "not_feel", "breathing", "cue", "stop_when", "go", "finish", "during")
"""What a variant may say in its own words, beside the cues of the phases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One exercise, written once; routines refer to it by its file's name.

    Attributes:
        id: the file's name without ``.toml``.
        name: how the coach calls it.
        purpose: what it is for; another exercise of the same purpose may stand in for it.
        setup: how to get into position, body-relative, for somebody who cannot see.
        movement: how to move.
        feel: what should be felt, and where.
        not_feel: what should not be felt. Said when somebody asks to have it explained again: the first time,
            ``feel`` and ``stop_when`` say enough.
        breathing: when to breathe in and out.
        cue: the one reminder of later rounds.
        stop_when: the signs to stop.
        phases: the parts of one repetition; for a hold, the one phase is what is held ("hold the stretch").
        cued_throughout: whether every repetition is cued phase by phase, as breathing is, not only the first two.
        go: said as a hold begins, instead of "hold": for what goes on for a time but is no hold, like a walk. Such
            an exercise is announced by its minutes or seconds.
        finish: said as such a time is over.
        during: said in the middle of it, in order.
        sides: the names of the sides, in order ("left arm", "right arm"); empty where there are none.
        easier: the next easier variant first.
        harder: the next harder variant first.
        equipment: what it needs beyond a floor.
        source: where it comes from.
    """

    id: str
    name: Sentence
    purpose: Sentence
    setup: Annotated[tuple[Sentence, ...], MinLen(1)]
    movement: Annotated[tuple[Sentence, ...], MinLen(1)]
    feel: Annotated[tuple[Sentence, ...], MinLen(1)]
    breathing: Sentence
    cue: Sentence
    stop_when: Annotated[tuple[Sentence, ...], MinLen(1)]
    phases: Annotated[tuple[Phase, ...], MinLen(1)]
    source: Sentence
    not_feel: tuple[Sentence, ...] = ()
    cued_throughout: bool = False
    go: Sentence | None = None
    finish: Sentence | None = None
    during: tuple[During, ...] = ()
    sides: tuple[Sentence, ...] = ()
    easier: tuple[Variant, ...] = ()
    harder: tuple[Variant, ...] = ()
    equipment: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One exercise's place in a routine: counted repetitions or a timed hold, never both.

    Attributes:
        exercise: what is done.
        repetitions: how many.
        hold_s: for how long.
        level: the variant to begin with: 0 is the exercise itself, -1 its next easier variant, 1 its next harder.
            A plan sets it to where the person stands; an exercise stands at one level in all its parts.
    """

    exercise: Exercise
    repetitions: Annotated[int, Interval(ge=1, le=100)] | None = None
    hold_s: Annotated[float, Interval(ge=3, le=1800)] | None = None
    level: Annotated[int, Interval(ge=-10, le=10)] = 0


Kind = Literal["mobility", "strength", "walking", "breathing", "break"]
"""What a routine is, for a plan to choose by. A break is short, and so is what is said around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine:
    """A circuit: all parts in order, for a number of rounds.

    Attributes:
        id: the file's name without ``.toml``.
        name: how the coach calls it.
        about: one sentence on what it is and for whom.
        kind: what it is, for a plan to choose by.
        sore_day: whether it is fit for a day on which the back is sore.
        rounds: how often the circuit is gone through.
        get_ready_s: the countdown before each set.
        rest_s: between exercises.
        rest_between_rounds_s: between rounds.
    """

    id: str
    name: Sentence
    about: Sentence
    source: Sentence
    parts: Annotated[tuple[Part, ...], MinLen(1)]
    kind: Kind = "mobility"
    sore_day: bool = False
    rounds: Annotated[int, Interval(ge=1, le=20)] = 1
    get_ready_s: Annotated[int, Interval(ge=3, le=10)] = 3
    rest_s: Rest = 15.0
    rest_between_rounds_s: Rest = 45.0


def exercises_of(routines: Iterable[Routine]) -> tuple[Exercise, ...]:
    """Return every exercise in some routines; one that stands in several, several times."""
    return tuple(part.exercise for routine in routines for part in routine.parts)
