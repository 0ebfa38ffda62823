"""The steps from a float graph to an int8 graph."""

from dataclasses import dataclass

from tinygen.errors import CalibrationError, UsageError
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph, verify
from tinygen.quantize.apply import integer_graph
from tinygen.quantize.calibration import Calibration, Interval, check_input_range
from tinygen.quantize.correct import with_corrected_biases
from tinygen.quantize.intervals import choose_intervals
from tinygen.quantize.measure import LayerError, layer_errors
from tinygen.quantize.methods import CalibrationMethod
from tinygen.quantize.scheme import choose_scheme, with_requantize
from tinygen.quantize.synthetic import synthetic_calibration

DEFAULT_METHOD = CalibrationMethod.PERCENTILE_99_99
"""Chosen by benchmarks/quantization.py; the figures are in docs/quantization.md."""

_REPORT_SAMPLES = 32


@dataclass(frozen=True, kw_only=True)
class QuantizationReport:
    """How a graph was quantized, and the error of each layer on the calibration data."""

    method: CalibrationMethod
    bias_correction: bool
    arithmetic: Arithmetic
    source: str
    samples: int
    is_synthetic: bool
    warnings: tuple[str, ...]
    layers: tuple[LayerError, ...]

    @property
    def worst_layer(self) -> LayerError | None:
        """The layer with the lowest signal to noise ratio."""
        known = [layer for layer in self.layers if layer.sqnr_db is not None]
        return min(known, key=lambda layer: layer.sqnr_db or 0.0, default=None)


@dataclass(frozen=True, kw_only=True)
class Quantized:
    """The int8 graph, and how it came about."""

    graph: Graph
    report: QuantizationReport


def quantize(
    graph: Graph,
    *,
    calibration: Calibration | None = None,
    input_range: Interval | None = None,
    arithmetic: Arithmetic = Arithmetic.TFLM,
    method: CalibrationMethod = DEFAULT_METHOD,
    bias_correction: bool | None = None,
) -> Quantized:
    """Turn a float graph, after passes.FLOAT_PASSES, into an int8 graph of the same nodes and tensor names.

    `input_range` bounds all inputs; without it they get the range of the samples. Without `calibration`, samples
    are made up inside of that range, and the report warns that accuracy is unmeasured. `bias_correction` None
    is on for real samples and off for made-up ones, whose means say nothing. Raises CalibrationError for data that
    does not fit the graph, UnsupportedError for layers without an integer form.
    """
    _check_is_float(graph)
    check_input_range(input_range)
    if calibration is None:
        calibration = synthetic_calibration(graph, input_range)
    _check_names(graph, calibration)
    if bias_correction is None:
        bias_correction = not calibration.is_synthetic
    graph, groups = with_requantize(graph, arithmetic)
    intervals = choose_intervals(graph, calibration, method, input_range)
    scheme = choose_scheme(graph, groups, intervals)
    corrected = graph
    if bias_correction:
        corrected = with_corrected_biases(graph, scheme, arithmetic, calibration)
    quantized = verify(integer_graph(corrected, scheme, arithmetic))
    report = QuantizationReport(
        method=method,
        bias_correction=bias_correction,
        arithmetic=arithmetic,
        source=calibration.source,
        samples=calibration.count,
        is_synthetic=calibration.is_synthetic,
        warnings=_warnings(calibration),
        layers=layer_errors(graph, quantized, calibration.first(_REPORT_SAMPLES)),
    )
    return Quantized(graph=quantized, report=report)


def _check_is_float(graph: Graph) -> None:
    if any(t.dtype.is_integer for t in graph.tensors.values() if not t.is_constant):
        raise UsageError(
            what="the model is quantized already",
            where=graph.name,
            next_step="leave calibration and input range out for int8 models",
        )


def _check_names(graph: Graph, calibration: Calibration) -> None:
    for tensor in graph.input_tensors:
        samples = calibration.samples.get(tensor.name)
        if samples is None or samples.shape[1:] != tensor.shape[1:]:
            raise CalibrationError(
                what=f"the calibration data is not for the input '{tensor.name}'",
                where=calibration.source,
                next_step=f"give samples of shape [N, {', '.join(map(str, tensor.shape[1:]))}]",
            )


def _warnings(calibration: Calibration) -> tuple[str, ...]:
    if not calibration.is_synthetic:
        return ()
    ranges = ", ".join(
        f"'{name}' {low:g} to {high:g}" for name, (low, high) in calibration.input_ranges.items()
    )
    return (
        f"quantized without data: accuracy is unmeasured. Inputs are taken to lie in: {ranges}. "
        "Give --calibration samples.npz (some hundred real inputs) or at least --input-range LO,HI.",
    )
