"""Live: the devices opened in order, minds led on them one after another, all closed again whatever happens."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from coach import content
from coach.content.guidance import load_guidance
from coach.devices.ears import VoskEars, missing_phrases
from coach.devices.mouth import SpeakingMouth
from coach.devices.room import open_room, say_last
from coach.devices.store import SqliteStore
from coach.errors import CoachError
from coach.history import remembered
from coach.loop import Hands, Witness, lead
from coach.ports import Ears, Echo, Mind, Mouth, Pcm, Room, Store
from coach.practice import NO_WISHES, Practice, Wishes
from coach.rehearsal.echo import open_echo
from coach.session.messages import End, Line, Note
from coach.session.phrases import Voice
from coach.session.routine import Routine, exercises_of


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


def unwatched(room: Room) -> Room:
    """Nobody watches whether sound flows: a person is there, and notices."""
    return room


@contextmanager
def on_stage(
    voice: Voice,
    setup: Setup,
    witness: Witness,
    warn: Callable[[str], None],
    watched: Callable[[Room], Room] = unwatched,
) -> Iterator["Stage"]:
    """Open the devices for one thing led after another: an interview, then a session, say.

    Args:
        voice: the words.
        setup: which devices and files.
        witness: sees everything that happens.
        warn: told what is not as it should be but hinders nothing.
        watched: puts somebody between the loop and the room who sees the sound flow.

    Raises:
        CoachError: something is missing or was lost. It has been said aloud if that was possible, and what was
            noted is kept.
    """
    with closing(SpeakingMouth(voice.espeak_voice, pitch=voice.pitch)) as mouth:
        try:
            with ExitStack() as undo:
                ears = VoskEars(setup.model, voice.decoys, voice.homophones)
                if unheard := missing_phrases(ears, voice.understands):
                    warn(f"The ears' model cannot hear: {', '.join(unheard)}. The other phrases work.")
                yield Stage(voice, setup, witness, mouth, ears, undo, watched)
        except CoachError as error:
            _say_aloud(error.spoken_key, voice, mouth, setup)
            raise
        except Exception:  # whatever it is, it is told where there is no screen, and goes on up
            _say_aloud(CoachError.spoken_key, voice, mouth, setup)
            raise


class Stage:
    """The open devices. The room opens with the first thing that is led, after its store: a history that cannot
    be written is told before anything sounds.
    """

    def __init__(
        self,
        voice: Voice,
        setup: Setup,
        witness: Witness,
        mouth: Mouth,
        ears: Ears,
        undo: ExitStack,
        watched: Callable[[Room], Room] = unwatched,
    ) -> None:
        self._voice = voice
        self._setup = setup
        self._witness = witness
        self._mouth = mouth
        self._ears = ears
        self._undo = undo
        self._watched = watched
        self._opened: tuple[Room, Echo] | None = None

    def lead(self, mind: Mind, name: str, started_at: datetime) -> End:
        """Lead one session or interview; each is a record of its own in the history.

        Args:
            mind: what to lead; not begun yet.
            name: the identifier of the routine or the interview.
            started_at: when, with a time zone: for the history only.

        Raises:
            CoachError: a device is missing or was lost; leave the stage then.
        """
        with closing(SqliteStore(self._setup.store, routine=name, started_at=started_at)) as store:
            room, echo = self._open()
            return lead(mind, self._voice, Hands(room, echo, self._ears, self._mouth, store), self._witness)

    def rest(self, mind: Mind, name: str, clock: Callable[[], datetime]) -> End:
        """Lead what leaves no record unless it notes something: a coach that sleeps.

        The history is opened for a note and closed when its record ends, so that others can write to it meanwhile.

        Args:
            mind: what to lead; not begun yet.
            name: the identifier of such a record.
            clock: tells when it begins, with a time zone.

        Raises:
            CoachError: a device is missing or was lost; leave the stage then.
        """
        path = self._setup.store
        with closing(_SeldomStore(lambda: SqliteStore(path, routine=name, started_at=clock()))) as store:
            room, echo = self._open()
            return lead(mind, self._voice, Hands(room, echo, self._ears, self._mouth, store), self._witness)

    def _open(self) -> tuple[Room, Echo]:
        if self._opened is None:
            echo = open_echo(self._witness)
            room = open_room(self._setup.microphone, self._setup.speaker)
            self._opened = self._watched(self._undo.enter_context(closing(room))), echo
        return self._opened


class _SeldomStore:
    """A store that is open only from the first note of a record to its last."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open_store = open_store
        self._store: Store | None = None

    def keep(self, note: Note) -> None:
        """Append one note.

        Raises:
            StoreFailed: the history cannot be opened or written.
        """
        if self._store is None:
            self._store = self._open_store()
        self._store.keep(note)
        if note.kind == "end":
            self.close()

    def close(self) -> None:
        """Let go of the history, if it was needed."""
        store, self._store = self._store, None
        if store is not None:
            store.close()


def practise_live(
    voice: Voice,
    setup: Setup,
    witness: Witness,
    warn: Callable[[str], None],
    wishes: Wishes = NO_WISHES,
    chosen: Routine | None = None,
) -> End:
    """Lead one practice on the real devices: what today's plan holds, or a routine that was chosen.

    Args:
        voice: the words.
        setup: which devices and files.
        witness: sees everything that happens.
        warn: told what is not as it should be but hinders nothing.
        wishes: what the person has said about today.
        chosen: lead this instead of the plan.

    Raises:
        CoachError: as ``on_stage``; or the guidance has mistakes.
    """
    routines = content.sound_routines()
    exercises = exercises_of(routines)
    guidance = load_guidance()
    with on_stage(voice, setup, witness, warn) as stage:
        return Practice(
            lambda mind, name: stage.lead(mind, name, datetime.now().astimezone()),
            lambda: remembered(setup.store, exercises),
            datetime.now().astimezone().date(),
            routines,
            guidance,
            voice,
            wishes,
            chosen,
        ).go()


def _say_aloud(key: str, voice: Voice, mouth: Mouth, setup: Setup) -> None:
    """There is no screen where the coach lives. Whoever cannot hear this finds it in the journal."""
    sounds = [mouth.speak(Line(text, voice.words_per_minute)) for text in voice.say(key)]
    say_last(Pcm(b"".join(sounds)), setup.speaker)
