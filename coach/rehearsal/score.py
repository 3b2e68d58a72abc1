"""A session as a readable transcript, made to be read, kept and compared: a score.

    # lower-back-circuit, english
    # 1 command, 0:31.000
     0:00.000  —      WELCOMING
     0:00.000  coach  Welcome. We will go through the lower back circuit.
     0:07.240  you    pause
     0:07.610  heard  pause  (110 ms)
     0:07.610  coach  (falls silent)
     0:07.610  —      PAUSED  (cat-camel, round 1)
     0:31.000  note   set cat-camel: round 1, done 10

A line is a time, who, and what. ``you`` is what the listener says; ``heard`` is what the coach understood,
with the time from the end of the words to the reaction (less than nothing if it reacted before they ended);
``—`` is the session itself. The coach "falls silent" when hushed and "breaks off" when its own next line is
due. Lines that begin with ``#`` are remarks on the whole.

A golden score is input and expectation at once: a test replays its ``you`` lines and compares all others. So
nothing that is not the same in each replay may appear here: no dates, no measurements of this machine.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final

from coach.errors import CoachError, ContentBroken
from coach.rehearsal.script import Remark, Script, remark_at
from coach.rehearsal.trace import Trace, Uttered
from coach.session.messages import (
    Chime,
    End,
    Entered,
    Heard,
    Hush,
    Milliseconds,
    Note,
    SetVolume,
    Troubled,
)
from coach.voice_queue import Played

REACTION_WINDOW: Final = 3_000
"""Milliseconds after its words within which something heard is the answer to them. Finals of the recogniser
have been seen 2.5 s late; what comes later still answers nothing."""

FALLING_SILENT: Final = 100
"""Milliseconds after the action within which a line that was cut was cut by it: a few blocks."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """How the coach reacted to one utterance.

    Attributes:
        words: what was said.
        end: when its last sounding sample was recorded.
        heard: what the coach understood.
        acted: when it acted on that.
        hushed: when the loudspeaker fell silent for it; None if it was not meant to.
    """

    words: str
    end: Milliseconds
    heard: Heard
    acted: Milliseconds
    hushed: Milliseconds | None

    @property
    def reaction(self) -> Milliseconds:
        """From the end of the words to the action; less than zero if the coach acted before they ended."""
        return Milliseconds(self.acted - self.end)

    @property
    def silence(self) -> Milliseconds | None:
        """From the end of the words to silence at the loudspeaker."""
        return None if self.hushed is None else Milliseconds(self.hushed - self.end)

    @property
    def misheard(self) -> bool:
        """True if the coach understood other words than were said; a part of them is not another."""
        said, heard = f" {self.words} ", f" {self.heard.words} "
        return bool(self.heard.words) and heard not in said and said not in heard


@dataclass(frozen=True, slots=True)
class Hearing:
    """All that was said and all that was heard in a session.

    Attributes:
        reactions: what was said and heard, in order.
        missed: what was said and never heard.
        false_accepts: what was heard though nobody had said anything, with the time.
    """

    reactions: tuple[Reaction, ...]
    missed: tuple[Uttered, ...]
    false_accepts: tuple[tuple[Milliseconds, Heard], ...]

    @property
    def median(self) -> float | None:
        """The median reaction in milliseconds; None if there was none."""
        return median(r.reaction for r in self.reactions) if self.reactions else None

    @property
    def worst(self) -> Milliseconds | None:
        """The slowest reaction; None if there was none."""
        return max((r.reaction for r in self.reactions), default=None)


def latencies(trace: Trace) -> Hearing:
    """Match what was said with what was heard, in order.

    Something heard answers an unanswered utterance that has begun and ended no more than 3 s ago: the first
    with the same words, or else the first. All else heard is a false accept, and so is a second reaction to
    the same words.
    """
    reactions: list[Reaction] = []
    false_accepts: list[tuple[Milliseconds, Heard]] = []
    waiting = [said for _, said in trace.each(Uttered)]
    missed: list[Uttered] = []
    for at, heard in trace.each(Heard):
        while waiting and waiting[0].end + REACTION_WINDOW < at:
            missed.append(waiting.pop(0))
        if not waiting or waiting[0].begin > at:
            false_accepts.append((at, heard))
            continue
        said = _meant(waiting, at, heard)
        missed += waiting[: waiting.index(said)]
        del waiting[: waiting.index(said) + 1]
        reactions.append(Reaction(said.words, said.end, heard, at, _hushed(trace, said, at)))
    return Hearing(tuple(reactions), (*missed, *waiting), tuple(false_accepts))


def _meant(waiting: list[Uttered], at: Milliseconds, heard: Heard) -> Uttered:
    """The utterance that something heard answers: the first with these words, or else the first of all."""
    begun = [said for said in waiting if said.begin <= at]
    return next((said for said in begun if said.words == heard.words), begun[0])


def _hushed(trace: Trace, said: Uttered, acted: Milliseconds) -> Milliseconds | None:
    """When the loudspeaker fell silent for an utterance; if it already was silent, the time of the action."""
    if all(at != acted for at, _ in trace.each(Hush)):
        return None
    latest = acted + FALLING_SILENT
    cuts = (line.end for _, line in trace.each(Played) if line.cut and said.begin <= line.end <= latest)
    return max(cuts, default=acted)


def _is_hushed(trace: Trace, end: Milliseconds) -> bool:
    """Whether a line that was cut fell silent on request; otherwise the next line did not wait for it."""
    return any(at <= end <= at + FALLING_SILENT for at, _ in trace.each(Hush))


# --- Writing ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a score; lines of the same moment stand in the order of ``_ORDER``."""

    at: int
    who: str
    what: str

    @property
    def rank(self) -> int:
        """Its place among the lines of the same moment."""
        return _ORDER.index(self.what if self.what in _ORDER else self.who)

    def __str__(self) -> str:
        return f"{clock(self.at):>9}  {self.who:<5}  {self.what}"


