"""The context of the templates: everything is decided here, the templates only lay it out."""

import math
from dataclasses import dataclass

from tinygen.emit.arenas import Arena, Owner, arenas_of, place, used_in
from tinygen.emit.calls import Code, LayerView
from tinygen.emit.constants import Constants, constant_array
from tinygen.emit.methods import MethodView, methods_of
from tinygen.emit.names import LayerNames, comment, label_name
from tinygen.emit.options import ArenaMode, EmitOptions, InputMode, Io
from tinygen.emit.ports import Port, argument_names, arguments, memory_arguments, ports_of, unread
from tinygen.emit.program import Address, Program
from tinygen.emit.selftest import golden_vectors
from tinygen.ir import Tensor


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
    constants = Constants(prefix=name)
    inputs, outputs = ports_of(program, upper)
    arenas = arenas_of((program, *methods), name, options, shared_by)
    code = Code(name=name, constants=constants, arenas=arenas)
    layers = code.layers(program)
    views = methods_of(program, methods, code, inputs, layers)
    graph = program.graph
    return {
        "name": name,
        "upper": upper,
        "graph": graph,
        "inputs": inputs,
        "outputs": outputs,
        "arguments": ", ".join(arguments(inputs, outputs, options, arenas)),
        "run_arguments": ", ".join(arguments(inputs, outputs, options, arenas, inside=True)),
        "finish_arguments": ", ".join(f"{p.ctype} {p.argument}[{p.macro}_SIZE]" for p in outputs),
        "float_arguments": ", ".join(arguments(inputs, outputs, options, arenas, "float")),
        "uint8_arguments": ", ".join(arguments(inputs, outputs, options, arenas, "uint8_t")),
        "unread_arguments": tuple(unread(program, inputs, options)),
        "pass_through": ", ".join(argument_names(inputs, outputs, options, arenas)),
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
        "memory_parameters": ", ".join(memory_arguments(options, arenas, "void *")) or "void",
        "memory_arguments": ", ".join(memory_arguments(options, arenas)),
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


def _selftest(
    program: Program,
    methods: tuple[Program, ...],
    inputs: tuple[Port, ...],
    outputs: tuple[Port, ...],
    options: EmitOptions,
    arenas: tuple[Arena, ...],
) -> dict[str, object]:
    vectors = golden_vectors(program.graph, *(part.graph for part in methods))
    given = [p.argument for p in inputs] if options.input is not InputMode.ARENA else []
    given += [p.argument for p in outputs]
    given += memory_arguments(options, arenas)
    return {
        "selftest": vectors,
        "selftest_arguments": ", ".join(given),
        "selftest_array": constant_array("expected", "int8_t", vectors.expected, 1),
    }


RUNTIME_VERSION = 1
"""TG_RUNTIME_VERSION of tg_common.h that this generator writes for."""


def _labels(name: str, labels: tuple[str, ...], output: Tensor) -> tuple[tuple[str, str], ...]:
    """(enumerator, label text) of a classifier's classes; empty without labels."""
    names = LayerNames()
    return tuple((f"{name}_{names(label_name(text))}".upper(), comment(text)) for text in labels)


__all__ = ["build"]
