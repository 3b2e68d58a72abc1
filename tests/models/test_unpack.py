"""A zip is unpacked as it is, or refused in a sentence; nothing is ever written elsewhere."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach.models import DiskRefused, InstallFailed
from coach.models.unpack import MARGIN, MOST_FILES, free_bytes, need_room, unpack

Fill = Callable[[zipfile.ZipFile], None]


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "deep" / "into"
    folder.mkdir(parents=True)
    return folder


def packed(folder: Path, fill: Fill) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        fill(archive)
    return path


def info(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    return entry


def test_files_and_folders_are_unpacked_as_they_are(tmp_path: Path, into: Path) -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        archive.mkdir("model")
        archive.writestr("model/am/final.mdl", b"\0B" * 1000)
        archive.writestr("model/conf/é.conf", b"x = 1\n")
        archive.writestr("model/empty", b"")
        archive.mkdir("model/ivector")

    unpack(packed(tmp_path, fill), into)
    there = {str(path.relative_to(into)): path.is_file() and path.read_bytes() for path in into.rglob("*")}
    assert there == {
        "model": False,
        "model/am": False,
        "model/am/final.mdl": b"\0B" * 1000,
        "model/conf": False,
        "model/conf/é.conf": b"x = 1\n",
        "model/empty": b"",
        "model/ivector": False,
    }


def test_what_the_zip_says_of_permissions_is_not_heeded(tmp_path: Path, into: Path) -> None:
    unpack(packed(tmp_path, lambda it: it.writestr(info("file", stat.S_IFREG | 0o4777), b"x")), into)
    assert not (into / "file").stat().st_mode & (stat.S_ISUID | 0o111)


def _two_of_a_name(archive: zipfile.ZipFile) -> None:
    archive.writestr("twice", b"1")
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("twice", b"2")


def _two_cases(archive: zipfile.ZipFile) -> None:
    archive.writestr("README", b"1")
    archive.writestr("ReadMe", b"2")


def _endless_contents(archive: zipfile.ZipFile) -> None:
    for number in range(20):
        entry = info(str(number))
        entry.comment = bytes(60_000)
        archive.writestr(entry, b"x")


def _file_and_folder(archive: zipfile.ZipFile) -> None:
    archive.writestr("name", b"1")
    archive.writestr("name/file", b"2")


def _folder_and_file(archive: zipfile.ZipFile) -> None:
    archive.writestr("name/file", b"1")
    archive.writestr("name", b"2")


def _two_ways_to_a_name(archive: zipfile.ZipFile) -> None:
    archive.writestr("folder/name", b"1")
    archive.writestr("folder/./name", b"2")


def _too_many(archive: zipfile.ZipFile) -> None:
    for number in range(MOST_FILES + 1):
        archive.writestr(str(number), b"")


def _encrypted(archive: zipfile.ZipFile) -> None:
    entry = info("secret")
    archive.writestr(entry, b"x")
    entry.flag_bits |= 0x1


def one(name: str, mode: int = stat.S_IFREG | 0o644) -> Fill:
    return lambda archive: archive.writestr(info(name, mode), b"/etc/passwd")


ATTACKS: dict[str, tuple[Fill, str]] = {
    "absolute path": (one("/tmp/evil"), "leads out of its folder"),
    "parent folder": (one("../evil"), "leads out of its folder"),
    "parent folder further in": (one("model/../../evil"), "leads out of its folder"),
    "parent folder that stays inside": (one("model/../evil"), "leads out of its folder"),
    "only the parent folder": (one(".."), "leads out of its folder"),
    "windows path": (one("C:evil"), "no model uses"),
    "windows separators": (one("..\\evil"), "no model uses"),
    "line break": (one("model\n"), "no model uses"),
    "escape sequence": (one("\x1b[2Jmodel"), "no model uses"),
    "no name": (one("."), "has no name"),
    "symbolic link": (one("link", stat.S_IFLNK | 0o777), "neither a file nor a folder"),
    "device": (one("null", stat.S_IFCHR | 0o666), "neither a file nor a folder"),
    "disk": (one("disk", stat.S_IFBLK | 0o666), "neither a file nor a folder"),
    "pipe": (one("pipe", stat.S_IFIFO | 0o666), "neither a file nor a folder"),
    "socket": (one("socket", stat.S_IFSOCK | 0o666), "neither a file nor a folder"),
    "bomb": (lambda it: it.writestr("zeros", bytes(2**22)), "would grow"),
    "too many files": (_too_many, "holds 501 files"),
    "duplicate name": (_two_of_a_name, "a name twice"),
    "file and folder": (_file_and_folder, "as a file and as a folder"),
    "folder and file": (_folder_and_file, "as a file and as a folder"),
    "names that differ in case": (_two_cases, "a name twice"),
    "name longer than a disk takes": (one("x" * 256), "longer than any model's"),
    "folders in folders without end": (one("a/" * 1500 + "x"), "longer than any model's"),
    "endless table of contents": (_endless_contents, "table of contents"),
    "two ways to a name": (_two_ways_to_a_name, "as a file and as a folder"),
    "encrypted": (_encrypted, "is encrypted"),
    "unusual compression": (
        lambda it: it.writestr("x", b"x", compress_type=zipfile.ZIP_LZMA),
        "packed as no model is",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_zip_is_refused_that_holds(attack: str, tmp_path: Path, into: Path) -> None:
    fill, reason = ATTACKS[attack]
    with pytest.raises(InstallFailed, match=reason):
        unpack(packed(tmp_path, fill), into)
    outside = {path.name for path in tmp_path.rglob("*") if not path.is_relative_to(into)}
    assert outside == {"a.zip", "deep"}
    assert not any(path.is_symlink() or path.name in {"evil", "link", "zeros"} for path in into.rglob("*"))


def test_a_name_with_a_null_byte_is_refused(tmp_path: Path, into: Path) -> None:
    path = packed(tmp_path, lambda it: it.writestr("model_png", b"x"))
    path.write_bytes(path.read_bytes().replace(b"model_png", b"model\0png"))
    with pytest.raises(InstallFailed, match="no model uses"):
        unpack(path, into)


@pytest.mark.parametrize("name", ["../../evil", "{folder}/evil", "model/other"])
def test_a_second_name_leads_nowhere(name: str, tmp_path: Path, into: Path) -> None:
    """A Unicode Path field (APPNOTE.TXT, 4.6.9) names a file anew; only zipfile since Python 3.12 reads it."""
    entry = info("model/am/final.mdl")
    field = struct.pack("<BL", 1, zlib.crc32(entry.filename.encode())) + name.format(folder=tmp_path).encode()
    entry.extra = struct.pack("<HH", 0x7075, len(field)) + field
    with suppress(InstallFailed):
        unpack(packed(tmp_path, lambda it: it.writestr(entry, b"x")), into)
    there = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert there - {into / "model" / "am" / "final.mdl"} == {tmp_path / "a.zip"}


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path: Path, into: Path) -> None:
    path = packed(tmp_path, lambda it: it.writestr("zeros", bytes(100_000)))
    path.write_bytes(path.read_bytes().replace((100_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little")))
    with pytest.raises(InstallFailed, match="damaged"):
        unpack(path, into)
    assert (into / "zeros").stat().st_size <= 1_000


@pytest.mark.parametrize("kept", [0, 3, 50, 0.5, -1])
def test_a_truncated_zip_is_refused(kept: float, tmp_path: Path, into: Path) -> None:
    path = packed(tmp_path, lambda it: it.writestr("file", bytes(range(256)) * 20))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept) if kept == 0.5 else int(kept)])
    with pytest.raises(InstallFailed, match="damaged, or no zip"):
        unpack(path, into)


def test_what_is_no_file_is_named_for_what_it_is(tmp_path: Path, into: Path) -> None:
    with pytest.raises(InstallFailed, match=r"There is no file .*missing.zip"):
        unpack(tmp_path / "missing.zip", into)
    with pytest.raises(InstallFailed, match=r"is a folder, not a zip. .*--ears FOLDER"):
        unpack(tmp_path, into)
    with pytest.raises(InstallFailed, match=r"cannot be read: File name too long. Check how it is written"):
        unpack(tmp_path / ("x" * 300), into)


def test_a_wrong_checksum_is_found(tmp_path: Path, into: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("file", b"all is well")
    path.write_bytes(path.read_bytes().replace(b"all is well", b"all is ill!"))
    with pytest.raises(InstallFailed, match="Bad CRC-32"):
        unpack(path, into)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 399), st.integers(0, 255)), min_size=1, max_size=4))
def test_no_damage_raises_anything_but_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    into = folder / "into"
    into.mkdir()

    def fill(archive: zipfile.ZipFile) -> None:
        archive.writestr("am/final.mdl", b"a model")
        archive.writestr("conf/model.conf", b"a setting " * 9)
        archive.writestr("conf/mfcc.conf", b"")

    path = packed(folder, fill)
    damaged = bytearray(path.read_bytes())
    for place, byte in damages:
        damaged[place % len(damaged)] = byte
    path.write_bytes(damaged)
    with suppress(InstallFailed):
        unpack(path, into)
    assert {it.name for it in folder.iterdir()} == {"a.zip", "into"}


def test_nothing_is_written_if_there_is_no_room(tmp_path: Path, into: Path) -> None:
    path = packed(tmp_path, lambda it: it.writestr("file", bytes(range(256)) * 20))
    with pytest.raises(DiskRefused, match=r"17 MB are needed in .*into, and 17 MB are free"):
        unpack(path, into, free=lambda _: MARGIN + 5_119)
    assert list(into.iterdir()) == []
    unpack(path, into, free=lambda _: MARGIN + 5_120)
    assert (into / "file").stat().st_size == 5_120


def test_room_is_measured_on_the_folders_disk(tmp_path: Path) -> None:
    need_room(tmp_path, 0)
    with pytest.raises(InstallFailed, match="MB are free"):
        need_room(tmp_path, 2 * free_bytes(tmp_path))
