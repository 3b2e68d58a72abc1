"""What is said when: the timelines of a set and of the countdown before it.

A timeline is computed once, when its state is entered; each cue lies at a fixed offset, so that counts fall on
exact sample positions and a tempo cannot drift. Pausing is not adding time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from coach.session.messages import Milliseconds
from coach.session.phrases import Voice
from coach.session.plan import Dose, Step
from coach.session.routine import Exercise

READY_LEAD = Milliseconds(1_500)
"""Time for "get ready" before the countdown."""

RESUME_LEAD = Milliseconds(2_500)
"""Time for "from repetition four" before the countdown: a longer line."""

COUNT_EVERY = Milliseconds(1_000)
"""A countdown counts seconds."""

CUED_REPETITIONS = 2
"""So many repetitions are cued phase by phase in the first round; after that the count alone, or it chatters."""

HALFWAY_FROM = Milliseconds(5_000)
"""Shorter holds are over before "halfway" is said."""

LONG_HOLD = Milliseconds(10_000)
"""From here on the last three seconds are counted, below it the last two."""

HALFWAY = 0.5
"""Something that an exercise says at this share of a hold is said instead of "halfway"."""

QUIET_FOR = Milliseconds(60_000)
"""Who has heard nothing for a minute begins to wonder: then the minutes that are left are told."""

MINUTE = Milliseconds(60_000)

CLEAR = Milliseconds(8_000)
"""Minutes are told only so far from other lines: the longest sentence takes about that long."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One moment of a timeline: something to say, or a trigger to fire, or both.

    Attributes:
        at: offset from the timeline's beginning.
        text: what to say, or empty.
        trigger: the table's trigger that fires then, or empty.
        chime: a chime to play, or empty.
    """

    at: Milliseconds
    text: str = ""
    trigger: str = ""
    chime: str = ""


def countdown(voice: Voice, seconds: int, opening: str, lead: Milliseconds) -> tuple[Cue, ...]:
    """Get ready, three, two, one."""
    numbers = tuple(
        Cue(Milliseconds(lead + index * COUNT_EVERY), voice.number(seconds - index)) for index in range(seconds)
    )
    over = Cue(Milliseconds(lead + seconds * COUNT_EVERY), trigger="counted_in")
    return (Cue(Milliseconds(0), opening), *numbers, over)


def set_timeline(voice: Voice, step: Step, dose: Dose, first: int = 0) -> tuple[Cue, ...]:
    """A whole set: the counted repetitions at their tempo, or the hold with its last seconds.

    Args:
        voice: the words.
        step: which exercise, in which round.
        dose: how much of it, at which tempo.
        first: the repetition that the countdown leads to, from 0; not 0 after a pause.
    """
    if step.part.hold_s is None:
        return _repetitions(voice, step, dose, first)
    cues = _hold(voice, step.exercise, dose.whole)
    return tuple(sorted((*cues, *_minutes_left(voice, cues)), key=lambda cue: cue.at))


def _repetitions(voice: Voice, step: Step, dose: Dose, first: int) -> tuple[Cue, ...]:
    """Each count falls when its repetition is complete; the last one belongs to what comes after the set."""
    phases = step.exercise.phases
    cued = first + (CUED_REPETITIONS if step.round == 1 else 1)
    if step.exercise.cued_throughout:
        cued = dose.repetitions
    said = {round(it.at * dose.repetitions): it.say for it in step.exercise.during}
    cues = []
    for done in range(first, dose.repetitions):
        begin = Milliseconds(done * dose.repetition)
        if done == first:
            cues.append(Cue(begin, _and_cue(" ".join(voice.say("go")), phases[0].cue), chime="begin"))
        elif done < cued:
            counted = voice.say("count_with_cue", number=done, cue=phases[0].cue)
            cues.append(Cue(begin, " ".join(counted)))
        else:
            cues.append(Cue(begin, " ".join(voice.say("count", number=done))))
        if done > first and done in said:
            cues[-1] = replace(cues[-1], text=f"{cues[-1].text}. {said[done]}")
        if done < cued:
            cues += [
                Cue(Milliseconds(begin + sum(dose.phases[:index])), phase.cue)
                for index, phase in enumerate(phases)
                if index > 0
            ]
    return (*cues, Cue(dose.whole, trigger="set_finished"))


def _and_cue(text: str, cue: str) -> str:
    return f"{text} {cue[:1].upper()}{cue[1:]}."


def _hold(voice: Voice, exercise: Exercise, whole: Milliseconds) -> tuple[Cue, ...]:
    """A hold ends with a count; a time spent walking or breathing just comes to its end."""
    last = 3 if whole >= LONG_HOLD else 2
    cues = [Cue(Milliseconds(0), exercise.go or " ".join(voice.say("hold")), chime="begin")]
    if whole >= HALFWAY_FROM and all(it.at != HALFWAY for it in exercise.during):
        cues.append(Cue(Milliseconds(whole // 2), " ".join(voice.say("halfway"))))
    cues += [Cue(Milliseconds(round(whole * it.at)), it.say) for it in exercise.during]
    if exercise.go is None:
        cues += [
            Cue(Milliseconds(whole - left * COUNT_EVERY), voice.number(left))
            for left in range(last, 0, -1)
            if whole - left * COUNT_EVERY > 0
        ]
    return (*sorted(cues, key=lambda cue: cue.at), Cue(whole, trigger="set_finished"))


def _minutes_left(voice: Voice, cues: tuple[Cue, ...]) -> Iterator[Cue]:
    """The minutes that are left, wherever nothing else would be said for too long."""
    whole = cues[-1].at
    for before, after in pairwise(cues):
        if after.at - before.at > QUIET_FOR:
            fewest = -((after.at - CLEAR - whole) // MINUTE)
            most = (whole - before.at - CLEAR) // MINUTE
            for minutes in range(most, fewest - 1, -1):
                said = voice.say("minutes_left", minutes=minutes) if minutes > 1 else voice.say("one_minute_left")
                yield Cue(Milliseconds(whole - minutes * MINUTE), " ".join(said))
