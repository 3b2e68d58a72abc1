"""The thresholds of the planning: every number that a rule leans on.

The values stand in ``routines/guidance.toml``, each with its source; here stand their meaning and their bounds.
Where safety is concerned a bound is our published value: a file can make the coach more careful, never less. The
file is read by ``coach/content/guidance.py``.
"""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval

from coach.planning.pain import PainRules


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessRules:
    """When to exercise, and how gently.

    Attributes:
        moderate_pain_from: pain now, 0 to 10, from which a day is gentle.
        severe_pain_from: from which there is no strength work; told in the diary or in a session: a flare-up.
        no_exercise_pain_from: from which there is no exercise today.
        repeat_after_days: how long the answers hold.
        repeat_when_sore_after_days: how long they hold if the back was sore, or its soreness unknown.
    """

    moderate_pain_from: Annotated[int, Interval(ge=1, le=4)]
    severe_pain_from: Annotated[int, Interval(ge=1, le=6)]
    no_exercise_pain_from: Annotated[int, Interval(ge=1, le=8)]
    repeat_after_days: Annotated[int, Interval(ge=1, le=42)]
    repeat_when_sore_after_days: Annotated[int, Interval(ge=1, le=7)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressionRules:
    """How an exercise gets harder and easier. A step is ``share_step`` of its full amount.

    Attributes:
        first_share: with which share of the full repetitions a variant is begun.
        share_step: by which share it grows in one step; at the full amount, the next step is the next variant.
        sessions_before_step: so many good sessions (completed, free of pain, easy or fine) come before a step.
        days_before_step: and so many days after the last change.
        pain_free_sessions: so many sessions free of pain come before anything rises again after pain.
        levels_down_after_pain: so many variants easier after pain in the exercise.
        steps_down_when_hard: so many steps down when the session was too hard.
        steps_down_after_worse_morning: so many steps down when the back was worse the next morning.
        steps_down_after_flare_up: so many steps down, of everything, for each day and each session of severe pain.
        days_away: from so many days without any session, everything falls.
        days_without_it: from so many days without an exercise, it falls though others were done.
        steps_down_a_week_away: so many steps then, and again for each further week.
    """

    first_share: Annotated[float, Interval(ge=0.3, le=0.7)]
    share_step: Annotated[float, Interval(ge=0.02, le=0.1)]
    sessions_before_step: Annotated[int, Interval(ge=2, le=20)]
    days_before_step: Annotated[int, Interval(ge=7, le=60)]
    pain_free_sessions: Annotated[int, Interval(ge=3, le=20)]
    levels_down_after_pain: Annotated[int, Interval(ge=1, le=5)]
    steps_down_when_hard: Annotated[int, Interval(ge=1, le=10)]
    steps_down_after_worse_morning: Annotated[int, Interval(ge=2, le=20)]
    steps_down_after_flare_up: Annotated[int, Interval(ge=1, le=10)]
    days_away: Annotated[int, Interval(ge=7, le=14)]
    days_without_it: Annotated[int, Interval(ge=7, le=42)]
    steps_down_a_week_away: Annotated[int, Interval(ge=1, le=10)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkingRules:
    """How walking grows.

    Attributes:
        first_minutes: how long the first walks are.
        minutes_step: by how much a walk grows.
        most_minutes: how long a walk gets.
        first_walks_a_week: how many walks a week at the beginning; each step of minutes brings one more.
        most_walks_a_week: how many walks a week at most.
        walks_before_step: so many good walks come before a step.
        days_before_step: and so many days after the last change or flare-up.
    """

    first_minutes: Annotated[int, Interval(ge=3, le=10)]
    minutes_step: Annotated[int, Interval(ge=1, le=5)]
    most_minutes: Annotated[int, Interval(ge=5, le=30)]
    first_walks_a_week: Annotated[int, Interval(ge=1, le=3)]
    most_walks_a_week: Annotated[int, Interval(ge=1, le=5)]
    walks_before_step: Annotated[int, Interval(ge=3, le=20)]
    days_before_step: Annotated[int, Interval(ge=7, le=60)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekRules:
    """How a week is made up.

    Attributes:
        strength_a_week: how many days of strength.
        mobility_a_week: how many days of mobility.
        days_between_strength: full days without strength between two with it.
        days_running: after so many days of exercise running, a day off.
        missed_after_days: the last session so many days ago: the next is the smallest possible one.
        sore_days: for so many days after a session with pain, only what is fit for a sore back.
        break_up_to_minutes: with so little time at hand, the short break is enough.
        stress_from: stress in the diary, 0 to 10, from which breathing is offered.
        at_home: equipment that every home has: an exercise that needs it can be planned without asking.
        first: routines to be led first, in this order, of those that suit equally well.
    """

    strength_a_week: Annotated[int, Interval(ge=1, le=3)]
    mobility_a_week: Annotated[int, Interval(ge=1, le=7)]
    days_between_strength: Annotated[int, Interval(ge=1, le=6)]
    days_running: Annotated[int, Interval(ge=1, le=5)]
    missed_after_days: Annotated[int, Interval(ge=2, le=3)]
    sore_days: Annotated[int, Interval(ge=3, le=14)]
    break_up_to_minutes: Annotated[int, Interval(ge=1, le=5)]
    stress_from: Annotated[int, Interval(ge=1, le=10)]
    at_home: tuple[str, ...]
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """All thresholds there are; each class is a table of the file."""

    pain: PainRules
    readiness: ReadinessRules
    progression: ProgressionRules
    walking: WalkingRules
    week: WeekRules
