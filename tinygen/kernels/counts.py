"""How often the loops of a kernel run: the terms of its cost formula, where a row does not say otherwise."""

from collections.abc import Mapping

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel

Counts = Mapping[str, float]


def counts_of(kernel: Kernel, call: Call) -> Counts:
    """The terms of which the kernel's cycles are a linear function."""
    return (kernel.counts or usual_counts)(call)


def usual_counts(call: Call) -> Counts:
    """Terms that fit most loop nests: calls, rows, pixels, outputs, inputs and products."""
    shape = call.output.shape
    rows = shape[1] if len(shape) == 4 else 1
    pixels = call.output.size // call.output.channels
    return {
        "call": 1,
        "rows": rows,
        "pixels": pixels,
        "outputs": call.output.size,
        "inputs": sum(t.size for t in call.activations),
        "products": call.op.macs(call),
    }
