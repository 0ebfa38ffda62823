"""Transformers in front of models and alone: the integers agree with scikit-learn, the C with the integers."""

import warnings

import numpy as np
import pytest
from sklearn.cluster import FeatureAgglomeration
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import NMF, PCA, FastICA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)
from sklearn.random_projection import GaussianRandomProjection
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from tests.classical.test_pipelines import check_c, converted, rows
from tinygen import reference, targets, verify
from tinygen.errors import CalibrationError, UnsupportedError
from tinygen.ir import DType
from tinygen.model import fitted

KINDS = [DType.INT8, DType.FLOAT32]
TREE = DecisionTreeClassifier(max_depth=6, random_state=0)


def bins(**choices):
    return KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf", **choices)


FOLDED = {
    "clip": MinMaxScaler(clip=True),
    "binarizer": Binarizer(threshold=0.3),
    "bins": bins(encode="ordinal"),
    "power": PowerTransformer(),
    "quantile": QuantileTransformer(n_quantiles=40),
    "normal quantile": QuantileTransformer(n_quantiles=40, output_distribution="normal"),
    "root": FunctionTransformer(np.cbrt),
    "negative": FunctionTransformer(np.negative),
    "nothing": FunctionTransformer(),
}
"""Functions that never fall, or never rise: comparisons behind them are comparisons of raw features."""

COMPUTED = {
    "l1": Normalizer("l1"),
    "l2": Normalizer("l2"),
    "max": Normalizer("max"),
    "one-hot bins": bins(encode="onehot-dense"),
    "products": PolynomialFeatures(2),
    "interactions": PolynomialFeatures(3, interaction_only=True, include_bias=False),
    "absolute": FunctionTransformer(np.abs),
    "projection": make_pipeline(StandardScaler(), PCA(3)),
    "discriminants": LinearDiscriminantAnalysis(),
    "independent": make_pipeline(StandardScaler(), FastICA(3, random_state=0)),
    "agglomeration": FeatureAgglomeration(2),
    "random projection": GaussianRandomProjection(3, random_state=0),
    "columns": ColumnTransformer(
        [("scaled", StandardScaler(), [0, 1]), ("bins", bins(encode="onehot-dense"), [3, 4])],
        remainder="passthrough",
    ),
    "branches": ColumnTransformer(
        [
            ("pca", make_pipeline(StandardScaler(), PCA(2)), [0, 1, 3]),
            ("power", PowerTransformer(), slice(3, 5)),
            ("none", "drop", [2]),
        ]
    ),
    "union": FeatureUnion(
        [("pca", PCA(2)), ("quantile", QuantileTransformer(n_quantiles=30))],
        transformer_weights={"pca": 0.5},
    ),
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.value)
@pytest.mark.parametrize("name", FOLDED)
def test_comparisons_fold_through_functions_of_columns(name, kind):
    x, y = rows(3, 3, kind)
    model = converted(make_pipeline(FOLDED[name], TREE), x, y, kind)
    assert [call.op.label() for call in model.graph.parts()[0].calls()] == ["TreeSums"]
    assert model.agreement.agreement == 100.0


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.value)
@pytest.mark.parametrize("name", [*FOLDED, *COMPUTED])
def test_linear_models_behind_any_transformer(name, kind):
    x, y = rows(4, 3, kind)
    transformer = {**FOLDED, **COMPUTED}[name]
    pipeline = make_pipeline(transformer, StandardScaler(), LogisticRegression(max_iter=500))
    assert converted(pipeline, x, y, kind).agreement.agreement >= 99.0


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.value)
@pytest.mark.parametrize("name", COMPUTED)
def test_trees_behind_computed_columns(name, kind):
    x, y = rows(5, 3, kind)
    assert converted(make_pipeline(COMPUTED[name], TREE), x, y, kind).agreement.agreement >= 98.5


