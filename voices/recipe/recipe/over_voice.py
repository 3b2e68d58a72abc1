"""People who speak over the coach: the sound its ears are really given then.

The coach listens while it speaks. What reaches the recogniser has been through its front end, which eats into the person's words
too, and over a voice that ducks in the middle of them. Nothing simulated by hand sounds like that, so the product's own parts make it:
its mouth, its simulated room, its front end and its ducking. In some of the scenes a plain linear canceller stands in for its own.
This is the one stage that needs the coach; without it there is no such training material, and the model hears less over its voice.

The coach says the talk of words/sentences.txt, not what it says in its routines, and rooms and levels are drawn anew for each scene: the
examination's are others.
"""

from __future__ import annotations

import math
import multiprocessing
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recipe import vocabulary
from recipe.augmentation import decibels, level
from recipe.corpora import Collection, collect
from recipe.linear_echo import LinearCanceller
from recipe.settings import SAMPLE_RATE

try:
    from coach.content import load_voice
    from coach.devices.echo import EchoCanceller
    from coach.devices.mouth import SpeakingMouth
    from coach.front_end import FrontEnd
    from coach.near_end import NearEnd
    from coach.ports import BLOCK_BYTES, BLOCK_SAMPLES, SILENCE, Block
    from coach.rehearsal.room import Acoustics, SimulatedRoom
    from coach.session.messages import Line
    from coach.voice_queue import VoiceQueue

    COACH_IS_HERE = True
except ImportError:
    COACH_IS_HERE = False

Signal = npt.NDArray[np.int16]
Random = np.random.Generator

MOST_WORDS, LONGEST = 4, 4.0
"""Words and seconds of what is said over the coach: commands, not talk."""
HUMAN_SHARE = 0.55
COMMAND_WEIGHT, URGENT_WEIGHT = 12.0, 30.0
"""How much more often a command than another word is said over the coach, and one that is obeyed at once."""
ALONE_SHARE = 0.12
"""For so many of the words also a moment of the coach alone: silence, to its own ears."""
SAID_EACH_SCENE = 40
SETTLING = 10.0
"""Seconds until the canceller knows the room; what comes before is not kept."""
AGAIN_SHARE = 0.3
"""So often the next word comes at once, while the coach is still ducked: who was not heard says it again."""
LOUDEST = -15.0
"""dBFS of the coach at the microphone: louder ones clip."""
LINEAR_SHARE = 0.3
"""Of the scenes, heard through a plain linear canceller: what the front end will do next year is not known."""
WORDS_PER_MINUTE = (120, 150, 175)


@dataclass(frozen=True)
class Scene:
    """One room, one person at one distance, and what they say."""

    said: list[tuple[npt.NDArray[np.float32], str]]
    seed: int


class _Person:
    """The listener in the simulated room: silent but for what is put into their mouth."""

    def __init__(self) -> None:
        self.words: deque[Block] = deque()

    def next_block(self, speaker: Block) -> Block:
        return self.words.popleft() if self.words else SILENCE


class _PlainFrontEnd:
    """Subtracts the echo, and lowers nothing of what is left."""

    def __init__(self, memory: float) -> None:
        self._echo, self._near_end = LinearCanceller(memory=memory), NearEnd()

    def process(self, microphone: Block, speaker: Block) -> tuple[Block, bool]:
        cleaned = Block(self._echo.cancel(microphone, speaker))
        somebody = self._near_end.process(microphone, cleaned, speaker)
        return cleaned if self._near_end.echo_is_audible else microphone, somebody


