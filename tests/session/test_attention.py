"""Acting on the right thing: each rule of the policy, and what must hold whatever the ears report."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coach.content import load_voice
from coach.session.attention import (
    ANOTHER_OPINION,
    CLEAR_CONFIDENCE,
    FORGOTTEN,
    HARDLY_TALK,
    LIKELY_ENOUGH,
    MIN_CONFIDENCE,
    SAID_AGAIN,
    STANDING,
    UNASKED_CONFIDENCE,
    Attention,
)
from coach.session.meaning import LEAST_LEFT, TO_BE_CLEAR, UNASKED, Meanings
from coach.session.messages import UNKNOWN, Command, Heard, Hypothesis, Milliseconds
from coach.session.table import STATES, spoken_in

VOICE = load_voice("english")
BLOCK = 20


def meanings_in(state):
    return VOICE.meanings_of(spoken_in(state)).phrases


class Ears:
    """Lets an attention hear things, block by block."""

    def __init__(
        self, state="moving", said=lambda since: "", was_echo=lambda moment: False, meanings=None, second=None
    ):
        self.attention = Attention()
        offered = VOICE.meanings_of(spoken_in(state))
        if meanings:
            offered = Meanings(meanings, VOICE.urgent, VOICE.muffled, VOICE.carriers, VOICE.tells)
        self.attention.attend_to(offered)
        self.now = 0
        self.said = said
        self.was_echo = was_echo
        self.second = second
        self.heard = []

    def wait(self, ms):
        for _ in range(0, ms, BLOCK):
            self._turn(())
        return self

    def partial(self, *texts, each=STANDING + BLOCK, over_talk=False):
        for text in texts:
            self._turn([Hypothesis(text, final=False, over_talk=over_talk)])
            self.wait(each)
        return self

    def final(self, text, confidence=1.0, *, over_talk=False, alternatives=()):
        self._turn(
            [Hypothesis(text, final=True, confidence=confidence, over_talk=over_talk, alternatives=alternatives)]
        )
        return self

    def _turn(self, hypotheses):
        self.now += BLOCK
        heard = self.attention.consider(hypotheses, Milliseconds(self.now), self.said, self.was_echo, self.second)
        if heard is not None:
            self.heard.append((self.now, heard))

    @property
    def commands(self):
        return [heard.command for _, heard in self.heard]


# --- Shape -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phrase", sorted(meanings_in("moving")))
def test_a_whole_phrase_is_a_command(phrase):
    assert Ears().final(phrase).commands == [meanings_in("moving")[phrase]]


@pytest.mark.parametrize(
    "talk", ["[unk] stop", "stop [unk]", "[unk]", "i could not stop", "stop because", "", "five"]
)
def test_a_phrase_within_talk_is_talk(talk):
    assert Ears().final(talk).commands == []


@pytest.mark.parametrize(
    ("state", "words", "command"),
    [
        ("moving", "please stop", "stop"),
        ("moving", "can you stop please", "stop"),
        ("moving", "oh my back hurts", "it_hurts"),
        ("moving", "okay next", "next"),
        ("moving", "okay", "done"),
        ("moving", "skip this exercise please", "next"),
        ("moving", "this is too hard", "easier"),
        ("moving", "a bit slower please", "slower"),
        ("offering_easier", "yes please", "yes"),
        ("offering_easier", "oh no", "no"),
        ("asking_strength", "about three", "number_3"),
        ("asking_strength", "well i think five", "number_5"),
        ("asking_strength", "eight out of ten", "number_8"),
    ],
)
def test_what_people_say_around_a_phrase_changes_nothing(state, words, command):
    assert Ears(state).final(words).commands == [command]


@pytest.mark.parametrize(
    "talk", ["about stop", "a bit stop", "please", "oh please", "please [unk]", "this is next"]
)
def test_carriers_alone_or_around_what_they_are_not_said_around_are_talk(talk):
    assert Ears().final(talk).commands == []


@pytest.mark.parametrize("words", ["oh pain", "slower please"])
def test_with_words_around_it_a_phrase_must_be_clear_or_said_twice(words):
    unsure = CLEAR_CONFIDENCE - 0.01
    assert Ears().final(words, unsure).commands == []
    assert len(Ears().final(words, unsure).wait(3_000).final(words, unsure).commands) == 1
    assert len(Ears().final(words.replace("oh ", "").replace(" please", ""), unsure).commands) == 1


def test_an_urgent_phrase_with_words_before_it_does_not_wait_for_the_end():
    assert Ears().partial("please", "please stop").commands == ["stop"]
    assert Ears().partial("oh", "oh my back", "oh my back hurts").commands == ["it_hurts"]


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("[unk] slow down", "slower"),
        ("slow down [unk]", "slower"),
        ("left take a break", "pause"),
        ("[unk] it hurts", "it_hurts"),
        ("my knee hurts really", "it_hurts"),
    ],
)
def test_a_phrase_of_several_words_is_a_command_with_one_word_more(words, command):
    assert Ears().final(words).commands == [command]
    assert Ears().final(words, confidence=MIN_CONFIDENCE - 0.01).commands == []


@pytest.mark.parametrize(
    "talk",
    ["[unk] slow down [unk]", "really because slow down", "slow down people talk", "[unk] slower", "slow [unk]"],
)
def test_a_phrase_with_more_words_than_one_is_talk_and_so_is_one_of_a_single_word(talk):
    assert Ears().final(talk).commands == []


@pytest.mark.parametrize("phrase", ["too easy", "make it harder", "go back", "skip this exercise", "i'm ready"])
def test_what_must_be_clear_must_be_all_that_is_said(phrase):
    """It might have been "don't make it harder"."""
    assert meanings_in("moving")[phrase] in TO_BE_CLEAR
    assert Ears().final(f"[unk] {phrase}").commands == []
    assert Ears().final(f"{phrase} [unk]").commands == []


def test_a_wake_phrase_must_be_all_that_is_said():
    wake = dict.fromkeys(VOICE.understands["wake"], Command("wake"))
    assert Ears(meanings=wake).final("hey coach").commands == ["wake"]
    assert Ears(meanings=wake).final("[unk] hey coach").commands == []
    assert Ears(meanings=wake).final("oh hey coach").commands == []


def test_the_words_before_an_urgent_phrase_make_it_talk_at_once():
    assert Ears().partial("[unk]", "[unk] stop", "[unk] stop [unk]").final("[unk] stop [unk]").commands == []


@pytest.mark.parametrize(
    ("words", "command"),
    [("stop stop stop", "stop"), ("ouch ouch it hurts", "it_hurts"), ("next next", "next")],
)
def test_a_command_said_again_and_again_is_one(words, command):
    assert Ears().final(words).wait(100).commands == [command]


@pytest.mark.parametrize(
    ("words", "commands"),
    [
        ("stop it hurts", ["stop", "it_hurts"]),
        ("ouch stop", ["it_hurts", "stop"]),
        ("pain wait", ["it_hurts", "pause"]),
        ("oh my leg is numb stop", ["red_flag", "stop"]),
        ("stop stop ouch it hurts", ["stop", "it_hurts"]),
    ],
)
def test_of_urgent_commands_in_one_breath_none_is_lost(words, commands):
    assert Ears().final(words).wait(100).commands == commands
    assert Ears().partial(words).wait(400).final(words).wait(100).commands == commands


@pytest.mark.parametrize("words", ["my spleen hurts", "[unk] hurts", "that was really painful"])
def test_a_word_that_tells_a_pain_tells_it_whatever_comes_before(words):
    ears = Ears().final(words)
    assert ears.commands == ["it_hurts"]
    assert ears.heard[-1][1].words == words


@pytest.mark.parametrize(
    "words",
    [
        "hurts",
        "is hurting",
        "back hurts",
        "[unk] you hurts",
        "my [unk] is hurting",
        "a sharp hurt light hurts",
        "hurts [unk]",
        "[unk] hurts people",
    ],
)
def test_alone_or_after_one_known_word_or_in_the_middle_it_may_be_a_piece_of_another_word(words):
    assert Ears().final(words).commands == []


@pytest.mark.parametrize("phrase", ["it's hurting", "it's painful", "wait a bit", "it's tingling", "stop now"])
def test_a_phrase_that_holds_a_carriers_word_is_bare_all_the_same(phrase):
    assert Ears().final(phrase, confidence=0.6).commands == [VOICE.command_of(phrase, VOICE.understands)]


def test_what_was_refused_as_an_echo_is_not_obeyed_long_after():
    ears = Ears(was_echo=lambda moment: ears.now < 5_000)
    assert ears.partial("stop").wait(20_000).commands == []


def test_a_word_that_tells_a_pain_waits_for_the_end_and_for_some_certainty():
    assert Ears().partial("my ear hurts").wait(1000).commands == []
    assert Ears().final("my ear hurts", confidence=0.4).commands == []


def test_a_word_that_tells_a_pain_may_be_the_coachs_own():
    assert Ears(said=lambda _since: "This may be painful.").final("[unk] painful").commands == []


@pytest.mark.parametrize("words", ["slower faster", "next stop", "yes no"])
def test_two_different_commands_in_a_breath_are_none(words):
    assert Ears("offering_easier" if "yes" in words else "moving").final(words).commands == []


# --- Haste -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "phrase", [it for it, command in meanings_in("moving").items() if command in VOICE.urgent]
)
def test_an_urgent_phrase_is_acted_on_once_its_partial_has_stood(phrase):
    ears = Ears().partial(phrase, each=STANDING - BLOCK)
    assert ears.commands == []
    ears.wait(2 * BLOCK)
    assert ears.commands == [meanings_in("moving")[phrase]]


def test_a_partial_that_wavers_is_not_acted_on():
    ears = Ears().partial(*["stop", "slower"] * 5, each=STANDING - 2 * BLOCK)
    assert ears.final("slower").commands == ["slower"]


def test_what_is_not_urgent_waits_for_its_end():
    ears = Ears().partial("next").wait(2_000)
    assert ears.commands == []
    assert ears.final("next").commands == ["next"]


def test_an_urgent_phrase_that_may_become_another_command_waits_for_its_end():
    meanings = {"stop": Command("stop"), "stop that sound": Command("quieter"), "stop now": Command("stop")}
    ears = Ears(meanings=meanings).partial("stop").wait(1_000)
    assert ears.commands == []
    assert ears.partial("stop that sound").final("stop that sound").commands == ["quieter"]
    assert Ears(meanings=meanings).partial("stop now").commands == ["stop"]


# --- Once ------------------------------------------------------------------------------------------------


def test_an_utterance_is_acted_on_once():
    assert Ears().partial("stop").wait(500).final("stop").commands == ["stop"]


def test_an_utterance_without_an_end_for_long_is_acted_on_once():
    assert Ears().partial("it hurts").wait(6_000).final("it hurts").commands == ["it_hurts"]


def test_ears_that_waver_after_the_action_do_not_repeat_it():
    assert Ears().partial("it hurts", "it", "it hurts", "[unk]", "it hurts").final("it hurts").commands == [
        "it_hurts"
    ]


def test_ears_that_change_their_mind_after_the_action_do_not_add_to_it():
    assert Ears().partial("pause").final("back").commands == ["pause"]


def test_stop_wins_in_the_same_breath_after_pause():
    assert Ears().partial("pause", "pause stop").final("pause stop").commands == ["pause", "stop"]


@pytest.mark.parametrize("phrase", ["stop", "it hurts", "my knee is hurting"])
def test_over_the_talk_of_others_what_is_urgent_is_a_command(phrase):
    assert Ears().final("").final(phrase, over_talk=True).commands == [VOICE.command_of(phrase, VOICE.urgent)]


@pytest.mark.parametrize("rest", [UNKNOWN, "the"])
def test_over_the_talk_of_others_the_first_word_may_be_a_rest_of_it(rest):
    assert Ears().partial(f"{rest} stop", over_talk=True).commands == ["stop"]
    assert Ears().final(f"{rest} stop", over_talk=True).commands == ["stop"]
    assert not Ears().partial(f"{rest} stop").final(f"{rest} stop").commands
    assert not Ears().partial(f"the {rest} stop", over_talk=True).commands


def test_over_the_talk_of_others_too_a_phrase_that_may_become_another_command_waits_for_its_end():
    ears = Ears(meanings={"stop": "stop", "stop counting": "quieter"})
    assert ears.partial("the stop", over_talk=True).commands == []
    assert ears.final("the stop", over_talk=True).commands == ["stop"]


@pytest.mark.parametrize("phrase", ["next", "slower", "make it easier"])
def test_over_the_talk_of_others_anything_else_is_one_if_it_is_clear_and_nothing_else_is_said(phrase):
    assert Ears().final(phrase, over_talk=True).commands == [VOICE.command_of(phrase, VOICE.understands)]
    assert not Ears().final(phrase, 0.6, over_talk=True).commands
    assert not Ears().final(f"the {phrase}", over_talk=True).commands
    assert not Ears().final(f"please {phrase}", over_talk=True).commands


def test_over_the_coachs_own_voice_the_talk_is_its_own():
    said = "some words"
    assert Ears(said=lambda since: said).final("slower", 0.6, over_talk=True).commands == ["slower"]


def test_what_is_not_urgent_in_the_same_breath_is_the_rest_of_the_word():
    assert Ears().partial("pause", "pause back").final("pause back").commands == ["pause"]


def test_the_rest_of_a_word_is_nothing_after_new_phrases():
    ears = Ears().partial("pause")
    ears.attention.attend_to(VOICE.meanings_of(spoken_in("paused")))
    assert ears.partial("back", each=300).final("back").commands == ["pause"]


def test_stop_wins_at_once_after_new_phrases():
    ears = Ears().partial("pause")
    ears.attention.attend_to(VOICE.meanings_of(spoken_in("paused")))
    assert ears.partial("stop").commands == ["pause", "stop"]


def test_the_same_phrase_is_a_new_command_a_while_later():
    ears = Ears().partial("pause").final("pause").wait(3_000)
    assert ears.partial("pause").final("pause").commands == ["pause", "pause"]


def test_ears_that_forgot_the_utterance_that_was_acted_on_may_hear_the_phrase_again():
    assert Ears().partial("it hurts").wait(3_000).partial("it hurts").commands == ["it_hurts", "it_hurts"]


@pytest.mark.parametrize("final", ["lower back", "upper back"])
def test_an_answer_is_heard_although_the_ears_never_told_the_end_of_the_urgent_word_before_it(final):
    ears = Ears().partial("it hurts", "it hurts [unk]", each=500)
    ears.attention.attend_to(VOICE.meanings_of(spoken_in("asking_where")))
    ears.partial("lower", "lower back", each=300).final(final)
    assert ears.commands == ["it_hurts", final.replace(" ", "_")]


def test_an_urgent_word_that_the_ears_lost_and_found_again_in_one_utterance_is_the_same():
    ears = Ears().partial("it hurts", each=200).partial("it hurts [unk]", "[unk]", each=1_000)
    assert ears.partial("it hurts", each=1_000).final("it hurts").commands == ["it_hurts"]


def test_other_phrases_do_not_make_it_forget_what_it_is_hearing():
    ears = Ears().partial("stop", each=60)
    ears.attention.attend_to(VOICE.meanings_of(spoken_in("paused")))
    assert ears.wait(200).commands == ["stop"]


# --- Confidence ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("phrase", "command"), [("pause", "pause"), ("slower", "slower"), ("help", "help")])
def test_what_does_no_harm_needs_little_confidence(phrase, command):
    assert Ears().final(phrase, MIN_CONFIDENCE).commands == [command]
    assert Ears().final(phrase, MIN_CONFIDENCE - 0.01).commands == []


MOVES_ON = ("next", "back", "done", "resume")
ASKS_FOR_MORE = ("faster", "harder")
AGREES_OR_MAKES_LIGHT_OF_PAIN = ("yes", "dull", "a_little", *(f"number_{few}" for few in range(5)))
PUTS_IT_RIGHT = tuple(f"correction_{few}" for few in range(5))


def needs(command, confidence):
    state = next(state for state in STATES if command in spoken_in(state))
    phrase = VOICE.understands[command][0]
    assert Ears(state).final(phrase, confidence).commands == [command]
    assert Ears(state).final(phrase, confidence - 0.01).commands == []


@pytest.mark.parametrize("command", [*AGREES_OR_MAKES_LIGHT_OF_PAIN, *PUTS_IT_RIGHT])
def test_an_answer_that_may_do_harm_must_be_clear(command):
    needs(command, CLEAR_CONFIDENCE)


@pytest.mark.parametrize("command", [*MOVES_ON, *ASKS_FOR_MORE])
def test_what_moves_on_or_asks_for_more_unasked_must_be_clearer(command):
    assert UNASKED_CONFIDENCE > CLEAR_CONFIDENCE
    needs(command, UNASKED_CONFIDENCE)


@pytest.mark.parametrize("phrase", ["go back", "done"])
def test_what_was_not_clear_enough_unasked_is_believed_when_it_is_said_again(phrase):
    unclear = UNASKED_CONFIDENCE - 0.01
    assert len(Ears().final(phrase, unclear).wait(3_000).final(phrase, unclear).commands) == 1


def test_what_is_understood_twice_need_not_be_clear():
    unclear = CLEAR_CONFIDENCE - 0.01
    assert Ears("asking_kind").final("dull", unclear).wait(SAID_AGAIN - 1_000).final("dull", unclear).commands == [
        "dull"
    ]
    assert Ears("asking_kind").final("dull", unclear).wait(SAID_AGAIN).final("dull", unclear).commands == []
    assert Ears("asking_kind").final("dull", unclear).wait(2_000).final("sharp", 0.3).commands == []
    twice = Ears("offering_easier").final("yes", unclear).wait(2_000).final("next", unclear).wait(2_000)
    assert twice.final("yes", unclear).commands == []
    asked = Ears("offering_easier").final("yes", unclear)
    asked.attention.attend_to(VOICE.meanings_of(spoken_in("offering_another")))
    assert asked.wait(2_000).final("yes", unclear).commands == []


def test_a_meaning_is_as_likely_as_all_the_words_together_in_which_it_may_have_been_said():
    torn = (("yes", 0.4), ("yep", 0.3), ("yeah", 0.1), ("you", 0.2))
    assert Ears("offering_easier").final("yes", 0.4, alternatives=torn).commands == ["yes"]
    assert Ears("offering_easier").final("yes", 0.4).commands == []
    doubtful = (("yes", 0.4), ("no", 0.3), ("yep [unk]", 0.3))
    assert Ears("offering_easier").final("yes", 0.4, alternatives=doubtful).commands == []


def test_a_phrase_is_meant_rather_than_a_piece_of_another_that_is_hardly_likelier():
    now = (("now", 0.5), ("no", 0.3), ("no wait", 0.2))
    assert Ears("offering_easier").final("now", 0.5, alternatives=now).commands == ["no"]
    assert Ears("asking_strength").final("none", 0.4, alternatives=(("none", 0.4), ("nine", 0.3))).commands == [
        "number_9"
    ]


def test_a_piece_of_a_phrase_over_the_coachs_voice_may_be_its_own():
    ears = Ears("offering_easier", said=lambda since: "shall we go on now")
    assert ears.final("now", 0.5, alternatives=(("now", 0.5), ("no", 0.3), ("no wait", 0.2))).commands == []


@pytest.mark.parametrize(
    ("state", "alternatives"),
    [
        ("offering_easier", (("now", 0.7), ("no", 0.3))),  # far likelier
        ("offering_easier", (("[unk]", 0.5), ("no", 0.4))),  # speech, and no piece
        ("offering_easier", (("house", 0.5), ("no", 0.4))),  # a decoy
        ("offering_easier", (("now", 0.4), ("no", 0.25), ("yes", 0.2), ("yep", 0.15))),  # or its opposite
        ("offering_easier", (("now", 0.4), ("[unk]", 0.35), ("no", 0.25))),  # rather talk than either
        ("asking_strength", (("a", 0.4), ("on", 0.3), ("three", 0.2), ("two", 0.1))),  # makes light of a pain
        ("moving", (("we", 0.55), ("wait", 0.45))),  # urgent, and talk is full of pieces
        ("moving", (("go", 0.55), ("go on", 0.45))),  # moves on, and nobody asked
        ("moving", ()),
    ],
)
def test_a_piece_is_talk_where_it_is_likelier_or_the_phrase_could_do_harm(state, alternatives):
    text, confidence = alternatives[0] if alternatives else ("now", 1.0)
    assert Ears(state).final(text, confidence, alternatives=alternatives).commands == []


KILLING = "my hip is killing me"


@pytest.mark.parametrize(
    ("alternatives", "command"),
    [
        ((("[unk]", 0.85), (KILLING, LIKELY_ENOUGH)), "it_hurts"),
        ((("a bit", 0.6), ("[unk]", 0.24), ("oh my toe hurts", 0.08), ("my toe hurts", 0.08)), "it_hurts"),
        ((("[unk]", 0.8), ("next starting to hurt", 0.2)), "it_hurts"),  # what noise left of it
        ((("[unk]", 0.7), ("i feel faint", 0.2), (KILLING, 0.1)), "red_flag"),
        ((("[unk]", 0.8), ("what comes next", 0.2)), "whats_next"),
    ],
)
def test_a_long_phrase_counts_where_what_is_likelier_is_no_phrase(alternatives, command):
    assert Ears().final(*alternatives[0], alternatives=alternatives).commands == [command]


@pytest.mark.parametrize(
    "alternatives",
    [
        (("[unk]", 0.87), (KILLING, LIKELY_ENOUGH - 0.02)),
        (("[unk]", 0.6), ("it hurts", 0.4)),  # two words are heard in talk
        (("[unk]", 0.6), ("make it harder", 0.4)),  # asks more of their back
        (("[unk]", 0.6), ("my back is stiff", 0.4)),  # no phrase
        (("[unk]", 0.4), ("i feel faint", 0.2), (KILLING, 0.2), ("take a break", 0.2)),  # one as likely as another
        (("a", 0.24), ("a sharp pain", 0.23), ("sharp", 0.2), ("can sharp", 0.17), ("", 0.16)),  # torn, by noise
    ],
)
def test_a_long_phrase_does_not_count_where_it_may_be_talk_or_do_harm(alternatives):
    assert Ears().final(*alternatives[0], alternatives=alternatives).commands == []


def test_a_long_phrase_does_not_count_where_another_phrase_is_likelier():
    torn = (("how long", 0.6), (KILLING, 0.4))
    assert Ears().final("how long", 0.6, alternatives=torn).commands == ["how_long"]


def test_a_long_answer_must_be_likelier_than_that_it_is_none():
    meanings = {"when i wake up": "after_waking", "before i go to bed": "before_bed", "yes": "yes"}
    torn = (("[unk]", 0.4), ("when i wake up", 0.35), ("oh when i wake up", 0.25))
    assert Ears(meanings=meanings).final("[unk]", 0.4, alternatives=torn).commands == ["after_waking"]
    unlikely = (("[unk]", 0.6), ("when i wake up", 0.4))
    assert Ears(meanings=meanings).final("[unk]", 0.6, alternatives=unlikely).commands == []


def test_an_unlikely_phrase_may_be_the_coach_itself_or_the_talk_of_others():
    unlikely = (("[unk]", 0.6), (KILLING, 0.4))
    assert Ears(said=lambda since: "Easy now.").final("[unk]", 0.6, alternatives=unlikely).commands == []
    heard = Ears().partial("[unk]", over_talk=True).final("[unk]", 0.6, over_talk=True, alternatives=unlikely)
    assert heard.commands == []


def test_an_unlikely_phrase_in_the_breath_of_what_was_acted_on_is_not_one_more():
    torn = (("stop [unk]", 0.6), (f"stop {KILLING}", 0.4))
    assert Ears().partial("stop").final("stop [unk]", 0.6, alternatives=torn).commands == ["stop"]


def test_other_words_add_nothing_to_a_pain_that_one_word_of_many_tells():
    talk = (("my ear hurts", 0.4), ("my ears hurts", 0.3), ("the ear hurts", 0.3))
    assert Ears().final("my ear hurts", 0.4, alternatives=talk).commands == []


def test_what_follows_something_that_was_acted_on_is_weighed_by_itself():
    torn = (("stop it hurts", 0.4), ("stop that hurts", 0.4), ("that hurts", 0.2))
    assert Ears().partial("stop").final("stop it hurts", 0.4, alternatives=torn).commands == ["stop", "it_hurts"]


def test_a_second_opinion_that_is_torn_between_words_for_the_same_is_an_opinion():
    torn = (("it hurts", 0.4), ("that hurts", 0.3), ("[unk]", 0.3))
    assert Ears(second=Opinions("it hurts", confidence=0.4, alternatives=torn)).partial("ouch").commands == [
        "it_hurts"
    ]
    assert Ears(second=Opinions("it hurts", confidence=0.4)).partial("ouch").commands == []


def test_a_wake_phrase_is_clear_or_nothing():
    asleep = Ears(meanings={"hey coach": "wake"})
    assert asleep.final("hey coach", 0.79).wait(2_000).final("hey coach", 0.79).commands == []


def test_nothing_urgent_must_be_clear():
    assert TO_BE_CLEAR > UNASKED
    assert not TO_BE_CLEAR & VOICE.urgent


@pytest.mark.parametrize("first", ["", "next ", "[unk] "])
@pytest.mark.parametrize(
    ("end", "command"),
    [("starting to hurt", "it_hurts"), ("is killing me", "it_hurts"), ("in my chest", "red_flag")],
)
def test_the_last_words_of_a_phrase_are_the_phrase_whatever_its_first_was_taken_for(first, end, command):
    assert Ears().final(f"{first}{end}").commands == [command]
    assert Ears().final(f"{first}{end}", MIN_CONFIDENCE - 0.01).commands == []
    assert Ears().final(f"left {first or 'go '}{end}").commands == []
    assert Ears().final(f"{first}{end} left").commands == []
    assert Ears().partial(f"{first}{end}", each=1_000).commands == []


@pytest.mark.parametrize("end", ["something wrong", "is numb", "a doctor", "killing me"])
def test_two_words_of_a_phrase_are_talk(end):
    assert any(phrase.endswith(f" {end}") for phrase in meanings_in("moving"))
    assert Ears().final(end).commands == []


def test_how_phrases_end_that_mean_different_things_or_must_be_clear_means_nothing():
    meanings = {
        "it is a bit too much": "easier",
        "was it a bit too much": "it_hurts",
        "let us do it again": "next",
    }
    for end in ("a bit too much", "do it again", "us do it again"):
        assert Ears(meanings=meanings).final(end).commands == []
    assert Ears(meanings=meanings).final("is a bit too much").commands == ["easier"]


def test_how_a_phrase_ends_may_be_the_coachs_own_while_it_speaks():
    ears = Ears(said=lambda since: "bend a little further")
    assert ears.final("starting to hurt").commands == []
    assert ears.final("that's starting to hurt").commands == ["it_hurts"]


def test_a_pain_that_is_told_is_heard_over_the_coachs_voice_even_if_a_phrase_ends_so():
    assert "the back of my knee hurts" in meanings_in("moving")
    assert Ears(said=lambda since: "bend a little further").final("back of my knee hurts").commands == ["it_hurts"]


def test_a_phrase_is_as_likely_as_it_is_with_all_the_words_that_may_have_come_before_it():
    torn = (("go slow down", 0.4), ("left slow down", 0.35), ("slow down", 0.25))
    assert Ears().final("go slow down", 0.4, alternatives=torn).commands == ["slower"]
    assert Ears().final("go slow down", 0.4, alternatives=torn[:1]).commands == []


# --- Heard twice -----------------------------------------------------------------------------------------


class Opinions:
    """What is heard the second time: one opinion after another, and the last of them from then on."""

    def __init__(self, *texts, confidence=1.0, alternatives=()):
        self.asked = 0
        self._texts = texts
        self._confidence = confidence
        self._alternatives = alternatives

    def __call__(self):
        self.asked += 1
        text = self._texts[min(self.asked, len(self._texts)) - 1]
        return Hypothesis(text, final=True, confidence=self._confidence, alternatives=self._alternatives)


@pytest.mark.parametrize("again", ["", "[unk]", "[unk] stop", "stop [unk]", "step", "easier"])
def test_an_urgent_phrase_that_is_not_heard_a_second_time_is_none(again):
    ears = Ears(second=Opinions(again))
    assert ears.partial("stop", each=1_000).final("stop").commands == []


@pytest.mark.parametrize("again", ["stop", "stop stop", "please stop", "no stop", "stop ouch"])
def test_an_urgent_phrase_that_is_heard_a_second_time_does_not_wait_for_the_end(again):
    assert Ears(second=Opinions(again)).partial("stop").commands == ["stop"]
    assert Ears(second=Opinions(again)).final("stop").commands == ["stop"]


def test_other_words_for_the_same_are_the_same():
    assert Ears(second=Opinions("it hurts")).partial("that hurts").commands == ["it_hurts"]


def test_all_that_is_said_in_a_fright_is_heard_twice():
    assert Ears(second=Opinions("ouch stop")).final("ouch stop").wait(BLOCK).commands == ["it_hurts", "stop"]
    assert Ears(second=Opinions("oh stop")).final("ouch stop").wait(BLOCK).commands == ["stop"]
    assert Ears(second=Opinions("ouch")).partial("ouch stop").commands == ["it_hurts"]
    assert Ears(second=Opinions("[unk]")).final("ouch stop").wait(BLOCK).commands == []


def test_another_opinion_is_asked_for_after_two_decodings_more():
    opinions = Opinions("[unk]", "stop")
    ears = Ears(second=opinions).partial("stop")
    assert (ears.commands, opinions.asked) == ([], 1)
    assert ears.wait(ANOTHER_OPINION - 2 * BLOCK).commands == []
    assert ears.wait(2 * BLOCK).commands == ["stop"]


def test_opinions_are_not_asked_for_without_end():
    opinions = Opinions("[unk]")
    Ears(second=opinions).partial("stop", each=60_000)
    assert opinions.asked <= FORGOTTEN / ANOTHER_OPINION


def test_what_was_acted_on_already_is_not_heard_again_and_again():
    opinions = Opinions("stop")
    ears = Ears(second=opinions).partial("stop", each=1_000)
    assert (ears.commands, opinions.asked) == (["stop"], 1)
    ears.final("stop").wait(100).partial("stop", each=400)
    assert (ears.commands, opinions.asked) == (["stop"], 1)


def test_the_coachs_own_word_is_not_heard_again():
    opinions = Opinions("stop")
    Ears(second=opinions, was_echo=lambda moment: True).partial("stop", each=1_000).final("stop")
    assert opinions.asked == 0


def test_a_second_hearing_must_be_as_clear_as_the_first():
    assert Ears(second=Opinions("stop", confidence=MIN_CONFIDENCE)).partial("stop").commands == ["stop"]
    assert Ears(second=Opinions("stop", confidence=MIN_CONFIDENCE - 0.01)).partial("stop").commands == []


def test_a_second_hearing_may_be_torn_between_it_and_what_is_hardly_likelier():
    torn = Opinions("[unk]", confidence=0.4, alternatives=(("[unk]", 0.4), ("it burns", 0.2), ("six", 0.2)))
    assert Ears(second=torn).final("it's burning").commands == ["it_hurts"]
    unlikely = Opinions("[unk]", confidence=0.6, alternatives=(("[unk]", 0.6), ("it burns", 0.2), ("six", 0.2)))
    assert Ears(second=unlikely).final("it's burning").commands == []
    onwards = Opinions("[unk]", confidence=0.5, alternatives=(("[unk]", 0.5), ("next", 0.4), ("six", 0.1)))
    assert Ears(second=onwards).final("next").commands == []


@pytest.mark.parametrize(("phrase", "command"), [("next", "next"), ("go back", "back"), ("please pause", "pause")])
def test_what_must_be_clear_is_heard_twice(phrase, command):
    assert Ears(second=Opinions(phrase)).final(phrase).commands == [command]
    assert Ears(second=Opinions("[unk]")).final(phrase).commands == []


@pytest.mark.parametrize("phrase", ["stop", "next", "please pause"])
def test_what_is_not_heard_a_second_time_counts_when_it_is_said_again(phrase):
    ears = Ears(second=Opinions("[unk]")).final(phrase).wait(3_000)
    assert len(ears.final(phrase).commands) == 1
    assert not ears.wait(SAID_AGAIN + 3_000).final(phrase).commands[1:]


def test_an_urgent_phrase_that_is_said_again_does_not_wait_for_the_end_either():
    ears = Ears(second=Opinions("[unk]")).final("stop").wait(3_000)
    assert ears.partial("stop").commands == ["stop"]


def test_in_one_utterance_nothing_is_said_again():
    ears = Ears(second=Opinions("[unk]")).partial("stop", each=1_000).partial("stop now", each=1_000)
    assert ears.final("stop now").commands == []


def test_what_does_no_harm_is_heard_once():
    opinions = Opinions("[unk]")
    assert Ears(second=opinions).final("slower").commands == ["slower"]
    assert opinions.asked == 0


def test_over_the_coachs_voice_and_over_talk_an_urgent_phrase_is_heard_once():
    opinions = Opinions("[unk]")
    ears = Ears(second=opinions, said=lambda since: "breathe out and round your back")
    assert ears.partial("stop").commands == ["stop"]
    assert Ears(second=opinions).partial("stop", over_talk=True).commands == ["stop"]
    assert Ears(second=opinions).final("next", over_talk=True).commands == ["next"]
    assert opinions.asked == 0


@pytest.mark.parametrize("words", ["[unk] hurts", "my little ear hurts", "this sharp light hurts"])
def test_a_pain_told_by_one_word_of_many_is_told_clearly_or_a_second_time(words):
    assert Ears(second=Opinions("[unk]")).final(words, CLEAR_CONFIDENCE).commands == ["it_hurts"]
    unsure = CLEAR_CONFIDENCE - 0.01
    assert Ears(second=Opinions(words)).final(words, unsure).commands == ["it_hurts"]
    assert Ears(second=Opinions("[unk]")).final(words, unsure).commands == []


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("my knee hurts", "it_hurts"),
        ("my knee hurts really", "it_hurts"),
        ("can you stop please", "stop"),
        ("skip this exercise", "next"),
    ],
)
def test_a_long_phrase_is_heard_once(words, command):
    opinions = Opinions("[unk]")
    assert Ears(second=opinions).final(words).commands == [command]
    assert opinions.asked == 0


# --- Its own voice ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("phrase", ["stop", "it hurts", "how long", "next"])
def test_what_the_coach_is_saying_is_the_coach(phrase):
    ears = Ears(said=lambda since: f"You can say: Continue, {phrase.capitalize()}, repeat.")
    assert ears.partial(phrase).final(phrase).commands == []


def test_part_of_what_the_coach_is_saying_is_not_a_phrase_of_it():
    assert Ears(said=lambda since: "How many, and how far? Long ago.").final("how long").commands == ["how_long"]
    assert Ears(said=lambda since: "Stopping.").final("stop").commands == ["stop"]


def test_the_coachs_words_are_asked_for_since_shortly_before_the_utterance():
    asked = []
    Ears(said=lambda since: asked.append(since) or "").wait(5_000).partial("next").wait(2_000).final("next")
    assert len(asked) == 1
    assert 4_000 <= asked[0] <= 5_000


def test_what_was_no_more_than_an_echo_is_the_coach():
    assert Ears(was_echo=lambda moment: True).partial("stop").final("stop").commands == []


def coach_is_speaking(_since):
    return "breathe out and come down slowly"


def test_over_the_coach_unknown_speech_before_an_urgent_phrase_may_be_the_coach():
    assert Ears(said=coach_is_speaking).partial("[unk]", "[unk] stop").commands == ["stop"]
    assert Ears().partial("[unk]", "[unk] stop").commands == []


@pytest.mark.parametrize("words", ["[unk] stop [unk]", "because stop", "[unk] because stop", "[unk] next"])
def test_over_the_coach_nothing_else_is_taken_for_a_command(words):
    assert Ears(said=coach_is_speaking).partial("[unk]", words).final(words).commands == []


@pytest.mark.parametrize(("left", "phrase"), sorted(VOICE.muffled.items()))
def test_over_the_coach_what_is_left_of_an_urgent_phrase_counts_as_the_phrase(left, phrase):
    ears = Ears(said=coach_is_speaking).partial(left).final(left)
    assert [(heard.command, heard.words) for _, heard in ears.heard] == [(meanings_in("moving")[phrase], left)]
    assert Ears(said=coach_is_speaking).final(f"[unk] {left}").commands == [meanings_in("moving")[phrase]]


def test_what_is_left_of_an_urgent_phrase_waits_for_the_end():
    assert Ears(said=coach_is_speaking).partial("top").commands == []
    assert Ears(said=coach_is_speaking).partial("top", "stop").commands == ["stop"]


@pytest.mark.parametrize("words", ["because top", "top [unk]", "top five", "top top"])
def test_over_the_coach_what_is_left_of_an_urgent_phrase_is_talk_among_other_words(words):
    assert Ears(said=coach_is_speaking).partial(words).final(words).commands == []


def test_what_is_left_of_an_urgent_phrase_is_talk_in_the_coachs_silence_and_when_the_coach_says_it():
    assert Ears().partial("top").final("top").commands == []
    assert Ears(said=lambda since: "Roll up, from the top.").partial("top").final("top").commands == []
    assert Ears(said=lambda since: "Say stop when it is enough.").partial("top").final("top").commands == []
    echo = Ears(said=coach_is_speaking, was_echo=lambda moment: True)
    assert echo.partial("top").final("top").commands == []


def test_what_is_left_of_a_phrase_that_is_not_urgent_is_talk():
    ears = Ears(said=coach_is_speaking, meanings={"next": "next", "stop": "stop"})
    ears.attention.attend_to(
        Meanings({"next": "next", "stop": "stop"}, VOICE.urgent, {"text": "next", "top": "stop"})
    )
    assert ears.partial("text").final("text").commands == []
    assert ears.wait(2_000).partial("top").final("top").commands == ["stop"]


def test_what_is_left_of_a_phrase_that_is_not_asked_for_is_talk():
    ears = Ears(said=coach_is_speaking, meanings={"yes": "yes", "stop": "stop"})
    assert ears.partial("hurts").final("hurts").commands == []


def test_over_the_coach_what_the_ears_took_back_is_not_believed_at_the_end():
    assert (
        Ears(said=coach_is_speaking).partial("next", each=120).partial("", each=800).final("next").commands == []
    )
    assert Ears(said=coach_is_speaking).partial("next", each=120).final("next").commands == ["next"]
    assert Ears().partial("next", each=120).partial("", each=800).final("next").commands == ["next"]


def test_what_followed_the_coachs_echo_in_the_same_utterance_is_judged_by_its_own_time():
    """The echo began the utterance; the person's word came 800 ms later."""
    ears = Ears(said=coach_is_speaking, was_echo=lambda moment: moment < 600)
    assert ears.partial("[unk]", each=800).partial("[unk] stop").commands == ["stop"]
    ears = Ears(said=coach_is_speaking, was_echo=lambda moment: moment < 600)
    assert ears.partial("[unk]", each=400).partial("[unk] stop").wait(400).commands == []


