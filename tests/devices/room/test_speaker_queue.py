"""The queue in front of a loudspeaker that has a clock of its own."""

import numpy as np
import pytest

from coach.devices.room.convert import COACH_SOUND, Converter
from coach.devices.room.speaker_queue import LONGEST_QUEUE, MOST_RESERVE, SpeakerQueue
from coach.ports import BLOCK_SAMPLES, SILENCE, Block


def block(value: int) -> Block:
    return Block(np.full(BLOCK_SAMPLES, value, "<i2").tobytes())


def speaker_queue() -> SpeakerQueue:
    return SpeakerQueue(Converter(COACH_SOUND, COACH_SOUND), SILENCE)


@pytest.mark.parametrize("drift_ppm", [-400, -50, 50, 400])
def test_a_speaker_with_another_clock_plays_every_word_and_its_queue_stays_short(drift_ppm: int) -> None:
    queue = speaker_queue()
    words, played, longest, due = [], [], 0, 0.0
    for turn in range(1, 20 * 60 * 50):  # Twenty minutes: seven seconds of speech, three of silence.
        word = block(turn % 30_000 + 1) if turn % 500 < 350 else SILENCE
        words += [word] if word != SILENCE else []
        queue.push(word)
        due += 1 + drift_ppm / 1e6
        while due >= 1:
            due -= 1
            played.append(queue.take())
        longest = max(longest, len(queue))
        if turn % 50 == 0:
            queue.absorb_drift()
    spoken = [part for part in played if part != SILENCE]
    assert spoken == words[: len(spoken)]
    assert len(words) - len(spoken) <= longest
    assert longest <= MOST_RESERVE + 2
    assert queue.underruns == 0
    assert (queue.repeated if drift_ppm > 0 else queue.left_out) > 0


def test_after_a_stall_the_speaker_is_never_more_than_its_longest_queue_behind() -> None:
    queue = speaker_queue()
    for turn in range(1, 100):
        queue.push(block(turn))
    assert len(queue) == LONGEST_QUEUE
    assert queue.take() == block(100 - LONGEST_QUEUE)


def test_a_speaker_that_finds_nothing_to_play_plays_silence_and_counts_it() -> None:
    queue = speaker_queue()
    assert queue.take() == SILENCE
    assert queue.underruns == 0  # Nobody had begun.
    queue.push(block(1))
    assert [queue.take() for _ in range(4)] == [SILENCE, SILENCE, block(1), SILENCE]
    assert queue.underruns == 1
