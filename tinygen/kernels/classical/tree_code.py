"""Trees as C: one function per tree, made of comparisons. The fastest form, and larger than tables.

A walk costs three instructions a level where features are integers: load, compare, branch. Float32 features are
compared by their bits (rule T1): as signed integers with a threshold from 0 up, as unsigned ones with a negative one.
"""

from collections.abc import Iterator

import numpy as np

from tinygen.ir import Call, DType
from tinygen.kernels.classical.forest import Forest, forest_of, rows_of
from tinygen.kernels.classical.lowering import unsigned
from tinygen.kernels.kernel import Kernel, KernelCall, Role, Struct
from tinygen.ops.classical.tree_sums import TreeSums

MOST_LEVELS = 100
"""C promises no more than 127 nested blocks."""

INDENT = "    "


def code_fits(call: Call) -> str | None:
    """Leaves as 16-bit entries or as one number each, and trees that are not too deep."""
    forest = forest_of(call)
    if not forest.roots:
        return "every tree is a single leaf"
    if max(_levels(forest)) > MOST_LEVELS:
        return f"a tree has more than {MOST_LEVELS} levels"
    if forest.targets is None and rows_of(forest) is None:
        return "a leaf does not fit into 16-bit entries"
    return None


def _levels(forest: Forest) -> list[int]:
    """The number of comparisons on the longest way through each tree."""
    depths = []
    for root in forest.roots:
        depth, nodes = 0, np.array([root])
        while (nodes := nodes[nodes >= 0]).size:
            depth, nodes = depth + 1, forest.children[nodes].ravel()
        depths.append(depth)
    return depths


def mean_levels(forest: Forest) -> float:
    """Comparisons of one run, if every leaf of a tree is reached equally often."""
    total = 0.0
    for root in forest.roots:
        nodes, depth, reached, levels = np.array([root]), 0, 0, 0
        while nodes.size:
            leaves = int((nodes < 0).sum())
            reached, levels = reached + leaves, levels + leaves * depth
            nodes, depth = forest.children[nodes[nodes >= 0]].ravel(), depth + 1
        total += levels / reached
    return total


def _tree(forest: Forest, root: int, name: str, ctype: str, leaf: "_Leaf") -> list[str]:
    """A function that returns the text of the leaf that is reached."""
    head = f"static {leaf.ctype} {name}(const {ctype} *x)"
    return [head, "{", *_branches(forest, root, leaf, 1), "}"]


def _branches(forest: Forest, node: int, leaf: "_Leaf", level: int) -> Iterator[str]:
    pad = INDENT * level
    if node < 0:
        yield f"{pad}return {leaf.text(~node)};"
        return
    left, right = (int(r) for r in forest.children[node])
    yield f"{pad}if ({_comparison(forest, node)}) {{"
    yield from _branches(forest, left, leaf, level + 1)
    yield f"{pad}}}"
    yield from _branches(forest, right, leaf, level)


def _comparison(forest: Forest, node: int) -> str:
    feature, threshold = int(forest.features[node]), int(forest.thresholds[node])
    if forest.type is not DType.FLOAT32:
        return f"x[{feature}] <= {_literal(threshold)}"
    if threshold >= 0:
        return f"tg_float_bits(x + {feature}) <= {threshold}"
    return f"(uint32_t)tg_float_bits(x + {feature}) >= {(threshold ^ 0x7FFFFFFF) & 0xFFFFFFFF}u"


def _literal(value: int) -> str:
    return "(-2147483647 - 1)" if value == -(2**31) else str(value)


class _Leaf:
    """How leaves are written: what a tree's function returns."""

    def __init__(self, ctype: str, values: np.ndarray, suffix: str) -> None:
        self.ctype, self._values, self._suffix = ctype, values, suffix

    def text(self, leaf: int) -> str:
        return f"{_literal(int(self._values[leaf]))}{self._suffix}"


def _lower(call: Call) -> tuple[KernelCall, ...]:
    forest = forest_of(call)
    targets = forest.targets
    if targets is None:
        return (_rows_call(forest),)
    return (_values_call(forest, targets),)


def _values_call(forest: Forest, targets: tuple[int, ...]) -> KernelCall:
    leaf = _Leaf("int32_t", forest.leaves.sum(axis=1), "")
    ctype = forest.type.ctype
    lines = []
    for i, root in enumerate(forest.roots):
        lines += [*_tree(forest, root, f"${{function}}_tree_{i}", ctype, leaf), ""]
    lines += [f"static void $function(const {ctype} *x, int32_t *out)", "{"]
    for c, start in enumerate(forest.bias):
        trees = [i for i, target in enumerate(targets) if target == c]
        lines.append(f"{INDENT}int32_t sum_{c} = {_literal(int(start))};" if trees else "")
        lines += [f"{INDENT}sum_{c} += ${{function}}_tree_{i}(x);" for i in trees]
        lines.append(f"{INDENT}out[{c}] = {f'sum_{c}' if trees else _literal(int(start))};")
    lines.append("}")
    code = "\n".join(line for line in lines)
    return KernelCall(params=Struct(tag="", fields={}), inputs=(0,), code=code)


ADD_ENTRIES = """\
static inline void ${function}_add(const uint16_t *entry, int32_t *out)
{
    uint32_t bits;

    do {
        bits = *entry++;
        out[(bits & 32767u) >> $BITS] += (int32_t)(bits & $MASKu);
    } while (bits < 32768u);
}
"""


def _rows_call(forest: Forest) -> KernelCall:
    rows = rows_of(forest)
    leaf = _Leaf("uint32_t", rows.start, "u")
    ctype = forest.type.ctype
    add = ADD_ENTRIES.replace("$BITS", str(rows.value_bits))
    lines = [add.replace("$MASK", str((1 << rows.value_bits) - 1))]
    for i, root in enumerate(forest.roots):
        lines += [*_tree(forest, root, f"${{function}}_tree_{i}", ctype, leaf), ""]
    lines += [f"static void $function(const {ctype} *x, int32_t *out)", "{"]
    lines += [f"{INDENT}out[{c}] = {_literal(int(start))};" for c, start in enumerate(forest.bias)]
    lines += [
        f"{INDENT}${{function}}_add($entries + ${{function}}_tree_{i}(x), out);"
        for i in range(len(forest.roots))
    ]
    lines.append("}")
    fields = {"entries": unsigned("entries", rows.entries, np.uint16, Role.WEIGHTS)}
    return KernelCall(params=Struct(tag="", fields=fields), inputs=(0,), code="\n".join(lines))


KERNELS = (
    Kernel(
        op=TreeSums,
        symbol="tree_code",
        header="tg_float_order.h",
        source=None,
        fits=code_fits,
        lower=_lower,
        specificity=2,
    ),
)

