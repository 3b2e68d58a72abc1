"""The outside: one file, one library each; none imports another. Everything here stands behind a port."""
