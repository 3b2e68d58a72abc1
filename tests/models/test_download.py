"""A download arrives whole or not at all, whatever the server does.

Nothing here waits: the server errs at once, and where it falls silent, patience is a fraction of a second.
"""

from pathlib import Path

import pytest

from .programs import Server, Terminal

THIRD = 100_001


def fetch(terminal: Terminal, server: Server, manner: str, part: Path, **options: object) -> dict[str, str]:
    """Download the server's file, of known size and checksum."""
    return terminal.fetch(server(manner), part, size=server.size, md5=server.md5, **options)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "model.zip"


@pytest.mark.parametrize(
    ("manner", "requests"),
    [
        ("behaves", 1),
        ("breaks-off-and-starts-over", 2),
        ("breaks-off-unversioned", 2),
        ("breaks-off-weakly-versioned", 2),
        ("changes", 2),
        ("changes-and-mixes", 3),
        ("shifts-ranges", 3),
        ("refuses-ranges", 3),
        ("stumbles", 3),
        ("moved", 2),
        ("moved-nearby", 2),
        ("moved-in-many-words", 2),
        ("says-an-endless-size", 1),
    ],
)
def test_a_file_arrives_whole_although_the_server(
    terminal: Terminal, server: Server, part: Path, manner: str, requests: int
) -> None:
    assert fetch(terminal, server, manner, part)["error"] == ""
    assert part.read_bytes() == server.file.read_bytes()
    server.was_asked(requests)


def test_a_download_goes_on_where_it_broke_off(terminal: Terminal, server: Server, part: Path) -> None:
    result = fetch(terminal, server, "breaks-off", part)
    assert result["error"] == ""
    assert part.read_bytes() == server.file.read_bytes()
    asked = server.was_asked(3)
    assert [request["range"] for request in asked] == [None, f"bytes={THIRD}-", f"bytes={2 * THIRD}-"]
    assert [request["if_range"] for request in asked] == [None, '"first"', '"first"']


def test_a_later_command_goes_on_where_an_earlier_one_gave_up(
    terminal: Terminal, server: Server, part: Path
) -> None:
    url = server("breaks-off")
    known = {"size": server.size, "md5": server.md5}
    first = terminal.fetch(url, part, attempts=1, **known)
    assert "the only attempt, the connection broke off" in first["error"]
    assert "goes on" in first["error"]
    assert part.stat().st_size == THIRD
    second = terminal.fetch(url, part, attempts=2, **known)
    assert second["error"] == ""
    assert part.read_bytes() == server.file.read_bytes()
    assert [request["range"] for request in server.was_asked(3)][1] == f"bytes={THIRD}-"


def test_a_file_that_is_whole_already_is_not_asked_for_again(
    terminal: Terminal, server: Server, part: Path
) -> None:
    url = server("behaves")
    known = {"size": server.size, "md5": server.md5}
    assert terminal.fetch(url, part, **known)["error"] == ""
    server.was_asked(1)
    assert terminal.fetch(url, part, **known)["error"] == ""
    fetch(terminal, server, "is-gone", part.with_name("another"))
    assert "is-gone" in server.was_asked(1)[0]["path"]  # and nothing in between


def test_progress_grows_from_what_is_there_to_the_whole(terminal: Terminal, server: Server, part: Path) -> None:
    progress = fetch(terminal, server, "breaks-off", part)["progress"]
    server.was_asked(3)
    there = [amount for amount, _ in progress]
    assert there == sorted(there)
    assert there[-1] == server.size
    assert {total for _, total in progress} == {server.size}


@pytest.mark.parametrize(
    ("manner", "reason", "requests"),
    [
        ("breaks-off-at-once", "the last of 4 attempts, the connection broke off", 4),
        ("swaps-a-byte", "arrived damaged", 1),
        ("sends-too-much", "more than the 300000 bytes", 1),
        ("says-too-little", "should have 300000 bytes and has 299999", 1),
        ("says-too-much", "should have 300000 bytes and has 300001", 1),
        ("is-another-page", "asks for a log-in", 1),
        ("is-gone", "the server answered 404", 1),
        ("is-ill", "the last of 4 attempts, the server answered 503", 4),
        ("turns-in-circles", "from one address to the next without end", 6),
        ("says-two-sizes", "the last of 4 attempts, the server contradicted itself", 4),
        ("packs-it", "comes packed as gzip", 1),
        ("leads-to-ftp", "leads, is not https", 1),
        ("leads-to-a-file", "leads, is not https", 1),
        ("leads-to-another-host", "leads, is not https", 1),
        ("leads-nowhere", "no address that can be followed", 1),
    ],
)
def test_nothing_passes_for_the_file_when_the_server(
    terminal: Terminal, server: Server, part: Path, manner: str, reason: str, requests: int
) -> None:
    assert reason in fetch(terminal, server, manner, part)["error"]
    server.was_asked(requests)
    assert not part.exists() or part.stat().st_size < server.size


