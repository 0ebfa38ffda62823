"""tinygen: trained models into verified, standalone C for microcontrollers.

    import tinygen

    model = tinygen.load("kws.tflite")
    emission = model.optimize().emit("cortex-m4", Path("kws"))

`convert` is the whole pipeline; the command line is a thin layer over it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from tinygen.version import VERSION as __version__

if TYPE_CHECKING:
    from tinygen.emit import Emission
    from tinygen.model import Model

__all__ = ["__version__", "convert", "load"]


def load(path: str | Path) -> "Model":
    """Read a model file (.h5, .keras, .tflite, SavedModel folder) without running anything in it."""
    from tinygen.model import load as load_model

    return load_model(Path(path))


def convert(path: str | Path, *, target: str, folder: str | Path, **choices: object) -> "Emission":
    """Read a model, optimize and quantize it, and write a folder of C: the whole pipeline.

    `choices` are the arguments of Model.quantize (calibration, input_range, ...) and of Model.emit (name, ...).
    """
    from tinygen.model import EMIT_CHOICES

    emit_choices = {key: choices.pop(key) for key in EMIT_CHOICES & choices.keys()}
    return load(path).quantize(**choices).optimize().emit(target, Path(folder), **emit_choices)
