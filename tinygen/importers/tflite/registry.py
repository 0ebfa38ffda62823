"""Which function reads which TFLite operator."""

import importlib
import pkgutil
from collections.abc import Callable

from tinygen.importers.tflite import operators
from tinygen.importers.tflite.layer import Layer

Importer = Callable[[Layer], None]

_found: dict[str, Importer] = {}


def imports(*kinds: str) -> Callable[[Importer], Importer]:
    """Register a function as the reader of the TFLite operators of these names."""

    def register(function: Importer) -> Importer:
        for kind in kinds:
            if kind in _found:
                raise ValueError(f"{kind} is read by two functions")
            _found[kind] = function
        return function

    return register


for _info in pkgutil.iter_modules(operators.__path__):
    importlib.import_module(f"{operators.__name__}.{_info.name}")

REGISTRY: dict[str, Importer] = dict(sorted(_found.items()))
"""Every TFLite operator that can be read, by its name in the schema."""
