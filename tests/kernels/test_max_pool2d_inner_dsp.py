"""Maximum pooling without padding for the Arm DSP extension: windows, strides, odd channels; on host and core.

It is tg_max_pool2d_inner_s8_dsp.
"""

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.strategies import activation_tensor, build_graph, inputs_for
from tinygen import device, reference
from tinygen.emit import emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph, Quantization
from tinygen.kernels import max_pool2d_inner_dsp
from tinygen.kernels.dsp import DSP
from tinygen.ops.activation import Activation
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.window import Padding

(KERNEL,) = max_pool2d_inner_dsp.KERNELS


def pool(shape, kernel, stride, **more) -> Graph:
    q = Quantization.per_tensor(0.05, 3)
    op = MaxPool2D(kernel=kernel, stride=stride, **more)
    return build_graph(op, [activation_tensor("x", (1, *shape), q)], q, Arithmetic.TFLM)


POOLS = [
    ((6, 7, 6), (2, 2), (2, 2)),
    ((5, 8, 4), (3, 3), (1, 2)),
    ((9, 5, 13), (8, 1), (1, 3)),
    ((1, 20, 24), (1, 2), (1, 2)),
    ((4, 4, 5), (4, 4), (4, 4)),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    return KernelLibrary(build_library([KERNEL], tmp_path_factory.mktemp("pool")))


@pytest.mark.parametrize(("shape", "kernel", "stride"), POOLS)
def test_windows(shape, kernel, stride, library):
    check_kernel(library, KERNEL, pool(shape, kernel, stride), samples=6)


def test_what_it_cannot_do():
    for graph, reason in (
        (pool((6, 6, 8), (2, 2), (2, 2), padding=Padding(top=1)), "padding"),
        (pool((6, 6, 3), (2, 2), (2, 2)), "channels"),
        (pool((9, 6, 8), (9, 2), (2, 2)), "rows"),
        (pool((6, 6, 8), (2, 2), (2, 2), activation=Activation.RELU), "clamp"),
    ):
        assert reason in KERNEL.reason_against(graph.calls()[0], DSP)


@pytest.mark.parametrize("index", [0, 2])
def test_on_the_core(index, load_core, tmp_path):  # noqa: F811
    graph = pool(*POOLS[index])
    target = load_core("cortex-m4")
    emission = emit(graph, target, tmp_path / "net", name="net")
    assert emission.program.layers[0].kernel.symbol == KERNEL.symbol
    x = inputs_for(graph, 6)["x"]
    expected = reference.run_one_input(graph, x).reshape(len(x), -1)
    outputs = device.run_on_qemu(
        emission.folder, "net", target, x.reshape(len(x), -1), expected.shape[1]
    )
    np.testing.assert_array_equal(outputs, expected)
