"""The table as a diagram, for ARCHITECTURE.md: ``python -m coach.diagram`` prints it.

A test compares it with the one in the document, so the document cannot fall behind.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable

from coach.planning.pain import KINDS, PLACES
from coach.session import table

ALL_ALIKE = (
    ("a place", PLACES),
    ("a strength", table.STRENGTHS),
    ("a correction", table.CORRECTIONS),
    ("a kind", KINDS),
)
"""Answers that lead the same way are drawn as one; the widest group first."""

TOGETHER = frozenset((*table.UNDER_WAY, table.PAUSED))
"""States drawn inside one frame: what is possible in all of them is drawn once, from the frame."""


def as_mermaid() -> str:
    """Return the state diagram in Mermaid's notation; rows that keep the state are left out.

    Triggers that lead from one state to the same other state share an arrow. "Stop" and a red flag lead away from
    everywhere, so they are only noted.
    """
    arrows: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for row in table.TABLE:
        sources = row.in_
        if set(sources) >= TOGETHER:
            sources = ("under_way", *(state for state in sources if state not in TOGETHER))
        for source in sources:
            if row.to is not None and row.on not in {"stop", "red_flag"}:
                arrows[source, row.to][row.on] = None
    lines = ["stateDiagram-v2", f"    [*] --> {table.WELCOMING}", "    state under_way {"]
    lines += [f"        {state}" for state in table.STATES if state in TOGETHER]
    lines += ["    }"]
    lines += [f"    {source} --> {to}: {', '.join(_grouped(on))}" for (source, to), on in arrows.items()]
    lines += [
        f"    {table.ENDED} --> [*]",
        f"    note right of {table.STOPPING}: stop leads here from every state",
        f"    note right of {table.CLOSING}: a red flag leads here from every state",
    ]
    return "\n".join(lines)


def _grouped(on: Iterable[str]) -> list[str]:
    """Return the triggers of an arrow, groups of answers by their common name."""
    left = list(on)
    named = []
    for name, group in ALL_ALIKE:
        if set(group) <= set(left):
            left = [trigger for trigger in left if trigger not in group]
            named.append(name)
    return named + left


if __name__ == "__main__":
    sys.stdout.write(as_mermaid() + "\n")
