"""The command line: the one place where errors become sentences and exit codes.

Nothing is decided here but which hands lead a session: real ones or understudies. What a command does stands in
the module it calls.
"""

import difflib
import errno
import os
import sys
import traceback
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from coach import cli_bench, cli_diary, cli_doctor, cli_history, cli_plan, cli_serve, cli_talk, content, history
from coach.cli_ears import ears as ears_commands
from coach.cli_options import EARS, KEYS, LEAD_IN, MICROPHONE, NO_MICROPHONE, SPEAKER, STORE, VOICE
from coach.cli_service import service as service_commands
from coach.devices.room import devices as sound_devices
from coach.devices.room import has_sound, libraries_silenced
from coach.ending import ENDING
from coach.errors import CoachError, ContentBroken, RoomLost
from coach.models.shelf import chosen_model
from coach.offline import stay_offline
from coach.ports import Mind
from coach.session.messages import Entered, Heard, Milliseconds
from coach.session.routine import Routine
from coach.session.table import STATES
from coach.terminal import out, warn
from coach.voice_queue import Played

DEFAULT_ROUTINE = "lower-back-circuit"
INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of a file without a name: of standard output, which `coach export > FILE` sends to a disk."""


def main() -> None:
    """Run the command line. All errors a person must know of end here, each with its remedy and exit code."""
    ENDING.heed()
    with libraries_silenced():
        try:
            coach(prog_name="coach", standalone_mode=False)
        except CoachError as error:
            click.echo(f"coach: {error}", err=True)
            sys.exit(error.exit_code)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            click.echo("coach: interrupted. What was done so far is kept.", err=True)
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            _drop_output()  # whoever read it is gone (`coach log | head`): nobody is left to tell
            sys.exit(1)
        except Exception as defect:
            if os.environ.get("COACH_TRACEBACK"):
                raise
            click.echo(f"coach: {_unexpected(defect)}", err=True)
            _drop_output()
            sys.exit(1)


def _drop_output() -> None:
    """Forget what could not be written to standard output: at exit Python would try it again, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unexpected(defect: Exception) -> str:
    """One sentence in place of a traceback, which only a programmer could use."""
    if isinstance(defect, OSError) and defect.errno in NO_ROOM and defect.filename is None:
        return "Not everything could be written: the disk is full. Make room on it, then try again."
    place = traceback.extract_tb(defect.__traceback__)[-1]
    return (
        f"Something unexpected happened: {type(defect).__name__}: {defect} "
        f"(in {Path(place.filename).name}, line {place.lineno}). Please report it with this sentence; "
        "with COACH_TRACEBACK=1 in the environment the coach tells more."
    )


_ROUTINE = click.argument("routine", default=DEFAULT_ROUTINE)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="lower-back-coach", prog_name="coach")
@click.pass_context
def coach(context: click.Context) -> None:
    """A voice-guided exercise coach for the lower back, entirely offline.

    Say "pause", "slower", "what's next", "help" at any time. Say "it hurts" or "stop", and it halts at once.
    It coaches; it never diagnoses: with trouble of over three months, or one that no professional has seen,
    see a physiotherapist first.

    \b
    Exit codes:
      0  all went well            5  no microphone, speaker or key
      1  something unexpected     6  the synthesiser failed
      2  the command was wrong    7  the history cannot be written
      3  mistakes in the content  8  another coach writes to the same history
      4  the ears' model is unfit 9  something tried to reach the network
                                 10  a model could not be installed
                                 11  the service could not be installed
                                 12  the doctor found trouble
    \b
    Options can also be given by environment: COACH_EARS, COACH_STORE, COACH_VOICE, COACH_INPUT, COACH_OUTPUT,
    COACH_LEAD_IN, COACH_KEYS, COACH_NO_MICROPHONE, COACH_REMIND, COACH_QUIET_HOURS.
    """
    if context.invoked_subcommand != "ears":  # its commands decide for themselves: a person may ask for a model
        stay_offline()


