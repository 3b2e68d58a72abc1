"""The voice queue puts every sample where it belongs, cuts without a click, and tells what it said."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.ports import BLOCK_MS, BLOCK_SAMPLES, SAMPLE_RATE, SAMPLES_PER_MS, SILENCE, Pcm
from coach.session.messages import Milliseconds
from coach.session.phrases import Tone
from coach.voice_queue import (
    DUCKED,
    FADE_SAMPLES,
    LEAD_IN_DBFS,
    SLEEPS_AFTER,
    Played,
    VoiceQueue,
    chime,
    lead_in_noise,
)


def tone(ms, level=1000):
    return Pcm(np.full(ms * SAMPLES_PER_MS, level, np.int16).tobytes())


def play(queue, ms):
    """What the loudspeaker gets in this time, as samples, and the lines that ended."""
    blocks, played = [], []
    for _ in range(0, ms, BLOCK_MS):
        blocks.append(queue.next_block())
        played += queue.played()
    assert all(len(block) == 2 * BLOCK_SAMPLES for block in blocks)
    return np.frombuffer(b"".join(blocks), np.int16).astype(int), played


def sounding(samples):
    """The first and the last sample that sound, in milliseconds."""
    at = np.flatnonzero(samples)
    return at[0] / SAMPLES_PER_MS, (at[-1] + 1) / SAMPLES_PER_MS


@pytest.fixture
def queue():
    return VoiceQueue()


# --- Lines -----------------------------------------------------------------------------------------------


def test_an_empty_queue_is_idle_and_silent(queue):
    assert queue.idle
    assert queue.next_block() is SILENCE
    assert queue.idle


@pytest.mark.parametrize("due", [0, 1, 7, 20, 33, 39, 40, 1234])
def test_a_line_begins_at_its_very_sample(queue, due):
    queue.say(tone(50), "hello", 1, due)
    samples, played = play(queue, due + 120)
    assert sounding(samples) == (due, due + 50)
    assert played == [Played("hello", 1, due, due + 50, cut=False)]
    assert queue.idle


def test_a_line_whose_moment_has_passed_begins_now(queue):
    play(queue, 100)
    queue.say(tone(30), "hello", 1, Milliseconds(10))
    samples, _ = play(queue, 60)
    assert sounding(samples) == (0, 30)


def test_a_line_waits_without_being_idle(queue):
    queue.say(tone(10), "hello", 1, Milliseconds(500))
    assert queue.next_block() is SILENCE
    assert not queue.idle


def test_lines_may_follow_each_other_within_one_block(queue):
    for number, due in enumerate((1, 6, 11), 1):
        queue.say(tone(4, 100 * number), str(number), number, due)
    samples, played = play(queue, 20)
    assert [samples[ms * SAMPLES_PER_MS] for ms in (0, 1, 5, 6, 10, 11, 15)] == [0, 100, 0, 200, 0, 300, 0]
    assert [(line.begin, line.end) for line in played] == [(1, 5), (6, 10), (11, 15)]


def test_a_line_without_sound_is_over_when_it_begins(queue):
    queue.say(Pcm(b""), "", 1, Milliseconds(30))
    _, played = play(queue, 60)
    assert played == [Played("", 1, 30, 30, cut=False)]


@pytest.mark.parametrize("due", [40, 47, 60])
def test_a_line_that_is_due_cuts_the_one_before_it(queue, due):
    queue.say(tone(200, 1000), "long", 1, Milliseconds(0))
    queue.say(tone(50, 500), "count", 2, due)
    samples, played = play(queue, 200)
    assert samples[due * SAMPLES_PER_MS - 1] == 1000
    assert samples[due * SAMPLES_PER_MS + FADE_SAMPLES] == 500
    assert [(line.number, line.begin, line.end, line.cut) for line in played] == [
        (1, 0, due, True),
        (2, due, due + 50, False),
    ]


def test_a_line_that_ends_where_the_next_begins_is_not_cut(queue):
    queue.say(tone(40), "one", 1, Milliseconds(0))
    queue.say(tone(40), "two", 2, Milliseconds(40))
    _, played = play(queue, 100)
    assert [line.cut for line in played] == [False, False]


# --- Cutting ---------------------------------------------------------------------------------------------


def test_hush_fades_within_5_ms_and_forgets_what_was_waiting(queue):
    queue.say(tone(500), "long", 1, Milliseconds(0))
    queue.say(tone(500), "later", 2, Milliseconds(600))
    queue.chime(tone(50), Milliseconds(100))
    play(queue, 60)
    queue.hush()
    samples, played = play(queue, 800)
    assert sounding(samples)[1] <= 5
    assert samples[0] > samples[FADE_SAMPLES // 2] > samples[FADE_SAMPLES - 1]
    assert played == [Played("long", 1, 0, 60, cut=True)]
    assert queue.idle


def test_a_cut_never_clicks(queue):
    queue.say(tone(500, 8000), "long", 1, Milliseconds(0))
    before, _ = play(queue, 60)
    queue.hush()
    after, _ = play(queue, 40)
    steps = np.abs(np.diff(np.concatenate([before[1:], after])))
    assert steps.max() <= 8000 / FADE_SAMPLES * 2


def test_hush_in_silence_does_nothing(queue):
    queue.hush()
    assert queue.idle
    assert queue.next_block() is SILENCE


def test_what_is_said_right_after_hush_is_heard_from_its_first_sample(queue):
    queue.say(tone(500, 1000), "long", 1, Milliseconds(0))
    play(queue, 60)
    queue.hush()
    queue.say(tone(100, 300), "answer", 2, Milliseconds(60))
    samples, _ = play(queue, 200)
    assert samples[FADE_SAMPLES : 100 * SAMPLES_PER_MS].tolist() == [300] * (95 * SAMPLES_PER_MS)


# --- Chimes and loudness ---------------------------------------------------------------------------------


def test_a_chime_sounds_over_a_line_at_its_very_sample(queue):
    queue.say(tone(200, 1000), "long", 1, Milliseconds(0))
    queue.chime(tone(30, 200), Milliseconds(51))
    samples, _ = play(queue, 220)
    over = np.flatnonzero(samples == 1200) / SAMPLES_PER_MS
    assert (over[0], over[-1] + 1 / SAMPLES_PER_MS) == (51, 81)


def test_a_queue_is_not_idle_before_its_last_chime_has_rung(queue):
    queue.chime(tone(100), Milliseconds(0))
    play(queue, 80)
    assert not queue.idle
    play(queue, 20)
    assert queue.idle


def test_what_is_too_loud_is_clipped_and_never_wraps_around(queue):
    queue.say(tone(40, 30_000), "loud", 1, Milliseconds(0))
    queue.chime(tone(40, 30_000), Milliseconds(0))
    assert play(queue, 40)[0].min() == 32_767


@pytest.mark.parametrize(("decibels", "level"), [(-20, 100), (-6, 501), (0, 1000), (6, 1995)])
def test_the_volume_counts_from_the_next_block_on(queue, decibels, level):
    queue.say(tone(100, 1000), "hello", 1, Milliseconds(0))
    assert play(queue, 20)[0][-1] == 1000
    queue.set_volume(decibels)
    assert set(play(queue, 40)[0]) == {level}


def test_a_chime_is_made_of_its_tones_and_ends_softly():
    made = np.frombuffer(chime((Tone(hertz=880, seconds=0.1), Tone(hertz=440, seconds=0.2))), np.int16)
    assert len(made) == 0.3 * SAMPLE_RATE
    first = np.abs(np.fft.rfft(made[:1600]))
    assert np.argmax(first) * SAMPLE_RATE / 1600 == pytest.approx(880, abs=10)
    assert np.abs(made).max() < 0.25 * 32_767
    assert np.abs(made[-80:]).max() < 0.05 * np.abs(made).max()


# --- Ducking ---------------------------------------------------------------------------------------------


def test_ducking_takes_5_ms_and_20_db(queue):
    queue.say(tone(500, 1000), "long", 1, Milliseconds(0))
    play(queue, 100)
    queue.duck()
    samples, _ = play(queue, 100)
    assert set(samples[FADE_SAMPLES:]) <= {99, 100}
    assert np.abs(np.diff(samples)).max() <= 1000 / FADE_SAMPLES + 1


def test_the_coach_stays_ducked_for_2_seconds_after_the_last_call_and_comes_back_slowly(queue):
    queue.say(tone(4_000, 1000), "long", 1, Milliseconds(0))
    queue.duck()
    play(queue, 400)
    queue.duck()
    samples, _ = play(queue, 3_000)
    loud = np.flatnonzero(samples > 1000 * DUCKED + 1) / SAMPLES_PER_MS
    full = np.flatnonzero(samples == 1000) / SAMPLES_PER_MS
    assert loud[0] == pytest.approx(2_000, abs=1)
    assert full[0] == pytest.approx(2_200, abs=21)


def test_ducking_moves_nothing(queue):
    queue.say(tone(100), "one", 1, Milliseconds(33))
    queue.say(tone(100), "two", 2, Milliseconds(333))
    queue.duck()
    samples, played = play(queue, 600)
    assert sounding(samples) == (33, 433)
    assert [(line.begin, line.end) for line in played] == [(33, 133), (333, 433)]


def test_a_chime_is_not_ducked(queue):
    queue.duck()
    queue.chime(tone(40, 1000), Milliseconds(0))
    assert set(play(queue, 40)[0]) == {1000}


def test_an_answer_is_given_in_full_voice(queue):
    queue.say(tone(500, 1000), "long", 1, Milliseconds(0))
    queue.duck()
    play(queue, 60)
    queue.hush()
    queue.say(tone(100, 1000), "answer", 2, Milliseconds(60))
    samples, _ = play(queue, 80)
    assert set(samples[FADE_SAMPLES:]) == {1000}


def test_a_queue_that_was_ducked_in_silence_soon_speaks_in_full_voice_again(queue):
    queue.duck()
    play(queue, 3_000)
    queue.say(tone(40, 1000), "hello", 1, Milliseconds(3_000))
    assert set(play(queue, 40)[0]) == {1000}


# --- What was said ---------------------------------------------------------------------------------------


def test_it_knows_what_it_has_been_saying(queue):
    assert queue.said_since(Milliseconds(0)) == ""
    queue.say(tone(1_000), "First.", 1, Milliseconds(0))
    queue.say(tone(1_000), "Second.", 2, Milliseconds(2_000))
    play(queue, 2_500)
    assert queue.said_since(Milliseconds(0)) == "First. Second."
    assert queue.said_since(Milliseconds(2_000)) == "Second."
    play(queue, 2_500)
    assert queue.said_since(Milliseconds(4_500)) == ""


def test_it_knows_about_where_in_a_line_a_word_lies(queue):
    queue.say(tone(8_000), "Pause, continue, stop, it hurts, next, slower, faster, help.", 1, Milliseconds(0))
    play(queue, 3_500)
    assert "stop" in queue.said_since(Milliseconds(2_500))
    play(queue, 2_500)
    assert "stop" not in queue.said_since(Milliseconds(5_000))


def test_it_has_not_said_what_was_cut_off(queue):
    queue.say(tone(8_000), "Pause, continue, stop, it hurts, next, slower, faster, help.", 1, Milliseconds(0))
    play(queue, 1_000)
    queue.hush()
    play(queue, 100)
    assert queue.said_since(Milliseconds(0)).startswith("Pause, continue,")
    assert "faster" not in queue.said_since(Milliseconds(0))


def test_it_forgets_what_is_long_past(queue):
    for number in range(200):
        queue.say(tone(1), "word", number, Milliseconds(number * 1_000))
    play(queue, 200_000)
    assert len(queue.said_since(Milliseconds(0)).split()) < 20


# --- The lead-in -----------------------------------------------------------------------------------------

LEAD_IN = 300
ASLEEP_MS = SLEEPS_AFTER // SAMPLES_PER_MS


@pytest.fixture
def waking():
    return VoiceQueue(Milliseconds(LEAD_IN))


def loud(samples):
    """The first and the last sample that are louder than a lead-in, in milliseconds."""
    return sounding(np.where(np.abs(samples) > 400, samples, 0))


def test_the_lead_in_is_soft_fades_in_and_is_always_the_same():
    made = np.frombuffer(lead_in_noise(Milliseconds(LEAD_IN)), np.int16).astype(float)
    assert len(made) == LEAD_IN * SAMPLES_PER_MS
    assert 20 * np.log10(np.sqrt(np.mean(made**2)) / 32_768) == pytest.approx(LEAD_IN_DBFS, abs=0.5)
    thirds = [np.sqrt(np.mean(part**2)) for part in np.split(made, 3)]
    assert thirds[0] < 0.6 * thirds[1] < 0.6 * thirds[2]
    lead_in_noise.cache_clear()
    assert np.array_equal(made, np.frombuffer(lead_in_noise(Milliseconds(LEAD_IN)), np.int16))


@pytest.mark.parametrize("due", [0, 7, 40, 299])
def test_the_first_line_of_all_waits_until_the_loudspeaker_is_awake(waking, due):
    waking.say(tone(50), "hello", 1, Milliseconds(due))
    samples, played = play(waking, 500)
    assert loud(samples) == (LEAD_IN, LEAD_IN + 50)
    assert played == [Played("hello", 1, LEAD_IN, LEAD_IN + 50, cut=False)]
    assert waking.idle
    assert not samples[(LEAD_IN + 50) * SAMPLES_PER_MS :].any()


@pytest.mark.parametrize("due", [300, 333, 1_207])
def test_a_line_that_is_due_later_begins_at_its_very_sample_and_the_lead_in_lies_before_it(waking, due):
    waking.say(tone(50), "hello", 1, Milliseconds(due))
    samples, played = play(waking, due + 100)
    before = samples[: due * SAMPLES_PER_MS]
    assert loud(samples) == (due, due + 50)
    assert np.array_equal(before[-LEAD_IN * SAMPLES_PER_MS :], np.frombuffer(lead_in_noise(LEAD_IN), np.int16))
    assert not before[: -LEAD_IN * SAMPLES_PER_MS].any()
    assert played == [Played("hello", 1, due, due + 50, cut=False)]


@pytest.mark.parametrize(
    ("pause", "late"), [(500, 0), (ASLEEP_MS - 40, 0), (ASLEEP_MS, LEAD_IN), (25_000, LEAD_IN)]
)
def test_only_after_a_long_silence_there_is_a_lead_in(waking, pause, late):
    waking.say(tone(60), "one", 1, Milliseconds(0))
    play(waking, LEAD_IN + 60 + pause)
    now = waking.now
    waking.say(tone(50), "two", 2, now)
    samples, played = play(waking, 500)
    assert loud(samples) == (late, late + 50)
    assert played[0].begin == now + late


def test_what_is_hardly_heard_does_not_keep_a_loudspeaker_awake(waking):
    waking.say(tone(60), "one", 1, Milliseconds(0))
    waking.say(tone(20_000, 20), "a sigh", 2, Milliseconds(1_000))
    play(waking, 21_400)
    waking.say(tone(50), "three", 3, waking.now)
    assert play(waking, 500)[1][0].begin == 21_400 + LEAD_IN


def test_lines_that_follow_each_other_stay_whole(waking):
    for number, due in enumerate((0, 200, 400, 1_500), 1):
        waking.say(tone(200), str(number), number, Milliseconds(due))
    _, played = play(waking, 2_000)
    assert not any(line.cut for line in played)
    assert [line.begin for line in played] == [300, 500, 700, 1_500]


def test_a_pause_makes_up_for_the_lead_in(waking):
    for number, due in enumerate((0, 1_000, 2_000), 1):
        waking.say(tone(800), str(number), number, Milliseconds(due))
    _, played = play(waking, 3_000)
    assert [(line.begin, line.cut) for line in played] == [(300, False), (1_100, False), (2_000, False)]


def test_a_line_that_is_cut_anyway_is_cut_where_it_would_have_been(waking):
    waking.say(tone(500), "long", 1, Milliseconds(0))
    waking.say(tone(100, 2_000), "count", 2, Milliseconds(400))
    _, played = play(waking, 1_000)
    assert [(line.begin, line.end, line.cut) for line in played] == [(300, 700, True), (700, 800, False)]


def test_an_urgent_chime_rings_at_once_wakes_the_loudspeaker_and_the_line_waits(waking):
    play(waking, 60)
    waking.hush()
    waking.chime(tone(100, 3_000), Milliseconds(60), urgent=True)
    waking.say(tone(50), "the answer", 1, Milliseconds(60))
    samples, played = play(waking, 500)
    assert loud(samples)[0] == 0
    assert samples[: LEAD_IN * SAMPLES_PER_MS].astype(bool).mean() > 0.9, "the noise goes on after the chime"
    assert [line.begin for line in played] == [60 + LEAD_IN]


def test_a_longer_lead_in_ends_with_an_urgent_chime_after_which_nothing_comes():
    waking = VoiceQueue(Milliseconds(1_000))
    waking.chime(tone(100, 3_000), Milliseconds(0), urgent=True)
    samples, _ = play(waking, 200)
    assert sounding(samples)[1] <= 100
    assert waking.idle


def test_another_chime_waits_and_keeps_its_distance_from_the_line_after_it(waking):
    waking.chime(tone(120, 3_000), Milliseconds(0))
    play(waking, 240)
    waking.say(tone(50), "yes", 1, Milliseconds(250))
    samples, played = play(waking, 500)
    assert loud(samples) == (LEAD_IN - 240, 250 + LEAD_IN + 50 - 240)
    assert played[0].begin == 250 + LEAD_IN


def test_hush_falls_silent_in_the_lead_in_and_forgets_it(waking):
    waking.say(tone(500), "hello", 1, Milliseconds(0))
    assert play(waking, 200)[0].any()
    waking.hush()
    assert waking.idle
    samples, played = play(waking, 1_000)
    assert not samples.any()
    assert played == []


def test_a_lead_in_that_was_cut_short_has_woken_nobody(waking):
    waking.say(tone(500), "hello", 1, Milliseconds(0))
    play(waking, 200)
    waking.hush()
    waking.say(tone(50), "again", 2, Milliseconds(200))
    assert play(waking, 500)[1] == [Played("again", 2, 200 + LEAD_IN, 250 + LEAD_IN, cut=False)]


def test_hush_is_as_quick_with_a_lead_in_as_without():
    tails = []
    for queue in (VoiceQueue(), VoiceQueue(Milliseconds(LEAD_IN))):
        queue.say(tone(1_000), "long", 1, Milliseconds(LEAD_IN))
        play(queue, 600)
        queue.hush()
        tails.append(play(queue, 100)[0])
    assert tails[0].any()
    assert np.array_equal(*tails)


def test_neither_ducking_nor_the_volume_touches_the_lead_in(waking):
    waking.set_volume(-20)
    waking.duck()
    waking.say(tone(50), "hello", 1, Milliseconds(LEAD_IN))
    samples, _ = play(waking, LEAD_IN)
    assert np.array_equal(samples, np.frombuffer(lead_in_noise(LEAD_IN), np.int16))


def test_after_sound_was_lost_the_loudspeaker_may_be_asleep(waking):
    waking.say(tone(50), "one", 1, Milliseconds(0))
    play(waking, 400)
    waking.sound_was_lost()
    waking.say(tone(50), "two", 2, Milliseconds(400))
    assert play(waking, 500)[1][0].begin == 400 + LEAD_IN


def test_what_was_said_is_told_by_its_true_beginning(waking):
    waking.say(tone(1_000), "First.", 1, Milliseconds(0))
    play(waking, LEAD_IN)
    assert waking.said_since(Milliseconds(0)) == ""
    play(waking, 1_100)
    assert waking.said_since(Milliseconds(LEAD_IN + 900)) == "First."


def test_a_line_without_sound_wakes_nobody(waking):
    waking.say(Pcm(b""), "", 1, Milliseconds(30))
    samples, played = play(waking, 400)
    assert played == [Played("", 1, 30, 30, cut=False)]
    assert not samples.any()


# --- Against a model -------------------------------------------------------------------------------------

LINES = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 120), st.sampled_from(["", "", "hush", "duck"])), max_size=8
)


@given(LINES)
def test_every_line_is_reported_once_in_order_and_never_two_at_a_time(lines):
    queue = VoiceQueue()
    told, due = [], 0
    for number, (gap, length, then) in enumerate(lines, 1):
        due += gap
        while queue.now + BLOCK_MS < due:
            queue.next_block()
            told += queue.played()
        queue.say(tone(length), str(number), number, Milliseconds(due))
        if then == "duck":
            queue.duck()
        elif then == "hush":
            queue.hush()
    while not queue.idle:
        queue.next_block()
        told += queue.played()
    numbers = [line.number for line in told]
    assert numbers == sorted(set(numbers))
    assert all(before.end <= after.begin for before, after in pairwise(told))
    for line in told:
        gap, length, _ = lines[line.number - 1]
        assert line.end - line.begin <= length
        assert line.cut == (line.end - line.begin < length)


@given(st.lists(st.tuples(st.integers(6, 100), st.integers(1, 200)), min_size=1, max_size=8))
def test_the_loudspeaker_gets_what_a_simple_model_writes_on_a_long_tape(lines):
    queue, tape, due = VoiceQueue(), np.zeros(40_000, int), 0
    for number, (gap, length) in enumerate(lines, 1):
        due += gap
        queue.say(tone(length, 100 * number), str(number), number, Milliseconds(due))
        tape[due * SAMPLES_PER_MS :] = 0  # what was still being said is cut
        tape[due * SAMPLES_PER_MS :][: length * SAMPLES_PER_MS] = 100 * number
    samples, _ = play(queue, due + 300)
    fades = np.zeros(len(samples), bool)
    for at in np.cumsum([gap for gap, _ in lines]):
        fades[at * SAMPLES_PER_MS :][:FADE_SAMPLES] = True
    assert np.array_equal(samples[~fades], tape[: len(samples)][~fades])


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 400) | st.integers(9_000, 12_000), st.integers(1, 300)), max_size=6),
    st.sampled_from([40, 300, 700]),
)
def test_with_a_lead_in_each_line_sounds_as_long_as_without(lines, lead_in):
    told: dict[int, list[Played]] = {}
    for length in (0, lead_in):
        told[length] = []
        queue, due = VoiceQueue(Milliseconds(length)), 0
        for number, (gap, sounds) in enumerate(lines, 1):
            due += gap
            queue.say(tone(sounds), str(number), number, Milliseconds(due))
        while not queue.idle:
            queue.next_block()
            told[length] += queue.played()
    for without, with_one in zip(told[0], told[lead_in], strict=True):
        assert (with_one.number, with_one.cut) == (without.number, without.cut)
        assert with_one.end - with_one.begin == without.end - without.begin
        assert with_one.begin - without.begin in range(lead_in + 1)
