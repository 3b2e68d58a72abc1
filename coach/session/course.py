"""The course: where in the routine a session is, in which variants, and at which tempo.

It answers "what follows?" and is moved only by the session's hooks. It says nothing and knows no time.
"""

from collections.abc import Iterable
from dataclasses import replace

from coach.session.messages import Milliseconds
from coach.session.plan import Dose, Step, dose_of, expected_length, step_as_led, steps_of, variant_of
from coach.session.routine import Exercise, Routine


class Course:
    """A routine being gone through.

    Attributes:
        routine: what is gone through.
        steps: its sets, in order.
        at: the index of the set in hand; before the first set, 0.
        tempo: how many times "slower" was asked for; negative for "faster".
    """

    def __init__(self, routine: Routine) -> None:
        self.routine = routine
        self.steps = steps_of(routine)
        self.at = 0
        self.tempo = 0
        self._levels: dict[str, int] = {part.exercise.id: part.level for part in routine.parts}
        self._explained: set[tuple[str, int]] = set()
        self._unclear: set[str] = set()  # what somebody asked to hear again
        self._begun_rounds = {1}
        self._left_out: set[str] = set()
        self._hurt: dict[str, tuple[int, Dose]] = {}  # the tempo, and how much was asked for, when it hurt

    # --- Here -----------------------------------------------------------------------------------------------

    @property
    def step(self) -> Step:
        """The set in hand, as it is led in its present variant."""
        return self.step_at(self.at)

    @property
    def exercise(self) -> Exercise:
        """The exercise in hand, as it is led in its present variant."""
        return self.step.exercise

    @property
    def dose(self) -> Dose:
        """How much of it, at which tempo."""
        return self.dose_of(self.step)

    @property
    def name(self) -> str:
        """The name of what is in hand, the variant's if it is one."""
        return self.name_of(self.step)

    def step_at(self, index: int) -> Step:
        """The set at an index, as it is led in its exercise's present variant."""
        step = self.steps[index]
        return step_as_led(step, self.level_of(step.exercise))

    def level_of(self, exercise: Exercise) -> int:
        """The variant asked for: 0 is the exercise itself, negative is easier."""
        return self._levels.get(exercise.id, 0)

    def dose_of(self, step: Step) -> Dose:
        """How much of a step's exercise, in its present variant and tempo; after pain, never more or faster."""
        tempo, most = self._hurt.get(step.exercise.id, (self.tempo, None))
        dose = dose_of(step.part, self.level_of(step.exercise), max(tempo, self.tempo))
        return dose if most is None else _at_most(dose, most)

    def name_of(self, step: Step) -> str:
        """The name of a step's exercise, or of its present variant."""
        variant = variant_of(step.exercise, self.level_of(step.exercise))
        return variant.name if variant else step.exercise.name

    # --- Easier and harder ----------------------------------------------------------------------------------

    @property
    def has_easier(self) -> bool:
        """Whether there is an easier variant of the exercise in hand."""
        return -self.level_of(self.exercise) < len(self.exercise.easier)

    @property
    def has_harder(self) -> bool:
        """Whether there is a harder variant of the exercise in hand; after pain there is none, in whatever."""
        return not self.has_hurt and self.level_of(self.exercise) < len(self.exercise.harder)

    def change_level(self, by: int) -> None:
        """Take the next easier (-1) or harder (+1) variant, from now on."""
        self._levels[self.exercise.id] = self.level_of(self.exercise) + by

    # --- Pain -----------------------------------------------------------------------------------------------

    def mark_hurt(self) -> None:
        """The exercise in hand hurts: for the rest of the session it gets no harder, longer or faster than now,
        and nothing else gets harder, or faster than the routine has it.
        """
        self._hurt[self.exercise.id] = (self.pace, self.dose)

    @property
    def has_hurt(self) -> bool:
        """Whether anything has hurt in this session."""
        return bool(self._hurt)

    @property
    def may_be_faster(self) -> bool:
        """Whether the exercise in hand may be done faster than now."""
        slowest, _ = self._hurt.get(self.exercise.id, (0, None))
        return not self.has_hurt or self.pace > max(slowest, 0)

    @property
    def pace(self) -> int:
        """The tempo of the exercise in hand: what is asked for, but not faster than when it hurt."""
        hurt, _ = self._hurt.get(self.exercise.id, (self.tempo, None))
        return max(hurt, self.tempo)

    # --- What was explained ---------------------------------------------------------------------------------

    def is_explained(self, step: Step) -> bool:
        """Whether this exercise was explained in its present variant."""
        return (step.exercise.id, self.level_of(step.exercise)) in self._explained

    def begins_round(self, step: Step) -> bool:
        """Whether a step is the first of its round that is explained."""
        return step.round not in self._begun_rounds

    def is_unclear(self, exercise: Exercise) -> bool:
        """Whether somebody asked to have this exercise explained again."""
        return exercise.id in self._unclear

    def mark_explained(self) -> None:
        """The exercise in hand needs no full explanation any more, and its round no announcement."""
        self._begun_rounds.add(self.step.round)
        self._explained.add((self.exercise.id, self.level_of(self.exercise)))
        self._unclear.discard(self.exercise.id)

    def explain_again(self) -> None:
        """The exercise in hand is to be explained in full."""
        self._explained.discard((self.exercise.id, self.level_of(self.exercise)))
        self._unclear.add(self.exercise.id)

    # --- What follows ---------------------------------------------------------------------------------------

    def leave_out(self) -> None:
        """Do without the exercise in hand for the rest of the session."""
        self._left_out.add(self.exercise.id)

    @property
    def following(self) -> int | None:
        """The next set, be it only the other side."""
        return self._first(range(self.at + 1, len(self.steps)))

    @property
    def next_exercise(self) -> int | None:
        """The next set that is not just another side of this one."""
        here = self.steps[self.at]
        later = range(self.at + 1, len(self.steps))
        return self._first(
            index
            for index in later
            if self.steps[index].part is not here.part or self.steps[index].round != here.round
        )

    @property
    def another_exercise(self) -> int | None:
        """The next set of an exercise that is not this one: of the same purpose in this round, or else any."""
        later = range(self.at + 1, len(self.steps))
        others = [index for index in later if self.steps[index].exercise.id != self.exercise.id]
        alike = (
            index
            for index in others
            if self.steps[index].round == self.step.round
            and self.steps[index].exercise.purpose == self.exercise.purpose
        )
        found = self._first(alike)
        return self._first(others) if found is None else found

    def go_to_another_exercise(self) -> None:
        """Go to that set. What lies between is not lost: it comes after it."""
        index = self.another_exercise
        if index is None:
            return
        part, round_ = self.steps[index].part, self.steps[index].round
        later = self.steps[self.at + 1 :]
        moved = tuple(step for step in later if step.part is part and step.round == round_)
        kept = tuple(step for step in later if not (step.part is part and step.round == round_))
        if round_ == self.step.round:
            self.steps = (*self.steps[: self.at + 1], *moved, *kept)
            index = self.at + 1
        self.at = index

    @property
    def previous_exercise(self) -> int | None:
        """The first side of the exercise before this one."""
        before = self._first(range(self.first_side_of(self.at) - 1, -1, -1))
        return None if before is None else self.first_side_of(before)

    def first_side_of(self, index: int) -> int:
        """The set of the first side, for an exercise that has sides."""
        while not self.steps[index].first_side:
            index -= 1
        return index

    @property
    def rest(self) -> Milliseconds:
        """The rest after the set in hand; 0 after the last one."""
        if self.following is None:
            return Milliseconds(0)
        new_round = self.steps[self.following].round != self.step.round
        seconds = self.routine.rest_between_rounds_s if new_round else self.routine.rest_s
        return Milliseconds(round(seconds * 1000))

    @property
    def expected_rest_of_session(self) -> Milliseconds:
        """A guess in whole steps, for answers in minutes; what is left out takes no time."""
        explained = {exercise for exercise, _ in self._explained}
        total = 0
        for step in self.steps[self.at :]:
            if step.exercise.id in self._left_out:
                continue
            known = step.exercise.id in explained
            total += expected_length(step, self.dose_of(step), self.routine, explained=known)
            explained.add(step.exercise.id)
        return Milliseconds(total)

    def _first(self, indices: Iterable[int]) -> int | None:
        return next((index for index in indices if self.steps[index].exercise.id not in self._left_out), None)


def _at_most(dose: Dose, most: Dose) -> Dose:
    """A dose with no more repetitions than another has, or held no longer."""
    if dose.repetitions and most.repetitions:
        return replace(dose, repetitions=min(dose.repetitions, most.repetitions))
    if not dose.repetitions and not most.repetitions:
        return replace(dose, phases=(min(dose.repetition, most.repetition),))
    return dose
