"""Damaged, malformed and hostile Keras files end in a user error, and never in anything else.

The files are written here by hand, so that TensorFlow is not needed.
"""

import copy
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tinygen.errors import ModelFileError, TinygenError, UnsupportedError
from tinygen.importers import keras as importer
from tinygen.importers.keras import limits

Weights = dict[str, dict[str, np.ndarray]]


def layer(class_name: str, name: str, reads: tuple[str, ...] = (), **settings: Any) -> dict:
    nodes = [[[source, 0, 0, {}] for source in reads]] if reads else []
    return {
        "class_name": class_name,
        "name": name,
        "config": {"name": name, **settings},
        "inbound_nodes": nodes,
    }


def functional(*layers: dict, output: str, source: str = "in") -> dict:
    config = {
        "name": "model",
        "layers": list(layers),
        "input_layers": [[source, 0, 0]],
        "output_layers": [[output, 0, 0]],
    }
    return {"class_name": "Functional", "config": config}


def input_layer(*shape: int | None, name: str = "in") -> dict:
    return layer("InputLayer", name, batch_input_shape=[None, *shape])


CONV = {"filters": 3, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same"}


def small_model() -> tuple[dict, Weights]:
    """Convolution, normalization, ReLU, a branch, pooling, flattening, classification."""
    rng = np.random.default_rng(0)

    def random(*shape: int) -> np.ndarray:
        return rng.normal(0, 1, shape).astype(np.float32)

    config = functional(
        input_layer(6, 6, 2),
        layer("Conv2D", "conv", ("in",), activation="linear", dilation_rate=[1, 1], **CONV),
        layer("BatchNormalization", "bn", ("conv",), axis=[3], epsilon=1e-3),
        layer("ReLU", "relu", ("bn",), max_value=6.0, negative_slope=0.0, threshold=0.0),
        layer("Add", "add", ("relu", "conv")),
        layer("ZeroPadding2D", "pad", ("add",), padding=[[1, 0], [1, 0]]),
        layer("MaxPooling2D", "pool", ("pad",), pool_size=[2, 2], strides=[2, 2]),
        layer("Concatenate", "concat", ("pool", "pool"), axis=-1),
        layer("Reshape", "reshape", ("concat",), target_shape=[-1, 6]),
        layer("Flatten", "flatten", ("reshape",), data_format="channels_last"),
        layer("Dense", "dense", ("flatten",), units=4, activation="softmax", use_bias=True),
        output="dense",
    )
    weights = {
        "conv": {"kernel": random(3, 3, 2, 3), "bias": random(3)},
        "bn": {
            "gamma": random(3),
            "beta": random(3),
            "moving_mean": random(3),
            "moving_variance": np.abs(random(3)) + 0.1,
        },
        "dense": {"kernel": random(54, 4), "bias": random(4)},
    }
    return config, weights


def write_h5(path: Path, config: Any, weights: Weights) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = (
            config if isinstance(config, (str, bytes)) else json.dumps(config)
        )
        root = file.create_group("model_weights")
        for name, arrays in weights.items():
            for weight, array in arrays.items():
                root[f"{name}/{name}/{weight}:0"] = array
    return path


def weights_file(weights: Weights) -> bytes:
    """The HDF5 file inside of a .keras archive, for one layer per class."""
    folders = {"conv": "conv2d", "bn": "batch_normalization", "dense": "dense"}
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, arrays in weights.items():
            for number, array in enumerate(arrays.values()):
                file[f"layers/{folders[name]}/vars/{number}"] = array
    return buffer.getvalue()


def write_archive(path: Path, config: Any, weights: Weights) -> Path:
    text = config if isinstance(config, (str, bytes)) else json.dumps(config)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", weights_file(weights))
    return path


@pytest.fixture
def h5(tmp_path) -> Path:
    return write_h5(tmp_path / "model.h5", *small_model())


@pytest.fixture
def archive(tmp_path) -> Path:
    return write_archive(tmp_path / "model.keras", *small_model())


def test_the_files_of_these_tests_are_sound(h5, archive):
    first, second = importer.load(h5), importer.load(archive)
    assert [node.name for node in first.nodes] == [node.name for node in second.nodes]
    assert importer.survey(h5) == ()


# --- damaged files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["h5", "keras"])
@pytest.mark.parametrize("fraction", [0.0, 0.01, 0.3, 0.6, 0.9, 0.99])
def test_truncated(h5, archive, suffix, fraction):
    path = h5 if suffix == "h5" else archive
    content = path.read_bytes()
    path.write_bytes(content[: int(fraction * len(content))])
    with pytest.raises(ModelFileError) as error:
        importer.load(path)
    assert error.value.where


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_flipped_bytes_end_in_user_errors(h5, archive, suffix):
    path = h5 if suffix == "h5" else archive
    content = path.read_bytes()
    rng = np.random.default_rng(7)
    refused = 0
    for _ in range(150):
        damaged = np.frombuffer(content, np.uint8).copy()
        damaged[rng.integers(0, len(damaged), 4)] ^= rng.integers(1, 256, 4).astype(np.uint8)
        path.write_bytes(damaged.tobytes())
        try:
            importer.load(path)
        except TinygenError:
            refused += 1
    assert refused > 10


def test_neither_format(tmp_path):
    path = tmp_path / "model.h5"
    path.write_bytes(b"\x80\x04pickle")
    with pytest.raises(ModelFileError, match="neither HDF5 nor"):
        importer.load(path)


# --- hostile HDF5 ----------------------------------------------------------------------------------------------------

KERNEL = "model_weights/conv/conv/kernel:0"


def _edit(path: Path) -> h5py.File:
    return h5py.File(path, "r+")


def _replace(path: Path, data: Any, **options: Any) -> None:
    with _edit(path) as file:
        del file[KERNEL]
        file.create_dataset(KERNEL, data=data, **options)


def test_external_link_is_refused(h5, tmp_path):
    other = write_h5(tmp_path / "other.h5", *small_model())
    with _edit(h5) as file:
        del file[KERNEL]
        file[KERNEL] = h5py.ExternalLink(other.name, KERNEL)
    with pytest.raises(ModelFileError, match="link to another place"):
        importer.load(h5)


def test_soft_link_is_refused(h5):
    with _edit(h5) as file:
        file["model_weights/conv/loop"] = h5py.SoftLink("/model_weights")
    with pytest.raises(ModelFileError, match="link to another place"):
        importer.load(h5)


def test_data_in_another_file_is_refused(h5, tmp_path):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(216))
    with _edit(h5) as file:
        del file[KERNEL]
        file.create_dataset(KERNEL, (3, 3, 2, 3), np.float32, external=[(str(secret), 0, 216)])
    with pytest.raises(ModelFileError, match="outside the file"):
        importer.load(h5)


