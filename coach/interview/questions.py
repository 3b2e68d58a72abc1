"""What an interview asks, and what was answered: plain values.

The questions are written in ``voices/*/interviews``, where ``coach/content/interviews.py`` reads and checks them;
no word of them stands here. Answers are what the notes of an interview say: whoever reads a history gets them back
with ``answers_from``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from annotated_types import MinLen

from coach.session.messages import Command
from coach.session.routine import Sentence

Answer = bool | int | str | None
"""Yes or no; 0 to 10; the command of a choice; None for "I don't know"."""

Answers = Mapping[str, Answer]
"""By question: what was asked and not left out, or is implied by another answer."""

UNSURE: Final = "unsure"
SKIPPED: Final = "skipped"
WITHDRAWN: Final = "withdrawn"
"""How a note words what is no answer: the person does not know, left the question out, or has since changed an
earlier answer, so that this one stands no longer."""

SCALE: Final = range(11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question.

    Attributes:
        id: its name in notes.
        ask: how it is asked; an earlier choice may be taken up as ``{its id}``.
        answer: what is answered: yes or no, a number from 0 to 10, or one of the choices.
        choices: for a choice: each command, and how the coach says it back, without capital or full stop.
        again: how it is asked again after a silence; empty: as before.
        skip: whether "next" leaves it out.
        unsure: whether "I don't know" is an answer.
        why: why it cannot be left out; said when somebody tries to.
        refuse: whether "no, thanks" to it ends the interview. Not for yes or no.
        only_if: a yes-or-no question; this one is asked unless that one was answered by no.
        covers: for yes or no: the questions that it asks all at once. A no answers each of them by no; else they
            are asked one by one. They stand after it.
    """

    id: Sentence
    ask: Annotated[tuple[Sentence, ...], MinLen(1)]
    answer: Literal["yes_no", "scale", "choice"]
    choices: Mapping[Command, Sentence] = field(default_factory=dict)
    again: tuple[Sentence, ...] = ()
    skip: bool = True
    unsure: bool = True
    why: tuple[Sentence, ...] = ()
    refuse: bool = False
    only_if: str = ""
    covers: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """What one interview asks.

    Attributes:
        id: its file's name without ``.toml``.
        name: how people call it.
        intro: said before the first question.
        questions: in order.
        outro: said when all was asked and there is nothing else to conclude.
    """

    id: str
    name: Sentence
    intro: tuple[Sentence, ...] = ()
    questions: Annotated[tuple[Question, ...], MinLen(1)]
    outro: tuple[Sentence, ...] = ()

    def is_due(self, index: int, answers: Answers) -> bool:
        """Whether a question is to be asked after these answers: neither needless nor answered with another."""
        question = self.questions[index]
        if question.only_if and answers.get(question.only_if, False) is False:
            return False
        return all(answers.get(it.id, False) is not False for it in self.questions if question.id in it.covers)

    def following(self, index: int, answers: Answers) -> int | None:
        """The question to ask after this one, if there is one."""
        later = range(index + 1, len(self.questions))
        return next((it for it in later if self.is_due(it, answers)), None)

    def left(self, index: int, answers: Answers) -> int:
        """How many questions come after this one, as far as can be told."""
        expected: dict[str, Answer] = {it.id: True for it in self.questions if not it.covers} | dict(answers)
        return sum(self.is_due(it, expected) for it in range(index + 1, len(self.questions)))


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What an interview came to.

    Attributes:
        name: noted at its end.
        sentences: what is said about it; none: the interview's own last words.
    """

    name: str
    sentences: tuple[str, ...] = ()


Decide = Callable[[Answers], Conclusion | None]
"""What follows from the answers, if anything does."""


def undecided(_answers: Answers) -> None:
    """Nothing follows: the answers are kept, and that is all."""


def answers_from(noted: Iterable[tuple[str, str | int | bool]]) -> dict[str, Answer]:
    """Return what was answered in the end.

    Args:
        noted: question and answer of each note of kind "answer", in order.
    """
    answers: dict[str, Answer] = {}
    for question, answer in noted:
        if answer in (SKIPPED, WITHDRAWN):
            answers.pop(question, None)
        else:
            answers[question] = None if answer == UNSURE else answer
    return answers
