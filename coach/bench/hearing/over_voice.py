"""Hearing over the coach's own voice: the real loop, with everything in it, in a simulated room.

A reciter stands in for the session: it says the coach's lines one after another, without an end, and falls silent
for a moment when it hears a command. Somebody in the room interrupts it in mid-sentence; or nobody does, and
whatever the coach hears then was its own voice.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import Final, cast

import numpy as np

from coach.bench.hearing.conditions import Condition
from coach.bench.hearing.listening import Grammar
from coach.bench.hearing.recordings import Clip
from coach.bench.hearing.sound import at_level, end_of_speech, level, pcm, silence
from coach.bench.hearing.tally import Act, FalseAccept, Outcome
from coach.blocks import blocks_of
from coach.front_end import FrontEnd
from coach.loop import Hands, lead
from coach.ports import BLOCK_MS, SILENCE, Block, Ears, Echo, Mouth
from coach.rehearsal.room import Acoustics, Nobody, SimulatedRoom
from coach.rehearsal.room import Listener as InRoom
from coach.rehearsal.store import MemoryStore
from coach.rehearsal.trace import Trace
from coach.session.messages import (
    Action,
    Command,
    End,
    Event,
    Heard,
    Hush,
    Line,
    Listen,
    Milliseconds,
    Passed,
    Prepare,
    Say,
    SetVolume,
    Spoken,
)
from coach.session.phrases import Voice
from coach.session.routine import Routine
from coach.session.session import Session
from coach.voice_queue import Played

AGAIN_MS: Final = 1_200
"""So long after the end of a word people wait before they say it again: a little more than every command but the
slowest takes."""


@dataclass(frozen=True, slots=True)
class OverVoice:
    """Over the coach's own voice.

    Attributes:
        condition: for tables.
        room: how loud the coach is in it, compared with the person, minus infinity if it is silent; and the rest.
        times: how often the person says it, if nothing happens.
    """

    condition: Condition
    room: Acoustics
    times: int = 1


LEVEL_DBFS: Final = -34.0
"""How loud the person is: a coach that is 15 dB louder still does not clip the microphone."""

COACH_SILENT: Final = Acoustics(echo_db=-math.inf, echo_delay_ms=80, noise_dbfs=-66.0)

FAN_DB: Final = 14
"""So much fainter than the person a fan is that stands beside the microphone."""

LATE_MS: Final = 350
"""So late is a loudspeaker behind Bluetooth, say."""


def _while_it_speaks(
    db: int, name: str = "", more: str = "", about: str = "", *, room: Acoustics = COACH_SILENT, times: int = 1
) -> OverVoice:
    condition = Condition(
        name=f"voice_{db}{name}",
        title=f"over its own voice, +{db} dB{more}",
        about=f"while the coach speaks, its voice {db} dB louder at the microphone than the person's{about}",
    )
    return OverVoice(condition, replace(room, echo_db=float(db)), times)


_FAN_ROOM: Final = replace(COACH_SILENT, noise_dbfs=LEVEL_DBFS - FAN_DB)

OVER_VOICE: Final = (
    OverVoice(
        Condition(
            name="voice_off",
            title="the same room, the coach silent",
            about="in the room of the next conditions, while the coach says nothing: what the room alone does",
        ),
        COACH_SILENT,
    ),
    *(_while_it_speaks(db) for db in (0, 10, 15)),
    _while_it_speaks(
        10,
        "_again",
        ", said again",
        f"; who sees nothing happen for {AGAIN_MS / 1000} s says it again",
        times=2,
    ),
    _while_it_speaks(
        10,
        "_late",
        f", {LATE_MS} ms late",
        f", and comes out of the loudspeaker {LATE_MS} ms late, and not {COACH_SILENT.echo_delay_ms} as else",
        room=replace(COACH_SILENT, echo_delay_ms=LATE_MS),
    ),
    OverVoice(
        Condition(
            name="fan_off",
            title="beside a fan, the coach silent",
            about=f"beside the fan of the next condition, {FAN_DB} dB fainter than the person, while the coach "
            "says nothing: what the fan alone does",
        ),
        _FAN_ROOM,
    ),
    _while_it_speaks(0, "_fan", ", beside a fan", ", beside the fan", room=_FAN_ROOM),
)

ALONE_DB: Final = 10.0
"""So loud is the coach, compared with a person, when only it speaks: a loudspeaker beside the microphone."""


@dataclass(frozen=True, slots=True)
class Alone:
    """Whole sessions with nobody there.

    Attributes:
        condition: for tables.
        own_dbfs: how loud the coach's voice is at the microphone; beyond -14 or so it brings that to its limits.
    """

    condition: Condition
    own_dbfs: float


ALONE: Final = (
    Alone(
        Condition(
            name="narration",
            title="whole sessions",
            about="every routine from its first word to its last, led by the real session in the room of the "
            'conditions above, the coach\'s voice as loud as in "+10 dB", and nobody in it',
        ),
        LEVEL_DBFS + ALONE_DB,
    ),
    Alone(
        Condition(
            name="narration_loud",
            title="too loud",
            about="the same with a coach so loud that its voice clips the microphone",
        ),
        -10.0,
    ),
)

SETTLING_MS: Final = 12_000
"""The canceller is given so much of the coach's voice before it is examined (it needs about 10 s)."""

