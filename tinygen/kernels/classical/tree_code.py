"""Trees as C: one function per tree, made of comparisons. The fastest form, and larger than tables.

A walk costs three instructions a level where features are integers: load, compare, branch. Float32 features are
compared by their bits (rule T1): as signed integers with a threshold from 0 up, as unsigned ones with a negative one.

Where leaves are one number, of one output or of several side by side in a word, trees return it. Cores of Thumb-2 have
several trees in one function instead, where the compiler sees what they have in common.

Otherwise a leaf of one entry ends in a call of a function that adds just this entry, any other in a call of the loop
over its entries. Thumb-2 compilers make these calls jumps; on other cores a tree returns what to add. With jumps,
TG_COMPACT keeps compilers from copying leaves around: that would cost a third of flash and gain hardly anything. (On
Armv6-M it would gain a seventh.)
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tinygen.ir import Call, DType
from tinygen.kernels.classical.forest import Forest, Rows, forest_of, rows_of
from tinygen.kernels.classical.lowering import unsigned
from tinygen.kernels.classical.packed_sums import packed_sums
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
    if forest.targets is None and packed_sums(forest) is None and rows_of(forest) is None:
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


@dataclass(frozen=True, kw_only=True)
class _Style:
    """What a tree's function gets besides the features, what it returns, and how a leaf is written."""

    parameters: str
    returns: str
    linkage: str
    leaf: Callable[[int], list[str]]


def _tree(forest: Forest, root: int, name: str, style: _Style) -> list[str]:
    space = "" if style.returns.endswith("*") else " "
    parameters = f"const {forest.type.ctype} *x{style.parameters}"
    head = f"{style.linkage} {style.returns}{space}{name}({parameters})"
    return [head, "{", *_branches(forest, root, style, 1), "}", ""]


def _branches(forest: Forest, node: int, style: _Style, level: int) -> Iterator[str]:
    pad = INDENT * level
    if node < 0:
        yield from (pad + line for line in style.leaf(~node))
        return
    left, right = (int(r) for r in forest.children[node])
    yield f"{pad}if ({_comparison(forest, node)}) {{"
    yield from _branches(forest, left, style, level + 1)
    yield f"{pad}}}"
    yield from _branches(forest, right, style, level)


def _comparison(forest: Forest, node: int) -> str:
    feature, threshold = int(forest.features[node]), int(forest.thresholds[node])
    if forest.type is not DType.FLOAT32:
        return f"x[{feature}] <= {_literal(threshold)}"
    is_negative = threshold < 0
    bits = _literal(threshold ^ 0x7FFFFFFF if is_negative else threshold)
    if (
        len(forest.roots) == 1
    ):  # of many trees, compilers keep thresholds in registers, or what is near them
        bits = f"tg_float_threshold({bits})"
    if is_negative:
        return f"(uint32_t)tg_float_bits(x + {feature}) >= (uint32_t){bits}"
    return f"tg_float_bits(x + {feature}) <= {bits}"


def _literal(value: int) -> str:
    return "(-2147483647 - 1)" if value == -(2**31) else str(value)


@dataclass(frozen=True, kw_only=True)
class _Sum:
    """What some trees add up: leaves as C, and the outputs that it becomes."""

    ctype: str
    roots: tuple[int, ...]
    leaf: Callable[[int], str]
    outputs: tuple[str, ...]


def _sums(forest: Forest) -> list[_Sum] | None:
    """One number for each leaf: of the one output of a tree, or of all outputs side by side in one word."""
    targets = forest.targets
    if targets is None:
        packed = packed_sums(forest)
        if packed is None:
            return None
        starts = (_literal(int(b)) for b in forest.bias)
        outputs = (f"out[{c}] = {b} + {packed.output(c)};" for c, b in enumerate(starts))
        word = _Sum(
            ctype=packed.ctype,
            roots=forest.roots,
            leaf=lambda leaf: packed.leaf(forest.leaves[leaf]),
            outputs=tuple(outputs),
        )
        return [word]
    values = forest.leaves.sum(axis=1)
    return [
        _Sum(
            ctype="int32_t",
            roots=tuple(r for r, t in zip(forest.roots, targets, strict=True) if t == c),
            leaf=lambda leaf: _literal(int(values[leaf])),
            outputs=(f"out[{c}] = {_literal(int(start))} + sum;",),
        )
        for c, start in enumerate(forest.bias)
    ]


def _sums_call(forest: Forest, sums: list[_Sum]) -> KernelCall:
    """Every tree is a function that returns what it adds."""
    functions, lines = [], []
    for total in sums:
        calls = []
        for root in total.roots:
            name = f"${{function}}_tree_{root}"
            style = _Style(
                parameters="",
                returns=total.ctype,
                linkage=_linkage(forest),
                leaf=lambda leaf, total=total: [f"return {total.leaf(leaf)};"],
            )
            functions += _tree(forest, root, name, style)
            calls.append(f"{name}(x)")
        lines += _added(total, calls)
    return _call(forest, functions, lines, {})


