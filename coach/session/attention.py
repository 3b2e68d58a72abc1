"""Attention: which of the things the ears believe they hear are meant for the coach.

One small pure policy with its reasons. What words mean by themselves is told in ``meaning.py``; they are acted on
only at the right time, when they are sure enough, and when a person said them to the coach:

- Urgent phrases are acted on once a partial result has stood for longer than two steps of the recogniser: an
  endpoint takes half a second and longer, and half a second is long when it hurts. The words before it are
  known then, of the words after it only how the next begins: "stop" may turn out to begin a sentence. Silence is
  the safe side. A phrase that may still become another command ("hold" could become "hold it lower") waits for
  the end.
- Everything else waits for the final result. What moves the person on, or asks more of their back, must have
  been understood clearly, or twice, and more clearly where nobody asked: it is answers that are likely. What only
  makes the coach talk, ease off or halt need not. With carriers around it, anything must that has waited for the
  end: talk about pain was heard as "oh pain".
- A meaning is as likely as all the words together in which it may have been said: ears that cannot tell "yes" from
  "yep" are sure of the answer. And nobody says a piece of a phrase alone: where the "now" of "stop now" was heard,
  and "no" is nearly as likely, it was "no". Not over the coach's voice, whose own words are full of pieces.
- A phrase of three words and more is hardly ever heard in talk, not even as one of the less likely things that it
  may have been. So where no phrase was heard, such phrases are believed though unknown speech is likelier; but
  answers only if it is not, and nothing that must be clear, nor over the coach's voice.
- What is urgent, or must be clear, is heard twice if it is short: as it comes, and once more by itself, a little
  faster, as if it ended there. What was meant is understood in the same way, or nearly as likely as what is; what
  other words only happened to sound like, mostly is not. It is asked again after two more decodings. Who says it
  anew is believed all the same, and what is urgent does not wait for its end then, either. A pain that is told by
  one word of many must be clear, or heard twice. Not over the coach's voice nor over talk, which leave too little
  of anything.
- An utterance is acted on once. What follows in the same breath counts only if it is urgent and something else:
  "pause ... stop". So the rest of a word, cut off by a new grammar, is nothing. Ears that are given other phrases
  in the middle of long talk never end it: words in which what was acted on is no longer found are another breath.
- What the coach itself is saying, or said a moment ago, is the coach. It knows about where its words lie, so
  "stop" is obeyed while it reads out what can be said, but for the moment in which it says "stop" itself. And
  what was no more than its own echo is the coach, whatever the recogniser makes of it.
- What is left of the coach's voice is unknown speech to the recogniser, and runs on into what the person says over
  it. So while the coach speaks, unknown speech before an urgent phrase does not make it talk.
- Over the coach's voice, what the ears took back is not believed any more: a "wait" that they had made out of next
  to nothing, and dropped again, came back five seconds later as the final result.
- Whoever is louder than the talk of others around them is heard afresh, in the middle of it; a word before an
  urgent phrase is the rest of that talk. So is a speaker who raises their voice: every other phrase must be all
  that is said, and clear. Not where the coach speaks: the talk is its own then.
- While the coach speaks, a lone word that its voice has left of an urgent phrase counts as the phrase. It waits
  for the end: it may yet become whole. The end of a phrase does not count there.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from operator import itemgetter

from coach.session.meaning import TO_BE_CLEAR, UNASKED, WAKE, Meanings, but_first, known_end
from coach.session.messages import Command, Heard, Hypothesis, Milliseconds
from coach.session.phrases import ANSWERS

STANDING = Milliseconds(260)
"""So long a partial result must stand before an urgent phrase is acted on. The recogniser decodes every 120 ms:
such a stand means that three decodings agree. One alone is a guess: "slower" begins like "stop". With two, 2.5
hours of dense talk, in quiet, in noise, in music and from afar, were taken for an urgent phrase 17 times, with
three 4 times; it costs 120 ms, and of 344 phrases that were meant 5."""

ECHO_AND_DECODING = Milliseconds(700)
"""So long after it was played the coach's own word may first show in a partial result: up to 300 ms on its way
through the devices and the room, and up to 400 ms until the recogniser believes in it."""

MIN_CONFIDENCE = 0.5
"""Below this the recogniser had a better idea of another phrase. In a sample of 67 human words, three quarters
of the right results lay above 0.9."""

CLEAR_CONFIDENCE = 0.7
"""For what could do harm when nobody said it."""

UNASKED_CONFIDENCE = 0.8
"""For such commands that answer no question. Of 142 such commands and answers by strangers that were obeyed none
was less clear, of 148 by people of the examination two, both of them answers; of five that nobody had given, in
2.7 hours of talk, three."""

NEARLY_AS_LIKELY = 0.5
"""A phrase at least half as likely as the piece of another that was heard instead is what was meant. None that are
urgent, or that nobody asked for: talk is full of pieces. Heard a second time, it need be no likelier."""

HARDLY_TALK = 3
"""So many words, all of them a command or said around one, are hardly ever heard in talk: 5 of 45 urgent phrases
that nobody had said. In noise 10 dB below the voice, 11 of 161 that somebody had were not heard a second time."""

LIKELY_ENOUGH = 0.15
"""So likely such phrases must be together where what is likelier is no phrase. In 2.5 hours of talk, in quiet, in
noise, in music and from afar, nothing nobody said was. Answers must be likelier than all else: what was asked can
be asked again."""

TORN = 0.25
"""What is torn between so many things that none is likelier is noise: a sneeze was "a sharp", "a sharp pain", "can
sharp" and three more. Where somebody had said such a phrase, 25 times, the likeliest was 0.3 and more."""

