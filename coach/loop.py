"""The loop: the only one there is. It swaps a block of sound with the room, shows the mind what that brought, and
does what the mind says: a session, or an interview.

Nothing here waits but ``room.exchange``, nothing asks what time it is, and nothing decides. Put a simulated room
in place of the real one and the same loop is a rehearsal that runs far faster than real time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coach.errors import CoachError, MouthFailed, RoomBack, RoomDeaf, StoreFailed
from coach.front_end import FrontEnd
from coach.ports import BLOCK_MS, SILENCE, Ears, Keys, Mind, Mouth, Pcm, Room, Store
from coach.session.attention import Attention
from coach.session.keys import Presses
from coach.session.messages import (
    Action,
    Chime,
    CutOff,
    End,
    Entered,
    Event,
    Hush,
    Hypothesis,
    Line,
    Listen,
    Milliseconds,
    Note,
    Passed,
    Prepare,
    Say,
    SetVolume,
    Spoken,
    Troubled,
)
from coach.session.phrases import Voice
from coach.voice_queue import NO_LEAD_IN, VoiceQueue, chime

TURN = Passed(Milliseconds(BLOCK_MS))

Witness = Callable[[Milliseconds, object], None]
"""Sees everything that happens, with its session time: events, actions, and what was really played."""


@dataclass(frozen=True, slots=True)
class Hands:
    """The devices, or their understudies: the loop cannot tell which; and how long waking a loudspeaker takes."""

    room: Room
    front_end: FrontEnd
    ears: Ears
    mouth: Mouth
    store: Store
    keys: Keys | None = None
    lead_in: Milliseconds = NO_LEAD_IN


def nobody(at: Milliseconds, message: object) -> None:
    """A witness that looks away."""


def lead(
    mind: Mind,
    voice: Voice,
    hands: Hands,
    witness: Witness = nobody,
) -> End:
    """Lead one session or interview from its first word to its end.

    Several can be led one after another on the same hands. Each begins afresh: what was to be said or half heard
    before is forgotten, and time counts from its own beginning; what was learnt about the room is kept.

    Args:
        mind: what to lead; not begun yet.
        voice: its words and what they mean.
        hands: the devices; closing them is the caller's business.
        witness: sees every event and action.

    Returns:
        How it ended.

    Raises:
        RoomLost: the microphone or the speaker is gone for good. Everything noted so far has been handed to the
            store. A room that comes back (``RoomBack``) ends nothing: the mind is told, and decides.
    """
    conductor = _Conductor(mind, voice, hands, witness)
    conductor.perform(mind.begin())
    while not conductor.over:
        speaker = conductor.queue.next_block()
        try:
            microphone = hands.room.exchange(speaker)
        except RoomBack as back:  # the mind is told, and what is left of the old sentence is not played
            conductor.notice(back)
            conductor.queue.sound_was_lost()
            hands.front_end.forget_the_path()
            microphone = speaker = SILENCE
        for_the_ears, somebody_speaks = hands.front_end.process(microphone, speaker)
        if somebody_speaks:
            conductor.queue.duck()
        conductor.take_turn(hands.ears.hear(for_the_ears))
    assert conductor.end is not None
    return conductor.end


class _Conductor:
    """Passes events to the mind and does what it says, in order."""

    def __init__(self, mind: Mind, voice: Voice, hands: Hands, witness: Witness) -> None:
        self.queue = VoiceQueue(hands.lead_in)
        self.end: End | None = None
        self._mind = mind
        self._voice = voice
        self._hands = hands
        self._chimes = {
            "begin": chime(voice.chimes.begin),
            "stopped": chime(voice.chimes.stopped),
            "unspoken": chime(voice.chimes.unspoken),
        }
        self._witness = witness
        self._began = hands.front_end.now
        self._attention = Attention()
        self._presses = Presses(voice.keys, voice.urgent)
        self._troubles: list[CoachError] = []

    @property
    def over(self) -> bool:
        """Whether it has ended and its last sound has been played."""
        return self.end is not None and self.queue.idle

    def take_turn(self, hypotheses: Sequence[Hypothesis]) -> None:
        """Tell the mind what one block brought: time first, then what was played, then what was heard."""
        now = self.queue.now
        self.perform(self._mind.handle(TURN))
        for played in self.queue.played():
            self._witness(played.end, played)
            if not played.cut:
                self._tell(Spoken(played.number))
        second = self._hands.ears.second_hearing
        heard = self._attention.consider(hypotheses, now, self.queue.said_since, self._was_echo, second)
        if heard is not None:
            self._tell(heard)
        for name in self._hands.keys.pressed() if self._hands.keys else ():
            if (meant := self._presses.consider(name, now)) is not None:
                self._tell(meant)
        while self._troubles:
            trouble = self._troubles.pop()
            self._witness(now, trouble)
            self._tell(_event_of(trouble))

    def _was_echo(self, moment: Milliseconds) -> bool:
        return self._hands.front_end.was_echo(Milliseconds(self._began + moment))

    def notice(self, trouble: CoachError) -> None:
        """A hand failed: the mind is told at the end of this turn."""
        self._troubles.append(trouble)

    def perform(self, actions: Sequence[Action]) -> None:
        """Do what the mind says."""
        for action in actions:
            self._witness(self._mind.now, action)
            self._do(action)

    def _tell(self, event: Event) -> None:
        self._witness(self._mind.now, event)
        self.perform(self._mind.handle(event))

    def _do(self, action: Action) -> None:
        match action:
            case Say(line=line, number=number, due=due):
                self.queue.say(self._sound_of(line), line.text, number, due)
            case Chime(name=name, due=due):
                self.queue.chime(self._chimes[name], due, urgent=name == "stopped")
            case Hush():
                self.queue.hush()
            case Listen(commands=commands):
                self._hands.ears.listen(self._voice.phrases_of(commands))
                self._attention.attend_to(self._voice.meanings_of(commands))
                self._presses.attend_to(commands)
            case Prepare(lines=lines):
                self._hands.mouth.prepare(lines)
            case SetVolume(decibels=decibels):
                self.queue.set_volume(decibels)
            case Note():
                self._keep(action)
            case End():
                self.end = action
            case Entered():
                pass

    def _sound_of(self, line: Line) -> Pcm:
        """A line that cannot be spoken is replaced by a chime: the session goes on, and counts stay in time."""
        try:
            return self._hands.mouth.speak(line)
        except MouthFailed as failed:
            self._witness(self._mind.now, failed)
            return self._chimes["unspoken"]

    def _keep(self, note: Note) -> None:
        try:
            self._hands.store.keep(note)
        except StoreFailed as failed:
            self.notice(failed)


def _event_of(trouble: CoachError) -> Event:
    if not isinstance(trouble, RoomBack):
        return Troubled(trouble.spoken_key)
    cause = trouble.lost.fault if isinstance(trouble.lost, RoomDeaf) else "lost"
    return CutOff(Milliseconds(round(1_000 * trouble.seconds)), cause, trouble.told)
