"""The bench measures what it claims to: on tracks and traces whose figures are known."""

import json
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from coach import content
from coach.bench import Figure, Figures, Machine, Target, show
from coach.bench.cadence import deviations, keep_time, onset
from coach.bench.children import lines_of
from coach.bench.figures import middle, percentile
from coach.bench.reaction import Reaction, reaction_in, silence_from
from coach.bench.reactions import (
    AFTER_PAIN,
    BETWEEN_COUNTS,
    HALTING,
    IN_A_REST,
    LISTENERS,
    PAUSED,
    WHILE_EXPLAINING,
    WHILE_WELCOMING,
    AnswersInSilence,
    PromptedSession,
    listener_voice,
    plan,
)
from coach.bench.session_figures import reaction_figures
from coach.bench.speed import TURN, core_alone
from coach.errors import CoachError
from coach.ports import BLOCK_MS, SAMPLES_PER_MS, Pcm
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.trace import Trace, Uttered
from coach.session import table
from coach.session.messages import Command, Heard, Line, Milliseconds
from coach.session.phrases import ANSWERS, HOME

STOP = Command("stop")
MACHINE = Machine("a processor", 2, "a system", "3.11", 0.5)


@pytest.fixture(scope="module")
def voice():
    return content.load_voice("english")


@pytest.fixture(scope="module")
def routine(voice):
    return content.load_routine("lower-back-circuit", voice=voice)


def sound(*pieces: tuple[int, int]) -> bytes:
    """A track: so many samples of this value, then so many of that."""
    return np.concatenate([np.full(count, value, "<i2") for count, value in pieces]).tobytes()


def noise(seed: int, samples: int = 4_000) -> Pcm:
    return Pcm(np.random.default_rng(seed).integers(-9_000, 9_000, samples).astype("<i2").tobytes())


def conversation(*heard: tuple[int, str], begin: int = 1_000, end: int = 1_500) -> Trace:
    """A trace in which "stop" is said, and the coach understands something at these times."""
    trace = Trace()
    trace(Milliseconds(begin), Uttered("stop", Milliseconds(begin), Milliseconds(end)))
    for at, command in heard:
        trace(Milliseconds(at), Heard(Command(command), command))
    return trace


def reaction(understood: str = "", after: float | None = None, *, over_voice: bool = False) -> Reaction:
    """What came of a spoken "stop"."""
    return Reaction(STOP, "stop", "a voice", "a moment", over_voice, understood, after, after)


def ms(count: float) -> int:
    return round(count * SAMPLES_PER_MS)


# --- Where a line begins, and where a voice ends ---


@pytest.mark.parametrize("begin", [0, 1, 777, 16_000])
def test_a_line_is_found_at_its_very_sample(begin: int) -> None:
    line = noise(1)
    track = bytes(2 * begin) + line + bytes(2_000)
    assert onset(track, line, near=begin) == begin


def test_a_line_that_begins_late_is_found_where_it_begins() -> None:
    line = noise(1)
    assert onset(bytes(2 * 5_000) + line, line, near=4_321) == 5_000


def test_a_line_cut_soon_after_its_beginning_is_found() -> None:
    line = noise(1)
    assert onset(bytes(200) + line[:1_000] + noise(2), line, near=100) == 100


def test_a_line_is_not_found_between_two_samples() -> None:
    line = noise(1)
    assert onset(bytes(201) + line + bytes(3), line, near=100) is None


def test_a_line_that_is_over_a_second_late_counts_as_lost() -> None:
    line = noise(1)
    assert onset(bytes(2 * 30_000) + line, line, near=10_000) is None


def test_another_line_is_not_taken_for_the_one_that_is_looked_for() -> None:
    assert onset(noise(2), noise(1), near=0) is None


def test_counts_on_their_places_deviate_by_nothing_whatever_is_said_between_them() -> None:
    assert deviations([0, 500, 1_000, 1_400, 2_000, 3_000], first=0, period=1_000, repetitions=3) == [0, 0, 0]


def test_a_count_off_its_place_deviates_by_as_many_samples() -> None:
    assert deviations([100, 1_101, 2_097], first=100, period=1_000, repetitions=2) == [1, -3]


def test_a_tempo_that_drifts_is_seen_to_its_full_extent() -> None:
    drifting = [count * 1_001 for count in range(11)]
    assert deviations(drifting, first=0, period=1_000, repetitions=10) == list(range(1, 11))


@pytest.mark.parametrize(("track", "silent_from"), [(((5, 0),), 0), (((5, 1),), 5), (((3, 0), (4, 9), (7, 0)), 7)])
def test_silence_begins_after_the_last_sample_that_is_not_zero(track: tuple, silent_from: int) -> None:
    assert silence_from(np.frombuffer(sound(*track), "<i2")) == silent_from


