"""``coach ears``, from the word typed to the model on the shelf: real model, real trial, misbehaving server.

What cannot be tested here is Vosk's own server: the list and the zips are of its form, and come from the loopback.
"""

import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from coach.models import shelf
from coach.models.catalogue import LIST_URL

from .conftest import SMALL
from .programs import REPOSITORY, WITHOUT_PROXY, Server, Terminal

NOWHERE = "http://127.0.0.1:9/model-list.json"
"""A port where nobody listens: as good as no network."""


def models(home: Path) -> list[str]:
    """The names of the models on a person's shelf."""
    return [model.name for model in shelf.installed(shelf_of(home))]


def shelf_of(home: Path) -> Path:
    return shelf.shelf("english", {"XDG_DATA_HOME": str(home)})


def in_use(home: Path) -> Path:
    return shelf.chosen_model("english", {"XDG_DATA_HOME": str(home)})


@pytest.fixture
def installed(terminal: Terminal, model_zip: Path, tmp_path: Path) -> Path:
    """A person's home with one model installed."""
    assert terminal.type("install", str(model_zip), home=tmp_path)["code"] == 0
    return tmp_path


def test_what_is_published_for_the_language_is_listed_and_what_suits_is_marked(
    terminal: Terminal, model_server: Server, tmp_path: Path
) -> None:
    shown = terminal.type("list", home=tmp_path, list_url=model_server("behaves", "model-list.json"))
    assert shown["code"] == 0
    lines = shown["out"].splitlines()
    assert any(line.startswith("bundled") and "in use" in line for line in lines)
    assert [line.split()[0] for line in lines if "suits this board" in line] == [SMALL]
    assert "vosk-model-small-en-us-0.4" in shown["out"]
    for absent in ("0.99", "vosk-model-en-us-0.22", "German"):
        assert absent not in shown["out"]


def test_other_languages_are_listed_on_request(terminal: Terminal, model_server: Server, tmp_path: Path) -> None:
    shown = terminal.type("list", "--all", home=tmp_path, list_url=model_server("behaves", "model-list.json"))
    assert "vosk-model-small-de-0.15" in shown["out"]
    assert "vosk-model-en-us-0.22" not in shown["out"]


def test_without_a_network_what_is_installed_is_listed_and_a_sentence_says_why(
    terminal: Terminal, installed: Path
) -> None:
    shown = terminal.type("list", "--patience", "0.3", home=installed, list_url=NOWHERE)
    assert shown["code"] == 0
    assert SMALL in shown["out"]
    assert "bundled" in shown["out"]
    assert "Published" not in shown["out"]
    assert "What Vosk publishes is not known now." in shown["err"]
    assert "could not be reached" in shown["err"]


@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        ("lists-a-page", "no list of models"),
        ("lists-no-list", "no list of models"),
        ("lists-nothing", "no list of models"),
        ("lists-nothing-but-rubbish", "no list of models"),
        ("lists-for-ever", "more than the 4194304 bytes"),
        ("lists-nothing-and-is-gone", "answered 404"),
        ("lists-drop-by-drop", "next to nothing came any more"),
    ],
)
def test_a_broken_list_is_told_in_a_sentence(
    terminal: Terminal, model_server: Server, tmp_path: Path, manner: str, reason: str
) -> None:
    url = model_server(manner, "model-list.json")
    patience = "0.2" if "drop" in manner else "20"
    shown = terminal.type("list", "--patience", patience, home=tmp_path, list_url=url)
    assert shown["code"] == 0
    assert reason in shown["err"]
    assert "bundled" in shown["out"]


@pytest.mark.parametrize("manner", ["lists-after-stumbling", "lists-among-rubbish"])
def test_a_list_is_read_although_the_server_errs(
    terminal: Terminal, model_server: Server, tmp_path: Path, manner: str
) -> None:
    url = model_server(manner, "model-list.json")
    shown = terminal.type("list", "--patience", "3", home=tmp_path, list_url=url)
    assert SMALL in shown["out"]
    assert "evil" not in shown["out"]


