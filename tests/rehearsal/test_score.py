"""Scores: a session as a transcript, written, read and replayed."""

from collections.abc import Iterable
from textwrap import dedent

import pytest

from coach.errors import ContentBroken, StoreFailed
from coach.ports import BLOCK_MS, SILENCE, Pcm
from coach.rehearsal.ears import ScriptedEars
from coach.rehearsal.listener import ScriptedListener
from coach.rehearsal.score import latencies, read_score, write_score
from coach.rehearsal.script import Script, remark_at
from coach.rehearsal.trace import Trace, Uttered
from coach.session.messages import (
    Chime,
    Command,
    End,
    Entered,
    Event,
    Heard,
    Hush,
    Line,
    Listen,
    Milliseconds,
    Note,
    Passed,
    Say,
    SetVolume,
    Spoken,
    Troubled,
)
from coach.voice_queue import Played


def ms(value: int) -> Milliseconds:
    return Milliseconds(value)


def said(words: str, begin: int, end: int) -> Uttered:
    return Uttered(words, ms(begin), ms(end))


def played(text: str, begin: int, end: int, *, cut: bool = False) -> Played:
    return Played(text, 1, ms(begin), ms(end), cut)


def heard(command: str, words: str = "") -> Heard:
    return Heard(Command(command), words)


def trace_of(*entries: tuple[int, object]) -> Trace:
    trace = Trace()
    for at, message in entries:
        trace(ms(at), message)
    return trace


SESSION = (
    (0, Entered("welcoming")),
    (0, Listen((Command("pause"),))),
    (0, Say(Line("Welcome.", 150), 1, ms(0))),
    (900, played("Welcome.", 0, 890)),
    (900, Spoken(1)),
    (900, Entered("moving", "cat-camel", "", 1)),
    (900, Chime("begin", ms(1000))),
    (900, Chime("half-way", ms(9000))),
    (1000, Say(Line("Arch your back slowly.", 150), 2, ms(1000))),
    (1240, said("hold on", 1240, 1740)),
    (1800, heard("pause", "hold on")),
    (1800, Hush()),
    (1800, Entered("paused", "cat-camel", "", 1)),
    (1800, Note(ms(1800), "pause", "cat-camel", (("round", 1), ("asked", True)))),
    (1820, played("Arch your back slowly.", 1000, 1820, cut=True)),
    (1820, SetVolume(-3)),
    (61_500, StoreFailed("The disk is full.")),
    (61_500, Troubled("trouble_store")),
    (61_500, Entered("ended")),
    (61_500, End("stopped")),
    (61_520, Passed(ms(20))),
)


def test_a_session_is_written_as_aligned_lines_in_the_order_of_time():
    assert write_score(trace_of(*SESSION), "lower-back-circuit, english") == dedent(
        """\
        # lower-back-circuit, english
        # 1 command, 1:01.520
         0:00.000  —      WELCOMING
         0:00.000  coach  Welcome.
         0:00.900  —      MOVING  (cat-camel, round 1)
         0:01.000  chime  begin
         0:01.000  coach  Arch your back slowly.
         0:01.240  you    hold on
         0:01.800  heard  pause: hold on  (60 ms)
         0:01.800  —      PAUSED  (cat-camel, round 1)
         0:01.800  note   pause cat-camel: round 1, asked yes
         0:01.820  coach  (falls silent)
         0:01.820  —      (volume -3 dB)
         1:01.500  —      (trouble: The disk is full.)
         1:01.500  —      (trouble: trouble_store)
         1:01.500  —      ENDED
         1:01.500  —      (the end: stopped)
        """
    )


def test_the_order_in_which_the_loop_tells_one_moment_does_not_show():
    moment = [(5, heard("pause", "pause")), (5, Entered("paused")), (5, played("One.", 0, 5, cut=True))]
    assert write_score(trace_of(*moment), "x") == write_score(trace_of(*reversed(moment)), "x")


def test_a_line_that_its_successor_did_not_wait_for_breaks_off():
    score = write_score(trace_of((500, played("Half-way.", 0, 500, cut=True)), (900, Hush())), "x")
    assert " 0:00.500  coach  (breaks off)" in score


def test_what_was_not_heard_and_what_nobody_said_stands_at_the_foot():
    score = write_score(trace_of((1000, said("pause", 1000, 1400)), (9000, heard("stop", "quit"))), "x")
    assert score.endswith("# not heard: 0:01.000 pause\n# nobody said: 0:09.000 stop: quit\n")


# --- Latencies -------------------------------------------------------------------------------------------


def test_a_reaction_is_measured_from_the_end_of_the_words():
    (reaction,) = latencies(trace_of(*SESSION)).reactions
    assert (reaction.words, reaction.end, reaction.acted) == ("hold on", 1740, 1800)
    assert reaction.reaction == 60
    assert not reaction.misheard


def test_silence_is_when_the_line_was_cut_and_not_when_it_was_decided():
    (reaction,) = latencies(trace_of(*SESSION)).reactions
    assert reaction.hushed == 1820
    assert reaction.silence == 80


