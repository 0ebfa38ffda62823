"""C kernels of 1x1 convolutions for the Arm DSP extension."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels.dsp import DSP, pairs
from tinygen.kernels.dsp_scale import (
    BLOCK_CHANNELS,
    NO_CHANNEL,
    Form,
    Scale,
    blocks_of,
    channel_order,
    find_scale,
    in_order,
    mix,
    reason_against_mix,
    scale_struct,
)
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, all_of, int32
from tinygen.kernels.lowering import INT16_MAX, window_fits, window_struct
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.window import Window
from tinygen.proofs.channels import channels_of
from tinygen.proofs.requantization import Place, Scaled, prove

PAIRS_BYTES = 2048
"""Scratch that the widened pixels should not exceed; one pair is always held."""

OUTPUTS_BYTES = 16
"""Two pointers behind every pair, on the widest host."""

NARROW_CHANNELS = 8
"""Input channels of two pixels that registers can hold."""

NARROW_PRESCALE, NARROW_SHIFT = 12, 16
"""Their accumulators are 256 * inputs times 16 * weights: fine enough to hold the rounding as well."""

SUMS_BYTES = 32
"""The accumulators of a block for a pair, where they are scaled by a rule."""

UNROLLED = 16
"""Steps that the inner loop takes at once."""

ALONE = 2 / 3
"""Of the cycles of a pair, what a pixel alone takes where it has a loop of its own: with an even number of steps."""

SHORT_STEPS = 16
"""Steps of pixels that need no loop."""


def _weights(call: Call) -> NDArray[np.int64]:
    """[output channels, input channels]; zeros for input channels that four lack."""
    weights = call.inputs[1].data.astype(np.int64)
    weights = weights.reshape(weights.shape[0], -1)
    return np.pad(weights, [(0, 0), (0, max(BLOCK_CHANNELS - weights.shape[1], 0))])


def _packed(weights: NDArray[np.int64], blocks: NDArray[np.int64]) -> NDArray[np.int64]:
    """[blocks, words]: for each step two words of mixed weights."""
    ordered = in_order(weights)  # [O, steps, 2]
    mixed = mix(ordered[blocks[:, 0::2]], ordered[blocks[:, 1::2]])  # [blocks, 2, steps, 2]
    return pairs(mixed)[..., 0].swapaxes(1, 2).reshape(len(blocks), -1)


def _scale_struct(scale: Scale, weights: NDArray[np.int64]) -> Struct:
    """`struct tg_dsp_scale`, each block of words behind its weights."""
    blocks = blocks_of(len(weights))
    plain = scale_struct(scale, blocks)
    words = plain.fields["blocks"].data.reshape(len(blocks), -1)
    both = np.concatenate([_packed(weights, blocks), words], axis=1)
    return Struct(
        tag=plain.tag, fields={**plain.fields, "blocks": int32("blocks", both, Role.WEIGHTS)}
    )


def _steps(call: Call) -> int:
    return len(channel_order(max(call.inputs[0].channels, BLOCK_CHANNELS)))


def _pixels(call: Call) -> int:
    return call.output.size // call.output.channels


def _pair_bytes(call: Call) -> int:
    return 8 * _steps(call) + OUTPUTS_BYTES


def chunk_pixels(pixels: int, pair_bytes: int, most_bytes: int = PAIRS_BYTES) -> int:
    """Pixels that are widened together: an even number, so that all chunks are about alike."""
    most = max(most_bytes // pair_bytes * 2, 2)
    chunks = -(-pixels // most)
    return -(-pixels // (2 * chunks)) * 2


def _chunk(call: Call, most: int = PAIRS_BYTES) -> int:
    return chunk_pixels(_pixels(call), _pair_bytes(call), most)


def _chunk_ends(call: Call, most: int = PAIRS_BYTES) -> list[int]:
    """Pixels that are done after each chunk."""
    pixels, chunk = _pixels(call), _chunk(call, most)
    return [*range(chunk, pixels, chunk), pixels]


def _image(call: Call) -> tuple[Window, tuple[int, ...], tuple[int, ...]]:
    """The window, and the shapes of input and output. The rows of a fully connected layer are pixels of one row."""
    x, y = call.inputs[0], call.output
    if isinstance(call.op, Conv2D):
        return call.op.window(call.inputs[1]), x.shape, y.shape
    rows = _pixels(call)
    return Window(kernel=(1, 1)), (1, 1, rows, x.channels), (1, 1, rows, y.channels)


def _is_pointwise(call: Call) -> str | None:
    window, _, _ = _image(call)
    if window.kernel != (1, 1) or call.op.groups(call) != 1 or not window.padding.is_zero:
        return "is only for 1x1 kernels in one group without padding"
    return window_fits(window, call)


def _has_rows(call: Call) -> str | None:
    if call.inputs[1].quantization.zero_points[0] != 0:
        return "is only for weights with the zero point 0"
    return None if 2 <= _pixels(call) <= INT16_MAX else f"is only for 2 to {INT16_MAX} rows"


def _has_channels(call: Call) -> str | None:
    if min(call.inputs[0].channels, call.output.channels) < BLOCK_CHANNELS:
        return f"needs {BLOCK_CHANNELS} channels or more"
    if max(call.inputs[0].channels, call.output.channels) > INT16_MAX:
        return f"takes no more than {INT16_MAX} channels"
    return None


def _mixes(call: Call) -> str | None:
    return reason_against_mix(call, _weights(call), blocks_of(call.output.channels))


def _lead(call: Call, most: int = PAIRS_BYTES) -> int:
    """A chunk is widened before its outputs are written; the next reads from its first pixel on."""
    return max(0, *(_written_ahead(call, end, end) for end in _chunk_ends(call, most)[:-1]), 0)


def _written_ahead(call: Call, done: int, next_pixel: int) -> int:
    """Bytes of `done` outputs beyond the input pixel that is read next."""
    window, (_, _, in_width, depth), (_, _, out_width, channels) = _image(call)
    row, column = divmod(next_pixel, out_width)
    pixel = row * window.stride[0] * in_width + column * window.stride[1]
    return done * channels - pixel * depth


def _lower(call: Call, most: int = PAIRS_BYTES) -> tuple[KernelCall, ...]:
    weights = _weights(call)
    scale = find_scale(call, weights.sum(1))
    params = Struct(
        tag="tg_conv2d_1x1_dsp",
        fields={
            "window": window_struct(*_image(call)),
            "in_channels": call.inputs[0].channels,
            "out_channels": call.output.channels,
            "steps": _steps(call),
            "chunk": _chunk(call, most),
            "out_step": call.output.channels,
            "scale": _scale_struct(scale, weights),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scale.proof,)),)


def _spreads(call: Call) -> bool:
    """Clamps run over the whole output."""
    return not channels_of(call, _weights(call).sum(1)).needs_clamp


def _scratch_bytes(call: Call, most: int = PAIRS_BYTES) -> int:
    """The pairs of the largest chunk, and the accumulators of a pair."""
    ends = _chunk_ends(call, most)
    largest = max(b - a for a, b in zip([0, *ends], ends, strict=False))
    return (largest + 1) // 2 * _pair_bytes(call) + SUMS_BYTES


def _outer_counts(call: Call, most: int) -> Mapping[str, float]:
    """Of the loops around pairs and blocks: a last block that overlaps the one before it is a run of its own."""
    chunks, pairs = len(_chunk_ends(call, most)), -(-_pixels(call) // 2)
    overlaps = call.output.channels % BLOCK_CHANNELS > 0
    return {
        "call": 1,
        "chunks": chunks,
        "chunks again": chunks * overlaps,
        "pairs": pairs,
        "pairs again": pairs * overlaps,
        "pairs with channels left": pairs * (call.inputs[0].channels % 4 > 0),
        "widened": pairs * _steps(call),
    }


def _counts(call: Call, most: int = PAIRS_BYTES) -> Mapping[str, float]:
    """Runs of the loops: steps are those of all pairs and blocks. With ONE_PRODUCT and an even number of steps a last
    pixel alone has a loop of its own, else it is a pair."""
    blocks, steps = len(blocks_of(call.output.channels)), _steps(call)
    form = find_scale(call, _weights(call).sum(1)).form
    widened = -(-_pixels(call) // 2)
    is_alone = _pixels(call) % 2 == 1 and steps % 2 == 0 and form is Form.ONE_PRODUCT
    pair_blocks = (widened - (1 - ALONE) * is_alone) * blocks
    return {
        **_outer_counts(call, most),
        "steps": pair_blocks * steps,
        "passes": pair_blocks * -(-steps // UNROLLED),
        "pair blocks, one product": pair_blocks * (form is Form.ONE_PRODUCT),
        "pair blocks, two roundings": pair_blocks * (form is Form.TWO_ROUNDINGS),
        "pair blocks, by rule": pair_blocks * form.is_rule,
        "clamped": call.output.size * (not _spreads(call)),
    }


# Up to 16 steps, and one form


def _is_short(form: Form) -> Fits:
    def fits(call: Call) -> str | None:
        if _steps(call) > SHORT_STEPS:
            return (
                f"is only for up to {SHORT_STEPS} steps, which are {2 * SHORT_STEPS} input channels"
            )
        found = find_scale(call, _weights(call).sum(1)).form
        return None if found is form else f"is only for the form {form.name}, not {found.name}"

    return fits


def _short_counts(call: Call, most: int = PAIRS_BYTES) -> Mapping[str, float]:
    """Those of the loops, without what the form of the others says."""
    pixel_pairs = -(-_pixels(call) // 2)
    blocks = len(blocks_of(call.output.channels))
    return {
        **_outer_counts(call, most),
        "steps": pixel_pairs * blocks * _steps(call),
        "pair blocks": pixel_pairs * blocks,
    }


# Fewer than four input or output channels


def _has_few_channels(call: Call) -> str | None:
    if min(call.inputs[0].channels, call.output.channels) >= BLOCK_CHANNELS:
        return f"is only for fewer than {BLOCK_CHANNELS} channels"
    if max(call.inputs[0].channels, call.output.channels) > INT16_MAX:
        return f"takes no more than {INT16_MAX} channels"
    return None


def _few_scratch_bytes(call: Call) -> int:
    """Four inputs and four outputs of every pixel of a chunk, and the scratch of the general kernel."""
    chunk = _chunk(call)
    return 2 * BLOCK_CHANNELS * chunk + chunk // 2 * _pair_bytes(call) + SUMS_BYTES


def _few_lead(call: Call) -> int:
    """A chunk, of a row or of the image as one row, is read before its outputs are written."""
    _, _, (_, height, width, _) = _image(call)
    pixels, chunk = _pixels(call), _chunk(call)
    of_rows = {
        row * width + min(i, width) for row in range(height) for i in range(0, width + chunk, chunk)
    }
    ends = of_rows | set(range(0, pixels, chunk))
    return max(_written_ahead(call, end, end) for end in ends if end < pixels)


def _few_counts(call: Call) -> Mapping[str, float]:
    few = [c for c in (call.inputs[0].channels, call.output.channels) if c < BLOCK_CHANNELS]
    return {
        **_counts(call),
        "copied": _pixels(call) * sum(few),
        "copied pixels": _pixels(call) * len(few),
    }


# Four to eight input channels, which stay in registers


def _narrow_scale(call: Call) -> Scaled | None:
    channels = channels_of(call, _weights(call).sum(1))
    return prove(
        channels,
        place=Place.SUM,
        shift=NARROW_SHIFT,
        signs=False,
        least_prescale=NARROW_PRESCALE,
        most_prescale=NARROW_PRESCALE,
    )


def _is_narrow(call: Call) -> str | None:
    if call.inputs[0].channels > NARROW_CHANNELS:
        return f"is only for up to {NARROW_CHANNELS} input channels"
    if _narrow_scale(call) is None:
        return f"one product and a shift by {NARROW_SHIFT} do not give every output byte"
    return None


def _narrow_order(depth: int) -> NDArray[np.int64]:
    """[words, 2]: the channels of a pixel's four words; those that the first two have are left out of the others."""
    second = np.arange(depth - 4, depth)
    second = np.where(second < 4, NO_CHANNEL, second)
    return np.array([(0, 2), (1, 3), second[[0, 2]], second[[1, 3]]])


