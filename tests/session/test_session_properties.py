"""Thousands of random event streams: what must stay true whatever happens."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from coach.content import load_routine, load_voice
from coach.session import table
from coach.session.messages import (
    Action,
    Command,
    End,
    Entered,
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
from coach.session.plan import variant_of
from coach.session.session import Session

VOICE = load_voice("english")
CIRCUIT = load_routine("lower-back-circuit")
SHORT = replace(CIRCUIT, rounds=2, rest_s=0.0)

commands = st.sampled_from(sorted(COMMANDS)).map(Heard)
passing = st.integers(1, 40_000).map(lambda ms: Passed(Milliseconds(ms)))
blocks = st.just(Passed(Milliseconds(20)))
any_spoken = st.integers(0, 30).map(Spoken)
troubles = st.sampled_from(["trouble_store", "trouble_mouth"]).map(Troubled)
SPEAK = Spoken(-1)
"""Stands for "the line that was asked for last has been spoken", whatever its number."""

events = st.lists(
    st.one_of(commands, passing, blocks, any_spoken, troubles, st.just(SPEAK), st.just(SPEAK)), max_size=60
)
routines = st.sampled_from([CIRCUIT, SHORT])


def run(routine, stream: list[Event]) -> tuple[Session, list[tuple[Event | None, tuple[Action, ...]]]]:
    """Drive a session; return every event with the actions it brought."""
    session = Session(routine, VOICE)
    log: list[tuple[Event | None, tuple[Action, ...]]] = [(None, session.begin())]
    for drawn in stream:
        numbers = [a.number for _, actions in log for a in actions if isinstance(a, Say)]
        event = Spoken(numbers[-1]) if drawn is SPEAK else drawn
        log.append((event, session.handle(event)))
    return session, log


@settings(max_examples=400, deadline=None)
@given(routines, events)
def test_it_never_raises_and_the_same_events_bring_the_same_actions(routine, stream):
    assert run(routine, stream)[1] == run(routine, stream)[1]


@settings(max_examples=400, deadline=None)
@given(routines, events, events)
def test_stop_always_ends_it_at_once_and_nothing_is_spoken_afterwards(routine, before, after):
    session, log = run(routine, [*before, Heard(Command("stop"))])
    assert session.ended
    if not any(isinstance(a, End) for _, actions in log[:-1] for a in actions):
        last = log[-1][1]
        assert isinstance(last[0], Hush)
        assert not any(isinstance(a, Say) for a in last)
        assert [a.outcome for a in last if isinstance(a, End)] == ["stopped"]
    for event in after:
        assert session.handle(event) == ()


@settings(max_examples=400, deadline=None)
@given(routines, events, events)
def test_a_pain_word_silences_it_at_once_and_never_leads_back_unasked(routine, before, after):
    session, log = run(routine, before)
    if session.ended:
        return
    level_before = dict(session._course._levels)
    exercise = session._course.exercise
    actions = session.handle(Heard(Command("it_hurts")))
    assert isinstance(actions[0], Hush)
    assert any(isinstance(a, Note) and a.kind == "pain" for a in actions)
    assert session.state in (*table.AFTER_PAIN, table.CLOSING)
    # Whatever happens then, short of the person asking, does not come back to the same thing.
    harmless = {"louder", "quieter", "slower", "faster", "how_long", "whats_next", "help", "pause", "repeat"}
    asked = {"resume", "back"}
    number = max((a.number for _, acts in log for a in acts if isinstance(a, Say)), default=0)
    yes_or_easier = False
    for event in after:
        if isinstance(event, Heard) and event.command in asked | {"harder"}:
            continue  # only what nobody asked for is examined here
        if isinstance(event, Heard) and event.command not in harmless:
            yes_or_easier = True
        for action in session.handle(Spoken(number) if event is SPEAK else event):
            if isinstance(action, Say):
                number = action.number
            if isinstance(action, Entered) and action.state in (table.READYING, table.MOVING, table.HOLDING):
                assert yes_or_easier, "it went on although nobody said anything"
                if action.exercise == exercise.id:
                    assert session._course.level_of(exercise) < level_before.get(exercise.id, 0)


@settings(max_examples=200, deadline=None)
@given(routines, events)
def test_nothing_gets_harder_after_pain(routine, stream):
    session = Session(routine, VOICE)
    session.begin()
    hurt: dict[str, int] = {}
    for event in stream:
        exercise = session._course.exercise
        session.handle(event)
        if isinstance(event, Heard) and event.command == "it_hurts" and not session.ended:
            hurt[exercise.id] = session._course.level_of(exercise)
        for id_, level in hurt.items():
            assert session._course._levels.get(id_, 0) <= level
            hurt[id_] = min(level, session._course._levels.get(id_, 0))


@settings(max_examples=200, deadline=None)
@given(routines, events)
def test_it_listens_for_exactly_what_its_state_offers(routine, stream):
    session, log = run(routine, stream)
    listening = [a.commands for _, actions in log for a in actions if isinstance(a, Listen)]
    assert listening[-1] == table.spoken_in(session.state)


@settings(max_examples=200, deadline=None)
@given(routines, events)
def test_lines_are_numbered_upwards_and_never_due_in_the_past(routine, stream):
    session = Session(routine, VOICE)
    numbers = [a.number for a in session.begin() if isinstance(a, Say)]
    for event in stream:
        passed = event.ms if isinstance(event, Passed) else 0
        before = session.now
        for action in session.handle(event):
            if isinstance(action, Say):
                numbers.append(action.number)
                assert before <= action.due <= before + passed + 20
                assert action.line.text.strip()
    assert numbers == sorted(set(numbers))


@settings(max_examples=200, deadline=None)
@given(routines, events)
def test_every_set_is_noted_once_and_never_with_more_than_was_planned(routine, stream):
    _, log = run(routine, stream)
    entered = sum(
        isinstance(a, Entered) and a.state in (table.MOVING, table.HOLDING) for _, acts in log for a in acts
    )
    notes = [dict(a.detail) for _, acts in log for a in acts if isinstance(a, Note) and a.kind == "set"]
    assert len(notes) <= entered
    for note in notes:
        assert note["repetitions"] <= note["planned"]
        assert note["completed"] == (note["ended"] == "completed")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(commands, blocks), max_size=40))
def test_silence_alone_brings_every_session_to_its_end(stream):
    """Nobody there: the circuit ends, a pause is given up, a question after pain is not waited on for ever."""
    session, log = run(SHORT, stream)
    numbers = [a.number for _, actions in log for a in actions if isinstance(a, Say)]
    number = numbers[-1]
    for _ in range(3_000):
        if session.ended:
            break
        for event in (Passed(Milliseconds(2_000)), Spoken(number)):
            for action in session.handle(event):
                if isinstance(action, Say):
                    number = action.number
    assert session.ended


def test_every_level_of_every_exercise_has_its_variant():
    for part in CIRCUIT.parts:
        exercise = part.exercise
        for level in range(-len(exercise.easier), len(exercise.harder) + 1):
            variant = variant_of(exercise, level)
            assert (variant is None) == (level == 0)
