"""What each activation of a float graph is on calibration data: bounds, and a histogram between them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen import reference
from tinygen.errors import CalibrationError
from tinygen.ir import Call, Graph
from tinygen.quantize.calibration import Calibration

BINS = 2048
_CHUNK_BYTES = 64 * 2**20


@dataclass(frozen=True, kw_only=True, eq=False)
class Statistics:
    """counts[i] values fell between edge i and i + 1 of BINS equal bins from `low` to `high`."""

    low: float
    high: float
    counts: NDArray[np.int64]

    @property
    def centers(self) -> NDArray[np.float64]:
        edges = np.linspace(self.low, self.high, BINS + 1)
        return (edges[:-1] + edges[1:]) / 2


def observe(graph: Graph, calibration: Calibration) -> dict[str, Statistics]:
    """Run the float graph twice over the data: for the bounds, then for the histograms between them."""
    bounds: dict[str, tuple[float, float]] = {}
    for name, values in _activations(graph, calibration):
        least, most = float(values.min()), float(values.max())
        low, high = bounds.get(name, (np.inf, -np.inf))
        bounds[name] = min(low, least), max(high, most)
        if not np.isfinite([least, most]).all():
            raise CalibrationError(
                what="the float model computes NaN or infinite values on the calibration data",
                where=f"tensor '{name}', with {calibration.source}",
                next_step="check that the samples are scaled as in training",
            )
    counts = {name: np.zeros(BINS, np.int64) for name in bounds}
    for name, values in _activations(graph, calibration):
        low, high = bounds[name]
        if high > low:
            # in float32 there would be too few numbers for the edges of bins in a tiny range
            counts[name] += np.histogram(values.astype(np.float64), BINS, (low, high))[0]
    return {
        name: Statistics(low=low, high=high, counts=counts[name])
        for name, (low, high) in bounds.items()
    }


def chunk_size(graph: Graph) -> int:
    """Samples that can run at once in moderate memory."""
    if not is_batched(graph):
        return 1
    largest = max(t.bytes for t in graph.tensors.values() if not t.is_constant)
    return max(1, _CHUNK_BYTES // (4 * largest))


def is_batched(graph: Graph) -> bool:
    """True when the first axis of every activation is the batch, so that samples can run together."""
    activations = (t for t in graph.tensors.values() if not t.is_constant)
    return all(t.shape and t.shape[0] == 1 for t in activations)


def _activations(graph: Graph, calibration: Calibration) -> Iterator[tuple[str, NDArray]]:
    """Yield (tensor, values) for every activation and every chunk of the data."""
    for samples in calibration.chunks(chunk_size(graph)):
        yield from samples.items()
        yield from _collected(graph, samples).items()


def _collected(graph: Graph, samples: Mapping[str, NDArray]) -> dict[str, NDArray]:
    found: dict[str, NDArray] = {}

    def keep(call: Call, outputs: tuple[NDArray, ...]) -> None:
        found.update(zip(call.node.outputs, outputs, strict=True))

    with np.errstate(over="ignore", invalid="ignore"):  # the caller looks for infinite values
        reference.run(graph, samples, keep)
    return found
