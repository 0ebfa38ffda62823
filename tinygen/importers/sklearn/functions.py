"""Functions of every column: power transformations, quantiles, functions of numpy that are known."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Columns, kept
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn.fitted import require_fitted, unsupported
from tinygen.importers.sklearn.registry import transformer

RISING = {np.log1p, np.log, np.log2, np.log10, np.sqrt, np.cbrt, np.exp, np.expm1, np.exp2, np.arcsinh, np.arctan,
          np.tanh, np.sinh}  # fmt: skip
OTHER = {np.abs, np.square, np.cos, np.sin}
"""Neither rising nor falling everywhere."""

FALLING = {np.negative}


@transformer("PowerTransformer", "QuantileTransformer")
def _monotone(item, columns: int) -> Columns:
    require_fitted(item, "n_features_in_")
    return _of_all(item.transform, columns, 1)


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


def _of_all(function: Callable[[NDArray], NDArray], columns: int, sign: int) -> Columns:
    """A function of every column; where it is not defined, below all numbers, it counts as minus infinity."""

    def apply(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):
            found = np.asarray(function(rows), np.float64)
        return np.where(np.isnan(found), -np.inf, found)

    return Columns(sources=np.arange(columns), signs=np.full(columns, sign, np.int64), apply=apply)
