"""What an interview does with each answer and each word, one event at a time."""

import pytest

from coach.content import load_interview, load_voice
from coach.content.guidance import load_guidance
from coach.interview.conclusions import interview_on
from coach.interview.interview import ASK_AGAIN_AFTER, ASKED_AGAIN, Interview
from coach.interview.questions import Conclusion, Question, Questionnaire, answers_from
from coach.planning.readiness import RED_FLAGS
from coach.session.messages import (
    Action,
    Chime,
    Command,
    CutOff,
    End,
    Entered,
    Heard,
    Hush,
    Listen,
    Milliseconds,
    Note,
    Passed,
    Prepare,
    Say,
    SetVolume,
    Spoken,
    Troubled,
)

VOICE = load_voice("english")
RULES = load_guidance().readiness


class Asked:
    """An interview in which every sentence is heard to its end before the next word is said."""

    def __init__(self, interview: Interview) -> None:
        self.interview = interview
        self.actions: list[Action] = list(interview.begin())
        self.listen()

    @classmethod
    def on(cls, name: str) -> "Asked":
        return cls(interview_on(load_interview(name, VOICE), VOICE, RULES))

    def listen(self) -> "Asked":
        """Hear the coach out."""
        while True:
            told = [it.number for it in self.actions if isinstance(it, Say)]
            before = len(self.actions)
            self.actions += self.interview.handle(Spoken(told[-1]))
            self.actions += self.interview.handle(Passed(Milliseconds(300)))
            if not any(isinstance(it, Say) for it in self.actions[before:]):
                return self

    def say(self, *commands: str) -> "Asked":
        for command in commands:
            self.since = len(self.actions)
            self.actions += self.interview.handle(Heard(Command(command)))
            self.listen()
        return self

    def wait(self, ms: int) -> "Asked":
        self.since = len(self.actions)
        self.actions += self.interview.handle(Passed(Milliseconds(ms)))
        return self.listen()

    @property
    def told(self) -> list[str]:
        """What was said since the last word."""
        return [it.line.text for it in self.actions[self.since :] if isinstance(it, Say)]

    @property
    def place(self) -> str:
        return [it.state for it in self.actions if isinstance(it, Entered)][-1]

    @property
    def offered(self) -> set[str]:
        return set([it.commands for it in self.actions if isinstance(it, Listen)][-1])

    def notes(self, kind: str) -> list[dict[str, object]]:
        return [dict(it.detail) for it in self.actions if isinstance(it, Note) and it.kind == kind]

    @property
    def answers(self) -> dict[str, object]:
        return answers_from((it["question"], it["answer"]) for it in self.notes("answer"))

    @property
    def ends(self) -> list[str]:
        return [it.outcome for it in self.actions if isinstance(it, End)]


# --- Answers ---------------------------------------------------------------------------------------------


def test_what_was_understood_is_said_back_and_noted_at_once():
    asked = Asked.on("diary").say("number_7")
    assert asked.told[0] == "Seven out of ten."
    assert asked.notes("answer") == [{"question": "back", "answer": 7}]
    assert asked.place == "stress"


def test_no_to_several_questions_at_once_answers_each():
    asked = Asked.on("readiness").say("no", "no")
    assert all(asked.answers[flag] is False for flag in RED_FLAGS)
    assert asked.place == "pain_now"


@pytest.mark.parametrize("answer", ["yes", "unsure"])
def test_anything_but_no_asks_each_of_them(answer):
    assert Asked.on("readiness").say(answer).place == "bladder_or_bowel"


def test_the_notes_give_back_what_the_interview_knows():
    asked = Asked.on("readiness").say("no", "no", "number_3", "next", "unsure", "no", "next")
    assert asked.answers == dict(asked.interview.answers)
    assert "over_three_months" not in asked.answers
    assert asked.answers["seen_professional"] is None


def test_a_question_is_asked_only_if_the_one_it_depends_on_was_not_answered_by_no():
    assert "herniated_disc" not in Asked.on("readiness").say("no", "no", "number_3", "no", "no").answers
    assert Asked.on("readiness").say("no", "no", "number_3", "no", "yes").place == "herniated_disc"


