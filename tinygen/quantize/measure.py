"""Where accuracy was lost: the integer graph against the float graph, tensor by tensor."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen import reference
from tinygen.ir import Call, Graph
from tinygen.quantize.apply import dequantize_array, quantize_array
from tinygen.quantize.calibration import Calibration
from tinygen.quantize.observe import chunk_size


@dataclass(frozen=True, kw_only=True)
class LayerError:
    """How far a layer's real outputs are off in int8, with the errors of all layers before it.

    `sqnr_db` is 10 log10 of the mean square of the float output over that of the error: infinite without error,
    None for a layer that computes nothing but 0. `saturated` is the fraction of outputs at an end of int8 that
    the float output goes beyond.
    """

    name: str
    operator: str
    sqnr_db: float | None
    mean_abs_error: float
    mean_abs_value: float
    saturated: float


class _Sums:
    """Sums over samples for one layer."""

    def __init__(self) -> None:
        self.count = 0
        self.signal = self.noise = self.abs_error = self.abs_value = self.beyond = 0.0

    def add(self, wanted: NDArray, got: NDArray, limits: tuple[float, float]) -> None:
        wanted, error = wanted.astype(np.float64), wanted.astype(np.float64) - got
        self.count += wanted.size
        self.signal += float(np.square(wanted).sum())
        self.noise += float(np.square(error).sum())
        self.abs_error += float(np.abs(error).sum())
        self.abs_value += float(np.abs(wanted).sum())
        self.beyond += float(((wanted < limits[0]) | (wanted > limits[1])).sum())

    def result(self, name: str, operator: str) -> LayerError:
        sqnr = None
        if self.signal > 0:
            sqnr = 10 * math.log10(self.signal / self.noise) if self.noise > 0 else math.inf
        return LayerError(
            name=name,
            operator=operator,
            sqnr_db=sqnr,
            mean_abs_error=self.abs_error / self.count,
            mean_abs_value=self.abs_value / self.count,
            saturated=self.beyond / self.count,
        )


def layer_errors(graph: Graph, integer: Graph, calibration: Calibration) -> tuple[LayerError, ...]:
    """The error of every tensor that both graphs name, in the order of the nodes, the graph's inputs left out."""
    sums: dict[str, _Sums] = {}
    operators: dict[str, str] = {}
    for samples in calibration.chunks(chunk_size(graph)):
        wanted: dict[str, NDArray] = {}

        def keep(call: Call, outputs: tuple[NDArray, ...], wanted=wanted) -> None:
            wanted.update(zip(call.node.outputs, outputs, strict=True))

        def compare(call: Call, outputs: tuple[NDArray, ...], wanted=wanted) -> None:
            for tensor, q in zip(call.outputs, outputs, strict=True):
                if tensor.name in wanted:
                    operators.setdefault(tensor.name, call.op.label())
                    _compare(
                        sums.setdefault(tensor.name, _Sums()), tensor, wanted.pop(tensor.name), q
                    )

        reference.run(graph, samples, keep)
        reference.run(integer, quantized_inputs(integer, samples), compare)
    return tuple(s.result(name, operators[name]) for name, s in sums.items())


def _compare(sums: _Sums, tensor, wanted: NDArray, q: NDArray) -> None:
    quantization = tensor.quantization
    half = quantization.scale / 2
    low = (-128 - quantization.zero_point) * quantization.scale - half
    high = (127 - quantization.zero_point) * quantization.scale + half
    sums.add(wanted, dequantize_array(q, quantization), (low, high))


def quantized_inputs(integer: Graph, samples: dict[str, NDArray]) -> dict[str, NDArray]:
    """Float samples in the quantization of the integer graph's inputs."""
    return {t.name: quantize_array(samples[t.name], t.quantization) for t in integer.input_tensors}


def output_error(graph: Graph, integer: Graph, samples: dict[str, NDArray]) -> float:
    """Mean absolute error of the integer graph's real outputs against the float graph's, over all outputs."""
    wanted = reference.run(graph, samples)
    got = reference.run(integer, quantized_inputs(integer, samples))
    errors = [
        np.abs(wanted[w] - dequantize_array(got[g], integer.tensors[g].quantization)).mean()
        for w, g in zip(graph.outputs, integer.outputs, strict=True)
    ]
    return float(np.mean(errors))
