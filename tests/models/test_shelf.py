"""A model is on the shelf whole, or not at all; and the one that the person wants is listened with."""

import json
import os
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from coach import content
from coach.devices.ears import GRAMMAR_FILES, NEEDED_FILES
from coach.models import InstallFailed, shelf
from coach.session.messages import Command

from .programs import REPOSITORY

FILES = (*NEEDED_FILES, *GRAMMAR_FILES)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"XDG_DATA_HOME": str(tmp_path)}


@pytest.fixture
def home(environment: dict[str, str]) -> Path:
    home = shelf.shelf("english", environment)
    home.mkdir(parents=True)
    return home


def model(home: Path, name: str, age: int = 0, without: str = "") -> Path:
    """Put something on the shelf that looks like a model, so many seconds old."""
    for file in FILES:
        if file != without:
            path = home / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
    os.utime(home / name, (10_000 - age, 10_000 - age))
    return home / name


def zipped(folder: Path, *names: str, files: tuple[str, ...] = FILES) -> Path:
    """Zip something that looks like a model, under these names."""
    path = folder / "some-model.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            for file in files:
                archive.writestr(f"{name}{file}", b"x")
    return path


def knows_everything(_: Path) -> tuple[str, ...]:
    return ()


def test_models_live_in_the_persons_data_or_the_services_state() -> None:
    assert shelf.shelf("english", {"XDG_DATA_HOME": "/data"}) == Path("/data/coach/ears/english")
    assert shelf.shelf("english", {"HOME": "/home/me"}) == Path("/home/me/.local/share/coach/ears/english")
    relative = {"HOME": "/home/me", "XDG_DATA_HOME": "data"}
    assert shelf.shelf("english", relative) == Path("/home/me/.local/share/coach/ears/english")
    service = {"STATE_DIRECTORY": "/var/lib/coach:/var/lib/more", "XDG_DATA_HOME": "/data"}
    assert shelf.shelf("english", service) == Path("/var/lib/coach/ears/english")


def test_without_an_installed_model_the_bundled_one_is_listened_with(environment: dict[str, str]) -> None:
    assert shelf.chosen_model("english", environment) == shelf.bundled("english")
    assert (shelf.bundled("english") / NEEDED_FILES[0]).is_file()


def test_the_last_one_installed_is_preferred_to_the_bundled_one(home: Path, environment: dict[str, str]) -> None:
    model(home, "older", age=100)
    newest = model(home, "newest", age=1)
    model(home, "oldest", age=1000)
    assert shelf.chosen_model("english", environment) == newest


def test_what_the_person_chose_is_preferred_to_everything(home: Path, environment: dict[str, str]) -> None:
    older = model(home, "older", age=100)
    model(home, "newest")
    shelf.use(home, "older")
    assert shelf.chosen_model("english", environment) == older
    shelf.use(home, "bundled")
    assert shelf.chosen_model("english", environment) == shelf.bundled("english")
    assert sorted(path.name for path in home.iterdir()) == ["current", "newest", "older"]


def test_a_model_for_one_voice_is_not_for_another(home: Path, environment: dict[str, str]) -> None:
    model(home, "newest")
    assert shelf.chosen_model("deutsch", environment) == shelf.bundled("deutsch")


def test_what_is_not_installed_cannot_be_chosen(home: Path) -> None:
    model(home, "there")
    with pytest.raises(InstallFailed, match=r"missing is not installed. There are: there, bundled"):
        shelf.use(home, "missing")
    assert shelf.chosen(home) == ""


def test_a_chosen_model_that_is_gone_leaves_the_others(home: Path, environment: dict[str, str]) -> None:
    other = model(home, "other", age=100)
    shelf.use(home, other.name)
    (home / "current").write_text("gone\n")
    assert shelf.chosen_model("english", environment) == other
    (home / "current").write_bytes(b"\xff")
    assert shelf.chosen_model("english", environment) == other


@pytest.mark.parametrize("missing", FILES)
def test_a_model_that_lacks_a_file_is_none(missing: str, home: Path) -> None:
    model(home, "broken", without=missing)
    assert shelf.installed(home) == ()


def test_what_is_half_done_is_no_model(home: Path, environment: dict[str, str]) -> None:
    model(home, ".new-abc")
    model(home / ".new-abc", "inside")
    model(home, ".gone-abc")
    assert shelf.installed(home) == ()
    assert shelf.chosen_model("english", environment) == shelf.bundled("english")


