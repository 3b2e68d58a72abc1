"""A terminal to type ``coach ears ...`` into. It is a program, because the tests themselves are offline.

It reads a command a line, as JSON, and prints what came of it, as JSON. Each runs in a fork: a command that goes
offline stays so, and loading everything once is enough.
"""

import io
import json
import os
import resource
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import click

from coach.cli_ears import ears
from coach.errors import CoachError
from coach.models import download
from coach.models.unpack import MARGIN
from coach.offline import OfflineBroken


def type_command(args: list[str], environment: dict[str, str], largest_file: int | None) -> dict[str, Any]:
    """Run a command as ``coach/cli.py`` would, on a disk that takes no file larger than this."""
    os.environ.update(environment, COLUMNS="200")
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    said, complained = io.StringIO(), io.StringIO()
    code = 0
    with redirect_stdout(said), redirect_stderr(complained):
        try:
            ears(args, prog_name="coach ears", standalone_mode=False)
        except CoachError as error:
            complained.write(f"coach: {error}")
            code = error.exit_code
        except click.ClickException as error:
            error.show(complained)
            code = error.exit_code
    return {"code": code, "out": said.getvalue(), "err": complained.getvalue(), "offline": _is_offline()}


def _is_offline() -> bool:
    """Whether this process refuses the network; asked as Python itself asks, so that nothing goes out."""
    try:
        sys.audit("socket.gethostbyname", "example.org")
    except OfflineBroken:
        return True
    return False


def fetch(
    url: str,
    part: str,
    patience: dict[str, Any],
    start: str | None = None,
    room: int | None = None,
    **wanted: Any,
) -> dict[str, Any]:
    """Download a file onto a disk with this much room; tell how it went, and how the progress was reported."""
    progress: list[tuple[int, int | None]] = []
    half = download.Part(Path(part))
    if room is not None:
        half = download.Part(half.path, lambda _: MARGIN + room - half.path.stat().st_size)
    try:
        download.download(
            download.web(start or url),
            download.Wanted(url, **wanted),
            half,
            patience=download.Patience(**patience),
            progress=lambda *report: progress.append(report),
        )
    except CoachError as error:
        return {"error": str(error), "progress": progress}
    return {"error": "", "progress": progress}


def _answer(line: str) -> dict[str, Any]:
    job = json.loads(line)
    return type_command(**job["type"]) if "type" in job else fetch(**job["fetch"])


def _in_a_fork(line: str) -> None:
    if child := os.fork():
        os.waitpid(child, 0)
        return
    try:
        print(json.dumps(_answer(line)), flush=True)  # noqa: T201
    except BaseException as crash:  # noqa: BLE001 - whatever it is, the test must hear of it
        print(json.dumps({"crash": repr(crash)}), flush=True)  # noqa: T201
    finally:
        os._exit(0)


if __name__ == "__main__":
    for command in sys.stdin:
        _in_a_fork(command)
