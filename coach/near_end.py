"""Near-end activity: does somebody speak over the coach?

The echo canceller leaves almost nothing of the coach's own voice, and something of whoever speaks over it: too
little to understand, often, but enough to notice. Then the coach ducks, and the recogniser hears the rest in the
quiet. A wrong "yes" costs a moment of quiet narration, a wrong "no" a command that must be said again.

Nothing about the room is known beforehand. Two levels are learnt while the coach speaks: the noise that is always
there, and how much of the echo is left over. Somebody speaks when the cancelled sound stands out above both, and
above what the microphone has not fallen below for some seconds: a fan that starts is nobody. While the canceller
has not settled, much is left over, so nothing stands out; without a canceller nothing ever does.

The same comparison tells what the recogniser may have made out of the coach's own words: sound that is there, and
no more than the echo explains. So without a canceller the coach does not listen to itself; it listens when it has
finished a sentence, as it says at the beginning. In its first seconds of speech in a room, until the canceller has
settled, it does the same.

When the echo's path is known (``coach/echo_path.py``), what it leaves over is compared with what it usually does,
too: of words 10 dB fainter than the coach that notices six in seven, where the canceller alone notices half. And
what the ears are given in the end is compared with what they are given of the coach alone: of 200 recorded
"stop", 10 dB fainter than the coach, the ears understood 26 in which nobody had been noticed; it notices 24.

Only levels are compared here, no words and no spectra.
"""

import math
from collections import deque
from collections.abc import Sequence
from itertools import groupby, pairwise

from coach.levels import QuietestLately, level_db
from coach.ports import BLOCK_MS, SILENCE, Block
from coach.session.messages import Milliseconds

STANDS_OUT_DB = 7.0
"""So far above what is expected a sound must be. At 4 dB the narration of a session was taken for a person five
times a minute, at 5 and 6 dB now and then while the canceller settled, at 7 dB once in six rooms."""

UNEXPLAINED_DB = 2.5
"""So far what the known path leaves must stand out above what it leaves now and then. Figures with both:
``_OUTLIER_DB`` of ``coach/echo_path.py``."""

COMES_THROUGH_OVER = 3
"""Blocks over which it is compared how much the ears are given: the "o" of a short "stop" is five blocks long."""

COMES_THROUGH = 5.0
"""So far above what comes through of the coach alone a person must lie, as a multiple of the distance between its
upper quarter and its middle: a room where much comes through, and a loudspeaker at its limits, ask for more. With
it, 17 blocks of 40 min of the coach alone are taken for a person that were not before; with 6 it notices 15 of
those 26 words. With clocks 50 parts in a million apart, in three rooms, 0, 0 and 15 blocks of 200 s."""

_MIDDLE_DB, _UPPER_DB = 10.0, 20.0
"""Above the noise, what is taken for the middle and the upper quarter of what comes through before it is known:
so much that nobody is noticed by it in the first 15 s or so of the coach's speech."""

_APART_DB = 2.0
"""They are at least that far apart: what is steadier was not listened to for long."""

_FOLLOWS_DB, _FOLLOWS_A_PERSON_DB = 0.02, 0.002
"""How fast they are learnt, in a block, and while somebody is noticed and their word fades: they are not to be
learnt."""

BLOCKS_IN_A_ROW = 2
"""One block alone is a knock, or a syllable that the canceller was late for."""

TAIL = 500 // BLOCK_MS
"""Blocks for which the coach's echo may outlast its voice: the devices' delay and the room's reverberation."""

LONGEST = 3_000 // BLOCK_MS
"""Blocks after which what stands out is no command but the sound of the room, a television say: it is learnt."""

_FALL_DB, _RISE_DB, _CREEP_DB = 0.5, 1.0, 0.02
"""How fast the estimates follow, in a block. The noise is what the quietest blocks have in common, so it rises
only by creeping; what is left over of the echo is what the louder blocks reach, so it rises fast."""

_AUDIBLE_DB, _LOUD_DB, _AUDIBLE_AT_LEAST_DB = 25.0, 10.0, 12.0
"""An echo must be that far above the noise for what is left of it to be told from the noise. Beside a fan no echo
is. There its loudest blocks tell how much is left at most: those less than 10 dB below the loudest, and well above
the noise."""

