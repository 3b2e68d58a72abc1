"""The sound card: both sides together, as the loop knows them; and one sentence where there is no room.

Known limit: when a microphone disappears, PulseAudio may move the stream to another source without telling
anyone. Only its silence can be noticed: :attr:`SoundCard.deaf`.
"""

import threading
from dataclasses import dataclass

from coach.devices.room.device import Device, choose
from coach.devices.room.portaudio import STREAMS, devices, leave_portaudio_alone_at_exit
from coach.devices.room.sides import Loudspeaker, Microphone
from coach.devices.room.wire import LOOK_EVERY_S, PATIENCE_S, SETTLING_S, close_all, loss_of
from coach.errors import RoomLost
from coach.ports import BLOCK_MS, SAMPLE_RATE, SILENCE, Block, Pcm

DEAF_AFTER = 3_000 // BLOCK_MS
"""Blocks of exact zeros after which a microphone counts as deaf: even a quiet room has noise."""

_ONE_SECOND = 1_000 // BLOCK_MS


@dataclass(frozen=True, slots=True)
class Tally:
    """How well the room kept up, since it was opened.

    Attributes:
        exchanges: blocks swapped.
        underruns: blocks of silence played because the loop was late.
        overruns: blocks from the microphone that were lost because the loop was late.
        left_out: blocks not played, to catch up with the microphone's clock; silent ones whenever possible.
        repeated: silent blocks played twice, to wait for the microphone's clock.
        glitches: interruptions that the devices themselves reported.
        microphone_ms: the delay that PortAudio states for the microphone.
        speaker_ms: the delay that PortAudio states for the loudspeaker.
    """

    exchanges: int
    underruns: int
    overruns: int
    left_out: int
    repeated: int
    glitches: int
    microphone_ms: int
    speaker_ms: int


def open_room(microphone: int | str | None = None, speaker: int | str | None = None) -> "SoundCard":
    """Open a microphone and a loudspeaker.

    Args:
        microphone: its index, or a part of its name in any case (the first device that matches), or None for
            the system's default.
        speaker: likewise.

    Raises:
        RoomLost: one of the two is missing, in use, or cannot do what the coach needs.
    """
    found = devices()
    chosen_microphone = choose(found, "microphone", microphone)
    chosen_speaker = choose(found, "speaker", speaker)
    return SoundCard(chosen_microphone, chosen_speaker)


def say_last(pcm: Pcm, speaker: int | str | None = None) -> bool:
    """Play one thing without a room, to say aloud why there is none; wait until it has been heard.

    Never raises and never hangs: returns False if it could not be played.

    Args:
        pcm: what to play.
        speaker: as for :func:`open_room`. If it is not there, whatever else there is will do.
    """
    if STREAMS.hang:  # whoever asks now hangs as well
        return False
    heard = threading.Event()

    def play() -> None:
        for wanted in dict.fromkeys((speaker, None)):
            try:
                loudspeaker = Loudspeaker(choose(devices(), "speaker", wanted))
            except RoomLost:
                continue
            played = loudspeaker.play_to_the_end(pcm)
            close_all(loudspeaker.wire)
            if played:
                heard.set()
                return

    # In a thread of its own, because opening a device hangs as well if the sound server is frozen.
    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    thread.join(2 * _length_s(pcm) + SETTLING_S + PATIENCE_S)
    if thread.is_alive():
        leave_portaudio_alone_at_exit()
    return heard.is_set()


def _length_s(pcm: Pcm) -> float:
    return len(pcm) / (2 * SAMPLE_RATE)


class SoundCard:
    """The real room, made by :func:`open_room`; see :class:`coach.ports.Room`."""

    def __init__(self, microphone: Device, speaker: Device) -> None:
        self._exchanges = 0
        self._zeros = 0
        self._closed = False
        self._microphone = Microphone(microphone)
        try:
            self._loudspeaker = Loudspeaker(speaker)
        except RoomLost:
            close_all(self._microphone.wire)
            raise

    def exchange(self, speaker: Block) -> Block:
        """Play one block and return the block the microphone recorded meanwhile.

        Raises:
            RoomLost: a device is gone; the sentence says which. :meth:`say_last` may still work.
        """
        if self._exchanges == 0:
            self._microphone.forget()  # What was recorded before the loop began is an answer to nothing.
        self._loudspeaker.queue.push(speaker)
        recorded = self._next_block()
        self._exchanges += 1
        self._zeros = self._zeros + 1 if recorded == SILENCE else 0
        if self._exchanges % _ONE_SECOND == 0:
            self._loudspeaker.each_second()
        if self._loudspeaker.gone:
            raise loss_of(self._loudspeaker.wire)
        return recorded

    @property
    def deaf(self) -> bool:
        """Whether the microphone has delivered nothing but zeros for three seconds: muted, or not there."""
        return self._zeros >= DEAF_AFTER

    @property
    def tally(self) -> Tally:
        """How well the room has kept up so far."""
        return Tally(
            exchanges=self._exchanges,
            underruns=self._loudspeaker.queue.underruns,
            overruns=self._microphone.overruns,
            left_out=self._loudspeaker.queue.left_out,
            repeated=self._loudspeaker.queue.repeated,
            glitches=self._microphone.glitches + self._loudspeaker.glitches,
            microphone_ms=self._microphone.wire.latency_ms,
            speaker_ms=self._loudspeaker.wire.latency_ms,
        )

    def say_last(self, pcm: Pcm) -> bool:
        """Play one thing in place of whatever is queued, and wait until it has been heard.

        For the sentence that explains why the session ends, when the microphone may be gone. Never raises and
        never hangs: returns False if it could not be played.
        """
        return not self._closed and self._loudspeaker.play_to_the_end(pcm)

    def close(self) -> None:
        """Let go of the devices, within three seconds even if they hang. Calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        close_all(self._microphone.wire, self._loudspeaker.wire)

    def _next_block(self) -> Block:
        patience = PATIENCE_S + (SETTLING_S if self._exchanges == 0 else 0)
        taken_before = self._loudspeaker.queue.taken
        for _ in range(round(patience / LOOK_EVERY_S)):
            recorded = self._microphone.next_block(LOOK_EVERY_S)
            if recorded is not None:
                return recorded
            ended = [side.wire for side in (self._microphone, self._loudspeaker) if side.wire.ended]
            if ended:
                raise loss_of(*ended)
        if self._loudspeaker.queue.taken == taken_before:
            raise loss_of(self._microphone.wire, self._loudspeaker.wire)
        raise loss_of(self._microphone.wire)
