"""Scores to probabilities."""

import math

import numpy as np

from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Link
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.softmax_scores import MOST_BITS, SEGMENTS, SoftmaxScores

FARTHEST = 11.0
"""exp(-11) * 32767 rounds to 1: what is farther away counts nothing."""


def add_probabilities(graph: GraphBuilder, scores: Tensor, link: Link) -> None:
    """The method predict_proba, for links that are exponential."""
    if link not in (Link.SIGMOID, Link.SOFTMAX):
        return
    scale = scores.quantization.scale
    segment = math.ceil(math.log2(FARTHEST / SEGMENTS / scale))
    bits = int(np.clip(segment, 0, MOST_BITS))
    shift = int(np.clip(segment - bits, 0, 31))
    ends = np.arange(SEGMENTS + 1) * 2.0 ** (bits + shift) * scale
    table = graph.constant("exponentials", np.rint(np.exp(-ends) * 32767), DType.INT16)
    op = SoftmaxScores(shift=shift, bits=bits)
    probabilities = graph.node(
        "probabilities", op, [scores, table], dtype=DType.INT16, scale=2**-15
    )
    graph.method("predict_proba", probabilities)
