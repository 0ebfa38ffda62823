"""Damaged and hostile .tflite files end in user errors: no traceback, no hang, no huge memory."""

import random
import struct
import tracemalloc
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from tests.importers.files import TYPE, File, Op
from tests.oracle import to_tflite
from tests.passes.network import NETWORKS
from tinygen import passes
from tinygen.errors import ConversionError, ModelFileError
from tinygen.importers import tflite as importer
from tinygen.ir import Graph

MUTANTS = 250
"""Per seed file. The seeds of the generator are fixed: the same files in every run."""

PEAK_BYTES = 64 * 2**20


def _converter_style() -> bytes:
    """A float model with computed shapes, float16 weights and a padding value."""
    file = File()
    x = file.value("x", (1, 3, 4))
    pairs = file.constant("pairs", np.array([[0, 0], [1, 0], [0, 0]], np.int32))
    five = file.constant("five", np.array([5], np.float32))
    padded = file.add(Op.PADV2, [x, pairs, five], file.value("padded", (1, 4, 4)),
                      schema.PadV2OptionsT())  # fmt: skip
    axes = file.constant("axes", np.array([1], np.int32))
    mean = file.add(Op.MEAN, [padded, axes], file.value("mean", (1, 4)), schema.ReducerOptionsT())
    half = file.constant("half", np.ones((3, 4), np.float16))
    w = file.add(Op.DEQUANTIZE, [half], file.value("w", (3, 4)))
    y = file.value("y", (1, 3))
    file.add(Op.FULLY_CONNECTED, [mean, w, -1], y, schema.FullyConnectedOptionsT())
    both = file.add(Op.CONCATENATION, [y, mean], file.value("both", (1, 7)),
                    schema.ConcatenationOptionsT(axis=-1))  # fmt: skip
    return file.finish([x], [both])


def _quantized_ends() -> bytes:
    file = File()
    x = file.value("x", (1, 6))
    q = file.add(Op.QUANTIZE, [x], file.value("q", (1, 6), TYPE.INT8, 0.5, 3))
    r = file.add(Op.LEAKY_RELU, [q], file.value("r", (1, 6), TYPE.INT8, 0.25, 0),
                 schema.LeakyReluOptionsT(alpha=0.1))  # fmt: skip
    s = file.add(Op.SOFTMAX, [r], file.value("s", (1, 6), TYPE.INT8, 1 / 256, -128),
                 schema.SoftmaxOptionsT(beta=1.0))  # fmt: skip
    y = file.add(Op.DEQUANTIZE, [s], file.value("y", (1, 6)))
    return file.finish([x], [y])


SEEDS = {
    "cnn": lambda: to_tflite(NETWORKS["cnn"]()),
    "branches": lambda: to_tflite(NETWORKS["branches"]()),
    "converter": _converter_style,
    "ends": _quantized_ends,
}


def read(tmp_path: Path, content: bytes) -> Graph | None:
    """The graph, optimized, or None where a user error was raised. Anything else is a defect."""
    path = tmp_path / "m.tflite"
    path.write_bytes(content)
    try:
        importer.survey(path)
        graph = importer.load(path)
    except ConversionError as error:
        assert error.what
        return None
    passes.optimize(graph)
    return graph


@pytest.mark.parametrize("seed", SEEDS)
def test_seed_files_are_whole(tmp_path, seed):
    assert read(tmp_path, SEEDS[seed]()) is not None


@pytest.mark.parametrize("seed", SEEDS)
def test_flipped_bytes(tmp_path, seed):
    content, rng = SEEDS[seed](), random.Random(seed)
    refused = 0
    for _ in range(MUTANTS):
        mutant = bytearray(content)
        for _ in range(rng.choice([1, 1, 1, 2, 4, 8])):
            at = rng.randrange(len(mutant))
            flipped = mutant[at] ^ (1 << rng.randrange(8))
            mutant[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256), flipped])
        refused += read(tmp_path, bytes(mutant)) is None
    assert refused > MUTANTS // 4  # the mutations do reach what matters


