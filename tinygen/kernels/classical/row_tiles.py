"""Stored rows in tiles of four, as runtime_c/include/tg_row_products.h has them."""

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType
from tinygen.kernels.kernel import Array, Role
from tinygen.ops.classical.stored_rows import features_range

TILE_ROWS = 4
GROUP = {DType.INT8: 4, DType.INT16: 2}
"""Features of a row that lie together in a tile."""

EVEN_UNSIGNED = np.array([128, 0, 128, 0])
"""What tg_row_products_s8_dsp has added to the bytes of a quad; modulo 256."""


def tiles(rows: NDArray, added: NDArray | int = 0) -> NDArray[np.int64]:
    """Rows [N, K], which are int8 or int16, as tiles; `added` to what is stored of every group of features."""
    group = 4 if rows.dtype == np.int8 else 2
    count, depth = (-(-n // m) * m for n, m in zip(rows.shape, (TILE_ROWS, group), strict=True))
    padded = np.zeros((count, depth), np.int64)
    padded[: len(rows), : rows.shape[1]] = rows
    by_group = padded.reshape(count // TILE_ROWS, TILE_ROWS, depth // group, group)
    return (by_group.transpose(0, 2, 1, 3) + added).ravel()


def tiles_array(rows: NDArray, is_dsp: bool) -> Array:
    """The constant array of a kernel."""
    if rows.dtype == np.int16:
        data = tiles(rows).astype(np.int16)
    else:
        added = EVEN_UNSIGNED if is_dsp else 128
        data = (tiles(rows, added) & 0xFF).astype(np.uint8)
    return Array(name="tiles", data=data, role=Role.WEIGHTS)


def whole_tiles(values: NDArray) -> NDArray[np.int64]:
    """Numbers of rows, with zeros up to a whole tile."""
    padded = np.zeros((-(-len(values) // TILE_ROWS) * TILE_ROWS, *values.shape[1:]), np.int64)
    padded[: len(values)] = values
    return padded


def norms(rows: NDArray) -> NDArray[np.int64]:
    """|row|^2"""
    return (rows.astype(np.int64) ** 2).sum(axis=1)


def scratch_bytes(call: Call) -> int:
    """The features as int16, of whole groups."""
    x = call.inputs[0]
    group = GROUP[x.dtype]
    return -(-x.channels // group) * group * 2


def sums_fit_dsp(call: Call) -> str | None:
    """Products with the bytes of a tile, 256 times, must fit in int32."""
    x, rows = features_range(call), call.inputs[1].data.astype(np.int64)
    largest = np.maximum(np.abs(x.low), np.abs(x.high))
    added = np.resize(EVEN_UNSIGNED, rows.shape[1])
    if (np.abs(rows + added) @ largest).max() >= 2**23:
        return "sums of products with bytes leave 24 bits"
    return None
