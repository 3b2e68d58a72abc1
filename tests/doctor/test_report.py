"""The report: counted, printed, handed to programs, spoken."""

import io
import json

import pytest
from rich.console import Console

from coach.content import load_voice
from coach.doctor import TROUBLES, UNEXPECTED, Finding
from coach.doctor.report import Report, as_text, show_field, spoken

VOICE = load_voice()
WELL = Finding(field="machine", key="board", judgement="ok", what="This is a board.")
NOTE = Finding(
    field="files", key="disk", judgement="note", what="Little room.", remedy="Make some.", private="Mine."
)
DEAF = Finding(field="sound", key="deaf", judgement="trouble", what="It is [deaf].", remedy="Unmute it.")


def test_a_report_without_trouble_ends_with_zero_and_otherwise_with_twelve():
    assert Report((WELL, NOTE), 3).exit_code == 0
    assert Report((WELL, DEAF), 3).exit_code == 12


def test_the_summary_counts():
    assert Report((WELL,), 15.2).summary == "No trouble, 0 notes; examined in 15 s."
    assert Report((WELL, NOTE, DEAF), 15.2).summary == "1 trouble and 1 note in 15 s."


def test_a_field_is_printed_with_remedies_and_what_is_the_owners():
    printed = io.StringIO()
    show_field(Console(file=printed, width=80), "files", [NOTE])
    show_field(Console(file=printed, width=80), "sound", [DEAF])
    text = printed.getvalue()
    for words in ("Files", "note", "Little room.", "Make some.", "Mine.", "It is [deaf].", "Unmute it."):
        assert words in text


def test_the_text_leaves_out_what_is_the_owners():
    text = as_text(Report((NOTE, DEAF), 1))
    assert "Mine." not in text
    assert "Unmute it." in text


def test_json_holds_every_finding_with_its_figures():
    whole = json.loads(Report((NOTE, DEAF), 1).as_json())
    assert whole["troubles"] == 1
    assert [it["key"] for it in whole["findings"]] == ["disk", "deaf"]
    assert whole["findings"][0]["private"] == "Mine."


def test_where_all_is_well_that_is_said():
    assert spoken(Report((WELL, NOTE), 1), VOICE) == VOICE.say("doctor_well")


def test_troubles_are_said_with_their_remedies_each_once():
    lines = spoken(Report((DEAF, DEAF, WELL), 1), VOICE)
    assert lines == (*VOICE.say("doctor_troubles", number=2), *VOICE.say("doctor_deaf"))
    assert spoken(Report((DEAF,), 1), VOICE)[0] == VOICE.say("doctor_one_trouble")[0]


def test_a_trouble_without_words_of_its_own_is_said_as_unexpected():
    odd = Finding(field="files", key="odd", judgement="trouble", what="Odd.")
    assert spoken(Report((odd,), 1), VOICE)[1:] == VOICE.say("doctor_unexpected")


@pytest.mark.parametrize("key", [*(key for keys in TROUBLES.values() for key in keys), UNEXPECTED])
def test_every_trouble_has_its_words(key):
    assert VOICE.say(f"doctor_{key}")
