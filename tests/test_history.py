"""What a person and other programs are shown of the past."""

import io
import json
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from rich.console import Console

from coach.devices.store import Recorded, SqliteStore, forget
from coach.errors import StoreFailed
from coach.history import (
    Change,
    Pain,
    Pause,
    SessionRecord,
    as_json,
    default_store_path,
    past_of,
    read_past,
    read_sessions,
    record,
    remembered,
)
from coach.log import show_log
from coach.planning.past import Hurt, Interview, Past, SessionDone, SetDone
from coach.session.messages import Milliseconds, Note
from coach.session.routine import Exercise, Phase, Variant

STARTED_AT = datetime(2025, 11, 22, 7, 30, tzinfo=timezone(timedelta(hours=1)))


def at(minutes: float) -> Milliseconds:
    return Milliseconds(int(minutes * 60_000))


def curl(minutes: float, round_: int, repetitions: int, **more: str | bool) -> Note:
    detail: dict[str, str | int | bool] = {
        "round": round_,
        "side": "",
        "repetitions": repetitions,
        "planned": 5,
        "seconds": 40,
        "variant": "",
        "completed": repetitions == 5,
    }
    return Note(at(minutes), "set", "jefferson_curl", tuple((detail | more).items()))


def stretch(minutes: float, round_: int, side: str) -> Note:
    detail = (("round", round_), ("side", side), ("repetitions", 0), ("planned", 0), ("seconds", 5))
    return Note(at(minutes), "set", "pec_stretch", (*detail, ("variant", ""), ("completed", True)))


SORE_MORNING = (
    Note(at(0), "session", "", (("sets", 12),)),
    curl(2, 1, 5),
    Note(at(2.5), "pause", "pec_stretch", (("state", "HOLDING"),)),
    stretch(3, 1, "left arm"),
    stretch(4, 1, "right arm"),
    curl(5, 2, 3),
    Note(at(5), "pain", "jefferson_curl", (("words", "[unk] ow"), ("state", "REPEATING"), ("round", 2))),
    Note(at(5.5), "change", "jefferson_curl", (("what", "easier"), ("to", "bent knees"))),
    curl(7, 2, 5, variant="bent knees"),
    Note(at(8.25), "end", "", (("outcome", "eased"),)),
)


def recorded(*notes: Note, running: bool = False) -> Recorded:
    return Recorded(7, "lower_back_circuit", STARTED_AT, notes, running)


def shown(sessions: list[SessionRecord], *, detail: bool = False, width: int = 120) -> str:
    page = io.StringIO()
    show_log(Console(file=page, width=width), sessions, detail=detail)
    return page.getvalue()


# --- From notes to a record ------------------------------------------------------------------------------


def test_a_record_counts_what_was_done_of_what_was_planned() -> None:
    session = record(recorded(*SORE_MORNING))
    assert (session.completed_sets, session.planned_sets) == (4, 12)
    assert (session.repetitions, session.planned_repetitions) == (13, 15)
    assert session.length == at(8.25)
    assert session.outcome == "eased"


def test_a_record_holds_every_pause_pain_and_change() -> None:
    session = record(recorded(*SORE_MORNING))
    assert session.pauses == (Pause(at(2.5), "pec_stretch", "HOLDING"),)
    assert session.pains == (Pain(at(5), "jefferson_curl", 2, "[unk] ow", "REPEATING"),)
    assert session.changes == (Change(at(5.5), "jefferson_curl", "easier", "bent knees"),)


def test_a_session_without_an_end_was_interrupted_unless_a_coach_leads_it_now() -> None:
    assert record(recorded(*SORE_MORNING[:-1])).outcome == "interrupted"
    assert record(recorded(*SORE_MORNING[:-1], running=True)).outcome == "running"
    assert record(recorded(*SORE_MORNING, running=True)).outcome == "eased"


def test_a_detail_that_an_older_coach_did_not_note_is_a_blank() -> None:
    session = record(recorded(Note(at(1), "set", "cat_camel"), Note(at(2), "pain"), Note(at(3), "end")))
    assert session.sets[0].repetitions == 0
    assert session.sets[0].completed is False
    assert session.pains[0].words == ""
    assert "cat camel" in shown([session], detail=True)


