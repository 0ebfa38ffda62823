"""Neighbours and centres: the integer graph agrees with scikit-learn, and the C is the graph, bit for bit."""

import numpy as np
import pytest
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.classical.test_pipelines import check_c, converted, rows
from tinygen import classical
from tinygen.errors import ConversionError, UnsupportedError
from tinygen.ir import DType
from tinygen.model import fitted
from tinygen.ops.classical.neighbor_weights import Weights, neighbor_weights
from tinygen.ops.classical.scaled_features import ScaledFeatures

KINDS = [DType.INT8, DType.INT16, DType.FLOAT32]
METRICS = ["euclidean", "manhattan", "chebyshev", "cosine"]


def by_kind(kinds=KINDS):
    return pytest.mark.parametrize("kind", kinds, ids=lambda k: k.value)


def held_out(model, x, y, kind, seed):
    """Agreement on rows that are not stored: between those that are."""
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, len(x), (2, 400))
    between = (x[one] * 0.7 + x[other] * 0.3).astype(np.float64)
    between = np.rint(between) if kind.is_integer else between.astype(np.float32)
    return classical.compare(model.description, model.graph, between)


@by_kind()
@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("classes", [2, 4])
def test_classifiers_agree(classes, weights, kind):
    x, y = rows(classes, classes, kind)
    pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier(5, weights=weights))
    model = converted(pipeline, x, y, kind)
    assert model.agreement.agreement >= 99.5
    assert held_out(model, x, y, kind, 1).agreement >= 99.0
    check_c(model, x, kind)


@by_kind([DType.INT16, DType.FLOAT32])  # of int8 many are equally far
@pytest.mark.parametrize("metric", METRICS)
def test_metrics_agree(metric, kind):
    x, y = rows(11, 3, kind)
    pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier(3, metric=metric))
    model = converted(pipeline, x, y, kind)
    assert held_out(model, x, y, kind, 2).agreement >= 98.5
    check_c(model, x, kind)


@by_kind([DType.INT8, DType.FLOAT32])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("outputs", [1, 2])
def test_regressors_agree(outputs, weights, kind):
    x, y = rows(12, 3, kind)
    targets = 1000.0 + np.random.default_rng(0).normal(0, 1, (len(x), outputs)) + y[:, None]
    if outputs == 1:
        targets = targets[:, 0]
    pipeline = make_pipeline(StandardScaler(), KNeighborsRegressor(4, weights=weights))
    model = converted(pipeline, x, targets, kind)
    # where two rows are equally far, another neighbour is another number
    assert held_out(model, x, y, kind, 3).agreement >= 97.0
    check_c(model, x, kind)


@pytest.mark.parametrize("neighbors", [1, 2, 240])
def test_any_number_of_neighbors(neighbors):
    x, y = rows(13, 3, DType.FLOAT32)
    model = converted(KNeighborsClassifier(neighbors), x, y, DType.FLOAT32)
    assert model.agreement.agreement >= 99.5
    check_c(model, x, DType.FLOAT32)


def test_whole_numbers_are_compared_as_they_are():
    x, y = rows(14, 3, DType.INT8)
    model = converted(KNeighborsClassifier(1), x, y, DType.INT8)
    assert not any(isinstance(call.op, ScaledFeatures) for call in model.graph.calls())
    check_c(model, x, DType.INT8)


def test_a_projection_in_front():
    x, y = rows(15, 3, DType.FLOAT32)
    pipeline = make_pipeline(StandardScaler(), PCA(2), KNeighborsClassifier(5))
    model = converted(pipeline, x, y, DType.FLOAT32)
    assert held_out(model, x, y, DType.FLOAT32, 4).agreement >= 99.0
    check_c(model, x, DType.FLOAT32)


def test_probabilities_are_shares_of_the_neighbors():
    x, y = rows(16, 3, DType.FLOAT32)
    model = converted(KNeighborsClassifier(5), x, y, DType.FLOAT32)
    assert model.graph.methods == ("predict", "predict_proba")


@by_kind()
@pytest.mark.parametrize(
    "estimator",
    [
        NearestCentroid(),
        NearestCentroid(metric="manhattan"),
        NearestCentroid(priors="empirical"),
        NearestCentroid(shrink_threshold=0.2),
        KMeans(4, random_state=0, n_init=1),
        KMeans(1, random_state=0, n_init=1),
        MiniBatchKMeans(3, random_state=0, n_init=1),
    ],
    ids=repr,
)
def test_centers_agree(estimator, kind):
    x, y = rows(17, 3, kind)
    y[:60] = 0  # unequal priors
    model = converted(make_pipeline(StandardScaler(), estimator), x, y, kind)
    assert model.agreement.agreement >= 99.0
    check_c(model, x, kind)


def test_weights_are_the_quotients_of_their_rule():
    distances = np.array([[3, 4, 2**30], [0, 0, 7], [2**30, 2**30, 2**30]])
    root = neighbor_weights(Weights.INVERSE_ROOT, distances)
    inverse = neighbor_weights(Weights.INVERSE, distances)
    assert inverse.tolist() == [[32768, 24576, 0], [32768, 32768, 0], [32768] * 3]
    assert root[0].tolist() == [
        32768,
        int(np.sqrt(0.75) * 32768),
        int(np.sqrt(3 * 2.0**-30) * 32768),
    ]
    assert root[1:].tolist() == inverse[1:].tolist()


@pytest.mark.parametrize(
    ("estimator", "named"),
    [
        (KNeighborsClassifier(p=7), "p"),
        (KNeighborsClassifier(metric="dice"), "metric"),
        (KNeighborsClassifier(weights=lambda d: d), "weights"),
        (NearestCentroid(metric="manhattan", priors=[0.5, 0.25, 0.25]), "priors"),
    ],
    ids=["p", "metric", "weights", "priors"],
)
def test_unsupported_parameters_are_named(estimator, named):
    x, y = rows(18, 3, DType.FLOAT32)
    estimator.fit(x, y)
    with pytest.raises(UnsupportedError, match=rf"{named}=.*is not supported") as error:
        fitted(estimator)
    assert error.value.next_step.startswith("supported")


@pytest.mark.parametrize("metric", [{"metric": "cosine"}, {"p": 3}], ids=str)
def test_some_metrics_have_no_weights_by_distance(metric):
    x, y = rows(19, 3, DType.FLOAT32)
    with pytest.raises(UnsupportedError, match="weights='distance'"):
        converted(KNeighborsClassifier(**metric, weights="distance"), x, y, DType.FLOAT32)


@pytest.mark.parametrize("estimator", [KNeighborsClassifier(), NearestCentroid(), KMeans()])
def test_unfitted_estimators_are_refused(estimator):
    with pytest.raises(ConversionError, match="not fitted"):
        fitted(estimator)
