"""Finds, reads and checks the content: exercises and routines in ``routines/``, voices in ``voices/``.

The files map one to one on the plain values of ``coach/session/routine.py`` and ``coach/session/phrases.py``;
pydantic compares the two. People who never program write these files, so *every* mistake in all of them is
reported at once, as "file:line, place: what is wrong; remedy", and none in pydantic's own words. The pure
folders know nothing of any of this.
"""

import difflib
import json
import os
import re
import sys
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from coach.errors import ContentBroken
from coach.session.messages import Command
from coach.session.phrases import ANSWERS, COMMANDS, FRAGMENTS, KEYS, Voice, fields_of
from coach.session.routine import Exercise, Part, Phase, Routine, Variant
from coach.session.table import STATES, spoken_in

LONGEST_SENTENCE = 20
"""Words. A sentence is repeated whole after an interruption: this is about eight seconds of speech."""

LONGEST_EXPLANATION_S = 40
"""Set-up, movement, feel and breathing together: longer, and the body has cooled or the mind wandered."""

LONGEST_REST_S = 180

VOICE_FILES = ("voice.toml", "says.toml", "understands.toml")

Place = tuple[str | int, ...]
"""Where in a file, as written there: ``("exercise", 1, "repetitions")``, counted from 0."""

Raw = dict[str, object]

# A list around the dataclass lends it a configuration, so that the dataclasses need not know pydantic.
# Strict, because "5" is not 5; read as JSON, because only there may a strict tuple be written as a list.
_STRICT = ConfigDict(extra="forbid", strict=True)
_EXERCISES = TypeAdapter(list[Exercise], config=_STRICT)
_ROUTINES = TypeAdapter(list[Routine], config=_STRICT)
_VOICES = TypeAdapter(list[Voice], config=_STRICT)

_WRITTEN = {"phases": "phase", "parts": "exercise", "understands": "phrases"}
"""Names in the files that differ from those of the dataclasses: one ``[[phase]]`` is one phase."""

_TABLES = {"phase", "exercise", "easier", "harder"}
"""Keys whose values are written as ``[[tables]]``."""

Spoken = Exercise | Routine | Voice
"""What is read from files, and has sentences."""

T = TypeVar("T", Exercise, Routine, Voice)


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
class Report:
    """What ``check`` found.

    Attributes:
        files: the files that were read.
        mistakes: what must be put right before the content can be used.
        warnings: what would sound wrong, or be hard to follow.
    """

    files: tuple[Path, ...]
    mistakes: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A routine on offer; one with mistakes is listed with them instead of itself."""

    id: str
    path: Path
    routine: Routine | None
    mistakes: tuple[str, ...] = ()


# --- Finding ---------------------------------------------------------------------------------------------


def content_root() -> Path:
    """Return the folder that holds ``routines/`` and ``voices/``: the checkout, else where pip put them.

    Raises:
        ContentBroken: neither is there.
    """
    places = (Path(__file__).resolve().parent.parent, Path(sys.prefix) / "share" / "coach")
    for place in places:
        if (place / "routines").is_dir() and (place / "voices").is_dir():
            return place
    looked = " nor in ".join(map(str, places))
    raise ContentBroken([f"There are no routines and voices in {looked}; install the coach again."])


def own_routines() -> Path:
    """Return the folder for a person's own routines, which need not exist."""
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(home).expanduser() / "coach" / "routines"


def routine_folders() -> tuple[Path, ...]:
    """Return the folders in which routines are looked for, first to last."""
    return (own_routines(), content_root() / "routines")


def routines() -> tuple[Summary, ...]:
    """Return every routine on offer, the person's own first; also those with mistakes."""
    found: dict[str, Summary] = {}
    for folder in routine_folders():
        for path in sorted(folder.glob("*.toml")):
            if path.stem not in found:
                reading = _read_routine(path)
                found[path.stem] = Summary(
                    path.stem, path, reading.value, tuple(map(str, _in_order(reading.mistakes)))
                )
    return tuple(found.values())


