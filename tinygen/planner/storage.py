"""Storage: tensors at the same address because a kernel works in place, or inside of another that joins them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

PART_ALIGNMENT = 4
"""A part of a tensor is made in its place only where that starts on a multiple of so many bytes."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One node of the program, or several that run as one, as the planner sees it: names of tensors in memory.

    `in_place` names the inputs whose bytes the output may overwrite. `moves_only` says that the output is the
    first input byte for byte, so that sharing its storage makes the step disappear. `leads`: inputs over which the
    output may lie when they start so many bytes above it (offsets.Overlap), those in `exact` neither more nor less.
    With `stays_in_arena` the output is written before the caller's outputs are known. With a `scratch_lead` scratch may
    lie over the output if it starts so many bytes above it. `parts`: inputs that the output holds byte for byte, so
    many bytes from its start: where they are made there, they need not be copied.
    """

    name: str = ""
    reads: tuple[str, ...]
    write: str
    in_place: tuple[str, ...] = ()
    moves_only: bool = False
    scratch_bytes: int = 0
    leads: Mapping[str, int] = field(default_factory=dict)
    stays_in_arena: bool = False
    scratch_lead: int | None = None
    parts: Mapping[str, int] = field(default_factory=dict)
    exact: frozenset[str] = frozenset()


@dataclass(kw_only=True)
class Storage:
    """A piece of memory and the tensors that live in it, one after the other or as aliases.

    `first` and `last` are the steps between which its bytes matter, inclusive. `external` names the graph input
    or output that owns the memory, if it is not in the arena. `is_fixed`: it cannot become an output's memory, as an
    input in the arena, where the caller finds it. `offsets` are those of the tensors that are parts of another, which
    is the first of `tensors`.
    """

    tensors: list[str] = field(default_factory=list)
    offsets: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    first: int = 0
    last: int = 0
    external: str | None = None
    read_only: bool = False
    is_fixed: bool = False


def assign_storage(
    steps: Sequence[Step],
    tensor_bytes: Mapping[str, int],
    read_only_inputs: Collection[str],
    arena_inputs: Collection[str],
    outputs: Collection[str],
) -> dict[str, Storage]:
    """Return the storage of every tensor that steps read or write.

    `read_only_inputs` belong to the caller and are never written; `arena_inputs` lie in the arena and may be
    overwritten after their last use; `outputs` belong to the caller and are written by the run.
    """
    last_read = {name: i for i, step in enumerate(steps) for name in step.reads}
    storages: dict[str, Storage] = {}
    for name in (*read_only_inputs, *arena_inputs):
        external = name if name in read_only_inputs else None
        storages[name] = Storage(
            tensors=[name],
            bytes=tensor_bytes[name],
            last=last_read.get(name, 0),
            external=external,
            read_only=external is not None,
            is_fixed=external is None,
        )
    homes = _homes(steps, tensor_bytes, outputs)
    for i, step in enumerate(steps):
        last = last_read.get(step.write, i)
        if step.write in homes or step.write in storages:
            _write_at_home(step, i, storages, homes, tensor_bytes, outputs)
            storages[step.write].last = max(storages[step.write].last, last)
            continue
        shared = _shareable(step, i, storages, tensor_bytes, outputs)
        if shared is None:
            external = step.write if step.write in outputs else None
            storages[step.write] = Storage(
                tensors=[step.write],
                bytes=tensor_bytes[step.write],
                first=i,
                last=last,
                external=external,
                is_fixed=step.stays_in_arena,
            )
            continue
        shared.tensors.append(step.write)
        shared.last = max(shared.last, last)
        if step.write in outputs:
            shared.external = step.write
        storages[step.write] = shared
    return storages


Homes = dict[str, tuple[str, int]]
"""Of parts: the tensor inside of which they are made, and the bytes from its start."""


def _homes(
    steps: Sequence[Step], tensor_bytes: Mapping[str, int], outputs: Collection[str]
) -> Homes:
    """Where parts can be made, and what becomes a part in place."""
    last_read = {name: i for i, step in enumerate(steps) for name in step.reads}
    free = {step.write for step in steps if not step.stays_in_arena} - set(outputs)
    homes: Homes = {}
    for i, step in reversed(list(enumerate(steps))):
        root, at = homes.get(step.write, (step.write, 0))
        for name, offset in step.parts.items():
            is_free = name in free and name not in homes and step.reads.count(name) == 1
            if is_free and (at + offset) % PART_ALIGNMENT == 0:
                homes[name] = root, at + offset
        if step.write in homes:
            for name in step.in_place:
                has_size = tensor_bytes[name] == tensor_bytes[step.write]
                dies = step.moves_only or last_read[name] == i
                if name in free and name not in homes and has_size and dies:
                    homes[name] = root, at
                    break
    return homes


def _write_at_home(
    step: Step,
    index: int,
    storages: dict[str, Storage],
    homes: Homes,
    tensor_bytes: Mapping[str, int],
    outputs: Collection[str],
) -> None:
    """The storage of a part, or of a tensor of which parts are there already."""
    root, at = homes.get(step.write, (step.write, 0))
    if root not in storages:
        storages[root] = Storage(
            tensors=[root],
            bytes=tensor_bytes[root],
            first=index,
            last=index,
            external=root if root in outputs else None,
        )
    storage = storages[root]
    if step.write != root:
        storage.tensors.append(step.write)
        storage.offsets[step.write] = at
        storages[step.write] = storage


def _shareable(
    step: Step,
    index: int,
    storages: Mapping[str, Storage],
    tensor_bytes: Mapping[str, int],
    outputs: Collection[str],
) -> Storage | None:
    """The storage of an input that the step's output can take over, if any."""
    for name in step.in_place:
        storage = storages.get(name)
        if storage is None or storage.bytes != tensor_bytes[step.write] or name in storage.offsets:
            continue
        is_output = step.write in outputs
        if is_output and (storage.external is not None or storage.is_fixed):
            continue  # two memories of the caller cannot be one
        if step.moves_only and not is_output:
            return storage
        if not storage.read_only and storage.external is None and storage.last <= index:
            return storage
    return None
