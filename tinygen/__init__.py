"""tinygen: trained models into verified, standalone C for microcontrollers.

    import tinygen

    model = tinygen.load("kws.tflite")
    emission = model.optimize().emit("cortex-m4", Path("kws"))

`convert` is the whole pipeline; the command line is a thin layer over it.
"""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from tinygen.version import VERSION as __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tinygen.emit import Emission, ModelSet
    from tinygen.model import FittedPipeline, Model
    from tinygen.reduction import Reduction

__all__ = ["__version__", "convert", "emit_together", "load", "reduce"]


def load(path: str | Path, *, trust: bool = False) -> "Model | FittedPipeline":
    """Read a model file (.h5, .keras, .tflite, SavedModel folder, .skops) without running anything in it.

    With `trust` also pickles and joblib files of scikit-learn, which run code of their own when they are read.
    """
    from tinygen.model import load as load_model

    return load_model(Path(path), trust=trust)


def convert(model: object, *, target: str, folder: str | Path, **choices: object) -> "Emission":
    """Read a model, optimize and quantize it, and write a folder of C: the whole pipeline.

    `model` is a path, or a fitted estimator or Pipeline of scikit-learn, or a list of fitted steps, among which may be
    Keras models; what is no path needs `calibration=X_train`.
    `choices` are the arguments of Model.quantize (calibration, input_range, ...; of FittedPipeline.quantize) and of
    Model.emit (name, ...). What the command line would warn of are warnings here.
    """
    from tinygen.model import EMIT_CHOICES, fitted

    emit_choices = {key: choices.pop(key) for key in EMIT_CHOICES & choices.keys()}
    loaded = load(model) if isinstance(model, str | Path) else fitted(model)
    quantized = loaded.quantize(**choices)
    for report in (quantized.quantization, quantized.agreement):
        for text in report.warnings if report else ():
            warnings.warn(text, stacklevel=2)
    return quantized.optimize().emit(target, Path(folder), **emit_choices)


def emit_together(
    models: "Mapping[str, Model]", *, target: str, folder: str | Path, **choices: object
) -> "ModelSet":
    """Write one folder of C for several integer models: the prefix of its C names to each model.

    `choices` are `shared_arena` (one block of working memory, as large as the largest model needs), `name` (of what
    belongs to all), and `options` for each of them.

        tinygen.emit_together({"wake": wake, "words": words}, target="cortex-m4", folder="audio", shared_arena=True)
    """
    from tinygen.model import emit_together as emit_models

    return emit_models(models, target, Path(folder), **choices)


def reduce(model: object, x: object, y: object, **choices: object) -> "Reduction":
    """Fit a pipeline of scikit-learn behind fewer features, at several sizes, and choose one within a budget.

    `choices` are the arguments of tinygen.reduction.reduce: method, target, budget, test, sizes, ...
    """
    from tinygen.reduction import reduce as reduce_pipeline

    return reduce_pipeline(model, x, y, **choices)