# --- Loading ---------------------------------------------------------------------------------------------


def load_routine(name: str | Path, *, voice: Voice | None = None) -> Routine:
    """Return a routine with its exercises.

    Args:
        name: its file's name without ``.toml``, or a path to its file.
        voice: who will speak it; then its words are also checked against what that voice must not say.

    Raises:
        ContentBroken: it is not there, or it or its exercises have mistakes; all of them.
    """
    reading = _read_routine(_routine_path(name))
    mistakes = [*reading.mistakes]
    if voice:
        mistakes += [finding for page, it in reading.spoken for finding in _self_commands(page, it, voice)]
    if reading.value is None or mistakes:
        raise ContentBroken([str(it) for it in _in_order(mistakes)])
    return reading.value


def load_voice(name: str = "english") -> Voice:
    """Return a voice.

    Args:
        name: its folder's name under ``voices/``.

    Raises:
        ContentBroken: it is not there, or its files have mistakes; all of them.
    """
    home = content_root() / "voices"
    known = sorted(path.parent.name for path in home.glob("*/voice.toml"))
    if name not in known:
        raise ContentBroken([f'There is no voice called "{name}"; {_did_you_mean(name, known, "the voices")}'])
    reading = _read_voice(home / name)
    if reading.value is None or reading.mistakes:
        raise ContentBroken([str(it) for it in _in_order(reading.mistakes)])
    return reading.value


def check(paths: Sequence[Path] = (), *, voice: str = "english") -> Report:
    """Read files, and return everything that is wrong with them, and everything that would sound wrong.

    Args:
        paths: routines, exercises, voices, or folders of these; none means all there is.
        voice: the voice that will speak them, by name.
    """
    home = content_root() / "voices"
    speaker = _read_voice(home / voice)
    mistakes = list(speaker.mistakes)
    warnings: list[Finding] = []
    files: list[Path] = []
    for path in paths or (*filter(Path.is_dir, routine_folders()), home):
        for file in _contained(path):
            reading = _read_any(file)
            mistakes += reading.mistakes
            files.append(file)
            for page, value in reading.spoken:
                ears = value if isinstance(value, Voice) else speaker.value
                if ears:
                    mistakes += _self_commands(page, value, ears)
                    warnings += [*_hard_to_follow(page, value, ears), *_ill_timed(page, value, ears)]
    return Report(tuple(dict.fromkeys(files)), _in_order(mistakes), _in_order(warnings))


def _routine_path(name: str | Path) -> Path:
    if isinstance(name, Path) or name.endswith(".toml") or os.sep in name:
        return Path(name)
    known = {path.stem: path for folder in reversed(routine_folders()) for path in folder.glob("*.toml")}
    if name in known:
        return known[name]
    remedy = _did_you_mean(name, known, "the routines")
    raise ContentBroken([f'There is no routine called "{name}"; {remedy}'])


def _contained(path: Path) -> Iterator[Path]:
    """Yield what a path stands for: itself, or in a folder each routine, exercise and voice (its folder)."""
    if not _is_folder(path) or (path / "voice.toml").exists():
        yield path
        return
    yield from sorted(path.glob("*.toml"))
    yield from sorted(path.glob("exercises/*.toml"))
    yield from sorted(sound.parent for sound in path.glob("*/voice.toml"))


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  (Path.is_dir raises where a folder above is closed to us)


# --- One file, as read -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Page:
    """A file that could be read, with the lines on which its keys stand."""

    path: Path
    text: str
    raw: Raw
    lines: Mapping[Place, int]

    def finding(self, place: Place, what: str, remedy: str, near: str = "") -> Finding:
        """Return a finding at a place; ``near`` is a text that stands on its line or on a later one."""
        return Finding(self.path, self.line(place, near), _told(place), what, remedy)

    def line(self, place: Place, near: str = "") -> int:
        while place and place not in self.lines:
            place = place[:-1]
        line = self.lines.get(place, 1)
        later = self.text.splitlines()[line - 1 :]
        return next((n for n, row in enumerate(later, start=line) if near and near in row), line)


