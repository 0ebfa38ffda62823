"""Where memory goes: hot weights in RAM, sections by macros."""

import subprocess

import numpy as np
import pytest

from tests.example_graphs import cnn
from tests.tools import require_tools
from tinygen import bench, device, reference, targets
from tinygen.emit import EmitOptions, emit

TARGET = targets.load("cortex-m4")


@pytest.fixture
def graph():
    return cnn()


def emitted(graph, folder, **options):
    return emit(graph, TARGET, folder / "net", name="net", options=EmitOptions(**options))


def test_hot_weights_are_initialized_data_within_their_budget(graph, tmp_path):
    require_tools("arm-none-eabi-gcc", "qemu-system-arm")
    cold = bench.bench_folder(emitted(graph, tmp_path / "cold").folder, TARGET).measurement
    hot = bench.bench_folder(
        emitted(graph, tmp_path / "hot", hot_weights=400).folder, TARGET
    ).measurement
    moved = hot.ram.other_static_bytes - cold.ram.other_static_bytes
    assert 0 < moved <= 400 + 3
    assert hot.flash.total_bytes == cold.flash.total_bytes, "the initial values stay in flash"


def test_hot_weights_change_no_byte(graph, tmp_path):
    require_tools("arm-none-eabi-gcc", "qemu-system-arm")
    folder = emitted(graph, tmp_path, hot_weights=10_000).folder
    x = np.random.default_rng(3).integers(
        -128, 128, (3, *graph.input_tensors[0].shape[1:]), np.int8
    )
    wanted = reference.run(graph, {graph.inputs[0]: x})[graph.outputs[0]].reshape(3, -1)
    got = device.run_on_qemu(folder, "net", TARGET, x.reshape(3, -1), wanted.shape[1])
    np.testing.assert_array_equal(got, wanted)


def test_every_buffer_can_be_placed(graph, tmp_path):
    require_tools("arm-none-eabi-gcc")
    folder = emitted(graph, tmp_path, hot_weights=400).folder
    defines = [
        '-DNET_SECTION_ARENA=__attribute__((section(".dtcm")))',
        '-DNET_SECTION_WEIGHTS=__attribute__((section(".slow")))',
        '-DNET_SECTION_HOT_WEIGHTS=__attribute__((section(".fast")))',
        '-DTG_KERNEL_SECTION=__attribute__((section(".itcm")))',
    ]
    kernel = next((folder / "tinygen").glob("tg_*conv2d*.c"))
    for file in ("net.c", "net_weights.c", f"tinygen/{kernel.name}"):
        command = [TARGET.compiler, *TARGET.compile_flags, "-std=c99", "-Werror", "-Wall", "-I."]
        subprocess.run(
            [*command, *defines, "-c", file, "-o", f"{file.replace('/', '_')}.o"],
            cwd=folder, check=True,
        )  # fmt: skip
    sections = {
        name: subprocess.run(
            ["arm-none-eabi-objdump", "-h", name],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for name in ("net.c.o", "net_weights.c.o", f"tinygen_{kernel.name}.o")
    }
    assert ".dtcm" in sections["net.c.o"]
    assert ".slow" in sections["net_weights.c.o"]
    assert ".fast" in sections["net_weights.c.o"]
    assert ".itcm" in sections[f"tinygen_{kernel.name}.o"]
