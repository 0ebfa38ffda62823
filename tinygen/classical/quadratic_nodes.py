"""Distances in units of a covariance: QDA, Gaussian mixtures, Mahalanobis distances.

score[c] = constants[c] - |weights[c] x + bias[c]|^2 / 2: linear scores, then squares of these (rule T11).

Errors: every row of weights has a power of two of its own, so that its largest weight has 16 bits. Lengths have 15 bits
up to that of the farthest sample that matters; beyond twice that (for anomalies, four times) they saturate.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Description, Linear, Matrix, Quadratic
from tinygen.classical.fixed_features import INT16_MAX, SCORE_MAX, integer_features
from tinygen.classical.probabilities import add_log_of_sum, add_probabilities
from tinygen.errors import UnsupportedError
from tinygen.fixedpoint import INT32_MAX
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.linear_scores import LinearScores
from tinygen.ops.classical.square_sums import LEAST_SHIFT, MOST_SHIFT, REACH, SquareSums
from tinygen.ops.classical.weighted_sums import WeightedSums

MATTERS = 40.0
"""Classes whose score is so much below the best one are not measured: exp(-40) is nothing."""

HEADROOM, HEADROOM_OF_ANOMALIES = 2.0, 4.0
FINEST = 2.0**-24
"""Of the unit of scores."""

QUARTER = 2**14
"""Of 2^16, which are 1 (rule V2)."""

AT_FLOOR = 1.1
"""A variance up to so many times what is added to all is nothing else."""

TOO_COARSE = 0.25
"""Standard deviations: a larger error of a length is not accepted."""


def build(graph: GraphBuilder, description: Description, samples: NDArray[np.float64]) -> None:
    """Add the methods of a model whose scores are quadratic forms."""
    before = algebra.as_matrix(description.transforms, description.features)
    if before is None:
        raise UnsupportedError(
            what="a transformer in front of Gaussian densities is not affine",
            next_step="supported: scalers, feature selection, PCA and other linear projections",
        )
    _refuse_too_few_rows(description.scorer, samples @ before.weights.T + before.bias)
    model = _on_raw_features(description.scorer, before)
    is_anomaly = description.score_offset is not None
    lengths, step, shifts = _lengths(graph, model, samples, is_anomaly)
    scores = _scores(graph, "scores", lengths, step, shifts, model.constants)
    # of an anomaly model a decision of 0 is normal; a mixture of one component has one answer
    threshold = -1 if is_anomaly else INT32_MAX
    graph.method("predict", graph.node("classes", ArgMax(threshold=threshold), [scores]))
    if description.has_decision:
        graph.method("decision", scores if is_anomaly else _decisions(graph, scores))
    add_probabilities(graph, scores, description.link, description.link_factor)
    if is_anomaly:
        moved = model.constants + description.score_offset
        graph.method("score", _scores(graph, "normality", lengths, step, shifts, moved))
    if description.is_mixture:
        add_log_of_sum(graph, scores)


def _refuse_too_few_rows(model: Quadratic, z: NDArray[np.float64]) -> None:
    """Raise UnsupportedError for a class of fewer rows than dimensions; z are samples behind all transformers.

    Other rows are thousands of its standard deviations away from these, where integers saturate. Where columns depend
    on each other in all rows, which then have a lower rank than their number lets them have, nothing is far away.
    """
    lengths = (np.einsum("crk,nk->ncr", model.weights, z) + model.bias) ** 2
    nearest = (model.constants - lengths.sum(axis=2) / 2).argmax(axis=1)
    is_tied = len(model.weights) > 1 and not np.ptp(model.weights, axis=0).any()
    for c, weights in enumerate(model.weights):
        variances = 1 / np.maximum(np.linalg.svd(weights, compute_uv=False), 1e-300) ** 2
        own = z if is_tied else z[nearest == c]
        unmet = np.count_nonzero(variances <= AT_FLOOR * model.floor)
        if unmet == 0 or not 1 <= len(own) <= z.shape[1]:
            continue
        rank = np.linalg.matrix_rank(own - own.mean(axis=0))
        if rank == len(own) - 1 and unmet == z.shape[1] - rank:
            raise UnsupportedError(
                what=f"component {c} has a covariance of {z.shape[1]} columns and only {len(own)} rows",
                where="directions in which no row of it differs: any other row is beyond all bounds",
                next_step="fit fewer components, covariance_type='diag' or 'tied', a larger reg_covar, "
                "or put a PCA in front",
            )


def _decisions(graph: GraphBuilder, scores: Tensor) -> Tensor:
    """The scores; of two classes the difference, a quarter of which is an integer."""
    if scores.channels != 2:
        return scores
    inputs = [
        scores,
        graph.constant("minuend, subtrahend", np.array([1, 0]), DType.INT16),
        graph.constant("signs", np.array([1, -1]) * QUARTER, DType.INT16),
        graph.constant("no shifts", np.zeros(2), DType.INT16),
        graph.constant("two entries", np.array([2]), DType.INT16),
        graph.constant("no bias", np.zeros(1)),
    ]
    scale = 4 * scores.quantization.scale
    return graph.node("difference", WeightedSums(), inputs, scale=scale)


def _on_raw_features(model: Quadratic, before: Matrix) -> Quadratic:
    return Quadratic(
        weights=model.weights @ before.weights,
        bias=model.weights @ before.bias + model.bias,
        constants=model.constants,
    )


def _lengths(
    graph: GraphBuilder, model: Quadratic, samples: NDArray[np.float64], is_anomaly: bool
) -> tuple[Tensor, float, NDArray[np.int64]]:
    """What is squared, as int32 with a power of two for each row; the step of lengths; the shifts to that step."""
    count = model.weights.shape[2]
    rows = Linear(weights=model.weights.reshape(-1, count), bias=model.bias.ravel())
    identity = Linear(weights=np.eye(count), bias=np.zeros(count))
    x, unit, reach = integer_features(graph, identity, samples)
    linear = algebra.collapse(rows, Matrix(weights=unit.weights, bias=unit.bias))
    step = _step(model, rows, samples, is_anomaly)
    largest = np.abs(linear.weights).max(axis=1)
    sums = np.abs(linear.weights) @ reach + np.abs(linear.bias)
    finest = np.maximum(np.maximum(largest / INT16_MAX, sums / SCORE_MAX), 1e-300)
    shifts = np.floor(np.log2(step / finest * (1 - 2.0**-20)))
    shifts = np.clip(shifts, LEAST_SHIFT - 1, MOST_SHIFT).astype(np.int64)
    units = step / 2.0**shifts
    weights, bias = np.rint(linear.weights / units[:, None]), np.rint(linear.bias / units)
    integers = (samples - unit.bias) / np.diag(unit.weights)
    lost = units * (integers @ weights.T + bias) - (integers @ linear.weights.T + linear.bias)
    features = linear.weights if x is not graph.input else 0 * linear.weights
    _check_errors(lost, features, step)
    if shifts.min() < LEAST_SHIFT:
        raise _too_coarse("beyond all bounds")
    constants = [
        graph.constant("whitening", weights, DType.INT16),
        graph.constant("whitening bias", bias),
    ]
    return graph.node("lengths", LinearScores(), [x, *constants]), step, shifts


def _step(model: Quadratic, rows: Linear, samples: NDArray[np.float64], is_anomaly: bool) -> float:
    """The unit of lengths: the farthest sample of a class that matters, and more, has 15 bits.

    What saturates must be far enough away to lose against any other class, whatever the constants are.
    """
    classes, group = model.bias.shape
    z = (samples @ rows.weights.T + rows.bias).reshape(len(samples), classes, group)
    squares = (z**2).sum(axis=2)
    scores = model.constants - squares / 2
    matters = scores >= scores.max(axis=1, keepdims=True) - MATTERS
    farthest = math.sqrt(max(float(squares[matters].max()), 1.0))
    headroom = HEADROOM_OF_ANOMALIES if is_anomaly else HEADROOM
    lost = math.sqrt(2 * (MATTERS + float(np.ptp(model.constants))))
    return max(farthest * headroom, lost) / REACH


def _check_errors(lost: NDArray[np.float64], features: NDArray[np.float64], step: float) -> None:
    """Raise UnsupportedError where roundings are too large a part of a standard deviation.

    `lost`: what roundings of weights change on the samples [N, rows]; `features`: weights of features that are rounded.
    """
    squares = (lost**2).mean(axis=0) + (features**2).sum(axis=1) / 12 + step**2 / 12
    error = math.sqrt(float(squares.max()))
    if error > TOO_COARSE:
        raise _too_coarse(f"{error:.2g} standard deviations")


def _too_coarse(error: str) -> UnsupportedError:
    return UnsupportedError(
        what=f"a covariance is so near to singular that 16-bit features would be off by {error}",
        where="the quadratic form of a class or component",
        next_step="regularize (reg_param, reg_covar, shrinkage), drop features that are sums of others, "
        "or put a PCA in front",
    )


def _scores(
    graph: GraphBuilder,
    name: str,
    lengths: Tensor,
    step: float,
    shifts: NDArray[np.int64],
    constants: NDArray[np.float64],
) -> Tensor:
    unit = step**2 / 2
    largest = max(float(np.abs(constants).max()), 1e-30)
    coarser = max(largest / (unit * 2.0**29), FINEST / unit, 1.0)
    shift = min(math.ceil(math.log2(coarser)), 30)
    scale = unit * 2.0**shift
    inputs = [
        lengths,
        graph.constant(f"{name}: shifts", shifts, DType.INT8),
        graph.constant(f"{name}: bias", np.rint(constants / scale)),
    ]
    return graph.node(name, SquareSums(shift=shift), inputs, scale=float(np.float32(scale)))
