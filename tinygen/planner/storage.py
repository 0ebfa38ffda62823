"""Storage: tensors at the same address because a kernel works in place, or inside of another that joins them."""

from collections import Counter
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
    many bytes from its start: where they are made there, they need not be copied. With a `parts_step` it holds them
    piece by piece, and a piece is so many bytes from the next; a step that `spreads` can make its output so.
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
    parts_step: int | None = None
    spreads: bool = False
    exact: frozenset[str] = frozenset()


@dataclass(kw_only=True)
class Storage:
    """A piece of memory and the tensors that live in it, one after the other or as aliases.

    `first` and `last` are the steps between which its bytes matter, inclusive. `external` names the graph input
    or output that owns the memory, if it is not in the arena. `is_fixed`: it cannot become an output's memory, as an
    input in the arena, where the caller finds it. `offsets` are those of the tensors that are parts of another, which
    is the first of `tensors`; `steps` say how far apart the pieces are of those that are spread over it.
    """

    tensors: list[str] = field(default_factory=list)
    offsets: dict[str, int] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
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


@dataclass(frozen=True, kw_only=True)
class Home:
    """Where a part is made: inside of `root`, so many bytes from its start; its pieces `step` apart if it is spread."""

    root: str
    at: int
    step: int | None = None

    def holds(self, step: int | None, offset: int) -> bool:
        """Whether a part of what is made here has its place: spread parts are not parted again, others are aligned."""
        is_aligned = step is not None or (self.at + offset) % PART_ALIGNMENT == 0
        return self.step is None and is_aligned


def _homes(
    steps: Sequence[Step], tensor_bytes: Mapping[str, int], outputs: Collection[str]
) -> dict[str, Home]:
    """Where parts can be made, and what becomes a part in place."""
    last_read = {name: i for i, step in enumerate(steps) for name in step.reads}
    free = {step.write for step in steps if not step.stays_in_arena} - set(outputs)
    spread = free & _spread(steps)
    homes: dict[str, Home] = {}
    for i, step in reversed(list(enumerate(steps))):
        home = homes.get(step.write, Home(root=step.write, at=0))
        able = free if step.parts_step is None else spread
        for name, offset in step.parts.items():
            is_free = name in able and name not in homes and step.reads.count(name) == 1
            if is_free and home.holds(step.parts_step, offset):
                homes[name] = Home(root=home.root, at=home.at + offset, step=step.parts_step)
        if step.write in homes and home.step is None:
            for name in step.in_place:
                has_size = tensor_bytes[name] == tensor_bytes[step.write]
                dies = step.moves_only or last_read[name] == i
                if name in free and name not in homes and has_size and dies:
                    homes[name] = home
                    break
    return homes


def _spread(steps: Sequence[Step]) -> set[str]:
    """What can be made in pieces: those that read it elsewhere would not find them."""
    reads = Counter(name for step in steps for name in step.reads)
    return {step.write for step in steps if step.spreads and reads[step.write] == 1}


def _write_at_home(
    step: Step,
    index: int,
    storages: dict[str, Storage],
    homes: Mapping[str, Home],
    tensor_bytes: Mapping[str, int],
    outputs: Collection[str],
) -> None:
    """The storage of a part, or of a tensor of which parts are there already."""
    home = homes.get(step.write, Home(root=step.write, at=0))
    root = home.root
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
        storage.offsets[step.write] = home.at
        storages[step.write] = storage
    if home.step is not None:
        storage.steps[step.write] = home.step


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
