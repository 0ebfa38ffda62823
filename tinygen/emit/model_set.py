"""Several models in one folder: the variables of the templates about all of them, and the checks of their names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tinygen.emit.arenas import Arena
from tinygen.emit.memory import PlannedRam
from tinygen.emit.names import checked_model_name
from tinygen.emit.options import ArenaMode, EmitOptions
from tinygen.errors import BudgetError, UsageError
from tinygen.targets import Target

MOST_NAMED = 4
"""Of the models in the title of a folder."""


@dataclass(frozen=True, kw_only=True)
class ModelView:
    """A model as the files of its folder mention it."""

    name: str
    source: str
    macs: int
    constant_bytes: int
    arena_bytes: int
    call: str


def build(
    name: str,
    parts: Sequence[Mapping[str, object]],
    ram: PlannedRam,
    *,
    shared_arena: bool,
) -> dict[str, object]:
    """The variables of the templates of a folder; `parts` are those of its models."""
    names = [str(part["name"]) for part in parts]
    shown = ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
    first = parts[0]
    is_callers = not first["arena_is_static"]
    return {
        "name": name,
        "upper": name.upper(),
        "title": f"{len(names)} models ({shown})",
        "target": first["target"],
        "models": tuple(_view(part) for part in parts),
        "arenas": _largest(name, parts) if shared_arena or is_callers else (),
        "memory_parameters": first["memory_parameters"],
        "memory_arguments": first["memory_arguments"],
        "ram": ram,
        "rule": _rule(name, parts, shared_arena and not is_callers, is_callers),
    }


def _view(part: Mapping[str, object]) -> ModelView:
    arenas: Sequence[Arena] = part["arenas"]
    ports = (*(() if part["input_in_arena"] else part["inputs"]), *part["outputs"])
    arguments = [port.argument for port in ports]
    arguments += [a.pointer for a in arenas] if not part["arena_is_static"] else []
    call = f"{part['name']}_run({', '.join(arguments)});"
    return ModelView(
        name=part["name"],
        source=part["source"],
        macs=part["macs"],
        constant_bytes=part["constant_bytes"],
        arena_bytes=sum(a.bytes for a in arenas),
        call=call,
    )


def _largest(name: str, parts: Sequence[Mapping[str, object]]) -> tuple[Arena, ...]:
    """The blocks that are enough for every model; without those that nobody needs."""
    blocks: dict[str, Arena] = {}
    for part in parts:
        for arena in part["arenas"]:
            most = max(arena.bytes, blocks[arena.pointer].bytes if arena.pointer in blocks else 0)
            blocks[arena.pointer] = replace(arena, name=name, owner_name=name, bytes=most)
    return tuple(block for block in blocks.values() if block.bytes)


def _rule(
    name: str, parts: Sequence[Mapping[str, object]], is_shared: bool, is_callers: bool
) -> tuple[str, ...]:
    """What the user must know about the working memory, a line each."""
    if is_callers:
        return (
            "The caller gives each run its working memory. One block of "
            f"{name.upper()}_ARENA_BYTES serves all models, as long as they run one after the other.",
        )
    if not is_shared:
        return ("Each model has working memory of its own: one may run while another does.",)
    lines = [
        "The models share their working memory: they run one after the other, never one while another does",
        "(in an interrupt or another task). Outputs are the caller's and stay; nothing else of a run does.",
    ]
    if any(part["input_in_arena"] for part in parts):
        lines.append(
            "An input that NAME_input() points to is filled after the last run of another model."
        )
    if any(part["pushes"] for part in parts):
        lines.append("From the first NAME_push_row() to NAME_finish() no other model runs.")
    return tuple(lines)


def check_names(name: str, members: Sequence[str]) -> None:
    """Raise UsageError unless folder and models have names of their own, whatever the case of their letters."""
    if len(members) < 2:
        raise UsageError(what=f"a folder of models needs two or more, not {len(members)}")
    taken: set[str] = set()
    for member in (name, *members):
        checked_model_name(member)
        if member.lower() in taken:
            raise UsageError(
                what=f"two things in this folder would be called '{member}'",
                next_step="name the models with --name NAME=MODEL, once for each, and the folder's "
                "files with --name NAME",
            )
        taken.add(member.lower())


def check_memory(options: Sequence[EmitOptions]) -> None:
    """Raise UsageError unless all models get their working memory in one way."""
    callers = [o for o in options if o.arena is ArenaMode.CALLER]
    kinds = {bool(o.fast_ram) for o in callers}
    if callers and (len(callers) < len(options) or len(kinds) > 1):
        raise UsageError(
            what="the caller gives working memory to some of the models only, or in different parts",
            next_step="give all of them the same choices of arena and fast RAM",
        )


def check_symbols(arrays: Sequence[tuple[str, str]], files: Sequence[tuple[str, str]]) -> None:
    """Raise UsageError where two models define one symbol or file: (model, symbol), (model, file)."""
    for kind, pairs in (("array", arrays), ("file", files)):
        owners: dict[str, str] = {}
        for model, text in pairs:
            owner = owners.setdefault(text.lower(), model)
            if owner != model:
                raise UsageError(
                    what=f"'{owner}' and '{model}' would both write the {kind} {text}",
                    next_step="give one of them another name: --name NAME=MODEL",
                )


def check_budgets(
    target: Target, ram: PlannedRam, constant_bytes: int, *, shared: bool, fast_ram: int
) -> None:
    """Raise BudgetError where all models together need more than the target has."""
    needed = ram.model_bytes - ram.fast_arena_bytes
    limit = None if target.ram_bytes is None else max(target.ram_bytes - fast_ram, 0)
    if limit is not None and needed > limit:
        besides = f" beside {fast_ram} of fast RAM" if fast_ram else ""
        raise BudgetError(
            what=f"the models together need {needed} bytes of RAM, {target.limit('RAM', limit)}{besides}: "
            f"{needed - limit} bytes are missing",
            next_step="give more RAM, or fewer models"
            if shared
            else "let them share their working memory: --shared-arena",
        )
    if fast_ram and ram.fast_arena_bytes > fast_ram:
        raise BudgetError(
            what=f"the models together need {ram.fast_arena_bytes} bytes of fast RAM, not {fast_ram}",
            next_step="let them share their working memory: --shared-arena",
        )
    if target.flash_bytes is not None and constant_bytes > target.flash_bytes:
        raise BudgetError(
            what=f"weights and constants of all models need {constant_bytes} bytes of flash, "
            f"{target.limit('flash', target.flash_bytes)}: "
            f"{constant_bytes - target.flash_bytes} bytes are missing",
            next_step="give more flash, or fewer models",
        )


__all__ = [
    "ModelView",
    "build",
    "check_budgets",
    "check_memory",
    "check_names",
    "check_symbols",
]
