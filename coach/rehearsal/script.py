"""What the synthetic listener of a rehearsal says, and when: a TOML file that a person can write.

    [[say]]
    words = "slower"
    when = { state = "moving", exercise = "cat-camel", round = 1, after_s = 6 }

    [[say]]
    words = "pause"
    when = { line = "Kneel", after_s = 1 }

Moments refer to what happens in the session, so that a script survives changes of wording and tempo:

- with ``state``, ``exercise``, ``side`` or ``round``: ``after_s`` seconds after the session entered a state
  that fits all of them, if it is still in it by then;
- with ``line``: ``after_s`` seconds after the coach begins a line containing these words (in a state that
  fits the others, where they are given);
- with ``at_s``: at that second of the session, whatever happens.

Remarks are made in the order of the file, each once: the next one waits until the one before has been made.
Like a person, the listener says a remark again if the coach does not react (``tries``, 3 unless given).

Only the reading stands here; ``listener.py`` does the saying.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final

from annotated_types import Ge, Interval, MinLen
from pydantic import ConfigDict, TypeAdapter, ValidationError

from coach.content.page import Finding, did_you_mean, read, short
from coach.errors import ContentBroken
from coach.session import table
from coach.session.carriers import NO_CARRIERS, Carriers, by_words, phrases_in
from coach.session.messages import Entered, Milliseconds

_KNOWN_KEYS_ONLY = ConfigDict(extra="forbid")
_Text = Annotated[str, MinLen(1)]
_Seconds = Annotated[float, Interval(ge=0, le=36_000)]
"""Ten hours are longer than any session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The moment of a remark; see the head of this file.

    Attributes:
        state: the session's state, as named in ``coach/session/table.py``; in an interview the question's id.
        exercise: the identifier of the exercise at hand.
        side: the side's name.
        round: from 1.
        line: words that the coach's line contains, in any case.
        after_s: seconds after that.
        at_s: the second of the session, instead of all the others.
    """

    __pydantic_config__ = _KNOWN_KEYS_ONLY

    state: str | None = None
    exercise: _Text | None = None
    side: _Text | None = None
    round: Annotated[int, Ge(1)] | None = None
    line: _Text | None = None
    after_s: _Seconds = 0.0
    at_s: _Seconds | None = None

    def is_during(self, entered: Entered) -> bool:
        """Whether a state, as it was entered, is one that this moment asks for."""
        return (
            self.state in (None, entered.state)
            and self.exercise in (None, entered.exercise)
            and self.side in (None, entered.side)
            and self.round in (None, entered.round)
        )

    def is_in(self, line: str) -> bool:
        """Whether this moment waits for this line of the coach."""
        return self.line is not None and self.line.casefold() in line.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing the listener says.

    Attributes:
        words: what.
        when: the moment.
        tries: how often it is said, at most, until the coach reacts.
        line_number: where it stands in its file, from 1; 0 if it never stood in one.
    """

    __pydantic_config__ = _KNOWN_KEYS_ONLY

    words: _Text
    when: When
    tries: Annotated[int, Interval(ge=1, le=9)] = 3
    line_number: int = 0


@dataclass(frozen=True, slots=True)
class Script:
    """All that a listener says in one rehearsal, in order.

    Attributes:
        name: the file's name without ``.toml``.
        remarks: what is said; empty for a listener who says nothing.
    """

    name: str
    remarks: tuple[Remark, ...] = ()


def remark_at(at: Milliseconds, words: str) -> Remark:
    """A remark at a fixed time, made once: for sessions that are replayed."""
    return Remark(words=words, when=When(at_s=at / 1000), tries=1)


def read_script(
    path: Path,
    *,
    phrases: Collection[str] = (),
    carriers: Iterable[Carriers] = NO_CARRIERS,
    states: Collection[str] = table.STATES,
) -> Script:
    """Read and check a script.

    Args:
        path: the TOML file.
        phrases: what the voice understands; if given, words that are none of these are mistakes.
        carriers: what may be said around them.
        states: what there is to be in: the session's states, or an interview's questions and states.

    Raises:
        ContentBroken: the file cannot be read, or has mistakes: all of them, each with file, line and remedy.
    """
    found = examine(path, phrases, carriers, states)
    if isinstance(found, Script):
        return found
    raise ContentBroken([str(it) for it in found])


