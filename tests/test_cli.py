"""The command line from the outside: each command in a process of its own, as a person or a service starts it.

Whatever goes wrong ends in a sentence with its remedy and in the exit code that the help promises. No test here
has a sound device: those who do are in ``tests/live``.
"""

import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

import coach.cli
from coach.content import content_root
from coach.devices.store import SqliteStore
from coach.errors import CoachError
from coach.session.messages import Milliseconds, Note
from tests.models.programs import Program

REPOSITORY = Path(__file__).parents[1]
WIDTH = "120"
PATIENCE_S = 120
OWN_EARS = content_root() / "voices" / "english" / "ears"


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture(scope="module")
def loaded() -> Iterator[Program]:
    """A coach that is loaded already, for commands to be forked from."""
    with Program("tests.loaded_coach", COLUMNS=WIDTH) as program:
        yield program


@pytest.fixture
def coach(tmp_path: Path, loaded: Program) -> Run:
    """Run the coach in an empty folder, with an empty home, and without any sound device."""
    home = tmp_path / "home"
    home.mkdir()
    # PortAudio ends the process where ALSA has no default device at all; this one is there, and cannot be opened.
    no_sound = home / "asound.conf"
    no_sound.write_text("pcm.default { type hw card 99 }\nctl.default { type hw card 99 }\n")
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "PULSE_SERVER": "unix:/nowhere"}
    env |= {
        "ALSA_CONFIG_PATH": str(no_sound),
        "XDG_RUNTIME_DIR": str(home),
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONDONTWRITEBYTECODE": "1",  # one that is cut short stays
        "COLUMNS": WIDTH,
    }

    def forked(*arguments: str, **more_env: str) -> Result:
        files = [home / "out", home / "err"]
        for file in files:
            file.write_bytes(b"")
        loaded.tell(
            {
                "arguments": arguments,
                "folder": str(tmp_path),
                "environment": env | more_env,
                "out": str(files[0]),
                "err": str(files[1]),
            }
        )
        return Result(loaded.hear(PATIENCE_S), *(file.read_text() for file in files))

    def started(*arguments: str, prepare: Callable[[], None]) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "coach", *arguments],
            cwd=tmp_path,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            preexec_fn=prepare,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def coach(*arguments: str | Path, prepare: Callable[[], None] | None = None, **more_env: str) -> Result:
        words = [str(it) for it in arguments]
        result = started(*words, prepare=prepare) if prepare else forked(*words, **more_env)
        said = result.out + result.err
        assert "Traceback" not in said
        assert not re.search(r"VoskAPI|ALSA|PortAudio|Kaldi|jack|espeak", said), said  # no library prints
        return result

    return coach


def silent_ears(tmp_path: Path) -> Path:
    return shutil.copytree(OWN_EARS, tmp_path / "ears")


# --- Help ------------------------------------------------------------------------------------------------

COMMANDS = ("run", "rehearse", "routines", "check", "devices", "log", "bench")


