"""Regressors whose answer is a sum of kernels: kernel ridge, Gaussian processes."""

import itertools
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import (
    Columns,
    Description,
    Kernel,
    KernelMachine,
    LatentProcess,
    Processes,
    Task,
)
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
from tinygen.importers.sklearn.members import classifier, regressor, values
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
    rows = real(item.X_fit_)
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
    rows = real(item.components_)
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


@transformer("KernelPCA")
def _kernel_pca(item, columns: int) -> KernelFeatures:
    """Kernels with all training rows, less their mean over these, times a matrix."""
    require_fitted(item, "eigenvectors_")
    if item.kernel not in RIDGE_KERNELS:
        raise unsupported(item, "kernel", item.kernel, "linear, poly, rbf, sigmoid")
    if not float(item.degree).is_integer() or item.degree < 1:
        raise unsupported(item, "degree", item.degree, "whole numbers from 1")
    values = real(item.eigenvalues_)
    factors = np.where(values != 0, 1 / np.sqrt(np.where(values != 0, values, 1)), 0)
    weights = real(item.eigenvectors_) * factors
    centerer = item._centerer
    machine = _one_group(
        real(item.X_fit_),
        weights - weights.mean(axis=0),
        (float(centerer.K_fit_all_) - real(centerer.K_fit_rows_)) @ weights,
        kernel=RIDGE_KERNELS[item.kernel],
        gamma=float(item.gamma_),
        offset=float(item.coef0),
        degree=int(item.degree),
    )
    return KernelFeatures(machine=machine, apply=item.transform)


@estimator("GaussianProcessRegressor")
def _process(item, columns: int) -> Description:
    require_fitted(item, "alpha_")
    rows = real(item.X_train_)
    terms = _terms(item, item.kernel_)
    alpha = real(item.alpha_).reshape(len(rows), -1) * real(item._y_train_std)
    mean = np.broadcast_to(real(item._y_train_mean), alpha.shape[1:])
    spread = float((real(item.y_train_).std(axis=0) * real(item._y_train_std)).min())
    sums = [_sum_of(item, columns, rows, alpha, term, spread) for term in _with_rows(terms)]
    bias = mean + sum(term.constant for term in terms) * alpha.sum(axis=0)
    if len(sums) == 1:
        scorer = replace(sums[0].scorer, bias=bias)
        return replace(sums[0], scorer=scorer, answer=item.predict)
    each = np.eye(alpha.shape[1])
    return regressor(item, columns, [values(member, each) for member in sums], bias)


@estimator("GaussianProcessClassifier")
def _process_classifier(item, columns: int) -> Description:
    """Of two classes the sign of the latent mean; of more, one against the rest, where it is largest."""
    require_fitted(item, "base_estimator_")
    classes = classes_of(item)
    if len(classes) > 2:
        return _processes(item, columns, classes)
    base = item.base_estimator_
    rows, terms = real(base.X_train_), _terms(item, base.kernel_)
    alpha = (real(base.y_train_) - real(base.pi_))[:, None]
    bias = sum(term.constant for term in terms) * alpha.sum(axis=0)
    sums = [_sum_of(item, columns, rows, alpha, term) for term in _with_rows(terms)]
    if len(sums) != 1:
        return classifier(item, columns, [values(m, np.eye(1)) for m in sums], bias=bias)
    scorer = replace(sums[0].scorer, bias=bias)
    choices = {"task": Task.CLASSIFY, "answer": item.predict, "classes": classes}
    return replace(sums[0], scorer=scorer, **choices)


def _processes(item, columns: int, classes: tuple[object, ...]) -> Description:
    if item.multi_class != "one_vs_rest":
        raise unsupported(item, "multi_class", item.multi_class, "'one_vs_rest'")
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=Processes(
            processes=tuple(_latent(item, e, columns) for e in item.base_estimator_.estimators_)
        ),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes,
    )


def _latent(item, base, columns: int) -> LatentProcess:
    """One class against the rest; of a kernel that is the same for any row and itself."""
    rows, terms = real(base.X_train_), _terms(item, base.kernel_)
    found = _with_rows(terms)
    if len(found) != 1 or not found[0].kernel.is_of_distance:
        raise UnsupportedError(
            what=f"{place(item)} with several classes and kernel={base.kernel_}",
            next_step="supported: RBF, Matern or RationalQuadratic times a constant, with ConstantKernel "
            "and WhiteKernel added",
        )
    (term,) = found
    alpha = (real(base.y_train_) - real(base.pi_))[:, None]
    constant = float(sum(t.constant for t in terms))
    summed = _sum_of(item, columns, rows, alpha, term)
    return LatentProcess(
        machine=replace(summed.scorer, bias=constant * alpha.sum(axis=0)),
        transforms=summed.transforms,
        constant=constant,
        factor=term.factor,
        whitening=np.linalg.solve(real(base.L_), np.diag(real(base.W_sr_))),
        variance=float(base.kernel_.diag(rows[:1])[0]),
    )