# --- Reactions ---


def test_a_reaction_in_silence_lasts_from_the_end_of_the_word_to_the_action() -> None:
    found = reaction_in(conversation((1_620, "stop")), bytes(2 * ms(3_000)), STOP, "a voice", "a moment")
    assert found == reaction("stop", 120)


def test_a_reaction_over_the_voice_lasts_until_its_last_sample() -> None:
    track = sound((ms(1_624), 100), (ms(2_000), 0))
    found = reaction_in(conversation((1_620, "stop")), track, STOP, "", "")
    assert found is not None
    assert found.over_voice
    assert (found.acted_ms, found.silent_ms) == (120, 124)


def test_a_voice_that_goes_on_after_the_action_is_not_taken_for_silent() -> None:
    found = reaction_in(conversation((1_620, "stop")), sound((ms(2_600), 100)), STOP, "", "")
    assert found is not None
    assert found.silent_ms == 1_100


def test_a_sentence_that_ends_by_itself_before_the_action_makes_it_no_faster() -> None:
    track = sound((ms(1_200), 100), (ms(2_000), 0))
    found = reaction_in(conversation((1_620, "stop")), track, STOP, "", "")
    assert found is not None
    assert found.silent_ms == 120


def test_a_reaction_before_the_end_of_the_word_is_less_than_zero() -> None:
    found = reaction_in(conversation((1_400, "stop")), bytes(2 * ms(3_000)), STOP, "", "")
    assert found is not None
    assert found.acted_ms == -100


def test_what_was_heard_before_the_word_is_no_reaction_to_it() -> None:
    found = reaction_in(conversation((900, "stop")), bytes(2 * ms(3_000)), STOP, "", "")
    assert found is not None
    assert (found.understood, found.silent_ms, found.obeyed) == ("", None, False)


def test_another_command_than_was_meant_is_not_obedience() -> None:
    found = reaction_in(conversation((1_600, "next")), bytes(2 * ms(3_000)), STOP, "", "")
    assert found is not None
    assert (found.understood, found.obeyed) == ("next", False)


def test_a_moment_that_never_came_has_no_reaction() -> None:
    assert reaction_in(Trace(), bytes(2 * ms(3_000)), STOP, "", "") is None


def test_the_reactions_of_those_who_were_not_obeyed_are_counted_and_not_timed() -> None:
    obeyed = [reaction("stop", time) for time in (100, 200, 300)]
    ignored, mistaken = reaction(), reaction("next", 50)
    figures = {one.key: one for one in reaction_figures([*obeyed, ignored, mistaken])}
    assert figures["halt_silent_median_ms"].value == 200
    assert figures["halt_silent_p95_ms"].value == 300
    assert figures["halt_silent_not_obeyed"].value == 2
    assert figures["halt_silent_not_obeyed"].note == "stop, 1 of them taken for another command"


def test_reactions_over_the_voice_are_kept_apart_from_those_in_silence() -> None:
    reactions = [reaction("stop", 10), reaction("stop", 400, over_voice=True)]
    figures = {one.key: one for one in reaction_figures(reactions)}
    assert (figures["halt_silent_median_ms"].value, figures["halt_silent_median_ms"].met) == (10, True)
    assert (figures["halt_over_voice_median_ms"].value, figures["halt_over_voice_median_ms"].met) == (400, False)


# --- Trials ---


def test_every_command_is_said_in_a_state_that_offers_it(voice) -> None:
    trials = plan(voice)
    assert {trial.command for trial in trials} == set(voice.understands) - ANSWERS - HOME
    assert all(trial.command in table.spoken_in(trial.moment.state) for trial in trials)


def test_halting_is_tried_with_phrases_of_all_kinds_by_every_listener_and_in_every_moment(voice) -> None:
    trials = [trial for trial in plan(voice) if trial.command in HALTING]
    phrases = voice.phrases_of(HALTING)
    assert len({trial.words for trial in trials}) == min(len(trials), len(phrases))
    assert {trial.command for trial in trials} == set(HALTING)
    assert {trial.listener for trial in trials} == set(range(len(LISTENERS)))
    assert len({trial.moment.name for trial in trials}) == 4


def test_phrases_that_the_model_cannot_hear_are_said_by_nobody(voice) -> None:
    assert "ouch" not in {trial.words for trial in plan(voice, ["ouch"])}


def test_no_listener_has_the_voice_of_the_coach(voice) -> None:
    listeners = {listener_voice(voice, index) for index in range(len(LISTENERS))}
    assert len(listeners) == len(LISTENERS)
    assert voice.espeak_voice not in listeners


