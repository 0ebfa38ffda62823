"""Which function imports which Keras layer."""

import importlib
import pkgutil
from collections.abc import Callable

from tinygen.importers.keras import layers
from tinygen.importers.keras.builder import Layer, Value

Importer = Callable[[Layer], Value | list[Value]]
"""Gives the layer's output, or its outputs."""

_found: dict[str, Importer] = {}


def imports(*kinds: str) -> Callable[[Importer], Importer]:
    """Register a function as the importer of Keras layers of these classes."""

    def register(function: Importer) -> Importer:
        for kind in kinds:
            if kind in _found:
                raise ValueError(f"{kind} is imported by two functions")
            _found[kind] = function
        return function

    return register


def importer_of(kind: str) -> Importer | None:
    """The importer of a class, for layers that hold another one."""
    return _found.get(kind)


for _info in pkgutil.iter_modules(layers.__path__):
    importlib.import_module(f"{layers.__name__}.{_info.name}")

REGISTRY: dict[str, Importer] = dict(sorted(_found.items()))
"""Every Keras layer that can be imported, by the name of its class."""