@pytest.mark.parametrize("seed", SEEDS)
def test_truncated_anywhere(tmp_path, seed):
    content = SEEDS[seed]()
    for length in range(0, len(content), max(1, len(content) // 200)):
        assert read(tmp_path, content[:length]) is None, f"cut after {length} bytes"


@pytest.mark.parametrize("value", [0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0x01000000])
def test_huge_words_anywhere_cost_little_memory(tmp_path, value):
    """Lengths, offsets and dimensions of gigabytes must be seen before anything is allocated."""
    content = _converter_style()
    tracemalloc.start()
    try:
        for at in range(0, len(content) - 4, 12):
            read(tmp_path, content[:at] + struct.pack("<I", value) + content[at + 4 :])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < PEAK_BYTES


def _edited(edit) -> bytes:
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(to_tflite(NETWORKS["cnn"]())))
    edit(model, model.subgraphs[0])
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _read_from(operator, tensor):
    operator.inputs = [tensor, *operator.inputs[1:]]


def _tensor_index(model, graph):
    _read_from(graph.operators[0], len(graph.tensors))


def _huge_shape(model, graph):
    graph.tensors[graph.inputs[0]].shape = [1, 2**15, 2**15, 2**15]


def _negative_dimension(model, graph):
    graph.tensors[graph.inputs[0]].shape = [1, 11, -9, 3]


def _zero_dimension(model, graph):
    graph.tensors[graph.inputs[0]].shape = [1, 11, 0, 3]


def _missing_bytes(model, graph):
    model.buffers[1].data = model.buffers[1].data[:-1]


def _zero_stride(model, graph):
    graph.operators[0].builtinOptions.strideH = 0


def _huge_dilation(model, graph):
    graph.operators[0].builtinOptions.dilationWFactor = 2**31 - 1


def _wrong_options(model, graph):
    graph.operators[0].builtinOptions = schema.SoftmaxOptionsT(beta=1.0)
    graph.operators[0].builtinOptionsType = schema.BuiltinOptions.SoftmaxOptions


def _cycle(model, graph):
    _read_from(graph.operators[0], graph.operators[1].outputs[0])


def _two_producers(model, graph):
    graph.operators[1].outputs = graph.operators[0].outputs


def _no_operators(model, graph):
    graph.operators = []


def _no_subgraph(model, graph):
    model.subgraphs = []


def _bad_scale(model, graph):
    graph.tensors[graph.inputs[0]].quantization.scale = [float("nan")]


def _negative_scale(model, graph):
    graph.tensors[graph.inputs[0]].quantization.scale = [-1.0]


def _tiny_output_scale(model, graph):
    output = graph.operators[0].outputs[0]
    graph.tensors[output].quantization.scale = [1e-38]


def _zero_point(model, graph):
    graph.tensors[graph.inputs[0]].quantization.zeroPoint = [2**40]


def _no_scale(model, graph):
    graph.tensors[graph.inputs[0]].quantization = None


def _schema_version(model, graph):
    model.version = 4


def _output_twice(model, graph):
    graph.outputs = [graph.outputs[0]] * 2


def _huge_bias(model, graph):
    bias = graph.tensors[graph.operators[0].inputs[2]]
    model.buffers[bias.buffer].data = list(b"\xff\xff\xff\x7f" * bias.shape[0])


CONTRADICTIONS = [
    _tensor_index, _huge_shape, _negative_dimension, _zero_dimension, _missing_bytes, _zero_stride,
    _huge_dilation, _wrong_options, _cycle, _two_producers, _no_operators, _no_subgraph,
    _bad_scale, _negative_scale, _tiny_output_scale, _zero_point, _no_scale, _schema_version,
    _output_twice, _huge_bias,
]  # fmt: skip


@pytest.mark.parametrize("edit", CONTRADICTIONS, ids=lambda edit: edit.__name__.strip("_"))
def test_files_that_contradict_themselves(tmp_path, edit):
    path = tmp_path / "m.tflite"
    path.write_bytes(_edited(edit))
    with pytest.raises(ConversionError) as caught:
        importer.load(path)
    assert caught.value.what


class _PackedOnce(schema.OperatorT):
    """Written into the file once, however often it is listed."""

    def Pack(self, builder):
        if not hasattr(self, "offset"):
            self.offset = super().Pack(builder)
        return self.offset


def test_tables_that_overlap_cannot_multiply_the_work(tmp_path):
    """4000 operators that are one and the same with 50,000 inputs: 200 million in 200 kB."""

    def share(model, graph):
        (code,) = [c for c in graph.operators if len(c.inputs) == 2][:1]
        shared = _PackedOnce(
            opcodeIndex=code.opcodeIndex,
            inputs=np.zeros(50_000, np.int32),
            outputs=code.outputs,
            builtinOptionsType=code.builtinOptionsType,
            builtinOptions=code.builtinOptions,
        )
        graph.operators = [shared] * 4000

    path = tmp_path / "m.tflite"
    path.write_bytes(_edited(share))
    with pytest.raises(ModelFileError, match="overlap"):
        importer.load(path)
