"""Layers that hold another one."""

import math

from tinygen.importers.keras.architecture import layer_record
from tinygen.importers.keras.builder import Layer, Value, image
from tinygen.importers.keras.layers.operations import reshaped
from tinygen.importers.keras.registry import importer_of, imports

_OF_EACH_CELL = (
    *("Dense", "EinsumDense", "Activation", "ReLU", "LeakyReLU", "ELU", "Dropout", "Rescaling"),
    *("BatchNormalization", "LayerNormalization"),
)
"""Layers that do the same with all axes in front of the last one."""


@imports("TimeDistributed")
def time_distributed(layer: Layer) -> Value | list[Value]:
    """The layer inside, which does not see that there are several steps."""
    record = layer_record(layer.settings.get("layer"), layer.settings.where)
    if record.class_name == "Flatten":
        x = layer.plain(layer.x)
        return image(reshaped(layer, x, (*x.shape[:2], math.prod(x.shape[2:]))))
    importer = importer_of(record.class_name)
    if record.class_name not in _OF_EACH_CELL or importer is None:
        raise layer.unsupported(
            f"{record.class_name} for every step", f"Flatten, {', '.join(_OF_EACH_CELL)}"
        )
    return importer(layer.holding(record, "layer"))
