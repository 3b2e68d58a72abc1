"""The ears: Vosk, offline, listening for a closed set of phrases.

Only ``Model(model_path=...)`` is used: every other way to open a model downloads one. Nothing Vosk prints
reaches the person. What is acted on is decided elsewhere (``coach/session/attention.py``).
"""

import json
import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from coach.alternatives import ALTERNATIVES, Understood, understood
from coach.errors import EarsUnfit
from coach.foreground import Foreground
from coach.ports import BLOCK_BYTES, BLOCK_MS, SAMPLE_RATE, Block
from coach.second_hearing import SecondHearing
from coach.session.carriers import NO_CARRIERS, Carriers
from coach.session.messages import UNKNOWN, Command, Hypothesis, Milliseconds

NEEDED_FILES = ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf")
"""Without these no Vosk model works. The words may lie in ``graph/words.txt`` or inside ``graph/Gr.fst``."""

GRAMMAR_FILES = ("graph/HCLr.fst", "graph/Gr.fst")
"""Without these a model hears only what it was made for."""

TRIAL_WITHIN_S = 120.0
"""A trial of the bundled model takes 0.1 s here; of a big one, on a busy Raspberry Pi, very much longer."""

LONGEST_UTTERANCE = Milliseconds(15_000)
"""Vosk's memory grows while an utterance lasts. Music or a long talk is cut here; no command is that long."""

LET_FINISH = Milliseconds(2_000)
"""So long an utterance may keep new phrases waiting. A new grammar makes Vosk begin anew: of 24 words that it cut
in two, hardly any was heard, and half were heard as something else. Talk and music are cut all the same."""

COUNTED, UNKNOWN_COUNTED = 6, 8
"""So often phrases and decoys, and unknown speech, stand in a grammar in which each phrase stands once with every
carrier. Vosk counts pairs of words: counted once, they would be much less likely for all those carriers."""

NO_HOMOPHONES: Mapping[str, str] = {}

HEARD_AGAIN = Milliseconds(300)
"""The last sound before a new grammar or a louder voice is heard once more with it: a word may have begun, but not
yet shown in a partial result."""

GOING_ON = Milliseconds(500)
"""What has been heard for less than that when somebody is louder may be their own words."""

ONLY_TALK_LEFT = Milliseconds(200)
"""What has been no louder than the talk for so long is the talk: it is lowered from then on, so that it does not
become a word more. Softer sounds between syllables are shorter."""

HAS_ENDED = Milliseconds(400)
"""And after so long, whoever was louder than the talk has said what they wanted; the talk itself never ends."""

BEFORE = Milliseconds(600)
"""So much sound before an utterance first shows in a partial result is part of its second hearing: a word shows up
to 400 ms after it began."""

HEARD_TWICE = Milliseconds(5_000)
"""The latest so much of an utterance, at most, is heard a second time; no command is longer."""

_LOWERED = 50
"""By 34 dB: the recogniser takes that for silence."""