@dataclass(frozen=True, slots=True)
class _Reading(Generic[T]):
    """What reading one thing gave: the thing if it is sound, the mistakes, and what of it is spoken."""

    value: T | None
    mistakes: tuple[Finding, ...] = ()
    spoken: tuple[tuple[_Page, Spoken], ...] = ()


def _read(path: Path) -> _Page | Finding:
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
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        found = re.search(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error))
        said = found[1] if found else "it nests too deeply or holds too large a number"
        line = int(found[2]) if found and found[2] else max(1, len(text.splitlines()))
        column = f" at column {found[3]}" if found and found[3] else ""
        what = f"this is not TOML{column}: {said[:1].lower()}{said[1:]}"
        remedy = "look for a missing quote, bracket or equals sign, here or on the line before"
        return Finding(path, line, "", what, remedy)
    return _Page(path, text, raw, _lines(text))


def _opened(path: Path) -> bytes | Finding:
    """Return a file's bytes, or why there are none."""
    try:
        if path.is_file():
            return path.read_bytes()
        siblings = [sibling.name for sibling in path.parent.glob("*.toml")]
        remedy = _did_you_mean(path.name, siblings, "the files there")
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
            words.append(f"[[{step}]]" if step in _TABLES and isinstance(following, int) else step)
        elif words and words[-1].startswith("[["):
            words[-1] += f" {step + 1}"
        else:
            words.append(f"item {step + 1}")
    return ", ".join(words)


def _did_you_mean(word: str, known: Iterable[str], all_of_them: str) -> str:
    """Return a remedy for a word that is not known."""
    choice = sorted(known)
    if near := difflib.get_close_matches(word, choice, n=1, cutoff=0.6):
        return f'did you mean "{near[0]}"?'
    return f"{all_of_them} are {', '.join(choice)}" if choice else f"{all_of_them}: none"


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by file and line, each once: an exercise may be read on behalf of several routines."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda it: (str(it.file), it.line)))


# --- Reading exercises, routines and voices --------------------------------------------------------------


def _read_any(path: Path) -> _Reading[Exercise] | _Reading[Routine] | _Reading[Voice]:
    """Read a file as what it is, told by its place, else by what stands in it."""
    if _is_folder(path) or path.name in VOICE_FILES:
        return _read_voice(path if _is_folder(path) else path.parent)
    if path.parent.name == "exercises":
        return _read_exercise(path)
    page = _read(path)
    if isinstance(page, _Page) and "exercise" not in page.raw and {"phase", "setup"} & page.raw.keys():
        return _read_exercise(path)
    return _read_routine(path)


def _read_exercise(path: Path) -> _Reading[Exercise]:
    page = _read(path)
    if isinstance(page, Finding):
        return _Reading(None, (page,))
    raw, mistakes = _known_only(page, _written(Exercise) - {"id"})
    value, more = _fit(_EXERCISES, {**raw, "id": path.stem}, page)
    mistakes += more
    return _Reading(value, tuple(mistakes), ((page, value),) if value else ())


