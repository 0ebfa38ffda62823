"""Layers as calls of kernels: the structs and functions that they need, and where their tensors lie."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from string import Template

from tinygen.emit import row_program
from tinygen.emit.arenas import POINTERS, Arena, base, place
from tinygen.emit.constants import Constants, initializer
from tinygen.emit.names import LayerNames, comment
from tinygen.emit.program import Layer, Program
from tinygen.ir import DType, Tensor
from tinygen.kernels import Array, KernelCall
from tinygen.streaming.segment import Segment


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


NO_BLOCK = "(int8_t *)0"
"""What a hook is told of a block of working memory that has nothing in it."""


@dataclass(kw_only=True)
class Code:
    """Structs and functions under construction; methods share those that are equal."""

    name: str
    constants: Constants
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
            lines = tuple(initializer(kernel_call.params, name, self.constants, count))
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
        lines = tuple(initializer(kernel_call.params, name, self.constants, products))
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


def _layer_view(
    index: int,
    layer: Layer,
    callees: list[_Callee],
    program: Program,
    name: str,
    constants: Constants,
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


def _operand(tensor: Tensor, program: Program, name: str, constants: Constants) -> str:
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


__all__ = ["Code", "LayerView", "StructView"]
