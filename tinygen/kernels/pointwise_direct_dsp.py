"""C kernel of 1x1 convolutions with few outputs, and of several rows of such a fully connected layer, for the Arm DSP
extension: two pixels at a time, read where they are."""

from collections.abc import Mapping

from tinygen.ir import Call
from tinygen.kernels import leads
from tinygen.kernels.dsp import DSP
from tinygen.kernels.dsp_scale import Form
from tinygen.kernels.fully_connected_few_dsp import (
    EIGHT,
    QUAD,
    few_struct,
    has_depth,
    scale_of,
    twos_of,
)
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import INT16_MAX, sums_fit, window_fits, window_struct
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.window import Window

TOGETHER = 2
"""Mixed channels that run together."""


def _pixels(call: Call) -> int:
    return call.output.size // call.output.channels


def _image(call: Call) -> tuple[Window, tuple[int, ...], tuple[int, ...]]:
    """The window, and the shapes of input and output. The rows of a fully connected layer are pixels of one row."""
    x, y = call.inputs[0], call.output
    if isinstance(call.op, Conv2D):
        return call.op.window(call.inputs[1]), x.shape, y.shape
    rows = _pixels(call)
    return Window(kernel=(1, 1)), (1, 1, rows, call.inputs[1].shape[1]), (1, 1, rows, y.channels)


def _fits_window(call: Call) -> str | None:
    window, in_shape, out_shape = _image(call)
    if isinstance(call.op, Conv2D):
        if window.kernel != (1, 1) or call.op.groups(call) != 1 or not window.padding.is_zero:
            return "is only for 1x1 kernels in one group without padding"
        return window_fits(window, call)
    largest = max(*in_shape, *out_shape)
    return None if largest <= INT16_MAX else f"a dimension of {largest} is above {INT16_MAX}"


def _lower(call: Call) -> tuple[KernelCall, ...]:
    params = Struct(
        tag="tg_conv2d_1x1_direct_dsp",
        fields={"window": window_struct(*_image(call)), "row": few_struct(call, TOGETHER)},
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scale_of(call).proof,)),)


def _runs(call: Call) -> int:
    """Of pixels: one where none is left out, otherwise the rows."""
    window, _, out_shape = _image(call)
    return 1 if window.stride == (1, 1) else out_shape[1]


def _counts(call: Call) -> Mapping[str, float]:
    """Runs of the loops; the last of an odd number of pixels is a pair by itself."""
    runs, pixels, channels = _runs(call), _pixels(call), call.output.channels
    twos, scale = twos_of(call), scale_of(call)
    form = scale.form
    depth = call.inputs[1].size // channels
    ones = channels - 2 * twos
    pairs = runs * -(-pixels // runs // 2)
    quads, eights = -(-depth // QUAD), -(-depth // EIGHT)
    is_fast = not form.is_rule
    return {
        "call": 1,
        "runs": runs,
        "odd": runs * (pixels // runs % 2) * is_fast,
        "pairs": pairs * is_fast,
        "twos": pairs * twos * is_fast,
        "ones": pairs * ones * is_fast,
        "quads of twos": pairs * twos * quads * is_fast,
        "eights of ones": pairs * ones * eights * is_fast,
        "rests": pairs * (twos * (depth % QUAD > 0) + ones * (depth % EIGHT > 0)) * is_fast,
        "outputs clamped": pixels * channels * scale.channels.needs_clamp,
        "twos, two roundings": pairs * twos * (form is Form.TWO_ROUNDINGS),
        "ones, two roundings": pairs * ones * (form is Form.TWO_ROUNDINGS),
        "outputs by rule": pixels * channels * form.is_rule,
        "steps by rule": pixels * (twos * quads + ones * eights) * form.is_rule,
    }


def _lead(call: Call) -> int:
    """Outputs of a pair are written while its inputs are still read."""
    if _runs(call) == 1:
        return leads.of_blocks(call, TOGETHER, buffers_block=False)
    window, _, _ = _image(call)
    ends = leads.ends_of_blocks(call, TOGETHER, within_rows=True)
    return leads.of_windows(call, window, ends, buffers_windows=False)


def _kernel(op: type[WeightedOperator]) -> Kernel:
    return Kernel(
        op=op,
        symbol="tg_conv2d_1x1_direct_s8_dsp",
        header="tg_conv2d_1x1_direct_dsp.h",
        source="arm_dsp/tg_conv2d_1x1_direct_s8_dsp.c",
        needs=DSP,
        specificity=-2,
        fits=all_of(_fits_window, has_depth, sums_fit),
        lower=_lower,
        counts=_counts,
        lead=_lead,
    )


KERNELS = (_kernel(Conv2D), _kernel(FullyConnected))
