"""Targets: one TOML file per core or board, read into frozen `Target` objects.

A board names its core (`core = "cortex-m4"`) and inherits compiler, flags, features, emulator and
cycle model from it. Code asks for features (`"dsp" in target.features`), never for names. The QEMU
machines stand in `machines/`, because several cores share one.

This module imports nothing outside the standard library, so that the command line starts fast.
"""

import difflib
import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from tinygen.errors import UsageError

FEATURES = {
    "armv6m": "only the small Thumb instruction set: no 64-bit product, no unaligned access",
    "thumb2": "the full Thumb-2 instruction set",
    "armv7m": "Thumb-2 without the DSP extension, as on Cortex-M3",
    "unaligned": "word loads and stores may be unaligned",
    "mul64": "a 32 x 32 -> 64 bit product takes one or two instructions",
    "dsp": "Arm DSP extension: two 16-bit multiply-accumulates in one instruction",
    "mve": "Arm Helium: integer and floating point vectors of 128 bits",
    "fpu": "single precision floating point in hardware",
    "fpu64": "double precision floating point in hardware",
    "riscv": "a RISC-V instruction set",
}
"""What a target may have, and what it means for a kernel."""

CYCLE_MODELS = ("m0", "m0plus", "m3", "m4")
"""Cores with a documented cycle model (docs/cycle-model.md)."""

TIMER_KINDS = ("fpgaio", "nrf51", "minstret")
"""Counters that the firmware can read, one C file each in tinygen/device/firmware."""


@dataclass(frozen=True, kw_only=True)
class MemoryRegion:
    """A contiguous region of the address space, in bytes."""

    base: int
    size: int

    def __post_init__(self) -> None:
        _require(0 <= self.base < 2**32, "base must be a 32-bit address")
        _require(0 < self.size <= 2**32 - self.base, "size must be positive and end within 32 bits")


@dataclass(frozen=True, kw_only=True)
class Timer:
    """A free-running counter of a QEMU machine: its kind, base address and tick in picoseconds."""

    kind: str
    base: int
    tick_ps: int

    def __post_init__(self) -> None:
        _require(self.kind in TIMER_KINDS, f"timer kind must be one of {', '.join(TIMER_KINDS)}")
        _require(self.tick_ps > 0, "tick_ps must be positive")


@dataclass(frozen=True, kw_only=True)
class QemuBoard:
    """A QEMU machine with a memory layout.

    `vectors` is set when the exception vectors lie outside `code`. One executed instruction
    advances the virtual time by `2**icount_shift` ns.
    """

    name: str
    emulator: str
    machine: str
    code: MemoryRegion
    data: MemoryRegion
    stack_bytes: int
    icount_shift: int
    timer: Timer
    vectors: MemoryRegion | None = None
    extra_args: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require(0 <= self.icount_shift <= 10, "icount_shift must be 0..10")
        _require(0 < self.stack_bytes < self.data.size, "stack_bytes must fit the data region")
        _require(self.stack_bytes % 8 == 0, "stack_bytes must be a multiple of 8")


@dataclass(frozen=True, kw_only=True)
class FastRam:
    """The part of a board's RAM that is faster than the rest, by the vendor's name for it."""

    name: str
    bytes: int

    def __post_init__(self) -> None:
        _require(bool(self.name), "fast RAM needs the vendor's name for it")
        _require(self.bytes > 0, "fast RAM must have bytes")


