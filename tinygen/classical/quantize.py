"""From a description to an integer graph, and how well the two agree."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen import reference
from tinygen.classical import (
    gaussian_nodes,
    kernel_machines,
    linear_nodes,
    neighbors,
    network_nodes,
    tree_nodes,
)
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import (
    Description,
    Gaussian,
    KernelMachine,
    Linear,
    Neighbors,
    Network,
    Task,
    Trees,
)
from tinygen.errors import CalibrationError, UsageError
from tinygen.ir import DType, Graph
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.scaled_features import ScaledFeatures


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassicalReport:
    """The integer graph beside the estimator's own `predict`, row by row.

    Of a classifier `differing` are rows with another class, and `largest_error` is None. Of a regressor the error is
    in units of the standard deviation of its answers. `margins` say how clear the integer answer of a differing row is:
    the largest score less the next, in real units, where scores exist.
    """

    rows: int
    differing: tuple[int, ...]
    largest_error: float | None
    answers: tuple[tuple[object, object], ...] = ()
    margins: tuple[float, ...] = ()

    def describe(self, row: int) -> str:
        """The two answers for a differing row, and the margin."""
        place = self.differing.index(row)
        ours, theirs = self.answers[place]
        margin = f", margin {self.margins[place]:.2g}" if self.margins else ""
        return f"{ours}, not {theirs}{margin}"

    @property
    def agreement(self) -> float:
        """Per cent of rows with the same answer."""
        return 100.0 * (self.rows - len(self.differing)) / self.rows


@dataclass(frozen=True, kw_only=True, eq=False)
class QuantizedClassical:
    """The graph and what was measured on the samples."""

    graph: Graph
    report: ClassicalReport


def quantize(
    description: Description, samples: NDArray, *, dtype: DType | None = None, name: str = "model"
) -> QuantizedClassical:
    """An integer graph whose input is of a type; None: the smallest that holds the samples exactly.

    samples: [N, features], numbers as the estimator takes them. Raises CalibrationError, UnsupportedError.
    """
    samples = _checked(samples, description.features)
    dtype = dtype or narrowest(samples)
    if dtype is DType.FLOAT32:
        samples = samples.astype(np.float32).astype(np.float64)
    elif (samples != np.clip(np.rint(samples), *dtype.limits)).any():
        raise UsageError(
            what=f"the samples are not {dtype.value} numbers",
            next_step="give --io float, or samples as the firmware will have them",
        )
    for bits in _precisions(description):
        builder = GraphBuilder(description.features, dtype)
        match description.scorer:
            case Trees():
                tree_nodes.build(builder, description)
            case Linear():
                linear_nodes.build(builder, description, samples)
            case Gaussian():
                gaussian_nodes.build(builder, description, samples)
            case Network():
                network_nodes.build(builder, description, samples, bits)
            case Neighbors():
                neighbors.build(builder, description, samples, bits)
            case KernelMachine():
                kernel_machines.build(builder, description, samples, bits)
        graph = builder.finish(name)
        found = QuantizedClassical(graph=graph, report=compare(description, graph, samples))
        if bits == BITS[-1] or _is_enough(description, graph, samples):
            break
    return found


def _precisions(description: Description) -> tuple[int, ...]:
    """Bits of features to try: of models that compare these with stored rows, 8 where that is good enough."""
    return BITS if isinstance(description.scorer, COMPARING) else BITS[-1:]


def _is_enough(description: Description, graph: Graph, samples: NDArray[np.float64]) -> bool:
    """True if features are exact, or the graph agrees on rows between samples.

    On samples, which may be stored, it agrees too easily.
    """
    is_network = isinstance(description.scorer, Network)
    if not is_network and not any(isinstance(call.op, ScaledFeatures) for call in graph.calls()):
        return True
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, len(samples), (2, BLENDS))
    part = rng.uniform(0, 1, (BLENDS, 1))
    rows = samples[one] * part + samples[other] * (1 - part)
    (x,) = graph.input_tensors
    rows = np.rint(rows) if x.dtype.is_integer else rows.astype(np.float32)
    report = compare(description, graph, rows)
    return report.agreement >= (ENOUGH_OF_NETWORKS if is_network else ENOUGH)


COMPARING = Neighbors | KernelMachine | Network
BITS = (8, 16)
BLENDS = 2000
ENOUGH = 99.95
"""Per cent of rows between samples that must have the estimator's answer for features of 8 bits."""

