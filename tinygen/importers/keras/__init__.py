"""Keras models: .h5 files of Keras 2 and 3, and .keras archives, read without Keras.

`load` gives the float graph; `survey` lists what would not convert. The layers that can be read are the
functions in `layers/`, registered by `@imports`.
"""

from tinygen.importers.keras.convert import load, survey
from tinygen.importers.keras.registry import REGISTRY

__all__ = ["REGISTRY", "load", "survey"]