def examine(
    path: Path, phrases: Collection[str], carriers: Iterable[Carriers], states: Collection[str]
) -> Script | tuple[Finding, ...]:
    """Return a script, or everything that is wrong with it; the arguments are those of ``read_script``."""
    written = read(path)
    if isinstance(written, Finding):
        return (written,)
    page, around = _Page(path, written.text), by_words(carriers)
    try:
        remarks = _PAGE.validate_python(written.raw).say
    except ValidationError as error:
        return tuple(_told(page, one) for one in error.errors())
    mistakes = tuple(
        page.finding(index, *mistake)
        for index, remark in enumerate(remarks)
        for mistake in _mistakes(remark, phrases, around, states)
    )
    numbered = (replace(remark, line_number=page.line(index)) for index, remark in enumerate(remarks))
    return mistakes or Script(path.stem, tuple(numbered))


def unsaid_sentence(script: Script, unsaid: Sequence[Remark]) -> str:
    """One sentence on the remarks that were never made, for the end of a rehearsal; empty if all were."""
    if not unsaid:
        return ""
    first, *rest = unsaid
    after = f", nor the {len(rest)} after it," if rest else ""
    return (
        f'"{first.words}" (script {script.name}, line {first.line_number}){after} was never said: '
        f"its moment did not come. Compare its `when` with the transcript."
    )


# --- Checking --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Content:
    __pydantic_config__ = _KNOWN_KEYS_ONLY

    say: tuple[Remark, ...] = ()


_PAGE: Final = TypeAdapter(_Content)
_CONDITIONS: Final = ("state", "exercise", "side", "round", "line")
_KEYS: Final = {1: ("say",), 3: ("words", "when", "tries"), 4: (*_CONDITIONS, "after_s", "at_s")}
"""What may stand where: in the file, in a remark, in its moment; by the length of pydantic's location."""

_REMEDIES: Final = {
    "dataclass_type": 'write a table: { state = "moving", after_s = 3 }',
    "tuple_type": "begin each remark with [[say]]",
    "string_type": "write it in quotes",
    "string_too_short": "write at least a word",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "float_type": "write a number of seconds",
    "float_parsing": "write a number of seconds",
}
"""Where pydantic's own words ("unable to parse string as an integer") are for programmers."""


class _Page:
    """The lines of a script, because a mistake is reported where it stands and ``tomllib`` forgets that."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._heads = [n for n, line in enumerate(self._lines, 1) if re.match(r"\s*\[\[\s*say\s*\]\]", line)]

    def line(self, remark: int) -> int:
        """The line of a remark's ``[[say]]``; 1 where remarks are written in another way."""
        return self._heads[remark] if remark < len(self._heads) else 1

    def finding(self, remark: int, key: str, what: str, remedy: str) -> Finding:
        """A mistake, on the line where a remark's key stands, or where the remark begins."""
        first = self.line(remark)
        last = self._heads[remark + 1] - 1 if remark + 1 < len(self._heads) else len(self._lines)
        for number in range(first, last + 1):
            if key and re.search(rf"\b{re.escape(key)}\s*=", self._lines[number - 1]):
                return Finding(self._path, number, "", what, remedy)
        return Finding(self._path, first, "", what, remedy)


def _told(page: _Page, error: Mapping[str, Any]) -> Finding:
    """One of pydantic's findings in plain words."""
    index = next((part for part in error["loc"] if isinstance(part, int)), 0)
    key = next((part for part in reversed(error["loc"]) if isinstance(part, str)), "")
    match error["type"]:
        case "unexpected_keyword_argument":
            remedy = did_you_mean(key, _KEYS[len(error["loc"])], "the keys here")
            return page.finding(index, key, f"`{key}` is not known here", remedy)
        case "missing":
            return page.finding(index, key, f"this [[say]] has no `{key}`", "add it")
        case kind:
            remedy = _REMEDIES.get(kind, error["msg"].replace("Input", "it"))
            return page.finding(index, key, f"`{key}` is {short(repr(error['input']))}", remedy)


def _mistakes(
    remark: Remark, phrases: Collection[str], carriers: Mapping[str, frozenset[str]], states: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    """What a remark's types do not say: the key of each mistake, what is wrong, and the remedy."""
    when = remark.when
    if phrases and len(phrases_in(remark.words, phrases, carriers)) != 1:
        suggestion = did_you_mean(remark.words, phrases, "the phrases")
        yield "words", f'"{remark.words}" is nothing the coach understands', suggestion
    if when.state is not None and when.state not in states:
        yield "state", f'there is no state "{when.state}"', did_you_mean(when.state, states, "the states")
    conditions = [key for key in _CONDITIONS if getattr(when, key) is not None]
    if when.at_s is not None and (conditions or when.after_s):
        others = ", ".join(f"`{key}`" for key in [*conditions, *(["after_s"] if when.after_s else [])])
        yield "at_s", f"`at_s` stands alone, but here are {others} too", "keep one or the other"
    if when.at_s is None and not conditions:
        yield "when", "the moment is missing", "add `state`, `exercise`, `side`, `round`, `line` or `at_s`"
