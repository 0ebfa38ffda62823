"""Range analysis: no output leaves its bounds, and inputs exist that reach them."""

import functools
import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.strategies import FLOAT_ONLY, QUICK, one_op_graph
from tinygen import ops, reference
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call, Graph, Operator, Range, Tensor
from tinygen.ops.batch_matmul import BatchMatmul
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.prelu import Prelu
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.softmax import Softmax
from tinygen.ops.squared_difference import SquaredDifference
from tinygen.ops.transpose_conv2d import TransposeConv2D
from tinygen.ops.unary import UnaryOperator

LOOSE: dict[type[Operator], str] = {
    Softmax: "its bounds are all of int8",
    TransposeConv2D: "its bounds cover pixels at the border and inside together",
    BatchMatmul: "its bounds are all of int8",
    SquaredDifference: "its bound below is that of squares of any numbers",
    Prelu: "it bends at 0, which need not be an end of its input",
}
"""Operators whose bounds need not be reached, and why."""

INTEGER_OPS = [op for op in ops.REGISTRY.values() if op not in FLOAT_ONLY]
REACHED_OPS = [op for op in INTEGER_OPS if op not in LOOSE]
WEIGHTED_OPS = [op for op in REACHED_OPS if issubclass(op, WeightedOperator)]
TIGHT_OPS = [op for op in REACHED_OPS if op not in WEIGHTED_OPS]

both_arithmetics = pytest.mark.parametrize("arithmetic", Arithmetic, ids=lambda a: a.value)
seeds = st.integers(0, 2**32 - 1)


def random_ranges(graph: Graph, seed: int) -> dict[str, Range]:
    """Bounds for the inputs of a graph, per channel: whole int8, narrow, or a single value."""
    rng = np.random.default_rng(seed)
    ranges = {}
    for tensor in graph.input_tensors:
        ends = rng.integers(-128, 128, (2, tensor.channels))
        kind = rng.integers(0, 4, tensor.channels)
        low = np.where(kind == 0, -128, ends.min(0))
        high = np.where(kind == 0, 127, np.where(kind == 1, low, ends.max(0)))
        ranges[tensor.name] = Range(low=low, high=high)
    return ranges


def output_range(graph: Graph, ranges: dict[str, Range]) -> Range:
    (call,) = graph.calls()
    (result,) = call.op.output_ranges(call, [ranges.get(t.name) for t in call.inputs])
    return result


def outputs(graph: Graph, inputs: dict[str, NDArray]) -> NDArray[np.int8]:
    (call,) = graph.calls()
    if isinstance(call.op, UnaryOperator):  # all samples at once, whatever their shape
        return call.op.evaluate_integer(call, [inputs["x"]])
    return reference.run(graph, inputs)["y"]


def observed(graph: Graph, inputs: dict[str, NDArray]) -> Range:
    """Least and largest output per channel."""
    y = outputs(graph, inputs).astype(np.int64)
    flat = y.reshape(-1, graph.tensors["y"].channels)
    return Range(low=flat.min(0), high=flat.max(0))


def levels(graph: Graph, ranges: dict[str, Range], values: Sequence[int]) -> dict[str, NDArray]:
    """One sample for each combination of values of the inputs: all elements of an input are its value, or the end
    of their range next to it.
    """
    combinations = zip(*itertools.product(values, repeat=len(graph.inputs)), strict=True)

    def sample(tensor: Tensor, q: int) -> NDArray:
        r = ranges[tensor.name]
        return np.broadcast_to(np.clip(q, r.low, r.high), tensor.shape).astype(np.int8)

    return {
        tensor.name: np.concatenate([sample(tensor, q) for q in column])
        for tensor, column in zip(graph.input_tensors, combinations, strict=True)
    }


@pytest.mark.parametrize("op_class", INTEGER_OPS, ids=lambda op: op.label())
@both_arithmetics
@QUICK
@given(data=st.data(), seed=seeds)
def test_outputs_stay_in_their_bounds(
    op_class: type[Operator], arithmetic: Arithmetic, data: st.DataObject, seed: int
) -> None:
    graph = data.draw(one_op_graph(op_class, arithmetic))
    ranges, rng = random_ranges(graph, seed), np.random.default_rng(seed)
    inputs = {}
    for t in graph.input_tensors:
        r, shape = ranges[t.name], (10, *t.shape)
        random = rng.integers(np.broadcast_to(r.low, shape), np.broadcast_to(r.high, shape) + 1)
        ends = np.where(rng.random(shape) < 0.5, r.low, r.high)
        both = np.concatenate([random, ends]).astype(np.int8)
        inputs[t.name] = both.reshape((-1, *t.shape[1:]))
    bounds, seen = output_range(graph, ranges), observed(graph, inputs)
    assert (bounds.low <= seen.low).all(), str(graph)
    assert (seen.high <= bounds.high).all(), str(graph)
    assert bounds.low.min() >= -128
    assert bounds.high.max() <= 127


