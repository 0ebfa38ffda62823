"""Classical models: a fitted pipeline as a float description, and the integer graph that is made of it.

    description = importers.sklearn.describe(pipeline)      what was fitted, in float64; no arithmetic
    quantized = classical.quantize(description, samples)    algebra, then integers: a Graph as every other

`description.py` says what can be described, `algebra.py` rewrites it in real numbers, `quantize.py` chooses integers,
one module per kind of model builds its nodes.
"""

from tinygen.classical.description import (
    Activation,
    Columns,
    Description,
    Gaussian,
    Kernel,
    KernelMachine,
    Linear,
    Link,
    Matrix,
    Metric,
    Neighbors,
    Network,
    Task,
    Transform,
    Trees,
)
from tinygen.classical.quantize import ClassicalReport, QuantizedClassical, compare, quantize

__all__ = [
    "Activation",
    "ClassicalReport",
    "Columns",
    "Description",
    "Gaussian",
    "Kernel",
    "KernelMachine",
    "Linear",
    "Link",
    "Matrix",
    "Metric",
    "Neighbors",
    "Network",
    "QuantizedClassical",
    "Task",
    "Transform",
    "Trees",
    "compare",
    "quantize",
]
