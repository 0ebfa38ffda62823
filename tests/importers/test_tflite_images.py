"""TFLite operators that change the size of images: what they mean, and what is refused."""

import numpy as np
import pytest
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from tests.importers.files import TYPE, File, Op
from tests.oracle import run_tflm
from tinygen import passes, reference
from tinygen.errors import ConversionError, ModelFileError, UnsupportedError
from tinygen.importers import tflite as importer
from tinygen.ops.reshape import Reshape
from tinygen.ops.upsampling2d import UpSampling2D

X = np.random.default_rng(3).integers(-128, 128, (3, 4, 5, 6)).astype(np.int8)


def image(file, name="x", shape=(1, 4, 5, 6)):
    return file.value(name, shape, TYPE.INT8, scale=0.1)


def integers(file, *values):
    name = f"constant {len(file._tensors)}"
    return file.constant(name, np.array(values, np.int32))


def resized(path, size, code=Op.RESIZE_NEAREST_NEIGHBOR, **options):
    file = File()
    x = image(file)
    kind = {
        Op.RESIZE_NEAREST_NEIGHBOR: schema.ResizeNearestNeighborOptionsT,
        Op.RESIZE_BILINEAR: schema.ResizeBilinearOptionsT,
    }[code]
    y = image(file, "y", (1, *size, 6))
    file.add(code, [x, integers(file, *size)], y, kind(**options), version=3)
    return file.write(path / "m.tflite", [x], [y])


@pytest.mark.parametrize("half", [False, True])
def test_nearest_is_repetition(tmp_path, half):
    path = resized(tmp_path, (12, 10), halfPixelCenters=half)
    graph = importer.load(path)
    assert graph.nodes[0].op == UpSampling2D(factor=(3, 2))
    (expected,) = run_tflm(path.read_bytes(), X)
    np.testing.assert_array_equal(reference.run_one_input(graph, X), expected)


@pytest.mark.parametrize(
    ("size", "options"),
    [
        ((6, 10), {}),  # one and a half
        ((2, 5), {}),  # smaller
        ((12, 10), {"alignCorners": True}),  # repeats the pixels in the middle more often
        ((4 * 41, 5), {}),  # float32: 41 times 1/41 is less than 1
    ],
)
def test_nearest_that_is_no_repetition_is_refused(tmp_path, size, options):
    with pytest.raises(UnsupportedError, match="from \\[4, 5\\] to"):
        importer.load(resized(tmp_path, size, **options))


def test_bilinear_whose_positions_leave_the_image_is_refused(tmp_path):
    with pytest.raises(UnsupportedError, match="beyond the end"):
        importer.load(resized(tmp_path, (2730, 5), code=Op.RESIZE_BILINEAR))


def test_sizes_that_cannot_be_are_damage(tmp_path):
    with pytest.raises(ModelFileError, match="an output of"):
        importer.load(resized(tmp_path, (2**15 + 1, 5)))


def tiled(path, shape, times):
    file = File()
    x = image(file, shape=shape)
    y = image(file, "y", [d * n for d, n in zip(shape, times, strict=True)])
    file.add(Op.TILE, [x, integers(file, *times)], y, schema.TileOptionsT())
    return file.write(path / "m.tflite", [x], [y])


@pytest.mark.parametrize(
    ("shape", "times"),
    [((1, 4, 1, 5, 6), (1, 1, 3, 1, 1)), ((1, 4, 5, 1, 6), (1, 1, 1, 2, 1)),
     ((1, 20, 1, 6), (1, 1, 2, 1)), ((1, 1, 20, 6), (1, 2, 1, 1)), ((1, 1, 120), (1, 2, 1))],
)  # fmt: skip
def test_tiles_of_a_new_axis_are_repetition(tmp_path, shape, times):
    graph = passes.optimize(importer.load(tiled(tmp_path, shape, times)))
    x = X.reshape(3, *shape[1:])
    np.testing.assert_array_equal(reference.run_one_input(graph, x), np.tile(x, times))
    assert sum(isinstance(node.op, UpSampling2D) for node in graph.nodes) == 1
    assert {type(node.op) for node in graph.nodes} <= {UpSampling2D, Reshape}


@pytest.mark.parametrize("times", [(1, 1, 2, 1), (1, 2, 2, 1), (1, 1, 1, 2)])
def test_other_tiles_repeat_whole_axes(tmp_path, times):
    graph = passes.optimize(importer.load(tiled(tmp_path, (1, 4, 5, 6), times)))
    x = X.reshape(3, 4, 5, 6)
    np.testing.assert_array_equal(reference.run_one_input(graph, x), np.tile(x, times))


def test_the_batch_is_not_tiled(tmp_path):
    with pytest.raises(ConversionError, match=r"\[2, 1, 1, 1\] times"):
        importer.load(tiled(tmp_path, (1, 4, 5, 6), (2, 1, 1, 1)))


@pytest.mark.parametrize("padding", [schema.Padding.SAME, schema.Padding.VALID])
def test_float_transposed_convolutions_are_near_tflm(tmp_path, padding):
    file, rng = File(), np.random.default_rng(1)
    x = file.value("x", (1, 4, 5, 6))
    size = (8, 10) if padding == schema.Padding.SAME else (9, 11)
    y = file.value("y", (1, *size, 2))
    w = file.constant("w", rng.normal(size=(2, 3, 3, 6)).astype(np.float32))
    b = file.constant("b", rng.normal(size=2).astype(np.float32))
    options = schema.TransposeConvOptionsT(padding=padding, strideH=2, strideW=2)
    file.add(Op.TRANSPOSE_CONV, [integers(file, 1, *size, 2), w, x, b], y, options, version=3)
    path = file.write(tmp_path / "m.tflite", [x], [y])
    data = X.astype(np.float32) / 100
    (expected,) = run_tflm(path.read_bytes(), data)
    np.testing.assert_allclose(
        reference.run_one_input(importer.load(path), data), expected, atol=1e-4
    )


def sliced(path, code, numbers, shape, options):
    file = File()
    x, y = image(file), image(file, "y", shape)
    parts = [integers(file, *values) for values in numbers]
    file.add(code, [x, *parts], y, options)
    return file.write(path / "m.tflite", [x], [y])


@pytest.mark.parametrize(
    ("code", "numbers", "options", "box"),
    [
        (Op.SLICE, [(0, 1, 0, 2), (-1, 2, 5, -1)], schema.SliceOptionsT(), np.s_[:, 1:3, :, 2:]),
        (
            Op.STRIDED_SLICE,
            [(0, 1, 9, -4), (0, -1, 4, 6), (1, 1, 1, 1)],
            schema.StridedSliceOptionsT(beginMask=0b0101, endMask=0b0001),
            np.s_[:, 1:-1, :4, 2:],
        ),
    ],
)
def test_slices_are_boxes(tmp_path, code, numbers, options, box):
    path = sliced(tmp_path, code, numbers, X[:1][box].shape, options)
    graph = importer.load(path)
    np.testing.assert_array_equal(reference.run_one_input(graph, X), X[box])


def test_strides_take_every_other_cell(tmp_path):
    numbers = [(0, 0, 0, 0), (1, 4, 5, 6), (1, 2, 1, 1)]
    path = sliced(tmp_path, Op.STRIDED_SLICE, numbers, (1, 2, 5, 6), schema.StridedSliceOptionsT())
    x = X.reshape(3, 4, 5, 6)
    np.testing.assert_array_equal(reference.run_one_input(importer.load(path), x), x[:, ::2])