@pytest.mark.parametrize("name", ["power", "l2", "columns", "projection"])
@pytest.mark.parametrize(
    "estimator",
    [KNeighborsClassifier(3), SVC(), GaussianNB(), MLPClassifier((8,), max_iter=100, random_state=0)],
    ids=lambda e: type(e).__name__,
)  # fmt: skip
def test_other_models_behind_computed_columns(name, estimator):
    x, y = rows(6, 3, DType.FLOAT32)
    pipeline = make_pipeline({**FOLDED, **COMPUTED}[name], estimator)
    assert converted(pipeline, x, y, DType.FLOAT32).agreement.agreement >= 97.5


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.value)
def test_all_of_them_in_one_graph_are_the_c(kind):
    """One compilation instead of one for each. Trees ask for columns of 31 bits, others have 16."""
    estimator, functions = (
        (TREE, "Curves") if kind is DType.FLOAT32 else (LogisticRegression(), "ColumnTables")
    )
    x, y = rows(7, 3, kind)
    names = [n for n in {**FOLDED, **COMPUTED} if n not in ("nothing", "negative", "discriminants")]
    union = FeatureUnion([(n, {**FOLDED, **COMPUTED}[n]) for n in names])
    model = converted(make_pipeline(union, estimator), x, y, kind)
    found = {call.op.label() for call in model.graph.calls()}
    assert {"Steps", functions, "Products", "Normalized", "JoinedRows"} <= found
    check_c(model, x, kind)
    part = model.graph.parts()[0]
    expected = verify.run_reference(part, {"features": x[:20].astype(kind.numpy)})
    core = "cortex-m0" if kind is DType.FLOAT32 else "cortex-m4"
    assert verify.on_qemu(expected, targets.load(core)).passed


def selected(estimator):
    return make_pipeline(StandardScaler(), SelectKBest(k=4), estimator)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.value)
def test_features_that_nothing_reads_are_not_computed(kind):
    x, y = rows(12, 3, kind, features=40)
    estimator = LogisticRegression(max_iter=300)
    model = converted(selected(estimator), x, y, kind)
    first, *others = model.graph.parts()[0].calls()
    assert first.op.label() == "Chosen"
    assert {call.inputs[0].channels for call in others[:-1]} == {4}
    assert model.agreement.agreement >= 99.0
    check_c(model, x, kind)


def test_a_choice_that_costs_more_than_it_saves_is_not_made():
    x, y = rows(12, 2, DType.INT8)
    model = converted(selected(LogisticRegression()), x, y, DType.INT8)
    assert [c.op.label() for c in model.graph.parts()[0].calls()] == ["LinearScores", "ArgMax"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.value)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_one_feature_of_any_size(kind, scale):
    if kind is DType.INT8 and scale != 1.0:
        scale = 1.0
    rng = np.random.default_rng(0)
    x = (rng.integers(-90, 91, (150, 1)) * scale).astype(np.float32)
    y = (np.abs(x[:, 0]) > 40 * scale).astype(int)
    for name in ("normal quantile", "one-hot bins", "products"):
        transformer = {**FOLDED, **COMPUTED}[name]
        pipeline = make_pipeline(transformer, StandardScaler(), LogisticRegression(max_iter=500))
        assert converted(pipeline, x, y, kind).agreement.agreement >= 98.0


def categories(seed: int = 0):
    """Two columns of categories, one of numbers; and classes."""
    rng = np.random.default_rng(seed)
    x = np.stack([rng.choice([-3, 0, 7], 200), rng.choice([1, 2], 200), rng.integers(-50, 50, 200)])
    y = (x[0] == 0) + 2 * (x[1] == 2) * (x[2] > 0)
    return x.T.astype(np.float32), y


def encoded(encoder, estimator):
    columns = ColumnTransformer([("codes", encoder, [0, 1])], remainder=StandardScaler())
    return make_pipeline(columns, estimator)


ENCODERS = [
    OneHotEncoder(),
    OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    OneHotEncoder(drop="first"),
    OneHotEncoder(drop="if_binary"),
    OrdinalEncoder(),
    OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.value)
@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
def test_categories_are_encoded_exactly(encoder, kind):
    x, y = categories()
    for estimator in (TREE, LogisticRegression(max_iter=500)):
        model = converted(encoded(encoder, estimator), x, y, kind)
        assert model.agreement.agreement == 100.0


def test_unknown_categories_are_none():
    x, y = categories()
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    model = converted(make_pipeline(encoder), x[:, :2], y, DType.INT8)
    part = model.graph.parts()[0]
    met = np.array([[7, 5], [-4, 2]], np.int8)
    (output,) = part.output_tensors
    got = reference.run(part, {"features": met})[output.name] * output.quantization.scale
    np.testing.assert_allclose(got, [[0, 0, 1, 0, 0], [0, 0, 0, 0, 1]], atol=1e-3)


@pytest.mark.parametrize(
    "last",
    [
        StandardScaler(),
        MinMaxScaler(clip=True),
        make_pipeline(StandardScaler(), PCA(2)),
        Normalizer(),
        PolynomialFeatures(2, include_bias=False),
        bins(encode="ordinal"),
    ],
    ids=lambda t: type(t).__name__,
)
def test_pipelines_may_end_in_a_transformer(last):
    x, _ = rows(8, 3, DType.INT8)
    model = fitted(make_pipeline(last).fit(x)).quantize(calibration=x)
    assert model.graph.methods == ("transform",)
    # straight lines are off near the ends of a clipped range
    assert model.agreement.largest_error < (0.05 if isinstance(last, MinMaxScaler) else 0.01)


