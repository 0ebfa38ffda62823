"""Does the C compute what Python computed? Compares bit for bit, and names the first layer that differs."""

import dataclasses
import importlib.util
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinygen import host, poison, reference, tflm
from tinygen.emit import ArenaMode, Emission, EmitOptions, InputMode, emit
from tinygen.errors import ToolMissingError, UnsupportedError
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call, Graph
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
    """One implementation against the reference: outputs over all samples, every layer over the first few.

    Final outputs alone would hide much: a softmax that saturates looks right whatever came before it.
    """

    subject: str
    samples: int
    samples_equal: int
    elements: int
    elements_different: int
    largest_difference: int
    layers_compared: int
    layer_elements: int
    divergence: Divergence | None

    @property
    def passed(self) -> bool:
        return self.divergence is None


@dataclass(frozen=True, kw_only=True, eq=False)
class Expected:
    """The reference's run over all samples: output rows [N, elements of all outputs]."""

    graph: Graph
    samples: Samples
    rows: NDArray[np.int64]


HOST_LAYER_SAMPLES = 10
"""Samples for which the host and TFLite Micro show every layer."""

QEMU_LAYER_SAMPLES = 1
"""The same for QEMU, where every layer is written through semihosting."""


def run_reference(graph: Graph, samples: Samples) -> Expected:
    """Run the Python reference."""
    outputs = reference.run(graph, samples)
    rows = _rows([outputs[name] for name in graph.outputs], _count(samples))
    return Expected(graph=graph, samples=samples, rows=rows)


def on_host(
    expected: Expected,
    target: Target,
    options: EmitOptions = EmitOptions(),
    *,
    poisoned: bool = False,
) -> Comparison:
    """Compile the generated C for this machine and run it there.

    Poisoned, dead memory is filled with a pattern before every step, and guard bytes lie around the arena.
    """
    graph, samples = expected.graph, expected.samples
    family = "dsp kernels, emulated" if "dsp" in target.features else "portable kernels"
    if poisoned:
        family += ", poisoned"
        if not graph.methods and options.input is not InputMode.ROWS:
            options = dataclasses.replace(options, arena=ArenaMode.CALLER)
    with tempfile.TemporaryDirectory(prefix="tinygen-verify-") as scratch:
        emission = emit(graph, target, Path(scratch) / "model", name="model", options=options)
        if poisoned:
            poison.instrument(emission)
        with host.build(emission) as model:
            results = model.run(*(samples[name] for name in graph.inputs))
            outputs = results if isinstance(results, tuple) else (results,)

            def trace(sample: int) -> dict[str, NDArray[np.int8]]:
                one = [samples[name][sample : sample + 1] for name in graph.inputs]
                return _by_tensor(emission, [layer.data for layer in model.trace(*one)])

            actual = _rows(outputs, len(expected.rows))
            return compare(f"host C ({family})", expected, actual, trace, HOST_LAYER_SAMPLES)


def on_qemu(
    expected: Expected,
    target: Target,
    options: EmitOptions = EmitOptions(),
    *,
    poisoned: bool = False,
) -> Comparison:
    """Cross-compile the generated C and run it on the target's QEMU machine; poisoned as on_host does it."""
    from tinygen import device

    graph = expected.graph
    block = device.block_of(graph.input_tensors)
    outputs = device.block_of(graph.output_tensors)
    inputs = block.pack([expected.samples[name] for name in graph.inputs])
    with tempfile.TemporaryDirectory(prefix="tinygen-verify-") as scratch:
        emission = emit(graph, target, Path(scratch) / "model", name="model", options=options)
        if poisoned:
            poison.instrument(emission)
        folder, alignment = emission.folder, max(block.alignment, outputs.alignment)
        data = device.run_on_qemu(
            folder, "model", target, inputs, outputs.bytes, buffer_alignment=alignment
        )
        parts = outputs.unpack(data, [t.dtype.numpy for t in graph.output_tensors])
        actual = _rows(parts, len(expected.rows))

        def trace(sample: int) -> dict[str, NDArray[np.int8]]:
            layers = device.trace_on_qemu(folder, "model", target, inputs[sample])
            return _by_tensor(emission, [np.frombuffer(data, np.int8) for data in layers])

        subject = f"QEMU ({target.name}{', poisoned' if poisoned else ''})"
        return compare(subject, expected, actual, trace, QEMU_LAYER_SAMPLES)


