"""Densities, kernels and distances on random data: near scikit-learn, and the C is the graph, bit for bit."""

import warnings

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.covariance import EllipticEnvelope
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, Matern, WhiteKernel
from sklearn.kernel_approximation import Nystroem
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB
from sklearn.neighbors import (
    KNeighborsClassifier,
    LocalOutlierFactor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, SVR, OneClassSVM

from tests.classical import whole_graphs
from tests.classical.test_pipelines import check_c, converted, rows
from tinygen.errors import UnsupportedError
from tinygen.ir import DType
from tinygen.model import fitted

NAMES = {
    "decision": "decision_function",
    "score": "score_samples",
    "predict_proba": "predict_proba",
    "transform": "transform",
}
"""scikit-learn's names of our methods."""

CLASSIFIERS = [
    LinearDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(reg_param=0.05),
    SVC(kernel="poly", degree=2, coef0=1.0),
    SVC(kernel="poly", degree=5, coef0=1.0, C=0.1),
    RadiusNeighborsClassifier(2.0, outlier_label="most_frequent"),
    RadiusNeighborsClassifier(3.0, outlier_label=0, metric="manhattan"),
    make_pipeline(PCA(2), GaussianNB()),
    make_pipeline(Nystroem(n_components=20, random_state=0), LogisticRegression()),
    make_pipeline(MinMaxScaler(), ComplementNB()),
    BernoulliNB(),
]
BINARY = [
    SVC(probability=True, random_state=0),
    SVC(kernel="linear", probability=True, random_state=0),
    GaussianProcessClassifier(1.0 * RBF()),
    QuadraticDiscriminantAnalysis(reg_param=0.05),
]
UNSUPERVISED = [
    EllipticEnvelope(random_state=0),
    LocalOutlierFactor(8, novelty=True),
    OneClassSVM(nu=0.2),
    GaussianMixture(3, reg_covar=1e-2, random_state=0),
    GaussianMixture(3, covariance_type="tied", reg_covar=1e-2, random_state=0),
    GaussianMixture(3, covariance_type="diag", random_state=0),
    GaussianMixture(3, covariance_type="spherical", random_state=0),
    GaussianMixture(1, reg_covar=1e-2),
    BayesianGaussianMixture(n_components=3, reg_covar=1e-2, random_state=0),
    KMeans(3, n_init=1, random_state=0),
]
REGRESSORS = [
    KernelRidge(kernel="rbf", alpha=0.1),
    make_pipeline(Nystroem(n_components=20, random_state=0), Ridge()),
    KernelRidge(kernel="poly", alpha=1.0),
    KernelRidge(alpha=1.0),
    SVR(kernel="poly", coef0=1.0),
    GaussianProcessRegressor(ConstantKernel() * RBF() + WhiteKernel()),
    GaussianProcessRegressor(DotProduct() + WhiteKernel(), normalize_y=True),
]
KINDS = ["int8", "float", "one feature", "repeated rows", "extreme scales"]


def table(kind: str, classes: int, seed: int = 0):
    """Rows, classes and the type of features; every table has a constant column, unless it has one only."""
    dtype = DType.INT8 if kind == "int8" else DType.FLOAT32
    x, y = rows(seed + classes, classes, dtype, count=90)
    if kind == "one feature":
        x = x[:, :1]
    if kind == "repeated rows":
        x, y = np.repeat(x[:45], 2, axis=0), np.repeat(y[:45], 2)
    if kind == "extreme scales":
        x[:, 1] = np.random.default_rng(seed).normal(0, 1, len(x))
        x = (x * 10.0 ** np.array([-12, 12, 0, 6, -6])).astype(np.float32)
    return x, y, dtype


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return whole_graphs.build(tmp_path_factory.mktemp("classical"))


def label(item) -> str:
    """A name for the test report."""
    last = item[-1] if hasattr(item, "steps") else item
    return type(last).__name__


def check_methods(pipeline, graph, x, tolerance: float) -> None:
    """All methods but predict are scikit-learn's, to a part of their spread.

    But for one row in 50: where two neighbours are as far, another one may be taken.
    """
    for method in graph.methods[1:]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wanted = getattr(pipeline, NAMES[method])(x.astype(np.float64))
        got = whole_graphs.values(graph, method, x).reshape(wanted.shape)
        error = np.quantile(np.abs(got - wanted), 0.98)
        assert error <= tolerance * max(np.std(wanted), 0.1), method


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=label)
def test_classifiers_agree(library, estimator, kind):
    x, y, dtype = table(kind, 3)
    if x.shape[1] == 1 and hasattr(estimator, "steps") and isinstance(estimator[0], PCA):
        estimator = estimator[-1]
    pipeline = make_pipeline(StandardScaler(), estimator)
    model = converted(pipeline, x, y, dtype)
    assert model.agreement.agreement >= 98.8  # one of 90
    check_methods(pipeline, model.graph, x, 0.05)
    whole_graphs.check(library, model.graph, x)


