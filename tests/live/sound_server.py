"""A private sound server for tests: PulseAudio with a virtual loudspeaker and a virtual microphone.

It needs no sound card, no session bus and no rights, and it does not touch a sound server that already runs: it
has its own home, its own runtime folder, its own socket. A child process started with :attr:`SoundServer.env`
finds one microphone and one loudspeaker, and nothing else; what it plays can be recorded here, and what is played
here is what it hears. As in every room there is some noise: a soft hum, without which a microphone would deliver
nothing but zeros, and be taken for one that is switched off.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NEEDED = {
    "pulseaudio": "pulseaudio",
    "pactl": "pulseaudio-utils",
    "parec": "pulseaudio-utils",
    "paplay": "pulseaudio-utils",
}
"""Programs, and the Debian packages they come in."""

_ALSA_TO_PULSE = "alsa-lib/libasound_module_pcm_pulse.so"

RATE = 16_000

SPEAKER = "coach_speaker"
MICROPHONE = "coach_microphone"
_AIR = "room_air"
_START_S = 20.0

_ASOUNDRC = """\
pcm.!default { type pulse }
ctl.!default { type pulse }
"""

# module-remap-source makes a real source of the air's monitor; a monitor would not be chosen as a microphone.
_SCRIPT = """\
load-module module-native-protocol-unix auth-anonymous=1 socket={folder}/pulse
load-module module-cli-protocol-unix socket={folder}/control
load-module module-null-sink sink_name={speaker} rate=48000 channels=2 norewinds=1
load-module module-null-sink sink_name={air} rate=48000 channels=1 norewinds=1
load-module module-sine sink={air} frequency=50
{plug_in}
set-default-sink {speaker}
"""

_PLUG_IN = f"""\
load-module module-remap-source source_name={MICROPHONE} master={_AIR}.monitor channels=1
set-default-source {MICROPHONE}"""

_HUM = 3_000
"""The volume of the hum, of 65,536: a ten-thousandth of full scale, -80 dB."""


def missing_programs() -> str:
    """Why there can be no sound server here, with the remedy; empty if there can."""
    missing = {package for program, package in NEEDED.items() if shutil.which(program) is None}
    if find_library("portaudio") is None:
        missing.add("libportaudio2")
    if not any(path for folder in ("lib*", "lib/*") for path in Path("/usr").glob(f"{folder}/{_ALSA_TO_PULSE}")):
        missing.add("libasound2-plugins")
    return f"no sound server: type 'sudo apt install {' '.join(sorted(missing))}'" if missing else ""


class Recording:
    """What the virtual loudspeaker plays, from the moment this exists until :meth:`stop`."""

    def __init__(self, server: "SoundServer") -> None:
        self._parec = subprocess.Popen(
            ["parec", f"--device={SPEAKER}.monitor", f"--rate={RATE}", "--channels=1", "--format=s16le", "--raw",
             "--latency-msec=20"],
            env=server.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._chunks: list[bytes] = []
        self._started = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._started.wait(_START_S):
            self._parec.kill()
            raise TimeoutError("the virtual loudspeaker delivers nothing to record")

    def stop(self) -> NDArray[np.int16]:
        """End it and return the samples: 16 kHz, mono."""
        self._parec.terminate()
        self._parec.wait(_START_S)
        self._reader.join(_START_S)
        sound = b"".join(self._chunks)
        return np.frombuffer(sound[: len(sound) // 2 * 2], "<i2")

    def _read(self) -> None:
        assert self._parec.stdout is not None
        while chunk := os.read(self._parec.stdout.fileno(), 1 << 16):
            self._chunks.append(chunk)
            self._started.set()


@dataclass
class SoundServer:
    """The running server; made by :func:`running_sound_server`.

    Attributes:
        folder: its own folder, with the home and runtime folder of its clients.
        env: the environment for a child process that shall live with it.
    """

    folder: Path
    env: dict[str, str]
    _process: subprocess.Popen[bytes]

    def record_speaker(self) -> Recording:
        """Begin to record what the loudspeaker plays; returns when the recording runs."""
        return Recording(self)

    def play_into_microphone(self, wav: Path) -> None:
        """Let the microphone hear a WAV file; returns when it has been played to its end."""
        self.start_playing_into_microphone(wav).wait(60 + _START_S)

    def start_playing_into_microphone(self, wav: Path) -> subprocess.Popen[bytes]:
        """Let the microphone hear a WAV file; returns at once, with the player."""
        return subprocess.Popen(
            ["paplay", f"--device={_AIR}", "--latency-msec=200", str(wav)],
            env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def unplug_microphone(self) -> None:
        """Take the microphone away from whoever records from it.

        Unloading the module is not enough: PulseAudio would move the recording streams to another source. Whoever
        asks for the default now gets what every PulseAudio without a microphone has: what the loudspeaker plays.
        """
        self._end_streams("source-output", MICROPHONE)
        self._control("unload-module module-remap-source")
        self._control(f"set-default-source {SPEAKER}.monitor")

    def plug_in_microphone(self) -> None:
        """Bring it back."""
        for command in _PLUG_IN.splitlines():
            self._control(command)

    def switch_microphone(self, *, on: bool) -> None:
        """Use the switch on the microphone: switched off it is still there, and delivers zeros."""
        self._control(f"set-source-mute {MICROPHONE} {0 if on else 1}")

    def unplug_speaker(self) -> None:
        """Take the loudspeaker away from whoever plays through it; the server forgets nothing else."""
        self._end_streams("sink-input", SPEAKER)

    def freeze(self) -> None:
        """Stop the server without ending it: its streams stay open and nothing moves."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the server at once. Calling it again does nothing."""
        self._process.kill()
        self._process.wait()

    def start_again(self) -> None:
        """Start it anew after a :meth:`kill`; returns when it answers."""
        self._process = _start(self.folder, self.env)
        _wait_until_it_answers(self)

    def _quieten_hum(self) -> None:
        (hum,) = (it for it in self._control("list-sink-inputs").split("index: ")[1:] if "module-sine" in it)
        self._control(f"set-sink-input-volume {int(re.match(r'[0-9]+', hum)[0])} {_HUM}")  # type: ignore[index]

    def _end_streams(self, kind: str, device: str) -> None:
        for stream in self._control(f"list-{kind}s").split("index: ")[1:]:
            if f"<{device}>" in stream:
                self._control(f"kill-{kind} {int(re.match(r'[0-9]+', stream)[0])}")  # type: ignore[index]

    def _control(self, command: str) -> str:
        """Say something to the server's own console, which can do more than pactl."""
        with socket.socket(socket.AF_UNIX) as console:
            console.settimeout(_START_S)
            console.connect(str(self.folder / "control"))
            console.sendall(f"{command}\n".encode())
            console.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: console.recv(1 << 16), b"")).decode()


