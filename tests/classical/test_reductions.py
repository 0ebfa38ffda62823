"""Estimators and transformers that become operators of others: integers and C agree with scikit-learn."""

import warnings

import numpy as np
import pytest
from sklearn.cluster import AffinityPropagation, Birch, BisectingKMeans, MeanShift
from sklearn.compose import TransformedTargetRegressor
from sklearn.cross_decomposition import CCA, PLSCanonical, PLSRegression
from sklearn.decomposition import FactorAnalysis, KernelPCA, SparsePCA
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.kernel_approximation import (
    AdditiveChi2Sampler,
    PolynomialCountSketch,
    RBFSampler,
    SkewedChi2Sampler,
)
from sklearn.linear_model import (
    GammaRegressor,
    LogisticRegression,
    MultiTaskElasticNetCV,
    PoissonRegressor,
    Ridge,
    SGDOneClassSVM,
    TweedieRegressor,
)
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.neural_network import BernoulliRBM
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.semi_supervised import LabelPropagation, LabelSpreading, SelfTrainingClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.classical.nodes import check_nodes
from tests.classical.test_pipelines import converted, rows
from tinygen.errors import UnsupportedError
from tinygen.ir import DType
from tinygen.model import fitted

KINDS = [DType.INT8, DType.FLOAT32]
COUNT = 150
by_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.value)


def each(table):
    return pytest.mark.parametrize("model", table.values(), ids=table)


def scaled(*steps):
    return make_pipeline(StandardScaler(), *steps)


def positive(*steps):
    return make_pipeline(MinMaxScaler(), *steps)


TRANSFORMERS = {
    "factors": FactorAnalysis(3),
    "sparse components": SparsePCA(3, max_iter=50, random_state=0),
    "neighborhood components": scaled(NeighborhoodComponentsAnalysis(2, max_iter=20, random_state=0)),
    "cosines": scaled(RBFSampler(gamma=0.3, n_components=12, random_state=0)),
    "skewed": positive(SkewedChi2Sampler(skewedness=0.1, n_components=12, random_state=0)),
    "additive": positive(AdditiveChi2Sampler(sample_steps=2)),
    "sketch": scaled(PolynomialCountSketch(degree=2, n_components=8, coef0=1, random_state=0)),
    "sketch of three": scaled(PolynomialCountSketch(degree=3, n_components=5, random_state=0)),
    "hidden units": positive(BernoulliRBM(4, n_iter=60, random_state=0)),
    "splines": SplineTransformer(5, knots="quantile"),
    "cubic splines that end": SplineTransformer(4, extrapolation="error"),
    "kernel components": scaled(KernelPCA(3, kernel="rbf")),
    "kernel components of products": scaled(KernelPCA(2, kernel="poly", degree=2)),
    "means of targets": make_pipeline(
        KBinsDiscretizer(5, encode="ordinal", quantile_method="averaged_inverted_cdf"), TargetEncoder()
    ),
}  # fmt: skip

CLUSTERS = {
    "bisected": scaled(BisectingKMeans(5, random_state=0)),
    "one cluster": BisectingKMeans(1),
    "shifted means": scaled(MeanShift(bandwidth=1.5)),
    "exemplars": scaled(AffinityPropagation(damping=0.9, random_state=0)),
    "birch": scaled(Birch(n_clusters=3)),
    "birch of subclusters": scaled(Birch(n_clusters=None)),
    "outliers": scaled(SGDOneClassSVM(nu=0.1, random_state=0)),
}

SEMI_SUPERVISED = {
    "propagated": scaled(LabelPropagation()),
    "spread": scaled(LabelSpreading()),
    "neighbors": scaled(LabelSpreading(kernel="knn", n_neighbors=5)),
    "trained by itself": SelfTrainingClassifier(LogisticRegression(max_iter=500)),
}

THRESHOLDS = {
    "fixed": FixedThresholdClassifier(scaled(LogisticRegression()), threshold=0.3),
    "first class": FixedThresholdClassifier(
        scaled(LogisticRegression()), threshold=0.3, pos_label=0, response_method="decision_function"
    ),
    "of a tree": FixedThresholdClassifier(DecisionTreeClassifier(max_depth=3), threshold=0.25),
    "of a forest": FixedThresholdClassifier(RandomForestClassifier(4, max_depth=3), pos_label=0),
    "tuned": TunedThresholdClassifierCV(
        GradientBoostingClassifier(n_estimators=4, max_depth=2), cv=2
    ),
}  # fmt: skip

REGRESSORS = {
    "poisson": scaled(PoissonRegressor()),
    "gamma": scaled(GammaRegressor()),
    "tweedie": scaled(TweedieRegressor(power=1.5)),
    "tweedie of power 0": scaled(TweedieRegressor(power=0)),
    "logarithms": TransformedTargetRegressor(scaled(Ridge()), func=np.log, inverse_func=np.exp),
    "quantiles": TransformedTargetRegressor(
        DecisionTreeRegressor(max_depth=4, random_state=0),
        transformer=QuantileTransformer(n_quantiles=50, output_distribution="normal"),
    ),
    "least squares": PLSRegression(2),
    "correlation": CCA(1),
}

