"""Columns that become cells: thresholds, bins, categories."""

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Columns, just_below, stepwise
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn.fitted import place, real, require_fitted, unsupported
from tinygen.importers.sklearn.registry import transformer


@transformer("Binarizer")
def _binarizer(item, columns: int) -> Columns:
    edge = np.array([float(item.threshold)])
    return stepwise(np.arange(columns), [edge] * columns, [np.array([0.0, 1.0])] * columns)


@transformer("KBinsDiscretizer")
def _bins(item, columns: int) -> Columns:
    require_fitted(item, "bin_edges_")
    edges = [np.unique(just_below(real(e)[1:-1])) for e in item.bin_edges_]
    if item.encode == "ordinal":
        values = [_cells(real(e)) for e in item.bin_edges_]
        return stepwise(np.arange(columns), edges, values)
    counts = [len(e) - 1 for e in item.bin_edges_]
    cells = [_cells(real(e)) for e in item.bin_edges_]
    return _one_hot(edges, [[c == k for k in range(n)] for c, n in zip(cells, counts, strict=True)])


def _cells(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """The number of a bin between two different inner edges: how many of all inner edges are below."""
    inner = np.unique(edges[1:-1])
    return np.array([0, *np.searchsorted(edges[1:-1], inner, side="right")], np.float64)


def _one_hot(edges: list[NDArray], columns: list[list[NDArray]]) -> Columns:
    """For every source several columns, each with values between the source's edges."""
    sources = [k for k, found in enumerate(columns) for _ in found]
    values = [np.asarray(v, np.float64) for found in columns for v in found]
    least = [_shortened(edges[s], v) for s, v in zip(sources, values, strict=True)]
    return stepwise(np.array(sources), [e for e, _ in least], [v for _, v in least])


def _shortened(edges: NDArray, values: NDArray) -> tuple[NDArray, NDArray]:
    """Without edges at which the value stays."""
    jumps = values[1:] != values[:-1]
    return edges[jumps], values[np.concatenate([[True], jumps])]


@transformer("OrdinalEncoder")
def _ordinal(item, columns: int) -> Columns:
    require_fitted(item, "categories_")
    categories = [_numbers(item, c) for c in item.categories_]
    if item.handle_unknown == "error":
        # what was never met counts as the next larger category, or the last
        edges = [c[:-1] for c in categories]
        values = [np.arange(len(c), dtype=np.float64) for c in categories]
    else:
        found = [_exact(c, np.arange(len(c)), float(item.unknown_value)) for c in categories]
        edges, values = [e for e, _ in found], [v for _, v in found]
    _refuse_rare(item)
    return stepwise(np.arange(columns), edges, values)


@transformer("TargetEncoder")
def _target_encoder(item, columns: int) -> Columns:
    """What `transform` does: a number for every category, of several classes one for each."""
    require_fitted(item, "encodings_")
    categories = [_numbers(item, c) for c in item.categories_]
    kinds = len(item.classes_) if item.target_type_ == "multiclass" else 1
    unknown = np.broadcast_to(real(item.target_mean_), (kinds,))
    places = [(column, kind) for column in range(columns) for kind in range(kinds)]
    found = [
        _exact(categories[column], real(encoding), float(unknown[kind]))
        for (column, kind), encoding in zip(places, item.encodings_, strict=True)
    ]
    return stepwise(
        np.array([column for column, _ in places]), [e for e, _ in found], [v for _, v in found]
    )


@transformer("OneHotEncoder")
def _one_hot_encoder(item, columns: int) -> Columns:
    require_fitted(item, "categories_")
    _refuse_rare(item)
    categories = [_numbers(item, c) for c in item.categories_]
    dropped = item.drop_idx_ if item.drop_idx_ is not None else [None] * columns
    edges, found = [], []
    for numbers, drop in zip(categories, dropped, strict=True):
        # what was never met is no category: all columns are 0
        kept = [k for k in range(len(numbers)) if k != drop]
        cells = _exact(numbers, np.arange(len(numbers)), -1.0)
        edges.append(cells[0])
        found.append([cells[1] == k for k in kept])
    return _one_hot(edges, found)


def _exact(
    numbers: NDArray[np.float64], values: NDArray, unknown: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Edges and values of a function that is values[k] at numbers[k] and `unknown` elsewhere."""
    edges = np.stack([just_below(numbers), numbers], axis=1).ravel()
    found = np.full(2 * len(numbers) + 1, unknown)
    found[1::2] = values
    return edges, found


def _numbers(item, categories: NDArray) -> NDArray[np.float64]:
    """Categories as numbers; they are in rising order unless the user has chosen another."""
    kind = np.asarray(categories).dtype.kind
    try:
        found = real(categories) if kind in "biufO" else None
    except (TypeError, ValueError):
        found = None
    if found is None or not np.isfinite(found).all():
        raise UnsupportedError(
            what=f"{place(item)} has categories that are not finite numbers",
            where="categories_",
            next_step="give the firmware's numbers for them when training",
        )
    if (np.diff(found) <= 0).any():
        raise unsupported(item, "categories", "in another order", "'auto', or rising numbers")
    return found


def _refuse_rare(item) -> None:
    for name in ("min_frequency", "max_categories"):
        if getattr(item, name, None) is not None:
            raise unsupported(item, name, getattr(item, name), "None")
