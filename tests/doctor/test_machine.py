"""The states of a machine, above all of a Raspberry Pi, from plain text of the kernel's."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coach.doctor.machine import RELEASED, MachineMeasured, judge, look

NOW = datetime(2027, 3, 1, 7, 30, tzinfo=UTC)

PI = {
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "proc/meminfo": "MemTotal:        1894816 kB\nMemFree:          100000 kB\nMemAvailable:    1200000 kB\n",
    "proc/loadavg": "0.42 0.30 0.11 1/123 4567\n",
    "proc/stat": "cpu  1 2 3\ncpu0 1 2 3\ncpu1 1 2 3\ncpu2 1 2 3\ncpu3 1 2 3\nintr 1\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    "sys/class/hwmon/hwmon0/name": "cpu_thermal\n",
    "sys/class/hwmon/hwmon1/name": "rpi_volt\n",
    "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0\n",
    "sys/class/thermal/thermal_zone0/temp": "48199\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "1500000\n",
    "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "1800000\n",
    "run/systemd/timesync/synchronized": "",
}


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    for name, text in PI.items():
        write(tmp_path, name, text)
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def told(it: MachineMeasured) -> dict[str, tuple[str, str, str]]:
    return {finding.key: (finding.judgement, finding.what, finding.remedy) for finding in judge(it)}


def test_a_healthy_raspberry_pi_is_read_to_the_last_figure(pi):
    assert look(pi, NOW) == MachineMeasured(
        now=NOW,
        synchronised=True,
        rtc_off_s=None,
        throttled=0,
        under_voltage=False,
        celsius=48.199,
        governor="ondemand",
        mhz=1500,
        most_mhz=1800,
        load=0.42,
        cores=4,
        free_mb=1228,
        total_mb=1940,
        board="Raspberry Pi 4 Model B Rev 1.4",
    )


def test_on_a_healthy_raspberry_pi_nothing_has_to_be_done(pi):
    found = told(look(pi, NOW))
    assert {judgement for judgement, _, _ in found.values()} == {"ok"}
    assert found["power"][1] == "The power supply is strong enough."
    assert found["heat"][1].endswith("48 °C.")


@pytest.mark.parametrize(
    ("bits", "key", "judgement", "says"),
    [
        ("50005", "power", "trouble", "under-voltage now"),
        ("50005", "hot", "trouble", "slowed down"),
        ("50000", "power", "note", "at least once since"),
        ("50000", "hot", "note", "was slowed down at least once"),
        ("80008", "hot", "trouble", "slowed down"),
        ("80000", "hot", "note", "at least once"),
        ("20000", "hot", "note", "at least once"),
        ("10000", "power", "note", "too weak at least once"),
        ("2", "hot", "trouble", "slowed down"),
    ],
)
def test_each_state_of_throttling_is_told_with_its_remedy(pi, bits, key, judgement, says):
    write(pi, "sys/devices/platform/soc/soc:firmware/get_throttled", f"{bits}\n")
    found = told(look(pi, NOW))
    assert found[key][0] == judgement
    assert says in found[key][1]
    assert ("power supply" if key == "power" else "heat sink") in found[key][2]


def test_the_kernels_alarm_of_under_voltage_suffices(pi):
    (pi / "sys/devices/platform/soc/soc:firmware/get_throttled").unlink()
    write(pi, "sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    assert told(look(pi, NOW))["power"][0] == "trouble"


def test_another_boards_place_of_the_firmware_is_found(tmp_path):
    write(tmp_path, "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled", "50000\n")
    assert look(tmp_path, NOW).throttled == 0x50000


def test_what_a_machine_does_not_tell_is_not_judged(tmp_path):
    found = told(look(tmp_path, NOW))
    assert set(found) == {"clock"}


@pytest.mark.parametrize("nonsense", ["", "garbage", "\xff\xfe", "0x", "-"])
def test_nonsense_in_the_kernels_files_is_no_figure(pi, nonsense):
    for name in PI:
        if name != "run/systemd/timesync/synchronized":
            write(pi, name, nonsense)
    found = look(pi, NOW)
    assert (found.throttled, found.celsius, found.load, found.free_mb, found.mhz) == (None,) * 5
    judge(found)


def test_a_zone_without_a_sensor_is_left_out(pi):
    write(pi, "sys/class/thermal/thermal_zone1/temp", "-274000\n")
    assert look(pi, NOW).celsius == pytest.approx(48.199)


@pytest.mark.parametrize(
    ("celsius", "key", "judgement"), [(48, "heat", "ok"), (74, "hot", "note"), (82, "hot", "trouble")]
)
def test_heat_is_judged_by_its_degrees(pi, celsius, key, judgement):
    found = told(replace(look(pi, NOW), celsius=celsius))
    assert found[key][0] == judgement
    assert f"{celsius} °C" in found[key][1]


@pytest.mark.parametrize(("free_mb", "judgement"), [(900, "ok"), (150, "note"), (40, "trouble")])
def test_memory_is_judged_by_what_is_left(pi, free_mb, judgement):
    found = told(replace(look(pi, NOW), free_mb=free_mb))["memory"]
    assert found[0] == judgement
    assert bool(found[2]) == (judgement != "ok")


def test_a_busy_machine_and_a_slow_governor_are_noted(pi):
    found = told(replace(look(pi, NOW), load=6.5, governor="powersave"))
    assert found["load"][:2] == ("note", "The machine was busy before this: load 6.5 for 4 cores.")
    assert "ondemand" in found["governor"][2]


@pytest.mark.parametrize(
    "wrong", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2024, 7, 4, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)]
)
def test_a_clock_from_before_the_release_or_from_far_ahead_is_trouble(pi, wrong):
    judgement, what, remedy = told(look(pi, wrong))["clock"]
    assert judgement == "trouble"
    assert f"{wrong:%Y-%m-%d}" in what
    assert "sudo date -s" in remedy


def test_nothing_was_released_tomorrow():
    assert datetime(2026, 12, 1, tzinfo=UTC) > RELEASED


def test_a_clock_that_nothing_keeps_right_is_noted_unless_a_battery_does(pi):
    (pi / "run/systemd/timesync/synchronized").unlink()
    judgement, _, remedy = told(look(pi, NOW))["clock"]
    assert judgement == "note"
    assert "battery-backed clock" in remedy
    write(pi, "sys/class/rtc/rtc0/since_epoch", f"{round(NOW.timestamp()) + 3}\n")
    assert told(look(pi, NOW))["clock"][0] == "ok"
    write(pi, "sys/class/rtc/rtc0/since_epoch", "86400\n")
    judgement, what, _ = told(look(pi, NOW))["clock"]
    assert judgement == "note"
    assert "differs by" in what


def test_this_very_machine_can_be_looked_at():
    found = look()
    assert abs((found.now - datetime.now(UTC)).total_seconds()) < 60
    assert judge(found)
