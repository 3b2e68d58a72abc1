"""Words that people hear live in ``voices/`` and ``routines/``; the pure Python has none of them."""

import ast
import re
from pathlib import Path

import pytest

from coach.session.phrases import KEYS

COACH = Path(__file__).parent.parent / "coach"
PACKAGES = ("session", "planning", "interview", "home")
PURE = [path for package in PACKAGES for path in sorted((COACH / package).glob("*.py"))]
WORDLESS = [*PURE, COACH / "loop.py", COACH / "voice_queue.py"]

SENTENCE = re.compile(r"[A-Za-z][a-z']+,? [a-z']+|[A-Z][a-z']+[.!?]$")
"""Two words of English side by side, or one with a full stop."""


def sentences(source: str) -> list[str]:
    """Return every text in Python source that somebody might hear: no docstrings, no errors, no keys."""
    tree = ast.parse(source)
    silent: set[ast.AST] = set()
    for node in ast.walk(tree):
        documents = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if documents or isinstance(node, ast.Raise | ast.Assert) or is_for_the_record(node):
            silent.update(ast.walk(node))
    texts = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in silent
    )
    return [text for text in texts if SENTENCE.search(text) and not is_keys(text)]


def is_for_the_record(node: ast.AST) -> bool:
    """Return whether a call keeps a note of what happened: that is read in a log, never heard."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in {"Note", "_note", "_record_set"}
        case _:
            return False


def is_keys(text: str) -> bool:
    """Return whether every word names a field of some line: the contract lists them with spaces between."""
    return set(text.split()) <= {field for fields in KEYS.values() for field in fields}


@pytest.mark.parametrize("path", [path for path in WORDLESS if path.exists()], ids=lambda path: path.name)
def test_no_english_stands_in_the_pure_python(path: Path):
    assert sentences(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    ['say("Get ready")', 'line = f"{name} repetitions left"', "x = ['well done']", 'TEXT = "Hold."'],
)
def test_a_sentence_in_python_is_found(source: str):
    assert sentences(source) != []


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring says it."""',
        'raise ValueError("not a state")',
        'say("get_ready")',
        'x = "en-us"',
        'f"{a}:{b}"',
    ],
)
def test_keys_errors_and_documentation_are_no_sentences(source: str):
    assert sentences(source) == []
