"""The misbehaving server and the terminal as fixtures, and a real model to serve."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from coach.content import content_root

from .programs import Server, Terminal

SMALL = "vosk-model-small-en-us-0.15"


@pytest.fixture(scope="session")
def model_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model, zipped as Vosk zips its own: in a folder of its name."""
    ears = content_root() / "voices" / "english" / "ears"
    path = tmp_path_factory.mktemp("model") / f"{SMALL}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(ears.rglob("*")):
            archive.write(file, Path(SMALL) / file.relative_to(ears))
    return path


@pytest.fixture(scope="package")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    file = tmp_path_factory.mktemp("server") / "file"
    file.write_bytes(bytes(range(250)) * 1200)
    with Server(file) as running:
        yield running


@pytest.fixture
def server(_server: Server) -> Server:
    """A server with a file of 300,000 bytes, asked for nothing yet."""
    _server.forget()
    return _server


@pytest.fixture(scope="package")
def _model_server(model_zip: Path) -> Iterator[Server]:
    with Server(model_zip) as running:
        yield running


@pytest.fixture
def model_server(_model_server: Server) -> Server:
    """A server with a real model, asked for nothing yet."""
    _model_server.forget()
    return _model_server


@pytest.fixture(scope="package")
def terminal() -> Iterator[Terminal]:
    """A terminal to type commands into."""
    with Terminal() as running:
        yield running