ANOTHER_OPINION = Milliseconds(240)
"""What was not understood in the same way when it was heard once more may be so after two decodings more."""

SAID_AGAIN = Milliseconds(12_000)
"""What was understood, but not clearly enough, and is understood so once more within this time, is meant: some
voices never say a word clearly, however often they are asked. Not a wake phrase: there is all day to repeat it."""

REFRACTORY = Milliseconds(500)
"""An utterance that begins so soon after an action is the rest of the one that was acted on."""

SAME_AGAIN = Milliseconds(1_500)
"""The same urgent command again within this time is the same request: the recogniser wavered, or a frightened
person said it twice."""

FORGOTTEN = Milliseconds(2_000)
"""Ears that were given other phrases may never end an utterance. A partial result that comes so long after the one
before begins another, and even what was acted on may be said again."""

Said = Callable[[Milliseconds], str]
"""Returns the words that the coach may have been saying since a moment."""

WasEcho = Callable[[Milliseconds], bool]
"""Tells whether what was heard about a moment was the coach's own sound, and nobody else's."""

SecondOpinion = Callable[[], Hypothesis]
"""Returns what the utterance at hand is taken for when it is heard once more, as if it ended here."""


def never(_moment: Milliseconds) -> bool:
    """There is no echo: the coach is silent, or the person wears headphones."""
    return False


