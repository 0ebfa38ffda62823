"""Inputs and outputs of a model, and the parameters of its functions."""

from collections.abc import Iterator
from dataclasses import dataclass

from tinygen.emit.arenas import Arena
from tinygen.emit.constants import float_literal
from tinygen.emit.names import comment
from tinygen.emit.options import ArenaMode, EmitOptions, InputMode
from tinygen.emit.program import Program
from tinygen.ir import Tensor


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


def ports_of(program: Program, upper: str) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    graph = program.graph
    return tuple(
        tuple(
            port_of(t, f"{kind}{suffix}", f"{upper}_{kind.upper()}", suffix)
            for i, t in enumerate(tensors)
            for suffix in ("" if len(tensors) == 1 else str(i),)
        )
        for kind, tensors in (("input", graph.input_tensors), ("output", graph.output_tensors))
    )


def port_of(tensor: Tensor, argument: str, macro: str, suffix: str) -> Port:
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


def arguments(
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


def unread(program: Program, inputs: tuple[Port, ...], options: EmitOptions) -> Iterator[str]:
    """Arguments of the run function that it has no use for."""
    if options.input is InputMode.CALLER:
        for name, port in zip(program.graph.inputs, inputs, strict=True):
            if name in program.unread_inputs:
                yield port.argument


def argument_names(
    inputs: tuple[Port, ...],
    outputs: tuple[Port, ...],
    options: EmitOptions,
    arenas: tuple[Arena, ...],
) -> Iterator[str]:
    if options.input is not InputMode.ARENA:
        yield from (f"quantized_{p.argument}" for p in inputs)
    yield from (f"quantized_{p.argument}" for p in outputs)
    yield from memory_arguments(options, arenas)


def memory_arguments(
    options: EmitOptions, arenas: tuple[Arena, ...], ctype: str = ""
) -> Iterator[str]:
    if options.arena is ArenaMode.CALLER:
        yield from (f"{ctype}{a.pointer}" for a in arenas)


__all__ = [
    "Port",
    "argument_names",
    "arguments",
    "memory_arguments",
    "port_of",
    "ports_of",
    "unread",
]
