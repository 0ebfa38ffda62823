"""Post-training quantization: a float graph and samples of its inputs become an int8 graph.

    quantized = quantize(graph, calibration=load_calibration(path, graph))
    quantized.graph, quantized.report

docs/quantization.md says how ranges and scales are chosen and compares the methods by measurement.
"""

from tinygen.quantize.calibration import (
    Calibration,
    arrays_by_input,
    calibration_from_arrays,
    load_calibration,
    read_rows,
)
from tinygen.quantize.convert import QuantizationReport, Quantized, quantize
from tinygen.quantize.measure import LayerError, output_error
from tinygen.quantize.methods import CalibrationMethod
from tinygen.quantize.synthetic import DEFAULT_INPUT_RANGE, synthetic_calibration

__all__ = [
    "DEFAULT_INPUT_RANGE",
    "Calibration",
    "CalibrationMethod",
    "LayerError",
    "QuantizationReport",
    "Quantized",
    "arrays_by_input",
    "calibration_from_arrays",
    "load_calibration",
    "output_error",
    "quantize",
    "read_rows",
    "synthetic_calibration",
]
