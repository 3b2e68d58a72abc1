"""What is known of the person: sessions done and questions answered, as plain values.

All planning starts here, and nothing here is stored: a ``Past`` is read anew out of the append-only history each
time (``coach/history.py``), so that a better rule is true of old days too. Nothing here judges. A day is a date,
never a moment: which of two things on one day came first is told by their order in their tuple.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

Answer = str | int | bool | None
"""What was answered: yes or no, a number, or the name of a choice (``worse``); None is "I don't know"."""

Answers = Mapping[str, Answer]
"""Answers by the question's id. A question that is not in it was not asked, or was skipped."""

Effort = Literal["easy", "fine", "hard"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDone:
    """One set.

    Attributes:
        exercise: the exercise's identifier.
        level: the variant it was done in: 0 is the exercise itself, -1 its next easier variant, 1 its next harder.
        completed: False if it was broken off.
        repetitions: how many were done; 0 for a hold.
        eased: the person asked for an easier way ("too hard") while it was in hand.
    """

    exercise: str
    level: int = 0
    completed: bool = True
    repetitions: int = 0
    eased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hurt:
    """It hurt in a session.

    Attributes:
        exercise: the exercise in hand, or empty.
        where: as answered (``lower_back``, ``leg``), or empty if nobody answered.
        strength: 0 to 10, or None.
        kind: as answered (``dull``, ``sharp``, ``shooting``, ``numb``), or empty.
        red_flag: a sign that a professional should look at: numbness, dizziness, the chest.
    """

    exercise: str = ""
    where: str = ""
    strength: int | None = None
    kind: str = ""
    red_flag: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDone:
    """One session.

    Attributes:
        day: when it began.
        routine: the routine's identifier.
        outcome: as in ``coach.session.messages.End``, or ``interrupted``.
        minutes: how long it took.
        sets: in order.
        pains: in order.
        effort: how it felt as a whole; None if nobody answered.
        enjoyed: whether it was enjoyed; None if nobody answered.
    """

    day: date
    routine: str
    outcome: str = "completed"
    minutes: float = 0.0
    sets: tuple[SetDone, ...] = ()
    pains: tuple[Hurt, ...] = ()
    effort: Effort | None = None
    enjoyed: bool | None = None

    @property
    def red_flag(self) -> bool:
        """Whether a sign was told that a professional should look at."""
        return any(hurt.red_flag for hurt in self.pains)

    @property
    def practised(self) -> bool:
        """Whether anything was done, or hurt. A session that ended in its welcome tells nothing of the back."""
        return bool(self.sets or self.pains)

    @property
    def exercised(self) -> bool:
        """Whether anything was done. Who only told of a pain was away as much as who did nothing."""
        return bool(self.sets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """One conversation of questions and answers.

    Attributes:
        day: when it began.
        name: ``readiness``, ``morning``, ``after``, ``diary`` or another.
        answers: by the question's id.
        hurt: it was said, in between, that it hurts; nobody asked how strong.
        red_flag: a sign was told, in between, that a professional should look at.
    """

    day: date
    name: str
    answers: Answers = field(default_factory=dict)
    hurt: bool = False
    red_flag: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Everything known of the person, oldest first."""

    sessions: tuple[SessionDone, ...] = ()
    interviews: tuple[Interview, ...] = ()

    @property
    def practised(self) -> tuple[SessionDone, ...]:
        """The sessions that tell something of the back: in which anything was done, or hurt."""
        return tuple(session for session in self.sessions if session.practised)

    def until(self, day: date) -> "Past":
        """Return what was known on a day; a later one is forgotten (a speaker's clock may have been wrong)."""
        return Past(
            sessions=tuple(session for session in self.sessions if session.day <= day),
            interviews=tuple(interview for interview in self.interviews if interview.day <= day),
        )

    def dated(self, day: date, before: "Past") -> "Past":
        """Return this past, in which what came after an earlier one is of a day, whatever the clock showed."""
        sessions, interviews = len(before.sessions), len(before.interviews)
        return Past(
            sessions=(*self.sessions[:sessions], *(replace(it, day=day) for it in self.sessions[sessions:])),
            interviews=(
                *self.interviews[:interviews],
                *(replace(it, day=day) for it in self.interviews[interviews:]),
            ),
        )

    def with_session(self, session: SessionDone) -> "Past":
        """Return this past and one more session."""
        return replace(self, sessions=(*self.sessions, session))

    def with_interview(self, interview: Interview) -> "Past":
        """Return this past and one more conversation."""
        return replace(self, interviews=(*self.interviews, interview))

    def last_interview(self, name: str) -> Interview | None:
        """Return the latest conversation of a name."""
        return next((it for it in reversed(self.interviews) if it.name == name), None)
