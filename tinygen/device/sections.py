"""Flash and RAM of the generated code, from the link map of the smallest firmware that calls it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MAP_BEGIN = "Linker script and memory map"
_PLACED = re.compile(
    r"^ (?P<section>[.\w]\S*)?\s+0x[0-9a-f]+\s+0x(?P<size>[0-9a-f]+) (?P<file>\S.*)$"
)
_NAME_ONLY = re.compile(r"^ (?P<section>[.\w]\S*)$")
_CODE = (".text", ".vectors", ".ARM.exidx", ".ARM.extab")
_READ_ONLY = (".rodata", ".srodata")
_INITIALIZED = (".data", ".sdata")
_ZERO = (".bss", ".sbss", "COMMON")
_ARENA = re.compile(r"(?:^|[._])arena$")
"""What the sections of working memory end with: its arrays are called so, and each has a section of its own."""


@dataclass(frozen=True, kw_only=True)
class FlashUse:
    """Flash bytes beyond an empty firmware: `library` is what the C library and libgcc add."""

    code_bytes: int
    constant_bytes: int
    weight_bytes: int
    library_bytes: int

    @property
    def total_bytes(self) -> int:
        """All flash that the model costs."""
        return self.code_bytes + self.constant_bytes + self.weight_bytes + self.library_bytes


@dataclass(frozen=True, kw_only=True)
class RamUse:
    """RAM bytes in the image, without the stack: `io_bytes` are the caller's input and output buffers.

    `arena_bytes` is all working memory, fast and slow, also where the caller has it.
    """

    arena_bytes: int
    io_bytes: int
    other_static_bytes: int

    @property
    def static_bytes(self) -> int:
        """.data and .bss that the model costs, without the caller's input and output."""
        return self.arena_bytes + self.other_static_bytes

    @property
    def total_bytes(self) -> int:
        """All static RAM that the model costs, with the caller's buffers."""
        return self.arena_bytes + self.io_bytes + self.other_static_bytes


@dataclass(frozen=True, kw_only=True)
class PlacedSection:
    """One input section in the image: `file` is an object or `archive(member)`."""

    name: str
    file: str
    size_bytes: int

    def is_one_of(self, prefixes: tuple[str, ...]) -> bool:
        """True if the section is one of these or a -ffunction-sections variant of it."""
        return any(self.name == p or self.name.startswith(p + ".") for p in prefixes)


def read_map(link_map: Path) -> list[PlacedSection]:
    """Input sections that the linker placed, from a GNU ld map file."""
    text = link_map.read_text(encoding="utf-8", errors="replace")
    return list(_placed(text[text.index(_MAP_BEGIN) :].splitlines()))


def _placed(lines: list[str]) -> Iterator[PlacedSection]:
    pending = None  # a long section name stands on a line of its own
    for line in lines:
        placed = _PLACED.match(line)
        name_only = _NAME_ONLY.match(line)
        if placed and not line.startswith(" *"):
            name = placed["section"] or pending
            size_bytes = int(placed["size"], 16)
            if name:
                yield PlacedSection(name=name, file=placed["file"], size_bytes=size_bytes)
        pending = name_only["section"] if name_only else None


def flash_use(link_map: Path, empty_link_map: Path, model_name: str) -> FlashUse:
    """Split the flash of the model's image; both maps are of the same target."""
    sections = read_map(link_map)
    weights_object = f"model/{model_name}_weights.c.o"
    model = [s for s in sections if s.file.startswith("model/")]
    constant = [s for s in model if s.is_one_of(_READ_ONLY + _INITIALIZED)]
    return FlashUse(
        code_bytes=_sum(s for s in model if s.is_one_of(_CODE)),
        constant_bytes=_sum(s for s in constant if s.file != weights_object),
        weight_bytes=_sum(s for s in constant if s.file == weights_object),
        library_bytes=_library_flash(sections) - _library_flash(read_map(empty_link_map)),
    )


def ram_use(link_map: Path, empty_link_map: Path, io_bytes: int) -> RamUse:
    """Split the RAM of the image of a model, or of all models of a folder without what their self-tests hold."""
    sections = [s for s in read_map(link_map) if not s.file.endswith("_selftest.c.o")]
    in_ram = [s for s in sections if s.is_one_of(_INITIALIZED + _ZERO)]
    arenas = [s for s in in_ram if not _is_library(s) and _ARENA.search(s.name)]
    others = [s for s in in_ram if s.file.startswith("model/") and s not in arenas]
    library = _library_ram(sections) - _library_ram(read_map(empty_link_map))
    return RamUse(
        arena_bytes=_sum(iter(arenas)),
        io_bytes=io_bytes,
        other_static_bytes=_sum(iter(others)) + library,
    )


def _library_flash(sections: list[PlacedSection]) -> int:
    kept = _CODE + _READ_ONLY + _INITIALIZED
    return _sum(s for s in sections if _is_library(s) and s.is_one_of(kept))


def _library_ram(sections: list[PlacedSection]) -> int:
    return _sum(s for s in sections if _is_library(s) and s.is_one_of(_INITIALIZED + _ZERO))


def _is_library(section: PlacedSection) -> bool:
    return not section.file.startswith(("model/", "device/"))


def _sum(sections: Iterator[PlacedSection]) -> int:
    return sum(section.size_bytes for section in sections)
