"""Functions of one value in a row. Rule E14 of ARITHMETIC.md."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers
from tinygen.ir import Call, Quantization
from tinygen.ops.unary import ALL_INT8, UnaryOperator


@dataclass(frozen=True, kw_only=True)
class Composition(UnaryOperator):
    """y = last(... second(first(x))): the integer result is that of the steps one by one. Input: x of any shape.

    `between` are the quantizations of what the steps but the last one give.
    """

    steps: tuple[UnaryOperator, ...]
    between: tuple[Quantization, ...]

    def function(self, x: NDArray) -> NDArray:
        for step in self.steps:
            x = step.function(x)
        return x

    def calls(self, call: Call) -> Iterator[Call]:
        """The steps as layers of their own."""
        outputs = [
            replace(call.output, name=f"{call.output.name}/{index}", quantization=quantization)
            for index, quantization in enumerate(self.between)
        ]
        tensors = [call.inputs[0], *outputs, call.output]
        for index, step in enumerate(self.steps):
            source, target = tensors[index : index + 2]
            node = replace(
                call.node,
                name=f"{call.node.name}/{index}",
                op=step,
                inputs=(source.name,),
                outputs=(target.name,),
            )
            yield replace(call, node=node, inputs=(source,), outputs=(target,), input_ranges=())

    def check_integer(self, call: Call) -> None:
        for step in self.calls(call):
            step.op.check_integer(step)

    def tflm_values(self, call: Call, q: Integers) -> Integers:
        return self._chained(call, q)

    def native_values(self, call: Call, q: Integers) -> Integers:
        return self._chained(call, q)

    def _chained(self, call: Call, q: Integers) -> Integers:
        """The tables of the steps, one applied to what the one before gives."""
        for step in self.calls(call):
            q = step.op.table(step)[q - ALL_INT8[0]].astype(np.int64)
        return q
