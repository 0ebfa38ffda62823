"""The C kernel of Conv2D in groups for the Arm DSP extension: every group is an image of its own, done in strips."""

from collections.abc import Mapping
from dataclasses import replace
from math import prod

import numpy as np

from tinygen.ir import Call
from tinygen.kernels.conv2d_mixed import blocks_of, mixes, weight_sums, window_of
from tinygen.kernels.conv2d_strips_dsp import STRIPS
from tinygen.kernels.dsp import DSP
from tinygen.kernels.dsp_scale import find_scale, scale_struct
from tinygen.kernels.kernel import Array, Kernel, KernelCall, Struct, all_of, int32
from tinygen.kernels.lowering import POINTER_BYTES, window_struct
from tinygen.ops.conv2d import Conv2D


def _of_group(call: Call, group: int = 0) -> Call:
    """The layer of one group."""
    groups = call.op.groups(call)
    x, weights, *bias = call.inputs
    count = weights.shape[0] // groups
    part = slice(group * count, (group + 1) * count)
    quantization = weights.quantization
    if quantization.axis is not None:
        quantization = replace(
            quantization,
            scales=quantization.scales[part],
            zero_points=quantization.zero_points[part],
        )
    own = replace(
        weights,
        shape=(count, *weights.shape[1:]),
        data=weights.data[part],
        quantization=quantization,
    )
    return replace(
        call,
        inputs=(
            replace(x, shape=(*x.shape[:3], weights.shape[3])),
            own,
            *(replace(b, shape=(count,), data=b.data[part]) for b in bias),
        ),
        outputs=(replace(call.output, shape=(*call.output.shape[:3], count)),),
        input_ranges=(),
    )


def _fits(call: Call) -> str | None:
    if call.op.groups(call) == 1:
        return "is only for several groups"
    return STRIPS.fits(_of_group(call))


def _words(calls: list[KernelCall], name: str) -> Array:
    """The weights of all groups, one behind the other."""
    found = [kernel_call.params.fields[name] for kernel_call in calls]
    return int32(name, np.concatenate([a.data for a in found]), found[0].role)


def _lower(call: Call) -> tuple[KernelCall, ...]:
    groups, scale = call.op.groups(call), find_scale(call, weight_sums(call))
    lowered = [k for g in range(groups) for k in STRIPS.lower(_of_group(call, g))]
    first = lowered[0].params
    # one form for all groups, which share the code that applies it
    words = scale_struct(scale, blocks_of(call))
    one = {**first.fields, "weights": _words(lowered, "weights"), "scale": words}
    params = Struct(
        tag="tg_conv2d_groups_dsp",
        fields={
            "window": window_struct(window_of(call), call.inputs[0].shape, call.output.shape),
            "groups": groups,
            "weights_step": one["weights"].data.size // groups,
            "blocks_step": words.fields["blocks"].data.size // groups,
            "one": Struct(tag=first.tag, fields=one),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scale.proof,)),)


def _scratch_bytes(call: Call) -> int:
    """The input and the output of a group, or of a row of it with pointers, and what the strips need."""
    one = _of_group(call)
    x, y, extent = one.inputs[0].shape, one.output.shape, window_of(call).extent[0]
    whole = prod(x) + prod(y)
    by_rows = extent * (POINTER_BYTES + prod(x[2:])) + prod(y[2:])
    return -(-max(whole, by_rows) // 8) * 8 + STRIPS.scratch_bytes(one)


def _counts(call: Call) -> Mapping[str, float]:
    """Those of the strips of all groups, and what is copied."""
    groups, one = call.op.groups(call), _of_group(call)
    strips = {term: groups * count for term, count in STRIPS.counts(one).items() if term != "call"}
    pixels = sum(t.size // t.channels for t in (one.inputs[0], one.output))
    return {
        **strips,
        "call": 1,
        "groups": groups,
        "pieces": groups * pixels,
        "piece bytes": call.inputs[0].size + call.output.size,
    }


KERNELS = (
    Kernel(
        op=Conv2D,
        symbol="tg_conv2d_groups_s8_dsp",
        header="tg_conv2d_groups_dsp.h",
        source="arm_dsp/tg_conv2d_groups_s8_dsp.c",
        needs=DSP,
        fits=all_of(_fits, mixes),
        lower=_lower,
        scratch_bytes=_scratch_bytes,
        counts=_counts,
    ),
)
