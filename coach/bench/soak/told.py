"""What a soak came to, as a table: in the terminal, and on a page of documentation."""

from rich import box
from rich.console import Console
from rich.table import Table

from coach.bench.figures import this_machine
from coach.bench.soak.measured import Real, Snapshot, Week


def rows_of(week: Week, real: Real | None) -> list[tuple[str, str]]:
    """What was measured, in words."""
    first, last = week.snapshots[0], week.snapshots[-1]
    counts = week.counts
    led = ", ".join(f"{count} {outcome}" for outcome, count in sorted(week.led.items()))
    rows = [
        ("days lived, with understudies for sound", f"{week.days:g}, {week.sound_s / 3600:.1f} h of sound"),
        ("commands said, obeyed", f"{counts.said}, {counts.obeyed}"),
        ("said while the coach went on to something else, where it means nothing", str(counts.overtaken)),
        ("said in the moment in which the coach said the same words", str(counts.drowned)),
        ("missed, taken for another", f"{counts.missed}, {counts.mistaken}"),
        ("sessions and interviews led", f"{sum(week.led.values())}: {led}"),
        ("woken, by call and by reminder", str(week.woken)),
        ("devices lost or deaf, and back", f"{week.outages}, {week.outage_s:,.0f} s together"),
        ("process started anew", str(week.restarts)),
        ("clock jumped, beside summer time", str(week.clock_jumps)),
        (f"memory after day {first.day:g}, day {last.day:g}", f"{_mib(first):.1f} MiB, {_mib(last):.1f} MiB"),
        ("open files, likewise", f"{first.descriptors}, {last.descriptors}"),
        ("threads, likewise", f"{first.threads}, {last.threads}"),
        ("drift between a mind's clock and its sound", f"{week.drift_ms} ms"),
        ("notes made, in the history", f"{week.notes_made}, {week.notes_kept}"),
        ("damage in the history", "; ".join(week.damage) or "none"),
        ("processor time", f"{week.cpu_s:.0f} s"),
    ]  # fmt: skip
    if real is None:
        return rows
    first, last = real.snapshots[0], real.snapshots[-1]
    counts = real.counts
    return [
        *rows,
        ("with real ears and voice: sound", f"{real.sound_s / 60:.0f} min"),
        ("commands said, obeyed", f"{counts.said}, {counts.obeyed}"),
        (
            "meanwhile overtaken, drowned, missed, taken for another",
            f"{counts.overtaken}, {counts.drowned}, {counts.missed}, {counts.mistaken}",
        ),
        (
            "memory after " + ", ".join(str(it.said) for it in real.snapshots) + " commands",
            ", ".join(f"{_mib(it):.0f}" for it in real.snapshots) + " MiB",
        ),
        ("memory of the synthesiser's process", f"{real.voice_rss_kb / 1024:.0f} MiB"),
        ("open files, threads", f"{first.descriptors}, {first.threads}; then {last.descriptors}, {last.threads}"),
        ("from the start until it hears", f"{real.start_s:.1f} s"),
        ("processor time asleep", f"{real.asleep_cpu:.1%} of real time"),
        ("processor time in sessions", f"{real.led_cpu:.1%} of real time"),
    ]


def _mib(snapshot: Snapshot) -> float:
    return snapshot.rss_kb / 1024


def show(console: Console, week: Week, real: Real | None) -> None:
    """Print the table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("Soak", overflow="fold")
    table.add_column("Measured", overflow="fold")
    for row in rows_of(week, real):
        table.add_row(*row)
    console.print(table)
    console.print(f"Measured on {this_machine().sentence}.", soft_wrap=True)


def as_markdown(week: Week, real: Real | None) -> str:
    """Return the table for a page of documentation."""
    lines = ["| | measured |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows_of(week, real))]
    return "\n".join([*lines, "", f"Measured on {this_machine().sentence}.", ""])
