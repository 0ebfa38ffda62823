"""Metrics with weights, and rows within a radius that count by their distance."""

import numpy as np
import pytest
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    LocalOutlierFactor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.classical.nodes import check_nodes
from tests.classical.test_neighbors import held_out
from tests.classical.test_pipelines import check_c, converted, rows
from tinygen.errors import UnsupportedError
from tinygen.ir import DType
from tinygen.model import fitted

COUNT = 150
LENGTHS = np.array([1.0, 2.0, 0.5, 3.0])
MIXED = np.diag(LENGTHS) + 0.3
METRICS = {
    "divided": {"metric": "seuclidean", "metric_params": {"V": LENGTHS}},
    "mahalanobis": {
        "metric": "mahalanobis",
        "metric_params": {"V": MIXED},
        "algorithm": "ball_tree",
    },
    "mahalanobis, inverse": {"metric": "mahalanobis", "metric_params": {"VI": MIXED}},
    "weighted squares": {"p": 2, "metric_params": {"w": LENGTHS}},
    "weighted": {"p": 1, "metric_params": {"w": LENGTHS}},
}


def table(seed, kind=DType.FLOAT32):
    x, y = rows(seed, 3, kind, COUNT)
    return np.delete(x, 1, axis=1), y  # a column twice makes more rows equally far


def scaled(model):
    return make_pipeline(StandardScaler(), model)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_metrics_with_weights_agree(library, metric):
    x, y = table(1)
    for model in (
        KNeighborsClassifier(3, **metric),
        RadiusNeighborsClassifier(2.0, outlier_label=1, **metric),
    ):
        found = converted(scaled(model), x, y, DType.FLOAT32)
        assert held_out(found, x, y, DType.FLOAT32, 2).agreement >= 98.5
        check_nodes(library, found.graph, x, DType.FLOAT32)


def test_outliers_by_another_metric(library):
    x, _ = table(2)
    model = LocalOutlierFactor(8, novelty=True, **METRICS["mahalanobis, inverse"])
    found = converted(scaled(model), x, None, DType.FLOAT32)
    assert found.agreement.agreement >= 98.5
    check_nodes(library, found.graph, x, DType.FLOAT32)


@pytest.mark.parametrize("kind", [DType.INT8, DType.INT16, DType.FLOAT32], ids=lambda k: k.value)
@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev"])
def test_weights_within_a_radius_agree(library, metric, kind):
    x, y = table(3, kind)
    settings = {"weights": "distance", "metric": metric}
    found = converted(
        scaled(RadiusNeighborsClassifier(1.5, outlier_label=0, **settings)), x, y, kind
    )
    assert found.graph.methods == ("predict", "predict_proba")
    assert held_out(found, x, y, kind, 4).agreement >= 98.5
    check_nodes(library, found.graph, x, kind)
    targets = np.stack([100 + y, y + np.sin(np.arange(COUNT))], axis=1)
    # everywhere a neighbour: scikit-learn has no mean of none
    found = converted(scaled(RadiusNeighborsRegressor(50.0, **settings)), x, targets, kind)
    assert held_out(found, x, y, kind, 5).agreement >= 97.0
    check_nodes(library, found.graph, x, kind)


def test_weights_within_a_radius_as_compiled_c():
    x, y = table(6)
    model = RadiusNeighborsRegressor(50.0, weights="distance")
    check_c(converted(scaled(model), x, y, DType.FLOAT32), x, DType.FLOAT32)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (KNeighborsClassifier(p=7), "p=7"),
        (KNeighborsClassifier(metric="correlation", algorithm="brute"), "metric='correlation'"),
        (RadiusNeighborsClassifier(metric="cosine", outlier_label=0), "metric='cosine'"),
        (KNeighborsRegressor(weights=lambda d: d), "weights="),
        (RadiusNeighborsRegressor(weights=lambda d: d), "weights="),
    ],
    ids=lambda v: v if isinstance(v, str) else type(v).__name__,
)
def test_what_is_not_supported_is_named(model, message):
    x, y = table(7)
    with pytest.raises(UnsupportedError, match=message) as raised:
        fitted(model.fit(x, y))
    assert "supported" in raised.value.next_step
