"""The TFLite Micro interpreter as an oracle: runs a .tflite file sample by sample.

Needs the package `tflite-micro`. Integer samples are those of tinygen's graph, whose ends are int8; where the
file's own ends are float or uint8 they are converted exactly.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.importers.tflite import tensor_names
from tinygen.ir import Graph, Tensor


ARENA_BYTES = 64 * 2**20
"""Working memory of the interpreter: its own guess is too small for small files with large activations."""


def run(
    model: bytes, graph: Graph, samples: Mapping[str, NDArray[np.int8]]
) -> list[NDArray[np.int8]]:
    """Return the outputs [N, ...] as int8, in the graph's order. `graph` is the file's, imported."""
    interpreter = _interpreter(model)
    results: list[list[NDArray]] = [[] for _ in graph.outputs]
    for sample in range(len(samples[graph.inputs[0]])):
        _invoke(interpreter, graph, samples, sample)
        for i, tensor in enumerate(graph.output_tensors):
            results[i].append(_to_int8(interpreter.get_output(i), tensor))
    return [np.concatenate(rows) for rows in results]


def trace(
    model: bytes, graph: Graph, samples: Mapping[str, NDArray[np.int8]], sample: int
) -> dict[str, NDArray[np.int8]]:
    """Run one sample; return the int8 value of every tensor by its name."""
    interpreter = _interpreter(model, keep_tensors=True)
    _invoke(interpreter, graph, samples, sample)
    values = {}
    for i, name in enumerate(tensor_names(model)):
        try:
            value = interpreter.GetTensor(i, 0)["tensor_data"]
        except (ValueError, RuntimeError, KeyError, TypeError):
            continue  # a constant: the interpreter shows activations only
        if value.dtype == np.int8:
            values[name] = np.array(value)
    return values


def _interpreter(model: bytes, keep_tensors: bool = False):
    from tflite_micro import runtime

    config = runtime.InterpreterConfig
    wanted = config.kPreserveAllTensors if keep_tensors else config.kAllocationRecording
    return runtime.Interpreter.from_bytes(model, arena_size=ARENA_BYTES, intrepreter_config=wanted)


def _invoke(
    interpreter, graph: Graph, samples: Mapping[str, NDArray[np.int8]], sample: int
) -> None:
    # the interpreter reuses the memory of its inputs: they are set before every run
    for i, tensor in enumerate(graph.input_tensors):
        details = interpreter.get_input_details(i)
        row = samples[tensor.name][sample].reshape(details["shape"])
        interpreter.set_input(_from_int8(row, np.dtype(details["dtype"]), tensor), i)
    interpreter.invoke()


def _from_int8(x: NDArray[np.int8], dtype: np.dtype, tensor: Tensor) -> NDArray:
    if dtype == np.uint8:
        return (x.astype(np.int16) + 128).astype(np.uint8)
    if dtype == np.float32:
        return (x.astype(np.float32) - tensor.zero_point) * np.float32(tensor.quantization.scale)
    return x


def _to_int8(y: NDArray, tensor: Tensor) -> NDArray[np.int8]:
    if y.dtype == np.uint8:
        return (y.astype(np.int16) - 128).astype(np.int8)
    if y.dtype == np.float32:
        # dequantization is scale * (q - zero), from which q can be read back exactly
        steps = np.rint(y.astype(np.float64) / tensor.quantization.scale)
        return (steps + tensor.zero_point).astype(np.int8)
    return np.array(y)
