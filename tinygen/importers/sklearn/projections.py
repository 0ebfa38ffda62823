"""Linear projections: matrices on all columns."""

import numpy as np

from tinygen.classical import Matrix
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn.fitted import real, require_fitted, unsupported
from tinygen.importers.sklearn.registry import transformer


@transformer("PCA", "IncrementalPCA")
def _pca(item, columns: int) -> Matrix:
    require_fitted(item, "components_")
    weights = real(item.components_)
    if item.whiten:
        weights = weights / np.sqrt(real(item.explained_variance_))[:, None]
    mean = np.zeros(columns) if item.mean_ is None else real(item.mean_)
    return Matrix(weights=weights, bias=-weights @ mean)


@transformer("TruncatedSVD", "SparseRandomProjection", "GaussianRandomProjection")
def _components(item, columns: int) -> Matrix:
    require_fitted(item, "components_")
    components = item.components_
    weights = real(components.toarray() if hasattr(components, "toarray") else components)
    return Matrix(weights=weights, bias=np.zeros(len(weights)))


@transformer("FastICA")
def _fast_ica(item, columns: int) -> Matrix:
    require_fitted(item, "components_")
    weights = real(item.components_)
    mean = real(item.mean_) if hasattr(item, "mean_") else np.zeros(columns)
    return Matrix(weights=weights, bias=-weights @ mean)


@transformer("LinearDiscriminantAnalysis")
def _discriminants(item, columns: int) -> Matrix:
    """Only of solvers that have scalings; see its `transform`."""
    require_fitted(item, "coef_")
    if not hasattr(item, "scalings_"):
        raise unsupported(item, "solver", item.solver, "'svd', 'eigen' in front of other steps")
    weights = real(item.scalings_).T[: item._max_components]
    center = real(item.xbar_) if item.solver == "svd" else np.zeros(columns)
    return Matrix(weights=weights, bias=-weights @ center)


@transformer("FeatureAgglomeration")
def _agglomeration(item, columns: int) -> Matrix:
    require_fitted(item, "labels_")
    if item.pooling_func is not np.mean:
        raise unsupported(item, "pooling_func", item.pooling_func, "numpy.mean")
    members = np.asarray(item.labels_) == np.unique(item.labels_)[:, None]
    weights = members / members.sum(axis=1, keepdims=True)
    return Matrix(weights=weights, bias=np.zeros(len(weights)))


@transformer("NMF", "MiniBatchNMF")
def _factorization(item, columns: int) -> Matrix:
    raise UnsupportedError(
        what=f"the transformer {type(item).__name__} is not supported",
        where=f"{type(item).__name__}.transform",
        next_step="it solves an optimization for every row, which is no matrix; use PCA or TruncatedSVD",
    )
