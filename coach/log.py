"""The log: sessions as ``coach log`` shows them in a terminal. What their notes mean is told in ``history.py``."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coach.history import Change, Outage, Pain, SessionRecord, SetDone
from coach.interview.questions import Answer

OUTCOME_STYLES = {
    "completed": "green",
    "running": "cyan",
    "eased": "yellow",
    "stopped": "default",
    "abandoned": "default",
    "interrupted": "red",
}


def show_log(console: Console, sessions: Sequence[SessionRecord], *, detail: bool = False) -> None:
    """Print the sessions, the newest first: a line each, or with ``detail`` everything that was noted."""
    if not sessions:
        console.print("No sessions yet. `coach run` leads one, and remembers it.", markup=False, highlight=False)
        return
    if not detail:
        console.print(_overview(sessions))
        return
    for session in sessions:
        console.print(_heading(session))
        for question, answer in session.answers.items():
            console.print(Text(f"  {_readable(question)}: {_answered(answer)}"))
        if session.sets:
            console.print(_sets(session.sets))
        for line in _remarks(session):
            console.print(Text(f"  {line}"))
        console.print()


def _overview(sessions: Sequence[SessionRecord]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("No.", justify="right", no_wrap=True)
    table.add_column("When", no_wrap=True)
    table.add_column("Minutes", justify="right", no_wrap=True)
    table.add_column("Outcome", no_wrap=True)
    table.add_column("Sets", justify="right", no_wrap=True)
    table.add_column("Repetitions", justify="right", no_wrap=True)
    table.add_column("Routine and remarks")
    for session in sessions:
        sets = _of(session.completed_sets, session.planned_sets or len(session.sets))
        table.add_row(
            str(session.id),
            f"{session.started_at:%Y-%m-%d %H:%M}",
            _clock(session.length),
            Text(session.outcome, OUTCOME_STYLES.get(session.outcome, "default")),
            "" if session.interview else sets,
            "" if session.interview else _of(session.repetitions, session.planned_repetitions),
            Text("; ".join(filter(None, (_kind(session), _in_short(session))))),
        )
    return table


def _kind(session: SessionRecord) -> str:
    return f"questions: {_readable(session.interview)}" if session.interview else _readable(session.routine)


def _answered(answer: Answer) -> str:
    match answer:
        case None:
            return "not sure"
        case bool():
            return "yes" if answer else "no"
        case _:
            return _readable(str(answer))


def _in_short(session: SessionRecord) -> str:
    if session.interview:
        return ", ".join((*_counted(len(session.answers), "answer"), *_counted(len(session.outages), "outage")))
    places = dict.fromkeys(_readable(pain.exercise) or "between exercises" for pain in session.pains)
    return ", ".join(
        [
            *(f"pain: {place}" for place in places),
            *_counted(len(session.changes), "change"),
            *_counted(len(session.pauses), "pause"),
            *_counted(len(session.outages), "outage"),
        ]
    )


def _counted(count: int, what: str) -> list[str]:
    return [f"{count} {what}" + ("s" if count > 1 else "")] if count else []


def _heading(session: SessionRecord) -> Text:
    return Text.assemble(
        (f"{session.started_at:%A %d %B %Y, %H:%M}", "bold"),
        f"  {_kind(session)}, {_clock(session.length)} minutes, ",
        (session.outcome, OUTCOME_STYLES.get(session.outcome, "default")),
    )


def _sets(sets: Sequence[SetDone]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Round", justify="right")
    for name in ("Exercise", "Side", "Done", "Variant"):
        table.add_column(name)
    for number, in_round in groupby(sets, key=lambda done: done.round):
        for place, done in enumerate(in_round):
            amount = _of(done.repetitions, done.planned) if done.planned else f"{done.seconds} s"
            row = (
                str(number or "") if place == 0 else "",
                _readable(done.exercise),
                done.side,
                amount if done.completed else f"{amount}, broken off",
                done.variant,
            )
            table.add_row(*(Text(cell) for cell in row))
    return table


def _remarks(session: SessionRecord) -> Iterator[str]:
    remarks = [
        *((pain.at, _told(pain), pain.exercise) for pain in session.pains),
        *((change.at, _changed(change), change.exercise) for change in session.changes),
        *(
            (pause.at, f"paused while {_readable(pause.state).lower()}", pause.exercise)
            for pause in session.pauses
        ),
        *((outage.at, _cut_off(outage), outage.exercise) for outage in session.outages),
    ]
    for at, what, exercise in sorted(remarks):
        yield f"{_clock(at)}  {what}" + (f", in {_readable(exercise)}" if exercise else "")


def _told(pain: Pain) -> str:
    strength = "" if pain.strength is None else f"{pain.strength} of 10"
    details = filter(None, (_readable(pain.where), _readable(pain.kind), strength))
    return ", ".join(filter(None, (f"pain: “{pain.words}”" if pain.words else "pain", *details)))


def _cut_off(outage: Outage) -> str:
    why = (
        "a microphone, speaker or key was lost" if outage.cause == "lost" else f"the microphone was {outage.cause}"
    )
    return f"nothing heard for {outage.seconds} s while {_readable(outage.state)}: {why}"


def _changed(change: Change) -> str:
    return f"{_readable(change.what)}, to {change.to}" if change.to else _readable(change.what)


def _readable(identifier: str) -> str:
    return identifier.replace("_", " ").replace("-", " ")


def _clock(ms: int) -> str:
    minutes, seconds = divmod(round(ms / 1000), 60)
    return f"{minutes}:{seconds:02}"


def _of(done: int, planned: int) -> str:
    return f"{done} of {planned}" if planned else str(done or "–")
