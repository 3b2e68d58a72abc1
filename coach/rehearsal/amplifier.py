"""An amplifier that sleeps: it falls asleep in silence, and swallows the beginning of what comes next.

Televisions, Bluetooth receivers, active loudspeakers with auto-standby and class-D boards that mute digital
silence do it. :class:`SleepyAmplifier` takes what is played and returns what is heard; :class:`BehindAmplifier` is
a room whose loudspeaker hangs on one.
"""

from typing import Final

import numpy as np

from coach.ports import BLOCK_MS, SAMPLES_PER_MS, SILENCE, Block, Room
from coach.session.messages import Milliseconds

PERCEIVED: Final = 10
"""The faintest sound that counts as a signal: -70 dBFS, 16 dB below the lead-in."""

_GAP_MS: Final = 20
"""So long a gap a signal may have; what comes after a longer one has to wake it anew."""


class SleepyAmplifier:
    """Hears sound a block at a time, and lets it through only while it is awake. It begins asleep.

    Args:
        sleeps_after: how much silence sends it to sleep.
        wakes_in: how much signal it takes to wake it; all of that is swallowed.
    """

    def __init__(self, sleeps_after: Milliseconds, wakes_in: Milliseconds) -> None:
        self.asleep = True
        self._sleeps_after = sleeps_after
        self._wakes_in = wakes_in
        self._silent_ms = 0
        self._signal_ms = 0

    def amplify(self, played: Block) -> Block:
        """Return what is heard of a block."""
        if played == SILENCE:
            self._silent(BLOCK_MS)
            return SILENCE
        samples = np.frombuffer(played, "<i2").reshape(BLOCK_MS, SAMPLES_PER_MS)
        heard = np.zeros_like(samples)
        for ms, is_signal in enumerate(np.abs(samples.astype(np.int32)).max(axis=1) >= PERCEIVED):
            if not self.asleep:
                heard[ms] = samples[ms]
            if is_signal:
                self._signal()
            else:
                self._silent(1)
        return Block(heard.tobytes())

    def _signal(self) -> None:
        self._silent_ms = 0
        self._signal_ms += 1
        if self._signal_ms >= self._wakes_in:
            self.asleep = False

    def _silent(self, ms: int) -> None:
        self._silent_ms += ms
        if self._silent_ms > _GAP_MS:
            self._signal_ms = 0
        if self._silent_ms >= self._sleeps_after:
            self.asleep = True


class BehindAmplifier:
    """A room whose loudspeaker hangs on a sleepy amplifier; remembers what was played, and what of it was heard.

    Args:
        room: the room as it is with a loudspeaker that never sleeps.
        amplifier: what its loudspeaker hangs on.

    Attributes:
        played: what was handed to the amplifier, from the beginning: 16 kHz, int16.
        heard: what came out of it, likewise.
    """

    def __init__(self, room: Room, amplifier: SleepyAmplifier) -> None:
        self.played = bytearray()
        self.heard = bytearray()
        self._room = room
        self._amplifier = amplifier

    def exchange(self, speaker: Block) -> Block:
        """Play what the amplifier lets through, and return what the microphone recorded meanwhile."""
        heard = self._amplifier.amplify(speaker)
        self.played += speaker
        self.heard += heard
        return self._room.exchange(heard)

    def close(self) -> None:
        """Close the room."""
        self._room.close()
