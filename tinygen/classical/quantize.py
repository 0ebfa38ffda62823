"""From a description to an integer graph, and how well the two agree."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinygen import reference
from tinygen.classical import (
    distance_nodes,
    ensemble_nodes,
    gaussian_nodes,
    isolation_nodes,
    kernel_machines,
    linear_nodes,
    neighbors,
    net_nodes,
    network_nodes,
    process_nodes,
    quadratic_nodes,
    staging,
    tree_nodes,
)
from tinygen.classical.algebra import works_by_columns
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.combination import (
    Calibrated,
    Curved,
    Median,
    NeuralNet,
    Pairs,
    Several,
    Stacked,
    Sum,
    holds,
)
from tinygen.classical.description import (
    Description,
    Gaussian,
    Isolation,
    KernelMachine,
    Linear,
    Link,
    LocalOutliers,
    Neighbors,
    Network,
    Processes,
    Quadratic,
    Task,
    Trees,
    WithinRadius,
)
from tinygen.classical.features import imputed_columns, takes_nan
from tinygen.classical.net_nodes import QuantizeNet
from tinygen.classical.precision import Precision, compares_columns, ladder
from tinygen.errors import BudgetError, CalibrationError, UnsupportedError, UsageError
from tinygen.ir import DType, Graph
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.kernel_sums import KernelSums
from tinygen.ops.classical.operator import FEATURE_TYPES
from tinygen.ops.classical.scaled_features import ScaledFeatures


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassicalReport:
    """The integer graph beside the estimator's own `predict`, row by row.

    Of a classifier `differing` are rows with another class, and `largest_error` is None. Of a regressor the error is
    in units of the standard deviation of its answers. `margins` say how clear the integer answer of a differing row is:
    the largest score less the next, in real units, where scores exist. `largest_absolute_error` of a regressor is in
    the units of its answers; `largest_probability_error` is None where there are no probabilities. `warnings` are about
    the rows themselves.
    """

    rows: int
    differing: tuple[int, ...]
    largest_error: float | None
    answers: tuple[tuple[object, object], ...] = ()
    margins: tuple[float, ...] = ()
    largest_absolute_error: float | None = None
    largest_probability_error: float | None = None
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Plain data for JSON; differing rows with both answers, and margins where they are known."""
        margins = self.margins or (None,) * len(self.differing)
        return {
            "rows": self.rows,
            "agreement": self.agreement,
            "largest_error": self.largest_error,
            "largest_absolute_error": self.largest_absolute_error,
            "largest_probability_error": self.largest_probability_error,
            "differing": [
                {"row": row, "answer": ours, "expected": theirs, "margin": margin}
                for row, (ours, theirs), margin in zip(
                    self.differing, self.answers, margins, strict=True
                )
            ],
        }

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
    precision: Precision


