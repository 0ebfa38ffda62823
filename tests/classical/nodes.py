"""Every node of a classical graph by the C kernels that take it, without a compiler run for each model.

test_generated.py, check_c and the device tests compile whole models; here one library serves all of them.
"""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from tests.kernels.checking import fitting_kernels
from tests.kernels.harness import KernelLibrary
from tinygen import reference, samples
from tinygen.analysis.ranges import tensor_ranges
from tinygen.ir import Call, DType, Graph
from tinygen.kernels import CATALOGUE, Kernel
from tinygen.ops.classical import REGISTRY

DATA_ROWS, OTHER_ROWS = 4, 3


def kernels_of_classical_models() -> list[Kernel]:
    """Those that are not generated; each C function once."""
    rows = [k for op in REGISTRY.values() for k in CATALOGUE[op] if k.source]
    return list({kernel.symbol: kernel for kernel in rows}.values())


def check_nodes(library: KernelLibrary, graph: Graph, x: NDArray, kind: DType) -> None:
    """Assert that kernels and reference agree on every node: for rows of data, extremes, and anything."""
    (name,) = graph.inputs
    others = samples.generate(graph, OTHER_ROWS)[name]
    inputs = np.concatenate([x[:DATA_ROWS].astype(kind.numpy), others])
    values = {name: inputs}

    def keep(call: Call, outputs: tuple[NDArray, ...]) -> None:
        values[call.output.name] = outputs[0]

    reference.run(graph, values.copy(), keep)
    ranges = tensor_ranges(graph)
    for call in graph.calls():
        known = tuple(ranges.get(t.name) for t in call.inputs)
        _check_node(library, dataclasses.replace(call, input_ranges=known), values)


def _check_node(library: KernelLibrary, call: Call, values: dict[str, NDArray]) -> None:
    kernels = [k for k in fitting_kernels(call) if hasattr(library.lib, k.symbol)]
    assert kernels, f"no kernel for {call.op.label()}"
    for kernel in kernels[:2]:
        for i, wanted in enumerate(values[call.output.name]):
            arrays = [values[t.name][i : i + 1] for t in call.activations]
            got = library.run(kernel, call, arrays)[0]
            np.testing.assert_array_equal(
                got, wanted, err_msg=f"{kernel.symbol} in {call.node.name}"
            )
