"""The C kernel of Conv2D for the Arm DSP extension for small groups and few outputs: inputs are read by fours."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Tensor
from tinygen.kernels.conv2d_mixed import weight_sums, weights_of, window_of
from tinygen.kernels.dsp import DSP, padded
from tinygen.kernels.dsp_scale import Form, find_scale
from tinygen.kernels.kernel import Array, Kernel, KernelCall, Role, Struct, all_of, int8, int32
from tinygen.kernels.leads import of_rows
from tinygen.kernels.lowering import (
    INT16_MAX,
    POINTER_BYTES,
    sums_fit,
    window_fits,
    window_struct,
)
from tinygen.ops.conv2d import Conv2D

QUAD = 4
"""Values that are read together."""

PAIR_SUMS_BYTES = 16
"""Two channels of two pixels."""


def _depth(call: Call) -> int:
    """Input channels of a group."""
    return call.inputs[1].shape[3]


def _runs(call: Call) -> int:
    """Runs of a kernel row."""
    window = window_of(call)
    return 1 if window.dilation[1] == 1 else window.kernel[1]


def _run_quads(call: Call) -> int:
    values = window_of(call).kernel[1] // _runs(call) * _depth(call)
    return -(-values // QUAD)


def _is_direct(call: Call) -> bool:
    """Whether the input can be read where it is."""
    window = window_of(call)
    values = window.kernel[1] // _runs(call) * _depth(call)
    return window.padding.is_zero and call.op.groups(call) == 1 and values % QUAD == 0


def _part_bytes(call: Call) -> int:
    """A row of a group with its padding, and what a last run reads behind it."""
    window, width = window_of(call), call.inputs[0].shape[2]
    columns = window.padding.left + width + window.padding.right
    last = (call.output.shape[2] - 1) * window.stride[1]
    last += (_runs(call) - 1) * window.dilation[1]
    needed = max(columns * _depth(call), last * _depth(call) + QUAD * _run_quads(call))
    return -(-needed // QUAD) * QUAD


def _fits(call: Call) -> str | None:
    reason = window_fits(window_of(call), call)
    if reason is None and max(_part_bytes(call), _run_quads(call)) > INT16_MAX:
        return "an input row is too long"
    return reason


def _ordered_weights(call: Call) -> NDArray[np.int64]:
    """[O, quads, 4]"""
    weights = weights_of(call)
    outputs, height, _, _ = weights.shape
    runs = weights.reshape(outputs, height * _runs(call), -1)
    return padded(runs, 2, QUAD).reshape(outputs, -1, QUAD)


def _weights(call: Call) -> Array:
    """Two channels of a group side by side, the last of an odd number alone."""
    ordered, groups = _ordered_weights(call), call.op.groups(call)
    parts = []
    for group in np.split(ordered, groups):
        whole = len(group) // 2 * 2
        twos = group[:whole].reshape(-1, 2, *group.shape[1:])
        parts += [twos.swapaxes(1, 2).ravel(), group[whole:].ravel()]
    return int8("weights", np.concatenate(parts), Role.WEIGHTS)


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, scale = call.inputs[0], find_scale(call, weight_sums(call))
    low, high = scale.clamps
    params = Struct(
        tag="tg_conv2d_quads_dsp",
        fields={
            "window": window_struct(window_of(call), x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "groups": call.op.groups(call),
            "runs": _runs(call),
            "run_quads": _run_quads(call),
            "part_bytes": _part_bytes(call),
            "is_direct": int(_is_direct(call)),
            "in_zero_point": x.zero_point,
            "form": int(scale.form),
            "out_zero_point": scale.channels.zero_point,
            "out_min": low,
            "out_max": high,
            "weights": _weights(call),
            "bias": int32("bias", scale.channels.bias),
            "words": int32("words", scale.words),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scale.proof,)),)


def _scratch_bytes(call: Call) -> int:
    """Pointers to the runs of a window, the sums of a row, and lines."""
    window = window_of(call)
    pointers = window.kernel[0] * _runs(call) * POINTER_BYTES
    sums = -(-call.output.shape[2] // 2) * PAIR_SUMS_BYTES
    if _is_direct(call):
        return pointers + sums
    return pointers + sums + window.extent[0] * call.op.groups(call) * _part_bytes(call)


def _counts(call: Call) -> Mapping[str, float]:
    """Runs of the loops: pairs of pixels with two channels, and fours or pairs of them with a last channel alone."""
    _, height, width, outputs = call.output.shape
    groups = call.op.groups(call)
    of_group = outputs // groups
    pairs, singles = height * -(-width // 2), groups * (of_group % 2)
    runs = window_of(call).kernel[0] * _runs(call)
    twos = groups * (of_group // 2) * pairs
    # a row's last one or two pixels are a pair, and so are those of short rows
    row_fours = (width + 1) // QUAD if width >= QUAD else 0
    row_ones = int(width % QUAD in (1, 2)) if width >= QUAD else -(-width // 2)
    ones, fours = singles * height * row_ones, singles * height * row_fours
    form = find_scale(call, weight_sums(call)).form
    return {
        "call": 1,
        "rows": height,
        "row channels": height * groups * -(-of_group // 2),
        "copied": call.inputs[0].size * (groups == 1) * (not _is_direct(call)),
        "taken apart": call.inputs[0].size * (groups > 1),
        "twos": twos,
        "ones": ones,
        "fours": fours,
        "runs": (twos + ones + fours) * runs,
        "quads of two": twos * runs * _run_quads(call),
        "quads of one": ones * runs * _run_quads(call),
        "quads of four": fours * runs * _run_quads(call),
        "outputs, two roundings": call.output.size * (form is Form.TWO_ROUNDINGS),
        "outputs by rule": call.output.size * form.is_rule,
    }


def _lead(call: Call) -> int:
    """Rows are copied once where they cannot be read where they are."""
    return of_rows(call, window_of(call), buffers_rows=not _is_direct(call))


# 1x1 kernels: their images may have fewer rows, which are longer, as every row has its price

MERGED_PIXELS, MERGED_BYTES = 64, 2048
"""Of a row that is made of several."""


def _joined_rows(call: Call) -> int:
    """How many rows can be one: a divisor of their number. Those that are copied take scratch."""
    _, height, width, depth = call.inputs[0].shape
    most = MERGED_PIXELS if _is_direct(call) else min(MERGED_PIXELS, MERGED_BYTES // depth)
    longest = most // width
    return max((n for n in range(1, longest + 1) if height % n == 0), default=1)


def _is_merged(call: Call) -> str | None:
    window = window_of(call)
    if window.kernel != (1, 1) or window.stride != (1, 1) or not window.padding.is_zero:
        return "is only for 1x1 kernels without strides and padding"
    return None if _joined_rows(call) > 1 else "has rows that are long enough"


def _merged(call: Call) -> Call:
    """The layer with longer rows; the memory is the same."""
    count = _joined_rows(call)

    def merged(tensor: Tensor) -> Tensor:
        n, height, width, depth = tensor.shape
        return replace(tensor, shape=(n, height // count, width * count, depth))

    x, *others = call.inputs
    return replace(call, inputs=(merged(x), *others), outputs=(merged(call.output),))


_KERNEL = Kernel(
    op=Conv2D,
    symbol="tg_conv2d_quads_s8_dsp",
    header="tg_conv2d_quads_dsp.h",
    source="arm_dsp/tg_conv2d_quads_s8_dsp.c",
    needs=DSP,
    specificity=-2,
    fits=all_of(_fits, sums_fit),
    lower=_lower,
    scratch_bytes=_scratch_bytes,
    counts=_counts,
    lead=_lead,
)

_MERGED = replace(
    _KERNEL,
    fits=all_of(_is_merged, _fits, sums_fit),
    lower=lambda call: _lower(_merged(call)),
    scratch_bytes=lambda call: _scratch_bytes(_merged(call)),
    counts=lambda call: _counts(_merged(call)),
    lead=lambda call: _lead(_merged(call)),
    whole_only=True,
)

KERNELS = (_MERGED, _KERNEL)
