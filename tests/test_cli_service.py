"""``coach service`` with stand-ins for systemctl and loginctl: programs that note what they are told."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner, Result

from coach.cli_service import service
from coach.devices.crashes import CrashLog
from coach.installation import ServiceFailed, units
from coach.installation.versions import SYSTEM_ROOT

REPOSITORY = Path(__file__).parents[1]

PROGRAM = """\
#!/bin/sh
echo "${0##*/} $*" >> "$COACH_TEST/calls"
case "$*" in
    *is-system-running*) cat "$COACH_TEST/state" ;;
    *" show "*|show-user*) cat "$COACH_TEST/${0##*/}-shows" ;;
    *"$(cat "$COACH_TEST/refuses")"*) echo "Access denied" >&2; exit 1 ;;
esac
"""

SHOWN = """\
LoadState=loaded
UnitFileState=enabled
ActiveState=active
SubState=running
ActiveEnterTimestamp=Sun 2026-11-22 18:24:54 UTC
NRestarts=2
Result=success
StatusText=listening
"""


class Machine:
    """A machine with a home, and a systemd that only takes notes."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.programs = folder / "bin"
        self.notes = folder / "notes"
        for made in (self.home, self.programs, self.notes):
            made.mkdir()
        for name in ("systemctl", "loginctl"):
            program = self.programs / name
            program.write_text(PROGRAM)
            program.chmod(0o755)
        self.tell("state", "running")
        self.tell("refuses", "nothing at all")
        self.tell("systemctl-shows", SHOWN)
        self.tell("loginctl-shows", "yes")
        self.unit = self.home / ".config" / "systemd" / "user" / "coach.service"
        self.state = self.home / ".local" / "state" / "coach"
        self.root = self.home / ".local" / "share" / "coach"

    def tell(self, name: str, text: str) -> None:
        (self.notes / name).write_text(f"{text}\n")

    @property
    def calls(self) -> list[str]:
        """What was asked for, without mere questions."""
        try:
            lines = (self.notes / "calls").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [line for line in lines if not any(word in line for word in ("is-system-running", " show"))]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "SUDO_USER", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(made.home))
    monkeypatch.setenv("LOGNAME", "pi")
    monkeypatch.setenv("COACH_TEST", str(made.notes))
    monkeypatch.setenv("PATH", f"{made.programs}:{os.environ['PATH']}")
    return made


Coach = Callable[..., Result]


@pytest.fixture
def coach(machine: Machine) -> Coach:
    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(service, arguments)

    return invoke


def test_installing_writes_the_unit_and_starts_it_with_the_machine(machine: Machine, coach: Coach) -> None:
    done = coach("install")
    assert done.exit_code == 0, done.output
    assert machine.calls == [
        "systemctl --user daemon-reload",
        "loginctl --no-ask-password enable-linger pi",
        "systemctl --user enable coach.service",
        "systemctl --user --no-block restart coach.service",
    ]
    text = machine.unit.read_text()
    assert f'ExecStart="{sys.prefix}/bin/coach" serve' in text
    assert not units.edited(text)
    assert machine.state.stat().st_mode & 0o777 == 0o700


def test_each_step_is_told(coach: Coach, machine: Machine) -> None:
    told = coach("install").output
    for call in machine.calls:
        assert call in told
    assert str(machine.unit) in told


def test_a_dry_run_tells_the_same_and_does_nothing(machine: Machine, coach: Coach) -> None:
    dry = coach("install", "--dry-run").output.splitlines()
    assert not machine.unit.exists()
    assert machine.calls == []
    assert dry[-1] == "Nothing was changed."
    assert coach("install").output.splitlines()[:-1] == dry[:-1]


def test_a_dry_run_for_the_system_needs_neither_root_nor_systemd(machine: Machine, coach: Coach) -> None:
    machine.tell("state", "offline")
    done = coach("uninstall", "--system", "--forget-history", "--dry-run")
    assert done.exit_code == 0
    assert "Delete /var/lib/coach/history.sqlite3" in done.output
    assert machine.calls == []


def test_an_edited_unit_is_kept_and_said_so(machine: Machine, coach: Coach) -> None:
    coach("install")
    machine.unit.write_text(machine.unit.read_text().replace("WatchdogSec=30s", "WatchdogSec=90s"))
    assert "edited by hand" in coach("status").output
    told = coach("install").output
    copy = machine.unit.with_name("coach.service.edited-1")
    assert "WatchdogSec=90s" in copy.read_text()
    assert copy.name in told
    assert not units.edited(machine.unit.read_text())


