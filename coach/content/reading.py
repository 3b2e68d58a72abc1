"""Reads exercises, routines and voices: every mistake in a file at once, with its place and its remedy."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic

from coach.content.fitting import (
    EXERCISES,
    ROUTINES,
    VOICES,
    T,
    fit,
    known_only,
    unknown_key,
    written_keys,
    wrong,
)
from coach.content.keys import KEYS_FILE, read_keys
from coach.content.lint import WAKE, Spoken, plain, self_commands
from coach.content.page import WRITTEN, Finding, Page, Place, Raw, did_you_mean, read, short
from coach.content.places import exercises_for
from coach.key_names import ALL_NAMES
from coach.session.carriers import Carriers
from coach.session.messages import Command
from coach.session.phrases import ANSWERS, COMMANDS, FRAGMENTS, HOME, KEYS, Voice, fields_of
from coach.session.routine import Exercise, Phase, Routine
from coach.session.table import STATES, spoken_in

VOICE_FILES = ("voice.toml", "says.toml", "understands.toml")

_PART_KEYS = {"use", "repetitions", "hold_s", "level"}


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What reading one thing gave: the thing if it is sound, the mistakes, and what of it is spoken."""

    value: T | None
    mistakes: tuple[Finding, ...] = ()
    spoken: tuple[tuple[Page, Spoken], ...] = ()


def read_any(path: Path) -> Reading[Exercise] | Reading[Routine] | Reading[Voice]:
    """Read a file as what it is, told by its place, else by what stands in it."""
    if is_folder(path) or path.name in (*VOICE_FILES, KEYS_FILE):
        return read_voice(path if is_folder(path) else path.parent)
    if path.parent.name == "exercises":
        return read_exercise(path)
    page = read(path)
    if isinstance(page, Page) and "exercise" not in page.raw and {"phase", "setup"} & page.raw.keys():
        return read_exercise(path)
    return read_routine(path)


def read_exercise(path: Path) -> Reading[Exercise]:
    """Read one exercise."""
    page = read(path)
    if isinstance(page, Finding):
        return Reading(None, (page,))
    raw, mistakes = known_only(page, written_keys(Exercise) - {"id"})
    value, more = fit(EXERCISES, {**raw, "id": path.stem}, page)
    mistakes += [*more, *(_ladder_mistakes(page, value) if value else ())]
    return Reading(value, tuple(mistakes), ((page, value),) if value else ())


def _ladder_mistakes(page: Page, exercise: Exercise) -> Iterator[Finding]:
    """Yield what a variant lacks: in another position the exercise's own words may order the opposite."""
    said = [name for name in ("go", "finish", "during") if getattr(exercise, name)]
    counted = ["phase_cues"] if len(exercise.phases) > 1 else []
    for key, ladder in (("easier", exercise.easier), ("harder", exercise.harder)):
        for index, variant in enumerate(ladder):
            place: Place = (key, index)
            needed = ("cue", "stop_when", *counted, *said) if variant.stands_alone else ()
            for name in needed:
                if not getattr(variant, name):
                    what = f'"{variant.name}" stands alone, and has no {name} of its own'
                    yield page.finding(place, what, f"add {name} = ..., in words that are right in its position")
            if variant.phase_cues and len(variant.phase_cues) != len(exercise.phases):
                what = f"there are {len(variant.phase_cues)} cues for {len(exercise.phases)} phases"
                yield page.finding((*place, "phase_cues"), what, "give one for each [[phase]], in order")


