"""What C libraries print on standard error is sent to nowhere: nothing that a library prints reaches a person."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def libraries_silenced() -> Iterator[None]:
    """Send to nowhere what C libraries print on standard error; Python's ``sys.stderr`` goes on as before.

    PortAudio, ALSA and JACK print when they look for devices, and PortAudio prints from its own threads when
    a device is lost. So the command line holds this for as long as the program runs, and enters it before
    anything keeps a reference to ``sys.stderr`` (loggers do). Entering it again inside does nothing more.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    python_stderr = sys.stderr
    if _writes_to_descriptor_2(python_stderr):
        sys.stderr = os.fdopen(terminal, "w", buffering=1, errors="backslashreplace", closefd=False)
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = python_stderr
        os.dup2(terminal, 2)
        os.close(terminal)


def _writes_to_descriptor_2(stream: object) -> bool:
    try:
        return bool(stream.fileno() == 2)  # type: ignore[attr-defined]  # a test runner's has none
    except (AttributeError, OSError):
        return False
