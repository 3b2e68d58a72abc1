"""``coach bench``: this machine, a week at home, and the ears, measured. How, stands in ``coach/bench``."""

from datetime import datetime
from pathlib import Path

import click

from coach import content
from coach.cli_options import EARS, VOICE
from coach.models.shelf import chosen_model
from coach.terminal import err, out, warn


@click.group(invoke_without_command=True)
@VOICE
@EARS
@click.option("--json", "as_json", is_flag=True, help="As JSON, for other programs.")
@click.pass_context
def bench(context: click.Context, voice: str, ears: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Measure this machine: reaction times, cadence, speed, start-up, memory.

    Times of reactions and cadence are counted in sound, so they are the same on a busy machine; speeds are ratios
    to real time on this machine as it is now.
    """
    if context.invoked_subcommand is not None:
        return
    from coach.bench import measure, show  # noqa: PLC0415 - loads everything

    figures = measure(voice, ears or chosen_model(voice), warn)
    if as_json:
        click.echo(figures.as_json())
    else:
        show(out, figures)


@bench.command()
@VOICE
@EARS
@click.option("--days", type=click.FloatRange(1, 365), default=7, show_default=True, help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of all chance in it.")
@click.option(
    "--commands",
    type=click.IntRange(0, 10_000),
    default=300,
    show_default=True,
    help="How many are said to the real ears afterwards; 0: none.",
)
@click.option("--markdown", type=click.Path(path_type=Path), help="Write it as a page of documentation.")
def soak(voice: str, ears: Path | None, days: float, seed: int, commands: int, markdown: Path | None) -> None:
    """Live through days at home in minutes, and look whether anything grows, drifts, or gets lost.

    Sessions, nights, reminders, restarts, outages, summer time and a clock that jumps; first with understudies for
    sound, then some hundred commands with the real ears and the real voice. A day takes about six seconds of
    processor, a command to the real ears about one.
    """
    from coach.bench import soak as trial  # noqa: PLC0415 - loads everything

    week, real = trial.soak(days, seed, voice, (ears or chosen_model(voice)).resolve(), commands)
    trial.show(out, week, real)
    if markdown:
        markdown.write_text(trial.as_markdown(week, real), encoding="utf-8")


@bench.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@VOICE
@EARS
@click.option("--condition", "conditions", multiple=True, help="Only this condition; can be given several times.")
@click.option("--quick", is_flag=True, help="A sample of everything.")
@click.option("--voices", type=click.IntRange(1, 5), help="Only so many of the five synthetic voices.")
@click.option(
    "--interruptions",
    type=click.IntRange(1, 1000),
    help="Over the coach's own voice: only so many urgent phrases, and as many others.",
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="So many measurements at a time; each process takes 0.8 GB.",
)
@click.option("--json", "as_json", type=click.Path(path_type=Path), help="Write the report to this file too.")
@click.option("--picture", type=click.Path(path_type=Path), help="Draw it into this PNG file.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write it as a page of documentation.")
def hearing(
    folders: tuple[Path, ...],
    voice: str,
    ears: Path | None,
    conditions: tuple[str, ...],
    quick: bool,  # noqa: FBT001 - an option of the command line
    voices: int | None,
    interruptions: int | None,
    processes: int,
    **into: Path | None,
) -> None:
    """Measure how well the ears hear, on the recordings in FOLDERS and on synthetic voices.

    Each folder holds a manifest.csv (path, text, speaker, source, licence, duration_s, kind) and the recordings it
    names. Without a folder, only synthetic voices are examined. All of it takes some hours; one voice and 32
    interruptions, with every recording of people, about one.
    """
    from coach.bench import hearing as examination  # noqa: PLC0415 - loads everything

    extent = examination.SAMPLE if quick else examination.EVERYTHING
    extent = extent.cut_to(voices or len(extent.speakers), interruptions or extent.interruptions)
    with examination.progress_on(err) as progress:
        report = examination.measure_hearing(
            folders,
            ears or chosen_model(voice),
            content.load_voice(voice),
            [summary.routine for summary in content.routines() if summary.routine],
            conditions=conditions or examination.CONDITION_NAMES,
            extent=extent,
            processes=processes,
            progress=progress,
        )
    examination.show(out, report)
    picture = into["picture"]
    if as_json := into["as_json"]:
        as_json.write_text(report.as_json(), encoding="utf-8")
    if markdown := into["markdown"]:
        today = datetime.now().astimezone().date().isoformat()
        markdown.write_text(
            examination.as_markdown(report, today, picture.name if picture else ""), encoding="utf-8"
        )
    if picture:
        examination.draw(report, picture)
