"""``coach doctor``: its options, and how the report is handed over. The examination stands in ``coach/doctor``."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TextColumn

from coach import content
from coach.cli_history import history_at
from coach.cli_options import EARS, MICROPHONE, SPEAKER, STORE, VOICE
from coach.cli_serve import quiet_of, reminder_of
from coach.doctor import FIELDS, Field, Finding
from coach.doctor.report import Report, show_field, spoken
from coach.doctor.sound import Tell
from coach.errors import CoachError
from coach.ports import SAMPLE_RATE
from coach.terminal import err, out

_PAUSE = bytes(2 * SAMPLE_RATE * 4 // 10)
"""Between two sentences: 400 ms."""


@click.command()
@STORE
@VOICE
@EARS
@MICROPHONE
@SPEAKER
@click.option(
    "--no-microphone", is_flag=True, envvar="COACH_NO_MICROPHONE", help="Keys lead the coach: want no microphone."
)
@click.option(
    "--only", multiple=True, type=click.Choice(FIELDS), help="Examine this alone; can be given several times."
)
@click.option("--no-sound", "silent", is_flag=True, help="Play nothing: listen only.")
@click.option("--say", is_flag=True, help="Say the troubles and their remedies aloud at the end.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for other programs.")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.zip",
    help="Write the report into a zip to hand on, without personal data.",
)
def doctor(  # noqa: PLR0913, PLR0917 - options of the command line
    store: Path | None,
    voice: str,
    ears: Path | None,
    microphone: str | None,
    speaker: str | None,
    no_microphone: bool,  # noqa: FBT001 - an option of the command line
    only: tuple[Field, ...],
    silent: bool,  # noqa: FBT001 - options of the command line
    say: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    bundle: Path | None,
) -> None:
    """Examine everything, and tell in words what is wrong and what to do about it.

    It plays tones and two sentences, and listens: be quiet for a quarter of a minute. Then come the ears, the
    files, the machine and the service. Nothing is changed. What cannot be measured here is told as such.

    The exit code is 0 if there is no trouble, and 12 if there is.

    \b
    Examples:
      coach doctor
      coach doctor --say
      coach doctor --no-sound --json
      coach doctor --only machine --only files
      coach doctor --bundle for-the-report.zip
    """
    if say and silent:
        raise click.UsageError("--say would play, and --no-sound forbids it: leave out one of the two.")
    from coach.doctor.bundle import is_bundle, this_person, write_bundle  # noqa: PLC0415
    from coach.doctor.examination import Case, Examination  # noqa: PLC0415 - loads the devices' libraries

    if bundle and not is_bundle(bundle):
        raise click.BadParameter(
            f"{bundle} is there already, and is no report of mine: name another.", param_hint="--bundle"
        )
    history = history_at(store)
    case = Case(
        voice=voice,
        ears=ears,
        store=history,
        microphone=microphone,
        speaker=speaker,
        has_microphone=not no_microphone,
        playing=not silent,
        only=only or FIELDS,
        settings=settings_of(click.get_current_context().find_root().command),
        setting_mistakes=setting_mistakes(os.environ),
    )
    began = time.monotonic()
    findings: list[Finding] = []
    with _progress() as tell:
        examination = Examination(case, tell)
        for field, told in examination.fields():
            findings += told
            if not as_json:
                show_field(out, field, told)
    report = Report(tuple(findings), time.monotonic() - began)
    if as_json:
        click.echo(report.as_json())
    else:
        out.print(f"[bold]{report.summary}[/]")
    if bundle:
        own = {history: "history", history.parent: "state", Path(ears or ""): "model"}
        person = this_person({path: name for path, name in own.items() if path.is_absolute()})
        write_bundle(bundle, report, person)
        err.print(f"The report is in {bundle}: look into it, and attach it.", soft_wrap=True, markup=False)
    if say and not (_said(report, voice, speaker) if not examination.hangs else False):
        err.print("[yellow]note:[/] It could not be said aloud.")
    if examination.hangs:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(report.exit_code)  # a thread hangs in the sound library, and would keep Python from ending
    sys.exit(report.exit_code)


@contextmanager
def _progress() -> Iterator[Tell]:
    """Show what is being done, on a terminal; the report may go elsewhere meanwhile."""
    columns = (BarColumn(bar_width=20), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda what, share: bar.update(task, description=what, completed=share)


def settings_of(command: click.Command) -> frozenset[str]:
    """Return every variable of the environment that a command or one of its own reads."""
    own = {str(option.envvar) for option in command.params if option.envvar}
    more = command.commands.values() if isinstance(command, click.Group) else ()
    return frozenset(own | {"COACH_TRACEBACK"}).union(*map(settings_of, more))


def setting_mistakes(environment: Mapping[str, str]) -> list[str]:
    """Return what is wrong with settings that only the service reads, one sentence each."""
    mistakes = []
    for name, read in (("COACH_REMIND", reminder_of), ("COACH_QUIET_HOURS", quiet_of)):
        text = environment.get(name, "")
        for value in text.split() if name == "COACH_REMIND" else filter(None, [text]):
            try:
                read(value)
            except click.BadParameter as error:
                mistakes.append(f"{name}: {error.message}")
    return mistakes


def _said(report: Report, name: str, speaker: str | None) -> bool:
    """Say the summary aloud; return whether it was heard, as far as anybody can know."""
    from coach.devices.mouth import SpeakingMouth  # noqa: PLC0415
    from coach.devices.room import say_last  # noqa: PLC0415
    from coach.ports import Pcm  # noqa: PLC0415
    from coach.session.messages import Line  # noqa: PLC0415
    from coach.voice_queue import USUAL_LEAD_IN, lead_in_noise  # noqa: PLC0415

    try:
        voice = content.load_voice(name)
        with closing(SpeakingMouth(voice.espeak_voice, pitch=voice.pitch)) as mouth:
            lines = [mouth.speak(Line(text, voice.words_per_minute)) for text in spoken(report, voice)]
    except CoachError:
        return False  # why, the report has told
    return say_last(Pcm(lead_in_noise(USUAL_LEAD_IN) + _PAUSE.join(lines)), speaker)
