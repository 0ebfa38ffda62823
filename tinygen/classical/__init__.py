"""Classical models: a fitted pipeline as a float description, and the integer graph that is made of it.

    description = importers.sklearn.describe(pipeline)      what was fitted, in float64; no arithmetic
    quantized = classical.quantize(description, samples)    algebra, then integers: a Graph as every other

`description.py` says what can be described, `algebra.py` rewrites it in real numbers, `quantize.py` chooses integers,
one module per kind of model builds its nodes.
"""

from tinygen.classical.columns import beside, composed, just_below, kept, stepwise
from tinygen.classical.combination import (
    Answer,
    Calibrated,
    Curved,
    Lines,
    Median,
    NeuralNet,
    Pairs,
    Part,
    Several,
    Sigmoid,
    Stacked,
    Sum,
)
from tinygen.classical.description import (
    Activation,
    Columns,
    Description,
    Gaussian,
    Isolation,
    Kernel,
    KernelMachine,
    Linear,
    Link,
    LocalOutliers,
    Matrix,
    Metric,
    Neighbors,
    Network,
    Quadratic,
    Task,
    Transform,
    Trees,
    WithinRadius,
)
from tinygen.classical.features import (
    Branches,
    Factorization,
    Imputation,
    Normalization,
    Polynomial,
)
from tinygen.classical.precision import Precision
from tinygen.classical.quantize import (
    ClassicalReport,
    QuantizedClassical,
    compare,
    largest_probability_error,
    quantize,
)
from tinygen.classical.reading import without_unused

__all__ = [
    "Activation",
    "Answer",
    "Branches",
    "Calibrated",
    "ClassicalReport",
    "Columns",
    "Curved",
    "Description",
    "Factorization",
    "Gaussian",
    "Imputation",
    "Isolation",
    "Kernel",
    "KernelMachine",
    "Linear",
    "Lines",
    "Link",
    "LocalOutliers",
    "Matrix",
    "Median",
    "Metric",
    "Neighbors",
    "Network",
    "NeuralNet",
    "Normalization",
    "Pairs",
    "Part",
    "Polynomial",
    "Precision",
    "Quadratic",
    "QuantizedClassical",
    "Several",
    "Sigmoid",
    "Stacked",
    "Sum",
    "Task",
    "Transform",
    "Trees",
    "WithinRadius",
    "beside",
    "compare",
    "composed",
    "just_below",
    "kept",
    "largest_probability_error",
    "quantize",
    "stepwise",
    "without_unused",
]
