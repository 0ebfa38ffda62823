"""Runs .tflite files with the interpreter of TFLite Micro (the package tflite-micro)."""

import numpy as np
from numpy.typing import NDArray
from tflite_micro import runtime
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

_ARENA_BASE_BYTES = 1 << 18
"""Room for the interpreter's own structures and for the scratch memory of operators."""


def run_tflm(model: bytes, *inputs: NDArray) -> tuple[NDArray, ...]:
    """Return the outputs for inputs [N, ...], both in the order of the file.

    Samples run one after the other; outputs are joined along their first axis. Where an input's
    own first dimension d is not 1, its array is [N * d, ...].
    """
    graph = schema.SubGraphT.InitFromObj(schema.Model.GetRootAs(model).Subgraphs(0))
    arena_bytes = _ARENA_BASE_BYTES + sum(8 * _elements(t) for t in graph.tensors)
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=arena_bytes)
    shapes = [graph.tensors[i].shape for i in graph.inputs]
    batches = [x.reshape((-1, *shape)) for x, shape in zip(inputs, shapes, strict=True)]
    rows = []
    for sample in zip(*batches, strict=True):
        # every input, every time: the interpreter reuses their memory
        for i, x in enumerate(sample):
            interpreter.set_input(np.ascontiguousarray(x), i)
        interpreter.invoke()
        rows.append([np.array(interpreter.get_output(i)) for i in range(len(graph.outputs))])
    return tuple(np.concatenate(column) for column in zip(*rows, strict=True))


def _elements(tensor: schema.TensorT) -> int:
    return int(np.prod(tensor.shape, dtype=np.int64)) if tensor.shape is not None else 1
