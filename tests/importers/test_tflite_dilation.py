"""Dilated convolutions in TFLite files: the converter takes them apart, the importer puts them together.

The oracle is TFLite Micro on the file, but for one thing: its SPACE_TO_BATCH_ND never sets the value that it pads with
(space_to_batch_nd.cc allocates SpaceToBatchParams and nothing writes output_offset), so that these cells hold chance
values where TFLite writes the zero point. In the files that it runs, a PAD in front does the padding.
"""

import dataclasses
from dataclasses import dataclass

import flatbuffers
import numpy as np
import pytest
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from tests.importers.files import TYPE, File, Op
from tests.oracle import run_tflm
from tinygen import reference
from tinygen.errors import ModelFileError, UnsupportedError
from tinygen.importers import tflite as importer
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.reshape import Reshape
from tinygen.tflm import Tflm


def samples(graph, seed=0):
    """Inputs [N, ...] of int8: both ends, 0, random ends, random."""
    rng, shape = np.random.default_rng(seed), graph.input_tensors[0].shape[1:]
    fixed = [np.full((1, *shape), v, np.int8) for v in (-128, 0, 127)]
    ends = rng.choice(np.array([-128, 127], np.int8), (1, *shape))
    return np.concatenate([*fixed, ends, rng.integers(-128, 128, (4, *shape)).astype(np.int8)])


