"""Imputers, wherever a pipeline has them, as one in front of everything else."""

from collections.abc import Sequence

import numpy as np

from tinygen.classical import Columns, Imputation, Transform, kept
from tinygen.classical.algebra import as_matrix
from tinygen.errors import UnsupportedError

Chain = tuple[Transform, ...]


def imputed_first(
    chains: Sequence[Chain], columns: int
) -> tuple[Imputation | None, tuple[Chain, ...]]:
    """One imputation of the raw columns and the chains behind it; None where no chain begins with one.

    Chains see the same columns. Scalers in front of an imputation are put behind it: what it puts in place becomes the
    raw number that these would have made of it. Columns without an imputation keep what is missing.
    """
    found = [_first_imputation(chain) for chain in chains]
    numbers = {imputation.missing for _, imputation in filter(None, found)}
    if not numbers:
        return None, tuple(chains)
    missing = numbers.pop()
    if any(not np.array_equal(n, missing, equal_nan=True) for n in numbers):
        raise _unlike("imputers of different missing_values")
    values, wanted = np.full(columns, missing), set()
    rest = []
    for chain, place in zip(chains, found, strict=True):
        if place is None:
            read = _read(chain, columns)
            new = dict.fromkeys(read.tolist(), missing)
            rest.append(chain)
        else:
            index, imputation = place
            new = _raw_values(chain[:index], imputation, columns)
            rest.append((*chain[:index], kept(imputation.sources), *chain[index + 1 :]))
        for column, value in new.items():
            if column in wanted and not np.isclose(values[column], value, equal_nan=True):
                raise _unlike("imputers that put different numbers in place of one column's")
            values[column] = value
            wanted.add(column)
    is_nan = np.isnan(missing)
    if is_nan:  # in columns that nothing reads nothing may be missed
        values[np.setdiff1d(np.arange(columns), list(wanted))] = 0.0
    imputation = Imputation(
        sources=np.arange(columns),
        values=values,
        missing=missing,
        apply=lambda rows: np.where(np.isnan(rows) if is_nan else rows == missing, values, rows),
    )
    return imputation, tuple(rest)


def _first_imputation(chain: Chain) -> tuple[int, Imputation] | None:
    """The first imputation and its place, if all in front of it is affine, column by column."""
    for index, transform in enumerate(chain):
        if isinstance(transform, Imputation):
            is_in_front = all(
                isinstance(t, Columns) and t.factors is not None for t in chain[:index]
            )
            return (index, transform) if is_in_front else None
    return None


def _raw_values(before: Chain, imputation: Imputation, columns: int) -> dict[int, float]:
    """What is put in place of each raw column."""
    matrix = as_matrix(before, columns)
    places = np.abs(matrix.weights).argmax(axis=1)
    factors = matrix.weights[np.arange(len(places)), places]
    is_plain = (factors == 1).all() and not matrix.bias.any()
    if not np.isnan(imputation.missing) and not is_plain:
        raise _unlike(f"an imputer of missing_values={imputation.missing} behind a scaler")
    if not factors[imputation.sources].all():
        raise _unlike("an imputer behind a scaler of 0")
    raw = (imputation.values - matrix.bias[imputation.sources]) / factors[imputation.sources]
    return dict(zip(places[imputation.sources].tolist(), raw.tolist(), strict=True))


def _read(chain: Chain, columns: int) -> np.ndarray:
    """The raw columns that a chain reads."""
    matrix = as_matrix(chain[:1], columns)
    return np.arange(columns) if matrix is None else np.flatnonzero(matrix.weights.any(axis=0))


def _unlike(what: str) -> UnsupportedError:
    return UnsupportedError(
        what=f"{what} is not supported",
        next_step="impute once, in front of all other steps",
    )
