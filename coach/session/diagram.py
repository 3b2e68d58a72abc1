"""The table as a diagram, for ARCHITECTURE.md: ``python -m coach.session.diagram`` prints it.

A test compares it with the one in the document, so the document cannot fall behind.
"""

import sys
from collections import defaultdict

from coach.session import table


def as_mermaid() -> str:
    """Return the state diagram in Mermaid's notation; rows that keep the state are left out.

    Triggers that lead from one state to the same other state share an arrow. "Stop" leads to the end from
    everywhere, so it is drawn once.
    """
    arrows: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for row in table.TABLE:
        for source in row.in_:
            if row.to is not None and row.on != "stop":
                arrows[source, row.to][row.on] = None
    lines = ["stateDiagram-v2", f"    [*] --> {table.WELCOMING}"]
    lines += [f"    {source} --> {to}: {', '.join(on)}" for (source, to), on in arrows.items()]
    lines += [f"    {table.ENDED} --> [*]", f"    note right of {table.ENDED}: stop leads here from every state"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(as_mermaid() + "\n")