def _read_routine(path: Path) -> _Reading[Routine]:
    page = _read(path)
    if isinstance(page, Finding):
        return _Reading(None, (page,))
    raw, mistakes = _known_only(page, _written(Routine) - {"id"})
    shelves = dict.fromkeys(folder / "exercises" for folder in (path.parent, *routine_folders()))
    shelf = {file.stem: file for folder in reversed(shelves) for file in sorted(folder.glob("*.toml"))}
    spoken: list[tuple[_Page, Spoken]] = []
    written = raw.get("parts")
    parts: list[object] = []
    for index, entry in enumerate(written if isinstance(written, list) else ()):
        if not isinstance(entry, dict):
            parts.append(entry)
            continue
        place: Place = ("exercise", index)
        use = entry.get("use")
        reading: _Reading[Exercise] = _Reading(None)
        if use is None:
            mistakes.append(page.finding(place, 'the key "use" is missing', 'write use = "cat-camel", say'))
        elif not isinstance(use, str):
            mistakes.append(page.finding((*place, "use"), *_wrong("string_type", use, {})))
        elif use not in shelf:
            remedy = _did_you_mean(use, shelf, "the exercises")
            mistakes.append(page.finding((*place, "use"), f'there is no exercise "{use}"', remedy))
        else:
            reading = _read_exercise(shelf[use])
            mistakes += reading.mistakes
            spoken += reading.spoken
        mistakes += _amount_mistakes(page, place, entry, reading.value)
        # An exercise that is missing or broken was reported above: a blank one lets the rest be checked.
        exercise = _EXERCISES.dump_python([reading.value or _BLANK], mode="json")[0]
        unknown = entry.keys() - {"use", "repetitions", "hold_s"}
        mistakes += [_unknown(page, (*place, key), {"use", "repetitions", "hold_s"}) for key in unknown]
        amounts = {key: entry[key] for key in ("repetitions", "hold_s") if key in entry}
        parts.append({**amounts, "exercise": exercise})
    if isinstance(written, list):
        raw["parts"] = parts
    value, more = _fit(_ROUTINES, {**raw, "id": path.stem}, page)
    mistakes += more
    if value:
        spoken.append((page, value))
    return _Reading(None if mistakes else value, tuple(mistakes), tuple(spoken))


def _amount_mistakes(page: _Page, place: Place, entry: Raw, exercise: Exercise | None) -> Iterator[Finding]:
    if "repetitions" in entry and "hold_s" in entry:
        yield page.finding(place, "repetitions and hold_s are both given", "keep one, and remove the other")
    elif entry.keys() <= {"use"}:  # any other key is a misspelt one, and told as such
        remedy = "write repetitions = 10, or hold_s = 20, say"
        yield page.finding(place, "neither repetitions nor hold_s is given", remedy)
    elif "hold_s" in entry and exercise and len(exercise.phases) != 1:
        what = f'"{exercise.id}" is made of {len(exercise.phases)} phases and cannot be held'
        remedy = "give repetitions instead, or use an exercise with a single [[phase]]"
        yield page.finding((*place, "hold_s"), what, remedy)


def _read_voice(folder: Path) -> _Reading[Voice]:
    read = {name: _read(folder / name) for name in VOICE_FILES}
    pages = [page for page in read.values() if isinstance(page, _Page)]
    mistakes = [page for page in read.values() if isinstance(page, Finding)]
    if mistakes:  # the rest would only be a long list of what those files lack
        return _Reading(None, tuple(mistakes))
    sound, says, ears = pages
    heard = {"urgent", "decoys", "phrases"}
    own, more = _known_only(sound, _written(Voice) - heard - {"name", "says"})
    mistakes += more
    understood, more = _known_only(ears, heard)
    mistakes += more
    lines, more = _known_only(says, KEYS.keys())
    mistakes += more
    # A single sentence may stand without brackets.
    raw: Raw = {
        **own,
        **understood,
        "name": folder.name,
        "says": {key: [it] if isinstance(it, str) else it for key, it in lines.items()},
    }

    def whose(place: Place) -> tuple[_Page, Place]:
        if place[0] == "says":
            return says, place[1:]
        return (ears if place[0] in heard else sound), place

    value, more = _fit(_VOICES, raw, whose)
    mistakes += [*more, *_missing_words(says, ears, raw)]
    if value:
        mistakes += [*_template_mistakes(says, value), *_phrase_mistakes(ears, value)]
        mistakes += _self_commands(says, value, value)
    return _Reading(None if mistakes else value, tuple(mistakes), ((says, value),) if value else ())


