"""memory.svg: the arena over time. Layers along x, bytes along y, a rectangle for everything that lies there."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from xml.sax.saxutils import escape

from tinygen.emit.program import Program
from tinygen.planner.rows import lives
from tinygen.streaming.network import Item
from tinygen.streaming.segment import Segment

FILE_NAME = "memory.svg"
HEIGHT, LAYER_WIDTH, MOST_SEGMENT_WIDTH = 320, 26, 520
LEFT, TOP, BOTTOM = 70, 30, 150
"""Pixels; the margins hold the title, the bytes and the names of the layers."""

COLOURS = {"tensor": "#4c78a8", "row": "#59a14f", "scratch": "#f28e2b"}


@dataclass(frozen=True, kw_only=True)
class _Box:
    """`bytes` from `offset`, from x to x + width in pixels of the time axis."""

    kind: str
    title: str
    x: float
    width: float
    offset: int
    bytes: int


def draw(program: Program, name: str) -> bytes:
    """The picture; the same program gives the same bytes."""
    widths = [_width(item) for item in program.items]
    edges = [0, *accumulate(widths)]
    boxes = [*_buffers(program, edges), *_rows(program, edges)]
    size = max(program.plan.arena_bytes, 1)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{edges[-1] + LEFT + 20}" '
        f'height="{HEIGHT + TOP + BOTTOM}" font-family="sans-serif" font-size="11">',
        f'<text x="{LEFT}" y="18">{escape(name)}: {program.plan.arena_bytes} bytes over time '
        f"({_legend()})</text>",
        f'<rect x="{LEFT}" y="{TOP}" width="{edges[-1]}" height="{HEIGHT}" fill="#f4f4f4"/>',
        *(_rectangle(box, size) for box in boxes),
        *_axis(size),
        *_border(program, size, edges[-1]),
        *_names(program, edges, widths),
        "</svg>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _width(item: Item) -> int:
    return min(len(item.segment.schedule), MOST_SEGMENT_WIDTH) if item.segment else LAYER_WIDTH


def _legend() -> str:
    names = {"tensor": "blue: tensors", "row": "green: single rows", "scratch": "orange: scratch"}
    return ", ".join(names[kind] for kind in COLOURS)


def _buffers(program: Program, edges: list[int]) -> Iterator[_Box]:
    """Whole tensors, and the scratch of whole layers; the block of a segment is drawn row by row."""
    blocks = {
        i
        for i, item in enumerate(program.items)
        if item.segment and program.item_scratch[i] is not None
    }
    for buffer in program.buffers:
        is_scratch = buffer.name not in program.layout.storages
        if is_scratch and buffer.first in blocks:
            continue
        yield _Box(
            kind="scratch" if is_scratch else "tensor",
            title=f"{buffer.name}: {buffer.bytes} bytes",
            x=edges[buffer.first],
            width=edges[buffer.last + 1] - edges[buffer.first],
            offset=program.plan.offsets[buffer.name],
            bytes=buffer.bytes,
        )


def _rows(program: Program, edges: list[int]) -> Iterator[_Box]:
    for index, item in enumerate(program.items):
        if item.segment is None:
            continue
        step = (edges[index + 1] - edges[index]) / len(item.segment.schedule)
        block = program.item_scratch[index] or 0
        for kind, title, first, last, offset, size in _pieces(item.segment):
            yield _Box(
                kind=kind,
                title=title,
                x=edges[index] + first * step,
                width=(last + 1 - first) * step,
                offset=block + offset,
                bytes=size,
            )


def _pieces(segment: Segment) -> Iterator[tuple[str, str, int, int, int, int]]:
    """(kind, title, first and last event, offset in the block, bytes)."""
    graph = segment.rows.graph
    for life in lives(graph, segment.schedule):
        name = f"{graph.tensors[life.tensor].name}, row {life.row}: {life.bytes} bytes"
        at = segment.offsets[life.tensor, life.row]
        yield "row", name, life.first, life.last, at, life.bytes
    done = [0] * len(graph.layers)
    for event, layer in enumerate(segment.schedule):
        if (layer, done[layer]) in segment.scratch:
            size = segment.rows.scratch_bytes(layer)
            title = f"scratch of {graph.layers[layer].name}: {size} bytes"
            yield "scratch", title, event, event, segment.scratch[layer, done[layer]], size
        done[layer] += 1


def _rectangle(box: _Box, size: int) -> str:
    scale = HEIGHT / size
    y = TOP + HEIGHT - (box.offset + box.bytes) * scale
    return (
        f'<rect x="{LEFT + box.x:.1f}" y="{y:.1f}" width="{box.width:.1f}" '
        f'height="{box.bytes * scale:.1f}" fill="{COLOURS[box.kind]}" fill-opacity="0.7" '
        f'stroke="white" stroke-width="0.4"><title>{escape(box.title)}</title></rect>'
    )


def _axis(size: int) -> Iterator[str]:
    for part in range(5):
        y = TOP + HEIGHT - part * HEIGHT / 4
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{size * part // 4}</text>'


def _border(program: Program, size: int, width: int) -> Iterator[str]:
    """Between the slow memory and the fast one above it."""
    if program.banks:
        y = TOP + HEIGHT - program.slow_bytes * HEIGHT / size
        yield (
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + width}" y2="{y:.1f}" stroke="black"/>'
            f'<text x="{LEFT + width}" y="{max(y - 4, TOP + 10):.1f}" text-anchor="end">fast</text>'
        )


def _names(program: Program, edges: list[int], widths: list[int]) -> Iterator[str]:
    """Of the layers, written upwards below the picture; of a segment its first and last."""
    for index, item in enumerate(program.items):
        name = program.layers[item.first].name
        if item.last > item.first:
            name += f" .. {program.layers[item.last].name}"
        x, y = LEFT + edges[index] + widths[index] / 2 + 4, TOP + HEIGHT + 8
        yield (
            f'<text transform="translate({x:.1f} {y}) rotate(-90)" text-anchor="end" font-size="9">'
            f"{escape(name[-28:])}</text>"
        )
