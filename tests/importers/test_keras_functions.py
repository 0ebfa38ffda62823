"""Activations and numbers as operands: imported, prepared for int8 and quantized, against what Keras predicts.

TensorFlow takes seconds to import, so all models are built once for the whole file.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.importers.test_hostile_keras import functional, input_layer, layer, write_h5
from tinygen import passes, reference
from tinygen.errors import UnsupportedError
from tinygen.importers import keras as importer
from tinygen.quantize import quantize
from tinygen.quantize.apply import dequantize_array, quantize_array
from tinygen.quantize.calibration import Calibration

keras = None  # set by the fixture: importing it costs seconds

NAMES = (
    "silu", "hard_sigmoid", "gelu", "elu", "selu", "softplus", "softsign", "exponential", "mish", "hard_silu", "relu6",
    "celu", "hard_tanh", "log_sigmoid", "squareplus", "tanh_shrink",
)  # fmt: skip


def _named(x):
    """Every name that `activation` may have."""
    return [keras.layers.Conv2D(3, 1, activation=name)(x) for name in NAMES]


def _layers(x):
    k = keras.layers
    return [
        step(k.Conv2D(3, 1)(x))
        for step in (
            k.ReLU(max_value=3.0, negative_slope=0.1, threshold=0.3),
            k.ReLU(max_value=2.0),
            k.ReLU(threshold=0.5),
            k.ELU(0.7),
            k.LeakyReLU(0.2),
            k.PReLU(),
            k.PReLU(shared_axes=[1, 2]),
            k.PReLU(shared_axes=[1, 2, 3]),
            k.Activation("swish"),
        )
    ]


def _functions(x):
    """Functions of Keras 3 that are no layers."""
    a, o = keras.activations, keras.ops
    steps = (
        a.silu, a.gelu, a.selu, a.softplus, a.softsign, a.exponential, a.hard_sigmoid, a.sigmoid, a.tanh,
        a.relu, a.relu6, o.abs, o.square,
        lambda v: a.gelu(v, approximate=True),
        lambda v: a.elu(v, alpha=0.5),
        lambda v: a.relu(v, max_value=2.0, negative_slope=0.3),
        lambda v: a.leaky_relu(v, 0.1),
        lambda v: o.clip(v, -0.5, 0.7),
    )  # fmt: skip
    return [step(keras.layers.Conv2D(3, 1)(x)) for step in steps]


def _numbers(x):
    """Numbers and arrays on both sides of each operator; sums, differences, extremes of tensors."""
    k, o = keras.layers, keras.ops
    a, b = k.Conv2D(4, 1)(x), k.Conv2D(4, 1)(x)
    row = np.array([1.0, -2.0, 0.5, 3.0], np.float32)
    image = np.linspace(-2, 2, 9 * 8 * 4, dtype=np.float32).reshape(9, 8, 4)
    return [
        *(a + 3.0, a * 0.5, 2 - a, a - 1.0, a / 4, -a, a + row, a - row, o.multiply(row, a)),
        *(a * o.convert_to_tensor(np.float32(2)), a + image, k.Rescaling(2.0, 0.5)(a)),
        *(o.maximum(a, 0.1), o.minimum(0.2, a)),
        *(k.Subtract()([a, b]), k.Maximum()([a, b]), k.Minimum()([a, b]), k.Average()([a, b, a])),
    ]


def _patterns(x):
    """Functions of one value that are written as several layers."""
    k, o = keras.layers, keras.ops
    x = k.Conv2D(4, 1)(x)
    return [
        x * (k.ReLU(6.0)(x + 3.0) * (1.0 / 6.0)),
        k.Multiply()([x, o.sigmoid(x)]),
        k.ReLU(6.0)(x + 3.0) / 6,
        x * x + 2.0,
        x * o.tanh(o.softplus(x)),
    ]


def _moved(x):
    """Other orders of axes, parts, repetitions."""
    k, o = keras.layers, keras.ops
    x = k.Conv2D(4, 1)(x)
    row = k.Flatten()(x[:, :2, :2])
    return [
        *(k.Permute((2, 1, 3))(x), k.Permute((3, 1, 2))(x), o.transpose(x, (0, 3, 2, 1))),
        *(x[:, 1:5, ::2, :3], x[:, -1], x[..., 1], x[:, None, ::-1], x[:, 3, 2:4]),
        *(o.flip(x, 1), o.tile(x, (1, 2, 1, 3)), o.repeat(x, 3, axis=2)),
        *(*o.split(x, 2, axis=-1), o.split(x, [1, 4], axis=1)[1], o.stack([x, x * 2], axis=1)),
        *(o.reshape(x, (-1, 72, 4)), o.expand_dims(x, 2), o.squeeze(x[:, :1], 1)),
        *(o.pad(x, [[0, 0], [1, 0], [0, 2], [0, 0]]), o.concatenate([x, x[:, :2]], axis=1)),
        *(k.RepeatVector(3)(row), k.CenterCrop(4, 5)(x), k.Resizing(5, 16)(x)),
        k.Resizing(18, 16, interpolation="nearest")(x),
    ]


def _reduced(x):
    """Fewer axes; lengths, means and variances of one."""
    k, o = keras.layers, keras.ops
    x = k.Conv2D(4, 1)(x)
    rows = o.reshape(x, (-1, 72, 4))
    return [
        *(o.mean(x, axis=[1, 2]), o.mean(x, axis=-1, keepdims=True), o.sum(x, axis=1)),
        *(o.max(x, axis=-1), o.min(x, axis=[1, 3]), o.mean(x, axis=[1, 3])),
        *(k.LayerNormalization()(x), k.LayerNormalization(center=False, scale=False)(rows)),
        *(k.RMSNormalization()(x), k.GroupNormalization(2)(x), k.UnitNormalization()(x)),
        *(k.Softmax(axis=1)(x), o.softmax(x), o.normalize(rows, axis=-1)),
        *(o.sqrt(o.abs(x)), o.log(o.abs(x) + 0.5), o.rsqrt(o.square(x) + 0.5), x**2, o.sin(x)),
        x / (o.abs(x) + 1.0),
    ]


def _attending(x):
    """Products of tensors."""
    k, o = keras.layers, keras.ops
    a, b = (k.Reshape((24, 4))(k.Conv2D(4, 3, strides=(2, 1))(x * 0.1)) for _ in range(2))
    flat = [k.Flatten()(t[:, :3]) for t in (a, b)]
    return [
        *(k.MultiHeadAttention(2, 3)(a, b), k.MultiHeadAttention(1, 2, value_dim=5)(a, b, b)),
        *(k.Attention()([a, b]), k.Attention(use_scale=True)([a, b, a])),
        *(k.Dot(axes=2)([a, b]), k.Dot(axes=(1, 1))([a, b]), k.Dot(axes=1)(flat)),
        *(o.matmul(a, o.transpose(b, (0, 2, 1))), k.TimeDistributed(k.Dense(5))(a)),
        k.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de")(a),
        k.EinsumDense("...x,xy->...y", output_shape=6, activation="relu")(a),
        k.TimeDistributed(k.Flatten())(o.reshape(a, (-1, 6, 4, 4))),
    ]


BUILDERS = {
    f.__name__: f
    for f in (_named, _layers, _functions, _numbers, _patterns, _moved, _reduced, _attending)
}


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A model in both formats, an input, and what Keras predicts for it."""

    h5: Path
    archive: Path
    x: NDArray
    outputs: list[NDArray]


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> dict[str, Saved]:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    global keras
    keras = pytest.importorskip("keras", reason="TensorFlow is not installed")
    folder = tmp_path_factory.mktemp("functions")
    return {name: _save(name, folder) for name in BUILDERS}


