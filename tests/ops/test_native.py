"""The native arithmetic against exact rational numbers, as ARITHMETIC.md defines it."""

import decimal
import functools
import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops import naive
from tests.strategies import DETERMINISTIC, QUICK, inputs_for, one_op_graph
from tinygen import ops, reference
from tinygen.fixedpoint import Arithmetic, quantize_multiplier
from tinygen.ir import Call, Graph, Operator
from tinygen.ops.absolute import Absolute
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.batch_matmul import BatchMatmul
from tinygen.ops.composition import Composition
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.crop import Crop
from tinygen.ops.curve import Curve
from tinygen.ops.elu import Elu
from tinygen.ops.extreme import Maximum, Minimum
from tinygen.ops.float_curve import FloatCurve
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.leaky_relu import LeakyRelu
from tinygen.ops.logistic import Logistic
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.mul import Mul
from tinygen.ops.pad import Pad
from tinygen.ops.prelu import Prelu
from tinygen.ops.real_functions import (
    SELU_ALPHA,
    SELU_SCALE,
    BentRelu,
    Clip,
    Line,
    Named,
    RealFunction,
)
from tinygen.ops.reduce_extreme import ReduceMaximum, ReduceMinimum
from tinygen.ops.relu import Relu
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape
from tinygen.ops.resize_bilinear import ResizeBilinear
from tinygen.ops.rsqrt import Rsqrt
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.softmax import Softmax
from tinygen.ops.squared_difference import SquaredDifference
from tinygen.ops.strided_slice import StridedSlice
from tinygen.ops.sub import Sub
from tinygen.ops.sum import Sum
from tinygen.ops.tanh import Tanh
from tinygen.ops.tile import Tile
from tinygen.ops.transpose import Transpose
from tinygen.ops.unary import UnaryOperator
from tinygen.ops.upsampling2d import UpSampling2D

NATIVE = Arithmetic.NATIVE

WEIGHTED = [op for op in ops.REGISTRY.values() if issubclass(op, WeightedOperator)]
UNARY = [
    op
    for op in ops.REGISTRY.values()
    if issubclass(op, UnaryOperator)
    and op is not Composition  # tests/passes/test_compose_unaries.py
]
AS_TFLM = [
    *(AveragePool2D, MaxPool2D, Softmax),
    *(Concatenate, Crop, Pad, Reshape, ResizeBilinear, UpSampling2D),
    *(Maximum, Minimum, Prelu, SquaredDifference, ReduceMaximum, ReduceMinimum),
    *(StridedSlice, Tile, Transpose),
]
"""Operators that mean the same in both arithmetics."""

labels = {"ids": lambda op: op.label()}


def half_up(x: Fraction) -> int:
    return math.floor(x + Fraction(1, 2))


def half_away(x: Fraction) -> int:
    return half_up(x) if x >= 0 else -half_up(-x)


def fixed_point(factor: float) -> Fraction:
    """Rule A1: the multiplier that stands for a factor, as the number that it is."""
    m = quantize_multiplier(factor)
    return Fraction(m.value) * Fraction(2) ** (m.shift - 31)


def run(graph: Graph, n: int) -> tuple[Call, list[dict], list[np.ndarray]]:
    """The call, n samples and their outputs, sample by sample."""
    inputs = inputs_for(graph, n)
    y = reference.run(graph, inputs)["y"]
    (call,) = graph.calls()
    pieces = {name: np.split(x, n) for name, x in inputs.items()}
    samples = [{name: p[i] for name, p in pieces.items()} for i in range(n)]
    return call, samples, np.split(y, n)


def test_every_operator_is_tested_here() -> None:
    here = {*WEIGHTED, *UNARY, *AS_TFLM, Add, BatchMatmul, Composition, Mean, Mul, Sub, Sum}
    assert here == {op for op in ops.REGISTRY.values() if op.label() != "BatchNormalization"}


