"""How the content will sound: what the coach must not say, what is hard to follow, what is ill timed."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise

from coach.content.page import WRITTEN, Finding, Page, Place
from coach.interview.questions import Questionnaire
from coach.session.cues import HALFWAY, set_timeline
from coach.session.messages import Command
from coach.session.phrases import Voice
from coach.session.plan import Step, as_led, dose_of, step_as_led, variant_of
from coach.session.routine import Exercise, Part, Routine

LONGEST_SENTENCE = 20
"""Words. A sentence is repeated whole after an interruption: this is about eight seconds of speech."""

LONGEST_EXPLANATION_S = 40
"""Set-up, movement, feel and breathing together: longer, and the body has cooled or the mind wandered."""

LONGEST_REST_S = 180

SHORTEST_REST_S = 10
"""A rest begins with what it is, how long it is, and what comes after it: about eight seconds."""

UNSPOKEN = {"id", "source", "parts", "kind", "answer", "choices", "only_if", "covers"}
"""Fields that are no sentences. A routine's exercises are read on their own; a choice is a piece of a sentence."""

NEARLY_THE_SAME = 0.75
"""Likeness of two wordings, by difflib: below it they mean different things."""

WAKE = Command("wake")

LONGEST_QUIET_S = 60
"""Of a walk or a relaxation: who has heard nothing for a minute begins to wonder."""

Spoken = Exercise | Routine | Voice | Questionnaire
"""What is read from files, and has sentences."""


