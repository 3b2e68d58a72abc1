"""Runs the whole examination, step by step, and hands in the report."""

import hashlib
import math
import multiprocessing
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Final

from coach.bench.hearing.conditions import (
    CONDITIONS,
    QUIET,
    Condition,
    Stage,
    Staged,
    Surroundings,
    breathing,
)
from coach.bench.hearing.listening import (
    Grammar,
    Listening,
    grammar_of,
    grammar_of_words,
    state_asking,
    watched_grammars,
)
from coach.bench.hearing.over_voice import (
    ALONE,
    ALONE_DB,
    OVER_VOICE,
    Alone,
    Coach,
    OverVoice,
    interrupt,
    lead_alone,
    narrate,
)
from coach.bench.hearing.recordings import Clip, Recording, load_all, read_manifests, spread
from coach.bench.hearing.rendered import SPEAKERS, Speaker, render
from coach.bench.hearing.report import Memory, Model, Report
from coach.bench.hearing.tally import FalseAccept, Score, Watch, attribute
from coach.devices.ears import VoskEars
from coach.devices.echo import EchoCanceller
from coach.devices.mouth import SpeakingMouth
from coach.errors import CoachError, EchoUnavailable
from coach.ports import BLOCK_BYTES, BLOCK_MS, SAMPLE_RATE
from coach.rehearsal.rehearse import rehearse_dry
from coach.rehearsal.script import Script
from coach.session.messages import Command, Line, Milliseconds, Say
from coach.session.phrases import Voice
from coach.session.routine import Routine
from coach.session.table import ALIVE, MOVING, spoken_in

Progress = Callable[[str, float], None]
"""Told what is being measured, and the share of the whole that is done, from 0 to 1."""

ALL_CONDITIONS: Final = (*CONDITIONS, *(it.condition for it in OVER_VOICE), *(it.condition for it in ALONE))
CONDITION_NAMES: Final = tuple(it.name for it in ALL_CONDITIONS)

WATCHED_ALSO_IN: Final = ("noise_10", "music", "far")
"""Other speech is played in quiet under every grammar, and in these under that of an exercise."""

SENTENCE_S: Final = 3.0
"""Other speech of this length is talk, to hear commands against; what is shorter is mostly single words."""

CARRIED_IN: Final = ("quiet", "noise_10")
"""Phrases with words around them are examined in these."""

MEMORY_CLIPS: Final = 60
"""Memory is watched over so many recordings, again and again. It is compared from the second time on: the
recogniser's buffers grow with the longest utterance they have met, and then no more."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is played.

    Attributes:
        clips_a_word: human recordings of a word, at most.
        speakers: synthetic voices.
        negatives: recordings of other speech, at most.
        interruptions: of the coach, for each corpus and level: at most so many urgent ones, and as many others.
        minutes: of breathing, and of narration.
        hours: of sound over which memory is watched.
    """

    clips_a_word: int
    speakers: tuple[Speaker, ...]
    negatives: int
    interruptions: int
    breathing_minutes: float
    narration_minutes: float
    memory_hours: float

    def cut_to(self, voices: int, interruptions: int) -> "Extent":
        """Return the same with at most so many synthetic voices and interruptions."""
        fewer = min(interruptions, self.interruptions)
        return replace(self, speakers=self.speakers[:voices], interruptions=fewer)


EVERYTHING: Final = Extent(10_000, SPEAKERS, 100_000, 130, 20.0, 60.0, 1.0)
SAMPLE: Final = Extent(4, SPEAKERS[:1], 50, 6, 2.0, 4.0, 0.1)


def nobody_waits(_what: str, _share: float) -> None:
    """A progress that is not shown."""


