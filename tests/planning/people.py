"""People, their days and a small gymnasium, for the tests of the planning."""

from datetime import date, timedelta

from hypothesis import strategies as st

from coach.content.guidance import load_guidance
from coach.planning.past import Answers, Hurt, Interview, Past, SessionDone, SetDone
from coach.planning.readiness import QUESTIONS, RED_FLAGS
from coach.session.routine import Exercise, Part, Phase, Routine, Variant

GUIDANCE = load_guidance()
MONDAY = date(2026, 3, 2)

WELL: Answers = {
    **dict.fromkeys(RED_FLAGS, False),
    "pain_now": 1,
    "over_three_months": False,
    "seen_professional": True,
    "herniated_disc": False,
    "other_diagnosis": False,
}
"""The answers of somebody whom nothing keeps from exercise."""


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


# --- A gymnasium -----------------------------------------------------------------------------------------


def exercise(name: str, easier: int = 2, harder: int = 1, equipment: tuple[str, ...] = ()) -> Exercise:
    return Exercise(
        id=name,
        name=name,
        purpose="a test",
        setup=("Lie down.",),
        movement=("Move.",),
        feel=("You feel it.",),
        breathing="Breathe.",
        cue="Slowly.",
        stop_when=("If it is odd, tell me.",),
        phases=(Phase(cue="move", seconds=3),),
        source="made up",
        easier=tuple(Variant(name=f"{name} {n} easier", change=("Less.",)) for n in range(1, easier + 1)),
        harder=tuple(Variant(name=f"{name} {n} harder", change=("More.",)) for n in range(1, harder + 1)),
        equipment=equipment,
    )


BRIDGE = exercise("bridge")
PLANK = exercise("plank")
STRETCH = exercise("stretch", easier=1, harder=0)
TWIST = exercise("twist", easier=0, harder=0)
SWING = exercise("swing", equipment=("a kettlebell",))
WALKING = exercise("walking", easier=0, harder=0)
BREATH = exercise("breath", easier=0, harder=0)


def routine(name: str, kind: str, *parts: Part, sore_day: bool = False, rounds: int = 1) -> Routine:
    return Routine(
        id=name,
        name=name,
        about="A test.",
        source="made up",
        parts=parts,
        kind=kind,  # type: ignore[arg-type]
        sore_day=sore_day,
        rounds=rounds,
    )


def of(it: Exercise, repetitions: int = 10) -> Part:
    return Part(exercise=it, repetitions=repetitions)


CORE = routine("core", "strength", of(BRIDGE), of(PLANK), rounds=3)
KETTLEBELL = routine("kettlebell", "strength", of(SWING), rounds=3)
LOOSEN = routine("loosen", "mobility", of(STRETCH), of(TWIST), rounds=2)
LIMBER = routine("limber", "mobility", of(STRETCH), rounds=2)
GENTLE = routine("gentle", "mobility", of(STRETCH, 5), sore_day=True)
WALK = routine("walk", "walking", *(Part(exercise=WALKING, hold_s=400) for _ in range(3)))
BREATHE = routine("breathe", "breathing", of(BREATH))
BREAK = routine("break", "break", of(TWIST, 2))
ROUTINES = (CORE, KETTLEBELL, LOOSEN, LIMBER, GENTLE, WALK, BREATHE, BREAK)
WALKS = ("walk",)


# --- People ----------------------------------------------------------------------------------------------


def session(number: int, routine: str = "core", **told) -> SessionDone:
    """A session on a day by its number: easy, complete and free of pain unless told otherwise."""
    exercises = [part.exercise.id for it in ROUTINES if it.id == routine for part in it.parts]
    sets = tuple(
        SetDone(exercise=it, level=told.pop("level", 0), repetitions=8) for it in dict.fromkeys(exercises)
    )
    return SessionDone(
        **{"day": day(number), "routine": routine, "minutes": 30, "effort": "fine", "sets": sets} | told
    )


def said_that_it_hurts(number: int, name: str = "home") -> Interview:
    return Interview(day=day(number), name=name, hurt=True)


def begun(number: int, routine: str = "core") -> SessionDone:
    """A session that was stopped in its welcome, or whose plug was pulled there."""
    return session(number, routine, outcome="interrupted", minutes=0, sets=(), effort=None)


def asked(number: int, answers: Answers = WELL) -> Interview:
    return Interview(day=day(number), name="readiness", answers=answers)


def morning(number: int, how: str = "worse") -> Interview:
    return Interview(day=day(number), name="morning", answers={"back_next_morning": how})


def diary(number: int, **levels: int) -> Interview:
    return Interview(day=day(number), name="diary", answers=levels)


def past(*told: SessionDone | Interview) -> Past:
    """What is known after these, in the order of their days."""
    return Past(
        sessions=tuple(sorted((it for it in told if isinstance(it, SessionDone)), key=lambda it: it.day)),
        interviews=tuple(sorted((it for it in told if isinstance(it, Interview)), key=lambda it: it.day)),
    )


# --- Any people ------------------------------------------------------------------------------------------

answers = st.fixed_dictionaries(
    {},
    optional={
        **{it: st.sampled_from([False, False, False, False, True, None]) for it in QUESTIONS if it != "pain_now"},
        "pain_now": st.one_of(st.none(), st.integers(0, 10)),
    },
)
"""Any answers about readiness, some of them missing."""

hurts = st.builds(
    Hurt,
    exercise=st.sampled_from(["bridge", "plank", "stretch", ""]),
    strength=st.one_of(st.none(), st.integers(0, 10)),
    red_flag=st.booleans(),
)
sets_done = st.builds(
    SetDone,
    exercise=st.sampled_from(["bridge", "plank", "stretch"]),
    level=st.integers(-1, 2),
    completed=st.sampled_from([True, True, True, False]),
    eased=st.sampled_from([False, False, False, True]),
)
often_none = st.one_of(st.just(()), st.just(()), st.just(()), st.lists(hurts, max_size=2).map(tuple))
sessions_done = st.builds(
    SessionDone,
    day=st.integers(0, 80).map(day),
    routine=st.sampled_from(["core", "loosen", "walk", "walk", "gone"]),
    outcome=st.sampled_from(["completed", "completed", "completed", "stopped"]),
    minutes=st.sampled_from([5, 10, 15, 30]),
    effort=st.sampled_from(["easy", "fine", "fine", "hard", None]),
    sets=st.lists(sets_done, max_size=4).map(tuple),
    pains=often_none,
)
interviews = st.one_of(
    st.builds(morning, st.integers(0, 80), st.sampled_from(["better", "same", "worse"])),
    st.builds(diary, st.integers(0, 80), back=st.integers(0, 10), stress=st.integers(0, 10)),
    st.builds(asked, st.integers(0, 80), answers),
    st.builds(asked, st.integers(0, 80)),
)
eager = st.lists(st.integers(1, 3), min_size=6, max_size=26).map(
    lambda gaps: [session(sum(gaps[:at])) for at in range(len(gaps))]
)
"""Somebody to whom nothing ever happens: so that what must not rise would rise."""

pasts = st.builds(
    lambda usual, told: past(*usual, *told),
    st.one_of(st.just([]), eager),
    st.lists(st.one_of(sessions_done, sessions_done, interviews), max_size=16),
)
