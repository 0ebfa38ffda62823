"""Comparisons folded through transformers are exact for every number, not only for those of the data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from tests.strategies import QUICK
from tinygen import reference
from tinygen.ir import DType
from tinygen.model import fitted
from tinygen.ops.classical.operator import float_of_order, float_order


@QUICK
@given(seed=st.integers(0, 2**32 - 1), scale=st.integers(-6, 6))
def test_neighbours_of_every_threshold_decide_as_in_scikit_learn(seed, scale):
    rng = np.random.default_rng(seed)
    x = (rng.normal(0, 1, (80, 2)) * 10.0**scale + rng.normal()).astype(np.float32)
    pipeline = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0))
    pipeline.fit(x, rng.integers(0, 3, 80))
    model = fitted(pipeline).quantize(calibration=x, io=DType.FLOAT32)
    tree = model.graph.calls()[0]
    thresholds = tree.inputs[2].data.astype(np.int64)
    near = np.concatenate([float_of_order(thresholds + d) for d in (-1, 0, 1, 2)])
    points = rng.choice(near, (200, 2)).astype(np.float32)
    part = model.graph.parts()[0]
    got = reference.run(part, {"features": points})[part.outputs[0]][:, 0]
    wanted = pipeline.predict(points.astype(np.float64))
    np.testing.assert_array_equal(np.array(model.description.classes)[got], wanted)


@pytest.mark.parametrize("value", [0.0, 1.5, -1.5, 1e-45, -1e-45, 3.4e38, -3.4e38])
def test_order_of_floats_is_invertible(value):
    x = np.array([value], np.float32)
    assert float_of_order(float_order(x))[0] == x[0]


def test_order_of_floats_is_an_order():
    rng = np.random.default_rng(0)
    x = np.sort(rng.integers(-(2**31), 2**31, 1000).astype(np.int32).view(np.float32))
    x = x[np.isfinite(x)]
    assert (np.diff(float_order(x)) >= 0).all()
    assert float_order(np.array([-0.0]))[0] == float_order(np.array([0.0]))[0] - 1
