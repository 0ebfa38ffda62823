"""Weights to integers, such that the errors of rounding cancel on rows like the samples."""

import numpy as np
from numpy.typing import NDArray

MOST_FEATURES = 1024
"""Beyond so many, weights are rounded one by one: the factors of a matrix [features, features] take too long."""

DAMPING = 0.01
"""Of the mean variance of features: what is added to each, so that none seems to depend on the others entirely."""


def rounded_together(
    weights: NDArray[np.float64], rows: NDArray[np.float64], most: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Integers [outputs, features] near the weights, at most `most`, and what to add to the bias [outputs].

    Feature by feature, from the one that varies most, a weight is rounded and the weights that are left move by what
    makes up best for its error, by least squares on `rows` [N, features], integers as the features will be. What is
    lost on average goes into the bias.
    """
    order = np.argsort(-rows.var(axis=0), kind="stable")
    left, whole = weights[:, order], np.zeros_like(weights)
    influence = _influence(rows[:, order])
    for i, feature in enumerate(order):
        whole[:, feature] = np.clip(np.rint(left[:, i]), -most, most)
        lost = (left[:, i] - whole[:, feature]) / influence[i, i]
        left[:, i:] -= np.outer(lost, influence[i, i:])
    return whole, (weights - whole) @ rows.mean(axis=0)


def _influence(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Row i says how features from i on make up for an error of feature i (of the inverse covariance, a factor)."""
    features = rows.shape[1]
    if features > MOST_FEATURES:
        return np.eye(features)
    centred = rows - rows.mean(axis=0)
    covariance = centred.T @ centred / len(rows)
    damping = DAMPING * np.trace(covariance) / features
    if not damping > 0:
        return np.eye(features)
    return np.linalg.cholesky(np.linalg.inv(covariance + damping * np.eye(features))).T
