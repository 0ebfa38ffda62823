"""Scores to probabilities."""

import math

import numpy as np

from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Link
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.log_sum_exp import MOST_FACTOR, LogSumExp
from tinygen.ops.classical.narrow import Narrow
from tinygen.ops.classical.shares import Shares
from tinygen.ops.classical.softmax_scores import MOST_BITS, SEGMENTS, SoftmaxScores

FARTHEST = 11.0
"""exp(-11) * 32767 rounds to 1: what is farther away counts nothing."""

LOG_BITS = 14
"""Of the logarithms of rule T12."""


def add_probabilities(graph: GraphBuilder, scores: Tensor, link: Link, factor: float = 1.0) -> None:
    """The method predict_proba, for links that are exponential: those of `factor` times the scores."""
    if link not in (Link.SIGMOID, Link.SOFTMAX):
        return
    table, shift, bits = _exponentials(graph, scores.quantization.scale * factor)
    op = SoftmaxScores(shift=shift, bits=bits)
    probabilities = graph.node(
        "probabilities", op, [scores, table], dtype=DType.INT16, scale=2**-15
    )
    graph.method("predict_proba", probabilities)


def shares_of(graph: GraphBuilder, sums: Tensor, most: int) -> Tensor:
    """Probabilities that are proportional to sums, which are not negative and at most `most`."""
    op = Narrow(shift=max(most.bit_length() - 15, 0), low=0, high=32767)
    narrow = graph.node("unscaled", op, [sums], dtype=DType.INT16)
    return graph.node("shares", Shares(), [narrow], dtype=DType.INT16, scale=2**-15)


def add_log_of_sum(graph: GraphBuilder, scores: Tensor) -> None:
    """The method score of a mixture: the logarithm of the sum of exp(score)."""
    exponentials, shift, bits = _exponentials(graph, scores.quantization.scale)
    logarithms = np.rint(2**LOG_BITS * np.log2(1 + np.arange(SEGMENTS + 1) / SEGMENTS))
    scale = scores.quantization.scale
    part = math.log(2) / 2**LOG_BITS / scale
    factor_shift = int(np.clip(math.floor(math.log2(MOST_FACTOR / part)), 1, 30))
    factor = round(part * 2**factor_shift)
    if factor > MOST_FACTOR:
        raise UnsupportedError(what="scores of a mixture are too fine for their logarithm")
    op = LogSumExp(shift=shift, bits=bits, factor=factor, factor_shift=factor_shift)
    inputs = [scores, exponentials, graph.constant("logarithms", logarithms, DType.INT16)]
    graph.method("score", graph.node("log density", op, inputs, scale=scale))


def _exponentials(graph: GraphBuilder, scale: float) -> tuple[Tensor, int, int]:
    """The table of exponentials of differences of scores of a scale; a shift and bits for places in it."""
    segment = math.ceil(math.log2(FARTHEST / SEGMENTS / scale))
    bits = int(np.clip(segment, 0, MOST_BITS))
    shift = int(np.clip(segment - bits, 0, 31))
    ends = np.arange(SEGMENTS + 1) * 2.0 ** (bits + shift) * scale
    values = np.rint(np.exp(-ends) * 32767)
    return graph.constant("exponentials", values, DType.INT16), shift, bits
