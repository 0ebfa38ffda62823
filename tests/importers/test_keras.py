"""Keras models, saved by Keras, give what Keras predicts.

TensorFlow takes seconds to import, so all models are built once for the whole file.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tinygen import importers, reference
from tinygen.errors import ModelFileError, ToolMissingError, UnsupportedError
from tinygen.importers import keras as importer
from tinygen.importers import saved_model
from tinygen.ir import Graph

keras = None  # set by the fixture: importing it costs seconds


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A model in every format, with inputs and what Keras predicts for them."""

    h5: Path
    archive: Path
    inputs: tuple[NDArray, ...]
    outputs: tuple[NDArray, ...]


def _sequential(shape, *layers):
    return keras.Sequential([keras.Input(shape), *layers])


def _images():
    k = keras.layers
    return _sequential(
        (13, 9, 4),
        k.Conv2D(6, (3, 5), strides=2, padding="same", use_bias=False),
        k.BatchNormalization(scale=False, epsilon=0.01),
        k.ReLU(6.0),
        k.Conv2D(8, 3, dilation_rate=2, padding="same", groups=2, activation="tanh"),
        k.DepthwiseConv2D((2, 3), depth_multiplier=2, padding="same", activation="relu6"),
        k.ZeroPadding2D(((0, 1), (2, 3))),
        k.SeparableConv2D(5, 3, strides=2, depth_multiplier=2, activation="sigmoid"),
        k.MaxPooling2D((2, 3), strides=(1, 2), padding="same"),
        k.AveragePooling2D(2, padding="same"),
        k.Flatten(),
        k.Dense(7, activation="softmax"),
    )


def _signals():
    k = keras.layers
    return _sequential(
        (20, 3),
        k.ZeroPadding1D((2, 1)),
        k.Conv1D(6, 5, padding="causal", dilation_rate=2),
        k.BatchNormalization(center=False),
        k.LeakyReLU(negative_slope=0.1),
        k.SpatialDropout1D(0.5),
        k.SeparableConv1D(8, 3, strides=2, padding="same", activation="relu"),
        k.DepthwiseConv1D(3, depth_multiplier=2),
        k.MaxPooling1D(2, padding="same"),
        k.AveragePooling1D(2, strides=1),
        k.Dense(5, activation="tanh"),
        k.Conv1D(4, 1),
        k.GlobalMaxPooling1D(keepdims=True),
        k.Reshape((2, -1)),
        k.Softmax(),
    )


def _residual():
    """Branches, three-way addition, concatenation along time and channels, a bare `+`, two outputs."""
    k = keras.layers
    a, b = keras.Input((8, 4), name="left"), keras.Input((8, 4), name="right")
    x = k.Conv1D(4, 3, padding="same")(a)
    y = k.Conv1D(4, 3, padding="same")(b)
    joined = k.Concatenate(axis=1)([k.Add()([x, y, a]), b + x])
    wide = k.Concatenate()([joined, k.ReLU()(joined)])
    mean = k.GlobalAveragePooling1D()(wide)
    return keras.Model([a, b], [k.Dense(3)(mean), k.Activation("sigmoid")(joined)])


def _squeeze_excite():
    """Channels scaled by what their means say; products of three tensors, of two by `*`; every hard swish."""
    k = keras.layers
    x = keras.Input((7, 5, 4))
    y = k.Conv2D(6, 3, activation="hard_silu")(x)
    z = k.GlobalAveragePooling2D(keepdims=True)(y)
    z = k.Conv2D(3, 1, activation=keras.activations.hard_swish)(z)
    z = k.Conv2D(6, 1, activation="sigmoid")(z)
    y = k.Activation("hard_swish")(k.Multiply()([y, z, y]))
    return keras.Model(x, keras.ops.hard_silu(k.Conv2D(3, 1)(y * z)))


def _enlarging():
    """Decoders: the normalization behind a transposed convolution is folded, the one before is not."""
    k = keras.layers
    return _sequential(
        (3, 4, 3),
        k.Conv2DTranspose(5, 3, strides=2, padding="same", use_bias=False),
        k.BatchNormalization(),
        k.ReLU(),
        k.BatchNormalization(),
        k.Conv2DTranspose(4, (4, 2), strides=(2, 1), activation="relu6"),
        k.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=0),
        k.Cropping2D(((1, 0), (2, 3))),
        k.UpSampling2D((2, 1)),
        k.UpSampling2D((1, 2), interpolation="bilinear"),
        k.Conv2D(2, 3),
    )


def _enlarged_signals():
    k = keras.layers
    return _sequential(
        (5, 3),
        k.Conv1DTranspose(4, 3, strides=2, padding="same", activation="relu"),
        k.UpSampling1D(3),
        k.Cropping1D((2, 1)),
        k.Conv1DTranspose(2, 2, strides=3, output_padding=2),
    )