def test_a_choice_is_said_back_in_its_own_words_and_taken_up_later():
    asked = Asked.on("habit").say("after_coffee")
    assert asked.told[0] == "All right, after I make coffee."
    asked.say("before_bed")
    assert any("after I make coffee, I do my back" in it for it in asked.told)


# --- Putting right ---------------------------------------------------------------------------------------


def test_a_correction_replaces_the_number_says_so_and_asks_the_question_in_hand_again():
    asked = Asked.on("diary").say("number_7", "correction_4")
    assert asked.answers == {"back": 4}
    assert asked.told[0] == "Put right: four out of ten."
    assert asked.told[-1].startswith("From zero to ten, how stressed")
    assert asked.place == "stress"


def test_the_last_number_can_still_be_put_right_while_the_last_words_are_said():
    interview = interview_on(load_interview("diary", VOICE), VOICE, RULES)
    asked = Asked(interview).say("number_1", "number_2")
    asked.actions += interview.handle(Heard(Command("number_3")))
    asked.say("correction_9")
    assert asked.answers["sleep"] == 9
    assert asked.ends == ["completed"]


def test_a_correction_is_offered_only_right_after_a_number_or_where_a_number_is_asked():
    assert "correction_4" not in Asked.on("readiness").offered
    assert "correction_4" in Asked.on("readiness").say("no", "no", "number_3").offered
    assert "correction_4" not in Asked.on("readiness").say("no", "no", "number_3", "no").offered


def test_a_correction_where_nothing_was_answered_is_an_answer():
    assert Asked.on("diary").say("correction_4").answers == {"back": 4}


def test_back_asks_the_question_before_again_and_the_last_answer_counts():
    asked = Asked.on("diary").say("number_7", "back")
    assert asked.place == "back"
    assert asked.say("number_2").answers == {"back": 2}


def test_back_at_the_first_question_asks_it_again():
    asked = Asked.on("diary").say("back")
    assert asked.told[0] == VOICE.say("already_first")[0]
    assert asked.place == "back"


def test_next_after_back_keeps_what_was_answered():
    asked = Asked.on("readiness").say("no", "back", "next")
    assert asked.place == "red_general"
    assert asked.answers["red_nerves"] is False


def test_an_answer_that_no_longer_stands_is_withdrawn():
    asked = Asked.on("readiness").say("no", "back", "yes")
    assert "bladder_or_bowel" not in asked.answers
    asked = Asked.on("readiness").say("no", "no", "number_3", "no", "yes", "yes", "back", "back", "no")
    assert "herniated_disc" not in asked.answers


def test_a_verdict_that_rests_on_a_mishearing_can_be_taken_back():
    interview = interview_on(load_interview("readiness", VOICE), VOICE, RULES)
    asked = Asked(interview).say("yes")
    asked.actions += interview.handle(Heard(Command("yes")))
    assert asked.place == "closing"
    asked.say("back", "no")
    assert asked.place == "saddle_numbness"
    assert asked.ends == []


# --- Leaving out -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [("red_nerves",), ("red_nerves", "red_general")])
def test_a_red_flag_is_never_left_out_and_it_is_said_why(flags):
    asked = Asked.on("readiness").say(*["no"] * (len(flags) - 1), "next")
    assert asked.place == flags[-1]
    assert asked.told[0].startswith("I ask because")
    assert "next" in asked.offered


def test_no_red_flag_may_be_left_out_nor_what_decides_about_strength_work():
    questions = {it.id: it for it in load_interview("readiness", VOICE).questions}
    assert not any(
        questions[it].skip for it in (*RED_FLAGS, "red_nerves", "red_general", "pain_now", "herniated_disc")
    )
    assert {it for covering in questions.values() for it in covering.covers} == set(RED_FLAGS)


