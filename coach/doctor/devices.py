"""The devices: which there are, which would be used, and who holds them.

PortAudio tells what could be opened; the kernel's own notes under ``/proc/asound`` tell who has opened what, also
where a sound server stands in between.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from coach.devices.room import Device, Kind, choose
from coach.doctor import Figure, Finding
from coach.errors import RoomLost

_found = partial(Finding, "devices")

SHARING = {"pipewire", "pulseaudio", "wireplumber", "jackd", "pipewire-pulse"}
"""Programs that hold a card for all others."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody has opened a card.

    Attributes:
        card: its name.
        kind: what for.
        pid: the process; 0 where the kernel does not say.
        program: its name; empty if it may not be seen.
    """

    card: str
    kind: Kind
    pid: int
    program: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesFound:
    """What there is.

    Attributes:
        devices: as PortAudio lists them.
        microphone: which one was asked for; None for the default.
        speaker: likewise.
        cards: sound cards the kernel knows, by name.
        holders: who has opened them.
        has_microphone: whether one is wanted at all: the coach can be led by keys alone.
    """

    devices: Sequence[Device]
    microphone: str | None = None
    speaker: str | None = None
    cards: Sequence[str] = ()
    holders: Sequence[Holder] = ()
    has_microphone: bool = True


def cards(root: Path = Path("/")) -> tuple[str, ...]:
    """Return the sound cards that the kernel knows."""
    listed = _text(root / "proc/asound/cards")
    return tuple(match.strip() for match in re.findall(r"^ *\d+ \[.*?\]: .*? - (.*)$", listed, re.MULTILINE))


def holders(root: Path = Path("/")) -> tuple[Holder, ...]:
    """Return who has opened which card."""
    found = []
    for status in sorted((root / "proc/asound").glob("card*/pcm*/sub*/status")):
        told = _text(status)
        if not told.strip() or told.strip() == "closed":
            continue
        owner = re.search(r"^owner_pid\s*:\s*(\d+)", told, re.MULTILINE)
        pid = int(owner[1]) if owner else 0
        card = status.parents[2]
        name = _text(card / "id").strip() or card.name
        kind: Kind = "microphone" if status.parents[1].name.endswith("c") else "speaker"
        found.append(Holder(name, kind, pid, _text(root / f"proc/{pid}/comm").strip() if pid else ""))
    return tuple(found)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def judge(it: DevicesFound) -> tuple[Finding, ...]:
    """Return what follows from what was found."""
    if not it.devices:
        return (
            _found(
                "no_device",
                "trouble",
                f"There is no sound device{_known_cards(it.cards)}.",
                "Connect a microphone and a speaker. Where nobody is logged in at the machine itself, see that "
                "the sound server runs, or that you are in the group audio.",
                {"cards": len(it.cards)},
            ),
        )
    return (_microphone(it), _one(it, "speaker", it.speaker), *_held(it))


def _microphone(it: DevicesFound) -> Finding:
    if it.has_microphone:
        return _one(it, "microphone", it.microphone)
    return _found("microphone", "ok", "No microphone is wanted: keys lead the coach.")


def _known_cards(names: Sequence[str]) -> str:
    return f", though the kernel knows {', '.join(names)}" if names else ""


def _one(it: DevicesFound, kind: Kind, wanted: str | None) -> Finding:
    try:
        device = choose(it.devices, kind, wanted)
    except RoomLost as error:
        return _found(f"no_{kind}", "trouble", error.what, error.remedy)
    default = device.default_input if kind == "microphone" else device.default_output
    how = "the default" if default and wanted is None else "chosen" if wanted is not None else "the first there is"
    channels = device.inputs if kind == "microphone" else device.outputs
    return _found(
        kind,
        "ok",
        f"The {kind} is {device.name}, through {device.host}: {device.rate} Hz, {how}.",
        figures={
            "index": device.index,
            "name": device.name,
            "host": device.host,
            "rate": device.rate,
            "channels": channels,
        },
    )


def _held(it: DevicesFound) -> tuple[Finding, ...]:
    if it.holders:
        return tuple(map(_holder, it.holders))
    if not it.cards:
        what = (
            "The kernel knows no sound card: the devices are a sound server's, and who uses them cannot be told."
        )
        return (_found("holders", "ok", what),)
    return (_found("holders", "ok", "No program holds a sound card."),)


def _holder(it: Holder) -> Finding:
    who = f"{it.program} (process {it.pid})" if it.program else f"process {it.pid}" if it.pid else "somebody"
    what = f"The {it.kind} of the card {it.card} is held by {who}"
    figures: dict[str, Figure] = {"card": it.card, "kind": it.kind, "pid": it.pid, "program": it.program}
    if it.program in SHARING:
        return _found("holders", "ok", f"{what}, which shares it.", figures=figures)
    return _found(
        "holders",
        "note",
        f"{what}; nobody else can open it meanwhile, unless it is shared.",
        "If the coach cannot open it, end that program; its own service ends with systemctl --user stop coach.",
        figures=figures,
    )


def without_portaudio(error: RoomLost) -> Finding:
    """Return the finding if the devices cannot even be listed: the library is missing, or does not work."""
    key = "no_portaudio" if "libportaudio2" in error.remedy else "hangs"
    return _found(key, "trouble", error.what, error.remedy)
