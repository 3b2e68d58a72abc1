"""``coach log``, ``coach export`` and ``coach forget``: what was done, shown, handed out, and deleted."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import click
from rich.markup import escape

from coach import export, history
from coach.cli_options import STORE
from coach.devices.store import Recorded, files_of, find_damage, is_there, read_history, set_aside
from coach.devices.store import forget as forget_in
from coach.errors import CoachError, StoreFailed
from coach.log import show_log
from coach.terminal import err, out

DAMAGES_TOLD = 5
"""More of them tell a person nothing new."""


def history_at(store: Path | None) -> Path:
    """Return where the history lies: as named, or at its usual place."""
    return (store or history.default_store_path()).expanduser().resolve()


# --- Showing ---------------------------------------------------------------------------------------------


@click.command()
@STORE
@click.option(
    "-n",
    "--number",
    type=click.IntRange(1, 10_000),
    default=10,
    show_default=True,
    help="How many sessions, newest first.",
)
@click.option("--sets", is_flag=True, help="Every set, pause and change of each session.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for other programs.")
@click.option("--check", is_flag=True, help="Examine the file instead, page by page.")
def log(store: Path | None, number: int, sets: bool, as_json: bool, check: bool) -> None:  # noqa: FBT001
    """Show what was done: sessions, sets, repetitions, pauses, where it hurt, and what was answered."""
    path = history_at(store)
    if check:
        _check(path)
        return
    sessions = history.read_sessions(path, number)
    if as_json:
        click.echo(history.as_json(sessions))
    else:
        show_log(out, sessions, detail=sets)


def _check(path: Path) -> None:
    if not is_there(path):
        out.print(f"There is no history at {escape(str(path))} yet: nothing to check.", soft_wrap=True)
        return
    if damage := find_damage(path):
        told = [*damage[:DAMAGES_TOLD], *(["and more"] if len(damage) > DAMAGES_TOLD else [])]
        raise StoreFailed(
            f"The history at {path} is damaged: {'; '.join(told)}.",
            f"Copy the file; `coach export` or `sqlite3 {path.name} .recover` may save what is in it.",
        )
    out.print(f"The history at {escape(str(path))} is sound: {_amount(read_history(path))}.", soft_wrap=True)
    _tell_of_set_aside(path)


def _amount(sessions: Sequence[Recorded]) -> str:
    talks = sum(any(note.kind == "interview" for note in session.notes) for session in sessions)
    return f"{_several(len(sessions) - talks, 'session')} and {_several(talks, 'interview')}"


def _several(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _tell_of_set_aside(path: Path) -> None:
    if aside := set_aside(path):
        names = escape(", ".join(file.name for file in aside))
        err.print(
            f"[yellow]note:[/] A damaged history was set aside earlier and is still there: {names}. "
            "`coach forget --all` deletes it too.",
            soft_wrap=True,
        )


# --- Handing out -----------------------------------------------------------------------------------------


@click.command("export")
@STORE
@click.option(
    "--format", "form", type=click.Choice(["json", "csv"]), help="[default: as --out ends, or else json]"
)
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path, allow_dash=True),
    help="The file to write.  [default: the terminal]",
)
def export_history(store: Path | None, form: str | None, target: Path | None) -> None:
    """Hand out everything that was noted, for other programs.

    JSON holds all there is. CSV is one table for a spreadsheet: a line for each note; filter its column "note" by
    set, pain or answer.

    \b
    Examples:
      coach export --out my-back.json
      coach export --out my-back.csv
    """
    path = history_at(store)
    to_file = target is not None and str(target) != "-"
    if target is not None and to_file and target.expanduser().resolve() in files_of(path):
        raise CoachError(f"{target} belongs to the history itself.", "Name another file with --out.")
    ending = target.suffix.lower() if target else ""
    sessions = read_history(path)
    if (form or ("csv" if ending == ".csv" else "json")) == "csv":
        text, encoding = export.as_csv(sessions), export.SPREADSHEET
    else:
        text, encoding = export.as_json(sessions, datetime.now().astimezone()), "utf-8"
    if target is None or not to_file:
        click.echo(text, nl=False)
        return
    export.write_whole(target, text.encode(encoding))
    out.print(f"{escape(str(target))}: {_amount(sessions)}.", soft_wrap=True)


# --- Deleting --------------------------------------------------------------------------------------------


@click.command()
@STORE
@click.option(
    "--session", "numbers", type=click.IntRange(1), multiple=True, help="This one; can be given several times."
)
@click.option("--before", type=click.DateTime(["%Y-%m-%d"]), help="Everything before this day.")
@click.option("--all", "everything", is_flag=True, help="Everything, and damaged histories that were set aside.")
@click.option("--yes", is_flag=True, help="Do not ask whether to.")
def forget(
    store: Path | None,
    numbers: tuple[int, ...],
    before: datetime | None,
    everything: bool,  # noqa: FBT001 - an option of the command line
    yes: bool,  # noqa: FBT001
) -> None:
    """Delete sessions and interviews for good: nothing of them is left in the history's files.

    "coach log" shows the numbers. Exports and copies of your own are not touched. What a memory card keeps of
    overwritten blocks by itself, no program can reach.

    \b
    Examples:
      coach forget --session 7
      coach forget --before 2025-01-01
      coach forget --all
    """
    if sum((bool(numbers), before is not None, everything)) != 1:
        raise click.UsageError("Say what to forget: either --session, or --before, or --all.")
    path = history_at(store)
    damaged = bool(everything and set_aside(path))
    try:
        known = read_history(path)
    except StoreFailed:
        if not everything:
            raise
        known, damaged = [], True  # it can still be forgotten; another program's file is refused below
    chosen = known if everything else _chosen(known, numbers, before.date() if before else None)
    if not chosen and not damaged:
        out.print("There is nothing to forget.")
        return
    what = _amount(chosen) + (" and what is in damaged histories" if damaged else "")
    if not yes:
        _ask(f"Forget {what}{_span(chosen)}, for good?")
    forget_in(path, None if everything else [session.id for session in chosen], datetime.now().astimezone())
    out.print(f"Forgotten: {what}.")
    _tell_of_set_aside(path)


def _chosen(known: Sequence[Recorded], numbers: Sequence[int], before: date | None) -> list[Recorded]:
    if before:
        return [session for session in known if session.started_at.date() < before]
    if absent := sorted(set(numbers) - {session.id for session in known}):
        raise click.BadParameter(
            f"there is no session {', '.join(map(str, absent))}; coach log shows the numbers.",
            param_hint="--session",
        )
    return [session for session in known if session.id in numbers]


def _span(chosen: Sequence[Recorded]) -> str:
    days = sorted({session.started_at.date() for session in chosen})
    match days:
        case []:
            return ""
        case [day]:
            return f", of {day}"
        case _:
            return f", from {days[0]} to {days[-1]}"


def _ask(question: str) -> None:
    try:
        agreed = click.confirm(question)
    except click.Abort:
        agreed = False
        click.echo()
    if not agreed:
        raise click.ClickException("Nothing was forgotten. Answer y, or give --yes, if you mean it.")