@pytest.mark.parametrize("estimator", BINARY, ids=label)
def test_two_classes(library, estimator):
    x, y, dtype = table("float", 2)
    pipeline = make_pipeline(StandardScaler(), estimator)
    model = converted(pipeline, x, y, dtype)
    assert model.agreement.agreement == 100.0
    check_methods(pipeline, model.graph, x, 0.05)
    whole_graphs.check(library, model.graph, x)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("estimator", UNSUPERVISED, ids=label)
def test_densities_agree(library, estimator, kind):
    x, _, dtype = table(kind, 2)
    if kind == "repeated rows" and isinstance(estimator, LocalOutlierFactor):
        x = x + np.random.default_rng(0).normal(0, 1e-2, x.shape).astype(np.float32) * x.std(axis=0)
    pipeline = make_pipeline(StandardScaler(), estimator)
    model = converted(pipeline, x, None, dtype)
    # of anomaly models stored rows lie on the boundary
    assert model.agreement.agreement >= (90.0 if isinstance(estimator, OneClassSVM) else 97.0)
    assert max(model.agreement.margins, default=0.0) < 0.01
    check_methods(pipeline, model.graph, x, 0.05)
    whole_graphs.check(library, model.graph, x)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("estimator", REGRESSORS, ids=label)
def test_regressors_agree(library, estimator, kind):
    x, y, dtype = table(kind, 3)
    pipeline = make_pipeline(StandardScaler(), estimator)
    model = converted(pipeline, x, y + 0.3 * np.sin(np.arange(len(y))), dtype)
    assert model.agreement.largest_error < 0.01
    whole_graphs.check(library, model.graph, x)


def test_means_within_a_radius(library):
    """Where a row is as far as the radius, another neighbour is another mean."""
    x, y, dtype = table("float", 3)
    pipeline = make_pipeline(StandardScaler(), RadiusNeighborsRegressor(3.0))
    model = converted(pipeline, x, y.astype(float), dtype)
    assert model.agreement.agreement >= 96.0
    whole_graphs.check(library, model.graph, x)


@pytest.mark.parametrize(
    "estimator",
    [
        GaussianMixture(2, reg_covar=1e-2, random_state=0),
        EllipticEnvelope(random_state=0),
        LocalOutlierFactor(8, novelty=True),
        KMeans(3, n_init=1, random_state=0),
        make_pipeline(PCA(2), GaussianProcessRegressor(ConstantKernel() * RBF() + WhiteKernel())),
    ],
    ids=label,
)
def test_generated_folders_compute_the_same(estimator):
    x, y, dtype = table("float", 2)
    model = converted(make_pipeline(StandardScaler(), estimator), x, y.astype(float), dtype)
    check_c(model, x, dtype)


def test_differences_are_counted(library):
    """Hamming distances between features that are small whole numbers: many neighbours are as far as others."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, (300, 40))
    y = (x[:, :20].sum(axis=1) > 30).astype(int)
    model = converted(KNeighborsClassifier(1, metric="hamming"), x.astype(float), y, DType.INT8)
    assert model.agreement.agreement == 100.0
    whole_graphs.check(library, model.graph, x)


def test_several_outputs(library):
    x, y, dtype = table("float", 3)
    pipeline = make_pipeline(StandardScaler(), KernelRidge(kernel="rbf"))
    model = converted(pipeline, x, np.stack([y, 10.0 * x[:, 0]], axis=1), dtype)
    assert model.agreement.largest_error < 0.01
    whole_graphs.check(library, model.graph, x)


def test_categories_are_found_exactly(library):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 6, (200, 4)), rng.integers(0, 3, 200)
    model = converted(CategoricalNB(), x, y, DType.INT8)
    assert model.agreement.agreement == 100.0


def test_discriminants_project():
    x, y, dtype = table("float", 3)
    pipeline = make_pipeline(LinearDiscriminantAnalysis(), SVC())
    assert converted(pipeline, x, y, dtype).agreement.agreement >= 98.8


@pytest.mark.parametrize("penalty", [1e2, 1e5])
def test_coefficients_that_cancel_have_wide_sums(library, penalty):
    """Classes that overlap, and a penalty that makes nearly all rows support vectors with large coefficients."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (120, 2)).astype(np.float32)
    y = (x[:, 0] + 0.3 * rng.normal(0, 1, 120) > 0).astype(int)
    model = converted(SVC(C=penalty, gamma=2.0), x, y, DType.FLOAT32)
    assert model.agreement.agreement >= 99.0
    whole_graphs.check(library, model.graph, x)


