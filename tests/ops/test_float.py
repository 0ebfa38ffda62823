"""The float reference against plain loops, and the integer reference against the float one."""

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.ops import naive
from tests.strategies import FLOAT_ONLY, QUICK, inputs_for, one_op_graph
from tinygen import ops, reference
from tinygen.errors import UnsupportedError
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call, DType, Graph, Node, Operator, Quantization, Tensor, verify
from tinygen.ops.batch_normalization import BatchNormalization
from tinygen.ops.composition import Composition
from tinygen.ops.logistic import Logistic, saturation_radius
from tinygen.ops.resize_bilinear import ResizeBilinear
from tinygen.ops.tanh import Tanh

INTEGER_OPS = [op for op in ops.REGISTRY.values() if op not in FLOAT_ONLY]

by_operator = pytest.mark.parametrize("op_class", INTEGER_OPS, ids=lambda op: op.label())


def real(q: NDArray, quantization: Quantization, channel_axis: int = -1) -> NDArray[np.float32]:
    """What integers stand for."""
    shape = [1] * q.ndim
    shape[channel_axis] = len(quantization.scales)
    scales = np.array(quantization.scales).reshape(shape)
    return ((q.astype(np.float64) - quantization.zero_points[0]) * scales).astype(np.float32)


def float_graph(graph: Graph) -> Graph:
    """The graph of one node on the real numbers that its integers stand for."""
    (call,) = graph.calls()
    tensors = []
    for i, tensor in enumerate((*call.inputs, *call.outputs)):
        data = tensor.data
        if tensor.dtype is DType.INT32:
            weights = call.inputs[1].quantization
            scales = call.inputs[0].quantization.scale * np.array(weights.scales)
            data = (data * scales).astype(np.float32)
        elif data is not None:
            data = real(
                data, tensor.quantization, call.op.channel_axis() if _is_weights(call, i) else -1
            )
        tensors.append(
            dataclasses.replace(tensor, dtype=DType.FLOAT32, quantization=None, data=data)
        )
    return verify(graph.replace(tensors={t.name: t for t in tensors}))


def _is_weights(call: Call, index: int) -> bool:
    return index == 1 and hasattr(call.op, "channel_axis")


@by_operator
@QUICK
@given(data=st.data())
def test_float_reference_is_the_formula(op_class: type[Operator], data: st.DataObject) -> None:
    integer = data.draw(one_op_graph(op_class))
    graph = float_graph(integer)
    (call,) = graph.calls()
    samples = {
        t.name: real(inputs_for(integer, 6)[t.name], t.quantization) for t in integer.input_tensors
    }
    actual = reference.run(graph, samples)["y"]
    assert actual.dtype == np.float32
    pieces = [x.reshape((-1, *graph.tensors[name].shape)) for name, x in samples.items()]
    for sample, y in zip(zip(*pieces, strict=True), np.split(actual, 6), strict=True):
        values = dict(zip(samples, sample, strict=True))
        inputs = [(values[t.name] if t.data is None else t.data).astype(float) for t in call.inputs]
        expected = naive.evaluate(call.op, call, inputs)
        largest = max(1e-30, *(float(np.abs(x).max()) for x in (*inputs, expected)))
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5 * largest)


ROUNDED_ONCE = [op for op in INTEGER_OPS if op is not Composition]
"""What is between the steps of a Composition may be coarse; tests/passes compares it step by step."""


@pytest.mark.parametrize("op_class", ROUNDED_ONCE, ids=lambda op: op.label())
@pytest.mark.parametrize("arithmetic", Arithmetic, ids=lambda a: a.value)
@QUICK
@given(data=st.data())
def test_integer_reference_is_close_to_float(
    op_class: type[Operator], arithmetic: Arithmetic, data: st.DataObject
) -> None:
    graph = data.draw(one_op_graph(op_class, arithmetic))
    assume(op_class is not ResizeBilinear or has_exact_positions(graph))
    inputs = inputs_for(graph, 6)
    y = reference.run(graph, inputs)["y"].astype(np.float64)
    floats = {t.name: real(inputs[t.name], t.quantization) for t in graph.input_tensors}
    out = graph.tensors["y"].quantization
    expected = reference.run(float_graph(graph), floats)["y"] / out.scale + out.zero_point
    difference = np.abs(y - np.clip(expected, -128, 127))
    if arithmetic is Arithmetic.TFLM and op_class in (Logistic, Tanh):
        # rule E9: with a coarse input scale TFLite Micro saturates too early
        (call,) = graph.calls()
        x = call.inputs[0].quantization
        v = inputs["x"].astype(np.int64) - x.zero_point
        difference = np.where(np.abs(v) < saturation_radius(x.scale), difference, 0.0)
    assert difference.max() <= 1.01, str(graph)


def has_exact_positions(graph: Graph) -> bool:
    """Whether the 10 bits of rule D6 hold the positions; what they leave out grows from cell to cell."""
    (call,) = graph.calls()
    pairs = zip(call.inputs[0].shape[1:3], call.op.size, strict=True)
    return not call.op.aligned and all(512 * length % made == 0 for length, made in pairs)


def _normalization(**changes: Tensor) -> Graph:
    rng = np.random.default_rng(1)
    x = Tensor(name="x", shape=(1, 3, 4, 5), dtype=DType.FLOAT32)
    parameters = {
        name: Tensor(name=name, shape=(5,), dtype=DType.FLOAT32, data=data.astype(np.float32))
        for name, data in {
            "gamma": rng.normal(size=5),
            "beta": rng.normal(size=5),
            "mean": rng.normal(size=5),
            "variance": rng.random(5),
        }.items()
    }
    tensors = {"x": x, **parameters, "y": dataclasses.replace(x, name="y"), **changes}
    node = Node(
        name="bn",
        op=BatchNormalization(epsilon=0.01),
        inputs=("x", *parameters),
        outputs=("y",),
    )
    return Graph(name="g", tensors=tensors, nodes=(node,), inputs=("x",), outputs=("y",))


def test_batch_normalization() -> None:
    graph = verify(_normalization())
    x = np.random.default_rng(2).normal(size=(7, 3, 4, 5)).astype(np.float32)
    y = reference.run(graph, {"x": x})["y"]
    gamma, beta, mean, variance = (t.data for t in graph.calls()[0].inputs[1:])
    for c in range(5):
        standard = (x[..., c] - mean[c]) / np.sqrt(variance[c] + np.float32(0.01))
        np.testing.assert_allclose(y[..., c], gamma[c] * standard + beta[c], rtol=1e-4, atol=1e-5)


def test_batch_normalization_has_no_integer_form() -> None:
    q = Quantization.per_tensor(0.1, 0)
    quantized = {
        name: Tensor(name=name, shape=(1, 3, 4, 5), dtype=DType.INT8, quantization=q)
        for name in ("x", "y")
    }
    graph = _normalization(**quantized)
    with pytest.raises(UnsupportedError, match="folded"):
        verify(graph)
    with pytest.raises(UnsupportedError, match="folded"):
        reference.run(graph, {"x": np.zeros((1, 3, 4, 5), np.int8)})


def test_batch_normalization_refuses_a_variance_that_is_not_positive() -> None:
    data = np.array([1, 1, -0.01, 1, 1], np.float32)
    variance = Tensor(name="variance", shape=(5,), dtype=DType.FLOAT32, data=data)
    with pytest.raises(UnsupportedError, match="variance"):
        verify(_normalization(variance=variance))
