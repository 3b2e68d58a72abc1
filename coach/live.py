"""Live: the devices opened in order, minds led on them one after another, all closed again whatever happens.

A microphone or a speaker that is lost in between is waited for (``devices/steady.py``); here is who tells of it.
As long as devices are open a signal is only noted, and looked for before each block of sound (``ending.py``).
"""

import math
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from coach import content
from coach.content.guidance import load_guidance
from coach.devices.deaf_room import NoEars, open_deaf_room
from coach.devices.ears import VoskEars, missing_phrases
from coach.devices.keys import AllKeys, open_keys
from coach.devices.mouth import SpeakingMouth
from coach.devices.room import RoomFinder, open_room, say_last
from coach.devices.steady import SteadyRoom
from coach.devices.store import SqliteStore
from coach.ending import ENDING
from coach.errors import CoachError, ContentBroken, KeysLost, MouthFailed, RoomDeaf, RoomLost
from coach.front_end import FrontEnd
from coach.history import remembered
from coach.interview.interview import Interview
from coach.interview.questions import Questionnaire
from coach.loop import Hands, Witness, lead
from coach.ports import Block, Ears, Mind, Mouth, Pcm, Room, Store
from coach.practice import NO_WISHES, Practice, Wishes
from coach.rehearsal.echo import NoEcho, open_echo
from coach.rehearsal.store import MemoryStore
from coach.session.messages import End, Line, Milliseconds, Note
from coach.session.phrases import Voice
from coach.session.routine import Routine, exercises_of
from coach.voice_queue import USUAL_LEAD_IN, lead_in_noise

USUAL_VOICE: Final = "english"
"""It tells what is wrong where the voice that was chosen cannot be read."""

GIVE_UP_AFTER_S: Final = 300.0
"""So long somebody who has started a session by hand is kept waiting for a microphone or a speaker."""


def _patience_s() -> float:
    """``COACH_GIVE_UP_AFTER`` is for tests, which cannot wait so long."""
    seconds = os.environ.get("COACH_GIVE_UP_AFTER", "")
    return float(seconds) if seconds.isdecimal() else GIVE_UP_AFTER_S


@dataclass(frozen=True, slots=True)
class Setup:
    """What a live session needs to know about this home.

    Attributes:
        model: the ears' Vosk model.
        store: the history file.
        microphone: index or part of the name; None for the default.
        speaker: likewise.
        has_microphone: without one there are only keys to lead by.
        has_keys: whether keys are obeyed beside the voice.
        patience_s: how long a microphone or a speaker may be lost; ``math.inf``: for ever, and at the start, too.
        lead_in_ms: how long a soft noise wakes a speaker that may be asleep; 0 for none.
    """

    model: Path
    store: Path
    microphone: int | str | None = None
    speaker: int | str | None = None
    has_microphone: bool = True
    has_keys: bool = False
    patience_s: float = field(default_factory=_patience_s)
    lead_in_ms: Milliseconds = USUAL_LEAD_IN


class Watch(Protocol):
    """Whoever watches whether sound flows; see ``coach.devices.service.Watch``."""

    def watched(self, room: Room) -> Room:
        """Return the room with somebody before it who sees the sound flow."""
        ...

    def status(self, text: str) -> None:
        """The room fares like this by now."""
        ...

    def alive(self) -> None:
        """The room is lost, and nothing hangs."""
        ...


class Unwatched:
    """Nobody watches: a person is there, and notices."""

    def watched(self, room: Room) -> Room:
        """Return the room."""
        return room

    def status(self, text: str) -> None:
        """Tell nobody."""

    def alive(self) -> None:
        """Tell nobody."""


UNWATCHED: Final = Unwatched()


def never() -> bool:
    """There are no quiet hours."""
    return False


