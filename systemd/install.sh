#!/usr/bin/env bash
# Installs the coach on Raspberry Pi OS or Debian (Bookworm and Trixie, 64-bit), from a checkout, in one command:
#
#     systemd/install.sh                 for you, where PipeWire or PulseAudio run (the usual way)
#     sudo systemd/install.sh --system   for a speaker without a sound server: ALSA directly, in /opt/coach
#
# It installs the system packages, makes the coach's environment (models and routines come with it), lets it start
# with the machine, and ends with the coach saying so. Done again, it upgrades; the version before is kept, and
# `coach service rollback` goes back to it. With --dry-run it only shows what it would do.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '· %s\n' "$*"; }
note() { printf '! %s\n' "$@" >&2; }
stop() { note "$@"; exit 1; }

system='' dry=''
for argument; do
    case $argument in
        --system) system=--system ;;
        --dry-run) dry=--dry-run ;;
        -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
        *) note "usage: systemd/install.sh [--system] [--dry-run]"; exit 2 ;;
    esac
done

if [[ -n $system ]]; then
    root=/opt/coach command=/usr/local/bin/coach
    ((EUID == 0)) || [[ -n $dry ]] ||
        stop "The service of the system can be installed by root only." "Type:  sudo systemd/install.sh --system"
else
    data=${XDG_DATA_HOME:-}
    [[ $data == /* ]] || data=$HOME/.local/share
    root=$data/coach command=$HOME/.local/bin/coach
    [[ -z ${SUDO_USER:-} || -n $dry ]] ||
        stop "With sudo this would become the service of root, who has no sound." "Type:  systemd/install.sh"
fi

# --- System packages and Python ------------------------------------------------------------------------------

if [[ -n $dry ]]; then
    step "Install the system packages that are missing:  .ci/set-up live"
    python=python3
else
    if ((EUID != 0)) && command -v sudo >/dev/null && ! sudo -n true 2>/dev/null; then
        step "System packages may be missing; sudo asks for your password"
        sudo -v || true # without it, .ci/set-up prints the line to type
    fi
    python=$(.ci/set-up live)
fi

# --- The coach -----------------------------------------------------------------------------------------------

if [[ -n $dry ]] && ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    stop "Python 3.11 or newer is needed to show the rest."
fi
"$python" -m coach.installation.versions "$root" "$PWD" $dry
coach=$root/current/bin/coach

if [[ -e $command && ! -L $command ]]; then
    note "$command is there already and is something else; the coach is $coach."
else
    step "Let $command mean $coach"
    if [[ -z $dry ]]; then
        mkdir -p "$(dirname "$command")"
        ln -sfn "$coach" "$command"
    fi
fi
# A login puts ~/.local/bin on the path if it is there by then.
[[ :$PATH: == *:"$(dirname "$command")":* ]] || note "Until you log in again, type $command in place of coach."

if [[ -n $dry ]]; then
    step "Have it say that it works:  $coach service hello"
    step "Have it start with the machine:  $coach service install${system:+ $system}"
    echo "Nothing was changed."
    exit
fi

# Heard before the service starts: without a sound server, only one program may hold the sound card.
heard=0
"$coach" service hello || heard=$?
"$coach" service install $system
if ((heard == 0)); then
    step "The coach is installed, and has told you so. If you heard nothing, look at the volume:  alsamixer"
else
    note "The coach is installed, but could not say so aloud, for the reason above."
fi
