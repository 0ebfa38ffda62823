"""Features as int8, int16 or fixed-point numbers, and linear functions of real features on these."""

import math

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Linear
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.curves import STEP_BITS, Curves
from tinygen.ops.classical.fixed_point import LEAST_EXPONENT, MOST_EXPONENT, FixedPoint
from tinygen.ops.classical.scaled_features import ScaledFeatures

INT16_MAX, SCORE_MAX = 32767, 2**31 - 2**16


def summed_features(
    graph: GraphBuilder, linear: Linear, samples: NDArray[np.float64]
) -> tuple[Tensor, Linear, NDArray[np.float64]]:
    """As `integer_features`, for a model whose weights are to be rounded together.

    A column that is the same number in all samples saturates there: it counts as that number. With a step as coarse as
    a large number demands its weight would leave none of their bits to the others.
    """
    if _as_they_are(graph, samples):
        return integer_features(graph, linear, samples)
    is_constant = np.ptp(samples, axis=0) == 0
    bias = linear.bias + linear.weights[:, is_constant] @ samples[0, is_constant]
    weights = np.where(is_constant, 0.0, linear.weights)
    return integer_features(graph, Linear(weights=weights, bias=bias), samples)


def _as_they_are(graph: GraphBuilder, samples: NDArray[np.float64]) -> bool:
    """True for raw integers that nothing is done to."""
    dtype = graph.input.dtype
    return dtype is DType.INT8 or (dtype is DType.INT16 and not _are_uneven(samples))


def integer_features(
    graph: GraphBuilder, linear: Linear, samples: NDArray[np.float64]
) -> tuple[Tensor, Linear, NDArray[np.float64]]:
    """The features as int8 or int16, the model on these, and how large each can be.

    Float32 features become fixed-point numbers, each with its own power of two; int32 ones, and int16 ones of very
    different ranges, numbers with steps of their own. They saturate outside of the range of the samples, widened by a
    quarter to both sides.
    """
    x = graph.input
    if _as_they_are(graph, samples):
        return x, linear, graph.reach()
    ways = {DType.FLOAT32: fixed_point, DType.INT32: _on_lines, DType.INT16: _on_one_scale}
    return ways[x.dtype](graph, linear, samples, features_bits(x.channels))


def _are_uneven(samples: NDArray[np.float64]) -> bool:
    """True if columns leave few bits to others, which have smaller weights the wider they are, or to themselves.

    That is so where they are far from 0 beside their width.
    """
    widths = np.ptp(samples, axis=0)
    varies = widths > 0
    if not varies.any():
        return False
    sizes = np.abs(samples).max(axis=0)[varies]
    widths = widths[varies]
    return bool(max(widths.max(), sizes.max()) > UNEVEN * widths.min())


UNEVEN = 16
"""Of the 15 bits of weights at least 11 are left to the wider columns."""


def _on_lines(
    graph: GraphBuilder, linear: Linear, samples: NDArray[np.float64], bits: int
) -> tuple[Tensor, Linear, NDArray[np.float64]]:
    """Integer features as int16 of so many bits; whole numbers of a small range stay exact, in steps as small as fit.

    So no column has so much larger steps than others that their weights are small beside its own.
    """
    low, high = _widened(samples)
    low = np.clip(np.floor(low) - 1, *DType.INT32.limits)
    high = np.clip(np.ceil(high) + 1, *DType.INT32.limits)
    width = high - low
    room = 2.0 ** min(bits, STEP_BITS) - 2
    rise = np.where(width < room, width * np.floor(room / width), room)
    start = -np.floor(rise / 2)
    places, values = np.stack([low, high], axis=1), np.stack([start, start + rise], axis=1)
    constants = [
        graph.constant("ends of features", places.ravel()),
        graph.constant("features at the ends", values.ravel(), DType.INT16),
        graph.constant("ends of each feature", np.full(len(low), 2), DType.INT16),
    ]
    q = graph.node("features, small", Curves(), [graph.input, *constants], dtype=DType.INT16)
    steps = width / rise
    middle = np.where(steps > 1, 0.5, 0.0)  # of the numbers that become one integer
    moved = Linear(
        weights=linear.weights * steps,
        bias=linear.bias + linear.weights @ (low + (middle - start) * steps),
    )
    return q, moved, np.maximum(-start, start + rise)


def _on_one_scale(
    graph: GraphBuilder, linear: Linear, samples: NDArray[np.float64], bits: int
) -> tuple[Tensor, Linear, NDArray[np.float64]]:
    """Int16 features as int16 of so many bits, each times a factor; whole numbers of a small range stay exact."""
    low, high = _widened(samples)
    low, high = np.floor(low), np.ceil(high)
    width, middle = np.maximum(high - low, 1.0), np.floor((low + high) / 2)
    reach = 2 ** (bits - 1) - 1
    wanted = np.minimum(reach / (width / 2 + 1), INT16_MAX)
    shifts = np.where(wanted < 1, np.floor(np.log2(INT16_MAX / wanted)), 0)
    factors = np.floor(wanted * 2.0**shifts)
    halves = np.where(shifts > 0, 2.0 ** (shifts - 1), 0)
    constants = [
        graph.constant(f"even features: {name}", values, dtype)
        for name, values, dtype in (
            ("sources", np.arange(len(low)), DType.INT16),
            ("factors", factors, DType.INT16),
            ("offsets", halves - middle * factors, DType.INT32),
            ("shifts", shifts, DType.INT16),
        )
    ]
    op = ScaledFeatures(reach=reach)
    q = graph.node("even features", op, [graph.input, *constants], dtype=DType.INT16)
    steps = 2.0**shifts / factors
    moved = Linear(weights=linear.weights * steps, bias=linear.bias + linear.weights @ middle)
    return q, moved, np.full(len(low), float(reach))


def _widened(samples: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and the largest samples, and a quarter of what is between more on both sides."""
    low, high = samples.min(axis=0), samples.max(axis=0)
    return low - (high - low) / 4, high + (high - low) / 4


def fixed_point(
    graph: GraphBuilder,
    linear: Linear,
    samples: NDArray[np.float64],
    bits: int,
    *,
    is_centered: bool = True,
) -> tuple[Tensor, Linear, NDArray[np.float64]]:
    """Float32 features as fixed-point numbers of so many bits; see `integer_features`.

    An integer stands for the middle of the numbers that become it; if not `is_centered` for the one that loses nothing.
    """
    x = graph.input
    low, high = _widened(samples)
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
    lost = np.where(low >= 0, 0.5, np.where(high <= 0, -0.5, 0.0)) * is_centered
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
