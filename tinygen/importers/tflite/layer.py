"""What the reader of one operator works with: inputs, options, the graph under construction."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import ConversionError, UnsupportedError
from tinygen.fixedpoint import Arithmetic
from tinygen.importers.tflite.model_file import (
    FileOperator,
    FileTensor,
    ModelFile,
    damaged,
)
from tinygen.ir import Call, DType, Node, Operator, Quantization, Tensor
from tinygen.ops.activation import Activation

ACTIVATION_TYPES = {"FLOAT32": DType.FLOAT32, "INT8": DType.INT8}
CONSTANT_TYPES = {**ACTIVATION_TYPES, "INT32": DType.INT32, "INT64": DType.INT64}

_SUPPORTED_TYPES = "float32 models, and int8 models from full-integer quantization"

_TYPE_HINTS = {
    "INT16": " (16-bit activations, 'int16x8')",
    "UINT8": " (the quantization scheme of before 2020)",
}

_FUSED = {
    0: Activation.NONE,
    1: Activation.RELU,
    2: Activation.RELU_N1_TO_1,
    3: Activation.RELU6,
}


class Builder:
    """The graph under construction: which tensor of the file is which tensor of the graph."""

    def __init__(self, file: ModelFile):
        self.file = file
        self.names = _graph_names(file)
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self.computed: dict[int, Tensor] = {}
        self.folded: dict[int, NDArray] = {}
        self.unknown: set[int] = set()

    def define(self, index: int) -> Tensor:
        """Take the file's declaration for a tensor that is computed at run time."""
        tensor = activation_tensor(self.file.tensors[index], self.names[index])
        self.computed[index] = self.keep(tensor)
        return tensor

    def keep(self, tensor: Tensor) -> Tensor:
        self.tensors[tensor.name] = tensor
        return tensor

    def assume(self, indices: Sequence[int]) -> None:
        """Take outputs of an operator that cannot be read as computed, to look at the rest."""
        for index in indices:
            try:
                self.define(index)
            except ConversionError:
                self.unknown.add(index)

    def is_known(self, index: int) -> bool:
        """False for what depends on an operator that cannot be read."""
        return index not in self.unknown

    def constant(self, index: int) -> NDArray | None:
        """The numbers of a tensor that is known now; None for one computed at run time."""
        if index in self.folded:
            return self.folded[index]
        return None if index in self.computed else self.file.tensors[index].data

    def tensor(self, index: int) -> Tensor:
        """The graph's tensor for a tensor of the file."""
        if index in self.computed:
            return self.computed[index]
        declared = self.file.tensors[index]
        data = self.constant(index)
        if data is None:
            raise damaged(f"tensor '{declared.name}' is never computed")
        return self.keep(constant_tensor(declared, self.names[index], data))


