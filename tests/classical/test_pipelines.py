"""Fitted pipelines on random data: the integer graph agrees with scikit-learn, and the C is the graph, bit for bit."""

import warnings

import numpy as np
import pytest
from sklearn.cluster import DBSCAN
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import RFE, RFECV, SelectKBest, VarianceThreshold
from sklearn.linear_model import (
    ElasticNet,
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Perceptron,
    RANSACRegressor,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.svm import LinearSVC, LinearSVR
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from tinygen import reference, targets, verify
from tinygen.errors import UnsupportedError
from tinygen.ir import DType
from tinygen.model import fitted

TREE_CLASSIFIERS = [
    DecisionTreeClassifier(max_depth=6, random_state=0),
    ExtraTreeClassifier(max_depth=6, random_state=0),
    RandomForestClassifier(7, max_depth=5, random_state=0),
    ExtraTreesClassifier(7, max_depth=5, random_state=0),
    GradientBoostingClassifier(n_estimators=6, max_depth=3, random_state=0),
    HistGradientBoostingClassifier(max_iter=6, max_depth=3),
]
TREE_REGRESSORS = [
    DecisionTreeRegressor(max_depth=6, random_state=0),
    ExtraTreeRegressor(max_depth=6, random_state=0),
    RandomForestRegressor(7, max_depth=5, random_state=0),
    ExtraTreesRegressor(7, max_depth=5, random_state=0),
    GradientBoostingRegressor(n_estimators=6, max_depth=3, random_state=0),
    HistGradientBoostingRegressor(max_iter=6, max_depth=3),
]
LINEAR_CLASSIFIERS = [
    LogisticRegression(max_iter=2000),
    LinearSVC(random_state=0),
    RidgeClassifier(),
    Perceptron(random_state=0),
    SGDClassifier(random_state=0),
]
LINEAR_REGRESSORS = [
    LinearRegression(),
    Ridge(),
    Lasso(alpha=0.01),
    ElasticNet(alpha=0.01),
    HuberRegressor(),
    RANSACRegressor(random_state=0),
    LinearSVR(random_state=0),
]
COLUMN_TRANSFORMERS = [
    StandardScaler(),
    MinMaxScaler((-1, 3)),
    MaxAbsScaler(),
    RobustScaler(),
    StandardScaler(with_std=False),
    SelectKBest(k=3),
    VarianceThreshold(),
    RFE(DecisionTreeClassifier(random_state=0), n_features_to_select=2),
]
PROJECTIONS = [PCA(3), PCA(3, whiten=True), IncrementalPCA(3), TruncatedSVD(3, random_state=0)]

HOST = targets.load("host")


def name_of(item) -> str:
    return type(item).__name__


def rows(seed: int, classes: int, kind: DType, count: int = 240, features: int = 5):
    """Rows with a constant column, a duplicated one, and columns of very different sizes; and classes."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, count)
    x = rng.normal(0, 1, (count, features)) + 0.7 * y[:, None] * rng.normal(0, 1, features)
    if kind is DType.FLOAT32:
        x = x * 10.0 ** rng.integers(-3, 4, features) + 5.0 * rng.normal(0, 1, features)
        x[:, 1], x[:, 2] = x[:, 0], 3.25
        return x.astype(np.float32), y
    x[:, 1] = x[:, 0]
    low, high = (-100, 100) if kind is DType.INT8 else (-30000, 30000)
    x = np.clip(np.rint(x * high / 6), low, high)
    x[:, 2] = 3
    return x.astype(np.float32), y


def converted(pipeline, x, y, kind: DType):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline.fit(x, y)
        return fitted(pipeline).quantize(calibration=x, io=kind)


def check_c(model, x, kind: DType, target=HOST) -> None:
    """All methods on the host: rows of data, extremes, and anything."""
    from tinygen import samples

    (name,) = model.graph.inputs
    extremes = samples.generate(model.graph, 12)[name]
    inputs = {name: np.concatenate([x[:30].astype(kind.numpy), extremes])}
    for part in model.graph.parts():
        comparison = verify.on_host(verify.run_reference(part, inputs), target)
        assert comparison.passed, comparison.divergence


@pytest.mark.parametrize("kind", [DType.INT8, DType.INT16, DType.FLOAT32], ids=lambda k: k.value)
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("estimator", TREE_CLASSIFIERS, ids=name_of)
def test_tree_classifiers_agree_entirely(estimator, classes, kind):
    x, y = rows(classes, classes, kind)
    model = converted(estimator, x, y, kind)
    assert model.agreement.agreement == 100.0
    check_c(model, x, kind)


@pytest.mark.parametrize("kind", [DType.INT8, DType.INT32, DType.FLOAT32], ids=lambda k: k.value)
@pytest.mark.parametrize("estimator", TREE_REGRESSORS, ids=name_of)
def test_tree_regressors_agree(estimator, kind):
    x, y = rows(1, 3, kind)
    model = converted(estimator, x, y + 0.1 * x[:, 0] / np.abs(x[:, 0]).max(), kind)
    assert model.agreement.largest_error < 1e-3
    check_c(model, x, kind)


@pytest.mark.parametrize("kind", [DType.INT8, DType.FLOAT32], ids=lambda k: k.value)
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("estimator", LINEAR_CLASSIFIERS, ids=name_of)
def test_linear_classifiers_agree(estimator, classes, kind):
    x, y = rows(classes, classes, kind)
    model = converted(make_pipeline(StandardScaler(), estimator), x, y, kind)
    assert model.agreement.agreement >= 99.0
    check_c(model, x, kind)


@pytest.mark.parametrize("kind", [DType.INT16, DType.FLOAT32], ids=lambda k: k.value)
@pytest.mark.parametrize("estimator", LINEAR_REGRESSORS, ids=name_of)
def test_linear_regressors_agree(estimator, kind):
    x, y = rows(2, 3, kind)
    model = converted(make_pipeline(StandardScaler(), estimator), x, y.astype(float), kind)
    assert model.agreement.largest_error < 0.005
    check_c(model, x, kind)


@pytest.mark.parametrize("kind", [DType.INT8, DType.FLOAT32], ids=lambda k: k.value)
@pytest.mark.parametrize("transformer", COLUMN_TRANSFORMERS, ids=name_of)
def test_transformers_by_columns_fold_into_trees_exactly(transformer, kind):
    """The estimator sees the transformed rows, rounded to float32; the C sees the raw ones."""
    x, y = rows(5, 3, kind)
    model = converted(
        make_pipeline(transformer, RandomForestClassifier(5, random_state=0)), x, y, kind
    )
    assert model.agreement.agreement == 100.0
    check_c(model, x, kind)


def test_a_negative_factor_turns_comparisons_round():
    x, y = rows(6, 3, DType.INT8)
    scaler = MinMaxScaler()
    pipeline = Pipeline([("scale", scaler), ("tree", DecisionTreeClassifier(random_state=0))])
    pipeline.fit(x, y)
    scaler.scale_, scaler.min_ = -scaler.scale_, 1 - scaler.min_
    pipeline.steps[-1][1].fit(scaler.transform(x), y)
    model = fitted(pipeline).quantize(calibration=x, io=DType.INT8)
    assert model.agreement.agreement == 100.0


@pytest.mark.parametrize("transformer", PROJECTIONS, ids=name_of)
def test_projections_collapse_into_one_matrix(transformer):
    x, y = rows(7, 3, DType.INT8)
    pipeline = make_pipeline(StandardScaler(), transformer, LogisticRegression(max_iter=2000))
    model = converted(pipeline, x, y, DType.INT8)
    operators = [call.op.label() for call in model.graph.parts()[0].calls()]
    assert operators == ["LinearScores", "ArgMax"]
    assert model.agreement.agreement >= 99.0
    check_c(model, x, DType.INT8)


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
@pytest.mark.parametrize("classes", [2, 3])
def test_boosting_libraries_agree_entirely(library, classes):
    module = pytest.importorskip(library, reason=f"{library} is not installed")
    prefix, settings = ("XGB", {}) if library == "xgboost" else ("LGBM", {"verbose": -1})
    settings |= {"n_estimators": 8, "max_depth": 3, "n_jobs": 1, "random_state": 0}
    x, y = rows(8, classes, DType.INT8)
    model = converted(getattr(module, f"{prefix}Classifier")(**settings), x, y, DType.INT8)
    assert model.agreement.agreement == 100.0
    check_c(model, x, DType.INT8)
    regressor = getattr(module, f"{prefix}Regressor")(**settings)
    model = converted(regressor, x, y + 0.01 * x[:, 0], DType.INT8)
    assert model.agreement.largest_error < 1e-3


def test_features_that_nothing_reads_are_not_read():
    x, y = rows(9, 2, DType.INT8)
    pipeline = make_pipeline(SelectKBest(k=1), DecisionTreeClassifier(max_depth=2, random_state=0))
    model = converted(pipeline, x, y, DType.INT8)
    selected = pipeline[0].get_support(indices=True)
    features = model.graph.calls()[0].inputs[1].data
    assert set(features) <= set(selected)


@pytest.mark.parametrize("chooser", [RFE, RFECV])
def test_a_selection_as_a_last_step_is_the_estimator_behind_it(chooser):
    x, y = rows(9, 3, DType.FLOAT32)
    pipeline = make_pipeline(StandardScaler(), chooser(LogisticRegression(max_iter=2000)))
    model = converted(pipeline, x, y, DType.FLOAT32)
    assert model.agreement.agreement >= 99.0
    assert "predict_proba" in model.graph.methods
    check_c(model, x, DType.FLOAT32)


@pytest.mark.parametrize(
    "estimator",
    [
        HistGradientBoostingRegressor(max_iter=6, loss="poisson"),
        HistGradientBoostingRegressor(max_iter=6, loss="gamma"),
        GradientBoostingClassifier(n_estimators=6, loss="exponential"),
    ],
    ids=lambda e: e.loss,
)
def test_losses_of_boosted_trees(estimator):
    x, y = rows(9, 2, DType.INT8)
    target = y if isinstance(estimator, GradientBoostingClassifier) else y + 1.0
    model = converted(estimator, x, target, DType.INT8)
    assert model.agreement.agreement == 100.0
    assert (model.agreement.largest_probability_error or 0) < 1e-3


def test_estimators_that_are_missing_are_named():
    x, y = rows(1, 2, DType.INT8)
    with pytest.raises(UnsupportedError, match="DBSCAN is not supported"):
        fitted(DBSCAN().fit(x[:20], y[:20]))


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(max_iter=2000),
        GradientBoostingClassifier(n_estimators=6, max_depth=3, random_state=0),
        RandomForestClassifier(7, max_depth=5, random_state=0),
        MLPClassifier((8,), max_iter=300, random_state=0),
        GaussianNB(),
    ],
    ids=name_of,
)
def test_probabilities_are_near(estimator, classes):
    x, y = rows(classes, classes, DType.FLOAT32)
    model = converted(make_pipeline(StandardScaler(), estimator), x, y, DType.FLOAT32)
    names = dict(zip(model.graph.methods, model.graph.outputs, strict=True))
    part = model.graph.up_to(names["predict_proba"])
    (tensor,) = part.output_tensors
    got = reference.run(part, {"features": x})[tensor.name] * tensor.quantization.scale
    pipeline = model.description.answer.__self__
    np.testing.assert_allclose(got, pipeline.predict_proba(x), atol=0.01)


@pytest.mark.parametrize("kind", [DType.INT8, DType.FLOAT32], ids=lambda k: k.value)
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
def test_networks_agree(activation, kind):
    x, y = rows(3, 3, kind)
    network = MLPClassifier((12, 7), activation=activation, max_iter=200, random_state=0)
    model = converted(make_pipeline(StandardScaler(), network), x, y, kind)
    assert model.agreement.agreement >= 98.5
    check_c(model, x, kind)
    network = MLPRegressor(
        hidden_layer_sizes=(9,), activation=activation, max_iter=200, random_state=0
    )
    model = converted(make_pipeline(StandardScaler(), network), x, y.astype(float), DType.FLOAT32)
    assert model.agreement.largest_error < 0.03


@pytest.mark.parametrize("kind", [DType.INT8, DType.INT16, DType.FLOAT32], ids=lambda k: k.value)
def test_naive_bayes_agrees(kind):
    x, y = rows(4, 4, kind)
    model = converted(make_pipeline(StandardScaler(), GaussianNB()), x, y, kind)
    assert model.agreement.agreement >= 99.0
    check_c(model, x, kind)


def test_a_value_that_a_class_never_had_rules_it_out():
    """Such a class has a variance of nearly 0, with which int16 weights alone would drown all others."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 16, (300, 6)), rng.integers(0, 3, 300)
    x[:, 0] += 3 * y
    x[y == 1, 5] = 0
    model = converted(GaussianNB(), x.astype(np.float32), y, DType.INT8)
    assert any(call.op.label() == "SharpPenalties" for call in model.graph.calls())
    assert model.agreement.agreement >= 99.0
    check_c(model, x, DType.INT8)


def test_naive_bayes_of_constant_columns_is_refused():
    """scikit-learn divides by the variance, which is 0 where no column varies."""
    y = np.arange(40) % 2
    with np.errstate(divide="ignore"):
        model = GaussianNB().fit(np.full((40, 1), 3.0), y)
        with pytest.raises(UnsupportedError, match="variance of naive Bayes is 0") as error:
            fitted(model).quantize(calibration=np.full((40, 1), 3.0), io=DType.INT8)
    assert "all constant" in error.value.where


def test_naive_bayes_takes_a_constant_column_beside_others():
    x, y = rows(1, 2, DType.FLOAT32)
    model = converted(GaussianNB(), x[:, [0, 2]], y, DType.FLOAT32)
    assert np.ptp(x[:, 2]) == 0
    assert model.agreement.agreement == 100.0
