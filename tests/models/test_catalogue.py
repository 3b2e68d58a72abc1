"""What suits a voice and a board, out of a list that is not ours."""

import json
from pathlib import Path

import pytest

from coach.models import InstallFailed
from coach.models.catalogue import ENOUGH_MEMORY, Published, memory, read_list, recommended, usable

MB = 2**20


def entry(**changed: object) -> dict[str, object]:
    """One entry, as Vosk publishes it."""
    return {
        "lang": "en-us",
        "lang_text": "US English",
        "md5": "2df36985f8ed8eb7b78476cadcdab48f",
        "name": "vosk-model-small-en-us-0.15",
        "obsolete": "false",
        "size": 41205931,
        "size_text": "39.3MiB",
        "type": "small",
        "url": "https://alphacephei.com/vosk/models/vosk-model-small-en-us-0.15.zip",
        "version": "0.15",
        **changed,
    }


def listed(*entries: object) -> tuple[Published, ...]:
    return read_list(json.dumps(entries).encode())


def names(models: tuple[Published, ...]) -> list[str]:
    return [model.name for model in models]


LIST = listed(
    entry(name="big", type="big"),
    entry(name="lgraph", type="big-lgraph", version="0.22-lgraph"),
    entry(name="older", version="0.4"),
    entry(name="newest", version="0.15"),
    entry(name="out-of-date", version="0.99", obsolete="true"),
    entry(name="indian", lang="en-in", version="0.4"),
    entry(name="german", lang="de"),
    entry(name="speaker", lang="all", type="spk"),
)


def test_an_entry_is_read_as_published() -> None:
    (model,) = listed(entry())
    assert model == Published(
        name="vosk-model-small-en-us-0.15",
        lang="en-us",
        lang_text="US English",
        type="small",
        version="0.15",
        size=41205931,
        md5="2df36985f8ed8eb7b78476cadcdab48f",
        url="https://alphacephei.com/vosk/models/vosk-model-small-en-us-0.15.zip",
        obsolete=False,
    )


@pytest.mark.parametrize(
    "broken",
    [
        1,
        None,
        "vosk-model",
        {},
        entry(name="../evil"),
        entry(name="/evil"),
        entry(name=".hidden"),
        entry(name="name\n"),
        entry(name=""),
        entry(name="x" * 101),
        entry(size=0),
        entry(size="many"),
        entry(md5="none"),
        entry(md5=None),
        entry(url=1),
        entry(url="https://alphacephei.com/\x1b[2J"),
        entry(obsolete="perhaps"),
        entry(lang_text="\x1b[2J"),
        entry(lang_text="[red]"),
    ],
)
def test_an_entry_that_does_not_fit_is_left_out(broken: object) -> None:
    assert names(listed(broken, entry(name="good"))) == ["good"]


@pytest.mark.parametrize("text", [b"", b"<html>", b"{}", b"[]", b"[1]", b"\xff", b"[" * 100_000])
def test_what_is_no_list_is_refused_in_a_sentence(text: bytes) -> None:
    with pytest.raises(InstallFailed, match="no list of models"):
        read_list(text)


def test_models_that_take_a_grammar_come_in_the_order_in_which_they_suit() -> None:
    assert names(usable(LIST, "en-US")) == ["newest", "older", "lgraph", "indian"]
    assert names(usable(LIST, "en-IN")) == ["indian", "newest", "older", "lgraph"]
    assert names(usable(LIST, "de-DE")) == ["german"]
    assert names(usable(LIST, "fr-FR")) == []


def test_a_board_with_a_gigabyte_gets_the_small_model() -> None:
    model = recommended(LIST, "en-US", 900 * MB)
    assert model
    assert model.name == "newest"


def test_a_board_with_half_a_gigabyte_keeps_the_bundled_model() -> None:
    assert recommended(LIST, "en-US", 416 * MB) is None
    assert recommended(LIST, "en-US", ENOUGH_MEMORY - 1) is None


def test_a_language_without_a_small_model_keeps_the_bundled_one() -> None:
    assert recommended(listed(entry(name="lgraph", type="big-lgraph")), "en-US", 8000 * MB) is None


def test_the_boards_memory_is_read_where_linux_tells_it(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:         425984 kB\nMemFree:          100000 kB\n")
    assert memory(meminfo) == 416 * MB
    assert memory(tmp_path / "missing") == 0
    meminfo.write_text("nothing\n")
    assert memory(meminfo) == 0