def test_columns_that_are_nearly_equal_have_wide_sums(library):
    """Least squares on two columns that differ by a thousandth: weights that cancel."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (200, 3))
    x[:, 1] = x[:, 0] + 1e-4 * rng.normal(0, 1, 200)
    y = x[:, 2] + 1e4 * (x[:, 1] - x[:, 0])
    model = converted(LinearRegression(), x.astype(np.float32), y, DType.FLOAT32)
    assert any(call.op.label() == "WideScores" for call in model.graph.calls())
    assert model.agreement.largest_error < 0.005
    whole_graphs.check(library, model.graph, x)


def test_what_integers_cannot_hold_is_refused():
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (80, 2)), rng.normal(0, 1, 80)
    model = GaussianProcessRegressor(RBF(5.0), alpha=1e-13, optimizer=None).fit(x, y)
    with pytest.raises(UnsupportedError, match="cancel beyond") as error:
        fitted(model).quantize(calibration=x.astype(np.float32), io=DType.FLOAT32)
    assert "alpha" in error.value.next_step
    machine = SVC(kernel="sigmoid", C=1e7, gamma=1e-3, coef0=0.0).fit(x, y > 0)
    with pytest.raises(UnsupportedError, match="cancel beyond"):
        fitted(machine).quantize(calibration=x.astype(np.float32), io=DType.FLOAT32)


def test_covariances_near_to_singular_are_refused():
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (200, 3))
    x[:, 2] = x[:, 0] + x[:, 1] + 1e-6 * rng.normal(0, 1, 200)
    model = GaussianMixture(1, reg_covar=1e-14).fit(x)
    with pytest.raises(UnsupportedError, match="near to singular"):
        fitted(model).quantize(calibration=x.astype(np.float32), io=DType.FLOAT32)


@pytest.mark.parametrize(
    ("estimator", "named"),
    [
        (KernelRidge(kernel="laplacian"), "kernel"),
        (KernelRidge(kernel="poly", degree=2.5, coef0=100.0), "degree"),
        (GaussianProcessRegressor(Matern(nu=1.0)), "kernel"),
        (GaussianProcessRegressor(RBF() * DotProduct(), alpha=1.0, optimizer=None), "kernel"),
        (RadiusNeighborsClassifier(2.0), "outlier_label"),
        (RadiusNeighborsClassifier(2.0, metric="cosine", outlier_label=0), "metric"),
        (LocalOutlierFactor(novelty=True, metric="manhattan"), "metric"),
        (make_pipeline(LinearDiscriminantAnalysis(solver="lsqr"), SVC()), "solver"),
        (LocalOutlierFactor(), "novelty"),
        (make_pipeline(Nystroem(n_components=5), KNeighborsClassifier()), "not linear"),
    ],
    ids=lambda v: v if isinstance(v, str) else label(v),
)
def test_unsupported_parameters_are_named(estimator, named):
    x, y, _ = table("float", 3)
    x = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1)
    if hasattr(estimator, "steps"):
        first, last = estimator[0].fit(x, y), estimator[1]
        last.fit(first.transform(x) if hasattr(first, "components_") else x[:, :2], y)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator.fit(x, y)
    with pytest.raises(UnsupportedError, match=named) as error:
        fitted(estimator)
    assert error.value.next_step


@pytest.mark.parametrize("covariance", ["full", "tied"])
def test_components_of_fewer_rows_than_columns_are_refused(covariance):
    x = np.random.default_rng(5).normal(0, 1, (20, 40))
    with pytest.raises(UnsupportedError, match="and only"):
        converted(GaussianMixture(1, covariance_type=covariance), x, None, DType.FLOAT32)


def test_columns_that_depend_on_each_other_are_not_too_few_rows():
    x = np.random.default_rng(6).normal(0, 1, (200, 4))
    x[:, 1], x[:, 2] = x[:, 0], 3
    mixture = GaussianMixture(2, random_state=0)
    assert converted(mixture, x, None, DType.FLOAT32).agreement.agreement >= 99.5
