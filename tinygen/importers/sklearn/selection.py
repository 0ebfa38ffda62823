"""Selection of features: some columns, unchanged. The others are read by nobody."""

from dataclasses import replace

import numpy as np

from tinygen.classical import Columns, Description
from tinygen.importers.sklearn.fitted import features_of, require_fitted
from tinygen.importers.sklearn.pipeline import describe
from tinygen.importers.sklearn.registry import estimator, transformer


@transformer("SelectKBest", "SelectPercentile", "SelectFpr", "SelectFdr", "SelectFwe", "GenericUnivariateSelect",
             "SelectFromModel", "RFE", "RFECV", "SequentialFeatureSelector", "VarianceThreshold")  # fmt: skip
def _selected(item, columns: int) -> Columns:
    features_of(item)
    sources = item.get_support(indices=True)
    return Columns(
        sources=np.asarray(sources, np.int64),
        signs=np.ones(len(sources), np.int64),
        apply=lambda rows: rows[:, sources],
        factors=np.ones(len(sources)),
        offsets=np.zeros(len(sources)),
    )


@estimator("RFE", "RFECV")
def _fitted_on_selected(item, columns: int) -> Description:
    """As a last step: the estimator that was fitted on what is left."""
    require_fitted(item, "estimator_")
    chosen = _selected(item, columns)
    last = describe(item.estimator_, chosen.outputs)
    return replace(
        last,
        features=features_of(item, columns),
        transforms=(chosen, *last.transforms),
        answer=item.predict,
    )
