"""Whole sessions in a room with a loose contact: whatever is lost on the way, nothing of the session is."""

from dataclasses import replace
from functools import cache

from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from coach.content import load_interview, load_routine, load_voice
from coach.content.guidance import load_guidance
from coach.devices.steady import SteadyRoom
from coach.errors import RoomBack
from coach.front_end import FrontEnd
from coach.interview.conclusions import interview_on
from coach.live import Setup, Standby
from coach.loop import Hands, lead
from coach.ports import SILENCE, Block, Mind, Room
from coach.rehearsal.ears import ScriptedEars
from coach.rehearsal.echo import NoEcho
from coach.rehearsal.faults import FAINT, Fault, LooseContact
from coach.rehearsal.listener import ScriptedListener
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.rehearse import spoken_by
from coach.rehearsal.room import QuietRoom
from coach.rehearsal.script import Remark, Script, When
from coach.rehearsal.store import MemoryStore
from coach.rehearsal.trace import Trace
from coach.session import table
from coach.session.messages import CutOff, End, Entered, Hush, Note, Say
from coach.session.session import Session
from coach.voice_queue import Played

VOICE = load_voice("english")
CIRCUIT = load_routine("lower-back-circuit", voice=VOICE)
ROUTINE = replace(CIRCUIT, rounds=1, parts=[it for it in CIRCUIT.parts if it.hold_s] + [CIRCUIT.parts[1]])
QUICKLY = settings(max_examples=3, phases=(Phase.explicit, Phase.reuse, Phase.generate))
"""Each example is a whole session: nobody waits until it is shrunk to a smaller one."""

SPEAKING = (table.WELCOMING, table.BRIEFING, table.RESTING, table.CLOSING)
"""Where sentences are told; in a set there are counts, and a broken repetition is done again."""

kinds = st.sampled_from(["lost", "frozen", "silent", "stuck", "clipped"])
faults = st.lists(
    st.builds(Fault, kind=kinds, after_s=st.floats(3, 90), lasts_s=st.floats(0.1, 200)), min_size=1, max_size=4
)


class Still:
    """The room as the loop hears it: without the faint noise by which a microphone is known to be on. What is
    computed of an echo costs a rehearsal nothing where there is exact silence.
    """

    def __init__(self, room: Room) -> None:
        self._room = room

    def exchange(self, speaker: Block) -> Block:
        microphone = self._room.exchange(speaker)
        return SILENCE if microphone == FAINT else microphone

    def close(self) -> None:
        self._room.close()


class Led:
    """A mind led in a room with a loose contact."""

    def __init__(self, mind: Mind, *befalls: Fault, says: tuple[Remark, ...] = ()) -> None:
        self.trace = Trace()
        mouth = HummingMouth()
        listener = ScriptedListener(Script("test", says), mouth, self.trace)
        contact = LooseContact(QuietRoom(spoken_by(listener)), befalls)
        standby = Standby(VOICE, mouth, Setup(model=None, store=None), lambda _: None)  # type: ignore[arg-type]
        standby.say_last = lambda pcm: True  # type: ignore[method-assign]  # nothing real is played
        room = SteadyRoom(contact.open, standby, wait=contact.wait, clock=contact.clock)
        self.store = MemoryStore()
        hands = Hands(Still(room), FrontEnd(NoEcho()), ScriptedEars(self.trace), mouth, self.store)
        self.end = lead(mind, VOICE, hands, self.trace)

    @property
    def notes(self) -> list[tuple[str, str, object]]:
        """What is remembered but for outages; not when, because an outage moves all that follows."""
        notes = (note for _, note in self.trace.each(Note))
        return [(note.kind, note.exercise, note.detail) for note in notes if note.kind != "outage"]

    @property
    def outages(self) -> list[Note]:
        return [note for _, note in self.trace.each(Note) if note.kind == "outage"]

    def heard_whole(self) -> list[str]:
        """The sentences that were told and heard to their end, but for those about outages."""
        state, states = "", {}
        for _, message in self.trace.entries:
            match message:
                case Entered():
                    state = message.state
                case Say():
                    states[message.number] = state
        return [
            line.text
            for _, line in self.trace.each(Played)
            if not line.cut and states[line.number] in SPEAKING and line.text not in OF_OUTAGES
        ]


OF_OUTAGES = {
    *(f"I could not hear you for {VOICE.number(seconds)} seconds." for seconds in range(100)),
    *(f"I could not hear you for {VOICE.number(minutes)} minutes." for minutes in range(100)),
    *VOICE.say("outage_moment"),
    *VOICE.say("outage_go_on"),
}


@cache
def undisturbed() -> Led:
    return Led(Session(ROUTINE, VOICE))


@QUICKLY
@given(faults)
def test_whatever_is_lost_on_the_way_nothing_of_the_session_is_lost_or_told_twice(befalls):
    led = Led(Session(ROUTINE, VOICE), *befalls)
    assert led.end == undisturbed().end == End("completed")
    assert led.notes == undisturbed().notes
    assert led.heard_whole() == undisturbed().heard_whole(), "but for the sentence that was cut, said again whole"
    assert len(led.outages) == len(led.trace.each(CutOff)) == len(led.trace.each(RoomBack))
    happened = [message for _, message in led.trace.entries]
    for at, message in enumerate(happened):
        if isinstance(message, CutOff) and not any(isinstance(it, End) for it in happened[:at]):
            first = next(it for it in happened[at + 1 :] if isinstance(it, (Hush, Say, End)))
            assert isinstance(first, Hush), "silent before it says anything else"


urgent = st.sampled_from([("stop", "stopped"), ("it hurts", "stopped"), ("i feel dizzy", "eased")])
one_fault = st.builds(Fault, kind=kinds, after_s=st.floats(3, 90), lasts_s=st.floats(0.1, 200))


@QUICKLY
@given(one_fault, urgent, st.floats(0.1, 3))
def test_the_words_that_win_win_as_soon_as_they_can_be_heard_again(fault, word, after_s):
    phrase, outcome = word
    remarks = (
        Remark(words=phrase, when=When(line="I could not hear you for", after_s=after_s), tries=1),
        *([Remark(words="stop", when=When(state="asking_where", after_s=1))] if phrase == "it hurts" else ()),
    )
    led = Led(Session(ROUTINE, VOICE), fault, says=remarks)
    assume(led.outages)  # silence of less than three seconds is none, and then nobody says anything
    assert led.end.outcome == outcome
    kinds_noted = {note[0] for note in led.notes}
    assert phrase != "it hurts" or "pain" in kinds_noted
    assert phrase != "i feel dizzy" or "red_flag" in kinds_noted


@QUICKLY
@given(
    st.lists(
        st.builds(Fault, kind=kinds, after_s=st.floats(3, 10), lasts_s=st.floats(0.1, 200)), min_size=1, max_size=3
    )
)
def test_an_interview_is_noted_as_without_outages(befalls):
    questionnaire, rules = load_interview("diary", VOICE), load_guidance().readiness
    says = tuple(
        Remark(words=_answer(question), when=When(state=question.id, after_s=2), tries=9)
        for question in questionnaire.questions
    )

    led = Led(interview_on(questionnaire, VOICE, rules), *befalls, says=says)
    answers = [dict(detail)["answer"] for kind, _, detail in led.notes if kind == "answer"]
    assert led.end == End("completed")
    assert len(answers) == len(questionnaire.questions) == len(says)
    assert led.trace.each(CutOff) or not led.outages


def _answer(question) -> str:
    match question.answer:
        case "scale":
            return "five"
        case "choice":
            return VOICE.understands[next(iter(question.choices))][0]
        case _:
            return "no"
