"""TFLite's padding schemes as explicit numbers of cells."""

import tflite

from tinygen.importers.tflite.layer import Layer
from tinygen.ir import Tensor
from tinygen.ops.window import Padding, same_padding

MAX_STEP = 2**16
"""No stride, kernel or dilation of an honest model is larger."""


def window_padding(
    layer: Layer,
    scheme: int,
    x: Tensor,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> Padding:
    """The padding of a window over x [N, H, W, C]; sizes are (height, width)."""
    if not all(1 <= step <= MAX_STEP for step in (*kernel, *stride, *dilation)):
        raise layer.damaged(f"kernel {kernel}, stride {stride}, dilation {dilation}")
    if scheme == tflite.Padding.SAME:
        return same_padding(x.shape[1:3], kernel, stride, dilation)
    if scheme == tflite.Padding.VALID:
        return Padding()
    raise layer.damaged(f"padding scheme {scheme}")
