"""The thresholds' file: what is read, what is refused, and in which words."""

from dataclasses import fields
from typing import get_type_hints

import pytest
from annotated_types import Interval

from coach import content
from coach.content.guidance import guidance_mistakes, load_guidance, rules
from coach.errors import ContentBroken


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The person's own file of thresholds."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = tmp_path / "coach" / "routines" / "guidance.toml"
    file.parent.mkdir(parents=True)
    return file


def told(file, text):
    file.write_text(text, encoding="utf-8")
    return [str(it) for it in guidance_mistakes(file)]


def test_the_coachs_own_thresholds_have_no_mistakes_and_each_has_a_source():
    assert guidance_mistakes() == ()
    assert all(rule.source for rule in rules())


def test_a_file_of_ones_own_changes_single_lines(own):
    own.write_text('[week]\ndays_running = { value = 3, source = "my choice" }\n', encoding="utf-8")
    changed, ours = load_guidance(), next(rule for rule in rules() if rule.name == "days_running")
    assert (changed.week.days_running, changed.week.strength_a_week) == (3, 2)
    assert ours.source == "my choice"


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("readiness", "severe_pain_from = { value = 9"),
        ("readiness", "repeat_after_days = { value = 400"),
        ("readiness", "repeat_when_sore_after_days = { value = 8"),
        ("progression", "share_step = { value = 0.3"),
        ("progression", "pain_free_sessions = { value = 0"),
        ("progression", "days_before_step = { value = 1"),
        ("walking", "minutes_step = { value = 30"),
        ("week", "days_running = { value = 7"),
        ("week", "missed_after_days = { value = 4"),
        ("pain", "end_from = { value = 9"),
    ],
)
def test_a_threshold_can_be_made_stricter_and_never_laxer(own, table, line):
    (mistake,) = told(own, f'[{table}]\n{line}, source = "I know better" }}\n')
    assert "guidance.toml:2" in mistake
    assert "a threshold can be made stricter, never laxer" in mistake


WISHES = {"strength_a_week", "mobility_a_week", "break_up_to_minutes", "stress_from"}
"""What a person may want more or less of; within bounds, and on neither side less safe."""


def test_every_published_threshold_is_the_least_strict_there_is():
    published = load_guidance()
    for table in fields(published):
        rules_of_it = getattr(published, table.name)
        for name, kind in get_type_hints(type(rules_of_it), include_extras=True).items():
            bounds = [it for it in getattr(kind, "__metadata__", ()) if isinstance(it, Interval)]
            if bounds and name not in WISHES:
                assert getattr(rules_of_it, name) in (bounds[0].ge, bounds[0].le), name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[week]\ndays_running = 3\n", 'write days_running = { value = 3, source = "..." }'),
        ("[week]\ndays_running = { value = 3 }\n", "its source is missing"),
        ('[week]\ndays_running = { value = 3, source = "x", why = "y" }\n', 'there is no key "why" here'),
        ('[week]\ndays_runing = { value = 3, source = "x" }\n', 'did you mean "days_running"?'),
        ("[weeks]\n", 'did you mean "week"?'),
        ("week = 3\n", "write it under a heading of its own: [week]"),
        ('[week]\ndays_running = { value = "3", source = "x" }\n', '"3" is not a whole number'),
        ('[pain]\nleave_out_kinds = { value = ["dull"], source = "x" }\n', "lacks what must stay"),
        ('[pain]\nleave_out_kinds = { value = ["sharp", "odd"], source = "x" }\n', "is no such name"),
        ("[week\n", "this is not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_remedy(own, text, said):
    (mistake,) = told(own, text)
    assert said in mistake
    assert "guidance.toml:" in mistake


def test_all_mistakes_are_told_at_once(own):
    week = '[week]\ndays_running = { value = 9, source = "x" }\nodd = 1\n'
    pain = '[pain]\nend_from = { value = 9, source = "x" }\n'
    assert len(told(own, week + pain)) == 3


def test_mistakes_stop_the_loading(own):
    own.write_text('[week]\ndays_running = { value = 9, source = "x" }\n', encoding="utf-8")
    with pytest.raises(ContentBroken, match="days_running"):
        load_guidance()


def test_the_check_of_everything_reads_the_thresholds(own):
    own.write_text('[week]\ndays_running = { value = 9, source = "x" }\n', encoding="utf-8")
    mistakes = [str(it) for it in content.check().mistakes]
    assert len(mistakes) == 1
    assert "days_running" in mistakes[0]


def test_the_thresholds_are_no_routine(own):
    assert "guidance" not in {it.id for it in content.routines()}
