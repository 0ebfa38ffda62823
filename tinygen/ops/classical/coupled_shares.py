"""Shares of several classes that fit those of pairs of classes best. Rule V6 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import unsupported
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.pairs import pairs_of

PAIR_BITS, BITS = 15, 26
"""Of the shares of pairs, and of all that is computed from them."""

LEAST_SHARE = 8
"""Of a pair: 2^-12."""

MOST_CLASSES, MOST_ROUNDS = 32, 100
TOLERANCE = 0.005
"""Over the number of classes: libsvm's."""


@dataclass(frozen=True, kw_only=True)
class CoupledShares(ClassicalOperator):
    """y, not negative and with the sum 2^15, for which sum over pairs of (r[j, i] * y[i] - r[i, j] * y[j])^2 is least

    Input: x [1, pairs], int16: r[i, j] = 2^-15 * x[pair i, j] is the share of i among i and j, r[j, i] = 1 - r[i, j];
    pairs in the order of rule R7. Class by class, as libsvm does it, until what is left is small. Output: [1, classes],
    int16 of the scale 2^-15.
    """

    classes: int

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT16,), 1)
        if not 2 <= self.classes <= MOST_CLASSES or inputs[0].channels != pairs_of(self.classes):
            raise unsupported(
                self, inputs, f"{self.classes} classes", f"2 to {MOST_CLASSES}, and their pairs"
            )
        return ((1, self.classes),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int16]:
        forms = self._forms(inputs[0].astype(np.int64))
        shares = np.stack([_coupled(form) for form in forms])
        shares = (shares + (1 << BITS - PAIR_BITS - 1)) >> BITS - PAIR_BITS
        return np.minimum(shares, 32767).astype(np.int16)

    def _forms(self, x: NDArray[np.int64]) -> NDArray[np.int64]:
        """The quadratic form of every row: [batch, classes, classes]."""
        one, other = np.triu_indices(self.classes, 1)
        r = np.zeros((len(x), self.classes, self.classes), np.int64)
        r[:, one, other] = np.clip(x, LEAST_SHARE, (1 << PAIR_BITS) - LEAST_SHARE)
        r[:, other, one] = (1 << PAIR_BITS) - r[:, one, other]
        shift = 2 * PAIR_BITS - BITS
        form = -(r * r.transpose(0, 2, 1) >> shift)
        squares = (r * r >> shift).sum(axis=1)
        form[:, np.arange(self.classes), np.arange(self.classes)] = squares
        return form

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        return (Range.full(self.classes, 0, 32767),)


def tolerance(classes: int) -> int:
    return int(TOLERANCE / classes * 2**BITS)


def _coupled(form: NDArray[np.int64]) -> NDArray[np.int64]:
    """The shares of one row, with BITS bits."""
    classes = len(form)
    p = np.full(classes, (1 << BITS) // classes)
    for _ in range(MOST_ROUNDS):
        products = form @ p >> BITS
        if np.abs(products - (p @ products >> BITS)).max() < tolerance(classes):
            break
        for t in range(classes):
            missing = (int(p @ products) >> BITS) - int(products[t])
            own = int(form[t, t])
            total = max(own + missing, 1)
            products = _quotient(products * own + missing * form[t], total)
            p = _quotient(p * own + (missing << BITS) * (np.arange(classes) == t), total)
            p[t] = max(p[t], 0)
    return p


def _quotient(values: NDArray[np.int64], divisor: int) -> NDArray[np.int64]:
    """Rounded towards 0."""
    return np.sign(values) * (np.abs(values) // divisor)
