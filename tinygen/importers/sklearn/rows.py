"""Transformers of whole rows: lengths, products, missing numbers."""

import numpy as np

from tinygen.classical import Imputation, Normalization, Polynomial
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn.fitted import place, real, require_fitted, unsupported
from tinygen.importers.sklearn.registry import transformer
from tinygen.ops.classical.normalized import Norm

MOST_DEGREE = 4


@transformer("Normalizer")
def _normalizer(item, columns: int) -> Normalization:
    if item.norm not in {n.value for n in Norm}:
        raise unsupported(item, "norm", item.norm, "'l1', 'l2', 'max'")
    return Normalization(norm=Norm(item.norm), columns=columns, apply=item.transform)


@transformer("PolynomialFeatures")
def _polynomial(item, columns: int) -> Polynomial:
    require_fitted(item, "n_output_features_")
    powers = np.asarray(item.powers_, np.int64)
    if powers.sum(axis=1).max() > MOST_DEGREE:
        raise unsupported(item, "degree", item.degree, f"up to {MOST_DEGREE}")
    return Polynomial(powers=powers, apply=item.transform)


@transformer("SimpleImputer")
def _imputer(item, columns: int) -> Imputation:
    require_fitted(item, "statistics_")
    if item.add_indicator:
        raise unsupported(item, "add_indicator", True, "False")
    try:
        statistics, missing = real(item.statistics_), float(item.missing_values)
    except (TypeError, ValueError) as error:
        raise UnsupportedError(
            what=f"{place(item)} does not work on numbers",
            where="missing_values, statistics_",
            next_step="supported: numbers, and NaN or a number for what is missing",
        ) from error
    keeps = getattr(item, "keep_empty_features", False)
    empty = np.isnan(statistics)
    sources = np.arange(columns) if keeps else np.flatnonzero(~empty)
    return Imputation(
        sources=sources,
        values=np.where(empty, 0.0, statistics)[sources],
        missing=missing,
        apply=item.transform,
    )
