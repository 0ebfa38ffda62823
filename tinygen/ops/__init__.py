"""What operators mean: attributes, shapes, float and integer reference, MACs. One file each.

To add one, see docs/adding-an-operator.md. There is no list to edit: every module of this package
is imported, and every concrete subclass of `Operator` in it is registered.
"""

import importlib
import inspect
import pkgutil

from tinygen.ir import Operator


def _collect() -> dict[str, type[Operator]]:
    found: dict[str, type[Operator]] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for name, item in vars(module).items():
            is_operator = inspect.isclass(item) and issubclass(item, Operator)
            if is_operator and not inspect.isabstract(item) and item.__module__ == module.__name__:
                found[name] = item
    return found


REGISTRY: dict[str, type[Operator]] = dict(sorted(_collect().items()))
"""Every operator by its name."""