def every(kind: type[CoachError]) -> Iterator[type[CoachError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from every(narrower)


def test_help_names_every_command_and_every_exit_code(coach):
    told = coach("--help")
    assert told.code == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", told.out, re.MULTILINE)
    for code in {0, 1, 2, *(error.exit_code for error in every(CoachError))}:
        assert re.search(rf"\b{code}  \w", told.out), code


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(coach, command):
    told = coach(command, "--help")
    assert told.code == 0
    assert told.out.startswith(f"Usage: coach {command}")
    assert len(told.out.splitlines()) > 5


def test_an_unknown_command_is_a_wrong_command(coach):
    told = coach("rehearze")
    assert told.code == 2
    assert "rehearze" in told.err


# --- Where files lie -------------------------------------------------------------------------------------


def test_the_root_of_all_folders_is_no_history(coach):
    told = coach("log", "--store", "/")
    assert told.code == 2
    assert "/ is no file." in told.err


# --- Content ---------------------------------------------------------------------------------------------

BROKEN_ROUTINE = """\
name = 5
abuot = "mobility"
rounds = "three"

[[exercise]]
use = "cat-cammel"
repetitions = 0
"""

MISTAKES = (
    'broken.toml:2, abuot: there is no such key; did you mean "about"?',
    'broken.toml:3, rounds: "three" is not a whole number',
    'broken.toml:6, [[exercise]] 1, use: there is no exercise "cat-cammel"; did you mean "cat-camel"?',
    "broken.toml:7, [[exercise]] 1, repetitions: 0 is too small",
)


@pytest.mark.parametrize("command", ["run", "rehearse"])
def test_an_unknown_routine_is_answered_with_the_nearest_one(coach, command):
    told = coach(command, "lower-back-circut")
    assert told.code == 3
    assert 'There is no routine called "lower-back-circut"; did you mean "lower-back-circuit"?' in told.err


@pytest.mark.parametrize("command", ["run", "rehearse"])
def test_all_mistakes_of_a_routine_are_told_at_once(coach, tmp_path, command):
    (tmp_path / "broken.toml").write_text(BROKEN_ROUTINE)
    told = coach(command, "broken.toml")
    assert told.code == 3
    for mistake in MISTAKES:
        assert mistake in told.err


def test_check_tells_all_mistakes_of_all_files(coach, tmp_path):
    (tmp_path / "broken.toml").write_text(BROKEN_ROUTINE)
    (tmp_path / "torn.toml").write_text('name = "torn\n')
    told = coach("check", "broken.toml", "torn.toml", "absent.toml")
    assert told.code == 3
    for mistake in (*MISTAKES, "torn.toml:1: this is not TOML", "absent.toml:1: there is no such file"):
        assert mistake in told.out
    assert "3 files checked" in told.out


def test_check_finds_the_coachs_own_content_and_model_in_order(coach):
    told = coach("check")
    assert told.code == 0
    assert ": 0 mistakes," in told.out
    assert "model" in told.out


def test_file_names_are_shown_as_they_are(coach):
    names = ["[/bold].toml", "[red]me.toml", "%s.toml", "{x}.toml", "ümläut.toml"]
    told = coach("check", *names)
    assert told.code == 3
    for name in names:
        assert f"{Path(name).name}:1: there is no such file" in told.out


def test_an_unknown_voice_is_answered_with_those_there_are(coach):
    told = coach("run", "--voice", "klingon")
    assert told.code == 3
    assert 'There is no voice called "klingon"; the voices are english' in told.err


def test_routines_lists_the_circuit_and_shows_what_is_broken(coach, tmp_path):
    own = tmp_path / "home" / ".config" / "coach" / "routines"
    own.mkdir(parents=True)
    (own / "broken.toml").write_text(BROKEN_ROUTINE)
    told = coach("routines")
    assert told.code == 0
    assert "lower-back-circuit" in told.out
    assert "has mistakes" in told.out
    assert 'did you mean "cat-camel"?' in told.err


# --- The ears' model -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "rehearse", "check"])
def test_a_missing_model_is_named_with_the_remedy(coach, command):
    told = coach(command, "--ears", "nowhere")
    assert told.code == 4
    assert "There is no speech model in nowhere." in told.err
    assert "--ears" in told.err


def test_an_unreadable_model_path_is_a_sentence(coach):
    told = coach("run", "--ears", "a" * 300)
    assert told.code == 4
    assert "cannot be read: File name too long." in told.err


@pytest.mark.parametrize("file", ["am/final.mdl", "conf/model.conf", "graph/HCLr.fst"])
def test_a_model_that_would_kill_the_recogniser_is_a_sentence(coach, tmp_path, file):
    damaged = silent_ears(tmp_path) / file
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])
    told = coach("run", "--ears", "ears")
    assert told.code == 4
    assert "The model in ears is damaged: Vosk cannot use it." in told.err


def test_an_incomplete_model_is_a_sentence_naming_the_file(coach, tmp_path):
    (silent_ears(tmp_path) / "conf" / "mfcc.conf").unlink()
    told = coach("run", "--ears", "ears")
    assert told.code == 4
    assert "conf/mfcc.conf is missing" in told.err