def test_a_kind_of_note_that_only_a_newer_coach_knows_is_passed_over() -> None:
    from_the_future = Note(at(1), "diary", "", (("back", 3),))  # type: ignore[arg-type]
    assert record(recorded(from_the_future, *SORE_MORNING)).outcome == "eased"


def test_the_history_of_a_session_that_was_killed_is_shown_with_its_sets(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    with closing(SqliteStore(path, routine="lower_back_circuit", started_at=STARTED_AT)) as store:
        for note in SORE_MORNING[:-1]:
            store.keep(note)
    (session,) = read_sessions(path)
    assert session == record(Recorded(1, "lower_back_circuit", STARTED_AT, SORE_MORNING[:-1], running=False))
    assert session.outcome == "interrupted"
    assert session.completed_sets == 4


def answer(minutes: float, **answers: str | int | bool) -> Note:
    ((question, value),) = answers.items()
    return Note(at(minutes), "answer", "", (("question", question), ("answer", value)))


def interview(name: str, *answers: Note, number: int = 8, started_at: datetime = STARTED_AT) -> Recorded:
    begun = Note(at(0), "interview", "", (("interview", name), ("name", "a few questions"), ("questions", 3)))
    return Recorded(number, name, started_at, (begun, *answers, Note(at(1), "end", "", ENDED)), running=False)


ENDED = (("outcome", "completed"), ("conclusion", ""))
MORNING = interview(
    "diary",
    answer(0.1, back=4),
    answer(0.2, back=3),
    answer(0.3, sleep="unsure"),
    answer(0.4, stress="skipped"),
)


def test_an_interview_is_recorded_with_the_answers_that_count() -> None:
    told = record(MORNING)
    assert (told.interview, told.outcome) == ("diary", "completed")
    assert told.answers == {"back": 3, "sleep": None}
    assert record(recorded(*SORE_MORNING)).interview == ""


def test_what_was_told_about_a_pain_belongs_to_it_and_the_last_telling_counts() -> None:
    first, second = (
        Note(at(minute), "pain", "cat-camel", (("state", "moving"), ("round", 1))) for minute in (1, 3)
    )
    told = (
        Note(at(1.1), "pain_told", "cat-camel", (("strength", 7), ("response", "see_someone"))),
        Note(at(1.2), "pain_told", "cat-camel", (("strength", 2), ("where", "hip"), ("response", "easier"))),
    )
    red_flag = Note(at(3.1), "red_flag", "cat-camel", (("state", "asking_where"), ("words", "i'm dizzy")))
    last = Note(at(3.1), "pain_told", "cat-camel", (("kind", "numb"), ("response", "see_someone")))
    eased, numb, dizzy = record(recorded(first, *told, second, red_flag, last)).pains
    assert (eased.strength, eased.where, eased.response, eased.red_flag) == (2, "hip", "easier", False)
    assert (numb.strength, numb.kind, numb.red_flag) == (None, "numb", True)
    assert (dizzy.words, dizzy.red_flag) == ("i'm dizzy", True)


# --- The past, for the planning --------------------------------------------------------------------------


def variant(name: str) -> Variant:
    return Variant(name=name, change=("As it is.",))


CURL = Exercise(
    id="jefferson_curl",
    name="Jefferson curl",
    purpose="a bend",
    setup=("Stand.",),
    movement=("Bend.",),
    feel=("A stretch.",),
    breathing="Breathe.",
    cue="Slowly.",
    stop_when=("It is too much.",),
    phases=(Phase(cue="down", seconds=5),),
    source="the tests",
    easier=(variant("bent knees"), variant("seated")),
    harder=(variant("on a step"),),
)


def past_of_notes(*notes: Note) -> SessionDone:
    (session,) = past_of([recorded(*notes)], {CURL.id: CURL}).sessions
    return session


def test_the_past_holds_sessions_with_their_sets_and_pains() -> None:
    session = past_of_notes(*SORE_MORNING)
    assert (session.day, session.routine, session.outcome) == (STARTED_AT.date(), "lower_back_circuit", "eased")
    assert session.minutes == 8.25
    assert [(done.exercise, done.level, done.eased, done.completed) for done in session.sets] == [
        ("jefferson_curl", 0, False, True),
        ("pec_stretch", 0, False, True),
        ("pec_stretch", 0, False, True),
        ("jefferson_curl", 0, False, False),
        ("jefferson_curl", -1, True, True),
    ]
    assert session.pains == (Hurt(exercise="jefferson_curl"),)


@pytest.mark.parametrize(
    ("detail", "level"),
    [
        ({"variant": "seated"}, -2),
        ({"variant": "on a step"}, 1),
        ({"variant": "Jefferson curl"}, 0),
        ({"variant": "of an earlier edition"}, 0),
        ({"variant": ""}, 0),
        ({"variant": "seated", "level": 1}, 1),
        ({}, 0),
    ],
)
def test_a_set_stands_at_the_level_noted_or_else_at_that_of_its_variant(
    detail: dict[str, str | int], level: int
) -> None:
    assert past_of_notes(Note(at(1), "set", CURL.id, tuple(detail.items()))).sets[0].level == level


def test_the_set_in_which_an_easier_way_was_asked_for_is_eased_too() -> None:
    detail = (("completed", False), ("ended", "easier"))
    change = Note(at(1), "change", CURL.id, (("what", "easier"), ("to", "bent knees")))
    session = past_of_notes(Note(at(1), "set", CURL.id, detail), change, curl(2, 1, 5))
    assert [done.eased for done in session.sets] == [True, True]


def test_how_a_session_felt_is_asked_after_it_and_belongs_to_it() -> None:
    feeling = interview("after", answer(0, effort="hard"), answer(0, enjoyed=True))
    session, later = (
        Recorded(number, "walk", STARTED_AT + timedelta(days=number), (), running=False) for number in (7, 9)
    )
    asked = Recorded(8, "after", session.started_at, feeling.notes, running=False)
    past = past_of([later, asked, session], {})
    assert [(it.effort, it.enjoyed) for it in past.sessions] == [("hard", True), (None, None)]
    assert [it.name for it in past.interviews] == ["after"]


def test_how_a_session_felt_belongs_to_it_though_midnight_has_passed() -> None:
    sessions = [Recorded(number, "walk", STARTED_AT, (), running=False) for number in (7, 6)]
    asked = interview("after", answer(0, effort="hard"), started_at=STARTED_AT + timedelta(days=1))
    assert [it.effort for it in past_of([asked, *sessions], {}).sessions] == [None, "hard"]


def test_the_past_is_in_true_order_and_its_days_are_the_persons_own() -> None:
    before_midnight = datetime(2025, 11, 22, 23, 30, tzinfo=timezone(timedelta(hours=-8)))
    newest_first = [interview("diary", number=number, started_at=before_midnight) for number in (3, 2, 1)]
    past = past_of(newest_first, {})
    assert [it.day for it in past.interviews] == [date(2025, 11, 22)] * 3
    assert past.sessions == ()


def test_a_session_that_is_being_led_is_not_past_and_an_interrupted_one_is() -> None:
    assert past_of([recorded(*SORE_MORNING[:-1], running=True)], {}).sessions == ()
    assert past_of([recorded(*SORE_MORNING[:-1])], {}).sessions[0].outcome == "interrupted"


def test_a_red_flag_told_in_an_interview_is_known() -> None:
    told = Note(at(0.5), "pain", "", (("state", "back"), ("red_flag", True)))
    assert past_of([interview("diary", told)], {}).interviews[0].red_flag
    assert not past_of([MORNING], {}).interviews[0].red_flag


def test_that_it_hurts_is_known_wherever_it_was_said() -> None:
    told = Note(at(0.5), "pain", "", (("state", "awake"), ("red_flag", False)))
    (said,) = past_of([interview("home", told)], {}).interviews
    assert (said.hurt, said.red_flag) == (True, False)
    assert not past_of([MORNING], {}).interviews[0].hurt


def test_notes_that_nobody_knows_yet_do_not_hinder_the_past() -> None:
    odd = (
        Note(at(0), "dream", "", (("of", "sheep"),)),  # type: ignore[arg-type]
        Note(at(0), "pain_told"),
        Note(at(0), "answer"),
        Note(at(0), "set", "", (("level", "two"), ("repetitions", "many"))),
        Note(at(0), "end"),
    )
    assert past_of_notes(*odd).sets == (SetDone(exercise="", level=0, completed=False),)


def test_a_pain_of_which_nothing_can_be_read_counts_as_the_worst_it_can_have_been() -> None:
    spoiled = (("spoiled", True),)
    sound = Note(at(1), "pain", "cat-camel", (("state", "moving"),))
    told = Note(at(2), "pain_told", "cat-camel", (("where", "hip"), ("response", "easier")))
    assert past_of_notes(replace(sound, detail=spoiled)).red_flag
    assert past_of_notes(sound, replace(told, detail=spoiled)).red_flag
    assert not past_of_notes(sound, told).red_flag
    assert not past_of_notes(replace(sound, detail=spoiled), told).red_flag  # what was told of it can be read


def test_the_past_of_no_history_is_empty(tmp_path: Path) -> None:
    assert read_past(tmp_path / "history.sqlite3") == Past()


def test_who_leads_is_told_that_a_history_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    assert remembered(path, [CURL]) == Past()
    path.write_bytes(b"no history at all" * 100)
    with pytest.raises(StoreFailed):
        remembered(path, [CURL])


def test_who_leads_is_told_the_same_as_anybody_and_each_session_is_looked_at_once(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    led = [("lower_back_circuit", SORE_MORNING), ("diary", MORNING.notes), ("lower_back_circuit", SORE_MORNING)]
    pasts = []
    for day, (name, notes) in enumerate(led):
        with closing(SqliteStore(path, routine=name, started_at=STARTED_AT + timedelta(day))) as store:
            for note in notes:
                store.keep(note)
                assert store.settle()
                assert remembered(path, [CURL]) == read_past(path, [CURL])
        pasts.append(remembered(path, [CURL]))
        assert pasts[-1] == read_past(path, [CURL])
    assert pasts[-1].sessions[0] is pasts[0].sessions[0]
    easier = replace(CURL, easier=())
    assert remembered(path, [easier]) == read_past(path, [easier])
    forget(path, [1], STARTED_AT)
    assert remembered(path, [CURL]) == read_past(path, [CURL]) != pasts[-1]


def test_the_past_is_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    with closing(SqliteStore(path, routine="diary", started_at=STARTED_AT)) as store:
        for note in MORNING.notes:
            store.keep(note)
    assert read_past(path, [CURL]).interviews == (
        Interview(day=STARTED_AT.date(), name="diary", answers={"back": 3, "sleep": None}),
    )


# --- The terminal ----------------------------------------------------------------------------------------


def test_the_log_has_a_line_for_each_session() -> None:
    page = shown([record(recorded(*SORE_MORNING)), record(recorded(curl(2, 1, 5)))], width=160)
    lines = [" ".join(line.split()) for line in page.splitlines()]
    remarks = "pain: jefferson curl, 1 change, 1 pause"
    assert f"7 2025-11-22 07:30 8:15 eased 4 of 12 13 of 15 lower back circuit; {remarks}" in lines
    assert "7 2025-11-22 07:30 2:00 interrupted 1 of 1 5 of 5 lower back circuit" in lines


def test_an_interview_is_one_short_line_in_the_log() -> None:
    (line,) = [line for line in shown([record(MORNING)], width=160).splitlines() if "diary" in line]
    assert " ".join(line.split()) == "8 2025-11-22 07:30 1:00 completed questions: diary; 2 answers"
    page = shown([record(MORNING)], detail=True)
    assert "  back: 3" in page
    assert "  sleep: not sure" in page


def test_the_detailed_log_tells_what_was_answered_about_a_pain() -> None:
    pain = Note(at(1), "pain", "cat-camel", (("state", "moving"),))
    told = Note(at(1.5), "pain_told", "cat-camel", (("where", "lower_back"), ("strength", 4)))
    page = shown([record(recorded(pain, told))], detail=True)
    assert "1:00  pain, lower back, 4 of 10, in cat camel" in page


def test_the_detailed_log_tells_each_set_and_remark_in_order() -> None:
    lines = [" ".join(line.split()) for line in shown([record(recorded(*SORE_MORNING))], detail=True).splitlines()]
    assert lines[0] == "Saturday 22 November 2025, 07:30 lower back circuit, 8:15 minutes, eased"
    assert [line for line in lines if "curl" in line or "stretch" in line] == [
        "1 jefferson curl 5 of 5",
        "pec stretch left arm 5 s",
        "pec stretch right arm 5 s",
        "2 jefferson curl 3 of 5, broken off",
        "jefferson curl 5 of 5 bent knees",
        "2:30 paused while holding, in pec stretch",
        "5:00 pain: “[unk] ow”, in jefferson curl",
        "5:30 easier, to bent knees, in jefferson curl",
    ]


def test_words_that_look_like_markup_are_shown_as_they_were_said() -> None:
    pain = Note(at(1), "pain", "[/bold]", (("words", "[red]ow[/red]"),))
    for detail in (False, True):
        assert "[/bold]" in shown([record(recorded(pain))], detail=detail)
    assert "“[red]ow[/red]”" in shown([record(recorded(pain))], detail=True)


def test_the_log_fits_a_terminal_of_80_columns_with_every_figure_in_it() -> None:
    page = shown([record(recorded(*SORE_MORNING))], width=80)
    assert max(map(len, page.splitlines())) <= 80
    for figure in ("07:30", "8:15", "eased", "4 of 12", "13 of 15"):
        assert figure in page


def test_without_sessions_the_log_says_how_to_get_one(tmp_path: Path) -> None:
    assert "`coach run`" in shown(read_sessions(tmp_path / "history.sqlite3"))


# --- Other programs --------------------------------------------------------------------------------------


def test_json_holds_all_that_the_log_knows() -> None:
    (session,) = json.loads(as_json([record(recorded(*SORE_MORNING))]))
    assert session["id"] == 7
    assert datetime.fromisoformat(session["started_at"]) == STARTED_AT
    assert (session["length"], session["outcome"]) == (at(8.25), "eased")
    assert (session["completed_sets"], session["planned_sets"], session["repetitions"]) == (4, 12, 13)
    assert len(session["sets"]) == 5
    assert session["sets"][4]["variant"] == "bent knees"
    (pain,) = session["pains"]
    assert pain["exercise"] == "jefferson_curl"
    assert (pain["at"], pain["round"], pain["words"], pain["state"]) == (at(5), 2, "[unk] ow", "REPEATING")
    assert (pain["where"], pain["strength"], pain["red_flag"]) == ("", None, False)


def test_json_of_no_sessions_is_an_empty_array() -> None:
    assert json.loads(as_json([])) == []


# --- Where it lies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({"HOME": "/home/ada"}, "/home/ada/.local/state/coach/history.sqlite3"),
        ({"HOME": "/home/ada", "XDG_STATE_HOME": "/state"}, "/state/coach/history.sqlite3"),
        ({"HOME": "/home/ada", "XDG_STATE_HOME": "state"}, "/home/ada/.local/state/coach/history.sqlite3"),
        ({"STATE_DIRECTORY": "/var/lib/coach", "XDG_STATE_HOME": "/s"}, "/var/lib/coach/history.sqlite3"),
        ({"STATE_DIRECTORY": "/var/lib/coach:/var/lib/b"}, "/var/lib/coach/history.sqlite3"),
    ],
)
def test_the_history_lies_with_the_service_or_with_the_person(environment: dict[str, str], place: str) -> None:
    assert default_store_path(environment) == Path(place)