def sentences(thing: object, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every sentence that is spoken of a routine, an exercise or a voice, with its place."""
    if isinstance(thing, str):
        yield place, thing
    elif isinstance(thing, tuple):
        for index, item in enumerate(thing):
            yield from sentences(item, (*place, index))
    elif isinstance(thing, Voice):
        for key, lines in thing.says.items():
            yield from sentences(lines, (key,))
    elif is_dataclass(thing):
        for field in fields(thing):
            if field.name not in UNSPOKEN:
                inner = (*place, WRITTEN.get(field.name, field.name))
                yield from sentences(getattr(thing, field.name), inner)


def self_commands(page: Page, thing: Spoken, voice: Voice) -> Iterator[Finding]:
    """Yield each sentence that holds an urgent phrase, a word that tells one, or a wake phrase: the coach would
    halt, or wake, on its own word.
    """
    telling = {word: command for command, words in voice.tells.items() for word in words}
    urgent = sorted((*_urgent_phrases(voice), *voice.understands.get(WAKE, ()), *telling), key=len, reverse=True)
    for place, sentence in sentences(thing):
        words = f" {plain(sentence)} "
        if phrase := next((phrase for phrase in urgent if f" {phrase} " in words), None):
            command = telling.get(phrase) or voice.command_of(phrase, voice.understands)
            what = f'the coach would say "{phrase}" and take it for the command "{command}"'
            yield page.finding(place, what, "say it in other words", _near(sentence))


def hard_to_follow(page: Page, thing: Spoken, voice: Voice) -> Iterator[Finding]:
    """Yield sentences that a listener may mishear, cannot see, or has to hear for too long."""
    phrases = set(voice.phrases_of(voice.understands))
    stems = tuple(phrase for phrase in _urgent_phrases(voice) if " " not in phrase and len(phrase) > 3)
    for place, sentence in sentences(thing):
        words = plain(sentence).split()
        near = _near(sentence)
        if len(words) > LONGEST_SENTENCE:
            what = f"{len(words)} words are hard to keep in mind"
            yield page.finding(place, what, f"make two sentences of at most {LONGEST_SENTENCE}", near)
        if alike := [word for word in words if word.startswith(stems) and word not in stems]:
            what = f'"{alike[0]}" sounds like an urgent command'
            yield page.finding(place, what, "the coach might hear it from itself: use another word", near)
        if clause := next((it for it in re.split(r"[.!?;:]", sentence) if plain(it) in phrases), None):
            what = f'"{clause.strip()}" stands alone, and is a command'
            yield page.finding(place, what, "make it part of a longer sentence", near)
        if eyes := [it for it in voice.needs_eyes if f" {it} " in f" {' '.join(words)} "]:
            what = f'"{eyes[0]}" needs eyes, and there is no screen'
            yield page.finding(place, what, "describe it with the body", near)


def ill_timed(page: Page, thing: Spoken, voice: Voice) -> Iterator[Finding]:
    """Yield what takes longer to say, or to wait for, than it should."""
    match thing:
        case Exercise():
            own = tuple(_ill_timed_way(page, thing, 0, voice))
            yield from own
            rungs = (*range(-len(thing.easier), 0), *range(1, len(thing.harder) + 1))
            for level in () if own else rungs:  # most of their words are the exercise's own
                yield from _ill_timed_way(page, thing, level, voice)
        case Routine():
            for key in ("rest_s", "rest_between_rounds_s"):
                if getattr(thing, key) > LONGEST_REST_S:
                    what = f"{getattr(thing, key):g} seconds are a long silence"
                    yield page.finding((key,), what, f"most rests are below {LONGEST_REST_S}")
                elif 0 < getattr(thing, key) < SHORTEST_REST_S:
                    what = f"{getattr(thing, key):g} seconds are over before the rest is announced"
                    yield page.finding((key,), what, f"give {SHORTEST_REST_S} or more, or 0 for no rest at all")
            for index, part in enumerate(thing.parts):
                yield from _ill_timed_set(page, ("exercise", index), part, voice)


def _ill_timed_way(page: Page, exercise: Exercise, level: int, voice: Voice) -> Iterator[Finding]:
    """Yield what takes too long to say of an exercise as it is led at a level."""
    variant, led = variant_of(exercise, level), as_led(exercise, level)
    rung: Place = ("easier", -level - 1) if level < 0 else ("harder", level - 1) if level else ()
    told = _seconds((*led.setup, *led.movement, *led.feel, led.breathing), voice)
    if told > LONGEST_EXPLANATION_S:
        what = f"set-up, movement, feel and breathing take about {told:.0f} seconds to say"
        yield page.finding(
            (*rung, "change") if rung else ("setup",), what, f"shorten them to {LONGEST_EXPLANATION_S}"
        )
    for index, phase in enumerate(led.phases):
        said = _seconds((phase.cue,) if index else (phase.cue, "one"), voice)
        lasts = phase.seconds * (variant.tempo if variant else 1)
        if len(led.phases) > 1 and said > lasts:
            what = f"the count and the cue take about {said:.1f} seconds to say"
            place: Place = (*rung, "phase_cues", index) if rung else ("phase", index, "seconds")
            remedy = "shorten the cue, or give the phase more seconds"
            yield page.finding(place, what, remedy, phase.cue if rung else "")


def _ill_timed_set(page: Page, place: Place, part: Part, voice: Voice) -> Iterator[Finding]:
    """Yield where a set is silent for too long, or talks into its next line: on the step that comes first."""
    step = step_as_led(Step(part, round=1, side="", first_side=True), part.level)
    dose = dose_of(part, part.level, tempo_level=0)
    if part.hold_s is not None:
        talk = sorted({0, HALFWAY, 1, *(it.at for it in step.exercise.during)})
        quiet, at = max((later - at, at) for at, later in pairwise(talk))
        if quiet * part.hold_s > LONGEST_QUIET_S:
            what = f'nothing of its own is said in "{part.exercise.id}" for {quiet * part.hold_s:.0f} seconds'
            remedy = f"give that exercise a [[during]] with at = {at + quiet / 2:.2f}, or hold it for less"
            yield page.finding((*place, "hold_s"), what, remedy)
    own = {it.say for it in step.exercise.during}
    for cue, following in pairwise(set_timeline(voice, step, dose)):
        takes, left = _seconds((cue.text,), voice), (following.at - cue.at) / 1000
        if takes > left and (cue.text in own or following.text in own or any(map(cue.text.endswith, own))):
            what = f'"{cue.text}" takes about {takes:.1f} seconds to say, and the next line comes after {left:.1f}'
            yield page.finding(place, what, f'shorten it in "{part.exercise.id}", or move it there')


def oddly_spelt(checked: Iterable[tuple[Page, Exercise]], others: Iterable[Exercise]) -> Iterator[Finding]:
    """Yield purposes and pieces of equipment that stand in one exercise alone, where others say nearly the same.

    They are compared word for word: an exercise stands in for another of the same purpose.
    """
    pages = {exercise.id: (page, exercise) for page, exercise in checked}
    everything = {exercise.id: exercise for exercise in (*others, *(it for _, it in pages.values()))}
    for key, said in (("purpose", lambda it: (it.purpose,)), ("equipment", lambda it: it.equipment)):
        uses = Counter(text for exercise in everything.values() for text in said(exercise))
        for page, exercise in pages.values():
            for text in said(exercise):
                near = difflib.get_close_matches(text, uses.keys() - {text}, n=1, cutoff=NEARLY_THE_SAME)
                if uses[text] == 1 and near:
                    what = f'"{text}" stands in no other exercise'
                    yield page.finding((key,), what, f'did you mean "{near[0]}"?', _near(text))


def _seconds(lines: Iterable[str], voice: Voice) -> float:
    return sum(len(line.split()) for line in lines) * 60 / voice.words_per_minute


def _urgent_phrases(voice: Voice) -> tuple[str, ...]:
    # Also of a voice with mistakes, whose urgent commands may have no phrases.
    return voice.phrases_of(sorted(voice.urgent & voice.understands.keys()))


def plain(text: str) -> str:
    """Return a text as it is heard: lower case words with single spaces; a field counts as a word."""
    text = re.sub(r"\{[^}]*\}", " 0 ", text.lower().replace("’", "'"))
    return " ".join(re.sub(r"[^\w']+|_", " ", text).split())


def _near(sentence: str) -> str:
    """Return as much of a sentence as stands in its file as is, to find its line by."""
    return re.split(r'["\\]', sentence)[0]
