"""Weights and biases of layers, in the form that the graph's operators take."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from tinygen.importers.tflite.layer import CONSTANT_TYPES, Layer
from tinygen.ir import DType, Quantization, Tensor


def weights(layer: Layer, position: int, *, rank: int, axis: int, data_at: int = 0) -> Tensor:
    """A constant of the type that the layer computes in, that of input `data_at`; scales per channel lie along `axis`.

    int8 weights of a float layer (dynamic-range quantization) become float32.
    """
    declared = layer.declared_input(position)
    data = layer.constant(position)
    if data is None:
        known = declared.type in CONSTANT_TYPES
        what = "are computed at run time" if known else f"are {declared.type.lower()}"
        raise layer.unsupported(f"the weights '{declared.name}' {what}", "constant int8 or float32")
    if data.ndim != rank or 0 in data.shape:
        raise layer.damaged(f"weights of shape {list(data.shape)}, not of {rank} dimensions")
    tensor = layer.tensor(position)
    computed_in = layer.declared_input(data_at).type
    is_float = computed_in == "FLOAT32"
    if is_float and tensor.dtype is DType.INT8:
        return _as_float(layer, tensor)
    if tensor.dtype is not (DType.FLOAT32 if is_float else DType.INT8):
        raise layer.unsupported(
            f"{tensor.dtype.value} weights for {computed_in.lower()} inputs",
            "int8 weights for int8 inputs, float32 or int8 weights for float32 inputs",
        )
    if not is_float:
        _check_quantization(layer, tensor, axis)
    return tensor


def _check_quantization(layer: Layer, tensor: Tensor, axis: int) -> None:
    quantization = tensor.quantization
    if quantization is None:
        raise layer.damaged(f"the int8 weights '{tensor.name}' have no scale")
    if quantization.axis is None:
        return
    if quantization.axis != axis:
        raise layer.damaged(f"weight scales along axis {quantization.axis} instead of {axis}")
    if any(quantization.zero_points):
        raise layer.unsupported(
            "weights with one zero point per channel", "weights that are symmetric per channel"
        )


def _as_float(layer: Layer, tensor: Tensor) -> Tensor:
    """float32 values of int8 weights."""
    if tensor.quantization is None:
        raise layer.damaged(f"the int8 weights '{tensor.name}' have no scale")
    return layer.builder.keep(
        dataclasses.replace(
            tensor,
            name=f"{tensor.name}/float32",
            dtype=DType.FLOAT32,
            quantization=None,
            data=dequantize(tensor.data, tensor.quantization),
        )
    )


def dequantize(data: NDArray, quantization: Quantization) -> NDArray[np.float32]:
    """scale * (q - zero_point) in float32."""
    along = [1] * data.ndim
    if quantization.axis is not None:
        along[quantization.axis] = -1
    scales = np.asarray(quantization.scales, np.float32).reshape(along)
    zero_points = np.asarray(quantization.zero_points, np.float32).reshape(along)
    return (data.astype(np.float32) - zero_points) * scales


def bias(layer: Layer, position: int, channels: int, *, data_at: int = 0) -> tuple[Tensor, ...]:
    """The bias as a tuple of one, or none; int32 in an int8 layer, float32 in a float layer."""
    if not layer.has_input(position):
        return ()
    declared = layer.declared_input(position)
    data = layer.constant(position)
    wanted = DType.FLOAT32 if layer.declared_input(data_at).type == "FLOAT32" else DType.INT32
    if data is None or data.dtype != wanted.numpy:
        raise layer.unsupported(
            f"the bias '{declared.name}' is no constant of type {wanted.value} "
            f"but {declared.type.lower()}",
            "constant int32 biases in int8 models, float32 in float models",
        )
    if data.size != channels:
        raise layer.damaged(f"{data.size} biases for {channels} channels")
    name = layer.builder.names[layer.index(position)]
    # The scale of a bias follows from input and weights. Some files misplace its quantized
    # dimension.
    flat = Tensor(name=name, shape=(channels,), dtype=wanted, data=data.reshape(channels))
    return (layer.builder.keep(flat),)
