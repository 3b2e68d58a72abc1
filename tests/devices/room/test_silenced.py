"""What libraries print, and what Python prints."""

import subprocess
import sys


def test_what_libraries_print_is_lost_and_what_python_prints_is_not() -> None:
    script = (
        "import os, sys\n"
        "from coach.devices.room import libraries_silenced\n"
        "with libraries_silenced(), libraries_silenced():\n"
        "    os.write(2, b'ALSA lib: noise\\n')\n"
        "    print('a sentence for the person', file=sys.stderr)\n"
        "os.write(2, b'afterwards\\n')\n"
    )
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert child.stderr == "a sentence for the person\nafterwards\n"
