"""The TFLite Micro interpreter as an oracle: runs a .tflite file sample by sample.

Needs the package `tflite-micro`. Integer samples are those of tinygen's graph, whose ends are int8; where the
file's own ends are float or uint8 they are converted exactly.

The interpreter ends its process where one of its assertions fails (a softmax over 512 equal classes does it), so
it runs in a process of its own: `python -m tinygen.tflm`, which takes and gives pickles.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import UnsupportedError
from tinygen.importers.tflite import operator_kinds, tensor_names
from tinygen.ir import Graph, Quantization

ARENA_BYTES = 64 * 2**20
"""Working memory of the interpreter: its own guess is too small for small files with large activations."""

Samples = Mapping[str, NDArray[np.int8]]


class Tflm:
    """A .tflite file in the interpreter. Use as a context manager.

    `graph` is the file's, imported: it says what the bytes of the ends mean. Methods raise UnsupportedError where
    the interpreter cannot run the file.
    """

    def __init__(self, model: bytes, graph: Graph) -> None:
        _check_can_run(model)
        self._graph = graph
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tinygen.tflm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        ends = [t.quantization for t in (*graph.input_tensors, *graph.output_tensors)]
        self._send((model, ends[: len(graph.inputs)], ends[len(graph.inputs) :]))

    def run(self, samples: Samples) -> list[NDArray[np.int8]]:
        """Return the outputs [N, ...] as int8, in the graph's order."""
        return self._call(_run, [samples[name] for name in self._graph.inputs])

    def trace(self, samples: Samples, sample: int) -> dict[str, NDArray[np.int8]]:
        """Run one sample; return the int8 value of every tensor by its name."""
        return self._call(_trace, [samples[name][sample] for name in self._graph.inputs])

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> "Tflm":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None
        try:
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the process is gone: the answer that never comes says so

    def _call(self, function: Callable, rows: Sequence[NDArray[np.int8]]) -> Any:
        assert self._process.stdout is not None
        self._send((function.__name__, rows))
        try:
            result, problem = pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError):
            problem = f"its process ended with code {self._process.wait()}"
        if problem:
            raise UnsupportedError(
                what=f"the TFLite Micro interpreter cannot run this file: {problem}",
                next_step="verify with --against reference",
            )
        return result


def _check_can_run(model: bytes) -> None:
    """Refuse what the interpreter runs, but wrongly."""
    if "SPACE_TO_BATCH_ND" in operator_kinds(model):
        # it allocates its parameters and sets none, so the cells that it adds hold chance values
        raise UnsupportedError(
            what="the TFLite Micro interpreter cannot run this file: its SPACE_TO_BATCH_ND, a part of dilated "
            "convolutions, does not pad with the zero point",
            next_step="verify with --against reference",
        )


class _Session:
    """The interpreter's side: a model and what the bytes of its ends mean."""

    def __init__(
        self, model: bytes, inputs: Sequence[Quantization], outputs: Sequence[Quantization]
    ) -> None:
        self.model, self.inputs, self.outputs = model, inputs, outputs

    def interpreter(self, keep_tensors: bool = False):
        from tflite_micro import runtime

        config = runtime.InterpreterConfig
        wanted = config.kPreserveAllTensors if keep_tensors else config.kAllocationRecording
        return runtime.Interpreter.from_bytes(
            self.model, arena_size=ARENA_BYTES, intrepreter_config=wanted
        )

    def invoke(self, interpreter, rows: Sequence[NDArray[np.int8]]) -> None:
        # the interpreter reuses the memory of its inputs: they are set before every run
        for i, (row, quantization) in enumerate(zip(rows, self.inputs, strict=True)):
            details = interpreter.get_input_details(i)
            x = row.reshape(details["shape"])
            interpreter.set_input(_from_int8(x, np.dtype(details["dtype"]), quantization), i)
        interpreter.invoke()


def _run(session: _Session, samples: Sequence[NDArray[np.int8]]) -> list[NDArray[np.int8]]:
    interpreter = session.interpreter()
    results: list[list[NDArray]] = [[] for _ in session.outputs]
    for rows in zip(*samples, strict=True):
        session.invoke(interpreter, rows)
        for i, quantization in enumerate(session.outputs):
            results[i].append(_to_int8(interpreter.get_output(i), quantization))
    return [np.concatenate(rows) for rows in results]


def _trace(session: _Session, rows: Sequence[NDArray[np.int8]]) -> dict[str, NDArray[np.int8]]:
    interpreter = session.interpreter(keep_tensors=True)
    session.invoke(interpreter, rows)
    values = {}
    for i, name in enumerate(tensor_names(session.model)):
        try:
            value = interpreter.GetTensor(i, 0)["tensor_data"]
        except (ValueError, RuntimeError, KeyError, TypeError):
            continue  # a constant: the interpreter shows activations only
        if value.dtype == np.int8:
            values[name] = np.array(value)
    return values


def _from_int8(x: NDArray[np.int8], dtype: np.dtype, quantization: Quantization) -> NDArray:
    if dtype == np.uint8:
        return (x.astype(np.int16) + 128).astype(np.uint8)
    if dtype == np.float32:
        real = x.astype(np.float32) - quantization.zero_point
        return real * np.float32(quantization.scale)
    return x


def _to_int8(y: NDArray, quantization: Quantization) -> NDArray[np.int8]:
    if y.dtype == np.uint8:
        return (y.astype(np.int16) - 128).astype(np.int8)
    if y.dtype == np.float32:
        # dequantization is scale * (q - zero), from which q can be read back exactly
        steps = np.rint(y.astype(np.float64) / quantization.scale)
        return (steps + quantization.zero_point).astype(np.int8)
    return np.array(y)


_FUNCTIONS: dict[str, Callable] = {"_run": _run, "_trace": _trace}
"""What a request can ask for."""


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until they end."""
    session = _Session(*pickle.load(requests))
    while True:
        try:
            function, rows = pickle.load(requests)
        except EOFError:
            return
        result: object = None
        problem = None
        try:
            result = _FUNCTIONS[function](session, rows)
        except (RuntimeError, ValueError) as error:
            problem = str(error)
        pickle.dump((result, problem), answers)
        answers.flush()


if __name__ == "__main__":
    # what the interpreter prints must not come between the answers
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as _answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        _serve(sys.stdin.buffer, _answers)
