"""TFLite files: what is imported computes what TFLite Micro computes; the rest is refused clearly.

The oracle is TFLite Micro's interpreter, on files that `tests/oracle` writes from the schema alone.
"""

import subprocess
import sys

import flatbuffers
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from tests.classical import strategies as classical
from tests.importers.files import TYPE, File, Op
from tests.ops.test_against_tflm import NOT_IN_TFLM
from tests.oracle import NotExpressibleError, run_tflm, to_tflite
from tests.passes.network import NETWORKS
from tests.strategies import DETERMINISTIC, STRATEGIES, inputs_for, one_op_graph
from tinygen import importers, reference
from tinygen.errors import ModelFileError, UnsupportedError
from tinygen.importers import tflite as importer
from tinygen.importers.tflite import model_file
from tinygen.ir import DType
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.relu import Relu
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape

FEW = settings(DETERMINISTIC, max_examples=12)


def extremes_and_random(tensor, count=4, seed=0):
    """Samples [N, ...] for an int8 input: all -128, all 0, all 127, alternating ends, random."""
    rng = np.random.default_rng(seed)
    shape = tensor.shape[1:]
    fixed = [np.full((1, *shape), v, np.int8) for v in (-128, 0, 127)]
    ends = rng.choice(np.array([-128, 127], np.int8), (1, *shape))
    random = rng.integers(-128, 128, (count, *shape)).astype(np.int8)
    return np.concatenate([*fixed, ends, random])


def write(path, content):
    path.write_bytes(content)
    return path


# What is read means what TFLite Micro computes

OPERATORS = [op for op in STRATEGIES if op not in classical.STRATEGIES and op not in NOT_IN_TFLM]
"""Those that a .tflite file can hold."""


