"""Being asked to end: by a signal at any moment, the worst included."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from coach.ending import LOOK_EVERY_S, Ending
from coach.errors import RoomLost
from coach.history import read_sessions
from tests.models.programs import Program

PATIENCE_S = 60
INTERRUPTED = 130
TOLD = "coach: interrupted. What was done so far is kept."

SIGNALS = [signal.SIGTERM, signal.SIGINT]
WORST = [
    ("a finaliser", signal.SIGTERM),
    ("a weak reference", signal.SIGTERM),
    ("a transition", signal.SIGTERM),
    ("a finaliser", signal.SIGINT),
]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it left behind."""

    code: int
    left: dict[str, int]
    err: str


@pytest.fixture(scope="module")
def loaded() -> Iterator[Program]:
    with Program("tests.interrupted_coach") as program:
        yield program


@pytest.fixture
def end(tmp_path: Path, loaded: Program):
    """Run a command on understudies, and raise a signal at that moment, where no exception comes out."""

    def run(
        *arguments: str, moment: str, place: str = "a finaliser", number: int = signal.SIGTERM, **more: str
    ) -> Ended:
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "COLUMNS": "120"}
        out, err = tmp_path / "out", tmp_path / "err"
        for file in (out, err):
            file.write_bytes(b"")
        loaded.tell(
            {
                "arguments": [*arguments, "--store", str(tmp_path / "history.sqlite3")],
                "folder": str(tmp_path),
                "environment": env | more,
                "out": str(out),
                "err": str(err),
                "moment": moment,
                "place": place,
                "number": number,
            }
        )
        code = loaded.hear(PATIENCE_S)
        told = out.read_text().splitlines()
        return Ended(code, json.loads(told[-1]) if code >= 0 else {}, err.read_text())

    return run


@pytest.mark.parametrize(("place", "number"), WORST)
def test_a_session_ends_though_the_signal_comes_where_no_exception_gets_out(end, tmp_path, place, number):
    ended = end("run", "lower-back-circuit", "--quiet", moment="leading", place=place, number=number)
    assert (ended.code, ended.err.strip()) == (INTERRUPTED, TOLD)
    assert ended.left == {"open streams": 0, "mouths closed": 1, "blocks": 100}, "not a block later"
    (session,) = read_sessions(tmp_path / "history.sqlite3")
    assert session.outcome == "interrupted"
    assert session.planned_sets == 12, "what was noted is kept"


@pytest.mark.parametrize("moment", ["leading", "waiting"])
def test_a_coach_at_home_ends_likewise_and_while_it_waits_for_its_devices_and_tells_systemd(end, tmp_path, moment):
    with TemporaryDirectory() as short, closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(f"{short}/notify")
        manager.settimeout(0)
        ended = end("serve", "--quiet-hours", "00:00-00:00", moment=moment, NOTIFY_SOCKET=f"{short}/notify")
        told = list(iter(partial(_next_of, manager), b""))
    assert ended.code == INTERRUPTED, ended
    assert ended.err.splitlines()[-1] == TOLD
    assert told[-1] == b"STOPPING=1"
    assert told.count(b"READY=1") == (moment == "leading")
    assert ended.left == {"open streams": 0, "mouths closed": 1, "blocks": 100 if moment == "leading" else 0}
    assert not json.loads((tmp_path / "crashes.json").read_text())["running"], "being stopped is no crash"


def _next_of(manager: socket.socket) -> bytes:
    try:
        return manager.recv(4096)
    except BlockingIOError:
        return b""


def test_a_signal_that_is_lost_while_devices_are_opened_is_obeyed_before_anything_sounds(end, tmp_path):
    ended = end("run", "lower-back-circuit", moment="opening")
    assert ended.code == INTERRUPTED
    assert ended.left == {"open streams": 0, "mouths closed": 1, "blocks": 0}
    assert not (tmp_path / "history.sqlite3").exists()


# --- What interrupts when -----------------------------------------------------------------------------------


@pytest.fixture
def ending() -> Iterator[Ending]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    ending = Ending()
    ending.heed()
    yield ending
    for number, handler in before.items():
        signal.signal(number, handler)


@contextmanager
def interrupted() -> Iterator[None]:
    """What happens here does not come to its end."""
    with pytest.raises(KeyboardInterrupt):
        yield


@pytest.mark.parametrize("number", SIGNALS)
def test_where_nothing_is_open_a_signal_interrupts_at_once(ending, number):
    with interrupted():
        signal.raise_signal(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_where_it_is_only_noted_it_interrupts_who_looks_and_nobody_else(ending, number):
    done = []
    with interrupted(), ending.only_noted():
        ending.look()
        done.append("before")
        signal.raise_signal(number)
        done.append("after")
        ending.look()
        done.append("what follows")
    assert done == ["before", "after"]


def test_one_that_nobody_has_looked_for_interrupts_at_the_end(ending):
    done = []
    with interrupted():
        with ending.only_noted():
            signal.raise_signal(signal.SIGTERM)
            done.append("the rest")
        done.append("what follows")
    assert done == ["the rest"]


@pytest.mark.parametrize(("second", "rest"), [(signal.SIGINT, []), (signal.SIGTERM, ["the rest"])])
def test_a_second_ctrl_c_interrupts_at_once_and_a_second_sigterm_does_not(ending, second, rest):
    done = []
    with interrupted(), ending.only_noted():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(second)
        done.append("the rest")
    assert done == rest


def test_within_what_only_notes_it_a_step_that_takes_long_is_interrupted_at_once(ending):
    done = []
    with interrupted(), ending.only_noted(), ending.at_once():
        signal.raise_signal(signal.SIGTERM)
        done.append("the rest")
    assert done == []


def test_such_a_step_does_not_begin_after_a_request_and_leaves_what_follows_only_noting(ending):
    done = []
    with interrupted(), ending.only_noted():
        with ending.at_once():
            done.append("the first step")
        signal.raise_signal(signal.SIGTERM)
        done.append("what comes between")
        with ending.at_once():
            done.append("the second step")
    assert done == ["the first step", "what comes between"]


def test_a_request_goes_before_a_trouble_that_comes_with_it(ending):
    with interrupted(), ending.only_noted():
        signal.raise_signal(signal.SIGTERM)
        raise RoomLost("The microphone is gone.", "Plug it in.")


def test_who_waits_waits_as_long_as_wanted_and_looks_all_along(ending):
    slept: list[float] = []
    ending.wait(10, slept.append)
    assert sum(slept) == pytest.approx(10)
    assert max(slept) <= LOOK_EVERY_S


def test_who_waits_does_not_wait_to_the_end_after_a_request(ending):
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        signal.raise_signal(signal.SIGTERM)

    with interrupted(), ending.only_noted():
        ending.wait(10, sleep)
    assert slept == [LOOK_EVERY_S]


def test_a_ctrl_c_that_is_ignored_by_whoever_started_it_stays_ignored(ending):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ending.heed()
    signal.raise_signal(signal.SIGINT)
    ending.look()
