"""A web server on the loopback that errs on purpose. It is a program, because the tests themselves are offline.

    python -m tests.models.misbehaving_server FILE

serves FILE, and a list of models that has it, under ``http://127.0.0.1:PORT/MANNER/TOKEN/``. The manner says what
goes wrong (the functions below); the token keeps one test's requests apart from another's. The first line on its
standard output is the port; then follows a line of JSON for each request, before it is answered.
"""

import gzip
import hashlib
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FILE = Path(sys.argv[1]).read_bytes() if __name__ == "__main__" else b""
TAG = '"first"'
NEW_TAG = '"second"'
THIRD = len(FILE) // 3 + 1

asked: Counter[str] = Counter()
"""How often each address was asked for."""


class Answer(BaseHTTPRequestHandler):
    """Answers one request in the manner its address names."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        manner, token, name = self.path.strip("/").split("/", 2)
        self.number = asked[self.path]
        asked[self.path] += 1
        self.manner, self.token, self.name = manner, token, name
        request = {"path": self.path, "range": self.headers.get("Range"), "if_range": self.headers.get("If-Range")}
        print(json.dumps(request), flush=True)  # noqa: T201
        if name == "model-list.json":
            LISTS.get(manner, good_list)(self)
        else:
            MANNERS[manner](self)

    def log_message(self, *_: object) -> None:
        pass

    def send(
        self,
        body: bytes,
        *,
        status: int = 200,
        length: int | None = None,
        cut: int | None = None,
        tag: str = TAG,
        **headers: str,
    ) -> None:
        """Send a body, or its beginning; ``length`` is what to say that it has."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        if tag:
            self.send_header("ETag", tag)
        self.send_header("Connection", "close")  # or a client may ask on a closing one
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        with suppress(OSError):  # the client may have had enough
            self.wfile.write(body[:cut])

    def send_rest(self, *, cut: int | None = None, tag: str = TAG, heed_if_range: bool = True) -> None:
        """Send the file, or the range that is asked for, as RFC 9110 wants it; perhaps only its beginning."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", tag) == tag or not heed_if_range
        if not found or not same:
            self.send(FILE, cut=cut, tag=tag)
            return
        start = int(found[1])
        if start >= len(FILE):
            self.send(b"", status=416, tag=tag, Content_Range=f"bytes */{len(FILE)}")
            return
        where = f"bytes {start}-{len(FILE) - 1}/{len(FILE)}"
        self.send(FILE[start:], status=206, cut=cut, tag=tag, Content_Range=where)

    def send_drop_by_drop(self, rest: bytes) -> None:
        """Send the headers of the whole file, then a few bytes at a time."""
        self.send(rest, cut=0)
        with suppress(OSError):  # the client may have had enough
            for byte in rest:
                self.wfile.write(bytes([byte]))
                time.sleep(0.01)

    def send_without_end(self) -> None:
        """Send the file again and again, without telling how much there will be."""
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):  # until the client has had enough
            while True:
                self.wfile.write(FILE)

    def send_nothing_more(self) -> None:
        """Send a third, then nothing until the client has enough."""
        self.send(FILE, cut=THIRD)
        self.rfile.read(1)


def changes(it: Answer) -> None:
    if it.number == 0:
        it.send(bytes(len(FILE)), cut=THIRD)
    else:
        it.send_rest(tag=NEW_TAG)


def changes_and_mixes(it: Answer) -> None:
    if it.number == 0:
        it.send(bytes(len(FILE)), cut=THIRD)
    else:
        it.send_rest(tag=NEW_TAG, heed_if_range=False)


def shifts_ranges(it: Answer) -> None:
    if it.number == 1:
        where = f"bytes 0-{len(FILE) - 1}/{len(FILE)}"
        it.send(FILE, status=206, Content_Range=where)
    else:
        it.send_rest(cut=THIRD if it.number == 0 else None)


def refuses_ranges(it: Answer) -> None:
    if it.headers.get("Range"):
        it.send(b"", status=416, Content_Range=f"bytes */{len(FILE)}")
    else:
        it.send(FILE, cut=THIRD if it.number == 0 else None)


def sends_too_much(it: Answer) -> None:
    it.send_response(200)
    it.send_header("Transfer-Encoding", "chunked")
    it.end_headers()
    for chunk in (FILE, b"and more"):
        it.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
    it.wfile.write(b"0\r\n\r\n")


def moves_in_many_words(it: Answer) -> None:
    it.send(b"", status=302, length=10**9, Location=f"/behaves/{it.token}/{it.name}")
    it.rfile.read(1)  # the words never come


def is_gone_in_colour(it: Answer) -> None:
    it.send_response(404, "\x1b[2JNot Found")
    it.end_headers()


def to(address: str) -> Callable[[Answer], None]:
    """Redirect; ``{port}``, ``{token}`` and ``{name}`` are filled in."""

    def redirect(it: Answer) -> None:
        port = it.server.server_address[1]
        it.send(b"", status=302, Location=address.format(port=port, token=it.token, name=it.name))

    return redirect


MANNERS: dict[str, Callable[[Answer], None]] = {
    "behaves": Answer.send_rest,
    "breaks-off": lambda it: it.send_rest(cut=THIRD),
    "breaks-off-at-once": lambda it: it.send_rest(cut=0),
    "breaks-off-and-starts-over": lambda it: it.send(FILE, cut=THIRD if it.number == 0 else None),
    "breaks-off-unversioned": lambda it: it.send(FILE, cut=THIRD if it.number == 0 else None, tag=""),
    "breaks-off-weakly-versioned": lambda it: it.send(FILE, cut=THIRD if it.number == 0 else None, tag='W/"x"'),
    "changes": changes,
    "changes-and-mixes": changes_and_mixes,
    "shifts-ranges": shifts_ranges,
    "refuses-ranges": refuses_ranges,
    "swaps-a-byte": lambda it: it.send(FILE[:-1] + bytes([FILE[-1] ^ 1])),
    "sends-too-much": sends_too_much,
    "says-too-little": lambda it: it.send(FILE, length=len(FILE) - 1),
    "says-too-much": lambda it: it.send(FILE, length=len(FILE) + 1),
    "says-an-endless-size": lambda it: it.send(FILE, Content_Length="9" * 5000),
    "says-two-sizes": lambda it: it.send(FILE, Content_length=str(len(FILE) - 1)),
    "sends-without-end": Answer.send_without_end,
    "packs-it": lambda it: it.send(gzip.compress(FILE, 1), Content_Encoding="gzip"),
    "is-another-page": lambda it: it.send(b"<html>Please log in</html>", Content_Type="text/html"),
    "falls-silent": lambda it: it.send_nothing_more() if it.number == 0 else it.send_rest(),
    "is-silent": Answer.send_nothing_more,
    "drips": lambda it: it.send_drop_by_drop(FILE),
    "is-gone": lambda it: it.send(b"", status=404),
    "is-gone-in-colour": is_gone_in_colour,
    "stumbles": lambda it: it.send(b"", status=500) if it.number < 2 else it.send_rest(),
    "is-ill": lambda it: it.send(b"", status=503),
    "moved": to("http://127.0.0.1:{port}/behaves/{token}/{name}"),
    "moved-nearby": to("/behaves/{token}/{name}"),
    "moved-in-many-words": moves_in_many_words,
    "turns-in-circles": to("/turns-in-circles/{token}/{name}"),
    "leads-to-ftp": to("ftp://127.0.0.1:{port}/behaves/{token}/{name}"),
    "leads-to-colours": to("ftp://127.0.0.1/\x1b[2J"),
    "leads-to-a-file": to("file:///etc/passwd"),
    "leads-to-another-host": to("http://localhost:{port}/behaves/{token}/{name}"),
    "leads-nowhere": to("http://["),
}


def entry(it: Answer, **changed: object) -> dict[str, object]:
    """Describe the file as Vosk's list does, everything but the size being text."""
    return {
        "lang": "en-us",
        "lang_text": "US English",
        "md5": hashlib.md5(FILE).hexdigest(),
        "name": "vosk-model-small-en-us-0.15",
        "obsolete": "false",
        "size": len(FILE),
        "size_text": "-",
        "type": "small",
        "url": f"http://127.0.0.1:{it.server.server_address[1]}/{it.manner}/{it.token}/model.zip",
        "version": "0.15",
        **changed,
    }


