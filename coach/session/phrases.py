"""What a voice says and understands, and the contract between its words and the session.

Plain values, read from ``voices/*/`` and checked by ``coach/content``. No word that a person says or hears
stands here: only the *keys* under which the session finds its lines, the fields each line may fill in, and
the names of the commands. Nothing here reads a file.
"""

import string
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

from annotated_types import Interval, Len, MinLen

from coach.session.carriers import Carriers
from coach.session.keys import KeyMap
from coach.session.meaning import Meanings
from coach.session.messages import Command
from coach.session.routine import Sentence

ANSWERS: frozenset[Command] = frozenset(
    Command(name)
    for name in (
        *(f"number_{number}" for number in range(11)),
        *(f"correction_{number}" for number in range(11)),
        *("unsure", "a_little", "a_lot"),
        *("dull", "sharp", "shooting", "numb"),
        *("lower_back", "upper_back", "neck", "shoulder", "hip", "leg", "elsewhere"),
        *("better", "same", "worse"),
        *("easy", "fine", "hard"),
        *("minutes_5", "minutes_10", "minutes_20"),
        *("after_waking", "after_coffee", "after_breakfast", "after_teeth", "after_work", "before_bed"),
    )
)
"""What a person answers to a question, beside yes and no; listened for only where it is asked. A correction ("no,
four") is a number that replaces the last answer."""

HOME: frozenset[Command] = frozenset(
    Command(name)
    for name in (
        *("wake", "begin", "my_plan", "how_am_i", "snooze", "not_today", "good_night"),
        *(f"begin_{it}" for it in ("walk", "break", "core", "gentle", "breathing", "mobility", "hips", "circuit")),
        *("begin_kettlebell",),
        *(f"remind_at_{hour}{part}" for hour in range(5, 12) for part in ("", "_morning", "_evening")),
        *(f"did_{it}" for it in ("waking", "coffee", "breakfast", "teeth", "work", "bed")),
    )
)
"""What a person says to a coach that is at home and leads nothing; heard nowhere else."""

COMMANDS: frozenset[Command] = (
    ANSWERS
    | HOME
    | frozenset(
        Command(name)
        for name in (
            *("pause", "resume", "stop", "it_hurts", "red_flag"),
            *("next", "back", "repeat", "done"),
            *("slower", "faster", "louder", "quieter"),
            *("how_long", "whats_next", "help"),
            *("easier", "harder", "yes", "no"),
        )
    )
)
"""Everything a person can say. A voice gives each at least one phrase."""

FRAGMENTS = frozenset(
    {
        "amount_repetitions",
        "amount_repetition_one",
        "amount_hold",
        "amount_seconds",
        "amount_minutes",
        "amount_minute_one",
        "each_side",
        "a_number",
        "home_today_morning",
        "home_today_evening",
        "home_tomorrow_morning",
        "home_tomorrow_evening",
    }
)
"""Keys whose words are put into other lines, so they are exactly one piece, without capital or full stop."""

