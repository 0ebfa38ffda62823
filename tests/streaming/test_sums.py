"""Means that are summed row by row: short sums of up to 256 values, long ones of more, at the ends of their range."""

import numpy as np
import pytest

from tests.example_graphs import Network
from tinygen import host, reference, targets
from tinygen.emit import EmitOptions, InputMode, emit
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean


@pytest.mark.parametrize("height", [16, 17])
@pytest.mark.parametrize("pools", [True, False])
def test_sums_of_every_length_are_exact(height, pools, tmp_path):
    net = Network((1, height, 16, 7))
    x = net.same_quantization(MaxPool2D(kernel=(1, 1)), net.input)
    if pools:
        x = net.same_quantization(AveragePool2D(kernel=(height, 16)), x)
    else:
        x = net.apply(Mean(axes=(1, 2), keep_dims=True), (x,))
    graph = net.finish(net.dense(net.flatten(x), 9))
    data = np.random.default_rng(height).integers(-128, 128, (6, height, 16, 7)).astype(np.int8)
    data[0], data[1], data[2, ..., ::2] = -128, 127, -128
    expected = reference.run_one_input(graph, data)
    options = EmitOptions(input=InputMode.ROWS, least_ram=True)
    emission = emit(graph, targets.load("host"), tmp_path / "net", name="net", options=options)
    (segment,) = (i.segment for i in emission.program.items if i.segment)
    added = [run.kernel.symbol for run in segment.runs if run.sums]
    assert added == ["tg_row_short_sums_s8" if height <= 16 else "tg_row_sums_s8"]
    with host.build(emission) as model:
        np.testing.assert_array_equal(model.run(data).reshape(6, -1), expected.reshape(6, -1))