@contextmanager
def on_stage(
    voice: Voice,
    setup: Setup,
    witness: Witness,
    warn: Callable[[str], None],
    watch: Watch = UNWATCHED,
    hushed: Callable[[], bool] = never,
) -> Iterator["Stage"]:
    """Open the devices for one thing led after another: an interview, then a session, say.

    Args:
        voice: the words.
        setup: which devices and files.
        witness: sees everything that happens.
        warn: told what is not as it should be but hinders nothing.
        watch: watches whether sound flows.
        hushed: whether nothing may be said unasked now: nor what is wrong, by a coach that sleeps or ends.

    Raises:
        CoachError: something is missing or was lost. It has been said aloud if that was possible, and what was
            noted is kept.
        KeyboardInterrupt: the coach was asked to end; everything is closed, and what was noted is kept.
    """
    with ENDING.only_noted(), closing(SpeakingMouth(voice.espeak_voice, pitch=voice.pitch)) as mouth:
        try:
            with ExitStack() as undo:
                keys = _keys(voice, setup, warn)
                if keys:
                    undo.enter_context(closing(keys))
                standby = Standby(voice, mouth, setup, warn, watch, hushed)
                with ENDING.at_once():  # a big model takes long to try out and to load
                    ears = _ears(voice, setup, warn)
                yield Stage(voice, setup, witness, mouth, ears, undo, keys, standby)
        except Exception as error:  # whatever it is, it is told where there is no screen, and goes on up
            if not hushed():  # a service is started anew each minute, all night long
                key = error.spoken_key if isinstance(error, CoachError) else CoachError.spoken_key
                _say_aloud(key, voice, mouth, setup.speaker, setup.lead_in_ms)
            raise


def _ears(voice: Voice, setup: Setup, warn: Callable[[str], None]) -> Ears:
    if not setup.has_microphone:
        return NoEars()
    ears = VoskEars(setup.model, voice.decoys, voice.homophones, voice.carriers)
    if unheard := missing_phrases(ears, voice.understands):
        warn(f"The ears' model cannot hear: {', '.join(unheard)}. The other phrases work.")
    return ears


def _keys(voice: Voice, setup: Setup, warn: Callable[[str], None]) -> AllKeys | None:
    if setup.has_microphone and not setup.has_keys:
        return None
    if not voice.keys.keys:
        raise CoachError(
            f'The voice "{voice.name}" has no keys.',
            f"Write them in voices/{voice.name}/keys.toml, as english has.",
        )
    # As with the room: who starts it by hand is told at once that there is none; a coach at home waits for one.
    needed = not setup.has_microphone and not math.isinf(setup.patience_s)
    return open_keys(voice.keys.buttons, warn, needed=needed)


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
        keys: AllKeys | None = None,
        standby: "Standby | None" = None,
    ) -> None:
        self._voice = voice
        self._setup = setup
        self._witness = witness
        self._mouth = mouth
        self._ears = ears
        self._undo = undo
        self._keys = keys
        self._standby = standby or Standby(voice, mouth, setup, lambda _: None)
        self._opened: tuple[Room, FrontEnd] | None = None

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
            self._standby.sleeps = False
            return lead(mind, self._voice, self._hands(store), self._witness)

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
            self._standby.sleeps = True
            return lead(mind, self._voice, self._hands(store), self._witness)

    @property
    def announcement(self) -> tuple[str, ...]:
        """What to say at the beginning: which keys there are, or that there is none, where nobody can be heard."""
        if self._setup.has_microphone or self._keys is None:
            return ()
        present = self._keys.present
        missing = () if present else self._voice.say(KeysLost.spoken_key)
        return (*self._voice.keys.announcement(present), *missing)

    def announce(self) -> None:
        """Say that, if there is anything; it leaves no record.

        Raises:
            CoachError: the loudspeaker is missing or was lost; leave the stage then.
        """
        if self.announcement:
            told = Questionnaire(id="keys", name="keys", intro=self.announcement, questions=())
            lead(Interview(told, self._voice), self._voice, self._hands(MemoryStore()), self._witness)

    def _hands(self, store: Store) -> Hands:
        room, front_end = self._open()
        return Hands(room, front_end, self._ears, self._mouth, store, self._keys, self._setup.lead_in_ms)

    def _open(self) -> tuple[Room, FrontEnd]:
        if self._opened is None:
            setup = self._setup
            echo = open_echo(self._witness) if setup.has_microphone else NoEcho()
            room = self._undo.enter_context(closing(self._steady_room()))
            self._opened = room, FrontEnd(echo)
        return self._opened

    def _steady_room(self) -> SteadyRoom:
        setup = self._setup
        opened_by = open_room if setup.has_microphone else _without_microphone
        finder = RoomFinder(setup.microphone, setup.speaker, opened_by)

        def find() -> Room:
            self._heed()
            return _HeedingRoom(self._standby.watch.watched(finder.find()), self._heed)

        return SteadyRoom(
            find,
            self._standby,
            # Who starts it by hand is told at once what is missing; who finds it at home waits for it.
            room=None if math.isinf(setup.patience_s) else find(),
            patience_s=setup.patience_s,
            has_microphone=setup.has_microphone,
            wait=ENDING.wait,
        )

    def _heed(self) -> None:
        """Obey a request to end; and lead nobody who can tell nothing. A coach that sleeps waits for a key asleep:
        some remote controls let go of the machine when they are not used, and come back with the next press.
        """
        ENDING.look()
        if self._keys and not self._setup.has_microphone and not self._standby.sleeps:
            self._keys.demand()