def _linkage(forest: Forest) -> str:
    """A tree that is alone is part of its callers: no jump leads to it."""
    return "TG_INLINE" if len(forest.roots) == 1 else "static"


def _added(total: _Sum, terms: list[str]) -> list[str]:
    """A block that makes the outputs of a sum."""
    body = [f"const {total.ctype} sum = {' + '.join(terms or ['0'])};", *total.outputs]
    return ["{", *(INDENT + line for line in body), "}"]


NODES_OF_GROUP = 512
"""Of trees that are one function: C compilers take long for larger ones."""


def _groups_call(forest: Forest, sums: list[_Sum]) -> KernelCall:
    """Many trees one behind the other are a function: what they compare often stays in registers."""
    functions, lines = [], []
    for total in sums:
        calls = []
        for roots in _groups(forest, total.roots):
            name = f"${{function}}_trees_{roots[0]}"
            functions += _group(forest, roots, name, total)
            calls.append(f"{name}(x)")
        lines += _added(total, calls)
    return _call(forest, functions, lines, {})


def _groups(forest: Forest, roots: tuple[int, ...]) -> list[list[int]]:
    groups, nodes = [], NODES_OF_GROUP
    for root in roots:
        size = len(forest.leaves_below(root))
        if nodes + size > NODES_OF_GROUP:
            groups.append([])
            nodes = 0
        groups[-1].append(root)
        nodes += size
    return groups


def _group(forest: Forest, roots: list[int], name: str, total: _Sum) -> list[str]:
    lines = [f"{_linkage(forest)} {total.ctype} {name}(const {forest.type.ctype} *x)", "{"]
    lines.append(f"{INDENT}{total.ctype} sum = 0;")
    for i, root in enumerate(roots):

        def leaf_of(leaf: int, behind: str = f"tree_{i + 1}") -> list[str]:
            return [f"sum += {total.leaf(leaf)};", f"goto {behind};"]

        style = _Style(parameters="", returns=total.ctype, linkage="", leaf=leaf_of)
        lines += ["", *_branches(forest, root, style, 1), f"tree_{i + 1}:"]
    return [*lines, f"{INDENT}return sum;", "}", ""]


def _call(forest: Forest, functions: list[str], lines: list[str], fields: dict) -> KernelCall:
    linkage = "static inline" if len(forest.roots) == 1 else "static"
    head = f"{linkage} void $function(const {forest.type.ctype} *x, int32_t *out)"
    code = [*functions, head, "{", *(INDENT + line for line in lines), "}"]
    return KernelCall(
        params=Struct(tag="", fields=fields),
        inputs=(0,),
        code="\n".join(code),
        code_bytes=NODE_BYTES * len(forest.features) + TREE_BYTES * len(forest.roots),
    )


ADD_ENTRY = """\
static inline void ${function}_add_entry(uint32_t bits, int32_t *out)
{
    out[(bits >> 1) & MASKu] += (int32_t)(bits >> SHIFT);
}
"""

ADD_ENTRIES = """\
TG_NOINLINE static void ${function}_add_entries(uint32_t leaf, int32_t *out)
{
    const uint16_t *entry = $entries + leaf;

    do {
        ${function}_add_entry(*entry, out);
    } while ((*entry++ & 1u) == 0u);
}
"""

ADD_LEAF = """\
static inline void ${function}_add(uint32_t leaf, int32_t *out)
{
    if (leaf < SINGLESu) {
        out[leaf] += VALUE;
    } else {
        ${function}_add_entries(leaf, out);
    }
}
"""
"""A leaf that is an output's number adds the same to each; others have entries."""


def _rows_call(forest: Forest) -> KernelCall:
    """Trees return where the entries of their leaf start."""
    rows = rows_of(forest)
    style = _Style(
        parameters="",
        returns="uint32_t",
        linkage="static",
        leaf=lambda leaf: [f"return {int(rows.start[leaf])}u;"],
    )
    functions, add = [_add_entry(rows), ADD_ENTRIES], "${function}_add_entries"
    if rows.single and min(_used_starts(forest, rows)) < forest.outputs:
        text = ADD_LEAF.replace("SINGLES", str(forest.outputs))
        functions, add = [*functions, text.replace("VALUE", str(rows.single))], "${function}_add"
    calls = []
    for i, root in enumerate(forest.roots):
        functions += _tree(forest, root, f"${{function}}_tree_{i}", style)
        calls.append(f"{add}(${{function}}_tree_{i}(x), out);")
    return _call(forest, functions, [*_start(forest), *calls], _entries(rows))


def _used_starts(forest: Forest, rows: Rows) -> list[int]:
    """Where the leaves begin that some walk reaches: C compilers warn of functions that nobody calls."""
    reached = np.concatenate([forest.leaves_below(root) for root in forest.roots])
    return sorted({int(start) for start in rows.start[reached]})


def _add_entry(rows: Rows) -> str:
    text = ADD_ENTRY.replace("SHIFT", str(rows.output_bits + 1))
    return text.replace("MASK", str((1 << rows.output_bits) - 1))