def good_list(it: Answer) -> None:
    it.send(
        json.dumps(
            [
                entry(it, name="vosk-model-small-en-us-0.4", version="0.4"),
                entry(it),
                entry(it, name="vosk-model-small-en-us-0.99", version="0.99", obsolete="true"),
                entry(it, name="vosk-model-en-us-0.22", type="big", version="0.22"),
                entry(it, name="vosk-model-small-de-0.15", lang="de", lang_text="German"),
            ]
        ).encode()
    )


LISTS: dict[str, Callable[[Answer], None]] = {
    "lists-a-page": MANNERS["is-another-page"],
    "lists-no-list": lambda it: it.send(b'{"models": []}'),
    "lists-nothing": lambda it: it.send(b"[]"),
    "lists-for-ever": lambda it: it.send(b"[" + b'"x",' * 2_000_000),
    "lists-nothing-but-rubbish": lambda it: it.send(b'[1, null, {"name": "x"}]'),
    "lists-too-large-a-model": lambda it: it.send(json.dumps([entry(it, size=10**15)]).encode()),
    "lists-among-rubbish": lambda it: it.send(json.dumps([1, entry(it, name="../evil"), entry(it)]).encode()),
    "lists-nothing-and-is-gone": MANNERS["is-gone"],
    "lists-after-stumbling": lambda it: it.send(b"", status=500) if it.number == 0 else good_list(it),
    "lists-drop-by-drop": MANNERS["drips"],
}
MANNERS |= dict.fromkeys(LISTS, Answer.send_rest)


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        print(server.server_address[1], flush=True)  # noqa: T201
        server.serve_forever()
