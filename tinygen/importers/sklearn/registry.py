"""Which function describes which class. There is no list to edit: modules of this package register by decorators.

Classes are known by name, so that nothing of scikit-learn, XGBoost or LightGBM is imported to find them.
"""

import copy
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
    return tuple(name for name in sorted(table) if not name.startswith("_") and name not in OWN)


OWN = ("NetStep", "LightgbmModel", "LightgbmClassifierModel")
"""Classes of tinygen: what nets and boosters without an estimator become."""


def is_transformer(item: object) -> bool:
    """True for a transformer that can be described."""
    _load_families()
    return type(item).__name__ in _TRANSFORMERS


def describe_transformer(item: object, columns: int) -> tuple[Transform, ...]:
    """What a fitted transformer does, step by step; UnsupportedError for one that is not known."""
    _load_families()
    found = _found(_TRANSFORMERS, item, "transformer")(_with_arrays(item), columns)
    return found if isinstance(found, tuple) else (found,)


def _with_arrays(item: object) -> object:
    """The transformer, whose columns are arrays even if it was told to make tables."""
    if not hasattr(item, "set_output"):
        return item
    item = copy.copy(item)  # set_output() would change the steps inside of it too
    item._sklearn_output_config = {"transform": "default"}
    return item


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
            next_step=f"{INSTEAD.get(name, '')}supported: {', '.join(_public(table))}",
        )
    return table[name]


_SIMPLE = "impute by SimpleImputer, or leave NaN to trees; "
INSTEAD = {
    "KNNImputer": _SIMPLE,
    "IterativeImputer": _SIMPLE,
    "MissingIndicator": _SIMPLE,
    "DictionaryLearning": "use SparsePCA or NMF; ",
    "MiniBatchDictionaryLearning": "use SparsePCA or NMF; ",
    "LatentDirichletAllocation": "use NMF; ",
    "RandomTreesEmbedding": "use the forest itself as the estimator; ",
    "TfidfTransformer": "compute these features in the firmware, and fit the pipeline on them; ",
    **dict.fromkeys(
        ("KMeans", "MiniBatchKMeans", "BisectingKMeans", "Birch"),
        "end the pipeline in it, which then has a method for distances; ",
    ),
}
"""What to do without classes that users ask for."""
