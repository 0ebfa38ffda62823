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
    """RAM bytes without the stack: `io_bytes` are the caller's input and output buffers."""

    arena_bytes: int
    io_bytes: int
    other_static_bytes: int

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


def ram_use(link_map: Path, empty_link_map: Path, arena_bytes: int, io_bytes: int) -> RamUse:
    """Split the RAM of the model's image. The arena is part of the generated static data."""
    sections = read_map(link_map)
    in_ram = _INITIALIZED + _ZERO
    model = _sum(s for s in sections if s.file.startswith("model/") and s.is_one_of(in_ram))
    library = _library_ram(sections) - _library_ram(read_map(empty_link_map))
    return RamUse(
        arena_bytes=arena_bytes,
        io_bytes=io_bytes,
        other_static_bytes=max(model - arena_bytes, 0) + library,
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
