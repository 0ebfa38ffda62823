"""Does the C compute what Python computed? Compares bit for bit, and names the first layer that differs."""

import dataclasses
import importlib.util
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinygen import host, reference, tflm
from tinygen.emit import Emission, emit
from tinygen.errors import ToolMissingError, UnsupportedError
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph
from tinygen.targets import Target

Samples = Mapping[str, NDArray[np.int8]]


@dataclass(frozen=True, kw_only=True)
class Divergence:
    """The first output element that differs: where, what the reference says, what was computed."""

    sample: int
    layer: str
    operator: str
    element: tuple[int, ...]
    expected: int
    actual: int

    def __str__(self) -> str:
        element = "][".join(map(str, self.element))
        return (
            f"sample {self.sample}: layer '{self.layer}' ({self.operator}) is the first to differ, "
            f"at [{element}]: reference {self.expected}, computed {self.actual}"
        )


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One implementation against the reference over all samples."""

    subject: str
    samples: int
    samples_equal: int
    elements: int
    elements_different: int
    largest_difference: int
    divergence: Divergence | None

    @property
    def passed(self) -> bool:
        return self.elements_different == 0


def expected_outputs(graph: Graph, samples: Samples) -> NDArray[np.int8]:
    """The reference's outputs, [N, bytes of all outputs]."""
    outputs = reference.run(graph, samples)
    return _rows([outputs[name] for name in graph.outputs], _count(samples))


def on_host(graph: Graph, target: Target, samples: Samples, expected: NDArray) -> Comparison:
    """Compile the generated C for this machine and run it there."""
    family = "dsp kernels, emulated" if "dsp" in target.features else "portable kernels"
    with tempfile.TemporaryDirectory(prefix="tinygen-verify-") as scratch:
        emission = emit(graph, target, Path(scratch) / "model", name="model")
        with host.build(emission) as model:
            results = model.run(*(samples[name] for name in graph.inputs))
            outputs = results if isinstance(results, tuple) else (results,)
            actual = _rows(outputs, len(expected))

            def trace(sample: int) -> dict[str, NDArray[np.int8]]:
                one = [samples[name][sample : sample + 1] for name in graph.inputs]
                return _by_tensor(emission, [layer.data for layer in model.trace(*one)])

            return compare(f"host C ({family})", graph, samples, expected, actual, trace)


def on_qemu(graph: Graph, target: Target, samples: Samples, expected: NDArray) -> Comparison:
    """Cross-compile the generated C and run it on the target's QEMU machine."""
    from tinygen import device

    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise UnsupportedError(
            what=f"QEMU runs take one input and one output, "
            f"the model has {len(graph.inputs)} and {len(graph.outputs)}",
            next_step="verify it with --on host",
        )
    rows = samples[graph.inputs[0]].reshape(len(expected), -1)
    with tempfile.TemporaryDirectory(prefix="tinygen-verify-") as scratch:
        emission = emit(graph, target, Path(scratch) / "model", name="model")
        actual = device.run_on_qemu(emission.folder, "model", target, rows, expected.shape[1])

        def trace(sample: int) -> dict[str, NDArray[np.int8]]:
            outputs = device.trace_on_qemu(emission.folder, "model", target, rows[sample])
            return _by_tensor(emission, [np.frombuffer(data, np.int8) for data in outputs])

        return compare(f"QEMU ({target.name})", graph, samples, expected, actual, trace)


def against_tflm(model: bytes, graph: Graph, samples: Samples, expected: NDArray) -> Comparison:
    """Run the original .tflite file in the TFLite Micro interpreter. `graph` must be in its arithmetic."""
    if graph.arithmetic is not Arithmetic.TFLM:
        raise UnsupportedError(
            what="TFLite Micro computes in its own arithmetic",
            next_step="verify with --arithmetic tflm",
        )
    actual = _rows(tflm.run(model, graph, samples), len(expected))

    def trace(sample: int) -> dict[str, NDArray[np.int8]]:
        return tflm.trace(model, graph, samples, sample)

    return compare("TFLite Micro interpreter", graph, samples, expected, actual, trace)


def tflm_is_installed() -> bool:
    return importlib.util.find_spec("tflite_micro") is not None


def require_tflm() -> None:
    if not tflm_is_installed():
        raise ToolMissingError(
            what="the TFLite Micro interpreter is not installed",
            next_step="pip install --pre tflite-micro",
        )


def compare(
    subject: str,
    graph: Graph,
    samples: Samples,
    expected: NDArray,
    actual: NDArray,
    trace: Callable[[int], Mapping[str, NDArray[np.int8]]],
) -> Comparison:
    """Compare output rows; on a difference let `trace(sample)` give layer outputs by tensor name."""
    difference = np.abs(expected.astype(np.int64) - actual.astype(np.int64))
    wrong_rows = np.flatnonzero(difference.any(axis=1))
    divergence = None
    if wrong_rows.size:
        sample = int(wrong_rows[0])
        divergence = _first_divergence(graph, samples, sample, trace(sample))
        divergence = divergence or _output_divergence(graph, sample, expected, actual)
    return Comparison(
        subject=subject,
        samples=len(expected),
        samples_equal=len(expected) - int(wrong_rows.size),
        elements=expected.size,
        elements_different=int((difference != 0).sum()),
        largest_difference=int(difference.max()),
        divergence=divergence,
    )


def _first_divergence(
    graph: Graph, samples: Samples, sample: int, traced: Mapping[str, NDArray[np.int8]]
) -> Divergence | None:
    """Walk the layers in order; layers that the implementation does not show are skipped."""
    found: list[Divergence] = []

    def observe(call, outputs) -> None:
        for tensor, wanted in zip(call.outputs, outputs, strict=True):
            got = traced.get(tensor.name)
            if found or got is None or got.size != wanted.size:
                continue
            wrong = np.flatnonzero(wanted.ravel() != got.ravel())
            if wrong.size:
                element = np.unravel_index(wrong[0], wanted.shape)
                found.append(
                    Divergence(
                        sample=sample,
                        layer=call.node.name,
                        operator=call.op.label(),
                        element=tuple(int(i) for i in element[1:]),
                        expected=int(wanted[element]),
                        actual=int(got.ravel()[wrong[0]]),
                    )
                )

    reference.run(graph, {k: x[sample : sample + 1] for k, x in samples.items()}, observe)
    return found[0] if found else None


def _output_divergence(
    graph: Graph, sample: int, expected: NDArray, actual: NDArray
) -> Divergence:
    """Every layer that could be seen agrees, and still the output does not."""
    element = int(np.flatnonzero(expected[sample] != actual[sample])[0])
    return Divergence(
        sample=sample,
        layer=graph.outputs[0],
        operator="model output",
        element=(element,),
        expected=int(expected[sample, element]),
        actual=int(actual[sample, element]),
    )


def _by_tensor(emission: Emission, outputs: list[NDArray[np.int8]]) -> dict[str, NDArray[np.int8]]:
    """Name the traced outputs after the tensors; layers without a call are not traced."""
    program = emission.program
    ran = [layer for layer in program.layers if layer.name not in program.moved]
    return {layer.call.output.name: data for layer, data in zip(ran, outputs, strict=True)}


def _rows(arrays, count: int) -> NDArray[np.int8]:
    return np.concatenate([np.asarray(a).reshape(count, -1) for a in arrays], axis=1)


def _count(samples: Samples) -> int:
    return len(next(iter(samples.values())))


def as_dict(comparison: Comparison) -> dict[str, object]:
    """Plain data for JSON."""
    return {**dataclasses.asdict(comparison), "passed": comparison.passed}
