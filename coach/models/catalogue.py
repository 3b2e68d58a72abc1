"""What Vosk publishes, and which of it suits a voice and a board. Pure, but for reading how much memory there is.

The list is not ours, so each entry is checked: its name becomes a folder, its address is followed.
Entries that do not fit are left out; the others stay.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from coach.models import InstallFailed

LIST_URL = "https://alphacephei.com/vosk/models/model-list.json"
"""Vosk's published list; its own Python package reads the same one."""

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
"""What a model may be called: it becomes the name of a folder. None can hide, or lead out of its shelf."""

_WORDS = r"^[\w .,()'/-]{0,60}$"
"""What is shown on a terminal: no escape sequences, please."""

_ADDRESS = r"^[!-~]+$"
"""Shown on a terminal, too, when something is wrong with it."""

TAKES_A_GRAMMAR = ("small", "big-lgraph")
"""The types that come with dynamic graphs. Those of type "big" cannot be told what to listen for."""

ENOUGH_MEMORY = 700 * 2**20
"""Bytes. Vosk names 300 MB for a small model at work (<https://alphacephei.com/vosk/models>). A board sold with
1 GB shows about 900 MB, one with 512 MB about 420: there, the bundled model leaves room for everything else."""


@dataclass(frozen=True, slots=True)
class Published:
    """A model on Vosk's list.

    Attributes:
        name: also its folder's name.
        lang: its language, like "en-us".
        lang_text: the language in words.
        type: "small", "big-lgraph", "big", or something that is no recogniser.
        version: as published; not always numbers.
        size: of its zip, in bytes.
        md5: of its zip, in hexadecimal digits.
        url: of its zip.
        obsolete: there is a better one.
    """

    name: Annotated[str, Field(pattern=NAME)]
    lang: Annotated[str, Field(pattern=_WORDS)]
    type: str
    size: Annotated[int, Field(gt=0)]
    md5: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{32}$")]
    url: Annotated[str, Field(pattern=_ADDRESS)]
    obsolete: bool
    lang_text: Annotated[str, Field(pattern=_WORDS)] = ""
    version: str = ""

    @property
    def takes_a_grammar(self) -> bool:
        """Whether it can be told what to listen for."""
        return self.type in TAKES_A_GRAMMAR

    @property
    def of_use(self) -> bool:
        """Whether the coach should offer it."""
        return self.takes_a_grammar and not self.obsolete


_LIST = TypeAdapter(list[object])
_ENTRY = TypeAdapter(Published)


def read_list(text: bytes) -> tuple[Published, ...]:
    """Return the models on a published list.

    Raises:
        InstallFailed: it is no list of models.
    """
    try:
        entries = _LIST.validate_json(text)
    except ValidationError as error:
        raise _no_list() from error
    models = tuple(model for model in map(_entry, entries) if model)
    if not models:
        raise _no_list()
    return models


def _no_list() -> InstallFailed:
    return InstallFailed(
        "What came from the server is no list of models.",
        "A network that asks for a log-in answers like this: open a web page first, or try again later.",
    )


def _entry(raw: object) -> Published | None:
    try:
        return _ENTRY.validate_python(raw)
    except ValidationError:
        return None


def usable(models: Iterable[Published], language: str) -> tuple[Published, ...]:
    """Return the current models for a language that take a grammar, the most suitable first.

    Args:
        models: the published ones.
        language: as in a voice, like "en-US". Models for another region of it follow at the end.
    """
    exact = language.lower()
    anywhere = exact.split("-")[0]
    fitting = [model for model in models if model.of_use and model.lang.lower().split("-")[0] == anywhere]

    def order(model: Published) -> tuple[bool, int, tuple[int, ...]]:
        newer = tuple(-int(number) for number in re.findall(r"\d+", model.version))
        return (model.lang.lower() not in {exact, anywhere}, TAKES_A_GRAMMAR.index(model.type), newer)

    return tuple(sorted(fitting, key=order))


def recommended(models: Iterable[Published], language: str, memory: int) -> Published | None:
    """Return the model that suits a language and a board; ``None`` means that the bundled one does.

    The processor plays no part: Vosk has wheels only for those that can run a small model.

    Args:
        models: the published ones.
        language: as in a voice, like "en-US".
        memory: the board's, in bytes.
    """
    if memory < ENOUGH_MEMORY:
        return None
    return next((model for model in usable(models, language) if model.type == "small"), None)


def memory(meminfo: Path = Path("/proc/meminfo")) -> int:
    """Return how much memory this board has, in bytes; 0 if it does not tell."""
    try:
        found = re.search(r"^MemTotal:\s+(\d+) kB$", meminfo.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
