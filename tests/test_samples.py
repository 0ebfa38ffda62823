"""Samples to verify with: how a file names those of several inputs."""

import numpy as np
import pytest

from tinygen import samples
from tinygen.errors import UsageError
from tinygen.ir import DType, Graph, Quantization, Tensor

NAMES = ("serving_default_image:0", "serving_default_meta:0")


@pytest.fixture
def graph() -> Graph:
    half = Quantization.per_tensor(0.5, 3)
    tensors = {
        name: Tensor(name=name, shape=(1, 2), dtype=DType.INT8, quantization=half) for name in NAMES
    }
    return Graph(name="two", tensors=tensors, nodes=(), inputs=NAMES, outputs=NAMES)


def test_full_and_short_names_are_taken(tmp_path, graph):
    image = np.array([[1, 2], [3, 4]], np.int8)
    np.savez(tmp_path / "s.npz", meta=np.array([[0.5, -1.0]] * 2), **{NAMES[0]: image})
    found = samples.read(tmp_path / "s.npz", graph)
    assert found[NAMES[0]].tolist() == image.tolist()
    assert found[NAMES[1]].tolist() == [[4, 1]] * 2


def test_a_missing_input_is_named(tmp_path, graph):
    np.savez(tmp_path / "s.npz", x=np.zeros((2, 2), np.int8))
    with pytest.raises(UsageError, match="no samples for the input 'serving_default_image:0'"):
        samples.read(tmp_path / "s.npz", graph)