class _Conversation:
    """The coach's loop without a session and without ears: what they would be given is kept."""

    def __init__(self, lines: list[bytes], random: Random) -> None:
        own = np.mean([20 * math.log10(level(np.frombuffer(line, "<i2").astype(np.float32)) / 32768) for line in lines])
        volume = int(random.integers(-16, 1))
        self.person_dbfs = random.uniform(-40, -24)
        ratio = min(random.uniform(-5, 15), LOUDEST - self.person_dbfs)
        acoustics = Acoustics(
            echo_db=float(self.person_dbfs + ratio - own - volume),
            echo_delay_ms=int(random.integers(20, 200)),
            reverberation_ms=int(random.integers(150, 500)),
            noise_dbfs=random.uniform(-78, -58),
            seed=int(random.integers(1 << 30)),
        )
        self._person = _Person()
        self._room = SimulatedRoom(self._person, acoustics)
        linear = random.random() < LINEAR_SHARE
        memory = float(random.uniform(0.995, 0.9995))
        self._front_end = _PlainFrontEnd(memory) if linear else FrontEnd(EchoCanceller())
        self._queue = VoiceQueue()
        self._queue.set_volume(volume)
        self._lines, self._random, self._number = lines, random, 0
        self._heard: list[bytes] = []

    def say(self, signal: npt.NDArray[np.float32]) -> None:
        """The person begins to speak."""
        sound = np.clip(np.round(signal), -32768, 32767).astype("<i2").tobytes()
        sound += bytes(-len(sound) % BLOCK_BYTES)
        self._person.words.extend(Block(sound[i : i + BLOCK_BYTES]) for i in range(0, len(sound), BLOCK_BYTES))

    def go_on(self, seconds: float) -> Signal:
        """The coach talks on for so long; returns what its ears are given meanwhile."""
        heard = []
        for _ in range(round(seconds * SAMPLE_RATE / BLOCK_SAMPLES)):
            if self._queue.idle:
                self._number += 1
                line = self._lines[int(self._random.integers(len(self._lines)))]
                self._queue.say(line, "", self._number, self._queue.now)
            speaker = self._queue.next_block()
            microphone = self._room.exchange(speaker)
            given, somebody = self._front_end.process(microphone, speaker)
            if somebody:
                self._queue.duck()
            heard.append(given)
        return np.frombuffer(b"".join(heard), "<i2").astype(np.int16)


def _play(task: tuple[Scene, list[bytes]]) -> list[tuple[Signal, str]]:
    """Plays one scene; returns what the ears are given around each word."""
    scene, lines = task
    random = np.random.default_rng(scene.seed)
    talk = _Conversation(lines, random)
    talk.go_on(SETTLING)
    kept = []
    for signal, text in scene.said:
        if random.random() > AGAIN_SHARE:
            alone = talk.go_on(random.uniform(2.4, 3.5))
            if random.random() < ALONE_SHARE:
                kept.append((alone[-2 * SAMPLE_RATE :], ""))
        before = talk.go_on(random.uniform(0.2, 0.6))
        talk.say(signal * np.float32(decibels(talk.person_dbfs + random.normal(0, 1.5)) * 32768 / level(signal)))
        during = talk.go_on(len(signal) / SAMPLE_RATE + random.uniform(0.25, 0.5))
        kept.append((np.concatenate([before[-int(random.uniform(0.1, 0.5) * SAMPLE_RATE) :], during]), text))
    return kept


def _own_voice() -> list[bytes]:
    """Talk in the coach's voice."""
    voice = load_voice()
    mouth = SpeakingMouth(voice.espeak_voice, pitch=voice.pitch)
    try:
        spoken = [mouth.speak(Line(text, pace)) for text in vocabulary.sentences() for pace in WORDS_PER_MINUTE]
    finally:
        mouth.close()
    return [sound for sound in spoken if sound]


def _chosen(collection: Collection, count: int, random: Random) -> list[tuple[npt.NDArray[np.float32], str]]:
    """Short signals; the commands most often, the urgent ones above all, and frequent words less often each."""
    weight = dict.fromkeys(vocabulary.phrases(), COMMAND_WEIGHT)
    weight |= {phrase: URGENT_WEIGHT for intent in vocabulary.intents() if intent.urgent for phrase in intent.phrases}
    short = [i for i, text in enumerate(collection.texts) if 0 < len(text.split()) <= MOST_WORDS]
    short = [i for i in short if 0.2 < len(collection.signal(i)) / SAMPLE_RATE < LONGEST]
    times = {text: collection.texts.count(text) for text in {collection.texts[i] for i in short}}
    weights = np.array([weight.get(collection.texts[i], 1.0) * times[collection.texts[i]] ** -0.7 for i in short])
    picked = random.choice(len(short), size=count, p=weights / weights.sum())
    return [(collection.signal(short[i]).astype(np.float32), collection.texts[short[i]]) for i in picked]


def over_the_coach(synthetic: Collection, human: Collection | None, count: int, seed: int, processes: int) -> Collection:
    """So many words and phrases, said over the coach's own voice, as its ears hear them."""
    random = np.random.default_rng(seed)
    by_people = round(count * HUMAN_SHARE) if human else 0
    said = _chosen(human, by_people, random) if human else []
    said += _chosen(synthetic, count - by_people, random)
    order = random.permutation(len(said))
    said = [said[int(i)] for i in order]
    lines = _own_voice()
    groups = [said[i : i + SAID_EACH_SCENE] for i in range(0, len(said), SAID_EACH_SCENE)]
    tasks = [(Scene(group, seed + 1000 + number), lines) for number, group in enumerate(groups)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        kept = [one for scene in pool.imap(_play, tasks) for one in scene]
    return collect([signal for signal, _ in kept], [text for _, text in kept], ["over the coach"] * len(kept))