def test_a_final_result_is_judged_by_the_time_at_which_its_words_were_first_believed_in():
    # The coach's own "five" showed for a moment, then nothing, then another guess; the end came much later.
    ears = Ears(was_echo=lambda moment: 1_000 <= moment <= 1_400, meanings={"five": "number_5"})
    ears.partial("no", each=200).partial("", each=800).partial("five", each=120).partial("", each=1_500)
    assert ears.partial("not", each=120).partial("", each=700).final("five").commands == []
    assert ears.partial("five", each=400).final("five").commands == ["number_5"]


def test_the_recogniser_changing_its_mind_about_what_came_before_does_not_make_an_echo_younger():
    ears = Ears(said=coach_is_speaking, was_echo=lambda moment: moment < 600)
    assert ears.partial("stop", each=800).partial("[unk] stop", each=800).final("stop").commands == []


# --- Whatever the ears report ----------------------------------------------------------------------------

WORDS = st.sampled_from(
    [UNKNOWN, "five", "because", "stop", "top", "pause", "it", "hurts", "starting to hurt", "next", "slower", "ow"]
)
TEXTS = st.lists(WORDS, max_size=4).map(" ".join)
TURNS = st.lists(
    st.one_of(
        st.builds(Hypothesis, text=TEXTS, final=st.just(value=False), over_talk=st.booleans()),
        st.builds(
            Hypothesis,
            text=TEXTS,
            final=st.just(value=True),
            confidence=st.floats(0, 1),
            over_talk=st.booleans(),
        ),
        st.integers(1, 60),  # blocks of waiting
    ),
    max_size=30,
)


