"""The file of the keys: every mistake at once, each with its place and its remedy."""

from pathlib import Path

import pytest

from coach.content import load_voice
from coach.content.keys import NO_KEYS, read_keys
from coach.key_names import ALL_NAMES

from .broken import change, english_in, mistakes


@pytest.fixture
def voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the English voice, to be broken; paths in findings are told from here."""
    monkeypatch.chdir(tmp_path)
    return english_in(tmp_path)


def line_of(voice: Path, text: str) -> int:
    lines = (voice / "keys.toml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_keys_that_ship_have_no_mistakes(voice):
    assert mistakes(voice) == []
    assert mistakes(voice / "keys.toml") == []
    assert load_voice("english").keys.buttons == {"playpause"}


def test_a_voice_without_the_file_has_no_keys(voice):
    (voice / "keys.toml").unlink()
    assert mistakes(voice) == []
    assert read_keys(voice, ALL_NAMES) == (NO_KEYS, [])


@pytest.mark.parametrize(
    ("old", "new", "place", "what"),
    [
        ('s = ["stop"]', 's = ["stopp"]', "s = ", 'there is no command "stopp"; did you mean "stop"?'),
        ('esc = ["', 'escp = ["', "escp = ", 'there is no key "escp"; did you mean "esc"?'),
        ('"playpause twice"', '"playpause thrice"', "thrice", 'a key cannot be pressed "thrice"'),
        ('"playpause held"', '"play held"', '"play held"', '"play" itself stands for nothing'),
        ('u = ["unsure"]', "u = 5", "u = 5", "this is neither a text nor a list of texts"),
        ('u = ["unsure"]', "u = []", "u = []", "this is neither a text nor a list of texts"),
        ("[announced]", "[anounced]", "[anounced]", 'there is no such heading; did you mean "announced"?'),
        ("\nbutton = [", "\nbuton = [", "buton = ", 'there is no "buton"; did you mean "button"?'),
        ('stop = "S to end"', 'stopp = "S to end"', "stopp = ", 'there is no "stopp"; did you mean "stop"?'),
        ('stop = "S to end"', 'stop = ["S", "to end"]', '["S", "to', "this is a piece of other lines"),
        (
            "\nhow_to_talk =",
            "\nhow_to_tak =",
            "how_to_tak",
            'there is no "how_to_tak"; did you mean "how_to_talk"?',
        ),
        ("press: {phrases}", "press: {phrase}", "help_others", "there is no field {phrase} here; did you mean"),
        ("press: {phrases}", "press one", "help_others", "the field {phrases} is missing"),
        ("press: {phrases}", "press: {phrases", "help_others", "the braces do not match"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_remedy(voice, old, new, place, what):
    change(voice / "keys.toml", old, new)
    found = mistakes(voice)
    assert any(f"keys.toml:{line_of(voice, place)}," in it and what in it for it in found), found


def test_keys_without_one_for_pain_or_for_stop_are_a_mistake(voice):
    (voice / "keys.toml").write_text('[keys]\nspace = "pause"\n')
    found = mistakes(voice)
    assert len(found) == 2
    assert "no key says that it hurts" in found[0]
    assert 'no key stands for "stop"' in found[1]


def test_what_is_no_table_is_told(voice):
    (voice / "keys.toml").write_text("keys = 3\n")
    assert "this is not a table; write it under a heading [keys]" in mistakes(voice)[0]
