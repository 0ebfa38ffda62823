"""Measures networks that no kernel was written for, and compares them with an estimate of TFLite Micro + CMSIS-NN.

    python benchmarks/networks.py [NETWORK ...] [--core CORE]... [--layers] [--json]

Usual architectures with random weights as training leaves them, quantized by tinygen itself. Prints a table, or with
--json a line for each network and core, and puts the figures into benchmarks/networks.csv.

The estimate: kernels of CMSIS-NN cost per multiply-accumulate what was measured for layers of their family,
interpolated in products per output and output channels (`MEASURED`); other cores are the Cortex-M4 times the ratio
measured for a layer of the family (`RATIOS`). Layers of other kinds (products, tables, maxima) and what an interpreter
adds count as nothing in the estimate, which favours the other side.
"""

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinygen import bench, targets
from tinygen.emit import EmitOptions, Optimize
from tinygen.ir import Call, DType, Graph, Node, Operator, Tensor, verify
from tinygen.model import Model
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.logistic import Logistic
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.mul import Mul
from tinygen.ops.reshape import Reshape
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.softmax import Softmax
from tinygen.ops.window import Padding, same_padding
from tinygen.quantize import Calibration

TABLE = Path(__file__).resolve().parent / "networks.csv"
CORES = ("cortex-m4", "cortex-m0plus", "cortex-m3", "cortex-m55", "rv32imc")
SAMPLES = 8

Pair = tuple[int, int]
Row = dict[str, object]
NONE, RELU, RELU6 = Activation.NONE, Activation.RELU, Activation.RELU6


