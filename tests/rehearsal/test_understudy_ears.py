"""What every pair of ears must do, and that the understudy does it.

``EarsContract`` is for all ears: a subclass gives it a ``person`` fixture, somebody to speak to them.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import pytest

from coach.ports import BLOCK_BYTES, BLOCK_MS, SILENCE, Block, Ears, Hypothesis
from coach.rehearsal.ears import UNKNOWN, ScriptedEars
from coach.rehearsal.trace import Trace, Uttered
from coach.session.carriers import Carriers
from coach.session.messages import Milliseconds


class Person(Protocol):
    """Somebody who speaks to the ears, block by block."""

    ears: Ears

    def say(self, words: str) -> Sequence[Hypothesis]:
        """Say something, then be silent for 2 s; return all that the ears reported meanwhile."""
        ...

    def wait(self, ms: int) -> Sequence[Hypothesis]:
        """Be silent; return all that the ears reported meanwhile."""
        ...

    def say_until(self, words: str, heard: Callable[[Hypothesis], bool]) -> None:
        """Say something, or be silent after it, until the ears report what is waited for."""
        ...


def finals(hypotheses: Sequence[Hypothesis]) -> list[str]:
    return [hypothesis.text for hypothesis in hypotheses if hypothesis.final]


class EarsContract:
    """What the loop relies on, whoever listens."""

    @pytest.mark.parametrize("phrase", ["pause", "stop", "it hurts", "continue"])
    def test_a_phrase_asked_for_is_heard_finally(self, person: Person, phrase: str):
        person.ears.listen(["pause", "stop", "it hurts", "continue"])
        assert finals(person.say(phrase)) == [phrase]

    def test_a_final_result_follows_partial_ones(self, person: Person):
        person.ears.listen(["it hurts", "stop"])
        *partials, final = person.say("it hurts")
        assert partials
        assert not any(partial.final for partial in partials)
        assert partials[-1].text == "it hurts"
        assert final.final

    def test_a_final_result_says_how_sure_it_is_and_when_the_words_ended(self, person: Person):
        person.ears.listen(["pause", "stop"])
        before = 1_000
        person.wait(before)
        (final,) = [hypothesis for hypothesis in person.say("pause") if hypothesis.final]
        assert 0 < final.confidence <= 1
        assert before < final.end < before + 1_500

    def test_a_phrase_no_longer_asked_for_is_no_longer_heard(self, person: Person):
        person.ears.listen(["pause", "stop"])
        person.say("pause")
        person.ears.listen(["continue", "stop"])
        assert "pause" not in " ".join(hypothesis.text for hypothesis in person.say("pause"))

    def test_a_phrase_newly_asked_for_is_heard(self, person: Person):
        person.ears.listen(["pause", "stop"])
        person.say("pause")
        person.ears.listen(["continue", "stop"])
        assert finals(person.say("continue")) == ["continue"]

    def test_two_remarks_are_heard_as_two(self, person: Person):
        person.ears.listen(["pause", "stop"])
        assert finals([*person.say("pause"), *person.say("stop")]) == ["pause", "stop"]

    def test_what_has_just_ended_is_heard_the_same_way_a_second_time(self, person: Person):
        person.ears.listen(["it hurts", "stop"])
        person.say_until("it hurts", lambda hypothesis: hypothesis.final)
        again = person.ears.second_hearing()
        assert (again.text, again.final) == ("it hurts", True)
        assert 0.5 < again.confidence <= 1

    def test_speech_that_was_not_asked_for_is_no_phrase_a_second_time(self, person: Person):
        person.ears.listen(["pause", "stop"])
        person.say_until("good morning", lambda hypothesis: hypothesis.final)
        assert person.ears.second_hearing().text not in {"pause", "stop"}

    def test_nothing_is_heard_a_second_time_in_silence(self, person: Person):
        person.ears.listen(["it hurts", "stop"])
        person.say("stop")
        assert person.ears.second_hearing() == Hypothesis("", final=True)

    def test_silence_yields_nothing(self, person: Person):
        person.ears.listen(["pause", "stop"])
        assert list(person.wait(5_000)) == []

    @pytest.mark.parametrize("length", [0, BLOCK_BYTES - 2, BLOCK_BYTES + 2, 2 * BLOCK_BYTES])
    def test_anything_but_a_block_is_refused(self, person: Person, length: int):
        person.ears.listen(["pause", "stop"])
        with pytest.raises(ValueError, match="640"):
            person.ears.hear(Block(bytes(length)))


class PersonInATrace:
    """Speaks by writing down that they do: 100 ms a letter."""

    def __init__(self, carriers: Sequence[Carriers] = ()) -> None:
        self.trace = Trace()
        self.ears = ScriptedEars(self.trace, carriers=carriers)
        self.now = 0

    def begin(self, words: str) -> int:
        """Begin to say something; return how long it takes, in whole blocks."""
        length = 100 * len(words.replace(" ", ""))
        uttered = Uttered(words, Milliseconds(self.now), Milliseconds(self.now + length))
        self.trace(Milliseconds(self.now), uttered)
        return length

    def say(self, words: str) -> list[Hypothesis]:
        return self.wait(self.begin(words) + 2_000)

    def wait(self, ms: int) -> list[Hypothesis]:
        heard = []
        for _ in range(0, ms, BLOCK_MS):
            heard += self.ears.hear(SILENCE)
            self.now += BLOCK_MS
        return heard

    def say_until(self, words: str, heard: Callable[[Hypothesis], bool]) -> None:
        self.begin(words)
        while not any(map(heard, self.wait(BLOCK_MS))):
            assert self.now < 10_000


@pytest.fixture
def person() -> PersonInATrace:
    return PersonInATrace()


class TestScriptedEars(EarsContract):
    """The understudy keeps the contract."""


def test_partial_results_grow_word_by_word_while_they_are_being_said(person):
    person.ears.listen(["how many left"])
    length = person.begin("how many left")
    partials = person.wait(length)
    assert [partial.text for partial in partials] == ["how", "how many", "how many left"]
    assert [partial.end for partial in partials] == [300, 700, 1100]


def test_the_final_result_comes_after_the_endpoints_silence(person):
    person.ears.listen(["pause"])
    length = person.begin("pause")
    assert finals(person.wait(length + 480)) == []
    (final,) = person.wait(20)
    assert (final.text, final.final, final.confidence) == ("pause", True, 1.0)
    assert (final.begin, final.end) == (0, 500)


def test_speech_that_was_not_asked_for_is_unknown(person):
    person.ears.listen(["pause"])
    assert {hypothesis.text for hypothesis in person.say("good morning")} == {UNKNOWN}


def test_what_people_say_around_a_phrase_is_heard_with_it():
    person = PersonInATrace([Carriers(before=("please",), phrases=("pause",))])
    person.ears.listen(["pause", "stop"])
    assert [it.text for it in person.say("please pause")] == ["please", "please pause", "please pause"]
    assert finals(person.say("please stop")) == [UNKNOWN]


def test_what_was_half_heard_is_forgotten_when_other_phrases_are_asked_for(person):
    person.ears.listen(["how many left"])
    length = person.begin("how many left")
    assert [partial.text for partial in person.wait(400)] == ["how"]
    person.ears.listen(["how many left", "continue"])
    assert person.wait(length + 1_000) == []
    assert finals(person.say("continue")) == ["continue"]


def test_a_remark_of_which_nothing_was_heard_yet_is_heard_with_the_new_phrases(person):
    person.ears.listen(["pause"])
    length = person.begin("continue")
    person.wait(100)
    person.ears.listen(["continue"])
    assert finals(person.wait(length + 1_000)) == ["continue"]


def test_asking_for_the_same_phrases_again_forgets_nothing(person):
    person.ears.listen(["pause"])
    person.wait(person.begin("pause"))
    person.ears.listen(["pause"])
    assert finals(person.wait(1_000)) == ["pause"]
