"""Minds led one after another on the same hands, and interviews on the command line."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from click.testing import CliRunner

from coach.cli import coach
from coach.content import load_interview, load_routine, load_voice
from coach.content.guidance import load_guidance
from coach.front_end import FrontEnd
from coach.interview.conclusions import interview_on
from coach.interview.interview import Interview
from coach.loop import Hands, lead
from coach.ports import BLOCK_MS, SILENCE, Block, Mind
from coach.rehearsal.ears import ScriptedEars
from coach.rehearsal.echo import NoEcho
from coach.rehearsal.listener import ScriptedListener
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.room import QuietRoom
from coach.rehearsal.script import Remark, Script, When
from coach.rehearsal.store import MemoryStore
from coach.rehearsal.trace import Trace
from coach.session.messages import End, Heard
from coach.session.session import Session
from coach.voice_queue import Played

VOICE = load_voice("english")
RULES = load_guidance().readiness


def interview(name: str) -> Interview:
    return interview_on(load_interview(name, VOICE), VOICE, RULES)


def remark(words: str, state: str, after_s: float) -> Remark:
    return Remark(words=words, when=When(state=state, after_s=after_s), tries=1)


class Evening:
    """Hands that stay open, a listener who goes on talking, and a trace of each thing led."""

    def __init__(self, *remarks: Remark) -> None:
        self.heard = Trace()
        self.now = 0
        listener = ScriptedListener(Script("evening", remarks), HummingMouth(), self.heard)

        def microphone() -> Iterator[Block]:
            while True:
                self.now += BLOCK_MS
                yield listener.next_block(SILENCE)

        self.ears = ScriptedEars(self.heard)
        self.hands = Hands(QuietRoom(microphone()), FrontEnd(NoEcho()), self.ears, HummingMouth(), MemoryStore())
        self.traces: list[Trace] = []
        self.stores: list[MemoryStore] = []

    def lead(self, mind: Mind) -> End:
        """Lead one mind, with a store of its own."""
        self.traces.append(Trace())
        self.stores.append(MemoryStore())
        start = self.now

        def witness(at, message):
            self.traces[-1](at, message)
            self.heard(start + at, message)

        return lead(mind, VOICE, replace(self.hands, store=self.stores[-1]), witness)


def test_an_interview_and_a_session_are_led_one_after_another_on_the_same_hands():
    evening = Evening(remark("worse", "back_next_morning", 7), remark("stop", "briefing", 5))
    assert evening.lead(interview("morning")) == End("completed")
    assert evening.lead(Session(load_routine("lower-back-circuit"), VOICE)) == End("stopped", on_request=True)
    assert [store.notes[0].kind for store in evening.stores] == ["interview", "session"]
    assert [store.notes[-1].kind for store in evening.stores] == ["end", "end"]


def test_the_second_begins_afresh():
    alone = Evening(remark("easy", "effort", 5), remark("yes", "enjoyed", 5))
    alone.lead(interview("after"))
    after_another = Evening(remark("stop", "back", 4), remark("easy", "effort", 5), remark("yes", "enjoyed", 5))
    after_another.lead(interview("diary"))
    after_another.lead(interview("after"))
    first = [(line.begin, line.text) for _, line in alone.traces[0].each(Played)]
    second = [(line.begin, line.text) for _, line in after_another.traces[1].each(Played)]
    assert second == first
    assert [it.command for _, it in after_another.traces[1].each(Heard)] == ["easy", "yes"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(coach, arguments)


def test_an_interview_is_rehearsed_with_a_script_of_answers(run, tmp_path):
    script = tmp_path / "answers.toml"
    script.write_text('[[say]]\nwords = "no thanks"\nwhen = { state = "back", after_s = 9 }\n')
    told = run("rehearse", "--interview", "diary", "--script", "answers.toml", "--dry", "--out", "here")
    assert told.exit_code == 0, told.output
    assert "conclusion refused" in (tmp_path / "here" / "session.txt").read_text()


def test_a_script_that_names_no_question_of_the_interview_is_told(run, tmp_path):
    (tmp_path / "answers.toml").write_text('[[say]]\nwords = "no"\nwhen = { state = "bak", after_s = 9 }\n')
    told = run("rehearse", "--interview", "diary", "--script", "answers.toml", "--dry")
    assert 'did you mean "back"' in str(told.exception)


@pytest.mark.parametrize("command", [("talk", "diry"), ("rehearse", "--interview", "diry", "--dry")])
def test_an_interview_that_is_not_there_is_told(run, command):
    assert 'did you mean "diary"' in str(run(*command).exception)