class Layer:
    """One operator of the file, with what its reader needs to turn it into nodes."""

    def __init__(self, builder: Builder, operator: FileOperator, name: str):
        self.builder = builder
        self.operator = operator
        self.name = name

    @property
    def kind(self) -> str:
        return self.operator.kind

    @property
    def where(self) -> str:
        return f"layer '{self.name}'"

    def unsupported(self, what: str, supported: str) -> UnsupportedError:
        return UnsupportedError(
            what=f"{self.kind}: {what}", where=self.where, next_step=f"supported: {supported}"
        )

    def damaged(self, what: str) -> ConversionError:
        return damaged(f"{self.kind}: {what}", self.where)

    def has_input(self, position: int) -> bool:
        inputs = self.operator.inputs
        return position < len(inputs) and inputs[position] >= 0

    def index(self, position: int) -> int:
        """The file's index of an input that must be there."""
        if not self.has_input(position):
            raise self.damaged(f"input {position} is missing")
        return self.operator.inputs[position]

    def declared_input(self, position: int) -> FileTensor:
        return self.builder.file.tensors[self.index(position)]

    @property
    def output_index(self) -> int:
        """The file's index of the only output."""
        if len(self.operator.outputs) != 1:
            raise self.damaged(f"{len(self.operator.outputs)} outputs instead of one")
        return self.operator.outputs[0]

    @property
    def declared_output(self) -> FileTensor:
        return self.builder.file.tensors[self.output_index]

    def constant(self, position: int) -> NDArray | None:
        return self.builder.constant(self.index(position))

    def tensor(self, position: int) -> Tensor:
        return self.builder.tensor(self.index(position))

    def activation(self, position: int = 0, ranks: Sequence[int] = ()) -> Tensor:
        """An input computed at run time, of a type and rank that the operator can take."""
        declared = self.declared_input(position)
        if self.constant(position) is not None:
            raise self.unsupported(
                f"input {position} ('{declared.name}') is a constant",
                "a tensor computed at run time",
            )
        self.check_type(declared)
        x = self.tensor(position)
        if not x.shape or (ranks and len(x.shape) not in ranks):
            raise self.unsupported(
                f"input {position} has shape {list(x.shape)}",
                f"inputs with {' or '.join(map(str, ranks or (1,)))} dimensions",
            )
        return x

    def check_type(self, declared: FileTensor) -> None:
        if declared.type not in ACTIVATION_TYPES:
            raise self.unsupported(
                f"'{declared.name}' is {_type_words(declared)}", _SUPPORTED_TYPES
            )

    def operand(self, position: int) -> Tensor:
        """An input that may be a constant or computed at run time."""
        if self.constant(position) is None:
            return self.activation(position)
        x = self.tensor(position)
        if x.dtype is DType.INT8 and x.quantization is None:
            raise self.damaged(f"the int8 constant '{x.name}' has no scale")
        return x

    def integers(self, position: int) -> tuple[int, ...]:
        """A constant input such as a shape or a list of axes, flattened."""
        data = self.constant(position)
        if data is None:
            raise self.unsupported(
                f"'{self.declared_input(position).name}' is computed at run time",
                "a constant",
            )
        if data.dtype.kind not in "iu" or data.size > 64:
            raise self.damaged(f"input {position} is not a short list of integers")
        return tuple(int(v) for v in data.reshape(-1))

    def axis(self, axis: int, rank: int) -> int:
        """An axis counted from the front."""
        if not -rank <= axis < rank:
            raise self.damaged(f"axis {axis} of {rank} dimensions")
        return axis % rank

    def options(self, table_type: type, *fields: str) -> tuple[Any, ...]:
        return self.operator.options(table_type, *fields)

    def fused_activation(self, code: int) -> Activation:
        if code in _FUSED:
            return _FUSED[code]
        raise self.unsupported(f"fused activation number {code}", "none, relu, relu6, relu_n1_to_1")

    def derive(
        self, suffix: str, op: Operator, *inputs: Tensor, like: Tensor | None = None
    ) -> Tensor:
        """Add a helper node before this layer's own.

        Its output has the type and quantization of `like`, which is the first input if not given.
        """
        name = f"{self.name}/{suffix}"
        (shape,) = op.infer_shapes(inputs)
        y = dataclasses.replace(like or inputs[0], name=name, shape=shape)
        self._append(op, inputs, y)
        return y

    def output(self, position: int | None = None) -> Tensor:
        """This layer's only output, or one of several, as the file declares it; of a type that an operator can make."""
        index = self.output_index if position is None else self.operator.outputs[position]
        declared = self.builder.file.tensors[index]
        self.check_type(declared)
        return activation_tensor(declared, self.builder.names[index])

    def add(self, op: Operator, *inputs: Tensor, position: int | None = None) -> None:
        """Add the node that computes this layer's only output, or one of several."""
        index = self.output_index if position is None else self.operator.outputs[position]
        output = self.output(position)
        shapes = op.infer_shapes(inputs)
        if self._leaves_open(self.builder.file.tensors[index], shapes[0]):
            output = dataclasses.replace(output, shape=shapes[0])
        if shapes != (output.shape,):
            raise self.damaged(
                f"the output is declared {list(output.shape)}, "
                f"but the operator makes {[list(s) for s in shapes]}"
            )
        self._append(op, inputs, output, None if position else self.name)
        self.builder.computed[index] = output

    def _append(
        self, op: Operator, inputs: tuple[Tensor, ...], output: Tensor, name: str | None = None
    ) -> None:
        """Add a node, named like its output if no name is given."""
        self._check_same_types(output, inputs)
        node = Node(
            name=name or output.name,
            op=op,
            inputs=tuple(x.name for x in inputs),
            outputs=(output.name,),
        )
        if output.dtype.is_integer:
            op.check_integer(
                Call(node=node, inputs=inputs, outputs=(output,), arithmetic=Arithmetic.TFLM)
            )
        self.builder.keep(output)
        self.builder.nodes.append(node)

    @staticmethod
    def _leaves_open(declared: FileTensor, shape: tuple[int, ...]) -> bool:
        """True where the file does not say this shape, only what is written for unknown dimensions.

        The first dimension may be more than the batch: rows of a dense layer on sequences.
        """
        return declared.is_open or (declared.is_batch_open and declared.shape[1:] == shape[1:])

    def _check_same_types(self, output: Tensor, inputs: Sequence[Tensor]) -> None:
        for x in inputs:
            if not x.is_constant and x.dtype is not output.dtype:
                raise self.unsupported(
                    f"input '{x.name}' is {x.dtype.value} and the output {output.dtype.value}",
                    "models that compute in one type throughout",
                )

    def alias(self, x: Tensor) -> None:
        """Let this layer's output be a tensor that is there already."""
        self.builder.computed[self.output_index] = x

    def fold(self, data: NDArray) -> None:
        """Let this layer's output be a constant."""
        self.builder.folded[self.output_index] = np.asarray(data)


