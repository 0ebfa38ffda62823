"""Linear and quadratic discriminant analysis."""

import numpy as np

from tinygen.classical import Description, Linear, Link, Quadratic, Task
from tinygen.importers.sklearn.fitted import (
    classes_of,
    features_of,
    real,
    require_fitted,
)
from tinygen.importers.sklearn.registry import estimator


@estimator("LinearDiscriminantAnalysis")
def _linear(item, columns: int) -> Description:
    require_fitted(item, "coef_")
    is_binary = len(item.classes_) == 2
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=Linear(weights=real(item.coef_), bias=real(item.intercept_)),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes_of(item),
        link=Link.SIGMOID if is_binary else Link.SOFTMAX,
        has_decision=True,
    )


@estimator("QuadraticDiscriminantAnalysis")
def _quadratic(item, columns: int) -> Description:
    require_fitted(item, "rotations_")
    pairs = zip(item.rotations_, item.scalings_, strict=True)
    weights = np.stack([(real(r) / np.sqrt(real(s))).T for r, s in pairs])
    logs = np.array([np.log(real(s)).sum() for s in item.scalings_])
    means = real(item.means_)
    scorer = Quadratic(
        weights=weights,
        bias=-np.einsum("crk,ck->cr", weights, means),
        constants=np.log(real(item.priors_)) - logs / 2,
    )
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=scorer,
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes_of(item),
        link=Link.SOFTMAX,
        has_decision=True,
    )