IN_FULL_VOICE_MS: Final = 600
"""An interruption comes when the coach has been speaking for so long."""

PATIENCE_MS: Final = 2_500
"""After the end of the word, an answer that takes longer is none. Half a second more than in silence, because
the coach may have to fall silent first."""

BREATHER_MS: Final = 1_500
BETWEEN_LINES_MS: Final = 300
BEGINNING: Final = Milliseconds(0)
LONG_LINE: Final = 8
"""Words. Interrupted are only lines that long, so that the coach is still speaking when the word ends."""


@dataclass(slots=True)
class _Reciter:
    """Stands in for the session: says lines for ever, notes what it hears, and keeps quiet for a while then."""

    lines: Iterator[Line]
    commands: tuple[Command, ...]
    volume: int
    is_over: Callable[[Milliseconds], bool]
    now: Milliseconds = BEGINNING
    heard: list[Act] = field(default_factory=list)
    _number: int = 0
    _next_line_at: int | None = None
    _ended: bool = False

    def begin(self) -> list[Action]:
        return [Listen(self.commands), SetVolume(self.volume), *self._say()]

    def handle(self, event: Event) -> list[Action]:
        match event:
            case Passed(ms=ms):
                self.now = Milliseconds(self.now + ms)
                if self.is_over(self.now) and not self._ended:
                    self._ended = True
                    return [Hush(), End("completed")]
                if self._next_line_at is not None and self.now >= self._next_line_at and not self._ended:
                    return self._say()
            case Spoken(number=number) if number == self._number:
                self._next_line_at = self.now + BETWEEN_LINES_MS
            case Heard(command=command, words=words):
                self.heard.append(Act(self.now, command, words))
                self._next_line_at = self.now + BREATHER_MS
                return [Hush()]
            case _:
                pass
        return []

    def _say(self) -> list[Action]:
        self._number += 1
        self._next_line_at = None
        line = next(self.lines, None)
        if line is None:
            return []
        return [Prepare((line,)), Say(line, self._number, self.now)]


@dataclass(frozen=True, slots=True)
class _Interruption:
    clip: Clip
    begin: Milliseconds
    word_end: Milliseconds
    until: Milliseconds