@pytest.mark.parametrize("manner", ["is-silent", "drips"])
def test_a_server_that_brings_next_to_nothing_is_given_up(
    terminal: Terminal, server: Server, part: Path, manner: str
) -> None:
    error = fetch(terminal, server, manner, part, attempts=2, silence_s=0.15)["error"]
    assert "the last of 2 attempts" in error
    server.was_asked(2)


def test_a_download_goes_on_after_a_silence(terminal: Terminal, server: Server, part: Path) -> None:
    assert fetch(terminal, server, "falls-silent", part, silence_s=0.3)["error"] == ""
    assert part.read_bytes() == server.file.read_bytes()
    assert server.was_asked(2)[1]["range"] == f"bytes={THIRD}-"


def test_a_damaged_file_is_thrown_away_and_fetched_afresh(terminal: Terminal, server: Server, part: Path) -> None:
    fetch(terminal, server, "swaps-a-byte", part)
    assert list(part.parent.iterdir()) == []
    assert fetch(terminal, server, "behaves", part)["error"] == ""
    assert [request["range"] for request in server.was_asked(2)] == [None, None]


def test_a_file_of_unknown_size_is_taken_at_the_servers_word(
    terminal: Terminal, server: Server, part: Path
) -> None:
    assert terminal.fetch(server("breaks-off"), part)["error"] == ""
    assert part.read_bytes() == server.file.read_bytes()
    server.was_asked(3)


def test_a_whole_file_of_unknown_size_is_not_fetched_again(terminal: Terminal, server: Server, part: Path) -> None:
    url = server("behaves")
    assert terminal.fetch(url, part)["error"] == ""
    assert terminal.fetch(url, part)["error"] == ""
    assert part.read_bytes() == server.file.read_bytes()
    fetch(terminal, server, "is-gone", part.with_name("another"))
    assert [request["range"] for request in server.was_asked(3)] == [None, f"bytes={server.size}-", None]


@pytest.mark.parametrize("stamp", ["", "\0" * 7])
def test_what_a_power_cut_left_without_a_version_is_not_gone_on_with(
    terminal: Terminal, server: Server, part: Path, stamp: str
) -> None:
    part.write_bytes(b"half of something")
    part.with_name(f"{part.name}.version").write_text(stamp)
    assert fetch(terminal, server, "behaves", part)["error"] == ""
    assert server.was_asked(1)[0]["range"] is None
    assert part.read_bytes() == server.file.read_bytes()


def test_a_file_without_end_does_not_fill_the_disk(terminal: Terminal, server: Server, part: Path) -> None:
    error = terminal.fetch(server("sends-without-end"), part, room=1_000_000)["error"]
    assert "are needed in" in error
    assert part.stat().st_size < 1_000_000


@pytest.mark.parametrize("manner", ["is-gone-in-colour", "leads-to-colours"])
def test_a_servers_words_do_not_reach_the_terminal_as_they_are(
    terminal: Terminal, server: Server, part: Path, manner: str
) -> None:
    error = fetch(terminal, server, manner, part)["error"]
    assert error
    assert error.isprintable()


def test_nothing_is_asked_for_if_there_is_no_room_for_it(terminal: Terminal, server: Server, part: Path) -> None:
    error = terminal.fetch(server("behaves"), part, size=10**15, md5=server.md5)["error"]
    assert "3000000017 MB are needed" in error
    assert "Make room" in error
    fetch(terminal, server, "is-gone", part)
    assert "is-gone" in server.was_asked(1)[0]["path"]  # and nothing before


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/model.zip",
        "http://localhost:80/model.zip",
        "ftp://127.0.0.1/model.zip",
        "file:///etc/passwd",
        "http://127.0.0.1@example.org/model.zip",
        "http://127.0.0.1:80@example.org/model.zip",
    ],
)
def test_only_https_is_spoken(terminal: Terminal, part: Path, url: str) -> None:
    assert "is not https" in terminal.fetch(url, part)["error"]


def test_what_began_with_https_does_not_go_on_without(terminal: Terminal, server: Server, part: Path) -> None:
    error = terminal.fetch(server("behaves"), part, start="https://alphacephei.com/list")["error"]
    assert "is not https" in error
    assert not part.exists()


def test_an_address_that_is_none_is_named(terminal: Terminal, part: Path) -> None:
    assert "no address that can be followed" in terminal.fetch("http://[", part)["error"]


def test_without_a_network_the_sentence_says_so(terminal: Terminal, part: Path) -> None:
    error = terminal.fetch("http://127.0.0.1:9/model.zip", part, attempts=2)["error"]
    assert "on the last of 2 attempts, the server could not be reached" in error


def test_a_folder_that_cannot_be_written_is_named(terminal: Terminal, server: Server, tmp_path: Path) -> None:
    file_in_the_way = tmp_path / "file"
    file_in_the_way.touch()
    error = terminal.fetch(server("behaves"), file_in_the_way / "model.zip")["error"]
    assert "cannot be written: Not a directory" in error
