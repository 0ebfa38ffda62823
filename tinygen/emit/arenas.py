"""Working memory in generated code: one block or a slow and a fast one; the model's own, shared, or the caller's."""

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass

from tinygen.emit.options import ArenaMode, EmitOptions
from tinygen.emit.program import Program

POINTERS = ("arena", "fast_arena")
"""Variables of the generated functions that point to the blocks, the slow one first."""

PARAMETERS = {"arena": "memory", "fast_arena": "fast_memory"}
"""What the run function calls a caller's blocks: the pointers above have a type."""

_POINTER = re.compile(r"\b(?:arena|fast_arena)\b")


class Owner(enum.Enum):
    """Who has the memory."""

    MODEL = ", which are inside of the model"
    SHARED = ", inside of a block that the models of this folder share"
    CALLER = " that the caller provides, 8-byte aligned"


@dataclass(frozen=True, kw_only=True)
class Arena:
    """A block of working memory. `name` prefixes what belongs to the model, `owner_name` the array itself."""

    pointer: str
    bytes: int
    name: str
    owner: Owner
    owner_name: str

    @property
    def macro(self) -> str:
        return f"{self.name}_{self.pointer}".upper()

    @property
    def symbol(self) -> str:
        return f"{self.owner_name}_{self.pointer}"

    @property
    def section(self) -> str:
        return f"{self.owner_name}_section_{self.pointer}".upper()

    @property
    def parameter(self) -> str:
        return PARAMETERS[self.pointer]

    @property
    def value(self) -> str:
        """What the pointer is set to in a function without that pointer."""
        return f"(int8_t *){self.parameter}" if self.owner is Owner.CALLER else self.symbol

    @property
    def title(self) -> str:
        if self.pointer == "fast_arena":
            return "The fast part of the working memory: what is used most often per byte (--fast-ram)."
        return "The working memory."

    @property
    def description(self) -> str:
        speed = "fast " if self.pointer == "fast_arena" else ""
        return f"Bytes of {speed}working memory{self.owner.value}."


def arenas_of(
    programs: Iterable[Program], name: str, options: EmitOptions, shared_by: str | None
) -> tuple[Arena, ...]:
    """The blocks of a model, whose entry points are the programs; `shared_by` is the name of a folder of models."""
    programs = tuple(programs)
    is_callers = options.arena is ArenaMode.CALLER
    owner = Owner.CALLER if is_callers else Owner.SHARED if shared_by else Owner.MODEL
    needed = [max(p.slow_bytes for p in programs)]
    if options.fast_ram:
        needed.append(max(p.fast_bytes for p in programs))
    return tuple(
        Arena(
            pointer=pointer,
            # a caller's arena has a byte at least, as C has no empty arrays
            bytes=max(size, 1) if is_callers else size,
            name=name,
            owner=owner,
            owner_name=shared_by or name,
        )
        for pointer, size in zip(POINTERS, needed, strict=False)
    )


def place(program: Program, offset: int) -> str:
    """A C expression for the address of a byte of the working memory."""
    if program.banks is None or offset < program.slow_bytes:
        return f"arena + {offset}"
    return f"fast_arena + {offset - program.slow_bytes}"


def base(program: Program, offset: int) -> str:
    """The pointer of the block in which a byte lies."""
    return place(program, offset).split()[0]


def used_in(arenas: Iterable[Arena], texts: Iterable[str]) -> tuple[Arena, ...]:
    """The blocks that statements point to."""
    named = {pointer for text in texts for pointer in _POINTER.findall(text)}
    return tuple(a for a in arenas if a.pointer in named)
