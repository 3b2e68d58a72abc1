"""The sound: what comes from the loudspeaker to the microphone, measured with tones and the coach's own voice.

Measured is what the loop sees: a block is handed to the room, and blocks later its sound is in what the room
returns. So the delay holds every buffer, converter and sound server on the way, not only the air.

A *chirp* is a tone that rises through the voice's range in a tenth of a second. Correlated with itself it is a
peak less than a millisecond wide, which noise and reverberation hardly move; so its place is known to a fraction
of a sample, and from many of them the drift between the two clocks. Between them the coach speaks, for the echo.
Short, soft *ticks* fill the first row of chirps, which comes after silence: what is missing of that row, though
the later ones are heard, a loudspeaker has swallowed that slept.

What other modules need stands in this file. Behind it, ``played`` makes what is played, ``tracks`` plays it and
listens, ``measuring`` tells what the tracks say, and ``judging`` what follows from it. Nothing is written to the
disk.
"""

from coach.doctor.sound.judging import judge
from coach.doctor.sound.measuring import (
    Drift,
    EchoMeasured,
    PathMeasured,
    SoundMeasured,
    drift_of,
    find_chirps,
    measure,
)
from coach.doctor.sound.played import Programme, programme, silent_programme
from coach.doctor.sound.tracks import NO_TALLY, Tell, Tracks, play

__all__ = [
    "NO_TALLY",
    "Drift",
    "EchoMeasured",
    "PathMeasured",
    "Programme",
    "SoundMeasured",
    "Tell",
    "Tracks",
    "drift_of",
    "find_chirps",
    "judge",
    "measure",
    "play",
    "programme",
    "silent_programme",
]