SETTLED_DB = -10.0
"""The canceller has settled when it leaves less than this of the microphone's sound."""

SETTLING = 6_000 // BLOCK_MS
"""Blocks of the coach's speech in which it may settle; it takes 1.5 to 6 s. What is heard over it till then counts
as the coach: it once answered its first question itself, "five" to "how much does your back bother you". One that
has not settled then may never, and explains nothing: better hear oneself than be deaf for good."""

COMES_BACK_DB = 12.0
"""A block so far above the noise, while the coach speaks, holds its echo, or, but not for long, a person."""

AUDIBLE_SHARE, AUDIBLE_OVER = 0.35, 4_000 // BLOCK_MS
"""The echo is audible if it is in so large a share of the coach's blocks, over some 4 s of speech. A phrase
of the person's in an echoless room does not reach it, and an echo's gaps between words do not undo it."""

REMEMBERED = 16_000 // BLOCK_MS
"""Blocks: a little more than the longest utterance the ears follow."""

A_PERSON = 3
"""Blocks about a word in which somebody must have stood out if the ears are given sound with echo left in it. A
short word is 20 blocks long, and over a voice 10 dB louder stands out in some 11 of them, a quiet one in fewer;
with 6 here instead of 3, 38 instead of 42 of 64 urgent words were obeyed at +10 dB. Without this the coach
obeyed a "stop" that it had made out of its own words."""

JUST_BEGUN = 10
"""Blocks. More is left of the first that the coach says after a silence, and now and then it stands out: 3 or 4
blocks of the "everything" that answers "it hurts". In 12 of 25 rehearsals the coach heard "stop" in them."""

A_PERSON_THEN = 6
"""Blocks in which somebody must have stood out about a word if that was so, and the word is not from before it."""

A_STRETCH = 10
"""Blocks. What comes through to the ears for no longer than that in a row is never a person's for that alone."""

_USUAL_STRETCH = 5.0
"""How long something of the coach alone comes through in a row, now and then, before it is known."""

_STRETCH_RISES, _STRETCH_FALLS = 1.0, 0.1
"""How fast it is learnt, with each stretch that is longer or shorter: one in ten is longer."""

_NO_COACH, _NOTHING, _QUIET, _LEFT, _ECHO, _PERSON = range(6)