def test_what_is_half_done_is_cleared_away_before_the_next_installation(home: Path) -> None:
    kept = model(home, "kept")
    model(home, ".new-abc")
    model(home, ".gone-abc")
    with shelf.locked(home) as parts:
        (parts / "half.zip").touch()
    with shelf.locked(home) as parts:
        assert [path.name for path in parts.iterdir()] == ["half.zip"]
    assert sorted(path.name for path in home.iterdir()) == [".lock", ".parts", kept.name]


def test_what_was_fetched_of_an_installed_model_is_cleared_away(home: Path) -> None:
    # As after a kill between putting a model up and dropping its zip.
    model(home, "model-1")
    with shelf.locked(home) as parts:
        for name in ("model-1.zip", "model-1.zip.version", "model-10.zip", "model-10.zip.version"):
            (parts / name).touch()
    with shelf.locked(home):
        assert shelf.half_fetched(home) == (parts / "model-10.zip",)
        assert (parts / "model-10.zip.version").exists()
        assert not (parts / "model-1.zip.version").exists()


def test_what_was_fetched_of_a_model_can_be_thrown_away(home: Path) -> None:
    with shelf.locked(home) as parts:
        (parts / "half.zip").touch()
        (parts / "half.zip.version").touch()
        shelf.remove(home, "half")
        assert list(parts.iterdir()) == []
        with pytest.raises(InstallFailed, match="half is not installed"):
            shelf.remove(home, "half")


def test_two_installations_at_once_are_locked_out(home: Path) -> None:
    with (
        shelf.locked(home),
        pytest.raises(InstallFailed, match="Another installation is at work"),
        shelf.locked(home),
    ):
        pass
    with shelf.locked(home):
        pass


@pytest.mark.parametrize(
    ("folder", "given", "called"),
    [
        ("model-1/", "", "model-1"),
        ("packed/again/model-1/", "", "model-1"),
        ("", "", "some-model"),
        ("model-1/", "given", "given"),
    ],
)
def test_a_model_is_called_as_its_folder_or_its_zip(
    folder: str, given: str, called: str, home: Path, tmp_path: Path
) -> None:
    done = shelf.put_up(zipped(tmp_path, folder), home, knows_everything, given)
    assert done.model == home / called
    assert shelf.installed(home) == (done.model,)
    assert [path.name for path in home.iterdir()] == [called]
    assert done.model.stat().st_mode & 0o777 == 0o755


def test_a_new_model_is_preferred_although_the_clock_is_slow(
    home: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    in_2100 = 4_102_444_800
    os.utime(model(home, "older"), (in_2100, in_2100))
    done = shelf.put_up(zipped(tmp_path, "newer/"), home, knows_everything)
    assert shelf.chosen_model("english", environment) == done.model


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "chosen", "used", "left"),
    [
        ("install", "", {"newer", "newest"}, ["newer", "newest", "older"]),
        ("install", "older", {"older"}, ["newer", "newest", "older"]),
        ("use", "newer", {"newer", "older"}, ["newer", "older"]),
        ("remove", "newer", {"newer", "older"}, ["older"]),
    ],
)
def test_whoever_is_killed_at_any_step_leaves_a_model_to_listen_with(
    change: str, chosen: str, used: set[str], left: list[str], home: Path, tmp_path: Path
) -> None:
    model(home, "older", age=100)
    model(home, "newer")
    if chosen:
        shelf.use(home, chosen)
    archive = zipped(tmp_path, "newest/")
    program = (sys.executable, "-m", "tests.models.killed_at_every_step")
    told = subprocess.run(
        [*program, change, tmp_path, archive],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    steps = [json.loads(line) for line in told.stdout.splitlines()]
    assert {step["uses"] for step in steps} == used
    for step in steps:
        assert [name for name in step["then"] if name in {"older", "newer", "newest"}] == left
        assert set(step["then"]) <= {*left, "current", ".current", ".lock", ".parts"}


def test_a_model_that_fails_its_trial_is_not_installed(home: Path, tmp_path: Path) -> None:
    def fails(candidate: Path) -> tuple[str, ...]:
        assert candidate.parent.parent == home  # tried beside its place, so that a rename is all that is left
        assert shelf.installed(home) == ()
        raise InstallFailed("It failed.")

    with pytest.raises(InstallFailed, match="It failed"):
        shelf.put_up(zipped(tmp_path, "model/"), home, fails)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("names", "files", "reason"),
    [
        (("a/", "b/"), FILES, "holds 2 models"),
        (("a/b/", "a/c/"), FILES, "holds 2 models"),
        (("a/",), FILES[:-1], "graph/Gr.fst is missing"),
        (("a/",), ("README",), r"holds no speech model: am/final.mdl is missing"),
        (("bundled/",), FILES, "cannot be called 'bundled'"),
        (("current/",), FILES, "cannot be called 'current'"),
        ((".hidden/",), FILES, "cannot be called '.hidden'"),
        (("a b/",), FILES, "cannot be called 'a b'"),
    ],
)
def test_a_zip_without_a_usable_model_leaves_nothing(
    names: tuple[str, ...], files: tuple[str, ...], reason: str, home: Path, tmp_path: Path
) -> None:
    with pytest.raises(InstallFailed, match=reason):
        shelf.put_up(zipped(tmp_path, *names, files=files), home, knows_everything)
    assert list(home.iterdir()) == []


