"""Decisions and probabilities that are made of other things than the scores: the integers are scikit-learn's."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, RadiusNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, NuSVC
from sklearn.tree import DecisionTreeClassifier

from tests.classical import whole_graphs
from tests.classical.nodes import check_nodes
from tests.classical.test_pipelines import converted, rows
from tinygen.ir import DType

KINDS = [DType.INT8, DType.FLOAT32]
COUNT = 150
by_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.value)
by_classes = pytest.mark.parametrize("classes", [2, 4])


def each(table):
    return pytest.mark.parametrize("model", table.values(), ids=table)


def scaled(*steps):
    return make_pipeline(StandardScaler(), *steps)


def tree():
    return DecisionTreeClassifier(max_depth=3, random_state=0)


DECISIONS = {
    "kernels": scaled(SVC()),
    "linear kernels": scaled(SVC(kernel="linear")),
    "pairs, linear": OneVsOneClassifier(scaled(LogisticRegression())),
    "pairs, kernels": OneVsOneClassifier(scaled(SVC())),
    "pairs, trees": OneVsOneClassifier(tree()),
    "bagged linear": BaggingClassifier(scaled(LogisticRegression()), 3, random_state=0),
    "bagged without probabilities": BaggingClassifier(RidgeClassifier(), 3, random_state=0),
    "bagged kernels": BaggingClassifier(scaled(SVC()), 2, max_features=0.8, random_state=0),
}

CALIBRATED = {
    "kernels": CalibratedClassifierCV(scaled(SVC()), cv=2),
    "pairs": CalibratedClassifierCV(OneVsOneClassifier(scaled(LogisticRegression())), cv=2),
    "warm forest": CalibratedClassifierCV(
        RandomForestClassifier(6, max_depth=4, random_state=0), cv=2, method="temperature"
    ),
    "warm bayes": CalibratedClassifierCV(GaussianNB(), cv=2, method="temperature", ensemble=False),
}

PLATT = {
    "kernels": scaled(SVC(probability=True, random_state=0)),
    "linear kernels": scaled(SVC(kernel="linear", probability=True, random_state=0)),
    "part of them": scaled(NuSVC(nu=0.3, probability=True, random_state=0)),
}

SEVERAL = {
    "linear": MultiOutputClassifier(scaled(LogisticRegression())),
    "tree": tree(),
    "forest": RandomForestClassifier(3, max_depth=3, random_state=0),
    "neighbors": scaled(KNeighborsClassifier(1)),
}


@by_kind
@by_classes
@each(DECISIONS)
def test_decisions_are_scikit_learns(library, model, classes, kind):
    x, y = rows(classes, classes, kind, COUNT)
    found = converted(model, x, y, kind)
    wanted = model.decision_function(x)
    got = whole_graphs.values(found.graph, "decision", x).reshape(wanted.shape)
    # a vote that is all but a tie may go the other way
    assert np.mean(np.abs(got - wanted).reshape(COUNT, -1).max(axis=1) < 0.01) > 0.99
    assert found.agreement.agreement >= 99.0
    check_nodes(library, found.graph, x, kind)


@by_kind
@by_classes
@each(CALIBRATED)
def test_calibrated_probabilities_are_near(library, model, classes, kind):
    x, y = rows(1, classes, kind, COUNT)
    found = converted(model, x, y, kind)
    assert found.agreement.largest_probability_error < 0.01
    check_nodes(library, found.graph, x, kind)


@by_kind
@pytest.mark.parametrize("classes", [3, 6])
@each(PLATT)
def test_probabilities_of_pairs_are_coupled(library, model, classes, kind):
    """libsvm stops where little is left to do: so do the integers."""
    x, y = rows(8, classes, kind, COUNT)
    found = converted(model, x, y, kind)
    assert found.agreement.largest_probability_error < 0.01
    check_nodes(library, found.graph, x, kind)


@by_kind
@each(SEVERAL)
def test_probabilities_of_several_outputs(library, model, kind):
    """Of all classes of the first, then of all of the second."""
    x, y = rows(2, 3, kind, COUNT)
    found = converted(model, x, np.stack([y, x[:, 0] > x[:, 0].mean()], axis=1), kind)
    assert found.graph.output_tensors[found.graph.methods.index("predict_proba")].shape == (1, 5)
    assert found.agreement.largest_probability_error < 0.01
    check_nodes(library, found.graph, x, kind)


@pytest.mark.parametrize(
    "model", [MultiOutputClassifier(RidgeClassifier()), ClassifierChain(LogisticRegression())]
)
def test_where_there_are_no_such_probabilities(model):
    x, y = rows(3, 2, DType.INT8, COUNT)
    found = converted(model, x, np.stack([y, 1 - y], axis=1), DType.INT8)
    assert found.graph.methods == ("predict",)


@pytest.mark.parametrize("member", [LogisticRegression(), tree()], ids=["linear", "tree"])
def test_any_number_of_labels(member):
    x, y = rows(4, 3, DType.FLOAT32, COUNT)
    labels = np.stack([y == 0, x[:, 0] > x[:, 0].mean(), np.zeros(COUNT)], axis=1).astype(int)
    found = converted(OneVsRestClassifier(member), x, labels, DType.FLOAT32)
    assert found.agreement.agreement >= 99.0


@pytest.mark.parametrize(
    "model",
    [KNeighborsClassifier(5, weights="distance"), RadiusNeighborsClassifier(1.0, outlier_label=1)],
    ids=["weighted", "radius"],
)
def test_probabilities_of_neighbors(library, model):
    x, y = rows(5, 3, DType.FLOAT32, COUNT)
    x = np.delete(x, 1, axis=1)  # a column twice makes more rows equally far
    found = converted(scaled(model), x, y, DType.FLOAT32)
    assert found.agreement.largest_probability_error < 0.01
    check_nodes(library, found.graph, x, DType.FLOAT32)
