"""Estimators that were fitted to rows without classes too."""

import numpy as np

from tinygen.classical import Description, Kernel, KernelMachine, Link, Neighbors, Task
from tinygen.importers.sklearn.fitted import (
    classes_of,
    features_of,
    real,
    require_fitted,
    unsupported,
)
from tinygen.importers.sklearn.pipeline import describe
from tinygen.importers.sklearn.registry import estimator


@estimator("SelfTrainingClassifier")
def _self_training(item, columns: int) -> Description:
    require_fitted(item, "estimator_")
    return describe(item.estimator_, features_of(item, columns))


@estimator("LabelPropagation", "LabelSpreading")
def _labels(item, columns: int) -> Description:
    """The sum of the shares of classes that all rows have, or the nearest ones, by kernel."""
    require_fitted(item, "label_distributions_")
    rows, shares = real(item.X_), real(item.label_distributions_)
    if item.kernel == "rbf":
        scorer = KernelMachine(
            rows=rows,
            coefficients=shares,
            groups=np.array([0, len(rows)]),
            bias=np.zeros(shares.shape[1]),
            kernel=Kernel.RBF,
            gamma=float(item.gamma),
        )
    elif item.kernel == "knn":
        scorer = Neighbors(rows=rows, targets=shares, count=int(item.n_neighbors))
    else:
        raise unsupported(item, "kernel", item.kernel, "'rbf', 'knn'")
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=scorer,
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes_of(item),
        link=Link.IDENTITY if item.kernel == "knn" else Link.NONE,
    )
