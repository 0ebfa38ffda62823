"""The kernels for the Arm DSP extension: exact verbs, exact forms, every shape, and the real cores.

On the host they run through emulated instructions; the verbs themselves are compared with their
definitions in Python's integers, and QEMU runs the real ones.
"""

import subprocess
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.harness import KernelLibrary, build_library
from tests.networks import NetworkBuilder
from tests.strategies import DETERMINISTIC, inputs_for, one_op_graph
from tinygen import device, reference, targets
from tinygen.emit import emit
from tinygen.fixedpoint import Arithmetic
from tinygen.host import compiler
from tinygen.ir import Call, DType, Node, Quantization, Tensor
from tinygen.kernels import CATALOGUE, Kernel, select
from tinygen.kernels.depthwise_conv2d_dsp import output_of
from tinygen.kernels.dsp_output import Form
from tinygen.kernels.sources import runtime_root
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.window import Padding

SYMBOLS = frozenset(
    f"tg_{operator}_s8_dsp" for operator in ("depthwise_conv2d", "depthwise_conv2d_3x3")
)
"""Kernels for any shape, and the first for a special one; other modules test their own."""

ROWS = [k for k in CATALOGUE[DepthwiseConv2D] if k.symbol in SYMBOLS and not k.whole_only]
KERNELS = [k for k in ROWS if not k.in_place]
IN_PLACE = [k for k in ROWS if k.in_place]
FEATURES = targets.load("cortex-m4").features


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    return KernelLibrary(library=build_library(KERNELS, tmp_path_factory.mktemp("dsp")))


def row(symbol: str) -> Kernel:
    return next(k for k in KERNELS if k.symbol == symbol)


# Verbs


def int16(x: int) -> int:
    return (x & 0xFFFF) - ((x & 0x8000) << 1)


def int8(x: int) -> int:
    return (x & 0xFF) - ((x & 0x80) << 1)


def int32(x: int) -> int:
    return (x & 0xFFFFFFFF) - ((x & 0x80000000) << 1)


VERBS = {
    "smlad": lambda x, y, a: a + int16(x) * int16(y) + int16(x >> 16) * int16(y >> 16),
    "smlabb": lambda x, y, a: a + int16(x) * int16(y),
    "smlabt": lambda x, y, a: a + int16(x) * int16(y >> 16),
    "smlatb": lambda x, y, a: a + int16(x >> 16) * int16(y),
    "sxtb16": lambda x, y, a: (int8(x) & 0xFFFF) | int8(x >> 16) << 16,
    "sxtb16_ror8": lambda x, y, a: (int8(x >> 8) & 0xFFFF) | int8(x >> 24) << 16,
    "pkhbt_lsl16": lambda x, y, a: (x & 0xFFFF) | y << 16,
    "pkhtb_asr16": lambda x, y, a: (x & 0xFFFF0000) | (y >> 16 & 0xFFFF),
    "sxtab16": lambda x, y, a: (x + int8(y) & 0xFFFF) | ((x >> 16) + int8(y >> 16)) << 16,
    "sxtab16_ror8": lambda x, y, a: (x + int8(y >> 8) & 0xFFFF) | ((x >> 16) + int8(y >> 24)) << 16,
    "smax8": lambda x, y, a: sum(
        (max(int8(x >> s), int8(y >> s)) & 0xFF) << s for s in (0, 8, 16, 24)
    ),
    "smmla": lambda x, y, a: a + (int32(x) * int32(y) >> 32),
    "smmlar": lambda x, y, a: a + (int32(x) * int32(y) + 2**31 >> 32),
    "ssat8": lambda x, y, a: min(max(int32(x), -128), 127),
}
"""What tg_simd.h says, in Python's integers; results count modulo 2**32."""

