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
    from tinygen.model import FittedPipeline, Model

__all__ = ["__version__", "convert", "load"]


def load(path: str | Path, *, trust: bool = False) -> "Model | FittedPipeline":
    """Read a model file (.h5, .keras, .tflite, SavedModel folder, .skops) without running anything in it.

    With `trust` also pickles and joblib files of scikit-learn, which run code of their own when they are read.
    """
    from tinygen.model import load as load_model

    return load_model(Path(path), trust=trust)


def convert(model: object, *, target: str, folder: str | Path, **choices: object) -> "Emission":
    """Read a model, optimize and quantize it, and write a folder of C: the whole pipeline.

    `model` is a path, or a fitted estimator or Pipeline of scikit-learn; the latter needs `calibration=X_train`.
    `choices` are the arguments of Model.quantize (calibration, input_range, ...; of FittedPipeline.quantize) and of
    Model.emit (name, ...).
    """
    from tinygen.model import EMIT_CHOICES, fitted

    emit_choices = {key: choices.pop(key) for key in EMIT_CHOICES & choices.keys()}
    loaded = load(model) if isinstance(model, str | Path) else fitted(model)
    return loaded.quantize(**choices).optimize().emit(target, Path(folder), **emit_choices)