def test_the_c_of_a_transformer_is_called_transform(tmp_path):
    x, _ = rows(8, 3, DType.INT8)
    model = fitted(make_pipeline(StandardScaler(), PCA(2)).fit(x)).quantize(calibration=x)
    model.emit("host", tmp_path / "m", name="front")
    assert "front_transform(const int8_t input[" in (tmp_path / "m" / "front.h").read_text()
    check_c(model, x, DType.INT8)


def with_holes(x, missing):
    rng = np.random.default_rng(1)
    return np.where(rng.random(x.shape) < 0.1, missing, x).astype(np.float32)


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_missing_numbers_are_imputed(strategy):
    x, y = rows(9, 3, DType.FLOAT32)
    x = with_holes(x, np.nan)
    for estimator in (TREE, LogisticRegression(max_iter=500)):
        pipeline = make_pipeline(SimpleImputer(strategy=strategy), StandardScaler(), estimator)
        model = converted(pipeline, x, y, DType.FLOAT32)
        assert model.agreement.agreement >= 99.0
    check_c(model, x, DType.FLOAT32)


def test_numbers_are_imputed_where_something_reads_them():
    x, y = rows(13, 3, DType.FLOAT32, features=40)
    pipeline = make_pipeline(SimpleImputer(), selected(LogisticRegression(max_iter=300)))
    model = converted(pipeline, with_holes(x, np.nan), y, DType.FLOAT32)
    labels = [call.op.label() for call in model.graph.parts()[0].calls()]
    assert labels[:2] == ["Chosen", "Imputed"]
    assert model.agreement.agreement >= 99.0


def test_a_number_may_stand_for_missing_ones():
    x, y = rows(10, 3, DType.INT8)
    x = with_holes(x, -128)
    imputer = SimpleImputer(missing_values=-128, strategy="most_frequent")
    model = converted(make_pipeline(imputer, TREE), x, y, DType.INT8)
    assert model.agreement.agreement == 100.0
    check_c(model, x, DType.INT8)


def test_means_of_integers_are_no_integers():
    x, y = rows(10, 3, DType.INT8)
    imputer = SimpleImputer(missing_values=-128)
    with pytest.raises(UnsupportedError, match="not int8") as raised:
        converted(make_pipeline(imputer, TREE), with_holes(x, -128), y, DType.INT8)
    assert "--io float" in raised.value.next_step


def test_nan_without_an_imputer_is_refused():
    x, y = rows(9, 3, DType.FLOAT32)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    with pytest.raises(CalibrationError, match="NaN"):
        fitted(pipeline).quantize(calibration=with_holes(x, np.nan))


def own_function(x):
    return x + 1


@pytest.mark.parametrize(
    ("transformer", "message"),
    [
        (FunctionTransformer(own_function), r"FunctionTransformer\(func=own_function\)"),
        (FunctionTransformer(np.sqrt, kw_args={"casting": "same_kind"}), "kw_args"),
        (PolynomialFeatures(5), "degree=5"),
        (SimpleImputer(add_indicator=True), "add_indicator"),
        (make_pipeline(StandardScaler(), SimpleImputer(missing_values=0)), "behind a scaler"),
        (OneHotEncoder(min_frequency=3), "min_frequency"),
        (NMF(2, solver="mu", beta_loss=1, max_iter=20), "beta_loss=1"),
    ],
    ids=lambda v: str(v)[:30],
)
def test_what_is_not_supported_is_named(transformer, message):
    x, y = rows(11, 2, DType.INT8)
    x = np.abs(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline = make_pipeline(transformer, TREE).fit(x, y)
    with pytest.raises(UnsupportedError, match=message):
        fitted(pipeline).quantize(calibration=x)


def test_categories_that_are_texts_are_refused():
    x = np.array([["a"], ["b"], ["a"], ["c"]], object)
    pipeline = make_pipeline(OrdinalEncoder(), TREE).fit(x, [0, 1, 0, 1])
    with pytest.raises(UnsupportedError, match="not finite numbers"):
        fitted(pipeline)


@pytest.mark.parametrize("encoder", [OneHotEncoder(), bins()], ids=["categories", "bins"])
def test_encoders_alone_whose_rows_are_sparse(encoder):
    x = np.random.default_rng(0).integers(0, 4, (60, 3)).astype(np.float32)
    model = converted(encoder, x, None, DType.INT8)
    assert model.agreement.largest_error < 1e-3
    check_c(model, x, DType.INT8)
