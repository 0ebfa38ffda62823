"""TensorFlow Lite: a flatbuffer with the mark TFL3."""

from pathlib import Path

from tinygen.importers.format import Format, first_bytes


def _matches(path: Path) -> bool:
    return first_bytes(path, 8)[4:] == b"TFL3"


FORMAT = Format(
    name="TFLite model",
    suffixes=(".tflite", ".lite"),
    matches=_matches,
    module="tinygen.importers.tflite",
)