def run(turns, **circumstances):
    """Play turns to an attention; return it, and for each action the texts reported until then."""
    ears = Ears(**circumstances)
    log = []
    for turn in turns:
        before = len(ears.heard)
        if isinstance(turn, int):
            ears.wait(turn * BLOCK)
        else:
            ears._turn([turn])
            while ears.attention._in_turn:  # what else was meant in the same breath
                ears._turn([])
        log.append((turn, ears.heard[before:]))
    return ears, log


def is_told(heard):
    tells = VOICE.tells.get(heard.command, ())
    return heard.words not in meanings_in("moving") and heard.words.split()[-1] in tells


def is_end(heard):
    """Whether it is no phrase, but how one ends, or several that all mean this."""
    meanings = meanings_in("moving")
    of = {command for phrase, command in meanings.items() if phrase.endswith(f" {heard.words}")}
    return heard.words not in meanings and of == {heard.command} and len(heard.words.split()) >= LEAST_LEFT


@given(TURNS)
def test_it_only_ever_acts_on_offered_phrases(turns):
    meanings = meanings_in("moving")
    ears, _ = run(turns)
    assert all(meanings.get(it.words) == it.command or is_told(it) or is_end(it) for _, it in ears.heard)


@given(TURNS)
@example([Hypothesis("it hurts [unk]", final=True, confidence=1.0)])
@example([Hypothesis("stop it hurts", final=True, confidence=1.0)])
@example([Hypothesis("five starting to hurt", final=True, confidence=1.0)])
def test_what_it_acts_on_ends_the_utterance_but_for_one_word_after_several(turns):
    meanings = meanings_in("moving")
    _, log = run(turns)
    for turn, heard in log:
        if heard and isinstance(turn, Hypothesis):
            acted = heard[0][1]
            words = turn.text.split()
            if is_told(acted):
                assert turn.final
                assert turn.text.endswith(acted.words)
                continue
            if is_end(acted):
                assert turn.final
                assert acted.words in (" ".join(words), " ".join(words[1:]))
                continue
            assert not {UNKNOWN, "five", "because"} & set(acted.words.split())
            if " " in acted.words and acted.command not in TO_BE_CLEAR and turn.final:
                assert acted.words in (" ".join(words[-2:]), " ".join(words[-3:-1]))
            else:
                last = {command for phrase, command in meanings.items() if f" {turn.text}".endswith(f" {phrase}")}
                assert acted.words == words[-1] or (last and last | {acted.command} <= VOICE.urgent)


