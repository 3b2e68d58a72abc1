"""Gathering: writes manifest.csv into corpora that are published without one, so that `corpora` can read them, and so that the coach can
be examined on them (`coach bench hearing`).

Three layouts are known:

- Speech Commands: WORD/SPEAKER_nohash_NUMBER.wav, as published by Google; folders such as _unknown_ hold WORD_SPEAKER_nohash_NUMBER.wav.
- speechocean762: train/ and test/ with wav.scp, text, utt2spk and spk2age, as published in OpenSLR 101. Children are left out: what
  they say is often not what is written.
- Wake words: audio/WORDS/NUMBER.flac or .wav, as in Picovoice's wake-word-benchmark. Who speaks is not told.

To train on, whoever also speaks in the examination is left out, so that nobody new is known to the network whom it is examined on. To
examine on strangers, whoever is trained on is left out as well, and nobody says a word twice.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recipe import vocabulary

ADULT = 15
"""Years; the youngest speakers of speechocean762 that are taken."""

COLUMNS = ("path", "text", "speaker", "licence", "dev_speaker", "kind", "screen")

_COMMAND = re.compile(r"(?:(?P<word>[a-z]+)_)?(?P<speaker>[0-9a-f]{8})_nohash_\d+\.wav(?:\.wav)?")


class UnknownLayoutError(Exception):
    """A folder is none of the corpora whose layout is known."""


@dataclass(frozen=True)
class Clip:
    """One recording: where, what, by whom."""

    path: str
    """Relative to the corpus."""
    text: str
    speaker: str


def speech_commands(folder: Path) -> Iterator[Clip]:
    """The words of Speech Commands."""
    for path in sorted(folder.rglob("*.wav")):
        named = _COMMAND.fullmatch(path.name)
        if named:
            yield Clip(path.relative_to(folder).as_posix(), named["word"] or path.parent.name, f"gsc-{named['speaker']}")


def speechocean(folder: Path) -> Iterator[Clip]:
    """The sentences of speechocean762's adults."""
    for part in ("train", "test"):
        table = {name: _table(folder / part / name) for name in ("wav.scp", "text", "utt2spk", "spk2age")}
        for utterance, path in sorted(table["wav.scp"].items()):
            speaker = table["utt2spk"][utterance]
            if int(table["spk2age"][speaker]) >= ADULT:
                yield Clip(path, table["text"][utterance].lower(), f"speechocean-{speaker}")


def wake_words(folder: Path) -> Iterator[Clip]:
    """The wake words, by their folders' names."""
    for path in sorted((folder / "audio").glob("*/*.*")):
        yield Clip(path.relative_to(folder).as_posix(), path.parent.name, "wake-words")


def _table(path: Path) -> dict[str, str]:
    """A file of Kaldi's: a key, white space, and the value to the end of the line."""
    lines = (line.split(maxsplit=1) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return {key: value.strip() for key, value in lines}


def gather(folder: Path, without: frozenset[str], once: bool = False) -> int:
    """Writes folder/manifest.csv; returns how many clips it lists.

    `without` names the speakers to leave out; `once` takes one clip of each speaker and text. Raises UnknownLayoutError where the layout is
    none of the three.
    """
    if (folder / "train" / "wav.scp").is_file():
        clips, licence = list(speechocean(folder)), "CC BY 4.0 (speechocean762)"
    elif (folder / "audio").is_dir():
        clips, licence = list(wake_words(folder)), "Apache 2.0 (Picovoice)"
    else:
        clips, licence = list(speech_commands(folder)), "CC BY 4.0 (Speech Commands, Pete Warden)"
    if not clips:
        raise UnknownLayoutError(f"{folder} is laid out like none of the corpora that are known; see recipe/gather.py")
    clips = [clip for clip in clips if clip.speaker not in without]
    if once:
        clips = list({(clip.speaker, clip.text): clip for clip in reversed(clips)}.values())[::-1]
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        commands = frozenset(vocabulary.phrases())
        for clip in clips:
            kind = "positive" if clip.text in commands else "negative"
            rows.writerow((clip.path, clip.text, clip.speaker, licence, "no", kind, "transcript" if " " in clip.text else "label"))
    return len(clips)
