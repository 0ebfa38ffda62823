"""C kernels of DepthwiseConv2D for Helium (MVE)."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import mve
from tinygen.kernels.kernel import (
    Array,
    Fits,
    Kernel,
    KernelCall,
    Role,
    Struct,
    all_of,
    int8,
    int32,
)
from tinygen.kernels.leads import of_rows
from tinygen.kernels.lowering import POINTER_BYTES, pad_row, sizes_fit, window_fits, window_struct
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Window

EMPTY = 255
"""In the order of the taps: one whose weights are all 0."""

LARGEST_UNIT = 64
"""Lanes of a unit of several pixels; the weights of its pixels are stored one by one."""


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _weights(call: Call) -> NDArray[np.int64]:
    """[taps, channels]"""
    weights = call.inputs[1].data[0].astype(np.int64)
    return weights.reshape(-1, weights.shape[-1])


def _order(call: Call) -> list[int]:
    """The taps in pairs whose two products have a sum in int16: all but -128 * -128 twice."""
    weights = _weights(call)
    lowest = (weights == -128).any(1)
    taps = list(np.argsort(~lowest, kind="stable"))
    most = int(lowest.sum())
    if most > len(taps) - most:  # no partners for all: each gets an empty one
        return [int(t) for tap in taps for t in (tap, EMPTY)]
    # one with a -128 beside one without
    pairs = [(taps[i], taps[-1 - i]) for i in range(len(taps) // 2)]
    odd = [(taps[len(taps) // 2], EMPTY)] if len(taps) % 2 else []
    return [int(t) for pair in [*pairs, *odd] for t in pair]


NINE = 9


@dataclass(frozen=True, kw_only=True)
class Order:
    """The taps in the order in which they are summed."""

    taps: tuple[int, ...]
    first_three: bool = False


def _general_order(call: Call) -> Order:
    return Order(taps=tuple(_order(call)))


def _find_nine_order(call: Call) -> Order | None:
    """Three taps whose products have a sum in int16, or two and one; then pairs. None if -128 meets -128 always."""
    weights = _weights(call)
    if len(weights) != NINE:
        return None
    triples = [*itertools.combinations(range(NINE), 3)]
    best = min(triples, key=lambda t: np.abs(weights[list(t)]).sum(0).max())
    first_three = _fit_in_int16(weights, best)
    for first in [best, *triples]:
        rest = [t for t in range(NINE) if t not in first]
        groups = [rest[0:2], rest[2:4], rest[4:6], first if first_three else first[:2]]
        if all(_fit_in_int16(weights, g) for g in groups):
            return Order(taps=(*first, *rest), first_three=first_three)
        first_three = False
    return None


def _nine_order(call: Call) -> Order:
    order = _find_nine_order(call)
    if order is None:
        raise ValueError(f"layer '{call.node.name}' has no order of taps")
    return order


def _fit_in_int16(weights: NDArray[np.int64], taps: Sequence[int]) -> bool:
    """Whether every sum of products of these taps fits, for any int8 inputs."""
    w = weights[list(taps)]
    low, high = np.minimum(w * 127, w * -128).sum(0), np.maximum(w * 127, w * -128).sum(0)
    return bool(low.min() >= -(2**15) and high.max() < 2**15)


def _unit_pixels(call: Call) -> int:
    """Pixels that make a unit: few channels share vectors where pixels are neighbours in the input as well."""
    channels, width = call.output.channels, call.output.shape[2]
    if _window(call).stride[1] != 1:
        return 1
    most = max(1, min(width, LARGEST_UNIT // channels))

    def idle_lanes(pixels: int) -> float:
        return -(pixels * channels) % mve.STEP / pixels

    return min(range(1, most + 1), key=idle_lanes)


def _in_vectors(call: Call, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """[..., channels] -> [vectors, ..., 16] for the lanes of a unit."""
    lanes = np.concatenate([values] * _unit_pixels(call), axis=-1)
    widths = [(0, 0)] * (lanes.ndim - 1) + [(0, -lanes.shape[-1] % mve.STEP)]
    vectors = np.pad(lanes, widths)
    return np.moveaxis(vectors.reshape(*lanes.shape[:-1], -1, mve.STEP), -2, 0)


def _packed_weights(call: Call, order: Order) -> Array:
    weights = np.vstack([_weights(call), np.zeros(call.output.channels, np.int64)])
    ordered = weights[[-1 if t == EMPTY else t for t in order.taps]]
    return int8("weights", _in_vectors(call, ordered), Role.WEIGHTS)


def _packed_words(call: Call, words: NDArray[np.int64]) -> Array:
    """[kinds, channels] -> [vectors, quarters, kinds, 4]; quarters of lanes 0, 2, 1, 3 modulo 4."""
    quarters = _in_vectors(call, words)
    quarters = quarters.reshape(*quarters.shape[:2], 4, 4)[..., [0, 2, 1, 3]]
    return int32("words", quarters.transpose(0, 3, 1, 2))


def _fits(call: Call) -> str | None:
    if len(_order(call)) >= EMPTY:
        return "is only for kernels of fewer cells"
    return window_fits(_window(call), call)


def _has_output(call: Call) -> str | None:
    return mve.has_output(call, _weights(call).sum(0))


def _keeps_shape(call: Call) -> str | None:
    """What makes it safe to write the output over the input (tg_depthwise_conv2d_mve.h)."""
    window = _window(call)
    same = call.inputs[0].shape == call.output.shape and window.stride == (1, 1)
    if same and window.padding.top < window.extent[0]:
        return None
    return "works in place only with stride 1 and an output of the input's shape"


def _places(call: Call, order: Order) -> NDArray[np.int64]:
    """[taps, 2]: the row under the window, and bytes from the start of a padded row; an empty tap is the first."""
    window = _window(call)
    taps = np.array([0 if t == EMPTY else t for t in order.taps])
    ky, kx = taps // window.kernel[1], taps % window.kernel[1]
    columns = kx * window.dilation[1] * call.output.channels
    return np.stack([ky * window.dilation[0], columns], axis=1)


def _lower(call: Call, order: Order) -> tuple[KernelCall, ...]:
    x, window = call.inputs[0], _window(call)
    output = mve.output_of(call, _weights(call).sum(0))
    low, high = output.clip
    params = Struct(
        tag="tg_depthwise_conv2d_mve",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "channel_multiplier": call.op.multiplier(call),
            "unit_pixels": _unit_pixels(call),
            "taps": len(order.taps),
            "in_zero_point": x.zero_point,
            "out_min": low,
            "out_max": high,
            "form": int(output.form),
            "first_three": int(order.first_three),
            "places": int32("places", _places(call, order)),
            "weights": _packed_weights(call, order),
            "words": _packed_words(call, output.words),
            "factor": output.factor,
            "zero_point": output.zero_point,
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(output.proof,)),)


def _scratch_bytes(call: Call) -> int:
    """Pointers to the taps, then as many padded rows as the kernel sees, each with what vectors read beyond it."""
    window, x = _window(call), call.inputs[0]
    columns = x.shape[2] + window.padding.left + window.padding.right
    row = columns * call.output.channels + mve.STEP
    return len(_order(call)) * POINTER_BYTES + window.extent[0] * row


def _counts(call: Call, order: Order) -> dict[str, float]:
    """Rows of the output; units and vectors of their lanes; rows of the input, copied in vectors with their padding."""
    _, rows, width, channels = call.output.shape
    lanes = _unit_pixels(call) * channels
    whole, rest = divmod(width, _unit_pixels(call))
    units = rows * (whole + (rest > 0))
    vectors = rows * (whole * mve.steps_of(lanes) + mve.steps_of(rest * channels))
    output = mve.output_of(call, _weights(call).sum(0))
    step = lanes * _window(call).stride[1]
    return {
        "call": 1,
        "rows": rows,
        "taps": rows * len(order.taps),
        "units": units,
        "moved units": 0 if step == mve.steps_of(lanes) * mve.STEP else units,
        "vectors": vectors,
        "pairs": vectors * (len(order.taps) // 2),
        "vectors without three": 0 if order.first_three else vectors,
        "signed vectors": vectors if output.form is mve.Form.SIGNED else 0,
        "textbook vectors": vectors if output.form is mve.Form.TEXTBOOK else 0,
        **mve.clamp_counts(rows, width * channels, output),
        **mve.ring_counts(_window(call), call.inputs[0], rows, call.op.multiplier(call)),
    }


def _has_nine_taps(call: Call) -> str | None:
    if len(_weights(call)) != NINE:
        return "is only for kernels of nine cells"
    return None if _find_nine_order(call) else "two weights of -128 meet in every order"


def _lead(call: Call) -> int:
    """Rows are copied once."""
    return of_rows(call, _window(call), buffers_rows=True)


def _kernels(
    symbol: str, order_of: Callable[[Call], Order], *conditions: Fits
) -> tuple[Kernel, Kernel]:
    """The same C function twice: where it can work in place, and everywhere."""

    def row(in_place: tuple[int, ...], *more: Fits) -> Kernel:
        return Kernel(
            op=DepthwiseConv2D,
            symbol=symbol,
            header="tg_depthwise_conv2d_mve.h",
            source=f"arm_mve/{symbol}.c",
            needs=mve.MVE,
            specificity=mve.SPECIFICITY + len(conditions),
            fits=all_of(sizes_fit, *conditions, _fits, _has_output, *more),
            lower=lambda call: _lower(call, order_of(call)),
            scratch_bytes=_scratch_bytes,
            in_place=in_place,
            counts=lambda call: _counts(call, order_of(call)),
            lead=_lead,
        )

    return row((0,), _keeps_shape), row(())


KERNELS = (
    *_kernels("tg_depthwise_conv2d_nine_s8_mve", _nine_order, _has_nine_taps),
    *_kernels("tg_depthwise_conv2d_s8_mve", _general_order),
)
