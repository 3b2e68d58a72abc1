"""Counting: what was heard of what was said, with the doubt that is left. Pure; nothing here plays or hears."""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter

from coach.bench.hearing.recordings import Clip
from coach.session.messages import Milliseconds

SURE = 1.959963985
"""The normal distribution's quantile for intervals of 95 %."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """So many of so many.

    Attributes:
        count: how many it was true of.
        of: how many were looked at.
    """

    count: int
    of: int

    @property
    def share(self) -> float:
        """From 0 to 1; not a number where nothing was looked at."""
        return self.count / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies, with 95 % confidence (Wilson 1927)."""
        if not self.of:
            return (0.0, 1.0)
        weight = SURE**2 / self.of
        centre = (self.share + weight / 2) / (1 + weight)
        reach = SURE / (1 + weight) * math.sqrt(self.share * (1 - self.share) / self.of + weight / (4 * self.of))
        # Rounding may miss the ends, where the interval touches them.
        return (0.0 if self.count == 0 else centre - reach, 1.0 if self.count == self.of else centre + reach)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many hours."""

    count: int
    hours: float

    @property
    def per_hour(self) -> float:
        """How many an hour; not a number where no time passed."""
        return self.count / self.hours if self.hours else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true rate lies, with 95 % confidence (exact for Poisson events, Garwood 1936)."""
        if not self.hours:
            return (0.0, math.inf)
        low = 0.0 if self.count == 0 else _mean_with_tail(self.count - 1, 0.975)
        return (low / self.hours, _mean_with_tail(self.count, 0.025) / self.hours)


def _mean_with_tail(count: int, probability: float) -> float:
    """The mean of the Poisson distribution that puts this probability on at most ``count`` events."""
    low, high = 0.0, 2.0 * count + 10.0
    for _ in range(60):
        mean = (low + high) / 2
        log_mean = math.log(mean)
        at_most = math.fsum(math.exp(k * log_mean - mean - math.lgamma(k + 1)) for k in range(count + 1))
        low, high = (mean, high) if at_most > probability else (low, mean)
    return (low + high) / 2


@dataclass(frozen=True, slots=True)
class Delays:
    """From the end of words to the actions on them; below zero: acted on before the word was over.

    Attributes:
        milliseconds: all of them, shortest first.
    """

    milliseconds: tuple[int, ...]

    def percentile(self, percent: float) -> float:
        """The delay that so many percent do not exceed, interpolated; not a number where there are none."""
        if not self.milliseconds:
            return math.nan
        place = (len(self.milliseconds) - 1) * percent / 100
        below, above = self.milliseconds[math.floor(place)], self.milliseconds[math.ceil(place)]
        return below + (above - below) * (place - math.floor(place))


