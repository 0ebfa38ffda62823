"""TensorFlow Lite models: float32 and full-integer int8.

`load` gives the graph; `survey` lists what would not convert. The operators that can be read are
the functions in `operators/`, registered by `@imports`.
"""

from tinygen.importers.tflite.convert import load, operator_kinds, survey, tensor_names
from tinygen.importers.tflite.registry import REGISTRY

__all__ = ["REGISTRY", "load", "operator_kinds", "survey", "tensor_names"]
