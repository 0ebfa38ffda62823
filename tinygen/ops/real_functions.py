"""Real functions of one value, from which the operator Curve makes its table. Sources: their definitions in Keras."""

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from tinygen.errors import UnsupportedError
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.elu import Elu
from tinygen.ops.logistic import Logistic


class RealFunction(Protocol):
    """A function of one value; operators of one value are such, too."""

    def function(self, x: NDArray) -> NDArray:
        """The function, element by element, in the floating-point type of x."""


SELU_SCALE, SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
"""So that means of 0 and variances of 1 stay (Klambauer et al., 2017)."""


LEAST = np.float32(2.0**-126)
"""Instead of 0, where a function is infinite there."""


def _exp(x: NDArray) -> NDArray:
    """e**x; infinite where it leaves the type."""
    with np.errstate(over="ignore"):
        return np.exp(x)


def _softplus(x: NDArray) -> NDArray:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _gelu(x: NDArray) -> NDArray:
    return x * (1 + erf(x / math.sqrt(2))) / 2


def _gelu_tanh(x: NDArray) -> NDArray:
    return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))) / 2


class Named(enum.Enum):
    """Functions without a parameter."""

    SILU = "silu"
    HARD_SIGMOID = "hard_sigmoid"
    GELU = "gelu"
    GELU_TANH = "gelu_tanh"
    SELU = "selu"
    SOFTPLUS = "softplus"
    SOFTSIGN = "softsign"
    EXPONENTIAL = "exponential"
    MISH = "mish"
    ABSOLUTE = "absolute"
    SQUARE = "square"
    ROOT = "root"
    LOGARITHM = "logarithm"
    RECIPROCAL = "reciprocal"
    SINE = "sine"
    COSINE = "cosine"
    LOG_SIGMOID = "log_sigmoid"
    TANH_SHRINK = "tanh_shrink"
    SQUARE_PLUS = "square_plus"

    def function(self, x: NDArray) -> NDArray:
        return _NAMED[self](x)


_NAMED: dict[Named, Callable[[NDArray], NDArray]] = {
    Named.SILU: lambda x: x * Logistic().function(x),
    Named.HARD_SIGMOID: lambda x: np.clip(x + 3, 0, 6) / 6,
    Named.GELU: _gelu,
    Named.GELU_TANH: _gelu_tanh,
    Named.SELU: lambda x: SELU_SCALE * Elu(alpha=SELU_ALPHA).function(x),
    Named.SOFTPLUS: _softplus,
    Named.SOFTSIGN: lambda x: x / (1 + np.abs(x)),
    Named.EXPONENTIAL: _exp,
    Named.MISH: lambda x: x * np.tanh(_softplus(x)),
    Named.ABSOLUTE: np.abs,
    Named.SQUARE: np.square,
    Named.ROOT: lambda x: np.sqrt(np.maximum(x, 0)),
    Named.LOGARITHM: lambda x: np.log(np.maximum(x, LEAST)),
    Named.RECIPROCAL: lambda x: 1 / np.where(np.abs(x) < LEAST, LEAST, x),
    Named.SINE: np.sin,
    Named.COSINE: np.cos,
    Named.LOG_SIGMOID: lambda x: -_softplus(-x),
    Named.TANH_SHRINK: lambda x: x - np.tanh(x),
    Named.SQUARE_PLUS: lambda x: (x + np.sqrt(np.square(x) + 4)) / 2,
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """y = factor * x + offset."""

    factor: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        _expect_finite("Line", factor=self.factor, offset=self.offset)

    def function(self, x: NDArray) -> NDArray:
        return x * self.factor + self.offset


@dataclass(frozen=True, kw_only=True)
class BentRelu:
    """y = top where x >= top, x where threshold <= x < top, else slope * (x - threshold)."""

    top: float = math.inf
    threshold: float = 0.0
    slope: float = 0.0

    def __post_init__(self) -> None:
        _expect_finite("ReLU", threshold=self.threshold, slope=self.slope)

    def function(self, x: NDArray) -> NDArray:
        below = self.slope * (x - self.threshold)
        return np.where(x >= self.threshold, np.minimum(x, self.top), below)


@dataclass(frozen=True, kw_only=True)
class Clip:
    """y = x between low and high."""

    low: float = -math.inf
    high: float = math.inf

    def function(self, x: NDArray) -> NDArray:
        return np.clip(x, self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """y = second(first(x))."""

    first: RealFunction
    second: RealFunction

    def function(self, x: NDArray) -> NDArray:
        return self.second.function(self.first.function(x))


@dataclass(frozen=True, kw_only=True)
class Joined:
    """y = operator(left(x), right(x)), clamped as the operator clamps."""

    operator: BinaryOperator
    left: RealFunction
    right: RealFunction

    def function(self, x: NDArray) -> NDArray:
        y = self.operator.function(self.left.function(x), self.right.function(x))
        return self.operator.activation.apply_float(y)


def _expect_finite(name: str, **values: float) -> None:
    for attribute, value in values.items():
        if not math.isfinite(value):
            raise UnsupportedError(
                what=f"{name}: {attribute} {value}",
                where=f"attribute {attribute}",
                next_step="supported: finite numbers",
            )
