"""How many bits linear models need, and how their weights are rounded."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

from tests.classical.test_pipelines import check_c, converted
from tinygen.classical.rounding import rounded_together
from tinygen.ir import DType


@pytest.mark.parametrize(
    "estimator", [LinearSVC(C=10, max_iter=1000, random_state=0), LogisticRegression(max_iter=500)]
)
def test_small_features_of_a_wide_type_need_no_wide_sums(estimator):
    """Pixels of 0 to 16 as int8; some are hardly ever met, and have the large weights that make all units coarse."""
    digits = load_digits()
    x, y = digits.data[:1200].astype(np.int8), digits.target[:1200]
    model = converted(estimator, x, y, DType.INT8)
    assert model.graph.parts()[0].calls()[0].op.label() == "LinearScores"
    assert model.agreement.agreement == 100.0
    check_c(model, x, DType.INT8)


def test_integer_features_that_cancel_need_wide_sums():
    """Pairs of large columns that differ by 0 or 1, and a target that is made of the differences."""
    rng = np.random.default_rng(0)
    x = np.repeat(rng.integers(-5000, 5000, (600, 40)), 2, axis=1)
    x[:, ::2] += rng.integers(0, 2, (600, 40))
    y = (x[:, ::2] - x[:, 1::2]).sum(axis=1)
    model = converted(LinearRegression(), x, y, DType.INT16)
    assert model.graph.calls()[0].op.label() == "WideScores"
    assert model.agreement.largest_error < 1e-6


@pytest.mark.parametrize("features", [1, 3, 40])
def test_rounding_together_is_better_on_rows_like_the_samples(features):
    rng = np.random.default_rng(features)
    mixed = rng.normal(0, 20, (1 + features // 4, features))
    rows, others = (
        np.rint(rng.normal(0, 1, (500, len(mixed))) @ mixed + rng.normal(50, 2, (500, features)))
        for _ in range(2)
    )
    weights = rng.normal(0, 300, (4, features))
    whole, added = rounded_together(weights, rows, 32767)
    assert (whole == np.rint(whole)).all()
    errors = others @ (whole - weights).T + added
    usual = others @ (np.rint(weights) - weights).T
    assert (errors**2).mean() < (usual**2).mean() / 4


def test_rounded_weights_stay_in_their_type():
    rows = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    whole, _ = rounded_together(np.array([[32767.0, 32766.6], [-32767.0, -32766.6]]), rows, 32767)
    assert np.abs(whole).max() == 32767


def test_features_that_never_change_are_rounded_one_by_one():
    whole, added = rounded_together(np.array([[1.25, -2.75]]), np.full((5, 2), 3.0), 32767)
    assert whole.tolist() == [[1.0, -3.0]]
    assert added.tolist() == [1.5]
