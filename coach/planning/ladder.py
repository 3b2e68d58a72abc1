"""The ladder: how anything rises by small steps and comes down at once. Exercises and walks both stand on one.

Two promises are kept by the way it is built, and held by property tests. *Nothing rises after pain* until enough
sessions were free of it, and never twice within the pace's days: so a week's growth is one step. *Worse news never
leads higher*: what comes down does so by amounts that do not depend on where one stands, and every fall begins the
wait for the next rise anew, so that two people who differ in one bad day never change places.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast one may rise, and how one falls while away.

    Attributes:
        good: so many good turns come before a rise.
        days: and so many days since the last change.
        pain_free: so many sessions free of pain come before a rise after pain.
        away: from so many days without any session, one falls.
        without: from so many days without a turn of one's own, likewise: other exercise keeps up only so much.
        fall: by so many rungs, and so many more for each further week.
    """

    good: int
    days: int
    pain_free: int
    away: int
    without: int
    fall: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One thing that happened, as the ladder sees it.

    Attributes:
        day: when.
        session: whether it was a session; else it was a conversation.
        climbing: whether what stands on the ladder was done. Pain elsewhere is a turn, too.
        reached: the highest rung for which it counts: what was done was hard enough up to here.
        good: whether it was all that is asked for.
        hurt: whether there was pain, anywhere.
        free: whether this was a session without pain.
        down: by how many rungs it went too far.
        why: the name of the reason for going down.
    """

    day: date
    session: bool = False
    climbing: bool = False
    reached: int = 0
    good: bool = False
    hurt: bool = False
    free: bool = False
    down: int = 0
    why: str = ""


What = Literal["first", "up", "same", "wait", "away", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where somebody stands.

    Attributes:
        rung: from 0, the easiest.
        what: how it came to be: ``first`` time, ``up``, ``same``, ``wait`` (not higher, because of pain), ``away``
            (lower, after a long time away), ``down``.
        why: for ``down``: the turn's own word for it.
    """

    rung: int
    what: What
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    rung: int
    good: int = 0
    waiting: int = 0
    changed: date | None = None
    last: date | None = None
    seen: date | None = None
    what: What = "first"
    why: str = ""


def stand(turns: Iterable[Turn], today: date, pace: Pace, *, first: int, rungs: int) -> Place:
    """Return where somebody stands today.

    Args:
        turns: what happened, oldest first, none of it after today.
        today: the day to stand on.
        pace: how fast one may rise.
        first: the rung to begin on.
        rungs: how many there are.
    """
    state = _State(rung=min(first, rungs - 1))
    for turn in turns:
        state = _after(state, turn, pace, rungs)
    state = _after_absence(state, today, pace)
    if state.what in ("same", "up") and state.waiting:
        return Place(rung=state.rung, what="wait")
    return Place(rung=state.rung, what=state.what, why=state.why)


def _after(state: _State, turn: Turn, pace: Pace, rungs: int) -> _State:
    if turn.hurt:
        state = replace(state, waiting=pace.pain_free, changed=turn.day)
    elif turn.free and state.waiting:
        state = replace(state, waiting=state.waiting - 1)
    if turn.session:
        state = replace(_after_absence(state, turn.day, pace, climbing=turn.climbing), seen=turn.day)
    if not turn.climbing:
        return _fallen(state, turn) if turn.down and state.last else state
    # The first time begins the wait for the first rise, even if pain elsewhere had begun one before.
    state = replace(state, last=turn.day, changed=turn.day if state.last is None else state.changed)
    if turn.down:
        return _fallen(state, turn)
    if not turn.good or turn.reached < state.rung:
        return replace(state, what="same")
    return _risen(replace(state, good=state.good + 1, what="same"), turn.day, pace, rungs)


def _risen(state: _State, day: date, pace: Pace, rungs: int) -> _State:
    rested = state.changed is None or (day - state.changed).days >= pace.days
    if state.good < pace.good or state.waiting or not rested or state.rung + 1 >= rungs:
        return state
    return replace(state, rung=state.rung + 1, good=0, changed=day, what="up")


def _after_absence(state: _State, day: date, pace: Pace, *, climbing: bool = True) -> _State:
    """Fall for every week in which there was no session at all, or none of this for too long."""
    if state.last is None or state.seen is None:
        return state
    weeks = _weeks_beyond(pace.away, (day - state.seen).days)
    if climbing:
        weeks = max(weeks, _weeks_beyond(pace.without, (day - state.last).days))
    return replace(_lower(state, pace.fall * weeks, day), what="away") if weeks else state


def _weeks_beyond(limit: int, days: int) -> int:
    return 0 if days < limit else 1 + (days - limit) // 7


def _fallen(state: _State, turn: Turn) -> _State:
    return replace(_lower(state, turn.down, turn.day), what="down", why=turn.why)


def _lower(state: _State, rungs: int, day: date) -> _State:
    return replace(state, rung=max(0, state.rung - rungs), good=0, changed=day)
