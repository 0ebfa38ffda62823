"""Whole graphs of classical models through the C kernels of one library: no compiler is started for a model."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.kernels.harness import KernelLibrary, build_library
from tinygen import reference, samples
from tinygen.ir import Call, Graph
from tinygen.kernels import CATALOGUE, Kernel
from tinygen.ops.classical import REGISTRY


def classical_kernels() -> list[Kernel]:
    """All portable kernels of classical operators that are not generated."""
    rows = [kernel for op in REGISTRY.values() for kernel in CATALOGUE.get(op, ())]
    return [kernel for kernel in rows if kernel.source and not kernel.needs]


def build(folder: Path) -> KernelLibrary:
    return KernelLibrary(build_library(classical_kernels(), folder))


def values(graph: Graph, method: str, x: NDArray) -> NDArray:
    """What a method computes, in real numbers, by the reference."""
    part = graph.up_to(graph.outputs[graph.methods.index(method)])
    (source,), (output,) = part.input_tensors, part.output_tensors
    rows = np.asarray(x).astype(source.dtype.numpy)
    return reference.run(part, {source.name: rows})[output.name] * output.quantization.scale


def check(library: KernelLibrary, graph: Graph, x: NDArray, rows: int = 12) -> None:
    """Assert that C and reference have the same bits for rows of data, extremes and anything; trees are left out."""
    (source,) = graph.input_tensors
    anything = samples.generate(graph, 6)[source.name].reshape(-1, source.channels)
    data = np.concatenate([np.asarray(x)[:rows].astype(source.dtype.numpy), anything])
    known = {source.name: data}
    for call in graph.calls():
        inputs = [known[t.name] for t in call.activations]
        wanted = call.op.evaluate_integer(call, _all_inputs(call, inputs))
        known[call.output.name] = wanted
        for kernel in _kernels(call):
            got = [
                library.run(kernel, call, [v[i : i + 1] for v in inputs]) for i in range(len(data))
            ]
            np.testing.assert_array_equal(np.concatenate(got), wanted, kernel.symbol)


def _all_inputs(call: Call, activations: list[NDArray]) -> list[NDArray]:
    found = iter(activations)
    return [t.data if t.is_constant else next(found) for t in call.inputs]


def _kernels(call: Call) -> list[Kernel]:
    """The first portable kernel that takes the node; none for those whose C is generated."""
    rows = [k for k in CATALOGUE[type(call.op)] if k.source and not k.needs]
    return [k for k in rows if k.reason_against(call, k.needs) is None][:1]
