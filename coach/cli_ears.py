"""``coach ears``: the speech models that are there, and fetching others.

The only commands that may reach the network, and only ``list`` and ``install`` do, when a person asks for it. So
each command here refuses the network for itself, as ``coach/cli.py`` does for all others.
"""

import difflib
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from coach import content
from coach.models import DiskRefused, InstallFailed, catalogue, shelf
from coach.models.catalogue import LIST_URL, NAME, Published
from coach.offline import stay_offline
from coach.terminal import err, out, warn

if TYPE_CHECKING:
    from coach.models.download import Part, Patience, Wanted

LONGEST_LIST = 4 * 2**20
"""Bytes. Vosk lists less than a hundred models, at some 400 bytes each."""


_VOICE = click.option(
    "--voice",
    default="english",
    show_default=True,
    help="The voice whose language the model hears.",
    envvar="COACH_VOICE",
)
_LIST = click.option("--list-url", default=LIST_URL, hidden=True, envvar="COACH_EARS_LIST")
_PATIENCE = click.option(
    "--patience",
    type=click.FloatRange(min=0.01),
    default=30.0,
    show_default=True,
    help="Seconds after which a server that sends next to nothing is given up.",
)


@click.group()
def ears() -> None:
    """See, install and choose the speech models that the coach listens with.

    A small model comes with the coach and knows its commands. Vosk's own models know far more words and voices;
    the last one installed is used from then on, unless you choose another.
    """


@ears.command("list")
@click.option("--all", "everything", is_flag=True, help="Those for other languages too.")
@_VOICE
@_LIST
@_PATIENCE
def list_(everything: bool, voice: str, list_url: str, patience: float) -> None:  # noqa: FBT001 - an option
    """List the models that are installed, and those that Vosk publishes.

    Without a network, only the installed ones are shown.
    """
    language = content.load_voice(voice).language
    _show_installed(voice)
    try:
        published = _published(list_url, patience)
    except InstallFailed as unreachable:
        warn(f"What Vosk publishes is not known now. {unreachable}")
        return
    offered = catalogue.usable(published, language)
    if everything:
        offered += tuple(model for model in published if model.of_use and model not in offered)
    _show_published(offered, catalogue.recommended(published, language, catalogue.memory()))


def _show_installed(voice: str) -> None:
    home = shelf.shelf(voice)
    in_use = shelf.chosen_model(voice)
    table = _table("Installed", "Size", "", "Folder")
    for model in (*shelf.installed(home), shelf.bundled(voice)):
        note = "[bold]in use[/]" if model == in_use else ""
        table.add_row(_name(model, home), _size(shelf.size(model)), note, escape(str(model)))
    out.print(table)
    if (name := shelf.chosen(home)) not in {"", _name(in_use, home)}:
        warn(f"{name} was chosen, and is not there any more.")
    for half in shelf.half_fetched(home):
        warn(
            f"{_size(half.stat().st_size)} of {half.stem} were fetched, and it is not installed. Install it "
            f"again, or throw that away: coach ears remove {half.stem}"
        )
    _note_what_was_named()


def _show_published(models: Sequence[Published], suits: Published | None) -> None:
    table = _table("Published by Vosk", "Zip", "", "Language")
    for model in models:
        note = "[bold]suits this board[/]" if model == suits else ""
        table.add_row(model.name, _size(model.size), note, model.lang_text or model.lang)
    out.print()
    out.print(table)
    if suits is None:
        out.print("\nFor this board and language, the bundled model suits best.")
    out.print("\nOld models are left out, and those with a fixed graph: they cannot be told what to listen for.")


@ears.command()
@click.argument("model", default="", metavar="[NAME|ZIP|URL]")
@_VOICE
@_LIST
@_PATIENCE
def install(model: str, voice: str, list_url: str, patience: float) -> None:
    """Install a model: the one that suits this board, or one by NAME, from a local ZIP, or from a URL.

    A ZIP needs no network, nor is any asked. A download that broke off goes on where it was. What arrives is
    compared with the size and the checksum (MD5) that Vosk publishes, which tells of accidents; against forgery
    there is https. Then, offline again, the model is unpacked and tried; only when it has listened does it take
    its place.

    \b
    Examples:
      coach ears install
      coach ears install vosk-model-en-us-0.22-lgraph
      coach ears install ~/Downloads/vosk-model-small-en-us-0.15.zip
    """
    if "://" in model:
        _install_from(model, voice, patience)
    elif _is_a_file(model):
        stay_offline()
        with shelf.locked(_home(voice)):
            _put_up(Path(model), voice)
    else:
        _install_published(model, voice, list_url, patience)


def _is_a_file(model: str) -> bool:
    """Whether a file is meant, be it there or not: a path that is mistyped is not looked for on the network."""
    if not model:
        return False
    return model.lower().endswith(".zip") or not re.fullmatch(NAME, model) or Path(model).is_file()


def _install_from(url: str, voice: str, patience: float) -> None:
    from coach.models import download  # noqa: PLC0415 - the web's libraries take a while to load

    file = re.sub(r"[^A-Za-z0-9._-]", "-", PurePosixPath(re.split("[?#]", url)[0]).stem)[:60]
    tag = hashlib.sha256(url.encode()).hexdigest()[:8]  # two files of one name shall not be taken for one
    name = f"{file}-{tag}".lstrip("._-")
    with shelf.locked(_home(voice)) as parts:
        _fetch_and_put_up(url, download.Wanted(url), download.Part(parts / f"{name}.zip"), voice, patience)


