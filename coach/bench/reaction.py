"""A reaction: from the end of a spoken command to what the coach did about it, read off a session's record.

Pure: a trace and the loudspeaker's track go in, numbers come out. ``reactions.py`` makes them.

The end of the word is known exactly, because the listener is simulated: its last sounding sample. The end of the
coach's voice is found in the track of the loudspeaker itself, not in what the coach says about it: the last
sample that is not zero. That works because in these sessions the coach's answers and chimes are silent.
"""

from dataclasses import dataclass

import numpy as np

from coach.ports import SAMPLES_PER_MS
from coach.rehearsal.score import REACTION_WINDOW
from coach.rehearsal.trace import Trace, Uttered
from coach.session.messages import Command, Heard


@dataclass(frozen=True, slots=True)
class Reaction:
    """What came of one spoken command.

    Attributes:
        command: what was meant.
        words: what was said.
        listener: who said it: the synthesiser's voice.
        moment: where in the session.
        over_voice: whether the coach was speaking during any of the words.
        understood: the command that the coach acted on; empty if it did nothing.
        acted_ms: from the end of the words to the action; less than zero if it acted before they ended.
        silent_ms: from the end of the words until it had acted and its voice was silent.
    """

    command: str
    words: str
    listener: str
    moment: str
    over_voice: bool
    understood: str = ""
    acted_ms: float | None = None
    silent_ms: float | None = None

    @property
    def obeyed(self) -> bool:
        """Whether the coach did what was meant."""
        return self.understood == self.command


def said_in(trace: Trace) -> Uttered | None:
    """What the listener said, if its moment has come."""
    return next((said for _, said in trace.each(Uttered)), None)


def answer_in(trace: Trace) -> tuple[int, Heard] | None:
    """What the coach understood of it first, with the time."""
    said = said_in(trace)
    if said is None:
        return None
    answers = ((at, heard) for at, heard in trace.each(Heard) if said.begin <= at <= said.end + REACTION_WINDOW)
    return next(answers, None)


def reaction_in(trace: Trace, track: bytes, command: Command, listener: str, moment: str) -> Reaction | None:
    """Measure the reaction to the one thing that was said in a session.

    Args:
        trace: the session's.
        track: what the loudspeaker played, from the session's beginning.
        command: what was meant.
        listener: who said it.
        moment: where.

    Returns:
        None if nothing was said: the moment never came.
    """
    said = said_in(trace)
    if said is None:
        return None
    loudspeaker = np.frombuffer(track, "<i2")
    begin = said.begin * SAMPLES_PER_MS
    over_voice = bool(loudspeaker[begin : said.end * SAMPLES_PER_MS].any())
    answer = answer_in(trace)
    if answer is None:
        return Reaction(command, said.words, listener, moment, over_voice)
    acted, heard = answer
    silent = max(acted, (begin + silence_from(loudspeaker[begin:])) / SAMPLES_PER_MS)
    return Reaction(
        command, said.words, listener, moment, over_voice, heard.command, acted - said.end, silent - said.end
    )


def silence_from(track: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> int:
    """Return the sample from which on a track is silent to its end: exact zeros."""
    sounding = np.flatnonzero(track)
    return int(sounding[-1]) + 1 if sounding.size else 0