def test_lingering_that_is_refused_is_told_with_its_remedy_and_stops_nothing(
    machine: Machine, coach: Coach
) -> None:
    machine.tell("refuses", "enable-linger")
    done = coach("install")
    assert done.exit_code == 0
    assert "Access denied" in done.output
    assert "sudo loginctl enable-linger pi" in done.output
    assert machine.calls[-1] == "systemctl --user --no-block restart coach.service"


def failure(done: Result) -> ServiceFailed:
    assert isinstance(done.exception, ServiceFailed), done.output
    return done.exception


def test_a_systemd_that_refuses_ends_it_with_its_own_words(machine: Machine, coach: Coach) -> None:
    machine.tell("refuses", "enable coach.service")
    assert "Access denied" in str(failure(coach("install")))
    assert machine.calls[-1] == "systemctl --user enable coach.service"


@pytest.mark.parametrize("state", ["offline", ""])
def test_without_a_systemd_nothing_is_installed(machine: Machine, coach: Coach, state: str) -> None:
    machine.tell("state", state)
    assert "cannot be reached" in str(failure(coach("install")))
    assert not machine.unit.exists()


def test_uninstalling_leaves_the_history(machine: Machine, coach: Coach) -> None:
    coach("install")
    history = machine.state / "history.sqlite3"
    history.write_text("what was done")
    done = coach("uninstall")
    assert done.exit_code == 0
    assert not machine.unit.exists()
    assert history.exists()
    assert str(machine.state) in done.output
    assert machine.calls[-2:] == ["systemctl --user disable --now coach.service", "systemctl --user daemon-reload"]


def test_the_history_is_forgotten_if_asked_for(machine: Machine, coach: Coach) -> None:
    coach("install")
    for name in ("history.sqlite3", "history.sqlite3-wal", "crashes.json"):
        (machine.state / name).touch()
    coach("uninstall", "--forget-history")
    assert list(machine.state.iterdir()) == []


def test_uninstalling_what_is_not_installed_says_so_and_tells_systemd_nothing(
    machine: Machine, coach: Coach
) -> None:
    done = coach("uninstall")
    assert done.exit_code == 0
    assert "is not installed" in done.output
    assert machine.calls == []


def test_a_systemd_that_cannot_stop_it_does_not_keep_the_unit(machine: Machine, coach: Coach) -> None:
    coach("install")
    machine.tell("refuses", "disable")
    done = coach("uninstall")
    assert "Not done: systemctl --user disable --now coach.service failed (1)" in done.output
    assert not machine.unit.exists()


# --- Status ----------------------------------------------------------------------------------------------


def test_status_tells_in_words_how_the_service_fares(machine: Machine, coach: Coach) -> None:
    coach("install")
    CrashLog(machine.state / "crashes.json").failed("The model is damaged.")
    told = coach("status").output
    for sentence in (
        "The service of this user: installed.",
        "It starts with the machine.",
        "It is running since Sun 2026-11-22 18:24:54 UTC.",
        "It says: listening.",
        "systemd has restarted it 2 times",
        "Its last crash: The model is damaged. Crashes in a row: 1.",
        f"Its unit file: {machine.unit}.",
        "The service of the system: not installed.",
    ):
        assert sentence in told


def test_status_tells_that_it_runs_only_while_somebody_is_logged_in(machine: Machine, coach: Coach) -> None:
    coach("install")
    machine.tell("loginctl-shows", "no")
    assert "sudo loginctl enable-linger pi" in coach("status").output


def test_status_without_a_systemd_says_so(machine: Machine, coach: Coach) -> None:
    coach("install")
    machine.tell("state", "offline")
    done = coach("status")
    assert done.exit_code == 0
    assert "cannot be reached" in done.output
    assert "It has never crashed." in done.output


def test_status_asked_by_somebody_who_may_not_see_the_crashes_says_who_may(
    machine: Machine, coach: Coach, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TemporaryDirectory() as folder:  # pytest's own may be entered by its owner only
        Path(folder).chmod(0o755)
        monkeypatch.setenv("XDG_CONFIG_HOME", folder)
        coach("install")
        machine.state.chmod(0)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)  # root may do everything everywhere; nobody may not
        done = coach("status")
        os.seteuid(user)
    assert done.exit_code == 0, done.exception
    assert "Whether it has crashed may be seen by root only." in done.output


