"""The shape that ARCHITECTURE.md promises, read from the imports."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

from coach.diagram import as_mermaid

ROOT = Path(__file__).parent.parent
COACH = ROOT / "coach"
PURE = sorted(
    path for package in ("session", "planning", "interview", "home") for path in (COACH / package).glob("*.py")
)
DEVICES = sorted(path for path in (COACH / "devices").rglob("*.py") if path != COACH / "devices" / "__init__.py")
ROOM = COACH / "devices" / "room"
ONLY_RECKONS = ("convert", "device", "speaker_queue")

NOT_PURE = {"time", "datetime", "random", "secrets", "threading", "asyncio", "os", "io", "pathlib", "socket",
            "subprocess", "multiprocessing", "sqlite3", "logging", "signal", "tempfile", "shutil"}  # fmt: skip
PURE_PACKAGES = ("coach.session", "coach.interview", "coach.planning", "coach.home")
ALLOWED_LIBRARIES = {"transitions", "annotated_types"}


@cache
def imported(path: Path) -> tuple[str, ...]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(names)


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.stem)
def test_the_mind_is_pure(path):
    for name in imported(path):
        top = name.split(".")[0]
        if top == "coach":
            assert name.startswith(PURE_PACKAGES) or name == "coach", f"{path.name} imports {name}"
        elif path.parent.name == "planning" and top == "datetime":
            assert name in {"datetime", "datetime.date", "datetime.timedelta"}, (
                "a day is an argument, never a moment"
            )
        elif path.parent.name == "home" and top == "datetime":
            continue  # what the clock on the wall shows is an argument
        else:
            assert top in ALLOWED_LIBRARIES or (top in sys.stdlib_module_names and top not in NOT_PURE), name
    assert "open(" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.stem)
def test_the_mind_never_asks_what_day_it_is(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")
    }
    assert not called & {"today", "now", "utcnow", "fromtimestamp"}


@pytest.mark.parametrize("path", DEVICES, ids=lambda path: path.relative_to(COACH / "devices").as_posix())
def test_no_device_imports_another_nor_anything_that_decides(path):
    device = path.relative_to(COACH / "devices").parts[0]
    allowed = {"coach.devices.speech_driver"}  # the mouth's own child process
    if device in {"room", "deaf_room.py"}:  # one device in several files; and half of it
        allowed |= {it for it in imported(path) if f"{it}.".startswith("coach.devices.room.")}
    for name in imported(path):
        if name.startswith("coach.") and name not in allowed:
            assert not name.startswith(("coach.devices.", "coach.loop", "coach.cli", "coach.rehearsal")), name
            assert not name.startswith(("coach.session.session", "coach.session.table")), name


@pytest.mark.parametrize("part", ONLY_RECKONS)
def test_what_only_reckons_in_the_room_knows_nothing_of_portaudio(part):
    allowed = ("coach.errors", "coach.ports", *(f"coach.devices.room.{other}" for other in ONLY_RECKONS))
    for name in imported(ROOM / f"{part}.py"):
        top = name.split(".")[0]
        if top == "coach":
            assert name.startswith(allowed), name
        else:
            assert top in {"numpy", "soxr"} or (top in sys.stdlib_module_names and top not in NOT_PURE), name


def test_the_parts_of_the_room_do_not_import_what_it_shows_to_others():
    for path in ROOM.glob("[!_]*.py"):
        assert "coach.devices.room" not in imported(path), path.name


def test_every_import_says_where_from():
    """Or the tests here would not see it."""
    for path in COACH.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}:{node.lineno}"


@pytest.mark.parametrize(
    ("library", "home"),
    [
        ("vosk", "devices/ears.py"),
        ("pyttsx3", "devices/speech_driver.py"),
        ("sounddevice", "devices/room/portaudio.py"),
        ("livekit", "devices/echo.py"),
        ("sqlite3", "devices/store.py"),
        ("transitions", "session/session.py"),
        ("requests", "models/download.py"),
    ],
)
def test_each_library_is_at_home_in_one_file(library, home):
    users = {
        path.relative_to(COACH).as_posix()
        for path in COACH.rglob("*.py")
        if "bench" not in path.parts  # measures the libraries themselves
        if any(name.split(".")[0] == library for name in imported(path))
    }
    assert users <= {home}, users


def test_only_the_room_and_whoever_works_behind_the_loop_may_wait():
    waiting = {"sleep", "perf_counter", "monotonic"}
    # The pure packages cannot: they have no module to wait with.
    for path in (COACH / "loop.py", COACH / "voice_queue.py", *(COACH / "rehearsal").glob("*.py")):
        named = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        assert not named & waiting, path


def test_the_diagram_in_the_document_is_the_table():
    document = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{as_mermaid()}\n```" in document, "python -m coach.diagram prints it"