@contextmanager
def running_sound_server(folder: Path) -> Iterator[SoundServer]:
    """Start a sound server that lives in an empty folder (with a short path: its sockets' names are limited)."""
    home, runtime = folder / "home", folder / "run"
    for private in (home, runtime):
        private.mkdir(mode=0o700)
    (home / ".asoundrc").write_text(_ASOUNDRC)
    (folder / "start.pa").write_text(_SCRIPT.format(folder=folder, speaker=SPEAKER, air=_AIR, plug_in=_PLUG_IN))
    passed_on = {"PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR"}
    env = {name: value for name, value in os.environ.items() if name in passed_on} | {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "PULSE_SERVER": f"unix:{folder}/pulse",
        "PULSE_COOKIE": str(folder / "cookie"),
    }
    server = SoundServer(folder, env, _start(folder, env))
    try:
        _wait_until_it_answers(server)
        yield server
    finally:
        server.kill()


def _start(folder: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    for stale in ("pulse", "control"):  # what is left of a server that was killed
        (folder / stale).unlink(missing_ok=True)
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
             "--disallow-exit=no", "--realtime=no", "--high-priority=no", "-F", str(folder / "start.pa")],
            env=env, stdout=log, stderr=log,
        )  # fmt: skip


def _wait_until_it_answers(server: SoundServer) -> None:
    """Each question takes some milliseconds, so that asking again and again is waiting enough."""
    for _ in range(1_000):
        asked = subprocess.run(
            ["pactl", "list", "short", "sources"], env=server.env, capture_output=True, check=False
        )
        if MICROPHONE.encode() in asked.stdout:
            server._quieten_hum()
            return
        if server._process.poll() is not None:
            break
    raise RuntimeError("the sound server does not start:\n" + (server.folder / "log").read_text())
