"""Multipliers bit for bit: in which floating-point type their factors are formed.

Their last bits reach an output so rarely that comparing outputs cannot find an error here.
"""

import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from tests.strategies import DETERMINISTIC, build_graph, scales
from tinygen.fixedpoint import Arithmetic, Multiplier
from tinygen.ir import Call, DType, Operator, Quantization, Tensor
from tinygen.ops.absolute import Absolute
from tinygen.ops.add import Add
from tinygen.ops.batch_matmul import BatchMatmul
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.leaky_relu import LeakyRelu
from tinygen.ops.mean import Mean
from tinygen.ops.mul import Mul
from tinygen.ops.prelu import Prelu
from tinygen.ops.squared_difference import SquaredDifference
from tinygen.ops.transpose_conv2d import TransposeConv2D


def f32(x: Fraction) -> Fraction:
    """Round to float32; twice, but exact for products and quotients of two float32 values."""
    return Fraction(struct.unpack("<f", struct.pack("<f", float(x)))[0])


def f64(x: Fraction) -> Fraction:
    return Fraction(float(x))


def a1(factor: Fraction) -> Multiplier:
    """Rule A1, found by trying shifts."""
    shift = next(e for e in range(-31, 31) if factor < Fraction(2) ** e)
    value = int(factor * Fraction(2) ** (31 - shift) + Fraction(1, 2))
    return (
        Multiplier(value=value, shift=shift)
        if value < 2**31
        else Multiplier(value=2**30, shift=shift + 1)
    )


def call_of(op: Operator, inputs: list[Tensor], out: float, arithmetic=Arithmetic.TFLM) -> Call:
    output = Quantization.per_tensor(out, 0)
    return build_graph(op, inputs, output, arithmetic).calls()[0]


def int8(name: str, shape: tuple[int, ...], scale: float) -> Tensor:
    return Tensor(
        name=name, shape=shape, dtype=DType.INT8, quantization=Quantization.per_tensor(scale, 0)
    )


def weights(shape: tuple[int, ...], q: Quantization) -> Tensor:
    data = np.ones(shape, np.int8)
    return Tensor(name="weights", shape=shape, dtype=DType.INT8, quantization=q, data=data)


near_one = scales(-3, 3)


@pytest.mark.parametrize(
    ("op", "shape", "weights_shape"),
    [
        (Conv2D(), (1, 1, 1, 2), (3, 1, 1, 2)),
        (FullyConnected(), (1, 2), (3, 2)),
        (TransposeConv2D(stride=(2, 2), size=(2, 2)), (1, 1, 1, 2), (3, 1, 1, 2)),
    ],
    ids=["Conv2D", "FullyConnected", "TransposeConv2D"],
)
@DETERMINISTIC
@given(x=near_one, w=near_one, out=near_one)
def test_c2_per_channel_factors_are_f64(op, shape, weights_shape, x, w, out) -> None:
    q = Quantization.per_channel(np.array([w, w / 2, w / 4], np.float32), 0)
    call = call_of(op, [int8("x", shape, x), weights(weights_shape, q)], out)
    m = op.channel_multipliers(call)
    for c, scale in enumerate(q.scales):
        expected = a1(f64(f64(Fraction(x) * Fraction(scale)) / Fraction(out)))
        assert (m.values[c], m.shifts[c]) == (expected.value, expected.shift)


@DETERMINISTIC
@given(x=near_one, w=near_one, out=near_one)
def test_c5_per_tensor_product_is_f32(x: float, w: float, out: float) -> None:
    parameters = weights((3, 2), Quantization.per_tensor(w, 0))
    call = call_of(FullyConnected(), [int8("x", (1, 2), x), parameters], out)
    m = call.op.channel_multipliers(call)
    expected = a1(f64(f32(Fraction(x) * Fraction(w)) / Fraction(out)))
    assert set(m.values) == {expected.value}
    assert set(m.shifts) == {expected.shift}


@DETERMINISTIC
@given(a=near_one, b=near_one, out=near_one)
def test_e1_add(a: float, b: float, out: float) -> None:
    call = call_of(Add(), [int8("a", (1, 2), a), int8("b", (1, 2), b)], out)
    m = call.op.tflm_constants(call)
    twice = 2 * max(Fraction(a), Fraction(b))
    assert m.a == a1(f64(Fraction(a) / twice))
    assert m.b == a1(f64(Fraction(b) / twice))
    assert m.out == a1(f64(twice / (2**20 * Fraction(out))))


