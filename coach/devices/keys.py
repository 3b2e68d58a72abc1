"""Keys: keyboards, remote controls and buttons, read from Linux's input devices and from the terminal.

A USB button, a media remote, a keyboard, a Bluetooth headset and a button on the GPIO pins are all the same to
Linux: an input device, ``/dev/input/event*``, that yields events of 24 bytes. So one reader serves all of them,
and no library is needed. Devices come and go; they are looked for once a second.

Time is counted in blocks, as everywhere: whoever asks does so once a block. How long a button was held is told by
the events themselves, so that it is right even if nobody asked for a while.
"""

import os
import select
import struct
import sys
import termios
import tty
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from coach.errors import KeysLost
from coach.key_names import ALL_NAMES, KEY_NAMES, SEQUENCES, TYPED
from coach.ports import BLOCK_MS
from coach.session.keys import HELD, ONCE, TWICE

HELD_MS: Final = 1_000
"""So long a button is held to mean "it hurts": hardly by mistake, and the press itself has halted already."""

TWICE_MS: Final = 500
"""Two presses that begin within this time are a double one. 300 to 500 ms are common; hands may be stiff."""

ESCAPE_ASKS: Final = 3
"""A terminal's escape stands alone if nothing has followed it for so many blocks: arrow keys begin with one."""

LOOK_EVERY: Final = 1_000 // BLOCK_MS
"""Asks between two looks for devices."""

INPUT: Final = Path("/dev/input")
ABOUT: Final = Path("/sys/class/input")

_CONNECT: Final = "Connect a keyboard or a button, or start the coach in a terminal."

_EVENT: Final = struct.Struct("@llHHi")
"""Seconds, microseconds, type, code, value; on 64-bit machines, which are all that the coach runs on."""

_KEY: Final = 1
_UP, _DOWN = 0, 1  # 2 is a repetition by the kernel
_AT_ONCE: Final = 64 * _EVENT.size

Warn = Callable[[str], None]


# --- A single button -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Press:
    key: str
    began: int  # in milliseconds of the events' own clock
    asks: int = 0  # blocks since then
    is_down: bool = True
    is_second: bool = False
    is_held: bool = False

    @property
    def is_told(self) -> bool:
        """Whether it is known already what became of it."""
        return self.is_second or self.is_held


@dataclass(slots=True)
class Buttons:
    """Tells short, long and double presses of single buttons from each other; all other keys are told as they are.

    Args:
        keys: the names of the keys of which it matters how they are pressed.
    """

    keys: Collection[str] = ()
    _last: dict[str, _Press] = field(default_factory=dict)

    def take(self, key: str, at_ms: int, *, is_down: bool) -> list[str]:
        """Take in that a key went down or up; return what that tells."""
        if key not in self.keys:
            return [key] if is_down else []
        last = self._last.get(key)
        if is_down:
            is_second = bool(last and not last.is_told and at_ms - last.began <= TWICE_MS)
            self._last[key] = _Press(key, at_ms, is_second=is_second)
            if is_second:
                return [f"{key} {TWICE}"]
            return [*([f"{key} {ONCE}"] if last and not last.is_told else []), key]
        if last is None:  # it was down before anybody looked
            return []
        last.is_down = False
        is_held = not last.is_held and at_ms - last.began >= HELD_MS
        if is_held or last.is_told:
            del self._last[key]
        return [f"{key} {HELD}"] if is_held else []

    def pass_block(self) -> list[str]:
        """Another block has passed; return what is clear by now."""
        told = []
        for press in tuple(self._last.values()):
            press.asks += 1
            if press.is_down and not press.is_held and press.asks * BLOCK_MS >= HELD_MS:
                press.is_held = True
                told.append(f"{press.key} {HELD}")
            elif not press.is_down and press.asks * BLOCK_MS > TWICE_MS:
                del self._last[press.key]
                told.append(f"{press.key} {ONCE}")
        return told


# --- Input devices ---------------------------------------------------------------------------------------