def test_a_command_that_hushes_a_silent_coach_is_done_at_once():
    trace = trace_of(
        (500, played("One.", 0, 400, cut=True)), (1000, said("pause", 1000, 1400)), (1500, heard("pause")),
        (1500, Hush()),
    )  # fmt: skip
    assert latencies(trace).reactions[0].hushed == 1500


def test_a_command_that_does_not_hush_has_no_silence():
    trace = trace_of((1000, said("louder", 1000, 1400)), (1900, heard("louder", "louder")))
    (reaction,) = latencies(trace).reactions
    assert reaction.hushed is None
    assert reaction.silence is None


def test_a_reaction_may_come_before_the_words_have_ended():
    trace = trace_of((1000, said("stop now", 1000, 1800)), (1500, heard("stop", "stop")))
    (reaction,) = latencies(trace).reactions
    assert reaction.reaction == -300
    assert not reaction.misheard


def test_other_words_than_were_said_are_misheard():
    trace = trace_of((1000, said("slower", 1000, 1400)), (1900, heard("louder", "louder")))
    assert latencies(trace).reactions[0].misheard


def test_what_was_never_heard_is_missed():
    trace = trace_of((1000, said("pause", 1000, 1400)), (9000, said("stop", 9000, 9400)))
    assert [m.words for m in latencies(trace).missed] == ["pause", "stop"]


def test_something_heard_long_after_the_words_does_not_answer_them():
    hearing = latencies(trace_of((1000, said("pause", 1000, 1400)), (4500, heard("pause"))))
    assert hearing.reactions == ()
    assert [m.words for m in hearing.missed] == ["pause"]
    assert [at for at, _ in hearing.false_accepts] == [4500]


def test_a_second_reaction_to_the_same_words_is_a_false_accept():
    trace = trace_of((1000, said("stop", 1000, 1400)), (1300, heard("stop")), (1900, heard("stop")))
    assert [at for at, _ in latencies(trace).false_accepts] == [1900]


def test_words_are_matched_before_order():
    trace = trace_of(
        (1000, said("louder", 1000, 1400)), (1600, said("stop", 1600, 2000)), (2100, heard("stop", "stop"))
    )
    hearing = latencies(trace)
    assert [(r.words, r.reaction) for r in hearing.reactions] == [("stop", 100)]
    assert [m.words for m in hearing.missed] == ["louder"]


def test_median_and_worst_reaction_are_those_of_all_reactions():
    trace = trace_of(
        *((n, m) for at, late in ((0, 100), (10_000, 900), (20_000, 300))
          for n, m in ((at, said("stop", at, at + 400)), (at + 400 + late, heard("stop", "stop"))))
    )  # fmt: skip
    hearing = latencies(trace)
    assert (hearing.median, hearing.worst) == (300, 900)
    assert latencies(Trace()).median is None
    assert latencies(Trace()).worst is None


# --- Reading and replaying -------------------------------------------------------------------------------


def test_the_listeners_part_is_read_from_a_score():
    script = read_score(write_score(trace_of(*SESSION), "x"), "mine")
    assert script == Script("mine", (remark_at(ms(1240), "hold on"),))


def test_a_new_score_needs_only_the_listeners_lines():
    script = read_score("# new\n\n0:07.240 you pause\n12:01.000  you  how many left\n")
    assert [(r.when.at_s, r.words) for r in script.remarks] == [(7.24, "pause"), (721.0, "how many left")]


def test_lines_that_are_none_of_a_score_are_all_told():
    with pytest.raises(ContentBroken) as caught:
        read_score("# x\nyou pause\n0:01.000  me  pause\n0:01.000  you  pause\n", "mine.score")
    first, second = caught.value.mistakes
    assert 'mine.score, line 2: "you pause" is no line of a score.' in first
    assert "mine.score, line 3" in second


class Beep:
    """A voice that takes 100 ms a letter."""

    def prepare(self, lines: Iterable[Line]) -> None: ...

    def speak(self, line: Line) -> Pcm:
        return Pcm(b"\x00\x10" * 1600 * len(line.text))

    def close(self) -> None: ...


def replay(script: Script) -> str:
    """A very small coach: obeys "pause" and "continue" for 10 s."""
    trace = Trace()
    listener = ScriptedListener(script, Beep(), trace)
    ears = ScriptedEars(trace)
    ears.listen(["pause", "continue"])
    for at in range(0, 10_000, BLOCK_MS):
        for hypothesis in ears.hear(listener.next_block(SILENCE)):
            if hypothesis.final:
                answer: tuple[Event | Entered, ...] = (heard(hypothesis.text), Entered(hypothesis.text))
                for message in answer:
                    trace(ms(at), message)
        trace(ms(at), Passed(ms(BLOCK_MS)))
    return write_score(trace, "small")


def test_a_score_replayed_is_the_same_score():
    score = replay(Script("small", (remark_at(ms(1000), "pause"), remark_at(ms(2760), "continue"))))
    assert "you    continue" in score
    assert "heard  continue  (480 ms)" in score
    assert replay(read_score(score)) == score


def test_another_listener_gives_another_score():
    score = replay(Script("small", (remark_at(ms(1000), "pause"),)))
    assert replay(read_score(score.replace("0:01.000", "0:01.020"))) != score
