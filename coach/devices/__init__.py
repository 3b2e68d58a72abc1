"""The outside: one file, one library each at most; none imports another.

The room alone is a package: several subjects, and still one device; ``deaf_room`` is a half of it.
"""