@pytest.mark.parametrize(
    "moment", [BETWEEN_COUNTS, IN_A_REST, PAUSED, AFTER_PAIN, WHILE_EXPLAINING, WHILE_WELCOMING]
)
def test_a_prompted_session_is_soon_where_it_was_prompted_to(voice, routine, moment) -> None:
    session = PromptedSession(routine, voice, Trace(), moment.prompted)
    session.begin()
    elapsed = 0
    while session.state != moment.state:
        session.handle(TURN)
        elapsed += BLOCK_MS
        assert elapsed < 8_000


def test_a_prompted_session_ends_once_the_reaction_is_over(voice, routine) -> None:
    trace = Trace()
    session = PromptedSession(routine, voice, trace, ())
    session.begin()
    trace(Milliseconds(0), Uttered("louder", Milliseconds(0), Milliseconds(400)))
    trace(Milliseconds(1_000), Heard(Command("louder"), "louder"))
    while session.now < 1_300:
        session.handle(TURN)
        assert not session.ended
    session.handle(TURN)
    assert session.ended


def test_answers_are_silent_and_as_long_as_ever() -> None:
    trace, line = Trace(), Line("Everything halts.", 150)
    mouth = AnswersInSilence(HummingMouth(), trace)
    before = mouth.speak(line)
    trace(Milliseconds(1_000), Uttered("stop", Milliseconds(1_000), Milliseconds(1_500)))
    assert mouth.speak(line) == before
    trace(Milliseconds(1_600), Heard(STOP, "stop"))
    assert mouth.speak(line) == bytes(len(before))


# --- Whole sessions ---


@pytest.mark.slow
def test_a_whole_session_is_found_in_its_sound(voice, routine) -> None:
    kept = keep_time(routine, voice)
    counted = sum(part.repetitions or 0 for part in routine.parts) * routine.rounds
    assert len(kept.off) == counted
    assert len(kept.late_ms) > 4 * counted
    assert kept.lost == 0


def test_the_core_leads_a_session_to_its_end_by_its_events_alone(voice, routine) -> None:
    run = core_alone(routine, voice)
    assert run.session_s > 600
    assert run.of_wall == pytest.approx(run.session_s / run.wall_s)


def test_a_program_that_fails_is_reported_with_its_own_words() -> None:
    with pytest.raises(CoachError, match="no_such_program"):
        list(lines_of("coach.bench.no_such_program"))


# --- Figures ---


def test_the_median_and_the_95th_percentile_are_those_of_the_textbook() -> None:
    values = [float(value) for value in range(1, 41)]
    assert middle(values) == 20.5
    assert percentile(values, 95) == 38
    assert percentile([7.0], 95) == 7
    assert middle([]) is None
    assert percentile([], 95) is None


@pytest.mark.parametrize(
    ("target", "value", "met"),
    [
        (Target(most=300), 300, True),
        (Target(most=300), 301, False),
        (Target(least=20), 20, True),
        (Target(least=20), 19.9, False),
        (Target(most=0), None, False),
        (None, 5, None),
    ],
)
def test_a_target_is_met_on_its_right_side_and_never_by_what_was_not_measured(target, value, met) -> None:
    assert Figure("key", "name", value, "ms", "how", target).met is met


def test_the_table_marks_what_missed_its_target_and_names_the_machine() -> None:
    figures = (
        Figure("fast", "Something fast", 120, "ms", "measured so", Target(most=300)),
        Figure("slow", "Something slow", 900.5, "ms", "measured so", Target(most=300)),
        Figure("free", "Something free", 1_234_567, "x", "measured so"),
    )
    text = StringIO()
    show(Console(file=text, width=120), Figures(MACHINE, figures, (), 61.2))
    lines = text.getvalue().splitlines()
    assert "met" in next(line for line in lines if "Something fast" in line)
    assert "missed" in next(line for line in lines if "Something slow" in line)
    assert "1,234,567 x" in next(line for line in lines if "Something free" in line)
    assert lines[-1] == "Measured in 61 s on a processor, 2 cores; a system; Python 3.11; load at start 0.5."


def test_the_json_has_every_figure_with_its_target_and_every_single_reaction() -> None:
    figures = (Figure("fast", "Something fast", 120, "ms", "measured so", Target(most=300)),)
    reactions = (reaction("stop", 20),)
    read = json.loads(Figures(MACHINE, figures, reactions, 61.2).as_json())
    assert (
        read["figures"][0] | {"value": 120, "target": {"most": 300, "least": None}, "met": True}
        == read["figures"][0]
    )
    assert read["reactions"][0]["silent_ms"] == 20
    assert read["machine"]["cores"] == 2
