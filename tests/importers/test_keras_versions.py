"""What only older versions of Keras write, from files written by hand; the expected outputs are numpy's."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.importers.test_hostile_keras import functional, input_layer, layer, write_h5
from tinygen import reference
from tinygen.errors import ModelFileError
from tinygen.importers import keras as importer

RNG = np.random.default_rng(4)
X = RNG.normal(0, 1, (3, 4)).astype(np.float32)
KERNEL, BIAS = RNG.normal(0, 1, (4, 2)).astype(np.float32), np.array([1.0, -2.0], np.float32)
DENSE = {"dense": {"kernel": KERNEL, "bias": BIAS}}


def computed(path: Path, x: np.ndarray = X) -> np.ndarray:
    return reference.run_one_input(importer.load(path), x)


def dense(name: str = "dense", **settings) -> dict:
    return layer("Dense", name, units=2, activation="linear", use_bias=True, **settings)


def sequential(*layers: dict, **settings) -> dict:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers), **settings}}


def test_sum_by_operator_in_keras_2(tmp_path):
    """`a + b` is a TFOpLambda, whose second operand stands among the keyword arguments."""
    plus = layer("TFOpLambda", "tf.__operators__.add", function="__operators__.add")
    plus["inbound_nodes"] = [["relu", 0, 0, {"y": ["in", 0, 0], "name": None}]]
    config = functional(
        input_layer(4), layer("ReLU", "relu", ("in",)), plus, output="tf.__operators__.add"
    )
    y = computed(write_h5(tmp_path / "model.h5", config, {}))
    np.testing.assert_allclose(y, np.maximum(X, 0) + X)


def test_sequential_of_keras_2_has_no_input_layer(tmp_path):
    config = sequential(dense(batch_input_shape=[None, 4]))
    y = computed(write_h5(tmp_path / "model.h5", config, DENSE))
    np.testing.assert_allclose(y, X @ KERNEL + BIAS, rtol=1e-6)


def test_sequential_of_keras_2_2_is_a_bare_list(tmp_path):
    config = {"class_name": "Sequential", "config": [dense(batch_input_shape=[None, 4])]}
    y = computed(write_h5(tmp_path / "model.h5", config, DENSE))
    np.testing.assert_allclose(y, X @ KERNEL + BIAS, rtol=1e-6)


def test_sequential_with_the_shape_of_its_build(tmp_path):
    config = sequential(dense(), build_input_shape=[None, 4])
    y = computed(write_h5(tmp_path / "model.h5", config, DENSE))
    np.testing.assert_allclose(y, X @ KERNEL + BIAS, rtol=1e-6)


def test_sequential_without_any_shape(tmp_path):
    with pytest.raises(ModelFileError, match="does not say its input shape") as error:
        importer.load(write_h5(tmp_path / "model.h5", sequential(dense()), DENSE))
    assert "keras.Input" in str(error.value)


def test_functional_model_of_keras_2_3_is_a_model(tmp_path):
    config = functional(
        input_layer(4), {**dense(), "inbound_nodes": [[["in", 0, 0]]]}, output="dense"
    )
    config["class_name"] = "Model"
    y = computed(write_h5(tmp_path / "model.h5", config, DENSE))
    np.testing.assert_allclose(y, X @ KERNEL + BIAS, rtol=1e-6)


def test_weights_of_nested_models_are_flattened_in_keras_2(tmp_path):
    """Two levels deep; the file names the innermost layer only, and counts the calls of models from 1."""
    inner = functional(
        input_layer(4), {**dense(), "inbound_nodes": [[["in", 0, 0, {}]]]}, output="dense"
    )
    middle = {**inner, "name": "inner", "inbound_nodes": [[["in", 0, 0, {}]]]}
    outer = functional(input_layer(4), middle, output="inner")
    outer["config"]["output_layers"] = [["inner", 1, 0]]
    nested = {**outer, "name": "outer", "inbound_nodes": [[["in", 0, 0, {}]]]}
    config = functional(input_layer(4), nested, output="outer")
    config["config"]["output_layers"] = [["outer", 1, 0]]
    path = write_h5(tmp_path / "model.h5", config, {})
    with h5py.File(path, "r+") as file:
        for name, array in DENSE["dense"].items():
            file[f"model_weights/outer/dense/{name}:0"] = array
    np.testing.assert_allclose(computed(path), X @ KERNEL + BIAS, rtol=1e-6)
    assert [node.name for node in importer.load(path).nodes] == ["outer/inner/dense"]


def test_depthwise_kernel_has_had_two_names(tmp_path):
    config = functional(
        input_layer(2, 2, 2),
        layer("DepthwiseConv2D", "dw", ("in",), kernel_size=[1, 1], use_bias=False, groups=1),
        output="dw",
    )
    kernel = np.array([2.0, -3.0], np.float32).reshape(1, 1, 2, 1)
    x = RNG.normal(0, 1, (2, 2, 2, 2)).astype(np.float32)
    for name in ("kernel", "depthwise_kernel"):
        path = write_h5(tmp_path / f"{name}.h5", config, {"dw": {name: kernel}})
        np.testing.assert_allclose(computed(path, x), x * kernel.reshape(2), rtol=1e-6)


def test_leaky_relu_of_keras_2_calls_its_slope_alpha(tmp_path):
    config = functional(input_layer(4), layer("LeakyReLU", "a", ("in",), alpha=0.25), output="a")
    y = computed(write_h5(tmp_path / "model.h5", config, {}))
    np.testing.assert_allclose(y, np.where(X > 0, X, 0.25 * X))


def test_batch_that_is_written_into_the_model_is_left_out(tmp_path):
    """A model trained with batches of 32 infers one sample at a time all the same."""
    first = layer("InputLayer", "in", batch_input_shape=[32, 4])
    config = functional(first, layer("ReLU", "a", ("in",)), output="a")
    graph = importer.load(write_h5(tmp_path / "model.h5", config, {}))
    assert graph.input_tensors[0].shape == (1, 4)


def test_configuration_stored_as_bytes(tmp_path):
    config = functional(input_layer(4), layer("ReLU", "a", ("in",)), output="a")
    path = write_h5(tmp_path / "model.h5", json.dumps(config).encode(), {})
    np.testing.assert_allclose(computed(path), np.maximum(X, 0))


def test_layer_names_with_slashes(tmp_path):
    config = functional(
        input_layer(4),
        {**dense("block/dense"), "inbound_nodes": [[["in", 0, 0, {}]]]},
        output="block/dense",
    )
    path = write_h5(tmp_path / "model.h5", config, {"block/dense": DENSE["dense"]})
    np.testing.assert_allclose(computed(path), X @ KERNEL + BIAS, rtol=1e-6)
