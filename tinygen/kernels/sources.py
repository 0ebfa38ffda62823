"""The C files of the runtime: where they are, and which of them a set of kernels needs."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path

from tinygen.kernels.kernel import Kernel
from tinygen.resources import resource

_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([A-Za-z0-9_]+\.h)"', re.MULTILINE)


def runtime_root() -> Traversable:
    """The folder `runtime_c` of the installed wheel or of the checkout."""
    return resource("runtime_c")


def files_for(kernels: Iterable[Kernel]) -> dict[str, bytes]:
    """The files that the kernels need, by flat file name, byte for byte.

    These are their sources, every header that a needed file includes, and for a header `tg_x.h` of a function that
    kernels share the source `tg_x.c` as well.
    """
    found: dict[str, bytes] = {}
    pending = [Path(kernel.source or kernel.header).name for kernel in kernels]
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found[name] = _content(name)
        pending += _included(name)
    return dict(sorted(found.items()))


@cache
def _content(name: str) -> bytes:
    return _runtime_files()[name].read_bytes()


@cache
def _included(name: str) -> tuple[str, ...]:
    """The headers that a file includes, and their sources."""
    headers = [match.decode() for match in _INCLUDE.findall(_content(name))]
    return tuple(file for header in headers for file in (header, *_source_of(header)))


def _source_of(header: str) -> tuple[str, ...]:
    source = f"{header.removesuffix('.h')}.c"
    return (source,) if source in _runtime_files() else ()


@cache
def _runtime_files() -> dict[str, Traversable]:
    """Every C file of the runtime by its name, which is unique: generated folders hold them side by side."""
    root = runtime_root()
    folders = [root / "include", *sorted((root / "src").iterdir(), key=lambda f: f.name)]
    found: dict[str, Traversable] = {}
    for folder in folders:
        for file in folder.iterdir():
            if file.name.endswith((".c", ".h", ".S")):
                if file.name in found:
                    raise ValueError(f"two runtime files are called {file.name}")
                found[file.name] = file
    return found


@cache
def has_rows(kernel: Kernel) -> bool:
    """Whether the kernel has the row interface of tg_rows.h: its header declares `<symbol>_rows`."""
    if kernel.whole_only:
        return False
    file = _runtime_files().get(kernel.header)
    return file is not None and f" {kernel.symbol}_rows(".encode() in file.read_bytes()
