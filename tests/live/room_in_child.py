"""The real room in a process of its own: PortAudio looks for its devices once per process.

Run by the live tests with the sound server's environment, and by hand to try a real sound card:
``python tests/live/room_in_child.py latency``. The result is one JSON object on the last line of standard output;
the line ``ready`` says that sound is flowing.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coach.blocks import blocks_of
from coach.devices.room import SoundCard, devices, has_sound, libraries_silenced, open_room, say_last
from coach.errors import RoomLost
from coach.ports import BLOCK_MS, BLOCK_SAMPLES, SAMPLE_RATE, SILENCE, Block, Pcm

ONE_SECOND = 1_000 // BLOCK_MS


def tone(hertz: float, seconds: float) -> Pcm:
    """A sine at half of full scale."""
    phase = 2 * np.pi * hertz * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return Pcm((16_384 * np.sin(phase)).astype("<i2").tobytes())


def exchange_seconds(room: SoundCard, seconds: float) -> list[Block]:
    return [room.exchange(SILENCE) for _ in range(round(seconds * ONE_SECOND))]


def ready() -> None:
    print("ready", flush=True)  # noqa: T201 - this is how it speaks to the test


def find() -> dict[str, object]:
    """Which devices there are."""
    return {"has_sound": has_sound(), "devices": [asdict(device) for device in devices()]}


def play() -> dict[str, object]:
    """Play one second of 440 Hz."""
    room = open_room()
    ready()
    exchange_seconds(room, 0.5)
    for block in blocks_of(tone(440, 1)):
        room.exchange(block)
    exchange_seconds(room, 0.5)
    room.close()
    room.close()
    return asdict(room.tally)


def play_and_listen_on_stubborn_cards() -> dict[str, object]:
    """Play 440 Hz through devices that refuse 16 kHz and one channel, as bare USB devices do, and record it."""
    import sounddevice  # noqa: PLC0415 - only here

    def stubborn(stream: type) -> Callable[..., object]:
        def opened(*, samplerate: int, channels: int, **rest: object) -> object:
            if samplerate != 48_000:
                raise sounddevice.PortAudioError("Invalid sample rate", -9997)
            if channels != 2:
                raise sounddevice.PortAudioError("Invalid number of channels", -9998)
            return stream(samplerate=samplerate, channels=channels, **rest)

        return opened

    sounddevice.RawInputStream = stubborn(sounddevice.RawInputStream)
    sounddevice.RawOutputStream = stubborn(sounddevice.RawOutputStream)
    room = open_room()
    exchange_seconds(room, 0.5)
    heard = [room.exchange(block) for block in blocks_of(tone(440, 1))]
    room.close()
    later = np.frombuffer(b"".join(heard), "<i2")[SAMPLE_RATE // 2 :]
    spectrum = abs(np.fft.rfft(later * np.hanning(len(later))))
    return {"hertz": float(np.argmax(spectrum) * SAMPLE_RATE / len(later)), "peak": int(abs(later).max())}


def listen(into: str, seconds: str) -> dict[str, object]:
    """Write what the microphone hears into a file of bare samples."""
    room = open_room()
    exchange_seconds(room, 0.2)
    ready()
    heard = exchange_seconds(room, float(seconds))
    room.close()
    Path(into).write_bytes(b"".join(heard))
    return {"deaf": room.deaf, **asdict(room.tally)}


def lose() -> dict[str, object]:
    """Go on until a device is lost, then say a last sentence."""
    room = open_room()
    exchange_seconds(room, 0.5)
    ready()
    while True:
        asked = time.monotonic()
        try:
            room.exchange(SILENCE)
        except RoomLost as loss:
            waited, sentence, remedy = time.monotonic() - asked, loss.what, loss.remedy
            break
    said = room.say_last(tone(440, 0.5))
    closing = time.monotonic()
    room.close()
    closed = time.monotonic() - closing
    return {"what": sentence, "remedy": remedy, "waited": waited, "said": said, "closed": closed}


def only_speak() -> dict[str, object]:
    """Play a sentence without a microphone."""
    ready()
    return {"said": say_last(tone(440, 0.5))}


def latency() -> dict[str, object]:
    """How long a click takes from exchange to exchange, when the loudspeaker is heard by the microphone."""
    room = open_room()
    heard = exchange_seconds(room, 1.0)
    ready()
    cpu = time.process_time()
    heard += exchange_seconds(room, 2.0)
    cpu = time.process_time() - cpu
    click = Block(tone(2_000, BLOCK_MS / 1_000))
    played = []
    for _ in range(4):
        played.append(len(heard) * BLOCK_SAMPLES)
        heard.append(room.exchange(click))
        heard += exchange_seconds(room, 0.4)
    room.close()
    sound: NDArray[np.int16] = np.frombuffer(b"".join(heard), "<i2")
    delays = [1_000 * int(np.argmax(abs(sound[at:].astype(int)) > 3_000)) / SAMPLE_RATE for at in played]
    return {"delays_ms": delays, "cpu_percent": 100 * cpu / 2.0, **asdict(room.tally)}


COMMANDS: dict[str, Callable[..., dict[str, object]]] = {
    name.__name__: name
    for name in (find, play, play_and_listen_on_stubborn_cards, listen, lose, only_speak, latency)
}

if __name__ == "__main__":
    with libraries_silenced():
        result = COMMANDS[sys.argv[1]](*sys.argv[2:])
    print(json.dumps(result))  # noqa: T201 - this is how it speaks to the test
