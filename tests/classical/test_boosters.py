"""XGBoost and LightGBM: their own models and files, their settings, and those that are refused by name."""

import numpy as np
import pytest

from tests.classical.test_missing import data as data_with_missing
from tests.classical.test_pipelines import check_c, rows
from tinygen import classical
from tinygen.errors import ModelFileError, UnsupportedError
from tinygen.ir import DType
from tinygen.model import fitted, load

xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")

ROUNDS = 6


@pytest.fixture(scope="module")
def data():
    return rows(0, 3, DType.INT8)


def trained(library, x, y, **settings):
    """A booster without an estimator around it."""
    classes = {"num_class": 3} if settings["objective"].startswith("multi") else {}
    if library is xgboost:
        chosen = {"max_depth": 3, "nthread": 1, **classes, **settings}
        return xgboost.train(chosen, xgboost.DMatrix(x, y), ROUNDS)
    chosen = {"num_leaves": 7, "verbose": -1, "num_threads": 1, **classes, **settings}
    return lightgbm.train(chosen, lightgbm.Dataset(x, y), ROUNDS)


@pytest.mark.parametrize(
    ("library", "suffix", "objective"),
    [
        (xgboost, ".json", "multi:softprob"),
        (xgboost, ".ubj", "binary:logistic"),
        (xgboost, ".json", "reg:squarederror"),
        (lightgbm, ".txt", "multiclass"),
        (lightgbm, ".txt", "binary"),
        (lightgbm, ".txt", "regression"),
    ],
)
def test_files_of_the_libraries_need_no_trust(library, suffix, objective, data, tmp_path):
    x, y = data
    booster = trained(
        library, x, np.minimum(y, 1) if "binary" in objective else y, objective=objective
    )
    path = tmp_path / f"model{suffix}"
    booster.save_model(str(path))
    model = load(path).quantize(calibration=x)
    assert model.agreement.agreement == 100.0
    check_c(model, x, DType.INT8)
    own = booster.predict(xgboost.DMatrix(x) if library is xgboost else x)
    answers = own.argmax(axis=1) if own.ndim == 2 else own > 0.5 if "binary" in objective else own
    np.testing.assert_allclose(model.description.answer(x), answers, rtol=1e-6)
    same = fitted(booster).quantize(calibration=x)
    assert same.agreement.agreement == 100.0


@pytest.mark.parametrize("text", [b'{"learner": {}}', b"tree\nversion=v4\n"])
def test_a_damaged_file_is_named(text, tmp_path):
    path = tmp_path / ("model.json" if text.startswith(b"{") else "model.txt")
    path.write_bytes(text)
    with pytest.raises(ModelFileError, match="cannot read the model"):
        load(path)


@pytest.mark.parametrize(
    ("library", "settings"),
    [
        (lightgbm, {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}),
        (lightgbm, {"objective": "binary", "sigmoid": 2.0}),
        (lightgbm, {"objective": "regression", "reg_sqrt": True}),
        (lightgbm, {"objective": "poisson"}),
        (lightgbm, {"objective": "cross_entropy"}),
        (xgboost, {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.5}),
        (xgboost, {"objective": "reg:tweedie"}),
        (xgboost, {"objective": "reg:logistic"}),
    ],
    ids=lambda v: v if isinstance(v, str) else "-".join(map(str, v.values())) if isinstance(v, dict) else v.__name__,
)  # fmt: skip
def test_settings_change_what_trees_mean(library, settings, data):
    x, y = data
    target = np.minimum(y, 1) if settings["objective"] not in ("regression", "poisson") else y + 1.0
    model = fitted(trained(library, x, target, **settings)).quantize(calibration=x)
    assert model.agreement.agreement == 100.0
    assert (model.agreement.largest_probability_error or 0) < 1e-3


@pytest.mark.parametrize(
    ("library", "settings", "named"),
    [
        (lightgbm, {"objective": "binary", "linear_tree": True}, "linear_tree"),
        (lightgbm, {"objective": "binary", "zero_as_missing": True}, "zero_as_missing"),
        (lightgbm, {"objective": "multiclassova"}, "multiclassova"),
        (xgboost, {"objective": "binary:hinge"}, "binary:hinge"),
        (xgboost, {"objective": "binary:logistic", "booster": "gblinear"}, "gblinear"),
    ],
)
def test_settings_that_are_not_supported_are_named(library, settings, named, data):
    x, y = data
    target = y if settings["objective"].startswith("multi") else np.minimum(y, 1)
    with pytest.raises(UnsupportedError, match=named):
        fitted(trained(library, x, target, **settings))


def test_numbers_that_stand_for_missing_ones_are_refused(data):
    x, y = data
    estimator = xgboost.XGBClassifier(n_estimators=2, missing=0.0).fit(x, y)
    with pytest.raises(UnsupportedError, match=r"missing=0\.0"):
        fitted(estimator)


@pytest.mark.parametrize("has_met", [True, False])
def test_missing_values_in_lightgbm(has_met):
    """Where training had none, NaN counts as 0."""
    x, y = data_with_missing()
    known = x if has_met else np.nan_to_num(x)
    model = fitted(trained(lightgbm, known, y, objective="multiclass")).quantize(calibration=x)
    assert classical.compare(model.description, model.graph, x).agreement == 100.0
    check_c(model, x, DType.FLOAT32)


def test_several_targets(data):
    x, y = data
    estimator = xgboost.XGBRegressor(n_estimators=4, max_depth=3).fit(
        x, np.stack([y, y + x[:, 0]], 1)
    )
    assert fitted(estimator).quantize(calibration=x).agreement.agreement == 100.0
