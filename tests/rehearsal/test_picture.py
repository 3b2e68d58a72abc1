"""The picture of a rehearsal: what is on it, and that nothing hangs on matplotlib before it is wanted."""

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from coach.errors import CoachError
from coach.ports import SAMPLE_RATE, Pcm
from coach.rehearsal.picture import draw_picture
from coach.rehearsal.trace import Trace, Uttered
from coach.session.messages import Command, End, Entered, Heard, Hush, Milliseconds
from coach.session.table import STATES
from coach.voice_queue import Played


def trace_of(minutes: float) -> Trace:
    """A session in which every state lasts 15 s, the coach talks for most of it, and commands abound."""
    trace = Trace()
    for n in range(round(minutes * 4)):
        at = Milliseconds(n * 15_000)
        trace(at, Entered(STATES[n % len(STATES)], "cat-camel", "left arm" if n % 3 else "", 1 + n % 3))
        trace(at, Uttered("how many left", Milliseconds(at + 2000), Milliseconds(at + 2900)))
        if n % 5:
            trace(Milliseconds(at + 3400), Heard(Command("how_long"), "how many left"))
            trace(Milliseconds(at + 3400), Hush())
        end = Milliseconds(at + 3400 if n % 5 else at + 7000)
        trace(end, Played("A line of the coach.", n, at, end, cut=end < at + 7000))
    trace(Milliseconds(round(minutes * 60_000)), End("completed"))
    return trace


def size_of(picture: Path) -> tuple[int, int]:
    header = picture.read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", header[16:24])
    return width, height


def test_fifteen_minutes_fill_a_page_of_a4_in_landscape(tmp_path):
    draw_picture(trace_of(15), tmp_path / "session.png", "Lower-back circuit")
    width, height = size_of(tmp_path / "session.png")
    assert width / height == pytest.approx(297 / 210, rel=0.01)


def test_a_longer_session_makes_a_longer_page_and_not_smaller_print(tmp_path):
    for minutes in (2, 4):
        draw_picture(trace_of(minutes), tmp_path / f"{minutes}.png", "Lower-back circuit")
    assert size_of(tmp_path / "4.png")[0] == size_of(tmp_path / "2.png")[0]
    assert size_of(tmp_path / "4.png")[1] > size_of(tmp_path / "2.png")[1]


def test_the_shape_of_the_coachs_voice_is_drawn_where_its_sound_is_given(tmp_path):
    noise = np.random.default_rng(1).integers(-9000, 9000, 60 * SAMPLE_RATE).astype("<i2")
    draw_picture(trace_of(1), tmp_path / "plain.png", "x")
    draw_picture(trace_of(1), tmp_path / "voiced.png", "x", sound=Pcm(noise.tobytes()))
    assert (tmp_path / "plain.png").read_bytes() != (tmp_path / "voiced.png").read_bytes()


def test_a_session_in_which_nothing_happened_can_be_drawn(tmp_path):
    draw_picture(Trace(), tmp_path / "empty.png", "Nothing")
    assert size_of(tmp_path / "empty.png")[0] > 1000


def test_a_missing_matplotlib_is_told_with_the_line_to_type(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(CoachError) as caught:
        draw_picture(Trace(), tmp_path / "x.png", "x")
    assert "pip install 'lower-back-coach[picture]'" in caught.value.remedy
    assert not (tmp_path / "x.png").exists()


def test_matplotlib_is_not_imported_before_a_picture_is_wanted():
    program = "import sys, coach.rehearsal.picture; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
