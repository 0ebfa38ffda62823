"""Models made of models: one graph, which agrees with scikit-learn, and whose C is the graph, bit for bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    GradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.classical.nodes import check_nodes
from tests.classical.strategies import constant, graph_of, row
from tests.classical.test_pipelines import check_c, converted, rows
from tests.strategies import QUICK
from tinygen import reference
from tinygen.analysis.ranges import tensor_ranges
from tinygen.errors import ConversionError, UnsupportedError
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType
from tinygen.model import fitted, load
from tinygen.ops.classical.curves import Curves
from tinygen.ops.classical.joined_rows import JoinedRows, Piece
from tinygen.ops.classical.operator import float_of_order
from tinygen.ops.classical.weighted_median import WeightedMedian
from tinygen.ops.classical.weighted_sums import WeightedSums

KINDS = [(DType.INT8, 3), (DType.FLOAT32, 2)]
COUNT = 150


def tree():
    return DecisionTreeClassifier(max_depth=4, random_state=0)


def regression_tree():
    return DecisionTreeRegressor(max_depth=4, random_state=0)


def forest():
    return RandomForestClassifier(4, max_depth=4, random_state=0)


def logistic():
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))


def three():
    bayes = make_pipeline(MinMaxScaler(), GaussianNB())
    return [("linear", logistic()), ("tree", tree()), ("scaled", bayes)]


def three_regressors():
    neighbors = make_pipeline(StandardScaler(), KNeighborsRegressor(3))
    return [("linear", Ridge()), ("tree", regression_tree()), ("scaled", neighbors)]


CLASSIFIERS = {
    "boosted stumps": AdaBoostClassifier(n_estimators=8, random_state=0),
    "boosted trees": AdaBoostClassifier(tree(), n_estimators=4, random_state=0),
    "boosted linear": AdaBoostClassifier(LogisticRegression(), n_estimators=3, random_state=0),
    "bagged trees": BaggingClassifier(tree(), 4, random_state=0),
    "bagged columns": BaggingClassifier(tree(), 4, max_features=0.6, random_state=0),
    "bagged linear": BaggingClassifier(LinearSVC(), 3, random_state=0),
    "hard votes": VotingClassifier(three()),
    "weighted votes": VotingClassifier(three(), weights=[2, 1, 1]),
    "soft votes": VotingClassifier(three(), voting="soft", weights=[1, 2, 3]),
    "stacked": StackingClassifier(three(), LogisticRegression(), cv=2),
    "stacked forest": StackingClassifier(three(), forest(), cv=2, passthrough=True),
    "stacked classes": StackingClassifier(three(), LogisticRegression(), cv=2, stack_method="predict"),
    "stacked decisions": StackingClassifier(
        [("linear", logistic()), ("trees", GradientBoostingClassifier(n_estimators=2, max_depth=2))],
        LogisticRegression(),
        cv=2,
    ),
    "sigmoids": CalibratedClassifierCV(make_pipeline(StandardScaler(), LinearSVC()), cv=2),
    "isotonic": CalibratedClassifierCV(forest(), method="isotonic", cv=2),
    "one sigmoid": CalibratedClassifierCV(logistic(), ensemble=False, cv=2),
    "temperature": CalibratedClassifierCV(logistic(), method="temperature", cv=2),
    "rest, linear": OneVsRestClassifier(logistic()),
    "rest, forests": OneVsRestClassifier(forest()),
    "rest, kernels": OneVsRestClassifier(make_pipeline(StandardScaler(), SVC())),
    "pairs, linear": OneVsOneClassifier(logistic()),
    "pairs, trees": OneVsOneClassifier(tree()),
    "codes": OutputCodeClassifier(logistic(), random_state=0),
    "codes, trees": OutputCodeClassifier(tree(), random_state=0),
    "search": GridSearchCV(logistic(), {"logisticregression__C": [0.1, 1]}, cv=2),
    "prior": DummyClassifier(),
    "constant": DummyClassifier(strategy="constant", constant=1),
    "nested": make_pipeline(StandardScaler(), make_pipeline(PCA(3), VotingClassifier(three()))),
}  # fmt: skip

REGRESSORS = {
    "boosted": AdaBoostRegressor(n_estimators=7, random_state=0),
    "boosted linear": AdaBoostRegressor(Ridge(), n_estimators=4, random_state=0),
    "bagged columns": BaggingRegressor(regression_tree(), 4, max_features=0.6, random_state=0),
    "votes": VotingRegressor(three_regressors(), weights=[1, 2, 3]),
    "linear votes": VotingRegressor(
        [("one", make_pipeline(StandardScaler(), Ridge())), ("other", Lasso(0.01))]
    ),
    "stacked": StackingRegressor(three_regressors(), Ridge(), cv=2),
    "scaled target": TransformedTargetRegressor(Ridge(), transformer=StandardScaler()),
    "scaled target of a tree": TransformedTargetRegressor(regression_tree(), transformer=MinMaxScaler()),
    "mean": DummyRegressor(),
}  # fmt: skip

SEVERAL_VALUES = {
    "trees side by side": MultiOutputRegressor(regression_tree()),
    "linear side by side": MultiOutputRegressor(Ridge()),
    "chain": RegressorChain(Ridge(), order=[1, 2, 0]),
    "chain of trees": RegressorChain(regression_tree()),
    "bagged": BaggingRegressor(regression_tree(), 3, random_state=0),
    "tree": regression_tree(),
    "forest": RandomForestRegressor(4, max_depth=4, random_state=0),
    "linear": Ridge(),
    "neighbors": make_pipeline(StandardScaler(), KNeighborsRegressor(3)),
}

SEVERAL_CLASSES = {
    "trees side by side": MultiOutputClassifier(tree()),
    "linear side by side": MultiOutputClassifier(logistic()),
    "chain": ClassifierChain(logistic(), order=[1, 0]),
    "chain of trees": ClassifierChain(tree()),
    "chain of probabilities": ClassifierChain(logistic(), chain_method="predict_proba"),
    "tree": tree(),
    "forest": forest(),
    "neighbors": make_pipeline(StandardScaler(), KNeighborsClassifier(3)),
}


def each(models):
    return pytest.mark.parametrize("model", models.values(), ids=models.keys())


by_kind = pytest.mark.parametrize(("kind", "classes"), KINDS, ids=lambda k: getattr(k, "value", k))


def labels(model):
    return [call.op.label() for call in model.graph.parts()[0].calls()]


@by_kind
@each(CLASSIFIERS)
def test_classifiers_agree(library, model, kind, classes):
    x, y = rows(classes, classes, kind, COUNT)
    found = converted(model, x, y, kind)
    assert found.agreement.agreement >= 99.0
    check_nodes(library, found.graph, x, kind)


@by_kind
@each(REGRESSORS)
def test_regressors_agree(library, model, kind, classes):
    x, y = rows(1, classes, kind, COUNT)
    found = converted(model, x, y + 0.1 * x[:, 0] / np.abs(x[:, 0]).max(), kind)
    assert found.agreement.agreement >= 98.0
    check_nodes(library, found.graph, x, kind)


@each(SEVERAL_VALUES)
def test_several_values_agree(library, model):
    """Values of very different sizes."""
    x, y = rows(2, 3, DType.INT8, COUNT)
    first = y + x[:, 0] / 100
    targets = np.stack([first, 100 + 3 * first + x[:, 3] / 100, 1e-3 * first], axis=1)
    found = converted(model, x, targets, DType.INT8)
    assert found.agreement.largest_error < 0.005
    check_nodes(library, found.graph, x, DType.INT8)


@each(SEVERAL_CLASSES)
def test_several_classes_agree(library, model):
    x, y = rows(3, 3, DType.INT8, COUNT)
    found = converted(model, x, np.stack([y > 0, x[:, 0] > 0], axis=1).astype(int), DType.INT8)
    assert found.agreement.agreement >= 99.0
    assert found.graph.output_tensors[0].shape == (1, 2)
    check_nodes(library, found.graph, x, DType.INT8)


@pytest.mark.parametrize("contamination", ["auto", 0.1])
@by_kind
def test_isolation_forests_agree(library, contamination, kind, classes):
    x, y = rows(4, classes, kind, COUNT)
    settings = {"contamination": contamination, "max_features": 0.6, "random_state": 0}
    forest = IsolationForest(n_estimators=10, **settings)
    found = converted(forest, x, y, kind)
    assert found.agreement.agreement >= 99.0
    part = found.graph.parts()[1]
    (tensor,) = part.output_tensors
    got = reference.run(part, {"features": x.astype(kind.numpy)})[tensor.name][:, 0]
    wanted = forest.decision_function(x)
    np.testing.assert_allclose(got * tensor.quantization.scale, wanted, atol=1e-3)
    check_nodes(library, found.graph, x, kind)


WITH_PROBABILITIES = [
    "boosted stumps", "bagged columns", "soft votes", "sigmoids", "isotonic", "temperature",
    "rest, linear", "rest, forests",
]  # fmt: skip


@pytest.mark.parametrize("name", WITH_PROBABILITIES)
@by_kind
def test_probabilities_are_near(name, kind, classes):
    x, y = rows(5, classes, kind, COUNT)
    found = converted(CLASSIFIERS[name], x, y, kind)
    assert found.agreement.largest_probability_error < 0.01


@pytest.mark.parametrize("name", ["boosted stumps", "bagged trees", "bagged columns"])
def test_trees_become_one_forest(name):
    x, y = rows(6, 3, DType.INT8, COUNT)
    found = converted(make_pipeline(StandardScaler(), CLASSIFIERS[name]), x, y, DType.INT8)
    assert labels(found) == ["TreeSums", "ArgMax"]
    assert found.agreement.agreement == 100.0


@pytest.mark.parametrize("model", [REGRESSORS["linear votes"], RegressorChain(Ridge())])
def test_linear_models_become_one(model):
    x, y = rows(7, 3, DType.INT8, COUNT)
    targets = np.stack([y, y + x[:, 0]], axis=1) if isinstance(model, RegressorChain) else y
    assert len(labels(converted(model, x, targets, DType.INT8))) == 1


def test_equal_parts_of_members_are_computed_once():
    x, y = rows(8, 3, DType.FLOAT32, COUNT)
    found = converted(VotingClassifier([("a", logistic()), ("b", logistic())]), x, y, DType.FLOAT32)
    assert labels(found).count("FixedPoint") == labels(found).count("LinearScores") == 1


@QUICK
@given(seed=st.integers(0, 2**32 - 1))
def test_merged_trees_decide_as_in_scikit_learn_near_every_threshold(seed):
    """Trees of members with scalers and columns of their own, folded and merged."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(0, 1, (60, 3)).astype(np.float32), rng.integers(0, 3, 60)
    members = [
        ("scaled", make_pipeline(StandardScaler(), tree())),
        ("bagged", BaggingClassifier(tree(), 2, max_features=2, random_state=0)),
    ]
    model = VotingClassifier(members, voting="soft", weights=[2, 1])
    found = converted(model, x, y, DType.FLOAT32)
    thresholds = found.graph.calls()[0].inputs[2].data.astype(np.int64)
    near = np.concatenate([float_of_order(thresholds + d) for d in (-1, 0, 1)])
    points = rng.choice(near, (100, 3)).astype(np.float32)
    part = found.graph.up_to(found.graph.outputs[1])
    (tensor,) = part.output_tensors
    got = reference.run(part, {"features": points})[tensor.name] * tensor.quantization.scale
    np.testing.assert_allclose(got, model.predict_proba(points.astype(np.float64)), atol=1e-3)


