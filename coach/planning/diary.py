"""The diary: how the back, stress and sleep were, day by day, and what went together with what.

Two things that went together need not be cause and effect: so they are only ever told as such, never from fewer
than eight days, and only when chance alone would rarely bring as much. Ranks are compared (Spearman), because
answers from 0 to 10 are an order and no measure. Several pairs are looked at, and days that follow each other are
alike, so that one pair in twenty and more is still nothing: it is a hint to look, no finding.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import correlation, fmean
from typing import Final, Literal

from coach.planning.habit import days_practised
from coach.planning.past import Answers, Past
from coach.planning.reason import Reason, because

TAG: Final = "tag_"
"""Questions that begin so are the person's own tags of a day: ``tag_garden``, answered by yes."""

LEAST_DAYS: Final = 8
"""Fewer pairs say nothing: of seven or less, even a strong pattern is often chance."""

FEW_DAYS: Final = 20
"""With fewer, it is said how few they are."""

LEAST_EACH: Final = 3
"""Days with and days without, where something either was or was not."""

CHANCE: Final = 1.96
"""The rank correlation of unrelated things exceeds this / sqrt(n - 1) in about one case of twenty (Zar 1972,
Significance testing of the Spearman rank correlation coefficient; the tests count it out for eight days)."""

NOTICEABLE: Final = 0.5
"""A change of a week's average, of ten, that is worth a word."""

