"""The integer reference against TFLite Micro's interpreter, bit for bit, on generated models."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.networks import residual_network
from tests.oracle import run_tflm, to_tflite
from tests.strategies import DETERMINISTIC, FLOAT_ONLY, QUICK, inputs_for, one_op_graph
from tinygen import ops, reference
from tinygen.ir import Graph, Operator
from tinygen.ops.activation import Activation
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.curve import Curve
from tinygen.ops.extreme import Maximum, Minimum
from tinygen.ops.pool import PoolOperator
from tinygen.ops.prelu import Prelu
from tinygen.ops.quantization_rules import SameQuantization
from tinygen.ops.relu import Relu
from tinygen.ops.squared_difference import SquaredDifference
from tinygen.ops.tile import Tile
from tinygen.ops.transpose_conv2d import TransposeConv2D
from tinygen.ops.window import Padding, same_padding

NOT_IN_TFLM: dict[type[Operator], str] = {
    Curve: "its functions are those of Keras; tests/importers/test_keras_functions.py",
    Tile: "its interpreter does not know TILE; tests/importers/test_tflite_operators.py",
}
"""Operators with an integer form that TFLite Micro does not have, and why not tested here."""

WITHOUT_ACTIVATION = (Maximum, Minimum, Prelu, SquaredDifference)

TESTED = [op for op in ops.REGISTRY.values() if op not in FLOAT_ONLY and op not in NOT_IN_TFLM]


def reason_against(graph: Graph) -> str | None:
    """Why TFLite Micro cannot run a graph of one operator; None if it can."""
    (call,) = graph.calls()
    op = call.op
    if isinstance(op, WITHOUT_ACTIVATION) and op.activation is not Activation.NONE:
        return f"{op.label()} has no activation in a .tflite file"
    if isinstance(op, Prelu) and call.inputs[0].shape != call.output.shape:
        return "PRELU repeats its slopes, not its input"
    if isinstance(op, Relu) and op.bounds is Activation.RELU_N1_TO_1:
        return "TFLite Micro has no RELU_N1_TO_1"
    if isinstance(op, AveragePool2D):
        same = same_padding(call.inputs[0].shape[1:3], op.kernel, op.stride)
        if op.padding not in (Padding(), same):
            return "AVERAGE_POOL_2D is padded SAME or VALID"
    if isinstance(op, TransposeConv2D):
        same = same_padding(op.size, call.inputs[1].shape[1:3], op.stride)
        if op.offset not in ((same.top, same.left), (0, 0)):
            return "TRANSPOSE_CONV is padded SAME or VALID"
    return None


def _moves_only(op_class: type[Operator]) -> bool:
    """Operators that choose among bytes have no roundings to look for."""
    return issubclass(op_class, SameQuantization) and not issubclass(op_class, PoolOperator)


@pytest.mark.parametrize("op_class", TESTED, ids=lambda op: op.label())
def test_reference_is_tflm(op_class: type[Operator]) -> None:
    @(QUICK if _moves_only(op_class) else DETERMINISTIC)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        _compare(data.draw(one_op_graph(op_class)))

    check()


def _compare(graph: Graph) -> None:
    assume(reason_against(graph) is None)
    inputs = inputs_for(graph, 8)
    (expected,) = run_tflm(to_tflite(graph), *inputs.values())
    actual = reference.run(graph, inputs)["y"]
    np.testing.assert_array_equal(actual, expected.reshape(actual.shape), err_msg=str(graph))


@pytest.mark.parametrize("seed", range(5))
def test_a_network_is_tflm(seed: int) -> None:
    graph = residual_network(seed)
    x = inputs_for(graph, 16, seed)
    names = ("sum", "scores", "classes")
    graph = graph.replace(outputs=names)
    expected = run_tflm(to_tflite(graph), *x.values())
    actual = reference.run(graph, x)
    for name, values in zip(names, expected, strict=True):
        np.testing.assert_array_equal(actual[name], values, err_msg=name)
        assert len(np.unique(values)) > 8, "a network that says nothing tests nothing"
