"""TFLite's padding schemes as explicit numbers of cells."""

import tflite

from tinygen.importers.tflite.dilation import DilatedConvolution
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


def batches_padding(layer: Layer, operator: DilatedConvolution, x: Tensor) -> Padding:
    """What a convolution in interleaved batches pads x [N, H, W, C] with: cells added less cells cropped."""
    sides = []
    for length, step, added, cropped in zip(
        x.shape[1:3], operator.block, operator.paddings, operator.crops, strict=True
    ):
        if not 1 <= step <= MAX_STEP or not all(0 <= n <= MAX_STEP for n in (*added, *cropped)):
            raise layer.damaged(f"block size {step}, paddings {added}, crops {cropped}")
        if (length + sum(added)) % step:
            raise layer.damaged(f"{length} cells and paddings {added} are no multiple of {step}")
        if cropped[0] > added[0] or cropped[1] > added[1]:
            raise layer.unsupported(
                f"crops {cropped} of what paddings {added} added",
                "dilated convolutions, which crop at most what was padded",
            )
        sides += [added[0] - cropped[0], added[1] - cropped[1]]
    top, bottom, left, right = sides
    return Padding(top=top, bottom=bottom, left=left, right=right)