def padded_apart(content):
    """The file with a PAD in front of every SPACE_TO_BATCH_ND, which then pads nothing."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content))
    graph = model.subgraphs[0]
    codes = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in model.operatorCodes]
    model.operatorCodes.append(
        schema.OperatorCodeT(builtinCode=Op.PAD, deprecatedBuiltinCode=Op.PAD, version=2)
    )

    def constant(pairs):
        data = np.array(pairs, "<i4")
        model.buffers.append(schema.BufferT(data=np.frombuffer(data.tobytes(), np.uint8)))
        graph.tensors.append(
            schema.TensorT(name=f"pairs{len(graph.tensors)}", shape=list(data.shape),
                           type=TYPE.INT32, buffer=len(model.buffers) - 1, hasRank=True)
        )  # fmt: skip
        return len(graph.tensors) - 1

    operators = []
    for operator in graph.operators:
        if codes[operator.opcodeIndex] == Op.SPACE_TO_BATCH_ND:
            x, block, paddings = operator.inputs
            data = bytes(model.buffers[graph.tensors[paddings].buffer].data)
            pairs = [[0, 0], *np.frombuffer(data, "<i4").reshape(-1, 2).tolist(), [0, 0]]
            shape = [d + sum(p) for d, p in zip(graph.tensors[x].shape, pairs, strict=True)]
            graph.tensors.append(
                schema.TensorT(name=f"padded{len(graph.tensors)}", shape=shape, hasRank=True,
                               type=graph.tensors[x].type,
                               quantization=graph.tensors[x].quantization)
            )  # fmt: skip
            padded = len(graph.tensors) - 1
            operators.append(
                schema.OperatorT(opcodeIndex=len(codes), inputs=[x, constant(pairs)],
                                 outputs=[padded], builtinOptions=schema.PadOptionsT(),
                                 builtinOptionsType=schema.BuiltinOptions.PadOptions)
            )  # fmt: skip
            operator.inputs = [padded, block, constant([[0, 0]] * (len(pairs) - 2))]
        operators.append(operator)
    graph.operators = operators
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


@dataclass(frozen=True, kw_only=True)
class Dilated:
    """A dilated convolution as Keras 3 converts it. Of height and width; a sequence has one axis."""

    shape: tuple[int, ...]
    kernel: tuple[int, int]
    block: tuple[int, ...]
    paddings: tuple[tuple[int, int], ...]
    crops: tuple[tuple[int, int], ...]
    is_depthwise: bool = False
    is_int8: bool = True
    stride: int = 1
    block_after: tuple[int, ...] | None = None
    zero_after: int = -7
    is_shown: bool = False

    @property
    def channels(self):
        return self.shape[-1] if self.is_depthwise else 5

    def write(self, path):
        """Write the file; return its path."""
        file, rng = File(), np.random.default_rng(1)
        x = self._value(file, "x", self.shape, 0.5, 11)
        sizes = [self._padded(i) // b for i, b in enumerate(self.block)]
        spaced = (int(np.prod(self.block)), *sizes, self.shape[-1])
        inner = self._step(file, Op.SPACE_TO_BATCH_ND, x, self.block, self.paddings, spaced, 11)
        if len(self.block) == 1:
            axis = file.constant("axis", np.array(-3, np.int32))
            image = self._value(file, "image", (spaced[0], 1, *spaced[1:]), 0.5, 11)
            inner = file.add(Op.EXPAND_DIMS, [inner, axis], image, schema.ExpandDimsOptionsT())
            sizes = [1, *sizes]
        sizes = [size - k + 1 for size, k in zip(sizes, self.kernel, strict=True)]
        y = self._convolution(file, inner, (spaced[0], *sizes, self.channels), rng)
        if len(self.block) == 1:
            shape = [-1, sizes[1], self.channels]
            flat = self._value(file, "flat", (spaced[0], *shape[1:]), 0.25, -7)
            new = file.constant("new", np.array(shape, np.int32))
            y = file.add(Op.RESHAPE, [y, new], flat, schema.ReshapeOptionsT(newShape=shape))
        result = (1, *self._result_sizes(), self.channels)
        block = self.block_after or self.block
        z = self._step(file, Op.BATCH_TO_SPACE_ND, y, block, self.crops, result, self.zero_after)
        return file.write(path, [x], [z, y] if self.is_shown else [z])

    def _padded(self, axis):
        return self.shape[1 + axis] + sum(self.paddings[axis])

    def _result_sizes(self):
        kernel = self.kernel[-len(self.block) :]
        return [
            self._padded(i) - (k - 1) * b - sum(c)
            for i, (k, b, c) in enumerate(zip(kernel, self.block, self.crops, strict=True))
        ]

    def _value(self, file, name, shape, scale, zero):
        kind = TYPE.INT8 if self.is_int8 else TYPE.FLOAT32
        return file.value(name, shape, kind, scale if self.is_int8 else None, zero)

    def _step(self, file, code, x, block, pairs, shape, zero):
        back = code == Op.BATCH_TO_SPACE_ND
        numbers = [
            file.constant(f"{code}/block", np.array(block, np.int32)),
            file.constant(f"{code}/pairs", np.array(pairs, np.int32)),
        ]
        output = self._value(file, f"{code}/output", shape, 0.25 if back else 0.5, zero)
        options = schema.BatchToSpaceNDOptionsT() if back else schema.SpaceToBatchNDOptionsT()
        return file.add(code, [x, *numbers], output, options)

    def _convolution(self, file, x, shape, rng):
        depth = 1 if self.is_depthwise else self.channels
        size = (depth, *self.kernel, self.shape[-1])
        weights, biases = rng.integers(-127, 128, size), rng.integers(-900, 900, self.channels)
        scaled = (weights.astype(np.int8), biases.astype(np.int32))
        if not self.is_int8:
            scaled = tuple(a.astype(np.float32) / 64 for a in scaled)
        w = file.constant("w", scaled[0], 1 / 64 if self.is_int8 else None)
        b = file.constant("b", scaled[1], 1 / 128 if self.is_int8 else None)
        steps = {"strideH": self.stride, "strideW": self.stride, "padding": 1}
        y = self._value(file, "y", shape, 0.25, -7)
        if self.is_depthwise:
            options = schema.DepthwiseConv2DOptionsT(depthMultiplier=1, **steps)
            return file.add(Op.DEPTHWISE_CONV_2D, [x, w, b], y, options, version=3)
        return file.add(Op.CONV_2D, [x, w, b], y, schema.Conv2DOptionsT(**steps), version=3)


DILATED = {
    "valid": Dilated(shape=(1, 9, 8, 3), kernel=(3, 2), block=(2, 3), paddings=((0, 1), (0, 1)),
                     crops=((0, 1), (0, 1))),
    "same": Dilated(shape=(1, 8, 7, 3), kernel=(3, 3), block=(3, 2), paddings=((3, 4), (2, 3)),
                    crops=((0, 1), (0, 1))),
    "crops_both_ends": Dilated(shape=(1, 8, 6, 2), kernel=(2, 3), block=(2, 2),
                               paddings=((3, 1), (2, 4)), crops=((1, 0), (2, 1))),
    "one_axis": Dilated(shape=(1, 7, 6, 2), kernel=(3, 2), block=(3, 1), paddings=((3, 5), (0, 1)),
                        crops=((0, 2), (0, 0))),
    "depthwise": Dilated(shape=(1, 8, 7, 4), kernel=(3, 3), block=(2, 2), is_depthwise=True,
                         paddings=((2, 2), (2, 3)), crops=((0, 0), (0, 1))),
    "sequence": Dilated(shape=(1, 11, 3), kernel=(1, 3), block=(3,), paddings=((3, 4),),
                        crops=((0, 1),)),
    "causal": Dilated(shape=(1, 12, 3), kernel=(1, 3), block=(2,), paddings=((4, 0),),
                      crops=((0, 0),)),
}  # fmt: skip


@pytest.mark.parametrize("name", DILATED)
def test_convolution_in_interleaved_batches_is_one_dilated_convolution(tmp_path, name):
    model = DILATED[name]
    graph = importer.load(model.write(tmp_path / "m.tflite"))
    (op,) = [node.op for node in graph.nodes if not isinstance(node.op, Reshape)]
    assert type(op) is (DepthwiseConv2D if model.is_depthwise else Conv2D)
    assert op.dilation == (1, *model.block)[-2:]


@pytest.mark.parametrize("name", DILATED)
def test_int8_computes_what_tflm_computes(tmp_path, name):
    path = DILATED[name].write(tmp_path / "m.tflite")
    graph = importer.load(path)
    x = samples(graph)
    (expected,) = run_tflm(padded_apart(path.read_bytes()), x)
    np.testing.assert_array_equal(reference.run_one_input(graph, x), expected)


@pytest.mark.parametrize("name", DILATED)
def test_float_computes_what_tflm_computes(tmp_path, name):
    path = dataclasses.replace(DILATED[name], is_int8=False).write(tmp_path / "m.tflite")
    graph = importer.load(path)
    x = samples(graph).astype(np.float32)
    (expected,) = run_tflm(padded_apart(path.read_bytes()), x)
    np.testing.assert_allclose(reference.run_one_input(graph, x), expected, rtol=1e-5, atol=1e-3)


def test_the_interpreter_is_not_asked_what_it_pads_wrongly(tmp_path):
    path = DILATED["same"].write(tmp_path / "m.tflite")
    with pytest.raises(UnsupportedError, match="SPACE_TO_BATCH_ND"):
        Tflm(path.read_bytes(), importer.load(path))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"crops": ((0, 1), (4, 0))}, "crops (4, 0)"),
        ({"stride": 2}, "a stride"),
        ({"block_after": (2, 3)}, "not part of a dilated convolution"),
        ({"zero_after": 3}, "not part of a dilated convolution"),
        ({"is_shown": True}, "not part of a dilated convolution"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_other_uses_of_interleaved_batches_are_refused(tmp_path, change, words):
    path = dataclasses.replace(DILATED["same"], **change).write(tmp_path / "m.tflite")
    with pytest.raises(UnsupportedError) as caught:
        importer.load(path)
    assert words in str(caught.value) and caught.value.next_step


def test_sizes_that_are_no_multiple_of_the_block_are_damage(tmp_path):
    model = dataclasses.replace(DILATED["same"], paddings=((3, 3), (2, 3)))
    with pytest.raises(ModelFileError, match="no multiple of 3"):
        importer.load(model.write(tmp_path / "m.tflite"))


@pytest.mark.parametrize("is_int8", [True, False], ids=["int8", "float"])
def test_what_tensorflow_writes_for_dilations(tmp_path, is_int8):
    """With the batch 1, so that the converter writes the shapes that TFLite Micro needs."""
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    layers = tf.keras.layers
    tf.keras.utils.set_random_seed(5)
    model = tf.keras.Sequential([
        tf.keras.Input((9, 7, 3), batch_size=1),
        layers.Conv2D(4, 3, dilation_rate=2, padding="same", bias_initializer="uniform"),
        layers.DepthwiseConv2D(3, dilation_rate=(1, 2), padding="same"),
        layers.Reshape((63, 4)),
        layers.Conv1D(3, 2, dilation_rate=5, padding="causal", activation="relu"),
    ])  # fmt: skip
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if is_int8:
        seen = np.random.default_rng(0).normal(size=(8, 1, 9, 7, 3)).astype(np.float32)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([x] for x in seen)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    path = tmp_path / "m.tflite"
    path.write_bytes(converter.convert())
    graph = importer.load(path)
    dilations = [node.op.dilation for node in graph.nodes if hasattr(node.op, "dilation")]
    assert dilations == [(2, 2), (1, 2), (1, 5)]
    x = samples(graph)
    if is_int8:
        (expected,) = run_tflm(padded_apart(path.read_bytes()), x)
        np.testing.assert_array_equal(reference.run_one_input(graph, x), expected)
    else:
        x = x.astype(np.float32) / 64
        expected = np.concatenate([model(sample[np.newaxis]).numpy() for sample in x])
        np.testing.assert_allclose(reference.run_one_input(graph, x), expected, atol=1e-4)
