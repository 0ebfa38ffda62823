"""Features as int8, int16 or fixed-point numbers, and linear functions of real features on these."""

import math

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Linear
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.fixed_point import LEAST_EXPONENT, MOST_EXPONENT, FixedPoint

INT16_MAX, SCORE_MAX = 32767, 2**31 - 2**16


def integer_features(
    graph: GraphBuilder, linear: Linear, samples: NDArray[np.float64]
) -> tuple[Tensor, Linear, NDArray[np.float64]]:
    """The features as int8 or int16, the model on these, and how large each can be.

    Float32 features become fixed-point numbers, each with its own power of two; they saturate outside of the range of
    the samples, widened by a quarter to both sides.
    """
    x = graph.input
    if x.dtype in (DType.INT8, DType.INT16):
        return x, linear, graph.reach()
    if x.dtype is not DType.FLOAT32:
        raise UnsupportedError(
            what="this kind of model takes no int32 features",
            next_step="give them as int16 or float32: --io int16, --io float",
        )
    return fixed_point(graph, linear, samples, features_bits(x.channels))


def fixed_point(
    graph: GraphBuilder, linear: Linear, samples: NDArray[np.float64], bits: int
) -> tuple[Tensor, Linear, NDArray[np.float64]]:
    """Float32 features as fixed-point numbers of so many bits; see `integer_features`."""
    x = graph.input
    low, high = samples.min(axis=0), samples.max(axis=0)
    low, high = low - (high - low) / 4, high + (high - low) / 4
    half, middle = (high - low) / 2, (high + low) / 2
    room = 2.0 ** (bits - 1) - 1
    exponents = np.array([_exponent(h, m, room) for h, m in zip(half, middle, strict=True)])
    steps = np.ldexp(1.0, -exponents)
    offsets = np.rint(middle / steps)
    constants = [
        graph.constant("exponents", exponents, DType.INT16),
        graph.constant("offsets", offsets),
    ]
    op = FixedPoint(bits=bits)
    q = graph.node("fixed point", op, [x, *constants], dtype=op.output_type)
    # truncation loses half a step on average, towards zero: nothing where numbers of both signs are met
    lost = np.where(low >= 0, 0.5, np.where(high <= 0, -0.5, 0.0))
    moved = Linear(
        weights=linear.weights * steps,
        bias=linear.bias + linear.weights @ ((offsets + lost) * steps),
    )
    return q, moved, np.full(x.channels, 2.0 ** (bits - 1))


def features_bits(count: int) -> int:
    """Bits of fixed-point features: half of what an int32 sum of products leaves for both factors."""
    return min(16, (32 - math.ceil(math.log2(max(count, 2)))) // 2 + 1)


def _exponent(half: float, middle: float, room: float) -> int:
    """The largest power of two by which a feature still fits, and its offset into 30 bits."""
    largest = max(half, abs(middle) * room / 2**29, 1e-30)
    exponent = math.floor(math.log2(room / largest))
    return int(np.clip(exponent, LEAST_EXPONENT, MOST_EXPONENT))
