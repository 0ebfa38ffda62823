"""Trees as tables: small, and one loop for all. Packed into 16-bit units where they fit (tg_tree_sums.h)."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType
from tinygen.kernels.classical.forest import Forest, forest_of, rows_of, values_of
from tinygen.kernels.classical.lowering import TYPE_SUFFIX, int16, unsigned
from tinygen.kernels.kernel import Array, Fits, Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.tree_sums import TreeSums

LEFT_IS_LEAF, RIGHT_IS_LEAF, MOST_REFERENCE = 0x8000, 0x4000, 0x3FFF


class TooLargeError(ValueError):
    """A tree that the packed form cannot express."""


def packed_trees(forest: Forest, names: NDArray[np.int64]) -> list[list[int]]:
    """The 16-bit units of every tree; `names[leaf]` is what the walk returns for a leaf."""

    def units(node: int) -> list[int]:
        left, right = (int(r) for r in forest.children[node])
        reference = 0
        if left < 0:
            reference |= LEFT_IS_LEAF
            below_left = [_fitting(int(names[~left]), 0xFFFF)]
        else:
            below_left = units(left)
        if right < 0:
            reference |= RIGHT_IS_LEAF | _fitting(int(names[~right]), MOST_REFERENCE)
            below_right = []
        else:
            reference |= _fitting(len(below_left), MOST_REFERENCE)
            below_right = units(right)
        comparison = _comparison(forest, node)
        return [*comparison, reference, *below_left, *below_right]

    return [units(root) for root in forest.roots]


def _comparison(forest: Forest, node: int) -> list[int]:
    feature, threshold = int(forest.features[node]), int(forest.thresholds[node])
    if forest.type is DType.INT8:
        return [_fitting(feature, 255) | (threshold & 0xFF) << 8]
    if forest.type is DType.INT16:
        return [_fitting(feature, 0xFFFF), threshold & 0xFFFF]
    return [_fitting(feature, 0xFFFF), threshold & 0xFFFF, (threshold >> 16) & 0xFFFF]


def _fitting(value: int, most: int) -> int:
    if not 0 <= value <= most:
        raise TooLargeError(f"{value} is above {most}")
    return value


def _objection(forest: Forest, names: NDArray[np.int64]) -> str | None:
    try:
        sizes = [len(units) for units in packed_trees(forest, names)]
    except (TooLargeError, RecursionError) as error:
        return f"a tree is too large for the packed form ({error})"
    if not sizes:
        return "every tree is a single leaf"
    return None if max(sizes) <= 0xFFFF else "a tree has more than 65535 units"


def _type_is(dtype: DType) -> Fits:
    def fits(call: Call) -> str | None:
        return None if call.inputs[0].dtype is dtype else f"the features are not {dtype.value}"

    return fits


def rows_fit(call: Call) -> str | None:
    """Leaves that add to several outputs, as 16-bit entries."""
    forest = forest_of(call)
    if forest.roots and forest.targets is not None:
        return "every tree adds to one output only"
    rows = rows_of(forest)
    return (
        "a leaf does not fit into 16-bit entries"
        if rows is None
        else _objection(forest, rows.start)
    )


def values_fit(call: Call) -> str | None:
    """Leaves that add an int16 to one output of their tree."""
    forest = forest_of(call)
    targets = forest.targets
    if targets is None or forest.outputs > 256:
        return "a tree adds to several outputs"
    if np.abs(forest.leaves).max() > 32767:
        return "a leaf is no int16"
    return _objection(forest, values_of(forest).index)


def _lower_rows(call: Call) -> tuple[KernelCall, ...]:
    forest = forest_of(call)
    rows = rows_of(forest)
    trees = packed_trees(forest, rows.start)
    fields = {
        "trees": len(trees),
        "outputs": forest.outputs,
        "output_bits": rows.output_bits,
        "sizes": unsigned("sizes", np.array([len(t) for t in trees]), np.uint16),
        "nodes": unsigned("nodes", np.concatenate(trees), np.uint16, Role.WEIGHTS),
        "entries": unsigned("entries", rows.entries, np.uint16, Role.WEIGHTS),
        "bias": int32("bias", forest.bias),
    }
    return (KernelCall(params=Struct(tag="tg_tree_rows", fields=fields), inputs=(0,)),)


def targets_array(forest: Forest) -> Array:
    """The output of every tree; TooLargeError where a tree has several."""
    targets = forest.targets
    if targets is None:
        raise TooLargeError("a tree adds to several outputs")
    return unsigned("targets", np.array(targets), np.uint8)


def _lower_values(call: Call) -> tuple[KernelCall, ...]:
    forest = forest_of(call)
    values = values_of(forest)
    trees = packed_trees(forest, values.index)
    fields = {
        "trees": len(trees),
        "outputs": forest.outputs,
        "sizes": unsigned("sizes", np.array([len(t) for t in trees]), np.uint16),
        "nodes": unsigned("nodes", np.concatenate(trees), np.uint16, Role.WEIGHTS),
        "values": int16("values", values.values, Role.WEIGHTS),
        "targets": targets_array(forest),
        "bias": int32("bias", forest.bias),
    }
    return (KernelCall(params=Struct(tag="tg_tree_values", fields=fields), inputs=(0,)),)


def _lower_any(call: Call) -> tuple[KernelCall, ...]:
    constants = [t.data for t in call.inputs[1:]]
    features, thresholds, children, roots, leaves, bias = constants
    fields = {
        "trees": roots.size,
        "outputs": leaves.shape[1],
        "type": tuple(TYPE_SUFFIX).index(call.inputs[0].dtype),
        "features": int32("features", features, Role.WEIGHTS),
        "thresholds": int32("thresholds", thresholds, Role.WEIGHTS),
        "children": int32("children", children, Role.WEIGHTS),
        "roots": int32("roots", roots),
        "leaves": int32("leaves", leaves, Role.WEIGHTS),
        "bias": int32("bias", bias),
    }
    return (KernelCall(params=Struct(tag="tg_tree_table", fields=fields), inputs=(0,)),)


def _packed(kind: str, fits: Fits, lower: Callable, dtype: DType) -> Kernel:
    def fits_type(call: Call) -> str | None:
        return _type_is(dtype)(call) or fits(call)

    symbol = f"tg_tree_{kind}_{TYPE_SUFFIX[dtype]}"
    return Kernel(
        op=TreeSums,
        symbol=symbol,
        header="tg_tree_sums.h",
        source=f"portable/{symbol}.c",
        fits=fits_type,
        lower=lower,
        specificity=1,
        estimate=lambda call: estimate(call, 12.0),
    )


def estimate(call: Call, cycles_per_level: float) -> float:
    """Cycles of a walk through all trees."""
    forest = forest_of(call)
    trees = 30.0 * len(forest.roots)
    return cycles_per_level * forest.mean_levels + trees + 6.0 * forest.outputs


KERNELS = (
    *(
        _packed(kind, fits, lower, dtype)
        for dtype in (DType.INT8, DType.INT16, DType.FLOAT32)
        for kind, fits, lower in (
            ("rows", rows_fit, _lower_rows),
            ("values", values_fit, _lower_values),
        )
    ),
    Kernel(
        op=TreeSums,
        symbol="tg_tree_sums",
        header="tg_tree_sums.h",
        source="portable/tg_tree_sums.c",
        lower=_lower_any,
        estimate=lambda call: estimate(call, 20.0) + 6.0 * call.inputs[4].size * call.output.size,
    ),
)
