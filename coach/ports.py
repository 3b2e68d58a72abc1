"""The ports: what the loop asks of its hands, and the units they share.

A mind decides; six thin hands stand behind the other Protocols, one library each at most, in ``coach/devices``;
their understudies, which need no hardware and pass the same contract tests, stand in ``coach/rehearsal``. Nothing
in this file does anything.

Sound is the same everywhere inside the coach: 16 kHz, mono, signed 16-bit little-endian, cut into blocks of
20 ms. The recogniser wants exactly this, the echo canceller wants multiples of 10 ms, and a command is acted
on within a block. Devices that run at other rates convert at their own edge.
"""

from collections.abc import Iterable, Sequence
from typing import NewType, Protocol

from coach.session.messages import Action, Event, Hypothesis, Line, Milliseconds, Note

Pcm = NewType("Pcm", bytes)
"""Sound of any length: 16 kHz, mono, int16 little-endian."""

Block = NewType("Block", bytes)
"""Sound of exactly one block: 320 samples, 640 bytes, 20 ms."""

SAMPLE_RATE = 16_000
"""Samples a second, everywhere inside the coach."""

BLOCK_MS = 20
BLOCK_SAMPLES = SAMPLE_RATE * BLOCK_MS // 1000
BLOCK_BYTES = 2 * BLOCK_SAMPLES
SAMPLES_PER_MS = SAMPLE_RATE // 1000
SILENCE = Block(bytes(BLOCK_BYTES))


class Mind(Protocol):
    """What the loop leads: a session, an interview. It decides; the hands below do."""

    @property
    def now(self) -> Milliseconds:
        """How much time has passed since it began."""
        ...

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        ...

    def begin(self) -> Sequence[Action]:
        """Return the first actions. Called once, before any event."""
        ...

    def handle(self, event: Event) -> Sequence[Action]:
        """Take in what happened and return what to do about it, in order. Never raises."""
        ...


class Room(Protocol):
    """Where the sound is: one microphone and one loudspeaker. Its exchange is the coach's only clock."""

    def exchange(self, speaker: Block) -> Block:
        """Play one block and return the block the microphone recorded meanwhile.

        Waits until the microphone has a block: this is the only wait in the whole loop.

        Raises:
            coach.errors.RoomLost: the microphone or the speaker is gone.
            coach.errors.RoomBack: one of them was, and is back; this block was neither played nor recorded.
        """
        ...

    def close(self) -> None:
        """Let go of the devices. Calling it again does nothing."""
        ...


class Echo(Protocol):
    """Takes the coach's own voice out of what the microphone recorded."""

    def cancel(self, microphone: Block, speaker: Block) -> Block:
        """Return the microphone's block without the echo of the speaker.

        Args:
            microphone: what was recorded.
            speaker: what was handed to the room in the same exchange.
        """
        ...


class Ears(Protocol):
    """Recognises speech from a closed set of phrases."""

    def listen(self, phrases: Sequence[str]) -> None:
        """From now on, listen for exactly these phrases (and for speech that is none of them)."""
        ...

    def hear(self, microphone: Block) -> Sequence[Hypothesis]:
        """Take in one block; return what it changed.

        Returns:
            Nothing, a partial result that differs from the one before, or a final result.
        """
        ...

    def second_hearing(self) -> Hypothesis:
        """Return what the utterance at hand is taken for when it is heard once more, as if it ended here.

        Right after a final result it is the utterance that has just ended.

        Returns:
            A final result; one without words where nothing is being said.
        """
        ...


class Mouth(Protocol):
    """Turns lines into sound. It does not play them: the loop does, so that it can stop mid-word."""

    def prepare(self, lines: Iterable[Line]) -> None:
        """Render these lines soon, in this order, so that speaking them starts at once. Returns at once."""
        ...

    def speak(self, line: Line) -> Pcm:
        """Return the sound of a line, without silence before its first sound; empty for a line without words.

        Rendered lines come from memory. A line that nobody prepared is rendered now.

        Raises:
            coach.errors.MouthFailed: the synthesiser failed or hung; the next line may work again.
        """
        ...

    def close(self) -> None:
        """End the synthesiser. Calling it again does nothing."""
        ...


class Keys(Protocol):
    """Keys and buttons: what can be pressed in place of speaking."""

    def pressed(self) -> Sequence[str]:
        """Return the names of the keys pressed since it was last asked, in order. Asked once a block; never waits.

        Names are those of ``coach/key_names.py``. A single button's name is told as soon as it goes down, and once
        more with what that was: ``playpause once``, ``playpause twice``, ``playpause held``.
        """
        ...

    def close(self) -> None:
        """Let go of the keys. Calling it again does nothing."""
        ...


class Store(Protocol):
    """Keeps what happened, as it happens."""

    def keep(self, note: Note) -> None:
        """Append one note. Returns at once; the writing happens behind the loop's back, in order.

        Raises:
            coach.errors.StoreFailed: an earlier note could not be written (a full disk, say). Raised once; what
                was written before stays whole, and whatever could not be written, this note too, is kept and
                tried again.
        """
        ...

    def close(self) -> None:
        """Write what is still waiting and let go of the file. Calling it again does nothing.

        Raises:
            coach.errors.StoreFailed: it still cannot be written, and is lost.
        """
        ...
