"""``coach plan``: what a day holds and why, and the twelve weeks that the rules lead to.

The sentences about the plan are the voice's own, as the coach speaks them; the rest is for the terminal alone.
"""

import math
import os
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from coach import content
from coach.cli_history import history_at
from coach.cli_options import STORE, WORDS
from coach.content.guidance import load_guidance, rules
from coach.errors import CoachError
from coach.history import read_past
from coach.planning.simulate import PEOPLE, Simulation, chance, simulate
from coach.planning.telling import explained, said, spoken
from coach.planning.today import Plan
from coach.planning.today import plan as plan_for
from coach.session.course import Course
from coach.session.phrases import Voice
from coach.session.plan import steps_of
from coach.session.routine import Routine, exercises_of
from coach.terminal import out

FIRST_DAY = date(2026, 1, 5)
"""The imagined people begin on a Monday. Which one makes no difference."""


@click.command()
@STORE
@WORDS
@click.option(
    "--date",
    "on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Another day.  [default: today]",
)
@click.option("--minutes", type=click.IntRange(1, 240), help="The time at hand.")
@click.option("--equipment", multiple=True, help="What is at hand, like kettlebell; can be given several times.")
@click.option("--rules", "show_rules", is_flag=True, help="List all thresholds with their sources instead.")
@click.option("--simulate", "simulated", is_flag=True, help="Play twelve weeks of imagined people instead.")
@click.option(
    "--out",
    "picture",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("twelve-weeks.png"),
    show_default=True,
    help="The picture that --simulate draws.",
)
def plan(
    store: Path | None,
    voice: str,
    on: datetime | None,
    minutes: int | None,
    equipment: tuple[str, ...],
    show_rules: bool,  # noqa: FBT001 - an option of the command line
    simulated: bool,  # noqa: FBT001
    picture: Path,
) -> None:
    """Tell what today holds, and why: from everything the history knows.

    Nothing is led, and nothing is changed. A red flag never leads to exercise, nothing rises after pain, and a
    week's growth is bounded; --rules lists every threshold. A plan is no medical advice.

    \b
    Examples:
      coach plan
      coach plan --minutes 10 --equipment kettlebell
      coach plan --simulate
    """
    if show_rules:
        _show_rules()
        return
    routines = content.sound_routines()
    guidance = load_guidance()
    if simulated:
        _make_room_for(picture)
        people = [
            simulate(person, routines, guidance, chance(number), first_day=FIRST_DAY)
            for number, person in enumerate(PEOPLE)
        ]
        _show_weeks(people)
        _draw(people, picture)
        return
    day = on.date() if on else datetime.now().astimezone().date()
    past = read_past(history_at(store), exercises_of(routines))
    _show_plan(
        plan_for(day, past, routines, guidance, minutes=minutes, equipment=equipment),
        content.load_voice(voice),
    )


# --- A day -----------------------------------------------------------------------------------------------


def _show_plan(held: Plan, voice: Voice) -> None:
    out.print(f"[bold]{held.day:%A %d %B %Y}[/]")
    for sentence in spoken(held, voice):
        out.print(f"  {escape(sentence)}", soft_wrap=True)
    if held.routine:
        out.print()
        out.print(_parts(held.routine))
    told = spoken(held, voice)
    if more := [sentence for sentence in explained(held, voice) if sentence not in told]:
        out.print()
        for sentence in more:
            out.print(f"  {escape(sentence)}", soft_wrap=True)
    if held.verdict and held.verdict.outcome != "go":
        out.print("\n  Since the last answers about your back:")
        for reason in held.verdict.reasons:
            out.print(f"    {escape(' '.join(said(reason, voice)))}", soft_wrap=True)
    for interview in held.asks:
        out.print(
            f"\n  First comes a question or two; [bold]coach run[/] asks, and so does: coach talk {interview}"
        )


def _parts(routine: Routine) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="bold")
    table.add_column("Exercise")
    table.add_column("Amount", justify="right")
    course = Course(routine)
    for step in steps_of(routine):
        if step.round > 1 or not step.first_side:
            continue
        dose = course.dose_of(step)
        amount = f"{dose.repetitions} times" if dose.repetitions else _lasting(dose.whole / 1000)
        table.add_row(escape(course.name_of(step)), f"{amount} each side" if step.side else amount)
    rounds = "once" if routine.rounds == 1 else f"{routine.rounds} rounds"
    table.caption = f"{rounds} of {routine.name}"
    return table


def _lasting(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"


# --- The thresholds --------------------------------------------------------------------------------------


def _show_rules() -> None:
    load_guidance()  # every mistake is told before anything is listed
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Rule", "Value", "Source"):
        table.add_column(column, overflow="fold")
    for rule in rules():
        value = ", ".join(map(str, rule.value)) if isinstance(rule.value, list) else str(rule.value)
        table.add_row(f"{rule.table}.{rule.name}", escape(value), escape(rule.source))
    out.print(table)


# --- Twelve weeks ----------------------------------------------------------------------------------------


def _show_weeks(people: Sequence[Simulation]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("Week", no_wrap=True)
    for number, _ in enumerate(people[0].weeks, start=1):
        table.add_column(str(number), justify="right", no_wrap=True, min_width=3)
    for it in people:
        rows = {
            "sessions": [str(week.sessions) for week in it.weeks],
            "with pain": [str(week.pains or "-") for week in it.weeks],
            "exercise, min": [f"{week.minutes:.0f}" for week in it.weeks],
            "a walk, min": [str(week.walk_minutes) for week in it.weeks],
            "ladders, %": [str(math.floor(week.height * 100)) for week in it.weeks],
        }
        table.add_row(f"[bold]{it.person.name}[/]")
        for name, values in rows.items():
            table.add_row(name, *values)
        table.add_row()
    out.print(table)
    out.print(
        "These people are imagined: the table shows what the rules lead to, not what exercise does for anybody."
    )


def _make_room_for(picture: Path) -> None:
    """Have the picture's folder there before half a minute is spent on what would be drawn."""
    try:
        picture.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _undrawn(picture, error.strerror) from error
    if not os.access(picture if picture.exists() else picture.parent, os.W_OK):
        raise _undrawn(picture, "it may not be written")


def _undrawn(picture: Path, why: str | None) -> CoachError:
    return CoachError(
        f"The picture {picture} cannot be drawn: {why}.", "Name a file in a folder of yours with --out."
    )


def _draw(people: Sequence[Simulation], picture: Path) -> None:
    from coach.rehearsal.weeks import draw_weeks  # noqa: PLC0415 - loads NumPy

    try:
        draw_weeks(people, picture)
    except OSError as error:
        raise _undrawn(picture, error.strerror) from error
    out.print(f"  {escape(str(picture))}", soft_wrap=True)