_SILENT: Final = "(falls silent)"
_BROKEN_OFF: Final = "(breaks off)"
_ORDER: Final = ("you", "heard", _SILENT, _BROKEN_OFF, "—", "chime", "note", "coach")
"""First the cause, then the effect. The order of a trace depends on who is told first inside the loop; a
golden score shall not."""


def write_score(trace: Trace, title: str) -> str:
    """Write a session down.

    Args:
        trace: what happened.
        title: the first line: the routine, the voice.
    """
    hearing = latencies(trace)
    commands = "1 command" if len(hearing.reactions) == 1 else f"{len(hearing.reactions)} commands"
    rows = sorted(_rows(trace, hearing), key=lambda row: (row.at, row.rank))
    return "\n".join(
        [
            f"# {title}",
            f"# {commands}, {clock(trace.until)}",
            *map(str, rows),
            *(f"# not heard: {clock(said.begin)} {said.words}" for said in hearing.missed),
            *(f"# nobody said: {clock(at)} {_understood(heard)}" for at, heard in hearing.false_accepts),
            "",
        ]
    )


def clock(at: int) -> str:
    """A session time as people write it: ``12:34.560``."""
    return f"{at // 60_000}:{at // 1000 % 60:02}.{at % 1000:03}"


def _rows(trace: Trace, hearing: Hearing) -> Iterator[_Row]:
    """The lines of a score, not yet in order: what is known late or ahead has its own time."""
    reactions = {(r.acted, r.heard): f"  ({r.reaction} ms)" for r in hearing.reactions}
    for at, message in trace.entries:
        match message:
            case Uttered(words=words, begin=begin):
                yield _Row(begin, "you", words)
            case Heard():
                yield _Row(at, "heard", _understood(message) + reactions.get((at, message), ""))
            case Played(text=text, begin=begin, end=end, cut=cut):
                yield _Row(begin, "coach", text)
                if cut:
                    yield _Row(end, "coach", _SILENT if _is_hushed(trace, end) else _BROKEN_OFF)
            case Entered():
                yield _Row(at, "—", _state(message))
            case SetVolume(decibels=decibels):
                yield _Row(at, "—", f"(volume {decibels:+} dB)")
            case Troubled(key=key):
                yield _Row(at, "—", f"(trouble: {key})")
            case CoachError():
                yield _Row(at, "—", f"(trouble: {message.what})")
            case End(outcome=outcome):
                yield _Row(at, "—", f"(the end: {outcome})")
            case Note():
                yield _Row(at, "note", _note(message))
            case _:
                pass
    yield from _chimes(trace)


def _chimes(trace: Trace) -> list[_Row]:
    """The chimes that rang: those still to come at a ``Hush`` are forgotten, as lines are."""
    rows: list[_Row] = []
    for at, message in trace.entries:
        match message:
            case Chime(name=name, due=due):
                rows.append(_Row(max(at, due), "chime", name))
            case Hush():
                rows = [row for row in rows if row.at <= at]
            case _:
                pass
    return rows


def _understood(heard: Heard) -> str:
    """A command, and the phrase where that is another word: ``pause: hold on``."""
    if heard.words in ("", heard.command.replace("_", " ")):
        return heard.command
    return f"{heard.command}: {heard.words}"


def _state(entered: Entered) -> str:
    where = [entered.exercise, entered.side, f"round {entered.round}" if entered.round else ""]
    inside = ", ".join(filter(None, where))
    return entered.state.upper() + (f"  ({inside})" if inside else "")


def _note(note: Note) -> str:
    subject = f"{note.kind} {note.exercise}".strip()
    details = ", ".join(f"{key} {_plain(value)}" for key, value in note.detail if value != "")
    return f"{subject}: {details}" if details else subject


def _plain(value: str | int | bool) -> str:  # noqa: FBT001 - a note's value, not an option
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


# --- Reading ---------------------------------------------------------------------------------------------

_WHO: Final = ("you", "heard", "—", "chime", "note", "coach")
_LINE: Final = re.compile(r"\s*(\d+):(\d\d)\.(\d{3})\s+(\S+)\s+(\S.*?)\s*")


def read_score(text: str, name: str = "score") -> Script:
    """Read the listener's part out of a score: a script that makes the same remarks at the same times.

    Args:
        text: the score; a new one needs no more than its ``you`` lines.
        name: the script's name, and the file's in error messages.

    Raises:
        ContentBroken: lines that are none of a score, all of them.
    """
    remarks: list[Remark] = []
    mistakes = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None or found[4] not in _WHO:
            mistakes.append(
                f'{name}, line {number}: "{line.strip()}" is no line of a score. '
                f"Write time, who and what: 0:07.240  you  pause."
            )
        elif found[4] == "you":
            minutes, seconds, thousandths, _, words = found.groups()
            at = Milliseconds(int(minutes) * 60_000 + int(seconds) * 1000 + int(thousandths))
            remarks.append(remark_at(at, words))
    if mistakes:
        raise ContentBroken(mistakes)
    return Script(name, tuple(remarks))