def read_routine(path: Path) -> Reading[Routine]:
    """Read a routine and its exercises."""
    page = read(path)
    if isinstance(page, Finding):
        return Reading(None, (page,))
    raw, mistakes = known_only(page, written_keys(Routine) - {"id"})
    shelf = exercises_for(path)
    spoken: list[tuple[Page, Spoken]] = []
    written = raw.get("parts")
    parts: list[object] = []
    for index, entry in enumerate(written if isinstance(written, list) else ()):
        if not isinstance(entry, dict):
            parts.append(entry)
            continue
        place: Place = ("exercise", index)
        use = entry.get("use")
        reading: Reading[Exercise] = Reading(None)
        if use is None:
            mistakes.append(page.finding(place, 'the key "use" is missing', 'write use = "cat-camel", say'))
        elif not isinstance(use, str):
            mistakes.append(page.finding((*place, "use"), *wrong("string_type", use, {})))
        elif use not in shelf:
            remedy = did_you_mean(use, shelf, "the exercises")
            mistakes.append(page.finding((*place, "use"), f'there is no exercise "{use}"', remedy))
        else:
            reading = read_exercise(shelf[use])
            mistakes += reading.mistakes
            spoken += reading.spoken
        mistakes += _amount_mistakes(page, place, entry, reading.value)
        mistakes += _level_mistakes(page, place, entry, reading.value)
        # An exercise that is missing or broken was reported above: a blank one lets the rest be checked.
        exercise = EXERCISES.dump_python([reading.value or _BLANK], mode="json")[0]
        unknown = entry.keys() - _PART_KEYS
        mistakes += [unknown_key(page, (*place, key), _PART_KEYS) for key in unknown]
        known = {key: entry[key] for key in entry.keys() & (_PART_KEYS - {"use"})}
        parts.append({**known, "exercise": exercise})
    if isinstance(written, list):
        raw["parts"] = parts
    value, more = fit(ROUTINES, {**raw, "id": path.stem}, page)
    mistakes += more
    if value:
        spoken.append((page, value))
    return Reading(None if mistakes else value, tuple(mistakes), tuple(spoken))


def _amount_mistakes(page: Page, place: Place, entry: Raw, exercise: Exercise | None) -> Iterator[Finding]:
    if "repetitions" in entry and "hold_s" in entry:
        yield page.finding(place, "repetitions and hold_s are both given", "keep one, and remove the other")
    elif entry.keys() <= {"use", "level"}:  # any other key is a misspelt one, and told as such
        remedy = "write repetitions = 10, or hold_s = 20, say"
        yield page.finding(place, "neither repetitions nor hold_s is given", remedy)
    elif "hold_s" in entry and exercise and len(exercise.phases) != 1:
        what = f'"{exercise.id}" is made of {len(exercise.phases)} phases and cannot be held'
        remedy = "give repetitions instead, or use an exercise with a single [[phase]]"
        yield page.finding((*place, "hold_s"), what, remedy)


def _level_mistakes(page: Page, place: Place, entry: Raw, exercise: Exercise | None) -> Iterator[Finding]:
    """Yield a level beyond the exercise's ladder; one that is no number is told with its type."""
    level = entry.get("level", 0)
    if exercise and type(level) is int and not -len(exercise.easier) <= level <= len(exercise.harder):
        what = f'"{exercise.id}" has {len(exercise.easier)} easier and {len(exercise.harder)} harder variants'
        remedy = f"write a level from {-len(exercise.easier)} to {len(exercise.harder)}"
        yield page.finding((*place, "level"), f"there is no level {level}: {what}", remedy)


def read_voice(folder: Path) -> Reading[Voice]:
    """Read the files of a voice."""
    files = [read(folder / name) for name in VOICE_FILES]
    pages = [page for page in files if isinstance(page, Page)]
    mistakes = [page for page in files if isinstance(page, Finding)]
    if mistakes:  # the rest would only be a long list of what those files lack
        return Reading(None, tuple(mistakes))
    sound, says, ears = pages
    heard = {"urgent", "decoys", "homophones", "muffled", "carriers", "tells", "phrases"}
    own, more = known_only(sound, written_keys(Voice) - heard - {"name", "says", "keys", "is_deaf"})
    mistakes += more
    understood, more = known_only(ears, heard)
    mistakes += more
    lines, more = known_only(says, KEYS.keys())
    mistakes += more
    # A single sentence may stand without brackets.
    raw: Raw = {
        **own,
        **understood,
        "name": folder.name,
        "says": {key: [it] if isinstance(it, str) else it for key, it in lines.items()},
    }

    def whose(place: Place) -> tuple[Page, Place]:
        if place[0] == "says":
            return says, place[1:]
        return (ears if WRITTEN.get(str(place[0]), place[0]) in heard else sound), place

    value, more = fit(VOICES, raw, whose)
    mistakes += [*more, *_missing_words(says, ears, raw)]
    if value:
        mistakes += [*_template_mistakes(says, value), *_phrase_mistakes(ears, value)]
        mistakes += self_commands(says, value, value)
    keys, more = read_keys(folder, ALL_NAMES)
    mistakes += more
    value = value and replace(value, keys=keys, carriers=tuple(_around_what(it, value) for it in value.carriers))
    return Reading(None if mistakes else value, tuple(mistakes), ((says, value),) if value else ())


