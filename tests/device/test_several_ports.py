"""Models of several inputs and outputs run on the emulated cores: each has its place in one block."""

import dataclasses

import numpy as np
import pytest

from tests.example_graphs import Network
from tests.tools import require_tools
from tinygen import bench, device, samples, targets, verify
from tinygen.device.block import Block, Port
from tinygen.emit import ArenaMode, EmitOptions, emit
from tinygen.ir import Graph
from tinygen.ops.add import Add

CORES = {
    "cortex-m0plus": "arm-none-eabi-gcc",
    "cortex-m4": "arm-none-eabi-gcc",
    "rv32imc": "riscv64-unknown-elf-gcc",
}


def two_and_two() -> Graph:
    """An image and a vector of odd sizes; two outputs of different sizes, one of which needs both inputs."""
    net = Network((1, 5, 5, 3), seed=4)
    vector = net.add_input("vector", (1, 7))
    image = net.conv(net.input, 6, stride=(2, 2))
    features = net.dense(net.flatten(image), 9)
    both = net.apply(Add(), (features, net.dense(vector, 9)))
    return net.finish(both, net.dense(vector, 3))


def test_tensors_of_a_block_lie_where_their_types_allow():
    block = Block(
        ports=(Port(bytes=3), Port(bytes=8, alignment=4), Port(bytes=1), Port(bytes=2, alignment=2))
    )
    assert (block.offsets, block.bytes, block.alignment) == ((0, 4, 12, 14), 16, 4)
    arrays = [
        np.arange(6, dtype=np.int8).reshape(2, 3),
        np.array([[1, -2], [3, 1 << 30]], np.int32),
        np.array([[7], [-7]], np.int8),
        np.array([[300], [-300]], np.int16),
    ]
    rows = block.pack(arrays)
    assert rows.shape == (2, 16)
    for back, array in zip(block.unpack(rows, [a.dtype for a in arrays]), arrays, strict=True):
        np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("arena", list(ArenaMode))
@pytest.mark.parametrize("core", CORES)
def test_several_inputs_and_outputs_run_on_the_core(core, arena):
    require_tools(CORES[core])
    graph = two_and_two()
    expected = verify.run_reference(graph, samples.generate(graph, 6))
    result = verify.on_qemu(expected, targets.load(core), EmitOptions(arena=arena))
    assert result.passed and result.samples_equal == 6 and result.layers_compared > 3

    wrong = dataclasses.replace(expected, samples={n: x[::-1] for n, x in expected.samples.items()})
    assert not verify.on_qemu(wrong, targets.load(core), EmitOptions(arena=arena)).passed


def test_a_model_of_several_inputs_is_measured(tmp_path):
    require_tools("arm-none-eabi-gcc")
    emission = emit(
        two_and_two(),
        targets.load("cortex-m4"),
        tmp_path / "net",
        name="net",
        options=EmitOptions(),
    )
    measured = bench.bench_folder(
        emission.folder, targets.load("cortex-m4"), layers=True
    ).measurement
    assert measured.ram.io_bytes == device.block_of(two_and_two().input_tensors).bytes + 9 + 3
    assert measured.instructions > 675
