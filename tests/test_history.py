"""What a person and other programs are shown of the past."""

import io
import json
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from rich.console import Console

from coach.devices.store import Recorded, SqliteStore
from coach.history import (
    Change,
    Pain,
    Pause,
    SessionRecord,
    as_json,
    default_store_path,
    read_sessions,
    record,
    show_log,
)
from coach.session.messages import Milliseconds, Note

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


# --- The terminal ----------------------------------------------------------------------------------------


def test_the_log_has_a_line_for_each_session() -> None:
    page = shown([record(recorded(*SORE_MORNING)), record(recorded(curl(2, 1, 5)))], width=160)
    lines = [" ".join(line.split()) for line in page.splitlines()]
    remarks = "pain: jefferson curl, 1 change, 1 pause"
    assert f"2025-11-22 07:30 8:15 eased 4 of 12 13 of 15 lower back circuit; {remarks}" in lines
    assert "2025-11-22 07:30 2:00 interrupted 1 of 1 5 of 5 lower back circuit" in lines


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
    assert session["pains"] == [
        {"at": at(5), "exercise": "jefferson_curl", "round": 2, "words": "[unk] ow", "state": "REPEATING"}
    ]


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
