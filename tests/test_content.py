"""The content that ships is sound, and every kind of mistake in content is told plainly, all at once."""

import re
import shutil
from pathlib import Path

import pytest

from coach.content import (
    check,
    content_root,
    load_routine,
    load_voice,
    own_routines,
    routine_folders,
    routines,
)
from coach.content.guidance import load_guidance
from coach.errors import ContentBroken
from coach.planning.pain import PLACES
from coach.session.carriers import by_words
from coach.session.messages import Command
from coach.session.phrases import COMMANDS, KEYS, fields_of
from coach.session.routine import Routine
from tests.content.broken import change, english_in, mistakes, warnings

EXERCISE = """\
name = "bridge"
purpose = "wake the back"
source = "ours"
setup = ["Lie on your back.", "Bend your knees."]
movement = ["Lift your hips."]
feel = ["You should feel your seat working."]
breathing = "Breathe out as you lift."
cue = "Lift the hips."
stop_when = ["If you feel a pinch, tell me."]

[[phase]]
cue = "lift"
seconds = 2

[[phase]]
cue = "lower"
seconds = 3

[[easier]]
name = "small bridge"
change = ["Lift less far."]
amount = 0.6
"""

ROUTINE = """\
name = "morning"
about = "Short."
source = "ours"
rounds = 2

[[exercise]]
use = "bridge"
repetitions = 5

[[exercise]]
use = "cat-camel"
repetitions = 10
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without routines of its own; paths in findings are told from here."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shelf(home: Path) -> Path:
    """A folder with one sound routine and one sound exercise."""
    (home / "exercises").mkdir()
    (home / "exercises" / "bridge.toml").write_text(EXERCISE)
    (home / "morning.toml").write_text(ROUTINE)
    return home


@pytest.fixture
def voice(home: Path) -> Path:
    """A copy of the English voice, to be broken."""
    return english_in(home)


# --- What ships ------------------------------------------------------------------------------------------


def test_all_content_that_ships_is_sound_and_easy_to_follow():
    report = check()
    assert report.mistakes == ()
    assert report.warnings == ()
    names = {file.name for file in report.files}
    assert {"lower-back-circuit.toml", "cat-camel.toml", "jefferson-curl.toml", "english"} <= names


def test_the_circuit_is_the_article_s():
    circuit = load_routine("lower-back-circuit", voice=load_voice())
    assert circuit.rounds == 3
    assert [(part.exercise.id, part.repetitions, part.hold_s) for part in circuit.parts] == [
        ("jefferson-curl", 5, None),
        ("cat-camel", 10, None),
        ("prone-single-arm-pec-stretch", None, 5),
    ]
    assert circuit.parts[2].exercise.sides == ("left arm", "right arm")
    assert all(part.exercise.easier and part.exercise.harder for part in circuit.parts)


def test_routines_are_listed_and_own_ones_come_first(shelf: Path):
    own = own_routines()
    own.mkdir(parents=True)
    shutil.copytree(shelf / "exercises", own / "exercises")
    shutil.copy(shelf / "morning.toml", own / "morning.toml")
    (own / "lower-back-circuit.toml").write_text(ROUTINE.replace("morning", "my circuit"))
    (own / "broken.toml").write_text("rounds = 0")
    listed = {summary.id: summary for summary in routines()}
    mine = listed["lower-back-circuit"].routine
    assert mine is not None
    assert mine.name == "my circuit"
    assert listed["morning"].routine == load_routine("morning")
    assert listed["broken"].routine is None
    assert any("0 is too small" in mistake for mistake in listed["broken"].mistakes)
    assert routine_folders()[0] == own


def test_an_own_exercise_takes_the_place_of_ours_in_our_routines(home: Path):
    own = own_routines() / "exercises"
    own.mkdir(parents=True)
    ours = content_root() / "routines"
    mine = (ours / "exercises" / "cat-camel.toml").read_text().replace("cat-camel", "cat of my physiotherapist", 1)
    (own / "cat-camel.toml").write_text(mine)
    names = [part.exercise.name for part in load_routine("mobility").parts]
    assert names[:2] == ["Jefferson curl", "cat of my physiotherapist"]
    assert load_routine(ours / "mobility.toml") == load_routine("mobility")
    beside = home / "exercises"
    beside.mkdir()
    (beside / "cat-camel.toml").write_text(mine.replace("cat of", "cat beside"))
    shutil.copy(ours / "mobility.toml", home / "mobility.toml")
    assert load_routine("mobility.toml").parts[1].exercise.name == "cat beside my physiotherapist"


def test_an_own_folder_that_cannot_be_read_is_told_and_not_passed_over(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", f"/{'x' * 300}")  # for whoever runs this as root, who may read anything
    for ask in (routines, check, load_guidance, lambda: load_routine("mobility")):
        with pytest.raises(
            ContentBroken, match=r"coach/routines: this folder cannot be read \(File name too long\)"
        ):
            ask()


def test_a_routine_is_loaded_by_path_too(shelf: Path):
    assert isinstance(load_routine(shelf / "morning.toml"), Routine)
    assert load_routine("morning.toml") == load_routine(str(shelf / "morning.toml"))


def test_an_editor_s_byte_order_mark_and_line_ends_do_no_harm(shelf: Path):
    text = "\ufeff" + ROUTINE.replace("\n", "\r\n")
    (shelf / "morning.toml").write_bytes(text.encode())
    assert load_routine(shelf / "morning.toml").rounds == 2


def test_the_examples_in_the_readme_are_sound(home: Path):
    readme = (content_root() / "routines" / "README.md").read_text()
    blocks = re.findall(r"```toml\n# (\S+)\n(.*?)```", readme, flags=re.DOTALL)
    assert len(blocks) == 3
    (home / "exercises").mkdir()
    for name, text in blocks:
        (home / name).write_text(text)
    report = check([home])
    assert len(report.files) == 3
    assert report.mistakes == ()
    assert report.warnings == ()


# --- What a voice says and understands -------------------------------------------------------------------


def test_the_voice_says_every_line_of_the_contract_with_its_fields_filled_in():
    voice = load_voice()
    assert voice.says.keys() == KEYS.keys()
    for key, fields in KEYS.items():
        spoken = " ".join(voice.say(key, **dict.fromkeys(fields, "filled in")))
        assert "{" not in spoken
        assert spoken.lower().count("filled in") >= len(fields)


def test_numbers_are_spoken_as_words():
    voice = load_voice()
    assert voice.say("count", number=7) == ("Seven",)
    assert voice.number(0) == "zero"
    assert voice.number(42) == "forty-two"
    assert voice.number(100) == "one hundred"
    assert voice.number(101) == "101"


def test_pieces_go_into_lines():
    voice = load_voice()
    amount = voice.piece("each_side", amount=voice.piece("amount_hold", seconds=5))
    assert voice.say("exercise_next", name="chest stretch", amount=amount) == (
        "Now the chest stretch: a hold of five seconds on each side.",
    )


def test_a_phrase_means_a_command_only_whole_and_only_where_it_is_offered():
    voice = load_voice()
    hurts, easier = Command("it_hurts"), Command("easier")
    assert voice.command_of("my back hurts", COMMANDS) == hurts
    assert voice.command_of("too hard", [hurts, easier]) == easier
    assert voice.command_of("too hard", [hurts]) is None
    assert voice.command_of("back hurts", COMMANDS) is None
    assert voice.command_within("my lower back hurts", map(Command, PLACES)) == "lower_back"
    assert voice.command_within("my upper back hurts", map(Command, PLACES)) == "upper_back"
    assert voice.command_within("it hurts", map(Command, PLACES)) is None
    assert "too hard" in voice.phrases_of([easier])
    assert "it hurts" not in voice.phrases_of([easier])


def test_the_words_that_must_win_are_urgent():
    voice = load_voice()
    assert voice.urgent == {"stop", "it_hurts", "red_flag", "pause"}
    assert {"stop", "pain", "ouch", "pause", "wait"} <= set(voice.phrases_of(voice.urgent))


def test_the_ears_are_trained_on_every_phrase_decoy_and_carrier():
    recipe = content_root() / "voices" / "recipe" / "words"
    trained = re.sub(r"#.*", "", (recipe / "phrases.txt").read_text())
    phrases = {it.strip() for line in trained.splitlines() for it in line.partition(":")[2].split("|")}
    words = {word for phrase in phrases for word in phrase.split()}
    words |= set(re.sub(r"#.*", "", (recipe / "decoys.txt").read_text()).split())
    voice = load_voice()
    assert set(voice.phrases_of(COMMANDS)) - phrases == set()
    assert {word for said in (*voice.decoys, *by_words(voice.carriers)) for word in said.split()} - words == set()


def test_a_template_s_fields_are_told_as_written():
    assert fields_of("{number} of {total}") == {"number", "total"}
    assert fields_of("{number:03} {cue!r}") == {"number:03", "cue!r"}
    with pytest.raises(ValueError, match="expected"):
        fields_of("{number")


# --- Mistakes in exercises and routines ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'use = "bridge"',
            'use = "brigde"',
            'morning.toml:7, [[exercise]] 1, use: there is no exercise "brigde"; did you mean "bridge"?',
        ),
        (
            'use = "bridge"',
            'use = "handstand"',
            'morning.toml:7, [[exercise]] 1, use: there is no exercise "handstand"; the exercises are ',
        ),
        (
            'use = "bridge"',
            "use = 3",
            "morning.toml:7, [[exercise]] 1, use: 3 is not text; put the words in quotes",
        ),
        ('use = "bridge"\n', "", 'morning.toml:6, [[exercise]] 1: the key "use" is missing; write use ='),
        (
            "repetitions = 10",
            "repetitons = 10",
            'morning.toml:12, [[exercise]] 2, repetitons: there is no such key; did you mean "repetitions"?',
        ),
        (
            "repetitions = 10",
            'exercise = "x"\nrepetitions = 10',
            "morning.toml:12, [[exercise]] 2, exercise: there is no such key; the keys here are hold_s, ",
        ),
        (
            "repetitions = 10",
            "repetitions = 0",
            "morning.toml:12, [[exercise]] 2, repetitions: 0 is too small; the least is 1.",
        ),
        (
            "repetitions = 10",
            "repetitions = 2.5",
            "morning.toml:12, [[exercise]] 2, repetitions: 2.5 is not a whole number; write bare digits, like 3.",
        ),
        (
            "repetitions = 10",
            'repetitions = "10"',
            'morning.toml:12, [[exercise]] 2, repetitions: "10" is not a whole number; write bare digits',
        ),
        (
            "repetitions = 10",
            "repetitions = 1979-05-27",
            'morning.toml:12, [[exercise]] 2, repetitions: "1979-05-27" is not a whole number',
        ),
        (
            "repetitions = 10",
            "repetitions = 10\nhold_s = 20",
            "morning.toml:10, [[exercise]] 2: repetitions and hold_s are both given; keep one, and remove",
        ),
        (
            "repetitions = 10\n",
            "",
            "morning.toml:10, [[exercise]] 2: neither repetitions nor hold_s is given; write",
        ),
        (
            "repetitions = 10",
            "hold_s = 20",
            'morning.toml:12, [[exercise]] 2, hold_s: "cat-camel" is made of 2 phases and cannot be held; give',
        ),
        (
            'use = "cat-camel"\nrepetitions = 10',
            'use = "prone-single-arm-pec-stretch"\nhold_s = 1',
            "morning.toml:12, [[exercise]] 2, hold_s: 1 is too small; the least is 3.",
        ),
        (
            'use = "cat-camel"\nrepetitions = 10',
            'use = "prone-single-arm-pec-stretch"\nhold_s = nan',
            "morning.toml:12, [[exercise]] 2, hold_s: NaN is too large; the most is",
        ),
        ("rounds = 2", "rounds = 21", "morning.toml:4, rounds: 21 is too large; the most is 20."),
        ("rounds = 2", "rounds = true", "morning.toml:4, rounds: true is not a whole number; write bare digits"),
        ("rounds = 2", "runds = 2", 'morning.toml:4, runds: there is no such key; did you mean "rounds"?'),
        ("rounds = 2", 'id = "x"', "morning.toml:4, id: there is no such key;"),
        (
            "rounds = 2",
            'rest_s = "10"',
            'morning.toml:4, rest_s: "10" is not a number; write it bare, like 3 or 2.5.',
        ),
        (
            "rounds = 2",
            'kind = "swimming"',
            "morning.toml:4, kind: \"swimming\" is none of the choices; write 'mobility', 'strength',",
        ),
        (
            "rounds = 2",
            'sore_day = "yes"',
            'morning.toml:4, sore_day: "yes" is neither yes nor no; write true or false, without quotes.',
        ),
        (
            "repetitions = 5",
            "repetitions = 5\nlevel = -2",
            'morning.toml:9, [[exercise]] 1, level: there is no level -2: "bridge" has 1 easier and '
            "0 harder variants; write a level from -1 to 0.",
        ),
        (
            "repetitions = 5",
            "repetitions = 5\nlevel = 0.5",
            "morning.toml:9, [[exercise]] 1, level: 0.5 is not a whole number; write bare digits, like 3.",
        ),
        (
            "repetitions = 10",
            "level = 1",
            "morning.toml:10, [[exercise]] 2: neither repetitions nor hold_s is given; write",
        ),
        (
            'use = "cat-camel"\nrepetitions = 10',
            'use = "prone-single-arm-pec-stretch"\nhold_s = 2000',
            "morning.toml:12, [[exercise]] 2, hold_s: 2000 is too large; the most is 1800.",
        ),
        ("rounds = 2", "rest_s = -1", "morning.toml:4, rest_s: -1 is too small; the least is 0."),
        ("rounds = 2", "rest_s = inf", "morning.toml:4, rest_s: Infinity is too large; the most is 600."),
        ("rounds = 2", "rest_s = 1e11", "morning.toml:4, rest_s: 100000000000.0 is too large; the most is 600."),
        (
            "rounds = 2",
            "rest_between_rounds_s = 601",
            "morning.toml:4, rest_between_rounds_s: 601 is too large; the most is 600.",
        ),
        ('name = "morning"\n', "", 'morning.toml:1: the key "name" is missing; add name = ....'),
        (
            'name = "morning"',
            'name = ""',
            "morning.toml:1, name: the text is empty; write a sentence, or remove it.",
        ),
        ("rounds = 2", "rounds = = 2", "morning.toml:4: this is not TOML at column 10: invalid value; look for"),
        (
            'about = "Short."',
            'about = "Short.',
            "morning.toml:2: this is not TOML at column 16: illegal character",
        ),
    ],
)
def test_a_mistake_in_a_routine_is_told_with_place_and_remedy(shelf: Path, old: str, new: str, told: str):
    change(shelf / "morning.toml", old, new)
    found = mistakes(shelf)
    assert len(found) == 1
    assert found[0].startswith(told)
    with pytest.raises(ContentBroken) as broken:
        load_routine(shelf / "morning.toml")
    assert broken.value.mistakes == tuple(found)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("seconds = 3", "seconds = 0", "17, [[phase]] 2, seconds: 0 is too small; the least is 0.5."),
        ("seconds = 3", "seconds = [3]", "17, [[phase]] 2, seconds: [3] is not a number; write it bare"),
        (
            "amount = 0.6",
            'amount = 0.6\n\n[[during]]\nat = 1.5\nsay = "Tall."',
            "25, [[during]] 1, at: 1.5 is too large; the most is 1.",
        ),
        (
            "amount = 0.6",
            'amount = 0.6\n\n[[during]]\nat = 0.5\nsays = "Tall."',
            '26, [[during]] 1, says: there is no such key; did you mean "say"?',
        ),
        ("seconds = 3", "second = 3", '17, [[phase]] 2, second: there is no such key; did you mean "seconds"?'),
        ('change = ["Lift less far."]', "", '19, [[easier]] 1: the key "change" is missing; add change = '),
        ("change = [", "chanje = [", '21, [[easier]] 1, chanje: there is no such key; did you mean "change"?'),
        ("amount = 0.6", "amount = 9", "22, [[easier]] 1, amount: 9 is too large; the most is 3."),
        (
            'setup = ["Lie on your back.", "Bend your knees."]',
            'setup = "Lie."',
            '4, setup: "Lie." is not a list; put',
        ),
        (
            'feel = ["You should feel your seat working."]',
            "feel = []",
            "6, feel: there are 0, which is too few; give",
        ),
        ('"Bend your knees."', "7", "4, setup, item 2: 7 is not text; put the words in quotes"),
        ("feel =", "feels =", '6, feels: there is no such key; did you mean "feel"?'),
        (
            "[[easier]]",
            "[easier]",
            "19, easier: this has no heading of its own; write it under [[easier]], in double brackets.",
        ),
    ],
)
def test_a_mistake_in_an_exercise_is_told_with_place_and_remedy(shelf: Path, old: str, new: str, told: str):
    change(shelf / "exercises" / "bridge.toml", old, new)
    found = mistakes(shelf / "exercises" / "bridge.toml")
    assert any(mistake.startswith(f"exercises/bridge.toml:{told}") for mistake in found)
    # A routine that uses it tells the same, and nothing about itself.
    with pytest.raises(ContentBroken) as broken:
        load_routine(shelf / "morning.toml")
    assert broken.value.mistakes == tuple(found)


def test_all_mistakes_of_all_files_are_told_at_once_each_once(shelf: Path):
    change(shelf / "morning.toml", "rounds = 2", "rounds = 0")
    change(shelf / "morning.toml", "repetitions = 10", "hold_s = 1")
    change(shelf / "exercises" / "bridge.toml", "seconds = 3", "seconds = 300")
    change(shelf / "exercises" / "bridge.toml", "breathing", "breading")
    (shelf / "evening.toml").write_text(ROUTINE)
    (shelf / "night.toml").write_text("[[")
    found = mistakes(shelf)
    assert [mistake.split(" ")[0].rstrip(",:") for mistake in found] == [
        "exercises/bridge.toml:1",  # breathing is missing
        "exercises/bridge.toml:7",  # and was misspelt
        "exercises/bridge.toml:17",
        "morning.toml:4",
        "morning.toml:12",  # cat-camel cannot be held
        "morning.toml:12",  # nor for one second
        "night.toml:1",
    ]


def test_nothing_is_told_in_the_words_of_the_library(shelf: Path):
    (shelf / "exercises" / "bridge.toml").write_text(
        "\n".join(f"{key} = {{}}" for key in ("name", "setup", "phase"))
    )
    (shelf / "morning.toml").write_text('name = 1\nabout = []\nrounds = "x"\nexercise = 3\nrest_s = {}')
    found = "\n".join(mistakes(shelf))
    for clumsy in ("Input should", "valid", "Field required", "kwargs", "keyword", "pydantic", "tuple", "dict"):
        assert clumsy not in found


def test_files_that_cannot_be_read_are_told_why(shelf: Path):
    (shelf / "latin.toml").write_bytes(b'name = "x"\nabout = "caf\xe9"\n')
    (shelf / "loop.toml").symlink_to("loop.toml")
    assert mistakes(shelf / "latin.toml") == [
        "latin.toml:2: this is not UTF-8 text; save the file again as UTF-8 in your editor."
    ]
    assert mistakes(shelf / "mornign.toml") == [
        'mornign.toml:1: there is no such file; did you mean "morning.toml"?'
    ]
    with pytest.raises(ContentBroken, match="this is not a file; name a file in it"):
        load_routine(shelf / "exercises")
    assert len(mistakes(shelf / "loop.toml")) == 1
    assert "cannot be read" in mistakes(shelf / ("x" * 300 + ".toml"))[0]


def test_an_unknown_routine_or_voice_is_answered_with_the_nearest():
    with pytest.raises(ContentBroken, match=r'called "lower-bakc"; did you mean "lower-back-circuit"\?'):
        load_routine("lower-bakc")
    with pytest.raises(ContentBroken, match=r'no voice called "englsh"; did you mean "english"\?'):
        load_voice("englsh")


# --- Mistakes in a voice ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "says.toml",
            'go = "Begin:"\n',
            "",
            'says.toml:1: the line "go" is missing; add go = "...", in your words.',
        ),
        ("says.toml", 'go = "Begin', 'goo = "Begin', 'goo: there is no such key; did you mean "go"?'),
        (
            "says.toml",
            'count = "{number}"',
            'count = "{nubmer}"',
            'there is no field {nubmer} here; did you mean "number"?',
        ),
        ("says.toml", 'count = "{number}"', 'count = "{number:03}"', "there is no field {number:03} here"),
        ("says.toml", 'count = "{number}"', 'count = "{number"', 'the braces in "{number" do not match'),
        ("says.toml", 'count = "{number}"', 'count = "Begin on"', "the field {number} is missing; say it"),
        (
            "says.toml",
            'go = "Begin:"',
            'go = "{name}"',
            "there is no field {name} here; it has none: remove it",
        ),
        ("says.toml", 'go = "Begin:"', "go = 5", "go: 5 is not a list"),
        ("says.toml", 'go = "Begin:"', 'go = ""', "the text is empty"),
        ("says.toml", '"one repetition"', '["one", "two"]', "this is a piece of other lines, not a list"),
        (
            "says.toml",
            "Begin:",
            "Don't stop.",
            'the coach would say "stop" and take it for the command "stop"',
        ),
        (
            "understands.toml",
            '"once more"',
            '"go back"',
            '"go back" already means "back", which can be said at the same time; remove',
        ),
        ("understands.toml", '"once more"', '"again"', '"again" stands here twice; remove one'),
        ("understands.toml", '"once more"', '"Once  more!"', '"Once  more!" is more than words in lower case'),
        ("understands.toml", '"once more"', '"wait for me"', '"wait for me" begins with "wait", which is urgent'),
        ("understands.toml", '"zero"', '"help"', 'the decoy "help" means "help"'),
        (
            "understands.toml",
            'muffled.top = "stop"',
            'muffled.top = "next"',
            '"next" is no phrase of an urgent command; write one',
        ),
        (
            "understands.toml",
            'muffled.top = "stop"',
            'muffled.wait = "stop"',
            '"wait" means "pause"; remove it here',
        ),
        (
            "understands.toml",
            "tells.it_hurts = [",
            'tells.it_hurts = ["sore", ',
            'tells, it_hurts: "sore" is no decoy, so it would hardly be heard; write it among the decoys',
        ),
        (
            "understands.toml",
            "tells.it_hurts = [",
            'tells.next = ["music"]\ntells.it_hurts = [',
            'tells, next: "next" is no urgent command; remove it',
        ),
        ("says.toml", "Begin:", "This is hurting.", 'would say "hurting" and take it for the command "it_hurts"'),
        ("understands.toml", '"thanks"', '"Thanks."', '"Thanks." is more than words in lower case; write it'),
        ("understands.toml", '"thanks"', '"ouch"', '"ouch" is urgent and means "it_hurts"; remove it here'),
        (
            "understands.toml",
            '"too painful"]',
            '"too painless"]',
            '[[carriers]] 4, phrases: "too painless" is no phrase of any command; did you mean "too painful"?',
        ),
        (
            "understands.toml",
            'before = ["a bit", "a little"]',
            "",
            'these carriers are none; write before = ["please"], say, or remove them',
        ),
        (
            "understands.toml",
            'yes = ["yes"',
            'yess = ["yes"',
            'phrases, yess: there is no such key; did you mean "yes"?',
        ),
        (
            "understands.toml",
            'yes = ["yes"',
            'yess = ["yes"',
            'the command "yes" has no phrases; add yes = ["..."]',
        ),
        (
            "understands.toml",
            'urgent = ["stop"',
            'urgent = ["stopp"',
            'there is no command "stopp"; did you mean "stop"?',
        ),
        ("understands.toml", "urgent =", "urgnt =", 'the key "urgent" is missing; add urgent = '),
        ("understands.toml", "[phrases]", "[phrase]", 'phrase: there is no such key; did you mean "phrases"?'),
        ("voice.toml", "pitch = 45", "pitch = 145", "voice.toml:6, pitch: 145 is too large; the most is 99."),
        ("voice.toml", '"one hundred",', "", "numbers: there are 100, which is too few; give at least 101."),
        ("voice.toml", "pitch = 45", 'decoys = ["x"]', "voice.toml:6, decoys: there is no such key"),
        ("voice.toml", "pitch = 45", "pitch = 45\nis_deaf = true", "voice.toml:7, is_deaf: there is no such key"),
    ],
)
def test_a_mistake_in_a_voice_is_told_with_place_and_remedy(voice: Path, file: str, old: str, new: str, told: str):
    change(voice / file, old, new)
    found = mistakes(voice)
    assert any(told in mistake for mistake in found)
    assert all(mistake.startswith("english/") for mistake in found)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("understands.toml", 'stop = ["stop", ', 'stop = ["", ', "phrases, stop, item 1: the text is empty"),
        ("understands.toml", 'stop = ["stop", ', "stop = [1, ", "phrases, stop, item 1: 1 is not text"),
        (
            "understands.toml",
            "[[carriers]]",
            "[[carriers]]\nbefor = []",
            "[[carriers]] 1, befor: there is no such key",
        ),
        (
            "voice.toml",
            "begin = [{",
            "begin = [{ volume = 1,",
            "chimes, begin, item 1, volume: there is no such key",
        ),
        ("voice.toml", "begin = [", "start = [", "chimes, start: there is no such key"),
    ],
)
def test_a_mistake_within_a_table_of_a_voice_is_told_of_the_right_line(
    voice: Path, file: str, old: str, new: str, told: str
):
    change(voice / file, old, new)
    row = next(
        n for n, text in enumerate((voice / file).read_text().splitlines(), 1) if new.splitlines()[-1] in text
    )
    found = mistakes(voice)
    assert any(mistake.startswith(f"english/{file}:{row}, {told}") for mistake in found), found


def test_a_missing_file_of_a_voice_is_told_alone(voice: Path):
    (voice / "says.toml").unlink()
    assert [mistake.split(";")[0] for mistake in mistakes(voice)] == ["english/says.toml:1: there is no such file"]


# --- How it would sound ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "phrase"),
    [
        ("Stop when it is too much.", "stop"),
        ("Push through the pain.", "pain"),
        ("Tell me if it hurts, at once.", "it hurts"),
        ("Hold on to a chair.", "hold on"),
        ("If this hurts, rest.", "this hurts"),
        ("Wait there.", "wait"),
    ],
)
def test_the_coach_never_says_a_word_that_would_halt_it(shelf: Path, sentence: str, phrase: str):
    change(shelf / "exercises" / "bridge.toml", "Lift your hips.", sentence)
    found = mistakes(shelf / "exercises" / "bridge.toml")
    assert len(found) == 1
    assert found[0].startswith(
        f'exercises/bridge.toml:5, movement, item 1: the coach would say "{phrase}" and take it for the command "'
    )
    load_routine(shelf / "morning.toml")
    with pytest.raises(ContentBroken, match="say it in other words"):
        load_routine(shelf / "morning.toml", voice=load_voice())


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Lift " + "and lower " * 10 + "it.", "22 words are hard to keep in mind"),
        ("Look at your feet.", '"look at" needs eyes'),
        ("Keep a painless range.", '"painless" sounds like an urgent command'),
        ("Lift. Again.", '"Again" stands alone, and is a command'),
    ],
)
def test_what_would_be_hard_to_follow_is_a_warning(shelf: Path, sentence: str, told: str):
    change(shelf / "exercises" / "bridge.toml", "Lift your hips.", sentence)
    report = check([shelf / "exercises" / "bridge.toml"])
    assert report.mistakes == ()
    assert [told in str(finding) for finding in report.warnings] == [True]


def test_what_takes_too_long_is_a_warning(shelf: Path):
    bridge = shelf / "exercises" / "bridge.toml"
    change(
        bridge, '"Bend your knees."', ", ".join(['"Bend your knees, and put both feet flat on the floor."'] * 10)
    )
    change(bridge, 'cue = "lift"\nseconds = 2', 'cue = "lift both hips up"\nseconds = 1')
    change(shelf / "morning.toml", "rounds = 2", "rest_between_rounds_s = 600")
    told = warnings(shelf)
    assert "set-up, movement, feel and breathing take about" in told[0]
    assert told[1].startswith(
        "exercises/bridge.toml:13, [[phase]] 1, seconds: the count and the cue take about 2.0"
    )
    assert "600 seconds are a long silence" in told[2]


LULL = """\
name = "lull"
purpose = "rest"
source = "ours"
setup = ["Lie on your back."]
movement = ["Rest."]
feel = ["You should feel heavy."]
breathing = "Breathe out."
cue = "Rest."
stop_when = ["If you feel a pinch, tell me."]
go = "Rest now."