def test_the_model_that_suits_is_installed_over_a_bad_connection_and_listened_with(
    terminal: Terminal, model_server: Server, tmp_path: Path
) -> None:
    url = model_server("breaks-off", "model-list.json")
    done = terminal.type("install", "--patience", "3", home=tmp_path, list_url=url)
    assert done["code"] == 0, done["err"]
    assert f"Installed {SMALL}" in done["out"]
    assert f"The coach listens with: {SMALL}" in done["out"]
    assert in_use(tmp_path) == shelf_of(tmp_path) / SMALL
    bundled = shelf.bundled("english")
    files = [path.relative_to(bundled) for path in bundled.rglob("*") if path.is_file()]
    assert all((bundled / file).read_bytes() == (in_use(tmp_path) / file).read_bytes() for file in files)
    assert list((shelf_of(tmp_path) / ".parts").iterdir()) == []
    asked = model_server.was_asked(4)
    assert [request["range"] is None for request in asked] == [True, True, False, False]


def test_what_is_installed_is_not_fetched_again(terminal: Terminal, model_server: Server, installed: Path) -> None:
    done = terminal.type("install", home=installed, list_url=model_server("behaves", "model-list.json"))
    assert done["code"] == 0
    assert "is installed already" in done["out"]
    model_server.was_asked(1)
    terminal.type("list", home=installed, list_url=model_server("is-gone", "model-list.json"))
    assert "is-gone" in model_server.was_asked(1)[0]["path"]  # and nothing in between


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("vosk-model-small-en-us-0.51", f"Did you mean {SMALL}?"),
        ("quite-another", '"coach ears list --all" shows'),
        ("vosk-model-en-us-0.22", "its graph is fixed"),
        ("bundled", "publishes no model called bundled"),
        ("missing.zip", "There is no file missing.zip"),
        ("folder/missing", "There is no file folder/missing"),
        ("voices/english", "is a folder, not a zip"),
        ("x" * 300, "cannot be read: File name too long"),
        ("ftp://127.0.0.1/model.zip", "is not https"),
        ("https://[", "no address that can be followed"),
    ],
)
def test_what_cannot_be_installed_is_named(
    terminal: Terminal, model_server: Server, tmp_path: Path, name: str, reason: str
) -> None:
    done = terminal.type("install", name, home=tmp_path, list_url=model_server("behaves", "model-list.json"))
    assert done["code"] == 10
    assert reason in done["err"]
    assert models(tmp_path) == []


@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        ("swaps-a-byte", "arrived damaged"),
        ("says-too-little", "that is not the file"),
        ("leads-to-ftp", "leads, is not https"),
        ("lists-too-large-a-model", "MB are needed"),
    ],
)
def test_a_failed_installation_leaves_no_model(
    terminal: Terminal, model_server: Server, tmp_path: Path, manner: str, reason: str
) -> None:
    done = terminal.type("install", home=tmp_path, list_url=model_server(manner, "model-list.json"))
    assert done["code"] == 10
    assert reason in done["err"]
    assert models(tmp_path) == []
    assert in_use(tmp_path) == shelf.bundled("english")


def test_a_local_zip_is_installed_without_a_network(
    terminal: Terminal, model_server: Server, model_zip: Path, tmp_path: Path
) -> None:
    done = terminal.type(
        "install", str(model_zip), home=tmp_path, list_url=model_server("behaves", "model-list.json")
    )
    assert done["code"] == 0, done["err"]
    assert models(tmp_path) == [SMALL]
    terminal.type("list", home=tmp_path, list_url=model_server("is-gone", "model-list.json"))
    assert "is-gone" in model_server.was_asked(1)[0]["path"]  # and nothing before


def test_a_model_that_is_installed_is_told_without_a_network(terminal: Terminal, installed: Path) -> None:
    terminal.type("use", "bundled", home=installed)
    done = terminal.type("install", SMALL, home=installed, list_url=NOWHERE)
    assert done["code"] == 0, done["err"]
    assert "is installed already" in done["out"]
    assert "listens with: bundled" in done["out"]


def test_a_file_that_is_no_zip_leaves_no_model(terminal: Terminal, tmp_path: Path) -> None:
    page = tmp_path / "page.zip"
    page.write_text("<html>Please log in</html>")
    done = terminal.type("install", str(page), home=tmp_path)
    assert done["code"] == 10
    assert "page.zip is damaged, or no zip" in done["err"]
    assert models(tmp_path) == []


