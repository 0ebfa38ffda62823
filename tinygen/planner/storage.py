"""Storage: which tensors of a program lie at the same address because a kernel works in place."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Step:
    """One node of the program, or several that run as one, as the planner sees it: names of tensors in memory.

    `in_place` names the inputs whose bytes the output may overwrite. `moves_only` says that the output is the
    first input byte for byte, so that sharing its storage makes the step disappear. `leads`: inputs over which the
    output may lie when they start so many bytes above it (offsets.Overlap). With `stays_in_arena` the output is
    written before the caller's outputs are known. With a `scratch_lead` scratch may lie over the output if it starts so
    many bytes above it.
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


@dataclass(kw_only=True)
class Storage:
    """A piece of memory and the tensors that live in it, one after the other or as aliases.

    `first` and `last` are the steps between which its bytes matter, inclusive. `external` names the graph input
    or output that owns the memory, if it is not in the arena. `is_fixed`: it cannot become an output's memory, as an
    input in the arena, where the caller finds it.
    """

    tensors: list[str] = field(default_factory=list)
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
    for i, step in enumerate(steps):
        last = last_read.get(step.write, i)
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
        if storage is None or storage.bytes != tensor_bytes[step.write]:
            continue
        is_output = step.write in outputs
        if is_output and (storage.external is not None or storage.is_fixed):
            continue  # two memories of the caller cannot be one
        if step.moves_only and not is_output:
            return storage
        if not storage.read_only and storage.external is None and storage.last <= index:
            return storage
    return None
