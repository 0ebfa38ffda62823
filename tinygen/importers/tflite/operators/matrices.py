"""BATCH_MATMUL: products of matrices, also of two that are computed at run time (attention)."""

import tflite

from tinygen.importers.tflite.layer import Layer
from tinygen.importers.tflite.registry import imports
from tinygen.ir import Tensor
from tinygen.ops.batch_matmul import BatchMatmul
from tinygen.ops.reshape import Reshape


@imports("BATCH_MATMUL")
def batch_matmul(layer: Layer) -> None:
    turn_a, turn_b = layer.options(tflite.BatchMatMulOptions, "AdjX", "AdjY")
    a, b = layer.operand(0), layer.operand(1)
    if a.is_constant and b.is_constant:
        raise layer.unsupported("both inputs are constants", "at least one computed input")
    op = BatchMatmul(turn_a=bool(turn_a), turn_b=bool(turn_b))
    layer.add(op, *_of_one_rank(layer, a, b))


def _of_one_rank(layer: Layer, a: Tensor, b: Tensor) -> list[Tensor]:
    """Axes of length 1 before the matrix with fewer."""
    rank = max(len(a.shape), len(b.shape))
    same = []
    for name, x in (("a", a), ("b", b)):
        shape = (1,) * (rank - len(x.shape)) + x.shape
        is_same = shape == x.shape
        same.append(x if is_same else layer.derive(name, Reshape(shape=shape), x))
    return same
