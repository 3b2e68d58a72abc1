"""Thousands of random conversations: what must stay true whatever is answered."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.content import load_interview, load_voice
from coach.content.guidance import load_guidance
from coach.interview.conclusions import interview_on
from coach.interview.interview import Interview
from coach.interview.questions import answers_from
from coach.planning.readiness import RED_FLAGS, judge
from coach.session.messages import (
    Action,
    Command,
    End,
    Event,
    Heard,
    Hush,
    Listen,
    Milliseconds,
    Note,
    Passed,
    Say,
    Spoken,
    Troubled,
)
from coach.session.phrases import COMMANDS

VOICE = load_voice("english")
RULES = load_guidance().readiness
NAMES = ("readiness", "morning", "after", "diary", "habit")
ASKED = {name: load_interview(name, VOICE) for name in NAMES}

SPEAK = Spoken(-1)
"""Stands for "the line that was asked for last has been spoken", whatever its number."""

LIKELY = ("yes", "no", "no", "unsure", "next", "back", "number_3", "number_9", "correction_4", "after_coffee")
passing = st.integers(1, 40_000).map(lambda ms: Passed(Milliseconds(ms)))
events = st.lists(
    st.one_of(
        st.sampled_from(sorted(COMMANDS)).map(Heard),
        st.sampled_from(LIKELY).map(lambda it: Heard(Command(it))),
        st.sampled_from(LIKELY).map(lambda it: Heard(Command(it))),
        passing,
        st.integers(0, 30).map(Spoken),
        st.just(Troubled("trouble_store")),
        st.just(SPEAK),
    ),
    max_size=60,
)
names = st.sampled_from(NAMES)

Log = list[tuple[Event | None, tuple[Action, ...]]]


def run(name: str, stream: list[Event]) -> tuple[Interview, Log]:
    """Drive an interview; return every event with the actions it brought."""
    interview = interview_on(ASKED[name], VOICE, RULES)
    log: Log = [(None, interview.begin())]
    for event in stream:
        log.append((event, interview.handle(resolved(event, log))))
    return interview, log


def resolved(event: Event, log: Log) -> Event:
    return Spoken(all_of(Say, log)[-1].number) if event is SPEAK else event


def all_of(kind, log: Log):
    return [action for _, actions in log for action in actions if isinstance(action, kind)]


def answers_in(log: Log) -> dict[str, object]:
    details = [dict(note.detail) for note in all_of(Note, log) if note.kind == "answer"]
    return answers_from((it["question"], it["answer"]) for it in details)


@settings(max_examples=300)
@given(names, events)
def test_it_never_raises_and_the_same_events_bring_the_same_actions(name, stream):
    assert run(name, stream)[1] == run(name, stream)[1]


@settings(max_examples=200)
@given(names, events, events)
def test_stop_always_ends_it_at_once_and_nothing_is_said_afterwards(name, before, after):
    interview, log = run(name, [*before, Heard(Command("stop"))])
    assert interview.ended
    last = log[-1][1]
    if last:
        assert isinstance(last[0], Hush)
        assert not any(isinstance(action, Say) for action in last)
        assert isinstance(last[-1], End)
    for event in after:
        assert interview.handle(event) == ()


@settings(max_examples=200)
@given(names, events, st.sampled_from(["it_hurts", "red_flag"]))
def test_a_pain_word_ends_the_questions_whatever_went_before(name, before, word):
    interview, log = run(name, before)
    if interview.ended:
        return
    actions = interview.handle(Heard(Command(word)))
    assert isinstance(actions[0], Hush)
    assert any(isinstance(action, Note) and action.kind == "pain" for action in actions)
    for answer in ("yes", "no", "number_3", "back", "resume", "correction_4"):
        assert not [it for it in interview.handle(Heard(Command(answer))) if isinstance(it, Note)]
    log.append((None, actions))
    hear_out(interview, log)
    assert all_of(End, log)[-1].outcome == "eased"


@settings(max_examples=200)
@given(names, events)
def test_whoever_falls_silent_is_left_in_peace_in_the_end(name, before):
    interview, log = run(name, before)
    hear_out(interview, log)
    assert interview.ended
    assert len(all_of(End, log)) == 1
    assert all_of(Note, log)[-1].kind == "end"


@settings(max_examples=300)
@given(events)
def test_a_red_flag_always_concludes(before):
    interview, log = run("readiness", before)
    hear_out(interview, log)
    answers = answers_in(log)
    end = dict(all_of(Note, log)[-1].detail)
    if any(answers.get(flag, False) is not False for flag in RED_FLAGS) and end["outcome"] != "eased":
        assert end["conclusion"] == "not_today" or end["outcome"] in ("stopped", "abandoned")
    if end["conclusion"]:
        assert end["conclusion"] == judge(answers, RULES).outcome


@settings(max_examples=200)
@given(events)
def test_readiness_is_completed_only_when_everything_that_keeps_safe_was_answered(before):
    interview, log = run("readiness", before)
    hear_out(interview, log)
    answers, end = answers_in(log), dict(all_of(Note, log)[-1].detail)
    if end["outcome"] == "completed" and end["conclusion"] != "not_today":
        assert {*RED_FLAGS, "pain_now"} <= answers.keys()


@settings(max_examples=300)
@given(names, events)
def test_the_notes_give_back_the_answers(name, stream):
    interview, log = run(name, stream)
    assert answers_in(log) == dict(interview.answers)


@settings(max_examples=300)
@given(names, events)
def test_only_what_is_listened_for_changes_anything(name, stream):
    interview, log = run(name, stream)
    offered = set(all_of(Listen, log)[-1].commands)
    for command in sorted(COMMANDS - offered):
        assert interview.handle(Heard(command)) == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_state_listens_for_stop_and_for_pain(name):
    interview, log = run(name, [Heard(Command("no")), Heard(Command("pause"))])
    assert not interview.ended
    for listen in all_of(Listen, log):
        assert {"stop", "it_hurts", "red_flag"} <= set(listen.commands)


def hear_out(interview: Interview, log: Log) -> None:
    """Let the coach speak, and say nothing any more."""
    for _ in range(400):
        if interview.ended:
            return
        log.append((None, interview.handle(resolved(SPEAK, log))))
        log.append((None, interview.handle(Passed(Milliseconds(20_000)))))