def test_of_equal_votes_the_first_class_wins():
    x, y = rows(9, 3, DType.INT8, COUNT)
    classes = enumerate((2, 1, 2, 1, 0))
    members = [(str(i), DummyClassifier(strategy="constant", constant=c)) for i, c in classes]
    for weights in (None, [3, 1, 1, 3, 4], [1, 1, 1, 1, 3], [1, 2, 1, 1, 3]):
        found = converted(VotingClassifier(members, weights=weights), x, y, DType.INT8)
        assert found.agreement.agreement == 100.0


def test_of_equal_votes_of_pairs_the_scores_decide(library):
    """Three classes around a point, where each wins one pair."""
    angles = np.repeat([0.0, 2.1, 4.2], 40)
    rng = np.random.default_rng(0)
    x = np.stack([np.cos(angles), np.sin(angles)], axis=1) * 30 + rng.normal(0, 20, (120, 2))
    x, y = np.rint(x).astype(np.float32), np.repeat([0, 1, 2], 40)
    pairs = OneVsOneClassifier(DecisionTreeClassifier(max_depth=2, random_state=0))
    assert converted(pairs, x, y, DType.INT8).agreement.agreement == 100.0
    pairs = OneVsOneClassifier(LogisticRegression(fit_intercept=False))
    found = converted(pairs, x, (y + (np.arange(120) % 2)) % 3, DType.INT8)
    assert found.agreement.agreement >= 99.0
    check_nodes(library, found.graph, x, DType.INT8)


