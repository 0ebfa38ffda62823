"""The context of the templates: everything is decided here, the templates only lay it out."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from tinygen.emit.names import LayerNames, comment
from tinygen.emit.options import ArenaMode, EmitOptions, InputMode, Io
from tinygen.emit.program import Layer, Program
from tinygen.emit.selftest import golden_vectors
from tinygen.ir import Graph, Tensor
from tinygen.kernels import Array, Fill, Role, Struct

NUMBERS_PER_LINE = {"int8_t": 20, "int16_t": 16, "int32_t": 8, "uint8_t": 20}


@dataclass(frozen=True, kw_only=True)
class Port:
    """An input or output of the model."""

    argument: str
    macro: str
    size: int
    shape: tuple[int, ...]
    scale: str
    zero_point: int
    description: str


@dataclass(frozen=True, kw_only=True)
class ConstantArray:
    """A static const array of the weights file."""

    name: str
    ctype: str
    length: int
    alignment: int
    lines: tuple[str, ...]
    bytes: int
    is_hot: bool = False

    @property
    def qualifier(self) -> str:
        """Arrays in RAM are initialized data, which the start-up code copies; the others stay in flash."""
        return "" if self.is_hot else "const "


@dataclass(frozen=True, kw_only=True)
class StructView:
    """A parameter struct of the model file: `lines` are its initializer, one field a line."""

    tag: str
    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LayerView:
    """A layer of the run function: its calls, and where its output lies afterwards."""

    index: int
    description: str
    calls: tuple[str, ...]
    output: str
    output_bytes: int


@dataclass(kw_only=True)
class _Constants:
    """Constant arrays under construction; arrays with equal bytes are stored once."""

    prefix: str
    arrays: list[ConstantArray] = field(default_factory=list)
    weight_names: list[str] = field(default_factory=list)
    reads: dict[str, float] = field(default_factory=dict)
    _by_content: dict[tuple[str, bytes], str] = field(default_factory=dict)
    _fills: dict[int, int] = field(default_factory=dict)

    def add(self, name: str, array: Array, products: int = 0) -> str:
        """The name under which an array is stored; `products` are those of the layer that reads it as weights."""
        ctype = f"{array.data.dtype.name}_t"
        key = (ctype, array.data.tobytes())
        if key not in self._by_content:
            self._by_content[key] = name
            self.arrays.append(constant_array(name, ctype, array.data, array.alignment))
        stored = self._by_content[key]
        if array.role is Role.WEIGHTS:
            self.reads[stored] = self.reads.get(stored, 0.0) + products / max(array.data.nbytes, 1)
        return stored

    def add_fill(self, fill: Fill) -> str:
        self._fills[fill.value] = max(fill.length, self._fills.get(fill.value, 0))
        return f"{self.prefix}_row_of_{_signed_word(fill.value)}"

    def finish(self, hot_bytes: int) -> tuple[ConstantArray, ...]:
        """All arrays; those that are read most often per byte are hot, as far as `hot_bytes` go."""
        for value, length in sorted(self._fills.items()):
            name = f"{self.prefix}_row_of_{_signed_word(value)}"
            self.arrays.append(constant_array(name, "int8_t", np.full(length, value, np.int8), 4))
        hot: set[str] = set()
        for array in sorted(self.arrays, key=lambda a: (-self.reads.get(a.name, 0.0), a.name)):
            if self.reads.get(array.name, 0.0) > 1.0 and array.bytes <= hot_bytes:
                hot.add(array.name)
                hot_bytes -= array.bytes
        return tuple(replace(a, is_hot=a.name in hot) for a in self.arrays)


def _signed_word(value: int) -> str:
    return f"minus_{-value}" if value < 0 else str(value)


def constant_array(name: str, ctype: str, data: np.ndarray, alignment: int) -> ConstantArray:
    per_line = NUMBERS_PER_LINE[ctype]
    words = [_literal(int(v), ctype) for v in data]
    lines = (", ".join(words[i : i + per_line]) for i in range(0, len(words), per_line))
    return ConstantArray(
        name=name,
        ctype=ctype,
        length=len(words),
        alignment=alignment,
        lines=tuple(lines),
        bytes=data.nbytes,
    )


def _literal(value: int, ctype: str) -> str:
    # -2147483648 is not an int32 literal in C: it is minus an out-of-range number
    return "(-2147483647 - 1)" if value == -(2**31) else str(value)


def float_literal(value: float) -> str:
    """A C float literal that reads back as the same float32."""
    text = f"{np.float32(value):.9g}"
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def build(program: Program, name: str, options: EmitOptions) -> dict[str, object]:
    """Return the variables of all templates."""
    upper = name.upper()
    constants = _Constants(prefix=name)
    inputs, outputs = _ports(program, upper)
    structs: list[StructView] = []
    layers: list[LayerView] = []
    names = LayerNames()
    for layer in program.layers:
        if layer.name in program.moved:
            continue
        layer_name = names(layer.name)
        views = list(_layer_structs(layer, f"{name}_{layer_name}", constants))
        structs += views
        layers.append(_layer_view(len(layers), layer, views, program, name, constants))
    graph = program.graph
    return {
        "name": name,
        "upper": upper,
        "graph": graph,
        "inputs": inputs,
        "outputs": outputs,
        "arguments": ", ".join(_arguments(inputs, outputs, options)),
        "float_arguments": ", ".join(_arguments(inputs, outputs, options, "float")),
        "uint8_arguments": ", ".join(_arguments(inputs, outputs, options, "uint8_t")),
        "unread_arguments": tuple(_unread(program, inputs, options)),
        "pass_through": ", ".join(_argument_names(inputs, outputs, options)),
        "arena_bytes": _arena_bytes(program, options),
        "arena_is_static": options.arena is ArenaMode.STATIC,
        "arena_is_used": any(a.external is None for a in program.addresses.values())
        or bool(program.scratch_offsets),
        "input_in_arena": options.input is InputMode.ARENA,
        "input_offset": program.addresses[graph.inputs[0]].offset,
        "io_is_float": options.io is Io.FLOAT,
        "io_is_uint8": options.io is Io.UINT8,
        "arrays": constants.finish(options.hot_weights),
        "structs": tuple(structs),
        "layers": tuple(layers),
        "layer_count": len(layers),
        "headers": tuple(sorted({layer.kernel.header for layer in program.layers})),
        "macs": graph.macs,
        "plan": program.plan,
        "target": program.target,
        "arithmetic": graph.arithmetic.value,
        "labels": _labels(name, options.labels, graph.output_tensors[0]),
        "source": comment(options.provenance.file_name) if options.provenance else "a graph",
        "runtime_version": RUNTIME_VERSION,
        **_selftest(graph, inputs, outputs, options),
    }


def _arena_bytes(program: Program, options: EmitOptions) -> int:
    """What the header asks for; a caller's arena has a byte at least, as C has no empty arrays."""
    least = 1 if options.arena is ArenaMode.CALLER else 0
    return max(program.plan.arena_bytes, least)