def test_status_on_a_machine_without_systemctl_says_so(
    machine: Machine, coach: Coach, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach("install")
    monkeypatch.setenv("PATH", "/nowhere")
    assert "There is no systemd on this machine." in coach("status").output


# --- Versions --------------------------------------------------------------------------------------------


def put_up(machine: Machine, version: str, link: str) -> None:
    """A version as it would be installed, whose coach notes what it is told."""
    folder = machine.root / "versions" / version
    (folder / "bin").mkdir(parents=True)
    (folder / "installed").touch()
    (folder / "bin" / "coach").write_text(f'#!/bin/sh\necho "coach {version} $*" >> "$COACH_TEST/calls"\n')
    (folder / "bin" / "coach").chmod(0o755)
    (machine.root / link).symlink_to(Path("versions") / version)


def test_the_unit_runs_the_version_that_counts_and_follows_it(machine: Machine, coach: Coach) -> None:
    put_up(machine, "0.1.0", "current")
    coach("install")
    assert f'ExecStart="{machine.root}/current/bin/coach" serve' in machine.unit.read_text()


def test_a_rollback_has_the_version_before_renew_the_service(machine: Machine, coach: Coach) -> None:
    put_up(machine, "0.2.0", "current")
    put_up(machine, "0.1.0", "previous")
    coach("install")
    assert "Its version: 0.2.0; before that, 0.1.0." in coach("status").output
    assert coach("rollback").exit_code == 0
    assert machine.calls[-1] == "coach 0.1.0 service install"
    assert "Its version: 0.1.0; before that, 0.2.0." in coach("status").output


def test_a_rollback_without_a_service_only_changes_the_version(machine: Machine, coach: Coach) -> None:
    put_up(machine, "0.2.0", "current")
    put_up(machine, "0.1.0", "previous")
    assert coach("rollback").exit_code == 0
    assert machine.calls == []


def test_a_checkout_has_no_versions_to_change(coach: Coach) -> None:
    for command in (["upgrade", "0.2.0"], ["rollback"]):
        assert "git pull" in str(failure(coach(*command)))


def test_an_upgrade_in_a_dry_run_shows_every_step(machine: Machine, coach: Coach) -> None:
    put_up(machine, "0.1.0", "current")
    coach("install")
    told = coach("upgrade", "0.2.0", "--dry-run").output
    for words in ("-m venv", "lower-back-coach==0.2.0", "current mean versions/0.2.0", "service install"):
        assert words in told
    assert [path.name for path in (machine.root / "versions").iterdir()] == ["0.1.0"]


# --- From the outside ------------------------------------------------------------------------------------


def test_hello_without_a_speaker_says_what_it_wanted_to_say(machine: Machine, tmp_path: Path) -> None:
    no_sound = tmp_path / "asound.conf"
    no_sound.write_text("pcm.default { type hw card 99 }\nctl.default { type hw card 99 }\n")
    env = {"ALSA_CONFIG_PATH": str(no_sound), "PULSE_SERVER": "unix:/nowhere", "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "coach", "service", "hello"],
        cwd=tmp_path,
        env=os.environ | env | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 5
    assert "I am your coach" in done.stderr
    assert done.stdout == ""


def installer(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(REPOSITORY / "systemd" / "install.sh"), *arguments],
        env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("system", [False, True], ids=["user", "system"])
def test_the_installer_in_a_dry_run_shows_every_step_and_changes_nothing(tmp_path: Path, *, system: bool) -> None:
    done = installer("--dry-run", *(["--system"] if system else []), home=tmp_path)
    assert done.returncode == 0, done.stderr
    root = SYSTEM_ROOT if system else tmp_path / ".local" / "share" / "coach"
    for words in (
        ".ci/set-up live",
        f"-m venv {root}/versions/",
        "-m pip install",
        f"Let {root}/current mean versions/",
        "service hello",
        "service install --system" if system else "service install\n",
        "Nothing was changed.",
    ):
        assert words in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_who_will_not_find_the_command_before_the_next_login_is_told_where_it_is(tmp_path: Path) -> None:
    assert f"type {tmp_path}/.local/bin/coach in place of coach" in installer("--dry-run", home=tmp_path).stderr


def test_the_installer_explains_itself_and_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    assert "sudo systemd/install.sh --system" in installer("--help", home=tmp_path).stdout
    assert installer("--force", home=tmp_path).returncode == 2
