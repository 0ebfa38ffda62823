"""Hypothesis strategy: small networks of layers that can run by rows, with the shapes that break row programs."""

from hypothesis import strategies as st

from tests.example_graphs import Network
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.mul import Mul
from tinygen.ops.sub import Sub
from tinygen.ops.window import Padding

BLOCKS = 4
"""Blocks that a network has at most; a block is one to three layers."""


@st.composite
def row_graphs(draw: st.DrawFn) -> Graph:
    """Chains, residuals, concatenations, tensors read twice; odd sizes, one-pixel maps, windows of all kinds."""
    height, width = draw(st.integers(1, 11)), draw(st.integers(1, 6))
    net = Network((1, height, width, draw(st.integers(1, 6))), draw(st.integers(0, 2**16)))
    x = net.input
    for _ in range(draw(st.integers(2, BLOCKS))):
        x = draw(st.sampled_from(_BLOCKS))(draw, net, x)
    outputs = [x]
    if draw(st.booleans()):
        outputs = [_end(draw, net, x)]
    if draw(st.sampled_from([False, False, True])):
        made = [n.outputs[0] for n in net.nodes if n.outputs[0] not in outputs]
        outputs.append(draw(st.sampled_from(made)))
    return net.finish(*outputs, arithmetic=draw(st.sampled_from(Arithmetic)))


def _size(net: Network, x: str) -> tuple[int, int]:
    return net.tensors[x].shape[1:3]


def _window(draw: st.DrawFn) -> dict[str, tuple[int, int]]:
    kernel = draw(st.sampled_from([(1, 1), (3, 3), (3, 3), (2, 3), (5, 1)]))
    stride = draw(st.sampled_from([(1, 1), (1, 1), (2, 2), (3, 1)]))
    return {"kernel": kernel, "stride": stride}


def _conv(draw: st.DrawFn, net: Network, x: str) -> str:
    dilation = draw(st.sampled_from([(1, 1), (1, 1), (2, 1)]))
    return net.conv(x, draw(st.integers(1, 6)), dilation=dilation, **_window(draw))


def _uneven(draw: st.DrawFn, net: Network, x: str) -> str:
    """Padding that is wider than the kernel, or none."""
    (height, width), channels = _size(net, x), net.tensors[x].shape[3]
    top, bottom = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    if height + top + bottom < 3:
        top += 3
    op = Conv2D(
        padding=Padding(top=top, bottom=bottom, left=1, right=max(0, 3 - width)),
        stride=(draw(st.integers(1, 2)), 1),
        activation=Activation.RELU,
    )
    return net._weighted(op, x, (3, 3, 2, channels), 0)


def _depthwise(draw: st.DrawFn, net: Network, x: str) -> str:
    return net.depthwise(x, multiplier=draw(st.sampled_from([1, 1, 2])), **_window(draw))


def _pool(draw: st.DrawFn, net: Network, x: str) -> str:
    kernel = tuple(min(size, draw(st.integers(1, 3))) for size in _size(net, x))
    op = draw(st.sampled_from([MaxPool2D, AveragePool2D]))
    stride = (draw(st.integers(1, 3)), draw(st.integers(1, 2)))
    return net.same_quantization(op(kernel=kernel, stride=stride), x)


def _unary(draw: st.DrawFn, net: Network, x: str) -> str:
    return net.apply(HardSwish(), (x,))


def _residual(draw: st.DrawFn, net: Network, x: str) -> str:
    """x + layers(x), the skip path sometimes with a layer of its own; or x * layers(x), x - layers(x), or the sum
    of x and x."""
    channels = net.tensors[x].shape[3]
    skip, y = x, x
    for _ in range(draw(st.integers(0, 2))):
        y = net.conv(y, channels, kernel=draw(st.sampled_from([(1, 1), (3, 3)])))
    if draw(st.booleans()):
        skip = net.depthwise(x)
    op = draw(st.sampled_from([Add(activation=Activation.RELU), Mul(), Sub()]))
    return net.apply(op, (y, skip) if draw(st.booleans()) else (skip, y))


def _concat(draw: st.DrawFn, net: Network, x: str) -> str:
    """Along the channels, the width, or the height, which cuts the segment."""
    q = net.tensors[x].quantization
    branch = net.conv(x, net.tensors[x].shape[3], kernel=(3, 3))
    other = net.apply(Add(), (branch, branch), q)
    return net.apply(Concatenate(axis=draw(st.sampled_from([3, 3, 2, 1]))), (x, other), q)


_BLOCKS = (_conv, _conv, _uneven, _depthwise, _pool, _unary, _residual, _concat)


def _end(draw: st.DrawFn, net: Network, x: str) -> str:
    if draw(st.booleans()):
        x = net.apply(Mean(axes=(1, 2), keep_dims=True), (x,))
    else:
        x = net.same_quantization(AveragePool2D(kernel=_size(net, x)), x)
    return net.dense(net.flatten(x), 3) if draw(st.booleans()) else x
