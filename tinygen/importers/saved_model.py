"""TensorFlow SavedModel folders: converted to float .tflite by TensorFlow, then read as .tflite.

A SavedModel is a program in TensorFlow's own format, so only TensorFlow can read it, and reading one is as safe as
TensorFlow makes it. Every other format is read without running anything.
"""

import os
import tempfile
from pathlib import Path
from types import ModuleType

from tinygen.errors import ModelFileError, ToolMissingError
from tinygen.importers import tflite
from tinygen.importers.finding import Finding
from tinygen.ir import Graph


def load(path: Path) -> Graph:
    """Read a SavedModel folder as a float32 graph.

    Raises ToolMissingError without TensorFlow, ModelFileError for a folder that its converter refuses, and
    UnsupportedError as the reader of .tflite files does.
    """
    with tempfile.TemporaryDirectory() as folder:
        return tflite.load(_converted(path, Path(folder)))


def survey(path: Path) -> tuple[Finding, ...]:
    """List the operators that cannot be converted; empty when `load` would succeed."""
    with tempfile.TemporaryDirectory() as folder:
        return tflite.survey(_converted(path, Path(folder)))


def _converted(path: Path, folder: Path) -> Path:
    tensorflow = _tensorflow(path)
    target = folder / f"{path.stem}.tflite"
    try:
        converter = tensorflow.lite.TFLiteConverter.from_saved_model(str(path))
        target.write_bytes(converter.convert())
    # TensorFlow raises errors of many unrelated classes for folders that it cannot read
    except Exception as error:
        text = str(error).strip().splitlines()
        raise ModelFileError(
            what="TensorFlow's converter refuses the SavedModel",
            where=f"{path} ({text[0] if text else type(error).__name__})",
            next_step="export it again with model.export(folder), with fixed input shapes and one signature",
        ) from error
    return target


def _tensorflow(path: Path) -> ModuleType:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        import tensorflow
    except ImportError as error:
        raise ToolMissingError(
            what="reading a SavedModel folder needs TensorFlow",
            where=str(path),
            next_step="pip install 'tinygen[train]', or save the model as .keras, .h5 or .tflite",
        ) from error
    return tensorflow