@dataclass(frozen=True, kw_only=True)
class ActiveCurrent:
    """Supply current while the core computes at `clock_hz`, as published by the vendor."""

    amperes: float
    volts: float
    source: str

    def __post_init__(self) -> None:
        _require(0 < self.amperes < 2, "amperes must be positive and below 2")
        _require(0 < self.volts < 6, "volts must be positive and below 6")
        _require(bool(self.source), "a current needs its published source")

    @property
    def watts(self) -> float:
        """Power in watts."""
        return self.amperes * self.volts


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the generator, the device layer and the reports need to know about a core or board.

    `None` means unknown or unlimited: a bare core has no memory budget, no clock and no current.
    `ram_bytes` is all RAM, `fast_ram` a part of it.
    `qemu` lists machines that execute the target's code, in order of preference: the first one
    that the firmware fits is used. It is empty where none exists. `costs_of` is the core whose cost table
    stands for this one (tinygen/costs); by default the target's own core. `budgets` are the memories
    ("flash", "RAM") whose size is a limit that the user set, not the target's own.
    """

    name: str
    description: str
    core: str
    features: frozenset[str]
    compiler: str
    compile_flags: tuple[str, ...]
    flash_bytes: int | None = None
    ram_bytes: int | None = None
    fast_ram: FastRam | None = None
    clock_hz: int | None = None
    memory_source: str | None = None
    active_current: ActiveCurrent | None = None
    qemu: tuple[QemuBoard, ...] = ()
    cycle_model: str | None = None
    costs_of: str | None = None
    budgets: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        unknown = sorted(self.features - FEATURES.keys())
        _require(not unknown, f"unknown features: {', '.join(unknown)}")
        for field in ("flash_bytes", "ram_bytes", "clock_hz"):
            value = getattr(self, field)
            _require(value is None or value > 0, f"{field} must be positive")
        has_rest = self.fast_ram is None or self.fast_ram.bytes <= (self.ram_bytes or 0)
        _require(has_rest, "fast_ram is a part of ram_bytes")
        sourced = self.flash_bytes is None or bool(self.memory_source)
        _require(sourced, "memory sizes need a memory_source")
        current_has_clock = self.active_current is None or self.clock_hz is not None
        _require(current_has_clock, "active_current needs the clock_hz it was measured at")
        known_model = self.cycle_model is None or self.cycle_model in CYCLE_MODELS
        _require(known_model, f"cycle_model must be one of {', '.join(CYCLE_MODELS)}")

    def limit(self, memory: str, size: int) -> str:
        """Who says that there are only `size` bytes of "flash" or "RAM", in words."""
        return f"the budget is {size}" if memory in self.budgets else f"{self.name} has {size}"

    @property
    def is_board(self) -> bool:
        """True for a board that inherits from a core."""
        return self.name != self.core


def names() -> tuple[str, ...]:
    """Names of all targets: the host, then cores, then boards, each sorted."""
    return tuple(sorted(_target_names(), key=lambda name: (name != "host", _is_board(name), name)))


@functools.cache
def load(name: str) -> Target:
    """Return the target called `name`.

    Raises UsageError with close matches and all names when there is none.
    """
    if name not in _target_names():
        close = difflib.get_close_matches(name, _target_names(), n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}? " if close else ""
        raise UsageError(
            what=f"there is no target {name!r}",
            where="--target",
            next_step=f"{hint}Targets: {', '.join(names())}",
        )
    entry = _read(f"{name}.toml")
    if "core" in entry:
        core = _read(f"{entry['core']}.toml")
        _require("core" not in core, f"{name}: a board inherits from a core, not from a board")
        entry = core | entry
    return parse(name, entry)


def parse(name: str, entry: dict[str, Any]) -> Target:
    """Build a target from the content of its TOML file, already merged with its core.

    Raises ValueError that names the target and what is wrong with it.
    """
    try:
        fields = dict(entry)
        fields.setdefault("core", name)
        fields["features"] = frozenset(fields.get("features", ()))
        fields["compile_flags"] = tuple(fields.get("compile_flags", ()))
        fields["qemu"] = tuple(_machine(machine) for machine in fields.get("qemu", ()))
        if "fast_ram" in fields:
            fields["fast_ram"] = FastRam(**fields["fast_ram"])
        if "active_current" in fields:
            fields["active_current"] = ActiveCurrent(**fields["active_current"])
        return Target(name=name, **fields)
    except (TypeError, ValueError) as error:
        raise ValueError(f"targets/{name}.toml: {error}") from error


@functools.cache
def _machine(name: str) -> QemuBoard:
    entry = _read(f"machines/{name}.toml")
    for region in ("code", "data", "vectors"):
        if region in entry:
            entry[region] = MemoryRegion(**entry[region])
    entry["timer"] = Timer(**entry["timer"])
    entry["extra_args"] = tuple(entry.get("extra_args", ()))
    return QemuBoard(name=name, **entry)


@functools.cache
def _target_names() -> frozenset[str]:
    files = resources.files(__package__).iterdir()
    return frozenset(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml"))


def _is_board(name: str) -> bool:
    return "core" in _read(f"{name}.toml")


def _read(path: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(path).read_text(encoding="utf-8"))


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