def _narrow_lower(call: Call) -> tuple[KernelCall, ...]:
    weights, scaled = _weights(call), _narrow_scale(call)
    assert scaled is not None, "the kernel's condition has proved it"
    channels = channels_of(call, weights.sum(1))
    order = _narrow_order(weights.shape[1])
    words = pairs(np.where(order == NO_CHANNEL, 0, weights[:, order]) << (NARROW_PRESCALE - 8))[
        ..., 0
    ]
    records = np.concatenate([scaled.offsets[:, None], words, scaled.multipliers[:, None]], axis=1)
    blocks = blocks_of(len(weights))
    moves = np.diff(blocks[:, 0], append=len(weights))
    low, high = (channels.out_min, channels.out_max) if channels.needs_clamp else (-128, 127)
    params = Struct(
        tag="tg_conv2d_1x1_narrow_dsp",
        fields={
            "window": window_struct(*_image(call)),
            "in_channels": call.inputs[0].channels,
            "out_channels": call.output.channels,
            "out_step": call.output.channels,
            "blocks": int32(
                "blocks",
                np.concatenate([records[blocks].reshape(len(blocks), -1), moves[:, None]], axis=1),
                Role.WEIGHTS,
            ),
            "out_min": low,
            "out_max": high,
        },
    )
    proof = f"one product and a shift by {NARROW_SHIFT} give every output byte"
    return (KernelCall(params=params, inputs=(0,), proofs=(proof,)),)