@DETERMINISTIC
@given(a=near_one, b=near_one, out=near_one)
def test_e18_squared_difference(a: float, b: float, out: float) -> None:
    out *= 2.0**6
    call = call_of(SquaredDifference(), [int8("a", (1, 2), a), int8("b", (1, 2), b)], out)
    m = call.op.multipliers(call)
    twice = 2 * max(Fraction(a), Fraction(b))
    assert m.a == a1(f64(Fraction(a) / twice))
    assert m.b == a1(f64(Fraction(b) / twice))
    assert m.out == a1(f64(f64(twice * twice) / f32(2**14 * Fraction(out))))


@DETERMINISTIC
@given(x=near_one, slope=near_one, out=near_one)
def test_e20_prelu(x: float, slope: float, out: float) -> None:
    call = call_of(Prelu(), [int8("x", (1, 2), x), int8("slope", (1, 2), slope)], out)
    above, below = call.op.multipliers(call)
    assert above == a1(f64(Fraction(x) / Fraction(out)))
    assert below == a1(f64(f64(Fraction(x) * Fraction(slope)) / Fraction(out)))


@DETERMINISTIC
@given(x=near_one, out=near_one)
def test_e21_absolute(x: float, out: float) -> None:
    call = call_of(Absolute(), [int8("x", (1, 2), x)], out)
    assert call.op.tflm_multiplier(call) == a1(f32(Fraction(x) / Fraction(out)))


@DETERMINISTIC
@given(a=near_one, b=near_one, out=near_one)
def test_b1_batch_matmul(a: float, b: float, out: float) -> None:
    call = call_of(BatchMatmul(), [int8("a", (1, 2), a), int8("b", (2, 1), b)], out)
    expected = a1(f64(f32(Fraction(a) * Fraction(b)) / Fraction(out)))
    assert call.op.multiplier(call) == expected


@DETERMINISTIC
@given(a=near_one, b=near_one, out=near_one)
def test_e11_mul(a: float, b: float, out: float) -> None:
    call = call_of(Mul(), [int8("a", (1, 2), a), int8("b", (1, 2), b)], out)
    expected = a1(f64(f64(Fraction(a) * Fraction(b)) / Fraction(out)))
    assert call.op.tflm_multiplier(call) == expected


@DETERMINISTIC
@given(x=near_one, out=near_one)
def test_e13_hard_swish(x: float, out: float) -> None:
    call = call_of(HardSwish(), [int8("x", (1, 2), x)], out)
    m = call.op.tflm_multipliers(call)
    assert m.out == a1(f32(Fraction(x) / 128 / Fraction(out)))
    assert m.line == a1(f32(Fraction(x) / 128 / f32(Fraction(3, 2**15))))


@DETERMINISTIC
@given(x=near_one, alpha=near_one, out=near_one)
def test_e8_leaky_relu(x: float, alpha: float, out: float) -> None:
    call = call_of(LeakyRelu(alpha=alpha), [int8("x", (1, 2), x)], out)
    above, below = call.op.tflm_multipliers(call)
    assert above == a1(f32(Fraction(x) / Fraction(out)))
    assert below == a1(f32(f32(Fraction(x) * Fraction(alpha)) / Fraction(out)))


@pytest.mark.parametrize("count", [1, 2, 3, 7, 36, 49, 1000])
@DETERMINISTIC
@given(x=near_one, out=near_one)
def test_m1_and_m2_mean(count: int, x: float, out: float) -> None:
    call = call_of(Mean(axes=(1,)), [int8("x", (1, count, 2), x)], out)
    whole = a1(f64(Fraction(x) / Fraction(out)))
    bits = count.bit_length() - 1
    expected = Multiplier(value=whole.value * 2**bits // count, shift=whole.shift - bits)
    assert call.op.multiplier(call) == expected
    native = call_of(Mean(axes=(1,)), list(call.inputs), out, Arithmetic.NATIVE)
    assert native.op.multiplier(native) == a1(f64(f64(Fraction(x) / Fraction(out)) / count))