OF_TWO = {
    "powers": TransformedTargetRegressor(scaled(Ridge()), transformer=PowerTransformer()),
    "several": MultiTaskElasticNetCV(cv=2, alphas=3),
    "least squares of two": PLSRegression(2),
}


@by_kind
@each(TRANSFORMERS)
def test_transformers_agree(library, model, kind):
    x, y = rows(3, 3, kind, COUNT)
    found = converted(make_pipeline(model), x, y, kind)
    # curves are off a little near the ends
    assert found.agreement.largest_error < 0.05
    check_nodes(library, found.graph, x, kind)


@each(TRANSFORMERS)
def test_linear_models_behind_them_agree(model):
    x, y = rows(4, 3, DType.FLOAT32, COUNT)
    pipeline = make_pipeline(model, LogisticRegression(max_iter=300))
    assert converted(pipeline, x, y, DType.FLOAT32).agreement.agreement >= 98.5


@by_kind
@each(CLUSTERS)
def test_clusters_agree(library, model, kind):
    x, _ = rows(5, 3, kind, COUNT)
    found = converted(model, x, None, kind)
    assert found.agreement.agreement >= 98.5
    check_nodes(library, found.graph, x, kind)


@by_kind
@each(SEMI_SUPERVISED)
def test_labels_that_spread_agree(library, model, kind):
    x, y = rows(6, 3, kind, COUNT)
    found = converted(model, x, np.where(np.arange(COUNT) % 3, y, -1), kind)
    assert found.agreement.agreement >= 98.5
    check_nodes(library, found.graph, x, kind)


@by_kind
@each(THRESHOLDS)
def test_thresholds_agree(library, model, kind):
    x, y = rows(7, 2, kind, COUNT)
    found = converted(model, x, y, kind)
    assert found.agreement.agreement >= 98.5
    check_nodes(library, found.graph, x, kind)


def test_a_score_that_is_the_threshold_is_above_it():
    x, y = rows(8, 2, DType.INT8, COUNT)
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(x, y)
    for share in np.unique(tree.predict_proba(x)[:, 1]):
        model = converted(FixedThresholdClassifier(tree, threshold=share), x, y, DType.INT8)
        assert model.agreement.agreement == 100.0


@by_kind
@each({**REGRESSORS, **OF_TWO})
def test_functions_of_answers_agree(library, model, kind):
    x, y = rows(9, 3, kind, COUNT)
    targets = np.exp((y + 0.3 * np.sin(np.arange(COUNT))) / 2)
    if any(model is item for item in OF_TWO.values()):
        targets = np.stack([targets, 1000 * targets**2 + y], axis=1)
    found = converted(model, x, targets, kind)
    assert found.agreement.largest_error < 0.006
    check_nodes(library, found.graph, x, kind)


@by_kind
@pytest.mark.parametrize("steps", [1, 2, 9])
def test_steps_of_one_feature(library, steps, kind):
    x, _ = rows(10, 3, kind, COUNT)
    y = np.minimum(np.argsort(np.argsort(x[:, 0])) * steps // COUNT, steps - 1)
    model = fitted(IsotonicRegression().fit(x[:, :1], y)).quantize(calibration=x[:, :1], io=kind)
    assert model.agreement.agreement >= 98.0
    check_nodes(library, model.graph, x[:, :1], kind)


def test_projections_of_least_squares_in_front():
    """`fit_transform` of these returns two arrays, so pipelines are lists of fitted steps."""
    x, y = rows(11, 2, DType.FLOAT32, COUNT)
    step = PLSCanonical(1).fit(x, x[:, :1] + y[:, None])
    last = LogisticRegression().fit(step.transform(x), y)
    model = fitted([step, last]).quantize(calibration=x, io=DType.FLOAT32)
    assert model.agreement.agreement >= 99.0


class Swapped(PowerTransformer):
    """A transformer of targets that mixes columns by no line."""

    def inverse_transform(self, rows):
        return np.stack([rows.prod(axis=1), rows[:, 0] ** 3], axis=1)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            TransformedTargetRegressor(Ridge(), transformer=Swapped(), check_inverse=False),
            "transformer=",
        ),
        (LabelSpreading(kernel=lambda a, b: a @ b.T), "kernel="),
        (KernelPCA(2, kernel="cosine"), "kernel='cosine'"),
        (PolynomialCountSketch(degree=5), "degree=5"),
    ],
    ids=["target", "labels", "components", "sketch"],
)
def test_what_is_not_supported_is_named(model, message):
    x, y = rows(12, 2, DType.INT8, COUNT)
    targets = np.stack([1 + y, 2 + y + x[:, 0]], axis=1) if "Target" in type(model).__name__ else y
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, targets)
    with pytest.raises(UnsupportedError, match=message) as raised:
        fitted(model)
    assert "supported" in raised.value.next_step