def test_no_thanks_to_the_first_question_of_the_diary_ends_it_kindly():
    asked = Asked.on("diary").say("no")
    assert asked.told == list(VOICE.say("interview_refused"))
    assert asked.notes("end") == [{"outcome": "completed", "conclusion": "refused"}]
    assert "no" not in Asked.on("diary").say("number_1").offered


# --- What always works -----------------------------------------------------------------------------------


def test_stop_falls_silent_rings_and_ends_at_once():
    asked = Asked.on("readiness").say("no", "stop")
    assert asked.told == []
    assert [type(it) for it in asked.actions[asked.since :]] == [Hush, Chime, Entered, Listen, Note, End]
    assert asked.ends == ["stopped"]


@pytest.mark.parametrize(("word", "red_flag"), [("it_hurts", False), ("red_flag", True)])
def test_a_pain_word_is_noted_and_ends_it_with_what_to_do(word, red_flag):
    asked = Asked.on("readiness").say("no", word)
    assert isinstance(asked.actions[asked.since], Hush)
    assert asked.notes("pain") == [{"state": "red_general", "red_flag": red_flag}]
    assert asked.told[0] == VOICE.say("pain_halt")[0]
    assert asked.ends == ["eased"]


def test_after_a_red_flag_a_pain_word_takes_nothing_of_its_advice_away():
    asked = Asked.on("diary")
    asked.actions += asked.interview.handle(Heard(Command("red_flag")))
    asked.say("it_hurts")
    assert asked.told[-1] == VOICE.say("interview_red_flag")[-1]
    assert [note["red_flag"] for note in asked.notes("pain")] == [True, False]


def test_stop_in_the_last_words_leaves_what_was_answered_complete_and_lets_nothing_follow():
    interview = interview_on(load_interview("after", VOICE), VOICE, RULES)
    Asked(interview).say("fine")
    interview.handle(Heard(Command("yes")))
    (end,) = (it for it in interview.handle(Heard(Command("stop"))) if isinstance(it, End))
    assert end == End("completed", on_request=True)


def test_after_a_pause_the_question_is_asked_again():
    asked = Asked.on("diary").say("number_1", "pause")
    assert asked.place == "paused"
    assert "number_1" not in asked.offered
    assert asked.say("resume").place == "stress"
    assert asked.told[-1].startswith("From zero to ten, how stressed")


def test_louder_and_quieter_change_the_volume_and_know_their_limits():
    asked = Asked.on("diary").say("louder", "louder", "louder")
    assert [it.decibels for it in asked.actions if isinstance(it, SetVolume)] == [4, 8, 8]
    assert asked.told == list(VOICE.say("loudest"))


def test_slower_speaks_slower_from_then_on():
    asked = Asked.on("diary").say("slower", "repeat")
    rates = [it.line.words_per_minute for it in asked.actions if isinstance(it, Say)]
    assert rates[-1] < rates[0]


def test_help_reads_out_the_answers_first_and_ends_with_the_question():
    asked = Asked.on("morning").say("help")
    assert asked.told[0] == "You can answer: better, the same, worse, i don't know."
    assert asked.told[-1].startswith("Better, the same, or worse")


def test_how_long_tells_the_questions_left():
    asked = Asked.on("diary").say("how_long")
    assert asked.told == ["Two more questions after this one."]
    assert asked.say("number_1", "how_long").told == ["One more question after this one."]
    assert asked.say("number_1", "how_long").told == ["This is the last question."]


def test_a_trouble_is_told_and_the_question_still_stands():
    asked = Asked.on("diary")
    asked.actions += asked.interview.handle(Troubled("trouble_store"))
    assert asked.say("number_1").place == "stress"


# --- Silence ---------------------------------------------------------------------------------------------


def test_a_silent_person_is_asked_again_and_then_left_in_peace():
    asked = Asked.on("diary").say("number_3")
    for _ in range(ASKED_AGAIN):
        asked.wait(ASK_AGAIN_AFTER)
        assert asked.told[-1].startswith("From zero to ten, how stressed")
    asked.wait(ASK_AGAIN_AFTER)
    assert asked.ends == ["abandoned"]
    assert asked.answers == {"back": 3}


