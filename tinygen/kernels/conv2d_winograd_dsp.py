"""C kernels of Conv2D for the Arm DSP extension: 3x3 with stride 1, by the Winograd algorithm in exact integers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import wrap_int32
from tinygen.ir import Call
from tinygen.kernels.dsp import DSP
from tinygen.kernels.kernel import Array, Fits, Kernel, KernelCall, Role, Struct, all_of, int32
from tinygen.kernels.lowering import pad_row, window_fits, window_struct
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Window
from tinygen.proofs import winograd
from tinygen.proofs.channels import Channels, channels_of

BLOCK = 4
"""Channels that are transformed together, and output channels that are computed together."""

TILE = winograd.TILE

PAIR_PIXELS = 2 * TILE * TILE
"""Outputs of a pair of tiles, which are computed together."""

MOST_PIXELS = 2.0
"""Pixels computed for each one that is stored, above which the direct kernels are faster."""

STEP_BYTES = 288
"""Transformed inputs of a pair of tiles: 36 positions of two channels."""

COLUMN_BYTES = 48
"""A transformed column of four channels."""

OUTPUT_BYTES = 36 * 8 * 4 + TILE * 2 * TILE * BLOCK
"""Sums of a pair of tiles and four channels, and their outputs."""

SMALL_BYTES = 32768
"""Transformed weights that are worth their flash wherever nothing is known about costs."""

CHUNK_PAIRS = 2
"""Pairs of tiles whose inputs are transformed at a time; more would save little."""

CHUNK_BYTES = 10240
"""Room for them, unless one pair takes more."""


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """Sizes that all loops depend on."""

    steps: int
    blocks: int
    tile_rows: int
    pairs: int

    @property
    def pair_bytes(self) -> int:
        """Transformed inputs of a pair of tiles."""
        return self.steps * STEP_BYTES

    @property
    def block_bytes(self) -> int:
        """Transformed weights of four output channels."""
        return self.steps * 36 * BLOCK * 4

    @property
    def image_pairs(self) -> int:
        return self.tile_rows * self.pairs


def _shape(call: Call) -> _Shape:
    _, height, width, channels = call.output.shape
    return _Shape(
        steps=-(-call.inputs[0].channels // BLOCK) * 2,
        blocks=-(-channels // BLOCK),
        tile_rows=-(-height // TILE),
        pairs=-(-width // (2 * TILE)),
    )


def _channels(call: Call) -> Channels:
    return channels_of(call, call.inputs[1].data.sum((1, 2, 3), np.int64))


# Conditions


def _is_3x3(call: Call) -> str | None:
    window = _window(call)
    if (window.kernel, window.stride, window.dilation) != ((3, 3), (1, 1), (1, 1)):
        return "is only for 3x3 kernels with stride 1, without dilation"
    if call.op.groups(call) != 1:
        return "takes no groups"
    if call.inputs[0].channels < BLOCK:
        return f"needs {BLOCK} input channels"
    return window_fits(window, call)


def _fills_its_tiles(call: Call) -> str | None:
    computed = _shape(call).image_pairs * PAIR_PIXELS
    stored = call.output.size // call.output.channels
    if computed > MOST_PIXELS * stored:
        return f"would compute {computed} pixels in tiles to store {stored}"
    return None


def _is_proved(call: Call) -> str | None:
    channels = _channels(call)
    reason = winograd.reason_against(channels)
    if reason is None and winograd.prove(channels) is None:
        return "the requantization by one product is not exact"
    return reason


def _taken(*conditions: Fits) -> Fits:
    """What every row needs, its own conditions before the proof, which takes longest."""
    return all_of(_is_3x3, _fills_its_tiles, *conditions, _is_proved)


# Packing


def _in_blocks(weights: NDArray) -> NDArray[np.int64]:
    """[O, 3, 3, I] to [O blocks, 4, I blocks, 4, 3, 3]; the last four inputs end with the last one."""
    outputs, inputs = weights.shape[0], weights.shape[3]
    blocks_in, blocks_out = -(-inputs // BLOCK), -(-outputs // BLOCK)
    w = np.zeros((blocks_out * BLOCK, blocks_in * BLOCK, 3, 3), np.int64)
    whole = (blocks_in - 1) * BLOCK
    by_input = weights.transpose(0, 3, 1, 2)
    w[:outputs, :whole] = by_input[:, :whole]
    w[:outputs, whole + blocks_in * BLOCK - inputs :] = by_input[:, whole:]
    return w.reshape(blocks_out, BLOCK, blocks_in, BLOCK, 3, 3)


def _transformed(weights: NDArray) -> Array:
    """Words [O blocks, 36, steps, 4] of int16 [2]."""
    u = winograd.transformed_weights(_in_blocks(weights))
    pairs = u[:, :, :, [[0, 2], [1, 3]]]  # [O blocks, 4, I blocks, 2, 2, 6, 6]
    ordered = pairs.transpose(0, 5, 6, 2, 3, 1, 4)
    return int32("weights", ordered.astype(np.int16).ravel().view(np.int32), Role.WEIGHTS)


def _channel_words(call: Call, channels: Channels, scaled: winograd.Scaled) -> Array:
    """`enum tg_winograd_channel` for each output channel, 0 for those that fill up the last block."""
    bias = wrap_int32(winograd.SCALE * channels.bias)
    columns = [bias, scaled.multipliers, scaled.offsets, scaled.signs]
    if not scaled.has_usual_shift:
        columns.append(scaled.shifts)
    words = np.zeros((_shape(call).blocks * BLOCK, len(columns)), np.int64)
    words[: len(bias)] = np.stack(columns, 1)
    return int32("channels", words)


def _form(scaled: winograd.Scaled) -> int:
    """`enum tg_winograd_form`."""
    if scaled.has_usual_shift:
        return 1 if scaled.has_signs else 0
    return 2


def _lower(
    call: Call, pack: Callable[[NDArray], Array], chunk: tuple[int, int], keeps_weights: bool
) -> tuple[KernelCall, ...]:
    x, weights = call.inputs[:2]
    channels, window = _channels(call), _window(call)
    scaled = winograd.prove(channels)
    clamp = (channels.out_min, channels.out_max) if channels.needs_clamp else (-128, 127)
    params = Struct(
        tag="tg_conv2d_winograd_dsp",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "chunk_rows": chunk[0],
            "chunk_pairs": chunk[1],
            "in_zero_point": x.zero_point,
            "keeps_weights": int(keeps_weights),
            "form": _form(scaled),
            "out_min": clamp[0],
            "out_max": clamp[1],
            "out_step": call.output.channels,
            "weights": pack(weights.data),
            "channels": _channel_words(call, channels, scaled),
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scaled.statement,)),)


def _work_bytes(pairs: int) -> int:
    """Transformed columns while inputs are transformed, sums and outputs after that."""
    return max((2 * TILE * pairs + 2) * COLUMN_BYTES, OUTPUT_BYTES)


def _lead(call: Call, chunk: tuple[int, int]) -> int:
    """How far the output may reach beyond the first input that is still needed (leads.py).

    Where a chunk is as wide as the image, all its inputs are transformed before the first output is written.
    """
    x, y, shape = call.inputs[0], call.output, _shape(call)
    in_row, out_row = x.bytes // x.shape[1], y.bytes // y.shape[1]
    rows, top = chunk[0] * TILE, _window(call).padding.top
    ahead = rows if chunk[1] >= shape.pairs else 0
    beyond = 0
    for first in range(0, y.shape[1], rows):
        written = min(first + rows, y.shape[1])
        needed = x.shape[1] if written + ahead - rows >= y.shape[1] else max(first + ahead - top, 0)
        beyond = max(beyond, written * out_row - min(needed, x.shape[1]) * in_row)
    return beyond


# Weights transformed by the generator


def _chunk_pairs(shape: _Shape) -> int:
    """Pairs of tiles whose inputs are transformed at a time, about the same number each time."""
    most = max(min(CHUNK_BYTES // shape.pair_bytes, CHUNK_PAIRS), 1)
    return -(-shape.pairs // -(-shape.pairs // most))


def _lower_expanded(call: Call) -> tuple[KernelCall, ...]:
    return _lower(call, _transformed, (1, _chunk_pairs(_shape(call))), False)


def _lead_expanded(call: Call) -> int:
    return _lead(call, (1, _chunk_pairs(_shape(call))))


def _scratch_expanded(call: Call) -> int:
    shape = _shape(call)
    pairs = _chunk_pairs(shape)
    return pairs * shape.pair_bytes + _work_bytes(pairs)


def _counts_expanded(call: Call) -> Mapping[str, float]:
    shape = _shape(call)
    chunks = -(-shape.pairs // _chunk_pairs(shape)) * shape.tile_rows
    return _counts(shape, chunks)


def _counts(shape: _Shape, chunks: int) -> dict[str, float]:
    """`columns` of four channels and four rows, `tiles` of four channels, `blocks` of a pair and four outputs."""
    return {
        "call": 1,
        "columns": (8 * shape.image_pairs + 2 * chunks) * shape.steps / 2,
        "tiles": shape.image_pairs * shape.steps,
        "blocks": shape.image_pairs * shape.blocks,
        "steps": shape.image_pairs * shape.blocks * shape.steps,
    }


def _expanded_bytes(call: Call) -> int:
    shape = _shape(call)
    return shape.blocks * shape.block_bytes


def _is_small(call: Call) -> str | None:
    size = _expanded_bytes(call)
    if size > SMALL_BYTES:
        return f"transformed weights take {size} bytes, more than {SMALL_BYTES}"
    return None


def _is_large(call: Call) -> str | None:
    return None if _is_small(call) else f"transformed weights take {SMALL_BYTES} bytes at most"


def _expanded(specificity: int, fits: Fits) -> Kernel:
    return Kernel(
        op=Conv2D,
        symbol="tg_conv2d_winograd_s8_dsp",
        header="tg_conv2d_winograd_dsp.h",
        source="arm_dsp/tg_conv2d_winograd_s8_dsp.c",
        needs=DSP,
        fits=fits,
        lower=_lower_expanded,
        scratch_bytes=_scratch_expanded,
        specificity=specificity,
        counts=_counts_expanded,
        lead=_lead_expanded,
        spreads=lambda _: True,
    )


# Weights transformed at run time


def _compact(weights: NDArray) -> Array:
    """Words [O blocks, I blocks, 4, 9] of int8 [4]."""
    w = _in_blocks(weights)
    ordered = w.transpose(0, 2, 1, 4, 5, 3).astype(np.int8)
    return int32("weights", ordered.ravel().view(np.int32), Role.WEIGHTS)


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What is held in scratch: inputs of a chunk of tiles, and the weights of all output channels or of four."""

    rows: int
    pairs: int
    keeps_weights: bool
    bytes: int
    chunks: int
    """In which the image is computed."""

    transforms: int
    """How often the weights of four output channels are transformed."""


