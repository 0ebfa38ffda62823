"""Naive Bayes of scikit-learn. Those on counts are linear."""

import numpy as np

from tinygen.classical import Description, Gaussian, Linear, Link, Task, Trees
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn.fitted import classes_of, features_of, place, real, require_fitted
from tinygen.importers.sklearn.forests import OneTree, joined, one_tree
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
    bias = real(item.class_log_prior_)
    return _described(item, columns, Linear(weights=_logarithms(item), bias=bias))


@estimator("ComplementNB")
def _complement(item, columns: int) -> Description:
    require_fitted(item, "feature_log_prob_")
    prior = real(item.class_log_prior_)
    bias = prior if len(prior) == 1 else np.zeros(len(prior))
    return _described(item, columns, Linear(weights=_logarithms(item), bias=bias))


@estimator("BernoulliNB")
def _bernoulli(item, columns: int) -> Description:
    """Features that are compared with a threshold are trees of one comparison; features that are 0 and 1, linear."""
    require_fitted(item, "feature_log_prob_")
    present, prior = _logarithms(item), real(item.class_log_prior_)
    with np.errstate(divide="ignore"):
        absent = _finite(item, np.log(1 - np.exp(present)))
    if item.binarize is None:
        scorer = Linear(weights=present - absent, bias=prior + absent.sum(axis=1))
        return _described(item, columns, scorer)
    pairs = zip(absent.T, present.T, strict=True)
    trees = [_steps(k, [float(item.binarize)], np.stack(p)) for k, p in enumerate(pairs)]
    return _described(item, columns, joined(trees, prior, number=np.float64))


@estimator("CategoricalNB")
def _categorical(item, columns: int) -> Description:
    """Features that are categories 0, 1, ... are trees that look for the category; others are its nearest."""
    require_fitted(item, "feature_log_prob_")
    trees = [
        _steps(k, np.arange(table.shape[1] - 1) + 0.5, _finite(item, real(table)).T)
        for k, table in enumerate(item.feature_log_prob_)
    ]
    bias = real(item.class_log_prior_)
    return _described(item, columns, joined(trees, bias, number=np.float64))


def _logarithms(item) -> np.ndarray:
    return _finite(item, real(item.feature_log_prob_))


def _finite(item, logarithms: np.ndarray) -> np.ndarray:
    """These; raises UnsupportedError where a probability is 0, which rules a class out whatever else is met."""
    if not np.isfinite(logarithms).all():
        raise UnsupportedError(
            what=f"{place(item)} has a probability of 0",
            where=f"fitted with alpha={item.alpha}",
            next_step="fit it with an alpha above 0",
        )
    return logarithms


def _steps(feature: int, thresholds, values: np.ndarray) -> OneTree:
    """A balanced tree: values[i], [classes], where i thresholds are below the feature."""
    left, right, cuts, rows = [], [], [], []

    def grow(first: int, last: int) -> int:
        """The node of values first..last; parents come before children."""
        node = len(left)
        is_leaf = first == last
        middle = (first + last) // 2
        left.append(-1)
        right.append(-1)
        cuts.append(0.0 if is_leaf else float(thresholds[middle]))
        rows.append(values[middle])
        if not is_leaf:
            left[node] = grow(first, middle)
            right[node] = grow(middle + 1, last)
        return node

    grow(0, len(values) - 1)
    return one_tree(
        left=left,
        right=right,
        features=np.full(len(left), feature),
        thresholds=cuts,
        values=np.array(rows),
    )


def _described(item, columns: int, scorer: Gaussian | Linear | Trees) -> Description:
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=scorer,
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes_of(item),
        link=Link.SOFTMAX,
    )
