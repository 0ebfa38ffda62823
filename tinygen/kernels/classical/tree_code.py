"""Trees as C: one function per tree, made of comparisons. The fastest form, and larger than tables.

A walk costs three instructions a level where features are integers: load, compare, branch. Float32 features are
compared by their bits (rule T1): as signed integers with a threshold from 0 up, as unsigned ones with a negative one.

Trees whose leaves are one number return it. Otherwise a leaf of one entry ends in a call of a function that adds just
this entry, any other in a call of the loop over its entries. Thumb-2 compilers make these calls jumps; on other cores a
tree returns what to add. TG_COMPACT keeps compilers from copying leaves around, which costs a third of flash and
gains hardly anything.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tinygen.ir import Call, DType
from tinygen.kernels.classical.forest import LAST_ENTRY, Forest, Rows, forest_of, rows_of
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


@dataclass(frozen=True, kw_only=True)
class _Style:
    """What a tree's function gets besides the features, what it returns, and how a leaf is written."""

    parameters: str
    returns: str
    leaf: Callable[[int], str]


def _tree(forest: Forest, root: int, name: str, style: _Style) -> list[str]:
    head = f"TG_COMPACT static {style.returns} {name}(const {forest.type.ctype} *x{style.parameters})"
    return [head, "{", *_branches(forest, root, style, 1), "}", ""]


def _branches(forest: Forest, node: int, style: _Style, level: int) -> Iterator[str]:
    pad = INDENT * level
    if node < 0:
        yield from (f"{pad}{line}" for line in style.leaf(~node).splitlines())
        return
    left, right = (int(r) for r in forest.children[node])
    yield f"{pad}if ({_comparison(forest, node)}) {{"
    yield from _branches(forest, left, style, level + 1)
    yield f"{pad}}} else {{" if not style.leaf(0).startswith("return") else f"{pad}}}"
    if style.leaf(0).startswith("return"):
        yield from _branches(forest, right, style, level)
    else:
        yield from _branches(forest, right, style, level + 1)
        yield f"{pad}}}"


def _comparison(forest: Forest, node: int) -> str:
    feature, threshold = int(forest.features[node]), int(forest.thresholds[node])
    if forest.type is not DType.FLOAT32:
        return f"x[{feature}] <= {_literal(threshold)}"
    if threshold >= 0:
        return f"tg_float_bits(x + {feature}) <= {threshold}"
    return f"(uint32_t)tg_float_bits(x + {feature}) >= {(threshold ^ 0x7FFFFFFF) & 0xFFFFFFFF}u"


def _literal(value: int) -> str:
    return "(-2147483647 - 1)" if value == -(2**31) else str(value)


def _values_call(forest: Forest, targets: tuple[int, ...]) -> KernelCall:
    """Every tree returns what it adds to the one output of its own."""
    leaves = forest.leaves.sum(axis=1)
    style = _Style(
        parameters="", returns="int32_t", leaf=lambda leaf: f"return {_literal(int(leaves[leaf]))};"
    )
    trees = [
        line
        for i, root in enumerate(forest.roots)
        for line in _tree(forest, root, f"${{function}}_tree_{i}", style)
    ]
    lines = []
    for c, start in enumerate(forest.bias):
        own = [i for i, target in enumerate(targets) if target == c]
        terms = [f"${{function}}_tree_{i}(x)" for i in own]
        lines.append(f"out[{c}] = {' + '.join([_literal(int(start)), *terms])};")
    return _call(forest, trees, lines, {})


def _call(forest: Forest, functions: list[str], lines: list[str], fields: dict) -> KernelCall:
    head = f"static void $function(const {forest.type.ctype} *x, int32_t *out)"
    code = [*functions, head, "{", *(INDENT + line for line in lines), "}"]
    return KernelCall(params=Struct(tag="", fields=fields), inputs=(0,), code="\n".join(code))


ADD_ENTRIES = """\
static void ${function}_add(uint32_t leaf, int32_t *out)
{
    const uint16_t *entry = $entries + leaf;
    uint32_t bits;

    do {
        bits = *entry++;
        out[(bits & 32767u) >> BITS] += (int32_t)(bits & MASKu);
    } while (bits < 32768u);
}
"""


def _rows_call(forest: Forest, *, jumps: bool) -> KernelCall:
    """Trees add their leaf, or return where its entries start: first the leaves of one entry, by their number."""
    rows = rows_of(forest)
    add = ADD_ENTRIES.replace("BITS", str(rows.value_bits))
    functions = [add.replace("MASK", str((1 << rows.value_bits) - 1))]
    singles = _single_entries(rows)
    if jumps:
        for start, (output, value) in singles.items():
            functions += _adder(forest, start, output, value)

    def leaf_of(leaf: int) -> str:
        start = int(rows.start[leaf])
        if not jumps:
            return f"return {start}u;"
        if start in singles:
            return f"${{function}}_add_{start}(x, out);"
        return f"${{function}}_add({start}u, out);"

    style = _Style(
        parameters=", int32_t *out" if jumps else "",
        returns="void" if jumps else "uint32_t",
        leaf=leaf_of,
    )
    calls = []
    for i, root in enumerate(forest.roots):
        functions += _tree(forest, root, f"${{function}}_tree_{i}", style)
        tree = f"${{function}}_tree_{i}"
        calls.append(f"{tree}(x, out);" if jumps else f"${{function}}_add({tree}(x), out);")
    start = [f"out[{c}] = {_literal(int(b))};" for c, b in enumerate(forest.bias)]
    fields = {"entries": unsigned("entries", rows.entries, np.uint16, Role.WEIGHTS)}
    return _call(forest, functions, [*start, *calls], fields)


MOST_ADDERS = 64
"""Functions for leaves of one entry; others of these leaves take the loop."""


def _single_entries(rows: Rows) -> dict[int, tuple[int, int]]:
    """Output and value of leaves of one entry, by where they start."""
    found = {}
    for start in sorted({int(s) for s in rows.start})[:MOST_ADDERS]:
        entry = int(rows.entries[start])
        if entry & LAST_ENTRY:
            bits = entry & ~LAST_ENTRY
            found[start] = bits >> rows.value_bits, bits & ((1 << rows.value_bits) - 1)
    return found


def _adder(forest: Forest, start: int, output: int, value: int) -> list[str]:
    return [
        f"TG_NOINLINE static void ${{function}}_add_{start}(const {forest.type.ctype} *x, int32_t *out)",
        "{",
        f"{INDENT}(void)x;",
        f"{INDENT}out[{output}] += {value};",
        "}",
        "",
    ]


def _lower(call: Call) -> tuple[KernelCall, ...]:
    return _lowered(call, jumps=False)


def _lower_with_jumps(call: Call) -> tuple[KernelCall, ...]:
    return _lowered(call, jumps=True)


def _lowered(call: Call, *, jumps: bool) -> tuple[KernelCall, ...]:
    forest = forest_of(call)
    targets = forest.targets
    if targets is not None:
        return (_values_call(forest, targets),)
    return (_rows_call(forest, jumps=jumps),)


def _kernel(symbol: str, needs: frozenset[str], lower: Callable) -> Kernel:
    return Kernel(
        op=TreeSums,
        symbol=symbol,
        header="tg_float_order.h",
        source=None,
        needs=needs,
        fits=code_fits,
        lower=lower,
        specificity=2,
    )


KERNELS = (
    _kernel("tree_code", frozenset(), _lower),
    _kernel("tree_code_with_jumps", frozenset({"thumb2"}), _lower_with_jumps),
)
