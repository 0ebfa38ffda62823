"""Selection of features: some columns, unchanged. The others are read by nobody."""

import numpy as np

from tinygen.classical import Columns
from tinygen.importers.sklearn.fitted import features_of
from tinygen.importers.sklearn.registry import transformer


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
