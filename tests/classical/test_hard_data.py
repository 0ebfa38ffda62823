"""Data that is hard to bring into integers: heavy tails, answers far from 0, columns that trees compare, constants."""

import warnings

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    GradientBoostingRegressor,
    RandomForestClassifier,
    StackingClassifier,
    StackingRegressor,
)
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeCV
from sklearn.mixture import GaussianMixture
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, LocalOutlierFactor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    Normalizer,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)
from sklearn.semi_supervised import LabelSpreading
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.classical.whole_graphs import check
from tinygen import classical, samples
from tinygen.classical import lines
from tinygen.errors import CalibrationError, UnsupportedError, UsageError
from tinygen.ir import DType
from tinygen.model import fitted

TRAIN, COUNT = 200, 500


def numbers(seed):
    """Rows, a smooth function of them with some noise, and three classes."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, (COUNT, 6)).astype(np.float32)
    value = x[:, 0] + np.sin(2 * x[:, 1]) + x[:, 2] * x[:, 3] + rng.normal(0, 0.1, COUNT)
    return x, value, np.digitize(value, np.quantile(value, [0.33, 0.67]))


def converted(model, x, y, kind=DType.FLOAT32):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x[:TRAIN], None if y is None else y[:TRAIN])
    return fitted(model).quantize(calibration=x[:TRAIN], io=kind)


def inside(x):
    """Held-out rows within the range of the others: beyond it features may saturate."""
    held = x[TRAIN:]
    low, high = x[:TRAIN].min(axis=0), x[:TRAIN].max(axis=0)
    return held[((held >= low) & (held <= high)).all(axis=1)]


def report(found, rows):
    return classical.compare(found.description, found.graph, rows)


def probability_error(found, rows):
    return classical.largest_probability_error(found.description, found.graph, rows)


@pytest.mark.parametrize("output", ["uniform", "normal"])
def test_quantiles_of_heavy_tails_are_near(library, output):
    x, value, classes = numbers(1)
    heavy = np.exp(3 * x)  # over 10 powers of ten: no fixed point has the bits
    quantiles = QuantileTransformer(n_quantiles=50, output_distribution=output)
    found = converted(make_pipeline(quantiles, Ridge()), heavy, value)
    assert report(found, inside(heavy)).largest_error < 0.005
    assert [c.op.label() for c in found.graph.calls()][:2] == ["Ordered", "Curves"]
    check(library, found.graph, heavy)
    model = make_pipeline(quantiles, QuadraticDiscriminantAnalysis(reg_param=0.05))
    assert probability_error(converted(model, heavy, classes), inside(heavy)) < 0.01


@pytest.mark.parametrize("kind", [DType.FLOAT32, DType.INT16, DType.INT32])
def test_quantiles_are_near_for_every_type(library, kind):
    x, value, _ = numbers(2)
    x = x if kind is DType.FLOAT32 else np.rint(x * (3000 if kind is DType.INT16 else 2e7))
    found = converted(make_pipeline(QuantileTransformer(n_quantiles=40), Ridge()), x, value, kind)
    assert report(found, inside(x)).largest_error < 0.005
    check(library, found.graph, x)


def test_lines_stay_near_a_function_with_a_jump():
    def function(places):
        return np.where(places < 777, np.sqrt(places + 1000.0), 5.0 + places / 100.0)

    low, high, error = np.array([-1000]), np.array([100_000]), np.array([0.01])
    ((places, values),) = lines.sampled(function, np.zeros((1, 1), np.int64), low, high, error / 4)
    kept = lines.fewest(places, values, error[0])
    x = np.arange(-1000, 100_001)
    assert np.abs(np.interp(x, *kept) - function(x)).max() < 1.5 * error[0]
    assert len(kept[0]) < 60


REGRESSORS_OF_TREES = {
    "projection": make_pipeline(
        StandardScaler(), PCA(4), GradientBoostingRegressor(n_estimators=15, random_state=0)
    ),
    "stack": StackingRegressor(
        [("line", RidgeCV()), ("tree", DecisionTreeRegressor(max_depth=3, random_state=0))],
        DecisionTreeRegressor(max_depth=6, random_state=0),
        passthrough=True,
    ),
}


@pytest.mark.parametrize("model", REGRESSORS_OF_TREES.values(), ids=REGRESSORS_OF_TREES)
def test_trees_go_the_same_way_behind_computed_columns(library, model):
    x, value, _ = numbers(3)
    found = converted(model, x, value)
    assert report(found, inside(x)).largest_error < 0.005
    check(library, found.graph, x)


def test_columns_for_trees_stay_narrow_where_nothing_is_near_a_threshold():
    rng = np.random.default_rng(4)
    y = rng.integers(0, 2, COUNT)
    x = (10.0 * y[:, None] + rng.normal(0, 0.1, (COUNT, 4))).astype(np.float32)
    model = make_pipeline(PCA(2), DecisionTreeClassifier(max_depth=1))
    found = converted(model, x, y)
    assert report(found, x[TRAIN:]).agreement == 100
    blends = [c.op.label() for c in found.graph.calls()]
    assert ("WideScores" in blends) == found.precision.has_wide_columns


def test_transformers_that_jump_are_given_on_exactly():
    x, _, classes = numbers(5)
    integers = np.rint(x * 1e6)
    stack = StackingClassifier(
        [("line", LogisticRegression())], DecisionTreeClassifier(max_depth=4), passthrough=True
    )
    found = converted(
        make_pipeline(StandardScaler(), Binarizer(), stack), integers, classes, DType.INT32
    )
    assert report(found, integers[TRAIN:]).agreement == 100


OFFSETS = {
    "line": LinearRegression(),
    "stack": StackingRegressor(
        [("line", RidgeCV()), ("tree", DecisionTreeRegressor(max_depth=3, random_state=0))],
        passthrough=True,
    ),
    "machine": make_pipeline(StandardScaler(), SVR(C=10)),
}


@pytest.mark.parametrize("model", OFFSETS.values(), ids=OFFSETS)
def test_values_far_from_0_keep_their_differences(library, model):
    x, value, _ = numbers(6)
    found = converted(model, x, 1000.0 + value)
    assert report(found, inside(x)).largest_error < 0.005
    check(library, found.graph, x)


WIDE_SENSORS = {
    "bayes": GaussianNB(),
    "machine": SVC(),
    "neighbours": KNeighborsClassifier(3),
    "network": MLPClassifier((8,), max_iter=300, random_state=0),
    "mixture": GaussianMixture(2, random_state=0),
}


@pytest.mark.parametrize("model", WIDE_SENSORS.values(), ids=WIDE_SENSORS)
def test_int32_sensors_with_an_offset(library, model):
    x, _, classes = numbers(7)
    readings = np.rint(x * 20_000 + 8_000_000)
    found = converted(make_pipeline(StandardScaler(), model), readings, classes, DType.INT32)
    assert report(found, inside(readings)).agreement >= 99
    check(library, found.graph, readings)


def test_what_was_fitted_on_sparse_columns():
    x, _, classes = numbers(8)
    found = converted(make_pipeline(KBinsDiscretizer(3), SVC()), x, classes)
    assert report(found, x[TRAIN:]).agreement >= 99


def test_a_machine_without_support_vectors_is_its_bias(library):
    x, value, _ = numbers(9)
    found = converted(SVR(epsilon=1000.0), x, value)
    assert report(found, x[TRAIN:]).largest_absolute_error < 1e-3
    check(library, found.graph, x)


def test_a_column_of_one_number_in_front_of_a_kernel():
    x, value, _ = numbers(10)
    model = GaussianProcessRegressor(RBF(1.0), alpha=0.1, optimizer=None)
    found = converted(model, np.full_like(x[:, :1], 3.5), value)
    assert found.agreement.largest_absolute_error < 1e-3


def test_powers_of_tiny_numbers_do_not_overflow():
    x, _, classes = numbers(11)
    tiny = (x * 1e-9).astype(np.float32)
    model = make_pipeline(
        PowerTransformer(), RandomForestClassifier(3, max_depth=4, random_state=0)
    )
    assert report(converted(model, tiny, classes), tiny[TRAIN:]).agreement == 100


def test_a_component_far_away_loses_against_any_other():
    rng = np.random.default_rng(12)
    corners = rng.integers(0, 2, (COUNT, 2)).astype(np.float32)  # as good as no variance
    found = converted(GaussianMixture(3, random_state=0), corners, None)
    assert report(found, corners[TRAIN:]).agreement == 100


def test_a_constant_among_products_counts_for_nothing():
    rng = np.random.default_rng(13)
    x = np.rint(rng.normal(0, 1e6, (COUNT, 1)))
    model = GaussianMixture(2, covariance_type="diag", random_state=0)
    found = converted(
        make_pipeline(StandardScaler(), PolynomialFeatures(2), model), x, None, DType.INT32
    )
    assert report(found, inside(x)).agreement >= 99


def test_outlier_factors_without_distances_are_refused():
    with pytest.raises(UnsupportedError, match="all distances") as error:
        converted(LocalOutlierFactor(5, novelty=True), np.ones((COUNT, 2), np.float32), None)
    assert "drop repeated rows" in error.value.next_step


@pytest.mark.parametrize(
    "model", [MultinomialNB(alpha=0), BernoulliNB(alpha=0), CategoricalNB(alpha=0)]
)
def test_probabilities_of_nothing_are_named_without_warnings(model):
    rng = np.random.default_rng(17)
    x = rng.integers(0, 3, (COUNT, 3))
    classes = np.where(x[:, 0] == 0, 0, 1)  # class 1 has never met a 0 there
    x[:, 1] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x[:TRAIN], classes[:TRAIN])
    with warnings.catch_warnings(), pytest.raises(UnsupportedError, match="probability of 0"):
        warnings.simplefilter("error")
        fitted(model).quantize(calibration=x[:TRAIN])


def test_rows_that_the_estimator_refuses_are_an_error():
    x, _, classes = numbers(14)
    found = converted(LogisticRegression(), x, classes)
    with pytest.raises(CalibrationError, match="estimator itself refuses"):
        report(found, np.full((2, 6), np.nan, np.float32))


def test_a_type_that_no_model_takes_is_named():
    x, _, classes = numbers(15)
    with pytest.raises(UsageError, match="uint8"):
        converted(LogisticRegression(), np.abs(np.rint(x)), classes, DType.UINT8)


def test_samples_of_another_type_are_refused(tmp_path):
    x, _, classes = numbers(16)
    found = converted(LogisticRegression(), np.rint(10 * x), classes, DType.INT8)
    np.savez(tmp_path / "whole.npz", x=np.rint(10 * x))
    np.savez(tmp_path / "parts.npz", x=10 * x)
    (read,) = samples.read(tmp_path / "whole.npz", found.graph).values()
    np.testing.assert_array_equal(read, np.rint(10 * x))
    with pytest.raises(UsageError, match="not int8 numbers"):
        samples.read(tmp_path / "parts.npz", found.graph)


def sensors(kind):
    """Raw numbers of sensors: one far from 0 beside its spread, one wide, one that is 0 or 1."""
    rng = np.random.default_rng(9)
    far = 100_000 if kind is DType.INT32 else 10_000
    x = np.rint(
        np.stack(
            [
                rng.normal(2048, 300, 600),
                rng.normal(-12_000, 4000, 600),
                rng.normal(far, 20, 600),
                rng.integers(0, 2, 600),
            ],
            axis=1,
        )
    )
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    return x, (z @ [1.0, 1.0, 1.0, 0.7] > 0).astype(int)


ON_SENSORS = {
    "naive Bayes": GaussianNB(),
    "discriminant": QuadraticDiscriminantAnalysis(),
    "network": make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=300, random_state=0)),
    "products": make_pipeline(StandardScaler(), PolynomialFeatures(2), LogisticRegression()),
    "lengths": make_pipeline(StandardScaler(), Normalizer(), LogisticRegression()),
    "curves": make_pipeline(PowerTransformer(), PCA(2), SVC()),
    "trees": make_pipeline(StandardScaler(), PCA(3), DecisionTreeClassifier(max_depth=5)),
}


@pytest.mark.parametrize("kind", [DType.INT16, DType.INT32], ids=lambda k: k.value)
@pytest.mark.parametrize("name", ON_SENSORS)
def test_columns_of_very_different_ranges_keep_their_bits(library, name, kind):
    x, classes = sensors(kind)
    found = converted(ON_SENSORS[name], x, classes, kind)
    held = inside(x)
    assert report(found, held).agreement >= 99.0
    assert (probability_error(found, held) or 0.0) < 0.01
    check(library, found.graph, held)


def test_kernels_that_vanish_beside_the_stored_rows_are_refused():
    x, _, classes = numbers(3)
    model = make_pipeline(StandardScaler(), LabelSpreading(gamma=200.0))
    with pytest.raises(UnsupportedError, match="of rows between calibration rows") as raised:
        converted(model, x, classes)
    assert "smaller gamma" in raised.value.next_step
