"""A file as read, with the lines on which its keys stand, and what is found wrong in it.

Of exercises, routines and voices it knows only how some of their keys are written.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

Place = tuple[str | int, ...]
"""Where in a file, as written there: ``("exercise", 1, "repetitions")``, counted from 0."""

Raw = dict[str, object]

WRITTEN = {"phases": "phase", "parts": "exercise", "understands": "phrases", "questions": "question"}
"""Names in the files that differ from those of the dataclasses: one ``[[phase]]`` is one phase."""

TABLES = {"phase", "exercise", "easier", "harder", "during", "question", "carriers"}
"""Keys whose values are written as ``[[tables]]``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake or a warning, with its place and its remedy; as text, one sentence."""

    file: Path
    line: int
    place: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """Return "file:line, place: what; remedy"."""
        here = Path.cwd()
        shown = self.file.relative_to(here) if self.file.is_relative_to(here) else self.file
        where = f"{shown}:{self.line}, {self.place}" if self.place else f"{shown}:{self.line}"
        return f"{where}: {self.what}; {self.remedy}{'' if self.remedy.endswith('?') else '.'}"


@dataclass(frozen=True, slots=True)
class Page:
    """A file that could be read, with the lines on which its keys stand."""

    path: Path
    text: str
    raw: Raw
    lines: Mapping[Place, int]

    def finding(self, place: Place, what: str, remedy: str, near: str = "") -> Finding:
        """Return a finding at a place; ``near`` is a text that stands on its line or on a later one."""
        return Finding(self.path, self.line(place, near), _told(place), what, remedy)

    def line(self, place: Place, near: str = "") -> int:
        """Return the line of a place, or of the nearest one around it; ``near``: of that text, from there on."""
        while place and place not in self.lines:
            place = place[:-1]
        line = self.lines.get(place, 1)
        later = self.text.splitlines()[line - 1 :]
        return next((n for n, row in enumerate(later, start=line) if near and near in row), line)


def read(path: Path) -> Page | Finding:
    """Return a file's page, or why there is none."""
    data = _opened(path)
    if isinstance(data, Finding):
        return data
    try:
        text = data.decode("utf-8-sig")  # some editors begin a file with a mark
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        remedy = "save the file again as UTF-8 in your editor"
        return Finding(path, line, "", "this is not UTF-8 text", remedy)
    try:
        raw, lines = _parsed(text)
    except (ValueError, RecursionError) as error:
        found = re.search(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error))
        said = found[1] if found else "it nests too deeply or holds too large a number"
        line = int(found[2]) if found and found[2] else max(1, len(text.splitlines()))
        column = f" at column {found[3]}" if found and found[3] else ""
        what = f"this is not TOML{column}: {said[:1].lower()}{said[1:]}"
        remedy = "look for a missing quote, bracket or equals sign, here or on the line before"
        return Finding(path, line, "", what, remedy)
    return Page(path, text, raw, lines)


@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[Raw, Mapping[Place, int]]:
    """Return what a text holds, for reading only, and the lines of its keys.

    By its text, not by its file: an exercise is read with each of its routines, and an edited one is another.
    """
    return tomllib.loads(text), _lines(text)


def _opened(path: Path) -> bytes | Finding:
    """Return a file's bytes, or why there are none."""
    try:
        if path.is_file():
            return path.read_bytes()
        siblings = [sibling.name for sibling in path.parent.glob("*.toml")]
        remedy = did_you_mean(path.name, siblings, "the files there")
        wrong = ("this is not a file", "name a file in it" if path.is_dir() else "name a file")
        what, remedy = wrong if path.exists() else ("there is no such file", remedy)
    except PermissionError:
        what, remedy = "this file may not be read", f"allow it with: chmod u+r {path.name}"
    except OSError as error:
        what, remedy = f"this file cannot be read ({error.strerror})", "check the path and the disk"
    return Finding(path, 1, "", what, remedy)


def _lines(text: str) -> dict[Place, int]:
    """Return on which line each table and each key stands, as far as a glance at every line tells."""
    lines: dict[Place, int] = {}
    counts: dict[str, int] = {}
    table: Place = ()
    for number, row in enumerate(text.splitlines(), start=1):
        if heading := re.match(r"\s*\[\[\s*([\w-]+)\s*\]\]", row):
            name = heading[1]
            table = (name, counts.get(name, 0))
            counts[name] = counts.get(name, 0) + 1
            lines[table] = number
        elif heading := re.match(r"\s*\[\s*([\w-]+)\s*\]", row):
            table = (heading[1],)
            lines[table] = number
        elif key := re.match(r"""\s*["']?([\w-]+)["']?\s*=""", row):
            lines.setdefault((*table, key[1]), number)
    return lines


def _told(place: Place) -> str:
    """Return a place in words: "[[exercise]] 2, repetitions"."""
    words = []
    for step, following in zip(place, (*place, None)[1:], strict=True):
        if isinstance(step, str):
            words.append(f"[[{step}]]" if step in TABLES and isinstance(following, int) else step)
        elif words and words[-1].startswith("[["):
            words[-1] += f" {step + 1}"
        else:
            words.append(f"item {step + 1}")
    return ", ".join(words)


def did_you_mean(word: str, known: Iterable[str], all_of_them: str) -> str:
    """Return a remedy for a word that is not known."""
    choice = sorted(known)
    if near := difflib.get_close_matches(word, choice, n=1, cutoff=0.6):
        return f'did you mean "{near[0]}"?'
    return f"{all_of_them} are {', '.join(choice)}" if choice else f"{all_of_them}: none"


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by file and line, each once: an exercise may be read on behalf of several routines."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda it: (str(it.file), it.line)))


def short(text: str) -> str:
    """Return a text, shortened if it is too long to be quoted."""
    return text if len(text) <= 50 else f"{text[:47]}..."
