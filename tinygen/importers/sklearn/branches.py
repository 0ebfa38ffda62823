"""Transformers side by side: ColumnTransformer, FeatureUnion."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Branches, Columns, Matrix, Transform, beside, composed, kept
from tinygen.classical.algebra import as_matrix
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn import registry
from tinygen.importers.sklearn.fitted import names_of, real, require_fitted, with_names
from tinygen.importers.sklearn.imputing import imputed_first
from tinygen.importers.sklearn.pipeline import steps_of
from tinygen.importers.sklearn.registry import transformer


@transformer("ColumnTransformer")
def _column_transformer(item, columns: int) -> tuple[Transform, ...]:
    require_fitted(item, "transformers_")
    if item.transformer_weights:
        raise UnsupportedError(what="ColumnTransformer with transformer_weights")
    chains = []
    for name, step, chosen in item.transformers_:
        sources = _places(item, name, chosen, columns)
        if step == "drop" or not len(sources):
            continue
        chains.append((kept(sources), *_chain(step, len(sources))))
    return _side_by_side(chains, columns, with_names(item.transform, names_of(item)))


@transformer("FeatureUnion")
def _union(item, columns: int) -> tuple[Transform, ...]:
    weights = item.transformer_weights or {}
    chains = []
    for name, step in item.transformer_list:
        if step == "drop":
            continue
        chain = _chain(step, columns)
        if name in weights:
            width = chain[-1].outputs if chain else columns
            chain = (*chain, _times(float(weights[name]), width))
        chains.append(chain)
    return _side_by_side(chains, columns, with_names(item.transform, names_of(item)))


def _chain(step: object, columns: int) -> tuple[Transform, ...]:
    found = []
    for part in steps_of(step) if step != "passthrough" else ():
        found += registry.describe_transformer(part, columns)
        columns = found[-1].outputs
    return tuple(found)


def _places(item, name: str, chosen: object, columns: int) -> NDArray[np.int64]:
    """Columns that a branch takes, as indices: names of columns of a table are looked up."""
    if callable(chosen):
        chosen = item._transformer_to_input_indices[name]
    if isinstance(chosen, str) or (
        isinstance(chosen, Sequence) and any(isinstance(c, str) for c in chosen)
    ):
        names = list(getattr(item, "feature_names_in_", ()))
        wanted = [chosen] if isinstance(chosen, str) else chosen
        return np.array([names.index(c) for c in wanted], np.int64)
    return np.atleast_1d(np.arange(columns)[chosen])


def _times(factor: float, columns: int) -> Columns:
    return Columns(
        sources=np.arange(columns),
        signs=np.full(columns, int(np.sign(factor)) or 1),
        apply=lambda rows: rows * factor,
        factors=np.full(columns, factor),
        offsets=np.zeros(columns),
    )


def _side_by_side(
    chains: Sequence[tuple[Transform, ...]], columns: int, apply: Callable[[NDArray], NDArray]
) -> tuple[Transform, ...]:
    """All branches; missing numbers are put in place in front of them."""
    if not chains:
        raise UnsupportedError(what="a transformer that drops all columns")
    imputation, chains = imputed_first(chains, columns)
    joined = _joined(chains, columns, apply)
    return (joined,) if imputation is None else (imputation, joined)


def _joined(
    chains: Sequence[tuple[Transform, ...]], columns: int, apply: Callable[[NDArray], NDArray]
) -> Transform:
    """As columns, where all branches work column by column; as a matrix, where all are affine; else as branches."""
    if all(isinstance(t, Columns) for chain in chains for t in chain):
        return beside([composed(chain, columns) for chain in chains])
    matrices = [as_matrix(chain, columns) for chain in chains]
    if all(m is not None for m in matrices):
        return Matrix(
            weights=np.concatenate([m.weights for m in matrices]),
            bias=np.concatenate([m.bias for m in matrices]),
        )
    widths = [chain[-1].outputs if chain else columns for chain in chains]
    return Branches(chains=tuple(chains), outputs=sum(widths), apply=lambda rows: real(apply(rows)))
