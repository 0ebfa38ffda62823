"""Writes a graph of tinygen as a .tflite file.

The inverse of the importer, made from the schema alone: tests use it to ask TFLite Micro what a
graph means, and as a source of files for the importer. Float and integer graphs can be written.
"""

import dataclasses
import functools
from collections.abc import Sequence

import flatbuffers
import numpy as np
from numpy.typing import NDArray
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from tinygen import ops
from tinygen.ir import Call, DType, Graph, Operator, Quantization, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.pool import PoolOperator
from tinygen.ops.real_functions import Line, Named
from tinygen.ops.window import Padding, Window, same_padding


class NotExpressibleError(ValueError):
    """The graph means something that no .tflite file can say."""


_TYPES = {
    DType.FLOAT32: schema.TensorType.FLOAT32,
    DType.INT8: schema.TensorType.INT8,
    DType.UINT8: schema.TensorType.UINT8,
    DType.INT16: schema.TensorType.INT16,
    DType.INT32: schema.TensorType.INT32,
    DType.INT64: schema.TensorType.INT64,
}

_ACTIVATIONS = {
    Activation.NONE: schema.ActivationFunctionType.NONE,
    Activation.RELU: schema.ActivationFunctionType.RELU,
    Activation.RELU6: schema.ActivationFunctionType.RELU6,
    Activation.RELU_N1_TO_1: schema.ActivationFunctionType.RELU_N1_TO_1,
}

_FIRST_CODE_OF_32_BITS = 127


def to_tflite(graph: Graph) -> bytes:
    """Return a .tflite file of the graph; NotExpressibleError where no file can say it."""
    writer = TfliteWriter()
    for call in graph.calls():
        encode(call.op, call, writer)
    return writer.finish(
        inputs=[writer.tensor(t) for t in graph.input_tensors],
        outputs=[writer.tensor(t) for t in graph.output_tensors],
    )


class TfliteWriter:
    """Collects tensors, operators and their codes; names of tensors are the graph's."""

    def __init__(self) -> None:
        self._tensors: list[schema.TensorT] = []
        self._index: dict[str, int] = {}
        self._buffers = [schema.BufferT()]  # buffer 0 is the empty one, by convention
        self._codes: dict[tuple[int, int], int] = {}
        self._operators: list[schema.OperatorT] = []

    def tensor(self, tensor: Tensor) -> int:
        """The index of a tensor, which is added when it is new."""
        if tensor.name not in self._index:
            self._index[tensor.name] = len(self._tensors)
            self._tensors.append(
                schema.TensorT(
                    name=tensor.name,
                    shape=list(tensor.shape),
                    type=_TYPES[tensor.dtype],
                    buffer=0 if tensor.data is None else self._buffer(tensor.data),
                    quantization=_quantization(tensor.quantization),
                    hasRank=True,
                )
            )
        return self._index[tensor.name]

    def integers(self, values: Sequence, owner: Call, what: str) -> int:
        """The index of a new int32 constant: axes, paddings, shapes."""
        data = np.asarray(values, np.int32)
        name = f"{owner.node.name}/{what}"
        return self.tensor(Tensor(name=name, shape=data.shape, dtype=DType.INT32, data=data))

    def number(self, value: float, owner: Call, what: str) -> int:
        """The index of a new constant of one element, of the type of the call's input."""
        x = owner.inputs[0]
        return self.tensor(
            Tensor(
                name=f"{owner.node.name}/{what}",
                shape=(1,),
                dtype=x.dtype,
                quantization=x.quantization,
                data=np.array([value], x.dtype.numpy),
            )
        )

    def operator(
        self, code: int, inputs: Sequence[int], call: Call, options: object = None, version: int = 1
    ) -> None:
        """Append the operator that computes the outputs of a call."""
        outputs = [self.tensor(t) for t in call.outputs]
        self.raw_operator(code, inputs, outputs, options, version)

    def raw_operator(
        self,
        code: int,
        inputs: Sequence[int],
        outputs: Sequence[int],
        options: object,
        version: int,
    ) -> None:
        """Append an operator between tensors given by index."""
        opcode = self._codes.setdefault((code, version), len(self._codes))
        kind = type(options).__name__.removesuffix("T") if options is not None else "NONE"
        self._operators.append(
            schema.OperatorT(
                opcodeIndex=opcode,
                inputs=list(inputs),
                outputs=list(outputs),
                builtinOptionsType=getattr(schema.BuiltinOptions, kind),
                builtinOptions=options,
            )
        )

    def finish(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """The file: one subgraph with everything that was added."""
        model = schema.ModelT(
            version=3,
            description="",
            operatorCodes=[
                schema.OperatorCodeT(
                    builtinCode=code,
                    deprecatedBuiltinCode=min(code, _FIRST_CODE_OF_32_BITS),
                    version=version,
                )
                for code, version in self._codes
            ],
            subgraphs=[
                schema.SubGraphT(
                    tensors=self._tensors,
                    inputs=list(inputs),
                    outputs=list(outputs),
                    operators=self._operators,
                    name="main",
                )
            ],
            buffers=self._buffers,
        )
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())

    def _buffer(self, data: NDArray) -> int:
        little_endian = np.ascontiguousarray(data, data.dtype.newbyteorder("<"))
        self._buffers.append(schema.BufferT(data=np.frombuffer(little_endian.tobytes(), np.uint8)))
        return len(self._buffers) - 1