@pytest.mark.parametrize("op_class", OPERATORS, ids=lambda op: op.label())
@FEW
@given(data=st.data())
def test_every_operator_reads_back_as_tflm_runs_it(tmp_path_factory, op_class, data):
    graph = data.draw(one_op_graph(op_class))
    (node,) = graph.nodes
    assume(not (isinstance(node.op, Relu) and node.op.bounds is Activation.RELU_N1_TO_1))
    try:
        content = to_tflite(graph)
    except NotExpressibleError:
        assume(False)
    imported = importer.load(write(tmp_path_factory.mktemp("model") / "m.tflite", content))
    inputs = inputs_for(graph, 6)
    (expected,) = run_tflm(content, *inputs.values())
    result = reference.run(imported, dict(zip(imported.inputs, inputs.values(), strict=True)))
    np.testing.assert_array_equal(result[imported.outputs[0]].reshape(expected.shape), expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_read_back_as_tflm_runs_them(tmp_path, name):
    graph = NETWORKS[name]()
    content = to_tflite(graph)
    imported = importer.load(write(tmp_path / "m.tflite", content))
    x = extremes_and_random(graph.input_tensors[0])
    (expected,) = run_tflm(content, x)
    np.testing.assert_array_equal(reference.run_one_input(imported, x), expected)


@pytest.mark.parametrize(
    "name", ["ad_autoencoder_int8", "ic_resnet8_int8", "kws_dscnn_int8", "vww_mobilenet_int8"]
)
def test_published_int8_models_equal_tflm(published, name):
    path = published(f"{name}.tflite")
    graph = importers.load(path)
    assert graph.name == name and graph.is_quantized
    x = extremes_and_random(graph.input_tensors[0])
    (expected,) = run_tflm(path.read_bytes(), x)
    np.testing.assert_array_equal(reference.run_one_input(graph, x), expected)


@pytest.mark.parametrize(
    ("name", "low", "high", "tolerance"),
    [
        ("ic_resnet8_float", 0, 255, 1e-5),  # float32 sums in another order
        ("kws_dscnn_float", -60, 60, 1e-2),  # TFLite rounds activations to 8 bits on the way
    ],
)
def test_published_float_models_are_near_tflite(published, name, low, high, tolerance):
    path = published(f"{name}.tflite")
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    kind = tf.lite.experimental.OpResolverType.BUILTIN_REF
    interpreter = tf.lite.Interpreter(str(path), experimental_op_resolver_type=kind)
    interpreter.allocate_tensors()
    (x_details,), (y_details,) = interpreter.get_input_details(), interpreter.get_output_details()
    graph = importers.load(path)
    for x in np.random.default_rng(0).uniform(low, high, (3, *x_details["shape"])):
        interpreter.set_tensor(x_details["index"], x.astype(np.float32))
        interpreter.invoke()
        expected = interpreter.get_tensor(y_details["index"])
        result = reference.run_one_input(graph, x.astype(np.float32))
        np.testing.assert_allclose(result, expected, atol=tolerance)


def test_int8_weights_of_a_float_model_are_scale_times_integer(published):
    """Dynamic-range models: the weights become float, activations are float32 throughout."""
    path = published("kws_dscnn_float.tflite")
    file, graph = model_file.read(path), importers.load(path)
    declared = next(t for t in file.tensors if t.type == "INT8" and t.shape == (64, 10, 4, 1))
    weights = graph.tensors[graph.nodes[0].inputs[1]]
    assert weights.dtype is DType.FLOAT32
    expected = declared.data * declared.scales.reshape(-1, 1, 1, 1)
    np.testing.assert_allclose(weights.data, expected, rtol=1e-6)
    y = reference.run_one_input(graph, np.zeros((1, 49, 10, 1), np.float32))
    assert y.shape == (1, 12) and abs(y.sum() - 1) < 1e-5


# Forms that converters write


def test_float_ends_of_an_int8_model_are_left_out(tmp_path):
    file = File()
    x = file.value("image", (1, 6))
    q = file.add(Op.QUANTIZE, [x], file.value("q", (1, 6), TYPE.INT8, 0.5, 3))
    r = file.add(Op.TANH, [q], file.value("tanh", (1, 6), TYPE.INT8, 1 / 128, 0))
    y = file.add(Op.DEQUANTIZE, [r], file.value("probability", (1, 6)))
    path = file.write(tmp_path / "m.tflite", [x], [y])
    graph = importer.load(path)
    assert graph.inputs == ("image",) and graph.outputs == ("probability",)
    assert len(graph.nodes) == 1 and graph.is_quantized
    real = np.random.default_rng(0).uniform(-3, 3, (5, 6)).astype(np.float32)
    (expected,) = run_tflm(path.read_bytes(), real)
    integers = np.clip(np.round(real / np.float32(0.5)) + 3, -128, 127).astype(np.int8)
    np.testing.assert_array_equal(reference.run_one_input(graph, integers) / 128, expected)


def test_uint8_ends_with_the_same_integers_are_left_out(tmp_path):
    file = File()
    x = file.value("image", (1, 4), TYPE.UINT8, 0.5, 131)
    q = file.add(Op.QUANTIZE, [x], file.value("q", (1, 4), TYPE.INT8, 0.5, 3))
    r = file.add(Op.LOGISTIC, [q], file.value("r", (1, 4), TYPE.INT8, 1 / 256, -128))
    y = file.add(Op.QUANTIZE, [r], file.value("y", (1, 4), TYPE.UINT8, 1 / 256, 0))
    graph = importer.load(file.write(tmp_path / "m.tflite", [x], [y]))
    assert [type(node.op).__name__ for node in graph.nodes] == ["Logistic"]
    assert graph.tensors["image"].quantization.zero_point == 3


def test_uint8_input_with_another_scale_is_refused(tmp_path):
    file = File()
    x = file.value("image", (1, 4), TYPE.UINT8, 0.25, 131)
    q = file.add(Op.QUANTIZE, [x], file.value("q", (1, 4), TYPE.INT8, 0.5, 3))
    y = file.add(Op.LOGISTIC, [q], file.value("y", (1, 4), TYPE.INT8, 1 / 256, -128))
    with pytest.raises(UnsupportedError, match="uint8"):
        importer.load(file.write(tmp_path / "m.tflite", [x], [y]))


def test_quantize_inside_becomes_requantize(tmp_path):
    file = File()
    x = file.value("x", (1, 4), TYPE.INT8, 0.5, 3)
    y = file.add(Op.QUANTIZE, [x], file.value("y", (1, 4), TYPE.INT8, 0.25, -7))
    graph = importer.load(file.write(tmp_path / "m.tflite", [x], [y]))
    assert isinstance(graph.nodes[0].op, Requantize)


def test_float16_weights_become_float32(tmp_path):
    file = File()
    half = np.array([[1.5, -2.25, 0.1]], np.float16)
    x, w16 = file.value("x", (1, 3)), file.constant("w16", half)
    w = file.add(Op.DEQUANTIZE, [w16], file.value("w", (1, 3)))
    y = file.value("y", (1, 1))
    file.add(Op.FULLY_CONNECTED, [x, w, -1], y, schema.FullyConnectedOptionsT())
    graph = importer.load(file.write(tmp_path / "m.tflite", [x], [y]))
    (node,) = graph.nodes
    np.testing.assert_array_equal(graph.tensors[node.inputs[1]].data, half.astype(np.float32))


def test_int8_weights_of_a_float_layer_take_the_scale_of_their_channel(tmp_path):
    file = File()
    x, y = file.value("x", (1, 3)), file.value("y", (1, 2))
    w = file.constant("w", np.array([[1, -2, 3], [40, 50, -127]], np.int8), 0.5)
    file.add(Op.FULLY_CONNECTED, [x, w, -1], y, schema.FullyConnectedOptionsT())
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(file.finish([x], [y])))
    scales = schema.QuantizationParametersT(scale=[0.5, 0.25], zeroPoint=[0, 0])
    model.subgraphs[0].tensors[w].quantization = scales
    graph = importer.load(write(tmp_path / "m.tflite", packed(model)))
    expected = [[0.5, -1.0, 1.5], [10.0, 12.5, -31.75]]
    assert graph.tensors[graph.nodes[0].inputs[1]].data.tolist() == expected


