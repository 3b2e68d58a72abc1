"""The misbehaving server and the terminal, as fixtures: programs of their own, because the tests are offline."""

import hashlib
import itertools
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Self

import pytest

from coach.content import content_root

REPOSITORY = Path(__file__).resolve().parents[2]
SMALL = "vosk-model-small-en-us-0.15"
WITHOUT_PROXY = {"NO_PROXY": "*", "no_proxy": "*"}

_tokens = itertools.count()


class Program:
    """A program that one talks with by lines."""

    def __init__(self, *args: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", *args],
            cwd=REPOSITORY,
            env=os.environ | WITHOUT_PROXY | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def _out(self) -> IO[str]:
        assert self._process.stdout
        return self._process.stdout

    def hear(self) -> Any:
        """The next line; fails if the program is gone."""
        line = self._out.readline()
        assert line, f"the program ended: {self._process.wait()}"
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


class Server(Program):
    """The misbehaving server."""

    def __init__(self, file: Path) -> None:
        super().__init__("tests.models.misbehaving_server", str(file))
        self.file = file
        self.port: int = self.hear()

    def __call__(self, manner: str, name: str = "model.zip") -> str:
        """An address to be answered in this manner, asked for by nobody before."""
        return f"http://127.0.0.1:{self.port}/{manner}/{next(_tokens)}/{name}"

    def was_asked(self, times: int) -> list[dict[str, str]]:
        """The next requests; waits for them."""
        return [self.hear() for _ in range(times)]

    @property
    def size(self) -> int:
        return self.file.stat().st_size

    @property
    def md5(self) -> str:
        return hashlib.md5(self.file.read_bytes()).hexdigest()


class Terminal(Program):
    """The terminal."""

    def __init__(self) -> None:
        super().__init__("tests.models.terminal")

    def _ask(self, **job: Any) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = self.hear()
        assert "crash" not in answer, answer
        return answer

    def type(self, *args: str, home: Path, list_url: str = "http://127.0.0.1:9/") -> dict[str, Any]:
        """Run ``coach ears`` with these arguments, for a person with this home; how it went."""
        environment = {"XDG_DATA_HOME": str(home), "COACH_EARS_LIST": list_url, "STATE_DIRECTORY": ""}
        return self._ask(type={"args": list(args), "environment": environment})

    def fetch(self, url: str, part: Path, *, attempts: int = 4, silence_s: float = 0.15, **wanted: Any) -> Any:
        """Download a file; how it went."""
        patience = {"attempts": attempts, "silence_s": silence_s}
        return self._ask(fetch={"url": url, "part": str(part), "patience": patience, **wanted})


@pytest.fixture(scope="session")
def model_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model, zipped as Vosk zips its own: in a folder of its name."""
    ears = content_root() / "voices" / "english" / "ears"
    path = tmp_path_factory.mktemp("model") / f"{SMALL}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(ears.rglob("*")):
            archive.write(file, Path(SMALL) / file.relative_to(ears))
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a file of 300,000 bytes."""
    file = tmp_path_factory.mktemp("server") / "file"
    file.write_bytes(bytes(range(250)) * 1200)
    with Server(file) as running:
        yield running


@pytest.fixture(scope="module")
def model_server(model_zip: Path) -> Iterator[Server]:
    """A server with a real model."""
    with Server(model_zip) as running:
        yield running


@pytest.fixture(scope="package")
def terminal() -> Iterator[Terminal]:
    """A terminal to type commands into."""
    with Terminal() as running:
        yield running