@pytest.mark.parametrize("op_class", WEIGHTED, **labels)
@QUICK
@given(data=st.data())
def test_weighted_operators_round_once(op_class: type[Operator], data: st.DataObject) -> None:
    call, samples, outputs = run(data.draw(one_op_graph(op_class, NATIVE)), 3)
    x, weights = (t.quantization for t in call.inputs[:2])
    out = call.output.quantization
    low, high = call.op.activation.integer_bounds(out)
    w = call.inputs[1].data.astype(np.int64) - weights.zero_points[0]
    bias = call.op.bias(call).astype(np.int64)
    for sample, y in zip(samples, outputs, strict=True):
        acc = naive.accumulate(call.op, call, sample["x"].astype(np.int64) - x.zero_point, w) + bias
        for index in np.ndindex(*acc.shape):
            scale = weights.scales[index[-1] if weights.axis is not None else 0]
            if weights.axis is None and len(call.inputs[1].shape) == 2:
                product = float(np.float32(x.scale) * np.float32(scale))  # rule C5
            else:
                product = x.scale * scale
            scaled = half_up(int(acc[index]) * fixed_point(product / out.scale))
            assert y[index] == min(max(scaled + out.zero_point, low), high)


@pytest.mark.parametrize(("op_class", "sign"), [(Add, 1), (Sub, -1)], ids=["Add", "Sub"])
@DETERMINISTIC
@given(data=st.data())
def test_add_is_one_multiply_add(op_class: type[Operator], sign: int, data: st.DataObject) -> None:
    call, samples, outputs = run(data.draw(one_op_graph(op_class, NATIVE)), 4)
    a, b = (t.quantization for t in call.inputs)
    out = call.output.quantization
    n = call.op.native_constants(call)
    factor_a, factor_b = (Fraction(q.scale) / Fraction(out.scale) for q in (a, b))
    factor_b *= sign
    offset = out.zero_point - a.zero_point * factor_a - b.zero_point * factor_b
    assert abs(n.a - factor_a * 2**n.shift) <= Fraction(501, 1000)
    assert abs(n.b - factor_b * 2**n.shift) <= Fraction(501, 1000)
    assert abs(n.bias - (offset + Fraction(1, 2)) * 2**n.shift) <= Fraction(501, 1000)
    assert 128 * (n.a + abs(n.b)) + abs(n.bias) < 2**31
    assert (
        n.shift == 24 or 128 * (n.a + abs(n.b)) + abs(n.bias) >= 2**30 - 512
    )  # one more is too many
    low, high = call.op.activation.integer_bounds(out)
    for sample, y in zip(samples, outputs, strict=True):
        values = [sample[t.name] if t.data is None else t.data for t in call.inputs]
        qa, qb = np.broadcast_arrays(*(v.astype(object) for v in values))
        for index in np.ndindex(*y.shape):
            exact = Fraction(n.a * qa[index] + n.b * qb[index] + n.bias, 2**n.shift)
            assert y[index] == min(max(math.floor(exact), low), high)
            # never further from the real sum than the constants' own roundings allow
            real = qa[index] * factor_a + qb[index] * factor_b + offset
            slack = Fraction(1, 2) + Fraction(130, 2**n.shift)
            assert abs(math.floor(exact) - real) <= slack


@DETERMINISTIC
@given(data=st.data())
def test_mul_is_one_multiply_add(data: st.DataObject) -> None:
    call, samples, outputs = run(data.draw(one_op_graph(Mul, NATIVE)), 4)
    a, b = (t.quantization for t in call.inputs)
    out = call.output.quantization
    n = call.op.native_constants(call)
    factor = Fraction(a.scale) * Fraction(b.scale) / Fraction(out.scale)
    assert abs(n.factor - factor * 2**n.shift) <= Fraction(501, 1000)
    assert n.bias == (out.zero_point + Fraction(1, 2)) * 2**n.shift
    assert 255 * 255 * n.factor + abs(n.bias) < 2**31
    assert n.shift == 24 or 255 * 255 * n.factor + abs(n.bias) >= 2**30 - 2**16
    low, high = call.op.activation.integer_bounds(out)
    for sample, y in zip(samples, outputs, strict=True):
        values = [sample[t.name] if t.data is None else t.data for t in call.inputs]
        qa, qb = np.broadcast_arrays(*(v.astype(object) for v in values))
        for index in np.ndindex(*y.shape):
            product = (qa[index] - a.zero_point) * (qb[index] - b.zero_point)
            exact = math.floor(Fraction(n.factor * product + n.bias, 2**n.shift))
            assert y[index] == min(max(exact, low), high)
            # results that are not clamped are as near to the real product as 15 bits of factor allow
            real = product * factor
            if abs(real) <= 256:
                assert abs(exact - out.zero_point - real) <= Fraction(1, 2) + Fraction(1, 64)


