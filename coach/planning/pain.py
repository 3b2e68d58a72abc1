"""What follows from pain in a session: the rules, as thresholds with bounds, and what applies them.

A coach that pushes through pain is worse than none, and one that takes fright teaches fear of movement. So the
rules are few, each is told in one spoken sentence, and what is not known counts as what would end the session.
Their values stand in ``routines/guidance.toml``, with sources; the bounds here are our published ceiling: a file
can make a rule stricter, never laxer. Nothing here knows of sessions, words or time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final, Literal, get_args

from annotated_types import Interval, Predicate

Place = Literal["lower_back", "upper_back", "neck", "shoulder", "hip", "leg", "elsewhere"]
Kind = Literal["dull", "sharp", "shooting", "numb"]

PLACES: Final[tuple[Place, ...]] = get_args(Place)
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

Response = Literal["easier", "another", "end", "see_someone"]
"""An easier way of the same exercise; another exercise; the end; the end, and advice to see someone today."""


def keeps_the_leg(places: frozenset[str]) -> bool:
    """Return whether the leg is among them."""
    return "leg" in places


def keeps_sharp(kinds: frozenset[str]) -> bool:
    """Return whether sharp is among them."""
    return "sharp" in kinds


def keeps_signs_of_a_nerve(kinds: frozenset[str]) -> bool:
    """Return whether the signs of a nerve are among them."""
    return {"shooting", "numb"} <= kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class PainRules:
    """When pain in a session asks for which response. The defaults are the published values.

    Attributes:
        end_from: strength, 0 to 10, from which the session ends.
        leave_out_from: strength from which the exercise is left out; below it, an easier way is offered.
        a_little: the strength that "a little" stands for.
        a_lot: the strength that "a lot" stands for.
        leave_out_places: where it is felt, for the exercise to be left out however weak it is.
        leave_out_kinds: how it feels, likewise.
        see_someone_kinds: how it feels, for the session to end with the advice to see someone today.
        pains_per_session: the pain that ends a session, whatever the exercises: the second, or already the first.
    """

    end_from: Annotated[int, Interval(ge=0, le=5)] = 5
    leave_out_from: Annotated[int, Interval(ge=0, le=3)] = 3
    a_little: Annotated[int, Interval(ge=2, le=10)] = 2
    a_lot: Annotated[int, Interval(ge=7, le=10)] = 7
    leave_out_places: Annotated[frozenset[Place], Predicate(keeps_the_leg)] = frozenset({"leg"})
    leave_out_kinds: Annotated[frozenset[Kind], Predicate(keeps_sharp)] = frozenset({"sharp"})
    see_someone_kinds: Annotated[frozenset[Kind], Predicate(keeps_signs_of_a_nerve)] = frozenset(
        {"shooting", "numb"}
    )
    pains_per_session: Annotated[int, Interval(ge=1, le=2)] = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pain:
    """What a person told about a pain; None is what is not known: not asked yet, not answered, or not sure.

    Attributes:
        exercise: the identifier of the exercise in hand when it came.
        where: where it is felt.
        strength: 0 (none) to 10.
        kind: how it feels.
    """

    exercise: str
    where: Place | None = None
    strength: int | None = None
    kind: Kind | None = None


def respond(pain: Pain, pains_before: int, rules: PainRules) -> Response:
    """Decide what follows from a pain. What is not known counts as what would be worst for going on.

    Args:
        pain: what is known of it.
        pains_before: how often it hurt before in this session.
        rules: the thresholds.
    """
    return next(_applying(pain, pains_before, rules))[0]


def explanation(pain: Pain, pains_before: int, rules: PainRules) -> str:
    """Return the key of the one sentence that tells why ``respond`` responds so, for ``says.toml``."""
    return next(_applying(pain, pains_before, rules))[1]


def _applying(pain: Pain, pains_before: int, rules: PainRules) -> Iterator[tuple[Response, str]]:
    """Yield each rule that applies, the gravest first: what follows, and the key of its reason."""
    if pain.kind in rules.see_someone_kinds:
        yield "see_someone", "pain_because_nerve"
    if pains_before + 1 >= rules.pains_per_session:
        yield "end", "pain_because_second" if pains_before else "pain_because_first"
    if pain.strength is None or pain.kind is None:
        yield "end", "pain_because_unknown"
    if pain.strength is not None and pain.strength >= rules.end_from:
        yield "end", "pain_because_strong"
    if pain.strength is not None and pain.strength >= rules.leave_out_from:
        yield "another", "pain_because_more_than_a_little"
    if pain.kind in rules.leave_out_kinds:
        yield "another", "pain_because_kind"
    if pain.where is None:
        yield "another", "pain_because_where_unknown"
    if pain.where in rules.leave_out_places:
        yield "another", "pain_because_where"
    yield "easier", "pain_because_a_little"


def strength_of(answer: str, rules: PainRules) -> int | None:
    """Return the strength that an answer names (``number_4``, ``correction_4``, ``a_little``), or None."""
    match answer.rpartition("_"):
        case ("number" | "correction", _, digits):
            return int(digits)
        case _:
            return {"a_little": rules.a_little, "a_lot": rules.a_lot}.get(answer)


def place_of(answer: str) -> Place | None:
    """Return the place that an answer names; None for any other."""
    return next((place for place in PLACES if place == answer), None)


def kind_of(answer: str) -> Kind | None:
    """Return the kind that an answer names; None for any other."""
    return next((kind for kind in KINDS if kind == answer), None)
