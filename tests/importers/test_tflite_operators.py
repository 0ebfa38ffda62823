"""Operators of .tflite files that become several layers, or layers of another name: against numpy, and TFLite Micro."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from tests.importers.files import TYPE, File, Op
from tests.oracle import run_tflm
from tinygen import passes, reference
from tinygen.errors import ConversionError, UnsupportedError
from tinygen.importers import tflite as importer
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.crop import Crop
from tinygen.ops.float_curve import FloatCurve
from tinygen.ops.reshape import Reshape

SHAPE = (1, 4, 6, 8)
X = np.random.default_rng(0).integers(-128, 128, (3, *SHAPE[1:])).astype(np.int8)


def _int8(file: File, name: str, shape, scale: float = 0.5, zero: int = 3) -> int:
    return file.value(name, shape, TYPE.INT8, scale, zero)


def _integers(file: File, name: str, values) -> int:
    return file.constant(name, np.asarray(values, np.int32))


def _one_input(code: int, options: object, *numbers, first: int = 0) -> Callable[[File, int], list]:
    """Inputs of an operator: constants, and x at the place `first`."""

    def inputs(file: File, x: int) -> list[int]:
        constants = [_integers(file, f"n{i}", v) for i, v in enumerate(numbers)]
        return [*constants[:first], x, *constants[first:]]

    return lambda file, x: [code, inputs(file, x), options]


def _sliced(begin_mask=0, end_mask=0, shrink=0, ellipsis=0, new=0) -> schema.StridedSliceOptionsT:
    return schema.StridedSliceOptionsT(
        beginMask=begin_mask,
        endMask=end_mask,
        shrinkAxisMask=shrink,
        ellipsisMask=ellipsis,
        newAxisMask=new,
    )


def _blocks(x: NDArray, size: int) -> NDArray:
    n, height, width, channels = x.shape
    cut = x.reshape(n, height // size, size, width // size, size, channels)
    return cut.transpose(0, 1, 3, 2, 4, 5).reshape(n, height // size, width // size, -1)


def _pixels(x: NDArray, size: int) -> NDArray:
    n, height, width, channels = x.shape
    cut = x.reshape(n, height, width, size, size, channels // size**2)
    return cut.transpose(0, 1, 3, 2, 4, 5).reshape(n, height * size, width * size, -1)


PAIRS = [(0, 0), (2, 1), (0, 3), (0, 0)]

CASES = {
    "split": (
        _one_input(Op.SPLIT, schema.SplitOptionsT(numSplits=2), [3], first=1),
        lambda x: np.split(x, 2, 3),
    ),
    "split_v": (
        _one_input(Op.SPLIT_V, schema.SplitVOptionsT(numSplits=3), [1, -1, 2], [2]),
        lambda x: np.split(x, [1, 4], 2),
    ),
    "unpack": (
        _one_input(Op.UNPACK, schema.UnpackOptionsT(num=4, axis=1)),
        lambda x: [x[:, i] for i in range(4)],
    ),
    "gather": (
        _one_input(Op.GATHER, schema.GatherOptionsT(axis=2), [0, 2, 3, 4, 1, 0]),
        lambda x: [x[:, :, [0, 2, 3, 4, 1, 0]]],
    ),
    "mirror_reflect": (
        _one_input(Op.MIRROR_PAD, schema.MirrorPadOptionsT(mode=0), PAIRS),
        lambda x: [np.pad(x, PAIRS, "reflect")],
    ),
    "mirror_symmetric": (
        _one_input(Op.MIRROR_PAD, schema.MirrorPadOptionsT(mode=1), PAIRS),
        lambda x: [np.pad(x, PAIRS, "symmetric")],
    ),
    "reverse": (
        _one_input(Op.REVERSE_V2, schema.ReverseV2OptionsT(), [1, 3]),
        lambda x: [x[:, ::-1, :, ::-1]],
    ),
    "depth_to_space": (
        _one_input(Op.DEPTH_TO_SPACE, schema.DepthToSpaceOptionsT(blockSize=2)),
        lambda x: [_pixels(x, 2)],
    ),
    "space_to_depth": (
        _one_input(Op.SPACE_TO_DEPTH, schema.SpaceToDepthOptionsT(blockSize=2)),
        lambda x: [_blocks(x, 2)],
    ),
    "slice_with_masks": (
        _one_input(
            Op.STRIDED_SLICE,
            _sliced(begin_mask=8, end_mask=8, shrink=2, new=4),
            [0, -1, 0, 0],
            [1, 0, 0, 0],
            [1, 1, 1, -2],
        ),
        lambda x: [x[:, -1, None, ::-2]],
    ),
    "slice_with_ellipsis": (
        _one_input(Op.STRIDED_SLICE, _sliced(ellipsis=1), [0, 1], [0, 7], [1, 3]),
        lambda x: [x[..., 1:7:3]],
    ),
    "transpose": (
        _one_input(Op.TRANSPOSE, schema.TransposeOptionsT(), [0, 3, 1, 2]),
        lambda x: [x.transpose(0, 3, 1, 2)],
    ),
    "tile": (_one_input(Op.TILE, schema.TileOptionsT(), [1, 2, 1, 3]), lambda x: [np.tile(x, (1, 2, 1, 3))]),
}  # fmt: skip

NOT_IN_TFLM = ("tile", "slice_with_ellipsis", "slice_with_masks", "reverse")
"""Operators and forms that TFLite Micro does not know."""


@pytest.mark.parametrize("name", CASES)
def test_data_moves_as_in_numpy_and_tflm(tmp_path, name):
    describe, wanted = CASES[name]
    expected = wanted(X)
    file = File()
    x = _int8(file, "x", SHAPE)
    code, inputs, options = describe(file, x)
    outputs = [_int8(file, f"y{i}", (1, *y.shape[1:])) for i, y in enumerate(expected)]
    file.raw_operator(code, inputs, outputs, options, 1)
    path = file.write(tmp_path / "m.tflite", [x], outputs)
    loaded = importer.load(path)
    for graph in (loaded, passes.optimize(loaded)):
        results = reference.run(graph, {graph.inputs[0]: X})
        for output, y in zip(graph.outputs, expected, strict=True):
            np.testing.assert_array_equal(results[output], y)
    if name not in NOT_IN_TFLM:
        for y, seen in zip(expected, run_tflm(path.read_bytes(), X), strict=True):
            np.testing.assert_array_equal(y, seen.reshape(y.shape))


def test_tensors_are_packed_along_a_new_axis(tmp_path):
    file = File()
    a, b = _int8(file, "a", (1, 5, 2)), _int8(file, "b", (1, 5, 2))
    y = file.add(
        Op.PACK, [a, b], _int8(file, "y", (1, 5, 2, 2)), schema.PackOptionsT(valuesCount=2, axis=2)
    )
    graph = importer.load(file.write(tmp_path / "m.tflite", [a, b], [y]))
    x = X.reshape(3, -1)
    first, second = x[:, :10].reshape(3, 5, 2), x[:, 10:20].reshape(3, 5, 2)
    inputs = dict(zip(graph.inputs, (first, second), strict=True))
    result = reference.run(graph, inputs)[graph.outputs[0]]
    np.testing.assert_array_equal(result, np.stack([first, second], 2))


@pytest.mark.parametrize(
    ("indices", "layers"),
    [([1, 2, 3], {Crop}), ([0, 4, 2], {Crop, Concatenate}), ([1, 1], {Crop, Concatenate})],
)
def test_cells_are_gathered_in_runs(tmp_path, indices, layers):
    file = File()
    x = _int8(file, "x", SHAPE)
    y = _int8(file, "y", (1, 4, len(indices), 8))
    inputs = [x, _integers(file, "indices", indices)]
    file.add(Op.GATHER, inputs, y, schema.GatherOptionsT(axis=2))
    graph = passes.optimize(importer.load(file.write(tmp_path / "m.tflite", [x], [y])))
    np.testing.assert_array_equal(reference.run_one_input(graph, X), X[:, :, indices])
    assert {type(node.op) for node in graph.nodes} == layers


def _island(file: File, *kinds: int) -> tuple[int, int]:
    """An int8 model that computes these functions in float32."""
    x = _int8(file, "x", SHAPE, 0.25, -3)
    at = file.add(Op.DEQUANTIZE, [x], file.value("f", SHAPE), version=2)
    for i, kind in enumerate(kinds):
        at = file.add(kind, [at], file.value(f"f{i}", SHAPE))
    return x, file.add(Op.QUANTIZE, [at], _int8(file, "y", SHAPE, 2.0, -100))


def test_functions_in_float32_are_one_table(tmp_path):
    file = File()
    x, y = _island(file, Op.NEG, Op.SQUARE, Op.SQRT)
    path = file.write(tmp_path / "m.tflite", [x], [y])
    graph = passes.optimize(importer.load(path))
    assert [type(node.op) for node in graph.nodes] == [FloatCurve]
    (seen,) = run_tflm(path.read_bytes(), X)
    np.testing.assert_array_equal(reference.run_one_input(graph, X), seen.reshape(X.shape))


def test_other_operators_in_float32_are_refused(tmp_path):
    file = File()
    x, y = _island(file, Op.NEG, Op.FLOOR)
    with pytest.raises(UnsupportedError, match="FLOOR: it computes in float32 between int8"):
        importer.load(file.write(tmp_path / "m.tflite", [x], [y]))


def test_an_output_in_float32_is_refused(tmp_path):
    file = File()
    x = _int8(file, "x", SHAPE, 0.25, -3)
    f = file.add(Op.DEQUANTIZE, [x], file.value("f", SHAPE), version=2)
    y = file.add(Op.NEG, [f], file.value("y", SHAPE))
    with pytest.raises(UnsupportedError, match="output is computed in float32"):
        importer.load(file.write(tmp_path / "m.tflite", [x], [y]))


@pytest.mark.parametrize(
    ("code", "options", "numbers", "shape", "words"),
    [
        (Op.SPLIT_V, schema.SplitVOptionsT(numSplits=1), ([3, 4], [2]), SHAPE, "cells in parts"),
        (Op.GATHER, schema.GatherOptionsT(axis=2), ([6],), (1, 4, 1, 8), "an index outside"),
        (Op.GATHER, schema.GatherOptionsT(axis=2), ([-1],), (1, 4, 1, 8), "an index outside"),
        (Op.TRANSPOSE, schema.TransposeOptionsT(), ([0, 1, 1, 2],), SHAPE, "the permutation"),
        (Op.MIRROR_PAD, schema.MirrorPadOptionsT(), ([(0, 0), (5, 0), (0, 0), (0, 0)],), SHAPE, "paddings"),
        (Op.DEPTH_TO_SPACE, schema.DepthToSpaceOptionsT(blockSize=3), (), SHAPE, "blocks of 3"),
        (Op.BROADCAST_TO, schema.BroadcastToOptionsT(), ([1, 4, 6, 9],), SHAPE, "broadcast to"),
        (Op.STRIDED_SLICE, _sliced(), ([0] * 4, [1, 4, 6, 8], [1, 0, 1, 1]), SHAPE, "strides"),
        (Op.STRIDED_SLICE, _sliced(), ([0, 4, 0, 0], [1, 4, 6, 8], [1] * 4), SHAPE, "no cell"),
        (Op.TILE, schema.TileOptionsT(), ([1, 2**15, 2**15, 2**15],), SHAPE, "times"),
    ],
)  # fmt: skip
def test_wrong_numbers_are_errors(tmp_path, code, options, numbers, shape, words):
    file = File()
    x = _int8(file, "x", SHAPE)
    inputs = [x, *(_integers(file, f"n{i}", v) for i, v in enumerate(numbers))]
    y = file.add(code, inputs, _int8(file, "y", shape), options)
    with pytest.raises(ConversionError, match=words):
        importer.load(file.write(tmp_path / "m.tflite", [x], [y]))


def test_reshapes_around_nothing_are_gone(tmp_path):
    """A transposition of axes of length 1 is a reshape, which costs nothing."""
    file = File()
    x, y = _int8(file, "x", (1, 4, 1, 48)), _int8(file, "y", (1, 1, 4, 48))
    inputs = [x, _integers(file, "order", [0, 2, 1, 3])]
    file.add(Op.TRANSPOSE, inputs, y, schema.TransposeOptionsT())
    graph = importer.load(file.write(tmp_path / "m.tflite", [x], [y]))
    assert [type(node.op) for node in graph.nodes] == [Reshape]
