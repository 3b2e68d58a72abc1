"""Playing and listening: what was played and what was recorded meanwhile, sample beside sample."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from coach.devices.room import Tally
from coach.doctor.sound.played import Programme, Samples
from coach.ports import BLOCK_BYTES, BLOCK_SAMPLES, Block, Room

Tell = Callable[[str, float], None]
"""Told what is being done, and the share done of all."""

NO_TALLY: Final = Tally(
    exchanges=0,
    underruns=0,
    overruns=0,
    left_out=0,
    repeated=0,
    glitches=0,
    microphone_ms=0,
    speaker_ms=0,
)


@dataclass(frozen=True, eq=False)
class Tracks:
    """What was played and what was recorded meanwhile, sample beside sample; and how the room kept up.

    Attributes:
        played: what was handed to the room.
        recorded: what it returned.
        tally: of the time after the settling.
    """

    played: Samples
    recorded: Samples
    tally: Tally


def play(room: Room, what: Programme, tell: Tell, tally: Callable[[], Tally] = lambda: NO_TALLY) -> Tracks:
    """Play a programme and listen.

    Args:
        room: where; stays open.
        what: the programme.
        tell: told how far it has come.
        tally: the room's account of how it keeps up.

    Raises:
        RoomLost: a device was lost.
    """
    sound = what.sound.tobytes()
    recorded: list[Block] = []
    before = tally()
    for at in range(0, len(sound), BLOCK_BYTES):
        if len(recorded) * BLOCK_SAMPLES == what.settling:
            before = tally()
        recorded.append(room.exchange(Block(sound[at : at + BLOCK_BYTES])))
        if len(recorded) % 10 == 0:
            tell("listening" if not what.chirps else "playing and listening", at / len(sound))
    return Tracks(what.sound, np.frombuffer(b"".join(recorded), "<i2"), _since(before, tally()))


def _since(before: Tally, now: Tally) -> Tally:
    return replace(
        now,
        exchanges=now.exchanges - before.exchanges,
        underruns=now.underruns - before.underruns,
        overruns=now.overruns - before.overruns,
        left_out=now.left_out - before.left_out,
        repeated=now.repeated - before.repeated,
        glitches=now.glitches - before.glitches,
    )