def _flatten_chain(file, x, shape):
    """What Keras' Flatten becomes: the batch of SHAPE, packed with -1, is RESHAPE's new shape."""
    full = file.add(Op.SHAPE, [x], file.value("full", (len(shape),), TYPE.INT32),
                    schema.ShapeOptionsT(outType=TYPE.INT32))  # fmt: skip
    ends = [file.constant(f"end{i}", np.array([v], np.int32)) for i, v in enumerate((0, 1, 1))]
    batch = file.add(Op.STRIDED_SLICE, [full, *ends], file.value("batch", (), TYPE.INT32),
                     schema.StridedSliceOptionsT(shrinkAxisMask=1))  # fmt: skip
    rest = file.constant("rest", np.array(-1, np.int32))
    new = file.add(Op.PACK, [batch, rest], file.value("new", (2,), TYPE.INT32),
                   schema.PackOptionsT(valuesCount=2))  # fmt: skip
    flat = file.value("flat", (1, int(np.prod(shape))))
    return file.add(Op.RESHAPE, [x, new], flat, schema.ReshapeOptionsT())


def test_computed_shape_of_flatten_is_folded(tmp_path):
    file = File()
    x = file.value("x", (1, 2, 3, 2))
    y = file.dense(_flatten_chain(file, x, (1, 2, 3, 2)), file.value("y", (1, 5)), 5, 12)
    path = file.write(tmp_path / "m.tflite", [x], [y])
    graph = importer.load(path)
    assert [type(n.op).__name__ for n in graph.nodes] == ["Reshape", "FullyConnected"]
    data = np.random.default_rng(0).normal(size=(3, 2, 3, 2)).astype(np.float32)
    (expected,) = run_tflm(path.read_bytes(), data)
    np.testing.assert_allclose(reference.run_one_input(graph, data), expected, atol=1e-5)


