"""Runs single C kernels on the host: all of them in one shared library, called through cffi.

Every buffer that a kernel gets ends in guard bytes, so that writing past the end is seen; the sanitizer run
(test_sanitizers.py) sees reads as well.
"""

import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinygen.host import WARNINGS, compiler
from tinygen.ir import Call
from tinygen.kernels import CATALOGUE, Array, Fill, Kernel, Struct
from tinygen.kernels.sources import files_for

GUARD = 32
GUARD_BYTE = 0x5A


def all_kernels() -> list[Kernel]:
    return [kernel for kernels in CATALOGUE.values() for kernel in kernels]


def write_sources(kernels: Iterable[Kernel], folder: Path) -> list[Path]:
    """Copy what the kernels need into a flat folder, as a generated folder has it; return the .c files."""
    for name, data in files_for(kernels).items():
        (folder / name).write_bytes(data)
    return sorted(folder.glob("*.c"))


def build_library(kernels: Iterable[Kernel], folder: Path, extra_flags: Sequence[str] = ()) -> Path:
    """Compile the kernels for the host; SIMD kernels through emulated intrinsics."""
    sources = write_sources(kernels, folder)
    library = folder / "kernels.so"
    flags = ["-std=c99", "-O2", "-shared", "-fPIC", "-DTG_EMULATE_SIMD", *WARNINGS, *extra_flags]
    subprocess.run(
        [compiler(), *flags, *map(str, sources), "-o", str(library)], check=True, text=True
    )
    return library


