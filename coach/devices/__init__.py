"""The outside: one file, one library each; none imports another. Everything here stands behind a port.

The room alone is a package: several subjects, and still one device.
"""