def _dense_on_rows(file, x, shape, units):
    """What Keras' Dense on [N, rows, depth] becomes: the shape is taken apart and put together again."""

    def integers(name, values):
        return file.constant(name, np.array(values, np.int32))

    def computed(name, length):
        return file.value(name, () if length is None else (length,), TYPE.INT32)

    full = file.add(Op.SHAPE, [x], computed("full", 3), schema.ShapeOptionsT(outType=TYPE.INT32))
    parts, products = [], []
    for name, axes in (("rows", [0, 1]), ("depth", [2])):
        parts.append(
            file.add(Op.GATHER, [full, integers(f"{name}/axes", axes)], computed(name, len(axes)),
                     schema.GatherOptionsT())
        )  # fmt: skip
        products.append(
            file.add(Op.REDUCE_PROD, [parts[-1], integers(f"{name}/first", [0])],
                     computed(f"{name}/product", None), schema.ReducerOptionsT())
        )  # fmt: skip
    flat_shape = file.add(
        Op.PACK, products, computed("flat_shape", 2), schema.PackOptionsT(valuesCount=2)
    )
    out_shape = file.add(Op.CONCATENATION, [parts[0], integers("units", [units])], computed("out_shape", 3),
                         schema.ConcatenationOptionsT())  # fmt: skip
    flat = file.add(
        Op.RESHAPE, [x, flat_shape], file.value("flat", (1, 1)), schema.ReshapeOptionsT()
    )
    y = file.dense(flat, file.value("y", (1, units)), units, shape[2])
    return file.add(
        Op.RESHAPE,
        [y, out_shape],
        file.value("out", (1, shape[1], units)),
        schema.ReshapeOptionsT(),
    )


def test_dense_on_rows_of_an_open_batch(tmp_path):
    """The converter writes 1 for the rows that it does not know, as they hold the batch."""
    file, shape = File(), (1, 7, 4)
    x = file.value("x", shape)
    y = _dense_on_rows(file, x, shape, 5)
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(file.finish([x], [y])))
    tensors = {t.name: t for t in model.subgraphs[0].tensors}
    tensors[b"flat"].shapeSignature, tensors[b"y"].shapeSignature = [-1, -1], [-1, 5]
    graph = importer.load(write(tmp_path / "m.tflite", packed(model)))
    assert [type(n.op).__name__ for n in graph.nodes] == ["Reshape", "FullyConnected", "Reshape"]
    data = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    weights = graph.tensors[graph.nodes[1].inputs[1]].data
    wanted = np.einsum("nrd,ud->nru", data, weights)
    np.testing.assert_allclose(reference.run_one_input(graph, data), wanted, atol=1e-5)


def test_shapes_that_the_file_leaves_open_are_inferred(tmp_path):
    """Converters write 1 for a dimension that they could not compute themselves."""
    file = File()
    x = file.value("x", (1, 2, 3, 2))
    y = file.dense(_flatten_chain(file, x, (1, 2, 3, 2)), file.value("y", (1, 5)), 5, 12)
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(file.finish([x], [y])))
    flat = next(t for t in model.subgraphs[0].tensors if t.name == b"flat")
    flat.shape, flat.shapeSignature = [1, 1], [-1, -1]
    graph = importer.load(write(tmp_path / "m.tflite", packed(model)))
    assert graph.tensors["flat"].shape == (1, 12)


def test_fully_connected_flattens_its_input(tmp_path):
    file = File()
    x = file.value("x", (1, 2, 3, 2))
    y = file.dense(x, file.value("y", (1, 5)), 5, 12)
    path = file.write(tmp_path / "m.tflite", [x], [y])
    graph = importer.load(path)
    assert isinstance(graph.nodes[0].op, Reshape)
    data = np.random.default_rng(0).normal(size=(3, 2, 3, 2)).astype(np.float32)
    (expected,) = run_tflm(path.read_bytes(), data)
    np.testing.assert_allclose(reference.run_one_input(graph, data), expected, atol=1e-5)