def test_an_installed_model_is_not_overwritten(home: Path, tmp_path: Path) -> None:
    there = model(home, "model")
    (there / "README").touch()
    with pytest.raises(InstallFailed, match="installed already"):
        shelf.put_up(zipped(tmp_path, "model/"), home, knows_everything)
    assert (there / "README").is_file()


def test_the_rests_of_a_model_make_way_for_a_whole_one(home: Path, tmp_path: Path) -> None:
    model(home, "model", without=FILES[0])
    done = shelf.put_up(zipped(tmp_path, "model/"), home, knows_everything)
    assert shelf.installed(home) == (done.model,)
    assert [path.name for path in home.iterdir()] == ["model"]


def test_a_removed_model_is_no_longer_chosen(home: Path) -> None:
    model(home, "model")
    shelf.use(home, "model")
    shelf.remove(home, "model")
    assert list(home.iterdir()) == []
    with pytest.raises(InstallFailed, match=r"model is not installed. There are: bundled"):
        shelf.remove(home, "model")


def test_a_shelf_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(InstallFailed, match=r"file/english.* cannot be written: Not a directory"),
        shelf.locked(tmp_path / "file" / "english"),
    ):
        pass
    with pytest.raises(InstallFailed, match="cannot be written"):
        shelf.use(tmp_path / "file" / "english", "bundled")


UNDERSTANDS = content.load_voice("english").understands
STOP = Command("stop")


def test_the_bundled_model_passes_its_trial() -> None:
    assert shelf.try_out(shelf.bundled("english"), {STOP: ("stop", "flibbertigibbet")}) == ("flibbertigibbet",)


def test_a_model_that_crashes_the_recogniser_fails_its_trial(tmp_path: Path) -> None:
    with pytest.raises(InstallFailed, match=r"not fit for use.*damaged"):
        shelf.try_out(model(tmp_path, "rubbish"), UNDERSTANDS)


def test_a_model_that_knows_no_phrase_for_a_command_fails_its_trial() -> None:
    with pytest.raises(InstallFailed, match=r"not fit for use.*no words for: stop"):
        shelf.try_out(shelf.bundled("english"), {STOP: ("flibbertigibbet",)})


def test_a_model_whose_words_lie_in_its_graph_passes_its_trial(tmp_path: Path) -> None:
    # As in vosk-model-small-en-us-0.15, which has no graph/words.txt.
    there = tmp_path / "model"
    shutil.copytree(shelf.bundled("english"), there)
    words = there / "graph" / "words.txt"
    table = [line.split() for line in words.read_text(encoding="utf-8").splitlines()]
    words.unlink()
    graph = there / "graph" / "Gr.fst"
    graph.write_bytes(with_symbols(graph.read_bytes(), {word: int(number) for word, number in table}))
    assert shelf.try_out(there, {STOP: ("stop", "flibbertigibbet")}) == ("flibbertigibbet",)


def with_symbols(fst: bytes, symbols: dict[str, int]) -> bytes:
    """Put a symbol table into an OpenFst file of type "vector", for the output side."""

    def text(value: str) -> bytes:
        return struct.pack("<i", len(value.encode())) + value.encode()

    types = 4 + len(text("vector") + text("standard"))
    version, flags = struct.unpack_from("<ii", fst, types)
    header_end = types + 4 + 4 + 8 + 3 * 8  # version, flags, properties; start, states, arcs
    entries = b"".join(text(word) + struct.pack("<q", number) for word, number in symbols.items())
    counts = struct.pack("<qq", max(symbols.values()) + 1, len(symbols))
    table = struct.pack("<i", 2125658996) + text("words") + counts + entries
    head = fst[:types] + struct.pack("<ii", version, flags | 0x2) + fst[types + 8 : header_end]
    return head + table + fst[header_end:]