def against_tflm(model: bytes, original: Graph, expected: Expected) -> Comparison:
    """Run the original .tflite file in the TFLite Micro interpreter.

    `original` is the file's graph as imported; layers that passes have changed in shape are not compared.
    Raises UnsupportedError where the interpreter cannot run the file.
    """
    if expected.graph.arithmetic is not Arithmetic.TFLM:
        raise UnsupportedError(
            what="TFLite Micro computes in its own arithmetic",
            next_step="verify with --arithmetic tflm",
        )
    samples = expected.samples
    with tflm.Tflm(model, original) as interpreter:
        actual = _rows(interpreter.run(samples), len(expected.rows))

        def trace(sample: int) -> dict[str, NDArray[np.int8]]:
            return interpreter.trace(samples, sample)

        return compare("TFLite Micro interpreter", expected, actual, trace, HOST_LAYER_SAMPLES)


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
    expected: Expected,
    actual: NDArray,
    trace: Callable[[int], Mapping[str, NDArray[np.int8]]],
    layer_samples: int,
) -> Comparison:
    """Compare output rows, and for the first samples every layer; `trace` gives layer outputs by tensor name."""
    difference = np.abs(expected.rows.astype(np.int64) - actual.astype(np.int64))
    wrong = np.flatnonzero(difference.any(axis=1))
    traced = list(range(min(layer_samples, len(expected.rows))))
    if wrong.size:
        traced = [int(wrong[0])]
    walks = [_walk_layers(expected, sample, trace(sample)) for sample in traced]
    divergence = next((walk.divergence for walk in walks if walk.divergence), None)
    if wrong.size and divergence is None:
        divergence = _output_divergence(expected, traced[0], actual)
    return Comparison(
        subject=subject,
        samples=len(expected.rows),
        samples_equal=len(expected.rows) - int(wrong.size),
        elements=expected.rows.size,
        elements_different=int((difference != 0).sum()),
        largest_difference=int(difference.max()),
        layers_compared=walks[0].layers,
        layer_elements=sum(walk.elements for walk in walks),
        divergence=divergence,
    )


@dataclass(kw_only=True)
class _Walk:
    """What was seen on a walk through the layers of one sample."""

    layers: int = 0
    elements: int = 0
    divergence: Divergence | None = None


def _walk_layers(expected: Expected, sample: int, traced: Mapping[str, NDArray[np.int8]]) -> _Walk:
    """Compare layers in order up to the first that differs; layers that are not shown are skipped."""
    walk = _Walk()

    def observe(call: Call, outputs: tuple[NDArray, ...]) -> None:
        for tensor, wanted in zip(call.outputs, outputs, strict=True):
            got = traced.get(tensor.name)
            if walk.divergence or got is None or got.size != wanted.size:
                continue
            wanted, got = _bits(wanted), _bits(got)
            walk.layers += 1
            walk.elements += wanted.size
            wrong = np.flatnonzero(wanted.ravel() != got.ravel())
            if wrong.size:
                element = np.unravel_index(wrong[0], wanted.shape)
                walk.divergence = Divergence(
                    sample=sample,
                    layer=call.node.name,
                    operator=call.op.label(),
                    element=tuple(int(i) for i in element[1:]),
                    expected=int(wanted[element]),
                    actual=int(got.ravel()[wrong[0]]),
                )

    one = {name: x[sample : sample + 1] for name, x in expected.samples.items()}
    reference.run(expected.graph, one, observe)
    return walk


def _bits(values: NDArray) -> NDArray:
    """Integers that are equal where all bits are: NaN differs from NaN."""
    return values.view(np.int32) if values.dtype == np.float32 else values


def _output_divergence(expected: Expected, sample: int, actual: NDArray) -> Divergence:
    """Every layer that could be seen agrees, and still the output does not."""
    element = int(np.flatnonzero(expected.rows[sample] != actual[sample])[0])
    return Divergence(
        sample=sample,
        layer=expected.graph.outputs[0],
        operator="model output",
        element=(element,),
        expected=int(expected.rows[sample, element]),
        actual=int(actual[sample, element]),
    )


def _by_tensor(emission: Emission, outputs: list[NDArray[np.int8]]) -> dict[str, NDArray[np.int8]]:
    """Name the traced outputs after the tensors; layers without a call are not traced."""
    ran = [layers[-1].call.output for layers in emission.program.ran]
    return {
        tensor.name: data.view(tensor.dtype.numpy)
        for tensor, data in zip(ran, outputs, strict=True)
    }


def _rows(arrays, count: int) -> NDArray[np.int64]:
    return np.concatenate(
        [np.asarray(a).reshape(count, -1) for a in arrays], axis=1, dtype=np.int64
    )


def _count(samples: Samples) -> int:
    return len(next(iter(samples.values())))


def as_dict(comparison: Comparison) -> dict[str, object]:
    """Plain data for JSON."""
    return {**dataclasses.asdict(comparison), "passed": comparison.passed}