def test_a_model_is_installed_from_an_address_of_ones_own(
    terminal: Terminal, model_server: Server, tmp_path: Path
) -> None:
    done = terminal.type("install", model_server("moved", "my%20model.zip"), home=tmp_path, list_url=NOWHERE)
    assert done["code"] == 0, done["err"]
    assert models(tmp_path) == [SMALL]


def test_what_arrived_and_is_no_model_is_thrown_away(terminal: Terminal, server: Server, tmp_path: Path) -> None:
    done = terminal.type("install", server("behaves", "page.zip"), home=tmp_path)
    assert done["code"] == 10
    assert "is damaged, or no zip" in done["err"]
    assert list((shelf_of(tmp_path) / ".parts").iterdir()) == []


def test_what_arrived_and_finds_no_room_is_kept_and_not_fetched_again(
    terminal: Terminal, model_server: Server, tmp_path: Path
) -> None:
    url = model_server("behaves", "model-list.json")
    with shelf.locked(shelf_of(tmp_path)) as parts:
        part = parts / f"{SMALL}.zip"
        shutil.copy(model_server.file, part)
        part.with_name(f"{part.name}.version").write_text('"first"')
    refused = terminal.type("install", home=tmp_path, list_url=url, largest_file=1000)
    assert refused["code"] == 10
    assert "cannot be written: File too large" in refused["err"]
    assert models(tmp_path) == []
    assert terminal.type("install", home=tmp_path, list_url=url)["code"] == 0
    assert models(tmp_path) == [SMALL]
    assert all(request["path"].endswith("model-list.json") for request in model_server.was_asked(2))


def test_what_was_fetched_and_not_installed_is_told_and_can_be_thrown_away(
    terminal: Terminal, tmp_path: Path
) -> None:
    with shelf.locked(shelf_of(tmp_path)) as parts:
        (parts / "half-a-model.zip").write_bytes(bytes(2_000_000))
    shown = terminal.type("list", "--patience", "0.3", home=tmp_path, list_url=NOWHERE)
    assert "2 MB of half-a-model were fetched" in shown["err"]
    assert "coach ears remove half-a-model" in shown["err"]
    assert terminal.type("remove", "half-a-model", home=tmp_path)["code"] == 0
    assert "half-a-model" not in terminal.type("list", "--patience", "0.3", home=tmp_path)["err"]