def _missing_words(says: _Page, ears: _Page, raw: Raw) -> Iterator[Finding]:
    for key in sorted(KEYS.keys() - says.raw.keys()):
        example = " ".join(f"{{{field}}}" for field in sorted(KEYS[key])) or "..."
        yield says.finding((), f'the line "{key}" is missing', f'add {key} = "{example}", in your words')
    phrases = raw.get("understands")
    if not isinstance(phrases, dict):
        return
    for command in sorted(phrases.keys() - COMMANDS):
        yield _unknown(ears, ("phrases", command), COMMANDS)
    for command in sorted(COMMANDS - phrases.keys()):
        yield ears.finding(
            ("phrases",),
            f'the command "{command}" has no phrases',
            f'add {command} = ["..."] under [phrases]',
        )


def _template_mistakes(page: _Page, voice: Voice) -> Iterator[Finding]:
    for key, templates in voice.says.items():
        used: set[str] = set()
        for template in templates:
            try:
                used |= fields_of(template)
            except ValueError:
                yield page.finding(
                    (key,),
                    f'the braces in "{_short(template)}" do not match',
                    "write each field as {name}",
                    template,
                )
                used |= KEYS[key]
        for field in sorted(used - KEYS[key]):
            remedy = _did_you_mean(field, KEYS[key], "its fields") if KEYS[key] else "it has none: remove it"
            yield page.finding((key,), f"there is no field {{{field}}} here", remedy, f"{{{field}}}")
        for field in sorted(KEYS[key] - used):
            yield page.finding((key,), f"the field {{{field}}} is missing", "say it in one of the sentences")
        if key in FRAGMENTS and len(templates) != 1:
            yield page.finding((key,), "this is a piece of other lines, not a list", "write a single text")


def _phrase_mistakes(page: _Page, voice: Voice) -> Iterator[Finding]:
    for command in sorted(voice.urgent - COMMANDS):
        yield page.finding(
            ("urgent",), f'there is no command "{command}"', _did_you_mean(command, COMMANDS, "the commands")
        )
    together = {(a, b) for state in STATES for a in spoken_in(state) for b in spoken_in(state)}
    meanings: dict[str, list[Command]] = {}
    for command, phrases in voice.understands.items():
        for phrase in phrases:
            place: Place = ("phrases", command)
            if phrase != _plain(phrase) or any(map(str.isdigit, phrase)):
                what = f'"{phrase}" is more than words in lower case'
                remedy = f'write it as it is spoken: "{_plain(phrase)}", numbers in words'
                yield page.finding(place, what, remedy, phrase)
            for other in meanings.setdefault(phrase, []):
                if other == command:
                    yield page.finding(place, f'"{phrase}" stands here twice', "remove one", f'"{phrase}"')
                elif (command, other) in together:
                    what = f'"{phrase}" already means "{other}", which can be said at the same time'
                    yield page.finding(place, what, "remove it from one of them", f'"{phrase}"')
            meanings[phrase].append(command)
    for decoy in voice.decoys:
        if not ANSWERS.issuperset(meanings.get(decoy, ())):  # numbers are talk until one is asked for
            what = f'the decoy "{decoy}" means "{meanings[decoy][0]}"'
            yield page.finding(("decoys",), what, "remove one of them", f'"{decoy}"')
    yield from _never_heard_out(page, voice, meanings)


def _never_heard_out(page: _Page, voice: Voice, meanings: Mapping[str, Sequence[Command]]) -> Iterator[Finding]:
    """Yield phrases that begin with an urgent one, which is acted on before the sentence is over."""
    for command in sorted(voice.urgent & voice.understands.keys()):
        for early in voice.understands[command]:
            for phrase, owners in meanings.items():
                if command not in owners and phrase.startswith(f"{early} "):
                    what = f'"{phrase}" begins with "{early}", which is urgent and means "{command}"'
                    remedy = "it would never be heard to its end: choose another wording"
                    yield page.finding(("phrases", owners[0]), what, remedy, f'"{phrase}"')


# --- Comparing a file with its dataclass -----------------------------------------------------------------


def _written(cls: type) -> set[str]:
    """Return a dataclass's keys as they are written in files."""
    return {_WRITTEN.get(field.name, field.name) for field in fields(cls)}


