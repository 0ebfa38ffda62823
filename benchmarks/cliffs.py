"""Looks for cliffs: shapes of a layer that cost much more per multiply-accumulate than others of their family.

    python benchmarks/cliffs.py [CORE ...] [--family FAMILY]... [--random COUNT] [--all] [--json] [--csv]

Without cores: the Cortex-M4. Layers are emitted for speed. A cliff is a layer of 32 or more products per output that
costs over 1.5 cycles (on cores without a cycle model: instructions) per multiply-accumulate more than the usual layer
of its family; layers that a portable kernel takes on a core with kernels of its own are listed as well. So many random
layers of each family follow those that somebody thought of. Exit code 1 if there is a cliff.

Multiply-accumulates are counted as everywhere in this project, and as others count them: outputs times the products of
a whole window, padding included. `over` are the cycles of the whole layer above its limit: for a tiny layer, what a
call costs; for a large one, what the inner loop does. --csv writes all that was measured to benchmarks/cliffs.csv.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import layers
from random_layers import random_layers

from tinygen import bench, targets
from tinygen.emit import EmitOptions, Optimize
from tinygen.ir import Graph
from tinygen.kernels import CATALOGUE
from tinygen.ops.fully_connected import FullyConnected

CSV = Path(__file__).parent / "cliffs.csv"

ALLOWED = 1.5
"""Cycles per multiply-accumulate above the usual layer's."""

