"""How far a kernel writes ahead of its reads: by simulation, and that the kernels need what they state."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.example_graphs import Network
from tests.kernels.checking import fitting_kernels
from tests.strategies import (
    DETERMINISTIC,
    activation_tensor,
    build_graph,
    paddings,
)
from tinygen import reference
from tinygen.fixedpoint import Arithmetic
from tinygen.kernels import leads
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.pad import Pad


@st.composite
def convolutions(draw):
    """The call of a convolution of a small image."""
    size = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    kernel, stride = (draw(st.tuples(st.integers(1, 3), st.integers(1, 3))) for _ in range(2))
    net = Network((1, *size, draw(st.integers(1, 3))))
    name = net.conv(net.input, draw(st.integers(1, 4)), kernel=kernel, stride=stride)
    graph = net.finish(name)
    op = graph.nodes[0].op
    padding = draw(paddings(size, kernel, stride))
    net = Network(net.tensors[net.input].shape)
    weights = (graph.tensors[name].shape[3], *kernel, net.tensors[net.input].shape[3])
    name = net._weighted(type(op)(stride=stride, padding=padding), net.input, weights, 0)
    return net.finish(name).calls()[0]


def reads_of(call, window, pixel):
    """Input pixels under the window of an output pixel."""
    _, height, width, _ = call.inputs[0].shape
    row, column = divmod(pixel, call.output.shape[2])
    for ky in range(window.kernel[0]):
        for kx in range(window.kernel[1]):
            y = row * window.stride[0] - window.padding.top + ky
            x = column * window.stride[1] - window.padding.left + kx
            if 0 <= y < height and 0 <= x < width:
                yield y * width + x


def survives(call, window, ends, lead, *, buffers_windows):
    """Whether no byte is overwritten before it is read, block by block."""
    depth, channels = call.inputs[0].channels, call.output.channels
    written, start = 0, 0
    for end in ends:
        if not buffers_windows:
            written = (
                end * channels
            )  # the worst order: all is written before the first byte is read
        for pixel in range(start, end):
            if any(lead + read * depth < written for read in reads_of(call, window, pixel)):
                return False
        written, start = end * channels, end
    return True


@DETERMINISTIC
@given(call=convolutions(), pixels=st.integers(1, 5), buffers=st.booleans(), rows=st.booleans())
def test_the_lead_of_windows_is_the_least_that_is_enough(call, pixels, buffers, rows):
    window = call.op.window(call.inputs[1])
    ends = leads.ends_of_blocks(call, pixels, within_rows=rows)
    lead = leads.of_windows(call, window, ends, buffers_windows=buffers)
    assert survives(call, window, ends, lead, buffers_windows=buffers)
    everything_is_read = window.stride == (1, 1) and not _is_far(window)
    if lead and everything_is_read:
        assert not survives(call, window, ends, lead - 1, buffers_windows=buffers)


def _is_far(window):
    """Windows that lie in the padding as a whole read nothing."""
    p, (height, width) = window.padding, window.kernel
    return max(p.top, p.bottom) >= height or max(p.left, p.right) >= width


def conv(net):
    return net.conv(net.input, 8, kernel=(3, 3))


def strided(net):
    return net.conv(net.input, 24, kernel=(3, 3), stride=(2, 2))


def grouped(net):
    return net.conv(net.input, 8, kernel=(3, 3), groups=2)


def pointwise(net):
    return net.conv(net.input, 12, kernel=(1, 1))


def depthwise(net):
    return net.depthwise(net.input, stride=(2, 2))


def maximum(net):
    return net.same_quantization(MaxPool2D(kernel=(3, 3)), net.input)


def average(net):
    return net.same_quantization(AveragePool2D(kernel=(2, 2)), net.input)


def padded(net):
    return net.same_quantization(Pad(paddings=((0, 0), (1, 2), (2, 1), (0, 0))), net.input)


def joined(net):
    """Two inputs, the second the larger."""
    q = net.tensors[net.input].quantization
    inputs = [activation_tensor(f"x{c}", (1, 7, 6, c), q) for c in (3, 8)]
    return build_graph(Concatenate(axis=3), inputs, q, Arithmetic.TFLM)


@pytest.mark.parametrize(
    "case",
    [conv, strided, grouped, pointwise, depthwise, maximum, average, padded, joined],
    ids=lambda case: case.__name__,
)
def test_kernels_need_their_leads_and_no_more_than_a_row_and_a_pixel(case, library):
    """Over its input an output is right with the lead, and wrong well below it: leads are not a multiple too large."""
    net = Network((1, 7, 6, 8))
    made = case(net)
    graph = net.finish(made) if isinstance(made, str) else made
    (call,) = graph.calls()
    rng = np.random.default_rng(0)
    inputs = [rng.integers(-128, 128, x.shape).astype(np.int8) for x in call.activations]
    data = {x.name: values for x, values in zip(call.activations, inputs, strict=True)}
    wanted = reference.run(graph, data)[graph.outputs[0]].reshape(call.output.shape)
    x, y = call.inputs[0], call.output
    slack = x.bytes // x.shape[1] + y.bytes // y.shape[1] + 4 * max(x.channels, y.channels)
    leads_of = {k: k.lead(call) for k in fitting_kernels(call) if k.lead is not None}
    assert leads_of
    for kernel, lead in leads_of.items():
        got = library.run_over_input(kernel, call, inputs, lead)
        np.testing.assert_array_equal(got, wanted, kernel.symbol)
        if slack < lead < y.bytes:
            got = library.run_over_input(kernel, call, inputs, lead - slack)
            assert (got != wanted).any(), f"{kernel.symbol}: a lead of {lead} is too large"