def measure_hearing(
    folders: Sequence[Path],
    model: Path,
    voice: Voice,
    routines: Sequence[Routine],
    *,
    conditions: Sequence[str] = CONDITION_NAMES,
    extent: Extent = EVERYTHING,
    seed: int = 1,
    processes: int = 1,
    progress: Progress = nobody_waits,
) -> Report:
    """Measure how well the ears hear.

    Args:
        folders: recordings, each folder with its ``manifest.csv``; none: synthetic voices alone.
        model: a Vosk model directory.
        voice: whose commands are to be heard, and who speaks over them.
        routines: what the coach narrates when it is tried whether it hears itself.
        conditions: names out of ``CONDITION_NAMES``.
        extent: everything, or a sample.
        seed: of all that is drawn by lot.
        processes: so many steps are taken at a time, each by a process of its own; it takes 0.8 GB.
        progress: told how far it is.

    Raises:
        CoachError: a condition, a folder or a file is not there; the model or the synthesiser does not work.
        ContentBroken: mistakes in a manifest.
    """
    if unknown := [name for name in conditions if name not in CONDITION_NAMES]:
        raise CoachError(f"There is no condition {unknown[0]!r}.", f"Choose among {', '.join(CONDITION_NAMES)}.")
    recordings = read_manifests(folders)
    open_bench = partial(_Bench, recordings, model, voice, routines, frozenset(conditions), extent, seed)
    bench = open_bench()
    if processes > 1:
        found = _side_by_side(bench, open_bench, processes, progress)
    else:
        count = len(bench.steps)
        found = [bench.take(n, partial(_advance, progress, bench.title(n), n, count)) for n in range(count)]
    progress("done", 1.0)
    return bench.report(found)