[[phase]]
cue = "rest"
seconds = 5

[[during]]
at = 0.25
say = "Let your shoulders and your jaw get heavy, and your hands too."
"""


@pytest.fixture
def lull(shelf: Path) -> Path:
    (shelf / "exercises" / "lull.toml").write_text(LULL)
    (shelf / "morning.toml").write_text(ROUTINE.replace('"cat-camel"\nrepetitions = 10', '"lull"\nhold_s = 60'))
    return shelf


def test_a_long_silence_in_a_walk_or_a_relaxation_is_a_warning(lull: Path):
    assert warnings(lull) == []
    change(lull / "morning.toml", "hold_s = 60", "hold_s = 180")
    assert warnings(lull) == [
        'morning.toml:12, [[exercise]] 2, hold_s: nothing of its own is said in "lull" for 90 seconds; '
        "give that exercise a [[during]] with at = 0.75, or hold it for less."
    ]


def test_a_line_that_talks_into_the_next_is_a_warning(lull: Path):
    change(lull / "morning.toml", "hold_s = 60", "hold_s = 12")
    told = warnings(lull)
    assert len(told) == 1
    assert told[0].startswith(
        'morning.toml:10, [[exercise]] 2: "Let your shoulders and your jaw get heavy, and your '
    )
    assert told[0].endswith('the next line comes after 3.0; shorten it in "lull", or move it there.')


def test_a_variant_that_stands_alone_must_say_itself_what_is_said_while_it_is_done(shelf: Path):
    change(shelf / "exercises" / "bridge.toml", "amount = 0.6", "stands_alone = true")
    assert mistakes(shelf / "exercises") == [
        f'exercises/bridge.toml:19, [[easier]] 1: "small bridge" stands alone, and has no {key} of its own; '
        f"add {key} = ..., in words that are right in its position."
        for key in ("cue", "stop_when", "phase_cues")
    ]


def test_so_must_one_of_a_walk_or_a_relaxation(lull: Path):
    alone = """
