"""The machine: clock, power, temperature, memory, processor; read from the kernel's own files.

Everything is read below a root that can be named, so that the states of a Raspberry Pi can be tried with plain
text. ``vcgencmd`` is not needed: the firmware's word stands in ``soc:firmware/get_throttled``, and the kernel's
driver ``rpi_volt`` has an alarm of its own. What a machine does not have is not judged.
"""

import ctypes
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from coach.doctor import Finding

_found = partial(Finding, "machine")

RELEASED: Final = datetime(2026, 11, 1, tzinfo=UTC)
"""Nothing of this coach was published before: a clock that shows an earlier day is wrong."""

_YEARS_S: Final = 20 * 365.25 * 86_400

UNDER_VOLTAGE, CAPPED, THROTTLED, SOFT_LIMIT = 1 << 0, 1 << 1, 1 << 2, 1 << 3
"""Bits of ``get_throttled``, as they are now; sixteen further up: since the machine was switched on."""

SINCE = 16

WARM_C, HOT_C = 70.0, 80.0
"""A Raspberry Pi slows down from 80 °C on (a 3B+ from 60)."""

LITTLE_MB, TOO_LITTLE_MB = 200, 80
"""The coach itself takes about 150 MB."""

_STA_UNSYNC = 0x40
_STATUS_AT = 40
"""Where the status stands in ``struct timex`` of a 64-bit Linux: after a padded int and four longs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineMeasured:
    """What the kernel tells. None: this machine does not tell.

    Attributes:
        now: what the clock shows.
        synchronised: whether something keeps it right, by the network or a radio.
        rtc_off_s: how far the battery-backed clock is from it; None if there is no such clock.
        throttled: the firmware's bits.
        under_voltage: the kernel's alarm.
        celsius: the hottest place.
        governor: how the processor's speed is chosen.
        mhz: its speed now.
        most_mhz: its highest.
        load: processes that want to run, on average of the last minute.
        cores: how many there are for them.
        free_mb: memory that a program can still have, in million bytes.
        total_mb: all there is.
        board: what it is.
    """

    now: datetime
    synchronised: bool | None = None
    rtc_off_s: float | None = None
    throttled: int | None = None
    under_voltage: bool | None = None
    celsius: float | None = None
    governor: str | None = None
    mhz: int | None = None
    most_mhz: int | None = None
    load: float | None = None
    cores: int | None = None
    free_mb: int | None = None
    total_mb: int | None = None
    board: str | None = None


def look(root: Path = Path("/"), now: datetime | None = None) -> MachineMeasured:
    """Read what the kernel tells.

    Args:
        root: where its files are.
        now: what the clock shows; None to look.
    """
    shown = now or datetime.now(UTC)
    memory = _text(root / "proc/meminfo")
    cpu = root / "sys/devices/system/cpu/cpu0/cpufreq"
    return MachineMeasured(
        now=shown,
        synchronised=_synchronised(root),
        rtc_off_s=_rtc_off_s(root, shown),
        throttled=_throttled(root),
        under_voltage=_under_voltage(root),
        celsius=_celsius(root),
        governor=_text(cpu / "scaling_governor") or None,
        mhz=_thousandth(cpu / "scaling_cur_freq"),
        most_mhz=_thousandth(cpu / "cpuinfo_max_freq"),
        load=_load(root),
        cores=len(re.findall(r"^cpu\d+", _text(root / "proc/stat"), re.MULTILINE)) or None,
        free_mb=_memory(memory, "MemAvailable"),
        total_mb=_memory(memory, "MemTotal"),
        board=_text(root / "proc/device-tree/model").rstrip("\0") or None,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _number(path: Path, base: int = 10) -> int | None:
    try:
        return int(_text(path), base)
    except ValueError:
        return None


def _thousandth(path: Path) -> int | None:
    number = _number(path)
    return None if number is None else number // 1000


def _synchronised(root: Path) -> bool | None:
    """Ask the kernel, which every time service tells; in a root of one's own, systemd's mark alone."""
    if (root / "run/systemd/timesync/synchronized").exists():
        return True
    if root != Path("/"):
        return False
    buffer = ctypes.create_string_buffer(512)  # with no mode set, the call only reads
    if ctypes.sizeof(ctypes.c_long) != 8 or ctypes.CDLL(None).adjtimex(buffer) < 0:
        return None
    status = int.from_bytes(buffer.raw[_STATUS_AT : _STATUS_AT + 4], "little")
    return not status & _STA_UNSYNC


def _rtc_off_s(root: Path, now: datetime) -> float | None:
    shown = _number(root / "sys/class/rtc/rtc0/since_epoch")
    return None if shown is None else shown - now.timestamp()


def _throttled(root: Path) -> int | None:
    platform = root / "sys/devices/platform"
    for pattern in ("soc*/*firmware*/get_throttled", "*firmware*/get_throttled"):
        for path in sorted(platform.glob(pattern)):
            return _number(path, 16)
    return None


def _under_voltage(root: Path) -> bool | None:
    for name in sorted((root / "sys/class/hwmon").glob("hwmon*/name")):
        if _text(name) == "rpi_volt":
            alarm = _number(name.with_name("in0_lcrit_alarm"))
            return None if alarm is None else bool(alarm)
    return None


def _celsius(root: Path) -> float | None:
    zones = (root / "sys/class/thermal").glob("thermal_zone*/temp")
    known = [degrees / 1000 for zone in zones if (degrees := _number(zone)) is not None]
    plausible = [degrees for degrees in known if 0 < degrees < 130]  # some zones have no sensor, and invent one
    return max(plausible, default=None)


def _load(root: Path) -> float | None:
    first = _text(root / "proc/loadavg").split()[:1]
    try:
        return float(first[0]) if first else None
    except ValueError:
        return None


def _memory(told: str, name: str) -> int | None:
    match = re.search(rf"^{name}:\s*(\d+) kB", told, re.MULTILINE)
    return int(match[1]) * 1024 // 10**6 if match else None


# --- Judging ---------------------------------------------------------------------------------------------


def judge(it: MachineMeasured) -> tuple[Finding, ...]:
    """Return what follows from what the kernel tells."""
    board = [_found("board", "ok", f"This is a {it.board}.", figures={"board": it.board})] if it.board else []
    judged = (_clock(it), *_power(it), *_heat(it), *_processor(it), *_memory_left(it))
    return (*board, *judged)


def _clock(it: MachineMeasured) -> Finding:
    shown = f"{it.now:%Y-%m-%d %H:%M} UTC"
    rtc = None if it.rtc_off_s is None else round(it.rtc_off_s)
    figures = {"synchronised": it.synchronised, "rtc_off_s": rtc}
    age = (it.now - RELEASED).total_seconds()
    if age < 0 or age > _YEARS_S:
        return _found(
            "clock",
            "trouble",
            f"The clock is wrong: it shows {shown}.",
            "Let the machine reach the network for a minute (the coach itself stays offline), set it by hand with "
            "sudo date -s, or add a battery-backed clock.",
            figures=figures,
        )
    if it.synchronised:
        return _found("clock", "ok", f"The clock shows {shown} and is kept right.", figures=figures)
    if rtc is not None and abs(rtc) <= 60:
        what = f"The clock shows {shown}, as the battery-backed one does; nothing else keeps it right."
        return _found("clock", "ok", what, figures=figures)
    return _found(
        "clock",
        "note",
        f"The clock shows {shown}, and nothing keeps it right"
        + ("." if rtc is None else f"; the battery-backed one differs by {abs(rtc)} s."),
        "Without network and battery it stands still while the power is off, and reminders come late: add a "
        "battery-backed clock, or the network now and then.",
        figures=figures,
    )


def _power(it: MachineMeasured) -> tuple[Finding, ...]:
    if it.throttled is None and it.under_voltage is None:
        return ()
    bits = it.throttled or 0
    figures = {"throttled": None if it.throttled is None else hex(it.throttled), "under_voltage": it.under_voltage}
    remedy = "Use the power supply made for this board and a short, thick cable; take USB devices off it."
    if it.under_voltage or bits & UNDER_VOLTAGE:
        return (
            _found(
                "power", "trouble", "The power supply is too weak: under-voltage now.", remedy, figures=figures
            ),
        )
    if bits >> SINCE & UNDER_VOLTAGE:
        what = "The power supply was too weak at least once since the machine was switched on."
        return (_found("power", "note", what, remedy, figures=figures),)
    return (_found("power", "ok", "The power supply is strong enough.", figures=figures),)


def _heat(it: MachineMeasured) -> tuple[Finding, ...]:
    bits = it.throttled or 0
    degrees = f"{it.celsius:.0f} °C" if it.celsius is not None else "temperature unknown"
    figures = {"celsius": it.celsius, "throttled": None if it.throttled is None else hex(it.throttled)}
    remedy = "Give it air: open the case, add a heat sink or a fan, move it away from what is warm."
    slowed = THROTTLED | SOFT_LIMIT | CAPPED
    if bits & slowed or (it.celsius is not None and it.celsius >= HOT_C):
        what = f"The processor is slowed down, or about to be: {degrees}."
        return (_found("hot", "trouble", what, remedy, figures=figures),)
    if bits >> SINCE & slowed:
        what = f"The processor was slowed down at least once since the machine was switched on; now {degrees}."
        return (_found("hot", "note", what, remedy, figures=figures),)
    if it.celsius is None:
        return ()
    if it.celsius >= WARM_C:
        return (_found("hot", "note", f"The processor is warm: {degrees}.", remedy, figures=figures),)
    return (_found("heat", "ok", f"The processor is not too warm: {degrees}.", figures=figures),)


def _processor(it: MachineMeasured) -> tuple[Finding, ...]:
    findings = []
    if it.governor == "powersave":
        findings.append(
            _found(
                "governor",
                "note",
                f"The processor is kept slow to save power ({it.mhz} of {it.most_mhz} MHz).",
                "echo ondemand | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
                {"governor": it.governor, "mhz": it.mhz, "most_mhz": it.most_mhz},
            )
        )
    if it.load is None or it.cores is None:
        return tuple(findings)
    load, figures = f"{it.load:.1f} for {it.cores} cores", {"load": it.load, "cores": it.cores}
    if it.load > it.cores:
        what = f"The machine was busy before this: load {load}."
        remedy = "End other programs; what was measured of speed and lost sound would be better without them."
        findings.append(_found("load", "note", what, remedy, figures=figures))
    else:
        findings.append(_found("load", "ok", f"The machine is not overloaded: load {load}.", figures=figures))
    return tuple(findings)


def _memory_left(it: MachineMeasured) -> tuple[Finding, ...]:
    if it.free_mb is None or it.total_mb is None:
        return ()
    what = f"{it.free_mb:,} of {it.total_mb:,} MB of memory can still be used"
    figures = {"free_mb": it.free_mb, "total_mb": it.total_mb}
    remedy = "End other programs (a browser, a desktop), or choose a smaller model: coach ears."
    if it.free_mb < TOO_LITTLE_MB:
        return (_found("memory", "trouble", f"Only {what}.", remedy, figures=figures),)
    if it.free_mb < LITTLE_MB:
        return (_found("memory", "note", f"Only {what}.", remedy, figures=figures),)
    return (_found("memory", "ok", f"{what}.", figures=figures),)
