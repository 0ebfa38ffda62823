"""The comparison of a kernel with the reference, shared by the plain and the sanitized tests."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tests.kernels.harness import KernelLibrary
from tests.strategies import inputs_for
from tinygen import reference
from tinygen.ir import Call, Graph
from tinygen.kernels import CATALOGUE, Kernel
from tinygen.ops.fully_connected import FullyConnected


def fitting_kernels(call: Call) -> Iterator[Kernel]:
    """Every kernel of the runtime that takes the node on some core; generated ones have tests of their own."""
    for kernel in CATALOGUE[type(call.op)]:
        if kernel.source and kernel.reason_against(call, kernel.needs) is None:
            yield kernel


def check_kernel(library: KernelLibrary, kernel: Kernel, graph: Graph, samples: int) -> None:
    """Assert that the kernel computes the one node of a graph as the reference does, in all its ways."""
    (call,) = graph.calls()
    data = inputs_for(graph, samples)
    wanted = reference.run(graph, data)[graph.outputs[0]].reshape(samples, *call.output.shape)
    for i in range(samples):
        inputs = [_sample(data[t.name], i, samples) for t in call.activations]
        _compare(kernel, graph, library.run(kernel, call, inputs), wanted[i])
        for index in kernel.in_place:
            tensor = call.inputs[index]
            if not tensor.is_constant and tensor.bytes == call.output.bytes:
                got = library.run(kernel, call, inputs, in_place=index)
                _compare(kernel, graph, got, wanted[i], f"in place of input {index}")
        if kernel.lead is not None and not call.inputs[kernel.lead_over(call)].is_constant:
            lead = kernel.lead(call)
            got = library.run_over_input(kernel, call, inputs, lead)
            _compare(kernel, graph, got, wanted[i], f"over its input, {lead} bytes below it")
        if kernel.spreads(call) and i < 2:
            got = library.run_spread(kernel, call, inputs, call.output.channels + 3)
            _compare(kernel, graph, got, wanted[i], "in pieces")
        if library.has_rows(kernel) and _has_window(call) and i < 2:
            _check_rows(library, kernel, graph, inputs[0], wanted[i])


def _has_window(call: Call) -> bool:
    """True where the rows of the kernel are those of the output; a dense layer has pixels only."""
    return len(call.output.shape) == 4 and not isinstance(call.op, FullyConnected)


def _sample(data: NDArray, index: int, samples: int) -> NDArray:
    size = len(data) // samples
    return data[index * size : (index + 1) * size]


def _check_rows(
    library: KernelLibrary, kernel: Kernel, graph: Graph, x: NDArray, wanted: NDArray
) -> None:
    """All rows one by one, and all in one call."""
    (call,) = graph.calls()
    height = call.output.shape[1]
    for first, count in [(0, height), *((y, 1) for y in range(height))]:
        got = library.run_rows(kernel, call, x, first, count)
        _compare(kernel, graph, got, wanted[:, first : first + count], f"rows {first}+{count}")


def _compare(
    kernel: Kernel, graph: Graph, got: NDArray, wanted: NDArray, how: str = "whole tensor"
) -> None:
    different = np.argwhere(got != wanted)
    assert not different.size, (
        f"{kernel.symbol} ({how}): {len(different)} of {wanted.size} bytes differ, the first at "
        f"{different[0]}: {got[tuple(different[0])]}, not {wanted[tuple(different[0])]}\n{graph}"
    )
