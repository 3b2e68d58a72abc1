"""The names of keys: those of Linux's ``input-event-codes.h``, in lower case and without their ``KEY_``.

Keys that mean the same have the same name, wherever they are: the digits, enter, plus and minus of a number pad.
A key without a name here is called by its number: ``key240``.
"""

from collections.abc import Mapping
from typing import Final

_ROWS: Final = (
    (1, "esc 1 2 3 4 5 6 7 8 9 0 minus equal backspace tab"),
    (16, "q w e r t y u i o p leftbrace rightbrace enter"),
    (30, "a s d f g h j k l semicolon apostrophe grave"),
    (43, "backslash z x c v b n m comma dot slash"),
    (57, "space"),
    (59, "f1 f2 f3 f4 f5 f6 f7 f8 f9 f10"),
    (87, "f11 f12"),
    (183, "f13 f14 f15 f16 f17 f18 f19 f20 f21 f22 f23 f24"),
    # The number pad.
    (71, "7 8 9 minus 4 5 6 plus 1 2 3 0 dot"),
    (96, "enter"),
    (98, "slash"),
    (117, "equal"),
    # Beside the letters.
    (102, "home up pageup left right end down pagedown insert delete"),
    (113, "mute volumedown volumeup power"),
    (119, "pause"),
    (128, "stop"),
    (138, "help menu"),
    (142, "sleep wakeup"),
    (148, "prog1 prog2"),
    (202, "prog3 prog4"),
    # Remote controls and headphones.
    (158, "back forward"),
    (163, "nextsong playpause previoussong stopcd record rewind phone"),
    (172, "homepage refresh exit"),
    (200, "playcd pausecd"),
    (207, "play fastforward"),
    (217, "search"),
    (352, "ok select"),
    (358, "info"),
    (398, "red green yellow blue channelup channeldown"),
    (407, "next"),
    (412, "previous"),
    (582, "voicecommand"),
)

KEY_NAMES: Final[Mapping[int, str]] = {
    code: name for first, names in _ROWS for code, name in enumerate(names.split(), first)
}
"""By their codes."""

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"

TYPED: Final[Mapping[str, str]] = {
    " ": "space",
    "\r": "enter",
    "\n": "enter",
    "\t": "tab",
    "\x7f": "backspace",
    "\b": "backspace",
    "+": "plus",
    "-": "minus",
    "=": "equal",
    "?": "question",
    "/": "slash",
    ",": "comma",
    ".": "dot",
    **{character: character for character in _LETTERS + "0123456789"},
    **{letter.upper(): letter for letter in _LETTERS},
}
"""By what a terminal gives for them. A capital is its letter: a caps lock shall do no harm."""

SEQUENCES: Final[Mapping[str, str]] = {
    "A": "up",
    "B": "down",
    "C": "right",
    "D": "left",
    "H": "home",
    "F": "end",
    "1~": "home",
    "2~": "insert",
    "3~": "delete",
    "4~": "end",
    "5~": "pageup",
    "6~": "pagedown",
}
"""By what stands behind a terminal's escape and bracket."""

ALL_NAMES: Final = frozenset({*KEY_NAMES.values(), *TYPED.values(), *SEQUENCES.values()})