def declarations(folder: Path) -> str:
    """The structs and prototypes of the runtime's headers, in the C that cffi reads."""
    headers = sorted(p.name for p in folder.glob("tg_*.h"))
    includes = "".join(f'#include "{h}"\n' for h in headers)
    preprocessed = subprocess.run(
        [compiler(), "-E", "-DTG_EMULATE_SIMD", "-I", str(folder), "-x", "c", "-"],
        input=includes,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ours, own = False, []
    for line in preprocessed.splitlines():
        if marker := re.match(r'# \d+ "([^"]*)"', line):
            ours = Path(marker[1]).parent == folder
        elif ours:
            own.append(line)
    return _declarations_of("\n".join(own))


def _declarations_of(text: str) -> str:
    """Structs and prototypes only: bodies of inline functions, enums and constants are left out."""
    structs = re.findall(r"^struct \w+ \{.*?^\};", text, re.MULTILINE | re.DOTALL)
    prototypes = re.findall(r"^void tg_\w+\([^;{]*\);", text, re.MULTILINE)
    return "\n".join(structs + prototypes)


@dataclass(kw_only=True)
class KernelLibrary:
    """The kernels, callable with numpy arrays."""

    library: Path

    def __post_init__(self) -> None:
        import cffi

        self._ffi = cffi.FFI()
        self._ffi.cdef(declarations(self.library.parent))
        self._lib = self._ffi.dlopen(str(self.library))

    def run(
        self, kernel: Kernel, call: Call, inputs: Sequence[NDArray], in_place: int | None = None
    ) -> NDArray[np.int8]:
        """Run the kernel for one sample per input, on buffers of exactly the size they may have.

        With `in_place` the output takes the place of that input.
        """
        memory = _Memory(ffi=self._ffi)
        arrays = [
            memory.buffer(x if t.data is None else t.data)
            for t, x in zip(call.inputs, _all_inputs(call, inputs), strict=True)
        ]
        out = memory.empty(call.output.bytes) if in_place is None else arrays[in_place]
        function = getattr(self._lib, kernel.symbol)
        scratch = kernel.scratch_bytes
        for kernel_call in kernel.lower(call):
            arguments = [memory.struct(kernel_call.params)]
            arguments += [memory.pointer(arrays[i]) for i in kernel_call.inputs]
            arguments.append(memory.pointer(out))
            if scratch is not None:
                arguments.append(memory.void_pointer(memory.empty(scratch(call))))
            function(*arguments)
        memory.check()
        return out[: call.output.size].view(np.int8).reshape(call.output.shape).copy()

    def run_rows(
        self, kernel: Kernel, call: Call, x: NDArray, first: int, count: int
    ) -> NDArray[np.int8]:
        """Run the row interface for output rows first .. first + count, each row in a buffer of its own."""
        memory = _Memory(ffi=self._ffi)
        (kernel_call,) = kernel.lower(call)
        rows = [
            self._ffi.NULL if row is None else memory.pointer(memory.buffer(row))
            for row in _rows_under(kernel_call.params, call, x[0], first, count)
        ]
        row_bytes = call.output.bytes // call.output.shape[1]
        outs = [memory.empty(row_bytes) for _ in range(count)]
        arguments = [
            memory.struct(kernel_call.params),
            self._ffi.new("const int8_t *[]", rows),
            self._ffi.new("int8_t *[]", [memory.pointer(o) for o in outs]),
            count,
        ]
        if kernel.scratch_bytes is not None:
            arguments.append(memory.void_pointer(memory.empty(kernel.scratch_bytes(call))))
        getattr(self._lib, f"{kernel.symbol}_rows")(*arguments)
        memory.check()
        shape = (1, count, *call.output.shape[2:])
        return np.concatenate([o[:row_bytes] for o in outs]).view(np.int8).reshape(shape)

    def has_rows(self, kernel: Kernel) -> bool:
        return hasattr(self._lib, f"{kernel.symbol}_rows")


def _rows_under(
    params: Struct, call: Call, x: NDArray, first: int, count: int
) -> list[NDArray | None]:
    """The rows [W, C] that output rows first .. first + count see, as tg_rows.h defines them."""
    window = params.fields["window"].fields
    stride = window["stride_height"]
    extent = (window["kernel_height"] - 1) * window["dilation_height"] + 1
    start = first * stride - window["pad_top"]
    padding = np.full_like(x[0], call.inputs[0].zero_point) if "pad_row" in params.fields else None
    return [
        x[y] if 0 <= y < len(x) else padding
        for y in range(start, start + (count - 1) * stride + extent)
    ]


def _all_inputs(call: Call, inputs: Sequence[NDArray]) -> list[NDArray | None]:
    """Samples for the activations, None for the constants."""
    samples = iter(inputs)
    return [next(samples) if t.data is None else None for t in call.inputs]


@dataclass(kw_only=True)
class _Memory:
    """Guarded buffers of one call, kept alive until it has returned."""

    ffi: object
    _kept: list = field(default_factory=list)
    _guarded: list = field(default_factory=list)

    def empty(self, size: int) -> NDArray[np.uint8]:
        """`size` bytes and a guard behind them; the address is a multiple of 8."""
        words = np.full((size + GUARD + 7) // 8, GUARD_BYTE * 0x0101010101010101, np.uint64)
        array = words.view(np.uint8)[: size + GUARD]
        self._kept.append(words)
        self._guarded.append((array, size))
        return array

    def buffer(self, data: NDArray) -> NDArray[np.uint8]:
        raw = np.ascontiguousarray(data).view(np.uint8).ravel()
        array = self.empty(raw.size)
        array[: raw.size] = raw
        return array

    def pointer(self, array: NDArray[np.uint8]) -> object:
        return self.ffi.cast("int8_t *", self.ffi.from_buffer(array))

    def void_pointer(self, array: NDArray[np.uint8]) -> object:
        return self.ffi.cast("void *", self.ffi.from_buffer(array))

    def struct(self, struct: Struct) -> object:
        made = self.ffi.new(f"struct {struct.tag} *")
        self._kept.append(made)
        self._fill(made, struct)
        return made

    def _fill(self, target: object, struct: Struct) -> None:
        declared = (
            [name for name, _ in self.ffi.typeof(target).item.fields]
            if self._is_pointer(target)
            else [name for name, _ in self.ffi.typeof(target).fields]
        )
        # the emitter writes positional initializers
        assert declared == list(struct.fields), f"struct {struct.tag}: {declared}"
        for name, value in struct.fields.items():
            if isinstance(value, Struct):
                self._fill(getattr(target, name), value)
            else:
                setattr(target, name, self._field(value, self._type_of(target, name)))

    def _is_pointer(self, target: object) -> bool:
        return self.ffi.typeof(target).kind == "pointer"

    def _type_of(self, target: object, name: str) -> object:
        kind = self.ffi.typeof(target)
        kind = kind.item if kind.kind == "pointer" else kind
        return dict(kind.fields)[name].type

    def _field(self, value: "int | Array | Fill", ctype: object) -> object:
        if isinstance(value, Array):
            return self.ffi.cast(ctype, self.ffi.from_buffer(self.buffer(value.data)))
        if isinstance(value, Fill):
            row = np.full(value.length, value.value, np.int8)
            return self.ffi.cast(ctype, self.ffi.from_buffer(self.buffer(row)))
        if ctype.kind == "pointer":
            assert value == 0
            return self.ffi.NULL
        return int(value)

    def check(self) -> None:
        for array, size in self._guarded:
            assert (array[size:] == GUARD_BYTE).all(), "the kernel wrote past the end of a buffer"