class InputDevices:
    """Reads the keys of all input devices there are, and of those that come.

    Args:
        buttons: the names of the keys of which it matters how they are pressed.
        typing: False: leave alone what types letters, because a terminal gives those.
        folder: where the devices are.
        about: where the kernel tells what they can do.
    """

    def __init__(
        self,
        buttons: Collection[str] = (),
        *,
        typing: bool = True,
        folder: Path = INPUT,
        about: Path = ABOUT,
    ) -> None:
        self._folder = folder
        self._about = about
        self._typing = typing
        self._buttons = Buttons(buttons)
        self._open: dict[str, int] = {}
        self._left_alone: dict[str, tuple[int, int]] = {}
        self._keys: dict[str, frozenset[str]] = {}
        self._refused: set[str] = set()
        self._asked = 0
        self.look()

    def pressed(self) -> list[str]:
        """Return the names of the keys pressed since it was last asked, in order; never waits."""
        told = [name for device in tuple(self._open) for name in self._read(device)]
        told += self._buttons.pass_block()
        self._asked += 1
        if self._asked % LOOK_EVERY == 0:
            self.look()
        return told

    @property
    def present(self) -> frozenset[str]:
        """The keys that there are, as far as the kernel tells."""
        return frozenset().union(*self._keys.values())

    @property
    def refused(self) -> tuple[str, ...]:
        """The devices that may not be read."""
        return tuple(sorted(self._refused))

    def close(self) -> None:
        """Let go of the devices. Calling it again does nothing."""
        for device in tuple(self._open):
            self._drop(device)

    def look(self) -> None:
        """Open what has come."""
        try:
            there = sorted(it for it in os.listdir(self._folder) if it.startswith("event"))  # noqa: PTH208 - each second
        except OSError:  # no input devices at all
            there = []
        self._refused &= set(there)
        for device in there:
            if device not in self._open:
                self._try(device)

    def _try(self, device: str) -> None:
        path = self._folder / device
        with suppress(OSError):  # it may go again at any time
            about = path.stat()
            known = (about.st_ino, about.st_ctime_ns)
            if self._left_alone.get(device) == known:
                return
            keys = self._keys_of(device)
            if not keys or (not self._typing and {"a", "z"} <= keys):
                self._left_alone[device] = known
                return
            self._refused.discard(device)
            try:
                self._open[device] = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                self._keys[device] = keys
            except PermissionError:
                self._refused.add(device)

    def _keys_of(self, device: str) -> frozenset[str]:
        """What keys a device has: a bit for each, in words of 64, the highest first. Untold, it may have any."""
        try:
            words = (self._about / device / "device" / "capabilities" / "key").read_text(encoding="ascii").split()
        except OSError:
            return ALL_NAMES
        bits = sum(int(word, 16) << (64 * place) for place, word in enumerate(reversed(words)))
        return frozenset(name for code, name in KEY_NAMES.items() if bits >> code & 1)

    def _read(self, device: str) -> Iterable[str]:
        try:
            events = os.read(self._open[device], _AT_ONCE)
        except BlockingIOError:
            return ()
        except OSError:  # unplugged
            events = b""
        if not events:
            self._drop(device)
            return ()
        told: list[str] = []
        for seconds, micros, kind, code, value in _EVENT.iter_unpack(
            events[: len(events) // _EVENT.size * _EVENT.size]
        ):
            if kind == _KEY and value in (_UP, _DOWN):
                at_ms = seconds * 1_000 + micros // 1_000
                told += self._buttons.take(KEY_NAMES.get(code, f"key{code}"), at_ms, is_down=value == _DOWN)
        return told

    def _drop(self, device: str) -> None:
        with suppress(OSError):
            os.close(self._open.pop(device))
        self._keys.pop(device, None)


# --- The terminal ----------------------------------------------------------------------------------------


class Terminal:
    """Reads the keys that are typed in the terminal, each at once and without showing it.

    The terminal is as it was before when this is closed. Ctrl-C works as ever.

    Args:
        buttons: the names of the keys of which it matters how they are pressed; here it cannot be told.
        descriptor: the terminal's; standard input.

    Raises:
        OSError: it is no terminal.
    """

    def __init__(self, buttons: Collection[str] = (), descriptor: int = 0) -> None:
        self._buttons = buttons
        self._descriptor = descriptor
        self._is_open = True
        self._rest = ""
        self._rest_for = 0
        try:
            self._before = termios.tcgetattr(descriptor)
            tty.setcbreak(descriptor, termios.TCSANOW)
        except termios.error as error:
            raise OSError(*error.args) from error

    def pressed(self) -> list[str]:
        """Return the names of the keys pressed since it was last asked, in order; never waits."""
        typed = self._read() if self._is_open else ""
        if typed:
            self._rest, self._rest_for = self._rest + typed, 0
        elif self._rest:
            self._rest_for += 1
        names, self._rest = names_typed(self._rest, is_all=self._rest_for >= ESCAPE_ASKS)
        return [told for name in names for told in self._told(name)]

    @property
    def present(self) -> frozenset[str]:
        """The keys that there are."""
        return frozenset({*TYPED.values(), *SEQUENCES.values(), "esc"})

    def close(self) -> None:
        """Give the terminal back as it was. Calling it again does nothing."""
        if self._is_open:
            self._is_open = False
            with suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)

    def _read(self) -> str:
        try:
            if not select.select([self._descriptor], [], [], 0)[0]:
                return ""
            return os.read(self._descriptor, 256).decode(errors="ignore")
        except OSError:  # the terminal is gone
            return ""

    def _told(self, name: str) -> tuple[str, ...]:
        return (name, f"{name} {ONCE}") if name in self._buttons else (name,)


