"""The graph: tensors, quantization, nodes. Frozen data; functions elsewhere do the work."""

from tinygen.ir.graph import Graph
from tinygen.ir.node import Call, Node, Operator
from tinygen.ir.ranges import Range
from tinygen.ir.tensor import DType, Quantization, Tensor
from tinygen.ir.verify import verify

__all__ = [
    "Call",
    "DType",
    "Graph",
    "Node",
    "Operator",
    "Quantization",
    "Range",
    "Tensor",
    "verify",
]
