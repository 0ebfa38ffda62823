"""Runs single C kernels on the host: all of them in one shared library, called through cffi.

Every buffer that a kernel gets has exactly the size that it may use, and guard bytes behind it: writes past the end
are seen here. Reads past the end are seen by AddressSanitizer (test_sanitizers.py), for which the guards are off.
"""

import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygen.host import WARNINGS, compiler
from tinygen.ir import Call
from tinygen.kernels import CATALOGUE, Array, Fill, Kernel, KernelCall, Struct
from tinygen.kernels.sources import files_for, runtime_root

GUARD_BYTE = 0x5A

_ALLOCATOR = "void *malloc(size_t size); void free(void *memory);"


def all_kernels() -> list[Kernel]:
    """One row per C function of the runtime (two rows share one where it works in place for some nodes only)."""
    rows = [kernel for kernels in CATALOGUE.values() for kernel in kernels]
    return list({kernel.symbol: kernel for kernel in rows if not kernel.is_generated}.values())


def write_sources(kernels: Iterable[Kernel], folder: Path) -> list[Path]:
    """Copy what the kernels need into a flat folder, as a generated one has it; return the .c files."""
    for name, data in files_for(kernels).items():
        (folder / name).write_bytes(data)
    return sorted(folder.glob("*.c"))


def build_library(kernels: Iterable[Kernel], folder: Path, flags: Sequence[str] = ("-O2",)) -> Path:
    """Compile the kernels for the host; SIMD kernels through emulated intrinsics."""
    sources = write_sources(kernels, folder)
    library = folder / "kernels.so"
    shared = ["-std=c99", "-shared", "-fPIC", "-DTG_EMULATE_SIMD", *WARNINGS, *flags]
    subprocess.run([compiler(), *shared, *map(str, sources), "-o", str(library)], check=True)
    return library


