"""What is true of every run of a graph: bounds of its integers, and how channels flow through it."""

from tinygen.analysis.ranges import tensor_ranges

__all__ = ["tensor_ranges"]