@dataclass(frozen=True, slots=True)
class Act:
    """The coach would have acted.

    Attributes:
        at: when: the end of the block that moved it to, since the sound began.
        command: what it took the sound for.
        words: the phrase.
    """

    at: Milliseconds
    command: str
    words: str

    def later(self, by: int) -> "Act":
        """Return the same act in a sound that began so many milliseconds earlier."""
        return Act(Milliseconds(self.at + by), self.command, self.words)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one thing said.

    Attributes:
        clip: its recording, or the voice and phrase that made it.
        said: the words.
        expected: the command that they mean.
        urgent: whether that one is acted on before the utterance has ended.
        word_end: when the word ended, since the sound began.
        acts: what the coach did.
    """

    clip: str
    said: str
    expected: str
    urgent: bool
    word_end: Milliseconds
    acts: tuple[Act, ...]

    @property
    def is_wrong(self) -> bool:
        """Whether anything was done that was not asked for, even if what was asked for was done too."""
        return any(act.command != self.expected for act in self.acts)

    @property
    def is_right(self) -> bool:
        """Whether exactly what was asked for was done."""
        return bool(self.acts) and not self.is_wrong

    @property
    def delay(self) -> int | None:
        """From the end of the word to the right action; None where there was none."""
        return self.acts[0].at - self.word_end if self.is_right else None


@dataclass(frozen=True)
class Score:
    """What became of all that was said in one condition.

    Attributes:
        corpus: who said it: ``human`` or ``synthetic``.
        exam: under which grammar: ``words`` or ``commands``.
        condition: the condition's name.
        outcomes: one for each thing said.
    """

    corpus: str
    exam: str
    condition: str
    outcomes: tuple[Outcome, ...] = field(repr=False)

    @cached_property
    def right(self) -> Proportion:
        """Recall: the right command, and nothing else."""
        return self._share(outcome.is_right for outcome in self.outcomes)

    @cached_property
    def wrong(self) -> Proportion:
        """A command that was not said."""
        return self._share(outcome.is_wrong for outcome in self.outcomes)

    @cached_property
    def unanswered(self) -> Proportion:
        """No command at all."""
        return self._share(not outcome.acts for outcome in self.outcomes)

    def only(self, *, urgent: bool) -> "Score":
        """Return the part of it that is urgent, or the rest."""
        return self._of(outcome for outcome in self.outcomes if outcome.urgent is urgent)

    def by_command(self) -> dict[str, "Score"]:
        """Return a score for each command, by name."""
        names = sorted({outcome.expected for outcome in self.outcomes})
        return {name: self._of(one for one in self.outcomes if one.expected == name) for name in names}

    def heard_instead(self) -> Counter[tuple[str, str]]:
        """What was said and what was acted on instead, with how often."""
        return Counter(
            (outcome.said, act.words)
            for outcome in self.outcomes
            for act in outcome.acts
            if act.command != outcome.expected
        )

    @cached_property
    def delays(self) -> Delays:
        """From the end of the word to the right action."""
        return Delays(tuple(sorted(it.delay for it in self.outcomes if it.delay is not None)))

    def _of(self, outcomes: Iterable[Outcome]) -> "Score":
        return Score(self.corpus, self.exam, self.condition, tuple(outcomes))

    def _share(self, marks: Iterable[bool]) -> Proportion:
        return Proportion(sum(marks), len(self.outcomes))


@dataclass(frozen=True, slots=True)
class FalseAccept:
    """The coach acted on something that was not meant for it.

    Attributes:
        recording: in which recording.
        at_s: how many seconds into it.
        command: what it was taken for.
        words: the phrase.
        urgent: whether that is an urgent command.
        text: what is really said there, as far as known.
        screen: how far that can be trusted; see the corpus' README.
    """

    recording: str
    at_s: float
    command: str
    words: str
    urgent: bool
    text: str = ""
    screen: str = ""


@dataclass(frozen=True)
class Watch:
    """Sound without a command, and what the coach took for one.

    Attributes:
        sound: what was played: ``speech``, ``noise``, ``music``, ``breathing``, ``counting``, ``other words``,
            ``own voice``.
        grammar: what was listened for.
        condition: the condition's name.
        hours: how long the recordings are; the pauses put between them are not counted.
        recordings: how many there are.
        accepts: every mistake.
    """

    sound: str
    grammar: str
    condition: str
    hours: float
    recordings: int
    accepts: tuple[FalseAccept, ...]

    @property
    def urgent(self) -> Rate:
        """Urgent commands that nobody gave."""
        return Rate(sum(accept.urgent for accept in self.accepts), self.hours)

    @property
    def others(self) -> Rate:
        """Other commands that nobody gave."""
        return Rate(sum(not accept.urgent for accept in self.accepts), self.hours)

    @property
    def rejected(self) -> Proportion:
        """Recordings in which nothing was acted on."""
        fooled = len({accept.recording for accept in self.accepts})
        return Proportion(self.recordings - fooled, self.recordings)


def attribute(
    acts: Sequence[Act],
    begins: Sequence[tuple[Milliseconds, Clip]],
    urgent: Iterable[str],
) -> tuple[FalseAccept, ...]:
    """Find out in which recording of a stream each act happened.

    Args:
        acts: what was done, in time since the stream began.
        begins: when each recording begins, in order.
        urgent: the urgent commands.
    """
    always = frozenset(urgent)
    accepts = []
    for act in acts:
        begin, clip = begins[bisect_right(begins, act.at, key=itemgetter(0)) - 1]
        at_s = round((act.at - begin) / 1000, 2)
        accepts.append(
            FalseAccept(clip.name, at_s, act.command, act.words, act.command in always, clip.text, clip.screen)
        )
    return tuple(accepts)
