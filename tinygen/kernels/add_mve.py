"""C kernel of Add for Helium (MVE): one multiply-add for each input, where that is proved to be exact."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, Arithmetic
from tinygen.ir import Call
from tinygen.kernels import add, mve
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import sizes_fit
from tinygen.ops.add import Add, AddNativeConstants

MOST_SHIFT, LEAST_SHIFT = 24, 17
"""The sum loses 16 bits by narrowing and 1 to 8 by a rounding shift."""

FACTOR_CHANGES = 3
"""Factors are tried within so many units of the nearest integers."""


@dataclass(frozen=True, kw_only=True)
class _Sum:
    """y = clamp((a * factor_a + b * factor_b + bias) >> shift), before the activation's bounds."""

    factor_a: int
    factor_b: int
    bias: int
    shift: int


def _exact_sum(call: Call) -> _Sum | None:
    """The form that gives every byte of the operator's own arithmetic; None if none was found."""
    if call.arithmetic is Arithmetic.NATIVE:
        return _native_sum(call.op.native_constants(call))
    a, b = (t.quantization for t in call.inputs)
    out = call.output.quantization
    scales = (a.scale / out.scale, b.scale / out.scale)
    values = np.arange(-128, 128).astype(np.int8)
    wanted = call.op.combine(call, *np.meshgrid(values, values, indexing="ij"))
    low, high = call.op.activation.integer_bounds(out)
    return _search(scales, wanted.astype(np.int16).tobytes(), (low, high))


def _native_sum(n: AddNativeConstants) -> _Sum | None:
    if n.shift < LEAST_SHIFT:
        return None
    found = _Sum(factor_a=n.a, factor_b=n.b, bias=n.bias, shift=n.shift)
    return found if _fits_in_int32(found) else None


@lru_cache(maxsize=64)
def _search(scales: tuple[float, float], wanted: bytes, bounds: tuple[int, int]) -> _Sum | None:
    """Factors and a bias that are right for each of the 65,536 pairs; `wanted`: int16 [a, b]."""
    table = np.frombuffer(wanted, np.int16).reshape(256, 256).astype(np.int64)
    for shift in range(MOST_SHIFT, LEAST_SHIFT - 1, -1):
        for factor_a, factor_b in _factors(scales, shift):
            bias = _bias(factor_a, factor_b, shift, table, bounds)
            if bias is None:
                continue
            found = _Sum(factor_a=factor_a, factor_b=factor_b, bias=bias, shift=shift)
            if _fits_in_int32(found):
                return found
    return None


def _factors(scales: tuple[float, float], shift: int) -> Iterator[tuple[int, int]]:
    """Pairs of factors, the nearest first."""
    nearest = [round(s * 2**shift) for s in scales]
    if 128 * sum(nearest) > INT32_MAX:
        return
    near = range(-FACTOR_CHANGES, FACTOR_CHANGES + 1)
    changes = sorted(((i, j) for i in near for j in near), key=lambda c: abs(c[0]) + abs(c[1]))
    yield from ((nearest[0] + i, nearest[1] + j) for i, j in changes)


def _bias(
    factor_a: int, factor_b: int, shift: int, wanted: NDArray[np.int64], bounds: tuple[int, int]
) -> int | None:
    """The middle of the biases with which no pair is wrong; None if there are none."""
    q = np.arange(-128, 128, dtype=np.int64)
    sums = (q * factor_a)[:, None] + q * factor_b
    need, room = (wanted << shift) - sums, ((wanted + 1) << shift) - 1 - sums
    low, high = bounds
    least = int(np.where(wanted > low, need, -(2**40)).max())
    most = int(np.where(wanted < high, room, 2**40).min())
    return (least + most) >> 1 if least <= most and most - least < 2**40 else None


def _fits_in_int32(s: _Sum) -> bool:
    return 128 * (s.factor_a + s.factor_b) + abs(s.bias) + (1 << s.shift) <= INT32_MAX


def _has_one_shape(call: Call) -> str | None:
    same = all(t.size == call.output.size for t in call.inputs)
    return None if same else "is only for inputs of the output's shape"


def _has_exact_sum(call: Call) -> str | None:
    return None if _exact_sum(call) else "no sum of products is exact for these scales"


def _lower(call: Call) -> tuple[KernelCall, ...]:
    found = _exact_sum(call)
    if found is None:
        raise ValueError(f"layer '{call.node.name}' has no exact form")
    low, high = call.op.activation.integer_bounds(call.output.quantization)
    fields = {
        "a_factor": found.factor_a,
        "b_factor": found.factor_b,
        "bias": found.bias - (1 << (found.shift - 1)),
        "minus_shift": 16 - found.shift,
        "size": call.output.size,
        "out_min": low,
        "out_max": high,
    }
    params = Struct(tag="tg_add_mve", fields=fields)
    return (KernelCall(params=params, inputs=(0, 1), proofs=(_statement(call),)),)


def _statement(call: Call) -> str:
    if call.arithmetic is Arithmetic.NATIVE:
        return "sum of two products with the operator's own constants: no step can leave int32"
    return "sum of two products: compared for all pairs of int8"


(_TEXTBOOK,) = (kernel for kernel in add.KERNELS if kernel.symbol == "tg_add_s8")

KERNELS = (
    Kernel(
        op=Add,
        symbol="tg_add_s8_mve",
        header="tg_add_mve.h",
        source="arm_mve/tg_add_s8_mve.c",
        needs=mve.MVE,
        specificity=mve.SPECIFICITY,
        fits=all_of(sizes_fit, _has_one_shape, _has_exact_sum),
        lower=_lower,
        in_place=(0, 1),
        counts=lambda call: {"call": 1, "outputs": call.output.size},
    ),
    dataclasses.replace(
        _TEXTBOOK,
        symbol="tg_add_textbook_s8_mve",
        header="tg_add_mve.h",
        source="arm_mve/tg_add_textbook_s8_mve.c",
        needs=mve.MVE,
        specificity=mve.SPECIFICITY - 1,
        counts=lambda call: {"call": 1, "outputs": call.output.size},
    ),
)
