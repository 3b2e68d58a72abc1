"""Sound devices as values, and which of them is meant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from coach.errors import RoomLost

Kind = Literal["microphone", "speaker"]


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device, as PortAudio sees it.

    Attributes:
        index: its number; changes when devices come and go.
        name: its name; part of it is enough to choose it.
        host: the sound system behind it, ``ALSA`` for instance.
        inputs: channels it can record.
        outputs: channels it can play.
        rate: its own sample rate in hertz.
        default_input: the microphone if none is chosen.
        default_output: the loudspeaker if none is chosen.
    """

    index: int
    name: str
    host: str
    inputs: int
    outputs: int
    rate: int
    default_input: bool
    default_output: bool


def choose(found: Sequence[Device], kind: Kind, wanted: int | str | None) -> Device:
    """Find the device that is meant.

    Raises:
        RoomLost: there is none.
    """
    if not found:
        raise RoomLost(
            "There is no sound device.",
            "Connect a microphone and a speaker, or try a session without them: coach rehearse.",
        )
    able = [device for device in found if (device.inputs if kind == "microphone" else device.outputs)]
    if not able:
        raise RoomLost(f"There is no {kind}.", f"Connect a {kind}; coach devices lists what is there.")
    if wanted is None:
        defaults = (d for d in able if (d.default_input if kind == "microphone" else d.default_output))
        return next(defaults, able[0])
    index = int(wanted) if str(wanted).isdecimal() else None
    # A whole name first: "default" is a part of "sysdefault".
    for device in sorted(able, key=lambda it: it.name.casefold() != str(wanted).casefold()):
        if device.index == index or (index is None and str(wanted).casefold() in device.name.casefold()):
            return device
    raise RoomLost(
        f"There is no {kind} called {wanted!r}.",
        "Choose one of: " + ", ".join(f"{device.index} {device.name}" for device in able) + ".",
    )


def lasting_name(name: str) -> str:
    """Return a device's name without the number of its card: ``(hw:1,0)`` may come back as ``(hw:2,0)``."""
    return re.sub(r"\s*\(hw:\d+,\d+\)$", "", name)
