"""Which devices there are and who holds them, from plain text of the kernel's."""

from dataclasses import replace
from pathlib import Path

import pytest

from coach.devices.room import Device
from coach.doctor.devices import DevicesFound, Holder, cards, holders, judge, without_portaudio
from coach.errors import RoomLost

CARDS = """\
 0 [vc4hdmi        ]: vc4-hdmi - vc4-hdmi
                      vc4-hdmi
 1 [Device         ]: USB-Audio - USB PnP Sound Device
                      C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.2, full speed
"""
RUNNING = "state: RUNNING\nowner_pid   : 812\ntrigger_time: 1101.147470817\ntstamp      : 1104.422995946\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine with two cards, one of them recorded from."""
    asound = tmp_path / "proc" / "asound"
    for name, status in (("card0/pcm0p", "closed\n"), ("card1/pcm0p", "closed\n"), ("card1/pcm0c", RUNNING)):
        (asound / name / "sub0").mkdir(parents=True)
        (asound / name / "sub0" / "status").write_text(status)
    (asound / "cards").write_text(CARDS)
    (asound / "card1" / "id").write_text("Device\n")
    (tmp_path / "proc" / "812").mkdir()
    (tmp_path / "proc" / "812" / "comm").write_text("arecord\n")
    return tmp_path


def test_the_kernel_names_its_cards(root):
    assert cards(root) == ("vc4-hdmi", "USB PnP Sound Device")
    assert cards(root / "nowhere") == ()


def test_whoever_holds_a_card_is_named(root):
    assert holders(root) == (Holder("Device", "microphone", 812, "arecord"),)


def test_a_holder_that_may_not_be_looked_at_is_a_number(root):
    (root / "proc" / "812" / "comm").unlink()
    assert holders(root) == (Holder("Device", "microphone", 812, ""),)


def test_an_old_kernel_that_names_no_owner_is_understood(root):
    (root / "proc/asound/card1/pcm0c/sub0/status").write_text("state: RUNNING\n")
    assert holders(root) == (Holder("Device", "microphone", 0, ""),)


def test_a_machine_without_sound_has_no_cards_and_no_holders(tmp_path):
    assert (cards(tmp_path), holders(tmp_path)) == ((), ())


MICROPHONE = Device(3, "USB PnP Sound Device", "ALSA", 1, 0, 48_000, default_input=True, default_output=False)
SPEAKER = Device(5, "Loud Box", "ALSA", 0, 2, 44_100, default_input=False, default_output=True)
FOUND = DevicesFound(devices=(MICROPHONE, SPEAKER), cards=("Loud Box",))


def told(it: DevicesFound) -> dict[str, tuple[str, str, str]]:
    return {finding.key: (finding.judgement, finding.what, finding.remedy) for finding in judge(it)}


def test_what_would_be_used_is_told_by_name_and_rate():
    found = told(FOUND)
    assert found["microphone"] == (
        "ok", "The microphone is USB PnP Sound Device, through ALSA: 48000 Hz, the default.", ""
    )  # fmt: skip
    assert "Loud Box" in found["speaker"][1]
    assert found["holders"][1] == "No program holds a sound card."


def test_where_the_kernel_knows_no_card_nothing_is_claimed_of_who_holds_it():
    assert "cannot be told" in told(replace(FOUND, cards=()))["holders"][1]


def test_what_was_chosen_by_a_part_of_its_name_is_told_as_chosen():
    assert "chosen" in told(replace(FOUND, microphone="usb"))["microphone"][1]


@pytest.mark.parametrize(
    ("found", "key", "says", "remedy"),
    [
        (DevicesFound(devices=()), "no_device", "There is no sound device.", "Connect"),
        (
            DevicesFound(devices=(), cards=("Loud Box",)),
            "no_device",
            "though the kernel knows Loud Box",
            "group audio",
        ),
        (DevicesFound(devices=(SPEAKER,)), "no_microphone", "There is no microphone", "Connect a microphone"),
        (DevicesFound(devices=(MICROPHONE,)), "no_speaker", "There is no speaker", "Connect a speaker"),
        (replace(FOUND, microphone="bluetooth"), "no_microphone", "called 'bluetooth'", "3 USB PnP"),
        (replace(FOUND, speaker="9"), "no_speaker", "called '9'", "5 Loud Box"),
    ],
)
def test_what_is_missing_is_trouble_with_its_remedy(found, key, says, remedy):
    judgement, what, does = told(found)[key]
    assert judgement == "trouble"
    assert says in what
    assert remedy in does


def test_a_sound_server_may_hold_a_card_and_any_other_program_is_noted():
    shared = told(replace(FOUND, holders=(Holder("Device", "speaker", 9, "pipewire"),)))["holders"]
    assert shared == ("ok", "The speaker of the card Device is held by pipewire (process 9), which shares it.", "")
    judgement, what, remedy = told(replace(FOUND, holders=(Holder("Device", "microphone", 812, "arecord"),)))[
        "holders"
    ]
    assert judgement == "note"
    assert "arecord (process 812)" in what
    assert "end that program" in remedy


def test_without_portaudio_the_package_is_named():
    finding = without_portaudio(
        RoomLost("The PortAudio library is missing.", "Type: sudo apt install libportaudio2")
    )
    assert (finding.judgement, finding.key) == ("trouble", "no_portaudio")
    assert "libportaudio2" in finding.remedy


def test_a_portaudio_that_does_not_work_is_no_missing_package():
    finding = without_portaudio(RoomLost("PortAudio does not work: no reason.", "Restart the sound server."))
    assert (finding.judgement, finding.key) == ("trouble", "hangs")
