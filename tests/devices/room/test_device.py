"""Which device is meant, and what it is known by."""

import pytest

from coach.devices.room.device import Device, choose, lasting_name
from coach.errors import RoomLost

MICROPHONE = Device(
    0, "USB PnP Sound Device: Audio (hw:1,0)", "ALSA", 1, 0, 44_100, default_input=False, default_output=False
)
HDMI = Device(1, "vc4-hdmi (hw:0,0)", "ALSA", 0, 2, 48_000, default_input=False, default_output=False)
DEFAULT = Device(2, "default", "ALSA", 32, 32, 44_100, default_input=True, default_output=True)


@pytest.mark.parametrize(
    ("kind", "wanted", "found"),
    [
        ("microphone", None, DEFAULT),
        ("speaker", None, DEFAULT),
        ("microphone", 0, MICROPHONE),
        ("microphone", "0", MICROPHONE),
        ("microphone", "usb pnp", MICROPHONE),
        ("speaker", "HDMI", HDMI),
    ],
)
def test_a_device_is_chosen_by_index_or_by_part_of_its_name(kind, wanted, found) -> None:
    assert choose([MICROPHONE, HDMI, DEFAULT], kind, wanted) is found


def test_without_a_default_the_first_device_that_can_do_it_is_chosen() -> None:
    assert choose([HDMI, MICROPHONE], "microphone", None) is MICROPHONE


@pytest.mark.parametrize(
    ("there", "kind", "wanted", "sentence"),
    [
        ([], "microphone", None, "There is no sound device."),
        ([HDMI], "microphone", None, "There is no microphone."),
        ([MICROPHONE], "speaker", None, "There is no speaker."),
        ([MICROPHONE, HDMI], "microphone", 1, "There is no microphone called 1."),
        ([MICROPHONE, HDMI], "speaker", "bluetooth", "There is no speaker called 'bluetooth'."),
    ],
)
def test_a_device_that_is_not_there_is_named_with_a_remedy(there, kind, wanted, sentence) -> None:
    with pytest.raises(RoomLost) as lost:
        choose(there, kind, wanted)
    assert lost.value.what == sentence
    assert lost.value.remedy


@pytest.mark.parametrize(
    ("name", "lasting"),
    [
        ("USB PnP Sound Device: Audio (hw:1,0)", "USB PnP Sound Device: Audio"),
        ("default", "default"),
        ("hw (1)", "hw (1)"),
    ],
)
def test_the_number_of_a_card_is_no_part_of_what_a_device_is_known_by(name, lasting):
    assert lasting_name(name) == lasting
