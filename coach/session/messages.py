"""What goes into the session and what comes out of it.

Events are past participles: something happened. Actions are imperatives: the loop shall do it. All are frozen,
carry plain values, and compare by value, so that a session is a function from events to actions.
"""

from dataclasses import dataclass
from typing import Literal, NewType

Milliseconds = NewType("Milliseconds", int)
"""Time since the session began, or a length of time; counted in sound played, never read from a clock."""

Command = NewType("Command", str)
"""What a phrase means, named as in ``voices/*/understands.toml``: ``pause``, ``it_hurts``, ``slower``."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to say, short enough to be said again whole after an interruption.

    Attributes:
        text: the words.
        words_per_minute: how fast.
    """

    text: str
    words_per_minute: int


UNKNOWN = "[unk]"
"""What the ears call speech that is none of the phrases they listen for. Vosk knows it under just this name."""


# --- What the ears believe -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What the ears believe they hear, so far or finally.

    Attributes:
        text: the words, lower case, single spaces; unknown speech is ``[unk]``.
        final: True at the end of an utterance; False for a partial result, which may still change.
        confidence: the least confident word's confidence, 0 to 1; partial results say 0.
        begin: when the first word began, in milliseconds of microphone sound heard so far; 0 where unknown.
        end: when the last word ended, likewise.
        over_talk: it is said by somebody who is louder than the talk of others that goes on around them.
        alternatives: all that it may have been, as words and how likely it was these and no others, 0 to 1.
    """

    text: str
    final: bool
    confidence: float = 0.0
    begin: Milliseconds = Milliseconds(0)
    end: Milliseconds = Milliseconds(0)
    over_talk: bool = False
    alternatives: tuple[tuple[str, float], ...] = ()


# --- Events: what happened -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Passed:
    """Sound was played for this long."""

    ms: Milliseconds


@dataclass(frozen=True, slots=True)
class Heard:
    """The person said a phrase that the session was listening for.

    Attributes:
        command: what the phrase means.
        words: the phrase itself.
    """

    command: Command
    words: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line was played to its end. Lines cut short by ``Hush`` are never reported.

    Attributes:
        number: the number that its ``Say`` carried.
    """

    number: int


@dataclass(frozen=True, slots=True)
class Troubled:
    """A hand failed, and the session can go on without it.

    Attributes:
        key: the line of ``says.toml`` that tells the person.
    """

    key: str


@dataclass(frozen=True, slots=True)
class CutOff:
    """Nothing could be heard for a while: a device was lost, or deaf. Now it is back.

    Time stood still meanwhile, and what was being said is not heard to its end.

    Attributes:
        ms: how long nothing was heard, by the clock of the world.
        cause: ``lost``, ``silent``, ``stuck`` or ``clipped``.
        told: whether it was said aloud meanwhile.
    """

    ms: Milliseconds
    cause: str
    told: bool = False


Event = Passed | Heard | Spoken | Troubled | CutOff


# --- Actions: what to do ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a line, beginning exactly at ``due``; what is still sounding then is cut.

    Attributes:
        line: what to say.
        number: reported back by ``Spoken``; grows by one with each line.
        due: when its first sample plays, in session time; a time already past means now.
    """

    line: Line
    number: int
    due: Milliseconds


@dataclass(frozen=True, slots=True)
class Chime:
    """Play one of the voice's chimes, exactly at ``due``, over whatever is being said."""

    name: str
    due: Milliseconds


@dataclass(frozen=True, slots=True)
class Hush:
    """Fall silent now, in mid-word if need be, and forget whatever was to be said."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Listen for the phrases of exactly these commands."""

    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Prepare:
    """These lines will be said soon."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class SetVolume:
    """Speak louder or quieter from now on: decibels relative to the voice's own level."""

    decibels: int


NoteKind = Literal[
    "session", "set", "pause", "pain", "pain_told", "red_flag", "change", "outage", "end", "interview", "answer"
]
"""A pain is noted at once (``pain``), and what was told about it afterwards (``pain_told``): a plug that is pulled
between the two loses the answers, never the pain. A correction is one more ``pain_told``: the last one counts."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth remembering.

    Attributes:
        at: when, in session time.
        kind: ``session``, ``set``, ``pause``, ``pain``, ``change``, ``outage`` or ``end``.
        exercise: the exercise's identifier, or empty.
        detail: what happened, as plain values that SQLite and JSON can hold.
    """

    at: Milliseconds
    kind: NoteKind
    exercise: str = ""
    detail: tuple[tuple[str, str | int | bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Entered:
    """The session changed its state. Nothing to do: the session narrates itself, for transcripts and pictures.

    Attributes:
        state: the new state, as named in ``coach/session/table.py``.
        exercise: the identifier of the exercise at hand, or empty.
        side: the side's name, or empty.
        round: from 1; 0 outside the circuit.
    """

    state: str
    exercise: str = ""
    side: str = ""
    round: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """The session is over.

    Attributes:
        outcome: ``completed``, ``stopped`` (on request), ``eased`` (ended after pain) or ``abandoned`` (nobody
            answered).
        on_request: whether the person asked for the end, be it in the last words of what was completed: then
            nothing else is led or asked.
    """

    outcome: Literal["completed", "stopped", "eased", "abandoned"]
    on_request: bool = False


Action = Say | Chime | Hush | Listen | Prepare | SetVolume | Note | Entered | End
