"""Where the RAM of a model goes, as planned: working memory, what is kept between calls, the caller's buffers."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from tinygen.emit.options import EmitOptions, InputMode
from tinygen.emit.program import Program
from tinygen.streaming.segment import Segment


@dataclass(frozen=True, kw_only=True)
class PlannedRam:
    """Bytes of RAM. `scratch_bytes` are those of the layer with the most, and lie inside of the arenas.

    `state_bytes` are kept between calls, `hot_weight_bytes` are weights copied to RAM; `input_bytes` and
    `output_bytes` are the caller's. The stack is not planned: `tinygen bench` measures it.
    """

    arena_bytes: int
    fast_arena_bytes: int
    scratch_bytes: int
    state_bytes: int
    hot_weight_bytes: int
    input_bytes: int
    output_bytes: int

    @property
    def model_bytes(self) -> int:
        """What the generated code itself holds (a caller's arena included): .data and .bss of an image."""
        return self.arena_bytes + self.fast_arena_bytes + self.state_bytes + self.hot_weight_bytes

    @property
    def total_bytes(self) -> int:
        """All of it, with the caller's buffers, without the stack."""
        return self.model_bytes + self.input_bytes + self.output_bytes

    def as_dict(self) -> dict[str, int]:
        """Plain data, sums included."""
        sums = {"model_bytes": self.model_bytes, "total_bytes": self.total_bytes}
        return dataclasses.asdict(self) | sums

    def summary(self) -> str:
        """One line."""
        fast = f" + fast arena {self.fast_arena_bytes:,}" if self.fast_arena_bytes else ""
        return (
            f"RAM {self.total_bytes:,} bytes and the stack: arena {self.arena_bytes:,}{fast} (scratch in it "
            f"{self.scratch_bytes:,}), state {self.state_bytes:,}, hot weights {self.hot_weight_bytes:,}, "
            f"caller's input {self.input_bytes:,} and output {self.output_bytes:,}"
        )


def planned_ram(
    programs: Sequence[Program], options: EmitOptions, hot_weight_bytes: int
) -> PlannedRam:
    """Of a model whose entry points are the programs: one runs at a time."""
    inputs = programs[0].graph.input_tensors if options.input is InputMode.CALLER else ()
    return PlannedRam(
        arena_bytes=max(p.slow_bytes for p in programs),
        fast_arena_bytes=max(p.fast_bytes for p in programs),
        scratch_bytes=max(_scratch_bytes(p) for p in programs),
        state_bytes=sum(p.state_bytes for p in programs),
        hot_weight_bytes=hot_weight_bytes,
        input_bytes=sum(t.bytes for t in inputs),
        output_bytes=max(sum(t.bytes for t in p.graph.output_tensors) for p in programs),
    )


def statements(program: Program) -> tuple[str, ...]:
    """What is known of the arena, in words: how small it can be with these kernels, and what each segment needs."""
    plan = program.plan
    if not program.segments:
        return (f"arena {plan.summary()}; fullest at layer '{program.peak_layer}'",)
    bound = f"none is smaller than {plan.lower_bound_bytes:,}"
    proof = "none is smaller" if plan.is_optimal else bound
    head = f"arena {plan.arena_bytes:,} bytes; with these kernels and segments {proof} (proved)"
    return (head, *map(_of_segment, program.segments))


def _of_segment(segment: Segment) -> str:
    first, last = (run.call.node.name for run in (segment.runs[0], segment.runs[-1]))
    head = f"  '{first}' to '{last}' row by row: {segment.block_bytes:,} bytes"
    if segment.is_optimal:
        return f"{head}, and no order of rows needs less (proved)"
    if segment.block_bytes == segment.live_bytes:
        return f"{head}; no order of rows needs less than {segment.lower_bound_bytes:,} (proved)"
    return (
        f"{head}, of which this order of rows needs {segment.live_bytes:,} at once, "
        f"and none less than {segment.lower_bound_bytes:,} (proved)"
    )


def ram_of_all(models: Sequence[PlannedRam], *, shared_arena: bool) -> PlannedRam:
    """Of several models in one firmware; with a shared arena the largest counts, otherwise the sum."""
    arena = max if shared_arena else sum
    return PlannedRam(
        arena_bytes=arena(m.arena_bytes for m in models),
        fast_arena_bytes=arena(m.fast_arena_bytes for m in models),
        scratch_bytes=max(m.scratch_bytes for m in models),
        state_bytes=sum(m.state_bytes for m in models),
        hot_weight_bytes=sum(m.hot_weight_bytes for m in models),
        input_bytes=sum(m.input_bytes for m in models),
        output_bytes=sum(m.output_bytes for m in models),
    )


def _scratch_bytes(program: Program) -> int:
    """The most scratch that one layer has, in a segment for one row."""
    whole = [program.layers[item.first].scratch_bytes for item in program.items if not item.segment]
    by_rows = [
        item.segment.rows.scratch_bytes(layer)
        for item in program.items
        if item.segment
        for layer in range(len(item.segment.rows.graph.layers))
    ]
    return max([*whole, *by_rows], default=0)
