import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.alternatives import ALTERNATIVES, Understood, in_a_row, understood


def result(*alternatives: tuple[str, float]) -> str:
    """As Vosk writes it: likelihoods are logarithms, and silence between words leaves spaces."""
    return json.dumps(
        {
            "alternatives": [
                {
                    "text": text,
                    "confidence": 200.0 + math.log(share),
                    "result": [{"word": it} for it in text.split()],
                }
                for text, share in alternatives
            ]
        }
    )


def test_alternatives_are_as_likely_as_their_likelihoods_say():
    heard = understood(result(("  yes", 0.3), ("yep", 0.2), ("you  yes", 0.1)))
    assert heard.text == "yes"
    assert heard.alternatives == [
        ("yes", pytest.approx(1 / 2)),
        ("yep", pytest.approx(1 / 3)),
        ("you yes", pytest.approx(1 / 6)),
    ]


def test_the_least_certain_word_is_as_likely_as_the_alternatives_that_have_it():
    assert understood(result(("go back", 0.5), ("back", 0.4), ("[unk]", 0.1))).confidence == pytest.approx(0.5)
    assert understood(result(("back", 0.5), ("go back", 0.4), ("[unk]", 0.1))).confidence == pytest.approx(0.9)


@pytest.mark.parametrize(
    "nothing", ["{}", '{"alternatives": []}', '{"alternatives": [{"confidence": 3.5, "text": ""}]}']
)
def test_where_nothing_was_said_there_are_no_words(nothing):
    heard = understood(nothing)
    assert (heard.text, heard.words, heard.confidence) == ("", [], 0.0)


WORDS = st.sampled_from(["stop", "go", "back", "[unk]", "stop stop"])
HEARD = st.lists(st.tuples(WORDS, st.floats(0.01, 1)), min_size=1, max_size=5, unique_by=lambda it: it[0]).map(
    lambda found: sorted(found, key=lambda it: it[1], reverse=True)  # as Vosk does
)


@given(HEARD)
def test_all_alternatives_together_are_certain(heard):
    shares = [share for _, share in understood(result(*heard)).alternatives]
    assert sum(shares) == pytest.approx(1)
    assert 0 < understood(result(*heard)).confidence <= 1 + 1e-9


@given(st.lists(HEARD, max_size=3))
def test_what_was_said_in_a_row_is_all_that_was_said(parts):
    results = [understood(result(*part)) for part in parts]
    whole = in_a_row(results)
    assert whole.text == " ".join(part.text for part in results)
    assert [word["word"] for word in whole.words] == whole.text.split()
    assert whole.alternatives[0] == (whole.text, max(share for _, share in whole.alternatives))
    assert len(whole.alternatives) <= ALTERNATIVES
    if len(whole.alternatives) < ALTERNATIVES:
        assert sum(share for _, share in whole.alternatives) == pytest.approx(1)
    assert whole.confidence <= 1 + 1e-9


def test_nothing_in_a_row_is_nothing():
    assert in_a_row([]) == Understood("", [], [("", 1.0)])