# --- The room --------------------------------------------------------------------------------------------


def test_without_a_sound_device_run_names_the_remedies(coach):
    told = coach("run")
    assert told.code == 5
    assert "Connect a microphone" in told.err
    assert "coach rehearse" in told.err
    assert coach("log", "--json").out == "[]\n"  # a session that never began leaves no trace


def test_without_a_sound_device_run_may_rehearse(coach, tmp_path):
    (tmp_path / "broken.toml").write_text(BROKEN_ROUTINE)
    told = coach("run", "broken.toml", "--or-rehearse")
    assert "rehearsing instead" in told.out
    assert told.code == 3  # it is the rehearsal that reads the routine now


def test_devices_without_any_is_an_error_with_its_remedy(coach):
    told = coach("devices")
    assert told.code == 5
    assert "There is no sound device." in told.err


def test_devices_lists_the_synthesisers_voices(coach):
    told = coach("devices", "--voices")
    assert told.code == 0
    assert "en-gb" in told.out


# --- The rehearsal ---------------------------------------------------------------------------------------


def test_a_dry_rehearsal_writes_the_transcript(coach, tmp_path):
    told = coach("rehearse", "--dry", "--out", "here")
    assert told.code == 0
    assert "The session is over: completed" in told.out
    assert "here/session.txt" in told.out
    assert "Welcome" in (tmp_path / "here" / "session.txt").read_text()


def test_a_rehearsal_that_cannot_be_written_names_the_folder_and_the_remedy(coach, tmp_path):
    (tmp_path / "file").touch()
    told = coach("rehearse", "--dry", "--out", "file/folder")
    assert told.code == 1
    assert "cannot be written to file/folder: Not a directory." in told.err
    assert "--out" in told.err


def test_a_rehearsal_on_a_full_disk_is_a_sentence(coach):
    full = resource.RLIMIT_FSIZE
    told = coach("rehearse", "--dry", "--out", "here", prepare=lambda: resource.setrlimit(full, (1_000, 1_000)))
    assert told.code == 1
    assert "cannot be written to here: File too large." in told.err


SHORT_ROUTINE = """
name = "one curl"
about = "As short as a session can be."
source = "the tests"
rounds = 1

[[exercise]]
use = "jefferson-curl"
repetitions = 1
"""


@pytest.mark.slow
def test_the_sound_of_a_rehearsal_on_a_full_disk_is_a_sentence(coach, tmp_path):
    (tmp_path / "short.toml").write_text(SHORT_ROUTINE)
    (tmp_path / "stop.toml").write_text('[[say]]\nwords = "stop"\nwhen = { at_s = 4 }\ntries = 9\n')
    limit = 30_000  # the transcript fits, the sound does not
    told = coach(
        "rehearse", "short.toml", "--script", "stop.toml", "--out", "here",
        prepare=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert told.code == 1
    assert "session.wav" in told.err
    assert "room left" in told.err
    assert (tmp_path / "here" / "session.txt").exists()


def test_all_mistakes_of_a_script_are_told_at_once(coach, tmp_path):
    (tmp_path / "script.toml").write_text('[[say]]\nwords = "paws"\nwhen = { state = "mooving" }\n')
    told = coach("rehearse", "--dry", "--script", "script.toml")
    assert told.code == 3
    assert 'script.toml:2: "paws" is nothing the coach understands;' in told.err
    assert 'script.toml:3: there is no state "mooving"; did you mean "moving"?' in told.err


def test_an_unknown_script_is_answered_with_the_nearest_one(coach):
    told = coach("rehearse", "--dry", "--script", "it-hurt")
    assert told.code == 3
    assert 'There is no script called "it-hurt"; did you mean "it-hurts"?' in told.err


def test_a_script_file_that_is_not_there_is_a_sentence(coach):
    told = coach("rehearse", "--dry", "--script", "absent.toml")
    assert told.code == 3
    assert "absent.toml:1: there is no such file" in told.err


def test_a_script_of_the_coach_is_found_by_its_name(coach):
    assert coach("rehearse", "--dry", "--script", "it-hurts", "--out", "here").code == 0


# --- The history -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("store", "sentence"),
    [
        ("notes.txt", "notes.txt is not a history of the coach."),
        ("other.sqlite3", "other.sqlite3 is not a history of the coach."),
        ("notes.txt/history.sqlite3", "cannot be written"),
    ],
)
def test_a_history_that_cannot_be_kept_is_named_before_the_session_begins(coach, tmp_path, store, sentence):
    (tmp_path / "notes.txt").write_text("These are my own notes, and no database at all.\n" * 20)
    with closing(sqlite3.connect(tmp_path / "other.sqlite3")) as other:
        other.execute("CREATE TABLE recipe (name TEXT)")
        other.commit()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    told = coach("run", "--store", store)
    assert told.code == 7
    assert sentence in told.err
    assert "--store" in told.err
    assert all((tmp_path / name).read_bytes() == content for name, content in before.items())