def _missing_words(says: Page, ears: Page, raw: Raw) -> Iterator[Finding]:
    for key in sorted(KEYS.keys() - says.raw.keys()):
        example = " ".join(f"{{{field}}}" for field in sorted(KEYS[key])) or "..."
        yield says.finding((), f'the line "{key}" is missing', f'add {key} = "{example}", in your words')
    phrases = raw.get("understands")
    if not isinstance(phrases, dict):
        return
    for command in sorted(phrases.keys() - COMMANDS):
        yield unknown_key(ears, ("phrases", command), COMMANDS)
    for command in sorted(COMMANDS - phrases.keys()):
        yield ears.finding(
            ("phrases",),
            f'the command "{command}" has no phrases',
            f'add {command} = ["..."] under [phrases]',
        )


def _template_mistakes(page: Page, voice: Voice) -> Iterator[Finding]:
    for key, templates in voice.says.items():
        used: set[str] = set()
        for template in templates:
            try:
                used |= fields_of(template)
            except ValueError:
                yield page.finding(
                    (key,),
                    f'the braces in "{short(template)}" do not match',
                    "write each field as {name}",
                    template,
                )
                used |= KEYS[key]
        for field in sorted(used - KEYS[key]):
            remedy = did_you_mean(field, KEYS[key], "its fields") if KEYS[key] else "it has none: remove it"
            yield page.finding((key,), f"there is no field {{{field}}} here", remedy, f"{{{field}}}")
        for field in sorted(KEYS[key] - used):
            yield page.finding((key,), f"the field {{{field}}} is missing", "say it in one of the sentences")
        if key in FRAGMENTS and len(templates) != 1:
            yield page.finding((key,), "this is a piece of other lines, not a list", "write a single text")


def _phrase_mistakes(page: Page, voice: Voice) -> Iterator[Finding]:
    for command in sorted(voice.urgent - COMMANDS):
        yield page.finding(
            ("urgent",), f'there is no command "{command}"', did_you_mean(command, COMMANDS, "the commands")
        )
    together = {(a, b) for state in STATES for a in spoken_in(state) for b in spoken_in(state)}
    meanings: dict[str, list[Command]] = {}
    for command, phrases in voice.understands.items():
        for phrase in phrases:
            place: Place = ("phrases", command)
            if phrase != plain(phrase) or any(map(str.isdigit, phrase)):
                what = f'"{phrase}" is more than words in lower case'
                remedy = f'write it as it is spoken: "{plain(phrase)}", numbers in words'
                yield page.finding(place, what, remedy, phrase)
            for other in meanings.setdefault(phrase, []):
                if other == command:
                    yield page.finding(place, f'"{phrase}" stands here twice', "remove one", f'"{phrase}"')
                elif (command, other) in together:
                    what = f'"{phrase}" already means "{other}", which can be said at the same time'
                    yield page.finding(place, what, "remove it from one of them", f'"{phrase}"')
            meanings[phrase].append(command)
    for decoy in voice.decoys:
        # Numbers are talk until one is asked for, and so is "start" while something is going on.
        if not (ANSWERS | HOME).issuperset(meanings.get(decoy, ())):
            what = f'the decoy "{decoy}" means "{meanings[decoy][0]}"'
            yield page.finding(("decoys",), what, "remove one of them", f'"{decoy}"')
    yield from _urgent_word_mistakes(page, voice, meanings)
    yield from _carrier_mistakes(page, voice, meanings)
    yield from _never_heard_out(page, voice, meanings)


