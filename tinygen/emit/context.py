"""The context of the templates: everything is decided here, the templates only lay it out."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from string import Template

import numpy as np

from tinygen.emit import row_program
from tinygen.emit.arenas import POINTERS, Arena, Owner, arenas_of, base, place, used_in
from tinygen.emit.names import LayerNames, comment
from tinygen.emit.options import ArenaMode, EmitOptions, InputMode, Io
from tinygen.emit.program import Address, Layer, Program
from tinygen.emit.selftest import golden_vectors
from tinygen.ir import DType, Tensor
from tinygen.kernels import Array, Fill, KernelCall, Role, Struct
from tinygen.streaming.segment import Segment

NUMBERS_PER_LINE = {
    "int8_t": 20,
    "int16_t": 16,
    "int32_t": 8,
    "uint8_t": 20,
    "uint16_t": 16,
    "uint32_t": 8,
}


@dataclass(frozen=True, kw_only=True)
class Port:
    """An input or output of the model."""

    argument: str
    macro: str
    ctype: str
    size: int
    bytes: int
    shape: tuple[int, ...]
    scale: str
    zero_point: int
    description: str

    @property
    def is_int8(self) -> bool:
        return self.ctype == "int8_t"

    @property
    def is_float(self) -> bool:
        return self.ctype == "float"


@dataclass(frozen=True, kw_only=True)
class MethodView:
    """An entry point that computes one output: `returns` where that is one number.

    `parameters` are those in the header, `inside` those of the definition; `call` is an example, `run_call` what the
    first method does. It points to the blocks `arenas`, and has no use for the caller's blocks `unused`.
    """

    name: str
    summary: str
    output: Port
    layers: tuple["LayerView", ...]
    parameters: str
    inside: str
    call: str
    run_call: str
    arenas: tuple[Arena, ...]
    unused: tuple[Arena, ...]

    @property
    def returns(self) -> bool:
        return self.output.size == 1

    @property
    def ctype(self) -> str:
        return self.output.ctype if self.returns else "void"


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
    """A layer of the run function: its calls, and where its output lies afterwards, in `output_bytes` that follow each
    other; 0 if it is spread over another tensor.

    `before` tells a hook that it begins; a segment does that itself, row by row.
    """

    index: int
    description: str
    is_segment: bool = False
    before: str | None = None
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
    _taken: set[str] = field(default_factory=set)

    def unique(self, name: str) -> str:
        """The name, or one like it: "a" with an array "b_c" and "a_b" with an array "c" would meet."""
        found, count = name, 1
        while found in self._taken:
            count += 1
            found = f"{name}_{count}"
        self._taken.add(found)
        return found

    def add(self, name: str, array: Array, products: int = 0) -> str:
        """The name under which an array is stored; `products` are those of the layer that reads it as weights."""
        ctype = f"{array.data.dtype.name}_t"
        key = (ctype, array.data.tobytes())
        if key not in self._by_content:
            name = self.unique(name)
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
    if ctype == "uint32_t":
        return f"{value}u"
    return "(-2147483647 - 1)" if value == -(2**31) else str(value)


def float_literal(value: float) -> str:
    """A C float literal that reads back as the same float32."""
    text = f"{np.float32(value):.9g}"
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


NO_BLOCK = "(int8_t *)0"
"""What a hook is told of a block of working memory that has nothing in it."""


@dataclass(kw_only=True)
class _Code:
    """Structs and functions under construction; methods share those that are equal."""

    name: str
    constants: _Constants
    arenas: tuple[Arena, ...]
    names: LayerNames = field(default_factory=LayerNames)
    structs: dict[tuple[str, tuple[str, ...]], StructView] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)

    def layers(self, program: Program) -> tuple[LayerView, ...]:
        """The calls of a program in order."""
        views: list[LayerView] = []
        for item, at in zip(program.items, program.item_scratch, strict=True):
            layer = program.layers[item.first]
            if item.segment is not None:
                last = program.layers[item.last]
                views.append(self._rows(len(views), item.segment, last, program, at))
            elif layer.name not in program.moved:
                calls = [self._call(kc, name, layer) for kc, name in self._named(layer)]
                view = _layer_view(len(views), layer, calls, program, self.name, self.constants)
                views.append(view)
        pointers = self._blocks(program)
        return tuple(self._announced(view, pointers) for view in views)

    def _blocks(self, program: Program) -> tuple[str, ...]:
        """The pointers to the blocks of working memory; null for one that has nothing in it."""
        sizes = zip(self.arenas, (program.slow_bytes, program.fast_bytes), strict=False)
        return tuple(a.pointer if size else NO_BLOCK for a, size in sizes)

    def _announced(self, view: LayerView, pointers: tuple[str, ...]) -> LayerView:
        """The layer with what tells a hook that it begins; segments do that themselves."""
        if view.is_segment or set(pointers) == {NO_BLOCK}:
            return view
        return replace(view, before=self._before(view.index, "0", pointers))

    def _rows(
        self, index: int, segment: Segment, last: Layer, program: Program, at: int | None
    ) -> LayerView:
        """The call of a segment, whose function and tables are made here."""
        function = f"{self.name}_rows_{index}"
        block = place(program, at or 0)
        addresses = row_program.addresses_of(segment)
        arrays = row_program.tables(segment, addresses)
        names = [self.constants.add(f"{function}_{a.name}", a) for a in arrays]

        products = {
            id(kernel_call): run.call.op.macs(run.call)
            for run in segment.runs
            for kernel_call in run.kernel_calls
        }

        def struct_of(kernel_call: KernelCall, name: str) -> str:
            count = products[id(kernel_call)]
            lines = tuple(_initializer(kernel_call.params, name, self.constants, count))
            view = StructView(tag=kernel_call.params.tag, name=name, lines=lines)
            return self.structs.setdefault((view.tag, lines), view).name

        own = base(program, at or 0)
        blocks = self._blocks(program)
        others = [p for p in blocks if p not in (own, NO_BLOCK)]
        inside = {own: "arena", **dict.fromkeys(others, "other_arena")}
        text = row_program.function_text(
            segment,
            function,
            *names,
            addresses,
            struct_of,
            arenas=list(inside.values()),
            block=block.replace(own, "arena"),
            before_step=self._before(index, "i", tuple(inside.get(p, p) for p in blocks)),
        )
        self.functions[text.replace("$", "$$")] = function
        tensors = segment.rows.graph.tensors
        whole = [tensors[t].name for t in row_program.whole_tensors(segment)]
        arguments = [own, *others, *(_address(program, name) for name in whole)]
        out = _address(program, last.call.output.name)
        names_of = f"{segment.runs[0].call.node.name} to {last.name}"
        return LayerView(
            index=index,
            description=comment(f"{names_of}: row by row"),
            is_segment=True,
            calls=(
                f"{'(void)' if program.pushes is segment else ''}{function}({', '.join(arguments)});",
            ),
            output=out,
            output_bytes=last.call.output.bytes,
        )

    def _before(self, index: int, step: str, pointers: tuple[str, ...]) -> str:
        """What tells a hook that a step begins, and where the blocks are."""
        return f"{self.name.upper()}_BEFORE_STEP({index}, {step}, {', '.join(pointers)});"

    def _named(self, layer: Layer) -> Iterator[tuple[KernelCall, str]]:
        name = f"{self.name}_{self.names(layer.name)}"
        several = len(layer.kernel_calls) > 1
        for i, kernel_call in enumerate(layer.kernel_calls):
            yield kernel_call, self.constants.unique(f"{name}_{i}" if several else name)

    def _call(self, kernel_call: KernelCall, name: str, layer: Layer) -> "_Callee":
        """The struct or the function of a call: a new one, or an equal one that is there already."""
        products = layer.call.op.macs(layer.call)
        if kernel_call.code is not None:
            return self._function(kernel_call, name, products)
        lines = tuple(_initializer(kernel_call.params, name, self.constants, products))
        view = StructView(tag=kernel_call.params.tag, name=name, lines=lines)
        stored = self.structs.setdefault((view.tag, lines), view)
        return _Callee(name=stored.name, function=layer.kernel.symbol, first=(f"&{stored.name}",))

    def _function(self, kernel_call: KernelCall, name: str, products: int) -> "_Callee":
        arrays = {
            key: self.constants.add(f"{name}_{value.name}", value, products)
            for key, value in kernel_call.params.fields.items()
        }
        template = Template(kernel_call.code)
        function = self.functions.setdefault(template.safe_substitute(arrays), name)
        return _Callee(name=function, function=function, first=())

    def function_texts(self) -> tuple[str, ...]:
        return tuple(Template(text).substitute(function=f) for text, f in self.functions.items())


@dataclass(frozen=True, kw_only=True)
class _Callee:
    """What a layer calls: the function and its first arguments; `name` prefixes what belongs to it."""

    name: str
    function: str
    first: tuple[str, ...]


def build(
    program: Program,
    name: str,
    options: EmitOptions,
    methods: tuple[Program, ...] = (),
    *,
    shared_by: str | None = None,
) -> dict[str, object]:
    """Return the variables of a model's templates; `methods` are the programs of the other methods of the whole graph.

    `shared_by` names the folder of models whose working memory this one shares.
    """
    upper = name.upper()
    constants = _Constants(prefix=name)
    inputs, outputs = _ports(program, upper)
    arenas = arenas_of((program, *methods), name, options, shared_by)
    code = _Code(name=name, constants=constants, arenas=arenas)
    layers = code.layers(program)
    views = _methods(program, methods, code, inputs, layers)
    graph = program.graph
    return {
        "name": name,
        "upper": upper,
        "graph": graph,
        "inputs": inputs,
        "outputs": outputs,
        "arguments": ", ".join(_arguments(inputs, outputs, options, arenas)),
        "run_arguments": ", ".join(_arguments(inputs, outputs, options, arenas, inside=True)),
        "finish_arguments": ", ".join(f"{p.ctype} {p.argument}[{p.macro}_SIZE]" for p in outputs),
        "float_arguments": ", ".join(_arguments(inputs, outputs, options, arenas, "float")),
        "uint8_arguments": ", ".join(_arguments(inputs, outputs, options, arenas, "uint8_t")),
        "unread_arguments": tuple(_unread(program, inputs, options)),
        "pass_through": ", ".join(_argument_names(inputs, outputs, options, arenas)),
        **_memory(program, layers, views, options, arenas),
        "methods": views,
        "functions": code.function_texts(),
        "pushes": _pushes(program, layers, inputs[0], arenas),
        "io_is_float": options.io is Io.FLOAT,
        "io_is_uint8": options.io is Io.UINT8,
        "arrays": constants.finish(options.hot_weights),
        "structs": tuple(code.structs.values()),
        "layers": layers,
        "layer_count": len(layers),
        "headers": tuple(
            sorted({kernel.header for p in (program, *methods) for kernel in p.kernels})
        ),
        "macs": graph.macs,
        "plan": program.plan,
        "target": program.target,
        "arithmetic": graph.arithmetic.value,
        "labels": _labels(name, options.labels, graph.output_tensors[0]),
        "source": comment(options.provenance.file_name) if options.provenance else "a graph",
        "runtime_version": RUNTIME_VERSION,
        **_selftest(program, methods, inputs, outputs, options, arenas),
    }


def _memory(
    program: Program,
    layers: tuple[LayerView, ...],
    methods: tuple[MethodView, ...],
    options: EmitOptions,
    arenas: tuple[Arena, ...],
) -> dict[str, object]:
    """Variables about the working memory: who has it, which function points to which block."""
    texts = (text for layer in layers for text in (*layer.calls, layer.before or ""))
    run = used_in(arenas, texts)
    at_input = _input_place(program, options)
    parts = (run, *(m.arenas for m in methods), used_in(arenas, at_input))
    named = {a.pointer for part in parts for a in part}
    return {
        "arenas": arenas,
        "pointers": tuple(a.pointer for a in arenas),
        "run_arenas": run,
        "unused_arenas": tuple(a for a in arenas if a not in run),
        "arena_is_static": options.arena is ArenaMode.STATIC,
        "own_arenas": tuple(a for a in arenas if a.owner is Owner.MODEL and a.pointer in named),
        "shared_arenas": tuple(a for a in arenas if a.owner is Owner.SHARED and a.pointer in named),
        "memory_parameters": ", ".join(_memory_arguments(options, arenas, "void *")) or "void",
        "memory_arguments": ", ".join(_memory_arguments(options, arenas)),
        "input_in_arena": options.input is InputMode.ARENA,
        "input_place": tuple(_outside(text, arenas) for text in at_input),
        "unread_arenas": tuple(a for a in arenas if a not in used_in(arenas, at_input)),
    }


def _input_place(program: Program, options: EmitOptions) -> tuple[str, ...]:
    """Where the input lies in the arena: one expression, or none."""
    if options.input is not InputMode.ARENA:
        return ()
    return (place(program, program.addresses.get(program.graph.inputs[0], Address()).offset),)


def _outside(text: str, arenas: tuple[Arena, ...]) -> str:
    """The expression for a function that has no typed pointers to the blocks."""
    (arena,) = used_in(arenas, [text])
    own = f"(int8_t *){arena.pointer}" if arena.owner is Owner.CALLER else arena.symbol
    return text.replace(arena.pointer, own, 1)


def _memory_arguments(
    options: EmitOptions, arenas: tuple[Arena, ...], ctype: str = ""
) -> Iterator[str]:
    if options.arena is ArenaMode.CALLER:
        yield from (f"{ctype}{a.pointer}" for a in arenas)


@dataclass(frozen=True, kw_only=True)
class PushView:
    """Rows that arrive one by one: `call` runs up to the next. `share` is the most work between two of them."""

    call: str
    arenas: tuple[Arena, ...]
    rows: int
    row_bytes: int
    share: str


def _pushes(
    program: Program, layers: tuple[LayerView, ...], port: Port, arenas: tuple[Arena, ...]
) -> PushView | None:
    segment = program.pushes
    if segment is None:
        return None
    call = layers[0].calls[0].removeprefix("(void)").removesuffix(";")
    return PushView(
        call=call,
        arenas=used_in(arenas, [call]),
        rows=port.shape[1],
        row_bytes=port.bytes // port.shape[1],
        share=f"{math.ceil(100 * program.push_work.macs / max(program.graph.macs, 1))} %",
    )


METHODS = {
    "predict": "The class, by its index in the order of the labels; of a regressor the value.",
    "predict_proba": "The probability of every class.",
    "decision": "The score of every class; of two classes one score, positive for the second.",
    "score": "How normal the row is: the lower, the less.",
    "transform": "The row after the last transformer.",
}
"""What the entry points of classical models compute."""


def _methods(
    program: Program,
    others: tuple[Program, ...],
    code: _Code,
    inputs: tuple[Port, ...],
    layers: tuple[LayerView, ...],
) -> tuple[MethodView, ...]:
    """The entry points by name; none for a graph that has one unnamed entry point."""
    return tuple(
        _method(part, code, inputs, layers if part is program else code.layers(part))
        for part in ((program, *others) if program.graph.methods else ())
    )


def _method(
    part: Program, code: _Code, inputs: tuple[Port, ...], layers: tuple[LayerView, ...]
) -> MethodView:
    (method,) = part.graph.methods
    (tensor,) = part.graph.output_tensors
    output = _port(tensor, "output", f"{code.name}_{method}".upper(), "")
    callers = [a for a in code.arenas if a.owner is Owner.CALLER]
    ports = [f"const {p.ctype} {p.argument}[{p.macro}_SIZE]" for p in inputs]
    names = [p.argument for p in inputs]
    results = [] if output.size == 1 else [f"{output.ctype} output[{output.macro}_SIZE]"]
    result_names = [method] if results else []
    used = used_in(code.arenas, (call for x in layers for call in x.calls))
    pointers = [a.pointer for a in callers]
    parameters = [a.parameter for a in callers]
    return MethodView(
        name=method,
        summary=METHODS[method],
        output=output,
        layers=layers,
        parameters=", ".join([*ports, *results, *(f"void *{p}" for p in pointers)]),
        inside=", ".join([*ports, *results, *(f"void *{p}" for p in parameters)]),
        call=f"{code.name}_{method}({', '.join([*names, *result_names, *pointers])})",
        run_call=f"{code.name}_run({', '.join([*names, 'output', *parameters])});",
        arenas=used,
        unused=tuple(a for a in callers if a not in used),
    )


def _selftest(
    program: Program,
    methods: tuple[Program, ...],
    inputs: tuple[Port, ...],
    outputs: tuple[Port, ...],
    options: EmitOptions,
    arenas: tuple[Arena, ...],
) -> dict[str, object]:
    vectors = golden_vectors(program.graph, *(part.graph for part in methods))
    arguments = [p.argument for p in inputs] if options.input is not InputMode.ARENA else []
    arguments += [p.argument for p in outputs]
    arguments += _memory_arguments(options, arenas)
    return {
        "selftest": vectors,
        "selftest_arguments": ", ".join(arguments),
        "selftest_array": constant_array("expected", "int8_t", vectors.expected, 1),
    }


RUNTIME_VERSION = 1
"""TG_RUNTIME_VERSION of tg_common.h that this generator writes for."""


def _ports(program: Program, upper: str) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    graph = program.graph
    return tuple(
        tuple(
            _port(t, f"{kind}{suffix}", f"{upper}_{kind.upper()}", suffix)
            for i, t in enumerate(tensors)
            for suffix in ("" if len(tensors) == 1 else str(i),)
        )
        for kind, tensors in (("input", graph.input_tensors), ("output", graph.output_tensors))
    )


def _port(tensor: Tensor, argument: str, macro: str, suffix: str) -> Port:
    return Port(
        argument=argument,
        macro=f"{macro}{suffix}",
        ctype=tensor.dtype.ctype,
        size=tensor.size,
        bytes=tensor.bytes,
        shape=tensor.shape,
        scale=float_literal(tensor.quantization.scale if tensor.quantization else 1.0),
        zero_point=tensor.zero_point,
        description=comment(f"{tensor.name}: {tensor.describe()}"),
    )


def _arguments(
    inputs: tuple[Port, ...],
    outputs: tuple[Port, ...],
    options: EmitOptions,
    arenas: tuple[Arena, ...],
    ctype: str | None = None,
    *,
    inside: bool = False,
) -> Iterator[str]:
    """Parameters of the run function in the header, or `inside` of it, where the memory is not yet an arena."""
    if options.input is not InputMode.ARENA or ctype is not None:
        yield from (f"const {ctype or p.ctype} {p.argument}[{p.macro}_SIZE]" for p in inputs)
    yield from (f"{ctype or p.ctype} {p.argument}[{p.macro}_SIZE]" for p in outputs)
    if options.arena is ArenaMode.CALLER:
        yield from (f"void *{a.parameter if inside else a.pointer}" for a in arenas)


def _unread(program: Program, inputs: tuple[Port, ...], options: EmitOptions) -> Iterator[str]:
    """Arguments of the run function that it has no use for."""
    if options.input is InputMode.CALLER:
        for name, port in zip(program.graph.inputs, inputs, strict=True):
            if name in program.unread_inputs:
                yield port.argument


def _argument_names(
    inputs: tuple[Port, ...],
    outputs: tuple[Port, ...],
    options: EmitOptions,
    arenas: tuple[Arena, ...],
) -> Iterator[str]:
    if options.input is not InputMode.ARENA:
        yield from (f"quantized_{p.argument}" for p in inputs)
    yield from (f"quantized_{p.argument}" for p in outputs)
    yield from _memory_arguments(options, arenas)


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
    callees: list[_Callee],
    program: Program,
    name: str,
    constants: _Constants,
) -> LayerView:
    call = layer.call
    out = _address(program, call.output.name)
    calls = []
    for kernel_call, callee in zip(layer.kernel_calls, callees, strict=True):
        arguments = list(callee.first)
        for i in kernel_call.inputs:
            arguments.append(_operand(call.inputs[i], program, callee.name, constants))
        arguments.append(_typed(out, call.output, ""))
        if layer.kernel.scratch_bytes is not None:
            offset = program.scratch_offsets.get(layer.name)
            arguments.append("NULL" if offset is None else place(program, offset))
        calls.append(f"{callee.function}({', '.join(arguments)});")
    shapes = " ".join("x".join(map(str, t.shape[1:] or (1,))) for t in call.activations)
    out_shape = "x".join(map(str, call.output.shape[1:] or (1,)))
    description = f"{layer.name}: {call.op.label()} {shapes} -> {out_shape}"
    return LayerView(
        index=index,
        description=comment(description),
        calls=tuple(calls),
        output=out,
        output_bytes=0 if layer.is_spread else call.output.bytes,
    )


def _operand(tensor: Tensor, program: Program, name: str, constants: _Constants) -> str:
    if tensor.data is None:
        return _typed(_address(program, tensor.name), tensor, "const ")
    digest = hashlib.sha256(tensor.name.encode()).hexdigest()[:6]
    array = Array(name="operand", data=tensor.data.ravel())
    return constants.add(f"{name}_operand_{digest}", array)


def _typed(address: str, tensor: Tensor, const: str) -> str:
    """An address with the element type of its tensor: the arena is an array of bytes, its buffers are aligned."""
    if tensor.dtype is DType.INT8 or not address.startswith(POINTERS):
        return address
    return f"({const}{tensor.dtype.ctype} *)({const}void *)({address})"


def _address(program: Program, tensor: str) -> str:
    address = program.addresses[tensor]
    if address.external is None:
        return place(program, address.offset)
    graph = program.graph
    is_input = address.external in graph.inputs
    kind, names = ("input", graph.inputs) if is_input else ("output", graph.outputs)
    suffix = "" if len(names) == 1 else str(names.index(address.external))
    inside = f" + {address.offset}" if address.offset else ""
    return f"{kind}{suffix}{inside}"


def _labels(name: str, labels: tuple[str, ...], output: Tensor) -> tuple[tuple[str, str], ...]:
    """(enumerator, label text) of a classifier's classes; empty without labels."""
    names = LayerNames()
    return tuple((f"{name}_{names(f'label {text}')}".upper(), comment(text)) for text in labels)


__all__ = ["build", "constant_array", "float_literal"]