def test_virtual_dataset_is_refused(h5, tmp_path):
    layout = h5py.VirtualLayout((3, 3, 2, 3), np.float32)
    layout[...] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (3, 3, 2, 3))
    with _edit(h5) as file:
        del file[KERNEL]
        file.create_virtual_dataset(KERNEL, layout)
    with pytest.raises(ModelFileError, match="outside the file"):
        importer.load(h5)


@pytest.mark.parametrize(
    "data",
    [
        np.full((3, 3, 2, 3), "x", h5py.string_dtype()),
        np.zeros((3, 3, 2, 3), np.int8),
        np.zeros((3, 3, 2, 3), np.complex64),
        np.zeros((3, 3, 2, 3), [("a", np.float32)]),
    ],
    ids=["strings", "int8", "complex", "records"],
)
def test_weights_of_other_types_are_refused(h5, data):
    _replace(h5, data)
    with pytest.raises(ModelFileError, match="stored as"):
        importer.load(h5)


def test_filter_that_needs_a_plugin_is_refused(h5):
    _replace(h5, np.zeros((3, 3, 2, 3), np.float32), compression="lzf")
    with pytest.raises(ModelFileError, match="filter plugin"):
        importer.load(h5)


def test_usual_compression_is_read(h5):
    with _edit(h5) as file:
        kernel = file[KERNEL][()]
    _replace(h5, kernel, compression="gzip", shuffle=True)
    assert importer.load(h5).nodes


def test_array_that_declares_gigabytes_is_refused_before_it_is_read(tmp_path):
    units = 2**27
    config = functional(
        input_layer(8),
        layer("Dense", "dense", ("in",), units=units, use_bias=False),
        output="dense",
    )
    path = write_h5(tmp_path / "model.h5", config, {})
    with _edit(path) as file:
        file.create_dataset(
            "model_weights/dense/dense/kernel:0", (8, units), np.float32, chunks=(8, 1024)
        )
    assert path.stat().st_size < 10_000
    with pytest.raises(ModelFileError, match="too large"):
        importer.load(path)


