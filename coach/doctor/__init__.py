"""The doctor: measures devices, sound, ears, files, machine and service, and tells in words what it found.

A module for each field, and a package for the sound. Measuring and judging are apart: measuring looks at the world
and returns a plain value, judging is a pure function from that value to findings. So every remedy can be tested
with plain values, and what could not be measured is never judged. ``examination`` goes through the fields and lets
none of them keep the report from coming; ``report`` shows it, ``bundle`` makes a file of it that can be handed on.

Nothing here changes anything: what is to be done is told, and a person does it.
"""

import dataclasses
from collections.abc import Mapping
from typing import Final, Literal

EXIT_TROUBLE: Final = 12
"""The exit code if there is at least one trouble."""

Field = Literal["devices", "sound", "hearing", "files", "machine", "service"]

FIELDS: Final[tuple[Field, ...]] = ("devices", "sound", "hearing", "files", "machine", "service")

Judgement = Literal["ok", "note", "trouble"]
"""``ok``: as it should be. ``note``: good to know, the coach works. ``trouble``: it does not work well so."""

Figure = float | int | str | bool | None

NO_FIGURES: Final[Mapping[str, Figure]] = {}


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        field: where it belongs.
        key: its name for other programs, and for the voice (``doctor_...`` in ``says.toml``); does not change.
        judgement: how good or bad it is.
        what: one plain sentence with the figure.
        remedy: what to do about it, one sentence; empty if there is nothing to do.
        figures: what was measured, by name; decibels, milliseconds and the like as the names say. None: unknown.
        private: a sentence for the owner alone: it may hold the person's own words, and never leaves in a bundle.
    """

    field: Field
    key: str
    judgement: Judgement
    what: str
    remedy: str = ""
    figures: Mapping[str, Figure] = dataclasses.field(default_factory=dict)
    private: str = ""


TROUBLES: Final[Mapping[Field, tuple[str, ...]]] = {
    "devices": ("no_portaudio", "no_device", "no_microphone", "no_speaker"),
    "sound": ("no_room", "hangs", "deaf", "clipping", "noise", "delay", "dropouts", "echo"),
    "hearing": ("ears", "slow", "mouth"),
    "files": ("content", "settings", "store", "disk_full", "read_only", "changed"),
    "machine": ("clock", "power", "hot", "memory"),
    "service": ("service", "crashes", "offline"),
}
"""Every key that a trouble can have, besides ``unexpected``: each has its words in ``says.toml``."""

UNEXPECTED: Final = "unexpected"
"""The key of a field that could not be examined, for a reason that nobody foresaw."""