@coach.command()
@click.argument("routine", required=False)
@VOICE
@EARS
@STORE
@click.option("--minutes", type=click.IntRange(1, 240), help="The time at hand; without ROUTINE.")
@click.option("--equipment", multiple=True, help="What is at hand, like kettlebell; without ROUTINE.")
@MICROPHONE
@SPEAKER
@LEAD_IN
@KEYS
@NO_MICROPHONE
@click.option("--or-rehearse", is_flag=True, help="Without a microphone or speaker, rehearse instead.")
@click.option("--quiet", is_flag=True, help="Print nothing while the session goes on.")
def run(  # noqa: PLR0913, PLR0917 - options of the command line
    routine: str | None,
    voice: str,
    ears: Path | None,
    store: Path | None,
    minutes: int | None,
    equipment: tuple[str, ...],
    microphone: str | None,
    speaker: str | None,
    lead_in: int,
    has_keys: bool,  # noqa: FBT001 - an option of the command line
    no_microphone: bool,  # noqa: FBT001
    or_rehearse: bool,  # noqa: FBT001 - an option of the command line
    quiet: bool,  # noqa: FBT001
) -> None:
    """Lead today's practice, live: speak, count, listen, obey.

    First come the questions that are due, then what the plan holds for today and why ("coach plan" shows it), then
    the session. With ROUTINE, a name from "coach routines" or a file of your own, that is led instead, without
    questions. What was done is written to the history as it happens; "coach log" shows it.

    \b
    Examples:
      coach run
      coach run --minutes 10
      coach run lower-back-circuit
      coach run my-routine.toml --input usb --output usb
      coach run --no-microphone
    """
    if or_rehearse and not has_sound():
        out.print(
            "[bold]No microphone and speaker found:[/] rehearsing instead, with a simulated room and listener."
        )
        led = routine or DEFAULT_ROUTINE
        _rehearse(led, voice, ears, script=None, folder=Path("rehearsals") / Path(led).stem, dry=False)
        return
    from coach.live import Setup, practise_live  # noqa: PLC0415 - the devices' libraries take a while to load
    from coach.practice import Wishes  # noqa: PLC0415

    spoken = content.load_voice(voice)
    chosen = content.load_routine(routine, voice=spoken) if routine else None
    setup = Setup(
        ears or chosen_model(voice),
        store or history.default_store_path(),
        microphone,
        speaker,
        has_microphone=not no_microphone,
        has_keys=has_keys,
        lead_in_ms=Milliseconds(lead_in),
    )
    if no_microphone:
        spoken = spoken.without_microphone()
    if (has_keys or no_microphone) and not quiet:
        out.print(f"Keys: {escape(', '.join(spoken.keys.names.values()))}.", soft_wrap=True)
    end = practise_live(
        spoken, setup, _Terminal(quiet=quiet), warn, Wishes(minutes=minutes, equipment=equipment), chosen
    )
    out.print(f"The session is over: [bold]{end.outcome}[/]. coach log shows what was done.")


@coach.command()
@click.argument("interview", default="readiness")
@VOICE
@EARS
@STORE
@MICROPHONE
@SPEAKER
@LEAD_IN
def talk(
    interview: str,
    voice: str,
    ears: Path | None,
    store: Path | None,
    microphone: str | None,
    speaker: str | None,
    lead_in: int,
) -> None:
    """Answer the questions of INTERVIEW, live, by voice.

    INTERVIEW is one of: readiness (whether and how gently to begin), morning (how the back was the morning after),
    after (how the session felt), diary (back, stress and sleep), habit (a fixed moment of the day).

    \b
    Examples:
      coach talk
      coach talk diary
    """
    from coach.live import Setup  # noqa: PLC0415 - the devices' libraries take a while to load

    spoken = content.load_voice(voice)
    asked = content.load_interview(interview, spoken)
    kept = store or history.default_store_path()
    setup = Setup(ears or chosen_model(voice), kept, microphone, speaker, lead_in_ms=Milliseconds(lead_in))
    end = cli_talk.talk_live(asked, spoken, setup, _Terminal(quiet=False), warn)
    out.print(f"The conversation is over: [bold]{end.outcome}[/].")


