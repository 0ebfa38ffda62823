"""Functions of single columns: their composition, numbers behind which they jump."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.description import Columns, Rows


def stepwise(
    sources: NDArray[np.int64],
    edges: Sequence[NDArray[np.float64]],
    values: Sequence[NDArray[np.float64]],
) -> Columns:
    """Columns that jump: output k is values[k][the number of edges[k] below x[sources[k]]]."""
    edges = tuple(np.asarray(e, np.float64) for e in edges)
    values = tuple(np.asarray(v, np.float64) for v in values)

    def apply(rows: Rows) -> Rows:
        found = [
            v[np.searchsorted(e, rows[:, s], side="left")]
            for s, e, v in zip(sources, edges, values, strict=True)
        ]
        return np.stack(found, axis=1)

    return Columns(
        sources=np.asarray(sources, np.int64),
        signs=np.array([_direction(v) for v in values]),
        apply=apply,
        edges=edges,
    )


def _direction(values: NDArray[np.float64]) -> int:
    rises = np.diff(values)
    return 1 if (rises >= 0).all() else -1 if (rises <= 0).all() else 0


def just_below(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Edges at which the numbers themselves are above: x > edge where x >= number."""
    return np.nextafter(np.asarray(numbers, np.float64), -np.inf)


def composed(columns: Sequence[Columns], inputs: int) -> Columns:
    """One transformer in place of several; without any, that which keeps all columns."""
    found = kept(np.arange(inputs))
    for following in columns:
        found = _behind(found, following, inputs)
    return found


def kept(sources: NDArray[np.int64]) -> Columns:
    """Some columns as they are."""
    return Columns(
        sources=sources,
        signs=np.ones(len(sources), np.int64),
        apply=lambda rows: rows[:, sources],
        factors=np.ones(len(sources)),
        offsets=np.zeros(len(sources)),
    )


def beside(branches: Sequence[Columns]) -> Columns:
    """The columns of all, which see the same input."""
    are_lines = all(b.factors is not None for b in branches)
    edges = [e for b in branches for e in (b.edges or (None,) * b.outputs)]
    return Columns(
        sources=np.concatenate([b.sources for b in branches]),
        signs=np.concatenate([b.signs for b in branches]),
        apply=lambda rows: np.concatenate([b.apply(rows) for b in branches], axis=1),
        factors=np.concatenate([b.factors for b in branches]) if are_lines else None,
        offsets=np.concatenate([b.offsets for b in branches]) if are_lines else None,
        edges=tuple(edges) if any(e is not None for e in edges) else None,
    )


def _behind(first: Columns, second: Columns, inputs: int) -> Columns:
    sources = first.sources[second.sources]
    signs = first.signs[second.sources] * second.signs
    if first.factors is not None and second.factors is not None:
        factors = second.factors * first.factors[second.sources]
        offsets = second.factors * first.offsets[second.sources] + second.offsets
    else:
        factors = offsets = None
    return Columns(
        sources=sources,
        signs=signs,
        apply=lambda rows: second.apply(first.apply(rows)),
        factors=factors,
        offsets=offsets,
        edges=_edges_behind(first, second, inputs),
    )


def _edges_behind(first: Columns, second: Columns, inputs: int) -> tuple | None:
    """Of every output, on the input of the first: its own edges there, else those of the second, taken back."""
    found = [None if first.edges is None else first.edges[s] for s in second.sources]
    for k, edges in enumerate(second.edges or ()):
        if found[k] is None and edges is not None:
            found[k] = _taken_back(first, int(second.sources[k]), edges, inputs)
    return tuple(found) if any(e is not None for e in found) else None


def _taken_back(
    first: Columns, column: int, edges: NDArray[np.float64], inputs: int
) -> NDArray[np.float64]:
    """The largest x with f(x) <= edge, f a column of the first; where f falls, the largest with f(x) > edge."""
    rises = first.signs[column] > 0

    def is_left(order: NDArray[np.int64]) -> NDArray[np.bool_]:
        rows = np.zeros((len(order), inputs))
        rows[:, first.sources[column]] = _number(order)
        with np.errstate(all="ignore"):
            seen = first.apply(rows)[:, column]
        return (seen <= edges) if rises else (seen > edges)

    limit = int(np.float64(np.finfo(np.float64).max).view(np.int64))
    least = np.full(len(edges), -limit - 1, np.int64)
    most = np.full(len(edges), limit + 1, np.int64)
    for _ in range(65):
        # halves, so that the difference of the ends does not leave int64
        middle = least // 2 + most // 2 + (least % 2 + most % 2) // 2
        inside = (middle > least) & (middle < most)
        left = is_left(np.clip(middle, -limit, limit))
        least = np.where(inside & left, middle, least)
        most = np.where(inside & ~left, middle, most)
    return np.unique(_number(np.clip(least, -limit - 1, limit)))


def _number(order: NDArray[np.int64]) -> NDArray[np.float64]:
    """Float64 numbers by their order; beyond the largest ones infinities."""
    bits = np.where(order < 0, np.int64(-(2**63)) - order, order)
    return np.asarray(bits, np.int64).view(np.float64)
