"""How a model format is recognized and which module reads it."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True, kw_only=True)
class Format:
    """`matches` looks at the content only. `module` has `load(path)` and `survey(path)`.

    The module is imported when a model of the format is met, not before. That of a pipeline has `load(path, trust=)`
    only, which returns a description (tinygen.classical) instead of a graph.
    """

    name: str
    suffixes: tuple[str, ...]
    matches: Callable[[Path], bool]
    module: str
    is_pipeline: bool = False

    def importer(self) -> ModuleType:
        return importlib.import_module(self.module)


def first_bytes(path: Path, count: int) -> bytes:
    """The first bytes of a file, fewer where it is shorter; none of a folder."""
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(count)