def test_fully_connected_can_keep_its_dimensions(tmp_path):
    file = File()
    x = file.value("x", (1, 7, 4))
    y = file.dense(x, file.value("y", (1, 7, 5)), 5, 4, keepNumDims=True)
    graph = importer.load(file.write(tmp_path / "m.tflite", [x], [y]))
    assert len(graph.nodes) == 1 and graph.output_tensors[0].shape == (1, 7, 5)


@pytest.mark.parametrize(
    ("code", "options", "before", "after"),
    [
        (Op.SQUEEZE, schema.SqueezeOptionsT(squeezeDims=[1]), (1, 1, 4), (1, 4)),
        (Op.EXPAND_DIMS, schema.ExpandDimsOptionsT(), (1, 4), (1, 1, 4)),
        (Op.RESHAPE, schema.ReshapeOptionsT(newShape=[-1, 2, 2]), (1, 4), (1, 2, 2)),
    ],
)
def test_reshapes_without_a_shape_tensor(tmp_path, code, options, before, after):
    file = File()
    x, y = file.value("x", before), file.value("y", after)
    extra = [file.constant("axis", np.array(1, np.int32))] if code == Op.EXPAND_DIMS else []
    file.add(code, [x, *extra], y, options)
    graph = importer.load(file.write(tmp_path / "m.tflite", [x], [y]))
    assert graph.nodes[0].op == Reshape(shape=after)


@pytest.mark.parametrize(
    ("before", "axes", "after"),
    [
        ((1, 5, 4, 3), [1, 2], (1, 3)),
        ((1, 5, 4, 3), [2, 1], (1, 1, 1, 3)),
        ((1, 5, 4, 3), [2], (1, 5, 3)),
        ((1, 5, 4, 3), [-3], (1, 1, 4, 3)),
        ((1, 5, 3), [1], (1, 3)),
        ((1, 5, 3), [1], (1, 1, 3)),
    ],
)
def test_maximum_over_the_image_is_pooling(tmp_path, before, axes, after):
    file = File()
    x = file.value("x", before, TYPE.INT8, 0.5, 3)
    y = file.value("y", after, TYPE.INT8, 0.5, 3)
    options = schema.ReducerOptionsT(keepDims=len(after) == len(before))
    file.add(Op.REDUCE_MAX, [x, file.constant("axes", np.array(axes, np.int32))], y, options)
    path = file.write(tmp_path / "m.tflite", [x], [y])
    graph = importer.load(path)
    samples = extremes_and_random(graph.input_tensors[0])
    (expected,) = run_tflm(path.read_bytes(), samples)
    np.testing.assert_array_equal(reference.run_one_input(graph, samples), expected)


def test_misplaced_quantized_dimension_of_a_bias_is_tolerated(tmp_path):
    graph = NETWORKS["mlp"]()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(to_tflite(graph)))
    for tensor in model.subgraphs[0].tensors:
        if tensor.type == TYPE.INT32:
            tensor.quantization = schema.QuantizationParametersT(
                scale=[0.5] * 3, zeroPoint=[0] * 3, quantizedDimension=3
            )
    importer.load(write(tmp_path / "m.tflite", packed(model)))


def packed(model):
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def test_unknown_batch_is_one(tmp_path):
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(to_tflite(NETWORKS["mlp"]())))
    tensor = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    tensor.shapeSignature = [-1, *tensor.shape[1:]]
    tensor.shape = [-1, *tensor.shape[1:]]
    graph = importer.load(write(tmp_path / "m.tflite", packed(model)))
    assert graph.input_tensors[0].shape == (1, 21)


