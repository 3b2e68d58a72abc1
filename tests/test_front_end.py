"""What one front end keeps from one thing led to the next, and what it forgets."""

import numpy as np

from coach.front_end import FrontEnd
from coach.ports import Block
from coach.rehearsal.echo import NoEcho
from coach.session.messages import Milliseconds
from tests.blocks import blocks

SECONDS = 8


def syllables(seed: int) -> np.ndarray:
    """Noise that comes and goes like speech."""
    swell = np.clip(np.sin(2 * np.pi * 4 * np.arange(SECONDS * 16_000) / 16_000), 0, 1)
    return np.random.default_rng(seed).normal(0, 3_000, len(swell)) * swell + 10


def level_db(heard: list[Block]) -> float:
    samples = np.frombuffer(b"".join(heard), "<i2").astype(float)
    return 10 * np.log10(np.mean(samples**2) + 1)


def given(front_end: FrontEnd, recorded: np.ndarray, played: np.ndarray) -> list[Block]:
    """What the ears are given."""
    return [front_end.process(*both)[0] for both in zip(blocks(recorded), blocks(played), strict=True)]


def test_what_was_learnt_about_the_room_serves_whatever_is_led_next() -> None:
    front_end = FrontEnd(NoEcho())
    first, second = syllables(1), syllables(2)
    given(front_end, 0.5 * np.roll(first, 800), first)
    at_once = given(front_end, 0.5 * np.roll(second, 800), second)[10:30]
    afresh = given(FrontEnd(NoEcho()), 0.5 * np.roll(second, 800), second)[10:30]
    assert level_db(at_once) < level_db(afresh) - 12


def test_devices_that_were_opened_anew_are_learnt_anew() -> None:
    front_end = FrontEnd(NoEcho())
    first, second = syllables(1), syllables(2)
    given(front_end, 0.5 * np.roll(first, 800), first)
    front_end.forget_the_path()
    anew = given(front_end, 0.5 * np.roll(second, 1_600), second)
    assert level_db(anew[10:30]) > level_db(blocks(0.5 * np.roll(second, 1_600))[10:30]) - 3
    assert level_db(anew[-50:]) < level_db(anew[10:30]) - 12


def test_its_clock_counts_the_sound_it_took_in() -> None:
    front_end = FrontEnd(NoEcho())
    given(front_end, syllables(1), syllables(2))
    assert front_end.now == Milliseconds(1_000 * SECONDS)