@pytest.mark.parametrize("op_class", [Mean, Sum], **labels)
@DETERMINISTIC
@given(data=st.data())
def test_mean_rounds_once(op_class: type[Operator], data: st.DataObject) -> None:
    call, samples, outputs = run(data.draw(one_op_graph(op_class, NATIVE)), 4)
    x, out = call.inputs[0].quantization, call.output.quantization
    n = math.prod(call.inputs[0].shape[axis] for axis in call.op.axes)
    n = 1 if op_class is Sum else n
    factor = fixed_point(x.scale / out.scale / n)
    for sample, y in zip(samples, outputs, strict=True):
        difference = sample["x"].astype(np.int64) - x.zero_point
        sums = np.apply_over_axes(np.sum, difference, call.op.axes).reshape(y.shape)
        for index in np.ndindex(*y.shape):
            scaled = half_up(int(sums[index]) * factor) + out.zero_point
            assert y[index] == min(max(scaled, -128), 127)


@QUICK
@given(data=st.data())
def test_batch_matmul_rounds_once(data: st.DataObject) -> None:
    call, samples, outputs = run(data.draw(one_op_graph(BatchMatmul, NATIVE)), 4)
    a, b = (t.quantization for t in call.inputs)
    out = call.output.quantization
    factor = fixed_point(float(np.float32(a.scale * b.scale)) / out.scale)
    for sample, y in zip(samples, outputs, strict=True):
        values = [sample[t.name] if t.data is None else t.data for t in call.inputs]
        differences = [
            v.astype(np.int64) - q.zero_point for v, q in zip(values, (a, b), strict=True)
        ]
        sums = naive.evaluate(call.op, call, differences)
        for index in np.ndindex(*y.shape):
            scaled = half_up(int(sums[index]) * factor) + out.zero_point
            assert y[index] == min(max(scaled, -128), 127)


def _exp(x: Fraction) -> Fraction:
    with decimal.localcontext() as context:
        context.prec = 60
        return Fraction((decimal.Decimal(x.numerator) / x.denominator).exp())


def _logistic(x: Fraction) -> Fraction:
    return 1 / (1 + _exp(-x)) if x > 0 else 1 - 1 / (1 + _exp(x))


def _rsqrt(x: Fraction) -> Fraction:
    with decimal.localcontext() as context:
        context.prec = 60
        if x <= 0:
            return Fraction(2**63)
        return 1 / Fraction((decimal.Decimal(x.numerator) / x.denominator).sqrt())


def _exact(op: Operator) -> Callable[[Fraction], Fraction]:
    match op:
        case Requantize():
            return lambda x: x
        case Relu():
            low, high = (
                None if math.isinf(bound) else Fraction(bound) for bound in op.bounds.value
            )
            return lambda x: max(x, low) if high is None else min(max(x, low), high)
        case LeakyRelu():
            return lambda x: x if x >= 0 else x * Fraction(op.alpha)
        case Logistic():
            return _logistic
        case HardSwish():
            return lambda x: x * min(max(x + 3, Fraction(0)), Fraction(6)) / 6
        case Elu():
            return lambda x: x if x >= 0 else Fraction(op.alpha) * (_exp(x) - 1)
        case Curve():
            return _exact_curve(op.of)
        case FloatCurve():
            return lambda x: functools.reduce(lambda v, f: _exact_curve(f)(v), op.steps, x)
        case Absolute():
            return abs
        case Rsqrt():
            return _rsqrt
        case Tanh():
            return lambda x: 2 * _logistic(2 * x) - 1
    raise NotImplementedError(op.label())


def _exact_curve(function: RealFunction) -> Callable[[Fraction], Fraction]:
    match function:
        case Line(factor=factor, offset=offset):
            return lambda x: x * Fraction(factor) + Fraction(offset)
        case Clip(low=low, high=high):
            return lambda x: min(max(x, Fraction(low)), Fraction(high))
        case BentRelu(top=top, threshold=start, slope=slope):
            start, slope, top = (Fraction(v) for v in (start, slope, top))
            return lambda x: min(x, top) if x >= start else slope * (x - start)
    return _EXACT_NAMED[function]


