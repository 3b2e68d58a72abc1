"""Rooms without hardware: an instant one, and one that sounds like a living room.

:class:`QuietRoom` makes a session run as fast as it can think. :class:`SimulatedRoom` makes it hear what a real
microphone would hear: the coach's own voice from the loudspeaker, late and reverberated, the listener from further
away, and the noise of the room. Both stand in for the sound card behind :class:`coach.ports.Room` and pass its
contract tests. Nothing here knows what the listener says, nor when: that is up to a :class:`Listener`.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from coach.errors import CoachError
from coach.ports import BLOCK_SAMPLES, SAMPLE_RATE, SAMPLES_PER_MS, SILENCE, Block

Samples = NDArray[np.float32]
"""Sound in the scale of int16, but neither rounded nor clipped yet."""


class QuietRoom:
    """Nobody is there, and no time is lost.

    Args:
        recorded: what the microphone hears, block by block; silence after its end. An iterator that raises
            ``RoomLost`` is a device that is unplugged.
        remember: keep what was played, in :attr:`played`.
    """

    def __init__(self, recorded: Iterable[Block] = (), *, remember: bool = False) -> None:
        self.played: list[Block] = []
        self._recorded = iter(recorded)
        self._remember = remember

    def exchange(self, speaker: Block) -> Block:
        """Return the next recorded block, at once."""
        if self._remember:
            self.played.append(speaker)
        return next(self._recorded, SILENCE)

    def close(self) -> None:
        """There is nothing to let go of."""


class Listener(Protocol):
    """The person in a simulated room."""

    def next_block(self, speaker: Block) -> Block:
        """Return what the person says during this block; silence for nothing. Asked once an exchange.

        Args:
            speaker: what the loudspeaker begins to play in the same block.
        """
        ...


class Nobody:
    """A listener who says nothing."""

    def next_block(self, speaker: Block) -> Block:  # noqa: ARG002 - the port's shape
        """Return silence."""
        return SILENCE


@dataclass(frozen=True, slots=True)
class Acoustics:
    """How a room sounds at its microphone.

    Attributes:
        echo_db: how loud the coach's voice arrives, relative to the listener's, when both tracks are equally loud:
            a loudspeaker next to the microphone is often 10 dB above a person two metres away. The listener's
            voice arrives as loud as the listener made it. ``-math.inf`` is no echo: headphones.
        echo_delay_ms: from the exchange to the echo's first sound: buffers, converters, and the air.
        reverberation_ms: how long a sound takes to fade by 60 dB; 300 to 500 ms in a furnished living room.
        noise_dbfs: the level of the steady noise: RMS, relative to full scale. -60 is a quiet room for a voice of
            -26 dBFS. ``-math.inf`` is none.
        seed: another number is another room of the same kind.
    """

    echo_db: float = 0.0
    echo_delay_ms: int = 60
    reverberation_ms: int = 300
    noise_dbfs: float = -60.0
    seed: int = 1


class SimulatedRoom:
    """A living room with a loudspeaker, a microphone and a person; deterministic to the byte.

    Keeps what was played and what was recorded, in memory, until it is written to a file.

    Args:
        listener: who is in the room.
        acoustics: how the room sounds.
    """

    def __init__(self, listener: Listener | None = None, acoustics: Acoustics | None = None) -> None:
        sound = acoustics or Acoustics()
        rng = np.random.default_rng(sound.seed)
        self._listener = listener or Nobody()
        # A loudspeaker stands next to the microphone: little room in its sound. A person is across the room.
        near = response(rng, sound.reverberation_ms, room_db=-6.0)
        far = response(rng, sound.reverberation_ms, room_db=0.0)
        late = np.zeros(sound.echo_delay_ms * SAMPLES_PER_MS, np.float32)
        self._echo = _Path(np.concatenate([late, near * _gain(sound.echo_db)]))
        self._voice = _Path(far)
        self._noise = _forever(room_noise(rng, sound.noise_dbfs))
        self._coach_track: list[Block] = []
        self._microphone_track: list[Block] = []

    def exchange(self, speaker: Block) -> Block:
        """Return what the microphone recorded while the loudspeaker played the block and the listener spoke."""
        voice = self._listener.next_block(speaker)
        heard = self._echo.carry(speaker) + self._voice.carry(voice) + next(self._noise)
        microphone = Block(np.clip(np.rint(heard), -32_768, 32_767).astype("<i2").tobytes())
        self._coach_track.append(speaker)
        self._microphone_track.append(microphone)
        return microphone

    @property
    def coach_track(self) -> bytes:
        """What the loudspeaker played, from the beginning: 16 kHz, int16."""
        return b"".join(self._coach_track)

    @property
    def microphone_track(self) -> bytes:
        """What the microphone recorded, likewise."""
        return b"".join(self._microphone_track)

    def close(self) -> None:
        """There is nothing to let go of; the tracks can still be written."""

    def write_mix(self, path: Path) -> None:
        """Write both tracks as one, for listening: each at half its level, so that they never clip.

        Raises:
            CoachError: the file cannot be written.
        """
        try:
            with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, subtype="PCM_16", format="WAV") as wav:
                for tracks in zip(self._coach_track, self._microphone_track, strict=True):
                    both = np.stack([np.frombuffer(track, "<i2") for track in tracks])
                    wav.write((both.sum(axis=0, dtype=np.int32) // 2).astype(np.int16))
        except (OSError, soundfile.LibsndfileError) as error:
            raise CoachError(
                f"The sound of the session cannot be written to {path}: {error}.",
                "Check that the folder exists, may be written to, and has room left.",
            ) from error


class _Path:
    """The way of a sound to the microphone: its impulse response, by partitioned overlap-save convolution.

    Each block is transformed once, together with the one before it, and meets every partition of the response as
    it grows older; only the sum is transformed back. Where it is silent it costs nothing.
    """

    def __init__(self, impulse_response: Samples) -> None:
        partitions = -(-len(impulse_response) // BLOCK_SAMPLES)
        padded = np.zeros((partitions, 2 * BLOCK_SAMPLES), np.float32)
        padded[:, :BLOCK_SAMPLES] = np.pad(
            impulse_response, (0, partitions * BLOCK_SAMPLES - len(impulse_response))
        ).reshape(partitions, BLOCK_SAMPLES)
        spectra = np.fft.rfft(padded).astype(np.complex64)
        # Twice over, so that the partitions in the order of the ring below are always one slice.
        self._response = np.concatenate([spectra, spectra])
        self._ring = np.zeros_like(spectra)
        self._newest = 0
        self._pair = np.zeros(2 * BLOCK_SAMPLES, np.float32)
        self._ringing = 0

    def carry(self, block: Block) -> Samples:
        partitions = len(self._ring)
        if block != SILENCE:
            self._ringing = partitions + 1
        if self._ringing == 0:
            return _NOTHING
        self._ringing -= 1
        self._pair[:BLOCK_SAMPLES] = self._pair[BLOCK_SAMPLES:]
        self._pair[BLOCK_SAMPLES:] = np.frombuffer(block, "<i2")
        # The ring is written backwards: the block of age a stands at (newest + a) modulo its length.
        self._newest = (self._newest - 1) % partitions
        self._ring[self._newest] = np.fft.rfft(self._pair)
        aged = self._response[partitions - self._newest : 2 * partitions - self._newest]
        heard = np.fft.irfft((self._ring * aged).sum(axis=0))
        return heard[BLOCK_SAMPLES:].astype(np.float32)


_NOTHING: Samples = np.zeros(BLOCK_SAMPLES, np.float32)
_NOTHING.flags.writeable = False


def response(rng: np.random.Generator, reverberation_ms: int, room_db: float) -> Samples:
    """Invent a room's impulse response: the direct sound, early reflections, and a tail that fades by 60 dB.

    Args:
        rng: where the room comes from.
        reverberation_ms: how long the tail takes to fade; also the response's length.
        room_db: the energy of all that is not direct, relative to the direct sound.

    Returns:
        The response with an energy of one: what comes out is as loud as what goes in.
    """
    length = max(1, reverberation_ms * SAMPLES_PER_MS)
    early = 2 * SAMPLES_PER_MS  # The nearest wall or table top: 70 cm of detour.
    late = 25 * SAMPLES_PER_MS
    room = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    room[:early] = 0
    walls = rng.integers(early, late, size=6)
    walls = walls[walls < length]
    room[walls] += rng.choice([-1, 1], size=len(walls)) * rng.uniform(2, 5, size=len(walls))
    energy = float(np.sum(room**2))
    if energy > 0:
        room *= _gain(room_db) / math.sqrt(energy)
    room[0] = 1
    return np.asarray(room / math.sqrt(float(np.sum(room**2))), np.float32)


def room_noise(rng: np.random.Generator, dbfs: float) -> Samples:
    """Sixteen seconds of steady noise whose power falls with the frequency, as that of fans and streets does.

    Args:
        rng: where the noise comes from.
        dbfs: its level: RMS, relative to full scale.
    """
    length = 819 * BLOCK_SAMPLES  # A number whose Fourier transform is fast.
    spectrum = np.fft.rfft(rng.standard_normal(length))
    hertz = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    spectrum /= np.sqrt(np.maximum(hertz, 50))
    spectrum[hertz < 50] = 0
    noise = np.fft.irfft(spectrum, length)
    return np.asarray(noise * (32_768 * _gain(dbfs) / np.sqrt(np.mean(noise**2))), np.float32)


def _forever(sound: Samples) -> Iterator[Samples]:
    blocks = sound.reshape(-1, BLOCK_SAMPLES)
    while True:
        yield from blocks


def _gain(db: float) -> float:
    return float(10 ** (db / 20))