def test_names_are_short_and_unique(tmp_path):
    file = File()
    x = file.value("x", (1, 3))
    a = file.add(Op.TANH, [x], file.value("act;fused/one", (1, 3)))
    b = file.add(Op.TANH, [a], file.value("act;fused/two", (1, 3)))
    path = file.write(tmp_path / "some.tflite", [x], [b])
    graph = importer.load(path)
    assert [node.name for node in graph.nodes] == ["act", "act_1"]
    assert graph.name == "some" and graph.outputs == ("act_1",)
    assert str(importer.load(path)) == str(graph)


def test_same_padding_of_even_sizes_goes_to_bottom_and_right(tmp_path):
    file = File()
    x, w = file.value("x", (1, 4, 4, 1)), file.constant("w", np.ones((1, 3, 3, 1), np.float32))
    y = file.value("y", (1, 2, 2, 1))
    file.add(Op.CONV_2D, [x, w], y, schema.Conv2DOptionsT(padding=0, strideH=2, strideW=2))
    (node,) = importer.load(file.write(tmp_path / "m.tflite", [x], [y])).nodes
    assert isinstance(node.op, Conv2D)
    padding = node.op.padding
    assert (padding.top, padding.bottom, padding.left, padding.right) == (0, 1, 0, 1)


# What is refused


def _two_foreign_operators(path):
    file = File()
    x = file.value("x", (1, 3))
    a = file.add(Op.FLOOR, [x], file.value("first", (1, 3)))
    b = file.add(Op.TANH, [a], file.value("second", (1, 3)))
    c = file.add(Op.CEIL, [b], file.value("third", (1, 3)))
    return file.write(path, [x], [c])


def test_all_unsupported_operators_are_in_one_error(tmp_path):
    path = _two_foreign_operators(tmp_path / "m.tflite")
    with pytest.raises(UnsupportedError) as caught:
        importers.load(path)
    text = str(caught.value)
    assert "FLOOR" in text and "CEIL" in text and "'first'" in text and "'third'" in text
    assert "2 layers" in text and "TANH" in caught.value.next_step


def test_survey_gives_the_same_as_data(tmp_path):
    findings = importers.survey(_two_foreign_operators(tmp_path / "m.tflite"))
    assert [(f.layer, f.operator) for f in findings] == [("first", "FLOOR"), ("third", "CEIL")]


def test_survey_of_a_supported_model_is_empty(tmp_path):
    assert importers.survey(write(tmp_path / "m.tflite", to_tflite(NETWORKS["cnn"]()))) == ()


def _int16(file):
    x = file.value("x", (1, 3), TYPE.INT16, 0.5, 0)
    return x, file.add(Op.TANH, [x], file.value("y", (1, 3), TYPE.INT16, 2**-15, 0))


def _old_uint8(file):
    x = file.value("x", (1, 3), TYPE.UINT8, 0.5, 0)
    return x, file.add(Op.RELU, [x], file.value("y", (1, 3), TYPE.UINT8, 0.5, 0))


def _fused_tanh(file):
    x = file.value("x", (1, 3))
    y = file.value("y", (1, 3))
    return x, file.add(Op.ADD, [x, x], y, schema.AddOptionsT(fusedActivationFunction=4))


def _control_flow(file):
    x = file.value("x", (1, 3))
    y = file.value("y", (1, 3))
    return x, file.add(Op.WHILE, [x], y, schema.WhileOptionsT())


def _partly_float(file):
    x = file.value("x", (1, 3))
    a = file.add(Op.TANH, [x], file.value("a", (1, 3)))
    q = file.add(Op.QUANTIZE, [a], file.value("q", (1, 3), TYPE.INT8, 0.5, 0))
    return x, file.add(Op.RELU, [q], file.value("y", (1, 3), TYPE.INT8, 0.5, 0))


def _relu6_that_rescales(file):
    x = file.value("x", (1, 3), TYPE.INT8, 0.5, 0)
    return x, file.add(Op.RELU6, [x], file.value("y", (1, 3), TYPE.INT8, 0.25, 0))