def _sum_of(item, columns: int, rows, alpha, term: "_Term", spread: float = 0.0) -> Description:
    """The sum of one of the kernels, as a regressor without a bias."""
    machine = _one_group(
        rows / term.lengths,
        alpha * term.factor,
        np.zeros(alpha.shape[1]),
        kernel=term.kernel,
        gamma=term.gamma,
        power=term.power,
        spread=spread,
    )
    return _regressor(item, columns, machine, _divided(term.lengths, rows.shape[1]))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Term:
    """constant + factor * kernel(rows / lengths), of rows that are not the same one."""

    constant: float = 0.0
    factor: float = 0.0
    kernel: Kernel = Kernel.LINEAR
    lengths: NDArray[np.float64] = field(default_factory=lambda: np.ones(1))
    gamma: float = 1.0
    power: float = 1.0

    def times(self, amount: float) -> "_Term":
        return replace(self, constant=self.constant * amount, factor=self.factor * amount)


def _with_rows(terms: list[_Term]) -> list[_Term]:
    """Those that are more than a constant, or the first."""
    return [term for term in terms if term.factor] or terms[:1]


MATERN = {0.5: Kernel.MATERN_1, 1.5: Kernel.MATERN_3, 2.5: Kernel.MATERN_5, np.inf: Kernel.RBF}
"""By nu."""


def _terms(item, kernel) -> list[_Term]:
    """A kernel of scikit-learn as a sum of terms; UnsupportedError for those that are none."""
    match type(kernel).__name__:
        case "Sum":
            return _terms(item, kernel.k1) + _terms(item, kernel.k2)
        case "Product":
            pairs = itertools.product(_terms(item, kernel.k1), _terms(item, kernel.k2))
            return [_product(item, kernel, one, other) for one, other in pairs]
        case "Exponentiation":
            return [_powered(item, kernel)]
    return [_term(item, kernel)]


def _term(item, kernel) -> _Term:
    shape = {"factor": 1.0, "lengths": np.atleast_1d(real(getattr(kernel, "length_scale", 1.0)))}
    match type(kernel).__name__:
        case "ConstantKernel":
            return _Term(constant=float(kernel.constant_value))
        case "WhiteKernel":
            return _Term()
        case "RBF":
            return _Term(kernel=Kernel.RBF, gamma=0.5, **shape)
        case "DotProduct":
            return _Term(constant=float(kernel.sigma_0) ** 2, factor=1.0)
        case "Matern" if kernel.nu in MATERN:
            gamma = 0.5 if kernel.nu == np.inf else 2 * float(kernel.nu)
            return _Term(kernel=MATERN[kernel.nu], gamma=gamma, **shape)
        case "RationalQuadratic":
            power = float(kernel.alpha)
            return _Term(kernel=Kernel.RATIONAL, gamma=0.5 / power, power=power, **shape)
    raise _unknown(item, kernel)


def _product(item, kernel, one: _Term, other: _Term) -> _Term:
    """A constant times a kernel, or two RBF, whose squared distances add."""
    if not other.factor:
        return one.times(other.constant)
    if not one.factor:
        return other.times(one.constant)
    if one.kernel is not Kernel.RBF or other.kernel is not Kernel.RBF:
        raise _unknown(item, kernel)
    if one.constant or other.constant:
        raise _unknown(item, kernel)
    lengths = 1 / np.sqrt(1 / one.lengths**2 + 1 / other.lengths**2)
    return replace(one, factor=one.factor * other.factor, lengths=lengths)


def _powered(item, kernel) -> _Term:
    """A power of a constant, an RBF or a rational kernel, times a constant or not."""
    terms, power = _terms(item, kernel.kernel), float(kernel.exponent)
    (term,) = terms if len(terms) == 1 else (None,)
    if term is not None and not term.factor:
        return _Term(constant=term.constant**power)
    is_alone = term is not None and not term.constant and term.factor > 0
    if not is_alone or term.kernel not in (Kernel.RBF, Kernel.RATIONAL) or power <= 0:
        raise _unknown(item, kernel)
    factor = term.factor**power
    if term.kernel is Kernel.RBF:
        return replace(term, factor=factor, lengths=term.lengths / np.sqrt(power))
    return replace(term, factor=factor, power=term.power * power)


def _unknown(item, kernel) -> UnsupportedError:
    return unsupported(
        item,
        "kernel",
        kernel,
        "sums of RBF, Matern (nu 0.5, 1.5, 2.5, inf), RationalQuadratic, DotProduct, ConstantKernel, "
        "WhiteKernel, their products with constants, products of RBF",
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
