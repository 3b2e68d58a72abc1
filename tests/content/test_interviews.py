"""Every mistake in an interview's file is told with its place and its remedy."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from coach.content import check, content_root, load_interview, load_voice
from coach.content.interviews import LED, read_interview, sounds_alike
from coach.content.page import read
from coach.errors import ContentBroken
from coach.interview.interview import CORRECTIONS, NUMBERS
from coach.planning.readiness import QUESTIONS

from .broken import english_in, mistakes

VOICE = load_voice("english")
NAMES = ("readiness", "morning", "after", "diary", "habit")

SOUND = """
name = "a test"

[[question]]
id = "one"
answer = "yes_no"
ask = ["Is it fine with you?"]
skip = false
why = ["I would like to know."]
covers = ["two"]

[[question]]
id = "two"
answer = "yes_no"
ask = ["And this, please?"]
only_if = "one"

[[question]]
id = "three"
answer = "choice"
ask = ["Better or worse: how was it?"]
choices = { better = "better", worse = "worse" }
skip = false
unsure = false
why = ["Please choose."]

[[question]]
id = "four"
answer = "scale"
ask = ["{three}, then. How much?"]
refuse = true
"""


def found(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "interviews" / "test.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    report = check([file])
    return [str(it).removeprefix(f"{file}:") for it in (*report.mistakes, *report.warnings)]


def test_a_voice_without_the_questions_of_a_practice_is_told(tmp_path):
    english = english_in(tmp_path)
    assert mistakes(english) == []
    for file in ("readiness.toml", "habit.toml"):
        (english / "interviews" / file).unlink()
    assert [it.partition("english/")[2] for it in mistakes(english)] == [
        f"interviews/{name}.toml:1: a practice asks these questions, and there is no such file; "
        "copy it from voices/english/interviews, and translate it."
        for name in ("habit", "readiness")
    ]
    shutil.rmtree(english / "interviews")
    assert len(mistakes(english)) == len(LED)


def test_these_are_all_the_interviews_there_are():
    assert {file.stem for file in (content_root() / "voices" / "english" / "interviews").glob("*.toml")} == {*LED}


@pytest.mark.parametrize("name", NAMES)
def test_the_interviews_that_come_with_the_coach_are_sound(name):
    assert load_interview(name, VOICE).id == name


def test_readiness_asks_everything_that_a_verdict_is_made_of():
    asked = [question.id for question in load_interview("readiness", VOICE).questions]
    assert [it for it in asked if it not in ("red_nerves", "red_general")] == list(QUESTIONS)


def test_the_diary_asks_no_more_than_three_questions():
    assert len(load_interview("diary", VOICE).questions) <= 3


def test_a_sound_interview_has_no_findings(tmp_path):
    assert found(tmp_path, SOUND) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('id = "two"', 'id = "one"', 'another question is called "one"; rename one.'),
        ('only_if = "one"', 'only_if = "on"', 'no yes-or-no question "on" before it; did you mean "one"?'),
        ('only_if = "one"', 'only_if = "four"', 'no yes-or-no question "four" before it'),
        ('covers = ["two"]', 'covers = ["three"]', 'no yes-or-no question "three" after it'),
        ('why = ["I would like to know."]', "", "it has to be answered, and does not say why"),
        ('choices = { better = "better", worse = "worse" }', "", "there is nothing to choose from"),
        ('{ better = "better",', '{ beter = "better",', 'there is no such key; did you mean "better"?'),
        ('answer = "scale"', 'answer = "number"', "write 'yes_no', 'scale' or 'choice'"),
        ('answer = "scale"\n', "", 'the key "answer" is missing'),
        ("{three}, then.", "{thre}, then.", 'nothing is sure to fill in {thre}; did you mean "three"?'),
        ("{three}, then.", "{three, then.", "do not match"),
        ("refuse = true", "refuse = 1", "1 is neither yes nor no"),
        ('ask = ["And this, please?"]', "ask = []", "too few"),
        ('ask = ["And this, please?"]', 'ask = ["Any pain?"]', 'the coach would say "pain"'),
        ('name = "a test"', 'nam = "a test"', 'did you mean "name"?'),
        ("And this, please?", "Is it a yes?", 'the question ends with its own answer "yes"'),
    ],
)
def test_a_mistake_is_told_with_its_remedy(tmp_path, old, new, told):
    assert old in SOUND
    assert any(told in it for it in found(tmp_path, SOUND.replace(old, new, 1))), told


def test_a_finding_names_its_line_and_question(tmp_path):
    [told] = found(tmp_path, SOUND.replace('only_if = "one"', 'only_if = "on"'))
    assert told.startswith("16, [[question]] 2, only_if: ")


def test_a_refusal_where_no_is_an_answer_is_a_mistake(tmp_path):
    told = found(tmp_path, SOUND.replace('ask = ["And this, please?"]', 'ask = ["And this?"]\nrefuse = true'))
    assert any("a no would be an answer and a refusal" in it for it in told)


def test_choices_that_sound_alike_are_warned_of(tmp_path):
    alike = SOUND.replace('{ better = "better", worse = "worse" }', '{ hard = "hard", leg = "leg", hip = "hip" }')
    assert found(tmp_path, alike) == []
    file = tmp_path / "interviews" / "test.toml"
    interview = read_interview(file).value
    voice = load_voice("english")
    said = {**voice.understands, "leg": ("my leg there",), "hip": ("my leg here",)}
    warned = [str(it) for it in sounds_alike(read(file), interview, replace(voice, understands=said))]
    assert len(warned) == 1
    assert '"my leg there" (leg) and "my leg here" (hip) sound alike' in warned[0]


def test_an_interview_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(ContentBroken, match='did you mean "diary"'):
        load_interview("diry", VOICE)


def test_no_choice_is_a_number():
    for name in NAMES:
        for question in load_interview(name, VOICE).questions:
            assert not question.choices.keys() & (NUMBERS.keys() | CORRECTIONS.keys())
