"""tg_concatenate_s8_v7m on the core: whole words, rests of one to three of them, single bytes, odd addresses."""

import pytest

from tests.strategies import activation_tensor, build_graph
from tests.tools import require_tools
from tinygen import device, targets
from tinygen.emit import EmitOptions, Member, emit_together
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Quantization
from tinygen.ops.concatenate import Concatenate

Q = Quantization.per_tensor(0.1, 3)
CHANNELS = [(16, 4), (8, 12), (32, 48, 4), (1, 1), (2, 3), (7, 22), (33, 31, 5), (15, 16, 17, 18)]
"""Of the inputs that are joined."""


def joined(channels):
    inputs = [activation_tensor(f"x{i}", (1, 2, 3, c), Q) for i, c in enumerate(channels)]
    return build_graph(Concatenate(axis=3), inputs, Q, Arithmetic.TFLM)


@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m55"])
def test_bytes_on_the_core(core, tmp_path):
    target = targets.load(core)
    require_tools(target.compiler, target.qemu[0].emulator)
    graphs = [joined(channels) for channels in CHANNELS]
    options = EmitOptions(kernels=((graphs[0].nodes[0].name, "tg_concatenate_s8_v7m"),))
    members = [
        Member(graph=graph, name=f"net{i}", options=options) for i, graph in enumerate(graphs)
    ]
    models = emit_together(members, target, tmp_path / "nets")
    assert device.selftest_on_qemu(models.folder, models.name, target) == 0