def _install_published(name: str, voice: str, list_url: str, patience: float) -> None:
    from coach.models import download  # noqa: PLC0415

    home = _home(voice)
    if _is_installed(name, voice):
        return
    language = content.load_voice(voice).language
    published = _published(list_url, patience)
    suits = catalogue.recommended(published, language, catalogue.memory())
    model = _named(name, published) if name else suits
    if model is None:
        out.print(
            f"The bundled model suits this board ({_size(catalogue.memory())} of memory) and the voice's language "
            f'({language}) best: nothing to install. To install another all the same, name it: "coach ears list".'
        )
        return
    if _is_installed(model.name, voice):
        return
    with shelf.locked(home) as parts:
        wanted = download.Wanted(model.url, model.size, model.md5)
        part = download.Part(parts / f"{model.name}.zip")
        _fetch_and_put_up(list_url, wanted, part, voice, patience, model.name)


def _is_installed(name: str, voice: str) -> bool:
    """Whether a model is installed; if so, tell it."""
    home = shelf.shelf(voice)
    if home / name not in shelf.installed(home):
        return False
    already = f"{name} is installed already. To renew it, remove it first: coach ears remove {name}"
    out.print(already, soft_wrap=True)
    _tell_what_is_in_use(voice)
    return True


def _named(name: str, published: Sequence[Published]) -> Published:
    model = next((model for model in published if model.name == name), None)
    if model is None:
        near = difflib.get_close_matches(name, [model.name for model in published if model.of_use], n=1)
        hint = f"Did you mean {near[0]}?" if near else '"coach ears list --all" shows those that are.'
        raise InstallFailed(f"Vosk publishes no model called {name}.", hint)
    if not model.takes_a_grammar:
        raise InstallFailed(
            f"{name} cannot be told what to listen for: its graph is fixed.",
            "Choose one whose name holds 'small' or 'lgraph'.",
        )
    return model


@ears.command()
@click.argument("name", metavar="NAME|bundled")
@_VOICE
def use(name: str, voice: str) -> None:
    """Listen with an installed model from now on, or with the bundled one.

    A coach that is running goes on with the one it has, until it is started anew.
    """
    stay_offline()
    shelf.use(_home(voice), name)
    _tell_what_is_in_use(voice)


@ears.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Even if it is in use.")
@_VOICE
def remove(name: str, force: bool, voice: str) -> None:  # noqa: FBT001 - an option of the command line
    """Remove an installed model, or what was fetched of one. The bundled one stays."""
    stay_offline()
    home = _home(voice)
    if name == shelf.BUNDLED:
        raise InstallFailed(
            "The bundled model is part of the coach.", "Another can be used instead: coach ears use NAME."
        )
    if home / name == shelf.chosen_model(voice) and not force:
        raise InstallFailed(f"{name} is in use.", "Use another first (coach ears use bundled), or add --force.")
    with shelf.locked(home):
        shelf.remove(home, name)
    _tell_what_is_in_use(voice)


# --- What commands share ----------------------------------------------------------------------------------


def _published(list_url: str, patience: float) -> tuple[Published, ...]:
    from coach.models import download  # noqa: PLC0415

    web = download.web(list_url)
    text = download.read(web, list_url, largest=LONGEST_LIST, patience=_patience(patience))
    return catalogue.read_list(text)


def _home(voice: str) -> Path:
    """Return a voice's shelf.

    Raises:
        ContentBroken: there is no such voice.
    """
    content.load_voice(voice)
    return shelf.shelf(voice)


def _fetch_and_put_up(
    start: str, wanted: "Wanted", part: "Part", voice: str, patience: float, name: str = ""
) -> None:
    _download(start, wanted, part, patience)
    try:
        _put_up(part.path, voice, name)
    except DiskRefused:
        raise  # with room made, it need not be fetched again
    except InstallFailed:
        part.drop()
        raise
    part.drop()


def _download(start: str, wanted: "Wanted", part: "Part", patience: float) -> None:
    from coach.models import download  # noqa: PLC0415

    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=err
    )
    with bar:
        task = bar.add_task(f"Fetching {escape(wanted.url.rsplit('/', 1)[-1])}", total=wanted.size)
        download.download(
            download.web(start),
            wanted,
            part,
            patience=_patience(patience),
            progress=lambda there, total: bar.update(task, completed=there, total=total),
        )


def _patience(silence_s: float) -> "Patience":
    from coach.models.download import Patience  # noqa: PLC0415

    return Patience(silence_s, first_pause_s=silence_s / 30)  # whoever has less patience wants no long pauses


def _put_up(archive: Path, voice: str, name: str = "") -> None:
    stay_offline()  # from here on nothing is fetched any more
    understands = content.load_voice(voice).understands
    with err.status("Unpacking and trying it..."):
        done = shelf.put_up(archive, shelf.shelf(voice), lambda model: shelf.try_out(model, understands), name)
    out.print(f"Installed {done.model.name} in {escape(str(done.model))}.", soft_wrap=True)
    if done.lacks:
        warn(f"It has no words for: {', '.join(done.lacks)}.")
    _tell_what_is_in_use(voice)
    if shelf.chosen_model(voice) != done.model:
        out.print(f"That was chosen before; to use the new one: coach ears use {done.model.name}", soft_wrap=True)


def _tell_what_is_in_use(voice: str) -> None:
    out.print(f"The coach listens with: [bold]{_name(shelf.chosen_model(voice), shelf.shelf(voice))}[/].")
    _note_what_was_named()


def _note_what_was_named() -> None:
    if named := os.environ.get("COACH_EARS"):
        warn(f"COACH_EARS is set: wherever it is, the coach listens with {named} instead.")


def _name(model: Path, home: Path) -> str:
    return model.name if model.parent == home else shelf.BUNDLED


def _size(amount: int) -> str:
    return f"{amount / 1e6:.0f} MB"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in {"Size", "Zip"} else "left")
    return table
