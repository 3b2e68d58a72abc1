"""A practice: what a person gets who says no more than "let us begin".

The questions that are due, the plan for today in a few words, the session, and how it felt. Each is
a mind of its own, led by the loop one after another, each with its own record in the history. What comes next is
decided from the history alone, read anew each time: whoever pulls the plug in between goes on where it was.

Nothing here opens a device: ``live.py`` leads on the real ones, a rehearsal on understudies.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from coach.content import load_interview
from coach.errors import StoreFailed
from coach.interview.conclusions import interview_on
from coach.interview.interview import Interview
from coach.interview.questions import Questionnaire
from coach.planning.guidance import Guidance
from coach.planning.past import Past
from coach.planning.readiness import has_changed, is_severe, last_verdict
from coach.planning.telling import spoken
from coach.planning.today import Plan, plan, soreness
from coach.ports import Mind
from coach.session.messages import End
from coach.session.phrases import Voice
from coach.session.routine import Routine
from coach.session.session import Session

Lead = Callable[[Mind, str], End]
"""Leads a mind to its end, on whatever hands there are; the name is that of its record in the history."""

DIARY, AFTER, HABIT, CONSENT, TELLING = "diary", "after", "habit", "begin", "plan"

MINUTES: Final = "minutes_"
"""How answers begin that tell the time at hand."""

HABIT_AFTER_SESSIONS: Final = 2
"""Who has come back once may like a fixed moment of the day; at the very first there is enough to talk about."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person has said about today.

    Attributes:
        minutes: the time at hand; None: enough.
        equipment: what is at hand beyond what every home has.
        enjoyed: identifiers of routines and exercises that the person likes.
        disliked: and of those they do not like.
    """

    minutes: int | None = None
    equipment: Collection[str] = ()
    enjoyed: Collection[str] = ()
    disliked: Collection[str] = ()


NO_WISHES: Final = Wishes()


def known(remember: Callable[[], Past]) -> Past:
    """Return what is known of the person, to ask them by; of a history that cannot be read, nothing.

    Then all is asked anew, which is the safe side. The store of the first question says what is wrong, and sets a
    damaged history aside.
    """
    try:
        return remember()
    except StoreFailed:
        return Past()


class Practice:
    """One practice, from the first question to the last.

    Args:
        lead: leads each mind.
        remember: reads what is known of the person, anew each time it is asked.
        today: the day on which it begins; all of it is of that day, though it may go on past midnight.
        routines: what there is to choose from.
        guidance: the thresholds.
        voice: the words.
        wishes: what was said about today.
        chosen: lead this, whatever the plan would be, and without questions; unless what is known of the person
            speaks against it: then it is asked and planned as ever, with this routine alone to choose from.
    """

    def __init__(
        self,
        lead: Lead,
        remember: Callable[[], Past],
        today: date,
        routines: Iterable[Routine],
        guidance: Guidance,
        voice: Voice,
        wishes: Wishes = NO_WISHES,
        chosen: Routine | None = None,
    ) -> None:
        self._lead = lead
        self._remember = remember
        self._today = today
        self._routines = tuple(routines)
        self._guidance = guidance
        self._voice = voice
        self._wishes = wishes
        self._chosen = chosen
        self._before = Past()

    def go(self) -> End:
        """Lead the whole practice; return how it ended: as the last thing that was led, or on request before.

        Raises:
            CoachError: a device is missing or was lost, or the history can neither be read nor set aside.
        """
        self._before = known(self._remember)
        if self._chosen is not None:
            if self._is_free(self._chosen):
                return self._lead_session(self._chosen)
            self._routines = (self._chosen,)
        held: set[str] = set()
        while asked := next((name for name in self._due() if name not in held), None):
            held.add(asked)
            end = self._ask(asked)
            if not _goes_on(end):
                return end
        while True:
            today = self._plan(self._known())
            told = spoken(today, self._voice)
            if today.routine is None or today.asks:
                return self._tell(told)
            answer = self._agreed(told)
            if answer == "yes":
                break
            if not answer.startswith(MINUTES):
                return End("stopped", on_request=True)
            self._wishes = replace(self._wishes, minutes=int(answer.removeprefix(MINUTES)))
        end = self._lead_session(today.routine)
        if _goes_on(end):
            self._ask_afterwards()
        return end

    def _known(self) -> Past:
        """What is known of the person. What was noted since this began is of its day: after midnight, or once the
        clock was put right, an answer would else be of another day than the plan that heeds it."""
        return self._remember().dated(self._today, self._before)

    def _lead_session(self, routine: Routine) -> End:
        return self._lead(Session(routine, self._voice, self._guidance.pain), routine.id)

    def _is_free(self, chosen: Routine) -> bool:
        """Whether nothing that is known of the person speaks against a routine. Nothing known is no hindrance:
        they asked for it by its name. A history that cannot be read is one: anything may stand in it."""
        rules = self._guidance.readiness
        try:
            past = self._known()
        except StoreFailed:
            return False
        if soreness(past, self._today, self._guidance):
            return False
        asked, verdict = past.last_interview("readiness"), last_verdict(past, rules)
        if asked is None or verdict is None:
            return not any(is_severe(session, rules) for session in past.sessions)
        if verdict.outcome == "not_today" or has_changed(past, asked, rules):
            return False
        return verdict.outcome != "mobility_only" or chosen.kind != "strength"

    def _plan(self, past: Past) -> Plan:
        wishes = self._wishes
        return plan(
            self._today,
            past,
            self._routines,
            self._guidance,
            minutes=wishes.minutes,
            equipment=wishes.equipment,
            enjoyed=wishes.enjoyed,
            disliked=wishes.disliked,
        )

    def _due(self) -> tuple[str, ...]:
        """The interviews to hold first. The diary comes before the plan, which heeds it; not on a day on which
        readiness was asked about, which is questions enough, nor where no answer would lead to exercise."""
        past = known(self._known)
        today = self._plan(past)
        asked_today = {it.name for it in past.interviews if it.day == self._today}
        ruled_out = today.verdict is not None and today.verdict.outcome == "not_today"
        if asked_today & {"readiness", DIARY} or "readiness" in today.asks or ruled_out:
            return today.asks
        return (*today.asks, DIARY)

    def _ask(self, name: str) -> End:
        return self._lead(self._interview(load_interview(name, self._voice)), name)

    def _interview(self, asked: Questionnaire) -> Interview:
        return interview_on(asked, self._voice, self._guidance.readiness)

    def _tell(self, sentences: tuple[str, ...]) -> End:
        """Say what today holds where it holds nothing to do."""
        told = replace(load_interview(CONSENT, self._voice), id=TELLING, intro=sentences, questions=())
        return self._lead(self._interview(told), TELLING)

    def _agreed(self, told: tuple[str, ...]) -> str:
        """What was said to the plan: yes, no, or how many minutes there are, for which it is made anew."""
        consent = self._interview(replace(load_interview(CONSENT, self._voice), intro=told))
        end = self._lead(consent, CONSENT)
        return str(consent.answers.get(CONSENT)) if _goes_on(end) else ""

    def _ask_afterwards(self) -> None:
        end = self._ask(AFTER)
        past = self._remember()
        if _goes_on(end) and not past.last_interview(HABIT) and len(past.sessions) >= HABIT_AFTER_SESSIONS:
            self._ask(HABIT)


def _goes_on(end: End) -> bool:
    """Whether something may follow: who says "stop", be it in the last words, wants nothing more."""
    return end.outcome == "completed" and not end.on_request
