"""The cffi bridge: compile a generated folder on the host and call it from numpy."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinygen.emit import ArenaMode, Emission, EmitOptions, InputMode
from tinygen.errors import ToolMissingError, UsageError, VerificationError
from tinygen.ir import Tensor

WARNINGS = (
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
)
"""Generated code is clean under these; the bridge insists on it."""

_SHIM = """\
#include "{name}.h"
#include <stddef.h>
typedef void hook_function(int layer, const void *output, uint32_t bytes);
static hook_function *hook;
void host_set_hook(hook_function *function);
void host_hook(int layer, const void *output, uint32_t bytes);
int32_t host_run(int32_t count, const int8_t *input, int8_t *output);
int32_t host_selftest(void);
void host_set_hook(hook_function *function) {{ hook = function; }}
void host_hook(int layer, const void *output, uint32_t bytes)
{{
    if (hook != NULL) {{ hook(layer, output, bytes); }}
}}
{arena}
int32_t host_selftest(void) {{ return {name}_selftest({memory}); }}
int32_t host_run(int32_t count, const int8_t *input, int8_t *output)
{{
    {before}
    for (int32_t i = 0; i < count; i++) {{
{body}
    }}
    return {intact};
}}
"""

_ARENA = """\
static union {{ int64_t align; int8_t bytes[{size} + 2 * {guard}]; }} {block};
static void set_guards_of_{block}(void)
{{
    for (int32_t i = 0; i < {guard}; i++) {{
        {block}.bytes[i] = {block}.bytes[{size} + {guard} + i] = (int8_t)(0x5a + i);
    }}
}}
static int32_t guards_of_{block}_are_intact(void)
{{
    for (int32_t i = 0; i < {guard}; i++) {{
        const int8_t wanted = (int8_t)(0x5a + i);
        if ({block}.bytes[i] != wanted || {block}.bytes[{size} + {guard} + i] != wanted) {{ return 0; }}
    }}
    return 1;
}}
"""
"""A block of a caller's memory between guard bytes."""

GUARD_BYTES = 64

_CDEF = """
typedef void hook_function(int layer, const void *output, uint32_t bytes);
void host_set_hook(hook_function *function);
int32_t host_run(int32_t count, const int8_t *input, int8_t *output);
int32_t host_selftest(void);
"""


@dataclass(frozen=True, kw_only=True)
class LayerOutput:
    """The bytes of one layer's output, as the C computed them."""

    layer: int
    data: NDArray[np.int8]


class HostModel:
    """A generated folder, compiled for this machine. Use as a context manager, or call close()."""

    def __init__(self, emission: Emission, library: Path, workspace: Path) -> None:
        import cffi

        self._ffi = cffi.FFI()
        self._ffi.cdef(_CDEF)
        self._library = self._ffi.dlopen(str(library))
        self._workspace = workspace
        self._inputs = emission.program.graph.input_tensors
        self._outputs = emission.program.graph.output_tensors

    def run(self, *inputs: NDArray) -> NDArray | tuple[NDArray, ...]:
        """Return the outputs [N, ...] for inputs [N, ...] of the graph's types, in the order of the graph."""
        packed, count = _pack(inputs, self._inputs)
        out = np.empty((count, sum(t.bytes for t in self._outputs)), np.int8)
        pointers = [self._ffi.from_buffer("int8_t[]", a) for a in (packed, out)]
        if not self._library.host_run(count, *pointers):
            raise VerificationError(
                what="the generated C writes outside of its arena",
                next_step="this is a defect of tinygen: please report it with the model",
            )
        results, start = [], 0
        for tensor in self._outputs:
            part = np.ascontiguousarray(out[:, start : start + tensor.bytes])
            values = part.view(tensor.dtype.numpy)
            results.append(values.reshape(count * tensor.shape[0], *tensor.shape[1:]))
            start += tensor.bytes
        return results[0] if len(results) == 1 else tuple(results)

    def trace(self, *inputs: NDArray[np.int8]) -> list[LayerOutput]:
        """Run one sample and return every layer's output."""
        layers: list[LayerOutput] = []

        @self._ffi.callback("hook_function")
        def record(layer: int, output: object, size: int) -> None:
            data = np.frombuffer(self._ffi.buffer(output, size), np.int8).copy()
            layers.append(LayerOutput(layer=layer, data=data))

        self._library.host_set_hook(record)
        try:
            self.run(*inputs)
        finally:
            self._library.host_set_hook(self._ffi.NULL)
        return layers

    def selftest(self) -> int:
        """The folder's own self-test: 0 when every byte is right."""
        return int(self._library.host_selftest())

    def close(self) -> None:
        if self._workspace.exists():
            self._ffi.dlclose(self._library)
            shutil.rmtree(self._workspace, ignore_errors=True)

    def __enter__(self) -> "HostModel":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def build(emission: Emission) -> HostModel:
    """Compile a generated folder as a shared library and load it.

    Kernels for the DSP extension run through emulated intrinsics. Raises ToolMissingError without a C
    compiler, VerificationError when the generated code does not compile without warnings.
    """
    workspace = Path(tempfile.mkdtemp(prefix="tinygen-host-"))
    try:
        shim = workspace / "host_shim.c"
        shim.write_text(_shim(emission))
        library = workspace / "model.so"
        sources = [
            shim,
            *sorted(emission.folder.glob("*.c")),
            *sorted(emission.folder.glob("tinygen/*.c")),
        ]
        flags = ["-std=c99", "-O2", "-shared", "-fPIC", "-DTG_EMULATE_SIMD", *WARNINGS]
        flags.append(f"-D{emission.name.upper()}_LAYER_HOOK=host_hook")
        compile_c([*flags, f"-I{emission.folder}", *map(str, sources), "-o", str(library)])
        return HostModel(emission, library, workspace)
    except BaseException:
        shutil.rmtree(workspace, ignore_errors=True)
        raise


