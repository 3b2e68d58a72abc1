"""The terminal: where commands print, and how they note what is good to know."""

from rich.console import Console
from rich.markup import escape

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def warn(text: str) -> None:
    """Print a note on standard error."""
    err.print(f"[yellow]note:[/] {escape(text)}", soft_wrap=True)