class _HeedingRoom:
    """A room in which something is seen to before each block: in the middle of an outage, too."""

    def __init__(self, room: Room, heed: Callable[[], None]) -> None:
        self._room = room
        self._heed = heed

    def exchange(self, speaker: Block) -> Block:
        self._heed()
        return self._room.exchange(speaker)

    def close(self) -> None:
        self._room.close()


def _without_microphone(_microphone: int | str | None, speaker: int | str | None) -> Room:
    return open_deaf_room(speaker)


class Standby:
    """Tells of a room that is lost, in the words of the voice; see ``coach.devices.steady.Attendant``.

    Args:
        voice: the words.
        mouth: speaks them.
        setup: which devices.
        warn: told what is wrong, for the journal.
        watch: watches whether sound flows.
        hushed: whether a coach that sleeps may not say anything now.
    """

    def __init__(
        self,
        voice: Voice,
        mouth: Mouth,
        setup: Setup,
        warn: Callable[[str], None],
        watch: Watch = UNWATCHED,
        hushed: Callable[[], bool] = never,
    ) -> None:
        self.sleeps = False
        """Whether nobody is led: then it is told once, and not in the quiet hours."""
        self.watch = watch
        self._voice = voice
        self._mouth = mouth
        self._setup = setup
        self._warn = warn
        self._hushed = hushed

    def noticed(self, lost: RoomLost) -> None:
        """Write down what is wrong."""
        self._warn(f"{lost.what} I wait for it to come back.")
        self.watch.status(f"{'deaf' if isinstance(lost, RoomDeaf) else 'lost'}: {lost.what}")

    def words(self, lost: RoomLost, *, again: bool) -> Pcm:
        """Return what to say aloud about it now; empty for nothing."""
        if self.sleeps and (again or self._hushed()):
            return Pcm(b"")
        try:
            return _spoken(lost.spoken_key, self._voice, self._mouth, self._setup.lead_in_ms)
        except MouthFailed:
            return Pcm(b"")

    def say_last(self, pcm: Pcm) -> bool:
        """Play that without a room."""
        return say_last(pcm, self._setup.speaker)

    def alive(self) -> None:
        """Nothing hangs."""
        self.watch.alive()

    def hears(self) -> None:
        """The room hears."""
        self.watch.status("listening")


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
    with on_stage(voice, setup, witness, warn) as stage:
        routines = content.sound_routines()
        exercises = exercises_of(routines)
        guidance = load_guidance()  # on the stage: its mistakes are said aloud
        stage.announce()
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


def tell_mistake(key: str, voice: str, speaker: int | str | None, lead_in_ms: Milliseconds) -> None:
    """Say aloud what keeps the coach even from the stage: a mistake in its files or in its settings. Never raises.

    Args:
        key: the line of ``says.toml``.
        voice: the name of the voice; one that cannot be read or spoken is stood in for by the usual one.
        speaker: as in ``Setup``.
        lead_in_ms: likewise.
    """
    for name in dict.fromkeys((voice, USUAL_VOICE)):
        with suppress(ContentBroken, MouthFailed):
            words = content.load_voice(name)
            with closing(SpeakingMouth(words.espeak_voice, pitch=words.pitch)) as mouth:
                _say_aloud(key, words, mouth, speaker, lead_in_ms)
            return


def _say_aloud(key: str, voice: Voice, mouth: Mouth, speaker: int | str | None, lead_in_ms: Milliseconds) -> None:
    """There is no screen where the coach lives. Whoever cannot hear this finds it in the journal."""
    with suppress(MouthFailed):  # what is to be told matters more, and goes on up
        say_last(_spoken(key, voice, mouth, lead_in_ms), speaker)


def _spoken(key: str, voice: Voice, mouth: Mouth, lead_in_ms: Milliseconds) -> Pcm:
    """These words, behind what wakes the loudspeaker: nobody knows what sounded last."""
    lines = [mouth.speak(Line(text, voice.words_per_minute)) for text in voice.say(key)]
    return Pcm(b"".join((lead_in_noise(lead_in_ms), *lines)) if any(lines) else b"")
