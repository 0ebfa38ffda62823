"""From the steps of a program to addresses: who shares storage, and where each storage lies."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tinygen.planner.offsets import ALIGNMENT, Buffer, Overlap, Plan, lower_bound, place
from tinygen.planner.storage import Step, Storage, assign_storage


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Storages by tensor, scratch offsets by step (None: no scratch), and the plan that says where they lie."""

    storages: dict[str, Storage]
    scratch_offsets: tuple[int | None, ...]
    plan: Plan
    buffers: tuple[Buffer, ...]
    overlaps: tuple[Overlap, ...] = ()

    def offset(self, tensor: str) -> int:
        """Where a tensor of the arena starts."""
        return self.plan.offsets[self.storages[tensor].tensors[0]] + self.inside(tensor)

    def inside(self, tensor: str) -> int:
        """Bytes from the start of a tensor's storage."""
        return self.storages[tensor].offsets.get(tensor, 0)

    def step(self, tensor: str) -> int | None:
        """Bytes from piece to piece of a tensor that is spread over another; None of all others."""
        return self.storages[tensor].steps.get(tensor) if tensor in self.storages else None

    def is_in_place(self, part: str, tensor: str, at: int) -> bool:
        """Whether a tensor lies inside of another, from `at` bytes behind its start on."""
        shared = self.storages.get(part) is self.storages[tensor]
        return shared and self.inside(part) == self.inside(tensor) + at


@dataclass(frozen=True, kw_only=True)
class _Sketch:
    """Who shares storage, before anything has its place."""

    steps: Sequence[Step]
    storages: dict[str, Storage]

    @cached_property
    def buffers(self) -> tuple[Buffer, ...]:
        inside = {id(s): s for s in self.storages.values() if s.external is None}
        tensors = [
            Buffer(name=s.tensors[0], bytes=s.bytes, first=s.first, last=s.last)
            for s in inside.values()
        ]
        scratch = [
            Buffer(name=_scratch(step), bytes=step.scratch_bytes, first=i, last=i)
            for i, step in enumerate(self.steps)
            if step.scratch_bytes
        ]
        return (*tensors, *scratch)

    @cached_property
    def overlaps(self) -> tuple[Overlap, ...]:
        return tuple(_overlaps(self.steps, self.storages))

    @property
    def least_bytes(self) -> int:
        """Of the arena, wherever buffers lie."""
        return lower_bound(self.buffers, self.overlaps)

    def placed(self) -> Layout:
        plan = place(self.buffers, self.overlaps)
        scratch = (
            plan.offsets[_scratch(step)] if step.scratch_bytes else None for step in self.steps
        )
        return Layout(
            storages=self.storages,
            scratch_offsets=tuple(scratch),
            plan=plan,
            buffers=self.buffers,
            overlaps=self.overlaps,
        )


def lay_out(
    steps: Sequence[Step],
    tensor_bytes: Mapping[str, int],
    *,
    read_only_inputs: Collection[str] = (),
    arena_inputs: Collection[str] = (),
    outputs: Collection[str] = (),
) -> Layout:
    """Share storage and place it; the arguments are those of assign_storage.

    Parts are made where they belong, all or as many as take no more memory than copies: what joins them is there as
    soon as the first is.
    """

    def sketch(parts: Collection[str]) -> _Sketch:
        some = [_with_parts(step, parts) for step in steps]
        storages = assign_storage(some, tensor_bytes, read_only_inputs, arena_inputs, outputs)
        return _Sketch(steps=some, storages=storages)

    parts = tuple(dict.fromkeys(name for step in reversed(steps) for name in step.parts))
    copied = sketch(()).placed()
    if not parts:
        return copied
    room = copied.plan.arena_bytes
    allowed: tuple[str, ...] = ()
    for name in parts:
        if sketch((*allowed, name)).least_bytes <= room:
            allowed = (*allowed, name)
    for some in filter(None, (parts, allowed, allowed[: len(allowed) // 2])):
        found = sketch(some)
        if found.least_bytes <= room and (layout := found.placed()).plan.arena_bytes <= room:
            return layout
    return copied


def _with_parts(step: Step, parts: Collection[str]) -> Step:
    return replace(step, parts={name: at for name, at in step.parts.items() if name in parts})


def _scratch(step: Step) -> str:
    return f"{step.name} (scratch)"


def _overlaps(steps: Sequence[Step], storages: Mapping[str, Storage]) -> Iterator[Overlap]:
    """Outputs that may lie over the input that their step reads for the last time, or over its scratch."""
    for index, step in enumerate(steps):
        output = storages[step.write]
        if step.write in output.steps:
            continue  # leads are those of outputs in one piece
        is_made_here = output.external is None and output.first == index
        inside = output.offsets.get(step.write, 0)
        if step.scratch_lead is not None and step.scratch_bytes and is_made_here:
            lead = step.scratch_lead + inside
            yield Overlap(input=_scratch(step), output=output.tensors[0], lead=lead)
        for name, lead in step.leads.items():
            source = storages.get(name)
            if source is None or source is output or step.reads.count(name) != 1:
                continue
            if name in source.offsets:
                continue  # other parts are around it
            dies_here = source.external is None and source.last == index
            if dies_here and is_made_here:
                is_exact = name in step.exact
                if is_exact and (lead + inside) % ALIGNMENT:
                    continue
                yield Overlap(
                    input=source.tensors[0],
                    output=output.tensors[0],
                    lead=lead + inside,
                    is_exact=is_exact,
                )
