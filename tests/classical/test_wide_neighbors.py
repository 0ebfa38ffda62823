"""Neighbours with distances of 64 bits: metrics that only these have, and rows that 16 bits would swap."""

import importlib

import numpy as np
import pytest
from sklearn.datasets import make_regression
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    LocalOutlierFactor,
    RadiusNeighborsRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.classical.strategies import ONE, constant, row
from tests.classical.test_neighbors import held_out
from tests.classical.test_pipelines import check_c, converted, rows
from tinygen import classical, targets, verify
from tinygen.classical.precision import ladder
from tinygen.classical.wide_neighbors import power_terms
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, Node, Tensor
from tinygen.ir import verify as verified
from tinygen.ops.classical.radius_means import RadiusMeans
from tinygen.ops.classical.wide_nearest_rows import GAP_BITS, WideMeasure, WideNearestRows
from tinygen.ops.classical.wide_scores import WideScores

METRICS = [
    {"p": 3},
    {"p": 1.5},
    {"p": 0.5, "algorithm": "brute"},
    {"p": 3, "metric_params": {"w": np.array([1.0, 2.0, 0.5, 0.0, 3.0])}},
    {"metric": "canberra"},
    {"metric": "braycurtis", "algorithm": "brute"},  # a ball tree of it is not exact
]


@pytest.mark.parametrize(
    ("metric", "kind"),
    [*((m, DType.FLOAT32) for m in METRICS), (METRICS[0], DType.INT16)],
    ids=str,
)
def test_metrics_agree(metric, kind):
    x, y = rows(21, 3, kind)
    model = converted(KNeighborsClassifier(5, **metric), x, y, kind)
    assert any(isinstance(call.op, WideNearestRows) for call in model.graph.calls())
    assert held_out(model, x, y, kind, 2).agreement >= 99.5
    check_c(model, x, kind)


@pytest.mark.parametrize("metric", ["canberra", "braycurtis"])
def test_weights_by_distance(metric):
    x, y = rows(22, 3, DType.FLOAT32)
    knn = KNeighborsClassifier(5, weights="distance", metric=metric, algorithm="brute")
    model = converted(knn, x, y, DType.FLOAT32)
    assert held_out(model, x, y, DType.FLOAT32, 3).agreement >= 99.5
    check_c(model, x, DType.FLOAT32)


@pytest.mark.parametrize(
    "estimator",
    [
        KNeighborsRegressor(),
        KNeighborsRegressor(3, weights="distance"),
        KNeighborsRegressor(4, p=1),
        RadiusNeighborsRegressor(1.8),
        RadiusNeighborsRegressor(3.0, p=1, weights="distance"),
    ],
    ids=repr,
)
def test_regressors_have_the_same_neighbors(estimator):
    """Another neighbour would be another number: 0.5 % of a standard deviation means that there is none."""
    x, y = make_regression(700, 5, noise=5, random_state=5)
    x = x.astype(np.float32)
    pipeline = make_pipeline(StandardScaler(), estimator)
    model = converted(pipeline, x[:400], y[:400], DType.FLOAT32)
    report = classical.compare(model.description, model.graph, x[400:])
    assert report.largest_error <= 0.005
    check_c(model, x, DType.FLOAT32)


def test_outliers_with_wide_distances(monkeypatch):
    module = importlib.import_module("tinygen.classical.quantize")
    monkeypatch.setattr(module, "ladder", lambda description: ladder(description)[-1:])
    x, _ = rows(23, 3, DType.FLOAT32)
    model = converted(LocalOutlierFactor(novelty=True), x, None, DType.FLOAT32)
    assert any(isinstance(call.op, WideNearestRows) for call in model.graph.calls())
    assert held_out(model, x, None, DType.FLOAT32, 4).agreement >= 99.5
    check_c(model, x, DType.FLOAT32)


@pytest.mark.parametrize("exponent", [0.25, 1.5, 3.0, 4.5, 6.0])
def test_powers_are_those_of_a_polynomial(exponent):
    terms = power_terms(exponent)
    part = np.linspace(0, 1, 1001)
    found = np.polynomial.polynomial.polyval(part, terms) / terms[0]
    assert np.abs(found / (1 + part) ** exponent - 1).max() < 2.0**-24
    assert np.abs(terms).sum() < 2**31


REACH = 2**26


def _bounded(op, others: list[Tensor]) -> Graph:
    """Five int32 features, clamped to the reach, and then the operator."""
    x, clamp = row(5, DType.INT32), WideScores(shift=0, bias_shift=0, reach=REACH)
    scaling = [constant("weights", np.eye(5)), constant("zeros", np.zeros(5))]
    inside = Tensor(name="inside", shape=(1, 5), dtype=DType.INT32, quantization=ONE)
    (shape,) = op.infer_shapes([inside, *others])
    y = Tensor(name="y", shape=shape, dtype=DType.INT32, quantization=ONE)
    tensors = [x, *scaling, inside, *others, y]
    nodes = (
        Node(name="clamp", op=clamp, inputs=("x", "weights", "zeros"), outputs=("inside",)),
        Node(name="node", op=op, inputs=("inside", *(t.name for t in others)), outputs=("y",)),
    )
    return verified(
        Graph(
            name="wide",
            tensors={t.name: t for t in tensors},
            nodes=nodes,
            inputs=("x",),
            outputs=("y",),
            arithmetic=Arithmetic.NATIVE,
        )
    )


def _graphs():
    rng = np.random.default_rng(5)
    stored = constant("rows", rng.integers(-REACH, REACH + 1, (23, 5)))
    tables = [
        constant("terms", power_terms(2.5)),
        constant("factors", rng.integers(2**20, 2**26, GAP_BITS)),
        constant("shifts", rng.integers(20, 40, GAP_BITS)),
    ]
    for measure in WideMeasure:
        others = [stored, *tables] if measure is WideMeasure.POWER else [stored]
        yield _bounded(WideNearestRows(count=4, measure=measure), others)
    values = constant("values", rng.integers(-32768, 32768, (23, 2)), DType.INT16)
    others = [stored, values, constant("bias", np.array([5, -7]))]
    yield _bounded(RadiusMeans(limit=2**24), others)


def test_the_same_on_a_device():
    """One core is enough for portable C: one without products of 64 bits."""
    x = np.random.default_rng(6).integers(-(2**26), 2**26 + 1, (6, 5)).astype(np.int32)
    x[0], x[1] = REACH, 0
    for graph in _graphs():
        comparison = verify.on_qemu(
            verify.run_reference(graph, {"x": x}), targets.load("cortex-m0")
        )
        assert comparison.passed, comparison.divergence
