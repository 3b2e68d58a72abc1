"""The real ears, Vosk with the bundled model: the contract of all ears, and what only Vosk can get wrong."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from coach.content import content_root, load_voice
from coach.devices.ears import LONGEST_UTTERANCE, VoskEars, missing_phrases
from coach.devices.mouth import SpeakingMouth
from coach.errors import EarsUnfit
from coach.ports import BLOCK_BYTES, BLOCK_MS, SAMPLE_RATE, SILENCE, Pcm
from coach.second_hearing import SecondHearing
from coach.session.attention import Attention
from coach.session.carriers import Carriers
from coach.session.messages import Command, Hypothesis, Line, Milliseconds
from coach.session.table import MOVING, PAUSED, spoken_in
from tests.blocks import cut
from tests.rehearsal.test_understudy_ears import EarsContract, finals

MODEL = content_root() / "voices" / "english" / "ears"


def noise(seconds: float, loudness: float = 0.05) -> Pcm:
    """White noise, the same every time; the loudness is the standard deviation, of full scale."""
    samples = np.random.default_rng(7).normal(0, 32_767 * loudness, round(seconds * SAMPLE_RATE))
    return Pcm(samples.clip(-32_768, 32_767).astype("<i2").tobytes())


class SpokenPerson:
    """Speaks to the ears with the synthesiser's voice."""

    def __init__(self, ears: VoskEars, mouth: SpeakingMouth) -> None:
        self.ears = ears
        self._mouth = mouth

    def voice(self, words: str) -> Pcm:
        return self._mouth.speak(Line(words, 150))

    def make(self, sound: bytes) -> list[Hypothesis]:
        """Let the ears hear a sound; return all that they reported meanwhile."""
        return [hypothesis for block in cut(sound) for hypothesis in self.ears.hear(block)]

    def say(self, words: str) -> list[Hypothesis]:
        return self.make(self.voice(words)) + self.wait(2_000)

    def wait(self, ms: int) -> list[Hypothesis]:
        return self.make(SILENCE * (ms // BLOCK_MS))

    def say_until(self, words: str, heard: Callable[[Hypothesis], bool]) -> None:
        blocks = cut(self.voice(words) + SILENCE * (2_000 // BLOCK_MS))
        assert any(any(map(heard, self.ears.hear(block))) for block in blocks)


@pytest.fixture(scope="module")
def mouth() -> Iterator[SpeakingMouth]:
    with closing(SpeakingMouth("en-us")) as mouth:
        yield mouth


@pytest.fixture
def person(mouth: SpeakingMouth) -> SpokenPerson:
    return SpokenPerson(VoskEars(MODEL), mouth)


class TestVoskEars(EarsContract):
    """The real ears keep the contract."""


def test_the_same_sound_is_heard_the_same_way_every_time(mouth):
    def hear() -> Sequence[Hypothesis]:
        person = SpokenPerson(VoskEars(MODEL, ["shoulder", "knee"]), mouth)
        person.ears.listen(["pause", "stop", "it hurts"])
        return [*person.make(noise(1)), *person.say("it hurts"), *person.say("shoulder"), *person.say("stop")]

    heard = hear()
    assert finals(heard)
    assert hear() == heard


def test_a_word_in_the_middle_of_which_other_phrases_are_asked_for_is_heard_to_its_end(person):
    person.ears.listen(["continue", "stop"])
    word = person.voice("continue")
    begun = len(word) * 2 // 3 // BLOCK_BYTES * BLOCK_BYTES
    assert person.make(word[:begun])
    person.ears.listen(["pause", "stop"])
    rest = person.make(word[begun:]) + person.wait(2_000)
    assert finals(rest) == ["continue"]
    assert finals(person.say("pause")) == ["pause"]


@pytest.mark.parametrize("ms", [0, 100, 200])
def test_a_word_that_had_just_begun_when_other_phrases_were_asked_for_is_heard_with_those(person, ms):
    person.ears.listen(["pause", "stop"])
    person.wait(1_000)
    word = person.voice("continue")
    begun = ms * BLOCK_BYTES // 20
    person.make(word[:begun])
    person.ears.listen(["continue", "stop"])
    (final,) = [it for it in person.make(word[begun:]) + person.wait(2_000) if it.final]
    assert final.text == "continue"
    assert 950 <= final.begin < 1_200


def test_talk_without_an_end_keeps_other_phrases_waiting_for_2_seconds_only(person):
    person.ears.listen(["pause", "stop"])
    talk = person.voice("sunshine over the mountains for most of the afternoon")
    assert not person.make(talk)[-1].final
    person.ears.listen(["continue", "stop"])
    assert person.ears._grammar == {"pause", "stop"}
    person.make(talk)
    assert person.ears._grammar == {"continue", "stop"}


def test_asking_for_the_same_phrases_in_another_order_forgets_nothing(person):
    person.ears.listen(["continue", "stop"])
    heard = person.make(person.voice("continue"))
    person.ears.listen(["stop", "continue"])
    heard += person.wait(2_000)
    assert finals(heard) == ["continue"]


def test_a_decoy_is_heard_as_itself_and_not_as_a_command(mouth):
    person = SpokenPerson(VoskEars(MODEL, ["shoulder", "tomorrow never comes"]), mouth)
    person.ears.listen(["pause", "stop", "it hurts"])
    assert finals(person.say("shoulder")) == ["shoulder"]


def test_a_decoy_that_is_asked_for_as_a_phrase_is_a_phrase(mouth):
    person = SpokenPerson(VoskEars(MODEL, ["pause"]), mouth)
    person.ears.listen(["pause", "stop"])
    assert finals(person.say("pause")) == ["pause"]


@pytest.mark.parametrize("words", ["please stop", "oh my back hurts", "can you slow down", "next exercise please"])
def test_what_people_say_around_a_phrase_is_heard_with_it(mouth, words):
    voice = load_voice()
    person = SpokenPerson(VoskEars(MODEL, voice.decoys, voice.homophones, voice.carriers), mouth)
    person.ears.listen(voice.phrases_of(spoken_in(MOVING)))
    assert finals(person.say(words)) == [words]


WAYS_TO_TELL_A_PAIN = [
    "my left knee hurts",
    "my ankle hurts",
    "my little toe hurts",
    "my fingers hurt",
    "my knee is killing me",
    "everything hurts",
    "this position hurts",
    "i have a sharp pain in my back",
    "my back really hurts",
    "my hip is hurting",
    "this is painful",
    "i feel a sharp pain",
    "oh no it hurts",
    "that's starting to hurt",
    "my leg feels weak",
    "i feel faint",
    "my foot is tingling",
    "ouch ouch ouch",
    "it burns",
    "my back locked up",
    "i think i hurt my back",
    "i fell down",
    "i can't get up",
    "i can't feel my leg",
    "the room is spinning",
    "call a doctor",
]


@pytest.mark.parametrize("words", WAYS_TO_TELL_A_PAIN)
def test_a_pain_is_told_in_many_ways_and_heard(mouth, words):
    heard = obeyed_in_an_exercise(mouth, words)
    assert heard
    assert heard <= {"it_hurts", "red_flag"}


@pytest.mark.parametrize(
    "words", ["i feel fine", "i can move my leg", "i'm having breakfast", "the room is warm", "everything is fine"]
)
def test_what_only_begins_like_a_pain_is_none(mouth, words):
    assert not obeyed_in_an_exercise(mouth, words)


def obeyed_in_an_exercise(mouth, words):
    voice = load_voice()
    ears, attention = VoskEars(MODEL, voice.decoys, voice.homophones, voice.carriers), Attention()
    offered = spoken_in(MOVING)
    ears.listen(voice.phrases_of(offered))
    attention.attend_to(voice.meanings_of(offered))
    sound = mouth.speak(Line(words, 150)) + SILENCE * 100
    considered = [
        attention.consider(
            ears.hear(block), Milliseconds(number * BLOCK_MS), lambda _since: "", second=ears.second_hearing
        )
        for number, block in enumerate(cut(sound), 1)
    ]
    return {it.command for it in considered if it is not None}


def test_carriers_that_the_model_lacks_do_not_spoil_the_others(mouth):
    carriers = Carriers(before=("zyzzyva", "please"), phrases=("stop", "pause"))
    person = SpokenPerson(VoskEars(MODEL, carriers=[carriers]), mouth)
    person.ears.listen(["pause", "stop"])
    assert finals(person.say("please stop")) == ["please stop"]


def test_talk_that_is_no_command_is_not_heard_as_one(mouth):
    voice = load_voice()
    person = SpokenPerson(VoskEars(MODEL, voice.decoys, voice.homophones, voice.carriers), mouth)
    person.ears.listen(voice.phrases_of(voice.understands))
    talk = "the weather report promised sunshine over the mountains for most of the afternoon"
    understood = {phrase for phrases in voice.understands.values() for phrase in phrases}
    assert not understood & set(finals(person.say(talk)))


def test_phrases_with_a_word_that_the_model_lacks_are_named(person):
    understands = {Command("pause"): ("pause", "zyzzyva", "pause zyzzyva"), Command("stop"): ("stop",)}
    assert missing_phrases(person.ears, understands) == ("zyzzyva", "pause zyzzyva")


def test_a_command_without_any_phrase_that_the_model_could_hear_is_an_error(person):
    understands = {Command("pause"): ("pause",), Command("stop"): ("zyzzyva", "brillig")}
    with pytest.raises(EarsUnfit, match=r"no words for: stop\..*understands\.toml"):
        missing_phrases(person.ears, understands)


def test_a_phrase_that_the_model_lacks_does_not_spoil_the_others(person):
    person.ears.listen(["zyzzyva", "pause", "stop"])
    assert finals(person.say("pause")) == ["pause"]


def test_noise_and_loud_sounds_yield_no_command(person):
    person.ears.listen(["pause", "stop", "it hurts", "continue"])
    heard = person.make(noise(4, 0.01) + noise(4, 0.3)) + person.wait(2_000)
    assert not {"pause", "stop", "it hurts", "continue"} & set(finals(heard))


def test_talk_without_end_is_cut_into_utterances(person):
    person.ears.listen(["pause", "stop", "it hurts", "continue"])
    talk = person.voice("when we are on our way around the world")
    ends = [0]
    for number, block in enumerate(cut((talk * 20)[: 2 * SAMPLE_RATE * 35]), start=1):
        if any(hypothesis.final for hypothesis in person.ears.hear(block)):
            ends.append(number * BLOCK_MS)
    assert len(ends) > 2
    assert max(np.diff(ends)) <= LONGEST_UTTERANCE + 1_000  # Vosk itself would go on to 20 s


def listening_in_an_exercise(mouth: SpeakingMouth) -> SpokenPerson:
    voice = load_voice()
    person = SpokenPerson(VoskEars(MODEL, voice.decoys, voice.homophones, voice.carriers), mouth)
    person.ears.listen(voice.phrases_of(spoken_in(MOVING)))
    return person


@pytest.mark.parametrize("words", ["stop", "ouch", "please stop"])
def test_what_is_being_said_can_be_heard_a_second_time_again_and_again_and_ends_as_it_would(mouth, words):
    person = listening_in_an_exercise(mouth)
    person.say_until(words, lambda it: it.text == words)
    person.wait(260)
    for _ in range(2):
        again = person.ears.second_hearing()
        assert again.text == words
        assert again.confidence > 0.5
        assert not finals(person.wait(60))
    assert finals(person.wait(2_000)) == [words]


def test_the_beginning_of_another_word_is_not_the_word_a_second_time(mouth):
    person = listening_in_an_exercise(mouth)
    person.make(person.voice("stop")[: 2 * SAMPLE_RATE * 140 // 1_000])
    assert "stop" not in person.ears.second_hearing().text


def test_new_phrases_do_not_change_what_has_just_ended(mouth):
    person = listening_in_an_exercise(mouth)
    person.say_until("pause", lambda it: it.final)
    person.ears.listen(["continue"])
    assert person.ears.second_hearing().text == "pause"
    person.wait(20)
    assert person.ears.second_hearing().text != "pause"


def test_what_is_said_before_a_pause_is_heard_a_second_time_as_well(mouth):
    person = listening_in_an_exercise(mouth)
    second = SecondHearing(person.ears._new_recogniser(), ())
    for block in cut(person.voice("stop") + SILENCE * 75 + person.voice("ouch")):
        second.hear(block)
    assert second.end().text == "stop ouch"


@pytest.fixture
def fresh() -> Iterator[SpokenPerson]:
    """Whose voice said nothing before: espeak-ng renders a line a little differently after others."""
    with closing(SpeakingMouth("en-us")) as mouth:
        yield SpokenPerson(VoskEars(MODEL), mouth)


def over_talk(person: SpokenPerson, words: str, louder_db: float, *, goes_on: bool = True) -> list[Hypothesis]:
    """Somebody talks; in the middle of it a voice says some words, so much louder."""
    voice = load_voice()
    person.ears.listen(voice.phrases_of(spoken_in(MOVING)))
    talk = person.voice("the weather report promised sunshine over the mountains for most of the afternoon") * 2
    television = np.frombuffer(talk, "<i2") * 10 ** (-louder_db / 20)
    said, at = np.frombuffer(person.voice(words), "<i2"), 4 * SAMPLE_RATE
    television[at : at + len(said)] += said
    if not goes_on:
        television[at + len(said) :] = 0
    return person.make(television.clip(-32_768, 32_767).astype("<i2").tobytes())


@pytest.mark.parametrize("words", ["stop", "ouch", "my back hurts"])
def test_who_is_louder_than_the_television_is_heard_in_the_middle_of_it(fresh, words):
    heard = [it.text for it in over_talk(fresh, words, 14) if it.over_talk]
    assert any(text.endswith(words) for text in heard)


@pytest.mark.parametrize("words", ["slower", "what's next", "go back"])
def test_what_they_say_ends_though_the_television_goes_on(fresh, words):
    assert words in [it.text for it in over_talk(fresh, words, 14) if it.over_talk and it.final]


def test_who_is_not_louder_is_not_told_from_it(fresh):
    assert not any(it.over_talk for it in over_talk(fresh, "stop", 0))


def test_the_time_of_what_is_heard_over_talk_is_its_own(fresh):
    heard = over_talk(fresh, "my back hurts", 20, goes_on=False)
    end = next(it for it in heard if it.over_talk and it.final)
    assert end.text.endswith("my back hurts")
    assert 3_600 <= end.begin <= 4_200


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
def test_nothing_is_kept_of_minutes_of_silence_noise_and_talk(person):
    person.ears.listen(["pause", "stop", "it hurts", "continue"])
    talk = person.voice("when we are on our way around the world") * 2
    sound = SILENCE * 250 + noise(5) + talk
    for _ in range(2):  # until buffers have found their size
        person.make(sound)
    before = resident_bytes()
    for _ in range(6):
        person.make(sound)
    assert resident_bytes() - before < 6 * len(sound)


def test_nothing_is_kept_of_phrases_that_are_no_longer_listened_for():
    voice = load_voice()
    ears = VoskEars(MODEL, voice.decoys, voice.homophones, voice.carriers)
    grammars = [voice.phrases_of(spoken_in(state)) for state in (MOVING, PAUSED)]

    def change(times: int) -> None:
        for phrases in grammars * times:
            ears.listen(phrases)
            ears.hear(SILENCE)

    change(20)  # until buffers have found their size
    before = resident_bytes()
    change(100)
    assert resident_bytes() - before < 1_000_000  # Vosk's SetGrammar keeps 7 MB


# --- Models that are no models ---------------------------------------------------------------------------


def empty(_: bytes) -> bytes:
    return b""


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def garbage(content: bytes) -> bytes:
    return bytes((index * 37 + 11) % 256 for index in range(max(64, len(content))))


def half_overwritten(content: bytes) -> bytes:
    return content[:64] + garbage(content)[64:]


@pytest.mark.parametrize("damage", [empty, half, garbage])
@pytest.mark.parametrize(
    "file",
    ["am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLr.fst"],
)
def test_a_damaged_model_is_an_error_and_not_a_crash(tmp_path: Path, file: str, damage: Callable[[bytes], bytes]):
    model = shutil.copytree(MODEL, tmp_path / "ears")
    (model / file).write_bytes(damage((model / file).read_bytes()))
    with pytest.raises(EarsUnfit, match="is damaged") as unfit:
        VoskEars(model)
    assert str(model) in unfit.value.what
    assert "--ears" in unfit.value.remedy


@pytest.mark.parametrize("file", ["am/final.mdl", "graph/HCLr.fst", "graph/Gr.fst"])
def test_a_model_damaged_behind_its_header_is_an_error_and_not_a_crash(tmp_path: Path, file: str):
    model = shutil.copytree(MODEL, tmp_path / "ears")
    (model / file).write_bytes(half_overwritten((model / file).read_bytes()))
    with pytest.raises(EarsUnfit, match="is damaged"):
        VoskEars(model)


@pytest.mark.parametrize("file", ["am/final.mdl", "conf/mfcc.conf", "conf/model.conf"])
def test_a_model_without_a_file_that_it_needs_is_an_error_naming_the_file(tmp_path: Path, file: str):
    model = shutil.copytree(MODEL, tmp_path / "ears")
    (model / file).unlink()
    with pytest.raises(EarsUnfit, match=f"{file} is missing"):
        VoskEars(model)


@pytest.mark.parametrize("file", ["graph/HCLr.fst", "graph/Gr.fst"])
def test_a_model_without_dynamic_graphs_is_refused_with_the_kind_to_choose(tmp_path: Path, file: str):
    model = shutil.copytree(MODEL, tmp_path / "ears")
    (model / file).unlink()
    with pytest.raises(EarsUnfit, match=r"cannot take a grammar.*'small' or 'lgraph'"):
        VoskEars(model)


def test_a_model_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(EarsUnfit, match="There is no speech model in"):
        VoskEars(tmp_path / "nowhere")


def test_a_model_path_that_cannot_be_looked_up_is_an_error(tmp_path: Path):
    with pytest.raises(EarsUnfit, match="cannot be read: File name too long"):
        VoskEars(tmp_path / ("a" * 300))


def test_words_of_one_sound_are_told_apart_by_the_phrase_they_stand_in(mouth):
    phrases = ("no", "i don't know", "two", "too hard")
    person = SpokenPerson(VoskEars(MODEL, (), {"know": "no", "too": "two"}), mouth)
    for phrase in phrases:
        person.ears.listen(())
        person.ears.listen(phrases)
        heard = [it for it in person.say(phrase) if it.final and it.text]
        assert [it.text for it in heard] == [phrase]
        assert heard[0].confidence > 0.9


def test_words_of_one_sound_are_told_apart_each_time_they_are_said():
    voice = load_voice()
    ears = VoskEars(MODEL, voice.decoys, voice.homophones)
    ears.listen(("too hard", "two"))
    assert ears._as_written("two hard two hard two") == "too hard too hard two"


def test_a_model_that_is_deleted_while_it_listens_is_listened_with_to_the_end(
    tmp_path: Path, mouth: SpeakingMouth
):
    model = tmp_path / "ears"
    shutil.copytree(MODEL, model)
    person = SpokenPerson(VoskEars(model), mouth)
    person.ears.listen(["stop", "pause"])
    assert "stop" in finals(person.say("stop"))
    shutil.rmtree(model)
    person.ears.listen(["it hurts", "next", "stop"])  # another grammar, and other words than before
    assert "it hurts" in finals(person.say("it hurts"))
    person.ears.listen(["continue", "stop"])
    assert "continue" in finals(person.say("continue"))