def _selftest(
    graph: Graph, inputs: tuple[Port, ...], outputs: tuple[Port, ...], options: EmitOptions
) -> dict[str, object]:
    vectors = golden_vectors(graph)
    arguments = [p.argument for p in inputs] if options.input is InputMode.CALLER else []
    arguments += [p.argument for p in outputs]
    if options.arena is ArenaMode.CALLER:
        arguments.append("arena")
    return {
        "selftest": vectors,
        "selftest_arguments": ", ".join(arguments),
        "selftest_array": constant_array("expected", "int8_t", vectors.expected, 1),
    }


RUNTIME_VERSION = 1
"""TG_RUNTIME_VERSION of tg_common.h that this generator writes for."""


def _ports(program: Program, upper: str) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    def port(tensor: Tensor, kind: str, index: int, count: int) -> Port:
        suffix = "" if count == 1 else str(index)
        return Port(
            argument=f"{kind}{suffix}",
            macro=f"{upper}_{kind.upper()}{suffix}",
            size=tensor.size,
            shape=tensor.shape,
            scale=float_literal(tensor.quantization.scale),
            zero_point=tensor.quantization.zero_point,
            description=comment(f"{tensor.name}: {tensor.describe()}"),
        )

    graph = program.graph
    return tuple(
        tuple(port(t, kind, i, len(tensors)) for i, t in enumerate(tensors))
        for kind, tensors in (("input", graph.input_tensors), ("output", graph.output_tensors))
    )


def _arguments(
    inputs: tuple[Port, ...], outputs: tuple[Port, ...], options: EmitOptions, ctype: str = "int8_t"
) -> Iterator[str]:
    if options.input is InputMode.CALLER or ctype != "int8_t":
        yield from (f"const {ctype} {p.argument}[{p.macro}_SIZE]" for p in inputs)
    yield from (f"{ctype} {p.argument}[{p.macro}_SIZE]" for p in outputs)
    if options.arena is ArenaMode.CALLER:
        yield "void *arena"