def _narrow_lead(call: Call) -> int:
    """A pair is read before its outputs are written."""
    return max(_written_ahead(call, i, i) for i in range(0, _pixels(call), 2))


def _narrow_counts(call: Call) -> Mapping[str, float]:
    pixel_pairs = -(-_pixels(call) // 2)
    return {
        "call": 1,
        "rows": call.output.shape[1],
        "pairs": pixel_pairs,
        "pair blocks": pixel_pairs * len(blocks_of(call.output.channels)),
    }


def _sparing(kernel: Kernel) -> Kernel:
    """The kernel, which can do with chunks of fewer pixels."""

    @cache
    def less_scratch(most: int) -> Kernel:
        return replace(
            kernel,
            lower=partial(_lower, most=most),
            scratch_bytes=partial(_scratch_bytes, most=most),
            counts=partial(kernel.counts, most=most),
            lead=partial(_lead, most=most),
        )

    return replace(kernel, less_scratch=less_scratch)


def _kernel(op: type[WeightedOperator], *conditions: Fits) -> Kernel:
    return _sparing(
        Kernel(
            op=op,
            symbol="tg_conv2d_1x1_s8_dsp",
            header="tg_conv2d_1x1_dsp.h",
            source="arm_dsp/tg_conv2d_1x1_s8_dsp.c",
            needs=DSP,
            specificity=2,
            fits=all_of(*conditions, _has_channels, _mixes),
            lower=_lower,
            scratch_bytes=_scratch_bytes,
            counts=_counts,
            lead=_lead,
            spreads=_spreads,
        )
    )


def _short_kernel(op: type[WeightedOperator], symbol: str, form: Form, *conditions: Fits) -> Kernel:
    return _sparing(
        Kernel(
            op=op,
            symbol=symbol,
            header="tg_conv2d_1x1_dsp.h",
            source=f"arm_dsp/{symbol}.c",
            needs=DSP,
            specificity=3,
            fits=all_of(*conditions, _has_channels, _is_short(form), _mixes),
            lower=_lower,
            scratch_bytes=_scratch_bytes,
            counts=_short_counts,
            lead=_lead,
            spreads=_spreads,
        )
    )


def _few_kernel(op: type[WeightedOperator], *conditions: Fits) -> Kernel:
    return Kernel(
        op=op,
        symbol="tg_conv2d_1x1_few_s8_dsp",
        header="tg_conv2d_1x1_dsp.h",
        source="arm_dsp/tg_conv2d_1x1_few_s8_dsp.c",
        needs=DSP,
        specificity=2,
        fits=all_of(*conditions, _has_few_channels, _mixes),
        lower=_lower,
        scratch_bytes=_few_scratch_bytes,
        counts=_few_counts,
        lead=_few_lead,
    )


def _narrow_kernel(op: type[WeightedOperator], *conditions: Fits) -> Kernel:
    return Kernel(
        op=op,
        symbol="tg_conv2d_1x1_narrow_s8_dsp",
        header="tg_conv2d_1x1_dsp.h",
        source="arm_dsp/tg_conv2d_1x1_narrow_s8_dsp.c",
        needs=DSP,
        specificity=4,
        fits=all_of(*conditions, _has_channels, _is_narrow),
        lower=_narrow_lower,
        counts=_narrow_counts,
        lead=_narrow_lead,
        spreads=_spreads,
    )


SHORT_FORMS = {
    "tg_conv2d_1x1_short_s8_dsp": Form.ONE_PRODUCT,
    "tg_conv2d_1x1_short_signed_s8_dsp": Form.TWO_ROUNDINGS,
}

KERNELS = (
    _narrow_kernel(Conv2D, _is_pointwise),
    _narrow_kernel(FullyConnected, _has_rows),
    _kernel(Conv2D, _is_pointwise),
    _kernel(FullyConnected, _has_rows),
    _few_kernel(Conv2D, _is_pointwise),
    *(_short_kernel(Conv2D, symbol, form, _is_pointwise) for symbol, form in SHORT_FORMS.items()),
    *(
        _short_kernel(FullyConnected, symbol, form, _has_rows)
        for symbol, form in SHORT_FORMS.items()
    ),
)
