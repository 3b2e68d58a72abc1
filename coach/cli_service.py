"""``coach service``: the coach as a service that starts with the machine, its versions, and how it fares.

What is done stands in ``coach/installation``; here are the commands, and who may use them. The coach itself stays
offline even here: only pip, which ``upgrade`` starts when a person asks for a published version, may go out.
"""

import getpass
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click
from rich.console import Console

from coach import content
from coach.cli_options import LEAD_IN, SPEAKER, VOICE
from coach.devices import crashes
from coach.errors import RoomLost
from coach.installation import ServiceFailed, units, versions
from coach.installation.steps import Run, perform

out = Console(highlight=False, markup=False, soft_wrap=True)

_SYSTEM = click.option(
    "--system", is_flag=True, help="The service of the system, for a speaker without a sound server."
)
_DRY = click.option("--dry-run", "dry", is_flag=True, help="Only show what would be done.")


@click.group()
def service() -> None:
    """Have the coach start with the machine, and see how it fares.

    There are two kinds. The service of a person (the usual one) runs where PipeWire or PulseAudio do, and opens a
    sound card directly if there is none. The service of the system (--system) is for a speaker where ALSA is used
    directly; it may do and see less. systemd/install.sh does everything at once.
    """


@service.command()
@_SYSTEM
@_DRY
def install(system: bool, dry: bool) -> None:  # noqa: FBT001 - options of the command line
    """Have the coach start with the machine, and start it now.

    Doing it again renews the unit file. One that was edited by hand is kept as a copy beside it; changes of your
    own are best made with "systemctl --user edit coach", which an upgrade leaves alone.
    """
    where = units.place("system" if system else "user")
    if not dry:
        units.require_rights(where, os.geteuid(), by_sudo="SUDO_USER" in os.environ)
        units.require_systemd(where)
    _warn_of_the_other(where)
    perform(units.install_steps(where, _program(where), getpass.getuser()), _say, dry=dry)
    out.print("Nothing was changed." if dry else f"Installed. It tells how it fares:  {_command(where, 'status')}")


@service.command()
@_SYSTEM
@click.option("--forget-history", is_flag=True, help="Delete what was done, too. It cannot be brought back.")
@_DRY
def uninstall(system: bool, forget_history: bool, dry: bool) -> None:  # noqa: FBT001 - options
    """Stop the service and remove its unit file. The history and the program stay."""
    where = units.place("system" if system else "user")
    if not dry:
        units.require_rights(where, os.geteuid(), by_sudo="SUDO_USER" in os.environ)
    if units.present(where.unit) is None:
        out.print(f"note: {where.name} is not installed.")
    perform(units.uninstall_steps(where, forget_history=forget_history), _say, dry=dry)
    if dry:
        out.print("Nothing was changed.")
        return
    if not forget_history:
        out.print(f"The history stays in {where.state}.")
    if where.root.is_dir():
        out.print(f"The program stays in {where.root}; to remove it too, delete that folder.")


@service.command()
def status() -> None:
    """Tell in words which services are installed, whether they run, and why they crashed last."""
    for kind in ("user", "system"):
        for line in _told(units.place(kind)):
            out.print(line)


def _told(where: units.Place) -> Sequence[str]:
    name = where.name[0].upper() + where.name[1:]
    text = units.present(where.unit)
    if text is None:
        return (f"{name}: not installed.",)
    told = [f"{name}: installed."]
    if trouble := units.unreachable(where):
        told += trouble
    else:
        told += units.description(units.shown(where))
        if where.kind == "user" and units.lingers(getpass.getuser()).out.strip() == "no":
            told.append("It runs only while you are logged in.")
            told.append(f"To change that: sudo loginctl enable-linger {getpass.getuser()}")
    told.append(units.last_crash(crashes.look(where.state / "crashes.json")))
    told.append(f"Its unit file: {where.unit}" + (", edited by hand." if units.edited(text) else "."))
    if version := versions.version_of(where.root / "current"):
        before = versions.version_of(where.root / "previous")
        told.append(f"Its version: {version}" + (f"; before that, {before}." if before else "."))
    return [told[0], *(f"  {line}" for line in told[1:])]