def _unread(program: Program, inputs: tuple[Port, ...], options: EmitOptions) -> Iterator[str]:
    """Arguments of the run function that it has no use for."""
    if options.input is InputMode.CALLER:
        for name, port in zip(program.graph.inputs, inputs, strict=True):
            if name in program.unread_inputs:
                yield port.argument


def _argument_names(
    inputs: tuple[Port, ...], outputs: tuple[Port, ...], options: EmitOptions
) -> Iterator[str]:
    if options.input is InputMode.CALLER:
        yield from (f"quantized_{p.argument}" for p in inputs)
    yield from (f"quantized_{p.argument}" for p in outputs)
    if options.arena is ArenaMode.CALLER:
        yield "arena"


def _layer_structs(layer: Layer, name: str, constants: _Constants) -> Iterator[StructView]:
    several = len(layer.kernel_calls) > 1
    for i, kernel_call in enumerate(layer.kernel_calls):
        struct_name = f"{name}_{i}" if several else name
        products = layer.call.op.macs(layer.call)
        lines = tuple(_initializer(kernel_call.params, struct_name, constants, products))
        yield StructView(tag=kernel_call.params.tag, name=struct_name, lines=lines)


def _initializer(struct: Struct, name: str, constants: _Constants, products: int) -> Iterator[str]:
    """Positional, with the field names as comments: C++17 has no designated initializers."""
    for field_name, value in struct.fields.items():
        match value:
            case Struct():
                inner = list(_initializer(value, f"{name}_{field_name}", constants, products))
                yield f"{{ /* {field_name} */"
                yield from (f"    {line}" for line in inner)
                yield "},"
            case Array():
                stored = constants.add(f"{name}_{value.name}", value, products)
                yield f"{stored}, /* {field_name} */"
            case Fill():
                yield f"{constants.add_fill(value)}, /* {field_name} */"
            case _:
                yield f"{_literal(int(value), 'int32_t')}, /* {field_name} */"


def _layer_view(
    index: int,
    layer: Layer,
    structs: list[StructView],
    program: Program,
    name: str,
    constants: _Constants,
) -> LayerView:
    call = layer.call
    out = _address(program, call.output.name)
    calls = []
    for kernel_call, struct in zip(layer.kernel_calls, structs, strict=True):
        arguments = [f"&{struct.name}"]
        for i in kernel_call.inputs:
            arguments.append(_operand(call.inputs[i], program, struct.name, constants))
        arguments.append(out)
        if layer.kernel.scratch_bytes is not None:
            offset = program.scratch_offsets.get(layer.name)
            arguments.append("NULL" if offset is None else f"arena + {offset}")
        calls.append(f"{layer.kernel.symbol}({', '.join(arguments)});")
    shapes = " ".join("x".join(map(str, t.shape[1:] or (1,))) for t in call.activations)
    out_shape = "x".join(map(str, call.output.shape[1:] or (1,)))
    description = f"{layer.name}: {call.op.label()} {shapes} -> {out_shape}"
    return LayerView(
        index=index,
        description=comment(description),
        calls=tuple(calls),
        output=out,
        output_bytes=call.output.bytes,
    )


def _operand(tensor: Tensor, program: Program, name: str, constants: _Constants) -> str:
    if tensor.data is None:
        return _address(program, tensor.name)
    digest = hashlib.sha256(tensor.name.encode()).hexdigest()[:6]
    array = Array(name="operand", data=tensor.data.ravel())
    return constants.add(f"{name}_operand_{digest}", array)


def _address(program: Program, tensor: str) -> str:
    address = program.addresses[tensor]
    if address.external is None:
        return f"arena + {address.offset}"
    graph = program.graph
    if address.external in graph.inputs:
        suffix = "" if len(graph.inputs) == 1 else str(graph.inputs.index(address.external))
        return f"input{suffix}"
    suffix = "" if len(graph.outputs) == 1 else str(graph.outputs.index(address.external))
    return f"output{suffix}"


def _labels(name: str, labels: tuple[str, ...], output: Tensor) -> tuple[tuple[str, str], ...]:
    """(enumerator, label text) of a classifier's classes; empty without labels."""
    names = LayerNames()
    return tuple((f"{name.upper()}_LABEL_{names(text).upper()}", comment(text)) for text in labels)


__all__ = ["build", "constant_array", "float_literal"]