def _dilation_as_batches(file):
    x, y = file.value("x", (1, 4, 3)), file.value("y", (2, 2, 3))
    numbers = [
        file.constant("block", np.array([2], np.int32)),
        file.constant("pads", np.zeros((1, 2), np.int32)),
    ]
    return x, file.add(Op.SPACE_TO_BATCH_ND, [x, *numbers], y, schema.SpaceToBatchNDOptionsT())


def _maximum_over_the_batch(file):
    x, y = file.value("x", (2, 5, 3)), file.value("y", (5, 3))
    axes = file.constant("axes", np.array([0], np.int32))
    return x, file.add(Op.REDUCE_MAX, [x, axes], y, schema.ReducerOptionsT())


def _runtime_weights(file):
    x, y = file.value("x", (1, 3)), file.value("y", (1, 1))
    options = schema.FullyConnectedOptionsT()
    return x, file.add(Op.FULLY_CONNECTED, [x, x, -1], y, options)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (_int16, "int16x8"),
        (_old_uint8, "uint8"),
        (_fused_tanh, "fused activation"),
        (_control_flow, "WHILE"),
        (_partly_float, "QUANTIZE"),
        (_relu6_that_rescales, "quantization"),
        (_dilation_as_batches, "dilated convolution"),
        (_maximum_over_the_batch, "axes [0] of the shape"),
        (_runtime_weights, "run time"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_unsupported_models_say_what_and_where(tmp_path, build, words):
    file = File()
    x, y = build(file)
    with pytest.raises(UnsupportedError) as caught:
        importer.load(file.write(tmp_path / "m.tflite", [x], [y]))
    assert words in str(caught.value)
    assert caught.value.where and caught.value.next_step


def test_custom_operators_are_named(tmp_path):
    file = File()
    x = file.value("x", (1, 3))
    y = file.add(Op.CUSTOM, [x], file.value("y", (1, 3)))
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(file.finish([x], [y])))
    model.operatorCodes[0].customCode = "MyFilter"
    with pytest.raises(UnsupportedError, match="MyFilter"):
        importer.load(write(tmp_path / "m.tflite", packed(model)))


def test_unknown_image_size_is_refused(tmp_path):
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(to_tflite(NETWORKS["cnn"]())))
    tensor = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    tensor.shapeSignature = [-1, -1, -1, 3]
    with pytest.raises(UnsupportedError, match="unknown"):
        importer.load(write(tmp_path / "m.tflite", packed(model)))


# Which file it is


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.tflite", b"", "empty"),
        ("short.tflite", b"\x18\0\0", "content is not one"),
        ("text.tflite", b"hello, this is no model", "content is not one"),
        ("model.h5", b"\x1c\0\0\0TFL3 and so on", "is a TFLite model but is named"),
        ("model.doc", b"hello, this is no model", "no format that tinygen reads"),
        ("broken.keras", b"PK\x03\x04 half of an archive", "content is not one"),
        ("cut.tflite", b"\x1c\0\0\0TFL3", "damaged"),
    ],
)
def test_foreign_and_cut_files(tmp_path, name, content, words):
    path = write(tmp_path / name, content)
    with pytest.raises(ModelFileError) as caught:
        importers.load(path)
    assert words in str(caught.value) and caught.value.next_step
    assert caught.value.where == str(path)


def test_missing_file_and_empty_folder(tmp_path):
    with pytest.raises(ModelFileError, match="no such file"):
        importers.load(tmp_path / "nothing.tflite")
    with pytest.raises(ModelFileError, match="SavedModel"):
        importers.load(tmp_path)


def test_reading_needs_neither_tensorflow_nor_h5py(tmp_path):
    path = write(tmp_path / "m.tflite", to_tflite(NETWORKS["mlp"]()))
    script = (
        "import sys, tinygen.importers; light = set(sys.modules); "
        f"tinygen.importers.load({str(path)!r}); "
        "assert 'tflite' not in light; "
        "assert not {'tensorflow', 'h5py', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
