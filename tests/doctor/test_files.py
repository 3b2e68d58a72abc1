"""Content, settings, history, disk and installation: measured on real files, judged from plain values."""

import base64
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from coach.doctor import Finding
from coach.doctor.files import (
    Disk,
    Installed,
    compare,
    disk_of,
    installed_files,
    judge_choice,
    judge_content,
    judge_disk,
    judge_installed,
    judge_reminders,
    judge_settings,
    judge_store,
    unreadable,
)
from coach.errors import StoreFailed
from tests.full_disk import full_disk

SETTINGS = ("COACH_EARS", "COACH_STORE")


def gist(finding: Finding) -> tuple[str, str]:
    return finding.key, finding.judgement


# --- Content and settings --------------------------------------------------------------------------------


def test_content_is_judged_by_its_mistakes_and_warnings():
    assert gist(judge_content(46, (), ())) == ("content", "ok")
    assert gist(judge_content(46, (), ("oddly spelt",))) == ("content", "note")
    broken = judge_content(46, ("my-own.toml:3: my own words",), ())
    assert gist(broken) == ("content", "trouble")
    assert "coach check" in broken.remedy


def test_what_somebody_wrote_is_told_to_the_owner_alone():
    broken = judge_content(46, ("my-own.toml:3: my own words",), ())
    assert "my own words" in broken.private
    assert "my own" not in broken.what + broken.remedy
    wrong = judge_settings((), SETTINGS, ("COACH_REMIND: 'after Anna' is no time.",))[0]
    assert gist(wrong) == ("settings", "trouble")
    assert "Anna" in wrong.private
    assert "Anna" not in wrong.what + wrong.remedy


def test_a_setting_that_means_nothing_is_told_with_what_may_be_meant():
    (found,) = judge_settings(("COACH_STOER", "COACH_EARS"), SETTINGS, ())
    assert gist(found) == ("settings", "note")
    assert found.remedy == "Did you mean COACH_STORE?"


def test_settings_that_are_known_are_named_without_their_values():
    assert judge_settings(("COACH_EARS",), SETTINGS, ())[0].what == "Set in the environment: COACH_EARS."
    assert judge_settings((), SETTINGS, ())[0].what == "Nothing is set in the environment."


def test_a_chosen_model_that_is_gone_is_noted():
    assert judge_choice("", ["bundled"]) is None
    assert judge_choice("bundled", ["bundled"]) is None
    gone = judge_choice("vosk-model-small", ["bundled"])
    assert gone is not None
    assert gist(gone) == ("chosen_model", "note")
    assert "coach ears" in gone.remedy


def test_reminders_that_cannot_be_read_are_noted():
    assert judge_reminders(()).judgement == "ok"
    assert judge_reminders(("The reminders are damaged.",)).judgement == "note"


# --- The history -----------------------------------------------------------------------------------------


def test_the_history_is_judged_by_its_damages():
    assert [gist(it) for it in judge_store(there=False, damages=0, set_aside=0)] == [("store", "ok")]
    assert [gist(it) for it in judge_store(there=True, damages=0, set_aside=0)] == [("store", "ok")]
    (damaged,) = judge_store(there=True, damages=2, set_aside=0)
    assert gist(damaged) == ("store", "trouble")
    assert "2 places" in damaged.what
    assert "Copy the file first" in damaged.remedy
    assert [gist(it) for it in judge_store(there=True, damages=0, set_aside=3)][1] == ("set_aside", "note")


def test_a_history_of_a_newer_coach_is_trouble_with_its_own_remedy():
    found = unreadable(StoreFailed("The history was written by a newer coach.", "Upgrade this one."))
    assert gist(found) == ("store", "trouble")
    assert found.remedy == "Upgrade this one."


# --- The disk --------------------------------------------------------------------------------------------


def test_a_folder_is_tried_by_writing_and_left_as_it_was(tmp_path):
    disk = disk_of(tmp_path)
    assert disk.sync_ms is not None
    assert disk.free_mb > 0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_yet_is_not_made(tmp_path):
    disk = disk_of(tmp_path / "state" / "coach")
    assert (disk.sync_ms, disk.refused) == (None, "")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_found_by_writing(tmp_path):
    with full_disk():
        disk = disk_of(tmp_path)
    assert disk.full
    assert gist(judge_disk(disk)) == ("disk_full", "trouble")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["", "deeper", "deeper/still"])
def test_a_folder_that_is_a_file_is_told(tmp_path, below):
    (tmp_path / "coach").write_text("")
    disk = disk_of(tmp_path / "coach" / below)
    assert disk.refused == f"{tmp_path / 'coach'} is a file, not a folder"
    assert gist(judge_disk(disk)) == ("read_only", "trouble")


def test_a_worn_out_card_is_read_only_first_and_full_second():
    assert gist(judge_disk(Disk(0, 32_000, read_only=True))) == ("read_only", "trouble")


ROOMY = Disk(20_000, 32_000, sync_ms=12.0)


@pytest.mark.parametrize(
    ("disk", "key", "judgement", "says", "remedy"),
    [
        (ROOMY, "disk", "ok", "20.0 GB of 32.0 GB free, written for good in 12 ms", ""),
        (replace(ROOMY, free_mb=300), "disk", "note", "little room: 300 MB", "Make room"),
        (replace(ROOMY, free_mb=10), "disk_full", "trouble", "full: 10 MB", "Make room"),
        (replace(ROOMY, sync_ms=None, full=True), "disk_full", "trouble", "full", "Make room"),
        (replace(ROOMY, read_only=True), "read_only", "trouble", "mounted read-only", "worn out"),
        (replace(ROOMY, refused="Permission denied"), "read_only", "trouble", "Permission denied", "chown"),
        (replace(ROOMY, sync_ms=5_000.0), "disk", "note", "slow", "keep a copy"),
    ],
)  # fmt: skip
def test_each_state_of_the_disk_is_told_with_its_remedy(disk, key, judgement, says, remedy):
    found = judge_disk(disk)
    assert gist(found) == (key, judgement)
    assert says in found.what
    assert remedy in found.remedy


# --- What was installed ----------------------------------------------------------------------------------


@pytest.fixture
def installation(tmp_path: Path) -> dict[str, tuple[Path, str]]:
    files = {}
    for name in ("voices/english/ears/am/final.mdl", "routines/break.toml", "coach/cli.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        digest = base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode().rstrip("=")
        files[name] = (path, digest)
    return files


def test_an_installation_as_it_was_is_sound(installation):
    assert compare(installation) == Installed(3, ())
    assert gist(judge_installed(compare(installation))) == ("installed", "ok")


def test_a_model_that_lost_a_byte_is_trouble(installation):
    installation["voices/english/ears/am/final.mdl"][0].write_text("x")
    found = judge_installed(compare(installation))
    assert gist(found) == ("changed", "trouble")
    assert "final.mdl" in found.what
    assert "Install the coach again" in found.remedy


def test_a_file_that_is_gone_is_trouble(installation):
    installation["coach/cli.py"][0].unlink()
    assert gist(judge_installed(compare(installation))) == ("changed", "trouble")


def test_a_routine_that_somebody_edited_is_noted(installation):
    installation["routines/break.toml"][0].write_text("mine")
    assert gist(judge_installed(compare(installation))) == ("changed", "note")


def test_a_checkout_is_told_as_not_compared():
    assert "checkout" in judge_installed(Installed(0, ())).what


def test_this_very_installation_is_either_a_checkout_or_sound():
    found = judge_installed(compare(installed_files()))
    assert found.judgement in {"ok", "note"}, found.what
