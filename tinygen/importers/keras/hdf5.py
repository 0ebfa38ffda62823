"""Reading arrays from HDF5 without trusting the file.

HDF5 can refer to other files, store data elsewhere, load filter plugins and declare arrays of any size in a
few bytes. Nothing of that is needed for weights, so all of it is refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import ModelFileError
from tinygen.importers.keras.limits import MAX_DATASETS, MAX_ELEMENTS

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_BUILT_IN_FILTERS = {1, 2, 3}  # deflate, shuffle, fletcher32: no plugin is ever loaded


@contextmanager
def opened(source: Path | BinaryIO, where: str) -> Iterator[Any]:
    """Open a file for reading and turn what h5py raises on damaged files into ModelFileError."""
    import h5py

    try:
        with h5py.File(source, "r") as file:
            yield file
    # h5py reports damage as almost any of these, from opening up to reading the last array
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ModelFileError(
            what="the HDF5 file is damaged or truncated",
            where=f"{where} ({str(error).splitlines()[0] if str(error) else type(error).__name__})",
            next_step="save the model again, or copy the file again in binary mode",
        ) from error


def child(group: Any, path: str, where: str) -> Any | None:
    """Return the object at a path below a group, or None; links out of the plain tree are refused."""
    import h5py

    item = group
    for part in path.split("/"):
        if not isinstance(item, h5py.Group):
            return None
        link = item.get(part, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise ModelFileError(
                what=f"the HDF5 file holds a link to another place under '{part}'",
                where=where,
                next_step="only files written by Keras itself are read",
            )
        item = item[part]
    return item


def walk(group: Any, where: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield (path, dataset) for every array below a group."""
    import h5py

    pending: list[tuple[tuple[str, ...], Any]] = [((), group)]
    seen = 0
    while pending:
        path, item = pending.pop()
        for name in sorted(item):
            seen += 1
            if seen > MAX_DATASETS or len(path) > 64:
                raise ModelFileError(what="the HDF5 file has too many entries", where=where)
            below = child(item, name, where)
            if isinstance(below, h5py.Group):
                pending.append(((*path, name), below))
            elif isinstance(below, h5py.Dataset):
                yield (*path, name), below


def float_array(dataset: Any, shape: tuple[int, ...], where: str) -> NDArray[np.float32]:
    """Read a dataset of exactly this shape as float32; everything else is refused before it is read.

    Integers are refused too, except single ones: layers count what they have seen.
    """
    import h5py

    if not isinstance(dataset, h5py.Dataset):
        raise ModelFileError(what="weights are missing", where=where)
    if dataset.shape != shape:
        raise ModelFileError(
            what=f"weights have shape {_text(dataset.shape)}, the layer needs {list(shape)}",
            where=where,
            next_step="architecture and weights do not belong together: save the whole model again",
        )
    if dataset.size > MAX_ELEMENTS:
        raise ModelFileError(what=f"weights of shape {list(shape)} are too large", where=where)
    is_counter = shape == () and dataset.dtype.kind in "iu"
    if dataset.dtype.itemsize > 8 or not (dataset.dtype.kind == "f" or is_counter):
        raise ModelFileError(
            what=f"weights are stored as {dataset.dtype}",
            where=where,
            next_step="save the model with float32 weights, not quantized by Keras",
        )
    _check_storage(dataset, where)
    # values beyond float32 become infinite, which Tensor refuses with a sentence of its own
    with np.errstate(over="ignore"):
        return np.asarray(dataset[()], np.float32)


def _text(shape: tuple[int, ...] | None) -> str:
    return "nothing" if shape is None else str(list(shape))


def _check_storage(dataset: Any, where: str) -> None:
    plist = dataset.id.get_create_plist()
    filters = {plist.get_filter(i)[0] for i in range(plist.get_nfilters())}
    if dataset.external or dataset.is_virtual or not filters <= _BUILT_IN_FILTERS:
        raise ModelFileError(
            what="weights are stored outside the file or with a filter plugin",
            where=where,
            next_step="only files written by Keras itself are read",
        )
