"""Kaldi's and OpenFst's binary files, as far as a Vosk model needs them: numbers in, bytes out.

Knows the notation and nothing of speech. Every value carries its own type mark: a size byte before a number, two letters before a
vector or matrix, names in angle brackets between. What is written here can be read again (`Reader`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
BINARY = b"\0B"
"""How a binary Kaldi file begins."""


def token(name: str) -> bytes:
    """A name and the space after it."""
    return name.encode("ascii") + b" "


def integer(value: int) -> bytes:
    """A 32-bit integer."""
    return b"\x04" + struct.pack("<i", value)


def single(value: float) -> bytes:
    """A 32-bit floating-point number."""
    return b"\x04" + struct.pack("<f", value)


def double(value: float) -> bytes:
    """A 64-bit floating-point number."""
    return b"\x08" + struct.pack("<d", value)


def integers(values: Sequence[int]) -> bytes:
    """A vector of 32-bit integers."""
    return integer(len(values)) + np.asarray(values, "<i4").tobytes()


def vector(values: Array | Sequence[float]) -> bytes:
    """A vector of 32-bit floating-point numbers."""
    return token("FV") + integer(len(values)) + np.asarray(values, "<f4").tobytes()


STEPS = 65535
"""Between the smallest and the largest number of a matrix of 16 bits."""


def matrix(values: Array) -> bytes:
    """A matrix in 16 bits a number, row by row: in how many of 65,535 equal steps from the smallest to the largest one
    it lies. That halves the file, and moves the network's scores, which spread by 1, by 0.0006 on average and 0.01 at
    most. Whoever loads it has 32 bits again."""
    least, span = float(values.min()), float(np.ptp(values)) or 1.0
    steps = np.round((values - least) / span * STEPS).astype("<u2")
    return token("CM2") + struct.pack("<ffii", least, span, *values.shape) + steps.tobytes()


class Reader:
    """Reads, from a place in a file onwards, what the functions above write, in the order in which it was written."""

    def __init__(self, data: bytes, place: int = 0) -> None:
        """`place` is the first byte to read."""
        self._data, self.place = data, place

    def token(self) -> str:
        """A name; the place moves behind the space after it."""
        end = self._data.index(b" ", self.place)
        name = self._data[self.place : end].decode("ascii")
        self.place = end + 1
        return name

    def expect(self, *names: str) -> None:
        """Names that must stand here; raises ValueError where others do."""
        for name in names:
            place, found = self.place, self.token()
            if found != name:
                raise ValueError(f"byte {place}: {name} was expected here, not {found}")

    def integer(self) -> int:
        """A 32-bit integer."""
        (value,) = struct.unpack_from("<xi", self._data, self.place)
        self.place += 5
        return int(value)

    def vector(self) -> Array:
        """A vector of 32-bit floating-point numbers."""
        self.expect("FV")
        return self._numbers(self.integer())

    def matrix(self) -> Array:
        """A matrix, shape (rows, columns), in 16 bits a number or, as older models of ours have it, in 32."""
        place, kind = self.place, self.token()
        if kind == "FM":
            rows, columns = self.integer(), self.integer()
            return self._numbers(rows * columns).reshape(rows, columns)
        if kind != "CM2":
            raise ValueError(f"byte {place}: a matrix was expected here, not {kind}")
        least, span, rows, columns = struct.unpack_from("<ffii", self._data, self.place)
        steps = np.frombuffer(self._data, "<u2", rows * columns, self.place + 16)
        self.place += 16 + 2 * len(steps)
        values: Array = float(least) + float(span) / STEPS * steps.astype(np.float64).reshape(rows, columns)
        return values

    def _numbers(self, count: int) -> Array:
        values = np.frombuffer(self._data, "<f4", count, self.place).astype(np.float64)
        self.place += 4 * count
        return values


@dataclass
class Automaton:
    """A weighted finite-state transducer: states with final weights, arcs with an input label, an output label, a weight, a goal.

    Weights are costs; 0 as a label is epsilon, nothing.
    """

    finals: list[float | None] = field(default_factory=list)
    arcs: list[list[tuple[int, int, float, int]]] = field(default_factory=list)

    def state(self, final: float | None = None) -> int:
        """Adds a state; `final` is the cost of ending there, None forbids it."""
        self.finals.append(final)
        self.arcs.append([])
        return len(self.finals) - 1

    def arc(self, source: int, goal: int, label: int = 0, output: int = 0, weight: float = 0.0) -> None:
        """Adds an arc."""
        self.arcs[source].append((label, output, weight, goal))

    def write(self, path: Path, sort_by_output: bool) -> None:
        """Writes an OpenFst "vector" file with "standard" arcs, sorted by output or by input label; state 0 is the start."""
        order = 1 if sort_by_output else 0
        parts = [struct.pack("<i", 2125659606)]
        for name in (b"vector", b"standard"):
            parts.append(struct.pack("<i", len(name)) + name)
        parts.append(struct.pack("<iiQqqq", 2, 0, 3, 0, len(self.finals), sum(map(len, self.arcs))))
        for final, arcs in zip(self.finals, self.arcs, strict=True):
            parts.append(struct.pack("<fq", float("inf") if final is None else final, len(arcs)))
            parts += [struct.pack("<iifi", *arc) for arc in sorted(arcs, key=lambda arc: (arc[order], arc[1 - order]))]
        path.write_bytes(b"".join(parts))


def lines_of(values: Iterable[object]) -> str:
    """One value a line."""
    return "".join(f"{value}\n" for value in values)
