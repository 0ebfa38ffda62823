"""TensorFlow SavedModel folders: converted to float .tflite by TensorFlow, then read as .tflite.

A SavedModel is a program in TensorFlow's own format, so only TensorFlow can read it, and reading one is as safe as
TensorFlow makes it. Every other format is read without running anything.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from tinygen.errors import ModelFileError, ToolMissingError
from tinygen.importers import tflite
from tinygen.importers.finding import Finding
from tinygen.ir import Graph

MAX_REASON = 200
"""Characters of TensorFlow's own words in an error; it has been seen to give thousands."""

_STANDARD_ERROR = 2


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
    target = folder / (path.absolute().name or "model")  # errors name the file that is read
    with _silence():
        tensorflow = _tensorflow(path)
        try:
            converter = tensorflow.lite.TFLiteConverter.from_saved_model(str(path))
            target.write_bytes(converter.convert())
        # TensorFlow raises errors of many unrelated classes for folders that it cannot read
        except Exception as error:
            raise ModelFileError(
                what=f"TensorFlow's converter refuses the SavedModel: {_reason(error)}",
                where=str(path),
                next_step="export it again with model.export(folder), with fixed input shapes and one signature",
            ) from error
    return target


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:MAX_REASON] if lines else type(error).__name__


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Drop what is written to standard error: TensorFlow logs there from C++, before any setting of it counts."""
    sys.stderr.flush()
    kept = os.dup(_STANDARD_ERROR)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), _STANDARD_ERROR)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, _STANDARD_ERROR)
        os.close(kept)


def _tensorflow(path: Path) -> ModuleType:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow
        from absl import logging
    except ImportError as error:
        raise ToolMissingError(
            what="reading a SavedModel folder needs TensorFlow",
            where=str(path),
            next_step="pip install tensorflow-cpu, or save the model as .keras, .h5 or .tflite",
        ) from error
    logging.set_verbosity(logging.ERROR)
    return tensorflow