QUICKLY_FITTED = [
    AdaBoostClassifier(n_estimators=3, random_state=0),
    BaggingClassifier(tree(), 3, max_features=0.7, random_state=0),
    VotingClassifier([("tree", tree()), ("bayes", GaussianNB())], voting="soft"),
    VotingClassifier([("tree", tree()), ("near", KNeighborsClassifier(1)), ("prior", DummyClassifier())]),
    OneVsRestClassifier(tree()),
]  # fmt: skip


@QUICK
@given(
    seed=st.integers(0, 2**32 - 1),
    which=st.integers(0, len(QUICKLY_FITTED) - 1),
    features=st.integers(1, 4),
    classes=st.integers(1, 4),
    scale=st.sampled_from([-12, 0, 0, 9]),
)
def test_any_data(library, seed, which, features, classes, scale):
    """One feature, one class, constant features, duplicated rows, extreme scales."""
    rng = np.random.default_rng(seed)
    x = np.rint(rng.normal(0, 1, (40, features)) * 20) / 20
    if features > 1:
        x[:, features // 2] = 1.0
    x[20:] = x[rng.integers(0, 20, 20)]
    y = rng.integers(0, classes, 40)
    y[:classes] = np.arange(classes)
    try:
        found = converted(
            QUICKLY_FITTED[which], (x * 10.0**scale).astype(np.float32), y, DType.FLOAT32
        )
    except ValueError as error:
        assert "worse than random" in str(error) or "number of classes has to be" in str(error)
        return
    assert found.agreement.agreement >= 90.0  # duplicated rows of several classes are ties
    check_nodes(library, found.graph, x.astype(np.float32), DType.FLOAT32)


@pytest.mark.parametrize("name", ["soft votes", "sigmoids", "codes", "search", "stacked classes"])
def test_files_need_no_trust(name, tmp_path):
    skops = pytest.importorskip("skops.io", reason="skops is not installed")
    x, y = rows(18, 3, DType.INT8, COUNT)
    skops.dump(CLASSIFIERS[name].fit(x, y), tmp_path / "model.skops")
    model = load(tmp_path / "model.skops").quantize(calibration=x)
    assert model.agreement.agreement >= 99.0


@pytest.mark.parametrize("name", ["stacked", "isotonic"])
def test_all_methods_as_compiled_c(name):
    x, y = rows(10, 3, DType.INT8, COUNT)
    check_c(converted(CLASSIFIERS[name], x, y, DType.INT8), x, DType.INT8)


def test_medians_and_several_classes_as_compiled_c():
    x, y = rows(11, 3, DType.FLOAT32, COUNT)
    check_c(converted(REGRESSORS["boosted"], x, y, DType.FLOAT32), x, DType.FLOAT32)
    both = np.stack([y > 0, y > 1], axis=1).astype(int)
    check_c(converted(SEVERAL_CLASSES["chain"], x, both, DType.FLOAT32), x, DType.FLOAT32)


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (DummyClassifier(strategy="stratified"), "strategy='stratified'"),
    ],
    ids=["strategy"],
)
def test_unsupported_parameters_are_named(model, named):
    x, y = rows(12, 2, DType.FLOAT32, COUNT)
    model.fit(x, y)
    with pytest.raises(UnsupportedError) as error:
        fitted(model)
    assert named in error.value.what
    assert error.value.next_step.startswith("supported")


