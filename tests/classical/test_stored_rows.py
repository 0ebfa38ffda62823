"""Kernels that compare features with stored rows, on int16 features whose bounds are known, and their assembly."""

import dataclasses

import numpy as np
import pytest

from tests.classical.strategies import ONE, constant, row
from tests.classical.strategies import graph_of as one_op
from tests.kernels.checking import fitting_kernels
from tests.kernels.harness import KernelLibrary, build_library
from tinygen import targets, verify
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, Node, Range, Tensor
from tinygen.ir import verify as verified
from tinygen.kernels import CATALOGUE
from tinygen.kernels.classical.row_tiles import sums_fit_dsp
from tinygen.ops.classical.kernel_sums import KernelSums
from tinygen.ops.classical.linear_scores import LinearScores
from tinygen.ops.classical.nearest_rows import NearestRows
from tinygen.ops.classical.scaled_features import ScaledFeatures
from tinygen.ops.classical.stored_rows import Measure

WIDTHS = [1, 2, 3, 4, 5, 7, 8, 12, 13, 64]


def graph_of(op, features: Tensor, others: list[Tensor], reach: int) -> Graph:
    """int16 features, brought within the reach (or int8, as they are), and then the operator."""
    x, nodes, tensors = features, [], [features, *others]
    if features.dtype is DType.INT16:
        count = features.channels
        scaling = [
            constant("sources", np.arange(count), DType.INT16),
            constant("factors", np.ones(count), DType.INT16),
            constant("offsets", np.zeros(count)),
            constant("shifts", np.zeros(count), DType.INT16),
        ]
        x = Tensor(name="scaled", shape=(1, count), dtype=DType.INT16, quantization=ONE)
        names = tuple(t.name for t in (features, *scaling))
        nodes.append(
            Node(name="scale", op=ScaledFeatures(reach=reach), inputs=names, outputs=("scaled",))
        )
        tensors += [*scaling, x]
    (shape,) = op.infer_shapes([x, *others])
    y = Tensor(name="y", shape=shape, dtype=DType.INT32, quantization=ONE)
    names = tuple(t.name for t in (x, *others))
    nodes.append(Node(name="node", op=op, inputs=names, outputs=("y",)))
    return verified(
        Graph(
            name="rows",
            tensors={t.name: t for t in (*tensors, y)},
            nodes=tuple(nodes),
            inputs=(features.name,),
            outputs=("y",),
            arithmetic=Arithmetic.NATIVE,
        )
    )


def example(dtype: DType, width: int, seed: int) -> tuple[Graph, Graph]:
    """Nearest rows and kernel sums over rows of extremes and of anything."""
    rng = np.random.default_rng(seed)
    reach = 127 if dtype is DType.INT8 else int(np.sqrt(2**30 / width)) // 2
    stored = rng.integers(-reach, reach + 1, (int(rng.integers(1, 40)), width))
    stored[::3] = rng.choice([-reach, reach], stored[::3].shape)
    x, rows = row(width, dtype), constant("rows", stored, dtype)
    nearest = NearestRows(count=min(5, len(stored)))
    sums = KernelSums(first=-5, shift=16, sum_shift=4)
    others = [
        rows,
        constant("coefficients", rng.integers(-8191, 8192, (len(stored), 2)), DType.INT16),
        constant("groups", np.array([0, len(stored) // 3, len(stored) // 2, len(stored)])),
        constant("bias", rng.integers(-1000, 1000, 3)),
        constant("table", rng.integers(-8191, 8192, 60), DType.INT16),
    ]
    return graph_of(nearest, x, [rows], reach), graph_of(sums, x, others, reach)


def inputs(dtype: DType, width: int) -> np.ndarray:
    low, high = dtype.limits
    rng = np.random.default_rng(width)
    rows = rng.integers(low, high + 1, (8, width))
    rows[0], rows[1], rows[2] = low, high, rng.choice([low, high], width)
    return rows.astype(dtype.numpy)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    kernels = [*CATALOGUE[NearestRows], *CATALOGUE[KernelSums]]
    return KernelLibrary(build_library(kernels, tmp_path_factory.mktemp("rows")))


@pytest.mark.parametrize("width", WIDTHS)
def test_int16_features_with_bounds(library, width):
    """All kernels, also those for other cores, at the largest numbers that the bounds allow."""
    reach = int(np.sqrt(2**30 / width)) // 2
    for graph in example(DType.INT16, width, width):
        call = graph.calls()[-1]
        bounds = Range.full(width, -reach, reach)
        call = dataclasses.replace(call, input_ranges=(bounds, *[None] * (len(call.inputs) - 1)))
        for x in np.clip(inputs(DType.INT16, width), -reach, reach):
            constants = [t.data for t in call.inputs[1:]]
            wanted = call.op.evaluate_integer(call, [x[None], *constants])
            tried = 0
            for kernel in fitting_kernels(call):
                assert (library.run(kernel, call, [x[None]]) == wanted).all(), kernel.symbol
                tried += 1
            assert tried == (3 if isinstance(call.op, NearestRows) else 2)


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16], ids=lambda t: t.value)
@pytest.mark.parametrize("width", [1, 4, 13])
def test_the_same_on_devices(width, dtype, core):
    for graph in example(dtype, width, width + 100):
        expected = verify.run_reference(graph, {"x": inputs(dtype, width)})
        comparison = verify.on_qemu(expected, targets.load(core))
        assert comparison.passed, comparison.divergence


def test_products_of_bytes_must_fit_in_24_bits():
    """The most products that the kernel takes, and one more."""

    def reason(width: int) -> str | None:
        rows = np.full((1, width), 127)
        op = NearestRows(count=1, measure=Measure.PRODUCT)
        graph = graph_of(op, row(width, DType.INT8), [constant("rows", rows, DType.INT8)], 127)
        return sums_fit_dsp(graph.calls()[0])

    most = next(w for w in range(1, 600) if reason(w) is not None) - 1
    # bytes of even features are 255, those of odd ones 127
    assert 127 * (255 * -(-most // 2) + 127 * (most // 2)) < 2**23
    assert 127 * (255 * -(-(most + 1) // 2) + 127 * ((most + 1) // 2)) >= 2**23


@pytest.mark.parametrize(
    ("dtype", "weights", "width", "outputs"),
    [
        (DType.INT8, DType.INT8, 13, 7),
        (DType.INT8, DType.INT8, 8, 4),
        (DType.INT8, DType.INT16, 7, 11),
        (DType.INT16, DType.INT16, 10, 6),
    ],
    ids=lambda v: getattr(v, "value", str(v)),
)
def test_linear_scores_on_a_device(dtype, weights, width, outputs):
    """Blocks and tiles of outputs, what is left of them, and features that are left over, in assembly."""
    rng = np.random.default_rng(width)
    reach = min(weights.limits[1], 2**29 // (-dtype.limits[0] * width))
    x = row(width, dtype)
    others = [
        constant("weights", rng.integers(-reach, reach + 1, (outputs, width)), weights),
        constant("bias", rng.integers(-(2**20), 2**20, outputs)),
    ]
    graph = one_op(LinearScores(), [x, *others], DType.INT32, Arithmetic.NATIVE)
    expected = verify.run_reference(graph, {"x": inputs(dtype, width)})
    comparison = verify.on_qemu(expected, targets.load("cortex-m4"))
    assert comparison.passed, comparison.divergence