def quantize(
    description: Description,
    samples: NDArray,
    *,
    dtype: DType | None = None,
    name: str = "model",
    agreement: float | None = None,
    input_name: str = "features",
    quantize_net: QuantizeNet | None = None,
) -> QuantizedClassical:
    """An integer graph whose input is of a type; None: the smallest that holds the samples exactly.

    samples: [N, features], numbers as the estimator takes them. `agreement` is the per cent of samples that must have
    the estimator's answer; None leaves it to the defaults of this module. `quantize_net` makes int8 graphs of neural
    nets. Raises CalibrationError, UnsupportedError, BudgetError for an agreement that is not reached.
    """
    samples = _checked(samples, description)
    dtype = dtype or narrowest(samples)
    if dtype not in FEATURE_TYPES:
        known = ", ".join(t.value for t in FEATURE_TYPES)
        raise UsageError(what=f"features of type {dtype.value}", next_step=f"supported: {known}")
    if dtype is DType.FLOAT32:
        samples = _as_float32(samples)
    elif (samples != np.clip(np.rint(samples), *dtype.limits)).any():
        raise UsageError(
            what=f"the samples are not {dtype.value} numbers",
            next_step="give --io float, or samples as the firmware will have them",
        )
    tried: list[QuantizedClassical] = []
    has_values = description.task is Task.REGRESS
    rungs = [p for p in ladder(description) if agreement is not None or has_values or not p.is_wide]
    most, is_compared = max(p.bits for p in rungs), compares_columns(description)
    for precision in rungs:
        builder = GraphBuilder(description.features, dtype, precision, input_name)
        builder.quantize_net = quantize_net
        builder.has_nan = bool(np.isnan(samples).any())
        build(builder, description, samples, precision.bits)
        graph = builder.finish(name)
        report = compare(description, graph, samples)
        tried.append(QuantizedClassical(graph=graph, report=report, precision=precision))
        if agreement is not None and report.agreement < agreement:
            continue
        if agreement is None and has_values and report.differing:
            continue
        has_most = precision.bits == most and (precision.has_wide_columns or not is_compared)
        is_enough = has_most or _is_enough(description, graph, samples, agreement, is_compared)
        if is_enough and (
            has_most or _agrees_on_others(description, tried[-1], samples, agreement)
        ):
            found = _narrower_if_as_good(description, tried, samples) if has_most else tried[-1]
            return _with_probabilities(description, found, samples)
    if agreement is not None:
        best = max(tried, key=lambda found: found.report.agreement)
        raise BudgetError(
            what=f"an agreement of {agreement:g} % is not reached",
            where=f"the best is {best.report.agreement:.2f} % of {len(samples)} calibration rows, with "
            f"{best.precision}",
            next_step="ask for less, give features of more bits (--io int16, --io float), or regularize the estimator",
        )
    return _with_probabilities(description, _best(description, tried, samples), samples)