def _quantization(q: Quantization | None) -> schema.QuantizationParametersT | None:
    if q is None:
        return None
    return schema.QuantizationParametersT(
        scale=list(q.scales), zeroPoint=list(q.zero_points), quantizedDimension=q.axis or 0
    )


def _inputs(call: Call, writer: TfliteWriter) -> list[int]:
    return [writer.tensor(t) for t in call.inputs]


def _weighted_inputs(call: Call, writer: TfliteWriter) -> list[int]:
    """Indices of x, weights and bias; a bias gets the scale that the format asks for."""
    x, weights = (t.quantization for t in call.inputs[:2])
    tensors = list(call.inputs)
    if len(tensors) > 2 and x is not None and weights is not None:
        scales = tuple(float(np.float32(x.scale * s)) for s in weights.scales)
        axis = None if weights.axis is None else 0
        q = Quantization(scales=scales, zero_points=(0,) * len(scales), axis=axis)
        tensors[2] = dataclasses.replace(tensors[2], quantization=q)
    return [writer.tensor(t) for t in tensors]


def _size(call: Call) -> tuple[int, int]:
    height, width = call.inputs[0].shape[1:3]
    return height, width


def _padding_code(window: Window, size: tuple[int, int]) -> int | None:
    """SAME or VALID where one of them says the padding of this window; None where neither does."""
    if window.padding.is_zero:
        return schema.Padding.VALID
    if window.padding == same_padding(size, window.kernel, window.stride, window.dilation):
        return schema.Padding.SAME
    return None


def _padded(call: Call, padding: Padding, code: int, writer: TfliteWriter) -> int:
    """Append a PAD or PADV2 in front of a call; return the index of the padded tensor."""
    x = call.inputs[0]
    n, height, width, channels = x.shape
    shape = (
        n,
        height + padding.top + padding.bottom,
        width + padding.left + padding.right,
        channels,
    )
    padded = Tensor(
        name=f"{call.node.name}/padded", shape=shape, dtype=x.dtype, quantization=x.quantization
    )
    pairs = [(0, 0), (padding.top, padding.bottom), (padding.left, padding.right), (0, 0)]
    inputs = [writer.tensor(x), writer.integers(pairs, call, "paddings")]
    if code == schema.BuiltinOperator.PADV2:
        inputs.append(writer.number(_lowest(x.dtype), call, "lowest"))
        options: object = schema.PadV2OptionsT()
    else:
        options = schema.PadOptionsT()
    writer.raw_operator(code, inputs, [writer.tensor(padded)], options, 1)
    return writer.tensor(padded)


def _lowest(dtype: DType) -> float:
    limits = np.iinfo if dtype.is_integer else np.finfo
    return limits(dtype.numpy).min


def _windowed_inputs(call: Call, window: Window, writer: TfliteWriter) -> tuple[list[int], int]:
    """Inputs and padding code of a convolution, behind a PAD if it is neither SAME nor VALID."""
    inputs, code = _weighted_inputs(call, writer), _padding_code(window, _size(call))
    if code is None:
        inputs[0] = _padded(call, window.padding, schema.BuiltinOperator.PAD, writer)
        code = schema.Padding.VALID
    return inputs, code


