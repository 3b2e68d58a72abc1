from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from coach import content
from coach.content import load_voice
from coach.content.guidance import load_guidance
from coach.devices.store import SqliteStore
from coach.errors import StoreFailed
from coach.front_end import FrontEnd
from coach.history import read_past, read_sessions
from coach.interview.interview import Interview
from coach.loop import Hands, lead
from coach.planning.past import Past
from coach.ports import Mind
from coach.practice import Practice, Wishes
from coach.rehearsal.ears import ScriptedEars
from coach.rehearsal.echo import NoEcho
from coach.rehearsal.listener import ScriptedListener
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.rehearse import spoken_by
from coach.rehearsal.room import QuietRoom
from coach.rehearsal.script import Remark, Script, When
from coach.rehearsal.trace import Trace
from coach.session.messages import End, Milliseconds, Note, Say

VOICE = load_voice()
ROUTINES = [it.routine for it in content.routines() if it.routine]
EXERCISES = [part.exercise for routine in ROUTINES for part in routine.parts]
MONDAY = date(2026, 3, 2)

ALL_WELL = {"red_nerves": "no", "red_general": "no", "pain_now": "one", "over_three_months": "no",
            "seen_professional": "yes", "herniated_disc": "no", "other_diagnosis": "no"}  # fmt: skip
A_RED_FLAG = {"red_nerves": "yes", "bladder_or_bowel": "yes"}
AFTERWARDS = {"effort": "fine", "enjoyed": "yes", "anchor": "after coffee", "late": "a little", "confirm": "yes"}
DIARY = {"back": "two", "stress": "one", "sleep": "eight", "back_next_morning": "better"}


