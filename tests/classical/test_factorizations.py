"""Non-negative factorization in a pipeline: integers that are where scikit-learn's steps go to."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import NMF, MiniBatchNMF
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.tree import DecisionTreeClassifier

from tests.classical.nodes import check_nodes
from tests.classical.test_pipelines import converted, rows
from tests.strategies import QUICK
from tinygen import reference
from tinygen.errors import UnsupportedError
from tinygen.ir import DType
from tinygen.model import fitted

EXACT = {"tol": 1e-9, "max_iter": 4000, "init": "random", "random_state": 0}


def amounts(seed: int, kind: DType, count: int = 120, features: int = 6):
    """Rows without negative numbers, with a constant column, a duplicated one, and empty rows."""
    rng = np.random.default_rng(seed)
    parts = rng.gamma(0.6, 1.0, (3, features))
    x = rng.gamma(0.6, 1.0, (count, 3)) @ parts + rng.gamma(0.3, 0.3, (count, features))
    x[:, 1], x[:, 2], x[-3:] = x[:, 0], 0.5, 0
    if kind is DType.FLOAT32:
        return (x * 10.0 ** rng.integers(-3, 4)).astype(np.float32)
    return np.rint(x / x.max() * 120).astype(np.float32)


def quantized(transformer, x, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transformer.fit(x.astype(np.float64))
        return fitted(transformer).quantize(calibration=x, io=kind)


@pytest.mark.parametrize("kind", [DType.INT8, DType.FLOAT32], ids=lambda k: k.value)
@given(
    st.integers(0, 99),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.01]),
    st.sampled_from([0, 0.5, 1]),
)
@QUICK
def test_coordinates_agree(library, kind, seed, components, alpha, ratio):
    x = amounts(seed, kind)
    transformer = NMF(components, alpha_W=alpha * x.max(), alpha_H=0.0, l1_ratio=ratio, **EXACT)
    model = quantized(transformer, x, kind)
    wanted = transformer.transform(x.astype(np.float64))
    assert model.agreement.largest_absolute_error < 0.003 * max(wanted.max(), 1e-300)
    check_nodes(library, model.graph, x, kind)


def test_components_that_are_equal_or_empty(library):
    """The least squares are then of many coordinates: what the row becomes again is the same for all of them."""
    x = amounts(1, DType.FLOAT32)
    transformer = NMF(2, **EXACT).fit(x.astype(np.float64))
    one = transformer.components_[:1]
    transformer.components_ = np.concatenate([one, one, 0 * one])
    transformer.n_components = transformer._n_components = 3
    model = fitted(transformer).quantize(calibration=x, io=DType.FLOAT32)
    check_nodes(library, model.graph, x, DType.FLOAT32)
    wanted = transformer.transform(x.astype(np.float64)) @ transformer.components_
    (output,) = model.graph.output_tensors
    found = reference.run(model.graph, {"features": x})[output.name] * output.quantization.scale
    assert np.abs(found @ transformer.components_ - wanted).max() < 0.003 * wanted.max()


@pytest.mark.parametrize(
    ("transformer", "most"),
    [(NMF(3), 0.01), (NMF(3, solver="mu"), 0.6), (MiniBatchNMF(3), 0.6)],
    ids=["cd", "mu", "mini batches"],
)
def test_steps_that_end_early(transformer, most):
    """scikit-learn stops where a batch of rows hardly changes, and multiplications come near to 0 slowly: the integers
    are where the steps would go to, and the squares are less.
    """
    x = amounts(2, DType.FLOAT32)
    model = quantized(transformer, x, DType.FLOAT32)
    (output,) = model.graph.output_tensors
    found = reference.run(model.graph, {"features": x})[output.name] * output.quantization.scale
    lost = [
        ((x - rows @ transformer.components_) ** 2).sum()
        for rows in (found, transformer.transform(x.astype(np.float64)))
    ]
    assert lost[0] < lost[1] * 1.0001
    assert model.agreement.largest_error < most


@pytest.mark.parametrize("kind", [DType.INT8, DType.FLOAT32], ids=lambda k: k.value)
@pytest.mark.parametrize(
    "last",
    [LogisticRegression(max_iter=500), DecisionTreeClassifier(max_depth=5)],
    ids=lambda e: type(e).__name__,
)
def test_models_behind_a_factorization(library, last, kind):
    x, y = rows(3, 3, kind)
    pipeline = make_pipeline(MinMaxScaler(), NMF(3, **EXACT), last)
    model = converted(pipeline, x, y, kind)
    assert model.agreement.agreement >= 99.0
    check_nodes(library, model.graph, x, kind)


def test_other_losses_are_refused():
    x = amounts(4, DType.FLOAT32)
    with pytest.raises(UnsupportedError, match="beta_loss='kullback-leibler'") as raised:
        quantized(NMF(2, solver="mu", beta_loss="kullback-leibler"), x, DType.FLOAT32)
    assert "frobenius" in raised.value.next_step
