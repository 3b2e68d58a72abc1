"""The timelines of sets: what is said when, in a hold, a walk and among counted repetitions."""

from dataclasses import replace
from itertools import pairwise

import pytest

from coach.session.cues import CLEAR, QUIET_FOR, Cue, set_timeline
from coach.session.messages import Milliseconds
from coach.session.narration import NEVER, Timeline
from coach.session.phrases import Voice
from coach.session.plan import Step, dose_of
from coach.session.routine import During, Exercise, Part, Phase

REST = Exercise(
    id="rest",
    name="rest",
    purpose="-",
    setup=("-",),
    movement=("-",),
    feel=("-",),
    breathing="-",
    cue="-",
    stop_when=("-",),
    phases=(Phase(cue="rest", seconds=5),),
    source="-",
)
WALK = replace(REST, id="walk", go="Walk.", finish="Stand.")
BREATH = replace(REST, id="breath", phases=(Phase(cue="in", seconds=4), Phase(cue="and out", seconds=6)))


def cues(
    voice: Voice, exercise: Exercise, *, hold_s: float = 0, repetitions: int = 0, first: int = 0
) -> tuple[Cue, ...]:
    part = Part(exercise=exercise, hold_s=hold_s or None, repetitions=repetitions or None)
    return set_timeline(voice, Step(part, 1, "", first_side=True), dose_of(part, 0, 0), first)


def spoken(timeline: tuple[Cue, ...]) -> list[tuple[float, str]]:
    return [(cue.at / 1000, cue.text) for cue in timeline if cue.text]


def test_a_hold_is_begun_halved_and_counted_out(voice: Voice):
    timeline = cues(voice, REST, hold_s=20)
    assert spoken(timeline) == [(0, "Hold."), (10, "Halfway."), (17, "three"), (18, "two"), (19, "one")]
    assert timeline[-1] == Cue(Milliseconds(20_000), trigger="set_finished")


def test_a_walk_is_begun_in_its_own_words_and_not_counted_out(voice: Voice):
    assert spoken(cues(voice, WALK, hold_s=40)) == [(0, "Walk."), (20, "Halfway.")]


def test_what_is_said_during_a_hold_falls_at_its_share_of_it(voice: Voice):
    talking = replace(WALK, during=(During(at=0.75, say="Loose arms."), During(at=0.25, say="Tall.")))
    assert spoken(cues(voice, talking, hold_s=40)) == [
        (0, "Walk."),
        (10, "Tall."),
        (20, "Halfway."),
        (30, "Loose arms."),
    ]


def test_what_is_said_at_the_half_replaces_halfway(voice: Voice):
    talking = replace(WALK, during=(During(at=0.5, say="Turn around."),))
    assert spoken(cues(voice, talking, hold_s=40)) == [(0, "Walk."), (20, "Turn around.")]


def test_the_minutes_left_are_told_only_where_it_would_be_quiet_for_long(voice: Voice):
    said = spoken(cues(voice, WALK, hold_s=300))
    assert said == [
        (0, "Walk."),
        (60, "Four minutes left."),
        (120, "Three minutes left."),
        (150, "Halfway."),
        (180, "Two minutes left."),
        (240, "One minute left."),
    ]
    assert all("left" not in text for _, text in spoken(cues(voice, WALK, hold_s=120)))


@pytest.mark.parametrize("seconds", [61, 125, 190, 437, 600, 1799])
@pytest.mark.parametrize("shares", [(), (0.3, 0.31), (0.17, 0.34, 0.5, 0.67, 0.84)])
def test_a_time_of_any_length_is_never_quiet_for_long_nor_are_minutes_told_into_another_line(
    voice: Voice, seconds: int, shares: tuple[float, ...]
):
    talking = replace(WALK, during=tuple(During(at=share, say="Tall.") for share in shares))
    timeline = cues(voice, talking, hold_s=seconds)
    moments = [cue.at for cue in timeline]
    assert moments == sorted(moments)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert max(gaps) <= QUIET_FOR + CLEAR
    for before, cue, after in zip(timeline, timeline[1:], timeline[2:], strict=False):
        if "left" in cue.text:
            assert cue.at - before.at >= CLEAR
            assert after.at - cue.at >= CLEAR


def test_among_repetitions_it_follows_the_nearest_count(voice: Voice):
    talking = replace(BREATH, during=(During(at=0.5, say="Soft face."),))
    assert (60, "Six. Soft face.") in spoken(cues(voice, talking, repetitions=12))


def test_repetitions_are_cued_throughout_only_where_that_is_asked_for(voice: Voice):
    some = [text for _, text in spoken(cues(voice, BREATH, repetitions=6)) if text.endswith("out")]
    all_ = [
        text
        for _, text in spoken(cues(voice, replace(BREATH, cued_throughout=True), repetitions=6))
        if text.endswith("out")
    ]
    assert (len(some), len(all_)) == (2, 6)


def test_after_a_pause_the_talk_goes_on_from_there(voice: Voice):
    talking = replace(BREATH, during=(During(at=0.25, say="Early."), During(at=0.75, say="Late.")))
    said = [text for _, text in spoken(cues(voice, talking, repetitions=8, first=4))]
    assert "Six. Late." in said
    assert not any("Early" in text for text in said)


def test_a_cue_that_was_taken_a_little_early_is_still_to_come_after_a_hold():
    timeline = Timeline((Cue(Milliseconds(0), "go"), Cue(Milliseconds(1_000), "one")), Milliseconds(5_000))
    assert [timeline.take().text, timeline.take().text] == ["go", "one"]  # as its block begins
    timeline.hold(Milliseconds(5_990))
    assert timeline.due == NEVER
    timeline.go_on(Milliseconds(9_000))
    assert timeline.due == 9_010
    assert timeline.take().text == "one"
