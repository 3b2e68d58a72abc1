"""Sound cut into blocks, as the loop takes it."""

from collections.abc import Iterator

from coach.ports import BLOCK_BYTES, Block


def blocks_of(pcm: bytes) -> Iterator[Block]:
    """Cut sound (16 kHz, mono, int16) into blocks; the last is filled up with silence."""
    for at in range(0, len(pcm), BLOCK_BYTES):
        yield Block(pcm[at : at + BLOCK_BYTES].ljust(BLOCK_BYTES, b"\0"))
