"""Support vector machines: the integer graph agrees with scikit-learn, and the C is the graph, bit for bit."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM

from tests.classical.test_pipelines import check_c, converted, rows
from tinygen import reference
from tinygen.errors import ConversionError, UnsupportedError
from tinygen.ir import DType
from tinygen.model import fitted

KINDS = [DType.INT8, DType.INT16, DType.FLOAT32]
KERNELS = ["rbf", "sigmoid", "linear", "poly"]


def by_kind(kinds=KINDS):
    return pytest.mark.parametrize("kind", kinds, ids=lambda k: k.value)


@by_kind()
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("classes", [2, 4])
def test_classifiers_agree(classes, kernel, kind):
    x, y = rows(classes, classes, kind)
    pipeline = make_pipeline(StandardScaler(), SVC(kernel=kernel, C=2.0))
    model = converted(pipeline, x, y, kind)
    assert model.agreement.agreement >= 99.5
    check_c(model, x, kind)


@by_kind([DType.INT8, DType.FLOAT32])
def test_nu_classifiers_agree(kind):
    x, y = rows(3, 3, kind)
    model = converted(make_pipeline(StandardScaler(), NuSVC(nu=0.5)), x, y, kind)
    assert model.agreement.agreement >= 99.5
    check_c(model, x, kind)


@by_kind()
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("estimator", [SVR, NuSVR], ids=lambda e: e.__name__)
def test_regressors_agree(estimator, kernel, kind):
    x, y = rows(5, 3, kind)
    pipeline = make_pipeline(StandardScaler(), estimator(kernel=kernel))
    model = converted(pipeline, x, y + 0.3 * np.sin(np.arange(len(y))), kind)
    assert model.agreement.largest_error < 0.01
    check_c(model, x, kind)


@by_kind([DType.INT8, DType.FLOAT32])
def test_one_class_agrees(kind):
    x, _ = rows(6, 2, kind)
    pipeline = make_pipeline(StandardScaler(), OneClassSVM(nu=0.1))
    model = converted(pipeline, x, None, kind)
    # support vectors lie on the boundary, where the decision is 0 to four digits
    assert max(model.agreement.margins, default=0.0) < 1e-3
    assert model.agreement.agreement >= 95.0
    assert model.description.labels == ("-1", "1")
    check_c(model, x, kind)


@pytest.mark.parametrize("classes", [2, 4])
def test_decisions_are_scikit_learns(classes):
    x, y = rows(7, classes, DType.FLOAT32)
    pipeline = make_pipeline(StandardScaler(), SVC(decision_function_shape="ovo"))
    model = converted(pipeline, x, y, DType.FLOAT32)
    part = model.graph.parts()[model.graph.methods.index("decision")]
    (output,) = part.output_tensors
    found = reference.run(part, {part.inputs[0]: x})[output.name] * output.quantization.scale
    wanted = pipeline.decision_function(x).reshape(found.shape)
    assert np.abs(found - wanted).max() < 0.02


def test_whole_numbers_and_a_projection():
    x, y = rows(9, 3, DType.INT8)
    for pipeline in (SVC(gamma=1e-3), make_pipeline(StandardScaler(), PCA(2), SVC())):
        model = converted(pipeline, x, y, DType.INT8)
        assert model.agreement.agreement >= 99.5
        check_c(model, x, DType.INT8)


@pytest.mark.parametrize("gamma", [1e-9, 1e-3, 1e3])
@pytest.mark.parametrize("penalty", [1e-3, 1e6])
def test_extreme_parameters(gamma, penalty):
    """Converted, or refused where the coefficients cancel: kernels that are nearly 1 for all rows."""
    x, y = rows(10, 3, DType.FLOAT32)
    pipeline = make_pipeline(StandardScaler(), SVC(gamma=gamma, C=penalty))
    if penalty > 1 and gamma < 1e-6:
        with pytest.raises(UnsupportedError, match="cancel beyond"):
            converted(pipeline, x, y, DType.FLOAT32)
        return
    model = converted(pipeline, x, y, DType.FLOAT32)
    assert model.agreement.agreement >= 99.0
    check_c(model, x, DType.FLOAT32)


@pytest.mark.parametrize(
    ("estimator", "named"),
    [
        (SVC(kernel="poly", degree=0), "degree"),
        (SVC(break_ties=True), "break_ties"),
    ],
    ids=["degree", "break_ties"],
)
def test_unsupported_parameters_are_named(estimator, named):
    x, y = rows(11, 3, DType.FLOAT32)
    estimator.fit(x, y)
    with pytest.raises(UnsupportedError, match=rf"{named}=.*is not supported"):
        fitted(estimator)


@pytest.mark.parametrize("estimator", [SVC(), SVR(), OneClassSVM()], ids=repr)
def test_unfitted_estimators_are_refused(estimator):
    with pytest.raises(ConversionError, match="not fitted"):
        fitted(estimator)
