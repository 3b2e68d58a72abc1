"""The one table of a session: what can happen in each state, and where it leads.

Read a row as a sentence: on this trigger, in this state, if this guard holds, do this and go there. Triggers
named like a command of ``voices/*/understands.toml`` are spoken by the person; the others come from the
session's own timelines. The table also decides what the ears listen for: a state's spoken triggers, nothing
else. What cannot happen cannot be heard.

Rows are tried from the top: the first whose guard holds is taken. A test audits the table: guards and hooks
exist, every state is reached and can end, and every state obeys "stop", a pain word and a red flag.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from coach.planning.pain import KINDS, PLACES
from coach.session.messages import Command

# States are present participles: what the coach is doing.
WELCOMING: Final = "welcoming"
BRIEFING: Final = "briefing"
READYING: Final = "readying"
MOVING: Final = "moving"
HOLDING: Final = "holding"
RESTING: Final = "resting"
PAUSED: Final = "paused"
ASKING_WHERE: Final = "asking_where"
ASKING_STRENGTH: Final = "asking_strength"
ASKING_KIND: Final = "asking_kind"
OFFERING_EASIER: Final = "offering_easier"
OFFERING_ANOTHER: Final = "offering_another"
CONFIRMING_RETURN: Final = "confirming_return"
CLOSING: Final = "closing"
STOPPING: Final = "stopping"
ENDED: Final = "ended"

STATES: Final = (
    WELCOMING,
    BRIEFING,
    READYING,
    MOVING,
    HOLDING,
    RESTING,
    PAUSED,
    ASKING_WHERE,
    ASKING_STRENGTH,
    ASKING_KIND,
    OFFERING_EASIER,
    OFFERING_ANOTHER,
    CONFIRMING_RETURN,
    CLOSING,
    STOPPING,
    ENDED,
)

EXPLAINING: Final = (WELCOMING, BRIEFING)
WORKING: Final = (READYING, MOVING, HOLDING)
UNDER_WAY: Final = (*EXPLAINING, *WORKING, RESTING)
ASKING: Final = (ASKING_WHERE, ASKING_STRENGTH, ASKING_KIND)
OFFERING: Final = (OFFERING_EASIER, OFFERING_ANOTHER)
CHOOSING: Final = (*OFFERING, CONFIRMING_RETURN)
AFTER_PAIN: Final = (*ASKING, *CHOOSING)
ALIVE: Final = STATES[:-1]
NOT_CLOSING: Final = tuple(state for state in ALIVE if state != CLOSING)
NOT_STOPPING: Final = tuple(state for state in ALIVE if state != STOPPING)

# What answers the questions about a pain.
NUMBERS: Final = tuple(f"number_{number}" for number in range(11))
CORRECTIONS: Final = tuple(f"correction_{number}" for number in range(11))
STRENGTHS: Final = (*NUMBERS, *CORRECTIONS, "a_little", "a_lot")
SIGNS_OF_A_NERVE: Final = ("shooting", "numb")
LEFT_OPEN: Final = ("unsure", "next", "unanswered")
"""Not known, not told, not answered: the safe side is assumed, and the next question asked."""

STAY: Final = None
"""As a destination: the state is kept, neither left nor entered."""


@dataclass(frozen=True, slots=True)
class Row:
    """One transition.

    Attributes:
        on: the trigger.
        in_: the states it is possible in.
        to: the state it leads to, or ``STAY``.
        if_: the guard: a method of the session that answers yes or no; empty: always.
        do: the hook: a method of the session, run before the new state is entered; empty: nothing.
    """

    on: str
    in_: tuple[str, ...]
    to: str | None
    if_: str = ""
    do: str = ""


def each(on: Iterable[str], in_: tuple[str, ...], to: str | None, if_: str = "", do: str = "") -> tuple[Row, ...]:
    """One row for each of several triggers, all alike."""
    return tuple(Row(trigger, in_, to, if_, do) for trigger in on)


TABLE: Final = (
    # What always wins: never guarded against, never waits for a dialogue.
    Row("stop", NOT_STOPPING, STOPPING, do="halt_on_request"),
    Row("stop", (STOPPING,), ENDED, do="end_on_request"),
    Row("red_flag", NOT_CLOSING, CLOSING, do="halt_and_advise"),
    Row("red_flag", (CLOSING,), STAY, do="advise_at_the_end"),
    Row("it_hurts", (STOPPING,), CLOSING, if_="was_closing", do="take_pain_at_the_end"),
    Row("it_hurts", (STOPPING,), ASKING_STRENGTH, if_="was_after_pain_with_a_place", do="hear_pain_again"),
    Row("it_hurts", (STOPPING,), ASKING_WHERE, if_="was_after_pain", do="hear_pain_again"),
    Row("it_hurts", (*UNDER_WAY, PAUSED, STOPPING), CLOSING, "has_hurt_too_often", "halt_for_pain_and_end"),
    Row("it_hurts", (*UNDER_WAY, PAUSED, STOPPING), ASKING_STRENGTH, if_="has_told_where", do="halt_for_pain"),
    Row("it_hurts", (*UNDER_WAY, PAUSED, STOPPING), ASKING_WHERE, do="halt_for_pain"),
    Row("it_hurts", (ASKING_WHERE,), ASKING_STRENGTH, if_="has_told_where", do="take_the_place_that_hurts"),
    Row("it_hurts", ASKING, STAY, do="hear_pain_again"),
    Row("it_hurts", (OFFERING_EASIER, CONFIRMING_RETURN), OFFERING_EASIER, if_="may_ease", do="hear_pain_again"),
    Row("it_hurts", CHOOSING, OFFERING_ANOTHER, if_="has_another_exercise", do="hear_pain_again"),
    Row("it_hurts", CHOOSING, CLOSING, do="hear_pain_again_and_end"),
    Row("it_hurts", (CLOSING,), STAY, do="hear_pain_at_the_end"),
    # "Stop ... it hurts": why somebody stops is heard out, in silence.
    Row("heard_out", (STOPPING,), ENDED, do="end_on_request"),
    # After pain: ask where, how strong, and what kind. What nobody answers is taken for the worst.
    *each(SIGNS_OF_A_NERVE, (ASKING_WHERE, ASKING_STRENGTH, *CHOOSING), CLOSING, do="take_answer_and_decide"),
    *each((*PLACES, *LEFT_OPEN), (ASKING_WHERE,), ASKING_STRENGTH, do="take_answer"),
    Row("back", (ASKING_WHERE,), ASKING_STRENGTH, do="take_the_back_as_the_place"),
    *each((*STRENGTHS, *LEFT_OPEN), (ASKING_STRENGTH,), ASKING_KIND, do="take_answer"),
    Row("back", (ASKING_STRENGTH,), ASKING_WHERE),
    *each(CORRECTIONS, (ASKING_KIND,), STAY, do="correct_answer"),
    Row("back", (ASKING_KIND,), ASKING_STRENGTH),
    # Then offer what the rules allow, or end. Never push, never go back unasked.
    *each((*KINDS, *LEFT_OPEN), (ASKING_KIND,), OFFERING_EASIER, "may_ease", "take_answer_and_decide"),
    *each((*KINDS, *LEFT_OPEN), (ASKING_KIND,), OFFERING_ANOTHER, "may_do_another", "take_answer_and_decide"),
    *each((*KINDS, *LEFT_OPEN), (ASKING_KIND,), CLOSING, do="take_answer_and_decide"),
    *each(CORRECTIONS, OFFERING, OFFERING_EASIER, "may_ease", "take_answer_and_decide"),
    *each(CORRECTIONS, OFFERING, OFFERING_ANOTHER, "may_do_another", "take_answer_and_decide"),
    *each(CORRECTIONS, OFFERING, CLOSING, do="take_answer_and_decide"),
    Row("back", OFFERING, ASKING_KIND),
    Row("yes", (OFFERING_EASIER,), BRIEFING, do="ease_after_pain"),
    Row("easier", (OFFERING_EASIER,), BRIEFING, do="ease_after_pain"),
    Row("no", (OFFERING_EASIER,), OFFERING_ANOTHER, if_="has_another_exercise"),
    Row("no", (OFFERING_EASIER,), CLOSING, do="end_after_pain"),
    Row("yes", (OFFERING_ANOTHER,), BRIEFING, do="leave_out_and_go_on"),
    Row("no", (OFFERING_ANOTHER,), CLOSING, do="end_after_pain"),
    Row("next", CHOOSING, BRIEFING, if_="has_another_exercise", do="leave_out_and_go_on"),
    Row("next", CHOOSING, CLOSING, do="end_after_pain"),
    Row("resume", OFFERING, CONFIRMING_RETURN),
    Row("yes", (CONFIRMING_RETURN,), BRIEFING, do="return_as_asked"),
    Row("no", (CONFIRMING_RETURN,), OFFERING_EASIER, if_="may_ease"),
    Row("no", (CONFIRMING_RETURN,), OFFERING_ANOTHER, if_="has_another_exercise"),
    Row("no", (CONFIRMING_RETURN,), CLOSING, do="end_after_pain"),
    Row("pause", AFTER_PAIN, STAY, do="give_time"),
    Row("repeat", AFTER_PAIN, STAY, do="ask_again"),
    Row("resume", ASKING, STAY, do="ask_again"),
    Row("unanswered", CHOOSING, CLOSING, do="end_after_pain"),
    # Pausing, and going on where it was.
    Row("pause", UNDER_WAY, PAUSED, do="pause_here"),
    Row("resume", (PAUSED,), WELCOMING, if_="was_welcoming"),
    Row("resume", (PAUSED,), BRIEFING, if_="was_briefing"),
    Row("resume", (PAUSED,), RESTING, if_="was_resting"),
    Row("resume", (PAUSED,), READYING),
    Row("done", (PAUSED,), WELCOMING, if_="was_welcoming"),
    Row("done", (PAUSED,), BRIEFING, if_="was_briefing"),
    Row("done", (PAUSED,), RESTING, if_="was_resting"),
    Row("done", (PAUSED,), READYING),
    Row("unanswered", (PAUSED,), CLOSING, do="end_abandoned"),
    # Nothing could be heard for a while. What was under way is paused, and goes on by itself unless it was long.
    Row("cut_off", UNDER_WAY, PAUSED, do="break_off"),
    Row("cut_off", (PAUSED, *AFTER_PAIN, CLOSING), STAY, do="tell_of_outage"),
    Row("cut_off", (STOPPING,), ENDED, do="end_on_request"),
    # The circuit's own course.
    Row("explained", (WELCOMING,), BRIEFING),
    Row("explained", (BRIEFING,), READYING),
    Row("counted_in", (READYING,), HOLDING, if_="is_hold"),
    Row("counted_in", (READYING,), MOVING),
    Row("set_finished", (MOVING, HOLDING), BRIEFING, if_="other_side_follows", do="complete_set_and_advance"),
    Row("set_finished", (MOVING, HOLDING), CLOSING, if_="nothing_follows", do="complete_set"),
    Row("set_finished", (MOVING, HOLDING), RESTING, if_="rest_is_due", do="complete_set"),
    Row("set_finished", (MOVING, HOLDING), BRIEFING, do="complete_set_and_advance"),
    Row("rested", (RESTING,), BRIEFING, do="advance"),
    Row("closed", (CLOSING,), ENDED),
    # "Ready" and "done" end whatever is in hand and go on.
    Row("done", (WELCOMING,), BRIEFING),
    Row("done", (BRIEFING,), READYING),
    Row("done", (READYING,), HOLDING, if_="is_hold_to_begin"),
    Row("done", (READYING,), MOVING, if_="is_set_to_begin"),
    Row("done", (READYING, MOVING, HOLDING), BRIEFING, if_="other_side_follows", do="finish_early_and_advance"),
    Row("done", (READYING, MOVING, HOLDING), CLOSING, if_="nothing_follows", do="finish_early"),
    Row("done", (READYING, MOVING, HOLDING), RESTING, if_="rest_is_due", do="finish_early"),
    Row("done", (READYING, MOVING, HOLDING), BRIEFING, do="finish_early_and_advance"),
    Row("done", (RESTING,), BRIEFING, do="advance"),
    # Moving about in the circuit.
    Row("next", (WELCOMING,), BRIEFING),
    Row("next", (PAUSED,), BRIEFING, if_="was_welcoming"),
    Row("next", (RESTING,), BRIEFING, do="advance"),
    Row("next", (PAUSED,), BRIEFING, if_="was_resting", do="advance"),
    Row("next", (BRIEFING, *WORKING, PAUSED), CLOSING, if_="no_exercise_follows", do="skip_and_close"),
    Row("next", (BRIEFING, *WORKING, PAUSED), BRIEFING, do="skip"),
    Row("back", (RESTING,), BRIEFING, do="do_again"),
    Row("back", (BRIEFING, *WORKING, PAUSED), BRIEFING, do="go_back"),
    Row("repeat", (WELCOMING,), STAY, do="welcome_again"),
    Row("repeat", (BRIEFING,), STAY, do="explain_again"),
    Row("repeat", WORKING, BRIEFING, do="do_again"),
    Row("repeat", (RESTING,), STAY, do="announce_again"),
    Row("repeat", (PAUSED,), STAY, do="say_paused_again"),
    Row("repeat", (CLOSING,), STAY, do="say_last_words_again"),
    # Easier and harder.
    Row("easier", (BRIEFING, *WORKING), BRIEFING, if_="has_easier", do="ease"),
    Row("easier", (PAUSED,), BRIEFING, if_="is_in_exercise_with_easier", do="ease"),
    Row("easier", (RESTING, PAUSED), STAY, if_="has_easier", do="ease_from_now_on"),
    Row("easier", (BRIEFING, *WORKING, RESTING, PAUSED), STAY, do="say_no_easier"),
    Row("harder", (BRIEFING, *WORKING), BRIEFING, if_="has_harder", do="progress"),
    Row("harder", (PAUSED,), BRIEFING, if_="is_in_exercise_with_harder", do="progress"),
    Row("harder", (RESTING, PAUSED), STAY, if_="has_harder", do="progress_from_now_on"),
    Row("harder", (BRIEFING, *WORKING, RESTING, PAUSED), STAY, do="say_no_harder"),
    # Pace and loudness. A hold has no tempo.
    Row("slower", (READYING, MOVING, PAUSED), STAY, do="count_slower"),
    Row("faster", (READYING, MOVING, PAUSED), STAY, do="count_faster"),
    Row("slower", (*EXPLAINING, RESTING, *AFTER_PAIN, CLOSING), STAY, do="speak_slower"),
    Row("faster", (*EXPLAINING, RESTING, *AFTER_PAIN, CLOSING), STAY, do="speak_faster"),
    Row("louder", NOT_STOPPING, STAY, do="speak_louder"),
    Row("quieter", NOT_STOPPING, STAY, do="speak_quieter"),
    # Questions.
    Row("how_long", (*UNDER_WAY, PAUSED), STAY, do="tell_how_long"),
    Row("whats_next", (*UNDER_WAY, PAUSED), STAY, do="tell_what_is_next"),
    Row("help", WORKING, PAUSED, do="pause_for_help"),
    Row("help", (*EXPLAINING, RESTING, PAUSED, *AFTER_PAIN), STAY, do="tell_what_can_be_said"),
)

TIMELINE_TRIGGERS: Final = frozenset(
    {"explained", "counted_in", "set_finished", "rested", "closed", "heard_out", "unanswered", "cut_off"}
)
"""Fired by the session itself, never spoken."""


@cache
def spoken_in(state: str) -> tuple[Command, ...]:
    """The commands that a state offers, in the order of the table: what the ears shall listen for there."""
    return tuple(
        dict.fromkeys(Command(row.on) for row in TABLE if state in row.in_ and row.on not in TIMELINE_TRIGGERS)
    )