def activation_tensor(declared: FileTensor, name: str) -> Tensor:
    """The graph's tensor for an activation; its type must be one of ACTIVATION_TYPES."""
    where = f"tensor '{declared.name}'"
    if declared.type not in ACTIVATION_TYPES:
        raise UnsupportedError(
            what=f"'{declared.name}' is {_type_words(declared)}",
            where=where,
            next_step=f"supported: {_SUPPORTED_TYPES}",
        )
    if declared.scales.size > 1:
        raise UnsupportedError(
            what="an activation with one scale per channel",
            where=where,
            next_step="supported: one scale per activation; weights may have one per channel",
        )
    quantization = quantization_of(declared)
    if declared.type == "INT8" and quantization is None:
        raise damaged("an int8 activation has no scale", where)
    if 0 in declared.shape:
        raise damaged(f"shape {list(declared.shape)} holds no element", where)
    return Tensor(
        name=name,
        shape=declared.shape,
        dtype=ACTIVATION_TYPES[declared.type],
        quantization=quantization if declared.type == "INT8" else None,
    )


def _type_words(declared: FileTensor) -> str:
    return declared.type.lower() + _TYPE_HINTS.get(declared.type, "")


def constant_tensor(declared: FileTensor, name: str, data: NDArray) -> Tensor:
    """The graph's tensor for a constant."""
    types = {dtype.numpy: dtype for dtype in CONSTANT_TYPES.values()}
    if data.dtype not in types or 0 in data.shape:
        raise UnsupportedError(
            what=f"constants of type {data.dtype} and shape {list(data.shape)} are not supported",
            where=f"tensor '{declared.name}'",
            next_step="supported: float32, int8 and int32 constants that are not empty",
        )
    is_quantized = data.dtype == np.int8
    return Tensor(
        name=name,
        shape=data.shape,
        dtype=types[data.dtype],
        quantization=quantization_of(declared) if is_quantized else None,
        data=data,
    )


def quantization_of(declared: FileTensor) -> Quantization | None:
    """The quantization of a tensor of the file; None where it has none."""
    count, where = declared.scales.size, f"tensor '{declared.name}'"
    if not count:
        return None
    if declared.type == "INT8" and (np.abs(declared.zero_points) > 128).any():
        raise damaged("a zero point is outside of the element type", where)
    if count > 1:
        axis = declared.axis
        if not 0 <= axis < len(declared.shape) or declared.shape[axis] != count:
            raise damaged(f"{count} scales for shape {list(declared.shape)}, axis {axis}", where)
    try:
        return Quantization(
            scales=tuple(float(s) for s in declared.scales),
            zero_points=tuple(int(z) for z in declared.zero_points),
            axis=declared.axis if count > 1 else None,
        )
    except ConversionError as error:
        raise damaged(error.what, where) from error


def short_name(name: str) -> str:
    """The first of the names that the converter joined with semicolons when it fused layers."""
    return name.split(";")[0] or "unnamed"


def _graph_names(file: ModelFile) -> tuple[str, ...]:
    """One name per tensor of the file: short, unique; computed tensors choose before constants."""
    computed = [*file.inputs, *(i for operator in file.operators for i in operator.outputs)]
    names: dict[int, str] = {}
    taken: set[str] = set()
    counts: dict[str, int] = {}
    for index in dict.fromkeys([*computed, *range(len(file.tensors))]):
        name = short_name(file.tensors[index].name)
        names[index] = free_name(name, taken, counts)
    return tuple(names[i] for i in range(len(file.tensors)))


def free_name(name: str, taken: set[str], counts: dict[str, int]) -> str:
    """Take the name, numbered if it is taken; `counts` remembers the last number of each name."""
    candidate = name
    while candidate in taken:
        counts[name] = counts.get(name, 0) + 1
        candidate = f"{name}_{counts[name]}"
    taken.add(candidate)
    return candidate