def _as_float32(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest float32 numbers within the range of each column: beyond it some estimators refuse rows."""
    near = samples.astype(np.float32)
    low, high = samples.min(axis=0), samples.max(axis=0)
    up, down = np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(-np.inf))
    inside = np.where(near < low, up, np.where(near > high, down, near))
    varies = low < high  # a constant may lie between two of them
    return np.where(varies, inside, near).astype(np.float64)


def _with_probabilities(
    description: Description, found: QuantizedClassical, samples: NDArray
) -> QuantizedClassical:
    _refuse_blind_kernels(description, found.graph, samples)
    error = largest_probability_error(description, found.graph, samples)
    report = replace(found.report, largest_probability_error=error)
    return replace(found, report=replace(report, warnings=_warnings(report)))


def _refuse_blind_kernels(
    description: Description, graph: Graph, samples: NDArray[np.float64]
) -> None:
    """Raise UnsupportedError where kernels of all rows but the stored ones are too small for integers.

    So it is where a model divides by their sum, which is 0 then, as label propagation does.
    """
    is_asked = isinstance(description.scorer, KernelMachine) and description.score_offset is None
    if not is_asked or description.task is not Task.CLASSIFY:
        return
    agreement = compare(description, graph, _between(description, samples, graph)).agreement
    if agreement < FEWEST_BETWEEN:
        raise UnsupportedError(
            what=f"only {agreement:.1f} % of rows between calibration rows have the estimator's answer",
            where="kernels of rows that are not stored are too small for integers",
            next_step="fit with a smaller gamma, on scaled features",
        )


FEWEST_BETWEEN = 90.0


def _warnings(report: ClassicalReport) -> tuple[str, ...]:
    """What a user should know before he trusts the model."""
    found = []
    if report.rows < FEW_SAMPLES:
        found.append(
            f"{report.rows} calibration rows tell little of the ranges of features, beyond which numbers may "
            "saturate, and of agreement: give hundreds"
        )
    if report.agreement < LOW_AGREEMENT:
        found.append(
            f"only {report.agreement:.1f} % of the calibration rows have the estimator's answer: give features as "
            "float (--io float), scale them in the pipeline, or regularize the estimator"
        )
    return tuple(found)


LOW_AGREEMENT = 99.0
FEW_SAMPLES = 20


def build(
    builder: GraphBuilder, description: Description, samples: NDArray[np.float64], bits: int
) -> None:
    """Add the nodes and methods of a description; `samples` are rows of the builder's input."""
    if (
        description.task is Task.CLASSIFY
        and len(description.classes) == 1
        and not (description.is_mixture)
    ):
        description = replace(
            description, scorer=tree_nodes.ALWAYS_FIRST, transforms=(), link=Link.NONE
        )
    if isinstance(description.scorer, KernelMachine) and not len(description.scorer.rows):
        description = replace(description, scorer=_without_rows(description))
    if staging.build_behind(builder, description, samples, bits, build):
        return
    match description.scorer:
        case Trees():
            tree_nodes.build(builder, description)
        case Linear():
            linear_nodes.build(builder, description, samples)
        case Gaussian():
            gaussian_nodes.build(builder, description, samples)
        case Quadratic():
            quadratic_nodes.build(builder, description, samples)
        case Network():
            network_nodes.build(builder, description, samples, bits)
        case Neighbors():
            neighbors.build(builder, description, samples, bits)
        case WithinRadius():
            distance_nodes.build_radius(builder, description, samples, bits)
        case LocalOutliers():
            distance_nodes.build_outliers(builder, description, samples, bits)
        case KernelMachine():
            kernel_machines.build(builder, description, samples, bits)
        case Processes():
            process_nodes.build(builder, description, samples)
        case Isolation():
            isolation_nodes.build(builder, description)
        case NeuralNet():
            net_nodes.build(builder, description, samples, bits, build)
        case Sum() | Median() | Pairs() | Calibrated() | Curved() | Stacked() | Several():
            ensemble_nodes.build(builder, description, samples, bits, build)
    if description.centers is not None:
        distance_nodes.add_distances(builder, description, samples)


def _without_rows(description: Description) -> Linear:
    """A sum of kernels that has no terms: its bias."""
    bias = description.scorer.bias
    width = description.transforms[-1].outputs if description.transforms else description.features
    return Linear(weights=np.zeros((len(bias), width)), bias=bias)


def _narrower_if_as_good(
    description: Description, tried: list[QuantizedClassical], samples: NDArray[np.float64]
) -> QuantizedClassical:
    """The last graph; of neighbours the one before, if the last agrees on no more rows between samples.

    Where stored rows are equally far, which come first is scikit-learn's own order, and no number of bits finds it.
    """
    if len(tried) < 2 or not _compares_rows(description):
        return tried[-1]
    rows = _between(description, samples, tried[-1].graph)
    before, last = (compare(description, found.graph, rows).agreement for found in tried[-2:])
    return tried[-2] if before >= last else tried[-1]


def _agrees_on_others(
    description: Description,
    found: QuantizedClassical,
    samples: NDArray[np.float64],
    agreement: float | None,
) -> bool:
    """True if a model of every second stored row has the answers of one of 28 bits on samples that are not stored.

    Rows between two samples have these as their nearest ones where there are many features: there too many rows agree.
    """
    half = _half_of(description)
    if half is None:
        return True
    (x,) = found.graph.input_tensors
    queries = samples[::2][:BLENDS].astype(x.dtype.numpy)
    answers = []
    for bits in (found.precision.bits, 32):
        builder = GraphBuilder(description.features, x.dtype, Precision(bits=bits), x.name)
        build(builder, half, samples, bits)
        part = builder.finish("half").parts()[0]
        (output,) = part.output_tensors
        integers = reference.run(part, {x.name: queries})[output.name]
        answers.append(integers * output.quantization.scale)
    limit = LARGE_ERROR * answers[1].std(axis=0) if description.task is Task.REGRESS else 0
    same = (np.abs(answers[0] - answers[1]) <= limit).all(axis=1)
    return bool(100.0 * same.mean() >= (ENOUGH_OF_OTHERS if agreement is None else agreement))


def _half_of(description: Description) -> Description | None:
    """The model with every second of its stored rows; None where it has none, or few."""
    model = description.scorer
    if not isinstance(model, Neighbors | WithinRadius) or len(model.rows) < FEW_ROWS:
        return None
    half = replace(model, rows=model.rows[1::2], targets=model.targets[1::2])
    if isinstance(half, Neighbors) and half.count > len(half.rows):
        return None
    return replace(description, scorer=half)


def _compares_rows(description: Description) -> bool:
    return any(holds(description, kind) for kind in (Neighbors, WithinRadius, LocalOutliers))


def _best(
    description: Description, tried: list[QuantizedClassical], samples: NDArray[np.float64]
) -> QuantizedClassical:
    """Of graphs none of which has all values near those of a regressor: the best on samples and rows between these."""
    rows = _between(description, samples, tried[0].graph)
    reports = [compare(description, found.graph, rows) for found in tried]
    most = max(report.agreement for report in reports)
    if most >= MOST_OF_THEM:
        return tried[[report.agreement for report in reports].index(most)]
    return tried[int(np.argmin([report.largest_error for report in reports]))]


def _between(description: Description, samples: NDArray[np.float64], graph: Graph) -> NDArray:
    """Rows between pairs of samples, which may be stored: on these a model agrees too easily.

    The samples themselves, where what is between them may be no category of an encoder.
    """
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, len(samples), (2, BLENDS))
    part = rng.uniform(0, 1, (BLENDS, 1))
    rows = samples[one] * part + samples[other] * (1 - part)
    (x,) = graph.input_tensors
    rows = np.rint(rows) if x.dtype.is_integer else rows.astype(np.float32)
    try:
        _answers(description, rows)
    except CalibrationError:
        return samples
    return rows


