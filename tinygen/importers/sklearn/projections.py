"""Linear projections: matrices on all columns."""

import numpy as np

from tinygen.classical import Matrix
from tinygen.importers.sklearn.fitted import real, require_fitted
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