def names_typed(typed: str, *, is_all: bool) -> tuple[list[str], str]:
    """Return the names of the keys behind what a terminal gave, and what of it may still go on.

    Args:
        typed: characters, and sequences that begin with an escape.
        is_all: nothing more has come for a while: an escape at the end stands alone.
    """
    names: list[str] = []
    at = 0
    while at < len(typed):
        if typed[at] != "\x1b":
            names += [TYPED[typed[at]]] if typed[at] in TYPED else []
            at += 1
            continue
        if at + 1 == len(typed) and not is_all:
            return names, typed[at:]
        if typed[at + 1 : at + 2] not in ("[", "O") or (is_all and at + 2 == len(typed)):
            names.append("esc")
            at += 1
            continue
        end = next((it for it in range(at + 2, len(typed)) if "@" <= typed[it] <= "~"), None)
        if end is None:
            return (names, "") if is_all else (names, typed[at:])
        if name := SEQUENCES.get(typed[at + 2 : end + 1]):
            names.append(name)
        at = end + 1
    return names, ""


# --- All of them -----------------------------------------------------------------------------------------


class AllKeys:
    """Several of these as one."""

    def __init__(self, devices: InputDevices, terminal: Terminal | None = None) -> None:
        self._devices = devices
        self._sources: Sequence[InputDevices | Terminal] = [terminal, devices] if terminal else [devices]

    def pressed(self) -> list[str]:
        """Return the names of the keys pressed since it was last asked."""
        return [name for source in self._sources for name in source.pressed()]

    @property
    def present(self) -> frozenset[str]:
        """The keys that there are, as far as is known."""
        return frozenset().union(*(source.present for source in self._sources))

    def demand(self) -> None:
        """Go on, if there is a key: known already, or found by looking anew, whether or not anybody reads them.

        Raises:
            KeysLost: there is none.
        """
        if not self.present:
            self._devices.look()
        if not self.present:
            raise KeysLost("There is no key to press.", _CONNECT)

    def close(self) -> None:
        """Let go of all of them. Calling it again does nothing."""
        for source in self._sources:
            source.close()


def open_keys(
    buttons: Collection[str],
    warn: Warn,
    *,
    needed: bool,
    folder: Path = INPUT,
    about: Path = ABOUT,
    descriptor: int | None = None,
) -> AllKeys:
    """Open every key there is: the input devices and, if the coach runs in one, the terminal.

    Args:
        buttons: the names of the keys of which it matters how they are pressed.
        warn: told what is not as it should be but hinders nothing.
        needed: whether there is nothing else to be led by.
        folder: where the devices are.
        about: where the kernel tells what they can do.
        descriptor: the terminal's; None: standard input.

    Raises:
        KeysLost: there is no key at all, or none that may be read, and one is needed.
    """
    terminal = _open_terminal(buttons, sys.stdin.fileno() if descriptor is None and sys.stdin else descriptor)
    devices = InputDevices(buttons, typing=terminal is None, folder=folder, about=about)
    remedy = "Type: sudo usermod -aG input $USER. Then log in again."
    if devices.refused:
        what = f"The keys of {folder} may not be read ({', '.join(devices.refused)})."
        if needed and terminal is None and not devices.present:
            devices.close()
            raise KeysLost(what, remedy)
        warn(f"{what} {remedy}")
    elif terminal is None and not devices.present:
        what = f"There is no key to press: no input device in {folder}, and no terminal."
        if needed:
            devices.close()
            raise KeysLost(what, _CONNECT)
        warn(f"{what} One that is connected later will be found.")
    return AllKeys(devices, terminal)


def _open_terminal(buttons: Collection[str], descriptor: int | None) -> Terminal | None:
    """Return the terminal, if there is one and it is ours: one in the background would be halted by it."""
    try:
        if descriptor is None or not os.isatty(descriptor) or os.tcgetpgrp(descriptor) != os.getpgrp():
            return None
        return Terminal(buttons, descriptor)
    except OSError:
        return None