class NearEnd:
    """Notices, block by block, whether somebody speaks over the coach."""

    def __init__(self) -> None:
        self._blocks = 0
        self._heard: deque[int] = deque(maxlen=REMEMBERED)  # what each block was
        self._silent_for = TAIL
        self._noise_db = math.inf
        self._quietest = QuietestLately()  # of what the microphone recorded
        self._left_over_db = 0.0  # relative to the microphone; 0 is all of it
        self._microphone_db = 0.0
        self._loudest_db = 0.0  # echo, lately
        self._standing_out = _Run()
        self._unexplained = _Run()
        self._through = _ComesThrough()
        self._stretches = _Stretches()
        self._spoke_for = 0  # blocks, until the canceller must have settled
        self._path_known = False
        self._audible = 1.0  # how much of the coach's speech came back lately: until it is known, all of it

    def afresh(self) -> "NearEnd":
        """Return one that has the same clock and remembers what was heard, and has all about the room to learn."""
        anew = NearEnd()
        anew._blocks, anew._heard = self._blocks, self._heard.copy()
        return anew

    @property
    def echo_is_audible(self) -> bool:
        """Whether the coach's voice comes back at all. With a headset it does not: nothing is to be cancelled.

        A canceller without an echo to cancel takes the person for one: it cut them by 9 to 41 dB. Beside a fan
        little of the voice stands out, but the path by which it comes can be known all the same.
        """
        return self._path_known or self._audible > AUDIBLE_SHARE

    def process(
        self,
        microphone: Block,
        cleaned: Block,
        speaker: Block,
        understood: Block | None = None,
        unexplained_db: float = -math.inf,
        *,
        path_known: bool = False,
    ) -> bool:
        """Take in one block; return whether somebody speaks over the coach in it.

        Args:
            microphone: what was recorded.
            cleaned: the same after echo cancellation.
            speaker: what was handed to the room in the same exchange; in silence there is nothing to speak over,
                and nothing is computed.
            understood: what the ears are given, if that is not the same: words stay whole in it, and so does some
                echo.
            unexplained_db: how far what the known path leaves over stands out above what it usually leaves.
            path_known: whether the echo's path is; then there is one.
        """
        self._path_known = path_known
        heard = self._judge(microphone, cleaned, speaker)
        spoken_over = heard != _NO_COACH
        stands_out = unexplained_db > UNEXPLAINED_DB and spoken_over
        if self._unexplained.goes_on(stands_out=stands_out):
            heard = _PERSON
        if understood is not None and spoken_over:
            through_db = level_db(understood) - self._noise_db
            if self._through.stands_out(
                through_db, somebody=heard == _PERSON, known=math.isfinite(unexplained_db)
            ):
                heard = _PERSON
            if heard == _NOTHING and self.echo_is_audible:
                heard = _LEFT if through_db > STANDS_OUT_DB else _QUIET
        if spoken_over:
            settled = self._spoke_for >= SETTLING and cleaned != microphone
            self._stretches.take_in(heard, known=settled and math.isfinite(unexplained_db))
        self._blocks += 1
        self._heard.append(heard)
        return heard == _PERSON

    def was_echo(self, moment: Milliseconds) -> bool:
        """Whether what was heard about then was the coach itself, and nobody else.

        Args:
            moment: when the recogniser first believed in a word: within half a second of its beginning.
        """
        blocks = list(self._heard)
        at = len(blocks) - (self._blocks - moment // BLOCK_MS)
        heard = blocks[max(0, at - 25) : at + 5]
        and_before = blocks[max(0, at - 25 - JUST_BEGUN) : at + 5]
        if self._stretches.are_longer_in(heard):
            return False
        echo, left, person = heard.count(_ECHO), heard.count(_LEFT), heard.count(_PERSON)
        # A word out of nothing, while the coach speaks all the while: of 456 words obeyed over it one was so, and
        # nobody had said it.
        if (echo >= 5 and echo > person) or set(heard) == {_QUIET}:
            return True
        # Over a coach that speaks all the while a person would leave more; in its pauses they need not stand out.
        enough = echo + left >= 3 or _NO_COACH not in heard
        begins = any(one == _NO_COACH != next_one for one, next_one in pairwise(and_before))
        has_just_begun = begins and heard.count(_NO_COACH) < JUST_BEGUN
        return left > 0 and enough and person < (A_PERSON_THEN if has_just_begun else A_PERSON)

    def _judge(self, microphone: Block, cleaned: Block, speaker: Block) -> int:
        self._silent_for = 0 if speaker != SILENCE else self._silent_for + 1
        if self._silent_for > TAIL or microphone == SILENCE:
            self._standing_out = _Run()
            return _NO_COACH
        # The canceller is some milliseconds late: what it leaves over may belong to the block before.
        before, self._microphone_db = self._microphone_db, level_db(microphone)
        echo_db, heard_db = max(before, self._microphone_db), level_db(cleaned)
        if speaker != SILENCE:
            self._spoke_for = min(self._spoke_for + 1, SETTLING)
            comes_back = self._microphone_db > self._noise_db + COMES_BACK_DB
            self._audible += (comes_back - self._audible) / AUDIBLE_OVER
        # A fan that starts comes through the canceller in the pauses of the coach only, as a person would.
        fan_db = self._quietest.take_in(self._microphone_db)
        expected_db = max(self._noise_db, echo_db + self._left_over_db, fan_db)
        if not self._standing_out.goes_on(stands_out=heard_db >= expected_db + STANDS_OUT_DB):
            self._learn(echo_db, heard_db)
        elif self._standing_out.blocks >= BLOCKS_IN_A_ROW:
            return _PERSON
        settled = cleaned == microphone or self._left_over_db < SETTLED_DB
        if not settled and self._spoke_for < SETTLING and self.echo_is_audible:
            return _ECHO
        return _ECHO if settled and heard_db >= self._noise_db + STANDS_OUT_DB else _NOTHING

    def _learn(self, echo_db: float, heard_db: float) -> None:
        if heard_db < self._noise_db:
            self._noise_db = max(heard_db, min(self._noise_db, 90.0) - _FALL_DB)
        else:
            self._noise_db += _CREEP_DB
        self._loudest_db += _RISE_DB if echo_db > self._loudest_db else -_CREEP_DB
        loud_db = max(self._loudest_db - _LOUD_DB, self._noise_db + _AUDIBLE_AT_LEAST_DB)
        if echo_db > min(self._noise_db + _AUDIBLE_DB, loud_db):
            left_over_db = heard_db - echo_db
            self._left_over_db += _RISE_DB if left_over_db > self._left_over_db else -_FALL_DB / 2


class _Run:
    """Blocks in a row in which something stood out."""

    def __init__(self) -> None:
        self.blocks = 0

    def goes_on(self, *, stands_out: bool) -> bool:
        """Take in one block; return whether there is a run, and no longer than what a person calls out."""
        self.blocks = self.blocks + 1 if stands_out else 0
        return 0 < self.blocks <= LONGEST


class _Stretches:
    """How long something of the coach alone comes through to the ears in a row, and whether a person is longer.

    What is left of a voice that is cancelled well comes and goes with its sounds: of 8 minutes of the coach alone
    nothing came through for longer than 7 blocks. A word is 10 to 20 blocks long, even if none of them stands out.
    With two clocks 50 parts in a million apart, up to 35 blocks of the coach alone did, so that is learnt: of 2.6
    minutes of its speech (7,900 blocks) each, none had so long a stretch before it, with two clocks 41, with twice
    the reverberation 14, with a loudspeaker at its limits 1; with all of these, and 5 dB louder, 782. Somebody
    stands out there, without being there, in 529, 1,211, 59 and 763.
    """

    def __init__(self) -> None:
        self._usual = _USUAL_STRETCH
        self._blocks = 0
        self._known_for = 0  # blocks; before, whatever the coach says comes through

    def take_in(self, heard: int, *, known: bool) -> None:
        """Take in one block in which the coach may be heard.

        Args:
            heard: what it was.
            known: whether the coach's voice is cancelled as well as it will be.
        """
        self._known_for = self._known_for + 1 if known else 0
        if not known or heard == _PERSON:
            self._blocks = -LONGEST  # until nothing comes through again: a person's stretch is not the coach's
        elif heard >= _LEFT:
            self._blocks += 1
        else:
            if self._blocks > 0:
                self._usual += _STRETCH_RISES if self._blocks > self._usual else -_STRETCH_FALLS
            self._blocks = 0

    def are_longer_in(self, heard: Sequence[int]) -> bool:
        """Whether something comes through in these blocks for twice as long as of the coach now and then."""
        if self._known_for < len(heard):
            return False
        runs = groupby(it >= _LEFT for it in heard)
        longest = max((len(list(run)) for comes_through, run in runs if comes_through), default=0)
        return longest > max(A_STRETCH, 2 * self._usual)


class _ComesThrough:
    """How much of the coach alone comes through to the ears, as a rule, and whether more than that does."""

    def __init__(self) -> None:
        self._middle_db, self._upper_db = _MIDDLE_DB, _UPPER_DB
        self._lately: deque[float] = deque(maxlen=COMES_THROUGH_OVER)
        self._standing_out = _Run()
        self._somebody_for = 0  # blocks that are not to be learnt from

    def stands_out(self, through_db: float, *, somebody: bool, known: bool) -> bool:
        """Take in one block; return whether a person stands out in the last few.

        Args:
            through_db: how far what the ears are given lies above the noise.
            somebody: whether a person was noticed in this block by other means.
            known: whether the echo's path is; before, something else comes through.
        """
        if not known or not math.isfinite(through_db):
            self._lately.clear()
            self._standing_out = _Run()
            return False
        self._lately.append(through_db)
        if len(self._lately) < COMES_THROUGH_OVER:
            return False
        lately_db = sum(self._lately) / COMES_THROUGH_OVER
        apart_db = max(self._upper_db - self._middle_db, _APART_DB)
        above = lately_db > self._upper_db + COMES_THROUGH * apart_db
        stands_out = self._standing_out.goes_on(stands_out=above)
        self._somebody_for = TAIL if somebody or stands_out else max(0, self._somebody_for - 1)
        step = _FOLLOWS_A_PERSON_DB if self._somebody_for else _FOLLOWS_DB
        # A quarter of the blocks lie above the upper one: three steps up for each step down.
        self._middle_db += step if lately_db > self._middle_db else -step
        self._upper_db += 3 * step if lately_db > self._upper_db else -step
        self._upper_db = max(self._upper_db, self._middle_db)
        return stands_out