def compiler() -> str:
    """The host's C compiler: $CC, or cc, gcc, clang. Raises ToolMissingError."""
    for name in (os.environ.get("CC"), "cc", "gcc", "clang"):
        if name and shutil.which(name):
            return name
    raise ToolMissingError(
        what="no C compiler was found on this machine", next_step="sudo apt-get install -y gcc"
    )


def compile_c(arguments: Sequence[str]) -> None:
    """Run the host's C compiler; its messages become a VerificationError."""
    done = subprocess.run([compiler(), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise VerificationError(
            what="the generated C does not compile on this machine",
            where=done.stderr.strip()[:2000],
            next_step="this is a defect of tinygen: please report it with the model",
        )


def _shim(emission: Emission) -> str:
    """C that runs the model on packed inputs, whatever its entry point looks like."""
    options, name, upper = emission.options, emission.name, emission.name.upper()
    graph = emission.program.graph
    in_bytes = sum(t.bytes for t in graph.input_tensors)
    out_bytes = sum(t.bytes for t in graph.output_tensors)
    body, arguments = [], []
    blocks = _callers_blocks(options)
    memory = ", ".join(f"{block}.bytes + {GUARD_BYTES}" for block in blocks)
    start = 0
    for tensor in graph.input_tensors:
        source = f"input + i * {in_bytes} + {start}"
        if options.input is InputMode.ARENA:
            body.append(f"int8_t *place = {name}_input({memory});")
            body.append(
                f"for (int32_t j = 0; j < {tensor.size}; j++) {{ place[j] = ({source})[j]; }}"
            )
        else:
            arguments.append(f"(const void *)({source})")
        start += tensor.bytes
    start = 0
    for tensor in graph.output_tensors:
        arguments.append(f"(void *)(output + i * {out_bytes} + {start})")
        start += tensor.bytes
    if blocks:
        arguments.append(memory)
    body.append(f"{name}_run({', '.join(arguments)});")
    return _SHIM.format(
        name=name,
        arena="".join(
            _ARENA.format(block=block, size=f"{upper}_{block.upper()}_BYTES", guard=GUARD_BYTES)
            for block in blocks
        ),
        memory=memory,
        before=" ".join(f"set_guards_of_{block}();" for block in blocks),
        intact=" && ".join(f"guards_of_{block}_are_intact()" for block in blocks) or "1",
        body="\n".join(f"        {line}" for line in body),
    )


def _callers_blocks(options: EmitOptions) -> tuple[str, ...]:
    """Names of the blocks of working memory that the caller provides."""
    if options.arena is not ArenaMode.CALLER:
        return ()
    return ("arena", "fast_arena") if options.fast_ram else ("arena",)


def _pack(inputs: Sequence[NDArray], tensors: Sequence[Tensor]) -> tuple[NDArray, int]:
    """One row of bytes per sample, inputs side by side."""
    if len(inputs) != len(tensors):
        raise UsageError(what=f"the model has {len(tensors)} inputs, {len(inputs)} were given")
    count = len(inputs[0])
    rows = []
    for x, tensor in zip(inputs, tensors, strict=True):
        x = np.asarray(x)
        if x.dtype != tensor.dtype.numpy or x.size != count * tensor.size or count == 0:
            raise UsageError(
                what=f"data for '{tensor.name}' is {x.dtype}{list(x.shape)}",
                next_step=f"give {tensor.dtype.value} of shape [N, {', '.join(map(str, tensor.shape[1:]))}]",
            )
        rows.append(np.ascontiguousarray(x.reshape(count, tensor.size)).view(np.int8))
    return np.ascontiguousarray(np.concatenate(rows, axis=1)), count
