"""From the steps of a program to addresses: who shares storage, and where each storage lies."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tinygen.planner.offsets import ALIGNMENT, Buffer, Overlap, Plan, place
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

    def is_in_place(self, part: str, tensor: str, at: int) -> bool:
        """Whether a tensor lies inside of another, `at` bytes from its start."""
        shared = self.storages.get(part) is self.storages[tensor]
        return shared and self.inside(part) == self.inside(tensor) + at


def lay_out(
    steps: Sequence[Step],
    tensor_bytes: Mapping[str, int],
    *,
    read_only_inputs: Collection[str] = (),
    arena_inputs: Collection[str] = (),
    outputs: Collection[str] = (),
) -> Layout:
    """Share storage and place it; the arguments are those of assign_storage.

    Parts are made where they belong unless that takes more memory: what joins them is there as soon as the first is.
    """
    owners = (tensor_bytes, read_only_inputs, arena_inputs, outputs)
    layout = _laid_out(steps, *owners)
    if any(step.parts for step in steps):
        copied = _laid_out([replace(step, parts={}) for step in steps], *owners)
        return min(layout, copied, key=lambda found: found.plan.arena_bytes)
    return layout


def _laid_out(
    steps: Sequence[Step],
    tensor_bytes: Mapping[str, int],
    read_only_inputs: Collection[str],
    arena_inputs: Collection[str],
    outputs: Collection[str],
) -> Layout:
    storages = assign_storage(steps, tensor_bytes, read_only_inputs, arena_inputs, outputs)
    inside = {id(s): s for s in storages.values() if s.external is None}
    buffers = [
        Buffer(name=s.tensors[0], bytes=s.bytes, first=s.first, last=s.last)
        for s in inside.values()
    ]
    buffers += [
        Buffer(name=_scratch(step), bytes=step.scratch_bytes, first=i, last=i)
        for i, step in enumerate(steps)
        if step.scratch_bytes
    ]
    overlaps = tuple(_overlaps(steps, storages))
    plan = place(buffers, overlaps)
    return Layout(
        storages=storages,
        scratch_offsets=tuple(
            plan.offsets[_scratch(step)] if step.scratch_bytes else None for step in steps
        ),
        plan=plan,
        buffers=tuple(buffers),
        overlaps=overlaps,
    )


def _scratch(step: Step) -> str:
    return f"{step.name} (scratch)"


def _overlaps(steps: Sequence[Step], storages: Mapping[str, Storage]) -> Iterator[Overlap]:
    """Outputs that may lie over the input that their step reads for the last time, or over its scratch."""
    for index, step in enumerate(steps):
        output = storages[step.write]
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
