"""Which features a model reads, and in which order."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.description import (
    Columns,
    Description,
    Isolation,
    Linear,
    Matrix,
    Rows,
    Transform,
    Trees,
)
from tinygen.classical.features import Branches, Imputation, Polynomial
from tinygen.errors import CalibrationError


def in_order(description: Description, table: object) -> object:
    """A table of rows with the columns that the estimator was fitted on; anything else as it is.

    Raises CalibrationError for columns that are missing.
    """
    given = getattr(table, "columns", None)
    if given is None or not description.names or not hasattr(table, "to_numpy"):
        return table
    missing = [name for name in description.names if name not in set(given)]
    if missing:
        raise CalibrationError(
            what=f"columns that the estimator was fitted on are missing: {', '.join(missing[:9])}",
            next_step="give a table with these columns, or an array with all in their order",
        )
    return table[list(description.names)]


def read_features(description: Description) -> NDArray[np.bool_]:
    """Features without which the answers would be others; a model that is not known reads all of its columns."""
    transforms = description.transforms
    width = transforms[-1].outputs if transforms else description.features
    wanted = _read_by_model(description.scorer, width)
    return _read_by_all(transforms, wanted, description.features)


def _read_by_model(scorer: object, width: int) -> NDArray[np.bool_]:
    match scorer:
        case Linear():
            return (scorer.weights != 0).any(axis=0)
        case Trees():
            return _read_by_trees(scorer, width)
        case Isolation():
            return _read_by_trees(scorer.trees, width)
        case _:
            return np.ones(width, np.bool_)


def _read_by_trees(trees: Trees, width: int) -> NDArray[np.bool_]:
    found = np.zeros(width, np.bool_)
    if (trees.roots >= 0).any():
        found[trees.features] = True
    return found


def _read_by_all(
    transforms: Sequence[Transform], wanted: NDArray[np.bool_], inputs: int
) -> NDArray[np.bool_]:
    """Which of `inputs` columns are needed for the wanted ones behind the transformers."""
    widths = [inputs, *(t.outputs for t in transforms)]
    for transform, width in zip(reversed(transforms), reversed(widths[:-1]), strict=True):
        wanted = _read_by(transform, wanted, width)
    return wanted


def _read_by(transform: Transform, wanted: NDArray[np.bool_], inputs: int) -> NDArray[np.bool_]:
    found = np.zeros(inputs, np.bool_)
    match transform:
        case Columns() | Imputation():
            found[transform.sources[wanted]] = True
        case Matrix():
            found = (transform.weights[wanted] != 0).any(axis=0)
        case Polynomial():
            found = (transform.powers[wanted] > 0).any(axis=0)
        case Branches():
            first = 0
            for chain in transform.chains:
                width = chain[-1].outputs if chain else inputs
                found |= _read_by_all(chain, wanted[first : first + width], inputs)
                first += width
        case _:  # a row divided by its length
            found[:] = wanted.any()
    return found


def put_back(used: NDArray[np.bool_]) -> Columns:
    """The features that are used in their places, and 0 in the others, made of a row of the used ones."""
    places = np.maximum(np.cumsum(used) - 1, 0)
    factors = used.astype(np.float64)

    def apply(rows: Rows) -> Rows:
        return rows[:, places] * factors

    return Columns(
        sources=places,
        signs=np.ones(len(used), np.int64),
        apply=apply,
        factors=factors,
        offsets=np.zeros(len(used)),
    )


def without_unused(
    description: Description, samples: NDArray
) -> tuple[Description, tuple[int, ...]]:
    """The same model on the features that it reads only, and which these are.

    The estimator still gets all features when it is asked: the others as the first of the samples has them.
    """
    used = read_features(description)
    if not used.any():
        used = np.arange(len(used)) == 0  # a row has one feature at least
    kept = tuple(int(k) for k in np.flatnonzero(used))
    first = np.asarray(samples, np.float64)[0]

    def asked(method: Callable[[Rows], NDArray] | None) -> Callable[[Rows], NDArray] | None:
        def ask(rows: Rows) -> NDArray:
            whole = np.repeat(first[None], len(rows), axis=0)
            whole[:, list(kept)] = rows
            return method(whole.astype(rows.dtype))

        return None if method is None else ask

    found = replace(
        description,
        features=len(kept),
        transforms=(put_back(used), *description.transforms),
        answer=asked(description.answer),
        probabilities=asked(description.probabilities),
    )
    return found, kept