@functools.singledispatch
def encode(op: Operator, call: Call, writer: TfliteWriter) -> None:
    """Append the .tflite operators of one call."""
    raise NotExpressibleError(f"{op.label()} has no .tflite form in this writer")


@encode.register
def _(op: ops.conv2d.Conv2D, call: Call, writer: TfliteWriter) -> None:
    inputs, padding = _windowed_inputs(call, op.window(call.inputs[1]), writer)
    options = schema.Conv2DOptionsT(
        padding=padding,
        strideH=op.stride[0],
        strideW=op.stride[1],
        dilationHFactor=op.dilation[0],
        dilationWFactor=op.dilation[1],
        fusedActivationFunction=_ACTIVATIONS[op.activation],
    )
    writer.operator(schema.BuiltinOperator.CONV_2D, inputs, call, options, version=3)


@encode.register
def _(op: ops.depthwise_conv2d.DepthwiseConv2D, call: Call, writer: TfliteWriter) -> None:
    inputs, padding = _windowed_inputs(call, op.window(call.inputs[1]), writer)
    options = schema.DepthwiseConv2DOptionsT(
        padding=padding,
        strideH=op.stride[0],
        strideW=op.stride[1],
        dilationHFactor=op.dilation[0],
        dilationWFactor=op.dilation[1],
        depthMultiplier=op.multiplier(call),
        fusedActivationFunction=_ACTIVATIONS[op.activation],
    )
    writer.operator(schema.BuiltinOperator.DEPTHWISE_CONV_2D, inputs, call, options, version=3)


@encode.register
def _(op: ops.transpose_conv2d.TransposeConv2D, call: Call, writer: TfliteWriter) -> None:
    same = same_padding(op.size, call.inputs[1].shape[1:3], op.stride)
    if op.offset not in ((same.top, same.left), (0, 0)):
        raise NotExpressibleError("TRANSPOSE_CONV leaves out what SAME or VALID do")
    is_same = op.offset == (same.top, same.left)
    options = schema.TransposeConvOptionsT(
        padding=schema.Padding.SAME if is_same else schema.Padding.VALID,
        strideH=op.stride[0],
        strideW=op.stride[1],
        fusedActivationFunction=_ACTIVATIONS[op.activation],
    )
    x, weights, *bias = _weighted_inputs(call, writer)
    inputs = [writer.integers(call.output.shape, call, "shape"), weights, x, *bias]
    writer.operator(schema.BuiltinOperator.TRANSPOSE_CONV, inputs, call, options, version=4)


@encode.register
def _(op: ops.fully_connected.FullyConnected, call: Call, writer: TfliteWriter) -> None:
    options = schema.FullyConnectedOptionsT(
        fusedActivationFunction=_ACTIVATIONS[op.activation],
        keepNumDims=len(call.output.shape) > 2,
    )
    code = schema.BuiltinOperator.FULLY_CONNECTED
    writer.operator(code, _weighted_inputs(call, writer), call, options, version=4)


@encode.register
def _(op: ops.add.Add, call: Call, writer: TfliteWriter) -> None:
    options = schema.AddOptionsT(fusedActivationFunction=_ACTIVATIONS[op.activation])
    writer.operator(schema.BuiltinOperator.ADD, _inputs(call, writer), call, options, version=2)


@encode.register
def _(op: ops.mul.Mul, call: Call, writer: TfliteWriter) -> None:
    options = schema.MulOptionsT(fusedActivationFunction=_ACTIVATIONS[op.activation])
    writer.operator(schema.BuiltinOperator.MUL, _inputs(call, writer), call, options, version=2)


def _pool_options(op: PoolOperator, padding: int) -> schema.Pool2DOptionsT:
    return schema.Pool2DOptionsT(
        padding=padding,
        strideH=op.stride[0],
        strideW=op.stride[1],
        filterHeight=op.kernel[0],
        filterWidth=op.kernel[1],
        fusedActivationFunction=_ACTIVATIONS[op.activation],
    )


@encode.register
def _(op: ops.average_pool2d.AveragePool2D, call: Call, writer: TfliteWriter) -> None:
    padding = _padding_code(op.window, _size(call))
    if padding is None:
        raise NotExpressibleError("AVERAGE_POOL_2D can only be padded SAME or VALID")
    code = schema.BuiltinOperator.AVERAGE_POOL_2D
    writer.operator(code, _inputs(call, writer), call, _pool_options(op, padding), version=2)


