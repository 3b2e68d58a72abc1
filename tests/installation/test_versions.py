"""Versions side by side: with a stand-in for Python that only makes files, and once with the real venv and pip."""

import sys
import zipfile
from pathlib import Path

import pytest

from coach.installation import ServiceFailed, versions
from coach.installation.steps import perform, run

FAKE_PYTHON = """\
#!/bin/sh
# Makes what `python -m venv` and `pip install` would leave behind; COACH_BROKEN says which of them fails.
[ "$2" = "$COACH_BROKEN" ] && { echo "$2 failed: no space left"; exit 1; }
case "$2" in
    venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    pip)
        for last; do :; done
        coach=${0%python}coach
        printf '#!/bin/sh\\n[ "$1" != "%s" ] && echo "coach from %s"\\n' "$COACH_BROKEN" "$last" > "$coach"
        chmod +x "$coach" ;;
esac
"""


@pytest.fixture
def python(tmp_path: Path) -> str:
    program = tmp_path / "python"
    program.write_text(FAKE_PYTHON)
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "share" / "coach"


def nobody(line: str) -> None:
    """Takes a line and forgets it."""


def counts(root: Path) -> tuple[str, str]:
    return versions.version_of(root / "current"), versions.version_of(root / "previous")


def test_the_first_version_counts_at_once(root: Path, python: str) -> None:
    program = versions.install(root, "0.1.0", python, nobody)
    assert program == root / "current" / "bin" / "coach"
    assert "lower-back-coach==0.1.0" in program.read_text()
    assert counts(root) == ("0.1.0", "")


def test_an_upgrade_keeps_the_version_before_and_clears_away_older_ones(root: Path, python: str) -> None:
    for version in ("0.1.0", "0.2.0", "0.3.0"):
        versions.install(root, version, python, nobody)
    assert counts(root) == ("0.3.0", "0.2.0")
    assert versions.installed(root) == ("0.2.0", "0.3.0")


def test_a_rollback_goes_back_and_a_second_one_forth(root: Path, python: str) -> None:
    versions.install(root, "0.1.0", python, nobody)
    versions.install(root, "0.2.0", python, nobody)
    perform(versions.rollback_steps(root), nobody)
    assert counts(root) == ("0.1.0", "0.2.0")
    perform(versions.rollback_steps(root), nobody)
    assert counts(root) == ("0.2.0", "0.1.0")


def test_without_a_version_before_there_is_no_way_back(root: Path, python: str) -> None:
    versions.install(root, "0.1.0", python, nobody)
    with pytest.raises(ServiceFailed, match="no version to go back to"):
        versions.rollback_steps(root)


@pytest.mark.parametrize("broken", ["venv", "pip", "check", "-c"])
def test_a_failure_leaves_what_was_in_use_in_use(
    root: Path, python: str, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions.install(root, "0.1.0", python, nobody)
    monkeypatch.setenv("COACH_BROKEN", broken)
    with pytest.raises(ServiceFailed):
        versions.install(root, "0.2.0", python, nobody)
    assert counts(root) == ("0.1.0", "")
    assert [path.name for path in (root / "versions").iterdir()] == ["0.1.0"]


def test_a_failure_repeats_the_last_words_of_the_program(
    root: Path, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COACH_BROKEN", "pip")
    with pytest.raises(ServiceFailed, match=r"(?s)pip failed: no space left\n.*needs the network"):
        versions.install(root, "0.2.0", python, nobody)


def test_what_a_power_cut_left_half_made_is_replaced(root: Path, python: str) -> None:
    versions.install(root, "0.1.0", python, nobody)
    (root / "versions" / "0.2.0" / "bin").mkdir(parents=True)
    (root / "versions" / "0.1.5").mkdir()
    versions.install(root, "0.2.0", python, nobody)
    assert counts(root) == ("0.2.0", "0.1.0")
    assert not (root / "versions" / "0.1.5").exists()


def test_the_version_in_use_is_never_overwritten_by_one_of_the_same_name(root: Path, python: str) -> None:
    versions.install(root, "0.1.0", python, nobody)
    versions.install(root, "0.1.0", python, nobody)
    assert counts(root) == ("0.1.0-2", "0.1.0")
    versions.install(root, "0.1.0", python, nobody)
    assert counts(root) == ("0.1.0-3", "0.1.0-2")


def test_a_link_to_a_version_that_is_gone_counts_as_none(root: Path, python: str) -> None:
    versions.install(root, "0.1.0", python, nobody)
    (root / "versions" / "0.1.0" / "installed").unlink()
    assert counts(root) == ("", "")


def test_a_dry_run_shows_every_step_and_changes_nothing(root: Path, python: str) -> None:
    told: list[str] = []
    versions.install(root, "0.1.0", python, told.append, dry=True)
    done: list[str] = []
    assert not root.exists()
    versions.install(root, "0.1.0", python, done.append)
    assert told == done


# --- What can be installed -------------------------------------------------------------------------------


def checkout(folder: Path, name: str = "lower-back-coach") -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "0.4.0"\n')
    return folder


def test_a_checkout_a_wheel_and_a_version_are_told_apart(tmp_path: Path) -> None:
    wheel = tmp_path / "lower_back_coach-0.5.0-py3-none-any.whl"
    wheel.touch()
    folder = checkout(tmp_path / "coach")
    assert versions.meant(str(folder)) == (str(folder), "0.4.0")
    assert versions.meant(str(wheel)) == (str(wheel), "0.5.0")
    assert versions.meant("0.6.0rc1") == ("lower-back-coach==0.6.0rc1", "0.6.0rc1")


@pytest.mark.parametrize("source", ["", "latest", "--help", "0.1; rm -rf", "no/such.whl", "0.1.0 --pre"])
def test_anything_else_is_refused(source: str) -> None:
    with pytest.raises(ServiceFailed):
        versions.meant(source)


def test_another_project_s_wheel_or_checkout_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "requests-2.0-py3-none-any.whl"
    wheel.touch()
    (tmp_path / "empty").mkdir()
    for source in (wheel, checkout(tmp_path / "other", "requests"), tmp_path / "empty"):
        with pytest.raises(ServiceFailed, match="coach"):
            versions.meant(str(source))


# --- The real thing --------------------------------------------------------------------------------------


def wheel_of(folder: Path, version: str, serve: str = "") -> Path:
    """Make a wheel of the coach that needs nothing and can only tell its version."""
    info = f"lower_back_coach-{version}.dist-info"
    files = {
        "tiny_coach.py": f"def main():\n    print('coach, version {version}')\n",
        "coach/live.py": "",
        "coach/serve.py": serve,
        "coach/devices/mouth.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: lower-back-coach\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\ncoach = tiny_coach:main\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    path = folder / f"lower_back_coach-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (files | {f"{info}/RECORD": record}).items():
            archive.writestr(name, text)
    return path


@pytest.mark.slow
def test_a_wheel_is_installed_by_the_real_pip_without_a_network(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    program = versions.install(root, str(wheel_of(tmp_path, "9.9.1")), sys.executable, nobody)
    assert counts(root) == ("9.9.1", "")
    assert run(str(program)).out == "coach, version 9.9.1\n"


@pytest.mark.slow
def test_a_version_that_could_not_serve_never_counts(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ServiceFailed, match=r"(?s)SyntaxError.*What was in use stays in use"):
        versions.install(root, str(wheel_of(tmp_path, "9.9.2", "<<<<<<< HEAD\n")), sys.executable, nobody)
    assert counts(root) == ("", "")


def test_what_the_service_needs_is_what_this_version_has() -> None:
    assert run(sys.executable, "-c", versions.SERVING).code == 0
