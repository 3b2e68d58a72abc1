"""Whole rehearsals, with the real voice, the real ears, the real echo canceller, in a simulated room."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from coach.content import content_root, load_routine, load_voice
from coach.errors import CoachError
from coach.rehearsal.rehearse import Rehearsal, rehearse, rehearse_dry
from coach.rehearsal.score import latencies
from coach.rehearsal.script import read_script
from coach.session.messages import Entered, Heard
from coach.voice_queue import Played

ROOT = content_root()
MODEL = ROOT / "voices" / "english" / "ears"
VOICE = load_voice("english")
CIRCUIT = load_routine("lower-back-circuit")


def script(name: str):
    return read_script(ROOT / "routines" / "scripts" / f"{name}.toml")


@pytest.fixture(scope="module")
def hurting() -> Rehearsal:
    return rehearse(CIRCUIT, VOICE, script("it-hurts"), MODEL)


@pytest.mark.slow
def test_real_ears_hear_a_real_voice_say_that_it_hurts_and_the_session_ends_on_request(hurting):
    assert hurting.end.outcome == "stopped"
    assert [heard.command for _, heard in hurting.trace.each(Heard)][-2:] == ["it_hurts", "stop"]
    assert hurting.unsaid == ""


@pytest.mark.slow
def test_after_stop_the_loudspeaker_is_silent_but_for_the_chime(hurting):
    [ended] = [at for at, entered in hurting.trace.each(Entered) if entered.state == "ended"]
    track = np.frombuffer(hurting.room.coach_track, np.int16)
    after = track[(ended + 600) * 16 :]  # the chime is half a second long
    assert not after.any()
    assert all(played.end <= ended + 5 for _, played in hurting.trace.each(Played))


@pytest.mark.slow
def test_real_ears_understand_a_real_voice_that_does_not_speak_in_bare_commands():
    said = rehearse(CIRCUIT, VOICE, script("as-people-speak"), MODEL)
    hearing = latencies(said.trace)
    assert said.end.outcome == "eased"
    assert [it.words for it in hearing.missed] == []
    assert hearing.false_accepts == ()
    assert [it.heard.command for it in hearing.reactions] == [
        *("done", "slower", "repeat", "how_long", "it_hurts", "number_3", "dull", "yes", "stop", "it_hurts")
    ]


@pytest.mark.slow
def test_it_leaves_sound_a_transcript_and_a_picture(hurting, tmp_path):
    transcript, sound, picture = hurting.write(tmp_path / "new" / "folder")
    assert "heard  it_hurts" in transcript.read_text(encoding="utf-8")
    assert soundfile.info(sound).duration == pytest.approx(hurting.trace.until / 1000, abs=1)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_dry_rehearsal_is_the_same_every_time():
    texts = [rehearse_dry(CIRCUIT, VOICE, script("lower-back-circuit")).trace.entries for _ in range(2)]
    assert texts[0] == texts[1]


def test_a_dry_rehearsal_leaves_no_sound_and_no_picture_of_an_earlier_one(tmp_path):
    for name in ("session.wav", "session.png", "mine.wav"):
        (tmp_path / name).touch()
    rehearse_dry(replace(CIRCUIT, rounds=1), VOICE, script("quiet")).write(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {"session.txt", "mine.wav"}


def test_a_dry_rehearsal_leaves_a_transcript_only(tmp_path):
    [transcript] = rehearse_dry(replace(CIRCUIT, rounds=1), VOICE, script("quiet")).write(tmp_path)
    assert "completed" in transcript.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with pytest.raises(CoachError, match="--out FOLDER"):
        rehearse_dry(replace(CIRCUIT, rounds=1), VOICE, script("quiet")).write(in_the_way / "folder")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "routines" / "scripts").glob("*.toml")), ids=lambda path: path.stem
)
def test_every_script_is_said_to_its_end(path: Path):
    rehearsal = rehearse_dry(CIRCUIT, VOICE, read_script(path))
    assert rehearsal.unsaid == ""
