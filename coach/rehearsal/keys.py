"""The keys' understudy: presses that a script makes, at moments of the session.

The script is that of the listener, with names of keys in place of words:

    [[say]]
    words = "space"
    when = { state = "moving", after_s = 6 }

A single button's presses are told as the real ones are, by two names: ``playpause`` and then ``playpause once``.
"""

from collections.abc import Iterable

from coach.devices.deaf_room import NoEars
from coach.front_end import FrontEnd
from coach.loop import Hands, lead
from coach.ports import SILENCE, Mind, Mouth, Pcm
from coach.rehearsal.echo import NoEcho
from coach.rehearsal.listener import ScriptedListener
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.rehearse import Rehearsal
from coach.rehearsal.room import QuietRoom
from coach.rehearsal.script import Remark, Script, unsaid_sentence
from coach.rehearsal.store import MemoryStore
from coach.rehearsal.trace import Trace, Uttered
from coach.session.messages import Line
from coach.session.phrases import Voice


class ScriptedKeys:
    """Presses the keys of a script (see ``coach.ports.Keys``).

    Args:
        script: which key to press when.
        trace: the session's witness; the presses are written down in it, as words are.
    """

    def __init__(self, script: Script, trace: Trace) -> None:
        self._trace = trace
        self._hand = ScriptedListener(script, _Hand(), trace)

    def pressed(self) -> list[str]:
        """Return what is pressed in this block."""
        known = len(self._trace.entries)
        self._hand.next_block(SILENCE)
        return [it.words for _, it in self._trace.entries[known:] if isinstance(it, Uttered)]

    @property
    def unsaid(self) -> tuple[Remark, ...]:
        """The presses whose moment has not come so far."""
        return self._hand.unsaid

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""


def rehearse_by_keys(mind: Mind, voice: Voice, script: Script, name: str) -> Rehearsal:
    """Rehearse, dry, without a microphone: what is pressed is all there is to go by.

    Args:
        mind: a session or an interview that has not begun.
        voice: its words.
        script: which key to press when.
        name: how people call it.
    """
    trace = Trace()
    keys = ScriptedKeys(script, trace)
    hands = Hands(QuietRoom(), FrontEnd(NoEcho()), NoEars(), HummingMouth(), MemoryStore(), keys)
    end = lead(mind, voice, hands, trace)
    return Rehearsal(name, end, trace, unsaid_sentence(script, keys.unsaid))


class _Hand(Mouth):
    """Presses without a sound, and in no time."""

    def prepare(self, lines: Iterable[Line]) -> None:
        """Need no preparation."""

    def speak(self, line: Line) -> Pcm:  # noqa: ARG002 - the port's form
        """Return no sound."""
        return Pcm(b"")

    def close(self) -> None:
        """Do nothing."""
