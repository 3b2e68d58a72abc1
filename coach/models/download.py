"""Fetches a file over a bad connection: goes on where it broke off, and never waits for ever.

requests does the web's part (TLS with its own certificates, proxies) and comes with Vosk anyway. Ours is what it
does not do: going on with half a file (RFC 9110, 13.1.5 and 14), giving up on a server that is silent or drips,
and following redirects without reading what comes with them. Nothing else in the coach reaches the network.

Only https is spoken, also after a redirect. The exception is a server on this machine, if the person named it:
the tests have one.
"""

import hashlib
import io
import ipaddress
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import IO, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import (
    ChunkedEncodingError,
    InvalidHeader,
    InvalidSchema,
    RequestException,
    SSLError,
    Timeout,
)
from requests.utils import requote_uri
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from coach.models import DiskRefused, InstallFailed
from coach.models.unpack import Free, free_bytes, need_room

MOST_REDIRECTS = 5

LEAST_RATE = 1024
"""Bytes a second, on average over as long as one is patient: below that a server is as good as silent."""

LARGEST = 2**30
"""Bytes, of a file whose size nobody tells. Models that take a grammar have at most a third of that."""

GROWTH = 2
"""Times: what models grow to when they are unpacked, rounded up."""

_CHUNK = 2**16

_PACKED = {"gzip", "x-gzip", "deflate", "br", "zstd", "compress"}
"""Codings that change the bytes: neither sizes nor ranges are the file's own then."""

_TRY_AGAIN = {408, 425, 429}
"""Statuses that pass, beside those of the server's own troubles (500 and above)."""

_IN_WORDS = {status.value: status.phrase for status in HTTPStatus}  # a server's own words may be anything

T = TypeVar("T")

Progress = Callable[[int, int | None], None]
"""Told how many bytes are there, and of how many, as far as is known."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How much to put up with.

    Attributes:
        silence_s: a connection that brings next to nothing for this long is given up.
        attempts: how often to connect, in all.
        first_pause_s: how long to wait before the second attempt; before each further one, twice as long.
    """

    silence_s: float = 30.0
    attempts: int = 6
    first_pause_s: float = 1.0

    def pause_s(self, attempt: int) -> float:
        """Return how long to wait before an attempt, counted from 0."""
        return self.first_pause_s * 2 ** (attempt - 1) if attempt else 0.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to fetch.

    Attributes:
        url: where it lies.
        size: in bytes, where it is known.
        md5: where it is known. It tells of accidents on the way; forging it is within reach of an attacker, and
            only https stands against one.
    """

    url: str
    size: int | None = None
    md5: str | None = None


class _BrokenOffError(Exception):
    """The connection failed in a way that may pass."""


class _TooMuchError(InstallFailed):
    """More came than there should be: what has arrived is not the file."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file that may be half there, and beside it the stamp of the version that it is half of.

    Attributes:
        path: where it lies.
        free: tells how much room there is.
    """

    path: Path
    free: Free = free_bytes

    @property
    def _stamp(self) -> Path:
        return self.path.with_name(self.path.name + ".version")

    def there(self) -> tuple[int, str]:
        """Return how many bytes are there, and of which version; (0, "") if there is nothing to go on from."""
        try:
            size, version = self.path.stat().st_size, self._stamp.read_text(encoding="latin-1")
        except FileNotFoundError:
            return 0, ""
        # A power cut may leave a stamp empty or full of zeros: no server could make anything of that.
        return (size, version) if version and version.isprintable() else (0, "")

    def begin(self, version: str) -> None:
        """Start over with this version; with "" it cannot be gone on with later."""
        self.drop()
        self.path.touch()
        if version:
            self._stamp.write_text(version, encoding="latin-1")

    def drop(self) -> None:
        """Forget what is there."""
        self._stamp.unlink(missing_ok=True)  # first: bytes without a stamp are never gone on with
        self.path.unlink(missing_ok=True)

    def need_room(self, more: int) -> None:
        """Make sure that there is room for more bytes."""
        need_room(self.path.parent, more, self.free)


class Web(requests.Session):
    """Leaves redirects to us: requests itself would first read all that comes with one, be it without end."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Tell requests of none."""

    def target(self, answer: requests.Response) -> str | None:
        """Return where a redirect leads; ``None`` if the answer is none."""
        return super().get_redirect_target(answer)


def web(start: str) -> Web:
    """Return a session that speaks https and nothing else, also after a redirect.

    Args:
        start: the first address. If it is http on this machine's own loopback, that server may be asked too.
    """
    session = Web()
    session.headers["Accept-Encoding"] = "identity"  # sizes and ranges count the bytes of the file itself
    session.adapters.clear()
    session.mount("https://", HTTPAdapter())
    try:
        address = urlsplit(start)
    except ValueError as error:
        raise _no_address(start) from error
    if address.scheme == "http" and _is_loopback(address.hostname):
        session.mount(f"http://{address.netloc}/", HTTPAdapter())
    return session


