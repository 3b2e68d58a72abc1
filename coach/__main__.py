"""``python -m coach``: the same as ``coach``."""

from coach.cli import main

main()
