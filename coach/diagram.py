"""The table as a diagram, for ARCHITECTURE.md: ``python -m coach.diagram`` prints it.

A test compares it with the one in the document, so the document cannot fall behind.
"""

import sys
from collections import defaultdict

from coach.session import table

TOGETHER = frozenset((*table.UNDER_WAY, table.PAUSED))
"""States drawn inside one frame: what is possible in all of them is drawn once, from the frame."""


def as_mermaid() -> str:
    """Return the state diagram in Mermaid's notation; rows that keep the state are left out.

    Triggers that lead from one state to the same other state share an arrow. "Stop" leads to the end from
    everywhere, so it is only noted.
    """
    arrows: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for row in table.TABLE:
        sources = ("under_way",) if set(row.in_) == TOGETHER else row.in_
        for source in sources:
            if row.to is not None and row.on != "stop":
                arrows[source, row.to][row.on] = None
    lines = ["stateDiagram-v2", f"    [*] --> {table.WELCOMING}", "    state under_way {"]
    lines += [f"        {state}" for state in table.STATES if state in TOGETHER]
    lines += ["    }"]
    lines += [f"    {source} --> {to}: {', '.join(on)}" for (source, to), on in arrows.items()]
    lines += [f"    {table.ENDED} --> [*]", f"    note right of {table.ENDED}: stop leads here from every state"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(as_mermaid() + "\n")
