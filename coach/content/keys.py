"""Reads and checks ``voices/*/keys.toml``: which key stands for which command, and what is said about that.

A voice need not have such a file; it can then be led by voice alone.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from coach.content.page import Finding, Page, Place, did_you_mean, read
from coach.session.keys import HELD, PLACES, TWICE, KeyMap
from coach.session.messages import Command
from coach.session.phrases import COMMANDS, FRAGMENTS, KEYS, fields_of

KEYS_FILE = "keys.toml"

NO_KEYS = KeyMap()

_TABLES = ("keys", "names", "announced", "says")


def read_keys(folder: Path, known: Collection[str]) -> tuple[KeyMap, list[Finding]]:
    """Return what the keys of a voice stand for, and every mistake in that.

    Args:
        folder: the voice's.
        known: the names that keys can have.
    """
    path = folder / KEYS_FILE
    if not path.exists():
        return NO_KEYS, []
    page = read(path)
    if isinstance(page, Finding):
        return NO_KEYS, [page]
    tables: dict[str, dict[str, tuple[str, ...]]] = {name: {} for name in _TABLES}
    mistakes: list[Finding] = []
    for name, table in page.raw.items():
        if name not in _TABLES:
            remedy = did_you_mean(name, _TABLES, "the headings")
            mistakes.append(page.finding((name,), "there is no such heading", remedy))
        elif not isinstance(table, dict):
            mistakes.append(page.finding((name,), "this is not a table", f"write it under a heading [{name}]"))
        else:
            tables[name], more = _texts(page, name, table)
            mistakes += more
    mistakes += _key_mistakes(page, tables["keys"], known)
    mistakes += _name_mistakes(page, tables["names"])
    mistakes += _unknown(page, "announced", tables["announced"], PLACES, "the places")
    mistakes += _line_mistakes(page, tables["says"])
    if mistakes:
        return NO_KEYS, mistakes
    return (
        KeyMap(
            keys={key: tuple(map(Command, commands)) for key, commands in tables["keys"].items()},
            names={Command(command): texts[0] for command, texts in tables["names"].items()},
            announced=tables["announced"],
            says=tables["says"],
        ),
        [],
    )


def _texts(page: Page, name: str, table: Mapping[str, object]) -> tuple[dict[str, tuple[str, ...]], list[Finding]]:
    """Return a table's lists of texts; a single text may stand without brackets."""
    texts: dict[str, tuple[str, ...]] = {}
    mistakes = []
    for key, value in table.items():
        listed = [value] if isinstance(value, str) else value
        if isinstance(listed, list) and listed and all(isinstance(it, str) and it.strip() for it in listed):
            texts[key] = tuple(listed)
        else:
            what = "this is neither a text nor a list of texts"
            mistakes.append(page.finding((name, key), what, 'write ["...", "..."], at least one', key))
    return texts, mistakes


def _unknown(
    page: Page, table: str, given: Collection[str], known: Collection[str], all_of_them: str
) -> Iterator[Finding]:
    for it in given:
        if it not in known:
            remedy = did_you_mean(it, known, all_of_them)
            yield page.finding((table, it), f'there is no "{it}"', remedy, it)


def _key_mistakes(page: Page, keys: Mapping[str, tuple[str, ...]], known: Collection[str]) -> Iterator[Finding]:
    for name, commands in keys.items():
        key, _, press = name.partition(" ")
        place: Place = ("keys", name)
        if key not in known and not (key.startswith("key") and key[3:].isdecimal()):
            what = f'there is no key "{key}"'
            yield page.finding(place, what, did_you_mean(key, known, "the keys"), name)
        if press not in ("", TWICE, HELD):
            what = f'a key cannot be pressed "{press}"'
            yield page.finding(place, what, f'write "{key} {TWICE}" or "{key} {HELD}"', name)
        elif press and key not in keys:
            what = f'"{key}" itself stands for nothing'
            yield page.finding(place, what, f'add {key} = ["pause"], say', name)
        for command in commands:
            if command not in COMMANDS:
                what = f'there is no command "{command}"'
                yield page.finding(place, what, did_you_mean(command, COMMANDS, "the commands"), name)
    if keys and not any("it_hurts" in commands for commands in keys.values()):
        yield page.finding(("keys",), "no key says that it hurts", 'add esc = ["it_hurts"], say')
    if keys and not any("stop" in commands for commands in keys.values()):
        yield page.finding(("keys",), 'no key stands for "stop"', 'add s = ["stop"], say')


def _name_mistakes(page: Page, names: Mapping[str, tuple[str, ...]]) -> Iterator[Finding]:
    yield from _unknown(page, "names", names, COMMANDS, "the commands")
    for command, texts in names.items():
        if len(texts) != 1:
            what = "this is a piece of other lines, not a list"
            yield page.finding(("names", command), what, "write a single text", command)


def _line_mistakes(page: Page, lines: Mapping[str, tuple[str, ...]]) -> Iterator[Finding]:
    yield from _unknown(page, "says", lines, KEYS, "the lines of says.toml")
    for key, templates in lines.items():
        if key not in KEYS:
            continue
        place: Place = ("says", key)
        try:
            used = frozenset().union(*map(fields_of, templates))
        except ValueError:
            yield page.finding(place, "the braces do not match", "write each field as {name}", key)
            continue
        for field in sorted(used - KEYS[key]):
            remedy = did_you_mean(field, KEYS[key], "its fields") if KEYS[key] else "it has none: remove it"
            yield page.finding(place, f"there is no field {{{field}}} here", remedy, key)
        for field in sorted(KEYS[key] - used):
            yield page.finding(place, f"the field {{{field}}} is missing", "say it in one of the sentences", key)
        if key in FRAGMENTS and len(templates) != 1:
            yield page.finding(place, "this is a piece of other lines, not a list", "write a single text", key)
