"""The content: exercises and routines in ``routines/``, voices in ``voices/``; found, read and checked here.

People who never program write these files, so *every* mistake in all of them is reported at once, as "file:line,
place: what is wrong; remedy". The pure folders know nothing of any of this.

What other modules need stands in this file. Behind it, ``places`` knows the folders, ``page`` reads one file with
its line numbers, ``fitting`` compares it with its dataclass, ``reading`` makes exercises, routines and voices of
it, and ``lint`` tells how they will sound. ``guidance`` and ``interviews`` read what their names say.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coach.content.guidance import guidance_mistakes
from coach.content.interviews import load_interview, missing_interviews, read_interview, sounds_alike
from coach.content.lint import hard_to_follow, ill_timed, oddly_spelt, self_commands
from coach.content.page import Finding, Page, did_you_mean, in_order
from coach.content.places import (
    GUIDANCE,
    content_root,
    exercise_files,
    own_routines,
    routine_files,
    routine_folders,
)
from coach.content.reading import (
    VOICE_FILES,
    is_folder,
    is_script,
    read_any,
    read_exercise,
    read_routine,
    read_voice,
)
from coach.errors import ContentBroken
from coach.interview.questions import Questionnaire
from coach.session.phrases import Voice
from coach.session.routine import Exercise, Routine
from coach.session.table import STATES

__all__ = [
    "VOICE_FILES",
    "Finding",
    "Report",
    "Summary",
    "check",
    "content_root",
    "load_interview",
    "load_routine",
    "load_voice",
    "own_routines",
    "routine_folders",
    "routines",
    "sound_routines",
]


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


def routines() -> tuple[Summary, ...]:
    """Return every routine on offer, the person's own first; also those with mistakes."""
    found: dict[str, Summary] = {}
    for folder in routine_folders():
        for path in routine_files(folder):
            if path.stem not in found:
                reading = read_routine(path)
                found[path.stem] = Summary(
                    path.stem, path, reading.value, tuple(map(str, in_order(reading.mistakes)))
                )
    return tuple(found.values())


def sound_routines() -> tuple[Routine, ...]:
    """Return the routines on offer that have no mistakes: what a plan chooses from."""
    return tuple(it.routine for it in routines() if it.routine)


def load_routine(name: str | Path, *, voice: Voice | None = None) -> Routine:
    """Return a routine with its exercises.

    Args:
        name: its file's name without ``.toml``, or a path to its file.
        voice: who will speak it; then its words are also checked against what that voice must not say.

    Raises:
        ContentBroken: it is not there, or it or its exercises have mistakes; all of them.
    """
    reading = read_routine(_routine_path(name))
    mistakes = [*reading.mistakes]
    if voice:
        mistakes += [finding for page, it in reading.spoken for finding in self_commands(page, it, voice)]
    if reading.value is None or mistakes:
        raise ContentBroken([str(it) for it in in_order(mistakes)])
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
        raise ContentBroken([f'There is no voice called "{name}"; {did_you_mean(name, known, "the voices")}'])
    reading = read_voice(home / name)
    if reading.value is None or reading.mistakes:
        raise ContentBroken([str(it) for it in in_order(reading.mistakes)])
    return reading.value


def check(paths: Sequence[Path] = (), *, voice: str = "english") -> Report:
    """Read files, and return everything that is wrong with them, and everything that would sound wrong.

    Args:
        paths: routines, exercises, voices, or folders of these; none means all there is.
        voice: the voice that will speak them, by name.
    """
    home = content_root() / "voices"
    speaker = read_voice(home / voice)
    mistakes = list(speaker.mistakes)
    warnings: list[Finding] = []
    files: list[Path] = []
    exercises: dict[Path, tuple[Page, Exercise]] = {}
    for path in paths or (*filter(Path.is_dir, routine_folders()), home):
        for file in _contained(path):
            if file.name == GUIDANCE:
                mistakes += guidance_mistakes(file)
                files.append(file)
                continue
            if is_script(file):
                mistakes += _script_mistakes(file, speaker.value)
                files.append(file)
                continue
            reading = read_interview(file) if file.parent.name == "interviews" else read_any(file)
            mistakes += reading.mistakes
            if is_folder(file) and (file / VOICE_FILES[0]).exists():
                mistakes += missing_interviews(file)
            files.append(file)
            for page, value in reading.spoken:
                if isinstance(value, Exercise):
                    exercises[page.path.resolve()] = (page, value)
                ears = value if isinstance(value, Voice) else speaker.value
                if ears:
                    mistakes += self_commands(page, value, ears)
                    warnings += hard_to_follow(page, value, ears)
                    warnings += [] if reading.mistakes else ill_timed(page, value, ears)
                    if isinstance(value, Questionnaire):
                        warnings += sounds_alike(page, value, ears)
    if exercises:
        others = [read_exercise(file).value for file in exercise_files(routine_folders()).values()]
        warnings += oddly_spelt(exercises.values(), [it for it in others if it])
    return Report(tuple(dict.fromkeys(files)), in_order(mistakes), in_order(warnings))


def _script_mistakes(file: Path, voice: Voice | None) -> tuple[Finding, ...]:
    """What is wrong with a script; it may be one for a routine or for any interview."""
    from coach.rehearsal.script import Script, examine  # noqa: PLC0415 - it reads its pages with this package

    if voice is None:
        return ()
    shelf = (content_root() / "voices" / voice.name / "interviews").glob("*.toml")
    asked = [it.value for it in map(read_interview, shelf) if it.value]
    questions = (question.id for interview in asked for question in interview.questions)
    phrases = voice.phrases_of(voice.understands)
    found = examine(file, phrases, voice.carriers, (*STATES, *questions))
    return () if isinstance(found, Script) else found


def _routine_path(name: str | Path) -> Path:
    if isinstance(name, Path) or name.endswith(".toml") or os.sep in name:
        return Path(name)
    known = {path.stem: path for folder in reversed(routine_folders()) for path in routine_files(folder)}
    if name in known:
        return known[name]
    remedy = did_you_mean(name, known, "the routines")
    raise ContentBroken([f'There is no routine called "{name}"; {remedy}'])


def _contained(path: Path) -> Iterator[Path]:
    """Yield what a path stands for: itself, or in a folder each routine, exercise, voice, interview, guidance."""
    if not is_folder(path):
        yield path
        return
    if (path / "voice.toml").exists():
        yield path
        yield from sorted(path.glob("interviews/*.toml"))
        return
    yield from sorted(path.glob(GUIDANCE))
    yield from routine_files(path)
    yield from sorted(path.glob("exercises/*.toml"))
    for sound in sorted(path.glob("*/voice.toml")):
        yield from _contained(sound.parent)