@encode.register
def _(op: ops.max_pool2d.MaxPool2D, call: Call, writer: TfliteWriter) -> None:
    inputs, padding = _inputs(call, writer), _padding_code(op.window, _size(call))
    if padding is None:  # the lowest value never wins against a cell
        inputs[0] = _padded(call, op.padding, schema.BuiltinOperator.PADV2, writer)
        padding = schema.Padding.VALID
    code = schema.BuiltinOperator.MAX_POOL_2D
    writer.operator(code, inputs, call, _pool_options(op, padding), version=2)


@encode.register
def _(op: ops.mean.Mean, call: Call, writer: TfliteWriter) -> None:
    inputs = [writer.tensor(call.inputs[0]), writer.integers(op.axes, call, "axes")]
    options = schema.ReducerOptionsT(keepDims=op.keep_dims)
    writer.operator(schema.BuiltinOperator.MEAN, inputs, call, options, version=2)


@encode.register
def _(op: ops.softmax.Softmax, call: Call, writer: TfliteWriter) -> None:
    options = schema.SoftmaxOptionsT(beta=op.beta)
    code = schema.BuiltinOperator.SOFTMAX
    writer.operator(code, _inputs(call, writer), call, options, version=2)


@encode.register
def _(op: ops.logistic.Logistic, call: Call, writer: TfliteWriter) -> None:
    writer.operator(schema.BuiltinOperator.LOGISTIC, _inputs(call, writer), call, version=2)


@encode.register
def _(op: ops.tanh.Tanh, call: Call, writer: TfliteWriter) -> None:
    writer.operator(schema.BuiltinOperator.TANH, _inputs(call, writer), call, version=2)


@encode.register
def _(op: ops.hard_swish.HardSwish, call: Call, writer: TfliteWriter) -> None:
    code, options = schema.BuiltinOperator.HARD_SWISH, schema.HardSwishOptionsT()
    writer.operator(code, _inputs(call, writer), call, options)


@encode.register
def _(op: ops.elu.Elu, call: Call, writer: TfliteWriter) -> None:
    if op.alpha != 1:
        raise NotExpressibleError("ELU has no alpha")
    writer.operator(schema.BuiltinOperator.ELU, _inputs(call, writer), call)


@encode.register
def _(op: ops.curve.Curve, call: Call, writer: TfliteWriter) -> None:
    if op.of not in (Named.GELU, Named.GELU_TANH):
        raise NotExpressibleError(f"{op.of} has no operator")
    options = schema.GeluOptionsT(approximate=op.of is Named.GELU_TANH)
    writer.operator(schema.BuiltinOperator.GELU, _inputs(call, writer), call, options)


@encode.register
def _(op: ops.relu.Relu, call: Call, writer: TfliteWriter) -> None:
    code = {
        Activation.RELU: schema.BuiltinOperator.RELU,
        Activation.RELU6: schema.BuiltinOperator.RELU6,
        Activation.RELU_N1_TO_1: schema.BuiltinOperator.RELU_N1_TO_1,
    }[op.bounds]
    writer.operator(code, _inputs(call, writer), call, version=2)


@encode.register
def _(op: ops.leaky_relu.LeakyRelu, call: Call, writer: TfliteWriter) -> None:
    options = schema.LeakyReluOptionsT(alpha=op.alpha)
    code = schema.BuiltinOperator.LEAKY_RELU
    writer.operator(code, _inputs(call, writer), call, options, version=2)


@encode.register
def _(op: ops.composition.Composition, call: Call, writer: TfliteWriter) -> None:
    for step in op.calls(call):
        encode(step.op, step, writer)


@encode.register
def _(op: ops.requantize.Requantize, call: Call, writer: TfliteWriter) -> None:
    options = schema.QuantizeOptionsT()
    code = schema.BuiltinOperator.QUANTIZE
    writer.operator(code, _inputs(call, writer), call, options, version=2)


@encode.register
def _(op: ops.concatenate.Concatenate, call: Call, writer: TfliteWriter) -> None:
    options = schema.ConcatenationOptionsT(axis=op.axis)
    code = schema.BuiltinOperator.CONCATENATION
    writer.operator(code, _inputs(call, writer), call, options, version=2)