@pytest.mark.parametrize("store", ["notes.txt", "."])
def test_a_history_that_cannot_be_read_is_a_sentence(coach, tmp_path, store):
    (tmp_path / "notes.txt").write_text("These are my own notes, and no database at all.\n" * 20)
    told = coach("log", "--store", store)
    assert told.code == 7
    assert "cannot be read" in told.err
    assert "--store" in told.err


def test_an_empty_log_says_how_to_begin(coach):
    told = coach("log")
    assert told.code == 0
    assert "No sessions yet. `coach run` leads one" in told.out
    assert coach("log", "--json").out == "[]\n"


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "history.sqlite3"
    began = datetime(2025, 11, 22, 7, 30, tzinfo=UTC)
    with closing(SqliteStore(path, routine="lower-back-circuit", started_at=began)) as store:
        store.keep(Note(Milliseconds(0), "session", detail=(("sets", 12),)))
        store.keep(
            Note(
                Milliseconds(60_000),
                "set",
                "cat-camel",
                (("round", 1), ("repetitions", 10), ("planned", 10), ("seconds", 50), ("completed", True)),
            )
        )
        store.keep(Note(Milliseconds(70_000), "pain", "cat-camel", (("round", 1), ("words", "ouch"))))
        store.keep(Note(Milliseconds(80_000), "end", detail=(("outcome", "eased"),)))
    return path


def test_the_log_shows_sessions_and_where_it_hurt(coach, history):
    told = coach("log", "--store", history)
    assert told.code == 0
    assert "2025-11-22 07:30" in told.out
    assert "eased" in told.out
    assert "pain: cat camel" in told.out
    assert "ouch" in coach("log", "--store", history, "--sets").out


def test_the_log_is_there_for_other_programs_too(coach, history):
    (session,) = json.loads(coach("log", "--json", COACH_STORE=str(history)).out)
    assert session["outcome"] == "eased"
    assert session["repetitions"] == 10
    assert session["pains"][0]["words"] == "ouch"


@pytest.mark.parametrize("number", ["-3", "99999999999999999999"])
def test_a_senseless_number_of_sessions_is_a_wrong_command(coach, number):
    told = coach("log", "-n", number)
    assert told.code == 2
    assert "--number" in told.err


# --- Where the output goes -------------------------------------------------------------------------------


def test_a_full_disk_behind_the_output_is_a_sentence(coach):
    with Path("/dev/full").open("w") as full:
        told = coach("routines", prepare=lambda: os.dup2(full.fileno(), 1) and None)
    assert told.code == 1
    assert told.err == (
        "coach: Not everything could be written: the disk is full. Make room on it, then try again.\n"
    )


@pytest.mark.parametrize("command", [("devices", "--voices"), ("log", "--json")])
def test_a_reader_that_has_gone_is_nothing_to_complain_about(coach, command):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        told = coach(*command, prepare=lambda: os.dup2(writer, 1) and None)
    finally:
        os.close(writer)
    assert told.code == 1
    assert told.err == ""
