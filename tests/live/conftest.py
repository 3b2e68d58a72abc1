"""The stage of the live tests: a sound server, two voices and an empty history.

Without the server's programs the tests are skipped, unless COACH_REQUIRE_LIVE=1.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from coach.devices.mouth import SpeakingMouth

from .cast import VOICE, Person
from .sound_server import SoundServer, missing_programs, running_sound_server


def _serve() -> Iterator[SoundServer]:
    if reason := missing_programs():
        if os.environ.get("COACH_REQUIRE_LIVE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    # Not under pytest's own folder: a socket's path may have 107 characters, and that one can be longer.
    folder = Path(tempfile.mkdtemp(prefix="coach-sound-"))
    try:
        with running_sound_server(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def sound_server() -> Iterator[SoundServer]:
    """A sound server for all tests of a file; leave it as you found it."""
    yield from _serve()


@pytest.fixture
def doomed_server() -> Iterator[SoundServer]:
    """A sound server for one test, which may break it."""
    yield from _serve()


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    with closing(SpeakingMouth(VOICE.listener_voice)) as mouth:
        yield Person(mouth, tmp_path_factory.mktemp("person"))


@pytest.fixture(scope="module")
def mouth() -> Iterator[SpeakingMouth]:
    """The coach's own voice, to know its lines by."""
    with closing(SpeakingMouth(VOICE.espeak_voice, pitch=VOICE.pitch)) as mouth:
        yield mouth


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Shows figures among the dots; on the standard error, because that of a worker process is seen, too."""

    def show(figures: str) -> None:
        with capsys.disabled():
            print(f"\n{figures}", file=sys.stderr)  # noqa: T201 - the figures are the point

    return show


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"