ENOUGH_OF_NETWORKS = 99.5
"""The same for networks of 8 bits, whose rows between samples are harder than any that are met."""


def narrowest(samples: NDArray[np.float64]) -> DType:
    """The smallest type that holds all samples exactly."""
    for dtype in (DType.INT8, DType.INT16, DType.INT32):
        if (samples == np.clip(np.rint(samples), *dtype.limits)).all():
            return dtype
    return DType.FLOAT32


def _checked(samples: NDArray, features: int) -> NDArray[np.float64]:
    samples = np.asarray(samples, np.float64)
    if samples.ndim != 2 or samples.shape[1] != features or len(samples) == 0:
        raise CalibrationError(
            what=f"the samples have shape {list(samples.shape)}",
            next_step=f"give numbers of shape [N, {features}]: rows as the estimator takes them",
        )
    if not np.isfinite(samples).all():
        raise CalibrationError(
            what="the samples hold NaN or infinite values",
            next_step="remove these rows, or impute the values in the pipeline",
        )
    return samples


def compare(description: Description, graph: Graph, samples: NDArray) -> ClassicalReport:
    """Run the integer graph and the estimator on rows of the graph's input type."""
    (x,) = graph.input_tensors
    rows = np.asarray(samples).astype(x.dtype.numpy)
    part = graph.parts()[0]
    (output,) = part.output_tensors
    integers = reference.run(part, {x.name: rows})[output.name]
    expected = _answers(description, rows)
    if description.task is Task.CLASSIFY:
        index = {label: i for i, label in enumerate(description.classes)}
        wanted = np.array([index[label] for label in expected])
        differing = np.flatnonzero(wanted != integers[:, 0])
        labels = description.classes
        return ClassicalReport(
            rows=len(rows),
            differing=tuple(map(int, differing)),
            largest_error=None,
            answers=tuple((labels[integers[i, 0]], labels[wanted[i]]) for i in differing),
            margins=_margins(part, rows[differing]) if differing.size else (),
        )
    real = integers.astype(np.float64) * output.quantization.scale
    wanted = np.asarray(expected, np.float64).reshape(real.shape)
    spread = np.maximum(wanted.std(axis=0), 1e-300)
    errors = (np.abs(real - wanted) / spread).max(axis=1)
    differing = np.flatnonzero(errors > LARGE_ERROR)
    return ClassicalReport(
        rows=len(rows),
        differing=tuple(map(int, differing)),
        largest_error=float(errors.max()),
        answers=tuple((real[i].tolist(), wanted[i].tolist()) for i in differing),
    )


def _answers(description: Description, rows: NDArray) -> NDArray:
    """The estimator's own answers; KMeans takes only the type of its training rows, which may have been float32."""
    try:
        return description.answer(rows.astype(np.float64))
    except ValueError:
        return description.answer(rows.astype(np.float32))


def _margins(graph: Graph, rows: NDArray) -> tuple[float, ...]:
    """The largest score less the next, of what the last node chooses from; empty where it chooses nothing."""
    last = graph.calls()[-1]
    if not isinstance(last.op, ArgMax):
        return ()
    scores = last.inputs[0]
    values = reference.run(graph.up_to(scores.name), {graph.inputs[0]: rows})[scores.name]
    real = np.sort(values.astype(np.float64), axis=1) * scores.quantization.scale
    gap = np.abs(real[:, 0]) if real.shape[1] == 1 else real[:, -1] - real[:, -2]
    return tuple(float(g) for g in gap)


LARGE_ERROR = 0.005
"""Of the standard deviation of a regressor's answers: beyond it a row counts as differing."""
