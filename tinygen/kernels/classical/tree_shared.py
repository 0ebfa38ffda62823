"""Float32 trees as tables with thresholds in common: smaller than those of tree_table.py (tg_tree_sums.h)."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType
from tinygen.kernels.classical import tree_table
from tinygen.kernels.classical.forest import Forest, forest_of, rows_of, values_of
from tinygen.kernels.classical.lowering import int16, unsigned
from tinygen.kernels.classical.tree_table import (
    LEFT_IS_LEAF,
    MOST_REFERENCE,
    RIGHT_IS_LEAF,
    TooLargeError,
    targets_array,
)
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.tree_sums import TreeSums

LEAF_BITS = 7
"""Of a leaf beside another leaf."""


def _feature_bits(forest: Forest) -> int:
    return max(int(forest.features.max(initial=0)), 1).bit_length()


def shared_trees(forest: Forest, names: NDArray[np.int64]) -> list[list[int]]:
    """The 16-bit units of every tree; `names[leaf]` is what the walk returns for a leaf."""
    bits = _feature_bits(forest)
    places = np.unique(forest.thresholds, return_inverse=True)[1].ravel()

    def units(node: int) -> list[int]:
        left, right = (int(r) for r in forest.children[node])
        comparison = _fitting(int(forest.features[node]) | int(places[node]) << bits, 0xFFFF)
        below: list[int] = []
        if left < 0 and right < 0:
            most = (1 << LEAF_BITS) - 1
            first, second = (_fitting(int(names[~leaf]), most) for leaf in (left, right))
            reference = LEFT_IS_LEAF | RIGHT_IS_LEAF | first << LEAF_BITS | second
        elif left < 0:
            reference = LEFT_IS_LEAF | _fitting(int(names[~left]), MOST_REFERENCE)
            below = units(right)
        elif right < 0:
            reference = RIGHT_IS_LEAF | _fitting(int(names[~right]), MOST_REFERENCE)
            below = units(left)
        else:
            below = units(left)
            reference = _fitting(len(below), MOST_REFERENCE)
            below += units(right)
        return [comparison, reference, *below]

    return [units(root) for root in forest.roots]


def _fitting(value: int, most: int) -> int:
    if value > most:
        raise TooLargeError(f"{value} is above {most}")
    return value


def _objection(forest: Forest, names: NDArray[np.int64]) -> str | None:
    try:
        sizes = [len(units) for units in shared_trees(forest, names)]
    except (TooLargeError, RecursionError) as error:
        return f"a tree is too large for the shared form ({error})"
    return None if max(sizes) <= 0xFFFF else "a tree has more than 65535 units"


def _fits(of_leaves: Fits, names_of: Callable[[Forest], NDArray[np.int64]]) -> Fits:
    """`of_leaves` is the condition of the form that shares nothing; float32 features."""

    def fits(call: Call) -> str | None:
        if call.inputs[0].dtype is not DType.FLOAT32:
            return "the features are not float32"
        forest = forest_of(call)
        return of_leaves(call) or _objection(forest, names_of(forest))

    return fits


def _fields(forest: Forest, names: NDArray[np.int64]) -> dict:
    trees = shared_trees(forest, names)
    return {
        "feature_bits": _feature_bits(forest),
        "sizes": unsigned("sizes", np.array([len(t) for t in trees]), np.uint16),
        "nodes": unsigned("nodes", np.concatenate(trees), np.uint16, Role.WEIGHTS),
        "thresholds": int32("thresholds", np.unique(forest.thresholds), Role.WEIGHTS),
    }


def _lower_rows(call: Call) -> tuple[KernelCall, ...]:
    forest = forest_of(call)
    rows = rows_of(forest)
    fields = {
        "trees": len(forest.roots),
        "outputs": forest.outputs,
        "output_bits": rows.output_bits,
        **_fields(forest, rows.start),
        "entries": unsigned("entries", rows.entries, np.uint16, Role.WEIGHTS),
        "bias": int32("bias", forest.bias),
    }
    return (KernelCall(params=Struct(tag="tg_tree_shared_rows", fields=fields), inputs=(0,)),)


def _lower_values(call: Call) -> tuple[KernelCall, ...]:
    forest = forest_of(call)
    values = values_of(forest)
    fields = {
        "trees": len(forest.roots),
        "outputs": forest.outputs,
        **_fields(forest, values.index),
        "values": int16("values", values.values, Role.WEIGHTS),
        "targets": targets_array(forest),
        "bias": int32("bias", forest.bias),
    }
    return (KernelCall(params=Struct(tag="tg_tree_shared_values", fields=fields), inputs=(0,)),)


def _kernel(kind: str, fits: Fits, lower: Callable) -> Kernel:
    symbol = f"tg_tree_shared_{kind}_f32"
    return Kernel(
        op=TreeSums,
        symbol=symbol,
        header="tg_tree_sums.h",
        source=f"portable/{symbol}.c",
        fits=fits,
        lower=lower,
        specificity=1,
        estimate=lambda call: tree_table.estimate(call, 15.0),
    )


KERNELS = (
    _kernel("rows", _fits(tree_table.rows_fit, lambda f: rows_of(f).start), _lower_rows),
    _kernel("values", _fits(tree_table.values_fit, lambda f: values_of(f).index), _lower_values),
)