def _start(forest: Forest) -> list[str]:
    return [f"out[{c}] = {_literal(int(b))};" for c, b in enumerate(forest.bias)]


def _entries(rows: Rows) -> dict:
    return {"entries": unsigned("entries", rows.entries, np.uint16, Role.WEIGHTS)}


MOST_ADDERS = 64
"""Functions for leaves of one entry; others of these leaves take the loop."""

LONGEST_UNROLLED = 4
"""Entries of leaves that are added without a loop."""

ADD_MANY = """\
TG_NOINLINE static const TYPE *${function}_add_LENGTH(const TYPE *x, uint32_t leaf, int32_t *out)
{
    const uint16_t *entry = $entries + leaf;

BODY
    return x;
}
"""


def _rows_call_with_jumps(forest: Forest) -> KernelCall:
    """Trees add their leaf, by functions for leaves of one entry, of a few, and of any number of entries.

    All of them return the features, which spares their callers to keep these.
    """
    rows = rows_of(forest)
    ctype = forest.type.ctype
    used = _used_starts(forest, rows)
    singles = [s for s in used if rows.lengths[s] == 1][:MOST_ADDERS]
    lengths = {min(rows.lengths[s], LONGEST_UNROLLED + 1) for s in used if s not in singles}
    functions = [_adder(ctype, start, *rows.entry(start)) for start in singles]
    functions += [_add_entry(rows)] if lengths else []
    functions += [_many(ctype, n) for n in sorted(lengths)]

    def leaf_of(leaf: int) -> list[str]:
        start = int(rows.start[leaf])
        if start in singles:
            return [f"return ${{function}}_add_leaf_{start}(x, out);"]
        length = min(rows.lengths[start], LONGEST_UNROLLED + 1)
        return [f"return ${{function}}_add_{length}(x, {start}u, out);"]

    style = _Style(
        parameters=", int32_t *out",
        returns=f"const {ctype} *",
        linkage="TG_COMPACT static",
        leaf=leaf_of,
    )
    calls = []
    for i, root in enumerate(forest.roots):
        functions += _tree(forest, root, f"${{function}}_tree_{i}", style)
        calls.append(f"x = ${{function}}_tree_{i}(x, out);")
    calls[-1] = calls[-1].replace("x = ", "(void)")
    return _call(forest, functions, [*_start(forest), *calls], _entries(rows))


def _adder(ctype: str, start: int, output: int, value: int) -> str:
    return f"""\
TG_NOINLINE static const {ctype} *${{function}}_add_leaf_{start}(const {ctype} *x, int32_t *out)
{{
    out[{output}] += {value};
    return x;
}}
"""


def _many(ctype: str, length: int) -> str:
    """The function for leaves of so many entries; the last is a loop."""
    if length <= LONGEST_UNROLLED:
        body = [f"${{function}}_add_entry(entry[{i}], out);" for i in range(length)]
    else:
        body = [
            "do {",
            f"{INDENT}${{function}}_add_entry(*entry, out);",
            "} while ((*entry++ & 1u) == 0u);",
        ]
    text = ADD_MANY.replace("TYPE", ctype).replace("LENGTH", str(length))
    return text.replace("BODY", "\n".join(INDENT + line for line in body))


def _lower(call: Call) -> tuple[KernelCall, ...]:
    forest = forest_of(call)
    sums = _sums(forest)
    return (_rows_call(forest) if sums is None else _sums_call(forest, sums),)


def _lower_with_jumps(call: Call) -> tuple[KernelCall, ...]:
    forest = forest_of(call)
    sums = _sums(forest)
    return (_rows_call_with_jumps(forest) if sums is None else _groups_call(forest, sums),)


def _kernel(
    symbol: str, needs: frozenset[str], lower: Callable, estimate: Callable[[Call], float]
) -> Kernel:
    return Kernel(
        op=TreeSums,
        symbol=symbol,
        header="tg_float_order.h",
        source=None,
        needs=needs,
        fits=code_fits,
        lower=lower,
        specificity=2,
        estimate=estimate,
    )


NODE_BYTES, TREE_BYTES = 16, 30
"""Code of a comparison with a leaf, and of what a tree has besides: about, on Cortex-M4."""


def _estimate(call: Call) -> float:
    forest = forest_of(call)
    return 4.0 * forest.mean_levels + 20.0 * len(forest.roots) + 2.0 * forest.outputs


GROUPS, TREE_OF_GROUP = 60.0, 3.0
"""What functions of several trees cost beside those of one each, and save with every tree, where a tree adds to one
output. Measured on forests of regressors: 2 to 12 % lost on 5 or 10 trees, up to 21 % gained on 30, whose own functions
compilers no longer put into their caller."""


def _estimate_with_jumps(call: Call) -> float:
    forest = forest_of(call)
    more = GROUPS - TREE_OF_GROUP * len(forest.roots) if forest.targets is not None else 0.0
    return _estimate(call) + more


KERNELS = (
    _kernel("tree_code", frozenset(), _lower, _estimate),
    _kernel("tree_code_with_jumps", frozenset({"thumb2"}), _lower_with_jumps, _estimate_with_jumps),
)