IN_A_SESSION: Mapping[str, frozenset[str]] = {
    key: frozenset(fields.split())
    for key, fields in {
        # The beginning.
        "welcome": "routine rounds",  # the routine's name; how many rounds: two or more
        "welcome_once": "routine",  # a single round
        "safety_short": "",  # before a break of a few minutes
        "safety": "",
        "how_to_talk": "",
        # Round, exercise, set.
        "round_begins": "number total",  # which round; of how many
        "last_round": "",
        "round_done": "left",  # rounds left: two or more
        "one_round_left": "",
        "exercise_first": "name amount",  # amount: one of the fragments below, filled in
        "exercise_next": "name amount",
        "amount_repetitions": "number",  # two or more
        "amount_repetition_one": "",
        "amount_hold": "seconds",
        "amount_seconds": "seconds",  # for what is no hold, like a walk
        "amount_minutes": "minutes",
        "amount_minute_one": "",
        "each_side": "amount",
        "side": "side",  # the side's name, from the exercise
        "get_ready": "",
        "go": "",
        "count": "number",
        "count_with_cue": "number cue",  # cue: a phase's, from the exercise
        "hold": "",
        "halfway": "",
        "release": "",
        "set_done": "",
        "done_early": "number",  # repetitions done so far
        # Between sets.
        "rest": "seconds",
        "up_next": "name amount",
        # The end.
        "closing": "",
        "abandoned": "",
        # Pausing.
        "paused": "",
        "still_paused": "",
        "from_here": "number",  # the repetition to go on from
        # Tempo, speech and volume.
        "slower": "",
        "faster": "",
        "slowest": "",
        "fastest": "",
        "speak_slower": "",
        "speak_faster": "",
        "louder": "",
        "quieter": "",
        "loudest": "",
        "quietest": "",
        # Questions.
        "time_left": "minutes",  # two or more
        "time_left_short": "",  # less than two minutes
        "repetitions_left": "number",  # two or more
        "one_repetition_left": "",
        "seconds_left": "seconds",
        "minutes_left": "minutes",  # of a walk, say, that goes on; two or more
        "one_minute_left": "",
        "next_is": "name amount",
        "next_is_end": "",
        # Moving about.
        "skipped": "name",
        "going_back": "name",
        "again": "name",
        "already_first": "",
        "easier_now": "name",  # the variant's name
        "no_easier": "",
        "harder_now": "name",
        "no_harder": "",
        "no_harder_after_pain": "",
        # After "it hurts".
        "pain_halt": "",
        "pain_offer_easier": "name",  # the variant's name; answered by yes or no
        "pain_offer_other": "name",  # the other exercise's name; answered by yes or no
        "pain_question_again": "",
        "pain_return_question": "",  # asked before the same exercise comes back on request; yes or no
        "pain_rest": "",
        "pain_again": "",
        "pain_noted": "answer",  # a place or a kind, in the person's words
        "pain_ask_where": "",  # answered by one of the places among the answers
        "pain_answers_where": "",
        "pain_ask_strength": "",  # a number, a little, a lot
        "pain_answers_strength": "",
        "pain_ask_kind": "",  # dull, sharp, shooting, numb
        "pain_answers_kind": "",
        # Why it goes on as it does: one sentence for each rule of ``coach/planning/pain.py``.
        "pain_because_nerve": "",
        "pain_because_first": "",
        "pain_because_second": "",
        "pain_because_unknown": "",
        "pain_because_strong": "",
        "pain_because_more_than_a_little": "",
        "pain_because_kind": "",
        "pain_because_where": "",
        "pain_because_where_unknown": "",
        "pain_because_a_little": "",
        "pain_because_no_easier": "",
        "pain_because_no_other": "",
        "pain_end_here": "",
        "pain_end": "",
        "red_flag_heard": "",
        "see_someone": "",
        # Help.
        "help_intro": "",
        "help_list": "phrases",  # several, already joined
        "help_outro": "",
        # Trouble, as named by ``coach/errors.py``.
        "trouble_general": "",
        "trouble_content": "",
        "trouble_settings": "",
        "trouble_ears": "",
        "trouble_room": "",
        "trouble_echo": "",
        "trouble_mouth": "",
        "trouble_store": "",
        "trouble_store_busy": "",
        "trouble_deaf": "",
        "trouble_noise": "",
        "trouble_keys": "",
        # After an outage: how long nothing was heard.
        "outage_moment": "",
        "outage_seconds": "seconds",  # two or more
        "outage_minutes": "minutes",  # two or more
        "outage_long": "",
        "outage_go_on": "",
    }.items()
}
"""Every line the session may ask for, and exactly the fields its template must use, all of them."""

