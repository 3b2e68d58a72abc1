"""The misbehaving server and the terminal, as the tests see them: programs of their own that one talks with."""

import hashlib
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, Self

REPOSITORY = Path(__file__).resolve().parents[2]
WITHOUT_PROXY = {"NO_PROXY": "*", "no_proxy": "*"}

_tokens = itertools.count()


class Program:
    """A program that one talks with by lines."""

    def __init__(self, *args: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", *args],
            cwd=REPOSITORY,
            env=os.environ | WITHOUT_PROXY | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: SimpleQueue[str] = SimpleQueue()
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(line)

    def tell(self, line: object) -> None:
        """Send it a line."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def hear(self, patience_s: float = 30) -> Any:
        """The next line; fails if none comes."""
        return json.loads(self._lines.get(timeout=patience_s))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


class Server(Program):
    """The misbehaving server."""

    def __init__(self, file: Path) -> None:
        super().__init__("tests.models.misbehaving_server", str(file))
        self.file = file
        self.port: int = self.hear()

    def __call__(self, manner: str, name: str = "model.zip") -> str:
        """An address to be answered in this manner, asked for by nobody before."""
        return f"http://127.0.0.1:{self.port}/{manner}/{next(_tokens)}/{name}"

    def was_asked(self, times: int) -> list[dict[str, str]]:
        """The next requests; waits for them."""
        return [self.hear() for _ in range(times)]

    def forget(self) -> None:
        """Forget who has asked for what."""
        while not self._lines.empty():
            self._lines.get()

    @property
    def size(self) -> int:
        return self.file.stat().st_size

    @property
    def md5(self) -> str:
        return hashlib.md5(self.file.read_bytes()).hexdigest()


class Terminal(Program):
    """The terminal."""

    def __init__(self) -> None:
        super().__init__("tests.models.terminal")

    def _ask(self, **job: Any) -> dict[str, Any]:
        self.tell(job)
        answer: dict[str, Any] = self.hear()
        assert "crash" not in answer, answer
        return answer

    def type(
        self,
        *args: str,
        home: Path,
        list_url: str = "http://127.0.0.1:9/",
        largest_file: int | None = None,
        **environment: str,
    ) -> dict[str, Any]:
        """Run ``coach ears`` with these arguments, for a person with this home; how it went."""
        environment |= {"XDG_DATA_HOME": str(home), "COACH_EARS_LIST": list_url, "STATE_DIRECTORY": ""}
        return self._ask(type={"args": list(args), "environment": environment, "largest_file": largest_file})

    def fetch(self, url: str, part: Path, *, attempts: int = 4, silence_s: float = 20, **wanted: Any) -> Any:
        """Download a file; how it went."""
        patience = {"attempts": attempts, "silence_s": silence_s, "first_pause_s": 0}
        return self._ask(fetch={"url": url, "part": str(part), "patience": patience, **wanted})