Thing = Literal["stress", "sleep", "practice", "tag"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One day of the diary; None is what nobody answered.

    Attributes:
        day: the date.
        back: how much it bothered, 0 (not at all) to 10.
        stress: 0 to 10.
        sleep: 0 (badly) to 10 (very well).
        tags: the person's own words for the day.
    """

    day: date
    back: int | None = None
    stress: int | None = None
    sleep: int | None = None
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days in short.

    Attributes:
        first: its first day.
        entries: days with an entry.
        back: the average; None without answers.
        stress: likewise.
        sleep: likewise.
        practised: days on which something was done.
    """

    first: date
    entries: int
    back: float | None
    stress: float | None
    sleep: float | None
    practised: int


@dataclass(frozen=True, slots=True)
class Together:
    """How something went together with the back.

    Attributes:
        thing: stress or sleep of the same day; practice on the day before; a tag of the day.
        tag: which tag, or empty.
        days: how many pairs of days were compared.
        rho: Spearman's rank correlation with how much the back bothered, -1 to 1.
    """

    thing: Thing
    tag: str
    days: int
    rho: float

    @property
    def beyond_chance(self) -> bool:
        """Whether unrelated things would rarely go together as much."""
        return abs(self.rho) >= CHANCE / sqrt(self.days - 1)

    @property
    def back(self) -> Literal["better", "worse"]:
        """How the back was where there was more of it."""
        return "worse" if self.rho > 0 else "better"


# --- The days --------------------------------------------------------------------------------------------


def entries_of(past: Past) -> tuple[Entry, ...]:
    """Return the diary, the oldest day first. Of two answers on one day the later one counts."""
    days: dict[date, Entry] = {}
    for interview in past.interviews:
        if interview.name == "diary" and interview.answers:
            days[interview.day] = _with(days.get(interview.day, Entry(interview.day)), interview.answers)
    return tuple(days[day] for day in sorted(days))


def _with(entry: Entry, answers: Answers) -> Entry:
    tags = {question.removeprefix(TAG) for question, it in answers.items() if question.startswith(TAG) and it}
    return Entry(
        entry.day,
        back=_scale(answers, "back", entry.back),
        stress=_scale(answers, "stress", entry.stress),
        sleep=_scale(answers, "sleep", entry.sleep),
        tags=entry.tags | tags,
    )


def _scale(answers: Answers, question: str, before: int | None) -> int | None:
    answer = answers.get(question, before)
    return answer if isinstance(answer, int) and not isinstance(answer, bool) else None


def week_of(past: Past, last: date) -> Week:
    """Return the seven days that end with a date."""
    first = last - timedelta(days=6)
    entries = [entry for entry in entries_of(past) if first <= entry.day <= last]
    return Week(
        first=first,
        entries=len(entries),
        back=_average(entry.back for entry in entries),
        stress=_average(entry.stress for entry in entries),
        sleep=_average(entry.sleep for entry in entries),
        practised=sum(first <= day <= last for day in days_practised(past)),
    )


def _average(values: Iterable[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


# --- What went together ----------------------------------------------------------------------------------


def together(past: Past) -> tuple[Together, ...]:
    """Return what can be compared with the back, the closest first; nothing as long as the days do not suffice."""
    found = (_compared(thing, tag, pairs) for thing, tag, pairs in _pairs(past))
    return tuple(sorted((it for it in found if it), key=lambda it: -abs(it.rho)))


def _pairs(past: Past) -> Iterator[tuple[Thing, str, list[tuple[int, int]]]]:
    """Each thing, and for each day how much of it there was and how much the back bothered."""
    known = [(entry, entry.back) for entry in entries_of(past) if entry.back is not None]
    yield "stress", "", [(entry.stress, back) for entry, back in known if entry.stress is not None]
    yield "sleep", "", [(entry.sleep, back) for entry, back in known if entry.sleep is not None]
    practised = days_practised(past)
    if practised:
        since = min(practised)  # nothing is known of the days before the coach came
        yesterday = ((entry.day - timedelta(days=1), back) for entry, back in known)
        yield "practice", "", [(int(day in practised), back) for day, back in yesterday if day >= since]
    for tag in sorted(frozenset[str]().union(*(entry.tags for entry, _ in known))):
        yield "tag", tag, [(int(tag in entry.tags), back) for entry, back in known]


def _compared(thing: Thing, tag: str, pairs: Sequence[tuple[int, int]]) -> Together | None:
    if len(pairs) < LEAST_DAYS:
        return None
    if (
        thing in {"practice", "tag"}
        and min(sum(it for it, _ in pairs), sum(not it for it, _ in pairs)) < LEAST_EACH
    ):
        return None
    rho = spearman(pairs)
    return None if rho is None else Together(thing, tag, len(pairs), rho)


def spearman(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return the rank correlation of pairs, -1 to 1; None if there are under two, or one side never changes."""
    firsts, seconds = [first for first, _ in pairs], [second for _, second in pairs]
    if len(set(firsts)) < 2 or len(set(seconds)) < 2:
        return None
    return max(-1.0, min(1.0, correlation(_ranks(firsts), _ranks(seconds))))


def _ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value from 1; equal ones share the average of theirs."""
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) + 1) / 2 for value in values]


# --- In words --------------------------------------------------------------------------------------------


def summary(past: Past, today: date) -> tuple[Reason, ...]:
    """Return what to say of the last seven days, and of what went together with the back most."""
    known = past.until(today)
    if not entries_of(known):
        return (because("diary_empty"),)
    return (*_week_told(known, today), *findings(known)[:1], *_caution(known))


def findings(past: Past) -> tuple[Reason, ...]:
    """Return what went together with the back beyond chance; or that nothing did, or that it is too early."""
    compared = together(past)
    if not compared:
        return (because("diary_too_early", days=LEAST_DAYS),)
    told = (
        Reason(f"diary_{it.thing}_{it.back}", (("tag", it.tag),) if it.thing == "tag" else ())
        for it in compared
        if it.beyond_chance
    )
    return tuple(told) or (because("diary_nothing_together"),)


def _week_told(past: Past, today: date) -> Iterator[Reason]:
    week, before = week_of(past, today), week_of(past, today - timedelta(days=7))
    if week.back is not None:
        yield because("diary_week", back=round(week.back))
        if before.back is not None:
            yield because(f"diary_week_{_change(week.back - before.back)}")
    if week.practised:
        yield because("diary_practised", days=week.practised)


def _change(difference: float) -> Literal["better", "worse", "same"]:
    if abs(difference) < NOTICEABLE:
        return "same"
    return "worse" if difference > 0 else "better"


def _caution(past: Past) -> Iterator[Reason]:
    """What has to be said with every finding."""
    strongest = next((it for it in together(past) if it.beyond_chance), None)
    if strongest is None:
        return
    yield because("diary_no_cause")
    if strongest.days < FEW_DAYS:
        yield because("diary_few_days", days=strongest.days)