@pytest.mark.parametrize("op_class", TIGHT_OPS, ids=lambda op: op.label())
@both_arithmetics
@QUICK
@given(data=st.data(), seed=seeds)
def test_bounds_are_reached(
    op_class: type[Operator], arithmetic: Arithmetic, data: st.DataObject, seed: int
) -> None:
    graph = data.draw(one_op_graph(op_class, arithmetic))
    ranges = random_ranges(graph, seed)
    # functions of one value need not be monotone; the others are
    values = range(-128, 128) if issubclass(op_class, UnaryOperator) else (-128, 127)
    bounds, seen = output_range(graph, ranges), observed(graph, levels(graph, ranges, values))
    np.testing.assert_array_equal(seen.low, bounds.low, err_msg=str(graph))
    np.testing.assert_array_equal(seen.high, bounds.high, err_msg=str(graph))


@functools.singledispatch
def seen_weights(op: Operator, call: Call, o: int) -> NDArray:
    """The weight of every input cell in the output channel o of the first pixel: input's shape."""
    raise NotImplementedError(op.label())


@seen_weights.register
def _(op: Conv2D, call: Call, o: int) -> NDArray:
    x, weights = call.inputs[0], call.inputs[1].data.astype(np.int64)
    result = np.zeros(x.shape, np.int64)
    per_group = weights.shape[3]
    first = o // (weights.shape[0] // op.groups(call)) * per_group
    for ky, kx, i in np.ndindex(*weights.shape[1:]):
        result[0, ky * op.dilation[0], kx * op.dilation[1], first + i] = weights[o, ky, kx, i]
    return result


@seen_weights.register
def _(op: DepthwiseConv2D, call: Call, o: int) -> NDArray:
    x, weights = call.inputs[0], call.inputs[1].data.astype(np.int64)
    result = np.zeros(x.shape, np.int64)
    for ky, kx in np.ndindex(*weights.shape[1:3]):
        cell = (0, ky * op.dilation[0], kx * op.dilation[1], o // op.multiplier(call))
        result[cell] = weights[0, ky, kx, o]
    return result


@seen_weights.register
def _(op: FullyConnected, call: Call, o: int) -> NDArray:
    weights = call.inputs[1]
    w = weights.data[o].astype(np.int64) - weights.quantization.zero_points[0]
    return np.broadcast_to(w, call.inputs[0].shape)


@pytest.mark.parametrize("op_class", WEIGHTED_OPS, ids=lambda op: op.label())
@both_arithmetics
@QUICK
@given(data=st.data(), seed=seeds)
def test_bounds_of_weighted_operators_are_reached(
    op_class: type[Operator], arithmetic: Arithmetic, data: st.DataObject, seed: int
) -> None:
    graph = data.draw(one_op_graph(op_class, arithmetic))
    (call,) = graph.calls()
    # with padding the bounds cover pixels at the border and inside together, which no one pixel is
    assume(not hasattr(call.op, "padding") or call.op.padding.is_zero)
    ranges = random_ranges(graph, seed)
    r, x = ranges["x"], call.inputs[0]
    bounds = output_range(graph, ranges)
    for o in range(call.output.channels):
        w = seen_weights(call.op, call, o)
        least, most = np.where(w > 0, r.low, r.high), np.where(w > 0, r.high, r.low)
        samples = np.concatenate([least, most]).astype(np.int8).reshape((-1, *x.shape[1:]))
        seen = observed(graph, {"x": samples})
        assert (seen.low[o], seen.high[o]) == (bounds.low[o], bounds.high[o]), str(graph)


@pytest.mark.parametrize("op_class", [op for op in INTEGER_OPS if issubclass(op, UnaryOperator)])
@QUICK
@given(data=st.data())
def test_tables_are_what_is_evaluated(op_class: type[Operator], data: st.DataObject) -> None:
    graph = data.draw(one_op_graph(op_class))
    (call,) = graph.calls()
    whole = {"x": Range.full(call.inputs[0].channels)}
    y = outputs(graph, levels(graph, whole, range(-128, 128))).reshape(256, -1)
    np.testing.assert_array_equal(y, np.broadcast_to(call.op.table(call)[:, None], y.shape))
