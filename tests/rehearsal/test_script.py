"""Scripts of rehearsals: what is read, and how mistakes are told."""

from pathlib import Path

import pytest

from coach.errors import ContentBroken
from coach.rehearsal.script import Remark, Script, When, read_script, unsaid_sentence
from coach.session.carriers import Carriers
from coach.session.messages import Entered

SCRIPTS = sorted((Path(__file__).parents[2] / "routines" / "scripts").glob("*.toml"))


@pytest.fixture
def script_of(tmp_path):
    def write(text: str, phrases=()) -> Script:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return read_script(path, phrases=phrases)

    return write


def mistakes_of(script_of, text: str, phrases=()) -> tuple[str, ...]:
    with pytest.raises(ContentBroken) as caught:
        script_of(text, phrases)
    return caught.value.mistakes


def test_a_script_is_its_remarks_in_the_order_of_the_file(script_of):
    script = script_of(
        """
        [[say]]
        words = "slower"
        when = { state = "moving", exercise = "cat-camel", round = 1, after_s = 6 }

        [[say]]
        words = "pause"
        tries = 1
        when = { line = "Kneel", after_s = 0.5 }
        """
    )
    assert script == Script(
        "mine",
        (
            Remark(
                words="slower",
                when=When(state="moving", exercise="cat-camel", round=1, after_s=6),
                line_number=2,
            ),
            Remark(words="pause", when=When(line="Kneel", after_s=0.5), tries=1, line_number=6),
        ),
    )


def test_a_script_without_remarks_is_a_listener_who_says_nothing(script_of):
    assert script_of("# nothing\n").remarks == ()


def test_a_remark_may_be_courteous(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[[say]]\nwords = "please pause"\nwhen = { at_s = 3 }\n', encoding="utf-8")
    carriers = [Carriers(before=("please",), phrases=("pause",))]
    (remark,) = read_script(path, phrases=["pause"], carriers=carriers).remarks
    assert remark.words == "please pause"
    with pytest.raises(
        ContentBroken, match=r'"please pause" is nothing the coach understands; the phrases are pause\.'
    ):
        read_script(path, phrases=["pause"])


def test_all_mistakes_are_told_at_once_each_with_file_line_and_remedy(script_of):
    first, second, third = mistakes_of(
        script_of,
        '[[say]]\nwords = "slower"\nwhen = { state = "moveing" }\n'
        '[[say]]\nwords = "pause"\nwhen = { }\n'
        '[[say]]\nwords = "next"\nwhen = { at_s = 3, round = 2 }\n',
    )
    assert "mine.toml:3" in first
    assert 'did you mean "moving"?' in first
    assert "mine.toml:6" in second
    assert "add `state`" in second
    assert "mine.toml:9" in third
    assert "keep one or the other" in third


def test_wrong_types_and_unknown_keys_are_told_at_once(script_of):
    mistakes = mistakes_of(
        script_of,
        '[[say]]\nwords = "slower"\nwhen = { state = "moving", after = 3 }\n'
        '[[say]]\nwhen = { line = "Kneel", after_s = -1 }\n'
        '[[say]]\nwords = "next"\nwhen = { round = 0 }\ntries = "many"\n',
    )
    told = "\n".join(mistakes)
    assert len(mistakes) == 5
    assert ':3: `after` is not known here; did you mean "after_s"?' in told
    assert ":4: this [[say]] has no `words`; add it." in told
    assert ":5: `after_s` is -1;" in told
    assert ":8: `round` is 0;" in told
    assert ":9: `tries` is 'many'; write a whole number." in told


def test_entries_that_are_no_remarks_are_told(script_of):
    (mistake,) = mistakes_of(script_of, '[[tell]]\nwords = "slower"\n')
    assert "`tell` is not known here; the keys here are say." in mistake
    (mistake,) = mistakes_of(script_of, '[[say]]\nwords = "slower"\nwhen = 3\n')
    assert ":3: `when` is 3; write a table" in mistake


def test_words_that_the_coach_does_not_understand_are_a_mistake(script_of):
    (mistake,) = mistakes_of(
        script_of, '[[say]]\nwords = "slwoer"\nwhen = { at_s = 1 }\n', phrases=["slower", "faster"]
    )
    assert ':2: "slwoer" is nothing the coach understands; did you mean "slower"?' in mistake


def test_a_file_that_is_not_toml_is_told_with_its_line(script_of):
    (mistake,) = mistakes_of(script_of, '[[say]]\nwords = "slower\n')
    assert "mine.toml:2: this is not TOML at column" in mistake


def test_a_missing_file_is_told_with_a_remedy(tmp_path, script_of):
    script_of("")
    with pytest.raises(ContentBroken, match=r'mein\.toml:1: there is no such file; did you mean "mine\.toml"\?'):
        read_script(tmp_path / "mein.toml")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("say = '\u00e4'".encode("latin-1"), "mine.toml:1: this is not UTF-8 text"),
        (b"say = " + b"[" * 5_000, "it nests too deeply"),
        (b"say = " + b"9" * 5_000, "it nests too deeply or holds too large a number"),
        (
            b"[[say]]\nwords = 'next'\nwhen = { at_s = inf }",
            ":3: `at_s` is inf; it should be less than or equal",
        ),
        (b"[[say]]\nwords = 'next'\nwhen = { at_s = nan }", ":3: `at_s` is nan;"),
        (b"[[say]]\nwords = 'next'\nwhen = { round = 1, after_s = 1e9 }", ":3: `after_s` is 1000000000.0;"),
    ],
    ids=["latin-1", "nested", "digits", "inf", "nan", "far"],
)
def test_what_no_editor_or_clock_can_make_sense_of_is_told(tmp_path, data, told):
    (tmp_path / "mine.toml").write_bytes(data)
    with pytest.raises(ContentBroken) as caught:
        read_script(tmp_path / "mine.toml")
    assert told in "".join(caught.value.mistakes)


def test_an_editor_s_byte_order_mark_does_no_harm(tmp_path):
    (tmp_path / "mine.toml").write_bytes("\ufeff[[say]]\nwords = 'next'\nwhen = { at_s = 3 }".encode())
    assert [remark.words for remark in read_script(tmp_path / "mine.toml").remarks] == ["next"]


def test_a_moment_fits_the_states_that_share_all_it_asks_for():
    when = When(state="moving", exercise="cat-camel", round=2)
    assert when.is_during(Entered("moving", "cat-camel", "", 2))
    assert not when.is_during(Entered("moving", "cat-camel", "", 1))
    assert not when.is_during(Entered("resting", "cat-camel", "", 2))


def test_a_line_is_recognised_by_some_of_its_words_in_any_case():
    assert When(line="kneel").is_in("Kneel on your mat.")
    assert not When(line="kneel").is_in("Stand up.")
    assert not When(state="moving").is_in("Kneel on your mat.")


def test_remarks_that_were_never_made_are_told_in_one_sentence():
    remarks = tuple(Remark(words=w, when=When(at_s=1), line_number=n) for w, n in [("next", 4), ("stop", 8)])
    script = Script("mine", remarks)
    assert unsaid_sentence(script, ()) == ""
    assert '"next" (script mine, line 4), nor the 1 after it, was never said' in unsaid_sentence(script, remarks)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_script_that_ships_can_be_read(path):
    assert read_script(path).name == path.stem


def test_the_scripts_that_ship_are_known():
    assert {"lower-back-circuit", "it-hurts", "quiet"} <= {path.stem for path in SCRIPTS}
