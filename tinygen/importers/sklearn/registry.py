"""Which function describes which class. There is no list to edit: modules of this package register by decorators.

Classes are known by name, so that nothing of scikit-learn, XGBoost or LightGBM is imported to find them.
"""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

from tinygen.classical import Description, Transform
from tinygen.errors import UnsupportedError

DescribeTransformer = Callable[[object, int], Transform | tuple[Transform, ...]]
"""(transformer, number of its input columns) -> what it does, in one step or in several"""

DescribeEstimator = Callable[[object, int], Description]
"""(estimator, number of its input columns) -> a description without transformers"""

_TRANSFORMERS: dict[str, DescribeTransformer] = {}
_ESTIMATORS: dict[str, DescribeEstimator] = {}


def transformer(*names: str) -> Callable[[DescribeTransformer], DescribeTransformer]:
    """Register a function for transformers of these classes."""

    def register(function: DescribeTransformer) -> DescribeTransformer:
        _TRANSFORMERS.update(dict.fromkeys(names, function))
        return function

    return register


def estimator(*names: str) -> Callable[[DescribeEstimator], DescribeEstimator]:
    """Register a function for estimators of these classes."""

    def register(function: DescribeEstimator) -> DescribeEstimator:
        _ESTIMATORS.update(dict.fromkeys(names, function))
        return function

    return register


@cache
def _load_families() -> None:
    package = __name__.rpartition(".")[0]
    folder = importlib.import_module(package).__path__
    for info in pkgutil.iter_modules(folder):
        importlib.import_module(f"{package}.{info.name}")


def known_transformers() -> tuple[str, ...]:
    _load_families()
    return tuple(sorted(_TRANSFORMERS))


def known_estimators() -> tuple[str, ...]:
    _load_families()
    return _public(_ESTIMATORS)


def _public(table: dict[str, Callable]) -> tuple[str, ...]:
    """The classes that users meet, not those inside of others."""
    return tuple(name for name in sorted(table) if not name.startswith("_") and name != "NetStep")


def is_transformer(item: object) -> bool:
    """True for a transformer that can be described."""
    _load_families()
    return type(item).__name__ in _TRANSFORMERS


def describe_transformer(item: object, columns: int) -> tuple[Transform, ...]:
    """What a fitted transformer does, step by step; UnsupportedError for one that is not known."""
    _load_families()
    found = _found(_TRANSFORMERS, item, "transformer")(item, columns)
    return found if isinstance(found, tuple) else (found,)


def describe_estimator(item: object, columns: int) -> Description:
    """What a fitted estimator computes; UnsupportedError for one that is not known."""
    _load_families()
    return _found(_ESTIMATORS, item, "estimator")(item, columns)


def _found(table: dict[str, Callable], item: object, kind: str) -> Callable:
    name = type(item).__name__
    if name not in table:
        raise UnsupportedError(
            what=f"the {kind} {name} is not supported",
            where=f"{type(item).__module__}.{name}",
            next_step=f"supported: {', '.join(_public(table))}",
        )
    return table[name]
