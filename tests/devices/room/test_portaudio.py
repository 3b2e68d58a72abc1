"""Where the PortAudio library is missing."""

import sys
from pathlib import Path

import pytest

from coach.devices.room import devices, has_sound, say_last
from coach.errors import RoomLost
from coach.ports import Pcm


def test_without_portaudio_the_error_is_the_line_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What sounddevice does where the library is missing, on machines where it is not.
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    with pytest.raises(RoomLost) as lost:
        devices()
    assert "sudo apt install libportaudio2" in lost.value.remedy
    assert has_sound() is False
    assert say_last(Pcm(bytes(640))) is False
