"""What a user can choose about the generated folder."""

import enum
from dataclasses import dataclass

from tinygen.selection import Optimize


class Io(enum.Enum):
    """Element type of the entry point beside the int8 one, which is always there."""

    INT8 = "int8"
    UINT8 = "uint8"
    FLOAT = "float"


class ArenaMode(enum.Enum):
    """Who owns the working memory."""

    STATIC = "static"
    CALLER = "caller"


class InputMode(enum.Enum):
    """Who owns the input: the caller, who keeps it unchanged, the arena, which reuses it, or nobody: rows arrive
    one by one."""

    CALLER = "caller"
    ARENA = "arena"
    ROWS = "rows"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a model came from, for manifest and comments. No path: the same bytes on every machine."""

    file_name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class EmitOptions:
    """Choices for one folder.

    `labels` are the class names of a classifier, in output order. `kernels` overrides the choice of kernels: pairs
    (layer name, kernel symbol). Up to `hot_weights` bytes of weights are kept in RAM: those that are read most often.
    With `least_ram` layers run row by row as far as that makes the arena smaller. Up to `fast_ram` bytes of a second,
    faster memory hold what is used most often per byte. Where the input arrives in rows, at most the share `push_work`
    of the multiply-accumulates runs between two of them.
    """

    io: Io = Io.INT8
    arena: ArenaMode = ArenaMode.STATIC
    input: InputMode = InputMode.CALLER
    push_work: float | None = None
    optimize: Optimize = Optimize.BALANCED
    labels: tuple[str, ...] = ()
    kernels: tuple[tuple[str, str], ...] = ()
    hot_weights: int = 0
    least_ram: bool = False
    fast_ram: int = 0
    provenance: Provenance | None = None
