"""Blocks: the inputs of a run one after the other in one piece of memory, and the outputs in another.

That is how the firmware reads, passes and writes them, however many a model has.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Port:
    """A tensor of a block: its size and the multiple that its address must be, in bytes."""

    bytes: int
    alignment: int = 1


@dataclass(frozen=True, kw_only=True)
class Block:
    """Tensors one after the other, each at the next address that its type allows."""

    ports: tuple[Port, ...]

    @property
    def offsets(self) -> tuple[int, ...]:
        """Bytes from the begin of the block to each tensor."""
        offsets, end = [], 0
        for port in self.ports:
            offsets.append(-(-end // port.alignment) * port.alignment)
            end = offsets[-1] + port.bytes
        return tuple(offsets)

    @property
    def bytes(self) -> int:
        return self.offsets[-1] + self.ports[-1].bytes

    @property
    def alignment(self) -> int:
        """The multiple that the block's own address must be."""
        return max(port.alignment for port in self.ports)

    def pack(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """Arrays [samples, ...], one for each tensor, as int8 [samples, bytes]."""
        rows = np.zeros((len(arrays[0]), self.bytes), np.int8)
        for part, array in zip(self._parts(), arrays, strict=True):
            rows[:, part] = np.ascontiguousarray(array).reshape(len(rows), -1).view(np.int8)
        return rows

    def unpack(self, rows: np.ndarray, dtypes: Sequence[np.dtype | type]) -> list[np.ndarray]:
        """The arrays [samples, elements] of int8 [samples, bytes]."""
        return [
            np.ascontiguousarray(rows[:, part]).view(dtype)
            for part, dtype in zip(self._parts(), dtypes, strict=True)
        ]

    def _parts(self) -> Iterator[slice]:
        for offset, port in zip(self.offsets, self.ports, strict=True):
            yield slice(offset, offset + port.bytes)


def block_of(tensors: Sequence) -> Block:
    """The block of graph tensors."""
    return Block(ports=tuple(Port(bytes=t.bytes, alignment=t.dtype.bytes) for t in tensors))


def block_of_manifest(ports: Sequence[dict]) -> Block:
    """The block of the "inputs" or "outputs" of a manifest."""
    sizes = [np.dtype(port["type"]).itemsize for port in ports]
    return Block(
        ports=tuple(
            Port(bytes=int(np.prod(port["shape"])) * size, alignment=size)
            for port, size in zip(ports, sizes, strict=True)
        )
    )
