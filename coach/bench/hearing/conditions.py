"""The conditions: under which circumstances the ears are examined, and how a clip is put into them.

Each condition is a line of the table below; staging does what the line says. Everything comes from recordings or
seeded generators: the same recordings, condition and seed make the same sound to the sample.
"""

import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from coach.bench.hearing.recordings import Clip
from coach.bench.hearing.sound import (
    at_level,
    bed,
    breath,
    direct_first,
    end_of_speech,
    pcm,
    silence,
    through,
)
from coach.ports import SAMPLE_RATE, SAMPLES_PER_MS, Pcm
from coach.rehearsal.room import Samples, response, room_noise
from coach.session.messages import Milliseconds

SPEECH_DBFS: Final = -26.0
"""How loud a person half a metre away is recorded, by custom (ITU-T P.56)."""

ACROSS_DB: Final = -15.6
"""From 0.5 m to 3 m: a sixth of the sound pressure."""

ROOM_NOISE_DBFS: Final = -66.0
"""There always is some; exact zeros exist in no microphone."""

LEAD_MS: Final = 600
"""Before anything is said: the recogniser gets used to the noise."""

TRAIL_MS: Final = 2_000
"""After it: an answer that takes longer is none."""

GAP_MS: Final = 1_300
"""Between two recordings of a stream: longer than the longest pause that ends an utterance, 1 s."""

BREATH_DB: Final = -12.0
"""How loud heavy breathing is, compared with the voice between the breaths: an assumption, on the loud side."""

COUNT_PAUSE_MS: Final = 800
"""Between a number and a command, for someone who counts along aloud."""

BED_S: Final = 300.0

