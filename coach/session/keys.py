"""Keys in place of words: which command a key stands for, and which of its presses are meant for it.

A person without a microphone, or without a voice, presses a key where another would say a phrase; the mind cannot
tell the two apart. Which key means what stands in ``voices/*/keys.toml``. Nothing here reads a device.

A key stands for several commands, in order: the first of them that can be said just then is meant. So one key
halts and goes on again.

With a single button a press may be a short one, a long one or the first of two, which is known only later. So such
a key is told twice: by its bare name as soon as it goes down, and then by what it became: ``playpause once``,
``playpause twice``, ``playpause held``. What is urgent is obeyed at once, as it is in speech: halting may turn out
to have been needless, but never late. Everything else waits until it is clear what was meant.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from coach.session.messages import Command, Heard, Milliseconds

ONCE: Final = "once"
TWICE: Final = "twice"
HELD: Final = "held"

SAME_PRESS: Final = Milliseconds(700)
"""A key that was obeyed, and comes again so soon, is still being held, or trembles: a terminal repeats a held key
after 250 to 660 ms. Nobody shall answer two questions by one press, least of all about signs of danger."""

PLACES: Final = ("always", "keyboard", "button")
"""What is announced: in any case, if there is a keyboard, if there is a single button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMap:
    """What the keys stand for, and what is said about them where nobody can be heard.

    Attributes:
        keys: by a key's name, the commands it stands for: the first that can be said is meant. A name followed by
            ``twice`` or ``held`` is that press of it.
        names: how "help" tells of a command, in place of its first phrase.
        announced: sentences for the beginning, by one of ``PLACES``.
        says: lines of the voice in other words, for they tell a person to speak.
    """

    keys: Mapping[str, tuple[Command, ...]] = field(default_factory=dict)
    names: Mapping[Command, str] = field(default_factory=dict)
    announced: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    says: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def buttons(self) -> frozenset[str]:
        """The keys of which it matters how they are pressed."""
        return frozenset(key for key, _, press in (name.partition(" ") for name in self.keys) if press)

    def announcement(self, present: Collection[str]) -> tuple[str, ...]:
        """Return what to say at the beginning.

        Args:
            present: the keys that there are; none known: all of them may turn up.
        """
        at_hand = [bool({*present} & self.buttons), bool({*present} - self.buttons)]
        button, keyboard = at_hand if any(at_hand) else (True, True)
        told = (("always", True), ("keyboard", keyboard), ("button", button))
        return tuple(it for place, is_told in told if is_told for it in self.announced.get(place, ()))


class Presses:
    """Tells which command a press is meant for, given what can be said.

    Args:
        keymap: what the keys stand for.
        urgent: the commands that are obeyed before it is clear how a button was pressed.
    """

    def __init__(self, keymap: KeyMap, urgent: Collection[Command]) -> None:
        self._keys = keymap.keys
        self._buttons = keymap.buttons
        self._urgent = urgent
        self._offered: frozenset[Command] = frozenset()
        self._obeyed: set[str] = set()  # buttons whose going down was obeyed already
        self._last = ("", Milliseconds(0))  # the key that was obeyed, and when it came last

    def attend_to(self, offered: Sequence[Command]) -> None:
        """From now on, exactly these commands can be meant."""
        self._offered = frozenset(offered)

    def consider(self, pressed: str, now: Milliseconds) -> Heard | None:
        """Return what a press means, if anything.

        Args:
            pressed: the key's name; a button's is followed by ``once``, ``twice`` or ``held`` when that is known.
            now: the session's time.
        """
        key, _, became = pressed.partition(" ")
        if key in self._buttons:
            return self._consider_button(pressed, key, became)
        last, at = self._last
        if key == last and now < at + SAME_PRESS:
            self._last = (key, now)
            return None
        heard = self._meant(pressed, pressed)
        if heard is not None:
            self._last = (key, now)
        return heard

    def _consider_button(self, pressed: str, key: str, became: str) -> Heard | None:
        was_obeyed = key in self._obeyed
        self._obeyed.discard(key)
        if became == ONCE:
            return None if was_obeyed else self._meant(key, pressed)
        if became:
            return self._meant(pressed, pressed)
        heard = self._meant(key, pressed)
        if heard is None or heard.command not in self._urgent:
            return None
        self._obeyed.add(key)
        return heard

    def _meant(self, key: str, pressed: str) -> Heard | None:
        command = next((it for it in self._keys.get(key, ()) if it in self._offered), None)
        return None if command is None else Heard(command, pressed)