def _is_enough(
    description: Description,
    graph: Graph,
    samples: NDArray[np.float64],
    agreement: float | None,
    is_compared: bool,
) -> bool:
    """True if nothing is rounded that could have more bits, or the graph agrees on rows between samples.

    On samples, which may be stored, it agrees too easily. Features of 8 bits must agree better than what has 16
    already, and would only gain from wide sums. Of columns that trees compare (`is_compared`) a regressor has all bits:
    a single row that goes another way may have a large error, and no number of rows shows that there is none.
    """
    if is_compared and agreement is None and description.task is Task.REGRESS:
        return False
    is_network = holds(description, Network)
    rounded = [c for c in graph.calls() if isinstance(c.op, ScaledFeatures)]
    is_summed = any(isinstance(call.op, KernelSums) for call in graph.calls())
    if not (is_network or is_summed or rounded or is_compared):
        return True
    # of anomaly models many samples lie on the boundary
    is_clear = is_summed and description.score_offset is None and agreement is None
    if is_clear and compare(description, graph, samples).agreement < ENOUGH_OF_THE_REST:
        return False
    rows = _between(description, samples, graph)
    report = compare(description, graph, rows)
    is_small = any(call.output.dtype is DType.INT8 for call in rounded)
    is_strict = is_small or _compares_rows(description)
    usual = ENOUGH if is_strict and not is_network else ENOUGH_OF_THE_REST
    if is_compared and agreement is None:
        usual = ENOUGH
        error = largest_probability_error(description, graph, rows)
        if error is not None and error > LARGE_PROBABILITY_ERROR:
            return False
    return report.agreement >= (usual if agreement is None else agreement)


LARGE_PROBABILITY_ERROR = 0.01
"""A row that goes another way in one of few trees may keep its class, but not its probabilities."""

MOST_OF_THEM = 90.0
"""Per cent of rows: where no rung has values so near for these, the one with the least error is the best."""

BLENDS = 2000
ENOUGH = 99.95
"""Per cent of rows between samples that must have the estimator's answer for features of 8 bits: one may differ.

With an agreement of 99.5 % ten would on average, and one or none in one of 2000 cases. So a better agreement is all but
certain: no number but this confidence is behind it.
"""

ENOUGH_OF_OTHERS = 99.75
"""Per cent of samples that are not stored: a few hundred, which the estimator meets as it will meet others."""

FEW_ROWS = 50
"""So many stored rows have no halves."""

ENOUGH_OF_THE_REST = 99.5
"""The same for networks of 8 bits, whose rows between samples are harder than any that are met, and for sums of kernels
of 16."""


def narrowest(samples: NDArray[np.float64]) -> DType:
    """The smallest type that holds all samples exactly."""
    for dtype in (DType.INT8, DType.INT16, DType.INT32):
        if (samples == np.clip(np.rint(samples), *dtype.limits)).all():
            return dtype
    return DType.FLOAT32