@pytest.mark.parametrize(
    "command", [("use", "bundled"), ("remove", "model"), ("install", "m.zip"), ("install", "https://[")]
)
def test_a_voice_that_is_not_there_has_no_models(
    terminal: Terminal, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = terminal.type(*command, "--voice", "nobody", home=tmp_path)
    assert done["code"] == 3
    assert 'There is no voice called "nobody"' in done["err"]
    assert list(tmp_path.iterdir()) == []


def test_a_model_named_in_the_environment_is_not_passed_over_in_silence(
    terminal: Terminal, tmp_path: Path
) -> None:
    said = terminal.type("use", "bundled", home=tmp_path, COACH_EARS="/another/model")
    assert "the coach listens with /another/model instead" in said["err"]
    assert "COACH_EARS" not in terminal.type("use", "bundled", home=tmp_path, COACH_EARS="")["err"]


def test_models_are_chosen_and_removed(terminal: Terminal, installed: Path) -> None:
    assert in_use(installed).name == SMALL
    assert "listens with: bundled" in terminal.type("use", "bundled", home=installed)["out"]
    assert in_use(installed) == shelf.bundled("english")
    assert f"listens with: {SMALL}" in terminal.type("use", SMALL, home=installed)["out"]
    refused = terminal.type("remove", SMALL, home=installed)
    assert refused["code"] == 10
    assert "is in use" in refused["err"]
    assert models(installed) == [SMALL]
    assert "listens with: bundled" in terminal.type("remove", SMALL, "--force", home=installed)["out"]
    assert models(installed) == []
    assert terminal.type("use", SMALL, home=installed)["code"] == 10
    assert "part of the coach" in terminal.type("remove", "bundled", "--force", home=installed)["err"]
    assert terminal.type("remove", "../../etc", "--force", home=installed)["code"] == 10


def test_a_new_model_does_not_displace_the_one_that_was_chosen(
    terminal: Terminal, model_zip: Path, tmp_path: Path
) -> None:
    terminal.type("use", "bundled", home=tmp_path)
    done = terminal.type("install", str(model_zip), home=tmp_path)
    assert "listens with: bundled" in done["out"]
    assert f"coach ears use {SMALL}" in done["out"]


@contextmanager
def _hanging_installation(server: Server, home: Path, url: str) -> Iterator[Path]:
    """An installation that is killed in the end, in the middle of its download; yields the half file."""
    environment = os.environ | WITHOUT_PROXY | {"XDG_DATA_HOME": str(home), "COACH_EARS_LIST": url}
    command = "from coach.cli_ears import ears; ears(['install'])"
    part = shelf_of(home) / ".parts" / f"{SMALL}.zip"
    with subprocess.Popen([sys.executable, "-c", command], env=environment, cwd=REPOSITORY) as process:
        try:
            server.was_asked(2)
            deadline = time.monotonic() + 30
            while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
                time.sleep(0.01)  # no message tells when bytes have reached a file
            yield part
        finally:
            process.kill()


def test_a_killed_installation_leaves_no_model_and_the_next_one_goes_on(
    terminal: Terminal, model_server: Server, tmp_path: Path
) -> None:
    url = model_server("falls-silent", "model-list.json")
    with _hanging_installation(model_server, tmp_path, url) as part:
        assert models(tmp_path) == []
    there = part.stat().st_size
    assert 0 < there < model_server.size
    assert in_use(tmp_path) == shelf.bundled("english")
    assert terminal.type("install", home=tmp_path, list_url=url)["code"] == 0
    assert model_server.was_asked(2)[1]["range"] == f"bytes={there}-"
    assert in_use(tmp_path).name == SMALL


def test_a_second_installation_waits_its_turn(
    terminal: Terminal, model_server: Server, model_zip: Path, tmp_path: Path
) -> None:
    url = model_server("is-silent", "model-list.json")
    with _hanging_installation(model_server, tmp_path, url):
        refused = terminal.type("install", str(model_zip), home=tmp_path)
        assert refused["code"] == 10
        assert "Another installation is at work" in refused["err"]
    assert terminal.type("install", str(model_zip), home=tmp_path)["code"] == 0


def test_only_what_fetches_may_reach_the_network_and_only_until_it_has_arrived(
    terminal: Terminal, model_server: Server, model_zip: Path, tmp_path: Path
) -> None:
    url = model_server("behaves", "model-list.json")
    assert not terminal.type("list", home=tmp_path, list_url=url)["offline"]
    assert terminal.type("install", home=tmp_path, list_url=url)["offline"]
    assert terminal.type("use", "bundled", home=tmp_path)["offline"]
    assert terminal.type("remove", SMALL, home=tmp_path)["offline"]
    assert terminal.type("install", str(model_zip), home=tmp_path)["offline"]
    assert terminal.type("install", "missing.zip", home=tmp_path)["offline"]


def coach(*args: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the whole program, for a person with this home."""
    return subprocess.run(
        [sys.executable, "-m", "coach", *args],
        env=os.environ | WITHOUT_PROXY | {"XDG_DATA_HOME": str(home)} | environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_program_lets_these_commands_reach_the_network(model_server: Server, tmp_path: Path) -> None:
    shown = coach("ears", "list", home=tmp_path, COACH_EARS_LIST=model_server("behaves", "model-list.json"))
    assert shown.returncode == 0, shown.stderr
    assert "suits this board" in shown.stdout


def test_the_phrases_that_a_model_lacks_are_told_when_it_is_installed_and_checked(
    terminal: Terminal, model_zip: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small-vocabulary.zip"
    with zipfile.ZipFile(model_zip) as whole, zipfile.ZipFile(small, "w") as lacking:
        for name in whole.namelist():
            text = whole.read(name)
            lacking.writestr(
                name, text.replace(b"\nsofter ", b"\nhoppla ") if name.endswith("/words.txt") else text
            )
    done = terminal.type("install", str(small), home=tmp_path)
    assert "It has no words for: softer." in done["err"]
    assert f"listens with: {SMALL}" in done["out"]
    checked = coach("check", home=tmp_path)
    assert checked.returncode == 0
    assert f"{shelf_of(tmp_path) / SMALL}: the model cannot hear: softer\n" in checked.stdout


def test_the_list_is_vosks_own() -> None:
    assert LIST_URL == "https://alphacephei.com/vosk/models/model-list.json"