def test_whoever_answers_in_the_end_is_given_as_much_time_again():
    asked = Asked.on("diary").wait(ASK_AGAIN_AFTER).wait(ASK_AGAIN_AFTER).say("number_3")
    for _ in range(ASKED_AGAIN):
        asked.wait(ASK_AGAIN_AFTER)
    assert asked.ends == []


# --- Conclusions -----------------------------------------------------------------------------------------


def test_what_follows_from_an_answer_ends_the_questions_there():
    questions = tuple(Question(id=it, ask=("-",), answer="yes_no") for it in ("one", "two"))
    stop_early = Interview(
        Questionnaire(id="x", name="-", questions=questions),
        VOICE,
        decide=lambda answers: Conclusion("early", ("That is it.",)) if answers.get("one") else None,
    )
    asked = Asked(stop_early).say("yes")
    assert asked.notes("end") == [{"outcome": "completed", "conclusion": "early"}]
    assert "two" not in asked.answers


def test_without_last_words_it_ends_after_the_acknowledgement():
    asked = Asked.on("morning").say("worse")
    assert asked.told == ["All right, worse, thank you for telling me."]
    assert asked.ends == ["completed"]


def test_the_first_sentences_are_rendered_ahead():
    prepared = [line.text for it in Asked.on("readiness").actions if isinstance(it, Prepare) for line in it.lines]
    assert "How sore is your back right now?" in prepared
    assert "Four out of ten." in prepared


# --- Outages ---------------------------------------------------------------------------------------------


def outage(asked: Asked, seconds: float) -> list[str]:
    """What is said after nothing could be heard for so long."""
    asked.since = len(asked.actions)
    asked.actions += asked.interview.handle(CutOff(Milliseconds(round(1_000 * seconds)), "lost"))
    return asked.listen().told


def test_after_an_outage_the_question_in_hand_is_asked_again_and_nothing_is_taken_for_an_answer():
    asked = Asked.on("diary")
    question = [it.line.text for it in asked.actions if isinstance(it, Say)][-2:]
    assert outage(asked, 12) == ["I could not hear you for twelve seconds.", *question]
    assert asked.interview.answers == {}


def test_a_sentence_that_an_outage_cut_is_said_again_and_nothing_before_it():
    interview = interview_on(load_interview("diary", VOICE), VOICE, RULES)
    begun = [it.line.text for it in interview.begin() if isinstance(it, Say)]
    said = [it.line.text for it in interview.handle(CutOff(Milliseconds(3_000), "lost")) if isinstance(it, Say)]
    number = next(it.number for it in interview.handle(CutOff(Milliseconds(4_000), "lost")) if isinstance(it, Say))
    assert said == ["I could not hear you for three seconds."]
    interview.handle(Spoken(number))
    after = interview.handle(Passed(Milliseconds(300)))
    assert [it.line.text for it in after if isinstance(it, Say)] == begun


def test_after_a_long_outage_an_interview_waits_to_be_asked():
    asked = Asked.on("diary")
    question = [it.line.text for it in asked.actions if isinstance(it, Say)][-2:]
    assert outage(asked, 400) == ["I could not hear you for seven minutes.", *VOICE.say("paused")]
    assert asked.say("resume").told == question


def test_a_pause_survives_an_outage():
    asked = Asked.on("diary").say("pause")
    assert outage(asked, 3) == ["I could not hear you for three seconds.", *VOICE.say("still_paused")]
    assert asked.say("resume").told


def test_an_outage_is_noted_and_the_wait_for_an_answer_begins_anew():
    asked = Asked.on("diary")
    for _ in range(2 * ASKED_AGAIN):
        asked.wait(ASK_AGAIN_AFTER + 1_000)
        outage(asked, 3)
    assert not asked.interview.ended
    noted = [it for it in asked.actions if isinstance(it, Note) and it.kind == "outage"]
    assert dict(noted[0].detail)["cause"] == "lost"
    assert len(noted) == 2 * ASKED_AGAIN
