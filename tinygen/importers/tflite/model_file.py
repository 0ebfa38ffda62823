"""Reads a .tflite file into plain frozen records. Nothing here knows what operators mean.

The flatbuffer readers do no bounds checks, and a file can be hostile. Every index is therefore
checked here, and the bytes that a file makes us visit are counted: an honest file visits each of
its bytes about once.
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray
from tflite.utils import BUILTIN_OPCODE2NAME

from tinygen.errors import ModelFileError, UnsupportedError

MAX_FILE_BYTES = 2**29
MAX_OPERATORS = 4096
MAX_ENDS = 256
"""Inputs, and outputs, of a model."""
MAX_ACTIVATION_ELEMENTS = 2**24
MAX_RANK = 8

_DAMAGE = (struct.error, IndexError, ValueError, TypeError, OverflowError)
"""What reading a broken flatbuffer raises."""

_TYPE_NAMES = {v: k for k, v in vars(tflite.TensorType).items() if isinstance(v, int)}

_NUMPY_TYPES = {
    "FLOAT32": "<f4", "FLOAT16": "<f2", "FLOAT64": "<f8", "BOOL": "?",
    "INT8": "i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8",
    "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class FileTensor:
    """A tensor as the file declares it. `data` is None for what is computed at run time.

    `is_open`: some dimension behind the batch is unknown to the file, and 1 in `shape`. `is_batch_open`: the
    first one is.
    """

    name: str
    shape: tuple[int, ...]
    type: str
    data: NDArray | None
    is_open: bool
    is_batch_open: bool
    scales: NDArray[np.float32]
    zero_points: NDArray[np.int64]
    axis: int


@dataclass(frozen=True, kw_only=True, eq=False)
class FileOperator:
    """An operator as the file declares it. Inputs are tensor indices, -1 where one is left out."""

    kind: str
    """The builtin's name, such as CONV_2D; 'CUSTOM <name>' for custom operators."""
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    table: tflite.Operator

    def options(self, table_type: type, *fields: str) -> tuple[Any, ...]:
        """Read fields of the operator's option table; vectors come as tuples of integers.

        Raises ModelFileError when the table is of another type or lies outside of the file.
        """
        wanted = getattr(tflite.BuiltinOptions, table_type.__name__)
        try:
            union = self.table.BuiltinOptions()
            if self.table.BuiltinOptionsType() != wanted or union is None:
                raise damaged(f"a {self.kind} has no {table_type.__name__}")
            table = table_type()
            table.Init(union.Bytes, union.Pos)
            return tuple(_plain(getattr(table, field)()) for field in fields)
        except _DAMAGE as error:
            raise damaged(f"the options of a {self.kind} cannot be read ({error})") from error


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelFile:
    """The first subgraph of a .tflite file."""

    tensors: tuple[FileTensor, ...]
    operators: tuple[FileOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def damaged(what: str, where: str | None = None) -> ModelFileError:
    """The error for a file that contradicts itself."""
    return ModelFileError(
        what=what,
        where=where,
        next_step="the file is damaged or was not written by a TFLite converter: export it again",
    )


def _too_large(what: str, limit: int) -> ModelFileError:
    return ModelFileError(
        what=f"the model has {what}; models for microcontrollers are far smaller",
        next_step=f"give a model with at most {limit}",
    )


def read(path: Path) -> ModelFile:
    """Read a .tflite file. Raises ModelFileError when it is damaged."""
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise _too_large(f"{size} bytes", MAX_FILE_BYTES)
    return parse(path.read_bytes())


def parse(content: bytes) -> ModelFile:
    """Read the bytes of a .tflite file. Raises ModelFileError when they are damaged."""
    if len(content) < 8 or content[4:8] != b"TFL3":
        raise damaged("the file does not carry the TFLite mark 'TFL3' at byte 4")
    try:
        return _Parser(content).model_file()
    except _DAMAGE as error:
        raise damaged(f"the file is damaged: a table cannot be read ({error})") from error


def _plain(value: Any) -> Any:
    """A scalar as it is; a vector as a tuple of integers."""
    if isinstance(value, np.ndarray):
        if value.size > 4096:
            raise ValueError(f"an option holds {value.size} values")
        return tuple(int(v) for v in value)
    return value


class _Parser:
    def __init__(self, content: bytes):
        self.content = content
        self.budget = 8 * len(content)

    def model_file(self) -> ModelFile:
        model = tflite.Model.GetRootAs(self.content, 0)
        if model.Version() != 3:
            raise damaged(f"the file has schema version {model.Version()}; TFLite writes 3")
        if model.SubgraphsLength() < 1:
            raise damaged("the file holds no subgraph")
        kinds = self.each(model.OperatorCodesLength(), model.OperatorCodes, self.kind)
        buffers = self.each(model.BuffersLength(), model.Buffers, self.buffer)
        graph = model.Subgraphs(0)
        tensors = self.each(
            graph.TensorsLength(), graph.Tensors, lambda table: self.tensor(table, buffers)
        )
        if graph.OperatorsLength() > MAX_OPERATORS:
            raise _too_large(f"{graph.OperatorsLength()} operators", MAX_OPERATORS)
        operators = self.each(
            graph.OperatorsLength(),
            graph.Operators,
            lambda table: self.operator(table, kinds, len(tensors)),
        )
        return ModelFile(
            tensors=tensors,
            operators=operators,
            inputs=self.ends(graph.InputsAsNumpy(), len(tensors), "input"),
            outputs=self.ends(graph.OutputsAsNumpy(), len(tensors), "output"),
        )

    def spend(self, count: int) -> None:
        self.budget -= count
        if self.budget < 0:
            raise damaged("the file makes its tables overlap")

    def each(self, length: int, getter: Callable[[int], Any], read: Callable[[Any], Any]) -> tuple:
        self.spend(4 * length)
        return tuple(read(getter(i)) for i in range(length))

    def array(self, vector: Any) -> NDArray:
        """A vector of numbers; an empty one where the file leaves it out."""
        if not isinstance(vector, np.ndarray):
            return np.empty(0, np.int64)
        self.spend(vector.nbytes)
        return vector

    def text(self, value: bytes | None) -> str:
        self.spend(len(value or b""))
        return (value or b"").decode("utf-8", errors="replace")

    def indices(self, vector: Any, lowest: int, count: int) -> tuple[int, ...]:
        values = tuple(int(v) for v in self.array(vector))
        if any(not lowest <= v < count for v in values):
            raise damaged(f"a tensor index is outside of the {count} tensors")
        return values

    def ends(self, vector: Any, count: int, what: str) -> tuple[int, ...]:
        indices = self.indices(vector, 0, count)
        if len(indices) > MAX_ENDS:
            raise _too_large(f"{len(indices)} {what}s", MAX_ENDS)
        if len(set(indices)) != len(indices):
            raise damaged(f"one tensor is given as {what} twice")
        return indices

    def kind(self, code: tflite.OperatorCode) -> str:
        # files before schema 3a hold the code in one byte, whose largest value points to the new
        # field
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        if number == tflite.BuiltinOperator.CUSTOM:
            return f"CUSTOM {self.text(code.CustomCode())}"
        return BUILTIN_OPCODE2NAME.get(number, f"operator {number}")

    def buffer(self, table: tflite.Buffer) -> NDArray[np.uint8]:
        if table.Offset() > 1:
            raise damaged("weights outside of the flatbuffer (files above 2 GB)")
        return self.array(table.DataAsNumpy()).astype(np.uint8, copy=False)

    def operator(self, table: tflite.Operator, kinds: tuple[str, ...], count: int) -> FileOperator:
        index = table.OpcodeIndex()
        if not 0 <= index < len(kinds):
            raise damaged(f"an operator has code {index} of {len(kinds)}")
        return FileOperator(
            kind=kinds[index],
            inputs=self.indices(table.InputsAsNumpy(), -1, count),
            outputs=self.indices(table.OutputsAsNumpy(), 0, count),
            table=table,
        )

    def tensor(self, table: tflite.Tensor, buffers: tuple[NDArray[np.uint8], ...]) -> FileTensor:
        name = self.text(table.Name()) or "unnamed"
        kind = _TYPE_NAMES.get(table.Type(), f"type {table.Type()}")
        signature = tuple(int(d) for d in self.array(table.ShapeSignatureAsNumpy()))
        written = tuple(int(d) for d in self.array(table.ShapeAsNumpy()))
        shape = _known_shape(written, name)
        if table.Sparsity() is not None:
            raise UnsupportedError(
                what="sparse weights are not supported",
                where=f"tensor '{name}'",
                next_step="convert the model without the sparsity optimization",
            )
        if not 0 <= table.Buffer() < len(buffers):
            raise damaged(f"tensor '{name}' has no buffer")
        scales, zero_points, axis = self.quantization(table, name)
        data = _constant(buffers[table.Buffer()], kind, shape, name)
        if data is None and math.prod(shape) > MAX_ACTIVATION_ELEMENTS:
            raise _too_large(f"{math.prod(shape)} elements in '{name}'", MAX_ACTIVATION_ELEMENTS)
        return FileTensor(
            name=name,
            shape=shape,
            type=kind,
            data=data,
            is_open=any(d < 0 for d in (*signature[1:], *written[1:])),
            is_batch_open=any(d < 0 for d in (*signature[:1], *written[:1])),
            scales=scales,
            zero_points=zero_points,
            axis=axis,
        )

    def quantization(
        self, table: tflite.Tensor, name: str
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], int]:
        empty = np.empty(0, np.float32), np.empty(0, np.int64), 0
        parameters = table.Quantization()
        if parameters is None:
            return empty
        scales = self.array(parameters.ScaleAsNumpy()).astype(np.float32)
        zero_points = self.array(parameters.ZeroPointAsNumpy()).astype(np.int64)
        if not scales.size:
            return empty
        if zero_points.size not in (0, 1, scales.size):
            raise damaged(f"{scales.size} scales but {zero_points.size} zero points", name)
        if not zero_points.size:
            zero_points = np.zeros(1, np.int64)
        zero_points = np.broadcast_to(zero_points, scales.shape)
        return scales, zero_points, parameters.QuantizedDimension()


def _known_shape(shape: tuple[int, ...], name: str) -> tuple[int, ...]:
    """The shape with unknown dimensions as 1, which is what converters write for them."""
    known = tuple(1 if d == -1 else d for d in shape)
    if len(known) > MAX_RANK or any(d < 0 for d in known):
        raise damaged(f"tensor '{name}' has shape {list(known[:MAX_RANK])}")
    return known


def _constant(
    raw: NDArray[np.uint8], kind: str, shape: tuple[int, ...], name: str
) -> NDArray | None:
    """The tensor's numbers; None for activations, and for types that no operator here reads."""
    if not raw.size or kind not in _NUMPY_TYPES:
        return None
    dtype = np.dtype(_NUMPY_TYPES[kind])
    wanted = math.prod(shape) * dtype.itemsize
    if raw.size != wanted:
        raise damaged(f"tensor '{name}' needs {wanted} bytes but its buffer holds {raw.size}")
    return raw.view(dtype).reshape(shape)
