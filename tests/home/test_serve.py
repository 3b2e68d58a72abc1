"""Being at home for hours: sleeping, reminding, leading, with the real history and understudies for the rest."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, time, timedelta

import pytest

from coach.content import load_voice, routines
from coach.content.guidance import load_guidance
from coach.devices.store import SqliteStore
from coach.errors import CoachError, ContentBroken, EarsUnfit, MouthFailed, RoomLost
from coach.front_end import FrontEnd
from coach.history import read_past, read_sessions
from coach.home.reminders import Calendar, Reminder
from coach.home.sleeper import Sleeper
from coach.live import Setup, Stage, on_stage
from coach.ports import BLOCK_MS, SILENCE, Block
from coach.rehearsal.calendar import MemoryCalendar
from coach.rehearsal.ears import ScriptedEars
from coach.rehearsal.echo import NoEcho
from coach.rehearsal.listener import ScriptedListener
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.room import QuietRoom
from coach.rehearsal.script import Remark, Script, When
from coach.rehearsal.trace import Trace
from coach.serve import Home, OnTheClock, serve
from coach.session.messages import CutOff, Entered, Milliseconds, Note, Say
from coach.voice_queue import Played
from tests.planning.people import WELL

VOICE = load_voice("english")
ROUTINES = tuple(it.routine for it in routines() if it.routine)
EXERCISES = [part.exercise for routine in ROUTINES for part in routine.parts]
MONDAY = date(2026, 3, 2)


def remark(words: str, state: str, after_s: float = 3, line: str | None = None) -> Remark:
    return Remark(words=words, when=When(state=state, line=line, after_s=after_s), tries=1)


def call() -> Remark:
    return remark("hey coach", "asleep")


class DryStage(Stage):
    """The stage as it is, with understudies on it, and a plug that is pulled after a while."""

    def __init__(self, store, remarks, lasts_s: float) -> None:
        self.trace = Trace()
        self.passed_ms = 0
        self._began_ms = 0
        self._lasts_ms = 1000 * lasts_s
        self.listener = ScriptedListener(Script("home", remarks), HummingMouth(), self.trace)
        setup = Setup(model=store.parent, store=store)
        super().__init__(VOICE, setup, self.witness, HummingMouth(), ScriptedEars(self.trace), ExitStack())
        self._opened = QuietRoom(self._microphone()), FrontEnd(NoEcho())

    def witness(self, at: Milliseconds, message: object) -> None:
        self.trace(Milliseconds(self._began_ms + at), message)

    def lead(self, mind, name, started_at):
        self._began_ms = self.passed_ms
        return super().lead(mind, name, started_at)

    def rest(self, mind, name, clock):
        self._began_ms = self.passed_ms
        return super().rest(mind, name, clock)

    def _microphone(self) -> Iterator[Block]:
        while self.passed_ms < self._lasts_ms:
            self.passed_ms += BLOCK_MS
            yield self.listener.next_block(SILENCE)
        raise RoomLost("The plug was pulled.", "Plug it in.")


class AtHome:
    """A coach that serves until the plug is pulled, and what was left behind."""

    def __init__(
        self, tmp_path, *remarks: Remark, lasts_s: float = 60, begins="07:00", reminders=(), speed=1, news=()
    ):
        self.path = tmp_path / "history.sqlite3"
        self.begins = datetime.combine(MONDAY, time.fromisoformat(begins), tzinfo=UTC)
        self.kept = MemoryCalendar(Calendar(reminders=tuple(Reminder(time.fromisoformat(it)) for it in reminders)))
        self.stage = DryStage(self.path, remarks, lasts_s)
        self.speed = speed
        self.news = news
        self.warned: list[CoachError] = []
        self.remember = lambda: read_past(self.path, EXERCISES)

    def clock(self) -> datetime:
        return self.begins + timedelta(milliseconds=self.stage.passed_ms * self.speed)

    def answered(self, name: str, *, days_ago: int = 1, **answers: object) -> "AtHome":
        """An interview that was held, yesterday if nothing else is said."""
        store = SqliteStore(self.path, routine=name, started_at=self.begins - timedelta(days=days_ago))
        store.keep(Note(Milliseconds(0), "interview", detail=(("interview", name),)))
        for question, answer in answers.items():
            store.keep(Note(Milliseconds(1), "answer", detail=(("question", question), ("answer", answer))))
        store.keep(Note(Milliseconds(2), "end", detail=(("outcome", "completed"),)))
        store.close()
        return self

    def serve(self) -> "AtHome":
        home = Home(
            voice=VOICE,
            routines=ROUTINES,
            guidance=load_guidance(),
            remember=self.remember,
            clock=self.clock,
            warn=self.warned.append,
        )
        with pytest.raises(RoomLost):
            serve(self.stage, home, self.kept, self.news)
        assert self.stage.listener.unsaid == ()
        return self

    @property
    def said(self) -> list[str]:
        return [it.text for _, it in self.stage.trace.each(Played)]

    @property
    def woken_at(self) -> list[str]:
        """What the clock on the wall showed."""
        entered = self.stage.trace.each(Entered)
        woken = (at for at, it in entered if it.state == "awake")
        return [f"{self.begins + self.speed * timedelta(milliseconds=at):%H:%M}" for at in woken]

    @property
    def states(self) -> list[str]:
        return [it.state for _, it in self.stage.trace.each(Entered)]

    @property
    def records(self) -> list[str]:
        """What stands in the history, beside what was answered before."""
        records = reversed(read_sessions(self.path, limit=None))
        return [f"{it.routine}: {it.outcome}" for it in records if it.started_at >= self.begins]


def test_a_coach_that_sleeps_writes_nothing_and_holds_no_file(tmp_path):
    home = AtHome(tmp_path, lasts_s=120).serve()
    assert home.states == ["asleep"]
    assert home.said == []
    assert list(tmp_path.iterdir()) == []


def test_a_routine_by_its_name_is_led_and_recorded_and_it_sleeps_again(tmp_path):
    home = AtHome(
        tmp_path, call(), remark("start the break", "awake"), remark("stop", "briefing", 5), call(), lasts_s=60
    )
    home.answered("readiness", **WELL).serve()
    assert home.records == ["break: stopped"]
    assert home.states[-3:] == ["asleep", "awake", "asleep"]
    assert home.kept.calendar.not_on is None


def test_what_is_asked_is_told_and_start_goes_on_from_there(tmp_path):
    home = AtHome(
        tmp_path, call(), remark("what's my plan", "awake"), remark("start", "awake", 4, "Today"), lasts_s=90
    )
    home.answered("readiness", **WELL).serve()
    assert any(it.startswith("Today:") for it in home.said)
    assert "back" in home.states, "a practice begins with the diary"
    assert home.records == ["diary: interrupted"]


def test_before_any_answers_the_plan_is_that_questions_come_first(tmp_path):
    home = AtHome(tmp_path, call(), remark("what's my plan", "awake")).serve()
    assert home.said[1:] == list(VOICE.say("plan_ask_first"))
    assert home.records == []


def test_how_am_i_doing_tells_the_habit_and_the_diary(tmp_path):
    home = AtHome(tmp_path, call(), remark("how am i doing", "awake")).serve()
    assert home.said[1:] == [*VOICE.say("habit_begin"), *VOICE.say("diary_empty")]
    assert home.states[-1] == "asleep"


def test_nothing_is_begun_for_somebody_whose_answers_speak_against_it(tmp_path):
    home = AtHome(tmp_path, call(), remark("start the kettlebell routine", "awake"), lasts_s=30)
    home.answered("readiness", **{**WELL, "fever": True}).serve()
    assert home.records == ["readiness: interrupted"]


def test_a_routine_that_does_not_suit_is_not_led_and_it_is_said_why(tmp_path):
    home = AtHome(tmp_path, call(), remark("start core strength", "awake"), lasts_s=60)
    home.answered("readiness", **{**WELL, "herniated_disc": True})
    home.serve()
    assert home.records[:1] == ["diary: interrupted"]
    assert "moving" not in home.states


def test_what_just_hurt_is_not_led_again_by_its_name(tmp_path):
    home = AtHome(tmp_path, call(), remark("start the circuit", "awake"), lasts_s=60)
    home.answered("readiness", **WELL).answered("diary", back=1)
    at_four = home.begins - timedelta(hours=3)
    with closing(SqliteStore(home.path, routine="lower-back-circuit", started_at=at_four)) as store:
        store.keep(Note(Milliseconds(0), "session", detail=(("sets", 12),)))
        store.keep(Note(Milliseconds(60_000), "pain", "jefferson-curl"))
        store.keep(Note(Milliseconds(90_000), "end", detail=(("outcome", "eased"),)))
    home.serve()
    assert home.records == ["diary: interrupted"]
    assert "briefing" not in home.states


def test_a_routine_by_its_name_is_not_led_as_it_is_by_whoever_should_go_gently(tmp_path):
    home = AtHome(tmp_path, call(), remark("start core strength", "awake"), lasts_s=30)
    home.answered("readiness", **{**WELL, "pain_now": 4}).serve()
    assert home.records == ["diary: interrupted"]


def test_a_routine_by_its_name_is_not_led_before_questions_that_are_due_anew(tmp_path):
    home = AtHome(tmp_path, call(), remark("start the break", "awake"), lasts_s=30)
    home.answered("readiness", days_ago=load_guidance().readiness.repeat_after_days, **WELL).serve()
    assert home.records == ["readiness: interrupted"]


def test_a_habit_s_moment_begins_what_is_tied_to_it(tmp_path):
    home = AtHome(tmp_path, call(), remark("i've made coffee", "awake"), lasts_s=30)
    home.answered("readiness", **WELL).answered(
        "habit", anchor="after_coffee", late="a_little", confirm=True
    ).serve()
    assert home.records == ["diary: interrupted"]


def test_a_moment_that_nothing_is_tied_to_is_only_heard(tmp_path):
    home = AtHome(tmp_path, call(), remark("i'm home", "awake")).serve()
    assert home.said[1:] == list(VOICE.say("home_anchor_unplanned"))
    assert home.records == []


def test_a_red_flag_at_home_counts_when_the_next_session_is_asked_for(tmp_path):
    home = AtHome(
        tmp_path, call(), remark("i feel dizzy", "awake"), call(), remark("start the break", "awake"), lasts_s=60
    )
    home.answered("readiness", **WELL).serve()
    assert home.records == ["home: eased", "readiness: interrupted"]


def test_a_practice_that_is_completed_is_enough_for_the_day(tmp_path):
    home = AtHome(tmp_path, call(), remark("start the break", "awake"), lasts_s=240, reminders=("07:03",))
    home.answered("readiness", **WELL).serve()
    assert home.records == ["break: completed"]
    assert home.kept.calendar.not_on == MONDAY
    assert VOICE.say("home_reminder")[0] not in home.said


def test_a_practice_that_ended_for_pain_is_enough_for_the_day(tmp_path):
    home = AtHome(
        tmp_path,
        *(call(), remark("start the break", "awake"), remark("it hurts", "briefing", 5)),
        *(remark("lower back", "asking_where"), remark("eight", "asking_strength"), remark("dull", "asking_kind")),
        lasts_s=240,
        reminders=("07:03",),
    )
    home.answered("readiness", **WELL).serve()
    assert home.records == ["break: eased"]
    assert home.kept.calendar.not_on == MONDAY
    assert VOICE.say("home_reminder")[0] not in home.said


def test_a_history_that_another_coach_writes_to_is_told_and_the_coach_lives_on(tmp_path):
    home = AtHome(tmp_path, call(), remark("start the break", "awake"), call(), lasts_s=90)
    home.answered("readiness", **WELL)
    with closing(SqliteStore(home.path, routine="walk", started_at=home.begins)):
        home.serve()
    awake = VOICE.say("home_awake")
    assert home.said == [*awake, *VOICE.say("trouble_store_busy"), *awake]
    assert ["Another coach" in it.what for it in home.warned] == [True]
    assert home.states[-1] == "asleep"


def test_a_history_that_cannot_be_written_is_told_each_time_it_is_needed(tmp_path):
    ask = remark("start the break", "awake", 9)
    home = AtHome(tmp_path, call(), ask, ask, lasts_s=90)
    home.path.mkdir()
    home.serve()
    assert home.said[1:] == 2 * list(VOICE.say("trouble_store"))
    assert len(home.warned) == 2


def test_a_history_that_cannot_be_read_is_told_and_not_taken_for_none(tmp_path):
    home = AtHome(
        tmp_path, call(), remark("what's my plan", "awake"), call(), remark("start the break", "awake"), lasts_s=90
    )
    home.answered("readiness", **WELL)
    content = bytearray(home.path.read_bytes())
    content[100:1000] = bytes(900)
    home.path.write_bytes(content)
    home.serve()
    awake, trouble = VOICE.say("home_awake"), VOICE.say("trouble_store")
    assert home.said[:4] == [*awake, *trouble, *awake]
    assert "cannot be read: the file is damaged" in home.warned[0].what
    assert home.records == ["readiness: interrupted"]  # asked anew, in a new history, when the plug was pulled


def test_a_mistake_in_a_file_is_told_and_the_coach_lives_on(tmp_path):
    def find_a_mistake():
        raise ContentBroken(["interviews/readiness.toml, line 3: there is no question."])

    home = AtHome(tmp_path, call(), remark("start the break", "awake"), call(), lasts_s=90)
    home.remember = find_a_mistake
    home.serve()
    awake = VOICE.say("home_awake")
    assert home.said == [*awake, *VOICE.say("trouble_content"), *awake]
    assert [type(it) for it in home.warned] == [ContentBroken]


NEWS = ("I was started anew.", "That is all.")


def test_what_is_new_at_the_start_is_said_first_of_all(tmp_path):
    assert AtHome(tmp_path, call(), lasts_s=60, news=NEWS).serve().said == [*NEWS, *VOICE.say("home_awake")]


def test_in_the_quiet_hours_what_is_new_waits_for_somebody_who_calls_and_is_told_once(tmp_path):
    home = AtHome(tmp_path, call(), call(), begins="23:00", lasts_s=90, news=NEWS).serve()
    assert home.said == [*VOICE.say("home_awake"), *NEWS, *VOICE.say("home_awake")]
    assert home.states[0] == "asleep"


def test_a_whole_day_goes_by(tmp_path):
    """From six in the morning to ten in the evening, a minute in a second."""
    home = AtHome(
        tmp_path,
        remark("snooze", "awake", 4, "snooze"),
        remark("start", "awake", 3, "good moment"),
        remark("no thanks", "back", 9),
        *(remark("no", "begin", 20), call(), remark("remind me at nine in the evening", "awake")),
        remark("not today", "awake", 4, "snooze"),
        *(call(), remark("good night", "awake")),
        begins="06:00",
        reminders=("07:30", "18:00"),
        lasts_s=16 * 60,
        speed=60,
    )
    home.answered("readiness", **WELL).serve()
    assert home.records == ["diary: completed", "begin: completed"]
    assert home.woken_at == ["07:30", "07:47", "08:34", "18:00", "18:14"], 'at nine it is "not today"'
    assert home.states[-1] == "asleep"


def test_after_an_outage_the_clock_on_the_wall_is_looked_at_before_anything_is_said():
    wall = [datetime.combine(MONDAY, time(21, 59), tzinfo=UTC)]
    kept = MemoryCalendar(Calendar())
    on_the_clock = OnTheClock(Sleeper(VOICE, kept.calendar, wall[0]), lambda: wall[0], kept)
    on_the_clock.begin()
    wall[0] += timedelta(hours=2)  # into the quiet hours
    actions = on_the_clock.handle(CutOff(Milliseconds(7_200_000), "lost", told=True))
    assert not [it for it in actions if isinstance(it, Say)]


def test_what_ends_it_is_told_aloud_but_not_in_the_quiet_hours(tmp_path, monkeypatch):
    """A service is started anew each minute, all night long."""
    aloud = []
    monkeypatch.setattr("coach.live.say_last", lambda pcm, _speaker: aloud.append(pcm))
    setup = Setup(tmp_path / "no ears", tmp_path / "history.sqlite3")
    for is_night in (True, False):
        stage = on_stage(VOICE, setup, Trace(), lambda _: None, hushed=lambda night=is_night: night)
        with pytest.raises(CoachError), stage:
            pass
        assert len(aloud) == (0 if is_night else 1)


class HoarseMouth(HummingMouth):
    """A synthesiser that started, and fails on every line."""

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()

    def speak(self, line):
        raise MouthFailed(f"The speech synthesiser hung twice on {line.text!r}.")


def test_what_ends_it_is_not_hidden_by_a_voice_that_fails_as_well(tmp_path, monkeypatch):
    monkeypatch.setattr("coach.live.SpeakingMouth", HoarseMouth)
    setup = Setup(tmp_path / "no ears", tmp_path / "history.sqlite3")
    with pytest.raises(EarsUnfit), on_stage(VOICE, setup, Trace(), lambda _: None):
        pass