def _known_only(page: _Page, known: Collection[str]) -> tuple[Raw, list[Finding]]:
    """Return what stands under known keys, named as in the dataclass, and the mistakes of the others."""
    names = {written: name for name, written in _WRITTEN.items()}
    raw = {names.get(key, key): value for key, value in page.raw.items() if key in known}
    return raw, [_unknown(page, (key,), known) for key in page.raw if key not in known]


def _unknown(page: _Page, place: Place, known: Collection[str]) -> Finding:
    key = str(place[-1])
    return page.finding(place, "there is no such key", _did_you_mean(key, known, "the keys here"))


def _fit(
    adapter: TypeAdapter[list[T]], raw: Raw, whose: _Page | Callable[[Place], tuple[_Page, Place]]
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
            page, place = (whose, place) if isinstance(whose, _Page) else whose(place)
            place = tuple(_WRITTEN.get(step, step) if isinstance(step, str) else step for step in place)
            findings.append(_translated(page, place, one))
        return None, findings


def _translated(page: _Page, place: Place, error: ErrorDetails) -> Finding:
    """Return one of pydantic's errors in plain words."""
    kind = error["type"]
    if kind == "unexpected_keyword_argument":
        return _unknown(page, place, _written(_TABLE_OF[str(place[0])]))
    if kind.startswith("missing"):
        key = str(place[-1])
        example = f"[[{key}]]" if key in _TABLES else f"{key} = ..."
        return page.finding(place[:-1], f'the key "{key}" is missing', f"add {example}")
    return page.finding(place, *_wrong(kind, error["input"], error.get("ctx", {}), str(place[0])))


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
    "mapping_type": ("{shown} is not a table", "write it under a heading of its own: [{key}]"),
    "dict_type": ("{shown} is not a table", "write it under a heading of its own: [{key}]"),
    "too_short": ("there are {many}, which is too few", "give at least {min_length}"),
    "too_long": ("there are {many}, which is too many", "give at most {max_length}"),
}
"""What is wrong and the remedy, by pydantic's name of the error."""


def _wrong(kind: str, value: object, limits: Mapping[str, object], key: str = "") -> tuple[str, str]:
    """Return what is wrong with a value, and the remedy."""
    unknown = ("{shown} does not belong here", "compare it with another file of its kind")
    table = kind in {"tuple_type", "dataclass_type"} and key in _TABLES
    what, remedy = _A_TABLE if table else _WRONG.get(kind, unknown)
    words = {
        **limits,
        "shown": "this" if isinstance(value, dict) else _short(json.dumps(value, default=str, ensure_ascii=False)),
        "many": len(value) if isinstance(value, list) else 0,
        "key": key,
    }
    return what.format_map(words), remedy.format_map(words)


def _short(text: str) -> str:
    return text if len(text) <= 50 else f"{text[:47]}..."


# --- How it will sound -----------------------------------------------------------------------------------


