"""Linear models of scikit-learn: scores are a matrix times the features, plus a bias."""

import numpy as np

from tinygen.classical import Description, Linear, Link, Task
from tinygen.importers.sklearn.fitted import classes_of, features_of, real, require_fitted
from tinygen.importers.sklearn.registry import estimator


@estimator("LogisticRegression", "LogisticRegressionCV")
def _logistic(item, columns: int) -> Description:
    require_fitted(item, "coef_")
    is_binary = len(item.classes_) == 2
    return _classifier(item, columns, Link.SIGMOID if is_binary else Link.SOFTMAX)


@estimator("LinearSVC", "RidgeClassifier", "RidgeClassifierCV", "Perceptron", "SGDClassifier",
           "PassiveAggressiveClassifier")  # fmt: skip
def _linear_classifier(item, columns: int) -> Description:
    require_fitted(item, "coef_")
    return _classifier(item, columns, Link.NONE)


@estimator("LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV", "Lars",
           "LarsCV", "LassoLars", "LassoLarsCV", "LassoLarsIC", "BayesianRidge", "ARDRegression", "HuberRegressor",
           "TheilSenRegressor", "OrthogonalMatchingPursuit", "OrthogonalMatchingPursuitCV", "SGDRegressor",
           "PassiveAggressiveRegressor", "LinearSVR", "QuantileRegressor", "MultiTaskLasso", "MultiTaskLassoCV",
           "MultiTaskElasticNet", "MultiTaskElasticNetCV")  # fmt: skip
def _linear_regressor(item, columns: int) -> Description:
    require_fitted(item, "coef_")
    weights = np.atleast_2d(real(item.coef_))
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=Linear(weights=weights, bias=_bias(item, len(weights))),
        task=Task.REGRESS,
        answer=item.predict,
    )


@estimator("PLSRegression", "PLSCanonical", "CCA")
def _partial_least_squares(item, columns: int) -> Description:
    require_fitted(item, "coef_")
    weights = real(item.coef_)
    bias = real(item.intercept_) - weights @ real(item._x_mean)
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=Linear(weights=weights, bias=bias),
        task=Task.REGRESS,
        answer=item.predict,
    )


@estimator("SGDOneClassSVM")
def _one_class(item, columns: int) -> Description:
    require_fitted(item, "coef_")
    offset = float(np.ravel(item.offset_)[0])
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=Linear(weights=np.atleast_2d(real(item.coef_)), bias=np.array([-offset])),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=(-1, 1),
        has_decision=True,
        score_offset=offset,
    )


@estimator("RANSACRegressor")
def _ransac(item, columns: int) -> Description:
    require_fitted(item, "estimator_")
    return _linear_regressor(item.estimator_, columns)


def _classifier(item, columns: int, link: Link) -> Description:
    weights = np.atleast_2d(real(item.coef_))
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=Linear(weights=weights, bias=_bias(item, len(weights))),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes_of(item),
        link=link,
        has_decision=True,
    )


def _bias(item, outputs: int) -> np.ndarray:
    return np.broadcast_to(real(item.intercept_).ravel(), (outputs,))
