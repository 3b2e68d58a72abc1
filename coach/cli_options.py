"""Options that several commands share, each written once: its name, its setting in the environment, its help."""

from pathlib import Path

import click

from coach.voice_queue import USUAL_LEAD_IN

VOICE = click.option(
    "--voice",
    default="english",
    show_default=True,
    help="The voice: a folder under voices/.",
    envvar="COACH_VOICE",
)
WORDS = click.option(
    "--voice", default="english", show_default=True, help="Whose words to tell it in.", envvar="COACH_VOICE"
)
EARS = click.option(
    "--ears",
    type=click.Path(path_type=Path),
    envvar="COACH_EARS",
    help="A Vosk model directory to listen with.  [default: see coach ears]",
)


def _a_name(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Refuse what no file can be called: the history has files beside it, named after it."""
    if path is not None and not path.absolute().name:
        raise click.BadParameter(f"{path} is no file.")
    return path


STORE = click.option(
    "--store",
    type=click.Path(path_type=Path),
    callback=_a_name,
    envvar="COACH_STORE",
    help="The history file.  [default: in your state folder]",
)
MICROPHONE = click.option(
    "--input", "microphone", envvar="COACH_INPUT", help="The microphone: number or part of its name."
)
SPEAKER = click.option(
    "--output", "speaker", envvar="COACH_OUTPUT", help="The speaker: number or part of its name."
)
KEYS = click.option("--keys", "has_keys", is_flag=True, envvar="COACH_KEYS", help="Obey keys and buttons, too.")
NO_MICROPHONE = click.option(
    "--no-microphone",
    is_flag=True,
    envvar="COACH_NO_MICROPHONE",
    help="Obey keys and buttons alone; nothing is listened to.",
)
LEAD_IN = click.option(
    "--lead-in",
    type=click.IntRange(0, 2_000),
    default=USUAL_LEAD_IN,
    show_default=True,
    metavar="MS",
    envvar="COACH_LEAD_IN",
    help="How long a soft noise wakes a speaker that may be asleep, in milliseconds.",
)