VERB_ARGUMENTS = {
    "sxtb16": "x",
    "sxtb16_ror8": "x",
    "pkhbt_lsl16": "x, y",
    "pkhtb_asr16": "x, y",
    "sxtab16": "x, y",
    "sxtab16_ror8": "x, y",
    "smax8": "x, y",
    "smmla": "(int32_t)x, (int32_t)y, a",
    "smmlar": "(int32_t)x, (int32_t)y, a",
    "ssat8": "(int32_t)x",
}


@pytest.fixture(scope="module")
def verbs(tmp_path_factory):
    """The emulated verbs as functions of three words."""
    import cffi

    folder = tmp_path_factory.mktemp("verbs")
    lines = ['#include "tg_simd.h"']
    for name in VERBS:
        arguments = VERB_ARGUMENTS.get(name, "x, y, a")
        lines += [
            f"uint32_t do_{name}(uint32_t x, uint32_t y, int32_t a);",
            f"uint32_t do_{name}(uint32_t x, uint32_t y, int32_t a)",
            f"{{ (void)y; (void)a; return (uint32_t)tg_{name}({arguments}); }}",
        ]
    (folder / "verbs.c").write_text("\n".join(lines) + "\n")
    include = f"-I{runtime_root() / 'include'}"
    flags = ["-std=c99", "-O1", "-shared", "-fPIC", "-DTG_EMULATE_SIMD", include]
    command = [compiler(), *flags, str(folder / "verbs.c"), "-o", str(folder / "verbs.so")]
    subprocess.run(command, check=True)
    ffi = cffi.FFI()
    ffi.cdef("".join(f"uint32_t do_{n}(uint32_t x, uint32_t y, int32_t a);" for n in VERBS))
    return ffi.dlopen(str(folder / "verbs.so"))


@pytest.mark.parametrize("name", VERBS)
def test_emulated_verb_is_what_the_header_says(name, verbs):
    edges = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x80008000, 0x7F80FF01, 0x00FF7F80]
    words = edges + np.random.default_rng(1).integers(0, 2**32, 20).tolist()
    for x in words:
        for y in words:
            for acc in (0, -1, 2**31 - 1, -(2**31)):
                got = getattr(verbs, f"do_{name}")(x, y, acc)
                assert got == VERBS[name](x, y, acc) & 0xFFFFFFFF, (hex(x), hex(y), acc)


def test_compiling_for_a_core_without_dsp_says_what_to_do(tmp_path):
    source = tmp_path / "plain.c"
    source.write_text('#include "tg_simd.h"\n')
    include = f"-I{runtime_root() / 'include'}"
    result = subprocess.run(
        [compiler(), "-std=c99", include, "-c", str(source), "-o", str(tmp_path / "plain.o")],
        capture_output=True,
        text=True,
    )
    assert result.returncode != 0
    assert "-mcpu=cortex-m4" in result.stderr


# Forms of the requantization


def bias_only_call(
    rng: np.random.Generator,
    arithmetic: Arithmetic,
    activation: Activation,
    octaves: tuple[int, int],
    limit: int,
) -> Call:
    """A 1x1 depthwise layer whose accumulators are its biases, most near rounding thresholds."""
    channels = 2000
    exponents = rng.integers(*octaves, channels)
    mantissas = rng.choice([0.5, np.nextafter(np.float32(1), 0), 0.75, 0.5000001], channels)
    random = rng.random(channels) < 0.5
    mantissas = np.where(random, rng.uniform(0.5, 1.0, channels), mantissas)
    factors = (mantissas * 2.0**exponents).astype(np.float32)
    steps = rng.integers(-300, 300, channels) + 0.5
    near = np.rint(steps / factors.astype(np.float64)) + rng.integers(-2, 3, channels)
    far = rng.integers(-limit, limit, channels)
    bias = np.where(rng.random(channels) < 0.8, near, far)
    bias = np.clip(bias, -limit, limit).astype(np.int32)
    one = Quantization.per_tensor(1.0, int(rng.integers(-128, 30)))
    op = DepthwiseConv2D(activation=activation)
    shape = (1, 1, 1, channels)
    weights = Quantization.per_channel(factors, 3)
    inputs = (
        Tensor(name="x", shape=shape, dtype=DType.INT8, quantization=one),
        Tensor(
            name="w",
            shape=shape,
            dtype=DType.INT8,
            quantization=weights,
            data=np.zeros(shape, np.int8),
        ),
        Tensor(name="b", shape=(channels,), dtype=DType.INT32, data=bias),
    )
    y = Tensor(name="y", shape=shape, dtype=DType.INT8, quantization=one)
    node = Node(name="node", op=op, inputs=("x", "w", "b"), outputs=("y",))
    return Call(node=node, inputs=inputs, outputs=(y,), arithmetic=arithmetic)


