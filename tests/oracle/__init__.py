"""An independent definition of the integer operators: TFLite Micro's interpreter.

`to_tflite` writes a graph as a .tflite file, `run_tflm` runs such a file.
"""

from tests.oracle.tflite_writer import NotExpressibleError, to_tflite
from tests.oracle.tflm import run_tflm

__all__ = ["NotExpressibleError", "run_tflm", "to_tflite"]
