"""Reads the interviews of a voice: ``voices/*/interviews/*.toml``.

Beyond what is wrong in any file, an interview can be wrong in its logic: a question that depends on a later one,
or that cannot be answered. And it can sound wrong: after a question that ends with one of its own answers, the
person's answer may be taken for an echo, and choices that sound alike are mistaken for each other.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from coach.content.fitting import QUESTIONNAIRES, fit, known_only, unknown_key, written_keys
from coach.content.lint import plain, self_commands
from coach.content.page import Finding, Page, Place, did_you_mean, in_order, read, short
from coach.content.places import content_root
from coach.content.reading import Reading
from coach.errors import ContentBroken
from coach.interview.interview import CORRECTIONS, NUMBERS
from coach.interview.questions import Question, Questionnaire
from coach.session.messages import Command
from coach.session.phrases import ANSWERS, Voice, fields_of

ALIKE = 0.85
"""Two phrases that share so much of their letters are too easily mistaken for each other: "no two", "no ten"."""

LAST_WORDS = 2
"""So many words may still sound, or be on their way through the echo, when a quick person answers."""


YES_AND_NO = frozenset(map(Command, ("yes", "no")))
"""May be choices beside others."""


LED = ("readiness", "morning", "diary", "begin", "after", "habit")
"""The interviews of a practice: without one of them it cannot be led in a voice."""


def missing_interviews(voice: Path) -> Iterator[Finding]:
    """Yield the interviews of a practice that a voice's folder lacks."""
    for name in LED:
        file = voice / "interviews" / f"{name}.toml"
        if not file.exists():
            remedy = "copy it from voices/english/interviews, and translate it"
            yield Finding(file, 1, "", "a practice asks these questions, and there is no such file", remedy)


def load_interview(name: str | Path, voice: Voice) -> Questionnaire:
    """Return the questions of an interview.

    Args:
        name: its file's name without ``.toml``, or a path to its file.
        voice: who will ask.

    Raises:
        ContentBroken: it is not there, or has mistakes; all of them.
    """
    shelf = {it.stem: it for it in (content_root() / "voices" / voice.name / "interviews").glob("*.toml")}
    path = name if isinstance(name, Path) else shelf.get(name)
    if path is None:
        remedy = did_you_mean(str(name), shelf, "the interviews")
        raise ContentBroken([f'There is no interview called "{name}"; {remedy}'])
    reading = read_interview(path)
    mistakes = [*reading.mistakes]
    mistakes += [finding for page, it in reading.spoken for finding in self_commands(page, it, voice)]
    if reading.value is None or mistakes:
        raise ContentBroken([str(it) for it in in_order(mistakes)])
    return reading.value


def read_interview(path: Path) -> Reading[Questionnaire]:
    """Read one interview."""
    page = read(path)
    if isinstance(page, Finding):
        return Reading(None, (page,))
    raw, mistakes = known_only(page, written_keys(Questionnaire) - {"id"})
    value, more = fit(QUESTIONNAIRES, {**raw, "id": path.stem}, page)
    mistakes += more
    if value:
        mistakes += _illogical(page, value)
    return Reading(None if mistakes else value, tuple(mistakes), ((page, value),) if value else ())


def _illogical(page: Page, interview: Questionnaire) -> Iterator[Finding]:
    """Yield what no answer could put right."""
    earlier: dict[str, Question] = {}
    later = {question.id: question for question in interview.questions}
    for index, question in enumerate(interview.questions):
        place: Place = ("question", index)
        later.pop(question.id, None)
        if question.id in earlier:
            yield page.finding((*place, "id"), f'another question is called "{question.id}"', "rename one")
        yield from _choice_mistakes(page, place, question)
        if not (question.skip and question.unsure) and not question.why:
            what = "it has to be answered, and does not say why"
            yield page.finding(place, what, 'add why = ["..."], said to whoever would rather not')
        if question.refuse and question.answer == "yes_no":
            what = "a no would be an answer and a refusal"
            yield page.finding((*place, "refuse"), what, "remove refuse, or ask for a number or a choice")
        if question.only_if:
            yield from _not_yes_or_no(page, (*place, "only_if"), question.only_if, earlier, "before it")
        for covered in question.covers:
            yield from _not_yes_or_no(page, (*place, "covers"), covered, later, "after it")
        if question.covers and question.answer != "yes_no":
            yield page.finding((*place, "covers"), "only yes or no can answer for others", "remove covers")
        yield from _field_mistakes(page, place, question, earlier)
        earlier[question.id] = question


