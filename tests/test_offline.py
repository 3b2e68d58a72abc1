"""Offline, enforced. An audit hook cannot be taken out again: everything is tried in a process of its own."""

import subprocess
import sys

PREAMBLE = """
import asyncio, socket, sys
from coach.offline import OfflineBroken, refused, stay_offline
stay_offline()
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
tcp6 = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
"""


def run(code: str) -> str:
    """What the code prints after ``stay_offline()``."""
    child = subprocess.run([sys.executable, "-c", PREAMBLE + code], capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    return child.stdout


REACHES_OUT = (
    "tcp.connect(('192.0.2.1', 80))",
    "tcp.connect_ex(('192.0.2.1', 80))",
    "tcp.connect(('127.0.0.1', 80))",
    "tcp6.connect(('2001:db8::1', 80))",
    "tcp.bind(('0.0.0.0', 0))",
    "tcp6.bind(('::', 0))",
    "udp.sendto(b'hello', ('192.0.2.1', 53))",
    "udp.sendmsg([b'hello'], [], 0, ('192.0.2.1', 53))",
    "socket.create_connection(('192.0.2.1', 80))",
    "socket.getaddrinfo('example.org', 80)",
    "socket.getaddrinfo(b'example.org', 80)",
    "socket.gethostbyname('example.org')",
    "socket.gethostbyname_ex('example.org')",
    "socket.gethostbyaddr('192.0.2.1')",
    "socket.getnameinfo(('192.0.2.1', 80), 0)",
    "asyncio.run(asyncio.open_connection('192.0.2.1', 80))",
    "sys.modules['_socket'].socket(socket.AF_INET).connect(('192.0.2.1', 80))",
)


def test_every_way_to_the_network_is_refused() -> None:
    tries = "\n".join(
        f"""
try:
    {attempt}
    print("NOT REFUSED", {attempt!r})
except OfflineBroken:
    print("refused")
"""
        for attempt in REACHES_OUT
    )
    assert run(tries).splitlines() == ["refused"] * len(REACHES_OUT)


def test_what_stays_on_the_machine_is_allowed() -> None:
    allowed = """
from pathlib import Path
from tempfile import TemporaryDirectory
left, right = socket.socketpair()
left.sendall(b"ready")
assert right.recv(5) == b"ready"
with TemporaryDirectory() as directory:
    place = str(Path(directory) / "notify")
    service, coach = (socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2))
    service.bind(place)
    coach.sendto(b"READY=1", place)
    coach.connect(place)
    coach.send(b"WATCHDOG=1")
    print(service.recv(99), service.recv(99))
socket.getaddrinfo("localhost", 80)
socket.getaddrinfo(None, 80)
socket.gethostbyname("localhost")
asyncio.run(asyncio.sleep(0))
print(refused())
"""
    assert run(allowed) == "b'READY=1' b'WATCHDOG=1'\n()\n"


def test_a_swallowed_refusal_is_still_on_record() -> None:
    swallowing = """
try:
    tcp.connect(("192.0.2.1", 80))
except Exception:
    pass
print(refused())
"""
    assert run(swallowing) == """("socket.connect ('192.0.2.1', 80)",)\n"""


def test_refusing_twice_is_refusing_once() -> None:
    twice = """
stay_offline()
try:
    socket.gethostbyname("example.org")
except OfflineBroken as broken:
    print(len(refused()), broken)
"""
    told = run(twice)
    assert told.startswith(
        "1 Something in the coach tried to reach the network (socket.gethostbyname 'example.org')"
    )
    assert "report it" in told


def test_the_libraries_load_and_ask_for_nothing_outside() -> None:
    # Without its system library (PortAudio), sounddevice cannot load: it asks for nothing all the same.
    loading = """
import transitions, pyttsx3, vosk
try:
    import sounddevice
except OSError:
    pass
print(*refused(), sep="\\n")
"""
    asked = run(loading).split("\n")
    # urllib3, which vosk brings along, tries on import whether it could bind to IPv6 loopback.
    assert set(asked) <= {"", "socket.bind ('::1', 0)"}
