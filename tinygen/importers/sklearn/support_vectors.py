"""Support vector machines with kernels: sums of a function of the product or distance to stored rows."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Description, Kernel, KernelMachine, Task
from tinygen.importers.sklearn.fitted import (
    classes_of,
    features_of,
    real,
    require_fitted,
    unsupported,
)
from tinygen.importers.sklearn.registry import estimator
from tinygen.ops.classical.coupled_shares import MOST_CLASSES
from tinygen.ops.classical.pairs import pairs_of

KERNELS = {k.value: k for k in (Kernel.LINEAR, Kernel.RBF, Kernel.SIGMOID, Kernel.POLY)}


@estimator("SVC", "NuSVC")
def _classifier(item, columns: int) -> Description:
    require_fitted(item, "support_vectors_")
    classes = classes_of(item)
    several = len(classes) > 2
    if several and item.break_ties:
        raise unsupported(item, "break_ties", True, "False")
    machine = _machine(item, np.cumsum([0, *item.n_support_]) if several else None)
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=replace(machine, is_by_class=several and item.decision_function_shape == "ovr"),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes,
        has_decision=True,
    )


@estimator("SVR", "NuSVR")
def _regressor(item, columns: int) -> Description:
    require_fitted(item, "support_vectors_")
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=_machine(item),
        task=Task.REGRESS,
        answer=item.predict,
    )


@estimator("OneClassSVM")
def _one_class(item, columns: int) -> Description:
    require_fitted(item, "support_vectors_")
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=_machine(item),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=(-1, 1),
        has_decision=True,
        score_offset=float(np.ravel(item.offset_)[0]),
    )


def _machine(item, groups=None) -> KernelMachine:
    """`groups`: the rows of several classes; None where there is one sum over all."""
    if item.kernel not in KERNELS:
        raise unsupported(item, "kernel", item.kernel, ", ".join(sorted(KERNELS)))
    if item.kernel == "poly" and not (float(item.degree).is_integer() and item.degree >= 1):
        raise unsupported(item, "degree", item.degree, "whole numbers from 1")
    rows = real(item.support_vectors_)
    return KernelMachine(
        rows=rows,
        coefficients=real(item.dual_coef_).T,
        groups=np.array([0, len(rows)]) if groups is None else groups,
        bias=real(item.intercept_),
        kernel=KERNELS[item.kernel],
        gamma=float(item._gamma),
        offset=float(item.coef0),
        degree=int(item.degree),
        platt=_platt(item) if groups is None else None,
        pair_platt=None if groups is None else _pair_platt(item),
    )


def _platt(item) -> tuple[float, float] | None:
    """Log-odds of the second of two classes, by the decision; libsvm's decision is that for the first class."""
    if not getattr(item, "probability", False) or len(getattr(item, "_probA", ())) != 1:
        return None
    return -float(item._probA[0]), float(item._probB[0])


def _pair_platt(item) -> NDArray[np.float64] | None:
    """Of several classes: the log-odds of the second class of every pair."""
    count = len(getattr(item, "_probA", ()))
    if not getattr(item, "probability", False) or not 1 < count <= pairs_of(MOST_CLASSES):
        return None
    return np.stack([real(item._probA), real(item._probB)], axis=1)
