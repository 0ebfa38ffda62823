"""Functions of every column: power transformations, quantiles, functions of numpy that are known."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from tinygen.classical import Columns, kept
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn.fitted import require_fitted, unsupported
from tinygen.importers.sklearn.registry import transformer

RISING = {np.log1p, np.log, np.log2, np.log10, np.sqrt, np.cbrt, np.exp, np.expm1, np.exp2, np.arcsinh, np.arctan,
          np.tanh, np.sinh}  # fmt: skip
OTHER = {np.abs, np.square, np.cos, np.sin}
"""Neither rising nor falling everywhere."""

FALLING = {np.negative}


@transformer("QuantileTransformer")
def _quantiles(item, columns: int) -> Columns:
    require_fitted(item, "quantiles_")
    return _of_all(item.transform, columns, 1)


@transformer("PowerTransformer")
def _powers(item, columns: int) -> Columns:
    """The functions of `transform`, which itself refuses numbers whose power is beyond float64."""
    require_fitted(item, "lambdas_")
    power = special.boxcox if item.method == "box-cox" else stats.yeojohnson
    scaler = item._scaler if item.standardize else None

    def transform(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        found = np.stack(
            [power(rows[:, k], exponent) for k, exponent in enumerate(item.lambdas_)], axis=1
        )
        return found if scaler is None else (found - scaler.mean_) / scaler.scale_

    return _of_all(transform, columns, 1)


@transformer("FunctionTransformer")
def _function(item, columns: int) -> Columns:
    if item.func is None:
        return kept(np.arange(columns))
    if item.kw_args:
        raise unsupported(item, "kw_args", item.kw_args, "None")
    for functions, sign in ((RISING, 1), (OTHER, 0), (FALLING, -1)):
        if item.func in functions:
            return _of_all(item.func, columns, sign)
    known = sorted(f.__name__ for f in RISING | OTHER | FALLING)
    name = getattr(item.func, "__name__", item.func)
    raise UnsupportedError(
        what=f"FunctionTransformer(func={name}) is not supported",
        where="parameter func",
        next_step=f"supported: None and of numpy {', '.join(known)}",
    )


@transformer("SplineTransformer")
def _splines(item, columns: int) -> Columns:
    """Several functions of every column; beyond the knots, where scikit-learn may raise an error, as at the ends."""
    require_fitted(item, "bsplines_")
    if getattr(item, "handle_missing", "error") != "error":
        raise unsupported(item, "handle_missing", item.handle_missing, "'error'")
    count = item.n_features_out_ // columns
    degree = int(item.degree)
    low, high = (np.array([s.t[place] for s in item.bsplines_]) for place in (degree, -1 - degree))

    def apply(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        found = np.clip(rows, low, high) if item.extrapolation == "error" else rows
        found = item.transform(found)
        return np.asarray(found.toarray() if hasattr(found, "toarray") else found, np.float64)

    sources = np.repeat(np.arange(columns), count)
    return Columns(sources=sources, signs=np.zeros(len(sources), np.int64), apply=apply)


def _of_all(function: Callable[[NDArray], NDArray], columns: int, sign: int) -> Columns:
    """A function of every column; where it is not defined, below all numbers, it counts as minus infinity."""

    def apply(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):
            found = np.asarray(function(rows), np.float64)
        return np.where(np.isnan(found), -np.inf, found)

    return Columns(sources=np.arange(columns), signs=np.full(columns, sign, np.int64), apply=apply)