class _Interrupter:
    """Somebody in the room who waits until the coach is in full voice, says a word, and waits for the answer.

    Where that is asked for and no answer comes, the word is said again.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        heard: Sequence[Act],
        progress: Callable[[float], None],
        *,
        coach_speaks: bool,
        times: int,
    ) -> None:
        self.made: list[_Interruption] = []
        self.is_done = False
        self._clips = clips
        self._heard = heard
        self._progress = progress
        self._coach_speaks = coach_speaks
        self._times = times
        self._now = Milliseconds(0)
        self._speaker = SILENCE
        self._life = self._live()

    def next_block(self, speaker: Block) -> Block:
        self._speaker = speaker
        block = next(self._life)
        self._now = Milliseconds(self._now + BLOCK_MS)
        return block

    def _live(self) -> Iterator[Block]:
        yield from self._wait(SETTLING_MS if self._coach_speaks else BREATHER_MS)
        for clip in self._clips:
            if self._coach_speaks:
                yield from self._listen_to_the_coach()
            begin, before = self._now, len(self._heard)
            sound = pcm(at_level(clip.samples, LEVEL_DBFS))
            for left in reversed(range(self._times)):
                word_end = Milliseconds(self._now + end_of_speech(clip.samples))
                yield from blocks_of(sound)
                while self._now < word_end + (AGAIN_MS if left else PATIENCE_MS) and len(self._heard) == before:
                    yield SILENCE
                if len(self._heard) > before:
                    break
            yield from self._wait(BREATHER_MS)
            self.made.append(_Interruption(clip, begin, word_end, self._now))
            self._progress(len(self.made) / len(self._clips))
        self.is_done = True
        while True:
            yield SILENCE

    def _wait(self, milliseconds: int) -> Iterator[Block]:
        for _ in range(milliseconds // BLOCK_MS):
            yield SILENCE

    def _listen_to_the_coach(self) -> Iterator[Block]:
        """Wait until it has been speaking for a while; silence within words is short and does not count."""
        sounding = silent = 0
        while sounding < IN_FULL_VOICE_MS // BLOCK_MS:
            yield SILENCE
            if self._speaker != SILENCE:
                sounding, silent = sounding + 1, 0
            elif (silent := silent + 1) * BLOCK_MS >= BETWEEN_LINES_MS:
                sounding = 0


@dataclass(frozen=True, slots=True)
class Coach:
    """Everything the coach speaks and hears with.

    Attributes:
        voice: its words.
        lines: what it says, in order.
        mouth: says it.
        ears: hear.
        new_echo: makes an echo canceller that has not heard anything yet.
    """

    voice: Voice
    lines: tuple[Line, ...]
    mouth: Mouth
    ears: Ears
    new_echo: Callable[[], Echo]


def interrupt(
    coach: Coach,
    grammar: Grammar,
    commands: tuple[Command, ...],
    clips: Sequence[Clip],
    room: Acoustics,
    progress: Callable[[float], None],
    times: int = 1,
) -> tuple[tuple[Outcome, ...], tuple[FalseAccept, ...], float]:
    """Interrupt the coach with each clip, in mid-sentence.

    Args:
        coach: who is interrupted.
        grammar: what is listened for.
        commands: the same, as the session would ask for it.
        clips: what is said.
        room: where; an echo of ``-math.inf`` dB: the coach is silent.
        progress: told the share that is done.
        times: how often it is said, if nothing happens; delays count from the end of the last time.

    Returns:
        What became of each clip; what the coach did when nobody had said anything; the hours it spoke, or
        listened, if it is silent.
    """
    long_lines = [line for line in coach.lines if len(line.text.split()) >= LONG_LINE] or list(coach.lines)
    speaks = math.isfinite(room.echo_db)
    lines = cycle(long_lines) if speaks else iter(())
    reciter = _Reciter(lines, commands, _volume(coach), is_over=lambda _now: interrupter.is_done)
    interrupter = _Interrupter(clips, reciter.heard, progress, coach_speaks=speaks, times=times)
    played = _recite(coach, reciter, interrupter, room)
    outcomes = []
    meant: set[Act] = set()
    for made in interrupter.made:
        acts = tuple(act for act in reciter.heard if made.begin <= act.at < made.until)
        meant.update(acts)
        expected = grammar.meanings[made.clip.text]
        urgent = expected in grammar.urgent
        outcomes.append(Outcome(made.clip.name, made.clip.text, expected, urgent, made.word_end, acts))
    own = [act for act in reciter.heard if act not in meant]
    hours = _hours(played) if speaks else reciter.now / 3_600_000
    return tuple(outcomes), _self_triggers(own, played, grammar.urgent), hours


def narrate(
    coach: Coach,
    grammar: Grammar,
    commands: tuple[Command, ...],
    minutes: float,
    progress: Callable[[float], None],
) -> tuple[tuple[FalseAccept, ...], float]:
    """Let the coach speak all its lines, over and over, with nobody there.

    Returns:
        What it took its own voice for; the hours it spoke.
    """
    length = round(minutes * 60_000)

    def is_over(now: Milliseconds) -> bool:
        if now % 10_000 == 0:
            progress(now / length)
        return now >= length

    reciter = _Reciter(cycle(coach.lines), commands, _volume(coach), is_over)
    played = _recite(coach, reciter, Nobody(), replace(COACH_SILENT, echo_db=ALONE_DB))
    return _self_triggers(reciter.heard, played, grammar.urgent), _hours(played)


def lead_alone(
    coach: Coach,
    own_dbfs: float,
    routines: Sequence[Routine],
    minutes: float,
    progress: Callable[[float], None],
) -> tuple[tuple[FalseAccept, ...], float]:
    """Lead whole sessions with nobody there: the real session, its states and its grammars.

    Args:
        coach: who leads; its ears are used, its lines are not.
        own_dbfs: how loud it is at the microphone.
        routines: led one after another, each in another room.
        minutes: of speech, without the silence between the lines; each routine is led once at least.
        progress: told the share that is done.

    Returns:
        What it took its own voice for; the hours it spoke.
    """
    hours = 0.0
    triggers: list[FalseAccept] = []
    echo_db = own_dbfs - _level(coach)
    for number, routine in enumerate(cycle(routines)):
        trace = Trace()
        acoustics = replace(COACH_SILENT, echo_db=echo_db, seed=number + 1)
        coach.ears.listen(())  # nothing is left of what was heard before
        room = SimulatedRoom(Nobody(), acoustics)
        hands = Hands(room, FrontEnd(coach.new_echo()), coach.ears, coach.mouth, MemoryStore())
        lead(Session(routine, coach.voice), coach.voice, hands, trace)
        played = [sound for _, sound in trace.each(Played)]
        heard = [Act(at, it.command, it.words) for at, it in trace.each(Heard)]
        triggers += [
            replace(one, recording=f"{routine.name}, from its beginning")
            for one in _self_triggers(heard, played, coach.voice.urgent)
        ]
        hours += _hours(played)
        progress(hours * 60 / minutes)
        if number + 1 >= len(routines) and hours * 60 >= minutes:
            break
    return tuple(triggers), hours


def _hours(played: Iterable[Played]) -> float:
    """How long the loudspeaker sounded: pauses, and what was hushed, are not counted."""
    return sum(sound.end - sound.begin for sound in played) / 3_600_000


def _recite(coach: Coach, reciter: _Reciter, listener: InRoom, acoustics: Acoustics) -> list[Played]:
    """Lead the loop until the reciter is over; return what sounded of the coach."""
    trace = Trace()
    coach.ears.listen(())  # nothing is left of what was heard before
    room = SimulatedRoom(listener, acoustics)
    hands = Hands(room, FrontEnd(coach.new_echo()), coach.ears, coach.mouth, MemoryStore())
    # The loop asks of a session only what a reciter offers: ``begin``, ``handle`` and ``now``.
    lead(cast(Session, reciter), coach.voice, hands, trace)
    return [sound for _, sound in trace.each(Played)]


def _volume(coach: Coach) -> int:
    """By how many decibels to turn the voice down so that it speaks at the level of the person."""
    return round(LEVEL_DBFS - _level(coach))


def _level(coach: Coach) -> float:
    """How loud the voice is by itself, in dBFS."""
    some = [np.frombuffer(coach.mouth.speak(line), "<i2").astype(np.float32) for line in coach.lines[:12]]
    return level(np.concatenate([silence(0), *some]))


def _self_triggers(
    acts: Sequence[Act], played: Sequence[Played], urgent: frozenset[Command]
) -> tuple[FalseAccept, ...]:
    triggers = []
    for act in acts:
        text = next((sound.text for sound in reversed(played) if sound.begin <= act.at), "")
        triggers.append(
            FalseAccept("own voice", act.at / 1000, act.command, act.words, act.command in urgent, text)
        )
    return tuple(triggers)
