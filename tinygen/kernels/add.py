"""C kernels of Add."""

import math

import numpy as np

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call, Tensor
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of, int32
from tinygen.kernels.lowering import sizes_fit
from tinygen.ops.add import Add

MAX_DIMENSIONS = 4


def _constants(call: Call) -> Struct:
    """`struct tg_add_constants` or `struct tg_add_native_constants`."""
    op: Add = call.op
    low, high = op.activation.integer_bounds(call.output.quantization)
    bounds = {"out_min": low, "out_max": high}
    if call.arithmetic is Arithmetic.NATIVE:
        n = op.native_constants(call)
        fields = {"a_factor": n.a, "b_factor": n.b, "bias": n.bias, "shift": n.shift}
        return Struct(tag="tg_add_native_constants", fields={**fields, **bounds})
    m = op.tflm_constants(call)
    a, b = call.inputs
    fields = {
        "a_multiplier": m.a.value,
        "b_multiplier": m.b.value,
        "out_multiplier": m.out.value,
        "a_shift": m.a.shift,
        "b_shift": m.b.shift,
        "out_shift": m.out.shift,
        "a_zero_point": a.zero_point,
        "b_zero_point": b.zero_point,
        "out_zero_point": call.output.zero_point,
    }
    return Struct(tag="tg_add_constants", fields={**fields, **bounds})


def _suffix(call: Call) -> str:
    return "_native" if call.arithmetic is Arithmetic.NATIVE else ""


def _lower_elementwise(call: Call) -> tuple[KernelCall, ...]:
    fields = {"size": call.output.size, "constants": _constants(call)}
    return (KernelCall(params=Struct(tag=f"tg_add{_suffix(call)}", fields=fields), inputs=(0, 1)),)


def _has_one_shape(call: Call) -> str | None:
    same = all(t.size == call.output.size for t in call.inputs)
    return None if same else "is only for inputs of the output's shape"


def _broadcast_view(call: Call) -> tuple[list[int], list[list[int]]]:
    """The output's shape and the strides of both inputs, with as few dimensions as they can have."""
    out = call.output.shape
    strides = [_strides(t, out) for t in call.inputs]
    shape: list[int] = []
    merged: list[list[int]] = [[], []]
    for i, length in enumerate(out):
        if length == 1:
            continue
        step = [s[i] for s in strides]
        if shape and all(m[-1] == s * length for m, s in zip(merged, step, strict=True)):
            shape[-1] *= length
            for m, s in zip(merged, step, strict=True):
                m[-1] = s
        else:
            shape.append(length)
            for m, s in zip(merged, step, strict=True):
                m.append(s)
    return shape, merged


def _strides(tensor: Tensor, out: tuple[int, ...]) -> list[int]:
    """Elements from one index to the next along every dimension of the output; 0 where values repeat."""
    shape = (1,) * (len(out) - len(tensor.shape)) + tensor.shape
    return [0 if d == 1 else math.prod(shape[i + 1 :]) for i, d in enumerate(shape)]


def _four(name: str, values: list[int], fill: int) -> np.ndarray:
    return int32(name, np.array([fill] * (MAX_DIMENSIONS - len(values)) + values))


def _lower_broadcast(call: Call) -> tuple[KernelCall, ...]:
    shape, (a, b) = _broadcast_view(call)
    broadcast = Struct(
        tag="tg_broadcast",
        fields={
            "shape": _four("shape", shape, 1),
            "a_strides": _four("a_strides", a, 0),
            "b_strides": _four("b_strides", b, 0),
        },
    )
    fields = {"broadcast": broadcast, "constants": _constants(call)}
    tag = f"tg_add_broadcast{_suffix(call)}"
    return (KernelCall(params=Struct(tag=tag, fields=fields), inputs=(0, 1)),)


def _has_few_dimensions(call: Call) -> str | None:
    count = len(_broadcast_view(call)[0])
    return None if count <= MAX_DIMENSIONS else f"{count} dimensions repeat in different ways"


def _elementwise(symbol: str, arithmetic: Arithmetic) -> Kernel:
    return Kernel(
        op=Add,
        symbol=symbol,
        header="tg_add.h",
        source=f"portable/{symbol}.c",
        arithmetics=frozenset({arithmetic}),
        fits=all_of(sizes_fit, _has_one_shape),
        lower=_lower_elementwise,
        in_place=(0, 1),
    )


def _broadcast(symbol: str, arithmetic: Arithmetic) -> Kernel:
    return Kernel(
        op=Add,
        symbol=symbol,
        header="tg_add.h",
        source=f"portable/{symbol}.c",
        arithmetics=frozenset({arithmetic}),
        fits=all_of(sizes_fit, _has_few_dimensions),
        lower=_lower_broadcast,
        in_place=(0, 1),
    )


KERNELS = (
    _elementwise("tg_add_s8", Arithmetic.TFLM),
    _elementwise("tg_add_s8_native", Arithmetic.NATIVE),
    _broadcast("tg_add_broadcast_s8", Arithmetic.TFLM),
    _broadcast("tg_add_broadcast_s8_native", Arithmetic.NATIVE),
)
"""An input of the output's size is read element by element just before its place is written."""