def _side_by_side(
    bench: "_Bench", open_bench: "Callable[[], _Bench]", processes: int, progress: Progress
) -> list["_Findings"]:
    """Take the steps in several processes; each makes a bench of its own, and the same sounds."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _open, (open_bench,)) as pool:
        # The last steps take longest: begun first, they leave no process idle in the end.
        taken = {pool.submit(_take, number): number for number in reversed(range(len(bench.steps)))}
        for done, one in enumerate(as_completed(taken), 1):
            progress(bench.title(taken[one]), done / len(taken))
    return [one.result() for one in reversed(taken)]


_BENCHES: list["_Bench"] = []
"""Of a process that takes steps for another: its bench."""


def _open(open_bench: "Callable[[], _Bench]") -> None:
    _BENCHES.append(open_bench())


def _take(number: int) -> "_Findings":
    return _BENCHES[-1].take(number, lambda _share: None)


def _advance(progress: Progress, title: str, number: int, steps: int, share: float) -> None:
    progress(title, (number + min(share, 1.0)) / steps)


Tell = Callable[[float], None]
Finding = Score | Watch | Memory | str
"""A string says what was not tested."""
Step = tuple[str, Callable[[Tell], Iterator[Finding]]]


@dataclass(frozen=True, slots=True)
class _Findings:
    """What a step found.

    Attributes:
        found: in order.
        heard_s: seconds of sound listened to, where speed counts.
        spent_s: seconds of processor time that took.
    """

    found: tuple[Finding, ...]
    heard_s: float
    spent_s: float


class _Bench:
    """The recordings and the ears, and the steps to take with them."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        model: Path,
        voice: Voice,
        routines: Sequence[Routine],
        chosen: frozenset[str],
        extent: Extent,
        seed: int,
    ) -> None:
        self._model = model
        self._voice = voice
        self._chosen = chosen
        self._extent = extent
        self._seed = seed
        self._listening = self._fresh_ears()
        self._untested: list[str] = []

        kinds = {kind: [it for it in recordings if it.kind == kind] for kind in ("positive", "noise", "rir")}
        self._negatives = load_all(spread([it for it in recordings if it.kind == "negative"], extent.negatives))
        self._positives = load_all(kinds["positive"])
        self._noise = load_all(it for it in kinds["noise"] if not it.text.startswith("music"))
        self._music = load_all(it for it in kinds["noise"] if it.text.startswith("music"))
        counted = voice.numbers[:11]
        phrases = [phrase for phrases in voice.understands.values() for phrase in phrases]
        self._phrases = frozenset(phrases)
        self._carried = words_around_each(phrases, voice)
        rendered = render([*phrases, *counted, *self._carried], extent.speakers)
        self._synthetic = tuple(clip for clip in rendered if clip.text in self._phrases)
        self._said_with_words_around = tuple(clip for clip in rendered if clip.text in self._carried)
        self._human_numbers = tuple(clip for clip in self._positives if clip.text in counted)
        self._around = {
            "human": self._surroundings(load_all(kinds["rir"]), self._human_numbers),
            "synthetic": self._surroundings(
                load_all(kinds["rir"]), tuple(clip for clip in rendered if clip.text in counted)
            ),
        }
        self._words = tuple(self._a_few_each(clip for clip in self._positives if " " not in clip.text))
        self._commands = {
            "human": tuple(self._a_few_each(clip for clip in self._positives if clip.text in self._phrases)),
            "synthetic": self._synthetic,
        }
        self.steps = tuple(self._steps(routines))

    def title(self, number: int) -> str:
        """What a step measures."""
        return self.steps[number][0]

    def take(self, number: int, tell: Tell) -> _Findings:
        """Take a step, with fresh ears.

        Vosk decodes in steps of 120 ms of all that it has heard: in ears used before, words would lie otherwise.
        """
        self._listening = self._fresh_ears()
        found = tuple(self.steps[number][1](tell))
        return _Findings(found, self._listening.heard_s, self._listening.spent_s)

    def _fresh_ears(self) -> Listening:
        voice = self._voice
        ears = VoskEars(self._model, voice.decoys, voice.homophones, voice.carriers)
        return Listening(ears, voice.carriers, voice.tells)

    def _steps(self, routines: Sequence[Routine]) -> Iterator[Step]:
        """Everything there is to do, in order."""
        for condition in CONDITIONS:
            if condition.name in self._chosen:
                yield from self._spoken_in(condition)
        yield from self._watched()
        yield from self._over_voice(routines)
        yield "memory", self._watch_memory

    def report(self, steps: Sequence[_Findings]) -> Report:
        """What was found."""
        found = [one for step in steps for one in step.found]
        spent_s = sum(step.spent_s for step in steps)
        untested = (one for one in found if isinstance(one, str))
        return Report(
            _described(self._model),
            _this_machine(),
            self._seed,
            self._extent.clips_a_word < EVERYTHING.clips_a_word,
            tuple(it for it in ALL_CONDITIONS if it.name in self._chosen),
            tuple(one for one in found if isinstance(one, Score)),
            tuple(one for one in found if isinstance(one, Watch)),
            sum(step.heard_s for step in steps) / spent_s if spent_s else math.nan,
            next((one for one in found if isinstance(one, Memory)), None),
            tuple(dict.fromkeys([*self._untested, *untested, *self._never_said(), *_ELSEWHERE])),
        )

    # --- Words and commands -------------------------------------------------------------------------------

    def _spoken_in(self, condition: Condition) -> Iterator[Step]:
        # Among isolated words the numbers are words to be recognised, so counting along cannot be told from them.
        if self._words and condition.around != "count":
            lack = self._around["human"].lack(condition)
            if lack:
                self._untested.append(f"{condition.title}: {lack}.")
            else:
                yield f"words by people: {condition.title}", partial(self._examine_words, condition)
        for corpus, clips in self._commands.items():
            lack = self._around[corpus].lack(condition)
            if clips and lack:
                self._untested.append(f"{condition.title}: {lack}.")
            elif clips:
                yield (
                    f"commands by {corpus} voices: {condition.title}",
                    partial(self._examine_commands, corpus, condition),
                )
        if (
            condition.name in CARRIED_IN
            and self._said_with_words_around
            and not self._around["synthetic"].lack(condition)
        ):
            yield f"commands with words around them: {condition.title}", partial(self._examine_carried, condition)

    def _examine_words(self, condition: Condition, tell: Tell) -> Iterator[Finding]:
        grammar = self._grammar_of_words()
        if lacking := sorted({clip.text for clip in self._words}.difference(grammar.meanings)):
            yield f"the isolated words {', '.join(lacking)}: the model lacks them."
        clips = [clip for clip in self._words if clip.text in grammar.meanings]
        stage = Stage(condition, self._around["human"])
        outcomes = [self._listening.examine(stage.put(clip), grammar) for clip in _counted_off(clips, tell)]
        yield Score("human", "words", condition.name, tuple(outcomes))

    def _examine_commands(self, corpus: str, condition: Condition, tell: Tell) -> Iterator[Finding]:
        stage = Stage(condition, self._around[corpus])
        grammars = self._grammar_for_each()
        outcomes = [
            self._listening.examine(stage.put(clip), grammars[clip.text])
            for clip in _counted_off(self._commands[corpus], tell)
        ]
        yield Score(corpus, "commands", condition.name, tuple(outcomes))

    def _examine_carried(self, condition: Condition, tell: Tell) -> Iterator[Finding]:
        stage = Stage(condition, self._around["synthetic"])
        grammars = self._grammar_for_each()
        outcomes = []
        for clip in _counted_off(self._said_with_words_around, tell):
            staged, phrase = stage.put(clip), self._carried[clip.text]
            meant = replace(staged, clip=replace(clip, text=phrase))
            outcomes.append(self._listening.examine(meant, grammars[phrase]))
        yield Score("synthetic", "carried", condition.name, tuple(outcomes))

    def _grammar_of_words(self) -> Grammar:
        """All isolated words that were recorded, and that the model knows."""
        known = [clip.text for clip in self._words if self._listening.ears.knows(clip.text)]
        return grammar_of_words(known, self._voice)

    def _grammar_for_each(self) -> Mapping[str, Grammar]:
        """The grammar under which each phrase is examined."""
        states = {command: state_asking(command) for command in self._voice.understands}
        grammars = {state: grammar_of(state, self._voice) for state in set(states.values())}
        return {
            phrase: grammars[states[command]]
            for command, phrases in self._voice.understands.items()
            for phrase in phrases
        }

    # --- What nobody said ---------------------------------------------------------------------------------

    def _watched(self) -> Iterator[Step]:
        exercise, *questions = watched_grammars(self._voice)
        if self._negatives and QUIET.name in self._chosen:
            for grammar in (exercise, *questions):
                yield (
                    f"other speech: {grammar.name}",
                    partial(self._watch, "speech", grammar, QUIET, self._negatives),
                )
            if self._words:
                yield (
                    "other speech: isolated words",
                    partial(self._watch, "speech", self._grammar_of_words(), QUIET, self._negatives),
                )
        for condition in CONDITIONS:
            wanted = condition.name in WATCHED_ALSO_IN and condition.name in self._chosen
            if wanted and self._negatives and not self._around["human"].lack(condition):
                yield (
                    f"other speech: {condition.title}",
                    partial(self._watch, "speech", exercise, condition, self._negatives),
                )
        if QUIET.name not in self._chosen:
            return
        breaths = (breathing(self._seed, self._extent.breathing_minutes * 60),)
        numbers = self._voice.numbers
        beside = [
            clip for clip in self._positives if clip.text not in exercise.meanings and clip.text not in numbers
        ]
        for sound, clips in (
            ("noise", self._noise),
            ("music", self._music),
            ("breathing", breaths),
            ("counting", self._human_numbers),
            ("other words", beside),
        ):
            if clips:
                yield f"{sound} alone", partial(self._watch, sound, exercise, QUIET, clips)

    def _watch(
        self, sound: str, grammar: Grammar, condition: Condition, clips: Sequence[Clip], tell: Tell
    ) -> Iterator[Finding]:
        self._listening.listen_for(grammar)
        begins: list[tuple[Milliseconds, Clip]] = []
        acts = []
        at = 0
        stage = Stage(condition, self._around["human"])
        for staged in stage.stream(_counted_off(clips, tell)):
            begins.append((Milliseconds(at), staged.clip))
            acts += [act.later(at) for act in self._listening.hear(staged.sound)]
            at += len(staged.sound) // BLOCK_BYTES * BLOCK_MS
        hours = sum(clip.seconds for clip in clips) / 3600
        accepts = attribute(acts, begins, grammar.urgent)
        yield Watch(sound, grammar.name, condition.name, hours, len(clips), accepts)

    # --- Over the coach's own voice -----------------------------------------------------------------------

    def _over_voice(self, routines: Sequence[Routine]) -> Iterator[Step]:
        chosen = [it for it in OVER_VOICE if it.condition.name in self._chosen]
        alone = [it for it in ALONE if it.condition.name in self._chosen and routines]
        if not chosen and not alone:
            return
        try:
            EchoCanceller()
        except EchoUnavailable as unavailable:
            self._untested.append(f"hearing over the coach's own voice: {unavailable.what}")
            return
        lines = _narration(routines, self._voice)
        for over in chosen:
            yield f"commands: {over.condition.title}", partial(self._interrupt, over, lines)
        if any(over.room.echo_db == ALONE_DB for over in chosen):
            yield "the coach alone", partial(self._narrate, lines)
        for one in alone:
            yield one.condition.title, partial(self._lead_alone, one, routines, lines)

    def _interrupt(self, over: OverVoice, lines: tuple[Line, ...], tell: Tell) -> Iterator[Finding]:
        """Whatever is heard between the commands was the coach itself."""
        grammar, commands = grammar_of(MOVING, self._voice), spoken_in(MOVING)
        accepts: list[FalseAccept] = []
        hours = 0.0
        with closing(self._mouth()) as mouth:
            coach = Coach(self._voice, lines, mouth, self._listening.ears, EchoCanceller)
            for number, (corpus, clips) in enumerate(self._commands.items()):
                offered = [clip for clip in clips if clip.text in grammar.meanings]
                heard = self._urgent_and_others(offered, grammar)
                if not heard:
                    continue
                part = partial(_part, tell, number, len(self._commands))
                outcomes, own, spoke = interrupt(coach, grammar, commands, heard, over.room, part, over.times)
                yield Score(corpus, "commands", over.condition.name, outcomes)
                accepts += own
                hours += spoke
        if math.isfinite(over.room.echo_db):
            yield Watch("own voice", grammar.name, over.condition.name, hours, 1, tuple(accepts))

    def _urgent_and_others(self, clips: Sequence[Clip], grammar: Grammar) -> tuple[Clip, ...]:
        urgent = [clip for clip in clips if grammar.meanings[clip.text] in grammar.urgent]
        others = [clip for clip in clips if grammar.meanings[clip.text] not in grammar.urgent]
        return spread(urgent, self._extent.interruptions) + spread(others, self._extent.interruptions)

    def _narrate(self, lines: tuple[Line, ...], tell: Tell) -> Iterator[Finding]:
        """All lines over and over, in turn under every grammar that the session uses."""
        grammars = {spoken_in(state): grammar_of(state, self._voice) for state in reversed(ALIVE)}
        minutes = self._extent.narration_minutes / len(grammars)
        accepts: list[FalseAccept] = []
        hours = 0.0
        with closing(self._mouth()) as mouth:
            coach = Coach(self._voice, lines, mouth, self._listening.ears, EchoCanceller)
            for number, (commands, grammar) in enumerate(grammars.items()):
                part = partial(_part, tell, number, len(grammars))
                own, spoke = narrate(coach, grammar, commands, minutes, part)
                accepts += own
                hours += spoke
        name = next(over.condition.name for over in OVER_VOICE if over.room.echo_db == ALONE_DB)
        yield Watch("own voice, nobody there", "every state", name, hours, 1, tuple(accepts))

    def _lead_alone(
        self, alone: Alone, routines: Sequence[Routine], lines: tuple[Line, ...], tell: Tell
    ) -> Iterator[Finding]:
        """Every routine as it really goes, and what was heard of nobody."""
        with closing(self._mouth()) as mouth:
            coach = Coach(self._voice, lines, mouth, self._listening.ears, EchoCanceller)
            minutes = self._extent.narration_minutes
            accepts, hours = lead_alone(coach, alone.own_dbfs, routines, minutes, tell)
        yield Watch("own voice, nobody there", "as the session goes", alone.condition.name, hours, 1, accepts)

    def _mouth(self) -> SpeakingMouth:
        return SpeakingMouth(self._voice.espeak_voice, pitch=self._voice.pitch)

    # --- Memory -------------------------------------------------------------------------------------------

    def _watch_memory(self, tell: Tell) -> Iterator[Finding]:
        if _resident_mb() is None:
            yield "growth of memory: this system does not tell it."
            return
        grammar = grammar_of(MOVING, self._voice)
        clips = spread(self._negatives or self._synthetic, MEMORY_CLIPS)
        around = self._around["human"]
        sounds: list[Staged] = [*Stage(QUIET, around).stream(clips)]
        self._listening.listen_for(grammar)
        goal_s = self._extent.memory_hours * 3600
        warm_s = sum(len(staged.sound) for staged in sounds) / 2 / SAMPLE_RATE
        heard_s, before = 0.0, 0.0
        for staged in cycle(sounds):
            if heard_s >= warm_s and not before:
                warm_s, before = heard_s, _resident_mb() or 0.0
            if heard_s >= warm_s + goal_s:
                break
            self._listening.hear(staged.sound)
            heard_s += len(staged.sound) / 2 / SAMPLE_RATE
            tell(heard_s / (warm_s + goal_s))
        after = _resident_mb() or 0.0
        yield Memory((heard_s - warm_s) / 3600, after - before, after)

    # --- What there is, and what there is not --------------------------------------------------------------

    def _surroundings(self, rooms: Sequence[Clip], numbers: tuple[Clip, ...]) -> Surroundings:
        return Surroundings(
            tuple(clip.samples for clip in self._noise),
            tuple(clip.samples for clip in self._music),
            tuple(clip.samples for clip in self._negatives if clip.seconds >= SENTENCE_S),
            tuple(clip.samples for clip in rooms),
            numbers,
            self._seed,
        )

    def _a_few_each(self, clips: Iterator[Clip]) -> Iterator[Clip]:
        by_text: dict[str, list[Clip]] = {}
        for clip in clips:
            by_text.setdefault(clip.text, []).append(clip)
        for same in by_text.values():
            yield from spread(same, self._extent.clips_a_word)

    def _never_said(self) -> Iterator[str]:
        human = {clip.text for clip in self._commands["human"]}
        understands = self._voice.understands.items()
        if without := sorted(name for name, phrases in understands if not human.intersection(phrases)):
            named = ", ".join(map(_words, without))
            yield f"these commands, said by people (there is no recording of them): {named}."
        if unheard := sorted(self._phrases.difference(human)):
            yield f"{len(unheard)} of {len(self._phrases)} phrases by people: only synthetic voices say them."
        if not self._negatives:
            yield "false accepts in other speech: there are no recordings of it."


