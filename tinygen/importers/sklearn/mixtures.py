"""Densities: Gaussian mixtures, and the Mahalanobis distance of EllipticEnvelope."""

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Description, Gaussian, Link, Quadratic, Task
from tinygen.importers.sklearn.fitted import features_of, real, require_fitted
from tinygen.importers.sklearn.registry import estimator


@estimator("GaussianMixture", "BayesianGaussianMixture")
def _mixture(item, columns: int) -> Description:
    require_fitted(item, "precisions_cholesky_")
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=_by_columns(item) if item.covariance_type in ("diag", "spherical") else _full(item),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=tuple(range(len(item.means_))),
        link=Link.SOFTMAX if len(item.means_) > 1 else Link.NONE,
        is_mixture=True,
    )


def _at_means(item) -> NDArray[np.float64]:
    """The score of every component at its own mean: all of it that does not depend on the row."""
    means = real(item.means_)
    return np.diag(item._estimate_log_prob(means) + item._estimate_log_weights())


def _by_columns(item) -> Gaussian:
    means, precisions = real(item.means_), real(item.precisions_cholesky_)
    if precisions.ndim == 1:
        precisions = np.repeat(precisions[:, None], means.shape[1], axis=1)
    return Gaussian(means=means, variances=1 / precisions**2, constants=_at_means(item))


def _full(item) -> Quadratic:
    means, cholesky = real(item.means_), real(item.precisions_cholesky_)
    if cholesky.ndim == 2:  # tied
        cholesky = np.broadcast_to(cholesky, (len(means), *cholesky.shape))
    weights = cholesky.transpose(0, 2, 1)
    bias = -np.einsum("crk,ck->cr", weights, means)
    return Quadratic(
        weights=weights, bias=bias, constants=_at_means(item), floor=float(item.reg_covar)
    )


@estimator("EllipticEnvelope")
def _envelope(item, columns: int) -> Description:
    """score = -(x - location)^T precision (x - location), the decision is that less the offset."""
    require_fitted(item, "precision_")
    values, vectors = np.linalg.eigh(real(item.precision_))
    weights = np.sqrt(2 * np.maximum(values, 0))[:, None] * vectors.T
    scorer = Quadratic(
        weights=weights[None],
        bias=(-weights @ real(item.location_))[None],
        constants=np.array([-float(item.offset_)]),
    )
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=scorer,
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=(-1, 1),
        has_decision=True,
        score_offset=float(item.offset_),
    )