[[easier]]
name = "seated lull"
stands_alone = true
change = ["Sit down."]
cue = "Sit."
stop_when = ["If you feel a pinch, tell me."]
"""
    file = lull / "exercises" / "lull.toml"
    file.write_text(file.read_text() + alone)
    told = mistakes(lull / "exercises")
    assert [it.partition("has no ")[2].split()[0] for it in told] == ["go", "during"]
    file.write_text(f'{file.read_text()}go = "Sit now."\nduring = [{{ at = 0.25, say = "Sit on." }}]\n')
    assert mistakes(lull) == []


def test_a_variant_has_a_cue_for_each_phase_or_for_none(shelf: Path):
    change(shelf / "exercises" / "bridge.toml", "amount = 0.6", 'phase_cues = ["lift a little"]')
    assert mistakes(shelf) == [
        "exercises/bridge.toml:22, [[easier]] 1, phase_cues: there are 1 cues for 2 phases; "
        "give one for each [[phase]], in order."
    ]


def test_a_misspelt_key_in_what_is_said_during_a_variant_is_a_mistake(shelf: Path):
    change(shelf / "exercises" / "bridge.toml", "amount = 0.6", 'during = [{ at = 0.5, says = "Half." }]')
    told = mistakes(shelf / "exercises")
    assert 'there is no such key; did you mean "say"?' in told[1]


def test_a_variant_is_timed_and_overheard_like_its_exercise(shelf: Path):
    words = """phase_cues = ["lift the hips a very little way", "and lower"]
