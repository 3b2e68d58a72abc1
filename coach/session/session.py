"""The session: what the coach does next, decided from what just happened.

``Session.handle`` takes one event and returns the actions that follow: no sound, no file, no clock, no chance.
Where a session can go stands in ``table.py``; what is said when, in ``cues.py``; the words, in ``voices``. This
file holds the guards and hooks that the table names, in the table's order.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Literal

from transitions import Machine

from coach.planning.pain import (
    PLACES,
    Pain,
    PainRules,
    Response,
    explanation,
    kind_of,
    place_of,
    respond,
    strength_of,
)
from coach.session import table
from coach.session.course import Course
from coach.session.cues import Cue, set_timeline
from coach.session.delivery import Delivery
from coach.session.messages import (
    Action,
    Chime,
    Command,
    CutOff,
    End,
    Entered,
    Event,
    Heard,
    Hush,
    Listen,
    Milliseconds,
    Note,
    NoteKind,
    Passed,
    Prepare,
    Say,
    Spoken,
    Troubled,
)
from coach.session.narration import NEVER, Narration, Timeline
from coach.session.phrases import Voice
from coach.session.plan import TEMPO_LEVELS
from coach.session.routine import Routine
from coach.session.wording import Wording, outage

LEAD: Final = Milliseconds(20)
"""Cues are handed over one block before they are due, so that they can start at their very sample."""

ASK_AGAIN_AFTER: Final = Milliseconds(25_000)
"""Silence after a question about pain: long enough to lie down first."""

QUESTIONS_ASKED: Final = 3
"""So often an offer after pain is put before the session is ended on the safe side."""

PAIN_QUESTIONS_ASKED: Final = 2
"""So often each of the three questions about a pain is put before the safe side is assumed: there are three."""

REMIND_PAUSED_AFTER: Final = Milliseconds(300_000)
PAUSES_REMINDED: Final = 6
"""A pause is recalled every five minutes and given up after half an hour."""

HEAR_OUT: Final = Milliseconds(4_000)
"""So long after "stop" the coach listens on in silence: people say "stop ... it hurts", with a breath between."""

LONG_OUTAGE: Final = Milliseconds(300_000)
"""Whoever could not be heard for longer than this is somewhere else: then nothing goes on unasked."""

PUBLISHED_RULES: Final = PainRules()

_MACHINE: Final = Machine(
    model=None,
    states=[{"name": name, "on_enter": f"_enter_{name}"} for name in table.STATES],
    transitions=[
        {
            "trigger": row.on,
            "source": list(row.in_),
            "dest": row.to,
            "conditions": f"_{row.if_}" if row.if_ else None,
            "before": f"_{row.do}" if row.do else None,
        }
        for row in table.TABLE
    ],
    initial=None,
    auto_transitions=False,
)
"""The table as the library reads it. It knows no session: each is handed to it with every trigger."""

Outcome = Literal["completed", "stopped", "eased", "abandoned"]


class Session:
    """One person led through one routine.

    Args:
        routine: what to lead.
        voice: the words.
        rules: what follows from pain.
    """

    state: str
    """One of ``table.STATES``; set by the state machine."""

    def __init__(self, routine: Routine, voice: Voice, rules: PainRules = PUBLISHED_RULES) -> None:
        self.state = table.WELCOMING
        self._voice = voice
        self._rules = rules
        self._course = Course(routine)
        self._wording = Wording(voice, self._course)
        self._now = Milliseconds(0)
        self._moment = Milliseconds(0)
        self._actions: list[Action] = []
        self._narration = Narration()
        self._timeline = Timeline()
        self._reminder: float = NEVER
        self._reminders = 0
        self._next_due: float = 0.0
        self._preface: tuple[str, ...] = ()  # said first in the state that is entered next
        self._rest_over = False
        self._paused_in = ""
        self._stopped_in = ""
        self._untold: tuple[str, ...] = ()  # what a pause broke off
        self._done_before = Milliseconds(0)  # how much of the set was done before a pause
        self._set_begun = False
        self._trigger = ""  # what the table is being asked about
        self._words = ""  # and in which words it was said
        self._cut_off = CutOff(Milliseconds(0), "")  # the last outage
        self._pains = 0  # how often it hurt
        self._pain = Pain(exercise="")  # the last one, as far as it was told
        self._is_pain_told = True
        self._has_time = False  # the person asked for time to answer
        self._delivery = Delivery(voice.words_per_minute)
        self._outcome: Outcome = "completed"
        self._last_key = "closing"

    # --- The gate: every event passes here ------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        """Whether the session is over."""
        return self.state == table.ENDED

    @property
    def now(self) -> Milliseconds:
        """How much session time has passed."""
        return self._now

    def begin(self) -> tuple[Action, ...]:
        """Begin: the first actions, before any event."""
        self._note(
            "session",
            routine=self._course.routine.id,
            name=self._course.routine.name,
            sets=len(self._course.steps),
        )
        self._enter_welcoming()
        return self._flush()

    def handle(self, event: Event) -> tuple[Action, ...]:
        """Take in what happened and return what to do about it, in order. Never raises."""
        if type(event) is Passed:  # fifty times a second, nearly always with nothing due
            self._now = Milliseconds(self._now + event.ms)
            if self._now + LEAD < self._next_due:
                return ()
        self._moment = self._now
        if self.ended:
            return ()
        match event:
            case Heard(command=command, words=words) if command in table.spoken_in(self.state):
                self._words = words
                self._reminders = 0
                self._has_time = False
                self._fire(command)
            case Spoken(number=number) if self._narration.finish(number, self._now):
                self._narrated()
            case Troubled(key=key) if self.state != table.STOPPING:  # silence was asked for
                self._interject(self._voice.say(key))
            case CutOff():
                self._take_up_after(event)
            case _:
                pass
        return self._flush()

    def _flush(self) -> tuple[Action, ...]:
        """Do whatever is due by now, in order, each at its own exact moment; hand over the actions."""
        while not self.ended and (due := self._due()) <= self._now + LEAD:
            self._moment = Milliseconds(int(due))
            if due == self._narration.due:
                self._say_next_sentence()
            elif due == self._timeline.due:
                self._play_cue(self._timeline.take())
            else:
                self._remind()
        self._next_due = NEVER if self.ended else self._due()
        actions, self._actions = self._actions, []
        return tuple(actions)

    def _due(self) -> float:
        return min(self._narration.due, self._timeline.due, self._reminder)

    def _fire(self, trigger: str) -> None:
        self._trigger = trigger
        _MACHINE.events[trigger].trigger(self)

    # --- Speaking -------------------------------------------------------------------------------------------

    def _say_next_sentence(self) -> None:
        text, number = self._narration.begin_next()
        self._actions.append(Say(self._delivery.line(text), number, self._moment))

    def _play_cue(self, cue: Cue) -> None:
        if cue.chime:
            self._actions.append(Chime(cue.chime, self._moment))
        if cue.text:
            # A count cuts whatever else is being said: the movement does not wait.
            self._narration.drop()
            number = self._narration.next_number()
            self._actions.append(Say(self._delivery.cue(cue.text), number, self._moment))
        if cue.trigger == "rested":
            self._rest_over = True
            self._finish_rest()
        elif cue.trigger:
            self._fire(cue.trigger)

    def _interject(self, sentences: Iterable[str]) -> None:
        """Say something at once, in whatever state; then go on exactly where it broke in.

        Counted repetitions wait for it, a countdown begins anew after it; a hold and a rest go on meanwhile.
        """
        self._actions.append(Hush())
        self._reminder = NEVER
        if self.state == table.READYING:
            self._begin_countdown()
        if self.state in (table.READYING, table.MOVING):
            self._timeline.hold(self._moment)
        self._narration.interject(sentences, self._moment)

    def _narrated(self) -> None:
        """Everything there was to tell has been heard."""
        match self.state:
            case table.WELCOMING | table.BRIEFING:
                self._fire("explained")
            case table.CLOSING:
                self._fire("closed")
            case table.RESTING:
                self._finish_rest()
            case table.MOVING | table.READYING:
                self._timeline.go_on(self._moment)
            case state if state in table.AFTER_PAIN:
                self._reminder = self._moment + (REMIND_PAUSED_AFTER if self._has_time else ASK_AGAIN_AFTER)
            case table.PAUSED:
                self._reminder = self._moment + REMIND_PAUSED_AFTER

    def _remind(self) -> None:
        """Nobody has answered for a while."""
        self._reminder = NEVER
        self._reminders += 1
        self._has_time = False
        match self.state:
            case table.PAUSED:
                limit, again = PAUSES_REMINDED, self._voice.say("still_paused")
            case state if state in table.ASKING:
                limit, again = PAIN_QUESTIONS_ASKED, (*self._wording.answers_to(state), *self._question())
            case _:
                limit, again = QUESTIONS_ASKED, (*self._voice.say("pain_question_again"), *self._question())
        if self._reminders >= limit:
            self._fire("unanswered")
        else:
            self._narration.tell(again, self._moment)

    def _note(self, kind: NoteKind, **detail: str | int | bool) -> None:
        of_an_exercise = kind not in ("session", "end") and not self._is_before_any_exercise
        self._note_of(self._course.exercise.id if of_an_exercise else "", kind, **detail)

    def _note_of(self, exercise: str, kind: NoteKind, /, **detail: str | int | bool) -> None:
        self._actions.append(Note(self._moment, kind, exercise, tuple(detail.items())))

    # --- Entering states ------------------------------------------------------------------------------------

    def _arrive(self) -> None:
        """What every state's beginning has in common."""
        step = self._course.step
        outside = self.state in (table.WELCOMING, table.CLOSING, table.STOPPING, table.ENDED)
        self._actions += [
            Entered(self.state) if outside else Entered(self.state, step.exercise.id, step.side, step.round),
            Listen(table.spoken_in(self.state)),
        ]
        self._reminder = NEVER
        self._reminders = 0

    def _tell(self, sentences: Iterable[str]) -> None:
        """Begin to say something else than before, after whatever has to be said first."""
        self._actions.append(Hush())
        self._reminder = NEVER
        self._narration.tell((*self._preface, *sentences), self._moment)
        self._preface = ()

    def _enter_welcoming(self) -> None:
        self._arrive()
        self._tell(self._take_untold() or self._wording.welcome())
        self._prepare(self._wording.welcome(), self._wording.briefing(self._course.at), self._wording.answers())

    def _enter_briefing(self) -> None:
        self._arrive()
        self._timeline = Timeline()
        self._set_begun = False
        self._done_before = Milliseconds(0)
        briefing = self._take_untold() or self._wording.briefing(self._course.at)
        self._tell(briefing)
        self._prepare(briefing)
        set_ = set_timeline(self._voice, self._course.step, self._course.dose)
        cues = (*self._wording.countdown(self._done_before), *set_)
        self._actions.append(Prepare(tuple(self._delivery.cue(cue.text) for cue in cues if cue.text)))

    def _enter_readying(self) -> None:
        self._arrive()
        self._tell(())
        self._course.mark_explained()
        self._paused_in = ""
        self._begin_countdown()

    def _begin_countdown(self) -> None:
        self._timeline = Timeline(self._wording.countdown(self._done_before), self._moment)

    def _enter_moving(self) -> None:
        self._arrive()
        self._begin_set()

    def _enter_holding(self) -> None:
        self._arrive()
        self._begin_set()

    def _begin_set(self) -> None:
        self._set_begun = True
        course = self._course
        first = self._done_before // course.dose.repetition if course.dose.repetitions else 0
        cues = set_timeline(self._voice, course.step, course.dose, first)
        self._timeline = Timeline(cues, self._moment).start_at(self._done_before)
        self._prepare(self._wording.last_count(), self._wording.rest())

    def _enter_resting(self) -> None:
        self._arrive()
        if self._paused_in == table.RESTING:
            self._timeline.go_on(self._moment)
            self._tell(self._take_untold())
        else:
            self._rest_over = False
            rest = Cue(self._course.rest, trigger="rested")
            self._timeline = Timeline((rest,), self._moment)
            self._tell(self._wording.rest())
        if self._course.following is not None:
            self._prepare(self._wording.briefing(self._course.following))

    def _finish_rest(self) -> None:
        """A rest ends when its time is over and all about what comes next was said."""
        if self.state == table.RESTING and self._rest_over and self._narration.over:
            self._fire("rested")

    def _enter_paused(self) -> None:
        self._arrive()
        self._tell(self._voice.say("paused"))

    def _enter_asking_where(self) -> None:
        self._arrive()
        self._tell(self._question())

    def _enter_asking_strength(self) -> None:
        self._arrive()
        self._tell(self._question())

    def _enter_asking_kind(self) -> None:
        self._arrive()
        self._tell(self._question())

    def _enter_offering_easier(self) -> None:
        self._arrive()
        self._tell(self._question())

    def _enter_offering_another(self) -> None:
        self._arrive()
        self._tell(self._question())

    def _enter_confirming_return(self) -> None:
        self._arrive()
        self._tell(self._question())

    def _enter_closing(self) -> None:
        self._arrive()
        self._timeline = Timeline()
        self._tell(self._voice.say(self._last_key))

    def _enter_stopping(self) -> None:
        self._arrive()
        self._timeline = Timeline((Cue(HEAR_OUT, trigger="heard_out"),), self._moment)

    def _enter_ended(self) -> None:
        self._arrive()
        self._narration.drop()
        self._timeline = Timeline()
        self._note("end", outcome=self._outcome)
        self._actions.append(End(self._outcome, on_request=bool(self._stopped_in)))

    # --- Guards ---------------------------------------------------------------------------------------------

    def _has_hurt_too_often(self) -> bool:
        return self._pains + 1 >= self._rules.pains_per_session

    def _has_told_where(self) -> bool:
        return bool(self._place_that_hurts())

    def _place_that_hurts(self) -> str:
        """The answer that names the place, if the person's words for their pain do; else nothing."""
        return self._voice.command_within(self._words, map(Command, PLACES)) or ""

    def _was_closing(self) -> bool:
        return self._stopped_in == table.CLOSING

    def _was_after_pain(self) -> bool:
        return self._stopped_in in table.AFTER_PAIN

    def _was_after_pain_with_a_place(self) -> bool:
        return self._was_after_pain() and self._pain_as_told().where is not None

    def _may_ease(self) -> bool:
        return self._decision()[0] == "easier"

    def _may_do_another(self) -> bool:
        return self._response() in ("easier", "another") and self._has_another_exercise()

    def _has_easier(self) -> bool:
        return self._course.has_easier

    def _has_harder(self) -> bool:
        return self._course.has_harder

    def _has_another_exercise(self) -> bool:
        return self._course.another_exercise is not None

    def _is_in_exercise_with_easier(self) -> bool:
        return self._was_in_exercise() and self._course.has_easier

    def _is_in_exercise_with_harder(self) -> bool:
        return self._was_in_exercise() and self._course.has_harder

    def _was_in_exercise(self) -> bool:
        return self._paused_in in (table.BRIEFING, *table.WORKING)

    def _was_welcoming(self) -> bool:
        return self._paused_in == table.WELCOMING

    def _was_briefing(self) -> bool:
        return self._paused_in == table.BRIEFING

    def _was_resting(self) -> bool:
        return self._paused_in == table.RESTING

    def _is_hold(self) -> bool:
        return self._course.step.part.hold_s is not None

    def _is_hold_to_begin(self) -> bool:
        return self._is_set_to_begin() and self._is_hold()

    def _is_set_to_begin(self) -> bool:
        """Who is ready before anything was done of a set wants to begin it, not to be through with it."""
        return not self._set_begun

    def _other_side_follows(self) -> bool:
        following = self._course.following
        return following is not None and not self._course.steps[following].first_side

    def _nothing_follows(self) -> bool:
        return self._course.following is None

    def _no_exercise_follows(self) -> bool:
        return self._course.next_exercise is None

    def _rest_is_due(self) -> bool:
        return self._course.rest > 0

    # --- Hooks: stopping, and pain --------------------------------------------------------------------------

    def _halt_on_request(self) -> None:
        self._fall_silent()
        self._record_set("stopped")
        self._stopped_in = self.state
        self._actions.append(Chime("stopped", self._moment))

    def _end_on_request(self) -> None:
        if not self._is_pain_told:
            self._note_what_was_told(respond(self._pain, self._pains - 1, self._rules))
        if self._stopped_in != table.CLOSING:  # then nothing but the last words is cut short
            self._outcome = "stopped"

    def _halt_and_advise(self) -> None:
        self._fall_silent()
        self._record_set("red flag")
        self._advise()
        self._preface = (*self._voice.say("pain_halt"), *self._voice.say("red_flag_heard"))

    def _advise_at_the_end(self) -> None:
        self._fall_silent()
        self._advise()
        self._tell((*self._voice.say("red_flag_heard"), *self._voice.say(self._last_key)))

    def _advise(self) -> None:
        self._note("red_flag", state=self._led_in, words=self._words)
        if not self._is_pain_told:
            self._note_what_was_told("see_someone")
        self._outcome, self._last_key = "eased", "see_someone"

    def _halt_for_pain(self) -> None:
        self._fall_silent()
        self._record_set("pain")
        self._note_pain()
        self._course.mark_hurt()
        self._paused_in = ""
        self._preface = self._voice.say("pain_halt")
        if self._has_told_where():
            self._preface += self._wording.understood(self._place_that_hurts(), corrected=False)

    def _halt_for_pain_and_end(self) -> None:
        self._halt_for_pain()
        self._preface += self._voice.say(explanation(self._pain, self._pains - 1, self._rules))
        self._end_gently("end")

    def _hear_pain_again(self) -> None:
        """The same pain, for nothing was moved since; but where it hurts may be told only now."""
        self._fall_silent()
        self._preface = self._voice.say("pain_again")
        before, self._pain = self._pain, self._pain_as_told()
        if self._pain != before:
            self._preface += self._wording.understood(self._place_that_hurts(), corrected=False)
            if self.state in table.CHOOSING:
                response, reason = self._decision()
                self._preface += self._voice.say(reason)
                self._note_what_was_told(response)
        if self.state in table.ASKING:
            self._tell(self._question())

    def _hear_pain_again_and_end(self) -> None:
        """What could be offered is left out by where it hurts, and nothing else is left."""
        self._hear_pain_again()
        self._preface = tuple(dict.fromkeys((*self._preface, *self._voice.say("pain_because_no_other"))))
        self._outcome, self._last_key = "eased", "pain_end"

    def _hear_pain_at_the_end(self) -> None:
        """What was being said gives way."""
        self._take_pain_at_the_end()
        self._tell(self._voice.say(self._last_key))

    def _take_pain_at_the_end(self) -> None:
        self._fall_silent()
        if self._outcome != "eased":
            self._note_pain()
            self._end_gently("end")
        self._preface = self._voice.say("pain_halt")

    def _end_after_pain(self) -> None:
        """Nothing that was offered is wanted, or nobody answers."""
        self._preface = self._voice.say("pain_end_here")
        self._outcome, self._last_key = "eased", "pain_end"

    # --- Hooks: the questions about a pain -----------------------------------------------------------------

    def _take_answer(self) -> None:
        self._pain = self._pain_as_told()
        self._preface = self._wording.understood(self._trigger, corrected=False)

    def _take_the_back_as_the_place(self) -> None:
        """Before the first question there is none to go back to: who says "back" there answers it."""
        self._trigger = "lower_back"
        self._take_answer()

    def _take_the_place_that_hurts(self) -> None:
        """Asked where, people also say "my knee hurts"."""
        self._trigger = self._place_that_hurts()
        self._fall_silent()
        self._take_answer()

    def _correct_answer(self) -> None:
        self._pain = self._pain_as_told()
        self._tell((*self._wording.understood(self._trigger, corrected=True), *self._question()))

    def _take_answer_and_decide(self) -> None:
        corrected = self.state != table.ASKING_STRENGTH and self._trigger in table.CORRECTIONS
        response, reason = self._decision()
        self._pain = self._pain_as_told()
        self._preface = (
            *self._wording.understood(self._trigger, corrected=corrected),
            *self._voice.say(reason),
        )
        if response in ("end", "see_someone"):
            self._end_gently(response)
        else:
            self._note_what_was_told(response)

    def _pain_as_told(self) -> Pain:
        """The pain as known with what is being said now. An answer that is left open leaves it unknown."""
        answer, rules, pain = self._trigger, self._rules, self._pain
        if answer in table.SIGNS_OF_A_NERVE:
            return replace(pain, kind=kind_of(answer))
        if answer == "it_hurts":
            # What the rules leave out is not talked away by a second place.
            kept = pain.where if pain.where in rules.leave_out_places else None
            return replace(pain, where=kept or place_of(self._place_that_hurts()) or pain.where)
        match self.state:
            case _ if self.state == table.ASKING_STRENGTH or answer in table.CORRECTIONS:
                return replace(pain, strength=strength_of(answer, rules))
            case table.ASKING_WHERE:
                return replace(pain, where=place_of(answer))
            case table.ASKING_KIND:
                return replace(pain, kind=kind_of(answer))
            case _:
                return pain

    def _response(self) -> Response:
        """What the rules ask for."""
        return respond(self._pain_as_told(), self._pains - 1, self._rules)

    def _decision(self) -> tuple[Response, str]:
        """What the rules ask for, or what comes next to it here; and the key of the reason."""
        response = self._response()
        if response == "easier" and not self._course.has_easier:
            response, reason = "another", "pain_because_no_easier"
        else:
            reason = explanation(self._pain_as_told(), self._pains - 1, self._rules)
        if response == "another" and not self._has_another_exercise():
            return "end", "pain_because_no_other"
        return response, reason

    def _end_gently(self, response: Response) -> None:
        self._note_what_was_told(response)
        self._outcome, self._last_key = "eased", "see_someone" if response == "see_someone" else "pain_end"

    def _note_pain(self) -> None:
        step = self._course.step
        self._note("pain", state=self._led_in, round=step.round, side=step.side)
        self._pains += 1
        exercise = "" if self._is_before_any_exercise else step.exercise.id
        self._pain = Pain(exercise=exercise, where=place_of(self._place_that_hurts()))
        self._is_pain_told = False

    def _note_what_was_told(self, response: Response) -> None:
        """Only what is known is noted."""
        pain = self._pain
        told = {"where": pain.where, "strength": pain.strength, "kind": pain.kind}
        known = {name: it for name, it in told.items() if it is not None}
        self._note_of(pain.exercise, "pain_told", **known, response=response)
        self._is_pain_told = True

    def _give_time(self) -> None:
        self._has_time = True
        self._tell(self._voice.say("pain_rest"))

    def _ask_again(self) -> None:
        self._tell(self._question())

    # --- Hooks: after the questions -------------------------------------------------------------------------

    def _ease_after_pain(self) -> None:
        self._change_level(-1)
        self._preface = self._voice.say("easier_now", name=self._course.name)

    def _leave_out_and_go_on(self) -> None:
        self._note("change", what="left out")
        self._course.leave_out()
        self._course.go_to_another_exercise()

    def _return_as_asked(self) -> None:
        self._note("change", what="returned as asked")

    # --- Hooks: pausing -------------------------------------------------------------------------------------

    def _pause_here(self) -> None:
        self._note("pause", state=self.state, round=self._course.step.round)
        self._halt_here()

    def _halt_here(self) -> None:
        self._paused_in = self.state
        self._untold = self._narration.remaining
        self._done_before = self._done_so_far(in_whole_repetitions=True)
        self._fall_silent()

    def _pause_for_help(self) -> None:
        self._pause_here()
        self._preface = self._wording.help(table.spoken_in(table.PAUSED))

    def _take_up_after(self, cut_off: CutOff) -> None:
        """Nothing could be heard for a while, so nothing was led: go on where it was, as after a pause."""
        self._cut_off = cut_off
        was_under_way = self.state in table.UNDER_WAY
        self._fire("cut_off")
        told = outage(self._voice, cut_off.ms)
        if was_under_way and cut_off.ms <= LONG_OUTAGE:
            self._fire("resume")
            self._interject((*told, *self._voice.say("outage_go_on")))
        elif was_under_way:
            self._interject(told)

    def _break_off(self) -> None:
        self._note_outage()
        self._halt_here()

    def _tell_of_outage(self) -> None:
        """What was to be said is said; where everything was said, the question is put again."""
        self._note_outage()
        self._reminders = 0
        match self.state:
            case _ if not self._narration.over:
                again: tuple[str, ...] = ()
            case table.PAUSED:
                again = self._voice.say("still_paused")
            case _:
                again = self._question()
        self._interject((*outage(self._voice, self._cut_off.ms), *again))

    def _note_outage(self) -> None:
        seconds = round(self._cut_off.ms / 1000)
        self._note("outage", state=self.state, cause=self._cut_off.cause, seconds=seconds)

    def _say_paused_again(self) -> None:
        self._tell(self._voice.say("paused"))

    def _end_abandoned(self) -> None:
        self._record_set("abandoned")
        self._outcome, self._last_key = "abandoned", "abandoned"

    # --- Hooks: the circuit's course ------------------------------------------------------------------------

    def _advance(self) -> None:
        self._paused_in = ""
        self._course.at = self._course.following or self._course.at

    def _complete_set(self) -> None:
        self._preface = self._wording.last_count()
        self._record_set("completed")

    def _complete_set_and_advance(self) -> None:
        self._complete_set()
        self._advance()

    def _finish_early(self) -> None:
        done = self._done_so_far(in_whole_repetitions=True) // self._course.dose.repetition
        if self._course.dose.repetitions and done:
            self._preface = self._voice.say("done_early", number=done)
        self._record_set("finished early")

    def _finish_early_and_advance(self) -> None:
        self._finish_early()
        self._advance()

    def _skip(self) -> None:
        self._skip_and_close()
        self._preface = self._voice.say("skipped", name=self._course.name)
        self._course.at = self._course.next_exercise or self._course.at

    def _skip_and_close(self) -> None:
        self._leave_set("skipped")
        self._note("change", what="skipped")

    def _go_back(self) -> None:
        self._leave_set("back")
        previous = self._course.previous_exercise
        if previous is None:
            self._course.at = self._course.first_side_of(self._course.at)
            self._preface = self._voice.say("already_first")
        else:
            self._course.at = previous
            self._preface = self._voice.say("going_back", name=self._course.name)

    def _do_again(self) -> None:
        self._leave_set("again")
        self._course.explain_again()
        self._preface = self._voice.say("again", name=self._course.name)

    def _welcome_again(self) -> None:
        self._tell(self._wording.welcome())

    def _explain_again(self) -> None:
        self._course.explain_again()
        self._tell(self._wording.briefing(self._course.at))

    def _say_last_words_again(self) -> None:
        self._tell(self._voice.say(self._last_key))

    def _announce_again(self) -> None:
        self._tell(self._wording.rest())

    # --- Hooks: easier, harder, pace, loudness --------------------------------------------------------------

    def _ease(self) -> None:
        self._leave_set("easier")
        self._ease_after_pain()

    def _ease_from_now_on(self) -> None:
        self._change_level(-1)
        self._interject(self._voice.say("easier_now", name=self._course.name))

    def _say_no_easier(self) -> None:
        self._interject(self._voice.say("no_easier"))

    def _progress(self) -> None:
        self._leave_set("harder")
        self._change_level(+1)
        self._preface = self._voice.say("harder_now", name=self._course.name)

    def _progress_from_now_on(self) -> None:
        self._change_level(+1)
        self._interject(self._voice.say("harder_now", name=self._course.name))

    def _say_no_harder(self) -> None:
        self._interject(self._voice.say("no_harder_after_pain" if self._course.has_hurt else "no_harder"))

    def _count_slower(self) -> None:
        self._change_tempo(+1, "slower", "slowest")

    def _count_faster(self) -> None:
        self._change_tempo(-1, "faster", "fastest")

    def _change_tempo(self, by: int, changed: str, at_the_limit: str) -> None:
        if by < 0 and not self._course.may_be_faster:
            self._interject(self._voice.say("no_harder_after_pain"))
            return
        tempo = self._course.pace + by
        if tempo not in TEMPO_LEVELS:
            self._interject(self._voice.say(at_the_limit))
            return
        done = self._done_so_far(in_whole_repetitions=False)
        before = self._course.dose.whole
        self._course.tempo = tempo
        # The movement goes on at the same point of the same repetition, only at another pace.
        done = Milliseconds(done * self._course.dose.whole // before)
        if self.state == table.MOVING:
            cues = set_timeline(self._voice, self._course.step, self._course.dose)
            self._timeline = Timeline(cues, self._moment).start_at(done)
        else:
            self._done_before = done
        self._note("change", what=changed)
        self._interject(self._voice.say(changed))

    def _speak_slower(self) -> None:
        self._deliver("slower")

    def _speak_faster(self) -> None:
        self._deliver("faster")

    def _speak_louder(self) -> None:
        self._deliver("louder")

    def _speak_quieter(self) -> None:
        self._deliver("quieter")

    def _deliver(self, command: str) -> None:
        told, actions = self._delivery.change(command)
        self._actions += actions
        self._interject(self._voice.say(told))

    # --- Hooks: questions -----------------------------------------------------------------------------------

    def _tell_how_long(self) -> None:
        self._interject(self._wording.how_long(self.state, self._timeline.offset(self._moment)))

    def _tell_what_is_next(self) -> None:
        state = self._paused_in if self.state == table.PAUSED else self.state
        self._interject(self._wording.what_is_next(state))

    def _tell_what_can_be_said(self) -> None:
        help_ = self._wording.help(table.spoken_in(self.state))
        if self.state in table.AFTER_PAIN:
            help_ = (*self._wording.answers_to(self.state), *help_, *self._question())
        self._interject(help_)

    # --- What several hooks share ---------------------------------------------------------------------------

    def _fall_silent(self) -> None:
        """Not another sample; and the timeline stays where it is."""
        self._actions.append(Hush())
        self._narration.drop()
        self._timeline.hold(self._moment)

    @property
    def _led_in(self) -> str:
        """The state, or where "stop" was said: what is noted of the breath after it belongs there."""
        return self._stopped_in if self.state == table.STOPPING else self.state

    @property
    def _is_before_any_exercise(self) -> bool:
        """Whether nothing but the welcome was led so far, be it paused."""
        return self._led_in == table.WELCOMING or (self._led_in == table.PAUSED and self._was_welcoming())

    def _leave_set(self, why: str) -> None:
        """Give up the set in hand, on request."""
        self._record_set(why)
        self._paused_in = ""

    def _take_untold(self) -> tuple[str, ...]:
        """What a pause in this very state broke off; a pause is over when somebody asks."""
        untold = self._untold if self._paused_in == self.state else ()
        self._paused_in, self._untold = "", ()
        return untold

    def _done_so_far(self, *, in_whole_repetitions: bool) -> Milliseconds:
        """How much of the set in hand is done. A repetition that a pause breaks is done again."""
        if self.state not in (table.MOVING, table.HOLDING):
            return self._done_before
        done = self._timeline.offset(self._moment)
        if in_whole_repetitions and self._course.dose.repetitions:
            done = Milliseconds(done - done % self._course.dose.repetition)
        return Milliseconds(min(done, self._course.dose.whole))

    def _record_set(self, how_it_ended: str) -> None:
        """Note what was done of the set in hand, once."""
        if not self._set_begun:
            return
        dose = self._course.dose
        done = dose.whole if how_it_ended == "completed" else self._done_so_far(in_whole_repetitions=True)
        self._note(
            "set",
            round=self._course.step.round,
            side=self._course.step.side,
            repetitions=done // dose.repetition if dose.repetitions else 0,
            planned=dose.repetitions,
            seconds=round(done / 1000),
            variant=self._course.name,
            completed=how_it_ended == "completed",
            ended=how_it_ended,
        )
        self._set_begun = False
        self._done_before = Milliseconds(0)

    def _change_level(self, by: int) -> None:
        self._course.change_level(by)
        self._note("change", what="easier" if by < 0 else "harder", to=self._course.name)

    def _prepare(self, *texts: Iterable[str]) -> None:
        """Have these lines rendered while there is time."""
        lines = dict.fromkeys(self._delivery.line(text) for group in texts for text in group)
        self._actions.append(Prepare(tuple(lines)))

    def _question(self) -> tuple[str, ...]:
        return self._wording.question_after_pain(self.state)
