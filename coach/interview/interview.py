"""One interview: what the coach asks next, decided from what was just answered.

``Interview.handle`` has the form of ``Session.handle``: one event in, the actions that follow out, the same each
time. There are four states and few ways between them, so that they stand here plainly instead of in a table:

    asking: a question is in hand        -> asking (the next one, or the one before), paused, closing
    paused: until "continue"             -> asking, closing
    closing: the last words are said     -> ended; "back" and "no, four" still put an answer right
    ended

"Stop" leads to the end from everywhere, and a pain word to the last words. A state offers what can be said in it
(``_offered``), and nothing else is listened for. What is answered is noted at once: losing the plug loses at most
the question in hand. Of several notes on a question the last one counts.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from coach.interview.questions import (
    SCALE,
    SKIPPED,
    UNSURE,
    WITHDRAWN,
    Answer,
    Answers,
    Conclusion,
    Decide,
    Question,
    Questionnaire,
    undecided,
)
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
from coach.session.narration import NEVER, Narration
from coach.session.phrases import Voice
from coach.session.session import (
    LEAD,
    LONG_OUTAGE,
    PAUSES_REMINDED,
    REMIND_PAUSED_AFTER,
    Outcome,
)
from coach.session.wording import in_breaths, outage

ASK_AGAIN_AFTER: Final = Milliseconds(12_000)
"""Silence after a question: time to think, and to look for a number."""

ASKED_AGAIN: Final = 3
"""So often a question is asked again before the interview is left for another time."""

READ_AT_ONCE: Final = 5
"""Help reads out so many phrases in one breath."""

NUMBERS: Final[Mapping[Command, int]] = {Command(f"number_{number}"): number for number in SCALE}
CORRECTIONS: Final[Mapping[Command, int]] = {Command(f"correction_{number}"): number for number in SCALE}

ALWAYS: Final = ("stop", "it_hurts", "red_flag", "louder", "quieter", "slower", "faster")
"""Can be said in every state."""

State = Literal["asking", "paused", "closing", "ended"]


class Interview:
    """One person asked the questions of one questionnaire.

    Args:
        questionnaire: what to ask.
        voice: the words.
        decide: asked after each answer but the last; what it concludes ends the interview there.
        conclude: asked when all was answered.
    """

    def __init__(
        self,
        questionnaire: Questionnaire,
        voice: Voice,
        *,
        decide: Decide = undecided,
        conclude: Decide = undecided,
    ) -> None:
        self._questionnaire = questionnaire
        self._voice = voice
        self._decide = decide
        self._conclude = conclude
        self._state: State = "asking"
        self._at = 0  # the question in hand
        self._asked: list[int] = []  # the questions before it, as they were asked
        self._answers: dict[str, Answer] = {}  # with SKIPPED for what was left out
        self._correctable: Question | None = None  # a number was just given: "no, four" means this one
        self._conclusion: Conclusion | None = None
        self._outcome: Outcome = "completed"
        self._is_stopped = False
        self._is_flagged = False  # a red flag was told: from then on nothing but its advice is said
        self._last_words: tuple[str, ...] = ()
        self._now = Milliseconds(0)
        self._moment = Milliseconds(0)
        self._next_due: float = 0.0
        self._narration = Narration()
        self._reminder: float = NEVER
        self._reminders = 0
        self._delivery = Delivery(voice.words_per_minute)
        self._actions: list[Action] = []

    # --- The gate: every event passes here ------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        """Whether the interview is over."""
        return self._state == "ended"

    @property
    def now(self) -> Milliseconds:
        """How much time has passed since it began."""
        return self._now

    @property
    def answers(self) -> Answers:
        """What was answered so far."""
        return {key: it for key, it in self._answers.items() if it != SKIPPED}

    def begin(self) -> tuple[Action, ...]:
        """Begin: the first actions, before any event."""
        asked = self._questionnaire
        self._note("interview", interview=asked.id, name=asked.name, questions=asked.left(-1, {}))
        if asked.questions:
            self._ask(0, asked.intro)
        else:  # there is only something to tell
            self._say_last(asked.intro)
        self._actions.append(Prepare(tuple(dict.fromkeys(map(self._delivery.line, self._foreseeable())))))
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
            case Heard(command=command) if command in self._offered():
                self._reminders = 0
                self._obey(command)
            case Spoken(number=number) if self._narration.finish(number, self._now):
                self._narrated()
            case Troubled(key=key):
                self._interject(self._voice.say(key))
            case CutOff():
                self._take_up_after(event)
            case _:
                pass
        return self._flush()

    def _flush(self) -> tuple[Action, ...]:
        """Do whatever is due by now, in order, each at its own exact moment; hand over the actions."""
        while not self.ended and (due := min(self._narration.due, self._reminder)) <= self._now + LEAD:
            self._moment = Milliseconds(int(due))
            if due == self._narration.due:
                text, number = self._narration.begin_next()
                self._actions.append(Say(self._delivery.line(text), number, self._moment))
            else:
                self._remind()
        self._next_due = NEVER if self.ended else min(self._narration.due, self._reminder)
        actions, self._actions = self._actions, []
        return tuple(actions)

    # --- What can be said, and what is done about it --------------------------------------------------------

    def _offered(self) -> tuple[Command, ...]:
        """What can be said now."""
        match self._state:
            case "asking":
                more = (*self._possible_answers(), "repeat", "back", "next", "pause", "how_long", "help")
            case "paused":
                more = ("resume", "done", "repeat", "help")
            case "closing" if self._outcome == "completed" and self._questionnaire.questions:
                more = ("repeat", "back", *(CORRECTIONS if self._correctable else ()))
            case "closing":
                more = ("repeat",)
            case _:
                return ()
        return tuple(map(Command, (*more, *ALWAYS)))

    def _possible_answers(self) -> tuple[str, ...]:
        question = self._question
        corrections = tuple(CORRECTIONS) if self._correctable or question.answer == "scale" else ()
        match question.answer:
            case "yes_no":
                possible: tuple[str, ...] = ("yes", "no")
            case "scale":
                possible = tuple(NUMBERS)
            case "choice":
                possible = tuple(question.choices)
        refusal = ("no",) if question.refuse and question.answer != "yes_no" else ()
        return (*possible, *corrections, *refusal, "unsure")

    def _obey(self, command: Command) -> None:
        """Do what was said. Urgent words come first; what is left is an answer to the question in hand."""
        match command:
            case "stop":
                self._end_on_request()
            case "it_hurts" | "red_flag":
                self._ease(red_flag=command == "red_flag")
            case "louder" | "quieter" | "slower" | "faster":
                self._change_delivery(command)
            case "pause":
                self._pause()
            case "resume" | "done":
                self._ask(self._at)
            case "repeat":
                self._repeat()
            case "back":
                self._go_back()
            case "next":
                self._leave_out()
            case "how_long":
                self._interject(self._how_long())
            case "help":
                self._interject((*self._help(), *self._in_hand()))
            case _:
                self._answered(command)

    # --- Answers --------------------------------------------------------------------------------------------

    def _answered(self, command: Command) -> None:
        question = self._question
        if command in CORRECTIONS and self._correctable:
            self._correct(CORRECTIONS[command])
        elif command in CORRECTIONS or command in NUMBERS:
            number = NUMBERS.get(command, CORRECTIONS.get(command, 0))
            self._keep(number, self._voice.say("answered_number", number=number))
        elif command == "unsure" and not question.unsure:
            self._ask(self._at, question.why)
        elif command == "unsure":
            self._keep(None, self._voice.say("answered_unsure"))
        elif command in question.choices:
            self._keep(str(command), self._voice.say("answered_choice", choice=question.choices[command]))
        elif question.answer == "yes_no":
            self._keep(command == "yes", self._voice.say("answered_yes" if command == "yes" else "answered_no"))
        else:
            self._close(Conclusion("refused", self._voice.say("interview_refused")))

    def _keep(self, answer: Answer, told: tuple[str, ...]) -> None:
        """Take the answer to the question in hand, say what was understood, and go on."""
        question = self._question
        self._set(question, answer)
        self._correctable = question if type(answer) is int else None
        self._asked.append(self._at)
        self._go_on(told)

    def _correct(self, number: int) -> None:
        """Put right the number that was just given; then the question in hand is asked again."""
        if self._correctable is None:
            return
        self._set(self._correctable, number)
        told = self._voice.say("answer_corrected", number=number)
        if self._state == "closing":
            self._go_on(told)
        elif conclusion := self._decide(self.answers):
            self._close(conclusion, told)
        else:
            self._ask(self._at, told)

    def _go_on(self, told: tuple[str, ...]) -> None:
        """Ask the next question, or come to an end."""
        following = self._questionnaire.following(self._at, self._answers)
        if following is None:
            self._close(self._conclude(self.answers), told)
        elif conclusion := self._decide(self.answers):
            self._close(conclusion, told)
        else:
            self._ask(following, told)

    def _set(self, question: Question, answer: Answer) -> None:
        """Note an answer, and what it makes of others: a no to several questions at once answers each."""
        asked = self._questionnaire
        implied = self._answers.get(question.id) is False
        self._answers[question.id] = answer
        self._note_answer(question.id, answer)
        for covered in question.covers:
            if answer is False:
                self._answers[covered] = answer
                self._note_answer(covered, answer)
            elif implied:
                self._withdraw(covered)
        for index, other in enumerate(asked.questions):
            if other.only_if == question.id and not asked.is_due(index, self._answers):
                self._withdraw(other.id)

    def _withdraw(self, question: str) -> None:
        """Take back an answer that no longer stands, because of another."""
        if question in self._answers:
            del self._answers[question]
            self._note_answer(question, WITHDRAWN)

    def _note_answer(self, question: str, answer: Answer) -> None:
        self._note("answer", question=question, answer=UNSURE if answer is None else answer)

    # --- Moving about ---------------------------------------------------------------------------------------

    def _leave_out(self) -> None:
        """Go on without an answer, if that does no harm; what was answered before stays."""
        question = self._question
        if question.id in self._answers:
            self._correctable = None
            self._asked.append(self._at)
            self._go_on(())
        elif question.skip:
            self._keep(SKIPPED, self._voice.say("answer_skipped"))
        else:
            self._ask(self._at, question.why)

    def _go_back(self) -> None:
        self._correctable = None
        self._conclusion = None
        if self._asked:
            self._ask(self._asked.pop(), self._voice.say("question_before"))
        else:
            self._ask(self._at, self._voice.say("already_first"))

    def _repeat(self) -> None:
        match self._state:
            case "asking":
                self._tell(self._wording())
            case "paused":
                self._tell(self._voice.say("paused"))
            case _:
                self._tell(self._last_words)

    def _pause(self) -> None:
        self._note("pause", state=self._question.id)
        self._enter("paused")
        self._tell(self._voice.say("paused"))

    def _take_up_after(self, cut_off: CutOff) -> None:
        """Nothing could be heard for a while: say what was to be said, or ask again; after long, only if asked."""
        seconds = round(cut_off.ms / 1000)
        self._note("outage", state=self._place, cause=cut_off.cause, seconds=seconds)
        told = outage(self._voice, cut_off.ms)
        self._reminders = 0
        if self._state == "asking" and cut_off.ms > LONG_OUTAGE:
            self._enter("paused")
            self._tell((*told, *self._voice.say("paused")))
        elif not self._narration.over:
            self._interject(told)
        else:
            self._interject(
                (*told, *(self._wording() if self._state == "asking" else self._voice.say("still_paused")))
            )

    # --- Coming to an end -----------------------------------------------------------------------------------

    def _close(self, conclusion: Conclusion | None, told: tuple[str, ...] = ()) -> None:
        self._conclusion = conclusion
        outro = conclusion.sentences if conclusion else ()
        self._say_last(outro or self._questionnaire.outro, told)

    def _ease(self, *, red_flag: bool) -> None:
        """Nothing is asked any more of somebody who hurts."""
        self._actions.append(Hush())
        self._note("pain", state=self._place, red_flag=red_flag)
        self._outcome = "eased"
        self._is_flagged = self._is_flagged or red_flag
        eased = "interview_red_flag" if self._is_flagged else "pain_end"
        self._say_last((*self._voice.say("pain_halt"), *self._voice.say(eased)))

    def _say_last(self, sentences: tuple[str, ...], told: tuple[str, ...] = ()) -> None:
        self._last_words = sentences
        self._enter("closing")
        self._tell((*told, *sentences))

    def _end_on_request(self) -> None:
        self._actions.append(Hush())
        self._actions.append(Chime("stopped", self._moment))
        self._is_stopped = True
        if self._state != "closing":  # then nothing but the last words is cut short
            self._outcome = "stopped"
        self._end()

    def _end(self) -> None:
        self._enter("ended")
        self._narration.drop()
        conclusion = self._conclusion.name if self._conclusion else ""
        self._note("end", outcome=self._outcome, conclusion=conclusion)
        self._actions.append(End(self._outcome, on_request=self._is_stopped))

    # --- Speaking -------------------------------------------------------------------------------------------

    def _ask(self, index: int, first: Iterable[str] = ()) -> None:
        """Put a question, after what has to be said first."""
        self._at = index
        self._enter("asking")
        self._tell((*first, *self._wording()))

    def _tell(self, sentences: Iterable[str]) -> None:
        """Begin to say something else than before."""
        self._actions.append(Hush())
        self._reminder = NEVER
        self._narration.tell(sentences, self._moment)
        if self._narration.over:  # there was nothing to tell
            self._narrated()

    def _interject(self, sentences: Iterable[str]) -> None:
        """Say something at once; then go on exactly where it broke in."""
        self._actions.append(Hush())
        self._reminder = NEVER
        self._narration.interject(sentences, self._moment)

    def _narrated(self) -> None:
        """Everything there was to tell has been heard."""
        match self._state:
            case "asking":
                self._reminder = self._moment + ASK_AGAIN_AFTER
            case "paused":
                self._reminder = self._moment + REMIND_PAUSED_AFTER
            case "closing":
                self._end()

    def _remind(self) -> None:
        """Nobody has answered for a while."""
        self._reminders += 1
        if self._state == "paused" and self._reminders < PAUSES_REMINDED:
            self._tell(self._voice.say("still_paused"))
        elif self._state == "asking" and self._reminders <= ASKED_AGAIN:
            self._tell((*self._voice.say("no_answer"), *(self._question.again or self._wording())))
        else:
            self._outcome = "abandoned"
            self._say_last(self._voice.say("interview_abandoned"))

    def _change_delivery(self, command: str) -> None:
        """Speak louder, quieter, slower or faster from now on."""
        told, actions = self._delivery.change(command)
        self._actions += actions
        self._interject(self._voice.say(told))

    # --- Words ----------------------------------------------------------------------------------------------

    def _wording(self) -> tuple[str, ...]:
        """The question in hand, with what was chosen before filled in."""
        chosen = {
            it.id: it.choices[Command(choice)]
            for it in self._questionnaire.questions
            if it.choices and isinstance(choice := self._answers.get(it.id), str) and choice in it.choices
        }
        filled = (sentence.format_map(_Blank(chosen)) for sentence in self._question.ask)
        return tuple(sentence[:1].upper() + sentence[1:] for sentence in filled)

    def _in_hand(self) -> tuple[str, ...]:
        """What help ends with: the question, unless it is being asked anyway."""
        return self._wording() if self._state == "asking" and self._narration.over else ()

    def _how_long(self) -> tuple[str, ...]:
        left = self._questionnaire.left(self._at, self._answers)
        match left:
            case 0:
                return self._voice.say("last_question")
            case 1:
                return self._voice.say("one_question_left")
            case _:
                return self._voice.say("questions_left", number=left)

    def _help(self) -> Iterator[str]:
        """The answers first, then what else can be said, a few to a sentence."""
        unsaid = {"help", "red_flag"} | (set() if self._question.skip else {"next"})
        others = [it for it in self._offered() if it not in unsaid]
        if self._state == "asking":
            possible = self._possible_answers()
            numbers = (self._voice.piece("a_number"),) if set(NUMBERS) & set(possible) else ()
            named = [it for it in possible if it not in NUMBERS and it not in CORRECTIONS]
            worded = (self._voice.taught(Command(it)) for it in named)
            yield from self._voice.say("help_answers", phrases=", ".join((*numbers, *worded)))
            others = [it for it in others if it not in possible]
        phrases = [self._voice.taught(command) for command in others]
        for index, breath in enumerate(in_breaths(phrases, READ_AT_ONCE)):
            yield from self._voice.say("help_list" if index else "help_others", phrases=breath)

    def _foreseeable(self) -> Iterator[str]:
        """What is likely to be said, to be rendered while there is time."""
        asked, say = self._questionnaire, self._voice.say
        for key in ("answered_yes", "answered_no", "answered_unsure"):
            yield from say(key)
        for question in asked.questions:
            yield from (sentence for sentence in question.ask if "{" not in sentence)
        if any(question.answer == "scale" for question in asked.questions):
            for number in SCALE:
                yield from say("answered_number", number=number)
        yield from asked.outro

    # --- What several of these share ------------------------------------------------------------------------

    @property
    def _question(self) -> Question:
        return self._questionnaire.questions[self._at]

    @property
    def _place(self) -> str:
        """Where the interview is: the question, or the state if none is being asked."""
        return self._question.id if self._state == "asking" else self._state

    def _enter(self, state: State) -> None:
        self._state = state
        self._reminder = NEVER
        self._reminders = 0
        self._actions += [Entered(self._place), Listen(self._offered())]

    def _note(self, kind: NoteKind, **detail: str | int | bool) -> None:
        self._actions.append(Note(self._moment, kind, detail=tuple(detail.items())))


class _Blank(dict[str, str]):
    """Fields to fill in; one that was never chosen stays empty, because a session must not end over a word."""

    def __missing__(self, key: str) -> str:
        return ""