def test_members_without_probabilities_are_named():
    x, y = rows(14, 2, DType.FLOAT32, COUNT)
    process = GaussianProcessClassifier(optimizer=None)
    model = VotingClassifier([("tree", tree()), ("near", process)], voting="soft").fit(x, y)
    with pytest.raises(UnsupportedError, match="probabilities") as error:
        fitted(model).quantize(calibration=x)
    assert error.value.where == "GaussianProcessClassifier"


@pytest.mark.parametrize(
    "model",
    [
        AdaBoostClassifier(),
        BaggingRegressor(),
        VotingClassifier(three()),
        StackingClassifier(three()),
        CalibratedClassifierCV(),
        OneVsOneClassifier(tree()),
        GridSearchCV(tree(), {}),
        TransformedTargetRegressor(),
        DummyClassifier(),
    ],
    ids=lambda m: type(m).__name__,
)
def test_unfitted_models_are_refused(model):
    with pytest.raises(ConversionError, match="not fitted"):
        fitted(model)


def test_networks_of_several_values():
    x, y = rows(15, 3, DType.INT8, COUNT)
    network = MLPRegressor(hidden_layer_sizes=(8,), max_iter=100, random_state=0)
    model = make_pipeline(StandardScaler(), network)
    found = converted(model, x, np.stack([y, 2.0 * y + x[:, 0] / 100], axis=1), DType.INT8)
    assert found.agreement.largest_error < 0.03


