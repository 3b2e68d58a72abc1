"""The speech synthesiser's process: a pyttsx3 driver that returns sound instead of playing it, as a service.

``coach/devices/mouth.py`` runs this file as a program of its own, because espeak-ng is global C state and may
hang: one process, one thread, killed and restarted at will. So the file imports neither the rest of the coach
nor numpy, to start fast. What happens to the sound (resampling, trimming, caching) is the mouth's business.

Why a driver of our own. The Linux driver of pyttsx3 2.99 renders asynchronously, writes a temporary WAV file
and runs ``aplay`` inside the synthesis callback: speech cannot be stopped in mid-word, a missing sound card
goes unnoticed, and properties set between two utterances are lost at random. This one drives espeak-ng
through pyttsx3's own ctypes binding in its *synchronous* mode. It leans on that binding and on
``DriverProxy``, so pyttsx3 is pinned exactly.

The service reads one JSON object a line from standard input and answers each with one on standard output:

    {"properties": {"voice": "en-gb", "pitch": 50}}   ->  {"version": "1.52.0", "sample_rate": 22050}
    {"text": "Halfway.", "rate": 150}                 ->  {"bytes": 31744}, then that many: int16, mono
    {"voices": true}                                  ->  {"voices": [["gmw/en", "en-gb", "English"], ...]}

or with ``{"unknown_voice": ...}`` or ``{"error": ...}``. It ends when its input ends, so with the coach.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, Protocol

import pyttsx3
from pyttsx3.voice import Voice

DRIVER = "pcm"
"""Known to pyttsx3 by this name: ``pyttsx3.init(DRIVER)``, after ``register()``."""

RENDERED = "rendered-utterance"
"""The topic of ``Engine.connect`` under which finished sound is handed over: ``name=<str>, pcm=<bytes>``."""

_DO_NOT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT: without it, missing data ends the process without a word
_BUFFER_MS = 1000  # sound per callback: fewer calls into Python than with the default of 60 ms
_HUNG_S = 30  # the mouth gives up much earlier; this ends a hung process whose coach was killed


class UnknownVoiceError(ValueError):
    """espeak-ng has no such voice, or no such variant of it."""


# --- The driver --------------------------------------------------------------------------------------------


class _Proxy(Protocol):
    """What the driver needs of ``pyttsx3.driver.DriverProxy``."""

    def notify(self, topic: str, **details: object) -> None: ...
    def setBusy(self, busy: bool) -> None: ...  # noqa: N802, FBT001 - pyttsx3's


class PcmDriver:
    """Renders an utterance within ``say`` and hands its sound over under ``RENDERED``; plays nothing.

    The methods are those that ``DriverProxy`` calls, named as it calls them.
    """

    def __init__(self, proxy: _Proxy, espeak: ModuleType) -> None:
        self._proxy = proxy
        self._espeak = espeak
        self._sound = bytearray()
        # Kept here, since the binding declares espeak_GetParameter without its second argument and so reads
        # either the current value or the default. These are espeak-ng's defaults.
        self._properties: dict[str, str | float] = {
            "voice": "gmw/en",
            "rate": 175,
            "pitch": 50,
            "volume": 1.0,
        }
        espeak.SetSynthCallback(self._collect)

    def say(self, text: str) -> None:
        """Render now: espeak-ng is synchronous, so this returns when all sound has been collected."""
        self._proxy.setBusy(True)
        self._proxy.notify("started-utterance")
        self._sound.clear()
        outcome = self._espeak.Synth(text, flags=self._espeak.CHARS_UTF8)
        rendered = outcome == self._espeak.EE_OK
        if rendered:
            self._proxy.notify(RENDERED, pcm=bytes(self._sound))
        else:
            self._proxy.notify("error", exception=RuntimeError(f"espeak_Synth returned {outcome}"))
        self._proxy.notify("finished-utterance", completed=rendered)
        self._proxy.setBusy(False)

    def _collect(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: object) -> int:
        if samples and count > 0:
            self._sound += ctypes.string_at(samples, 2 * count)
        return 0  # go on

    def setProperty(self, name: str, value: str | float) -> None:  # noqa: N802
        """Set ``rate``, ``pitch``, ``volume`` or ``voice`` (identifier, language or name; ``+variant``)."""
        espeak = self._espeak
        match name:
            case "voice":
                self._set_voice(str(value))
            case "rate":
                espeak.SetParameter(espeak.RATE, int(value), 0)
            case "pitch":
                espeak.SetParameter(espeak.PITCH, int(value), 0)
            case "volume":
                espeak.SetParameter(espeak.VOLUME, round(100 * float(value)), 0)
            case _:
                raise KeyError(f"unknown property {name}")
        self._properties[name] = value

    def getProperty(self, name: str) -> str | float | list[Voice]:  # noqa: N802
        """Return what ``setProperty`` was given, or all ``voices``."""
        if name == "voices":
            return list(self._voices())
        return self._properties[name]

    def _set_voice(self, wanted: str) -> None:
        # espeak-ng ignores a variant that it does not know, and finds "gmw/en" by "en" but not by "en-gb".
        base, plus, variant = wanted.partition("+")
        identifiers = {
            spelling.lower(): voice.id
            for voice in self._voices()
            for spelling in (voice.id, voice.id.rpartition("/")[2], voice.name, *voice.languages)
        }
        if base.lower() not in identifiers or (plus and variant not in self._variants()):
            raise UnknownVoiceError(wanted)
        full = identifiers[base.lower()] + plus + variant
        if self._espeak.SetVoiceByName(full.encode()) != self._espeak.EE_OK:
            raise UnknownVoiceError(wanted)

    def _voices(self) -> Iterator[Voice]:
        for found in self._espeak.ListVoices():
            # The languages: one byte of priority, then the code; ctypes sees only the first of several.
            yield Voice(found.identifier.decode(), found.name.decode(), [found.languages[1:].decode()])

    def _variants(self) -> set[str]:
        asked = ctypes.pointer(self._espeak.VOICE(languages=b"variant"))
        return {found.identifier.decode().rpartition("/")[2] for found in self._espeak.ListVoices(asked)}

    def startLoop(self) -> None:  # noqa: N802
        """Let the proxy run its queue. Every command finishes within its call, so there is no loop."""
        self._proxy.setBusy(False)

    def iterate(self) -> Iterator[None]:
        """As ``startLoop``, for an event loop of the caller's."""
        self._proxy.setBusy(False)
        yield

    def endLoop(self) -> None:  # noqa: N802
        """Nothing to do: there is no loop."""

    def stop(self) -> None:
        """Nothing to do: nothing is ever sounding."""

    def destroy(self) -> None:
        """Nothing to do: espeak-ng cannot be initialised twice in a process, so it lives as long."""