def _nested():
    """A Sequential and a functional model inside, each called twice: their weights are shared."""
    k = keras.layers
    inner, head = (
        _sequential((6, 6, 4), k.Conv2D(4, 3, padding="same"), k.BatchNormalization())
        for _ in range(2)
    )
    i = keras.Input((6, 6, 4))
    block = keras.Model(i, k.Add()([inner(i), k.Conv2D(4, 1, activation="relu")(i)]), name="block")
    x = keras.Input((6, 6, 4))
    y = head(block(block(x)))
    shared = k.Conv2D(4, 1)
    z = k.Add()([shared(y), shared(head(y))])
    return keras.Model(x, k.GlobalAveragePooling2D(keepdims=True)(z))


def _preprocessing():
    k = keras.layers
    normalization = k.Normalization()
    normalization.adapt(np.random.default_rng(5).normal(3, 2, (50, 6, 6, 3)))
    return _sequential(
        (6, 6, 3),
        k.Rescaling(2.0, offset=-0.5),
        normalization,
        k.RandomFlip(),
        k.GaussianNoise(0.3),
        k.Dropout(0.5),
        k.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 4.0, 9.0]),
        k.Normalization(mean=0.5, variance=2.0, invert=True),
        k.Conv2D(2, 3, activation=keras.layers.LeakyReLU(negative_slope=0.4)),
        k.Activation("leaky_relu"),
        k.ActivityRegularization(l1=0.1),
        k.GlobalMaxPooling2D(),
    )


def _vectors():
    k = keras.layers
    return _sequential(
        (12,),
        k.Dense(9, use_bias=False),
        k.BatchNormalization(),
        k.Activation("relu"),
        k.Dense(4, activation=keras.layers.ReLU(negative_slope=0.2)),
    )


BUILDERS: dict[str, Callable] = {
    "images": _images,
    "signals": _signals,
    "residual": _residual,
    "squeeze_excite": _squeeze_excite,
    "enlarging": _enlarging,
    "enlarged_signals": _enlarged_signals,
    "nested": _nested,
    "preprocessing": _preprocessing,
    "vectors": _vectors,
}


def _randomize(model, rng) -> None:
    """Weights such as training leaves them; variances stay positive."""
    for variable in model.variables:
        if variable.dtype == "float32" and "normalization" not in variable.path.split("/")[0]:
            value = rng.normal(0, 0.4, variable.shape).astype(np.float32)
            variable.assign(np.abs(value) + 0.1 if "variance" in variable.path else value)


