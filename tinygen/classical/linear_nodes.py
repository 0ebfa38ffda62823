"""Linear models to LinearScores nodes: one matrix on the raw features, in integers."""

import math

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Description, Linear, Task
from tinygen.classical.probabilities import add_probabilities
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.fixed_point import LEAST_EXPONENT, MOST_EXPONENT, FixedPoint
from tinygen.ops.classical.linear_scores import LinearScores

INT16_MAX, SCORE_MAX = 32767, 2**31 - 2**16


def build(graph: GraphBuilder, description: Description, samples: NDArray[np.float64]) -> None:
    """Add the methods of a linear model. `samples` tell how far float features reach."""
    before = algebra.as_matrix(description.transforms, description.features)
    if before is None:
        raise UnsupportedError(
            what="a transformer in front of a linear model is not affine",
            next_step="supported: scalers, feature selection, PCA and other linear projections",
        )
    linear = algebra.collapse(description.scorer, before)
    if description.task is Task.CLASSIFY and linear.outputs == 2:
        linear = Linear(
            weights=linear.weights[1:] - linear.weights[:1], bias=linear.bias[1:] - linear.bias[:1]
        )
    x, linear, reach = integer_features(graph, linear, samples)
    scores = scores_node(graph, "scores", x, linear, reach)
    if description.task is not Task.CLASSIFY:
        method = "predict" if description.task is Task.REGRESS else "transform"
        graph.method(method, scores)
        return
    graph.method("predict", graph.node("classes", ArgMax(), [scores]))
    if description.has_decision:
        graph.method("decision", scores)
    add_probabilities(graph, scores, description.link)


def integer_features(
    graph: GraphBuilder, linear: Linear, samples: NDArray[np.float64]
) -> tuple[Tensor, Linear, NDArray[np.float64]]:
    """The features as int8 or int16, the model on these, and how large each can be.

    Float32 features become fixed-point numbers, each with its own power of two; they saturate outside of the range of
    the samples, widened by a quarter to both sides.
    """
    x = graph.input
    if x.dtype in (DType.INT8, DType.INT16):
        return x, linear, np.full(x.channels, -float(x.dtype.limits[0]))
    if x.dtype is not DType.FLOAT32:
        raise UnsupportedError(
            what="a linear model takes no int32 features",
            next_step="give them as int16 or float32: --io int16, --io float",
        )
    low, high = samples.min(axis=0), samples.max(axis=0)
    low, high = low - (high - low) / 4, high + (high - low) / 4
    half, middle = (high - low) / 2, (high + low) / 2
    bits = features_bits(x.channels)
    room = 2.0 ** (bits - 1) - 1
    exponents = np.array([_exponent(h, m, room) for h, m in zip(half, middle, strict=True)])
    steps = np.ldexp(1.0, -exponents)
    offsets = np.rint(middle / steps)
    constants = [
        graph.constant("exponents", exponents, DType.INT16),
        graph.constant("offsets", offsets),
    ]
    q = graph.node("fixed point", FixedPoint(bits=bits), [x, *constants], dtype=DType.INT16)
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
    """The largest power of two by which a feature still fits, and its offset into int32."""
    largest = max(half, abs(middle) / 2**14, 1e-30)
    exponent = math.floor(math.log2(room / largest))
    return int(np.clip(exponent, LEAST_EXPONENT, MOST_EXPONENT))


def scores_node(
    graph: GraphBuilder,
    name: str,
    x: Tensor,
    linear: Linear,
    reach: NDArray[np.float64],
    limit: float = SCORE_MAX,
) -> Tensor:
    """Scores of one scale: as fine as int16 weights and sums below `limit` allow."""
    largest = max(float(np.abs(linear.weights).max()), 1e-300)
    sums = np.abs(linear.weights) @ reach + np.abs(linear.bias)
    scale = max(largest / INT16_MAX, float(sums.max()) / limit)
    scale = float(np.float32(scale * (1 + 2.0**-20)))
    constants = [
        graph.constant(f"{name}: weights", np.rint(linear.weights / scale), DType.INT16),
        graph.constant(f"{name}: bias", np.rint(linear.bias / scale)),
    ]
    return graph.node(name, LinearScores(), [x, *constants], scale=scale)
