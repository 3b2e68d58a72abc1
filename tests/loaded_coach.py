"""The coach, loaded once and forked for each command: loading it takes most of a second.

It reads a command a line, as JSON, and prints the exit code. A command runs in a process of its own, which begins
and ends as one does that a person starts: with its own folder, environment and output.
"""

import json
import os
import sys

from coach.cli import main


def become(arguments: list[str], folder: str, environment: dict[str, str], out: str, err: str) -> None:
    """Make this process one that was started so."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments
    for number, (path, mode) in enumerate([(os.devnull, os.O_RDONLY), (out, os.O_WRONLY), (err, os.O_WRONLY)]):
        os.dup2(os.open(path, mode), number)


if __name__ == "__main__":
    for line in sys.stdin:
        if child := os.fork():
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201
            continue
        become(**json.loads(line))
        main()
        break
