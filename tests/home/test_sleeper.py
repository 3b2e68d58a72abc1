"""The coach at home: what wakes it, what it does when awake, and that it always goes back to sleep."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.content import load_voice, routines
from coach.home.reminders import Calendar, Reminder
from coach.home.sleeper import ANCHORS, AWAKE_FOR, HOURS, ROUTINES, WANTED, Request, Sleeper
from coach.session.attention import UNASKED_CONFIDENCE, Attention
from coach.session.messages import (
    UNKNOWN,
    Chime,
    Command,
    CutOff,
    End,
    Entered,
    Heard,
    Hush,
    Hypothesis,
    Listen,
    Milliseconds,
    Note,
    Passed,
    Prepare,
    Say,
    Spoken,
    Troubled,
)
from coach.session.phrases import ANSWERS, COMMANDS, HOME

VOICE = load_voice("english")
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND = Passed(Milliseconds(1000))
WAKE = Command("wake")


class AtHome:
    """A sleeper and everything it did. It speaks a line in a second."""

    def __init__(self, *reminders: str, begins: datetime = MORNING, told: tuple[str, ...] = ()) -> None:
        when = tuple(Reminder(time.fromisoformat(it)) for it in reminders)
        self.wall = begins
        self.sleeper = Sleeper(VOICE, Calendar(reminders=when), begins, told)
        self.actions = list(self.sleeper.begin())

    def say(self, *commands: str) -> "AtHome":
        for command in commands:
            self.actions += self.sleeper.handle(Heard(Command(command)))
        return self

    def wait(self, seconds: int) -> "AtHome":
        for _ in range(seconds):
            self.wall += timedelta(seconds=1)
            self.actions += self.sleeper.handle(SECOND)
            self.actions += self.sleeper.look_at(self.wall)
            if self.lines:
                self.actions += self.sleeper.handle(Spoken(self.lines[-1].number))
        return self

    def all(self, kind):
        return [it for it in self.actions if isinstance(it, kind)]

    @property
    def lines(self) -> list[Say]:
        return self.all(Say)

    @property
    def state(self) -> str:
        return self.all(Entered)[-1].state

    @property
    def offered(self) -> set[str]:
        return set(self.all(Listen)[-1].commands)

    @property
    def said(self) -> list[str]:
        return [it.line.text for it in self.all(Say)]


# --- Asleep ----------------------------------------------------------------------------------------------


def test_asleep_it_listens_for_the_wake_phrase_and_for_nothing_else():
    assert AtHome().offered == {"wake"}


@pytest.mark.parametrize("command", sorted(COMMANDS - {WAKE}))
def test_asleep_nothing_else_is_obeyed(command):
    home = AtHome()
    before = len(home.actions)
    assert len(home.say(command).actions) == before


def test_a_night_of_sleep_says_nothing_renders_nothing_and_notes_nothing():
    home = AtHome()
    before = len(home.actions)
    home.wait(3600)
    assert home.actions[before:] == []
    assert [type(it) for it in home.actions] == [Entered, Listen, Prepare]


def test_called_it_chimes_at_once_and_says_that_it_is_there():
    home = AtHome().say("wake")
    assert [it.name for it in home.all(Chime)] == ["begin"]
    assert home.wait(1).said == list(VOICE.say("home_awake"))
    assert home.state == "awake"


def test_the_chime_is_not_hushed_by_what_follows_it():
    actions = AtHome().say("wake").actions
    assert actions.index(Hush()) < next(at for at, it in enumerate(actions) if isinstance(it, Chime))


def test_awake_it_falls_asleep_after_a_silence():
    home = AtHome().say("wake").wait(AWAKE_FOR // 1000 - 1)
    assert home.state == "awake"
    assert home.wait(5).state == "asleep"


def test_whoever_asks_for_help_has_as_long_again():
    home = AtHome().say("wake").wait(15).say("help").wait(AWAKE_FOR // 1000 - 1)
    assert home.state == "awake"


# --- Awake -----------------------------------------------------------------------------------------------


def test_awake_everything_that_can_be_wanted_is_heard_and_every_command_of_the_home_can_be():
    assert AtHome().say("wake").offered >= set(WANTED) | {"stop", "it_hurts", "red_flag"}
    assert set(WANTED) | {WAKE} >= HOME


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("begin", Request("begin")),
        ("my_plan", Request("plan")),
        ("how_am_i", Request("progress")),
        *((command, Request("begin", routine=routine)) for command, routine in ROUTINES.items()),
        *((command, Request("anchor", anchor=anchor)) for command, anchor in ANCHORS.items()),
    ],
    ids=str,
)
def test_what_others_lead_ends_it(command, wanted):
    home = AtHome().say("wake", command)
    assert home.sleeper.ended
    assert home.sleeper.request == wanted
    assert home.actions[-1] == End("completed")


def test_each_routine_there_is_can_be_asked_for():
    assert set(ROUTINES.values()) == {it.id for it in routines() if it.routine}


def test_what_has_happened_is_what_a_plan_for_a_habit_may_name():
    assert set(ANCHORS.values()) <= ANSWERS


def test_each_hour_is_understood_and_said_as_meant():
    for command, (hour, part) in HOURS.items():
        words = VOICE.understands[command][0].split()
        assert VOICE.number(hour) in words
        assert not part or part in words


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("remind_at_11", "All right, I remind you this morning at eleven."),
        ("remind_at_7", "All right, I remind you this evening at seven."),
        ("remind_at_7_morning", "All right, I remind you tomorrow morning at seven."),
        ("remind_at_9_evening", "All right, I remind you this evening at nine."),
        ("remind_at_9", "All right, I remind you this evening at nine."),
        ("snooze", "All right, in ten minutes again."),
    ],
)
def test_it_says_what_it_will_do_and_goes_to_sleep(command, told):
    home = AtHome().say("wake").wait(2).say(command).wait(2)
    assert home.said[-1] == told
    assert home.state == "asleep"


@pytest.mark.parametrize("command", ["not_today", "good_night"])
def test_it_leaves_people_in_peace_when_told_to(command):
    home = AtHome("09:10", "09:15").say("wake", command).wait(1200)
    assert [it.name for it in home.all(Chime)] == ["begin"]


def test_help_is_read_out_a_few_phrases_at_a_time_and_each_works():
    home = AtHome().say("wake").wait(2).say("help").wait(5)
    read = ", ".join(line.rpartition(":")[2].strip(" .") for line in home.said[1:]).casefold().split(", ")
    assert len(read) == 8
    assert set(read) - {"stop"} <= {phrase for it in WANTED for phrase in VOICE.understands[it]}


# --- Reminding -------------------------------------------------------------------------------------------


def test_a_reminder_wakes_it_and_is_answered_without_a_call():
    home = AtHome("09:00", begins=MORNING).wait(5)
    assert home.said == list(VOICE.say("home_reminder"))
    assert "begin" in home.offered
    assert home.say("begin").sleeper.request == Request("begin")


def test_whoever_is_awake_is_not_interrupted_by_a_reminder():
    home = AtHome("09:01").say("wake").wait(50)
    assert home.wait(5).say("wake").wait(10).say("help").wait(2).state == "awake"
    assert VOICE.say("home_reminder")[0] not in home.said
    assert VOICE.say("home_reminder")[0] in home.wait(60).said


def test_a_reminder_that_was_answered_is_not_repeated():
    home = AtHome("09:00").wait(2).say("help").wait(3600)
    assert VOICE.say("home_reminder_again")[0] not in home.said


def test_what_was_asked_for_is_told_and_can_be_said_again():
    home = AtHome(told=("Today: walking.",)).wait(2).say("repeat").wait(2)
    assert home.said == ["Today: walking.", "Today: walking."]
    assert home.state == "awake"


# --- Stop, and pain --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before", [("wake",), ("wake", "help"), ("wake", "snooze"), ("wake", "it_hurts"), ("wake", "red_flag")]
)
def test_stop_ends_whatever_goes_on_at_once(before):
    home = AtHome().say(*before)
    already = len(home.actions)
    home.say("stop")
    assert home.actions[already] == Hush()
    assert home.state == "asleep"
    assert home.wait(30).all(Say) == [it for it in home.actions[:already] if isinstance(it, Say)]


@pytest.mark.parametrize(("command", "red_flag"), [("it_hurts", False), ("red_flag", True)])
def test_a_pain_word_is_noted_as_a_record_of_its_own_and_answered_with_advice(command, red_flag):
    home = AtHome().wait(3600).say("wake").wait(2).say(command).wait(10)
    assert [note.kind for note in home.all(Note)] == ["interview", "pain", "end"]
    assert dict(home.all(Note)[1].detail)["red_flag"] is red_flag
    assert home.all(Note)[0].at == 0, "a record counts from its own beginning"
    assert home.said[1:] == list(VOICE.say("interview_red_flag" if red_flag else "pain_end"))
    assert home.state == "asleep"


def test_after_a_red_flag_a_pain_word_takes_nothing_of_its_advice_away():
    home = AtHome().say("wake").wait(2).say("red_flag").wait(1).say("it_hurts").wait(10)
    advice = VOICE.say("interview_red_flag")
    assert home.said[-len(advice) :] == list(advice)
    home.wait(60).say("wake").wait(2).say("it_hurts").wait(10)
    assert home.said[-1] == VOICE.say("pain_end")[-1], "what was told another time is told"


def test_a_record_of_a_pain_has_an_end_even_if_the_person_goes_on():
    home = AtHome().say("wake", "it_hurts", "it_hurts", "wake", "begin")
    assert [note.kind for note in home.all(Note)] == ["interview", "pain", "pain", "end"]


def test_a_trouble_is_told_only_to_somebody_who_is_there():
    home = AtHome()
    home.actions += home.sleeper.handle(Troubled("trouble_store"))
    assert home.wait(1).said == []
    home.say("wake").wait(2)
    home.actions += home.sleeper.handle(Troubled("trouble_store"))
    assert home.wait(5).said[1:] == list(VOICE.say("trouble_store"))
    assert home.wait(25).state == "asleep"


def test_who_is_in_pain_hears_what_is_good_to_know_before_a_trouble_which_is_told_once():
    home = AtHome()
    home.say("wake").wait(2).say("it_hurts")
    for _ in range(2):  # one for each note that could not be written
        home.actions += home.sleeper.handle(Troubled("trouble_store"))
    assert home.wait(30).said[1:] == [*VOICE.say("pain_end"), *VOICE.say("trouble_store")]
    assert home.state == "asleep"


# --- The wake phrase, through the attention --------------------------------------------------------------


def woken_by(*hypotheses: Hypothesis) -> bool:
    attention = Attention()
    attention.attend_to(VOICE.meanings_of([WAKE]))
    now, heard = 0, []
    for hypothesis in hypotheses:
        for block in range(20):
            now += 20
            news = [hypothesis] if block == 0 else []
            heard.append(attention.consider(news, Milliseconds(now), lambda _since: ""))
    return any(heard)


@pytest.mark.parametrize("phrase", VOICE.understands[WAKE])
def test_a_wake_phrase_is_a_whole_utterance_understood_clearly(phrase):
    assert woken_by(Hypothesis(phrase, final=True, confidence=UNASKED_CONFIDENCE))
    assert not woken_by(Hypothesis(phrase, final=True, confidence=UNASKED_CONFIDENCE - 0.01))


@pytest.mark.parametrize("phrase", VOICE.understands[WAKE])
def test_a_wake_phrase_that_may_go_on_wakes_nobody(phrase):
    assert not woken_by(Hypothesis(phrase, final=False), Hypothesis(phrase, final=False))
    assert not woken_by(
        Hypothesis(phrase, final=False), Hypothesis(f"{phrase} {UNKNOWN}", final=True, confidence=1)
    )


words = st.lists(
    st.sampled_from([UNKNOWN, "people", *{w for p in VOICE.understands[WAKE] for w in p.split()}]), max_size=6
)


@given(words, st.floats(0, 1))
def test_nothing_but_wake_phrases_wakes(heard, confidence):
    text = " ".join(heard)
    rest = text
    for phrase in VOICE.understands[WAKE]:
        rest = rest.replace(phrase, "")
    woken = woken_by(Hypothesis(text, final=True, confidence=confidence))
    assert woken == (bool(text) and not rest.strip() and confidence >= UNASKED_CONFIDENCE)


# --- Whatever happens ------------------------------------------------------------------------------------

SPEAK = Spoken(-1)
"""Stands for "the line that was asked for last has been spoken", whatever its number."""

STAYING = (
    "wake",
    "wake",
    "help",
    "repeat",
    "snooze",
    "not_today",
    "good_night",
    "remind_at_7",
    "it_hurts",
    "stop",
)
events = st.lists(
    st.one_of(
        st.sampled_from(STAYING).map(lambda it: Heard(Command(it))),
        st.sampled_from(sorted(COMMANDS)).map(Heard),
        st.integers(1, 30_000).map(lambda ms: Passed(Milliseconds(ms))),
        st.just(Troubled("trouble_store")),
        st.just(SPEAK),
        st.integers(0, 20).map(Spoken),
    ),
    max_size=30,
)


def lived(stream) -> AtHome:
    home = AtHome("09:00", "12:00")
    for event in stream:
        if event is SPEAK:
            home.actions += home.sleeper.handle(Spoken(home.all(Say)[-1].number)) if home.all(Say) else ()
        else:
            home.actions += home.sleeper.handle(event)
        if isinstance(event, Passed):
            home.wall += timedelta(milliseconds=event.ms)
            home.actions += home.sleeper.look_at(home.wall)
    return home


@settings(max_examples=100)
@given(events)
def test_whatever_happens_it_comes_back_to_sleep(stream):
    home = lived(stream).wait(80)
    assert home.state in ("asleep", "ended")
    assert (home.state == "ended") == home.sleeper.ended == (home.sleeper.request is not None)


@settings(max_examples=100)
@given(events)
def test_whatever_happens_stop_silences_it(stream):
    home = lived(stream)
    was = home.state
    already = len(home.actions)
    home.say("stop")
    if was in ("asleep", "ended"):
        assert len(home.actions) == already
    else:
        assert home.state == "asleep"
        assert [it for it in home.actions[already:] if isinstance(it, Say)] == []


@settings(max_examples=100)
@given(events)
def test_whatever_happens_only_a_call_or_a_reminder_wakes_it(stream):
    home = AtHome("12:00")
    for event in stream:
        asleep = home.state == "asleep"
        home.actions += home.sleeper.handle(event)
        if asleep and home.state != "asleep":
            assert event == Heard(WAKE)


@settings(max_examples=100)
@given(events)
def test_every_record_that_is_begun_is_ended(stream):
    kinds = [note.kind for note in lived(stream).wait(80).all(Note)]
    assert kinds.count("interview") == kinds.count("end")
    assert kinds[-1:] in ([], ["end"])


@settings(max_examples=100)
@given(events)
def test_the_same_events_bring_the_same_actions(stream):
    assert lived(stream).actions == lived(stream).actions


# --- Outages ---------------------------------------------------------------------------------------------

NIGHT = MORNING.replace(hour=23)


def cut_off(home: AtHome, seconds: float, *, told: bool = True) -> list[str]:
    """What is said after nothing could be heard for so long."""
    before = len(home.lines)
    home.actions += home.sleeper.handle(CutOff(Milliseconds(round(1_000 * seconds)), "silent", told=told))
    home.wait(10)
    return home.said[before:]


def test_who_was_told_that_nothing_is_heard_is_told_when_it_is_and_it_sleeps_on():
    home = AtHome().wait(5)
    assert cut_off(home, 60) == list(VOICE.say("home_hears_again"))
    assert home.state == "asleep"
    assert home.offered == {"wake"}


@pytest.mark.parametrize(("begins", "told"), [(MORNING, False), (NIGHT, True), (NIGHT, False)])
def test_a_sleeper_says_nothing_of_what_nobody_was_told_and_nothing_in_the_quiet_hours(begins, told):
    home = AtHome(begins=begins).wait(5)
    assert cut_off(home, 60, told=told) == []
    assert home.state == "asleep"


def test_after_good_night_nothing_is_said_of_an_outage():
    home = AtHome().say("wake", "good_night").wait(10)
    assert cut_off(home, 60) == []


def test_a_conversation_goes_on_where_it_was():
    home = AtHome().say("wake").wait(5)
    assert cut_off(home, 12) == ["I could not hear you for twelve seconds."]
    assert home.state == "awake"
    assert set(WANTED) <= home.offered


def test_what_was_being_said_is_said_again():
    home = AtHome(told=("One.", "Two.", "Three.")).wait(1)
    said = cut_off(home, 2)
    assert said[0] == "I could not hear you for two seconds."
    assert said[-1] == "Three."


def test_after_a_long_outage_nobody_is_talked_to_any_more():
    home = AtHome().say("wake").wait(5)
    assert cut_off(home, 3_600) == list(VOICE.say("home_hears_again"))
    assert home.state == "asleep"
    home.say("wake").wait(5)
    assert cut_off(home, 3_600, told=False) == []
    assert home.state == "asleep"


def test_an_outage_leaves_no_record_of_its_own():
    home = AtHome().wait(5)
    cut_off(home, 60)
    assert home.all(Note) == []