@pytest.mark.parametrize(
    ("form", "arithmetic", "activation", "octaves", "limit"),
    [
        (Form.SINGLE, Arithmetic.NATIVE, Activation.NONE, (-20, 1), 2**29 - 1),
        (Form.SINGLE, Arithmetic.TFLM, Activation.RELU, (-20, 1), 2**29 - 1),
        (Form.DOUBLE, Arithmetic.TFLM, Activation.NONE, (-20, 0), 2**29 - 1),
        (Form.TEXTBOOK, Arithmetic.TFLM, Activation.NONE, (-20, 4), 2**26),
        (Form.TEXTBOOK, Arithmetic.TFLM, Activation.NONE, (-30, -8), 2**31 - 1),
    ],
)
def test_form_is_exact_around_every_rounding_threshold(
    form, arithmetic, activation, octaves, limit, library
):
    kernel = row("tg_depthwise_conv2d_s8_dsp")
    for seed in range(3):
        call = bias_only_call(np.random.default_rng(seed), arithmetic, activation, octaves, limit)
        assert output_of(call).form is form
        x = np.zeros(call.inputs[0].shape, np.int8)
        expected = call.op.evaluate_integer(call, [x, *(t.data for t in call.inputs[1:])])
        assert len(np.unique(expected)) > 50
        np.testing.assert_array_equal(library.run(kernel, call, [x]), expected)


# Kernels


def one_layer(op, shape, weights_shape, arithmetic=Arithmetic.TFLM, seed=0) -> Call:
    builder = NetworkBuilder(rng=np.random.default_rng(seed))
    x = builder.input("x", shape, Quantization.per_tensor(0.05, -3))
    y = builder.weighted("y", op, x, weights_shape)
    return builder.graph((x,), (y,), arithmetic).calls()[0]


