"""The synthetic listener: says the right words at the right block."""

from collections.abc import Iterable

import numpy as np
import pytest

from coach.ports import BLOCK_MS, SILENCE, Pcm
from coach.rehearsal.listener import BREATH, PATIENCE, ScriptedListener
from coach.rehearsal.script import Remark, Script, When, remark_at
from coach.rehearsal.trace import Trace, Uttered
from coach.session.messages import Command, Entered, Heard, Hush, Line, Milliseconds, Say

SPOKEN_MS = 330
TAIL_MS = 50


class Tone:
    """A voice that says everything as 330 ms of a constant, with 50 ms of faint tail."""

    def prepare(self, lines: Iterable[Line]) -> None: ...

    def speak(self, line: Line) -> Pcm:
        return Pcm(np.array([1000] * SPOKEN_MS * 16 + [3] * TAIL_MS * 16, dtype="<i2").tobytes())

    def close(self) -> None: ...


class Rehearsal:
    """A listener in a session that the test writes by hand."""

    def __init__(self, *remarks: Remark, level_db: float = 0.0) -> None:
        self.trace = Trace()
        self.listener = ScriptedListener(Script("test", remarks), Tone(), self.trace, level_db=level_db)
        self.now = 0

    def happens(self, *messages) -> None:
        for message in messages:
            self.trace(Milliseconds(self.now), message)

    def run(self, ms: int) -> bytes:
        blocks = [self.listener.next_block(SILENCE) for _ in range(ms // BLOCK_MS)]
        self.now += ms
        return b"".join(blocks)

    @property
    def said(self) -> list[tuple[str, int]]:
        return [(uttered.words, uttered.begin) for _, uttered in self.trace.each(Uttered)]


def remark(words: str, **when) -> Remark:
    return Remark(words=words, when=When(**when), tries=1)


def line(text: str, due: int = 0, number: int = 1) -> Say:
    return Say(Line(text, 150), number, Milliseconds(due))


def test_a_remark_is_made_some_seconds_after_its_state_is_entered():
    rehearsal = Rehearsal(remark("slower", state="moving", round=1, after_s=2))
    rehearsal.run(1000)
    rehearsal.happens(Entered("moving", "cat-camel", "", 1))
    rehearsal.run(4000)
    assert rehearsal.said == [("slower", 3000)]


def test_a_state_left_too_early_is_waited_for_again():
    rehearsal = Rehearsal(remark("slower", state="moving", after_s=2))
    rehearsal.happens(Entered("moving"))
    rehearsal.run(1000)
    rehearsal.happens(Entered("paused"))
    rehearsal.run(3000)
    rehearsal.happens(Entered("moving"))
    rehearsal.run(3000)
    assert rehearsal.said == [("slower", 6000)]


def test_a_remark_is_made_in_the_middle_of_a_line_counted_from_when_it_is_due():
    rehearsal = Rehearsal(remark("pause", line="kneel", after_s=1))
    rehearsal.happens(line("Now kneel down.", due=500))
    rehearsal.run(3000)
    assert rehearsal.said == [("pause", 1500)]


def test_a_line_that_was_hushed_before_it_began_is_not_commented_on():
    rehearsal = Rehearsal(remark("pause", line="kneel"))
    rehearsal.happens(line("Now kneel down.", due=500))
    rehearsal.run(400)
    rehearsal.happens(Hush())
    rehearsal.run(3000)
    assert rehearsal.said == []


def test_a_line_counts_only_in_a_state_that_fits():
    rehearsal = Rehearsal(remark("pause", line="kneel", round=2))
    rehearsal.happens(Entered("briefing", "cat-camel", "", 1), line("Kneel down."))
    rehearsal.run(1000)
    rehearsal.happens(Entered("briefing", "cat-camel", "", 2), line("Kneel down.", due=1000))
    rehearsal.run(1000)
    assert rehearsal.said == [("pause", 1000)]


def test_remarks_are_made_in_the_order_of_the_script():
    rehearsal = Rehearsal(remark("pause", state="moving"), remark("continue", state="paused"))
    rehearsal.happens(Entered("paused"))
    rehearsal.run(3000)
    rehearsal.happens(Entered("moving"))
    rehearsal.run(3000)
    assert rehearsal.said == [("pause", 3000)]
    assert [r.words for r in rehearsal.listener.unsaid] == ["continue"]


def test_the_listener_takes_a_breath_between_two_remarks():
    rehearsal = Rehearsal(remark("louder", state="moving"), remark("slower", state="moving"))
    rehearsal.happens(Entered("moving"))
    rehearsal.run(3000)
    assert rehearsal.said == [("louder", 0), ("slower", 380 + BREATH)]
    assert rehearsal.listener.unsaid == ()


def test_a_line_that_begins_while_a_reaction_is_awaited_counts_for_the_next_remark():
    rehearsal = Rehearsal(
        Remark(words="continue", when=When(state="paused")), remark("pause", line="kneel", after_s=2)
    )
    rehearsal.happens(Entered("paused"))
    rehearsal.run(400)
    rehearsal.happens(Heard(Command("resume")), Entered("briefing"), line("Kneel down.", due=400))
    rehearsal.run(3000)
    assert rehearsal.said == [("continue", 0), ("pause", 2400)]


def test_a_remark_that_nobody_reacts_to_is_made_again_but_not_for_ever():
    rehearsal = Rehearsal(Remark(words="continue", when=When(state="paused"), tries=2))
    rehearsal.happens(Entered("paused"))
    rehearsal.run(20_000)
    assert rehearsal.said == [("continue", 0), ("continue", 380 + PATIENCE)]


def test_a_remark_that_was_heard_is_not_made_again():
    rehearsal = Rehearsal(Remark(words="how long", when=When(state="paused")))
    rehearsal.happens(Entered("paused"))
    rehearsal.run(800)
    rehearsal.happens(Heard(Command("how_long")))
    rehearsal.run(20_000)
    assert rehearsal.said == [("how long", 0)]


def test_a_remark_is_not_made_again_in_another_state():
    rehearsal = Rehearsal(Remark(words="slower", when=When(state="moving")))
    rehearsal.happens(Entered("moving"))
    rehearsal.run(800)
    rehearsal.happens(Entered("resting"))
    rehearsal.run(20_000)
    assert rehearsal.said == [("slower", 0)]


def test_a_remark_at_a_fixed_time_is_made_exactly_then():
    rehearsal = Rehearsal(remark_at(Milliseconds(1240), "pause"), remark_at(Milliseconds(1980), "continue"))
    rehearsal.run(3000)
    assert rehearsal.said == [("pause", 1240), ("continue", 1980)]


def test_an_utterance_ends_with_its_last_sounding_sample():
    rehearsal = Rehearsal(remark_at(Milliseconds(100), "pause"))
    rehearsal.run(1000)
    ((_, uttered),) = rehearsal.trace.each(Uttered)
    assert (uttered.begin, uttered.end) == (100, 100 + SPOKEN_MS)


def test_the_words_sound_at_the_time_written_down_and_all_else_is_silence():
    rehearsal = Rehearsal(remark_at(Milliseconds(100), "pause"))
    samples = np.frombuffer(rehearsal.run(1000), dtype="<i2")
    assert samples.size == 16_000
    assert np.flatnonzero(samples > 100).tolist() == list(range(1600, 1600 + SPOKEN_MS * 16))


@pytest.mark.parametrize(("level_db", "loudest"), [(-20, 100), (0, 1000), (6, 1995), (60, 32767)])
def test_the_listener_speaks_at_the_level_asked_for_without_wrapping_round(level_db, loudest):
    rehearsal = Rehearsal(remark_at(Milliseconds(0), "pause"), level_db=level_db)
    assert np.frombuffer(rehearsal.run(1000), dtype="<i2").max() == loudest


def test_a_listener_without_a_script_is_silent():
    rehearsal = Rehearsal()
    rehearsal.happens(Entered("moving"))
    assert rehearsal.run(1000) == bytes(32_000)
