"""Nodes, and the interface of the operators that they apply."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import NDArray

from tinygen.errors import UnsupportedError
from tinygen.fixedpoint import Arithmetic
from tinygen.ir.ranges import Range
from tinygen.ir.tensor import DType, Tensor

Arrays = NDArray | tuple[NDArray, ...]


class Operator(abc.ABC):
    """What a node computes: its attributes (a frozen dataclass) and its meaning.

    Subclasses live in `tinygen/ops`, one per file. Arrays given to and returned by the evaluators
    have the batch of the *data* at the front, which may be larger than the 1 of the tensors'
    shapes; every other dimension is the tensor's. A result is one array, or a tuple for several
    outputs.
    """

    keeps_bits: ClassVar[bool] = False
    """True where numbers are only chosen from: a float32 output is then no arithmetic in floating point."""

    @abc.abstractmethod
    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        """Return the output shapes; raise UnsupportedError for inputs it cannot take."""

    @abc.abstractmethod
    def evaluate_float(self, call: "Call", inputs: Sequence[NDArray]) -> Arrays:
        """Compute float32 outputs from float32 inputs (constants included)."""

    @abc.abstractmethod
    def evaluate_integer(self, call: "Call", inputs: Sequence[NDArray]) -> Arrays:
        """Compute quantized outputs from quantized inputs: THE definition of the C."""

    def check_integer(self, call: "Call") -> None:
        """Raise UnsupportedError for types or quantizations that it cannot take."""
        for tensor in (*call.activations, *call.outputs):
            call.expect_int8(tensor)

    def macs(self, call: "Call") -> int:
        """Multiply-accumulates of one inference."""
        return 0

    def output_ranges(self, call: "Call", inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        """Bounds of the integer outputs, given bounds of the inputs (None: a constant).

        The default is what the element type can hold. Bounds must be safe; tight is better.
        """
        return tuple(Range.full(t.channels) for t in call.outputs)

    @classmethod
    def label(cls) -> str:
        """The operator's name for people: the class's."""
        return cls.__name__


@dataclass(frozen=True, kw_only=True)
class Node:
    """One application of an operator. `inputs` and `outputs` name tensors of the graph."""

    name: str
    op: Operator
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Call:
    """A node with its tensors: what evaluators, range analysis and kernel selection work on.

    `input_ranges` are the bounds of the inputs that the analysis of a graph found; empty where nobody has asked it.
    """

    node: Node
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    arithmetic: Arithmetic
    input_ranges: tuple[Range | None, ...] = ()

    def input_range(self, index: int) -> Range:
        """Bounds of an input per channel: what the analysis of the graph found, else all of int8."""
        known = self.input_ranges[index] if self.input_ranges else None
        return Range.full(self.inputs[index].channels) if known is None else known

    @property
    def op(self) -> Operator:
        return self.node.op

    @property
    def output(self) -> Tensor:
        """The only output of a node that has one."""
        (tensor,) = self.outputs
        return tensor

    @property
    def activations(self) -> tuple[Tensor, ...]:
        """The inputs that are computed at run time."""
        return tuple(t for t in self.inputs if not t.is_constant)

    def expect_int8(self, tensor: Tensor) -> None:
        """Raise UnsupportedError unless a tensor is int8 with one scale and an int8 zero point."""
        q = tensor.quantization
        per_tensor = q is not None and q.axis is None
        if tensor.dtype is not DType.INT8 or not per_tensor or not -128 <= q.zero_point <= 127:
            raise self.unsupported(
                f"'{tensor.name}' is {tensor.describe()}",
                "int8 with one scale and a zero point from -128 to 127",
            )

    def unsupported(self, what: str, supported: str) -> UnsupportedError:
        """An error that names this node's operator and layer."""
        return UnsupportedError(
            what=f"{self.op.label()}: {what}",
            where=f"layer '{self.node.name}'",
            next_step=f"supported: {supported}",
        )