def _plan(shape: _Shape, rows: int, pairs: int, keeps_weights: bool) -> _Plan:
    chunks = -(-shape.tile_rows // rows) * -(-shape.pairs // pairs)
    held = shape.blocks if keeps_weights else 1
    return _Plan(
        rows=rows,
        pairs=pairs,
        keeps_weights=keeps_weights,
        bytes=held * shape.block_bytes + rows * pairs * shape.pair_bytes + _work_bytes(pairs),
        chunks=chunks,
        transforms=shape.blocks * (1 if keeps_weights else chunks),
    )


def _best_plan(call: Call, room: int) -> _Plan | None:
    """The fastest plan that takes no more than `room` bytes: as few transforms of weights as possible."""
    shape = _shape(call)
    whole_rows = [_even(shape.tile_rows, chunks) for chunks in range(1, shape.tile_rows + 1)]
    plans = [_plan(shape, rows, shape.pairs, False) for rows in whole_rows]
    plans += [_plan(shape, 1, _even(shape.pairs, n), False) for n in range(1, shape.pairs + 1)]
    plans.append(_plan(shape, 1, _chunk_pairs(shape), True))
    fitting = [plan for plan in plans if plan.bytes <= room]
    return min(fitting, key=lambda plan: (plan.transforms, plan.bytes), default=None)


def _even(length: int, parts: int) -> int:
    """The longest part when a length is cut into about equal ones."""
    return -(-length // parts)


def _held(call: Call, room: int) -> _Plan:
    plan = _best_plan(call, room)
    assert plan is not None
    return plan


def _gains_by(less: int, room: int) -> Fits:
    """More scratch must save transforms of weights; a row with less room takes the others."""

    def fits(call: Call) -> str | None:
        plan, smaller = _best_plan(call, room), _best_plan(call, less)
        if plan is None:
            return f"needs more than {room} bytes of scratch"
        if smaller is not None and smaller.transforms == plan.transforms:
            return f"needs no more than {less} bytes of scratch"
        return None

    return fits


def _counts_compact(call: Call, room: int) -> Mapping[str, float]:
    plan, shape = _held(call, room), _shape(call)
    chunks = plan.chunks * plan.rows  # columns between chunks of a row are transformed twice
    return _counts(shape, chunks) | {"transforms": plan.transforms * shape.steps}


def _lead_compact(call: Call, room: int) -> int:
    plan = _held(call, room)
    return _lead(call, (plan.rows, plan.pairs))


def _lower_compact(call: Call, room: int) -> tuple[KernelCall, ...]:
    plan = _held(call, room)
    return _lower(call, _compact, (plan.rows, plan.pairs), plan.keeps_weights)


def _lower_short(call: Call, room: int) -> tuple[KernelCall, ...]:
    """The same with rows of padding in scratch."""
    (lowered,) = _lower_compact(call, room)
    params = replace(lowered.params, fields={**lowered.params.fields, "pad_row": 0})
    return (replace(lowered, params=params),)


def _pad_row_bytes(call: Call) -> int:
    return -(-call.inputs[0].shape[2] * call.inputs[0].channels // 8) * 8


def _has_usual_shift(call: Call) -> str | None:
    scaled = winograd.prove(_channels(call))
    is_usual = scaled is not None and scaled.has_usual_shift
    return None if is_usual else "is only for channels that share a shift"


def _short_in(room: int, less: int, specificity: int) -> Kernel:
    return replace(
        _compact_in(room, less, specificity),
        symbol="tg_conv2d_winograd_short_s8_dsp",
        source="arm_dsp/tg_conv2d_winograd_short_s8_dsp.c",
        fits=_taken(_gains_by(less, room), _has_usual_shift),
        lower=lambda call: _lower_short(call, room),
        scratch_bytes=lambda call: _held(call, room).bytes + _pad_row_bytes(call),
    )


def _compact_in(room: int, less: int, specificity: int) -> Kernel:
    return Kernel(
        op=Conv2D,
        symbol="tg_conv2d_winograd_compact_s8_dsp",
        header="tg_conv2d_winograd_dsp.h",
        source="arm_dsp/tg_conv2d_winograd_compact_s8_dsp.c",
        needs=DSP,
        fits=_taken(_gains_by(less, room)),
        lower=lambda call: _lower_compact(call, room),
        scratch_bytes=lambda call: _held(call, room).bytes,
        specificity=specificity,
        counts=lambda call: _counts_compact(call, room),
        lead=lambda call: _lead_compact(call, room),
        spreads=lambda _: True,
    )


KERNELS = (
    _expanded(30, _taken(_is_small)),
    _compact_in(48 * 1024, 24 * 1024, specificity=23),
    _compact_in(24 * 1024, 12 * 1024, specificity=22),
    _compact_in(12 * 1024, 0, specificity=21),
    _expanded(10, _taken(_is_large)),
    _short_in(48 * 1024, 24 * 1024, specificity=3),
    _short_in(24 * 1024, 12 * 1024, specificity=2),
    _short_in(12 * 1024, 0, specificity=1),
)
"""Until costs decide: transformed weights up to SMALL_BYTES, then as much scratch as saves transforms at run time."""
