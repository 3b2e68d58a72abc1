"""What the service tells systemd, read from the other end of its socket; and when it keeps silent."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from coach.devices.service import DEAF_AFTER, FEED_EVERY, Hearing, Notifier, WatchedRoom, fault_of
from coach.errors import RoomLost
from coach.ports import BLOCK_BYTES, BLOCK_SAMPLES, SILENCE, Block
from coach.rehearsal.room import QuietRoom

NOISE = Block(bytes(range(256)) * (BLOCK_BYTES // 256) + bytes(range(BLOCK_BYTES % 256)))
CLIPPED = Block(b"\xff\x7f\x00\x80" * (BLOCK_SAMPLES // 2))
STUCK = Block(b"\x05\x00" * BLOCK_SAMPLES)


class Systemd:
    """The receiving end."""

    def __init__(self, address: str) -> None:
        self.name = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address.replace("@", "\0"))
        self.socket.settimeout(0)

    def told(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self.socket.recv(4_096).decode())
            except BlockingIOError:
                return messages


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    # A socket's path may have 107 characters, and pytest's folder can be longer: so it gets a short name.
    folder = os.open(tmp_path, os.O_PATH)
    address = f"/proc/self/fd/{folder}/notify"
    if request.param == "abstract":
        address = f"@coach-test-{os.getpid()}"
    server = Systemd(address)
    with closing(server.socket):
        yield server
    os.close(folder)


@pytest.fixture
def notifier(systemd: Systemd) -> Iterator[Notifier]:
    with closing(Notifier({"NOTIFY_SOCKET": systemd.name})) as opened:
        yield opened


def test_everything_is_told_in_the_words_of_the_protocol(systemd: Systemd, notifier: Notifier) -> None:
    notifier.ready()
    notifier.watchdog()
    notifier.status("asleep")
    notifier.stopping()
    assert systemd.told() == ["READY=1", "WATCHDOG=1", "STATUS=asleep", "STOPPING=1"]


def test_a_status_cannot_smuggle_in_another_message(systemd: Systemd, notifier: Notifier) -> None:
    notifier.status("asleep\nWATCHDOG=1\r\n")
    assert systemd.told() == ["STATUS=asleep WATCHDOG=1"]


def test_a_long_status_is_cut_between_characters(systemd: Systemd, notifier: Notifier) -> None:
    notifier.status("ü" * 1_000 + "\udcff")
    assert systemd.told() == ["STATUS=" + "ü" * 200]


@pytest.mark.parametrize("name", ["", "/nowhere/at/all", "@nobody-listens", "relative", "vsock:2:1"])
def test_where_nobody_listens_nothing_happens(name: str) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": name})
    notifier.ready()
    notifier.status("asleep")
    notifier.close()
    notifier.close()
    notifier.watchdog()


def test_outside_a_service_no_socket_is_opened() -> None:
    before = os.listdir("/proc/self/fd")  # noqa: PTH208 - names are enough
    notifier = Notifier({})
    notifier.watchdog()
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208


def test_a_service_manager_that_does_not_read_stops_nothing(systemd: Systemd, notifier: Notifier) -> None:
    for _ in range(2_000):  # far more than a socket's queue holds
        notifier.watchdog()
    assert 0 < len(systemd.told()) < 2_000


# --- Hearing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        (SILENCE, "silent"),
        (STUCK, "stuck"),
        (CLIPPED, "clipped"),
        (Block(CLIPPED[:160] + NOISE[160:]), "clipped"),
        (Block(CLIPPED[:156] + NOISE[156:]), ""),
        (Block(b"\x01" + SILENCE[1:]), ""),
        (NOISE, ""),
    ],
    ids=["zeros", "one-value", "full-scale", "a-quarter", "less", "one-bit-of-noise", "noise"],
)
def test_a_block_that_cannot_be_sound_is_told_from_one_that_can(block: Block, fault: str) -> None:
    assert fault_of(block) == fault


@pytest.mark.parametrize("fault", [SILENCE, STUCK, CLIPPED])
def test_three_seconds_without_usable_sound_are_deafness(fault: Block) -> None:
    hearing = Hearing()
    for _ in range(DEAF_AFTER - 1):
        hearing.take(fault)
    assert not hearing.deaf
    hearing.take(fault)
    assert hearing.deaf
    hearing.take(NOISE)
    assert not hearing.deaf


def test_faults_that_alternate_are_deafness_too() -> None:
    hearing = Hearing()
    for _ in range(DEAF_AFTER // 2):
        hearing.take(SILENCE)
        hearing.take(CLIPPED)
    assert hearing.deaf


# --- The watched room ------------------------------------------------------------------------------------


def swap(room: WatchedRoom, blocks: int) -> list[Block]:
    return [room.exchange(SILENCE) for _ in range(blocks)]


def test_ready_comes_with_the_first_block_and_not_before(systemd: Systemd, notifier: Notifier) -> None:
    room = WatchedRoom(QuietRoom([NOISE] * 10), notifier)
    assert systemd.told() == []
    swap(room, 1)
    assert systemd.told() == ["READY=1", "STATUS=listening", "WATCHDOG=1"]


def test_a_room_that_never_answers_is_never_ready(systemd: Systemd, notifier: Notifier) -> None:
    def unplugged() -> Iterator[Block]:
        raise RoomLost("The microphone is gone.")
        yield SILENCE

    room = WatchedRoom(QuietRoom(unplugged()), notifier)
    with pytest.raises(RoomLost):
        room.exchange(SILENCE)
    assert systemd.told() == []


def test_the_watchdog_is_fed_once_a_second_of_sound(systemd: Systemd, notifier: Notifier) -> None:
    room = WatchedRoom(QuietRoom([NOISE] * 1_000), notifier)
    for _ in range(10):
        swap(room, FEED_EVERY)
        assert systemd.told().count("WATCHDOG=1") == 1


def test_ready_is_told_again_until_systemd_takes_it(systemd: Systemd, notifier: Notifier) -> None:
    while notifier.ready():
        pass  # its queue is full now
    room = WatchedRoom(QuietRoom([NOISE] * 1_000), notifier)
    swap(room, 5)
    systemd.told()
    swap(room, 5)
    assert systemd.told() == ["READY=1"]


@pytest.mark.parametrize("fault", [SILENCE, STUCK, CLIPPED])
def test_a_deaf_room_starves_the_watchdog_and_says_so_until_it_hears_again(
    systemd: Systemd, notifier: Notifier, fault: Block
) -> None:
    room = WatchedRoom(QuietRoom([NOISE, *[fault] * 1_000, *[NOISE] * 1_000]), notifier)
    swap(room, 1 + DEAF_AFTER)
    assert room.deaf
    assert systemd.told()[-1] == f"STATUS=deaf: the microphone is {fault_of(fault)}"
    swap(room, 1_000 - DEAF_AFTER)
    assert systemd.told() == []
    swap(room, FEED_EVERY)
    assert not room.deaf
    assert systemd.told() == ["STATUS=listening", "WATCHDOG=1"]


def test_a_watched_room_changes_nothing_of_the_sound(notifier: Notifier) -> None:
    inner = QuietRoom([NOISE, CLIPPED], remember=True)
    room = WatchedRoom(inner, notifier)
    assert [room.exchange(NOISE), room.exchange(STUCK)] == [NOISE, CLIPPED]
    assert inner.played == [NOISE, STUCK]
    room.close()
    room.close()
