"""Regressors whose answer is a sum of kernels: kernel ridge, Gaussian processes."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Columns, Description, Kernel, KernelMachine, Task
from tinygen.classical.kernel_features import KernelFeatures
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn.fitted import (
    classes_of,
    features_of,
    place,
    real,
    require_fitted,
    unsupported,
)
from tinygen.importers.sklearn.registry import estimator, transformer

RIDGE_KERNELS = {
    "linear": Kernel.LINEAR,
    "rbf": Kernel.RBF,
    "poly": Kernel.POLY,
    "polynomial": Kernel.POLY,
    "sigmoid": Kernel.SIGMOID,
}


@estimator("KernelRidge")
def _ridge(item, columns: int) -> Description:
    require_fitted(item, "dual_coef_")
    if item.kernel not in RIDGE_KERNELS:
        raise unsupported(item, "kernel", item.kernel, "linear, poly, rbf, sigmoid")
    kernel = RIDGE_KERNELS[item.kernel]
    if kernel is Kernel.POLY and not (float(item.degree).is_integer() and item.degree >= 1):
        raise unsupported(item, "degree", item.degree, "whole numbers from 1")
    rows = _rows(item, item.X_fit_)
    gamma = 1 / rows.shape[1] if item.gamma is None else float(item.gamma)
    coefficients = real(item.dual_coef_).reshape(len(rows), -1)
    machine = _one_group(
        rows,
        coefficients,
        np.zeros(coefficients.shape[1]),
        kernel=kernel,
        gamma=gamma,
        offset=float(item.coef0),
        degree=int(item.degree),
    )
    return _regressor(item, columns, machine)


@transformer("Nystroem")
def _nystroem(item, columns: int) -> KernelFeatures:
    """Kernels with some training rows, times a matrix."""
    require_fitted(item, "components_")
    if item.kernel not in RIDGE_KERNELS:
        raise unsupported(item, "kernel", item.kernel, "linear, poly, rbf, sigmoid")
    rows = _rows(item, item.components_)
    weights = real(item.normalization_).T
    settings = {"gamma": item.gamma, "coef0": item.coef0, "degree": item.degree}
    defaults = {"gamma": 1 / columns, "coef0": 1.0, "degree": 3}
    found = {name: defaults[name] if v is None else v for name, v in settings.items()}
    if not float(found["degree"]).is_integer() or found["degree"] < 1:
        raise unsupported(item, "degree", item.degree, "whole numbers from 1")
    machine = _one_group(
        rows,
        weights,
        np.zeros(weights.shape[1]),
        kernel=RIDGE_KERNELS[item.kernel],
        gamma=float(found["gamma"]),
        offset=float(found["coef0"]),
        degree=int(found["degree"]),
    )
    return KernelFeatures(machine=machine, apply=item.transform)


@estimator("GaussianProcessRegressor")
def _process(item, columns: int) -> Description:
    require_fitted(item, "alpha_")
    rows = _rows(item, item.X_train_)
    terms = _terms(item, item.kernel_)
    alpha = real(item.alpha_).reshape(len(rows), -1) * real(item._y_train_std)
    bias = np.broadcast_to(real(item._y_train_mean), alpha.shape[1:]) + terms.constant * alpha.sum(
        axis=0
    )
    machine = _one_group(
        rows / terms.lengths,
        alpha * terms.factor,
        bias,
        kernel=terms.kernel,
        gamma=0.5 if terms.kernel is Kernel.RBF else 1.0,
        spread=float((real(item.y_train_).std(axis=0) * real(item._y_train_std)).min()),
    )
    return _regressor(item, columns, machine, _divided(terms.lengths, rows.shape[1]))


@estimator("GaussianProcessClassifier")
def _process_classifier(item, columns: int) -> Description:
    """Of two classes: the sign of the latent mean."""
    require_fitted(item, "base_estimator_")
    classes = classes_of(item)
    if len(classes) > 2:
        raise UnsupportedError(
            what=f"{place(item)} with {len(classes)} classes is not supported",
            next_step="supported: two classes; or fit OneVsRestClassifier(SVC())",
        )
    base = item.base_estimator_
    rows, terms = _rows(item, base.X_train_), _terms(item, base.kernel_)
    alpha = (real(base.y_train_) - real(base.pi_))[:, None]
    machine = _one_group(
        rows / terms.lengths,
        alpha * terms.factor,
        terms.constant * alpha.sum(axis=0),
        kernel=terms.kernel,
        gamma=0.5 if terms.kernel is Kernel.RBF else 1.0,
    )
    return Description(
        features=features_of(item, columns),
        transforms=_divided(terms.lengths, rows.shape[1]),
        scorer=machine,
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Terms:
    """constant + factor * kernel(rows / lengths), of rows that are not the same one."""

    constant: float = 0.0
    factor: float = 0.0
    kernel: Kernel = Kernel.LINEAR
    lengths: NDArray[np.float64] = field(default_factory=lambda: np.ones(1))


def _terms(item, kernel) -> _Terms:
    """A kernel of scikit-learn in one form; UnsupportedError for those that have none."""
    name = type(kernel).__name__
    if name == "ConstantKernel":
        return _Terms(constant=float(kernel.constant_value))
    if name == "WhiteKernel":
        return _Terms()
    if name == "RBF":
        lengths = np.atleast_1d(real(kernel.length_scale))
        return _Terms(factor=1.0, kernel=Kernel.RBF, lengths=lengths)
    if name == "DotProduct":
        return _Terms(constant=float(kernel.sigma_0) ** 2, factor=1.0, kernel=Kernel.LINEAR)
    if name not in ("Sum", "Product"):
        raise _unknown(item, kernel)
    one, other = _terms(item, kernel.k1), _terms(item, kernel.k2)
    if name == "Product":
        if one.factor and other.factor:
            raise _unknown(item, kernel)
        both = one if one.factor else other
        times = (other if one.factor else one).constant
        return _Terms(
            constant=both.constant * times,
            factor=both.factor * times,
            kernel=both.kernel,
            lengths=both.lengths,
        )
    if one.factor and other.factor:
        raise _unknown(item, kernel)
    both = one if one.factor else other
    return _Terms(
        constant=one.constant + other.constant,
        factor=both.factor,
        kernel=both.kernel,
        lengths=both.lengths,
    )


def _unknown(item, kernel) -> UnsupportedError:
    return unsupported(
        item, "kernel", kernel, "one RBF or DotProduct, times or plus ConstantKernel, WhiteKernel"
    )


def _divided(lengths: NDArray[np.float64], columns: int) -> tuple[Columns, ...]:
    """Features in units of the kernel's lengths."""
    factors = np.broadcast_to(1 / lengths, (columns,))
    if (factors == 1).all():
        return ()
    return (
        Columns(
            sources=np.arange(columns),
            signs=np.ones(columns, np.int64),
            apply=lambda rows: rows * factors,
            factors=factors,
            offsets=np.zeros(columns),
        ),
    )


def _rows(item, rows) -> NDArray[np.float64]:
    if hasattr(rows, "toarray"):
        raise UnsupportedError(
            what=f"{place(item)} was fitted on a sparse matrix",
            next_step="fit it on an array: X.toarray()",
        )
    return real(rows)


def _one_group(rows, coefficients, bias, **settings) -> KernelMachine:
    return KernelMachine(
        rows=rows,
        coefficients=coefficients,
        groups=np.array([0, len(rows)]),
        bias=bias,
        **settings,
    )


def _regressor(item, columns: int, machine: KernelMachine, transforms=()) -> Description:
    return Description(
        features=features_of(item, columns),
        transforms=transforms,
        scorer=machine,
        task=Task.REGRESS,
        answer=item.predict,
    )