def register() -> int:
    """Make ``pyttsx3.init(DRIVER)`` find this driver; return the sample rate in hertz. Once per process.

    Raises:
        RuntimeError: there is no espeak-ng, or its data cannot be read.
    """
    data = _load_espeak_of_the_wheel()
    espeak = importlib.import_module("pyttsx3.drivers._espeak")  # opens the library, so not before this
    rate: int = espeak.Initialize(espeak.AUDIO_OUTPUT_SYNCHRONOUS, _BUFFER_MS, data, _DO_NOT_EXIT)
    if rate <= 0:
        raise RuntimeError("espeak-ng cannot read its voice data")

    module = ModuleType(f"pyttsx3.drivers.{DRIVER}")
    vars(module)["buildDriver"] = lambda proxy: PcmDriver(proxy, espeak)
    sys.modules[module.__name__] = module
    return rate


def _load_espeak_of_the_wheel() -> bytes | None:
    """Load the espeak-ng of the espeakng-loader wheel; return where its data is, or None without the wheel.

    The wheel comes first and the system's library is the fall-back, because the wheel is installed with the
    coach: a line sounds and lasts the same on every machine, whichever espeak-ng its distribution has. Loaded
    first, it is what pyttsx3 gets when it opens ``libespeak-ng.so.1``: the linker knows it by its SONAME.
    """
    try:
        wheel = importlib.import_module("espeakng_loader")
        ctypes.CDLL(wheel.get_library_path(), ctypes.RTLD_GLOBAL)
    except (ImportError, OSError):  # no wheel for this machine, or one that does not fit its C library
        return None
    # espeak-ng cuts paths off at 160 bytes, and a virtual environment can lie deep: so a relative one.
    data = Path(wheel.get_data_path())
    os.chdir(data.parent)
    return os.fsencode(data.name)


# --- The service -------------------------------------------------------------------------------------------


class _Service:
    """Answers requests, one at a time, with pyttsx3's engine."""

    def __init__(self) -> None:
        self._sample_rate = register()
        self._rendered: list[bytes] = []
        self._errors: list[Exception] = []
        self._engine = pyttsx3.init(DRIVER)
        # The proxy swallows what a command raises, and tells those who have connected.
        self._engine.connect("error", lambda exception, **_: self._errors.append(exception))
        self._engine.connect(RENDERED, lambda pcm, **_: self._rendered.append(pcm))

    def answer(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        match request:
            case {"text": str(text), "rate": int(rate)}:
                self._rendered.clear()
                self._run({"rate": rate}, text)
                sound = b"".join(self._rendered)
                return {"bytes": len(sound)}, sound
            case {"properties": dict(properties)}:
                self._run(properties)
                version = sys.modules["pyttsx3.drivers._espeak"].Info().decode()
                return {"version": version, "sample_rate": self._sample_rate}, b""
            case {"voices": True}:
                voices = self._engine.getProperty("voices")
                return {"voices": [(voice.id, voice.languages[0], voice.name) for voice in voices]}, b""
            case _:
                raise ValueError(f"cannot answer {request}")

    def _run(self, properties: dict[str, str | float], text: str = "") -> None:
        self._errors.clear()
        for name, value in properties.items():
            self._engine.setProperty(name, value)
        self._engine.say(text)  # the engine passes over an empty one
        self._engine.runAndWait()
        if self._errors:
            raise self._errors[0]


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer each line of ``requests`` until there are no more."""
    service = None
    for line in requests:
        sound = b""
        signal.alarm(_HUNG_S)  # unhandled, so that it ends even a process that hangs in C
        try:
            service = service or _Service()
            answer, sound = service.answer(json.loads(line))
        except UnknownVoiceError as unknown:
            answer = {"unknown_voice": str(unknown)}
        except (RuntimeError, ValueError, KeyError) as fault:
            answer = {"error": f"{type(fault).__name__}: {fault}"}
        signal.alarm(0)
        answers.write(json.dumps(answer).encode() + b"\n" + sound)
        answers.flush()


def main() -> None:
    """Serve standard input and output; whatever a library prints goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