def _save(name: str, folder: Path) -> Saved:
    rng = np.random.default_rng(len(name))
    model = BUILDERS[name]()
    _randomize(model, rng)
    inputs = tuple(rng.normal(0, 1.5, (3, *i.shape[1:])).astype(np.float32) for i in model.inputs)
    outputs = model(list(inputs) if len(inputs) > 1 else inputs[0], training=False)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    h5, archive = folder / f"{name}.h5", folder / f"{name}.keras"
    model.save(h5)
    model.save(archive)
    if name == "vectors":
        model.export(folder / "vectors_saved", verbose=False)
    return Saved(
        h5=h5, archive=archive, inputs=inputs, outputs=tuple(np.asarray(o) for o in outputs)
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> dict[str, Saved]:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    global keras
    keras = pytest.importorskip("keras", reason="TensorFlow is not installed")
    folder = tmp_path_factory.mktemp("keras")
    return {name: _save(name, folder) for name in BUILDERS}


def _outputs(graph: Graph, inputs: tuple[NDArray, ...]) -> list[NDArray]:
    results = reference.run(graph, dict(zip(graph.inputs, inputs, strict=True)))
    return [results[name] for name in graph.outputs]


def _assert_close(graph: Graph, inputs, expected) -> None:
    for actual, wanted in zip(_outputs(graph, inputs), expected, strict=True):
        assert actual.shape == wanted.shape
        np.testing.assert_allclose(actual, wanted, rtol=1e-5, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("name", BUILDERS)
def test_archive_computes_what_keras_predicts(saved, name):
    model = saved[name]
    _assert_close(importer.load(model.archive), model.inputs, model.outputs)


@pytest.mark.parametrize("name", BUILDERS)
def test_h5_computes_what_keras_predicts(saved, name):
    model = saved[name]
    _assert_close(importer.load(model.h5), model.inputs, model.outputs)


def test_nodes_are_named_after_layers(saved):
    graph = importer.load(saved["vectors"].archive)
    names = [node.name for node in graph.nodes]
    assert names[0].startswith("dense")
    assert names[-1] == f"{names[-2]}/activation"


def test_layers_that_are_called_twice_share_their_weights(saved):
    graph = importer.load(saved["nested"].archive)
    kernels = [node.inputs[1] for node in graph.nodes if node.op.label() == "Conv2D"]
    assert len(set(kernels)) < len(kernels)


def test_conv1d_chain_is_not_split_by_reshapes(saved):
    """Reshapes between a convolution and its normalization would keep it from being folded."""
    nodes = importer.load(saved["signals"].archive).nodes
    convolution = next(n for n in nodes if n.name.startswith("conv1d"))
    (follower,) = [n for n in nodes if convolution.outputs[0] in n.inputs]
    assert follower.op.label() == "BatchNormalization"


def test_saved_model_folder(saved):
    model = saved["vectors"]
    graph = saved_model.load(model.h5.parent / "vectors_saved")
    _assert_close(graph, model.inputs, model.outputs)


@pytest.mark.parametrize("name", ["ic_resnet8", "vww_mobilenet", "ad_autoencoder"])
def test_published_models(saved, published, name):
    """Written by Keras 2.4; Keras 3 refuses the setting `groups` of depthwise layers, so it is dropped."""
    path = published(f"{name}.h5")
    x = np.random.default_rng(1).uniform(0, 1, _input_shape(path)).astype(np.float32)
    expected = _keras2_model(path)(x, training=False)
    _assert_close(importer.load(path), (x,), (np.asarray(expected),))


def _input_shape(path: Path) -> tuple[int, ...]:
    (tensor,) = importer.load(path).input_tensors
    return (4, *tensor.shape[1:])


def _keras2_model(path: Path):
    class Depthwise(keras.layers.DepthwiseConv2D):
        def __init__(self, *, groups=1, **settings):
            super().__init__(**settings)

    return keras.models.load_model(
        path, compile=False, custom_objects={"DepthwiseConv2D": Depthwise}
    )


def test_old_references_to_nested_models(saved, tmp_path):
    """Keras 2 counts the calls of a nested model from 1, Keras 3 of a Sequential one from 0."""
    import h5py

    path = tmp_path / "keras2.h5"
    path.write_bytes(saved["nested"].h5.read_bytes())
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        layers = config["config"]["layers"]
        nested = {layer["name"] for layer in layers if layer["class_name"] == "Sequential"}
        text = file.attrs["model_config"]
        for name in nested:
            for call in (1, 0):
                text = text.replace(f'["{name}", {call}, 0]', f'["{name}", {call + 1}, 0]')
        assert nested and text != file.attrs["model_config"]
        file.attrs["model_config"] = text
    model = saved["nested"]
    _assert_close(importer.load(path), model.inputs, model.outputs)


def test_saved_model_that_is_none(saved, tmp_path):
    (tmp_path / "model" / "variables").mkdir(parents=True)
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"nonsense")
    with pytest.raises(ModelFileError, match="converter refuses") as error:
        saved_model.load(tmp_path / "model")
    assert "model.export" in str(error.value)


def test_saved_model_errors_name_its_folder(saved, tmp_path):
    layers = keras.layers
    keras.Sequential(
        [keras.Input((4,)), layers.Dense(3), layers.Activation(keras.ops.floor)]
    ).export(tmp_path / "folder", verbose=False)
    with pytest.raises(UnsupportedError, match="FLOOR") as error:
        importers.load(tmp_path / "folder")
    assert error.value.where.endswith(" of folder") and ".tflite" not in error.value.where


def test_tensorflow_is_silent(saved):
    """In a process of its own, because TensorFlow logs most while it is loaded."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tinygen import importers\n"
        "importers.load(Path(sys.argv[1]))\n"
        "print('on', file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(saved["vectors"].h5.parent / "vectors_saved")],
        capture_output=True,
        text=True,
        check=True,
        env={k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"},
    )
    assert (done.stdout, done.stderr) == ("", "on\n")


def _saved_as(path: Path, *layers) -> Path:
    keras.Sequential([keras.Input((6, 4), name="x"), *layers]).save(path)
    return path


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_refusals_read_as_sentences(saved, tmp_path, suffix):
    layers = keras.layers
    one = _saved_as(tmp_path / f"one{suffix}", layers.LSTM(3, name="memory"))
    with pytest.raises(UnsupportedError) as error:
        importers.load(one)
    assert str(error.value).splitlines()[:2] == [
        "LSTM layer 'memory' cannot be converted: layers of this class are not supported",
        f"  where: one{suffix}",
    ]
    two = _saved_as(
        tmp_path / f"two{suffix}",
        layers.Dense(3, activation="glu", name="dense"),
        layers.GRU(2, name="gru"),
    )
    with pytest.raises(UnsupportedError) as error:
        importers.load(two)
    assert str(error.value).splitlines()[:4] == [
        "2 layers cannot be converted",
        "  Dense layer 'dense': activation 'glu' is not supported",
        "  GRU layer 'gru': layers of this class are not supported",
        f"  where: two{suffix}",
    ]


def test_a_model_of_nothing_but_dropout(saved, tmp_path):
    path = _saved_as(tmp_path / "m.keras", keras.layers.Dropout(0.5))
    with pytest.raises(UnsupportedError, match="the input 'x' is also an output") as error:
        importers.load(path)
    assert "Dropout" in error.value.next_step


def test_saved_model_without_tensorflow(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ToolMissingError, match="needs TensorFlow") as error:
        saved_model.load(tmp_path)
    assert "pip install" in str(error.value) and error.value.exit_code == 4


def test_keras_files_are_read_without_tensorflow(saved):
    """In a process of its own, because the fixture of this file has imported it."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tinygen.importers import keras\n"
        "keras.load(Path(sys.argv[1]))\n"
        "print(sorted({'tensorflow', 'keras', 'tf_keras'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(saved["images"].archive)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