def declarations(folder: Path) -> str:
    """The structs and prototypes of the public headers in a folder, in the C that cffi reads."""
    public = {file.name for file in (runtime_root() / "include").iterdir()}
    headers = sorted(p.name for p in folder.glob("tg_*.h") if p.name in public)
    preprocessed = subprocess.run(
        [compiler(), "-E", "-DTG_EMULATE_SIMD", "-I", str(folder), "-x", "c", "-"],
        input="".join(f'#include "{h}"\n' for h in headers),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ours, lines = False, []
    for line in preprocessed.splitlines():
        if marker := re.match(r'# \d+ "([^"]*)"', line):
            ours = Path(marker[1]).parent == folder
        elif ours:
            lines.append(line)
    text = "\n".join(lines)
    structs = re.findall(r"^struct \w+ \{.*?^\};", text, re.MULTILINE | re.DOTALL)
    prototypes = re.findall(r"^void tg_\w+\([^;{]*\);", text, re.MULTILINE)
    return "\n".join(structs + prototypes)


class KernelLibrary:
    """The kernels, callable with numpy arrays."""

    def __init__(self, library: Path, guard_bytes: int = 32) -> None:
        import cffi

        self.ffi = cffi.FFI()
        self.ffi.cdef(declarations(library.parent))
        self.lib = self.ffi.dlopen(str(library))
        self._guard_bytes = guard_bytes
        self._allocator = cffi.FFI()
        self._allocator.cdef(_ALLOCATOR)
        self._libc = self._allocator.dlopen(None)

    @contextmanager
    def memory(self) -> Iterator["Memory"]:
        """Buffers for one call; their guards are checked at the end."""
        memory = Memory(self.ffi, self._libc, self._guard_bytes)
        try:
            yield memory
            memory.check_guards()
        finally:
            memory.free()

    def run_over_input(
        self, kernel: Kernel, call: Call, inputs: Sequence[NDArray], lead: int
    ) -> NDArray[np.int8]:
        """The output for one sample, written over the input that it may be, which lies `lead` bytes above it."""
        index = kernel.lead_over(call)
        samples = iter(inputs)
        held = [next(samples) if t.data is None else t.data for t in call.inputs]
        data = np.ascontiguousarray(held[index]).view(np.uint8).ravel()
        with self.memory() as memory:
            shared = memory.empty(max(lead + data.size, call.output.bytes))
            self.ffi.memmove(shared.pointer + lead, data.tobytes(), data.size)
            arrays = [memory.holding(x).pointer for x in held]
            arrays[index] = shared.pointer + lead
            scratch = _scratch(kernel, call, memory)
            for kernel_call in kernel.lower(call):
                reads = [arrays[i] for i in kernel_call.inputs]
                params = memory.struct(kernel_call.params)
                getattr(self.lib, kernel.symbol)(params, *reads, shared.pointer, *scratch)
            out = shared.bytes()[: call.output.bytes]
            return out.view(np.int8).reshape(call.output.shape)

    def run(
        self, kernel: Kernel, call: Call, inputs: Sequence[NDArray], in_place: int | None = None
    ) -> NDArray[np.int8]:
        """The output for one sample per activation; with `in_place` it replaces that input."""
        samples = iter(inputs)
        with self.memory() as memory:
            arrays = [
                memory.holding(next(samples) if t.data is None else t.data) for t in call.inputs
            ]
            out = memory.empty(call.output.bytes) if in_place is None else arrays[in_place]
            scratch = _scratch(kernel, call, memory)
            for kernel_call in kernel.lower(call):
                reads = [self._untyped(arrays[i]) for i in kernel_call.inputs]
                params = memory.struct(kernel_call.params)
                getattr(self.lib, kernel.symbol)(params, *reads, self._untyped(out), *scratch)
            return out.bytes().view(call.output.dtype.numpy).reshape(call.output.shape)

    def run_spread(
        self, kernel: Kernel, call: Call, inputs: Sequence[NDArray], step: int
    ) -> NDArray[np.int8]:
        """The output for one sample, its pixels `step` bytes apart; what lies between them must stay as it is."""
        samples = iter(inputs)
        channels = call.output.channels
        pixels = call.output.size // channels
        with self.memory() as memory:
            arrays = [
                memory.holding(next(samples) if t.data is None else t.data) for t in call.inputs
            ]
            out = memory.empty(pixels * step - (step - channels))
            scratch = _scratch(kernel, call, memory)
            for kernel_call in kernel.lower(call):
                reads = [arrays[i].pointer for i in kernel_call.inputs]
                params = memory.struct(kernel_call.params.with_out_step(step))
                getattr(self.lib, kernel.symbol)(params, *reads, out.pointer, *scratch)
            gap = np.full(step - channels, GUARD_BYTE, np.uint8)
            pieces = np.concatenate([out.bytes(), gap]).reshape(pixels, step)
        assert (pieces[:, channels:] == GUARD_BYTE).all(), f"{kernel.symbol} writes between pixels"
        return pieces[:, :channels].copy().view(np.int8).reshape(call.output.shape)

    def _untyped(self, buffer: "Buffer") -> Any:
        """A pointer that any parameter takes, whatever its element type."""
        return self.ffi.cast("void *", buffer.pointer)

    def run_rows(
        self, kernel: Kernel, call: Call, x: NDArray, first: int, count: int
    ) -> NDArray[np.int8]:
        """Output rows first .. first + count by the row interface, every row in a buffer of its own."""
        (kernel_call,) = kernel.lower(call)
        with self.memory() as memory:
            rows = [
                self.ffi.NULL if row is None else memory.holding(row).pointer
                for row in _rows_under(kernel_call, call, x[0], first, count)
            ]
            row_bytes = call.output.bytes // call.output.shape[1]
            outs = [memory.empty(row_bytes) for _ in range(count)]
            getattr(self.lib, f"{kernel.symbol}_rows")(
                memory.struct(kernel_call.params),
                self.ffi.new("const int8_t *[]", rows),
                self.ffi.new("int8_t *[]", [out.pointer for out in outs]),
                count,
                *_scratch(kernel, call, memory),
            )
            data = np.concatenate([out.bytes() for out in outs])
        return data.view(np.int8).reshape(1, count, *call.output.shape[2:])

    def has_rows(self, kernel: Kernel) -> bool:
        return not kernel.whole_only and hasattr(self.lib, f"{kernel.symbol}_rows")


def _scratch(kernel: Kernel, call: Call, memory: "Memory") -> list[Any]:
    if kernel.scratch_bytes is None:
        return []
    return [memory.ffi.cast("void *", memory.empty(kernel.scratch_bytes(call)).pointer)]


def _rows_under(
    kernel_call: KernelCall, call: Call, x: NDArray, first: int, count: int
) -> list[NDArray | None]:
    """The rows [W, C] that output rows first .. first + count see, as tg_rows.h defines them."""
    fields = kernel_call.params.fields
    window = fields["window"].fields
    stride = window["stride_height"]
    extent = (window["kernel_height"] - 1) * window["dilation_height"] + 1
    start = first * stride - window["pad_top"]
    padding = np.full_like(x[0], call.inputs[0].zero_point) if "pad_row" in fields else None
    return [
        x[y] if 0 <= y < len(x) else padding
        for y in range(start, start + (count - 1) * stride + extent)
    ]


@dataclass(frozen=True, kw_only=True)
class Buffer:
    """Memory that a kernel gets."""

    pointer: Any
    size: int
    ffi: Any

    def bytes(self) -> NDArray[np.uint8]:
        """A copy of what it holds."""
        return np.frombuffer(self.ffi.buffer(self.pointer, self.size), np.uint8).copy()


@dataclass
class Memory:
    """Buffers of exact size from malloc, so that a sanitizer knows their ends, and structs that point at them."""

    ffi: Any
    libc: Any
    guard_bytes: int
    _buffers: list[Buffer] = field(default_factory=list)
    _kept: list[Any] = field(default_factory=list)

    def empty(self, size: int) -> Buffer:
        memory = self.libc.malloc(size + self.guard_bytes)
        pointer = self.ffi.cast("int8_t *", int(self.ffi.cast("uintptr_t", memory)))
        self.ffi.memmove(
            pointer, bytes([GUARD_BYTE]) * (size + self.guard_bytes), size + self.guard_bytes
        )
        buffer = Buffer(pointer=pointer, size=size, ffi=self.ffi)
        self._buffers.append(buffer)
        return buffer

    def holding(self, data: NDArray) -> Buffer:
        raw = np.ascontiguousarray(data).tobytes()
        buffer = self.empty(len(raw))
        self.ffi.memmove(buffer.pointer, raw, len(raw))
        return buffer

    def struct(self, struct: Struct) -> Any:
        """A pointer to the C struct."""
        made = self.ffi.new(f"struct {struct.tag} *", self._initializer(struct))
        self._kept.append(made)
        return made

    def _initializer(self, struct: Struct) -> dict[str, Any]:
        declared = self.ffi.typeof(f"struct {struct.tag}").fields
        return {
            name: self._value(struct.fields[name], declared_field.type)
            for name, declared_field in declared
        }

    def _value(self, value: int | Array | Fill | Struct, ctype: Any) -> Any:
        match value:
            case Struct():
                return self._initializer(value)
            case Array():
                return self.ffi.cast(ctype, self.holding(value.data).pointer)
            case Fill():
                row = np.full(value.length, value.value, np.int8)
                return self.ffi.cast(ctype, self.holding(row).pointer)
        return self.ffi.NULL if ctype.kind == "pointer" else int(value)

    def check_guards(self) -> None:
        for buffer in self._buffers:
            everything = self.ffi.buffer(buffer.pointer, buffer.size + self.guard_bytes)
            guard = bytes(everything)[buffer.size :]
            assert guard == bytes([GUARD_BYTE]) * self.guard_bytes, (
                "written past the end of a buffer"
            )

    def free(self) -> None:
        for buffer in self._buffers:
            self.libc.free(self.ffi.cast("void *", buffer.pointer))
        self._buffers.clear()
