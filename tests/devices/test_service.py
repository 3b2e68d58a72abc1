"""What the service tells systemd, read from the other end of its socket; and when it keeps silent."""

import math
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from coach.content import load_voice
from coach.devices.service import FEED_EVERY, LONGER_S, Notifier, Watch, WatchedRoom
from coach.devices.steady import SteadyRoom
from coach.errors import RoomBack, RoomLost
from coach.live import Setup, Standby
from coach.ports import BLOCK_BYTES, BLOCK_SAMPLES, SILENCE, Block
from coach.rehearsal.faults import Fault, LooseContact
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.room import QuietRoom

VOICE = load_voice("english")
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


# --- The watched room ------------------------------------------------------------------------------------


def swap(room: WatchedRoom, blocks: int) -> list[Block]:
    return [room.exchange(SILENCE) for _ in range(blocks)]


def test_ready_comes_with_the_first_block_and_not_before(systemd: Systemd, notifier: Notifier) -> None:
    room = WatchedRoom(QuietRoom([NOISE] * 10), notifier)
    assert systemd.told() == []
    swap(room, 1)
    assert systemd.told() == ["READY=1", "WATCHDOG=1"]


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
def test_a_microphone_that_is_switched_off_is_no_reason_to_begin_anew(
    systemd: Systemd, notifier: Notifier, fault: Block
) -> None:
    room = WatchedRoom(QuietRoom([fault] * 1_000), notifier)
    for _ in range(20):
        swap(room, FEED_EVERY)
        assert systemd.told()[-1] == "WATCHDOG=1"


def test_a_watched_room_changes_nothing_of_the_sound(notifier: Notifier) -> None:
    inner = QuietRoom([NOISE, CLIPPED], remember=True)
    room = WatchedRoom(inner, notifier)
    assert [room.exchange(NOISE), room.exchange(STUCK)] == [NOISE, CLIPPED]
    assert inner.played == [NOISE, STUCK]
    room.close()
    room.close()


# --- A room that is lost and found -----------------------------------------------------------------------


def test_a_recovery_that_goes_on_is_a_sign_of_life_and_asks_for_time_to_start(
    systemd: Systemd, notifier: Notifier
) -> None:
    Watch(notifier).alive()
    assert systemd.told() == ["WATCHDOG=1", f"EXTEND_TIMEOUT_USEC={LONGER_S}000000"]


def test_what_is_watched_is_told_in_one_line(systemd: Systemd, notifier: Notifier) -> None:
    watch = Watch(notifier)
    watch.status("lost: The microphone has stopped working.")
    swap(WatchedRoom(watch.watched(QuietRoom([NOISE])), Notifier({})), 1)
    assert systemd.told() == ["STATUS=lost: The microphone has stopped working.", "READY=1", "WATCHDOG=1"]


def test_a_coach_that_waits_for_its_microphone_is_alive_and_not_ready_until_it_hears(
    systemd: Systemd, notifier: Notifier
) -> None:
    watch = Watch(notifier)
    contact = LooseContact(QuietRoom(), [Fault("lost", after_s=0, lasts_s=3_600)])
    setup = Setup(Path(), Path(), patience_s=math.inf)
    standby = Standby(VOICE, HummingMouth(), setup, lambda _: None, watch, hushed=lambda: True)
    standby.sleeps = True
    told: list[str] = []

    def wait(seconds: float) -> None:
        told.extend(systemd.told())
        assert seconds <= LONGER_S / 2
        contact.wait(seconds)

    room = SteadyRoom(lambda: watch.watched(contact.open()), standby, wait=wait, clock=contact.clock)
    with pytest.raises(RoomBack):
        room.exchange(SILENCE)
    assert told[0] == "STATUS=lost: There is no microphone."
    assert "READY=1" not in told
    assert told.count("WATCHDOG=1") == told.count(f"EXTEND_TIMEOUT_USEC={LONGER_S}000000") >= 3_600 / 10
    assert [it for it in systemd.told() if it not in told] == ["READY=1", "STATUS=listening"]
