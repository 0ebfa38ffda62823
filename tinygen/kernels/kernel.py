"""What a C kernel is to the generator: one row with everything that must agree with the C file.

Every kernel has the C signature

    void symbol(const struct <params> *layer, const int8_t *in..., int8_t *out[, void *scratch]);
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call, Operator

OUT_STEP = "out_step"
"""The field for the bytes from one pixel of the output to the next (Kernel.spreads)."""


class Role(enum.Enum):
    """What a constant array counts as in the flash figures."""

    WEIGHTS = "weights"
    CONSTANTS = "constants"


@dataclass(frozen=True, kw_only=True, eq=False)
class Array:
    """A constant C array; `data` is one-dimensional, of the element type that C sees."""

    name: str
    data: NDArray
    role: Role = Role.CONSTANTS
    alignment: int = 4


@dataclass(frozen=True, kw_only=True)
class Fill:
    """A constant int8 array of one value, shared by all that need it (rows of padding)."""

    value: int
    length: int


@dataclass(frozen=True, kw_only=True)
class Struct:
    """An initializer of `struct <tag>`: fields in the order of the C declaration."""

    tag: str
    fields: Mapping[str, "int | Array | Fill | Struct"]

    def with_out_step(self, step: int) -> "Struct":
        """The same with outputs so many bytes apart."""
        changed = {
            name: value.with_out_step(step) if isinstance(value, Struct) else value
            for name, value in self.fields.items()
        }
        return Struct(
            tag=self.tag, fields=changed | ({OUT_STEP: step} if OUT_STEP in changed else {})
        )


@dataclass(frozen=True, kw_only=True)
class KernelCall:
    """One call of the kernel: its parameters and which inputs of the node it reads, by index.

    `proofs` says in words what was proved about this node, for the manifest. Of a generated kernel `code` is the C of
    this call's own function: `$function` and `$<field>` stand for its name and those of the arrays in `params`;
    `code_bytes` is about how large it becomes.
    """

    params: Struct
    inputs: tuple[int, ...]
    proofs: tuple[str, ...] = ()
    code: str | None = None
    code_bytes: int = 0


Fits = Callable[[Call], str | None]
"""A condition on a node: None, or the reason why a kernel cannot take it."""


def all_of(*conditions: Fits) -> Fits:
    """The condition that all of these hold; it gives the first reason against."""

    def fits(call: Call) -> str | None:
        return next((reason for c in conditions if (reason := c(call)) is not None), None)

    return fits


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """A C kernel and the conditions under which it computes an operator.

    `lower` gives the calls (usually one) with weights packed as the kernel wants them. `fits` returns None, or
    the reason why the kernel cannot take this node. `scratch_bytes` is None for kernels without scratch. The
    output may take the place of any input listed in `in_place` (same address, same size). With `moves_only` the
    output is the first input byte for byte: where they share the address, no call is needed. Among rows that need
    the same features, those with the larger `specificity` are tried first. `counts` gives the terms of which the
    kernel's cycles are a linear function: how often each of its loops runs for this node. A kernel without a `source`
    is generated: every call brings its own function, with the arguments but `layer`. `estimate` gives about its cycles
    where they follow from a node's constants rather than from its loops, and nobody has measured it. With a `lead` the
    output may lie over an input if that starts so many bytes above it (leads.py): over the first, or the one that
    `lead_over` names by its index. With `lead_is_exact` it must start exactly so many bytes above. A row that is
    `whole_only` has no use for the row interface of its C function: it sees the layer as another (upright.py,
    conv2d_as_depthwise.py).
    `less_scratch` gives the same C function with buffers of at most so many bytes, or as few as it can work with.
    `row_counts` are the counts of its row interface, where these are not those of a tensor of as many rows.
    `parts` says which inputs the output holds byte for byte, by index, and how many bytes from its start; a call that
    reads nothing but such an input copies it there, and is not needed where it lies there already. With a `parts_step`
    that is not None the pieces of such an input, as long as its last dimension, lie so many bytes apart.
    `spreads`: whether the kernel can write the node's output in such pieces. Then a field `out_step` of its struct, or
    of a struct in it, says how many bytes they are apart; `lower` fills in the last dimension.
    `rows_in_place` says of the node as a call of the row interface sees it (stride 1, rows of one shape) whether its
    output rows may lie in input rows that no later call reads: the first one in the first of these, and so on.
    """

    op: type[Operator]
    symbol: str
    header: str
    source: str | None
    lower: Callable[[Call], tuple[KernelCall, ...]]
    arithmetics: frozenset[Arithmetic] = frozenset(Arithmetic)
    needs: frozenset[str] = frozenset()
    fits: Fits = all_of()
    scratch_bytes: Callable[[Call], int] | None = None
    in_place: tuple[int, ...] = ()
    moves_only: bool = False
    specificity: int = 0
    counts: Callable[[Call], Mapping[str, float]] | None = None
    lead: Callable[[Call], int] | None = None
    lead_over: Callable[[Call], int] = lambda _: 0
    lead_is_exact: bool = False
    estimate: Callable[[Call], float] | None = None
    whole_only: bool = False
    less_scratch: Callable[[int], "Kernel"] | None = None
    row_counts: Callable[[Call], Mapping[str, float]] | None = None
    rows_in_place: Callable[[Call], bool] | None = None
    parts: Callable[[Call], Mapping[int, int]] | None = None
    parts_step: Callable[[Call], int | None] = lambda _: None
    spreads: Callable[[Call], bool] = lambda _: False

    @property
    def is_generated(self) -> bool:
        """True where there is no C but what the calls bring."""
        return self.source is None

    def reason_against(self, call: Call, features: frozenset[str]) -> str | None:
        """Why this kernel cannot compute the node on a core with these features; None if it can."""
        missing = self.needs - features
        if missing:
            return f"needs {', '.join(sorted(missing))}"
        if call.arithmetic not in self.arithmetics:
            return f"has no {call.arithmetic.value} arithmetic"
        return self.fits(call)


def int32(name: str, values: NDArray, role: Role = Role.CONSTANTS) -> Array:
    """An int32 constant array; values outside of int32 are an error of the generator."""
    data = np.asarray(values, np.int64)
    if data.size and (data.min() < -(2**31) or data.max() >= 2**31):
        raise ValueError(f"{name} does not fit in int32")
    return Array(name=name, data=data.astype(np.int32).ravel(), role=role)


def int8(name: str, values: NDArray, role: Role = Role.CONSTANTS) -> Array:
    """An int8 constant array."""
    data = np.asarray(values, np.int64)
    if data.size and (data.min() < -128 or data.max() > 127):
        raise ValueError(f"{name} does not fit in int8")
    return Array(name=name, data=data.astype(np.int8).ravel(), role=role)
