"""Gaussian process classifiers of several classes: for each the latent mean, shrunk by its variance.

The probability of a class is that of a logistic function of a mean f of variance v; which class has the largest is
told by f / sqrt(1 + pi * v / 8). v = k(x, x) - |B k|^2, k the kernels of x and all rows, is known from few directions
of B k: those in which it is long for the samples, or between them.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Description, LatentProcess, Processes, Rows
from tinygen.classical.wide_nodes import WideSums, real_kernels
from tinygen.ir import Tensor
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.joined_rows import JoinedRows, Piece
from tinygen.ops.classical.shrunk_mean import LARGEST_ONE, ShrunkMean

SHARE = math.pi / 8
"""Of a variance, in what a mean is divided by."""

LOST = 3e-4
"""What directions that are left out may add to a variance: where that is 1, a mean of it is off by 2^-14."""

SPREAD = 0.5
"""Of a latent mean and of what is known: errors that are small beside it do not matter."""

BLENDS = 500


def build(graph: GraphBuilder, description: Description, samples: NDArray[np.float64]) -> None:
    """Add the method predict."""
    processes: Processes = description.scorer
    rows = _with_blends(samples)
    sums = [_sums(graph, description, p, samples, rows) for p in processes.processes]
    scales = [node.quantization.scale for node in sums]
    ones = [1 + SHARE * p.variance for p in processes.processes]
    most = max(one / scale**2 for one, scale in zip(ones, scales, strict=True))
    shift = max(0, math.ceil(math.log2(most / (LARGEST_ONE - 1))))
    means = [
        graph.node(
            f"class {c}: shrunk mean",
            ShrunkMean(one=max(int(one / scale**2 / 2.0**shift), 1), shift=shift),
            [node],
        )
        for c, (node, one, scale) in enumerate(zip(sums, ones, scales, strict=True))
    ]
    scores = graph.node("scores", JoinedRows(pieces=(Piece(),) * len(means)), means)
    graph.method("predict", graph.node("classes", ArgMax(), [scores]))


def _sums(
    graph: GraphBuilder,
    description: Description,
    process: LatentProcess,
    samples: NDArray[np.float64],
    rows: NDArray[np.float64],
) -> Tensor:
    """The mean, and what of the variance is known."""
    inner = replace(description, transforms=(*description.transforms, *process.transforms))
    z = algebra.apply(inner.transforms, rows)
    machine, root = process.machine, math.sqrt(SHARE)
    known = process.constant + real_kernels(machine, z) * process.factor
    directions = _directions(known @ process.whitening.T) * root
    matrix = directions @ process.whitening
    wider = replace(
        machine,
        coefficients=np.concatenate([machine.coefficients, process.factor * matrix.T], axis=1),
        bias=np.concatenate([machine.bias, process.constant * matrix.sum(axis=1)]),
        spread=SPREAD,
    )
    return WideSums(graph, replace(inner, scorer=wider), samples).node("latent", 0.0, 1.0)


def _directions(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Orthonormal rows [R, N], outside of which no row of lengths [S, N] has a square above LOST."""
    _, _, vectors = np.linalg.svd(lengths, full_matrices=False)
    left = (lengths**2).sum(axis=1)[:, None] - np.cumsum((lengths @ vectors.T) ** 2, axis=1)
    return vectors[: int(np.argmax((left < LOST).all(axis=0))) + 1 if (left < LOST).any() else None]


def _with_blends(samples: Rows) -> Rows:
    """Samples, and rows between them: rows that are stored know more of themselves."""
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, len(samples), (2, BLENDS))
    part = rng.uniform(0, 1, (BLENDS, 1))
    return np.concatenate([samples, samples[one] * part + samples[other] * (1 - part)])
