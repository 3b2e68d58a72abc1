"""A live session: the devices opened in order, led by the loop, and closed again, whatever happens."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from coach.devices.ears import VoskEars, missing_phrases
from coach.devices.mouth import SpeakingMouth
from coach.devices.room import open_room, say_last
from coach.devices.store import SqliteStore
from coach.errors import CoachError
from coach.loop import Hands, Witness, lead
from coach.ports import Mouth, Pcm
from coach.rehearsal.echo import open_echo
from coach.session.messages import End, Line
from coach.session.phrases import Voice
from coach.session.routine import Routine
from coach.session.session import Session


@dataclass(frozen=True, slots=True)
class Setup:
    """What a live session needs to know about this home.

    Attributes:
        model: the ears' Vosk model.
        store: the history file.
        microphone: index or part of the name; None for the default.
        speaker: likewise.
    """

    model: Path
    store: Path
    microphone: int | str | None = None
    speaker: int | str | None = None


def lead_live(
    routine: Routine,
    voice: Voice,
    setup: Setup,
    started_at: datetime,
    witness: Witness,
    warn: Callable[[str], None],
) -> End:
    """Lead one session on the real devices.

    Args:
        routine: what to lead.
        voice: the words.
        setup: which devices and files.
        started_at: when, with a time zone: for the history only.
        witness: sees everything that happens.
        warn: told what is not as it should be but hinders nothing.

    Raises:
        CoachError: something is missing or was lost. It has been said aloud if that was possible, and what was
            noted is kept.
    """
    with closing(SpeakingMouth(voice.espeak_voice, pitch=voice.pitch)) as mouth:
        try:
            return _lead(routine, voice, setup, started_at, mouth, witness, warn)
        except CoachError as error:
            _say_aloud(error.spoken_key, voice, mouth, setup)
            raise
        except Exception:  # whatever it is, it is told where there is no screen, and goes on up
            _say_aloud(CoachError.spoken_key, voice, mouth, setup)
            raise


def _lead(
    routine: Routine,
    voice: Voice,
    setup: Setup,
    started_at: datetime,
    mouth: Mouth,
    witness: Witness,
    warn: Callable[[str], None],
) -> End:
    """Open the other devices in order, lead, and close them in reverse."""
    with ExitStack() as undo:
        session = Session(routine, voice)
        ears = VoskEars(setup.model, voice.decoys)
        if unheard := missing_phrases(ears, voice.understands):
            warn(f"The ears' model cannot hear: {', '.join(unheard)}. The other phrases work.")
        store = SqliteStore(setup.store, routine=routine.id, started_at=started_at)
        undo.enter_context(closing(store))
        echo = open_echo(witness)
        room = undo.enter_context(closing(open_room(setup.microphone, setup.speaker)))
        return lead(session, voice, Hands(room, echo, ears, mouth, store), witness)


def _say_aloud(key: str, voice: Voice, mouth: Mouth, setup: Setup) -> None:
    """There is no screen where the coach lives. Whoever cannot hear this finds it in the journal."""
    sounds = [mouth.speak(Line(text, voice.words_per_minute)) for text in voice.say(key)]
    say_last(Pcm(b"".join(sounds)), setup.speaker)
