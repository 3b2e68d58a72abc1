"""What follows from pain: each rule, and that what is not known never makes light of it."""

import itertools
from dataclasses import fields, replace
from typing import get_args

import pytest
from annotated_types import Interval, Predicate
from hypothesis import given
from hypothesis import strategies as st

from coach.content import load_voice
from coach.content.guidance import load_guidance
from coach.planning.pain import (
    KINDS,
    PLACES,
    Pain,
    PainRules,
    Response,
    explanation,
    kind_of,
    place_of,
    respond,
    strength_of,
)
from coach.session.phrases import FRAGMENTS, KEYS

RULES = PainRules()
MILD = Pain(exercise="cat-camel", where="lower_back", strength=1, kind="dull")
GRAVITY = {response: rank for rank, response in enumerate(get_args(Response))}

pains = st.builds(
    Pain,
    exercise=st.just("cat-camel"),
    where=st.sampled_from([None, *PLACES]),
    strength=st.sampled_from([None, *range(11)]),
    kind=st.sampled_from([None, *KINDS]),
)


@pytest.mark.parametrize(
    ("pain", "response", "key"),
    [
        (MILD, "easier", "pain_because_a_little"),
        (replace(MILD, strength=0), "easier", "pain_because_a_little"),
        (replace(MILD, strength=2), "easier", "pain_because_a_little"),
        (replace(MILD, strength=3), "another", "pain_because_more_than_a_little"),
        (replace(MILD, strength=4), "another", "pain_because_more_than_a_little"),
        (replace(MILD, strength=5), "end", "pain_because_strong"),
        (replace(MILD, strength=10), "end", "pain_because_strong"),
        (replace(MILD, strength=None), "end", "pain_because_unknown"),
        (replace(MILD, kind="sharp"), "another", "pain_because_kind"),
        (replace(MILD, kind="shooting"), "see_someone", "pain_because_nerve"),
        (replace(MILD, kind="numb"), "see_someone", "pain_because_nerve"),
        (replace(MILD, kind=None), "end", "pain_because_unknown"),
        (replace(MILD, where="leg"), "another", "pain_because_where"),
        (replace(MILD, where=None), "another", "pain_because_where_unknown"),
        (Pain(exercise="", kind="numb"), "see_someone", "pain_because_nerve"),
    ],
)
def test_each_pain_has_its_response_and_its_reason(pain, response, key):
    assert respond(pain, 0, RULES) == response
    assert explanation(pain, 0, RULES) == key


@given(pains)
def test_the_second_pain_ends_a_session_however_weak_it_is(pain):
    assert GRAVITY[respond(pain, 1, RULES)] >= GRAVITY["end"]
    assert respond(MILD, 1, RULES) == "end"
    assert explanation(MILD, 1, RULES) == "pain_because_second"


@given(pains)
def test_to_know_less_of_the_strength_or_place_never_makes_light_of_a_pain(pain):
    for known in ({"strength": None}, {"where": None}):
        assert GRAVITY[respond(replace(pain, **known), 0, RULES)] >= GRAVITY[respond(pain, 0, RULES)]


@given(pains)
def test_nothing_goes_on_while_the_kind_is_not_known(pain):
    assert respond(replace(pain, kind=None), 0, RULES) == "end"


@given(pains)
def test_a_stronger_pain_never_brings_a_lighter_response(pain):
    ranks = [GRAVITY[respond(replace(pain, strength=strength), 0, RULES)] for strength in range(11)]
    assert all(one <= two for one, two in itertools.pairwise(ranks))


STRICTER = [
    {"end_from": 0},
    {"leave_out_from": 0},
    {"leave_out_places": frozenset(PLACES)},
    {"leave_out_kinds": frozenset(KINDS)},
    {"see_someone_kinds": frozenset(KINDS)},
    {"pains_per_session": 1},
]


@given(pains, st.sampled_from(STRICTER))
def test_stricter_rules_never_bring_a_lighter_response(pain, stricter):
    ours, theirs = respond(pain, 0, RULES), respond(pain, 0, replace(RULES, **stricter))
    assert GRAVITY[theirs] >= GRAVITY[ours]


@given(pains, st.integers(0, 2))
def test_every_decision_is_told_in_one_spoken_sentence(pain, pains_before):
    key = explanation(pain, pains_before, RULES)
    assert KEYS[key] == frozenset()
    assert key not in FRAGMENTS
    assert len(load_voice("english").say(key)) == 1


def test_the_published_values_stand_in_the_guidance():
    assert load_guidance().pain == PainRules()


def test_every_rule_stands_at_the_bound_that_keeps_it_from_getting_laxer():
    hints = {field.name: field.type for field in fields(PainRules)}
    for name, hint in hints.items():
        value = getattr(RULES, name)
        [bound] = hint.__metadata__
        match bound:
            case Interval(ge=least, le=most):
                assert value == (least if name in ("a_little", "a_lot") else most)
            case Predicate(holds):
                assert holds(value)
                assert not holds(frozenset(list(value)[1:]))


@pytest.mark.parametrize(
    ("answer", "strength"),
    [
        ("number_0", 0),
        ("number_10", 10),
        ("correction_7", 7),
        ("a_little", 2),
        ("a_lot", 7),
        ("unsure", None),
    ],
)
def test_an_answer_names_a_strength(answer, strength):
    assert strength_of(answer, RULES) == strength


def test_an_answer_names_a_place_or_a_kind_or_neither():
    assert [place_of(place) for place in PLACES] == list(PLACES)
    assert [kind_of(kind) for kind in KINDS] == list(KINDS)
    assert place_of("unsure") is kind_of("unanswered") is strength_of("next", RULES) is None
