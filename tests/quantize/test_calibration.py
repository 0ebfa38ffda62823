"""Calibration files: what is taken, under which name, and what is refused with which words."""

import zipfile

import numpy as np
import pytest

from tests.quantize.networks import FloatNetwork, classifier
from tinygen.errors import CalibrationError
from tinygen.ir import Graph
from tinygen.ops.add import Add
from tinygen.quantize import arrays_by_input, calibration_from_arrays, load_calibration

X = np.random.default_rng(0).uniform(0, 1, (4, 12, 12, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return classifier()


@pytest.fixture
def two_inputs() -> Graph:
    n = FloatNetwork(4)
    other = n.activation("other", (1, 4))
    n.apply("sum", Add(), n.input, other)
    return Graph(
        name="two",
        tensors=n.tensors,
        nodes=tuple(n.nodes),
        inputs=(n.input, other),
        outputs=("sum",),
    )


@pytest.mark.parametrize("name", ["x", "anything"])
def test_single_array_is_taken_under_any_name(tmp_path, graph, name):
    np.savez(tmp_path / "c.npz", **{name: X})
    calibration = load_calibration(tmp_path / "c.npz", graph)
    np.testing.assert_array_equal(calibration.samples["x"], X)
    assert calibration.source == "c.npz"


def test_npy_is_read(tmp_path, graph):
    np.save(tmp_path / "c.npy", X)
    np.testing.assert_array_equal(load_calibration(tmp_path / "c.npy", graph).samples["x"], X)


def test_key_x_is_taken_among_several(tmp_path, graph):
    np.savez(tmp_path / "c.npz", y=np.zeros(3), x=X)
    assert load_calibration(tmp_path / "c.npz", graph).count == 4


def test_bytes_stay_numbers_and_fix_the_range(tmp_path, graph):
    np.savez(tmp_path / "c.npz", x=np.full((2, 12, 12, 3), 200, np.uint8))
    calibration = load_calibration(tmp_path / "c.npz", graph)
    assert calibration.samples["x"].max() == 200.0
    assert calibration.input_ranges == {"x": (0.0, 255.0)}


def test_other_integers_and_float64_become_float32(graph):
    for dtype in (np.int16, np.float64, np.float16):
        calibration = calibration_from_arrays({"x": X.astype(dtype)}, graph)
        assert calibration.samples["x"].dtype == np.float32
        assert not calibration.input_ranges


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (X[..., :2], "shape"),
        (X[0], "shape"),
        (X.reshape(4, -1), "shape"),
        (X[:0], "no samples"),
        (np.where(X > 0.5, np.nan, X), "NaN"),
        (X.astype(np.float64) * 1e300, "NaN or infinite"),
        (X.astype(complex), "complex"),
        (X > 0.5, "bool"),
        (np.full(X.shape, "a"), "<U1"),
    ],
    ids=["channels", "one sample", "flat", "empty", "nan", "overflow", "complex", "bool", "text"],
)
def test_useless_arrays_name_the_shape_that_is_wanted(tmp_path, graph, array, words):
    np.savez(tmp_path / "c.npz", x=array)
    with pytest.raises(CalibrationError, match=words) as error:
        load_calibration(tmp_path / "c.npz", graph)
    if "NaN" not in words:
        assert "[N, 12, 12, 3]" in str(error.value)


def test_missing_and_uneven_inputs(two_inputs):
    x = np.zeros((3, 4), np.float32)
    with pytest.raises(CalibrationError, match="no array for the input 'other'"):
        calibration_from_arrays({"x": x}, two_inputs)
    with pytest.raises(CalibrationError, match="different numbers"):
        calibration_from_arrays({"x": x, "other": x[:2]}, two_inputs)
    assert calibration_from_arrays({"x": x, "other": x}, two_inputs).count == 3


@pytest.fixture
def tensorflow_names() -> Graph:
    n = FloatNetwork(4)
    left, right = (n.activation(f"serving_default_{k}:0", (1, 4)) for k in ("left", "right"))
    n.apply("sum", Add(), left, right)
    del n.tensors[n.input]
    return Graph(
        name="two",
        tensors=n.tensors,
        nodes=tuple(n.nodes),
        inputs=(left, right),
        outputs=("sum",),
    )


def test_short_names_of_inputs_are_taken(tmp_path, tensorflow_names):
    left, right = np.zeros((3, 4), np.float32), np.ones((3, 4), np.float32)
    np.savez(tmp_path / "c.npz", right=right, **{"serving_default_left:0": left})
    samples = load_calibration(tmp_path / "c.npz", tensorflow_names).samples
    np.testing.assert_array_equal(samples["serving_default_left:0"], left)
    np.testing.assert_array_equal(samples["serving_default_right:0"], right)
    with pytest.raises(CalibrationError, match="'serving_default_left:0'") as error:
        calibration_from_arrays({"right": right}, tensorflow_names)
    assert "named 'left'" in error.value.next_step


def test_full_names_win_and_ambiguous_short_names_are_not_taken():
    n = FloatNetwork(4)
    names = ("serving_default_a:0", "a:0", "b", "serving_default_b:0")
    for name in names:
        n.activation(name, (1, 4))
    graph = Graph(name="g", tensors=n.tensors, nodes=(), inputs=names, outputs=("b",))
    arrays = {key: np.full((1, 4), i) for i, key in enumerate(("a", "b", "x"))}
    assert list(arrays_by_input(arrays, graph)) == ["b"]


def test_python_objects_are_never_loaded(tmp_path, graph):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("code of the file was run",))

    np.save(tmp_path / "c.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    with pytest.raises(CalibrationError, match="Python objects"):
        load_calibration(tmp_path / "c.npy", graph)
    np.savez(tmp_path / "c.npz", x=np.array([Trap()], dtype=object))
    with pytest.raises(CalibrationError, match="Python objects"):
        load_calibration(tmp_path / "c.npz", graph)


@pytest.mark.parametrize("suffix", ["npz", "npy"])
@pytest.mark.parametrize("fraction", [0.0, 0.05, 0.5, 0.95])
def test_truncated_files(tmp_path, graph, suffix, fraction):
    path = tmp_path / f"c.{suffix}"
    (np.savez if suffix == "npz" else np.save)(path, X)
    content = path.read_bytes()
    path.write_bytes(content[: int(fraction * len(content))])
    with pytest.raises(CalibrationError, match="cannot be read"):
        load_calibration(path, graph)


def test_missing_file(tmp_path, graph):
    with pytest.raises(CalibrationError, match="cannot be read"):
        load_calibration(tmp_path / "nothing.npz", graph)


def test_array_that_declares_terabytes(tmp_path, graph):
    np.save(tmp_path / "c.npy", X)
    content = (tmp_path / "c.npy").read_bytes()
    huge = content.replace(b"(4, 12, 12, 3)", b"(9999999999,) ")
    assert huge != content
    (tmp_path / "c.npy").write_bytes(huge)
    with pytest.raises(CalibrationError, match="cannot be read"):
        load_calibration(tmp_path / "c.npy", graph)
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("x.npy", huge)
    with pytest.raises(CalibrationError, match="declares 39999999996 bytes"):
        load_calibration(tmp_path / "c.npz", graph)


def test_first_spreads_over_all_samples(graph):
    many = np.arange(100, dtype=np.float32).reshape(100, 1, 1, 1) * np.ones(
        (1, 12, 12, 3), np.float32
    )
    some = calibration_from_arrays({"x": many}, graph).first(5)
    assert [int(x[0, 0, 0]) for x in some.samples["x"]] == [0, 25, 50, 74, 99]
