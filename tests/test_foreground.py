"""Who is louder than the talk before them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.foreground import LOOKED_BACK, LOUDER_DB, Foreground
from coach.ports import BLOCK_MS, BLOCK_SAMPLES, Block


def sound(db: float, ms: int) -> list[Block]:
    """A hum of so many decibels, full scale being 90."""
    wave = np.sqrt(2) * 10 ** (db / 20) * np.sin(np.arange(BLOCK_SAMPLES) * np.pi / 8)
    return [Block(np.rint(wave).astype("<i2").tobytes())] * (ms // BLOCK_MS)


def noticed(blocks: list[Block]) -> list[int]:
    """When somebody louder is heard, in milliseconds."""
    foreground = Foreground()
    return [BLOCK_MS * number for number, block in enumerate(blocks, 1) if foreground.take_in(block)]


def talk(db: float, ms: int) -> list[Block]:
    """Syllables, and gaps between them that are 30 dB fainter."""
    return (([*sound(db, 200), *sound(db - 30, 100)]) * (ms // 300 + 1))[: ms // BLOCK_MS]


@pytest.mark.parametrize("louder", [LOUDER_DB + 1, 20])
def test_who_is_louder_than_the_talk_before_is_noticed_within_a_few_blocks(louder):
    at = noticed([*talk(50, 4_000), *sound(50 + louder, 400)])
    assert 4_000 < at[0] <= 4_000 + 4 * BLOCK_MS


def test_who_is_hardly_louder_is_not():
    assert not noticed([*talk(50, 4_000), *sound(50 + LOUDER_DB - 1, 1_000)])


def test_one_loud_block_is_a_click():
    assert not noticed([*talk(50, 4_000), *sound(50 + 2 * LOUDER_DB, BLOCK_MS), *talk(50, 1_000)])


def test_who_goes_on_is_no_longer_louder_than_what_was_before():
    at = noticed([*talk(50, 4_000), *sound(60, 5_000)])
    assert at[-1] < 4_000 + 500


def test_whoever_was_louder_has_ended_where_only_the_talk_is_left():
    foreground = Foreground()
    for block in [*talk(50, 4_000), *sound(60, 400), *talk(49, 600)]:
        foreground.take_in(block)
    assert 500 <= foreground.fainter_for <= 600


def test_a_softer_sound_in_between_is_no_end_once_they_go_on():
    foreground = Foreground()
    for block in [*talk(50, 4_000), *sound(60, 300), *sound(30, 200), *sound(55, 200)]:
        foreground.take_in(block)
    assert foreground.fainter_for == 0


def test_after_a_long_pause_in_it_anybody_would_be_louder():
    assert not noticed([*talk(50, 2_000), *sound(5, 2_000), *sound(60, 400)])


@given(st.lists(st.floats(40, 60), min_size=1, max_size=12))
def test_nobody_is_louder_before_there_is_enough_to_compare_with(levels):
    assert not noticed([block for db in levels for block in sound(db, 200)][: LOOKED_BACK // BLOCK_MS])


@given(st.lists(st.floats(60, 60 + LOUDER_DB / 2), min_size=10, max_size=40))
def test_talk_that_is_never_much_louder_than_it_was_is_one_voice(levels):
    assert not noticed([block for db in levels for block in talk(db, 300)])