class VoskEars:
    """Recognises speech with a Vosk model.

    Args:
        model_path: a Vosk model directory with dynamic-grammar graphs (``HCLr.fst`` and ``Gr.fst``).
        decoys: words and phrases to offer the recogniser beside the commands, so that talk has somewhere to
            go; those the model lacks are left out.
        homophones: words of one sound, by the word that stands for them. Vosk's grammar is a model of pairs of
            words: "no" and the "know" of "i don't know" would share the confidence, 0.5 each. So such words are
            listened for as one, and told apart by the phrase they stand in.
        carriers: what people say around phrases; those the model lacks are left out.

    Raises:
        EarsUnfit: the directory is no usable model.
    """

    def __init__(
        self,
        model_path: Path,
        decoys: Iterable[str] = (),
        homophones: Mapping[str, str] = NO_HOMOPHONES,
        carriers: Iterable[Carriers] = NO_CARRIERS,
    ) -> None:
        _look_for(model_path)
        import vosk  # noqa: PLC0415 - takes long, and only those who listen need it

        _try_out(model_path, Path(vosk.__file__).with_name("libvosk.so"))
        vosk.SetLogLevel(-1)
        try:
            self._model = vosk.Model(model_path=str(model_path))
        except Exception as broken:
            raise _damaged(model_path) from broken
        self._path = model_path
        self._decoys = [decoy for decoy in decoys if self.knows(decoy)]
        self._open_recogniser = partial(vosk.KaldiRecognizer, self._model, SAMPLE_RATE)
        self._homophones = homophones
        self._carriers = tuple(map(self._known, carriers))
        self._grammar: frozenset[str] = frozenset()
        self._listened_for: tuple[str, ...] = ()  # phrases, as they are heard
        self._written: dict[str, str] = {}  # phrases as they are listened for, and as they are written
        self._wanted: tuple[str, ...] | None = None
        self._wanted_since = 0
        self._recent: deque[Block] = deque(maxlen=HEARD_AGAIN // BLOCK_MS)
        self._utterance: deque[Block] = deque(maxlen=HEARD_TWICE // BLOCK_MS)
        self._second: SecondHearing | None = None
        self._partial = ""
        self._heard_ms = 0
        self._utterance_began = 0
        self._foreground = Foreground()
        self._over_talk = False
        self._recognise([UNKNOWN])

    def knows(self, phrase: str) -> bool:
        """Whether the model has every word of a phrase."""
        return all(self._model.vosk_model_find_word(word) >= 0 for word in phrase.split())

    def _known(self, carriers: Carriers) -> Carriers:
        before, after = (tuple(filter(self.knows, words)) for words in (carriers.before, carriers.after))
        return replace(carriers, before=before, after=after)

    def listen(self, phrases: Sequence[str]) -> None:
        """Listen for exactly these phrases, from the end of the utterance at hand on, or 2 s from now.

        Of a word that is just being said nothing is lost.
        """
        self._wanted = tuple(phrases)
        self._wanted_since = self._heard_ms
        self._change_phrases()

    def _change_phrases(self) -> None:
        if self._wanted is None or (self._partial and self._heard_ms - self._wanted_since < LET_FINISH):
            return
        phrases, self._wanted = self._wanted, None
        if frozenset(phrases) == self._grammar:
            return
        self._grammar = frozenset(phrases)
        commands = [phrase for phrase in phrases if self.knows(phrase)]
        decoys = [decoy for decoy in self._decoys if decoy not in self._grammar]
        self._written = {heard: it for it in commands if (heard := self._as_heard(it)) != it}
        self._listened_for = tuple(map(self._as_heard, commands))
        alone = [*dict.fromkeys(map(self._as_heard, (*commands, *decoys)))]
        carried = [self._as_heard(it) for carriers in self._carriers for it in carriers.around(commands)]
        self._recognise(
            [*alone * COUNTED, *[UNKNOWN] * UNKNOWN_COUNTED, *carried] if carried else [*alone, UNKNOWN]
        )

    def _recognise(self, grammar: Sequence[str]) -> None:
        """Begin anew, with a grammar and what was heard last.

        A new recogniser takes no longer than Vosk's ``SetGrammar``, which never frees the grammar before:
        20 to 40 kB each time, and the coach runs for months.
        """
        self._as_json = json.dumps(grammar)
        self._recogniser = self._new_recogniser()
        self._recogniser_began = self._heard_ms
        self._partial, self._over_talk = "", False
        self._replay()

    def _new_recogniser(self) -> Any:  # noqa: ANN401 - Vosk has no types
        recogniser = self._open_recogniser(self._as_json)
        recogniser.SetWords(True)  # noqa: FBT003 - Vosk's own signature
        recogniser.SetMaxAlternatives(ALTERNATIVES)
        return recogniser

    def _replay(self) -> None:
        """Let the recogniser hear what was heard last; it counts that, too."""
        for block in self._recent:
            self._recogniser.AcceptWaveform(block)
        self._recogniser_began -= BLOCK_MS * len(self._recent)

    def hear(self, microphone: Block) -> Sequence[Hypothesis]:
        """Take in one block; return a new partial result, a final one, or nothing.

        Raises:
            ValueError: it is not exactly one block.
        """
        if len(microphone) != BLOCK_BYTES:
            raise ValueError(f"a block has {BLOCK_BYTES} bytes, not {len(microphone)}")
        self._heard_ms += BLOCK_MS
        hypotheses = self._take_in(microphone)
        self._recent.append(microphone)
        self._change_phrases()
        return hypotheses

    def _take_in(self, microphone: Block) -> Sequence[Hypothesis]:
        somebody_louder = self._foreground.take_in(microphone)
        if somebody_louder and self._heard_ms - self._utterance_began > GOING_ON:
            return self._leave_the_talk(microphone)
        if self._over_talk:
            microphone = self._without_the_talk(microphone)
        self._hear_twice(microphone)
        if self._recogniser.AcceptWaveform(microphone):
            return self._finish(self._recogniser.Result())
        if self._over_talk and self._foreground.fainter_for >= HAS_ENDED:
            return self._finish(self._recogniser.FinalResult())
        text = json.loads(self._recogniser.PartialResult())["partial"]
        if not text:
            self._utterance_began = self._heard_ms
        elif self._heard_ms - self._utterance_began > LONGEST_UTTERANCE:
            return self._finish(self._recogniser.FinalResult())
        if text == self._partial:
            return ()
        self._partial = text
        return (Hypothesis(self._as_written(text), final=False, over_talk=self._over_talk),)

    def _hear_twice(self, microphone: Block) -> None:
        """Hear a second time, along with the first, whatever may be a command: all of it is known words."""
        while not self._partial and len(self._utterance) >= BEFORE // BLOCK_MS:
            self._utterance.popleft()
        self._utterance.append(microphone)
        if not self._may_be_a_command(self._partial):
            self._second = None
        elif self._second is None:
            self._second = SecondHearing(self._new_recogniser(), self._utterance)
        else:
            self._second.hear(microphone)

    def _may_be_a_command(self, text: str) -> bool:
        return UNKNOWN not in text.split() and any(f" {it} " in f" {text} " for it in self._listened_for)

    def second_hearing(self) -> Hypothesis:
        """Return what the utterance at hand, or the one that has just ended, is taken for when it is heard again.

        As if it ended here: the words so far are complete.
        """
        second = self._second or SecondHearing(self._new_recogniser(), self._utterance)
        self._second = None
        heard = second.end()
        return self._hypothesis(heard) if heard.words else Hypothesis("", final=True)

    def _leave_the_talk(self, microphone: Block) -> Sequence[Hypothesis]:
        """Begin a new utterance with a louder voice; what was said before it in the background is nothing."""
        self._recogniser.FinalResult()
        self._replay()
        self._utterance.clear()
        self._utterance.extend((*self._recent, microphone))
        self._second = None
        self._recogniser.AcceptWaveform(microphone)
        self._utterance_began = self._heard_ms
        self._partial, self._over_talk = "", True
        return (Hypothesis("", final=True),)

    def _without_the_talk(self, microphone: Block) -> Block:
        """Lower the talk that is left after a louder voice."""
        if self._foreground.fainter_for < ONLY_TALK_LEFT:
            return microphone
        return Block((np.frombuffer(microphone, np.int16) // _LOWERED).tobytes())

    def _finish(self, result: str) -> Sequence[Hypothesis]:
        self._utterance_began = self._heard_ms
        had_begun, over_talk = bool(self._partial), self._over_talk
        self._partial, self._over_talk = "", False
        heard = understood(result)
        if not heard.words:
            return (Hypothesis("", final=True),) if had_begun else ()
        begin, end = self._ms(heard.words[0]["start"]), self._ms(heard.words[-1]["end"])
        return (replace(self._hypothesis(heard), begin=begin, end=end, over_talk=over_talk),)

    def _hypothesis(self, heard: Understood) -> Hypothesis:
        """What was heard, as phrases are written; without its place in time."""
        return Hypothesis(
            self._as_written(heard.text),
            final=True,
            confidence=heard.confidence,
            alternatives=tuple((self._as_written(text), share) for text, share in heard.alternatives),
        )

    def _as_heard(self, phrase: str) -> str:
        return " ".join(self._homophones.get(word, word) for word in phrase.split())

    def _as_written(self, text: str) -> str:
        for heard, written in self._written.items():
            text = re.sub(rf"(?<!\S){re.escape(heard)}(?!\S)", written, text)
        return text

    def _ms(self, seconds: float) -> Milliseconds:
        """A recogniser counts the sound that it was given."""
        return Milliseconds(self._recogniser_began + round(seconds * 1000))


_REMEDY = "Put a Vosk model directory there, or name another one with --ears DIRECTORY."
_TRIAL = Path(__file__).with_name("model_trial.py")


def _look_for(model_path: Path) -> None:
    """Name what is missing: the likeliest trouble, and the easiest to put right."""
    needed = (*NEEDED_FILES, *GRAMMAR_FILES)
    try:
        if not model_path.is_dir():
            raise EarsUnfit(f"There is no speech model in {model_path}.", _REMEDY)
        missing = [name for name in needed if not (model_path / name).is_file()]
        empty = [name for name in needed if name not in missing and not (model_path / name).stat().st_size]
    except OSError as error:
        raise EarsUnfit(f"The model in {model_path} cannot be read: {error.strerror}.", _REMEDY) from error
    if missing and set(missing) <= set(GRAMMAR_FILES):
        raise EarsUnfit(
            f"The model in {model_path} cannot take a grammar: {', '.join(missing)} is missing.",
            "Models named 'small' or 'lgraph' can; choose one of those.",
        )
    if missing:
        raise EarsUnfit(f"The model in {model_path} is incomplete: {', '.join(missing)} is missing.", _REMEDY)
    if empty:
        raise EarsUnfit(f"The model in {model_path} is damaged: {', '.join(empty)} is empty.", _REMEDY)


def _try_out(model_path: Path, library: Path) -> None:
    """Let another process use the model first: with a damaged one Vosk may crash instead of raising."""
    try:
        trial = subprocess.run(
            [sys.executable, "-I", "-S", _TRIAL, library, model_path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TRIAL_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        raise _damaged(model_path) from expired
    if trial.returncode != 0:
        raise _damaged(model_path)


def _damaged(model_path: Path) -> EarsUnfit:
    return EarsUnfit(
        f"The model in {model_path} is damaged: Vosk cannot use it.",
        "Copy or unpack it there again, or name another one with --ears DIRECTORY.",
    )


def missing_phrases(ears: VoskEars, understands: Mapping[Command, Sequence[str]]) -> tuple[str, ...]:
    """Return the phrases that the model lacks a word for.

    Raises:
        EarsUnfit: a command has no phrase left that the model could hear.
    """
    deaf = [command for command, phrases in understands.items() if not any(map(ears.knows, phrases))]
    if deaf:
        raise EarsUnfit(
            f"The model has no words for: {', '.join(deaf)}.",
            "Use another model, or add phrases it knows to the voice's understands.toml.",
        )
    return tuple(phrase for phrases in understands.values() for phrase in phrases if not ears.knows(phrase))