Room = Literal["", "recorded", "across"]
Around = Literal["", "breath", "count"]
Background = Literal["", "noise", "music", "talk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Circumstances in which somebody speaks.

    Attributes:
        name: for options and JSON.
        title: for tables.
        about: how it is made, in one sentence.
        dbfs: the speech's level; not a number: as recorded.
        background: what sounds all the time: ``noise``, ``music``, other people's ``talk``, or nothing.
        snr_db: how much louder than that the speech is.
        room: a room from a recording, one simulated at 3 m, or none.
        around: what the person does just before and after.
        lead_ms: how long all that goes on before anything is said.
    """

    name: str
    title: str
    about: str
    dbfs: float = SPEECH_DBFS
    background: Background = ""
    snr_db: float = math.inf
    room: Room = ""
    around: Around = ""
    lead_ms: int = LEAD_MS


QUIET: Final = Condition(
    name="quiet",
    title="quiet",
    about="as recorded, in a room noise of -66 dBFS",
    dbfs=math.nan,
)
CONDITIONS: Final = (
    QUIET,
    *(
        Condition(
            name=f"noise_{snr}",
            title=f"noise, {snr} dB",
            about=f"recorded noises of homes, streets and machines, {snr} dB below the speech",
            background="noise",
            snr_db=snr,
        )
        for snr in (20, 10, 5)
    ),
    Condition(
        name="music",
        title="music, 10 dB",
        about="recorded music, some of it sung, 10 dB below the speech",
        background="music",
        snr_db=10,
    ),
    Condition(
        name="talk",
        title="talk, 10 dB",
        about="somebody else, or a television, talks on and on, from 3 s before it, 10 dB below the speech",
        background="talk",
        snr_db=10,
        lead_ms=3_000,
    ),
    Condition(
        name="rooms",
        title="rooms",
        about="through impulse responses recorded in rooms, one of them a large hall, one after another",
        room="recorded",
    ),
    Condition(
        name="far",
        title="3 m away",
        about="at -41.6 dBFS, in simulated rooms with 400 ms of reverberation, stronger than the direct sound",
        dbfs=SPEECH_DBFS + ACROSS_DB,
        room="across",
    ),
    Condition(
        name="breathing",
        title="heavy breathing",
        about="a heavy breath right before and after, 12 dB below the speech",
        around="breath",
    ),
    Condition(
        name="counting",
        title="counting along",
        about="a number said 0.8 s before and another 0.8 s after",
        around="count",
    ),
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What recordings there are to make conditions of.

    Attributes:
        noise: sounds to hear speech against.
        music: likewise.
        talk: likewise; sentences, by other people.
        rooms: impulse responses.
        numbers: somebody counting.
        seed: another number is another choice among them.
    """

    noise: tuple[Samples, ...] = ()
    music: tuple[Samples, ...] = ()
    talk: tuple[Samples, ...] = ()
    rooms: tuple[Samples, ...] = ()
    numbers: tuple[Clip, ...] = ()
    seed: int = 1

    def lack(self, condition: Condition) -> str:
        """Say what is missing to make a condition; empty if nothing is."""
        if condition.background and not self.behind(condition.background):
            return f"there are no recordings of {condition.background}"
        if condition.room == "recorded" and not self.rooms:
            return "there are no impulse responses of rooms"
        if condition.around == "count" and not self.numbers:
            return "there are no recordings of numbers"
        return ""

    def behind(self, background: Background) -> tuple[Samples, ...]:
        """Return the recordings of a background."""
        return {"": (), "noise": self.noise, "music": self.music, "talk": self.talk}[background]


@dataclass(frozen=True, slots=True)
class Staged:
    """A clip in its circumstances, ready to be played.

    Attributes:
        clip: which one.
        sound: whole blocks.
        word_end: when the word's own sound ends in it.
    """

    clip: Clip
    sound: Pcm = field(repr=False)
    word_end: Milliseconds


class Stage:
    """Puts clips into one condition.

    Args:
        condition: which.
        surroundings: what to make it of; must not lack anything for it.
    """

    def __init__(self, condition: Condition, surroundings: Surroundings) -> None:
        self._condition = condition
        self._around = surroundings
        rng = self._generator("bed")
        behind = surroundings.behind(condition.background)
        self._bed = bed(behind, rng, BED_S) if behind else silence(BED_S * 1000)
        self._floor = room_noise(rng, ROOM_NOISE_DBFS)
        self._rooms = [direct_first(room) for room in surroundings.rooms]

    def put(self, clip: Clip) -> Staged:
        """Put one clip on the stage, with silence before and after it."""
        rng = self._generator(clip.name)
        speech = self._voice(clip, rng)
        before, after = self._beside(clip, rng)
        lead = np.concatenate([silence(self._condition.lead_ms), before])
        sound = np.concatenate([lead, speech, after, silence(TRAIL_MS)])
        end = Milliseconds(len(lead) // SAMPLES_PER_MS + end_of_speech(clip.samples))
        return Staged(clip, pcm(self._with_background(sound, rng)), end)

    def stream(self, clips: Iterable[Clip]) -> Iterator[Staged]:
        """Put clips on the stage one after another, as one long sound without a break in its background."""
        rng = self._generator("stream")
        place = int(rng.integers(len(self._bed)))
        for clip in clips:
            speech = np.concatenate([self._voice(clip, self._generator(clip.name)), silence(GAP_MS)])
            sound = pcm(self._with_background(speech, rng, place))
            place += len(sound) // 2
            yield Staged(clip, sound, end_of_speech(clip.samples))

    def _voice(self, clip: Clip, rng: np.random.Generator) -> Samples:
        condition = self._condition
        speech = _soft_edges(clip.samples)
        if not math.isnan(condition.dbfs):
            speech = at_level(speech, condition.dbfs)
        match condition.room:
            case "recorded":
                return through(speech, self._rooms[int(rng.integers(len(self._rooms)))])
            case "across":
                return through(speech, response(rng, 400, room_db=3.0))
            case _:
                return speech

    def _beside(self, clip: Clip, rng: np.random.Generator) -> tuple[Samples, Samples]:
        """What the person does before and after the word."""
        match self._condition.around:
            case "breath":
                loudness = self._condition.dbfs + BREATH_DB
                drawn = at_level(breath(rng, int(rng.integers(500, 900)), inward=True), loudness)
                blown = at_level(breath(rng, int(rng.integers(700, 1_200)), inward=False), loudness)
                return np.concatenate([drawn, silence(80)]), np.concatenate([silence(80), blown])
            case "count":
                own = [number for number in self._around.numbers if number.speaker == clip.speaker]
                choice: Sequence[Clip] = own or self._around.numbers
                first, second = (choice[int(rng.integers(len(choice)))] for _ in range(2))
                pause = silence(COUNT_PAUSE_MS)
                return (
                    np.concatenate([self._voice(first, rng), pause]),
                    np.concatenate([pause, self._voice(second, rng)]),
                )
            case _:
                return silence(0), silence(0)

    def _with_background(self, sound: Samples, rng: np.random.Generator, place: int | None = None) -> Samples:
        start = int(rng.integers(len(self._bed))) if place is None else place
        stretch = np.arange(start, start + len(sound))
        heard = sound + np.take(self._floor, stretch, mode="wrap")
        if self._condition.background:
            gain = 10 ** ((self._condition.dbfs - self._condition.snr_db) / 20)
            heard = heard + np.take(self._bed, stretch, mode="wrap") * gain
        return np.asarray(heard, np.float32)

    def _generator(self, name: str) -> np.random.Generator:
        # By name, not in order: a sample of the clips sounds as it does among all of them.
        return np.random.default_rng([self._around.seed, zlib.crc32(f"{self._condition.name} {name}".encode())])


def breathing(seed: int, seconds: float) -> Clip:
    """Return somebody catching their breath, about twenty times a minute; nothing is said."""
    rng = np.random.default_rng([seed, zlib.crc32(b"breathing")])
    pieces: list[Samples] = []
    while sum(map(len, pieces)) < seconds * SAMPLE_RATE:
        loudness = SPEECH_DBFS + BREATH_DB + float(rng.uniform(-6, 3))
        pieces += [
            at_level(breath(rng, int(rng.integers(500, 1_100)), inward=True), loudness),
            silence(float(rng.uniform(60, 300))),
            at_level(breath(rng, int(rng.integers(700, 1_500)), inward=False), loudness),
            silence(float(rng.uniform(200, 1_200))),
        ]
    return Clip("breathing (synthesised)", "", np.concatenate(pieces))


def _soft_edges(samples: Samples) -> Samples:
    """A recording cut out of another begins and ends without a click."""
    ramp = np.linspace(0, 1, min(5 * SAMPLES_PER_MS, len(samples) // 2), dtype=np.float32)
    soft = samples.copy()
    if ramp.size:
        soft[: ramp.size] *= ramp
        soft[-ramp.size :] *= ramp[::-1]
    return soft
