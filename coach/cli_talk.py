"""What ``coach talk`` and ``coach rehearse --interview`` need: an interview by this home's rules, led live.

The commands themselves stand in ``cli.py``.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from coach.content.guidance import load_guidance
from coach.interview.conclusions import interview_on
from coach.interview.interview import Interview
from coach.interview.questions import Questionnaire
from coach.loop import Witness
from coach.session.messages import End
from coach.session.phrases import Voice

if TYPE_CHECKING:
    from coach.live import Setup

STATES = ("paused", "closing", "ended")
"""Where an interview can be, beside at its questions."""


def talk_live(
    questionnaire: Questionnaire,
    voice: Voice,
    setup: "Setup",
    witness: Witness,
    warn: Callable[[str], None],
) -> End:
    """Lead one interview on the real devices.

    Raises:
        CoachError: a device is missing or was lost.
    """
    from coach.live import on_stage  # noqa: PLC0415 - the devices' libraries take a while to load

    interview = open_interview(questionnaire, voice)
    with on_stage(voice, setup, witness, warn) as stage:
        return stage.lead(interview, questionnaire.id, datetime.now().astimezone())


def open_interview(questionnaire: Questionnaire, voice: Voice) -> Interview:
    """Return an interview that has not begun, by the guidance of this home."""
    return interview_on(questionnaire, voice, load_guidance().readiness)


def states_of(questionnaire: Questionnaire) -> tuple[str, ...]:
    """Return where an interview can be: what a script may refer to."""
    return (*(question.id for question in questionnaire.questions), *STATES)
