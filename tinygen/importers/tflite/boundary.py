"""Leaves out the conversion steps at the ends of a full-integer model.

Converters put QUANTIZE after a float32 or uint8 input and DEQUANTIZE or QUANTIZE before such an
output. The graph begins and ends with the int8 tensors inside of them. A uint8 end with the same
scale and a zero point larger by 128 is the same integers with the top bit flipped, so nothing is
lost.
"""

import dataclasses
from collections.abc import Sequence

from tinygen.importers.tflite.model_file import FileOperator, FileTensor, ModelFile

_UINT8_OFFSET = 128


def strip_boundary(file: ModelFile) -> ModelFile:
    """Move the model's inputs and outputs inwards, over the conversions at its ends."""
    for position in range(len(file.inputs)):
        file = _strip_input(file, position)
    for position in range(len(file.outputs)):
        file = _strip_output(file, position)
    return file


def _strip_input(file: ModelFile, position: int) -> ModelFile:
    outer = file.inputs[position]
    consumers = [op for op in file.operators if outer in op.inputs]
    if (
        len(consumers) != 1
        or outer in file.outputs
        or not _converts(file, consumers[0], "QUANTIZE")
    ):
        return file
    (inner,) = consumers[0].outputs
    inputs = _with(file.inputs, position, inner)
    return _without(file, consumers[0], outer, inner, inputs=inputs)


def _strip_output(file: ModelFile, position: int) -> ModelFile:
    outer = file.outputs[position]
    producers = [op for op in file.operators if outer in op.outputs]
    is_read = any(outer in op.inputs for op in file.operators)
    if len(producers) != 1 or is_read or file.outputs.count(outer) != 1:
        return file
    if not _converts(file, producers[0], "QUANTIZE", "DEQUANTIZE"):
        return file
    (inner,) = producers[0].inputs
    if inner in file.inputs or inner in file.outputs:
        return file
    if file.tensors[inner].type == "FLOAT32" and file.tensors[file.inputs[0]].type == "INT8":
        return file  # the int8 model's last function is computed in float32
    return _without(file, producers[0], outer, inner, outputs=_with(file.outputs, position, inner))


def _converts(file: ModelFile, operator: FileOperator, *kinds: str) -> bool:
    """True for a conversion between int8 and float32, or uint8 with the same integers."""
    if operator.kind not in kinds or len(operator.inputs) != 1 or len(operator.outputs) != 1:
        return False
    if operator.inputs[0] < 0:
        return False
    ends = file.tensors[operator.inputs[0]], file.tensors[operator.outputs[0]]
    by_type = {t.type: t for t in ends if t.data is None}
    if by_type.keys() == {"INT8", "FLOAT32"}:
        return True
    return by_type.keys() == {"INT8", "UINT8"} and _same_integers(by_type["INT8"], by_type["UINT8"])


def _same_integers(signed: FileTensor, unsigned: FileTensor) -> bool:
    if signed.scales.size != 1 or unsigned.scales.size != 1:
        return False
    same_scale = signed.scales[0] == unsigned.scales[0]
    return bool(same_scale and signed.zero_points[0] + _UINT8_OFFSET == unsigned.zero_points[0])


def _with(values: Sequence[int], position: int, value: int) -> tuple[int, ...]:
    return (*values[:position], value, *values[position + 1 :])


def _without(
    file: ModelFile, operator: FileOperator, outer: int, inner: int, **ends: tuple[int, ...]
) -> ModelFile:
    """The model without one conversion; the inner tensor takes the outer name, which users know."""
    tensors = list(file.tensors)
    tensors[inner] = dataclasses.replace(tensors[inner], name=file.tensors[outer].name)
    tensors[outer] = dataclasses.replace(tensors[outer], name=file.tensors[inner].name)
    operators = tuple(op for op in file.operators if op is not operator)
    return dataclasses.replace(file, tensors=tuple(tensors), operators=operators, **ends)
