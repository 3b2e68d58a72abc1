"""Reads and checks ``routines/guidance.toml``: the thresholds of the planning, each with its source beside it.

A file in the person's own folder changes single lines of it; what is missing there comes from the coach's own.
Bounds stand in ``coach/planning``: where safety is concerned, a value can only be made stricter.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from coach.content.fitting import unknown_key, wrong
from coach.content.page import Finding, Page, Place, did_you_mean, in_order, read, short
from coach.content.places import GUIDANCE, content_root, routine_folders
from coach.errors import ContentBroken
from coach.planning.guidance import Guidance

_GUIDANCE = TypeAdapter(list[Guidance], config=ConfigDict(extra="forbid", strict=True))
_EXAMPLE = '{ value = 3, source = "..." }'


@dataclass(frozen=True, slots=True)
class Rule:
    """One threshold as it stands in a file."""

    table: str
    name: str
    value: object
    source: str
    page: Page

    @property
    def place(self) -> Place:
        """Where it stands."""
        return (self.table, self.name)


def load_guidance() -> Guidance:
    """Return the thresholds: the coach's own, changed by the person's file where there is one.

    Raises:
        ContentBroken: a file has mistakes; all of them.
    """
    value, mistakes = _fitted(*_rules())
    if value is None or mistakes:
        raise ContentBroken([str(it) for it in in_order(mistakes)])
    return value


def rules() -> tuple[Rule, ...]:
    """Return every threshold with its source, in the order of the file, for a person to read."""
    return tuple(_rules()[0].values())


def guidance_mistakes(path: Path | None = None) -> tuple[Finding, ...]:
    """Return everything that is wrong with the thresholds.

    Args:
        path: a file that changes some of them; none means the person's own, if there is one.
    """
    return in_order(_fitted(*_rules(path))[1])


def _rules(own: Path | None = None) -> tuple[dict[Place, Rule], list[Finding]]:
    found: dict[Place, Rule] = {}
    mistakes: list[Finding] = []
    ours = content_root() / "routines" / GUIDANCE
    changed = own or routine_folders()[0] / GUIDANCE
    for path in (ours, changed) if own or changed.is_file() else (ours,):
        page = read(path)
        if isinstance(page, Finding):
            mistakes.append(page)
            continue
        for it in _written(page):
            if isinstance(it, Rule):
                found[it.place] = it
            else:
                mistakes.append(it)
    return found, mistakes


def _written(page: Page) -> Iterator[Rule | Finding]:
    """Yield what stands in a file: each threshold, or what is wrong with how it is written."""
    tables = {field.name: field.type for field in fields(Guidance)}
    for table, entries in page.raw.items():
        if table not in tables:
            yield unknown_key(page, (table,), tables)
        elif not isinstance(entries, dict):
            yield page.finding((table,), "this is not a table", f"write it under a heading of its own: [{table}]")
        else:
            for name, entry in entries.items():
                yield _rule(page, table, name, entry)


def _rule(page: Page, table: str, name: str, entry: object) -> Rule | Finding:
    place = (table, name)
    if not isinstance(entry, dict) or "value" not in entry:
        return page.finding(place, "this has no value and source", f"write {name} = {_EXAMPLE}")
    source = entry.get("source")
    if not isinstance(source, str) or not source.strip():
        return page.finding(place, "its source is missing", 'add source = "...": where the value comes from')
    if unknown := entry.keys() - {"value", "source"}:
        return page.finding(
            place,
            f'there is no key "{min(unknown)}" here',
            did_you_mean(min(unknown), ("value", "source"), "the keys"),
        )
    return Rule(table, name, entry["value"], source, page)


def _fitted(found: Mapping[Place, Rule], mistakes: list[Finding]) -> tuple[Guidance | None, list[Finding]]:
    """Return the thresholds as a value, or every reason why that cannot be."""
    raw: dict[str, dict[str, object]] = {field.name: {} for field in fields(Guidance)}
    for rule in found.values():
        raw[rule.table][rule.name] = rule.value
    try:
        return _GUIDANCE.validate_json(json.dumps([raw], default=str))[0], mistakes
    except ValidationError as error:
        ours = content_root() / "routines" / GUIDANCE
        told = [
            _mistake(found, one["loc"][1:], one["type"], one["input"], one.get("ctx", {}), ours)
            for one in error.errors(include_url=False)
        ]
        wrongly_written = {(it.file, it.line) for it in mistakes}
        return None, mistakes + [it for it in told if it and (it.file, it.line) not in wrongly_written]


def _mistake(
    found: Mapping[Place, Rule],
    loc: Place,
    kind: str,
    value: object,
    limits: Mapping[str, object],
    ours: Path,
) -> Finding | None:
    """Return one of pydantic's errors in plain words; None for what was told of already."""
    place = loc[:2]
    if kind == "unexpected_keyword_argument":
        return unknown_key(found[place].page, place, _names(str(place[0])))
    if place not in found:
        page = read(ours)
        written = page.raw.get(str(place[0]), {}) if isinstance(page, Page) else None
        if isinstance(page, Finding) or (isinstance(written, dict) and place[-1] in written):
            return None
        return page.finding(place[:1], f'the key "{place[-1]}" is missing', f"add {place[-1]} = {_EXAMPLE}")
    shown = short(json.dumps(value, default=str, ensure_ascii=False))
    match kind:
        case "predicate_failed":
            what, remedy = (
                f"{shown} lacks what must stay",
                "add to the coach's own list, and take nothing away",
            )
        case "literal_error":
            what, remedy = f"{shown} is no such name", f"the names are {limits['expected']}"
        case _:
            what, remedy = wrong(kind, value, limits, str(place[-1]))
    if kind in {"greater_than_equal", "less_than_equal"}:
        remedy += ", because a threshold can be made stricter, never laxer"
    return found[place].page.finding(place, what, remedy)


def _names(table: str) -> set[str]:
    return {field.name for field in fields(get_type_hints(Guidance)[table])}