class Person:
    """Somebody who practises at home, on understudies with a real history, and answers each question one way."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self.led: list[str] = []
        self.said: dict[str, list[str]] = {}

    def hurt_in(self, routine: str, day: date, **told: str | int) -> None:
        """A session that day, at eight, which a pain in its first exercise ended."""
        first = next(it.parts[0].exercise for it in ROUTINES if it.id == routine)
        at = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
        with closing(SqliteStore(self.store, routine=routine, started_at=at)) as kept:
            kept.keep(Note(Milliseconds(0), "session", detail=(("sets", 1),)))
            kept.keep(Note(Milliseconds(60_000), "pain", first.id, (("state", "moving"),)))
            kept.keep(Note(Milliseconds(70_000), "pain_told", first.id, tuple(told.items())))
            kept.keep(Note(Milliseconds(90_000), "end", detail=(("outcome", "eased"),)))

    def practise(
        self, day: date, answers: Mapping[str, str | tuple[str, ...]], *, tomorrow_from: str = "", **more
    ) -> End:
        """Several answers to a question are given one after another, whenever it is asked anew. From the mind of a
        name on, midnight has passed."""
        self.led, self.said = [], {}

        def lead_one(mind: Mind, name: str) -> End:
            trace = Trace()
            mouth = HummingMouth()
            given = {it: [said] if isinstance(said, str) else said for it, said in answers.items()}
            remarks = (
                Remark(words=said[min(self.led.count(name), len(said) - 1)], when=When(state=state, after_s=1))
                for state, said in given.items()
                if _asks(mind, state) or (state == "closing" and isinstance(mind, Interview))
            )
            own = Script("answers", tuple(remarks))
            room = QuietRoom(spoken_by(ScriptedListener(own, mouth, trace)))
            started = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
            if tomorrow_from in (name, *self.led):
                started += timedelta(days=1)
            store = SqliteStore(self.store, routine=name, started_at=started)
            try:
                end = lead(mind, VOICE, Hands(room, FrontEnd(NoEcho()), ScriptedEars(trace), mouth, store), trace)
            finally:
                store.close()
            self.led.append(name)
            self.said[name] = [said.line.text for _, said in trace.each(Say)]
            return end

        return Practice(
            lead_one, lambda: read_past(self.store, EXERCISES), day, ROUTINES, load_guidance(), VOICE, **more
        ).go()


def _asks(mind: Mind, state: str | None) -> bool:
    asked = getattr(mind, "_questionnaire", None)
    return asked is not None and state in {question.id for question in asked.questions}


@pytest.fixture
def person(tmp_path):
    return Person(tmp_path / "history.sqlite3")


BRIEFLY = Wishes(minutes=3)


def test_the_first_practice_asks_whether_to_begin_tells_the_plan_leads_it_and_asks_how_it_was(person):
    end = person.practise(MONDAY, {**ALL_WELL, "begin": "yes", **AFTERWARDS}, wishes=BRIEFLY)
    assert end == End("completed")
    first, consent, routine, after = person.led
    assert (first, consent, after) == ("readiness", "begin", "after")
    assert routine in {it.id for it in ROUTINES}
    assert any("minute" in sentence for sentence in person.said["begin"])
    assert read_sessions(person.store, None)[0].interview == "after"
    assert read_past(person.store, EXERCISES).sessions[-1].effort == "fine"


def test_the_next_day_asks_how_the_morning_was_and_for_the_diary_and_then_for_a_habit_once(person):
    person.practise(MONDAY, {**ALL_WELL, "begin": "yes", **AFTERWARDS}, wishes=BRIEFLY)
    person.practise(MONDAY + timedelta(1), {**DIARY, "begin": "yes", **AFTERWARDS}, wishes=BRIEFLY)
    assert person.led[:3] == ["morning", "diary", "begin"]
    assert person.led[-2:] == ["after", "habit"]
    person.practise(MONDAY + timedelta(2), {**DIARY, "begin": "yes", **AFTERWARDS}, wishes=BRIEFLY)
    assert "habit" not in person.led


def test_the_plan_is_made_anew_for_the_time_at_hand(person):
    person.practise(MONDAY, {**ALL_WELL, "begin": "no"})
    before = list(person.said["begin"])
    person.practise(MONDAY, {"begin": ("i have five minutes", "no")})
    assert person.led == ["begin", "begin"]
    assert person.said["begin"] != before
    assert "about four minutes" in person.said["begin"][0]


@pytest.mark.parametrize("first_of_tomorrow", ["diary", "begin"])
def test_a_diary_counts_in_the_practice_it_is_part_of_though_midnight_passes(person, first_of_tomorrow):
    person.practise(MONDAY, {**ALL_WELL, "begin": "no"})
    sore = {**DIARY, "back": "five", "begin": "no"}
    person.practise(MONDAY + timedelta(1), sore, tomorrow_from=first_of_tomorrow)
    assert person.led == ["diary", "begin"]
    assert "gentle" in person.said["begin"][0]


def test_questions_that_a_worse_morning_brings_are_asked_once_though_midnight_passes(person):
    person.practise(MONDAY, {**ALL_WELL, "begin": "yes", **AFTERWARDS}, wishes=BRIEFLY)
    worse = {**ALL_WELL, "back_next_morning": "worse", "begin": "no"}
    person.practise(MONDAY + timedelta(1), worse, tomorrow_from="readiness")
    assert person.led == ["morning", "readiness", "begin"]


def test_on_the_same_day_nothing_is_asked_twice(person):
    person.practise(MONDAY, {**ALL_WELL, "begin": "no"})
    person.practise(MONDAY, {"begin": "no"})
    assert person.led == ["begin"]


def test_a_red_flag_leads_to_no_exercise_and_says_whom_to_see(person):
    end = person.practise(MONDAY, A_RED_FLAG)
    assert end == End("completed")
    assert person.led == ["readiness", "plan"]
    assert any("doctor" in sentence for sentence in person.said["readiness"])
    assert not read_past(person.store, EXERCISES).sessions


def test_after_a_long_while_the_morning_is_asked_first_and_a_worse_one_asks_nothing_twice(person):
    person.practise(MONDAY, {**ALL_WELL, "begin": "yes", **AFTERWARDS}, wishes=BRIEFLY)
    worse = {**ALL_WELL, "back_next_morning": "worse", "begin": "no"}
    person.practise(MONDAY + timedelta(60), worse, wishes=BRIEFLY)
    assert person.led == ["morning", "readiness", "begin"]


def test_on_the_day_of_a_sign_in_a_session_nothing_is_asked_and_it_is_said_why(person):
    person.practise(MONDAY, {**ALL_WELL, "begin": "no"})
    person.hurt_in("break", MONDAY, response="see_someone")
    for chosen in (None, next(it for it in ROUTINES if it.id == "gentle")):
        assert person.practise(MONDAY, ALL_WELL, chosen=chosen) == End("completed")
        assert person.led == ["plan"]
        assert person.said["plan"][: len(VOICE.say("plan_enough_sign"))] == list(VOICE.say("plan_enough_sign"))
    person.practise(MONDAY + timedelta(1), {**ALL_WELL, **DIARY, "begin": "no"})
    assert person.led == ["morning", "readiness", "begin"]


def test_a_routine_that_is_chosen_by_name_is_led_without_questions(person):
    chosen = next(it for it in ROUTINES if it.id == "break")
    assert person.practise(MONDAY, {}, chosen=chosen) == End("completed")
    assert person.led == ["break"]


def test_after_a_red_flag_not_even_a_chosen_routine_is_led(person):
    person.practise(MONDAY, A_RED_FLAG)
    chosen = next(it for it in ROUTINES if it.id == "break")
    person.practise(MONDAY, {}, chosen=chosen)
    assert person.led == ["plan"]
    person.practise(MONDAY + timedelta(1), A_RED_FLAG, chosen=chosen)
    assert person.led == ["readiness", "plan"]


def test_after_severe_pain_in_a_session_the_day_is_over_and_the_next_one_asks_how_the_back_is(person):
    person.practise(MONDAY, {**ALL_WELL, "begin": "no"})
    person.hurt_in("lower-back-circuit", MONDAY, strength=9, kind="sharp", response="end")
    person.practise(MONDAY, ALL_WELL)
    assert person.led == ["plan"]
    assert person.said["plan"] == list(VOICE.say("plan_enough"))
    person.practise(MONDAY + timedelta(1), {**ALL_WELL, **DIARY, "pain_now": "nine"})
    assert person.led == ["morning", "readiness", "plan"]


def test_who_was_never_asked_is_asked_after_severe_pain_even_for_what_is_chosen_by_name(person):
    person.hurt_in("lower-back-circuit", MONDAY, strength=9, kind="sharp", response="end")
    chosen = next(it for it in ROUTINES if it.id == "gentle")
    person.practise(MONDAY + timedelta(9), {**ALL_WELL, **DIARY, "begin": "no"}, chosen=chosen)
    assert person.led == ["morning", "readiness", "begin"]


@pytest.mark.parametrize(("name", "led"), [("lower-back-circuit", ["plan"]), ("gentle", ["begin"])])
def test_while_the_back_is_sore_what_is_chosen_by_name_is_planned_as_ever(person, name, led):
    person.practise(MONDAY, {**ALL_WELL, "begin": "no"})
    person.hurt_in("lower-back-circuit", MONDAY, strength=4, kind="dull", response="another")
    chosen = next(it for it in ROUTINES if it.id == name)
    person.practise(MONDAY, {"begin": "no"}, chosen=chosen)
    assert person.led == led


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:1000] = bytes(900)
    path.write_bytes(content)


def test_of_a_history_that_cannot_be_read_it_is_told_and_nothing_is_led_unasked(person):
    person.practise(MONDAY, A_RED_FLAG)
    damage(person.store)
    chosen = next(it for it in ROUTINES if it.id == "break")
    person.practise(MONDAY, {**ALL_WELL, "begin": "no"}, chosen=chosen)
    assert person.led == ["readiness", "begin"]
    assert VOICE.say("trouble_store")[0] in person.said["readiness"]
    person.practise(MONDAY, {}, chosen=chosen)  # what was answered stands in a new history
    assert person.led == ["break"]


def test_a_history_that_stays_unreadable_ends_the_practice_before_anything_is_planned(person):
    def remember() -> Past:
        raise StoreFailed("The card does not answer.")

    led: list[str] = []

    def lead_one(_mind: Mind, name: str) -> End:
        led.append(name)
        return End("completed")

    with pytest.raises(StoreFailed, match="The card"):
        Practice(lead_one, remember, MONDAY, ROUTINES, load_guidance(), VOICE).go()
    assert led == ["readiness"]


@pytest.mark.parametrize(("name", "led"), [("core", ["plan"]), ("break", ["break"])])
def test_with_a_herniated_disc_strength_is_not_even_led_by_its_name(person, name, led):
    person.practise(MONDAY, {**ALL_WELL, "herniated_disc": "yes", "begin": "no"})
    chosen = next(it for it in ROUTINES if it.id == name)
    person.practise(MONDAY, {"begin": "no"}, chosen=chosen)
    assert person.led == led


def test_who_would_rather_not_begin_is_not_pressed(person):
    assert person.practise(MONDAY, {**ALL_WELL, "begin": "no"}) == End("stopped", on_request=True)
    assert person.led == ["readiness", "begin"]
    assert person.said["begin"][-1] == VOICE.say("plan_left")[-1]


@pytest.mark.parametrize("question", ["red_nerves", "pain_now", "begin"])
def test_stop_ends_the_practice_at_every_question(person, question):
    assert person.practise(MONDAY, {**ALL_WELL, "begin": "yes", question: "stop"}) == End(
        "stopped", on_request=True
    )
    assert not read_past(person.store, EXERCISES).sessions


def test_who_says_stop_after_yes_is_not_led_into_a_session(person):
    person.practise(MONDAY, {**ALL_WELL, "begin": "no"})
    end = person.practise(MONDAY, {"begin": "yes", "closing": "stop"})
    assert person.led == ["begin"]
    assert end.on_request


def test_who_says_stop_in_the_last_words_of_a_question_is_asked_no_other(person):
    person.practise(MONDAY, {**ALL_WELL, "closing": "stop", "begin": "yes"})
    assert person.led == ["readiness"]


def test_a_diary_that_is_refused_keeps_nobody_from_practising(person):
    person.practise(MONDAY, {**ALL_WELL, "begin": "no"})
    person.practise(MONDAY + timedelta(1), {"back": "no thanks", "begin": "yes", **AFTERWARDS}, wishes=BRIEFLY)
    assert person.led[:2] == ["diary", "begin"]
    assert len(person.led) > 3
