"""Compares a file with its dataclass, and tells pydantic's errors in plain words.

The files map one to one on the plain values of ``coach/session/routine.py`` and ``coach/session/phrases.py``.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from coach.content.page import TABLES, WRITTEN, Finding, Page, Place, Raw, did_you_mean, short
from coach.interview.questions import Question, Questionnaire
from coach.session.carriers import Carriers
from coach.session.phrases import Chimes, Tone, Voice
from coach.session.routine import During, Exercise, Part, Phase, Routine, Variant

# A list around the dataclass lends it a configuration, so that the dataclasses need not know pydantic.
# Strict, because "5" is not 5; read as JSON, because only there may a strict tuple be written as a list.
_STRICT = ConfigDict(extra="forbid", strict=True)
EXERCISES = TypeAdapter(list[Exercise], config=_STRICT)
ROUTINES = TypeAdapter(list[Routine], config=_STRICT)
VOICES = TypeAdapter(list[Voice], config=_STRICT)
QUESTIONNAIRES = TypeAdapter(list[Questionnaire], config=_STRICT)

T = TypeVar("T", Exercise, Routine, Voice, Questionnaire)


def written_keys(cls: type) -> set[str]:
    """Return a dataclass's keys as they are written in files."""
    return {WRITTEN.get(field.name, field.name) for field in fields(cls)}


def known_only(page: Page, known: Collection[str]) -> tuple[Raw, list[Finding]]:
    """Return what stands under known keys, named as in the dataclass, and the mistakes of the others."""
    names = {written: name for name, written in WRITTEN.items()}
    raw = {names.get(key, key): value for key, value in page.raw.items() if key in known}
    return raw, [unknown_key(page, (key,), known) for key in page.raw if key not in known]


def unknown_key(page: Page, place: Place, known: Collection[str]) -> Finding:
    """Return the mistake of a key that is not among those known."""
    key = str(place[-1])
    return page.finding(place, "there is no such key", did_you_mean(key, known, "the keys here"))


def fit(
    adapter: TypeAdapter[list[T]], raw: Raw, whose: Page | Callable[[Place], tuple[Page, Place]]
) -> tuple[T | None, list[Finding]]:
    """Return a dataclass made of what stands in a file, or every reason why that cannot be."""
    try:
        return adapter.validate_json(json.dumps([raw], default=str))[0], []
    except ValidationError as error:
        findings = []
        for one in error.errors(include_url=False):
            if one["type"] == "too_short" and len(one["input"]) >= one["ctx"]["min_length"]:
                continue  # long enough, but its items have mistakes, which are told of themselves
            place: Place = one["loc"][1:]
            page, place = (whose, place) if isinstance(whose, Page) else whose(place)
            place = tuple(WRITTEN.get(step, step) if isinstance(step, str) else step for step in place)
            findings.append(_translated(page, place, one))
        return None, findings


def _translated(page: Page, place: Place, error: ErrorDetails) -> Finding:
    """Return one of pydantic's errors in plain words."""
    kind = error["type"]
    if kind == "unexpected_keyword_argument":
        table = next(str(step) for step in reversed(place[:-1]) if step in _TABLE_OF)
        return unknown_key(page, place, written_keys(_TABLE_OF[table]))
    if kind.startswith("missing"):
        key = str(place[-1])
        example = f"[[{key}]]" if key in TABLES else f"{key} = ..."
        return page.finding(place[:-1], f'the key "{key}" is missing', f"add {example}")
    return page.finding(place, *wrong(kind, error["input"], error.get("ctx", {}), str(place[0])))


_IN_BRACKETS = ("{shown} is not a list", 'put it in square brackets: ["...", "..."]')
_A_TABLE = ("{shown} has no heading of its own", "write it under [[{key}]], in double brackets")
_WRONG: Mapping[str, tuple[str, str]] = {
    "string_type": ("{shown} is not text", 'put the words in quotes: "..."'),
    "string_too_short": ("the text is empty", "write a sentence, or remove it"),
    "int_type": ("{shown} is not a whole number", "write bare digits, like 3"),
    "int_from_float": ("{shown} is not a whole number", "write bare digits, like 3"),
    "float_type": ("{shown} is not a number", "write it bare, like 3 or 2.5"),
    "greater_than_equal": ("{shown} is too small", "the least is {ge:g}"),
    "less_than_equal": ("{shown} is too large", "the most is {le:g}"),
    "tuple_type": _IN_BRACKETS,
    "frozen_set_type": _IN_BRACKETS,
    "dataclass_type": _A_TABLE,
    "literal_error": ("{shown} is none of the choices", "write {expected}"),
    "bool_type": ("{shown} is neither yes nor no", "write true or false, without quotes"),
    "mapping_type": ("{shown} is not a table", "write it under a heading of its own: [{key}]"),
    "dict_type": ("{shown} is not a table", "write it under a heading of its own: [{key}]"),
    "too_short": ("there are {many}, which is too few", "give at least {min_length}"),
    "too_long": ("there are {many}, which is too many", "give at most {max_length}"),
}
"""What is wrong and the remedy, by pydantic's name of the error."""


def wrong(kind: str, value: object, limits: Mapping[str, object], key: str = "") -> tuple[str, str]:
    """Return what is wrong with a value, and the remedy."""
    unknown = ("{shown} does not belong here", "compare it with another file of its kind")
    table = kind in {"tuple_type", "dataclass_type"} and key in TABLES
    what, remedy = _A_TABLE if table else _WRONG.get(kind, unknown)
    words = {
        **limits,
        "shown": "this" if isinstance(value, dict) else short(json.dumps(value, default=str, ensure_ascii=False)),
        "many": len(value) if isinstance(value, list) else 0,
        "key": key,
    }
    return what.format_map(words), remedy.format_map(words)


_TABLE_OF: Mapping[str, type] = {
    "phase": Phase,
    "easier": Variant,
    "harder": Variant,
    "during": During,
    "exercise": Part,
    "question": Question,
    "carriers": Carriers,
    "chimes": Chimes,
    "begin": Tone,
    "stopped": Tone,
    "unspoken": Tone,
}
"""What a table is made of, for its keys."""