def _is_loopback(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def read(session: Web, url: str, *, largest: int, patience: Patience) -> bytes:
    """Return a small file.

    Args:
        session: from ``web``.
        url: where it lies.
        largest: how many bytes it may have.
        patience: at most two attempts are made, whatever it says: somebody waits for this.

    Raises:
        InstallFailed: it cannot be had.
    """

    def attempt() -> bytes:
        with _ask(session, url, {}, patience) as response:
            _look_at(response)
            text = io.BytesIO()
            _pour(response.raw, text, largest, patience, lambda _: None)
            return text.getvalue()

    return _persist(
        url,
        replace(patience, attempts=min(2, patience.attempts)),
        attempt,
        'Check the connection. A zip that was fetched by other means needs none: "coach ears install ZIP".',
    )


def download(
    session: Web,
    wanted: Wanted,
    part: Part,
    *,
    patience: Patience,
    progress: Progress,
) -> None:
    """Fetch a file into ``part``, going on with what is there already. Afterwards it is whole, and as announced.

    Args:
        session: from ``web``.
        wanted: what to fetch.
        part: where to; its folder exists.
        patience: with the server.
        progress: is told how far it has come.

    Raises:
        InstallFailed: it cannot be had. What has arrived is kept, unless it is known to be wrong.
    """
    try:
        if wanted.size:
            _need_room(part, wanted.size)
        _persist(
            wanted.url,
            patience,
            lambda: _go_on(session, wanted, part, patience, progress),
            "Check the connection and run the command again; a download goes on with what has arrived.",
        )
        _verify(wanted, part)
    except OSError as error:
        raise DiskRefused(
            f"{part.path} cannot be written: {error.strerror or error}.",
            "Check the disk's room and the folder's owner.",
        ) from error


def _need_room(part: Part, size: int) -> None:
    """Make sure, before anything is fetched, that there is room for the rest of it and for what it will become."""
    have, _ = part.there()
    part.need_room(max(0, size - have) + GROWTH * size)


def _persist(url: str, patience: Patience, attempt: Callable[[], T], remedy: str) -> T:
    broken: _BrokenOffError | None = None
    for number in range(patience.attempts):
        time.sleep(patience.pause_s(number))
        try:
            return attempt()
        except _BrokenOffError as error:
            broken = error
    tries = "the only attempt" if patience.attempts == 1 else f"the last of {patience.attempts} attempts"
    raise InstallFailed(f"{url} could not be fetched: on {tries}, {broken}.", remedy) from broken


def _go_on(session: Web, wanted: Wanted, part: Part, patience: Patience, progress: Progress) -> None:
    have, version = part.there()
    if have and have == wanted.size:
        return
    asked = {"Range": f"bytes={have}-", "If-Range": version} if have else {}
    with _ask(session, wanted.url, asked, patience) as response:
        if wanted.size is None and _is_all_there(response, have, version):
            return
        if response.status_code == 416 or (
            response.status_code == 206 and not _continues(response, have, version)
        ):
            part.drop()
            raise _BrokenOffError("the server had another version of it")
        _look_at(response)
        total = _total(wanted, response)
        if response.status_code == 200:
            part.begin(_version(response))
            have = 0
        if total and not wanted.size:
            _need_room(part, total)

        def poured(amount: int) -> None:
            progress(have + amount, total)
            if not total:
                part.need_room(_CHUNK)  # nobody knows how much is still to come

        try:
            with part.path.open("ab") as file:
                _pour(response.raw, file, (total or LARGEST) - have, patience, poured)
        except _TooMuchError:
            part.drop()  # or it would be gone on with
            raise
    if total and part.path.stat().st_size < total:
        raise _BrokenOffError("the connection broke off")


def _total(wanted: Wanted, response: requests.Response) -> int | None:
    """Return how many bytes the file has, as far as anybody knows; refuse one of another size."""
    whole = _whole_size(response)
    if None not in (wanted.size, whole) and whole != wanted.size:
        raise InstallFailed(
            f"{wanted.url} should have {wanted.size} bytes and has {whole}: that is not the file.",
            "A network that asks for a log-in answers like this: open a web page first, or try again later.",
        )
    return wanted.size or whole


def _ask(session: Web, url: str, headers: dict[str, str], patience: Patience) -> requests.Response:
    """Return the answer to a request, after redirects, before anything of its body is read."""
    at = named = url
    for _ in range(1 + MOST_REDIRECTS):
        response = _get(session, at, named, headers, patience)
        if not (target := session.target(response)):
            return response
        response.close()
        try:
            at = requote_uri(urljoin(response.url, target))
        except ValueError as error:
            raise _no_address(f"{target!r}, where {url} leads,") from error
        named = f"{at}, where {url} leads,"
    raise InstallFailed(f"{url} leads from one address to the next without end.", "Try again later.")


def _get(session: Web, url: str, named: str, headers: dict[str, str], patience: Patience) -> requests.Response:
    try:
        return session.get(url, headers=headers, stream=True, timeout=patience.silence_s)
    except SSLError as error:
        raise InstallFailed(
            f"The server of {named} could not prove who it is.",
            "Check this machine's clock first: certificates are valid for a time.",
        ) from error
    except InvalidSchema as error:
        raise InstallFailed(
            f"{named} is not https.",
            "Without https nobody vouches for what arrives: fetch the zip by other means, and install that.",
        ) from error
    except Timeout as error:
        raise _BrokenOffError("the server was silent") from error
    except InvalidHeader as error:
        raise _BrokenOffError("the server contradicted itself") from error
    except (requests.ConnectionError, ChunkedEncodingError) as error:
        raise _BrokenOffError("the server could not be reached") from error
    except (RequestException, ValueError) as error:  # the latter slips through where an address is malformed
        raise _no_address(named) from error


def _no_address(named: str) -> InstallFailed:
    return InstallFailed(f"{named} is no address that can be followed.", "Check how it is written.")


def _look_at(response: requests.Response) -> None:
    """Refuse an answer that does not bring the file, byte by byte."""
    status = response.status_code
    answered = f"the server answered {status} {_IN_WORDS.get(status, '')}".rstrip()
    if status >= 500 or status in _TRY_AGAIN:
        raise _BrokenOffError(answered)
    if status not in {200, 206}:
        raise InstallFailed(
            f"{response.url} cannot be had: {answered}.",
            "It may have moved. A zip that was fetched by other means can be installed, too.",
        )
    if packed := _PACKED.intersection(re.split(r"[\s,]+", response.headers.get("Content-Encoding", "").lower())):
        raise InstallFailed(
            f"{response.url} comes packed as {', '.join(packed)}, and was asked for as it is.",
            "Try another network, or later. A zip that was fetched by other means can be installed, too.",
        )


def _is_all_there(response: requests.Response, have: int, version: str) -> bool:
    """Return whether the server refuses to go on because nothing is left: we have the whole of our version."""
    nothing_left = response.headers.get("Content-Range") == f"bytes */{have}"
    return response.status_code == 416 and have > 0 and nothing_left and _version(response) in {version, ""}


def _continues(response: requests.Response, have: int, version: str) -> bool:
    """Return whether a partial answer goes on where we are, in the version that we have; some servers err."""
    goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
    return have > 0 and goes_on and _version(response) in {version, ""}


def _version(response: requests.Response) -> str:
    """Return what an If-Range may name: a strong entity tag, else a date, else nothing."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _whole_size(response: requests.Response) -> int | None:
    """Return how many bytes the whole file has, as far as the server tells."""
    if response.status_code == 206:
        found = re.search(r"/(\d{1,15})$", response.headers.get("Content-Range", ""))
    else:
        found = re.search(r"^(\d{1,15})$", response.headers.get("Content-Length", ""))
    return int(found[1]) if found else None


def _pour(
    source: BaseHTTPResponse,
    into: IO[bytes],
    most: int,
    patience: Patience,
    poured: Callable[[int], None],
) -> None:
    """Write what comes, as it comes; not more than ``most`` bytes, and not slower than can be borne."""
    amount = 0
    since, amount_then = time.monotonic(), 0
    while chunk := _next_chunk(source):
        amount += len(chunk)
        if amount > most:
            raise _TooMuchError(
                f"The server sends more than the {most} bytes that there should be.", "Try again later."
            )
        into.write(chunk)
        poured(amount)
        if (lasted := time.monotonic() - since) >= patience.silence_s:
            if amount - amount_then < LEAST_RATE * lasted:
                raise _BrokenOffError("next to nothing came any more")
            since, amount_then = time.monotonic(), amount


def _next_chunk(source: BaseHTTPResponse) -> bytes:
    # requests' own way waits until a chunk is full: a dripping server could take hours without a time-out.
    try:
        return source.read1(_CHUNK, decode_content=False)
    except HTTPError as error:
        raise _BrokenOffError("the connection broke off") from error


def _verify(wanted: Wanted, part: Part) -> None:
    if not wanted.md5:
        return
    with part.path.open("rb") as file:
        md5 = hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    if md5 != wanted.md5.lower():
        part.drop()
        raise InstallFailed(
            f"{wanted.url} arrived damaged: its checksum is {md5} and should be {wanted.md5}.",
            "It was thrown away; run the command again.",
        )
