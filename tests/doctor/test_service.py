"""How the service fares and whether the network is refused, from plain values and once for real."""

from dataclasses import replace

import pytest

from coach.devices.crashes import Record
from coach.doctor import Finding
from coach.doctor.service import ServiceSeen, judge, judge_offline, network_is_refused

RUNNING = {
    "LoadState": "loaded",
    "UnitFileState": "enabled",
    "ActiveState": "active",
    "SubState": "running",
    "ActiveEnterTimestamp": "Sun 2026-11-22 18:24:54 UTC",
    "NRestarts": "2",
    "StatusText": "listening",
}
SEEN = ServiceSeen(
    kind="user",
    name="the service of this user",
    properties=RUNNING,
    record=Record(),
    lingers=True,
    closed=True,
)


def gists(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(it.key, it.judgement) for it in findings]


def test_a_service_that_listens_is_well():
    found = judge([SEEN], Record())
    assert gists(found) == [("service", "ok"), ("crashes", "ok")]
    assert "It says: listening." in found[0].what


def test_what_the_service_says_ends_with_one_full_stop():
    lost = replace(SEEN, properties=RUNNING | {"StatusText": "lost: There is no microphone."})
    assert "It says: lost: There is no microphone. " in f"{judge([lost], Record())[0].what} "


def test_without_a_service_nothing_is_wrong():
    assert gists(judge([], Record())) == [("service", "ok"), ("crashes", "ok")]


@pytest.mark.parametrize(
    ("change", "key", "judgement", "remedy"),
    [
        ({"properties": RUNNING | {"ActiveState": "failed"}}, "service", "trouble", "journalctl --user -u coach"),
        (
            {"properties": RUNNING | {"StatusText": "deaf: the microphone is silent"}},
            "service",
            "trouble",
            "microphone",
        ),
        (
            {"properties": RUNNING | {"StatusText": "lost: There is no microphone."}},
            "service",
            "trouble",
            "devices",
        ),
        ({"properties": RUNNING | {"ActiveState": "inactive"}}, "service", "note", "systemctl --user start coach"),
        (
            {"unreachable": ("There is no systemd.", "Start it by hand."), "properties": {}},
            "service",
            "note",
            "by hand",
        ),
        ({"lingers": False}, "lingering", "note", "enable-linger"),
        ({"closed": False}, "service_network", "note", "coach service install"),
    ],
)
def test_each_state_of_the_service_is_told_with_its_remedy(change, key, judgement, remedy):
    found = {it.key: it for it in judge([replace(SEEN, **change)], Record())}
    assert found[key].judgement == judgement
    assert remedy in found[key].remedy


def test_the_service_of_the_system_is_steered_with_sudo():
    seen = replace(SEEN, kind="system", properties=RUNNING | {"ActiveState": "failed"})
    assert "sudo systemctl restart coach" in judge([seen], Record())[0].remedy


def test_two_services_want_the_same_microphone():
    found = judge([SEEN, replace(SEEN, kind="system")], Record())
    assert any("both want the microphone" in it.what for it in found)


def test_the_reason_of_the_last_crash_is_told():
    found = judge([], Record(crashes=1, reason="The disk is full."))[-1]
    assert (found.key, found.judgement) == ("crashes", "note")
    assert "The disk is full." in found.what


def test_what_only_root_may_see_of_the_crashes_is_not_known_which_is_not_well():
    unseen = replace(SEEN, kind="system", record=None)
    for seen, record in (([unseen], Record()), ([SEEN, unseen], Record()), ([], None)):
        found = judge(seen, record)[-1]
        assert (found.key, found.judgement) == ("crashes", "note")
        assert "by root only" in found.what
        assert "sudo coach service status" in found.remedy


def test_a_crash_that_is_known_is_told_whatever_may_not_be_seen():
    crashed = Record(crashes=1, reason="The disk is full.")
    for seen, record in (
        ([replace(SEEN, record=crashed), replace(SEEN, record=None)], Record()),
        ([replace(SEEN, record=None)], crashed),
    ):
        assert "The disk is full." in judge(seen, record)[-1].what


def test_safe_mode_is_trouble():
    found = judge([], Record(running=True, crashes=3, reason="It was killed."))[-1]
    assert (found.key, found.judgement) == ("crashes", "trouble")
    assert "3 times in a row" in found.what
    assert "safe mode" in found.what
    assert "--bundle" in found.remedy


def test_the_network_is_really_refused():
    assert network_is_refused() is True


def test_a_network_that_is_not_refused_is_trouble():
    assert judge_offline(refused=True).judgement == "ok"
    assert judge_offline(refused=None).judgement == "note"
    assert judge_offline(refused=False).judgement == "trouble"