@service.command()
@click.argument("source", metavar="PATH|VERSION")
@_SYSTEM
@_DRY
def upgrade(source: str, system: bool, dry: bool) -> None:  # noqa: FBT001 - options of the command line
    """Install another version beside the one in use, try it, and change over.

    PATH is a wheel or a checkout; VERSION is a published one, which pip fetches. If anything goes wrong, the one
    in use stays in use. The version before is kept: coach service rollback.

    \b
    Examples:
      coach service upgrade ~/coach
      coach service upgrade 0.2.0
    """
    where = _with_versions(system=system, dry=dry)
    program = versions.install(where.root, source, sys.executable, _say, dry=dry)
    _renew_unit(where, program, dry=dry)


@service.command()
@_SYSTEM
@_DRY
def rollback(system: bool, dry: bool) -> None:  # noqa: FBT001 - options of the command line
    """Go back to the version before. Done again, it returns to the newer one."""
    where = _with_versions(system=system, dry=dry)
    perform(versions.rollback_steps(where.root), _say, dry=dry)
    _renew_unit(where, where.root / "current" / "bin" / "coach", dry=dry)


@service.command()
@VOICE
@SPEAKER
@LEAD_IN
def hello(voice: str, speaker: str | None, lead_in: int) -> None:
    """Say one sentence through the speaker, to hear that it works."""
    from coach.devices.mouth import SpeakingMouth  # noqa: PLC0415 - starts the synthesiser
    from coach.devices.room import say_last  # noqa: PLC0415
    from coach.ports import Pcm  # noqa: PLC0415
    from coach.session.messages import Line, Milliseconds  # noqa: PLC0415
    from coach.voice_queue import lead_in_noise  # noqa: PLC0415

    spoken = content.load_voice(voice)
    sentences = spoken.say("service_hello")
    with closing(SpeakingMouth(spoken.espeak_voice, pitch=spoken.pitch)) as mouth:
        lines = [mouth.speak(Line(text, spoken.words_per_minute)) for text in sentences]
    sound = Pcm(b"".join((lead_in_noise(Milliseconds(lead_in)), *lines)))
    if not say_last(sound, speaker):
        raise RoomLost(
            f'There is no speaker that plays. I wanted to say: "{" ".join(sentences)}"',
            "Connect one, and try again: coach service hello. coach devices lists what is there.",
        )
    out.print(f'Said aloud: "{" ".join(sentences)}"')


# --- What commands share ----------------------------------------------------------------------------------


def _say(line: str) -> None:
    out.print(f"· {line}")


def _command(where: units.Place, command: str) -> str:
    return f"{'sudo ' if where.kind == 'system' else ''}coach service {command}"


def _program(where: units.Place) -> Path:
    """What the unit runs: the version that counts, so that it follows upgrades; else this very installation."""
    current = where.root / "current"
    return (current if versions.version_of(current) else Path(sys.prefix)) / "bin" / "coach"


def _warn_of_the_other(where: units.Place) -> None:
    other = units.place("user" if where.kind == "system" else "system")
    if other.unit.exists():
        out.print(
            f"note: {other.name} is installed too ({other.unit}), and both would want the microphone. "
            f"To remove it:  {_command(other, 'uninstall')}{' --system' if other.kind == 'system' else ''}"
        )


def _with_versions(*, system: bool, dry: bool) -> units.Place:
    where = units.place("system" if system else "user")
    if not dry:
        units.require_rights(where, os.geteuid(), by_sudo="SUDO_USER" in os.environ)
    if not versions.version_of(where.root / "current"):
        raise ServiceFailed(
            f"There are no versions in {where.root}: the coach was not installed by systemd/install.sh.",
            "Install it with that; a checkout is upgraded with git pull.",
        )
    return where


def _renew_unit(where: units.Place, program: Path, *, dry: bool) -> None:
    """Have the version that counts now write its own unit file, and start it."""
    if units.present(where.unit) is None:
        return
    more = ("--system",) if where.kind == "system" else ()
    renew = (str(program), "service", "install", *more)
    perform([Run("Renew the unit file and start the service anew", renew, needed=False)], _say, dry=dry)
