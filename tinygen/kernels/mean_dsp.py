"""C kernel of Mean for the Arm DSP extension: four neighbouring results at a time."""

from collections.abc import Mapping

import numpy as np

from tinygen.fixedpoint import INT8_MAX, INT8_MIN
from tinygen.ir import Call, Range
from tinygen.kernels.dsp import DSP
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import sizes_fit
from tinygen.kernels.mean import view_fits, view_of
from tinygen.ops.mean import Mean
from tinygen.proofs.requantization import Channels, Place, Scaled, prove

FOUR = 4
"""Results that lie side by side."""


def _bias(call: Call) -> int:
    return -call.op.count(call) * call.inputs[0].zero_point


def _channels(call: Call) -> Channels:
    """All results as one channel."""
    op: Mean = call.op
    m, n = op.multiplier(call), op.count(call)
    low, high = n * INT8_MIN + _bias(call), n * INT8_MAX + _bias(call)
    return Channels(
        arithmetic=call.arithmetic,
        bias=np.array([_bias(call)]),
        multipliers=np.array([m.value]),
        right=np.array([-m.shift]),
        acc=Range(low=np.array([low]), high=np.array([high])),
        zero_point=call.output.zero_point,
        out_min=INT8_MIN,
        out_max=INT8_MAX,
    )


def _scaled(call: Call) -> Scaled | None:
    return prove(_channels(call), place=Place.PRODUCT)


def _fits(call: Call) -> str | None:
    view = view_of(call)
    if view is not None and view["inner"] < FOUR:
        return f"wants {FOUR} results or more side by side"
    return "no form with one product is exact" if _scaled(call) is None else None


def _lower(call: Call) -> tuple[KernelCall, ...]:
    scaled = _scaled(call)
    assert scaled is not None, "the kernel's condition has proved it"
    fields = {
        **view_of(call),
        "bias": _bias(call),
        "multiplier": int(scaled.multipliers[0]),
        "offset": int(scaled.offsets[0]),
        "sign": int(scaled.signs[0]),
        "prescale": scaled.prescale,
    }
    params = Struct(tag="tg_mean_dsp", fields=fields)
    return (KernelCall(params=params, inputs=(0,), proofs=(scaled.statement,)),)


def _counts(call: Call) -> Mapping[str, float]:
    """Fours of results, their runs of cells, and the loops over these."""
    view = view_of(call)
    fours = view["outer"] * view["middle"] * -(-view["inner"] // FOUR)
    runs = fours * view["first"]
    return {
        "call": 1,
        "fours": fours,
        "runs": runs,
        "cells by fours": runs * (view["second"] // FOUR),
        "cells left": runs * (view["second"] % FOUR),
    }


KERNELS = (
    Kernel(
        op=Mean,
        symbol="tg_mean_s8_dsp",
        header="tg_mean_dsp.h",
        source="arm_dsp/tg_mean_s8_dsp.c",
        needs=DSP,
        fits=all_of(sizes_fit, view_fits, _fits),
        lower=_lower,
        counts=_counts,
    ),
)