@given(TURNS)
def test_what_is_not_urgent_is_acted_on_only_by_a_confident_final_result(turns):
    _, log = run(turns)
    for turn, heard in log:
        for _, it in heard:
            if it.command not in VOICE.urgent:
                assert isinstance(turn, Hypothesis)
                assert turn.final
                assert turn.confidence >= MIN_CONFIDENCE


@given(TURNS)
@example([Hypothesis("stop", final=True, confidence=1.0)])
@example([Hypothesis("stop", final=False), 60])
def test_what_is_short_and_not_heard_a_second_time_is_acted_on_only_if_it_does_no_harm_or_comes_anew(turns):
    turns = [
        turn
        for turn in turns
        if isinstance(turn, int) or not (turn.over_talk or len(turn.text.split()) >= HARDLY_TALK)
    ]
    _, log = run(turns, second=Opinions(UNKNOWN))
    ended = 0
    for turn, heard in log:
        harmless = all(it.command not in VOICE.urgent | TO_BE_CLEAR for _, it in heard)
        assert harmless or ended
        ended += isinstance(turn, Hypothesis) and turn.final


@given(TURNS)
def test_it_never_acts_on_its_own_echo(turns):
    assert run(turns, was_echo=lambda moment: True)[0].heard == []


@given(TURNS)
def test_it_never_acts_on_the_words_it_is_saying(turns):
    everything = ", ".join(meanings_in("moving"))
    assert run(turns, said=lambda since: everything)[0].heard == []


@given(TURNS)
def test_after_any_past_a_lone_stop_after_a_silence_is_obeyed(turns):
    ears, _ = run(turns)
    ears.final("").wait(3_000)
    before = len(ears.heard)
    ears.partial("stop")
    assert [heard for _, heard in ears.heard[before:]] == [Heard(Command("stop"), "stop")]


@given(TURNS)
def test_the_same_urgent_command_is_never_acted_on_twice_within_a_second(turns):
    ears, _ = run(turns)
    for (at, one), (then, other) in zip(ears.heard, ears.heard[1:], strict=False):
        assert one.command != other.command or one.command not in VOICE.urgent or then - at >= 1_000
