"""Reading fitted estimators: checks whose errors name the class and the parameter."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import ConversionError, UnsupportedError


def place(item: object) -> str:
    return type(item).__name__


def require_fitted(item: object, attribute: str) -> None:
    """Raise ConversionError unless `fit` has set an attribute."""
    if not hasattr(item, attribute):
        raise ConversionError(
            what=f"{place(item)} is not fitted",
            where=f"attribute {attribute}",
            next_step="call fit() before converting",
        )


def unsupported(item: object, parameter: str, value: object, supported: str) -> UnsupportedError:
    """An error for a parameter's value."""
    return UnsupportedError(
        what=f"{place(item)}({parameter}={value!r}) is not supported",
        where=f"parameter {parameter}",
        next_step=f"supported for {parameter}: {supported}",
    )


def features_of(item: object, default: int | None = None) -> int:
    """The number of input columns that an estimator was fitted on."""
    known = 1 if hasattr(item, "X_thresholds_") else default  # isotonic regression
    count = getattr(item, "n_features_in_", known)
    if count is None:
        _require_estimator(item)
        require_fitted(item, "n_features_in_")
    return int(count)


def _require_estimator(item: object) -> None:
    """Raise ConversionError for what nobody could fit, and for a class of which there is no instance."""
    if isinstance(item, type):
        raise ConversionError(
            what=f"the class {item.__name__} is no fitted estimator",
            next_step=f"give what {item.__name__}(...).fit(...) returns",
        )
    if not hasattr(item, "fit"):
        raise ConversionError(
            what=f"an object of the class {place(item)} is no estimator",
            next_step="give a fitted estimator or Pipeline of scikit-learn",
        )


def names_of(item: object) -> tuple[str, ...]:
    """The names of the columns of the table that an estimator was fitted on; none for an array."""
    return tuple(map(str, getattr(item, "feature_names_in_", ())))


def with_names(
    method: Callable[[object], object], names: tuple[str, ...]
) -> Callable[[NDArray], object]:
    """A method that was fitted on a table, for rows that are an array."""
    if not names:
        return method

    def of_table(rows: NDArray) -> object:
        try:
            import pandas
        except ImportError:
            return method(rows)
        return method(pandas.DataFrame(rows, columns=list(names)))

    return of_table


def classes_of(item: object) -> tuple[object, ...]:
    """The classes in their order, as Python values."""
    classes = item.classes_
    if isinstance(classes, list):
        raise UnsupportedError(
            what=f"{place(item)} has several outputs, which are classes each",
            next_step="convert one estimator per output",
        )
    return tuple(np.asarray(classes).tolist())


def real(values: object) -> NDArray[np.float64]:
    """An array of float64; what was fitted on a sparse matrix, as encoders make them, may have kept parts of it."""
    if hasattr(values, "toarray"):
        values = values.toarray()
    return np.asarray(values, np.float64)
