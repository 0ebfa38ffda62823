"""Naive Bayes of scikit-learn. Those on counts are linear."""

import numpy as np

from tinygen.classical import Description, Gaussian, Linear, Link, Task
from tinygen.importers.sklearn.fitted import classes_of, features_of, real, require_fitted
from tinygen.importers.sklearn.registry import estimator


@estimator("GaussianNB")
def _gaussian(item, columns: int) -> Description:
    require_fitted(item, "theta_")
    variances = real(item.var_)
    constants = np.log(real(item.class_prior_)) - np.log(2 * np.pi * variances).sum(axis=1) / 2
    scorer = Gaussian(means=real(item.theta_), variances=variances, constants=constants)
    return _described(item, columns, scorer)


@estimator("MultinomialNB")
def _multinomial(item, columns: int) -> Description:
    require_fitted(item, "feature_log_prob_")
    return _described(
        item,
        columns,
        Linear(weights=real(item.feature_log_prob_), bias=real(item.class_log_prior_)),
    )


def _described(item, columns: int, scorer: Gaussian | Linear) -> Description:
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=scorer,
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes_of(item),
        link=Link.SOFTMAX,
    )
