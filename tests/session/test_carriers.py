"""Words around phrases: what may stand around what, and that they never change what was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.content import load_voice
from coach.session.carriers import Carriers, by_words, phrases_in
from coach.session.messages import Command

VOICE = load_voice("english")
PHRASES = {"stop", "it hurts", "okay", "next", "three", "five", "too hard"}
CARRIERS = by_words(
    [
        Carriers(before=("please", "okay", "can you"), after=("please", "now"), phrases=tuple(PHRASES)),
        Carriers(before=("about",), after=("out of ten",), phrases=("three", "five")),
    ]
)


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("stop", ["stop"]),
        ("please stop", ["stop"]),
        ("can you please stop now", ["stop"]),
        ("it hurts please stop", ["it hurts", "stop"]),
        ("okay next", ["next"]),
        ("okay", ["okay"]),
        ("okay please", ["okay"]),
        ("about three out of ten please", ["three"]),
        ("about stop", []),
        ("three stop", ["three", "stop"]),
        ("about three stop", []),
        ("can stop", []),
        ("please [unk] stop", []),
        ("please", []),
        ("", []),
    ],
)
def test_a_text_is_cut_into_phrases_and_what_is_said_around_them(text, phrases):
    assert phrases_in(text, PHRASES, CARRIERS) == phrases


def test_carriers_are_put_around_those_phrases_only_that_are_listened_for():
    carriers = Carriers(before=("about",), after=("i think",), phrases=("three", "five"))
    assert list(carriers.around(["stop", "five"])) == ["about five", "five i think"]


def test_what_names_no_phrases_stands_around_all_but_those_that_wake_the_coach():
    polite = by_words(VOICE.carriers)["please"]
    assert {"stop", "it hurts", "next", "start the circuit", "three"} <= polite
    assert not polite.intersection(VOICE.understands["wake"])


@given(data=st.data())
def test_a_carried_phrase_is_the_phrase(data):
    carriers = by_words(VOICE.carriers)
    # "okay" and "coach" make a wake phrase, which is listened for where hardly anything else is.
    every = frozenset(VOICE.phrases_of(VOICE.understands.keys() - {Command("wake")}))
    phrase = data.draw(st.sampled_from(sorted(every - carriers.keys())))
    around = st.lists(st.sampled_from([it for it in sorted(carriers) if phrase in carriers[it]]), max_size=2)
    text = " ".join([*data.draw(around), phrase, *data.draw(around)])
    meant = phrases_in(text, every, carriers)
    assert {VOICE.command_of(it, VOICE.understands) for it in meant} == {
        VOICE.command_of(phrase, VOICE.understands)
    }