@encode.register
def _(op: ops.pad.Pad, call: Call, writer: TfliteWriter) -> None:
    inputs = [
        writer.tensor(call.inputs[0]),
        writer.integers(op.paddings, call, "paddings"),
    ]
    if op.value == 0.0:
        code, options = schema.BuiltinOperator.PAD, schema.PadOptionsT()
    else:
        code, options = schema.BuiltinOperator.PADV2, schema.PadV2OptionsT()
        integer = call.output.dtype.is_integer
        value = op.quantized_value(call) if integer else op.value
        inputs.append(writer.number(value, call, "value"))
    writer.operator(code, inputs, call, options, version=2)


@encode.register
def _(op: ops.crop.Crop, call: Call, writer: TfliteWriter) -> None:
    ends = [d - after for d, (_, after) in zip(call.inputs[0].shape, op.crops, strict=True)]
    ranges = {
        "begin": [before for before, _ in op.crops],
        "end": ends,
        "strides": [1] * len(ends),
    }
    parts = (writer.integers(values, call, what) for what, values in ranges.items())
    inputs = [writer.tensor(call.inputs[0]), *parts]
    options = schema.StridedSliceOptionsT()
    writer.operator(schema.BuiltinOperator.STRIDED_SLICE, inputs, call, options, version=2)


@encode.register
def _(op: ops.upsampling2d.UpSampling2D, call: Call, writer: TfliteWriter) -> None:
    size = writer.integers(call.output.shape[1:3], call, "size")
    options = schema.ResizeNearestNeighborOptionsT(halfPixelCenters=True)
    code = schema.BuiltinOperator.RESIZE_NEAREST_NEIGHBOR
    writer.operator(code, [writer.tensor(call.inputs[0]), size], call, options, version=3)


@encode.register
def _(op: ops.resize_bilinear.ResizeBilinear, call: Call, writer: TfliteWriter) -> None:
    size = writer.integers(op.size, call, "size")
    options = schema.ResizeBilinearOptionsT(
        alignCorners=op.aligned, halfPixelCenters=op.half_pixels
    )
    code = schema.BuiltinOperator.RESIZE_BILINEAR
    writer.operator(code, [writer.tensor(call.inputs[0]), size], call, options, version=3)


@encode.register
def _(op: ops.reshape.Reshape, call: Call, writer: TfliteWriter) -> None:
    inputs = [writer.tensor(call.inputs[0]), writer.integers(op.shape, call, "shape")]
    options = schema.ReshapeOptionsT(newShape=list(op.shape))
    writer.operator(schema.BuiltinOperator.RESHAPE, inputs, call, options)


def _without_activation(op: BinaryOperator) -> None:
    if op.activation is not Activation.NONE:
        raise NotExpressibleError(f"{op.label()} has no activation")


@encode.register
def _(op: ops.sub.Sub, call: Call, writer: TfliteWriter) -> None:
    options = schema.SubOptionsT(fusedActivationFunction=_ACTIVATIONS[op.activation])
    writer.operator(schema.BuiltinOperator.SUB, _inputs(call, writer), call, options, version=2)


@encode.register
def _(op: ops.squared_difference.SquaredDifference, call: Call, writer: TfliteWriter) -> None:
    _without_activation(op)
    code, options = schema.BuiltinOperator.SQUARED_DIFFERENCE, schema.SquaredDifferenceOptionsT()
    writer.operator(code, _inputs(call, writer), call, options, version=2)


@encode.register(ops.extreme.Maximum)
@encode.register(ops.extreme.Minimum)
def _(op: BinaryOperator, call: Call, writer: TfliteWriter) -> None:
    _without_activation(op)
    codes = schema.BuiltinOperator
    code = codes.MAXIMUM if isinstance(op, ops.extreme.Maximum) else codes.MINIMUM
    options = schema.MaximumMinimumOptionsT()
    writer.operator(code, _inputs(call, writer), call, options, version=2)


@encode.register
def _(op: ops.prelu.Prelu, call: Call, writer: TfliteWriter) -> None:
    _without_activation(op)
    if call.inputs[0].shape != call.output.shape:
        raise NotExpressibleError("PRELU repeats its slopes, not its input")
    writer.operator(schema.BuiltinOperator.PRELU, _inputs(call, writer), call)


