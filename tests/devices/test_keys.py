"""Keys: input devices, the terminal and their understudy, under one contract.

Where the kernel lets us make an input device (``/dev/uinput``), a real one is pressed; elsewhere a named pipe
stands in for it, which a reader cannot tell apart: events are bytes.
"""

import fcntl
import os
import pty
import struct
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from coach.devices.keys import (
    ESCAPE_ASKS,
    HELD_MS,
    LOOK_EVERY,
    TWICE_MS,
    AllKeys,
    Buttons,
    InputDevices,
    Terminal,
    names_typed,
    open_keys,
)
from coach.errors import KeysLost
from coach.key_names import KEY_NAMES
from coach.ports import BLOCK_MS, Keys
from coach.rehearsal.keys import ScriptedKeys
from coach.rehearsal.script import Script, remark_at
from coach.rehearsal.trace import Trace
from coach.session.messages import Milliseconds

CODES = {name: code for code, name in reversed(KEY_NAMES.items())}
EVENT = struct.Struct("@llHHi")
KEYBOARD = sum(1 << CODES[name] for name in ("esc", "space", "a", "z", "n"))
ONE_BUTTON = 1 << CODES["playpause"]
POINTER = 1 << 0x110  # the left button of a mouse
Press = Callable[[str], None]


def event(key: str | int, value: int, at_ms: int = 0, kind: int = 1) -> bytes:
    code = CODES[key] if isinstance(key, str) else key
    return EVENT.pack(at_ms // 1000, at_ms % 1000 * 1000, kind, code, value)


class Plugged:
    """An input device that is none: a named pipe, and what the kernel would tell of it."""

    def __init__(self, home: Path, name: str, bits: int) -> None:
        self.path = home / "input" / name
        about = home / "about" / name / "device" / "capabilities"
        about.mkdir(parents=True, exist_ok=True)
        words = f"{bits:x}"
        sized = [words[max(0, end - 16) : end] for end in range(len(words), 0, -16)]
        (about / "key").write_text(" ".join(f"{int(word, 16):x}" for word in reversed(sized)) + "\n")
        os.mkfifo(self.path)
        self._end = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def type(self, *events: bytes) -> None:
        os.write(self._end, b"".join(events))

    def press(self, key: str) -> None:
        self.type(event(key, 1), event(0, 0, kind=0), event(key, 0), event(0, 0, kind=0))

    def unplug(self) -> None:
        self.path.unlink()
        os.close(self._end)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("input", "about"):
        (tmp_path / name).mkdir()
    return tmp_path


def devices_of(home: Path, **more: object) -> InputDevices:
    return InputDevices(["playpause"], folder=home / "input", about=home / "about", **more)


# --- The contract -----------------------------------------------------------------------------------------


@pytest.fixture(params=["input devices", "terminal", "understudy"])
def hand(request: pytest.FixtureRequest, home: Path) -> Iterator[tuple[Keys, Press]]:
    """Keys, and how to press one of them."""
    match request.param:
        case "input devices":
            plugged = Plugged(home, "event0", KEYBOARD)
            with closing(devices_of(home)) as keys:
                yield keys, plugged.press
        case "terminal":
            screen, terminal = pty.openpty()
            typed = {"space": " ", "esc": "\x1b", "n": "n", "a": "a"}
            with closing(Terminal(descriptor=terminal)) as keys:
                yield keys, lambda key: os.write(screen, typed[key].encode()) and None
            os.close(screen)
            os.close(terminal)
        case _:
            script = [remark_at(Milliseconds(0), key) for key in ("space", "n", "a")]
            yield ScriptedKeys(Script("keys", tuple(script)), Trace()), lambda _key: None


def asked(keys: Keys, blocks: int) -> list[str]:
    return [name for _ in range(blocks) for name in keys.pressed()]


def test_what_was_pressed_is_told_once_and_in_order(hand):
    keys, press = hand
    for key in ("space", "n", "a"):
        press(key)
    assert asked(keys, 5) == ["space", "n", "a"]
    assert asked(keys, 5) == []


def test_it_never_waits(hand):
    keys, _ = hand
    asked(keys, 200)  # four seconds of blocks; a reader that waited would never come back


def test_closing_it_twice_does_no_harm(hand):
    keys, _ = hand
    keys.close()
    keys.close()


# --- Single buttons: by the times of the events, and by blocks ------------------------------------------


def buttons(*events: tuple[int, str], blocks: int = 0) -> list[str]:
    """Press a button at these milliseconds; return what is told, with so many blocks after."""
    it = Buttons(["playpause"])
    told = [name for at, what in events for name in it.take("playpause", at, is_down=what == "down")]
    return [*told, *(name for _ in range(blocks) for name in it.pass_block())]


SOON = TWICE_MS // BLOCK_MS + 1


def test_a_short_press_is_told_at_once_and_when_no_second_one_followed():
    assert buttons((0, "down"), (80, "up")) == ["playpause"]
    assert buttons((0, "down"), (80, "up"), blocks=SOON) == ["playpause", "playpause once"]


def test_a_long_press_is_told_while_it_lasts():
    assert buttons((0, "down"), blocks=HELD_MS // BLOCK_MS - 1) == ["playpause"]
    assert buttons((0, "down"), blocks=HELD_MS // BLOCK_MS) == ["playpause", "playpause held"]


def test_a_long_press_is_told_by_its_times_if_nobody_asked_meanwhile():
    assert buttons((0, "down"), (HELD_MS, "up"), blocks=100) == ["playpause", "playpause held"]
    assert buttons((0, "down"), (HELD_MS - 1, "up"), blocks=100) == ["playpause", "playpause once"]


def test_a_double_press_is_told_as_the_second_begins():
    twice = [(0, "down"), (80, "up"), (TWICE_MS, "down")]
    assert buttons(*twice) == ["playpause", "playpause twice"]
    assert buttons(*twice, (TWICE_MS + 80, "up"), blocks=100) == ["playpause", "playpause twice"]


def test_two_presses_far_apart_are_two():
    presses = buttons((0, "down"), (80, "up"), (TWICE_MS + 1, "down"), (TWICE_MS + 80, "up"), blocks=100)
    assert presses == ["playpause", "playpause once", "playpause", "playpause once"]


def test_a_second_press_that_is_held_hurts_all_the_same():
    presses = buttons((0, "down"), (80, "up"), (300, "down"), blocks=100)
    assert presses == ["playpause", "playpause twice", "playpause held"]


def test_a_button_that_was_down_before_anybody_looked_tells_nothing():
    assert buttons((5000, "up"), blocks=100) == []


# --- Input devices ----------------------------------------------------------------------------------------


def test_a_button_tells_how_it_was_pressed(home):
    button = Plugged(home, "event0", ONE_BUTTON)
    keys = devices_of(home)
    button.type(event("playpause", 1, 10_000))
    assert asked(keys, 20) == ["playpause"]
    button.type(event("playpause", 2, 10_250), event("playpause", 2, 10_300))
    assert asked(keys, HELD_MS // BLOCK_MS) == ["playpause held"]
    button.type(event("playpause", 0, 11_400))
    assert asked(keys, 100) == []


def test_repetitions_by_the_kernel_and_other_events_are_no_presses(home):
    keyboard = Plugged(home, "event0", KEYBOARD)
    keys = devices_of(home)
    keyboard.type(
        event("n", 1), event("n", 2), event("n", 2), event(4, 30, kind=4), event(0, 1, kind=2), event("n", 0)
    )
    assert asked(keys, 10) == ["n"]


def test_a_key_without_a_name_is_called_by_its_number(home):
    keyboard = Plugged(home, "event0", KEYBOARD)
    keys = devices_of(home)
    keyboard.type(event(240, 1), event(240, 0))
    assert asked(keys, 1) == ["key240"]


def test_a_device_that_comes_is_found_within_a_second(home):
    keys = devices_of(home)
    assert keys.present == frozenset()
    button = Plugged(home, "event7", ONE_BUTTON)
    asked(keys, LOOK_EVERY)
    button.press("playpause")
    assert asked(keys, 1) == ["playpause"]
    assert keys.present == {"playpause"}


def test_a_device_that_goes_and_comes_again_is_found_again(home):
    button = Plugged(home, "event0", KEYBOARD)
    keys = devices_of(home)
    button.unplug()
    assert asked(keys, LOOK_EVERY) == []
    assert keys.present == frozenset()
    button = Plugged(home, "event0", KEYBOARD)
    asked(keys, LOOK_EVERY)
    button.press("n")
    assert asked(keys, 1) == ["n"]


def test_no_file_stays_open_of_what_has_gone(home):
    before = len(list(Path("/proc/self/fd").iterdir()))
    keys = devices_of(home)
    for number in range(20):
        device = Plugged(home, f"event{number}", KEYBOARD)
        asked(keys, LOOK_EVERY)
        device.unplug()
        asked(keys, LOOK_EVERY)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_mouse_is_left_alone(home):
    Plugged(home, "event0", POINTER)
    assert devices_of(home).present == frozenset()


def test_beside_a_terminal_what_types_is_left_to_it(home):
    keyboard, button = Plugged(home, "event0", KEYBOARD), Plugged(home, "event1", ONE_BUTTON)
    keys = devices_of(home, typing=False)
    keyboard.press("n")
    button.press("playpause")
    assert asked(keys, 1) == ["playpause"]


def test_a_device_of_which_nothing_is_known_is_read(home):
    os.mkfifo(home / "input" / "event0")
    assert "esc" in devices_of(home).present


def test_a_folder_without_devices_is_no_error(home):
    assert asked(InputDevices(folder=home / "nowhere"), LOOK_EVERY) == []


# --- Rights -----------------------------------------------------------------------------------------------


def refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may open anything: the refusal is the system's own, in its words."""
    opening = os.open

    def open_unless_device(path, flags, *more, **others):
        if "/input/event" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return opening(path, flags, *more, **others)

    monkeypatch.setattr(os, "open", open_unless_device)


def opened(home: Path, *, needed: bool, descriptor: int = -1) -> tuple[AllKeys, list[str]]:
    warnings: list[str] = []
    keys = open_keys(
        ["playpause"],
        warnings.append,
        needed=needed,
        folder=home / "input",
        about=home / "about",
        descriptor=descriptor,
    )
    return keys, warnings


def test_keys_that_may_not_be_read_are_told_with_the_remedy(home, monkeypatch):
    Plugged(home, "event0", KEYBOARD)
    refuse(monkeypatch)
    with pytest.raises(KeysLost, match=r"may not be read \(event0\).*usermod -aG input"):
        opened(home, needed=True)
    _, warnings = opened(home, needed=False)
    assert "usermod -aG input" in warnings[0]


def test_without_any_key_a_coach_that_needs_one_does_not_begin(home):
    with pytest.raises(KeysLost, match="There is no key to press"):
        opened(home, needed=True)
    keys, warnings = opened(home, needed=False)
    assert "later will be found" in warnings[0]
    keys.close()


def test_keys_that_are_there_are_no_matter_for_a_warning(home):
    Plugged(home, "event0", ONE_BUTTON)
    keys, warnings = opened(home, needed=True)
    assert warnings == []
    assert keys.present == {"playpause"}


# --- The terminal -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("n", ["n"]),
        ("N y", ["n", "space", "y"]),
        ("\x1b[A\x1b[B", ["up", "down"]),
        ("\x1bOA", ["up"]),
        ("\x1b[5~", ["pageup"]),
        ("\x1b[1;5C", []),  # control and an arrow
        ("\x1bn", ["esc", "n"]),
        ("\x1b\x1b[A", ["esc", "up"]),
        ("\r\n", ["enter", "enter"]),
        ("ö€\x01", []),
        ("+-?", ["plus", "minus", "question"]),
    ],
)
def test_what_is_typed_has_names(typed, names):
    assert names_typed(typed, is_all=True) == (names, "")


def test_an_escape_may_begin_an_arrow_key_and_so_waits_a_moment():
    assert names_typed("\x1b", is_all=False) == ([], "\x1b")
    assert names_typed("n\x1b[", is_all=False) == (["n"], "\x1b[")
    assert names_typed("\x1b", is_all=True) == (["esc"], "")


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    screen, descriptor = pty.openpty()
    yield screen, descriptor
    for it in (screen, descriptor):
        with suppress(OSError):
            os.close(it)


def test_an_escape_alone_is_told_after_a_few_blocks(terminal):
    screen, descriptor = terminal
    with closing(Terminal(descriptor=descriptor)) as keys:
        os.write(screen, b"\x1b")
        assert asked(keys, ESCAPE_ASKS) == []
        assert asked(keys, 1) == ["esc"]


def test_an_arrow_key_that_comes_in_pieces_is_one(terminal):
    screen, descriptor = terminal
    with closing(Terminal(descriptor=descriptor)) as keys:
        told = []
        for piece in (b"\x1b", b"[", b"A"):
            os.write(screen, piece)
            told += asked(keys, 1)
        assert told == ["up"]


def test_the_terminal_is_given_back_as_it_was(terminal):
    _, descriptor = terminal
    before = termios.tcgetattr(descriptor)
    keys = Terminal(descriptor=descriptor)
    during = termios.tcgetattr(descriptor)
    assert not during[3] & (termios.ICANON | termios.ECHO)
    assert during[3] & termios.ISIG, "Ctrl-C works as ever"
    keys.close()
    assert termios.tcgetattr(descriptor) == before


def test_a_terminal_that_is_gone_is_silent(terminal):
    screen, descriptor = terminal
    keys = Terminal(descriptor=descriptor)
    os.close(screen)
    assert asked(keys, 10) == []
    keys.close()


def test_in_a_terminal_a_button_of_which_nobody_can_tell_how_it_was_pressed_was_pressed_once(terminal):
    screen, descriptor = terminal
    with closing(Terminal(["n"], descriptor)) as keys:
        os.write(screen, b"n")
        assert asked(keys, 1) == ["n", "n once"]


def test_what_is_no_terminal_has_no_keys():
    reader, writer = os.pipe()
    with pytest.raises(OSError, match="Inappropriate ioctl"):
        Terminal(descriptor=reader)
    os.close(reader)
    os.close(writer)


# --- A real input device ----------------------------------------------------------------------------------

UI_SET_EVBIT, UI_SET_KEYBIT, UI_DEV_CREATE, UI_DEV_DESTROY = 0x40045564, 0x40045565, 0x5501, 0x5502


@pytest.fixture
def real_button() -> Iterator[Callable[[int], None]]:
    """A button that the kernel made."""
    try:
        made = os.open("/dev/uinput", os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        pytest.skip(f"no input device can be made here: /dev/uinput: {error.strerror}")
    fcntl.ioctl(made, UI_SET_EVBIT, 1)
    fcntl.ioctl(made, UI_SET_KEYBIT, CODES["playpause"])
    os.write(made, struct.pack("80sHHHHI", b"coach test button", 3, 1, 1, 1, 0) + bytes(4 * 64 * 4))
    fcntl.ioctl(made, UI_DEV_CREATE)

    def go(value: int) -> None:
        os.write(made, event("playpause", value) + event(0, 0, kind=0))

    yield go
    fcntl.ioctl(made, UI_DEV_DESTROY)
    os.close(made)


@pytest.mark.slow
def test_a_real_button_is_read(real_button):
    with closing(InputDevices(["playpause"])) as keys:
        deadline = time.monotonic() + 30
        while "playpause" not in keys.present and time.monotonic() < deadline:
            asked(keys, LOOK_EVERY)  # udev takes its time
        real_button(1)
        assert asked(keys, 60) == ["playpause", "playpause held"]
        real_button(0)


def test_keys_that_are_demanded_are_missed_when_the_last_is_unplugged_and_found_when_one_comes(home):
    button = Plugged(home, "event0", ONE_BUTTON)
    keys, _ = opened(home, needed=True)
    keys.demand()
    button.unplug()
    keys.pressed()
    for _ in range(2):
        with pytest.raises(KeysLost, match="There is no key to press"):
            keys.demand()
    Plugged(home, "event5", KEYBOARD).press("space")
    keys.demand()
    assert keys.pressed() == ["space"]
    keys.close()


def test_a_terminal_is_key_enough(home):
    screen, terminal = pty.openpty()
    with closing(Terminal(descriptor=terminal)) as typed, closing(AllKeys(devices_of(home), typed)) as keys:
        keys.demand()
    os.close(screen)
    os.close(terminal)