KEYS: Mapping[str, frozenset[str]] = {
    **IN_A_SESSION,
    **{
        key: frozenset(fields.split())
        for key, fields in {
            # Interviews: what was understood, and what surrounds the questions.
            "answered_yes": "",
            "answered_no": "",
            "answered_number": "number",  # 0 to 10
            "answered_choice": "choice",  # as the question says it back
            "answered_unsure": "",
            "answer_skipped": "",
            "answer_corrected": "number",
            "question_before": "",
            "no_answer": "",
            "last_question": "",
            "one_question_left": "",
            "questions_left": "number",  # after the one in hand; two or more
            "help_answers": "phrases",
            "help_others": "phrases",
            "a_number": "",
            "interview_refused": "",
            "interview_abandoned": "",
            "interview_red_flag": "",
            # What readiness comes to; the reason follows.
            "readiness_go": "",
            "readiness_gently": "",
            "readiness_mobility_only": "",
            "readiness_not_today": "",
            "readiness_red_flag": "",
            "readiness_red_flag_unsure": "",
            "readiness_pain_too_strong": "",
            "readiness_pain_severe": "",
            "readiness_pain_moderate": "",
            "readiness_pain_unsure": "",
            "readiness_disc": "",
            "readiness_disc_unsure": "",
            "readiness_diagnosis": "",
            "readiness_diagnosis_unsure": "",
            "readiness_long_and_unseen": "",
            "readiness_see_physiotherapist": "",
            # What becomes of a habit.
            "habit_planned": "",
            "habit_not_planned": "",
            # The habit.
            "habit_plan": "anchor late",  # as the interview says the choices back
            "habit_begin": "",
            "habit_every_day": "days",  # two or more
            "habit_days": "days of",
            "habit_done": "",
            "habit_smallest": "",
            # The diary.
            "diary_empty": "",
            "diary_week": "back",  # 0 to 10
            "diary_week_better": "",
            "diary_week_same": "",
            "diary_week_worse": "",
            "diary_practised": "days",
            "diary_too_early": "days",
            "diary_nothing_together": "",
            "diary_stress_worse": "",
            "diary_stress_better": "",
            "diary_sleep_worse": "",
            "diary_sleep_better": "",
            "diary_practice_worse": "",
            "diary_practice_better": "",
            "diary_tag_worse": "tag",  # the person's own word
            "diary_tag_better": "tag",
            "diary_no_cause": "",
            "diary_few_days": "days",
            # The plan for today, as reasons in ``coach/planning``.
            "plan_left": "",
            "plan_today": "routine minutes",
            "plan_today_short": "routine",
            "plan_ask_first": "",
            "plan_ask_again": "",
            "plan_ask_change": "",
            "plan_ask_weeks": "",
            "plan_gently": "",
            "plan_mobility_only": "",
            "plan_ask_sore": "",
            "plan_day_off": "days",
            "plan_enough": "",
            "plan_enough_sign": "",
            "plan_nothing_fits": "",
            "plan_what_fits": "",
            "plan_first_session": "",
            "plan_missed": "",
            "plan_sore_today": "",
            "plan_sore_pain": "",
            "plan_sore_morning": "",
            "plan_stress": "",
            "plan_short": "minutes",
            "plan_strength_new": "",
            "plan_strength": "days",
            "plan_mobility_new": "",
            "plan_mobility": "days",
            "plan_walking_new": "",
            "plan_walking": "days",
            "plan_first": "name",
            "plan_same": "name",
            "plan_up": "name",
            "plan_wait": "name",
            "plan_away": "name",
            "plan_down_pain": "name",
            "plan_down_hard": "name",
            "plan_down_morning": "name",
            "plan_down_flare_up": "name",
            "plan_left_out": "name",
            "plan_walk": "minutes",
            "plan_walk_sore": "minutes",
            "plan_walk_up": "minutes",
            "plan_walk_wait": "minutes",
            "plan_walk_away": "minutes",
            "plan_walk_down": "minutes",
            # At home: asleep, awake, reminding.
            "home_awake": "",
            "home_safe_mode": "",
            "home_reminder": "",
            "home_reminder_again": "",
            "home_snoozed": "",
            "home_not_today": "",
            "home_good_night": "",
            "home_reminder_set": "when hour",  # when: one of the four below, filled in
            "home_today_morning": "",
            "home_today_evening": "",
            "home_tomorrow_morning": "",
            "home_tomorrow_evening": "",
            "home_anchor_unplanned": "",
            "home_hears_again": "",
            # The service.
            "service_hello": "",
            # The doctor: what it speaks for its own ears, and each trouble that it can find.
            "doctor_speaks": "",
            "doctor_well": "",
            "doctor_one_trouble": "",
            "doctor_troubles": "number",  # two or more
            "doctor_no_portaudio": "",
            "doctor_no_device": "",
            "doctor_no_microphone": "",
            "doctor_no_speaker": "",
            "doctor_no_room": "",
            "doctor_hangs": "",
            "doctor_deaf": "",
            "doctor_clipping": "",
            "doctor_noise": "",
            "doctor_delay": "",
            "doctor_dropouts": "",
            "doctor_echo": "",
            "doctor_ears": "",
            "doctor_slow": "",
            "doctor_mouth": "",
            "doctor_content": "",
            "doctor_settings": "",
            "doctor_store": "",
            "doctor_disk_full": "",
            "doctor_read_only": "",
            "doctor_changed": "",
            "doctor_clock": "",
            "doctor_power": "",
            "doctor_hot": "",
            "doctor_memory": "",
            "doctor_service": "",
            "doctor_crashes": "",
            "doctor_offline": "",
            "doctor_unexpected": "",
        }.items()
    },
}
"""Every line there is: of a session, of interviews, plans, the diary and the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """One tone of a chime."""

    hertz: Annotated[float, Interval(ge=100, le=4000)]
    seconds: Annotated[float, Interval(ge=0.02, le=2)]


Tones = Annotated[tuple[Tone, ...], MinLen(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chimes:
    """The coach's wordless signals: tones one after another.

    Attributes:
        begin: a set begins.
        stopped: "stop" was heard; nothing is said any more.
        unspoken: in place of a line that the synthesiser failed on.
    """

    begin: Tones
    stopped: Tones
    unspoken: Tones


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A voice: how it sounds, what it says, what it understands.

    Attributes:
        name: the folder's name under ``voices/``.
        language: a language tag, ``en-US``.
        espeak_voice: the synthesiser's name of the voice.
        words_per_minute: how fast it speaks until asked otherwise.
        pitch: from 0 (low) to 99 (high), as espeak-ng counts it.
        listener_voice: the synthesiser's voice of the person in a rehearsal.
        chimes: its wordless signals.
        numbers: the words for 0 to 100.
        needs_eyes: wordings that a listener without a screen cannot follow; warned of in content.
        says: sentences by key, with ``{fields}`` to fill in; each is one line.
        understands: phrases by command, the one to teach first.
        urgent: commands that are acted on before the person has finished speaking.
        decoys: everyday words that are no command, for talk to be recognised as.
        homophones: words of one sound, by the word that stands for them: ``know`` by ``no``.
        muffled: what is left of urgent phrases that are said over the coach's voice, by what is left: ``stop`` by
            ``top``.
        carriers: what people say around phrases, and what changes nothing of them.
        tells: words that tell an urgent command at the end of what is said: "my little toe hurts".
        keys: what keys stand for, in place of words.
        is_deaf: whether it speaks to somebody whom it cannot hear, and who presses keys.
    """

    name: str
    language: Sentence
    espeak_voice: Sentence
    words_per_minute: Annotated[int, Interval(ge=80, le=300)]
    pitch: Annotated[int, Interval(ge=0, le=99)]
    listener_voice: Sentence
    chimes: Chimes
    numbers: Annotated[tuple[Sentence, ...], Len(101, 101)]
    needs_eyes: tuple[Sentence, ...]
    says: Mapping[str, Annotated[tuple[Sentence, ...], MinLen(1)]]
    understands: Mapping[Command, Annotated[tuple[Sentence, ...], MinLen(1)]]
    urgent: frozenset[Command]
    decoys: tuple[Sentence, ...]
    homophones: Mapping[str, Sentence] = field(default_factory=dict)
    muffled: Mapping[str, Sentence] = field(default_factory=dict)
    carriers: tuple[Carriers, ...] = ()
    tells: Mapping[Command, tuple[Sentence, ...]] = field(default_factory=dict)
    keys: KeyMap = field(default_factory=KeyMap)
    is_deaf: bool = False

    def without_microphone(self) -> "Voice":
        """Return the voice as it speaks to somebody whom it cannot hear, and who presses keys."""
        return replace(self, says={**self.says, **self.keys.says}, is_deaf=True)

    def taught(self, command: Command) -> str:
        """Return how "help" tells of a command: by its first phrase, or by its key."""
        phrase = self.understands[command][0]
        return self.keys.names.get(command, phrase) if self.is_deaf else phrase

    def say(self, key: str, **fields: str | int) -> tuple[str, ...]:
        """Return the sentences of a key, filled in; each is spoken as one line.

        Args:
            key: one of ``KEYS``.
            fields: exactly the fields of the key; whole numbers become words.
        """
        # The capital is for the transcript: names of exercises and numbers are lower case.
        return tuple(line[:1].upper() + line[1:] for line in self._fill(key, fields))

    def piece(self, key: str, **fields: str | int) -> str:
        """Return one of the ``FRAGMENTS``, filled in, to be put into another line."""
        return " ".join(self._fill(key, fields))

    def number(self, number: int) -> str:
        """Return the word for a number; beyond a hundred, its digits."""
        return self.numbers[number] if 0 <= number < len(self.numbers) else str(number)

    def command_of(self, phrase: str, offered: Collection[Command]) -> Command | None:
        """Return which of the offered commands a phrase means, if any: the whole phrase, nothing less."""
        for command in offered:
            if phrase in self.understands[command]:
                return command
        return None

    def command_within(self, words: str, offered: Iterable[Command]) -> Command | None:
        """Return which of the offered commands the words name among others, by its longest phrase."""
        found = {phrase: it for it in offered for phrase in self.understands[it] if f" {phrase} " in f" {words} "}
        return found[max(found, key=len)] if found else None

    def phrases_of(self, offered: Collection[Command]) -> tuple[str, ...]:
        """Return every phrase of the offered commands: what the ears have to listen for."""
        return tuple(phrase for command in offered for phrase in self.understands[command])

    def meanings_of(self, offered: Collection[Command]) -> Meanings:
        """Return what may be meant while these commands are offered: all that their phrases may be heard as."""
        phrases = {phrase: command for command in offered for phrase in self.understands[command]}
        return Meanings(phrases, self.urgent, self.muffled, self.carriers, self.tells)

    def _fill(self, key: str, fields: Mapping[str, str | int]) -> tuple[str, ...]:
        words = {name: self.number(it) if isinstance(it, int) else it for name, it in fields.items()}
        return tuple(template.format_map(words) for template in self.says[key])


def fields_of(template: str) -> frozenset[str]:
    """Return the fields a template fills in; one with a format of its own is returned with it, so as written.

    Raises:
        ValueError: the braces do not match.
    """
    fields = set()
    for _, name, form, conversion in string.Formatter().parse(template):
        if name is not None:
            fields.add(name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else ""))
    return frozenset(fields)