def _sentences(thing: object, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every sentence that is spoken of a routine, an exercise or a voice, with its place."""
    if isinstance(thing, str):
        yield place, thing
    elif isinstance(thing, tuple):
        for index, item in enumerate(thing):
            yield from _sentences(item, (*place, index))
    elif isinstance(thing, Voice):
        for key, lines in thing.says.items():
            yield from _sentences(lines, (key,))
    elif is_dataclass(thing):
        for field in fields(thing):
            if field.name not in {"id", "source", "parts"}:
                inner = (*place, _WRITTEN.get(field.name, field.name))
                yield from _sentences(getattr(thing, field.name), inner)


def _self_commands(page: _Page, thing: Spoken, voice: Voice) -> Iterator[Finding]:
    """Yield each sentence that holds an urgent phrase: the coach would halt on its own word."""
    urgent = sorted(_urgent_phrases(voice), key=len, reverse=True)
    for place, sentence in _sentences(thing):
        words = f" {_plain(sentence)} "
        if phrase := next((phrase for phrase in urgent if f" {phrase} " in words), None):
            command = voice.command_of(phrase, voice.understands)
            what = f'the coach would say "{phrase}" and take it for the command "{command}"'
            yield page.finding(place, what, "say it in other words", _near(sentence))


def _hard_to_follow(page: _Page, thing: Spoken, voice: Voice) -> Iterator[Finding]:
    """Yield sentences that a listener may mishear, cannot see, or has to hear for too long."""
    phrases = set(voice.phrases_of(voice.understands))
    stems = tuple(phrase for phrase in _urgent_phrases(voice) if " " not in phrase and len(phrase) > 3)
    for place, sentence in _sentences(thing):
        words = _plain(sentence).split()
        near = _near(sentence)
        if len(words) > LONGEST_SENTENCE:
            what = f"{len(words)} words are hard to keep in mind"
            yield page.finding(place, what, f"make two sentences of at most {LONGEST_SENTENCE}", near)
        if alike := [word for word in words if word.startswith(stems) and word not in stems]:
            what = f'"{alike[0]}" sounds like an urgent command'
            yield page.finding(place, what, "the coach might hear it from itself: use another word", near)
        if clause := next((it for it in re.split(r"[.!?;:]", sentence) if _plain(it) in phrases), None):
            what = f'"{clause.strip()}" stands alone, and is a command'
            yield page.finding(place, what, "make it part of a longer sentence", near)
        if eyes := [it for it in voice.needs_eyes if f" {it} " in f" {' '.join(words)} "]:
            what = f'"{eyes[0]}" needs eyes, and there is no screen'
            yield page.finding(place, what, "describe it with the body", near)


def _ill_timed(page: _Page, thing: Spoken, voice: Voice) -> Iterator[Finding]:
    """Yield what takes longer to say, or to wait for, than it should."""

    def seconds(sentences: Iterable[str]) -> float:
        return sum(len(sentence.split()) for sentence in sentences) * 60 / voice.words_per_minute

    match thing:
        case Exercise():
            told = seconds((*thing.setup, *thing.movement, *thing.feel, thing.breathing))
            if told > LONGEST_EXPLANATION_S:
                what = f"set-up, movement, feel and breathing take about {told:.0f} seconds to say"
                yield page.finding(("setup",), what, f"shorten them to {LONGEST_EXPLANATION_S}")
            for index, phase in enumerate(thing.phases):
                said = seconds((phase.cue,)) + (seconds(("one",)) if index == 0 else 0)
                if len(thing.phases) > 1 and said > phase.seconds:
                    what = f"the count and the cue take about {said:.1f} seconds to say"
                    place: Place = ("phase", index, "seconds")
                    yield page.finding(place, what, "shorten the cue, or give the phase more seconds")
        case Routine():
            for key in ("rest_s", "rest_between_rounds_s"):
                if getattr(thing, key) > LONGEST_REST_S:
                    what = f"{getattr(thing, key):g} seconds are a long silence"
                    yield page.finding((key,), what, f"most rests are below {LONGEST_REST_S}")


def _urgent_phrases(voice: Voice) -> tuple[str, ...]:
    # Also of a voice with mistakes, whose urgent commands may have no phrases.
    return voice.phrases_of(sorted(voice.urgent & voice.understands.keys()))


def _plain(text: str) -> str:
    """Return a text as it is heard: lower case words with single spaces; a field counts as a word."""
    text = re.sub(r"\{[^}]*\}", " 0 ", text.lower().replace("’", "'"))
    return " ".join(re.sub(r"[^\w']+|_", " ", text).split())


def _near(sentence: str) -> str:
    """Return as much of a sentence as stands in its file as is, to find its line by."""
    return re.split(r'["\\]', sentence)[0]


_BLANK = Exercise(
    id="blank",
    name="-",
    purpose="-",
    setup=("-",),
    movement=("-",),
    feel=("-",),
    breathing="-",
    cue="-",
    stop_when=("-",),
    phases=(Phase(cue="-", seconds=1),),
    source="-",
)

_TABLE_OF: Mapping[str, type] = {"phase": Phase, "easier": Variant, "harder": Variant, "exercise": Part}
"""What a table is made of, for its keys."""
