"""The entry points of classical models: predict, predict_proba, decision, score, transform."""

from dataclasses import dataclass

from tinygen.emit.arenas import Arena, Owner, used_in
from tinygen.emit.calls import Code, LayerView
from tinygen.emit.ports import Port, port_of
from tinygen.emit.program import Program


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


METHODS = {
    "predict": "The class, by its index in the order of the labels; of a regressor the value.",
    "predict_proba": "The probability of every class.",
    "decision": "The score of every class; of two classes one score, positive for the second.",
    "score": "How normal the row is: the lower, the less.",
    "transform": "The row after the last transformer.",
}
"""What the entry points of classical models compute."""


def methods_of(
    program: Program,
    others: tuple[Program, ...],
    code: Code,
    inputs: tuple[Port, ...],
    layers: tuple[LayerView, ...],
) -> tuple[MethodView, ...]:
    """The entry points by name; none for a graph that has one unnamed entry point."""
    return tuple(
        _method(part, code, inputs, layers if part is program else code.layers(part))
        for part in ((program, *others) if program.graph.methods else ())
    )


def _method(
    part: Program, code: Code, inputs: tuple[Port, ...], layers: tuple[LayerView, ...]
) -> MethodView:
    (method,) = part.graph.methods
    (tensor,) = part.graph.output_tensors
    output = port_of(tensor, "output", f"{code.name}_{method}".upper(), "")
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


__all__ = ["MethodView", "methods_of"]
