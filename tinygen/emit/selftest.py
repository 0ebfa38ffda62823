"""Golden vectors of the generated self-test: inputs from a generator that C can repeat, outputs from the reference."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen import reference
from tinygen.ir import Graph

VECTORS = 2
SEED = 12345
_MULTIPLIER, _INCREMENT = 1664525, 1013904223  # Numerical Recipes' linear congruential generator


@dataclass(frozen=True, kw_only=True)
class SelfTest:
    """`vectors` runs; the inputs follow from `seed`, `expected` are all output bytes in order."""

    vectors: int
    seed: int
    multiplier: int
    increment: int
    expected: NDArray[np.int8]


def golden_vectors(graph: Graph, *methods: Graph) -> SelfTest:
    """Run the reference on the self-test's inputs: the graph, then its other methods on the same input."""
    state = SEED
    expected = []
    for _ in range(VECTORS):
        inputs = {}
        for tensor in graph.input_tensors:
            stream, state = _stream(state, tensor.bytes)
            inputs[tensor.name] = stream.view(tensor.dtype.numpy).reshape(tensor.shape)
        for part in (graph, *methods):
            results = reference.run(part, inputs)
            expected += [results[name].ravel().view(np.int8) for name in part.outputs]
    return SelfTest(
        vectors=VECTORS,
        seed=SEED,
        multiplier=_MULTIPLIER,
        increment=_INCREMENT,
        expected=np.concatenate(expected),
    )


def _stream(state: int, length: int) -> tuple[NDArray[np.int8], int]:
    values = np.empty(length, np.uint8)
    for i in range(length):
        state = (state * _MULTIPLIER + _INCREMENT) & 0xFFFFFFFF
        values[i] = state >> 24
    return values.view(np.int8), state
