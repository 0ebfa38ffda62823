"""Gaussian processes of all kernels: the integer graph agrees with scikit-learn, and the C is the graph."""

import math

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import (
    RBF,
    ConstantKernel,
    DotProduct,
    ExpSineSquared,
    Matern,
    RationalQuadratic,
    WhiteKernel,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.classical.nodes import check_nodes
from tests.classical.test_pipelines import check_c, converted, rows
from tinygen.classical import compare
from tinygen.errors import UnsupportedError
from tinygen.ir import DType
from tinygen.model import fitted
from tinygen.ops.classical.shrunk_mean import ShrunkMean
from tinygen.ops.classical.wide_kernel_sums import ONE, WideKernel, WideKernelSums

KINDS = [DType.INT16, DType.FLOAT32]
NOISE = WhiteKernel(0.1)
KERNELS = {
    "matern 1/2": Matern(nu=0.5) + NOISE,
    "matern 3/2": ConstantKernel(2.0) * Matern(2.0, nu=1.5) + NOISE,
    "matern 5/2": Matern([1, 1, 2, 1, 0.5], nu=2.5) + NOISE,
    "matern without end": Matern(nu=math.inf) + NOISE,
    "rational": RationalQuadratic(alpha=0.7) + NOISE,
    "nearly exponential": 1e-6 * RationalQuadratic(3.0, alpha=300) + 1e-6 * NOISE,
    "sum": RBF() + Matern(3.0) + DotProduct() + ConstantKernel(2.0) + NOISE,
    "product": RBF(2.0) * RBF([1, 2, 3, 1, 2]) * 3.0 + NOISE,
    "powers": RBF(2.0) ** 2 + 0.5 * RationalQuadratic() ** 3 + NOISE,
    "constant": ConstantKernel(2.0),
}


def process(kind, kernel, **choices):
    return make_pipeline(StandardScaler(), kind(kernel, optimizer=None, **choices))


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.value)
@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_processes_agree(library, kernel, kind):
    x, y = rows(1, 2, kind, 70)
    targets = 100 + y + 0.3 * np.sin(np.arange(len(y)))
    both = np.stack([targets, 3 - targets], axis=1)
    model = converted(process(GaussianProcessRegressor, kernel, normalize_y=True), x, both, kind)
    assert model.agreement.largest_error < 0.005
    check_nodes(library, model.graph, x, kind)
    model = converted(process(GaussianProcessClassifier, kernel), x, y, kind)
    assert model.agreement.agreement >= 98.5
    check_nodes(library, model.graph, x, kind)


MANY = {
    "rbf": 1.5 * RBF(2.0),
    "matern": 2.0 * Matern(2.0, nu=1.5) + ConstantKernel(0.5) + NOISE,
    "rational": 2.0 * RationalQuadratic(2.0),
}


@pytest.mark.parametrize("kernel", MANY.values(), ids=MANY)
@pytest.mark.parametrize("classes", [3, 5])
def test_classifiers_of_several_classes_agree(classes, kernel):
    x, y = rows(3, classes, DType.FLOAT32, 400)
    pipeline = process(GaussianProcessClassifier, kernel)
    model = converted(pipeline, x[:80], y[:80], DType.FLOAT32)
    assert any(isinstance(call.op, ShrunkMean) for call in model.graph.calls())
    assert compare(model.description, model.graph, x[80:]).agreement >= 99.5
    if classes == 3:
        check_c(model, x, DType.FLOAT32)


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ({"kernel": RBF(), "multi_class": "one_vs_one"}, "multi_class='one_vs_one'"),
        ({"kernel": RBF() + DotProduct()}, "several classes"),
    ],
    ids=["one against one", "kernel"],
)
def test_several_classes_have_limits(choices, named):
    x, y = rows(3, 3, DType.FLOAT32, 40)
    estimator = GaussianProcessClassifier(optimizer=None, **choices).fit(x, y)
    with pytest.raises(UnsupportedError, match=named):
        fitted(estimator)


@pytest.mark.parametrize("name", ["matern 5/2", "rational"])
def test_all_of_it_as_compiled_c(name):
    x, y = rows(2, 2, DType.FLOAT32, 40)
    model = converted(process(GaussianProcessRegressor, KERNELS[name]), x, y, DType.FLOAT32)
    check_c(model, x, DType.FLOAT32)


OF_Z = {
    WideKernel.MATERN_1: lambda z: np.exp(-z),
    WideKernel.MATERN_3: lambda z: (1 + z) * np.exp(-z),
    WideKernel.MATERN_5: lambda z: (1 + z + z**2 / 3) * np.exp(-z),
}


@pytest.mark.parametrize("kernel", OF_Z)
def test_kernels_of_roots_are_near(kernel):
    """z = 2^-20 * distance"""
    distances = np.concatenate([np.arange(100), np.geomspace(1, 2**26, 500).astype(np.int64)])
    factor = round(math.log2(math.e) * 2**29)
    op = WideKernelSums(
        kernel=kernel, measure_shift=4, factor=factor, factor_shift=19, sum_shift=0, bias_shift=0
    )
    found = op.kernels(np.zeros(1, np.int64), distances[:, None]) / ONE
    assert np.abs(found - OF_Z[kernel](distances / 2**20)).max() < 2.0**-22


@pytest.mark.parametrize("power", [0.25, 1.0, 40.0])
def test_rational_kernels_are_near(power):
    """u = 2^-20 * squared distance"""
    distances = np.concatenate([np.arange(100), np.geomspace(1, 2**25, 500).astype(np.int64)])
    op = WideKernelSums(
        kernel=WideKernel.RATIONAL, measure_shift=0, factor=2**8, factor_shift=0, sum_shift=0,
        bias_shift=0, power=round(power * 2**20), power_shift=16,
    )  # fmt: skip
    found = op.kernels(np.zeros(1, np.int64), distances[:, None]) / ONE
    wanted = (1 + distances.astype(np.float64) ** 2 / 2**20) ** -power
    assert np.abs(found - wanted).max() < 2.0**-25 * max(power, 4)


@pytest.mark.parametrize(
    "kernel",
    [Matern(nu=1.0), ExpSineSquared(), RBF() * DotProduct(), DotProduct() ** 2, (RBF() + 1.0) ** 2],
    ids=str,
)
def test_other_kernels_are_named(kernel):
    x, y = rows(3, 2, DType.INT8, 40)
    model = GaussianProcessRegressor(kernel, optimizer=None, alpha=10.0).fit(x / 100, y)
    with pytest.raises(UnsupportedError, match="kernel=") as raised:
        fitted(model)
    assert "RationalQuadratic" in raised.value.next_step
