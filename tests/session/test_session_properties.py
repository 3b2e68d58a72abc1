"""Thousands of random event streams: what must stay true whatever happens."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from coach.content import load_routine, load_voice
from coach.planning.pain import KINDS, PLACES, PainRules
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
from coach.session.plan import Dose, dose_of, variant_of
from coach.session.routine import Routine
from coach.session.session import HEAR_OUT, PUBLISHED_RULES, Session

VOICE = load_voice("english")
CIRCUIT = load_routine("lower-back-circuit")
SHORT = replace(CIRCUIT, rounds=2, rest_s=0.0)
CORE = load_routine("core")


def with_less_of_what_is_harder(routine: Routine) -> Routine:
    """The same routine, with half as much of each exercise in its harder ways: its easier ones are longer then."""
    parts = []
    for part in routine.parts:
        harder = tuple(replace(it, amount=0.5) for it in part.exercise.harder)
        parts.append(replace(part, exercise=replace(part.exercise, harder=harder)))
    return replace(routine, parts=tuple(parts))


LESS = with_less_of_what_is_harder(CIRCUIT)

commands = st.sampled_from(sorted(COMMANDS)).map(Heard)
passing = st.integers(1, 40_000).map(lambda ms: Passed(Milliseconds(ms)))
blocks = st.just(Passed(Milliseconds(20)))
any_spoken = st.integers(0, 30).map(Spoken)
troubles = st.sampled_from(["trouble_store", "trouble_mouth"]).map(Troubled)
A_LEG_HURTS = Heard(Command("it_hurts"), "my leg hurts")
PAIN_WORDS = [
    Heard(Command("it_hurts")),
    Heard(Command("it_hurts"), "my neck hurts"),
    A_LEG_HURTS,
    Heard(Command("red_flag")),
]
pains = st.sampled_from(PAIN_WORDS)
SPEAK = Spoken(-1)
"""Stands for "the line that was asked for last has been spoken", whatever its number."""

events = st.lists(
    st.one_of(commands, pains, passing, blocks, any_spoken, troubles, st.just(SPEAK), st.just(SPEAK)), max_size=60
)
routines = st.sampled_from([CIRCUIT, SHORT])
rules = st.sampled_from([PainRules(), PainRules(pains_per_session=1), PainRules(end_from=3, leave_out_from=1)])
answers = st.lists(
    st.one_of(
        st.sampled_from(sorted({*PLACES, *KINDS, *table.STRENGTHS, "unsure", "next", "back"})).map(Heard),
        commands,
        pains,
        passing,
        st.just(SPEAK),
    ),
    max_size=20,
)
choices = st.lists(st.sampled_from(["yes", "easier", "no", "next", "done", "number_1", "dull"]), max_size=8)
ADVICE = {
    text
    for key in (
        *("pain_halt", "red_flag_heard", "see_someone", "trouble_store", "trouble_mouth"),
        *("louder", "loudest", "quieter", "quietest", "speak_slower", "slowest", "speak_faster", "fastest"),
    )
    for text in VOICE.say(key)
}


def run(
    routine, stream: list[Event], rules=PUBLISHED_RULES
) -> tuple[Session, list[tuple[Event | None, tuple[Action, ...]]]]:
    """Drive a session; return every event with the actions it brought."""
    session = Session(routine, VOICE, rules)
    log: list[tuple[Event | None, tuple[Action, ...]]] = [(None, session.begin())]
    for drawn in stream:
        numbers = [a.number for _, actions in log for a in actions if isinstance(a, Say)]
        event = Spoken(numbers[-1]) if drawn is SPEAK else drawn
        log.append((event, session.handle(event)))
    return session, log


@settings(max_examples=200)
@given(routines, events)
def test_it_never_raises_and_the_same_events_bring_the_same_actions(routine, stream):
    assert run(routine, stream)[1] == run(routine, stream)[1]


@settings(max_examples=200)
@given(routines, events, events)
def test_stop_always_silences_it_at_once_and_ends_it_unless_a_pain_word_follows(routine, before, after):
    session, _ = run(routine, before)
    if session.ended:
        return
    was_stopping, was_closing = session.state == table.STOPPING, session.state == table.CLOSING
    actions = session.handle(Heard(Command("stop")))
    assert was_stopping or isinstance(actions[0], Hush)
    for event in [it for it in after if it not in PAIN_WORDS] + [Passed(HEAR_OUT)]:
        actions += session.handle(event)
    assert session.ended
    assert not any(isinstance(a, Say) for a in actions)
    assert {a.state for a in actions if isinstance(a, Entered)} <= {table.STOPPING, table.ENDED}
    # Who says it in the last words has done everything that was to be done.
    (end,) = (a for a in actions if isinstance(a, End))
    assert end.on_request
    assert end.outcome == "stopped" or was_closing or was_stopping
    for event in after:
        assert session.handle(event) == ()


@settings(max_examples=200)
@given(routines, rules, events, st.lists(passing, max_size=3), st.sampled_from(PAIN_WORDS))
def test_a_pain_word_after_stop_does_what_it_does_before_it(routine, rules, before, between, word):
    """ "Stop ... it hurts", and "it hurts" at once: both lead to the questions, or to the end with advice."""
    session, _ = run(routine, before, rules)
    session.handle(Heard(Command("stop")))
    for event in between:
        session.handle(event)
    if session.ended:
        return
    pains = session._pains
    actions = session.handle(word)
    assert isinstance(actions[0], Hush)
    assert session.state in (*table.ASKING, table.CLOSING)
    assert any(isinstance(a, Say) for a in actions)
    noted = [dict(a.detail)["state"] for a in actions if isinstance(a, Note) and a.kind in ("pain", "red_flag")]
    assert table.STOPPING not in noted
    assert len(noted) == (1 if word.command == "red_flag" else session._pains - pains)


@settings(max_examples=200)
@given(routines, events, events)
def test_a_pain_word_silences_it_at_once_and_never_leads_back_unasked(routine, before, after):
    session, log = run(routine, before)
    if session.ended:
        return
    level_before = dict(session._course._levels)
    exercise = session._course.exercise
    state, pains_before = session.state, session._pains
    actions = session.handle(Heard(Command("it_hurts")))
    assert isinstance(actions[0], Hush)
    assert sum(isinstance(a, Note) and a.kind == "pain" for a in actions) == (session._pains > pains_before)
    assert session._pains > pains_before or state in (*table.AFTER_PAIN, table.CLOSING, table.STOPPING)
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


def said(command: str) -> Heard:
    return Heard(Command(command))


A_LITTLE_PAIN = ["it_hurts", "lower_back", "number_1", "dull"]
courses = st.tuples(
    st.integers(0, 3).map(lambda skipped: [said("done"), *[said("next")] * skipped]),
    st.sampled_from([["harder"], ["harder", "slower"], ["faster"], ["easier"]]).map(lambda way: [*map(said, way)]),
    st.sampled_from(["yes", "easier", "no"]).map(lambda answer: [*map(said, A_LITTLE_PAIN), said(answer)]),
    events,
).map(lambda parts: [event for part in parts for event in part])
"""To some exercise, in some way of it, to a pain in it after which it may go on, and then wherever that leads."""


@settings(max_examples=150)
@given(st.sampled_from([CIRCUIT, CORE, LESS]), rules, courses)
def test_nothing_gets_harder_longer_or_faster_after_pain(routine, rules, stream):
    session = Session(routine, VOICE, rules)
    actions = list(session.begin())
    hurt: dict[str, tuple[int, int, Dose]] = {}
    for event in stream:
        exercise, pains = session._course.exercise, session._pains
        number = max(it.number for it in actions if isinstance(it, Say))
        actions += session.handle(Spoken(number) if event is SPEAK else event)
        if session._pains > pains:
            hurt[exercise.id] = (session._course.level_of(exercise), session._course.tempo, session._course.dose)
        for step in session._course.steps:
            if step.exercise.id in hurt:
                level, tempo, most = hurt[step.exercise.id]
                dose, now = session._course.dose_of(step), session._course.level_of(step.exercise)
                assert now <= level
                assert dose.repetitions <= most.repetitions
                if dose.repetitions:
                    fastest = dose_of(step.part, now, tempo).phases
                    assert all(it >= least for it, least in zip(dose.phases, fastest, strict=True))
                else:
                    assert dose.whole <= most.whole


@settings(max_examples=150)
@given(routines, rules, events, answers)
def test_no_exercise_follows_a_strong_an_unknown_or_a_second_pain(routine, rules, before, after):
    """Whatever is said: once the rules ask for the end, nothing but the end comes."""
    session, _ = run(routine, before, rules)
    session.handle(Heard(Command("it_hurts")))
    over = False
    for event in after:
        for action in session.handle(event):
            if isinstance(action, Entered):
                assert not over or action.state in (table.CLOSING, table.STOPPING, table.ENDED), action
            if isinstance(action, Note) and action.kind == "pain_told":
                told = dict(action.detail)
                ended = told["response"] in ("end", "see_someone")
                assert ended or (told["strength"] < rules.end_from and told["kind"] not in rules.see_someone_kinds)
                over = over or ended
    assert session._pains <= rules.pains_per_session or session.state in (table.CLOSING, table.ENDED)


@settings(max_examples=150)
@given(routines, st.integers(0, 5), choices)
def test_a_leg_that_hurts_leaves_the_exercise_out_whenever_it_is_told(routine, answered, after):
    """ "My leg hurts" when an easier way has been offered is told no later than among the questions."""
    before = ("done", "done", "it_hurts", *("lower_back", "number_1", "dull", "resume", "no")[:answered])
    session, _ = run(routine, [Heard(Command(it)) for it in before])
    exercise = session._course.exercise.id
    session.handle(A_LEG_HURTS)
    for said in after:
        for action in session.handle(Heard(Command(said))):
            if isinstance(action, Entered) and action.state in table.WORKING:
                assert action.exercise != exercise


@settings(max_examples=150)
@given(routines, events, events)
def test_a_red_flag_always_ends_it_and_nothing_but_the_advice_follows(routine, before, after):
    session, log = run(routine, before)
    if session.ended:
        return
    number = max((a.number for _, acts in log for a in acts if isinstance(a, Say)), default=0)
    actions = list(session.handle(Heard(Command("red_flag"))))
    assert isinstance(actions[0], Hush)
    for event in [*after, *[event for _ in range(100) for event in (Passed(Milliseconds(500)), SPEAK)]]:
        number = max((a.number for a in actions if isinstance(a, Say)), default=number)
        actions += session.handle(Spoken(number) if event is SPEAK else event)
    assert session.ended
    assert {a.state for a in actions if isinstance(a, Entered)} <= {table.CLOSING, table.STOPPING, table.ENDED}
    assert {a.line.text for a in actions if isinstance(a, Say)} <= ADVICE


@settings(max_examples=150)
@given(routines, rules, answers)
def test_the_questions_about_a_pain_always_end(routine, rules, stream):
    session, log = run(routine, [Heard(Command("done"))] * 2 + [Heard(Command("it_hurts")), *stream], rules)
    number = max(a.number for _, acts in log for a in acts if isinstance(a, Say))
    waited = 0
    while session.state in table.AFTER_PAIN:
        waited += 1
        assert waited < 600, session.state
        for event in (Passed(Milliseconds(2_000)), Spoken(number)):
            for action in session.handle(event):
                if isinstance(action, Say):
                    number = action.number
    pains = [a for _, acts in log for a in acts if isinstance(a, Note) and a.kind == "pain"]
    assert len(pains) <= rules.pains_per_session


@settings(max_examples=200)
@given(routines, events)
def test_it_listens_for_exactly_what_its_state_offers(routine, stream):
    session, log = run(routine, stream)
    listening = [a.commands for _, actions in log for a in actions if isinstance(a, Listen)]
    assert listening[-1] == table.spoken_in(session.state)


@settings(max_examples=200)
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


@settings(max_examples=200)
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


@settings(max_examples=200)
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
