"""What is true of every run of a graph: bounds of its integers, how channels flow through it."""

from tinygen.analysis.ranges import reachable_int8, tensor_ranges

__all__ = ["reachable_int8", "tensor_ranges"]