class Network:
    """A float network under construction; methods take and return names of tensors."""

    def __init__(self, name: str, *shape: int) -> None:
        self.name = name
        self.rng = np.random.default_rng(list(name.encode()))
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self.input = self._tensor("input", (1, *shape))

    def _tensor(self, name: str, shape: Sequence[int], data: np.ndarray | None = None) -> str:
        self.tensors[name] = Tensor(name=name, shape=tuple(shape), dtype=DType.FLOAT32, data=data)
        return name

    def shape(self, x: str) -> tuple[int, ...]:
        return self.tensors[x].shape

    def apply(self, op: Operator, *inputs: str) -> str:
        name = f"{op.label().lower()}_{len(self.nodes)}"
        (shape,) = op.infer_shapes([self.tensors[i] for i in inputs])
        self.nodes.append(Node(name=name, op=op, inputs=inputs, outputs=(name,)))
        return self._tensor(name, shape)

    def _weighted(self, op: WeightedOperator, x: str, shape: tuple[int, ...]) -> str:
        """Normal weights, channels of different size, sums about as large as the inputs."""
        axis = op.channel_axis()
        channels = shape[axis]
        along = [-1 if a == axis else 1 for a in range(len(shape))]
        sizes = self.rng.uniform(0.5, 2.0, channels).reshape(along)
        weights = self.rng.normal(0, np.sqrt(1.5 * channels / np.prod(shape)), shape) * sizes
        bias = self.rng.normal(0, 0.3, channels)
        name = f"weights_{len(self.nodes)}"
        w = self._tensor(name, shape, weights.astype(np.float32))
        b = self._tensor(f"{name}/bias", bias.shape, bias.astype(np.float32))
        return self.apply(op, x, w, b)

    def conv(
        self,
        x: str,
        channels: int,
        kernel: Pair = (3, 3),
        stride: Pair = (1, 1),
        activation: Activation = RELU,
        *,
        dilation: Pair = (1, 1),
        groups: int = 1,
        is_padded: bool = True,
    ) -> str:
        _, height, width, depth = self.shape(x)
        around = same_padding((height, width), kernel, stride, dilation)
        op = Conv2D(
            stride=stride,
            dilation=dilation,
            padding=around if is_padded else Padding(),
            activation=activation,
        )
        return self._weighted(op, x, (channels, *kernel, depth // groups))

    def depthwise(
        self,
        x: str,
        kernel: Pair = (3, 3),
        stride: Pair = (1, 1),
        activation: Activation = RELU,
        *,
        dilation: Pair = (1, 1),
        multiplier: int = 1,
    ) -> str:
        _, height, width, depth = self.shape(x)
        around = same_padding((height, width), kernel, stride, dilation)
        op = DepthwiseConv2D(
            stride=stride, dilation=dilation, padding=around, activation=activation
        )
        return self._weighted(op, x, (1, *kernel, depth * multiplier))

    def pointwise(self, x: str, channels: int, activation: Activation = RELU) -> str:
        return self.conv(x, channels, (1, 1), activation=activation)

    def dense(self, x: str, units: int, activation: Activation = RELU) -> str:
        if len(self.shape(x)) > 2:
            x = self.apply(Reshape(shape=(1, self.tensors[x].size)), x)
        return self._weighted(FullyConnected(activation=activation), x, (units, self.shape(x)[1]))

    def max_pool(self, x: str, size: Pair = (2, 2)) -> str:
        return self.apply(MaxPool2D(kernel=size, stride=size), x)

    def classes(self, x: str, count: int) -> str:
        """The mean over height and width, scores, probabilities."""
        scores = self.dense(self.apply(Mean(axes=(1, 2)), x), count, NONE)
        return self.apply(Softmax(), scores)

    def quantized(self, output: str) -> Graph:
        """The int8 graph, before its exact rewrites."""
        graph = Graph(
            name=self.name,
            tensors=self.tensors,
            nodes=tuple(self.nodes),
            inputs=(self.input,),
            outputs=(output,),
        )
        samples = self.rng.uniform(0, 1, (SAMPLES, *self.shape(self.input)[1:]))
        calibration = Calibration(
            samples={self.input: samples.astype(np.float32)}, source="random samples"
        )
        return Model(graph=verify(graph), path=None).quantize(calibration=calibration).graph


def _scaled(channels: int, width: float) -> int:
    """Channels of a thinner MobileNet: a multiple of 8, at most a tenth too few."""
    rounded = max(8, int(channels * width + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels * width else rounded


def _mobilenet_v1(name: str, shape: tuple[int, int, int], width: float) -> Graph:
    net = Network(name, *shape)
    x = net.conv(net.input, _scaled(32, width), stride=(2, 2), activation=RELU6)
    stages = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
    for channels, stride in [*stages, *[(512, 1)] * 5, (1024, 2), (1024, 1)]:
        x = net.depthwise(x, stride=(stride, stride), activation=RELU6)
        x = net.pointwise(x, _scaled(channels, width), RELU6)
    return net.quantized(net.classes(x, 10))


def _mobilenet_v2() -> Graph:
    net = Network("mobilenet_v2_0.35_64", 64, 64, 3)
    x = net.conv(net.input, _scaled(32, 0.35), stride=(2, 2), activation=RELU6)
    blocks = [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)
    ]  # fmt: skip
    for expansion, channels, count, stride in blocks:
        for index in range(count):
            step = stride if index == 0 else 1
            x = _inverted_residual(net, x, expansion, _scaled(channels, 0.35), step)
    return net.quantized(net.classes(net.pointwise(x, 320, RELU6), 10))


def _inverted_residual(net: Network, x: str, expansion: int, channels: int, stride: int) -> str:
    depth = net.shape(x)[3]
    y = net.pointwise(x, depth * expansion, RELU6) if expansion > 1 else x
    y = net.depthwise(y, stride=(stride, stride), activation=RELU6)
    y = net.pointwise(y, channels, NONE)
    return net.apply(Add(), x, y) if net.shape(x) == net.shape(y) else y


def _resnet_odd() -> Graph:
    net = Network("resnet_12_20_36", 40, 36, 3)
    x = net.conv(net.input, 12)
    for channels, stride in ((12, 1), (20, 2), (36, 2)):
        y = net.conv(x, channels, stride=(stride, stride))
        y = net.conv(y, channels, activation=NONE)
        if stride > 1:
            x = net.conv(x, channels, (1, 1), (stride, stride), NONE)
        x = net.apply(Add(activation=RELU), x, y)
    return net.quantized(net.classes(x, 7))


def _separable() -> Graph:
    net = Network("separable_5x5", 48, 40, 1)
    x = net.conv(net.input, 10, (5, 5), (2, 2))
    x = net.pointwise(net.depthwise(x, (5, 5)), 20)
    x = net.pointwise(net.depthwise(x, (5, 5), (2, 2)), 34)
    x = net.pointwise(net.depthwise(x, (3, 3), dilation=(2, 2)), 34)
    x = net.conv(x, 18, (3, 3), dilation=(2, 2))
    x = net.pointwise(net.depthwise(x, (7, 7)), 50)
    return net.quantized(net.classes(x, 5))


def _lenet() -> Graph:
    net = Network("lenet_28", 28, 28, 1)
    x = net.max_pool(net.conv(net.input, 6, (5, 5)))
    x = net.max_pool(net.conv(x, 16, (5, 5), is_padded=False))
    x = net.dense(net.dense(x, 128), 84)
    return net.quantized(net.apply(Softmax(), net.dense(x, 10, NONE)))


def _one_dimensional() -> Graph:
    net = Network("motion_128x6", 1, 128, 6)
    x = net.conv(net.input, 16, (1, 8), (1, 2))
    x = net.conv(x, 24, (1, 5))
    x = net.max_pool(net.conv(x, 24, (1, 3)), (1, 2))
    x = net.conv(x, 32, (1, 9), dilation=(1, 2))
    x = net.pointwise(net.depthwise(x, (1, 9)), 48)
    return net.quantized(net.classes(x, 6))


def _long_signal() -> Graph:
    net = Network("signal_400x3", 1, 400, 3)
    x = net.conv(net.input, 8, (1, 9), (1, 2))
    x = net.conv(x, 16, (1, 5), (1, 2))
    x = net.conv(x, 32, (1, 3), (1, 2))
    x = net.conv(x, 33, (1, 3))
    x = net.apply(AveragePool2D(kernel=(1, 10), stride=(1, 10)), x)
    return net.quantized(net.apply(Softmax(), net.dense(net.dense(x, 20), 4, NONE)))


def _squeeze_excite() -> Graph:
    net = Network("squeeze_excite_32", 32, 32, 3)
    x = net.conv(net.input, 16, stride=(2, 2))
    for channels, stride in ((24, 1), (40, 2), (40, 1)):
        x = net.depthwise(x, stride=(stride, stride))
        gate = net.apply(Mean(axes=(1, 2), keep_dims=True), x)
        depth = net.shape(x)[3]
        gate = net.pointwise(gate, depth // 4)
        gate = net.apply(Logistic(), net.pointwise(gate, depth, NONE))
        x = net.pointwise(net.apply(Mul(), x, gate), channels)
    return net.quantized(net.classes(x, 8))


def _grouped() -> Graph:
    net = Network("grouped_32", 32, 32, 3)
    x = net.conv(net.input, 24, stride=(2, 2))
    for channels, groups, stride in ((24, 3, 1), (48, 4, 2), (48, 12, 1)):
        y = net.conv(x, channels, stride=(stride, stride), groups=groups)
        x = net.pointwise(y, channels)
    return net.quantized(net.classes(x, 9))


def _autoencoder() -> Graph:
    net = Network("autoencoder_100", 100)
    x = net.input
    for units in (33, 128, 8, 128, 33):
        x = net.dense(x, units)
    return net.quantized(net.dense(x, 100, NONE))


NETWORKS: dict[str, Callable[[], Graph]] = {
    "mobilenet_v1_0.25_64": lambda: _mobilenet_v1("mobilenet_v1_0.25_64", (64, 64, 3), 0.25),
    "mobilenet_v1_0.25_96x96x1": lambda: _mobilenet_v1(
        "mobilenet_v1_0.25_96x96x1", (96, 96, 1), 0.25
    ),
    "mobilenet_v1_0.5_48": lambda: _mobilenet_v1("mobilenet_v1_0.5_48", (48, 48, 3), 0.5),
    "mobilenet_v2_0.35_64": _mobilenet_v2,
    "resnet_12_20_36": _resnet_odd,
    "separable_5x5": _separable,
    "lenet_28": _lenet,
    "motion_128x6": _one_dimensional,
    "signal_400x3": _long_signal,
    "squeeze_excite_32": _squeeze_excite,
    "grouped_32": _grouped,
    "autoencoder_100": _autoencoder,
}


# The estimate of TFLite Micro + CMSIS-NN


@dataclass(frozen=True, kw_only=True)
class Point:
    """A layer of CMSIS-NN on the Cortex-M4: per multiply-accumulate instructions and modelled cycles."""

    products: int
    channels: int
    instructions: float
    cycles: float


def _points(*rows: tuple[int, int, float, float]) -> tuple[Point, ...]:
    names = ("products", "channels", "instructions", "cycles")
    return tuple(Point(**dict(zip(names, row, strict=True))) for row in rows)


MEASURED = {
    "convolution": _points(
        (144, 16, 2.326, 2.878), (288, 32, 1.925, 2.333), (576, 64, 1.761, 2.114), (144, 32, 2.136, 2.604),
        (288, 64, 1.855, 2.234), (27, 8, 6.155, 8.157), (27, 16, 4.824, 6.189), (40, 64, 3.472, 4.433),
    ),
    "pointwise": _points(
        (64, 64, 2.088, 2.484), (128, 128, 1.830, 2.194), (256, 256, 1.974, 2.468), (8, 16, 6.629, 8.349),
        (16, 32, 3.963, 4.780), (32, 32, 2.695, 3.223), (32, 64, 2.717, 3.257),
    ),
    "depthwise": _points(
        (9, 64, 8.328, 10.075), (9, 16, 9.289, 11.316), (9, 128, 8.077, 9.782), (9, 64, 7.954, 9.579),
        (9, 16, 9.299, 11.326), (9, 128, 8.080, 9.771),
    ),
    "dense": _points((640, 128, 1.954, 2.476), (128, 128, 2.268, 2.880), (128, 8, 2.396, 3.071)),
}  # fmt: skip
"""Measured per layer with CMSIS-NN's kernels on an emulated Cortex-M4."""

RATIOS = {
    "cortex-m4": {"convolution": 1.0, "pointwise": 1.0, "depthwise": 1.0, "dense": 1.0},
    "cortex-m0plus": {"convolution": 3.48, "pointwise": 3.62, "depthwise": 4.29, "dense": 3.08},
    "cortex-m3": {"convolution": 1.49, "pointwise": 1.49, "depthwise": 1.12, "dense": 1.69},
    "cortex-m55": {"convolution": 0.131, "pointwise": 0.190, "depthwise": 0.278, "dense": 0.253},
    "rv32imc": {"convolution": 2.48, "pointwise": 2.30, "depthwise": 1.87, "dense": 2.63},
}
"""Instructions of CMSIS-NN relative to the Cortex-M4: a 3x3 convolution of 32 channels, a pointwise one of 64, a
depthwise one, dense layers. RV32 runs its plain C."""

PER_ELEMENT = {
    Add: ("output", 81.1, 100.2),
    AveragePool2D: ("input", 6.48, 9.68),
    Mean: ("input", 6.48, 9.68),
    Softmax: ("output", 490.0, 570.0),
}
"""Instructions and cycles of an element on the Cortex-M4; on other cores those of depthwise layers stand for them."""


def family_of(call: Call) -> str | None:
    match call.op:
        case Conv2D():
            is_pointwise = call.op.window(call.inputs[1]).kernel == (1, 1)
            return "pointwise" if is_pointwise else "convolution"
        case DepthwiseConv2D():
            return "depthwise"
        case FullyConnected():
            return "dense"
    return None


def rival(call: Call, core: str) -> float:
    """What the layer costs TFLite Micro + CMSIS-NN: cycles on the Cortex-M4, instructions elsewhere. An estimate."""
    counts_cycles = core == "cortex-m4"
    family = family_of(call)
    if family is not None:
        products = call.op.macs(call) // call.output.size
        per_mac = _per_mac(family, products, call.output.channels, counts_cycles)
        return call.op.macs(call) * per_mac * RATIOS[core][family]
    if type(call.op) not in PER_ELEMENT:
        return 0.0
    what, instructions, cycles = PER_ELEMENT[type(call.op)]
    tensor = call.output if what == "output" else call.inputs[0]
    return tensor.size * (cycles if counts_cycles else instructions) * RATIOS[core]["depthwise"]


def _per_mac(family: str, products: int, channels: int, counts_cycles: bool) -> float:
    """a + b / products + c / channels, fitted to what was measured, and kept within it."""
    points = MEASURED[family]
    costs = np.array([p.cycles if counts_cycles else p.instructions for p in points])
    rows = np.array([(1, 1 / p.products, 1 / p.channels) for p in points])
    if family == "depthwise":
        rows[:, 1] = 0.0
    solution = np.linalg.lstsq(rows / costs[:, None], np.ones(len(points)), rcond=None)[0]
    value = solution @ (1, 0.0 if family == "depthwise" else 1 / products, 1 / channels)
    return float(np.clip(value, costs.min(), costs.max()))


# Measuring


@dataclass(frozen=True, kw_only=True)
class Layer:
    name: str
    op: str
    shape: str
    kernel: str
    macs: int
    cost: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a network costs on a core: cycles where the core has a cycle model, else instructions."""

    network: str
    core: str
    macs: int
    macs_run: int
    instructions: int
    cycles: int | None
    weights: int
    code: int
    arena: int
    rival: float
    layers: tuple[Layer, ...]

    @property
    def cost(self) -> int:
        """What the estimate is of: cycles on the Cortex-M4, instructions elsewhere."""
        return self.cycles if self.core == "cortex-m4" and self.cycles else self.instructions

    def row(self) -> Row:
        return {
            "network": self.network,
            "target": self.core,
            "macs": self.macs,
            "macs_run": self.macs_run,
            "instructions": self.instructions,
            "cycles": self.cycles or "",
            "per_mac": round(self.cost / self.macs, 3),
            "estimate_tflm_cmsis_nn": round(self.rival),
            "ratio": round(self.rival / self.cost, 2),
            "code": self.code,
            "weights": self.weights,
            "arena": self.arena,
        }


def measure(name: str, graph: Graph, core: str, optimize: Optimize) -> Result:
    target = targets.load(core)
    optimized = Model(graph=graph, path=None).optimize().graph
    options = EmitOptions(optimize=optimize)
    result = bench.bench_graph(optimized, target, layers=True, options=options)
    m = result.measurement
    return Result(
        network=name,
        core=core,
        macs=graph.macs,
        macs_run=optimized.macs,
        instructions=m.instructions,
        cycles=m.cycles,
        weights=m.flash.weight_bytes,
        code=m.flash.code_bytes + m.flash.library_bytes,
        arena=m.ram.arena_bytes,
        rival=sum(rival(call, core) for call in graph.calls()),
        layers=tuple(_layers(optimized, result)),
    )


def _layers(graph: Graph, result: bench.Benchmark) -> Iterator[Layer]:
    calls = {call.node.name: call for call in graph.calls()}
    for index, cost in enumerate(result.measurement.layers):
        name = result.layer_names[index]
        call = calls.get(name)
        shapes = (call.inputs[0], *call.inputs[1:2], call.output) if call else ()
        yield Layer(
            name=name,
            op=call.op.label() if call else "",
            shape=" ".join("x".join(map(str, t.shape)) for t in shapes),
            kernel=result.layer_kernels[index],
            macs=result.layer_macs[index],
            cost=cost.cycles or cost.instructions,
        )


def _print(result: Result, *, with_layers: bool) -> None:
    row = result.row()
    print(
        f"{result.network:26} {result.core:13} {result.macs:>11,} MACs {result.cost:>12,}"
        f" {row['per_mac']:6.2f} a MAC   estimate {result.rival:>12,.0f}   ratio {row['ratio']:5.2f}",
        flush=True,
    )
    if not with_layers:
        return
    for layer in result.layers:
        per_mac = f"{layer.cost / layer.macs:7.2f}" if layer.macs else " " * 7
        print(f"    {layer.cost:>10,} {per_mac} {layer.kernel:40} {layer.shape}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=", ".join(NETWORKS))
    parser.add_argument("--core", action="append", choices=CORES)
    parser.add_argument("--optimize", choices=[m.value for m in Optimize], default="speed")
    parser.add_argument("--layers", action="store_true", help="list the layers")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = []
    for name in arguments.networks or NETWORKS:
        graph = NETWORKS[name]()
        for core in arguments.core or CORES:
            result = measure(name, graph, core, Optimize(arguments.optimize))
            rows.append(result.row())
            if arguments.json:
                layers = [vars(layer) for layer in result.layers]
                print(json.dumps({**result.row(), "layers": layers}), flush=True)
            else:
                _print(result, with_layers=arguments.layers)
    if arguments.optimize == "speed":
        write(rows)


def write(rows: list[Row]) -> None:
    """Puts rows into networks.csv, in the place of those of the same network and core."""
    found = {(row["network"], row["target"]): row for row in [*read(), *rows]}
    order = [*NETWORKS]
    kept = sorted(
        found.values(), key=lambda r: (order.index(r["network"]), CORES.index(r["target"]))
    )
    with TABLE.open("w", newline="") as file:
        writer = csv.DictWriter(file, kept[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)


def read() -> list[Row]:
    """The recorded rows of networks that there are."""
    if not TABLE.exists():
        return []
    with TABLE.open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["network"] in NETWORKS]


if __name__ == "__main__":
    sys.exit(main())
