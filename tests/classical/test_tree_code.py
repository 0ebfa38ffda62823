"""The bounds of what the kernels of trees pack: sums side by side in a word, shared thresholds, leaves of 7 bits."""

import numpy as np
import pytest

from tests.classical.strategies import constant, graph_of, row
from tinygen import host, reference, targets
from tinygen.emit import EmitOptions, emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType
from tinygen.kernels import CATALOGUE
from tinygen.kernels.classical import tree_code
from tinygen.kernels.classical.forest import forest_of
from tinygen.kernels.classical.packed_sums import packed_sums
from tinygen.ops.classical.operator import float_order
from tinygen.ops.classical.tree_sums import TreeSums
from tinygen.selection import choose


def stumps(leaves, *, thresholds=None, features=1, dtype=DType.INT8):
    """A tree of one comparison for each two leaves [2 * trees, outputs]; of feature 0, where there is one."""
    trees = len(leaves) // 2
    thresholds = np.zeros(trees, np.int64) if thresholds is None else np.asarray(thresholds)
    numbers = np.arange(trees)
    inputs = [
        row(features, dtype),
        constant("features", numbers % features),
        constant("thresholds", thresholds),
        constant("children", np.stack([~(2 * numbers), ~(2 * numbers + 1)], axis=1)),
        constant("roots", numbers),
        constant("leaves", np.asarray(leaves)),
        constant("bias", np.arange(np.shape(leaves)[1])),
    ]
    return graph_of(TreeSums(), inputs, DType.INT32, Arithmetic.NATIVE)


def check(graph, rows, symbol, folder) -> None:
    """The C of a kernel, compiled for the host, against the reference."""
    kernel = next(k for k in CATALOGUE[TreeSums] if k.symbol == symbol)
    target = targets.load("cortex-m4" if kernel.needs else "host")
    options = EmitOptions(kernels=(("node", symbol),))
    with host.build(emit(graph, target, folder / symbol, name="model", options=options)) as model:
        got = model.run(rows)
    np.testing.assert_array_equal(got, reference.run(graph, {"x": rows})["y"])


CODE = ["tree_code", "tree_code_with_jumps"]


@pytest.mark.parametrize("symbol", CODE)
@pytest.mark.parametrize("outputs, trees", [(2, 7), (2, 8), (3, 255), (8, 16), (12, 31)])
def test_all_trees_may_choose_one_output(symbol, outputs, trees, tmp_path):
    """Every field is as large as it can be for some row: one bit less, and it would run into the next."""
    one_hot = 300 * np.eye(outputs, dtype=np.int64)
    leaves = [one_hot[k] for _ in range(trees) for k in (0, outputs - 1)]
    graph = stumps(leaves)
    packed = packed_sums(forest_of(graph.calls()[0]))
    assert packed.unit == 300
    assert packed.widths[0] == packed.widths[-1] == trees.bit_length()
    check(graph, np.array([[-1], [0], [1]], np.int8), symbol, tmp_path)


def test_what_leaves_a_word_is_not_packed():
    def packed(outputs, trees):
        leaves = [np.eye(outputs, dtype=np.int64)[k % outputs] for k in range(2 * trees)]
        return packed_sums(forest_of(stumps(leaves).calls()[0]))

    assert sum(packed(64, 32).widths) == 64
    assert packed(65, 33) is None
    assert packed_sums(forest_of(stumps([[0, 1], [1, -1]]).calls()[0])) is None


@pytest.mark.parametrize("trees, symbol", [(8, "tree_code"), (60, "tree_code_with_jumps")])
def test_few_trees_have_a_function_each(trees, symbol):
    rng = np.random.default_rng(0)
    leaves = rng.integers(-30000, 30000, (2 * trees, 1))
    graph = stumps(leaves, features=3)
    (chosen,) = choose(graph.calls(), targets.load("cortex-m4")).chosen
    assert chosen.kernel.symbol == symbol


@pytest.mark.parametrize("symbol", CODE)
def test_large_forests_are_several_functions(symbol, tmp_path, monkeypatch):
    monkeypatch.setattr(tree_code, "NODES_OF_GROUP", 5)
    rng = np.random.default_rng(0)
    leaves = rng.integers(0, 2, (40, 3)) * 77
    graph = stumps(leaves, thresholds=rng.integers(-3, 4, 20), features=4)
    check(graph, rng.integers(-5, 6, (50, 4)).astype(np.int8), symbol, tmp_path)


ENDS = np.float32([0.0, -0.0, 1e-45, -1e-45, 3.4e38, -3.4e38, np.inf, -np.inf, 1.5, -2.5])


@pytest.mark.parametrize("symbol", CODE)
@pytest.mark.parametrize("threshold", [0.0, -0.0, 3.4e38, -np.inf, -2.5])
def test_a_threshold_alone_that_compilers_must_load(symbol, threshold, tmp_path):
    order = float_order(np.float32([threshold]))
    graph = stumps([[1], [2]], thresholds=order, dtype=DType.FLOAT32)
    check(graph, ENDS[:, None], symbol, tmp_path)


@pytest.mark.parametrize("symbol", [*CODE, "tg_tree_shared_values_f32", "tg_tree_shared_rows_f32"])
def test_thresholds_at_the_ends_of_float32(symbol, tmp_path):
    outputs = 2 if "rows" in symbol else 1
    leaves = np.tile(np.array([[3, 0], [1, 5]])[:, :outputs], (len(ENDS), 1))
    graph = stumps(leaves, thresholds=float_order(ENDS), dtype=DType.FLOAT32)
    check(graph, ENDS[:, None], symbol, tmp_path)


def reason(graph, symbol) -> str | None:
    kernel = next(k for k in CATALOGUE[TreeSums] if k.symbol == symbol)
    return kernel.reason_against(graph.calls()[0], kernel.needs)


def test_leaves_beside_each_other_have_seven_bits(tmp_path):
    def graph(values):
        return stumps(np.arange(values)[:, None], dtype=DType.FLOAT32)

    symbol = "tg_tree_shared_values_f32"
    assert reason(graph(128), symbol) is None
    assert "above 127" in reason(graph(130), symbol)
    check(graph(128), np.float32([[-1.0], [1.0]]), symbol, tmp_path)


def test_feature_and_threshold_share_sixteen_bits(tmp_path):
    def graph(thresholds):
        leaves = np.tile([[1], [2]], (thresholds, 1))
        return stumps(leaves, thresholds=np.arange(thresholds), features=256, dtype=DType.FLOAT32)

    symbol = "tg_tree_shared_values_f32"
    assert reason(graph(256), symbol) is None
    assert "above 65535" in reason(graph(257), symbol)
    rows = np.random.default_rng(0).integers(0, 300, (9, 256)).astype(np.int32).view(np.float32)
    check(graph(256), rows, symbol, tmp_path)