tempo = 0.5
breathing = "If it hurts, breathe."
"""
    change(shelf / "exercises" / "bridge.toml", "amount = 0.6\n", words)
    assert warnings(shelf) == [
        "exercises/bridge.toml:22, [[easier]] 1, phase_cues, item 1: the count and the cue take about 3.2 seconds "
        "to say; shorten the cue, or give the phase more seconds."
    ]
    assert 'bridge.toml:24, [[easier]] 1, breathing: the coach would say "it hurts"' in mistakes(shelf)[0]


def test_the_scripts_of_rehearsals_are_checked_as_what_they_are(home: Path):
    scripts = content_root() / "routines" / "scripts"
    report = check([scripts])
    assert report.mistakes == ()
    assert {file.stem for file in report.files} >= {"quiet", "it-hurts"}
    remark = '[[say]]\nwords = "paws"\nwhen = { state = "mooving" }\n'
    (home / "mine.toml").write_text(f'{remark}[[say]]\nwords = "four"\nwhen = {{ state = "pain_now" }}\n')
    assert mistakes(home / "mine.toml") == [
        'mine.toml:2: "paws" is nothing the coach understands; did you mean "pause"?',
        'mine.toml:3: there is no state "mooving"; did you mean "moving"?',
    ]


def test_a_purpose_that_is_nearly_another_s_is_a_warning(shelf: Path):
    change(shelf / "exercises" / "bridge.toml", '"wake the back"', '"strenghten the hips"')
    assert warnings(shelf) == [
        'exercises/bridge.toml:2, purpose: "strenghten the hips" stands in no other exercise; '
        'did you mean "strengthen the hips"?'
    ]


def test_a_rest_that_is_over_before_it_is_announced_is_a_warning(shelf: Path):
    change(shelf / "morning.toml", "rounds = 2", "rest_s = 4")
    assert warnings(shelf) == [
        "morning.toml:4, rest_s: 4 seconds are over before the rest is announced; "
        "give 10 or more, or 0 for no rest at all."
    ]
    change(shelf / "morning.toml", "rest_s = 4", "rest_s = 0")
    assert warnings(shelf) == []


def test_the_guidance_is_no_routine():
    assert "guidance" not in {summary.id for summary in routines()}
    with pytest.raises(ContentBroken, match='no routine called "guidance"'):
        load_routine("guidance")


def test_the_guidance_is_checked_where_it_lies_among_the_routines(shelf: Path):
    (shelf / "guidance.toml").write_text("[progresion]\n")
    told = 'guidance.toml:1, progresion: there is no such key; did you mean "progression"?'
    assert mistakes(shelf) == mistakes(shelf / "guidance.toml") == [told]


def test_a_word_that_only_resembles_a_command_in_part_is_no_mistake(shelf: Path):
    change(shelf / "exercises" / "bridge.toml", "Lift your hips.", "Lower your weight now; hold, and own it.")
    assert mistakes(shelf) == []
