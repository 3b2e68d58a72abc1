"""When lines really begin: each line of a session found in the track of the loudspeaker, sample by sample.

The session is led by the very loop and spoken by the real voice; nobody answers and nothing is recognised, so it
is over in seconds. Chimes are left out, for they would lie over the lines that are looked for.
"""

from bisect import bisect_left
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from coach.devices.mouth import SpeakingMouth
from coach.front_end import FrontEnd
from coach.loop import Hands, lead
from coach.ports import SAMPLE_RATE, SAMPLES_PER_MS, Pcm
from coach.rehearsal.ears import ScriptedEars
from coach.rehearsal.echo import NoEcho
from coach.rehearsal.room import QuietRoom
from coach.rehearsal.store import MemoryStore
from coach.rehearsal.trace import Trace
from coach.session import table
from coach.session.messages import Entered, Say
from coach.session.phrases import Chimes, Tone, Voice
from coach.session.plan import Step, steps_of
from coach.session.routine import Routine
from coach.session.session import Session
from coach.voice_queue import Played

RECOGNISED_BY = 25 * SAMPLES_PER_MS
"""So much of a line's beginning tells it from any other sound, and no line is cut sooner."""

LATEST = 1_000 * SAMPLES_PER_MS
"""A line that begins a second late is as bad as one that never does."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """How exactly a session keeps time.

    Attributes:
        late_ms: how long after it was due each line began; less than zero if before.
        lost: how many lines were played and not found in the track: they began over a second late.
        off: by how many samples each counted repetition missed its place: the tempo written in the routine,
            counted from the first repetition's beginning.
    """

    late_ms: tuple[float, ...]
    lost: int
    off: tuple[int, ...]


def keep_time(routine: Routine, voice: Voice) -> Cadence:
    """Lead a whole session and measure where its lines lie in the sound.

    Raises:
        MouthFailed: the synthesiser does not work.
    """
    silent = (Tone(hertz=440, seconds=0),)
    chimeless = replace(voice, chimes=Chimes(begin=silent, stopped=silent, unspoken=silent))
    trace, room = Trace(), QuietRoom(remember=True)
    with closing(SpeakingMouth(voice.espeak_voice, pitch=voice.pitch)) as mouth:
        hands = Hands(room, FrontEnd(NoEcho()), ScriptedEars(trace), mouth, MemoryStore())
        lead(Session(routine, chimeless), chimeless, hands, trace)
        played = {line.number for _, line in trace.each(Played)}
        said = [(at, say) for at, say in trace.each(Say) if say.number in played]
        sounds = [mouth.speak(say.line) for _, say in said]
    track = b"".join(room.played)
    due = [max(at, say.due) * SAMPLES_PER_MS for at, say in said]
    onsets = [onset(track, sound, moment) for sound, moment in zip(sounds, due, strict=True)]
    found = [(begin, moment) for begin, moment in zip(onsets, due, strict=True) if begin is not None]
    return Cadence(
        tuple((begin - moment) / SAMPLES_PER_MS for begin, moment in found),
        onsets.count(None),
        tuple(_off(routine, trace, sorted(begin for begin, _ in found))),
    )


def onset(track: bytes, sound: Pcm, near: int) -> int | None:
    """Find where a line begins in a track, to the sample.

    Args:
        track: 16 kHz, int16.
        sound: the line's, as it was rendered.
        near: the sample from which on it is looked for; a block before it counts too.

    Returns:
        The sample; None if it is not within a second.
    """
    beginning = sound[: 2 * RECOGNISED_BY]
    begin = max(0, 2 * (near - 20 * SAMPLES_PER_MS))
    end = 2 * (near + LATEST) + len(beginning)
    while (at := track.find(beginning, begin, end)) % 2:  # -1, not found, is odd as well
        if at < 0:
            return None
        begin = at + 1  # in the middle of a sample
    return at // 2


def _off(routine: Routine, trace: Trace, onsets: Sequence[int]) -> list[int]:
    """How far each repetition of each counted set is from its place."""
    sets = [at for at, entered in trace.each(Entered) if entered.state in (table.MOVING, table.HOLDING)]
    off: list[int] = []
    for began, step in zip(sets, steps_of(routine), strict=True):
        if step.part.repetitions:
            off += deviations(onsets, _nearest(onsets, began * SAMPLES_PER_MS), *_tempo(step))
    return off


def _tempo(step: Step) -> tuple[int, int]:
    """A repetition's length in samples, as the routine writes it; and how many there are."""
    seconds = sum(phase.seconds for phase in step.exercise.phases)
    return round(seconds * SAMPLE_RATE), step.part.repetitions or 0


def deviations(onsets: Sequence[int], first: int, period: int, repetitions: int) -> list[int]:
    """How far from its place each repetition's line begins, to the end of the last.

    Args:
        onsets: where lines begin, in ascending order; those between the repetitions do no harm.
        first: where the first repetition begins.
        period: the length of a repetition.
        repetitions: how many.

    Returns:
        One number for each count: after one, two, ... repetitions.
    """
    places = (first + count * period for count in range(1, repetitions + 1))
    return [_nearest(onsets, place) - place for place in places]


def _nearest(onsets: Sequence[int], place: int) -> int:
    index = bisect_left(onsets, place)
    return min(onsets[max(0, index - 1) : index + 1], key=lambda onset: abs(onset - place))
