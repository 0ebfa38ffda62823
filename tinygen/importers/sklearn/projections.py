"""Linear projections: matrices on all columns."""

import numpy as np

from tinygen.classical import Columns, Factorization, Matrix, Transform
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


@transformer("TruncatedSVD", "SparseRandomProjection", "GaussianRandomProjection",
             "NeighborhoodComponentsAnalysis")  # fmt: skip
def _components(item, columns: int) -> Matrix:
    require_fitted(item, "components_")
    components = item.components_
    weights = real(components.toarray() if hasattr(components, "toarray") else components)
    return Matrix(weights=weights, bias=np.zeros(len(weights)))


@transformer("FactorAnalysis")
def _factors(item, columns: int) -> Matrix:
    """The mean of the factors of a row."""
    require_fitted(item, "components_")
    components, noise = real(item.components_), real(item.noise_variance_)
    shares = components / noise
    weights = np.linalg.solve(np.eye(len(components)) + shares @ components.T, shares)
    return Matrix(weights=weights, bias=-weights @ real(item.mean_))


@transformer("SparsePCA", "MiniBatchSparsePCA")
def _sparse(item, columns: int) -> Matrix:
    """Ridge regression of a row on the components."""
    require_fitted(item, "components_")
    components = real(item.components_)
    gram = components @ components.T + float(item.ridge_alpha) * np.eye(len(components))
    weights = np.linalg.solve(gram, components)
    return Matrix(weights=weights, bias=-weights @ real(item.mean_))


@transformer("PLSRegression", "PLSCanonical", "CCA", "PLSSVD")
def _least_squares(item, columns: int) -> Matrix:
    name = "x_rotations_" if hasattr(item, "x_rotations_") else "x_weights_"
    require_fitted(item, name)
    weights = (real(getattr(item, name)) / real(item._x_std)[:, None]).T
    return Matrix(weights=weights, bias=-weights @ real(item._x_mean))


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
def _factorization(item, columns: int) -> Factorization:
    """What coordinate descent goes to: see `transform`, whose steps end at the parameter `tol`."""
    require_fitted(item, "components_")
    if item.beta_loss not in ("frobenius", 2):
        raise unsupported(item, "beta_loss", item.beta_loss, "'frobenius'")
    penalty = columns * float(item.alpha_W)
    return Factorization(
        components=real(item.components_),
        l1=penalty * float(item.l1_ratio),
        l2=penalty * (1 - float(item.l1_ratio)),
        apply=item.transform,
    )


@transformer("BernoulliRBM")
def _hidden(item, columns: int) -> tuple[Transform, ...]:
    """The probabilities of hidden units: logistic functions of projections."""
    require_fitted(item, "components_")
    weights = real(item.components_)
    logistic = Columns(
        sources=np.arange(len(weights)),
        signs=np.ones(len(weights), np.int64),
        apply=lambda rows: 1 / (1 + np.exp(-np.clip(rows, -500, 500))),
    )
    return Matrix(weights=weights, bias=real(item.intercept_hidden_)), logistic