def check_whole_and_rows(kernel: Kernel, call: Call, x: NDArray, library: KernelLibrary) -> None:
    whole = call.op.evaluate_integer(call, [x, *(t.data for t in call.inputs[1:])])
    np.testing.assert_array_equal(library.run(kernel, call, [x]), whole)
    if not library.has_rows(kernel):
        return
    height = whole.shape[1]
    for first, count in ((0, height), (height - 1, 1), (height // 2, height - height // 2)):
        rows = library.run_rows(kernel, call, x, first, count)
        np.testing.assert_array_equal(rows, whole[:, first : first + count])


@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k.symbol)
def test_any_shape_is_exact(kernel, arithmetic, library):
    forms: Counter[int] = Counter()

    @DETERMINISTIC
    @given(one_op_graph(kernel.op, arithmetic))
    def check(graph):
        call = graph.calls()[0]
        if kernel.reason_against(call, FEATURES) is not None:
            return
        forms[output_of(call).form] += 1
        for x in np.split(inputs_for(graph, 5)["x"], 5):
            check_whole_and_rows(kernel, call, x, library)

    check()
    assert sum(forms.values()) >= 10, f"hardly any graph reached the kernel: {forms}"


@pytest.mark.parametrize("kernel", IN_PLACE, ids=lambda k: k.symbol)
@pytest.mark.parametrize("channels", [1, 3, 4, 7])
def test_depthwise_works_in_place(kernel, channels, library):
    # tall enough for several passes over the planes
    call = depthwise_call(channels, size=(40, 31), kernel=(3, 3))
    assert kernel.reason_against(call, FEATURES) is None
    assert kernel.lower(call)[0].params.fields["pass_rows"] < 40
    x = np.random.default_rng(2).integers(-128, 128, call.inputs[0].shape).astype(np.int8)
    expected = call.op.evaluate_integer(call, [x, *(t.data for t in call.inputs[1:])])
    np.testing.assert_array_equal(library.run(kernel, call, [x], in_place=0), expected)


def depthwise_call(channels: int, size: tuple[int, int], kernel: tuple[int, int]) -> Call:
    before, after = [(k - 1) // 2 for k in kernel], [k // 2 for k in kernel]
    padding = Padding(top=before[0], left=before[1], bottom=after[0], right=after[1])
    return one_layer(DepthwiseConv2D(padding=padding), (1, *size, channels), (1, *kernel, channels))


# What the kernels refuse


def with_weights(call: Call, data: np.ndarray) -> Call:
    x, weights, bias = call.inputs
    changed = Tensor(
        name=weights.name,
        shape=weights.shape,
        dtype=weights.dtype,
        quantization=weights.quantization,
        data=data,
    )
    return Call(
        node=call.node, inputs=(x, changed, bias), outputs=call.outputs, arithmetic=call.arithmetic
    )


def test_wide_accumulators_go_to_the_kernel_that_cuts_rows_into_parts():
    deep = one_layer(FullyConnected(), (1, 600), (4, 600))
    wide = with_weights(deep, np.full((4, 600), 127, np.int8))
    assert select(wide, FEATURES).symbol == "tg_fully_connected_any_s8_dsp"
    assert select(deep, FEATURES).symbol == "tg_fully_connected_s8_dsp"


def test_nothing_is_selected_without_the_feature():
    call = one_layer(Conv2D(), (1, 4, 4, 4), (4, 1, 1, 4))
    assert "dsp" not in select(call, FEATURES - {"dsp"}).needs


# The real instructions


def network(arithmetic: Arithmetic):
    """Every DSP kernel, with odd sizes."""
    same = Padding(top=1, bottom=1, left=1, right=1)
    builder = NetworkBuilder(rng=np.random.default_rng(5))
    x = builder.input("x", (1, 9, 7, 3), Quantization.per_tensor(0.04, 5))
    relu = Activation.RELU
    y = builder.weighted("first", Conv2D(padding=same, activation=relu), x, (9, 3, 3, 3))
    y = builder.weighted("dw", DepthwiseConv2D(padding=same), y, (1, 3, 3, 9))
    y = builder.weighted("pointwise", Conv2D(activation=relu), y, (14, 1, 1, 9))
    strided = DepthwiseConv2D(padding=same, stride=(2, 2), activation=Activation.RELU6)
    y = builder.weighted("dw_strided", strided, y, (1, 3, 3, 14))
    wide = Padding(top=2, bottom=2, left=2, right=2)
    y = builder.weighted("dw_wide", DepthwiseConv2D(padding=wide), y, (1, 5, 4, 28))
    dilated = Conv2D(dilation=(2, 2), padding=wide)
    y = builder.weighted("dilated", dilated, y, (6, 2, 3, 28))
    y = builder.weighted("dense", FullyConnected(activation=relu), y, (11, 6))
    return builder.graph((x,), (y,), arithmetic)


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m7", "cortex-m33"])
@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
def test_the_cores_compute_the_reference(core, arithmetic, load_core, tmp_path):  # noqa: F811
    graph = network(arithmetic)
    target = load_core(core)
    emission = emit(graph, target, tmp_path / "net", name="net")
    assert all("dsp" in layer.kernel.needs for layer in emission.program.layers)
    x = inputs_for(graph, 6)["x"]
    expected = reference.run_one_input(graph, x).reshape(6, -1)
    outputs = device.run_on_qemu(
        emission.folder, "net", target, x.reshape(6, -1), expected.shape[1]
    )
    np.testing.assert_array_equal(outputs, expected)