class Attention:
    """Turns hypotheses into what the person meant. Time is counted in calls and arguments."""

    def __init__(self) -> None:
        self._meanings = Meanings({}, frozenset())
        self._began: Milliseconds | None = None  # the utterance at hand
        self._breath = Milliseconds(0)  # when what was not acted on of it began
        self._changed = Milliseconds(0)
        self._ask_again = Milliseconds(0)
        self._second: SecondOpinion | None = None
        self._believed: dict[str, Milliseconds] = {}  # in what known words, and since when, in this utterance
        self._partial = ""
        self._over_talk = False
        self._done_with = ""  # the words of this utterance that were acted on
        self._in_turn: list[Heard] = []  # what was said in the same breath, and comes next
        self._acted: Heard | None = None
        self._acted_at = Milliseconds(0)
        self._unclear: tuple[Command, Milliseconds] | None = None  # what was not understood clearly, and when

    def attend_to(self, meanings: Meanings) -> None:
        """From now on, this is what may be meant."""
        if meanings.phrases != self._meanings.phrases:
            self._unclear = None  # an answer to another question
        self._meanings = meanings

    def consider(
        self,
        hypotheses: Sequence[Hypothesis],
        now: Milliseconds,
        said: Said,
        was_echo: WasEcho = never,
        second: SecondOpinion | None = None,
    ) -> Heard | None:
        """Decide whether to act. Called once a block, also when nothing new was heard.

        Args:
            hypotheses: what this block changed.
            now: how much microphone sound was heard so far.
            said: the coach's own words.
            was_echo: its own sound.
            second: another opinion of what was heard; without one, the first counts.
        """
        self._second = second
        for hypothesis in hypotheses:
            self._over_talk = hypothesis.over_talk
            if hypothesis.final:
                self._in_turn += self._conclude(hypothesis, now, said, was_echo)
            else:
                self._follow(hypothesis.text, now)
        # Ears that were given other phrases may never end it, nor change it: what is old is not meant any more.
        if self._partial and STANDING <= now - self._changed <= FORGOTTEN and not self._in_turn:
            self._in_turn += self._hurry(now, said, was_echo)
        return self._in_turn.pop(0) if self._in_turn else None

    def _follow(self, text: str, now: Milliseconds) -> None:
        """Take in a partial result."""
        if self._began is None or now - self._changed > FORGOTTEN:
            self._began, self._done_with, self._partial = now, "", ""
            self._breath = now
            self._believed.clear()
        acted_on, new = self._done_with, self._new_in(text)
        if acted_on and not self._done_with:
            self._breath = now
        if (known := known_end(new)) != known_end(self._partial):
            self._believed[known] = now
        self._partial = new
        self._changed = now
        self._ask_again = now

    def _new_in(self, text: str) -> str:
        """What was not acted on yet. Ears that changed their mind about it are listened to afresh."""
        rest = _after(self._done_with, text)
        if rest is None:
            self._done_with, rest = "", text
        return rest

    def _hurry(self, now: Milliseconds, said: Said, was_echo: WasEcho) -> list[Heard]:
        """Act on urgent phrases before the utterance has ended."""
        text, meant = self._partial, self._meanings.of(self._partial)
        if not meant and self._speaks_over(said):
            text = known_end(self._partial)
            meant = self._meanings.of(text)
        if not meant and self._over_talk:
            text = but_first(text)
            meant = self._meanings.of(text)
        may_wait = any(
            it.command not in self._meanings.urgent or self._meanings.may_become_another(text, it.command)
            for it in meant
        )
        if may_wait or not meant or now < self._ask_again:
            return []
        meant = self._by_somebody(meant, self._believed[known_end(self._partial)], now, said, was_echo)
        if not meant:
            return []
        self._ask_again = Milliseconds(now + ANOTHER_OPINION)
        return self._act(self._heard_twice(meant, text, said) or self._said_again(meant, now), now)

    def _conclude(self, final: Hypothesis, now: Milliseconds, said: Said, was_echo: WasEcho) -> list[Heard]:
        """Act on an utterance that has ended."""
        if self._began is None:
            self._began, self._breath, self._done_with = now, now, ""
            self._believed.clear()
        final = self._rather_than_talk(self._rather_than_a_piece(final, said), said)
        text = self._new_in(final.text)
        believed = self._believed.get(known_end(text), self._began)
        if self._believed and not self._partial and self._speaks_over(said):
            text = ""  # it was taken back
        self._partial = text
        if self._over_talk and not self._speaks_over(said):
            meant = self._meant_over_talk(text, final.confidence)
        else:
            meant = self._meanings.of(text) or self._made_out(text, said) or self._understood(text, said)
        meant = self._by_somebody(meant, believed, now, said, was_echo)
        acted_on = self._act(self._sure_of(meant, text, self._confidence(final, meant, said), now, said), now)
        self._began, self._partial = None, ""
        return acted_on

    def _heard_twice(self, meant: list[Heard], text: str, said: Said) -> list[Heard]:
        """What is understood in the same way when it is heard once more, if it is short, or only told."""
        is_long = len(text.split()) >= HARDLY_TALK and self._meanings.are_phrases(meant)
        if self._second is None or is_long or self._over_talk or self._speaks_over(said):
            return meant
        again = self._second()
        understood = self._understood(again.text, said)
        is_sure = self._confidence(again, understood, said) >= MIN_CONFIDENCE
        commands = {it.command for it in understood if is_sure}
        return [it for it in meant if it.command in commands or self._may_be(it.command, again, said)]

    def _sure_of(
        self, meant: list[Heard], text: str, confidence: float, now: Milliseconds, said: Said
    ) -> list[Heard]:
        """What was understood well enough for what it does, and is not the rest of what was acted on.

        What is not clear enough is remembered: said again, it is.
        """
        if not meant or confidence < MIN_CONFIDENCE:
            return []
        command = meant[-1].command  # there are several only if all of them are urgent
        is_urgent = command in self._meanings.urgent
        if not is_urgent and self._acted is not None and self._breath < self._acted_at + REFRACTORY:
            return []
        must_be_clear = (command in TO_BE_CLEAR and not is_urgent) or self._meanings.is_carried(text)
        is_clear = confidence >= (UNASKED_CONFIDENCE if command in UNASKED else CLEAR_CONFIDENCE)
        is_told_clearly = not self._meanings.are_phrases(meant[-1:]) and is_clear
        if is_told_clearly or not (must_be_clear or is_urgent):
            return meant
        if is_clear or not must_be_clear:
            sure = self._heard_twice(meant, text, said)
            if sure:
                return sure
        said_again = self._said_again(meant, now)
        self._unclear = (command, now)
        return said_again

    def _said_again(self, meant: list[Heard], now: Milliseconds) -> list[Heard]:
        """What was understood in the same way a while ago, but not clearly enough then."""
        if self._unclear is None or meant[-1].command == WAKE:
            return []
        command, at = self._unclear
        return meant if meant[-1].command == command and now - at <= SAID_AGAIN else []

    def _by_somebody(
        self, meant: Sequence[Heard], believed: Milliseconds, now: Milliseconds, said: Said, was_echo: WasEcho
    ) -> list[Heard]:
        """What is neither the same again nor the coach's own word.

        Args:
            meant: what to act on.
            believed: since when the recogniser has believed in these words; the utterance may have begun long
                before, with what was left of the coach's voice.
            now: how much microphone sound was heard so far.
            said: the coach's own words.
            was_echo: its own sound.
        """
        began = now if self._began is None else self._began
        new = [it for it in meant if not self._is_same_again(it.command, began, now)]
        if not new or was_echo(believed):
            return []
        own_words = said(Milliseconds(believed - ECHO_AND_DECODING))
        return [it for it in new if not self._meanings.may_be_heard_in(own_words, it.words)]

    def _act(self, meant: list[Heard], now: Milliseconds) -> list[Heard]:
        """Act on that, and remember it."""
        if meant:
            self._done_with = f"{self._done_with} {self._partial}".strip()
            self._partial = ""
            self._acted, self._acted_at = meant[-1], now
        return meant

    def _is_same_again(self, command: Command, began: Milliseconds, now: Milliseconds) -> bool:
        if self._acted is None or command != self._acted.command or command not in self._meanings.urgent:
            return False
        return began <= self._acted_at or now < self._acted_at + SAME_AGAIN

    def _rather_than_a_piece(self, final: Hypothesis, said: Said) -> Hypothesis:
        """What was meant where a piece of a phrase was heard: "no", and not the "now" of "stop now".

        Nobody says a piece alone, but to Vosk's pairs of words it is hardly less likely than a phrase.
        """
        if not self._meanings.is_piece(final.text) or self._speaks_over(said):
            return final
        whole = [(text, share) for text, share in final.alternatives if not self._meanings.is_piece(text)]
        likeliest, likely = max(whole, key=itemgetter(1), default=("", 0.0))
        command = self._meanings.phrases.get(likeliest)
        is_harmless = command is not None and command not in self._meanings.urgent | UNASKED
        is_likely = likely >= NEARLY_AS_LIKELY * final.confidence
        return _one_of(whole, final) if is_harmless and is_likely else final

    def _rather_than_talk(self, final: Hypothesis, said: Said) -> Hypothesis:
        """The long phrase that was perhaps meant where no phrase was heard.

        Talk is hardly ever heard as one, not even as one of the less likely things that it may have been.
        """
        if self._over_talk or self._done_with or _likeliest(final) < TORN:
            return final
        if self._understood(final.text, said) or self._speaks_over(said):
            return final
        long = [(text, share) for text, share in final.alternatives if self._is_hardly_talk(text, said)]
        is_answer = any(it.command in ANSWERS for text, _ in long for it in self._meant_by_phrases(text, said))
        enough = MIN_CONFIDENCE if is_answer else LIKELY_ENOUGH
        return _one_of(long, final) if sum(share for _, share in long) >= enough else final

    def _is_hardly_talk(self, text: str, said: Said) -> bool:
        """Whether that consists of long phrases that could do no harm."""
        meant = self._meant_by_phrases(text, said)
        return bool(meant) and all(
            len(it.words.split()) >= HARDLY_TALK and it.command not in TO_BE_CLEAR for it in meant
        )

    def _may_be(self, command: Command, again: Hypothesis, said: Said) -> bool:
        """Whether that is nearly as likely as whatever is likeliest, if it moves nobody on."""
        enough = NEARLY_AS_LIKELY * _likeliest(again)
        return command not in UNASKED and self._share_of({command}, again, said) >= enough

    def _confidence(self, hypothesis: Hypothesis, meant: Sequence[Heard], said: Said) -> float:
        """How surely that was meant, in whatever words."""
        if not meant:
            return hypothesis.confidence
        return max(hypothesis.confidence, self._share_of({it.command for it in meant}, hypothesis, said))

    def _share_of(self, commands: Set[Command], hypothesis: Hypothesis, said: Said) -> float:
        """How likely phrases for these were said."""
        likely = ((_after(self._done_with, text), share) for text, share in hypothesis.alternatives)
        return sum(
            share
            for text, share in likely
            if text and {it.command for it in self._meant_by_phrases(text, said)} == commands
        )

    def _understood(self, text: str, said: Said) -> list[Heard]:
        """What an utterance means that has ended."""
        return self._meanings.nearly_of(text) or self._meanings.told(text) or self._by_its_end(text, said)

    def _meant_by_phrases(self, text: str, said: Said) -> list[Heard]:
        """The same but for what one word of many tells, in which much talk ends."""
        return self._meanings.nearly_of(text) or self._by_its_end(text, said)

    def _meant_over_talk(self, text: str, confidence: float) -> list[Heard]:
        """What an utterance means that began in the talk of others."""
        if text in self._meanings.phrases and confidence >= CLEAR_CONFIDENCE:
            return self._meanings.of(text)
        meant = self._meanings.of(text) or self._meanings.of(but_first(text))
        return [it for it in meant if it.command in self._meanings.urgent]

    def _by_its_end(self, text: str, said: Said) -> list[Heard]:
        """What the end of a phrase means, but not where it may be what the coach's voice has left of another."""
        meant = self._meanings.of_its_end(text)
        return meant if meant and not self._speaks_over(said) else []

    def _made_out(self, text: str, said: Said) -> list[Heard]:
        """What a word means that the coach's voice has eaten a piece of."""
        meant = self._meanings.made_out(text)
        return meant if meant and self._speaks_over(said) else []

    def _speaks_over(self, said: Said) -> bool:
        """Whether the coach has been speaking since shortly before the utterance at hand began."""
        return self._began is not None and bool(said(Milliseconds(self._began - ECHO_AND_DECODING)))


def _likeliest(hypothesis: Hypothesis) -> float:
    """How likely the likeliest is that it may have been."""
    return max((share for _, share in hypothesis.alternatives), default=1.0)


def _one_of(alternatives: Sequence[tuple[str, float]], hypothesis: Hypothesis) -> Hypothesis:
    """The hypothesis, if it can have been nothing but one of these alternatives."""
    total = sum(share for _, share in alternatives)
    shares = tuple((text, share / total) for text, share in alternatives)
    likeliest, confidence = max(shares, key=itemgetter(1))
    return replace(hypothesis, text=likeliest, confidence=confidence, alternatives=shares)


def _after(words: str, text: str) -> str | None:
    """The rest of a text that begins with these words; None where it does not."""
    begins = not words or f"{text} ".startswith(f"{words} ")
    return text[len(words) :].strip() if begins else None