def test_wrong_weight_shape(h5):
    _replace(h5, np.zeros((3, 3, 2, 4), np.float32))
    with pytest.raises(ModelFileError, match="shape") as error:
        importer.load(h5)
    assert "'conv'" in str(error.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_weights_that_are_no_numbers(h5, value):
    _replace(h5, np.full((3, 3, 2, 3), value, np.float64))
    with pytest.raises(TinygenError, match="NaN or infinite"):
        importer.load(h5)


def test_missing_weights(h5):
    with _edit(h5) as file:
        del file[KERNEL]
    with pytest.raises(ModelFileError, match="missing"):
        importer.load(h5)


def test_weights_without_architecture(h5):
    with _edit(h5) as file:
        del file.attrs["model_config"]
    with pytest.raises(ModelFileError, match="weights only") as error:
        importer.load(h5)
    assert "save_weights" in str(error.value)


def test_architecture_without_weights(h5):
    with _edit(h5) as file:
        del file["model_weights"]
    with pytest.raises(ModelFileError, match="no weights"):
        importer.load(h5)


# --- hostile archives ------------------------------------------------------------------------------------------------


def test_archive_bomb_is_refused_before_it_is_unpacked(archive):
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", bytes(limits.MAX_CONFIG_BYTES + 1))
        file.writestr("model.weights.h5", b"")
    assert archive.stat().st_size < 200_000
    with pytest.raises(ModelFileError, match="unpacks to"):
        importer.load(archive)


def test_archive_without_weights(archive):
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("config.json", "{}")
    with pytest.raises(ModelFileError, match=r"0 entries 'model\.weights\.h5'"):
        importer.load(archive)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archive_with_two_configurations(archive):
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("config.json", "{}")
    with pytest.raises(ModelFileError, match="2 entries"):
        importer.load(archive)


def test_entries_that_point_elsewhere_are_not_touched(archive, tmp_path):
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("../escaped.txt", "x")
        file.writestr("/tmp/escaped_absolutely.txt", "x")
    importer.load(archive)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.keras"]


def test_number_of_weights_differs(tmp_path):
    config, weights = small_model()
    weights["dense"]["lora"] = np.zeros(3, np.float32)
    with pytest.raises(ModelFileError, match="3 weights in the file, 2 are needed"):
        importer.load(write_archive(tmp_path / "model.keras", config, weights))


# --- malformed architectures -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '"x"', "{}", '{"class_name": 3}', '{"class_name": "MyModel", "config": {}}',
     '{"class_name": "Functional"}', '{"class_name": "Sequential", "config": {"layers": []}}',
     "[" * 100_000, '{"class_name": "Sequential", "config": ' + "9" * 5000 + "}", b"\xff\xfe{"],
)  # fmt: skip
def test_architecture_that_is_none(tmp_path, text):
    with pytest.raises(ModelFileError):
        importer.load(write_archive(tmp_path / "model.keras", text, {}))


ODD_VALUES = [
    None,
    True,
    -1,
    0,
    2**40,
    1e300,
    float("nan"),
    "",
    "x",
    [],
    [1],
    [[[]]],
    {},
    {"a": [1]},
]


def _places(item: Any, path: tuple = ()) -> Iterator[tuple]:
    """The path of keys to every value below an item."""
    below = (
        item.items()
        if isinstance(item, dict)
        else enumerate(item)
        if isinstance(item, list)
        else ()
    )
    for key, value in below:
        yield (*path, key)
        yield from _places(value, (*path, key))


def _put(item: Any, path: tuple, value: Any) -> None:
    for key in path[:-1]:
        item = item[key]
    item[path[-1]] = value


def test_any_value_at_any_place_ends_in_a_user_error(tmp_path):
    config, weights = small_model()
    path = tmp_path / "model.h5"
    write_h5(path, config, weights)
    refused = total = 0
    for number, place in enumerate(_places(config)):
        odd = [ODD_VALUES[(number + step) % len(ODD_VALUES)] for step in (0, 3, 7)]
        for value in odd:
            changed = copy.deepcopy(config)
            _put(changed, place, value)
            with _edit(path) as file:
                file.attrs["model_config"] = json.dumps(changed)
            total += 1
            try:
                importer.load(path)
            except TinygenError:
                refused += 1
    assert total > 300
    assert refused > total // 2


