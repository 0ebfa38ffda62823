"""STRIDED_SLICE of data that is computed at run time."""

from collections.abc import Sequence
from dataclasses import dataclass

from tinygen.importers.tflite.layer import Layer
from tinygen.importers.tflite.operators.moving import Chain, add_chain
from tinygen.ops.crop import Crop
from tinygen.ops.reshape import Reshape
from tinygen.ops.strided_slice import StridedSlice


@dataclass(frozen=True, kw_only=True)
class _Masks:
    """Bit i is about entry i of begin, end and strides."""

    begin: int
    end: int
    shrink: int
    ellipsis: int
    new: int

    def has(self, which: str, entry: int) -> bool:
        return bool(getattr(self, which) >> entry & 1)


def slice_computed(
    layer: Layer, begin_mask: int, end_mask: int, shrink: int, ellipsis: int, new_axis: int
) -> None:
    """Entries are ranges of axes, one cell (which takes its axis away), the axes left out, or new axes."""
    masks = _Masks(begin=begin_mask, end=end_mask, shrink=shrink, ellipsis=ellipsis, new=new_axis)
    x = layer.activation(0)
    parts = begin, end, strides = [layer.integers(i) for i in (1, 2, 3)]
    if len({len(p) for p in parts}) != 1 or 0 in strides:
        raise layer.damaged(f"begin {begin}, end {end} and strides {strides}")
    cells: list[range] = []
    shape: list[int] = []
    for entry, bounds in enumerate(zip(begin, end, strides, strict=True)):
        if masks.has("ellipsis", entry):
            left = sum(not masks.has("new", e) for e in range(entry + 1, len(begin)))
            whole = x.shape[len(cells) : len(x.shape) - left]
            cells += [range(d) for d in whole]
            shape += whole
        elif masks.has("new", entry):
            shape.append(1)
        elif len(cells) == len(x.shape):
            raise layer.damaged(f"{len(begin)} ranges for {len(x.shape)} dimensions")
        else:
            found = _cells(layer, masks, entry, bounds, x.shape[len(cells)])
            cells.append(found)
            shape += [] if masks.has("shrink", entry) else [len(found)]
    rest = x.shape[len(cells) :]
    cells += [range(d) for d in rest]
    _take(layer, cells, (*shape, *rest))


def _cells(
    layer: Layer, masks: _Masks, entry: int, bounds: tuple[int, int, int], length: int
) -> range:
    """The indices of one axis."""
    first, last, stride = bounds
    if masks.has("shrink", entry):
        at = layer.axis(first, length)
        return range(at, at + 1)
    start = None if masks.has("begin", entry) else first
    found = range(length)[slice(start, None if masks.has("end", entry) else last, stride)]
    if not found:
        raise layer.damaged(f"no cell of {length} from {first} to {last} in steps of {stride}")
    return found


def _take(layer: Layer, cells: Sequence[range], shape: tuple[int, ...]) -> None:
    x = layer.activation(0)
    if all(c.step == 1 or len(c) == 1 for c in cells):
        pairs = zip(cells, x.shape, strict=True)
        op: Crop | StridedSlice = Crop(crops=tuple((c[0], d - 1 - c[-1]) for c, d in pairs))
    else:
        others = cells[1:]
        op = StridedSlice(
            starts=tuple(c[0] for c in others),
            strides=tuple(c.step if len(c) > 1 else 1 for c in others),
            lengths=tuple(len(c) for c in others),
        )
        if cells[0] != range(x.shape[0]):
            raise layer.unsupported("a range of the first axis", "ranges of the other axes")
    taken = tuple(len(c) for c in cells)
    chain: Chain = [("cells", op)]
    if taken != shape:
        chain.append(("shape", Reshape(shape=shape)))
    add_chain(layer, x, chain)
