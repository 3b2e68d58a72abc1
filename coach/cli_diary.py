"""``coach diary`` and ``coach habit``: what was answered about days and moments, shown, and written by keyboard.

By voice, ``coach talk diary`` and ``coach talk habit`` ask; here the same notes are made and read. The sentences
about the diary and the habit are the voice's own.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import click
from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from coach import content
from coach.cli_history import history_at
from coach.cli_options import STORE, WORDS
from coach.content.guidance import load_guidance
from coach.devices.store import SqliteStore
from coach.errors import StoreFailed
from coach.history import read_past
from coach.interview.questions import Question, Questionnaire
from coach.planning import diary as diaries
from coach.planning import habit as habits
from coach.planning.past import Past
from coach.planning.reason import Reason
from coach.planning.telling import said
from coach.session.messages import Milliseconds, Note
from coach.session.phrases import Voice
from coach.terminal import err, out

SCALE = click.IntRange(0, 10)
TAG = re.compile(r"[a-z0-9][a-z0-9 -]{0,29}")

Answers = Sequence[tuple[str, str | int | bool]]


# --- The diary -------------------------------------------------------------------------------------------


@click.command()
@STORE
@WORDS
@click.option("-n", "--days", type=click.IntRange(1, 3660), default=14, show_default=True, help="How many days.")
@click.option("--add", is_flag=True, help="Write today's entry instead.")
@click.option("--back", type=SCALE, help="How much the back bothers: 0 not at all, 10 the worst.")
@click.option("--stress", type=SCALE, help="How stressed: 0 to 10.")
@click.option("--sleep", type=SCALE, help="How well you slept: 0 badly, 10 very well.")
@click.option("--tag", "tags", multiple=True, help="A word for the day, like garden; can be given several times.")
def diary(
    store: Path | None,
    voice: str,
    days: int,
    add: bool,  # noqa: FBT001 - an option of the command line
    back: int | None,
    stress: int | None,
    sleep: int | None,
    tags: tuple[str, ...],
) -> None:
    """Show the diary: the days, the curve of the back, and what went together with it.

    What went together need not be cause and effect. "coach talk diary" asks by voice; --add writes by keyboard,
    and a later entry of the same day replaces what it names.

    \b
    Examples:
      coach diary
      coach diary --add --back 3 --stress 5 --sleep 6 --tag garden
    """
    answers = [
        *(
            (name, value)
            for name, value in (("back", back), ("stress", stress), ("sleep", sleep))
            if value is not None
        ),
        *((f"{diaries.TAG}{tag}", True) for tag in dict.fromkeys(map(_tag, tags))),
    ]
    path, spoken, now = history_at(store), content.load_voice(voice), datetime.now().astimezone()
    if add and not answers:
        raise click.UsageError("Say what to write: --back, --stress, --sleep or --tag.")
    if answers and not add:
        raise click.UsageError("To write this into the diary, give --add as well.")
    if add:
        _keep(path, content.load_interview("diary", spoken), answers, now)
        out.print(f"Written: {escape(', '.join(_answered(*answer) for answer in answers))}.", soft_wrap=True)
        return
    past = read_past(path).until(now.date())
    if diaries.entries_of(past):
        out.print(_days(past, now.date(), days))
    for line in _told(diaries.summary(past, now.date()), spoken):
        out.print(escape(line), soft_wrap=True)
    if compared := diaries.together(past):
        out.print(_comparisons(compared))


def _tag(tag: str) -> str:
    plain = " ".join(tag.lower().split())
    if not TAG.fullmatch(plain):
        raise click.BadParameter(
            f"{tag!r} is no tag: use up to 30 letters, digits, spaces and hyphens.", param_hint="--tag"
        )
    return plain


def _answered(question: str, answer: str | int | bool) -> str:  # noqa: FBT001 - one of the kinds of answers
    return question.removeprefix(diaries.TAG) if answer is True else f"{question} {answer}"


def _days(past: Past, today: date, number: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Day", no_wrap=True)
    table.add_column("Back", no_wrap=True)
    for name in ("Stress", "Sleep"):
        table.add_column(name, justify="right")
    table.add_column("Practised")
    table.add_column("Tags")
    entries = {entry.day: entry for entry in diaries.entries_of(past)}
    practised = habits.days_practised(past)
    since = today - timedelta(days=number - 1)
    for day in sorted(it for it in entries.keys() | practised if it >= since):
        entry = entries.get(day, diaries.Entry(day))
        table.add_row(
            f"{day:%a %Y-%m-%d}",
            "" if entry.back is None else Text(f"{entry.back:>2} {'█' * entry.back}"),
            *("" if value is None else str(value) for value in (entry.stress, entry.sleep)),
            "yes" if day in practised else "",
            Text(", ".join(sorted(entry.tags))),
        )
    return table


THINGS = {"stress": "more stress", "sleep": "better sleep", "practice": "practice the day before"}


def _comparisons(compared: Iterable[diaries.Together]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", title="Compared with the back")
    for name in ("What", "Went together with", "Days", "Rank correlation"):
        table.add_column(name)
    for it in compared:
        table.add_row(
            Text(f"days with {it.tag}" if it.tag else THINGS[it.thing]),
            f"a {it.back} back" if it.beyond_chance else "nothing beyond chance",
            f"{it.days}, few" if it.days < diaries.FEW_DAYS else str(it.days),
            f"{it.rho:+.2f}",
        )
    return table


# --- The habit -------------------------------------------------------------------------------------------


@click.command()
@STORE
@WORDS
@click.option("--anchor", help="Agree on a plan: what your session follows, like after_coffee.")
@click.option("--late", help="And what if that slips by, like before_bed or a_little.")
def habit(store: Path | None, voice: str, anchor: str | None, late: str | None) -> None:
    """Show your plan and how regularly you have practised.

    "coach talk habit" agrees on a plan by voice; --anchor and --late do so by keyboard.

    \b
    Examples:
      coach habit
      coach habit --anchor after_coffee --late before_bed
    """
    path, spoken, now = history_at(store), content.load_voice(voice), datetime.now().astimezone()
    questionnaire = content.load_interview("habit", spoken)
    choices = {question.id: _choices(question) for question in questionnaire.questions}
    if anchor is not None or late is not None:
        agreed = [(name, _choice(name, it, choices[name])) for name, it in (("anchor", anchor), ("late", late))]
        _keep(path, questionnaire, [*agreed, ("confirm", True)], now)
    past = read_past(path).until(now.date())
    plan = habits.plan_of(past)
    if plan is None:
        told = "There is no plan yet: `coach talk habit` asks for one, or give --anchor and --late."
        out.print(told, soft_wrap=True)
    else:
        words = {"anchor": choices["anchor"].get(plan.anchor), "late": choices["late"].get(plan.late)}
        fields = tuple((name, word or plan.anchor) for name, word in words.items())
        for line in said(Reason("habit_plan", fields), spoken):
            out.print(escape(line), soft_wrap=True)
    streak = habits.streak_of(past, now.date())
    for line in _told(habits.told(streak, load_guidance().week), spoken):
        out.print(escape(line), soft_wrap=True)


def _choices(question: Question) -> dict[str, str]:
    return {str(command): words for command, words in question.choices.items()}


def _choice(name: str, given: str | None, choices: dict[str, str]) -> str:
    if given in choices:
        return str(given)
    listed = ", ".join(choices)
    if given is None:
        raise click.UsageError(f"A plan needs --{name} too; it is one of {listed}.")
    raise click.BadParameter(f"{given!r} is not one of {listed}.", param_hint=f"--{name}")


# --- What both share -------------------------------------------------------------------------------------


def _keep(path: Path, questionnaire: Questionnaire, answers: Answers, now: datetime) -> None:
    """Keep answers just as if they had been given by voice.

    Raises:
        coach.errors.StoreFailed: they could not be written.
    """
    at = Milliseconds(0)
    begun = (
        ("interview", questionnaire.id),
        ("name", questionnaire.name),
        ("questions", len(questionnaire.questions)),
    )
    notes = [
        Note(at, "interview", detail=begun),
        *(Note(at, "answer", detail=(("question", question), ("answer", answer))) for question, answer in answers),
        Note(at, "end", detail=(("outcome", "completed"), ("conclusion", ""))),
    ]
    with closing(SqliteStore(path, routine=questionnaire.id, started_at=now)) as store:
        for note in notes:
            try:
                store.keep(note)
            except StoreFailed as trouble:  # an old history was damaged: what is kept now goes into a new one
                err.print(f"[yellow]note:[/] {escape(str(trouble))}", soft_wrap=True)


def _told(reasons: Iterable[Reason], voice: Voice) -> list[str]:
    return [" ".join(said(reason, voice)) for reason in reasons]
