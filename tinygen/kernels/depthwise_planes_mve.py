"""The C kernel of DepthwiseConv2D for Helium (MVE) whose windows lie in planes, one for each channel.

A window is a few vectors, and a product of two vectors adds up sixteen products; what that saves is worth laying out
the planes where windows are large, or where channels fill no vectors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import mve
from tinygen.kernels.kernel import Kernel, KernelCall, Role, Struct, all_of, int8, int32
from tinygen.kernels.leads import ends_of_blocks, of_windows
from tinygen.kernels.lowering import POINTER_BYTES, pad_row, sizes_fit, window_fits, window_struct
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Window

LANES = 4
"""Outputs that are computed together."""

MOST_STEPS = 4
"""Vectors of a window."""

MOST_VECTORS = 128
"""Of lanes in a row: their sums take 2 kB."""

PLANES = 16
"""Channels that have planes at the same time."""

LARGEST_PLANE = 4095
"""Bytes; the planes of eight channels are told apart by 16 bits."""


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _weights(call: Call) -> NDArray[np.int64]:
    """[height, width, channels]"""
    return call.inputs[1].data[0].astype(np.int64)


def _weight_sums(call: Call) -> NDArray[np.int64]:
    return _weights(call).sum((0, 1))


@dataclass(frozen=True, kw_only=True)
class Block:
    """Output rows that are computed together, and the layout that this makes."""

    call: Call
    rows: int

    @property
    def pixels(self) -> int:
        """Of a row, in a vector of lanes."""
        return LANES // self.rows

    @property
    def pitch(self) -> int:
        """Values of a column."""
        window = _window(self.call)
        return (self.rows - 1) * window.stride[0] + window.extent[0]

    @property
    def window_values(self) -> int:
        """From the first value of a window to its last."""
        window = _window(self.call)
        return (window.extent[1] - 1) * self.pitch + window.extent[0]

    @property
    def steps(self) -> int:
        """Vectors of a window."""
        return mve.steps_of(self.window_values)

    @property
    def is_shared(self) -> bool:
        """Whether the vectors of a window hold that of the row below as well."""
        values = self.window_values + _window(self.call).stride[0]
        return self.rows > 1 and self.steps <= 2 and mve.steps_of(values) == self.steps

    @property
    def plane_bytes(self) -> int:
        window, x = _window(self.call), self.call.inputs[0]
        return (window.padding.left + x.shape[2] + window.padding.right) * self.pitch

    @property
    def fits(self) -> bool:
        is_short = self.plane_bytes <= LARGEST_PLANE and self.vectors <= MOST_VECTORS
        return self.steps <= MOST_STEPS and is_short

    @property
    def vectors(self) -> int:
        """Of a channel of a block."""
        return -(-self.call.output.shape[2] // self.pixels)

    @property
    def blocks(self) -> int:
        return -(-self.call.output.shape[1] // self.rows)

    @property
    def laid_rows(self) -> int:
        """Input rows that all blocks lay out."""
        window, rows = _window(self.call), self.call.output.shape[1]
        new = min(window.stride[0], window.extent[0])
        return (rows - self.blocks) * new + self.blocks * window.extent[0]

    def about(self) -> float:
        """Instructions for a channel, as the headers of the C files have them."""
        sums = 5 + 6 * self.steps if self.is_shared else 7 + 8 * self.steps
        vectors = self.blocks * (100 + self.vectors * (sums + 9))
        return vectors + self.laid_rows * (2 + 0.5 * self.call.inputs[0].shape[2])


def _find_block(call: Call) -> Block | None:
    """The fastest block for a whole tensor; None where no window is small enough."""
    found = [b for b in (Block(call=call, rows=n) for n in (1, 2, 4)) if b.fits]
    return min(found, key=Block.about, default=None)


def _block(call: Call) -> Block:
    block = _find_block(call)
    if block is None:
        raise ValueError(f"layer '{call.node.name}' has no planes")
    return block


def _fits(call: Call) -> str | None:
    if _find_block(call) is None:
        return f"is only for windows of up to {MOST_STEPS * mve.STEP} values, and rows that are not long"
    return window_fits(_window(call), call)


def _has_output(call: Call) -> str | None:
    return mve.has_output(call, _weight_sums(call))


def _packed_weights(call: Call, block: Block) -> NDArray[np.int64]:
    """[channels, steps * 16]: columns of `pitch` weights, 0 where the window has none."""
    window, weights = _window(call), _weights(call)
    packed = np.zeros((weights.shape[2], window.extent[1], block.pitch), np.int64)
    down, right = window.dilation
    packed[:, ::right, : window.extent[0] : down] = weights.transpose(2, 1, 0)
    flat = packed.reshape(len(packed), -1)
    size = block.steps * mve.STEP
    return np.pad(flat, ((0, 0), (0, max(size - flat.shape[1], 0))))[:, :size]


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, window, block = call.inputs[0], _window(call), _block(call)
    output = mve.output_of(call, _weight_sums(call))
    low, high = output.clip
    params = Struct(
        tag="tg_depthwise_planes_mve",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "channel_multiplier": call.op.multiplier(call),
            "pitch": block.pitch,
            "rows": block.rows,
            "steps": block.steps,
            "is_shared": int(block.is_shared),
            "in_zero_point": x.zero_point,
            "out_min": low,
            "out_max": high,
            "form": int(output.form),
            "weights": int8("weights", _packed_weights(call, block), Role.WEIGHTS),
            "words": int32("words", output.words.T),
            "factor": output.factor,
            "zero_point": output.zero_point,
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(output.proof,)),)


def _filled_bytes(call: Call, block: Block) -> int:
    """The planes, and what vectors read behind them."""
    slack = LANES * _window(call).stride[1] * block.pitch + block.steps * mve.STEP
    return min(PLANES, call.inputs[0].channels) * block.plane_bytes + slack


def _scratch_bytes(call: Call) -> int:
    """Pointers to the rows of a block, sums, planes."""
    block = _block(call)
    sums = 4 * LANES * block.vectors
    return block.pitch * POINTER_BYTES + sums + _filled_bytes(call, block)


def _counts(call: Call) -> dict[str, float]:
    """Blocks of rows, the rows that they lay out for up to 16 channels, vectors of four outputs and their steps."""
    block, channels = _block(call), call.output.channels
    output = mve.output_of(call, _weight_sums(call))
    width, values = call.inputs[0].shape[2], call.output.shape[2] * channels
    groups, narrow = (
        -(-call.inputs[0].channels // PLANES),
        0 < call.inputs[0].channels % PLANES <= 8,
    )
    vectors = block.blocks * channels * block.vectors
    return {
        "call": 1,
        "filled vectors": mve.steps_of(_filled_bytes(call, block)),
        "blocks": block.blocks,
        "row pointers": call.output.shape[1] * _window(call).extent[0],
        "groups": block.blocks * groups,
        "laid rows": block.laid_rows * groups,
        "laid pixels": block.laid_rows * width * (groups - narrow),
        "narrow pixels": block.laid_rows * width * narrow,
        "channels": block.blocks * channels,
        "vectors": 0 if block.is_shared else vectors,
        "steps": 0 if block.is_shared else vectors * block.steps,
        "shared vectors": vectors if block.is_shared else 0,
        "shared steps": vectors * block.steps if block.is_shared else 0,
        "signed vectors": vectors if output.form is mve.Form.SIGNED else 0,
        "textbook vectors": vectors if output.form is mve.Form.TEXTBOOK else 0,
        **mve.clamp_counts(call.output.shape[1], values, output),
    }


def _lead(call: Call) -> int:
    """All input rows of a block are read until its last channels are written."""
    ends = ends_of_blocks(call, _block(call).rows * call.output.shape[2])
    return of_windows(call, _window(call), ends, buffers_windows=False)


KERNELS = (
    Kernel(
        op=DepthwiseConv2D,
        symbol="tg_depthwise_planes_s8_mve",
        header="tg_depthwise_planes_mve.h",
        source="arm_mve/tg_depthwise_planes_s8_mve.c",
        needs=mve.MVE,
        specificity=mve.SPECIFICITY - 1,
        fits=all_of(sizes_fit, _fits, _has_output),
        lower=_lower,
        scratch_bytes=_scratch_bytes,
        counts=_counts,
        lead=_lead,
    ),
)
