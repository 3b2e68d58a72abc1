"""Every routine that ships is rehearsed whole: it comes to its end, in time, and never falls silent."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import pytest

from coach.content import content_root, load_routine, load_voice
from coach.rehearsal.rehearse import Rehearsal, rehearse_dry
from coach.rehearsal.script import Script
from coach.session import table
from coach.session.cues import QUIET_FOR
from coach.session.messages import Entered, Milliseconds, Note
from coach.session.plan import as_led, steps_of
from coach.session.routine import Routine
from coach.voice_queue import Played

VOICE = load_voice("english")
QUIET = Script("quiet")

MINUTES = {
    "lower-back-circuit": (11, 14),
    "mobility": (8, 10),
    "hips-and-chest": (6, 8),
    "core": (15, 18),
    "kettlebell": (13, 15),
    "walk": (16, 18),
    "break": (1.8, 2.4),
    "gentle": (8, 10),
    "breathing": (11, 13),
}
"""What the README promises, give or take: of a session in which everything is explained and nobody interrupts."""

LONGEST_SILENCE = 12_000
"""Milliseconds without a word while something is explained, counted or held: a hold of 20 s has a word at half,
slow repetitions are counted every 8 to 10 s. A walk, a relaxation, a rest may be quiet longer: ``QUIET_FOR``."""


@cache
def routine_of(name: str) -> Routine:
    return load_routine(name, voice=VOICE)


@cache
def rehearsed(name: str) -> Rehearsal:
    return rehearse_dry(routine_of(name), VOICE, QUIET)


def silences(rehearsal: Rehearsal) -> Iterator[tuple[str, Milliseconds]]:
    """Yield each silence, with the state it began in."""
    lines = sorted((line.begin, line.end) for _, line in rehearsal.trace.each(Played))
    states = rehearsal.trace.each(Entered)
    for (_, end), (begin, _) in pairwise(lines):
        yield [entered.state for at, entered in states if at <= end][-1], Milliseconds(begin - end)


def test_every_routine_that_ships_is_rehearsed_here():
    assert MINUTES.keys() == {path.stem for path in (content_root() / "routines").glob("*.toml")} - {"guidance"}


@pytest.mark.parametrize("name", MINUTES)
def test_a_routine_comes_to_its_end_in_the_time_it_promises(name: str):
    rehearsal = rehearsed(name)
    assert rehearsal.end.outcome == "completed"
    least, most = MINUTES[name]
    assert least <= rehearsal.trace.until / 60_000 <= most


@pytest.mark.parametrize("name", MINUTES)
def test_every_set_is_announced_done_and_noted_in_order(name: str):
    rehearsal = rehearsed(name)
    said = rehearsal.trace.each(Played)
    noted = [dict(note.detail) for _, note in rehearsal.trace.each(Note) if note.kind == "set"]
    begun = [(at, it) for at, it in rehearsal.trace.each(Entered) if it.state in (table.MOVING, table.HOLDING)]
    steps = steps_of(routine_of(name))
    assert [(it.exercise, it.round, it.side) for _, it in begun] == [
        (step.exercise.id, step.round, step.side) for step in steps
    ]
    assert [note["completed"] for note in noted] == [True] * len(steps)
    since = 0
    for (at, _), step, note in zip(begun, steps, noted, strict=True):
        heard = " ".join(line.text for _, line in said if since <= line.begin < at)
        assert step.side in heard
        assert not step.first_side or str(note["variant"]) in heard
        since = at


@pytest.mark.parametrize("name", MINUTES)
def test_no_routine_falls_silent(name: str):
    rehearsal = rehearsed(name)
    timed = {part.exercise.id for part in routine_of(name).parts if part.exercise.go}
    for state, silence in silences(rehearsal):
        if state == table.RESTING or (state == table.HOLDING and timed):
            assert silence <= QUIET_FOR
        else:
            assert silence <= LONGEST_SILENCE, state


@pytest.mark.parametrize("name", MINUTES)
def test_no_line_of_a_routine_is_broken_off_by_the_next(name: str):
    assert [line.text for _, line in rehearsed(name).trace.each(Played) if line.cut] == []


def test_everything_that_is_told_about_an_exercise_is_heard_in_the_round_in_which_it_is_new():
    for name in MINUTES:
        heard = {line.text for _, line in rehearsed(name).trace.each(Played)}
        for part in routine_of(name).parts:
            exercise = as_led(part.exercise, part.level)
            assert {*exercise.feel, exercise.breathing, *exercise.stop_when} <= heard
            assert {it.say for it in exercise.during} <= heard


@pytest.mark.parametrize("name", MINUTES)
def test_every_exercise_is_written_in_full(name: str):
    for part in routine_of(name).parts:
        exercise = part.exercise
        assert exercise.not_feel, exercise.id
        assert exercise.easier, exercise.id
        assert exercise.harder, exercise.id


def test_a_sore_day_knows_no_strength_work():
    fit = [routine_of(name) for name in MINUTES if routine_of(name).sore_day]
    assert {routine.kind for routine in fit} == {"mobility", "walking", "breathing"}
    assert not {part.exercise.id for routine in fit for part in routine.parts} & {"jefferson-curl", "side-plank"}


def test_only_the_kettlebell_routine_needs_anything():
    needy = {name for name in MINUTES for part in routine_of(name).parts if part.exercise.equipment}
    assert needy == {"kettlebell"}


def test_the_contested_curl_begins_small_and_never_gets_a_weight():
    curl = next(part for part in routine_of("mobility").parts if part.exercise.id == "jefferson-curl")
    assert curl.level < 0
    assert curl.exercise.equipment == ()
    assert [variant.name for variant in curl.exercise.easier] == ["half-way curl", "seated curl"]