def test_an_affine_function_of_the_target():
    x, y = rows(16, 3, DType.INT8, COUNT)
    scaled = FunctionTransformer(lambda v: 2 * v + 1, lambda v: (v - 1) / 2)
    model = TransformedTargetRegressor(Ridge(), transformer=scaled, check_inverse=False)
    assert converted(model, x, y.astype(float), DType.INT8).agreement.largest_error < 0.005


def _short(name, values):
    return constant(name, values, DType.INT16)


@pytest.mark.parametrize(
    ("op", "inputs", "reason"),
    [
        (WeightedMedian(), [constant("weights", [1, -1])], "weights"),
        (WeightedMedian(), [constant("weights", [2**30, 0])], "weights"),
        (
            Curves(),
            [constant("p", [3, 3, 4]), _short("v", [0, 1, 2]), _short("n", [2, 1])],
            "do not rise",
        ),
        (
            Curves(),
            [constant("p", [3, 4, 4]), _short("v", [-1, 32767, 2]), _short("n", [2, 1])],
            "too much at once",
        ),
        (
            WeightedSums(),
            [_short("c", [2]), _short("w", [1]), _short("s", [0]), _short("n", [1]), constant("b", [0])],
            "columns",
        ),
        (JoinedRows(pieces=(Piece(classes=3),)), [], "an input"),
    ],
    ids=["negative", "large", "flat", "steep", "column", "classes of two numbers"],
)  # fmt: skip
def test_operators_refuse_constants_that_mean_nothing(op, inputs, reason):
    with pytest.raises(UnsupportedError) as error:
        op.infer_shapes([row(2, DType.INT32), *inputs])
    assert reason in f"{error.value.what} {error.value.next_step}"


@pytest.mark.parametrize(
    ("op", "inputs"),
    [
        (JoinedRows(pieces=(Piece(factor=2),)), []),
        (JoinedRows(pieces=(Piece(zero=1),)), []),
        (
            WeightedSums(),
            [
                _short("c", [0, 1, 0]),
                _short("w", [32767] * 3),
                _short("s", [0, 0, 0]),
                _short("n", [3]),
                constant("b", [0]),
            ],
        ),
    ],
    ids=["factor", "zero", "sum"],
)
def test_sums_that_can_leave_int32_are_refused(op, inputs):
    graph = graph_of(op, [row(2, DType.INT32), *inputs], DType.INT32, Arithmetic.NATIVE)
    with pytest.raises(UnsupportedError, match="can leave int32"):
        tensor_ranges(graph)
