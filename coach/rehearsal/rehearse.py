"""A rehearsal: a whole session or interview without hardware, led by the very loop that leads it live.

In a full rehearsal the coach's real voice sounds in a simulated room, a listener with another voice speaks the
remarks of a script, and the real ears hear both, the echo cancelled. In a dry one every hand is an understudy:
no sound, no recogniser, a second or so for a quarter of an hour. Both keep the same trace.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from coach.devices.ears import VoskEars
from coach.devices.mouth import SpeakingMouth
from coach.errors import CoachError
from coach.front_end import FrontEnd
from coach.loop import Hands, Witness, lead
from coach.ports import SILENCE, Block, Mind, Pcm
from coach.rehearsal.ears import ScriptedEars
from coach.rehearsal.echo import NoEcho, open_echo
from coach.rehearsal.listener import ScriptedListener
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.picture import draw_picture
from coach.rehearsal.room import Acoustics, QuietRoom, SimulatedRoom
from coach.rehearsal.score import write_score
from coach.rehearsal.script import Script, unsaid_sentence
from coach.rehearsal.store import MemoryStore
from coach.rehearsal.trace import Trace
from coach.session.messages import End, Milliseconds
from coach.session.phrases import Voice
from coach.session.routine import Routine
from coach.session.session import Session

LIVING_ROOM = Acoustics(echo_db=0.0, echo_delay_ms=80, noise_dbfs=-60.0)
"""A loudspeaker whose voice arrives at the microphone as loud as the person's; quiet otherwise."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal left behind.

    Attributes:
        name: what was rehearsed, as people call it.
        end: how it ended.
        trace: everything that happened.
        unsaid: one sentence on remarks whose moment never came; empty if all were made.
        room: the simulated room with both tracks of sound; None after a dry rehearsal.
    """

    name: str
    end: End
    trace: Trace
    unsaid: str
    room: SimulatedRoom | None = None

    def write(self, folder: Path) -> tuple[Path, ...]:
        """Write the transcript and, unless it was dry, the sound and the picture; return the files.

        The sound and the picture of an earlier rehearsal there are removed: they would belie the new transcript.

        Raises:
            CoachError: a file cannot be written, or the picture cannot be drawn; the others are there.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            transcript, sound, picture = (folder / f"session.{it}" for it in ("txt", "wav", "png"))
            sound.unlink(missing_ok=True)
            picture.unlink(missing_ok=True)
            transcript.write_text(write_score(self.trace, self.name), encoding="utf-8")
        except OSError as error:
            raise CoachError(
                f"The rehearsal cannot be written to {folder}: {error.strerror}.",
                "Name a folder that may be written to with --out FOLDER, and see that its disk has room left.",
            ) from error
        if self.room is None:
            return (transcript,)
        self.room.write_mix(sound)
        draw_picture(self.trace, picture, self.name, sound=Pcm(self.room.coach_track))
        return (transcript, sound, picture)


def rehearse_dry(led: Routine | Mind, voice: Voice, script: Script, *, name: str = "") -> Rehearsal:
    """Rehearse with understudies only: the course of it, not its sound.

    Args:
        led: a routine, or a mind that has not begun: an interview.
        voice: the coach's.
        script: what the listener says, and when.
        name: how people call it; empty: the routine's own name.
    """
    trace = Trace()
    mouth = HummingMouth()
    listener = ScriptedListener(script, mouth, trace)
    room = QuietRoom(spoken_by(listener))
    hands = Hands(room, FrontEnd(NoEcho()), ScriptedEars(trace, carriers=voice.carriers), mouth, MemoryStore())
    end = lead(_mind(led, voice), voice, hands, trace)
    return Rehearsal(name or _name(led), end, trace, unsaid_sentence(script, listener.unsaid))


def _mind(led: Routine | Mind, voice: Voice) -> Mind:
    return Session(led, voice) if isinstance(led, Routine) else led


def _name(led: Routine | Mind) -> str:
    return led.name if isinstance(led, Routine) else ""


def spoken_by(listener: ScriptedListener) -> Iterator[Block]:
    """Yield what a listener says, block by block, in a room without any other sound."""
    while True:
        yield listener.next_block(SILENCE)


def rehearse(
    led: Routine | Mind,
    voice: Voice,
    script: Script,
    model: Path,
    *,
    name: str = "",
    acoustics: Acoustics = LIVING_ROOM,
    witness: Witness | None = None,
) -> Rehearsal:
    """Rehearse with the real voice and the real ears in a simulated room.

    Args:
        led: a routine, or a mind that has not begun: an interview.
        voice: the coach's.
        script: what the listener says, and when.
        model: the ears' Vosk model.
        name: how people call it; empty: the routine's own name.
        acoustics: the room.
        witness: watches too; for showing progress.

    Raises:
        EarsUnfit: the model cannot be used.
        MouthFailed: the synthesiser does not work.
    """
    trace = Trace()

    def watch(at: Milliseconds, message: object) -> None:
        trace(at, message)
        if witness is not None:
            witness(at, message)

    with ExitStack() as undo:
        ears = VoskEars(model, voice.decoys, voice.homophones, voice.carriers)
        mouth = undo.enter_context(closing(SpeakingMouth(voice.espeak_voice, pitch=voice.pitch)))
        other = undo.enter_context(closing(SpeakingMouth(voice.listener_voice)))
        listener = ScriptedListener(script, other, trace)
        room = SimulatedRoom(listener, acoustics)
        hands = Hands(room, FrontEnd(open_echo(watch)), ears, mouth, MemoryStore())
        end = lead(_mind(led, voice), voice, hands, watch)
    return Rehearsal(name or _name(led), end, trace, unsaid_sentence(script, listener.unsaid), room)