def _save(name: str, folder: Path) -> Saved:
    rng = np.random.default_rng(len(name))
    x = keras.Input((9, 8, 5))
    model = keras.Model(x, BUILDERS[name](x))
    for variable in model.variables:
        variable.assign(rng.normal(0, 0.6, variable.shape))
    h5, archive = folder / f"{name}.h5", folder / f"{name}.keras"
    model.save(h5)
    model.save(archive)
    x = rng.normal(0, 1.5, (6, 9, 8, 5)).astype(np.float32)
    return Saved(h5=h5, archive=archive, x=x, outputs=[np.asarray(y) for y in model(x)])


@pytest.mark.parametrize("name", BUILDERS)
def test_files_compute_what_keras_predicts(saved, name):
    """Before and after the passes for float graphs."""
    model = saved[name]
    for path in (model.h5, model.archive):
        graph = importer.load(path)
        for variant in (graph, passes.optimize(graph)):
            results = reference.run(variant, {variant.inputs[0]: model.x})
            for output, wanted in zip(variant.outputs, model.outputs, strict=True):
                bound = 2e-6 * max(1.0, np.abs(wanted).max())
                np.testing.assert_allclose(results[output], wanted, rtol=0, atol=bound)


@pytest.mark.parametrize("name", BUILDERS)
def test_int8_models_are_close_to_keras(saved, name):
    """Signal to noise of at least 27 dB, where one rounding to 8 bits leaves some 40."""
    model = saved[name]
    graph = passes.optimize(importer.load(model.archive))
    (x,) = graph.inputs
    quantized = quantize(graph, calibration=Calibration(samples={x: model.x}, source="test")).graph
    q = quantize_array(model.x, quantized.tensors[x].quantization)
    results = reference.run(passes.optimize(quantized), {x: q})
    for output, wanted in zip(quantized.outputs, model.outputs, strict=True):
        y = dequantize_array(results[output], quantized.tensors[output].quantization)
        assert np.square(y - wanted).mean() < 10**-2.7 * np.square(wanted).mean(), output