@encode.register(ops.sum.Sum)
@encode.register(ops.reduce_extreme.ReduceMaximum)
@encode.register(ops.reduce_extreme.ReduceMinimum)
def _(op: Operator, call: Call, writer: TfliteWriter) -> None:
    codes = schema.BuiltinOperator
    code = {
        ops.sum.Sum: codes.SUM,
        ops.reduce_extreme.ReduceMaximum: codes.REDUCE_MAX,
        ops.reduce_extreme.ReduceMinimum: codes.REDUCE_MIN,
    }[type(op)]
    inputs = [writer.tensor(call.inputs[0]), writer.integers(op.axes, call, "axes")]
    writer.operator(code, inputs, call, schema.ReducerOptionsT(keepDims=op.keep_dims), version=2)


@encode.register
def _(op: ops.absolute.Absolute, call: Call, writer: TfliteWriter) -> None:
    writer.operator(schema.BuiltinOperator.ABS, _inputs(call, writer), call, schema.AbsOptionsT())


@encode.register
def _(op: ops.rsqrt.Rsqrt, call: Call, writer: TfliteWriter) -> None:
    writer.operator(schema.BuiltinOperator.RSQRT, _inputs(call, writer), call, version=2)


@encode.register
def _(op: ops.batch_matmul.BatchMatmul, call: Call, writer: TfliteWriter) -> None:
    options = schema.BatchMatMulOptionsT(adjX=op.turn_a, adjY=op.turn_b)
    code = schema.BuiltinOperator.BATCH_MATMUL
    writer.operator(code, _inputs(call, writer), call, options, version=2)


@encode.register
def _(op: ops.transpose.Transpose, call: Call, writer: TfliteWriter) -> None:
    permutation = writer.integers(op.permutation, call, "permutation")
    inputs = [writer.tensor(call.inputs[0]), permutation]
    code, options = schema.BuiltinOperator.TRANSPOSE, schema.TransposeOptionsT()
    writer.operator(code, inputs, call, options, version=2)


@encode.register
def _(op: ops.strided_slice.StridedSlice, call: Call, writer: TfliteWriter) -> None:
    axes = zip(op.starts, op.strides, op.lengths, strict=True)
    ends = [start + stride * length for start, stride, length in axes]
    masks = [1 << i for i, end in enumerate(ends, start=1) if end < 0]  # -1 would be the last cell
    values = {
        "begin": (0, *op.starts),
        "end": (call.output.shape[0], *ends),
        "strides": (1, *op.strides),
    }
    parts = [writer.integers(v, call, what) for what, v in values.items()]
    options = schema.StridedSliceOptionsT(endMask=sum(masks))
    inputs = [writer.tensor(call.inputs[0]), *parts]
    writer.operator(schema.BuiltinOperator.STRIDED_SLICE, inputs, call, options, version=2)


@encode.register
def _(op: ops.tile.Tile, call: Call, writer: TfliteWriter) -> None:
    inputs = [writer.tensor(call.inputs[0]), writer.integers(op.times, call, "times")]
    writer.operator(schema.BuiltinOperator.TILE, inputs, call, schema.TileOptionsT())


@encode.register
def _(op: ops.float_curve.FloatCurve, call: Call, writer: TfliteWriter) -> None:
    codes = schema.BuiltinOperator
    kinds = {
        Line(factor=-1.0): (codes.NEG, schema.NegOptionsT()),
        Named.SQUARE: (codes.SQUARE, schema.SquareOptionsT()),
        Named.ABSOLUTE: (codes.ABS, schema.AbsOptionsT()),
        Named.ROOT: (codes.SQRT, None),
    }
    steps = [(codes.DEQUANTIZE, schema.DequantizeOptionsT(), 2)]
    steps += [(*kinds[step], 1) for step in op.steps]
    at = writer.tensor(call.inputs[0])
    for i, (code, options, version) in enumerate(steps):
        name = f"{call.node.name}/float_{i}"
        made = Tensor(name=name, shape=call.output.shape, dtype=DType.FLOAT32)
        writer.raw_operator(code, [at], [writer.tensor(made)], options, version)
        at = writer.tensor(made)
    writer.operator(codes.QUANTIZE, [at], call, schema.QuantizeOptionsT())