def _choice_mistakes(page: Page, place: Place, question: Question) -> Iterator[Finding]:
    if question.answer == "choice" and len(question.choices) < 2:
        yield page.finding(place, "there is nothing to choose from", 'add choices = { better = "better", ... }')
    if question.answer != "choice" and question.choices:
        yield page.finding((*place, "choices"), f'the answer is "{question.answer}"', "remove the choices")
    possible = (ANSWERS | YES_AND_NO) - NUMBERS.keys() - CORRECTIONS.keys()
    for command in sorted(question.choices.keys() - possible):
        yield unknown_key(page, (*place, "choices", command), possible)


def _not_yes_or_no(
    page: Page, place: Place, named: str, known: Mapping[str, Question], where: str
) -> Iterator[Finding]:
    candidates = {name for name, question in known.items() if question.answer == "yes_no"}
    if named not in candidates:
        what = f'there is no yes-or-no question "{named}" {where}'
        yield page.finding(place, what, did_you_mean(named, candidates, f"those {where}"))


def _field_mistakes(
    page: Page, place: Place, question: Question, earlier: Mapping[str, Question]
) -> Iterator[Finding]:
    """Yield fields of a question that no answer is sure to have filled."""
    sure = {name for name, it in earlier.items() if it.choices and not (it.skip or it.unsure or it.only_if)}
    for sentence in question.ask:
        try:
            used = fields_of(sentence)
        except ValueError:
            what = f'the braces in "{short(sentence)}" do not match'
            yield page.finding((*place, "ask"), what, "write each field as {name}")
            continue
        for field in sorted(used - sure):
            remedy = did_you_mean(field, sure, "choices that must have been made before")
            yield page.finding((*place, "ask"), f"nothing is sure to fill in {{{field}}}", remedy)


def sounds_alike(page: Page, interview: Questionnaire, voice: Voice) -> Iterator[Finding]:
    """Yield choices that sound alike, and questions that end with one of their own answers."""
    for index, question in enumerate(interview.questions):
        place: Place = ("question", index)
        for one, other in combinations(question.choices, 2):
            for a, b in _alike(voice.understands.get(one, ()), voice.understands.get(other, ())):
                what = f'"{a}" ({one}) and "{b}" ({other}) sound alike'
                yield page.finding((*place, "choices"), what, "offer another choice, or other phrases for it")
        answers = {phrase for it in _answered_by(question) for phrase in voice.understands.get(it, ())}
        for told in (question.ask, question.again):
            ending = plain(told[-1]).split()[-LAST_WORDS:] if told else []
            if same := next((it for it in answers if f" {it} " in f" {' '.join(ending)} "), None):
                what = f'the question ends with its own answer "{same}"'
                yield page.finding((*place, "ask"), what, "put the answers first: a quick one is lost in the echo")


def _alike(phrases: Sequence[str], others: Sequence[str]) -> Iterator[tuple[str, str]]:
    for a in phrases:
        for b in others:
            # What they share does not tell them apart; the rest must: "ten minutes", "twenty minutes".
            here, there = set(a.split()), set(b.split())
            rest_of_a = " ".join(word for word in a.split() if word not in there)
            rest_of_b = " ".join(word for word in b.split() if word not in here)
            if difflib.SequenceMatcher(None, rest_of_a, rest_of_b).ratio() >= ALIKE:
                yield a, b


def _answered_by(question: Question) -> tuple[Command, ...]:
    match question.answer:
        case "yes_no":
            return (Command("yes"), Command("no"))
        case "scale":
            return tuple(NUMBERS)
        case "choice":
            return tuple(question.choices)
