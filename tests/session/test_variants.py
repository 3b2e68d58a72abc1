"""An easier or harder way is led in its own words: in another position the exercise's would order the opposite."""

from dataclasses import replace

import pytest

from coach.session import table
from coach.session.cues import set_timeline
from coach.session.phrases import Voice
from coach.session.plan import Step, as_led, dose_of, step_as_led
from coach.session.routine import During, Exercise, Part, Phase, Routine, Variant
from coach.session.session import Session
from tests.session.conftest import Led

BRIDGE = Exercise(
    id="bridge",
    name="bridge",
    purpose="-",
    setup=("Lie on your back.",),
    movement=("Lift your hips.",),
    feel=("You should feel your seat.",),
    not_feel=("You should feel no cramp.",),
    breathing="Breathe out as you lift.",
    cue="Lift the hips.",
    stop_when=("If your back complains, lower your hips and tell me.",),
    phases=(Phase(cue="lift", seconds=2), Phase(cue="and lower", seconds=3)),
    source="-",
    easier=(
        Variant(name="small bridge", change=("Lift only a little.",)),
        Variant(
            name="seat squeeze",
            change=("Lie on your back, hips on the floor.", "Tighten your seat."),
            stands_alone=True,
            phase_cues=("tighten", "and let go"),
            feel=("You should feel your seat getting firm.",),
            not_feel=("You should feel no pressure.",),
            breathing="Breathe out as you tighten.",
            cue="Only the seat.",
            stop_when=("If your back complains, let go and tell me.",),
        ),
    ),
)

PLANK = Exercise(
    id="plank",
    name="plank",
    purpose="-",
    setup=("Lie down.",),
    movement=("Lift.",),
    feel=("-",),
    breathing="-",
    cue="Up.",
    stop_when=("Lower your hips and tell me.",),
    phases=(Phase(cue="stay", seconds=5),),
    source="-",
    go="And lift.",
    finish="And lower your hips.",
    during=(During(at=0.5, say="Hips up."),),
    easier=(
        Variant(
            name="wall plank",
            change=("Lean on a wall.",),
            stands_alone=True,
            cue="Lean.",
            stop_when=("Stand up and tell me.",),
            go="And lean.",
            finish="And stand.",
            during=(During(at=0.5, say="Keep leaning."),),
        ),
    ),
)


def led_at(level: int, voice: Voice, *parts: Part, rounds: int = 1) -> list[str]:
    """What is said in a whole session of exercises that begin at a level."""
    routine = Routine(
        id="-",
        name="variants",
        about="-",
        source="-",
        rounds=rounds,
        rest_s=0,
        rest_between_rounds_s=0,
        parts=tuple(replace(part, level=level) for part in parts),
    )
    led = Led(Session(routine, voice)).begin()
    led.wait_for(table.ENDED, limit_s=600)
    return led.lines()


def test_a_variant_that_stands_alone_is_told_counted_and_warned_of_in_its_own_words(voice: Voice):
    said = led_at(-2, voice, Part(exercise=BRIDGE, repetitions=3), rounds=2)
    variant = BRIDGE.easier[1]
    assert {*variant.change, *variant.feel, variant.breathing, *variant.stop_when} <= {*said}
    assert {"Begin: Tighten.", "and let go", "One, tighten"} <= {*said}
    assert said.count("Only the seat.") == 1  # the reminder of the second round
    theirs = (*BRIDGE.setup, *BRIDGE.movement, *BRIDGE.feel, BRIDGE.breathing, BRIDGE.cue, *BRIDGE.stop_when)
    assert not {*theirs, "Begin: Lift.", "and lower", "One, lift"} & {*said}


def test_a_variant_without_words_of_its_own_has_the_exercise_s(voice: Voice):
    said = led_at(-1, voice, Part(exercise=BRIDGE, repetitions=3), rounds=2)
    own = (*BRIDGE.setup, *BRIDGE.movement, *BRIDGE.feel, BRIDGE.breathing, BRIDGE.cue, *BRIDGE.stop_when)
    assert {*own, "Lift only a little.", "Begin: Lift.", "and lower"} <= {*said}


def test_a_variant_is_held_in_its_own_words(voice: Voice):
    said = led_at(-1, voice, Part(exercise=PLANK, hold_s=10))
    assert {"And lean.", "Keep leaning.", "And stand."} <= {*said}
    assert not {"And lift.", "Hips up.", "And lower your hips."} & {*said}


def test_a_variant_that_is_asked_for_is_led_in_its_own_words(voice: Voice):
    routine = Routine(
        id="-", name="-", about="-", source="-", parts=(Part(exercise=BRIDGE, repetitions=5, level=-1),)
    )
    led = Led(Session(routine, voice)).begin()
    led.wait_for(table.MOVING)
    led.say("easier")
    led.wait_for(table.ENDED, limit_s=600)
    since = led.lines().index("Begin: Tighten.")
    assert "and lower" not in led.lines()[since:]


@pytest.mark.parametrize("level", [-2, -1, 0])
def test_a_variant_keeps_what_an_exercise_is_known_by(level: int):
    led = as_led(BRIDGE, level)
    assert (led.id, led.purpose, led.easier) == (BRIDGE.id, BRIDGE.purpose, BRIDGE.easier)
    assert [phase.seconds for phase in led.phases] == [2, 3]


def test_the_timeline_of_a_variant_has_its_tempo_and_its_cues(voice: Voice):
    slow = Variant(name="slow", change=("Slower.",), tempo=1.5, phase_cues=("lift slowly", "and lower slowly"))
    part = Part(exercise=replace(BRIDGE, harder=(slow,)), repetitions=2)
    step = step_as_led(Step(part, 1, "", first_side=True), 1)
    said = [(cue.at, cue.text) for cue in set_timeline(voice, step, dose_of(part, 1, 0)) if cue.text]
    assert said[:2] == [(0, "Begin: Lift slowly."), (3000, "and lower slowly")]
