"""Random layers of every family: the shapes that nobody thought of. The same seed gives the same layers."""

import random
from collections.abc import Callable, Iterator

import layers

from tinygen.errors import TinygenError
from tinygen.ir import Graph
from tinygen.ops.fully_connected import FullyConnected

MOST_MACS = 3_000_000
"""Larger layers are no other shapes, and take long."""

KERNELS = ((2, 3), (4, 1), (5, 7), (3, 3), (1, 3), (3, 2), (7, 1), (6, 4), (2, 2), (5, 5), (3, 5))

WIDE_KERNELS = ((7, 7), (5, 7), (6, 6), (9, 4), (3, 11), (7, 5), (8, 8), (4, 9), (11, 11), (1, 33))

DEPTHS = (1, 2, 3, 4, 5, 7, 8, 12, 16, 20, 33, 40)

STRIDES = (1, 1, 1, 2, 3)

Drawn = tuple[str, Callable[[], Graph]]
"""A name, and what makes the layer; some draws are no layer."""


def _pair(rng: random.Random, values: tuple[int, ...]) -> tuple[int, int]:
    return rng.choice(values), rng.choice(values)


def _text(pair: tuple[int, int]) -> str:
    return f"{pair[0]}x{pair[1]}"


def _convolution(rng: random.Random) -> Drawn:
    kind = rng.choice(("few", "dilated", "grouped", "1-D", "tiny", "any"))
    size, kernel = (rng.randint(4, 24), rng.randint(4, 24)), rng.choice(KERNELS)
    stride, dilation, groups = _pair(rng, STRIDES), (1, 1), 1
    depth, count = rng.choice(DEPTHS), rng.choice((1, 2, 3, 4, 5, 8, 11, 16, 24, 32))
    if kind == "few":
        depth, count = rng.randint(1, 5), rng.choice((1, 2, 3, 4, 6, 8))
    elif kind == "dilated":
        stride, dilation = (1, 1), _pair(rng, (1, 2, 3))
    elif kind == "grouped":
        groups = rng.randint(2, 10)
        depth, count = groups * rng.choice(DEPTHS[:8]), groups * rng.choice((1, 2, 3, 4, 6))
    elif kind == "1-D":
        size, kernel = (1, rng.choice((40, 100, 250))), (1, rng.choice((3, 5, 7, 9, 16, 33)))
        stride = (1, rng.randint(1, 3))
    elif kind == "tiny":
        size = _pair(rng, (1, 2, 3, 4))
    name = f"{_text(size)} kernel {_text(kernel)} stride {_text(stride)} {depth}->{count}"
    name += f" dilation {_text(dilation)}" if dilation != (1, 1) else ""
    name += f" groups {groups}" if groups > 1 else ""
    return name, lambda: layers.conv2d(
        *size, depth, count, kernel, stride, dilation=dilation, groups=groups
    )


def _pointwise(rng: random.Random) -> Drawn:
    depth = rng.choice((32, 33, 35, 36, 40, 48, 50, 64, 65, 70, 96, 100, 130, 200))
    count = rng.choice((1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 20, 31, 40, 64))
    size = (rng.randint(1, 12), rng.randint(1, 12))
    stride = (1, 1) if rng.random() < 0.8 else _pair(rng, (1, 2, 3))
    name = f"{_text(size)} stride {_text(stride)} {depth}->{count}"
    return name, lambda: layers.conv2d(*size, depth, count, (1, 1), stride)


def _depthwise(rng: random.Random) -> Drawn:
    size, kernel = (rng.randint(3, 24), rng.randint(3, 24)), rng.choice(WIDE_KERNELS)
    if kernel[0] == 1:
        size = (1, rng.randint(30, 150))
    stride, dilation = _pair(rng, (1, 1, 2, 3)), (1, 1)
    if rng.random() < 0.25:
        stride, dilation = (1, 1), _pair(rng, (1, 2, 3))
    channels, times = rng.choice(DEPTHS[:-1]), rng.choice((1, 1, 1, 2, 3, 4))
    name = f"{_text(size)} kernel {_text(kernel)} stride {_text(stride)} {channels} channels"
    name += f" times {times}" if times > 1 else ""
    name += f" dilation {_text(dilation)}" if dilation != (1, 1) else ""
    return name, lambda: layers.depthwise(
        *size, channels, kernel, stride, dilation=dilation, multiplier=times
    )


def _dense(rng: random.Random) -> Drawn:
    depth, rows = rng.randint(32, 400), rng.choice((1, 1, 2, 3, 7))
    count = rng.choice((1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 17, 20, 35, 64))
    shapes = ((rows, depth), (count, depth))
    return (
        f"{depth}->{count} {rows} rows",
        lambda: layers.weighted(FullyConnected(), *shapes, relu=True),
    )


_DRAW = {
    "convolution": _convolution,
    "pointwise": _pointwise,
    "depthwise": _depthwise,
    "dense": _dense,
}


def random_layers(
    family: str, count: int, least_products: int, seed: int = 1
) -> Iterator[tuple[str, Graph]]:
    """So many layers with so many products per output or more, with their names."""
    rng = random.Random(f"{family} {seed}")
    while count > 0:
        name, make = _DRAW[family](rng)
        try:
            graph = make()
        except TinygenError:
            continue  # the window does not fit
        (call,) = graph.calls()
        if graph.macs <= MOST_MACS and call.op.macs(call) >= least_products * call.output.size:
            yield name, graph
            count -= 1
