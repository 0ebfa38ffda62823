"""What operators must not accept: the error names operator and cause, and what would be right."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.strategies import build_graph
from tinygen import reference
from tinygen.errors import ConversionError, UnsupportedError
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Operator, Quantization, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.batch_matmul import BatchMatmul
from tinygen.ops.batch_normalization import BatchNormalization
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.crop import Crop
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.extreme import Maximum
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.leaky_relu import LeakyRelu
from tinygen.ops.logistic import Logistic
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.mul import Mul
from tinygen.ops.pad import Pad
from tinygen.ops.prelu import Prelu
from tinygen.ops.reduce_extreme import ReduceMaximum
from tinygen.ops.relu import Relu
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape
from tinygen.ops.resize_bilinear import ResizeBilinear
from tinygen.ops.rsqrt import Rsqrt
from tinygen.ops.softmax import Softmax
from tinygen.ops.squared_difference import SquaredDifference
from tinygen.ops.strided_slice import StridedSlice
from tinygen.ops.sub import Sub
from tinygen.ops.tile import Tile
from tinygen.ops.transpose import Transpose
from tinygen.ops.transpose_conv2d import TransposeConv2D
from tinygen.ops.upsampling2d import UpSampling2D
from tinygen.ops.window import Padding

UNIT = Quantization.per_tensor(1.0, 0)
TENTH = Quantization.per_tensor(0.1, 5)
PROBABILITY = Quantization.per_tensor(1 / 256, -128)


def activation(*shape: int, q: Quantization | None = UNIT, name: str = "x") -> Tensor:
    return Tensor(name=name, shape=shape, dtype=DType.INT8, quantization=q)


def weights(*shape: int, q: Quantization | None = UNIT, value: int = 1) -> Tensor:
    data = np.full(shape, value, np.int8)
    return Tensor(name="weights", shape=shape, dtype=DType.INT8, quantization=q, data=data)


def bias(data: NDArray) -> Tensor:
    dtype = DType(str(data.dtype))
    return Tensor(name="bias", shape=data.shape, dtype=dtype, data=data)


IMAGE = activation(1, 4, 4, 6)
SHAPES: list[tuple[Operator, list[Tensor], str]] = [
    (Conv2D(), [IMAGE], "has 1 inputs"),
    (Conv2D(), [activation(1, 4, 6), weights(1, 1, 1, 6)], "input 0 has shape"),
    (Conv2D(), [IMAGE, weights(1, 1, 6)], "input 1 has shape"),
    (Conv2D(), [IMAGE, weights(4, 1, 1, 4)], "on 6 channels"),
    (Conv2D(), [IMAGE, weights(4, 1, 1, 2)], "on 6 channels"),  # 3 groups, 4 outputs
    (Conv2D(), [IMAGE, activation(4, 1, 1, 6, name="w")], "'w' is computed"),
    (Conv2D(), [IMAGE, weights(4, 1, 1, 6), bias(np.zeros(3, np.int32))], "the bias is"),
    (Conv2D(), [IMAGE, weights(4, 5, 1, 6)], "does not fit"),
    (DepthwiseConv2D(), [IMAGE, weights(1, 1, 1, 7)], "on 6 channels"),
    (DepthwiseConv2D(), [IMAGE, weights(6, 1, 1, 1)], "on 6 channels"),
    (FullyConnected(), [activation(1, 7), weights(3, 6)], "on [1, 7]"),
    (FullyConnected(), [activation(1, 6), weights(3, 1, 6)], "input 1 has shape"),
    (Add(), [IMAGE], "has 1 inputs"),
    (Add(), [IMAGE, activation(1, 4, 3, 6, name="x2")], "shapes"),
    (Mul(), [IMAGE], "has 1 inputs"),
    (Mul(), [IMAGE, activation(1, 4, 3, 6, name="x2")], "shapes"),
    (HardSwish(), [IMAGE, activation(1, name="x2")], "has 2 inputs"),
    (Sub(), [IMAGE], "has 1 inputs"),
    (ReduceMaximum(axes=(0,)), [IMAGE], "axes [0]"),
    (Transpose(permutation=(1, 0, 2, 3)), [IMAGE], "permutation [1, 0, 2, 3]"),
    (Transpose(permutation=(0, 1, 2)), [IMAGE], "permutation [0, 1, 2]"),
    (Tile(times=(2, 1, 1, 1)), [IMAGE], "[2, 1, 1, 1] times"),
    (StridedSlice(starts=(3,), strides=(2,), lengths=(2,)), [activation(1, 4)], "2] cells"),
    (StridedSlice(starts=(0,), strides=(-1,), lengths=(2,)), [activation(1, 4)], "2] cells"),
    (StridedSlice(starts=(0,), strides=(0,), lengths=(1,)), [activation(1, 4)], "1] cells"),
    (BatchMatmul(), [activation(1, 4, 6), activation(1, 4, 6, name="x2")], "the shapes"),
    (BatchMatmul(turn_b=True), [activation(1, 4, 6), activation(2, 4, 6, name="x2")], "the shapes"),
    (MaxPool2D(kernel=(2, 2)), [activation(1, 4, 4)], "input 0 has shape"),
    (MaxPool2D(kernel=(5, 1)), [IMAGE], "does not fit"),
    (AveragePool2D(kernel=(2, 2), padding=Padding(top=2)), [IMAGE], "without a cell"),
    (Mean(axes=()), [IMAGE], "axes []"),
    (Mean(axes=(0, 1)), [IMAGE], "axes [0, 1]"),
    (Mean(axes=(1, 1)), [IMAGE], "axes [1, 1]"),
    (Mean(axes=(4,)), [IMAGE], "axes [4]"),
    (Mean(axes=(-1,)), [IMAGE], "axes [-1]"),
    (Softmax(), [activation()], "scalar"),
    (Relu(), [IMAGE, activation(1, name="x2")], "has 2 inputs"),
    (Concatenate(axis=4), [IMAGE], "axis 4"),
    (Concatenate(axis=-1), [IMAGE], "axis -1"),
    (Concatenate(axis=1), [IMAGE, activation(1, 4, 5, 6, name="x2")], "along axis 1"),
    (Concatenate(axis=1), [IMAGE, activation(1, 4, 4, name="x2")], "along axis 1"),
    (Concatenate(axis=0), [], "has 0 inputs"),
    (Pad(paddings=((0, 0), (1, 1))), [IMAGE], "2 paddings"),
    (Pad(paddings=((1, 0), (1, 1))), [activation(1, 4)], "paddings"),
    (Pad(paddings=((0, 0), (-1, 1))), [activation(1, 4)], "paddings"),
    (Crop(crops=((0, 0), (1, 1))), [IMAGE], "2 croppings"),
    (Crop(crops=((0, 0), (-1, 1))), [activation(1, 4)], "croppings"),
    (Crop(crops=((1, 0), (1, 1))), [activation(2, 4)], "croppings"),
    (Crop(crops=((0, 0), (2, 2))), [activation(1, 4)], "croppings"),
    (UpSampling2D(factor=(2, 2)), [activation(1, 4, 4)], "input 0 has shape"),
    (UpSampling2D(factor=(2, 0)), [IMAGE], "factors"),
    (ResizeBilinear(size=(0, 4)), [IMAGE], "size"),
    (ResizeBilinear(size=(4, 4), aligned=True, half_pixels=True), [IMAGE], "half_pixels"),
    (TransposeConv2D(stride=(2, 2), size=(8, 8)), [IMAGE, weights(4, 2, 2, 5)], "on 6 channels"),
    (TransposeConv2D(stride=(0, 2), size=(8, 8)), [IMAGE, weights(4, 2, 2, 6)], "stride"),
    (TransposeConv2D(stride=(2, 2), size=(8, 0)), [IMAGE, weights(4, 2, 2, 6)], "size"),
    (
        TransposeConv2D(stride=(2, 2), size=(8, 8), offset=(0, -1)),
        [IMAGE, weights(4, 2, 2, 6)],
        "offset",
    ),
    (Reshape(shape=(1, 95)), [IMAGE], "from [1, 4, 4, 6]"),
    (Reshape(shape=(-1, 96)), [IMAGE], "from [1, 4, 4, 6]"),
    (Reshape(shape=()), [activation(1)], "from [1]"),
    (BatchNormalization(), [IMAGE, *[weights(6)] * 3], "has 4 inputs"),
    (BatchNormalization(), [IMAGE, *[weights(5)] * 4], "'weights' is [5]"),
]  # fmt: skip


def name(value: object) -> str | None:
    return value.label() if isinstance(value, Operator) else None


@pytest.mark.parametrize(("op", "inputs", "message"), SHAPES, ids=name)
def test_shapes(op: Operator, inputs: list[Tensor], message: str) -> None:
    with pytest.raises(ConversionError) as caught:
        op.infer_shapes(inputs)
    assert message in caught.value.what
    assert op.label() in caught.value.what or "window" in caught.value.what


INT16 = dataclasses.replace(IMAGE, dtype=DType.INT16)
CHANNEL = Quantization.per_channel(np.ones(4, np.float32), 0)
COLUMN = activation(1, 6)

QUANTIZATIONS: list[tuple[Operator, list[Tensor], Quantization, str]] = [
    (Requantize(), [INT16], UNIT, "'x' is int16"),
    (Requantize(), [activation(1, q=None)], UNIT, "'x' is int8"),
    (Requantize(), [IMAGE], CHANNEL, "'y' is int8"),
    (Requantize(), [IMAGE], Quantization.per_tensor(1.0, 128), "'y' is int8"),
    (Requantize(), [IMAGE], Quantization.per_tensor(2.0**-24, 0), "leaves int32"),
    (Requantize(), [IMAGE], Quantization.per_tensor(2.0**-40, 0), "requantization by"),
    (Conv2D(), [IMAGE, weights(4, 1, 1, 6, q=None)], UNIT, "weights 'weights'"),
    (Conv2D(), [IMAGE, weights(4, 1, 1, 6, q=TENTH)], UNIT, "zero point that is not 0"),
    (
        Conv2D(),
        [IMAGE, weights(4, 1, 1, 6, q=Quantization.per_channel(np.ones(6, np.float32), 3))],
        UNIT,
        "weights 'weights'",
    ),
    (Conv2D(), [IMAGE, weights(5, 1, 1, 6, q=CHANNEL)], UNIT, "weights 'weights'"),
    (
        FullyConnected(),
        [COLUMN, weights(4, 6), bias(np.array([0, 0, 2**31 - 1, 0], np.int32))],
        UNIT,
        "channel 2",
    ),
    (
        FullyConnected(),
        [COLUMN, weights(4, 6), bias(np.ones(4, np.int16))],
        UNIT,
        "a bias of int16",
    ),
    (
        FullyConnected(),
        [COLUMN, weights(4, 6, value=127)],
        Quantization.per_tensor(2.0**-15, 0),
        "leaves int32",
    ),
    (Softmax(), [IMAGE], UNIT, "the output 'y'"),
    (Softmax(), [activation(1, 4096)], PROBABILITY, "4096 classes"),
    (
        Softmax(),
        [activation(1, 4, q=Quantization.per_tensor(2.0**-27, 0))],
        PROBABILITY,
        "input scale",
    ),
    (Logistic(), [IMAGE], UNIT, "the output 'y'"),
    (MaxPool2D(kernel=(2, 2)), [IMAGE], TENTH, "'x' has int8"),
    (Reshape(shape=(1, 96)), [IMAGE], TENTH, "'x' has int8"),
    (Concatenate(axis=1), [COLUMN, activation(1, 6, q=TENTH, name="x2")], UNIT, "'x2' has int8"),
    (Relu(bounds=Activation.RELU6), [IMAGE], TENTH, "RELU6 between"),
    (Add(), [IMAGE, IMAGE], Quantization.per_tensor(2.0**-20, 0), "input scales"),
    (Mul(), [IMAGE, IMAGE], Quantization.per_tensor(2.0**-16, 0), "leaves int32"),
    (Sub(), [IMAGE, IMAGE], Quantization.per_tensor(2.0**-20, 0), "input scales"),
    (SquaredDifference(), [IMAGE, IMAGE], Quantization.per_tensor(2.0**-13, 0), "leaves int32"),
    (Prelu(), [IMAGE, IMAGE], Quantization.per_tensor(2.0**-16, 0), "leaves int32"),
    (Rsqrt(), [IMAGE], Quantization.per_tensor(2.0**-21, 0), "a factor of"),
    (Maximum(), [IMAGE, IMAGE], TENTH, "'x' has int8"),
    (Transpose(permutation=(0, 2, 1, 3)), [IMAGE], TENTH, "'x' has int8"),
    (
        BatchMatmul(turn_b=True),
        [activation(1, 2, 6), activation(1, 2, 6, name="x2")],
        Quantization.per_tensor(2.0**-15, 0),
        "leaves int32",
    ),
    (
        BatchMatmul(turn_b=True),
        [activation(1, 1, 2**15), activation(1, 1, 2**15, name="x2")],
        UNIT,
        "sums of 32768 products",
    ),
    (HardSwish(), [IMAGE], Quantization.per_tensor(2.0**-7, 0), "input scale"),
    (HardSwish(), [IMAGE], Quantization.per_tensor(2.0**10, 0), "input scale"),
    (
        HardSwish(),
        [activation(1, q=Quantization.per_tensor(2.0**-23, 0))],
        Quantization.per_tensor(2.0**-23, 0),
        "input scale",
    ),
    (UpSampling2D(factor=(2, 2)), [IMAGE], TENTH, "'x' has int8"),
    (Crop(crops=((0, 0), (1, 0), (0, 0), (0, 0))), [IMAGE], TENTH, "'x' has int8"),
    (ResizeBilinear(size=(8, 8)), [IMAGE], TENTH, "'x' has int8"),
    (ResizeBilinear(size=(2730, 8)), [IMAGE], UNIT, "beyond the end"),
    (
        TransposeConv2D(stride=(2, 2), size=(8, 8)),
        [IMAGE, weights(4, 2, 2, 6, value=127)],
        Quantization.per_tensor(2.0**-15, 0),
        "leaves int32",
    ),
    (Mean(axes=(1, 2)), [IMAGE], Quantization.per_tensor(2.0**-25, 0), "leaves int32"),
    (Mean(axes=(1, 2)), [activation(1, 4096, 2048, 1)], UNIT, "8388608 values"),
]


@pytest.mark.parametrize(("op", "inputs", "output", "message"), QUANTIZATIONS, ids=name)
def test_quantizations(
    op: Operator, inputs: list[Tensor], output: Quantization, message: str
) -> None:
    with pytest.raises(UnsupportedError) as caught:
        build_graph(op, inputs, output, Arithmetic.TFLM)
    assert message in caught.value.what
    assert caught.value.where == "layer 'node'"
    assert caught.value.next_step


@pytest.mark.parametrize(("op", "scale"), [(Add(), 2.0**-24), (Mul(), 2.0**-16)], ids=name)
def test_native_refuses_scales_that_are_far_apart(op: Operator, scale: float) -> None:
    with pytest.raises(UnsupportedError, match="input scales"):
        build_graph(op, [IMAGE, IMAGE], Quantization.per_tensor(scale, 0), Arithmetic.NATIVE)


def test_native_relu6_may_rescale() -> None:
    build_graph(Relu(bounds=Activation.RELU6), [IMAGE], TENTH, Arithmetic.NATIVE)


@pytest.mark.parametrize(
    "build",
    [
        lambda: LeakyRelu(alpha=-0.1),
        lambda: LeakyRelu(alpha=float("nan")),
        lambda: Softmax(beta=0.0),
        lambda: Softmax(beta=float("inf")),
        lambda: Pad(paddings=((0, 0),), value=float("nan")),
        lambda: BatchNormalization(epsilon=-1.0),
    ],
)
def test_attributes(build: Callable[[], Operator]) -> None:
    with pytest.raises(UnsupportedError):
        build()


@pytest.mark.parametrize("classes", [511, 512, 513, 1000, 4095])
def test_softmax_of_many_equal_inputs(classes: int) -> None:
    graph = build_graph(Softmax(), [activation(1, classes)], PROBABILITY, Arithmetic.TFLM)
    y = reference.run_one_input(graph, np.zeros((1, classes), np.int8))
    # 1 / 511 is 0.501 of the output's unit; from 512 on the shift of rule S3 is above 31
    np.testing.assert_array_equal(y, -127 if classes <= 511 else -128)
