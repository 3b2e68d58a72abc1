"""Programs of the bench that run in a process of their own: because its start, or its memory, is what is measured,
or because several run side by side. Each prints JSON, one value a line.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import coach
from coach.errors import CoachError

_ROOT = Path(coach.__file__).resolve().parent.parent


def lines_of(program: ModuleType | str, *arguments: str) -> Iterator[Any]:
    """Run a program of the bench; yield what it prints, as it does.

    Args:
        program: a module with a ``_main``, or its name.
        arguments: what it is told.

    Raises:
        CoachError: it failed.
    """
    name = program if isinstance(program, str) else program.__name__
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    with subprocess.Popen(
        [sys.executable, "-m", name, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": path},
        text=True,
        encoding="utf-8",
    ) as child:
        assert child.stdout
        assert child.stderr
        try:
            for line in child.stdout:
                yield json.loads(line)
            complaint = child.stderr.read().strip()
        except BaseException:  # also when nobody wants more, or Ctrl-C: no child is left behind
            child.kill()
            raise
    if child.returncode:
        last = complaint.splitlines()[-1] if complaint else f"exit code {child.returncode}"
        raise CoachError(
            f"A measurement failed ({name}): {last}.", "Run `coach check`, and report it if that finds nothing."
        )