def test_layers_in_a_circle(tmp_path):
    config = functional(
        input_layer(4),
        layer("ReLU", "a", ("b",)),
        layer("ReLU", "b", ("a",)),
        output="b",
    )
    with pytest.raises(ModelFileError, match="circle"):
        importer.load(write_h5(tmp_path / "model.h5", config, {}))


def test_reference_to_a_layer_that_is_not_there(tmp_path):
    config = functional(input_layer(4), layer("ReLU", "a", ("ghost",)), output="a")
    with pytest.raises(ModelFileError, match="ghost"):
        importer.load(write_h5(tmp_path / "model.h5", config, {}))


def test_two_layers_of_one_name(tmp_path):
    config = functional(
        input_layer(4), layer("ReLU", "a", ("in",)), layer("ReLU", "a", ("in",)), output="a"
    )
    with pytest.raises(ModelFileError, match="same name"):
        importer.load(write_h5(tmp_path / "model.h5", config, {}))


def test_nesting_that_multiplies_without_end(tmp_path):
    """Twenty models, each calling the next one twice: a million layers from a few kilobytes."""
    inner = functional(input_layer(4), layer("ReLU", "a", ("in",)), output="a")
    for _ in range(20):
        nested = {"class_name": "Functional", "name": "m", "config": inner["config"]}
        nested["inbound_nodes"] = [[["in", 0, 0, {}]], [["m", 1, 0, {}]]]
        inner = functional(input_layer(4), nested, output="m")
        inner["config"]["output_layers"] = [["m", 2, 0]]
    with pytest.raises(ModelFileError, match="unfolds to more than"):
        importer.load(write_h5(tmp_path / "model.h5", inner, {}))


def test_huge_activation(tmp_path):
    config = functional(
        input_layer(4, 4, 1),
        layer("ZeroPadding2D", "pad", ("in",), padding=[[0, 10**5], [0, 10**5]]),
        output="pad",
    )
    with pytest.raises(UnsupportedError, match="too large"):
        importer.load(write_h5(tmp_path / "model.h5", config, {}))


# --- what is not supported -------------------------------------------------------------------------------------------


def test_all_unsupported_layers_are_listed_at_once(tmp_path):
    config = functional(
        input_layer(4, 4, 1),
        layer("Lambda", "secret", ("in",), function=["code"]),
        layer("ReLU", "relu", ("secret",)),
        layer("ConvLSTM2D", "memory", ("relu",)),
        layer("MyOwn", "own", ("memory",)),
        output="own",
    )
    path = write_h5(tmp_path / "model.h5", config, {})
    with pytest.raises(UnsupportedError) as error:
        importer.load(path)
    text = str(error.value)
    assert "3 layers" in text
    for word in ("Lambda", "'secret'", "ConvLSTM2D", "'memory'", "MyOwn", "'own'"):
        assert word in text
    assert [f.layer for f in importer.survey(path)] == ["secret", "memory", "own"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (layer("Conv2D", "x", ("in",), **CONV, data_format="channels_first"), "channels_first"),
        (layer("BatchNormalization", "x", ("in",), axis=1), "last"),
        (layer("Softmax", "x", ("in",), axis=0), "last"),
        (layer("Activation", "x", ("in",), activation="glu"), "glu"),
        (layer("Concatenate", "x", ("in", "in"), axis=0), "batch"),
        (layer("Conv1D", "x", ("in",), **CONV), "dimensions"),
    ],
    ids=lambda v: v["class_name"] if isinstance(v, dict) else None,
)
def test_settings_that_are_not_supported_name_the_layer(tmp_path, bad, message):
    config = functional(input_layer(4, 4, 2), bad, output="x")
    with pytest.raises(UnsupportedError, match=message) as error:
        importer.load(write_h5(tmp_path / "model.h5", config, {}))
    assert "'x'" in str(error.value)


def test_open_image_size_says_how_to_fix_it(tmp_path):
    config = functional(input_layer(None, None, 3), layer("ReLU", "a", ("in",)), output="a")
    with pytest.raises(UnsupportedError, match="open in other places") as error:
        importer.load(write_h5(tmp_path / "model.h5", config, {}))
    assert "keras.Input" in str(error.value)
