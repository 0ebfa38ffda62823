"""Transpositions that are reshapes or cancel each other, and a PAD that a reshape keeps from its window."""

import numpy as np
import pytest

from tests.strategies import activation_tensor, inputs_for
from tinygen import passes, reference
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, Node, Operator, Quantization, Tensor, verify
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.pad import Pad
from tinygen.ops.reshape import Reshape
from tinygen.ops.tanh import Tanh
from tinygen.ops.transpose import Transpose

Q = Quantization.per_tensor(1 / 128, 0)


def chain(shape: tuple[int, ...], *ops: Operator) -> Graph:
    """Operators one after the other, all with Tanh's quantization; a Conv2D has weights of 2 x 3 cells."""
    x = activation_tensor("x", shape, Q)
    tensors, nodes, at = {"x": x}, [], x
    for i, op in enumerate(ops):
        inputs = [at]
        if isinstance(op, Conv2D):
            data = np.random.default_rng(i).integers(-9, 9, (2, 1, 3, at.channels)).astype(np.int8)
            inputs.append(
                Tensor(name=f"w{i}", shape=data.shape, dtype=DType.INT8, quantization=Q, data=data)
            )
        y = activation_tensor(f"y{i}", op.infer_shapes(inputs)[0], Q)
        tensors |= {t.name: t for t in (*inputs, y)}
        names = tuple(t.name for t in inputs)
        nodes.append(Node(name=f"n{i}", op=op, inputs=names, outputs=(y.name,)))
        at = y
    graph = Graph(
        name="chain",
        tensors=tensors,
        nodes=tuple(nodes),
        inputs=("x",),
        outputs=(at.name,),
        arithmetic=Arithmetic.TFLM,
    )
    return verify(graph)


TURN, BACK = Transpose(permutation=(0, 3, 1, 2)), Transpose(permutation=(0, 2, 3, 1))
PAD_SIGNAL = Pad(paddings=((0, 0), (2, 0), (0, 0)))


@pytest.mark.parametrize(
    ("graph", "left"),
    [
        (chain((1, 2, 3, 4), TURN, BACK, Tanh()), ["Tanh"]),
        (chain((1, 2, 3, 4), TURN, TURN, Tanh()), ["Transpose", "Tanh"]),
        (chain((1, 2, 3, 4), TURN, Tanh(), BACK), ["Transpose", "Tanh", "Transpose"]),
        (chain((1, 1, 3, 4), Transpose(permutation=(0, 2, 1, 3)), Tanh()), ["Reshape", "Tanh"]),
        (chain((1, 9, 4), PAD_SIGNAL, Reshape(shape=(1, 1, 11, 4)), Conv2D()), ["Reshape", "Conv2D"]),
        (chain((1, 9, 4), PAD_SIGNAL, Reshape(shape=(1, 4, 11)), Tanh()), ["Pad", "Reshape", "Tanh"]),
    ],
    ids=["pair", "two", "apart", "ones", "padding", "mixing"],
)  # fmt: skip
def test_what_is_left_and_its_bytes(graph, left):
    optimized = passes.optimize(graph)
    assert [node.op.label() for node in optimized.nodes] == left
    inputs = inputs_for(graph, 6)
    y = reference.run(graph, inputs)[graph.outputs[0]]
    np.testing.assert_array_equal(reference.run(optimized, inputs)[optimized.outputs[0]], y)
