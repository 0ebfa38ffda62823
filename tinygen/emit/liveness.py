"""Which bytes of the arena matter at every step of a program, so that the others can be overwritten."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tinygen.emit.program import Program
from tinygen.planner.rows import lives
from tinygen.streaming.network import Item
from tinygen.streaming.segment import Segment

Span = tuple[int, int]
"""Bytes start .. end - 1."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Before step `step` of call `call`, everything outside of `spans` (sorted, apart) may be overwritten."""

    call: int
    step: int
    spans: tuple[Span, ...]


def moments(program: Program) -> Iterator[Moment]:
    """Every step in the order of execution. Steps of layers that run whole are numbered 0."""
    call = 0
    for index, item in enumerate(program.items):
        if item.segment is not None:
            yield from _of_segment(program, index, item, call)
        elif program.layers[item.first].name in program.moved:
            continue
        else:
            yield Moment(call=call, step=0, spans=joined(_around(program, index)))
        call += 1


def joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same bytes as few spans, sorted."""
    found: list[Span] = []
    for start, end in sorted(s for s in spans if s[0] < s[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def outside(spans: Sequence[Span], arena_bytes: int) -> tuple[Span, ...]:
    """The gaps between sorted spans."""
    edges = [0, *(edge for span in spans for edge in span), arena_bytes]
    return tuple((a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b)


def _around(program: Program, index: int, dying: frozenset[str] = frozenset()) -> list[Span]:
    """Buffers that were written before item `index` and are needed from there on, but for those named."""
    offsets = program.plan.offsets
    return [
        (offsets[b.name], offsets[b.name] + b.bytes)
        for b in program.buffers
        if b.last >= index
        and (b.first < index or b.name in program.graph.inputs)
        and b.name not in dying
    ]


def _of_segment(program: Program, index: int, item: Item, call: int) -> Iterator[Moment]:
    segment, storages = item.segment, program.layout.storages
    graph = segment.rows.graph
    # inputs that nothing reads after the segment die row by row
    dying = {
        t: graph.tensors[t].name
        for t in graph.present
        if storages[graph.tensors[t].name].last == index
        and storages[graph.tensors[t].name].external is None
    }
    around = _around(program, index, frozenset(storages[x].tensors[0] for x in dying.values()))
    written = {t: graph.tensors[t].name for t in graph.kept}
    written = {t: y for t, y in written.items() if storages[y].external is None}
    rows = _rows_in_block(segment, program.item_scratch[index] or 0)
    state = graph.start
    for step, layer in enumerate(segment.schedule):
        spans = [*around, *rows[step]]
        for tensor, name in dying.items():
            first = min(graph.oldest(state, tensor), graph.tensors[tensor].rows)
            spans.append(_whole_rows(program, name, first, graph.tensors[tensor].rows))
        for tensor, name in written.items():
            spans.append(_whole_rows(program, name, 0, graph.made(state, tensor)))
        yield Moment(call=call, step=step, spans=joined(spans))
        state = graph.after(state, layer)


def _whole_rows(program: Program, name: str, first: int, end: int) -> Span:
    """Rows first .. end - 1 of a tensor that lies in the arena as a whole."""
    tensor = program.graph.tensors[name]
    start, row_bytes = program.addresses[name].offset, tensor.bytes // tensor.shape[1]
    return start + first * row_bytes, start + end * row_bytes


def _rows_in_block(segment: Segment, block: int) -> list[list[Span]]:
    """For every step the rows that were made before it and that it or a later one needs."""
    found: list[list[Span]] = [[] for _ in segment.schedule]
    tensors = segment.rows.graph.tensors
    for life in lives(segment.rows.graph, segment.schedule):
        start = block + segment.offsets[life.tensor, life.row]
        for step in range(life.first + 1, life.last + 1):
            found[step].append((start, start + tensors[life.tensor].row_bytes))
    return found
