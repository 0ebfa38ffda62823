"""Bounds for schedules of rows: how few bytes are alive when a step runs, whatever came before it.

Before a step there is a set of steps that are done: with each all that it needs, the step's own needs included, and not
the step. The set with the fewest live bytes is a minimum cut: a row counts where the step that makes it is done and one
that reads it is not. Every schedule passes through such a set, so none needs less.
"""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from tinygen.planner.rows import RowGraph, RowLayer


def least_alive(graph: RowGraph) -> int:
    """Bytes that no schedule can do without, the scratch of the step that runs included."""
    net = _Net(graph)
    return max(
        (net.around(y, s) for y, layer in enumerate(graph.layers) for s in range(layer.steps)),
        default=0,
    )


class _Net:
    """The flow network: a node for each step and for each row that takes memory, then source and sink."""

    def __init__(self, graph: RowGraph) -> None:
        self.graph = graph
        starts = np.cumsum([0, *(layer.steps for layer in graph.layers)])
        self.start = [int(s) for s in starts]
        self.rows = list(self._rows())
        self.source = self.start[-1] + len(self.rows)
        self.endless = 1 + sum(size for _, _, size in self.rows)
        self.edges = [*self._needs(), *self._lives()]

    def _step(self, layer: int, step: int) -> int:
        return self.start[layer] + step

    def _rows(self) -> Iterator[tuple[int, int, int]]:
        """(tensor, row, bytes)."""
        for index, tensor in enumerate(self.graph.tensors):
            if tensor.padded_bytes:
                is_sum = index not in self.graph.present and self._layer_of(index).sums
                count = 1 if is_sum else tensor.rows
                yield from ((index, row, tensor.padded_bytes) for row in range(count))

    def _layer_of(self, tensor: int) -> RowLayer:
        return self.graph.layers[self.graph.producer[tensor]]

    def _makers(self, tensor: int, row: int) -> tuple[int, int]:
        """The steps that begin and complete a row."""
        producer, layer = self.graph.producer[tensor], self._layer_of(tensor)
        first = 0 if layer.sums else row // layer.rows_per_step
        last = layer.steps - 1 if layer.sums else first
        return self._step(producer, first), self._step(producer, last)

    def _needed(self, layer: RowLayer, step: int) -> Iterator[int]:
        """Steps that make the rows which a step reads; their layers work in order."""
        for read in layer.reads:
            if read.tensor not in self.graph.present:
                yield self._makers(read.tensor, read.last[step])[1]

    def _before(self, index: int, step: int) -> Iterator[int]:
        """Steps without which this one cannot be done."""
        yield from self._needed(self.graph.layers[index], step)
        if step:
            yield self._step(index, step - 1)

    def _needs(self) -> Iterator[tuple[int, int, int]]:
        """What is done has all done that it needs."""
        for index, layer in enumerate(self.graph.layers):
            for step in range(layer.steps):
                yield from (
                    (self._step(index, step), p, self.endless) for p in self._before(index, step)
                )

    def _lives(self) -> Iterator[tuple[int, int, int]]:
        """A row that is there counts unless all that read it are done; one that is kept always counts."""
        for node, (tensor, row, size) in enumerate(self.rows, self.start[-1]):
            there = tensor in self.graph.present
            yield self.source if there else self._makers(tensor, row)[0], node, size
            if tensor in self.graph.kept:
                yield node, self.source + 1, self.endless
            for layer, read in self.graph.readers[tensor]:
                steps = [
                    s
                    for s, (a, b) in enumerate(zip(read.first, read.last, strict=True))
                    if a <= row <= b
                ]
                if steps:
                    yield node, self._step(layer, steps[-1]), self.endless

    def around(self, index: int, step: int) -> int:
        """The fewest bytes alive before a step, with what it adds itself."""
        layer = self.graph.layers[index]
        own = [(self.source, p, self.endless) for p in self._before(index, step)]
        own.append((self._step(index, step), self.source + 1, self.endless))
        return self._cut([*self.edges, *own]) + layer.scratch_bytes + self._new_bytes(layer, step)

    def _new_bytes(self, layer: RowLayer, step: int) -> int:
        size = self.graph.tensors[layer.output].padded_bytes
        if any(self.graph.tensors[t].padded_bytes == size for t in layer.over):
            return 0  # the new rows may take the place of old ones
        if layer.sums:
            return size if step == 0 else 0
        left = self.graph.tensors[layer.output].rows - step * layer.rows_per_step
        return min(layer.rows_per_step, left) * size

    def _cut(self, edges: list[tuple[int, int, int]]) -> int:
        """The least total of edges that keep the source from the sink."""
        tails, heads, sizes = np.array(edges, np.int32).T
        nodes = self.source + 2
        network = csr_array((sizes, (tails, heads)), (nodes, nodes))
        return int(maximum_flow(network, self.source, self.source + 1).flow_value)
