"""How fast the coach obeys: many short sessions, each with one spoken command, through the very loop, the real
voice, the real ears and the echo canceller, in a simulated room.

Run as a program (``python -m coach.bench.reactions VOICE MODEL SHARE SHARES``) it holds its share of the trials
and prints one reaction a line, as JSON: so that they can run side by side. Times are counted in sound, so a busy
machine changes nothing about them.

To be short, a session is *prompted* to the moment in question: it is told "done" though nobody said it.
The command itself is spoken, and what the coach says before it is said in full voice. Its answers and its chimes
are silent, so that the end of its voice can be found in the track of the loudspeaker.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from coach import content
from coach.bench.reaction import Reaction, answer_in, reaction_in, said_in
from coach.devices.ears import VoskEars
from coach.devices.mouth import SpeakingMouth
from coach.front_end import FrontEnd
from coach.loop import Hands, lead
from coach.offline import stay_offline
from coach.ports import BLOCK_MS, Mouth, Pcm
from coach.rehearsal.echo import open_echo
from coach.rehearsal.listener import ScriptedListener
from coach.rehearsal.rehearse import LIVING_ROOM
from coach.rehearsal.room import SimulatedRoom
from coach.rehearsal.score import REACTION_WINDOW
from coach.rehearsal.script import Remark, Script, When
from coach.rehearsal.store import MemoryStore
from coach.rehearsal.trace import Trace
from coach.session import table
from coach.session.messages import Action, Command, Event, Heard, Line, Milliseconds, Passed
from coach.session.phrases import ANSWERS, Chimes, Tone, Voice
from coach.session.routine import Routine
from coach.session.session import Session

ROUTINE: Final = "lower-back-circuit"

STOP: Final = Command("stop")
IT_HURTS: Final = Command("it_hurts")
DONE: Final = Command("done")
PAUSE: Final = Command("pause")
HALTING: Final = (STOP, IT_HURTS)


@dataclass(frozen=True, slots=True)
class Moment:
    """Where in a session something is said.

    Attributes:
        name: in words.
        state: the session's.
        after_s: so long after it was entered.
        prompted: the commands that lead there.
    """

    name: str
    state: str
    after_s: float
    prompted: tuple[Command, ...]


# The coach is silent: after "Begin: roll down", before the next cue; after what a rest begins with; after "say
# continue when you like"; after the question whether to go on in an easier way.
BETWEEN_COUNTS: Final = Moment("between counts", table.MOVING, 2.2, (DONE, DONE))
IN_A_REST: Final = Moment("in a rest", table.RESTING, 9.0, (DONE, DONE, DONE, DONE))
PAUSED: Final = Moment("in a pause", table.PAUSED, 6.0, (DONE, PAUSE))
MILD: Final = tuple(map(Command, ("lower_back", "number_2", "dull")))
AFTER_PAIN: Final = Moment("after pain", table.OFFERING_EASIER, 13.0, (DONE, IT_HURTS, *MILD))

# The coach is speaking. The echo canceller needs some ten seconds of its voice to settle, as it has them live.
WHILE_EXPLAINING: Final = Moment("while it explains", table.BRIEFING, 12.0, (DONE,))
WHILE_WELCOMING: Final = Moment("while it welcomes", table.WELCOMING, 12.0, ())

HALTING_TRIALS: Final = 30
"""Of "stop" and "it hurts", as many in silence as over the coach's voice. The 95th percentile is then the second
slowest. All trials together take about a hundred seconds of one core's time."""

SAID_IN_A_SESSION: Final = frozenset(it for state in table.ALIVE for it in table.spoken_in(state)) - ANSWERS
"""Answers, and what is said to a coach that sleeps, are measured by the bench of hearing."""

OTHER_TRIALS: Final = 2
"""Of every other command."""

LISTENERS: Final = (("", 150), ("+f2", 130), ("+m3", 150), ("+f5", 170), ("+m7", 150), ("+m1", 130), ("+f4", 150))
"""The voice's own listener, and variants of the coach's accent; each with its words per minute."""

AFTERMATH: Final = Milliseconds(300)
"""A session goes on for so long after the reaction: the voice has to fall silent."""

GIVEN_UP: Final = Milliseconds(20_000)
"""A moment that has not come by then never comes: the coach heard something nobody said, and went elsewhere."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One session with one spoken command.

    Attributes:
        number: from 0; also makes the room, and shifts the moment by some blocks, for the recogniser decodes
            several at a time.
        moment: when it is said.
        command: what is meant.
        words: what is said.
        listener: the index into ``LISTENERS``.
    """

    number: int
    moment: Moment
    command: Command
    words: str
    listener: int

    @property
    def when(self) -> When:
        """The moment, for a script."""
        return When(state=self.moment.state, after_s=self.moment.after_s + self.number * 7 % 25 * BLOCK_MS / 1000)


