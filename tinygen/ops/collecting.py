"""How packages of operators find what is in them: there is no list to edit."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterable

from tinygen.ir import Operator


def operators_in(package: str, path: Iterable[str]) -> dict[str, type[Operator]]:
    """Every concrete operator that a module of the package defines, by its name."""
    found: dict[str, type[Operator]] = {}
    for info in pkgutil.iter_modules(path):
        module = importlib.import_module(f"{package}.{info.name}")
        for name, item in vars(module).items():
            is_operator = inspect.isclass(item) and issubclass(item, Operator)
            if is_operator and not inspect.isabstract(item) and item.__module__ == module.__name__:
                found[name] = item
    return dict(sorted(found.items()))
