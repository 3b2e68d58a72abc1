"""Synthetic speakers: espeak-ng's voices say every phrase the coach understands, and count.

Commands of which no human recording is found are measured at least so. Whoever reads the result must know that
it comes from synthesisers, which speak more clearly and more alike than people.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import numpy as np

from coach.bench.hearing.recordings import Clip
from coach.devices.mouth import SpeakingMouth
from coach.session.messages import Line


@dataclass(frozen=True, slots=True)
class Speaker:
    """One of the synthesiser's voices, speaking at a pace."""

    voice: str
    words_per_minute: int


SPEAKERS: Final = (
    Speaker("en-us+f4", 150),
    Speaker("en-us+m5", 135),
    Speaker("en-us+Andy", 165),
    Speaker("en-us+klatt4", 150),
    Speaker("en-us+iven4", 140),
)
"""The timbres that the recipe in ``voices/recipe`` keeps out of the training of the bundled model."""


def render(phrases: Sequence[str], speakers: Sequence[Speaker] = SPEAKERS) -> tuple[Clip, ...]:
    """Have every speaker say every phrase.

    Raises:
        MouthFailed: the synthesiser does not work, or lacks one of the voices.
    """
    clips = []
    for speaker in speakers:
        with closing(SpeakingMouth(speaker.voice)) as mouth:
            for phrase in phrases:
                sound = mouth.speak(Line(phrase, speaker.words_per_minute))
                samples = np.frombuffer(sound, "<i2").astype(np.float32)
                if samples.size:
                    clips.append(Clip(f"{speaker.voice}: {phrase}", phrase, samples, speaker.voice))
    return tuple(clips)
