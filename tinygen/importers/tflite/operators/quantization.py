"""QUANTIZE and DEQUANTIZE inside of a model. Those at its ends are gone (see boundary.py)."""

import numpy as np

from tinygen.fixedpoint import INT8_MAX, INT8_MIN, round_half_away
from tinygen.importers.tflite.layer import Layer, quantization_of
from tinygen.importers.tflite.registry import imports
from tinygen.importers.tflite.weights import dequantize
from tinygen.ops.requantize import Requantize

_SHORT = "int8 activations: convert with TFLITE_BUILTINS_INT8 instead of the 16x8 mode"

_MIXED = "models that compute in float32 throughout, or in int8 from the first layer to the last"


@imports("QUANTIZE")
def quantize(layer: Layer) -> None:
    data, source, target = layer.constant(0), layer.declared_input(0), layer.declared_output
    if "INT16" in (source.type, target.type):
        raise layer.unsupported("16-bit activations ('int16x8')", _SHORT)
    if source.type == "INT8" and target.type == "INT8" and data is None:
        layer.add(Requantize(), layer.activation(0))
    elif data is not None and data.dtype == np.float32 and target.type == "INT8":
        quantization = quantization_of(target)
        if quantization is None or quantization.axis is not None:
            raise layer.unsupported("a constant quantized per channel", "one scale")
        scaled = round_half_away(data / np.float32(quantization.scale)) + quantization.zero_point
        layer.fold(np.clip(scaled, INT8_MIN, INT8_MAX).astype(np.int8))
    else:
        raise layer.unsupported(
            f"from {source.type.lower()} to {target.type.lower()} inside of the model", _MIXED
        )


@imports("DEQUANTIZE")
def dequantize_constant(layer: Layer) -> None:
    data, source, target = layer.constant(0), layer.declared_input(0), layer.declared_output
    quantization = quantization_of(source)
    if data is None or target.type != "FLOAT32":
        raise layer.unsupported(
            f"from {source.type.lower()} to {target.type.lower()} inside of the model", _MIXED
        )
    if data.dtype == np.float16:
        layer.fold(data.astype(np.float32))
    elif data.dtype == np.int8 and quantization is not None:
        layer.fold(dequantize(data, quantization))
    else:
        raise layer.unsupported(f"a constant of type {source.type.lower()}", "float16, int8")
