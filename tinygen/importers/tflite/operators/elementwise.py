"""Functions of two tensors (ADD, SUB, MUL, MAXIMUM, ...), SOFTMAX, and functions of one value."""

import tflite

from tinygen.importers.tflite.layer import Layer
from tinygen.importers.tflite.registry import imports
from tinygen.ops.absolute import Absolute
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.curve import Curve
from tinygen.ops.elu import Elu
from tinygen.ops.extreme import Maximum, Minimum
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.leaky_relu import LeakyRelu
from tinygen.ops.logistic import Logistic
from tinygen.ops.mul import Mul
from tinygen.ops.prelu import Prelu
from tinygen.ops.real_functions import Clip, Line, Named, RealFunction
from tinygen.ops.relu import Relu
from tinygen.ops.rsqrt import Rsqrt
from tinygen.ops.softmax import Softmax
from tinygen.ops.squared_difference import SquaredDifference
from tinygen.ops.sub import Sub
from tinygen.ops.tanh import Tanh


@imports("ADD")
def add(layer: Layer) -> None:
    _binary(layer, Add, tflite.AddOptions)


@imports("MUL")
def mul(layer: Layer) -> None:
    _binary(layer, Mul, tflite.MulOptions)


@imports("SUB")
def sub(layer: Layer) -> None:
    _binary(layer, Sub, tflite.SubOptions)


@imports("SQUARED_DIFFERENCE")
def squared_difference(layer: Layer) -> None:
    _plain_binary(layer, SquaredDifference)


@imports("MAXIMUM")
def maximum(layer: Layer) -> None:
    _plain_binary(layer, Maximum)


@imports("MINIMUM")
def minimum(layer: Layer) -> None:
    _plain_binary(layer, Minimum)


@imports("PRELU")
def prelu(layer: Layer) -> None:
    _plain_binary(layer, Prelu)


def _plain_binary(layer: Layer, operator: type[BinaryOperator]) -> None:
    a, b = layer.operand(0), layer.operand(1)
    if a.is_constant and b.is_constant:
        raise layer.unsupported("both inputs are constants", "at least one computed input")
    layer.add(operator(), a, b)


def _binary(layer: Layer, operator: type[BinaryOperator], table: type) -> None:
    (activation,) = layer.options(table, "FusedActivationFunction")
    a, b = layer.operand(0), layer.operand(1)
    if a.is_constant and b.is_constant:
        raise layer.unsupported("both inputs are constants", "at least one computed input")
    layer.add(operator(activation=layer.fused_activation(activation)), a, b)


@imports("SOFTMAX")
def softmax(layer: Layer) -> None:
    (beta,) = layer.options(tflite.SoftmaxOptions, "Beta")
    layer.add(Softmax(beta=beta), layer.activation(0))


@imports("LOGISTIC")
def logistic(layer: Layer) -> None:
    layer.add(Logistic(), layer.activation(0))


@imports("TANH")
def tanh(layer: Layer) -> None:
    layer.add(Tanh(), layer.activation(0))


@imports("HARD_SWISH")
def hard_swish(layer: Layer) -> None:
    layer.add(HardSwish(), layer.activation(0))


@imports("ELU")
def elu(layer: Layer) -> None:
    layer.add(Elu(), layer.activation(0))


@imports("GELU")
def gelu(layer: Layer) -> None:
    (is_rough,) = layer.options(tflite.GeluOptions, "Approximate")
    layer.add(Curve(of=Named.GELU_TANH if is_rough else Named.GELU), layer.activation(0))


@imports("RELU")
def relu(layer: Layer) -> None:
    layer.add(Relu(bounds=Activation.RELU), layer.activation(0))


@imports("RELU6")
def relu6(layer: Layer) -> None:
    layer.add(Relu(bounds=Activation.RELU6), layer.activation(0))


@imports("RELU_N1_TO_1")
def relu_n1_to_1(layer: Layer) -> None:
    layer.add(Relu(bounds=Activation.RELU_N1_TO_1), layer.activation(0))


@imports("LEAKY_RELU")
def leaky_relu(layer: Layer) -> None:
    (alpha,) = layer.options(tflite.LeakyReluOptions, "Alpha")
    layer.add(LeakyRelu(alpha=alpha), layer.activation(0))


@imports("ABS")
def absolute(layer: Layer) -> None:
    layer.add(Absolute(), layer.activation(0))


@imports("RSQRT")
def rsqrt(layer: Layer) -> None:
    layer.add(Rsqrt(), layer.activation(0))


_CURVES: dict[str, RealFunction] = {
    "NEG": Line(factor=-1.0),
    "SQUARE": Named.SQUARE,
    "SQRT": Named.ROOT,
    "EXP": Named.EXPONENTIAL,
    "LOG": Named.LOGARITHM,
    "SIN": Named.SINE,
    "COS": Named.COSINE,
}
"""Functions that TFLite Micro has no int8 arithmetic for: rule E15."""


@imports(*_CURVES)
def curve(layer: Layer) -> None:
    layer.add(Curve(of=_CURVES[layer.kind]), layer.activation(0))


@imports("RELU_0_TO_1")
def relu_0_to_1(layer: Layer) -> None:
    layer.add(Curve(of=Clip(low=0.0, high=1.0)), layer.activation(0))