def test_patterns_become_one_table_each(saved):
    graph = passes.optimize(importer.load(saved["_patterns"].archive))
    assert [node.op.label() for node in graph.nodes] == ["Conv2D", *["Curve"] * 5]


def test_every_unsupported_layer_is_listed(saved, tmp_path):
    """One behind the other: what stands behind an unknown activation or layer is looked at, too."""
    k = keras.layers
    steps = [
        k.Conv2D(4, 3, activation="hard_shrink", name="first"),
        k.Conv2D(4, 3, activation="soft_shrink", name="second"),
        k.LayerNormalization(axis=1, name="third"),
        k.Conv2D(4, 1, activation="sparse_plus", name="fourth"),
    ]
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((8, 8, 2)), *steps]).save(path)
    with pytest.raises(UnsupportedError) as error:
        importer.load(path)
    lines = str(error.value).splitlines()
    assert lines[0] == "4 layers cannot be converted"
    for line, name in zip(lines[1:], ("first", "second", "third", "fourth"), strict=False):
        assert f"'{name}'" in line


def _functions_of_keras_2(*records: dict) -> dict:
    return functional(input_layer(4), *records, output=records[-1]["config"]["name"])


def _operation(function: str, name: str, inbound: list) -> dict:
    record = layer("TFOpLambda", name, function=function)
    record["inbound_nodes"] = [[inbound]]
    return record


def test_numbers_as_keras_2_writes_them(tmp_path):
    """`3 - x * 0.5`: the number stands among the keyword arguments, or where a layer would be."""
    config = _functions_of_keras_2(
        _operation("math.multiply", "half", ["in", 0, 0, {"y": 0.5, "name": None}]),
        _operation("math.subtract", "rest", ["_CONSTANT_VALUE", -1, 3, {"y": ["half", 0, 0]}]),
    )
    x = np.array([[1.0, -2.0, 0.0, 5.0]], np.float32)
    y = reference.run_one_input(importer.load(write_h5(tmp_path / "m.h5", config, {})), x)
    np.testing.assert_allclose(y, 3 - x * 0.5)


def test_hard_sigmoid_of_keras_2_is_another(tmp_path):
    import h5py

    config = functional(
        input_layer(4), layer("Activation", "a", ("in",), activation="hard_sigmoid"), output="a"
    )
    path = write_h5(tmp_path / "m.h5", config, {})
    x = np.array([[1.0, -2.6, 0.0, 2.4]], np.float32)
    for version, wanted in (("2.4.0", x * 0.2 + 0.5), ("3.1.0", (x + 3) / 6)):
        with h5py.File(path, "r+") as file:
            file.attrs["keras_version"] = version
        y = reference.run_one_input(importer.load(path), x)
        np.testing.assert_allclose(y, np.clip(wanted, 0, 1), rtol=1e-6)