def _urgent_word_mistakes(
    page: Page, voice: Voice, meanings: Mapping[str, Sequence[Command]]
) -> Iterator[Finding]:
    for left, phrase in voice.muffled.items():
        if not voice.urgent.intersection(meanings.get(phrase, ())):
            what = f'"{phrase}" is no phrase of an urgent command'
            yield page.finding(
                ("muffled",), what, "write one that is: those alone are listened for so closely", phrase
            )
        if left in meanings:
            what = f'"{left}" means "{meanings[left][0]}"'
            yield page.finding(("muffled",), what, f'remove it here: it cannot mean "{phrase}" too', left)
    for command, words in voice.tells.items():
        place: Place = ("tells", command)
        if command not in voice.urgent:
            yield page.finding(
                place, f'"{command}" is no urgent command', "remove it: what must be clear is said whole"
            )
        for word in words:
            if word not in voice.decoys:
                what = f'"{word}" is no decoy, so it would hardly be heard'
                yield page.finding(place, what, "write it among the decoys, too, as one word", f'"{word}"')


def _carrier_mistakes(page: Page, voice: Voice, meanings: Mapping[str, Sequence[Command]]) -> Iterator[Finding]:
    for index, carriers in enumerate(voice.carriers):
        place: Place = ("carriers", index)
        if not carriers.before and not carriers.after:
            yield page.finding(place, "these carriers are none", 'write before = ["please"], say, or remove them')
        for words in (*carriers.before, *carriers.after):
            if words != plain(words) or any(map(str.isdigit, words)):
                what = f'"{words}" is more than words in lower case'
                yield page.finding(place, what, f'write it as it is spoken: "{plain(words)}"', words)
            if voice.urgent.intersection(meanings.get(words, ())):
                what = f'"{words}" is urgent and means "{meanings[words][0]}"'
                yield page.finding(place, what, "remove it here: around a phrase it would be lost", f'"{words}"')
        for phrase in carriers.phrases:
            if phrase not in meanings:
                what = f'"{phrase}" is no phrase of any command'
                yield page.finding(
                    (*place, "phrases"), what, did_you_mean(phrase, meanings, "the phrases"), phrase
                )


def _around_what(carriers: Carriers, voice: Voice) -> Carriers:
    """Return carriers with the phrases around which they stand, for those that name none."""
    if carriers.phrases:
        return carriers
    phrases = dict.fromkeys(voice.phrases_of(voice.understands.keys() - {WAKE}))
    return replace(carriers, phrases=tuple(phrases))


def _never_heard_out(page: Page, voice: Voice, meanings: Mapping[str, Sequence[Command]]) -> Iterator[Finding]:
    """Yield phrases that begin with an urgent one, which is acted on before the sentence is over."""
    for command in sorted(voice.urgent & voice.understands.keys()):
        for early in voice.understands[command]:
            for phrase, owners in meanings.items():
                if command not in owners and phrase.startswith(f"{early} "):
                    what = f'"{phrase}" begins with "{early}", which is urgent and means "{command}"'
                    remedy = "it would never be heard to its end: choose another wording"
                    yield page.finding(("phrases", owners[0]), what, remedy, f'"{phrase}"')


def is_script(path: Path) -> bool:
    """Return whether a file says what is said in a rehearsal: it lies among scripts, or has remarks."""
    page = None if is_folder(path) else read(path)
    return path.parent.name == "scripts" or (isinstance(page, Page) and "say" in page.raw)


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; False where one cannot tell."""
    return os.path.isdir(path)  # noqa: PTH112  (Path.is_dir raises where a folder above is closed to us)


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
