"""What the coach says on each occasion: the voice's words, put together from where the session is.

No sentence stands here, only which ones are said, in which order. Each text in a result is one line.
"""

from collections.abc import Iterable, Iterator, Sequence

from coach.session import table
from coach.session.course import Course
from coach.session.cues import READY_LEAD, RESUME_LEAD, Cue, countdown
from coach.session.messages import Command, Milliseconds
from coach.session.phrases import ANSWERS, FRAGMENTS, IN_A_SESSION, Voice
from coach.session.plan import Step, variant_of
from coach.session.routine import Exercise

PHRASES_PER_SENTENCE = 4
"""Help reads out so many phrases in one breath."""

NOT_TAUGHT = frozenset({"help", "red_flag"})
"""Help does not read these out: one was just said, and the other nobody learns by heart."""

LONGEST_IN_SECONDS = 90
"""What is left of a walk is told in minutes; below this a minute would be too coarse."""

LONGEST_IN_MINUTES = 90
"""Beyond this nobody wants to know how many they were."""


class Wording:
    """Puts a voice's words together for a course.

    Args:
        voice: the words.
        course: where the session is.
    """

    def __init__(self, voice: Voice, course: Course) -> None:
        self._voice = voice
        self._course = course

    def answers(self) -> Iterable[str]:
        """Everything that is the same on every occasion: what may be needed at any moment."""
        fixed = (key for key, fields in IN_A_SESSION.items() if not fields and key not in FRAGMENTS)
        return (text for key in fixed for text in self._voice.say(key))

    def welcome(self) -> tuple[str, ...]:
        """The first words, and the safety note."""
        routine, say = self._course.routine, self._voice.say
        if routine.rounds > 1:
            greeting = say("welcome", routine=routine.name, rounds=routine.rounds)
        else:
            greeting = say("welcome_once", routine=routine.name)
        return (
            *greeting,
            *say("safety_short" if routine.kind == "break" else "safety"),
            *(() if routine.kind == "break" else say("how_to_talk")),
        )

    def briefing(self, index: int) -> tuple[str, ...]:
        """What is said before a set: everything the first time, one reminder later, a little more on request.

        Args:
            index: the step's.
        """
        course, say = self._course, self._voice.say
        step = course.step_at(index)
        exercise = step.exercise
        side = say("side", side=step.side) if step.side else ()
        explained = course.is_explained(step)
        if explained and not step.first_side:
            return (*side, exercise.cue)
        opening = (*self._new_round(index), *self._heading(index))
        if explained:
            return (*opening, exercise.cue, *side)
        return (
            *opening,
            *exercise.setup,
            *exercise.movement,
            *exercise.feel,
            *(exercise.not_feel if course.is_unclear(exercise) else ()),
            exercise.breathing,
            *exercise.stop_when,
            *side,
        )

    def _new_round(self, index: int) -> tuple[str, ...]:
        step, rounds = self._course.step_at(index), self._course.routine.rounds
        if not self._course.begins_round(step):
            return ()
        if step.round == rounds:
            return self._voice.say("last_round")
        return self._voice.say("round_begins", number=step.round, total=rounds)

    def _heading(self, index: int) -> tuple[str, ...]:
        key = "exercise_next" if index else "exercise_first"
        return self._name_and_amount(key, self._course.step_at(index))

    def _name_and_amount(self, key: str, step: Step) -> tuple[str, ...]:
        return self._voice.say(key, name=self._course.name_of(step), amount=self._amount(step))

    def _amount(self, step: Step) -> str:
        dose, piece = self._course.dose_of(step), self._voice.piece
        if not dose.repetitions:
            amount = self._time(step.exercise, round(dose.whole / 1000))
        elif dose.repetitions == 1:
            amount = piece("amount_repetition_one")
        else:
            amount = piece("amount_repetitions", number=dose.repetitions)
        return piece("each_side", amount=amount) if step.side else amount

    def _time(self, exercise: Exercise, seconds: int) -> str:
        """Nobody "holds" a walk: it is told by its minutes."""
        if exercise.go is None:
            return self._voice.piece("amount_hold", seconds=seconds)
        if seconds == 60:
            return self._voice.piece("amount_minute_one")
        if seconds <= LONGEST_IN_SECONDS:
            return self._voice.piece("amount_seconds", seconds=seconds)
        return self._voice.piece("amount_minutes", minutes=(seconds + 30) // 60)

    def countdown(self, done_before: Milliseconds) -> tuple[Cue, ...]:
        """The countdown to a set, or to the rest of one that was paused.

        Args:
            done_before: how much of the set was done before the pause.
        """
        dose, seconds = self._course.dose, self._course.routine.get_ready_s
        if not done_before or not dose.repetitions:
            return countdown(self._voice, seconds, " ".join(self._voice.say("get_ready")), READY_LEAD)
        opening = self._voice.say("from_here", number=done_before // dose.repetition + 1)
        return countdown(self._voice, seconds, " ".join(opening), RESUME_LEAD)

    def last_count(self) -> tuple[str, ...]:
        """The end of a set: its last repetition's count, or the word that ends a hold."""
        repetitions, finish = self._course.dose.repetitions, self._course.exercise.finish
        if repetitions:
            return self._voice.say("count", number=repetitions)
        return (finish,) if finish else self._voice.say("release")

    def rest(self) -> tuple[str, ...]:
        """What is said at the beginning of a rest: what is done, how long the rest is, what comes next."""
        course, say = self._course, self._voice.say
        if course.following is None:
            return say("closing")
        step = course.step_at(course.following)
        left = course.routine.rounds - course.step.round
        if step.round == course.step.round:
            opening = say("set_done")
        else:
            opening = say("one_round_left") if left == 1 else say("round_done", left=left)
        return (
            *opening,
            *say("rest", seconds=round(course.rest / 1000)),
            *self._name_and_amount("up_next", step),
        )

    def question_after_pain(self, state: str) -> tuple[str, ...]:
        """The question that a state asks."""
        course, say = self._course, self._voice.say
        match state:
            case table.ASKING_WHERE:
                return say("pain_ask_where")
            case table.ASKING_STRENGTH:
                return say("pain_ask_strength")
            case table.ASKING_KIND:
                return say("pain_ask_kind")
            case table.OFFERING_EASIER:
                easier = variant_of(course.exercise, course.level_of(course.exercise) - 1)
                return say("pain_offer_easier", name=easier.name if easier else course.name)
            case table.OFFERING_ANOTHER:
                another = course.step_at(course.another_exercise or course.at)
                return say("pain_offer_other", name=course.name_of(another))
            case _:
                return say("pain_return_question")

    def answers_to(self, state: str) -> tuple[str, ...]:
        """What can be answered where a pain is asked about, for somebody who hesitates; elsewhere nothing."""
        match state:
            case table.ASKING_WHERE:
                return self._voice.say("pain_answers_where")
            case table.ASKING_STRENGTH:
                return self._voice.say("pain_answers_strength")
            case table.ASKING_KIND:
                return self._voice.say("pain_answers_kind")
            case _:
                return ()

    def understood(self, answer: str, *, corrected: bool) -> tuple[str, ...]:
        """What was understood, so that it can be put right; nothing if nobody answered.

        Args:
            answer: the command, or ``unanswered``.
            corrected: whether it replaces another answer.
        """
        say = self._voice.say
        match answer.rpartition("_"):
            case ("number" | "correction", _, digits):
                return say("answer_corrected" if corrected else "answered_number", number=int(digits))
        match answer:
            case "unanswered":
                return ()
            case "unsure" | "next":
                return say("answered_unsure")
            case _:
                return say("pain_noted", answer=self._voice.understands[Command(answer)][0])

    def how_long(self, state: str, done: Milliseconds) -> tuple[str, ...]:
        """How much is left: repetitions of a set, seconds of a hold or a rest, minutes of the session.

        Args:
            state: the session's.
            done: how much of the set, the hold or the rest is over.
        """
        course, say = self._course, self._voice.say
        if state == table.MOVING:
            left = course.dose.repetitions - done // course.dose.repetition
            return say("one_repetition_left") if left <= 1 else say("repetitions_left", number=left)
        if state in (table.HOLDING, table.RESTING):
            whole = course.dose.whole if state == table.HOLDING else course.rest
            seconds = max(1, round((whole - done) / 1000))
            if seconds > LONGEST_IN_SECONDS:
                return say("minutes_left", minutes=round(seconds / 60))
            return say("seconds_left", seconds=seconds)
        minutes = round(course.expected_rest_of_session / 60_000)
        return say("time_left", minutes=minutes) if minutes > 1 else say("time_left_short")

    def what_is_next(self, state: str) -> tuple[str, ...]:
        """What comes after what is in hand; before the first set, the first set."""
        course = self._course
        match state:
            case table.WELCOMING:
                upcoming: int | None = course.at
            case table.RESTING:
                upcoming = course.following
            case _:
                upcoming = course.next_exercise
        if upcoming is None:
            return self._voice.say("next_is_end")
        return self._name_and_amount("next_is", course.step_at(upcoming))

    def help(self, commands: Sequence[Command]) -> tuple[str, ...]:
        """One phrase for each command, a few to a sentence; answers are told beside their question."""
        others = (command for command in commands if command not in NOT_TAUGHT | ANSWERS)
        phrases = [self._voice.taught(command) for command in others]
        breaths = in_breaths(phrases, PHRASES_PER_SENTENCE)
        lists = (self._voice.say("help_list", phrases=breath) for breath in breaths)
        return (
            *self._voice.say("help_intro"),
            *(sentence for sentences in lists for sentence in sentences),
            *self._voice.say("help_outro"),
        )


def outage(voice: Voice, ms: Milliseconds) -> tuple[str, ...]:
    """How long nothing could be heard, as far as a person wants to know it."""
    seconds, minutes = round(ms / 1000), round(ms / 60_000)
    if seconds < 2:
        return voice.say("outage_moment")
    if seconds <= LONGEST_IN_SECONDS:
        return voice.say("outage_seconds", seconds=seconds)
    if minutes <= LONGEST_IN_MINUTES:
        return voice.say("outage_minutes", minutes=minutes)
    return voice.say("outage_long")


def in_breaths(phrases: Sequence[str], many: int) -> Iterator[str]:
    """Yield phrases to be read out, so many to a sentence."""
    for first in range(0, len(phrases), many):
        yield ", ".join(phrases[first : first + many])
