"""Kernels of elementwise functions of two tensors: the rows that they share, and how they walk two tensors."""

import math
from collections.abc import Callable

import numpy as np

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call, Operator, Tensor
from tinygen.kernels.kernel import Array, Fits, Kernel, KernelCall, Struct, all_of, int32
from tinygen.kernels.lowering import sizes_fit

MAX_DIMENSIONS = 4


def binary_kernels(
    op: type[Operator],
    name: str,
    arithmetic: Arithmetic | None,
    constants: Callable[[Call], Struct],
    *condition: Fits,
    runs: Arithmetic | None = None,
) -> tuple[Kernel, Kernel]:
    """The kernels of `tg_<name>.h` for inputs of one shape and for inputs that broadcast, in one arithmetic.

    Their structs are `{size, constants}` and `{broadcast, constants}`, and are called as the kernels are, without
    `_s8`. An input of the output's size may be overwritten: it is read just before its place is written. With `runs`
    the C is that of another arithmetic, and `condition` says where it gives the same bytes. None stands for both
    arithmetics, where they are the same.
    """
    suffix = "_native" if (runs or arithmetic) is Arithmetic.NATIVE else ""

    def row(stem: str, fits: Fits, shape: Callable[[Call], dict[str, int | Struct]]) -> Kernel:
        def lower(call: Call) -> tuple[KernelCall, ...]:
            fields = {**shape(call), "constants": constants(call)}
            params = Struct(tag=f"{stem}{suffix}", fields=fields)
            return (KernelCall(params=params, inputs=(0, 1)),)

        symbol = f"{stem}_s8{suffix}"
        return Kernel(
            op=op,
            symbol=symbol,
            header=f"tg_{name}.h",
            source=f"portable/{symbol}.c",
            arithmetics=frozenset({arithmetic} if arithmetic else Arithmetic),
            fits=all_of(sizes_fit, fits, *condition),
            specificity=len(condition),
            lower=lower,
            in_place=(0, 1),
        )

    return (
        row(f"tg_{name}", has_one_shape, lambda call: {"size": call.output.size}),
        row(f"tg_{name}_broadcast", _has_few_dimensions, lambda c: {"broadcast": _broadcast(c)}),
    )


def has_one_shape(call: Call) -> str | None:
    """The condition that nothing is repeated."""
    same = all(t.size == call.output.size for t in call.inputs)
    return None if same else "is only for inputs of the output's shape"


def _has_few_dimensions(call: Call) -> str | None:
    count = len(_view(call)[0])
    return None if count <= MAX_DIMENSIONS else f"{count} dimensions repeat in different ways"


def _broadcast(call: Call) -> Struct:
    """`struct tg_broadcast`"""
    shape, (a, b) = _view(call)
    return Struct(
        tag="tg_broadcast",
        fields={
            "shape": _four("shape", shape, 1),
            "a_strides": _four("a_strides", a, 0),
            "b_strides": _four("b_strides", b, 0),
        },
    )


def _four(name: str, values: list[int], fill: int) -> Array:
    return int32(name, np.array([fill] * (MAX_DIMENSIONS - len(values)) + values))


def _view(call: Call) -> tuple[list[int], list[list[int]]]:
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
