"""The RAM that is planned is the RAM that an image has, byte for byte."""

import json

import pytest

from tests.example_graphs import branches, cnn
from tests.tools import require_tools
from tinygen import bench, targets
from tinygen.emit import EmitOptions, InputMode, emit
from tinygen.emit.memory import PlannedRam, ram_of_all

M4 = targets.load("cortex-m4")


@pytest.mark.parametrize(
    ("graph", "options"),
    [
        (branches(), EmitOptions()),
        (cnn(), EmitOptions(input=InputMode.ROWS, least_ram=True, hot_weights=300)),
    ],
    ids=["whole", "rows"],
)
def test_planned_and_measured_agree(tmp_path, graph, options):
    require_tools("arm-none-eabi-gcc", "qemu-system-arm")
    emission = emit(graph, M4, tmp_path / "net", name="net", options=options)
    result = bench.bench_folder(emission.folder, M4)
    planned, measured = emission.ram, result.measurement.ram
    assert result.planned == planned
    assert measured.arena_bytes == planned.arena_bytes > 0
    assert measured.other_static_bytes == planned.state_bytes + planned.hot_weight_bytes
    assert measured.static_bytes == planned.model_bytes
    assert measured.io_bytes == planned.input_bytes + planned.output_bytes
    assert result.ram_bytes == planned.total_bytes + result.measurement.stack_bytes
    if options.input is InputMode.ROWS:
        assert planned.state_bytes > 0 and planned.hot_weight_bytes > 0
    written = json.loads((emission.folder / "manifest.json").read_text())["memory"]
    assert written.items() >= planned.as_dict().items()


def test_the_largest_of_a_shared_arena_counts():
    small, large = (
        PlannedRam(
            arena_bytes=n,
            fast_arena_bytes=10 - n,
            scratch_bytes=n,
            state_bytes=1,
            hot_weight_bytes=2,
            input_bytes=3,
            output_bytes=4,
        )
        for n in (2, 8)
    )
    shared = ram_of_all([small, large], shared_arena=True)
    assert (shared.arena_bytes, shared.fast_arena_bytes, shared.scratch_bytes) == (8, 8, 8)
    assert shared.model_bytes == 8 + 8 + 2 * (1 + 2)
    assert shared.total_bytes == shared.model_bytes + 2 * (3 + 4)
    apart = ram_of_all([small, large], shared_arena=False)
    assert (apart.arena_bytes, apart.fast_arena_bytes) == (10, 10)