def _checked(samples: NDArray, description: Description) -> NDArray[np.float64]:
    features = description.features
    samples = np.asarray(samples, np.float64)
    if samples.ndim != 2 or samples.shape[1] != features or len(samples) == 0:
        raise CalibrationError(
            what=f"the samples have shape {list(samples.shape)}",
            next_step=f"give numbers of shape [N, {features}]: rows as the estimator takes them",
        )
    known = np.isfinite(samples)
    if takes_nan(description.transforms) or _knows_missing(description):
        known |= np.isnan(samples) & imputed_columns(description.transforms, features)
    if not known.all():
        raise CalibrationError(
            what="the samples hold NaN or infinite values",
            next_step="remove these rows, or impute the values in the pipeline",
        )
    return samples


def _knows_missing(description: Description) -> bool:
    """True for trees that say where NaN goes, behind transformers that leave it as it is."""
    scorer = description.scorer
    known = isinstance(scorer, Trees) and scorer.missing_left is not None
    return known and works_by_columns(description.transforms)


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
    if description.task is Task.CLASSIFY_EACH:
        return _compare_each(description, integers, expected)
    real = integers.astype(np.float64) * output.quantization.scale
    wanted = np.asarray(expected, np.float64).reshape(real.shape)
    # NaN: the estimator has no answer, such as that of no neighbours within a radius
    wanted = np.where(np.isnan(wanted), real, wanted)
    absolute, spread = np.abs(real - wanted), wanted.std(axis=0)
    # answers that are all the same have no spread; theirs is their size
    sizes = np.maximum(np.abs(wanted).max(axis=0), max(1e-12 * np.abs(wanted).max(), 1e-300))
    spread = np.where(spread > 1e-9 * sizes, spread, sizes)
    errors = (absolute / spread).max(axis=1)
    differing = np.flatnonzero(errors > LARGE_ERROR)
    return ClassicalReport(
        rows=len(rows),
        differing=tuple(map(int, differing)),
        largest_error=float(errors.max()),
        largest_absolute_error=float(absolute.max()),
        answers=tuple((real[i].tolist(), wanted[i].tolist()) for i in differing),
    )


def _compare_each(
    description: Description, integers: NDArray, expected: NDArray
) -> ClassicalReport:
    """The classes of several classifiers, [N, classifiers]: a row agrees if all of them do."""
    columns = enumerate(description.classes)
    found = np.stack([np.array(known)[integers[:, k]] for k, known in columns], axis=1)
    differing = np.flatnonzero((found != np.asarray(expected)).any(axis=1))
    return ClassicalReport(
        rows=len(integers),
        differing=tuple(map(int, differing)),
        largest_error=None,
        answers=tuple((found[i].tolist(), np.asarray(expected)[i].tolist()) for i in differing),
    )


def largest_probability_error(
    description: Description, graph: Graph, samples: NDArray
) -> float | None:
    """The largest difference between the method predict_proba and the estimator's; None where one is missing."""
    if description.probabilities is None or "predict_proba" not in graph.methods:
        return None
    (x,) = graph.input_tensors
    rows = np.asarray(samples).astype(x.dtype.numpy)
    part = graph.up_to(graph.outputs[graph.methods.index("predict_proba")])
    (output,) = part.output_tensors
    integers = reference.run(part, {x.name: rows})[output.name]
    wanted = _asked(description.probabilities, rows)
    if isinstance(wanted, list):  # several outputs, each with its own probabilities
        wanted = np.concatenate(wanted, axis=1)
    if wanted.shape != integers.shape:
        return None
    return float(np.abs(integers * output.quantization.scale - wanted).max())


def _answers(description: Description, rows: NDArray) -> NDArray:
    """The estimator's own answers."""
    return _asked(description.answer, rows)


def _asked(method: Callable[[NDArray], NDArray], rows: NDArray) -> NDArray:
    """What a method says of rows; KMeans and NMF take only the type of their training rows, which may be float32."""
    try:
        return method(rows.astype(np.float64))
    except (TypeError, ValueError, IndexError):
        pass
    try:
        return method(rows.astype(np.float32))
    except (ValueError, IndexError) as error:  # of categories that naive Bayes has not met
        raise CalibrationError(
            what=f"the estimator itself refuses these rows: {str(error).splitlines()[0]}",
            next_step="give rows that its predict takes",
        ) from error


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
