"""A transposed convolution becomes plain ones, which have fast kernels, and their outputs are interleaved.

With stride s the outputs p, p + s, p + 2s, ... of an axis all see every s-th tap, so that they are a convolution with
stride 1: a phase. The phases of a column lie side by side after a concatenation of channels, those of a row after one
of columns; to the next layer that is the image. Where all phases of the columns see the same inputs, one convolution
computes them as channels.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Graph, Node, Operator, Quantization, Tensor
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.crop import Crop
from tinygen.ops.reshape import Reshape
from tinygen.ops.transpose_conv2d import Phase, TransposeConv2D
from tinygen.ops.window import Padding
from tinygen.passes.rewrite import Pass, fresh_name, substitute

NO_TAP = -1
"""Stands for the taps of a phase that has none: a stride beyond the kernel."""


def split_transposed(graph: Graph) -> Graph:
    for call in graph.calls():
        if isinstance(call.op, TransposeConv2D):
            graph = _split(graph, call)
    return graph


@dataclass(frozen=True, kw_only=True)
class _Axis:
    """A phase as a convolution along one axis: its taps in the order of the inputs, padding, and number of outputs."""

    taps: tuple[int, ...]
    before: int
    after: int


def _axis(phase: Phase, inputs: int, outputs: int) -> _Axis | None:
    """None where inputs at an end of the axis do not count, which no padding can say."""
    taps = tuple(reversed(phase.taps)) or (NO_TAP,)
    before = len(taps) - 1 - phase.start if len(phase.taps) else 0
    after = outputs + len(taps) - 1 - before - inputs
    return None if min(before, after) < 0 else _Axis(taps=taps, before=before, after=after)


def _axes(call: Call, axis: int) -> list[_Axis | None]:
    """The phases of an axis, all with as many outputs: the last cells of the output may be none of its own."""
    op, x, weights = call.op, call.inputs[0], call.inputs[1]
    outputs = -(-op.size[axis] // op.stride[axis])
    phases = op.phases(weights.shape[1:3], axis)
    return [_axis(phase, x.shape[1 + axis], outputs) for phase in phases]


def _split(graph: Graph, call: Call) -> Graph:
    rows, columns = _axes(call, 0), _axes(call, 1)
    whole = all(len(found) == s for found, s in zip((rows, columns), call.op.stride, strict=True))
    if None in rows or None in columns or not whole or call.inputs[0].shape[0] != 1:
        return graph
    builder = _Builder(graph=graph, call=call)
    lines = [_line(builder, row, columns) for row in rows]
    builder.interleave(lines)
    return substitute(graph, call.node, builder.nodes, tuple(builder.tensors.values()))


def _line(builder: "_Builder", row: _Axis, columns: Sequence[_Axis]) -> Tensor:
    """Every stride-th row of the output: phases of the columns side by side in each pixel."""
    places = {(len(c.taps), c.before, c.after) for c in columns}
    if len(places) == 1:
        return builder.convolution(row, columns)
    parts = [builder.convolution(row, [column]) for column in columns]
    return builder.node(Concatenate(axis=3), parts, "columns")


class _Builder:
    """The nodes that take the place of one, and their tensors; the last one makes its output."""

    def __init__(self, graph: Graph, call: Call) -> None:
        self.graph, self.call = graph, call
        self.nodes: list[Node] = []
        self.tensors: dict[str, Tensor] = {}

    def convolution(self, row: _Axis, columns: Sequence[_Axis]) -> Tensor:
        """The phases of these columns, one after the other in the channels."""
        x, weights, *biases = self.call.inputs
        cells = [_cells(weights.data, row.taps, column.taps) for column in columns]
        inputs = [x, self._constant("weights", weights, np.concatenate(cells))]
        inputs += [self._constant("bias", b, np.tile(b.data, len(columns))) for b in biases]
        sides = {"left": columns[0].before, "right": columns[0].after}
        padding = Padding(top=row.before, bottom=row.after, **sides)
        return self.node(
            Conv2D(activation=self.call.op.activation, padding=padding), inputs, "phase"
        )

    def interleave(self, lines: Sequence[Tensor]) -> None:
        """Rows that follow each other, without what the output does not have."""
        y = self.call.output
        (n, height, width, _), (sh, sw) = lines[0].shape, self.call.op.stride
        image = lines[0] if sh == 1 else self.node(Concatenate(axis=2), lines, "rows")
        shape = (n, sh * height, sw * width, y.channels)
        if image.shape != shape:
            image = self.node(Reshape(shape=shape), [image], "image")
        if image.shape != y.shape:
            crops = tuple((0, a - b) for a, b in zip(image.shape, y.shape, strict=True))
            self.node(Crop(crops=crops), [image], "cropped")
        last = dataclasses.replace(self.nodes[-1], name=self.call.node.name, outputs=(y.name,))
        self.nodes[-1] = last

    def node(self, op: Operator, inputs: Sequence[Tensor], part: str) -> Tensor:
        (shape,) = op.infer_shapes(inputs)
        y = self._keep(dataclasses.replace(self.call.output, name=self._name(part), shape=shape))
        names = tuple(t.name for t in inputs)
        self.nodes.append(Node(name=y.name, op=op, inputs=names, outputs=(y.name,)))
        return y

    def _constant(self, part: str, like: Tensor, data: NDArray) -> Tensor:
        """A constant in the place of another, whose first axis it repeats."""
        times = len(data) // len(like.data)
        return self._keep(
            dataclasses.replace(
                like,
                name=self._name(part),
                shape=data.shape,
                data=np.ascontiguousarray(data),
                quantization=_repeated(like.quantization, times),
            )
        )

    def _name(self, part: str) -> str:
        return fresh_name(self.graph, f"{self.call.node.name}/{part}", self.tensors)

    def _keep(self, tensor: Tensor) -> Tensor:
        self.tensors[tensor.name] = tensor
        return tensor


def _cells(weights: NDArray, rows: Sequence[int], columns: Sequence[int]) -> NDArray:
    """The weights [O, KH, KW, I] of these taps; zeros for an axis that has none."""
    if NO_TAP in rows or NO_TAP in columns:
        outputs, _, _, inputs = weights.shape
        return np.zeros((outputs, len(rows), len(columns), inputs), weights.dtype)
    return weights[:, rows][:, :, columns]


def _repeated(quantization: Quantization | None, times: int) -> Quantization | None:
    """That of channels which come several times along the first axis."""
    if quantization is None or quantization.axis is None:
        return quantization
    return dataclasses.replace(
        quantization,
        scales=quantization.scales * times,
        zero_points=quantization.zero_points * times,
    )


PASS = Pass(name="split transposed convolutions", run=split_transposed, exact=True)