@coach.command()
@_ROUTINE
@VOICE
@EARS
@click.option("--interview", help="Rehearse this interview of coach talk instead of a routine.")
@click.option(
    "--script",
    type=click.Path(path_type=Path),
    help="What the listener says: a file, or a name from routines/scripts.  [default: the routine's own]",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write the sound, the transcript and the picture.  [default: rehearsals/ROUTINE]",
)
@click.option("--dry", is_flag=True, help="Without sound and recogniser: the transcript alone, in a moment.")
def rehearse(
    routine: str,
    voice: str,
    ears: Path | None,
    interview: str | None,
    script: Path | None,
    folder: Path | None,
    dry: bool,  # noqa: FBT001 - an option of the command line
) -> None:
    """Rehearse ROUTINE without a microphone or a speaker.

    A listener with another voice speaks the commands of a script in a simulated room, over the echo of the
    loudspeaker and some noise; the real ears hear them. The result is a WAV to listen to, a readable transcript
    and a picture: who spoke when, states, commands, reaction times.

    \b
    Examples:
      coach rehearse
      coach rehearse --script it-hurts
      coach rehearse my-routine.toml --dry
      coach rehearse --interview diary --script my-answers.toml
    """
    folder = folder or Path("rehearsals") / Path(interview or routine).stem
    _rehearse(routine, voice, ears, script, folder, dry=dry, interview=interview)


def _rehearse(
    routine: str,
    voice: str,
    ears: Path | None,
    script: Path | None,
    folder: Path,
    *,
    dry: bool,
    interview: str | None = None,
) -> None:
    from coach.rehearsal import rehearse as stage  # noqa: PLC0415 - NumPy, Vosk and others take a while to load
    from coach.rehearsal.score import latencies  # noqa: PLC0415
    from coach.rehearsal.script import read_script  # noqa: PLC0415

    spoken = content.load_voice(voice)
    phrases = [phrase for phrases in spoken.understands.values() for phrase in phrases]
    if interview:
        asked = content.load_interview(interview, spoken)
        led: Routine | Mind = cli_talk.open_interview(asked, spoken)
        name, states = asked.name, cli_talk.states_of(asked)
    else:
        led = content.load_routine(routine, voice=spoken)
        name, states = led.name, STATES
    path = _script_path(script, interview or Path(routine).stem)
    remarks = read_script(path, phrases=phrases, carriers=spoken.carriers, states=states)
    if dry:
        rehearsal = stage.rehearse_dry(led, spoken, remarks, name=name)
    else:
        model, witness = ears or chosen_model(voice), _Progress()
        rehearsal = stage.rehearse(led, spoken, remarks, model, name=name, witness=witness)
    files = rehearsal.write(folder)
    hearing = latencies(rehearsal.trace)
    out.print(
        f"The session is over: [bold]{rehearsal.end.outcome}[/] after {_clock(rehearsal.trace.until)}; "
        f"{len(hearing.reactions)} remarks heard, {len(hearing.missed)} not heard, "
        f"{len(hearing.false_accepts)} heard that nobody said."
    )
    if rehearsal.unsaid:
        warn(rehearsal.unsaid)
    for file in files:
        out.print(f"  {escape(str(file))}", soft_wrap=True)


