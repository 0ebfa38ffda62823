"""Where each layer's weights are: the two layouts that Keras has used."""

import abc
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import ModelFileError
from tinygen.importers.keras import hdf5

Shapes = dict[str, tuple[int, ...]]

Inner = tuple[str, str] | None
"""A layer inside of another: its name, and the attribute that holds it."""

# names that the same weight has had in different versions of Keras
_OTHER_NAMES = {"depthwise_kernel": ("kernel",)}


class WeightStore(abc.ABC):
    """The weights of one model file. A layer is named by the path of model names that leads to it."""

    @abc.abstractmethod
    def read(
        self, path: tuple[str, ...], shapes: Shapes, inner: Inner = None
    ) -> dict[str, NDArray[np.float32]]:
        """Return the layer's weights by name; `shapes` lists them in the order Keras creates them."""


@dataclass(frozen=True, kw_only=True)
class NamedWeights(WeightStore):
    """.h5 files: `<layer of the top model>/.../<layer>/<weight>`, nested models flattened under their name."""

    root: Any
    _walked: dict[str, dict[tuple[str, ...], Any]] = field(default_factory=dict)

    def read(
        self, path: tuple[str, ...], shapes: Shapes, inner: Inner = None
    ) -> dict[str, NDArray[np.float32]]:
        where = f"layer '{'/'.join(path)}'"
        found = self._of_layer((*path, inner[0]) if inner else path, where)
        weights = {}
        for name, shape in shapes.items():
            dataset = next(
                (found[n] for n in (name, *_OTHER_NAMES.get(name, ())) if n in found), None
            )
            weights[name] = hdf5.float_array(dataset, shape, f"{where}, weight '{name}'")
        return weights

    def _of_layer(self, path: tuple[str, ...], where: str) -> dict[str, Any]:
        """Datasets by weight name, of the entries whose path ends like the layer's, the longest match first."""
        top = path[0]
        if top not in self._walked:
            group = hdf5.child(self.root, top, where)
            entries = dict(hdf5.walk(group, where)) if group is not None else {}
            self._walked[top] = entries
        entries = self._walked[top]
        if len(path) == 1:
            return {_weight_name(p): dataset for p, dataset in entries.items()}
        for start in range(1, len(path)):
            suffix = "/".join(path[start:])
            match = {
                _weight_name(p): dataset
                for p, dataset in entries.items()
                if f"/{'/'.join(p[:-1])}".endswith(f"/{suffix}")
            }
            if match:
                return match
        return {}


def _weight_name(path: tuple[str, ...]) -> str:
    return path[-1].removesuffix(":0")


@dataclass(frozen=True, kw_only=True)
class NumberedWeights(WeightStore):
    """.keras archives: `layers/<class in snake case>[_<count>]/vars/<number>`, nested models inside.

    `folders` maps a layer's path to its folder; Keras counts layers of the same class within each model.
    """

    root: Any
    folders: dict[tuple[str, ...], str]

    def read(
        self, path: tuple[str, ...], shapes: Shapes, inner: Inner = None
    ) -> dict[str, NDArray[np.float32]]:
        where = f"layer '{'/'.join(path)}'"
        folder = f"{self.folders[path]}/{inner[1]}/vars" if inner else f"{self.folders[path]}/vars"
        stored = hdf5.child(self.root, folder, where)
        count = len(stored) if stored is not None else 0
        if count != len(shapes):
            raise ModelFileError(
                what=f"the layer has {count} weights in the file, {len(shapes)} are needed "
                f"({', '.join(shapes)})",
                where=where,
                next_step="save the model with plain float32 layers (no LoRA, no Keras quantization)",
            )
        return {
            name: hdf5.float_array(
                hdf5.child(stored, str(i), where), shape, f"{where}, weight '{name}'"
            )
            for i, (name, shape) in enumerate(shapes.items())
        }


def snake_case(class_name: str) -> str:
    """The folder name that Keras derives from a class: Conv2D -> conv2d, ReLU -> re_lu."""
    name = re.sub(r"\W+", "", class_name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
