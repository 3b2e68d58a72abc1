"""How quiet it has been lately."""

import math

from hypothesis import given
from hypothesis import strategies as st

from coach.levels import QuietestLately
from coach.ports import BLOCK_MS


@given(st.lists(st.floats(0, 90), min_size=300, max_size=700))
def test_it_tells_the_quietest_of_the_last_four_to_five_seconds(levels):
    quietest = QuietestLately()
    told = [quietest.take_in(db) for db in levels]
    four, five = 4_000 // BLOCK_MS, 5_000 // BLOCK_MS
    assert set(told[: four - 1]) == {-math.inf}
    for at in range(five, len(levels)):
        assert min(levels[at + 1 - five : at + 1]) <= told[at] <= min(levels[at + 1 - four : at + 1])
