"""Trees that were trained with missing values: NaN goes where scikit-learn sends it."""

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from tests.classical.test_pipelines import check_c, converted
from tinygen import classical
from tinygen.errors import CalibrationError, UnsupportedError
from tinygen.ir import DType
from tinygen.ops.classical.imputed import Imputed

MODELS = [
    HistGradientBoostingClassifier(max_iter=8, max_depth=4, min_samples_leaf=5),
    HistGradientBoostingRegressor(max_iter=8, max_depth=4, min_samples_leaf=5),
    DecisionTreeClassifier(max_depth=6, random_state=0),
    RandomForestRegressor(5, max_depth=5, random_state=0),
    ExtraTreesClassifier(5, max_depth=5, random_state=0),
    make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=5, random_state=0)),
]


def data(count: int = 700):
    """NaN more often in rows of some classes, so that trees split by them; -column 4 falls with the class."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, count)
    x = rng.normal(0, 1, (count, 5)) + 0.6 * y[:, None] * np.array([1, 0, 1, 0, -1])
    x[rng.random(x.shape) < 0.1 + 0.15 * (y[:, None] == np.array([0, 1, 2, 1, 0]))] = np.nan
    return x.astype(np.float32), y


@pytest.mark.parametrize("estimator", MODELS, ids=lambda m: type(m).__name__)
def test_missing_values_go_where_they_are_sent(estimator):
    x, y = data()
    model = converted(estimator, x[:300], y[:300], DType.FLOAT32)
    assert classical.compare(model.description, model.graph, x[300:]).agreement == 100.0
    check_c(model, x, DType.FLOAT32)


def test_trees_that_meet_none_do_not_look_for_them():
    x, y = data()
    x = np.nan_to_num(x)
    model = converted(MODELS[0], x, y, DType.FLOAT32)
    assert not any(isinstance(call.op, Imputed) for call in model.graph.calls())


def test_missing_values_in_xgboost():
    xgboost = pytest.importorskip("xgboost")
    x, y = data()
    estimator = xgboost.XGBClassifier(n_estimators=5, max_depth=3)
    model = converted(estimator, x[:300], y[:300], DType.FLOAT32)
    assert classical.compare(model.description, model.graph, x[300:]).agreement >= 99.5
    check_c(model, x, DType.FLOAT32)


FILLED = make_pipeline(SimpleImputer(), StandardScaler())
IMPUTED = {
    "of some columns": ColumnTransformer(
        [("a", FILLED, [0, 2, 3]), ("b", SimpleImputer(strategy="constant", fill_value=0), [1])]
    ),
    "behind a scaler": make_pipeline(StandardScaler(), SimpleImputer(strategy="median")),
    "and bins": ColumnTransformer(
        [
            ("a", make_pipeline(SimpleImputer(), PCA(2)), [0, 1, 2]),
            ("b", make_pipeline(SimpleImputer(), KBinsDiscretizer(3)), [3, 4]),
        ]
    ),
    "twice": FeatureUnion([("a", make_pipeline(SimpleImputer(), PCA(2))), ("b", FILLED)]),
}


@pytest.mark.filterwarnings("ignore:The current default behavior, quantile_method")
@pytest.mark.parametrize(
    "last",
    [DecisionTreeClassifier(max_depth=5, random_state=0), LogisticRegression()],
    ids=lambda m: type(m).__name__,
)
@pytest.mark.parametrize("name", IMPUTED)
def test_imputers_inside_of_a_pipeline(name, last):
    x, y = data()
    model = converted(make_pipeline(IMPUTED[name], last), x[:300], y[:300], DType.FLOAT32)
    held = classical.compare(model.description, model.graph, x[300:])
    assert held.agreement >= 99.5
    error = classical.largest_probability_error(model.description, model.graph, x[:300])
    assert error < 0.01
    check_c(model, x, DType.FLOAT32)


def test_imputers_that_contradict_each_other_are_refused():
    x, y = data()
    other = make_pipeline(SimpleImputer(strategy="median"), PCA(2))
    union = FeatureUnion([("a", FILLED), ("b", other)])
    with pytest.raises(UnsupportedError, match="different numbers in place of one column"):
        converted(make_pipeline(union, LogisticRegression()), x, y, DType.FLOAT32)


def test_missing_numbers_that_no_imputer_replaces_are_refused():
    x, y = data()
    columns = ColumnTransformer([("a", SimpleImputer(), [0, 1])], remainder="passthrough")
    model = make_pipeline(columns, HistGradientBoostingClassifier(max_iter=3))
    with pytest.raises(CalibrationError, match="hold NaN"):
        converted(model, x, y, DType.FLOAT32)