@coach.command()
def routines() -> None:
    """List the routines there are: the coach's own and yours."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Routine", "What it is", "File"):
        table.add_column(column, overflow="fold")
    broken: list[str] = []
    for summary in content.routines():
        about = escape(summary.routine.about) if summary.routine else "[red]has mistakes[/]"
        table.add_row(escape(summary.id), about, escape(str(summary.path)))
        broken += summary.mistakes
    out.print(table)
    out.print(f"\nYour own routines go to {escape(str(content.own_routines()))}.", soft_wrap=True)
    for mistake in broken:
        warn(mistake)


@coach.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@VOICE
@EARS
def check(files: tuple[Path, ...], voice: str, ears: Path | None) -> None:
    """Check FILES, or everything: routines, exercises, the voice, and the ears' model.

    Every mistake is reported at once, with its file, its place and its remedy.
    """
    report = content.check(files, voice=voice)
    for mistake in report.mistakes:
        out.print(f"[red]mistake[/]  {escape(str(mistake))}", soft_wrap=True)
    for warning in report.warnings:
        out.print(f"[yellow]warning[/]  {escape(str(warning))}", soft_wrap=True)
    if not files:
        _check_model(voice, ears)
    out.print(
        f"{len(report.files)} files checked: {len(report.mistakes)} mistakes, {len(report.warnings)} warnings."
    )
    if report.mistakes:
        sys.exit(3)


def _check_model(voice: str, ears: Path | None) -> None:
    from coach.devices.ears import VoskEars, missing_phrases  # noqa: PLC0415 - loads Vosk

    try:
        spoken = content.load_voice(voice)
    except CoachError:
        return  # its mistakes are reported already
    model = ears or chosen_model(voice)
    if unheard := missing_phrases(VoskEars(model), spoken.understands):
        deaf_to = escape(f"{model}: the model cannot hear: {', '.join(unheard)}")
        out.print(f"[yellow]warning[/]  {deaf_to}", soft_wrap=True)
    else:
        out.print(f"The model in {escape(str(model))} knows every phrase.", soft_wrap=True)


@coach.command()
@click.option("--voices", is_flag=True, help="List the synthesiser's voices instead.")
def devices(voices: bool) -> None:  # noqa: FBT001 - an option of the command line
    """List the microphones and speakers there are."""
    if voices:
        _list_voices()
        return
    found = sound_devices()
    if not found:
        raise RoomLost("There is no sound device.", "Connect a microphone and a speaker; then look again.")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("No.", "Name", "Through", "Microphone", "Speaker", "Rate"):
        table.add_column(column)
    for device in found:
        table.add_row(
            str(device.index),
            escape(device.name),
            escape(device.host),
            _mark(device.inputs, device.default_input),
            _mark(device.outputs, device.default_output),
            f"{device.rate} Hz",
        )
    out.print(table)


def _mark(channels: int, default: bool) -> str:  # noqa: FBT001
    return "-" if not channels else "default" if default else "yes"


def _list_voices() -> None:
    from coach.devices.mouth import voices as all_voices  # noqa: PLC0415 - starts the synthesiser

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Voice", "Language", "Name"):
        table.add_column(column)
    for voice in all_voices():
        table.add_row(voice.id, voice.language, voice.name)
    out.print(table)


for command in (
    *(cli_history.log, cli_history.export_history, cli_history.forget),
    *(cli_plan.plan, cli_diary.diary, cli_diary.habit),
    *(ears_commands, service_commands, cli_serve.serve, cli_doctor.doctor, cli_bench.bench),
):
    coach.add_command(command)


# --- What commands share ----------------------------------------------------------------------------------


def _script_path(script: Path | None, routine: str) -> Path:
    """A script may be given as a file or by its name; a routine without one of its own is listened to quietly."""
    scripts = content.content_root() / "routines" / "scripts"
    if script is None:
        own = scripts / f"{routine}.toml"
        return own if own.is_file() else scripts / "quiet.toml"
    if script.suffix == ".toml" or script.parent != Path() or script.is_file():
        return script
    known = sorted(path.stem for path in scripts.glob("*.toml"))
    if script.name in known:
        return scripts / f"{script}.toml"
    near = difflib.get_close_matches(script.name, known, n=1)
    remedy = f'did you mean "{near[0]}"?' if near else f"the scripts are {', '.join(known)}."
    raise ContentBroken([f'There is no script called "{script}"; {remedy} A file of your own ends in .toml.'])


def _clock(at: int) -> str:
    minutes, seconds = divmod(at // 1000, 60)
    return f"{minutes}:{seconds:02}"


class _Terminal:
    """Prints a live session as it goes: what was said by whom."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def __call__(self, at: Milliseconds, message: object) -> None:
        match message:
            case CoachError():
                warn(str(message))
            case Played(text=text, begin=begin, cut=cut) if not self._quiet:
                out.print(f"[dim]{_clock(begin):>6}[/]  {escape(text)}{' -' if cut else ''}", soft_wrap=True)
            case Heard(words=words) if not self._quiet:
                out.print(f"[dim]{_clock(at):>6}[/]  [bold cyan]you: {words}[/]")
            case _:
                pass


class _Progress:
    """Prints how far a rehearsal has come: a line for each exercise, and what was heard."""

    def __init__(self) -> None:
        self._where = ""

    def __call__(self, at: Milliseconds, message: object) -> None:
        match message:
            case CoachError():
                warn(str(message))
            case Entered(exercise=exercise, side=side, round=number) if exercise:
                where = f"round {number}: {' '.join(filter(None, (exercise, side)))}"
                if where != self._where:
                    self._where = where
                    out.print(f"[dim]{_clock(at):>6}[/]  {escape(where)}")
            case Heard(words=words):
                out.print(f"[dim]{_clock(at):>6}[/]  [cyan]heard: {words}[/]")
            case _:
                pass


if __name__ == "__main__":
    main()