LEAST_PRODUCTS = 32
"""Products per output from which on a layer counts as a cliff; below, outputs are what costs."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A layer of a family; `products` of an output."""

    family: str
    name: str
    graph: Graph

    @property
    def products(self) -> int:
        (call,) = self.graph.calls()
        return call.op.macs(call) // call.output.size


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a layer costs on a core."""

    core: str
    family: str
    name: str
    products: int
    macs: int
    kernel: str
    cost: float
    usual: float

    @property
    def limit(self) -> float:
        return round(self.usual + ALLOWED, 3)

    @property
    def is_cliff(self) -> bool:
        return self.products >= LEAST_PRODUCTS and self.cost > self.limit

    @property
    def over(self) -> int:
        """Cycles of the whole layer above the limit."""
        return max(0, round((self.cost - self.limit) * self.macs))

    @property
    def verdict(self) -> str:
        if self.products < LEAST_PRODUCTS:
            return "few products"
        return "CLIFF" if self.is_cliff else "ok"

    def as_dict(self) -> dict[str, object]:
        more = {"limit": self.limit, "over": self.over, "verdict": self.verdict}
        return asdict(self) | more


USUAL = {
    "convolution": lambda: layers.conv2d(16, 16, 32, 32, stride=(2, 2)),
    "pointwise": lambda: layers.conv2d(12, 12, 64, 64, (1, 1)),
    "depthwise": lambda: layers.depthwise(12, 12, 32),
    "dense": lambda: layers.fully_connected(128, 128),
}
"""The usual layer of each family; convolutions with stride 2, which have no Winograd form."""


def _conv(name: str, *arguments: object, **more: object) -> Shape:
    return Shape(family="convolution", name=name, graph=layers.conv2d(*arguments, **more))


def convolutions() -> Iterator[Shape]:
    for kernel in (2, 3, 4, 5, 7, 9):
        yield _conv(f"{kernel}x{kernel} 16->16", 12, 12, 16, 16, (kernel, kernel))
        yield _conv(f"{kernel}x{kernel} 7->13 odd", 11, 9, 7, 13, (kernel, kernel))
        yield _conv(f"{kernel}x{kernel} s2", 13, 13, 10, 20, (kernel, kernel), (2, 2))
    for depth in (1, 2, 3, 4, 5, 6, 8, 12, 17, 33):
        yield _conv(f"3x3 {depth}->16", 12, 12, depth, 16)
        yield _conv(f"5x5 {depth}->12", 12, 12, depth, 12, (5, 5))
    for count in (1, 2, 3, 4, 5, 6, 7, 9, 33):
        yield _conv(f"3x3 16->{count}", 12, 12, 16, count)
        yield _conv(f"5x5 8->{count}", 10, 10, 8, count, (5, 5))
    for size in (1, 2, 3, 4, 5, 7):
        yield _conv(f"3x3 32->32 {size}x{size}", size, size, 32, 32)
    for stride in ((1, 2), (2, 1), (3, 3), (4, 4)):
        yield _conv(f"3x3 s{stride}", 16, 16, 16, 24, (3, 3), stride)
    for dilation in ((2, 2), (1, 2), (2, 1), (4, 4)):
        yield _conv(f"3x3 d{dilation}", 14, 14, 16, 16, dilation=dilation)
    for groups, depth in ((2, 32), (4, 32), (8, 32), (16, 32), (3, 24), (32, 32)):
        yield _conv(f"3x3 {groups} groups of {depth // groups}", 8, 8, depth, depth, groups=groups)
    yield _conv("1x1 4 groups of 32", 8, 8, 128, 128, (1, 1), groups=4)
    yield _conv("3x3 relu none", 12, 12, 16, 16, relu=False)
    yield _conv("5x5 linear", 12, 12, 16, 16, (5, 5), relu=False)
    for kernel, length, depth, count, stride in (
        (3, 128, 6, 16, 1), (5, 128, 16, 24, 1), (8, 128, 16, 32, 2), (9, 64, 24, 24, 1), (3, 400, 3, 8, 2),
        (8, 400, 1, 16, 4), (80, 1000, 1, 16, 4), (3, 64, 32, 64, 1), (5, 33, 17, 19, 1), (16, 100, 2, 9, 2),
    ):  # fmt: skip
        name = f"1-D {kernel} {depth}->{count} s{stride}"
        yield _conv(name, 1, length, depth, count, (1, kernel), (1, stride))
        yield _conv(f"{name} upright", length, 1, depth, count, (kernel, 1), (stride, 1))
    yield _conv("1-D 3 16->16 d4", 1, 100, 16, 16, (1, 3), dilation=(1, 4))
    yield _conv("10x4 1->64 s2", 49, 10, 1, 64, (10, 4), (2, 2))
    yield _conv("20x8 1->28", 61, 20, 1, 28, (20, 8), (1, 2))


def pointwise() -> Iterator[Shape]:
    channels = (
        (8, 8), (8, 48), (16, 96), (48, 8), (96, 16), (32, 1), (33, 2), (64, 3), (32, 4), (33, 5), (64, 7), (31, 31),
        (50, 66), (128, 10), (160, 320), (36, 20), (12, 60), (34, 34), (35, 64),
    )  # fmt: skip
    for depth, count in channels:
        for size in (1, 3, 8):
            graph = layers.conv2d(size, size, depth, count, (1, 1))
            yield Shape(family="pointwise", name=f"{depth}->{count} {size}x{size}", graph=graph)
    for stride in ((2, 2), (3, 1)):
        graph = layers.conv2d(9, 9, 40, 32, (1, 1), stride, relu=False)
        yield Shape(family="pointwise", name=f"40->32 s{stride}", graph=graph)
    graph = layers.conv2d(9, 9, 40, 32, (1, 1), relu=False)
    yield Shape(family="pointwise", name="40->32 linear", graph=graph)


def depthwise() -> Iterator[Shape]:
    def shape(name: str, *arguments: object, **more: object) -> Shape:
        return Shape(family="depthwise", name=name, graph=layers.depthwise(*arguments, **more))

    for kernel in (
        (2, 2),
        (3, 3),
        (4, 4),
        (5, 5),
        (7, 7),
        (9, 9),
        (1, 5),
        (5, 1),
        (3, 5),
        (1, 9),
        (9, 1),
    ):
        for stride in (1, 2):
            name = f"{kernel[0]}x{kernel[1]} s{stride}"
            yield shape(name, 14, 14, 16, kernel, (stride, stride))
    for channels in (1, 3, 5, 6, 33):
        yield shape(f"3x3 {channels} channels", 12, 12, channels)
    for size in (1, 2, 3, 4, 7, 64):
        yield shape(f"3x3 {size}x{size}", size, size, 32 if size < 64 else 4)
        yield shape(f"5x5 {size}x{size}", size, size, 32 if size < 64 else 4, (5, 5))
    for dilation in ((2, 2), (3, 3), (1, 2), (2, 1)):
        yield shape(f"3x3 d{dilation}", 14, 14, 16, dilation=dilation)
    for stride in ((1, 2), (2, 1), (3, 3)):
        yield shape(f"3x3 s{stride}", 15, 15, 16, (3, 3), stride)
    for multiplier in (2, 3, 8):
        yield shape(f"3x3 times {multiplier}", 10, 10, 4, multiplier=multiplier)
    yield shape("1-D 9 x32", 1, 100, 32, (1, 9))
    yield shape("1-D 5 x24 upright", 100, 1, 24, (5, 1))
    yield shape("3x3 linear", 12, 12, 16, relu=False)


def dense() -> Iterator[Shape]:
    for depth, count in (
        (128, 8), (8, 128), (100, 33), (33, 100), (128, 1), (64, 2), (256, 3), (1000, 4), (64, 5), (400, 10), (50, 50),
        (784, 128), (400, 120), (121, 84), (2048, 7), (48, 48), (72, 35),
    ):  # fmt: skip
        graph = layers.fully_connected(depth, count)
        yield Shape(family="dense", name=f"{depth}->{count}", graph=graph)
        rows = layers.weighted(FullyConnected(), (3, depth), (count, depth), relu=True)
        yield Shape(family="dense", name=f"{depth}->{count} 3 rows", graph=rows)


FAMILIES = {
    "convolution": convolutions,
    "pointwise": pointwise,
    "depthwise": depthwise,
    "dense": dense,
}


def measured(graph: Graph, core: str) -> tuple[str, int]:
    """The kernel, and cycles or instructions of the layer."""
    options = EmitOptions(optimize=Optimize.SPEED)
    result = bench.bench_graph(graph, targets.load(core), layers=True, options=options)
    (layer,) = result.measurement.layers
    return result.layer_kernels[0], layer.cycles or layer.instructions


def _shapes(family: str, random_count: int) -> Iterator[Shape]:
    yield from FAMILIES[family]()
    for name, graph in random_layers(family, random_count, LEAST_PRODUCTS):
        yield Shape(family=family, name=f"random {name}", graph=graph)


def look(core: str, family: str, random_count: int = 0) -> Iterator[Found]:
    graph = USUAL[family]()
    usual = measured(graph, core)[1] / graph.macs
    for shape in _shapes(family, random_count):
        kernel, cost = measured(shape.graph, core)
        macs = shape.graph.macs
        yield Found(
            core=core,
            family=family,
            name=shape.name,
            products=shape.products,
            macs=macs,
            kernel=kernel,
            cost=round(cost / macs, 3),
            usual=round(usual, 3),
        )


PORTABLE = {k.symbol for kernels in CATALOGUE.values() for k in kernels if not k.needs}


HEADER = f"{'core':13} {'family':12} {'layer':58} {'products':>8} {'MACs':>8} {'cost':>7} {'limit':>6} {'over':>7}"


def _show(found: Found, is_json: bool) -> None:
    f = found
    if is_json:
        print(json.dumps(f.as_dict()), flush=True)
        return
    what = f"{f.core:13} {f.family:12} {f.name:58} {f.products:8} {f.macs:8}"
    print(f"{what} {f.cost:7.2f} {f.limit:6.2f} {f.over:7} {f.verdict:12} {f.kernel}", flush=True)


def _write(found: list[Found]) -> None:
    with CSV.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(found[0].as_dict()), lineterminator="\n")
        writer.writeheader()
        writer.writerows(f.as_dict() for f in found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cores", nargs="*", default=["cortex-m4"])
    parser.add_argument("--family", action="append", choices=FAMILIES)
    parser.add_argument("--random", type=int, default=0, help="random layers of each family")
    parser.add_argument("--all", action="store_true", help="list every layer")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--csv", action="store_true", help=f"write {CSV.name}")
    arguments = parser.parse_args()
    every: list[Found] = []
    if not arguments.json:
        print(HEADER)
    for core in arguments.cores:
        for family in arguments.family or FAMILIES:
            for found in look(core, family, arguments.random):
                every.append(found)
                if arguments.all or arguments.json or found.is_cliff or found.kernel in PORTABLE:
                    _show(found, arguments.json)
    if arguments.csv:
        _write(every)
    return int(any(f.is_cliff for f in every))


if __name__ == "__main__":
    sys.exit(main())
