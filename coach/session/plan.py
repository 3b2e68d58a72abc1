"""The course of a session: a routine laid out as steps, one set each, and how long they take.

Pure arithmetic on the routine; the session walks along these steps and never plans by itself.
"""

from dataclasses import dataclass, replace

from coach.session.messages import Milliseconds
from coach.session.routine import OWN_WORDS, Exercise, Part, Routine, Variant

TEMPO_STEP = 1.25
"""One "slower" lengthens every phase by a quarter: clearly felt, and two steps still are a movement."""

TEMPO_LEVELS = range(-2, 5)
"""From 0.64 to 2.44 of the written tempo: beyond that a movement is another exercise."""


@dataclass(frozen=True, slots=True)
class Step:
    """One set: an exercise in a round, on one side.

    Attributes:
        part: the exercise and how much of it.
        round: from 1.
        side: the side's name, or empty.
        first_side: False for the second and later sides of the same exercise in the same round.
    """

    part: Part
    round: int
    side: str
    first_side: bool

    @property
    def exercise(self) -> Exercise:
        """The exercise of this set."""
        return self.part.exercise


def steps_of(routine: Routine) -> tuple[Step, ...]:
    """Lay a routine out: each round, each part, each side."""
    return tuple(
        Step(part, number, side, first_side=index == 0)
        for number in range(1, routine.rounds + 1)
        for part in routine.parts
        for index, side in enumerate(part.exercise.sides or ("",))
    )


def variant_of(exercise: Exercise, level: int) -> Variant | None:
    """The variant at a level: 0 is the exercise itself, -1 the next easier, 1 the next harder.

    Raises:
        IndexError: there is no variant at this level.
    """
    if level < 0:
        return exercise.easier[-level - 1]
    if level > 0:
        return exercise.harder[level - 1]
    return None


def as_led(exercise: Exercise, level: int) -> Exercise:
    """The exercise as it is led at a level: explained, counted and warned of in its variant's words.

    What the variant does not say itself is the exercise's, and so are its id, its ladder and the lengths of its
    phases: how much and how fast is told by the dose.

    Raises:
        IndexError: there is no variant at this level.
    """
    variant = variant_of(exercise, level)
    if variant is None:
        return exercise
    own = {name: words for name in OWN_WORDS if (words := getattr(variant, name))}
    cues = variant.phase_cues or tuple(phase.cue for phase in exercise.phases)
    return replace(
        exercise,
        name=variant.name,
        setup=() if variant.stands_alone else exercise.setup,
        movement=variant.change if variant.stands_alone else (*exercise.movement, *variant.change),
        phases=tuple(replace(phase, cue=cue) for phase, cue in zip(exercise.phases, cues, strict=True)),
        **own,
    )


def step_as_led(step: Step, level: int) -> Step:
    """A set of an exercise as it is led at a level."""
    return replace(step, part=replace(step.part, exercise=as_led(step.exercise, level)))


@dataclass(frozen=True, slots=True)
class Dose:
    """How much of an exercise is asked for, at which tempo: the set's bare numbers.

    Attributes:
        repetitions: 0 for a hold.
        phases: the length of each part of a repetition; for a hold, the one length of the hold.
    """

    repetitions: int
    phases: tuple[Milliseconds, ...]

    @property
    def repetition(self) -> Milliseconds:
        """The length of one repetition, or of the hold."""
        return Milliseconds(sum(self.phases))

    @property
    def whole(self) -> Milliseconds:
        """The length of the set."""
        return Milliseconds(self.repetition * max(1, self.repetitions))


def dose_of(part: Part, level: int, tempo_level: int) -> Dose:
    """Work out a set's numbers from the routine, the variant and the tempo asked for."""
    variant = variant_of(part.exercise, level)
    amount = variant.amount if variant else 1.0
    if part.hold_s is not None:
        return Dose(0, (Milliseconds(round(part.hold_s * amount) * 1000),))
    tempo = (variant.tempo if variant else 1.0) * TEMPO_STEP**tempo_level
    phases = tuple(Milliseconds(round(phase.seconds * 1000 * tempo)) for phase in part.exercise.phases)
    return Dose(max(1, round((part.repetitions or 1) * amount)), phases)


FIRST_EXPLANATION = Milliseconds(35_000)
LATER_EXPLANATION = Milliseconds(8_000)
"""Guesses for "how long": how long an exercise is explained the first time and later. Measured on the
circuit's own texts at 150 words a minute; the answer is rounded to minutes anyway."""


def expected_length(step: Step, dose: Dose, routine: Routine, *, explained: bool) -> Milliseconds:
    """Guess how long a step takes with its explanation, countdown and rest."""
    explanation = LATER_EXPLANATION if explained else FIRST_EXPLANATION
    rest = routine.rest_s if step.first_side else 0.0
    return Milliseconds(explanation + routine.get_ready_s * 1000 + dose.whole + round(rest * 1000))