def _squared(x: Fraction) -> Fraction:
    return (1 + _exp(x)) ** 2


def _logarithm(x: Fraction) -> Fraction:
    with decimal.localcontext() as context:
        context.prec = 60
        return Fraction((decimal.Decimal(x.numerator) / x.denominator).ln())


def _softplus(x: Fraction) -> Fraction:
    return _logarithm(1 + _exp(x))


_ROOT, _CUBIC = Fraction(math.sqrt(2 / math.pi)), Fraction(0.044715)
_ONE, _THREE, _SIX = Fraction(1), Fraction(3), Fraction(6)
_EXACT_NAMED: dict[Named, Callable[[Fraction], Fraction]] = {
    Named.SILU: lambda x: x * _logistic(x),
    Named.HARD_SIGMOID: lambda x: min(max(x + _THREE, _ONE * 0), _SIX) / 6,
    Named.GELU: lambda x: x * Fraction(math.erfc(float(-x) * math.sqrt(0.5))) / 2,
    Named.GELU_TANH: lambda x: x * _logistic(2 * _ROOT * (x + _CUBIC * x**3)),
    Named.SELU: lambda x: (
        Fraction(SELU_SCALE) * (x if x >= 0 else Fraction(SELU_ALPHA) * (_exp(x) - 1))
    ),
    Named.SOFTPLUS: _softplus,
    Named.SOFTSIGN: lambda x: x / (1 + abs(x)),
    Named.EXPONENTIAL: _exp,
    Named.MISH: lambda x: x * (_squared(x) - 1) / (_squared(x) + 1),
    Named.ABSOLUTE: abs,
    Named.SQUARE: lambda x: x * x,
    Named.ROOT: lambda x: x * _rsqrt(x) if x > 0 else _ONE * 0,
    Named.LOGARITHM: lambda x: _logarithm(max(x, Fraction(1, 2**126))),
    Named.RECIPROCAL: lambda x: 1 / x if x else Fraction(2**126),
    Named.SINE: lambda x: Fraction(math.sin(x)),
    Named.COSINE: lambda x: Fraction(math.cos(x)),
    Named.LOG_SIGMOID: lambda x: -_softplus(-x),
    Named.TANH_SHRINK: lambda x: x - 2 * _logistic(2 * x) + 1,
    Named.SQUARE_PLUS: lambda x: (x + 1 / _rsqrt(x * x + 4)) / 2,
}


@pytest.mark.parametrize("op_class", UNARY, **labels)
@QUICK
@given(data=st.data())
def test_unary_operators_are_correctly_rounded(
    op_class: type[Operator], data: st.DataObject
) -> None:
    (call,) = data.draw(one_op_graph(op_class, NATIVE)).calls()
    x, out, function = call.inputs[0].quantization, call.output.quantization, _exact(call.op)
    for q, y in zip(range(-128, 128), call.op.table(call).tolist(), strict=True):
        steps = function(Fraction(x.scale) * (q - x.zero_point)) / Fraction(out.scale)
        rounded = min(max(half_away(steps) + out.zero_point, -128), 127)
        if y != rounded:  # float64 may only decide otherwise where it cannot see the difference
            assert op_class not in (Requantize, Relu), "float64 sees all of it, ties too"
            distance_to_tie = abs(steps - math.floor(steps) - Fraction(1, 2))
            assert abs(y - rounded) == 1
            assert distance_to_tie < Fraction(1, 2**40)


@pytest.mark.parametrize("op_class", AS_TFLM, **labels)
@QUICK
@given(data=st.data())
def test_native_is_tflm(op_class: type[Operator], data: st.DataObject) -> None:
    graph = data.draw(one_op_graph(op_class, NATIVE))
    inputs = inputs_for(graph, 6)
    native = reference.run(graph, inputs)["y"]
    tflm = reference.run(graph.replace(arithmetic=Arithmetic.TFLM), inputs)["y"]
    np.testing.assert_array_equal(native, tflm)