def plan(voice: Voice, unknown: Iterable[str] = ()) -> tuple[Trial, ...]:
    """Lay out all trials.

    Args:
        voice: its phrases.
        unknown: those that the model cannot hear: nobody says them.
    """
    said = {
        command: [phrase for phrase in phrases if phrase not in set(unknown)]
        for command, phrases in voice.understands.items()
    }
    halting = [(command, phrase) for command in HALTING for phrase in said[command]]
    trials = []
    for first, moments in enumerate(((BETWEEN_COUNTS, IN_A_REST), (WHILE_EXPLAINING, WHILE_WELCOMING))):
        for number in range(HALTING_TRIALS):
            # Spread over all phrases; where there are more than trials, each is said in one group or not at all.
            phrase = (2 * number + first) * len(halting) // (2 * HALTING_TRIALS)
            trials.append((moments[number % len(moments)], *halting[phrase]))
    for command in sorted((said.keys() & SAID_IN_A_SESSION) - set(HALTING)):
        moment = _moment_for(command)
        trials += [(moment, command, said[command][number % len(said[command])]) for number in range(OTHER_TRIALS)]
    # Listeners go round at their own pace, so that each phrase meets several of them.
    return tuple(
        Trial(number, *trial, listener=(number + number // len(LISTENERS)) % len(LISTENERS))
        for number, trial in enumerate(trials)
    )


def _moment_for(command: Command) -> Moment:
    moments = (BETWEEN_COUNTS, PAUSED, AFTER_PAIN)
    return next(moment for moment in moments if command in table.spoken_in(moment.state))


def hold(trials: Sequence[Trial], voice: Voice, routine: Routine, model: Path) -> Iterable[Reaction | None]:
    """Hold trials, one after another; yield each one's reaction, None where its moment never came."""
    silent = (Tone(hertz=440, seconds=0),)
    chimeless = replace(voice, chimes=Chimes(begin=silent, stopped=silent, unspoken=silent))
    short = _short(routine)
    with ExitStack() as undo:
        mouth = undo.enter_context(closing(SpeakingMouth(voice.espeak_voice, pitch=voice.pitch)))
        mouths: dict[int, Mouth] = {}
        for trial in trials:
            if trial.listener not in mouths:
                listener = SpeakingMouth(listener_voice(voice, trial.listener))
                mouths[trial.listener] = undo.enter_context(closing(listener))
            yield _hold(trial, chimeless, short, mouth, mouths[trial.listener], model)


def listener_voice(voice: Voice, listener: int) -> str:
    """The synthesiser's name of a listener's voice."""
    variant, _ = LISTENERS[listener]
    return voice.espeak_voice.partition("+")[0] + variant if variant else voice.listener_voice


def _short(routine: Routine) -> Routine:
    """One round with the slowest counted exercise, another to move on to, and a rest long enough to speak in."""
    counted = max(
        (part for part in routine.parts if part.repetitions), key=lambda part: part.exercise.phases[0].seconds
    )
    others = tuple(part for part in routine.parts if part is not counted)
    return replace(routine, parts=(counted, *others[:1]), rounds=1, rest_s=30.0)


def _hold(
    trial: Trial, voice: Voice, routine: Routine, mouth: Mouth, other: Mouth, model: Path
) -> Reaction | None:
    trace = Trace()
    script = Script("trial", (Remark(words=trial.words, when=trial.when, tries=1),))
    _, words_per_minute = LISTENERS[trial.listener]
    listener = ScriptedListener(script, other, trace, words_per_minute=words_per_minute)
    room = SimulatedRoom(listener, replace(LIVING_ROOM, seed=trial.number))
    session = PromptedSession(routine, voice, trace, trial.moment.prompted)
    ears = VoskEars(model, voice.decoys, voice.homophones, voice.carriers)
    hands = Hands(room, FrontEnd(open_echo(trace)), ears, AnswersInSilence(mouth, trace), MemoryStore())
    lead(session, voice, hands, trace)
    name = listener_voice(voice, trial.listener)
    return reaction_in(trace, room.coach_track, trial.command, name, trial.moment.name)


class PromptedSession(Session):
    """A session that is told what nobody said: first what leads to the moment, at last to stop.

    Args:
        routine: what to lead.
        voice: the words.
        trace: the session's.
        prompted: the commands that lead to the moment, given as the session begins.
    """

    def __init__(self, routine: Routine, voice: Voice, trace: Trace, prompted: Iterable[Command]) -> None:
        super().__init__(routine, voice)
        self._trace = trace
        self._prompted = tuple(prompted)

    def handle(self, event: Event) -> tuple[Action, ...]:
        """Take in what happened, and what is prompted; return what to do about it."""
        actions = super().handle(event)
        if type(event) is not Passed or self.ended:
            return actions
        prompted, self._prompted = self._prompted, ()
        if self._is_over():
            prompted = (STOP, STOP)  # at once: nothing is heard out
        for command in prompted:
            actions += super().handle(Heard(command))
        return actions

    def _is_over(self) -> bool:
        said = said_in(self._trace)
        if said is None:
            return self.now > GIVEN_UP
        answer = answer_in(self._trace)
        return self.now > (said.end + REACTION_WINDOW if answer is None else max(answer[0], said.end) + AFTERMATH)


class AnswersInSilence:
    """A mouth whose lines are silent once something that was really said has been heard.

    Args:
        mouth: the real one.
        trace: the session's.
    """

    def __init__(self, mouth: Mouth, trace: Trace) -> None:
        self._mouth = mouth
        self._trace = trace

    def prepare(self, lines: Iterable[Line]) -> None:
        """Render these lines soon."""
        self._mouth.prepare(lines)

    def speak(self, line: Line) -> Pcm:
        """Return the line's sound, or a silence just as long."""
        sound = self._mouth.speak(line)
        return sound if answer_in(self._trace) is None else Pcm(bytes(len(sound)))

    def close(self) -> None:
        """Leave the real mouth to its owner."""


def _main(voice_name: str, model: str, share: str, shares: str, *unknown: str) -> None:
    stay_offline()
    voice = content.load_voice(voice_name)
    routine = content.load_routine(ROUTINE, voice=voice)
    trials = plan(voice, unknown)[int(share) :: int(shares)]
    for reaction in hold(trials, voice, routine, Path(model)):
        sys.stdout.write(json.dumps(None if reaction is None else asdict(reaction)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main(*sys.argv[1:])