_ELSEWHERE: Final = (
    "other models, larger ones among them: only the one named above was measured.",
    "a Raspberry Pi, a real microphone, a real loudspeaker: rooms, distance and echo are simulated or recorded.",
    "people while they exercise: the recordings are of people at rest.",
)


def _words(command: Command) -> str:
    return command.replace("_", " ")


def words_around_each(phrases: Sequence[str], voice: Voice) -> dict[str, str]:
    """Return each phrase with words around it, in turn another of those that may be there, and the phrase."""
    said = {}
    for number, phrase in enumerate(dict.fromkeys(phrases)):
        ways = [it for carriers in voice.carriers for it in carriers.around([phrase]) if it not in phrases]
        if ways:
            said[ways[number % len(ways)]] = phrase
    return said


def _counted_off(clips: Sequence[Clip], tell: Tell) -> Iterator[Clip]:
    for number, clip in enumerate(clips):
        tell(number / len(clips))
        yield clip


def _part(tell: Tell, number: int, parts: int, share: float) -> None:
    tell((number + share) / parts)


def _narration(routines: Sequence[Routine], voice: Voice) -> tuple[Line, ...]:
    """Everything the coach says in these routines when nobody interrupts, in order."""
    rehearsals = (rehearse_dry(routine, voice, Script("quiet", ())) for routine in routines)
    return tuple(say.line for rehearsal in rehearsals for _, say in rehearsal.trace.each(Say))


def _described(model: Path) -> Model:
    files = [file for file in model.rglob("*") if file.is_file()]
    digest = hashlib.sha256((model / "am" / "final.mdl").read_bytes()).hexdigest()[:12]
    # The bundled model's folder is called "ears"; its parent says whose.
    name = f"{model.resolve().parent.name}/{model.resolve().name}"
    return Model(name, round(sum(file.stat().st_size for file in files) / 1e6, 1), digest)


def _this_machine() -> str:
    processor = platform.machine()
    described = Path("/proc/cpuinfo")
    if described.is_file():
        lines = described.read_text(encoding="utf-8").splitlines()
        names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        processor = f"{processor} ({next(names, 'unknown processor')})"
    return f"{processor}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _resident_mb() -> float | None:
    status = Path("/proc/self/statm")
    if not status.is_file():
        return None
    return int(status.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
